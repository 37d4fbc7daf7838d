"""Theories: sets of the named terms of `agents.terms`, by name from a case or as functions in a file of one's own."""

from collections.abc import Iterable
from multiprocessing import parent_process
from pathlib import Path

from tashkent.agents.terms import Term
from tashkent.model import guarded
from tashkent.model.case import Case, as_case
from tashkent.model.case.tables import PRIOR_RANGE, Parameter
from tashkent.model.compilation import compile_case
from tashkent.model.errors import InputError, meant
from tashkent.model.own_terms import TheoryFile, terms_in, unusable
from tashkent.model.reading import file_bytes, names_in, plain_bytes
from tashkent.model.trial import tried

#: separates what is asked for; a minus before a name leaves it out
SEPARATOR = ","
#: how a name ends that is a file
SUFFIX = ".py"


def with_theory(case: Case | str, asked: str) -> Case:
    """The case under another theory.

    Parameters
    ----------
    case
        The case, or the name or folder of one; its frictions, law and inputs stay as they are.
    asked
        Names of the case's theories (`theories.toml`) or of terms, separated by commas: only these terms count. With a
        minus before every name they are left out instead. A name that ends in ``.py`` is a file whose terms are
        added to what else is asked for, or to all. It is run as Python, with your rights: name files that you trust. At
        first it is run in a process of its own, where it may hang or end the process without harm. The case keeps what
        the file says: it may change or go, and cases of several versions of it stand side by side, here and in other
        processes.

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
    case = only_terms(as_case(case), names) if names else as_case(case)
    for file in files:
        source = TheoryFile(file, _code_of(Path(file)))
        _try(case, source)
        case = _with_terms_of(case, source)
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


def _try(case: Case, source: TheoryFile) -> None:
    """Try the terms of a file in a process of its own, but in the workers of one that has."""
    if parent_process() is None:
        tried(
            _compiled,
            case,
            source,
            seconds=2 * guarded.MOST_SECONDS,
            refusal=lambda words: unusable(source.file, words),
        )


def _compiled(case: Case, source: TheoryFile) -> None:
    """Ask each term of a file once for all months."""
    compile_case(_with_terms_of(case, source))


def _with_terms_of(case: Case, source: TheoryFile) -> Case:
    """The case with the terms that a file defines, each with the prior that its decorator names.

    They take the place of those of an earlier version of the file.
    """
    files = [file for file in case.theory_files if not _same_place(file.file, source.file)]
    earlier = {
        name
        for name, term in case.terms.items()
        if name in case.parameters and term.file and _same_place(term.file, source.file)
    }
    parameters = {name: p for name, p in case.parameters.items() if name not in earlier}
    for name, term in terms_in(source).items():
        if name in case.theories or name in parameters:
            allowed = "a name that no parameter and no theory of the case has"
            key = f"{Path(source.file).name}: {name}"
            raise InputError("theory", key, "name taken", allowed)
        mean, sd = _prior(term)
        parameters[name] = Parameter(
            role="weight",
            mean=mean,
            sd=sd,
            unit="log-odds per unit of the term",
            reason=term.theory,
            source=source.version,  # the case says which code its terms are of
        )
    return case.varied(parameters=parameters, theory_files=(*files, source))


def _same_place(one: str, other: str) -> bool:
    """Whether two paths, however they are spelled, are of one file, which may be gone."""
    return Path(one).resolve() == Path(other).resolve()


def _prior(term: Term) -> tuple[float, float]:
    """Mean and standard deviation of the weight of a term of one's own."""
    key = f"{Path(term.file).name}: {term.name}"
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
