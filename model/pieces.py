"""Pieces of a result that are kept one by one, so that work can go on: each says whose it is, and that it is whole.

A chunk of a sweep and a block of a chain are files with a seal in them: a mark, and the SHA-256 of all the other bytes
and of what the piece is of (the key of a task; the settings of a chain and the place in it). What a stage found is a
folder of tables with a list of their digests. A piece whose digest is not that, be it cut short, damaged, foreign or
of another run, counts as not done: it is said in a line and done again. (docs/decisions/0050-pieces.md)
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tashkent.model.errors import InputError
from tashkent.model.storage import sha256, whole_folder, write_bytes, write_json, write_parquet

if TYPE_CHECKING:
    import pandas as pd

#: what a seal begins with
_MARK = b"\x00tashkent:piece\x00"
_LENGTH = len(_MARK) + hashlib.sha256().digest_size
#: what the folder of a stage says of its tables
_DIGESTS = "digests.json"
#: how a Parquet file ends: the length of its footer, and a word
_PARQUET_END, _PARQUET_WORD = 8, b"PAR1"


def write_piece(path: Path, content: bytes, of: str) -> None:
    """Write a piece with its seal, whole or not at all.

    Parameters
    ----------
    path
        The file.
    content
        What it holds. Its format must bear bytes at the end, or be Parquet, where the seal stands before the footer.
    of
        Whose it is.
    """
    at = len(content)
    if content.endswith(_PARQUET_WORD):
        at -= _PARQUET_END + int.from_bytes(content[-8:-4], "little")
    write_bytes(path, content[:at] + _MARK + _digest(content, of) + content[at:])


def read_piece(path: Path, of: str) -> bytes | None:
    """What a piece holds; None if there is no file, it is not as it was written, or it is another's."""
    try:
        sealed = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        return None
    at = sealed.rfind(_MARK)
    content = sealed[:at] + sealed[at + _LENGTH :]
    whole = at >= 0 and sealed[at : at + _LENGTH] == _MARK + _digest(content, of)
    return content if whole else None


def _digest(content: bytes, of: str) -> bytes:
    return hashlib.sha256(of.encode() + b"\0" + content).digest()


def write_tables(place: Path, tables: "Mapping[str, pd.DataFrame]", of: str) -> None:
    """Write tables as Parquet into a folder of their own, with their digests, whole or not at all."""
    with whole_folder(place) as made:
        for name, table in tables.items():
            write_parquet(made / f"{name}.parquet", table)
        files = {path.name: sha256(path) for path in sorted(made.iterdir())}
        write_json(made / _DIGESTS, {"of": of, "files": files})


def holds_tables(place: Path, of: str) -> bool:
    """Whether a folder holds all tables that were written for `of`, as they were written."""
    try:
        told = json.loads((place / _DIGESTS).read_text(encoding="utf-8"))
        there = {path.name: sha256(path) for path in place.glob("*.parquet")}
    except (OSError, ValueError):
        return False
    return bool(there) and bool(told == {"of": of, "files": there})


def remove_piece(path: Path) -> None:
    """Remove a piece that is not as it was written, and say that it is done again; in a folder, what is ours alone.

    Raises
    ------
    InputError
        If something of the user's stands in its place.
    """
    logging.getLogger("tashkent").warning("%s is not as it was written: it is done again", path)
    if not path.is_dir() or path.is_symlink():
        path.unlink()
        return
    for file in (*path.glob("*.parquet"), path / _DIGESTS):
        file.unlink(missing_ok=True)
    try:
        path.rmdir()
    except OSError:
        allowed = "a piece of a result, without other files in its folder"
        raise InputError("--out", "folder", str(path), allowed) from None
