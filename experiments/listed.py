"""Points of one's own: the values of the factors of a design, from the columns of a CSV file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import create_model

from tashkent.experiments.factors import FACTORS, NumberFactor, OfImputation, StrictTable
from tashkent.model.errors import InputError
from tashkent.model.reading import csv_rows, file_text

#: points that a file may list: all of them stand in the manifest
MOST_ROWS = 100_000


def with_columns(file: str, table: object, factors: Sequence[object]) -> list[object]:
    """The factors of a design with the columns of a CSV file as their values; the column has the name of the factor.

    `file` is the design's, `table` what it names, and `factors` are as it has them.

    Raises
    ------
    InputError
        In one line, if the file cannot be read, a factor has values already, a column is missing, is of no factor or
        is named twice, or a cell does not hold what its factor varies.
    """
    if not isinstance(table, str):
        raise InputError(file, "table", table, "the name of a CSV file")
    columns: dict[str, Any] = {}
    for number, row in enumerate(factors, start=1):
        if not isinstance(row, Mapping) or row.get("vary") not in FACTORS:
            return list(factors)  # refused where factors are read
        for key in ("values", "range", "quantiles", "levels"):
            if key in row:
                allowed = f"none: values stand in {table}"
                raise InputError(file, f"factor {number}.{key}", row[key], allowed)
        if _column(row) in columns:
            raise InputError(file, f"factor {number}.name", _column(row), "a name of its own")
        columns[_column(row)] = (_type(row), ...)
    path = Path(table)
    kind = create_model("Row", __base__=StrictTable, **columns)
    found = csv_rows(file_text(path, "table"), path.name, kind)
    if not 0 < len(found) <= MOST_ROWS:
        raise InputError(path.name, "rows", len(found), f"1 to {MOST_ROWS:,}")
    values = {name: tuple(getattr(row, name) for row in found) for name in columns}
    return [{**row, "values": values[_column(row)]} for row in factors if isinstance(row, Mapping)]


def _column(row: Mapping[str, Any]) -> str:
    """The name of the column of a factor, as `Factor.column` has it."""
    of = row.get(getattr(FACTORS[row["vary"]], "_of", ""), "")
    own = of if row["vary"] == "parameter" else f"{row['vary']} {of}".rstrip()
    return str(row.get("name") or own)


def _type(row: Mapping[str, Any]) -> type:
    kind = FACTORS[row["vary"]]
    return float if issubclass(kind, NumberFactor) else int if kind is OfImputation else str
