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
from tashkent.calibration.holdout import hold_out_after, hold_out_state, leave_one_state_out
from tashkent.calibration.recovery import recover
from tashkent.calibration.scores import split_at_renewal
from tashkent.calibration.stages import Effort
from tashkent.calibration.validation import validate
from tashkent.experiments.networks import of_record, of_runs
from tashkent.experiments.sensitivity import QUICK, SensitivityPlan
from tashkent.model.case import Case
from tashkent.model.counterfactual import parse_counterfactual
from tashkent.model.errors import InputError
from tashkent.model.network import measures, memberships, rivalries
from tashkent.model.simulate import prior_parameters
from tests.commands import QUESTION

LATE = "2025-10"
#: what is worked out once for the glass box takes seconds
KINDS = [tk.CoalitionModel, pytest.param(tk.GlassBox, marks=pytest.mark.slow)]
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
        if (name, runs) in (("prior", 0), ("simulate", None)):
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


# names, months and cases as users write them --------------------------------------------------------


def test_a_case_is_asked_for_by_name_wherever_it_is_asked_for(case: Case) -> None:
    for named in ("cst", str(case.path)):
        assert tk.CoalitionModel(named, start=LATE).case.hash == case.hash
        assert tk.with_theory(named, "-contagion").hash == tk.with_theory(case, "-contagion").hash
        assert tk.posterior(named).case.hash == case.hash
    assert tk.posterior("cst") is tk.posterior("cst")


@pytest.mark.parametrize("wrong", [1999, None, "cts"])
def test_cases_that_are_none(wrong: Any) -> None:
    for call in (
        lambda: tk.simulate(wrong, runs=1),
        lambda: tk.explain(wrong, "UZB", "2012-06"),
        lambda: tk.compare(wrong, "CF1"),
        lambda: tk.sensitivity(wrong),
        lambda: tk.posterior(wrong),
        lambda: tk.with_theory(wrong, "hierarchy"),
        lambda: tk.CoalitionModel(wrong),
        lambda: tk.GlassBox(wrong),
        lambda: leave_one_state_out(wrong),
        lambda: hold_out_state(wrong, "UZB"),
        lambda: hold_out_after(wrong, "2000-12"),
        lambda: of_record(wrong, "2000-12"),
    ):
        with pytest.raises(InputError, match=r"case: name or folder: .* is not valid; allowed: "):
            call()


@pytest.fixture(scope="module")
def one_run(case: Case) -> tk.Ensemble:
    return tk.simulate(case, runs=1, start="1998-12")


@pytest.mark.parametrize("month", [1999, 199901, "1999", "1999-13", None, 1999.5, "1899-01"])
def test_months_that_are_none(case: Case, one_run: tk.Ensemble, month: Any) -> None:
    calls = [
        lambda: tk.explain(case, "UZB", month),
        lambda: tk.figures.renewal(one_run, month or 1),
        lambda: one_run.at(month),
        lambda: of_record(case, month),
        lambda: of_runs(one_run, month),
        lambda: rivalries(case, month),
        lambda: memberships(case, month),
        lambda: measures(case, month),
        lambda: split_at_renewal(one_run, month),
        lambda: hold_out_after(case, month),
    ]
    if month is not None:
        calls += [
            lambda: tk.CoalitionModel(case, start=month),
            lambda: tk.GlassBox(case, start=month),
            lambda: tk.simulate(case, runs=1, start=month),
            lambda: tk.compare(case, "CF1", runs=2, start=month),
            lambda: tk.sensitivity(case, start=month),
        ]
    for call in calls:
        with pytest.raises(InputError, match=r"is not valid; allowed: .*\d\d\d\d-\d\d"):
            call()


def test_places_in_an_ensemble_are_found_by_name_and_month(case: Case) -> None:
    ensemble = tk.simulate(case, runs=1, start=LATE)
    assert ensemble.index("Uzbekistan", "CSTO") == ensemble.index("UZB", "CST") == (11, 0)
    assert ensemble.index("Russia", "CST")[0] == case.state_ids.index("RUS")
    assert ensemble.at("2025-12") == ensemble.at(case.end) == ensemble.at(np.int64(case.end)) == 2
    for state, club, says in (
        ("Uzbekistn", "CST", "state: 'Uzbekistn' is not valid; .*nearest valid name: UZB"),
        ("UZB", "NATO", "club: 'NATO' is not valid"),
        (11, 0, "state: 11 is not valid"),
    ):
        with pytest.raises(InputError, match=says):
            ensemble.index(state, club)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"month: '2021-01' .* from 2025-10 to 2025-12"):
        ensemble.at("2021-01")


@pytest.mark.parametrize("kind", KINDS)
def test_agents_are_found_by_code_or_name(case: Case, kind: Any) -> None:
    model = kind(case, start=LATE)
    assert list(model.states) == list(case.state_ids)
    assert list(model.organisations) == list(case.clubs)
    assert model.states["uzbekistan"] is model.states["UZB"]
    assert model.organisations["CSTO"] is model.organisations["CST"]
    assert model.status_name("Belarus", "CSTO") == model.status_name("BLR", "CST") == "member"
    for call, says in (
        (lambda: model.states["UZbek"], "state: 'UZbek' is not valid; .*nearest valid name: UZB"),
        (lambda: model.organisations["NATO"], "club: 'NATO' is not valid"),
        (lambda: model.status_name(3, 0), "state: 3 is not valid"),
        (lambda: model.status_name("UZB", "NATO"), "club: 'NATO' is not valid"),
    ):
        with pytest.raises(InputError, match=says):
            call()


# what is held, and how many runs --------------------------------------------------------------------


@pytest.mark.slow
def test_what_is_held_is_held_in_every_run_as_in_a_model(case: Case) -> None:
    held = {"patronage": 2.0, "exit": -4.0}
    ensemble = tk.simulate(case, runs=3, start="2010-12", held=held)
    free = tk.simulate(case, runs=3, start="2010-12")
    assert {name: set(ensemble.parameters[name]) for name in held} == {
        name: {value} for name, value in held.items()
    }
    for name in set(case.drawn) - set(held):
        np.testing.assert_array_equal(ensemble.parameters[name], free.parameters[name])
    assert not np.array_equal(ensemble.status, free.status)
    model = tk.CoalitionModel(case, run=2, start="2010-12", held=held)
    while model.running:
        model.step()
    np.testing.assert_array_equal(model.world.status[0], ensemble.status[2, -1])
    given = prior_parameters(case, runs=2, seed=1)
    over = tk.simulate(case, parameters=given, held=held, start=LATE)
    assert set(over.parameters["exit"]) == {-4.0}


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (["patronage"], r"held: \['patronage'\] is not valid; allowed: a mapping of parameters"),
        ("patronage", r"held: 'patronage' is not valid; .*to `mesa.batch_run` a list of mappings"),
        ({"patronnage": 1.0}, "held: 'patronnage' is not valid; .*nearest valid name: patronage"),
        ({"patronage": "1"}, "held patronage: '1' is not valid; allowed: a finite number"),
        ({"patronage": "high"}, "held patronage: 'high' is not valid; allowed: a finite number"),
        ({"patronage": True}, "held patronage: True is not valid"),
        ({"patronage": np.nan}, "held patronage: nan is not valid"),
        ({"patronage": 10**400}, "held patronage: 1000.* is not valid"),
        ({"patronage": [1.0]}, r"held patronage: \[1.0\] is not valid"),
        ({"patronage": None}, "held patronage: None is not valid"),
    ],
)
def test_what_cannot_be_held(case: Case, held: Any, says: str) -> None:
    for call in (tk.simulate, tk.CoalitionModel, tk.GlassBox):
        with pytest.raises(InputError, match=says):
            call(case, held=held)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("value", "says"),
    [("1", "'1'"), (["1", "2"], r"\['1', '2'\]"), ([True, False], "True"), (1.0, r"shape \(\)")],
)
def test_text_that_reads_like_numbers_is_none(case: Case, value: Any, says: str) -> None:
    given = {**prior_parameters(case, runs=2, seed=1), "patronage": value}
    with pytest.raises(InputError, match=rf"parameters patronage: .*{says}"):
        tk.simulate(case, parameters=given, start=LATE)


def test_as_many_runs_as_there_are_parameters_or_none(case: Case) -> None:
    given = prior_parameters(case, runs=2, seed=1)
    assert tk.simulate(case, parameters=given, start=LATE).runs == 2
    assert tk.simulate(case, runs=2, parameters=given, start=LATE).runs == 2
    assert len(tk.explain(case, "UZB", "2012-06", parameters=given).acts[0].probability) == 2
    for call in (
        lambda: tk.simulate(case, runs=3, parameters=given, start=LATE),
        lambda: tk.explain(case, "UZB", "2012-06", draws=3, parameters=given),
        lambda: tk.compare(case, "CF1", runs=6, per_draw=2, parameters=given, start=LATE),
    ):
        with pytest.raises(InputError, match="2 values' is not valid; allowed: 3 values of each"):
            call()
    with pytest.raises(InputError, match="nearest valid name: patronage"):
        tk.compare(
            case, "CF1", runs=4, per_draw=2, parameters={**given, "patronnage": given["exit"]}
        )
