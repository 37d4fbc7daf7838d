"""What `tashkent run` writes: figure, tables and manifest of a report."""

from pathlib import Path

import pandas as pd

from tashkent.calibration.report import Report
from tashkent.experiments import figures
from tashkent.experiments.given import Given
from tashkent.experiments.manifest import of_run
from tashkent.model.storage import (
    MANIFEST,
    result,
    write_csv,
    write_json,
    write_parquet,
)

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
CODEBOOK = {
    "club": "Club, by its code in the case",
    "state": "State, by its code in the case",
    "month": "Month, YYYY-MM; its last day counts",
    "p_in": "Share of runs in which the state is in the club",
    "p_in_se": "Standard error of p_in over runs: sqrt(p (1 - p) / runs)",
    "p_part": "Share of runs in which the state takes part in the club: bound by it, neither frozen nor sanctioned",
    "record_in": "1 if the state is in by the record, else 0",
    "record_status": "Status by the record; in: signatory, member, notice_given, suspension_requested, frozen",
    "run": "Number of the run; with the seed it fixes every draw",
    "act": "What happened to the seat",
    "rule": "Statute on which the act rests, by its id in the case",
    "who": "The model, or a baseline that knows no mechanism",
    "score": "log score: leave one state out, in nats, higher is better; Brier: of p_in, lower is better",
    "span": "First and last month that are scored",
    "months": "fitted: all have seen them; not fitted: none has; held out: of each state, by a fit on the others",
    "value": "The score",
    "best": "1 for the best of a club, score and span; the model's, where no baseline is better",
}


def write_report(report: Report, out: Path, given: Given) -> None:
    """Write figure, tables (Parquet and CSV with codebook) and manifest of a report into `out`.

    `given` is what the command was given, by which `tashkent reproduce` runs it again.
    """
    with result(out) as folder:
        seats, acts = report.ensemble.seat_table(), report.ensemble.acts()
        write_parquet(folder / "seats.parquet", seats)
        write_parquet(folder / "acts.parquet", acts)
        write_csv(folder / "seats.csv", seats)
        codebook = pd.DataFrame({"column": CODEBOOK.keys(), "meaning": CODEBOOK.values()})
        write_csv(folder / "codebook.csv", codebook)
        write_csv(folder / "parameters.csv", report.parameters)
        if report.scores is not None:
            write_csv(folder / SCORES, report.scores)
        figures.seats(report.ensemble).save(folder / "p_in.png")
        write_json(folder / "report.json", report.as_json())
        given.keep(folder)
        write_json(folder / MANIFEST, of_run(report, folder, given))
