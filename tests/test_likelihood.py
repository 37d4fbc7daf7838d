"""The likelihood against a slow version written from the words of its docstring, and its gradient."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tashkent.calibration import posterior as fitting
from tashkent.calibration.likelihood import Design, design, fit_rows, fitted_names
from tashkent.calibration.riskset import CHOICES, risk_set
from tashkent.model.case import Case
from tashkent.model.case.tables import Entry
from tashkent.model.choices import record_standing
from tashkent.model.clock import month_label, parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.inputs import Standing
from tashkent.model.statuses import Status, is_in


@pytest.fixture(scope="module")
def rows(case: Case) -> Design:
    return design(case)


def prior_means(case: Case) -> np.ndarray:
    return np.array([case.parameters[name].mean for name in fitted_names(case)])


def test_risk_sets_hold_the_acts_of_states_and_nothing_else(case: Case) -> None:
    found = risk_set(case)
    clubs = tuple(case.clubs)
    acts = {
        (month_label(case.start + int(t)), case.state_ids[s], clubs[c], CHOICES[k])
        for t, s, c, k, done in zip(
            found.month, found.state, found.club, found.choice, found.done, strict=True
        )
        if done
    }
    kinds = sorted(choice for *_, choice in acts)
    assert [kinds.count(c) for c in CHOICES] == [27, 5, 4]  # one accession is of 2024
    assert ("2012-06", "UZB", "CST", "exit") in acts
    assert ("1999-04", "KAZ", "CST", "renew") in acts
    assert not any(month == "1992-05" for month, *_ in acts)  # the initial condition
    assert not any(state == "RUS" for _, state, *_ in acts)
    assert not any(club == "PFP" and month > "2002-02" for month, _, club, _ in acts)
    renewals = found.choice == CHOICES.index("renew")
    assert renewals.sum() == 8
    assert found.done[renewals].sum() == 5


@pytest.mark.slow
def test_a_pending_request_leaves_notice_alone_and_a_frozen_seat_is_a_risk(
    case: Case, rows: Design
) -> None:
    found = risk_set(case)
    of_uzbekistan = found.state == case.state_ids.index("UZB")

    def months(club: str) -> set[str]:
        here = of_uzbekistan & (found.club == tuple(case.clubs).index(club))
        return {month_label(case.start + int(t)) for t in found.month[here]}

    assert {"2012-07", "2012-11"} <= months("CST")
    assert "2012-12" not in months("CST")  # the council answers
    pending = of_uzbekistan & (found.club == tuple(case.clubs).index("CST"))
    pending &= found.month == parse_month("2012-09") - case.start
    assert [CHOICES[k] for k in found.choice[pending]] == ["exit"]
    assert not rows.two_routes[pending].any()
    assert {"1994-04", "2006-08"} <= months("CST")  # a party from the month of its ratification
    assert "2013-09" in months(
        "CST"
    )  # suspended: out, and at risk of return when the council meets
    assert "2013-08" not in months("CST")
    assert {"2003-01", "2005-05"} <= months("GUAM")


def is_party(case: Case, t: int, s: int, c: int) -> bool:
    """Whether the state is a party by the record, before it decides in a month."""
    before = compile_case(case).record.status[t - 1, s, c]
    return before in (Status.SIGNATORY, Status.MEMBER, Status.FROZEN)


@pytest.mark.slow
def test_a_sanctioned_seat_has_one_route_out(case: Case) -> None:
    club = tuple(case.clubs).index("CST")
    entry = Entry(
        club="CST",
        state="ARM",
        act="sanction",
        date=date(2024, 12, 2),
        status="sanctioned",
        actor="club",
        source="GK",
    )
    other = replace(case, record=(*case.record, entry))
    found, scored = risk_set(other), design(other)
    here = (found.club == club) & (found.state == case.state_ids.index("ARM"))
    december = parse_month("2024-12") - case.start
    assert not (here & (found.month == december)).any()  # the council decides first
    after = here & (found.month == december + 1)
    assert after.sum() == 1
    assert not scored.two_routes[after].any()
    before = here & (found.month == december - 1)
    assert scored.two_routes[before].all()


def test_a_route_has_what_stays_at_its_prior_to_itself(minimal: Case, rows: Design) -> None:
    suspend = minimal.parameters["suspend"].model_copy(update={"fitted": False})
    other = minimal.varied(parameters={**minimal.parameters, "suspend": suspend})
    whole, less = design(minimal), design(other)
    assert whole.two_routes.any()
    assert set(whole.names) - set(less.names) == {"suspend"}
    x, y = prior_means(minimal), prior_means(other)
    for one, two in zip(whole.log_odds(x), less.log_odds(y), strict=True):
        np.testing.assert_allclose(one, two)
    assert np.ptp(less.offset[less.two_routes], axis=1).min() == -suspend.mean


LEAVE = ("lapse", "leave", "suspend", "expel")


def slow_standing(case: Case, t: int) -> Standing:
    """What the record says of seats and promises on the eve of a month, from its rows."""
    inputs, clubs = compile_case(case), tuple(case.clubs)
    status = inputs.record.status
    before = status[t - 1].copy()
    before[inputs.patron] = status[t, inputs.patron]
    left = np.zeros(before.shape, bool)
    for row in case.record:
        at = (case.state_ids.index(row.state), clubs.index(row.club))
        month = parse_month(row.date.isoformat()[:7]) - case.start
        if row.act == "leave" and month == t:
            before[at] = Status.LEFT
        if month < t and (row.act in LEAVE or (row.act, row.status) == ("withdraw", "left")):
            left[at] = t - case.fixed("contagion_months") <= month
    belief_updates = np.zeros(len(inputs.belief_index[0]))
    threats = tuple(case.threats.values())
    region = {s.state: s.region for s in case.states}
    for need in case.requests:
        month = parse_month(need.date.isoformat()[:7]) - case.start
        if need.kind == "base" or month >= t:
            continue
        fade = 2.0 ** (-(t - 1 - month) / case.fixed("belief_half_life"))
        for c, club in enumerate(case.clubs.values()):
            held = Status(status[max(0, month - 1), case.state_ids.index(need.state), c])
            rights = (
                Status.MEMBER,
                Status.NOTICE_GIVEN,
                Status.SUSPENSION_REQUESTED,
                Status.FROZEN,
            )
            if not club.guarantee or held not in rights:
                continue
            regions = case.law.rules(clubs[c], case.start + month).regions
            for i, (s, k) in enumerate(zip(*inputs.belief_index, strict=True)):
                state = case.state_ids[s]
                share = 1.0 if state == need.state else case.fixed("witness")
                if regions and region[state] != region[need.state]:
                    share *= regions.elsewhere
                if threats[k].need == need.kind:
                    belief_updates[i] += fade * share * (1 if need.met else -1)
    return Standing(
        seat=is_in(before),
        gap=inputs.record.gap[t - 1] * is_in(before),
        left=left,
        courted=np.zeros(before.shape, bool),
        sanctioned=before == Status.SANCTIONED,
        noticed=before == Status.NOTICE_GIVEN,
        belief_updates=belief_updates,
    )


def test_what_the_record_says_on_the_eve_of_a_month(case: Case) -> None:
    inputs = compile_case(case)
    for t in (1, 84, 88, 110, 218, 240, 355, 372, 400):
        slow, fast = slow_standing(case, t), record_standing(inputs, t)
        for name in ("seat", "gap", "left", "courted", "sanctioned", "noticed"):
            assert np.array_equal(getattr(slow, name), getattr(fast, name)), (t, name)
        np.testing.assert_allclose(slow.belief_updates, fast.belief_updates, atol=1e-12)
    assert inputs.recorded_belief_updates[400].any()


def since_invitation(case: Case, c: int, t: int) -> int:
    """Months since a club was last founded or opened."""
    club = tuple(case.clubs.values())[c]
    days = [day.isoformat()[:7] for day in (club.since, *club.foundings)]
    return min(n for day in days if (n := case.start + t - parse_month(day)) >= 0)


def test_log_scores_equal_a_slow_version(case: Case, rows: Design) -> None:
    inputs, x = compile_case(case), prior_means(case)
    theta = {
        name: p.mean for name, p in case.drawn.items()
    }  # `x` for who is fitted, else the prior
    assert set(theta) > set(fitted_names(case))
    fast, renewals = rows.log_scores(x), rows.rows.choice == CHOICES.index("renew")
    weighty = np.flatnonzero(rows.rows.done | renewals)  # all that was done, and some of the rest
    for i in sorted({*range(0, len(rows.rows), 97), *weighty.tolist()}):
        t, s, c = int(rows.rows.month[i]), int(rows.rows.state[i]), int(rows.rows.club[i])
        choice, rules = CHOICES[rows.rows.choice[i]], inputs.rules[t][c]
        seen = t - 2 if choice == "renew" else t
        terms = inputs.terms(seen, slow_standing(case, t))
        value = sum(theta[name] * terms[name][s, c] for name in terms)
        promise = inputs.situation.clubs.guarantees[c]
        if choice == "accede":
            odds = value + theta["accede"] + theta["obligation"] * promise
            asked = rules.accession.consensus or rules.accession.ministers
            odds += theta["signature"] * (not asked)
            odds += (
                theta["restore"]
                * (rules.restoration is not None)
                * inputs.record.former[t - 1, s, c]
            )
            former = inputs.record.former[t - 1, s, c]
            late = max(0.0, since_invitation(case, c, t) - case.fixed("opening_months")) // 12
            fresh = 0.0 if former else -math.log(1 + late)
            odds += theta["opening"] * (1.0 if inputs.window[t, c] else fresh)
            odds += theta["founding"] * inputs.founding[t, c]
            if rules.restoration and rules.restoration.price == "acquis":
                club, month = tuple(case.clubs)[c], case.start + t
                owed = case.law.acquis(club, month, rules.restoration.since) * rules.reach / 10
                owed *= 1.0 if promise else case.fixed("forum_stake")
                odds -= theta["compliance"] * owed * inputs.record.former[t - 1, s, c]
            odds += case.parameters["backlog"].mean * math.log(1 + rules.waited)
            odds += case.parameters["lock"].mean * inputs.dear[t, s, c]
            p = 1 / (1 + math.exp(-odds))
        elif choice == "renew":
            p = 1 / (1 + math.exp(-value - theta["renew"]))
        else:
            opt_in = rules.term is not None and rules.term.renewal == "opt_in"
            wait = theta["wait"] * (opt_in and not rules.term_ends)
            notice = theta["exit"] + theta["idle"] * (not promise) + wait
            stay = 1 - 1 / (1 + math.exp(value - notice))
            if rules.voluntary_suspension and is_party(case, t, s, c):
                stay *= 1 - 1 / (1 + math.exp(value - theta["suspend"] - wait))
            p = 1 - stay
        assert fast[i] == pytest.approx(math.log(p if rows.rows.done[i] else 1 - p), abs=1e-9)


def test_many_parameter_vectors_at_once_equal_one_by_one(case: Case, rows: Design) -> None:
    rng = np.random.default_rng(1)
    many = prior_means(case)[:, None] + rng.normal(size=(len(fitted_names(case)), 5))
    together = rows.log_scores(many)
    for i in range(5):
        np.testing.assert_allclose(together[:, i], rows.log_scores(many[:, i]), rtol=1e-10)


def test_scores_stay_finite_far_out(case: Case, rows: Design) -> None:
    far = prior_means(case) * 60
    assert np.isfinite(rows.log_scores(far)).all()


def test_the_gradient_is_the_derivative(case: Case) -> None:
    rows, x = fit_rows(case), prior_means(case)
    _, gradient = rows.log_likelihood(x)
    for i in range(len(x)):
        step = np.zeros(len(x))
        step[i] = 1e-5
        up, down = (rows.log_likelihood(x + sign * step)[0] for sign in (1, -1))
        assert gradient[i] == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-4)


def test_the_posterior_is_fitted_to_months_up_to_the_fit_only(case: Case) -> None:
    months = fit_rows(case).rows.month + case.start
    assert months.max() == case.fit_until == parse_month("2012-12")


def test_posterior_draws_have_the_mode_and_covariance_and_belong_to_runs(case: Case) -> None:
    fitted = fitting.fit(case)
    draws = fitted.draws(runs=4000, seed=1)
    table = np.stack([draws[name] for name in fitted.names])
    np.testing.assert_allclose(table.mean(axis=1), fitted.mode, atol=4 * fitted.sd.max() / 63)
    np.testing.assert_allclose(np.cov(table), fitted.covariance, atol=0.15)
    again = fitted.draws(runs=3, seed=1, first_run=10)
    for name, values in again.items():
        assert np.array_equal(values, draws[name][10:13])


def test_a_parameter_left_out_is_zero(case: Case) -> None:
    fitted = fitting.fit(case, without=["patronage"])
    assert fitted.mode[fitted.names.index("patronage")] == pytest.approx(0, abs=1e-4)
    assert fitted.log_posterior < fitting.fit(case).log_posterior + 1.0


def test_who_goes_by_either_route_against_all_odds_has_a_score(minimal: Case) -> None:
    """The chance rounds to 0, and its logarithm is that of the smallest number that still counts."""
    row = risk_set(minimal).where(np.array([0]))
    one = np.ones((1, 1))
    done, two = replace(row, done=np.array([True])), np.array([True])
    left = Design(("a",), done, one, one, two, np.zeros((1, 2)))
    assert left.log_scores(np.array([-1000.0])) == pytest.approx(math.log(1e-300))
    both = 1 - (1 - 1 / (1 + math.exp(2))) ** 2
    assert left.log_scores(np.array([-2.0])) == pytest.approx(math.log(both))


def test_choices_begin_in_the_month_after_the_start(minimal: Case) -> None:
    """Of two founders and one state outside, only the last has a choice then: the treaty is not yet in force."""
    rows = risk_set(minimal)
    first = rows.where(rows.month == 1)
    choices = zip(first.state, first.choice, strict=True)
    assert [(minimal.state_ids[s], CHOICES[k]) for s, k in choices] == [("BOR", "accede")]


def test_what_else_a_state_does_in_the_month_takes_no_choice_back(minimal: Case) -> None:
    """Nor does a choice count that the club made for it."""
    joined = next(e for e in minimal.record if (e.club, e.state) == ("RING", "BOR"))
    more = {"date": date(2004, 11, 20), "status": "member"}
    declines = joined.model_copy(update={**more, "act": "decline"})
    by_club = joined.model_copy(update={**more, "act": "withdraw", "actor": "club"})
    usual = risk_set(minimal)
    for other in (declines, by_club):
        found = risk_set(minimal.varied(record=(*minimal.record, other)))
        np.testing.assert_array_equal(found.done, usual.done)


def test_what_a_state_did_is_in_the_row_of_its_choice(minimal: Case) -> None:
    """Acts by its own hand alone; who does not sign at a renewal has moved, and who signs has not."""
    rows, clubs = risk_set(minimal), tuple(minimal.clubs)

    def told(some: np.ndarray) -> list[tuple[str, str, str, str]]:
        found = rows.where(some)
        return [
            (month_label(minimal.start + int(t)), minimal.state_ids[s], clubs[c], CHOICES[k])
            for t, s, c, k in zip(found.month, found.state, found.club, found.choice, strict=True)
        ]

    joined = [("2001-04", "BOR", "PACT", "accede"), ("2004-11", "BOR", "RING", "accede")]
    back = ("2007-03", "BOR", "PACT", "accede")
    assert told(rows.done) == [joined[0], ("2004-07", "ARV", "PACT", "renew"), joined[1], back]
    assert told(rows.moved) == [joined[0], ("2004-07", "BOR", "PACT", "renew"), joined[1], back]


def test_where_exits_have_one_route_newton_finds_what_a_search_finds(minimal: Case) -> None:
    """The mode has no slope, and its Hessian is what differences of the gradient say."""
    rows = fit_rows(minimal)
    rows = replace(rows, two_routes=np.zeros(len(rows.rows), bool))
    found = fitting.fit(minimal, rows)
    prior = [minimal.parameters[name] for name in found.names]
    mean, sd = (np.array([getattr(p, of) for p in prior], float) for of in ("mean", "sd"))

    def slope(x: np.ndarray) -> np.ndarray:
        return np.asarray((x - mean) / sd**2 - rows.log_likelihood(x)[1])

    assert np.abs(slope(found.mode) * sd).max() < 1e-6
    steps = np.diag(1e-4 * sd)
    differences = [(slope(found.mode + h) - slope(found.mode - h)) / (2 * h.sum()) for h in steps]
    np.testing.assert_allclose(
        np.linalg.inv(found.covariance), np.stack(differences), rtol=1e-4, atol=1e-4
    )
