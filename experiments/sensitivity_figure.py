"""Shares of variance as a picture: which factors each outcome hangs on."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tashkent.experiments.indices import SOBOL
from tashkent.experiments.sensitivity import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: colour-blind safe (Okabe and Ito)
TOTAL, ALONE, INTERVAL = "#0072B2", "#D55E00", "0.25"
#: factors of a panel
MOST = 6


def figure(title: str, indices: pd.DataFrame, spread: pd.DataFrame) -> "Figure":
    """One row an outcome, one column what is varied: total share of variance, and the share of the factor alone.

    The tables are those of `experiments.sensitivity.Sensitivity`, or several of them one below the other.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    spread = spread[spread["method"] == SOBOL]
    outcomes = list(dict.fromkeys(spread["outcome"]))
    varied = list(dict.fromkeys(zip(spread["kind"], spread["over"], strict=True)))
    height = 1.5 * len(outcomes) + 1.2
    picture = Figure(figsize=(4.6 * len(varied) + 0.5, height))
    axes = picture.subplots(len(outcomes), len(varied), sharex=True, squeeze=False)
    for k, (kind, over) in enumerate(varied):
        for o, outcome in enumerate(outcomes):
            own = [
                table[
                    (table["kind"] == kind)
                    & (table["over"] == over)
                    & (table["method"] == SOBOL)
                    & (table["outcome"] == outcome)
                ]
                for table in (indices, spread)
            ]
            _panel(axes[o, k], outcome, *own)
        axes[0, k].set_title(f"{label(kind, over)}\n\n{outcomes[0]}", fontsize=8, loc="left", pad=3)
        axes[-1, k].set_xlabel("share of variance", fontsize=8)
    handles = [
        Patch(color=TOTAL, alpha=0.6, label="total (ST)"),
        Line2D([], [], color=INTERVAL, linewidth=1.0, label="its 90% interval"),
        Line2D([], [], color=ALONE, marker="D", linestyle="", markersize=4, label="alone (S1)"),
    ]
    picture.legend(handles=handles, loc="lower center", ncols=3, fontsize=8, frameon=False)
    picture.suptitle(
        f"{title}: what the answers hang on", fontsize=11, x=0.01, ha="left", parse_math=False
    )
    picture.tight_layout(rect=(0.0, 0.4 / height, 1.0, 1.0))
    return picture


def _panel(axis: "Axes", outcome: str, indices: pd.DataFrame, spread: pd.DataFrame) -> None:
    axis.set_title(outcome, fontsize=8, loc="left", pad=3)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=7)
    axis.set_xlim(0.0, 1.15)
    if not len(indices):
        why = "; ".join(spread["no_index_because"])
        axis.text(0.02, 0.5, f"no shares: {why}", fontsize=7, transform=axis.transAxes)
        axis.set_yticks([])
        return
    total = indices[indices["index"] == "ST"]
    total = total.sort_values("value", ascending=False).head(MOST)[::-1]
    alone = indices[indices["index"] == "S1"].set_index("factor")["value"].loc[total["factor"]]
    y = np.arange(len(total))
    error = [total["value"] - total["low"], total["high"] - total["value"]]
    axis.barh(y, total["value"], color=TOTAL, alpha=0.6, height=0.6)
    axis.errorbar(total["value"], y, xerr=error, color=INTERVAL, linestyle="", linewidth=1.0)
    axis.plot(alone.clip(0.0), y, color=ALONE, marker="D", linestyle="", markersize=3.5)
    axis.set_yticks(y, [name.replace("_", " ") for name in total["factor"]])
