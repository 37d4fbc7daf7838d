"""Tables as plain values, as JSON has them, as CSV that no spreadsheet computes, and as a notebook shows them."""

import math
import re
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

#: where a cell begins as a formula does, with its wide forms, and is no number
_FORMULA = re.compile(
    r"(?:^|(?<=;))(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])(?![+-]?(?:[0-9.]+(?:e[+-]?[0-9]+)?|inf)(?:$|;))",
    re.IGNORECASE | re.MULTILINE,
)


def plain_rows(table: "pd.DataFrame") -> list[dict[str, Any]]:
    """Rows of a table as plain values, as JSON has them; None where there is none, or no finite number."""
    plain = table.astype(object).where(table.notna(), None)
    return [{key: _plain(v) for key, v in row.items()} for row in plain.to_dict("records")]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def csv_text(table: "pd.DataFrame", float_format: str | None = None, *, header: bool = True) -> str:
    """A table as CSV, without its index; text that a spreadsheet would compute has an apostrophe before it."""
    plain = table.set_axis([_as_text(name) for name in table.columns], axis=1)
    for number, kind in enumerate(plain.dtypes):
        column = plain.iloc[:, number].tolist() if kind.kind == "O" else []
        cells = [_as_text(cell) for cell in column]
        if any(cell is not one for cell, one in zip(cells, column, strict=True)):
            plain.isetitem(number, cells)
    return str(
        plain.to_csv(index=False, header=header, lineterminator="\n", float_format=float_format)
    )


def _as_text(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula, also where semicolons part cells.

    Examples
    --------
    >>> [_as_text(cell) for cell in ("=1+1", "-abandonment", "-0.5", "a;@SUM(A1)", -0.5)]
    ["'=1+1", "'-abandonment", '-0.5', "a;'@SUM(A1)", -0.5]
    """
    return _FORMULA.sub("'", cell) if isinstance(cell, str) else cell


def notebook_html(thing: object, table: "pd.DataFrame", digits: int = 2) -> str:
    """What a notebook shows of an object: its line, and a table under it, numbers with so many places."""
    shown = table.to_html(
        index=False, border=0, na_rep="", float_format=lambda value: f"{value:.{digits}f}"
    )
    return f"<p>{escape(repr(thing))}</p>\n{shown}"
