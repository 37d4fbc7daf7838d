"""Measures of the log of acts: whether, how often and when acts happen."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated

import numpy as np
from pydantic import Field

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration.measures.measure import (
    ActName,
    ActNames,
    ClubName,
    Count,
    Month,
    SeveralNumbers,
    StateName,
    StateNameOrNone,
)
from tashkent.calibration.measures.seats import WithinMonths, states_of
from tashkent.calibration.runs import Runs
from tashkent.model.case import Case
from tashkent.model.clock import MONTHS_PER_YEAR, month_of
from tashkent.model.statuses import Act


class OfOneAct(WithinMonths):
    """Something of an act in a club within some months, done by or to a state or any."""

    act: ActName
    club: ClubName
    state: StateNameOrNone = None

    @property
    def reads_acts(self) -> bool:
        """Yes."""
        return True


class NumberOfActs(OfOneAct):
    """How often an act happens in a club within some months, done by or to a state or any."""

    kind = "acts"

    @classmethod
    def cells(cls) -> tuple[str, ...]:
        """The state after all else."""
        return tuple(sorted(super().cells(), key=lambda name: name == "state"))

    def value(self, runs: Runs) -> Floats:
        """0 or more, shape (R,)."""
        first, last = self.window(runs)
        act, c = Act[self.act.upper()], tuple(runs.case.clubs).index(self.club)
        wanted = runs.columns(states_of(runs, self.state))
        found = np.zeros(runs.ensemble.runs)
        for entry in runs.ensemble.log:
            if (entry.act, entry.club) == (act, c) and first <= runs.case.start + entry.t <= last:
                np.add.at(found, entry.run[np.isin(entry.state, wanted)], 1.0)
        return found


class DateOfAct(OfOneAct):
    """Date of the first time that an act happens in a club within some months, done by or to a state or any."""

    kind = "date"

    def value(self, runs: Runs) -> Floats:
        """The date in years, shape (R,); NaN where it does not happen."""
        first, last = self.window(runs)
        states = states_of(runs, self.state)
        when = runs.first_act((self.act,), self.club, states, first, last)
        return np.where(np.isfinite(when), when, np.nan) / MONTHS_PER_YEAR


class AnyAct(SeveralNumbers):
    """Whether `any` of some acts happens in a club within some months, and each act by its name."""

    kind = "any_act"
    numbers = ("any",)
    club: ClubName
    acts: ActNames
    first: Month
    last: Month

    @property
    def reads_acts(self) -> bool:
        """Yes."""
        return True

    @property
    def parts(self) -> tuple[str, ...]:
        """`any`, and the acts."""
        return ("any", *self.acts)

    def values(self, runs: Runs) -> Mapping[str, Floats | Bools]:
        """`any`, and each act, each of shape (R,)."""
        states = runs.case.state_ids
        happens = {
            name: np.isfinite(runs.first_act((name,), self.club, states, self.first, self.last))
            for name in self.acts
        }
        return {"any": np.any(list(happens.values()), axis=0), **happens}


class InOneMonth(SeveralNumbers):
    """States do an act in a club by one announcement, that is, in one month, within some months.

    `many`: whether so many (`number`) do; the `most` that do; and the most by the `record`, the same in all runs.
    """

    kind = "together"
    numbers = ("many", "most", "record")
    act: ActName
    club: ClubName
    number: Annotated[Count, Field(ge=1)]
    first: Month
    last: Month

    @property
    def reads_acts(self) -> bool:
        """Yes."""
        return True

    def values(self, runs: Runs) -> Mapping[str, Floats | Bools]:
        """`many`, 1 or 0, and `most`, each of shape (R,); `record`, of shape (1,)."""
        case, act = runs.case, Act[self.act.upper()]
        c, deciders = tuple(case.clubs).index(self.club), runs.columns(case.deciders)
        done = np.zeros((runs.ensemble.runs, self.last - self.first + 1))
        for entry in runs.ensemble.log:
            at = case.start + entry.t - self.first
            if (entry.act, entry.club) == (act, c) and 0 <= at < done.shape[1]:
                np.add.at(done[:, at], entry.run[np.isin(entry.state, deciders)], 1.0)
        most = done.max(axis=1)
        return {
            "many": most >= self.number,
            "most": most,
            "record": np.array([self._by_record(case)]),
        }

    def _by_record(self, case: Case) -> float:
        """The most states that did it in one month of the record."""
        months = Counter(
            month_of(row.date)
            for row in case.record
            if (row.act, row.club) == (self.act, self.club) and row.state in case.deciders
        )
        return float(max((n for m, n in months.items() if self.first <= m <= self.last), default=0))


class Delay(SeveralNumbers):
    """So many months lie between two acts on a seat: `as long` among runs with both; `both`: share that has them."""

    kind = "delay"
    numbers = ("as long", "both")
    club: ClubName
    state: StateName
    begins: ActNames
    ends: ActNames
    months: Count

    @property
    def reads_acts(self) -> bool:
        """Yes."""
        return True

    def values(self, runs: Runs) -> Mapping[str, Floats | Bools]:
        """`as long`, NaN where not both happen, and `both`, each of shape (R,)."""
        first, last = runs.start + 1, runs.ensemble.months[-1]
        began, ended = (
            runs.first_act(acts, self.club, (self.state,), first, last)
            for acts in (self.begins, self.ends)
        )
        both = np.isfinite(began) & np.isfinite(ended)
        gap = np.where(both, ended, 0.0) - np.where(both, began, 0.0)
        return {"as long": np.where(both, gap == self.months, np.nan), "both": both}
