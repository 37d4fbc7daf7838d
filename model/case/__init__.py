"""A case: a folder of TOML and CSV files, loaded strictly and frozen.

`tables` holds the rows, `loading` reads them, `checks` and `record_checks` hold them against each other,
and `case` is the whole.
"""

from tashkent.model.case.case import Case
from tashkent.model.case.loading import load_case

__all__ = ["Case", "load_case"]
