"""Which test notices a fault: processes forked from one that has all tests read, with the fault in its functions.

First every test is run once, without a fault, to know how long it takes and which lines of the mutated modules it
runs. Then each mutant has a process in which the functions that it changes get their new code, and which runs the
tests that come to the changed line, the quickest first and for half a minute, until one fails. What is run while
modules are imported cannot be exchanged in this way, and is left to `tests.mutants`.
"""

import gc
import hashlib
import os
import pickle
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import _lru_cache_wrapper, cached_property
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation import Mutant

#: a test may take so many times what it takes without a mutant, and so many seconds more, of processor time
PATIENCE, MARGIN = 4, 10
#: seconds of processor time, without a fault, of the tests that a mutant is given, the quickest first
BUDGET = 30.0
#: bytes that a mutant may take
MEMORY = 6 * 2**30
#: seconds: tests that take less come before those that take more, whatever file they are in
STEPS = (0.02, 0.1, 0.5, 2.0, 10.0)
_TOOL = sys.monitoring.COVERAGE_ID

#: module, line
type Place = tuple[str, int]
#: module, qualified name and first line of a function
type Key = tuple[str, str, int]


def module_of(path: str) -> str:
    """What a file is imported as.

    >>> module_of("model/law.py")
    'tashkent.model.law'
    """
    return "tashkent." + path.removesuffix(".py").replace("/", ".")


def file_of(module: str) -> str:
    """How the name of a module's file ends.

    >>> file_of("tashkent.model.law")
    'tashkent/model/law.py'
    """
    return module.replace(".", "/") + ".py"


# code ----------------------------------------------------------------------------------------------


def _within(code: CodeType) -> list[CodeType]:
    return [const for const in code.co_consts if isinstance(const, CodeType)]


def _shell(code: CodeType) -> CodeType:
    """Code without the code of what is defined in it."""
    return code.replace(
        co_consts=tuple(None if isinstance(const, CodeType) else const for const in code.co_consts)
    )


def changed(old: CodeType, new: CodeType) -> list[tuple[CodeType, CodeType]] | None:
    """Functions of a module that have other code; None if anything else differs, which runs on import."""
    if old == new:
        return []
    if old.co_flags & CO_OPTIMIZED:
        return [(old, new)] if old.co_freevars == new.co_freevars else None
    parts, others = _within(old), _within(new)
    if len(parts) != len(others) or _shell(old) != _shell(new):
        return None
    found = [changed(part, other) for part, other in zip(parts, others, strict=True)]
    return None if None in found else [pair for pairs in found for pair in pairs or ()]


def functions(modules: Iterable[str]) -> dict[Key, list[FunctionType]]:
    """All functions of some modules that there are, also those that others have wrapped."""
    files, found = {name: file_of(name) for name in modules}, dict[Key, list[FunctionType]]()
    gc.unfreeze()  # what is frozen is not told
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and one.__module__ in files:
            module, code = one.__module__, one.__code__
            if code.co_filename.endswith(files[module]):
                key = (module, code.co_qualname, code.co_firstlineno)
                found.setdefault(key, []).append(one)
    gc.freeze()
    return found


def forget(module: str) -> None:
    """Have functions of a module's folder find anew what they keep, as it was found without the fault."""
    folder = module.rpartition(".")[0]
    gc.unfreeze()
    for one in gc.get_objects():
        if isinstance(one, _lru_cache_wrapper) and one.__module__.startswith(folder):
            one.cache_clear()
    gc.freeze()


# what a test runs ----------------------------------------------------------------------------------


@dataclass(eq=False)
class Watched:
    """Lines of some modules that have been run since this was last asked."""

    modules: frozenset[str]
    lines: set[Place] = field(default_factory=set)

    def __enter__(self) -> "Watched":
        """Begin to watch."""
        monitoring = sys.monitoring
        monitoring.use_tool_id(_TOOL, "mutants")
        monitoring.register_callback(_TOOL, monitoring.events.LINE, self._came)
        for key, found in functions(self.modules).items():
            for function in found:
                self._watch(function.__code__, key[0])
        return self

    def __exit__(self, *_: object) -> None:
        """Watch no more."""
        sys.monitoring.register_callback(_TOOL, sys.monitoring.events.LINE, None)
        sys.monitoring.free_tool_id(_TOOL)

    @cached_property
    def _module(self) -> dict[str, str]:
        return {}

    def _watch(self, code: CodeType, module: str) -> None:
        self._module[code.co_filename] = module
        sys.monitoring.set_local_events(_TOOL, code, sys.monitoring.events.LINE)
        for part in _within(code):
            self._watch(part, module)

    def _came(self, code: CodeType, line: int) -> Any:
        self.lines.add((self._module[code.co_filename], line))
        return sys.monitoring.DISABLE

    def taken(self) -> frozenset[Place]:
        """What has been run, forgotten here."""
        found, self.lines = frozenset(self.lines), set()
        sys.monitoring.restart_events()
        return found


@dataclass(frozen=True)
class Known:
    """What is known of a test: seconds of processor time, the lines that it runs."""

    seconds: float
    lines: frozenset[Place]


@dataclass(eq=False)
class _Usual:
    """Runs every test once, and keeps what is known of each: lines of its fixtures are lines of its own."""

    watched: Watched
    fixtures: dict[str, frozenset[Place]] = field(default_factory=dict)
    failed: str = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Any:
        """Keep apart what a fixture runs: later tests rest on it, too."""
        before = self.watched.taken()
        try:
            return (yield)
        finally:
            name, own = fixturedef.argname, self.watched.taken()
            self.fixtures[name] = self.fixtures.get(name, frozenset()) | own
            self.watched.lines |= before

    def all(self, items: Sequence[pytest.Item]) -> dict[str, Known]:
        """What is known of each, by its name."""
        found = {}
        for item, after in zip(items, [*items[1:], None], strict=True):
            self.watched.taken()
            began = time.process_time()
            reports = runtestprotocol(item, nextitem=after, log=False)
            seconds = time.process_time() - began
            lines = self.watched.taken().union(
                *(self.fixtures.get(name, ()) for name in getattr(item, "fixturenames", ()))
            )
            found[item.nodeid] = Known(seconds, lines)
            if failed := [report.longreprtext for report in reports if report.failed]:
                self.failed = f"{item.nodeid}\n{failed[0]}"
                break
        return found


def _ordered(items: Iterable[pytest.Item], known: dict[str, Known]) -> list[pytest.Item]:
    """Tests, the quickest first, and those of a file together among those that are as quick."""

    def place(item: pytest.Item) -> tuple[int, str]:
        seconds = known[item.nodeid].seconds
        return sum(seconds > step for step in STEPS), item.nodeid.split("::")[0]

    return sorted(items, key=place)


# mutants -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Exchange:
    """A mutant as functions that get other code."""

    mutant: Mutant
    pairs: tuple[tuple[tuple[FunctionType, ...], CodeType], ...]

    def make(self) -> None:
        """Put the fault in."""
        for found, code in self.pairs:
            for function in found:
                filename = function.__code__.co_filename
                function.__code__ = _filed(code, filename)


def _filed(code: CodeType, filename: str) -> CodeType:
    """The code as that of a file."""
    return code.replace(
        co_filename=filename,
        co_consts=tuple(
            _filed(const, filename) if isinstance(const, CodeType) else const
            for const in code.co_consts
        ),
    )


def exchange(
    mutant: Mutant, original: CodeType, there: dict[Key, list[FunctionType]], early: set[Key]
) -> Exchange | None:
    """How a mutant is put in; None if it changes what runs on import, as functions in `early` do."""
    pairs, module = [], module_of(mutant.path)
    for old, new in changed(original, mutant.code) or ():
        key = (module, old.co_qualname, old.co_firstlineno)
        if key in early or key not in there:
            return None
        pairs.append((tuple(there[key]), new))
    return Exchange(mutant, tuple(pairs)) if pairs else None


class Early:
    """Functions of some modules that are run while tests are read."""

    def __init__(self, modules: Iterable[str]) -> None:
        self._modules = {file_of(module): module for module in modules}
        self.found: set[Key] = set()

    def _begun(self, code: CodeType, _: int) -> Any:
        for ending, module in self._modules.items():
            if code.co_filename.endswith(ending) and code.co_flags & CO_OPTIMIZED:
                self.found.add((module, code.co_qualname, code.co_firstlineno))
        return sys.monitoring.DISABLE

    def begin(self) -> None:
        """Watch what is begun."""
        monitoring = sys.monitoring
        monitoring.use_tool_id(_TOOL, "mutants")
        monitoring.register_callback(_TOOL, monitoring.events.PY_START, self._begun)
        monitoring.set_events(_TOOL, monitoring.events.PY_START)

    def end(self) -> None:
        """Watch no more."""
        monitoring = sys.monitoring
        monitoring.set_events(_TOOL, 0)
        monitoring.register_callback(_TOOL, monitoring.events.PY_START, None)
        monitoring.free_tool_id(_TOOL)


def in_child(work: Callable[[Path], None], answer: Path) -> int:
    """Fork a process that is silent, has little memory and a folder of its own for what tests write."""
    child = os.fork()
    if child:
        return child
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.mkdtemp(dir=answer.parent)
        work(answer)
    except BaseException as error:  # whatever it is, it is noticed
        answer.write_text(type(error).__name__, encoding="utf-8")
    finally:
        os._exit(0)


def learn(
    items: Sequence[pytest.Item], modules: Iterable[str], folder: Path, kept: Path | None = None
) -> dict[str, Known]:
    """What is known of tests, all of which have to pass.

    `kept` is a file of what was known before: it holds for tests of which neither the file nor the modules changed.

    Raises
    ------
    SystemExit
        If one does not.
    """
    known = dict(pickle.loads(kept.read_bytes())) if kept is not None and kept.exists() else {}
    now = {item.nodeid: _digest(item.path, modules) for item in items}
    new = [item for item in items if (now[item.nodeid], item.nodeid) not in known]

    known |= {(now[name], name): one for name, one in _learnt(new, modules, folder).items()}
    if kept is not None:
        kept.write_bytes(pickle.dumps(known))
    return {name: known[digest, name] for name, digest in now.items()}


def _learnt(items: Sequence[pytest.Item], modules: Iterable[str], folder: Path) -> dict[str, Known]:
    if not items:
        return {}

    def work(answer: Path) -> None:
        with Watched(frozenset(modules)) as watched:
            usual = _Usual(watched)
            items[0].config.pluginmanager.register(usual)
            found = usual.all(items)
        answer.write_bytes(pickle.dumps((usual.failed, found)))

    answer = folder / "usual"
    os.waitpid(in_child(work, answer), 0)
    try:
        failed, found = pickle.loads(answer.read_bytes())
    except (OSError, pickle.UnpicklingError):
        raise SystemExit("the tests end without an answer") from None
    if failed:
        raise SystemExit(f"a test fails without a mutant: {failed}")
    return dict(found)


def _digest(path: Path, modules: Iterable[str]) -> str:
    there = [sys.modules[name].__file__ for name in sorted(modules) if name in sys.modules]
    files = [path, *(Path(file) for file in there if file is not None)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def notice(
    items: Sequence[pytest.Item], known: dict[str, Known], fault: Exchange
) -> Callable[[Path], None]:
    """What a process does to see whether a test notices a fault: it writes down the first that fails."""

    def work(answer: Path) -> None:
        fault.make()
        forget(module_of(fault.mutant.path))
        for item, after in zip(items, [*items[1:], None], strict=True):
            most = int(time.process_time() + PATIENCE * known[item.nodeid].seconds + MARGIN)
            resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
            reports = runtestprotocol(item, nextitem=after, log=False)
            if any(report.failed for report in reports):
                answer.write_text(item.nodeid, encoding="utf-8")
                return

    return work


def that_come_to(
    fault: Exchange, items: Sequence[pytest.Item], known: dict[str, Known]
) -> list[pytest.Item]:
    """The tests that run the line of a mutant, then others that come to its module; the quickest of each first.

    The others are those that may rest on the line by what it left, as functions are that keep what they found. All are
    cut where they take more than `BUDGET`: what only slower tests would notice counts as not noticed.
    """
    module = module_of(fault.mutant.path)
    at = [item for item in items if (module, fault.mutant.line) in known[item.nodeid].lines]
    near = [
        item
        for item in items
        if item not in at and any(name == module for name, _ in known[item.nodeid].lines)
    ]
    found, left = [], BUDGET
    for item in (*_ordered(at, known), *_ordered(near, known)):
        left -= known[item.nodeid].seconds
        if left < 0:
            break
        found.append(item)
    return found


class Session:
    """A run of pytest that reads the tests and then does other work with them; `error` says why it could not."""

    def __init__(self, work: Callable[[Sequence[pytest.Item]], None]) -> None:
        self._work = work
        self.error: BaseException | None = SystemExit("the tests cannot be read")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Do the work in place of the tests."""
        if session.items and not session.testsfailed:
            self.error = None
            try:
                self._work(session.items)
            except BaseException as error:  # which pytest would take for its own
                self.error = error
        return True
