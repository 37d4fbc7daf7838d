"""`tashkent evidence`: composites, rivalry and bonds of a case, made by its recipe."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tashkent.cli.options import JsonOption

commands = typer.Typer(help="Make the evidence of cases.", no_args_is_help=True)


@commands.command("build")
def build(
    case: Annotated[str, typer.Argument(help="A case folder, or the name of a shipped case.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="A new or empty folder for the tables, in place of evidence/ of the case."
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace tables that say something else.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make composites, rivalry and bonds of a case from the world's tables, as its evidence.toml says.

    Example: tashkent evidence build my-alliance --replace
    """
    from tashkent.cli.screen import Figures, Heading, console
    from tashkent.model.case import case_folder
    from tashkent.model.evidence.building import build, put

    folder = case_folder(case)
    found = put(build(folder), folder, out, replace=replace)
    if as_json:
        print(json.dumps(found, indent=2))
        return
    table = Figures([Heading("table", words=True), Heading("rows"), Heading("")])
    for name, (rows, what) in found.items():
        table.add_row(name, f"{rows:,}", what)
    console().print(table)
