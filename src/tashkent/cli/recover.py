"""`tashkent recover`: are known parameters found again?"""

import json
from pathlib import Path
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


def recover(
    ctx: typer.Context,
    case: CaseOption = "cst",
    replicates: Annotated[int, typer.Option(min=20, help="Synthetic histories.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Keys every random draw.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder for tables and manifest.")] = Path(
        "tashkent-recovery"
    ),
    workers: WorkersOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Fit simulated histories whose parameters are known: are they found, and are the intervals honest?

    Example: tashkent recover --replicates 200 --out recovery
    """
    loaded = load_case(case)
    from tashkent.calibration.recovery import recover as recovered
    from tashkent.cli import calibration
    from tashkent.experiments.given import with_files
    from tashkent.model.storage import claimed_result

    given = with_files({"case": case})
    ctx.with_resource(claimed_result(out))
    with progress_bar("recover") as progress:
        found = recovered(
            loaded,
            number=replicates,
            seed=seed,
            workers=workers,
            progress=progress,
        )
    calibration.write_recovery(found, out, given)
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
        return
    calibration.show_recovery(found, console())
