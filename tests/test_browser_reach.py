"""What is opened can be reached and left again, in Chromium: history, headings, sizes on a phone, enlarging."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browsing import Visits, lead

pytestmark = [pytest.mark.slow(3), pytest.mark.browser]

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}
#: halves of a second until a page has been drawn
TRIES = 20
TOO_SMALL = Path(__file__).with_name("too_small.js").read_text(encoding="utf-8")


def test_back_leads_to_the_page_question_and_prediction_of_before(visit: Visits) -> None:
    page = visit("?show=record&month=2012-06")
    page.locator("[data-lane=KAZ]").press("Enter")
    expect(page.locator("#tk-main h2").first).to_contain_text("Kazakhstan, June 2012")
    page.get_by_role("button", name="What if").click()
    page.get_by_label("Question", exact=True).select_option("CF6")
    expect(page).to_have_url(re.compile("cf=CF6"))
    page.go_back()
    expect(page.get_by_label("Question", exact=True)).to_have_value("CF2")
    page.go_back()
    expect(page.locator("#tk-main h2").first).to_contain_text("Kazakhstan, June 2012")
    page.go_back()
    page.wait_for_selector(".tk-lanes")
    expect(page.locator(".tk-month")).to_have_text("June 2012")
    page.go_forward()
    expect(page.locator("#tk-main h2").first).to_contain_text("Kazakhstan, June 2012")
    # months are no entries of their own
    page.get_by_role("button", name="One month on").click()
    expect(page).to_have_url(re.compile("month=2012-07"))
    page.go_back()
    page.wait_for_selector(".tk-lanes")


def test_an_answer_is_an_entry_and_the_focus_follows_to_it(visit: Visits) -> None:
    page = visit("?page=whatif&cf=CF2&runs=4")
    page.get_by_label("Uzbekistan: likelier in").check(force=True)
    page.get_by_role("button", name="Show what the model finds").click()
    page.wait_for_selector(".tk-forest svg")
    page.wait_for_function("document.activeElement.innerText?.startsWith('Change of the chance')")
    page.go_back()
    expect(page.get_by_label("Uzbekistan: likelier in")).to_be_checked()


def test_a_tap_on_a_phone_leads_to_the_heading(visit: Visits) -> None:
    page = visit("?show=record&month=2012-06", **PHONE)
    page.locator("[data-lane=UZB]").tap()
    # it is read once it has come to rest: what is drawn above it may still move it
    page.wait_for_function("""() => {
        const heading = document.activeElement, { top, bottom } = heading.getBoundingClientRect();
        const wanted = heading.matches('h2') && heading.innerText.startsWith('Uzbekistan,');
        return wanted && top >= 0 && bottom <= innerHeight;
    }""")


def test_a_page_can_be_enlarged(visit: Visits) -> None:
    page = visit("?show=record", **PHONE)
    assert page.locator("meta[name=viewport]").get_attribute("content") == (
        "width=device-width, initial-scale=1"
    )


def test_on_a_phone_text_can_be_read_and_targets_hit(visit: Visits) -> None:
    page, found = visit("?page=rulebook", **PHONE), {}
    for query, sign in (
        ("page=simulate&show=record&month=1999-04", ".tk-lanes"),
        ("page=state&state=UZB&month=2012-06", ".tk-waterfall"),
        ("page=whatif&cf=CF2", ".tk-guess"),
        ("page=whatif&cf=CF2&runs=4&guess=UZB:up:80", ".tk-forest svg"),
    ):
        lead(page, query, f"[data-page={query[5:].partition('&')[0]}] {sign}")
        for _ in range(TRIES):
            page.wait_for_timeout(500)  # charts are drawn
            found[query] = page.evaluate(TOO_SMALL)
            if not found[query]:
                break
    assert found == {query: [] for query in found}


def test_a_class_is_led_to_what_is_looked_at(visit: Visits) -> None:
    page = visit("?page=state&state=UZB&month=2012-06")
    expect(page.get_by_role("button", name="QR code")).to_have_count(0)
    # as from another machine
    page.goto(page.url.replace("localhost", "room.localhost"))
    page.get_by_role("button", name="QR code").click()
    code = page.get_by_role("dialog").locator(".tk-qr")
    expect(code).to_have_attribute("aria-label", f"QR code of {page.url}")
    expect(code.locator("path").first).to_be_attached()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
