"""The history of a baseline, month by month: run now beside its counterfactuals, or kept from a run before."""

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tashkent.experiments.divergence import StateBefore
from tashkent.model.case import Case
from tashkent.model.compilation import compile_case
from tashkent.model.noise import Noise
from tashkent.model.parameters import ParameterDraws
from tashkent.model.seats import Seats
from tashkent.model.step import advance
from tashkent.model.world import World, world_from_record


class History:
    """A baseline from one start in all months, in one block of runs: what no counterfactual of it has to run again.

    Read-only once made; 0.3 MB a run over three decades of the shipped case.
    """

    def __init__(
        self,
        case: Case,
        draws: ParameterDraws,
        *,
        start: int,
        seed: int,
        per_draw: int,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Run it; parameters as in `run_pairs`."""
        inputs, self.origin = compile_case(case), start - case.start
        self.seed, self.per_draw = seed, per_draw
        self.draws = draws
        runs, months = draws.runs * per_draw, len(inputs.rules)
        noise = Noise(case, seed, 0, runs)
        world = world_from_record(inputs, self.origin, draws.repeated(per_draw), noise)
        #: as they stand at the end of each month from the start on
        self.worlds = [_as_it_stands(world, world)]
        for t in range(self.origin + 1, months):
            advance(world, t)
            world.log.clear()
            self.worlds.append(_as_it_stands(world, self.worlds[-1]))
            if progress is not None:
                progress(runs * (t - self.origin) // (months - 1 - self.origin))

    @property
    def nbytes(self) -> int:
        """Bytes of all that is kept, what stands in several months counted once."""
        arrays = {
            id(values): values.nbytes
            for world in self.worlds
            for values in (
                *world.seats,
                world.belief_updates,
                world.new_belief_updates,
                world.participation,
            )
        }
        return sum(arrays.values())

    def is_of(
        self, case: Case, draws: ParameterDraws, *, start: int, seed: int, per_draw: int
    ) -> bool:
        """Whether it is the baseline of a comparison; `draws` by name, shape (draws,), the rest as in `run_pairs`."""
        return (
            self.worlds[0].inputs.case is case
            and (self.origin, self.seed, self.per_draw) == (start - case.start, seed, per_draw)
            and all(np.array_equal(values, draws[name]) for name, values in self.draws.items())
        )


def _as_it_stands(world: World, before: World) -> World:
    """A copy of a world for reading; what has not changed since the month before is not kept twice."""

    def kept(now: NDArray[Any], old: NDArray[Any]) -> NDArray[Any]:
        """`old` if `now`, of the same shape, is equal to it, or else a copy of `now`."""
        if now is not old and np.array_equal(now, old, equal_nan=now.dtype.kind == "f"):
            return old
        copied = now.copy(order="K")
        copied.flags.writeable = False
        return copied

    found = copy(before)
    found.seats = Seats(*map(kept, world.seats, before.seats))
    found.belief_updates, found.new_belief_updates = (
        kept(world.belief_updates, before.belief_updates),
        kept(world.new_belief_updates, before.new_belief_updates),
    )
    found.participation = kept(world.participation, before.participation)
    return found


class LiveBaseline:
    """A baseline that is run now."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.before = StateBefore(world)

    def advance(self, t: int, *, keep_before: bool) -> None:
        """Bring it to the end of month `t`."""
        if keep_before:
            self.before.keep(self.world)
        advance(self.world, t)
        self.world.log.clear()


class ReplayedBaseline:
    """A baseline that has been run before."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.world = self.before = history.worlds[0]

    def advance(self, t: int, *, keep_before: bool) -> None:
        """Turn to the end of month `t`."""
        self.before = self.world
        self.world = self._history.worlds[t - self._history.origin]
