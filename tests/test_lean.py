"""What is sent of Solara's page and bundles: styles that may concern our pages, no typesetter, and a picture first."""

import asyncio
import gzip
from collections.abc import Mapping
from pathlib import Path

import pytest
import solara.server
from solara.server.settings import assets

from tashkent.dashboard.guard import Message, Receive, Scope, Send
from tashkent.dashboard.lean import CUTS, Lean, kept, lean_bundle, lean_page
from tashkent.model.case import Case

STYLES = "@widgetti/solara-vuetify-app@10.1.1/dist/main8.css"
BUNDLE = "@widgetti/solara-vuetify-app@10.1.1/dist/solara-vuetify-app8.min.js"
REQUIRE = "requirejs@2.3.6/require.js"
PAGE = (
    f'<head><link href="/class/_solara/cdn/{STYLES}" rel="stylesheet"></link></head><body>'
    '<div id="app">x</div><link href="/class/_solara/cdn/a/dist/fonts.css" rel="stylesheet"></link>'
)


@pytest.mark.parametrize(
    ("sheet", "wanted"),
    [
        ("a{b:c}", "a{b:c}"),
        ("/* { */ a {b:c} .v-btn{d:e}", "a{b:c}"),
        (".v-btn,.v-card .v-sheet{b:c}", ".v-card .v-sheet{b:c}"),
        (".v-card .v-btn{b:c}.jp-Cell{b:c}", ""),
        (".v-card:not(.v-sheet--tile,.v-btn),p{b:c}", "p{b:c}"),
        (':root{--jp-x:1}@font-face{a:b}q{content:"}"}', 'q{content:"}"}'),
        ("@media print{.v-btn{a:b}p{a:b}}@media screen{.v-btn{a:b}}", "@media print{p{a:b}}"),
        (
            "@keyframes indeterminate{0%{a:b}}@keyframes other{0%{a:b}}",
            "@keyframes indeterminate{0%{a:b}}",
        ),
    ],
)
def test_rules_that_may_concern_us_are_kept(sheet: str, wanted: str) -> None:
    assert kept(sheet) == wanted


def test_a_page_has_its_styles_within_and_a_picture_first(case: Case) -> None:
    page = lean_page(PAGE, case, "simulate")
    assert "<link" not in page
    assert f'data-whole="/class/_solara/cdn/{STYLES} /class/_solara/cdn/a/dist/fonts.css"' in page
    assert ".v-application" in page
    assert ".v-btn" not in page
    assert "Watch Uzbekistan" in page.split('<div id="app"')[0]
    assert "Watch" not in lean_page(PAGE, case, "evidence")
    lab = lean_page(PAGE, case, "lab")  # which needs all styles from the start
    assert lab.count("<link") == 2
    assert "tk-first" in lab
    assert lean_page("<p>another", case, "simulate") == "<p>another"


def test_solara_writes_what_is_looked_for() -> None:
    folder = Path(solara.server.__file__).parent / "templates"
    template = (folder / "solara.html.j2").read_text(encoding="utf-8")
    for wanted in (
        'href="{{cdn}}/@widgetti/solara-vuetify-app@10.1.1/dist/main{{ipywidget_major_version}}.css"',
        'href="{{cdn}}/@widgetti/solara-vuetify-app@10.1.1/dist/fonts.css"',
        '<div id="app"',
    ):
        assert wanted in template


def test_bundles_that_are_known_go_without_what_no_page_needs() -> None:
    for path, gone in ((BUNDLE, "KaTeX parse error"), (REQUIRE, "//Not using strict")):
        whole = (assets.proxy_cache_dir / path).read_text(encoding="utf-8")
        packed = lean_bundle(path)
        assert packed is not None
        lean = gzip.decompress(packed).decode()
        assert gone in whole
        assert gone not in lean
        assert lean.rstrip()[-24:] == whole.rstrip()[-24:]
        assert "license" in lean[:400]
    assert {BUNDLE, REQUIRE} == set(CUTS)


def test_another_bundle_goes_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(assets, "proxy_cache_dir", tmp_path)
    assert lean_bundle.__wrapped__(REQUIRE) is None
    (tmp_path / REQUIRE).parent.mkdir()
    (tmp_path / REQUIRE).write_text("// another version", encoding="utf-8")
    assert lean_bundle.__wrapped__(REQUIRE) is None


async def _solara(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the encodings that it was asked for, or with a page."""
    kind = b"text/html" if scope["path"] == "/" else b"text/plain"
    asked = dict(scope["headers"]).get(b"accept-encoding", b"")
    body = PAGE.encode() if scope["path"] == "/" else asked
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def answered(path: str, encodings: str, method: str = "GET") -> tuple[Mapping[bytes, bytes], bytes]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"accept-encoding", encodings.encode())]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"page=state"}
    asyncio.run(Lean(_solara)({**scope, "headers": headers}, receive, send))
    return dict(sent[0]["headers"]), sent[1]["body"]


def test_what_is_sent_is_packed_once_and_the_rest_is_left_alone() -> None:
    headers, body = answered("/", "gzip, deflate")
    assert headers[b"content-encoding"] == b"gzip"
    assert int(headers[b"content-length"]) == len(body)
    assert b"tk-first" in gzip.decompress(body)
    assert answered("/", "")[1] == PAGE.encode()
    assert answered("/", "gzip", "POST")[1] == PAGE.encode()
    assert answered("/static/x.css", "gzip")[1] == b"gzip"
    assert gzip.decompress(answered("/elsewhere", "gzip")[1]) == b""
    headers, body = answered(f"/_solara/cdn/{REQUIRE}", "gzip")
    assert headers[b"cache-control"].endswith(b"immutable")
    assert b"requirejs" in gzip.decompress(body)
    assert answered("/_solara/cdn/another.js", "gzip")[1] == b"gzip"
