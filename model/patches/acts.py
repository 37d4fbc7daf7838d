"""Patches to acts and answers: what states do for certain or not at all, and what the council answers."""

from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from tashkent.model.case import Case
from tashkent.model.case.case import Changed, HeldDraw
from tashkent.model.case.tables import Day
from tashkent.model.patches.patch import Patch, Texts, check_known, check_seats, month_from, refused
from tashkent.model.streams import COUNCIL_CASES, STREAMS, proposal


class _ActPatch(Patch):
    """Acts of some states in a club, in the months from `from_` to `until`, the last included."""

    states: Texts = Field(min_length=1)
    club: str
    act: str
    from_: str = Field(alias="from")
    until: str

    def _orders(self, case: Case, happens: bool) -> dict[str, Any]:
        acts = {act.name.lower(): act for act in STREAMS}
        check_seats(case, self.club, self.states)
        check_known("act", [self.act], acts)
        stream, low = STREAMS[acts[self.act]]
        return _ordered(case, [self._order(case, s, stream, low == happens) for s in self.states])

    def _order(self, case: Case, state: str, stream: str, low: bool) -> HeldDraw:
        first, last = month_from("from", self.from_), month_from("until", self.until)
        if last < first:
            raise refused("until", self.until, f"not before from ({self.from_})")
        if last <= case.start or first > case.end:
            raise refused("from", f"{self.from_} to {self.until}", "months of the case")
        return HeldDraw(stream, state, self.club, first, last, low)


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
        acts = {act.name.lower(): act for act in COUNCIL_CASES}
        check_seats(case, self.club, self.states)
        check_known("act", [self.act], acts)
        stream = proposal(acts[self.act])
        return _ordered(case, [self._order(case, s, stream, True) for s in self.states])


class Answer(Patch):
    """What the council answers to a need or request of ``requests.csv``: granted or refused, by the members in any run.

    The record's `met` is changed with it, so that runs which start later have learnt of it. What no rule covers stays
    without an answer.
    """

    do: Literal["answer"] = "answer"
    date: Day
    state: str
    need: Literal["external", "incursion", "stability", "base"]
    grant: bool

    def change(self, case: Case) -> dict[str, Any]:
        """Granted or refused."""
        named = {f"{row.date} {row.state} {row.kind}": row for row in case.requests}
        asked = f"{self.date} {self.state} {self.need}"
        check_known("date, state and need", [asked], named)
        row, stream = named[asked], "base" if self.need == "base" else "help"
        month = 12 * self.date.year + self.date.month - 1
        orders = [HeldDraw(stream, self.state, c, month, month, not self.grant) for c in case.clubs]
        met = None if row.met is None else self.grant
        new = row.model_copy(update={"met": met})
        requests = tuple(new if other is row else other for other in case.requests)
        return {"requests": requests, **_ordered(case, orders)}


def _ordered(case: Case, orders: list[HeldDraw]) -> dict[str, Any]:
    """The case with more orders; of two that contradict each other the later stands."""
    changed = case.changed or Changed(case)
    seats = {(o.stream, o.state, o.club, o.first, o.last) for o in orders}
    kept = [o for o in changed.orders if (o.stream, o.state, o.club, o.first, o.last) not in seats]
    return {"changed": replace(changed, orders=(*kept, *orders))}
