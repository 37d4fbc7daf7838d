"""Rulebook: the law of a club in a month, rule by rule with sources, and what changed when."""

from typing import Any

import solara

from tashkent.dashboard.rules import changes_of, rules_of
from tashkent.dashboard.view import Ask, View
from tashkent.model.case import Case


@solara.component_vue("rulebook.vue")
def _rulebook(
    clubs: list[dict[str, str]],
    club: str,
    title: str,
    month: int,
    first: int,
    last: int,
    rules: list[dict[str, Any]],
    changes: list[dict[str, Any]],
    rule: str,
    error: str,
    event_ask: Ask,
) -> None:
    """The rules in force in a month; the month moves in the browser alone."""


@solara.component
def Rulebook(case: Case, view: View, error: str, ask: Ask) -> None:
    """The page."""
    _rulebook(
        clubs=[{"id": c, "name": case.club_name(c, view.month)} for c in case.clubs],
        club=view.club,
        title=case.clubs[view.club].title,
        month=view.month,
        first=case.start,
        last=case.end,
        rules=rules_of(case, view.club),
        changes=changes_of(case, view.club),
        rule=view.rule,
        error=error,
        event_ask=ask,
    )
