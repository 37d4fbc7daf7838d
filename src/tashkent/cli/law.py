"""`tashkent law`: the rules in force, in words."""

import json
import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from tashkent.cli.options import (
    CaseOption,
    ClubOption,
    JsonOption,
    load_case,
)

if TYPE_CHECKING:
    from tashkent.model.case import Case


def law(
    day: Annotated[
        str | None,
        typer.Argument(metavar="DATE", help="YYYY-MM-DD; by default the last day of the case."),
    ] = None,
    case: CaseOption = "cst",
    club: ClubOption = None,
    changes: Annotated[
        bool, typer.Option("--changes", help="What began, ended and changed, date by date.")
    ] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Write the whole rulebook to stdout as Markdown.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Say which rules are in force on a day, club by club, in words.

    Example: tashkent law 1999-04-20 --club CST
    """
    from tashkent.model import lawbook

    loaded = load_case(case)
    if markdown:
        others = {"DATE": day, "--club": club, "--changes": changes, "--json": as_json}
        _check_alone(loaded, "--markdown", others)
    elif changes:
        _check_alone(loaded, "--changes", {"DATE": day})
    club = None if club is None else loaded.club(club, "--club")
    width = min(shutil.get_terminal_size().columns, 100)
    if markdown:
        print(lawbook.rulebook(loaded), end="")
    elif changes and as_json:
        print(json.dumps(lawbook.changes_json(loaded, club), indent=2))
    elif changes:
        print(lawbook.changes_text(loaded, club, width))
    elif as_json:
        print(
            json.dumps(lawbook.rules_json(loaded, lawbook.parse_day(loaded, day), club), indent=2)
        )
    else:
        print(lawbook.rules_text(loaded, lawbook.parse_day(loaded, day), club, width))


def _check_alone(case: "Case", option: str, others: Mapping[str, object]) -> None:
    """Refuse an option beside others that were given."""
    from tashkent.model.errors import InputError

    for other, given in others.items():
        if given:
            raise InputError(case.id, option, f"with {other}", f"{option} without {other}")
