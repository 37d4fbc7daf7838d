"""The server of the dashboard: offline, for this machine unless told otherwise, with limits on what visitors take."""

import os
import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import Sequence
from contextlib import suppress

from tashkent.dashboard.guard import ALONE, App, Guard, Room

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
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "false",
    "SOLARA_ASSETS_EXTRA_LOCATIONS": "tashkent.dashboard.assets",
    "SOLARA_KERNEL_CULL_TIMEOUT": "10m",
    "SOLARA_SESSION_HTTP_ONLY": "true",
}
#: where the address for other devices stands for the pages; empty if this machine alone can open them
BOARD_VARIABLE = "TASHKENT_BOARD"
#: bytes of the largest message that a page may send: an upload is a message, and far smaller
LARGEST_MESSAGE = 2**20
#: hosts that are all addresses of this machine
EVERYWHERE = ("0.0.0.0", "::")
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


def own_address() -> str:
    """The address of this machine in its network; that of itself alone if it is in none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # kept for documentation: nobody is there
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def board_of(host: str, port: int, root: str) -> str:
    """The address that a class types or scans; empty if this machine alone can open the pages."""
    if host in EVERYWHERE:
        return f"http://{own_address()}:{port}{root}/"
    if host in ALONE:
        return ""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{root}/"


def announced(host: str, port: int, root: str, board: str) -> list[str]:
    """What is said at the start: where the pages are, and who can open them."""
    by_itself = not board or host in EVERYWHERE
    here = f"http://localhost:{port}{root}" if by_itself else board.rstrip("/")
    said = [f"The dashboard is at {here}; Ctrl-C ends it."]
    if board:
        said.append(f"On other devices: {board} - anybody in this network can open it.")
    return said


def drawn(board: str) -> list[str]:
    """The address for other devices as a QR code, if somebody looks who can see it; else nothing."""
    if not board or not sys.stdout.isatty():
        return []
    from tashkent.dashboard import qr

    lines = qr.lines(board)
    try:
        "".join(lines).encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return []
    return lines


def own_names(host: str) -> tuple[str, ...]:
    """Names of this machine by which its pages may be asked for, beside its addresses."""
    machine = socket.gethostname()
    return (host, machine, f"{machine}.local", machine.partition(".")[0])


def serve(
    host: str,
    port: int,
    *,
    show: bool,
    places: int = PLACES,
    names: Sequence[str] = (),
    root: str = "",
    classes: bool = False,
) -> None:
    """Serve the dashboard until it is stopped.

    Parameters
    ----------
    host, port
        Where.
    show
        Open a browser on it.
    places
        Pages that may be open at once.
    names
        Names by which the pages may be asked for, beside those of this machine.
    root
        The path under which a proxy shows the pages, such as /class; none if empty.
    classes
        Let rooms be opened for a class (`dashboard.room`).
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("SOLARA_SESSION_SECRET_KEY", secrets.token_hex(32))
    # else both are what the first request says
    os.environ.setdefault("SOLARA_ROOT_PATH", root)
    os.environ.setdefault("SOLARA_BASE_URL", f"http://localhost:{port}{root}")
    board = board_of(host, port, root)
    os.environ[BOARD_VARIABLE] = board
    import uvicorn
    from solara.server.starlette import app
    from uvicorn.config import STARTUP_FAILURE

    from tashkent.dashboard.lean import Lean
    from tashkent.dashboard.results import warm
    from tashkent.model.memory import share_heap

    share_heap()
    warm()
    for line in (*announced(host, port, root, board), *drawn(board)):
        print(line, flush=True)
    address = "localhost" if host in EVERYWHERE else host
    first = f"http://{address}:{port}{root}/"
    served: App = Lean(app)
    if classes:
        from tashkent.dashboard.room_server import with_class

        served, path = with_class(served, port, board, root, lambda: server.should_exit)
        first = first.rstrip("/") + path
        print(f"For the teacher alone, to open a room: {first}", flush=True)
    if show:
        threading.Timer(1.5, webbrowser.open, [first]).start()
    config = uvicorn.Config(
        Guard(served, Room(places, EACH), (*names, *own_names(host)), root),
        host=host,
        port=port,
        log_level="warning",
        ws_max_size=LARGEST_MESSAGE,
        ws_ping_interval=PING,
        ws_ping_timeout=PONG,
        timeout_graceful_shutdown=FAREWELL,
    )
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)
