"""Parameters that a visitor holds at a value, beside what was believed of them before the record and after it."""

from functools import lru_cache
from typing import Any

import solara

from tashkent.calibration.posterior import posterior
from tashkent.dashboard.view import Ask, View, bounds
from tashkent.model.case import Case
from tashkent.model.words import TERMS, listed

#: the parameters that runs draw, by role in the case's table
GROUPS = {
    "weight": "What a seat is worth",
    "friction": "How readily states act",
    "unscored": "Acts that the record does not score",
    "council": "How members and the patron answer",
}


@solara.component_vue("weights.vue")
def _weights(
    table: list[dict[str, Any]],
    held: dict[str, float],
    event_apply: Ask,
) -> None:
    """One slider a parameter."""


@solara.component
def Weights(case: Case, view: View, ask: Ask) -> None:
    """The parameters of the case's table that runs draw."""
    _weights(table=table(case), held=dict(view.weights), event_apply=ask)


def said(weights: tuple[tuple[str, float], ...]) -> str:
    """Which parameters are held, in words; nothing if there are none."""
    return f"Held in every run: {spoken(weights)}." if weights else ""


def said_of(view: View) -> str:
    """What runs and decisions are under: a theory alone, or parameters that are held; nothing if neither."""
    if view.theory:
        return f"Under {view.theory.replace('_', ' ')} alone."
    return said(view.weights)


def spoken(weights: tuple[tuple[str, float], ...]) -> str:
    """Parameters with what they are held at."""
    return listed([f"{_named(name)} at {value:g}" for name, value in weights])


@lru_cache(maxsize=8)
def table(case: Case) -> list[dict[str, Any]]:
    """Prior and posterior of every parameter that runs draw, and the reason for it in words."""
    fitted = posterior(case)
    mean = dict(zip(fitted.names, fitted.mean.tolist(), strict=True))
    sd = dict(zip(fitted.names, fitted.sd.tolist(), strict=True))
    rows = []
    for role, name in ((r, n) for r in GROUPS for n in case.role(r)):
        prior = case.drawn[name]
        low, high = bounds(case, name)
        rows.append(
            {
                "name": name,
                "group": GROUPS[role],
                "words": _named(name),
                "reason": prior.reason,
                "informed": name in mean,
                "low": low,
                "high": high,
                "prior": [prior.mean, prior.sd or 0.0],
                "posterior": [mean.get(name, prior.mean), sd.get(name, prior.sd or 0.0)],
            }
        )
    return rows


def _named(name: str) -> str:
    return TERMS.get(name, name.replace("_", " "))
