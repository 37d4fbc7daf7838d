"""What knows no mechanism: constant hazards, a renewal step, all structural steps, and nobody moves.

A baseline gives every row of the risk set a probability from counts in cells: ``(done + 0.5) / (rows + 1)`` (Jeffreys).
What differs is the cells. All see the same rows as the model, so a club that is closed is a risk for nobody.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from agents.situation import Bools, Floats
from calibration.riskset import CHOICES, RiskSet

Cells = Callable[[RiskSet], NDArray[np.intp]]
_RENEW, _EXIT = CHOICES.index("renew"), CHOICES.index("exit")


def constant_hazards(rows: RiskSet) -> NDArray[np.intp]:
    """One rate of accession and one of exit for each club; a renewal counts as a month like others."""
    out = (rows.choice != CHOICES.index("accede")).astype(np.intp)
    return rows.club * 2 + out


def renewal_step(rows: RiskSet) -> NDArray[np.intp]:
    """Constant hazards, and a rate of its own for renewals."""
    return rows.club * 3 + rows.choice


def structural_steps(rows: RiskSet) -> NDArray[np.intp]:
    """A renewal step, and steps for founding days and opening windows."""
    phase = np.where(rows.founding, 2, np.where(rows.window, 1, 0))
    phase = np.where(rows.choice == CHOICES.index("accede"), phase, 0)
    return (rows.club * 3 + rows.choice) * 3 + phase


BASELINES: Mapping[str, Cells] = {
    "constant hazards": constant_hazards,
    "renewal step": renewal_step,
    "structural steps": structural_steps,
}


def stays_out_or_leaves(rows: RiskSet) -> Bools:
    """Whether doing it changes nothing: a renewal that is signed keeps the seat where it is."""
    return rows.choice == _RENEW


def predict(cells: Cells, train: RiskSet, test: RiskSet) -> Floats:
    """Probability that the state of each test row does what its row offers, from rates in the training rows.

    For cells that mix renewals with exits, the rate is that of leaving.
    """
    size = int(max(cells(train).max(), cells(test).max())) + 1
    where = cells(train)
    mixes = _mixes_renewals(cells)
    event = _leaves(train) if mixes else train.done
    rate = (np.bincount(where[event], minlength=size) + 0.5) / (np.bincount(where, minlength=size) + 1.0)
    p = rate[cells(test)]
    return np.where(stays_out_or_leaves(test), 1.0 - p, p) if mixes else p


def _mixes_renewals(cells: Cells) -> bool:
    return cells is constant_hazards


def _leaves(rows: RiskSet) -> Bools:
    return np.where(stays_out_or_leaves(rows), ~rows.done, rows.done)


def log_scores(p: Floats, rows: RiskSet) -> Floats:
    """Log probability of what each row's state did."""
    return np.log(np.where(rows.done, p, 1.0 - p))
