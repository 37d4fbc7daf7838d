"""`tashkent case`: cases checked and begun."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tashkent.cli import completion
from tashkent.cli.options import (
    JsonOption,
)

#: what is said of states that are invented, or misspelt
IN_NO_TABLE = "states in no table of the world"
commands = typer.Typer(help="Look after cases.", no_args_is_help=True)


@commands.command("check")
def check(
    path: Annotated[
        str,
        typer.Argument(
            help="A case folder, or the name of a shipped case.", autocompletion=completion.cases
        ),
    ] = "cst",
    as_json: JsonOption = False,
) -> None:
    """Load a case and all that stands beside it strictly, and say what is in it.

    Tables, patterns, citations, magnitudes and counterfactuals: the first thing wrong is one line and exit code 2.

    Example: tashkent case check model/cases/cst
    """
    from tashkent.cli.whole_case import load_whole_case
    from tashkent.model.citations import citations
    from tashkent.model.clock import month_label
    from tashkent.model.evidence.thin import thin_words, thin_years
    from tashkent.model.evidence.world import not_known

    case = load_whole_case(path)
    cited, invented = citations(case), not_known(case.state_ids)
    found = {
        "case": case.id,
        "hash": case.hash,
        "states": len(case.states),
        "clubs": len(case.clubs),
        "statutes": len(case.statutes),
        "events": len({event.event for event in case.events}),
        "record": len(case.record),
        "parameters": len(case.parameters),
        "from": month_label(case.start),
        "to": month_label(case.end),
        "sections cited": cited.located,
        "sections not located": cited.not_located,
        "thin evidence": thin_years(case) if as_json else thin_words(case),
        **(
            {IN_NO_TABLE: invented if as_json else " ".join(invented)}
            if invented or as_json
            else {}
        ),
    }
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        print(
            f"{case.id}: valid. " + ", ".join(f"{k} {v}" for k, v in found.items() if k != "case")
        )


@commands.command("list")
def listed(as_json: JsonOption = False) -> None:
    """Say which cases come with the model; a command takes one by its name or any folder with --case.

    Example: tashkent case list
    """
    from tashkent.cli.screen import Figures, Heading, console
    from tashkent.model.case import load_case, shipped_cases
    from tashkent.model.clock import month_label

    cases = [load_case(name) for name in shipped_cases()]
    if as_json:
        found = [
            {
                "case": case.id,
                "title": case.title,
                "from": month_label(case.start),
                "to": month_label(case.end),
                "states": list(case.state_ids),
                "clubs": list(case.clubs),
                "folder": str(case.path),
            }
            for case in cases
        ]
        print(json.dumps(found, indent=2))
        return
    table = Figures([Heading("case"), Heading("title", words=True), Heading("clubs", words=True)])
    for case in cases:
        table.add_row(case.id, case.title, ", ".join(case.clubs))
    console().print(table)


@commands.command("new")
def new(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    patron: Annotated[str, typer.Option(help="Code of the state that leads the pact.")] = "COR",
    states: Annotated[
        str, typer.Option(help="Codes of the states that decide, with commas; at least two.")
    ] = "ARV,BOR",
) -> None:
    """Write an invented case that loads and runs, to be replaced line by line; docs/cases.md says how.

    Example: tashkent case new warsaw --patron SUN --states ALB,POL,ROU
    """
    from tashkent.cli.new_case import new_case
    from tashkent.model.evidence.world import not_known

    made = new_case(folder, patron, [state.strip() for state in states.split(",")])
    invented = not_known(made.state_ids)
    beware = f" ({', '.join(invented)}: {IN_NO_TABLE}, nothing to build from)" if invented else ""
    print(
        f"{made.id}: written. Every row is invented: replace it, then `tashkent case check {folder}` "
        f"and `tashkent run --case {folder} --runs 5`. What is measured comes from the world's tables with "
        f"`tashkent evidence build {folder} --replace`{beware}."
    )
