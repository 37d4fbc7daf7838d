"""References: whatever work is named, in a term, in a table of data, in code or on a page, has its entry in full."""

import csv
import re
from collections.abc import Iterator

import pytest

from tashkent.agents.terms import TERMS
from tests.blocks import ROOT

PAGE = ROOT / "docs" / "references.md"
ENTRY = re.compile(r"^\* \*\*(.+?)\*\*: .+\.(?: .+)?$", re.MULTILINE)
#: several authors and a year; those of one alone look like a state and a year
JOINT = re.compile(
    r"\b((?:(?:von|ter) )?[A-Z][\w-]+(?:(?:, (?:van de )?[A-Z][\w-]+)* and [A-Z][\w-]+| et al\.)),?"
    r" \(?((?:19|20)\d\d)\b"
)
#: years that are not of a work
OTHER = {"Kyrgyzstan and Tajikistan 2021", "Treaty and Charter 2010"}
READ = ("docs/**/*.md", "agents/*.py", "model/**/*.py", "model/**/*.toml", "calibration/**/*.py")
READ = (*READ, "experiments/**/*.py", "experiments/*.csv", "dashboard/*.py", "README.md")


def entries() -> list[str]:
    return ENTRY.findall(PAGE.read_text(encoding="utf-8"))


def works(text: str) -> Iterator[str]:
    """Works that stand in brackets, with semicolons between them."""
    for inner in re.findall(r"\(([^()]+)\)", text):
        yield from (one for one in inner.split("; ") if re.search(r"[A-Z].* \d{4}$", one))


def test_every_line_is_an_entry_in_order() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("\n* ") == len(entries()) == len(set(entries()))
    for part in text.split("\n## ")[1:]:
        names = [name.lower() for name in ENTRY.findall(part)]
        assert names == sorted(names)


@pytest.mark.parametrize("name", TERMS)
def test_the_idea_of_a_term_has_its_works(name: str) -> None:
    assert set(works(TERMS[name].theory)) <= set(entries())


def test_data_have_their_works() -> None:
    tables = ROOT / "model/evidence/tables/codebook.csv"
    with tables.open(encoding="utf-8", newline="") as stream:
        named = {work for row in csv.DictReader(stream) for work in works(row["source"])}
    assert len(named) > 5
    assert named <= set(entries())


def test_works_of_several_authors_are_listed_wherever_they_are_named() -> None:
    known = {*entries(), "Campolongo et al. 2007", *OTHER}
    found = {}
    for pattern in READ:
        for path in sorted(ROOT.glob(pattern)):
            text = " ".join(path.read_text(encoding="utf-8").split())
            for who, year in JOINT.findall(text):
                found.setdefault(f"{who} {year}", path.relative_to(ROOT))
    assert len(found) > 20
    assert {work: path for work, path in found.items() if work not in known} == {}
