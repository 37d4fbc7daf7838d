"""What `tashkent export` makes and writes."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from tashkent.cli.options import load_case
from tashkent.dashboard.handout import (
    ANSWERS,
    CODEBOOK,
    COLUMNS,
    PAGE,
    SHARES,
    Handout,
    make_handout,
    questions_of,
)
from tashkent.experiments.given import Given
from tashkent.experiments.manifest import of_handout
from tashkent.model.storage import MANIFEST, result, write_csv, write_json, write_text

if TYPE_CHECKING:
    from tashkent.model.workers import Progress


def check(arguments: Mapping[str, Any]) -> None:
    """Refuse questions that cannot be asked, before the work.

    Raises
    ------
    InputError
        As `questions_of` does.
    """
    questions_of(load_case(arguments["case"]), arguments["names"])


def asked(arguments: Mapping[str, Any], *, progress: "Progress | None" = None) -> Handout:
    """The page that the arguments of `tashkent export` ask for."""
    case = load_case(arguments["case"])
    questions = questions_of(case, arguments["names"])
    sizes = {key: arguments[key] for key in ("runs", "seed")}
    return make_handout(case, questions, **sizes, progress=progress)


def write(made: Handout, folder: Path, given: Given, key: str = "--out") -> None:
    """Write page, tables and manifest into `folder`, which `key` asked for.

    `given` is what the command was given, by which `tashkent reproduce` runs it again.
    """
    with result(folder, key) as new:
        write_text(new / PAGE, made.page)
        write_csv(new / SHARES, made.shares)
        write_csv(new / ANSWERS, made.answers)
        meanings = pd.DataFrame({"column": COLUMNS.keys(), "meaning": COLUMNS.values()})
        write_csv(new / CODEBOOK, meanings)
        given.keep(new)
        write_json(new / MANIFEST, of_handout(made.case, new, given))
