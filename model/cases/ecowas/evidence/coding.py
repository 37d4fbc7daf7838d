"""The codebook of this case: what happened becomes dated events by one rule for each kind (docs/codebook.md).

Run it with ``python -m tashkent.model.cases.ecowas.evidence.coding``: it codes `happenings.csv` into `../events.csv`.
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
    quarrel,
    shelter,
    upon,
    war_at_home,
    war_next_door,
)

BOOK = Codebook(Path(__file__).parent)
BOOK.shared(war_at_home, war_next_door, incursion, quarrel, shelter, others_help)


@BOOK.rule()
def coup(h: Happening, facts: Facts) -> Iterator[Row]:
    """A coup, an attempt or a plot, whoever won: the incumbent who is there afterwards fears the next."""
    yield from upon(h, ("threat", "coup", 1))


@BOOK.rule(standing=True)
def unconstitutional(h: Happening, facts: Facts) -> Iterator[Row]:
    """A government that came to power, or stays, against the constitution, since 2001: until elected rule."""
    yield from upon(h, ("threat", "restoration", 1))


@BOOK.rule(standing=True)
def usurper(h: Happening, facts: Facts) -> Iterator[Row]:
    """Power seized, or kept against a vote, a term or a court, since 2001: until voters or a civilian took over."""
    yield from upon(h, ("regime", "junta", 1))


@BOOK.rule(standing=True)
def embargo(h: Happening, facts: Facts) -> Iterator[Row]:
    """An embargo or sanctions of the Community to make a government go, until they are lifted."""
    yield from unconstitutional(h, facts)


@BOOK.rule(standing=True)
def ultimatum(h: Happening, facts: Facts) -> Iterator[Row]:
    """The Community threatens force: whom it addresses, and those whose seats are suspended for the same, hear it."""
    yield from unconstitutional(h, facts)


@BOOK.rule(standing=True)
def patron_near(h: Happening, facts: Facts) -> Iterator[Row]:
    """Something common with the patron, or a government of it that one can stand beside, while it lasts."""
    yield from upon(h, ("tie", "patron", 1))


@BOOK.rule(standing=True)
def patron_apart(h: Happening, facts: Facts) -> Iterator[Row]:
    """The patron shuts its border, or is shunned itself, while it lasts."""
    yield from upon(h, ("tie", "patron", -1))


@BOOK.rule(standing=True)
def paris_near(h: Happening, facts: Facts) -> Iterator[Row]:
    """Paris stands on a government's side, while it does."""
    yield from upon(h, ("tie", "paris", 1))


@BOOK.rule(standing=True)
def paris_apart(h: Happening, facts: Facts) -> Iterator[Row]:
    """Paris withholds what it gave, or a government keeps its distance from it, while it lasts."""
    yield from upon(h, ("tie", "paris", -1))


@BOOK.rule(standing=True)
def paris_presses(h: Happening, facts: Facts) -> Iterator[Row]:
    """Paris acts against a government, or denies its right to rule, until it ends."""
    yield from upon(h, ("threat", "interference", 1), ("tie", "paris", -1))


@BOOK.rule(standing=True)
def moscow_programme(h: Happening, facts: Facts) -> Iterator[Row]:
    """Soldiers or arms from Moscow, while they are there."""
    yield from upon(h, ("tie", "moscow", 1))


if __name__ == "__main__":
    BOOK.main()
