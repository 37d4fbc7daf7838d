"""The glossary: words of the pages in plain sentences, from one file, and those that a case brings itself."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from tashkent.model.case import Case

FILE = Path(__file__).parent / "glossary.toml"


@dataclass(frozen=True)
class Word:
    """A word and what it means."""

    word: str
    said: str

    @property
    def id(self) -> str:
        """What a page finds it by: the word without spaces."""
        return key(self.word)


def key(word: str) -> str:
    """A word as part of an id on a page.

    Examples
    --------
    >>> key("paired runs")
    'paired-runs'
    """
    return re.sub(r"[^A-Za-z0-9]+", "-", word)


@cache
def words() -> tuple[Word, ...]:
    """The words that every case shares, in the order of the file."""
    held = tomllib.loads(FILE.read_text(encoding="utf-8"))["word"]
    return tuple(Word(**row) for row in held)


@lru_cache(maxsize=8)
def words_of(case: Case) -> tuple[Word, ...]:
    """Those of a case: its clubs under each of their names, then the codes of its sources."""
    return (
        *_clubs(case),
        *(Word(code, f"A source: {said}") for code, said in case.sources.items()),
    )


def _clubs(case: Case) -> list[Word]:
    found: dict[str, Word] = {}
    for club, held in case.clubs.items():
        names = list(dict.fromkeys(case.club_name(club, month) for month in case.months))
        for name in names:
            others = [other for other in names if other.lower() != name.lower()]
            same = f" At other times it is called {' or '.join(others)}." if others else ""
            found[name] = Word(name, f"A club: {held.title}.{same}")
    return list(found.values())


def as_data(case: Case) -> list[dict[str, str]]:
    """The words of the pages of a case, as plain data: id, word, what it means."""
    return [{"id": w.id, "word": w.word, "said": w.said} for w in (*words(), *words_of(case))]
