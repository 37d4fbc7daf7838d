"""Sweeps in one process: what a point's runs are, what is stored, what goes wrong, and how it goes on."""

import errno
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tashkent as tk
import tashkent.experiments.chunks as chunks_of
import tashkent.experiments.tasks as tasks_of
from tashkent.agents.situation import Floats
from tashkent.calibration.posterior import posterior
from tashkent.experiments import evaluators
from tashkent.experiments.chunks import CHUNKS
from tashkent.experiments.design import read_design
from tashkent.experiments.outcomes import read_outcome
from tashkent.experiments.sweep import Swept, sweep
from tashkent.experiments.tasks import Task, TaskResult, Tasks, evaluate
from tashkent.model.case import Case
from tashkent.model.counterfactual import load_counterfactual
from tashkent.model.errors import InputError
from tashkent.model.pieces import read_piece
from tashkent.model.record import Ensemble
from tashkent.model.simulate import simulate
from tashkent.model.storage import MANIFEST
from tashkent.model.theory import with_theory
from tests.test_cli import call

EXITS = "exits(CST, 1999-01, 1999-06)"
CONTAGION = {"vary": "parameter", "parameter": "contagion", "values": [0.0, 2.0]}
EXAMPLE = Path(__file__).parents[1] / "docs/examples/renewal.toml"


def grid(*factors: Mapping[str, Any], **keys: Any) -> dict[str, Any]:
    return {
        "method": "grid",
        "runs": 24,
        "start": "1998-12",
        "outcomes": [EXITS, "brier(CST, 1999-04, 1999-06)", "in(UZB, CST, 1999-06)"],
        "factor": list(factors or (CONTAGION,)),
        **keys,
    }


def directly(case: Case, draws: Mapping[str, Floats], first_run: int = 0) -> Floats:
    start, end = (case.month(m, "") for m in ("1998-12", "1999-06"))
    runs = simulate(case, draws, seed=0, start=start, end=end, first_run=first_run)
    return read_outcome(EXITS, case)(runs)


def of_runs(found: Swept, point: int) -> list[float]:
    rows = found.runs[found.runs["point"] == point]
    assert rows["run"].tolist() == list(range(found.plan.design.runs))
    return list(rows[EXITS])


@pytest.mark.slow
def test_run_r_of_every_point_has_the_draws_of_run_r(case: Case) -> None:
    bombs = {"vary": "counterfactual", "values": ["baseline", "CF1"]}
    found = sweep(grid(CONTAGION, bombs, keep="runs"))
    draws = posterior(case).draws(runs=24, seed=0)
    for point in found.points.to_dict("records"):
        given = {**draws, "contagion": np.full(24, point["contagion"])}
        name = point["counterfactual"]
        world = case if name == "baseline" else load_counterfactual(name, case).apply(case)
        assert of_runs(found, point["point"]) == directly(world, given).tolist()


@pytest.mark.slow
def test_with_independent_random_numbers_run_r_of_point_p_is_number_p_r(case: Case) -> None:
    found = sweep(grid(random_numbers="independent", keep="runs"))
    draws = posterior(case).draws(runs=24, seed=0, first_run=24).with_values({"contagion": 2.0})
    assert of_runs(found, 1) == directly(case, draws, first_run=24).tolist()


def test_points_that_are_advanced_together_are_as_if_alone() -> None:
    design = read_design(grid(random_numbers="independent", keep="runs"))
    both = evaluate(design, Task(0, "", tuple(design.at(range(2))), 0, 24)).table
    alone = [evaluate(design, Task(0, "", (point,), 0, 24)).table for point in design.at(range(2))]
    pd.testing.assert_frame_equal(both, pd.concat(alone, ignore_index=True))


@pytest.mark.slow
def test_a_draw_of_the_posterior_is_the_same_in_all_runs_of_its_point(case: Case) -> None:
    found = sweep(grid(method="posterior", points=3, factor=[], keep="runs"))
    draw = posterior(case).draws(runs=3, seed=0)
    given = {name: np.full(24, values[1]) for name, values in draw.items()}
    assert of_runs(found, 1) == directly(case, given).tolist()
    assert found.points["contagion"].tolist() == draw["contagion"].tolist()


@pytest.mark.slow
def test_each_theory_runs_with_its_own_posterior(case: Case) -> None:
    found = sweep(grid({"vary": "theory", "values": ["whole", "fear_of_entrapment"]}, keep="runs"))
    other = with_theory(case, "fear_of_entrapment")
    draws = posterior(other).draws(runs=24, seed=0)
    assert of_runs(found, 1) == directly(other, draws).tolist()


@pytest.mark.slow
def test_the_summary_is_that_of_the_runs() -> None:
    found = sweep(grid(keep="runs"))
    runs = found.runs.drop(columns="run").groupby("point")
    summary = found.summary.set_index(["point", "outcome"])
    for (point, outcome), row in summary.iterrows():
        values = runs.get_group(point)[outcome]
        assert row["defined"] == values.count()
        assert row["runs"] == 24
        assert row["mean"] == pytest.approx(values.mean())
        assert row["sd"] == pytest.approx(values.std())
        assert row["se"] == pytest.approx(values.sem())
    assert (
        summary.xs("brier(CST, 1999-04, 1999-06)", level="outcome")["defined"].tolist() == [12] * 2
    )


@pytest.mark.slow
@pytest.mark.parametrize("keep", ["points", "runs"])
def test_how_runs_are_divided_into_tasks_does_not_matter(keep: str) -> None:
    whole = sweep(grid(keep=keep)).summary
    parts = sweep(grid(keep=keep, chunk=10)).summary
    assert len(Tasks(read_design(grid(chunk=10)))) == 6
    pd.testing.assert_frame_equal(parts, whole, rtol=1e-12)


@pytest.mark.slow
def test_starts_are_part_of_the_world(case: Case) -> None:
    starts = {"vary": "start", "values": ["1995-12", "1998-12"]}
    design = grid(starts, keep="runs")
    del design["start"]
    found = sweep(design)
    draws = posterior(case).draws(runs=24, seed=0)
    assert of_runs(found, 1) == directly(case, draws).tolist()
    assert of_runs(found, 0) != of_runs(found, 1)


# what goes wrong -----------------------------------------------------------------------------------


def breaking(monkeypatch: pytest.MonkeyPatch, contagion: float) -> None:
    """Let the runs of one point raise an error."""
    right = tasks_of.measured

    def wrong(outcomes: Any, ensemble: Ensemble) -> Floats:
        if (ensemble.parameters["contagion"] == contagion).any():
            raise ZeroDivisionError("of a point")
        return right(outcomes, ensemble)

    monkeypatch.setattr(tasks_of, "measured", wrong)


@pytest.mark.slow
@pytest.mark.parametrize("keep", ["points", "runs"])
def test_a_point_that_fails_is_a_row_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, keep: str
) -> None:
    right = sweep(grid(keep=keep), tmp_path / "right")
    with monkeypatch.context() as patch:
        breaking(patch, 2.0)
        found = sweep(grid(keep=keep), tmp_path / "out")
    assert found.failures == 1
    row = found.failed.iloc[0]
    assert (row["point"], row["first_run"], row["runs"]) == (1, 0, 24)
    assert row["error"] == "ZeroDivisionError: of a point"
    assert 'raise ZeroDivisionError("of a point")' in row["traceback"]
    summary = found.summary.set_index("point")
    assert (summary.loc[1, "runs"] == 0).all()
    assert summary.loc[1, "mean"].isna().all()
    pd.testing.assert_frame_equal(summary.loc[[0]], right.summary.set_index("point").loc[[0]])
    again = sweep(grid(keep=keep), tmp_path / "out", resume=True)
    assert again.failures == 0
    for name in ("summary.parquet", MANIFEST, "failures.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "right" / name).read_bytes()
    assert not list((tmp_path / "out" / CHUNKS).glob("*.failed.parquet"))


@pytest.mark.slow
def test_failures_have_an_exit_code_of_their_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    design = tmp_path / "design.toml"
    design.write_text(EXAMPLE.read_text().replace("points = 16", "points = 2"))
    monkeypatch.setattr(tasks_of, "measured", lambda outcomes, ensemble: 1 / 0)
    out = tmp_path / "out"
    assert call(monkeypatch, "sweep", str(design), "--out", str(out), "--workers", "1") == 1
    assert "2 points had runs that failed" in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_done_is_not_done_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The second half is done by the resumed sweep, the first half is not."""
    out, done = tmp_path / "out", []
    right = tasks_of.simulate

    def counted(*arguments: Any, **keys: Any) -> Ensemble:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(keys["first_run"])
        return right(*arguments, **keys)

    with monkeypatch.context() as patch:
        patch.setattr(tasks_of, "simulate", counted)
        with pytest.raises(KeyboardInterrupt):
            sweep(grid(chunk=8), out)
    (out / CHUNKS / ".tashkent-0123abcd.parquet").write_bytes(b"half")
    assert len(list((out / CHUNKS).glob("[!.]*.parquet"))) == 3
    assert not (out / MANIFEST).exists()
    said: list[tuple[int, int]] = []
    seen = len(done)
    done.clear()
    monkeypatch.setattr(tasks_of, "simulate", lambda *a, **k: done.append(0) or right(*a, **k))
    found = sweep(grid(chunk=8), out, resume=True, progress=lambda n, of: said.append((n, of)))
    assert (seen, len(done)) == (3, 3)
    assert said == [(24, 48), (32, 48), (40, 48), (48, 48)]
    pd.testing.assert_frame_equal(found.summary, sweep(grid(chunk=8)).summary)
    assert not list(out.rglob(".tashkent-*"))


@pytest.mark.slow
def test_a_folder_is_refused_unless_it_is_free_or_holds_this_sweep(tmp_path: Path) -> None:
    out = tmp_path / "out"
    sweep(grid(), out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    for design, resume, says in (
        (grid(), False, "or --resume: this sweep is there, done"),
        (grid(seed=1), True, "another sweep is there"),
        (grid(seed=1), False, "another sweep is there"),
    ):
        with pytest.raises(InputError, match=says):
            sweep(design, out, resume=resume)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="a new or empty folder, or one that holds this sweep"):
        sweep(grid(), tmp_path / "mine", resume=True)


@pytest.mark.slow
def test_another_version_of_the_code_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sweep(grid(), tmp_path / "out")
    monkeypatch.setattr(tasks_of, "code_digest", lambda *packages: b"another")
    with pytest.raises(InputError, match="this design is there, of another case, posterior or ver"):
        sweep(grid(), tmp_path / "out", resume=True)


@pytest.mark.slow
def test_all_that_a_result_depends_on_is_in_its_key() -> None:
    plans = [
        grid(),
        grid(seed=1),
        grid(runs=26),
        grid(random_numbers="independent"),
        grid(keep="runs"),
        grid(outcomes=[EXITS]),
        grid({**CONTAGION, "values": [0.0, 1.0]}),
        grid({**CONTAGION, "parameter": "exit"}),
        grid(theory="fear_of_entrapment", factor=[{**CONTAGION, "parameter": "exit"}]),
        grid(start="1997-12"),
        grid({"vary": "counterfactual", "values": ["baseline", "CF1"]}),
    ]
    keys = [[task.key for task in Tasks(read_design(plan))] for plan in plans]
    assert len({key for some in keys for key in some}) == sum(map(len, keys))


# the command ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_command_writes_everything_and_reports_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    asked = ("sweep", str(EXAMPLE), "--out", str(out), "--workers", "1")
    assert call(monkeypatch, *asked, "--json") == 0
    shown = capsys.readouterr()
    told = json.loads(shown.out)
    assert "800 of 800 runs" in shown.err
    manifest = json.loads((out / MANIFEST).read_text())
    assert told == {**manifest, "folder": str(out)}
    assert set(manifest["files"]) == {
        "codebook.csv",
        "points.parquet",
        "summary.csv",
        "summary.parquet",
    }
    summary = pd.read_parquet(out / "summary.parquet")
    assert len(summary) == 16 * 5
    pd.testing.assert_frame_equal(summary, pd.read_csv(out / "summary.csv"), check_dtype=False)
    told_columns = set(pd.read_csv(out / "codebook.csv")["column"])
    files = [out / "summary.csv", out / "failures.csv"]
    assert {column for path in files for column in pd.read_csv(path).columns} <= told_columns
    assert call(monkeypatch, *asked) == 2
    assert "this sweep is there, done" in capsys.readouterr().err
    assert call(monkeypatch, *asked, "--resume") == 0
    screen = capsys.readouterr().out
    assert "What decides the renewal of 1999: 16 points of 50 runs, seed 1" in screen
    assert f"A  {summary['outcome'][0]}" in screen
    assert "4 points and 1 outcomes more" in screen


def test_bad_input_is_one_line_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(EXAMPLE.read_text().replace("contagion", "contagoin"))
    out = tmp_path / "out"
    for arguments, says in (
        ((str(bad),), "bad.toml: factor 1 (parameter).parameter: 'contagoin' is not valid"),
        ((str(tmp_path / "no.toml"),), "a file that can be read"),
        ((str(EXAMPLE), "--workers", "2", "--cluster", "tcp://x:1"), "--workers without --cluster"),
        ((), "Missing argument"),
    ):
        assert call(monkeypatch, "sweep", *arguments, "--out", str(out)) == 2
        error = capsys.readouterr().err
        assert says in error
        assert len(error.strip().splitlines()) == 1
        assert not out.exists()


@pytest.mark.slow
def test_a_cluster_without_dask_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'tashkent\[cluster\]'"):
        sweep(grid(), cluster="tcp://127.0.0.1:1")


@pytest.mark.slow
def test_a_cluster_that_cannot_be_used_leaves_no_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(InputError, match="missing port number"):
        sweep(grid(), out, cluster="nowhere")
    assert not out.exists()
    sweep(grid(), out)
    before = sorted(out.rglob("*"))
    for chunk in (out / CHUNKS).iterdir():
        chunk.unlink()
    with pytest.raises(InputError, match="missing port number"):
        sweep(grid(), out, cluster="nowhere", resume=True)
    assert sorted(out.rglob("*")) == [path for path in before if path.parent.name != CHUNKS]


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_what_is_done_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out, design, right = tmp_path / "out", tmp_path / "design.toml", chunks_of.store
    design.write_text(EXAMPLE.read_text().replace("points = 16", "points = 4\nchunk = 50"))
    asked = ("sweep", str(design), "--out", str(out), "--workers", "2")

    def full(found: TaskResult, folder: Path) -> None:
        if len(list(folder.glob("*.parquet"))) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        right(found, folder)

    with monkeypatch.context() as patch:
        patch.setattr(chunks_of, "store", full)
        assert call(monkeypatch, *asked) == 2
    said = capsys.readouterr().err
    assert f"--out: folder: '{out}' is not valid; allowed: a folder that can be written to" in said
    assert len(said.strip().splitlines()) == 1
    assert len(list((out / CHUNKS).iterdir())) == 2
    assert not (out / MANIFEST).exists()
    assert call(monkeypatch, *asked[:-1], "1", "--resume") == 0


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "foreign", "another", "gone"])
def test_what_is_stored_and_no_longer_whole_is_said_and_done_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    out = tmp_path / "out"
    sweep(grid(chunk=24), out)
    tables = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    broken, other = sorted((out / CHUNKS).iterdir())
    whole = broken.read_bytes()
    pd.read_parquet(broken)  # which others may read, too
    if damage == "cut":
        broken.write_bytes(whole[:500])
    elif damage == "empty":
        broken.write_bytes(b"")
    elif damage == "flipped":
        broken.write_bytes(whole[:60] + bytes([whole[60] ^ 1]) + whole[61:])
    elif damage == "foreign":
        pd.DataFrame({"a": [1]}).to_parquet(broken)
    elif damage == "another":
        broken.write_bytes(other.read_bytes())
    else:
        broken.unlink()
    sweep(grid(chunk=24), out, resume=True)
    assert broken.read_bytes() == whole
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == tables
    said = [] if damage == "gone" else [f"{broken} is not as it was written: it is done again"]
    assert [record.getMessage() for record in caplog.records] == said


@pytest.mark.slow
def test_each_flipped_bit_of_a_chunk_is_found_out(tmp_path: Path) -> None:
    sweep(grid(), tmp_path / "out")
    (chunk,) = (tmp_path / "out" / CHUNKS).iterdir()
    whole = chunk.read_bytes()
    assert read_piece(chunk, of=chunk.name) is not None
    for at in range(len(whole)):
        chunk.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
        assert read_piece(chunk, of=chunk.name) is None, at


@pytest.mark.slow
def test_a_task_that_loses_its_process_twice_is_a_failed_row(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    right = sweep(grid(chunk=24))
    monkeypatch.setattr(evaluators, "_evaluate_here", _dies)
    found = sweep(grid(chunk=24), tmp_path / "out", workers=2)
    assert found.failures == 1
    assert found.failed["point"].tolist() == [1]
    assert found.failed["error"].tolist() == [f"ChildProcessError: {evaluators.LOST}"]
    rest = found.summary[found.summary["point"] == 0]
    pd.testing.assert_frame_equal(rest, right.summary[right.summary["point"] == 0])


_evaluated = evaluators._evaluate_here


def _dies(task: Task) -> TaskResult:
    if task.points[0].number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return _evaluated(task)


@pytest.mark.slow
def test_the_public_face_has_it() -> None:
    assert tk.sweep is sweep
    with pytest.raises(InputError, match="'runs', to have every run"):
        _ = tk.sweep(grid(runs=2)).runs


@pytest.mark.slow
@pytest.mark.parametrize("keep", ["points", "runs"])
@pytest.mark.parametrize("random_numbers", ["common", "independent"])
def test_a_sweep_with_more_runs_is_the_one_that_had_them_from_the_beginning(
    tmp_path: Path, keep: str, random_numbers: str
) -> None:
    keys = {"keep": keep, "random_numbers": random_numbers, "chunk": 48}
    first = sweep(grid(**keys), tmp_path / "more").read()
    done = {path.name for path in (tmp_path / "more" / CHUNKS).iterdir()}
    found = sweep(grid(**keys, more_runs=[10, 4]), tmp_path / "more", resume=True)
    sweep(grid(**keys, more_runs=[10, 4]), tmp_path / "whole")
    assert done < {path.name for path in (tmp_path / "more" / CHUNKS).iterdir()}
    for path in (tmp_path / "whole").rglob("*"):
        if path.is_file():
            again = tmp_path / "more" / path.relative_to(tmp_path / "whole")
            assert again.read_bytes() == path.read_bytes(), path.name
    assert set(first.summary["runs"]) == {24}
    assert set(found.summary["runs"]) == {38}
    if keep == "runs":
        rows = found.runs.sort_values(["point", "run"])
        assert rows["run"].tolist() == [*range(38)] * 2
        if random_numbers == "common":
            plain = sweep(grid(keep="runs", runs=38))
            assert rows[EXITS].tolist() == plain.runs[EXITS].tolist()
    with pytest.raises(InputError, match=r"more_runs: \[10\].*\[10, 4\] first"):
        sweep(grid(**keys, more_runs=[10]), tmp_path / "more", resume=True)
