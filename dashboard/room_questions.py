"""What a teacher may ask a class: questions of the case, stops of its story, or what a link asks; and the answers."""

from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from tashkent.dashboard import answer, asked, question
from tashkent.dashboard.results import baseline
from tashkent.dashboard.room import (
    Expectation,
    Finding,
    Hearing,
    Place,
    Question,
    Recorded,
    Stop,
    Submission,
)
from tashkent.dashboard.shared import RunsDone
from tashkent.dashboard.story_page import stop_of
from tashkent.dashboard.view import View, from_query, story_of
from tashkent.experiments.predictions import read_predictions
from tashkent.model.case import Case
from tashkent.model.clock import month_label, parse_month


@lru_cache(maxsize=4)
def offered(case: Case) -> list[dict[str, str]]:
    """The questions of the case, the one to begin with first, and the stops of its story, as a teacher chooses."""
    story = story_of(case)
    rows = [
        {
            "code": name,
            "title": each.title,
            "text": each.question,
            "query": f"page=whatif&cf={name}",
        }
        for name, each in question.library(case).items()
    ]
    if story and story.question:
        rows.sort(key=lambda row: row["code"] != story.question)
    for number, step in enumerate(story.step if story else (), start=1):
        if step.predict is not None:
            query = f"page=story&step={number}"
            stop = question_of(case, query)
            rows.append({"code": stop.code, "title": stop.title, "text": stop.text, "query": query})
    return rows


def question_of(case: Case, address: str) -> Question | Stop:
    """What an address of the dashboard asks, or the part of one after its question mark: a question, or a stop.

    Raises
    ------
    ValueError
        If there is no question in it, or if something in it cannot be had.
    """
    view, complaints = from_query(case, _query(address))
    if complaints:
        raise ValueError(" ".join(complaints))
    if view.page == "story":
        return _stop(case, view)
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


def _stop(case: Case, view: View) -> Stop:
    """The stop at a step of the story."""
    story = story_of(case)
    assert story is not None
    step = story.step[view.step - 1]
    if step.predict is None:
        raise ValueError(f"At step {view.step} of the story nothing is to be predicted.")
    club, month = step.predict.club or story.club, parse_month(step.predict.month)
    name = case.state_names[story.state]
    place = Place(
        id=story.state, name=name, seat=asked.seat(case, club, parse_month(step.month), story.state)
    )
    return Stop(
        query=f"page=story&step={view.step}",
        code=f"story {view.step}",
        title=f"{step.month}: {step.title}",
        text=" ".join(step.text.split()),
        club=club,
        club_name=case.club_name(club, month),
        start=step.month,
        month=step.predict.month,
        states=[place],
        first=[story.state],
    )


def answered(case: Case, about: Question | Stop, progress: RunsDone) -> dict[str, Any]:
    """What the class is told in the end, as fields of what it was asked.

    Of a question what the model finds: its answer by state, the course of both worlds, the lesson. Of a stop what the
    record says, and in which share of the usual runs it is so.
    """
    view, _ = from_query(case, about.query)
    if isinstance(about, Stop):
        return _told(case, view, progress)
    key = answer.comparison_ahead(case, view)
    assert key is not None
    found = answer.obtain(case, key, progress)
    cells = {place.id: asdict(found.at(view.club, place.id, view.by)) for place in about.states}
    return {
        "answer": {state: Finding(**cell) for state, cell in cells.items()},
        "course": found.course,
        "lesson": found.lesson,
        "zero": found.untouched,
        "off": found.off,
    }


def _told(case: Case, view: View, progress: RunsDone) -> dict[str, Any]:
    story, ensemble = story_of(case), baseline(case).get(progress)
    assert story is not None
    predict = story.step[view.step - 1].predict
    assert predict is not None
    found = stop_of(case, story, predict, ensemble)
    there = Recorded(found="in" if found["truth"] else "out", share=found["share"])
    return {"answer": {story.state: there}, "runs": ensemble.runs}


def carried(case: Case, about: Question | Stop | Hearing, file: str, text: str) -> Submission:
    """What a file of predictions, as *What if* and a handout save them, expects of what is asked.

    Raises
    ------
    ValueError
        If it is no such file, or predicts another month or club.
    """
    if not isinstance(about, Question):
        raise ValueError("A file holds predictions of a question: ask that first.")
    expected = {}
    for each in read_predictions(file, text, case):
        club, month = each.club or about.club, each.month or about.month
        if (club, month) != (about.club, about.month):
            raise ValueError(
                f"{file}: {each.state} is predicted in {club} by {month}, "
                f"and this question asks about {about.club} by {about.month}."
            )
        expected[each.state] = Expectation(
            direction=each.direction, sure=round(100 * each.confidence)
        )
    return Submission(expected=expected)


def _query(address: str) -> str:
    """The part of an address after its question mark."""
    text = address.strip()
    return urlsplit(text).query if "?" in text else text
