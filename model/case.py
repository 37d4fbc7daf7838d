"""Strict loading of a case directory.

A case is a folder of TOML and CSV files (see the tables below). Whatever is missing, misspelt, out of range or names
something that does not exist raises `InputError`: one line with file, key, value, what is allowed, and the nearest
valid name. A loaded case is frozen.
"""

import csv
import hashlib
import io
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from itertools import combinations
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from tashkent.agents.deliberation import FRICTIONS, UNSCORED
from tashkent.agents.terms import TERMS
from tashkent.model import law as law_of
from tashkent.model.clock import last_day, month_label, month_of, parse_month
from tashkent.model.draws import STRIDE
from tashkent.model.errors import InputError, unknown
from tashkent.model.law import IN_FIRST, IN_LAST, Act, AnyStatute, Law, Status

if TYPE_CHECKING:
    from tashkent.model.orders import Changed

#: a date, under a name that no column has
Day = date
SCHEMA = 1
CASES = Path(__file__).parent / "cases"
COUNCIL = (
    "objection",
    "objection_rivalry",
    "release",
    "ministers",
    "suspicion",
    "sanction",
    "chair_agenda",
    "sanction_objection",
    "help_objection",
    "patron_reluctance",
    "base_objection",
    "court",
)
FIXED = (
    "opening_months",
    "fear_half_life",
    "leverage_half_life",
    "belief_half_life",
    "event_step",
    "goods_step",
    "witness",
    "forum_stake",
    "contagion_months",
    "participation_months",
    "courtship_months",
)
#: fixed parameters that are lengths of time, and those that are shares
_LENGTHS = tuple(name for name in FIXED if name.endswith(("_months", "_half_life")))
_SHARES = ("witness", "forum_stake")
#: composites that formulas read besides ties and measured threats
READ = ("means", "autonomy")
#: composites named ``tie_<role>`` make that role a possible sponsor of clubs
TIE = "tie_"
#: roles that may be behind a threat besides the sponsors; they lead no club
LEADERLESS = ("state", "nonstate", "domestic")
TABLES = (
    "case.toml",
    "states.csv",
    "threats.toml",
    "clubs.toml",
    "statutes.toml",
    "openness.csv",
    "requests.csv",
    "events.csv",
    "record.csv",
    "parameters.toml",
    "theories.toml",
    "evidence/composites.csv",
    "evidence/rivalry.csv",
    "evidence/bonds.csv",
)
#: tables that a case may have besides; they inform no run and no fit, so the hash does not cover them
BESIDE = ("patterns.toml",)


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class State(_Row):
    """A state, its role in the case, and its region, where what happens to others teaches most."""

    state: str = Field(pattern=r"^[A-Z]{3}$")
    name: str = Field(min_length=1)
    role: Literal["decider", "patron"]
    region: str = ""


class Threat(_Row):
    """A threat, who is behind it (a role), whom it endangers, and the composite that measures it, if any."""

    label: str = Field(min_length=1)
    source: str = Field(min_length=1)
    target: Literal["state", "regime"]
    #: the kind of help that is asked against it
    need: Literal["external", "incursion", "stability", ""]
    measured_by: str


class ClubName(_Row):
    """A name that a club bears from a day on."""

    from_: date = Field(alias="from")
    name: str = Field(min_length=1)


class Club(_Row):
    """An organisation: since when, led by whom, with what promise, against which threats."""

    names: tuple[ClubName, ...] = Field(min_length=1, strict=False)
    title: str = Field(min_length=1)
    sponsor: str
    guarantee: bool
    since: date
    foundings: tuple[date, ...] = Field(strict=False)
    relieves: tuple[str, ...] = Field(strict=False)
    why: str = Field(min_length=1)
    source: str


class Opening(_Row):
    """A stretch of time in which a club is open to a state, and on what ground."""

    club: str
    state: str
    open_from: date
    open_until: date | None = None
    why: str = Field(min_length=1)
    source: str


class Request(_Row):
    """A need that a state has or a request that it makes; a club that it is in has to answer."""

    date: Day
    state: str
    kind: Literal["external", "incursion", "stability", "base"]
    #: the state asked; a duty that waits for a request does not arise otherwise
    asked: bool
    #: help came, in the record; empty for a base
    met: bool | None = None
    why: str = Field(min_length=1)
    source: str


class Event(_Row):
    """One effect of a dated event on one state; `sign` only, no magnitude."""

    event: str = Field(min_length=1)
    date: Day
    date_end: Day | None = None
    precision: Literal["day", "month", "year"]
    label: str = Field(min_length=1)
    state: str
    kind: Literal["threat", "tie", "coercion", "credibility", "offer"]
    about: str
    rival: str = ""
    sign: int = Field(ge=-1, le=1)
    source: str
    certainty: Literal["high", "medium", "low"]

    @field_validator("sign")
    @classmethod
    def _not_zero(cls, sign: int) -> int:
        if sign == 0:
            raise ValueError("a sign is -1 or 1")
        return sign


class Entry(_Row):
    """One act of the record: what happened to a seat, when, and whose act it was."""

    club: str
    state: str
    act: str
    date: Day
    status: str
    actor: Literal["state", "club", "treaty"]
    source: str
    note: str = ""


class Parameter(_Row):
    """A number that is not measured: a prior, or a fixed choice."""

    role: Literal["weight", "friction", "unscored", "council", "fixed"]
    #: the record informs it; only weights and frictions can be fitted
    fitted: bool = True
    mean: float
    sd: float | None = Field(default=None, gt=0)
    unit: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    source: str

    @field_validator("mean", "sd", mode="before")
    @classmethod
    def _whole_numbers_count(cls, value: object) -> object:
        return float(value) if type(value) is int and abs(value) < 2**53 else value


class Theory(_Row):
    """A named set of terms, and what it says."""

    terms: tuple[str, ...] = Field(strict=False)
    says: str = Field(min_length=1)
    source: str


class Composite(_Row):
    """A measured composite of a state in its year of use, with the error of what was filled."""

    variable: str
    state: str
    year: int
    value: float
    sd: float = Field(ge=0)


class Rivalry(_Row):
    """A rivalry between two states in its year of use, in [0, 1]."""

    state: str
    rival: str
    year: int
    value: float = Field(ge=0, le=1)


class Bond(_Row):
    """The share of a partner in a state's trade in its year of use, in [0, 1]."""

    state: str
    partner: str
    year: int
    value: float = Field(ge=0, le=1)


class _Head(_Row):
    schema_: Literal[1] = Field(alias="schema")
    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1)
    patron: str
    focus: str
    start: str
    end: str
    fit_until: str
    score_from: str
    shown: list[str] = Field(min_length=1)
    sources: dict[str, str]


@dataclass(frozen=True, eq=False, repr=False)
class Case:
    """A loaded case; see the classes above for its rows. Months are integers (`model.clock`)."""

    path: Path
    id: str
    title: str
    patron: str
    focus: str
    start: int
    end: int
    fit_until: int
    #: first month of the Brier score
    score_from: int
    #: months at which results are tabled
    shown: tuple[int, ...]
    sources: Mapping[str, str]
    states: tuple[State, ...]
    threats: Mapping[str, Threat]
    clubs: Mapping[str, Club]
    statutes: tuple[AnyStatute, ...]
    openness: tuple[Opening, ...]
    requests: tuple[Request, ...]
    events: tuple[Event, ...]
    record: tuple[Entry, ...]
    parameters: Mapping[str, Parameter]
    theories: Mapping[str, Theory]
    composites: tuple[Composite, ...]
    rivalry: tuple[Rivalry, ...]
    bonds: tuple[Bond, ...]
    #: SHA-256 over the files that were read
    hash: str
    #: what a counterfactual changes beyond the tables (`model.counterfactual`)
    changed: "Changed | None" = None

    def __post_init__(self) -> None:
        for name, value in self._values().items():
            if isinstance(value, Mapping):
                object.__setattr__(self, name, MappingProxyType(dict(value)))

    def _values(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __reduce__(self) -> tuple[type["Case"], tuple[Any, ...]]:
        """Read-only mappings cannot be pickled, so they travel as dictionaries."""
        values = self._values().values()
        return Case, tuple(dict(v) if isinstance(v, Mapping) else v for v in values)

    def __repr__(self) -> str:
        """Short: a case holds thousands of rows."""
        return f"<Case {self.id} {self.hash[:12]}>"

    @cached_property
    def law(self) -> Law:
        """The statutes, by date."""
        return Law(self.statutes)

    @cached_property
    def state_ids(self) -> tuple[str, ...]:
        """All states, the patron among them, in the order of the file."""
        return tuple(s.state for s in self.states)

    @cached_property
    def deciders(self) -> tuple[str, ...]:
        """The states that decide in the model; the patron's seats follow the record."""
        return tuple(s.state for s in self.states if s.role == "decider")

    @cached_property
    def sponsors(self) -> tuple[str, ...]:
        """The roles to which ties are measured, in alphabetical order."""
        found = {c.variable for c in self.composites if c.variable.startswith(TIE)}
        return tuple(sorted(name.removeprefix(TIE) for name in found))

    @property
    def months(self) -> range:
        """The months from the initial condition to the end."""
        return range(self.start, self.end + 1)

    def club_name(self, club: str, month: int) -> str:
        """The name that a club bears in a month."""
        names = [n.name for n in self.clubs[club].names if month_of(n.from_) <= month]
        return names[-1] if names else club

    def role(self, *roles: str) -> dict[str, Parameter]:
        """The parameters of some roles, in the order of the file."""
        return {name: p for name, p in self.parameters.items() if p.role in roles}

    @cached_property
    def drawn(self) -> dict[str, Parameter]:
        """The parameters of which every run has a draw: all that are not fixed, in the order of the file."""
        return self.role("weight", "friction", "unscored", "council")

    @cached_property
    def fitted(self) -> dict[str, Parameter]:
        """The parameters that the record informs; the others that are drawn stay at their priors."""
        return {name: p for name, p in self.role("weight", "friction").items() if p.fitted}

    def fixed(self, name: str) -> float:
        """The value of a fixed parameter."""
        return self.parameters[name].mean

    def without(self, *ids: str) -> "Case":
        """This case without some of its statutes, as if they had never been made.

        Whether the record and the other statutes fit together without them is not checked again.

        Raises
        ------
        InputError
            If the case has no statute of that name.

        Examples
        --------
        >>> case = load_case("cst").without("CST-11-term")
        >>> [statute.id for statute in case.statutes if statute.kind == "term"]
        ['CST-P1999']
        """
        self._check_statute_ids("without", ids)
        return self._with_law("without", ids, (s for s in self.statutes if s.id not in ids))

    def read_otherwise(self, *ids: str) -> "Case":
        """This case with some of its statutes in the reading that was not taken (`other_reading`).

        Raises
        ------
        InputError
            If the case has no statute of that name, or the statute no other reading.

        Examples
        --------
        >>> case = load_case("cst").read_otherwise("CST-11-term")
        >>> [statute.renewal for statute in case.statutes if statute.kind == "term"]
        ['automatic', 'automatic']
        """
        self._check_statute_ids("read_otherwise", ids)
        readable = [s.id for s in self.statutes if s.other_reading]
        for name in ids:
            if name not in readable:
                raise unknown("statutes.toml", "read_otherwise: other_reading of", name, readable)
        statutes = (s.read_otherwise() if s.id in ids else s for s in self.statutes)
        return self._with_law("read_otherwise", ids, cast("Iterable[AnyStatute]", statutes))

    def _check_statute_ids(self, key: str, ids: Iterable[str]) -> None:
        known = [s.id for s in self.statutes]
        for name in ids:
            if name not in known:
                raise unknown("statutes.toml", f"{key}: statute", name, known)

    def _with_law(self, how: str, ids: Iterable[str], statutes: Iterable[AnyStatute]) -> "Case":
        """Another case: its hash is that of this one, the change, and the names that it concerns in any order."""
        changed = sorted(set(ids))
        if not changed:
            return self
        digest = hashlib.sha256("\0".join((self.hash, how, *changed)).encode())
        return replace(self, statutes=tuple(statutes), hash=digest.hexdigest())

    def month(self, text: str, key: str) -> int:
        """A month of this case written ``YYYY-MM``; `InputError` if it is not one."""
        try:
            month = parse_month(text)
        except ValueError:
            month = -1
        if month not in self.months:
            span = f"a month from {month_label(self.start)} to {month_label(self.end)}, as YYYY-MM"
            raise InputError(self.id, key, text, span)
        return month


def load_case(case: str | Path = "cst") -> Case:
    """Load a case by the name of a shipped one or by its folder.

    Raises
    ------
    InputError
        If anything in the folder is missing, unknown, out of range or contradictory.

    Examples
    --------
    >>> load_case("cst").deciders[:3]
    ('ARM', 'AZE', 'BLR')
    """
    is_shipped = isinstance(case, str) and os.path.isdir(CASES / case)
    path = CASES / case if is_shipped else Path(case)
    if not os.path.isdir(path):  # Path.is_dir raises an error for a name that is too long
        shipped = sorted(p.parent.name for p in CASES.glob("*/case.toml"))
        raise unknown("case", "name or folder", str(case), shipped)
    return _Loader(path).load()


RowT = TypeVar("RowT", bound=BaseModel)


class _Loader:
    """Reads the tables of one folder and checks them against each other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.digest = hashlib.sha256()

    # reading ------------------------------------------------------------------------------------

    def _bytes(self, file: str) -> bytes:
        try:
            content = (self.path / file).read_bytes()
        except FileNotFoundError:
            raise InputError(file, "file", "missing", f"a case has {', '.join(TABLES)}") from None
        except OSError as error:
            raise InputError(file, "file", error.strerror, "a file that can be read") from None
        self.digest.update(file.encode() + b"\0" + content + b"\0")
        return content

    def _text(self, file: str) -> str:
        try:
            text = self._bytes(file).decode()
        except UnicodeDecodeError as error:
            raise InputError(file, f"byte {error.start}", "not UTF-8", "text in UTF-8") from None
        if text.startswith("\ufeff"):
            raise InputError(file, "byte 0", "a byte-order mark", "text in UTF-8 without it")
        return text

    def _toml(self, file: str) -> dict[str, Any]:
        text = self._text(file)
        try:
            return tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(file, "syntax", str(error), "TOML 1.0") from None

    def _valid(
        self, file: str, key: str, model: Any, value: object, *, strings: bool = False
    ) -> Any:
        adapter = TypeAdapter(model)
        try:
            return adapter.validate_strings(value) if strings else adapter.validate_python(value)
        except ValidationError as error:
            # a misspelt key is unknown and missing at once: the first of the two has a nearest name
            found = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
            raise _as_case_error(file, key, found[0], model) from None

    def _rows(self, file: str, model: type[RowT]) -> tuple[RowT, ...]:
        reader = csv.reader(io.StringIO(self._text(file), newline=""), strict=True)
        rows = []
        try:
            header = next(reader, [])
            _check_header(file, header, list(model.model_fields))
            for cells in filter(None, reader):
                line = f"line {reader.line_num}"
                if len(cells) != len(header):
                    raise InputError(file, line, "wrong number of cells", f"{len(header)} cells")
                given = {
                    name: cell
                    for name, cell in zip(header, cells, strict=True)
                    if cell != "" or model.model_fields[name].is_required()
                }
                _check_cells(file, line, given, model)
                rows.append(self._valid(file, line, model, given, strings=True))
        except csv.Error as error:
            raise InputError(
                file, f"line {reader.line_num}", str(error), "CSV, quotation marks in pairs"
            ) from None
        return tuple(rows)

    # loading ------------------------------------------------------------------------------------

    def load(self) -> Case:
        for found in sorted([*self.path.glob("*.toml"), *self.path.glob("*.csv")]):
            if found.name not in (*TABLES, *BESIDE):
                raise unknown("folder", "file", found.name, (*TABLES, *BESIDE))
        table = self._toml("case.toml")
        schema = table.get("schema", SCHEMA)
        if type(schema) is not int or schema != SCHEMA:
            raise InputError("case.toml", "schema", schema, str(SCHEMA))
        head: _Head = self._valid("case.toml", "case", _Head, table)
        states = self._rows("states.csv", State)
        threats = {
            name: self._valid("threats.toml", name, Threat, row)
            for name, row in self._toml("threats.toml").items()
        }
        clubs = {
            name: self._valid("clubs.toml", name, Club, row)
            for name, row in self._toml("clubs.toml").items()
        }
        span = self._span(head)
        case = Case(
            path=self.path,
            id=head.id,
            title=head.title,
            patron=head.patron,
            focus=head.focus,
            **span,
            shown=self._shown(head, span),
            sources=head.sources,
            states=states,
            threats=threats,
            clubs=clubs,
            statutes=self._statutes(),
            openness=self._rows("openness.csv", Opening),
            requests=self._rows("requests.csv", Request),
            events=self._rows("events.csv", Event),
            record=self._rows("record.csv", Entry),
            parameters={
                name: self._valid("parameters.toml", name, Parameter, row)
                for name, row in self._toml("parameters.toml").items()
            },
            theories={
                name: self._valid("theories.toml", name, Theory, row)
                for name, row in self._toml("theories.toml").items()
            },
            composites=self._rows("evidence/composites.csv", Composite),
            rivalry=self._rows("evidence/rivalry.csv", Rivalry),
            bonds=self._rows("evidence/bonds.csv", Bond),
            hash=self.digest.hexdigest(),
            changed=None,
        )
        _check(case)
        return case

    def _span(self, head: _Head) -> dict[str, int]:
        span = {}
        for key in ("start", "end", "fit_until", "score_from"):
            try:
                span[key] = parse_month(getattr(head, key))
            except ValueError as error:
                raise InputError("case.toml", key, getattr(head, key), str(error)) from None
        if span["start"] <= month_of(date.min):
            raise InputError("case.toml", "start", head.start, "a month after 0001-01")
        if not span["start"] < span["fit_until"] <= span["end"]:
            raise InputError("case.toml", "fit_until", head.fit_until, "after start, not after end")
        if span["end"] - span["start"] >= STRIDE:
            raise InputError("case.toml", "end", head.end, f"less than {STRIDE} months after start")
        if not span["start"] < span["score_from"] <= span["fit_until"]:
            allowed = "after start, not after fit_until"
            raise InputError("case.toml", "score_from", head.score_from, allowed)
        return span

    def _shown(self, head: _Head, span: dict[str, int]) -> tuple[int, ...]:
        months: list[int] = []
        for text in head.shown:
            try:
                month = parse_month(text)
            except ValueError as error:
                raise InputError("case.toml", "shown", text, str(error)) from None
            if not span["start"] <= month <= span["end"]:
                allowed = f"a month from {head.start} to {head.end}"
                raise InputError("case.toml", "shown", text, allowed)
            if months and month <= months[-1]:
                raise InputError("case.toml", "shown", text, "months in order, each once")
            months.append(month)
        return tuple(months)

    def _statutes(self) -> tuple[AnyStatute, ...]:
        file = "statutes.toml"
        table = self._toml(file)
        for key in table:
            if key != "statute":
                raise unknown(file, "key", key, ["statute"])
        kinds = law_of.KINDS
        found = []
        rows = table.get("statute", [])
        if not isinstance(rows, list):
            raise InputError(file, "statute", rows, "tables, each under [[statute]]")
        for number, row in enumerate(rows, start=1):
            name = f"statute {number}"
            if not isinstance(row, dict):
                raise InputError(file, name, row, "a table under [[statute]]")
            name = str(row.get("id", name))
            if "kind" not in row:
                raise InputError(file, f"{name}.kind", "missing", ", ".join(kinds))
            kind = row["kind"]
            if not isinstance(kind, str) or kind not in kinds:
                raise unknown(file, f"{name}.kind", kind, kinds)
            statute = self._valid(file, name, kinds[kind], row)
            if statute.other_reading:
                other = {**row, **dict(statute.other_reading)}
                self._valid(file, f"{name}.other_reading", kinds[kind], other)
            if bool(statute.other_reading) != bool(statute.ambiguity):
                given = "ambiguity" if statute.ambiguity else "other_reading"
                raise InputError(
                    file, f"{name}.{given}", "alone", "ambiguity and other_reading together"
                )
            found.append(statute)
        return tuple(found)


#: how a number or a day is written in a cell; looser spellings are typing errors more often than not
_WRITTEN = {
    int: (r"[+-]?[0-9]+", "a whole number"),
    float: (r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", "a finite number"),
    date: (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day written YYYY-MM-DD"),
}


def _check_header(file: str, header: list[str], columns: list[str]) -> None:
    for column in header:
        if column not in columns:
            raise unknown(file, "column", column, columns)
        if header.count(column) > 1:
            raise InputError(file, "column", column, "each column once")
    for column in columns:
        if column not in header:
            raise InputError(file, "column", "missing", f"a column named {column}")


def _check_cells(file: str, line: str, given: Mapping[str, str], model: type[BaseModel]) -> None:
    for name, cell in given.items():
        annotation = model.model_fields[name].annotation
        for kind, (pattern, allowed) in _WRITTEN.items():
            if annotation in (kind, kind | None) and not re.fullmatch(pattern, cell):
                raise InputError(file, f"{line}.{name}", cell, allowed)


def _as_case_error(file: str, key: str, error: Any, model: Any) -> InputError:
    """The first complaint of pydantic as one line of ours."""
    where = ".".join([key, *(str(part) for part in error["loc"])])
    if error["type"] == "extra_forbidden":
        names = list(_keys(model, error["loc"][:-1]))
        near = get_close_matches(str(error["loc"][-1]), names, n=1, cutoff=0.4)
        allowed = f"the keys {', '.join(names)}"
        return InputError(file, where, error["loc"][-1], allowed, near[0] if near else "")
    if error["type"] == "missing":
        return InputError(file, where, "missing", f"a value for {error['loc'][-1]}")
    plain = {"model_type": "a table", "tuple_type": "a list", "too_short": "a list with an item"}
    said = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    allowed = plain.get(error["type"], said)
    if error["type"] == "literal_error":
        near = get_close_matches(str(error["input"]), _literals(allowed), n=1, cutoff=0.4)
        return InputError(file, where, error["input"], allowed, near[0] if near else "")
    return InputError(file, where, error["input"], allowed)


def _keys(model: Any, loc: Iterable[int | str]) -> dict[str, Any]:
    """The keys of a table, or of a table within it, and what they hold."""
    for part in loc:
        model = _keys(model, ()).get(str(part), model)
        while not hasattr(model, "model_fields"):
            model = get_args(model)[0]
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _literals(message: str) -> list[str]:
    return message.split("'")[1::2]


# checks of the tables against each other -----------------------------------------------------------


def _check(case: Case) -> None:
    _check_states(case)
    _check_clubs(case)
    _check_statutes(case)
    _check_requests(case)
    _check_events(case)
    _check_parameters(case)
    _check_theories(case)
    _check_evidence(case)
    _check_record(case)
    sourced: dict[str, Iterable[tuple[str, Any]]] = {
        "openness.csv": ((f"{row.club} {row.state}: ", row) for row in case.openness),
        "events.csv": ((f"{row.event}.", row) for row in case.events),
        "record.csv": ((f"{row.club} {row.state} {row.date}: ", row) for row in case.record),
        "statutes.toml": ((f"{row.id}.", row) for row in case.statutes),
        "clubs.toml": ((f"{name}.", row) for name, row in case.clubs.items()),
        "parameters.toml": ((f"{name}.", row) for name, row in case.parameters.items()),
    }
    for file, rows in sourced.items():
        for key, row in rows:
            for source in row.source.split(";"):
                if source.strip() not in case.sources:
                    raise unknown(file, f"{key}source", source.strip(), case.sources)


def _check_states(case: Case) -> None:
    if len(set(case.state_ids)) < len(case.states):
        twice = next(s for s in case.state_ids if case.state_ids.count(s) > 1)
        raise InputError("states.csv", "state", twice, "each state once")
    patrons = [s.state for s in case.states if s.role == "patron"]
    if len(patrons) != 1:
        listed = ", ".join(patrons) or "nobody"
        raise InputError("states.csv", "patron", listed, "the role of one state")
    if patrons != [case.patron]:
        raise unknown("case.toml", "patron", case.patron, patrons)
    if case.focus not in case.clubs:
        raise unknown("case.toml", "focus", case.focus, case.clubs)


def _check_clubs(case: Case) -> None:
    if "patron" not in case.sponsors:
        raise InputError("evidence/composites.csv", "variable", "missing", "rows of tie_patron")
    _check_threats(case)
    for name, club in case.clubs.items():
        if club.sponsor not in (*case.sponsors, "none"):
            raise unknown("clubs.toml", f"{name}.sponsor", club.sponsor, (*case.sponsors, "none"))
        for threat_name in club.relieves:
            if threat_name not in case.threats:
                raise unknown("clubs.toml", f"{name}.relieves", threat_name, case.threats)
        named = tuple(n.from_ for n in club.names)
        for dates, key in ((club.foundings, "foundings"), (named, "names")):
            if sorted(set(dates)) != list(dates):
                listed = ", ".join(map(str, dates))
                raise InputError("clubs.toml", f"{name}.{key}", listed, "dates in order, each once")
            if dates and dates[0] < club.since:
                allowed = f"dates from since ({club.since}) on"
                raise InputError("clubs.toml", f"{name}.{key}", str(dates[0]), allowed)
    _check_openness(case)


def _check_threats(case: Case) -> None:
    file = "threats.toml"
    if not case.threats:
        raise InputError(file, "threats", "missing", "at least one table")
    if "any" in case.threats:
        raise InputError(file, "threat", "any", "another name: credibility events use it for all")
    measured = {c.variable for c in case.composites} | {"rivalry", ""}
    for name, threat in case.threats.items():
        if threat.measured_by not in measured:
            names = (*sorted(measured - {""}), '""')
            raise unknown(file, f"{name}.measured_by", threat.measured_by, names)
        roles = (*case.sponsors, *LEADERLESS)
        if threat.source not in roles:
            raise unknown(file, f"{name}.source", threat.source, roles)


def _check_openness(case: Case) -> None:
    file = "openness.csv"
    for row in case.openness:
        key = f"{row.club} {row.state}"
        _known(case, file, key, row.club, row.state)
        if row.open_until is not None and row.open_until <= row.open_from:
            raise InputError(file, f"{key}: open_until", str(row.open_until), "after open_from")
        if row.state == case.patron:
            raise InputError(file, f"{key}: state", row.state, "a state that decides")
    for row, later in combinations(sorted(case.openness, key=lambda r: r.open_from), 2):
        same = (row.club, row.state) == (later.club, later.state)
        if same and (row.open_until is None or later.open_from < row.open_until):
            allowed = f"no second row while the one from {row.open_from} holds"
            key = f"{row.club} {row.state}: open_from"
            raise InputError(file, key, str(later.open_from), allowed)


def _known(case: Case, file: str, key: str, club: str, state: str) -> None:
    if club not in case.clubs:
        raise unknown(file, f"{key}: club", club, case.clubs)
    if state not in case.state_ids:
        raise unknown(file, f"{key}: state", state, case.state_ids)


def _check_statutes(case: Case) -> None:
    ids = [s.id for s in case.statutes]
    for statute in case.statutes:
        if ids.count(statute.id) > 1:
            raise InputError("statutes.toml", "id", statute.id, "each statute once")
        if statute.club not in case.clubs:
            raise unknown("statutes.toml", f"{statute.id}.club", statute.club, case.clubs)
        if statute.until is not None and statute.until <= statute.from_:
            until = str(statute.until)
            raise InputError("statutes.toml", f"{statute.id}.until", until, "after from")
        _check_statute_names(case, statute)
        if statute.other_reading:
            _check_statute_names(case, statute.read_otherwise())
        for name, value in statute:
            if name.endswith("_months") and isinstance(value, int) and value > STRIDE:
                allowed = f"at most {STRIDE} months"
                raise InputError("statutes.toml", f"{statute.id}.{name}", value, allowed)
        for other in case.statutes:
            if (
                other.id != statute.id
                and (other.club, other.kind) == (statute.club, statute.kind)
                and statute.kind not in law_of.SEVERAL
                and other.in_force(statute.from_)
            ):
                allowed = f"no second rule of kind {statute.kind} while {other.id} is in force"
                raise InputError("statutes.toml", f"{statute.id}.from", str(statute.from_), allowed)
    for club in case.clubs:
        if not any(s.club == club and s.kind == "accession" for s in case.statutes):
            raise InputError("statutes.toml", club, "no way in", "a statute of kind accession")

    _check_sessions(case)


def _check_statute_names(case: Case, statute: law_of.Statute) -> None:
    file = "statutes.toml"
    if isinstance(statute, law_of.Lock) and statute.state not in case.deciders:
        raise unknown(file, f"{statute.id}.state", statute.state, case.deciders)
    if isinstance(statute, law_of.Incompatible):
        for key, names in (("bars", statute.bars), ("suspects", statute.suspects)):
            for name in names:
                others = [club for club in case.clubs if club != statute.club]
                if name not in others:
                    raise unknown(file, f"{statute.id}.{key}", name, others)


def _check_sessions(case: Case) -> None:
    """What a regular session decides needs a rule that says when it meets."""
    for statute in case.statutes:
        by_session = statute.kind in ("voluntary_suspension", "sanction", "expulsion", "arrears")
        if by_session or (isinstance(statute, law_of.Observer) and statute.withdrawable):
            sessions = [s for s in case.statutes if (s.club, s.kind) == (statute.club, "session")]
            if not any(s.in_force(statute.from_) for s in sessions):
                allowed = "a statute of kind session in force from then on"
                raise InputError("statutes.toml", f"{statute.id}.kind", statute.kind, allowed)


def _check_requests(case: Case) -> None:
    seen = set()
    for row in case.requests:
        if row.state not in case.deciders:
            raise unknown("requests.csv", f"{row.date}.state", row.state, case.deciders)
        if (row.met is None) != (row.kind == "base"):
            allowed = "empty for a base" if row.kind == "base" else "true or false"
            raise InputError("requests.csv", f"{row.date} {row.state}: met", row.met, allowed)
        key = (month_of(row.date), row.state, row.kind)
        if key in seen:
            allowed = "each kind once in a month and state"
            raise InputError("requests.csv", f"{row.date} {row.state}", row.kind, allowed)
        seen.add(key)


def _check_events(case: Case) -> None:
    file = "events.csv"
    seen = set()
    for row in case.events:
        if row.state not in case.deciders:
            raise unknown(file, f"{row.event}.state", row.state, case.deciders)
        names: Iterable[str]
        match row.kind:
            case "threat":
                names = case.threats
            case "credibility":
                names = (*case.threats, "any")
            case "offer":
                names = case.threats
            case "tie":
                names = case.sponsors
            case _:
                names = ("patron",)
        if row.about not in names:
            raise unknown(file, f"{row.event}.about", row.about, names)
        is_rivalry = row.kind == "threat" and case.threats[row.about].measured_by == "rivalry"
        rivals = [state for state in case.deciders if state != row.state]
        if is_rivalry and row.rival not in rivals:
            raise unknown(file, f"{row.event}.rival", row.rival, rivals)
        if not is_rivalry and row.rival:
            raise InputError(file, f"{row.event}.rival", row.rival, "empty but for a rivalry")
        if row.date_end is not None and row.date_end < row.date:
            raise InputError(file, f"{row.event}.date_end", str(row.date_end), "not before date")
        effect = (row.event, row.state, row.kind, row.about, row.rival)
        if effect in seen:
            raise InputError(file, row.event, " ".join(effect[1:]).strip(), "each effect once")
        seen.add(effect)


def _check_parameters(case: Case) -> None:
    file = "parameters.toml"
    expected = {
        "weight": tuple(TERMS),
        "friction": FRICTIONS,
        "unscored": UNSCORED,
        "council": COUNCIL,
        "fixed": FIXED,
    }
    for name, parameter in case.parameters.items():
        if name not in expected[parameter.role]:
            raise unknown(file, f"a {parameter.role}", name, expected[parameter.role])
        if (parameter.sd is None) != (parameter.role == "fixed"):
            need = "no sd" if parameter.role == "fixed" else "an sd"
            raise InputError(file, f"{name}.sd", parameter.sd, f"{need} for a {parameter.role}")
        if not parameter.fitted and parameter.role not in ("weight", "friction"):
            raise InputError(file, f"{name}.fitted", False, "given for weights and frictions only")
    for name in (*FRICTIONS, *UNSCORED, *COUNCIL, *FIXED):
        if name not in case.parameters:
            raise InputError(file, name, "missing", "a table for it")
    if not case.role("weight"):
        raise InputError(file, "weight", "missing", f"at least one of {', '.join(TERMS)}")
    for name in _LENGTHS:
        if case.fixed(name) <= 0:
            raise InputError(file, f"{name}.mean", case.fixed(name), "a number above 0")
    for name in _SHARES:
        if not 0 <= case.fixed(name) <= 1:
            raise InputError(file, f"{name}.mean", case.fixed(name), "a number from 0 to 1")
    if case.fixed("event_step") < 0:
        raise InputError(file, "event_step.mean", case.fixed("event_step"), "0 or more")


def _check_theories(case: Case) -> None:
    weights = case.role("weight")
    for name, theory in case.theories.items():
        if name in weights:
            allowed = "a name that no term has"
            raise InputError("theories.toml", name, ", ".join(theory.terms), allowed)
        for one in theory.terms:
            if one not in weights:
                raise unknown("theories.toml", f"{name}.terms", one, weights)


def _check_evidence(case: Case) -> None:
    file = "evidence/composites.csv"
    years = range(case.start // 12, case.end // 12 + 1)
    seen: dict[tuple[str, str, int], float] = {}
    for row in case.composites:
        if row.state not in case.deciders:
            raise unknown(file, "state", row.state, case.deciders)
        if (row.variable, row.state, row.year) in seen:
            key = f"{row.variable} {row.state}"
            raise InputError(file, key, row.year, "each year once")
        seen[row.variable, row.state, row.year] = row.value
    needed = {TIE + sponsor for sponsor in case.sponsors}
    needed |= {t.measured_by for t in case.threats.values()} - {"rivalry", ""}
    needed |= set(READ)
    for variable in sorted(needed):
        for state in case.deciders:
            for year in years:
                if (variable, state, year) not in seen:
                    key = f"{variable} {state}"
                    raise InputError(file, key, year, f"a row for each year {years[0]}-{years[-1]}")
    pairs = [(row.state, row.rival, row.year) for row in case.rivalry]
    _check_pairs(case, "evidence/rivalry.csv", "rival", pairs)
    pairs = [(row.state, row.partner, row.year) for row in case.bonds]
    _check_pairs(case, "evidence/bonds.csv", "partner", pairs)


def _check_pairs(case: Case, file: str, other: str, rows: list[tuple[str, str, int]]) -> None:
    seen = set()
    for state, partner, year in rows:
        if state not in case.deciders:
            raise unknown(file, "state", state, case.deciders)
        if partner not in (names := [s for s in case.deciders if s != state]):
            raise unknown(file, f"{state}: {other}", partner, names)
        if (state, partner, year) in seen:
            raise InputError(file, f"{state} {partner}", year, "each year once")
        seen.add((state, partner, year))


#: act -> (whether the state was in before, statuses that may follow)
_FOLLOWS: dict[Act, tuple[bool, tuple[Status, ...]]] = {
    Act.ACCEDE: (False, (Status.SIGNATORY, Status.MEMBER)),
    Act.ENTER_INTO_FORCE: (True, (Status.MEMBER,)),
    Act.RENEW: (True, (Status.MEMBER,)),
    Act.ABSTAIN: (True, (Status.MEMBER,)),
    Act.LAPSE: (True, (Status.LEFT,)),
    Act.WITHDRAW: (True, (Status.NOTICE_GIVEN, Status.LEFT)),
    Act.LEAVE: (True, (Status.LEFT,)),
    Act.REQUEST_SUSPENSION: (True, (Status.SUSPENSION_REQUESTED,)),
    Act.SUSPEND: (True, (Status.SUSPENDED,)),
    Act.FREEZE: (True, (Status.FROZEN,)),
    Act.RESUME: (True, (Status.MEMBER,)),
    Act.OBSERVE: (False, (Status.OBSERVER,)),
    Act.SANCTION: (True, (Status.SANCTIONED,)),
    Act.EXPEL: (True, (Status.EXPELLED,)),
    Act.CEASE_OBSERVING: (False, (Status.NONE,)),
    Act.END_OBSERVER: (False, (Status.NONE,)),
    Act.DECLINE: (True, (Status.MEMBER, Status.FROZEN, Status.SANCTIONED)),
}


#: who has to sign or leave when a term ends, and the two answers
_MUST_SIGN = (Status.SIGNATORY, Status.MEMBER, Status.FROZEN)
_ANSWERS = ("renew", "abstain")
#: acts that leave the status as it is
_CHANGE_NOTHING = (*_ANSWERS, "decline")


def _check_record(case: Case) -> None:
    file = "record.csv"
    status: dict[tuple[str, str], Status] = {}
    last: date | None = None
    acts = {act.name.lower(): act for act in _FOLLOWS}
    statuses = {s.name.lower(): s for s in Status}
    for row in case.record:
        key = f"{row.club} {row.state} {row.date}"
        _known(case, file, key, row.club, row.state)
        if row.act not in acts:
            raise unknown(file, f"{key}: act", row.act, acts)
        if row.status not in statuses:
            raise unknown(file, f"{key}: status", row.status, statuses)
        if last is not None and row.date < last:
            raise InputError(file, key, str(row.date), f"rows in order of date (after {last})")
        if row.date < case.clubs[row.club].since:
            since = case.clubs[row.club].since
            allowed = f"a date on which the club exists ({since} on)"
            raise InputError(file, key, str(row.date), allowed)
        before = status.get((row.club, row.state), Status.NONE)
        was_in, after = _FOLLOWS[acts[row.act]]
        if (IN_FIRST <= before <= IN_LAST) != was_in:
            need = "in" if was_in else "out"
            allowed = f"a state that is {need} (it is {before.name.lower()})"
            raise InputError(file, f"{key}: act", row.act, allowed)
        if after == (Status.NONE,) and before != Status.OBSERVER:
            allowed = f"a state that is observer (it is {before.name.lower()})"
            raise InputError(file, f"{key}: act", row.act, allowed)
        if statuses[row.status] not in after:
            names = " or ".join(s.name.lower() for s in after)
            raise InputError(file, f"{key}: status", row.status, names)
        if row.act == "decline" and statuses[row.status] != before:
            raise InputError(file, f"{key}: status", row.status, before.name.lower())
        if statuses[row.status] == before and row.act not in _CHANGE_NOTHING:
            allowed = f"an act that changes the status (it is {before.name.lower()})"
            raise InputError(file, f"{key}: act", row.act, allowed)
        _check_law(case, row, f"{key}: act")
        status[row.club, row.state] = statuses[row.status]
        last = row.date
    _check_choices(case)


def _check_law(case: Case, row: Entry, key: str) -> None:
    """What law and openness rule out is no choice of the risk set, so a record of it would not be scored."""
    month = month_of(row.date)
    if row.actor != "state" or month <= case.start:
        return
    rules = case.law.rules(row.club, month)
    allowed = {
        "accede": (rules.accession, "a month with an accession in force"),
        "renew": (
            rules.renewal_due and rules.prolonged,
            "the month in which a term ends that must be renewed, with a term in force after it",
        ),
        "abstain": (rules.renewal_due, "the month in which a term ends that must be renewed"),
        "withdraw": (rules.withdrawal, "a month with a withdrawal in force"),
        "decline": (rules.opened, "a month in which members sign what binds only who joins it"),
        "freeze": (rules.participation, "a month with a participation in force"),
        "resume": (rules.participation, "a month with a participation in force"),
        "observe": (rules.observer, "a month with an observer in force"),
        "cease_observing": (rules.observer, "a month with an observer in force"),
        "request_suspension": (
            rules.voluntary_suspension,
            "a month with a voluntary_suspension in force",
        ),
    }
    possible, when = allowed.get(row.act, (True, ""))
    if not possible:
        raise InputError("record.csv", key, row.act, f"{when} (statutes.toml)")
    if row.act in ("accede", "observe") and not rules.hears_petitions:
        when = "the month of the session, or one with a permanent_body in force"
        raise InputError("record.csv", key, row.act, f"{when} (statutes.toml)")
    is_open = any(
        (o.club, o.state) == (row.club, row.state)
        and o.open_from <= last_day(month)
        and (o.open_until is None or last_day(month) < o.open_until)
        for o in case.openness
    )
    if row.act == "accede" and row.state != case.patron and not is_open:
        allowed_when = "a month at whose end the club is open to the state (openness.csv)"
        raise InputError("record.csv", key, row.act, allowed_when)


def _check_choices(case: Case) -> None:
    """A state makes one choice a month in a club, and has to make one when a term must be renewed."""
    chosen: dict[tuple[str, str, int], Entry] = {}
    for row in case.record:
        seat = (row.club, row.state, month_of(row.date))
        if row.actor != "state" or seat[-1] <= case.start:
            continue
        if chosen.setdefault(seat, row) is not row:
            allowed = f"one act of a state in a month (after {chosen[seat].act})"
            key = f"{row.club} {row.state} {row.date}: act"
            raise InputError("record.csv", key, row.act, allowed)
    signed = [s.club for s in case.statutes if s.kind == "term" and s.renewal == "opt_in"]
    for club in (c for c in case.clubs if c in signed):
        for month in case.months[1:]:
            if case.law.rules(club, month).renewal_due:
                _check_renewal(case, chosen, club, month)


def _check_renewal(
    case: Case, chosen: Mapping[tuple[str, str, int], Entry], club: str, month: int
) -> None:
    for state in case.deciders:
        before = [
            Status[row.status.upper()]
            for row in case.record
            if (row.club, row.state) == (club, state) and month_of(row.date) < month
        ]
        act = chosen.get((club, state, month))
        if before and before[-1] in _MUST_SIGN and (act is None or act.act not in _ANSWERS):
            key = f"{club} {state} {month_label(month)}"
            raise InputError("record.csv", key, "missing", f"{' or '.join(_ANSWERS)}: a term ends")
