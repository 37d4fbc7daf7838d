"""docs/glossary.md: the words of the pages in plain sentences, and those that the shipped case brings.

``python -m publish.glossary`` writes it; there is nothing to run before, so ``--page`` changes nothing.
"""

import argparse
from pathlib import Path

from publish.page import rendered, write
from tashkent.dashboard.glossary import words, words_of
from tashkent.model.case import load_case

PAGE = Path("docs/glossary.md")


def page() -> str:
    """The page in Markdown."""
    shared, brought = (
        [(word.word, word.said) for word in part] for part in (words(), words_of(load_case("cst")))
    )
    return rendered("glossary.md", words=shared, brought=brought)


def main(arguments: list[str] | None = None) -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="the same: there are no tables")
    parser.parse_args(arguments)
    write(PAGE, page())


if __name__ == "__main__":
    main()
