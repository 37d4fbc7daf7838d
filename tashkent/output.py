"""Writing a result folder: all of it, or nothing."""

import json
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from model.case import CaseError
from model.clock import month_label
from tashkent.figure import save_figure
from tashkent.folder import is_free, whole_folder
from tashkent.report import Report

MANIFEST = "manifest.json"
LIBRARIES = ("tashkent", "mesa", "numpy", "pandas", "pyarrow", "pydantic", "scipy")
CODEBOOK = {
    "club": "Club, by its code in the case",
    "state": "State, by its code in the case",
    "month": "Month, YYYY-MM; its last day counts",
    "p_in": "Share of runs in which the state is in the club",
    "p_in_se": "Standard error of p_in over runs: sqrt(p (1 - p) / runs)",
    "record_in": "1 if the state is in by the record, else 0",
    "record_status": "Status by the record; in: signatory, member, notice_given, suspension_requested, frozen",
    "run": "Number of the run; with the seed it fixes every draw",
    "act": "What happened to the seat",
    "rule": "Statute on which the act rests, by its id in the case",
}


def check_folder(path: Path) -> None:
    """Refuse a folder that holds anything but an earlier result; asked before the work, not after it."""
    if not is_free(path) and not (path / MANIFEST).exists():
        raise CaseError("--out", "folder", str(path), "a new or empty folder, or an earlier result")


@contextmanager
def result_folder(path: Path) -> Iterator[Path]:
    """A folder to write a result into that takes the place of `path` when all is written, or is removed.

    An earlier result (a folder with a manifest) is replaced; anything else that stands there is left alone.
    """
    check_folder(path.absolute())
    with whole_folder(path, "--out") as made:
        yield made


def write_report(report: Report, out: Path) -> None:
    """Write figure, tables (Parquet and CSV with codebook) and manifest of a report into `out`."""
    with result_folder(out) as folder:
        seats, acts = report.ensemble.seat_table(), report.ensemble.acts()
        for name, table in (("seats", seats), ("acts", acts)):
            table.to_parquet(folder / f"{name}.parquet", index=False)
        seats.to_csv(folder / "seats.csv", index=False, lineterminator="\n")
        codebook = pd.DataFrame({"column": CODEBOOK.keys(), "meaning": CODEBOOK.values()})
        codebook.to_csv(folder / "codebook.csv", index=False, lineterminator="\n")
        report.parameters.to_csv(folder / "parameters.csv", index=False, lineterminator="\n")
        save_figure(report.ensemble, folder / "p_in.png")
        _json(folder / "report.json", report.as_json())
        _json(folder / MANIFEST, manifest(report))


def manifest(report: Report) -> dict[str, object]:
    """What another person needs to get the same numbers."""
    ensemble = report.ensemble
    return {
        "command": "run",
        "case": ensemble.case.id,
        "case_hash": ensemble.case.hash,
        "from": month_label(ensemble.start),
        "runs": ensemble.runs,
        "seed": ensemble.seed,
        "fit_until": month_label(ensemble.case.fit_until),
        "posterior": report.posterior.origin,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def _json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
