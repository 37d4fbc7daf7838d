"""Outcomes of a design: measures that are looked at in each run, one number of each.

How they are written says `calibration.measures.reading`; docs/measures.md has them all.

States are those that decide; the patron's seats follow the record. Dates are years and twelfths: 1999.25 is April 1999.
A value is NaN where there is nothing to say: no first exit, no club of that name in the world.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.calibration.measures.measure import KINDS, Measure
from tashkent.calibration.measures.reading import MEASURE, read_particulars, where
from tashkent.calibration.patterns import OfPattern
from tashkent.model.case import Case
from tashkent.model.clock import MONTHS_PER_YEAR, month_label, parse_month
from tashkent.model.errors import InputError, unknown
from tashkent.model.record import Ensemble

#: file and key of an error where none are given
ASKED = ("outcomes", "outcome")
#: from a month to a month, every so many months or years, as ISO 8601 writes it
REPEATED = re.compile(r"(\d{4}-\d{2})/(\d{4}-\d{2})/P(\d{1,3})([MY])")


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
    """Several outcomes, each once; a repeated month as in ISO 8601, ``1992-12/2012-12/P1Y``, makes one for each.

    Raises
    ------
    InputError
        If there is none, one stands twice, or one cannot be read.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> found = read_outcomes(["in(UZB, CST, 1998-12/2000-12/P1Y)"], load_case("cst"))
    >>> [outcome.name for outcome in found]
    ['in(UZB, CST, 1998-12)', 'in(UZB, CST, 1999-12)', 'in(UZB, CST, 2000-12)']
    """
    found: dict[str, Measure] = {}
    for number, one in enumerate(given, start=1):
        for each in _month_by_month(one, file, f"{key} {number}"):
            outcome = read_outcome(each, case, file, f"{key} {number}")
            if outcome.name in found:
                raise InputError(file, f"{key} {number}", outcome.name, "each outcome once")
            found[outcome.name] = outcome
    if not found:
        raise InputError(file, key, "none", "one outcome at least")
    return tuple(found.values())


def _month_by_month(
    given: str | Mapping[str, object], file: str, key: str
) -> Iterator[str | Mapping[str, object]]:
    """An outcome as it is given, or once for each month of the interval that it names."""
    text = given if isinstance(given, str) else " ".join(map(str, given.values()))
    repeated = REPEATED.findall(text)
    if not repeated:
        yield given
        return
    if len(repeated) > 1:
        raise InputError(file, key, text, "one repeated month at most")
    (begin, end, count, unit), place = repeated[0], REPEATED.search(text)
    try:
        low, high = parse_month(begin), parse_month(end)
    except ValueError as error:
        raise InputError(file, key, text, str(error)) from None
    step = int(count) * (MONTHS_PER_YEAR if unit == "Y" else 1)
    if not low <= high or not step:
        allowed = "from a month to a later one by months or years, as 1992-12/2012-12/P1Y"
        raise InputError(file, key, place[0] if place else text, allowed)
    for month in range(low, high + 1, step):
        label = month_label(month)
        if isinstance(given, str):
            yield REPEATED.sub(label, given)
        else:
            yield {k: REPEATED.sub(label, v) if isinstance(v, str) else v for k, v in given.items()}


def horizon(outcomes: Iterable[Measure], case: Case) -> int:
    """The last month that any of some outcomes needs: runs may stop there."""
    months = [outcome.until for outcome in outcomes]
    return min(case.end, max(case.end if month is None else month for month in months))


def measured(outcomes: Iterable[Measure], ensemble: Ensemble) -> Floats:
    """All outcomes of all runs, shape (R, outcomes)."""
    return np.stack([outcome(ensemble) for outcome in outcomes], axis=1)
