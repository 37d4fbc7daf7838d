"""Where the evidence of a case is thin: state-years whose measures rest mostly on what is filled."""

from itertools import groupby

from tashkent.model.case import Case
from tashkent.model.case.tables import READ, TIE

#: standard error from which a composite is thin: of three parts about two were never measured (0.47)
THIN_SD = 0.4


def thin_years(case: Case) -> dict[str, list[tuple[int, int]]]:
    """Stretches of years in which a tie, the means or the autonomy of a state has an error of `THIN_SD` or more.

    By state, first and last year of each; states without such a year are left out. What was typed in with an error of
    0 counts as measured.
    """
    years: dict[str, set[int]] = {}
    used = range(case.start // 12, case.end // 12 + 1)
    for row in case.composites:
        formulas_read = row.variable in READ or row.variable.startswith(TIE)
        if formulas_read and row.sd >= THIN_SD and row.year in used:
            years.setdefault(row.state, set()).add(row.year)
    return {state: _stretches(years[state]) for state in case.deciders if state in years}


def _stretches(years: set[int]) -> list[tuple[int, int]]:
    """Years in a row as first and last.

    Examples
    --------
    >>> _stretches({1992, 1993, 1994, 2000})
    [(1992, 1994), (2000, 2000)]
    """
    found = []
    for _, run in groupby(enumerate(sorted(years)), key=lambda at: at[1] - at[0]):
        kept = [year for _, year in run]
        found.append((kept[0], kept[-1]))
    return found


def thin_words(case: Case) -> str:
    """The same in words; how many state-years of all, and which."""
    found = thin_years(case)
    number = sum(last - first + 1 for spans in found.values() for first, last in spans)
    of = len(case.deciders) * (case.end // 12 - case.start // 12 + 1)
    named = "; ".join(
        f"{state} {', '.join(str(a) if a == b else f'{a}-{b}' for a, b in spans)}"
        for state, spans in found.items()
    )
    return f"{number} of {of} state-years{f' ({named})' if named else ''}"
