"""The codebook of this case: what happened becomes dated events by one rule for each kind (docs/codebook.md).

Run it with ``python -m tashkent.model.cases.rio.evidence.coding``: it codes `happenings.csv` into `../events.csv`.
"""

from collections.abc import Iterator
from pathlib import Path

from tashkent.model.evidence.coding import (
    Codebook,
    Facts,
    Happening,
    Row,
    incursion,
    others_help,
    patron_attacks,
    patron_fails,
    quarrel,
    shelter,
    upon,
    violence_at_home,
    war_at_home,
    war_between,
    war_lost_alone,
)

BOOK = Codebook(Path(__file__).parent)
BOOK.shared(war_at_home, incursion, war_between, quarrel, shelter, violence_at_home, others_help)
BOOK.shared(patron_attacks, war_lost_alone, patron_fails)


@BOOK.rule()
def patron_topples(h: Happening, facts: Facts) -> Iterator[Row]:
    """A government falls, or is to fall, with the patron's hidden hand: a warning to it and to all others."""
    for state in facts.deciders:
        yield Row(state, "threat", "domination", 1)


@BOOK.rule(standing=True)
def patron_presses(h: Happening, facts: Facts) -> Iterator[Row]:
    """The patron's embargo, sanctions, covert war or troops against one state, until they end."""
    yield from upon(h, ("threat", "domination", 1), ("tie", "patron", -1))


@BOOK.rule(standing=True)
def government_apart(h: Happening, facts: Facts) -> Iterator[Row]:
    """A government that keeps its distance from the patron, while it is in office."""
    yield from upon(h, ("tie", "patron", -1))


@BOOK.rule(standing=True)
def government_near(h: Happening, facts: Facts) -> Iterator[Row]:
    """A government that aligns with the patron, while it is in office."""
    yield from upon(h, ("tie", "patron", 1))


@BOOK.rule(standing=True)
def government_left(h: Happening, facts: Facts) -> Iterator[Row]:
    """A government of the turn to the left since 1999, while it is in office: from Washington, towards Caracas."""
    yield from upon(h, ("tie", "patron", -1), ("tie", "bolivar", 1))


@BOOK.rule(standing=True)
def government_right(h: Happening, facts: Facts) -> Iterator[Row]:
    """A government of the right since 1999, while it is in office: towards Washington, from Caracas."""
    yield from upon(h, ("tie", "patron", 1), ("tie", "bolivar", -1))


@BOOK.rule(standing=True)
def programme(h: Happening, facts: Facts) -> Iterator[Row]:
    """A programme or treaty of the patron, to every state it is addressed to, while it runs."""
    yield from government_near(h, facts)


@BOOK.rule(standing=True)
def aid_ban(h: Happening, facts: Facts) -> Iterator[Row]:
    """The patron withholds arms or aid, until it is lifted."""
    yield from government_apart(h, facts)


@BOOK.rule(standing=True)
def bolivar_programme(h: Happening, facts: Facts) -> Iterator[Row]:
    """Oil on credit from Caracas, to every state it is addressed to, while it runs."""
    yield from upon(h, ("tie", "bolivar", 1))


@BOOK.rule(standing=True)
def bolivar_fails(h: Happening, facts: Facts) -> Iterator[Row]:
    """Caracas has less to give, to every state that its programmes are addressed to."""
    yield from upon(h, ("tie", "bolivar", -1))


@BOOK.rule(standing=True)
def overseas_programme(h: Happening, facts: Facts) -> Iterator[Row]:
    """Arms, oil or loans from a power overseas: nearer to it, and a help against the patron's pressure."""
    yield from upon(h, ("tie", "overseas", 1), ("offer", "domination", 1))


@BOOK.rule(places="none")
def overseas_near(h: Happening, facts: Facts) -> Iterator[Row]:
    """A power overseas brings its arms into the hemisphere: a threat to all."""
    for state in facts.deciders:
        yield Row(state, "threat", "overseas", 1)


@BOOK.rule()
def overseas_attacks(h: Happening, facts: Facts) -> Iterator[Row]:
    """A power from outside the hemisphere makes war on a state."""
    yield from upon(h, ("threat", "overseas", 1))


if __name__ == "__main__":
    BOOK.main()
