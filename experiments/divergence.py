"""Divergence: when each seat of a run and its counterfactual first differ, and what the seat was worth there."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Floats
from tashkent.model.inputs import CaseInputs
from tashkent.model.seats import Seats, Status8
from tashkent.model.step import follow_patron, take_effect
from tashkent.model.world import World

#: a run whose histories never diverge
NEVER_DIVERGES = -1
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Divergence:
    """The seats that diverge: arrays over these, in order of run, month, state and club; each is there once a run."""

    run: Ints
    #: months since the case's start: the first at whose end the seat's two statuses differ
    month: Ints
    state: Ints
    club: Ints
    #: its status in the baseline and in the counterfactual at the end of that month
    before: Status8
    after: Status8
    #: what each term adds to the value of that seat in the counterfactual, less in the baseline, shape (n, terms)
    terms: Floats

    def first(self, runs: int) -> Ints:
        """The month in which the histories of each run first differ, or NEVER_DIVERGES; shape (R,)."""
        found = np.full(runs, np.iinfo(np.int32).max, np.int32)
        np.minimum.at(found, self.run, self.month)
        return np.where(found == np.iinfo(np.int32).max, np.int32(NEVER_DIVERGES), found)


def collected(parts: Sequence[Divergence], terms: int) -> Divergence:
    """All that diverges in some parts, in order; `terms` is how many there are."""
    if not parts:
        none, status = np.zeros(0, np.int32), np.zeros(0, np.int8)
        return Divergence(none, none, none, none, status, status, np.zeros((0, terms)))
    whole = [np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Divergence)]
    order = np.lexsort((whole[3], whole[2], whole[1], whole[0]))
    return Divergence(*(values[order] for values in whole))


class StateBefore:
    """What a world carried into the month; the memory is used again each month, for fresh pages are dear."""

    def __init__(self, world: World) -> None:
        self.seats, self.belief_updates = copied(world.seats), world.belief_updates.copy(order="K")

    def keep(self, world: World) -> None:
        """Keep what the world carries into the next month."""
        for kept, values in zip(self.seats, world.seats, strict=True):
            np.copyto(kept, values)
        np.copyto(self.belief_updates, world.belief_updates)


def copied(seats: Seats) -> Seats:
    """A copy of what stands of every seat, shapes like those of `model.world.Seats`."""
    return Seats(*(values.copy(order="K") for values in seats))


def seat_terms(
    world: World,
    before: StateBefore | World,
    t: int,
    base: CaseInputs,
    run: NDArray[np.intp],
    state: NDArray[np.intp],
    club: NDArray[np.intp],
    here: NDArray[np.intp],
) -> Floats:
    """The terms of one seat in each of some runs, as they entered its decision of month `t`: shape (n, terms).

    Both worlds are asked what they saw in the month that counts by the baseline's law; what a counterfactual changes in
    that counts as law. `club` numbers the clubs of the baseline, `here` those of this world.
    """
    inputs = world.inputs
    part = replace(
        world,
        seats=Seats(*(values[run] for values in before.seats)),
        belief_updates=before.belief_updates[run],
        log=[],
    )
    follow_patron(part, t)
    take_effect(part, t)
    standing = inputs.standing(t, part.seats, part.status, part.belief_updates)
    found = np.zeros((len(run), len(inputs.theory)))
    for c in np.unique(club):
        rules, seen, at = base.rules[t][c], t, np.flatnonzero(club == c)
        if rules.renewal_due and rules.term is not None:
            seen = max(0, t - rules.term.informed_months_before)
        terms = inputs.terms(seen, standing)
        for i, name in enumerate(inputs.theory):
            if name in terms:
                values = np.broadcast_to(terms[name], part.status.shape)[at, state[at], here[at]]
                found[at, i] = world.parameters[name][run[at]] * values
    return found
