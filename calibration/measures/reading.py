"""How measures are written: as a short text or as a table with the same keys.

``in(UZB, CST, 2012-12)`` and ``{ measure = "in", state = "UZB", club = "CST", month = "2012-12" }`` are the same. What
may be left out comes last; an empty place leaves out what lies before (``first_exit(CST, , 1999-01)``). Where a place
holds several things there are spaces between them (``inside(CST, AZE GEO, 1998-12)``), with ``=`` between a state and
its month; steps of an order have ``then`` between them. Where a measure finds several numbers, the last place says
which is meant (``of``).
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from tashkent.calibration.measures.measure import KINDS, Particulars
from tashkent.model.errors import InputError
from tashkent.model.reading import one_of, validated

#: the key of a table that says which measure it is
MEASURE = "measure"


def keys(kind: type[Particulars]) -> dict[str, bool]:
    """The keys of a table of some measure in order, and whether each may be left out."""
    fields = kind.model_fields
    return {
        str(fields[name].alias or name): not fields[name].is_required() for name in kind.cells()
    }


def signature(kind: type[Particulars]) -> str:
    """How a measure is written: what may be left out stands in square brackets.

    Examples
    --------
    >>> from tashkent.calibration.measures.seats import Exits
    >>> signature(Exits)
    'exits(club, first, last[, state])'
    """
    found = keys(kind)
    needed = [name for name, free in found.items() if not free]
    free = [name for name, free in found.items() if free]
    more = f"[, {', '.join(free)}]" if free else ""
    return f"{kind.kind}({', '.join(needed)}{more})"


def read_particulars(
    given: str | Mapping[str, object],
    file: str,
    key: str,
    words: Collection[str] | None = None,
) -> Particulars:
    """What a short text or a table says; whether a case has the names in it is not asked (`Particulars.check`).

    `words` are those that are allowed, by default all of `KINDS`.

    Raises
    ------
    InputError
        In one line, with `file` and `key`, if it is not written as one.
    """
    words = KINDS if words is None else words
    if isinstance(given, str):
        kind, table = _from_text(given, file, key, words)
    else:
        kind, table = _from_table(given, file, key, words)
    found: Particulars = validated(kind, table, file, where(key, kind))
    return found


def where(key: str, kind: type[Particulars]) -> str:
    """Where an error stands: the key of a measure, and its word."""
    return f"{key} ({kind.kind})"


def _from_text(
    text: str, file: str, key: str, words: Collection[str]
) -> tuple[type[Particulars], dict[str, object]]:
    match = re.fullmatch(r"\s*([^\s()]+)\s*\(([^()]*)\)\s*", text)
    if match is None:
        allowed = f"a word and its particulars in brackets, such as {signature(KINDS['in'])}"
        raise InputError(file, key, text, allowed)
    kind, _ = _from_table({MEASURE: match[1]}, file, key, words)
    cells = [cell.strip() for cell in match[2].split(",")]
    names = list(keys(kind))
    if len(cells) > len(names):
        raise InputError(file, key, text, signature(kind))
    return kind, {name: cell for name, cell in zip(names, cells, strict=False) if cell}


def _from_table(
    table: Mapping[str, Any], file: str, key: str, words: Collection[str]
) -> tuple[type[Particulars], dict[str, object]]:
    if not isinstance(table, Mapping):
        raise InputError(file, key, table, "a text or a table")
    if MEASURE not in table:
        raise InputError(file, f"{key}.{MEASURE}", "missing", ", ".join(words))
    word = one_of(file, f"{key}.{MEASURE}", table[MEASURE], words)
    return KINDS[word], {name: value for name, value in table.items() if name != MEASURE}
