"""The figures of README.md are those of `tashkent run` and of the examination."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from publish import evidence, readme, transfer
from publish.page import ROOT, with_block
from tashkent.calibration.ladder import FROZEN
from tashkent.calibration.report import Report, make_report
from tashkent.model.case import Case

TEXT = (ROOT / readme.README).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def report(case: Case) -> Report:
    return make_report(case, runs=readme.RUNS, seed=readme.SEED)


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return evidence.read(ROOT / evidence.RESULTS)[1]


@pytest.mark.slow
def test_the_readme_tells_what_a_run_finds(report: Report) -> None:
    expected = with_block(TEXT, "scores", readme.scores(report))
    assert expected == TEXT, "run: python -m publish.readme"


@pytest.mark.slow
def test_findings_and_limits_are_those_of_the_examination(
    case: Case, tables: dict[str, pd.DataFrame]
) -> None:
    found = readme.findings(tables, transfer.read(ROOT)[1]["left_out"])
    expected = with_block(TEXT, "findings", found)
    expected = with_block(expected, "limits", readme.limits(case, tables))
    assert expected == TEXT, "run: python -m publish.readme"


def test_a_finding_moves_with_its_table(tables: dict[str, pd.DataFrame]) -> None:
    """What the record does teach, and terms that do travel, are not called nothing."""
    ladder = tables["ladder"].copy()
    row = (ladder["scope"] == "focus") & (ladder["rung"] == FROZEN)
    ladder.loc[row, "gain"] = -3.21
    gains = pd.DataFrame({"gain": [5.0, 5.1]})
    text = readme.findings(tables | {"ladder": ladder}, gains)
    assert "the gain is -3.2." in text
    assert "judged before" not in text
    assert "over 2 other pacts" in text
    assert "cannot be told" not in text
    ladder.loc[row, "gain"] = 99.0
    text = readme.findings(tables | {"ladder": ladder}, pd.DataFrame({"gain": [5.0, -5.1]}))
    assert "What predicts is what was judged before" in text
    assert "cannot be told from zero" in text


@pytest.mark.slow
def test_a_limit_moves_with_its_table(case: Case, tables: dict[str, pd.DataFrame]) -> None:
    """From 1992, in the model's runs and no others."""
    patterns = tables["patterns"].copy()
    row = (patterns["id"] == "N6") & (patterns["measure"] == "leave")
    row &= (patterns["who"] == "model") & (patterns["start"] == "1992-05")
    assert row.sum() == 1
    patterns.loc[row, "value"] = 0.123
    text = readme.limits(case, tables | {"patterns": patterns})
    assert "in 12% somebody leaves on notice" in " ".join(text.split())
    known = tables["parameters"].assign(contraction=0.5)
    assert "close to their priors" not in readme.limits(case, tables | {"parameters": known})
    known.loc[known["parameter"] == "entrapment", "contraction"] = 0.05
    assert "the weights of *entrapment*:" in readme.limits(case, tables | {"parameters": known})


def test_text_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no marks of scores"):
        with_block("# A title", "scores", "")


def test_where_a_baseline_wins_is_bold() -> None:
    table = pd.DataFrame(
        [
            ("P", "model", "log score", "2001-02 to 2008-12", "held out", -9.83, 1),
            ("P", "model", "Brier", "2001-06 to 2008-12", "fitted", 0.0521, 0),
            ("P", "nobody moves", "Brier", "2001-06 to 2008-12", "fitted", 0.0111, 1),
            ("Q", "model", "log score", "2001-02 to 2008-12", "held out", -3.0, 0),
            ("Q", "renewal step", "log score", "2001-02 to 2008-12", "held out", -2.0, 1),
            ("Q", "nobody moves", "Brier", "2001-06 to 2008-12", "fitted", 0.02, 1),
            ("all clubs", "model", "log score", "2001-02 to 2008-12", "held out", -12.8, 1),
        ],
        columns=["club", "who", "score", "span", "months", "value", "best"],
    )
    split = SimpleNamespace(all_right=0.41, balanced_accuracy=0.877)
    found: Any = SimpleNamespace(scores=table, split=split)
    text = readme.scores(found)
    assert "| club |  | log score | Brier 2001-2008 |" in text
    assert "| P | model | -9.8 | 0.052 |" in text
    assert "| P | nobody moves |  | **0.011** |" in text
    assert "| all clubs | model | -12.8 |  |" in text
    assert "| Q |" not in text
    better = "In the other clubs: Q, renewal step (log score); Q, nobody moves (Brier 2001-2008). "
    assert better in text
    assert "right in 41% of runs; mean balanced accuracy 0.88." in text
