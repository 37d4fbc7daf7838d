"""The case: what the tables hold, frozen, and what a counterfactual changes beyond them."""

import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tashkent.agents.terms import TERMS, Term
from tashkent.model.case.digest import TableDigest, combined
from tashkent.model.case.tables import (
    TIE,
    Bond,
    Club,
    Composite,
    Entry,
    Event,
    Opening,
    Parameter,
    Request,
    Rivalry,
    State,
    Theory,
    Threat,
)
from tashkent.model.clock import month_label, month_of, parse_month
from tashkent.model.errors import InputError, meant, unknown
from tashkent.model.law import Law
from tashkent.model.own_terms import TheoryFile, terms_in
from tashkent.model.plain import notebook_html
from tashkent.model.statutes import AnyStatute

#: tables whose order counts: that of states is the order of results, that of the record says which act came first
ORDERED = ("states", "record", "shown")
#: fields that are no content: where the case stands; what is changed beyond the tables counts by its parts, and the
#: code of terms of one's own by the digest in the source of their weights
UNSAID = ("path", "changed", "theory_files")


@dataclass(frozen=True, order=True)
class HeldDraw:
    """A seat whose draw is replaced in the months from `first` to `last` (`model.clock`)."""

    stream: str
    state: str
    club: str
    first: int
    last: int
    #: the lowest number stands in place of the draw, not the highest
    low: bool


@dataclass(frozen=True, eq=False, repr=False)
class Case:
    """A loaded case; see `model.case.tables` for its rows. Months are integers (`model.clock`)."""

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
    #: what a counterfactual changes beyond the tables (`model.counterfactual`)
    changed: "Changed | None" = None
    #: the files of terms of one's own (`model.theory`), as they were when they were read
    theory_files: tuple[TheoryFile, ...] = ()

    def __post_init__(self) -> None:
        for name, value in self._values().items():
            if isinstance(value, Mapping) and not isinstance(value, MappingProxyType):
                object.__setattr__(self, name, MappingProxyType(dict(value)))

    @cached_property
    def hash(self) -> str:
        """SHA-256 of what the case says: of its tables, and of what a counterfactual changes beyond them.

        Equal content gives an equal hash, by whatever route a case was made. Neither where it stands nor what informs
        no run and no fit counts: ``patterns.toml``, the counterfactuals beside it, and comments. The order of keys does
        not count, nor does that of rows but in `ORDERED` tables. Computed when it is first asked for.
        """
        return combined(self._digests)

    @cached_property
    def _digests(self) -> dict[str, TableDigest]:
        """Of each table; cases that share a table share its digest (`varied`)."""
        said = {name: value for name, value in self._values().items() if name not in UNSAID}
        return _digests_of({**said, **_beyond(self.changed)})

    def varied(self, **fields: Any) -> "Case":
        """This case with other values of some of its fields; all else is shared with it.

        Whether the tables fit together then is not checked again. A thousand of these cost no more than their rows: the
        hash is computed when it is asked for, and of tables that are shared only once.

        Raises
        ------
        TypeError
            If a case has no field of such a name.

        Examples
        --------
        >>> from tashkent.model.case import load_case
        >>> case = load_case("cst")
        >>> quiet = case.varied(events=case.events[1:])
        >>> quiet.hash != case.hash == quiet.varied(events=case.events).hash
        True
        """
        other = replace(self, **fields)
        new = {name: getattr(other, name) for name in fields if name not in UNSAID}
        beyond = _beyond(other.changed) if "changed" in fields else {}
        other.__dict__["_digests"] = {**self._digests, **_digests_of({**new, **beyond})}
        for name, table in (("law", "statutes"), ("sponsors", "composites")):
            if name in self.__dict__ and table not in fields:
                other.__dict__[name] = self.__dict__[name]
        if "law" in self.__dict__:
            other.law.share(self.law)
        return other

    def _values(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __reduce__(self) -> tuple[type["Case"], tuple[Any, ...]]:
        """Read-only mappings cannot be pickled, so they travel as dictionaries."""
        values = self._values().values()
        return Case, tuple(dict(v) if isinstance(v, Mapping) else v for v in values)

    def __repr__(self) -> str:
        """Short: a case holds thousands of rows."""
        return f"<Case {self.id} {self.hash[:12]}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the title, the months, and how much there is of each table."""
        from pandas import DataFrame

        tables = {
            name: held
            for name, held in self._values().items()
            if isinstance(held, (tuple, Mapping))
            and name not in ("shown", "sources", "theory_files")
        }
        rows = {"table": [*tables], "rows": [len(held) for held in tables.values()]}
        span = f"{month_label(self.start)} to {month_label(self.end)}"
        said = f"<p>{escape(self.title)}, {span}; focal club {escape(self.focus)}</p>\n"
        return said + notebook_html(self, DataFrame(rows))

    @cached_property
    def law(self) -> Law:
        """The statutes, by date."""
        return Law(self.statutes)

    @cached_property
    def terms(self) -> Mapping[str, Term]:
        """The terms of which the case may have weights, by name, in the order in which they are added up.

        Those of the model come first, then those of its files of one's own by name, whatever the order of the files.

        Raises
        ------
        InputError
            If a file of terms of one's own does not run in this process.
        """
        own = {name: term for file in self.theory_files for name, term in terms_in(file).items()}
        return MappingProxyType({**TERMS, **dict(sorted(own.items()))})

    @cached_property
    def state_ids(self) -> tuple[str, ...]:
        """All states, the patron among them, in the order of the file."""
        return tuple(s.state for s in self.states)

    @cached_property
    def state_names(self) -> dict[str, str]:
        """The names of all states by code."""
        return {s.state: s.name for s in self.states}

    @cached_property
    def deciders(self) -> tuple[str, ...]:
        """The states that decide in the model; the patron's seats follow the record."""
        return tuple(s.state for s in self.states if s.role == "decider")

    @cached_property
    def sponsors(self) -> tuple[str, ...]:
        """The roles to which ties are measured, in alphabetical order."""
        found = {c.variable for c in self.composites if c.variable.startswith(TIE)}
        return tuple(sorted(name.removeprefix(TIE) for name in found))

    @cached_property
    def regimes(self) -> tuple[str, ...]:
        """The kinds of regime that a statute or a club names, in alphabetical order."""
        named = [
            *(c.kindred for c in self.clubs.values()),
            *(getattr(s, "breach", ()) for s in self.statutes),
        ]
        return tuple(sorted({regime for names in named for regime in names}))

    def decider(self, text: str, key: str, file: str = "") -> str:
        """The code of a state that decides, from its code or name; `key` and perhaps `file` say where it was asked for.

        Raises
        ------
        InputError
            If it is unknown, or the patron, whose seats follow the record.
        """
        names = {s.state: (s.name,) for s in self.states if s.role == "decider"}
        patron = {s.state: (s.name,) for s in self.states if s.state == self.patron}
        try:
            return meant(file or self.id, key, text, names)
        except InputError as error:
            if _among(text, patron):
                allowed = f"a state that decides; the patron does not, its seats follow the record: {error.allowed}"
                raise InputError(file or self.id, key, text, allowed) from None
            raise

    def state(self, text: str, key: str, file: str = "") -> str:
        """The code of a state, the patron too, from its code or name; `key` and `file` say where it was asked for.

        Raises
        ------
        InputError
            If it is unknown.
        """
        return meant(file or self.id, key, text, {s.state: (s.name,) for s in self.states})

    def club(self, text: str, key: str, file: str = "") -> str:
        """A club, from its code or one of its names; `key` and perhaps `file` say where it was asked for.

        Raises
        ------
        InputError
            If it is unknown.
        """
        names = {code: [n.name for n in club.names] for code, club in self.clubs.items()}
        return meant(file or self.id, key, text, names)

    def sponsor(self, text: str, key: str) -> str:
        """A role to which ties are measured, from the role or, for the patron, its code or name.

        Raises
        ------
        InputError
            If no ties to it are measured.
        """
        names = {s.state: s.name for s in self.states if s.state == self.patron}
        of_patron = {"patron": tuple(part for pair in names.items() for part in pair)}
        return meant(self.id, key, text, {role: of_patron.get(role, ()) for role in self.sponsors})

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
        >>> from tashkent.model.case import load_case
        >>> case = load_case("cst").without("CST-11-term")
        >>> [statute.id for statute in case.statutes if statute.kind == "term"]
        ['CST-P1999', 'BASES-term']
        """
        self._check_statute_ids("without", ids)
        if not ids:
            return self
        return self.varied(statutes=tuple(s for s in self.statutes if s.id not in ids))

    def read_otherwise(self, *ids: str) -> "Case":
        """This case with some of its statutes in the reading that was not taken (`other_reading`).

        Raises
        ------
        InputError
            If the case has no statute of that name, or the statute no other reading.

        Examples
        --------
        >>> from tashkent.model.case import load_case
        >>> case = load_case("cst").read_otherwise("CST-11-term")
        >>> [statute.renewal for statute in case.statutes if statute.kind == "term"]
        ['automatic', 'automatic', 'opt_in']
        """
        self._check_statute_ids("read_otherwise", ids)
        readable = [s.id for s in self.statutes if s.other_reading]
        for name in ids:
            if name not in readable:
                raise unknown("statutes.toml", "read_otherwise: other_reading of", name, readable)
        if not ids:
            return self
        return self.varied(
            statutes=tuple(s.read_otherwise() if s.id in ids else s for s in self.statutes)
        )

    def _check_statute_ids(self, key: str, ids: Iterable[str]) -> None:
        known = [s.id for s in self.statutes]
        for name in ids:
            if name not in known:
                raise unknown("statutes.toml", f"{key}: statute", name, known)

    def month(self, text: str, key: str, file: str = "") -> int:
        """A month of this case, written ``YYYY-MM``; `key` and perhaps `file` say where it was asked for.

        Raises
        ------
        InputError
            If it is not written so, or outside the case.
        """
        try:
            month = parse_month(text)
        except ValueError:
            month = -1
        if month not in self.months:
            span = f"a month from {month_label(self.start)} to {month_label(self.end)}, as YYYY-MM"
            raise InputError(file or self.id, key, text, span)
        return month

    def month_number(self, month: str | int, key: str = "month") -> int:
        """A month of this case as a number (`model.clock`), from ``YYYY-MM`` or the number itself.

        Raises
        ------
        InputError
            If it is neither, or outside the case.
        """
        if isinstance(month, str):
            return self.month(month, key)
        try:  # numbers of any type, numpy's too
            number = operator.index(month)
        except TypeError:
            number = -1
        return number if number in self.months else self.month(month, key)  # type: ignore[arg-type]

    def later_month(self, text: str, key: str, file: str = "") -> int:
        """A month in which states decide: as `month`, and any but the first, which is the initial condition.

        Raises
        ------
        InputError
            As `month` does, and if it is the first.
        """
        month = self.month(text, key, file)
        if month == self.start:
            allowed = f"a month after {month_label(self.start)}, the initial condition"
            raise InputError(file or self.id, key, text, allowed)
        return month

    def start_month(self, text: str, key: str, file: str = "") -> int:
        """A month from whose record runs may start: as `month`, and any but the last.

        Raises
        ------
        InputError
            As `month` does, and if it is the last.
        """
        month = self.month(text, key, file)
        if month == self.end:
            allowed = f"a month before {month_label(self.end)}, the last of the case"
            raise InputError(file or self.id, key, text, allowed)
        return month


@dataclass(frozen=True)
class Changed:
    """What was changed from a case as it is, beyond its tables."""

    #: the case as it is, on whose record parameters are fitted
    of: Case
    orders: tuple[HeldDraw, ...] = ()
    #: parameters that are held at one value in every run
    held: tuple[tuple[str, float], ...] = ()


def _among(text: str, names: Mapping[str, Iterable[str]]) -> bool:
    """Whether a name is meant."""
    try:
        meant("", "", text, names)
    except InputError:
        return False
    return True


def _beyond(changed: Changed | None) -> dict[str, object]:
    """What a counterfactual changes beyond the tables, by name; not what it is a change of."""
    return {name: getattr(changed, name, ()) for name in ("orders", "held")}


def _digests_of(tables: Mapping[str, object]) -> dict[str, TableDigest]:
    """The digests of some tables by name, none of them computed yet."""
    return {name: TableDigest(held, ordered=name in ORDERED) for name, held in tables.items()}
