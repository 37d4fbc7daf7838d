"""How far an ensemble is from the record: Brier scores, hit rates, area under the curve, the split at a renewal."""

from dataclasses import dataclass

import numpy as np

from tashkent.agents.situation import Bools, Floats
from tashkent.model.case import Case
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.compilation import compile_case
from tashkent.model.record import Ensemble
from tashkent.model.statuses import is_in


def brier(case: Case, p: Floats, start: int, club: str, first: int, last: int) -> float:
    """Mean squared difference between P(in) and the record over deciding states and months `first` to `last`.

    `p` has shape (T, S, C) and begins with month `start`. 0 is perfect; a coin would score 0.25.
    """
    chance, seen = _beside_record(case, p, start, club, first, last)
    return float(np.mean((chance - seen) ** 2))


def seat_log_score(case: Case, p: Floats, start: int, club: str, first: int, last: int) -> float:
    """Mean log probability of in or out, as the record has it, over deciding states and months `first` to `last`.

    `p` has shape (T, S, C) and begins with month `start`. In nats a seat and month: 0 is perfect, a coin would score
    -0.69; minus infinity where what is recorded had no chance.
    """
    chance, seen = _beside_record(case, p, start, club, first, last)
    with np.errstate(divide="ignore"):
        return float(np.mean(np.log(np.where(seen, chance, 1.0 - chance))))


def as_counted(p: Floats, runs: int) -> Floats:
    """Shares of runs as chances that are never 0 or 1: ``(share * runs + 0.5) / (runs + 1)``, shape as `p`."""
    return (p * runs + 0.5) / (runs + 1.0)


def _beside_record(
    case: Case, p: Floats, start: int, club: str, first: int, last: int
) -> tuple[Floats, Bools]:
    """P(in) of deciding states in these months, and whether the record has them in; both of shape (months, states)."""
    inputs = compile_case(case)
    c = tuple(case.clubs).index(club)
    low, high = max(first, start), last + 1
    seen = is_in(inputs.record.status[low - case.start : high - case.start, :, c])
    return p[low - start : high - start, inputs.decides, c], seen[:, inputs.decides]


def balanced_accuracy(right: Bools, truth: Bools) -> Floats:
    """Mean of the hit rates in both classes, or the hit rate where there is one class; from 0 to 1, shape (R,).

    `right` says of each run and case whether it is told rightly, shape (R, N); `truth` has the classes, shape (N,).
    """
    rates = [right[:, group].mean(axis=1) for group in (truth, ~truth) if group.any()]
    return np.asarray(np.mean(rates, axis=0))


def area_under_curve(score: Floats, truth: Bools) -> float:
    """Chance that one for whom it is true has the higher score than one for whom it is not; ties count half.

    Both arguments have shape (N,). It is Mann and Whitney's U by the number of pairs, from 0 to 1; NaN where there are
    no pairs.
    """
    from scipy.stats import mannwhitneyu

    true, false = score[truth], score[~truth]
    if not len(true) or not len(false):
        return float("nan")
    # the p-value is not asked for: the method is the one that costs least
    found = mannwhitneyu(true, false, method="asymptotic").statistic
    return float(found / (len(true) * len(false)))


@dataclass(frozen=True)
class Split:
    """Who stays at a renewal, run by run, against the record."""

    month: int
    states: tuple[str, ...]
    #: the record's answer, shape (N,)
    record: tuple[bool, ...]
    #: share of runs in which the state is in after the renewal, shape (N,)
    p_stay: tuple[float, ...]
    #: share of runs in which all are right
    all_right: float
    #: mean over runs of the mean of the hit rates among stayers and among leavers
    balanced_accuracy: float


def renewal_month(case: Case) -> int | None:
    """The first month in which the focal club's members must sign or leave."""
    c = tuple(case.clubs).index(case.focus)
    inputs = compile_case(case)
    due = [m for m, rules in zip(case.months, inputs.rules, strict=True) if rules[c].renewal_due]
    return due[0] if due else None


def eve_of(month: int) -> int:
    """The last month of the year before: where runs start that ask how a month's decisions fall."""
    return month - month % MONTHS_PER_YEAR - 1


def split_at_renewal(ensemble: Ensemble, month: str | int) -> Split:
    """Who is in at the end of a renewal month, among those who had to decide in the record.

    The month is ``YYYY-MM`` or a number of `model.clock`.

    Raises
    ------
    InputError
        If the runs do not reach it.
    """
    case, month = ensemble.case, ensemble.months[ensemble.at(month)]
    inputs = compile_case(case)
    c, t = tuple(case.clubs).index(case.focus), month - case.start
    decided = np.flatnonzero(is_in(inputs.record.status[t - 1, :, c]) & inputs.decides)
    truth = is_in(inputs.record.status[t, decided, c])
    stays = ensemble.seats[:, ensemble.at(month), decided, c]
    right = stays == truth
    return Split(
        month=month,
        states=tuple(case.state_ids[s] for s in decided),
        record=tuple(bool(v) for v in truth),
        p_stay=tuple(float(v) for v in stays.mean(axis=0)),
        all_right=float(right.all(axis=1).mean()),
        balanced_accuracy=float(balanced_accuracy(right, truth).mean()),
    )
