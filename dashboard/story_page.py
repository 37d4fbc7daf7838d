"""Story: the history of one state told in a few steps, with stops to predict what comes next."""

from typing import Any

import solara
import solara.lab

from tashkent.dashboard import simulate_page
from tashkent.dashboard.results import baseline
from tashkent.dashboard.shared import while_wanted
from tashkent.dashboard.view import Ask, View, story_of
from tashkent.model.case import Case
from tashkent.model.clock import parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.record import Ensemble
from tashkent.model.statuses import is_in
from tashkent.model.story import Prediction, Story


@solara.component_vue("story.vue")
def _story(
    about: str,
    title: str,
    name: str,
    steps: list[dict[str, Any]],
    step: int,
    runs: int,
    event_ask: Ask,
) -> None:
    """The steps, and what is predicted of them; predictions stay in the browser."""


@solara.component
def Told(case: Case, view: View, ask: Ask) -> None:
    """The page: a step in words, and the record up to its month."""
    story = story_of(case)
    assert story is not None
    usual = baseline(case)

    def work() -> Ensemble:
        return usual.get(while_wanted(lambda: runs.is_current()))

    runs = solara.lab.use_task(work, dependencies=[], raise_error=False)
    ensemble = runs.value if runs.finished else None
    steps = solara.use_memo(lambda: told(case, story, ensemble), [ensemble])
    _story(
        about=f"story of {case.id}",
        title=story.title,
        name=case.states[case.state_ids.index(story.state)].name,
        steps=steps,
        step=view.step,
        runs=ensemble.runs if ensemble is not None else 0,
        event_ask=ask,
    )
    step = story.step[view.step - 1]
    simulate_page.RecordUntil(case, view, story.club, story.state, parse_month(step.month), ask)


def told(case: Case, story: Story, ensemble: Ensemble | None) -> list[dict[str, Any]]:
    """The steps as the page takes them; `ensemble` are the usual runs, once they are there."""
    return [
        {
            "month": parse_month(step.month),
            "title": step.title,
            "text": " ".join(step.text.split()),
            "sources": [source.strip() for source in step.source.split(";")],
            "predict": stop_of(case, story, step.predict, ensemble) if step.predict else None,
        }
        for step in story.step
    ]


def stop_of(
    case: Case, story: Story, asked: Prediction, ensemble: Ensemble | None
) -> dict[str, Any]:
    """What is asked, what the record says to it, and in which share of runs it is so."""
    month, club = parse_month(asked.month), asked.club or story.club
    seat = (case.state_ids.index(story.state), tuple(case.clubs).index(club))
    status = compile_case(case).record.status[month - case.start][seat]
    share = None if ensemble is None else float(ensemble.p_in[month - ensemble.start][seat])
    return {
        "month": month,
        "club": case.club_name(club, month),
        "truth": bool(is_in(status)),
        "share": share,
    }
