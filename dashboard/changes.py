"""What a counterfactual changes, in plain words, and the changes that a visitor can put together on the page."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from tashkent.dashboard.view import bounds
from tashkent.model.case import Case
from tashkent.model.case.tables import Event
from tashkent.model.clock import month_label, month_of
from tashkent.model.counterfactual import Counterfactual
from tashkent.model.errors import InputError
from tashkent.model.lawbook import kind_of, numbers, provision, span, spoken
from tashkent.model.patches.acts import Answer, Forbid, Force, Propose
from tashkent.model.patches.events import AddEvent, FlipEvent, MoveEvent, RemoveEvent, RescaleEvent
from tashkent.model.patches.inputs import DYADS, ChangeParameter, ChangeSeries
from tashkent.model.patches.kinds import PATCH_NAMES
from tashkent.model.patches.law import (
    AddStatute,
    ChangeStatute,
    CloseClub,
    OpenClub,
    ReadOtherwise,
    RemoveClub,
    RemoveStatute,
)
from tashkent.model.patches.patch import Patch
from tashkent.model.statutes import Statute
from tashkent.model.words import TERMS, listed

#: what a rule may be flipped to, in words: by key of the statute
FLIPS: dict[str, dict[Any, str]] = {
    "renewal": {
        "opt_in": "who does not sign is out",
        "automatic": "who does nothing stays in",
    },
    "consensus": {
        True: "only if no member objects",
        False: "without the others' consent",
    },
    "majority": {
        False: "only if all others agree",
        True: "by a majority of the others",
    },
    "price": {
        "gap": "back at once, and joins what it missed later",
        "acquis": "back only after joining all that was concluded since",
    },
    "absence_blocks": {False: "absence is no objection", True: "absence blocks"},
    "automatic": {False: "the council decides", True: "it follows by itself"},
    "on_request": {False: "help is owed without a request", True: "help is owed on request"},
    "consent": {False: "after consultation", True: "only if no member objects"},
}
#: lengths that may be set, in months or years, with their bounds
LENGTHS = {"notice_months": (0, 60), "years": (1, 30)}
KEYS = {"notice_months": "months of notice", "years": "years of a term"}
KINDS = {
    "accession": "how a state comes in",
    "restoration": "how a former member comes back",
    "term": "what happens when the term ends",
    "withdrawal": "leaving on notice",
    "voluntary_suspension": "suspension at one's own request",
    "sanction": "suspension as a sanction",
    "expulsion": "expulsion",
    "observer": "observers",
    "arrears": "members that do not pay",
    "bases": "foreign bases",
    "defence": "the duty to help",
    "voting": "what counts as an objection",
}
EventPatch = RemoveEvent | FlipEvent | RescaleEvent | MoveEvent
EFFECTS = {
    "threat": "what it means for threats",
    "tie": "what it means for ties",
    "coercion": "pressure by the patron",
    "credibility": "what it says of promises",
    "offer": "the help that others offer",
    "regime": "who rules there",
}


# in words ------------------------------------------------------------------------------------------


def changes(case: Case, counterfactual: Counterfactual | None) -> list[str]:
    """What each patch changes, one sentence each."""
    return [said(case, patch) for patch in counterfactual.patches] if counterfactual else []


def said(case: Case, patch: Patch) -> str:
    """What a patch changes, in a sentence.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> said(load_case("cst"), ReadOtherwise(statute="CST-11-term"))
    'CST, what happens when the term ends (Collective Security Treaty, Article 11): who does nothing stays in.'
    """
    words = _words(case, patch)
    return words[:1].upper() + words[1:] + "."


def _words(case: Case, patch: Patch) -> str:
    match patch:
        case RemoveEvent() | FlipEvent() | RescaleEvent() | MoveEvent():
            return _event(case, patch)
        case AddEvent():
            what = f"{patch.kind} ({_subject(case, patch.about)})"
            sign = "more" if patch.sign > 0 else "less"
            return f"new: “{patch.label}” on {patch.date}: {sign} {what} for {_names(case, patch.states)}"
        case RemoveStatute():
            return f"{_rule(case, patch.statute)}: the rule was never made"
        case ReadOtherwise():
            old = _statute(case, patch.statute)
            return (
                f"{_rule(case, patch.statute)}: {_numbers(dict(old.other_reading if old else ()))}"
            )
        case ChangeStatute():
            told = [_numbers(patch.set)] if patch.set else []
            told += [
                "it stays in force" if key == "until" else f"without {spoken(key)}"
                for key in patch.drop
            ]
            return f"{_rule(case, patch.statute)}: {'; '.join(told)}"
        case AddStatute():
            kind = str(patch.statute.get("kind"))
            own = {k: v for k, v in patch.statute.items() if k in FLIPS or k in LENGTHS}
            numbered = f": {_numbers(own)}" if own else ""
            return f"{patch.statute.get('club')}, a new rule on {KINDS.get(kind, spoken(kind))}{numbered}"
        case OpenClub() | CloseClub():
            verb = "opens to" if isinstance(patch, OpenClub) else "is closed to"
            since = "" if patch.from_ == date.min else f" from {patch.from_}"
            until = f" until {patch.until}" if patch.until else ""
            return f"{patch.club} {verb} {_names(case, patch.states)}{since}{until}"
        case RemoveClub():
            return f"{patch.club} was never founded"
        case ChangeSeries():
            return _series(case, patch)
        case Propose():
            act = spoken(patch.act)
            whom = _names(case, patch.states)
            return f"{patch.club}, {patch.from_} to {patch.until}: a case to {act} {whom} is put for certain"
        case Forbid() | Force():
            verb = "must" if isinstance(patch, Force) else "cannot"
            when = f"({patch.club}, {patch.from_} to {patch.until})"
            return f"{_names(case, patch.states)} {verb} {spoken(patch.act)} {when}"
        case Answer():
            verb = "grants" if patch.grant else "refuses"
            what = "a base" if patch.need == "base" else "help"
            return f"the council {verb} {what} to {_names(case, [patch.state])} in {month_label(month_of(patch.date))}"
        case ChangeParameter():
            name = TERMS.get(patch.parameter, spoken(patch.parameter))
            if patch.value is not None:
                return f"what weighs: {name} counts {patch.value:g} in every run"
            return f"what is believed of {name}: mean {spoken(patch.mean)}, sd {spoken(patch.sd)}"
    return spoken(PATCH_NAMES[type(patch)])


def _event(case: Case, patch: EventPatch) -> str:
    rows = [row for row in case.events if row.event == patch.event]
    name = f"“{rows[0].label}” ({month_label(month_of(rows[0].date))})" if rows else patch.event
    match patch:
        case RemoveEvent():
            verb = "does not happen" if not patch.kinds else "does not change"
        case FlipEvent():
            verb = "has the opposite effect"
        case RescaleEvent():
            verb = f"weighs {patch.factor:g} times as much"
        case MoveEvent():
            told = [f"happens on {patch.date}"] if patch.date else []
            told += [f"lasts to {patch.date_end}"] if patch.date_end else []
            verb = listed(told)
    of = [EFFECTS[kind] for kind in patch.kinds]
    effects = f" {listed(of)}" if of else ""
    about = f" ({', '.join(_subject(case, a) for a in patch.about)})" if patch.about else ""
    states = f" for {_names(case, patch.states)}" if patch.states else ""
    return f"{name} {verb}{effects}{about}{states}"


def _series(case: Case, patch: ChangeSeries) -> str:
    sponsor = patch.series.removeprefix("tie_")
    what = {"rivalry": "rivalry with", "bond": "tie to"}.get(patch.series)
    if what is not None:
        what = f"{what} {_names(case, patch.partners)}"
    elif sponsor != patch.series:
        what = f"tie to {sponsor_name(case, sponsor)}"
    else:
        what = spoken(patch.series)
    if patch.set is not None:
        how = f"is {patch.set:g}"
    elif patch.scale is not None:
        how = f"is {patch.scale:g} times as large"
    else:
        add = patch.add or 0.0
        how = f"is {abs(add):g} {'higher' if add > 0 else 'lower'}"
    unit = "" if patch.series in DYADS or patch.scale is not None else " standard deviations"
    if unit and patch.add is not None:
        how = how.replace(" higher", f"{unit} higher").replace(" lower", f"{unit} lower")
    years = f"{patch.first_year} to {patch.last_year}"
    return f"{_names(case, patch.states)}: the {what} {how}, {years}"


def sponsor_name(case: Case, sponsor: str) -> str:
    """A sponsor as people call it: the patron by its name."""
    if sponsor == "patron":
        return _names(case, [case.patron])
    return f"the {sponsor.title()}"


def _names(case: Case, states: Iterable[str]) -> str:
    known = {s.state: s.name for s in case.states}
    return listed([known.get(state, state) for state in states])


def _subject(case: Case, about: str) -> str:
    if about in case.threats:
        return f"“{case.threats[about].label}”"
    return f"of {sponsor_name(case, about)}" if about in case.sponsors else spoken(about)


def _statute(case: Case, name: str) -> Statute | None:
    return next((s for s in case.statutes if s.id == name), None)


def _rule(case: Case, name: str) -> str:
    statute = _statute(case, name)
    if statute is None:
        return name
    kind = kind_of(statute)
    return f"{statute.club}, {KINDS.get(kind, spoken(kind))} ({provision(statute)})"


def _numbers(values: Mapping[str, Any]) -> str:
    return "; ".join(_number(key, value) for key, value in values.items())


def _number(key: str, value: Any) -> str:
    try:
        return FLIPS[key][value]
    except (KeyError, TypeError):
        return f"{KEYS.get(key, spoken(key))}: {spoken(value)}"


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
