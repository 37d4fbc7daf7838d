"""Lessons: what they quote is what the case and the results say, what they tell to click and to run is there."""

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from publish import lessons
from publish.counterfactuals import COURSES, MANIFEST, OUTCOMES
from publish.page import ROOT
from publish.quoted import Quoted
from tashkent.dashboard import view
from tashkent.model.case import load_case
from tests.commands import call, streams

TEMPLATES = ROOT / "publish" / "templates" / "lessons"
NAMES = [*lessons.LESSONS]
PARTS = ("**Aims.**", "**Read before.**", "## Plan", "## Questions", "## Key", "## Common mistakes")
#: a figure, but for a number of a lesson, a month, a day, a year, a code or a number of minutes
FIGURE = re.compile(r"(?<![\w-])\d+(?:\.\d+)?\s?%|(?<![\w.-])\d+\.\d+(?![\w.-])")


def text(name: str) -> str:
    return (ROOT / lessons.FOLDER / f"{name}.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made() -> dict[Path, str]:
    return lessons.lessons()


def commands(page: str) -> list[str]:
    return re.findall(r"^    (tashkent .+)$", page, re.MULTILINE)


def test_pages_are_those_of_the_results(made: dict[Path, str]) -> None:
    found = {path: (ROOT / path).read_text(encoding="utf-8") for path in made}
    assert found == made, "run: make docs"
    assert {p.name for p in (ROOT / lessons.FOLDER).iterdir()} == {path.name for path in made}


def test_a_figure_moves_with_its_table(tmp_path: Path) -> None:
    for path in (OUTCOMES, COURSES, MANIFEST):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes((ROOT / path).read_bytes())
    found = pd.read_csv(tmp_path / OUTCOMES)
    row = (
        (found["counterfactual"] == "CF2")
        & (found["state"] == "GEO")
        & (found["theory"] == "whole")
    )
    found.loc[row, ["changed", "found"]] = [0.123, "down"]
    found.to_csv(tmp_path / OUTCOMES, index=False)
    figures = Quoted(load_case("cst"), tmp_path)
    (line,) = (r for r in figures.answers("CF2", "1998-12").splitlines() if "Georgia" in r)
    assert "→ 12%" in line
    assert line.endswith("| ↑ | ↓ |")


def test_what_is_not_in_a_table_is_no_empty_table() -> None:
    figures = Quoted(load_case("cst"), ROOT)
    with pytest.raises(ValueError, match=r"bars\.csv has no row where"):
        figures.evidence("bars", {"what": "what"}, what="nothing")


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_has_all_its_parts_and_fifty_minutes(name: str) -> None:
    page = text(name)
    places = [page.index(part) for part in (*PARTS, "## Without a computer")]
    assert places == sorted(places)
    assert re.search(r"^## What to (click|run)$", page, re.MULTILINE)
    spans = [tuple(map(int, s)) for s in re.findall(r"^\| (\d+)-(\d+) \|", page, re.MULTILINE)]
    assert spans[0][0] == 0
    assert spans[-1][1] == 50
    assert all(one[1] == other[0] for one, other in pairwise(spans))
    questions = page[page.index("## Questions") : page.index("## Key")]
    asked = re.findall(r"^(\d)\. ", questions, re.MULTILINE)
    key = page[page.index("## Key") : page.index("## Common mistakes")]
    told = re.findall(r"^(\d)\. (?:and (\d)\. )?", key, re.MULTILINE)
    assert asked == [number for pair in told for number in pair if number]


@pytest.mark.parametrize("name", [*NAMES, "_head", "README"])
def test_no_figure_is_typed(name: str) -> None:
    words = re.sub(r"\{\{.*?\}\}", "", (TEMPLATES / f"{name}.md").read_text(encoding="utf-8"))
    assert not FIGURE.findall(words)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_leads_to_its_lesson_asks_first_and_types_no_figure(name: str) -> None:
    page = (ROOT / "docs/notebooks" / f"lesson-{name}.md").read_text(encoding="utf-8")
    assert f"](../lessons/{name}.md)" in page
    words, *cells = re.split(r"^```\{code-cell\} python3$", page, flags=re.MULTILINE)
    # nobody has to read Python: cells are folded, and those that ask for an answer with what they find
    assert sum(":tags: [hide-cell]" in cell for cell in cells) >= 4
    assert all(re.match(r"\n:tags: \[hide-(cell|input)\]\n", cell) for cell in cells)
    assert not FIGURE.findall(" ".join([words, *(cell.split("```", 1)[1] for cell in cells)]))


def test_a_typed_figure_would_be_seen() -> None:
    assert FIGURE.findall("in 32% of runs, by 0.85") == ["32%", "0.85"]
    assert not FIGURE.findall("April 1999, 1999-04-20, --runs 100, | 5-15 | lesson 3, CF1")


@pytest.mark.parametrize("name", [*NAMES, "README"])
def test_links_and_sections_are_there(name: str) -> None:
    page = text(name)
    targets = re.findall(r"\]\(([^)#:\s]+)\)", page)
    assert targets
    assert all((ROOT / lessons.FOLDER / target).exists() for target in targets)
    contents = pd.read_csv(ROOT / "model/cases/cst/contents.csv")
    sections = re.search(r"RD2013, (.+?)\.(?: |$)", page, re.MULTILINE)
    if sections:
        for section in re.findall(r"\*([^*]+)\*", sections[1]):
            assert section in set(contents["section"]), section


@pytest.mark.parametrize("name", NAMES)
def test_what_is_to_be_clicked_is_on_a_page(name: str) -> None:
    if "## What to click" not in (page := text(name)):
        return
    part = page[page.index("## What to click") : page.index("## Questions")]
    pages = {"".join(path.read_text()) for path in (ROOT / "dashboard").glob("*.vue")}
    shown = " ".join([*pages, *view.PAGES.values(), *view.SHOWS.values()])
    labels = re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", part)
    assert labels
    assert [label for label in labels if label not in shown] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_command_of_a_lesson_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    page = text(name)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    assert commands(page)
    for line in commands(page):
        _, command, *given = shlex.split(re.sub(r"--runs \d+", "--runs 4", line))
        if command == "case":
            command, given = f"case {given[0]}", given[1:]
        with streams() as said:
            assert call(command, *given) == 0, (line, said())
