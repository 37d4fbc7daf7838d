"""Frictions alone: the case with no reason to want a seat, so that law, openings and habit are all there is.

It is the baseline that knows what the model knows of the law: the same acts, the same risk set, the same likelihood,
and no term. What the model gains over it is what its terms say.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Floats
from tashkent.calibration.likelihood import Design, design
from tashkent.calibration.posterior import posterior
from tashkent.calibration.riskset import RiskSet
from tashkent.model.case import Case
from tashkent.model.simulate import simulate

#: runs from which P(in) is counted: they add at most 0.25 / 300 to a Brier score
RUNS = 300


@lru_cache(maxsize=8)
def frictions_alone(case: Case) -> Case:
    """The case without a single weight; frictions, law, openings and record are as they were."""
    return case.varied(parameters={n: p for n, p in case.parameters.items() if p.role != "weight"})


def design_of_frictions(case: Case, rows: RiskSet) -> Design:
    """Some rows of the risk set of a case, written in its frictions alone."""
    whole = design(frictions_alone(case))
    keys = _keys(case, whole.rows)
    order = np.argsort(keys)
    return whole.where(order[np.searchsorted(keys[order], _keys(case, rows))])


def _keys(case: Case, rows: RiskSet) -> NDArray[np.intp]:
    """A number for each row: a state has one choice in a month and club; shape (rows,)."""
    states, clubs = len(case.state_ids), len(case.clubs)
    return np.asarray((rows.month * states + rows.state) * clubs + rows.club)


@lru_cache(maxsize=32)
def p_in_by_frictions(case: Case, *, seed: int, start: int, runs: int = RUNS) -> Floats:
    """P(in) in runs of the frictions alone from the record at `start`, fitted as the model is; shape (T, S, C)."""
    bare = frictions_alone(case)
    draws = posterior(bare).draws(runs=runs, seed=seed)
    return simulate(bare, draws, seed=seed, start=start).p_in
