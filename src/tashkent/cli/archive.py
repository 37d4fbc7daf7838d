"""`tashkent archive`: a result in one file that can be run again."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tashkent.cli.options import JsonOption
from tashkent.cli.verbosity import note


def archive(
    result: Annotated[Path, typer.Argument(help="The folder of a result, or its manifest.json.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="The archive, FILE.zip; by default named as the folder, in the working directory."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put a result into one file with its case and the versions of packages, for others to run again.

    Knows results of run, network, compare, sweep, sensitivity and export; `tashkent reproduce FILE.zip` runs it again.

    Example: tashkent archive tashkent-run --out supplement.zip
    """
    from tashkent.experiments.archive import archive as archived
    from tashkent.model.archives import ENDING

    folder = result if result.is_dir() else result.parent
    place = out if out is not None else Path(f"{folder.resolve().name or 'result'}{ENDING}")
    found = archived(result, place)
    for line in found.notes:
        note(line)
    told = found.as_json()
    if as_json:
        print(json.dumps(told, indent=2))
        return
    size = f"{found.files:,} files, {told['bytes']:,} bytes"
    print(f"{place.resolve()}: {found.command} of {found.case}, {size}")
    print(f"Run it again: tashkent reproduce {place}")
