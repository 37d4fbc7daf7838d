"""What stands before the server: who is let in, what a page may load, and the places of a room that may be full."""

import json
import logging
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from html import escape
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (
        b"content-security-policy",
        b"default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        b"style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; frame-ancestors 'self'",
    ),
)
#: says how full the server is, which is nobody's business
CLOSED = ("/resourcez",)
#: where a page asks whether there is a place, and whether the server is still the one that it came from
ROOM = "/_tashkent/room"
#: what belongs to a page and is none
PARTS = ("/_solara/", "/static/", "/jupyter/", "/readyz")
SESSION = ("solara-session-id", "solara-session-id-lax")
#: what is seen instead of the dashboard by whom there is no place for
PAGE = Template((Path(__file__).parent / "room.html").read_text(encoding="utf-8"))
logger = logging.getLogger("uvicorn.error")


class Room:
    """The places of visitors: a socket takes one, and gives it back when it ends, however that comes."""

    def __init__(self, places: int, each: int) -> None:
        self.places, self.each = places, each
        #: tells a server from the one that was there before it
        self.born = secrets.token_hex(8)
        self._held: Counter[str] = Counter()

    def refusal(self, who: str) -> tuple[str, str]:
        """Why a visitor is not let in, and what helps; both empty if there is a place."""
        if who and self._held[who] >= self.each:
            pages = (
                f"{self.each} pages of this browser are"
                if self.each > 1
                else "A page of this browser is"
            )
            return f"{pages} open already.", "Close one of them."
        if self._held.total() >= self.places:
            people = f"{self.places} pages are" if self.places > 1 else "One page is"
            return "The room is full.", f"{people} open, and no more can be."
        return "", ""

    @contextmanager
    def place(self, who: str) -> Iterator[None]:
        """A place, as long as it is needed."""
        self._held[who] += 1
        try:
            yield
        finally:
            self._held[who] -= 1
            if not self._held[who]:
                del self._held[who]


class Guard:
    """Refuses sockets of foreign pages and those for which there is no place, and says what a page may load."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], room: Room) -> None:
        self.app, self.room = app, room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request of ASGI."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        who = _who(headers)
        refusal, _ = self.room.refusal(who)
        if not _same_origin(headers):
            refusal = f"The page is of {headers.get('origin', '')[:80]}, and not of this server."
        if refusal:
            logger.warning("A socket was refused. %s", refusal)
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        with self.room.place(who):
            await self.app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        refusal, advice = self.room.refusal(_who(_headers(scope)))
        if path.startswith(CLOSED):
            await _answer(send, 404, b"", b"text/plain")
        elif path == ROOM:
            found = {"born": self.room.born, "refusal": refusal}
            await _answer(send, 200, json.dumps(found).encode(), b"application/json")
        elif refusal and scope["method"] == "GET" and not path.startswith(PARTS):
            page = PAGE.substitute(
                refusal=escape(refusal.rstrip(".")),
                advice=escape(advice),
                room=json.dumps(scope.get("root_path", "") + ROOM),
            )
            await _answer(send, 503, page.encode(), b"text/html; charset=utf-8")
        else:
            await self.app(scope, receive, _guarded(send))


def _guarded(send: Send) -> Send:
    """Sends what is sent, with our headers."""

    async def _with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *HEADERS]}
        await send(message)

    return _with_headers


async def _answer(send: Send, status: int, body: bytes, kind: bytes) -> None:
    headers = [(b"content-type", kind), (b"cache-control", b"no-store")]
    send = _guarded(send)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _headers(scope: Scope) -> dict[str, str]:
    return {
        key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]
    }


def _who(headers: dict[str, str]) -> str:
    """The browser that asks, by its cookie; empty if it has none."""
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return next((cookies[name].value for name in SESSION if name in cookies), "")


def _same_origin(headers: dict[str, str]) -> bool:
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")
