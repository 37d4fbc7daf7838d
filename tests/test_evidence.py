"""The evidence of the shipped case is made by its recipe, looks only backwards, and is what the world says."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from tashkent.model.case import Case, case_folder
from tashkent.model.case.tables import BONDS, COMPOSITES, RIVALRY
from tashkent.model.evidence import building, conflicts, world
from tashkent.model.evidence.recipe import EvidencePlan, WorldPart, read_plan

FOLDER = case_folder("cst")
HERE = FOLDER / "evidence"
#: what stands for a file of the case's own where only the world's tables are asked
OF_THE_WORLD = {
    "trade_share_rus": WorldPart(column="trade_share", of="patron"),
    "trade_share_west": WorldPart(column="trade_share", of="west"),
    "arms_share_from_rus_5y": WorldPart(column="arms_share", of="patron"),
    "arms_share_from_west_5y": WorldPart(column="arms_share", of="west"),
    "unga_pos_rus0_usa1": WorldPart(column="un_agreement", of="patron", against="west"),
}


@pytest.fixture
def anew() -> Iterator[None]:
    """Tables that a test changes are read again."""
    world.table.cache_clear()
    yield
    world.table.cache_clear()


@pytest.mark.slow
def test_shipped_tables_are_what_the_recipe_makes() -> None:
    made = building.build(FOLDER)
    assert set(made) == {COMPOSITES, RIVALRY, BONDS}
    said = building.put(made, FOLDER, None, replace=False)
    assert {what for _, what in said.values()} == {"as it was"}


def with_world_alone(plan: EvidencePlan) -> EvidencePlan:
    """The recipe with the world's columns where it names files of its own; remittances are in no other table."""
    parts = {
        name: tuple(OF_THE_WORLD.get(part.column, part) for part in found)
        for name, found in plan.composites.items()
    }
    recipe = plan.recipe.model_copy(update={"bonds": ""})
    return EvidencePlan(**{**vars(plan), "recipe": recipe, "composites": parts})


@pytest.mark.slow
def test_the_worlds_tables_say_the_same_but_for_differences_with_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Trade with the West is known there from 1992 and arms from 1990; unknown suppliers of arms to Kyrgyzstan.

    Of bonds: the world's tables leave shares below 0.0005 out, and what is coded zero counts as none once
    there was some, while the case carries the last share on.
    """
    plan = with_world_alone(read_plan(FOLDER))
    monkeypatch.setattr(building, "read_plan", lambda _: plan)
    made = building.build(FOLDER)
    keys = ["variable", "state", "year"]
    both = pd.read_csv(FOLDER / COMPOSITES).merge(made[COMPOSITES], on=keys, validate="1:1")
    assert len(both) == len(made[COMPOSITES])
    apart = (both["value_x"] - both["value_y"]).abs()
    of_files = both["variable"].isin(["tie_patron", "tie_west"])  # trade and arms, and votes
    assert not apart[~of_files].any()
    for _, rows in both[of_files].groupby("variable"):
        assert rows["value_x"].corr(rows["value_y"]) > 0.98
    far = both[apart > 0.1]
    named = (far["year"] <= 1995) | ((far["state"] == "KGZ") & far["year"].between(2010, 2015))
    assert named.all()
    assert 0 < len(far) < 0.05 * of_files.sum()
    pd.testing.assert_frame_equal(made[RIVALRY], pd.read_csv(FOLDER / RIVALRY), check_dtype=False)
    pairs = pd.read_csv(FOLDER / BONDS).merge(
        made[BONDS], on=["state", "partner", "year"], how="outer", indicator=True
    )
    shared = pairs[pairs["_merge"] == "both"]
    assert (shared["value_x"] - shared["value_y"]).abs().max() < 6e-5  # the fifth decimal
    alone = pairs[pairs["_merge"] != "both"]
    assert len(shared) > 0.95 * len(pairs)
    assert alone["value_y"].max() < 0.0011  # as faint as may be left out
    assert alone["value_x"].max() < 0.03


@pytest.mark.slow
@pytest.mark.usefixtures("anew")
def test_a_year_rests_on_earlier_columns_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns of 2012 and later do not move what is used up to 2012."""
    before = building.build(FOLDER)
    plan, original, own = read_plan(FOLDER), world.table, building._own_rows
    last = plan.fit[-1]

    def halved(rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows.copy()
        if "year" in rows:
            late = rows["year"] > last
            for column in rows.select_dtypes("float"):
                rows.loc[late, column] *= 0.5
        return rows

    def of_file(*asked: object) -> pd.DataFrame:
        rows = own(*asked)  # type: ignore[arg-type]
        text = [name for name in rows if name not in ("state", "partner", "year")]
        numbers = rows[text].apply(pd.to_numeric)
        changed = halved(rows.assign(**numbers))
        return changed.assign(**changed[text].astype(str).replace("nan", ""))

    monkeypatch.setattr(world, "table", lambda name: halved(original(name)))
    monkeypatch.setattr(building, "_own_rows", of_file)
    after = building.build(FOLDER)
    assert last + 1 == 2012
    for name in before:
        early = [
            tables[name].query("year <= 2012").reset_index(drop=True) for tables in (before, after)
        ]
        pd.testing.assert_frame_equal(*early)
    for name in (COMPOSITES, BONDS):
        late = [
            tables[name].loc[tables[name]["year"] > 2012, "value"].reset_index(drop=True)
            for tables in (before, after)
        ]
        assert not late[0].equals(late[1]), name


def test_gaps_are_filled_forwards_with_a_growing_error() -> None:
    composites = pd.read_csv(FOLDER / COMPOSITES)
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


@pytest.mark.slow
def test_no_evidence_is_made_of_who_is_in_which_pact(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, original = set(), world.table
    monkeypatch.setattr(world, "table", lambda name: asked.add(name) or original(name))
    building.build(FOLDER)
    assert "disputes" in asked
    assert "pacts" not in asked


def test_positions_from_few_votes_are_left_out() -> None:
    plan = read_plan(FOLDER)
    (part,) = (p for p in plan.composites["tie_patron"] if p.column == "unga_pos_rus0_usa1")
    table = building._column(plan, "", part)
    votes = world.by_state("unga_nvotes", plan.states, plan.years)
    few = votes.lt(0.5 * votes.max(axis=1), axis=0)[plan.deciders]
    assert few.to_numpy().sum() > 10
    assert table.where(few).isna().all(axis=None)
    assert table.loc[2000, "ARM"] == pytest.approx(
        pd.read_csv(HERE / "raw" / "unga_ideal_points.csv")
        .query("state == 'ARM' and year == 2000")["unga_pos_rus0_usa1"]
        .item()
    )


def test_bonds_are_shares_of_trade_of_the_year_before() -> None:
    shares = pd.read_csv(HERE / "raw" / "cow_trade_dyads.csv")
    known_shares = shares.set_index(["state", "partner", "year"])["share"]
    bonds = pd.read_csv(FOLDER / BONDS)
    assert bonds["value"].between(building.FAINT_BOND, 1).all()
    assert not bonds.duplicated(["state", "partner", "year"]).any()
    assert (bonds.groupby(["state", "year"])["value"].sum() <= 1).all()
    assert "RUS" not in {*bonds["state"], *bonds["partner"]}
    for row in bonds.sample(50, random_state=1).itertuples():
        known = known_shares.loc[(row.state, row.partner)]
        seen = known[known.index <= row.year - 1].dropna()
        assert row.value == pytest.approx(seen.iloc[-1], abs=1e-6)


def test_a_year_of_several_conflicts_is_as_hot_as_the_hottest_and_territorial_if_one_is() -> None:
    rows = conflicts.conflicts_inside(["GEO"], range(1992, 1993)).iloc[0]
    assert (rows["intensity"], rows["territorial"]) == (1, True)
    own = world.table("armed_conflicts").query("side_a == 'GEO' and year == 1992")
    assert set(own["incompatibility"]) == {"government", "territory"}
    assert np.allclose(conflicts.unrest_and_secession(["GEO"], range(1991, 1995))[0].loc[1992], 0)
