"""Prior and posterior of the parameters, side by side."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tashkent.calibration.posterior import Posterior
from tashkent.experiments.effect import HIGH, LOW, Z
from tashkent.experiments.figures.picture import ASKED, BLUE, FAINT, GREY, framed, inches, picture
from tashkent.model.errors import unknown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: role -> the title of its panel
GROUPS = {"weight": "weights of terms", "friction": "frictions of acts"}
#: draws of which quantiles are taken
DRAWS = 4000


@picture
def parameters(
    posterior: Posterior, names: Sequence[str] | None = None, *, width: str | float = "column"
) -> "Figure":
    """Prior and posterior: a row a parameter, weights of terms above and frictions of acts below.

    Parameters
    ----------
    posterior
        What `tashkent.posterior` found.
    names
        The parameters; all that are fitted by default.
    width
        ``"column"`` (89 mm), ``"page"`` (183 mm), or inches.

    Returns
    -------
    Picture
        Thin: mean and nine tenths of the prior. Thick: median and nine tenths of the posterior, of `DRAWS` draws.

    Raises
    ------
    InputError
        If a name is none of a fitted parameter.

    Examples
    --------
    >>> import tashkent as tk
    >>> tk.figures.parameters(tk.posterior(tk.load_case("cst")), ["protection", "exit"])
    <Picture 89 × 41 mm>
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    shown = posterior.names if names is None else tuple(names)
    for name in shown:
        if name not in posterior.names:
            raise unknown(ASKED, "parameters", name, posterior.names)
    priors = posterior.case.parameters
    draws = posterior.draws(runs=DRAWS, seed=0)
    groups = [[n for n in shown if priors[n].role == role] for role in GROUPS]
    groups = [group for group in groups if group]
    figure = Figure(figsize=(inches(width), 0.16 * len(shown) + 0.42 * len(groups) + 0.1))
    heights = [len(group) + 1 for group in groups]
    axes = figure.subplots(len(groups), squeeze=False, height_ratios=heights)[:, 0]
    for axis, group in zip(axes, groups, strict=True):
        rows = np.arange(len(group))[::-1]
        mean = np.array([priors[n].mean for n in group])
        sd = np.array([priors[n].sd or 0.0 for n in group])
        low, middle, high = np.percentile(draws.of_names(group), [LOW, 50, HIGH], axis=1)
        axis.axvline(0, color=FAINT, linewidth=0.6)
        axis.hlines(rows + 0.18, mean - Z * sd, mean + Z * sd, color=GREY, linewidth=0.8)
        axis.plot(mean, rows + 0.18, "|", color=GREY, markersize=4)
        axis.hlines(rows - 0.12, low, high, color=BLUE, linewidth=2.2)
        axis.plot(middle, rows - 0.12, "o", color=BLUE, markersize=3.2)
        axis.set_yticks(rows, [n.replace("_", " ") for n in group])
        axis.set_title(GROUPS[priors[group[0]].role])
        axis.set_ylim(-0.7, len(group) - 0.3)
    axes[-1].set_xlabel("log-odds")
    handles = [
        Line2D([], [], color=GREY, linewidth=0.8, marker="|", label="prior (90%)"),
        Line2D(
            [], [], color=BLUE, linewidth=2.2, marker="o", markersize=3.2, label="posterior (90%)"
        ),
    ]
    return framed(figure, "Prior and posterior", handles)
