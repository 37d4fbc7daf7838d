"""What a measure is: what is looked at in each run, one number or several that have names.

A measure is one class: the word that it is called by, its particulars as fields, and what it finds in runs. The class
is listed under its word when it is defined, and can then be written as a text or a table
(`calibration.measures.reading`): as an outcome of a sweep or a study of sensitivity, and, with a bar, as a pattern of a
case. Fields say by their type what they hold, from which follow how they are written and what a case must know.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration.runs import Runs
from tashkent.model.case import Case
from tashkent.model.clock import month_label, parse_month
from tashkent.model.errors import InputError, unknown
from tashkent.model.record import Ensemble
from tashkent.model.statuses import Act, Status

#: status by name; `in` is any in which the state is in the club
STATUSES = {"in": None, **{status.name.lower(): status for status in Status}}
ACTS = tuple(act.name.lower() for act in Act)
#: the field that says which of its numbers a measure is asked for
OF = "of"
#: word -> class, in order of definition
KINDS: "dict[str, type[Particulars]]" = {}


# what fields hold ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Among:
    """Marks a field that holds names: of clubs, states, acts, statuses, variables or terms."""

    what: str


@dataclass(frozen=True)
class OfMonths:
    """Marks a field that holds months; `initial` allows the case's first, which is the initial condition."""

    initial: bool = False


def _words(given: Any) -> object:
    parts = given.split() if isinstance(given, str) else given
    return tuple(parts) if isinstance(parts, list) else parts


def _month(given: object) -> int:
    return parse_month(str(given))


def _months(given: Any) -> object:
    parts = _words(given)
    return tuple(map(_month, parts)) if isinstance(parts, tuple) else given


def _month_by_state(given: Any) -> object:
    """``AZE=1997-10 GEO=1997-10``, or a table."""
    if isinstance(given, str):
        cells = (cell.partition("=") for cell in given.split())
        given = {state: month for state, _, month in cells}
    return {k: _month(v) for k, v in given.items()} if isinstance(given, dict) else given


def _count(given: object) -> object:
    return int(given) if isinstance(given, str) and given.isdigit() else given


def _join(parts: Any) -> str:
    return " ".join(parts)


_label = PlainSerializer(lambda month: month and month_label(month))

Count = Annotated[int, Field(ge=0), BeforeValidator(_count)]
Month = Annotated[int, BeforeValidator(_month), _label, OfMonths()]
MonthOrNone = Annotated[int | None, BeforeValidator(_month), _label, OfMonths()]
InitialMonth = Annotated[int, BeforeValidator(_month), _label, OfMonths(initial=True)]
Months = Annotated[
    tuple[int, ...],
    Field(min_length=1),
    BeforeValidator(_months),
    PlainSerializer(lambda months: _join(map(month_label, months))),
    OfMonths(),
]
MonthByState = Annotated[
    dict[str, int],
    BeforeValidator(_month_by_state),
    PlainSerializer(lambda when: _join(f"{s}={month_label(m)}" for s, m in when.items())),
    Among("state"),
    OfMonths(),
]
ClubName = Annotated[str, Among("club")]
ClubNameOrNone = Annotated[str | None, Among("club")]
StateName = Annotated[str, Among("state")]
StateNameOrNone = Annotated[str | None, Among("state")]
ActName = Annotated[str, Among("act")]
StatusName = Annotated[str, Among("status")]
VariableName = Annotated[str, Among("variable")]
_several = (Field(min_length=1), BeforeValidator(_words), PlainSerializer(_join))
StateNames = Annotated[tuple[str, ...], *_several, Among("state")]
ActNames = Annotated[tuple[str, ...], *_several, Among("act")]
TermNames = Annotated[tuple[str, ...], *_several, Among("term")]


def known_names(case: Case) -> Mapping[str, Collection[str]]:
    """The names that a case has, by what they name (see `Among`)."""
    return {
        "club": case.clubs,
        "state": case.deciders,
        "act": ACTS,
        "status": STATUSES,
        "variable": sorted({row.variable for row in case.composites}),
        "term": case.role("weight"),
    }


#: what has a code and a name
CODED = ("state", "club")


def _code(case: Case, of: str, name: str) -> str:
    """The code that is meant by a name of a state or club; the name itself if there is none."""
    find = case.decider if of == "state" else case.club
    try:
        return find(name, of)
    except InputError:
        return name


# measures ------------------------------------------------------------------------------------------


class Particulars(BaseModel):
    """A word and its particulars, of what is measured somewhere."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=True
    )
    #: the word before the bracket
    kind: ClassVar[str]
    #: names of the numbers that it finds, the usual one first; if empty, one number with the name of the word
    numbers: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """List the class under its word.

        Raises
        ------
        TypeError
            If another class has the word.
        """
        word = cls.__dict__.get("kind")
        if word is None:
            return
        if word in KINDS:
            raise TypeError(f"{cls.__name__}: {word} is the word of {KINDS[word].__name__}")
        KINDS[word] = cls

    @classmethod
    def cells(cls) -> tuple[str, ...]:
        """Its fields in the order in which they are written; which number is meant comes last."""
        return tuple(sorted(cls.model_fields, key=lambda name: name == OF))

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the numbers that it finds, the usual one first."""
        return self.numbers or (self.kind,)

    @property
    def part(self) -> str:
        """Name of the number that is asked for."""
        return getattr(self, OF, None) or self.parts[0]

    @property
    def name(self) -> str:
        """The measure as a short text, which reads back as this measure."""
        dumped = self.model_dump()
        cells = ["" if dumped[field] is None else str(dumped[field]) for field in self.cells()]
        while cells and not cells[-1]:
            cells.pop()
        return f"{self.kind}({', '.join(cells)})"

    def named(self) -> Iterator[tuple[str, str, str]]:
        """Every name that a field holds: key of the field, what it names, name."""
        for field, info in type(self).model_fields.items():
            for mark in info.metadata:
                if isinstance(mark, Among):
                    value = getattr(self, field)
                    values = () if value is None else (value,) if isinstance(value, str) else value
                    yield from ((info.alias or field, mark.what, name) for name in values)

    def dated(self) -> Iterator[tuple[str, OfMonths, int]]:
        """Every month that a field holds: key of the field, its mark, month."""
        for field, info in type(self).model_fields.items():
            for mark in info.metadata:
                if isinstance(mark, OfMonths):
                    value = getattr(self, field)
                    values = value.values() if isinstance(value, dict) else value
                    if isinstance(value, int | None):
                        values = () if value is None else (value,)
                    yield from ((info.alias or field, mark, month) for month in values)

    def in_codes(self, case: Case) -> Self:
        """The same with the codes of states and clubs that are given by name or in other letters."""
        codes: dict[str, object] = {}
        for field, info in type(self).model_fields.items():
            of = next((one.what for one in info.metadata if isinstance(one, Among)), "")
            value = getattr(self, field)
            if of not in CODED or value is None:
                continue
            if isinstance(value, str):
                codes[field] = _code(case, of, value)
            elif isinstance(value, dict):
                found = {_code(case, of, name): at for name, at in value.items()}
                codes[field] = found if len(found) == len(value) else value
            else:
                codes[field] = tuple(_code(case, of, name) for name in value)
        return self.model_copy(update=codes)

    def check(self, case: Case, file: str, key: str) -> None:
        """Refuse names and months that the case does not have.

        Raises
        ------
        InputError
            With file, key, value, what is allowed and the nearest valid name.
        """
        known = known_names(case)
        for field, what, name in self.named():
            if name not in known[what]:
                raise unknown(file, f"{key}.{field}", name, known[what])
        for field, mark, month in self.dated():
            low = case.start if mark.initial else case.start + 1
            if not low <= month <= case.end:
                allowed = f"a month from {month_label(low)} to {month_label(case.end)}"
                raise InputError(file, f"{key}.{field}", month_label(month), allowed)
        first, last = getattr(self, "first", None), getattr(self, "last", None)
        if first is not None and last is not None and last < first:
            allowed = f"not before first ({month_label(first)})"
            raise InputError(file, f"{key}.last", month_label(last), allowed)
        if self.part not in self.parts:
            raise unknown(file, f"{key}.{OF}", self.part, self.parts)


class Measure(Particulars, ABC):
    """Something to look at in each run; the classes of `calibration.measures` say what."""

    #: whether it is asked only of runs that begin with the case
    from_the_start: ClassVar[bool] = False

    @abstractmethod
    def values(self, runs: Runs) -> Mapping[str, Floats | Bools]:
        """All its numbers, by the names of `parts`, in a world that has its clubs.

        Each has shape (R,), or (1,) where it is the same in all runs; NaN where a run has nothing to say.
        """

    @property
    def reads_acts(self) -> bool:
        """Whether the log of acts is read, which a baseline does not have."""
        return False

    @property
    def months_needed(self) -> tuple[int, ...]:
        """The months that are named; runs must hold them after their initial condition."""
        return tuple(month for _, _, month in self.dated())

    @property
    def until(self) -> int | None:
        """The last month that is looked at; None for the end of the case."""
        return max(self.months_needed, default=None)

    def __call__(self, ensemble: Ensemble) -> Floats:
        """The number that is asked for, shape (R,); NaN where there is nothing to say, or no such club."""
        if any(
            what == "club" and name not in ensemble.case.clubs for _, what, name in self.named()
        ):
            return np.full(ensemble.runs, np.nan)
        found = np.asarray(self.values(Runs(ensemble))[self.part], float)
        return np.broadcast_to(found, (ensemble.runs,))

    def can_be_asked_of(self, runs: Runs) -> bool:
        """Whether runs begin before all that is looked at, go on until then, and have acts if these are read."""
        if (self.reads_acts and not runs.has_acts) or (
            self.from_the_start and runs.start > runs.case.start
        ):
            return False
        months = self.months_needed
        return not months or (min(months) > runs.start and max(months) <= runs.ensemble.months[-1])

    def check_start(self, case: Case, start: int, file: str, key: str) -> None:
        """Refuse runs that begin in or after a month that is looked at.

        Raises
        ------
        InputError
            With the first such month, or with the start where only whole runs are looked at.
        """
        for month in self.months_needed:
            if month <= start:
                allowed = f"a month after {month_label(start)}, from whose record runs start"
                raise InputError(file, f"{key}: {self.name}", month_label(month), allowed)
        if self.from_the_start and start > case.start:
            allowed = f"runs that start with the case, in {month_label(case.start)}"
            raise InputError(file, f"{key}: {self.name}", month_label(start), allowed)


class OneNumber(Measure):
    """A measure that finds one number a run."""

    @abstractmethod
    def value(self, runs: Runs) -> Floats | Bools:
        """The number, shape (R,), or (1,) where it is the same in all runs."""

    def values(self, runs: Runs) -> Mapping[str, Floats | Bools]:
        """The number by its name, shape (R,), or (1,) where it is the same in all runs."""
        return {self.part: self.value(runs)}


class SeveralNumbers(Measure):
    """A measure that finds several numbers a run, each with a name."""

    #: which of them is asked for; the first of `parts` by default
    of: str | None = None
