"""The change in P(in) over time, state by state."""

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
def change(pair: Pair, *, width: str | float = "page") -> "Figure":
    """P(in) of the focal club in both worlds, and the change with its two intervals: one panel a state that decides.

    Parameters
    ----------
    pair
        One of the pairs of a `tashkent.compare`.
    width
        ``"column"`` (89 mm), ``"page"`` (183 mm), or inches.

    Examples
    --------
    >>> import tashkent as tk
    >>> tk.figures.change(tk.compare("cst", "CF1", runs=4, start="1998-12").pairs[0])
    <Picture 183 × 85 mm>
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    case, found, names = pair.baseline, pair.effect, pair.baseline.state_names
    c = tuple(case.clubs).index(case.focus)
    x = np.array(pair.months) / MONTHS_PER_YEAR
    titles = [names[state] for state in case.deciders]
    figure, axes = panels(titles, width, each=1.0)
    for axis, state in zip(axes, case.deciders, strict=True):
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
    return framed(figure, f"{name} ({case.focus}{of})", handles)
