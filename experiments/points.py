"""The outcomes at points of a sensitivity analysis: means over runs, found here or in processes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.calibration.measures.measure import Measure
from tashkent.experiments.outcomes import measured
from tashkent.experiments.spaces import Space, SpacePoint
from tashkent.model.parameters import ParameterDraws
from tashkent.model.record import Ensemble
from tashkent.model.simulate import simulate
from tashkent.model.workers import Pool


@dataclass(frozen=True, eq=False)
class Setting:
    """What a point is evaluated in."""

    space: Space
    outcomes: tuple[Measure, ...]
    #: draws of the posterior for what a point does not hold
    draws: ParameterDraws
    runs: int
    seed: int
    start: int
    end: int


def values(setting: Setting, points: Floats) -> Floats:
    """The outcomes at some points, shape (P, 2, outcomes): means over each half of the runs, NaN where none says any.

    Points of one case advance together.
    """
    found = []
    worlds = [setting.space.at(u) for u in points]
    for _, together in groupby(worlds, key=lambda world: id(world[0])):
        ensemble = _runs_of(setting, list(together))
        shape = (-1, 2, setting.runs // 2, len(setting.outcomes))
        found.append(_mean(measured(setting.outcomes, ensemble).reshape(shape)))
    return np.concatenate(found)


def _mean(of_runs: Floats) -> Floats:
    """The mean over the runs of each half that say something, shape (P, 2, outcomes) from (P, 2, runs, outcomes)."""
    said = ~np.isnan(of_runs)
    total, number = np.where(said, of_runs, 0.0).sum(axis=2), said.sum(axis=2)
    nothing = np.full(total.shape, np.nan)
    return np.asarray(np.divide(total, number, out=nothing, where=number > 0))


def _runs_of(setting: Setting, worlds: Sequence[SpacePoint]) -> Ensemble:
    """The same runs at points of one case, point after point."""
    case = worlds[0][0]
    parameters = {
        name: np.concatenate(
            [
                np.full(setting.runs, held[name]) if name in held else setting.draws[name]
                for _, held in worlds
            ]
        )
        for name in case.drawn
    }
    return simulate(
        case,
        parameters,
        seed=setting.seed,
        start=setting.start,
        end=setting.end,
        share=setting.runs,
    )


#: in a process: what points are evaluated in
_settings: list[Setting] = []


def _begin(settings: tuple[Setting, ...]) -> None:
    _settings[:] = settings


def _values_here(which: int, points: Floats) -> Floats:
    return values(_settings[which], points)


@contextmanager
def evaluator(
    settings: tuple[Setting, ...],
    workers: int,
    total: int,
    progress: Callable[[int, int], None] | None,
) -> Iterator[Callable[[int, int, Floats], Floats]]:
    """A function that evaluates points in one of the settings: (which, step, points) -> values.

    Points have shape (P, factors), values (2, P, outcomes): one for each half of the runs.

    Workers take `step` points at a time: those of a trajectory, or one of A and B with all that lies between.
    """
    done = 0
    pool = None
    if workers > 1:  # threads would wait for each other: much of a month is Python
        pool = Pool[int, Floats](workers, _begin, settings)
    else:
        _begin(settings)

    def evaluate(which: int, step: int, points: Floats) -> Floats:
        nonlocal done
        chunks = [points[low : low + step] for low in range(0, len(points), step)]
        tasks = ((i, _values_here, (which, chunk)) for i, chunk in enumerate(chunks))
        found = []
        for part in (
            map(partial(_values_here, which), chunks) if pool is None else pool.in_order(tasks)
        ):
            found.append(part)
            done += len(part)
            if progress is not None:
                progress(done, total)
        return np.concatenate(found).swapaxes(0, 1)

    try:
        yield evaluate
    finally:
        _settings.clear()
        if pool is not None:
            pool.close()
