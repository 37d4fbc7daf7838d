"""A sweep from its design to its tables, in a folder that holds it, begun or done.

A folder is held against other commands, and what it holds is known by the digest of all that its tasks depend on: a
sweep that was killed goes on there, and another is refused.
"""

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from tashkent.experiments import manifest
from tashkent.experiments.chunks import CHUNKS, add_up, keeping, run
from tashkent.experiments.codebook import (
    CODEBOOK,
    ENDINGS,
    LONGEST,
    Column,
    codebook,
    columns_in,
)
from tashkent.experiments.design import FILE, read_design
from tashkent.experiments.given import Given, with_files
from tashkent.experiments.manifest import FAILURES
from tashkent.experiments.plan import SweepPlan
from tashkent.experiments.tasks import Tasks
from tashkent.model.arguments import workers_of
from tashkent.model.errors import InputError
from tashkent.model.plain import notebook_html
from tashkent.model.storage import MANIFEST, claimed, is_free, piece, write_csv, write_json
from tashkent.model.workers import Progress

#: which sweep a folder holds
SWEEP = "sweep.json"
#: rows of the summary that a notebook shows
SHOWN = 20


@dataclass(frozen=True, eq=False)
class Swept:
    """A sweep that is done."""

    plan: SweepPlan
    #: where its tables stand; read them while they are there
    folder: Path
    failures: int

    def __repr__(self) -> str:
        """A line: how many points of how many runs, and whether all went well."""
        size = f"{self.plan.size:,} points of {self.plan.design.all_runs:,} runs"
        return f"<Swept: {size}, {self.failures} failed>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the summary of the first points."""
        return notebook_html(self, self.summary.head(SHOWN))

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
    trust: bool = False,
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
        Processes, 0 for one a core; no influence on the result. A script that asks for more than one must guard its
        own start by ``if __name__ == "__main__"``.
    cluster
        Address of a Dask scheduler, to have the tasks done there (extra ``cluster``).
    resume
        Go on with the sweep that `out` holds, if it holds one.
    trust
        Run the Python of files that the design names as theories, with your rights.
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
    workers = workers_of(workers, "sweep")
    plan = design if isinstance(design, SweepPlan) else read_design(design, trust=trust)
    files = () if plan.file is None else (plan.file,)
    given = with_files({"design": plan.table}, *files)
    if out is None:
        with tempfile.TemporaryDirectory() as folder:
            made = _swept(plan, Path(folder), given, workers, cluster, progress)
            return made.read()
    with claimed(Path(out)):
        check_folder(plan, Path(out), resume)
        try:
            return _swept(plan, Path(out), given, workers, cluster, progress)
        except InputError:
            _forget(Path(out))
            raise


def _swept(
    plan: SweepPlan,
    out: Path,
    given: Given,
    workers: int,
    cluster: str | None,
    progress: Progress | None,
) -> Swept:
    tasks = run(plan, out, workers=workers, cluster=cluster, progress=progress)
    with keeping(out):
        return Swept(plan, out, _finish(tasks, out, given))


# the folder ----------------------------------------------------------------------------------------


def check_folder(plan: SweepPlan, out: Path, resume: bool) -> None:
    """Begin a sweep in a folder, or find it there, perhaps with fewer runs; refuse whatever else stands in it.

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
        batches = [int(runs) for runs in told["batches"]]
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
    now = [len(batch) for batch in plan.design.batches]
    if now[: len(batches)] != batches:
        raise InputError(FILE, "more_runs", now[1:], f"{batches[1:]} first: they are there")
    if now != batches:
        with claimed(out):
            write_json(place, _told(tasks))


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
        "batches": [len(batch) for batch in tasks.plan.design.batches],
        "tasks": len(tasks),
    }


def _design_hash(plan: SweepPlan) -> str:
    text = json.dumps(plan.table, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _finish(tasks: Tasks, out: Path, given: Given) -> int:
    """Write the tables, and the manifest when all of them stand."""
    with piece(out) as made:
        failures = add_up(tasks, out, made)
        _codebook(tasks.plan, made)
        given.keep(made)
        write_json(made / MANIFEST, manifest.of_sweep(tasks, made, given, failures))
    return failures


def _codebook(plan: SweepPlan, folder: Path) -> None:
    """What each column of each table means, those of the design's factors and outcomes too."""
    more = [
        Column(f.column, f"Factor: {f.kind} {getattr(f, 'of', '')}".rstrip()[:LONGEST], "", "given")
        for f in plan.design.factors
    ]
    if plan.design.method == "posterior":
        more += [
            Column(name, f"Parameter: {name}", row.unit, "given")
            for name, row in plan.case.drawn.items()
        ]
    if plan.design.keep == "runs":
        more += [Column(one.name, "Outcome of the run", "", "value") for one in plan.outcomes]
    tables = sorted(path for path in folder.iterdir() if path.suffix in ENDINGS)
    files = {path.name: columns_in(path) for path in tables}
    write_csv(folder / CODEBOOK, codebook("sweep", files, more))
