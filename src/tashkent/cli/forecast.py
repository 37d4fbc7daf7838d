"""`tashkent forecast`: what follows the record, with inputs carried forward and their spread."""

import json
from typing import Annotated

import typer

from tashkent.cli.options import CaseOption, JsonOption, TheoryOption, load_case_under
from tashkent.cli.progress import progress_bar


def forecast(
    case: CaseOption = "cst",
    years: Annotated[int, typer.Option(min=1, max=10, help="Years after the record.")] = 3,
    runs: Annotated[int, typer.Option(min=1, help="Number of runs.")] = 400,
    inputs: Annotated[
        int, typer.Option(min=1, help="Groups of runs, each with measured inputs of its own.")
    ] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Keys every random draw.")] = 0,
    theory: TheoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say who is in after the record ends, and who leaves or comes in, each with a band.

    What is measured walks on from its last value; law, openings and events without an end stay as they are.

    Example: tashkent forecast --case rio --years 3
    """
    from tashkent.cli.screen import Figures, Heading, console
    from tashkent.experiments.forecast import forecast as found_by
    from tashkent.model.clock import month_label

    loaded = load_case_under(case, theory)
    with progress_bar("forecast") as progress:
        found = found_by(
            loaded,
            years=years,
            runs=runs,
            inputs=inputs,
            seed=seed,
            progress=lambda done: progress(done, runs),
        )
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
        return
    screen = console()
    last = f"p_in_{month_label(loaded.end + 12 * years)}"
    asked = {last: f"in {last[5:]}", "p_exit": "any exit", "p_accession": "any accession"}
    for club in dict.fromkeys(found.table["club"]):
        heads = [Heading(word, right=True) for text in asked.values() for word in (text, "band")]
        table = Figures([Heading("state"), Heading("now"), *heads], f"{club}: shares of runs")
        for row in found.table[found.table["club"] == club].to_dict(orient="records"):
            cells = [
                cell
                for name in asked
                for cell in (
                    f"{row[name]:.2f}",
                    f"{row[name + '_low']:.2f}-{row[name + '_high']:.2f}",
                )
            ]
            table.add_row(row["state"], "in" if row["in_now"] else "out", *cells)
        screen.print(table)
    screen.print(
        f"{found.runs:,} runs from the record of {month_label(loaded.end)} in {inputs} groups with inputs of their "
        f"own; a band holds nine groups in ten: parameters, inputs and the luck of {found.runs // inputs} runs. "
        f"Posterior: {found.fitted.origin}.",
        soft_wrap=True,
        highlight=False,
    )
