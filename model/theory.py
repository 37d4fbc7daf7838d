"""Theories: sets of the named terms of `agents.terms`, by name from a case or as functions in a file of one's own."""

import hashlib
import runpy
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tashkent.agents.terms import TERMS
from tashkent.model.case import Case
from tashkent.model.case.tables import Parameter
from tashkent.model.errors import InputError, unknown

#: separates what is asked for; a minus before a name leaves it out
SEPARATOR = ","


def with_theory(case: Case, asked: str) -> Case:
    """The case under another theory.

    Parameters
    ----------
    case
        The case, whose frictions, law and inputs stay as they are.
    asked
        Names of the case's theories (`theories.toml`) or of terms, separated by commas: only these terms count. With a
        minus before every name they are left out instead. A name that ends in ``.py`` is a file whose terms are
        added to what else is asked for, or to all.

    Raises
    ------
    InputError
        If a name is unknown, a file cannot be used, or nothing would change.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> case = load_case("cst")
    >>> sorted(with_theory(case, "contagion").role("weight"))
    ['contagion']
    >>> set(case.role("weight")) - set(with_theory(case, "-contagion").role("weight"))
    {'contagion'}
    """
    parts = [part.strip() for part in asked.split(SEPARATOR) if part.strip()]
    files = [part for part in parts if part.endswith(".py")]
    names = [part for part in parts if part not in files]
    case = only_terms(case, names) if names else case
    for file in files:
        case = _with_terms_of(case, Path(file))
    if not parts:
        raise InputError("theory", "name", asked, "a theory, a term or a file")
    return case


def only_terms(case: Case, names: Iterable[str]) -> Case:
    """The case with some of its terms alone, or without some if every name has a minus before it.

    Raises
    ------
    InputError
        If a name is unknown, only some names have a minus, or nothing would change.
    """
    names = list(names)
    left_out = [name.removeprefix("-") for name in names if name.startswith("-")]
    if left_out and len(left_out) < len(names):
        raise InputError("theory", "names", ", ".join(names), "a minus before all names or none")
    found: set[str] = set()
    for name in left_out or names:
        known = (*case.theories, *case.role("weight"))
        if name not in known:
            raise unknown("theory", "name", name, known)
        found |= set(case.theories[name].terms) if name in case.theories else {name}
    weights = set(case.role("weight"))
    dropped = found & weights if left_out else weights - found
    if not dropped:
        raise InputError("theory", "names", ", ".join(names), "names that change the case")
    parameters = {name: p for name, p in case.parameters.items() if name not in dropped}
    return case.varied(parameters=parameters)


def _with_terms_of(case: Case, file: Path) -> Case:
    """The case with the terms that a file defines, each with the prior that its decorator names."""
    before = set(TERMS)
    try:
        code = file.read_bytes()
        for name in [name for name, t in TERMS.items() if t.file == str(file)]:
            del TERMS[name]  # the file may have changed since it was read
            before.discard(name)
        runpy.run_path(str(file))
    except OSError as error:
        raise InputError(
            "theory", "file", str(file), f"a file of Python ({error.strerror})"
        ) from None
    except Exception as error:  # whatever goes wrong in somebody's file is theirs to mend
        allowed = f"a file that runs ({type(error).__name__}: {error})"
        raise InputError("theory", "file", str(file), allowed) from error
    added = [name for name in TERMS if name not in before]
    if not added:
        allowed = "a file with a function under @term(theory=..., prior=(mean, sd))"
        raise InputError("theory", "file", str(file), allowed)
    # the case says which code its terms are of
    version = f"{file.name}, SHA-256 {hashlib.sha256(code).hexdigest()}"
    parameters = dict(case.parameters)
    for name in added:
        TERMS[name] = replace(TERMS[name], file=str(file))
        prior = TERMS[name].prior
        if prior is None:
            raise InputError("theory", f"{file.name}: {name}", None, "a prior=(mean, sd)")
        parameters[name] = Parameter(
            role="weight",
            mean=float(prior[0]),
            sd=float(prior[1]),
            unit="log-odds per unit of the term",
            reason=TERMS[name].theory,
            source=version,
        )
    return case.varied(parameters=parameters)


def own_files() -> tuple[str, ...]:
    """The files of one's own whose terms are known in this process."""
    return tuple(dict.fromkeys(term.file for term in TERMS.values() if term.file))


def know_terms(files: Iterable[str]) -> None:
    """Know the terms of such files in another process, for a case names its terms and does not carry them."""
    for file in set(files) - set(own_files()):
        before = set(TERMS)
        runpy.run_path(file)
        for name in (n for n in TERMS if n not in before):
            TERMS[name] = replace(TERMS[name], file=file)
