"""The page without a server in Chromium, from a disk: it opens, plays, scores as the command does, and asks nobody."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tashkent.dashboard.handout import make_handout, questions_of
from tashkent.experiments.compare import compare
from tashkent.experiments.predictions import load_predictions, score
from tashkent.model.case import Case
from tests.browsing import Visits

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow(3), pytest.mark.browser]

RUNS, SEED = 20, 0
SIZES = [(390, 844), (820, 1180), (1440, 900)]


@pytest.fixture(scope="module")
def address(case: Case, tmp_path_factory: pytest.TempPathFactory) -> str:
    page = tmp_path_factory.mktemp("a stick, borrowed") / "index.html"
    page.write_text(
        make_handout(case, questions_of(case, ["CF1", "CF2"]), runs=RUNS, seed=SEED).page
    )
    return page.as_uri()


@pytest.fixture
def visit(browser: "Browser", address: str) -> Iterator[Visits]:
    visits = Visits(browser, address)
    yield visits
    visits.end()


def predict(page: Page, *guesses: str) -> None:
    page.wait_for_selector(".tk-guess")
    if (more := page.get_by_role("button", name="All states")).count():
        more.click()  # the form begins with the states that the question is about
    for guess in guesses:
        page.get_by_label(guess, exact=True).check(force=True)
    page.get_by_role("button", name="Show what the model finds").click()
    page.wait_for_selector(".tk-forest svg")


def test_it_opens_and_nothing_hangs_over(visit: Visits) -> None:
    page = visit("?month=1999-04")
    for sign in (".tk-lanes svg", ".tk-guess", ".tk-forest svg"):
        page.wait_for_selector(sign)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_function(f"document.documentElement.scrollWidth <= {width}")
        if sign == ".tk-lanes svg":
            page.get_by_role("button", name="What if").click()
        elif sign == ".tk-guess":
            predict(page, "Uzbekistan: likelier in")


def test_nothing_but_the_page_is_asked_for(visit: Visits, address: str) -> None:
    page = visit("?show=record")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.get_by_role("button", name="What if").click()
    predict(page, "Georgia: no change")
    assert [url.split("?")[0] for url in asked if not url.startswith("data:")] == [address]


def test_the_record_plays(visit: Visits) -> None:
    page = visit("?show=record&month=1999-03")
    shape = page.locator("[data-state=UZB]")
    expect(shape).to_have_attribute("data-look", "in")
    page.get_by_role("button", name="One month on").click()
    expect(shape).to_have_attribute("data-look", "gone")
    expect(page.locator(".tk-month")).to_have_text("April 1999")
    expect(page.get_by_role("button", name="the rule")).to_have_count(0)
    page.get_by_label("Many runs").check(force=True)
    expect(shape).to_have_attribute("data-look", re.compile(r"p\d+"))
    page.get_by_label("Club", exact=True).select_option("GUAM")
    expect(page.locator("[data-lane=GEO]")).to_be_visible()


def test_a_prediction_is_scored_as_the_command_scores_it(
    visit: Visits, case: Case, tmp_path: Path
) -> None:
    page = visit("?page=whatif&cf=CF2")
    page.get_by_label("The month that is asked about").fill("2000-06")
    page.get_by_label("The month that is asked about").press("Enter")
    page.get_by_label("Uzbekistan: likelier in", exact=True).check(force=True)
    page.get_by_label("How sure of Uzbekistan").fill("90")
    predict(page, "Georgia: less likely in")
    page.locator(".tk-save summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Prediction, CSV").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    (pair,) = compare(case, "CF2", runs=RUNS, seed=SEED, start="1998-12").pairs
    table = score(load_predictions(saved, case), pair)
    assert [*zip(table["state"], table["confidence"], strict=True)] == [("GEO", 0.7), ("UZB", 0.9)]
    assert set(table["month"]) == {"2000-06"}
    expect(page.locator(".tk-score-card h2")).to_have_text(
        f"Your score: {table['brier'].mean():.2f}"
    )
    at = case.month("2000-06", "month") - pair.start, case.state_ids.index("UZB"), 0
    page.get_by_text("The numbers of June 2000").click()
    cells = page.locator("tr[data-state=UZB] td").all_inner_texts()
    assert cells[:2] == [f"{pair.p_in[world][at]:.3f}" for world in (0, 1)]


def test_what_was_predicted_is_still_there(visit: Visits) -> None:
    page = visit("?page=whatif&cf=CF1")
    page.get_by_label("Why?").fill("no bombs, no fear")
    predict(page, "Uzbekistan: likelier in")
    page.reload()
    page.wait_for_selector(".tk-forest svg")
    page.get_by_role("button", name="Predict or ask anew").click()
    expect(page.get_by_label("Uzbekistan: likelier in", exact=True)).to_be_checked()
    expect(page.get_by_label("Why?")).to_have_value("no bombs, no fear")
    page.get_by_label("Question", exact=True).select_option("CF2")
    expect(page.get_by_text("No state predicted yet")).to_be_visible()


def test_a_month_before_the_start_is_refused_in_words(visit: Visits) -> None:
    page = visit("?page=whatif&cf=CF2")
    page.get_by_label("The month that is asked about").fill("1990-01")
    page.get_by_label("The month that is asked about").press("Enter")
    expect(page.locator(".tk-error")).to_contain_text("1990-01 does not")


def test_it_is_dark_and_is_printed_light(visit: Visits) -> None:
    page = visit("?page=whatif&cf=CF2", color_scheme="dark")
    expect(page.locator(".theme--dark")).to_have_count(1)
    predict(page, "Uzbekistan: likelier in")
    page.emulate_media(media="print")
    expect(page.locator(".tk-sheet h1")).to_have_text("What if? If silence had meant staying")
    expect(page.locator(".tk-header")).to_be_hidden()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".theme--dark")).to_have_count(0)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".theme--dark")).to_have_count(1)
    page.emulate_media(media="screen")
    page.get_by_role("button", name="Light").click()
    expect(page.locator(".theme--dark")).to_have_count(0)
