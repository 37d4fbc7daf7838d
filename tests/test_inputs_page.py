"""docs/inputs.md and its like: every row of a case stands there, with its sources spelled out."""

import re
from typing import get_args

import pytest

from publish import inputs
from publish.page import ROOT
from tashkent.model.case import Case, load_case, shipped_cases
from tashkent.model.case.tables import Event
from tashkent.model.evidence.columns import CATALOGUE
from tashkent.model.evidence.recipe import MeasuredThreat


@pytest.mark.parametrize("name", shipped_cases())
def test_the_page_is_that_of_the_case(name: str) -> None:
    text = (ROOT / inputs.path(name)).read_text(encoding="utf-8")
    assert text == inputs.page(name), "run: make docs"


@pytest.mark.parametrize("name", shipped_cases())
def test_nothing_of_a_case_is_left_out(name: str) -> None:
    case, text = load_case(name), inputs.page(name)
    assert {row.event for row in case.events} <= set(
        re.findall(r"^\| (\S+) \|", text, re.MULTILINE)
    )
    for codes in (
        case.threats,
        case.parameters,
        case.sources,
        inputs.read_plan(case.path).composites,
    ):
        assert set(codes) <= set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    for kind in ("record", "requests", "openness"):
        assert getattr(inputs, kind)(case).count("\n") == len(getattr(case, kind)) + 1


def test_effects_of_an_event_stand_together(case: Case) -> None:
    rows = {line.split(" | ")[0]: line for line in inputs.events(case).splitlines()}
    assert "threat `insurgency` +: TJK, KGZ, UZB; tie to `patron` +: TJK" in rows["| E002"]
    assert "1992-05-05 to 1997-06-27" in rows["| E002"]
    assert "RD2013 (Evolution of the CST system); SZ; GK" in rows["| E002"]


def test_everything_that_a_case_may_have_has_words() -> None:
    assert set(inputs.WORDS) == set(CATALOGUE)
    assert set(inputs.THREATS) == set(get_args(MeasuredThreat.model_fields["of"].annotation))
    assert set(inputs.EFFECTS) == set(get_args(Event.model_fields["kind"].annotation))
