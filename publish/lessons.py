"""docs/lessons/: eight lessons of fifty minutes, whose keys are figures of the record, the law and the shipped results.

``python -m publish.lessons`` writes them; no history is run, so ``--page`` changes nothing. A template in
``publish/templates/lessons/`` holds the words, and no figure: each is asked for by a function of `publish.quoted`.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from publish.page import ROOT, rendered, write
from publish.quoted import Quoted
from tashkent.model.case import load_case

FOLDER = Path("docs/lessons")
#: template -> title, in the order in which they are given
LESSONS = {
    "1-the-record": "The record told",
    "2-threats-and-ties": "Threats and ties",
    "3-the-law": "The law",
    "4-rivals": "Rivals that compete",
    "5-abandonment-or-entrapment": "Abandonment or entrapment",
    "6-what-if": "What if, and common luck",
    "7-is-it-true": "Is it true?",
    "8-build-your-own": "Build your own",
}


def lessons(root: Path = ROOT) -> dict[Path, str]:
    """The pages by where they stand, and the page that lists them."""
    figures = Quoted(load_case("cst"), root)
    names = list(LESSONS)
    found = {}
    for place, (name, title) in enumerate(LESSONS.items()):
        later = names[place + 1] if place + 1 < len(names) else None
        text = rendered(
            f"lessons/{name}.md",
            f=figures,
            name=name,
            number=place + 1,
            title=title,
            later=later,
            titles=LESSONS,
        )
        found[FOLDER / f"{name}.md"] = text.rstrip("\n") + "\n"
    found[FOLDER / "README.md"] = rendered("lessons/README.md", f=figures, titles=LESSONS)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="the same: nothing is run")
    parser.parse_args(arguments)
    (ROOT / FOLDER).mkdir(exist_ok=True)
    for path, text in lessons().items():
        write(path, text)


if __name__ == "__main__":
    main()
