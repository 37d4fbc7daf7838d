"""Patches to dated events: one is removed, added, moved, turned round, or weighs more or less."""

from typing import Annotated, Any, Literal, cast

from pydantic import Field, model_validator

from tashkent.model.case import Case
from tashkent.model.case.tables import LARGEST, Day, Event
from tashkent.model.patches.patch import Number, Patch, Texts, check_known, refused

EventKind = Literal["threat", "tie", "coercion", "credibility", "offer", "regime"]
Kinds = Annotated[tuple[EventKind, ...], Field(strict=False)]


class Rescaled(Event):
    """An event whose sign weighs more or less than one."""

    sign: float  # type: ignore[assignment]


class _EventPatch(Patch):
    """Rows of one event: all of them, or those of some states, kinds and subjects."""

    event: str
    states: Texts = ()
    kinds: Kinds = ()
    about: Texts = ()

    def _chosen(self, case: Case) -> list[Event]:
        check_known("event", [self.event], dict.fromkeys(row.event for row in case.events))
        rows = [row for row in case.events if row.event == self.event]
        for key, column in (("states", "state"), ("kinds", "kind"), ("about", "about")):
            names: tuple[str, ...] = getattr(self, key)
            check_known(key, names, dict.fromkeys(getattr(row, column) for row in rows))
            rows = [row for row in rows if not names or getattr(row, column) in names]
        if not rows:
            said = " ".join([*self.states, *self.kinds, *self.about])
            raise refused("event", said, f"states, kinds and subjects that {self.event} joins")
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
    factor: Number

    def change(self, case: Case) -> dict[str, Any]:
        """Its rows with another weight.

        Raises
        ------
        InputError
            If an event would weigh more than a thousand times as much.
        """
        rows = self._chosen(case)
        if self.factor == 1:
            return {}
        for row in rows:
            if abs(self.factor * row.sign) > LARGEST:
                allowed = f"a factor by which no event weighs more than {LARGEST:g} times as much"
                raise refused("factor", self.factor, allowed)
        new = [Rescaled.model_construct(**{**dict(r), "sign": self.factor * r.sign}) for r in rows]
        return self._put(case, rows, cast("list[Event]", new))


class MoveEvent(_EventPatch):
    """An event happens on another day, or lasts to another; it keeps its length if only `date` is given."""

    do: Literal["move_event"] = "move_event"
    date: Day | None = None
    date_end: Day | None = None

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
                raise refused(
                    "date", str(first), "a day from which the event ends within the calendar"
                ) from None
        return row.model_copy(update={"date": first, "date_end": last})


class AddEvent(Patch):
    """An event that did not happen: one effect on one or more states."""

    do: Literal["add_event"] = "add_event"
    event: str = Field(min_length=1)
    date: Day
    date_end: Day | None = None
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
