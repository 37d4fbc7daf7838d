"""Tables as plain values, as JSON has them."""

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def plain_rows(table: "pd.DataFrame") -> list[dict[str, Any]]:
    """Rows of a table as plain values, as JSON has them; None where there is none, or no finite number."""
    plain = table.astype(object).where(table.notna(), None)
    plain = plain.map(lambda v: None if isinstance(v, float) and not math.isfinite(v) else v)
    rows: list[dict[str, Any]] = plain.to_dict("records")
    return rows
