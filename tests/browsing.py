"""What tests in Chromium have in common: a browser, a server of the command, and visitors."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

#: Debian's Chromium: first that without windows, which takes less than half of the work
CHROMIUM = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HERE = ("localhost", "127.0.0.1", "room.localhost")
#: milliseconds after which what never came is missed, on a machine however slow
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)
#: what a server begins with that makes no runs before somebody asks for them
IDLE = "from tashkent.dashboard import results; results.warm = lambda: None"
#: what the focused element is called
FOCUSED = (
    "(at => at.getAttribute('aria-label') || at.innerText || at.tagName)(document.activeElement)"
)


@contextmanager
def launched() -> Iterator[Browser]:
    """Debian's Chromium."""
    path = next((path for path in CHROMIUM if Path(path).exists()), None)
    if path is None:
        words = "Chromium is not installed (Debian: apt-get install chromium-headless-shell)"
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield found
        found.close()


def free_port() -> int:
    """A port that nobody listens to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Server:
    """A server of its own, through the command, which may end and begin again at the same address."""

    def __init__(self, *options: str, first: str = "") -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}/"
        code = f"{first}\nfrom tashkent.cli import main; main()"
        self.command = [sys.executable, "-c", code, "app", "--no-open", "--port", str(self.port)]
        self.command += options
        self.process: subprocess.Popen[bytes] | None = None
        #: where what it says goes
        self.said: IO[bytes] | int = subprocess.DEVNULL

    def start(self) -> None:
        """Begin, and wait until it answers."""
        self.process = subprocess.Popen(self.command, stdout=self.said)
        for _ in range(PATIENCE // 100):
            try:
                urllib.request.urlopen(self.url, timeout=5).close()
                return
            except OSError:
                assert self.process.poll() is None, "the server ended"
                time.sleep(0.1)
        pytest.fail("the server never answered")

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE / 1000)
            self.process = None


@contextmanager
def serving(*options: str, first: str = "") -> Iterator[Server]:
    """A server that runs; `first` is code that its process begins with."""
    server = Server(*options, first=first)
    try:
        server.start()
        yield server
    finally:
        server.stop()


#: what is said of a page; all else that can be asked of a browser is of a visitor
OF_A_PAGE = {"color_scheme", "reduced_motion"}
#: what a browser keeps of a visitor, but for what it has loaded
KEPT = "cookies,indexeddb,local_storage,service_workers"


class Visitors:
    """Visitors who come again: what they have loaded is still there, and nothing of what they did.

    Most of a visit is the code of the page, which a new visitor loads and compiles anew.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.away: dict[str, list[BrowserContext]] = {}
        self.known: dict[BrowserContext, str] = {}

    def visitor(self, address: str, **options: Any) -> BrowserContext:
        """One who is nowhere else and has nothing kept of an address, with a browser that has these options."""
        kind = repr(sorted(options.items()))
        if waiting := self.away.get(kind):
            context = waiting.pop()
            page = context.new_page()
            session, port = context.new_cdp_session(page), urlsplit(address).port
            for host in HERE:
                of_origin = {"origin": f"http://{host}:{port}", "storageTypes": KEPT}
                session.send("Storage.clearDataForOrigin", of_origin)
            page.close()
            return context
        context = self.browser.new_context(**options)
        self.known[context] = kind
        return context

    def leave(self, context: BrowserContext) -> None:
        """Close what a visitor has open."""
        for page in context.pages:
            page.close()
        self.away.setdefault(self.known[context], []).append(context)


class Visits:
    """Opens pages, each for a visitor of its own, and collects whatever goes wrong on them."""

    def __init__(self, browser: Browser, address: str, visitors: Visitors | None = None) -> None:
        self.browser, self.address, self.visitors = browser, address, visitors
        self.wrong: list[str] = []
        self.contexts: list[BrowserContext] = []

    def __call__(self, query: str = "", **options: Any) -> Page:
        """A page at an address, with its header drawn."""
        if self.visitors is None:
            context = self.browser.new_context(**options)
            page = context.new_page()
        else:
            of_page = {name: options.pop(name) for name in OF_A_PAGE & set(options)}
            context = self.visitors.visitor(self.address, **options)
            page = context.new_page()
            page.emulate_media(**of_page)
        self.contexts.append(context)
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda m: self.wrong.append(m.text) if m.type == "error" else None)
        page.on("request", lambda request: self.check_local(request.url))
        page.on("websocket", lambda ws: self.check_local(ws.url))
        page.on("response", lambda r: self.check_answer(r.status, r.url))
        page.goto(self.address + query)
        page.wait_for_selector(".tk-header")
        return page

    def check_local(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob", "file") and parts.hostname not in HERE:
            self.wrong.append(f"a request left this machine: {url}")

    def check_answer(self, status: int, url: str) -> None:
        if status >= 400:
            self.wrong.append(f"{status} {url}")

    def end(self) -> None:
        """Close them all; nothing may have gone wrong."""
        for context in self.contexts:
            context.close() if self.visitors is None else self.visitors.leave(context)
        assert self.wrong == [], self.wrong


def lead(page: Page, query: str, sign: str) -> None:
    """Lead a page to another address, as the browser's own way back does, until something is drawn there."""
    page.evaluate(
        """query => {
            history.pushState(history.state, '', '?' + query);
            dispatchEvent(new PopStateEvent('popstate'));
        }""",
        query,
    )
    page.wait_for_selector(sign)


def until(page: Page, condition: Callable[[], bool]) -> None:
    """Wait for what the page itself does not show."""
    for _ in range(PATIENCE // 50):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came to be")
