"""A sweep that is killed twice, one on several workers and one on a cluster are the undisturbed one, bit for bit.

A sweep that something happens to is started through `HELD`, which stops it before it stores more than it should, so
that it is at work when that happens however slow the machine is.

SWEEP_RUNS=100000 pytest tests/test_sweep_killed.py does it with that many runs.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd
import psutil
import pytest

from tashkent.experiments import cluster as far
from tashkent.experiments.chunks import CHUNKS
from tashkent.experiments.design import read_design
from tashkent.experiments.evaluators import LOST
from tashkent.experiments.sweep import SWEEP, sweep
from tashkent.experiments.tasks import Tasks
from tashkent.model.errors import InputError

RUNS = int(os.environ.get("SWEEP_RUNS", "4000"))
POINTS = 5
#: seconds after which something hangs
LONG = 600 + RUNS / 10
DESIGN = f"""
method = "grid"
runs = {RUNS // POINTS}
start = "1998-12"
keep = "runs"
chunk = 200
outcomes = ["in(UZB, CST, 1999-06)", "exits(CST, 1999-01, 1999-06)", "brier(CST, 1999-04, 1999-06)"]
[[factor]]
vary = "parameter"
parameter = "contagion"
range = [0.0, 2.0]
levels = {POINTS}
"""
#: the command, which stops before it stores the result of one task more than it is told, until a line comes in
HELD = """
import sys
import tashkent.experiments.chunks as chunks
from tashkent.cli import main

store, left = chunks.store, int(sys.argv.pop(1))

def held(found, folder):
    global left
    if left == 0:
        sys.stdin.readline()
    left -= 1
    store(found, folder)

chunks.store = held
main()
"""
#: the command, which does not wait long for a scheduler that does not answer
HASTY = """
import tashkent.experiments.cluster as cluster
from tashkent.cli import main

cluster.PATIENCE = 1
main()
"""
#: what a worker of a cluster runs first: one task ends the process in which it is done
DEADLY = """
import os
import tashkent.experiments.cluster as cluster
from tashkent.experiments.evaluators import on_one_thread

def deadly(plan, task):
    if task.key == "{key}":
        os.kill(os.getpid(), 9)
    return on_one_thread(plan, task)

cluster._evaluate_there = deadly
"""

pytestmark = pytest.mark.slow(9)


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("design") / "design.toml"
    path.write_text(DESIGN)
    return path


@pytest.fixture(scope="module")
def undisturbed(design: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    sweep(design, out, workers=1)
    assert len(pd.read_parquet(out / "runs.parquet")) == RUNS // POINTS * POINTS
    return out


def command(*arguments: object) -> list[str]:
    return [str(Path(sys.executable).parent / "tashkent"), "sweep", *map(str, arguments)]


@contextmanager
def held(tasks: int, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """A sweep that stores what so many tasks find, and stops until `released`."""
    process = subprocess.Popen(
        [sys.executable, "-c", HELD, str(tasks), "sweep", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def released(process: subprocess.Popen[bytes]) -> str:
    """What it says on stderr until it ends."""
    return process.communicate(b"\n", timeout=LONG)[1].decode()


def done(out: Path) -> int:
    return len(list((out / CHUNKS).glob("*.parquet")))


def wait_until(there: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Until something is there that a process makes."""
    until = time.monotonic() + LONG
    while not there():
        if process.poll() is not None:
            said = process.stderr.read() if process.stderr else b""
            pytest.fail(f"ended early: {said.decode()}")
        if time.monotonic() > until:
            pytest.fail("took too long")
        time.sleep(0.01)


def assert_same(out: Path, undisturbed: Path) -> None:
    names = sorted(path.name for path in undisturbed.iterdir() if path.is_file())
    assert {"manifest.json", "runs.parquet", "summary.parquet", SWEEP} <= set(names)
    assert sorted(path.name for path in out.iterdir() if path.is_file()) == names
    for name in names:
        assert (out / name).read_bytes() == (undisturbed / name).read_bytes(), name


def test_a_sweep_killed_twice_is_the_undisturbed_one(
    design: Path, undisturbed: Path, tmp_path: Path
) -> None:
    """Each time somewhere between two shares of the tasks, whatever it is about to do there."""
    out, tasks, seen = tmp_path / "out", len(Tasks(read_design(design))), 0
    for low, high, workers in ((0.2, 0.4, 1), (0.5, 0.7, 2)):
        least, most = int(low * tasks), int(high * tasks)
        arguments = (design, "--out", out, "--workers", workers, "--resume")
        with held(most - seen, *arguments) as process:
            wait_until(lambda least=least: done(out) >= least, process)  # type: ignore[misc]
            children = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        assert seen < done(out) <= most
        seen = done(out)
        _gone, alive = psutil.wait_procs(children, timeout=LONG)
        assert not alive, "workers outlive the sweep"
    last = subprocess.run(
        command(design, "--out", out, "--resume"), capture_output=True, check=True
    )
    assert f"of {RUNS:,} runs" in last.stderr.decode()
    assert_same(out, undisturbed)


def test_a_local_worker_that_is_killed_is_replaced(
    design: Path, undisturbed: Path, tmp_path: Path
) -> None:
    out, tasks = tmp_path / "out", len(Tasks(read_design(design)))
    with held(tasks - 1, design, "--out", out, "--workers", 2) as process:
        wait_until(lambda: done(out) >= 0.3 * tasks, process)
        workers = [
            child
            for child in psutil.Process(process.pid).children(recursive=True)
            if "spawn_main" in " ".join(child.cmdline())
        ]
        workers[0].kill()
        said = released(process)
        assert process.returncode == 0, said
    assert_same(out, undisturbed)


# a cluster on this machine, over TCP -----------------------------------------------------------------


@contextmanager
def started(log: Path, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", *map(str, arguments)], stdout=said, stderr=said
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def cluster(
    folder: Path, number: int = 2, *more: object
) -> Iterator[tuple[str, subprocess.Popen[bytes], list[subprocess.Popen[bytes]]]]:
    """A scheduler, which takes a port that is free, and workers of one thread each, which it knows."""
    told, logs = folder / "scheduler.json", [folder / f"worker{n}.log" for n in range(number)]
    asked = ("--host", "127.0.0.1", "--port", 0, "--scheduler-file", told, "--no-dashboard")
    worker = ("--scheduler-file", told, "--nthreads", 1, "--no-nanny", "--no-dashboard", *more)
    with started(folder / "scheduler.log", "distributed.cli.dask_scheduler", *asked) as scheduler:
        wait_until(lambda: told.exists() and told.read_text().endswith("}"), scheduler)
        address = str(json.loads(told.read_text())["address"])
        with ExitStack() as stack:
            begun = [started(log, "distributed.cli.dask_worker", *worker) for log in logs]
            workers = [stack.enter_context(one) for one in begun]
            for log, process in zip(logs, workers, strict=True):
                wait_until(lambda log=log: "Registered to" in log.read_text(), process)  # type: ignore[misc]
            yield address, scheduler, workers


def test_a_cluster_whose_worker_and_then_scheduler_dies_half_way(
    design: Path, undisturbed: Path, tmp_path: Path
) -> None:
    """Without a worker it finds the same; without a scheduler it says so in one line and keeps what is done."""
    out, other, tasks = tmp_path / "out", tmp_path / "other", len(Tasks(read_design(design)))
    half = tasks // 2
    with cluster(tmp_path) as (address, scheduler, workers):
        with held(tasks - 1, design, "--out", out, "--cluster", address) as process:
            wait_until(lambda: done(out) >= tasks / 2, process)
            workers[0].send_signal(signal.SIGKILL)
            said = released(process)
            assert process.returncode == 0, said
        assert workers[0].wait() == -signal.SIGKILL
        assert workers[1].poll() is None
        with held(half, design, "--out", other, "--cluster", address) as process:
            wait_until(lambda: done(other) == half, process)
            scheduler.kill()
            scheduler.wait()
            said = released(process)
    assert_same(out, undisturbed)
    assert process.returncode == 2, said
    assert f"'{address}' is not valid; allowed: a scheduler that stays up" in said
    assert "--resume goes on" in said
    lines = [line for line in said.strip().splitlines() if not line.startswith("sweep: ")]
    assert len(lines) == 1, said  # but for how far it was, on a slow machine
    assert half <= done(other) < tasks
    assert not (other / "manifest.json").exists()
    sweep(design, other, workers=1, resume=True)
    assert_same(other, undisturbed)


def test_a_cluster_that_a_task_ends(
    design: Path, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that loses two workers is a failed row and costs no other; the last worker lost is one line."""
    monkeypatch.setattr(far, "WITHOUT_WORKERS", 0.5)
    monkeypatch.setattr(far, "LOOK", 0.2)
    out, other, plan = tmp_path / "out", tmp_path / "other", read_design(design)
    killer = list(Tasks(plan))[3]
    (tmp_path / "deadly.py").write_text(DEADLY.format(key=killer.key))
    with cluster(tmp_path, 3, "--preload", tmp_path / "deadly.py") as (address, _, workers):
        found = sweep(plan, out, cluster=address)
        assert [worker.poll() for worker in workers].count(-signal.SIGKILL) == 2
        with pytest.raises(
            InputError, match="a cluster with a worker: all were lost; what is done"
        ):
            sweep(plan, other, cluster=address)
    assert found.failures == len(killer.points)
    assert found.failed["error"].tolist() == [f"ChildProcessError: {LOST}"] * len(killer.points)
    for folder in (out, other):
        sweep(design, folder, workers=1, resume=True)
        assert_same(folder, undisturbed)


def test_a_cluster_that_is_not_there_is_one_line(design: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:  # and nobody listens at it
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        asked = ("sweep", design, "--out", tmp_path / "out", "--cluster", address)
        found = subprocess.run(
            [sys.executable, "-c", HASTY, *map(str, asked)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert found.returncode == 2, found.stderr
    assert f"'{address}' is not valid; allowed: the address of a Dask scheduler" in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1
