"""Formulas against numbers worked out by hand, and agents as windows on the model."""

import math

import mesa
import numpy as np
import pytest

from agents import council, deliberation, perception, ties
from agents.situation import ClubTraits, Situation
from agents.terms import TERMS, term
from model.case import Case
from model.coalition import CoalitionModel
from model.world import compile_case

LOCKS = ("TKM-neutrality", "MDA-neutrality")


def situation(**changes: object) -> Situation:
    """Two states, two clubs (the first led by the patron and with a promise), two threats, two sponsors."""
    given: dict[str, object] = {
        "clubs": ClubTraits(
            relieves=np.array([[True, False], [False, True]]),
            menaces=np.array([[False, True], [False, False]]),
            guarantees=np.array([True, False]),
            sponsors=np.array([[1.0, 0.0], [0.0, 1.0]]),
            patron_led=np.array([True, False]),
        ),
        "threat": np.array([[2.0, 1.0], [0.0, 3.0]]),
        "credibility": np.array([[0.75, 0.5], [0.5, 0.5]]),
        "tie": np.array([[1.0, -1.0], [0.5, 2.0]]),
        "patron_tie": np.array([1.0, 0.5]),
        "rivalry": np.array([[0.0, 1.0], [0.5, 0.0]]),
        "leverage": np.array([0.0, 2.0]),
        "alternative": np.array([False, True]),
        "goods": np.array([0.5, 0.0]),
        "shared_budget": np.array([0.6, 0.0]),
        "pays": np.array([True, True]),
        "seat": np.array([[True, False], [True, True]]),
    }
    return Situation(**{**given, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("protection", [[1.5, 1.0], [0.0, 3.0]]),
        ("abandonment", [[-0.5, 0.0], [0.0, 0.0]]),
        ("menace", [[-1.0, 0.0], [-3.0, 0.0]]),
        ("patronage", [[1.5, -1.0], [1.0, 2.0]]),
        ("dues", [[-3.0, 0.0], [-3.0, 0.0]]),
        ("coercive_leverage", [[0.0, 0.0], [-2.0, 0.0]]),
        (
            "partisan_patron",
            [[-1 / (1 + math.exp(0.5)), 0.0], [-0.5 / (1 + math.exp(-0.5)), 0.0]],
        ),
    ],
)
def test_terms_by_hand(name: str, expected: list[list[float]]) -> None:
    np.testing.assert_allclose(TERMS[name].formula(situation()), expected)


def test_protection_and_abandonment_are_threat_times_belief_less_need() -> None:
    now, a, b = situation(), 0.6, 0.2
    total = a * TERMS["protection"].formula(now) + b * TERMS["abandonment"].formula(now)
    need = b / (a + b)
    assert total[0, 0] == pytest.approx((a + b) * 2.0 * (0.75 - need))


def test_dues_are_shared_by_who_pays() -> None:
    alone = situation(seat=np.array([[True, False], [False, True]]))
    assert TERMS["dues"].formula(alone)[0, 0] == pytest.approx(-6.0)
    patron_inside = situation(pays=np.array([True, False]))
    assert TERMS["dues"].formula(patron_inside)[0, 0] == pytest.approx(-6.0)


def test_a_majority_needs_half_of_the_votes_against() -> None:
    chance, all_vote = np.array([1.0, 1.0, 0.0, 0.0]), np.ones(4, bool)
    assert council.refusal(chance, all_vote, majority=True) == pytest.approx(1.0)
    assert council.refusal(chance[1:], all_vote[1:], majority=True) == pytest.approx(0.0)
    assert council.refusal(chance, all_vote) == pytest.approx(1.0)
    assert council.refusal(chance, ~all_vote, majority=True) == 0.0
    fair = np.full(3, 0.5)
    assert council.refusal(fair, np.ones(3, bool), majority=True) == pytest.approx(0.5)


def test_leverage_recruits_without_an_alternative() -> None:
    alone = situation(alternative=np.array([False, False]))
    assert TERMS["coercive_leverage"].formula(alone)[1, 0] == 2.0


def test_a_rival_outside_the_club_does_not_count() -> None:
    nobody = situation(seat=np.zeros((2, 2), bool))
    assert not TERMS["partisan_patron"].formula(nobody).any()


def test_terms_take_any_leading_axes() -> None:
    many = situation(seat=np.stack([situation().seat, np.zeros((2, 2), bool)]))
    found = TERMS["partisan_patron"].formula(many)
    assert found.shape == (2, 2, 2)
    np.testing.assert_array_equal(found[0], TERMS["partisan_patron"].formula(situation()))


def test_a_term_that_needs_seats_says_so() -> None:
    with pytest.raises(ValueError, match="seats are needed"):
        TERMS["partisan_patron"].formula(situation(seat=None))


def test_a_term_name_is_taken_once() -> None:
    def protection(now: Situation) -> np.ndarray:
        return now.threat

    with pytest.raises(ValueError, match="protection exists already"):
        term(theory="")(protection)


def test_fear_rises_at_once_and_fades_by_half_lives() -> None:
    level = np.array([0.0, 2.0, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(perception.felt(level, 2), [0, 2, 2**0.5, 1, 2**-0.5])


def test_relief_does_not_undo_measured_conflict() -> None:
    assert perception.threat_level(np.array(1.0), np.array(-2.0)) == 1.0
    assert perception.threat_level(np.array(1.0), np.array(9.0)) == perception.MOST


def test_credibility_is_one_half_before_anything_is_seen() -> None:
    assert perception.credibility(np.array(0.0)) == 0.5
    assert perception.credibility(np.array(-1.0)) == pytest.approx(1 / (1 + math.e))


def test_ties_leverage_and_alternatives() -> None:
    assert ties.tie(np.array(0.3), np.array(-2.0), 0.5) == pytest.approx(-0.7)
    np.testing.assert_allclose(ties.leverage(np.array([0, 1.0, 0, 0]), 1), [0, 1, 0.5, 0.25])
    open_to = np.array([[True, False], [True, True]])
    assert list(ties.alternative(open_to, np.array([False, True]))) == [False, True]
    leaning = ties.leaning(np.array([0.0, 1.0]))
    assert leaning[0, 1] == pytest.approx(1 / (1 + math.exp(-1)))
    assert leaning[0, 1] + leaning[1, 0] == pytest.approx(1)


def test_one_objection_is_enough() -> None:
    assert council.any_objection(np.array([0.5, 0.5, 0.0])) == pytest.approx(0.75)
    assert council.objection(np.array(-2.0), np.array(1.0), np.array(2.0)) == pytest.approx(0.5)


def test_log_odds_of_acts() -> None:
    friction = {name: np.array(float(i)) for i, name in enumerate(deliberation.FRICTIONS, start=1)}
    value = np.array(10.0)
    yes, no = np.array(True), np.array(False)
    assert deliberation.accession(value, friction, yes, no, yes) == 10 + 1 + 2 + 4
    assert deliberation.accession(value, friction, no, yes, no) == 10 + 1 + 3
    assert deliberation.renewal(value, friction) == 15
    assert deliberation.withdrawal(value, friction) == 6 - 10
    assert deliberation.suspension(value, friction) == 7 - 10


def test_a_theory_without_terms_is_indifferent() -> None:
    assert deliberation.value_of_seat({}, {}) == 0.0


def test_state_agents_are_windows(case: Case) -> None:
    model = CoalitionModel(case, run=1, start="1998-12", rng=1)
    uzbekistan = model.states["UZB"]
    assert uzbekistan.status_in("CST") == "member"
    assert uzbekistan.clubs == ("CST", "PFP")
    assert uzbekistan.tie_to("RUS") == uzbekistan.tie_to("patron")
    assert set(uzbekistan.threat) == set(case.threats)
    assert not model.states["RUS"].decides
    given = compile_case(case)
    terms = uzbekistan.explain("CST")
    value = sum(
        model.parameters[name] * float(feature[11, 0])
        for name, feature in given.terms(model.t, model.seats).items()
    )
    assert sum(terms.values()) == pytest.approx(value, abs=1e-9)
    for wrong in (lambda: uzbekistan.tie_to("east"), lambda: uzbekistan.status_in("EU")):
        with pytest.raises(KeyError, match="known"):
            wrong()


def test_organisation_agents_are_windows(case: Case) -> None:
    model = CoalitionModel(case, run=1, start="1998-12", rng=1)
    pact, forum = model.organisations["CST"], model.organisations["GUAM"]
    assert set(pact.members) == {"ARM", "AZE", "BLR", "GEO", "KAZ", "KGZ", "RUS", "TJK", "UZB"}
    assert (pact.title, forum.title) == ("CST", "GUAM")
    assert pact.exists
    assert pact.rules == ("CST-1", "CST-3", "CST-4", "CST-10", "CST-11-term", "CST-11-exit", *LOCKS)
    assert pact.petitions == ()
    while model.running:
        model.step()
        petitioners = {state for state, _ in pact.petitions}
        assert petitioners <= set(case.deciders)


def test_mesa_batch_run_and_data_collector(case: Case) -> None:
    found = mesa.batch_run(
        CoalitionModel,
        {"case": case, "run": [0, 1], "start": "2020-12"},
        rng=[5],
        display_progress=False,
        data_collection_period=12,
    )
    assert {row["run"] for row in found} == {0, 1}
    assert {row["date"] for row in found} >= {"2020-12", "2021-12"}
    model = CoalitionModel(case, run=1, start="2020-12", rng=5)
    while model.running:
        model.step()
    frame = model.datacollector.get_model_vars_dataframe()
    assert len(frame) == 61
    assert frame["date"].iloc[-1] == "2025-12"
    last = [row for row in found if row["run"] == 1 and row["date"] == "2024-12"]
    assert {row["CST"] for row in last} == {frame.set_index("date").loc["2024-12", "CST"]}


def test_the_seed_is_a_whole_number(case: Case) -> None:
    with pytest.raises(TypeError, match="whole number"):
        CoalitionModel(case, rng=[1, 2])  # type: ignore[arg-type]
