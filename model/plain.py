"""Tables as plain values, as JSON has them."""

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def plain_rows(table: "pd.DataFrame") -> list[dict[str, Any]]:
    """Rows of a table as plain values, as JSON has them; None where there is none, or no finite number."""
    plain = table.astype(object).where(table.notna(), None)
    return [{key: _plain(v) for key, v in row.items()} for row in plain.to_dict("records")]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
