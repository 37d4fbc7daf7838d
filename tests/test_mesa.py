"""CoalitionModel under Mesa's own tools: batch_run over parameters, and the frames of its DataCollector."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import mesa
import numpy as np
import pandas as pd
import pytest

import tashkent as tk
from tashkent.agents.state import StateAgent
from tashkent.model.case import Case
from tashkent.model.errors import InputError
from tashkent.model.simulate import prior_parameters, simulate

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLE = DOCS / "examples" / "mesa_batch_run.py"


def at_means(case: Case, runs: int, **held: float) -> dict[str, np.ndarray]:
    """Priors' means in every run, but for what is held."""
    means = {name: p.mean for name, p in case.drawn.items()} | held
    return {name: np.full(runs, value) for name, value in means.items()}


@pytest.mark.slow
def test_the_example_is_that_of_the_page_and_prints_what_it_says() -> None:
    page = (DOCS / "mesa.md").read_text(encoding="utf-8")
    assert EXAMPLE.read_text(encoding="utf-8") in page
    done = subprocess.run([sys.executable, EXAMPLE], check=True, capture_output=True, text=True)
    shown = "\n".join(f"    {line}".rstrip() for line in done.stdout.splitlines())
    assert shown in page, f"the page should say\n{shown}"


@pytest.mark.slow
def test_a_batch_over_a_weight_is_the_ensemble_with_that_weight(case: Case) -> None:
    """Whoever sits in which club at the end, by weight and run, is what `simulate` says."""
    ends = runpy.run_path(str(EXAMPLE))["frame"]()
    assert set(ends.columns) >= {"patronage", "run", "rng", "date", "CST", "state", "clubs"}
    start = case.month("1998-12", "start")
    seen = ends.set_index(["patronage", "run", "state"])["clubs"]
    assert len(seen) == 2 * 3 * len(case.states)
    for weight in (0.0, 1.0):
        runs = simulate(case, at_means(case, 3, patronage=weight), seed=1, start=start)
        for r in range(3):
            for s, state in enumerate(case.state_ids):
                inside = np.array(tuple(case.clubs))[runs.seats[r, -1, s]]
                assert seen[weight, r, state] == tuple(inside)
    assert (seen[0.0] != seen[1.0]).any()


@pytest.mark.slow
def test_what_is_held_is_a_column_to_group_by() -> None:
    held = [{"patronage": p, "exit": -5.0} for p in (0.5, 1.0)]
    parameters = {"held": held, "run": range(2), "start": "2025-06"}
    rows = mesa.batch_run(tk.CoalitionModel, parameters, rng=[1], display_progress=False)
    counts = pd.DataFrame(rows).groupby(["patronage", "exit", "run"])["AgentID"].nunique()
    assert counts.to_dict() == {(p, -5.0, run): 12 for p in (0.5, 1.0) for run in (0, 1)}


def test_months_are_collected_as_by_any_mesa_model(case: Case) -> None:
    model = tk.CoalitionModel(case, run=1, start="2025-06", held={"patronage": 0.5}, rng=1)
    while model.running:
        model.step()
    months = model.datacollector.get_model_vars_dataframe()
    assert list(months["date"]) == [f"2025-{m:02}" for m in range(6, 13)]
    assert set(months["patronage"]) == {0.5}
    agents = model.datacollector.get_agenttype_vars_dataframe(StateAgent)
    last = agents.xs(agents.index.get_level_values("Step").max(), level="Step")
    members = last[["CST" in clubs for clubs in last["clubs"]]]["state"]
    assert " ".join(members) == months["CST"].iloc[-1]


def test_what_is_held_stands_over_the_parameters(case: Case) -> None:
    drawn = prior_parameters(case, runs=1, seed=3)
    one = {name: float(values[0]) for name, values in drawn.items()}
    model = tk.CoalitionModel(case, parameters=one, held={"exit": -4.0}, start="2025-10", rng=1)
    assert model.parameters == {**one, "exit": -4.0}
    assert model.world.parameters["exit"].item() == -4.0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"held": {"patronnage": 1.0}}, "nearest valid name: patronage"),
        ({"parameters": {"patronnage": 1.0}}, "nearest valid name: patronage"),
        ({"parameters": {"patronage": 1.0}}, "protection missing"),
        ({"parameters": {}}, "protection missing"),
    ],
)
def test_a_name_that_is_wrong_or_missing_is_refused(
    case: Case, arguments: dict[str, dict[str, float]], says: str
) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        tk.CoalitionModel(case, **arguments)  # type: ignore[arg-type]
