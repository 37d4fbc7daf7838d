"""Coding of dated events: what happened becomes rows of `events.csv` by one rule for each kind, alike for all states.

A case says in `evidence/happenings.csv` what happened, where and when, and of which kind it is. Its codebook, a module
beside it, holds the rules: which states get a row, of what, with which sign and for how long (docs/codebook.md). What
all cases share stands here; the rules that name a sponsor or a threat of one case alone stand with that case.
"""

import csv
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field

from tashkent.model.case.tables import Day, TableRow
from tashkent.model.errors import InputError, unknown
from tashkent.model.evidence import world
from tashkent.model.reading import csv_rows, file_text, one_of

HAPPENINGS = "happenings.csv"
COLUMNS = (
    "event",
    "date",
    "date_end",
    "precision",
    "label",
    "state",
    "kind",
    "about",
    "rival",
    "sign",
    "source",
    "certainty",
)
#: what happens on a day or within a year is on everybody's mind for so many years
ACUTE_YEARS = 1
#: at most this on V-Dem's index of electoral democracy, an incumbent has reason to fear an overthrow next door
NO_DEMOCRACY = 0.5


@dataclass(frozen=True)
class Row:
    """One effect on one state."""

    state: str
    kind: str
    about: str
    sign: int
    rival: str = ""
    #: it lasts as long as the happening; otherwise it is seen once
    lasts: bool = True
    #: it begins when the happening ends: what comes of it
    after: bool = False


class Happening(TableRow):
    """A line of happenings.csv: `place` names states with a bar between several."""

    event: str = Field(min_length=1)
    date: Day
    date_end: Day | None = None
    precision: Literal["day", "month", "year"]
    label: str = Field(min_length=1)
    kind: str
    place: str
    other: str = ""
    source: str
    certainty: Literal["high", "medium", "low"]

    @property
    def places(self) -> tuple[str, ...]:
        """The states where it happens."""
        return tuple(filter(None, self.place.split("|")))

    def wrong(self, key: str, allowed: str) -> InputError:
        """The refusal of what stands under a key of this line."""
        return InputError(HAPPENINGS, f"{self.event}.{key}", str(getattr(self, key)), allowed)


@dataclass(frozen=True)
class Facts:
    """What rules may ask: who decides, who borders whom, how free a state is, where it leans; a year before."""

    deciders: tuple[str, ...]
    threats: tuple[str, ...]
    borders: dict[int, set[frozenset[str]]]
    democracy: dict[tuple[str, int], float]
    tie: dict[tuple[str, str, int], float]

    def neighbours(self, place: str, year: int) -> list[str]:
        """Deciding states with a land border to a place."""
        known = self.borders[max(y for y in self.borders if y <= max(year - 1, min(self.borders)))]
        return [s for s in self.deciders if frozenset((s, place)) in known]

    def unfree(self, h: Happening) -> list[str]:
        """Deciding states that were no electoral democracies in the year before.

        Raises
        ------
        InputError
            If that year is not measured.
        """
        year = h.date.year - 1
        if any((state, year) not in self.democracy for state in self.deciders):
            raise h.wrong("date", "a day of a year after one whose democracy is measured")
        return [s for s in self.deciders if self.democracy[s, year] <= NO_DEMOCRACY]


Rule = Callable[[Happening, Facts], Iterator[Row]]


@dataclass(frozen=True)
class Kind:
    """A kind of happening: its rule, and what a line of it must say."""

    rule: Rule
    #: what stands in `other`: a deciding state that is no place of it, a threat, or nothing
    other: Literal["", "state", "threat"] = ""
    #: it has one place (a pair of states), several, or none
    places: Literal["one", "some", "none"] = "some"
    #: something stands after the day: without an end it lasts to the end of the case
    standing: bool = False
    #: the codebook calls it a choice whom it concerns: less sure than that it happened
    choice: bool = False


@dataclass
class Codebook:
    """The rules of one case, by kind, and the folder of its evidence.

    Examples
    --------
    >>> from tashkent.model.cases.cst.evidence.coding import BOOK
    >>> len(BOOK.code()) == len(BOOK.events())
    True
    """

    folder: Path
    #: the first year whose columns are looked at
    first_year: int = world.FIRST_YEAR
    kinds: dict[str, Kind] = field(default_factory=dict)

    def rule(
        self,
        other: Literal["", "state", "threat"] = "",
        places: Literal["one", "some", "none"] = "some",
        standing: bool = False,
        choice: bool = False,
    ) -> Callable[[Rule], Rule]:
        """Register the rule of a kind under its name, with what a line of the kind must say."""

        def registered(function: Rule) -> Rule:
            self.kinds[function.__name__] = Kind(function, other, places, standing, choice)
            return function

        return registered

    def shared(self, *rules: Rule) -> None:
        """Take rules that other cases have too."""
        for function in rules:
            self.kinds[function.__name__] = SHARED[function.__name__]

    def events(self) -> list[dict[str, str]]:
        """The rows of events.csv as they stand."""
        return _lines(self.folder.parent / "events.csv")

    def until(self, h: Happening, row: Row) -> date | None:
        """How long a row acts: as long as what it codes, a year at least, and open where that lasts.

        What is marked as acute by its end, or happened on a day and left nothing standing, acts a year. What is seen
        once has no end, as it fades by itself. Who rules is no fear that lingers: it ends on its day.
        """
        if row.kind == "regime":
            return h.date_end
        if not row.lasts or (h.date_end is None and self.kinds[h.kind].standing):
            return None
        least = years_after(since(h, row), ACUTE_YEARS)
        return max(least, h.date_end) if h.date_end else least

    def read_happenings(self, path: Path | None = None) -> tuple[Happening, ...]:
        """The lines of happenings.csv, in their order, each as its kind needs it.

        Raises
        ------
        InputError
            If a line cannot be read, or does not say what the rule of its kind asks for.
        """
        path = path or self.folder / HAPPENINGS
        found = csv_rows(file_text(path, HAPPENINGS), HAPPENINGS, Happening)
        for h in found:
            kind = self.kinds[one_of(HAPPENINGS, f"{h.event}.kind", h.kind, self.kinds)]
            if kind.places == "none" and h.place:
                raise h.wrong("place", f"nothing, for {h.kind} has no place")
            if kind.places == "one" and len(h.places) != 1:
                raise h.wrong("place", "one state")
            if kind.places != "none" and (not h.places or len(set(h.places)) < len(h.places)):
                raise h.wrong("place", "states, each once, '|' between them")
            if h.other and not kind.other:
                raise h.wrong("other", f"nothing, for the rule of {h.kind} asks for no other")
            if h.date_end is not None and h.date_end < h.date:
                raise h.wrong("date_end", f"a day from {h.date} on")
            if max(h.date, h.date_end or h.date).year + ACUTE_YEARS > date.max.year:
                raise h.wrong("date", f"a year before {date.max.year}")
        return found

    @cached_property
    def facts(self) -> Facts:
        """The measured columns that rules ask."""
        states = _lines(self.folder.parent / "states.csv")
        threats = (self.folder.parent / "threats.toml").read_text(encoding="utf-8")
        borders: dict[int, set[frozenset[str]]] = {}
        for pair in world.table("borders").itertuples():
            for year in range(max(pair.from_year, self.first_year), pair.to_year + 1):
                borders.setdefault(year, set()).add(frozenset((pair.state_a, pair.state_b)))
        measured = world.table("state_year").dropna(subset="v2x_polyarchy")
        measured = measured[measured["year"] >= self.first_year]
        return Facts(
            tuple(r["state"] for r in states if r["role"] == "decider"),
            tuple(tomllib.loads(threats)),
            borders,
            {(r.state, r.year): float(r.v2x_polyarchy) for r in measured.itertuples()},
            {
                (r["variable"], r["state"], int(r["year"])): float(r["value"])
                for r in _lines(self.folder / "composites.csv")
                if r["variable"].startswith("tie_")
            },
        )

    def code(self, path: Path | None = None) -> list[dict[str, str]]:
        """All rows of events.csv, by date and in the order of happenings.

        Raises
        ------
        InputError
            If a line of happenings.csv cannot be read or coded.
        """
        facts, rows = self.facts, []
        for h in self.read_happenings(path):
            kind = self.kinds[h.kind]
            if kind.other:
                others = [state for state in facts.deciders if state not in h.places]
                known = others if kind.other == "state" else facts.threats
                one_of(HAPPENINGS, f"{h.event}.other", h.other, known)
            for row in kind.rule(h, facts):
                if row.state not in facts.deciders:
                    raise unknown(HAPPENINGS, f"{h.event}.place", row.state, facts.deciders)
                rows.append(self.as_event(h, row))
        return sorted(rows, key=lambda r: r["date"])

    def certainty(self, h: Happening, row: Row) -> str:
        """How sure a row is: less than its happening where the codebook calls its kind, or what it is about, a choice.

        What was seen of promises rests on a source that says that it was seen.
        """
        if row.kind == "credibility" and h.source == "GK":
            return "low"
        if self.kinds[h.kind].choice and h.certainty == "high":
            return "medium"
        return h.certainty

    def as_event(self, h: Happening, row: Row) -> dict[str, str]:
        """A row of events.csv, by column."""
        end = self.until(h, row)
        return {
            "event": h.event,
            "date": since(h, row).isoformat(),
            "date_end": end.isoformat() if end else "",
            "precision": h.precision,
            "label": h.label,
            "state": row.state,
            "kind": row.kind,
            "about": row.about,
            "rival": row.rival,
            "sign": str(row.sign),
            "source": h.source,
            "certainty": self.certainty(h, row),
        }

    def main(self) -> None:
        """Rewrite events.csv; a line that cannot be coded is said, with exit code 2."""
        try:
            rows = self.code()
        except InputError as error:
            print(f"error: {error}", file=sys.stderr)
            sys.exit(2)
        with (self.folder.parent / "events.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        print(f"events.csv: {len(rows)} rows")


def since(h: Happening, row: Row) -> date:
    """When a row begins: with what happens, or with its end."""
    return h.date_end if row.after and h.date_end else h.date


def years_after(day: date, years: int) -> date:
    """The same day so many years on; the first of March for a day that that year does not have."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def upon(h: Happening, *effects: tuple[str, str, int]) -> Iterator[Row]:
    """Some effects (kind, what they are about, sign) on every state where something happens."""
    for state in h.places:
        for kind, about, sign in effects:
            yield Row(state, kind, about, sign)


def war_at_home(h: Happening, facts: Facts) -> Iterator[Row]:
    """A war on own soil threatens the state on whose soil it is fought, while it is fought."""
    yield from upon(h, ("threat", h.other, 1))


def war_next_door(h: Happening, facts: Facts) -> Iterator[Row]:
    """Armed movements on a land threaten it and every state with a land border to it, while they hold ground there."""
    for place in h.places:
        for state in (place, *facts.neighbours(place, h.date.year)):
            if state in facts.deciders:
                yield Row(state, "threat", "insurgency", 1)


def incursion(h: Happening, facts: Facts) -> Iterator[Row]:
    """Armed bands from abroad threaten the states they enter and all with a land border to these."""
    reached = set(h.places)
    for place in h.places:
        reached |= set(facts.neighbours(place, h.date.year))
    for state in sorted(reached):
        yield Row(state, "threat", "insurgency", 1)


def war_between(h: Happening, facts: Facts) -> Iterator[Row]:
    """Fighting between two states makes each the other's rival."""
    (state,) = h.places
    yield Row(state, "threat", "rivalry", 1, h.other)
    yield Row(h.other, "threat", "rivalry", 1, state)


def shelter(h: Happening, facts: Facts) -> Iterator[Row]:
    """A state that shelters the armed opponents of another: rivals, both ways, as in the measured dyads."""
    (host,) = h.places
    yield Row(h.other, "threat", "rivalry", 1, host)
    yield Row(host, "threat", "rivalry", 1, h.other)


def violence_at_home(h: Happening, facts: Facts) -> Iterator[Row]:
    """An attempt on the head of state, a seizure of government or parliament, or 25 deaths in a clash at home."""
    yield from upon(h, ("threat", "unrest", 1))


def patron_attacks(h: Happening, facts: Facts) -> Iterator[Row]:
    """An open attack by the patron breaks the tie with whom it hits and is a warning to all others."""
    for state in h.places:
        yield Row(state, "tie", "patron", -1)
    for state in facts.deciders:
        if state not in h.places:
            yield Row(state, "threat", "domination", 1)


def war_lost_alone(h: Happening, facts: Facts) -> Iterator[Row]:
    """A war lost to a rival while a patron looks on."""
    for state in h.places:
        yield Row(state, "credibility", h.other, -1, lasts=False)


def patron_fails(h: Happening, facts: Facts) -> Iterator[Row]:
    """A patron that is bankrupt, beaten or tied down elsewhere is believed less by all."""
    for state in facts.deciders:
        yield Row(state, "credibility", "any", -1, lasts=False)


def quarrel(h: Happening, facts: Facts) -> Iterator[Row]:
    """Relations broken, or armies at the border, without a war: rivals, both ways, until it is settled."""
    yield from war_between(h, facts)


def others_help(h: Happening, facts: Facts) -> Iterator[Row]:
    """Others than the patron stand by a state, or between two: help without the patron's club."""
    yield from upon(h, ("offer", h.other, 1))


#: kinds that any case may have, as they name no sponsor but the patron
SHARED = {
    "war_at_home": Kind(war_at_home, other="threat"),
    "war_next_door": Kind(war_next_door, standing=True),
    "incursion": Kind(incursion),
    "war_between": Kind(war_between, other="state", places="one"),
    "shelter": Kind(shelter, other="state", places="one"),
    "violence_at_home": Kind(violence_at_home),
    "patron_attacks": Kind(patron_attacks, standing=True),
    "war_lost_alone": Kind(war_lost_alone, other="threat"),
    "patron_fails": Kind(patron_fails, places="none"),
    "quarrel": Kind(quarrel, other="state", places="one", standing=True),
    "others_help": Kind(others_help, other="threat", standing=True),
}
