"""Patterns of history that runs should show, and what they must not show: `patterns.toml` of a case.

Each row of the table is a measure (`calibration.measures`) with a bar: what it says, its source, and the least or the
most that its number should be. The value of a measure is its mean over runs with the standard error
``sd / sqrt(runs)``, which for a yes or no is the posterior-predictive probability ``p`` with
``sqrt(p (1 - p) / runs)``.
A pattern is asked of runs that begin before all of its months, and of any runs that have seats by month: those of
the model and those of a baseline.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration.measures.measure import (
    KINDS,
    OF,
    Measure,
    Particulars,
    SeveralNumbers,
)
from tashkent.calibration.measures.reading import MEASURE, keys, read_particulars, where
from tashkent.calibration.runs import Runs
from tashkent.model.case import Case
from tashkent.model.clock import month_label, parse_month
from tashkent.model.errors import InputError, unknown
from tashkent.model.reading import check_name, file_text, toml_table, validated
from tashkent.model.record import Ensemble

FILE = "patterns.toml"
COLUMNS = ["id", "kind", "measure", "value", "se", "runs", "judged", "bar", "passes"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Pattern(_Row):
    """A measure with a bar: what it says, where it is from, and what its number is held against."""

    id: str = Field(min_length=1)
    says: str = Field(min_length=1)
    source: str
    measure: InstanceOf[Particulars]
    least: float | None = None
    most: float | None = None
    #: whether the bar was set before the model was first run; the others are judged
    beforehand: bool = False

    def passes(self, value: float) -> bool | None:
        """Whether a value of the number that is asked for reaches the bar; None if there is no bar or no value."""
        if np.isnan(value) or (self.least is None and self.most is None):
            return None
        return (self.least is None or value >= self.least) and (
            self.most is None or value <= self.most
        )

    @property
    def bar(self) -> str:
        """The bar in words; empty if there is none."""
        parts = []
        if self.least is not None:
            parts.append(f"at least {self.least:g}")
        if self.most is not None:
            parts.append(f"at most {self.most:g}")
        return " and ".join(parts)

    def eve(self, case: Case) -> int | None:
        """The month before the first that it looks at, if runs can begin there that did not begin with the case."""
        measure = self.measure
        if not isinstance(measure, Measure) or measure.from_the_start:
            return None
        first = min(measure.months_needed, default=case.start + 1)
        return first - 1 if first - 1 > case.start else None

    def rows(self, values: Mapping[str, Floats | Bools]) -> list[dict[str, object]]:
        """A row of `COLUMNS` for each number of the measure, from what each run shows, each of shape (R,) or (1,)."""
        rows: list[dict[str, object]] = []
        for name, shown in values.items():
            said = np.asarray(shown, float)
            said = said[~np.isnan(said)]
            value = float(said.mean()) if len(said) else np.nan
            judged = name == self.measure.part
            rows.append(
                {
                    "id": self.id,
                    "kind": self.measure.kind,
                    "measure": name,
                    "value": value,
                    "se": float(said.std() / np.sqrt(len(said))) if len(said) else np.nan,
                    "runs": len(said),
                    "judged": judged,
                    "bar": self.bar if judged else "",
                    "passes": self.passes(value) if judged else None,
                }
            )
        return rows


class NotModelled(_Row):
    """A fact that the model cannot show, and why."""

    id: str
    says: str
    why: str
    source: str


_Months = Annotated[
    tuple[Annotated[int, BeforeValidator(lambda text: parse_month(str(text)))], ...],
    Field(strict=False),
]


class Evaluation(_Row):
    """From which months runs begin besides the case's start, and after which months is held out."""

    starts: _Months = ()
    forward: _Months = ()
    #: theories that read the renewal differently
    readings: Annotated[tuple[str, ...], Field(strict=False)] = ()


class Bars(_Row):
    """What held-out scores should reach; nats, but for `permutations` and `renewal_auc`."""

    gain_focus: float | None = None
    gain_in_force: float | None = None
    gain_all: float | None = None
    permutations: float | None = None
    worst_state: float | None = None
    renewal: float | None = None
    renewal_auc: float | None = None


class Patterns(_Row):
    """The whole table of a case."""

    evaluation: Evaluation = Evaluation()
    bars: Bars = Bars()
    pattern: tuple[Pattern, ...] = ()
    not_modelled: tuple[NotModelled, ...] = Field(default=(), strict=False)


# reading -------------------------------------------------------------------------------------------


def load_patterns(case: Case) -> Patterns:
    """The table beside a case; an empty one if there is none.

    Raises
    ------
    InputError
        If the table is no TOML, or a key, name or month in it is not valid.
    """
    found = _read(case)
    seen: set[str] = set()
    for row in found.pattern:
        if row.id in seen:
            raise InputError(FILE, "id", row.id, "each id once")
        seen.add(row.id)
        row.measure.check(case, FILE, where(row.id, type(row.measure)))
    for month in (*found.evaluation.starts, *found.evaluation.forward):
        if not case.start < month < case.end:
            allowed = "a month between the first and the last of the case"
            raise InputError(FILE, "evaluation", month_label(month), allowed)
    for name in found.evaluation.readings:
        if name not in case.theories:
            raise unknown(FILE, "evaluation.readings", name, case.theories)
    return found


def _read(case: Case) -> Patterns:
    """The table as it is written; whether the case has its names is not asked.

    Raises
    ------
    InputError
        If the table is no TOML, or a key or value in it is not valid.
    """
    path = case.path / FILE
    if not path.exists():
        return Patterns()
    table = toml_table(file_text(path, FILE), FILE)
    rows = table.pop("pattern", [])
    if not isinstance(rows, list):
        raise InputError(FILE, "pattern", rows, "tables under [[pattern]]")
    read = tuple(_pattern(row, number) for number, row in enumerate(rows, start=1))
    found: Patterns = validated(Patterns, {**table, "pattern": read}, FILE, "table")
    return found


def _pattern(row: Any, number: int) -> Pattern:
    """One row: its own keys, and those of its measure beside them, or the measure as a text.

    Raises
    ------
    InputError
        If a key or value in it is not valid.
    """
    key = f"pattern {number}"
    if not isinstance(row, dict):
        raise InputError(FILE, key, row, "a table")
    key = str(row.get("id", key))
    own = {name: value for name, value in row.items() if name in Pattern.model_fields}
    rest = {name: value for name, value in row.items() if name not in own}
    words = [word for word in KINDS if word != OfPattern.kind]
    written = own.get(MEASURE)
    if isinstance(written, str) and "(" in written:
        _refuse(rest, key, tuple(Pattern.model_fields))
        own[MEASURE] = read_particulars(written, FILE, key, words)
    else:
        if written in words:
            _refuse(rest, key, (*Pattern.model_fields, *keys(KINDS[str(written)])))
        table = rest if written is None else {MEASURE: written, **rest}
        own[MEASURE] = read_particulars(table, FILE, key, words)
    found: Pattern = validated(Pattern, own, FILE, key)
    check_name(found.id, FILE, f"pattern {number}.id")
    return found


def _refuse(rest: Mapping[str, object], key: str, allowed: tuple[str, ...]) -> None:
    """Refuse keys that are not allowed.

    Raises
    ------
    InputError
        With the first of them.
    """
    for name in rest:
        if name not in allowed:
            raise unknown(FILE, key, name, allowed)


# asking --------------------------------------------------------------------------------------------


def evaluate(patterns: Patterns, runs: Runs) -> pd.DataFrame:
    """Every pattern that can be asked of some runs: a row for each number of its measure.

    Columns: id, kind (the word of the measure), measure (the name of the number), value (mean over runs that have
    something to say), se, runs (how many those are), judged (this number is held against the bar), bar, passes.
    """
    rows = []
    for pattern in patterns.pattern:
        measure = pattern.measure
        if isinstance(measure, Measure) and measure.can_be_asked_of(runs):
            rows += pattern.rows(measure.values(runs))
    return pd.DataFrame(rows, columns=COLUMNS)


class OfPattern(SeveralNumbers):
    """A number of a pattern of `patterns.toml`, by default the one that is held against the bar."""

    kind = "pattern"
    id: str

    def measure(self, case: Case) -> Measure:
        """The measure of the pattern, with the number that is asked for."""
        found = _measures(case)[self.id]
        return found.model_copy(update={OF: self.of}) if self.of else found

    def values(self, runs: Runs) -> Mapping[str, Floats | Bools]:
        """As the pattern has it: each number of shape (R,), or (1,) where it is the same in all runs."""
        return self.measure(runs.case).values(runs)

    def __call__(self, ensemble: Ensemble) -> Floats:
        """The number that is asked for, shape (R,); NaN where there is nothing to say, or no such club."""
        return self.measure(ensemble.case)(ensemble)

    @property
    def until(self) -> None:
        """The end of the case: a pattern may ask what never happens."""

    def check(self, case: Case, file: str, key: str) -> None:
        """Refuse a pattern or a number that the case does not have.

        Raises
        ------
        InputError
            With what is allowed and the nearest valid name.
        """
        known = _measures(case)
        if self.id not in known:
            raise unknown(file, f"{key}.id", self.id, known)
        parts = known[self.id].parts
        if self.of is not None and self.of not in parts:
            raise unknown(file, f"{key}.{OF}", self.of, parts)

    def check_start(self, case: Case, start: int, file: str, key: str) -> None:
        """Refuse runs that begin in or after a month of the pattern.

        Raises
        ------
        InputError
            With the start, and before which month it should lie.
        """
        measure = self.measure(case)
        first = min(measure.months_needed, default=case.end)
        if measure.from_the_start:
            first = case.start + 1
        if first <= start:
            label = month_label(first)
            allowed = f"a pattern of later months: this one needs a start before {label}"
            raise InputError(file, f"{key}: {self.name}", month_label(start), allowed)


@lru_cache(maxsize=32)
def _measures(case: Case) -> Mapping[str, Measure]:
    """The measures of the patterns that any runs can be asked for, by id."""
    found = {row.id: row.measure for row in _read(case).pattern}
    return {name: one for name, one in found.items() if isinstance(one, Measure)}
