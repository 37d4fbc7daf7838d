"""docs/evidence.md is what the tables in results/evidence/ say."""

import re

import pandas as pd
import pytest
from matplotlib.colors import to_hex

from publish import evidence
from publish.evidence_figures import BLUE, ORANGE
from publish.evidence_scores import against
from publish.evidence_sections import patterns
from publish.page import ROOT, number, of_case, table
from tashkent.calibration.patterns import load_patterns
from tashkent.model.case import Case


@pytest.mark.slow
def test_the_page_is_generated_from_results(shipped: Case) -> None:
    """Of every case, and from its tables as they would be found now."""
    results, page = (of_case(path, shipped.id) for path in (evidence.RESULTS, evidence.PAGE))
    manifest, tables = evidence.read(ROOT / results)
    assert (ROOT / page).read_text(encoding="utf-8") == evidence.page(manifest, tables)
    assert manifest["case_hash"] == shipped.hash, f"python -m publish.evidence --case {shipped.id}"


@pytest.mark.slow
def test_a_page_of_another_case_says_nothing_of_the_first() -> None:
    manifest, tables = evidence.read(ROOT / of_case(evidence.RESULTS, "ecowas"))
    page = evidence.page(manifest, tables)
    assert not re.search(r"\b(CST|Uzbek\w*|first renewal)\b", page)
    assert "python -m publish.evidence --case ecowas --quick" in page


@pytest.mark.slow
def test_bars_that_were_set_before_are_marked_and_no_others(shipped: Case) -> None:
    _, tables = evidence.read(ROOT / of_case(evidence.RESULTS, shipped.id))
    told = load_patterns(shipped)
    rows = [row for row in patterns(tables, told)["rows"] if row[2].startswith("**")]
    marked = {row[0]: str(row[7]).endswith("†") for row in rows}
    # J is asked of every club and stands in no table of a case
    rule = {name: False for name in marked if name.startswith("J")}
    assert marked == {row.id: row.beforehand for row in told.pattern if row.id in marked} | rule
    assert {True, False} <= set(marked.values())


@pytest.mark.slow
def test_missed_bars_are_said_to_be_missed() -> None:
    manifest, tables = evidence.read(ROOT / evidence.RESULTS)
    bars = tables["bars"].copy()
    bars.loc[0, ["value", "passes"]] = [-1.0, False]
    page = evidence.page(manifest, {**tables, "bars": bars})
    assert "**missed**" in page
    assert f"**Missed:** {bars.loc[0, 'what']}" in page
    assert "support explanation, not forecast" in " ".join(page[:600].split())


def test_what_speaks_against_the_model_is_said_where_it_is_so_and_only_there() -> None:
    manifest, tables = evidence.read(ROOT / evidence.RESULTS)
    said = " ".join(against(manifest, tables))
    ladder = tables["ladder"]
    of_pact = ladder["scope"] == "focus"
    apart = ladder[of_pact & ladder["rung"].str.startswith("without ")]
    least = apart.loc[apart["gain"].idxmin()]
    assert f"{least['rung']} it is {least['gain']:+.1f}" in said
    assert "is not the best for CST: after 1999-12" in said
    assert "predict better than the model" not in said

    even = ladder.assign(gain=ladder["gain"].where(~of_pact, 10.0))
    forward = tables["forward"].copy()
    forward.loc[forward["who"] == "model", ["monthly", "gain"]] = 0.0
    held = tables["held_out"].copy()
    held.loc[held["who"] == "constant hazards", "log_score"] = 0.0
    said = " ".join(
        against(manifest, {**tables, "ladder": even, "forward": forward, "held_out": held})
    )
    assert "One state makes most" not in said
    assert "is not the best for" not in said
    assert "it loses to the structural steps" not in said
    assert "For CST these predict better than the model (-23.4): constant hazards 0.0." in said


@pytest.mark.slow
def test_a_bar_of_ranks_outside_its_band_is_seen() -> None:
    manifest, tables = evidence.read(ROOT / evidence.RESULTS)
    band = {"parameter": "exit", "expected": 3.0, "low": 1, "high": 6}
    ranks = pd.DataFrame([{**band, "bin": i, "count": count} for i, count in enumerate((3, 9))])
    drawn = evidence.figures(manifest, {**tables, "ranks": ranks})["ranks.png"]
    bars = drawn.axes[0].patches[-2:]
    assert [bar.get_height() for bar in bars] == [3, 9]
    assert [to_hex(bar.get_facecolor()).upper() for bar in bars] == [BLUE, ORANGE]


def test_a_table_has_no_bars_in_its_cells_and_no_words_for_no_number() -> None:
    assert table(("a", "b"), [("x|y", None), (1, float("nan"))]) == (
        "| a | b |\n|---|---|\n| x/y |  |\n| 1 |  |"
    )


def test_no_minus_stands_before_zero() -> None:
    assert [number(v) for v in (-0.001, 0.004, -1.5, float("nan"))] == ["0.00", "0.00", "-1.50", ""]
