"""Simulate: the map and the lanes, month by month, with the record beside the runs."""

from collections.abc import Callable
from typing import Any

import solara

from tashkent.dashboard.player import WITHIN
from tashkent.dashboard.results import score_rows
from tashkent.dashboard.scene import facts, frames, record_of, scene
from tashkent.dashboard.view import Ask, View, story_of
from tashkent.dashboard.weights import said_of
from tashkent.model.case import Case
from tashkent.model.record import Ensemble


@solara.component_vue("stage.vue")
def _stage(
    scene: dict[str, Any],
    record: list[str],
    facts: dict[str, list[list[Any]]],
    made: dict[str, Any] | None,
    score: dict[str, Any] | None,
    held: str,
    club: str,
    club_name: str,
    show: str,
    month: int,
    state: str,
    large: bool,
    opens: bool,
    until: int,
    later: bool,
    play: bool,
    watch: str,
    tale: str,
    components: dict[str, str],
    event_moved: Callable[[str], None],
    event_open: Callable[[dict[str, str]], None],
    event_goto: Ask,
) -> None:
    """Map, player and lanes; playing happens in the browser alone."""


@solara.component
def Simulate(case: Case, view: View, ensemble: Ensemble | None, ask: Ask) -> None:
    """The page, of the record as long as there are no runs."""
    shown = solara.use_memo(
        lambda: None if ensemble is None else frames(ensemble, view.club), [ensemble, view.club]
    )
    table = solara.use_memo(
        lambda: None if ensemble is None or ensemble.runs == 1 else score_rows(ensemble, view.club),
        [ensemble, view.club],
    )
    _stage(
        scene=scene(case),
        record=record_of(case, view.club),
        facts=facts(case, view.club),
        made=shown,
        score=table,
        held=said_of(view) if view.show != "record" else "",
        club=view.club,
        club_name=case.club_name(view.club, case.end),
        show=view.show if ensemble is not None else "record",
        month=view.month,
        state=view.state,
        large=view.present,
        opens=True,
        until=0,
        later=view.later,
        play=view.first,
        watch=watched(case, view.club) if view.show == "record" and not view.present else "",
        tale=_tale(case),
        components=WITHIN,
        event_moved=lambda month: ask({"month": month}),
        event_open=lambda chosen: ask({**chosen, "page": "state"}),
        event_goto=ask,
    )


@solara.component
def RecordUntil(case: Case, view: View, club: str, state: str, until: int, ask: Ask) -> None:
    """The record of a club up to a month, which is played to as it moves on."""
    _stage(
        scene=scene(case),
        record=record_of(case, club),
        facts=facts(case, club),
        made=None,
        score=None,
        held="",
        club=club,
        club_name=case.club_name(club, until),
        show="record",
        month=case.start,
        state=state,
        large=view.present,
        opens=False,
        until=until,
        later=True,
        play=False,
        watch="",
        tale="",
        components=WITHIN,
        event_moved=lambda _: None,
        event_open=lambda _: None,
        event_goto=ask,
    )


def watched(case: Case, club: str) -> str:
    """One line of what to watch while the record of a club plays."""
    story = story_of(case)
    if story is not None and story.club == club:
        return story.watch
    return f"Watch who comes into {case.club_name(club, case.end)} and who goes out: each lane is a state."


def _tale(case: Case) -> str:
    """What leads to the story; empty if there is none."""
    story = story_of(case)
    return f"Told in {len(story.step)} steps, with stops to predict" if story else ""
