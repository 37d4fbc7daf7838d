"""The figures of the README are those of `tashkent run`."""

from pathlib import Path

import pytest

from tashkent.calibration.report import Report, make_report
from tashkent.model.case import Case

README = Path(__file__).parent.parent / "README.md"


@pytest.fixture(scope="module")
def report(case: Case) -> Report:
    return make_report(case, runs=1000, seed=0)


def lines(report: Report) -> list[str]:
    logs = report.log_score.set_index("who")
    focus = report.ensemble.case.focus
    found = []
    for who in dict.fromkeys(report.brier["who"]):
        brier = report.brier.loc[report.brier["who"] == who, "brier"]
        held = [
            f"{logs.loc[who, c]:.1f}" if who in logs.index else "" for c in (focus, "all clubs")
        ]
        found.append("| " + " | ".join([str(who), *held, *(f"{b:.3f}" for b in brier)]) + " |")
    assert report.split is not None
    found.append(
        f"From the record of December 1998 all eight are right in {report.split.all_right:.0%} of runs; "
        f"mean balanced accuracy {report.split.balanced_accuracy:.2f}."
    )
    return found


@pytest.mark.slow
def test_the_readme_tells_what_a_run_finds(report: Report) -> None:
    text = README.read_text(encoding="utf-8")
    missing = [line for line in lines(report) if line not in text]
    assert not missing, "README.md should say:\n" + "\n".join(lines(report))
