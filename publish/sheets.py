"""Sheets: one page a lesson to hand out, as PDF in A4 and Letter: aims, predictions, questions with room to write.

``python -m publish.sheets DIR`` writes them; `make site` puts them beside the pages. Their words are those of the
lessons.
"""

import argparse
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publish.lessons import FOLDER, LESSONS, lessons
from publish.page import ROOT
from tashkent.model.case import load_case

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: width and height in inches
SIZES = {"a4": (8.27, 11.69), "letter": (8.5, 11.0)}
#: in inches: the margin, the room of a line of type by its size in points, and of a ruled line
MARGIN, LEADING, RULE = 0.8, 1.4 / 72, 0.3
#: sizes of type in points
TITLE, HEAD, TYPE, SMALL, FOOT = 17, 11.5, 10.5, 8.5, 7
#: fewest ruled lines under a question, and the height of a row of predictions
FEWEST, ROW = 2, 0.32
#: what is predicted -> what one circles, and rows that there is room for
PREDICTIONS = {"change": ("↓   →   ↑", 3), "seat": ("signs   or not", 8)}
GREY = "#777777"


@dataclass(frozen=True)
class Sheet:
    """The words of a sheet, without marks of Markdown."""

    title: str
    aims: str
    questions: tuple[str, ...]
    #: what the class predicts in it, a key of `PREDICTIONS`; nothing if empty
    predicts: str


def sheet_of(text: str) -> Sheet:
    """What a lesson says that belongs on its sheet.

    Examples
    --------
    >>> sheet_of(
    ...     "# Lesson 1: *T*\\n\\n**Aims.** To `see`.\\n\\n## Questions\\n\\n1. Who?\\n2. [Why](a.md)?\\n\\n## Key\\n"
    ... )
    Sheet(title='Lesson 1: T', aims='To see.', questions=('Who?', 'Why?'), predicts='')
    """
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    aims = re.search(r"^\*\*Aims\.\*\* (.+)$", text, re.MULTILINE)
    assert title is not None
    assert aims is not None
    part = text[text.index("## Questions") : text.index("## Key")]
    questions = re.findall(r"^\d\. (.+)$", part, re.MULTILINE)
    before = text[: text.index("## Questions")]
    return Sheet(
        _plain(title[1]),
        _plain(aims[1]),
        tuple(_plain(q) for q in questions),
        "seat" if "*signs or not*" in before else "change" if "*What if*" in before else "",
    )


def _plain(text: str) -> str:
    """Text without marks of Markdown."""
    return re.sub(r"\*+|`", "", re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)).strip()


class _Writer:
    """Writes down a page from its top."""

    def __init__(self, size: tuple[float, float]) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.width, self.height = size
        self.figure = Figure(figsize=size)
        canvas: Any = FigureCanvasAgg(self.figure)
        self.renderer = canvas.get_renderer()
        #: inches from the top
        self.at = MARGIN

    def lines(self, text: str, points: float) -> list[str]:
        """A text as lines that are no wider than the page."""
        from matplotlib.font_manager import FontProperties

        font, most = FontProperties(size=points), self.width - 2 * MARGIN
        found = [""]
        for word in text.split():
            longer = f"{found[-1]} {word}".strip()
            wide, _, _ = self.renderer.get_text_width_height_descent(longer, font, ismath=False)
            if wide / self.figure.dpi <= most:
                found[-1] = longer
            else:
                found.append(word)
        return found

    def tall(self, text: str, points: float) -> float:
        """Inches that a text takes."""
        return len(self.lines(text, points)) * points * LEADING

    def write(
        self, text: str, points: float, *, weight: str = "normal", colour: str = "black"
    ) -> None:
        """A text, and go on below it."""
        for line in self.lines(text, points):
            self.at += points * LEADING
            self.figure.text(
                MARGIN / self.width,
                1 - self.at / self.height,
                line,
                fontsize=points,
                fontweight=weight,
                color=colour,
                parse_math=False,
            )

    def foot(self, text: str) -> None:
        """Small words in the margin at the foot of the page."""
        for down, line in enumerate(self.lines(text, FOOT), start=1):
            place = (MARGIN / self.width, (0.75 * MARGIN - down * FOOT * LEADING) / self.height)
            self.figure.text(*place, line, fontsize=FOOT, color=GREY, parse_math=False)

    def row(self, words: Mapping[float, str]) -> None:
        """Small words side by side, each so many inches from the margin."""
        self.at += SMALL * LEADING
        for left, text in words.items():
            place = ((MARGIN + left) / self.width, 1 - self.at / self.height)
            self.figure.text(*place, text, fontsize=SMALL, color=GREY)

    def rule(self, down: float) -> None:
        """A line to write on, so far below."""
        from matplotlib.lines import Line2D

        self.at += down
        ends = (MARGIN, self.width - MARGIN)
        y = 1 - self.at / self.height
        self.figure.add_artist(
            Line2D([x / self.width for x in ends], [y, y], color=GREY, linewidth=0.6)
        )


def drawn(sheet: Sheet, size: tuple[float, float]) -> "Figure":
    """The page of a sheet; what is left of it is shared out as lines to write on.

    Raises
    ------
    ValueError
        If its words leave too little room to write.
    """
    page = _Writer(size)
    page.write(sheet.title, TITLE, weight="bold")
    page.at += 0.1
    page.row({0.0: "name", 4.5: "date"})
    page.rule(0.06)
    page.at += 0.12
    page.write(sheet.aims, TYPE)
    page.at += 0.1
    if sheet.predicts:
        _predictions(page, *PREDICTIONS[sheet.predicts])
    numbered = [f"{i}. {question}" for i, question in enumerate(sheet.questions, start=1)]
    words = sum(page.tall(text, TYPE) + 0.08 for text in numbered)
    left = page.height - MARGIN - page.at - words
    each = int(left / RULE / len(numbered))
    if each < FEWEST:
        raise ValueError(f"{sheet.title}: {each} lines are left for each answer, not {FEWEST}")
    for text in numbered:
        page.at += 0.08
        page.write(text, TYPE)
        for _ in range(each):
            page.rule(RULE)
    page.foot(made_of())
    return page.figure


def made_of() -> str:
    """What a sheet says of itself: what it is of, in which version, on what terms, and what its facts rest on."""
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    source = load_case("cst").sources["RD2013"]
    return (
        f"tashkent {about['version']}, words and code: MIT licence. Record and law after {source}"
    )


def _predictions(page: _Writer, choices: str, rows: int) -> None:
    """A table to predict in, before anything is shown."""
    page.write("My prediction, before the answer", HEAD, weight="bold")
    page.row(
        {
            0.0: "state",
            2.0: f"{choices}  (circle one)",
            3.8: "how sure, 50 to 100%",
            5.3: "found",
            6.1: "score",
        }
    )
    for _ in range(rows):
        page.rule(ROW)
    page.write(
        "Score: (1 − how sure)² if right, (how sure)² if wrong. 0 is perfect; 50% scores 0.25 whatever is found.",
        SMALL,
        colour=GREY,
    )
    page.at += 0.1


def write_sheets(folder: Path, names: Sequence[str] = tuple(LESSONS)) -> list[Path]:
    """Write the sheets of lessons into a folder, each in both sizes."""
    pages = lessons(ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for name in names:
        sheet = sheet_of(pages[FOLDER / f"{name}.md"])
        for size, inches in SIZES.items():
            path = folder / f"{name}-{size}.pdf"
            drawn(sheet, inches).savefig(
                path, metadata={"CreationDate": None, "Title": sheet.title}
            )
            found.append(path)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where")
    for path in write_sheets(parser.parse_args(arguments).folder):
        print(path)


if __name__ == "__main__":
    main()
