"""Many mutants at once: processes that are forked from one that has everything loaded, each under watch.

A process that gives no sign of life is ended, its mutant is at fault, and another goes on. What is found does not
depend on the number of processes, but for the slowest mutant and the most memory.

    python -m tests.fuzz --mutants 20000 --seed 1 --only design --out results/trust/fuzz.json
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

from tashkent.model import theory, trial
from tests.fuzzer import BROKE, FAULTS, MEGABYTES, SECONDS, Outcome, attempt, kinds, mutant, waited

#: mutants that a process is given at once, and until another takes its place
BATCH, LIFE = 20, 1000
#: seconds without a sign of life
DEAD = 20.0
FORK = get_context("fork")


@dataclass(frozen=True)
class Tried:
    """A mutant, and what came of it."""

    number: int
    kind: str
    name: str
    content: bytes
    outcome: Outcome


@dataclass
class Found:
    """What came of some mutants."""

    asked: int
    seed: int
    ran: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    #: (class, kind, what went wrong) -> how often, and the smallest file that shows it
    faults: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    shown: dict[tuple[str, str, str], Tried] = field(default_factory=dict)
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[int, str] = (0, "")

    def add(self, tried: Tried) -> None:
        outcome = tried.outcome
        self.ran[tried.kind] += 1
        self.accepted[tried.kind] += outcome.accepted
        self.slowest = max(self.slowest, (round(outcome.seconds, 2), tried.kind))
        self.largest = max(self.largest, (outcome.megabytes, tried.kind))
        if outcome.fault is None:
            return
        fault = (outcome.fault, tried.kind, outcome.told)
        self.faults[fault] += 1
        if fault not in self.shown or len(tried.content) < len(self.shown[fault].content):
            self.shown[fault] = tried

    def told(self) -> dict[str, Any]:
        """As plain values, which say nothing of when."""
        of_kind, of_class = Counter[str](), Counter[str]()
        for (fault, kind, _), number in self.faults.items():
            of_kind[kind] += number
            of_class[fault] += number
        return {
            "seed": self.seed,
            "mutants": self.ran.total(),
            "kinds": {
                kind: {
                    "tried": number,
                    "accepted": self.accepted[kind],
                    "refused": number - self.accepted[kind] - of_kind[kind],
                    "at_fault": of_kind[kind],
                }
                for kind, number in sorted(self.ran.items())
            },
            "at_fault": {fault: of_class[fault] for fault in FAULTS},
            "limits": {"seconds": SECONDS, "megabytes": MEGABYTES},
            "slowest": {"seconds": self.slowest[0], "kind": self.slowest[1]},
            "most_memory": {"megabytes": self.largest[0], "kind": self.largest[1]},
        }

    def lines(self) -> list[str]:
        """For the screen."""
        told = [f"{n:6d} {kind}, {self.accepted[kind]} accepted" for kind, n in self.ran.items()]
        told += [
            f"{n:6d} FAULT {fault}, {kind}: {what}"
            for (fault, kind, what), n in self.faults.most_common()
        ]
        slow, large = self.slowest, self.largest
        told.append(f"slowest {slow[0]} s ({slow[1]}), most memory {large[0]} MB ({large[1]})")
        return [*told, f"{self.ran.total():,} mutants, {self.faults.total():,} at fault"]


# one process ---------------------------------------------------------------------------------------


def made(number: int, seed: int, only: Sequence[str]) -> tuple[str, str, bytes]:
    """Kind, name and content of a mutant, from the seed and its own number."""
    rng = random.Random(f"{seed}:{number}")
    kind = kinds()[only[number % len(only)]]
    name = rng.choice(list(kind.seeds))
    return kind.name, name, mutant(rng, name, kind.seeds[name])


class Forked:
    """The process in which a theory is tried, forked from one that has everything loaded: as `subprocess.Popen`."""

    def __init__(self, place: str) -> None:
        self.returncode: int | None = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of threads that libraries keep: none is at work
            self.pid = os.fork()
        if self.pid == 0:
            try:
                silence(0, 1, 2)
                trial.answer(place)
            except (
                KeyboardInterrupt
            ):  # as a file may raise: it ends the process as `subprocess` sees it
                os._exit(1)
            finally:  # it ends the process itself, unless something is raised that is no refusal
                os._exit(BROKE)

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def kill(self) -> None:
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        while self.poll() is None:
            time.sleep(0.002)
        assert self.returncode is not None
        return self.returncode


def silence(*numbers: int) -> None:
    """What a theory prints goes nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in numbers:
        os.dup2(nowhere, number)


def work(pipe: Connection, seed: int, only: Sequence[str], place: str) -> None:
    """Use the mutants whose numbers come in, and tell what came of each."""
    os.setsid()  # so that what it starts is ended with it
    silence(0, 1)
    trial._started = Forked  # type: ignore[assignment]
    theory.parent_process = lambda: None  # it tries theories itself
    folder = Path(place) / str(os.getpid())
    folder.mkdir()
    with suppress(EOFError, KeyboardInterrupt):
        while True:
            for number in pipe.recv():
                kind, name, content = made(number, seed, only)
                pipe.send((number, kind, name, content))
                pipe.send(attempt(kinds()[kind], name, content, folder))
    shutil.rmtree(folder, ignore_errors=True)


class Worker:
    """A process at work, seen from outside."""

    def __init__(self, seed: int, only: Sequence[str], place: str) -> None:
        self.pipe, there = FORK.Pipe()
        self.process: ForkProcess = FORK.Process(target=work, args=(there, seed, only, place))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.process.start()
        there.close()
        #: numbers that it was given, those it has done, and the mutant that it has in hand
        self.batch: list[int] = []
        self.done = 0
        self.hand: tuple[int, str, str, bytes] | None = None
        self.heard = self.clock()

    def clock(self) -> float:
        """Seconds by the clock, less those in which it had no processor as other work had it."""
        return time.monotonic() - waited(self.process.pid or 0)

    def give(self, numbers: list[int]) -> None:
        self.batch, self.heard = numbers, self.clock()
        self.pipe.send(numbers)

    def hear(self) -> Tried | None:
        """What has come; a mutant, if one is done."""
        said = self.pipe.recv()
        self.heard = self.clock()
        if isinstance(said, Outcome):
            return self.tried(said)
        self.hand = said
        return None

    def tried(self, outcome: Outcome) -> Tried:
        assert self.hand is not None
        number, kind, name, content = self.hand
        self.done, self.hand = self.done + 1, None
        self.batch.remove(number)
        return Tried(number, kind, name, content, outcome)

    def end(self) -> None:
        """End it, and what it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid or 0, signal.SIGKILL)
        self.process.kill()
        self.process.join()
        self.pipe.close()


# all of them ---------------------------------------------------------------------------------------


def fuzz(mutants: int, seed: int, only: Sequence[str] = (), processes: int = 2) -> Found:
    """Use so many mutants, each made from the seed and its own number."""
    only = tuple(only or kinds())
    found, waiting = Found(mutants, seed), iter(range(mutants))
    left: list[list[int]] = []

    def batch() -> list[int]:
        return left.pop() if left else list(islice(waiting, BATCH))

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        warm(only, Path(place))
        workers: list[Worker] = []
        try:
            while True:
                workers = [w for w in workers if not _is_over(w, found, left)]
                while len(workers) < processes and (numbers := batch()):
                    workers.append(Worker(seed, only, place))
                    workers[-1].give(numbers)
                if not workers:
                    return found
                for worker in workers:
                    if not worker.batch and (numbers := batch()):
                        worker.give(numbers)
                _hear(workers, found)
        finally:
            for worker in workers:
                worker.end()


def warm(only: Sequence[str], place: Path) -> None:
    """Have everything loaded that mutants need."""
    for name in only:
        kind = kinds()[name]
        file = next(iter(kind.seeds))
        if name != "theory":  # which would start a process
            attempt(kind, file, kind.seeds[file].encode(), place)


def _hear(workers: Sequence[Worker], found: Found) -> None:
    ready = wait([worker.pipe for worker in workers], timeout=1.0)
    for worker in workers:
        if worker.pipe in ready:
            try:
                tried = worker.hear()
            except (EOFError, ConnectionError):
                worker.heard = -DEAD  # it has ended
                continue
            if tried is not None:
                found.add(tried)
                if tried.outcome.fault is not None:
                    print(tried.number, tried.kind, tried.outcome, file=sys.stderr, flush=True)
                if found.ran.total() % 500 == 0:
                    print(f"{found.ran.total():,} of {found.asked:,}", file=sys.stderr, flush=True)


def _is_over(worker: Worker, found: Found, left: list[list[int]]) -> bool:
    """Whether a process is to be ended: it is silent, has ended, has nothing to do, or is old."""
    silent = worker.clock() - worker.heard > DEAD
    if worker.batch and not silent:
        return False
    if not silent and worker.done < LIFE and worker.heard > worker.clock() - 1:
        return False  # it may be given more
    if silent and worker.hand is None and worker.batch:  # or it would be tried for ever
        raise RuntimeError(f"no mutant was made of number {worker.batch[0]}")
    if silent and worker.hand is not None:
        ended = worker.process.exitcode is not None or worker.heard < 0
        fault = "process lost" if ended else "hang"
        words = f"exit code {worker.process.exitcode}" if ended else f"silent for {DEAD:g} s"
        found.add(worker.tried(Outcome(False, fault, words, DEAD, 0)))
    if worker.batch:
        left.append(worker.batch)
    worker.end()
    return True


def main() -> None:
    """Run from the command line; exit code 1 if anything is at fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", choices=list(kinds()), action="append", default=[])
    parser.add_argument("--keep", type=Path, help="folder for a file that shows each fault")
    parser.add_argument("--out", type=Path, help="JSON file for what was found")
    asked = parser.parse_args()
    began = time.monotonic()
    found = fuzz(asked.mutants, asked.seed, asked.only, asked.processes)
    print("\n".join(found.lines()))
    seconds = time.monotonic() - began
    print(f"{seconds:.0f} s, {found.ran.total() / seconds:.1f} mutants per second")
    for number, (fault, tried) in enumerate(found.shown.items()):
        if asked.keep is not None:
            asked.keep.mkdir(parents=True, exist_ok=True)
            stem = f"{number}-{tried.kind}-{Path(tried.name).name}"
            (asked.keep / stem).write_bytes(tried.content)
            words = f"{fault}\n{tried.name}\nmutant {tried.number}\n"
            (asked.keep / f"{number}.txt").write_text(words, encoding="utf-8")
    if asked.out is not None:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps(found.told(), indent=2) + "\n", encoding="utf-8")
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()
