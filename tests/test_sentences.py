"""Sentences against their numbers: every state of the shipped case, each in months of its own."""

import re
from collections.abc import Iterator

import numpy as np
import pytest

from tashkent.model import words
from tashkent.model.case import Case
from tashkent.model.choices import record_standing
from tashkent.model.clock import month_label, parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.explain import Explanation, explain
from tashkent.model.parameters import ParameterDraws

TERM_OF = {name: term for term, name in words.TERMS.items()}
NAME = "|".join(sorted(map(re.escape, TERM_OF), key=len, reverse=True))
TURNED = re.compile(
    rf"A seat in (?P<club>.+) has been (?P<worth>worth having|worth less than nothing) since (?P<month>[\d-]+), "
    rf"when (?P<term>{NAME}) (?P<moved>.+) \((?P<before>.[\d.]+) before, (?P<after>.[\d.]+) then\)\."
)
SPOKE = re.compile(
    rf"(?:[Ff]or a seat in .+? spoke (?P<pro>(?:{NAME}|, | and )+))?(?:; )?"
    rf"(?:[Aa]gainst (?:it|a seat in .+? spoke) (?P<con>(?:{NAME}|, | and )+))?\."
)


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def worth_of(
    case: Case, draws: ParameterDraws, month: str, state: int, club: int
) -> dict[str, np.ndarray]:
    """What each term adds to the worth of a seat where the record stood before a month."""
    inputs, t = compile_case(case), parse_month(month) - case.start
    terms = inputs.terms(t, record_standing(inputs, t))
    shape = inputs.open_to.shape[1:]
    return {n: draws[n] * np.broadcast_to(v, shape)[state, club] for n, v in terms.items()}


#: of so many months one is looked at, each by some states: what is said of a turn stays until the next one
APART = 12


def explained(case: Case, draws: ParameterDraws) -> Iterator[tuple[str, Explanation]]:
    for number, state in enumerate(case.deciders):
        for month in range(case.start + 1 + number % APART, case.end + 1, APART):
            yield state, explain(case, state, month, draws)


def check_turn(
    case: Case, draws: ParameterDraws, found: Explanation, line: str, state: str
) -> None:
    told = TURNED.fullmatch(line)
    assert told is not None, line
    names = {act.club: act.club_name for act in found.acts}
    turn = next(t for t in found.turns if names.get(t.club, t.club) == told["club"])
    assert (turn.month, words.TERMS[turn.term]) == (told["month"], told["term"])
    s, c = case.state_ids.index(state), tuple(case.clubs).index(turn.club)
    since = parse_month(turn.month)
    now, before = (worth_of(case, draws, month_label(m), s, c) for m in (since, since - 1))
    old, new = (float(np.median(w.get(turn.term, np.zeros(1)))) for w in (before, now))
    assert (number(told["before"]), number(told["after"])) == pytest.approx((old, new), abs=0.0051)
    having = told["worth"] == "worth having"
    totals = [float(np.median(sum(w.values()))) for w in (before, now)]
    assert (totals[1] > 0) == having
    assert (totals[0] > 0) != having or totals[0] == 0
    assert (new > old) == having  # it moved the seat the way that it turned
    for said, is_so in (
        ("spoke more for", 0 <= old < new),
        ("spoke less for", 0 <= new < old),
        ("spoke more against", new < old <= 0),
        ("spoke less against", old < new <= 0),
        ("came to speak for", old < 0 < new),
        ("came to speak against", new < 0 < old),
    ):
        assert (f"{said} it" == told["moved"]) == is_so, (line, old, new)


@pytest.mark.slow(4)
def test_every_sentence_says_what_its_numbers_say(
    case: Case, some_parameters: ParameterDraws
) -> None:
    turned = spoken = 0
    seen: set[str] = set()
    for state, found in explained(case, some_parameters):
        lines = words.story(found)
        for line in lines:
            if " has been worth " in line and (state + line) not in seen:
                seen.add(state + line)
                check_turn(case, some_parameters, found, line, state)
                turned += 1
        for club in dict.fromkeys(act.club for act in found.acts):
            act = next(a for a in found.acts if a.club == club)
            line = words.reasons(act)
            assert line in lines
            told = SPOKE.fullmatch(line)
            values = {p.name: p.median for p in act.worth}
            if told is None:
                assert line == f"Little spoke for or against a seat in {act.club_name}."
                assert all(abs(v) <= words.NOTABLE for v in values.values())
                continue
            for side, sign in (("pro", 1), ("con", -1)):
                named = set(re.findall(NAME, told[side] or ""))
                due = {words.TERMS[n] for n, v in values.items() if sign * v > words.NOTABLE}
                assert named == due, (state, line)
            spoken += 1
    assert turned > 50
    assert spoken > 400
