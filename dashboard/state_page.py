"""A state: what it felt and believed over time, and the decision of one month taken apart."""

import json
from collections.abc import Callable
from typing import Any

import solara
import solara.lab

from tashkent.dashboard import charts
from tashkent.dashboard.explained import acts_of, decision
from tashkent.dashboard.results import under
from tashkent.dashboard.view import Ask, View, theories
from tashkent.dashboard.weights import said_of
from tashkent.model.case import Case
from tashkent.model.clock import month_label


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
        theory=view.theory,
        theories=theories(case),
        error=error or failed,
        event_ask=ask,
    )
    name = next(s.name for s in case.states if s.state == view.state)
    with solara.Div(classes=["tk-charts"]):
        for title, unit, series in (
            (f"What {name} feared", "0 to 3", charts.threats),
            (
                f"Its ties, {month_label(case.start)} to {month_label(case.end)}",
                "standard deviations",
                charts.ties,
            ),
            ("Its belief that help would come", "0 to 1", charts.help_believed),
        ):
            with solara.Div(classes=["tk-card"]):
                option = charts.lines(
                    case,
                    series(case, view.state),
                    month,
                    dark=dark,
                    large=view.present,
                    unit=unit,
                )
                charts.Chart(title=title, told=json.dumps(option), state=view.state)
