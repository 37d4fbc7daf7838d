"""docs/rulebook.md: the law of the shipped case in words.

``python -m publish.rulebook`` writes it; there is nothing to run before, so ``--page`` changes nothing.
"""

import argparse
from pathlib import Path

from publish.page import write
from tashkent.model.case import load_case
from tashkent.model.lawbook import rulebook

PAGE = Path("docs/rulebook.md")


def main(arguments: list[str] | None = None) -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="the same: there are no tables")
    parser.parse_args(arguments)
    write(PAGE, rulebook(load_case("cst")))


if __name__ == "__main__":
    main()
