"""The engine and its readable twin, written from `docs/odd.md`, tell the same histories."""

import ast
from collections import Counter
from pathlib import Path

import mesa
import pytest

from agents.situation import Floats
from benchmarks import idiomatic_mesa
from benchmarks.docking import acts_of_twin, acts_that_differ, differences, first_month, run_twin
from benchmarks.idiomatic_mesa import AllianceModel
from calibration.posterior import posterior
from model.case import Case
from model.clock import parse_month
from model.law import Act, Status
from model.simulate import prior_parameters

SEED = 11
RUNS = 10


@pytest.fixture(scope="module")
def drawn(case: Case) -> dict[str, dict[str, Floats]]:
    return {
        "prior": prior_parameters(case, runs=RUNS, seed=SEED),
        "posterior": posterior(case).draws(runs=RUNS, seed=SEED),
    }


@pytest.mark.parametrize("source", ["prior", "posterior"])
@pytest.mark.parametrize(
    ("runs", "start"),
    [(RUNS, None), (5, "1998-12"), (5, "2012-08")],
    ids=["first", "term", "request"],
)
def test_same_statuses_and_acts(
    case: Case, drawn: dict[str, dict[str, Floats]], source: str, runs: int, start: str | None
) -> None:
    month = None if start is None else parse_month(start)
    found = differences(case, drawn[source], seed=SEED, runs=runs, start=month)
    assert [str(difference) for difference in found] == []


def test_what_is_compared_is_rich(case: Case, drawn: dict[str, dict[str, Floats]]) -> None:
    acts = Counter[str]()
    for run in range(RUNS):
        for _, _, _, act, rule in run_twin(case, drawn["prior"], seed=SEED, run=run).log:
            acts[act.name] += 1
            assert rule
    # states freeze in the record alone
    assert {act.name for act in Act} - set(acts) <= {"FREEZE", "REFUSE_SUSPENSION"}


def test_a_request_is_pending_at_the_last_start(
    case: Case, drawn: dict[str, dict[str, Floats]]
) -> None:
    numbers = {name: float(values[0]) for name, values in drawn["posterior"].items()}
    twin = AllianceModel(case, numbers, start=parse_month("2012-08"))
    assert Status.SUSPENSION_REQUESTED in twin.statuses.values()
    assert twin.history == [bytes(twin.statuses.values())]


def test_a_different_act_is_reported(case: Case, drawn: dict[str, dict[str, Floats]]) -> None:
    acts = acts_of_twin(run_twin(case, drawn["posterior"], seed=SEED, run=0))
    changed = acts.copy()
    month, state, club, act, rule = min(acts)
    changed[month, state, club, act, rule] -= 1
    changed[max(acts)] += 1
    (found,) = first_month(acts_that_differ(0, acts, changed))
    assert (found.month, found.state, found.club, found.only_in) == (month, state, club, "engine")
    assert act in str(found)


def test_the_twin_uses_nothing_of_the_engine() -> None:
    tree = ast.parse(Path(idiomatic_mesa.__file__).read_text(encoding="utf-8"))
    imported = {
        f"{node.module}.{name.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    inside = {
        name
        for name in imported
        if name.split(".")[0] in {"agents", "model", "calibration", "tashkent", "benchmarks"}
    }
    given = ("model.draws", "model.case.", "model.clock.", "model.law.")
    assert all(name.startswith(given) for name in inside)
    assert not {"model.law.Law", "model.law.RulesInForce"} & inside


def test_it_runs_in_mesas_batch_runner(
    case: Case, drawn: dict[str, dict[str, Floats]], monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = {name: float(values[0]) for name, values in drawn["posterior"].items()}
    given = {"case": case, "parameters": [numbers], "run": [0, 1], "start": case.end - 24}
    # it would change the start method of the whole process
    monkeypatch.setattr("multiprocessing.set_start_method", lambda *_, **__: None)
    rows = mesa.batch_run(AllianceModel, given, rng=[SEED], display_progress=False)
    expected = [AllianceModel(case, numbers, seed=SEED, run=r, start=case.end - 24) for r in (0, 1)]
    for model in expected:
        model.run_to_end()
    assert [row["statuses"] for row in rows] == [model.history[-1] for model in expected]
