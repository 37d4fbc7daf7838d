"""The site in build/site/, from docs/ and from what its pages run: ``python -m publish.site``. Sheets of lessons too.

A warning is an error. What is built must work without a network: nothing in a page may be fetched from elsewhere, and
every link within the site must lead somewhere.
"""

import argparse
import gc
import re
import sys
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from publish.page import ROOT
from publish.sheets import write_sheets

SOURCE, OUT = Path("docs"), Path("build/site")
#: what a browser fetches by itself
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*?\bsrc=["']([^"']+)|<link\b[^>]*?\brel=["']stylesheet["'][^>]*?\bhref=["']([^"']+)""",
)
#: what a reader follows, and where on a page it may lead
LINK = re.compile(r'<a\b[^>]*?\bhref="([^"]+)"')
PLACE = re.compile(r'\b(?:id|name)="([^"]+)"')
ELSEWHERE = re.compile(r"^(?:[a-z]+:)?//")


def build(out: Path, source: Path = ROOT / SOURCE) -> int:
    """Build all pages anew; the exit code of Sphinx."""
    from sphinx.cmd.build import build_main

    # pages are trees of many small objects that stay: looking through them again and again finds nothing to free
    gc.set_threshold(100_000, 50, 100)
    arguments = ["-b", "html", "-j", "auto", "-W", "--keep-going", "-E", "-q"]
    arguments += ["-d", str(out.parent / "doctrees")]
    return int(build_main([*arguments, str(source), str(out)]))


def fetched_from_elsewhere(out: Path) -> Iterator[str]:
    """Page and address of whatever a page fetches from another host."""
    for page in sorted(out.rglob("*.html")):
        for found in FETCHED.findall(page.read_text(encoding="utf-8")):
            address = "".join(found)
            if ELSEWHERE.match(address):
                yield f"{page.relative_to(out)}: {address}"


def leads_nowhere(out: Path) -> Iterator[str]:
    """Page and address of whatever leads to a page of the site, or to a place on one, that is not there."""
    pages = {
        page: page.read_text(encoding="utf-8") for page in sorted(out.resolve().rglob("*.html"))
    }
    places = {page: set(PLACE.findall(text)) for page, text in pages.items()}
    for page, text in pages.items():
        for address in dict.fromkeys(LINK.findall(text)):
            parts = urlsplit(unescape(address))
            if parts.scheme or parts.netloc:
                continue
            to = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            place = unquote(parts.fragment)
            if not to.exists() or (place and to in places and place not in places[to]):
                yield f"{page.relative_to(out.resolve())}: {address}"


def main(arguments: list[str] | None = None) -> int:
    """Build the site and look whether it stands alone; 0 if it does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / OUT, help="folder of the pages")
    out = parser.parse_args(arguments).out
    start = time.monotonic()
    code = build(out)
    write_sheets(out / "sheets")
    faults = [f"fetched from elsewhere: {line}" for line in fetched_from_elsewhere(out)]
    faults += [f"leads nowhere: {line}" for line in leads_nowhere(out)]
    for line in faults:
        print(line, file=sys.stderr)
    if not code and not faults:
        pages = len(list(out.rglob("*.html")))
        print(f"{out}/index.html: {pages} pages in {time.monotonic() - start:.0f} s")
    return code or int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
