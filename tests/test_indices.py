"""Sensitivity indices of functions whose indices are known, through the code that serves the model."""

import warnings

import numpy as np
import pandas as pd
import pytest

from tashkent.agents.situation import Floats
from tashkent.experiments.indices import (
    MORRIS,
    OTHERS,
    SOBOL,
    MethodIndices,
    Problem,
    analyse,
    morris_points,
    sobol_points,
    spread,
    weightiest,
    why_silent,
)

THREE = Problem(("x1", "x2", "x3"), ("x1", "x2", "x3"))


def ishigami(u: Floats) -> Floats:
    """Ishigami and Homma (1990): ``sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1`` on (-pi, pi)."""
    x = np.pi * (2 * u - 1)
    return np.asarray(
        np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    )


def twice(values: Floats) -> Floats:
    """Values of one outcome in two halves without luck."""
    return np.stack([values, values])[..., None]


def value(found: MethodIndices, outcome: str, index: str) -> pd.Series:
    table = found.indices
    here = (table["outcome"] == outcome) & (table["index"] == index)
    return table[here].set_index("factor")["value"]


def test_the_shares_of_a_known_function_are_found() -> None:
    points = sobol_points(THREE, 1024, seed=0)
    found = analyse(SOBOL, THREE, ["y"], points, twice(ishigami(points)), seed=0)
    assert value(found, "y", "S1").to_list() == pytest.approx([0.314, 0.442, 0.0], abs=0.03)
    assert value(found, "y", "ST").to_list() == pytest.approx([0.558, 0.442, 0.244], abs=0.03)
    rows = found.indices
    truth = {("x1", "S1"): 0.314, ("x2", "S1"): 0.442, ("x1", "ST"): 0.558, ("x3", "ST"): 0.244}
    for row in rows.itertuples():
        if (row.factor, row.index) in truth:
            known = truth[row.factor, row.index]
            assert row.low - 0.02 < known < row.high + 0.02
    assert (rows["luck"] == 0).all()


def test_a_group_has_the_share_of_its_members_together() -> None:
    """x1 and x3 work together: their group leaves nothing to interaction with x2."""
    problem = THREE.narrowed(["x2"])
    assert problem.groups == (OTHERS, "x2")
    points = sobol_points(problem, 1024, seed=1)
    found = analyse(SOBOL, problem, ["y"], points, twice(ishigami(points)), seed=1)
    assert value(found, "y", "S1").to_dict() == pytest.approx(
        {OTHERS: 0.558, "x2": 0.442}, abs=0.03
    )
    assert value(found, "y", "ST").to_dict() == pytest.approx(
        {OTHERS: 0.558, "x2": 0.442}, abs=0.03
    )


def test_the_elementary_effects_of_a_line_are_its_slopes() -> None:
    points = morris_points(THREE, 6, seed=3)
    values = points @ np.array([2.0, -5.0, 0.0])
    found = analyse(MORRIS, THREE, ["y"], points, twice(values), seed=3)
    assert value(found, "y", "mu").to_list() == pytest.approx([2.0, -5.0, 0.0])
    assert value(found, "y", "mu_star").to_list() == pytest.approx([2.0, 5.0, 0.0])
    assert value(found, "y", "sigma").to_list() == pytest.approx([0.0, 0.0, 0.0])
    rows = found.indices[found.indices["index"] == "mu"]
    assert rows[["low", "high"]].isna().all(axis=None)


def test_a_group_that_is_moved_together_has_mu_star_alone() -> None:
    problem = Problem(("a", "b", "c"), ("pair", "pair", "c"))
    points = morris_points(problem, 8, seed=0)
    assert len(points) == 8 * 3
    values = points @ np.array([1.0, 0.0, 3.0])
    found = analyse(MORRIS, problem, ["y"], points, twice(values), seed=0)
    assert value(found, "y", "mu_star").to_dict() == pytest.approx({"pair": 1.0, "c": 3.0})
    assert list(value(found, "y", "mu").index) == ["c"]


@pytest.mark.parametrize("method", [MORRIS, SOBOL])
def test_an_outcome_without_variance_is_said_and_not_nan(method: str) -> None:
    points = morris_points(THREE, 4, 0) if method == MORRIS else sobol_points(THREE, 8, 0)
    some = ishigami(points)
    missing = some.copy()
    missing[2:5] = np.nan
    columns = [some, np.full(len(points), 0.3), missing]
    halves = np.stack([np.stack(columns, axis=1)] * 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = analyse(method, THREE, ["y", "flat", "gaps"], points, halves, seed=0)
        table = spread(["y", "flat", "gaps"], found)
    assert set(found.indices["outcome"]) == {"y"}
    assert found.indices["value"].notna().all()
    number = len(points)
    assert found.silent == {
        "flat": f"the same at all {number} points",
        "gaps": f"no run has anything to say at 3 of {number} points",
    }
    assert list(table["no_index_because"]) == ["", found.silent["flat"], found.silent["gaps"]]


def test_one_half_without_variance_leaves_the_luck_unknown() -> None:
    points = sobol_points(THREE, 8, 0)
    halves = np.stack([ishigami(points), np.full(len(points), 1.0)])[..., None]
    found = analyse(SOBOL, THREE, ["y"], points, halves, seed=0)
    assert found.indices["value"].notna().all()
    assert found.indices["luck"].isna().all()


def test_luck_is_what_differs_between_points_and_halves() -> None:
    """Luck that is the same at every point cancels; what differs shows in the spread and in the indices."""
    points, rng = sobol_points(THREE, 64, 0), np.random.default_rng(0)
    y = ishigami(points)
    shifted = np.stack([y + 5.0, y - 5.0])[..., None]
    still = analyse(SOBOL, THREE, ["y"], points, shifted, seed=0)
    assert spread(["y"], still)["luck_share"].item() == pytest.approx(0.0, abs=1e-20)
    assert still.indices["luck"].max() < 1e-9
    noise = rng.normal(0.0, y.std(), size=(2, len(y)))
    noisy = analyse(SOBOL, THREE, ["y"], points, (y + noise)[..., None], seed=0)
    share = spread(["y"], noisy)["luck_share"].item()
    assert share == pytest.approx(1 / 3, abs=0.08)  # half of the variance of one in that of two
    assert noisy.indices["luck"].max() > 0.01


def test_the_weightiest_of_any_outcome_are_kept() -> None:
    points = morris_points(THREE, 6, seed=3)
    values = np.stack([points @ np.array(w) for w in ([9.0, 1.0, 0.0], [0.0, 0.02, 0.1])], axis=1)
    found = analyse(MORRIS, THREE, ["big", "small"], points, np.stack([values] * 2), seed=3)
    assert weightiest(found, THREE, 2) == ("x1", "x3")
    assert weightiest(found, THREE, 5) == THREE.groups


@pytest.mark.parametrize("points_of", [morris_points, sobol_points])
def test_a_seed_fixes_points_and_intervals(points_of: object) -> None:
    """Seed 0 as any other: what it keys must not fall back on chance."""
    assert callable(points_of)
    for seed in (0, 7):
        one, again, other = (points_of(THREE, 8, s) for s in (seed, seed, seed + 1))
        assert np.array_equal(one, again)
        assert not np.array_equal(one, other)
        method = MORRIS if points_of is morris_points else SOBOL
        y = twice(ishigami(one))
        tables = [analyse(method, THREE, ["y"], one, y, seed).indices for _ in range(2)]
        pd.testing.assert_frame_equal(*tables)


def test_tiny_differences_of_rounding_are_no_variance() -> None:
    assert why_silent(1e6 + np.array([0.0, 1e-10])) == "the same at all 2 points"
    assert why_silent(np.array([0.0, 1e-6])) == ""


def test_an_outcome_that_moves_at_one_point_has_intervals() -> None:
    """Resamples without that point have no variance at all; what they are divided by would be 0."""
    points = sobol_points(THREE, 8, 0)
    values = np.zeros((2, len(points), 1))
    values[:, 0] = 1.0
    found = analyse(SOBOL, THREE, ["y"], points, values, 0)
    assert found.silent == {}
    assert np.isfinite(found.indices[["value", "low", "high"]]).all(axis=None)


def test_variance_between_the_two_samples_alone_counts() -> None:
    """An outcome that moves at a mixed point only has no variance to share out."""
    points = sobol_points(THREE, 4, 0)
    values = np.zeros(len(points))
    values[1] = 1.0  # the first point of AB_1
    found = analyse(SOBOL, THREE, ["y"], points, twice(values), seed=0)
    assert found.silent == {"y": "the same at all 8 points"}
