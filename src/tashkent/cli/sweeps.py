"""What `tashkent sweep` shows: how far it is, and the first points and outcomes when it is done."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from string import ascii_uppercase
from typing import TYPE_CHECKING

import pandas as pd

from tashkent.cli.screen import Figures, Heading, console, strong
from tashkent.cli.verbosity import note, shows_bars
from tashkent.experiments.plan import POINT, SweepPlan
from tashkent.experiments.sweep import Swept
from tashkent.model.storage import MANIFEST
from tashkent.model.workers import Progress

if TYPE_CHECKING:
    from rich.console import Console

#: points and outcomes that are shown on the screen
MOST_POINTS, MOST_OUTCOMES = 12, 4


def as_json(found: Swept) -> dict[str, object]:
    """The manifest, and where the tables are."""
    told: dict[str, object] = json.loads((found.folder / MANIFEST).read_text(encoding="utf-8"))
    return {**told, "folder": str(found.folder)}


def show(found: Swept, screen: "Console") -> None:
    """Points and outcomes on the screen, as many as fit, and where the rest is."""
    plan = found.plan
    points, runs = plan.size, plan.design.all_runs
    told = f": {points:,} points of {runs:,} runs, seed {plan.design.seed}\n"
    screen.print(strong(plan.design.title or plan.case.title, told))
    names = [outcome.name for outcome in plan.outcomes[:MOST_OUTCOMES]]
    letters = ascii_uppercase[: len(names)]
    for letter, name in zip(letters, names, strict=True):
        screen.print(f"{letter}  {name}", highlight=False)
    columns = [factor.column for factor in plan.design.factors]
    rows = _first_rows(found).set_index([POINT, "outcome"])
    heads = [Heading(name, right=True) for name in (POINT, *columns, *letters)]
    table = Figures(heads, "Mean ± standard error over runs")
    for row in plan.rows(range(min(MOST_POINTS, plan.size))).to_dict("records"):
        cells = [_cell(row[name]) for name in columns]
        means = [rows.loc[(row[POINT], name)] for name in names]
        found_here = [f"{m['mean']:.6g} ± {m['se']:.2g}" for m in means]
        table.add_row(str(row[POINT]), *cells, *found_here)
    screen.print(table)
    more = [f"{n:,} {what}" for n, what in _hidden(plan) if n > 0]
    if more:
        screen.print(f"and {' and '.join(more)} more.")


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
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    screen = console(stderr=True)
    if not shows_bars() or not screen.is_terminal:
        yield _Lines()
        return
    columns = (TextColumn("sweep"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=screen, transient=True) as bar:
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
        note(f"sweep: {done:,} of {of:,} runs{self._left(now, done, of)}")

    def _left(self, now: float, done: int, of: int) -> str:
        began, before = self._begun or (now, done)
        if done in (of, before):
            return ""
        seconds = (of - done) * (now - began) / (done - before)
        return f", {seconds / 60:.0f} min left" if seconds >= 90 else f", {seconds:.0f} s left"
