"""What patches change, in plain words."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from tashkent.model.case import Case
from tashkent.model.clock import month_label, month_of
from tashkent.model.lawbook import kind_of, provision, spoken
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
    "threat": "threats",
    "tie": "ties",
    "coercion": "pressure by the patron",
    "credibility": "what is believed of promises",
    "offer": "the help that others offer",
    "regime": "who rules there",
}


def in_words(case: Case, patch: Patch) -> str:
    """What a patch changes, in a sentence.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> in_words(load_case("cst"), ReadOtherwise(statute="CST-11-term"))
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
            verb, on = ("has no effect", "on") if patch.kinds else ("does not happen", "")
        case FlipEvent():
            verb, on = "has the opposite effect", "on"
        case RescaleEvent():
            verb, on = f"weighs {patch.factor:g} times as much", "in"
        case MoveEvent():
            told = [f"happens on {patch.date}"] if patch.date else []
            told += [f"lasts to {patch.date_end}"] if patch.date_end else []
            verb, on = listed(told), "for"
    of = [EFFECTS[kind] for kind in patch.kinds]
    effects = f" {on} {listed(of)}" if of else ""
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
    years = f"{patch.first_year} to {patch.last_year}"
    if patch.level:
        return f"{_names(case, patch.states)}: the {what} is that of their mean, {years}"
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
