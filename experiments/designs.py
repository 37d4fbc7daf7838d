"""Designs of sweeps: which points are run, from a TOML file or a table of the same keys (docs/sweeps.md).

A design names factors and a method. A factor is a parameter, a counterfactual, a theory, a start, or an input: a set of
imputed inputs, a measured series that is scaled, shifted or noisy, an event that weighs more or less. The method says
which combinations are run: a grid, a Latin hypercube (McKay, Beckman & Conover 1979, doi:10.2307/1268522), a scrambled
Sobol' sequence (Owen 1998, doi:10.1006/jcom.1998.0487), or draws of the posterior, crossed with the other factors.

Every method but the grid gives a number u in [0, 1) for each factor and point. A factor turns it into a value: at
``low + u (high - low)`` of its range, at that quantile of a prior or posterior, or number ``floor(u n)`` of its n
values.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from tashkent.agents.situation import Floats
from tashkent.calibration.measures.measure import Measure
from tashkent.calibration.measures.record import Brier
from tashkent.experiments.compare import BASELINE, WHOLE
from tashkent.experiments.outcomes import read_outcomes
from tashkent.experiments.worlds import AS_MEASURED, Change, Known, World
from tashkent.model.case import Case, load_case
from tashkent.model.case.tables import Parameter
from tashkent.model.clock import month_label
from tashkent.model.errors import InputError, unknown
from tashkent.model.patches.inputs import DYADS
from tashkent.model.reading import file_text, toml_table, validated
from tashkent.model.simulate import BLOCK

SCHEMA = 1
#: the file in an error where a design is given as a table
GIVEN = "design"
#: the column that numbers points
POINT = "point"
#: rows of a table that are made and written together
ROWS = 1 << 16
#: draws from which quantiles of a posterior are read
DRAWS = 4000
#: the column that numbers draws of the posterior
DRAW = "draw"
#: columns of a summary beside those of the factors
SUMMARY = ("outcome", "runs", "defined", "mean", "sd", "se")

#: keys of errors about the name of a case, a counterfactual or a theory
NAMED = ("name or folder", "name or file", "name")

Method = Literal["grid", "latin hypercube", "sobol", "posterior"]
Level = float | int | str
Numbers = Annotated[tuple[float, ...], Field(strict=False)]
Wholes = Annotated[tuple[int, ...], Field(strict=False)]
Texts = Annotated[tuple[str, ...], Field(strict=False)]
Ends = Annotated[tuple[float, float], Field(strict=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=True
    )


# factors -------------------------------------------------------------------------------------------


class Factor(_Strict, ABC):
    """One thing that differs between points; the classes below say what."""

    #: the column of its values; by default what it varies
    name: str = Field(default="", pattern=r"^[A-Za-z][A-Za-z0-9_. -]*$|^$")

    @property
    def kind(self) -> str:
        """What it varies, by the word of the file."""
        return str(getattr(self, "vary", ""))

    @property
    def column(self) -> str:
        """The name of its column in the table of points."""
        return self.name or self.kind

    @property
    @abstractmethod
    def number(self) -> int | None:
        """How many levels it has on a grid; None if that is not said."""

    @abstractmethod
    def at(self, u: Floats, known: "Known") -> Sequence[Level]:
        """Its values at numbers in [0, 1)."""

    def on_grid(self, known: "Known") -> Sequence[Level]:
        """Its levels on a grid."""
        return self.at(np.arange(self.number or 0) / max(1, self.number or 0), known)

    @abstractmethod
    def check(self, known: "Known", file: str, key: str) -> None:
        """Refuse what the case does not have."""


class _Listed(Factor):
    """A factor whose levels are listed."""

    values: Texts | Wholes = Field(min_length=1)

    @property
    def number(self) -> int:
        """As many as are listed."""
        return len(self.values)

    def at(self, u: Floats, known: "Known") -> Sequence[Level]:
        """Those of the list."""
        return [
            self.values[i]
            for i in np.minimum(u * len(self.values), len(self.values) - 1).astype(int)
        ]


class OfCounterfactual(_Listed):
    """Counterfactuals by name or file, joined by ``+``; ``baseline`` for the case as it is."""

    vary: Literal["counterfactual"]
    values: Texts = Field(min_length=1)

    def check(self, known: "Known", file: str, key: str) -> None:
        """Each exists and fits the case under each theory."""
        for name in self.values:
            for theory in known.theories:
                with _said_here(file, f"{key}.values", BASELINE):
                    known.world(World(theory=theory, counterfactual=name))


class OfTheory(_Listed):
    """Theories as `model.theory.with_theory` reads them; ``whole`` for that of the case."""

    vary: Literal["theory"]
    values: Texts = Field(min_length=1)

    def check(self, known: "Known", file: str, key: str) -> None:
        """Each exists."""
        for name in self.values:
            with _said_here(file, f"{key}.values", WHOLE):
                known.theory(name)


class OfStart(_Listed):
    """Months ``YYYY-MM`` from whose record runs start."""

    vary: Literal["start"]
    values: Texts = Field(min_length=1)

    def check(self, known: "Known", file: str, key: str) -> None:
        """Each is a month of the case before the last."""
        for text in self.values:
            start_month(known.case, text, file, f"{key}.values")


class OfImputation(_Listed):
    """Numbers of sets of uncertain inputs (`calibration.imputation`); -1 for the inputs as measured."""

    vary: Literal["imputation"]
    values: Wholes = Field(min_length=1)

    def check(self, known: "Known", file: str, key: str) -> None:
        """-1 or more."""
        for number in self.values:
            if number < AS_MEASURED:
                raise InputError(file, f"{key}.values", number, "-1 (as measured), 0, 1, 2 ...")


class _Number(Factor):
    """A factor whose levels are numbers: listed, or from a range; on a grid the range has so many `levels`."""

    values: Numbers | None = Field(default=None, min_length=1)
    range: Ends | None = None
    levels: int | None = Field(default=None, ge=2)
    #: the key that says what it is of
    _of: ClassVar[str]

    @property
    def of(self) -> str:
        """What it is of, by name."""
        return str(getattr(self, self._of))

    @property
    def column(self) -> str:
        """Its own name, or kind and what it is of."""
        return self.name or (self.of if self.kind == "parameter" else f"{self.kind} {self.of}")

    @property
    def number(self) -> int | None:
        """As many as are listed, or `levels`."""
        return len(self.values) if self.values is not None else self.levels

    def at(self, u: Floats, known: "Known") -> Sequence[Level]:
        """Those of the list, or along the range."""
        if self.values is not None:
            at = np.minimum(u * len(self.values), len(self.values) - 1).astype(int)
            return [float(self.values[i]) for i in at]
        return [float(v) for v in self._along(u, known)]

    def on_grid(self, known: "Known") -> Sequence[Level]:
        """Those of the list, or evenly spaced with both ends."""
        if self.values is not None:
            return [float(v) for v in self.values]
        return [float(v) for v in self._along(np.linspace(0.0, 1.0, self.levels or 2), known)]

    def _along(self, u: Floats, known: "Known") -> Floats:
        low, high = self.range or (0.0, 0.0)
        return np.asarray(low + u * (high - low))

    def extremes(self, known: "Known") -> tuple[float, float]:
        """The least and the greatest value that it may take."""
        found = self.values if self.values is not None else self._along(np.array([0.0, 1.0]), known)
        return float(min(found)), float(max(found))

    def check(self, known: "Known", file: str, key: str) -> None:
        """One way to say which values; the range in order."""
        self._check_one_way(file, key, ("values", "range"))
        if self.range is not None and not self.range[0] < self.range[1]:
            raise InputError(file, f"{key}.range", list(self.range), "the lower end first")
        if self.values is not None and self.levels is not None:
            raise InputError(file, f"{key}.levels", self.levels, "nothing beside values")

    def _check_one_way(self, file: str, key: str, ways: Sequence[str]) -> None:
        said = [way for way in ways if getattr(self, way) is not None]
        if len(said) != 1:
            allowed = f"one of {', '.join(ways)}"
            raise InputError(file, key, " and ".join(said) or "nothing", allowed)


class OfParameter(_Number):
    """A parameter: its values in its own unit, or at quantiles of its prior or posterior."""

    vary: Literal["parameter"]
    parameter: str
    quantiles: Ends | None = None
    #: whose quantiles
    source: Literal["prior", "posterior"] | None = Field(default=None, alias="from")
    _of = "parameter"

    def _along(self, u: Floats, known: "Known") -> Floats:
        if self.quantiles is None:
            return super()._along(u, known)
        low, high = self.quantiles
        q = low + u * (high - low)
        theory = known.theories[0]
        if self.source == "posterior":
            drawn = known.posterior(theory).draws(runs=DRAWS, seed=known.seed)[self.parameter]
            return np.asarray(np.quantile(drawn, q))
        from scipy.special import ndtri

        prior = known.theory(theory).parameters[self.parameter]
        return np.asarray(prior.mean + (prior.sd or 0.0) * ndtri(q))

    def check(self, known: "Known", file: str, key: str) -> None:
        """A parameter of each theory; quantiles of what has them; a fixed one within its support."""
        for theory in known.theories:
            of = known.theory(theory).parameters
            if self.parameter not in of:
                raise unknown(file, f"{key}.parameter", self.parameter, of)
        self._check_one_way(file, key, ("values", "range", "quantiles"))
        parameter: Parameter = known.case.parameters.get(
            self.parameter, known.theory(known.theories[0]).parameters[self.parameter]
        )
        self._check_quantiles(known, parameter, file, key)
        if self.quantiles is None:
            super().check(known, file, key)
        if parameter.role == "fixed":
            for value in self.extremes(known):
                _check_support(known, Change("parameter", self.parameter, value), file, key)

    def _check_quantiles(self, known: "Known", parameter: Parameter, file: str, key: str) -> None:
        if (self.source is None) != (self.quantiles is None):
            allowed = "from = 'prior' or 'posterior' with quantiles, and neither without"
            raise InputError(file, f"{key}.from", self.source, allowed)
        if self.quantiles is None:
            return
        if parameter.role == "fixed":
            allowed = "values or a range, for a fixed parameter has neither prior nor posterior"
            raise InputError(file, f"{key}.quantiles", list(self.quantiles), allowed)
        if not 0 < self.quantiles[0] < self.quantiles[1] < 1:
            allowed = "two numbers between 0 and 1, the lower first"
            raise InputError(file, f"{key}.quantiles", list(self.quantiles), allowed)
        if len(known.theories) > 1:
            allowed = "values or a range, where the design has several theories"
            raise InputError(file, f"{key}.quantiles", list(self.quantiles), allowed)


class _OfSeries(_Number):
    """A measured series of some states, or of all that decide."""

    series: str
    states: Texts = ()
    _of = "series"

    def check(self, known: "Known", file: str, key: str) -> None:
        """A series and states of the case."""
        super().check(known, file, key)
        series = dict.fromkeys(row.variable for row in known.case.composites)
        names = (*series, *DYADS) if self.kind == "scale" else tuple(series)
        if self.series not in names:
            raise unknown(file, f"{key}.series", self.series, names)
        for state in self.states:
            if state not in known.case.deciders:
                raise unknown(file, f"{key}.states", state, known.case.deciders)
        for value in self.extremes(known):
            _check_support(known, Change(self.kind, self.of, value, self.states), file, key)


class OfScale(_OfSeries):
    """All values of a series times a factor; ``rivalry`` and ``bond`` too."""

    vary: Literal["scale"]


class OfShift(_OfSeries):
    """All values of a series plus a number, in standard deviations of the series."""

    vary: Literal["shift"]


class OfNoise(_OfSeries):
    """A standard normal number of each state, times this size, added to its series in all years."""

    vary: Literal["noise"]


class OfEvent(_Number):
    """The weight of a dated event; 1 as it is, 0 as if it had no effect."""

    vary: Literal["event"]
    event: str
    _of = "event"

    def check(self, known: "Known", file: str, key: str) -> None:
        """An event of the case."""
        super().check(known, file, key)
        events = dict.fromkeys(row.event for row in known.case.events)
        if self.event not in events:
            raise unknown(file, f"{key}.event", self.event, events)


def _check_support(known: "Known", change: "Change", file: str, key: str) -> None:
    """Refuse a value with which the case does not hold together."""
    try:
        known.world(World(theory=known.theories[0], changes=(change,)))
    except InputError as error:
        raise InputError(file, key, change.value, error.allowed) from None


#: word -> class
FACTORS: dict[str, type[Factor]] = {
    "parameter": OfParameter,
    "counterfactual": OfCounterfactual,
    "theory": OfTheory,
    "start": OfStart,
    "imputation": OfImputation,
    "scale": OfScale,
    "shift": OfShift,
    "noise": OfNoise,
    "event": OfEvent,
}
#: methods that combine levels
CROSSED = ("grid", "posterior")
#: factors that a design has once at most
ONCE = ("counterfactual", "theory", "start", "imputation")


# the whole -----------------------------------------------------------------------------------------


class Design(_Strict):
    """A design as its file has it."""

    title: str = ""
    case: str = "cst"
    method: Method
    #: points; a grid has as many as its factors make
    points: int | None = Field(default=None, ge=1)
    #: runs of each point
    runs: int = Field(ge=1)
    seed: int = Field(default=0, ge=0)
    start: str | None = None
    theory: str | None = None
    #: whether run r has the same luck at every point, or every run of the sweep its own
    luck: Literal["common", "own"] = "common"
    #: what is kept: mean and spread of each point, or every run beside them
    keep: Literal["points", "runs"] = "points"
    #: runs that are done and stored together; by default as `Plan.chunk` has it
    chunk: int | None = Field(default=None, ge=2, multiple_of=2)
    outcomes: tuple[str | dict[str, Any], ...] = Field(strict=False, min_length=1)
    factors: tuple[Factor, ...] = Field(default=(), alias="factor", strict=False)


@dataclass(frozen=True)
class Point:
    """One point: its number, its world, the drawn parameters that it sets, and its draw of the posterior, if any."""

    number: int
    world: World
    parameters: tuple[tuple[str, float], ...] = ()
    draw: int | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    """A design that has been checked against its case: its outcomes and its points."""

    design: Design
    known: Known
    outcomes: tuple[Measure, ...]

    def __getstate__(self) -> dict[str, Any]:
        """Without what is kept of a sample: a task has points of its own."""
        return {name: self.__dict__[name] for name in ("design", "known", "outcomes")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """As it was."""
        self.__dict__.update(state)

    @property
    def case(self) -> Case:
        """The case as it is."""
        return self.known.case

    @property
    def chunk(self) -> int:
        """Runs that are done and stored together: a thirty-second part of all, but from one block to eight."""
        if self.design.chunk is not None:
            return self.design.chunk
        part = self.size * self.design.runs // 32 // BLOCK * BLOCK
        return min(max(part, BLOCK), 8 * BLOCK)

    @cached_property
    def size(self) -> int:
        """How many points there are."""
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

        Points of one world stand together; otherwise they are in the order in which the method makes them.
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
        table = self._crossed(at // self._draws_each) if crossed else self._sampled(numbers)
        if self.design.method == "posterior":
            table[DRAW] = at % self._draws_each
        table.insert(0, POINT, at)
        return table

    def _makes_world(self, factor: Factor) -> bool:
        return not isinstance(factor, OfParameter) or factor.parameter not in self.case.drawn

    @cached_property
    def _levels(self) -> list[Sequence[Level]]:
        """The levels of each factor, where all combinations are run."""
        if self.design.method not in CROSSED:
            return []
        return [factor.on_grid(self.known) for factor in self.design.factors]

    def _crossed(self, at: NDArray[np.intp]) -> pd.DataFrame:
        """Combinations by number: the last factor moves first, and before all that make worlds those that do not."""
        factors = self.design.factors
        found: dict[str, list[Level]] = {factor.column: [] for factor in factors}
        order = sorted(range(len(factors)), key=lambda i: not self._makes_world(factors[i]))
        left = at
        for i in reversed(order):
            left, level = np.divmod(left, len(self._levels[i]))
            found[factors[i].column] = [self._levels[i][number] for number in level]
        return pd.DataFrame(found, index=pd.RangeIndex(len(at)))

    @property
    def _draws_each(self) -> int:
        """Draws of the posterior that each combination of the factors is crossed with."""
        return (self.design.points or 1) if self.design.method == "posterior" else 1

    def _draws(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The parameters of draws that follow each other, from the blocks that runs take them from."""
        column = next((f.column for f in self.design.factors if isinstance(f, OfTheory)), None)
        theory = str(rows[column].iloc[0]) if column else self.known.theories[0]
        fitted, seed = self.known.posterior(theory), self.design.seed
        low, high = int(rows[DRAW].iloc[0]), int(rows[DRAW].iloc[-1]) + 1
        blocks = range(low - low % BLOCK, high, BLOCK)
        drawn = [fitted.draws(runs=BLOCK, seed=seed, first_run=block) for block in blocks]
        table = pd.DataFrame({n: np.concatenate([one[n] for one in drawn]) for n in drawn[0]})
        return table[low - blocks[0] : high - blocks[0]].reindex(columns=self._drawn_names)

    @cached_property
    def _drawn_names(self) -> list[str]:
        """What draws have under any of the theories; one without a term has no weight of it."""
        posteriors = (self.known.posterior(theory) for theory in self.known.theories)
        return list(dict.fromkeys(name for one in posteriors for name in one.draws(runs=1, seed=0)))

    def _sampled(self, numbers: range) -> pd.DataFrame:
        u = self._sample[numbers.start : numbers.stop]
        factors = enumerate(self.design.factors)
        return pd.DataFrame(
            {factor.column: factor.at(u[:, i], self.known) for i, factor in factors}
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
            factor.column: factor.at(u[:, i], self.known)
            for i, factor in enumerate(design.factors)
            if self._makes_world(factor)
        }
        if not made:
            return u
        rank = pd.DataFrame(made).groupby(list(made), sort=False).ngroup()
        return u[np.argsort(rank, kind="stable")]

    def _point(self, row: Mapping[str, Any]) -> Point:
        world: dict[str, Any] = {"theory": self.known.theories[0], "start": self.design.start or ""}
        changes, parameters = [], []
        for factor in self.design.factors:
            value = row[factor.column]
            if factor.kind in ONCE:
                world[factor.kind] = int(value) if factor.kind == "imputation" else str(value)
            elif not self._makes_world(factor):
                parameters.append((factor.column, float(value)))
            elif isinstance(factor, _Number):
                states = factor.states if isinstance(factor, _OfSeries) else ()
                changes.append(Change(factor.kind, factor.of, float(value), states))
        named = {f.column: f.of for f in self.design.factors if isinstance(f, OfParameter)}
        return Point(
            int(row[POINT]),
            World(**world, changes=tuple(changes)),
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

    def start(self, world: World) -> int:
        """The month of the initial condition in a world."""
        return self.case.month(world.start, "start") if world.start else self.case.start


# reading -------------------------------------------------------------------------------------------


def read_design(given: Path | str | Mapping[str, Any]) -> Plan:
    """A design from a TOML file or a table of the same keys, checked against its case.

    Raises
    ------
    InputError
        In one line, if a key is unknown or has no effect, or a value is not allowed.

    Examples
    --------
    >>> plan = read_design(
    ...     {
    ...         "method": "grid",
    ...         "runs": 10,
    ...         "outcomes": ["in(UZB, CST, 1999-06)"],
    ...         "factor": [
    ...             {
    ...                 "vary": "parameter",
    ...                 "parameter": "contagion",
    ...                 "range": [0.0, 2.0],
    ...                 "levels": 3,
    ...             }
    ...         ],
    ...     }
    ... )
    >>> plan.points["contagion"].tolist()
    [0.0, 1.0, 2.0]
    """
    file, table = (GIVEN, dict(given)) if isinstance(given, Mapping) else _from_file(Path(given))
    schema = table.pop("schema", SCHEMA)
    if type(schema) is not int or schema != SCHEMA:
        raise InputError(file, "schema", schema, str(SCHEMA))
    rows = table.pop("factor", [])
    if not isinstance(rows, list | tuple):
        raise InputError(file, "factor", rows, "tables, each under [[factor]]")
    table["factor"] = tuple(_factor(file, n, row) for n, row in enumerate(rows, start=1))
    design: Design = validated(Design, table, file, "design")
    _check_keys(design, file)
    with _said_here(file, "case"):
        case = load_case(design.case)
    asked = [f for f in design.factors if isinstance(f, OfTheory)]
    theories = asked[0].values if asked else (design.theory or WHOLE,)
    plan = Plan(
        design, Known(case, theories, design.seed), read_outcomes(design.outcomes, case, file)
    )
    _check_factors(plan, file)
    _check_outcomes(plan, file)
    return plan


def _from_file(path: Path) -> tuple[str, dict[str, Any]]:
    return path.name, toml_table(file_text(path, "sweep"), path.name)


def _factor(file: str, number: int, row: object) -> Factor:
    key = f"factor {number}"
    if not isinstance(row, Mapping):
        raise InputError(file, key, row, "a table under [[factor]]")
    if "vary" not in row:
        raise InputError(file, f"{key}.vary", "missing", ", ".join(FACTORS))
    vary = row["vary"]
    if vary not in FACTORS:
        raise unknown(file, f"{key}.vary", vary, FACTORS)
    found: Factor = validated(FACTORS[str(vary)], dict(row), file, f"{key} ({vary})")
    return found


@contextmanager
def _said_here(file: str, key: str, also: str = "") -> Iterator[None]:
    """Let an error about a name say where in the design it stands, and one more name that is allowed there."""
    try:
        yield
    except InputError as error:
        if error.key not in NAMED:
            raise
        allowed = f"{also}, {error.allowed}" if also else error.allowed
        near = unknown(file, key, error.value, [also]).near or error.near
        raise InputError(file, key, error.value, allowed, near) from None


def _key(number: int, factor: Factor) -> str:
    return f"factor {number} ({factor.kind})"


def _check_keys(design: Design, file: str) -> None:
    """Refuse keys that have no effect together with the others."""
    method, points = design.method, design.points
    if method == "grid" and points is not None:
        raise InputError(file, "points", points, "none: a grid has those that its factors make")
    if method != "grid" and points is None:
        raise InputError(file, "points", "missing", f"a number of points for {method}")
    if method == "sobol" and points is not None and points & (points - 1):
        raise InputError(file, "points", points, "a power of two for sobol")
    if method != "posterior" and not design.factors:
        raise InputError(file, "factor", "none", "one table at least, each under [[factor]]")
    kinds = [factor.kind for factor in design.factors]
    for kind in ONCE:
        if kinds.count(kind) > 1:
            raise InputError(file, "factor.vary", kind, f"one factor of kind {kind}")
    for kind in ("theory", "start"):
        if kind in kinds and getattr(design, kind) is not None:
            raise InputError(
                file, kind, getattr(design, kind), f"none beside a factor of kind {kind}"
            )
    for number, factor in enumerate(design.factors, start=1):
        if not isinstance(factor, _Number):
            continue
        if method in CROSSED and factor.number is None:
            allowed = f"values, or a number of levels, for {method}"
            raise InputError(file, f"{_key(number, factor)}.levels", "missing", allowed)
        if method not in CROSSED and factor.levels is not None:
            allowed = f"none: {method} takes values from the whole range"
            raise InputError(file, f"{_key(number, factor)}.levels", factor.levels, allowed)


def _check_factors(plan: Plan, file: str) -> None:
    design, known = plan.design, plan.known
    with _said_here(file, "theory", WHOLE):
        known.theory(design.theory or WHOLE)
    if design.start is not None:
        start_month(plan.case, design.start, file, "start")
    taken = {POINT, "run", *SUMMARY, *(o.name for o in plan.outcomes)}
    if design.method == "posterior":
        taken |= {DRAW, *plan.case.drawn}
    seen = set()
    for number, factor in enumerate(design.factors, start=1):
        key = _key(number, factor)
        if design.method == "posterior" and not plan._makes_world(factor):
            allowed = "a fixed parameter: draws of the posterior give the others"
            raise InputError(file, key, factor.column, allowed)
        if factor.column in taken:
            raise InputError(file, f"{key}.name", factor.column, "a name of its own")
        what = (factor.kind, getattr(factor, "of", ""), getattr(factor, "states", ()))
        if what in seen:
            raise InputError(file, key, factor.column, "what no other factor varies")
        taken.add(factor.column)
        seen.add(what)
        if isinstance(factor, _Listed | _Number) and factor.values is not None:
            twice = [v for v in factor.values if factor.values.count(v) > 1]
            if twice:
                raise InputError(file, f"{key}.values", twice[0], "each value once")
        factor.check(known, file, key)
        if isinstance(factor, OfCounterfactual):
            _check_held(plan, factor, file)


def _check_held(plan: Plan, factor: OfCounterfactual, file: str) -> None:
    """Refuse a parameter that a counterfactual holds: to vary it would have no effect there."""
    varied = {f.parameter for f in plan.design.factors if isinstance(f, OfParameter)}
    for name in factor.values:
        changed = plan.known.world(World(plan.known.theories[0], name)).changed
        for parameter, value in changed.held if changed else ():
            if parameter in varied:
                allowed = f"another parameter: {name} holds it at {value:g}"
                raise InputError(file, "factor (parameter).parameter", parameter, allowed)


def _check_outcomes(plan: Plan, file: str) -> None:
    design = plan.design
    starts = next((f.values for f in design.factors if isinstance(f, OfStart)), (design.start,))
    for text in starts:
        start = plan.case.month(text, "start") if text else plan.case.start
        for number, outcome in enumerate(plan.outcomes, start=1):
            outcome.check_start(plan.case, start, file, f"outcome {number}")
    for number, outcome in enumerate(plan.outcomes, start=1):
        if isinstance(outcome, Brier) and (
            design.runs < 2 or (design.luck == "own" and design.runs % 2)
        ):
            allowed = "an outcome of single runs, or an even number of runs"
            raise InputError(file, f"outcome {number}", outcome.name, allowed)


def start_month(case: Case, text: str, file: str, key: str) -> int:
    """A month that runs may start from."""
    try:
        month = case.month(text, key)
    except InputError as error:
        raise InputError(file, key, text, error.allowed) from None
    if month == case.end:
        allowed = f"a month before {month_label(case.end)}, the last of the case"
        raise InputError(file, key, text, allowed)
    return month
