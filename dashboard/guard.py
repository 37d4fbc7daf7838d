"""What stands before the server: who is let in, what a page may load, and the places of a room that may be full."""

import ipaddress
import json
import logging
import re
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, MutableMapping
from contextlib import contextmanager
from html import escape
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tashkent.model.errors import shortened

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
#: what a page may load, and where it may open a socket
POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self'{sockets}; frame-ancestors 'self'"
)
#: hosts that no other machine reaches
ALONE = ("127.0.0.1", "localhost", "::1")
#: what may stand in a Host header
HOST = re.compile(r"[\w.-]+(:\d+)?|\[[\da-fA-F:.]+\](:\d+)?", re.ASCII)
#: characters of a name that is not known, as it is said again
LONGEST = 60
#: says how full the server is, which is nobody's business
CLOSED = ("/resourcez",)
#: where a page asks whether there is a place, and whether the server is still the one that it came from
PLACES = "/_tashkent/room"
#: the first part of the path of all pages of a class
CLASS = "/room"
#: what belongs to a page and is none, and the pages of a class, which take no place
PARTS = ("/_solara/", "/static/", "/jupyter/", "/readyz", CLASS)
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
    """Refuses foreign pages, unknown names and whom there is no place for, and says what a page may load.

    `names` are those of this server beside its addresses: a page of another name could be of somebody who has that name
    lead here. Who gives a name says that pages of it may open sockets even where a proxy does not pass it on.
    `root` is the path under which a proxy shows the pages, without a slash at its end; requests may come with it.
    """

    def __init__(self, app: App, room: Room, names: Collection[str] = (), root: str = "") -> None:
        self.app, self.room, self.root = app, room, root
        self.names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request of ASGI."""
        if scope["type"] not in ("websocket", "http"):
            await self.app(scope, receive, send)
            return
        if self.root and scope["path"].startswith(self.root + "/"):
            path = scope["path"][len(self.root) :]
            scope = {**scope, "path": path, "raw_path": path.encode()}
        serve = self._socket if scope["type"] == "websocket" else self._request
        await serve(scope, receive, send)

    def _refusal(self, headers: dict[str, str], *, socket: bool) -> str:
        """Why a request is refused whoever sends it; empty if it is not."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if not HOST.fullmatch(host) or not self._is_ours(_name(f"//{host}")):
            name = shortened(_name(f"//{host}"), LONGEST)
            return f'This server is not called "{name}". tashkent app --allow-host NAME lets it be.'
        if not socket or origin is None or urlsplit(origin).netloc == host:
            return ""
        if _name(origin) in self.names:
            return ""
        return f'The page is of "{shortened(origin, LONGEST)}", and this server is {host}.'

    def _is_ours(self, name: str) -> bool:
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name == "localhost" or name in self.names
        return True

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        who = _who(headers)
        refusal = self._refusal(headers, socket=True) or self.room.refusal(who)[0]
        if refusal:
            logger.warning("A socket was refused. %s", refusal)
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        with self.room.place(who):
            await self.app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, headers = scope["path"], _headers(scope)
        wrong = self._refusal(headers, socket=False)
        if wrong:
            logger.warning("A request was refused. %s", wrong)
            await _answer(send, 421, f"{wrong}\n".encode(), b"text/plain; charset=utf-8")
            return
        send = _guarded(send, headers["host"])
        refusal, advice = self.room.refusal(_who(headers))
        if path.startswith(CLOSED):
            await _answer(send, 404, b"", b"text/plain")
        elif path == PLACES:
            # with the origin that its socket will have a page is told, too, why that is refused
            page = headers | {"origin": _query(scope).get("origin", "")}
            foreign = self._refusal(page, socket=True) if page["origin"] else ""
            found = {"born": self.room.born, "refusal": foreign or refusal}
            await _answer(send, 200, json.dumps(found).encode(), b"application/json")
        elif refusal and scope["method"] == "GET" and not path.startswith(PARTS):
            text = PAGE.substitute(
                refusal=escape(refusal.rstrip(".")),
                advice=escape(advice),
                room=json.dumps(self.root + PLACES),
            )
            await _answer(send, 503, text.encode(), b"text/html; charset=utf-8")
        else:
            await self.app(scope, receive, send)


def _guarded(send: Send, host: str) -> Send:
    """Sends what is sent, with our headers."""
    policy = POLICY.format(sockets=f" ws://{host} wss://{host}")
    ours = (*HEADERS, (b"content-security-policy", policy.encode()))

    async def _with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *ours]}
        await send(message)

    return _with_headers


async def _answer(send: Send, status: int, body: bytes, kind: bytes) -> None:
    headers = [(b"content-type", kind), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _query(scope: Scope) -> dict[str, str]:
    return dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))


def _name(url: str) -> str:
    """The name of the machine in an address, without its port; empty if there is none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


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
