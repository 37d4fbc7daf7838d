"""`tashkent compare`: what if."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tashkent.cli import completion
from tashkent.cli.options import (
    CaseOption,
    JsonOption,
    WorkersOption,
)
from tashkent.cli.progress import progress_bar
from tashkent.cli.screen import console


def compare(
    ctx: typer.Context,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="[baseline] NAME|FILE.toml ...",
            help="Counterfactuals of the case, or files; NAME+NAME applies two together.",
            autocompletion=completion.counterfactuals,
        ),
    ],
    case: CaseOption = "cst",
    against: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            help="A counterfactual to compare with; else the case as it is.",
            autocompletion=completion.counterfactuals,
        ),
    ] = None,
    theory: Annotated[
        list[str] | None,
        typer.Option(
            "--theory",
            help="A theory, terms with commas, or 'whole'; several give a comparison under each. FILE.py is run as "
            "Python with your rights.",
            autocompletion=completion.theories,
        ),
    ] = None,
    runs: Annotated[int, typer.Option(min=2, help="Runs of each world.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Keys every random draw.")] = 0,
    start: Annotated[
        str | None,
        typer.Option(
            "--from", help="Start from the record of this month, YYYY-MM; else as each one asks."
        ),
    ] = None,
    prediction: Annotated[
        Path | None, typer.Option(help="Predictions to score, TOML or CSV.")
    ] = None,
    labels: Annotated[
        bool,
        typer.Option(
            help="Ask again under prior weights and in a fit without the state that is asked about."
        ),
    ] = True,
    out: Annotated[Path | None, typer.Option(help="Folder for tables, figures, manifest.")] = None,
    workers: WorkersOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Ask what if: paired runs of a baseline and counterfactuals, with the same draws in both.

    Example: tashkent compare CF2 --theory fear_of_abandonment --theory fear_of_entrapment
    """
    from tashkent.cli import comparison
    from tashkent.experiments.given import with_files

    arguments = {
        "names": names,
        "case": case,
        "baseline": against,
        "theory": theory or [],
        "runs": runs,
        "seed": seed,
        "from": start,
        "prediction": None if prediction is None else str(prediction),
        "labels": labels,
    }
    given = with_files(arguments)
    comparison.check(arguments)
    if out is not None:
        from tashkent.model.storage import claimed_result

        ctx.with_resource(claimed_result(out))
    with progress_bar("compare") as progress:
        found, predictions = comparison.asked(arguments, workers=workers, progress=progress)
    if out is not None:
        comparison.write(found, predictions, out, given)
    if as_json:
        print(json.dumps(comparison.as_json(found, predictions), indent=2))
        return
    comparison.show(found, predictions, console())
    if out is not None:
        print(f"Figures, tables and manifest: {out}")
