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
from tashkent.cli.progress import stages_bar
from tashkent.cli.screen import Cell, Figures, Heading, console, strong

if TYPE_CHECKING:
    import pandas as pd

    from tashkent.calibration.report import Report
    from tashkent.model.case import Case

#: marks the best score where it is a baseline's
BEST = "*"


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
    scores: Annotated[
        bool,
        typer.Option(
            "--scores/--no-scores",
            help="Fit without each state in turn, and score model and baselines; without, a few runs take a moment.",
        ),
    ] = True,
    out: Annotated[Path, typer.Option(help="Folder for figure, tables and manifest.")] = Path(
        "tashkent-run"
    ),
    as_json: JsonOption = False,
) -> None:
    """Simulate an ensemble and show how far it is from the record.

    Example: tashkent run --runs 500 --from 1998-12 --theory fear_of_entrapment --out from-1998
    """
    loaded = load_case_under(case, theory)
    month = None if start is None else loaded.start_month(start, "--from")
    from tashkent.cli.output import REPORT, SCORES, write_report
    from tashkent.experiments.given import with_files
    from tashkent.model.storage import claimed_result

    arguments = {
        "case": case,
        "runs": runs,
        "seed": seed,
        "from": start,
        "theory": theory,
        "scores": scores,
    }
    given = with_files(arguments)
    names = [name for name in REPORT if scores or name != SCORES]
    ctx.with_resource(claimed_result(out, names=names))
    report = _with_progress(loaded, runs, seed, month, scored=scores)
    write_report(report, out, given)
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
        return
    _show(report, out)


def _with_progress(
    case: "Case", runs: int, seed: int, start: int | None, *, scored: bool
) -> "Report":
    from tashkent.calibration.report import make_report

    with stages_bar() as progress:
        return make_report(
            case, runs=runs, seed=seed, start=start, scored=scored, progress=progress
        )


def _show(report: "Report", out: Path) -> None:
    from tashkent.model.clock import month_label

    screen = console()
    case, ensemble = report.ensemble.case, report.ensemble
    span = f"{month_label(ensemble.start)} to {month_label(case.end)}"
    screen.print(strong(case.title, f": {ensemble.runs:,} runs, {span}, seed {ensemble.seed}\n"))
    screen.print(_seat_table(report))
    if report.split is not None:
        screen.print(_split_table(report))
    if report.scores is not None:
        screen.print(_score_table(report.scores))
    often = report.unscored[report.unscored["per_100_runs"] > 0]
    listed = ", ".join(
        f"{act.replace('_', ' ')} {n:.0f}" if n >= 1 else f"{act.replace('_', ' ')} under 1"
        for act, n in zip(often["act"], often["per_100_runs"], strict=True)
    )
    screen.print(
        f"Acts in {case.focus} that the record does not score follow priors alone, per 100 runs: "
        f"{listed or 'none'}.\n",
        highlight=False,
    )
    acts = f"{report.acts} act{'s' * (report.acts != 1)}"
    actors = f"{report.actors} state{'s' * (report.actors != 1)}"
    screen.print(
        f"{acts} by {actors} in {case.focus} support explanation, not forecast. "
        f"Nothing after {month_label(case.fit_until)} was used to fit.\n"
    )
    screen.print(f"Posterior: {report.posterior.origin}.", highlight=False, soft_wrap=True)
    screen.print(
        f"Figure, tables and manifest: {out}{'' if str(out).endswith('/') else '/'}",
        highlight=False,
    )


def _seat_table(report: "Report") -> Figures:
    case, seats = report.ensemble.case, report.seats
    dates = list(dict.fromkeys(seats["month"]))
    heads = [Heading("state"), *(Heading(date, right=True) for date in dates)]
    table = Figures(heads, f"P(in {case.focus}); ● where the record says in")
    for state in case.deciders:
        rows = seats[seats["state"] == state].set_index("month")
        cells: list[Cell] = []
        for date in dates:
            text = f"{rows.loc[date, 'p_in']:.2f}"
            cells.append(strong(f"{text} ●") if rows.loc[date, "record_in"] else f"{text}  ")
        table.add_row(state, *cells)
    return table


def _split_table(report: "Report") -> Figures:
    from tashkent.model.clock import month_label

    split = report.split
    assert split is not None
    title = (
        f"The renewal of {month_label(split.month)}, from the record of the year before: all right in "
        f"{split.all_right:.0%} of runs, mean balanced accuracy {split.balanced_accuracy:.2f}"
    )
    table = Figures([Heading(""), *(Heading(state, right=True) for state in split.states)], title)
    table.add_row("P(stays)", *(f"{p:.2f}" for p in split.p_stay))
    table.add_row("record", *("stays" if stays else "leaves" for stays in split.record))
    return table


def _score_table(table: "pd.DataFrame") -> Figures:
    """Every club's scores beside its baselines, a column each score and span."""
    from tashkent.calibration.forecasters import MODEL
    from tashkent.calibration.report import BRIER

    spans = table[["score", "span", "months"]].drop_duplicates()
    spans = spans.sort_values("score", ascending=False, kind="stable").itertuples(index=False)
    columns = [(s.score, s.span, f"{s.score}\n{s.span}\n({s.months})") for s in spans]
    title = "Scores. Log score: leave one state out, nats, higher is better. Brier: lower is better"
    heads = [Heading("club"), Heading("", words=True)]
    heads += [Heading(name, right=True) for _, _, name in columns]
    shown = Figures(heads, title, f"{BEST} the best, where a baseline is better than the model", 2)
    by = table.set_index(["club", "who", "score", "span"])
    for club, who in table[["club", "who"]].drop_duplicates().itertuples(index=False):
        cells = []
        for score, span, _ in columns:
            if (club, who, score, span) not in by.index:
                cells.append("")
                continue
            found = by.loc[(club, who, score, span)]
            figure = f"{found['value']:.3f}" if score == BRIER else f"{found['value']:.1f}"
            mark = BEST if found["best"] and who != MODEL else " "
            cells.append(f"{figure} {mark}")
        shown.add_row(club, who, *cells)
    return shown
