"""What is measured in runs of its own, not in those of others: an ablation, and participation from a given record.

Such a thing can have a bar, as a pattern, but it is no outcome of a run.
"""

from collections.abc import Mapping

import numpy as np

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration.measures.measure import (
    ClubName,
    InitialMonth,
    Month,
    Particulars,
    StateName,
    TermNames,
)
from tashkent.model.case import Case
from tashkent.model.compilation import compile_case
from tashkent.model.noise import Noise
from tashkent.model.parameters import ParameterDraws
from tashkent.model.statuses import is_in
from tashkent.model.step import advance
from tashkent.model.world import world_from_record


class Saves(Particulars):
    """Without some terms it is mainly one state that stays: see `calibration.rivals.saves_measures`."""

    kind = "saves"
    numbers = ("mainly", "rise", "next")
    terms: TermNames
    club: ClubName
    state: StateName
    month: Month
    of: str | None = None


class ParticipationFalls(Particulars):
    """A member's participation falls from one month to another while it stays in; from a record of its own."""

    kind = "participation"
    numbers = ("falls", "from", "to")
    club: ClubName
    state: StateName
    start: InitialMonth
    first: Month
    last: Month
    of: str | None = None

    def values(self, case: Case, parameters: ParameterDraws, *, seed: int) -> Mapping[str, Floats]:
        """`falls`: whether it does in runs where the state stays in from first to last; `from` and `to`: levels there.

        Each has shape (R,), as the parameters have, and is NaN in other runs. Runs begin with the record at the start;
        participation, from 0 to 1, follows from then on.
        """
        s = case.state_ids.index(self.state)
        c = tuple(case.clubs).index(self.club)
        level, seat = participation(case, parameters, seed=seed, start=self.start, end=self.last)
        low, high = self.first - self.start, self.last - self.start
        stays = seat[:, low : high + 1, s, c].all(axis=1)
        first, last = level[:, low, s, c], level[:, high, s, c]
        known = stays & ~np.isnan(first) & ~np.isnan(last)
        return {
            "falls": np.where(known, last < first, np.nan),
            "from": np.where(known, first, np.nan),
            "to": np.where(known, last, np.nan),
        }


def participation(
    case: Case, parameters: ParameterDraws, *, seed: int, start: int, end: int
) -> tuple[Floats, Bools]:
    """How far members take part, from 0 to 1, NaN where not asked, and who is in; both of shape (R, T, S, C)."""
    inputs = compile_case(case)
    runs = parameters.runs
    world = world_from_record(inputs, start - case.start, parameters, Noise(case, seed, 0, runs))
    level, seat = [world.participation.copy()], [is_in(world.status)]
    for t in range(start - case.start + 1, end - case.start + 1):
        advance(world, t)
        level.append(world.participation.copy())
        seat.append(is_in(world.status))
    return np.stack(level, axis=1), np.stack(seat, axis=1)
