"""The dashboard of the other cases that come with the model: every page opens, and none speaks of the first case."""

import re

import pytest
from playwright.sync_api import Browser

from tests.browsing import Visits, lead, serving

pytestmark = [pytest.mark.slow, pytest.mark.browser]

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


@pytest.mark.parametrize("name", ["rio", "ecowas"])
def test_every_page_is_of_its_own_case(browser: Browser, name: str) -> None:
    with serving("--case", name) as server:
        visits = Visits(browser, server.url)
        page = visits("?page=rulebook", reduced_motion="reduce")
        strange = {}
        for query, sign in PAGES.items():
            lead(page, query, f"[data-page={query[5:].partition('&')[0]}] {sign}")
            if found := FIRST_CASE.findall(page.locator(".tk-root").text_content() or ""):
                strange[query] = found
        assert strange == {}
        visits.end()
