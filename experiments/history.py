"""The history of a baseline, month by month: run now beside its counterfactuals, or kept from a run before."""

from collections.abc import Callable
from copy import copy
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Bools
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

    Read-only once made. Of each month only what changes is kept: 0.12 MB a run over three decades of the shipped case.
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
        #: as it stands at the start; what each month after it changes
        self.first = _replaced(world, [_read_only(values) for values in _arrays(world)])
        self._changes: list[list[_Change | None]] = []
        before = [values.copy(order="K") for values in _arrays(world)]
        for t in range(self.origin + 1, months):
            advance(world, t)
            world.log.clear()
            self._changes.append(list(map(_change, _arrays(world), before)))
            if progress is not None:
                progress(runs * (t - self.origin) // (months - 1 - self.origin))

    def after(self, before: World, t: int) -> World:
        """The world at the end of month `t`, read-only, made of that of the month before."""
        changes = self._changes[t - self.origin - 1]
        return _replaced(before, list(map(_changed, _arrays(before), changes)))

    @property
    def nbytes(self) -> int:
        """Bytes of all that is kept."""
        changes = [change for month in self._changes for change in month if change is not None]
        kept = sum(change.columns.nbytes + change.values.nbytes for change in changes)
        return kept + sum(values.nbytes for values in _arrays(self.first))

    def is_of(
        self, case: Case, draws: ParameterDraws, *, start: int, seed: int, per_draw: int
    ) -> bool:
        """Whether it is the baseline of a comparison; `draws` by name, shape (draws,), the rest as in `run_pairs`."""
        return (
            self.first.inputs.case is case
            and (self.origin, self.seed, self.per_draw) == (start - case.start, seed, per_draw)
            and all(np.array_equal(values, draws[name]) for name, values in self.draws.items())
        )


class _Change(NamedTuple):
    """What a month changes in an array whose first axis is the runs."""

    #: where it changes in any run, of the shape of the other axes
    columns: Bools
    #: the new values of all runs there, shape (R, number of them)
    values: NDArray[Any]


def _arrays(world: World) -> list[NDArray[Any]]:
    """What runs change of a world."""
    return [*world.seats, world.belief_updates, world.new_belief_updates, world.participation]


def _replaced(world: World, arrays: list[NDArray[Any]]) -> World:
    """A world with other arrays, in the order of `_arrays`."""
    found = copy(world)
    *seats, found.belief_updates, found.new_belief_updates, found.participation = arrays
    found.seats = Seats(*seats)
    return found


def _read_only(values: NDArray[Any]) -> NDArray[Any]:
    copied = values.copy(order="K")
    copied.flags.writeable = False
    return copied


def _change(now: NDArray[Any], before: NDArray[Any]) -> _Change | None:
    """What is another now, bit for bit; `before` is brought up to it."""
    bits = f"i{now.itemsize}"
    columns = (now.view(bits) != before.view(bits)).any(axis=0)
    if not columns.any():
        return None
    np.copyto(before, now)
    return _Change(columns, now[:, columns])


def _changed(before: NDArray[Any], change: _Change | None) -> NDArray[Any]:
    """An array after a change, read-only; the array itself if there is none."""
    if change is None:
        return before
    found = before.copy(order="K")
    found[:, change.columns] = change.values
    found.flags.writeable = False
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
        self.world = self.before = history.first

    def advance(self, t: int, *, keep_before: bool) -> None:
        """Turn to the end of month `t`."""
        self.before = self.world
        self.world = self._history.after(self.world, t)
