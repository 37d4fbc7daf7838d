"""Network: who shares a club, who are rivals and who stands between, month by month."""

import json
from collections.abc import Callable
from typing import Any

import solara
import solara.lab

from tashkent.dashboard import charts, connections
from tashkent.dashboard.player import WITHIN
from tashkent.dashboard.view import Ask, View
from tashkent.dashboard.weights import said_of
from tashkent.model.case import Case
from tashkent.model.record import Ensemble


@solara.component_vue("network.vue")
def _network(
    plan: dict[str, Any],
    made: dict[str, Any],
    held: str,
    month: int,
    large: bool,
    components: dict[str, str],
    event_moved: Callable[[str], None],
    event_open: Callable[[dict[str, str]], None],
) -> None:
    """The drawing, the player, and who stands between; playing happens in the browser alone."""


@solara.component
def Network(case: Case, view: View, ensemble: Ensemble | None, dark: bool, ask: Ask) -> None:
    """The page, of the record as long as there are no runs."""

    def work() -> tuple[Ensemble, dict[str, Any]] | None:
        return None if ensemble is None else (ensemble, connections.of_runs(ensemble))

    task = solara.lab.use_task(work, dependencies=[ensemble], raise_error=False)
    found = task.value if task.finished else None
    made = found[1] if found and found[0] is ensemble else connections.of_record(case)
    _network(
        plan=connections.plan(case),
        made=made,
        held=said_of(view) if made["runs"] is not None else "",
        month=view.month,
        large=view.present,
        components=WITHIN,
        event_moved=lambda month: ask({"month": month}),
        event_open=lambda chosen: ask({**chosen, "page": "state"}),
    )
    lines = connections.lines_between(case, made)
    if not lines:
        return
    with solara.Div(classes=["tk-card"]):
        option = charts.lines(
            case, lines, view.month, dark=dark, large=view.present, unit="pairs of states"
        )
        charts.Chart(
            title=connections.finding_over_time(case, made),
            told=json.dumps(option),
            state="network",
            stem="between",
        )
