"""P(in) by state over time with its band, and the record above it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tashkent.experiments.effect import share_interval
from tashkent.experiments.figures.picture import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    framed,
    panels,
    picture,
)
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.compilation import compile_case
from tashkent.model.record import Ensemble
from tashkent.model.statuses import is_in

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@picture
def seats(
    ensemble: Ensemble,
    club: str | None = None,
    *,
    states: Sequence[str] | None = None,
    width: str | float = "page",
) -> "Figure":
    """P(in) of a club, one panel a state that decides; the record is a bar over it.

    Parameters
    ----------
    ensemble
        Runs of a case, as `tashkent.simulate` gives them.
    club
        The club, by code or name; the focal club of the case by default.
    states
        The states, by code or name; all that decide by default.
    width
        ``"column"`` (89 mm), ``"page"`` (183 mm), or inches.

    Returns
    -------
    Picture
        The line is the share of runs in which the state is in, the band nine tenths for that share given so many runs
        (Wilson's interval). Vertical lines are renewals, at which a member signs or is out, and the end of the record
        that informed the parameters.

    Raises
    ------
    InputError
        If club, state or width is unknown.

    Examples
    --------
    >>> import tashkent as tk
    >>> tk.figures.seats(
    ...     tk.simulate(runs=2, start="1998-12"), states=["Uzbekistan"], width="column"
    ... )
    <Picture 89 × 39 mm>
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    case, names = ensemble.case, ensemble.case.state_names
    code = case.focus if club is None else case.club(club, "club")
    c = tuple(case.clubs).index(code)
    shown = case.deciders if states is None else [case.decider(s, "states") for s in states]
    inputs = compile_case(case)
    record = is_in(inputs.record.status[ensemble.start - case.start :, :, c])
    x = np.array(ensemble.months) / MONTHS_PER_YEAR
    due = [case.start + t for t, rules in enumerate(inputs.rules) if rules[c].renewal_due]
    figure, axes = panels([names[s] for s in shown], width, each=0.9)
    for axis, state in zip(axes, shown, strict=True):
        s = case.state_ids.index(state)
        p = ensemble.p_in[:, s, c]
        axis.fill_between(x, *share_interval(p, ensemble.runs), color=BLUE, alpha=0.3, linewidth=0)
        axis.plot(x, p, color=BLUE)
        axis.fill_between(x, 1.07, 1.19, where=record[:, s], color=BLACK, linewidth=0, step="mid")
        for month in due:
            if month >= ensemble.start:
                axis.axvline(month / MONTHS_PER_YEAR, color=ORANGE, linewidth=0.7)
        axis.axvline(
            (case.fit_until + 1) / MONTHS_PER_YEAR, color=GREY, linewidth=0.7, linestyle=":"
        )
        axis.set_ylim(0, 1.24)
        axis.set_yticks([0, 0.5, 1], ["0", "½", "1"])
    axes[0].set_xlim(x[0], x[-1] + 1 / MONTHS_PER_YEAR)
    handles = [
        Patch(color=BLACK, label="in, by the record"),
        Line2D([], [], color=BLUE, label=f"P(in), share of {ensemble.runs:,} runs"),
        Patch(color=BLUE, alpha=0.3, label="90% interval"),
        Line2D([], [], color=GREY, linestyle=":", label="end of the fitted record"),
    ]
    if due:
        handles.append(
            Line2D([], [], color=ORANGE, linewidth=0.7, label="term ends: sign or leave")
        )
    return framed(figure, f"Who is in {case.club_name(code, case.end)}?", handles)
