"""Writing files and folders: whole or not at all, by one command at a time, and nothing that is not ours is lost.

A file is written beside its place, forced to the disk and put there in one step. A result is a folder: its files are
written into a folder within it, under a name that begins with `STRAY`, and are then put in place one by one, the
manifest last. Until all of them stand, the whole result stands in that folder too: so a kill at any moment leaves the
earlier result or the new one, and the next command on the folder goes on from there or clears up. The folder itself is
never replaced, be it a link, a mount point or the one that a shell stands in.

What is ours in a folder is what its manifest names. A manifest is ours if it says of which command and case it is and
has digests of its files; any other file stays as it is, and a folder with other things and no such manifest is refused.
(docs/decisions/0028-what-is-replaced.md)
"""

import hashlib
import json
import logging
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Any

from tashkent.model.errors import InputError
from tashkent.model.locks import lock, unlock
from tashkent.model.plain import csv_text

if TYPE_CHECKING:
    import pandas as pd

_LOG = logging.getLogger("tashkent")
MANIFEST = "manifest.json"
#: how the names of what is being written begin; what a killed command left is known by it
STRAY = ".tashkent-"
#: a result that is whole and on its way to its place
_WHOLE = f"{STRAY}whole-"
_STRAYS = re.compile(rf"{re.escape(STRAY)}((part|whole|done)-)?[0-9a-f]{{8}}(\..*)?")
_LOCK = ".tashkent.lock"
#: folder within a result of the files of one's own that it was made from, and endings of all other files in it
INPUTS = "inputs"
ENDINGS = (".csv", ".dta", ".graphml", ".json", ".nc", ".parquet", ".png")
#: that of a page, which no command compares with another: a manifest that has one among its tables is of another tool
PAGE_ENDING = ".html"
#: what systems put into folders that are empty to those who use them
_SYSTEM = (".DS_Store", "Thumbs.db", "desktop.ini", "lost+found")
#: of a manifest: digests of the tables, which another person gets to the last bit, and of the other files
FILES, OTHERS = "files", "others"
#: what somebody can do whose folder is refused
_WAY_OUT = "move it away, or name a new folder"


# files ---------------------------------------------------------------------------------------------


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Have a file written beside its place, force it to the disk and put it there in one step.

    Parameters
    ----------
    path
        The file; its folder must be there.
    write
        Writes the content into the path that it is given, which has the ending of `path`.
    """
    made = path.with_name(f"{STRAY}{secrets.token_hex(4)}{path.suffix}")
    try:
        made.touch()
        write(made)
        _to_disk(made)
        os.replace(made, path)
        _to_disk(path.parent)
    finally:
        made.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file of bytes, whole or not at all."""
    write_with(path, lambda made: made.write_bytes(content))


def write_text(path: Path, text: str) -> None:
    """Write a file of text (UTF-8, lines end as they do in `text`), whole or not at all."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: object) -> None:
    """Write plain values as JSON, whole or not at all."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def write_parquet(path: Path, table: "pd.DataFrame") -> None:
    """Write a table as Parquet, without its index, whole or not at all."""
    write_with(path, lambda made: table.to_parquet(made, index=False))


def write_csv(path: Path, table: "pd.DataFrame", float_format: str | None = None) -> None:
    """Write a table as CSV (`csv_text`), whole or not at all."""
    write_text(path, csv_text(table, float_format))


def sha256(path: Path) -> str:
    """SHA-256 of a file of any size."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _to_disk(path: Path) -> None:
    if path.is_dir() and sys.platform == "win32":
        return  # where a folder cannot be opened
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to write into that is at `path` when all is written, and is removed if anything fails.

    For pieces of a result that are kept one by one: nothing may stand at `path`.
    """
    made = path.with_name(f"{STRAY}{secrets.token_hex(4)}")
    try:
        made.mkdir()
        yield made
        for file in made.iterdir():
            _to_disk(file)
        os.replace(made, path)
        _to_disk(path.parent)
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def writing(path: Path, key: str, more: str = "") -> Iterator[None]:
    """Say in one line that a disk is full or a place may not be written to.

    Parameters
    ----------
    path
        Where something is written.
    key
        The option by which the place was given.
    more
        What follows from it, at the end of the line.

    Raises
    ------
    InputError
        In place of any error of the system.
    """
    try:
        yield
    except OSError as error:
        words = error.strerror or str(error)
        raise InputError(
            key, "folder", str(path), f"a folder that can be written to ({words}){more}"
        ) from None


# folders -------------------------------------------------------------------------------------------


def is_free(path: Path) -> bool:
    """Whether nothing stands at a path but, perhaps, a folder without anything of the user's."""
    if not path.is_dir():
        return not os.path.lexists(path) or (path.is_symlink() and not path.exists())
    return all(_is_passing(found.name) for found in path.iterdir())


def _is_passing(name: str) -> bool:
    return is_stray(name) or name == _LOCK or name in _SYSTEM


def is_stray(name: str) -> bool:
    """Whether a name is of something that was being written."""
    return _STRAYS.fullmatch(name) is not None


def manifest_in(folder: Path) -> Mapping[str, Any] | None:
    """The manifest of the result in a folder, if there is one and it is ours."""
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not isinstance(told.get(FILES), dict):
        return None
    others = told.get(OTHERS, {})
    if not isinstance(others, dict):
        return None
    marked = all(isinstance(told.get(key), str) for key in ("command", "case", "case_hash"))
    both = ((told[FILES], ENDINGS), (others, (*ENDINGS, PAGE_ENDING)))
    named = all(
        _is_named(name, digest, endings)
        for table, endings in both
        for name, digest in table.items()
    )
    return told if marked and named else None


def _is_named(name: str, digest: object, endings: tuple[str, ...]) -> bool:
    plain = Path(name).name == name and not name.startswith(".") and name.endswith(endings)
    ours = plain or is_input(name)
    return ours and isinstance(digest, str) and bool(re.fullmatch("[0-9a-f]{64}", digest))


def is_input(name: str) -> bool:
    """Whether a manifest's name of a file is one within the folder of a result's inputs.

    Examples
    --------
    >>> is_input("inputs/q.toml"), is_input("inputs/../q.toml"), is_input("/inputs/q.toml")
    (True, False, False)
    """
    first, *parts = name.split("/")
    return (
        first == INPUTS
        and bool(parts)
        and all(p and p != ".." and Path(p).name == p for p in parts)
    )


def _ours(folder: Path) -> set[str]:
    """The names of the files of the result in a folder."""
    told = manifest_in(folder)
    return set() if told is None else {MANIFEST, *told[FILES], *told.get(OTHERS, {})}


def check_result(path: Path, key: str, names: Iterable[str] = ()) -> None:
    """Refuse a folder that holds anything but an earlier result; asked before the work.

    Parameters
    ----------
    path
        The folder of the result.
    key
        The option by which it was given.
    names
        Files that will be written, as far as they are known.

    Raises
    ------
    InputError
        If other things stand there and no result of ours, or one of the names is taken by a file that is not ours.
    """
    folder = _resolved(path, key)
    with writing(path, key):
        if folder.is_dir() and any(is_stray(each.name) for each in folder.iterdir()):
            with claimed(path, key):  # which puts in place what a killed command had written whole
                pass
        if is_free(folder):
            return
    told = manifest_in(folder)
    if told is None:
        allowed = "a new or empty folder, or an earlier result"
        if (folder / MANIFEST).exists():
            allowed += f"; {MANIFEST} there is of another tool or version: {_WAY_OUT}"
        raise InputError(key, "folder", str(path), allowed)
    taken = _taken(folder, names)
    if taken:
        allowed = f"a folder in which no other file has the name of ours ({taken[0]})"
        if OTHERS not in told:
            allowed += f"; {MANIFEST} there is of an earlier version and does not name it"
        raise InputError(key, "folder", str(path), f"{allowed}: {_WAY_OUT}")


def _taken(folder: Path, names: Iterable[str]) -> list[str]:
    ours = _ours(folder)
    return [name for name in names if name not in ours and _stands(folder / name, folder)]


def _stands(place: Path, folder: Path) -> bool:
    """Whether something is where a file of ours goes, or where a folder above it has to be."""
    above = place.parents[: len(place.relative_to(folder).parts) - 1]
    return os.path.lexists(place) or any(os.path.lexists(p) and not p.is_dir() for p in above)


def _files_in(made: Path) -> list[str]:
    """The files in a folder and in those within it, by their paths from it."""
    return sorted(p.relative_to(made).as_posix() for p in made.rglob("*") if p.is_file())


def _resolved(path: Path, key: str) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # links that lead to each other
        raise InputError(key, "folder", str(path), "a folder that can be found") from None


#: the folders that threads of this process hold, and the handles of their locks
_held: dict[tuple[Path, int], int] = {}


@contextmanager
def claimed(path: Path, key: str = "--out") -> Iterator[Path]:
    """Hold a folder against other commands, make it if it is not there, and clear up what a killed one left.

    May be used within itself, in one thread. A folder that was made and is still empty at the end is removed.

    Parameters
    ----------
    path
        The folder, or a link to it.
    key
        The option by which it was given.

    Raises
    ------
    InputError
        If another command works on the folder, or it cannot be made or written to.
    """
    folder = _resolved(path, key)
    owner = (folder, get_ident())
    if owner in _held:
        yield folder
        return
    with ExitStack() as stack:
        try:
            stack.enter_context(_made(folder))
            handle = lock(folder / _LOCK)
        except OSError as error:
            allowed = f"a folder that can be made ({error.strerror or error})"
            raise InputError(key, "folder", str(path), allowed) from None
        if handle is None:
            allowed = "a folder on which no other command is at work"
            raise InputError(key, "folder", str(path), allowed)
        _held[owner] = handle
        stack.callback(lambda: unlock(folder / _LOCK, _held.pop(owner)))
        with writing(path, key):
            clear(folder)
        yield folder


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder and those above it; remove them at the end if they are empty still."""
    new = [folder, *folder.parents]
    new = new[: next(i for i, each in enumerate(new) if each.exists())]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        with suppress(OSError):  # not empty
            for each in new:
                each.rmdir()


def clear(folder: Path) -> None:
    """Put a result in place that is whole but was not all put there, and remove what else a killed command left.

    The folder must be claimed, or nobody else's.
    """
    for whole in sorted(p for p in folder.glob(f"{_WHOLE}*") if is_stray(p.name)):
        _put(whole, folder)
    places = {folder, *((folder / name).parent for name in _ours(folder))}
    for place in (each for each in places if each.is_dir()):
        for left in sorted(path for path in place.iterdir() if is_stray(path.name)):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            else:
                left.unlink()


@contextmanager
def claimed_result(path: Path, key: str = "--out", names: Iterable[str] = ()) -> Iterator[Path]:
    """Check a folder for a result (`check_result`) and hold it (`claimed`), from before the work to its end."""
    check_result(path, key, names)
    with claimed(path, key) as folder:
        yield folder


@contextmanager
def result(path: Path, key: str = "--out") -> Iterator[Path]:
    """A folder to write a result into; when all is written it takes the place of the earlier result at `path`.

    If anything fails, the earlier result is untouched. Files that the manifest does not name among its tables are
    added to it. Files of the user's stay; if one of them has the name of ours, the result goes to a new folder beside.

    Parameters
    ----------
    path
        The folder of the result.
    key
        The option by which it was given.

    Raises
    ------
    InputError
        As `check_result` and `claimed` do, and if the disk is full or the folder may not be written to.
    """
    with claimed(path, key) as folder:
        check_result(path, key)
        with _staged(folder, path, key) as made:
            yield made
            _complete(made)


@contextmanager
def piece(path: Path, key: str = "--out") -> Iterator[Path]:
    """As `result`, in a folder of which the caller has made sure that it is ours, such as a sweep that has begun."""
    with claimed(path, key) as folder, _staged(folder, path, key) as made:
        yield made
        _complete(made)


@contextmanager
def new_folder(path: Path, key: str) -> Iterator[Path]:
    """A folder to write into, with folders in it; what was written goes to `path`, where nothing may stand.

    Raises
    ------
    InputError
        If something stands there, or it cannot be written to.
    """
    with claimed(path, key) as folder:
        if not is_free(folder):
            raise InputError(key, "folder", str(path), "a new or empty folder")
        with _staged(folder, path, key) as made:
            yield made


@contextmanager
def _staged(folder: Path, path: Path, key: str) -> Iterator[Path]:
    """A folder within `folder`, all of which is put in place at the end, or removed."""
    token = secrets.token_hex(4)
    made, whole = folder / f"{STRAY}part-{token}", folder / f"{_WHOLE}{token}"
    with writing(path, key):
        try:
            made.mkdir()
            yield made
            for file in made.rglob("*"):
                _to_disk(file)
            taken = _taken(folder, _files_in(made))
            if taken:
                beside = _beside(folder)
                shutil.move(made, beside)
                allowed = f"a folder in which no other file has the name of ours; the result is in {beside}"
                raise InputError(key, "file", str(path / taken[0]), allowed)
            os.replace(made, whole)
            _to_disk(folder)
            _put(whole, folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)


def _beside(folder: Path) -> Path:
    places = (folder.with_name(f"{folder.name}-{number}") for number in count(1))
    return next(place for place in places if not os.path.lexists(place))


def _complete(made: Path) -> None:
    """Name in the manifest what it does not name yet."""
    told = json.loads((made / MANIFEST).read_text(encoding="utf-8"))
    named = {MANIFEST, *told.setdefault(FILES, {})}
    rest = [name for name in _files_in(made) if name not in named]
    told[OTHERS] = {name: sha256(made / name) for name in rest}
    write_json(made / MANIFEST, told)


def _put(whole: Path, folder: Path) -> None:
    """Put what is in a whole folder in place, the manifest last, and remove what the earlier result had besides."""
    found = sorted(_files_in(whole), key=lambda name: (name == MANIFEST, name))
    stale = _ours(folder) - set(found)
    for name in found:
        if name == MANIFEST:
            for gone in stale:
                _remove(folder / gone, folder)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_with(folder / name, lambda made, name=name: _same(whole / name, made))  # type: ignore[misc]
        _LOG.info("wrote %s", folder / name)
    done = whole.with_name(whole.name.replace(_WHOLE, f"{STRAY}done-"))
    os.replace(whole, done)  # so that nobody takes what is left of it for the whole
    shutil.rmtree(done)


def _remove(place: Path, folder: Path) -> None:
    """Remove a file, and the folders between it and `folder` that are empty then."""
    place.unlink(missing_ok=True)
    with suppress(OSError):  # not empty
        for each in place.parents[: len(place.relative_to(folder).parts) - 1]:
            each.rmdir()


def _same(one: Path, other: Path) -> None:
    """Make `other` the file that `one` is, or a copy of it where a file has no two names."""
    other.unlink()
    try:
        os.link(one, other)
    except OSError:
        shutil.copyfile(one, other)
