"""Commands that are killed at work, and go on: what they leave must be what an undisturbed run leaves, byte for byte.

A command is killed with all its processes, at some moment or in the middle of its writing, or loses one worker. Then it
is started again as its user would. It may not hang, and of the user's nothing may be lost: an earlier result stands in
the folder of half of those commands that replace one, with a note of the user's in it, and another file beside it.

    python -m tests.torture --kills 60 --seed 0 --out results/trust/torture.json
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tashkent.cli.new_case import new_case
from tests.commands import call, streams

#: the command, which stops at so many changes of the file system until a line comes in, and tells how many it made
HELD = """
import atexit, os, shutil, sys, tempfile

most, told, made = int(sys.argv.pop(1)), sys.argv.pop(1), 0

def counted(change):
    def call(*arguments, **more):
        global made
        made += 1
        if made == most:
            open(told, "x").close()
            sys.stdin.readline()
        return change(*arguments, **more)
    return call

for name in ("replace", "fsync", "mkdir", "unlink", "rmdir", "link"):
    setattr(os, name, counted(getattr(os, name)))
if not most:
    atexit.register(lambda: open(told, "x").write(str(made)))
from tashkent.cli import main
main()
"""
SWEEP = """
method = "grid"
case = "pact"
runs = 60
keep = "runs"
chunk = 20
outcomes = ["in(BOR, PACT, 2005-06)", "exits(PACT, 2002-01, 2005-06)"]
[[factor]]
vary = "parameter"
parameter = "contagion"
range = [0.0, 2.0]
levels = 3
"""
QUESTION = """
id = "question"
title = "More contagion"
starts = ["2002-12"]
[[patch]]
do = "change_parameter"
parameter = "contagion"
value = 1.0
"""
NOTE, BESIDE, TOLD = "notes.md", "beside.txt", "told"
WORDS = "Of mine, and not to be lost.\n"
#: how a command can be hit
MOMENT, WRITING, WORKER = "all, at a moment", "all, while writing", "one worker"
#: how often in a row a command may be done before it is hit
MISSES = 20
#: seconds after which something hangs, beyond ten times what it took undisturbed
LONG = 240.0


@dataclass(frozen=True)
class Job:
    """A command, as it is begun and as it goes on."""

    arguments: tuple[str, ...]
    #: of every 60 kills
    share: int
    #: exit codes when it is done: `calibrate` says that so few steps do not converge
    codes: tuple[int, ...] = (0,)
    workers: bool = True
    #: whether it replaces an earlier result, which another seed gives
    replaces: bool = True
    #: where what it writes is named
    out: tuple[str, ...] = ("--out", "out")
    #: the command that gives the earlier result; this one with another seed if it is empty
    earlier: tuple[str, ...] = ()


CASE = ("--case", "pact")
JOBS = {
    "run": Job(("run", *CASE, "--runs", "60"), 9, workers=False),
    # with runs enough for two processes
    "compare": Job(("compare", "question.toml", *CASE, "--runs", "510"), 9),
    "sweep": Job(("sweep", "sweep.toml", "--resume"), 12, replaces=False),
    "calibrate": Job(
        (
            "calibrate",
            *CASE,
            "--steps",
            "80",
            "--walkers",
            "44",
            "--imputations",
            "1",
            "--runs",
            "10",
        ),
        10,
        codes=(3,),
        replaces=False,
    ),
    "validate": Job(("validate", *CASE, "--quick"), 5, replaces=False),
    "recover": Job(("recover", *CASE, "--replicates", "20"), 5),
    "sensitivity": Job(("sensitivity", *CASE, "--quick"), 3),
    "archive": Job(
        ("archive", "result"),
        5,
        workers=False,
        out=("--out", "out/result.zip"),
        earlier=("archive", "other"),
    ),
    # which refuses a case that is there, as one is that was killed when all was written
    "case new": Job(("case", "new"), 2, codes=(0, 2), workers=False, replaces=False, out=("out",)),
}


@dataclass(frozen=True)
class Undisturbed:
    """What a command leaves: digest by path, in how many seconds, with how many changes of the file system."""

    files: Mapping[str, str]
    seconds: float
    changes: int


class Torture:
    """Kills of commands in one folder, which has the case and what the commands read."""

    def __init__(self, place: Path, seed: int) -> None:
        self._place, self._chance = place, random.Random(seed)
        self._known: dict[str, Undisturbed] = {}
        self._environment = {**os.environ, "TMPDIR": str(place / "temporary")}
        (place / "temporary").mkdir()
        (place / "sweep.toml").write_text(SWEEP)
        (place / "question.toml").write_text(QUESTION)
        with chdir(place), streams():
            new_case(Path("pact"))
            for name, runs in (("result", "40"), ("other", "20")):
                assert call("run", *CASE, "--runs", runs, "--no-scores", "--out", name) == 0

    def _run(self, *arguments: str, code: int = 0, seconds: float = 900.0) -> None:
        found = subprocess.run(
            [sys.executable, "-m", "tashkent", *arguments],
            cwd=self._place,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert found.returncode == code, f"exit code {found.returncode}: {found.stderr[-2000:]}"

    def undisturbed(self, name: str) -> Undisturbed:
        """What the job leaves that nothing happens to."""
        if name not in self._known:
            job, told, began = JOBS[name], self._place / TOLD, time.monotonic()
            with self._started(job, 0, told) as process:
                assert process.wait(900) in job.codes, f"{name}: {process.returncode}"
            seconds = time.monotonic() - began
            self._known[name] = Undisturbed(
                digests(self._place / "out"), seconds, int(told.read_text())
            )
            told.unlink()
            self.clear()
        return self._known[name]

    def clear(self) -> None:
        """Remove what a job has left."""
        shutil.rmtree(self._place / "out", ignore_errors=True)
        (self._place / TOLD).unlink(missing_ok=True)

    @contextmanager
    def _started(self, job: Job, most: int, told: Path) -> Iterator[subprocess.Popen[bytes]]:
        """A job in a group of processes of its own, which ends with this."""
        workers = ("--workers", "2") if job.workers else ()
        process = subprocess.Popen(
            [sys.executable, "-c", HELD, str(most), str(told), *job.arguments, *workers, *job.out],
            cwd=self._place,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def _earlier(self, name: str) -> Path:
        """A result of another seed, made when first asked for."""
        kept = self._place / "temporary" / name
        if not kept.exists():
            job = JOBS[name]
            option, out = job.out
            place = kept / Path(out).relative_to("out")
            self._run(*(job.earlier or (*job.arguments, "--seed", "5")), option, str(place))
        return kept

    def hit(self, name: str, how: str, times: int = 1) -> int:
        """Begin a job, hit it so many times, and let it go on to its end; how often it was hit.

        Raises
        ------
        AssertionError
            If it hangs, ends otherwise, or leaves anything else than undisturbed.
        """
        job, right = JOBS[name], self.undisturbed(name)
        out = self._place / "out"
        earlier = job.replaces and self._chance.random() < 0.5
        if earlier:
            shutil.copytree(self._earlier(name), out)
            (out / NOTE).write_text(WORDS)
        (self._place / BESIDE).write_text(WORDS)
        before = {path.name for path in self._place.iterdir()} | {"out"}
        hits = sum(self._hit_once(job, right, how) for _ in range(times))
        if how != WORKER:  # which ends with what it was asked for
            with self._started(job, 0, self._place / TOLD) as process:
                ended = process.wait(LONG + 10 * right.seconds)
            assert ended in job.codes, f"exit code {ended} when it goes on"
        (self._place / TOLD).unlink(missing_ok=True)
        self._compare(right, before, earlier)
        self.clear()
        return hits

    def _hit_once(self, job: Job, right: Undisturbed, how: str) -> int:
        """Start a job and hit it; 0 if it was done before."""
        told = self._place / TOLD
        most = self._chance.randint(1, right.changes) if how == WRITING else 0
        until = time.monotonic() + LONG + 10 * right.seconds
        with self._started(job, most, told) as process:
            hit = True
            if how == WRITING:
                wait_until(lambda: told.exists() or process.poll() is not None, until)
            elif how == WORKER:
                hit = self._end_a_worker(process, right, until)
                ended = process.wait(max(1.0, until - time.monotonic()))
                assert ended in job.codes, f"exit code {ended} after a worker was lost"
            else:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(self._chance.uniform(0.02, 0.98) * right.seconds)
            hit = hit if how == WORKER else process.poll() is None
        told.unlink(missing_ok=True)
        return int(hit)

    def _end_a_worker(
        self, process: subprocess.Popen[bytes], right: Undisturbed, until: float
    ) -> bool:
        """End one of its workers, at some moment of their lives; whether there was one."""
        wait_until(lambda: bool(workers_of(process)) or process.poll() is not None, until)
        time.sleep(self._chance.uniform(0.0, 0.5) * right.seconds)
        there = workers_of(process)
        if not there:
            return False
        with suppress(psutil.NoSuchProcess):
            self._chance.choice(there).kill()
        return True

    def _compare(self, right: Undisturbed, before: set[str], earlier: bool) -> None:
        left = digests(self._place / "out")
        if earlier:
            note = left.pop(NOTE, "")
            assert note == hashlib.sha256(WORDS.encode()).hexdigest(), "a note is lost"
        assert (self._place / BESIDE).read_text() == WORDS, "a file beside is lost"
        paths = sorted({*left, *right.files})
        other = [path for path in paths if left.get(path) != right.files.get(path)]
        assert not other, f"other bytes: {', '.join(other)}"
        strays = {path.name for path in self._place.iterdir()} - before
        assert not strays, f"left over: {', '.join(strays)}"


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder, by its path within."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def wait_until(there: Callable[[], bool], until: float) -> None:
    """Until something is there; not for ever."""
    while not there():
        assert time.monotonic() < until, "hangs"
        time.sleep(0.005)


def workers_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The workers of a command that are alive."""
    found = []
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if "spawn_main" in " ".join(child.cmdline()):
                    found.append(child)
    return found


# many ----------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What came of some kills."""

    seed: int
    #: (job, how) -> kills
    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: jobs that were compared with the undisturbed ones, and those that were not the same
    compared: int = 0
    failed: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """As plain values, which say nothing of when."""
        of_job: dict[str, dict[str, int]] = {}
        for (name, how), number in sorted(self.kills.items()):
            of_job.setdefault(name, {})[how] = number
        return {
            "seed": self.seed,
            "kills": self.kills.total(),
            "commands": of_job,
            "compared": self.compared,
            "same_bytes": self.compared - len(self.failed),
            "failed": self.failed,
        }


def plan(kills: int, seed: int) -> list[tuple[str, str, int]]:
    """Jobs, how they are hit and how often before they go on to their end, in an order by chance."""
    chance, total = random.Random(seed), sum(job.share for job in JOBS.values())
    found = []
    for name, job in JOBS.items():
        left = max(1, round(kills * job.share / total))
        while left > 0:
            how = chance.choice((MOMENT, WRITING, WORKER) if job.workers else (MOMENT, WRITING))
            times = 1 if how == WORKER else min(left, chance.choice((1, 1, 1, 2, 3)))
            found.append((name, how, times))
            left -= times
    chance.shuffle(found)
    return found


def torture(kills: int, seed: int, place: Path, only: str | None = None) -> Tally:
    """So many kills, each of a job that is still at work; with `only`, those of one job among them."""
    tally, engine = Tally(seed), Torture(place, seed)
    for name, how, times in plan(kills, seed):
        if only not in (None, name):
            continue
        left, missed = times, 0
        while left > 0:
            began = time.monotonic()
            tally.compared += 1
            try:
                hits = engine.hit(name, how, left)
                missed = 0 if hits else missed + 1
                assert missed < MISSES, f"{MISSES} times in a row there was nothing to hit"
            except (AssertionError, subprocess.TimeoutExpired) as error:
                words = str(error)
                tally.failed.append(f"{name}, {how}: {words[:300]}")
                engine.clear()
                hits = left
            tally.kills[name, how] += hits
            left -= hits
            fault = f" FAULT {tally.failed[-1]}" if tally.failed else ""
            print(
                f"{tally.kills.total():3d} {name}, {how}: {hits} in "
                f"{time.monotonic() - began:.0f} s{fault}",
                flush=True,
            )
    return tally


def added(before: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What was told of some kills, and of more after them: all of it together, with the seed of the first."""
    counts = {key: before[key] + told[key] for key in ("kills", "compared", "same_bytes")}
    commands = {
        name: dict(sum((Counter(t["commands"].get(name, {})) for t in (before, told)), Counter()))
        for name in sorted({*before["commands"], *told["commands"]})
    }
    failed = [*before["failed"], *told["failed"]]
    return {**before, **counts, "commands": commands, "failed": failed}


def main() -> None:
    """Run from the command line; exit code 1 if anything is not the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="JSON file for what was found")
    parser.add_argument("--only", choices=JOBS, help="of the kills, those of one command alone")
    parser.add_argument("--add", action="store_true", help="to what the JSON file holds")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        tally = torture(asked.kills, asked.seed, Path(place), asked.only)
    told = tally.told()
    if asked.out is not None:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        if asked.add:
            told = added(json.loads(asked.out.read_text(encoding="utf-8")), told)
        asked.out.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=2))
    sys.exit(bool(tally.failed))


if __name__ == "__main__":
    main()
