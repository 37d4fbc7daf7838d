"""Strict loading of a case directory.

A case is a folder of TOML and CSV files (`model.case.tables`). Whatever is missing, misspelt, out of range or names
something that does not exist raises `InputError`: one line with file, key, value, what is allowed, and the nearest
valid name. A loaded case is frozen.
"""

import logging
import os
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tashkent.model.case.case import Case
from tashkent.model.case.checks import check_case
from tashkent.model.case.tables import (
    BESIDE,
    SCHEMA,
    TABLES,
    Bond,
    Club,
    Composite,
    Entry,
    Event,
    Head,
    Opening,
    Parameter,
    Request,
    Rivalry,
    State,
    Theory,
    Threat,
)
from tashkent.model.clock import MOST_MONTHS, month_of, parse_month
from tashkent.model.errors import InputError, unknown
from tashkent.model.reading import (
    check_name,
    csv_rows,
    file_bytes,
    one_of,
    place_of,
    text_of,
    toml_table,
    validated,
)
from tashkent.model.statutes import KINDS, AnyStatute

_LOG = logging.getLogger("tashkent")
CASES = Path(__file__).parent.parent / "cases"


def load_case(case: str | Path = "cst") -> Case:
    """Load a case by the name of a shipped one or by its folder.

    Raises
    ------
    InputError
        If anything in the folder is missing, unknown, out of range or contradictory.

    Examples
    --------
    >>> load_case("cst").deciders[:3]
    ('ARM', 'AZE', 'BLR')
    """
    path = case_folder(case)
    found = _Loader(path).load()
    _LOG.info("read %r from %s", found, path)
    return found


def as_case(case: Case | str | Path) -> Case:
    """A case as users say it: a case, or the name or folder of one.

    What ships does not change and is read once; a folder of one's own is read each time.

    Raises
    ------
    InputError
        If it is none of these, or the folder cannot be loaded.

    Examples
    --------
    >>> as_case("cst") is as_case("cst")
    True
    """
    if isinstance(case, Case):
        return case
    if not isinstance(case, str | Path):
        raise InputError("case", "name or folder", case, "a case, or the name or folder of one")
    path = case_folder(case)
    return _read_once(path) if is_shipped(case) and path == CASES / case else load_case(case)


@lru_cache(maxsize=4)
def _read_once(path: Path) -> Case:
    return load_case(path)


def case_folder(case: str | Path) -> Path:
    """The folder of a case, by the name of a shipped one, unless another stands in for it, or by the folder itself.

    Raises
    ------
    InputError
        If it is neither.
    """
    stands = place_of(Path(case))
    path = CASES / case if is_shipped(case) and stands == Path(case) else stands
    if case == "" or not os.path.isdir(
        path
    ):  # Path.is_dir raises an error for a name that is too long
        raise unknown("case", "name or folder", str(case), shipped_cases())
    return path


def shipped_cases() -> list[str]:
    """The names of the cases that come with the model, in alphabetical order."""
    return sorted(path.parent.name for path in CASES.glob("*/case.toml"))


def is_shipped(case: str | Path) -> bool:
    """Whether a case is one of those that come with the model, and not a folder of one's own."""
    named = isinstance(case, str) and Path(case).name == case
    return named and os.path.isfile(CASES / case / "case.toml")


class _Loader:
    """Reads the tables of one folder and checks them against each other."""

    def __init__(self, path: Path) -> None:
        self.path = path

    # reading ------------------------------------------------------------------------------------

    def _bytes(self, file: str) -> bytes:
        try:
            return file_bytes(self.path / file)
        except FileNotFoundError:
            raise InputError(file, "file", "missing", f"a case has {', '.join(TABLES)}") from None
        except OSError as error:
            raise InputError(file, "file", error.strerror, "a file that can be read") from None

    def _text(self, file: str) -> str:
        return text_of(self._bytes(file), file)

    def _toml(self, file: str) -> dict[str, Any]:
        return toml_table(self._text(file), file)

    def _named[RowT: BaseModel](self, file: str, kind: type[RowT]) -> dict[str, RowT]:
        """The tables of a file by their names."""
        rows = self._toml(file)
        for name in rows:
            check_name(name, file, "name")
        return {name: validated(kind, row, file, name) for name, row in rows.items()}

    def _rows[RowT: BaseModel](self, file: str, kind: type[RowT]) -> tuple[RowT, ...]:
        return csv_rows(self._text(file), file, kind)

    # loading ------------------------------------------------------------------------------------

    def load(self) -> Case:
        """The case, once its tables have been checked against each other.

        Raises
        ------
        InputError
            If anything in the folder is missing, unknown, out of range or contradictory.
        """
        for found in sorted([*self.path.glob("*.toml"), *self.path.glob("*.csv")]):
            if found.name not in (*TABLES, *BESIDE):
                raise unknown("folder", "file", found.name, (*TABLES, *BESIDE))
        table = self._toml("case.toml")
        schema = table.get("schema", SCHEMA)
        if type(schema) is not int or schema != SCHEMA:
            raise InputError("case.toml", "schema", schema, str(SCHEMA))
        head: Head = validated(Head, table, "case.toml", "case")
        states = self._rows("states.csv", State)
        threats = self._named("threats.toml", Threat)
        clubs = self._named("clubs.toml", Club)
        span = self._span(head)
        case = Case(
            path=self.path,
            id=head.id,
            title=head.title,
            patron=head.patron,
            focus=head.focus,
            start=span["start"],
            end=span["end"],
            fit_until=span["fit_until"],
            score_from=span["score_from"],
            shown=self._shown(head, span),
            sources=head.sources,
            states=states,
            threats=threats,
            clubs=clubs,
            statutes=self._statutes(),
            openness=self._rows("openness.csv", Opening),
            requests=self._rows("requests.csv", Request),
            events=self._rows("events.csv", Event),
            record=self._rows("record.csv", Entry),
            parameters=self._named("parameters.toml", Parameter),
            theories=self._named("theories.toml", Theory),
            composites=self._rows("evidence/composites.csv", Composite),
            rivalry=self._rows("evidence/rivalry.csv", Rivalry),
            bonds=self._rows("evidence/bonds.csv", Bond),
        )
        check_case(case)
        return case

    def _span(self, head: Head) -> dict[str, int]:
        span = {}
        for key in ("start", "end", "fit_until", "score_from"):
            try:
                span[key] = parse_month(getattr(head, key))
            except ValueError as error:
                raise InputError("case.toml", key, getattr(head, key), str(error)) from None
        if span["start"] <= month_of(date.min):
            raise InputError("case.toml", "start", head.start, "a month after 0001-01")
        if not span["start"] < span["fit_until"] <= span["end"]:
            raise InputError("case.toml", "fit_until", head.fit_until, "after start, not after end")
        if span["end"] - span["start"] >= MOST_MONTHS:
            allowed = f"less than {MOST_MONTHS:,} months after start"
            raise InputError("case.toml", "end", head.end, allowed)
        if not span["start"] < span["score_from"] <= span["fit_until"]:
            allowed = "after start, not after fit_until"
            raise InputError("case.toml", "score_from", head.score_from, allowed)
        return span

    def _shown(self, head: Head, span: dict[str, int]) -> tuple[int, ...]:
        months: list[int] = []
        for text in head.shown:
            try:
                month = parse_month(text)
            except ValueError as error:
                raise InputError("case.toml", "shown", text, str(error)) from None
            if not span["start"] <= month <= span["end"]:
                allowed = f"a month from {head.start} to {head.end}"
                raise InputError("case.toml", "shown", text, allowed)
            if months and month <= months[-1]:
                raise InputError("case.toml", "shown", text, "months in order, each once")
            months.append(month)
        return tuple(months)

    def _statutes(self) -> tuple[AnyStatute, ...]:
        file = "statutes.toml"
        table = self._toml(file)
        for key in table:
            if key != "statute":
                raise unknown(file, "key", key, ["statute"])
        kinds = KINDS
        found = []
        rows = table.get("statute", [])
        if not isinstance(rows, list):
            raise InputError(file, "statute", rows, "tables, each under [[statute]]")
        for number, row in enumerate(rows, start=1):
            name = f"statute {number}"
            if not isinstance(row, dict):
                raise InputError(file, name, row, "a table under [[statute]]")
            name = str(row.get("id", name))
            if "kind" not in row:
                raise InputError(file, f"{name}.kind", "missing", ", ".join(kinds))
            kind = one_of(file, f"{name}.kind", row["kind"], kinds)
            statute = validated(kinds[kind], row, file, name)
            check_name(statute.id, file, f"statute {number}.id")
            if statute.other_reading:
                other = {**row, **dict(statute.other_reading)}
                validated(kinds[kind], other, file, f"{name}.other_reading")
            if bool(statute.other_reading) != bool(statute.ambiguity):
                given = "ambiguity" if statute.ambiguity else "other_reading"
                raise InputError(
                    file, f"{name}.{given}", "alone", "ambiguity and other_reading together"
                )
            found.append(statute)
        return tuple(found)
