"""What `tashkent export` makes and writes."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tashkent.cli.options import load_case
from tashkent.dashboard.handout import (
    ANSWERS,
    PAGE,
    SHARES,
    Handout,
    make_handout,
    questions_of,
)
from tashkent.experiments.codebook import write_tables
from tashkent.experiments.given import Given
from tashkent.experiments.manifest import of_handout
from tashkent.model.storage import MANIFEST, result, write_json, write_text

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
        tables = {SHARES: made.shares, ANSWERS: made.answers}
        write_tables(new, "export", tables, names=made.case.state_names)
        given.keep(new)
        write_json(new / MANIFEST, of_handout(made.case, new, given))
