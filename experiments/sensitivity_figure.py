"""Shares of variance as a picture: which factors each outcome hangs on."""

from typing import TYPE_CHECKING

import numpy as np

from experiments.sensitivity import PARAMETERS, Sensitivity, Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: colour-blind safe (Okabe and Ito)
TOTAL, ALONE = "#0072B2", "#D55E00"
#: factors of a panel
MOST = 6


def figure(found: Sensitivity) -> "Figure":
    """One row an outcome, one column a kind of factors: total share of variance, and the share of the factor alone."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    rows, columns = len(found.outcomes), len(found.studies)
    picture = Figure(figsize=(5.0 * columns + 0.5, 1.5 * rows + 1.2))
    axes = picture.subplots(rows, columns, sharex=True, squeeze=False)
    for o, outcome in enumerate(found.names):
        for k, study in enumerate(found.studies):
            _panel(axes[o, k], study, outcome)
    for k, study in enumerate(found.studies):
        over = f", over the {found.over}" if study.kind == PARAMETERS else ", parameters fitted"
        axes[0, k].set_title(f"{study.kind}{over}\n\n{found.names[0]}", fontsize=9, loc="left")
        axes[-1, k].set_xlabel("share of variance", fontsize=8)
    handles = [
        Patch(color=TOTAL, alpha=0.6, label="total, ST, with 90% interval"),
        Line2D([], [], color=ALONE, marker="D", linestyle="", markersize=4, label="alone, S1"),
    ]
    picture.legend(handles=handles, loc="lower center", ncols=2, fontsize=8, frameon=False)
    picture.suptitle(
        f"{found.case.title}: what the answers hang on", fontsize=11, x=0.01, ha="left"
    )
    picture.tight_layout(rect=(0.0, 0.4 / (1.5 * rows + 1.2), 1.0, 1.0))
    return picture


def _panel(axis: "Axes", study: Study, outcome: str) -> None:
    axis.set_title(outcome, fontsize=8, loc="left", pad=3)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=7)
    axis.set_xlim(0.0, 1.15)
    why = study.variance.silent.get(outcome)
    if why:
        axis.text(0.02, 0.5, why, fontsize=8, transform=axis.transAxes)
        axis.set_yticks([])
        return
    table = study.variance.indices
    table = table[table["outcome"] == outcome]
    total = table[table["index"] == "ST"].sort_values("value", ascending=False).head(MOST)[::-1]
    alone = table[table["index"] == "S1"].set_index("factor")["value"].reindex(total["factor"])
    y = np.arange(len(total))
    error = [total["value"] - total["low"], total["high"] - total["value"]]
    axis.barh(y, total["value"], color=TOTAL, alpha=0.6, height=0.6)
    axis.errorbar(total["value"], y, xerr=error, color=TOTAL, linestyle="", linewidth=1.0)
    axis.plot(alone.clip(0.0), y, color=ALONE, marker="D", linestyle="", markersize=3.5)
    axis.set_yticks(y, [name.replace("_", " ") for name in total["factor"]])
