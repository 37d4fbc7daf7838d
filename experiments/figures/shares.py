"""Shares of variance: which factors each outcome hangs on."""

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tashkent.experiments.figures.picture import BLUE, GREY, ORANGE, framed, inches, picture
from tashkent.experiments.indices import SOBOL
from tashkent.experiments.sensitivity import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: factors of a panel
MOST = 6


@picture
def sensitivity(
    indices: pd.DataFrame, spread: pd.DataFrame, *, width: str | float = "page"
) -> "Figure":
    """One row an outcome, one column what is varied: total share of variance, and the share of the factor alone.

    Parameters
    ----------
    indices, spread
        The tables of a `tashkent.sensitivity`, or of several of them one below the other.
    width
        ``"column"`` (89 mm), ``"page"`` (183 mm), or inches.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    spread = spread[spread["method"] == SOBOL]
    outcomes = list(dict.fromkeys(spread["outcome"]))
    varied = list(dict.fromkeys(zip(spread["kind"], spread["over"], strict=True)))
    figure = Figure(figsize=(inches(width), 1.1 * len(outcomes) + 0.3))
    axes = figure.subplots(len(outcomes), len(varied), sharex=True, squeeze=False)
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
        said = fill(label(kind, over), width=60 // len(varied))
        axes[0, k].set_title(f"{said}\n\n{outcomes[0]}", fontsize=6.5)
        axes[-1, k].set_xlabel("share of variance")
    handles = [
        Patch(color=BLUE, alpha=0.6, label="total (ST)"),
        Line2D([], [], color=GREY, linewidth=1.0, label="its 90% interval"),
        Line2D([], [], color=ORANGE, marker="D", linestyle="", markersize=4, label="alone (S1)"),
    ]
    return framed(figure, "What the answers hang on", handles)


def _panel(axis: "Axes", outcome: str, indices: pd.DataFrame, spread: pd.DataFrame) -> None:
    axis.set_title(outcome, fontsize=6.5)
    axis.set_xlim(0.0, 1.15)
    if not len(indices):
        why = "; ".join(spread["no_index_because"])
        axis.text(0.02, 0.5, f"no shares: {why}", transform=axis.transAxes)
        axis.set_yticks([])
        return
    total = indices[indices["index"] == "ST"]
    total = total.sort_values("value", ascending=False).head(MOST)[::-1]
    alone = indices[indices["index"] == "S1"].set_index("factor")["value"].loc[total["factor"]]
    y = np.arange(len(total))
    error = [total["value"] - total["low"], total["high"] - total["value"]]
    axis.barh(y, total["value"], color=BLUE, alpha=0.6, height=0.6)
    axis.errorbar(total["value"], y, xerr=error, color=GREY, linestyle="", linewidth=1.0)
    axis.plot(alone.clip(0.0), y, color=ORANGE, marker="D", linestyle="", markersize=3.5)
    axis.set_yticks(y, [name.replace("_", " ") for name in total["factor"]])
