"""The site: what can be said of its pages without building them. `make site` builds them and runs what they hold."""

import ast
import html
import inspect
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from markdown_it import MarkdownIt
from typer.main import get_command

import tashkent as tk
from publish.site import fetched_from_elsewhere, leads_nowhere
from tashkent.cli import commands
from tests.blocks import PAGES, ROOT, blocks, command_lines, run

DOCS = ROOT / "docs"
ALL = sorted(str(p.relative_to(ROOT)) for p in DOCS.rglob("*.md"))
TOP = sorted(p.name for p in ROOT.glob("*.md"))
REFERENCE = "\n".join(p.read_text("utf-8") for p in (DOCS / "reference").glob("*.md"))


def test_every_public_name_stands_in_the_reference() -> None:
    named = set(re.findall(r"auto(?:function|class|exception):: tashkent\.(\w+)$", REFERENCE, re.M))
    assert named | {"figures"} == set(tk.__all__)
    assert "automodule:: tashkent.experiments.figures" in REFERENCE


def test_every_public_name_is_exercised() -> None:
    """What is called stands in code of a page or in an example of its own, which are run; a class in a test."""
    fences = r"^```+(?:python|\{code-cell\} python3)\n(.*?)^```"
    texts = [(ROOT / page).read_text(encoding="utf-8") for page in ("README.md", *ALL)]
    pages = "\n".join(code for text in texts for code in re.findall(fences, text, re.M | re.S))
    tests = "\n".join(p.read_text("utf-8") for p in Path(__file__).parent.glob("test_*.py"))
    for module, at in ((tk, "tk."), (tk.figures, "tk.figures.")):
        for name in module.__all__:
            found = getattr(module, name)
            if isinstance(found, type):
                assert re.search(rf"\b{name}\b", tests), name
            elif callable(found):
                assert f"{at}{name}(" in pages or ">>> " in (found.__doc__ or ""), at + name


def test_what_the_reference_names_exists() -> None:
    for module, name in re.findall(
        r"auto(?:function|class|exception):: (tashkent[\w.]*)\.(\w+)$", REFERENCE, re.M
    ):
        found = __import__(module, fromlist=[name])
        assert getattr(found, name).__doc__


def test_links_lead_somewhere() -> None:
    for page in ALL:
        text = (ROOT / page).read_text(encoding="utf-8")
        for target, part in re.findall(r"\]\(([^)#:\s]+)(#[^)\s]*)?\)", text):
            path = (ROOT / page).parent / target
            assert path.exists(), f"{page}: {target}"
            if part and path.suffix == ".md":
                heads = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.M)
                slugs = {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in heads}
                assert part[1:] in slugs, f"{page}: {target}{part}"


def test_every_page_is_reached_from_the_first() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = {
        line
        for tree in re.findall(r"```\{toctree\}\n(.*?)```", index, re.S)
        for line in tree.splitlines()
        if line and not line.startswith(":")
    }
    pages = {p.removeprefix("docs/").removesuffix(".md") for p in ALL} - {"index"}
    assert {p for p in pages if not re.match(r"decisions/\d", p)} == listed


def loose(text: str) -> list[str]:
    """Text of a rendered page with a backtick in it: a span of code that something within it tore."""
    inline = [one for one in MarkdownIt().enable("table").parse(text) if one.type == "inline"]
    parts = [part for one in inline for part in one.children or () if part.type == "text"]
    return [part.content for part in parts if "`" in part.content]


@pytest.mark.parametrize("page", [*TOP, *ALL])
def test_no_span_of_code_is_torn(page: str) -> None:
    assert loose((ROOT / page).read_text(encoding="utf-8")) == []


def test_a_span_of_code_that_is_torn_is_seen() -> None:
    assert loose("* log-odds: `a\n  + b\n  - c` and `d`") == ["log-odds: `a", "d`"]
    assert loose("* log-odds: `a\n  b` and `d`") == []


@pytest.mark.parametrize("page", PAGES)
def test_blocks_are_python(page: str) -> None:
    for block in blocks(page):
        ast.parse(block)


@pytest.mark.parametrize("page", ["README.md", *ALL])
def test_commands_of_a_page_are_commands(page: str) -> None:
    """Each can be read: the command exists, and so do its options, with values of their kind."""
    group = get_command(commands)
    assert isinstance(group, typer.core.TyperGroup)
    for line in command_lines(page):
        _, *words = shlex.split(line)
        if not words or set(words) & {"--help", "--version"} or words[0].isupper():
            continue
        name, command = words.pop(0), None
        command = group.commands[name]
        if isinstance(command, typer.core.TyperGroup):
            command = command.commands[words.pop(0)]
        command.make_context(name, [w for w in words if w not in ("...",)])


def test_a_block_that_fails_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.blocks.blocks", lambda page: ["print(1)", "1 / 0"])
    assert "ZeroDivisionError" in run("any")
    monkeypatch.setattr("tests.blocks.blocks", lambda page: ["x = 1", "print(x)"])
    assert run("any") == ""


PAGE = """---
file_format: mystnb
kernelspec:
  name: python3
---

# A page

tashkent run --runs 5 says "what" it found.

```{code-cell} python3
!echo one
!echo two
```

```{code-cell} python3
print("three")
```

```{eval-rst}
.. autoclass:: tests.test_site.Shown
```
"""


class Shown:
    """What a page shows."""

    @property
    def width(self) -> str:
        """A row for each width: its number and its unit. And more."""
        return ""

    def drawn(self, wide: int) -> int:
        """Draw it.

        Parameters
        ----------
        wide
            In points.

        Returns
        -------
        int
            Always more.
        """
        return wide + 1


@pytest.mark.slow(5)
def test_pages_show_what_a_reader_can_copy(tmp_path: Path) -> None:
    """Hyphens and quotes as they are typed, commands as a terminal takes them, and no sentence torn at its colon."""
    source = tmp_path / "docs"
    (source / "how-to").mkdir(parents=True)
    (source / "conf.py").write_text((DOCS / "conf.py").read_text(encoding="utf-8"))
    (source / "index.md").write_text("# All\n\n```{toctree}\nhow-to/one\n```\n")
    (source / "how-to" / "one.md").write_text(PAGE)
    site = tmp_path / "site"
    asked = f"build(Path({str(site)!r}), Path({str(source)!r}))"
    code = (
        f"import sys; from pathlib import Path; from publish.site import build; sys.exit({asked})"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    page = (site / "how-to" / "one.html").read_text(encoding="utf-8")
    text = html.unescape(re.sub(r"<[^>]+>", "", page))
    assert 'tashkent run --runs 5 says "what" it found.' in text
    assert "\necho one\necho two\n" in text
    assert 'print("three")' in text
    assert "A row for each width: its number and its unit. And more." in text
    assert "wide – In points." in text
    assert "int – Always more." in text


def test_every_figure_says_that_it_gives_a_picture() -> None:
    """The signature is what the reference and `help` show."""
    for name in set(tk.figures.__all__) - {"Picture"}:
        assert inspect.signature(getattr(tk.figures, name)).return_annotation is tk.figures.Picture


def test_what_leads_nowhere_is_seen(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "one.html").write_text(
        '<h1 id="top"><a class="x" href="in/two.html?v=1#here">a</a> <a href="#top">b</a> <a href="https://a.example/#b">c</a>'
    )
    (tmp_path / "in" / "two.html").write_text('<p id="here"><a href="../one.html">back</a>')
    assert not list(leads_nowhere(tmp_path))
    (tmp_path / "three.html").write_text(
        '<a href="four.html">a</a> <a href="in/two.html#there">b</a> <a href="#gone">c</a>'
    )
    assert list(leads_nowhere(tmp_path)) == [
        "three.html: four.html",
        "three.html: in/two.html#there",
        "three.html: #gone",
    ]


def test_what_a_page_fetches_from_elsewhere_is_seen(tmp_path: Path) -> None:
    (tmp_path / "one.html").write_text(
        '<a href="https://a.example"><script src="_static/a.js"></script><img alt="x" src="b.png">'
    )
    assert not list(fetched_from_elsewhere(tmp_path))
    (tmp_path / "two.html").write_text(
        '<script async src="https://cdn.example/a.js"></script><link rel="stylesheet" href="//c.example/d.css">'
    )
    assert list(fetched_from_elsewhere(tmp_path)) == [
        "two.html: https://cdn.example/a.js",
        "two.html: //c.example/d.css",
    ]
