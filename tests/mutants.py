"""Mutation testing: whether a test notices each small fault that is put into the law, the month and the likelihood.

Every mutant of `MODULES` (`tests/mutation.py` says what they are) runs in a process of its own against `ROUNDS` of
tests, until one fails. A mutant that no test notices has to be judged in ``tests/mutants.toml``: what it changes
does not matter, and why. docs/trust.md tells what came of it.

    python -m tests.mutants                                  # all; results/trust/mutation.json
    python -m tests.mutants --only model/law.py --dry        # one module, nothing written
    python -m tests.mutants --only model/step.py --sample 50 --seed 3 --dry
"""

import argparse
import contextlib
import json
import math
import os
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from tests.mutation import Mutant, mutants

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "results/trust/mutation.json"
#: what is mutated
MODULES = (
    "model/law.py",
    "model/step.py",
    "model/petitions.py",
    "model/session.py",
    "model/world.py",
    "model/seats.py",
    "agents/deliberation.py",
    "agents/acts.py",
    "agents/council.py",
    "agents/terms.py",
    "agents/organisation.py",
    "calibration/likelihood.py",
    "calibration/riskset.py",
)
#: what is tried, round by round: those that are quick and notice most come first
ROUNDS = (
    ("test_law.py", "test_agents.py", "test_acts.py", "test_likelihood.py"),
    ("test_rules.py", "test_regression.py", "test_step.py"),
    ("test_twin.py",),
    ("test_situation.py", "test_explain.py", "test_mesa.py", "test_contracts.py"),
    ("test_invariants.py",),
)
#: what is imported anew for each mutant
OWN = ("tashkent", "tests", "benchmarks", "publish")
#: a mutant may take so many times what the tests take without one, and no less than so many seconds
PATIENCE, SECONDS = 4, 60
#: bytes that a mutant may take
MEMORY = 6 * 2**30
SURVIVED, KILLED, TIMEOUT = "survived", "killed", "timeout"


class _Mutated(SourceFileLoader):
    """Loads a module with other code than its file has."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        """The code of the mutant."""
        return self._code


@dataclass(frozen=True)
class _Finder:
    """Finds one module of the package, mutated."""

    name: str
    code: CodeType

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        """The module with its fault; nothing for others."""
        spec: ModuleSpec | None = PathFinder.find_spec(name, path) if name == self.name else None
        if spec is not None and spec.origin is not None:
            spec.loader = _Mutated(name, spec.origin, self.code)
        return spec


class _First:
    """The first test that fails, by its file and name."""

    name = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what fails."""
        if report.failed:
            self.name = self.name or report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be read fails, too."""
        if report.failed:
            self.name = self.name or report.nodeid


def _tests(files: Iterable[str], *more: str) -> tuple[int, str]:
    """Exit code of some files of tests, and the first test that failed."""
    first = _First()
    usual = ["-q", "-x", "-n", "0", "-p", "no:cacheprovider", "--no-header", *more]
    paths = [f"{ROOT / 'tests' / name}" for name in files]
    return int(pytest.main([*usual, *paths], plugins=[first])), first.name


def warm() -> None:
    """Import what is not ours once, for all mutants to come."""
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with _silent():
        code, failed = _tests([name for names in ROUNDS for name in names], "--collect-only")
    if code:
        raise SystemExit(f"the tests cannot be read: {failed}")
    for name in [n for n in sys.modules if n.split(".")[0] in OWN and n != __name__]:
        if not name.startswith("tests.mutation"):
            del sys.modules[name]


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
        yield


def _in_child(mutant: Mutant | None, seconds: float, answer: Path) -> None:
    """Run the rounds on a mutant, or on the code as it is, and write down the first test that fails."""
    limit = int(seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    if mutant is not None:
        name = "tashkent." + mutant.path.removesuffix(".py").replace("/", ".")
        sys.meta_path.insert(0, _Finder(name, mutant.code))  # type: ignore[arg-type]
    for files in ROUNDS:
        code, failed = _tests(files)
        if code:
            answer.write_text(failed or f"exit {code}", encoding="utf-8")
            return


@dataclass(frozen=True)
class Fate:
    """What became of a mutant."""

    mutant: Mutant
    fate: str
    #: the test that noticed it
    by: str


def tried(
    some: Sequence[Mutant],
    seconds: float,
    workers: int,
    told: Callable[[Fate], None],
    last: float = math.inf,
) -> list[Fate]:
    """What becomes of each mutant, in their order; none is begun after `last` by the clock, and what is begun ends."""
    found: dict[int, Fate] = {}
    running: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        answers = [Path(folder) / str(number) for number in range(len(some))]
        waiting = iter(range(len(some)))
        while True:
            while len(running) < workers and time.monotonic() < last:
                if (number := next(waiting, None)) is None:
                    break
                child = os.fork()
                if child == 0:
                    try:
                        _in_child(some[number], seconds, answers[number])
                    except BaseException as error:  # whatever it is, it is noticed
                        answers[number].write_text(type(error).__name__, encoding="utf-8")
                    os._exit(0)
                running[child] = number
            if not running:
                break
            child, status = os.wait()
            number = running.pop(child)
            by = answers[number].read_text(encoding="utf-8") if answers[number].exists() else ""
            fate = KILLED if by else SURVIVED
            if os.WIFSIGNALED(status) and not by:
                fate = TIMEOUT
            found[number] = Fate(some[number], fate, by)
            told(found[number])
    return [found[number] for number in sorted(found)]


def time_without(workers: int) -> float:
    """Seconds of processor time that the tests take without a mutant; they have to pass."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer"
        child = os.fork()
        if child == 0:
            _in_child(None, 3600, answer)
            os._exit(0)
        os.waitpid(child, 0)
        if answer.exists():
            raise SystemExit(f"a test fails without a mutant: {answer.read_text('utf-8')}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def all_mutants(paths: Iterable[str]) -> list[Mutant]:
    """The mutants of some modules."""
    found = [(path, (ROOT / path).read_text(encoding="utf-8")) for path in paths]
    return [mutant for path, text in found for mutant in mutants(path, text)]


def summary(fates: Sequence[Fate], known: int, seed: int | None) -> dict[str, Any]:
    """What is kept of a run."""
    modules: dict[str, dict[str, int]] = {}
    for one in fates:
        counts = modules.setdefault(one.mutant.path, {KILLED: 0, TIMEOUT: 0, SURVIVED: 0})
        counts[one.fate] += 1
    by = Counter(one.by.split("::")[0].split("/")[-1] for one in fates if one.fate == KILLED)
    return {
        "mutants": len(fates),
        "of": known,
        "seed": seed,
        "modules": modules,
        "killed_by": dict(by.most_common()),
        "survivors": [
            {"path": m.path, "function": m.function, "change": m.change}
            for m in (one.mutant for one in fates if one.fate == SURVIVED)
        ],
    }


def survivors(found: dict[str, Any]) -> set[str]:
    """The names of the mutants that nothing noticed in an earlier run."""
    return {"{path} {function}: {change}".format(**one) for one in found["survivors"]}


def taken_into(earlier: dict[str, Any], again: dict[str, Any]) -> dict[str, Any]:
    """An earlier run, of which the survivors have been tried again: who was noticed before still is."""
    modules = {path: dict(counts) for path, counts in earlier["modules"].items()}
    for path, counts in again["modules"].items():
        modules[path][SURVIVED] -= sum(counts.values())
        for fate, number in counts.items():
            modules[path][fate] += number
    by = Counter(earlier["killed_by"]) + Counter(again["killed_by"])
    return earlier | {
        "modules": modules,
        "killed_by": dict(by.most_common()),
        "survivors": again["survivors"],
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=MODULES, help="mutate this module")
    parser.add_argument("--function", help="mutate what has this in its name alone")
    parser.add_argument("--sample", type=int, help="try so many, drawn at random")
    parser.add_argument("--seconds", type=float, default=math.inf, help="begin none after so long")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="only who survived the last time")
    parser.add_argument("--dry", action="store_true", help="write nothing")
    asked = parser.parse_args()
    some = all_mutants(asked.only or MODULES)
    if asked.function:
        some = [m for m in some if asked.function in m.name]
    earlier = json.loads(RESULT.read_text(encoding="utf-8")) if asked.again else None
    if earlier is not None:
        some = [m for m in some if m.name in survivors(earlier)]
    known = len(some)
    if asked.sample is not None or asked.seconds < math.inf:  # in an order by chance
        size = known if asked.sample is None else min(known, asked.sample)
        some = random.Random(asked.seed).sample(some, size)
    warm()
    usual = time_without(asked.workers)
    print(f"{usual:.0f} s without a mutant; {len(some)} of {known} mutants", file=sys.stderr)
    began, done = time.monotonic(), Counter[str]()

    def told(one: Fate) -> None:
        done[one.fate] += 1
        if one.fate != KILLED:
            print(f"{one.fate}: {one.mutant.line} {one.mutant.name}", flush=True)
        if done.total() % 50 == 0:
            print(f"{done.total()} of {len(some)}, {time.monotonic() - began:.0f} s", flush=True)

    limit = max(SECONDS, PATIENCE * usual)
    fates = tried(some, limit, asked.workers, told, began + asked.seconds)
    fates.sort(key=lambda one: (MODULES.index(one.mutant.path), one.mutant.line))
    found = summary(fates, known, asked.seed if len(fates) < known else None)
    print(dict(done), found["killed_by"])
    found = found if earlier is None else taken_into(earlier, found)
    if not asked.dry:
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        RESULT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
