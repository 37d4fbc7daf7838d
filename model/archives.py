"""Archives: files and an index with the digest of each in one ZIP, written whole or not at all and unpacked with care.

The same files give the same bytes, whenever the archive is made. Who unpacks one that somebody sent trusts nothing in
it: names stay within the folder, sizes are bounded, and every file has the digest that the index says.
"""

import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tashkent.model.errors import InputError
from tashkent.model.storage import claimed, write_with, writing

INDEX, ENDING = "archive.json", ".zip"
#: of an index: what the archive is, and the digests of its files by name
KIND, FILES = "kind", "files"
#: files of an archive, and their bytes in all: what a result has stays far below
MOST_FILES, MOST_BYTES = 20_000, 1 << 33
#: bytes of an index, and of what is read at a time
_LONGEST, _PIECE = 1 << 24, 1 << 20
#: the earliest day that a ZIP can say, and plain files that everybody may read
_DAY, _MODE = (1980, 1, 1, 0, 0, 0), 0o100644 << 16
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError),
    *(RuntimeError, UnicodeError, ValueError, OSError),
)


def write_archive(
    path: Path, files: Mapping[str, Path | bytes], kind: str, told: Mapping[str, Any], key: str
) -> None:
    """Write an archive, in place of an earlier one of this kind if one is there.

    Parameters
    ----------
    path
        The archive.
    files
        Name within the archive, with ``/`` between folders, and the file that it is a copy of, or what it holds.
    kind
        What the archive is; only an archive of the same kind is replaced.
    told
        What the index says besides.
    key
        The option by which `path` was given.

    Raises
    ------
    InputError
        As `check_archive` does, and if the disk is full or the place may not be written to.
    """
    with claimed(path.parent, key):
        check_archive(path, kind, key)
        with writing(path, key):
            write_with(path, lambda made: _pack(made, files, {KIND: kind, **told}))


def check_archive(path: Path, kind: str, key: str) -> None:
    """Refuse a place where anything stands but an archive of this kind; asked before the work.

    Raises
    ------
    InputError
        If it does, or the name does not end as that of an archive.
    """
    if path.suffix.lower() != ENDING:
        raise InputError(key, "file", str(path), f"a name that ends in {ENDING}")
    if os.path.lexists(path) and kind_of(path) != kind:
        allowed = "a new file, or an earlier archive: move it away, or name another file"
        raise InputError(key, "file", str(path), allowed)


def kind_of(path: Path) -> str | None:
    """What kind of archive of ours a file is; None if it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = _index(archive)[KIND]
    except (InputError, KeyError, *_BROKEN):
        return None
    return found if isinstance(found, str) else None


def _pack(made: Path, files: Mapping[str, Path | bytes], told: Mapping[str, Any]) -> None:
    digests: dict[str, str] = {}
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            content = files[name]
            content = content if isinstance(content, bytes) else content.read_bytes()
            digests[name] = hashlib.sha256(content).hexdigest()
            archive.writestr(_entry(name), content)
        index = json.dumps({**told, FILES: digests}, indent=2) + "\n"
        archive.writestr(_entry(INDEX), index)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DAY)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, _MODE
    entry.create_system = 3  # wherever it is made, or bytes would differ
    return entry


# read again ----------------------------------------------------------------------------------------


def is_archive(path: Path) -> bool:
    """Whether a file is meant as an archive, by its name or by what it holds."""
    return path.is_file() and (path.suffix.lower() == ENDING or zipfile.is_zipfile(path))


def unpacked(path: Path, kind: str, folder: Path, of: str) -> Mapping[str, Any]:
    """Unpack an archive into a folder, and give its index.

    Parameters
    ----------
    path
        The archive.
    kind
        What it has to be.
    folder
        An empty folder for its files.
    of
        What the archive is asked for, where an error stands.

    Raises
    ------
    InputError
        If it is no such archive, is too large, or a file in it is not what the index says.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            index = _index(archive)
            if index.get(KIND) != kind:
                raise InputError(path.name, KIND, index.get(KIND, "missing"), kind)
            for entry, digest in _checked(archive, index, path.name):
                _unpack(archive, entry, digest, folder, path.name)
    except InputError:
        raise
    except _BROKEN as error:
        words = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InputError(of, "file", str(path), f"an archive that is whole ({words})") from None
    return index


def _index(archive: zipfile.ZipFile) -> dict[str, Any]:
    with archive.open(INDEX) as stream:
        content = stream.read(_LONGEST + 1)
    if len(content) > _LONGEST:
        raise ValueError("its index is too long")
    found = json.loads(content.decode())
    if not isinstance(found, dict) or not isinstance(found.get(FILES), dict):
        raise ValueError("its index names no files")
    return found


def _checked(
    archive: zipfile.ZipFile, index: Mapping[str, Any], file: str
) -> list[tuple[zipfile.ZipInfo, str]]:
    """The entries with their digests, if they are those that the index names and no more than can be."""
    entries = [entry for entry in archive.infolist() if entry.filename != INDEX]
    digests = index[FILES]
    names = [entry.filename for entry in entries]
    if sorted(names) != sorted(digests):
        odd = next(iter(sorted({*names} ^ {*digests})), "a name that stands twice")
        raise InputError(file, FILES, odd, "the files that its index names, each once")
    if len(names) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
        allowed = f"at most {MOST_FILES:,} files of {MOST_BYTES:,} bytes in all"
        raise InputError(file, FILES, f"{len(names):,} files", allowed)
    for name in names:
        if not is_within(name):
            raise InputError(file, FILES, name, "names within the archive")
    return [(entry, digests[entry.filename]) for entry in entries]


def is_within(name: str) -> bool:
    r"""Whether a name in an archive stays within the folder that it is unpacked into, on any system.

    Examples
    --------
    >>> (
    ...     is_within("result/manifest.json"),
    ...     is_within("../x"),
    ...     is_within("/x"),
    ...     is_within(r"a\b"),
    ...     is_within("c:x"),
    ... )
    (True, False, False, False, False)
    """
    parts = name.split("/")
    return not re.search(r'[\\:*?"<>|\x00-\x1f]', name) and all(
        part and part.strip(". ") for part in parts
    )


def _unpack(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, digest: object, folder: Path, file: str
) -> None:
    """Write what an entry holds as a plain file, whatever else it says that it is."""
    place = folder / entry.filename
    place.parent.mkdir(parents=True, exist_ok=True)
    told = hashlib.sha256()
    with archive.open(entry) as packed, place.open("xb") as stream:
        while piece := packed.read(_PIECE):
            told.update(piece)
            stream.write(piece)
    if told.hexdigest() != digest:
        raise InputError(file, FILES, entry.filename, "a file as it was when the archive was made")
