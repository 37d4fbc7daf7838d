"""Measures of runs against the record."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration.measures.measure import ClubName, Month, OneNumber, SeveralNumbers
from tashkent.calibration.runs import Runs
from tashkent.calibration.scores import balanced_accuracy
from tashkent.model.compilation import compile_case


class AllRight(SeveralNumbers):
    """Whether `all` deciding states stand where the record has them at the end of a month; the `share` that does."""

    kind = "all_right"
    numbers = ("all", "share")
    club: ClubName
    month: Month

    def values(self, runs: Runs) -> Mapping[str, Floats | Bools]:
        """`all` and `share`, each of shape (R,)."""
        right = stand_right(runs, self.club, self.month)
        return {"all": right.all(axis=1), "share": right.mean(axis=1)}


class ShareRight(OneNumber):
    """The share of deciding states that stand where the record has them at the end of a month."""

    kind = "share_right"
    club: ClubName
    month: Month

    def value(self, runs: Runs) -> Floats:
        """From 0 to 1, shape (R,)."""
        return np.asarray(stand_right(runs, self.club, self.month).mean(axis=1))


def stand_right(runs: Runs, club: str, month: int) -> Bools:
    """Whether each deciding state is in or out as the record has it, shape (R, deciding states)."""
    at = runs.at(month)
    right = runs.seats(club)[:, at] == runs.record(club)[at]
    return np.asarray(right[:, compile_case(runs.case).decides])


class Renewal(SeveralNumbers):
    """Who is in after a renewal, among those whom the record made decide; decided between two months.

    `balanced accuracy`: mean of the hit rates among stayers and among leavers; `all`: all are right.
    """

    kind = "renewal"
    numbers = ("balanced accuracy", "all")
    club: ClubName
    first: Month
    last: Month

    def values(self, runs: Runs) -> Mapping[str, Floats | Bools]:
        """`balanced accuracy` and `all`, each of shape (R,)."""
        right, truth = after_renewal(runs, self.club, self.first, self.last)
        return {"balanced accuracy": balanced_accuracy(right, truth), "all": right.all(axis=1)}


class BalancedAccuracy(OneNumber):
    """Mean of the hit rates among those who stay by the record and those who leave.

    Of those in before `first`, at the end of `last`: the first number of `Renewal`.
    """

    kind = "balanced_accuracy"
    club: ClubName
    first: Month
    last: Month

    def value(self, runs: Runs) -> Floats:
        """From 0 to 1, shape (R,)."""
        return balanced_accuracy(*after_renewal(runs, self.club, self.first, self.last))


def after_renewal(runs: Runs, club: str, first: int, last: int) -> tuple[Bools, Bools]:
    """Of those whom the record has in before `first`, at the end of `last`: who is right, and who stayed by the record.

    Shapes (R, N) and (N,), N deciding states.
    """
    record, decides = runs.record(club), compile_case(runs.case).decides
    before, after = runs.at(first) - 1, runs.at(last)
    asked = np.flatnonzero(record[before] & decides)
    truth = record[after, asked]
    return runs.seats(club)[:, after][:, asked] == truth, truth


class Paths(OneNumber):
    """Joined and left, or joined and stayed: `balanced accuracy` over the states that the record had in by a month."""

    kind = "paths"
    numbers = ("balanced accuracy",)
    club: ClubName
    month: Month

    def value(self, runs: Runs) -> Floats:
        """From 0 to 1, shape (R,)."""
        decides, end = compile_case(runs.case).decides, runs.at(self.month) + 1
        record = runs.record(self.club)[:end, decides]
        seats = runs.seats(self.club)[:, :end, decides]
        joined = record.any(axis=0)
        truth = record[-1, joined]
        ever, stays = seats.any(axis=1)[:, joined], seats[:, -1][:, joined]
        return balanced_accuracy(ever & (stays == truth), truth)


class Wrong(OneNumber):
    """Share of states and months in which a run is not as the record: the Brier score of one run alone."""

    kind = "wrong"
    club: ClubName
    first: Month
    last: Month

    def value(self, runs: Runs) -> Floats:
        """From 0 to 1, shape (R,)."""
        return np.asarray(np.abs(less_record(runs, self.club, self.first, self.last)).mean(axis=1))


class Brier(OneNumber):
    """Brier score of P(in) against the record, without the bias of few runs.

    Two runs of one pair, numbers 2i and 2i + 1, are independent, so the mean over states s and months t of
    ``(x[2i, s, t] - y[s, t]) (x[2i + 1, s, t] - y[s, t])`` has the expectation ``mean (P - y)^2``. The pair's number
    stands at its first run and NaN at its second, so one run alone has no score. What `calibration.scores.brier`
    finds for n runs is higher by ``mean P (1 - P) / n``.
    """

    kind = "brier"
    club: ClubName
    first: Month
    last: Month

    def value(self, runs: Runs) -> Floats:
        """One number for each two runs, shape (R,)."""
        off = less_record(runs, self.club, self.first, self.last)
        number = runs.ensemble.first_run + np.arange(runs.ensemble.runs)
        found = np.full(len(off), np.nan)
        first = np.flatnonzero((number[:-1] % 2) == 0)
        found[first] = (off[first] * off[first + 1]).mean(axis=1)
        return found


def less_record(runs: Runs, club: str, first: int, last: int) -> NDArray[np.float64]:
    """Seats less the record, by deciding state and month: shape (R, cells), values -1, 0 and 1."""
    low, high = runs.at(first), runs.at(last) + 1
    decides = compile_case(runs.case).decides
    seats = runs.seats(club)[:, low:high][:, :, decides]
    record = runs.record(club)[low:high][:, decides]
    return (seats.astype(float) - record).reshape(len(seats), -1)
