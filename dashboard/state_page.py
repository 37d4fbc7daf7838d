"""A state: what it felt and believed over time, and the decision of one month taken apart."""

import json
import re
from collections.abc import Callable
from typing import Any

import solara
import solara.lab

from tashkent.agents.situation import Floats
from tashkent.dashboard import charts
from tashkent.dashboard.explained import acts_of, decision, taking_part
from tashkent.dashboard.results import under
from tashkent.dashboard.view import Ask, View, theories
from tashkent.dashboard.weights import said_of
from tashkent.model.case import Case


@solara.component_vue("decision.vue")
def _decision(
    states: list[dict[str, str]],
    clubs: list[dict[str, str]],
    state: str,
    club: str,
    month: int,
    first: int,
    last: int,
    fitted: int,
    marks: list[dict[str, str]],
    found: dict[str, Any] | None,
    held: str,
    measured: str,
    theory: str,
    theories: list[dict[str, str]],
    error: str,
    event_ask: Callable[[dict[str, str]], None],
) -> None:
    """Which state, club and month; the decision in words and as waterfalls."""


@solara.component
def OneState(case: Case, view: View, dark: bool, error: str, ask: Ask) -> None:
    """The page of one state."""
    month = max(view.month, case.start + 1)  # the first month is given, not decided
    asked = (view.state, month, view.club, view.seed, view.weights)
    key = (*asked, view.theory)

    def work() -> tuple[tuple[Any, ...], dict[str, Any]]:
        return key, decision(under(case, view.theory), *asked)

    task = solara.lab.use_task(work, dependencies=[key], raise_error=False)
    found = task.value if task.finished else None
    failed = f"This could not be explained: {task.exception}" if task.error else ""
    _decision(
        states=[{"id": s.state, "name": s.name} for s in case.states if s.state in case.deciders],
        clubs=[{"id": c, "name": case.club_name(c, month)} for c in case.clubs],
        state=view.state,
        club=view.club,
        month=month,
        first=case.start + 1,
        last=case.end,
        fitted=case.fit_until,
        marks=acts_of(case, view.state, view.club),
        found=found[1] if found is not None and found[0] == key else None,
        held=said_of(view),
        measured=" ".join(case.theories[view.theory].measured.split()) if view.theory else "",
        theory=view.theory,
        theories=theories(case),
        error=error or failed,
        event_ask=ask,
    )
    part = _use_participation(case, view)
    feared, tied = charts.threats(case, view.state), charts.ties(case, view.state)
    name = next(s.name for s in case.states if s.state == view.state)
    look = {"dark": dark, "large": view.present}
    with solara.Div(classes=["tk-charts"]):
        for title, stem, unit, series in (
            (
                charts.most_feared(case, view.state, feared),
                f"what-{_plain(name)}-feared",
                "0 to 3",
                feared,
            ),
            (charts.ties_turned(tied), "its-ties", "standard deviations", tied),
        ):
            with solara.Div(classes=["tk-card"]):
                option = charts.lines(case, series, month, unit=unit, **look)
                charts.Chart(title=title, told=json.dumps(option), state=view.state, stem=stem)
        with solara.Div(classes=["tk-card", "tk-whole"]):
            found_lanes = _lanes(case, view, part or {})
            charts.Chart(
                title=charts.least_part(case, view.club, part)
                if part is not None
                else "Its beliefs",
                told=json.dumps(charts.lanes(case, found_lanes, month, **look)),
                state=view.state,
                stem="participation-and-beliefs",
                height=charts.lanes_height(len(found_lanes)),
            )


def _use_participation(case: Case, view: View) -> dict[str, Floats] | None:
    """How far the state would take part in the club over time; none until it is found."""
    asked = (view.state, view.club, view.seed, view.weights)
    key = (*asked, view.theory)

    def work() -> tuple[tuple[Any, ...], dict[str, Floats]]:
        """What it is of, and its lines: each of shape (months,)."""
        return key, taking_part(under(case, view.theory), *asked)

    task = solara.lab.use_task(work, dependencies=[key], raise_error=False)
    found = task.value if task.finished else None
    return found[1] if found is not None and found[0] == key else None


def _lanes(case: Case, view: View, part: dict[str, Floats]) -> dict[str, dict[str, Floats]]:
    """Participation in the club, where there is any, and below it each belief that moved."""
    club = case.club_name(view.club, view.month)
    lanes = {f"Would take part in {club}": part} if part else {}
    beliefs = charts.help_believed(case, view.state)
    return lanes | {
        f"Belief in help against {_lower(what)}": {what: line} for what, line in beliefs.items()
    }


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower())
