"""Outcomes by name: what is looked at in each run, and how it is added up over runs without keeping them.

An outcome is written as a short text, ``in(UZB, CST, 2012-12)``, or as a TOML table with the same keys,
``{ measure = "in", state = "UZB", club = "CST", month = "2012-12" }``. What may be left out comes last; an empty place
leaves out what lies before (``first_exit(CST, , 1999-01)``). Dates are years and twelfths: 1999.25 is April 1999.

================================================= ==============================================================
``in(state, club, month)``                        the state is in the club at the end of the month: 1 or 0
``status(state, club, month, status)``            its seat has the status, as the record writes it: 1 or 0
``members(club, month)``                          how many states are in
``exits(club, first, last[, state])``             how often states go out in these months
``entries(club, first, last[, state])``           how often they come in
``first_exit(club[, state, first, last])``        date of the first time out
``first_entry(club[, state, first, last])``       date of the first time in
``acts(act, club[, first, last, state])``         how often an act happens
``date(act, club[, state, first, last])``         date of the first time that it does
``all_right(club, month)``                        all states stand where the record has them: 1 or 0
``share_right(club, month)``                      the share of states that do
``balanced_accuracy(club, first, last)``          mean of the hit rates among those who stay by the record and those
                                                  who leave, of those in before `first`, at the end of `last`
``wrong(club, first, last)``                      share of states and months in which a run is not as the record
``brier(club, first, last)``                      Brier score of P(in); see `Brier`
``pattern(id[, measure])``                        a pattern of ``patterns.toml``, by default its judged measure
================================================= ==============================================================

States are those that decide; the patron's seats follow the record. A value is NaN where there is nothing to say: no
first exit, no club of that name in the world.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration.patterns import (
    ELSEWHERE,
    AllRight,
    LastToJoin,
    Pattern,
    Renewal,
    Runs,
    load_patterns,
)
from tashkent.model.case import Case
from tashkent.model.clock import MONTHS_PER_YEAR, month_label, parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.errors import InputError, unknown
from tashkent.model.reading import validated
from tashkent.model.record import Ensemble
from tashkent.model.statuses import Act, Status, is_in

#: status by name; `in` is any in which the state is in the club
STATUSES = {"in": None, **{status.name.lower(): status for status in Status}}
ACTS = tuple(act.name.lower() for act in Act)
#: the key of a table that says which outcome it is
MEASURE = "measure"
#: file and key of an error where none are given
ASKED = ("outcomes", "outcome")

Month = Annotated[int, BeforeValidator(lambda text: parse_month(str(text)))]


class Outcome(BaseModel, ABC):
    """Something to look at in each run; the classes below say what."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=True
    )
    #: the word before the bracket
    kind: ClassVar[str]

    def __call__(self, ensemble: Ensemble) -> Floats:
        """One number a run, shape (R,); NaN where a run has nothing to say."""
        club = getattr(self, "club", None)
        if club is not None and club not in ensemble.case.clubs:
            return np.full(ensemble.runs, np.nan)
        found = np.asarray(self.measure(Runs(ensemble)), float)
        return np.broadcast_to(found, (ensemble.runs,))

    @abstractmethod
    def measure(self, runs: Runs) -> Floats | Bools:
        """The numbers, in a world that has the club."""

    @property
    def name(self) -> str:
        """The outcome as a short text, which reads back as this outcome."""
        cells = [self._text(field) for field in type(self).model_fields]
        while cells and not cells[-1]:
            cells.pop()
        return f"{self.kind}({', '.join(cells)})"

    def _text(self, field: str) -> str:
        value = getattr(self, field)
        if value is None:
            return ""
        return month_label(value) if isinstance(value, int) else str(value)

    @property
    def given_months(self) -> tuple[int, ...]:
        """The months that are named; runs must hold them after their initial condition."""
        found = (getattr(self, field, None) for field in ("month", "first", "last"))
        return tuple(month for month in found if month is not None)

    @property
    def until(self) -> int | None:
        """The last month that is looked at; None for the end of the case."""
        fields = type(self).model_fields
        return getattr(self, "month" if "month" in fields else "last", None)

    def check(self, case: Case, file: str, key: str) -> None:
        """Refuse names and months that the case does not have.

        Raises
        ------
        InputError
            With file, key, value, what is allowed and the nearest valid name.
        """
        known = {"club": case.clubs, "state": case.deciders, "act": ACTS, "status": STATUSES}
        for field in type(self).model_fields:
            value = getattr(self, field)
            if field in known and value not in (None, *known[field]):
                raise unknown(file, f"{key}.{field}", value, known[field])
            if isinstance(value, int):
                case_month(case, value, file, f"{key}.{field}")
        first, last = getattr(self, "first", None), getattr(self, "last", None)
        if first is not None and last is not None and last < first:
            allowed = f"not before first ({month_label(first)})"
            raise InputError(file, f"{key}.last", month_label(last), allowed)

    def check_start(self, case: Case, start: int, file: str, key: str) -> None:
        """Refuse runs that begin in or after a month that is looked at."""
        for month in self.given_months:
            if month <= start:
                allowed = f"a month after {month_label(start)}, from whose record runs start"
                raise InputError(file, f"{key}: {self.name}", month_label(month), allowed)


def case_month(case: Case, month: int, file: str, key: str) -> None:
    """Refuse a month outside the case, and its first, which is the initial condition."""
    if not case.start < month <= case.end:
        allowed = f"a month from {month_label(case.start + 1)} to {month_label(case.end)}"
        raise InputError(file, key, month_label(month), allowed)


def _states(runs: Runs, state: str | None) -> tuple[str, ...]:
    return runs.case.deciders if state is None else (state,)


def _window(runs: Runs, first: int | None, last: int | None) -> tuple[int, int]:
    end = runs.ensemble.months[-1]
    return runs.start + 1 if first is None else first, end if last is None else last


# seats ---------------------------------------------------------------------------------------------


class In(Outcome):
    """A state is in a club at the end of a month."""

    kind = "in"
    state: str
    club: str
    month: Month

    def measure(self, runs: Runs) -> Bools:
        """1 or 0."""
        return _has(runs, self.state, self.club, self.month, "in")


class StatusIs(Outcome):
    """The seat of a state has a status at the end of a month."""

    kind = "status"
    state: str
    club: str
    month: Month
    status: str

    def measure(self, runs: Runs) -> Bools:
        """1 or 0."""
        return _has(runs, self.state, self.club, self.month, self.status)


def _has(runs: Runs, state: str, club: str, month: int, status: str) -> Bools:
    s, c = runs.ensemble.index(state, club)
    found = runs.ensemble.status[:, runs.at(month), s, c]
    wanted = STATUSES[status]
    return np.asarray(is_in(found) if wanted is None else found == wanted)


class Members(Outcome):
    """How many deciding states are in a club at the end of a month."""

    kind = "members"
    club: str
    month: Month

    def measure(self, runs: Runs) -> Floats:
        """From 0 to the number of deciding states."""
        seats = runs.seats(self.club)[:, runs.at(self.month), runs.columns(runs.case.deciders)]
        return seats.sum(axis=1).astype(float)


class Exits(Outcome):
    """How often states go out of a club within some months."""

    kind = "exits"
    club: str
    first: Month
    last: Month
    state: str | None = None
    #: which of the moves of `Runs.moves` count
    _side: ClassVar[int] = 1

    def measure(self, runs: Runs) -> Floats:
        """0 or more."""
        states = _states(runs, self.state)
        moves = runs.moves(self.club, states, self.first, self.last)[self._side]
        return moves.sum(axis=(1, 2)).astype(float)


class Entries(Exits):
    """How often states come into a club within some months."""

    kind = "entries"
    _side = 0


class FirstExit(Outcome):
    """When a state, or any, goes out of a club for the first time within some months."""

    kind = "first_exit"
    club: str
    state: str | None = None
    first: Month | None = None
    last: Month | None = None
    _side: ClassVar[int] = 1

    def measure(self, runs: Runs) -> Floats:
        """The date in years; NaN where nobody does."""
        first, last = _window(runs, self.first, self.last)
        moves = runs.moves(self.club, _states(runs, self.state), first, last)[self._side]
        moved = moves.any(axis=2)
        month = max(first, runs.start + 1) + moved.argmax(axis=1)
        return np.where(moved.any(axis=1), month / MONTHS_PER_YEAR, np.nan)


class FirstEntry(FirstExit):
    """When a state, or any, comes into a club for the first time within some months."""

    kind = "first_entry"
    _side = 0


# acts ----------------------------------------------------------------------------------------------


class NumberOfActs(Outcome):
    """How often an act happens in a club within some months, done by or to a state or any."""

    kind = "acts"
    act: str
    club: str
    first: Month | None = None
    last: Month | None = None
    state: str | None = None

    def measure(self, runs: Runs) -> Floats:
        """0 or more."""
        first, last = _window(runs, self.first, self.last)
        act, c = Act[self.act.upper()], tuple(runs.case.clubs).index(self.club)
        wanted = runs.columns(_states(runs, self.state))
        found = np.zeros(runs.ensemble.runs)
        for entry in runs.ensemble.log:
            if (entry.act, entry.club) == (act, c) and first <= runs.case.start + entry.t <= last:
                np.add.at(found, entry.run[np.isin(entry.state, wanted)], 1.0)
        return found


class DateOfAct(Outcome):
    """When an act happens for the first time in a club within some months, done by or to a state or any."""

    kind = "date"
    act: str
    club: str
    state: str | None = None
    first: Month | None = None
    last: Month | None = None

    def measure(self, runs: Runs) -> Floats:
        """The date in years; NaN where it does not happen."""
        first, last = _window(runs, self.first, self.last)
        states = _states(runs, self.state)
        when = runs.first_act((self.act,), self.club, states, first, last)
        return np.where(np.isfinite(when), when, np.nan) / MONTHS_PER_YEAR


# against the record --------------------------------------------------------------------------------


class Right(Outcome):
    """All deciding states stand where the record has them at the end of a month."""

    kind = "all_right"
    club: str
    month: Month
    #: the measure of `calibration.patterns.AllRight`
    _which: ClassVar[str] = "all"

    def measure(self, runs: Runs) -> Floats | Bools:
        """1 or 0, or a share."""
        told = {"id": self.kind, "says": self.kind, "source": "", "judged": self._which}
        month = month_label(self.month)
        pattern = AllRight(**told, kind="all_right", club=self.club, month=month)  # type: ignore[arg-type]
        return pattern.measure(runs)[self._which]


class ShareRight(Right):
    """The share of deciding states that stand where the record has them at the end of a month."""

    kind = "share_right"
    _which = "share"


class BalancedAccuracy(Outcome):
    """Who stays of those in before some months, against the record: see `calibration.patterns.Renewal`."""

    kind = "balanced_accuracy"
    club: str
    first: Month
    last: Month

    def measure(self, runs: Runs) -> Floats | Bools:
        """From 0 to 1: the mean of the hit rates among stayers and leavers."""
        pattern = Renewal(
            id=self.kind,
            says=self.kind,
            source="",
            judged="balanced accuracy",
            kind="renewal",
            club=self.club,
            first=month_label(self.first),  # type: ignore[arg-type]
            last=month_label(self.last),  # type: ignore[arg-type]
        )
        return pattern.measure(runs)[pattern.judged]


class Wrong(Outcome):
    """Share of deciding states and months in which a run is not as the record: the Brier score of one run alone."""

    kind = "wrong"
    club: str
    first: Month
    last: Month

    def measure(self, runs: Runs) -> Floats:
        """From 0 to 1."""
        return np.asarray(np.abs(self._off(runs)).mean(axis=1))

    def _off(self, runs: Runs) -> NDArray[np.float64]:
        """Run less record, by state and month: shape (R, cells), values -1, 0 and 1."""
        low, high = runs.at(self.first), runs.at(self.last) + 1
        decides = compile_case(runs.case).decides
        seats = runs.seats(self.club)[:, low:high][:, :, decides]
        record = runs.record(self.club)[low:high][:, decides]
        return (seats.astype(float) - record).reshape(len(seats), -1)


class Brier(Wrong):
    """Brier score of P(in) against the record, without the bias of few runs.

    Two runs of one pair, numbers 2i and 2i + 1, are independent, so the mean over states s and months t of
    ``(x[2i, s, t] - y[s, t]) (x[2i + 1, s, t] - y[s, t])`` has the expectation ``mean (P - y)^2``. The pair's number
    stands at its first run and NaN at its second, so one run alone has no score. What `calibration.scores.brier`
    finds for n runs is higher by ``mean P (1 - P) / n``.
    """

    kind = "brier"

    def measure(self, runs: Runs) -> Floats:
        """One number for each two runs."""
        off, number = self._off(runs), runs.ensemble.first_run + np.arange(runs.ensemble.runs)
        found = np.full(len(off), np.nan)
        first = np.flatnonzero((number[:-1] % 2) == 0)
        found[first] = (off[first] * off[first + 1]).mean(axis=1)
        return found


class OfPattern(Outcome):
    """A measure of a pattern of the case."""

    kind = "pattern"
    id: str
    measured: str | None = Field(default=None, alias="of")

    def measure(self, runs: Runs) -> Floats | Bools:
        """As the pattern has it."""
        pattern = _patterns(runs.case)[self.id]
        return pattern.measure(runs)[self.measured or pattern.judged]

    @property
    def until(self) -> None:
        """The end of the case: a pattern may ask what never happens."""

    def check(self, case: Case, file: str, key: str) -> None:
        """Refuse a pattern or measure that the case does not have."""
        known = _patterns(case)
        if self.id not in known:
            raise unknown(file, f"{key}.id", self.id, known)
        if self.measured is not None:
            measures = list(known[self.id].measure(_nobody(case)))
            if self.measured not in measures:
                raise unknown(file, f"{key}.of", self.measured, measures)

    def check_start(self, case: Case, start: int, file: str, key: str) -> None:
        """Refuse runs that begin in or after a month of the pattern."""
        pattern = _patterns(case)[self.id]
        first = min(pattern.months_needed, default=case.end)
        if isinstance(pattern, LastToJoin):
            first = case.start + 1
        if first <= start:
            allowed = (
                f"a pattern of later months: this one needs a start before {month_label(first)}"
            )
            raise InputError(file, f"{key}: {self.name}", month_label(start), allowed)


@lru_cache(maxsize=32)
def _patterns(case: Case) -> Mapping[str, Pattern]:
    found = load_patterns(case).pattern
    return {row.id: row for row in found if not isinstance(row, ELSEWHERE)}


def _nobody(case: Case) -> Runs:
    """One run in which nobody is ever in, to ask a pattern for the names of its measures."""
    shape = (1, len(case.months), len(case.states), len(case.clubs))
    return Runs(Ensemble(case, 0, 0, case.start, np.zeros(shape, np.int8), (), {}))


#: word -> class
KINDS: dict[str, type[Outcome]] = {
    kind.kind: kind
    for kind in (
        In,
        StatusIs,
        Members,
        Exits,
        Entries,
        FirstExit,
        FirstEntry,
        NumberOfActs,
        DateOfAct,
        Right,
        ShareRight,
        BalancedAccuracy,
        Wrong,
        Brier,
        OfPattern,
    )
}


# reading -------------------------------------------------------------------------------------------


def signature(kind: type[Outcome]) -> str:
    """How an outcome is written: what may be left out stands in square brackets.

    Examples
    --------
    >>> signature(KINDS["exits"])
    'exits(club, first, last[, state])'
    """
    needed = [_key(n, f) for n, f in kind.model_fields.items() if f.is_required()]
    free = [_key(n, f) for n, f in kind.model_fields.items() if not f.is_required()]
    more = f"[, {', '.join(free)}]" if free else ""
    return f"{kind.kind}({', '.join(needed)}{more})"


def _key(name: str, field: Any) -> str:
    return str(field.alias or name)


def read_outcome(
    given: str | Mapping[str, object], case: Case, file: str = ASKED[0], key: str = ASKED[1]
) -> Outcome:
    """An outcome of a case from a short text or a table.

    Raises
    ------
    InputError
        In one line, with `file` and `key`, if it names what does not exist or is not written as one.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> read_outcome("in(UZB, CST, 2012-12)", load_case("cst")).name
    'in(UZB, CST, 2012-12)'
    """
    kind, table = (
        _from_text(given, file, key) if isinstance(given, str) else _kind(given, file, key)
    )
    where = f"{key} ({kind.kind})"
    found: Outcome = validated(kind, table, file, where)
    found.check(case, file, where)
    return found


def read_outcomes(
    given: Iterable[str | Mapping[str, object]],
    case: Case,
    file: str = ASKED[0],
    key: str = ASKED[1],
) -> tuple[Outcome, ...]:
    """Several outcomes, each once.

    Raises
    ------
    InputError
        If there is none, one stands twice, or one cannot be read.
    """
    found: dict[str, Outcome] = {}
    for number, one in enumerate(given, start=1):
        outcome = read_outcome(one, case, file, f"{key} {number}")
        if outcome.name in found:
            raise InputError(file, f"{key} {number}", outcome.name, "each outcome once")
        found[outcome.name] = outcome
    if not found:
        raise InputError(file, key, "none", "one outcome at least")
    return tuple(found.values())


def _from_text(text: str, file: str, key: str) -> tuple[type[Outcome], dict[str, object]]:
    match = re.fullmatch(r"\s*([^\s()]+)\s*\(([^()]*)\)\s*", text)
    if match is None:
        allowed = f"a word and its particulars in brackets, such as {signature(In)}"
        raise InputError(file, key, text, allowed)
    kind, _ = _kind({MEASURE: match[1]}, file, key)
    cells = [cell.strip() for cell in match[2].split(",")]
    names = [_key(name, field) for name, field in kind.model_fields.items()]
    if len(cells) > len(names):
        raise InputError(file, key, text, signature(kind))
    return kind, {name: cell for name, cell in zip(names, cells, strict=False) if cell}


def _kind(
    table: Mapping[str, object], file: str, key: str
) -> tuple[type[Outcome], dict[str, object]]:
    if not isinstance(table, Mapping):
        raise InputError(file, key, table, "a text or a table")
    if MEASURE not in table:
        raise InputError(file, f"{key}.{MEASURE}", "missing", ", ".join(KINDS))
    word = table[MEASURE]
    if word not in KINDS:
        raise unknown(file, f"{key}.{MEASURE}", word, KINDS)
    return KINDS[str(word)], {name: value for name, value in table.items() if name != MEASURE}


def horizon(outcomes: Iterable[Outcome], case: Case) -> int:
    """The last month that any of some outcomes needs: runs may stop there."""
    months = [outcome.until for outcome in outcomes]
    return max(case.end if month is None else month for month in months)


def measured(outcomes: Iterable[Outcome], ensemble: Ensemble) -> Floats:
    """All outcomes of all runs, shape (R, outcomes)."""
    return np.stack([outcome(ensemble) for outcome in outcomes], axis=1)


# adding up -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Tally:
    """Mean and spread of values over runs, to which more runs can be added; arrays of any one shape.

    Two tallies are added as Chan, Golub and LeVeque (1983, doi:10.1080/00031305.1983.10483115) do, so nothing of the
    runs need be kept. The sum depends on the order of adding in its last digits alone: who wants the same bits adds in
    the same order.

    Examples
    --------
    >>> one, other = Tally.of(np.array([[1.0], [0.0]])), Tally.of(np.array([[1.0], [np.nan]]))
    >>> both = one + other
    >>> int(both.number[0]), round(float(both.mean[0]), 3), round(float(both.se[0]), 3)
    (3, 0.667, 0.333)
    """

    #: how many runs have something to say
    number: NDArray[np.int64]
    #: their sum of squares about the mean, and the mean; 0 where no run has
    squares: Floats
    centre: Floats

    @classmethod
    def of(cls, values: Floats) -> "Tally":
        """The tally of values whose first axis is the run; NaN does not count."""
        said = ~np.isnan(values)
        number = said.sum(axis=0)
        centre = np.where(said, values, 0.0).sum(axis=0) / np.maximum(number, 1)
        squares = (np.where(said, values - centre, 0.0) ** 2).sum(axis=0)
        return cls(number.astype(np.int64), squares, centre)

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        number = self.number + other.number
        share = other.number / np.maximum(number, 1)
        apart = other.centre - self.centre
        return Tally(
            number,
            self.squares + other.squares + apart**2 * self.number * share,
            np.where(self.number == 0, other.centre, self.centre + apart * share),
        )

    @property
    def mean(self) -> Floats:
        """The mean over the runs that have something to say; NaN if none has."""
        return np.where(self.number > 0, self.centre, np.nan)

    @property
    def sd(self) -> Floats:
        """The standard deviation over runs (divisor n - 1); NaN for fewer than two."""
        enough = self.number > 1
        return np.where(enough, np.sqrt(self.squares / np.maximum(self.number - 1, 1)), np.nan)

    @property
    def se(self) -> Floats:
        """The standard error of the mean, ``sd / sqrt(n)``."""
        return self.sd / np.sqrt(np.maximum(self.number, 1))
