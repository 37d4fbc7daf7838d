"""docs/architecture.md and docs/decisions/README.md: what there is, from the code and the records themselves.

``python -m publish.guide`` writes them; there is nothing to run before, so ``--page`` changes nothing.
"""

import argparse
import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from publish.page import ROOT, rendered, table, write

ARCHITECTURE = Path("docs/architecture.md")
DECISIONS = Path("docs/decisions/README.md")
#: what has modules, in the order of the page
FOLDERS = (
    "agents",
    "model",
    "calibration",
    "experiments",
    "src/tashkent",
    "dashboard",
    "publish",
    "benchmarks",
)
TITLE = re.compile(r"# (\d+)\. (.+)")
SUPERSEDED = re.compile(r"^\*\*Superseded by (\d+)\.\*\*", re.MULTILINE)


def modules(folder: str) -> Iterator[Path]:
    """Paths of the modules of a folder, relative to the root; what a link leads to belongs to another."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        if not any(parent.is_symlink() for parent in path.parents):
            yield path.relative_to(ROOT)


def first_line(path: Path) -> str:
    """What a module is for, by its own docstring."""
    words = ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8"))) or ""
    return words.split("\n\n")[0].replace("\n", " ")


def layers() -> list[str]:
    """Folders of the package from the top down, as the import contract has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (found,) = (c["layers"] for c in contracts if c["id"] == "layers")
    return list(found)


def architecture() -> str:
    """The page on the code."""
    folders = []
    for folder in FOLDERS:
        rows = [(f"`{p.relative_to(folder).as_posix()}`", first_line(p)) for p in modules(folder)]
        folders.append({"name": f"{folder}/", "table": table(("module", "what"), rows)})
    order = "\n".join(f"{n}. `{name}`" for n, name in enumerate(layers(), 1))
    text = rendered("architecture.md", layers=order, folders=folders)
    return text.rstrip("\n") + "\n"


def decisions() -> str:
    """The index of decision records with their status.

    Raises
    ------
    ValueError
        If a record does not begin with its number and title.
    """
    rows = []
    for path in sorted((ROOT / DECISIONS.parent).glob("[0-9]*.md")):
        text = path.read_text(encoding="utf-8")
        title, later = TITLE.match(text), SUPERSEDED.search(text)
        if title is None or int(title[1]) != int(path.name[:4]):
            raise ValueError(f"{path.name} should begin '# {int(path.name[:4])}. Title'")
        status = f"superseded by {later[1]}" if later else "accepted"
        rows.append((title[1], f"[{title[2]}]({path.name})", status))
    return rendered("decisions.md", index=table(("", "decision", "status"), rows))


def main(arguments: list[str] | None = None) -> None:
    """Write both pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="the same: there are no tables")
    parser.parse_args(arguments)
    write(ARCHITECTURE, architecture())
    write(DECISIONS, decisions())


if __name__ == "__main__":
    main()
