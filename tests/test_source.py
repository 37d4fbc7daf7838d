"""The digest of the code is the same with every Python."""

import ast

import pytest

from tashkent.model import source


def test_a_field_that_later_pythons_add_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = source.in_words(ast.parse("import a\nfrom b import c"))
    now = ast.parse("import a\nfrom b import c")
    lazy = ast.parse("import a\nfrom b import c")
    for kind in (ast.Import, ast.ImportFrom):
        monkeypatch.setattr(kind, "_fields", (*dict.fromkeys((*kind._fields, "is_lazy")),))
    for tree, value in ((now, 0), (lazy, 1)):
        for node in tree.body:
            node.is_lazy = value  # type: ignore[attr-defined]
    source._fields.cache_clear()
    try:
        assert source.in_words(now) == before
        assert source.in_words(lazy) != before
    finally:
        source._fields.cache_clear()
