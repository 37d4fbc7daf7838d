"""What a regression on the same inputs makes of the record: a discrete-time logit with the baselines' steps.

Every choice is one row. Its columns are what the state is shown in that month (ties, threats, own means, autonomy,
leverage, offers, credibility, the reach of the club), with the sign turned for exits so that a positive coefficient
speaks for being in, once for clubs that the patron leads and once for others; and a step for each cell of the
structural baseline. Coefficients of inputs are shrunk towards zero (ridge); how far is chosen within the training
states, by leaving groups of them out in turn.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration.baselines import backed_off, log_scores, structural_steps
from tashkent.calibration.riskset import CHOICES, RiskSet
from tashkent.model.case import Case
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.compilation import compile_case

#: prior standard deviations of a coefficient among which the training states choose
WIDTHS = (0.03, 0.1, 0.3, 1.0)
#: and that of a step, which is hardly shrunk
STEP_WIDTH = 5.0
#: groups of training states that are left out in turn
GROUPS = 5
#: steps of Newton's method at most
NEWTON = 50


@lru_cache(maxsize=8)
def shown(case: Case) -> tuple[tuple[str, ...], Floats]:
    """What a state is shown in a month, by name: shape (T, S, inputs)."""
    inputs = compile_case(case)
    now = inputs.situation
    found: dict[str, Floats] = {f"tie {p}": now.tie[..., i] for i, p in enumerate(case.sponsors)}
    found |= {f"threat {k}": now.threat[..., i] for i, k in enumerate(case.threats)}
    shape = (len(case.months), len(case.states))
    means = np.zeros(shape)
    years = np.array([m // MONTHS_PER_YEAR for m in case.months])
    for row in case.composites:
        if row.variable == "means":
            means[years == row.year, case.state_ids.index(row.state)] = row.value
    found |= {
        "means": means,
        "autonomy": now.autonomy,
        "leverage": now.leverage,
        "offers": now.offer.sum(axis=-1),
        "credibility": now.credibility.mean(axis=-1),
    }
    return tuple(found), np.stack(list(found.values()), axis=-1)


def columns(case: Case, rows: RiskSet) -> Floats:
    """The inputs of each choice, once for clubs of the patron and once for others: shape (rows, 2 * (inputs + 1))."""
    inputs = compile_case(case)
    measured = shown(case)[1][rows.month, rows.state]
    reach = inputs.situation.reach[rows.month, rows.club]
    sign = np.where(rows.choice == CHOICES.index("exit"), -1.0, 1.0)
    mine = np.column_stack([measured, reach]) * sign[:, None]
    led = inputs.situation.clubs.patron_led[rows.club][:, None]
    return np.concatenate([mine * led, mine * ~led], axis=1)


def ridge_logit(
    x: Floats, done: Bools, steps: NDArray[np.intp], width: float
) -> tuple[Floats, Floats]:
    """Coefficients of columns and of steps, by Newton's method; `width` is the prior standard deviation of the former.

    The maximum of ``log L - sum of coefficient^2 / (2 width^2)``. `x` has shape (rows, columns), `done` and `steps`
    (each row's step, from 0) shape (rows,); coefficients are log-odds per unit of a column, shape (columns,), and of
    each step, shape (steps,).

    It is written here because no library of the project does it as it is needed: columns and steps are shrunk by
    different widths, and thousands of small fits are made (each choice of a width in each permutation). statsmodels'
    ``fit_regularized`` takes a penalty for each coefficient and finds the same maximum, which a test compares, but at
    thirty times the cost; scikit-learn has one penalty for all, and would be a dependency for this alone.
    """
    size = int(steps.max()) + 1
    design = np.concatenate([x, np.eye(size)[steps]], axis=1)
    penalty = np.full(design.shape[1], STEP_WIDTH**-2)
    penalty[: x.shape[1]] = width**-2
    rate = (np.bincount(steps, done, size) + 0.5) / (np.bincount(steps, minlength=size) + 1.0)
    found = np.concatenate([np.zeros(x.shape[1]), logit(rate)])

    def loss(b: Floats) -> float:
        z = design @ b
        return float(np.logaddexp(0.0, z).sum() - z[done].sum() + 0.5 * penalty @ b**2)

    now = loss(found)
    for _ in range(NEWTON):
        p = expit(design @ found)
        gradient = design.T @ (p - done) + penalty * found
        hessian = (design * (p * (1 - p))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        size_of_step = 1.0
        while loss(found - size_of_step * step) > now and size_of_step > 1e-4:
            size_of_step /= 2
        found = found - size_of_step * step
        before, now = now, loss(found)
        if before - now < 1e-9:
            break
    return found[: x.shape[1]], found[x.shape[1] :]


def predict_logit(case: Case, train: RiskSet, test: RiskSet) -> Floats:
    """Probability that the state of each test row does what its row offers, shape (rows,)."""
    states = np.unique(train.state)
    groups = np.array_split(states, min(GROUPS, len(states)))
    scores = np.zeros(len(WIDTHS))
    if len(states) > 1:
        for group in groups:
            out = np.isin(train.state, group)
            inner, held = train.where(~out), train.where(out)
            for i, width in enumerate(WIDTHS):
                p = _fitted(case, inner, held, width)
                scores[i] += log_scores(p, held).sum()
    return _fitted(case, train, test, WIDTHS[int(np.argmax(scores))])


def _fitted(case: Case, train: RiskSet, test: RiskSet, width: float) -> Floats:
    x, x_test = columns(case, train), columns(case, test)
    mean, sd = x.mean(axis=0), x.std(axis=0)
    used = sd > 1e-9
    x = (x[:, used] - mean[used]) / sd[used]
    x_test = (x_test[:, used] - mean[used]) / sd[used]
    cells, inverse = np.unique(structural_steps(train), return_inverse=True)
    slopes, steps = ridge_logit(x, train.done, inverse, width)
    where = np.searchsorted(cells, structural_steps(test))
    known = (where < len(cells)) & (
        cells[np.minimum(where, len(cells) - 1)] == structural_steps(test)
    )
    rate = backed_off(train, test)  # a cell that no training row is in
    level = np.where(known, steps[np.minimum(where, len(cells) - 1)], logit(rate))
    z = level + x_test @ slopes
    return np.asarray(np.clip(expit(z), 1e-12, 1 - 1e-12))
