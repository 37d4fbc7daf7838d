"""What a command was given: its arguments, and the files of one's own that they name, which travel with the result.

A counterfactual, a theory, predictions, a design and a case folder are copied into the folder `inputs` of a result, as
they were when the work began. The manifest has a digest of each under the name by which it was given (`inputs`), and
where it is kept (`kept`): so a result is run again in another place, and when the files were changed or are gone.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tashkent.calibration import shipped
from tashkent.model.case.loading import case_folder, is_shipped
from tashkent.model.counterfactual import AND, FOLDER
from tashkent.model.errors import InputError
from tashkent.model.reading import file_bytes, is_file, names_in, place_of, plain_bytes
from tashkent.model.storage import INPUTS, is_input, write_bytes
from tashkent.model.theory import SEPARATOR

#: keys of arguments under which names of files may stand; a design of a sweep has lists of values within factors
_NAMES = ("theory", "names", "baseline", "design", "factor", "values")
#: what joins names there, and how one ends that is of a file: a counterfactual's, and a theory's
_JOINED = {AND: ".toml", SEPARATOR: ".py"}
#: what is read in the folder of a case, and the words beside it on whose data they are
_OF_CASE = (
    *("*.toml", "*.csv", "*.md", "evidence/*.csv", "evidence/*.md", f"{FOLDER}/*.toml"),
    *(shipped.FILE, shipped.MANIFEST),
)


@dataclass(frozen=True, eq=False)
class Given:
    """Arguments of a command, and the files of one's own that they name."""

    arguments: Mapping[str, object]
    #: name as it was given -> where it is kept in a result
    kept: Mapping[str, str] = field(default_factory=dict)
    #: place in a result -> content; a folder has many
    files: Mapping[str, bytes] = field(default_factory=dict)
    #: name of the shipped case, if one was asked for -> digest of its files, which an archive takes along
    shipped: Mapping[str, str] = field(default_factory=dict)

    @property
    def inputs(self) -> dict[str, str]:
        """Digests by the names that were given."""
        return {name: digest_of(dict(self._within(place))) for name, place in self.kept.items()}

    def _within(self, place: str) -> Iterator[tuple[str, bytes]]:
        for path, content in self.files.items():
            if path == place or path.startswith(f"{place}/"):
                yield path.removeprefix(place), content

    def keep(self, folder: Path) -> None:
        """Write the files into the folder of a result."""
        for place, content in self.files.items():
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            write_bytes(folder / place, content)

    def told(self) -> dict[str, object]:
        """What a manifest says of the files."""
        return {"inputs": self.inputs, "kept": dict(self.kept), "shipped": dict(self.shipped)}


def with_files(arguments: Mapping[str, object], *files: Path) -> Given:
    """Arguments with all files of one's own that they name, as they are now, and `files` besides."""
    names = dict.fromkeys([*_named(arguments), *map(str, files)])
    kept: dict[str, str] = {}
    contents: dict[str, bytes] = {}
    for name in names:
        found = _contents(Path(name))
        if found:
            kept[name] = _place(Path(name), kept.values())
            contents |= {f"{kept[name]}{path}": content for path, content in found.items()}
    case = case_of(arguments)
    shipped = {case: digest_of(case_files(case))} if is_shipped(case) else {}
    return Given(arguments, kept, contents, shipped)


def case_of(arguments: Mapping[str, object]) -> str:
    """The case that arguments name: its name or folder."""
    design = arguments.get("design")
    return str((design if isinstance(design, Mapping) else arguments).get("case", "cst"))


def case_files(case: str) -> dict[str, bytes]:
    """What is read of a case, by path from its folder with a ``/`` before it."""
    return _contents(case_folder(case))


def _named(arguments: Mapping[str, object]) -> Iterator[str]:
    """Names among arguments that may be those of files, the folder of a case first."""
    case = case_of(arguments)
    if not is_shipped(case):
        yield case
    if isinstance(prediction := arguments.get("prediction"), str):
        yield prediction
    for text in _texts(arguments):
        for separator, ending in _JOINED.items():
            names = names_in(text, separator, ending)
            yield from (name for name in names if name.endswith(ending) and is_file(name))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = [one for name, one in value.items() if name in _NAMES]
    if isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _place(path: Path, taken: Iterable[str]) -> str:
    """Where a file is kept: under its own name, which says what it is, in a folder of its own if that is taken."""
    name, others = path.resolve().name or "case", [f"{one.lower()}/" for one in taken]
    number, place = 1, f"{INPUTS}/{name}"
    while any(
        f"{place.lower()}/".startswith(one) or one.startswith(f"{place.lower()}/") for one in others
    ):
        number += 1
        place = f"{INPUTS}/{number}/{name}"
    return place


def _contents(path: Path) -> dict[str, bytes]:
    """What is read in a file or in the folder of a case, by path from it; nothing if it is not there."""
    where = place_of(path)
    if os.path.isfile(where):
        return {"": file_bytes(path)}
    found = sorted(p for pattern in _OF_CASE for p in where.glob(pattern) if p.is_file())
    return {f"/{p.relative_to(where).as_posix()}": file_bytes(p) for p in found}


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 of a file, or of those in a folder, whatever ends their lines."""
    digests = {path: hashlib.sha256(plain_bytes(content)) for path, content in files.items()}
    if list(digests) == [""]:
        return digests[""].hexdigest()
    told = "\n".join(f"{digests[path].hexdigest()} {path}" for path in sorted(digests))
    return hashlib.sha256(told.encode()).hexdigest()


# read again ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AtHand:
    """Where the files that a manifest names are read when its result is made again."""

    #: name -> the copy in the result that stands in for it
    places: Mapping[Path, Path]
    #: name -> what there is to say of it
    words: Mapping[str, str]


def at_hand(
    inputs: Mapping[str, str], kept: Mapping[str, str], folder: Path, manifest: str
) -> AtHand:
    """The files that a manifest names: the copies beside it, or those that were named if there are none.

    Parameters
    ----------
    inputs, kept
        As a manifest has them: digests, and where copies are.
    folder
        That of the manifest.
    manifest
        Its name, for what is said.

    Raises
    ------
    InputError
        If a file is not there as it was, neither beside the manifest nor where it was named.
    """
    places, words = {}, {}
    for name, digest in inputs.items():
        now = digest_at(Path(name))
        copy = kept.get(name)
        if copy is not None and digest_at(folder / copy) == digest:
            places[Path(name)] = folder / copy
            if now != digest:
                state = "not there" if now is None else "another now"
                words[name] = f"is {state}; its copy {copy} was used"
        elif now is None or (copy is not None and now != digest):
            allowed = "a file that is there, from this folder"
            if copy is not None:
                allowed = f"a file as it was, or its copy {copy} beside {manifest} as it was"
            raise InputError(manifest, "inputs", name, allowed)
        elif now != digest:
            words[name] = "is another now, and no copy is beside the manifest"
    return AtHand(places, words)


def check_kept(kept: Mapping[str, str], manifest: str) -> None:
    """Refuse a manifest whose copies are elsewhere than in the folder of its inputs.

    Raises
    ------
    InputError
        With the first of them.
    """
    for name, place in kept.items():
        if not is_input(place):
            raise InputError(manifest, f"kept.{name}", place, f"a file in {INPUTS}/")


def digest_at(path: Path) -> str | None:
    """The digest of a file or folder; None if nothing of the kind can be read there."""
    try:
        found = _contents(path)
    except (OSError, ValueError):  # what is too large or no path at all
        return None
    return digest_of(found) if found else None
