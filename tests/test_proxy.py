"""The dashboard behind nginx, as docs/dashboard.md has it: under a path, with and without the whole name passed on."""

import http.client
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browsing import IDLE, Server, free_port, serving

pytestmark = [pytest.mark.slow]

RECIPE = Path(__file__).parent.parent / "docs" / "dashboard.md"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def recipe() -> str:
    """The location of nginx that the page shows."""
    found = re.search(r"```nginx\n(.*?)```", RECIPE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    if shutil.which("nginx") is None:
        words = "nginx is not installed (Debian: apt-get install nginx-light)"
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    options = ("--root-path", "/class", "--allow-host", "school.example")
    with serving(*options, first=IDLE) as server:
        yield server


@pytest.fixture(params=["whole", "without its port", "not at all"])
def proxy(request: pytest.FixtureRequest, served: Server, tmp_path: Path) -> Iterator[int]:
    """A real nginx before it; the port on which it listens."""
    port = free_port()
    host = {"whole": "$http_host", "without its port": "$host", "not at all": "$proxy_host"}
    location = recipe().replace("127.0.0.1:8765", f"127.0.0.1:{served.port}")
    assert "Host $http_host" in location
    location = location.replace("Host $http_host", f"Host {host[request.param]}")
    config = tmp_path / "nginx.conf"
    config.write_text(
        f"daemon off; pid {tmp_path}/pid; error_log stderr; worker_processes 1;\n"
        "events { worker_connections 64; }\n"
        "http { access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f;\n"
        f"uwsgi_temp_path u; scgi_temp_path s; server {{ listen 127.0.0.1:{port};\n{location}}} }}\n",
        encoding="utf-8",
    )
    command = ["nginx", "-p", str(tmp_path), "-c", str(config)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert process.poll() is None, "nginx ended"
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def ask(port: int, path: str, **headers: str) -> tuple[int, str]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        link.request("GET", path, headers={"Host": f"school.example:{port}", **headers})
        answer = link.getresponse()
        body = b"" if answer.status == 101 else answer.read()
        return answer.status, body.decode("utf-8", "replace")
    finally:
        link.close()


def test_the_recipe_serves_pages_parts_and_sockets(proxy: int) -> None:
    status, page = ask(proxy, "/class/")
    assert status == 200
    parts = re.findall(r'(?:src|href)="(/[^"]+)"', page)
    assert parts
    for part in parts:
        assert part.startswith("/class/"), part
        assert ask(proxy, part)[0] == 200, part
    handshake = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
    }
    place = "/class/jupyter/api/kernels/abc/channels?session_id=s"
    own = f"http://school.example:{proxy}"
    assert ask(proxy, place, Origin=own, **handshake)[0] == 101
    assert ask(proxy, place, Origin="http://elsewhere.example", **handshake)[0] == 403
