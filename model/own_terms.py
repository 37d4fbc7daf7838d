"""Terms of one's own: what a file of Python defines under ``@term``, as a case carries it."""

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType, ModuleType

from tashkent.agents.terms import Term, collected
from tashkent.model.errors import InputError
from tashkent.model.guarded import guarded


@dataclass(frozen=True)
class TheoryFile:
    """A file of terms of one's own, as it was when it was read: it may change or go, the case that has it does not."""

    #: its path as it was given
    file: str
    code: bytes

    @property
    def version(self) -> str:
        """Name and content in a line; content is written as a digest."""
        return f"{Path(self.file).name}, SHA-256 {hashlib.sha256(self.code).hexdigest()}"


@lru_cache(maxsize=64)
def terms_in(source: TheoryFile) -> Mapping[str, Term]:
    """The terms of a file by name, in its order. It is run as Python once in each process that asks.

    Raises
    ------
    InputError
        If it does not run, or defines no term.
    """
    with collected() as found:
        guarded(lambda: _execute(source), source.file, lambda words: unusable(source.file, words))
    if not found:
        allowed = "a file with a function under @term(theory=..., prior=(mean, sd))"
        raise InputError("theory", "file", source.file, allowed)
    return MappingProxyType({name: replace(term, file=source.file) for name, term in found.items()})


def unusable(file: str, words: str) -> InputError:
    """The line that says why a file cannot be used."""
    return InputError("theory", "file", file, f"a file that runs ({words})")


def _execute(source: TheoryFile) -> None:
    """Run a file as Python; its classes find the names that it defines, beside those of other versions of it."""
    module = ModuleType(f"theory {source.version}")
    module.__file__ = source.file
    sys.modules[module.__name__] = module
    exec(compile(source.code, source.file, "exec"), module.__dict__)
