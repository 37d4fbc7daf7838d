"""`tashkent calibrate`: the posterior, sampled and checked."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from tashkent.cli.options import (
    NOT_CONVERGED,
    CaseOption,
    JsonOption,
    TheoryOption,
    WorkersOption,
    load_case_under,
)
from tashkent.cli.progress import progress_bar
from tashkent.cli.screen import console, say

if TYPE_CHECKING:
    from tashkent.model.case import Case


def calibrate(
    ctx: typer.Context,
    case: CaseOption = "cst",
    theory: TheoryOption = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="One set of inputs and 4000 steps, to look and not to ship."),
    ] = False,
    steps: Annotated[
        int | None,
        typer.Option(
            help="Steps of each ensemble in all, a quarter of them warm-up.", show_default="6000"
        ),
    ] = None,
    imputations: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=99,
            help="Sets of uncertain inputs that are pooled; 0: as measured.",
            show_default="8",
        ),
    ] = None,
    ensembles: Annotated[
        int, typer.Option(min=2, max=99, help="Independent ensembles for each set of inputs.")
    ] = 2,
    walkers: Annotated[int, typer.Option(help="Walkers of each ensemble.")] = 64,
    seed: Annotated[int, typer.Option(min=0, help="Keys every random draw.")] = 0,
    runs: Annotated[int, typer.Option(min=1, help="Runs for the predictive check.")] = 500,
    out: Annotated[
        Path, typer.Option(help="Folder for chains and results; a run there goes on.")
    ] = Path("tashkent-calibration"),
    start_again: Annotated[
        bool, typer.Option("--start-again", help="Remove the chains in --out first.")
    ] = False,
    install: Annotated[
        bool,
        typer.Option("--install", help="Put the posterior beside the case, where it is used."),
    ] = False,
    workers: WorkersOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Sample the posterior, check it, and show it beside the prior and the record.

    Interrupted, or asked for more --steps, the same command goes on where it stopped. Exit code 3: not converged.

    Example: tashkent calibrate --steps 8000 --install
    """
    loaded = load_case_under(case, theory)
    from tashkent.calibration.calibrate import calibrate as sampled
    from tashkent.cli import calibration

    if install:
        _check_alone(loaded, {"--quick": quick, "--theory": theory})
    few, usual = (4000, 1), (6000, 8)
    steps = steps if steps is not None else (few if quick else usual)[0]
    imputations = imputations if imputations is not None else (few if quick else usual)[1]
    from tashkent.experiments.given import with_files
    from tashkent.model.storage import claimed

    given = with_files({"case": case, "theory": theory})
    calibration.check_out(out)
    ctx.with_resource(claimed(out))
    if install:
        ctx.with_resource(claimed(loaded.path, "--install"))
    with progress_bar("sample") as progress:
        found = sampled(
            loaded,
            folder=out / calibration.CHAINS,
            seed=seed,
            imputations=imputations,
            ensembles=ensembles,
            walkers=walkers,
            steps=steps,
            runs=runs,
            start_again=start_again,
            workers=workers,
            progress=progress,
        )
    calibration.write(found, out, given)
    if install and not found.reasons:
        calibration.install(found)
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
    else:
        calibration.show(found, console())
    if found.reasons:
        _leave_unconverged(found.reasons, steps)
    if not as_json:
        print(f"Posterior: {(loaded.path if install else out) / 'posterior.nc'}")


def _check_alone(case: "Case", others: Mapping[str, object]) -> None:
    """Refuse to install what is quick, or of a part of the case's theory."""
    from tashkent.model.errors import InputError

    for option, given in others.items():
        if given:
            raise InputError(case.id, option, "with --install", f"{option} without --install")


def _leave_unconverged(reasons: Sequence[str], steps: int) -> NoReturn:
    say(
        f"error: not converged after {steps} steps: {', '.join(reasons)}; "
        f"nothing was shipped: go on with --steps {2 * steps}"
    )
    raise typer.Exit(NOT_CONVERGED)
