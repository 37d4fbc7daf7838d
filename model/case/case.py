"""The case: what the tables hold, frozen, and what a counterfactual changes beyond them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

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
from tashkent.model.errors import InputError, unknown
from tashkent.model.law import Law
from tashkent.model.statutes import AnyStatute


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
        >>> from tashkent.model.case import load_case
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
        >>> from tashkent.model.case import load_case
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


@dataclass(frozen=True)
class Changed:
    """What was changed from a case as it is, beyond its tables."""

    #: the case as it is, on whose record parameters are fitted
    of: Case
    orders: tuple[HeldDraw, ...] = ()
    #: parameters that are held at one value in every run
    held: tuple[tuple[str, float], ...] = ()
