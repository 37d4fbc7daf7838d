"""docs/trust.md is what was found; and faults that are put into code are those that they say they are."""

import ast
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from publish import trust
from publish.page import ROOT
from tashkent.agents import council
from tests.mutants import (
    KILLED,
    MODULES,
    SURVIVED,
    TESTS,
    TIMEOUT,
    Fate,
    original,
    summary,
    survivors,
    taken_into,
)
from tests.mutation import mutants
from tests.noticing import BUDGET, Known, changed, exchange, functions, that_come_to

#: share of mutants that a test has to notice
ENOUGH = 0.9


def test_the_page_is_made_from_what_was_found() -> None:
    written = (ROOT / trust.PAGE).read_text(encoding="utf-8")
    assert written == trust.page(ROOT), "run: python -m publish.trust"


def test_every_promise_is_held_by_tests_that_exist() -> None:
    for promise in trust.promises(ROOT):
        assert promise["tests"], promise["says"]
        for test in promise["tests"]:
            path, _, name = test.partition("::")
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            assert name in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}, test


def test_what_is_mutated_and_what_is_tried_exist() -> None:
    assert all((ROOT / path).is_file() for path in MODULES)
    assert all((ROOT / "tests" / name).is_file() for name in TESTS)
    assert len(set(TESTS)) == len(TESTS)


@pytest.mark.skipif(not trust.found(ROOT, "mutation"), reason="make mutants has not been run")
def test_tests_notice_most_faults_and_the_others_are_judged() -> None:
    told, judged = trust.found(ROOT, "mutation"), trust.judgements(ROOT)
    assert {*told["modules"], *told["untried"]} == set(MODULES)
    assert not set(told["modules"]) & set(told["untried"])
    assert all(f"`{path}`" in trust.page(ROOT) for path in MODULES)
    counts = {key: sum(own[key] for own in told["modules"].values()) for key in trust.FATES}
    assert sum(counts.values()) == told["mutants"]
    assert counts["killed"] >= ENOUGH * told["mutants"]
    survivors = {(s["path"], s["function"], s["change"]) for s in told["survivors"]}
    assert len(survivors) == counts["survived"]
    assert set(judged) == survivors, "judge those that no test notices, and no others"
    assert {verdict for verdict, _ in judged.values()} <= set(trust.VERDICTS)
    assert all(len(why.split()) > 3 for _, why in judged.values())


def test_what_was_not_tried_is_said(tmp_path: Path) -> None:
    (tmp_path / "results/trust").mkdir(parents=True)
    (tmp_path / "publish").mkdir()
    (tmp_path / trust.JUDGED).write_text("")
    (tmp_path / trust.PROMISES).write_text('[[promise]]\nsays = "All."\ntests = ["tests/a.py::b"]')
    text = trust.page(tmp_path)
    assert text.count(trust.NOT_TRIED) == 3
    assert "| All. | `a.py::b` |" in text


def test_counts_are_shown_as_they_are_and_failures_are_not_left_out() -> None:
    told = {
        "seed": 3,
        "kinds": {"design": {"tried": 1200, "refused": 7}, "theory": {"tried": 4, "at_fault": 1}},
        "slowest": {"seconds": 1.5, "kind": "theory"},
        "failed": ["sweep, by a kill of a worker"],
        "nothing": [],
    }
    assert trust.counts(told).split("\n\n") == [
        "seed 3.",
        "| kinds | tried | refused | at fault |\n|---|---|---|---|\n| design | 1,200 | 7 | 0 |\n| theory | 4 | 0 | 1 |",
        "slowest: seconds 1.5, kind theory.",
        "failed:",
        "* sweep, by a kill of a worker",
    ]


CODE = '''
"""Words, 1 + 1."""
LIMIT: int = 3

def f(a: int, b: "int" = 2) -> int:
    """Words, 2 + 2."""
    if a < b and not a:
        return a - LIMIT
    a += 1
    b = a
    c = "text"
    print(c)
    return b
'''
CHANGES = [
    "module: LIMIT: int = {3 → 4}",
    "f: def f(a: int, b: 'int'={2 → 3}) -> int:",
    "f: if a < b {and (not a) → or not a}:",
    "f: if {a < b and (not a → not (a < b and (not a)}):",
    "f: if a {< → <=} b and (not a):",
    "f: if a {< → >=} b and (not a):",
    "f: if a < b and {(not a) → a}:",
    "f: return a {- → +} LIMIT",
    "f: a {+ → -}= 1",
    "f: {a += 1 → nothing}",
    "f: a += {1 → 2}",
    "f: {b = a → nothing}",
    "f: {print(c) → nothing}",
]


def test_faults_are_of_every_kind_and_leave_words_alone() -> None:
    found = list(mutants("a.py", CODE))
    assert [f"{m.function}: {m.change}" for m in found] == CHANGES
    assert len({m.name for m in found}) == len(found)


def test_a_mutant_does_what_it_says() -> None:
    one = next(m for m in mutants("a.py", CODE) if "{- → +}" in m.change)
    names: dict[str, object] = {}
    exec(one.code, names)
    assert names["f"](0, 1) == 3  # type: ignore[operator]


INSIDE = """
LIMIT = 3

class A:
    WIDTH = 5

    def f(self, a, b=2):
        def g(c):
            return a + c
        return [g(d) * 4 for d in (b,)]

WORDS = tuple(n + 6 for n in range(2))
"""


def test_what_runs_on_import_is_told_from_what_functions_do() -> None:
    """Numbers of the module, of a class and of a default are there before any function runs."""
    old = compile(ast.parse(INSIDE), "a.py", "exec")
    functions = {
        m.change.partition("{")[2]: {one.co_qualname for one, _ in pairs}
        for m in mutants("a.py", INSIDE)
        if (pairs := changed(old, m.code)) is not None
    }
    assert set().union(*functions.values()) == {"A.f", "<genexpr>"}
    assert {change.partition("}")[0] for change in functions} == {
        "+ → -",
        "* → /",
        "4 → 5",
        "6 → 7",
    }
    assert changed(old, compile(ast.parse(INSIDE), "a.py", "exec")) == []


def test_a_fault_is_put_into_functions_that_others_hold() -> None:
    path = "agents/council.py"
    one = next(
        m
        for m in mutants(path, (ROOT / path).read_text("utf-8"))
        if m.function == "objection" and "{+ → -}" in m.change
    )
    held, before = council.objection, council.objection.__code__
    there = functions([council.__name__])
    fault = exchange(one, original(path), there, set())
    assert fault is not None
    key = (council.__name__, "objection", before.co_firstlineno)
    assert exchange(one, original(path), there, {key}) is None, "it runs while tests are read"
    assert exchange(one, original(path), {}, set()) is None, "it is not there"
    usual = held(1.0, 1.0, 1.0)
    try:
        fault.make()
        assert held.__code__.co_filename == before.co_filename
        assert held(1.0, 1.0, 1.0) != usual
    finally:
        held.__code__ = before


def test_the_quickest_of_the_tests_that_come_to_a_line_are_first() -> None:
    path = "agents/council.py"
    one = next(
        m for m in mutants(path, (ROOT / path).read_text("utf-8")) if m.function == "objection"
    )
    fault = exchange(one, original(path), functions([council.__name__]), set())
    assert fault is not None
    here, near, away = (council.__name__, one.line), (council.__name__, 1), ("other", one.line)
    known = {
        "a.py::slow": Known(3.0, frozenset({here})),
        "b.py::quick": Known(0.01, frozenset({here, away})),
        "a.py::quick": Known(0.015, frozenset({here})),
        "a.py::near": Known(0.01, frozenset({near})),
        "a.py::away": Known(0.01, frozenset({away})),
        "a.py::dear": Known(BUDGET, frozenset({near})),
    }
    items = [SimpleNamespace(nodeid=name) for name in known]
    found = [item.nodeid for item in that_come_to(fault, items, known)]  # type: ignore[arg-type]
    assert found == ["a.py::quick", "b.py::quick", "a.py::slow", "a.py::near"]


@pytest.mark.slow
def test_mutants_are_noticed_by_the_tests_that_come_to_them(tmp_path: Path) -> None:
    """A rule in words for the faults of one function; tests that do not come to it are not asked."""
    asked = ("--only", "agents/council.py", "--function", "any_objection", "--dry")
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutants", *asked, "--tests", "test_agents.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "0 of 7 change what runs on import" in done.stdout
    assert "{'killed': 7} {'test_agents.py': 7}" in done.stdout


def test_mutants_have_names_of_their_own() -> None:
    path = "model/petitions.py"
    names = [m.name for m in mutants(path, (ROOT / path).read_text(encoding="utf-8"))]
    assert len(set(names)) == len(names) > 20


def test_survivors_that_are_tried_again_are_counted_once() -> None:
    one, other, last = list(mutants("a.py", CODE))[:3]
    first = summary(
        [Fate(one, KILLED, "x.py::y"), Fate(other, SURVIVED, ""), Fate(last, SURVIVED, "")], 3, None
    )
    assert survivors(first) == {other.name, last.name}
    again = summary([Fate(other, KILLED, "x.py::z"), Fate(last, SURVIVED, "")], 2, None)
    both = taken_into(first, again, [other, last])
    assert both["modules"] == {"a.py": {KILLED: 2, TIMEOUT: 0, SURVIVED: 1}}
    assert (both["mutants"], both["killed_by"]) == (3, {"x.py": 2})
    assert survivors(both) == {last.name}
    some = taken_into(first, summary([Fate(other, SURVIVED, "")], 1, None), [other])
    assert (some["modules"], survivors(some)) == (first["modules"], {other.name, last.name})
