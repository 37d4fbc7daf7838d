"""The parameters as far as priors and the record up to the fit's end tell them: a sample, or a normal approximation.

The log posterior is the sum of the normal priors of the case's table and the likelihood of the rows up to
`Case.fit_until`. A sample of it (`calibration.sample`) stands beside the case; if there is none, or it is of another
version of the case, Laplace's approximation takes its place: draws come from the normal distribution at the mode with
the inverse negative Hessian there as covariance. Where every choice has one route the log posterior is concave, and
Newton's method finds the mode with the exact Hessian. Where an exit has two it need not be: the mode is found by BFGS
with the exact gradient, whose central differences are the Hessian.
"""

import hashlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from tashkent.agents.situation import Floats
from tashkent.calibration.likelihood import Design, fit_rows, fitted_names
from tashkent.calibration.shipped import OTHER_THEORY, read
from tashkent.model.arguments import run_of, runs_of, seed_of
from tashkent.model.case import Case, as_case
from tashkent.model.counterfactual import parameters_of
from tashkent.model.draws import normal, once
from tashkent.model.errors import InputError
from tashkent.model.parameters import ParameterDraws
from tashkent.model.plain import notebook_html
from tashkent.model.source import code_digest

_LOG = logging.getLogger("tashkent")
LAPLACE = "normal approximation at the mode (Laplace)"
#: most steps of Newton's method, the least share of one that is tried, and the slope at which it ends
NEWTON = 100
SMALLEST_STEP = 1e-8
FLAT = 1e-9
#: what is allowed where no fit is found
FITS = "priors and inputs with which the record gives one mode"


@dataclass(frozen=True, eq=False)
class Posterior(ABC):
    """What is known of the fitted parameters; council parameters and unscored frictions stay at their priors."""

    case: Case
    names: tuple[str, ...]
    #: where the draws come from, in a line
    origin: str

    def __repr__(self) -> str:
        """A line: of which case, how many parameters, and where the draws come from."""
        return (
            f"<{type(self).__name__} {self.case.id}: {len(self.names)} parameters, {self.origin}>"
        )

    def _repr_html_(self) -> str:
        """What a notebook shows: prior beside posterior."""
        return notebook_html(self, self.table())

    def table(self) -> pd.DataFrame:
        """Prior beside posterior, a row a parameter: parameter, role, means and standard deviations of both, unit.

        What the record does not inform keeps its prior and has no posterior: NaN.
        """
        rows = self.case.drawn
        mean = dict(zip(self.names, self.mean, strict=True))
        sd = dict(zip(self.names, self.sd, strict=True))
        return pd.DataFrame(
            {
                "parameter": list(rows),
                "role": [p.role for p in rows.values()],
                "prior_mean": [p.mean for p in rows.values()],
                "prior_sd": [p.sd for p in rows.values()],
                "posterior_mean": [mean.get(name) for name in rows],
                "posterior_sd": [sd.get(name) for name in rows],
                "unit": [p.unit for p in rows.values()],
            }
        ).astype({"posterior_mean": float, "posterior_sd": float})

    @property
    @abstractmethod
    def mean(self) -> Floats:
        """Means, shape (P,)."""

    @property
    @abstractmethod
    def sd(self) -> Floats:
        """Standard deviations, shape (P,)."""

    @abstractmethod
    def fitted(self, runs: int, seed: int, first_run: int) -> Floats:
        """One draw of the fitted parameters for each run, shape (P, runs)."""

    def draws(self, *, runs: int, seed: int, first_run: int = 0) -> ParameterDraws:
        """One draw for each run, by name, each of shape (runs,); run r gets the same in any ensemble.

        Raises
        ------
        InputError
            If runs, seed or first run are not whole numbers that can be.
        """
        runs, seed = runs_of(runs, "draws"), seed_of(seed, "draws")
        first_run = run_of(first_run, "draws")
        found = dict(zip(self.names, self.fitted(runs, seed, first_run), strict=True))
        for name, parameter in self.case.drawn.items():
            if name not in found:
                sd = parameter.sd or 0.0
                found[name] = parameter.mean + sd * normal(seed, ("prior", name), first_run, runs)
        return ParameterDraws.from_mapping(found)


@dataclass(frozen=True, eq=False, repr=False)
class Sample(Posterior):
    """Draws of the posterior; each run takes one of them at random."""

    #: shape (draws, P)
    values: Floats

    @property
    def mean(self) -> Floats:
        """Means over the draws, shape (P,)."""
        return np.asarray(self.values.mean(axis=0))

    @property
    def sd(self) -> Floats:
        """Standard deviations over the draws, shape (P,)."""
        return np.asarray(self.values.std(axis=0, ddof=1))

    def fitted(self, runs: int, seed: int, first_run: int) -> Floats:
        """Draws with replacement, shape (P, runs).

        Run r takes number ``floor(u_r * draws)``, u_r of the stream "posterior".
        """
        u = once(seed, ("posterior",), first_run, runs)
        taken = np.minimum(u * len(self.values), len(self.values) - 1).astype(int)
        return np.asarray(self.values[taken].T)


@dataclass(frozen=True, eq=False, repr=False)
class Laplace(Posterior):
    """The normal distribution with mode and curvature of the posterior."""

    mode: Floats
    covariance: Floats
    log_posterior: float

    @property
    def mean(self) -> Floats:
        """The mode, which is the mean of a normal distribution, shape (P,)."""
        return self.mode

    @property
    def sd(self) -> Floats:
        """Square roots of the covariance's diagonal, shape (P,)."""
        return np.sqrt(np.diag(self.covariance))

    def fitted(self, runs: int, seed: int, first_run: int) -> Floats:
        """Draws ``mode + root @ z``, shape (P, runs), with ``root @ root.T`` the covariance."""
        z = np.stack([normal(seed, ("posterior", n), first_run, runs) for n in self.names])
        root = np.linalg.cholesky(self.covariance)
        fitted = np.repeat(self.mode[:, None], runs, axis=1)
        for i in range(len(self.names)):  # not a matrix product: the sum must not depend on `runs`
            for j in range(i + 1):
                fitted[i] = fitted[i] + root[i, j] * z[j]
        return fitted


def fit(case: Case, rows: Design | None = None, without: Sequence[str] = ()) -> Laplace:
    """Laplace's approximation given some rows of the record: by default all up to the fit's last month.

    `without` names parameters that are held at zero (a term left out of the theory).

    Raises
    ------
    InputError
        If no mode is found or the posterior is not peaked there.
    """
    from scipy.optimize import minimize

    rows = fit_rows(case) if rows is None else rows
    names = fitted_names(case)
    prior = [case.parameters[name] for name in names]
    mean = np.array([0.0 if n in without else p.mean for n, p in zip(names, prior, strict=True)])
    sd = np.array([1e-6 if n in without else p.sd for n, p in zip(names, prior, strict=True)])

    def objective(x: Floats) -> tuple[float, Floats]:
        """Negative log posterior and gradient, shape (P,), at `x`, shape (P,), in prior standard deviations."""
        value, gradient = rows.log_likelihood(mean + sd * x)
        return 0.5 * float(x @ x) - value, x - sd * gradient

    def curvature(x: Floats) -> Floats:
        """The Hessian of the objective, shape (P, P); exact without exits that had two routes."""
        return np.eye(len(x)) + rows.curvature(mean + sd * x) * np.outer(sd, sd)

    # Far from the mode chances overflow; whether it is one is seen below.
    with np.errstate(all="ignore"):
        if rows.has_two_routes:
            start = np.zeros(len(names))
            found = minimize(objective, start, jac=True, method="BFGS", options={"gtol": 1e-6})
            mode = found.x
            hessian = _derivative(lambda x: objective(x)[1], mode)
        else:
            mode, hessian = _newton(objective, curvature, len(names))
        least, slope = objective(mode)
    if not np.abs(slope).max() <= 1e-3:
        raise InputError(case.id, "fit", "no mode of the posterior is found", FITS)
    if not np.isfinite(hessian).all() or np.linalg.eigvalsh(hessian).min() <= 0:
        raise InputError(case.id, "fit", "the posterior is not peaked at its mode", FITS)
    covariance = np.linalg.inv(hessian) * np.outer(sd, sd)
    return Laplace(case, names, LAPLACE, mean + sd * mode, covariance, -least)


def _newton(
    objective: Callable[[Floats], tuple[float, Floats]],
    curvature: Callable[[Floats], Floats],
    size: int,
) -> tuple[Floats, Floats]:
    """The minimum of a convex function from zero on, shape (P,), and its Hessian there, by Newton's method.

    A step that goes too far is halved until the function has fallen.
    """
    x = np.zeros(size)
    value, gradient = objective(x)
    for _ in range(NEWTON):
        step, share = np.linalg.solve(curvature(x), gradient), 1.0
        while not (found := objective(x - share * step))[0] <= value and share > SMALLEST_STEP:
            share /= 2
        x, fallen = x - share * step, value - found[0]
        value, gradient = found
        if np.abs(gradient).max() < FLAT or not fallen > 0:
            break
    return x, curvature(x)


def posterior(case: Case | str) -> Posterior:
    """The posterior of a case on its whole record up to `Case.fit_until`: the sample beside it, if it is of this case.

    Otherwise Laplace's approximation, whose `origin` says why. The same case gives the same object.

    Parameters
    ----------
    case
        A case, or the name or folder of one.

    Raises
    ------
    InputError
        If the case cannot be read or has no fit.
    """
    return _posterior(as_case(case))


@lru_cache(maxsize=8)
def _posterior(case: Case) -> Posterior:
    found = read(case)
    if isinstance(found, str):
        advice = "" if found == OTHER_THEORY else "; `tashkent calibrate` makes one"
        known: Posterior = replace(fit(case), origin=f"{LAPLACE}: {found}{advice}")
    else:
        origin = f"sample of {len(found.values):,} draws (MCMC)"
        known = Sample(case, found.names, origin, found.values)
    _LOG.info("posterior: %s", known.origin)
    return known


def run_parameters(case: Case, *, runs: int, seed: int, first_run: int = 0) -> ParameterDraws:
    """The parameters of runs: a draw of the posterior for each; run r gets the same in any ensemble.

    A counterfactual case runs with those of the case as it is, on whose record they are fitted.

    Raises
    ------
    InputError
        If runs, seed or first run are not whole numbers that can be.
    """
    of = case.changed.of if case.changed else case
    return parameters_of(case, posterior(of).draws(runs=runs, seed=seed, first_run=first_run))


def posterior_hash(fitted: Posterior) -> str:
    """A digest of a posterior: of a sample's draws, and of what an approximation was asked for.

    A fit differs in its last bits from one kernel of the linear algebra to another, and is the same fit. Draws are
    those of the file, whatever adds them up.
    """
    digest = hashlib.sha256(" ".join(fitted.names).encode())
    if isinstance(fitted, Sample):
        digest.update(np.ascontiguousarray(fitted.values, "<f8").tobytes())
    else:
        digest.update(fitted.case.hash.encode() + code_digest("agents", "model", "calibration"))
    return digest.hexdigest()


def _derivative(gradient: object, x: Floats, step: float = 1e-4) -> Floats:
    """The symmetric Jacobian of a gradient by central differences."""
    assert callable(gradient)
    columns = []
    for i in range(len(x)):
        shift = np.zeros(len(x))
        shift[i] = step
        columns.append((gradient(x + shift) - gradient(x - shift)) / (2 * step))
    jacobian = np.stack(columns)
    return np.asarray((jacobian + jacobian.T) / 2)
