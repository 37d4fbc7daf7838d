"""What ends: clubs, on a day or when too few are left, and states."""

import numpy as np

from tashkent.agents.situation import Bools
from tashkent.model.case import Case
from tashkent.model.inputs import CaseInputs
from tashkent.model.rule_tables import different_rules
from tashkent.model.seats import Status8
from tashkent.model.statuses import Act, Status, is_in
from tashkent.model.world import World, enact_where


def end_seats(world: World, t: int) -> None:
    """Who is in a club that ends, or is a state that does, is out."""
    inputs = world.inputs
    for c, rules in enumerate(inputs.rules[t]):
        for rule in rules.extinction:
            its = np.array([state == rule.state for state in inputs.case.state_ids])
            seat = is_in(world.status[:, :, c]) & its
            enact_where(world, t, c, seat, Act.END, Status.LEFT, rule.id)
        if rules.dissolution is not None:
            seated = is_in(world.status[:, :, c])
            few = seated.sum(axis=1) < rules.dissolution.below
            few &= _was_left(inputs, world.seats.former, c)
            over = few | (rules.dissolution.below == 0)
            seats = seated & inputs.decides & over[:, None]
            enact_where(world, t, c, seats, Act.END, Status.LEFT, rules.dissolution.id)


def alive(inputs: CaseInputs, t: int, before: Status8, former: Bools) -> Bools:
    """Whether there is still a club to ask: not where the last have gone and the law ends it then.

    `before` and `former` have shape (..., S, C); so has the result, with one state.
    """
    found = np.ones((*before.shape[:-2], 1, before.shape[-1]), bool)
    for c, rules in enumerate(inputs.rules[t]):
        if rules.dissolution is not None and rules.dissolution.below:
            nobody = ~is_in(before[..., c]).any(axis=-1)
            found[..., 0, c] = ~(nobody & _was_left(inputs, former, c))
    return found


def _was_left(inputs: CaseInputs, former: Bools, c: int) -> Bools:
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
