"""A lean first view: of Solara's page and bundles what our pages need, behind a picture that is there at once.

Solara sends all styles of Vuetify and Jupyter, icons, and a typesetter of formulas. Mesa's page in the Lab needs styles
and icons, and asks for them when it is opened (`lab.vue`); no page typesets a formula. What is not known stays whole.
"""

import gzip
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple
from urllib.parse import parse_qs

from solara.server.settings import assets

from tashkent.dashboard.guard import PARTS, App, Message, Receive, Scope, Send
from tashkent.dashboard.results import the_case
from tashkent.dashboard.simulate_page import watched
from tashkent.dashboard.view import FOR_MODELLERS, pages
from tashkent.model.case import Case


class Cuts(NamedTuple):
    """What is left out of a bundle."""

    digest: str
    #: patterns, and what stands in the place of what they find
    cuts: Sequence[tuple[str, str]]


#: what is seen until the page itself is drawn
PICTURE = Template((Path(__file__).parent / "first.html").read_text(encoding="utf-8"))
#: where Solara's bundles are asked for
BUNDLES = "/_solara/cdn/"
#: with what the classes begin that our pages, and what Solara puts around them, have of Vuetify's styles
CLASSES = (
    *("v-application", "theme--", "v-sheet", "v-card", "v-overlay", "v-dialog", "v-alert"),
    *("v-progress-linear", "v-progress-circular", "d-flex", "ma-0", "elevation-0", "solara-"),
)
#: of a bundle what is left out, and what stands there instead: for the one file with this digest
CUTS: Mapping[str, Cuts] = {
    # KaTeX
    "@widgetti/solara-vuetify-app@10.1.1/dist/solara-vuetify-app8.min.js": Cuts(
        "6e28bba6d29f933aae6369d446fb1da99c72ae5c912c7ce56dfca66ab14ce8d1",
        ((r"(?s)15556:function\(e\)\{.*?(?=15686:\(e,t,n\)=>\{)", "15556:e=>{e.exports={}},"),),
    ),
    # comments, but that of its licence
    "requirejs@2.3.6/require.js": Cuts(
        "9485f0917f97fcf4f63a5ea365200ffd57f123f451382a2f9a1ad2e2fd51ac9b",
        ((r"(?m)^ *//.*\n", ""), (r"(?ms)^ +/\*\*\n.*?\*/\n", "")),
    ),
}
#: links to styles in Solara's page: of the first the rules are put in that are kept, the second is left out
_STYLES = re.compile(r'<link href="([^"]*/_solara/cdn/([^"]*/dist/main\d\.css))"[^>]*></link>')
_FONTS = re.compile(r'<link href="([^"]*/dist/fonts\.css)"[^>]*></link>')
#: what Vue takes for itself
_APP = '<div id="app"'
#: a comment or a string of a style sheet, which may hold anything
_OPAQUE = re.compile(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|url\([^)]*\)", re.DOTALL)
_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
#: Solara's words for what its address says the version of
_FOR_GOOD = b"public, max-age=31536000, immutable"


class Lean:
    """Sends what Solara sends, but of its page and its bundles no more than is needed."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request of ASGI."""
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] != "GET" or not _takes_gzip(scope):
            await self.app(scope, receive, send)
        elif (bundle := path.removeprefix(BUNDLES)) in CUTS and (found := lean_bundle(bundle)):
            kind = (b"content-type", b"text/javascript; charset=utf-8")
            await _answer(send, found, [kind, (b"cache-control", _FOR_GOOD)])
        elif path.startswith(PARTS):
            await self.app(scope, receive, send)
        else:
            await self._page(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The page, which is edited as a whole."""
        kept = [(key, value) for key, value in scope["headers"] if key != b"accept-encoding"]
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
                whole = bytes(body)
                if any(key == b"content-type" and b"html" in value for key, value in headers):
                    asked = parse_qs(scope["query_string"].decode("latin-1"))
                    page = asked.get("page", ["simulate"])[0]
                    whole = lean_page(whole.decode("utf-8"), the_case(), page).encode()
                await _answer(send, gzip.compress(whole, 6, mtime=0), headers, start["status"])

        await self.app({**scope, "headers": kept}, receive, collect)


def lean_page(text: str, case: Case, page: str) -> str:
    """Solara's page with the styles that are needed in it, without fonts, and with a picture of one of our pages."""
    text = text.replace(_APP, picture(case, page) + _APP, 1)
    styles, fonts = _STYLES.search(text), _FONTS.search(text)
    if page in FOR_MODELLERS or styles is None or fonts is None:
        return text
    # the Lab reads there where the whole is
    sheet = f'<style class="solara-template-css" data-whole="{styles[1]} {fonts[1]}">{_styles(styles[2])}</style>'
    return text.replace(fonts[0], "").replace(styles[0], sheet)


def picture(case: Case, page: str) -> str:
    """The head of a page and what it begins with, as it will stand there, for the eye alone."""
    names = pages(case)
    shown = page if page in names else "simulate"
    buttons = "".join(
        f"<b{' class=tk-here' if key == shown else ''}>{escape(name)}</b>"
        for key, name in names.items()
        if key not in FOR_MODELLERS
    )
    said = watched(case, case.focus) if shown == "simulate" else ""
    return PICTURE.substitute(title=escape(case.title), pages=buttons, said=escape(said))


@cache
def lean_bundle(path: str) -> bytes | None:
    """One of the bundles of `CUTS` by its path without what no page needs, packed; None if it is another now."""
    file, known = assets.proxy_cache_dir / path, CUTS[path]
    whole = file.read_bytes() if file.is_file() else b""
    if hashlib.sha256(whole).hexdigest() != known.digest:
        return None
    text = whole.decode("utf-8")
    for pattern, instead in known.cuts:
        text = re.sub(pattern, instead, text)
    return gzip.compress(text.encode(), 9, mtime=0)


@cache
def _styles(path: str) -> str:
    return kept((assets.proxy_cache_dir / path).read_text(encoding="utf-8"))


def kept(sheet: str) -> str:
    """The rules of a style sheet that may concern an element whose classes all begin as `CLASSES` says, or has none.

    Fonts and variables of the whole page are not among them.
    """
    found = []
    for head, body in _rules(sheet):
        if head.startswith("@media"):
            inner = kept(body)
            found += [f"{head}{{{inner}}}"] if inner else []
        elif head.startswith("@"):
            moves = "keyframes indeterminate" in head or "keyframes progress-circular" in head
            found += [f"{head}{{{body}}}"] if moves else []
        else:
            ours = [one for one in _selectors(head) if _concerns_us(one)]
            found += [f"{','.join(ours)}{{{body}}}"] if ours and body.strip() else []
    return "".join(found)


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Head and body of each outermost rule of a style sheet."""
    hidden = _OPAQUE.sub(lambda found: " " * len(found[0]), sheet)
    depth = begins = opened = 0
    for brace in re.finditer(r"[{};]", hidden):
        at = brace.start()
        if brace[0] == "{":
            depth += 1
            opened = at if depth == 1 else opened
        elif brace[0] == "}":
            depth -= 1
            if not depth:
                comments = re.sub(r"/\*.*?\*/", "", sheet[begins:opened], flags=re.DOTALL)
                yield comments.strip(), sheet[opened + 1 : at]
        if not depth:
            begins = at + 1


def _selectors(head: str) -> list[str]:
    """The selectors of a rule: what stands between commas outside of brackets."""
    return [one.strip() for one in re.split(r",(?![^(\[]*[)\]])", head)]


def _concerns_us(selector: str) -> bool:
    return selector != ":root" and all(
        name.startswith(CLASSES) for name in _CLASS.findall(selector)
    )


def _takes_gzip(scope: Scope) -> bool:
    return any(key == b"accept-encoding" and b"gzip" in value for key, value in scope["headers"])


async def _answer(
    send: Send, packed: bytes, headers: list[tuple[bytes, bytes]], status: int = 200
) -> None:
    ours = [
        (b"content-encoding", b"gzip"),
        (b"vary", b"Accept-Encoding"),
        (b"content-length", str(len(packed)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *ours]})
    await send({"type": "http.response.body", "body": packed})
