"""Whether a table that was made again is what it was: to the last bit, or within what a fit may differ by.

A fit is a search on sums of many products, which kernels of the linear algebra (of another processor, library or
version) take in another order: its last digits differ, and runs do not. So numbers that have a fit in them are held
against each other within `TOLERANCE`, relative to the larger of one and their size, and all others exactly.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tashkent.calibration.posterior import LAPLACE
from tashkent.model.storage import sha256

#: by how much a number that a fit stands behind may differ, relative to the larger of one and its size
TOLERANCE = 1e-6
SAME, SAME_VALUES = "identical", "same values in other bytes"
#: how the words begin for a table that is the same within the tolerance
WITHIN = f"same within {TOLERANCE:g}, as a fit allows"
#: of a run: the table with scores that each have a fit of their own
_REFITTED = "report.json"


def is_same(words: str) -> bool:
    """Whether what `compared` says of a table means that it is what it was."""
    return words in (SAME, SAME_VALUES) or words.startswith(WITHIN)


def tolerance(manifest: Mapping[str, Any], name: str) -> float:
    """By how much the numbers of a table may differ: not at all unless a fit is in them."""
    posteriors = manifest.get("posterior")
    origins = posteriors.values() if isinstance(posteriors, dict) else [posteriors]
    fitted = any(str(origin).startswith(LAPLACE) for origin in origins)
    return TOLERANCE if fitted or name == _REFITTED else 0.0


def compared(
    old: Path, digest: str | None, new: Path, within: float, renamed: Mapping[str, str]
) -> str:
    """How a table that was made again stands to the old one, which may or may not be there.

    Parameters
    ----------
    old, new
        The files.
    digest
        SHA-256 of the old one when it was made; None if it was not.
    within
        By how much numbers may differ.
    renamed
        Names in the new table that stand for others in the old one: of files that were elsewhere.
    """
    if digest is None:
        return "was not there"
    if not new.exists():
        return "is no longer made"
    if sha256(new) == digest:
        return SAME
    if not old.exists():
        return "differs"
    if sha256(old) != digest:
        return "differs; the old table was changed after it was made"
    if old.suffix == ".json":
        before, after = (json.loads(path.read_text(encoding="utf-8")) for path in (old, new))
        return _trees(before, after, within, renamed)
    read = pd.read_parquet if old.suffix == ".parquet" else pd.read_csv
    return _frames(read(old), read(new).replace(dict(renamed)), within)


@dataclass
class _Apart:
    """How far numbers are apart at most, and whether all of it may be."""

    within: float
    most: float = 0.0
    other: bool = False

    def numbers(self, one: Any, two: Any) -> None:
        """Hold arrays of numbers against each other, of one shape."""
        before, after = np.asarray(one, float), np.asarray(two, float)
        same = (before == after) | (np.isnan(before) & np.isnan(after))
        apart = np.where(same, 0.0, np.abs(before - after))
        allowed = self.within * np.maximum(1.0, np.maximum(np.abs(before), np.abs(after)))
        self.most = max(self.most, float(np.max(apart, initial=0.0)))
        self.other |= not bool((apart <= allowed).all())

    def words(self, more: str = "") -> str:
        """What is said of it."""
        if self.other:
            return f"differs{more}; at most by {self.most:.3g}"
        return SAME_VALUES if self.most == 0 else f"{WITHIN}: at most by {self.most:.3g}"


def _frames(before: pd.DataFrame, after: pd.DataFrame, within: float) -> str:
    if list(before.columns) != list(after.columns) or len(before) != len(after):
        return "differs: other rows or columns"
    if before.equals(after):
        return SAME_VALUES
    changed = (before != after) & ~(before.isna() & after.isna())
    columns = [name for name in before.columns if changed[name].any()]
    numbers = [name for name in columns if np.issubdtype(before[name].dtype, np.number)]
    apart = _Apart(within, other=len(numbers) < len(columns))
    for name in numbers:
        apart.numbers(before[name], after[name])
    return apart.words(f": {int(changed.any(axis=1).sum())} rows in {', '.join(columns)}")


def _trees(before: object, after: object, within: float, renamed: Mapping[str, str]) -> str:
    apart = _Apart(within)

    def hold(one: object, two: object) -> None:
        if isinstance(one, dict) and isinstance(two, dict):
            named = {renamed.get(name, name): value for name, value in two.items()}
            apart.other |= set(one) != set(named)
            for name in one.keys() & named.keys():
                hold(one[name], named[name])
        elif isinstance(one, list) and isinstance(two, list):
            apart.other |= len(one) != len(two)
            for each in zip(one, two, strict=False):
                hold(*each)
        elif isinstance(one, float | int) and isinstance(two, float | int):
            apart.numbers(one, two)
        else:
            apart.other |= one != (renamed.get(two, two) if isinstance(two, str) else two)

    hold(before, after)
    return apart.words()
