"""`tashkent run`: an ensemble beside the record."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tashkent.cli.options import (
    CaseOption,
    JsonOption,
    TheoryOption,
    load_case_under,
)

if TYPE_CHECKING:
    from rich.table import Table

    from tashkent.calibration.report import Report
    from tashkent.model.case import Case


def run(
    ctx: typer.Context,
    case: CaseOption = "cst",
    runs: Annotated[int, typer.Option(min=1, help="Number of runs.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Keys every random draw.")] = 0,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Start from the record at the end of this month, YYYY-MM."),
    ] = None,
    theory: TheoryOption = None,
    out: Annotated[Path, typer.Option(help="Folder for figure, tables and manifest.")] = Path(
        "tashkent-run"
    ),
    as_json: JsonOption = False,
) -> None:
    """Simulate an ensemble and show how far it is from the record.

    Example: tashkent run --runs 500 --from 1998-12 --theory fear_of_entrapment --out from-1998
    """
    loaded = load_case_under(case, theory)
    month = None if start is None else _start(loaded, start)
    from tashkent.cli.output import REPORT, write_report
    from tashkent.model.storage import claimed_result

    ctx.with_resource(claimed_result(out, names=REPORT))
    report = _with_progress(loaded, runs, seed, month)

    arguments = {"case": case, "runs": runs, "seed": seed, "from": start, "theory": theory}
    write_report(report, out, arguments)
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
        return
    _show(report, out)


def _start(case: "Case", start: str) -> int:
    """The month whose record runs start from: any but the last."""
    from tashkent.model.clock import month_label
    from tashkent.model.errors import InputError

    month = case.month(start, "--from")
    if month == case.end:
        allowed = f"a month before {month_label(case.end)}, the last of the case"
        raise InputError(case.id, "--from", start, allowed)
    return month


def _with_progress(case: "Case", runs: int, seed: int, start: int | None) -> "Report":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from tashkent.calibration.report import make_report

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:>10}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        stages = {}

        def progress(stage: str, done: int, of: int) -> None:
            if stage not in stages:
                stages[stage] = bar.add_task(stage, total=of)
            bar.update(stages[stage], completed=done)

        return make_report(case, runs=runs, seed=seed, start=start, progress=progress)


def _show(report: "Report", out: Path) -> None:
    from rich.console import Console

    from tashkent.model.clock import month_label

    console = Console()
    case, ensemble = report.ensemble.case, report.ensemble
    span = f"{month_label(ensemble.start)} to {month_label(case.end)}"
    console.print(
        f"[bold]{case.title}[/bold]: {ensemble.runs:,} runs, {span}, seed {ensemble.seed}\n"
    )
    console.print(_seat_table(report))
    if report.split is not None:
        console.print(_split_table(report))
    console.print(_score_table(report))
    often = report.unscored[report.unscored["per_100_runs"] > 0]
    listed = ", ".join(
        f"{act.replace('_', ' ')} {n:.0f}" if n >= 1 else f"{act.replace('_', ' ')} under 1"
        for act, n in zip(often["act"], often["per_100_runs"], strict=True)
    )
    console.print(
        f"Acts in {case.focus} that the record does not score follow priors alone, per 100 runs: "
        f"{listed or 'none'}.\n",
        highlight=False,
    )
    console.print(
        f"{report.acts} acts by {report.actors} states in {case.focus} support explanation, not forecast. "
        f"Nothing after {month_label(case.fit_until)} was used to fit.\n"
    )
    console.print(f"Posterior: {report.posterior.origin}.", highlight=False, soft_wrap=True)
    console.print(
        f"Figure, tables and manifest: {out}{'' if str(out).endswith('/') else '/'}",
        highlight=False,
    )


def _seat_table(report: "Report") -> "Table":
    from rich.table import Table

    case, seats = report.ensemble.case, report.seats
    dates = list(dict.fromkeys(seats["month"]))
    table = Table(title=f"P(in {case.focus}); ● where the record says in", title_justify="left")
    table.add_column("state")
    for date in dates:
        table.add_column(date, justify="right")
    for state in case.deciders:
        rows = seats[seats["state"] == state].set_index("month")
        cells = []
        for date in dates:
            text = f"{rows.loc[date, 'p_in']:.2f}"
            cells.append(f"[bold]{text} ●[/bold]" if rows.loc[date, "record_in"] else f"{text}  ")
        table.add_row(state, *cells)
    return table


def _split_table(report: "Report") -> "Table":
    from rich.table import Table

    from tashkent.model.clock import month_label

    split = report.split
    assert split is not None
    title = (
        f"The renewal of {month_label(split.month)}, from the record of the year before: all right in "
        f"{split.all_right:.0%} of runs, mean balanced accuracy {split.balanced_accuracy:.2f}"
    )
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for state in split.states:
        table.add_column(state, justify="right")
    table.add_row("P(stays)", *(f"{p:.2f}" for p in split.p_stay))
    table.add_row("record", *("stays" if stays else "leaves" for stays in split.record))
    return table


def _score_table(report: "Report") -> "Table":
    from rich.table import Table

    focus = report.ensemble.case.focus
    title = "Scores. Log score: leave one state out, nats, higher is better. Brier: lower is better"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    table.add_column(f"log score, {focus}", justify="right")
    table.add_column("log score, all clubs", justify="right")
    spans = list(dict.fromkeys(zip(report.brier["span"], report.brier["months"], strict=True)))
    for span, months in spans:
        table.add_column(f"Brier {focus}\n{span}\n({months})", justify="right")
    logs = report.log_score.set_index("who")
    for who in dict.fromkeys(report.brier["who"]):
        scores = report.brier[report.brier["who"] == who].set_index("span")["brier"]
        held = [
            f"{logs.loc[who, c]:.1f}" if who in logs.index else "" for c in (focus, "all clubs")
        ]
        table.add_row(str(who), *held, *(f"{scores[span]:.3f}" for span, _ in spans))
    return table
