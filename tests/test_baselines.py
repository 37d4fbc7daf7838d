"""Baselines see the same rows, and their rates are plain counts."""

import numpy as np
import pytest

from tashkent.calibration import baselines as base
from tashkent.calibration.frictions import design_of_frictions, frictions_alone
from tashkent.calibration.holdout import leave_one_state_out
from tashkent.calibration.likelihood import fit_rows
from tashkent.calibration.refit import log_mean_exp
from tashkent.calibration.riskset import CHOICES, RiskSet
from tashkent.calibration.scores import brier, eve_of, renewal_month, split_at_renewal
from tashkent.model.case import Case
from tashkent.model.clock import parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.statuses import is_in


def shrunk(done: int, rows: int, pooled: float) -> float:
    """Half an act at the pooled rate, and what was counted."""
    return (done + 0.5) / (rows + 0.5 / pooled)


@pytest.mark.slow
def test_constant_hazards_are_counts(case: Case) -> None:
    rows = fit_rows(case).rows
    p = base.predict(base.constant_hazards, rows, rows)
    pact = rows.club == 0
    inside = rows.choice != CHOICES.index("accede")
    exits = pact & inside
    everywhere = ((rows.moved & inside).sum() + 0.5) / (inside.sum() + 1)
    leaving = shrunk(3 + 1, exits.sum(), everywhere)  # three lapses and one request
    assert p[exits & (rows.choice == CHOICES.index("exit"))][0] == pytest.approx(leaving)
    assert p[rows.choice == CHOICES.index("renew")][0] == pytest.approx(1 - leaving)


def test_a_renewal_step_is_the_share_that_signed(case: Case) -> None:
    rows = fit_rows(case).rows
    p = base.predict(base.renewal_step, rows, rows)
    assert p[rows.choice == CHOICES.index("renew")] == pytest.approx(shrunk(5, 8, 5.5 / 9))


def test_structural_steps_know_founding_days_and_windows(case: Case) -> None:
    rows = fit_rows(case).rows
    p = base.predict(base.structural_steps, rows, rows)
    guam = (rows.club == tuple(case.clubs).index("GUAM")) & (rows.choice == CHOICES.index("accede"))
    founded = rows.done[rows.founding & (rows.choice == CHOICES.index("accede"))]
    everywhere = (founded.sum() + 0.5) / (len(founded) + 1)
    assert p[guam & rows.founding] == pytest.approx(shrunk(4, 11, everywhere))
    assert p[guam & rows.window].max() < 0.02


def invented(*rows: tuple[int, str, bool, bool, bool]) -> RiskSet:
    """Rows of club, choice, done, founding, window."""
    club, choice, done, founding, window = map(np.array, zip(*rows, strict=True))
    kinds = np.array([CHOICES.index(one) for one in choice])
    zeros = np.zeros(len(rows), int)
    return RiskSet(np.arange(len(rows)), zeros, club, kinds, done, founding, window)


@pytest.mark.parametrize("cells", base.BASELINES.values(), ids=list(base.BASELINES))
def test_an_empty_cell_says_what_all_clubs_say_and_no_founding_raises_it(cells: base.Cells) -> None:
    months = [(0, "accede", i == 0, False, False) for i in range(99)]
    founding = [(0, "accede", True, True, False)] * 20
    stays = [(0, "exit", False, False, False)] * 49
    train = invented(*months, *founding, *stays)
    asked = [(7, "accede", False, False, False), (7, "exit", False, False, False)]
    p = base.predict(cells, train, invented(*asked))
    assert p == pytest.approx([1.5 / 100, 0.5 / 50])
    many = base.predict(cells, train, invented(stays[0]))
    assert many == pytest.approx([shrunk(0, 49, 0.5 / 50)])


def test_what_was_never_seen_at_all_is_no_coin_but_at_a_renewal() -> None:
    train = invented(*[(0, "accede", i == 0, False, False) for i in range(99)])
    asked = invented((0, "exit", False, False, False), (0, "renew", True, False, False))
    for cells in (base.renewal_step, base.structural_steps):
        assert base.predict(cells, train, asked) == pytest.approx([1.5 / 100, 0.5])
    signs = base.predict(base.constant_hazards, train, asked)
    assert signs == pytest.approx([1.5 / 100, 1 - 1.5 / 100])  # to it a renewal is a month
    assert base.backed_off(train, asked) == pytest.approx([1.5 / 100, 0.5])
    window = invented((3, "accede", False, False, True), (3, "accede", False, True, False))
    assert base.predict(base.structural_steps, train, window) == pytest.approx([1.5 / 100] * 2)


@pytest.mark.slow
def test_frictions_alone_are_the_model_without_a_term(case: Case) -> None:
    bare = frictions_alone(case)
    assert not bare.role("weight")
    assert set(bare.fitted) == {n for n, p in case.fitted.items() if p.role == "friction"}
    rows = fit_rows(case)
    kept = rows.rows.where(rows.rows.club == 1)
    found = design_of_frictions(case, kept)
    assert found.names == tuple(bare.fitted)
    for name in ("month", "state", "club", "choice", "done"):
        np.testing.assert_array_equal(getattr(found.rows, name), getattr(kept, name))
    shared = [rows.names.index(name) for name in found.names]
    np.testing.assert_array_equal(found.first, rows.first[rows.rows.club == 1][:, shared])
    assert not found.offset.any()


def test_more_structure_fits_no_worse(case: Case) -> None:
    rows = fit_rows(case).rows
    scores = [
        base.log_scores(base.predict(cells, rows, rows), rows).sum()
        for cells in base.BASELINES.values()
    ]
    assert scores == sorted(scores)


def test_probability_of_being_in_follows_the_rates(case: Case) -> None:
    p = base.p_in(case, base.structural_steps, case.start)
    inputs = compile_case(case)
    assert (p[0] == is_in(inputs.record.status[0])).all()
    assert ((p >= 0) & (p <= 1)).all()
    april = parse_month("1999-04") - case.start
    kazakhstan = case.state_ids.index("KAZ")
    assert p[april, kazakhstan, 0] / p[april - 1, kazakhstan, 0] == pytest.approx(
        shrunk(5, 8, 5.5 / 9), rel=1e-3
    )
    nobody = base.p_in(case, None, case.start)
    assert (nobody[-1, inputs.decides] == nobody[0, inputs.decides]).all()


def test_the_brier_score_of_the_record_is_zero_and_of_its_opposite_one(case: Case) -> None:
    truth = is_in(compile_case(case).record.status).astype(float)
    span = (parse_month("1994-01"), parse_month("2012-12"))
    assert brier(case, truth, case.start, "CST", *span) == 0.0
    assert brier(case, 1 - truth, case.start, "CST", *span) == 1.0


@pytest.mark.slow
def test_the_split_counts_runs_that_are_right(case: Case) -> None:
    month = renewal_month(case)
    assert month == parse_month("1999-04")
    runs = simulate(case, prior_parameters(case, runs=50, seed=1), seed=1, start=eve_of(month))
    split = split_at_renewal(runs, month)
    assert split.states == ("ARM", "AZE", "BLR", "GEO", "KAZ", "KGZ", "TJK", "UZB")
    assert split.record == (True, False, True, False, True, True, True, False)
    assert (
        0
        <= split.all_right
        <= min(p if stays else 1 - p for p, stays in zip(split.p_stay, split.record, strict=True))
    )


def test_the_mean_of_exponentials_is_safe() -> None:
    assert log_mean_exp(np.array([-1000.0, -1000.0])) == pytest.approx(-1000.0)


@pytest.mark.slow
def test_the_model_beats_structural_steps_on_states_it_has_not_seen(case: Case) -> None:
    """The claim of the README, leave one state out, on the acts of the pact."""
    table = leave_one_state_out(case)
    pact = table[table["club"] == case.focus]
    assert list(pact["state"]) == list(case.deciders)
    assert pact["acts"].sum() == 10
    assert pact["model"].sum() > pact["structural steps"].sum() + 3
