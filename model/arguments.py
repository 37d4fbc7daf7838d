"""What is asked for in numbers, checked in one place: in Python as on the command line."""

import operator
import os
from collections.abc import Mapping

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.model.case import Case
from tashkent.model.draws import MOST_RUNS
from tashkent.model.errors import InputError, unknown


def whole(value: object, of: str, key: str, least: int, most: int | None = None) -> int:
    """A whole number from `least` to `most`, of any type that stands for one; `of` and `key` say where it is asked for.

    Raises
    ------
    InputError
        If it is not one, or out of the range. What is true or false is no number.

    Examples
    --------
    >>> whole(np.int64(3), "simulate", "runs", 1)
    3
    """
    upper = "" if most is None else f" and at most {most:,}"
    allowed = f"a whole number, {least} or more{upper}"
    if isinstance(value, bool | np.bool_):
        raise InputError(of, key, value, allowed)
    try:
        found = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise InputError(of, key, value, allowed) from None
    if found < least or (most is not None and found > most):
        raise InputError(of, key, value, allowed)
    return found


def seed_of(value: object, of: str) -> int:
    """A seed, by which all draws are keyed.

    Raises
    ------
    InputError
        If it is no whole number, or below 0.
    """
    return whole(value, of, "seed", 0)


def runs_of(value: object, of: str, least: int = 1) -> int:
    """A number of runs.

    Raises
    ------
    InputError
        If it is no whole number, below `least`, or more than can be numbered.
    """
    return whole(value, of, "runs", least, MOST_RUNS)


def run_of(value: object, of: str) -> int:
    """The number of a run.

    Raises
    ------
    InputError
        If it is no whole number, below 0, or above the last that has draws of its own.
    """
    return whole(value, of, "run", 0, MOST_RUNS - 1)


def workers_of(value: object, of: str) -> int:
    """A number of processes: 0 stands for one a core, in Python as on the command line.

    Raises
    ------
    InputError
        If it is no whole number, or below 0.

    Examples
    --------
    >>> workers_of(3, "compare"), workers_of(0, "compare") == (os.cpu_count() or 1)
    (3, True)
    """
    return whole(value, of, "workers", 0) or os.cpu_count() or 1


def parameters_given(
    case: Case, given: object, of: str, runs: int | None = None
) -> dict[str, Floats]:
    """A value of each drawn parameter for each run, by name, shape (runs,), each in the parameter's unit.

    `given` has arrays of that shape under the names of `Case.drawn`, `runs` says how many values there must be, if
    that is known.

    Raises
    ------
    InputError
        If a name is missing or unknown, or values are not finite numbers, as many of each as of the others.
    """
    if not isinstance(given, Mapping):
        allowed = "values by name of parameter"
        raise InputError(of, "parameters", type(given).__name__, allowed)
    for name in given:
        if name not in case.drawn:
            raise unknown(of, "parameters", name, case.drawn)
    found = {}
    for name in case.drawn:
        if name not in given:
            raise InputError(of, "parameters", f"{name} missing", "a value for each parameter")
        found[name] = _row(given[name], of, f"parameters {name}")
        runs = len(found[name]) if runs is None else runs
        if len(found[name]) != runs or not runs:
            allowed = f"{runs or 'one or more'} values of each parameter"
            raise InputError(of, f"parameters {name}", f"{len(found[name])} values", allowed)
    return found


def _row(values: object, of: str, key: str) -> Floats:
    try:
        found = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise InputError(of, key, type(values).__name__, "a row of numbers") from None
    if found.ndim != 1:
        raise InputError(of, key, f"shape {found.shape}", "a row of numbers, one a run")
    odd = found[~np.isfinite(found)]
    if len(odd):
        raise InputError(of, key, float(odd[0]), "finite numbers")
    return found
