"""Who is let in: places of a room, and sockets of foreign pages."""

import asyncio
import json
from typing import Any

import pytest

from tashkent.dashboard.guard import Guard, Room


def asked(guard: Guard, kind: str = "http", path: str = "/", **headers: str) -> dict[str, Any]:
    """What is answered: the first message, and the body if there is one."""
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    told = [(key.encode(), value.encode()) for key, value in headers.items()]
    scope = {"type": kind, "path": path, "method": "GET", "headers": told}
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
    ("headers", "let_in"),
    [
        ({}, True),
        ({"origin": "http://room:8765"}, True),
        ({"origin": "http://elsewhere.example"}, False),
    ],
)
def test_a_foreign_page_opens_no_socket(headers: dict[str, str], let_in: bool) -> None:
    guard = Guard(app, Room(places=1, each=1))
    answer = asked(guard, "websocket", host="room:8765", **headers)
    assert answer["type"] == ("websocket.accept" if let_in else "websocket.close")
