"""Mutation testing: whether a test notices each small fault that is put into the law, the month and the likelihood.

Every mutant of `MODULES` (`tests/mutation.py` says what they are) runs in a process of its own against those of `TESTS`
that come to it (`tests/noticing.py`), or, if it changes what runs on import, against all of them, until one fails. A
mutant that no test notices has to be judged in ``results/trust/judged.toml``: what it changes does not matter, and why.
docs/trust.md tells what came of it.

    python -m tests.mutants                                  # all; results/trust/mutation.json
    python -m tests.mutants --only model/law.py --dry        # one module, nothing written
    python -m tests.mutants --only model/step.py --sample 50 --seed 3 --dry
"""

import argparse
import ast
import contextlib
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from tests.mutation import Mutant, mutants
from tests.noticing import (
    PATIENCE,
    Early,
    Session,
    exchange,
    functions,
    in_child,
    learn,
    module_of,
    notice,
    that_come_to,
)

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "results/trust/mutation.json"
#: what is mutated
MODULES = (
    "model/law.py",
    "model/step.py",
    "model/petitions.py",
    "model/requests.py",
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
#: what is tried: files that are quick and notice most come first
TESTS = (
    "test_law.py",
    "test_agents.py",
    "test_likelihood.py",
    "test_situation.py",
    "test_regression.py",
    "test_step.py",
    "test_rules.py",
    "test_acts.py",
    "test_explain.py",
    "test_mesa.py",
    "test_contracts.py",
    "test_twin.py",
)
#: what is imported anew for each mutant that changes what runs on import
OWN = ("tashkent", "tests", "benchmarks", "publish")
#: those may take so many times what the tests take without a mutant, and no less than so many seconds
SECONDS = 60
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


def _tests(files: Iterable[str], *more: str, plugins: Sequence[object] = ()) -> tuple[int, str]:
    """Exit code of some files of tests, and the first test that failed."""
    first = _First()
    usual = ["-q", "-x", "-n", "0", "-p", "no:cacheprovider", "--no-header", *more]
    paths = [f"{ROOT / 'tests' / name}" for name in files]
    return int(pytest.main([*usual, *paths], plugins=[first, *plugins])), first.name


def warm(files: Sequence[str]) -> None:
    """Import what is not ours once, for all mutants that import what is ours."""
    with _silent():
        code, failed = _tests(files, "--collect-only")
    if code:
        raise SystemExit(f"the tests cannot be read: {failed}")
    for name in [n for n in sys.modules if n.split(".")[0] in OWN and n != __name__]:
        if name not in ("tests.mutation", "tests.noticing"):
            del sys.modules[name]


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
        yield


def _anew(files: Sequence[str], mutant: Mutant | None, seconds: float, answer: Path) -> None:
    """Run the tests with what is ours imported anew, mutated or not, and write down the first that fails."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), resource.RLIM_INFINITY))
    if mutant is not None:
        finder = _Finder(module_of(mutant.path), mutant.code)
        sys.meta_path.insert(0, finder)  # type: ignore[arg-type]
    code, failed = _tests(files)
    if code:
        answer.write_text(failed or f"exit {code}", encoding="utf-8")


@dataclass(frozen=True)
class Fate:
    """What became of a mutant."""

    mutant: Mutant
    fate: str
    #: the test that noticed it
    by: str


def fates(
    some: Iterable[tuple[Mutant, Callable[[Path], None]]],
    workers: int,
    told: Callable[[Fate], None],
) -> list[Fate]:
    """What becomes of mutants, each with what its process does."""
    found: list[Fate] = []
    running: dict[int, tuple[Mutant, Path]] = {}
    waiting = iter(some)
    while True:
        while len(running) < workers:
            if (following := next(waiting, None)) is None:
                break
            mutant, work = following
            answer = Path(tempfile.mkdtemp(prefix="mutant-")) / "answer"
            running[in_child(work, answer)] = (mutant, answer)
        if not running:
            return found
        child, status = os.wait()
        mutant, answer = running.pop(child)
        by = answer.read_text(encoding="utf-8") if answer.exists() else ""
        shutil.rmtree(answer.parent, ignore_errors=True)
        fate = KILLED if by else TIMEOUT if os.WIFSIGNALED(status) else SURVIVED
        found.append(Fate(mutant, fate, by))
        told(found[-1])


def time_without(files: Sequence[str]) -> float:
    """Seconds of processor time that the tests take without a mutant; they have to pass."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer"
        os.waitpid(in_child(lambda path: _anew(files, None, 3600, path), answer), 0)
        if answer.exists():
            raise SystemExit(f"a test fails without a mutant: {answer.read_text('utf-8')}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def exchanged(
    some: Sequence[Mutant],
    files: Sequence[str],
    workers: int,
    told: Callable[[Fate], None],
    kept: Path | None,
) -> tuple[list[Fate], list[Mutant]]:
    """What becomes of mutants that can be put into functions that are there, and the others."""
    found: list[Fate] = []
    others: list[Mutant] = []
    modules = [module_of(path) for path in MODULES]
    early = Early(modules)

    def work(items: Sequence[pytest.Item]) -> None:
        early.end()
        there = functions(modules)
        made = [exchange(m, original(m.path), there, early.found) for m in some]
        others.extend(m for m, fault in zip(some, made, strict=True) if fault is None)
        with tempfile.TemporaryDirectory() as folder:
            known = learn(items, modules, Path(folder), kept)
        seconds = sum(one.seconds for one in known.values())
        print(f"{len(items)} tests, {seconds:.0f} s", file=sys.stderr, flush=True)
        faults = [fault for fault in made if fault is not None]
        jobs = ((f.mutant, notice(that_come_to(f, items, known), known, f)) for f in faults)
        found.extend(fates(jobs, workers, told))

    early.begin()
    with _silent():
        _tests(files, "-s", plugins=[session := Session(work)])
    if session.error is not None:
        raise session.error
    return found, others


def imported(
    some: Sequence[Mutant], files: Sequence[str], workers: int, told: Callable[[Fate], None]
) -> list[Fate]:
    """What becomes of mutants that change what runs on import."""
    if not some:
        return []
    warm(files)
    limit = max(SECONDS, PATIENCE * time_without(files))
    return fates(((m, partial(_anew, files, m, limit)) for m in some), workers, told)


@cache
def original(path: str) -> CodeType:
    """A module as it is."""
    return compile(ast.parse((ROOT / path).read_text(encoding="utf-8")), path, "exec")


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
        "untried": [path for path in MODULES if path not in modules],
        "killed_by": dict(by.most_common()),
        "survivors": [
            {"path": m.path, "function": m.function, "change": m.change}
            for m in (one.mutant for one in fates if one.fate == SURVIVED)
        ],
    }


def survivors(found: dict[str, Any]) -> set[str]:
    """The names of the mutants that nothing noticed in an earlier run."""
    return {_name(one) for one in found["survivors"]}


def _name(survivor: dict[str, str]) -> str:
    return "{path} {function}: {change}".format(**survivor)


def taken_into(
    earlier: dict[str, Any], again: dict[str, Any], tried: Iterable[Mutant]
) -> dict[str, Any]:
    """An earlier run, of which some survivors have been tried again: what was found of all others still holds."""
    modules = {path: dict(counts) for path, counts in earlier["modules"].items()}
    for path, counts in again["modules"].items():
        modules[path][SURVIVED] -= sum(counts.values())
        for fate, number in counts.items():
            modules[path][fate] += number
    names = {mutant.name for mutant in tried}
    by = Counter(earlier["killed_by"]) + Counter(again["killed_by"])
    return earlier | {
        "modules": modules,
        "killed_by": dict(by.most_common()),
        "survivors": sorted(
            [
                *(one for one in earlier["survivors"] if _name(one) not in names),
                *again["survivors"],
            ],
            key=lambda one: list(modules).index(one["path"]),
        ),
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=MODULES, help="mutate this module")
    parser.add_argument("--function", help="mutate what has this in its name alone")
    parser.add_argument("--sample", type=int, help="try so many, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="only who survived the last time")
    parser.add_argument("--known", type=Path, help="keep what is known of the tests in this file")
    parser.add_argument("--tests", action="append", choices=TESTS, help="try these files alone")
    parser.add_argument("--dry", action="store_true", help="write nothing")
    asked = parser.parse_args()
    some = all_mutants(asked.only or MODULES)
    if asked.function:
        some = [m for m in some if asked.function in m.name]
    earlier = json.loads(RESULT.read_text(encoding="utf-8")) if asked.again else None
    if earlier is not None:
        some = [m for m in some if m.name in survivors(earlier)]
    known = len(some)
    if asked.sample is not None:
        some = random.Random(asked.seed).sample(some, min(known, asked.sample))
    began, done = time.monotonic(), Counter[str]()

    def told(one: Fate) -> None:
        done[one.fate] += 1
        if one.fate != KILLED:
            print(f"{one.fate}: {one.mutant.line} {one.mutant.name}", file=sys.stderr)
        if done.total() % 50 == 0:
            seconds = time.monotonic() - began
            print(f"{done.total()} of {len(some)}, {seconds:.0f} s", file=sys.stderr)

    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    files = asked.tests or TESTS
    tried, others = exchanged(some, files, asked.workers, told, asked.known)
    print(f"{len(others)} of {len(some)} change what runs on import", flush=True)
    tried += imported(others, files, asked.workers, told)
    tried.sort(key=lambda one: (MODULES.index(one.mutant.path), one.mutant.line))
    found = summary(tried, known, asked.seed if len(tried) < known else None)
    print(f"{time.monotonic() - began:.0f} s")
    print(dict(done), found["killed_by"])
    found = found if earlier is None else taken_into(earlier, found, some)
    if not asked.dry:
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        RESULT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
