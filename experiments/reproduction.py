"""A result run again from its manifest, and the two held against each other.

The manifest has the arguments of the command, and digests of what the result depends on and of its tables. A table is
the same if its bytes are; where they are not, and the old table stands beside the manifest, its values are compared,
since another version of a library may write the same values otherwise. Figures are not compared.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from tashkent.model.errors import InputError
from tashkent.model.reading import file_text, json_table, one_of, validated
from tashkent.model.storage import MANIFEST, sha256
from tashkent.model.theory import refuse_files
from tashkent.model.workers import Progress

#: keys of a manifest that say what a result depends on
CAUSES = ("case_hash", "posterior", "posterior_hash", "code", "python", "libraries", "inputs")
SAME, SAME_VALUES = "identical", "same values in other bytes"
#: a command run again: from its arguments into a folder, with so many workers, and told of progress
Rerun = Callable[[Mapping[str, Any], Path, int, Progress | None], None]


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class _OfCase(_Arguments):
    case: str
    seed: int = Field(ge=0)
    from_: str | None = Field(alias="from")


class RunArguments(_OfCase):
    """Those of `tashkent run`."""

    runs: int = Field(ge=1)
    theory: str | None


class CompareArguments(_OfCase):
    """Those of `tashkent compare`."""

    names: list[str] = Field(min_length=1)
    baseline: str | None
    theory: list[str]
    runs: int = Field(ge=2)
    prediction: str | None
    #: manifests of before there were labels have no such key
    labels: bool = False


class SweepArguments(_Arguments):
    """Those of `tashkent sweep`: the whole design, which is checked when it is read."""

    design: dict[str, Any]


class Sizes(_Arguments):
    """How much a sensitivity analysis runs (`experiments.sensitivity.SensitivityPlan`)."""

    runs: int
    trajectories: int
    base: int
    most: int


class SensitivityArguments(_OfCase):
    """Those of `tashkent sensitivity`."""

    theory: str | None
    outcomes: list[str]
    of: list[str]
    over: str
    plan: Sizes


#: command -> the arguments that its manifest has
ARGUMENTS: Mapping[str, type[_Arguments]] = {
    "run": RunArguments,
    "compare": CompareArguments,
    "sweep": SweepArguments,
    "sensitivity": SensitivityArguments,
}


@dataclass(frozen=True)
class Difference:
    """Something on which a result depends that is no longer what it was."""

    what: str
    then: object
    now: object


@dataclass(frozen=True)
class Reproduced:
    """A result that was run again."""

    manifest: Path
    command: str
    differences: tuple[Difference, ...]
    #: table -> identical, or how it differs
    tables: Mapping[str, str]

    @property
    def identical(self) -> bool:
        """Whether every table has the values that it had."""
        return all(told in (SAME, SAME_VALUES) for told in self.tables.values())

    def as_json(self) -> dict[str, object]:
        """For machines."""
        return {
            "manifest": str(self.manifest),
            "command": self.command,
            "identical": self.identical,
            "tables": dict(self.tables),
            "differences": [vars(one) for one in self.differences],
        }

    def lines(self) -> list[str]:
        """For the screen."""
        told = "identical" if self.identical else "differs"
        found = [f"{self.manifest}: {told}"]
        found += [f"  {name}: {words}" for name, words in self.tables.items()]
        found += [
            f"  {one.what} was {_short(one.then)}, is {_short(one.now)}" for one in self.differences
        ]
        return found


def _short(value: object) -> str:
    text = "missing" if value is None else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def reproduce(
    path: Path,
    reruns: Mapping[str, Rerun],
    *,
    workers: int = 1,
    trust: bool = False,
    progress: Progress | None = None,
) -> Reproduced:
    """Run the result of a manifest again, in a folder that is removed afterwards.

    Parameters
    ----------
    path
        A manifest, or the folder in which it is.
    reruns
        How each command of `ARGUMENTS` is run again.
    workers
        Processes, 0 for one a core; no influence on the result.
    trust
        Run the Python of files that the manifest names as theories, with your rights.
    progress
        Called with what is done and what is to do.

    Raises
    ------
    InputError
        If the manifest cannot be used, names Python that is not trusted, or what it names is no longer there.
    """
    path = path / MANIFEST if path.is_dir() else path
    then = read_manifest(path)
    if not trust:
        _refuse_files(then["arguments"], path.name)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "result"
        reruns[then["command"]](then["arguments"], out, workers, progress)
        now = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        tables = {
            name: _compared(path.parent / name, then["files"].get(name), out / name)
            for name in sorted({*then["files"], *now["files"]})
        }
    return Reproduced(path, then["command"], tuple(_differences(then, now)), tables)


def read_manifest(path: Path) -> dict[str, Any]:
    """A manifest whose result can be run again, its arguments checked as those of its command.

    Raises
    ------
    InputError
        If anything in it is missing, of another kind, or no longer there.
    """
    found = json_table(file_text(path, "reproduce"), path.name)
    command = one_of(path.name, "command", found.get("command", "missing"), ARGUMENTS)
    found.setdefault("inputs", {})
    for key in ("arguments", "files", "inputs"):
        if not isinstance(found.get(key), dict):
            allowed = "a table, as this version of the command writes it"
            raise InputError(path.name, key, found.get(key, "missing"), allowed)
        if key != "arguments":
            validated(dict[str, str], found[key], path.name, key)
    asked = validated(ARGUMENTS[command], found["arguments"], path.name, "arguments")
    found["arguments"] = asked.model_dump(by_alias=True)
    for name in found["inputs"]:
        if not os.path.isfile(name):
            raise InputError(path.name, "inputs", name, "a file that is there, from this folder")
    return found


def _refuse_files(arguments: Mapping[str, Any], file: str) -> None:
    """Refuse a manifest that would have a file of Python run; that of a sweep has a whole design."""
    for key in ("theory", "design"):
        refuse_files(_texts(arguments.get(key)), file, f"arguments.{key}")


def _texts(value: object) -> Iterator[str]:
    """All texts in a value of JSON, however deep, names of keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    for key in CAUSES:
        old, new = then.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            for name in sorted({*old, *new}):
                if old.get(name) != new.get(name):
                    yield Difference(f"{key} {name}", old.get(name), new.get(name))
        elif old != new:
            yield Difference(key, old, new)


def _compared(old: Path, digest: str | None, new: Path) -> str:
    """How a table that was made again stands to the old one, which may or may not be there."""
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
    return _values(old, new)


def _values(old: Path, new: Path) -> str:
    """How the values of two tables differ."""
    if old.suffix == ".json":
        one, other = (json.loads(path.read_text(encoding="utf-8")) for path in (old, new))
        return SAME_VALUES if one == other else "differs"
    read = pd.read_parquet if old.suffix == ".parquet" else pd.read_csv
    before, after = read(old), read(new)
    if list(before.columns) != list(after.columns) or len(before) != len(after):
        return "differs: other rows or columns"
    if before.equals(after):
        return SAME_VALUES
    changed = (before != after) & ~(before.isna() & after.isna())
    columns = [name for name in before.columns if changed[name].any()]
    numbers = [name for name in columns if np.issubdtype(before[name].dtype, np.number)]
    apart = (before[numbers] - after[numbers]).abs().max().max() if numbers else float("nan")
    return f"differs: {int(changed.any(axis=1).sum())} rows in {', '.join(columns)}; at most by {apart:.3g}"
