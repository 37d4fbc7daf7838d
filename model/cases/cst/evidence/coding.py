"""Code the dated events of this case from what happened, by one rule for each kind; writes `../events.csv`.

Run it with ``python -m tashkent.model.cases.cst.evidence.coding``. `happenings.csv` says what happened, where
and when, and of which kind it is; a kind's rule says which states get a row, of what, with which sign, and
for how long. The rules are those of docs/codebook.md and hold for all states alike: no row is written by
hand. A test codes them again and compares.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
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


@dataclass(frozen=True)
class Happening:
    """A line of happenings.csv."""

    event: str
    day: date
    end: date | None
    precision: str
    label: str
    kind: str
    place: tuple[str, ...]
    other: str
    source: str
    certainty: str


@dataclass(frozen=True)
class Facts:
    """What rules may ask: who decides, who borders whom, how free a state is, where it leans; a year before."""

    deciders: tuple[str, ...]
    borders: dict[int, set[frozenset[str]]]
    democracy: dict[tuple[str, int], float]
    tie: dict[tuple[str, str, int], float]

    def neighbours(self, place: str, year: int) -> list[str]:
        """Deciding states with a land border to a place."""
        known = self.borders[max(y for y in self.borders if y <= max(year - 1, min(self.borders)))]
        return [s for s in self.deciders if frozenset((s, place)) in known]

    def unfree(self, year: int) -> list[str]:
        """Deciding states that were no electoral democracies."""
        return [s for s in self.deciders if self.democracy[s, year - 1] <= NO_DEMOCRACY]

    def leans_to_patron(self, state: str, year: int) -> bool:
        """Whether a state's measured tie to the patron exceeds that to the West; columns of `year` are lagged."""
        return self.tie["tie_patron", state, year] > self.tie["tie_west", state, year]


Rule = Callable[[Happening, Facts], Iterator[Row]]
RULES: dict[str, Rule] = {}


def rule(function: Rule) -> Rule:
    """Register the rule of a kind under its name."""
    RULES[function.__name__] = function
    return function


@rule
def war_at_home(h: Happening, facts: Facts) -> Iterator[Row]:
    """A war on own soil threatens the state on whose soil it is fought, while it is fought."""
    for state in h.place:
        yield Row(state, "threat", h.other, 1)


@rule
def war_next_door(h: Happening, facts: Facts) -> Iterator[Row]:
    """Armed movements on a land threaten it and every state with a land border to it, while they hold ground there."""
    for place in h.place:
        for state in (place, *facts.neighbours(place, h.day.year)):
            if state in facts.deciders:
                yield Row(state, "threat", "insurgency", 1)


@rule
def incursion(h: Happening, facts: Facts) -> Iterator[Row]:
    """Armed bands from abroad threaten the states they enter and all with a land border to these."""
    reached = set(h.place)
    for place in h.place:
        reached |= set(facts.neighbours(place, h.day.year))
    for state in sorted(reached):
        yield Row(state, "threat", "insurgency", 1)


@rule
def war_between(h: Happening, facts: Facts) -> Iterator[Row]:
    """Fighting between two states makes each the other's rival."""
    (state,) = h.place
    yield Row(state, "threat", "rivalry", 1, h.other)
    yield Row(h.other, "threat", "rivalry", 1, state)


@rule
def shelter(h: Happening, facts: Facts) -> Iterator[Row]:
    """A state that shelters the armed opponents of another: rivals, both ways, as in the measured dyads."""
    (host,) = h.place
    yield Row(h.other, "threat", "rivalry", 1, host)
    yield Row(host, "threat", "rivalry", 1, h.other)


@rule
def violence_at_home(h: Happening, facts: Facts) -> Iterator[Row]:
    """An attempt on the head of state, a seizure of government or parliament, or 25 deaths in a clash at home."""
    for state in h.place:
        yield Row(state, "threat", "unrest", 1)


@rule
def overthrow(h: Happening, facts: Facts) -> Iterator[Row]:
    """A toppled incumbent frightens those who rule without elections that count, while the new men are in office."""
    for state in facts.unfree(h.day.year):
        if state not in h.place:
            yield Row(state, "threat", "regime", 1)


@rule
def turn_west(h: Happening, facts: Facts) -> Iterator[Row]:
    """A government that came by overthrow and declares for the West, while it is in office."""
    for state in h.place:
        yield Row(state, "tie", "patron", -1)
        yield Row(state, "tie", "west", 1)


@rule
def sanction(h: Happening, facts: Facts) -> Iterator[Row]:
    """A Western sanction for how a state is ruled, until it is lifted; it takes offers of arms away."""
    for state in h.place:
        yield Row(state, "threat", "regime", 1)
        yield Row(state, "tie", "west", -1)
        yield Row(state, "offer", "insurgency", -1)


@rule
def aid_ban(h: Happening, facts: Facts) -> Iterator[Row]:
    """A Western ban on aid for other reasons, until it is lifted."""
    for state in h.place:
        yield Row(state, "tie", "west", -1)


@rule
def programme(h: Happening, facts: Facts) -> Iterator[Row]:
    """A Western programme or promise, to every state it is addressed to, while it runs."""
    for state in h.place:
        yield Row(state, "tie", "west", 1)


@rule
def programme_arms(h: Happening, facts: Facts) -> Iterator[Row]:
    """The same with arms, training or pay for passage: help against armed movements as well."""
    for state in h.place:
        yield Row(state, "tie", "west", 1)
        yield Row(state, "offer", "insurgency", 1)


@rule
def enlargement(h: Happening, facts: Facts) -> Iterator[Row]:
    """NATO comes to the border of a state that leans to the patron by what is measured."""
    for state in h.place:
        if facts.leans_to_patron(state, h.day.year):
            yield Row(state, "threat", "expansion", 1)


@rule
def lost_war(h: Happening, facts: Facts) -> Iterator[Row]:
    """A war lost on own soil with the patron's hand in it: pressure while it is fought, and a grip once it is lost."""
    for state in h.place:
        yield Row(state, "threat", "domination", 1)
        yield Row(state, "coercion", "patron", 1, after=True)


@rule
def grip(h: Happening, facts: Facts) -> Iterator[Row]:
    """Defeat and a change of power with the patron's arms in play: grip without open war by it."""
    for state in h.place:
        yield Row(state, "coercion", "patron", 1)


@rule
def region_lost(h: Happening, facts: Facts) -> Iterator[Row]:
    """A region that the patron shields stays lost until it returns, and its troops stay there."""
    for state in h.place:
        yield Row(state, "threat", "secession", 1)
        yield Row(state, "threat", "domination", 1)


@rule
def region_held(h: Happening, facts: Facts) -> Iterator[Row]:
    """A region that a neighbour holds or shields keeps the two rivals until it returns, and is lost to its state."""
    (state,) = h.place
    yield Row(state, "threat", "secession", 1)
    yield Row(state, "threat", "rivalry", 1, h.other)
    yield Row(h.other, "threat", "rivalry", 1, state)


@rule
def patron_attacks(h: Happening, facts: Facts) -> Iterator[Row]:
    """An open attack by the patron breaks the tie with whom it hits and is a warning to all others."""
    for state in h.place:
        yield Row(state, "tie", "patron", -1)
    for state in facts.deciders:
        if state not in h.place:
            yield Row(state, "threat", "domination", 1)


@rule
def patron_fights_near(h: Happening, facts: Facts) -> Iterator[Row]:
    """The patron's war on its own soil presses on the states that border the theatre."""
    for state in h.place:
        yield Row(state, "threat", "domination", 1)


@rule
def patron_fights_along(h: Happening, facts: Facts) -> Iterator[Row]:
    """The patron's forces or arms on a government's side in its war, while it is fought."""
    for state in h.place:
        yield Row(state, "tie", "patron", 1)


@rule
def patron_arms_rival(h: Happening, facts: Facts) -> Iterator[Row]:
    """Large deliveries to a rival: the state believes the patron less, the rival more, and the rival weighs more."""
    for state in h.place:
        yield Row(state, "threat", "rivalry", 1, h.other)
        yield Row(state, "credibility", "rivalry", -1, lasts=False)
        yield Row(h.other, "credibility", "rivalry", 1, lasts=False)


@rule
def war_lost_alone(h: Happening, facts: Facts) -> Iterator[Row]:
    """A war lost to a rival while a patron looks on."""
    for state in h.place:
        yield Row(state, "credibility", h.other, -1, lasts=False)


@rule
def patron_fails(h: Happening, facts: Facts) -> Iterator[Row]:
    """A patron that is bankrupt, beaten or tied down elsewhere is believed less by all."""
    for state in facts.deciders:
        yield Row(state, "credibility", "any", -1, lasts=False)


def since(h: Happening, row: Row) -> date:
    """When a row begins: with what happens, or with its end."""
    return h.end if row.after and h.end else h.day


def until(h: Happening, row: Row) -> date | None:
    """How long a row acts: as long as what it codes, a year at least, and open where that lasts.

    What is marked as acute by its end, or happened on a day and left nothing standing, acts a year. What is seen once
    has no end, as it fades by itself.
    """
    if not row.lasts:
        return None
    standing = h.kind in STANDING
    if h.end is None and standing:
        return None
    first = since(h, row)
    least = first.replace(year=first.year + ACUTE_YEARS)
    return max(least, h.end) if h.end else least


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


def read_happenings() -> list[Happening]:
    """The lines of happenings.csv, in their order."""
    found = []
    with (HERE / "happenings.csv").open(encoding="utf-8", newline="") as stream:
        for line in csv.DictReader(stream):
            end = line["date_end"]
            found.append(
                Happening(
                    event=line["event"],
                    day=date.fromisoformat(line["date"]),
                    end=date.fromisoformat(end) if end else None,
                    precision=line["precision"],
                    label=line["label"],
                    kind=line["kind"],
                    place=tuple(filter(None, line["place"].split("|"))),
                    other=line["other"],
                    source=line["source"],
                    certainty=line["certainty"],
                )
            )
    return found


def read_facts() -> Facts:
    """The measured columns that rules ask."""

    def lines(path: Path) -> list[dict[str, str]]:
        with path.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    deciders = tuple(
        r["state"] for r in lines(HERE.parent / "states.csv") if r["role"] == "decider"
    )
    borders: dict[int, set[frozenset[str]]] = {}
    for r in lines(HERE / "raw" / "cow_contiguity.csv"):
        borders.setdefault(int(r["year"]), set()).add(frozenset((r["state_a"], r["state_b"])))
    democracy = {
        (r["state"], int(r["year"])): float(r["v2x_polyarchy"])
        for r in lines(HERE / "raw" / "vdem_polyarchy.csv")
        if r["v2x_polyarchy"]
    }
    tie = {
        (r["variable"], r["state"], int(r["year"])): float(r["value"])
        for r in lines(HERE / "composites.csv")
        if r["variable"].startswith("tie_")
    }
    return Facts(deciders, borders, democracy, tie)


def code() -> list[dict[str, str]]:
    """All rows of events.csv, in the order of happenings."""
    facts, rows = read_facts(), []
    for h in read_happenings():
        for row in RULES[h.kind](h, facts):
            end = until(h, row)
            rows.append(
                {
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
                    "certainty": h.certainty,
                }
            )
    return sorted(rows, key=lambda r: r["date"])


def main() -> None:
    """Rewrite events.csv."""
    rows = code()
    with (HERE.parent / "events.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"events.csv: {len(rows)} rows")


if __name__ == "__main__":
    main()
