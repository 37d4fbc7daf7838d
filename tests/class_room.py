"""A class in a browser: a teacher, a board and phones, and a lesson that is played through.

``python -m tests.class_room --phones 30`` plays it here, and says how long things took and what the server held.
"""

import argparse
import csv
import io
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browsing import IDLE, PATIENCE, Server, launched

#: what somebody predicted on a page without a server
AT_HOME = b"state,direction,confidence,club,month\nUZB,none,0.9,CST,1999-12\n"
#: in its folder: what a server says when it begins
SAID = "said.txt"
PHONE = {"width": 390, "height": 844}
#: what a browser says of itself where there is no server
OFFLINE = re.compile("ERR_|Failed to load resource|net::")


class Room:
    """Pages of one room, each in a browser of its own."""

    def __init__(self, browser: Browser, server: Server, folder: Path) -> None:
        self.browser, self.server, self.folder = browser, server, folder
        self.contexts: list[BrowserContext] = []
        self.wrong: list[str] = []
        self.taps = 0
        self.teacher = self.page(f"room/teacher#{key_of(folder)}")
        self.teacher.get_by_role("button", name="Open a room").click()
        self.code = self.teacher.locator(".code b").inner_text()
        self.board = self.page(f"room/board#{self.code}")
        self.phones: list[Page] = []

    def page(self, path: str, **options: Any) -> Page:
        """A page of somebody else."""
        context = self.browser.new_context(**options)
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda m: self.wrong.append(m.text) if m.type == "error" else None)
        page.goto(self.server.url + path)
        return page

    def tap(self, page: Page, name: str) -> None:
        """One tap on a button of a phone."""
        self.taps += 1
        page.get_by_role("button", name=name, exact=True).click()

    def join(self) -> Page:
        """A phone that scans the code and comes in."""
        page = self.page(f"room/#{self.code}", viewport=PHONE, has_touch=True)
        self.tap(page, "Join")
        page.get_by_role("heading", name="You are in.").or_(page.locator(".state").first).wait_for()
        self.phones.append(page)
        return page

    def ask(self, code: str) -> None:
        """Another question, and wait until all phones have it."""
        self.teacher.get_by_label("A question of the case").select_option(code)
        self.teacher.get_by_role("button", name="Ask", exact=True).click()

    def predict(self, page: Page, state: str, words: str, sure: int, why: str = "") -> None:
        """One prediction, sent."""
        self.choose(page, state, words, sure, why)
        self.send(page)
        page.get_by_text("Sent ✓").wait_for()

    def choose(self, page: Page, state: str, words: str, sure: int, why: str = "") -> None:
        """One prediction, not yet sent."""
        self.tap(page, f"{state}: {words}")
        self.tap(page, f"{sure}% sure of {state}")
        if why:
            page.get_by_label("Why?").fill(why)

    def send(self, page: Page) -> None:
        """The tap that sends one prediction."""
        self.taps += 1
        page.get_by_role("button", name=re.compile("^Send 1 of")).click()

    def on(self, label: str) -> None:
        """The teacher goes on."""
        self.teacher.get_by_role("button", name=label).click()

    def reveal(self) -> float:
        """From what the class expects to the answer on the board; the seconds between tap and answer."""
        self.on("Show what the class expects")
        self.board.locator(".expected").wait_for()
        button = self.teacher.get_by_role("button", name=re.compile("^Reveal what"))
        expect(button).to_be_enabled()
        began = time.monotonic()
        button.click()
        self.board.locator(".expected .model").first.wait_for()
        return time.monotonic() - began

    def scores(self) -> int:
        """The scores on the board, and of how many students."""
        self.on("Scores and reasons")
        return int(self.board.locator(".sum").get_attribute("data-many") or -1)

    def table(self) -> list[dict[str, str]]:
        """All that was sent, as the teacher saves it."""
        with self.teacher.expect_download() as saved:
            self.teacher.get_by_role("button", name="Save the table").click()
        return list(
            csv.DictReader(io.StringIO(Path(saved.value.path()).read_text(encoding="utf-8")))
        )

    def end(self) -> None:
        """Close all pages; nothing may have gone wrong but that the server was away."""
        for context in self.contexts:
            context.close()
        assert [words for words in self.wrong if not OFFLINE.search(words)] == []


@contextmanager
def class_server(folder: Path, *, runs: int | None = None) -> Iterator[Server]:
    """A server for classes that keeps its rooms in a folder; few `runs` make it quick."""
    first = f"import tempfile; tempfile.tempdir = {str(folder)!r}\n"
    if runs is not None:
        first += f"from tashkent.dashboard import results, view; view.RUNS = {runs}\n{IDLE}"
    server = Server("--class", "--host", "127.0.0.1", first=first)
    with (folder / SAID).open("ab") as server.said:
        try:
            server.start()
            yield server
        finally:
            server.stop()


def key_of(folder: Path) -> str:
    """The key that the server has told which keeps its rooms in a folder."""
    return re.findall(r"/room/teacher#(\S+)", (folder / SAID).read_text(encoding="utf-8"))[-1]


# the lesson ----------------------------------------------------------------------------------------


def play(
    room: Room, phones: int, say: Callable[[str], None], memory: Callable[[], float]
) -> dict[str, float]:
    """Two questions and a step of the story with so many phones, and a file for one of them.

    One phone drops out and returns, one is offline, the server begins anew.
    """
    room.ask("CF1")
    room.teacher.locator(".counted").wait_for()
    began, taps = time.monotonic(), room.taps
    first = room.join()
    room.predict(first, "Uzbekistan", "likelier in", 90, "The bombs made it afraid.")
    found = {"qr_to_sent": time.monotonic() - began, "taps": float(room.taps - taps)}
    say(
        f"a phone from the code to a sent prediction: {found['qr_to_sent']:.1f} s, {found['taps']:.0f} taps"
    )
    began = time.monotonic()
    for _ in range(phones - 1):
        room.join()
    say(f"the other {phones - 1} came in: {time.monotonic() - began:.1f} s")
    directions = ("likelier in", "no change", "less likely in")
    for i, page in enumerate(room.phones[1:], start=1):
        room.predict(page, "Uzbekistan", directions[i % 3], 50 + 10 * (i % 6), f"Reason {i}")
    expect(room.board.locator(".counted")).to_have_text(f"{phones} of {phones} in")
    found["reveal_1"] = room.reveal()
    found["counted_1"] = room.scores()
    assert found["counted_1"] == phones

    # one is offline while it predicts, and one drops out after it has
    room.ask("CF2")
    for page in room.phones:
        page.locator(".state").first.wait_for()
    away, dropped = room.phones[-1], room.phones[-2]
    away.context.set_offline(True)
    room.choose(away, "Uzbekistan", "likelier in", 100)
    room.send(away)
    away.get_by_text("Kept here, and on its way").wait_for()
    room.predict(dropped, "Uzbekistan", "likelier in", 80)
    dropped.goto("about:blank")
    for page in room.phones[:-2]:
        room.predict(page, "Uzbekistan", "likelier in", 70)
    expect(room.board.locator(".counted")).to_have_text(f"{phones - 1} of {phones} in")
    away.context.set_offline(False)
    expect(room.board.locator(".counted")).to_have_text(f"{phones} of {phones} in")
    # somebody predicted at home, on a page without a server
    file = {"name": "home.csv", "mimeType": "text/csv", "buffer": AT_HOME}
    room.teacher.get_by_label("Predictions from files").set_input_files([file])  # type: ignore[list-item]
    expect(room.board.locator(".counted")).to_have_text(f"{phones + 1} of {phones + 1} in")
    dropped.goto(f"{room.server.url}room/")
    dropped.get_by_text("Sent ✓").wait_for()
    found["reveal_2"] = room.reveal()
    found["counted_2"] = room.scores()
    assert found["counted_2"] == phones + 1

    # a step of the story; the server begins anew between the first prediction and the others
    room.ask("story 4")
    for page in room.phones:
        page.locator(".state").first.wait_for()
    room.predict(room.phones[0], "Uzbekistan", "in", 60)
    room.choose(room.phones[1], "Uzbekistan", "out", 70)
    before = memory()
    room.server.stop()
    room.send(room.phones[1])
    room.phones[1].get_by_text("Kept here, and on its way").wait_for()
    room.server.start()
    for page in room.phones[2:]:
        room.predict(page, "Uzbekistan", "out", 80)
    expect(room.board.locator(".counted")).to_have_text(f"{phones} of {phones + 1} in")
    found["reveal_3"] = room.reveal()
    found["counted_3"] = room.scores()
    assert found["counted_3"] == phones
    found["memory_mb"] = max(before, memory())
    return found


def resident(server: Server) -> float:
    """The most that a server has held in memory, in MB."""
    assert server.process is not None
    text = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(text.split("VmHWM:")[1].split()[0]) / 1024


def main(arguments: Sequence[str] | None = None) -> None:
    """Play it, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phones", type=int, default=30)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(arguments)
    with (
        TemporaryDirectory() as folder,
        launched() as browser,
        class_server(Path(folder)) as server,
    ):
        room = Room(browser, server, Path(folder))
        found = play(room, given.phones, print, lambda: resident(server))
        rows = room.table()
        assert len(rows) == 3 * given.phones + 1
        room.end()
    for name, value in found.items():
        print(f"{name}: {value:.2f}")
    if given.out:
        text = json.dumps({"phones": given.phones, **found}, indent=2)
        given.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
