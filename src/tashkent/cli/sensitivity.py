"""`tashkent sensitivity`: what the answers hang on."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tashkent.cli.options import (
    CaseOption,
    JsonOption,
    TheoryOption,
    WorkersOption,
)
from tashkent.cli.progress import progress_bar
from tashkent.cli.screen import console
from tashkent.cli.verbosity import note


def sensitivity(
    ctx: typer.Context,
    case: CaseOption = "cst",
    outcomes: Annotated[
        list[str] | None,
        typer.Option(
            "--outcome",
            help="What to look at, such as 'in(STATE, CLUB, 2012-12)'; several may be asked.",
        ),
    ] = None,
    of: Annotated[
        list[str] | None,
        typer.Option("--of", help="What to vary: parameters or inputs; by default both."),
    ] = None,
    over: Annotated[
        str, typer.Option(help="Parameters run over quantiles of their prior or posterior.")
    ] = "prior",
    runs: Annotated[
        int | None, typer.Option(help="Runs at each point, a multiple of 4; 48 by default.")
    ] = None,
    trajectories: Annotated[
        int | None, typer.Option(help="Trajectories of the screening; 10 by default.")
    ] = None,
    base: Annotated[
        int | None,
        typer.Option(help="Points of a sample of the variance, a power of two; 256 by default."),
    ] = None,
    most: Annotated[
        int | None, typer.Option(help="Factors that share out the variance; 10 by default.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Start from the record of this month, YYYY-MM.")
    ] = None,
    theory: TheoryOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Keys every random draw.")] = 0,
    quick: Annotated[
        bool, typer.Option("--quick", help="Few runs and points: to see what it does.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for tables, figure, manifest.")] = None,
    workers: WorkersOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Say which parameters and inputs the answers hang on: elementary effects, then shares of variance.

    Example: tashkent sensitivity --of parameters --outcome "in(UZB, CST, 2012-12)" --over posterior
    """
    from dataclasses import asdict, replace

    from tashkent.cli import sensitivity_report
    from tashkent.experiments.given import with_files
    from tashkent.experiments.sensitivity import QUICK, SensitivityPlan

    sizes = {"runs": runs, "trajectories": trajectories, "base": base, "most": most}
    plan = replace(
        QUICK if quick else SensitivityPlan(),
        **{name: size for name, size in sizes.items() if size is not None},
    )
    arguments = {
        "case": case,
        "outcomes": outcomes or [],
        "of": of or [],
        "over": over,
        "plan": asdict(plan),
        "from": start,
        "theory": theory,
        "seed": seed,
    }
    given = with_files(arguments)
    if out is not None:
        from tashkent.model.storage import claimed_result

        ctx.with_resource(claimed_result(out))
    with progress_bar("evaluate") as progress:
        found = sensitivity_report.asked(
            arguments,
            workers=workers,
            told=note,
            progress=progress,
        )
    if out is not None:
        sensitivity_report.write(found, out, given)
    if as_json:
        print(json.dumps(found.to_dict(), indent=2, allow_nan=False))
        return
    sensitivity_report.show(found, console())
    if out is not None:
        print(f"Tables, figure and manifest: {out}")
