"""What keeps people out of a page: nothing that axe-core finds, no text on another, and none that is cut."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browsing import Visits

pytestmark = [pytest.mark.slow, pytest.mark.browser]

HERE = Path(__file__).parent
AXE = (HERE / "vendor" / "axe.min.js").read_text(encoding="utf-8")
OVERLAPS = (HERE / "overlaps.js").read_text(encoding="utf-8")
SIZES = ((1024, 768), (1440, 900), (390, 844))
#: tenths of a second until a page has been laid out anew
TRIES = 30
#: state of a page -> its address, and what is there once it is drawn
STATES = {
    "record": ("page=simulate&show=record&month=1999-04", ".tk-lanes"),
    "question": ("page=whatif&cf=CF2", ".tk-guess"),
    "own": ("page=whatif&cf=own", ".tk-build"),
    "rulebook": ("page=rulebook&month=1999-04", ".tk-rule"),
    "theories": ("page=evidence&part=theories", "[data-item]"),
}


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    """One page that is led from state to state; nothing may go wrong on the way."""
    visits = Visits(browser, address)
    found = visits("?page=rulebook", reduced_motion="reduce")
    found.evaluate(AXE)
    yield found
    visits.end()


def show(page: Page, name: str, *, large: bool = False) -> None:
    """Lead the page to a state, as the browser's own way back does."""
    query, sign = STATES[name]
    query += "&present=1" if large else ""
    page.evaluate(
        "query => { history.pushState(history.state, '', '?' + query); dispatchEvent(new PopStateEvent('popstate')); }",
        query,
    )
    look = ".tk-large" if large else ".tk-root:not(.tk-large)"
    page.wait_for_selector(f"{look} [data-page={query[5:].partition('&')[0]}] {sign}")


def paint(page: Page, colours: str) -> None:
    """Light or dark."""
    if page.locator(f".v-application.theme--{colours}").count() == 0:
        page.get_by_role("button", name=f"{colours.title()} colours").click()
        page.wait_for_selector(f".v-application.theme--{colours}")


def violations(page: Page) -> list[str]:
    """Every rule of axe-core that is broken, with its first elements."""
    found: dict[str, Any] = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{v['id']} ({v['impact']}): {v['help']}: {[n['html'][:140] for n in v['nodes'][:3]]}"
        for v in found["violations"]
    ]


def unreadable(page: Page, width: int, height: int) -> list[str]:
    """Texts on one another and texts that are cut, once the page has taken a size."""
    page.set_viewport_size({"width": width, "height": height})
    found: list[str] = []
    for _ in range(TRIES):
        page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))")
        found = page.evaluate(OVERLAPS)
        if not found:
            break
    return found


def test_faults_would_be_found(page: Page) -> None:
    show(page, "record")
    assert page.evaluate(OVERLAPS) == violations(page) == []
    page.evaluate("document.querySelector('.tk-play').innerHTML = '<img src=\"data:,\">'")
    page.evaluate("document.querySelector('.tk-facts h3').style.transform = 'translateY(1.3em)'")
    page.evaluate(
        "document.querySelector('.tk-month').style = 'width: 3em; overflow: hidden; white-space: nowrap'"
    )
    found = " ".join([*violations(page), *page.evaluate(OVERLAPS)])
    wanted = ("image-alt", "over one another: By the record", "cut: April 1999")
    assert [words for words in wanted if words not in found] == []
    show(page, "rulebook")


@pytest.mark.parametrize("name", ["question", "own", "rulebook", "theories"])
def test_nothing_keeps_people_out(page: Page, name: str) -> None:
    show(page, name)
    found = {"light": violations(page)}
    found |= {f"{size}": unreadable(page, *size) for size in SIZES}
    paint(page, "dark")
    found["dark"] = violations(page)
    show(page, name, large=True)
    found |= {f"{size}, presenter": unreadable(page, *size) for size in SIZES}
    paint(page, "light")
    assert found == {how: [] for how in found}
