"""A server that goes away, comes back or is full, in Chromium: pages go on by themselves, nothing typed is lost."""

import contextlib
import re
import socket
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import IDLE, Server, Visits, serving

pytestmark = [pytest.mark.slow(3), pytest.mark.browser]

#: seconds within which a page that has lost its server is back once the server is
SOON = 60
#: sockets are asked soon whether they are alive
HASTE = f"{IDLE}; from tashkent.dashboard import server; server.PING, server.PONG = 0.5, 3.0"
#: what a browser says of itself where there is no server
OFFLINE = re.compile("ERR_CONNECTION|WebSocket connection|Failed to load resource|^503 ")


@pytest.fixture(scope="module")
def small() -> Iterator[Server]:
    """A server with two places."""
    with serving("--visitors", "2", first=HASTE) as server:
        yield server


@pytest.fixture
def guests(browser: Browser, small: Server) -> Iterator[Visits]:
    visits = Visits(browser, small.url)
    yield visits
    visits.wrong = [words for words in visits.wrong if not OFFLINE.search(words)]
    visits.end()


def predict(page: Page) -> None:
    page.get_by_label("Uzbekistan: likelier in").check(force=True)
    page.get_by_label("How sure of Uzbekistan").fill("90")
    page.get_by_label("Why?").fill("It feared to be alone.")


def test_a_page_outlives_its_server(guests: Visits, small: Server) -> None:
    page = guests("?page=whatif&cf=CF2&runs=20")
    predict(page)
    small.stop()
    words = page.locator("#tk-connection")
    expect(words).to_contain_text("The server does not answer.")
    # what is read and typed stays in reach
    page.get_by_label("Why?").fill("It feared to be alone, and said so.")
    page.get_by_label("Why?").click()  # nothing lies over it
    small.start()
    began = time.monotonic()
    expect(words).to_contain_text("what you wrote is still here")
    expect(page.get_by_label("Uzbekistan: likelier in")).to_be_checked()
    assert time.monotonic() - began < SOON
    assert page.get_by_label("How sure of Uzbekistan").input_value() == "90"
    assert page.get_by_label("Why?").input_value() == "It feared to be alone, and said so."
    # of another question something else is expected
    page.get_by_label("Question", exact=True).select_option("CF1")
    expect(page.get_by_label("Uzbekistan: likelier in")).not_to_be_checked()
    assert page.get_by_label("Why?").input_value() == ""


def test_a_lost_connection_comes_back_without_loading_the_page(guests: Visits) -> None:
    page = guests("?show=record&month=2012-06")
    page.evaluate("window.same = true; window.solara.debug.dropConnection()")
    page.wait_for_function("window.solara.debug.reconnectCount > 0")
    expect(page.locator("#tk-connection")).to_have_text("")
    page.get_by_role("button", name="A state").click()
    page.wait_for_selector(".tk-waterfall")
    assert page.evaluate("window.same")


@contextlib.contextmanager
def dead_socket(port: int) -> Iterator[None]:
    """A socket whose other end has died: it is open, and never answers."""
    for _ in range(100):
        with socket.create_connection(("localhost", port)) as link:
            link.sendall(
                f"GET /jupyter/api/kernels/{time.monotonic_ns()}/channels?session_id=s HTTP/1.1\r\n"
                f"Host: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
            )
            if b" 101 " in link.recv(1024):
                yield
                return
        time.sleep(0.1)  # those who were there before are on their way out
    raise AssertionError("there was never a place")


def test_a_full_room_says_so_and_dead_sockets_free_their_places(
    guests: Visits, small: Server
) -> None:
    with dead_socket(small.port), dead_socket(small.port):
        context = guests.browser.new_context()
        guests.contexts.append(context)
        page = context.new_page()
        answer = page.goto(small.url)
        assert answer is not None
        assert answer.status == 503
        expect(page.get_by_role("heading")).to_have_text("The room is full")
        expect(page.get_by_text("2 pages are open, and no more can be.")).to_be_visible()
        page.wait_for_selector(".tk-header", timeout=60_000)  # once it is seen that nobody is there


def test_a_network_that_is_gone_is_noticed_though_the_socket_is_open(guests: Visits) -> None:
    page = guests("?show=record&month=2012-06")
    page.clock.install()
    page.context.set_offline(True)
    page.clock.run_for(15_000)
    expect(page.locator("#tk-connection")).to_contain_text("The server does not answer.")
    page.context.set_offline(False)
    page.clock.resume()
    expect(page.locator("#tk-connection")).to_have_text("")
    page.get_by_role("button", name="A state").click()
    page.wait_for_selector(".tk-waterfall")
