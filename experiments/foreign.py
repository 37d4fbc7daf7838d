"""Tables of a result for other programs: Stata with labels of variables, or CSV or Parquet alone, with a codebook.

Stata has months of its own, so a column of months is one there; names are made such as Stata takes, and what it cannot
hold is missing, which is said.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tashkent.experiments.codebook import CODEBOOK, ENDINGS, LONGEST, columns_in, read_table
from tashkent.experiments.manifest import provenance
from tashkent.model.errors import InputError
from tashkent.model.storage import (
    FILES,
    MANIFEST,
    manifest_in,
    result,
    sha256,
    write_csv,
    write_json,
    write_parquet,
    write_with,
)

STATA = "dta"
FORMATS = (STATA, "csv", "parquet")
#: what Stata takes as the name of a variable, and the words that it keeps for itself
_NAME, _LONGEST_NAME = re.compile(r"\W", re.ASCII), 32
_KEPT = (
    " aggregate array boolean break byte case catch class colvector complex const continue default"
    " delegate delete do double else eltypedef end enum explicit export external float for friend function"
    " global goto if in inline int local long mata matrix namespace new numeric NULL operator orgtypedef"
    " pointer polymorphic pragma private protected public quad real return rowvector scalar short signed"
    " static strL string struct super switch template this throw transmorphic try typedef typename union"
    " unsigned using vector version virtual void volatile while with"
    " "
)
_MONTH = r"\d{4}-\d{2}"
#: the day in a file of Stata, which would differ otherwise each time that it is written
_WRITTEN = datetime(2000, 1, 1)  # noqa: DTZ001 (Stata knows no zones)


@dataclass(frozen=True)
class Handed:
    """Tables that were written for another program."""

    folder: Path
    files: tuple[str, ...]
    #: what could not be said there
    notes: tuple[str, ...]


def hand_tables(folder: Path, out: Path, form: str = STATA) -> Handed:
    """Write the tables of a result for another program, with a codebook and a manifest.

    Parameters
    ----------
    folder
        The folder of the result. Where it has a table in two forms, Parquet is read.
    out
        The folder of the tables.
    form
        ``dta``, ``csv`` or ``parquet``.

    Raises
    ------
    InputError
        If there is no result, it has no table with a codebook, a table is no longer what it was, or `out` is taken.
    """
    told = manifest_in(folder)
    if told is None:
        raise InputError(
            "tables", "RESULT", str(folder), "the folder of a result with its manifest.json"
        )
    if CODEBOOK not in told[FILES]:
        raise InputError(
            str(folder), CODEBOOK, "missing", "a result with a codebook: make it again"
        )
    paths = _tables(folder, told)
    book = pd.read_csv(folder / CODEBOOK, dtype=str, keep_default_na=False)
    parts, notes, written = [], [], []
    with result(out) as made:
        for path in paths:
            table = read_table(path)
            labels = book[book["file"] == path.name].set_index("column")
            name = f"{path.stem}.{form}"
            if form == STATA:
                table, names, more = _for_stata(table, path.name)
                notes += more
                _write_stata(
                    made / name,
                    table,
                    told["command"],
                    [_label(labels.loc[old]) for old in names.values()],
                )
            else:
                names = {column: column for column in table}
                (write_parquet if form == "parquet" else write_csv)(made / name, table)
            part = labels.loc[list(names.values())].reset_index()
            parts.append(part.assign(file=name, column=list(names), was=list(names.values())))
            written.append(name)
        book = pd.concat(parts, ignore_index=True)
        write_csv(made / CODEBOOK, book[["file", "column", "label", "unit", "role", "note", "was"]])
        says = {key: told[key] for key in ("case", "case_hash")}
        of = {"command": told["command"], MANIFEST: sha256(folder / MANIFEST)}
        files = {one.name: sha256(one) for one in sorted(made.iterdir())}
        write_json(
            made / MANIFEST, {"command": "tables", **says, "of": of, **provenance(), FILES: files}
        )
    return Handed(out, tuple(written), tuple(notes))


def _tables(folder: Path, told: Mapping[str, Any]) -> list[Path]:
    """The tables of a result, each once, as they were when it was made."""
    found: dict[str, Path] = {}
    for name, digest in sorted(told[FILES].items()):
        path = folder / name
        if path.suffix not in ENDINGS or path.parent != folder:
            continue
        if not path.is_file() or sha256(path) != digest:
            state = "changed" if path.is_file() else "missing"
            raise InputError(MANIFEST, name, state, "each table as it was when the result was made")
        if name != CODEBOOK and columns_in(path):
            found[path.stem] = path  # Parquet comes after CSV
    return list(found.values())


def _for_stata(table: pd.DataFrame, file: str) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """A table as Stata holds it, its old names by the new ones, and what is lost."""
    names: dict[str, str] = {}
    columns, notes = {}, []
    for old in table.columns:
        new = _stata_name(str(old), names)
        names[new] = str(old)
        column = table[old]
        if column.dtype.kind == "b":
            column = column.astype(np.int8)
        elif column.dtype.kind == "f":
            endless = np.isinf(column)
            if endless.any():
                notes.append(
                    f"{file}: {old}: {int(endless.sum())} numbers without end are missing in Stata"
                )
                column = column.mask(endless)
        elif column.dtype.kind not in "iu":
            column = _months(column) if _is_months(column) else _text(column)
        columns[new] = column
    return pd.DataFrame(columns), names, notes


def _stata_name(name: str, taken: Mapping[str, str]) -> str:
    """A name that Stata takes and no other column has."""
    plain = _NAME.sub("_", name)[:_LONGEST_NAME]
    if not plain or plain[0].isdigit() or f" {plain} " in _KEPT:
        plain = f"_{plain}"[:_LONGEST_NAME]
    new, number = plain, 1
    while new in taken:
        number += 1
        new = f"{plain[: _LONGEST_NAME - 1 - len(str(number))]}_{number}"
    return new


def _is_months(column: "pd.Series[Any]") -> bool:
    told = column.dropna().astype(str)
    return len(told) > 0 and bool(told.str.fullmatch(_MONTH).all())


def _months(column: "pd.Series[Any]") -> "pd.Series[Any]":
    return pd.to_datetime(column, format="%Y-%m")


def _text(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """A column of words, truth as 1 and 0, a missing word empty."""
    told = column.dropna()
    if len(told) and set(map(str, told)) <= {"True", "False"}:
        return column.map({True: 1.0, False: 0.0, "True": 1.0, "False": 0.0}).astype(float)
    return column.astype(object).where(column.notna(), "").astype(str)


def _label(row: Any) -> str:
    """What Stata shows of a variable: its label, and its unit as far as there is room."""
    both = f"{row['label']} ({row['unit']})" if row["unit"] else str(row["label"])
    return both if len(both) <= LONGEST else str(row["label"])


def _write_stata(path: Path, table: pd.DataFrame, command: str, labels: list[str]) -> None:
    months = {name: "tm" for name in table if table[name].dtype.kind == "M"}
    options: dict[str, Any] = {
        "write_index": False,
        "version": 118,
        "convert_dates": months,
        "time_stamp": _WRITTEN,
        "data_label": f"tashkent {command}: {path.stem}"[:LONGEST],
        "variable_labels": dict(zip(table, labels, strict=True)),
        "convert_strl": [
            n for n in table if table[n].dtype.kind == "O" and table[n].str.len().max() > 2000
        ],
    }
    write_with(path, lambda made: table.to_stata(made, **options))
