"""The change in P(in) over time, state by state, as a picture."""

from typing import TYPE_CHECKING

import numpy as np

from tashkent.experiments.effect import Z
from tashkent.experiments.pair import Pair
from tashkent.model.clock import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: colour-blind safe (Okabe and Ito)
BEFORE, AFTER, DOUBT = "#000000", "#0072B2", "#D55E00"


def figure(pair: Pair) -> "Figure":
    """One panel a deciding state: P(in) of the focal club in both worlds, and the change with its two intervals."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    case, found = pair.baseline, pair.effect
    c = tuple(case.clubs).index(case.focus)
    x = np.array(pair.months) / MONTHS_PER_YEAR
    columns, n = 3, len(case.deciders)
    rows = -(-n // columns)
    picture = Figure(figsize=(10, 1.75 * rows + 1.0))
    axes = picture.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axis, state in zip(axes.flat, case.deciders, strict=False):
        s = case.state_ids.index(state)
        change, se = found.change[:, s, c], np.nan_to_num(found.se_simulation[:, s, c])
        low, high = found.posterior_low[:, s, c], found.posterior_high[:, s, c]
        axis.fill_between(x, np.nan_to_num(low), np.nan_to_num(high), color=DOUBT, alpha=0.2)
        axis.fill_between(x, change - Z * se, change + Z * se, color=DOUBT, alpha=0.45)
        axis.plot(x, change, color=DOUBT, linewidth=1.0)
        axis.plot(x, pair.p_in[0][:, s, c], color=BEFORE, linewidth=1.0)
        axis.plot(x, pair.p_in[1][:, s, c], color=AFTER, linewidth=1.3)
        axis.axhline(0, color="0.7", linewidth=0.6)
        axis.set_title(
            next(v.name for v in case.states if v.state == state),
            fontsize=9,
            loc="left",
            pad=3,
            parse_math=False,
        )
        axis.set_ylim(-1.05, 1.05)
        axis.set_yticks([-1, 0, 1], ["−1", "0", "1"])
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes.flat[n:]:
        axis.axis("off")
    axes.flat[0].set_xlim(x[0], x[-1] + 1 / MONTHS_PER_YEAR)
    handles = [
        Line2D([], [], color=BEFORE, label=f"P(in), {pair.against}"),
        Line2D([], [], color=AFTER, label=f"P(in), {pair.counterfactual.id}"),
        Line2D([], [], color=DOUBT, label="change"),
        Patch(color=DOUBT, alpha=0.45, label="90%, simulation"),
        Patch(color=DOUBT, alpha=0.2, label="90%, posterior"),
    ]
    if n < rows * columns:
        axes.flat[n].legend(handles=handles, loc="center left", fontsize=8, frameon=False)
    else:
        picture.legend(handles=handles, loc="lower center", ncols=5, fontsize=8, frameon=False)
    name = f"{pair.counterfactual.id}: {pair.counterfactual.title or 'counterfactual'}"
    of = "" if pair.theory == "whole" else f", theory: {pair.theory}"
    picture.suptitle(f"{name} ({case.focus}{of})", fontsize=11, x=0.01, ha="left", parse_math=False)
    picture.tight_layout()
    return picture
