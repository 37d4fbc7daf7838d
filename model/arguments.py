"""What is asked for in numbers, checked in one place: in Python as on the command line."""

import operator
import os
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.model.case import Case
from tashkent.model.draws import MOST_RUNS
from tashkent.model.errors import InputError, Written, unknown


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


def number(value: Any, of: str, key: str) -> float:
    """A finite number, of any type that stands for one; `of` and `key` say where it is asked for.

    Raises
    ------
    InputError
        If it is not one. Text that reads like a number is none, nor is what is true or false.

    Examples
    --------
    >>> number(np.float64(0.5), "simulate", "held patronage")
    0.5
    """
    real = isinstance(value, int | float | np.integer | np.floating)
    if not real or isinstance(value, bool) or not abs(value) <= sys.float_info.max:
        raise InputError(of, key, value, "a finite number")
    return float(value)


def held_given(case: Case, given: object, of: str) -> dict[str, float]:
    """The drawn parameters that are held at a value, by name, each in its unit; none if nothing is given.

    Raises
    ------
    InputError
        If it is no mapping, a name is unknown, or a value no finite number.
    """
    return {} if given is None else _numbers_by_name(case, given, of, "held")


def values_given(case: Case, given: object, of: str) -> dict[str, float]:
    """A value of each drawn parameter for one run, by name, each in its unit.

    Raises
    ------
    InputError
        If it is no mapping, a name is missing or unknown, or a value no finite number.
    """
    found = _numbers_by_name(case, given, of, "parameters")
    for name in case.drawn:
        if name not in found:
            raise _missing(of, name)
    return found


def _numbers_by_name(case: Case, given: object, of: str, key: str) -> dict[str, float]:
    named = _by_name(case, given, of, key)
    return {name: number(value, of, f"{key} {name}") for name, value in named.items()}


def _by_name(case: Case, given: object, of: str, key: str) -> Mapping[str, Any]:
    """What is given by name of a drawn parameter."""
    if not isinstance(given, Mapping):
        allowed = "a mapping of parameters to values; to `mesa.batch_run` a list of mappings"
        raise InputError(of, key, given, allowed)
    for name in given:
        if name not in case.drawn:
            raise unknown(of, key, name, case.drawn)
    return given


def _missing(of: str, name: str) -> InputError:
    return InputError(of, f"parameters {name}", "missing", "a value of each parameter")


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
    named, found = _by_name(case, given, of, "parameters"), {}
    for name in case.drawn:
        if name not in named:
            raise _missing(of, name)
        found[name] = _row(named[name], of, f"parameters {name}")
        runs = len(found[name]) if runs is None else runs
        if len(found[name]) != runs or not runs:
            allowed = f"{runs or 'one or more'} values of each parameter"
            raise InputError(of, f"parameters {name}", f"{len(found[name])} values", allowed)
    return found


def _row(values: object, of: str, key: str) -> Floats:
    allowed = "a row of numbers, one a run"
    try:
        said = np.asarray(values)
    except (TypeError, ValueError):
        raise InputError(of, key, values, allowed) from None
    if said.dtype.kind not in "iuf":
        raise InputError(of, key, values, allowed)
    if said.ndim != 1:
        raise InputError(of, key, Written(f"shape {said.shape}"), allowed)
    found = said.astype(np.float64)
    odd = found[~np.isfinite(found)]
    if len(odd):
        raise InputError(of, key, float(odd[0]), "finite numbers")
    return found
