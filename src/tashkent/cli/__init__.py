"""The command line: `tashkent run`, `compare`, `sweep`, `explain`, `calibrate`, `validate`, `app` and others."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

# What a command needs is imported when it runs, so that help is shown at once.
if TYPE_CHECKING:
    from rich.table import Table

    from tashkent.calibration.report import Report
    from tashkent.model.case import Case
    from tashkent.model.explain import ActExplained, Explanation

#: of `sweep`: some runs failed; of `reproduce`: something differs
NOT_ALL = DIFFERS = 1
BAD_INPUT = 2
NOT_CONVERGED = 3

app = typer.Typer(
    help="Why states join an alliance, stay, leave, suspend and come back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
case_app = typer.Typer(help="Look after cases.", no_args_is_help=True)
app.add_typer(case_app, name="case")

CaseOption = Annotated[
    str, typer.Option("--case", help="A shipped case by name, or a case folder.")
]
TheoryOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="Only these theories or terms of the case, with commas; =-NAME leaves one out; FILE.py adds its terms.",
    ),
]
WorkersOption = Annotated[
    int, typer.Option(min=0, help="Processes; 0 for one a core. No influence on results.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write the result to stdout as JSON.")]


def main() -> NoReturn:
    """Run the command line; bad input is one line on stderr and exit code 2."""
    from tashkent.model.workers import keep_memory

    keep_memory()
    code = 0
    try:
        code = app(standalone_mode=False) or 0  # what a command left with `typer.Exit`
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough
        _close_stdout()
    except OSError as error:
        _close_stdout()
        sys.exit(_complain(f"{error.filename or 'output'}: {error.strerror or error}"))
    except MemoryError as error:
        sys.exit(_complain(f"more memory is needed than there is ({error}): fewer runs at a time"))
    except ValueError as error:
        from tashkent.model.errors import InputError

        if not isinstance(error, InputError):
            raise
        sys.exit(_complain(str(error)))
    except typer.Abort:
        sys.exit(_complain("stopped"))
    except Exception as error:
        if not hasattr(error, "format_message"):  # not one of Typer's own complaints
            raise
        sys.exit(_complain(error.format_message()))
    sys.exit(code)


def load_case(case: str) -> "Case":
    """A case by the name of a shipped one or by its folder."""
    from tashkent.model.case import load_case as load

    return load(case)


def _load(case: str, theory: str | None) -> "Case":
    """A case, under another theory if one is asked for."""
    loaded = load_case(case)
    if theory is None:
        return loaded
    from tashkent.model.theory import with_theory

    return with_theory(loaded, theory)


def _close_stdout() -> None:
    """Let what is still to be written to a full disk or a closed pipe go nowhere."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(line: str) -> int:
    if line.strip():  # empty where help was shown instead
        print(f"error: {' '.join(line.split())}", file=sys.stderr)
    return BAD_INPUT


@app.command()
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
    from tashkent.model.clock import month_label
    from tashkent.model.errors import InputError

    loaded = _load(case, theory)
    month = None if start is None else loaded.month(start, "--from")
    if month == loaded.end:
        allowed = f"a month before {month_label(loaded.end)}, the last of the case"
        raise InputError(loaded.id, "--from", start, allowed)
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


@app.command()
def law(
    day: Annotated[
        str | None,
        typer.Argument(metavar="DATE", help="YYYY-MM-DD; by default the last day of the case."),
    ] = None,
    case: CaseOption = "cst",
    club: Annotated[str | None, typer.Option(help="One club alone, by its code.")] = None,
    changes: Annotated[
        bool, typer.Option("--changes", help="What began, ended and changed, date by date.")
    ] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Write the whole rulebook to stdout as Markdown.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Say which rules are in force on a day, club by club, in words.

    Example: tashkent law 1999-04-20 --club CST
    """
    from tashkent.model import lawbook
    from tashkent.model.errors import InputError

    loaded = load_case(case)
    others = {"DATE": day, "--club": club, "--changes": changes, "--json": as_json}
    if markdown or (changes and day is not None):
        option, barred = ("--markdown", others) if markdown else ("--changes", {"DATE": day})
        for other in (key for key, given in barred.items() if given):
            raise InputError(loaded.id, option, f"with {other}", f"{option} without {other}")
    width = min(shutil.get_terminal_size().columns, 100)
    if markdown:
        print(lawbook.rulebook(loaded), end="")
    elif changes and as_json:
        print(json.dumps(lawbook.changes_json(loaded, club), indent=2))
    elif changes:
        print(lawbook.changes_text(loaded, club, width))
    elif as_json:
        print(
            json.dumps(lawbook.rules_json(loaded, lawbook.parse_day(loaded, day), club), indent=2)
        )
    else:
        print(lawbook.rules_text(loaded, lawbook.parse_day(loaded, day), club, width))


@app.command()
def explain(
    state: Annotated[str, typer.Argument(help="A state by its code, for example UZB.")],
    month: Annotated[str, typer.Argument(help="The month, YYYY-MM.")],
    case: CaseOption = "cst",
    club: Annotated[str | None, typer.Option(help="Only this club.")] = None,
    draws: Annotated[int, typer.Option(min=20, help="Posterior draws for the intervals.")] = 400,
    seed: Annotated[int, typer.Option(min=0, help="Keys the draws.")] = 0,
    theory: TheoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take the decisions open to a state in a month apart: terms for and against, law, objections, the record.

    Example: tashkent explain UZB 2012-06 --club CST
    """
    from tashkent.model.clock import month_label
    from tashkent.model.errors import InputError, unknown

    loaded = _load(case, theory)
    if state not in loaded.deciders:
        raise unknown(loaded.id, "STATE", state, loaded.deciders)
    if club is not None and club not in loaded.clubs:
        raise unknown(loaded.id, "--club", club, loaded.clubs)
    at = loaded.month(month, "MONTH")
    if at == loaded.start:
        allowed = f"a month after {month_label(loaded.start)}, the initial condition"
        raise InputError(loaded.id, "MONTH", month, allowed)
    from tashkent.calibration.posterior import posterior
    from tashkent.model.explain import explain as take_apart

    fitted = posterior(loaded)
    explanation = take_apart(loaded, state, at, fitted.draws(runs=draws, seed=seed), club)
    if as_json:
        print(json.dumps({**_explanation_json(explanation), "posterior": fitted.origin}, indent=2))
    else:
        _show_explanation(loaded, explanation)
        print(f"Posterior: {fitted.origin}.")


@app.command()
def compare(
    ctx: typer.Context,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="[baseline] NAME|FILE.toml ...",
            help="Counterfactuals of the case, or files; NAME+NAME applies two together.",
        ),
    ],
    case: CaseOption = "cst",
    against: Annotated[
        str | None,
        typer.Option(
            "--baseline", help="A counterfactual to compare with; else the case as it is."
        ),
    ] = None,
    theory: Annotated[
        list[str] | None,
        typer.Option(
            "--theory",
            help="A theory, terms with commas, or 'whole'; several give a comparison under each.",
        ),
    ] = None,
    runs: Annotated[int, typer.Option(min=2, help="Runs of each world.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Keys every random draw.")] = 0,
    start: Annotated[
        str | None,
        typer.Option(
            "--from", help="Start from the record of this month, YYYY-MM; else as each one asks."
        ),
    ] = None,
    prediction: Annotated[
        Path | None, typer.Option(help="Predictions to score, TOML or CSV.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for tables, figures, manifest.")] = None,
    workers: WorkersOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Ask what if: paired runs of a baseline and counterfactuals, with the same draws in both.

    Example: tashkent compare CF1 --theory fear_of_abandonment --theory fear_of_entrapment
    """
    from tashkent.cli import comparison

    arguments = {
        "names": names,
        "case": case,
        "baseline": against,
        "theory": theory or [],
        "runs": runs,
        "seed": seed,
        "from": start,
        "prediction": None if prediction is None else str(prediction),
    }
    comparison.check(arguments)
    if out is not None:
        from tashkent.model.storage import claimed_result

        ctx.with_resource(claimed_result(out))
    with _bar("compare") as progress:
        found, predictions = comparison.asked(
            arguments, workers=workers or os.cpu_count() or 1, progress=progress
        )
    if out is not None:
        comparison.write(found, predictions, out, arguments)
    if as_json:
        print(json.dumps(comparison.as_json(found, predictions), indent=2))
        return
    from rich.console import Console

    comparison.show(found, predictions, Console())
    if out is not None:
        print(f"Figures, tables and manifest: {out}")


@app.command()
def sweep(
    ctx: typer.Context,
    design: Annotated[
        Path, typer.Argument(metavar="DESIGN.toml", help="What is varied: docs/sweeps.md.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for what is done, tables, manifest.")] = Path(
        "tashkent-sweep"
    ),
    workers: WorkersOption = 0,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask scheduler to send the work to, tcp://..."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the sweep in --out, if one is there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run every point of a design many times: a grid, a Latin hypercube, a Sobol' sequence, the posterior.

    Killed at any moment, the same command with --resume goes on. Exit code 1: some runs failed, see failures.csv.

    Example: tashkent sweep docs/examples/renewal.toml --out renewal --resume
    """
    if cluster is not None and workers:
        from tashkent.model.errors import InputError

        raise InputError("--workers", "with --cluster", workers, "--workers without --cluster")
    from tashkent.cli import sweeps
    from tashkent.experiments.design import read_design
    from tashkent.model.storage import claimed

    plan = read_design(design)
    ctx.with_resource(claimed(out))
    sweeps.check_folder(plan, out, resume)
    with sweeps.progress_bar() as progress:
        found = sweeps.sweep(
            plan,
            out,
            workers=workers or os.cpu_count() or 1,
            cluster=cluster,
            resume=True,
            progress=progress,
        )
    if as_json:
        print(json.dumps(sweeps.as_json(found), indent=2))
    else:
        from rich.console import Console

        sweeps.show(found, Console())
        print(f"Tables and manifest: {out}")
    if found.failures:
        words = f"{found.failures} points had runs that failed: {out / sweeps.FAILURES}"
        print(f"error: {words}; --resume tries them again", file=sys.stderr)
        raise typer.Exit(NOT_ALL)


@app.command()
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

    with _bar("reproduce") as progress:
        found = reproduction.reproduce(
            manifest, workers=workers or os.cpu_count() or 1, progress=progress
        )
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
    else:
        print("\n".join(found.lines()))
    if not found.identical:
        raise typer.Exit(DIFFERS)


@app.command()
def counterfactuals(
    case: CaseOption = "cst",
    as_json: JsonOption = False,
) -> None:
    """List the counterfactuals of a case: what each asks, and which direction is implied by whom.

    Example: tashkent counterfactuals
    """
    loaded = load_case(case)
    from tashkent.cli import comparison

    if as_json:
        print(json.dumps(comparison.listed(loaded), indent=2))
        return
    from rich.console import Console

    comparison.show_list(loaded, Console())


@app.command()
def sensitivity(
    ctx: typer.Context,
    case: CaseOption = "cst",
    outcomes: Annotated[
        list[str] | None,
        typer.Option(
            "--outcome",
            help="What to look at, such as 'in(UZB, CST, 2012-12)'; several may be asked.",
        ),
    ] = None,
    of: Annotated[
        list[str] | None,
        typer.Option("--of", help="What to vary: parameters or inputs; by default both."),
    ] = None,
    over: Annotated[
        str, typer.Option(help="Parameters run over quantiles of their prior or posterior.")
    ] = "prior",
    runs: Annotated[
        int | None, typer.Option(help="Runs at each point, a multiple of 4; 48 by default.")
    ] = None,
    trajectories: Annotated[
        int | None, typer.Option(help="Trajectories of the screening; 10 by default.")
    ] = None,
    base: Annotated[
        int | None,
        typer.Option(help="Points of a sample of the variance, a power of two; 256 by default."),
    ] = None,
    most: Annotated[
        int | None, typer.Option(help="Factors that share out the variance; 10 by default.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Start from the record of this month, YYYY-MM.")
    ] = None,
    theory: TheoryOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Keys every random draw.")] = 0,
    quick: Annotated[
        bool, typer.Option("--quick", help="Few runs and points: to see what it does.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for tables, figure, manifest.")] = None,
    workers: WorkersOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Say which parameters and inputs the answers hang on: elementary effects, then shares of variance.

    Example: tashkent sensitivity --of parameters --outcome "in(UZB, CST, 2012-12)" --over posterior
    """
    from dataclasses import asdict, replace

    from tashkent.cli import sensitivity_report
    from tashkent.experiments.sensitivity import QUICK, Plan

    sizes = {"runs": runs, "trajectories": trajectories, "base": base, "most": most}
    plan = replace(
        QUICK if quick else Plan(),
        **{name: size for name, size in sizes.items() if size is not None},
    )
    arguments = {
        "case": case,
        "outcomes": outcomes or [],
        "of": of or [],
        "over": over,
        "plan": asdict(plan),
        "from": start,
        "theory": theory,
        "seed": seed,
    }
    if out is not None:
        from tashkent.model.storage import claimed_result

        ctx.with_resource(claimed_result(out))
    with _bar("evaluate") as progress:
        found = sensitivity_report.asked(
            arguments,
            workers=workers or os.cpu_count() or 1,
            told=lambda line: print(line, file=sys.stderr),
            progress=progress,
        )
    if out is not None:
        sensitivity_report.write(found, out, arguments)
    if as_json:
        print(json.dumps(found.to_dict(), indent=2, allow_nan=False))
        return
    from rich.console import Console

    sensitivity_report.show(found, Console())
    if out is not None:
        print(f"Tables, figure and manifest: {out}")


@app.command()
def calibrate(
    ctx: typer.Context,
    case: CaseOption = "cst",
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
    loaded = load_case(case)
    import tashkent.cli.calibrate as calibration
    from tashkent.model.errors import InputError

    if quick and install:
        raise InputError(loaded.id, "--quick", "with --install", "--quick without --install")
    few, usual = (4000, 1), (6000, 8)
    steps = steps if steps is not None else (few if quick else usual)[0]
    imputations = imputations if imputations is not None else (few if quick else usual)[1]
    from tashkent.model.storage import claimed

    calibration.check_out(out)
    ctx.with_resource(claimed(out))
    if start_again:
        calibration.start_again(out)
    with _bar("sample") as progress:
        found = calibration.calibrate(
            loaded,
            out=out,
            seed=seed,
            imputations=imputations,
            ensembles=ensembles,
            walkers=walkers,
            steps=steps,
            runs=runs,
            workers=workers or os.cpu_count() or 1,
            progress=progress,
        )
    calibration.write(found, out)
    if install and not found.reasons:
        calibration.install(found)
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
    else:
        from rich.console import Console

        calibration.show(found, Console())
    if found.reasons:
        print(
            f"error: not converged after {steps} steps: {', '.join(found.reasons)}; "
            f"nothing was shipped: go on with --steps {2 * steps}",
            file=sys.stderr,
        )
        raise typer.Exit(NOT_CONVERGED)
    if not as_json:
        print(f"Posterior: {(loaded.path if install else out) / 'posterior.nc'}")


@app.command()
def recover(
    ctx: typer.Context,
    case: CaseOption = "cst",
    replicates: Annotated[int, typer.Option(min=20, help="Synthetic histories.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Keys every random draw.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder for tables and manifest.")] = Path(
        "tashkent-recovery"
    ),
    workers: WorkersOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Fit simulated histories whose parameters are known: are they found, and are the intervals honest?

    Example: tashkent recover --replicates 200 --out recovery
    """
    loaded = load_case(case)
    import tashkent.cli.calibrate as calibration
    from tashkent.model.storage import claimed_result

    ctx.with_resource(claimed_result(out))
    with _bar("recover") as progress:
        found = calibration.recover(
            loaded,
            number=replicates,
            seed=seed,
            workers=workers or os.cpu_count() or 1,
            progress=progress,
        )
    calibration.write_recovery(found, out)
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
        return
    from rich.console import Console

    calibration.show_recovery(found, Console())


@app.command()
def validate(
    ctx: typer.Context,
    case: CaseOption = "cst",
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer runs and refits, normal approximations.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Keys every random draw.")] = 0,
    out: Annotated[
        Path, typer.Option(help="Folder for stages and tables; what is done there is kept.")
    ] = Path("tashkent-validation"),
    compact: Annotated[
        Path | None, typer.Option(help="Also write the small tables into this folder.")
    ] = None,
    workers: WorkersOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Examine the model: held-out scores against baselines, patterns, chance, rival theories, robustness.

    Interrupted, the same command goes on where it stopped.

    Example: tashkent validate --quick --out look
    """
    loaded = load_case(case)
    import tashkent.cli.validate as validation
    from tashkent.calibration.validation import QUICK, Plan, with_seed
    from tashkent.model.storage import claimed, claimed_result

    validation.check_out(out)
    ctx.with_resource(claimed(out))
    if compact is not None:
        ctx.with_resource(claimed_result(compact, "--compact"))
    with _stages() as progress:
        found = validation.validate(
            loaded,
            with_seed(QUICK if quick else Plan(), seed),
            out,
            workers=workers or os.cpu_count() or 1,
            progress=progress,
        )
    validation.write(found, out)
    if compact is not None:
        validation.write_compact(found, compact)
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
        return
    from rich.console import Console

    validation.show(found, Console())
    print(f"Tables and manifest: {out}")


@contextmanager
def _stages() -> "Iterator[Callable[[str, int, int], None]]":
    """A progress bar on stderr for jobs of several stages."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:>13}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None)
        yield lambda stage, done, of: bar.update(task, description=stage, completed=done, total=of)


@app.command(name="app")
def dashboard(
    host: Annotated[
        str, typer.Option(help="Who can reach it: 0.0.0.0 for everybody in the network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page.")] = 8765,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
) -> None:
    """Open the dashboard: the map, the states and their decisions, in a browser and without a network.

    Example: tashkent app --host 0.0.0.0 --no-open
    """
    from tashkent.dashboard.server import check, serve

    try:
        check(host, port)
    except OSError as error:
        words = f"{host}:{port} cannot be served: {error.strerror or error}"
        raise typer.BadParameter(words, param_hint="--host, --port") from None
    serve(host, port, show=not no_open)


@contextmanager
def _bar(stage: str) -> "Iterator[Callable[[int, int], None]]":
    """A progress bar on stderr for one stage: done, and of how much."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:>10}"), BarColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(stage, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _explanation_json(explanation: "Explanation") -> dict[str, object]:
    from tashkent.model.words import story

    return {
        "state": explanation.state,
        "month": explanation.month,
        "status": dict(explanation.status),
        "acts": [
            {
                "club": act.club,
                "act": act.act,
                "rule": act.rule,
                "law": act.law,
                "source": act.source,
                "parts": [
                    {"name": p.name, "kind": p.kind, "median": p.median, "interval": p.interval}
                    for p in act.parts
                ],
                "log_odds": float(sorted(act.log_odds)[len(act.log_odds) // 2]),
                "probability": float(sorted(act.probability)[len(act.probability) // 2]),
                "objectors": dict(act.objectors),
                "done": act.done,
            }
            for act in explanation.acts
        ],
        "saw": [vars(sight) for sight in explanation.saw],
        "owed": dict(explanation.owed),
        "turns": [vars(turn) for turn in explanation.turns],
        "record": [list(row) for row in explanation.record],
        "story": story(explanation),
    }


def _show_explanation(case: "Case", explanation: "Explanation") -> None:
    from rich.console import Console

    from tashkent.model.words import story

    console = Console()
    name = next(s.name for s in case.states if s.state == explanation.state)
    console.print(f"[bold]{name}, {explanation.month}[/bold]\n")
    for club in dict.fromkeys(act.club for act in explanation.acts):
        acts = [act for act in explanation.acts if act.club == club]
        console.print(_worth_table(acts[0]))
        console.print(_acts_table(acts))
        for act in acts:
            console.print(f"{act.rule}: {act.law} ({act.source})", highlight=False)
        console.print()
    for line in story(explanation):
        console.print(line, highlight=False)
    for club, act_name, actor in explanation.record:
        console.print(
            f"Record: {club} {act_name.replace('_', ' ')} (act of the {actor})", highlight=False
        )


def _worth_table(act: "ActExplained") -> "Table":
    """The terms of a seat, the weightiest first; above zero speaks for being in."""
    from rich.table import Table

    from tashkent.model.words import named

    worth = act.worth
    table = Table(title=f"What a seat in {act.club_name} was worth", title_justify="left")
    for column in ("", "log-odds", "90% interval"):
        table.add_column(column, justify="left" if not column else "right")
    for part in sorted(worth, key=lambda part: -abs(part.median)):
        low, high = part.interval
        if max(abs(low), abs(high)) >= 0.005:
            table.add_row(named(part), f"{part.median:+.2f}", f"{low:+.2f} to {high:+.2f}")
    low, high = act.total.interval
    table.add_row("all together", f"{act.total.median:+.2f}", f"{low:+.2f} to {high:+.2f}")
    return table


def _acts_table(acts: list["ActExplained"]) -> "Table":
    """The acts that the law leaves open: what each costs, how likely it was, who would have objected."""
    from rich.table import Table

    from tashkent.model.words import named, percent

    table = Table(title="What it could do", title_justify="left")
    for column in ("act", "what the rules add", "chance in the month (90%)", "would have objected"):
        table.add_column(column)
    for act in acts:
        chances = sorted(act.probability)
        low, middle, high = (chances[len(chances) * q // 100] for q in (5, 50, 95))
        costs = ", ".join(f"{named(p)} {p.median:+.1f}" for p in act.parts if p.kind == "friction")
        table.add_row(
            act.act.replace("_", " ") + (" ●" if act.done else ""),
            costs,
            f"{percent(middle)} ({percent(low)} to {percent(high)})",
            ", ".join(f"{s} {percent(p)}" for s, p in act.objectors.items()),
        )
    if any(act.done for act in acts):
        table.caption = "● by the record it did so"
    return table


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


@case_app.command("check")
def check(
    path: Annotated[
        str, typer.Argument(help="A case folder, or the name of a shipped case.")
    ] = "cst",
    as_json: JsonOption = False,
) -> None:
    """Load a case and all that stands beside it strictly, and say what is in it.

    Tables, patterns, magnitudes and counterfactuals: the first thing wrong is one line and exit code 2.

    Example: tashkent case check model/cases/cst
    """
    from tashkent.cli.whole_case import load_whole_case
    from tashkent.model.clock import month_label

    case = load_whole_case(path)
    found = {
        "case": case.id,
        "hash": case.hash,
        "states": len(case.states),
        "clubs": len(case.clubs),
        "statutes": len(case.statutes),
        "events": len({event.event for event in case.events}),
        "record": len(case.record),
        "parameters": len(case.parameters),
        "from": month_label(case.start),
        "to": month_label(case.end),
    }
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        print(
            f"{case.id}: valid. " + ", ".join(f"{k} {v}" for k, v in found.items() if k != "case")
        )


@case_app.command("new")
def new(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    patron: Annotated[str, typer.Option(help="Code of the state that leads the pact.")] = "COR",
    states: Annotated[
        str, typer.Option(help="Codes of the states that decide, with commas; at least two.")
    ] = "ARV,BOR",
) -> None:
    """Write an invented case that loads and runs, to be replaced line by line; docs/cases.md says how.

    Example: tashkent case new warsaw --patron SUN --states ALB,POL,ROU
    """
    from tashkent.cli.new_case import new_case

    made = new_case(folder, patron, [state.strip() for state in states.split(",")])
    print(
        f"{made.id}: written. Every row is invented: replace it, then `tashkent case check {folder}` "
        f"and `tashkent run --case {folder} --runs 5`."
    )
