"""`tashkent reproduce`: a result again, from its manifest."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tashkent.cli.options import (
    DIFFERS,
    JsonOption,
    TrustOption,
    WorkersOption,
    load_case_under,
)
from tashkent.cli.progress import progress_bar

if TYPE_CHECKING:
    from tashkent.experiments.reproduction import Rerun
    from tashkent.model.workers import Progress


def _run_again(
    arguments: Mapping[str, Any], out: Path, workers: int, progress: "Progress | None"
) -> None:
    from tashkent.calibration.report import make_report
    from tashkent.cli.output import write_report
    from tashkent.experiments.given import with_files

    case = load_case_under(arguments["case"], arguments["theory"])
    start = arguments["from"]
    month = None if start is None else case.start_month(start, "--from")
    sizes = {"runs": arguments["runs"], "seed": arguments["seed"]}
    made = make_report(case, **sizes, start=month, scored=arguments["scores"])
    write_report(made, out, with_files(arguments))


def _compare_again(
    arguments: Mapping[str, Any], out: Path, workers: int, progress: "Progress | None"
) -> None:
    from tashkent.cli import comparison
    from tashkent.experiments.given import with_files

    found, predictions = comparison.asked(arguments, workers=workers, progress=progress)
    comparison.write(found, predictions, out, with_files(arguments))


def _export_again(
    arguments: Mapping[str, Any], out: Path, workers: int, progress: "Progress | None"
) -> None:
    from tashkent.cli import handing_out
    from tashkent.experiments.given import with_files

    found = handing_out.asked(arguments, progress=progress)
    handing_out.write(found, out, with_files(arguments))


def _sweep_again(
    arguments: Mapping[str, Any], out: Path, workers: int, progress: "Progress | None"
) -> None:
    from tashkent.experiments.sweep import sweep

    # what the manifest names has been seen to be trusted
    sweep(arguments["design"], out, workers=workers, trust=True, progress=progress)


def _sensitivity_again(
    arguments: Mapping[str, Any], out: Path, workers: int, progress: "Progress | None"
) -> None:
    from tashkent.cli import sensitivity_report
    from tashkent.experiments.given import with_files

    found = sensitivity_report.asked(arguments, workers=workers, progress=progress)
    sensitivity_report.write(found, out, with_files(arguments))


def _network_again(
    arguments: Mapping[str, Any], out: Path, workers: int, progress: "Progress | None"
) -> None:
    from tashkent.cli import month_network
    from tashkent.experiments.given import with_files

    found, fitted = month_network.asked(arguments, progress=progress)
    month_network.write(found, fitted, out, with_files(arguments))


#: command -> what runs it again from its arguments into a folder
COMMANDS: "Mapping[str, Rerun]" = {
    "run": _run_again,
    "compare": _compare_again,
    "sweep": _sweep_again,
    "sensitivity": _sensitivity_again,
    "network": _network_again,
    "export": _export_again,
}


def reproduce(
    manifest: Annotated[
        Path, typer.Argument(help="A manifest.json, the folder it is in, or an archive.")
    ],
    workers: WorkersOption = 0,
    trust: TrustOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run a result again and say whether it is the same to the last bit, or what differs.

    Files that were changed since, or are missing, are named first. Knows results of run, compare, sweep, sensitivity,
    network and export. Exit code 1: it differs, or files were changed.

    Example: tashkent reproduce tashkent-run/manifest.json
    """
    from tashkent.experiments.reproduction import reproduce as run_again

    with progress_bar("reproduce") as progress:
        found = run_again(
            manifest,
            COMMANDS,
            workers=workers,
            trust=trust,
            progress=progress,
        )
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
    else:
        print("\n".join(found.lines()))
    _leave(identical=found.identical)


def _leave(*, identical: bool) -> None:
    if not identical:
        raise typer.Exit(DIFFERS)
