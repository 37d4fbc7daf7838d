"""Who is let in: places of a room, and sockets of foreign pages."""

import asyncio
import io
import json
import re
from typing import Any

import pytest
import segno

from tashkent.cli import main
from tashkent.dashboard import qr, server
from tashkent.dashboard.guard import Guard, Room


def asked(guard: Guard, kind: str = "http", path: str = "/", **headers: str) -> dict[str, Any]:
    """What is answered: the first message, and the body if there is one."""
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = {"host": "localhost:1", **headers}
    told = [(key.encode(), value.encode()) for key, value in headers.items()]
    path, _, query = path.partition("?")
    scope = {"type": kind, "path": path, "method": "GET", "headers": told}
    scope["query_string"] = query.encode()
    asyncio.run(guard(scope, receive, send))
    return {**sent[0], "body": sent[-1].get("body", b"").decode()}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """A server that lets everybody in."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"page"})


def test_a_room_has_so_many_places_and_a_browser_so_many_pages() -> None:
    room = Room(places=3, each=2)
    with room.place("one"), room.place("one"):
        assert room.refusal("one")[0] == "2 pages of this browser are open already."
        assert room.refusal("two") == room.refusal("") == ("", "")
        with room.place("two"):
            assert room.refusal("three")[0] == "The room is full."
        assert room.refusal("three") == ("", "")
    assert room.refusal("one") == ("", "")


def test_a_place_is_free_again_though_its_socket_failed() -> None:
    async def fails(scope: Any, receive: Any, send: Any) -> None:
        raise OSError

    room = Room(places=1, each=1)
    with pytest.raises(OSError):  # noqa: PT011 - it is the one above
        asked(Guard(fails, room), "websocket")
    assert room.refusal("") == ("", "")


def test_a_full_room_shows_a_page_and_keeps_its_parts(caplog: pytest.LogCaptureFixture) -> None:
    room = Room(places=1, each=1)
    guard = Guard(app, room)
    cookie = "solara-session-id=one"
    with room.place("one"):
        full = asked(guard)
        assert full["status"] == 503
        assert "<h1>The room is full</h1>" in full["body"]
        assert "A page of this browser is open already" in asked(guard, cookie=cookie)["body"]
        assert asked(guard, path="/static/a.js")["status"] == 200
        assert asked(guard, "websocket")["type"] == "websocket.close"
        assert "A socket was refused. The room is full." in caplog.text
        state = json.loads(asked(guard, path="/_tashkent/room")["body"])
        assert state == {"born": room.born, "refusal": "The room is full."}
    assert asked(guard)["body"] == "page"
    assert asked(guard, "websocket")["type"] == "websocket.accept"


@pytest.mark.parametrize(
    ("host", "origin", "let_in"),
    [
        ("room:8765", None, True),
        ("room:8765", "http://room:8765", True),
        ("room:8765", "http://elsewhere.example", False),
        ("room:8765", "http://localhost:3000", False),
        # a proxy that does not pass on the name by which the page was asked for
        ("127.0.0.1:8765", "https://room", True),
        ("127.0.0.1:8765", "https://elsewhere.example", False),
        # whose name leads here has a page of its own at that name
        ("evil.example", "http://evil.example", False),
    ],
)
def test_a_foreign_page_opens_no_socket(host: str, origin: str | None, let_in: bool) -> None:
    guard = Guard(app, Room(places=1, each=1), ["room"])
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    answer = asked(guard, "websocket", **headers)
    assert answer["type"] == ("websocket.accept" if let_in else "websocket.close")
    # the page can ask why
    if origin is not None and host != "evil.example":
        told = asked(guard, path=f"/_tashkent/room?origin={origin}", host=host)["body"]
        assert (json.loads(told)["refusal"] == "") == let_in


@pytest.mark.parametrize(
    ("host", "let_in"),
    [
        ("localhost", True),
        ("LOCALHOST:8765", True),
        ("192.168.1.7:8765", True),
        ("[::1]:8765", True),
        ("room:8765", True),
        ("evil.example", False),
        ("evil.example:8765", False),
        ("room.evil.example", False),
        ("", False),
        ("a b", False),
        ("[::1", False),
        ("e" * 5000, False),
    ],
)
def test_only_names_of_this_server_are_answered(
    host: str, let_in: bool, caplog: pytest.LogCaptureFixture
) -> None:
    answer = asked(Guard(app, Room(places=1, each=1), ["Room"]), host=host)
    assert answer["status"] == (200 if let_in else 421)
    if not let_in:
        assert answer["body"].startswith("This server is not called")
        assert "--allow-host" in answer["body"]
        assert len(answer["body"]) < 200
        assert "A request was refused." in caplog.text


def test_a_page_may_open_sockets_to_its_own_server_alone() -> None:
    answer = asked(Guard(app, Room(places=1, each=1)), host="localhost:1")
    policy = dict(answer["headers"])[b"content-security-policy"].decode()
    assert "connect-src 'self' ws://localhost:1 wss://localhost:1;" in policy


@pytest.mark.parametrize("path", ["/class/static/a.js", "/static/a.js"])
def test_a_proxy_may_leave_the_path_as_it_is_or_not(path: str) -> None:
    seen: list[str] = []

    async def remembers(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["path"])
        await app(scope, receive, send)

    assert asked(Guard(remembers, Room(1, 1), root="/class"), path=path)["status"] == 200
    assert seen == ["/static/a.js"]


@pytest.mark.parametrize(
    ("host", "here", "board"),
    [
        ("127.0.0.1", "http://localhost:80/class", ""),
        ("localhost", "http://localhost:80/class", ""),
        ("0.0.0.0", "http://localhost:80/class", "http://10.1.2.3:80/class/"),
        ("192.168.1.7", "http://192.168.1.7:80/class", "http://192.168.1.7:80/class/"),
        ("fd00::7", "http://[fd00::7]:80/class", "http://[fd00::7]:80/class/"),
    ],
)
def test_what_is_said_at_the_start_leads_to_the_pages(
    monkeypatch: pytest.MonkeyPatch, host: str, here: str, board: str
) -> None:
    monkeypatch.setattr(server, "own_address", lambda: "10.1.2.3")
    assert server.board_of(host, 80, "/class") == board
    said = server.announced(host, 80, "/class", board)
    assert said[0] == f"The dashboard is at {here}; Ctrl-C ends it."
    assert said[1:] == (
        [f"On other devices: {board} - anybody in this network can open it."] if board else []
    )


@pytest.mark.parametrize(("encoding", "seen"), [("utf-8", True), ("cp1252", False)])
def test_the_address_is_drawn_where_somebody_sees_it(
    monkeypatch: pytest.MonkeyPatch, encoding: str, seen: bool
) -> None:
    screen = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr("sys.stdout", screen)
    assert server.drawn("http://10.1.2.3/") == []  # a file
    monkeypatch.setattr(screen, "isatty", lambda: True)
    assert bool(server.drawn("http://10.1.2.3/")) == seen
    assert server.drawn("") == []


def test_a_code_says_its_address() -> None:
    address = "http://10.1.2.3:8765/class/?page=whatif&cf=CF2"
    modules = [[bool(m) for m in row] for row in segno.make_qr(address, error="m").matrix]
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in qr.lines(address)]
    # a half block of the foreground is light: two rows of the code in a line
    upper = [[c not in "█▀" for c in line] for line in lines]
    lower = [[c not in "█▄" for c in line] for line in lines]
    rows = [row for pair in zip(upper, lower, strict=True) for row in pair]
    edge = 2
    assert [row[edge:-edge] for row in rows[edge : edge + len(modules)]] == modules
    drawn = qr.svg(address)
    assert drawn.startswith("<svg")
    assert f'viewBox="0 0 {len(modules) + 8} {len(modules) + 8}"' in drawn
    assert 'fill="#fff"' in drawn
    with pytest.raises(ValueError, match="longer than 300"):
        qr.svg(address + 300 * "x")


@pytest.mark.parametrize("path", ["class", "/a b", "/class?x", "//"])
def test_a_path_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    monkeypatch.setattr(server, "check", lambda host, port: None)
    monkeypatch.setattr(server, "serve", lambda *_, **__: None)
    monkeypatch.setattr("sys.argv", ["tashkent", "app", "--no-open", "--root-path", path])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert (stopped.value.code == 2) == (path != "//")
    if path != "//":
        assert "allowed: a path such as /class" in capsys.readouterr().err
