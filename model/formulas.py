"""The formulas of terms, called with care: whatever goes wrong in one of one's own is a line with file and term.

Shipped terms are tested and are called as they are. What a formula of one's own is shown cannot be written to, and
holds of what differs between runs only what its decorator says that it reads.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, get_args

import numpy as np

from tashkent.agents.situation import Floats, Situation, read_only
from tashkent.agents.terms import Read, Term
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.errors import InputError
from tashkent.model.guarded import guarded

#: what of a situation differs between runs
_READS: tuple[str, ...] = get_args(Read)
_FIELDS = {field.name for field in fields(Situation)}


def of_months(case: Case, name: str, now: Situation) -> Floats:
    """A term in every month of a case, shape (T, S, C), in its own unit; `now` has months first.

    Raises
    ------
    InputError
        If a formula of one's own cannot be used, or a value is not finite.
    """
    term = case.terms[name]
    shape = (*now.autonomy.shape, len(now.clubs.guarantees))
    if not term.file:
        values = np.asarray(term.formula(now))
    else:
        values = _evaluated(term, now, [shape])
        if not np.array_equal(values, _evaluated(term, now, [shape]), equal_nan=True):
            allowed = "a formula that gives the same each time it is asked"
            raise InputError(term.file, name, "other values each time", allowed)
        if term.where:
            _check_where(term, now, values)
    _check_finite(case, term, values, 0, 0)
    return values


def of_month(case: Case, name: str, now: Situation, t: int, clubs: slice) -> Floats:
    """A term in month `t` and some clubs, as `now` stands in runs or in the record, shape (..., S, clubs).

    Raises
    ------
    InputError
        If a formula of one's own cannot be used, or gives a value that is not finite.
    """
    term = case.terms[name]
    if not term.file:
        return term.formula(now)
    assert now.seat is not None
    shape = now.seat.shape
    values = _evaluated(term, now, [shape, shape[-2:]])
    _check_finite(case, term, values, t, clubs.start)
    return values


def _evaluated(term: Term, now: Situation, shapes: Sequence[tuple[int, ...]]) -> Floats:
    """What a formula of one's own gives, which must be numbers of one of some shapes."""
    shown = _Shown(term, now)
    found = guarded(
        lambda: term.formula(shown),  # type: ignore[arg-type]
        term.file,
        lambda words: InputError(term.file, term.name, words, "a formula that runs"),
    )
    try:
        values = np.asarray(found)
    except ValueError:
        values = np.asarray(None)
    words = " or ".join(str(shape).replace(" ", "") for shape in dict.fromkeys(shapes))
    allowed = f"an array of numbers of shape (..., states, clubs), here {words}"
    if values.dtype.kind not in "biuf":
        raise InputError(term.file, term.name, f"{type(found).__name__} of no numbers", allowed)
    if values.shape not in shapes:
        said = f"shape {values.shape}".replace(", ", ",")
        raise InputError(term.file, term.name, said, allowed)
    return values


def _check_finite(case: Case, term: Term, values: Floats, t: int, club: int) -> None:
    """Refuse what is not finite; `values` begin with month `t`, if they have months, and with a club."""
    finite = np.isfinite(values)
    if finite.all():
        return
    at = tuple(int(i) for i in np.argwhere(~finite)[0])
    month = at[0] if values.ndim > 2 and not t else t
    where = f"{case.state_ids[at[-2]]} in {tuple(case.clubs)[club + at[-1]]}"
    key = f"{term.name} ({where}, {month_label(case.start + month)})"
    raise InputError(term.file or case.id, key, float(values[at]), "a finite number")


def _check_where(term: Term, now: Situation, values: Floats) -> None:
    """Refuse a formula that in other clubs than it says reads what differs between runs, or asks clubs by number.

    `now` is every month with nobody in, `values` is what the formula gives there, shape (T, S, C).
    """
    traits = now.clubs
    for c in range(len(traits.guarantees)):
        here = slice(c, c + 1)
        part = _evaluated(term, now.of_clubs(here), [(*values.shape[:-1], 1)])
        if not np.allclose(part, values[..., here], equal_nan=True):
            said = f"where={term.where!r}, and values of a club that depend on other clubs"
            raise InputError(term.file, term.name, said, "no where")
    every = np.ones(len(traits.guarantees), bool)
    stirred = list(np.diag(every)) if term.where == "active" else [every]
    for clubs in stirred:
        seat = np.broadcast_to(clubs, values.shape)
        other = replace(
            now,
            seat=seat,
            held=seat,
            gap=seat.astype(int),
            left=seat,
            courted=seat,
            sanctioned=seat,
            noticed=seat,
        )
        outside = ~(clubs if term.where == "active" else getattr(traits, term.where))
        found = _evaluated(term, other, [values.shape])[..., outside]
        if not np.array_equal(found, values[..., outside], equal_nan=True):
            said = f"where={term.where!r}, and other clubs in which runs change it"
            raise InputError(term.file, term.name, said, "another where, or none")


class _Shown:
    """A situation as a formula of one's own is shown it: to be read, and of runs no more than it says it reads."""

    def __init__(self, term: Term, now: Situation) -> None:
        self._term, self._now = term, now

    def __getattr__(self, name: str) -> Any:
        term = self._term
        if name not in _FIELDS:
            raise AttributeError(f"a situation has no attribute {name!r}")
        if name in _READS and name not in term.reads:
            declared = ", ".join(sorted({*term.reads, name}))
            allowed = f"reads={tuple(declared.split(', '))!r} in its decorator"
            raise InputError(term.file, term.name, f"reads {name} undeclared", allowed)
        return read_only(getattr(self._now, name))
