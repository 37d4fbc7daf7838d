"""The change in P(in) over time, state by state."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tashkent.experiments.effect import Z
from tashkent.experiments.figures.picture import (
    BLACK,
    BLUE,
    FAINT,
    ORANGE,
    framed,
    panels,
    picture,
)
from tashkent.experiments.pair import Pair
from tashkent.model.clock import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@picture
def change(
    pair: Pair,
    club: str | None = None,
    *,
    states: Sequence[str] | None = None,
    width: str | float = "page",
) -> "Figure":
    """P(in) of a club in both worlds, and the change with its two intervals: one panel a state that decides.

    Parameters
    ----------
    pair
        One of the pairs of a `tashkent.compare`.
    club
        The club, by code or name; the focal club of the case by default.
    states
        The states, by code or name; all that decide by default.
    width
        ``"column"`` (89 mm), ``"page"`` (183 mm), or inches.

    Raises
    ------
    InputError
        If club, state or width is unknown.

    Examples
    --------
    >>> import tashkent as tk
    >>> pair = tk.compare("cst", "CF1", runs=4, start="1998-12").pairs[0]
    >>> tk.figures.change(pair)
    <Picture 183 × 85 mm>
    >>> tk.figures.change(pair, states=["UZB", "Georgia"], width="column")
    <Picture 89 × 42 mm>
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    case, found, names = pair.baseline, pair.effect, pair.baseline.state_names
    code = case.focus if club is None else case.club(club, "club")
    c = tuple(case.clubs).index(code)
    shown = case.deciders if states is None else [case.decider(s, "states") for s in states]
    x = np.array(pair.months) / MONTHS_PER_YEAR
    figure, axes = panels([names[state] for state in shown], width, each=1.0)
    for axis, state in zip(axes, shown, strict=True):
        s = case.state_ids.index(state)
        difference, se = found.change[:, s, c], np.nan_to_num(found.se_simulation[:, s, c])
        low, high = found.posterior_low[:, s, c], found.posterior_high[:, s, c]
        axis.fill_between(x, np.nan_to_num(low), np.nan_to_num(high), color=ORANGE, alpha=0.2)
        axis.fill_between(x, difference - Z * se, difference + Z * se, color=ORANGE, alpha=0.45)
        axis.plot(x, difference, color=ORANGE)
        axis.plot(x, pair.p_in[0][:, s, c], color=BLACK)
        axis.plot(x, pair.p_in[1][:, s, c], color=BLUE)
        axis.axhline(0, color=FAINT, linewidth=0.6)
        axis.set_ylim(-1.05, 1.05)
        axis.set_yticks([-1, 0, 1], ["−1", "0", "1"])
    axes[0].set_xlim(x[0], x[-1] + 1 / MONTHS_PER_YEAR)
    handles = [
        Line2D([], [], color=BLACK, label=f"P(in), {pair.against}"),
        Line2D([], [], color=BLUE, label=f"P(in), {pair.counterfactual.id}"),
        Line2D([], [], color=ORANGE, label="change"),
        Patch(color=ORANGE, alpha=0.45, label="90%, luck of runs"),
        Patch(color=ORANGE, alpha=0.2, label="90%, over the posterior"),
    ]
    name = f"{pair.counterfactual.id}: {pair.counterfactual.title or 'counterfactual'}"
    of = "" if pair.theory == "whole" else f", theory: {pair.theory}"
    return framed(figure, f"{name} ({code}{of})", handles)
