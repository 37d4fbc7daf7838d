"""ParameterDraws keep names and runs together, whatever shape is asked for."""

import numpy as np
import pytest

from tashkent.calibration.posterior import posterior
from tashkent.model.case import Case
from tashkent.model.parameters import ParameterDraws
from tashkent.model.simulate import prior_parameters, simulate

GIVEN = {"b": np.array([1.0, 2.0, 3.0]), "a": np.array([4.0, 5.0, 6.0])}


@pytest.fixture
def some() -> ParameterDraws:
    return ParameterDraws.from_mapping(GIVEN)


def test_a_mapping_goes_in_and_comes_out(some: ParameterDraws) -> None:
    assert (some.names, some.runs, len(some)) == (("b", "a"), 3, 2)
    assert {name: values.tolist() for name, values in some.items()} == {
        name: values.tolist() for name, values in GIVEN.items()
    }
    assert some.table.shape == (3, 2)
    assert ParameterDraws.from_mapping(some) is some
    assert "c" not in some
    with pytest.raises(KeyError, match="c"):
        some["c"]


def test_shapes_for_engine_and_likelihood(some: ParameterDraws) -> None:
    assert some.of_names(["a", "b"]).tolist() == [[4, 5, 6], [1, 2, 3]]
    assert some.of_names([]).shape == (0, 3)
    for behind, shape in enumerate([(3,), (3, 1), (3, 1, 1)]):
        views = some.of_run_axes(behind)
        assert {values.shape for values in views.values()} == {shape}
        assert views["b"].ravel().tolist() == [1, 2, 3]


def test_runs_are_taken_repeated_and_joined(some: ParameterDraws) -> None:
    assert some.of_runs(slice(1, 3))["b"].tolist() == [2, 3]
    assert some.repeated(2)["b"].tolist() == [1, 1, 2, 2, 3, 3]
    assert some.tiled(2)["b"].tolist() == [1, 2, 3, 1, 2, 3]
    assert ParameterDraws.joined([some, some.of_runs(slice(1))])["a"].tolist() == [4, 5, 6, 4]


def test_other_values_and_fewer_names(some: ParameterDraws) -> None:
    other = some.with_values({"a": 0.5, "c": np.array([7.0, 8.0, 9.0])})
    assert other.names == ("b", "a", "c")
    assert other["a"].tolist() == [0.5] * 3
    assert some["a"].tolist() == [4, 5, 6]
    assert other.of(["c", "b"]).names == ("c", "b")


@pytest.mark.parametrize("odd", [np.zeros(2), np.zeros((3, 1)), np.array(1.0)])
def test_every_name_has_one_value_a_run(odd: np.ndarray) -> None:
    with pytest.raises(ValueError, match="one value for each run"):
        ParameterDraws.from_mapping({**GIVEN, "c": odd})


def test_samplers_give_them_and_runs_keep_them(case: Case) -> None:
    for drawn in (
        prior_parameters(case, runs=3, seed=1),
        posterior(case).draws(runs=3, seed=1),
    ):
        assert isinstance(drawn, ParameterDraws)
        assert set(drawn) == set(case.drawn)
        runs = simulate(case, drawn, seed=1, start=case.end - 2)
        assert runs.parameters is drawn
        again = simulate(case, dict(drawn), seed=1, start=case.end - 2)
        assert np.array_equal(runs.status, again.status)
