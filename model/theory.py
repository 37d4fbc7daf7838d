"""Theories: sets of the named terms of `agents.terms`, by name from a case or as functions in a file of one's own."""

import hashlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import parent_process
from pathlib import Path
from types import ModuleType

from tashkent.agents.terms import TERMS, Term
from tashkent.model import guarded
from tashkent.model.case import Case
from tashkent.model.case.tables import PRIOR_RANGE, Parameter
from tashkent.model.compilation import compile_case
from tashkent.model.errors import InputError, meant
from tashkent.model.reading import file_bytes, names_in, plain_bytes
from tashkent.model.trial import tried

#: separates what is asked for; a minus before a name leaves it out
SEPARATOR = ","
#: how a name ends that is a file
SUFFIX = ".py"


def with_theory(case: Case, asked: str) -> Case:
    """The case under another theory.

    Parameters
    ----------
    case
        The case, whose frictions, law and inputs stay as they are.
    asked
        Names of the case's theories (`theories.toml`) or of terms, separated by commas: only these terms count. With a
        minus before every name they are left out instead. A name that ends in ``.py`` is a file whose terms are
        added to what else is asked for, or to all. It is run as Python, with your rights: name files that you trust. At
        first it is run in a process of its own, where it may hang or end the process without harm.

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
    parts = [part for part in names_in(asked, SEPARATOR, SUFFIX) if part]
    files = [part for part in parts if part.endswith(SUFFIX)]
    names = [part for part in parts if part not in files]
    case = only_terms(case, names) if names else case
    for file in files:
        code = _code_of(Path(file))
        _try(case, Path(file), code)
        case = _with_terms_of(case, Path(file), code)
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
        known: dict[str, tuple[()]] = dict.fromkeys((*case.theories, *case.role("weight")), ())
        name = meant("theory", "name", name, known)
        found |= set(case.theories[name].terms) if name in case.theories else {name}
    weights = set(case.role("weight"))
    dropped = found & weights if left_out else weights - found
    if not dropped:
        raise InputError("theory", "names", ", ".join(names), "names that change the case")
    parameters = {name: p for name, p in case.parameters.items() if name not in dropped}
    return case.varied(parameters=parameters)


def refuse_files(asked: Iterable[str], file: str, key: str) -> None:
    """Refuse names that a file of somebody else gives if one of them is a file of Python.

    Raises
    ------
    InputError
        With where the name stands, and how to say that the file is trusted.
    """
    for name in asked:
        for part in (part.strip() for part in name.split(SEPARATOR)):
            if part.endswith(SUFFIX):
                allowed = (
                    "names of theories and terms; a file is Python that runs with your rights: "
                    "with --trust (in Python trust=True) it is run"
                )
                raise InputError(file, key, part, allowed)


def _code_of(file: Path) -> bytes:
    """The content of a file of Python, read once: what is tried is what is used."""
    try:
        return plain_bytes(file_bytes(file))
    except OSError as error:
        allowed = f"a file of Python ({error.strerror})"
        raise InputError("theory", "file", str(file), allowed) from None


def _try(case: Case, file: Path, code: bytes) -> None:
    """Try the terms of a file in a process of its own, but in the workers of one that has."""
    if parent_process() is None:
        tried(
            _compiled,
            own_files(),
            case,
            file,
            code,
            seconds=2 * guarded.MOST_SECONDS,
            refusal=lambda words: _unusable(str(file), words),
        )


def _unusable(file: str, words: str) -> InputError:
    return InputError("theory", "file", file, f"a file that runs ({words})")


def _compiled(known: Iterable[tuple[str, bytes]], case: Case, file: Path, code: bytes) -> None:
    """Ask each term of a file once for all months."""
    know_terms(known)
    compile_case(_with_terms_of(case, file, code))


def _with_terms_of(case: Case, file: Path, code: bytes) -> Case:
    """The case with the terms that a file defines, each with the prior that its decorator names."""
    # the case says which code its terms are of
    version = f"{file.name}, SHA-256 {hashlib.sha256(code).hexdigest()}"
    parameters = dict(case.parameters)
    with _as_before_if_it_fails():
        earlier = _forget(str(file))
        for name in _know(str(file), code):
            if name in case.theories or (name in parameters and name not in earlier):
                allowed = "a name that no parameter and no theory of the case has"
                raise InputError("theory", f"{file.name}: {name}", "name taken", allowed)
            mean, sd = _prior(TERMS[name], file)
            parameters[name] = Parameter(
                role="weight",
                mean=mean,
                sd=sd,
                unit="log-odds per unit of the term",
                reason=TERMS[name].theory,
                source=version,
            )
    return case.varied(parameters=parameters)


@contextmanager
def _as_before_if_it_fails() -> Iterator[None]:
    """Know no other terms than before if a file turns out to be of no use."""
    before = dict(TERMS)
    try:
        yield
    except BaseException:
        TERMS.clear()
        TERMS.update(before)
        raise


def _forget(file: str) -> set[str]:
    """Forget the terms of a file, however its path is spelled, which may have changed; what they were called."""
    place = Path(file).resolve()
    own = {name: term.file for name, term in TERMS.items() if term.file}
    names = {name for name, known in own.items() if Path(known).resolve() == place}
    for name in names:
        del TERMS[name]
    return names


def _know(file: str, code: bytes) -> list[str]:
    """Know the terms that the code of a file defines, by name."""
    before = dict(TERMS)
    guarded.guarded(lambda: _executed(file, code), file, lambda words: _unusable(file, words))
    added = [name for name in TERMS if name not in before]
    same = all(TERMS.get(name) is term for name, term in before.items())
    if not same or not all(isinstance(TERMS[name], Term) for name in added):
        raise _unusable(file, "it changes the table of terms without @term")
    if not added:
        allowed = "a file with a function under @term(theory=..., prior=(mean, sd))"
        raise InputError("theory", "file", file, allowed)
    for name in added:
        TERMS[name] = replace(TERMS[name], file=file, code=code)
    return added


def _executed(file: str, code: bytes) -> None:
    """Run a file as Python; its classes find the names that it defines."""
    module = ModuleType(f"theory {file}")
    module.__file__ = file
    sys.modules[module.__name__] = module
    exec(compile(code, file, "exec"), module.__dict__)


def _prior(term: Term, file: Path) -> tuple[float, float]:
    """Mean and standard deviation of the weight of a term of one's own."""
    key = f"{file.name}: {term.name}"
    theory: object = term.theory  # whatever its author wrote
    if not isinstance(theory, str) or not theory:
        raise InputError(
            "theory", f"{key}.theory", term.theory, "where the idea comes from, in words"
        )
    prior = term.prior
    if prior is None:
        raise InputError("theory", key, None, "a prior=(mean, sd)")
    low, high = PRIOR_RANGE
    allowed = f"(mean, sd), the mean from {low:g} to {high:g}, the sd above 0 and at most {high:g}"
    try:
        mean, sd = (float(value) for value in prior)
    except (TypeError, ValueError, OverflowError):
        raise InputError("theory", f"{key}.prior", prior, allowed) from None
    if not (low <= mean <= high and 0 < sd <= high):
        raise InputError("theory", f"{key}.prior", prior, allowed)
    return mean, sd


def own_files() -> tuple[tuple[str, bytes], ...]:
    """The files of one's own whose terms are known in this process, and what they said when they were read."""
    return tuple(dict.fromkeys((t.file, t.code) for t in TERMS.values() if t.file))


def know_terms(files: Iterable[tuple[str, bytes]]) -> None:
    """Know the terms of such files in another process, for a case names its terms and does not carry them."""
    known = own_files()
    for file, code in files:
        if (file, code) not in known:
            _forget(file)
            _know(file, code)
