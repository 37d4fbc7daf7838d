"""Codebooks: what every column of every table is, from one table of columns, and tables that are written with one.

`columns.csv` beside this module has a row for each column: in which tables (``command/table``, ``case/file``,
``results/file``; ``*`` stands for anything), its label of at most 80 characters, which is what Stata takes, its unit,
its role, and what else there is to say of it. The first row that fits counts. A table with a column of which nothing is
told is not written.
"""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from tashkent.model.storage import write_csv, write_parquet

CODEBOOK = "codebook.csv"
COLUMNS = Path(__file__).parent / "columns.csv"
#: what a column is for: it names a row, gives a code in words, was given, is by the record, was found, is the error of
#: what was found, counts, or says something in words
ROLES = ("key", "name", "given", "record", "value", "error", "count", "text")
#: columns of codes of states, and what stands beside each
NAMED = {"state": "state_name", "other": "other_name"}


#: endings of tables
ENDINGS = (".csv", ".parquet")
#: characters of a label
LONGEST = 80


class Column(NamedTuple):
    """What there is to say of a column; `column` may be a pattern."""

    column: str
    label: str
    unit: str
    role: str
    note: str = ""


@cache
def told() -> tuple[tuple[tuple[str, ...], Column], ...]:
    """The table of columns: in which tables a column stands, and what there is to say of it, row by row."""
    rows = pd.read_csv(COLUMNS, dtype=str, keep_default_na=False)
    return tuple((tuple(row[0].split()), Column(*row[1:])) for row in rows.itertuples(index=False))


def column_of(table: str, name: str, more: Iterable[Column] = ()) -> Column:
    """What there is to say of a column of a table (``run/seats``), those in `more` first.

    Raises
    ------
    LookupError
        If nothing is told of it.
    """
    for one in more:
        if one.column == name:
            return one
    for tables, one in told():
        if fnmatchcase(name, one.column) and any(fnmatchcase(table, each) for each in tables):
            return one._replace(column=name)
    raise LookupError(f"{table}: column {name}: write it into {COLUMNS.name}")


def codebook(
    of: str, files: Mapping[str, Sequence[str]], more: Iterable[Column] = ()
) -> pd.DataFrame:
    """A row for each column of each file: file, column, label, unit, role, note.

    Parameters
    ----------
    of
        Whose tables: a command, ``case`` or ``results``.
    files
        Columns by the name of the file; its ending does not matter.
    more
        Columns that these files alone have, such as the factors of a design.

    Raises
    ------
    LookupError
        If nothing is told of a column.
    """
    own = tuple(more)
    rows = [
        (file, *column_of(f"{of}/{file.rpartition('.')[0]}", str(name), own))
        for file, names in files.items()
        for name in names
    ]
    return pd.DataFrame(rows, columns=["file", *Column._fields])


def read_table(path: Path) -> pd.DataFrame:
    """A table that was written, with its text as it was: "NA" is a word."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def columns_in(path: Path) -> list[str]:
    """The names of the columns of a table in a file."""
    if path.suffix == ".parquet":
        from pyarrow.parquet import read_schema

        return list(read_schema(path).names)
    return [str(name) for name in pd.read_csv(path, nrows=0).columns]


def with_names(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """A table with the names of states beside their codes, empty where there is none; names that are there stay."""
    found = table
    for code, name in NAMED.items():
        at = found.columns.get_loc(code) + 1 if code in found else 0
        if at and name not in found and list(found.columns[at : at + 1]) != ["name"]:
            found = found.copy(deep=False)
            found.insert(at, name, found[code].map(names).fillna("").astype(str))
    return found


def write_tables(
    folder: Path,
    of: str,
    tables: Mapping[str, pd.DataFrame],
    *,
    names: Mapping[str, str] | None = None,
    more: Iterable[Column] = (),
    float_format: str | None = None,
) -> None:
    """Write tables as CSV or Parquet, as their names end, and `codebook.csv` of all of them.

    Parameters
    ----------
    folder
        Where they are written.
    of
        Whose they are.
    tables
        By name of file.
    names
        Names of states by code, to stand beside the codes.
    more
        Columns that these tables alone have.
    float_format
        How numbers are written in CSV; all their digits by default.

    Raises
    ------
    LookupError
        If nothing is told of a column; nothing is written then.
    """
    tables = {file: with_names(table, names) if names else table for file, table in tables.items()}
    book = codebook(of, {file: list(table.columns) for file, table in tables.items()}, more)
    for file, table in tables.items():
        if file.endswith(ENDINGS[1]):
            write_parquet(folder / file, table)
        else:
            write_csv(folder / file, table, float_format)
    write_csv(folder / CODEBOOK, book)
