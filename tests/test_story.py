"""A story beside a case: read strictly, and what the page makes of it."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tashkent.dashboard import question, story_page, view
from tashkent.dashboard.room_questions import offered
from tashkent.model.case import Case, load_case
from tashkent.model.chances import SPANS, chances
from tashkent.model.errors import InputError
from tashkent.model.explain import explain
from tashkent.model.parameters import ParameterDraws
from tashkent.model.story import load_story

STORY = """\
schema = 1
title = "Out and in"
watch = "Watch it."
state = "ARV"
club = "PACT"

[[step]]
month = "2001-06"
title = "It begins"
text = "All are in."
source = "TALE"

[step.predict]
month = "2003-06"

[[step]]
month = "2003-06"
title = "It ends"
text = "Some are not."
source = "TALE; JUDGED"
"""


@pytest.fixture
def told(folder: Path) -> Callable[[str, str], Case]:
    """The smallest case with a story in which something is written otherwise."""

    def written(old: str = "", new: str = "") -> Case:
        assert old in STORY
        (folder / "story.toml").write_text(STORY.replace(old, new, 1), encoding="utf-8")
        return load_case(folder)

    return written


def test_a_story_is_read_and_informs_nothing(told: Callable[..., Case], minimal: Case) -> None:
    case = told()
    assert load_story(minimal) is None
    story = load_story(case)
    assert story is not None
    assert [step.month for step in story.step] == ["2001-06", "2003-06"]
    assert case.hash == minimal.hash
    assert "story" in view.pages(case)
    assert "story" not in view.pages(minimal)
    _, (complaint,) = view.from_query(minimal, "page=story")
    assert complaint.startswith('There is no page "story" here: simulate, state')
    _, (complaint,) = view.from_query(case, "page=story&step=3")
    assert complaint == 'step is a whole number from 1 to 2, not "3".'


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("schema = 1", "schema = 2", "schema: 2 is not valid; allowed: 1"),
        ('"ARV"', '"ARW"', "state: 'ARW' is not valid; allowed: "),
        ('"PACT"', '"PACK"', "club: 'PACK' is not valid; allowed: "),
        ("watch =", "wacht =", "story.wacht"),
        (
            "schema = 1\n",
            'schema = 1\nquestion = "CF9"\n',
            "question: 'CF9' is not valid; allowed: ",
        ),
        ('month = "2001-06"', 'month = "1900-06"', "step 1.month: '1900-06' is not valid"),
        (
            'month = "2001-06"',
            'month = "2003-06"',
            "step 1.predict.month: '2003-06' is not valid; allowed: a month after that of the step",
        ),
        (
            '[[step]]\nmonth = "2003-06"',
            '[[step]]\nmonth = "2001-06"',
            "step 2.month: '2001-06' is not valid; allowed: a month after the step before",
        ),
        ("TALE; JUDGED", "TALE; JUGED", "step 2.source: 'JUGED' is not valid; allowed: "),
        (
            "[step.predict]\n",
            '[step.predict]\nclub = "RINK"\n',
            "step 1.predict.club: 'RINK' is not valid; allowed: ",
        ),
    ],
)
def test_what_is_wrong_in_a_story_is_one_line(
    told: Callable[..., Case], old: str, new: str, complaint: str
) -> None:
    case = told(old, new)
    with pytest.raises(InputError) as refused:
        load_story(case)
    assert str(refused.value).startswith(f"story.toml: {complaint}")
    assert "\n" not in str(refused.value)


def test_a_story_says_which_question_comes_first(case: Case) -> None:
    story = load_story(case)
    assert story is not None
    names = [*question.library(case)]
    assert names[0] != story.question == view.default(case).counterfactual
    asked = [row["code"] for row in offered(case)]
    assert asked[: len(names)] == [story.question, *(n for n in names if n != story.question)]


def test_the_record_says_who_was_right(case: Case) -> None:
    story = load_story(case)
    assert story is not None
    steps = story_page.told(case, story, None)
    asked = {step["predict"]["month"]: step["predict"] for step in steps if step["predict"]}
    assert len(steps) == 10
    moves = ["1999-04", "2005-06", "2006-08", "2012-12"]
    found = [asked[case.month(month, "month")] for month in moves]
    assert [one["truth"] for one in found] == [False, False, True, False]
    assert [one["club"] for one in found] == ["CST", "GUAM", "CSTO", "CSTO"]
    # each is asked before the step that tells it
    for step, later in pairwise(steps):
        if step["predict"]:
            assert step["month"] < step["predict"]["month"]
            assert later["month"] <= step["predict"]["month"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "truths"),
    [
        ("rio", [True, True, False, False, False]),
        ("ecowas", [True, True, False, True, False]),
    ],
)
def test_the_other_cases_have_a_story_too(name: str, truths: list[bool]) -> None:
    case = load_case(name)
    story = load_story(case)
    assert story is not None
    steps = story_page.told(case, story, None)
    asked = [step["predict"] for step in steps if step["predict"]]
    assert [one["truth"] for one in asked] == truths


def test_small_chances_add_up(case: Case, some_parameters: ParameterDraws) -> None:
    month = case.month("2012-06", "month")
    found = {
        one.state: one
        for one in chances(case, "CST", ["request_suspension"], month, some_parameters)[
            "request_suspension"
        ]
    }
    own = found["UZB"]
    never = np.ones(len(own.month))
    for back in range(max(SPANS)):
        told = explain(case, "UZB", month - back, some_parameters, "CST")
        acts = [act for act in told.acts if act.act == "request_suspension"]
        never = never * (1 - acts[0].probability if acts else 1)
        if back == 0:
            np.testing.assert_allclose(own.month, acts[0].probability)
        if back + 1 in SPANS:
            np.testing.assert_allclose(own.within[back + 1], 1 - never)
    assert (own.done, own.done_of_late) == (True, True)
    assert not found["KAZ"].done_of_late
    assert set(found) <= set(case.deciders)


def test_the_first_view_is_the_record_and_plays_once(case: Case) -> None:
    first, complaints = view.from_query(case, "")
    assert (first.show, first.first, complaints) == ("record", True, ())
    moved, _ = view.changed(case, first, {"month": "1999-04"})
    assert (moved.show, moved.first) == ("record", False)
    again, _ = view.from_query(case, moved.query())
    assert again == replace(moved, first=False)
