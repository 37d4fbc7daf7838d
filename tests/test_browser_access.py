"""What keeps people out, on any page: nothing that axe-core finds, no text on another, and none that is cut."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import Visits, lead

pytestmark = [pytest.mark.slow(3), pytest.mark.browser]

HERE = Path(__file__).parent
AXE = (HERE / "vendor" / "axe.min.js").read_text(encoding="utf-8")
OVERLAPS = (HERE / "overlaps.js").read_text(encoding="utf-8")
SIZES = ((1024, 768), (1440, 900), (390, 844))
#: tenths of a second until a page has been laid out anew
TRIES = 30
#: state of a page -> its address, and what is there once it is drawn
STATES = {
    "record": ("page=simulate&show=record&month=1999-04", ".tk-lanes"),
    "story": ("page=story&step=5", ".tk-tale"),
    "runs": ("page=simulate&show=ensemble&runs=4&month=1999-04", ".tk-score"),
    "state": ("page=state&state=UZB&month=2012-06", ".tk-waterfall"),
    "turn": ("page=state&state=UZB&month=1999-04", ".tk-turn"),
    "question": ("page=whatif&cf=CF2", ".tk-guess"),
    "own": ("page=whatif&cf=own", ".tk-build"),
    "answer": ("page=whatif&cf=CF2&runs=4&guess=UZB:up:80", ".tk-forest svg"),
    "network": ("page=network&show=record&month=2002-06", ".tk-chart-box svg"),
    "rulebook": ("page=rulebook&month=1999-04", ".tk-rule"),
    "inputs": ("page=evidence&part=inputs", ".tk-chart-box svg"),
    "theories": ("page=evidence&part=theories", "[data-item]"),
    "lab": ("page=lab", ".tk-seats"),
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
    """Lead the page to a state."""
    query, sign = STATES[name]
    query += "&present=1" if large else ""
    look = ".tk-large" if large else ".tk-root:not(.tk-large)"
    lead(page, query, f"{look} [data-page={query[5:].partition('&')[0]}] {sign}")


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
    """Texts on one another, texts that are cut and a page that hangs over, once it has taken a size."""
    page.set_viewport_size({"width": width, "height": height})
    found: list[str] = []
    for _ in range(TRIES):
        page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))")
        found = page.evaluate(OVERLAPS)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append("hangs over")
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


@pytest.mark.parametrize("name", [name for name in STATES if name != "turn"])
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


def test_a_word_says_what_it_means(page: Page) -> None:
    show(page, "state")
    said = page.locator(".tk-said")
    # the page, too, moves the focus, to the heading of what has come: later than all else that is waited for
    page.wait_for_function("""() => {
        const words = [...document.querySelectorAll('.tk-word')], said = document.querySelector('.tk-said');
        const word = words.find(each => each.textContent.includes('log-odds'));
        if (document.activeElement !== word) word.focus();
        return said.textContent.includes('The scale on which reasons are added');
    }""")
    page.locator("h2 .tk-word").first.hover()
    expect(said).to_contain_text("At other times it is called CST.")
    page.mouse.move(1, 1)
    expect(said).to_contain_text("The scale on which reasons are added")
    page.keyboard.press("Escape")
    expect(said).to_be_hidden()
    page.locator("h2 .tk-word").first.hover()
    expect(said).to_contain_text("At other times it is called CST.")
    page.mouse.move(1, 1)
    expect(said).to_be_hidden()
    page.get_by_text("Words", exact=True).click()
    expect(page.get_by_role("region", name="Words and what they mean")).to_contain_text("RD2013")
    page.get_by_text("Words", exact=True).click()


def test_a_lane_tells_its_course(page: Page) -> None:
    show(page, "record")
    lane = page.locator("[data-lane=UZB]")
    expect(lane).to_have_attribute("aria-label", re.compile("signatory from 1992-05, member from "))
    page.get_by_text("Seats as a table").click()
    row = page.locator(".tk-wide-table tr", has_text="Uzbekistan")
    expect(row).to_contain_text("left from 1999-04")


def test_the_month_of_a_turn_shows_both_sides(page: Page) -> None:
    show(page, "turn")
    expect(page.locator(".tk-turn")).to_have_text(
        re.compile("end of March 1999: in.*end of April 1999: was in, and is out")
    )


def test_lines_can_be_switched_off_and_read_as_a_table(page: Page) -> None:
    show(page, "inputs")
    chart = page.locator(".tk-chart").first
    line = chart.locator(".tk-chart-box path[stroke='#d55e00']")
    expect(line).to_have_count(1)
    key = chart.get_by_role("button", name="the middle of all states")
    key.click()
    expect(key).to_have_attribute("aria-pressed", "false")
    expect(line).to_have_count(0)
    chart.get_by_text("The numbers, by year").click()
    expect(chart.locator("tbody tr")).to_have_count(34)
