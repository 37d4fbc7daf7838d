"""The tasks of a sweep done and stored one by one, here or on a cluster, and added up: never from the beginning.

A task is some points and a range of runs. `experiments.tasks.evaluate` does it, wherever it is sent, and gives a small
table: of each point the tally of its outcomes, or every run. What it finds is a file of its own, written whole or not
at all, under a key that is a digest of all that it depends on: case, posterior, code, outcomes, points, range, seed. So
a sweep that was killed goes on with the tasks that have no file. At the end the files are added up in the order of
tasks, so that the result is the same to the last bit whoever did which task, and when. No more than a few tasks are in
memory at once.

A run is named by two numbers, (point, run). Random numbers are common: run r of every point has the same draws (those
of the posterior too, but for what the point sets), so points differ through what was changed alone; with
``random_numbers = "independent"`` run r of point p of R runs draws as number ``p R + r``. Points of one scenario
advance together as far as their runs fit into a block.

What goes wrong in a task is caught: the points that it concerns have fewer runs, and the failure is a row with its
traceback. A task with a failure is done again when the sweep is resumed.
"""

import json
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tashkent.calibration.tally import Tally
from tashkent.experiments import evaluators
from tashkent.experiments.cluster import on_cluster
from tashkent.experiments.plan import POINT, ROWS, SUMMARY, SweepPlan
from tashkent.experiments.tasks import TaskResult, Tasks
from tashkent.model.errors import InputError
from tashkent.model.pieces import read_piece, remove_piece, write_piece
from tashkent.model.plain import csv_text
from tashkent.model.storage import clear, writing
from tashkent.model.workers import Progress

CHUNKS = "chunks"
DONE, FAILED = ".parquet", ".failed.parquet"
#: where the failures of a task stand in its file
_FAILURES = b"failures"
FAILURE_COLUMNS = [POINT, "first_run", "runs", "error", "traceback"]


# storing -------------------------------------------------------------------------------------------


def store(found: TaskResult, folder: Path) -> None:
    """Write what a task found, whole or not at all; what it found before is replaced."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(found.table, preserve_index=False)
    table = table.replace_schema_metadata({_FAILURES: json.dumps(found.failures).encode()})
    name = f"{found.key}{FAILED if found.failures else DONE}"
    content = pa.BufferOutputStream()
    pq.write_table(table, content)
    write_piece(folder / name, content.getvalue().to_pybytes(), of=name)
    if not found.failures:
        (folder / f"{found.key}{FAILED}").unlink(missing_ok=True)


def keeping(folder: Path) -> AbstractContextManager[None]:
    """Say in one line that a disk is full or a folder may not be written to, and that what is done is kept."""
    return writing(folder, "--out", "; what is done is kept, and --resume goes on")


def _stored(folder: Path, key: str) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for suffix in (DONE, FAILED):
        content = read_piece(folder / f"{key}{suffix}", of=f"{key}{suffix}")
        if content is not None:
            table = pq.read_table(pa.BufferReader(content))
            told = (table.schema.metadata or {}).get(_FAILURES, b"[]")
            return table.to_pandas(), json.loads(told)
    allowed = "a file as it was written: --resume does its task again"
    raise InputError("--out", "file", str(folder / f"{key}{DONE}"), allowed)


def _done(tasks: Tasks, chunks: Path) -> frozenset[str]:
    """The keys of the tasks that are done; what is stored of others and is not as it was written is removed."""
    found = set()
    for task in tasks:
        path = chunks / f"{task.key}{DONE}"
        if read_piece(path, of=path.name) is not None:
            found.add(task.key)
        elif os.path.lexists(path):
            remove_piece(path)
    return frozenset(found)


# doing ---------------------------------------------------------------------------------------------


def run(
    plan: SweepPlan,
    folder: Path,
    *,
    workers: int = 1,
    cluster: str | None = None,
    progress: Progress | None = None,
) -> Tasks:
    """Do the tasks that have no file in `folder`, and store what they find.

    Workers and cluster have no influence on the result. `progress` gets runs done and runs to do.
    """
    tasks, chunks = Tasks(plan), folder / CHUNKS
    with keeping(folder):
        chunks.mkdir(parents=True, exist_ok=True)
        clear(chunks)
        there = _done(tasks, chunks)
    done = sum(task.runs for task in tasks if task.key in there)

    def say() -> None:
        if progress is not None:
            progress(done, tasks.runs)

    say()
    if done == tasks.runs:
        return tasks
    for name in plan.cases.theories:
        plan.cases.posterior(name)  # fitted once, here
    todo = (task for task in tasks if task.key not in there)
    if cluster is not None:
        results = on_cluster(plan, todo, cluster)
    elif workers > 1 and len(tasks) > 1:
        results = evaluators.on_cores(plan, todo, min(workers, len(tasks)))
    else:
        results = evaluators.here(plan, todo)
    with closing(results):
        for found in results:
            with keeping(folder):
                store(found, chunks)
            done += found.runs
            say()
    return tasks


# adding up -----------------------------------------------------------------------------------------


def add_up(tasks: Tasks, folder: Path, to: Path) -> int:
    """Add up what is stored in `folder`, in the order of tasks, and write the tables into `to`; how many failures.

    ``points.parquet`` (number and factors), ``summary.parquet`` and ``.csv`` (a row for each point and outcome),
    ``failures.csv`` and, if runs are kept, ``runs.parquet`` (a row for each).

    Raises
    ------
    InputError
        If a task has no file, or it is not as it was written.
    """
    plan, failures = tasks.plan, 0
    _write_points(plan, to / "points.parquet")
    with ExitStack() as stack:
        summary = stack.enter_context(closing(_Rows(to, "summary", csv=True)))
        runs = stack.enter_context(closing(_Rows(to, "runs")))
        failed = stack.enter_context((to / "failures.csv").open("w", encoding="utf-8", newline=""))
        failed.write(csv_text(pd.DataFrame(columns=FAILURE_COLUMNS)))
        group = _Group.of(plan, ())
        for task in tasks:
            table, rows = _stored(folder / CHUNKS, task.key)
            if task.first == 0:
                group = _Group.of(plan, [point.number for point in task.points])
            group = group.with_runs(plan, table, task.last - task.first)
            if task.last == plan.design.all_runs:
                summary.add(group.rows(plan))
            if plan.design.keep == "runs":
                runs.add(table)
            failed.write(csv_text(pd.DataFrame(rows, columns=FAILURE_COLUMNS), header=False))
            failures += len(rows)
    return failures


def _write_points(plan: SweepPlan, path: Path) -> None:
    """All points, some at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pieces = (pa.Table.from_pandas(piece, preserve_index=False) for piece in plan.pieces())
    first = next(pieces)
    with pq.ParquetWriter(path, first.schema) as file:
        for piece in chain((first,), pieces):
            file.write_table(piece)


@dataclass(frozen=True, eq=False)
class _Group:
    """Some points, the tally of their outcomes, shape (points, outcomes), and how many runs each has."""

    numbers: NDArray[np.intp]
    tally: Tally
    runs: NDArray[np.intp]

    @classmethod
    def of(cls, plan: SweepPlan, numbers: Sequence[int]) -> "_Group":
        shape = (len(numbers), len(plan.outcomes))
        tally = Tally(np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape))
        return cls(np.array(numbers, int), tally, np.zeros(len(numbers), int))

    def with_runs(self, plan: SweepPlan, table: pd.DataFrame, each: int) -> "_Group":
        """With what a task found: nothing for points that failed."""
        outcomes = len(plan.outcomes)
        if plan.design.keep == "runs":
            values = table.iloc[:, 2:].to_numpy(float).reshape(-1, each, outcomes)
            numbers, found = table[POINT].to_numpy()[::each], Tally.of(values.swapaxes(0, 1))
        else:
            numbers = table[POINT].to_numpy()[::outcomes]
            columns = (table[name].to_numpy() for name in ("number", "squares", "centre"))
            found = Tally(*(values.reshape(-1, outcomes) for values in columns))
        at = np.searchsorted(self.numbers, numbers)
        shape = self.tally.number.shape
        more = Tally(np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape))
        more.number[at], more.squares[at], more.centre[at] = (
            found.number,
            found.squares,
            found.centre,
        )
        runs = self.runs.copy()
        runs[at] += each
        return _Group(self.numbers, self.tally + more, runs)

    def rows(self, plan: SweepPlan) -> pd.DataFrame:
        """The rows of a summary."""
        outcomes = len(plan.outcomes)
        points = plan.rows(range(self.numbers[0], self.numbers[-1] + 1))
        points = points.iloc[np.repeat(np.arange(len(points)), outcomes)].reset_index(drop=True)
        values = pd.DataFrame(
            {
                "outcome": np.tile([outcome.name for outcome in plan.outcomes], len(self.numbers)),
                "runs": np.repeat(self.runs, outcomes),
                "defined": self.tally.number.ravel(),
                "mean": self.tally.mean.ravel(),
                "sd": self.tally.sd.ravel(),
                "se": self.tally.se.ravel(),
            }
        )
        assert tuple(values.columns) == SUMMARY
        return pd.concat([points, values], axis=1)


class _Rows:
    """A table that is written in pieces, as Parquet and perhaps as CSV; no file if there are no rows."""

    def __init__(self, folder: Path, name: str, *, csv: bool = False) -> None:
        self._path, self._csv = folder / f"{name}.parquet", csv
        self._waiting: list[pd.DataFrame] = []
        self._number = 0
        self._writer: Any = None

    def add(self, rows: pd.DataFrame) -> None:
        """More rows; they are written when there are many."""
        self._waiting.append(rows)
        self._number += len(rows)
        if self._number >= ROWS:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not self._number:
            return
        rows = pd.concat([part for part in self._waiting if len(part)], ignore_index=True)
        self._waiting, self._number = [], 0
        table = pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)
        first = self._writer is None
        if first:
            self._writer = pq.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)
        if self._csv:
            with self._path.with_suffix(".csv").open("wb" if first else "ab") as file:
                file.write(csv_text(rows, header=first).encode())

    def close(self) -> None:
        """Write what waits."""
        self._write()
        if self._writer is not None:
            self._writer.close()
