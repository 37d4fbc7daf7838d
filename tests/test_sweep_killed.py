"""A sweep that is killed three times, one on several workers and one on a cluster are the undisturbed one, bit for bit.

SWEEP_RUNS=100000 pytest tests/test_sweep_killed.py does it with that many runs.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import psutil
import pytest

from experiments.designs import read_design
from experiments.sweep import CHUNKS
from experiments.tasks import Tasks
from tashkent.sweeps import SWEEP, sweep

RUNS = int(os.environ.get("SWEEP_RUNS", "8000"))
POINTS = 5
#: seconds that a step may take
LONG = 60 + RUNS / 100
DESIGN = f"""
method = "grid"
runs = {RUNS // POINTS}
start = "1998-12"
keep = "runs"
outcomes = ["in(UZB, CST, 1999-06)", "exits(CST, 1999-01, 1999-06)", "brier(CST, 1999-04, 1999-06)"]
[[factor]]
vary = "parameter"
parameter = "contagion"
range = [0.0, 2.0]
levels = {POINTS}
"""

pytestmark = pytest.mark.slow


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


def done(out: Path) -> int:
    return len(list((out / CHUNKS).glob("*.parquet")))


def wait_for(process: subprocess.Popen[bytes], out: Path, tasks: float) -> None:
    """Until so many tasks are done, while the sweep is at work."""
    until = time.monotonic() + LONG
    while done(out) < tasks:
        if process.poll() is not None:
            pytest.fail(f"ended early: {process.communicate()[1].decode()}")
        if time.monotonic() > until:
            process.kill()
            process.communicate()
            pytest.fail("took too long")
        time.sleep(0.01)


def assert_same(out: Path, undisturbed: Path) -> None:
    names = sorted(path.name for path in undisturbed.iterdir() if path.is_file())
    assert {"manifest.json", "runs.parquet", "summary.parquet", SWEEP} <= set(names)
    assert sorted(path.name for path in out.iterdir() if path.is_file()) == names
    for name in names:
        assert (out / name).read_bytes() == (undisturbed / name).read_bytes(), name


def test_a_sweep_killed_three_times_is_the_undisturbed_one(
    design: Path, undisturbed: Path, tmp_path: Path
) -> None:
    out, tasks = tmp_path / "out", len(Tasks(read_design(design)))
    seen = 0
    for share, workers in ((0.2, 2), (0.45, 1), (0.7, 4)):
        arguments = (design, "--out", out, "--workers", workers, "--resume")
        process = subprocess.Popen(command(*arguments), stderr=subprocess.PIPE)
        wait_for(process, out, share * tasks)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert process.stderr is not None
        process.stderr.close()
        assert seen < done(out) < tasks
        seen = done(out)
        _gone, alive = psutil.wait_procs(children, timeout=15)
        assert not alive, "workers outlive the sweep"
    last = subprocess.run(
        command(design, "--out", out, "--resume"), capture_output=True, check=True
    )
    assert f"of {RUNS:,} runs" in last.stderr.decode()
    assert_same(out, undisturbed)


@pytest.mark.parametrize("workers", [2, 4])
def test_workers_change_nothing(
    design: Path, undisturbed: Path, tmp_path: Path, workers: int
) -> None:
    asked = command(design, "--out", tmp_path / "out", "--workers", workers)
    subprocess.run(asked, check=True, capture_output=True)
    assert_same(tmp_path / "out", undisturbed)


def test_a_local_worker_that_is_killed_is_replaced(
    design: Path, undisturbed: Path, tmp_path: Path
) -> None:
    out, tasks = tmp_path / "out", len(Tasks(read_design(design)))
    process = subprocess.Popen(
        command(design, "--out", out, "--workers", 2), stderr=subprocess.PIPE
    )
    wait_for(process, out, 0.3 * tasks)
    workers = [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if "popen_loky" in " ".join(child.cmdline())
    ]
    workers[0].kill()
    _, said = process.communicate(timeout=LONG)
    assert process.returncode == 0, said
    assert_same(out, undisturbed)


# a cluster on this machine, over TCP -----------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def started(*arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def cluster() -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers of one thread each."""
    address = f"tcp://127.0.0.1:{(port := free_port())}"
    scheduler = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port)
    worker = ("distributed.cli.dask_worker", address, "--nthreads", 1, "--no-nanny")
    with (
        started(*scheduler, "--no-dashboard"),
        started(*worker, "--no-dashboard") as one,
        started(*worker, "--no-dashboard") as other,
    ):
        yield address, [one, other]


def test_a_cluster_with_a_worker_killed_half_way_finds_the_same(
    design: Path, undisturbed: Path, tmp_path: Path
) -> None:
    out, tasks = tmp_path / "out", len(Tasks(read_design(design)))
    with cluster() as (address, workers):
        process = subprocess.Popen(
            command(design, "--out", out, "--cluster", address), stderr=subprocess.PIPE
        )
        wait_for(process, out, tasks / 2)
        assert done(out) < tasks
        workers[0].send_signal(signal.SIGKILL)
        _, said = process.communicate(timeout=LONG)
        assert process.returncode == 0, said.decode()
        assert workers[0].wait() == -signal.SIGKILL
        assert workers[1].poll() is None
    assert_same(out, undisturbed)


def test_a_cluster_that_is_not_there_is_one_line(design: Path, tmp_path: Path) -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    asked = command(design, "--out", tmp_path / "out", "--cluster", address)
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert found.returncode == 2, found.stderr
    assert f"'{address}' is not valid; allowed: the address of a Dask scheduler" in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1
