"""P(in) by state over time, the record above it, as a picture."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tashkent.experiments.pictures import save
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.compilation import compile_case
from tashkent.model.record import Ensemble
from tashkent.model.statuses import is_in

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: colour-blind safe (Okabe and Ito)
RECORD, MODEL, RULE = "#000000", "#0072B2", "#D55E00"


def save_figure(ensemble: Ensemble, path: Path) -> None:
    """Write a picture of the focal club: one panel a deciding state, the record as a bar over the ensemble's P(in)."""
    save(partial(_drawn, ensemble), path)


def _drawn(ensemble: Ensemble) -> "Figure":
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    case = ensemble.case
    names = {row.state: row.name for row in case.states}
    inputs = compile_case(case)
    c = tuple(case.clubs).index(case.focus)
    record = is_in(inputs.record.status[ensemble.start - case.start :, :, c])
    x = np.array(ensemble.months) / MONTHS_PER_YEAR
    columns, n = 3, len(case.deciders)
    rows = -(-n // columns)
    figure = Figure(figsize=(10, 1.55 * rows + 1.0))
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axis, state in zip(axes.flat, case.deciders, strict=False):
        s = case.state_ids.index(state)
        p = ensemble.p_in[:, s, c]
        axis.fill_between(x, p, color=MODEL, alpha=0.25, linewidth=0)
        axis.plot(x, p, color=MODEL, linewidth=1.3)
        axis.fill_between(x, 1.07, 1.19, where=record[:, s], color=RECORD, linewidth=0, step="mid")
        for t, rules in enumerate(inputs.rules):
            if rules[c].renewal_due and case.start + t >= ensemble.start:
                axis.axvline((case.start + t) / MONTHS_PER_YEAR, color=RULE, linewidth=0.8)
        axis.axvline(
            (case.fit_until + 1) / MONTHS_PER_YEAR, color="0.6", linewidth=0.8, linestyle=":"
        )
        axis.set_title(names[state], fontsize=9, loc="left", pad=3)
        axis.set_ylim(0, 1.24)
        axis.set_yticks([0, 0.5, 1], ["0", "½", "1"])
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes.flat[n:]:
        axis.axis("off")
    for axis in axes.flat[max(0, n - columns) : n]:
        axis.tick_params(labelbottom=True)
    axes.flat[0].set_xlim(x[0], x[-1] + 1 / MONTHS_PER_YEAR)
    handles = [
        Patch(color=RECORD, label="in, by the record"),
        Line2D([], [], color=MODEL, label=f"P(in), share of {ensemble.runs:,} runs"),
        Line2D([], [], color=RULE, linewidth=0.8, label="term ends: sign or leave"),
        Line2D([], [], color="0.6", linestyle=":", label="end of the fitted record"),
    ]
    if n < rows * columns:
        axes.flat[n].legend(handles=handles, loc="center left", fontsize=8, frameon=False)
    else:
        figure.legend(handles=handles, loc="lower center", ncols=4, fontsize=8, frameon=False)
    title = f"{case.title}: who is in {case.club_name(case.focus, case.end)}?"
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    figure.tight_layout()
    return figure
