"""The site, as Sphinx makes it: `make site`. Every page is one of this folder; what runs in it runs on this machine."""

import logging
import os
import re
import sys
from functools import reduce
from importlib import import_module
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from docutils import nodes
from jupyter_client.manager import KernelManager
from pygments.lexers.special import TextLexer
from sphinx import addnodes

project = "tashkent"
author = "the tashkent authors"
copyright = author  # noqa: A001 (Sphinx's own name)
version = release = version_of("tashkent")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "tashkent"
html_show_sphinx = False
html_copy_source = False
# What stands in a page is what a reader copies: two hyphens are no dash, and quotes stay as they are typed.
smartquotes = False

# Names in single backticks are words of the code, also where nothing is documented under them.
default_role = "code"
add_module_names = False
autodoc_default_options = {"members": True, "show-inheritance": False}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
python_use_unqualified_type_names = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
# Cells run in each build, for what they call may have changed; an error in one ends it.
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 600
# what a notebook of a lesson folds away (decision 148) is an answer, and may have its code with it
nb_code_prompt_show, nb_code_prompt_hide = "Open", "Close"
nb_mime_priority_overrides = [("html", "image/svg+xml", 0)]


# What is said to a kernel goes through a port that others of this machine can open: where both can, it is encrypted.
KernelManager.transport_encryption.default_value = "auto"
# A package of the theme logs all that anybody tells at a lower level, unless somebody was there before.
logging.basicConfig(level=logging.WARNING)

# Cells call the command as a reader does.
os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


def without_a_place(app: Any, page: str, source: list[str]) -> None:
    """Decisions are led to from their index alone: beside every page they would be half of what stands there."""
    if page.startswith("decisions/0"):
        source[0] = f"---\norphan: true\n---\n\n{source[0]}"


def with_sheet(app: Any, page: str, source: list[str]) -> None:
    """A lesson leads to its sheet, which `make site` puts beside the pages."""
    if page.startswith("lessons/") and not page.endswith("README"):
        name = page.removeprefix("lessons/")
        links = " or ".join(
            f'<a href="../sheets/{name}-{size}.pdf">{label}</a>'
            for size, label in (("a4", "A4"), ("letter", "Letter"))
        )
        source[0] += f"\n```{{raw}} html\n<p>One page to hand out: {links}.</p>\n```\n"


def a_sentence_first(
    app: Any, what: str, name: str, shown: Any, options: Any, lines: list[str]
) -> None:
    """A property begins with a sentence: behind an empty comment, nothing before a colon is taken for a type."""
    if what in ("attribute", "data", "property"):
        lines[:0] = ["..", ""]


def commands_as_typed(app: Any, tree: nodes.document) -> None:
    """A cell of commands alone is shown on how-to pages as a terminal takes it: without the mark of a notebook."""
    if not app.env.docname.startswith("how-to/"):
        return
    for cell in tree.findall(nodes.literal_block):
        lines = cell.astext().splitlines()
        if "cell_input" in cell.parent.get("classes", ()) and all(
            line.startswith("!") for line in lines
        ):
            text = "\n".join(line[1:] for line in lines)
            shown = nodes.literal_block(text, text, language="bash")
            cell.replace_self(shown)


def a_dash_between(app: Any, tree: nodes.document) -> None:
    """Between a parameter or a result and what it is stands a dash, of which Sphinx makes two hyphens."""
    for text in list(tree.findall(nodes.Text)):
        if text.startswith(" -- "):
            text.parent.replace(text, nodes.Text(text.replace(" -- ", " – ", 1)))


def of_ours(app: Any, module: str, name: str) -> str | None:
    """The source of an imported name is shown where it is written, if that is a module of ours."""
    try:
        found = reduce(getattr, name.split("."), import_module(module))
    except AttributeError:  # of instances alone
        return None
    written = getattr(found, "__module__", None) or module
    return written if written.partition(".")[0] == project else module


def short_names_too(app: Any, tree: nodes.document) -> None:
    """A page of source leads back to every name as to those that are imported from the package itself."""
    for shown in tree.findall(addnodes.desc_signature):
        for name in list(shown["ids"]):
            if found := re.fullmatch(rf"{project}\.(?:[a-z_]+\.)+([A-Z]\w*(?:\.\w+)?)", name):
                shown["ids"].append(f"{project}.{found[1]}")


def setup(app: Any) -> None:
    """A diagram is shown as the text that it is drawn from: what draws it would come from the network."""
    app.connect("autodoc-process-docstring", a_sentence_first, priority=400)
    app.add_lexer("mermaid", TextLexer)
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", without_a_place)
    app.connect("source-read", with_sheet)
    app.connect("doctree-read", commands_as_typed)
    app.connect("doctree-read", a_dash_between)
    app.connect("viewcode-follow-imported", of_ours)
    app.connect("doctree-read", short_names_too)
