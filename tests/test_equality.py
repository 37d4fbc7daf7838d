"""Numbers that are not exact may differ in their last digits, all others not at all; how far is said."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tashkent.experiments.equality import TOLERANCE, Compared, compared
from tashkent.model.storage import sha256

#: as far as kernels of linear algebra were seen to be apart, and what no kernel explains
NEAR, FAR = 4e-11, 1e-4
TABLE = {"state": ["ARM", "AZE"], "score": [-3.25, None], "runs": [10, 20]}


def frames(
    folder: Path, inexact: Collection[str] | None, ending: str = "csv", **changed: Any
) -> Compared:
    """A table beside itself with other columns."""
    old, new = folder / f"old.{ending}", folder / f"new.{ending}"
    for path, table in ((old, TABLE), (new, {**TABLE, **changed})):
        frame = pd.DataFrame(table)
        frame.to_csv(path, index=False) if ending == "csv" else frame.to_parquet(path)
    return compared(old, sha256(old), new, inexact)


def trees(folder: Path, inexact: Collection[str] | None, before: Any, after: Any) -> Compared:
    for name, tree in (("old", before), ("new", after)):
        (folder / f"{name}.json").write_text(json.dumps(tree))
    old = folder / "old.json"
    return compared(old, sha256(old), folder / "new.json", inexact)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("inexact", "by", "same"),
    [
        (None, 0.0, True),
        (None, NEAR, False),
        ((), NEAR, True),
        (("score",), NEAR, True),
        (("runs",), NEAR, False),
        ((), FAR, False),
        (("score",), FAR, False),
    ],
)
def test_a_column_may_differ_that_is_not_exact(
    tmp_path: Path, ending: str, inexact: Collection[str] | None, by: float, same: bool
) -> None:
    found = frames(tmp_path, inexact, ending, score=[-3.25 + by, None])
    assert found.same == same
    if by:
        words = "same within 1e-06, as machines differ" if same else "differs: 1 rows in score"
        assert str(found) == f"{words}; at most by {by:.3g}"
        assert found.most == pytest.approx(by, rel=1e-4)
    else:
        assert str(found) == "identical"


def test_the_tolerance_is_relative_to_large_numbers_alone(tmp_path: Path) -> None:
    for size, room in ((1e6, 1e6 * TOLERANCE), (1e-9, TOLERANCE)):
        assert trees(tmp_path, (), {"a": size}, {"a": size + 0.9 * room}).same
        assert not trees(tmp_path, (), {"a": size}, {"a": size + 1.1 * room}).same


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"state": ["ARM", "BLR"]}, "differs: 1 rows in state"),
        ({"score": [None, -3.25]}, "differs: 2 rows in score"),
        ({"more": [1, 2]}, "differs: other rows or columns"),
        ({"score": [float("inf"), None]}, "differs: 1 rows in score"),
    ],
)
def test_words_and_gaps_have_no_tolerance(
    tmp_path: Path, changed: dict[str, Any], says: str
) -> None:
    found = frames(tmp_path, (), **changed)
    assert (found.same, str(found).partition(";")[0]) == (False, says)


@pytest.mark.parametrize(
    ("inexact", "after", "says"),
    [
        (("log_score",), {"log_score": [{"who": "a", "x": 1 + NEAR}], "p": 0.5}, "same within"),
        (
            ("log_score",),
            {"log_score": [{"who": "a", "x": 1 + FAR}], "p": 0.5},
            "differs: in log_score.x",
        ),
        (("log_score",), {"log_score": [{"who": "a", "x": 1.0}], "p": 0.5 + NEAR}, "differs: in p"),
        (None, {"log_score": [{"who": "a", "x": 1 + NEAR}], "p": 0.5}, "differs: in log_score"),
        ((), {"log_score": [{"who": "b", "x": 1.0}], "p": 0.5}, "differs: in log_score"),
        ((), {"log_score": [{"who": "a"}], "p": 0.5}, "differs: in log_score"),
        ((), {"log_score": [], "p": 0.5}, "differs: in log_score"),
        ((), {"log_score": [{"who": "a", "x": 1.0}], "p": None}, "differs: in p"),
        ((), {"p": 0.5, "log_score": [{"x": 1, "who": "a"}]}, "same values in other bytes"),
    ],
)
def test_what_stands_under_a_key_may_differ_that_is_not_exact(
    tmp_path: Path, inexact: Collection[str] | None, after: Any, says: str
) -> None:
    found = trees(tmp_path, inexact, {"log_score": [{"who": "a", "x": 1.0}], "p": 0.5}, after)
    assert str(found).startswith(says)
    assert found.same == says.startswith("same")


def test_a_word_is_no_gap(tmp_path: Path) -> None:
    """NA is what a cell says, and an empty cell says nothing."""
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("state,note\nARM,NA\n")
    new.write_text("state,note\nARM,\n")
    assert str(compared(old, sha256(old), new, None)) == "differs: 1 rows in note"
