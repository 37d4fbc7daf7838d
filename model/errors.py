"""Refusals of what a user gives, one line each: where it stands, the value, what is allowed, the nearest name."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

#: what a value may be to travel to another process as it is
PLAIN = (str, int, float, bool, type(None))

#: characters of a line that is said on refusal, and of what it quotes: what was given may be of any length
LONGEST_LINE, LONGEST_PART, LONGEST_KEY = 500, 160, 90


def shortened(text: str, most: int = LONGEST_PART) -> str:
    """A text of at most so many characters: its beginning and end, and dots for what is between.

    Examples
    --------
    >>> shortened("abandonment", 20), shortened("a" * 50 + "z" * 50, 20)
    ('abandonment', 'aaaaaaaaaaaa ... zzz')
    """
    if len(text) <= most:
        return text
    end = most // 6
    return f"{text[: most - end - 5]} ... {text[-end:]}"


class InputError(ValueError):
    """What a user gives and cannot be used, in one line: file, key, value, what is allowed, nearest valid name."""

    def __init__(self, file: str, key: str, value: object, allowed: str, near: str = "") -> None:
        self.file, self.key, self.value, self.allowed, self.near = file, key, value, allowed, near
        place = shortened(file, LONGEST_KEY)
        hint = f" (nearest valid name: {shortened(near, LONGEST_KEY)})" if near else ""
        said = f"{shortened(key, LONGEST_KEY)}: {shortened(_quoted(value))} is not valid; allowed: "
        room = LONGEST_LINE - len(f"{place}: {said}{hint}")
        line = f"{said}{shortened(allowed, max(room, LONGEST_KEY))}{hint}"
        #: the line without the file
        self.complaint = " ".join(line.splitlines())
        super().__init__(" ".join(f"{place}: {line}".splitlines()))

    def __reduce__(self) -> tuple[Any, ...]:
        """It says the same in another process, whatever the value is: only plain values travel, others as written."""
        value = self.value if isinstance(self.value, PLAIN) else Written(_quoted(self.value))
        return type(self), (self.file, self.key, value, self.allowed, self.near)


def _quoted(value: object) -> str:
    """A value as it is written in Python, or what can be said of one that is too deep or too large to be written."""
    try:
        return repr(value)
    except (RecursionError, ValueError):
        return f"a {type(value).__name__}"


class Written(str):
    """A value of which only what `repr` writes of it is left."""

    __slots__ = ()

    def __repr__(self) -> str:
        """The text itself, without quotation marks."""
        return str(self)


def unknown(file: str, key: str, value: object, names: Iterable[str]) -> InputError:
    """The error for a name that is not among `names`; the nearest is found whatever the capitals."""
    known = list(names)
    said = value if isinstance(value, str) else _quoted(value)
    plain = {name.casefold(): name for name in reversed(known)}
    near = get_close_matches(said[:LONGEST_PART].casefold(), plain, n=1, cutoff=0.4)
    return InputError(file, key, value, ", ".join(known) or "none", plain[near[0]] if near else "")


def meant(file: str, key: str, value: object, names: Mapping[str, Iterable[str]]) -> str:
    """The name that is meant by what a user writes, in capitals or not: one of `names`, or another word for it.

    `names` gives the other words of each name, such as the whole name of a state beside its code.

    Raises
    ------
    InputError
        If it is none of them, or could be several: with the nearest.

    Examples
    --------
    >>> meant("cst", "STATE", "uzbekistan", {"UZB": ["Uzbekistan"], "KAZ": ["Kazakhstan"]})
    'UZB'
    """
    if isinstance(value, str) and value in names:
        return value
    words: dict[str, set[str]] = {}
    for name, others in names.items():
        for word in (name, *others):
            words.setdefault(word.casefold(), set()).add(name)
    wanted = str(value).strip().casefold()
    found = words.get(wanted, set())
    if len(found) == 1:
        return next(iter(found))
    if found:
        raise InputError(file, key, value, f"one of {', '.join(sorted(found))}, as it is written")
    near = get_close_matches(wanted, words, n=1, cutoff=0.4)
    nearest = next(iter(words[near[0]])) if near else ""
    raise InputError(file, key, value, ", ".join(names) or "none", nearest)
