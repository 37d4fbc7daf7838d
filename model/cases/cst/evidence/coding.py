"""Code the dated events of this case from what happened, by one rule for each kind; writes `../events.csv`.

Run it with ``python -m tashkent.model.cases.cst.evidence.coding``. `happenings.csv` says what happened, where
and when, and of which kind it is; a kind's rule says which states get a row, of what, with which sign, and
for how long. The rules are those of docs/codebook.md and hold for all states alike: no row is written by
hand. A test codes them again and compares. A line that no rule can code is refused, with what it may say.
"""

import csv
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from tashkent.model.case.tables import Day, TableRow
from tashkent.model.errors import InputError, unknown
from tashkent.model.evidence import world
from tashkent.model.reading import csv_rows, file_text, one_of

HERE = Path(__file__).parent
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
#: the first year whose columns are looked at
FIRST_YEAR = 1991
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

    def leans_to_patron(self, state: str, h: Happening) -> bool:
        """Whether a state's measured tie to the patron exceeds that to the West; columns of a year are lagged.

        Raises
        ------
        InputError
            If the state or the year is not measured.
        """
        patron, west = (
            self.tie.get((tie, state, h.date.year)) for tie in ("tie_patron", "tie_west")
        )
        if patron is None or west is None:
            raise h.wrong("place", f"states whose ties are measured in {h.date.year}")
        return patron > west


Rule = Callable[[Happening, Facts], Iterator[Row]]
RULES: dict[str, Rule] = {}
#: kinds in which another state has a part; those of them that are of two states; kinds about a threat; and of no place
BETWEEN = ("war_between", "shelter", "region_held", "patron_arms_rival")
PAIRS = ("war_between", "shelter", "region_held")
ABOUT = ("war_at_home", "war_lost_alone")
NOWHERE = ("patron_fails",)


def rule(function: Rule) -> Rule:
    """Register the rule of a kind under its name."""
    RULES[function.__name__] = function
    return function


@rule
def war_at_home(h: Happening, facts: Facts) -> Iterator[Row]:
    """A war on own soil threatens the state on whose soil it is fought, while it is fought."""
    for state in h.places:
        yield Row(state, "threat", h.other, 1)


@rule
def war_next_door(h: Happening, facts: Facts) -> Iterator[Row]:
    """Armed movements on a land threaten it and every state with a land border to it, while they hold ground there."""
    for place in h.places:
        for state in (place, *facts.neighbours(place, h.date.year)):
            if state in facts.deciders:
                yield Row(state, "threat", "insurgency", 1)


@rule
def incursion(h: Happening, facts: Facts) -> Iterator[Row]:
    """Armed bands from abroad threaten the states they enter and all with a land border to these."""
    reached = set(h.places)
    for place in h.places:
        reached |= set(facts.neighbours(place, h.date.year))
    for state in sorted(reached):
        yield Row(state, "threat", "insurgency", 1)


@rule
def war_between(h: Happening, facts: Facts) -> Iterator[Row]:
    """Fighting between two states makes each the other's rival."""
    (state,) = h.places
    yield Row(state, "threat", "rivalry", 1, h.other)
    yield Row(h.other, "threat", "rivalry", 1, state)


@rule
def shelter(h: Happening, facts: Facts) -> Iterator[Row]:
    """A state that shelters the armed opponents of another: rivals, both ways, as in the measured dyads."""
    (host,) = h.places
    yield Row(h.other, "threat", "rivalry", 1, host)
    yield Row(host, "threat", "rivalry", 1, h.other)


@rule
def violence_at_home(h: Happening, facts: Facts) -> Iterator[Row]:
    """An attempt on the head of state, a seizure of government or parliament, or 25 deaths in a clash at home."""
    for state in h.places:
        yield Row(state, "threat", "unrest", 1)


@rule
def overthrow(h: Happening, facts: Facts) -> Iterator[Row]:
    """A toppled incumbent frightens those who rule without elections that count, while the new men are in office."""
    for state in facts.unfree(h):
        if state not in h.places:
            yield Row(state, "threat", "regime", 1)


@rule
def turn_west(h: Happening, facts: Facts) -> Iterator[Row]:
    """A government that came by overthrow and declares for the West, while it is in office."""
    for state in h.places:
        yield Row(state, "tie", "patron", -1)
        yield Row(state, "tie", "west", 1)


@rule
def sanction(h: Happening, facts: Facts) -> Iterator[Row]:
    """A Western sanction for how a state is ruled, until it is lifted; it takes offers of arms away."""
    for state in h.places:
        yield Row(state, "threat", "regime", 1)
        yield Row(state, "tie", "west", -1)
        yield Row(state, "offer", "insurgency", -1)


@rule
def aid_ban(h: Happening, facts: Facts) -> Iterator[Row]:
    """A Western ban on aid for other reasons, until it is lifted."""
    for state in h.places:
        yield Row(state, "tie", "west", -1)


@rule
def programme(h: Happening, facts: Facts) -> Iterator[Row]:
    """A Western programme or promise, to every state it is addressed to, while it runs."""
    for state in h.places:
        yield Row(state, "tie", "west", 1)


@rule
def programme_arms(h: Happening, facts: Facts) -> Iterator[Row]:
    """The same with arms, training or pay for passage: help against armed movements as well."""
    for state in h.places:
        yield Row(state, "tie", "west", 1)
        yield Row(state, "offer", "insurgency", 1)


@rule
def enlargement(h: Happening, facts: Facts) -> Iterator[Row]:
    """NATO comes to the border of a state that leans to the patron by what is measured."""
    for state in h.places:
        if facts.leans_to_patron(state, h):
            yield Row(state, "threat", "expansion", 1)


@rule
def lost_war(h: Happening, facts: Facts) -> Iterator[Row]:
    """A war lost on own soil with the patron's hand in it: pressure while it is fought, and a grip once it is lost."""
    for state in h.places:
        yield Row(state, "threat", "domination", 1)
        yield Row(state, "coercion", "patron", 1, after=True)


@rule
def grip(h: Happening, facts: Facts) -> Iterator[Row]:
    """Defeat and a change of power with the patron's arms in play: grip without open war by it."""
    for state in h.places:
        yield Row(state, "coercion", "patron", 1)


@rule
def region_lost(h: Happening, facts: Facts) -> Iterator[Row]:
    """A region that the patron shields stays lost until it returns, and its troops stay there."""
    for state in h.places:
        yield Row(state, "threat", "secession", 1)
        yield Row(state, "threat", "domination", 1)


@rule
def region_held(h: Happening, facts: Facts) -> Iterator[Row]:
    """A region that a neighbour holds or shields keeps the two rivals until it returns, and is lost to its state."""
    (state,) = h.places
    yield Row(state, "threat", "secession", 1)
    yield Row(state, "threat", "rivalry", 1, h.other)
    yield Row(h.other, "threat", "rivalry", 1, state)


@rule
def patron_attacks(h: Happening, facts: Facts) -> Iterator[Row]:
    """An open attack by the patron breaks the tie with whom it hits and is a warning to all others."""
    for state in h.places:
        yield Row(state, "tie", "patron", -1)
    for state in facts.deciders:
        if state not in h.places:
            yield Row(state, "threat", "domination", 1)


@rule
def patron_fights_near(h: Happening, facts: Facts) -> Iterator[Row]:
    """The patron's war on its own soil presses on the states that border the theatre."""
    for state in h.places:
        yield Row(state, "threat", "domination", 1)


@rule
def patron_fights_along(h: Happening, facts: Facts) -> Iterator[Row]:
    """The patron's forces or arms on a government's side in its war, while it is fought."""
    for state in h.places:
        yield Row(state, "tie", "patron", 1)


@rule
def patron_arms_rival(h: Happening, facts: Facts) -> Iterator[Row]:
    """Large deliveries to a rival: the state believes the patron less, the rival more, and the rival weighs more."""
    for state in h.places:
        yield Row(state, "threat", "rivalry", 1, h.other)
        yield Row(state, "credibility", "rivalry", -1, lasts=False)
        yield Row(h.other, "credibility", "rivalry", 1, lasts=False)


@rule
def war_lost_alone(h: Happening, facts: Facts) -> Iterator[Row]:
    """A war lost to a rival while a patron looks on."""
    for state in h.places:
        yield Row(state, "credibility", h.other, -1, lasts=False)


@rule
def patron_fails(h: Happening, facts: Facts) -> Iterator[Row]:
    """A patron that is bankrupt, beaten or tied down elsewhere is believed less by all."""
    for state in facts.deciders:
        yield Row(state, "credibility", "any", -1, lasts=False)


def since(h: Happening, row: Row) -> date:
    """When a row begins: with what happens, or with its end."""
    return h.date_end if row.after and h.date_end else h.date


def until(h: Happening, row: Row) -> date | None:
    """How long a row acts: as long as what it codes, a year at least, and open where that lasts.

    What is marked as acute by its end, or happened on a day and left nothing standing, acts a year. What is seen once
    has no end, as it fades by itself.
    """
    if not row.lasts:
        return None
    standing = h.kind in STANDING
    if h.date_end is None and standing:
        return None
    least = years_after(since(h, row), ACUTE_YEARS)
    return max(least, h.date_end) if h.date_end else least


def years_after(day: date, years: int) -> date:
    """The same day so many years on; the first of March for a day that that year does not have."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def certainty(h: Happening, row: Row) -> str:
    """How sure a row is: less than its happening where the codebook calls its kind, or what it is about, a choice.

    Who may fear an overthrow rests on what counts as welcomed by the West; what was seen of promises, on a source that
    says that it was seen.
    """
    if row.kind == "credibility" and h.source == "GK":
        return "low"
    if h.kind == "overthrow" and h.certainty == "high":
        return "medium"
    return h.certainty


#: kinds of which something stands after the day: without an end they last to the end of the case
STANDING = (
    "region_lost",
    "region_held",
    "sanction",
    "aid_ban",
    "programme",
    "programme_arms",
    "enlargement",
    "overthrow",
    "turn_west",
    "war_next_door",
    "patron_attacks",
)


def read_happenings(path: Path = HERE / HAPPENINGS) -> tuple[Happening, ...]:
    """The lines of happenings.csv, in their order, each as its kind needs it.

    Raises
    ------
    InputError
        If a line cannot be read, or does not say what the rule of its kind asks for.
    """
    found = csv_rows(file_text(path, HAPPENINGS), HAPPENINGS, Happening)
    for h in found:
        one_of(HAPPENINGS, f"{h.event}.kind", h.kind, RULES)
        if h.kind in NOWHERE and h.place:
            raise h.wrong("place", f"nothing, for {h.kind} has no place")
        if h.kind in PAIRS and len(h.places) != 1:
            raise h.wrong("place", "one state")
        if h.kind not in NOWHERE and (not h.places or len(set(h.places)) < len(h.places)):
            raise h.wrong("place", "states, each once, '|' between them")
        if h.other and h.kind not in (*BETWEEN, *ABOUT):
            raise h.wrong("other", f"nothing, for the rule of {h.kind} asks for no other")
        if h.date_end is not None and h.date_end < h.date:
            raise h.wrong("date_end", f"a day from {h.date} on")
        if max(h.date, h.date_end or h.date).year + ACUTE_YEARS > date.max.year:
            raise h.wrong("date", f"a year before {date.max.year}")
    return found


def read_facts() -> Facts:
    """The measured columns that rules ask."""

    def lines(path: Path) -> list[dict[str, str]]:
        with path.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    deciders = tuple(
        r["state"] for r in lines(HERE.parent / "states.csv") if r["role"] == "decider"
    )
    threats = tuple(tomllib.loads((HERE.parent / "threats.toml").read_text(encoding="utf-8")))
    borders: dict[int, set[frozenset[str]]] = {}
    for pair in world.table("borders").itertuples():
        for year in range(max(pair.from_year, FIRST_YEAR), pair.to_year + 1):
            borders.setdefault(year, set()).add(frozenset((pair.state_a, pair.state_b)))
    measured = world.table("state_year").dropna(subset="v2x_polyarchy")
    measured = measured[measured["year"] >= FIRST_YEAR]
    democracy = {(r.state, r.year): float(r.v2x_polyarchy) for r in measured.itertuples()}
    tie = {
        (r["variable"], r["state"], int(r["year"])): float(r["value"])
        for r in lines(HERE / "composites.csv")
        if r["variable"].startswith("tie_")
    }
    return Facts(deciders, threats, borders, democracy, tie)


def code(path: Path = HERE / HAPPENINGS) -> list[dict[str, str]]:
    """All rows of events.csv, in the order of happenings.

    Raises
    ------
    InputError
        If a line of happenings.csv cannot be read or coded.
    """
    facts, rows = read_facts(), []
    for h in read_happenings(path):
        if h.kind in (*BETWEEN, *ABOUT):
            others = [state for state in facts.deciders if state not in h.places]
            known = others if h.kind in BETWEEN else facts.threats
            one_of(HAPPENINGS, f"{h.event}.other", h.other, known)
        for row in RULES[h.kind](h, facts):
            if row.state not in facts.deciders:
                raise unknown(HAPPENINGS, f"{h.event}.place", row.state, facts.deciders)
            rows.append(as_event(h, row))
    return sorted(rows, key=lambda r: r["date"])


def as_event(h: Happening, row: Row) -> dict[str, str]:
    """A row of events.csv, by column."""
    end = until(h, row)
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
        "certainty": certainty(h, row),
    }


def main() -> None:
    """Rewrite events.csv; a line that cannot be coded is said, with exit code 2."""
    try:
        rows = code()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    with (HERE.parent / "events.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"events.csv: {len(rows)} rows")


if __name__ == "__main__":
    main()
