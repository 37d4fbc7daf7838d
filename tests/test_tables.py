"""Tables for others: no column without a word, and what Stata, R and spreadsheets get is what there is."""

import json
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from publish import tables as pages
from publish.page import ROOT
from tashkent.cli.new_case import SKELETON
from tashkent.experiments import codebook as books
from tashkent.experiments.codebook import (
    LONGEST,
    ROLES,
    Column,
    codebook,
    column_of,
    columns_in,
    told,
    write_tables,
)
from tashkent.experiments.foreign import hand_tables
from tashkent.model.errors import InputError
from tests.commands import call, lay_out, streams

#: what has a codebook of its own, or is one
OWN = ("model/evidence/tables", "experiments/columns.csv", "tests")


def shipped() -> list[tuple[str, str, Path]]:
    """Whose, which, and where: every table of the package and of `results/`."""
    found = [
        ("case", str(path.relative_to(folder)), path)
        for folder in (SKELETON, *(p.parent for p in (ROOT / "model/cases").glob("*/case.toml")))
        for path in folder.rglob("*.csv")
    ]
    found += [("validate", p.name, p) for p in (ROOT / "results").glob("evidence*/*.csv")]
    found += [("results", p.name, p) for p in (ROOT / "results").glob("*.csv")]
    found += [
        ("results", f"{p.parent.name}/{p.name}", p)
        for folder in ("transfer", "register")
        for p in (ROOT / "results" / folder).glob("*.csv")
    ]
    own = [("dashboard", p.name, p) for p in (ROOT / "dashboard").glob("*.csv")]
    return [*found, *own]


@pytest.mark.slow
def test_every_column_of_every_shipped_table_is_told() -> None:
    for of, file, path in shipped():
        if path.name != books.CODEBOOK:
            assert len(codebook(of, {file: columns_in(path)})) == len(columns_in(path))


def test_no_shipped_table_is_left_out() -> None:
    """A new table stands among these, or has a codebook of its own."""
    folders = ("agents", "model", "calibration", "experiments", "dashboard", "src", "results")
    files = {path for folder in folders for path in (ROOT / folder).rglob("*.csv")}
    files = {path for path in files if not any(p.is_symlink() for p in path.parents)}
    rest = files - {path for _, _, path in shipped()}
    assert [p for p in rest if not str(p.relative_to(ROOT)).startswith(OWN)] == []


def test_what_is_told_is_short_enough_and_of_a_role() -> None:
    rows = told()
    assert {one.role for _, one in rows} == set(ROLES)
    assert all(3 <= len(one.label) <= LONGEST for _, one in rows)
    assert len({(tables, one.column) for tables, one in rows}) == len(rows)


def test_a_table_with_a_column_of_which_nothing_is_told_is_not_written(tmp_path: Path) -> None:
    tables = {"seats.csv": pd.DataFrame({"p_in": [0.5], "speed": [1.0]})}
    with pytest.raises(LookupError, match=r"run/seats: column speed: write it into columns\.csv"):
        write_tables(tmp_path, "run", tables)
    assert not list(tmp_path.iterdir())
    write_tables(tmp_path, "run", tables, more=[Column("speed", "How fast", "m/s", "value")])
    told = pd.read_csv(tmp_path / "codebook.csv").set_index("column")
    assert tuple(told.loc["speed", ["file", "label", "unit"]]) == ("seats.csv", "How fast", "m/s")
    assert column_of("network/states", "tie_patron").unit == "sd over states"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with results of `tashkent run` and `tashkent compare` of a small case."""
    folder = lay_out(tmp_path_factory.mktemp("tables"), earlier=True)
    return folder


@pytest.mark.slow
def test_a_result_says_of_every_column_what_it_is_and_of_every_state_its_name(
    results: Path,
) -> None:
    folder = results / "earlier"
    book = pd.read_csv(folder / "codebook.csv")
    assert list(book) == ["file", "column", "label", "unit", "role", "note"]
    files = {p.name for p in folder.iterdir() if p.suffix in books.ENDINGS} - {"codebook.csv"}
    assert set(book["file"]) == files
    for file in files:
        assert list(book.loc[book["file"] == file, "column"]) == columns_in(folder / file)
    seats, acts = (pd.read_parquet(folder / f"{name}.parquet") for name in ("seats", "acts"))
    states = pd.read_csv(SKELETON / "states.csv").set_index("state")["name"]
    for table in (seats, acts):
        assert (table["state_name"] == table["state"].map(states)).all()
        assert list(table)[list(table).index("state") + 1] == "state_name"


@pytest.mark.slow
def test_stata_reads_what_is_there(results: Path, tmp_path: Path) -> None:
    with streams() as said:
        assert call("tables", str(results / "earlier"), "--out", str(tmp_path / "stata")) == 0
        out, error = said()
    assert "4 tables and a codebook: acts.dta, parameters.dta, scores.dta, seats.dta" in out
    assert error == ""
    old = pd.read_parquet(results / "earlier/seats.parquet")
    with pd.read_stata(tmp_path / "stata/seats.dta", iterator=True) as reader:
        new, labels = reader.read(), reader.variable_labels()
    assert labels["p_in"] == "Share of runs in which the state is in the club (share, 0 to 1)"
    assert list(new) == list(old)
    pd.testing.assert_frame_equal(
        new.drop(columns="month"), old.drop(columns="month"), check_dtype=False
    )
    assert list(new["month"].dt.strftime("%Y-%m")) == list(old["month"])
    again = hand_tables(results / "earlier", tmp_path / "again")
    for file in again.files:
        assert (tmp_path / "again" / file).read_bytes() == (tmp_path / "stata" / file).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_other_forms_hold_the_same(results: Path, tmp_path: Path, form: str) -> None:
    made = hand_tables(results / "earlier", tmp_path / "out", form)
    assert set(made.files) == {f"{n}.{form}" for n in ("acts", "parameters", "scores", "seats")}
    read = pd.read_csv if form == "csv" else pd.read_parquet
    new = read(tmp_path / f"out/acts.{form}")
    old = pd.read_parquet(results / "earlier/acts.parquet")
    pd.testing.assert_frame_equal(new.fillna(""), old, check_dtype=False)


def made_of(folder: Path, table: pd.DataFrame, more: list[Column]) -> Path:
    """A folder that is a result with one table."""
    from tashkent.model.storage import MANIFEST, sha256, write_json

    folder.mkdir()
    write_tables(folder, "sweep", {"summary.parquet": table}, more=more)
    files = {path.name: sha256(path) for path in folder.iterdir()}
    write_json(
        folder / MANIFEST, {"command": "sweep", "case": "cst", "case_hash": "0", "files": files}
    )
    return folder


def test_what_stata_cannot_hold_is_made_such_as_it_can_and_said(tmp_path: Path) -> None:
    long = "in(UZB, CST, 1999-06), and then some more of the same"
    table = pd.DataFrame(
        {
            "point": [1, 2**40],
            "in": [True, False],
            "1st": [0.5, -np.inf],
            long: ["Ташкент", None],
            f"{long}!": ["x" * 3000, ""],
            "month": ["1999-04", None],
            "empty": pd.Series([None, None], dtype=object),
            "mixed": pd.Series([True, None], dtype=object),
        }
    )
    more = [Column(str(name), "What it is", "", "value") for name in table]
    made = hand_tables(made_of(tmp_path / "result", table, more), tmp_path / "out")
    assert made.notes == ("summary.parquet: 1st: 1 numbers without end are missing in Stata",)
    new = pd.read_stata(tmp_path / "out/summary.dta")
    book = pd.read_csv(tmp_path / "out/codebook.csv")
    assert list(book["was"]) == list(table)
    assert list(book["column"]) == list(new)
    assert all(len(name) <= 32 for name in new)
    assert list(new)[:3] == ["point", "_in", "_1st"]
    assert list(new["point"]) == [1, 2**40]
    assert new["month"][0] == datetime(1999, 4, 1)  # noqa: DTZ001
    assert all(pd.isna(new[name][1]) for name in ("month", "_1st", "mixed"))
    assert list(new.iloc[:, 3]) == ["Ташкент", ""]
    assert new.iloc[0, 4] == "x" * 3000


def test_a_table_without_rows_is_a_table(tmp_path: Path) -> None:
    table = pd.DataFrame({"point": pd.Series(dtype=int), "outcome": pd.Series(dtype=object)})
    hand_tables(made_of(tmp_path / "result", table, []), tmp_path / "out")
    assert list(pd.read_stata(tmp_path / "out/summary.dta")) == ["point", "outcome"]


def test_what_is_no_result_is_refused_in_a_line(results: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="the folder of a result with its manifest"):
        hand_tables(tmp_path / "none", tmp_path / "out")
    spoilt = shutil.copytree(results / "earlier", tmp_path / "spoilt")
    (spoilt / "seats.csv").write_text("state\nARV\n")
    with pytest.raises(InputError, match=r"seats\.csv: 'changed' is not valid"):
        hand_tables(spoilt, tmp_path / "out")
    manifest = json.loads((spoilt / "manifest.json").read_text())
    del manifest["files"]["codebook.csv"]
    (spoilt / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="a result with a codebook: make it again"):
        hand_tables(spoilt, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with streams() as said:
        assert call("tables", str(results / "earlier"), "--format", "xls") == 2
        assert "allowed: dta, csv, parquet" in said()[1]


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_reads_what_is_there(results: Path) -> None:
    script = (
        'seats <- read.csv("seats.csv"); book <- read.csv("codebook.csv"); '
        'stopifnot(all(names(seats) == book$column[book$file == "seats.csv"])); cat(nrow(seats))'
    )
    done = subprocess.run(
        ["Rscript", "-e", script],
        cwd=results / "earlier",
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) == len(pd.read_csv(results / "earlier/seats.csv"))


def test_the_page_is_made_from_the_table_of_columns() -> None:
    assert (ROOT / pages.PAGE).read_text(encoding="utf-8") == pages.page(), "run: make docs"
