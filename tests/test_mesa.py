"""CoalitionModel under Mesa's own tools: batch_run over parameters, and the frames of its DataCollector."""

import pickle
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest

import tashkent as tk
from tashkent.agents.state import StateAgent
from tashkent.calibration.posterior import run_parameters
from tashkent.experiments.glass_box import Participant
from tashkent.model.case import Case
from tashkent.model.counterfactual import load_counterfactual
from tashkent.model.errors import InputError
from tashkent.model.simulate import prior_parameters, simulate

DOCS = Path(__file__).parents[1] / "docs"
#: what is worked out once for the glass box takes seconds
KINDS = [tk.CoalitionModel, pytest.param(tk.GlassBox, marks=pytest.mark.slow)]
EXAMPLE = DOCS / "examples" / "mesa_batch_run.py"


def drawn(case: Case, runs: int, seed: int, **held: float) -> dict[str, np.ndarray]:
    """Draws of the posterior, but for what is held."""
    values = {name: np.full(runs, value) for name, value in held.items()}
    return {**run_parameters(case, runs=runs, seed=seed), **values}


@pytest.mark.slow
def test_the_example_is_that_of_the_page_and_prints_what_it_says() -> None:
    """Its numbers follow the posterior that ships, so the page says what they are and not which."""
    page = (DOCS / "mesa.md").read_text(encoding="utf-8")
    assert EXAMPLE.read_text(encoding="utf-8") in page
    done = subprocess.run([sys.executable, EXAMPLE], check=True, capture_output=True, text=True)
    head, _, *rows = (line.split() for line in done.stdout.splitlines())
    assert head == ["run", "0", "1", "2"]
    assert [row[0] for row in rows] == ["0.0", "1.0"]
    assert all(1 <= int(cell) <= 12 for row in rows for cell in row[1:])


@pytest.mark.slow
def test_a_batch_over_a_weight_is_the_ensemble_with_that_weight(case: Case) -> None:
    """Whoever sits in which club at the end, by weight and run, is what `simulate` says."""
    ends = runpy.run_path(str(EXAMPLE))["frame"]()
    assert set(ends.columns) >= {"patronage", "run", "rng", "date", "CST", "state", "clubs"}
    start = case.month("1998-12", "start")
    seen = ends.set_index(["patronage", "run", "state"])["clubs"]
    assert len(seen) == 2 * 3 * len(case.states)
    for weight in (0.0, 1.0):
        runs = simulate(case, drawn(case, 3, 1, patronage=weight), seed=1, start=start)
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
        ({"parameters": {"patronage": 1.0}}, "parameters protection: 'missing' is not valid"),
        ({"parameters": {}}, "parameters protection: 'missing' is not valid"),
    ],
)
def test_a_name_that_is_wrong_or_missing_is_refused(
    case: Case, arguments: dict[str, dict[str, float]], says: str
) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        tk.CoalitionModel(case, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [None, 4])
def test_a_run_is_by_default_that_of_an_ensemble(case: Case, seed: int | None) -> None:
    """Parameters, start and draws: nothing has to be said twice, not even the seed."""
    keyed: dict[str, int] = {} if seed is None else {"seed": seed}
    ensemble = tk.simulate(case, runs=3, start="2024-06", **keyed)
    given = {} if seed is None else {"rng": seed}
    model = tk.CoalitionModel(case, run=2, start="2024-06", **given)
    assert model.parameters == {n: float(v[2]) for n, v in ensemble.parameters.items()}
    seen = [model.world.status[0].copy()]
    while model.running:
        model.step()
        seen.append(model.world.status[0].copy())
    np.testing.assert_array_equal(np.array(seen), ensemble.status[2])


def test_a_run_of_a_counterfactual_has_the_parameters_of_the_case_as_it_is(case: Case) -> None:
    changed = load_counterfactual("CF1", case).apply(case)
    as_it_is = tk.CoalitionModel(case, run=1, start="2025-10")
    assert tk.CoalitionModel(changed, run=1, start="2025-10").parameters == as_it_is.parameters


def test_without_a_seed_mesa_chooses_one(case: Case) -> None:
    seeds = {tk.CoalitionModel(case, rng=None, start="2025-10")._seed for _ in range(3)}
    assert len(seeds) > 1


def test_a_reporter_that_is_added_before_the_first_step_tells_of_the_start_too(case: Case) -> None:
    model = tk.CoalitionModel(case, start="2025-06")
    model.datacollector.model_reporters["pact"] = lambda m: len(m.organisations["CST"].members)
    while model.running:
        model.step()
    months = model.datacollector.get_model_vars_dataframe()
    assert list(months["pact"]) == [len(members.split()) for members in months["CST"]]
    assert len(months) == 7
    agents = model.datacollector.get_agenttype_vars_dataframe(StateAgent)
    assert len(agents) == 7 * len(case.states)


def test_a_reporter_that_comes_too_late_is_refused(case: Case) -> None:
    model = tk.CoalitionModel(case, start="2025-06")
    model.step()
    model.datacollector.model_reporters["late"] = "date"
    with pytest.raises(
        InputError, match="model_reporters: 'late' is not valid; allowed: added before the"
    ):
        model.step()


def test_a_collector_of_ones_own_is_asked_as_in_any_model(case: Case) -> None:
    class Watched(tk.CoalitionModel):
        def __init__(self) -> None:
            super().__init__(case, start="2025-10")
            self.datacollector = mesa.DataCollector(model_reporters={"month": "date"})

    model = Watched()
    while model.running:
        model.step()
    seen = model.datacollector.get_model_vars_dataframe()
    assert list(seen["month"]) == ["2025-11", "2025-12"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_starts_at_the_end_is_not_running(case: Case, kind: Any) -> None:
    model = kind(case, start="2025-12")
    while model.running:
        model.step()
    assert model.date == "2025-12"


def test_what_is_told_past_the_end_is_what_there_is(case: Case) -> None:
    """Mesa's `run_for` asks for more months than there are: all that there are have been run and collected."""
    model = tk.CoalitionModel(case, start="2025-06")
    with pytest.raises(InputError, match="step: 'after 2025-12' is not valid"):
        model.run_for(12)
    assert (model.date, model.running) == ("2025-12", False)
    assert len(model.datacollector.get_model_vars_dataframe()) == 7


def test_tables_of_a_model_are_to_be_read(case: Case) -> None:
    model = tk.CoalitionModel(case, start="2024-06")
    for table in (
        model.seats,
        model.takes_part,
        model.participation,
        model.situation.threat,
        model.situation.seat,
        model.situation.clubs.relieves,
    ):
        assert table is not None
        with pytest.raises(ValueError, match="read-only"):
            table[0, 0] = 0
    model.step()


def test_a_model_is_saved_between_months_and_goes_on(case: Case, tmp_path: Path) -> None:
    """As the page says: what was saved runs on as the model itself does."""
    model = tk.CoalitionModel(case, run=3, start="2024-06")
    model.step()
    saved = tmp_path / "model.pickle"
    saved.write_bytes(pickle.dumps(model))
    model.run_for(6)
    again = pickle.loads(saved.read_bytes())
    again.run_for(6)
    np.testing.assert_array_equal(again.world.status, model.world.status)
    tables = [m.datacollector.get_model_vars_dataframe() for m in (model, again)]
    pd.testing.assert_frame_equal(*tables)


def test_a_reporter_of_agents_is_added_as_one_of_the_model_is(case: Case) -> None:
    model = tk.CoalitionModel(case, start="2025-06")
    reporters = model.datacollector.agenttype_reporters[tk.StateAgent]
    reporters["tie"] = lambda state: state.tie_to("patron")
    model.step()
    frame = model.datacollector.get_agenttype_vars_dataframe(tk.StateAgent)
    assert len(frame) == 2 * len(case.states)
    tie = frame[frame["state"] == "BLR"]["tie"].iloc[-1]
    assert tie == model.states["BLR"].tie_to("Russia")


def test_a_step_past_the_end_says_so(case: Case) -> None:
    model = tk.CoalitionModel(case, start="2025-12")
    with pytest.raises(
        InputError, match="allowed: steps up to 2025-12, the last month of the case"
    ):
        model.step()


@pytest.mark.slow
def test_what_ships_is_read_once_and_a_folder_each_time(folder: Path) -> None:
    one, other = (tk.CoalitionModel(start="2025-10", run=run) for run in (0, 1))
    assert one.case is other.case
    assert one.parameters != other.parameters
    first = tk.CoalitionModel(str(folder)).case
    assert tk.CoalitionModel(str(folder)).case is not first


# the glass box -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_glass_box_is_the_same_run_act_for_act(case: Case) -> None:
    """Arguments, months, statuses, acts and members: what one model tells the other tells too."""
    given = {"run": 2, "start": "2024-06", "held": {"patronage": 0.5, "observe": 1.0}}
    engine, box = tk.CoalitionModel(case, **given), tk.GlassBox(case, **given)
    assert box.parameters == engine.parameters
    seats = [(state, club) for state in case.state_ids for club in case.clubs]
    acts = 0
    while engine.running:
        assert [box.status_name(*at) for at in seats] == [engine.status_name(*at) for at in seats]
        engine.step()
        box.step()
        assert sorted(box.acts_now()) == sorted(engine.acts_now())
        acts += len(box.acts_now())
    assert acts > 0
    assert not box.running
    collectors = engine.datacollector, box.datacollector
    pd.testing.assert_frame_equal(*(one.get_model_vars_dataframe() for one in collectors))
    pd.testing.assert_frame_equal(
        collectors[0].get_agenttype_vars_dataframe(StateAgent),
        collectors[1].get_agenttype_vars_dataframe(Participant),
    )
    assert list(box.states) == list(engine.states)
    assert list(box.organisations) == list(engine.organisations)
    with pytest.raises(InputError, match="'after 2025-12' is not valid; allowed: steps up to"):
        box.step()


@pytest.mark.slow
def test_agents_of_the_glass_box_show_themselves_in_a_line(case: Case) -> None:
    box = tk.GlassBox(case, start="2025-10")
    assert repr(box.states["BLR"]) == "<Decider BLR, 2025-10: in CST, SCO>"
    assert repr(box.states["RUS"]) == "<PatronAgent RUS, 2025-10: in CST, SCO>"
    assert repr(box.organisations["GUAM"]) == "<ClubAgent GUAM, 2025-10: AZE, GEO, MDA, UKR>"
    box.step()
    assert re.fullmatch(r"<Seat: member, worth -?\d+\.\d\d>", repr(box.states["BLR"].seats["CST"]))


@pytest.mark.slow
def test_the_glass_box_refuses_what_it_does_not_know(case: Case) -> None:
    with pytest.raises(InputError, match=r"GlassBox.*one of your own runs in the engine alone"):
        tk.GlassBox(tk.with_theory(case, str(DOCS / "examples" / "own_theory.py")))
    with pytest.raises(InputError, match=r"GlassBox.*run"):
        tk.GlassBox(case, run=-1)
    assert len({tk.GlassBox(case, rng=None, start="2025-10").draws_seed for _ in range(3)}) > 1


@pytest.mark.slow
def test_a_reporter_of_the_glass_box_may_be_added_before_the_first_step(case: Case) -> None:
    box = tk.GlassBox(case, start="2025-10")
    box.datacollector.model_reporters["agents"] = lambda m: len(m.agents)
    box.step()
    told = box.datacollector.get_model_vars_dataframe()["agents"]
    assert list(told) == [len(case.states) + len(case.clubs)] * 2
