"""What is varied, how a point is evaluated, and what a user of the analysis meets."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tashkent as tk
from tashkent.calibration.posterior import Sample, posterior
from tashkent.cli.new_case import new_case
from tashkent.experiments.outcomes import measured, read_outcomes
from tashkent.experiments.points import Setting, values
from tashkent.experiments.sensitivity import SensitivityPlan, usual_outcomes
from tashkent.experiments.spaces import BONDS, DOUBTED, NOISE, RIVALRY, Inputs, Parameters
from tashkent.model.case import Case, load_case
from tashkent.model.errors import InputError
from tashkent.model.simulate import simulate
from tests.test_cli import call

TINY = SensitivityPlan(runs=4, trajectories=2, base=2, most=2)


@pytest.fixture(scope="module")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "pact"
    new_case(folder, "COR", ["ARV", "BOR", "CAL"])
    return folder


@pytest.fixture(scope="module")
def small(small_folder: Path) -> Case:
    return load_case(small_folder)


def middle(space: Parameters | Inputs) -> np.ndarray:
    return np.full(len(space.problem.factors), 0.5)


# what is varied ------------------------------------------------------------------------------------


def test_parameters_run_over_the_quantiles_of_their_prior(case: Case) -> None:
    space = Parameters(case)
    assert space.problem.factors == space.problem.groups
    assert set(space.problem.factors) == set(case.parameters)
    low, high = (space.at(np.full(len(case.parameters), u)) for u in (0.0, 1.0))
    for name, prior in case.drawn.items():
        assert low[1][name] == pytest.approx(prior.mean - 1.6449 * (prior.sd or 0.0), abs=1e-3)
        assert high[1][name] == pytest.approx(prior.mean + 1.6449 * (prior.sd or 0.0), abs=1e-3)
    for name, fixed in case.role("fixed").items():
        assert low[0].fixed(name) == fixed.mean / 2
        assert high[0].fixed(name) == (1.0 if name == "witness" else fixed.mean * 2)
    assert low[0].hash != high[0].hash != case.hash


def test_the_middle_is_the_case_as_it_is(case: Case) -> None:
    space = Parameters(case)
    there, held = space.at(middle(space))
    assert held == pytest.approx({name: p.mean for name, p in case.drawn.items()})
    assert there.parameters == case.parameters
    inputs = Inputs(case)
    there, held = inputs.at(middle(inputs))
    assert held == {}
    assert [e.sign for e in there.events] == [float(e.sign) for e in case.events]
    for table in ("composites", "rivalry", "bonds"):
        values = [[row.value for row in getattr(one, table)] for one in (there, case)]
        assert values[0] == pytest.approx(values[1])


def test_the_posterior_is_a_narrower_range(case: Case) -> None:
    known = posterior(case)
    assert isinstance(known, Sample)
    space = Parameters(case, known)
    at = space.problem.factors.index("exit")
    u = middle(space)
    u[at] = 0.0
    values = known.values[:, known.names.index("exit")]
    assert space.at(u)[1]["exit"] == pytest.approx(np.quantile(values, 0.05))
    u[at] = 1.0
    assert space.at(u)[1]["exit"] == pytest.approx(np.quantile(values, 0.95))
    assert space.at(u)[1]["court"] == pytest.approx(case.parameters["court"].mean)  # unfitted


@pytest.mark.slow
def test_each_input_is_moved_by_its_own_factor(case: Case) -> None:
    space = Inputs(case)
    groups = dict(zip(space.problem.factors, space.problem.of_group, strict=True))
    assert {DOUBTED, RIVALRY, BONDS, "tie_patron", "events: threat"} <= set(groups.values())
    assert len(space.problem.groups) < 20 < len(groups)

    def moved(factor: str, u: float) -> Case:
        point = middle(space)
        point[space.problem.factors.index(factor)] = u
        return space.at(point)[0]

    high = moved("events E002 threat", 1.0)
    for old, new in zip(case.events, high.events, strict=True):
        own = (old.event, old.kind) == ("E002", "threat")
        assert new.sign == pytest.approx(old.sign * (1.5 if own else 1.0))

    tie = moved("composite tie_patron UZB", 1.0)
    for a, b in zip(case.composites, tie.composites, strict=True):
        own = (a.variable, a.state) == ("tie_patron", "UZB")
        by = 1.6449 * np.hypot(a.sd, NOISE) if own else 0.0
        assert b.value - a.value == pytest.approx(by, abs=1e-3)

    threat = moved("composite unrest TJK", 0.0)
    for a, b in zip(case.composites, threat.composites, strict=True):
        own = (a.variable, a.state) == ("unrest", "TJK")
        assert b.value == pytest.approx(a.value * (1 - 1.6449 * NOISE if own else 1.0), abs=1e-3)

    doubted = next(f for f in groups if f.startswith("doubt "))
    event = doubted.removeprefix("doubt ")
    assert event not in {e.event for e in moved(doubted, 0.1).events}
    assert event in {e.event for e in moved(doubted, 0.3).events}
    assert all(0 <= b.value <= 1 for b in moved("rivalry ARM", 1.0).rivalry)


# a point -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_point_is_the_mean_of_the_same_runs(small: Case) -> None:
    space = Parameters(small)
    focus, end = small.focus, small.month("2006-12", "end")
    asked = [f"members({focus}, 2006-12)", f"exits({focus}, 2002-01, 2006-12)"]
    asked.append(f"brier({focus}, 2002-01, 2006-12)")
    outcomes = read_outcomes(asked, small)
    points = np.random.default_rng(0).random((7, len(space.problem.factors)))
    fixed = [i for i, f in enumerate(space.problem.factors) if f in small.role("fixed")]
    points[1:5, fixed] = points[0, fixed]  # these advance together, and the last two alone
    drawn = posterior(small).draws(runs=8, seed=5)
    setting = Setting(space, outcomes, drawn, 8, 5, small.start, end)
    found = values(setting, points)
    for p, u in enumerate(points):
        there, held = space.at(u)
        parameters = {name: np.full(8, value) for name, value in held.items()}
        runs = measured(outcomes, simulate(there, parameters, seed=5, end=end))
        halves = [np.nanmean(half, axis=0) for half in (runs[:4], runs[4:])]
        np.testing.assert_array_equal(found[p], halves)
    assert len(np.unique(found[:, 0, 1])) > 2


@pytest.mark.slow
def test_seed_and_plan_fix_the_result_whatever_the_workers(small: Case) -> None:
    """A case names its terms; a process that weighs one of one's own must have run the file that it stands in."""
    file = Path(__file__).parents[1] / "docs/examples/own_theory.py"
    case = tk.with_theory(small, str(file))
    asked = {"of": ["parameters"], "plan": TINY, "start": "2006-12"}
    one, two = (tk.sensitivity(case, seed=3, workers=n, **asked) for n in (1, 2))  # type: ignore[arg-type]
    assert "trade_with_members" in set(one.indices["factor"])
    pd.testing.assert_frame_equal(one.indices, two.indices)
    pd.testing.assert_frame_equal(one.spread, two.spread)
    other = tk.sensitivity(case, seed=4, **asked)  # type: ignore[arg-type]
    assert not one.spread.equals(other.spread)


@pytest.mark.slow
def test_what_it_costs_is_said_before_the_work(small: Case) -> None:
    lines: list[str] = []
    done: list[tuple[int, int]] = []
    found = tk.sensitivity(
        small,
        of=["parameters"],
        plan=TINY,
        start="2006-12",
        told=lines.append,
        progress=lambda n, of: done.append((n, of)),
    )
    groups = len(small.parameters)
    screening, variance = TINY.points(groups)
    assert (screening, variance) == (2 * (groups + 1), 2 * 5)
    said = f"parameters: {screening:,} points to screen and {variance:,} to share out variance"
    assert lines[0].startswith(said)
    assert f"{(screening + variance) * 4:,} in all" in lines[0]
    assert done[-1] == (screening + variance, screening + variance)
    assert len(found.studies[0].screening.points) == screening


@pytest.mark.slow
def test_an_outcome_that_never_moves_is_said_in_words(small: Case) -> None:
    start = small.month("2006-12", "start")
    never = f"acts(expel, {small.focus})"
    found = tk.sensitivity(small, [never], of=["inputs"], plan=TINY, start="2006-12")
    assert found.start == start
    assert len(found.indices) == 0
    said = found.spread["no_index_because"].tolist()
    assert said == [f"the same at all {n} points" for n in found.spread["points"]]
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["indices"] == []


def test_the_usual_outcomes_follow_from_the_case(case: Case, small: Case) -> None:
    told = usual_outcomes(case, case.start)
    states = re.findall(r"in\((\w+),", " ".join(told))
    assert states == ["AZE", "BLR", "GEO", "UZB"]
    for one in (case, small):
        read_outcomes(usual_outcomes(one, one.start), one)
        later = one.fit_until + 1
        if later < one.end:
            found = read_outcomes(usual_outcomes(one, later), one)
            assert max(o.until or 0 for o in found) == one.end


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"of": ["parametres"]}, "nearest valid name: parameters"),
        ({"of": []}, "parameters or inputs"),
        ({"over": "posteriors"}, "nearest valid name: posterior"),
        ({"plan": SensitivityPlan(runs=6)}, "a multiple of 4"),
        ({"plan": SensitivityPlan(base=12)}, "a power of two"),
        ({"plan": SensitivityPlan(trajectories=1)}, "2 or more"),
        ({"plan": SensitivityPlan(most=0)}, "1 or more"),
        ({"outcomes": ["inn(UZB, CST, 2012-12)"]}, "nearest valid name: in"),
        ({"start": "2025-12"}, "a month before 2025-12, the last of the case"),
        ({"start": "2013-01", "outcomes": ["members(CST, 2012-12)"]}, "a month after 2013-01"),
    ],
)
def test_bad_input_is_refused_in_one_line(
    case: Case, arguments: dict[str, object], says: str
) -> None:
    with pytest.raises(InputError, match=re.escape(says)) as caught:
        tk.sensitivity(case, **arguments)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


# the command line ----------------------------------------------------------------------------------


def asked(folder: Path, *more: str) -> tuple[str, ...]:
    sizes = ("--runs", "4", "--trajectories", "2", "--base", "2", "--most", "2")
    return ("sensitivity", "--case", str(folder), "--from", "2005-12", *sizes, *more)


@pytest.mark.slow
def test_the_command_writes_everything_and_reports_json(
    small_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    assert call(monkeypatch, *asked(small_folder, "--out", str(out), "--json")) == 0
    said = capsys.readouterr()
    result = json.loads(said.out)
    assert "points to screen" in said.err
    assert result == json.loads((out / "sensitivity.json").read_text())
    assert {path.name for path in out.iterdir()} == {
        "codebook.csv",
        "indices.csv",
        "inputs",
        "manifest.json",
        "outcomes.csv",
        "points-inputs-morris.parquet",
        "points-inputs-sobol.parquet",
        "points-parameters-morris.parquet",
        "points-parameters-sobol.parquet",
        "sensitivity.json",
        "sensitivity.png",
    }
    tables = [pd.read_csv(out / f"{name}.csv") for name in ("indices", "outcomes")]
    tables += [pd.read_parquet(path) for path in out.glob("*.parquet")]
    columns = {c for table in tables for c in table}
    assert columns == set(pd.read_csv(out / "codebook.csv")["column"])
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["runs"], manifest["base"], manifest["seed"]) == (4, 2, 0)
    assert "SALib" in manifest["libraries"]


@pytest.mark.slow
def test_the_screen_says_shares_sizes_and_silence(
    small_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    focus = load_case(small_folder).focus
    outcomes = ("--outcome", f"acts(expel, {focus})", "--outcome", f"members({focus}, 2006-12)")
    more = (*outcomes, "--of", "parameters", "--over", "posterior", "--quick")
    assert call(monkeypatch, *asked(small_folder, *more)) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "parameters over their posterior" in shown
    assert "no shares of variance: the same at all" in shown
    assert "ST" in shown
    assert "of its variance is luck" in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--outcome", "in(UZB, CTS, 2012-12)"), "nearest valid name: CST"),
        (("--of", "input"), "nearest valid name: inputs"),
        (("--runs", "7"), "a multiple of 4"),
        (("--theory", "x"), "theory: name: 'x'"),
        (("--from", "1998"), "as YYYY-MM"),
    ],
)
def test_bad_input_of_the_command_is_one_line_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    says: str,
) -> None:
    assert call(monkeypatch, "sensitivity", *arguments) == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
