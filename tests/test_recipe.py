"""Evidence of any alliance: a recipe is read strictly, columns are what they say, and nothing of the user's is lost."""

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from publish import world as publishing
from tashkent import cli
from tashkent.cli.new_case import new_case
from tashkent.model.case import Case, load_case
from tashkent.model.case.tables import BONDS, COMPOSITES, RIVALRY
from tashkent.model.errors import InputError
from tashkent.model.evidence import building, columns, conflicts, measuring, world
from tashkent.model.evidence.thin import THIN_SD, thin_words, thin_years

STATES = ("POL", "ROU", "ALB")
YEARS = range(1970, 1976)
AMERICA, RUSSIA = columns.Sponsor(("USA",), "USA"), columns.Sponsor(("RUS",), "RUS")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cases") / "pact"
    new_case(folder, "RUS", STATES)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    new_case(tmp_path / "pact", "RUS", STATES)
    return tmp_path / "pact"


# a new case ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_new_alliance_is_measured_without_a_cell_typed(folder: Path) -> None:
    building.put(building.build(folder), folder, None, replace=True)
    case = load_case(folder)
    assert set(case.sponsors) == {"patron", "rim"}
    assert {row.state for row in case.composites} == set(STATES)
    varied = pd.DataFrame([row.model_dump() for row in case.composites])
    assert varied.query("variable == 'tie_patron'")["value"].nunique() > 20
    assert {row.year for row in case.composites} == set(range(2001, 2011))
    assert case.bonds


@pytest.mark.slow
def test_a_patron_that_is_the_usual_rim_has_another(tmp_path: Path) -> None:
    new_case(tmp_path / "pact", "USA", STATES)
    text = (tmp_path / "pact" / "evidence.toml").read_text()
    assert re.findall(r'states = \["(\w+)"\]', text) == ["USA", "RUS"]
    assert building.build(tmp_path / "pact")


@pytest.mark.slow
def test_what_a_user_typed_is_replaced_only_when_asked(folder: Path) -> None:
    before = (folder / COMPOSITES).read_bytes()
    made = building.build(folder)
    with pytest.raises(InputError, match="allowed: tables that the recipe made, or --replace"):
        building.put(made, folder, None, replace=False)
    assert (folder / COMPOSITES).read_bytes() == before
    said = building.put(made, folder, None, replace=True)
    assert {what for _, what in said.values()} == {"replaced"}
    again = building.put(made, folder, None, replace=False)
    assert {what for _, what in again.values()} == {"as it was"}
    (folder / BONDS).unlink()
    assert building.put(made, folder, None, replace=False)[BONDS][1] == "written"


@pytest.mark.slow
def test_tables_can_go_elsewhere(shared: Path, tmp_path: Path) -> None:
    before = (shared / COMPOSITES).read_bytes()
    building.put(building.build(shared), shared, tmp_path / "out", replace=False)
    assert (shared / COMPOSITES).read_bytes() == before
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        Path(name).name for name in (COMPOSITES, RIVALRY, BONDS)
    }
    with pytest.raises(InputError, match="a new or empty folder"):
        building.put(building.build(shared), shared, tmp_path / "out", replace=False)


@pytest.mark.slow
def test_the_command_says_how_much_it_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def call(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["tashkent", *words])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        return int(str(stopped.value.code))

    assert call("evidence", "build", str(folder)) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert call("evidence", "build", str(folder), "--replace") == 0
    assert re.search(r"composites\.csv\W+150\W+replaced", capsys.readouterr().out)
    assert call("evidence", "build", "nowhere") == 2
    assert "name or folder: 'nowhere'" in capsys.readouterr().err
    assert call("case", "list") == 0
    assert re.search(r"cst\W+Collective Security Treaty", capsys.readouterr().out)


# what is refused -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("schema = 1", "schema = 2", "evidence.toml: schema: 2 is not valid; allowed: 1"),
        ("schema = 1", "shema = 1", "the keys schema, first_year, "),
        (
            "neighbours = []",
            'neighbours = ["AFX"]',
            "neighbours: 'AFX' is not valid; allowed: a state",
        ),
        ('states = ["USA"]', 'states = ["UAS"]', "sponsors.rim.states: 'UAS' is not valid"),
        ('states = ["USA"]', "states = []", "sponsors.rim.states: [] is not valid"),
        (
            'states = ["USA"]',
            'states = ["USA"]\nleader = "GBR"',
            "sponsors.rim.leader: 'GBR' is not valid; allowed: USA",
        ),
        ('column = "aid"', 'column = "adi"', "'adi' is not valid; allowed: trade_share, "),
        ('column = "aid"', 'column = "absense"', "(nearest valid name: absence)"),
        (
            '"trade_share", of = "rim"',
            '"trade_share"',
            "parts.1.of: '' is not valid; allowed: patron, rim",
        ),
        ('"trade_share", of = "rim"', '"trade_share", of = "rmi"', "(nearest valid name: rim)"),
        (
            '{ column = "capabilities" }',
            '{ column = "capabilities", of = "rim" }',
            "nothing: capabilities",
        ),
        ('against = "rim"', 'against = "patron"', "another sponsor, with the column un_agreement"),
        ("sign = -1", "sign = 2", "sign: 2 is not valid; allowed: 1 or -1"),
        ("sign = -1", "sgin = -1", "the keys column, of, against, sign"),
        (
            "[composites.tie_rim]",
            "[composites.tie_west]",
            "composites.tie_west: 'west' is not valid",
        ),
        ("[composites.means]", "[composites.menas]", "(nearest valid name: means)"),
        ('of = "armed_bands"', 'of = "armed_band"', "(nearest valid name: armed_bands)"),
        (
            'of = "armed_bands"',
            'of = "disputes"',
            "threats.raids.by: '' is not valid; allowed: patron, rim",
        ),
        ('of = "armed_bands"', 'of = "unrest"\nby = "rim"', "nothing but for disputes"),
        ('of = "armed_bands"', 'of = "unrest"\nto = "AFG"', "nothing but for nearness"),
        ('of = "armed_bands"', 'of = "nearness"\nto = "AFQ"', "a state of the world's tables"),
        ("[threats.raids]", "[threats.means]", "a name that no composite has"),
        (
            "schema = 1",
            "schema = 1\nfit_first = 2011",
            "fit_first: 2011 is not valid; allowed: a year from",
        ),
        ("schema = 1", "schema = 1\nfit_last = 2000", "a year after fit_first (2000)"),
        ("schema = 1", "schema = 1\nmemory_half_life = 0", "memory_half_life: 0 is not valid"),
        (
            "schema = 1",
            'schema = 1\nbonds = "x.csv"',
            "bonds: 'x.csv' is not valid; allowed: a CSV file in",
        ),
        (
            "schema = 1",
            'schema = 1\nbonds = "../../x.csv"',
            "allowed: a CSV file in the folder of the case",
        ),
        (
            "[sponsors.patron]",
            "[sponsors.patrn]",
            "parts.1.of: 'patron' is not valid; allowed: patrn, rim",
        ),
        ("schema = 1", "schema = ", "evidence.toml: syntax: "),
    ],
)
def test_a_wrong_recipe_is_one_line(folder: Path, before: str, after: str, says: str) -> None:
    path = folder / "evidence.toml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(InputError) as refused:
        building.build(folder)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            "state,year,x\nPOL,2001,many\n",
            "own.csv: line 2.x: 'many' is not valid; allowed: a finite number",
        ),
        ("state,year,x\nPOL,2001,inf\n", "line 2.x: 'inf' is not valid"),
        ("state,year,x\nPOL,soon,1\n", "line 2.year: 'soon' is not valid"),
        ("state,year,x\nPOL,2001.5,1\n", "own.csv: year: 'not a whole number'"),
        (
            "state,year,x\nPOL,2001,1\nPOL,2001,2\n",
            "POL year: 2001 is not valid; allowed: each year once",
        ),
        (
            "state,yaer,x\nPOL,2001,1\n",
            "own.csv: column: 'missing' is not valid; allowed: a column named year",
        ),
        ("state,year,y\nPOL,2001,1\n", "parts.1.column: 'x' is not valid; allowed: y"),
        ("", "own.csv: file: "),
    ],
)
def test_a_wrong_file_of_ones_own_is_one_line(folder: Path, content: str, says: str) -> None:
    path = folder / "evidence.toml"
    path.write_text(
        path.read_text().replace(
            '{ column = "capabilities" }', '{ file = "raw/own.csv", column = "x" }', 1
        )
    )
    (folder / "raw").mkdir()
    (folder / "raw" / "own.csv").write_text(content)
    with pytest.raises(InputError) as refused:
        building.build(folder)
    assert says in str(refused.value)


@pytest.mark.slow
def test_a_column_of_ones_own_counts(folder: Path) -> None:
    path = folder / "evidence.toml"
    recipe = '[composites.means]\nparts = [\n    { file = "own.txt", column = "x", transform = "log" },\n]\n'
    text = re.sub(r"\[composites\.means\]\nparts = \[\n(.+\n)+?\]\n", recipe, path.read_text())
    path.write_text(text)
    rows = [f"{s},{y},{2.0**i}" for i, s in enumerate(STATES) for y in range(2000, 2005)]
    (folder / "own.txt").write_text("state,year,x\n" + "\n".join(rows) + "\nPOL,2005,0\n")
    means = (
        building.build(folder)[COMPOSITES].query("variable == 'means'").set_index(["state", "year"])
    )
    z = np.repeat([-1.0, 0.0, 1.0], 5)
    for state, expected in zip(STATES, (-1, 0, 1), strict=True):
        assert means.loc[(state, 2003), "value"] == pytest.approx(
            expected / z.std(ddof=1), abs=1e-5
        )
    assert (
        means.loc[("POL", 2006), "value"] == means.loc[("POL", 2005), "value"]
    )  # 0 has no logarithm


@pytest.mark.parametrize("missing", ["evidence.toml", "case.toml", "states.csv"])
def test_what_is_missing_is_named(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(InputError, match=f"{missing}: file: 'missing'"):
        building.build(folder)


def test_invented_states_have_no_evidence(minimal: Case) -> None:
    with pytest.raises(
        InputError, match=r"states.csv: state: 'ARV' is not valid; allowed: a state of"
    ):
        building.build(minimal.path)


# states that begin and end ---------------------------------------------------------------------------


@pytest.mark.slow
def test_a_state_needs_no_evidence_before_it_exists(folder: Path) -> None:
    """South Sudan exists from 2011: its rows begin then, and the case loads while no club concerns it before."""
    states = folder / "states.csv"
    states.write_text(states.read_text() + "SSD,South Sudan,decider,\n")
    head = folder / "case.toml"
    head.write_text(head.read_text().replace('end = "2010-12"', 'end = "2012-12"'))
    building.put(building.build(folder), folder, None, replace=True)
    years = {r.state: set() for r in load_case_rows(folder)}
    for row in load_case_rows(folder):
        years[row.state].add(row.year)
    assert years["SSD"] == {2011, 2012}
    assert years["POL"] == set(range(2001, 2013))
    with pytest.raises(
        InputError, match=r"autonomy SSD 2001: 'missing' is not valid; allowed: a row for each"
    ):
        load_case(folder)  # nothing says that it comes later
    openness = folder / "openness.csv"
    openness.write_text(openness.read_text() + "RING,SSD,2011-07-09,,Born then,TALE\n")
    assert "SSD" in load_case(folder).deciders
    openness.write_text(openness.read_text().replace("SSD,2011-07-09", "SSD,2010-07-09"))
    with pytest.raises(
        InputError, match=r"autonomy SSD 2010: 'missing' is not valid; allowed: .* 2010-2012"
    ):
        load_case(folder)


def load_case_rows(folder: Path) -> list[pd.Series]:
    return list(pd.read_csv(folder / COMPOSITES).itertuples())


def test_columns_end_with_the_state() -> None:
    asked = columns.Asked(["DDR"], range(1986, 1995), ["DDR", "POL"])
    for name in ("capabilities", "absence", "democracy"):
        table = columns.column(name, asked)
        assert table.loc[1986:1989, "DDR"].notna().any(), name
        assert table.loc[1991:, "DDR"].isna().all(), name
    assert world.existence("DDR") == (1954, 1990)
    assert world.existence("RUS")[1] == 9999


# columns ---------------------------------------------------------------------------------------------


def test_agreement_is_zero_at_the_leader_and_minus_one_at_its_rival() -> None:
    years = range(1970, 1990)
    asked = columns.Asked(["USA", "RUS", "POL"], years, ["USA"], of=RUSSIA, against=AMERICA)
    table = columns.un_agreement(asked)
    assert (table["RUS"] == 0).all()
    np.testing.assert_allclose(table["USA"], -1.0)
    assert (table["POL"] > -0.2).all()
    alone = columns.un_agreement(columns.Asked(["POL"], years, ["USA"], of=RUSSIA))
    apart = world.by_state("unga_idealpoint", ["POL", "RUS"], years)
    np.testing.assert_allclose(alone["POL"], -(apart["POL"] - apart["RUS"]).abs())


def test_leaders_that_stand_together_span_no_scale() -> None:
    near = columns.Sponsor(("GBR",), "GBR")
    asked = columns.Asked(
        ["DEU"], range(1975, 2000), ["USA"], of=near, against=columns.Sponsor(("FRA",), "FRA")
    )
    gap = (
        world.by_state("unga_idealpoint", ["GBR", "FRA"], range(1975, 2000))
        .diff(axis=1)["FRA"]
        .abs()
    )
    assert (gap < columns.CLOSE_LEADERS).any()
    table = columns.un_agreement(asked)["DEU"]
    assert table[gap < columns.CLOSE_LEADERS].isna().all()


def test_no_delivery_of_arms_is_no_share() -> None:
    asked = columns.Asked(["AFG"], range(1970, 2024), [], of=RUSSIA)
    table = columns.arms_share(asked)["AFG"]
    rows = world.table("arms_share").query("state == 'AFG'")
    nothing = set(rows.loc[rows["supplier"].isna(), "year"])
    assert nothing
    assert table[[y for y in nothing if y in table.index]].isna().all()
    with_others = set(rows["year"]) - nothing - set(rows.query("supplier == 'RUS'")["year"])
    assert with_others
    assert (table[list(with_others)] == 0).all()
    assert table.loc[:1973].isna().all()  # the table begins in 1974


def test_shares_of_a_sponsors_states_are_added_up() -> None:
    west = columns.Sponsor(("USA", "GBR"), "USA")
    asked = columns.Asked(["POL"], YEARS, [], of=west)
    rows = world.table("trade_share").query(
        "state == 'POL' and partner in ['USA', 'GBR'] and year == 1972"
    )
    assert len(rows) == 2
    assert columns.trade_share(asked).loc[1972, "POL"] == pytest.approx(rows["share"].sum())


def test_a_missed_vote_counts_whether_or_not_there_is_a_row() -> None:
    votes = pd.DataFrame(
        {"AAA": [50.0, 100.0, np.nan], "BBB": [np.nan, 25.0, np.nan], "CCC": [np.nan] * 3},
        index=[1992, 1993, 1994],
    )
    missed = columns.missed_votes(votes, 1993)
    assert missed.loc[1993].tolist() == [0.0, 0.75, 1.0]  # of those of who missed fewest
    assert missed.loc[1992, "AAA"] == 0.0
    assert missed.loc[1992, ["BBB", "CCC"]].isna().all()  # not all were members yet
    assert missed.loc[1994].isna().all()  # nobody voted
    own = columns.missed_votes(votes)
    assert own.loc[1993, ["AAA", "BBB"]].tolist() == [0.0, 0.75]
    assert own["CCC"].isna().all()  # it never voted: not known to be a member


def test_every_column_of_the_catalogue_has_numbers() -> None:
    asked = columns.Asked(list(STATES), range(1990, 2012), list(STATES), of=RUSSIA, against=AMERICA)
    for name in columns.CATALOGUE:
        table = columns.column(name, asked)
        assert table.shape == (22, 3), name
        assert table.notna().to_numpy().mean() > 0.3, name


# measuring -------------------------------------------------------------------------------------------


def test_a_column_that_does_not_differ_says_nothing() -> None:
    flat = pd.DataFrame({"AAA": [1.0] * 4, "BBB": [1.0] * 4}, index=range(2000, 2004))
    value, sd = measuring.standardised_part(flat, range(2000, 2004))
    assert (value == 0).all(axis=None)
    assert (sd == 1).all(axis=None)


def test_an_error_grows_with_the_age_of_what_is_carried() -> None:
    table = pd.DataFrame(
        {"AAA": [0.0, 1.0, 0.0, np.nan, np.nan], "BBB": [np.nan, 1.0, 2.0, 2.0, 1.0]},
        index=range(2000, 2005),
    )
    value, sd = measuring.standardised_part(table, range(2000, 2005))
    z = (table - table.stack().mean()) / table.stack().std()
    yearly = z.diff().stack().std()
    assert value.loc[2004, "AAA"] == value.loc[2002, "AAA"]
    assert sd["AAA"].tolist() == pytest.approx([0, 0, 0, min(yearly, 1), min(yearly * 2**0.5, 1)])
    assert (value.loc[2000, "BBB"], sd.loc[2000, "BBB"]) == (0, 1)


def test_nearness_halves_with_every_state_between() -> None:
    """Iran lies between Afghanistan and Armenia; no land leads to Japan; Tajikistan was no state in 1990."""
    states = ["AFG", "TJK", "ARM", "BLR", "JPN"]
    found = conflicts.nearness("AFG", states, range(1990, 2025))
    assert found.loc[2024].tolist() == [1.0, 1.0, 0.5, 0.25, 0.0]
    assert found.loc[1990, "TJK"] == 0.0


def test_rivals_see_each_other() -> None:
    table = conflicts.rivalries(["IND", "PAK", "LKA"], range(1960, 1980))
    assert (table["IND", "PAK"] == table["PAK", "IND"]).all()
    assert (table["IND", "PAK"] == 1).all()
    assert ("PAK", "LKA") not in table


# thin evidence ---------------------------------------------------------------------------------------


def test_thin_years_are_those_of_large_errors(minimal: Case) -> None:
    rows = [
        row.model_copy(update={"sd": THIN_SD if (row.state, row.year) in thin else 0.0})
        for thin in [{("ARV", 2002), ("ARV", 2003), ("BOR", 2010)}]
        for row in minimal.composites
    ]
    case = minimal.varied(composites=tuple(rows))
    assert thin_years(case) == {"ARV": [(2002, 2003)], "BOR": [(2010, 2010)]}
    assert thin_words(case) == "3 of 20 state-years (ARV 2002-2003; BOR 2010)"
    assert thin_words(
        case.varied(composites=tuple(r.model_copy(update={"sd": 0.0}) for r in rows))
    ) == ("0 of 20 state-years")


# the world's tables ----------------------------------------------------------------------------------


def test_every_column_has_a_row_of_the_codebook() -> None:
    book = publishing.codebook()
    assert list(dict.fromkeys(book["table"])) == list(world.TABLES)
    for name in world.TABLES:
        assert world.table(name).columns.tolist() == book.query("table == @name")["column"].tolist()
    keys = {"state", "year", "partner", "supplier", "state_a", "state_b", "pact"}
    measured = book[~book["column"].isin(keys)]
    assert (measured[["meaning", "unit", "source", "terms"]] != "").all(axis=None)
    assert (book["meaning"] != "").all()
    democracy = book.set_index("column").loc["v2x_polyarchy"]
    assert democracy["terms"] == "CC BY-SA 4.0"


def test_the_page_says_what_is_shipped() -> None:
    assert (publishing.ROOT / publishing.PAGE).read_text(encoding="utf-8") == publishing.page()


@pytest.mark.slow
def test_tables_are_built_from_the_files_that_are_named(tmp_path: Path) -> None:
    """The shipped tables, written as the files that they came from, give the shipped tables."""
    back = {new: old for old, new in publishing.NAMES.items()}
    for name, source in publishing.SOURCES.items():
        rows = world.table(name).rename(columns=back if name in ("arms_share", "disputes") else {})
        if name == "arms_share":
            none = rows["supplier"].isna()
            rows.loc[none, ["state", "year"]].to_csv(
                tmp_path / f"{publishing.NO_ARMS}.csv", index=False
            )
            rows = rows[~none]
        if name == "trade_share":
            rows.to_parquet(tmp_path / f"{source}.parquet", index=False)
        else:
            rows.assign(more=1).to_csv(tmp_path / f"{source}.csv", index=False)
    files = publishing.read(sorted(tmp_path.iterdir()))
    for name, rows in publishing.built(files).items():
        pd.testing.assert_frame_equal(rows, world.table(name), check_dtype=False)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["states.csv"], "missing: state_year"),
        (["stats.csv"], "a file named as one of"),
        (["mid.txt"], "CSV or"),
    ],
)
def test_files_that_are_not_what_is_needed_are_refused(
    tmp_path: Path, names: list[str], says: str
) -> None:
    for name in names:
        (tmp_path / name).write_text("state\n")
    with pytest.raises(SystemExit, match=says):
        publishing.read([tmp_path / name for name in names])


def test_nothing_in_the_tables_is_out_of_range() -> None:
    years = world.table("state_year")
    assert years["year"].between(world.FIRST_YEAR, 2025).all()
    assert years["cinc"].dropna().between(0, 1).all()
    assert years["v2x_polyarchy"].dropna().between(0, 1).all()
    assert not years.duplicated(["state", "year"]).any()
    for name in ("trade_share", "arms_share"):
        assert world.table(name)["share"].dropna().between(0, 1).all()
    assert world.table("disputes")["hostility"].between(1, 5).all()
    states = set(world.known_states())
    for name, own in (("borders", "state_a"), ("rivals", "state_b"), ("pacts", "state")):
        assert set(world.table(name)[own]) <= states, name
