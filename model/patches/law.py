"""Patches to law and offers: statutes, to whom a club is open, and clubs that were never founded."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, Literal

from pydantic import Field

from tashkent.model.case import Case
from tashkent.model.case.case import Changed
from tashkent.model.case.tables import Opening
from tashkent.model.patches.patch import Patch, Texts, check_known, check_seats
from tashkent.model.reading import validated
from tashkent.model.statutes import KINDS, AnyStatute, Incompatible, Statute


class _StatutePatch(Patch):
    statute: str

    def _old(self, case: Case) -> AnyStatute:
        found = {s.id: s for s in case.statutes}
        check_known("statute", [self.statute], found)
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
        check_known("statute", [old.id], [s.id for s in case.statutes if s.other_reading])
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
        check_known(f"{old.id}.set", self.set, free)
        check_known(f"{old.id}.drop", self.drop, free)
        table = old.model_dump(by_alias=True, exclude_unset=True)
        table["other_reading"] = dict(old.other_reading)
        kept = {key: value for key, value in table.items() if key not in self.drop}
        return self._put(case, validated(type(old), {**kept, **self.set}, "", f"{old.id}.set"))


class AddStatute(Patch):
    """A rule that was never made; a table as in ``statutes.toml``."""

    do: Literal["add_statute"] = "add_statute"
    statute: dict[str, Any]

    def change(self, case: Case) -> dict[str, Any]:
        """With it."""
        kind = self.statute.get("kind")
        check_known("statute.kind", [str(kind)], KINDS)
        table = {"text": "Added by a counterfactual.", "source": "counterfactual", **self.statute}
        new = validated(
            KINDS[str(kind)],
            {"instrument": "counterfactual", "article": "", **table},
            "",
            "statute",
        )
        return {"statutes": (*case.statutes, new)}


class OpenClub(Patch):
    """A club is open to some states from a day on."""

    do: Literal["open_club"] = "open_club"
    club: str
    states: Texts = Field(min_length=1)
    from_: date = Field(alias="from")
    until: date | None = None

    def change(self, case: Case) -> dict[str, Any]:
        """Open in these days, and otherwise as before."""
        check_seats(case, self.club, self.states)
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
        check_seats(case, self.club, self.states)
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


class RemoveClub(Patch):
    """A club was never founded: without its law, its openings and its record."""

    do: Literal["remove_club"] = "remove_club"
    club: str

    def change(self, case: Case) -> dict[str, Any]:
        """Without it."""
        check_known("club", [self.club], [name for name in case.clubs if name != case.focus])
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
