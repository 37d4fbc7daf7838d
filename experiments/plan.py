"""The plan of a sweep: a design that has been checked, and the points that it makes.

The method of a design says which combinations of its factors are run: a grid, a Latin hypercube (McKay, Beckman &
Conover 1979, doi:10.2307/1268522), a scrambled Sobol' sequence (Owen 1998, doi:10.1006/jcom.1998.0487), or draws of the
posterior, crossed with the other factors, or the rows of a table of one's own. A sample gives a number u in [0, 1) for
each factor and point, which the factor turns into a value (`experiments.factors`).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from tashkent.agents.situation import Floats
from tashkent.calibration.measures.measure import Measure
from tashkent.experiments.factors import (
    CROSSED,
    ONCE,
    Factor,
    Level,
    NumberFactor,
    OfParameter,
    OfSeries,
    OfTheory,
    StrictTable,
)
from tashkent.experiments.scenarios import InputChange, Scenario, ScenarioCases
from tashkent.model.case import Case
from tashkent.model.parameters import ParameterDraws
from tashkent.model.simulate import BLOCK

#: the column that numbers points
POINT = "point"
#: rows of a table that are made and written together
ROWS = 1 << 16
#: the column that numbers draws of the posterior
DRAW = "draw"
#: columns of a summary beside those of the factors
SUMMARY = ("outcome", "runs", "defined", "mean", "sd", "se")

Method = Literal["grid", "latin hypercube", "sobol", "posterior", "table"]


class SweepDesign(StrictTable):
    """A design as its file has it."""

    title: str = ""
    case: str = "cst"
    method: Method
    #: points; a grid has as many as its factors make
    points: int | None = Field(default=None, ge=1, le=1 << 24)
    #: runs of each point
    runs: int = Field(ge=1, le=1 << 31)
    #: runs of each point that were added later, batch by batch
    more_runs: tuple[Annotated[int, Field(ge=1, le=1 << 31)], ...] = Field(default=(), strict=False)
    seed: int = Field(default=0, ge=0)
    start: str | None = None
    theory: str | None = None
    #: whether run r has the same draws at every point, or every run of the sweep its own
    random_numbers: Literal["common", "independent"] = "common"
    #: what is kept: mean and spread of each point, or every run beside them
    keep: Literal["points", "runs"] = "points"
    #: runs that are done and stored together; by default as `SweepPlan.chunk` has it
    chunk: int | None = Field(default=None, ge=2, multiple_of=2)
    outcomes: tuple[str | dict[str, Any], ...] = Field(strict=False, min_length=1)
    factors: tuple[Factor, ...] = Field(default=(), alias="factor", strict=False)

    @property
    def batches(self) -> tuple[range, ...]:
        """The numbers of the runs of each point: those of the beginning, and those of each batch that was added."""
        ends = list(accumulate((self.runs, *self.more_runs), initial=0))
        return tuple(range(low, high) for low, high in pairwise(ends))

    @property
    def all_runs(self) -> int:
        """Runs of each point, those that were added too."""
        return self.runs + sum(self.more_runs)


@dataclass(frozen=True)
class Point:
    """One point: its number, its scenario, the drawn parameters that it sets, and its draw of the posterior, if any."""

    number: int
    scenario: Scenario
    parameters: tuple[tuple[str, float], ...] = ()
    draw: int | None = None


@dataclass(frozen=True, eq=False)
class SweepPlan:
    """A design that has been checked against its case: its outcomes and its points."""

    design: SweepDesign
    cases: ScenarioCases
    outcomes: tuple[Measure, ...]
    #: the file that holds the design, if one does
    file: Path | None = None

    def __repr__(self) -> str:
        """A line: how many points of how many runs."""
        return f"<SweepPlan: {self.size:,} points of {self.design.all_runs:,} runs>"

    def __getstate__(self) -> dict[str, Any]:
        """Without what is kept of a sample: a task has points of its own."""
        return {name: self.__dict__[name] for name in ("design", "cases", "outcomes", "file")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """As it was."""
        self.__dict__.update(state)

    @property
    def case(self) -> Case:
        """The case as it is."""
        return self.cases.case

    @property
    def chunk(self) -> int:
        """Runs that are done and stored together: a thirty-second part of all, but from two blocks to sixteen.

        Runs that are added later leave it as it was.
        """
        if self.design.chunk is not None:
            return self.design.chunk
        least = 2 * BLOCK
        part = self.size * self.design.runs // 32 // least * least
        return min(max(part, least), 8 * least)

    @cached_property
    def size(self) -> int:
        """How many points there are."""
        if self.design.method == "table":
            return self.design.factors[0].number or 0
        return (self.design.points or 1) * math.prod(len(levels) for levels in self._levels)

    @property
    def points(self) -> pd.DataFrame:
        """All points as `rows` has them; whoever needs some at a time takes `pieces`."""
        return self.rows(range(self.size))

    def pieces(self) -> Iterator[pd.DataFrame]:
        """All points, as many at a time as are written together."""
        for low in range(0, self.size, ROWS):
            yield self.rows(range(low, min(low + ROWS, self.size)))

    def rows(self, numbers: range) -> pd.DataFrame:
        """Some points, made from their numbers: a column for the number and one for each factor, and for draws.

        Points of one scenario stand together; otherwise they are in the order in which the method makes them.
        """
        table = self._rows(numbers)
        if self.design.method != "posterior":
            return table
        draws = [self._draws(part) for _, part in table.groupby(table[POINT] // self._draws_each)]
        return pd.concat([table, pd.concat(draws, ignore_index=True)], axis=1)

    def at(self, numbers: range) -> list[Point]:
        """Some of the points."""
        rows = self._rows(numbers).to_dict("records")
        return [self._point({str(name): value for name, value in row.items()}) for row in rows]

    def _rows(self, numbers: range) -> pd.DataFrame:
        """What `rows` has, but for the parameters that a draw of the posterior has."""
        at = np.arange(numbers.start, numbers.stop)
        crossed = self.design.method in CROSSED
        if self.design.method == "table":
            table = self._listed(numbers)
        else:
            table = self._crossed(at // self._draws_each) if crossed else self._sampled(numbers)
        if self.design.method == "posterior":
            table[DRAW] = at % self._draws_each
        table.insert(0, POINT, at)
        return table

    def makes_scenario(self, factor: Factor) -> bool:
        """Whether another value of a factor makes another scenario; a drawn parameter does not."""
        return not isinstance(factor, OfParameter) or factor.parameter not in self.case.drawn

    @cached_property
    def _levels(self) -> list[Sequence[Level]]:
        """The levels of each factor, where all combinations are run."""
        if self.design.method not in CROSSED:
            return []
        return [factor.on_grid(self.cases) for factor in self.design.factors]

    def _crossed(self, at: NDArray[np.intp]) -> pd.DataFrame:
        """Combinations by number: the last factor moves first, and before all that make scenarios those that do not."""
        factors = self.design.factors
        found: dict[str, list[Level]] = {factor.column: [] for factor in factors}
        order = sorted(range(len(factors)), key=lambda i: not self.makes_scenario(factors[i]))
        left = at
        for i in reversed(order):
            left, level = np.divmod(left, len(self._levels[i]))
            found[factors[i].column] = [self._levels[i][number] for number in level]
        return pd.DataFrame(found, index=pd.RangeIndex(len(at)))

    def _listed(self, numbers: range) -> pd.DataFrame:
        """Rows of a table of one's own, in its order."""
        columns = {f.column: f.on_grid(self.cases) for f in self.design.factors}
        return pd.DataFrame(
            {name: list(values[numbers.start : numbers.stop]) for name, values in columns.items()}
        )

    @property
    def _draws_each(self) -> int:
        """Draws of the posterior that each combination of the factors is crossed with."""
        return (self.design.points or 1) if self.design.method == "posterior" else 1

    def _draws(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The parameters of draws that follow each other, from the blocks that runs take them from."""
        column = next((f.column for f in self.design.factors if isinstance(f, OfTheory)), None)
        theory = str(rows[column].iloc[0]) if column else self.cases.theories[0]
        fitted, seed = self.cases.posterior(theory), self.design.seed
        low, high = int(rows[DRAW].iloc[0]), int(rows[DRAW].iloc[-1]) + 1
        blocks = range(low - low % BLOCK, high, BLOCK)
        drawn = [fitted.draws(runs=BLOCK, seed=seed, first_run=block) for block in blocks]
        table = pd.DataFrame(dict(ParameterDraws.joined(drawn)))
        return table[low - blocks[0] : high - blocks[0]].reindex(columns=self._drawn_names)

    @cached_property
    def _drawn_names(self) -> list[str]:
        """What draws have under any of the theories; one without a term has no weight of it."""
        posteriors = (self.cases.posterior(theory) for theory in self.cases.theories)
        return list(dict.fromkeys(name for one in posteriors for name in one.draws(runs=1, seed=0)))

    def _sampled(self, numbers: range) -> pd.DataFrame:
        u = self._sample[numbers.start : numbers.stop]
        factors = enumerate(self.design.factors)
        return pd.DataFrame(
            {factor.column: factor.at(u[:, i], self.cases) for i, factor in factors}
        )

    @cached_property
    def _sample(self) -> Floats:
        """The number in [0, 1) of each point and factor, shape (points, factors): all that is kept of a sample."""
        from scipy.stats import qmc

        design = self.design
        rng = np.random.default_rng(design.seed)
        size = len(design.factors)
        method = qmc.Sobol(size, rng=rng) if design.method == "sobol" else None
        u = np.asarray((method or qmc.LatinHypercube(size, rng=rng)).random(design.points or 1))
        made = {
            factor.column: factor.at(u[:, i], self.cases)
            for i, factor in enumerate(design.factors)
            if self.makes_scenario(factor)
        }
        if not made:
            return u
        rank = pd.DataFrame(made).groupby(list(made), sort=False).ngroup()
        return u[np.argsort(rank, kind="stable")]

    def _point(self, row: Mapping[str, Any]) -> Point:
        scenario: dict[str, Any] = {
            "theory": self.cases.theories[0],
            "start": self.design.start or "",
        }
        changes, parameters = [], []
        for factor in self.design.factors:
            value = row[factor.column]
            if factor.kind in ONCE:
                scenario[factor.kind] = int(value) if factor.kind == "imputation" else str(value)
            elif not self.makes_scenario(factor):
                parameters.append((factor.column, float(value)))
            elif isinstance(factor, NumberFactor):
                states = factor.states if isinstance(factor, OfSeries) else ()
                changes.append(InputChange(factor.kind, factor.of, float(value), states))
        named = {f.column: f.of for f in self.design.factors if isinstance(f, OfParameter)}
        return Point(
            int(row[POINT]),
            Scenario(**scenario, changes=tuple(changes)),
            tuple((named[column], value) for column, value in parameters),
            int(row[DRAW]) if self.design.method == "posterior" else None,
        )

    @property
    def table(self) -> dict[str, Any]:
        """The design as a table that `read_design` reads as this one; plain values, fit for JSON."""
        found = self.design.model_dump(
            mode="json", by_alias=True, exclude_unset=True, exclude={"factors"}
        )
        found["factor"] = [
            f.model_dump(mode="json", by_alias=True, exclude_unset=True)
            for f in self.design.factors
        ]
        return found

    def start(self, scenario: Scenario) -> int:
        """The month of the initial condition in a scenario."""
        return self.case.month(scenario.start, "start") if scenario.start else self.case.start
