"""Refusals of what a user gives, one line each: where it stands, the value, what is allowed, the nearest name."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """What a user gives and cannot be used, in one line: file, key, value, what is allowed, nearest valid name."""

    def __init__(self, file: str, key: str, value: object, allowed: str, near: str = "") -> None:
        self.file, self.key, self.value, self.allowed, self.near = file, key, value, allowed, near
        hint = f" (nearest valid name: {near})" if near else ""
        line = f"{key}: {value!r} is not valid; allowed: {allowed}{hint}"
        #: the line without the file
        self.complaint = " ".join(line.splitlines())
        super().__init__(" ".join(f"{file}: {line}".splitlines()))


def unknown(file: str, key: str, value: object, names: Iterable[str]) -> InputError:
    """The error for a name that is not among `names`."""
    known = list(names)
    near = get_close_matches(str(value), known, n=1, cutoff=0.4)
    return InputError(file, key, value, ", ".join(known) or "none", near[0] if near else "")
