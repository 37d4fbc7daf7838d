"""Outcomes of a design: measures that are looked at in each run, one number of each.

How they are written says `calibration.measures.reading`; docs/measures.md has them all.

States are those that decide; the patron's seats follow the record. Dates are years and twelfths: 1999.25 is April 1999.
A value is NaN where there is nothing to say: no first exit, no club of that name in the world.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.calibration.measures.measure import KINDS, Measure
from tashkent.calibration.measures.reading import MEASURE, read_particulars, where
from tashkent.calibration.patterns import OfPattern
from tashkent.model.case import Case
from tashkent.model.errors import InputError, unknown
from tashkent.model.record import Ensemble

#: file and key of an error where none are given
ASKED = ("outcomes", "outcome")


def outcome_words() -> tuple[str, ...]:
    """The words of all measures that any runs can be asked for; a pattern of the case comes last."""
    words = [word for word, kind in KINDS.items() if issubclass(kind, Measure)]
    return (*(word for word in words if word != OfPattern.kind), OfPattern.kind)


def read_outcome(
    given: str | Mapping[str, object], case: Case, file: str = ASKED[0], key: str = ASKED[1]
) -> Measure:
    """An outcome of a case from a short text or a table.

    Raises
    ------
    InputError
        In one line, with `file` and `key`, if it names what does not exist or is not written as one.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> read_outcome("in(UZB, CST, 2012-12)", load_case("cst")).name
    'in(UZB, CST, 2012-12)'
    >>> read_outcome("in(Uzbekistan, cst, 2012-12)", load_case("cst")).name
    'in(UZB, CST, 2012-12)'
    """
    words = outcome_words()
    found = read_particulars(given, file, key, words)
    if not isinstance(found, Measure):
        raise unknown(file, f"{key}.{MEASURE}", found.kind, words)
    found = found.in_codes(case)
    found.check(case, file, where(key, type(found)))
    return found


def read_outcomes(
    given: Iterable[str | Mapping[str, object]],
    case: Case,
    file: str = ASKED[0],
    key: str = ASKED[1],
) -> tuple[Measure, ...]:
    """Several outcomes, each once.

    Raises
    ------
    InputError
        If there is none, one stands twice, or one cannot be read.
    """
    found: dict[str, Measure] = {}
    for number, one in enumerate(given, start=1):
        outcome = read_outcome(one, case, file, f"{key} {number}")
        if outcome.name in found:
            raise InputError(file, f"{key} {number}", outcome.name, "each outcome once")
        found[outcome.name] = outcome
    if not found:
        raise InputError(file, key, "none", "one outcome at least")
    return tuple(found.values())


def horizon(outcomes: Iterable[Measure], case: Case) -> int:
    """The last month that any of some outcomes needs: runs may stop there."""
    months = [outcome.until for outcome in outcomes]
    return min(case.end, max(case.end if month is None else month for month in months))


def measured(outcomes: Iterable[Measure], ensemble: Ensemble) -> Floats:
    """All outcomes of all runs, shape (R, outcomes)."""
    return np.stack([outcome(ensemble) for outcome in outcomes], axis=1)
