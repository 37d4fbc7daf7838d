"""Measures that are the same in every run: of the law and of the measured inputs of a case."""

import numpy as np

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration.measures.measure import ClubName, Month, OneNumber, VariableName
from tashkent.calibration.runs import Runs
from tashkent.calibration.scores import area_under_curve
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.compilation import compile_case
from tashkent.model.statuses import is_in


class Clock(OneNumber):
    """The law of the case is `right`: when a club's text takes effect and when its term ends."""

    kind = "clock"
    numbers = ("right",)
    club: ClubName
    in_force: Month
    term_ends: Month

    @property
    def months_needed(self) -> tuple[int, ...]:
        """None: it does not look at the runs."""
        return ()

    def value(self, runs: Runs) -> Bools:
        """1 or 0, shape (1,)."""
        case = runs.case
        takes_effect = case.law.rules(self.club, self.in_force).entry_into_force
        ends = case.law.rules(self.club, self.term_ends).renewal_due
        return np.full(1, bool(takes_effect) and ends)


class Area(OneNumber):
    """The `area` under the curve with which a measured composite separates who stays at a renewal from who does not."""

    kind = "area"
    variable: VariableName
    club: ClubName
    month: Month

    @property
    def months_needed(self) -> tuple[int, ...]:
        """None: it does not look at the runs."""
        return ()

    def value(self, runs: Runs) -> Floats:
        """From 0 to 1, shape (1,)."""
        case = runs.case
        inputs, c = compile_case(case), tuple(case.clubs).index(self.club)
        t = self.month - case.start
        status = is_in(inputs.record.status[:, :, c])
        asked = np.flatnonzero(status[t - 1] & inputs.decides)
        year = self.month // MONTHS_PER_YEAR
        value = {
            row.state: row.value
            for row in case.composites
            if (row.variable, row.year) == (self.variable, year)
        }
        scores = np.array([value[case.state_ids[s]] for s in asked])
        return np.full(1, area_under_curve(scores, status[t, asked]))
