"""The server of the dashboard: offline, for this machine unless told otherwise, with limits on what visitors take."""

import os
import secrets
import socket
import threading
import webbrowser

#: overridden by what the environment already says
SETTINGS = {
    "SOLARA_APP": "tashkent.dashboard.page",
    "SOLARA_MODE": "production",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "false",
    "SOLARA_THEME_SHOW_BANNER": "false",
    "SOLARA_THEME_TITLE": "tashkent",
    "SOLARA_THEME_LOADER": "plain",
    # a page whose server has been started anew is loaded again
    "SOLARA_THEME_FORCE_REFRESH": "true",
    "SOLARA_ASSETS_PROXY": "true",
    "SOLARA_ASSETS_EXTRA_LOCATIONS": "tashkent.dashboard.assets",
    "SOLARA_KERNEL_CULL_TIMEOUT": "10m",
}
#: bytes of the largest message that a page may send: an upload is a message, and far smaller
LARGEST_MESSAGE = 2**20
#: pages that may be open at once, in all and in one browser
PLACES, EACH = 80, 6
#: seconds between two questions whether a socket is alive, and until one that does not answer has lost its place
PING, PONG = 5.0, 20.0
#: seconds that open sockets may take to end when the server does
FAREWELL = 1


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


def serve(host: str, port: int, *, show: bool, places: int = PLACES) -> None:
    """Serve the dashboard until it is stopped; `show` opens a browser on it, `places` pages may be open at once."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("SOLARA_SESSION_SECRET_KEY", secrets.token_hex(32))
    import uvicorn
    from solara.server.starlette import app

    from tashkent.dashboard.guard import Guard, Room
    from tashkent.dashboard.results import warm
    from tashkent.model.memory import share_heap

    share_heap()
    warm()
    address = f"http://{'localhost' if host in ('0.0.0.0', '127.0.0.1', '::') else host}:{port}"
    print(f"The dashboard is at {address}; Ctrl-C ends it.", flush=True)
    if show:
        threading.Timer(1.5, webbrowser.open, [address]).start()
    uvicorn.run(
        Guard(app, Room(places, EACH)),
        host=host,
        port=port,
        log_level="warning",
        ws_max_size=LARGEST_MESSAGE,
        ws_ping_interval=PING,
        ws_ping_timeout=PONG,
        timeout_graceful_shutdown=FAREWELL,
    )
