"""What a case says, as a digest: equal content gives equal digests, whatever it was read from and however it was made.

Content is put into one form first: keys in alphabetical order, rows in an order of their own where that of the file
has no meaning, whole numbers as numbers like any other, days as text, defaults written out but for keys that the
format learnt later (`model.reading.learnt`), and no words that inform nothing (`model.reading.aside`).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, is_dataclass
from datetime import date
from types import MappingProxyType

from pydantic import BaseModel

from tashkent.model.reading import asides, learnt_keys
from tashkent.model.statutes import Statute


class TableDigest:
    """The digest of one table, computed when it is first asked for; cases that share the table share it."""

    def __init__(self, table: object, *, ordered: bool) -> None:
        self._table, self._ordered = table, ordered
        self._digest: bytes | None = None

    def digest(self) -> bytes:
        """SHA-256 of the content; the order of rows counts only if the table is ordered."""
        if self._digest is None:
            table = self._table
            if not self._ordered and isinstance(table, tuple):
                text = "\n".join(sorted(map(_text, table)))
            else:
                text = _text(table)
            self._digest = hashlib.sha256(text.encode()).digest()
        return self._digest


def combined(tables: Mapping[str, TableDigest]) -> str:
    """One digest of several tables by name, as hexadecimal digits; their order does not matter."""
    whole = hashlib.sha256()
    for name in sorted(tables):
        whole.update(name.encode() + b"\0" + tables[name].digest())
    return whole.hexdigest()


def _said(row: BaseModel) -> dict[str, object]:
    """The fields of a row, without asides, and without later keys that say what held before there were any."""
    fields, later, left = row.__dict__, learnt_keys(type(row)), asides(type(row))
    if not later and not left:
        return fields
    return {k: v for k, v in fields.items() if k not in left and (k not in later or v != later[k])}


def _text(value: object) -> str:
    """A value in the one form, the same for all that is equal."""
    match value:
        case str():
            return json.dumps(value)
        case None | bool():
            return str(value)
        case int() | float():
            return repr(float(value) + 0.0)  # one zero
        case date():
            return value.isoformat()
        case Statute():
            return _text({**_said(value), "other_reading": dict(value.other_reading)})
        case BaseModel():
            return _text(_said(value))
        case dict() | MappingProxyType():
            held = sorted((str(key), _text(one)) for key, one in value.items())
            return f"{{{','.join(f'{json.dumps(key)}:{text}' for key, text in held)}}}"
        case list() | tuple():
            return f"[{','.join(map(_text, value))}]"
        case _ if is_dataclass(value) and not isinstance(value, type):
            return _text(astuple(value))
        case _:
            raise TypeError(f"no table holds a {type(value).__name__}")
