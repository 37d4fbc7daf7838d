"""Measures of moves that follow each other: cycles, memberships in turn, and orders of steps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import BeforeValidator, Field, PlainSerializer

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration.measures.measure import (
    ClubName,
    ClubNameOrNone,
    Count,
    MonthByState,
    Months,
    SeveralNumbers,
    StateName,
)
from tashkent.calibration.measures.seats import INTO, OUT
from tashkent.calibration.runs import Runs

#: what a seat can do in a step; back is the first time in after a time out
MOVES = ("in", "out", "back")
#: what stands between two steps, and between acts of which one is enough
THEN, OR = " then ", "/"


class Cycle(SeveralNumbers):
    """A state that is in goes out, comes back and goes out again, near some months.

    `order`: the moves happen at all; `dates`: each first such move within the tolerance; `score`: their mean.
    """

    kind = "cycle"
    numbers = ("order", "dates", "score")
    club: ClubName
    state: StateName
    months: Months
    tolerance: Count

    @property
    def until(self) -> None:
        """The end of the case: a move may come late."""

    def values(self, runs: Runs) -> Mapping[str, Floats | Bools]:
        """`order`, `dates` and `score`, each of shape (R,)."""
        first, last = runs.start + 1, runs.ensemble.months[-1]
        into, out = (m[..., 0] for m in runs.moves(self.club, (self.state,), first, last))
        number = np.cumsum(into | out, axis=1)
        order = number[:, -1] >= len(self.months)
        dates = order.copy()
        for i, month in enumerate(self.months, start=1):
            when = first + np.argmax(number >= i, axis=1)
            dates &= np.abs(when - month) <= self.tolerance
        return {"order": order, "dates": dates, "score": (order + 1.0 * dates) / 2}


class Memberships(SeveralNumbers):
    """States come in, and some go out again, near some months, while they are out of another club.

    `share` of the states that do so, and whether `all` do.
    """

    kind = "memberships"
    numbers = ("share", "all")
    club: ClubName
    from_: MonthByState = Field(alias="from")
    until_: MonthByState = Field(alias="until")
    tolerance: Count
    #: while in this club a state is not in that one, if one is named and the state is to go out again
    apart_from: ClubNameOrNone = None

    @property
    def until(self) -> None:
        """The end of the case: a state is not to be in both clubs at any time."""

    def values(self, runs: Runs) -> Mapping[str, Floats | Bools]:
        """`share` and `all`, each of shape (R,)."""
        hits = []
        for state, month in self.from_.items():
            hit = self._near(runs, state, month, INTO)
            if state in self.until_:
                hit &= self._near(runs, state, self.until_[state], OUT)
                if self.apart_from:
                    (s,) = runs.columns((state,))
                    both = runs.seats(self.club)[..., s] & runs.seats(self.apart_from)[..., s]
                    hit &= ~both.any(axis=1)
            hits.append(hit)
        found = np.stack(hits, axis=1)
        return {"share": found.mean(axis=1), "all": found.all(axis=1)}

    def _near(self, runs: Runs, state: str, month: int, side: int) -> Bools:
        last = min(month + self.tolerance, runs.ensemble.months[-1])
        moves = runs.moves(self.club, (state,), month - self.tolerance, last)
        return np.asarray(moves[side].any(axis=(1, 2)))


@dataclass(frozen=True)
class Milestone:
    """One step of an order, written ``UZB out GUAM`` or ``UZB withdraw/suspend CST``: a move, or the first of acts."""

    state: str
    #: one of `MOVES`, or acts
    what: tuple[str, ...]
    club: str

    @classmethod
    def read(cls, text: object) -> "Milestone":
        """A step from its text.

        Raises
        ------
        ValueError
            If it is not three words.
        """
        words = str(text).split()
        if len(words) != 3:
            raise ValueError("a step is written STATE what CLUB, three words")
        return cls(words[0], tuple(words[1].split(OR)), words[2])

    @property
    def text(self) -> str:
        """As it is written."""
        return f"{self.state} {OR.join(self.what)} {self.club}"

    @property
    def is_move(self) -> bool:
        """Whether it is a move of a seat, not an act."""
        return len(self.what) == 1 and self.what[0] in MOVES

    def when(self, runs: Runs) -> Floats:
        """Month of the first time in each run, shape (R,); infinite where there is none."""
        first, last = runs.start + 1, runs.ensemble.months[-1]
        if not self.is_move:
            return runs.first_act(self.what, self.club, (self.state,), first, last)
        into, out = (m[..., 0] for m in runs.moves(self.club, (self.state,), first, last))
        if self.what == ("back",):
            (s,) = runs.columns((self.state,))
            seats = runs.seats(self.club)[..., s]
            was = np.logical_or.accumulate(seats[:, :-1], axis=1)
            into = into & was
        moves = out if self.what == ("out",) else into
        return np.where(moves.any(axis=1), first + np.argmax(moves, axis=1), np.inf)


def _steps(given: object) -> object:
    parts = given.split(THEN) if isinstance(given, str) else given
    if not isinstance(parts, list | tuple):
        return given
    return tuple(p if isinstance(p, Milestone) else Milestone.read(p) for p in parts)


class InOrder(SeveralNumbers):
    """Steps happen one after the other, each for the first time after the one before.

    `in order`: share of runs in which all happen that have them in order; `all happen`; `both`.
    """

    kind = "order"
    numbers = ("in order", "all happen", "both")
    steps: Annotated[
        tuple[Milestone, ...],
        Field(min_length=2),
        BeforeValidator(_steps),
        PlainSerializer(lambda steps: THEN.join(step.text for step in steps)),
    ]

    @property
    def reads_acts(self) -> bool:
        """If a step is an act."""
        return not all(step.is_move for step in self.steps)

    def named(self) -> Iterator[tuple[str, str, str]]:
        """The names in all steps."""
        for step in self.steps:
            yield "steps", "club", step.club
            yield "steps", "state", step.state
            if not step.is_move:
                yield from (("steps", "act", act) for act in step.what)

    def values(self, runs: Runs) -> Mapping[str, Floats | Bools]:
        """`in order`, NaN where not all happen, `all happen` and `both`, each of shape (R,)."""
        times = np.stack([step.when(runs) for step in self.steps])
        happen = np.isfinite(times).all(axis=0)
        later = np.diff(np.where(happen, times, 0.0), axis=0) > 0
        right = happen & later.all(axis=0)
        return {
            "in order": np.where(happen, right, np.nan),
            "all happen": happen,
            "both": right,
        }
