"""Files of one's own that a result was made from: they travel with it, and stand where they stood when it is made again.

A counterfactual, predictions, or a theory from a file is copied into the folder of the result, and the manifest says
for each path that was given its SHA-256 (`inputs`) and its copy (`copies`).
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

from tashkent.model.errors import InputError
from tashkent.model.storage import sha256

#: what such a file ends in
ENDINGS = (".toml", ".csv", ".py")


def kept(words: Iterable[str | None], folder: Path) -> dict[str, dict[str, str]]:
    """Copy those files that stand among the arguments of a command into a folder; what a manifest says of them."""
    parts = [part.strip() for word in words if word for part in word.replace("+", ",").split(",")]
    names = dict.fromkeys(part for part in parts if Path(part).suffix in ENDINGS)
    files = [name for name in names if Path(name).is_file()]
    copies = {name: f"input-{i}-{Path(name).name}" for i, name in enumerate(files, 1)}
    for name, copy in copies.items():
        shutil.copyfile(name, folder / copy)
    return {"inputs": {name: sha256(folder / copies[name]) for name in files}, "copies": copies}


@contextmanager
def at_hand(manifest: Mapping[str, Any], file: Path, into: Path) -> Iterator[dict[str, str]]:
    """The files of a manifest where it names them, in `into` as working folder; names that stand for others.

    Parameters
    ----------
    manifest
        With `inputs` and, unless it is old, `copies`.
    file
        The file of the manifest.
    into
        An empty folder.

    Raises
    ------
    InputError
        If a file is neither beside the manifest nor where it was, or is not what it was.
    """
    standing = {}
    for number, (name, digest) in enumerate(manifest["inputs"].items()):
        found = _found(manifest, file, name, digest)
        inside = not os.path.isabs(name) and ".." not in Path(name).parts
        if not inside and found == Path(name):
            continue
        place = into / name if inside else into / f"elsewhere-{number}" / Path(name).name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(found, place)
        if not inside:
            standing[os.path.relpath(place, into)] = name
    with chdir(into):
        yield standing


def _found(manifest: Mapping[str, Any], file: Path, name: str, digest: str) -> Path:
    copy = manifest["copies"].get(name)
    places = [Path(name).absolute() if ".." in Path(name).parts else Path(name)]
    if copy is not None and Path(copy).name == copy:
        places.insert(0, file.parent / copy)
        if Path(name).is_absolute():
            places.reverse()
    there = [place for place in places if place.is_file()]
    if not there:
        allowed = "a file that is there, beside the manifest or from this folder"
        raise InputError(file.name, "inputs", name, allowed)
    right = [place for place in there if sha256(place) == digest]
    return (right or there)[0]


def renamed(value: Any, standing: Mapping[str, str]) -> Any:
    """Arguments with the names under which files stand in place of those under which they stood."""
    if isinstance(value, dict):
        return {name: renamed(one, standing) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [renamed(one, standing) for one in value]
    if isinstance(value, str):
        for now, then in standing.items():
            value = value.replace(then, now)
    return value
