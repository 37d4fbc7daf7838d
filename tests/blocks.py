"""What stands in pages as code, run: ``python -m tests.blocks`` runs every block of Python, page by page.

Blocks of a page share their names, as they do for a reader who types them one after the other. They run in a folder
of their own, in which `docs/` and a folder of `tashkent calibrate` can be found.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: what a notebook runs is run by the build of the site
PAGES = (
    "README.md",
    *sorted(
        str(path.relative_to(ROOT))
        for path in (ROOT / "docs").rglob("*.md")
        if "```python" in path.read_text(encoding="utf-8")
    ),
)
SAMPLE = ROOT / "model/cases/cst/posterior.nc"
THEORY = (ROOT / "docs/examples/own_theory.py").read_text(encoding="utf-8")
#: blocks of one page may take so many seconds
PATIENCE = 300


def blocks(page: str) -> list[str]:
    """The blocks of Python of a page, but for the theory that stands in a file too, which the next block reads."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [block for block in found if block != THEORY]


def command_lines(page: str) -> Iterator[str]:
    """The lines of a page that are commands of this program, without what is said behind them."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for line in re.findall(r"^(?:    |!)(?:\.venv/bin/)?(tashkent .+)$", text, flags=re.MULTILINE):
        yield re.sub(r"\s+#.*$", "", line).strip()


def run(page: str) -> str:
    """Run the blocks of a page; what they said if one of them failed, or nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "docs").symlink_to(ROOT / "docs")
        (folder / "tashkent-calibration").mkdir()
        (folder / "tashkent-calibration" / SAMPLE.name).symlink_to(SAMPLE)
        # the folders of the repository that no wheel holds
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        # typed and not a file, as in a notebook: processes that it starts do not run it again
        done = subprocess.run(
            [sys.executable, "-c", "import sys; exec(sys.stdin.read())"],
            input="\n".join(blocks(page)),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    return done.stderr or f"exit code {done.returncode}" if done.returncode else ""


def timed(page: str) -> tuple[str, float]:
    """What `run` says of a page, and how many seconds that took."""
    start = time.monotonic()
    return run(page), time.monotonic() - start


def main() -> int:
    """Run all pages, or those that are named, a page on each core."""
    failed = 0
    pages = sys.argv[1:] or PAGES
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for page, (said, took) in zip(pages, pool.map(timed, pages), strict=True):
            failed += bool(said)
            print(f"{page}: {len(blocks(page))} blocks, {took:.0f} s", flush=True)
            if said:
                print(said, file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
