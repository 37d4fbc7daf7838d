"""Class mode: predictions written down before the runs, scored against what the model says.

A prediction names a state, a direction (up, down, none) and a confidence p between a half and one that this is the
direction the model finds. Its score is ``(p - 1)^2`` if it is and ``p^2`` if not (Brier 1950,
doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2): 0 is perfect, 0.25 is what not knowing at all scores.
"""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from tashkent.experiments.effect import Z, direction
from tashkent.experiments.pair import Pair
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.counterfactual import Counterfactual
from tashkent.model.errors import InputError, unknown
from tashkent.model.reading import toml_table, validated

COLUMNS = ("state", "direction", "confidence", "club", "month")


class StatedPrediction(BaseModel):
    """What somebody expects of one state; `club` and `month` are the comparison's own if they are left out."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    state: str
    direction: Literal["up", "down", "none"]
    confidence: float = Field(ge=0.5, le=1)
    club: str = ""
    month: str = ""


def load_predictions(path: Path, case: Case) -> tuple[StatedPrediction, ...]:
    """Predictions from a TOML file (tables under ``[[prediction]]``) or a CSV file with a header.

    Raises
    ------
    InputError
        If the file cannot be used, or names what the case does not have.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        allowed = f"a file that can be read ({error.strerror})"
        raise InputError("--prediction", "file", str(path), allowed) from None
    except UnicodeDecodeError:
        raise InputError("--prediction", "file", str(path), "text in UTF-8") from None
    rows = _toml(path.name, text) if path.suffix == ".toml" else _csv(path.name, text)
    found = tuple(_prediction(path.name, key, row) for key, row in rows)
    if not found:
        raise InputError(path.name, "prediction", "missing", "one prediction at least")
    seen = set()
    for (key, _), one in zip(rows, found, strict=True):
        if one.state not in case.deciders:
            raise unknown(path.name, f"{key}.state", one.state, case.deciders)
        if one.club and one.club not in case.clubs:
            raise unknown(path.name, f"{key}.club", one.club, case.clubs)
        if one.month:
            try:
                case.month(one.month, "month")
            except InputError as error:
                raise InputError(path.name, f"{key}.month", one.month, error.allowed) from None
        what = (one.state, one.club, one.month)
        if what in seen:
            raise InputError(path.name, f"{key}.state", one.state, "each seat and month once")
        seen.add(what)
    return found


def _toml(file: str, text: str) -> list[tuple[str, dict[str, Any]]]:
    table = toml_table(text, file)
    for key in table:
        if key != "prediction":
            raise unknown(file, "key", key, ["prediction"])
    rows = table.get("prediction", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(file, "prediction", rows, "tables, each under [[prediction]]")
    for row in rows:
        if type(row.get("confidence")) is int:
            row["confidence"] = float(row["confidence"])
    return [(f"prediction {number}", row) for number, row in enumerate(rows, start=1)]


def _csv(file: str, text: str) -> list[tuple[str, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    for column in reader.fieldnames or ():
        if column not in COLUMNS:
            raise unknown(file, "column", column, COLUMNS)
    rows: list[tuple[str, dict[str, Any]]] = []
    for cells in reader:
        key = f"line {reader.line_num}"
        if None in cells or None in cells.values():
            raise InputError(file, key, "wrong number of cells", "one cell a column")
        row: dict[str, Any] = {name: cell.strip() for name, cell in cells.items() if cell.strip()}
        if "confidence" in row:
            try:
                row["confidence"] = float(row["confidence"])
            except ValueError:
                raise InputError(
                    file, f"{key}.confidence", row["confidence"], "a number from 0.5 to 1"
                ) from None
        rows.append((key, row))
    return rows


def _prediction(file: str, key: str, row: dict[str, Any]) -> StatedPrediction:
    found: StatedPrediction = validated(StatedPrediction, row, file, key)
    return found


def brier(confidence: float, right: bool) -> float:
    """Squared distance of a confidence from what came true.

    Examples
    --------
    >>> round(brier(0.8, right=True), 2), round(brier(0.8, right=False), 2)
    (0.04, 0.64)
    """
    return (confidence - float(right)) ** 2


def score(predictions: Iterable[StatedPrediction], pair: Pair) -> pd.DataFrame:
    """One row a prediction: what was expected, what the model finds, and the score; its mean is the score of all.

    Raises
    ------
    InputError
        If a prediction is of a month before the start.
    """
    rows = []
    for one in predictions:
        month = pair.baseline.month(one.month or asked_month(pair), "month")
        if month <= pair.start:
            raise InputError("--prediction", "month", month_label(month), "a month after the start")
        club = one.club or pair.baseline.focus
        at = (
            month - pair.start,
            pair.baseline.state_ids.index(one.state),
            tuple(pair.baseline.clubs).index(club),
        )
        change, se = float(pair.effect.change[at]), float(np.nan_to_num(pair.effect.se[at]))
        found = direction(change - Z * se, change + Z * se)
        rows.append(
            {
                "state": one.state,
                "club": club,
                "month": month_label(month),
                "predicted": one.direction,
                "confidence": one.confidence,
                "found": found,
                "change": change,
                "right": found == one.direction,
                "brier": brier(one.confidence, found == one.direction),
            }
        )
    return pd.DataFrame(rows)


def asked_month(pair: Pair) -> str:
    """What a prediction is about if it names no month; see `month_asked`."""
    return month_asked(pair.counterfactual, pair.baseline, pair.start)


def month_asked(counterfactual: Counterfactual, case: Case, start: int) -> str:
    """The first month after a start that a counterfactual asks for, or the last that is shown.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> from tashkent.model.counterfactual import load_counterfactual
    >>> case = load_case("cst")
    >>> month_asked(load_counterfactual("CF1", case), case, case.month("1998-12", "start"))
    '1999-12'
    """
    asked = [o.month for o in counterfactual.outcomes]
    later = [m for m in asked if case.month(m, "month") > start]
    return later[0] if later else month_label(case.shown[-1])
