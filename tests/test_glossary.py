"""The glossary: whatever is marked on a page is explained, in plain sentences, and the same everywhere."""

import re

import pytest

from publish.glossary import PAGE, page
from publish.page import ROOT
from tashkent.dashboard.glossary import as_data, key, words, words_of
from tashkent.model.case import Case

MARKED = re.compile(r'aria-describedby="tk-word-([^"]+)"')


def test_every_word_stands_once_and_is_explained_shortly(case: Case) -> None:
    found = as_data(case)
    ids = [row["id"] for row in found]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9-]+", one) for one in ids)
    for row in found:
        assert row["said"].endswith("."), row["word"]
        assert len(row["said"]) < 260, row["word"]


@pytest.mark.parametrize("part", sorted(p.name for p in (ROOT / "dashboard").glob("*.vue")))
def test_what_is_marked_is_explained(part: str) -> None:
    text = (ROOT / "dashboard" / part).read_text(encoding="utf-8")
    assert set(MARKED.findall(text)) <= {word.id for word in words()}


def test_what_first_years_lack_is_there(case: Case) -> None:
    told = {row["word"]: row["said"] for row in as_data(case)}
    for word in ("log-odds", "Brier score", "draws", "seed", "paired runs", "abstain", "lapse"):
        assert word in told
    assert "nine of ten" in told["luck"]
    assert told["CST"].endswith("At other times it is called CSTO.")
    assert "Collective Security Treaty Organization 2002-2012" in told["RD2013"]


def test_another_case_brings_its_own(minimal: Case) -> None:
    told = {row["word"] for row in as_data(minimal)}
    assert set(minimal.sources) <= told
    assert {minimal.club_name(club, minimal.end) for club in minimal.clubs} <= told
    assert len(words_of(minimal)) == len(told) - len(words())


def test_acts_of_the_record_are_found_by_their_own_word(case: Case) -> None:
    acts = {row.act.replace("_", " ") for row in case.record}
    assert {"abstain", "lapse", "renew", "accede"} <= acts & {word.id for word in words()}
    assert key("paired runs") == "paired-runs"


def test_the_page_is_that_of_the_glossary() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page()
