"""`tashkent sweep`: every point of a design, many times."""

import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from tashkent.cli.options import (
    NOT_ALL,
    JsonOption,
    TrustOption,
    WorkersOption,
)
from tashkent.cli.screen import console, say


def sweep(
    ctx: typer.Context,
    design: Annotated[
        Path, typer.Argument(metavar="DESIGN.toml", help="What is varied: docs/sweeps.md.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for what is done, tables, manifest.")] = Path(
        "tashkent-sweep"
    ),
    case: Annotated[
        str | None,
        typer.Option(
            "--case", help="A case by name or folder, in place of the one that the design names."
        ),
    ] = None,
    workers: WorkersOption = 0,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask scheduler to send the work to, tcp://..."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the sweep in --out, if one is there.")
    ] = False,
    trust: TrustOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run every point of a design many times: a grid, a Latin hypercube, a Sobol' sequence, the posterior.

    Killed at any moment, the same command with --resume goes on. Exit code 1: some runs failed, see failures.csv.

    Example: tashkent sweep docs/examples/renewal.toml --out renewal --resume
    """
    if cluster is not None:
        _check_no_workers(workers)
    from tashkent.cli import sweeps
    from tashkent.experiments.design import read_design
    from tashkent.experiments.manifest import FAILURES
    from tashkent.experiments.sweep import check_folder
    from tashkent.experiments.sweep import sweep as swept
    from tashkent.model.storage import claimed

    plan = read_design(design, trust=trust, case=case)
    ctx.with_resource(claimed(out))
    check_folder(plan, out, resume)
    with sweeps.progress_bar() as progress:
        found = swept(
            plan,
            out,
            workers=workers,
            cluster=cluster,
            resume=True,
            progress=progress,
        )
    if as_json:
        print(json.dumps(sweeps.as_json(found), indent=2))
    else:
        sweeps.show(found, console())
        print(f"Tables and manifest: {out}")
    if found.failures:
        _leave_undone(found.failures, out / FAILURES)


def _check_no_workers(workers: int) -> None:
    """Refuse processes of this machine beside a cluster."""
    from tashkent.model.errors import InputError

    if workers:
        raise InputError("--workers", "with --cluster", workers, "--workers without --cluster")


def _leave_undone(failures: int, table: Path) -> NoReturn:
    words = f"{failures} points had runs that failed: {table}"
    say(f"error: {words}; --resume tries them again")
    raise typer.Exit(NOT_ALL)
