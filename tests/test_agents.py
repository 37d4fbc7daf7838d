"""Formulas against numbers worked out by hand, and agents as windows on the model."""

import itertools
import math
from dataclasses import replace

import mesa
import numpy as np
import pytest

from tashkent.agents import acts, council, deliberation, perception, ties
from tashkent.agents.situation import ClubTraits, Situation
from tashkent.agents.terms import TERMS, term
from tashkent.experiments.coalition import CoalitionModel
from tashkent.model.case import Case
from tashkent.model.clock import month_of, parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.errors import InputError
from tashkent.model.inputs import Standing
from tashkent.model.seats import NEVER, Seats
from tashkent.model.statuses import Status
from tests.scripted import log_odds

LOCKS = ("TKM-neutrality", "MDA-neutrality")


def situation(**changes: object) -> Situation:
    """Two states, two clubs (the first led by the patron and with a promise), three threats, two sponsors.

    The first two threats are to the state; the third is to the regime, and the first club relieves it.
    """
    inputs: dict[str, object] = {
        "clubs": ClubTraits(
            relieves=np.array([[True, False, True], [False, True, False]]),
            menaces=np.array([[False, True, False], [False, False, True]]),
            guarantees=np.array([True, False]),
            sponsors=np.array([[1.0, 0.0], [0.0, 1.0]]),
            patron_led=np.array([True, False]),
            budgeted=np.array([True, False]),
            company=np.array([True, False]),
            of_regime=np.array([False, False, True]),
            of_rivals=np.array([False, False, False]),
            place=np.arange(2),
            promised=np.array([[True] * 3, [False] * 3]),
            promises=np.array([[True] * 3, [False] * 3]),
            stake=np.array([0.3, 0.3]),
            shelters=np.array([False, True]),
            opposed=np.array([[False, True], [True, False]]),
        ),
        "threat": np.array([[2.0, 1.0, 0.5], [0.0, 3.0, 1.5]]),
        "exposure": np.array([[1.0, 1.0, 0.5], [0.0, 3.0, 1.5]]),
        "credibility": np.array([[0.75, 0.5, 0.5], [0.5, 0.5, 0.5]]),
        "offer": np.array([[1.0, 0.0, 0.0], [0.5, 1.0, 1.0]]),
        "tie": np.array([[1.0, -1.0], [0.5, 2.0]]),
        "patron_tie": np.array([1.0, 0.5]),
        "rivalry": np.array([[0.0, 1.0], [0.5, 0.0]]),
        "bond": np.array([[0.0, 0.2], [0.05, 0.0]]),
        "leverage": np.array([0.0, 2.0]),
        "covers": np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]),
        "autonomy": np.array([0.25, 0.75]),
        "reach": np.array([4.0, 2.0]),
        "kin": np.array([[0.0, 1.0], [0.0, 0.0]]),
        "goods": np.array([0.5, 0.0]),
        "shared_budget": np.array([0.6, 0.0]),
        "pays": np.array([True, True]),
        "seat": np.array([[True, False], [True, True]]),
        "held": np.array([[1.0, 0.0], [1.0, 1.0]]),
        "gap": np.array([[5, 0], [0, 3]]),
        "left": np.array([[False, True], [True, False]]),
        "courted": np.array([[True, False], [False, False]]),
    }
    return Situation(**{**inputs, **changes})  # type: ignore[arg-type]


def meeting(**changes: object) -> Situation:
    """The same where both clubs bear on the first threat, a rival; the first covers nothing else."""
    clubs = replace(
        situation().clubs,
        relieves=np.array([[True, False, False], [True, False, False]]),
        of_rivals=np.array([True, False, False]),
    )
    covers = np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    return situation(**{"clubs": clubs, "covers": covers, **changes})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("protection", [[0.75, 1.0], [0.0, 3.0]]),  # of what own means leave
        ("abandonment", [[-0.25, 0.0], [0.0, 0.0]]),
        ("regime_security", [[0.5, 0.0], [1.5, 0.0]]),  # all of the threat, promise or none
        # the first state has no seat elsewhere and no leverage is on it; the second has one, so that half of the grip
        # is left and half of what its club's sponsor does repels; from the club that another leads all of it does
        ("coercion", [[0.0, -0.5], [0.5 * 2.0 - 0.5 * 3.0, -1.5]]),
        ("two_blocs", [[0.0, -1.0], [-1.0, -1.0]]),
        ("purpose", [[0.0, 0.0], [0.0, 0.0]]),  # the forum's members have a paper each
        ("outside_option", [[-1.0, 0.0], [-1.5, 0.0]]),  # threats to the regime too
        ("entrapment", [[-1.0, 0.0], [-3.0, 0.0]]),
        ("compliance", [[-2.0, 0.0], [0.0, -0.6]]),
        ("contagion", [[-2.0, 0.0], [0.0, -0.5]]),
        ("courtship", [[1.0, 0.0], [0.0, 0.0]]),
        ("patronage", [[1.5, -1.0], [1.0, 2.0]]),
        ("dues", [[-3.0, 0.0], [-3.0, 0.0]]),
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
    assert total[0, 0] == pytest.approx((a + b) * 1.0 * (0.75 - need))


def test_a_club_that_promises_nothing_protects_as_far_as_it_relieves() -> None:
    unbelieved = situation(credibility=np.zeros((2, 3)))
    np.testing.assert_allclose(TERMS["protection"].formula(unbelieved), [[0.0, 1.0], [0.0, 3.0]])


def test_the_terms_are_those_of_the_page() -> None:
    assert tuple(TERMS) == (
        "protection",
        "abandonment",
        "regime_security",
        "coercion",
        "patronage",
        "partisan_patron",
        "two_blocs",
        "purpose",
        "outside_option",
        "entrapment",
        "compliance",
        "contagion",
        "dues",
        "courtship",
        "censure",
        "kinship",
        "announcement",
        "defiance",
    )
    assert {n for n, known in TERMS.items() if not known.at_stake} == {"two_blocs", "purpose"}
    reads = {name: set(term.reads) for name, term in TERMS.items() if term.reads}
    assert reads == {
        "protection": {"credibility", "seat", "held"},
        "abandonment": {"credibility", "seat", "held"},
        "regime_security": {"credibility", "seat", "held"},
        "coercion": {"held"},
        "partisan_patron": {"seat"},
        "two_blocs": {"held"},
        "compliance": {"gap"},
        "contagion": {"left"},
        "dues": {"seat"},
        "courtship": {"courted"},
        "censure": {"sanctioned"},
        "announcement": {"noticed"},
        "defiance": {"held"},
    }


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


@pytest.mark.parametrize("voters", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("majority", [False, True])
def test_a_refusal_adds_up_over_everything_that_voters_may_say(voters: int, majority: bool) -> None:
    rng = np.random.default_rng(voters)
    chance, votes = rng.uniform(size=(6, voters)), rng.uniform(size=(6, voters)) < 0.7
    votes[0], votes[1] = False, True
    expected = np.zeros(6)
    for n, said in np.ndindex(6, 2**voters):
        objects = np.array([bool(said >> j & 1) for j in range(voters)])
        p = np.where(votes[n], np.where(objects, chance[n], 1 - chance[n]), 1 - objects).prod()
        against, of = (objects & votes[n]).sum(), votes[n].sum()
        refused = 2 * against >= of > 0 if majority else against > 0
        expected[n] += p * refused
    found = council.refusal(chance, votes, majority=majority)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert found[0] == 0
    alone = council.refusal(chance[1], votes[1], majority=majority)
    assert alone == pytest.approx(expected[1])
    if not majority:
        np.testing.assert_array_equal(council.refusal(chance, votes), found)


def test_leverage_recruits_without_an_alternative() -> None:
    alone = situation(held=np.zeros((2, 2)))
    np.testing.assert_allclose(TERMS["coercion"].formula(alone), [[0.0, -0.5], [2.0, -1.5]])


def test_each_seat_elsewhere_leaves_a_state_half_as_alone() -> None:
    clubs = replace(situation().clubs, shelters=np.array([True, True]))
    found = TERMS["coercion"].formula(situation(clubs=clubs))[1, 0]
    assert found == pytest.approx(0.25 * 2.0 - 0.75 * 3.0)


def test_a_threat_that_another_seat_relieves_is_relieved_once() -> None:
    """The first state sits in the pact alone, the second in both: what a seat adds is what the other leaves."""
    now = meeting(rivalry=np.zeros((2, 2)), exposure=np.array([[2.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    found = TERMS["protection"].formula(now)
    np.testing.assert_allclose(found, [[2 * 0.75, 2 * (1 - 0.75)], [0.5 * (1 - 0.3), 1 - 0.5]])
    of_pact = TERMS["abandonment"].formula(now)
    np.testing.assert_allclose(of_pact, [[-2 * 0.25, 0.0], [-0.5 * (1 - 0.3), 0.0]])


def test_a_threat_to_the_regime_is_relieved_once() -> None:
    clubs = replace(meeting().clubs, of_regime=np.array([True, False, False]))
    quiet = meeting(clubs=clubs, rivalry=np.zeros((2, 2)), threat=np.full((2, 3), 2.0))
    np.testing.assert_allclose(
        TERMS["regime_security"].formula(quiet), [[2.0, 2 * 0.25], [2 * 0.7, 2 * 0.5]]
    )
    assert not TERMS["protection"].formula(quiet).any()


def test_a_club_does_not_relieve_fear_of_its_own_members() -> None:
    """The second state's rival sits in the pact and not in the forum; the first one's sits in both."""
    nowhere = meeting(held=np.zeros((2, 2)))
    np.testing.assert_allclose(TERMS["protection"].formula(nowhere), [[0.0, 0.0], [0.0, 0.0]])
    feared = np.array([[1.0, 0.0, 0.0], [0.5, 0.0, 0.0]])
    nowhere = meeting(held=np.zeros((2, 2)), exposure=feared)
    np.testing.assert_allclose(TERMS["protection"].formula(nowhere), [[0.0, 0.0], [0.0, 0.5]])


def test_a_club_relieves_the_rest_of_a_fear_whose_worst_sits_inside() -> None:
    """Three states: the worst rival of the first is in the pact, the other, half as bad, is not."""
    rivalry = np.array([[0.0, 2.0, 1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    inside = np.array([[False], [True], [False]])
    clubs = replace(
        meeting().clubs,
        relieves=np.array([[True]]),
        guarantees=np.array([False]),
        of_rivals=np.array([True]),
        of_regime=np.array([False]),
        place=np.arange(1),
        promised=np.array([[False]]),
        promises=np.array([[False]]),
        stake=np.array([0.3]),
    )
    now = meeting(
        clubs=clubs,
        rivalry=rivalry,
        seat=inside,
        held=np.zeros((3, 1)),
        covers=np.ones((1, 1)),
        threat=np.array([[2.0], [0.0], [0.0]]),
        exposure=np.array([[2.0], [0.0], [0.0]]),
        credibility=np.full((3, 1), 0.5),
    )
    np.testing.assert_allclose(TERMS["protection"].formula(now), [[1.0], [0.0], [0.0]])


def test_work_against_a_threat_needs_no_belief_and_leaves_most_of_it_to_others() -> None:
    """The pact works on the first threat: no word of it can be broken, and its seat relieves as much as a forum's."""
    quiet = {"rivalry": np.zeros((2, 2)), "exposure": np.array([[2.0, 0, 0], [1.0, 0, 0]])}
    none = np.zeros((2, 3), bool)
    clubs = replace(meeting().clubs, promised=none, promises=none, stake=np.array([0.3, 0.3]))
    now = meeting(clubs=clubs, **quiet)
    found = TERMS["protection"].formula(now)
    np.testing.assert_allclose(found, [[2.0, 2 * (1 - 0.3)], [1 - 0.3, 1 - 0.3]])
    assert not TERMS["abandonment"].formula(now).any()


def test_operations_relieve_from_their_first_day(case: Case) -> None:
    """No club bears on the traffic before it works against it, and those who work promise nothing."""
    inputs = compile_case(case)
    k, pact = tuple(case.threats).index("traffic"), tuple(case.clubs).index("CST")
    covers = inputs.situation.covers[:, :, k]
    first = parse_month("2003-09") - case.start
    assert not covers[:first].any()
    assert covers[first:, pact].all()
    assert not np.delete(covers, pact, axis=1).any()
    assert inputs.situation.clubs.guarantees[pact]
    assert not inputs.situation.clubs.promised[pact, k]
    idle = compile_case(case.without("CSTO-8-channel"))
    assert not idle.situation.covers[:, :, k].any()


def test_a_promise_relieves_what_its_text_covers() -> None:
    """Nor does it take from others what it does not cover."""
    quiet = {"rivalry": np.zeros((2, 2)), "exposure": np.ones((2, 3))}
    unread = meeting(**quiet, covers=np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    np.testing.assert_allclose(TERMS["protection"].formula(unread), [[0.0, 1.0], [0.0, 1.0]])
    assert not TERMS["abandonment"].formula(unread).any()
    assert not TERMS["outside_option"].formula(unread).any()


def test_a_forum_is_joined_as_often_as_there_is_a_reason() -> None:
    """One chance in ten without any; a club that promises help insures against what is not felt yet."""
    company = replace(situation().clubs, company=np.array([True, True]))
    felt = np.array([[2.0, 1.0, 0.5], [0.0, 0.0, 1.5]])
    found = TERMS["purpose"].formula(situation(clubs=company, threat=felt))
    some = math.log(0.1 + 0.9 * (1 - math.exp(-1.0)))
    np.testing.assert_allclose(found, [[0.0, some], [0.0, math.log(0.1)]])
    unread = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    found = TERMS["purpose"].formula(situation(clubs=company, threat=felt, covers=unread))
    np.testing.assert_allclose(found[:, 1], math.log(0.1))


def test_a_rival_in_a_forum_whose_members_decide_together_counts_half() -> None:
    company = replace(situation().clubs, company=np.array([True, True]))
    found = TERMS["partisan_patron"].formula(situation(clubs=company))
    np.testing.assert_allclose(found[:, 1], [-0.5, 0.0])  # only the second state is in
    nobody = replace(situation().clubs, company=np.array([False, False]))
    assert not TERMS["partisan_patron"].formula(situation(clubs=nobody)).any()


def test_a_rival_outside_the_club_does_not_count() -> None:
    nobody = situation(seat=np.zeros((2, 2), bool))
    assert not TERMS["partisan_patron"].formula(nobody).any()


def test_terms_take_any_leading_axes() -> None:
    many = situation(seat=np.stack([situation().seat, np.zeros((2, 2), bool)]))
    found = TERMS["partisan_patron"].formula(many)
    assert found.shape == (2, 2, 2)
    np.testing.assert_array_equal(found[0], TERMS["partisan_patron"].formula(situation()))


@pytest.mark.parametrize("name", ["contagion", "partisan_patron"])
def test_amounts_of_a_month_are_its_own(name: str) -> None:
    """As in a fit, where each row has trade and rivalries of its month beside who sat and who left."""
    rng = np.random.default_rng(5)
    months = {
        "bond": rng.random((3, 2, 2)).round(4),
        "rivalry": rng.random((3, 2, 2)),
        "patron_tie": rng.normal(size=(3, 2)),
        "seat": rng.random((3, 2, 2)) < 0.5,
        "left": rng.random((3, 2, 2)) < 0.5,
    }
    found = TERMS[name].formula(situation(**months))
    for t in range(3):
        alone = situation(**{what: values[t] for what, values in months.items()})
        np.testing.assert_array_equal(TERMS[name].formula(alone), found[t])
    assert (found != 0).any()


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("protection", "held"),
        ("protection", "seat"),
        ("coercion", "held"),
        ("two_blocs", "held"),
        ("partisan_patron", "seat"),
        ("dues", "seat"),
        ("compliance", "gap"),
        ("contagion", "left"),
        ("courtship", "courted"),
    ],
)
def test_a_term_that_depends_on_the_run_says_so(name: str, what: str) -> None:
    with pytest.raises(ValueError, match=f"{what} is needed"):
        TERMS[name].formula(situation(**{what: None}))


def test_terms_of_one_run_are_those_of_many() -> None:
    """Whatever differs between runs: bit for bit, so that batches change nothing."""
    rng = np.random.default_rng(3)
    runs = 7
    many = {
        "seat": rng.random((runs, 2, 2)) < 0.5,
        "held": rng.integers(0, 2, (runs, 2, 2)).astype(float),
        "gap": rng.integers(0, 9, (runs, 2, 2)),
        "left": rng.random((runs, 2, 2)) < 0.5,
        "courted": rng.random((runs, 2, 2)) < 0.5,
        "sanctioned": rng.random((runs, 2, 2)) < 0.5,
        "noticed": rng.random((runs, 2, 2)) < 0.5,
        "credibility": rng.random((runs, 2, 3)),
    }
    bond = rng.random((2, 2)).round(4)
    for known, situated in itertools.product(TERMS.values(), (situation, meeting)):
        changed = {what: many[what] for what in known.reads}
        found = np.broadcast_to(known.formula(situated(**changed, bond=bond)), (runs, 2, 2))
        for run in range(runs):
            one = {what: values[run] for what, values in changed.items()}
            np.testing.assert_array_equal(known.formula(situated(**one, bond=bond)), found[run])


def test_a_term_name_is_taken_once() -> None:
    def protection(now: Situation) -> np.ndarray:
        return now.threat

    with pytest.raises(ValueError, match="protection exists already"):
        term(theory="")(protection)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"reads": ("seat", "nothing")}, "odd: reads is one of .*, not 'nothing'"),
        ({"where": "nowhere"}, "odd: where is one of .*, not 'nowhere'"),
    ],
)
def test_a_term_says_what_it_reads_and_where_in_known_words(
    keys: dict[str, object], said: str
) -> None:
    def odd(now: Situation) -> np.ndarray:
        return now.threat

    with pytest.raises(ValueError, match=said):
        term(theory="", **keys)(odd)  # type: ignore[arg-type]
    assert "odd" not in TERMS


def test_fear_rises_at_once_and_fades_by_half_lives() -> None:
    level = np.array([0.0, 2.0, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(perception.felt(level, 2), [0, 2, 2**0.5, 1, 2**-0.5])


def test_relief_does_not_undo_measured_conflict() -> None:
    of_measured = perception.threat_level(np.array(1.0), np.array(0.0))
    assert of_measured == pytest.approx(3 * (1 - math.exp(-1 / 3)))
    assert perception.threat_level(np.array(1.0), np.array(-2.0)) == of_measured


def test_more_danger_is_felt_however_much_there_is() -> None:
    felt = perception.threat_level(np.array([0.0, 1e-6, 3.0, 6.0, 12.0]), np.array(0.0))
    assert felt[0] == 0
    assert felt[1] == pytest.approx(1e-6)  # the first signs count in full
    assert (np.diff(felt) > 0).all()
    assert felt[-1] < perception.MOST


def test_credibility_is_one_half_before_anything_is_seen() -> None:
    assert perception.credibility(np.array(0.0)) == 0.5
    assert perception.credibility(np.array(-1.0)) == pytest.approx(1 / (1 + math.e))


def test_what_was_seen_fades_by_half_lives() -> None:
    signs = np.array([1.0, 0.0, -2.0, 0.0])
    fade = 2**-0.5
    seen = [1.0, fade, fade**2 - 2.0, fade**3 - 2.0 * fade]
    np.testing.assert_allclose(perception.remembered(signs, 2), seen)
    assert perception.faded(np.array(4.0), 2) == pytest.approx(4 * fade)


def test_own_means_leave_less_of_a_threat_against_which_they_help() -> None:
    threat = np.array([[1.0, 1.0], [3.0, 3.0]])
    helps = np.array([True, False])
    found = perception.exposure(threat, np.array([0.0, math.log(3)]), helps)
    np.testing.assert_allclose(
        found, [[1.0, 1.0], [1.5, 3.0]]
    )  # average means leave the whole threat


def test_autonomy_willingness_and_participation() -> None:
    assert perception.autonomy(np.array(0.0)) == 0.5
    assert perception.autonomy(np.array(1.0)) == pytest.approx(1 / (1 + math.exp(-1)))
    assert perception.willingness(np.array(-2.0)) == pytest.approx(1 / (1 + math.exp(2)))
    np.testing.assert_allclose(perception.joined(np.array([0, 5, 10, 30]), 9), [1, 0.5, 0, 0])
    assert perception.followed(np.array(0.5), np.array(0.9), 4) == pytest.approx(0.6)


def test_what_is_perceived_in_the_case(case: Case) -> None:
    """The situation against the rows of the case, for one state and month."""
    inputs, t = compile_case(case), parse_month("2005-04") - case.start
    s = case.state_ids.index("UZB")
    rows = {(c.variable, c.state, c.year): c.value for c in case.composites}
    now, threats = inputs.situation, tuple(case.threats)
    autonomy = rows["autonomy", "UZB", 2005]
    assert now.autonomy[t, s] == pytest.approx(1 / (1 + math.exp(-autonomy)))
    left = 2 / (1 + math.exp(rows["means", "UZB", 2005]))
    for k, threat in enumerate(case.threats.values()):
        share = left if threat.source in ("nonstate", "domestic") else 1.0
        assert now.exposure[t, s, k] == pytest.approx(share * now.threat[t, s, k])
    insurgency = threats.index("insurgency")
    offers = {
        month: now.offer[parse_month(month) - case.start, s, insurgency]
        for month in ("2001-09", "2001-10", "2004-07", "2004-08", "2008-01")
    }
    # help since September 2001, taken back in July 2004
    assert list(offers.values()) == [0.0, 1.0, 1.0, 0.0, 0.0]
    assert ((now.offer >= 0) & (now.offer <= 1)).all()
    bonds = {(b.partner, b.year): b.value for b in case.bonds if b.state == "UZB"}
    for j, state in enumerate(case.state_ids):
        assert now.bond[t, s, j] == bonds.get((state, 2005), 0.0)
    pact = tuple(case.clubs).index("CST")
    assert now.reach[t, pact] == case.law.reach("CST", parse_month("2005-04"))
    assert list(inputs.stake) == [1.0 if c.guarantee else 0.3 for c in case.clubs.values()]


@pytest.mark.slow
def test_a_promise_after_the_end_of_a_case_is_not_seen(case: Case) -> None:
    """Nor one of its last month, which would be seen in the month after."""
    last = [e for e in case.events if e.kind == "credibility"][-1]
    for months in (0, -12):
        end = month_of(last.date) + months
        short = compile_case(replace(case, end=end))
        whole = compile_case(case)
        np.testing.assert_array_equal(short.seen, whole.seen[: len(short.seen)])


def test_reach_counts_instruments_from_the_day_of_signing(case: Case) -> None:
    months = (
        "1999-01",
        "2000-10",
        "2007-09",
        "2007-10",
        "2009-05",
        "2009-06",
        "2011-12",
        "2012-11",
    )
    found = [case.law.reach("CST", parse_month(month)) for month in months]
    assert np.diff(found).tolist() == [1, found[2] - found[1], 1, 0, 1, 2, 0]
    assert found[0] == 1  # the Treaty


def test_what_stands_in_a_month(case: Case) -> None:
    """`Standing`: who is in, what is owed by who is in, who left and was courted in the months before."""
    inputs = compile_case(case)
    shape = inputs.record.status.shape[1:]
    seats = Seats.empty(shape)
    before = np.zeros(shape, np.int8)
    before[:3, 0] = Status.MEMBER
    seats.gap[:5, 0] = 4
    t = 100
    seats.left_in[:5, 0] = [t - 13, t - 12, t - 1, t, NEVER]
    seats.courted_in[:5, 0] = [t - 25, t - 24, t - 1, t, NEVER]
    standing = inputs.standing(t, seats, before, np.zeros(len(inputs.belief_index[0])))
    assert standing.seat[:5, 0].tolist() == [True, True, True, False, False]
    assert standing.gap[:5, 0].tolist() == [4, 4, 4, 0, 0]  # who is out owes nothing
    assert standing.left[:5, 0].tolist() == [False, True, True, False, False]
    assert standing.courted[:5, 0].tolist() == [False, True, True, False, False]


def test_what_is_learnt_moves_credibility_and_nothing_else(case: Case) -> None:
    inputs, t = compile_case(case), 200
    shape = inputs.record.status.shape[1:]
    seats, nothing = Seats.empty(shape), np.zeros(len(inputs.belief_index[0]))
    none = inputs.month(t, inputs.standing(t, seats, seats.status, nothing))
    np.testing.assert_array_equal(none.credibility, inputs.situation.credibility[t])
    belief_updates = nothing.copy()
    belief_updates[4] = -1.5
    some = inputs.month(t, inputs.standing(t, seats, seats.status, belief_updates))
    s, k = inputs.belief_index[0][4], inputs.belief_index[1][4]
    seen = inputs.seen[t, s, k] - 1.5
    assert some.credibility[s, k] == pytest.approx(1 / (1 + math.exp(-seen)))
    changed = np.argwhere(some.credibility != none.credibility)
    assert changed.tolist() == [[s, k]]


def test_ties_and_leverage() -> None:
    assert ties.tie(np.array(0.3), np.array(-2.0), 0.5) == pytest.approx(-0.7)
    np.testing.assert_allclose(ties.leverage(np.array([0, 1.0, 0, 0]), 1), [0, 1, 0.5, 0.25])
    leaning = ties.leaning(np.array([0.0, 1.0]))
    assert leaning[0, 1] == pytest.approx(1 / (1 + math.exp(-1)))
    assert leaning[0, 1] + leaning[1, 0] == pytest.approx(1)


def test_one_objection_is_enough() -> None:
    assert council.any_objection(np.array([0.5, 0.5, 0.0])) == pytest.approx(0.75)
    assert council.objection(np.array(-2.0), np.array(1.0), np.array(2.0)) == pytest.approx(0.5)


#: what frictions of clubs are multiplied by
CLUB: tuple[acts.Feature, ...] = (
    "guarantees",
    "forum",
    "unasked",
    "founding",
    "runs_out",
)


def test_reasons_against_sending_help_by_hand() -> None:
    parameters = {
        "help_objection": -3.0,
        "patron_reluctance": 0.5,
        "objection_rivalry": 1.0,
        "fellow_member": 2.0,
        "attacker_trade": 0.5,
        "patron_interest": 0.8,
        "patron_strain": 0.7,
    }
    drawn = {name: np.full((2, 1), value) for name, value in parameters.items()}
    features: council.HelpFeatures = {
        "rivalry": np.array([[0.0, 1.5, 0.0], [0.0, 1.5, 0.0]]),
        "fellow": np.array([[0.0], [1.0]]),
        "trade": np.array([[0.0, 0.4, 2.0], [0.0, 0.4, 2.0]]),
        "interest": np.array([[1.0], [-1.0]]),
        "strain": np.array([[0.0], [2.0]]),
    }
    np.testing.assert_allclose(
        council.unwillingness("member", drawn, features), [[-3.0, -1.3, -2.0], [-1.0, 0.7, 0.0]]
    )
    of_patron = council.unwillingness("patron", drawn, features)
    np.testing.assert_allclose(of_patron[:, 0], [0.5 - 0.8, 0.5 + 2.0 + 0.8 + 1.4])


def test_failings_of_the_patron_are_seen_once_and_fade(case: Case) -> None:
    inputs, half_life = compile_case(case), case.fixed("belief_half_life")
    t = parse_month("1998-08") - case.start
    strain = inputs.strain[:, inputs.decides]
    assert not strain[
        :52
    ].any()  # up to 1996-08, the month in which the first war in Chechnya was lost
    np.testing.assert_allclose(strain[t], 2.0 ** (-23 / half_life))
    np.testing.assert_allclose(strain[t + 1], 1.0 + 2.0 ** (-24 / half_life))  # the default
    assert not inputs.strain[:, inputs.patron].any()


def test_terms_that_other_laws_need() -> None:
    on_notice = np.array([[False, False], [True, False]])
    now = situation(sanctioned=np.array([[True, False], [False, True]]), noticed=on_notice)
    assert TERMS["censure"].formula(now).tolist() == [[-1, 0], [0, -1]]
    assert TERMS["kinship"].formula(now).tolist() == [[0, 1], [0, 0]]
    # the other is on notice in the first club, and has a fifth of the trade of the first state
    np.testing.assert_allclose(TERMS["announcement"].formula(now), [[-2.0, 0.0], [0.0, 0.0]])
    # the patron is behind the second threat; a seat in the second club, which shelters, leaves half of it
    nowhere = situation(held=np.array([[1.0, 0.0], [0.0, 1.0]]))
    np.testing.assert_allclose(TERMS["defiance"].formula(nowhere), [[-1.0, 0.0], [-1.5, 0.0]])


def test_log_odds_of_acts() -> None:
    friction = {name: np.array(10.0**i) for i, name in enumerate(acts.FRICTIONS)}
    value, f = np.array(0.5), {name: float(amount) for name, amount in friction.items()}

    def odds(act: str, *features: acts.Feature) -> float:
        told = {name: np.array(name in features) for name in CLUB}
        return float(log_odds(act, value, friction, told)[0])

    promised = odds("accede", "guarantees", "founding")
    assert promised == 0.5 + f["accede"] + f["obligation"] + f["founding"]
    assert odds("accede", "unasked") == 0.5 + f["accede"] + f["signature"]
    assert log_odds("renew", value, friction) == 0.5 + f["renew"]
    for act in ("withdraw", "cease_observing"):
        assert odds(act, "guarantees") == f["exit"] - 0.5
        assert odds(act, "forum") == f["exit"] + f["idle"] - 0.5
        assert odds(act, "runs_out") == f["exit"] + f["wait"] - 0.5
    assert odds("request_suspension", "forum") == f["suspend"] - 0.5
    assert odds("request_suspension", "runs_out") == f["suspend"] + f["wait"] - 0.5
    others = {"freeze": np.array(2.0), "resume": np.array(3.0), "observe": np.array(4.0)}
    waited = {"waited": np.array(math.log(12.0))}
    one = {"backlog": np.array(1.0)}
    assert log_odds("freeze", value, others) == 2 - 0.5
    assert log_odds("resume", value, others) == 0.5 + 3
    asks = {"observe": others["observe"], **one}
    assert log_odds("observe", value, asks, waited) == 0.5 + (4 + math.log(12.0))
    told = {name: np.array(False) for name in CLUB} | waited
    rare = log_odds("accede", np.array(-6.0), friction | one, told)
    assert rare == pytest.approx(-6.0 + f["accede"] + math.log(12.0))


def test_the_price_of_return() -> None:
    weights = {
        "lock": np.array(-2.0),
        "compliance": np.array(1.5),
        "restore": np.array(0.25),
        "opening": np.array(8.0),
    }

    def price(dear: bool, back: bool = False, invited: float = 0.0) -> float:
        features = {
            "back": np.array(back),
            "owed": np.array(3.0),
            "dear": np.array(dear),
            "invited": np.array(invited),
        }
        return float(acts.seat_frictions("accede", weights, features))

    assert price(True) == -2 - 4.5
    assert price(False) == -4.5
    assert price(False, back=True) == -4.5 + 0.25
    assert price(False, invited=-1.5) == -4.5 - 12
    del weights["compliance"]  # a theory without it asks no price
    assert price(True) == -2


def test_an_unknown_parameter_of_a_friction_is_an_error() -> None:
    with pytest.raises(KeyError, match="exit"):
        log_odds("withdraw", np.array(1.0), {})


def test_the_value_of_a_seat_is_the_weighted_sum_of_its_terms() -> None:
    rng = np.random.default_rng(1)
    runs, states, clubs, terms = 5, 3, 4, 6
    base_terms, weights = rng.normal(size=(clubs, states, terms)), rng.normal(size=(terms, runs))
    weight, change = weights[2].reshape(-1, 1, 1), rng.normal(size=(runs, states, 2))
    value = deliberation.value_of_seat(base_terms, weights, [(slice(1, 3), weight, change)])
    expected = np.zeros((runs, states, clubs))
    for r, s, c in np.ndindex(expected.shape):
        expected[r, s, c] = sum(base_terms[c, s, p] * weights[p, r] for p in range(terms))
        if c in (1, 2):
            expected[r, s, c] += weights[2, r] * change[r, s, c - 1]
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    for r in range(runs):  # to the last bit, whoever stands beside it
        own = slice(r, r + 1)
        deltas = [(slice(1, 3), weight[own], change[own])]
        alone = deliberation.value_of_seat(base_terms, weights[:, own], deltas)
        np.testing.assert_array_equal(alone, value[own])


def test_a_theory_without_terms_is_indifferent() -> None:
    assert not deliberation.value_of_seat(np.ones((4, 3, 0)), np.ones((0, 2)), []).any()


@pytest.mark.parametrize("t", [20, 80, 140, 260, 380])
def test_terms_are_moved_where_they_say_and_nowhere_else(case: Case, t: int) -> None:
    """What `CaseInputs.terms` puts together from rest and change is the formula of every term in every club."""
    inputs, rng = compile_case(case), np.random.default_rng(t)
    shape = (6, len(case.states), len(case.clubs))
    some = rng.permutation(shape[-1]) < 3  # nothing of the kind in the other clubs
    standing = Standing(
        seat=rng.random(shape) < 0.5,
        gap=rng.integers(0, 3, shape).astype(np.int16) * some,
        left=(rng.random(shape) < 0.2) & some,
        courted=(rng.random(shape) < 0.2) & some,
        sanctioned=(rng.random(shape) < 0.2) & some,
        noticed=(rng.random(shape) < 0.2) & some,
        belief_updates=rng.normal(size=(6, len(inputs.belief_index[0]))),
    )
    now, found = inputs.month(t, standing), inputs.terms(t, standing)
    for name in inputs.theory:
        stake = inputs.stake if TERMS[name].at_stake else 1.0
        expected = np.broadcast_to(stake * TERMS[name].formula(now), shape)
        term = np.broadcast_to(found.get(name, np.zeros(1)), shape)
        np.testing.assert_allclose(term, expected, rtol=1e-12, atol=1e-12, err_msg=name)
    moved = {reader.name for reader in inputs.readers if standing.clubs_of(reader) is not None}
    assert moved == {name for name in inputs.theory if TERMS[name].reads}
    assert len(moved) == 10


def test_state_agents_are_windows(case: Case) -> None:
    model = CoalitionModel(case, run=1, start="1998-12", rng=1)
    uzbekistan = model.states["UZB"]
    assert uzbekistan.status_in("CST") == "member"
    assert uzbekistan.clubs == ("CST", "PFP")
    assert uzbekistan.tie_to("RUS") == uzbekistan.tie_to("patron")
    assert set(uzbekistan.threat) == set(case.threats)
    assert not model.states["RUS"].decides
    inputs = compile_case(case)
    terms = uzbekistan.explain("CST")
    value = sum(
        model.parameters[name] * float(feature[11, 0])
        for name, feature in inputs.terms(model.t, model.standing).items()
    )
    assert sum(terms.values()) == pytest.approx(value, abs=1e-9)
    for wrong in (lambda: uzbekistan.tie_to("east"), lambda: uzbekistan.status_in("EU")):
        with pytest.raises(InputError, match="is not valid; allowed: "):
            wrong()


@pytest.mark.slow
def test_organisation_agents_are_windows(case: Case) -> None:
    model = CoalitionModel(case, run=1, start="1998-12", rng=1)
    pact, forum = model.organisations["CST"], model.organisations["GUAM"]
    assert set(pact.members) == {"ARM", "AZE", "BLR", "GEO", "KAZ", "KGZ", "RUS", "TJK", "UZB"}
    assert (pact.title, forum.title) == ("CST", "GUAM")
    assert pact.exists
    assert pact.rules == ("CST-1", "CST-3", "CST-4", "CST-10", "CST-11-term", "CST-11-exit", *LOCKS)
    assert pact.petitions == ()
    asked = {"accede", "refuse_accession", "request_suspension"}
    heard = dict.fromkeys(model.organisations, 0)
    while model.running:
        model.step()
        acts = model.acts_now()
        for name, club in model.organisations.items():
            mine = [(state, act) for state, of, act in acts if of == name]
            assert list(club.petitions) == [(s, act) for s, act in mine if act in asked]
            heard[name] += len(club.petitions)
    assert sum(n > 0 for n in heard.values()) > 1


@pytest.mark.slow
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
    with pytest.raises(InputError, match="whole number"):
        CoalitionModel(case, rng=[1, 2])  # type: ignore[arg-type]


def test_what_is_finer_than_the_unit_of_sums_is_nothing() -> None:
    """Amounts are counted in whole units of 2 ** -40, so that sums are the same in whatever order they are added up."""
    rivalry = np.array([[0.0, 0.8 * 2.0**-40], [2.0**-38, 0.0]])
    found = TERMS["partisan_patron"].formula(situation(rivalry=rivalry, patron_tie=np.zeros(2)))
    np.testing.assert_array_equal(found, [[0.0, 0.0], [-(2.0**-39), 0.0]])
