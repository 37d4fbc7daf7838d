"""Named, frozen lists of patches to a case: what if an event, a rule, an offer, a tie or an act had been another?

A `Counterfactual` is applied to a loaded case and gives a new frozen case with a hash of its own; the case itself
stays as it is. The record is not patched but for the club that is removed: it says what happened, and runs start from
it. Parameters are always those that were fitted to the record of the case as it is.

Counterfactuals come from TOML files, one a file (docs/counterfactual-format.md), or are made in Python.
"""

import hashlib
import tomllib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from tashkent.agents.situation import Floats
from tashkent.agents.terms import TERMS
from tashkent.model import case as case_of
from tashkent.model.case import Bond, Case, Composite, Event, Opening, Parameter, Rivalry
from tashkent.model.clock import parse_month
from tashkent.model.errors import InputError, unknown
from tashkent.model.law import KINDS, AnyStatute, Incompatible, Status, Statute
from tashkent.model.orders import CASES, STREAMS, Changed, Order, proposal

#: the folder of a case that holds its counterfactuals
FOLDER = "counterfactuals"
SUFFIX = ".toml"
#: joins the names of counterfactuals that are applied together
AND = "+"
SCHEMA = 1
#: series that are measured between two states
DYADS = ("rivalry", "bond")

Texts = Annotated[tuple[str, ...], Field(strict=False)]
Months = Annotated[tuple[str, ...], Field(strict=False)]
EventKind = Literal["threat", "tie", "coercion", "credibility", "offer"]
Kinds = Annotated[tuple[EventKind, ...], Field(strict=False)]
RowT = TypeVar("RowT")


class Rescaled(Event):
    """An event whose sign weighs more or less than one."""

    sign: float  # type: ignore[assignment]


class _Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=True
    )


class Patch(_Strict, ABC):
    """One change to a case; the kinds below say what it changes."""

    @abstractmethod
    def change(self, case: Case) -> dict[str, Any]:
        """The fields of the case that come out otherwise.

        Raises
        ------
        InputError
            If the patch names what the case does not have, or changes nothing. File and key are filled in by
            `Counterfactual.apply`.
        """


def _wrong(key: str, value: object, allowed: str, near: str = "") -> InputError:
    return InputError("", key, value, allowed, near)


def _known(key: str, names: Iterable[str], known: Iterable[str]) -> None:
    listed = list(known)
    for name in names:
        if name not in listed:
            raise unknown("", key, name, listed)


def _month(key: str, text: str) -> int:
    try:
        return parse_month(text)
    except ValueError as error:
        raise _wrong(key, text, str(error)) from None


# events --------------------------------------------------------------------------------------------


class _EventPatch(Patch):
    """Rows of one event: all of them, or those of some states, kinds and subjects."""

    event: str
    states: Texts = ()
    kinds: Kinds = ()
    about: Texts = ()

    def _chosen(self, case: Case) -> list[Event]:
        _known("event", [self.event], dict.fromkeys(row.event for row in case.events))
        rows = [row for row in case.events if row.event == self.event]
        for key, column in (("states", "state"), ("kinds", "kind"), ("about", "about")):
            names: tuple[str, ...] = getattr(self, key)
            _known(key, names, dict.fromkeys(getattr(row, column) for row in rows))
            rows = [row for row in rows if not names or getattr(row, column) in names]
        if not rows:
            said = " ".join([*self.states, *self.kinds, *self.about])
            raise _wrong("event", said, f"states, kinds and subjects that {self.event} joins")
        return rows

    def _put(self, case: Case, rows: list[Event], new: list[Event]) -> dict[str, Any]:
        other = {id(row): changed for row, changed in zip(rows, new, strict=True)}
        return {"events": tuple(other.get(id(row), row) for row in case.events)}


class RemoveEvent(_EventPatch):
    """An event does not happen, or not to some states, or in some respects."""

    do: Literal["remove_event"] = "remove_event"

    def change(self, case: Case) -> dict[str, Any]:
        """Without its rows."""
        gone = {id(row) for row in self._chosen(case)}
        return {"events": tuple(row for row in case.events if id(row) not in gone)}


class FlipEvent(_EventPatch):
    """An event has the opposite effect."""

    do: Literal["flip_event"] = "flip_event"

    def change(self, case: Case) -> dict[str, Any]:
        """Its rows with the other sign."""
        rows = self._chosen(case)
        return self._put(case, rows, [r.model_copy(update={"sign": -r.sign}) for r in rows])


class RescaleEvent(_EventPatch):
    """An event weighs `factor` times as much."""

    do: Literal["rescale_event"] = "rescale_event"
    factor: float

    def change(self, case: Case) -> dict[str, Any]:
        """Its rows with another weight."""
        rows = self._chosen(case)
        if self.factor == 1:
            return {}
        new = [Rescaled.model_construct(**{**dict(r), "sign": self.factor * r.sign}) for r in rows]
        return self._put(case, rows, cast("list[Event]", new))


class MoveEvent(_EventPatch):
    """An event happens on another day, or lasts to another; it keeps its length if only `date` is given."""

    do: Literal["move_event"] = "move_event"
    date: case_of.Day | None = None
    date_end: case_of.Day | None = None

    @model_validator(mode="after")
    def _one_day(self) -> "MoveEvent":
        if self.date is None and self.date_end is None:
            raise ValueError("a date or a date_end")
        return self

    def change(self, case: Case) -> dict[str, Any]:
        """Its rows with other days."""
        rows = self._chosen(case)
        return self._put(case, rows, [self._moved(row) for row in rows])

    def _moved(self, row: Event) -> Event:
        first = self.date or row.date
        last = self.date_end
        if last is None and row.date_end is not None:
            try:
                last = row.date_end + (first - row.date)
            except OverflowError:
                raise _wrong(
                    "date", str(first), "a day from which the event ends within the calendar"
                ) from None
        return row.model_copy(update={"date": first, "date_end": last})


class AddEvent(Patch):
    """An event that did not happen: one effect on one or more states."""

    do: Literal["add_event"] = "add_event"
    event: str = Field(min_length=1)
    date: case_of.Day
    date_end: case_of.Day | None = None
    label: str = Field(min_length=1)
    states: Texts = Field(min_length=1)
    kind: EventKind
    about: str
    rival: str = ""
    sign: Literal[-1, 1]

    def change(self, case: Case) -> dict[str, Any]:
        """One row more for each state."""
        rows = [
            Event(
                event=self.event,
                date=self.date,
                date_end=self.date_end,
                precision="day",
                label=self.label,
                state=state,
                kind=self.kind,
                about=self.about,
                rival=self.rival,
                sign=self.sign,
                source="",
                certainty="low",
            )
            for state in self.states
        ]
        return {"events": (*case.events, *rows)}


# law -----------------------------------------------------------------------------------------------


class _StatutePatch(Patch):
    statute: str

    def _old(self, case: Case) -> AnyStatute:
        found = {s.id: s for s in case.statutes}
        _known("statute", [self.statute], found)
        return found[self.statute]

    def _put(self, case: Case, new: Statute) -> dict[str, Any]:
        return {"statutes": tuple(new if s.id == new.id else s for s in case.statutes)}


class RemoveStatute(_StatutePatch):
    """A rule was never made."""

    do: Literal["remove_statute"] = "remove_statute"

    def change(self, case: Case) -> dict[str, Any]:
        """Without it."""
        old = self._old(case)
        return {"statutes": tuple(s for s in case.statutes if s is not old)}


class ReadOtherwise(_StatutePatch):
    """A rule in the reading that was not taken (`other_reading`)."""

    do: Literal["read_otherwise"] = "read_otherwise"

    def change(self, case: Case) -> dict[str, Any]:
        """With the numbers of the other reading."""
        old = self._old(case)
        _known("statute", [old.id], [s.id for s in case.statutes if s.other_reading])
        return self._put(case, old.read_otherwise())


class ChangeStatute(_StatutePatch):
    """A rule has other numbers, dates or words; `drop` names keys that it is without, such as `until`."""

    do: Literal["change_statute"] = "change_statute"
    set: dict[str, Any] = Field(default_factory=dict)
    drop: Texts = ()

    def change(self, case: Case) -> dict[str, Any]:
        """With what is set and without what is dropped."""
        old = self._old(case)
        keys = {field.alias or name for name, field in type(old).model_fields.items()}
        free = sorted(keys - {"id", "club", "kind", "ambiguity", "other_reading"})
        _known(f"{old.id}.set", self.set, free)
        _known(f"{old.id}.drop", self.drop, free)
        table = old.model_dump(by_alias=True, exclude_unset=True)
        table["other_reading"] = dict(old.other_reading)
        kept = {key: value for key, value in table.items() if key not in self.drop}
        return self._put(case, _valid("", f"{old.id}.set", type(old), {**kept, **self.set}))


class AddStatute(Patch):
    """A rule that was never made; a table as in ``statutes.toml``."""

    do: Literal["add_statute"] = "add_statute"
    statute: dict[str, Any]

    def change(self, case: Case) -> dict[str, Any]:
        """With it."""
        kind = self.statute.get("kind")
        _known("statute.kind", [str(kind)], KINDS)
        table = {"text": "Added by a counterfactual.", "source": "counterfactual", **self.statute}
        new = _valid(
            "",
            "statute",
            KINDS[str(kind)],
            {"instrument": "counterfactual", "article": "", **table},
        )
        return {"statutes": (*case.statutes, new)}


# offers --------------------------------------------------------------------------------------------


class OpenClub(Patch):
    """A club is open to some states from a day on."""

    do: Literal["open_club"] = "open_club"
    club: str
    states: Texts = Field(min_length=1)
    from_: date = Field(alias="from")
    until: date | None = None

    def change(self, case: Case) -> dict[str, Any]:
        """Open in these days, and otherwise as before."""
        _check_seats(case, self.club, self.states)
        rows = _without_days(case, self.club, self.states, self.from_, self.until)
        new = [_opening(self.club, state, self.from_, self.until) for state in self.states]
        return {"openness": (*rows, *new)}


class CloseClub(Patch):
    """A club is closed to some states, for good or in some days."""

    do: Literal["close_club"] = "close_club"
    club: str
    states: Texts = Field(min_length=1)
    from_: date = Field(alias="from", default=date.min)
    until: date | None = None

    def change(self, case: Case) -> dict[str, Any]:
        """Closed in these days, and otherwise as before."""
        _check_seats(case, self.club, self.states)
        return {"openness": _without_days(case, self.club, self.states, self.from_, self.until)}


def _opening(club: str, state: str, first: date, until: date | None) -> Opening:
    return Opening(
        club=club, state=state, open_from=first, open_until=until, why="counterfactual", source=""
    )


def _without_days(
    case: Case, club: str, states: tuple[str, ...], first: date, until: date | None
) -> tuple[Opening, ...]:
    """The openings, without some days of a club and states."""
    found: list[Opening] = []
    for row in case.openness:
        if row.club != club or row.state not in states:
            found.append(row)
            continue
        ends = row.open_until or date.max
        if row.open_from < first:
            before = min(ends, first)
            same = row.open_until is not None and row.open_until <= first
            found.append(row if same else row.model_copy(update={"open_until": before}))
        if until is not None and until < ends:
            found.append(row.model_copy(update={"open_from": max(row.open_from, until)}))
    return tuple(found)


def _check_seats(case: Case, club: str, states: Iterable[str]) -> None:
    _known("club", [club], case.clubs)
    _known("states", states, case.deciders)


# measured inputs -----------------------------------------------------------------------------------


class ChangeSeries(Patch):
    """A measured series is higher, lower or another in some states and years: a composite, rivalry or a bond.

    `series` is a variable of ``evidence/composites.csv`` (in standard deviations), or ``rivalry`` or ``bond``, which
    are between `states` and `partners`. Years are years of use, the last included. One of `add`, `scale`, `set` says
    how.
    """

    do: Literal["change_series"] = "change_series"
    series: str
    states: Texts = Field(min_length=1)
    partners: Texts = ()
    first_year: int
    last_year: int
    add: float | None = None
    scale: float | None = None
    set: float | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "ChangeSeries":
        if sum(value is not None for value in (self.add, self.scale, self.set)) != 1:
            raise ValueError("one of add, scale and set")
        if (self.series in DYADS) != bool(self.partners):
            raise ValueError(f"partners for {' and '.join(DYADS)}, and for nothing else")
        return self

    def _new(self, value: float) -> float:
        if self.set is not None:
            return self.set
        return value * self.scale if self.scale is not None else value + (self.add or 0.0)

    def change(self, case: Case) -> dict[str, Any]:
        """With other values in these years."""
        variables = dict.fromkeys(row.variable for row in case.composites)
        _known("series", [self.series], (*variables, *DYADS))
        _known("states", self.states, case.deciders)
        _known("partners", self.partners, case.deciders)
        first, last = case.start // 12, case.end // 12
        for key in ("first_year", "last_year"):
            if not first <= getattr(self, key) <= last:
                raise _wrong(key, getattr(self, key), f"a year from {first} to {last}")
        if self.last_year < self.first_year:
            raise _wrong("last_year", self.last_year, f"not before first_year ({self.first_year})")
        if self.series == "rivalry":
            return {"rivalry": self._dyads(case.rivalry, Rivalry, "rival")}
        if self.series == "bond":
            return {"bonds": self._dyads(case.bonds, Bond, "partner")}
        rows: list[Composite] = []
        for row in case.composites:
            hit = row.variable == self.series and row.state in self.states
            if hit and self.first_year <= row.year <= self.last_year:
                row = row.model_copy(update={"value": self._new(row.value)})
            rows.append(row)
        return {"composites": tuple(rows)}

    def _dyads(
        self, rows: tuple[Any, ...], model: type[Rivalry] | type[Bond], other: str
    ) -> tuple[Any, ...]:
        """Rows of pairs, of which those that are missing stand for 0."""
        table = {(r.state, getattr(r, other), r.year): r for r in rows}
        for state in self.states:
            for partner in self.partners:
                for year in range(self.first_year, self.last_year + 1):
                    key = (state, partner, year)
                    old = table[key].value if key in table else 0.0
                    row = {"state": state, other: partner, "year": year, "value": self._new(old)}
                    if row["value"] != old:
                        table[key] = _valid("", f"{state} {partner} {year}", model, row)
        return tuple(table.values())


# acts and answers ----------------------------------------------------------------------------------


class _ActPatch(Patch):
    """Acts of some states in a club, in the months from `from_` to `until`, the last included."""

    states: Texts = Field(min_length=1)
    club: str
    act: str
    from_: str = Field(alias="from")
    until: str

    def _orders(self, case: Case, happens: bool) -> dict[str, Any]:
        acts = {act.name.lower(): act for act in STREAMS}
        _check_seats(case, self.club, self.states)
        _known("act", [self.act], acts)
        stream, low = STREAMS[acts[self.act]]
        return _ordered(case, [self._order(case, s, stream, low == happens) for s in self.states])

    def _order(self, case: Case, state: str, stream: str, low: bool) -> Order:
        first, last = _month("from", self.from_), _month("until", self.until)
        if last < first:
            raise _wrong("until", self.until, f"not before from ({self.from_})")
        if last <= case.start or first > case.end:
            raise _wrong("from", f"{self.from_} to {self.until}", "months of the case")
        return Order(stream, state, self.club, first, last, low)


class Forbid(_ActPatch):
    """Some states do not do an act, whatever their seats are worth; or the council does not do it to them."""

    do: Literal["forbid"] = "forbid"

    def change(self, case: Case) -> dict[str, Any]:
        """Kept from the act."""
        return self._orders(case, False)


class Force(_ActPatch):
    """Some states do an act as soon as the law allows it, or the council does it to them."""

    do: Literal["force"] = "force"

    def change(self, case: Case) -> dict[str, Any]:
        """Held to the act."""
        return self._orders(case, True)


class Propose(_ActPatch):
    """A case against some states is put to the council for certain: `sanction`, `expel`, `lose_rights`, `end_observer`.

    What the council makes of it is up to its members.
    """

    do: Literal["propose"] = "propose"

    def change(self, case: Case) -> dict[str, Any]:
        """Put to the council at its sessions."""
        acts = {act.name.lower(): act for act in CASES}
        _check_seats(case, self.club, self.states)
        _known("act", [self.act], acts)
        stream = proposal(acts[self.act])
        return _ordered(case, [self._order(case, s, stream, True) for s in self.states])


class Answer(Patch):
    """What the council answers to a need or request of ``requests.csv``: granted or refused, by the members in any run.

    The record's `met` is changed with it, so that runs which start later have learnt of it. What no rule covers stays
    without an answer.
    """

    do: Literal["answer"] = "answer"
    date: case_of.Day
    state: str
    need: Literal["external", "incursion", "stability", "base"]
    grant: bool

    def change(self, case: Case) -> dict[str, Any]:
        """Granted or refused."""
        named = {f"{row.date} {row.state} {row.kind}": row for row in case.requests}
        asked = f"{self.date} {self.state} {self.need}"
        _known("date, state and need", [asked], named)
        row, stream = named[asked], "base" if self.need == "base" else "help"
        month = 12 * self.date.year + self.date.month - 1
        orders = [Order(stream, self.state, c, month, month, not self.grant) for c in case.clubs]
        met = None if row.met is None else self.grant
        new = row.model_copy(update={"met": met})
        requests = tuple(new if other is row else other for other in case.requests)
        return {"requests": requests, **_ordered(case, orders)}


def _ordered(case: Case, orders: list[Order]) -> dict[str, Any]:
    """The case with more orders; of two that contradict each other the later stands."""
    changed = case.changed or Changed(case)
    seats = {(o.stream, o.state, o.club, o.first, o.last) for o in orders}
    kept = [o for o in changed.orders if (o.stream, o.state, o.club, o.first, o.last) not in seats]
    return {"changed": replace(changed, orders=(*kept, *orders))}


# clubs and parameters ------------------------------------------------------------------------------


class RemoveClub(Patch):
    """A club was never founded: without its law, its openings and its record."""

    do: Literal["remove_club"] = "remove_club"
    club: str

    def change(self, case: Case) -> dict[str, Any]:
        """Without it."""
        _known("club", [self.club], [name for name in case.clubs if name != case.focus])
        statutes = tuple(self._forgotten(s) for s in case.statutes if s.club != self.club)
        return {
            "clubs": {name: club for name, club in case.clubs.items() if name != self.club},
            "statutes": statutes,
            "openness": tuple(row for row in case.openness if row.club != self.club),
            "record": tuple(row for row in case.record if row.club != self.club),
            "changed": case.changed and self._without_orders(case.changed),
        }

    def _without_orders(self, changed: Changed) -> Changed:
        return replace(
            changed, orders=tuple(order for order in changed.orders if order.club != self.club)
        )

    def _forgotten(self, statute: AnyStatute) -> AnyStatute:
        """A rule on other clubs without this one, in both of its readings."""
        if not isinstance(statute, Incompatible):
            return statute
        own = {key: self._others(getattr(statute, key)) for key in ("bars", "suspects")}
        other = tuple((key, self._others(names)) for key, names in statute.other_reading)
        return statute.model_copy(update={**own, "other_reading": other})

    def _others(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name != self.club)


class ChangeParameter(Patch):
    """A parameter is another: one `value` in every run, or another prior (`mean`, `sd`) if it is not fitted."""

    do: Literal["change_parameter"] = "change_parameter"
    parameter: str
    value: float | None = None
    mean: float | None = None
    sd: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_way(self) -> "ChangeParameter":
        if (self.value is None) == (self.mean is None and self.sd is None):
            raise ValueError("either value, or mean and sd or one of them")
        return self

    def change(self, case: Case) -> dict[str, Any]:
        """With another value or prior. A weight whose term a theory leaves out stays out."""
        name = self.parameter
        if name in TERMS and name not in case.parameters:
            return {}
        _known("parameter", [name], case.parameters)
        old = case.parameters[name]
        if self.value is None and (old.role == "fixed" or name in case.fitted):
            said = "a fixed parameter" if old.role == "fixed" else "a parameter that is fitted"
            raise _wrong(name, "mean or sd", f"a value, for {said}")
        mean = self.value if self.value is not None else self.mean
        update: dict[str, Any] = {} if mean is None else {"mean": mean}
        if self.sd is not None:
            update["sd"] = self.sd
        new: Parameter = old.model_copy(update=update)
        changed: dict[str, Any] = {"parameters": {**case.parameters, name: new}}
        if self.value is not None and old.role != "fixed":
            before = case.changed or Changed(case)
            held = {**dict(before.held), name: self.value}
            changed["changed"] = replace(before, held=tuple(sorted(held.items())))
        return changed


#: kind of patch -> class
PATCHES: dict[str, type[Patch]] = {
    kind.model_fields["do"].default: kind
    for kind in (
        RemoveEvent,
        AddEvent,
        MoveEvent,
        FlipEvent,
        RescaleEvent,
        RemoveStatute,
        ChangeStatute,
        ReadOtherwise,
        AddStatute,
        OpenClub,
        CloseClub,
        ChangeSeries,
        Forbid,
        Force,
        Propose,
        Answer,
        RemoveClub,
        ChangeParameter,
    )
}
#: table of a case -> what checks it once it is patched
_CHECKS = {
    "clubs": case_of._check_clubs,
    "openness": case_of._check_openness,
    "statutes": case_of._check_statutes,
    "requests": case_of._check_requests,
    "events": case_of._check_events,
    "composites": case_of._check_evidence,
    "rivalry": case_of._check_evidence,
    "bonds": case_of._check_evidence,
}


# the whole -----------------------------------------------------------------------------------------


class Outcome(_Strict):
    """What to look at, and the direction that the sources imply for it.

    `status` is ``in`` for a seat in the club, or a status as the record writes it.
    """

    state: str
    club: str
    month: str
    status: str = "in"
    direction: Literal["up", "down", "none"]
    #: whose reasoning it is: the sources' own, general knowledge, or both
    whose: Literal["seed", "GK", "both"]
    why: str = ""


class Counterfactual(_Strict):
    """A question "what if", as a named list of patches to a case.

    Parameters
    ----------
    id, title, question
        Its name, what it changes in a few words, and what it asks.
    patches
        The changes, in the order in which they are made.
    starts
        Months ``YYYY-MM`` from whose record it is asked; the start of the case by default.
    outcomes
        What to look at, and which direction is implied by whom.
    lesson
        A paragraph for where model and sources part.
    source
        Where question and directions come from.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> case = load_case("cst")
    >>> quiet = Counterfactual(id="quiet", patches=(RemoveEvent(event="E031"),))
    >>> changed = quiet.apply(case)
    >>> len(case.events) - len(changed.events), changed.hash != case.hash
    (3, True)
    """

    id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_.+-]*$")
    title: str = ""
    question: str = ""
    starts: Months = ()
    outcomes: tuple[Outcome, ...] = Field(default=(), alias="outcome", strict=False)
    patches: tuple[Patch, ...] = Field(alias="patch", min_length=1)
    lesson: str = ""
    source: str = ""

    def __add__(self, other: "Counterfactual") -> "Counterfactual":
        """Both together, this one first. Where they patch different things the order does not matter."""
        titles = [title for title in (self.title, other.title) if title]
        questions = [question for question in (self.question, other.question) if question]
        return Counterfactual(
            id=f"{self.id}{AND}{other.id}",
            title="; ".join(titles),
            question=" ".join(questions),
            starts=tuple(sorted({*self.starts, *other.starts})),
            patches=(*self.patches, *other.patches),
            source="; ".join(dict.fromkeys(filter(None, (self.source, other.source)))),
        )

    def apply(self, case: Case) -> Case:
        """The case with the patches made, frozen, with a hash of its own.

        Choose a theory first (`model.theory`): a weight that the theory leaves out cannot be changed and stays out.

        Raises
        ------
        InputError
            If a patch names what the case does not have, makes a table that does not hold together, or changes nothing.
        """
        file = f"{self.id}{SUFFIX}"
        patched = case
        for number, patch in enumerate(self.patches, start=1):
            name = f"patch {number} ({PATCH_NAMES[type(patch)]})"
            try:
                patched = _patched(patched, patch)
            except InputError as error:
                key = f"{name}: {error.key}"
                raise InputError(file, key, error.value, error.allowed, error.near) from None
        if _differences(case, patched) == []:
            raise InputError(file, "patch", "no change", "patches that change the case together")
        of = case.changed.of if case.changed else case
        changed = patched.changed or Changed(of)
        digest = hashlib.sha256("\0".join([of.hash, *_differences(of, patched)]).encode())
        result = replace(patched, changed=replace(changed, of=of), hash=digest.hexdigest())
        result.law.share(of.law)
        self._check_months(result)
        return result

    def _check_months(self, case: Case) -> None:
        """Starts, and what to look at, exist in the case."""
        file = f"{self.id}{SUFFIX}"
        for text in self.starts:
            try:
                month = case.month(text, "starts")
            except InputError as error:
                raise InputError(file, "starts", text, error.allowed) from None
            if month == case.end:
                raise InputError(file, "starts", text, "a month before the last of the case")
        for outcome in self.outcomes:
            statuses = ("in", *(status.name.lower() for status in Status))
            try:
                _known("outcome.state", [outcome.state], case.deciders)
                clubs = case.clubs if case.changed is None else case.changed.of.clubs
                _known("outcome.club", [outcome.club], clubs)
                _known("outcome.status", [outcome.status], statuses)
                case.month(outcome.month, "outcome.month")
            except InputError as error:
                raise InputError(file, error.key, error.value, error.allowed, error.near) from None


PATCH_NAMES = {kind: name for name, kind in PATCHES.items()}


def _patched(case: Case, patch: Patch) -> Case:
    changes = patch.change(case)
    left_out = isinstance(patch, ChangeParameter) and not changes
    patched = replace(case, **changes)
    if not left_out and not _differences(case, patched):
        raise _wrong("change", "nothing", "a patch that changes something")
    for check in dict.fromkeys(_CHECKS[table] for table in changes if table in _CHECKS):
        check(patched)
    if "parameters" in changes and patched.role("weight"):
        case_of._check_parameters(patched)
    return patched


def _differences(old: Case, new: Case) -> list[str]:
    """What was added to and taken from the tables, as text, in an order that does not depend on that of the patches."""
    found: list[str] = []
    for field in fields_of(Case):
        if field.name in ("hash", "changed", "path"):
            continue
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before is after:
            continue
        if isinstance(before, Mapping):
            before, after = tuple(before.items()), tuple(after.items())
        if isinstance(before, tuple):
            kept = {id(row) for row in before} & {id(row) for row in after}
            gone = [repr(row) for row in before if id(row) not in kept]
            come = [repr(row) for row in after if id(row) not in kept]
            for text in list(gone):
                if text in come:
                    gone.remove(text)
                    come.remove(text)
            found += [f"{field.name} - {text}" for text in gone]
            found += [f"{field.name} + {text}" for text in come]
    changes = [c.changed for c in (old, new)]
    if changes[0] is not changes[1] and changes[1] is not None:
        orders = set(changes[0].orders) if changes[0] else set()
        held = set(changes[0].held) if changes[0] else set()
        found += [f"order {order}" for order in changes[1].orders if order not in orders]
        found += [f"held {pair}" for pair in changes[1].held if pair not in held]
    return sorted(found)


def parameters_of(case: Case, draws: Mapping[str, Floats]) -> dict[str, Floats]:
    """The draws of the case as it is, as a counterfactual has them: held at a value, or of another prior.

    A parameter of another prior keeps the standard normal numbers of its draws, so runs stay paired.

    Raises
    ------
    InputError
        If the theory was changed after the counterfactual was applied.
    """
    if case.changed is None:
        return dict(draws)
    of, held = case.changed.of, dict(case.changed.held)
    if set(of.drawn) != set(case.drawn):
        allowed = "the theory first, then the counterfactual"
        raise InputError(case.id, "theory", "chosen after a counterfactual", allowed)
    found = {}
    for name, values in draws.items():
        old, new = of.parameters[name], case.parameters[name]
        if name in held:
            found[name] = np_full(values, held[name])
        elif new != old and old.sd and new.sd:
            found[name] = new.mean + new.sd * (values - old.mean) / old.sd
        else:
            found[name] = values
    return found


def np_full(like: Floats, value: float) -> Floats:
    """An array of one value, of the shape of another."""
    return like * 0.0 + value


# files ---------------------------------------------------------------------------------------------


def load_counterfactual(name: str, case: Case) -> Counterfactual:
    """A counterfactual of the case by name, or of a TOML file by path; several joined by ``+``.

    Raises
    ------
    InputError
        If there is none of that name, or the file cannot be used.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> load_counterfactual("CF1", load_case("cst")).title
    'No bombs in Tashkent'
    """
    found = None
    for part in name.split(AND):
        one = _load_one(part.strip(), case)
        found = one if found is None else found + one
    assert found is not None
    return found


def _load_one(name: str, case: Case) -> Counterfactual:
    if name.endswith(SUFFIX):
        return read_counterfactual(Path(name))
    shipped = {path.stem: path for path in sorted((case.path / FOLDER).glob(f"*{SUFFIX}"))}
    if name not in shipped:
        allowed = ", ".join(by_number(shipped)) or "none"
        near = unknown("", "", name, shipped).near
        raise InputError(
            "counterfactual", "name or file", name, f"{allowed}, or a file{SUFFIX}", near
        )
    return read_counterfactual(shipped[name])


def shipped_counterfactuals(case: Case) -> tuple[Counterfactual, ...]:
    """The counterfactuals in the folder of a case, by number."""
    paths = {path.stem: path for path in (case.path / FOLDER).glob(f"*{SUFFIX}")}
    return tuple(read_counterfactual(paths[name]) for name in by_number(paths))


def by_number(names: Iterable[str]) -> list[str]:
    """Names in the order in which people count: CF2 before CF10."""
    import re

    return sorted(
        names, key=lambda n: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", n)]
    )


def read_counterfactual(path: Path) -> Counterfactual:
    """A counterfactual from a TOML file; see docs/counterfactual-format.md.

    Raises
    ------
    InputError
        If the file is missing, or anything in it is missing, misspelt or of the wrong kind.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        allowed = f"a file that can be read ({error.strerror})"
        raise InputError("counterfactual", "file", str(path), allowed) from None
    except UnicodeDecodeError as error:
        raise InputError(path.name, "syntax", str(error), "TOML 1.0") from None
    found = parse_counterfactual(text, path.name)
    if found.id != path.stem:
        raise InputError(path.name, "id", found.id, f"the name of the file ({path.stem})")
    return found


def parse_counterfactual(text: str, file: str) -> Counterfactual:
    """A counterfactual from the text of a TOML file, whose name serves for complaints.

    Raises
    ------
    InputError
        If anything in the text is missing, misspelt or of the wrong kind.

    Examples
    --------
    >>> parse_counterfactual(
    ...     'id = "q"\\n[[patch]]\\ndo = "remove_club"\\nclub = "GUAM"', "q.toml"
    ... ).patches
    (RemoveClub(do='remove_club', club='GUAM'),)
    """
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(file, "syntax", str(error), "TOML 1.0") from None
    schema = table.pop("schema", SCHEMA)
    if type(schema) is not int or schema != SCHEMA:
        raise InputError(file, "schema", schema, str(SCHEMA))
    patches = table.get("patch")
    if not isinstance(patches, list) or not patches:
        said = "missing" if patches is None else patches
        raise InputError(file, "patch", said, "one table at least, each under [[patch]]")
    table["patch"] = tuple(_patch(file, n, row) for n, row in enumerate(patches, start=1))
    found: Counterfactual = _valid(file, "counterfactual", Counterfactual, table)
    return found


def _patch(file: str, number: int, row: object) -> Patch:
    key = f"patch {number}"
    if not isinstance(row, dict):
        raise InputError(file, key, row, "a table under [[patch]]")
    do = row.get("do", "missing")
    if do not in PATCHES:
        raise unknown(file, f"{key}.do", do, PATCHES)
    return cast(Patch, _valid(file, f"{key} ({do})", PATCHES[do], row))


def _valid(file: str, key: str, model: Any, value: object) -> Any:
    try:
        return TypeAdapter(model).validate_python(value)
    except ValidationError as error:
        # a misspelt key is unknown and missing at once: the first of the two has a nearest name
        found = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        raise case_of._as_case_error(file, key, found[0], model) from None
