"""Factors of a design of a sweep: what differs between points, and at which values.

A factor is a parameter, a counterfactual, a theory, a start, or an input: a set of imputed inputs, a measured series
that is scaled, shifted or noisy, an event that weighs more or less. A number u in [0, 1) for each factor and point
(`experiments.plan`) is turned into a value: at ``low + u (high - low)`` of its range, at that quantile of a prior or
posterior, or number ``floor(u n)`` of its n values.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tashkent.agents.situation import Floats
from tashkent.experiments.scenarios import (
    AS_MEASURED,
    BASELINE,
    WHOLE,
    InputChange,
    Scenario,
    ScenarioCases,
)
from tashkent.model.case.tables import Parameter
from tashkent.model.errors import InputError, unknown
from tashkent.model.patches.inputs import DYADS
from tashkent.model.patches.patch import Number
from tashkent.model.reading import one_of

#: draws from which quantiles of a posterior are read
DRAWS = 4000
#: keys of errors about the name of a case, a counterfactual or a theory
NAMED = ("name or folder", "name or file", "name")

Level = float | int | str
Numbers = Annotated[tuple[Number, ...], Field(strict=False)]
Wholes = Annotated[tuple[int, ...], Field(strict=False)]
Texts = Annotated[tuple[str, ...], Field(strict=False)]
Ends = Annotated[tuple[Number, Number], Field(strict=False)]


class StrictTable(BaseModel):
    """A table of a design: an unknown key or a value of another type is refused."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=True
    )


class Factor(StrictTable, ABC):
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
    def at(self, u: Floats, cases: "ScenarioCases") -> Sequence[Level]:
        """Its values at numbers `u` in [0, 1), shape (points,): one a point."""

    def on_grid(self, cases: "ScenarioCases") -> Sequence[Level]:
        """Its levels on a grid."""
        return self.at(np.arange(self.number or 0) / max(1, self.number or 0), cases)

    @abstractmethod
    def check(self, cases: "ScenarioCases", file: str, key: str) -> None:
        """Refuse what the case does not have."""


def _places(u: Floats, of: int) -> list[int]:
    """The places in a list of so many at which numbers in [0, 1) fall, shape (points,)."""
    found: list[int] = np.minimum(u * of, of - 1).astype(int).tolist()
    return found


class ListedFactor(Factor):
    """A factor whose levels are listed."""

    values: Texts | Wholes = Field(min_length=1)

    @property
    def number(self) -> int:
        """As many as are listed."""
        return len(self.values)

    def at(self, u: Floats, cases: "ScenarioCases") -> Sequence[Level]:
        """Those of the list, at numbers `u` in [0, 1), shape (points,)."""
        return [self.values[i] for i in _places(u, len(self.values))]


class OfCounterfactual(ListedFactor):
    """Counterfactuals by name or file, joined by ``+``; ``baseline`` for the case as it is."""

    vary: Literal["counterfactual"]
    values: Texts = Field(min_length=1)

    def check(self, cases: "ScenarioCases", file: str, key: str) -> None:
        """Each exists and fits the case under each theory."""
        for name in self.values:
            for theory in cases.theories:
                with name_error_at(file, f"{key}.values", BASELINE):
                    cases.case_in(Scenario(theory=theory, counterfactual=name))


class OfTheory(ListedFactor):
    """Theories as `model.theory.with_theory` reads them; ``whole`` for that of the case."""

    vary: Literal["theory"]
    values: Texts = Field(min_length=1)

    def check(self, cases: "ScenarioCases", file: str, key: str) -> None:
        """Each exists."""
        for name in self.values:
            with name_error_at(file, f"{key}.values", WHOLE):
                cases.theory(name)


class OfStart(ListedFactor):
    """Months ``YYYY-MM`` from whose record runs start."""

    vary: Literal["start"]
    values: Texts = Field(min_length=1)

    def check(self, cases: "ScenarioCases", file: str, key: str) -> None:
        """Each is a month of the case before the last."""
        for text in self.values:
            cases.case.start_month(text, f"{key}.values", file)


class OfImputation(ListedFactor):
    """Numbers of sets of uncertain inputs (`calibration.imputation`); -1 for the inputs as measured."""

    vary: Literal["imputation"]
    values: Wholes = Field(min_length=1)

    def check(self, cases: "ScenarioCases", file: str, key: str) -> None:
        """-1 or more.

        Raises
        ------
        InputError
            In one line, if it does not hold.
        """
        for number in self.values:
            if number < AS_MEASURED:
                raise InputError(file, f"{key}.values", number, "-1 (as measured), 0, 1, 2 ...")


class NumberFactor(Factor):
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

    def at(self, u: Floats, cases: "ScenarioCases") -> Sequence[Level]:
        """Those of the list, or along the range, at numbers `u` in [0, 1), shape (points,)."""
        if self.values is not None:
            return [float(self.values[i]) for i in _places(u, len(self.values))]
        return [float(v) for v in self._along(u, cases)]

    def on_grid(self, cases: "ScenarioCases") -> Sequence[Level]:
        """Those of the list, or evenly spaced with both ends."""
        if self.values is not None:
            return [float(v) for v in self.values]
        return [float(v) for v in self._along(np.linspace(0.0, 1.0, self.levels or 2), cases)]

    def _along(self, u: Floats, cases: "ScenarioCases") -> Floats:
        low, high = self.range or (0.0, 0.0)
        return np.asarray(low + u * (high - low))

    def extremes(self, cases: "ScenarioCases") -> tuple[float, float]:
        """The least and the greatest value that it may take."""
        found = self.values if self.values is not None else self._along(np.array([0.0, 1.0]), cases)
        return float(min(found)), float(max(found))

    def check(self, cases: "ScenarioCases", file: str, key: str) -> None:
        """One way to say which values; the range in order.

        Raises
        ------
        InputError
            In one line, if it does not hold.
        """
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


class OfParameter(NumberFactor):
    """A parameter: its values in its own unit, or at quantiles of its prior or posterior."""

    vary: Literal["parameter"]
    parameter: str
    quantiles: Ends | None = None
    #: whose quantiles
    source: Literal["prior", "posterior"] | None = Field(default=None, alias="from")
    _of = "parameter"

    def _along(self, u: Floats, cases: "ScenarioCases") -> Floats:
        if self.quantiles is None:
            return super()._along(u, cases)
        low, high = self.quantiles
        q = low + u * (high - low)
        theory = cases.theories[0]
        if self.source == "posterior":
            drawn = cases.posterior(theory).draws(runs=DRAWS, seed=cases.seed)[self.parameter]
            return np.asarray(np.quantile(drawn, q))
        from scipy.special import ndtri

        prior = cases.theory(theory).parameters[self.parameter]
        return np.asarray(prior.mean + (prior.sd or 0.0) * ndtri(q))

    def check(self, cases: "ScenarioCases", file: str, key: str) -> None:
        """A parameter of each theory; quantiles of what has them; a fixed one within its support.

        Raises
        ------
        InputError
            In one line, if it does not hold.
        """
        for theory in cases.theories:
            of = cases.theory(theory).parameters
            one_of(file, f"{key}.parameter", self.parameter, of)
        self._check_one_way(file, key, ("values", "range", "quantiles"))
        parameter: Parameter = cases.case.parameters.get(
            self.parameter, cases.theory(cases.theories[0]).parameters[self.parameter]
        )
        self._check_quantiles(cases, parameter, file, key)
        if self.quantiles is None:
            super().check(cases, file, key)
        if parameter.role == "fixed":
            for value in self.extremes(cases):
                _check_support(cases, InputChange("parameter", self.parameter, value), file, key)

    def _check_quantiles(
        self, cases: "ScenarioCases", parameter: Parameter, file: str, key: str
    ) -> None:
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
        if len(cases.theories) > 1:
            allowed = "values or a range, where the design has several theories"
            raise InputError(file, f"{key}.quantiles", list(self.quantiles), allowed)


class OfSeries(NumberFactor):
    """A measured series of some states, or of all that decide."""

    series: str
    states: Texts = ()
    _of = "series"

    def check(self, cases: "ScenarioCases", file: str, key: str) -> None:
        """A series and states of the case.

        Raises
        ------
        InputError
            In one line, if it does not hold.
        """
        super().check(cases, file, key)
        series = dict.fromkeys(row.variable for row in cases.case.composites)
        names = (*series, *DYADS) if self.kind == "scale" else tuple(series)
        one_of(file, f"{key}.series", self.series, names)
        for state in self.states:
            one_of(file, f"{key}.states", state, cases.case.deciders)
        for value in self.extremes(cases):
            _check_support(cases, InputChange(self.kind, self.of, value, self.states), file, key)


class OfScale(OfSeries):
    """All values of a series times a factor; ``rivalry`` and ``bond`` too."""

    vary: Literal["scale"]


class OfShift(OfSeries):
    """All values of a series plus a number, in standard deviations of the series."""

    vary: Literal["shift"]


class OfNoise(OfSeries):
    """A standard normal number of each state, times this size, added to its series in all years."""

    vary: Literal["noise"]


class OfEvent(NumberFactor):
    """The weight of a dated event; 1 as it is, 0 as if it had no effect."""

    vary: Literal["event"]
    event: str
    _of = "event"

    def check(self, cases: "ScenarioCases", file: str, key: str) -> None:
        """An event of the case.

        Raises
        ------
        InputError
            In one line, if it does not hold.
        """
        super().check(cases, file, key)
        events = dict.fromkeys(row.event for row in cases.case.events)
        one_of(file, f"{key}.event", self.event, events)


def _check_support(cases: "ScenarioCases", change: "InputChange", file: str, key: str) -> None:
    """Refuse a value with which the case does not hold together."""
    try:
        cases.case_in(Scenario(theory=cases.theories[0], changes=(change,)))
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
#: methods whose factors say how many points there are
COUNTED = ("grid", "table")
#: factors that a design has once at most
ONCE = ("counterfactual", "theory", "start", "imputation")


# what is refused ----------------------------------------------------------------------------------


@contextmanager
def name_error_at(file: str, key: str, also: str = "") -> Iterator[None]:
    """Let an error about a name say where in the design it stands, and one more name that is allowed there.

    Raises
    ------
    InputError
        In one line, if it does not hold.
    """
    try:
        yield
    except InputError as error:
        if error.key not in NAMED:
            raise
        allowed = f"{also}, {error.allowed}" if also else error.allowed
        near = unknown(file, key, error.value, [also]).near or error.near
        raise InputError(file, key, error.value, allowed, near) from None
