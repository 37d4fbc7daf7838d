"""Patterns of joining that every club is asked for, by one rule for all: nobody chooses what a club is judged by.

Three of each club, read off the record of deciding states: who came in does so near its date; who never came in does
not; who never went out does not. Bars are those of ``patterns.toml``: more often than not, and one run in ten.
"""

from itertools import compress

import numpy as np

from tashkent.calibration.measures.seats import Joins, Leaves
from tashkent.calibration.measures.sequences import Memberships
from tashkent.calibration.patterns import Pattern, Patterns
from tashkent.model.case import Case
from tashkent.model.clock import month_label, month_of
from tashkent.model.compilation import compile_case
from tashkent.model.statuses import is_in

#: months by which an accession may be early or late
TOLERANCE = 24
LEAST, MOST = 0.5, 0.1
SOURCE = "the record"


def by_rule(case: Case) -> tuple[Pattern, ...]:
    """The patterns of all clubs; a club that nobody joined, or everybody, has fewer."""
    found: list[Pattern] = []
    for club in case.clubs:
        found += _of_club(case, club)
    return tuple(found)


def with_rules(patterns: Patterns, case: Case) -> Patterns:
    """The patterns of a case's table and after them those by rule."""
    return patterns.model_copy(update={"pattern": (*patterns.pattern, *by_rule(case))})


def _of_club(case: Case, club: str) -> list[Pattern]:
    inputs, c = compile_case(case), tuple(case.clubs).index(club)
    seats = is_in(inputs.record.status[:, inputs.decides, c])
    came, went = (seats[1:] & ~seats[:-1]).any(axis=0), (~seats[1:] & seats[:-1]).any(axis=0)
    ever = seats.any(axis=0)
    first = max(case.start + 1, month_of(case.clubs[club].since))
    span = {"club": club, "first": month_label(first), "last": month_label(case.end)}
    dates = {
        state: month_label(case.start + int(np.argmax(seats[:, i])))
        for i, state in enumerate(case.deciders)
        if came[i] and not seats[0, i]
    }
    never, stay = (list(compress(case.deciders, chosen)) for chosen in (~ever, ever & ~went))
    found = []
    if dates:
        measure = Memberships.model_validate(
            {"club": club, "from": dates, "until": {}, "tolerance": TOLERANCE, "of": "share"}
        )
        says = f"Who comes into {club} by the record does so within {TOLERANCE} months of its date."
        found.append(
            Pattern(id=f"J1-{club}", says=says, source=SOURCE, measure=measure, least=LEAST)
        )
    if never:
        says = f"Who is never in {club} by the record never comes in: {', '.join(never)}."
        joins = Joins.model_validate({**span, "states": never, "of": "any"})
        found.append(Pattern(id=f"J2-{club}", says=says, source=SOURCE, measure=joins, most=MOST))
    if stay:
        says = f"Who never goes out of {club} by the record never does: {', '.join(stay)}."
        leaves = Leaves.model_validate({**span, "states": stay, "of": "any"})
        found.append(Pattern(id=f"J3-{club}", says=says, source=SOURCE, measure=leaves, most=MOST))
    return found
