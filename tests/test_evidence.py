"""The composites are what the script makes of the raw columns, and look only backwards."""

from pathlib import Path

import pandas as pd
import pytest

from model.case import Case
from model.cases.cst.evidence import build

HERE = Path(build.__file__).parent


def test_shipped_composites_are_rebuilt_from_the_raw_columns(tmp_path: Path) -> None:
    composites, pairs = build.build()
    for table, name in ((composites, "composites.csv"), (pairs, "rivalry.csv")):
        shipped = pd.read_csv(HERE / name)
        pd.testing.assert_frame_equal(
            table.reset_index(drop=True), shipped, check_dtype=False, rtol=0, atol=2e-6
        )


def test_a_year_rests_on_earlier_columns_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns of 2012 and later do not move composites used up to 2012."""
    before, pairs_before = build.build()
    original = build.raw

    def later_changed(name: str) -> pd.DataFrame:
        table = original(name).copy()
        late = table["year"] > build.FIT_YEARS[-1]
        for column in table.select_dtypes("float"):
            table.loc[late, column] *= 0.5
        return table

    monkeypatch.setattr(build, "raw", later_changed)
    after, pairs_after = build.build()
    keep = before["year"] <= build.FIT_YEARS[-1] + build.LAG
    pd.testing.assert_frame_equal(before[keep], after[after["year"] <= 2012])
    assert not before[~keep]["value"].equals(after[after["year"] > 2012]["value"])
    early = pairs_before["year"] <= 2012
    pd.testing.assert_frame_equal(pairs_before[early], pairs_after[pairs_after["year"] <= 2012])


def test_gaps_are_filled_forwards_with_a_growing_error() -> None:
    composites = pd.read_csv(HERE / "composites.csv")
    tie = composites[composites["variable"] == "tie_patron"].set_index(["state", "year"])
    assert tie.loc[("KAZ", 1993), "sd"] > tie.loc[("KAZ", 1999), "sd"]
    late = [tie.loc[("KAZ", year), "sd"] for year in (2015, 2018, 2021)]
    assert late == sorted(late)
    assert late[0] < late[-1]


def test_the_measured_tie_separates_stayers_from_leavers_in_1999(case: Case) -> None:
    """Area under the curve, every pair of a stayer and a leaver: published columns only, no event."""
    tie = {
        c.state: c.value for c in case.composites if (c.variable, c.year) == ("tie_patron", 1999)
    }
    stayers, leavers = ("ARM", "BLR", "KAZ", "KGZ", "TJK"), ("AZE", "GEO", "UZB")
    pairs = [(tie[s] > tie[x]) + 0.5 * (tie[s] == tie[x]) for s in stayers for x in leavers]
    assert sum(pairs) / len(pairs) >= 0.8


def test_no_input_says_who_is_a_member(case: Case) -> None:
    raw = {column for path in (HERE / "raw").glob("*.csv") for column in pd.read_csv(path, nrows=1)}
    assert not {c for c in raw if "atop" in c or "pact" in c or "igo" in c or "dca" in c}
    outcomes = ("E004", "E007", "E029", "E030", "E034", "E036", "E050", "E054", "E065", "E080")
    assert not {event.event for event in case.events} & set(outcomes)
