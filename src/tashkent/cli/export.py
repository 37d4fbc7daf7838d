"""`tashkent export`: a page for a class that needs no server."""

from pathlib import Path
from typing import Annotated

import typer

from tashkent.cli import completion
from tashkent.cli.options import CaseOption
from tashkent.cli.progress import progress_bar


def export(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the page.")],
    case: CaseOption = "cst",
    questions: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAMES",
            help="Questions of the case, or files (FILE.toml), with commas; else all of the case.",
            autocompletion=completion.counterfactuals,
        ),
    ] = None,
    runs: Annotated[
        int, typer.Option(min=2, help="Runs of the case, and of each world of a question.")
    ] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Keys every random draw.")] = 0,
) -> None:
    """Write a page for a class that needs neither server nor network: record, runs, questions to predict and reveal.

    Example: tashkent export page --questions CF1,CF2
    """
    from tashkent.cli import handing_out
    from tashkent.dashboard.handout import FILES, PAGE
    from tashkent.experiments.given import with_files
    from tashkent.model.counterfactual import SUFFIX
    from tashkent.model.reading import names_in
    from tashkent.model.storage import claimed_result
    from tashkent.model.theory import SEPARATOR

    names = [name for text in questions or [] for name in names_in(text, SEPARATOR, SUFFIX)]
    arguments = {"case": case, "names": names, "runs": runs, "seed": seed}
    handing_out.check(arguments)
    given = with_files(arguments)
    ctx.with_resource(claimed_result(folder, "DIR", FILES))
    with progress_bar("export") as progress:
        made = handing_out.asked(arguments, progress=progress)
    handing_out.write(made, folder, given, "DIR")
    size = (folder / PAGE).stat().st_size / 1e6
    print(f"The page: {folder / PAGE} ({size:.1f} MB); it opens from a disk and on any web space.")
