"""Evidence: every event, act, input, number and theory with its source, and what each score on the pages is."""

import json
from typing import Any

import solara

from tashkent.dashboard import charts, sources
from tashkent.dashboard.view import EVIDENCE, Ask, View
from tashkent.model.case import Case


@solara.component_vue("parts.vue")
def _parts(parts: list[dict[str, str]], part: str, event_ask: Ask) -> None:
    """The parts of the evidence."""


@solara.component_vue("evidence.vue")
def _evidence(
    part: str,
    title: str,
    columns: list[str],
    rows: list[dict[str, Any]],
    item: str,
    theory: str,
    states: list[dict[str, Any]],
    looked: str,
    law: bool,
    error: str,
    event_ask: Ask,
) -> None:
    """The rows of one part."""


@solara.component
def Evidence(case: Case, view: View, dark: bool, error: str, ask: Ask) -> None:
    """The page."""
    found = sources.part(case, view.part)
    parts = [{"id": key, "name": name} for key, name in EVIDENCE.items()]
    _parts(parts=parts, part=view.part, event_ask=ask)
    if view.part == "inputs":
        _chart(case, view, found["rows"], dark)
    _evidence(
        part=view.part,
        title=EVIDENCE[view.part],
        columns=found["columns"],
        rows=found["rows"],
        item=view.item,
        theory=view.theory,
        states=[
            {"id": s.state, "name": s.name, "decides": s.role == "decider"} for s in case.states
        ],
        looked=view.state,
        law=view.part == "sources",
        error=error,
        event_ask=ask,
    )


def _chart(case: Case, view: View, rows: list[dict[str, Any]], dark: bool) -> None:
    """A measured input of the state that is looked at, beside those of all."""
    name = view.item or rows[0]["id"]
    option = charts.lines(
        case,
        sources.input_over_time(case, name, view.state),
        view.month,
        dark=dark,
        large=view.present,
        unit="standard deviations",
    )
    with solara.Div(classes=["tk-card"]):
        charts.Chart(
            title=sources.input_finding(case, name, view.state, view.month),
            told=json.dumps(option),
            state=view.state,
            stem=name,
        )
