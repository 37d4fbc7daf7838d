"""What is written for whoever carries on is true of the code: modules, arrows, decisions, targets, folders."""

import ast
import re
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from publish import guide

ROOT = Path(__file__).parent.parent
#: a step of the flow: name, words, paths
NODE = re.compile(r'^ +(\w+)\["[^"<]+<br>([^"]+)"\]', re.MULTILINE)
ARROW = re.compile(r'^ +(\w+)(?:\["[^"]+"\])? --> (\w+)$', re.MULTILINE)
FLOW = "evidence case inputs world perceive deliberate council apply record measures studies faces"


def architecture() -> str:
    return (ROOT / guide.ARCHITECTURE).read_text(encoding="utf-8")


def steps() -> dict[str, list[str]]:
    """Step of the flow -> folders and modules where it happens."""
    return {name: paths.split(", ") for name, paths in NODE.findall(architecture())}


def layer(path: str) -> str:
    """The layer of the contract to which a path belongs."""
    return path.removeprefix("src/tashkent/").split("/")[0]


def imported(paths: list[str]) -> set[str]:
    """Layers from which modules at some paths import."""
    wholes = [ROOT / path for path in paths]
    modules = (m for w in wholes for m in ([w] if w.is_file() else w.rglob("*.py")))
    return {layer for module in modules for layer in imported_by(module)}


@cache
def imported_by(module: Path) -> frozenset[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        found += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found += [n.name for n in node.names] if isinstance(node, ast.Import) else []
    return frozenset(name.split(".")[1] for name in found if name.startswith("tashkent."))


@pytest.mark.slow
def test_pages_are_those_of_the_code_and_the_records() -> None:
    assert architecture() == guide.architecture(), "run: make docs"
    found = (ROOT / guide.DECISIONS).read_text(encoding="utf-8")
    assert found == guide.decisions(), "run: make docs"


def test_the_flow_is_whole_and_its_modules_exist() -> None:
    assert list(steps()) == FLOW.split()
    assert ARROW.findall(architecture()) == list(zip(FLOW.split(), FLOW.split()[1:], strict=False))
    for paths in steps().values():
        assert all((ROOT / path).exists() for path in paths), paths


@pytest.mark.slow
def test_no_arrow_goes_against_the_imports() -> None:
    """What flows between two layers, the upper one fetches or hands down; the lower one knows nothing of it."""
    order = guide.layers()
    for pair in ARROW.findall(architecture()):
        one, other = (steps()[name] for name in pair)
        for a, b in ((a, b) for a in one for b in other if layer(a) != layer(b)):
            upper, lower = sorted((a, b), key=lambda path: order.index(layer(path)))
            assert layer(lower) in imported([layer(upper)]) or upper.startswith("src"), pair
            assert layer(upper) not in imported([lower]), pair


def test_layers_are_folders_and_import_downwards_alone() -> None:
    order = guide.layers()
    homes = {name: f"src/tashkent/{name}" if name == "cli" else name for name in order}
    for upper, lower in combinations(order, 2):
        allowed = (upper, lower) == ("dashboard", "cli")  # the command that starts the server
        assert allowed or upper not in imported([homes[lower]]), (lower, upper)


def test_every_decision_that_is_superseded_names_one_that_is_there() -> None:
    text = (ROOT / guide.DECISIONS).read_text(encoding="utf-8")
    numbers = set(re.findall(r"^\| (\d+) ", text, re.MULTILINE))
    assert len(numbers) == len(re.findall(r"^\| \d+ ", text, re.MULTILINE)) > 18
    assert set(re.findall(r"superseded by (\d+)", text)) <= numbers


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "README.md"])
def test_targets_and_files_that_a_page_names_are_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^ {4})make ([a-z0-9-]+)", text, re.MULTILINE)) <= targets
    paths = re.findall(r"`((?:\.?[a-z_]+/)+[a-z_]*(?:\.\w+)?)`", text)
    made = (".venv/", "build/", "dist/")
    assert not [p for p in paths if not p.startswith(made) and not (ROOT / p).exists()]
