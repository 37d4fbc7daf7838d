"""The counterfactual that a visitor asks: one of the case's or their own, as a text that a link and a file can hold.

An own question is the text of a TOML file, whether it was put together on the page, uploaded or came by a link: there
is one way in, and it is the one that `tashkent compare` uses.
"""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from tashkent.experiments.predictions import month_asked
from tashkent.model.case import Case
from tashkent.model.clock import month_label, parse_month
from tashkent.model.counterfactual import (
    SUFFIX,
    Counterfactual,
    parse_counterfactual,
    shipped_counterfactuals,
)
from tashkent.model.errors import InputError
from tashkent.model.patches.kinds import PATCH_NAMES

#: the text of a question that changes nothing yet
EMPTY = 'schema = 1\nid = "mine"\n'
#: stands for a question of one's own among the names of the case's
OWN = "own"
#: characters of a question's text and of its part of a link, and patches
LONGEST, LONGEST_LINK, MOST_PATCHES = 16_000, 6_000, 40
#: what the texts of most questions have in common. Links were made with it as it is: another needs another mark.
_COMMON = (
    b'factor = until = scale = 0.5drop = ["until"]set = { consensus = false }set = { majority = true }'
    b'set = { price = "acquis" }set = { notice_months = 12 }set = { renewal = "opt_in" }'
    b'set = { renewal = "automatic" }parameter = "patronage"\nvalue = 0.0\nkind = "offer"\nabout = "insurgency"\n'
    b'sign = 1\nlabel = "Others offer help"\nclub = "C"\nstates = ["U"]\nfrom = 1999-01-01\ndate = 1999-01-01\n'
    b'do = "add_event"\ndo = "open_club"\ndo = "change_parameter"\ndo = "change_series"\nseries = "tie_patron"\n'
    b'series = "tie_west"\nfirst_year = 1999\nlast_year = 2005\nadd = 1.0\ndo = "change_statute"\nstatute = "C'
    b'do = "move_event"\nschema = 1\nid = "mine"\ntitle = ""\nquestion = ""\n\n[[patch]]\ndo = "remove_event"\n'
    b'event = "E0'
)
_MARK = "1."


# one's own -----------------------------------------------------------------------------------------


def read(case: Case, text: str, file: str) -> Counterfactual:
    """A counterfactual from text that anybody may have written, checked against the case.

    Raises
    ------
    InputError
        If it is too long, no TOML, or does not fit the case.
    """
    if len(text) > LONGEST:
        raise InputError(file, "length", f"{len(text):,} characters", f"at most {LONGEST:,}")
    found = parse_counterfactual(text, file)
    if len(found.patches) > MOST_PATCHES:
        raise InputError(file, "patch", f"{len(found.patches)} patches", f"at most {MOST_PATCHES}")
    if len(pack(written(found))) > LONGEST_LINK:
        raise InputError(file, "length", f"{len(text):,} characters", "what fits into a link")
    found.apply(case)
    return found


def complaint(error: InputError, text: str) -> str:
    """Why a text was refused, with the line and the key.

    Examples
    --------
    >>> text = 'id = "mine"\\n\\n[[patch]]\\ndo = "remove_event"\\nevnt = "E031"'
    >>> try:
    ...     parse_counterfactual(text, "mine.toml")
    ... except InputError as error:
    ...     print(complaint(error, text)[:41])
    mine.toml, line 5: patch 1 (remove_event)
    """
    line = line_of(text, error.key, str(error.value))
    return f"{error.file}, line {line}: {error.complaint}"


def line_of(text: str, key: str, value: str = "") -> int:
    """The line on which the key of a complaint stands, or the table that should have it."""
    lines = text.splitlines() or [""]
    if key == "syntax":
        told = re.search(r"line (\d+)", value)
        return int(told[1]) if told else len(lines)
    first, last = _table(lines, key)
    for word in reversed(re.findall(r"\w+", re.sub(r"^patch \d+( \(\w+\))?", "", key))):
        for number in range(first, last):
            if re.match(rf'\s*"?{re.escape(word)}"?\s*[.=]', lines[number]):
                return number + 1
    return first + 1


def _table(lines: list[str], key: str) -> tuple[int, int]:
    """The lines of the table that a complaint is about."""
    tables = [i for i, line in enumerate(lines) if re.match(r"\s*\[", line)]
    ends = [*tables[1:], len(lines)]
    for name, pattern, from_ in (("patch", r"patch (\d+)", 1), ("outcome", r"outcome\.(\d+)", 0)):
        if told := re.search(pattern, key):
            own = [
                (i, end)
                for i, end in zip(tables, ends, strict=True)
                if re.match(rf"\s*\[\[\s*{name}\s*\]\]", lines[i])
            ]
            number = int(told[1]) - from_
            return own[number] if number < len(own) else (0, len(lines))
    return 0, tables[0] if tables else len(lines)


def written(counterfactual: Counterfactual, starts: tuple[str, ...] | None = None) -> str:
    """The text of a counterfactual: reading it gives the same again.

    Examples
    --------
    >>> print(
    ...     written(
    ...         parse_counterfactual('id = "q"\\n[[patch]]\\ndo="remove_club"\\nclub="GUAM"', "")
    ...     )
    ... )
    schema = 1
    id = "q"
    <BLANKLINE>
    [[patch]]
    do = "remove_club"
    club = "GUAM"
    <BLANKLINE>
    """
    head = counterfactual.model_dump(
        by_alias=True, exclude_defaults=True, exclude={"patches", "outcomes"}
    )
    if starts is not None:
        head["starts"] = list(starts)
    parts = [_lines({"schema": 1, **head})]
    for outcome in counterfactual.outcomes:
        rows = outcome.model_dump(by_alias=True, exclude_defaults=True)
        parts.append("[[outcome]]\n" + _lines(rows))
    for patch in counterfactual.patches:
        rows = patch.model_dump(by_alias=True, exclude_defaults=True)
        parts.append("[[patch]]\n" + _lines({"do": PATCH_NAMES[type(patch)], **rows}))
    return "\n".join(parts)


def table(rows: Mapping[str, object]) -> str:
    """A patch as text."""
    return "\n[[patch]]\n" + _lines(rows)


def _lines(rows: Mapping[str, object]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in rows.items())


def _value(value: object) -> str:
    """A value as TOML writes it: its basic strings are JSON's but for one character."""
    if isinstance(value, date | int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(v) for v in value)}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


# links ---------------------------------------------------------------------------------------------


def pack(text: str) -> str:
    """A text as it stands in a link.

    Examples
    --------
    >>> unpack(pack('id = "mine"'))
    'id = "mine"'
    """
    squeezer = zlib.compressobj(9, zdict=_COMMON)
    squeezed = squeezer.compress(text.encode()) + squeezer.flush()
    return _MARK + base64.urlsafe_b64encode(squeezed).decode().rstrip("=")


def unpack(link: str) -> str:
    """The text in a link.

    Raises
    ------
    ValueError
        If there is none, or if it is too long.
    """
    broken = ValueError("the question in this link is damaged")
    if len(link) > LONGEST_LINK or not link.startswith(_MARK):
        raise broken
    coded = link.removeprefix(_MARK)
    try:
        squeezed = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
        opener = zlib.decompressobj(zdict=_COMMON)
        found = opener.decompress(squeezed, 4 * LONGEST)
        if not opener.eof or opener.unused_data:
            raise broken
        return found.decode()
    except (binascii.Error, zlib.error, UnicodeDecodeError):
        raise broken from None


# which one -----------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def library(case: Case) -> Mapping[str, Counterfactual]:
    """The questions that come with a case, by name."""
    return {found.id: found for found in shipped_counterfactuals(case)}


@lru_cache(maxsize=64)
def counterfactual_of(case: Case, name: str, own: str) -> Counterfactual | None:
    """The counterfactual of a view; none as long as one's own changes nothing."""
    if name != OWN:
        return library(case).get(name)
    return read(case, own, f"mine{SUFFIX}") if own else None


def usual_start(case: Case, counterfactual: Counterfactual | None) -> int:
    """The last of the starts that a question suggests, where most of history is still as it was."""
    return (
        max((parse_month(text) for text in counterfactual.starts), default=case.start)
        if counterfactual
        else case.start
    )


def usual_origin(case: Case, counterfactual: Counterfactual | None) -> int:
    """The month from which both worlds begin if nobody says otherwise: one at least follows it."""
    return min(usual_start(case, counterfactual), case.end - 1)


def usual_month(case: Case, counterfactual: Counterfactual | None, start: int) -> int:
    """The month for which a prediction is asked if nobody says otherwise."""
    text = (
        month_asked(counterfactual, case, start) if counterfactual else month_label(case.shown[-1])
    )
    return max(parse_month(text), start + 1)
