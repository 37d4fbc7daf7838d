"""The codebook of this case: what happened becomes dated events by one rule for each kind (docs/codebook.md).

Run it with ``python -m tashkent.model.cases.cst.evidence.coding``: it codes `happenings.csv` into `../events.csv`.
No row is written by hand; a test codes them again and compares. Rules that any case may have, and how a line is read,
stand in `model/evidence/coding.py`.
"""

from collections.abc import Iterator
from pathlib import Path

from tashkent.model.evidence.coding import (
    Codebook,
    Facts,
    Happening,
    Row,
    incursion,
    patron_attacks,
    patron_fails,
    shelter,
    upon,
    violence_at_home,
    war_at_home,
    war_between,
    war_lost_alone,
    war_next_door,
)

BOOK = Codebook(Path(__file__).parent, first_year=1991)
BOOK.shared(war_at_home, war_next_door, incursion, war_between, shelter, violence_at_home)
BOOK.shared(patron_attacks, war_lost_alone, patron_fails)


def leans_to_patron(facts: Facts, state: str, h: Happening) -> bool:
    """Whether a state's measured tie to the patron exceeds that to the West; columns of a year are lagged.

    Raises
    ------
    InputError
        If the state or the year is not measured.
    """
    patron, west = (facts.tie.get((tie, state, h.date.year)) for tie in ("tie_patron", "tie_west"))
    if patron is None or west is None:
        raise h.wrong("place", f"states whose ties are measured in {h.date.year}")
    return patron > west


@BOOK.rule(standing=True, choice=True)
def overthrow(h: Happening, facts: Facts) -> Iterator[Row]:
    """A toppled incumbent frightens those who rule without elections that count, while the new men are in office."""
    for state in facts.unfree(h):
        if state not in h.places:
            yield Row(state, "threat", "regime", 1)


@BOOK.rule(standing=True)
def turn_west(h: Happening, facts: Facts) -> Iterator[Row]:
    """A government that came by overthrow and declares for the West, while it is in office."""
    yield from upon(h, ("tie", "patron", -1), ("tie", "west", 1))


@BOOK.rule(standing=True)
def sanction(h: Happening, facts: Facts) -> Iterator[Row]:
    """A Western sanction for how a state is ruled, until it is lifted; it takes offers of arms away."""
    yield from upon(h, ("threat", "regime", 1), ("tie", "west", -1), ("offer", "insurgency", -1))


@BOOK.rule(standing=True)
def aid_ban(h: Happening, facts: Facts) -> Iterator[Row]:
    """A Western ban on aid for other reasons, until it is lifted."""
    yield from upon(h, ("tie", "west", -1))


@BOOK.rule(standing=True)
def programme(h: Happening, facts: Facts) -> Iterator[Row]:
    """A Western programme or promise, to every state it is addressed to, while it runs."""
    yield from upon(h, ("tie", "west", 1))


@BOOK.rule(standing=True)
def programme_arms(h: Happening, facts: Facts) -> Iterator[Row]:
    """The same with arms, training or pay for passage: help against armed movements as well."""
    yield from upon(h, ("tie", "west", 1), ("offer", "insurgency", 1))


@BOOK.rule(standing=True)
def enlargement(h: Happening, facts: Facts) -> Iterator[Row]:
    """NATO comes to the border of a state that leans to the patron by what is measured."""
    for state in h.places:
        if leans_to_patron(facts, state, h):
            yield Row(state, "threat", "expansion", 1)


@BOOK.rule()
def lost_war(h: Happening, facts: Facts) -> Iterator[Row]:
    """A war lost on own soil with the patron's hand in it: pressure while it is fought, and a grip once it is lost."""
    for state in h.places:
        yield Row(state, "threat", "domination", 1)
        yield Row(state, "coercion", "patron", 1, after=True)


@BOOK.rule()
def grip(h: Happening, facts: Facts) -> Iterator[Row]:
    """Defeat and a change of power with the patron's arms in play: grip without open war by it."""
    yield from upon(h, ("coercion", "patron", 1))


@BOOK.rule(standing=True)
def region_lost(h: Happening, facts: Facts) -> Iterator[Row]:
    """A region that the patron shields stays lost until it returns, and its troops stay there."""
    yield from upon(h, ("threat", "secession", 1), ("threat", "domination", 1))


@BOOK.rule(other="state", places="one", standing=True)
def region_held(h: Happening, facts: Facts) -> Iterator[Row]:
    """A region that a neighbour holds or shields keeps the two rivals until it returns, and is lost to its state."""
    (state,) = h.places
    yield Row(state, "threat", "secession", 1)
    yield Row(state, "threat", "rivalry", 1, h.other)
    yield Row(h.other, "threat", "rivalry", 1, state)


@BOOK.rule()
def patron_fights_near(h: Happening, facts: Facts) -> Iterator[Row]:
    """The patron's war on its own soil presses on the states that border the theatre."""
    yield from upon(h, ("threat", "domination", 1))


@BOOK.rule()
def patron_fights_along(h: Happening, facts: Facts) -> Iterator[Row]:
    """The patron's forces or arms on a government's side in its war, while it is fought."""
    yield from upon(h, ("tie", "patron", 1))


@BOOK.rule(other="state")
def patron_arms_rival(h: Happening, facts: Facts) -> Iterator[Row]:
    """Large deliveries to a rival: the state believes the patron less, the rival more, and the rival weighs more."""
    for state in h.places:
        yield Row(state, "threat", "rivalry", 1, h.other)
        yield Row(state, "credibility", "rivalry", -1, lasts=False)
        yield Row(h.other, "credibility", "rivalry", 1, lasts=False)


if __name__ == "__main__":
    BOOK.main()
