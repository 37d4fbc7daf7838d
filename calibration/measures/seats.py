"""Measures of who is in a club, and of who comes in and goes out."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration.measures.measure import (
    STATUSES,
    ClubName,
    Count,
    Month,
    MonthOrNone,
    Months,
    OneNumber,
    SeveralNumbers,
    StateName,
    StateNameOrNone,
    StateNames,
    StatusName,
)
from tashkent.calibration.runs import Runs
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.compilation import compile_case
from tashkent.model.statuses import is_in

#: which of the two of `Runs.moves`
INTO, OUT = 0, 1

# at a month ----------------------------------------------------------------------------------------


class In(OneNumber):
    """A state is in a club at the end of a month: 1 or 0."""

    kind = "in"
    state: StateName
    club: ClubName
    month: Month

    def value(self, runs: Runs) -> Bools:
        """1 or 0, shape (R,)."""
        return has_status(runs, self.state, self.club, self.month, "in")


class StatusIs(OneNumber):
    """The seat of a state has a status at the end of a month, as the record writes it: 1 or 0."""

    kind = "status"
    state: StateName
    club: ClubName
    month: Month
    status: StatusName

    def value(self, runs: Runs) -> Bools:
        """1 or 0, shape (R,)."""
        return has_status(runs, self.state, self.club, self.month, self.status)


def has_status(runs: Runs, state: str, club: str, month: int, status: str) -> Bools:
    """Whether a seat has one of `STATUSES` at the end of a month, shape (R,)."""
    s, c = runs.ensemble.index(state, club)
    found = runs.ensemble.status[:, runs.at(month), s, c]
    wanted = STATUSES[status]
    return np.asarray(is_in(found) if wanted is None else found == wanted)


class Members(OneNumber):
    """How many deciding states are in a club at the end of a month."""

    kind = "members"
    club: ClubName
    month: Month

    def value(self, runs: Runs) -> Floats:
        """From 0 to the number of deciding states, shape (R,)."""
        seats = runs.seats(self.club)[:, runs.at(self.month), runs.columns(runs.case.deciders)]
        return seats.sum(axis=1).astype(float)


class Inside(SeveralNumbers):
    """States are in a club at the end of a month: whether `all` are, and the `share` that is."""

    kind = "inside"
    numbers = ("all", "share")
    club: ClubName
    states: StateNames
    month: Month

    def values(self, runs: Runs) -> Mapping[str, Floats | Bools]:
        """`all` and `share`, each of shape (R,)."""
        seats = runs.seats(self.club)[:, runs.at(self.month)][:, runs.columns(self.states)]
        return {"all": seats.all(axis=1), "share": seats.mean(axis=1)}


class ExactSet(SeveralNumbers):
    """Exactly these deciding states are in a club, at each of some months or within a tolerance of it.

    `all`: the set is exact near every month; `jaccard`: the mean index at the months themselves.
    """

    kind = "set"
    numbers = ("all", "jaccard")
    club: ClubName
    states: StateNames
    months: Months
    tolerance: Count = 0

    def values(self, runs: Runs) -> Mapping[str, Floats | Bools]:
        """`all` and `jaccard`, each of shape (R,)."""
        seats = runs.seats(self.club)[..., compile_case(runs.case).decides]
        wanted = np.isin(runs.case.deciders, self.states)
        exact = (seats == wanted).all(axis=2)
        first, last = runs.ensemble.months[1], runs.ensemble.months[-1]
        near = []
        for month in self.months:
            low, high = max(first, month - self.tolerance), min(last, month + self.tolerance)
            near.append(exact[:, runs.at(low) : runs.at(high) + 1].any(axis=1))
        now = seats[:, [runs.at(m) for m in self.months]]
        union = np.maximum((now | wanted).sum(axis=2), 1)
        return {
            "all": np.all(near, axis=0),
            "jaccard": ((now & wanted).sum(axis=2) / union).mean(axis=1),
        }

    @property
    def until(self) -> int:
        """The last month and the tolerance."""
        return max(self.months) + self.tolerance


# moves ---------------------------------------------------------------------------------------------


class Exits(OneNumber):
    """How often states go out of a club within some months."""

    kind = "exits"
    side: ClassVar[int] = OUT
    club: ClubName
    first: Month
    last: Month
    state: StateNameOrNone = None

    def value(self, runs: Runs) -> Floats:
        """0 or more, shape (R,)."""
        states = states_of(runs, self.state)
        moves = runs.moves(self.club, states, self.first, self.last)[self.side]
        return moves.sum(axis=(1, 2)).astype(float)


class Entries(Exits):
    """How often states come into a club within some months."""

    kind = "entries"
    side = INTO


class WithinMonths(OneNumber):
    """Something of some months, by default all that the runs have after their initial condition."""

    first: MonthOrNone = None
    last: MonthOrNone = None

    @classmethod
    def cells(cls) -> tuple[str, ...]:
        """The months after all else."""
        return tuple(sorted(super().cells(), key=lambda name: name in ("first", "last")))

    @property
    def until(self) -> int | None:
        """The last month, if one is named."""
        return self.last

    def window(self, runs: Runs) -> tuple[int, int]:
        """First and last month in some runs."""
        first, last = self.first, self.last
        end = runs.ensemble.months[-1]
        return runs.start + 1 if first is None else first, end if last is None else last


class FirstExit(WithinMonths):
    """Date of the first time that a state, or any, goes out of a club within some months."""

    kind = "first_exit"
    side: ClassVar[int] = OUT
    club: ClubName
    state: StateNameOrNone = None

    def value(self, runs: Runs) -> Floats:
        """The date in years, shape (R,); NaN where nobody does."""
        first, last = self.window(runs)
        moves = runs.moves(self.club, states_of(runs, self.state), first, last)[self.side]
        moved = moves.any(axis=2)
        month = max(first, runs.start + 1) + moved.argmax(axis=1)
        return np.where(moved.any(axis=1), month / MONTHS_PER_YEAR, np.nan)


class FirstEntry(FirstExit):
    """Date of the first time that a state, or any, comes into a club within some months."""

    kind = "first_entry"
    side = INTO


class Accessions(SeveralNumbers):
    """States come in within some months: the `share` that does, and whether `all` do."""

    kind = "accessions"
    numbers = ("share", "all")
    club: ClubName
    states: StateNames
    first: Month
    last: Month

    def values(self, runs: Runs) -> Mapping[str, Floats | Bools]:
        """`share` and `all`, each of shape (R,)."""
        hit = runs.moves(self.club, self.states, self.first, self.last)[INTO].any(axis=1)
        return {"share": hit.mean(axis=1), "all": hit.all(axis=1)}


class Leaves(SeveralNumbers):
    """Whether `any` of some states goes out within some months, and each state by its name where there are several."""

    kind = "leaves"
    numbers = ("any",)
    side: ClassVar[int] = OUT
    club: ClubName
    states: StateNames
    first: Month
    last: Month

    @property
    def parts(self) -> tuple[str, ...]:
        """`any`, and the states where there are several."""
        return ("any", *self.states) if len(self.states) > 1 else ("any",)

    def values(self, runs: Runs) -> Mapping[str, Floats | Bools]:
        """`any`, and each state, each of shape (R,)."""
        moves = runs.moves(self.club, self.states, self.first, self.last)[self.side]
        moved = moves.any(axis=1)
        each = {state: moved[:, i] for i, state in enumerate(self.states)}
        return {"any": moved.any(axis=1), **(each if len(self.states) > 1 else {})}


class Joins(Leaves):
    """Whether `any` of some states comes in within some months, and each by its name where there are several."""

    kind = "joins"
    side = INTO


class LastToJoin(OneNumber):
    """A state comes in last, by so many months or more; or never, while all others do.

    The others are the states that the record has in at some time.
    """

    kind = "last_to_join"
    numbers = ("last",)
    from_the_start = True
    club: ClubName
    state: StateName
    months: Count

    def value(self, runs: Runs) -> Bools:
        """1 or 0, shape (R,)."""
        record = runs.record(self.club)
        other = [
            s
            for s in runs.case.deciders
            if s != self.state and record[:, runs.case.state_ids.index(s)].any()
        ]
        when = {}
        for state in (self.state, *other):
            seats = runs.seats(self.club)[..., runs.case.state_ids.index(state)]
            when[state] = np.where(seats.any(axis=1), np.argmax(seats, axis=1), np.inf)
        rest = np.stack([when[s] for s in other], axis=1)
        late = when[self.state] >= rest.max(axis=1) + self.months
        return np.asarray(np.isfinite(rest).all(axis=1) & late)


def states_of(runs: Runs, state: str | None) -> Sequence[str]:
    """The state, or all that decide if none is named."""
    return runs.case.deciders if state is None else (state,)
