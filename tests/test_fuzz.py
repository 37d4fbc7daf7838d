"""Files that a user may write, changed at random: refused in a line, or sound; `make fuzz` tries many more."""

import json
import os
import re
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from tashkent.model.cases.cst.evidence.coding import BOOK
from tashkent.model.patches.kinds import PATCH_NAMES
from tests.fuzz import Found, Tried
from tests.fuzzer import QUESTIONS, Outcome, attempt, kinds, waited

ROOT = Path(__file__).parents[1]
#: mutants of each test run, and the seed that keeps them the same
MUTANTS, SEED = 90, 14


@pytest.mark.slow
def test_mutants_are_refused_in_a_line_or_sound(tmp_path: Path) -> None:
    """In a process without threads, for it forks."""
    out = tmp_path / "fuzz.json"
    asked = ("--mutants", MUTANTS, "--seed", SEED, "--processes", 2, "--out", out)
    found = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *map(str, asked)],
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    told = json.loads(out.read_text())
    assert told["mutants"] == MUTANTS
    assert set(told["kinds"]) == set(kinds())
    assert not any(told["at_fault"].values())
    assert all(kind["refused"] for kind in told["kinds"].values())


@pytest.mark.slow
@pytest.mark.parametrize("name", list(kinds()))
def test_what_is_mutated_is_right_before(name: str, tmp_path: Path) -> None:
    kind = kinds()[name]
    for file in list(kind.seeds)[:3]:
        outcome = attempt(kind, file, kind.seeds[file].encode(), tmp_path)
        assert outcome.fault is None, outcome
        assert outcome.accepted or name == "manifest"


@pytest.mark.parametrize(
    ("use", "fault"),
    [
        (lambda _: 1 / 0, "traceback"),
        (lambda _: warnings.warn("odd", stacklevel=1), "traceback"),
        (lambda _: Found(1, 0).nothing, "traceback"),  # type: ignore[attr-defined]
        pytest.param(lambda _: [0] * 90_000_000, "memory", marks=pytest.mark.slow),
        (lambda path: pytest.fail(str(path)), "traceback"),
    ],
)
def test_what_is_at_fault_is_seen(use: object, fault: str, tmp_path: Path) -> None:
    kind = kinds()["prediction"].__class__("odd", {"a.toml": ""}, use)  # type: ignore[arg-type]
    assert attempt(kind, "a.toml", b"", tmp_path).fault == fault


def test_what_is_said_of_mutants_adds_up() -> None:
    found = Found(4, 1)
    outcomes = [
        Outcome(True, None, "", 1.0, 3),
        Outcome(False, None, "", 0.5, 9),
        Outcome(False, "hang", "for ever", 6.0, 1),
        Outcome(False, "hang", "for ever", 6.5, 1),
    ]
    for number, outcome in enumerate(outcomes):
        found.add(Tried(number, "design", "a.toml", b"x" * (9 - number), outcome))
    told = found.told()
    assert told["kinds"] == {"design": {"tried": 4, "accepted": 1, "refused": 1, "at_fault": 2}}
    assert told["at_fault"]["hang"] == 2
    assert told["slowest"] == {"seconds": 6.5, "kind": "design"}
    assert told["most_memory"] == {"megabytes": 9, "kind": "design"}
    assert [tried.number for tried in found.shown.values()] == [3]


def test_time_without_a_processor_is_told_apart() -> None:
    began, queued, worked = time.monotonic(), waited(), time.process_time()
    sum(range(3_000_000))
    by_clock, working = time.monotonic() - began, time.process_time() - worked
    assert 0 <= waited() - queued <= by_clock - 0.5 * working
    assert waited(2**22 + 1) == 0.0


def test_every_patch_and_rule_is_among_what_is_mutated() -> None:
    made = {name for text in QUESTIONS.values() for name in re.findall(r'do = "(\w+)"', text)}
    not_in_the_small_law = {"read_otherwise", "propose"}
    assert made >= set(PATCH_NAMES.values()) - not_in_the_small_law
    happened = kinds()["happenings"].seeds["happenings.csv"]
    assert all(f",{name}," in happened for name in BOOK.kinds)
