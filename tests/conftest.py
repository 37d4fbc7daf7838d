"""What holds for every test, and fixtures that every file may use: the shipped case, a few draws of its parameters."""

import gc
import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

from tashkent.calibration import report
from tashkent.cli.new_case import SKELETON
from tashkent.model.case import Case, load_case, loading
from tashkent.model.parameters import ParameterDraws
from tashkent.model.simulate import prior_parameters

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browsing import Visitors, Visits

# What is shown is shown as where there is no terminal, whatever the one is like that the tests are started from.
os.environ["COLUMNS"] = "80"
for _name in ("FORCE_COLOR", "PY_COLORS", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(_name, None)

# Where the tests run in the background Ctrl-C is ignored, and would be by all processes that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Nothing that is imported can go again: it is not looked for until tests begin.
gc.disable()

#: where the cases are that come with the model, whatever a test puts in their place
SHIPPED = loading.CASES

# The same examples each time, however slow the machine is, and none from a folder of earlier ones.
settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with most that is slow come first: none of them is left to one worker at the end.

    The examples of docstrings make runs: they count as slow. A test that drives a browser is tried once more before it
    fails: on a busy machine a click may come between two states of a page. The summary counts what was tried again.
    What takes much longer than others says how many it counts as.
    """
    slow = Counter[Path]()
    for item in items:
        if isinstance(item, pytest.DoctestItem):
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))
        for marker in item.iter_markers("slow"):
            slow[item.path] += marker.args[0] if marker.args else 1
    items.sort(key=lambda item: -slow[item.path])


def pytest_collection_finish() -> None:
    """What is imported by now stays: it is not looked through again for what can go."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def one_process() -> Iterator[None]:
    """Work that may use all cores is done in this process, unless a test says otherwise: the cores have other tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "cpu_count", lambda: 1)
        yield


@pytest.fixture(scope="session", autouse=True)
def shipped_once() -> Iterator[None]:
    """A case that comes with the model is read and compiled once for all tests that ask for it; cases are frozen."""
    load, kept = loading._Loader.load, dict[Path, Case]()

    def once(self: loading._Loader) -> Case:
        if self.path.parent != SHIPPED:
            return load(self)
        if self.path not in kept:
            kept[self.path] = load(self)
        return kept[self.path]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading._Loader, "load", once)
        yield


@pytest.fixture(scope="session", autouse=True)
def held_out_once() -> Iterator[None]:
    """What `tashkent run` holds out of a case that comes with the model is held out once for each seed."""
    hold_out, kept = report.leave_one_state_out, dict[tuple[Case, int], pd.DataFrame]()

    def once(
        case: Case, *, seed: int = 0, progress: Callable[[str], None] | None = None
    ) -> pd.DataFrame:
        if case.path.parent != SHIPPED:
            return hold_out(case, seed=seed, progress=progress)
        if (case, seed) not in kept:
            kept[case, seed] = hold_out(case, seed=seed, progress=progress)
        elif progress is not None:
            for state in case.deciders:
                progress(state)
        return kept[case, seed].copy()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "leave_one_state_out", once)
        yield


@pytest.fixture(scope="session")
def case() -> Case:
    return load_case("cst")


@pytest.fixture(scope="session", params=loading.shipped_cases())
def shipped(request: pytest.FixtureRequest) -> Case:
    """Each case that comes with the model."""
    return load_case(request.param)


@pytest.fixture(scope="session")
def minimal() -> Case:
    """The smallest case: that with which a new one begins."""
    return load_case(SKELETON)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the smallest case that a test may change."""
    return Path(shutil.copytree(SKELETON, tmp_path / "minimal"))


@pytest.fixture(scope="session")
def some_parameters(case: Case) -> ParameterDraws:
    """Prior draws: wider than the posterior, so that rare acts happen too."""
    return prior_parameters(case, runs=12, seed=7)


@pytest.fixture
def few_runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A dashboard whose baseline is quickly there, made anew for each test."""
    from tashkent.dashboard import answer, results, view

    monkeypatch.setattr(view, "RUNS", 6)
    results._baseline.cache_clear()
    answer._desk.cache_clear()
    answer._worlds.cache_clear()
    yield
    results._baseline.cache_clear()


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """A browser for all tests of a file."""
    from tests.browsing import launched

    with launched() as found:
        yield found


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The dashboard, served for all tests of a file; it is called room.localhost, too."""
    from tests.browsing import IDLE, serving

    with serving("--allow-host", "room.localhost", first=IDLE) as server:
        yield server.url


@pytest.fixture(scope="module")
def visitors(browser: "Browser") -> "Visitors":
    """Those who visit the dashboard in a file of tests."""
    from tests.browsing import Visitors

    return Visitors(browser)


@pytest.fixture
def visit(browser: "Browser", address: str, visitors: "Visitors") -> Iterator["Visits"]:
    """Opens pages of the dashboard; nothing may go wrong on any of them."""
    from tests.browsing import Visits

    visits = Visits(browser, address, visitors)
    yield visits
    visits.end()
