"""A renewal: how often each member signs, and what the record says it did."""

from typing import TYPE_CHECKING

import numpy as np

from tashkent.calibration.scores import split_at_renewal
from tashkent.experiments.effect import share_interval
from tashkent.experiments.figures.picture import (
    ASKED,
    BLACK,
    BLUE,
    GREY,
    framed,
    inches,
    picture,
)
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case
from tashkent.model.errors import InputError
from tashkent.model.record import Ensemble

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@picture
def renewal(
    ensemble: Ensemble, month: str | None = None, *, width: str | float = "column"
) -> "Figure":
    """A renewal of the focal club: the share of runs in which each member of the time stays, beside the record.

    Parameters
    ----------
    ensemble
        Runs of a case, best begun shortly before: ``tashkent.simulate(start="1998-12")``.
    month
        The month ``YYYY-MM`` in which the term ends; the first after the start of the runs by default.
    width
        ``"column"`` (89 mm), ``"page"`` (183 mm), or inches.

    Returns
    -------
    Picture
        A row a member, the likeliest to stay first, with nine tenths for the share given so many runs; filled where
        it stayed by the record, and open where it left.

    Raises
    ------
    InputError
        If no term ends then.

    Examples
    --------
    >>> import tashkent as tk
    >>> tk.figures.renewal(tk.simulate(runs=2, start="1998-12"))
    <Picture 89 × 62 mm>
    """
    from matplotlib.figure import Figure

    case, names = ensemble.case, ensemble.case.state_names
    split = split_at_renewal(ensemble, _asked(ensemble, month))
    order = np.argsort(split.p_stay, kind="stable")
    figure = Figure(figsize=(inches(width), 0.19 * len(order) + 0.42))
    axis = figure.subplots()
    share = np.array(split.p_stay)[order]
    low, high = share_interval(share, ensemble.runs)
    rows = np.arange(len(order))
    axis.hlines(rows, 0, 1, color=GREY, linewidth=0.3)
    axis.hlines(rows, low, high, color=BLUE, linewidth=2.2)
    stayed = np.array(split.record)[order]
    looks = ((stayed, BLACK, "stayed, by the record"), (~stayed, "white", "left, by the record"))
    for which, fill, label in looks:
        axis.plot(
            share[which],
            rows[which],
            "o",
            markersize=5,
            color=fill,
            markeredgecolor=BLACK,
            label=label,
            clip_on=False,
            zorder=3,
        )
    axis.set_yticks(rows, [names[split.states[i]] for i in order])
    axis.set(xlim=(0, 1), ylim=(-0.6, len(order) - 0.4))
    axis.set_xlabel(f"share of {ensemble.runs:,} runs in which it stays (90% interval)")
    handles, _ = axis.get_legend_handles_labels()
    return framed(
        figure,
        f"{case.club_name(case.focus, split.month)}, {month_label(split.month)}: all right in {split.all_right:.0%} "
        f"of runs; balanced accuracy {split.balanced_accuracy:.2f}",
        handles,
    )


def _asked(ensemble: Ensemble, month: str | None) -> int:
    """The month of the renewal that is meant."""
    case = ensemble.case
    c = tuple(case.clubs).index(case.focus)
    rules = zip(case.months, compile_case(case).rules, strict=True)
    due = [m for m, of_clubs in rules if of_clubs[c].renewal_due and m > ensemble.start]
    due = [m for m in due if m in ensemble.months]
    wanted = (due[0] if due else None) if month is None else case.month(month, "month")
    if wanted not in due or wanted is None:
        allowed = ", ".join(month_label(m) for m in due) or "runs that start before a term ends"
        raise InputError(ASKED, "renewal: month", month or "none", allowed)
    return wanted
