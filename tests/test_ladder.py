"""What the score is: monthly beside joint, cumulative risk, rungs, every club alike; checked by hand."""

import numpy as np
import pandas as pd
import pytest

from publish import evidence_scores
from tashkent.calibration.contests import SCOPES, Forecast, gains, pooled_scores
from tashkent.calibration.forecasters import (
    BACKED_OFF,
    FRICTIONS,
    IMPUTED,
    LOGIT,
    MODEL,
    NOBODY,
    STEPS,
)
from tashkent.calibration.holdout import hold_out_state, predict_model
from tashkent.calibration.joining import by_rule, with_rules
from tashkent.calibration.ladder import (
    FROZEN,
    PRIORS,
    REGIONS,
    SAMPLES,
    WHOLE,
    around_zero,
    bootstrap,
    frozen,
    intervals,
    regions,
    rung,
    rungs,
)
from tashkent.calibration.likelihood import fit_rows
from tashkent.calibration.patterns import evaluate, load_patterns
from tashkent.calibration.risks import cumulative, risk_table, spells
from tashkent.calibration.riskset import CHOICES, RiskSet, risk_set
from tashkent.calibration.runs import Runs
from tashkent.calibration.scores import as_counted, brier, seat_log_score
from tashkent.calibration.variants import quick_scores
from tashkent.cli.new_case import new_case
from tashkent.model.case import Case
from tashkent.model.clock import month_label, parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.record import Ensemble
from tashkent.model.statuses import Status, is_in

ACCEDE, RENEW, EXIT = (CHOICES.index(name) for name in ("accede", "renew", "exit"))


@pytest.fixture(scope="module")
def minimal(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return new_case(tmp_path_factory.mktemp("case") / "minimal")


def rows_of(*choices: tuple[int, bool]) -> RiskSet:
    """Choices of one state in one club, month after month."""
    kinds, done = (np.array(column) for column in zip(*choices, strict=True))
    zeros, none = np.zeros(len(done), int), np.zeros(len(done), bool)
    return RiskSet(np.arange(1, len(done) + 1), zeros, zeros, kinds, done, none, none)


# month by month --------------------------------------------------------------------------------------


def test_a_monthly_forecast_learns_nothing_from_the_month_before() -> None:
    rows = rows_of((ACCEDE, False), (ACCEDE, False))
    draws = np.log(np.array([[0.9, 0.1], [0.9, 0.1]]))
    found = Forecast(MODEL, np.full(2, 0.5), draws, np.array([0.5, 0.5]))
    everything = np.ones(2, bool)
    assert found.log_score(rows, everything) == pytest.approx(np.log((0.81 + 0.01) / 2))
    assert found.monthly(rows, everything) == pytest.approx(np.log(0.25))
    one = found.where(np.array([True, False]))
    assert one.monthly(rows.where(np.array([True, False])), np.ones(1, bool)) == np.log(0.5)


@pytest.mark.slow
def test_a_baseline_has_one_score_and_what_is_fitted_two(minimal: Case) -> None:
    found, predictions, _ = hold_out_state(minimal, "ARV", proposals=0)
    scores = found[found["scope"] == "focus"].set_index("who")
    rest = scores.drop([MODEL, FRICTIONS, NOBODY])
    assert rest["log_score"].tolist() == pytest.approx(rest["monthly"].tolist())
    for who in (MODEL, FRICTIONS):
        assert scores.loc[who, "log_score"] != scores.loc[who, "monthly"]
    said = predictions[(predictions["who"] == MODEL) & (predictions["club"] == minimal.focus)]
    right = np.where(said["done"], said["p"], 1 - said["p"])
    assert scores.loc[MODEL, "monthly"] == pytest.approx(np.log(right).sum())
    row = gains(found).set_index(["who", "scope"]).loc[(MODEL, "focus")]
    assert row["monthly_gain"] == pytest.approx(row["monthly"] - scores.loc[row["over"], "monthly"])


@pytest.mark.slow
def test_each_club_is_a_scope_and_they_add_up(minimal: Case) -> None:
    scores, predictions, _ = hold_out_state(minimal, "ARV", proposals=0)
    steps = scores[scores["who"] == STEPS].set_index("scope")["monthly"]
    assert {"focus", "all clubs", minimal.focus} <= set(steps.index) <= {*SCOPES, *minimal.clubs}
    clubs = [club for club in minimal.clubs if club in steps.index]
    assert steps[clubs].sum() == pytest.approx(steps["all clubs"])
    assert predictions["month"].max() <= minimal.fit_until


# cumulative risk -------------------------------------------------------------------------------------


def test_spells_end_with_each_move_and_where_a_seat_changes_hands() -> None:
    rows = rows_of(
        (ACCEDE, False),
        (ACCEDE, True),
        (EXIT, False),
        (RENEW, True),
        (RENEW, False),
        (ACCEDE, False),
    )
    assert [list(spell) for spell in spells(rows)] == [[0, 1], [2, 3, 4], [5]]


def test_cumulative_risk_by_hand() -> None:
    rows = rows_of((EXIT, False), (EXIT, False), (EXIT, True))
    p = np.array([[0.5, 0.0], [0.5, 0.0], [0.5, 0.2]])
    right = np.where(rows.done[:, None], p, 1 - p)
    found = Forecast(MODEL, p.mean(axis=1), np.log(right), np.array([0.5, 0.5]))
    joint, monthly = cumulative(rows, found, np.arange(3))
    assert joint == pytest.approx([0.25, 0.375, 1 - (0.125 + 0.8) / 2])
    assert monthly == pytest.approx([0.25, 1 - 0.75**2, 1 - 0.75**2 * 0.65])
    for both in zip(*cumulative(rows, Forecast(STEPS, p.mean(axis=1)), np.arange(3)), strict=True):
        assert both[0] == both[1]


def test_who_does_not_sign_goes_out(case: Case) -> None:
    rows = rows_of((EXIT, False), (RENEW, False))
    table = risk_table(case, rows, [Forecast(STEPS, np.array([0.1, 0.7]))])
    (row,) = table.to_dict("records")
    assert (row["act"], row["done"], row["months"]) == ("does not sign", True, 2)
    assert row["p"] == pytest.approx(0.3)
    assert row["p_updated"] == pytest.approx(0.3)
    assert row["joint"] == row["monthly"] == pytest.approx(1 - 0.9 * 0.7)
    assert row["before"] == pytest.approx(0.1)


def test_every_move_of_the_record_ends_a_spell(case: Case) -> None:
    rows = risk_set(case)
    table = risk_table(case, rows, [Forecast(STEPS, np.full(len(rows), 0.5))])
    moves = rows.done ^ (rows.choice == RENEW)
    assert table["done"].sum() == moves.sum()
    assert table["months"].sum() == len(rows)
    out = table[(table["state"] == "UZB") & (table["club"] == "CST") & table["done"]]
    assert out[["act", "month"]].values.tolist() == [
        ["does not sign", "1999-04"],
        ["comes in", "2006-06"],
        ["goes out", "2012-06"],
    ]


# what was learnt -------------------------------------------------------------------------------------


def test_a_frozen_case_fits_frictions_alone(minimal: Case) -> None:
    frictions = {name for name, p in minimal.fitted.items() if p.role == "friction"}
    assert set(frozen(minimal).fitted) == frictions
    rows, whole = fit_rows(frozen(minimal)), fit_rows(minimal)
    means = np.array([minimal.parameters[name].mean for name in whole.names])
    own = np.array([minimal.parameters[name].mean for name in rows.names])
    assert rows.log_scores(own).sum() == pytest.approx(whole.log_scores(means).sum())


def test_priors_around_zero_say_nothing_of_signs(case: Case) -> None:
    changed = around_zero(case, 0.5)
    assert {(p.mean, p.sd) for p in changed.role("weight").values()} == {(0.0, 0.5)}
    assert changed.role("friction") == case.role("friction")
    assert changed.hash != case.hash


def test_rungs_name_each_state_and_regions_hold_all_of_them(case: Case) -> None:
    names = rungs(case)
    assert names[0] == WHOLE
    assert {f"without {state}" for state in case.deciders} < set(names)
    assert rungs(case, each=False) == names[: -len(case.deciders)]
    assert sorted(s for group in regions(case).values() for s in group) == sorted(case.deciders)
    assert len(regions(case)) == 3


@pytest.mark.slow
def test_a_group_is_predicted_from_those_outside_it_alone(case: Case) -> None:
    def score(*groups: tuple[str, ...]) -> float:
        found = quick_scores(case, seed=0, groups=groups)
        assert set(found["state"]) == {state for group in groups for state in group}
        return float(found.set_index(["scope", "state"])["log_score"]["focus", "UZB"])

    together = score(("ARM",), ("AZE", "GEO", "UZB"))
    assert together != score(("ARM",), ("AZE", "GEO"), ("UZB",))
    others = fit_rows(case)
    train = others.where(others.rows.state == case.state_ids.index("ARM"))
    test = others.where(others.rows.state == case.state_ids.index("UZB"))
    first = case.state_ids.index("AZE")
    found = predict_model(case, train, test, seed=(0, first), proposals=0)
    alone = found.log_score(test.rows, test.rows.club == tuple(case.clubs).index("CST"))
    assert together == pytest.approx(alone)


def test_the_whole_model_is_the_score_that_permutations_have(minimal: Case) -> None:
    found = rung(minimal, WHOLE, seed=0, proposals=0).set_index("scope")
    scores = quick_scores(minimal, seed=0)
    total = scores[scores["scope"] == "focus"]["log_score"].sum()
    assert found.loc["focus", "log_score"] == pytest.approx(total)


@pytest.mark.slow
@pytest.mark.parametrize("name", [FROZEN, PRIORS, REGIONS, "no dated events"])
def test_a_rung_is_scored_like_the_whole(minimal: Case, name: str) -> None:
    whole = rung(minimal, WHOLE, seed=0, proposals=200).set_index("scope")
    found = rung(minimal, name, seed=0, proposals=200).set_index("scope")
    assert set(found.index) == set(SCOPES)
    assert np.isfinite(found[["log_score", "monthly", "steps"]]).all(axis=None)
    assert found["log_score"].tolist() != whole["log_score"].tolist() or name == REGIONS
    if name in (FROZEN, PRIORS):
        assert found["steps"].tolist() == whole["steps"].tolist()


@pytest.mark.slow
def test_priors_alone_do_not_read_the_record(case: Case) -> None:
    """What the others did says nothing to who learns nothing; it does to the whole model."""
    groups = [("ARM",), ("UZB",)], [("ARM",), ("UZB",), ("GEO",)]
    asked = {
        learn: [quick_scores(case, seed=0, groups=g, learn=learn) for g in groups]
        for learn in (True, False)
    }
    for learn, (few, more) in asked.items():
        a, b = (f.set_index(["scope", "state"])["log_score"]["focus", "UZB"] for f in (few, more))
        assert (a == b) is not learn


def test_a_bootstrap_draws_states_anew() -> None:
    assert set(bootstrap(np.ones(5), 0)) == {5.0}
    drawn = bootstrap(np.array([3.0, 0.0, 0.0]), 0)
    assert drawn.shape == (SAMPLES,)
    assert drawn.mean() == pytest.approx(3, abs=0.1)
    assert (drawn == 0).mean() == pytest.approx((2 / 3) ** 3, abs=0.02)


def test_intervals_are_of_the_gain_over_each_rival() -> None:
    table = pd.DataFrame(
        {
            "who": [MODEL] * 3 + [LOGIT] * 3,
            "scope": "focus",
            "state": ["A", "B", "C"] * 2,
            "log_score": [-1.0, -1.0, -1.0, -4.0, -1.0, -1.0],
            "monthly": [-2.0, -1.0, -1.0, -1.0, -1.0, -1.0],
        }
    )
    found = intervals(table, MODEL, [LOGIT], 0).set_index("score")
    assert found.loc["joint", ["gain", "low", "high"]].tolist() == [3, 0, 6]
    assert found.loc["joint", "share"] == pytest.approx((2 / 3) ** 3, abs=0.02)
    assert found.loc["monthly", "share"] == 1


# imputed inputs --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_sets_of_inputs_count_alike(case: Case) -> None:
    one, said, _ = hold_out_state(case, "UZB", proposals=0, baselines=False)
    other = one.assign(log_score=one["log_score"] - 1)
    scores = pd.concat([one.assign(imputation=0), other.assign(imputation=1)])
    predictions = pd.concat([said.assign(imputation=0), said.assign(imputation=1, p=said["p"] / 2)])
    found = pooled_scores(case, scores, predictions)
    found = found[found["state"] == "UZB"].set_index("scope")
    expected = one.set_index("scope")["log_score"] + np.log((1 + np.exp(-1)) / 2)
    assert found["log_score"].to_dict() == pytest.approx(expected.to_dict())
    assert set(found["who"]) == {IMPUTED}
    p = said[said["club"] == "CST"]["p"] * 0.75
    done = said[said["club"] == "CST"]["done"]
    assert found.loc["CST", "monthly"] == pytest.approx(np.log(np.where(done, p, 1 - p)).sum())


# every club alike ------------------------------------------------------------------------------------


def seats_of(case: Case) -> np.ndarray:
    return is_in(compile_case(case).record.status)


def test_seats_are_scored_by_hand(minimal: Case) -> None:
    record, club = seats_of(minimal), next(iter(minimal.clubs))
    asked = (minimal.start, club, minimal.start + 1, minimal.end)
    for p, log_score, square in (
        (record.astype(float), 0.0, 0.0),
        (np.full(record.shape, 0.5), np.log(0.5), 0.25),
        (np.where(record, 0.9, 0.1), np.log(0.9), 0.01),
    ):
        assert seat_log_score(minimal, p, *asked) == pytest.approx(log_score)
        assert brier(minimal, p, *asked) == pytest.approx(square)
    assert seat_log_score(minimal, ~record * 1.0, *asked) == -np.inf


def test_shares_of_runs_are_never_certain() -> None:
    assert as_counted(np.array([0.0, 0.5, 1.0]), 9) == pytest.approx([0.05, 0.5, 0.95])


def test_every_club_is_asked_the_same_and_the_record_meets_it(case: Case) -> None:
    found = by_rule(case)
    ids = {pattern.id for pattern in found}
    assert {f"J1-{club}" for club in case.clubs} <= ids
    # all who hosted bases ended it: nobody is there of whom it could be said that it stays
    assert {f"J3-{club}" for club in case.clubs if club != "BASES"} <= ids
    assert ids - {f"{what}-{club}" for what in ("J1", "J2", "J3") for club in case.clubs} == set()
    for pattern in found:
        pattern.measure.check(case, "rule", pattern.id)
    status = np.where(seats_of(case), Status.MEMBER, Status.NONE).astype(np.int8)[None]
    table = evaluate(
        with_rules(load_patterns(case), case),
        Runs(Ensemble(case, 0, 0, case.start, status, (), {})),
    )
    table = table[table["judged"] & table["id"].isin(ids)]
    assert set(table["id"]) == ids
    assert table["passes"].all()


def test_a_state_that_joins_what_it_never_joined_is_seen(case: Case) -> None:
    seats = seats_of(case).copy()
    c = tuple(case.clubs).index("GUAM")
    seats[100:, case.state_ids.index("ARM"), c] = True
    status = np.where(seats, Status.MEMBER, Status.NONE).astype(np.int8)[None]
    runs = Runs(Ensemble(case, 0, 0, case.start, status, (), {}))
    table = evaluate(with_rules(load_patterns(case), case), runs)
    row = table[(table["id"] == "J2-GUAM") & table["judged"]].iloc[0]
    assert (row["value"], row["passes"]) == (1, False)
    assert table[table["id"] == "J2-GUAM"].set_index("measure").loc["ARM", "value"] == 1


def test_a_pattern_has_its_own_eve(case: Case) -> None:
    eves = {p.id: p.eve(case) for p in with_rules(load_patterns(case), case).pattern}
    assert eves["T5"] == parse_month("1999-03")
    assert eves["T7"] == eves["J1-GUAM"] == parse_month("1997-09")
    assert month_label(eves["N9"] or 0) == "1999-06"
    assert eves["N1"] is None  # its window begins with the case
    assert eves["T3"] is eves["T8b"] is eves["C2a"] is None  # law; whole runs; an ablation


# the page --------------------------------------------------------------------------------------------


def test_specifications_are_counted_by_their_rows() -> None:
    page = "| # | what | kept |\n|---|---|---|\n| 0 | as it was | |\n| 3a | x | no |\n| 12 | y | yes |\n"
    assert evidence_scores.counted(page) == {"tried": 3}
    assert evidence_scores.specifications()["tried"] > 40


def held(**changed: float) -> pd.DataFrame:
    """Two contenders in one scope: the model, and a logit that has the better Brier score."""
    model = {
        "log_score": -9.0,
        "gain": 15.0,
        "se": 6.0,
        "monthly_gain": 9.0,
        "brier": 0.003,
        **changed,
    }
    rows = [
        {"who": MODEL, "scope": "focus", **model},
        {
            "who": LOGIT,
            "scope": "focus",
            "gain": 4.0,
            "se": 2.0,
            "monthly_gain": 4.0,
            "brier": 0.0029,
        },
    ]
    return pd.DataFrame(rows).assign(monthly=-1.0)


def test_the_page_says_first_what_speaks_against_the_model() -> None:
    ladder = pd.DataFrame(
        {
            "rung": [WHOLE, FROZEN],
            "scope": "focus",
            "gain": [14.5, 14.6],
            "monthly_gain": [9.0, 13.0],
        }
    )
    said = evidence_scores.against(
        {"case": "pact", "focus": "PACT"}, {"held_out": held(), "ladder": ladder}
    )
    assert "the gain for PACT is +9.0, not +15.0" in said[0]
    assert "these do better: logit on the inputs 0.00290" in said[0]
    assert "teaches the weights nothing that holds in another state" in said[1]
    better = ladder.assign(gain=[14.5, 9.0])
    said = evidence_scores.against(
        {"case": "pact", "focus": "PACT"}, {"held_out": held(brier=0.001), "ladder": better}
    )
    assert "do better" not in said[0]
    assert "the difference is what the record teaches" in said[1]


def test_overdue_acts_and_clubs_behind_their_baselines_are_named() -> None:
    seat = {"state": "UZB", "club": "CST", "since": "2006-08", "month": "2012-06", "months": 71}
    seat |= {"act": "goes out", "done": True, "p": 0.26, "p_updated": 0.02, "joint": 0.4}
    risks = pd.DataFrame(
        [
            {"who": MODEL, **seat, "monthly": 0.99, "before": 0.98},
            {"who": BACKED_OFF, **seat, "monthly": 0.1, "before": 0.09},
        ]
    )
    span = {"start": "1992-05", "first": "1994-01", "last": "2012-12", "club": "GUAM"}
    missed = {**seat, "state": "KAZ", "act": "comes in", "done": False}
    clubs = pd.DataFrame(
        [
            {**span, "who": MODEL, "brier": 0.33, "log_score": -1.0},
            {**span, "who": NOBODY, "brier": 0.2, "log_score": -np.inf},
            {**span, "who": STEPS, "brier": 0.04, "log_score": -0.1},
        ]
    )
    columns = {"gain": 1.0, "se": 1.0, "brier": 0.1}
    held_clubs = pd.DataFrame([{"who": MODEL, "scope": "GUAM", **columns}])
    tables = {"held_out": held(), "risks": risks, "clubs": clubs, "held_out_clubs": held_clubs}
    said = " ".join(evidence_scores.against({"case": "cst", "focus": "CST"}, tables))
    assert "Of 1 acts these were overdue" in said
    assert "0.95 or more: UZB goes out (CST, 2012-06, 0.98)." in said
    assert "never came" not in said
    assert "GUAM 1994-01 to 2012-12 from 1992-05: 0.330 against 0.040" in said
    never = [{"who": MODEL, **missed, "monthly": p, "before": p} for p in (0.99, 0.05)]
    never[1]["state"] = "TKM"
    found = evidence_scores.risks({}, {"risks": pd.concat([risks, pd.DataFrame(never)])})
    assert found["never"] == ["KAZ comes in (CST, 2012-06, 0.99)"]
    assert [row[0] for row in found["rest"]] == ["KAZ"]  # the unlikely is not worth a row
    found = evidence_scores.risks({}, tables)
    assert found["acts"] == [
        (
            *("UZB", "CST", "goes out", "2012-06", "2006-08"),
            "0.260",
            "0.020",
            "0.40",
            "0.99",
            "0.10",
        )
    ]


def test_a_state_taken_out_stands_beside_the_whole_model_on_the_same_states() -> None:
    """With A out of the fits B gains 2, with it 3: A taught the others one nat."""
    states = pd.DataFrame(
        [
            {"who": who, "scope": scope, "state": state, "log_score": score, "monthly": score - 1}
            for scope in evidence_scores.LADDER_SCOPES
            for who, scores in ((MODEL, (-5.0, -1.0)), (STEPS, (-5.0, -4.0)))
            for state, score in zip("AB", scores, strict=True)
        ]
    )
    ladder = pd.DataFrame(
        [
            {"rung": name, "scope": scope, "gain": gain, "monthly_gain": gain, "auc": 0.9}
            for scope in evidence_scores.LADDER_SCOPES
            for name, gain in ((WHOLE, 3.0), ("without A", 2.0))
        ]
    )
    over = pd.DataFrame({"scope": evidence_scores.LADDER_SCOPES, "over": STEPS})
    tables = {"ladder": ladder, "held_out": over, "held_out_states": states}
    found = evidence_scores.ladder(tables)
    assert found["without"] == [("without A", *["+2.0", "+3.0"] * 4)]
    assert found["rows"] == [(WHOLE, *["+3.0"] * 4, "0.90")]


@pytest.mark.slow
def test_the_steps_of_a_rung_do_not_depend_on_what_the_model_sees(minimal: Case) -> None:
    whole = quick_scores(minimal, seed=0).set_index(["scope", "state"])
    together = quick_scores(minimal, seed=0, groups=[minimal.deciders]).set_index(whole.index.names)
    for steps in ("steps", "filled"):
        assert together[steps].to_dict() == whole[steps].to_dict()
    assert together["log_score"].to_dict() != whole["log_score"].to_dict()
