"""What `tashkent run` writes: figure, tables and manifest of a report."""

from pathlib import Path

from tashkent.calibration.report import Report
from tashkent.experiments import figures
from tashkent.experiments.codebook import write_tables
from tashkent.experiments.given import Given
from tashkent.experiments.manifest import of_run
from tashkent.model.storage import MANIFEST, result, write_json

SCORES = "scores.csv"
#: what a run writes beside its manifest; scores only if they were asked for
REPORT = (
    "acts.parquet",
    "codebook.csv",
    "p_in.png",
    "parameters.csv",
    "report.json",
    SCORES,
    "seats.csv",
    "seats.parquet",
)


def write_report(report: Report, out: Path, given: Given) -> None:
    """Write figure, tables (Parquet and CSV with codebook) and manifest of a report into `out`.

    `given` is what the command was given, by which `tashkent reproduce` runs it again.
    """
    with result(out) as folder:
        seats, acts = report.ensemble.seat_table(), report.ensemble.acts()
        tables = {
            "seats.parquet": seats,
            "acts.parquet": acts,
            "seats.csv": seats,
            "parameters.csv": report.parameters,
        }
        if report.scores is not None:
            tables[SCORES] = report.scores
        write_tables(folder, "run", tables, names=report.ensemble.case.state_names)
        figures.seats(report.ensemble).save(folder / "p_in.png")
        write_json(folder / "report.json", report.as_json())
        given.keep(folder)
        write_json(folder / MANIFEST, of_run(report, folder, given))
