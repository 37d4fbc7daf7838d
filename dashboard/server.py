"""The server of the dashboard: offline, for this machine unless told otherwise, with limits on what visitors take."""

import os
import secrets
import socket
import threading
import webbrowser
from typing import Any
from urllib.parse import urlsplit

#: overridden by what the environment already says
SETTINGS = {
    "SOLARA_APP": "tashkent.dashboard.page",
    "SOLARA_MODE": "production",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "false",
    "SOLARA_THEME_SHOW_BANNER": "false",
    "SOLARA_THEME_TITLE": "tashkent",
    "SOLARA_ASSETS_PROXY": "true",
    "SOLARA_KERNEL_MAX_COUNT": "80",
    "SOLARA_KERNEL_MAX_PER_SESSION": "6",
    "SOLARA_KERNEL_CULL_TIMEOUT": "10m",
}
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (
        b"content-security-policy",
        b"default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        b"style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; frame-ancestors 'self'",
    ),
)
#: bytes of the largest message that a page may send: an upload is a message, and far smaller
LARGEST_MESSAGE = 2**20
#: says how full the server is, which is nobody's business
CLOSED = ("/resourcez",)


def check(host: str, port: int) -> None:
    """Whether the address can be served.

    Raises
    ------
    OSError
        If it is taken, or not of this machine.
    """
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def serve(host: str, port: int, *, show: bool) -> None:
    """Serve the dashboard until it is stopped; `show` opens a browser on it."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("SOLARA_SESSION_SECRET_KEY", secrets.token_hex(32))
    import uvicorn
    from solara.server.starlette import app

    from tashkent.dashboard.results import warm
    from tashkent.model.memory import share_heap

    share_heap()
    warm()
    address = f"http://{'localhost' if host in ('0.0.0.0', '127.0.0.1', '::') else host}:{port}"
    print(f"The dashboard is at {address}; Ctrl-C ends it.", flush=True)
    if show:
        threading.Timer(1.5, webbrowser.open, [address]).start()
    uvicorn.run(Guard(app), host=host, port=port, log_level="warning", ws_max_size=LARGEST_MESSAGE)


class Guard:
    """Refuses sockets that a foreign page opens, and says what a page may load."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request of ASGI."""
        if scope["type"] == "websocket" and not _same_origin(scope):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] == "http" and scope["path"].startswith(CLOSED):
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return

        async def guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *HEADERS]}
            await send(message)

        await self.app(scope, receive, guarded)


def _same_origin(scope: Any) -> bool:
    headers = {
        key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]
    }
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")
