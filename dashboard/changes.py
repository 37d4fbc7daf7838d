"""The changes that a visitor can put together on the page."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from tashkent.dashboard.view import bounds
from tashkent.model.case import Case
from tashkent.model.case.tables import Event
from tashkent.model.clock import month_label, month_of
from tashkent.model.errors import InputError
from tashkent.model.lawbook import kind_of, numbers, provision, span, spoken
from tashkent.model.patches.words import FLIPS, KEYS, KINDS, LENGTHS, sponsor_name
from tashkent.model.statutes import Statute
from tashkent.model.words import TERMS

# to choose from ------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def choices(case: Case) -> dict[str, Any]:
    """What can be put together on the page."""
    deciders = [s for s in case.states if s.state in case.deciders]
    return {
        "events": _events(case.events),
        "rules": [rule for statute in case.statutes for rule in _rules(statute)],
        "states": [{"id": s.state, "name": s.name} for s in deciders],
        "clubs": [{"id": c, "name": club.title} for c, club in case.clubs.items()],
        "threats": [{"id": k, "name": t.label} for k, t in case.threats.items()],
        "sponsors": [{"id": s, "name": sponsor_name(case, s)} for s in case.sponsors],
        "weights": [_weight(case, name) for name in case.role("weight")],
        "first": case.start // 12,
        "last": case.end // 12,
    }


def _events(rows: Iterable[Event]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = f"{month_label(month_of(row.date))} {row.label}"
        own = found.setdefault(
            row.event, {"id": row.event, "name": name, "date": str(row.date), "states": []}
        )
        if row.state not in own["states"]:
            own["states"].append(row.state)
    return sorted(found.values(), key=lambda e: str(e["date"]))


def _rules(statute: Statute) -> list[dict[str, Any]]:
    kind = kind_of(statute)
    if kind not in KINDS:
        return []
    found = []
    for key, value in numbers(statute).items():
        name = f"{statute.club}: {KINDS[kind]} ({provision(statute)}, {span(statute)})"
        rule = {"id": f"{statute.id}.{key}", "name": name, "now": value, "key": spoken(key)}
        if key in FLIPS:
            options = [{"value": v, "name": words} for v, words in FLIPS[key].items()]
            found.append({**rule, "options": options})
        elif key in LENGTHS:
            found.append({**rule, "key": KEYS[key], "bounds": LENGTHS[key]})
    return found


def _weight(case: Case, name: str) -> dict[str, Any]:
    low, high = bounds(case, name)
    return {"id": name, "name": TERMS.get(name, spoken(name)), "low": low, "high": high}


# from the page -------------------------------------------------------------------------------------


def patch_of(case: Case, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The patch, as a table, that somebody put together on the page.

    Raises
    ------
    InputError
        If something is missing or of the wrong kind. What the case makes of it is asked later.
    """
    build = BUILDERS.get(str(asked.get("do")))
    if build is None:
        raise InputError("What if", "change", asked.get("do"), ", ".join(BUILDERS))
    return build(case, asked)


def _strike(case: Case, asked: Mapping[str, Any]) -> dict[str, Any]:
    state = _text(asked, "state")
    return {
        "do": "remove_event",
        "event": _text(asked, "event"),
        **({"states": [state]} if state else {}),
    }


def _move(case: Case, asked: Mapping[str, Any]) -> dict[str, Any]:
    return {"do": "move_event", "event": _text(asked, "event"), "date": _day(asked, "date")}


def _flip(case: Case, asked: Mapping[str, Any]) -> dict[str, Any]:
    statute, _, key = _text(asked, "rule").rpartition(".")
    value = asked.get("value")
    if key in LENGTHS:
        value = int(_number_of(asked, "value"))
    elif key not in FLIPS or not isinstance(value, str | bool):
        raise InputError("What if", "rule", asked.get("rule"), "a rule of the list with a value")
    return {"do": "change_statute", "statute": statute, "set": {key: value}}


def _offer(case: Case, asked: Mapping[str, Any]) -> dict[str, Any]:
    state, threat = _text(asked, "state"), _text(asked, "threat")
    return {
        "do": "add_event",
        "event": f"offer-{state}-{threat}",
        "date": _day(asked, "date"),
        "label": "Others offer help",
        "states": [state],
        "kind": "offer",
        "about": threat,
        "sign": 1,
    }


def _open(case: Case, asked: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "do": "open_club",
        "club": _text(asked, "club"),
        "states": [_text(asked, "state")],
        "from": _day(asked, "date"),
    }


def _tie(case: Case, asked: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "do": "change_series",
        "series": f"tie_{_text(asked, 'sponsor')}",
        "states": [_text(asked, "state")],
        "first_year": int(_number_of(asked, "first")),
        "last_year": int(_number_of(asked, "last")),
        "add": _number_of(asked, "add"),
    }


def _weigh(case: Case, asked: Mapping[str, Any]) -> dict[str, Any]:
    name, value = _text(asked, "weight"), _number_of(asked, "value")
    if name in case.role("weight"):
        low, high = bounds(case, name)
        if not low <= value <= high:
            raise InputError("What if", name, value, f"a number from {low:g} to {high:g}")
    return {"do": "change_parameter", "parameter": name, "value": value}


BUILDERS: dict[str, Callable[[Case, Mapping[str, Any]], dict[str, Any]]] = {
    "strike": _strike,
    "move": _move,
    "rule": _flip,
    "offer": _offer,
    "open": _open,
    "tie": _tie,
    "weight": _weigh,
}


def _text(asked: Mapping[str, Any], key: str) -> str:
    value = asked.get(key, "")
    if not isinstance(value, str) or len(value) > 100:
        raise InputError("What if", key, str(value)[:100], "a short text")
    return value


def _day(asked: Mapping[str, Any], key: str) -> date:
    try:
        return date.fromisoformat(_text(asked, key))
    except ValueError:
        raise InputError("What if", key, asked.get(key), "a day, as YYYY-MM-DD") from None


def _number_of(asked: Mapping[str, Any], key: str) -> float:
    value = asked.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e6:
        raise InputError("What if", key, value, "a number")
    return float(value)
