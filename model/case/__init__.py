"""A case: a folder of TOML and CSV files, loaded strictly and frozen.

`tables` holds the rows, `loading` reads them, `checks` and `record_checks` hold them against each other,
and `case` is the whole.
"""

from tashkent.model.case.case import Case
from tashkent.model.case.loading import as_case, case_folder, load_case, shipped_cases

__all__ = ["Case", "as_case", "case_folder", "load_case", "shipped_cases"]
