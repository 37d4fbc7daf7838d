"""What `tashkent sweep` writes and shows: a folder that holds a sweep, begun or done."""

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

import pandas as pd

from tashkent.calibration.posterior import posterior_hash
from tashkent.cli.output import hashes, inputs_of, provenance, tables_of
from tashkent.experiments.design import read_design
from tashkent.experiments.plan import POINT, SweepPlan
from tashkent.experiments.sweep import CHUNKS, keeping, run, write_tables
from tashkent.experiments.tasks import Tasks
from tashkent.model.clock import month_label
from tashkent.model.errors import InputError
from tashkent.model.storage import MANIFEST, claimed, is_free, piece, write_csv, write_json
from tashkent.model.workers import Progress

if TYPE_CHECKING:
    from rich.console import Console

#: which sweep a folder holds
SWEEP = "sweep.json"
#: what is not the same in every run of a sweep: a traceback names files and lines
FAILURES = "failures.csv"
#: points and outcomes that are shown on the screen
MOST_POINTS, MOST_OUTCOMES = 12, 4
CODEBOOK = {
    POINT: "Number of the point",
    "draw": "Number of the draw of the posterior, in a posterior design",
    "run": "Number of the run within the point; (point, run) names a run",
    "outcome": "What is looked at: docs/sweeps.md",
    "runs": "Runs of the point that were done",
    "defined": "Those in which the outcome is defined",
    "mean": "Mean of the outcome over these",
    "sd": "Standard deviation over runs (divisor n - 1)",
    "se": "Standard error of the mean: sd / sqrt(defined)",
    "first_run": "First of the runs that failed",
    "error": "What went wrong",
    "traceback": "Where it went wrong",
}


@dataclass(frozen=True, eq=False)
class Swept:
    """A sweep that is done."""

    plan: SweepPlan
    #: where its tables stand; read them while they are there
    folder: Path
    failures: int

    @cached_property
    def points(self) -> pd.DataFrame:
        """A row for each point: its number and its factors."""
        return self.plan.points

    @cached_property
    def summary(self) -> pd.DataFrame:
        """A row for each point and outcome: runs, mean, spread."""
        return pd.read_parquet(self.folder / "summary.parquet")

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row for each run, if the design keeps them.

        Raises
        ------
        InputError
            If the design does not keep them.
        """
        path = self.folder / "runs.parquet"
        if not path.exists():
            raise InputError("sweep", "keep", self.plan.design.keep, "'runs', to have every run")
        return pd.read_parquet(path)

    @cached_property
    def failed(self) -> pd.DataFrame:
        """A row for each point whose runs failed, with the traceback."""
        return pd.read_csv(self.folder / FAILURES)

    def read(self) -> "Swept":
        """Read all tables, so that the folder is no longer needed."""
        _ = self.points, self.summary, self.failed
        if self.plan.design.keep == "runs":
            _ = self.runs
        return self


def sweep(
    design: Path | str | Mapping[str, Any] | SweepPlan,
    out: Path | str | None = None,
    *,
    workers: int = 1,
    cluster: str | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Swept:
    """Run every point of a design many times.

    Parameters
    ----------
    design
        A TOML file, or a table of the same keys (docs/sweeps.md).
    out
        Folder for what is done and for the tables; without one the tables are kept in memory alone.
    workers
        Processes; no influence on the result. A script that asks for more than one must guard its own start by
        ``if __name__ == "__main__"``.
    cluster
        Address of a Dask scheduler, to have the tasks done there (extra ``cluster``).
    resume
        Go on with the sweep that `out` holds, if it holds one.
    progress
        Called with runs done and runs to do.

    Raises
    ------
    InputError
        If the design, the folder or the cluster cannot be used.

    Examples
    --------
    >>> found = sweep(
    ...     {
    ...         "method": "grid",
    ...         "runs": 20,
    ...         "start": "1998-12",
    ...         "outcomes": ["exits(CST, 1999-01, 1999-06)"],
    ...         "factor": [{"vary": "counterfactual", "values": ["baseline", "CF1"]}],
    ...     }
    ... )
    >>> found.summary[["counterfactual", "runs", "defined"]].values.tolist()
    [['baseline', 20, 20], ['CF1', 20, 20]]
    """
    plan = design if isinstance(design, SweepPlan) else read_design(design)
    if out is None:
        with tempfile.TemporaryDirectory() as folder:
            made = _swept(plan, Path(folder), workers, cluster, progress)
            return made.read()
    with claimed(Path(out)):
        check_folder(plan, Path(out), resume)
        try:
            return _swept(plan, Path(out), workers, cluster, progress)
        except InputError:
            _forget(Path(out))
            raise


def _swept(
    plan: SweepPlan, out: Path, workers: int, cluster: str | None, progress: Progress | None
) -> Swept:
    tasks = run(plan, out, workers=workers, cluster=cluster, progress=progress)
    with keeping(out):
        return Swept(plan, out, _finish(tasks, out))


# the folder ----------------------------------------------------------------------------------------


def check_folder(plan: SweepPlan, out: Path, resume: bool) -> None:
    """Begin a sweep in a folder, or find it there; refuse whatever else stands in it.

    Raises
    ------
    InputError
        If the folder holds something else, or this sweep and it was not asked to resume.
    """
    tasks, place = Tasks(plan), out / SWEEP
    if is_free(out):
        with claimed(out):
            write_json(place, _told(tasks))
        return
    try:
        told = json.loads(place.read_text(encoding="utf-8"))
        identity, design = str(told["identity"]), str(told["design"])
    except (OSError, ValueError, KeyError, TypeError):
        allowed = "a new or empty folder, or one that holds this sweep"
        raise InputError("--out", "folder", str(out), allowed) from None
    if identity != tasks.identity:
        what = "another sweep is there"
        if design == _design_hash(plan):
            what = "this design is there, of another case, posterior or version of the code"
        raise InputError("--out", "folder", str(out), f"a new or empty folder: {what}")
    if not resume:
        state = "done" if (out / MANIFEST).exists() else "begun"
        allowed = f"a new or empty folder, or --resume: this sweep is there, {state}"
        raise InputError("--out", "folder", str(out), allowed)


def _forget(out: Path) -> None:
    """Remove a sweep that could not begin: of which nothing is done."""
    chunks = out / CHUNKS
    if not (out / MANIFEST).exists() and not any(chunks.glob("*")):
        chunks.rmdir()
        (out / SWEEP).unlink()


def _told(tasks: Tasks) -> dict[str, object]:
    return {
        "identity": tasks.identity,
        "design": _design_hash(tasks.plan),
        "title": tasks.plan.design.title,
        "points": tasks.plan.size,
        "runs": tasks.runs,
        "tasks": len(tasks),
    }


def _design_hash(plan: SweepPlan) -> str:
    text = json.dumps(plan.table, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _finish(tasks: Tasks, out: Path) -> int:
    """Write the tables, and the manifest when all of them stand."""
    with piece(out) as made:
        failures = write_tables(tasks, out, made)
        _codebook(tasks.plan, made)
        write_json(made / MANIFEST, manifest(tasks, made, failures))
    return failures


def _codebook(plan: SweepPlan, folder: Path) -> None:
    """What each column means, those of the design's factors and outcomes too."""
    rows = dict(CODEBOOK)
    for factor in plan.design.factors:
        rows[factor.column] = f"Factor: {factor.kind} {getattr(factor, 'of', '')}".rstrip()
    if plan.design.method == "posterior":
        rows |= {name: f"Parameter: {row.unit}" for name, row in plan.case.drawn.items()}
    if plan.design.keep == "runs":
        rows |= {outcome.name: "Outcome of the run" for outcome in plan.outcomes}
    table = pd.DataFrame({"column": rows.keys(), "meaning": rows.values()})
    write_csv(folder / "codebook.csv", table)


def manifest(tasks: Tasks, folder: Path, failures: int) -> dict[str, object]:
    """What another person needs to get the same numbers, and to see that they are: the whole design is in it."""
    plan = tasks.plan
    fitted = {name: plan.cases.posterior(name) for name in plan.cases.theories}
    return {
        "command": "sweep",
        "identity": tasks.identity,
        "case": plan.case.id,
        "case_hash": plan.case.hash,
        "fit_until": month_label(plan.case.fit_until),
        "points": plan.size,
        "runs_per_point": plan.design.runs,
        "runs": tasks.runs,
        "runs_per_task": plan.chunk,
        "failures": failures,
        "seed": plan.design.seed,
        "posterior": {name: one.origin for name, one in fitted.items()},
        "posterior_hash": {name: posterior_hash(one) for name, one in fitted.items()},
        **provenance(),
        "arguments": {"design": plan.table},
        "inputs": inputs_of(_words(plan.table)),
        "files": hashes(path for path in tables_of(folder) if path.name != FAILURES),
    }


def _words(value: object) -> list[str]:
    """All words of a design."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [word for one in value for word in _words(one)]
    return [value] if isinstance(value, str) else []


# the screen ----------------------------------------------------------------------------------------


def as_json(found: Swept) -> dict[str, object]:
    """The manifest, and where the tables are."""
    told: dict[str, object] = json.loads((found.folder / MANIFEST).read_text(encoding="utf-8"))
    return {**told, "folder": str(found.folder)}


def show(found: Swept, console: "Console") -> None:
    """Points and outcomes on the screen, as many as fit, and where the rest is."""
    from rich.table import Table

    plan = found.plan
    points, runs = plan.size, plan.design.runs
    title = f"[bold]{plan.design.title or plan.case.title}[/bold]"
    console.print(f"{title}: {points:,} points of {runs:,} runs, seed {plan.design.seed}\n")
    names = [outcome.name for outcome in plan.outcomes[:MOST_OUTCOMES]]
    letters = ascii_uppercase[: len(names)]
    for letter, name in zip(letters, names, strict=True):
        console.print(f"{letter}  {name}", highlight=False)
    columns = [factor.column for factor in plan.design.factors]
    rows = _first_rows(found).set_index([POINT, "outcome"])
    table = Table(title="Mean ± standard error over runs", title_justify="left")
    for name in (POINT, *columns, *letters):
        table.add_column(name, justify="right")
    for row in plan.rows(range(min(MOST_POINTS, plan.size))).to_dict("records"):
        cells = [_cell(row[name]) for name in columns]
        means = [rows.loc[(row[POINT], name)] for name in names]
        told = [f"{m['mean']:.6g} ± {m['se']:.2g}" for m in means]
        table.add_row(str(row[POINT]), *cells, *told)
    console.print(table)
    more = [f"{n:,} {what}" for n, what in _hidden(plan) if n > 0]
    if more:
        console.print(f"and {' and '.join(more)} more.")


def _first_rows(found: Swept) -> pd.DataFrame:
    """The rows of the summary for the points that are shown; it may be too long to be read whole."""
    import pyarrow.parquet as pq

    wanted = min(MOST_POINTS, found.plan.size) * len(found.plan.outcomes)
    with pq.ParquetFile(found.folder / "summary.parquet") as file:
        first = next(file.iter_batches(batch_size=wanted)).to_pandas()
    return first


def _hidden(plan: SweepPlan) -> list[tuple[int, str]]:
    return [
        (plan.size - MOST_POINTS, "points"),
        (len(plan.outcomes) - MOST_OUTCOMES, "outcomes"),
    ]


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Runs done, and the time that is left: a bar on a terminal, and otherwise a line now and then; on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines()
        return
    columns = (TextColumn("sweep"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("sweep", total=None)
        begun = False

        def say(done: int, of: int) -> None:
            nonlocal begun
            if begun:
                bar.update(task, completed=done)
            else:  # what was done before says nothing about the speed
                bar.reset(task, total=of, completed=done)
            begun = True

        yield say


class _Lines:
    """A line on stderr each half a minute, and at the end."""

    EVERY = 30.0

    def __init__(self) -> None:
        self._begun: tuple[float, int] | None = None
        self._said = time.monotonic()

    def __call__(self, done: int, of: int) -> None:
        now = time.monotonic()
        if self._begun is None:
            self._begun = (now, done)
        if done < of and now - self._said < self.EVERY:
            return
        self._said = now
        print(f"sweep: {done:,} of {of:,} runs{self._left(now, done, of)}", file=sys.stderr)

    def _left(self, now: float, done: int, of: int) -> str:
        began, before = self._begun or (now, done)
        if done in (of, before):
            return ""
        seconds = (of - done) * (now - began) / (done - before)
        return f", {seconds / 60:.0f} min left" if seconds >= 90 else f", {seconds:.0f} s left"
