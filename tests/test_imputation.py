"""Uncertain inputs: what is moved and by how much, and that the pooled posterior carries it."""

import numpy as np
import pytest

from tashkent.calibration import diagnostics
from tashkent.calibration.imputation import DOUBT, between, imputed
from tashkent.calibration.likelihood import design
from tashkent.calibration.sample import Chains, pooled
from tashkent.calibration.target import target
from tashkent.model.case import Case


def test_only_what_has_an_error_is_moved(case: Case) -> None:
    other = imputed(case, 3, seed=7)
    pairs = list(zip(case.composites, other.composites, strict=True))
    moved = [(a, b) for a, b in pairs if a.value != b.value]
    assert 100 < len(moved) < len(pairs)
    assert all(a.sd > 0 for a, _ in moved)
    assert {a.variable for a, _ in moved} == {"tie_patron", "tie_west", "means", "autonomy"}


@pytest.mark.slow
def test_an_error_keeps_its_direction_over_the_years(case: Case) -> None:
    other = imputed(case, 0, seed=1)
    shifts = [
        (b.value - a.value) / a.sd
        for a, b in zip(case.composites, other.composites, strict=True)
        if (a.variable, a.state) == ("tie_patron", "UZB") and a.sd > 0
    ]
    assert len(shifts) > 5
    assert np.ptp(shifts) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.slow
def test_sets_differ_and_come_back(case: Case) -> None:
    first, second, again = (imputed(case, number, seed=1) for number in (0, 1, 0))
    assert first.composites == again.composites
    assert first.hash == again.hash
    assert len({case.hash, first.hash, second.hash, imputed(case, 0, seed=2).hash}) == 4
    assert not np.array_equal(design(first).first, design(second).first)


@pytest.mark.slow
def test_doubtful_events_are_left_out_as_often_as_their_certainty_says(case: Case) -> None:
    def rows(of: Case) -> set[tuple[str, str]]:
        return {(e.event, e.certainty) for e in of.events}

    left_out = [rows(case) - rows(imputed(case, number, seed=5)) for number in range(60)]
    for certainty, doubt in DOUBT.items():
        of = {row for row in rows(case) if row[1] == certainty}
        assert of
        share = sum(len(gone & of) for gone in left_out) / (60 * len(of))
        assert share == pytest.approx(doubt, abs=0.1 if doubt else 0)
    assert {"E045", "E048", "E049"} <= {event for event, c in rows(case) if c == "medium"}
    assert all(("E045", "high") not in gone for gone in left_out)  # its surer rows stay


def test_the_share_between_imputations_by_hand() -> None:
    groups = np.array([[[0.0, 1.0], [2.0, -1.0]], [[4.0, 1.0], [6.0, -1.0]]])
    # the first parameter: total variance 5, of the means 1 and 5 it is 4
    np.testing.assert_allclose(between(groups), [0.8, 0.0])


@pytest.mark.slow
def test_imputations_are_judged_one_by_one(case: Case) -> None:
    """Two sets of inputs that disagree are no sign that chains have not converged."""
    density, rng = target(case), np.random.default_rng(0)
    names = density.names
    size = (2, 200, 40, len(names))
    parts = [
        Chains(names, rng.normal(size=size) + shift, np.zeros(size[:-1]), 2000)
        for shift in (0.0, 3.0)
    ]
    found = diagnostics.table(density, pooled(parts))
    assert (found["r_hat"] < 1.01).all()
    assert (found["between"] > 0.5).all()
    alone = diagnostics.table(density, parts[0])
    assert (alone["between"] == 0.0).all()
    assert (found["ess_bulk"] > alone["ess_bulk"]).all()
    mixed = Chains(names, pooled(parts).values, pooled(parts).log_posterior, 2000)
    assert (diagnostics.table(density, mixed)["r_hat"] > 1.5).all()
