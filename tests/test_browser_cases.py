"""The dashboard of another case that comes with the model: every page opens, and none speaks of the first case."""

import re

import pytest
from playwright.sync_api import Browser, Page

from tests.browsing import IDLE, Visits, lead, serving

pytestmark = [pytest.mark.slow(10), pytest.mark.browser]

#: a page -> what is there once it is drawn
PAGES = {
    "page=simulate&show=record": ".tk-lanes svg [data-lane]",
    "page=story&step=5": ".tk-tale h2",
    "page=state": ".tk-apart",
    "page=whatif": ".tk-guess",
    "page=network&show=record": "[data-node]",
    "page=rulebook": ".tk-rule",
    "page=evidence&part=events": ".tk-table tbody tr",
    "page=evidence&part=inputs": ".tk-chart-box svg",
    "page=lab": ".tk-seats",
}
FIRST_CASE = re.compile(
    r"Uzbek|Kazakh|Kyrgyz|Tajik|Turkmen|Belarus|Armenia|Azerbaij|Moldova|Crimea|CSTO?\b|GUU?AM"
)

#: an answer, with whoever is scored
ANSWER = "page=whatif&cf=CF2&runs=4&guess=BFA:none:60"
#: of each name beside a drawing: name, what is written, and how far that goes into the margin or into what is drawn
NAMES = """() => [...document.querySelectorAll('.tk-answer [data-name]')].map(text => {
    const box = text.getBoundingClientRect(), svg = text.closest('svg').getBoundingClientRect();
    const beside = text.parentElement.querySelector('text:not([data-name]), :scope > g rect');
    const right = beside ? beside.getBoundingClientRect().left : svg.right;
    const title = text.querySelector('title').textContent;
    return [title, text.textContent.slice(title.length).trim(), Math.max(svg.left - box.left, box.right - right)];
})"""


def read_names(page: Page, query: str, *, narrow: bool) -> None:
    """All names beside the drawings of an answer can be read: whole, or as codes whose title is the name."""
    page.set_viewport_size({"width": 390 if narrow else 1280, "height": 800})
    lead(page, query, "[data-page=whatif] .tk-forest svg")
    if page.get_by_role("button", name="Show them too").count():
        page.get_by_role("button", name="Show them too").click()
    code = re.compile("[A-Z]{3}")
    page.wait_for_function(
        f"narrow => {{ const names = ({NAMES})(); return names.length && names.every(([name, said, _]) =>"
        " narrow ? /^[A-Z]{3}$/.test(said) : said) }",
        arg=narrow,
    )
    found = page.evaluate(NAMES)
    assert [name for name, said, _ in found if said != name and not code.fullmatch(said)] == []
    assert [name for name, _, over in found if over > 1] == []
    if not narrow:
        assert sum(said == name for name, said, _ in found) > 0.9 * len(found)


def test_every_page_is_of_its_own_case(browser: Browser) -> None:
    with serving("--case", "ecowas", first=IDLE) as server:
        visits = Visits(browser, server.url)
        page = visits("?page=rulebook", reduced_motion="reduce")
        strange = {}
        for query, sign in PAGES.items():
            lead(page, query, f"[data-page={query[5:].partition('&')[0]}] {sign}")
            if found := FIRST_CASE.findall(page.locator(".tk-root").text_content() or ""):
                strange[query] = found
        assert strange == {}
        for narrow in (False, True):
            read_names(page, ANSWER, narrow=narrow)
        visits.end()
