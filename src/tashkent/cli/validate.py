"""`tashkent validate`: the model examined in full."""

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
from tashkent.cli.progress import stages_bar
from tashkent.cli.screen import console


def validate(
    ctx: typer.Context,
    case: CaseOption = "cst",
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer runs and refits, normal approximations.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Keys every random draw.")] = 0,
    out: Annotated[
        Path, typer.Option(help="Folder for stages and tables; what is done there is kept.")
    ] = Path("tashkent-validation"),
    compact: Annotated[
        Path | None, typer.Option(help="Also write the small tables into this folder.")
    ] = None,
    workers: WorkersOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Examine the model: held-out scores against baselines, patterns, chance, rival theories, robustness.

    Interrupted, the same command goes on where it stopped.

    Example: tashkent validate --quick --out look
    """
    loaded = load_case(case)
    from tashkent.calibration.stages import QUICK, Effort, with_seed
    from tashkent.calibration.validation import validate as examined
    from tashkent.cli import validation
    from tashkent.experiments.given import with_files
    from tashkent.model.storage import claimed, claimed_result

    given = with_files({"case": case})
    validation.check_out(out)
    ctx.with_resource(claimed(out))
    if compact is not None:
        ctx.with_resource(claimed_result(compact, "--compact"))
    with stages_bar() as progress:
        found = examined(
            loaded,
            with_seed(QUICK if quick else Effort(), seed),
            out / validation.STAGES,
            workers=workers,
            progress=progress,
        )
    validation.write(found, out, given)
    if compact is not None:
        validation.write_compact(found, compact)
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
        return
    validation.show(found, console())
    print(f"Tables and manifest: {out}")
