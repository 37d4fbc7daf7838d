"""One table of log-odds: engine, likelihood and explanation read the same."""

import numpy as np
import pytest

from tashkent.agents import acts
from tashkent.agents.deliberation import probability
from tashkent.agents.terms import TERMS
from tashkent.calibration.likelihood import design
from tashkent.calibration.riskset import CHOICES
from tashkent.model.case import Case
from tashkent.model.choices import log_odds_row, open_acts, record_standing
from tashkent.model.compilation import compile_case
from tashkent.model.explain import explain
from tashkent.model.simulate import prior_parameters
from tashkent.model.statuses import Act
from tests.scripted import log_odds

DRAWS = 20
OPTIONAL = {name for names in acts.OPTIONAL.values() for name in names}


def engine_log_odds(
    case: Case, draws: dict[str, np.ndarray], act: str, t: int, s: int, c: int
) -> np.ndarray:
    """What `model.step` adds up for a seat of the record, shape (draws,)."""
    inputs, term = compile_case(case), compile_case(case).rules[t][c].term
    seen = max(0, t - term.informed_months_before) if act == "renew" and term else t
    terms = inputs.terms(seen, record_standing(inputs, t))
    value = sum((draws[n] * f[s, c] for n, f in terms.items()), np.zeros(DRAWS))
    club = {name: values[c] for name, values in inputs.club_features(t).items()}
    former = inputs.record.former[t - 1, :, c]
    seat = {name: values[s] for name, values in inputs.seat_features(t, c, former).items()}
    frictions = acts.club_frictions(act, draws, club) + acts.seat_frictions(act, draws, seat)
    return acts.ACTS[act].sign * value + frictions


def some_open(case: Case, each: int = 6) -> list[tuple[str, int, int, int]]:
    """Some seats of the record for every act that is open to them: act, month, state, club."""
    inputs, found = compile_case(case), dict[str, list[tuple[str, int, int, int]]]()
    for t in range(1, len(case.months)):
        if t % 7 and not any(rules.renewal_due for rules in inputs.rules[t]):
            continue
        for s in map(int, np.flatnonzero(inputs.decides)):
            for c in range(len(case.clubs)):
                for act, _ in open_acts(inputs, t, s, c):
                    name = act.name.lower()
                    found.setdefault(name, []).append((name, t, s, c))
    return [seat for seats in found.values() for seat in seats[:: -(-len(seats) // each)]]


@pytest.mark.slow
def test_every_act_has_the_same_log_odds_in_engine_row_and_explanation(case: Case) -> None:
    draws, inputs, clubs = (
        prior_parameters(case, runs=DRAWS, seed=2),
        compile_case(case),
        tuple(case.clubs),
    )
    met = set()
    for name, t, s, c in some_open(case):
        engine = engine_log_odds(case, draws, name, t, s, c)
        row = log_odds_row(inputs, Act[name.upper()], t, s, c).log_odds(draws)
        np.testing.assert_allclose(row, engine, rtol=0, atol=1e-9)
        explained = explain(case, case.state_ids[s], case.months[t], draws, clubs[c]).acts
        told = next(a for a in explained if a.act == name).log_odds
        np.testing.assert_allclose(told, engine, rtol=0, atol=1e-9)
        met.add(name)
    assert met == set(acts.ACTS) - {"rescind"}  # the law of this case knows no such act


@pytest.mark.slow
def test_the_rows_of_the_likelihood_have_them_too(case: Case) -> None:
    rows = design(case)
    drawn = prior_parameters(case, runs=DRAWS, seed=4)
    draws = drawn.with_values({n: p.mean for n, p in case.drawn.items() if n not in rows.names})
    first, second = rows.log_odds(draws.of_names(rows.names))
    met = set()
    for i in range(0, len(rows.rows), 9):
        at = (int(rows.rows.month[i]), int(rows.rows.state[i]), int(rows.rows.club[i]))
        choice = CHOICES[rows.rows.choice[i]]
        act = "withdraw" if choice == "exit" else choice
        if choice == "exit" and Act.WITHDRAW not in dict(open_acts(compile_case(case), *at)):
            act = "request_suspension"
        engine = engine_log_odds(case, draws, act, *at)
        np.testing.assert_allclose(first[i], engine, rtol=0, atol=1e-9)
        if rows.two_routes[i]:
            engine = engine_log_odds(case, draws, "request_suspension", *at)
            np.testing.assert_allclose(second[i], engine, rtol=0, atol=1e-9)
            act = "request_suspension"
        met.add(act)
    assert met >= {"accede", "renew", "withdraw", "request_suspension"}


def test_a_new_friction_is_one_line(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    draws, inputs = prior_parameters(case, runs=DRAWS, seed=2), compile_case(case)
    t = case.month("2012-06", "month") - case.start
    s, c = case.state_ids.index("UZB"), tuple(case.clubs).index("CST")
    before = engine_log_odds(case, draws, "withdraw", t, s, c)
    dearer = acts.SeatAct(-1.0, (acts.Friction("exit"), acts.Friction("founding", "guarantees")))
    monkeypatch.setitem(acts.ACTS, "withdraw", dearer)
    engine = log_odds("withdraw", draws["exit"] - before, draws, {"guarantees": np.array(True)})
    row = log_odds_row(inputs, Act.WITHDRAW, t, s, c).log_odds(draws)
    told = explain(case, "UZB", case.months[t], draws, "CST").acts
    np.testing.assert_allclose(engine, before + draws["founding"])
    np.testing.assert_allclose(row, engine)
    chance = next(a for a in told if a.act == "withdraw").probability
    np.testing.assert_allclose(chance, probability(engine))


def test_the_acts_are_acts_and_the_frictions_are_in_the_table_of_parameters(case: Case) -> None:
    assert {name.upper() for name in acts.ACTS} <= set(Act.__members__)
    named = {f.parameter for act in acts.ACTS.values() for f in act.frictions}
    assert named - set(TERMS) == {*acts.FRICTIONS, *acts.UNSCORED, *OPTIONAL}
    assert not set(acts.FRICTIONS) & set(acts.UNSCORED)
    assert named <= {*case.drawn, *OPTIONAL}
