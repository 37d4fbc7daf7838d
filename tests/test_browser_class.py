"""A class in one room, in Chromium: questions on phones that drop out, servers that begin anew; a council; lessons."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, expect

from publish.lessons import FOLDER
from publish.page import ROOT
from tests.class_room import Room, class_server, play, resident

pytestmark = [pytest.mark.slow(10), pytest.mark.browser]


#: what lessons say behind the address of the page
ADDRESSES = sorted(
    {
        query
        for path in (ROOT / FOLDER).glob("*.md")
        for query in re.findall(r"`(\?page=[^`]+)`", path.read_text(encoding="utf-8"))
    }
)
#: page -> what is there once it is drawn
SIGNS = {
    "simulate": ".tk-lanes svg",
    "state": ".tk-waterfall",
    "whatif": ".tk-guess",
    "network": ".tk-chart-box svg",
    "rulebook": ".tk-rule",
}


@pytest.fixture(scope="module")
def room(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("state")
    with class_server(folder, runs=20) as server:
        found = Room(browser, server, folder)
        yield found
        found.end()


def test_nothing_that_a_class_sends_is_lost(room: Room) -> None:
    found = play(room, 3, lambda words: None, lambda: resident(room.server))
    assert found["taps"] == 4
    rows = room.table()
    assert len(rows) == 10
    assert {row["late"] for row in rows} == {"0"}
    assert all(row["found"] and row["brier"] for row in rows)
    # what is typed is text
    assert rows[0]["why"] == "The bombs made it afraid."


def test_a_council_is_played_and_set_beside_model_and_record(room: Room) -> None:
    room.teacher.get_by_role("button", name="Play the council").click()
    room.teacher.get_by_role("button", name="Call the council").wait_for()
    room.teacher.get_by_label("A petition").select_option("2010-06 CST KGZ help")
    room.teacher.get_by_role("button", name="Call the council").click()
    first = room.phones[0]
    expect(first.get_by_text("You speak for Armenia.")).to_be_visible()
    first.get_by_label("Why?").fill("<img src=x onerror=alert(1)>")
    room.tap(first, "I object")
    room.tap(first, "Send")
    first.get_by_text("Sent ✓").wait_for()
    assert "65%" not in room.board.locator("main").inner_text()
    room.on("Show how the class decides")
    expect(room.board.locator(".verdict")).to_have_text(
        "The class: refused, with objections of Armenia."
    )
    room.on("Reveal the model's council")
    expect(room.board.get_by_text("The record: It was not granted.")).to_be_visible()
    room.on("Reasons")
    expect(room.board.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    room.teacher.get_by_role("button", name="Hide").click()
    expect(room.board.locator(".reasons")).to_have_count(0)


def test_the_addresses_of_lessons_lead_to_their_pages(room: Room) -> None:
    page = room.page("")
    for query in ADDRESSES:
        page.goto(room.server.url + query)
        page.wait_for_selector(SIGNS[parse_qs(query[1:])["page"][0]])
        expect(page.locator(".tk-error")).to_have_count(0)


def test_a_closed_room_is_forgotten(room: Room) -> None:
    room.teacher.on("dialog", lambda dialog: dialog.accept())
    room.teacher.get_by_role("button", name="Close the room").click()
    for phone in room.phones:
        expect(phone.get_by_text("This room is closed")).to_be_visible()
    expect(room.board.get_by_text("This room is closed")).to_be_visible()
    assert [*room.folder.glob("*/*")] == []
