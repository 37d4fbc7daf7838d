"""Turns: since when a seat has been worth having, or not, by the record, and the reason that turned it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.model.case import Case
from tashkent.model.choices import record_standing
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case
from tashkent.model.inputs import CaseInputs

#: the months that are looked back for the one in which the worth of a seat turned
LOOK_BACK = 120


@dataclass(frozen=True)
class Turn:
    """The month in which the worth of a seat changed its sign, and the term that moved most that way."""

    club: str
    month: str
    #: of the seat now, the median over draws
    worth: float
    term: str
    #: what the term added to the worth in the month before and in that month, medians over draws
    before: float
    after: float

    @property
    def change(self) -> float:
        """How far the term moved the worth, in log-odds."""
        return self.after - self.before


@lru_cache(maxsize=1024)
def _recorded_terms(case: Case, t: int) -> Floats:
    """The features of the terms in alphabetical order where the record stands before month `t`, shape (terms, S, C)."""
    inputs = compile_case(case)
    terms = inputs.terms(t, record_standing(inputs, t))
    values = np.zeros((len(inputs.theory), *inputs.open_to.shape[1:]))
    for i, name in enumerate(sorted(inputs.theory)):
        values[i] = terms.get(name, 0.0)
    values.flags.writeable = False
    return values


def turn_of(
    inputs: CaseInputs, t: int, s: int, c: int, parameters: Mapping[str, Floats]
) -> Turn | None:
    """Since when the median worth of a seat has had its sign, and the term that moved it most in that month.

    Parameters
    ----------
    inputs
        The case, compiled.
    t, s, c
        Month since the start of the case, state and club.
    parameters
        Weights by name, each of shape (draws,).
    """
    lowest = max(0, t - LOOK_BACK) + 1
    missing = np.flatnonzero(~inputs.exists[lowest:t, c])
    first = lowest + int(missing[-1]) + 1 if missing.size else lowest
    names = sorted(inputs.theory)
    values = np.array([_recorded_terms(inputs.case, at)[:, s, c] for at in range(first, t + 1)])
    weights = np.array([parameters[name] for name in names])
    worth = np.median(values @ weights, axis=1)
    other = np.flatnonzero(np.sign(worth[:-1]) != np.sign(worth[-1]))
    if not other.size:
        return None
    last = int(other[-1])
    before, after = np.median(values[last : last + 2, :, np.newaxis] * weights, axis=2)
    which = int(np.argmax(np.sign(worth[-1]) * (after - before)))
    return Turn(
        club=tuple(inputs.case.clubs)[c],
        month=month_label(inputs.case.months[first + last + 1]),
        worth=float(worth[-1]),
        term=names[which],
        before=float(before[which]),
        after=float(after[which]),
    )
