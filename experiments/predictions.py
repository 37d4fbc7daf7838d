"""Class mode: predictions written down before the runs, scored against what the model says.

A prediction names a state, a direction (up, down, none) and a confidence p between a half and one that this is the
direction the model finds. Its score is ``(p - 1)^2`` if it is and ``p^2`` if not (Brier 1950,
doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2): 0 is perfect, and a confidence of one half scores 0.25
whatever is found.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from tashkent.experiments.effect import direction
from tashkent.experiments.pair import Pair
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.counterfactual import Counterfactual
from tashkent.model.errors import InputError, unknown
from tashkent.model.reading import csv_lines, file_text, one_of, toml_table, validated


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
    return read_predictions(path.name, file_text(path, "--prediction"), case)


def read_predictions(file: str, text: str, case: Case) -> tuple[StatedPrediction, ...]:
    """Predictions from the text of a file, by whose name it is TOML or CSV.

    Raises
    ------
    InputError
        As `load_predictions` does.
    """
    rows = _toml(file, text) if file.endswith(".toml") else _csv(file, text)
    if not rows:
        raise InputError(file, "prediction", "missing", "one prediction at least")
    seen: dict[tuple[str, str, str], StatedPrediction] = {}
    for key, written in rows:
        state = case.decider(written.state, f"{key}.state", file)
        club = written.club and case.club(written.club, f"{key}.club", file)
        one = written.model_copy(update={"state": state, "club": club})
        if one.month:
            case.month(one.month, f"{key}.month", file)
        what = (one.state, one.club, one.month)
        if what in seen:
            raise InputError(file, f"{key}.state", written.state, "each seat and month once")
        seen[what] = one
    return tuple(seen.values())


def _toml(file: str, text: str) -> list[tuple[str, StatedPrediction]]:
    table = toml_table(text, file)
    for key in table:
        if key != "prediction":
            raise unknown(file, "key", key, ["prediction"])
    rows = table.get("prediction", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(file, "prediction", rows, "tables, each under [[prediction]]")
    keys = [f"prediction {number}" for number in range(1, len(rows) + 1)]
    return [
        (key, validated(StatedPrediction, row, file, key))
        for key, row in zip(keys, rows, strict=True)
    ]


def _csv(file: str, text: str) -> list[tuple[str, StatedPrediction]]:
    needed = [name for name, f in StatedPrediction.model_fields.items() if f.is_required()]
    return list(csv_lines(text, file, StatedPrediction, needed=needed, trimmed=True))


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
        month, club = _asked(one, pair.counterfactual, pair.baseline, pair.start)
        at = (
            month - pair.start,
            pair.baseline.state_ids.index(one.state),
            tuple(pair.baseline.clubs).index(club),
        )
        found = direction_found(pair, at)
        rows.append(
            {
                "state": one.state,
                "club": club,
                "month": month_label(month),
                "predicted": one.direction,
                "confidence": one.confidence,
                "found": found,
                "change": float(pair.effect.change[at]),
                "right": found == one.direction,
                "brier": brier(one.confidence, found == one.direction),
            }
        )
    return pd.DataFrame(rows)


def direction_found(pair: Pair, at: tuple[int, int, int]) -> str:
    """Up, down or none: what is found of one month (counted from the start), state and club."""
    found = pair.effect
    return direction(float(found.low[at]), float(found.high[at]))


def check_predictions(
    predictions: Iterable[StatedPrediction],
    counterfactuals: Mapping[int, Sequence[Counterfactual]],
    baseline: Case,
) -> None:
    """Refuse, before anything is run, predictions that runs cannot answer; counterfactuals are given by their start.

    Raises
    ------
    InputError
        If a prediction is of a month before a start, or of a club that the baseline does not have.
    """
    for one in predictions:
        for start, asked in counterfactuals.items():
            for counterfactual in asked:
                _asked(one, counterfactual, baseline, start)


def _asked(
    one: StatedPrediction, counterfactual: Counterfactual, baseline: Case, start: int
) -> tuple[int, str]:
    """Month and club of a prediction."""
    month = baseline.month(one.month or month_asked(counterfactual, baseline, start), "month")
    if month <= start:
        allowed = f"a month after {month_label(start)}, where {counterfactual.id} starts"
        raise InputError("--prediction", "month", month_label(month), allowed)
    club = one.club or baseline.focus
    one_of("--prediction", "club", club, baseline.clubs)
    return month, club


def scores(predictions: Sequence[StatedPrediction], pairs: Sequence[Pair]) -> list[pd.DataFrame]:
    """A table of scored predictions for each pair; none if nothing is predicted."""
    return [score(predictions, pair) for pair in pairs] if predictions else []


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
