"""Seats of many runs, beside the record: what measures are taken on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tashkent.agents.situation import Bools, Floats
from tashkent.model.case import Case
from tashkent.model.compilation import compile_case
from tashkent.model.record import Ensemble
from tashkent.model.statuses import Act, is_in


@dataclass(frozen=True, eq=False)
class Runs:
    """Seats of many runs, with their log of acts if there is one; a baseline has none."""

    ensemble: Ensemble
    has_acts: bool = True

    @property
    def case(self) -> Case:
        """The case."""
        return self.ensemble.case

    @property
    def start(self) -> int:
        """The month of the initial condition."""
        return self.ensemble.start

    def at(self, month: int) -> int:
        """Where a month stands on the axis of months."""
        return self.ensemble.at(month)

    def columns(self, states: Sequence[str]) -> list[int]:
        """Where states stand."""
        return [self.case.state_ids.index(state) for state in states]

    def seats(self, club: str) -> Bools:
        """Who is in a club, shape (R, T, S)."""
        return is_in(self.ensemble.status[..., tuple(self.case.clubs).index(club)])

    @cached_property
    def _record(self) -> Bools:
        offset = self.start - self.case.start
        status = compile_case(self.case).record.status
        return is_in(status[offset : offset + len(self.ensemble.months)])

    def record(self, club: str) -> Bools:
        """Who is in a club by the record, shape (T, S)."""
        return self._record[..., tuple(self.case.clubs).index(club)]

    def moves(self, club: str, states: Sequence[str], first: int, last: int) -> tuple[Bools, Bools]:
        """Who comes in and who goes out in each of some months, each of shape (R, months, states)."""
        low, high = self.at(max(first, self.start + 1)), self.at(last) + 1
        seats = self.seats(club)[:, low - 1 : high, self.columns(states)]
        return seats[:, 1:] & ~seats[:, :-1], ~seats[:, 1:] & seats[:, :-1]

    def first_act(
        self, acts: Sequence[str], club: str, states: Sequence[str], first: int, last: int
    ) -> Floats:
        """Month of the first of some acts in each run, shape (R,); infinite where there is none."""
        kinds = {Act[name.upper()] for name in acts}
        c, wanted = tuple(self.case.clubs).index(club), self.columns(states)
        when = np.full(self.ensemble.runs, np.inf)
        for entry in self.ensemble.log:
            month = self.case.start + entry.t
            if entry.act in kinds and entry.club == c and first <= month <= last:
                run = entry.run[np.isin(entry.state, wanted)]
                when[run] = np.minimum(when[run], month)
        return when
