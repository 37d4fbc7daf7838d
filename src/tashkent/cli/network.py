"""`tashkent network`: who shares a club with whom in a month, and who stands between."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tashkent.cli.options import CaseOption, JsonOption, TheoryOption
from tashkent.cli.progress import progress_bar
from tashkent.cli.screen import console


def network(
    ctx: typer.Context,
    month: Annotated[str, typer.Argument(help="The month, YYYY-MM.")],
    case: CaseOption = "cst",
    runs: Annotated[
        int | None,
        typer.Option(min=1, help="Shares and means over so many runs; without it, the record."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Keys every random draw of the runs; 0 by default.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from", help="Runs start from the record at the end of this month, YYYY-MM."
        ),
    ] = None,
    theory: TheoryOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for GraphML, tables, picture, manifest.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say who shares a club with whom in a month, who are rivals, and who stands between those that share none.

    Example: tashkent network 2002-06 --runs 300 --from 1998-12 --out between
    """
    from tashkent.cli import month_network
    from tashkent.experiments.given import with_files

    arguments = {
        "case": case,
        "month": month,
        "runs": runs,
        "seed": seed,
        "from": start,
        "theory": theory,
    }
    month_network.check(arguments)
    arguments["seed"] = seed or 0
    given = with_files(arguments)
    if out is not None:
        from tashkent.model.storage import claimed_result

        ctx.with_resource(claimed_result(out, names=month_network.FILES))
    with progress_bar("network") as progress:
        found, fitted = month_network.asked(arguments, progress=progress)
    if out is not None:
        month_network.write(found, fitted, out, given)
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
        return
    month_network.show(found, fitted, console())
    if out is not None:
        print(f"GraphML, tables, picture and manifest: {out}")
