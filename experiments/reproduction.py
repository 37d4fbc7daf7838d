"""A result run again from its manifest, and the two held against each other.

The manifest has the arguments of the command, and digests of what the result depends on and of its files. First the
files beside it are held against these: one that is missing or was changed since makes the result another, whatever
comes again. A table that is made again is the same if its bytes are; where they are not, its values are compared
(`experiments.equality`), since another version of a library may write the same values otherwise. Figures are not
made again. Files of one's own that went in are read where the result keeps them (`experiments.given`).
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tashkent.experiments.archived import opened
from tashkent.experiments.equality import SAME, WITHIN, Compared, altered, compared
from tashkent.experiments.given import at_hand, check_kept, digest_at
from tashkent.model.archives import is_archive
from tashkent.model.errors import InputError
from tashkent.model.reading import file_text, json_table, one_of, standing_in, validated
from tashkent.model.storage import FILES, MANIFEST, OTHERS
from tashkent.model.theory import refuse_files
from tashkent.model.workers import Progress

#: keys of a manifest that say what a result depends on
CAUSES = ("case_hash", "posterior", "posterior_hash", "code", "python", "libraries", "machine")
#: how differences begin -> what they mean, the likeliest first
LIKELY = {
    "case_hash": "the case is another",
    "posterior": "the posterior is another",
    "code": "the code is another version",
    "libraries": "libraries are of other versions",
    "machine blas": "the linear algebra has another kernel",
    "machine vectors": "the processor has other vector instructions",
    "machine": "the machine is another",
    "python": "Python is another version",
}
#: the verdict of a result that comes again, and of which files were changed or are missing
ALTERED = "altered: it comes again as it was made, and its files are no longer those that were made"
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
    #: manifests of before it could be left away have no such key
    scores: bool = True


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


class NetworkArguments(_OfCase):
    """Those of `tashkent network`; no runs for the record."""

    month: str
    runs: int | None = Field(ge=1)
    theory: str | None


class ExportArguments(_Arguments):
    """Those of `tashkent export`; no names for all questions of the case."""

    case: str
    names: list[str]
    runs: int = Field(ge=2)
    seed: int = Field(ge=0)


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
    "network": NetworkArguments,
    "export": ExportArguments,
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
    #: file of the result -> how it is no longer the one that was made
    altered: Mapping[str, str]
    #: table -> how it stands to the old one
    compared: Mapping[str, Compared]
    #: file of one's own -> what there is to say of it
    inputs: Mapping[str, str]

    @property
    def again(self) -> bool:
        """Whether what was made again has the values that it had, those that are not exact within the tolerance."""
        return all(table.same for table in self.compared.values())

    @property
    def identical(self) -> bool:
        """Whether it comes again, and its files are those that were made."""
        return self.again and not self.altered

    @property
    def tables(self) -> dict[str, str]:
        """Table -> identical, or how it differs."""
        return {name: str(table) for name, table in self.compared.items()}

    @property
    def most(self) -> float:
        """The largest difference between two numbers."""
        return max((table.most or 0.0 for table in self.compared.values()), default=0.0)

    @property
    def verdict(self) -> str:
        """In a word or two."""
        if not self.again:
            return "differs"
        if self.altered:
            return ALTERED
        return WITHIN if self.most else SAME

    @property
    def cause(self) -> str | None:
        """Why numbers are likely to differ, if any do."""
        if self.again and not self.most:
            return None
        what = [one.what for one in self.differences]
        found = [words for key, words in LIKELY.items() if any(w.startswith(key) for w in what)]
        changed = [f"{name} {words}" for name, words in self.inputs.items() if "no copy" in words]
        if changed or found:
            return "; ".join(changed or found[:1])
        return "none is known: case, code, libraries and machine are what they were"

    def as_json(self) -> dict[str, object]:
        """For machines."""
        return {
            "manifest": str(self.manifest),
            "command": self.command,
            "identical": self.identical,
            "largest_difference": self.most,
            "likely_cause": self.cause,
            "altered": dict(self.altered),
            "tables": self.tables,
            "inputs": dict(self.inputs),
            "differences": [vars(one) for one in self.differences],
        }

    def _files(self) -> dict[str, str]:
        """What there is to say of each file: tables, and what else was altered."""
        return {**self.altered, **self.tables}

    def lines(self) -> list[str]:
        """For the screen."""
        found = [f"{self.manifest}: {self.verdict}"]
        found += [f"  {name}: {words}" for name, words in self._files().items()]
        if self.cause is not None:
            found.append(f"  largest difference {self.most:.3g}; likely cause: {self.cause}")
        found += [f"  {name} {words}" for name, words in self.inputs.items()]
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
    """Hold the files of a result against its manifest, and run it again, in a folder that is removed afterwards.

    Parameters
    ----------
    path
        A manifest, the folder in which it is, or an archive of the result.
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
    with opened(path) as source, tempfile.TemporaryDirectory() as folder:
        place, name = source.manifest.parent, source.manifest.name
        then = read_manifest(source.manifest)
        if not trust:
            _refuse_files(then["arguments"], name)
        changed = _altered(then, place)
        files = at_hand(then["inputs"], then["kept"], place, name)
        out = Path(folder) / "result"
        with standing_in({**files.places, **source.places}):
            reruns[then["command"]](then["arguments"], out, workers, progress)
        now = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        tables = {
            table: compared(
                place / table, then[FILES].get(table), out / table, now["inexact"].get(table)
            )
            for table in sorted({*then[FILES], *now[FILES]})
        }
    shown = path if is_archive(path) else source.manifest
    words = {**files.words, **source.words}
    differences = tuple(_differences(then, now))
    return Reproduced(shown, then["command"], differences, changed, tables, words)


def _altered(manifest: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """The files that a manifest names and that are no longer those that were made.

    Copies of files of one's own are the same however their lines end.
    """
    kept = [
        p
        for name, p in manifest["kept"].items()
        if digest_at(folder / p) == manifest["inputs"].get(name)
    ]
    found = {}
    for name, digest in {**manifest[FILES], **manifest[OTHERS]}.items():
        state = altered(folder / name, digest)
        if state is not None and not any(f"{name}/".startswith(f"{place}/") for place in kept):
            found[name] = state
    return found


def read_manifest(path: Path) -> dict[str, Any]:
    """A manifest whose result can be run again, its arguments checked as those of its command.

    Raises
    ------
    InputError
        If anything in it is missing or of another kind.
    """
    found = json_table(file_text(path, "reproduce"), path.name)
    command = one_of(path.name, "command", found.get("command", "missing"), ARGUMENTS)
    for key in (OTHERS, "inputs", "kept", "shipped"):
        found.setdefault(key, {})
    for key in ("arguments", FILES, OTHERS, "inputs", "kept", "shipped"):
        if not isinstance(found.get(key), dict):
            allowed = "a table, as this version of the command writes it"
            raise InputError(path.name, key, found.get(key, "missing"), allowed)
        if key != "arguments":
            validated(dict[str, str], found[key], path.name, key)
    asked = validated(ARGUMENTS[command], found["arguments"], path.name, "arguments")
    found["arguments"] = asked.model_dump(by_alias=True)
    check_kept(found["kept"], path.name)
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
