"""Whether a table that was made again is what it was: to the last bit, or within what machines may differ by.

A fit is a search on sums of many products, which a kernel of the linear algebra (of another processor, library or
version) takes in another order; an exponential is rounded otherwise by other vector instructions. The last digits of
fits and of log-odds differ by that, and those of runs do not: what happens in them is the same act for act. So such
numbers are held against each other within `TOLERANCE`, relative to the larger of one and their size, others exactly.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tashkent.experiments.codebook import read_table
from tashkent.model.storage import sha256

#: by how much a number may differ that is not exact, relative to the larger of one and its size
TOLERANCE = 1e-6
SAME, SAME_VALUES = "identical", "same values in other bytes"
WITHIN = f"same within {TOLERANCE:g}, as machines differ"


@dataclass(frozen=True)
class Compared:
    """How a table that was made again stands to the old one."""

    words: str
    #: whether what was made again is what was made then
    same: bool = False
    #: the largest difference of two numbers; None if numbers were not compared
    most: float | None = None

    def __str__(self) -> str:
        """In a line."""
        return self.words if not self.most else f"{self.words}; at most by {self.most:.3g}"


def compared(old: Path, digest: str | None, new: Path, inexact: Collection[str] | None) -> Compared:
    """How a table that was made again stands to the old one, which may be missing or changed (`altered`).

    Parameters
    ----------
    old, new
        The files.
    digest
        SHA-256 of the old one when it was made; None if it was not.
    inexact
        The columns of a table, or the keys of JSON, whose numbers are not exact; empty for all, None for none.
    """
    if digest is None:
        return Compared("was not there")
    state = altered(old, digest)
    if not new.exists():
        return Compared("is no longer made" if state is None else f"{state}; is no longer made")
    same = sha256(new) == digest
    if state is not None:
        return Compared(f"{state}; made again {'as it was' if same else 'otherwise'}", same=same)
    if same:
        return Compared(SAME, same=True)
    if old.suffix == ".json":
        before, after = (json.loads(path.read_text(encoding="utf-8")) for path in (old, new))
        return _trees(before, after, inexact)
    return _frames(read_table(old), read_table(new), inexact)


def altered(path: Path, digest: str) -> str | None:
    """How a file of a result is no longer the one that was made, whose SHA-256 is `digest`; None if it is."""
    if not path.is_file():
        return "missing"
    return None if sha256(path) == digest else "changed since it was made"


class _Apart:
    """How far numbers are apart at most, and whether all else is the same."""

    def __init__(self) -> None:
        self.most, self.other, self.names = 0.0, False, list[str]()

    def hold(self, name: str, before: Any, after: Any, *, near: bool) -> None:
        """Hold a column, or a value under keys, against each other: of one shape; `near` if it is not exact."""
        one, two = np.asarray(before).ravel(), np.asarray(after).ravel()
        if not all(np.issubdtype(values.dtype, np.number) for values in (one, two)):
            same = pd.Series(one).equals(pd.Series(two))
            self.note(name, same=same, allowed=same)
            return
        one, two = one.astype(float), two.astype(float)
        equal = (one == two) | (np.isnan(one) & np.isnan(two))
        with np.errstate(invalid="ignore"):
            apart = np.where(equal, 0.0, np.abs(one - two))
        self.most = max(self.most, float(np.max(apart[np.isfinite(apart)], initial=0.0)))
        room = TOLERANCE * np.fmax(1.0, np.fmax(np.abs(one), np.abs(two)))
        within = near and bool((equal | (np.isfinite(apart) & (apart <= room))).all())
        self.note(name, same=bool(equal.all()), allowed=bool(equal.all()) or within)

    def note(self, name: str, *, same: bool, allowed: bool) -> None:
        """Note what was found of a column, or under keys."""
        self.other |= not allowed
        if not same and name not in self.names:
            self.names.append(name)

    def words(self, differs: str) -> Compared:
        """What is said of it; `differs` if it is more than may be."""
        if self.other:
            return Compared(differs, most=self.most)
        return Compared(WITHIN if self.names else SAME_VALUES, same=True, most=self.most)


def _frames(before: pd.DataFrame, after: pd.DataFrame, inexact: Collection[str] | None) -> Compared:
    if list(before.columns) != list(after.columns) or len(before) != len(after):
        return Compared("differs: other rows or columns")
    apart = _Apart()
    for name in before.columns:
        near = inexact is not None and (not inexact or name in inexact)
        apart.hold(name, before[name], after[name], near=near)
    changed = (before != after) & ~(before.isna() & after.isna())
    rows = int(changed.any(axis=1).sum())
    return apart.words(f"differs: {rows} rows in {', '.join(apart.names)}")


def _trees(before: Any, after: Any, inexact: Collection[str] | None) -> Compared:
    apart = _Apart()

    def hold(keys: tuple[str, ...], one: Any, two: Any) -> None:
        name = ".".join(keys)
        if isinstance(one, dict) and isinstance(two, dict) and one.keys() == two.keys():
            for key in one:
                hold((*keys, key), one[key], two[key])
        elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
            for each in zip(one, two, strict=True):
                hold(keys, *each)
        elif isinstance(one, dict | list) or isinstance(two, dict | list):
            apart.note(name, same=False, allowed=False)
        else:
            near = inexact is not None and (not inexact or bool({*keys} & {*inexact}))
            apart.hold(name, one, two, near=near)

    hold((), before, after)
    return apart.words(f"differs: in {', '.join(apart.names)}")
