"""Outcomes of a design: each once, and no longer runs than they need."""

import pytest

from tashkent.experiments.outcomes import horizon, read_outcome, read_outcomes
from tashkent.model.case import Case
from tashkent.model.clock import month_label, parse_month
from tashkent.model.errors import InputError


def test_the_horizon_is_the_last_month_that_is_looked_at(case: Case) -> None:
    near = read_outcomes(["in(UZB, CST, 1999-06)", "exits(CST, 1999-01, 2001-02)"], case)
    assert month_label(horizon(near, case)) == "2001-02"
    assert horizon(read_outcomes(["first_exit(CST)"], case), case) == case.end
    assert horizon(read_outcomes(["pattern(T4)"], case), case) == case.end


def test_an_outcome_stands_once_and_there_is_one(case: Case) -> None:
    with pytest.raises(InputError, match="each outcome once"):
        read_outcomes(["in(UZB, CST, 2012-12)", "in(UZB,CST,2012-12)"], case)
    with pytest.raises(InputError, match="one outcome at least"):
        read_outcomes([], case)


def test_what_lies_before_the_start_is_refused(case: Case) -> None:
    start = parse_month("1998-12")
    for text in ("in(UZB, CST, 1998-12)", "exits(CST, 1995-01, 2000-12)", "pattern(T2)"):
        with pytest.raises(InputError, match="1998-12"):
            read_outcome(text, case).check_start(case, start, "d", "o")
    for text in ("in(UZB, CST, 1999-01)", "pattern(T4)", "first_exit(CST)"):
        read_outcome(text, case).check_start(case, start, "d", "o")
