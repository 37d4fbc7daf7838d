"""The site in build/site/, from docs/ and from what its pages run: ``python -m publish.site``. Sheets of lessons too.

A warning is an error. What is built must work without a network: nothing in a page may be fetched from elsewhere.
"""

import argparse
import gc
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from publish.page import ROOT
from publish.sheets import write_sheets

SOURCE, OUT = Path("docs"), Path("build/site")
#: what a browser fetches by itself
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*?\bsrc=["']([^"']+)|<link\b[^>]*?\brel=["']stylesheet["'][^>]*?\bhref=["']([^"']+)""",
)
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


def main(arguments: list[str] | None = None) -> int:
    """Build the site and look whether it stands alone; 0 if it does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / OUT, help="folder of the pages")
    out = parser.parse_args(arguments).out
    start = time.monotonic()
    code = build(out)
    write_sheets(out / "sheets")
    elsewhere = list(fetched_from_elsewhere(out))
    for line in elsewhere:
        print(f"fetched from elsewhere: {line}", file=sys.stderr)
    if not code and not elsewhere:
        pages = len(list(out.rglob("*.html")))
        print(f"{out}/index.html: {pages} pages in {time.monotonic() - start:.0f} s")
    return code or int(bool(elsewhere))


if __name__ == "__main__":
    sys.exit(main())
