"""What one visitor looks at, and the address that brings somebody else to the same view."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlencode

from tashkent.dashboard import question, sources
from tashkent.model.case import Case
from tashkent.model.clock import month_label, parse_month
from tashkent.model.errors import InputError, shortened
from tashkent.model.lawbook import months_in_force
from tashkent.model.story import Story, load_story

PAGES = {
    "simulate": "Simulate",
    "story": "Story",
    "state": "A state",
    "whatif": "What if",
    "network": "Network",
    "rulebook": "Rulebook",
    "evidence": "Evidence",
    "lab": "Lab",
}
#: those that the header keeps behind a word of its own
FOR_MODELLERS = ("lab",)
#: parts of the evidence
EVIDENCE = {
    "events": "Events",
    "record": "The record",
    "requests": "Requests for help and bases",
    "openings": "To whom clubs are open",
    "inputs": "Measured inputs",
    "numbers": "Numbers of the model",
    "theories": "Theories",
    "scores": "What the scores are",
    "sources": "Sources",
}
#: those that show the record, one run or many runs over time
OF_RUNS = ("simulate", "network")
SHOWS = {"record": "The record", "run": "One run", "ensemble": "Many runs"}
RUNS, MOST_RUNS, LAST_SEED = 300, 2000, 2**31 - 1
#: letters of what was asked for that are said again
LONGEST = 40
#: of the longest number that is read
DIGITS = 10
DIRECTIONS = ("up", "none", "down")
#: a state, the direction that is expected of it, and how sure of it somebody is, in per cent
Guess = tuple[str, str, int]
#: called with what a visitor asks for, by the keys of an address
Ask = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class View:
    """One page with all that it depends on. A month is a whole number (`model.clock`)."""

    page: str
    club: str
    #: the record, one run or many runs
    show: str
    #: the runs begin from the record at the end of this month
    start: int
    runs: int
    #: the number of the one run that is shown; it is the same run among many
    run: int
    seed: int
    month: int
    state: str
    #: parameters that are held at a value in every run, by name
    weights: tuple[tuple[str, float], ...] = ()
    #: the theory whose terms alone count in runs and decisions; all of them if empty
    theory: str = ""
    #: large type, without the controls
    present: bool = False
    #: lanes go on beyond the month, where they show the record
    later: bool = True
    #: the counterfactual: its name in the case, or `question.OWN`, and the text of one's own
    counterfactual: str = question.OWN
    own: str = ""
    #: both worlds begin from the record at the end of this month, and are looked at in that one
    origin: int = 0
    by: int = 0
    #: what is expected; the answer is shown only once there is something
    guess: tuple[Guess, ...] = ()
    #: the rule that is looked at, by its id; none if empty
    rule: str = ""
    #: the part of the evidence, and the row in it that is looked at; none if empty
    part: str = "events"
    item: str = ""
    #: the step of the story, from 1 on
    step: int = 1
    #: it is what somebody sees who asked for nothing: the record plays
    first: bool = False

    def reset(self, case: Case) -> "View":
        """As at the beginning, with the same case, counterfactual, seed and club."""
        kept = {"page": self.page, "club": self.club, "seed": self.seed, "present": self.present}
        first = replace(default(case), **kept, counterfactual=self.counterfactual, own=self.own)  # type: ignore[arg-type]
        return _usual(case, first)

    def query(self) -> str:
        """The part of the address after the question mark."""
        return urlencode(
            {
                "page": self.page,
                "club": self.club,
                "show": self.show,
                "start": month_label(self.start),
                "runs": self.runs,
                "run": self.run,
                "seed": self.seed,
                "month": month_label(self.month),
                "state": self.state,
                **({"weights": spoken(self.weights)} if self.weights else {}),
                **({"theory": self.theory} if self.theory else {}),
                **({"present": 1} if self.present else {}),
                **({} if self.later else {"later": 0}),
                **({"rule": self.rule} if self.page == "rulebook" and self.rule else {}),
                **({"step": self.step} if self.page == "story" else {}),
                **({"part": self.part} if self.page == "evidence" else {}),
                **({"item": self.item} if self.page == "evidence" and self.item else {}),
                **self.asked(),
            }
        )

    def question_query(self) -> str:
        """What an address needs to lead to this question, and to this prediction if there is one."""
        kept = {"page": "whatif", "club": self.club, "runs": self.runs, "seed": self.seed}
        return urlencode({**kept, **replace(self, page="whatif").asked()})

    def asked(self) -> dict[str, str]:
        """What if, as far as it belongs into the address."""
        if self.page != "whatif" and self.counterfactual != question.OWN and not self.guess:
            return {"cf": self.counterfactual}
        asked = {
            "cf": self.counterfactual,
            "from": month_label(self.origin),
            "by": month_label(self.by),
        }
        if self.counterfactual == question.OWN and self.own:
            asked["own"] = question.pack(self.own)
        return asked | ({"guess": guessed(self.guess)} if self.guess else {})


def spoken(weights: tuple[tuple[str, float], ...]) -> str:
    """Weights as they stand in an address: ``patronage:1.5,contagion:0``."""
    return ",".join(f"{name}:{value:g}" for name, value in weights)


def guessed(guess: tuple[Guess, ...]) -> str:
    """Predictions as they stand in an address: ``UZB:up:80,GEO:none:60``."""
    return ",".join(f"{state}:{direction}:{sure}" for state, direction, sure in guess)


def bounds(case: Case, weight: str) -> tuple[float, float]:
    """What a parameter may be held at: three prior standard deviations to either side of the mean, or nothing."""
    prior = case.parameters[weight]
    reach = 3 * (prior.sd or 0.0)
    return min(0.0, prior.mean - reach), max(0.0, prior.mean + reach)


def theories(case: Case) -> list[dict[str, str]]:
    """The theories that a visitor may choose, all together first."""
    alone = [{"id": name, "name": name.replace("_", " ")} for name in case.theories]
    return [{"id": "", "name": "all together"}, *alone]


@lru_cache(maxsize=8)
def story_of(case: Case) -> Story | None:
    """The story beside a case; none if there is none."""
    return load_story(case)


def pages(case: Case) -> dict[str, str]:
    """The pages that there are of a case, by name."""
    return {key: name for key, name in PAGES.items() if key != "story" or story_of(case)}


def default(case: Case) -> View:
    """What an address without details shows: many runs from the start of the case, at the start."""
    first = View(
        page="simulate",
        club=case.focus,
        show="ensemble",
        start=case.start,
        runs=RUNS,
        run=0,
        seed=0,
        month=case.start,
        state=case.deciders[-1],
        counterfactual=_opening(case),
    )
    return _usual(case, first)


def _opening(case: Case) -> str:
    """The question to begin with: that of the story, or the first of the case."""
    story = story_of(case)
    return (story and story.question) or next(iter(question.library(case)), question.OWN)


def _usual(case: Case, view: View) -> View:
    """With the start and the month that its question suggests, and nothing expected yet."""
    counterfactual = question.counterfactual_of(case, view.counterfactual, view.own)
    origin = question.usual_origin(case, counterfactual)
    return replace(
        view, origin=origin, by=question.usual_month(case, counterfactual, origin), guess=()
    )


def from_query(case: Case, query: str | None) -> tuple[View, tuple[str, ...]]:
    """The view that an address asks for, and in words what of it could not be had; an empty one has the record play."""
    if not query:
        return replace(default(case), show="record", first=True), ()
    asked = {key: values[-1] for key, values in parse_qs(query).items()}
    return changed(case, default(case), asked)


def changed(case: Case, view: View, asked: Mapping[str, object]) -> tuple[View, tuple[str, ...]]:
    """The view with what is asked for as far as it is possible, and in words what is not.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> case = load_case("cst")
    >>> view, complaints = changed(case, default(case), {"month": "1999-04", "club": "NATO"})
    >>> month_label(view.month), view.club, complaints
    ('1999-04', 'CST', ('There is no club "NATO" here: CST, GUAM, SCO, PFP, BASES.',))
    """
    found, complaints = _one_of_names(case, asked)
    numbers, wrong = _counted(case, asked)
    found |= numbers
    complaints += wrong
    for key, last in (("start", case.end - 1), ("month", case.end)):
        if (value := asked.get(key)) is not None:
            try:
                found[key] = _month(key, value, case.start, last)
            except ValueError as error:
                complaints.append(str(error))
    if (value := asked.get("weights")) is not None:
        held, wrong = _weights(case, str(value))
        complaints += wrong
        found["weights"] = held
    if found.get("theory", view.theory) and found.get("weights", view.weights):
        # what is asked for now goes before what was
        found["weights" if "theory" in found else "theory"] = () if "theory" in found else ""
        if asked.get("weights") and "theory" in found:
            complaints.append("Weights are held with all theories together, not under one of them.")
    if "present" in asked:
        found["present"] = asked["present"] in ("1", 1, True)
    if "later" in asked:
        found["later"] = asked["later"] not in ("0", 0, False)
    if found.get("part", view.part) != view.part:
        found["item"] = ""
    view, before = replace(view, **{**found, "first": False}), view.club  # type: ignore[arg-type]
    for key, change in (("rule", _looking_at), ("item", _pointing_at)):
        if (value := asked.get(key)) is not None:
            try:
                view = change(case, view, str(value))
            except ValueError as error:
                complaints.append(str(error))
    view, wrong = _what_if(case, view, before, asked)
    return view, (*complaints, *wrong)


def _one_of_names(case: Case, asked: Mapping[str, object]) -> tuple[dict[str, object], list[str]]:
    """What is asked for by one of some names, and in words what there is not."""
    found: dict[str, object] = {}
    complaints: list[str] = []
    for key, names in {
        "page": tuple(pages(case)),
        "show": tuple(SHOWS),
        "part": tuple(EVIDENCE),
        "theory": ("", *case.theories),
        "club": tuple(case.clubs),
        "state": case.deciders,
    }.items():
        value = asked.get(key)
        if value in names:
            found[key] = value
        elif value is not None:
            listed = ", ".join(filter(None, names))
            complaints.append(f'There is no {key} "{_short(value)}" here: {listed}.')
    return found, complaints


def _counted(case: Case, asked: Mapping[str, object]) -> tuple[dict[str, object], list[str]]:
    """What is asked for by a whole number, and in words what is none or cannot be."""
    found: dict[str, object] = {}
    complaints: list[str] = []
    story = story_of(case)
    for key, low, high in (
        ("runs", 1, MOST_RUNS),
        ("run", 0, LAST_SEED),
        ("seed", 0, LAST_SEED),
        ("step", 1, len(story.step) if story else 1),
    ):
        if (value := asked.get(key)) is None:
            continue
        text = str(value)
        if text.isdecimal() and len(text) <= DIGITS and low <= int(text) <= high:
            found[key] = int(text)
        else:
            complaints.append(
                f'{key} is a whole number from {low} to {high:,}, not "{_short(text)}".'
            )
    return found, complaints


def _short(value: object) -> str:
    return shortened(str(value), LONGEST)


def _month(key: str, value: object, first: int, last: int) -> int:
    """The month that is asked for, or `ValueError` with what is wrong in words."""
    try:
        month = parse_month(_short(value))
    except ValueError as error:
        raise ValueError(f"{key}: {error}.") from None
    if not first <= month <= last:
        span = f"{month_label(first)} and {month_label(last)}"
        raise ValueError(f"{key} lies between {span}; {month_label(month)} does not.")
    return month


def _looking_at(case: Case, view: View, rule: str) -> View:
    """The view with a rule, its club, and a month in which it is in force; an empty rule is none."""
    if not rule:
        return replace(view, rule="")
    statute = next((s for s in case.statutes if s.id == rule), None)
    if statute is None:
        raise ValueError(f'There is no rule "{shortened(rule, LONGEST)}" here.')
    first, last = months_in_force(statute)
    month = max(view.month, first) if last is None else min(max(view.month, first), last)
    return replace(view, rule=rule, club=statute.club, month=min(max(month, case.start), case.end))


def _pointing_at(case: Case, view: View, item: str) -> View:
    """The view with a row of the evidence; an empty one is none."""
    if item and item not in sources.names(case, view.part):
        what = f"{EVIDENCE[view.part][:1].lower()}{EVIDENCE[view.part][1:]}"
        raise ValueError(f'There is no "{shortened(item, LONGEST)}" among {what} here.')
    return replace(view, item=item)


def _what_if(
    case: Case, view: View, club: str, asked: Mapping[str, object]
) -> tuple[View, list[str]]:
    """The view with the question, start, month and predictions that are asked for; `club` is that of before."""
    complaints: list[str] = []
    before = (view.counterfactual, view.own, view.origin, view.by, club)
    for key, change in (("own", _own), ("cf", _named)):
        if (value := asked.get(key)) is not None:
            try:
                view = change(case, view, str(value))
            except ValueError as error:
                complaints.append(f"{str(error).rstrip('.')}.")
    spans = (("from", "origin", case.start, case.end - 1), ("by", "by", case.start + 1, case.end))
    for key, field, first, last in spans:
        if (value := asked.get(key)) is not None:
            try:
                month = _month(key, value, first, last)
                view = replace(view, **{field: month})  # type: ignore[arg-type]
            except ValueError as error:
                complaints.append(str(error))
    if view.by <= view.origin:
        counterfactual = question.counterfactual_of(case, view.counterfactual, view.own)
        view = replace(view, by=question.usual_month(case, counterfactual, view.origin))
    if (view.counterfactual, view.own, view.origin, view.by, view.club) != before:
        view = replace(view, guess=())  # another question
    if (value := asked.get("guess")) is not None:
        guess, wrong = _guesses(case, str(value))
        complaints += wrong
        view = replace(view, guess=guess)
    return view, complaints


def _named(case: Case, view: View, name: str) -> View:
    names = (*question.library(case), question.OWN)
    if name not in names:
        raise ValueError(f'There is no question "{_short(name)}" here: {", ".join(names)}')
    if name == view.counterfactual:
        return view
    view = replace(view, counterfactual=name)
    return view if name == question.OWN else _usual(case, view)


def _own(case: Case, view: View, packed: str) -> View:
    if not packed:
        return replace(view, counterfactual=question.OWN, own="")
    text = question.unpack(packed)
    file = "the question in this link"
    try:
        counterfactual = question.read(case, text, file)
    except InputError as error:
        raise ValueError(question.complaint(error, text)) from None
    origin = question.usual_start(case, counterfactual) if counterfactual.starts else view.origin
    return replace(
        view, counterfactual=question.OWN, own=question.written(counterfactual), origin=origin
    )


def _guesses(case: Case, text: str) -> tuple[tuple[Guess, ...], list[str]]:
    """The predictions in a text, and in words which of them cannot be."""
    found: dict[str, Guess] = {}
    complaints = []
    for part in filter(None, text.split(",")):
        state, direction, sure = (*part.split(":"), "", "")[:3]
        if state not in case.deciders:
            complaints.append(
                f'There is no state "{_short(state)}" here: {", ".join(case.deciders)}.'
            )
        elif direction not in DIRECTIONS:
            complaints.append(f'A direction is {", ".join(DIRECTIONS)}, not "{_short(direction)}".')
        elif not sure.isdecimal() or len(sure) > DIGITS or not 50 <= int(sure) <= 100:
            complaints.append(
                f'A confidence is a whole number from 50 to 100, not "{_short(sure)}".'
            )
        else:
            found[state] = (state, direction, int(sure))
    return tuple(found[state] for state in case.deciders if state in found), complaints


def _weights(case: Case, text: str) -> tuple[tuple[tuple[str, float], ...], list[str]]:
    """The weights that a text holds at a value, and in words which of them it cannot."""
    held: dict[str, float] = {}
    complaints = []
    known = case.drawn
    for part in filter(None, text.split(",")):
        name, _, number = part.partition(":")
        if name not in known:
            complaints.append(f'There is no weight "{_short(name)}" here: {", ".join(known)}.')
            continue
        low, high = bounds(case, name)
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if low <= value <= high:
            held[name] = value
        else:
            complaints.append(
                f'{name} is a number from {low:g} to {high:g}, not "{_short(number)}".'
            )
    return tuple(sorted(held.items())), complaints
