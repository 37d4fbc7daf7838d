"""How the code is written: what no linter counts. One test a rule, and each rule finds what breaks it."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("agents", "model", "calibration", "experiments", "dashboard", "src", "publish")

#: the model once more, which is read as one text from top to bottom (docs/decisions/0138-the-glass-box-is-one-file.md)
ONE_TEXT = "experiments/glass_box.py"
#: rule -> how many may still break it; each number may only fall
STILL_ALLOWED: dict[str, int] = {}

type Function = ast.FunctionDef | ast.AsyncFunctionDef

#: what says how an array lies: "shape (R, S)", "(..., K)", "a scalar", "like `status`", "along the last axis"
SHAPE = re.compile(r"[Ss]hape|\((?:R|T|rows|n),|\(rows|\.\.\.,|scalar|like|ax[ei]s")
RAISES = re.compile(r"^\s*Raises\n\s*------\n", re.MULTILINE)


parse = lru_cache(maxsize=None)(ast.parse)


@lru_cache(maxsize=1)
def modules() -> dict[str, str]:
    """Path -> text of all that is no test and no benchmark; links are not followed."""
    found = [p for folder in FOLDERS for p in (ROOT / folder).rglob("*.py")]
    found = [p for p in found if not any(x.is_symlink() for x in p.parents)]
    return {str(p.relative_to(ROOT)): p.read_text() for p in sorted(found)} | {
        "app.py": (ROOT / "app.py").read_text()
    }


def array_names(texts: dict[str, str]) -> set[str]:
    """`NDArray`, and every name that the code gives to a kind of it (``Floats = NDArray[np.float64]``)."""
    named = re.compile(
        r"^(?:type )?(\w+)(?:: TypeAlias)? = (?:\w+\.)*(?:NDArray|ndarray)\[", re.MULTILINE
    )
    return {"NDArray", "ndarray"}.union(*(named.findall(text) for text in texts.values()))


def public_functions(tree: ast.Module) -> Iterator[Function]:
    """Functions of a module and methods of its classes, if all their names are public."""
    within: list[ast.stmt] = list(tree.body)
    for node in within:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            within.extend(node.body)
        elif isinstance(node, Function.__value__) and not node.name.startswith("_"):
            yield node


def is_layout(function: Function) -> bool:
    """Whether it lays out a part of a page: a component of Solara."""
    return any(ast.unparse(d).startswith("solara.component") for d in function.decorator_list)


def class_names(texts: dict[str, str]) -> list[str]:
    """Public names of classes that stand in more than one module."""
    places: dict[str, list[str]] = {}
    for path, text in texts.items():
        for node in parse(text).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(path)
    return [f"{name}: {', '.join(where)}" for name, where in places.items() if len(where) > 1]


def long_modules(texts: dict[str, str], most: int = 500) -> list[str]:
    """Modules of more lines than `most`, but for the glass box."""
    lengths = {path: text.count("\n") for path, text in texts.items() if path != ONE_TEXT}
    return [f"{path}: {n} lines" for path, n in lengths.items() if n > most]


def long_functions(texts: dict[str, str], most: int = 60) -> list[str]:
    """Functions of more lines than `most` below the docstring, layout of pages apart."""
    found = []
    for path, text in texts.items():
        for node in ast.walk(parse(text)):
            if isinstance(node, Function.__value__) and not is_layout(node):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                if lines > most:
                    found.append(f"{path}:{node.lineno} {node.name}: {lines} lines")
    return found


def private_names(texts: dict[str, str]) -> list[str]:
    """Imports of what is private to another module: ruff's SLF001 sees ``module._name`` alone."""
    return [
        f"{path}:{node.lineno} {name.name}"
        for path, text in texts.items()
        for node in ast.walk(parse(text))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.name.startswith("_") and not name.name.startswith("__")
    ]


def shapes(texts: dict[str, str]) -> list[str]:
    """Public functions that take or give arrays and do not say of what shape."""
    arrays = re.compile(rf"\b({'|'.join(sorted(array_names(texts)))})\b")
    found = []
    for path, text in texts.items():
        for f in public_functions(parse(text)):
            types = ast.unparse(f.args) + (f" {ast.unparse(f.returns)}" if f.returns else "")
            if arrays.search(types) and not SHAPE.search(ast.get_docstring(f) or ""):
                found.append(f"{path}:{f.lineno} {f.name}")
    return found


def raises(texts: dict[str, str]) -> list[str]:
    """Public functions with a ``raise`` of their own and no section that says when.

    The docstring of a command is its help, and an error there is a line for the user.
    """
    return [
        f"{path}:{f.lineno} {f.name}"
        for path, text in texts.items()
        for f in public_functions(parse(text))
        if any(isinstance(node, ast.Raise) and node.exc for node in ast.walk(f))
        and path != f"src/tashkent/cli/{f.name}.py"
        and not RAISES.search(ast.get_docstring(f) or "")
    ]


RULES = {
    "class names": class_names,
    "long functions": long_functions,
    "long modules": long_modules,
    "private names": private_names,
    "shapes": shapes,
    "raises": raises,
}


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_the_code_keeps(rule: str) -> None:
    broken = RULES[rule](modules())
    assert len(broken) <= STILL_ALLOWED.get(rule, 0), f"{rule}:\n" + "\n".join(broken)


LONG = "def long() -> None:\n" + "    print()\n" * 61
BREAKS = {
    "class names": {"a.py": "class Plan: ...", "b.py": "class Plan: ..."},
    "long functions": {"a.py": LONG},
    "long modules": {"a.py": "\n" * 501},
    "private names": {"a.py": "from tashkent.model.case import Case, _check"},
    "shapes": {
        "a.py": "Floats = NDArray[np.float64]",
        "b.py": 'class A:\n    def f(x: Floats):\n        """Twice as much."""',
    },
    "raises": {
        "a.py": 'def f(x):\n    """Refuse, which Raises nobody expects."""\n    raise ValueError(x)'
    },
}
KEEPS = {
    "class names": {"a.py": "class Plan: ...\nclass _Own: ...", "b.py": "class _Own: ..."},
    "long functions": {"a.py": "@solara.component\n" + LONG},
    "long modules": {"a.py": "\n" * 500},
    "private names": {"a.py": "from __future__ import annotations\nfrom b import name"},
    "shapes": {
        "a.py": 'def f(x: NDArray[np.bool_]):\n    """Twice as much, shape (R, S)."""',
        "b.py": "class _A:\n    def f(x: NDArray[np.bool_]): ...",
    },
    "raises": {
        "a.py": 'def f(x):\n    """Refuse.\n\n    Raises\n    ------\n    ValueError\n        Always.\n    """\n'
        "    raise ValueError(x)",
        "b.py": "def g(x):\n    try: f(x)\n    except ValueError: raise",
    },
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_what_breaks_it_and_nothing_else(rule: str) -> None:
    assert len(RULES[rule](BREAKS[rule])) == 1
    assert not RULES[rule](KEEPS[rule])
