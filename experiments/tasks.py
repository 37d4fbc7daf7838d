"""The tasks of a sweep: what is run together, under a key that says what it depends on, and what it finds."""

import hashlib
import json
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from tashkent.agents.situation import Floats
from tashkent.calibration.patterns import FILE as PATTERNS
from tashkent.calibration.posterior import Posterior, posterior_hash
from tashkent.calibration.tally import Tally
from tashkent.experiments.factors import OfCounterfactual
from tashkent.experiments.outcomes import horizon, measured
from tashkent.experiments.plan import POINT, Point, SweepPlan
from tashkent.experiments.scenarios import BASELINE, Scenario
from tashkent.model.counterfactual import parameters_of
from tashkent.model.parameters import ParameterDraws
from tashkent.model.reading import file_text
from tashkent.model.simulate import BLOCK, simulate
from tashkent.model.source import code_digest

#: packages whose code a stored result depends on
PACKAGES = ("agents", "model", "calibration", "experiments")


# one task ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """Runs `first` to `last` (not included) of some points."""

    number: int
    key: str
    points: tuple[Point, ...]
    first: int
    last: int

    @property
    def runs(self) -> int:
        """Runs of all points."""
        return len(self.points) * (self.last - self.first)


@dataclass(frozen=True)
class TaskResult:
    """What a task found: a table, and what went wrong."""

    key: str
    runs: int
    table: pd.DataFrame
    failures: tuple[Mapping[str, object], ...] = ()


def evaluate(plan: SweepPlan, task: Task) -> TaskResult:
    """Do a task; the one function that runs on a core, in a process and on a cluster."""
    done: list[Point] = []
    values = [np.zeros((0, len(plan.outcomes)))]
    failures = []
    waiting = list(_together(plan, task))[::-1]
    while waiting:
        points = waiting.pop()
        try:
            values.append(_values(plan, task, points))
            done += points
        except Exception as error:  # whatever goes wrong at a point is not the end of the others
            if len(points) > 1:
                waiting += [(point,) for point in points[::-1]]
            else:
                failures.append(_failure(task, points[0], error))
    table = _table(plan, task, done, np.concatenate(values))
    return TaskResult(task.key, task.runs, table, tuple(failures))


def _failure(task: Task, point: Point, error: BaseException) -> dict[str, object]:
    """The row of a point whose runs came to nothing."""
    lines = traceback.format_exception(error)
    return {
        POINT: point.number,
        "first_run": task.first,
        "runs": task.last - task.first,
        "error": f"{type(error).__name__}: {error}",
        "traceback": "".join(lines),
    }


def _together(plan: SweepPlan, task: Task) -> Iterator[tuple[Point, ...]]:
    """The points that are advanced together: those of one world, if their runs fit into a block.

    Where random numbers are independent and only some of a point's runs are done, the numbers of runs do not follow
    each other; an odd number of runs would let a Brier score, which pairs runs, pair those of two points.
    """
    each, group = task.last - task.first, list[Point]()
    batch = _batch(plan, task)
    some = plan.design.random_numbers == "independent" and each < len(batch)
    apart = each >= BLOCK or each % 2 == 1 or some
    for point in task.points:
        if group and (apart or point.scenario != group[0].scenario):
            yield tuple(group)
            group = []
        group.append(point)
    yield tuple(group)


def _values(plan: SweepPlan, task: Task, points: Sequence[Point]) -> Floats:
    """The outcomes of all runs of some points of one world, point by point: shape (runs, outcomes)."""
    scenario, each = points[0].scenario, task.last - task.first
    case, end = plan.cases.case_in(scenario), horizon(plan.outcomes, plan.case)
    independent = plan.design.random_numbers == "independent"
    first_run = task.first
    if independent:
        batch = _batch(plan, task)
        first_run += batch.start * (plan.size - 1) + points[0].number * len(batch)
    parameters = parameters_of(case, _parameters(plan, points, each, first_run))
    share = None if independent or each >= BLOCK else each
    block = BLOCK if share is None else BLOCK - BLOCK % share
    found = []
    for low in range(0, each * len(points), block):
        first = first_run + (low if share is None else 0)
        runs = simulate(
            case,
            parameters.of_runs(slice(low, low + block)),
            seed=plan.design.seed,
            start=plan.start(scenario),
            end=end,
            first_run=first,
            share=share,
        )
        found.append(measured(plan.outcomes, runs))
        del runs  # before the next block takes as much
    return np.concatenate(found)


def _batch(plan: SweepPlan, task: Task) -> range:
    """The batch of runs that those of a task belong to."""
    return next(batch for batch in plan.design.batches if task.first in batch)


def _parameters(
    plan: SweepPlan, points: Sequence[Point], each: int, first_run: int
) -> ParameterDraws:
    """The parameters of each run: those that its point sets, and draws of the posterior for the others."""
    fitted, seed = plan.cases.posterior(points[0].scenario.theory), plan.design.seed
    if points[0].draw is not None:
        taken = [_draw(fitted, seed, point.draw or 0) for point in points]
        draws = ParameterDraws.joined(taken).repeated(each)
    elif plan.design.random_numbers == "independent":
        draws = _draws(fitted, each * len(points), seed, first_run)
    else:
        draws = _draws(fitted, each, seed, first_run).tiled(len(points))
    own = {
        name: np.repeat([dict(point.parameters)[name] for point in points], each)
        for name in dict(points[0].parameters)
    }
    return draws.with_values(own)


@lru_cache(maxsize=2)
def _draws(fitted: Posterior, runs: int, seed: int, first_run: int) -> ParameterDraws:
    """Draws that one point after the other needs, made once."""
    return fitted.draws(runs=runs, seed=seed, first_run=first_run)


def _draw(fitted: Posterior, seed: int, number: int) -> ParameterDraws:
    """One draw of the posterior, by its number."""
    block, place = divmod(number, BLOCK)
    draws = _draws(fitted, BLOCK, seed, block * BLOCK)
    return draws.of_runs(slice(place, place + 1))


def failed(plan: SweepPlan, task: Task, error: BaseException) -> TaskResult:
    """What is known of a task that came to nothing as a whole: a failure of each point."""
    table = _table(plan, Task(0, "", (), 0, 0), (), np.zeros((0, len(plan.outcomes))))
    rows = tuple(_failure(task, point, error) for point in task.points)
    return TaskResult(task.key, task.runs, table, rows)


def _table(plan: SweepPlan, task: Task, points: Sequence[Point], values: Floats) -> pd.DataFrame:
    each, numbers = task.last - task.first, np.array([point.number for point in points], int)
    outcomes = len(plan.outcomes)
    if plan.design.keep == "runs":
        table = pd.DataFrame(values, columns=[outcome.name for outcome in plan.outcomes])
        table.insert(0, "run", np.tile(np.arange(task.first, task.last), len(points)))
        table.insert(0, POINT, np.repeat(numbers, each))
        return table
    # runs first: the tally of all points at once
    tally = Tally.of(values.reshape(len(points), each, outcomes).swapaxes(0, 1))
    return pd.DataFrame(
        {
            POINT: np.repeat(numbers, outcomes),
            "outcome": np.tile(np.arange(outcomes), len(points)),
            "number": tally.number.ravel(),
            "squares": tally.squares.ravel(),
            "centre": tally.centre.ravel(),
        }
    )


# all tasks -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Tasks:
    """The tasks of a plan, made one by one."""

    plan: SweepPlan

    @cached_property
    def digest(self) -> str:
        """What every task depends on: case, posterior, code, libraries, outcomes, seed and how runs are laid out."""
        plan, design = self.plan, self.plan.design
        parts: list[object] = [code_digest(*PACKAGES).hex(), np.__version__, plan.case.hash]
        parts += [outcome.name for outcome in plan.outcomes]
        parts += [
            design.runs,
            design.seed,
            design.random_numbers,
            design.keep,
            plan.chunk,
            design.method,
        ]
        for name in plan.cases.theories:
            parts += [plan.cases.theory(name).hash, posterior_hash(plan.cases.posterior(name))]
            parts += [plan.cases.case_in(Scenario(name, cf)).hash for cf in self._counterfactuals]
        patterns = plan.case.path / PATTERNS
        parts.append(file_text(patterns, PATTERNS) if patterns.exists() else "")
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def _counterfactuals(self) -> tuple[str, ...]:
        return next(
            (f.values for f in self.plan.design.factors if isinstance(f, OfCounterfactual)),
            (BASELINE,),
        )

    @cached_property
    def identity(self) -> str:
        """What tells this sweep from others: what tasks depend on, and the points."""
        digest = hashlib.sha256(self.digest.encode())
        digest.update(json.dumps(list(self.plan.rows(range(1)).columns)).encode())
        for piece in self.plan.pieces():
            hashed = pd.util.hash_pandas_object(piece, index=False)
            digest.update(np.asarray(hashed).tobytes())
        return digest.hexdigest()

    @property
    def runs(self) -> int:
        """Runs of the whole sweep."""
        return self.plan.size * self.plan.design.all_runs

    def __len__(self) -> int:
        """How many tasks there are."""
        ranges = sum(-(-len(batch) // self._each(batch)) for batch in self.plan.design.batches)
        return -(-self.plan.size // self._points) * ranges

    @property
    def _points(self) -> int:
        """Points in one task; runs that are added later leave it as it was."""
        return max(1, self.plan.chunk // self.plan.design.runs)

    def _each(self, batch: range) -> int:
        """Runs of each point in one task, an even number if not all of a batch."""
        together = self.plan.chunk // self._points
        return min(len(batch), max(2, together - together % 2))

    def __iter__(self) -> Iterator[Task]:
        """All of them, point by point and run by run."""
        plan, number = self.plan, 0
        for low in range(0, plan.size, self._points):
            at = tuple(plan.at(range(low, min(low + self._points, plan.size))))
            told = json.dumps([astuple(point) for point in at])
            for batch in plan.design.batches:
                each = self._each(batch)
                for first in batch[::each]:
                    last = min(first + each, batch.stop)
                    of = (batch.start, len(batch)) if batch.start else ()
                    text = "\0".join((self.digest, told, str(first), str(last), *map(str, of)))
                    key = hashlib.sha256(text.encode()).hexdigest()[:32]
                    yield Task(number, key, at, first, last)
                    number += 1
