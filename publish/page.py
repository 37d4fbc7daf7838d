"""What every page has: where it stands, its template, its tables, and the way that its numbers are written."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tashkent.calibration.posterior import posterior, posterior_hash
from tashkent.model.case import Case

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROOT = Path(__file__).parents[1]
#: the first case: its pages have plain names, and its specifications are on record
FIRST = "cst"
#: the folder of figures beside the pages
FIGURES = "img"
#: places behind the point in tables that are kept
DIGITS = 4


def of_case(path: Path, case: str) -> Path:
    """Where that of another case stands: beside it, with its name."""
    return path if case == FIRST else path.with_stem(f"{path.stem}-{case}")


def rendered(template: str, **content: object) -> str:
    """A page in Markdown, from its template in ``publish/templates``."""
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    pages.globals["table"] = table
    return pages.get_template(template).render(**content)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown, without a line break at its end; empty cells for None and for no number."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in rows:
        cells = ("" if c is None or (isinstance(c, float) and np.isnan(c)) else str(c) for c in row)
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join(lines)


def with_block(text: str, name: str, block: str) -> str:
    """A text with what stands between the two marks of a block written anew.

    Raises
    ------
    ValueError
        If the text has no such marks.
    """
    marks = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    if not marks.search(text):
        raise ValueError(f"no marks of {name}")
    return marks.sub(lambda found: f"{found[1]}\n{block.strip()}\n\n{found[2]}", text)


def number(value: float, digits: int = 2) -> str:
    """A number with so many places behind the point; never a minus before zero."""
    if pd.isna(value):
        return ""
    text: str = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def signed(value: float, error: float, digits: int = 1) -> str:
    """A number with its sign and its error."""
    return f"{value:+.{digits}f} ± {error:.{digits}f}"


def write(path: Path, text: str) -> None:
    """Write a page below the root of the repository."""
    (ROOT / path).write_text(text, encoding="utf-8")


def write_table(found: pd.DataFrame, path: Path) -> None:
    """Write a table as it is kept in results/."""
    path.parent.mkdir(exist_ok=True)
    found.round(DIGITS).to_csv(path, index=False, lineterminator="\n")


def save(figure: "Figure", path: Path) -> None:
    """Write a figure, the same bytes each time."""
    figure.savefig(path, dpi=110, metadata={"Software": None})


def made_from(case: Case) -> Mapping[str, str]:
    """The case and its posterior by their hashes, as manifests have them: tables made from others are out of date."""
    return {"case_hash": case.hash, "posterior_hash": posterior_hash(posterior(case))}
