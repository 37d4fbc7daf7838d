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
def _recorded_terms(case: Case, t: int) -> tuple[tuple[str, ...], Floats]:
    """Names of terms, and their features where the record stands before month `t`, shape (terms, S, C)."""
    inputs = compile_case(case)
    terms = inputs.terms(t, record_standing(inputs, t))
    shape = inputs.open_to.shape[1:]
    values = np.array([np.broadcast_to(feature, shape) for feature in terms.values()])
    values.flags.writeable = False
    return tuple(terms), values


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

    def parts(at: int) -> dict[str, Floats]:
        names, values = _recorded_terms(inputs.case, at)
        return {n: parameters[n] * v for n, v in zip(names, values[:, s, c], strict=True)}

    def worth(of: dict[str, Floats]) -> float:
        return _median(np.sum(list(of.values()), axis=0))

    later = parts(t)
    now = worth(later)
    for at in range(t - 1, max(0, t - LOOK_BACK), -1):
        if not inputs.exists[at, c]:
            return None
        earlier = parts(at)
        if np.sign(worth(earlier)) != np.sign(now):
            none = np.zeros(1)
            moved = {
                n: (_median(earlier.get(n, none)), _median(later.get(n, none)))
                for n in sorted({*later, *earlier})
            }
            term = max(moved, key=lambda n: np.sign(now) * (moved[n][1] - moved[n][0]))
            label = month_label(inputs.case.months[at + 1])
            return Turn(tuple(inputs.case.clubs)[c], label, now, term, *moved[term])
        later = earlier
    return None


def _median(values: Floats) -> float:
    return float(np.median(values))
