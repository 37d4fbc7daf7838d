"""Writing a result folder: all of it, or nothing."""

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from tashkent.calibration.posterior import posterior_hash
from tashkent.calibration.report import Report
from tashkent.cli.figure import save_figure
from tashkent.cli.folder import check_can_be_made, is_free, whole_folder
from tashkent.model.clock import month_label
from tashkent.model.errors import InputError
from tashkent.model.source import code_digest

MANIFEST = "manifest.json"
#: packages whose code results depend on
PACKAGES = ("agents", "model", "calibration", "experiments", "cli")
#: endings of files in a result that say the same wherever they are made; figures depend on fonts and libraries
TABLES = (".csv", ".json", ".parquet")
LIBRARIES = ("tashkent", "SALib", "mesa", "numpy", "pandas", "pyarrow", "pydantic", "scipy")
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
    """Refuse a folder that holds anything but an earlier result, or cannot be made; asked before the work."""
    if not is_free(path) and not (path / MANIFEST).exists():
        raise InputError(
            "--out", "folder", str(path), "a new or empty folder, or an earlier result"
        )
    check_can_be_made(path, "--out")


@contextmanager
def result_folder(path: Path) -> Iterator[Path]:
    """A folder to write a result into that takes the place of `path` when all is written, or is removed.

    An earlier result (a folder with a manifest) is replaced; anything else that stands there is left alone.
    """
    check_folder(path.absolute())
    with whole_folder(path, "--out") as made:
        yield made


def provenance() -> dict[str, object]:
    """Code, Python and libraries, as a manifest has them."""
    return {
        "code": code_digest(*PACKAGES).hex(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def hashes(files: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of some files by name."""
    return {path.name: sha256(path) for path in sorted(files)}


def sha256(path: Path) -> str:
    """SHA-256 of a file of any size."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def tables_of(folder: Path) -> list[Path]:
    """The tables of a result folder: what another person should get to the last bit."""
    return [p for p in folder.iterdir() if p.suffix in TABLES and p.name != MANIFEST]


def inputs_of(names: Iterable[str | None]) -> dict[str, str]:
    """SHA-256 of those files of one's own that stand among the arguments of a command, by the path that was given."""
    parts = [part.strip() for name in names if name for part in name.replace("+", ",").split(",")]
    files = [part for part in parts if Path(part).suffix in (".toml", ".csv", ".py")]
    return {name: sha256(Path(name)) for name in dict.fromkeys(files) if Path(name).is_file()}


def write_report(report: Report, out: Path, arguments: Mapping[str, object]) -> None:
    """Write figure, tables (Parquet and CSV with codebook) and manifest of a report into `out`.

    `arguments` are those of the command, by which `tashkent reproduce` runs it again.
    """
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
        _json(folder / MANIFEST, manifest(report, folder, arguments))


def manifest(report: Report, folder: Path, arguments: Mapping[str, object]) -> dict[str, object]:
    """What another person needs to get the same numbers, and to see that they are."""
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
        "posterior_hash": posterior_hash(report.posterior),
        **provenance(),
        "arguments": dict(arguments),
        "inputs": inputs_of([str(arguments["theory"] or "")]),
        "files": hashes(tables_of(folder)),
    }


def _json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
