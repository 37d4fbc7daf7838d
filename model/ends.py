"""What ends: clubs, on a day or when too few are left, and states."""

import numpy as np

from tashkent.agents.situation import Bools
from tashkent.model.case import Case
from tashkent.model.inputs import CaseInputs
from tashkent.model.rule_tables import different_rules
from tashkent.model.seats import Status8
from tashkent.model.statuses import is_in


def alive(inputs: CaseInputs, t: int, before: Status8, former: Bools) -> Bools:
    """Whether there is still a club to ask: not where the last have gone and the law ends it then.

    `before` and `former` have shape (..., S, C); so has the result, with one state, and one run where all are alike.
    """
    ending = [
        c
        for c, rules in enumerate(inputs.rules[t])
        if rules.dissolution is not None and rules.dissolution.below
    ]
    lead = before.shape[:-2] if ending else (1,) * (before.ndim - 2)
    found = np.ones((*lead, 1, before.shape[-1]), bool, order="F")
    for c in ending:
        nobody = ~is_in(before[..., c]).any(axis=-1)
        found[..., 0, c] = ~(nobody & was_left(inputs, former, c))
    return found


def was_left(inputs: CaseInputs, former: Bools, c: int) -> Bools:
    """Whether a state that decides has gone out of a club before, shape (...)."""
    return np.asarray((former[..., c] & inputs.decides).any(axis=-1))


def ended_seats(case: Case) -> Bools:
    """Seats out of the question: of clubs after their last day, of states after theirs, shape (T, S, C)."""
    found = np.zeros((len(case.months), len(case.states), len(case.clubs)), bool)
    differ, places = different_rules(case)
    for number, here in enumerate(differ):
        holds = places == number
        if here.dissolution is not None and here.dissolution.below == 0:
            found |= holds[:, None]
        for rule in here.extinction:
            found[:, case.state_ids.index(rule.state)] |= holds
    return found
