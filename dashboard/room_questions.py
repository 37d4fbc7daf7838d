"""What a teacher may ask a class: questions of the case, or one of a link; and what the model finds."""

from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from tashkent.dashboard import answer, asked, question
from tashkent.dashboard.room import Finding, Place, Question
from tashkent.dashboard.shared import RunsDone
from tashkent.dashboard.view import from_query
from tashkent.model.case import Case
from tashkent.model.clock import month_label


@lru_cache(maxsize=4)
def offered(case: Case) -> list[dict[str, str]]:
    """The questions of the case, as a teacher chooses among them."""
    return [
        {"code": name, "title": each.title, "text": each.question}
        for name, each in question.library(case).items()
    ]


def question_of(case: Case, address: str) -> Question:
    """The question of an address of the dashboard, or of the part of one after its question mark.

    Raises
    ------
    ValueError
        If there is no question in it, or if something in it cannot be had.
    """
    view, complaints = from_query(case, _query(address))
    if complaints:
        raise ValueError(" ".join(complaints))
    counterfactual = question.counterfactual_of(case, view.counterfactual, view.own)
    if view.page != "whatif" or counterfactual is None:
        raise ValueError("This link leads to no question. Take Link on the page What if.")
    own = view.counterfactual == question.OWN
    words = asked.told(case, counterfactual)
    seats = {s: asked.seat(case, view.club, view.origin, s) for s in case.deciders}
    return Question(
        query=replace(view, guess=()).question_query(),
        code=view.counterfactual,
        title=words["title"] or ("A question of our own" if own else view.counterfactual),
        text=words["question"],
        changes=words["words"],
        club=view.club,
        club_name=case.club_name(view.club, view.by),
        start=month_label(view.origin),
        month=month_label(view.by),
        states=[Place(**state, seat=seats[state["id"]]) for state in asked.states(case)],
        first=asked.first_states(case, counterfactual, view.club) or list(case.deciders),
    )


def answered(case: Case, about: Question, progress: RunsDone) -> dict[str, Any]:
    """What the model finds, as fields of the question: its answer by state, the course of both worlds, the lesson."""
    view, _ = from_query(case, about.query)
    key = answer.comparison_ahead(case, view)
    assert key is not None
    found = answer.obtain(case, key, progress)
    cells = {place.id: asdict(found.at(view.club, place.id, view.by)) for place in about.states}
    return {
        "answer": {state: Finding(**cell) for state, cell in cells.items()},
        "course": found.course,
        "lesson": found.lesson,
    }


def _query(address: str) -> str:
    """The part of an address after its question mark."""
    text = address.strip()
    return urlsplit(text).query if "?" in text else text
