"""`tashkent tables`: the tables of a result for other programs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tashkent.cli.options import JsonOption
from tashkent.cli.verbosity import note


def tables(
    ctx: typer.Context,
    result: Annotated[Path, typer.Argument(help="The folder of a result.")],
    form: Annotated[str, typer.Option("--format", help="dta (Stata), csv or parquet.")] = "dta",
    out: Annotated[Path, typer.Option(help="Folder for tables, codebook and manifest.")] = Path(
        "tashkent-tables"
    ),
    as_json: JsonOption = False,
) -> None:
    """Write the tables of a result for Stata, R or a spreadsheet: each with labels, units and a codebook.

    Example: tashkent tables tashkent-run --format dta --out for-stata
    """
    from tashkent.experiments.foreign import FORMATS, hand_tables
    from tashkent.model.reading import one_of
    from tashkent.model.storage import claimed_result

    one_of("tables", "--format", form, FORMATS)
    ctx.with_resource(claimed_result(out))
    made = hand_tables(result, out, form)
    for line in made.notes:
        note(line)
    if as_json:
        print(
            json.dumps(
                {"folder": str(out), "files": list(made.files), "notes": list(made.notes)}, indent=2
            )
        )
        return
    print(f"{out}: {len(made.files)} tables and a codebook: {', '.join(made.files)}")
