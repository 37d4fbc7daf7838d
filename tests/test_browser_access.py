"""What keeps people out of a page, by axe-core: nothing, on any page, light, dark and for the projector."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browsing import Visits

pytestmark = [pytest.mark.slow, pytest.mark.browser]

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
#: page -> its address, and what is there once it is drawn
PAGES = {
    "simulate": ("?page=simulate&show=record&month=1999-04", ".tk-lanes"),
    "runs": ("?page=simulate&runs=20&month=1999-04", ".tk-score"),
    "state": ("?page=state&state=UZB&month=2012-06", ".tk-waterfall"),
    "question": ("?page=whatif&cf=CF2", ".tk-guess"),
    "own": ("?page=whatif&cf=own", ".tk-build"),
    "answer": ("?page=whatif&cf=CF2&runs=4&guess=UZB:up:80", ".tk-forest svg"),
    "network": ("?page=network&show=record&month=1999-04", ".tk-node"),
    "rulebook": ("?page=rulebook&month=1999-04", ".tk-rule"),
    "evidence": ("?page=evidence", ".tk-table"),
}


def violations(page: Page) -> list[str]:
    """Every rule of axe-core that is broken, with its first elements."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{v['id']} ({v['impact']}): {v['help']}: {[n['html'][:140] for n in v['nodes'][:3]]}"
        for v in found["violations"]
    ]


def test_a_fault_would_be_found(visit: Visits) -> None:
    page = visit(PAGES["simulate"][0])
    page.wait_for_selector(PAGES["simulate"][1])
    page.evaluate("document.querySelector('.tk-play').innerHTML = '<img src=\"data:,\">'")
    assert any(words.startswith("image-alt") for words in violations(page))


@pytest.mark.parametrize("name", PAGES)
def test_nothing_keeps_people_out(visit: Visits, name: str) -> None:
    query, sign = PAGES[name]
    page = visit(query, viewport={"width": 1024, "height": 768})
    page.wait_for_selector(sign)
    found = {"light": violations(page)}
    page.get_by_role("button", name="Dark colours").click()
    page.wait_for_selector(".theme--dark .tk-root")
    page.wait_for_timeout(400)  # colours fade
    found["dark"] = violations(page)
    page.get_by_role("button", name="Presenter").click()
    page.wait_for_selector(".tk-large")
    found["presenter"] = violations(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(200)
    found["phone"] = violations(page)
    assert found == {how: [] for how in found}
