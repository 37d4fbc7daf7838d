"""A forest of effects: what counterfactuals change, each with its two kinds of doubt."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tashkent.experiments.compare import Comparison
from tashkent.experiments.figures.picture import (
    ASKED,
    BLACK,
    BLUE,
    GREY,
    framed,
    inches,
    picture,
)
from tashkent.experiments.scenarios import WHOLE
from tashkent.model.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: direction that the sources imply -> how it is marked
IMPLIED = {"up": "^", "down": "v", "none": "_"}


@picture
def effects(comparison: Comparison, *, width: str | float = "column") -> "Figure":
    """A forest: a row for each outcome that the counterfactuals ask to look at, under each theory and start.

    Parameters
    ----------
    comparison
        What `tashkent.compare` found.
    width
        ``"column"`` (89 mm), ``"page"`` (183 mm), or inches.

    Returns
    -------
    Picture
        The dot is the change of the share of runs. The thick line is nine tenths for the luck of so many runs, the thin
        one those of the effect over draws of the posterior (`experiments.effect`). The mark at the right says which way
        the sources expect it to go.

    Raises
    ------
    InputError
        If the counterfactuals ask to look at nothing.

    Examples
    --------
    >>> import tashkent as tk
    >>> tk.figures.effects(tk.compare("cst", "CF1", runs=4, start="1998-12"))
    <Picture 89 × 39 mm>
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    found = comparison.outcomes
    if not len(found):
        raise InputError(ASKED, "effects", "no outcome", "counterfactuals with [[outcome]]")
    labels, rows = _labels(comparison, found)
    figure = Figure(figsize=(inches(width), 0.17 * len(labels) + 0.4))
    axis = figure.subplots()
    axis.axvline(0, color=GREY, linewidth=0.6)
    axis.hlines(rows, found["posterior_low"], found["posterior_high"], color=BLUE, linewidth=0.8)
    axis.hlines(rows, found["simulation_low"], found["simulation_high"], color=BLUE, linewidth=2.6)
    axis.plot(found["change"], rows, "o", color=BLACK, markersize=3.5)
    right = axis.get_yaxis_transform()
    for direction, marker in IMPLIED.items():
        which = (found["implied"] == direction).to_numpy()
        if not which.any():
            continue
        place = np.full(which.sum(), 1.03)
        look: dict[str, Any] = {
            "color": GREY,
            "markersize": 4,
            "transform": right,
            "clip_on": False,
        }
        axis.plot(place, rows[which], marker, **look)
    axis.set_yticks(range(len(labels)), [text for text, _ in labels])
    for tick, (_, heads) in zip(axis.get_yticklabels(), labels, strict=True):
        tick.set_fontweight("bold" if heads else "normal")
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(len(labels) - 0.4, -0.6)
    axis.set_xlabel("change of the share of runs")
    handles = [
        Line2D([], [], color=BLUE, linewidth=2.6, label="90%, luck of runs"),
        Line2D([], [], color=BLUE, linewidth=0.8, label="90%, over the posterior"),
        *(
            Line2D([], [], color=GREY, marker=marker, linestyle="", label=f"implied: {direction}")
            for direction, marker in IMPLIED.items()
        ),
    ]
    return framed(figure, "What if?", handles)


def _labels(
    comparison: Comparison, found: pd.DataFrame
) -> tuple[list[tuple[str, bool]], NDArray[np.intp]]:
    """Lines of the forest, each with whether it is a heading, and the line of each outcome, shape (outcomes,)."""
    names = comparison.case.state_names
    lines: list[tuple[str, bool]] = []
    rows = []
    before = None
    for row in found.to_dict("records"):
        of = (row["counterfactual"], row["theory"], row["start"])
        if of != before:
            theory = "" if row["theory"] == WHOLE else f", {row['theory'].replace('_', ' ')}"
            lines.append((f"{row['counterfactual']} from {row['start']}{theory}", True))
            before = of
        rows.append(len(lines))
        status = row["status"].replace("_", " ")
        lines.append((f"{names[row['state']]} {status} {row['club']}, {row['month']}", False))
    return lines, np.array(rows)
