"""The composites are what the script makes of the raw columns, and look only backwards."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tashkent.model.case import Case
from tashkent.model.cases.cst.evidence import build

HERE = Path(build.__file__).parent


def test_shipped_composites_are_rebuilt_from_the_raw_columns(tmp_path: Path) -> None:
    tables = build.build()
    recorded = {"happenings", "literature", "magnitudes"}
    assert set(tables) == {path.stem for path in HERE.glob("*.csv")} - recorded
    for name, table in tables.items():
        shipped = pd.read_csv(HERE / f"{name}.csv")
        pd.testing.assert_frame_equal(
            table.reset_index(drop=True), shipped, check_dtype=False, rtol=0, atol=2e-6
        )


@pytest.mark.slow
def test_a_year_rests_on_earlier_columns_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns of 2012 and later do not move composites used up to 2012."""
    before = build.build()
    original = build.raw

    def later_changed(name: str) -> pd.DataFrame:
        table = original(name).copy()
        late = table["year"] > build.FIT_YEARS[-1]
        for column in table.select_dtypes("float"):
            table.loc[late, column] *= 0.5
        return table

    monkeypatch.setattr(build, "raw", later_changed)
    after = build.build()
    last = build.FIT_YEARS[-1] + build.LAG
    assert last == 2012
    for name in before:
        early = [tables[name][tables[name]["year"] <= last] for tables in (before, after)]
        pd.testing.assert_frame_equal(*early)
    for name in ("composites", "bonds"):
        late = [
            tables[name].loc[tables[name]["year"] > last, "value"].reset_index(drop=True)
            for tables in (before, after)
        ]
        assert not late[0].equals(late[1]), name


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
    outcomes = ("E007", "E029", "E030", "E034", "E036", "E050", "E054", "E065", "E080")
    assert not {event.event for event in case.events} & set(outcomes)


def test_a_missed_vote_counts_whether_or_not_there_is_a_row() -> None:
    votes = pd.DataFrame(
        {"AAA": [50.0, 100.0], "BBB": [np.nan, 25.0], "CCC": [np.nan] * 2}, index=[1992, 1993]
    )
    missed = build.missed_votes(votes)
    assert missed.loc[1993].tolist() == [0.0, 0.75, 1.0]  # of those of who missed fewest
    assert missed.loc[1992, "AAA"] == 0.0
    assert (
        missed.loc[1992, ["BBB", "CCC"]].isna().all()
    )  # not all were members of the United Nations yet


def test_positions_from_few_votes_are_left_out() -> None:
    votes = build.raw("unga_ideal_points")
    most = votes.groupby("year")["unga_nvotes"].transform("max")
    few = votes[votes["unga_nvotes"] < build.FEW_VOTES * most].dropna(subset="unga_pos_rus0_usa1")
    kept = votes[votes["unga_nvotes"] >= build.FEW_VOTES * most].dropna(subset="unga_pos_rus0_usa1")
    assert len(few) > 0
    table = build.by_state("unga_ideal_points", "unga_pos_rus0_usa1")
    for row in few.itertuples():
        assert row.year not in table.index or np.isnan(table.loc[row.year, row.state])
    for row in kept[kept["year"].isin(table.index)].itertuples():
        assert table.loc[row.year, row.state] == row.unga_pos_rus0_usa1


def test_bonds_are_shares_of_trade_of_the_year_before() -> None:
    shares = build.raw("cow_trade_dyads").set_index(["state", "partner", "year"])["share"]
    bonds = pd.read_csv(HERE / "bonds.csv")
    assert bonds["value"].between(build.FAINT_BOND, 1).all()
    assert not bonds.duplicated(["state", "partner", "year"]).any()
    assert (bonds.groupby(["state", "year"])["value"].sum() <= 1).all()
    assert build.PATRON not in {*bonds["state"], *bonds["partner"]}
    for row in bonds.sample(50, random_state=1).itertuples():
        known = shares.loc[(row.state, row.partner)]
        seen = known[known.index <= row.year - build.LAG].dropna()
        assert row.value == pytest.approx(seen.iloc[-1], abs=1e-6)
