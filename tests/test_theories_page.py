"""docs/theories.md: its tables are those of cases and code, and it says all that a term of one's own may declare."""

import inspect
import re
from typing import get_args

from publish import theories
from publish.page import ROOT
from tashkent.agents.terms import Read, Where, term

TEXT = (ROOT / theories.PAGE).read_text(encoding="utf-8")


def test_the_page_is_that_of_cases_and_code() -> None:
    assert theories.page() == TEXT, "run: make docs"


def test_all_that_a_term_may_declare_is_described() -> None:
    said = {word.strip('"') for word in re.findall(r"`([^`\n]+)`", TEXT)}
    words = {*get_args(Read), *get_args(Where), *inspect.signature(term).parameters} - {""}
    assert words <= said


def test_no_other_reading_is_described() -> None:
    rows = TEXT.split("| `reads` | what |\n")[1].split("\n\n")[0]
    assert set(re.findall(r"^ *\| `(\w+)` \|", rows, re.MULTILINE)) == set(get_args(Read))
