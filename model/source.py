"""What the code does, as a digest: two versions with the same digest give the same numbers. And its commit."""

import ast
import hashlib
import os
import subprocess
from functools import cache, lru_cache
from pathlib import Path

#: fields that nodes have come to have since Python 3.12 and that are zero in earlier code: 3.15 marks lazy imports
_SINCE = frozenset({"is_lazy"})


@lru_cache(maxsize=8)
def code_digest(*packages: str) -> bytes:
    """A digest of the modules of some packages: their syntax without comments and docstrings."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for package in packages:
        for path in _modules(root / package):
            digest.update(path.relative_to(root).as_posix().encode() + _code_of(path))
    return digest.digest()


@cache
def _code_of(path: Path) -> bytes:
    """The syntax of a module without comments and docstrings; packages that are asked for together share modules."""
    return in_words(ast.parse(path.read_bytes())).encode()


def in_words(node: object) -> str:
    """A syntax tree without docstrings as text that is the same in every version of Python.

    Fields that it has come to have since, and that say nothing here, are left away.
    """
    if isinstance(node, list):
        return f"[{','.join([in_words(each) for each in node])}]"
    if not isinstance(node, ast.AST):
        return f"{type(node).__name__} {node!a}"  # what can be printed depends on the version
    parts = []
    # a checker takes the hash of nodes for that of their class
    for name in _fields(type(node)):  # type: ignore[arg-type]
        value = getattr(node, name, None)
        if name == "body" and isinstance(value, list) and value and _is_text(value[0]):
            value = value[1:]
        if value is not None and value != [] and (value or name not in _SINCE):
            parts.append(f"{name}={in_words(value)}")
    return f"{type(node).__name__}({','.join(parts)})"


@cache
def _fields(kind: type[ast.AST]) -> list[str]:
    """The fields of a kind of node in alphabetical order."""
    return sorted(kind._fields)


@cache
def commit() -> str | None:
    """The commit of the checkout that this is run from (`commit_at`); None for what was installed without one."""
    return commit_at(Path(__file__).resolve().parents[1])


def commit_at(root: Path) -> str | None:
    """The commit of the checkout in a folder, with ``-dirty`` if files of it were changed since.

    None if it is no checkout, and where git is absent or cannot say.
    """
    if not (root / ".git").exists():
        return None
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    # a hook of git's runs with variables that name another checkout
    place = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        said = subprocess.run(
            command, cwd=root, env=place, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip() or None


def _modules(package: Path) -> list[Path]:
    """The modules of a package and of packages within it; what builds the tables of a case is none of the model."""
    inside = (path.relative_to(package) for path in package.rglob("*.py"))
    return [package / path for path in sorted(inside) if path.parts[0] != "cases"]


def _is_text(node: ast.AST) -> bool:
    """Whether a statement is a string alone."""
    value = getattr(node, "value", None)
    return (
        isinstance(node, ast.Expr)
        and isinstance(value, ast.Constant)
        and isinstance(value.value, str)
    )
