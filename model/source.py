"""What the code does, as a digest: two versions with the same digest give the same numbers."""

import ast
import hashlib
from functools import cache, lru_cache
from pathlib import Path


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
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            del body[0]
    return in_words(tree).encode()


def in_words(node: object) -> str:
    """A syntax tree as text that is the same in every version of Python, whatever fields it has come to have since."""
    if isinstance(node, ast.AST):
        fields = (
            f"{name}={in_words(value)}"
            for name, value in sorted(ast.iter_fields(node))
            if value is not None and value != []
        )
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return f"[{','.join(map(in_words, node))}]"
    return f"{type(node).__name__} {node!a}"  # what can be printed depends on the version


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
