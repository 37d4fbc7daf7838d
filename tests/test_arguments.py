"""What is asked for in numbers: the same in Python as on the command line."""

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tashkent as tk
from tashkent.calibration.calibrate import calibrate
from tashkent.calibration.recovery import recover
from tashkent.calibration.stages import Effort
from tashkent.calibration.validation import validate
from tashkent.experiments.sensitivity import QUICK, SensitivityPlan
from tashkent.model.case import Case
from tashkent.model.counterfactual import parse_counterfactual
from tashkent.model.errors import InputError
from tashkent.model.simulate import prior_parameters
from tests.commands import QUESTION

LATE = "2025-10"
NO_SEEDS = (1.0, True, np.random.default_rng(1), -1, None, "1", np.float64(2), np.True_)
NO_RING = parse_counterfactual(QUESTION, "no_ring.toml")
NO_RUNS = (0, -5, 2.0, True, None, 2**60)


def design(case: Case) -> dict[str, Any]:
    """A sweep of two points."""
    vary = {"vary": "parameter", "parameter": "contagion", "values": [0.25, 1.125]}
    asked = {"outcomes": ["members(PACT, 2005-12)"], "factor": [vary]}
    return {"case": str(case.path), "method": "grid", "runs": 2, **asked}


def calls(case: Case) -> dict[str, Callable[..., Any]]:
    """What takes runs and a seed."""
    return {
        "simulate": lambda **given: tk.simulate(case, start=LATE, **{"runs": 2, **given}),
        "compare": lambda **given: tk.compare(case, "CF1", start=LATE, **{"runs": 2, **given}),
        "draws": lambda **given: tk.posterior(case).draws(**{"runs": 2, "seed": 0, **given}),
        "prior": lambda **given: prior_parameters(case, **{"runs": 2, "seed": 0, **given}),
    }


@pytest.mark.parametrize("name", ["simulate", "compare", "draws", "prior"])
def test_seeds_and_runs_that_cannot_be(case: Case, name: str) -> None:
    call = calls(case)[name]
    for seed in NO_SEEDS:
        with pytest.raises(
            InputError, match=r"seed: .* is not valid; allowed: a whole number, 0 or more"
        ):
            call(seed=seed)
    for runs in NO_RUNS:
        if name == "prior" and runs == 0:
            continue
        with pytest.raises(InputError, match=r"runs: .* is not valid; allowed: a whole number, "):
            call(runs=runs)


def test_a_comparison_has_two_runs_at_least_as_on_the_command_line(case: Case) -> None:
    with pytest.raises(InputError, match=r"compare: runs: 1 is not valid; .* 2 or more"):
        tk.compare(case, "CF1", runs=1, start=LATE)


WORKING = {
    "compare": (
        "experiments.compare.run_pairs",
        lambda of, n, _: tk.compare(of, NO_RING, runs=2, start="2010-10", workers=n),
    ),
    "sweep": ("experiments.sweep.run", lambda of, n, _: tk.sweep(design(of), workers=n)),
    "sensitivity": (
        "experiments.sensitivity.evaluator",
        lambda of, n, _: tk.sensitivity(of, ["members(PACT, 2005-12)"], plan=QUICK, workers=n),
    ),
    "calibrate": (
        "calibration.calibrate.sample",
        lambda of, n, folder: calibrate(of, folder=folder, workers=n),
    ),
    "validate": (
        "calibration.stages.run",
        lambda of, n, folder: validate(of, Effort(), folder, workers=n),
    ),
    "recover": (
        "calibration.recovery.replicates",
        lambda of, n, _: recover(of, number=20, seed=0, workers=n),
    ),
}


class BegunError(Exception):
    """The work, with so many processes."""


@pytest.mark.parametrize("name", WORKING)
def test_no_workers_are_one_a_core_in_python_as_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch, minimal: Case, tmp_path: Path, name: str
) -> None:
    def work(*given: Any, **named: Any) -> None:
        raise BegunError(named.get("workers", given[1] if name == "sensitivity" else None))

    place, call = WORKING[name]
    monkeypatch.setattr(f"tashkent.{place}", work)
    monkeypatch.setattr("os.cpu_count", lambda: 7)
    for asked, told in ((0, 7), (1, 1), (3, 3)):
        with pytest.raises(BegunError) as begun:
            call(minimal, asked, tmp_path)
        assert begun.value.args == (told,)
    with pytest.raises(InputError, match=rf"{name}: workers: -1 is not valid"):
        call(minimal, -1, tmp_path)


def test_whole_numbers_of_numpy_are_whole_numbers(case: Case) -> None:
    one = tk.simulate(case, runs=3, seed=5, start=LATE)
    other = tk.simulate(case, runs=np.int64(3), seed=np.uint8(5), start=LATE)
    np.testing.assert_array_equal(one.status, other.status)
    model = tk.CoalitionModel(case, run=np.int64(3), rng=np.int32(1), start=LATE)
    assert (model.run, type(model.run)) == (3, int)


@pytest.mark.parametrize("run", [-1, 1.0, True, None, "3", 2**60])
def test_runs_of_a_model_that_cannot_be(case: Case, run: Any) -> None:
    with pytest.raises(InputError, match=r"CoalitionModel: run: .* is not valid"):
        tk.CoalitionModel(case, run=run)


@pytest.mark.parametrize("rng", [-1, 1.0, True, "1", np.random.default_rng(1)])
def test_seeds_of_a_model_that_cannot_be(case: Case, rng: Any) -> None:
    with pytest.raises(InputError, match=r"CoalitionModel: rng: .* is not valid"):
        tk.CoalitionModel(case, rng=rng)


@pytest.mark.slow
def test_a_model_is_pickled_and_copied_and_does_not_step_past_the_end(case: Case) -> None:
    model = tk.CoalitionModel(case, run=3, rng=1, start=LATE)
    model.step()
    others = pickle.loads(pickle.dumps(model)), copy.deepcopy(model)
    for one in (model, *others):
        while one.running:
            one.step()
        with pytest.raises(
            InputError, match=r"step: 'after 2025-12' is not valid; allowed: steps up to 2025-12"
        ):
            one.step()
    months = model.datacollector.get_model_vars_dataframe()
    for other in others:
        np.testing.assert_array_equal(other.world.status, model.world.status)
        assert other.datacollector.get_model_vars_dataframe().equals(months)
        assert other.acts_now() == model.acts_now()
    assert model.date == "2025-12"


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("patronnage", np.ones(2), "nearest valid name: patronage"),
        ("patronage", np.ones(3), "parameters"),
        ("patronage", np.ones((2, 1)), r"shape \(2, 1\)"),
        (
            "patronage",
            np.array([1.0, np.nan]),
            "parameters patronage: nan is not valid; allowed: finite numbers",
        ),
        ("patronage", ["a", "b"], "a row of numbers"),
        ("patronage", np.array([]), "parameters"),
    ],
)
def test_parameters_that_cannot_be(case: Case, name: str, values: Any, says: str) -> None:
    given = {**prior_parameters(case, runs=2, seed=1), name: values}
    with pytest.raises(InputError, match=says):
        tk.simulate(case, parameters=given, start=LATE)


def test_sizes_of_studies(case: Case) -> None:
    for key, value in (("runs", 8.0), ("trajectories", True), ("base", 4.0), ("most", 0)):
        with pytest.raises(InputError, match=rf"sensitivity: {key}: "):
            SensitivityPlan(**{key: value}).check()  # type: ignore[arg-type]
    for call in (
        lambda **given: tk.compare(case, "CF1", runs=2, **given),
        lambda **given: tk.sensitivity(case, **given),
        lambda **given: tk.sweep({}, **given),
    ):
        for workers in (-1, 1.5, True, None):
            with pytest.raises(InputError, match=r"workers: .* is not valid"):
                call(workers=workers)
    with pytest.raises(InputError, match=r"sensitivity: seed: 1\.0"):
        tk.sensitivity(case, seed=1.0)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"per_draw: 1\.0"):
        tk.compare(case, "CF1", runs=2, per_draw=1.0)  # type: ignore[arg-type]
