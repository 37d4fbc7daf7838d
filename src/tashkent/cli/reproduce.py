"""`tashkent reproduce`: a result again, from its manifest."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from tashkent.cli.options import (
    DIFFERS,
    JsonOption,
    WorkersOption,
)
from tashkent.cli.progress import progress_bar


def reproduce(
    manifest: Annotated[Path, typer.Argument(help="A manifest.json, or the folder it is in.")],
    workers: WorkersOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Run a result again and say whether it is the same to the last bit, or what differs.

    Knows results of run, compare, sweep and sensitivity. Exit code 1: it differs.

    Example: tashkent reproduce tashkent-run/manifest.json
    """
    from tashkent.cli import reproduction

    with progress_bar("reproduce") as progress:
        found = reproduction.reproduce(
            manifest, workers=workers or os.cpu_count() or 1, progress=progress
        )
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
    else:
        print("\n".join(found.lines()))
    if not found.identical:
        raise typer.Exit(DIFFERS)
