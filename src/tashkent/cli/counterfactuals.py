"""`tashkent counterfactuals`: which questions a case holds, and what their answers rest on."""

import json
from typing import Annotated

import typer

from tashkent.cli.options import (
    CaseOption,
    JsonOption,
    WorkersOption,
    load_case,
)
from tashkent.cli.progress import progress_bar
from tashkent.cli.screen import console


def counterfactuals(
    case: CaseOption = "cst",
    labels: Annotated[
        bool,
        typer.Option(
            "--labels",
            help="Run each, and ask again under prior weights and in a fit without the state asked about.",
        ),
    ] = False,
    runs: Annotated[int, typer.Option(min=2, help="Runs of each world, with --labels.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Keys every random draw.")] = 0,
    workers: WorkersOption = 0,
    as_json: JsonOption = False,
) -> None:
    """List the counterfactuals of a case: what each asks, and which direction is implied by whom.

    Example: tashkent counterfactuals
    """
    loaded = load_case(case)
    from tashkent.cli import comparison

    found = None
    if labels and comparison.listed(loaded):
        with progress_bar("compare") as progress:
            found = comparison.answered(loaded, runs, seed, workers=workers, progress=progress)
    if as_json:
        print(json.dumps(comparison.listed(loaded, found), indent=2))
    elif found is not None:
        comparison.show_labels(found, console())
    else:
        comparison.show_list(loaded, console())
