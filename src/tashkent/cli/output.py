"""What a result folder holds: the report of a run, and what every manifest says."""

import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from tashkent.calibration.posterior import posterior_hash
from tashkent.calibration.report import Report
from tashkent.cli.figure import save_figure
from tashkent.model.clock import month_label
from tashkent.model.source import code_digest
from tashkent.model.storage import (
    MANIFEST,
    result,
    sha256,
    write_csv,
    write_json,
    write_parquet,
)

#: what a run writes beside its manifest
REPORT = (
    "acts.parquet",
    "codebook.csv",
    "p_in.png",
    "parameters.csv",
    "report.json",
    "seats.csv",
    "seats.parquet",
)
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
    with result(out) as folder:
        seats, acts = report.ensemble.seat_table(), report.ensemble.acts()
        write_parquet(folder / "seats.parquet", seats)
        write_parquet(folder / "acts.parquet", acts)
        write_csv(folder / "seats.csv", seats)
        codebook = pd.DataFrame({"column": CODEBOOK.keys(), "meaning": CODEBOOK.values()})
        write_csv(folder / "codebook.csv", codebook)
        write_csv(folder / "parameters.csv", report.parameters)
        save_figure(report.ensemble, folder / "p_in.png")
        write_json(folder / "report.json", report.as_json())
        write_json(folder / MANIFEST, manifest(report, folder, arguments))


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
