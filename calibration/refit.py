"""The posterior of a part of the record, quickly: Laplace's approximation, corrected by importance weights.

Proposals are Student's t with the mode and curvature of the posterior; their weights ``posterior / proposal`` are
Pareto-smoothed (Vehtari et al. 2024, doi:10.48550/arXiv.1507.02646). A shape above 0.7 says that they cannot be
trusted; it is kept with every result. The mean of the raw weights estimates the evidence of the part.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.calibration.likelihood import Design
from tashkent.calibration.posterior import fit
from tashkent.calibration.target import target
from tashkent.model.case import Case
from tashkent.model.parameters import ParameterDraws

#: draws of the proposal
PROPOSALS = 2000
DEGREES = 7
#: vectors that are scored together; they fit into a cache
_PART = 64


@dataclass(frozen=True, eq=False)
class Refit:
    """Weighted draws of the fitted parameters."""

    names: tuple[str, ...]
    #: shape (n, P)
    values: Floats
    #: shape (n,), sum to one
    weights: Floats
    pareto_k: float
    #: log of the integral of prior times likelihood, and its Monte Carlo error
    log_evidence: float
    log_evidence_se: float

    @property
    def mean(self) -> Floats:
        """Weighted means, shape (P,)."""
        return np.asarray(self.weights @ self.values)

    @property
    def sd(self) -> Floats:
        """Weighted standard deviations, shape (P,)."""
        return np.sqrt(self.weights @ np.square(self.values - self.mean))

    def resampled(self, case: Case, runs: int, seed: int) -> ParameterDraws:
        """One draw for each run with all that stays at its prior; by name of shape (runs,).

        Systematic resampling, then shuffled.
        """
        from tashkent.model.simulate import prior_parameters

        rng = np.random.default_rng(np.random.SeedSequence((seed, runs)))
        at = np.searchsorted(np.cumsum(self.weights), (np.arange(runs) + rng.random()) / runs)
        taken = rng.permutation(np.minimum(at, len(self.values) - 1))
        found = {name: self.values[taken, i] for i, name in enumerate(self.names)}
        return prior_parameters(case, runs=runs, seed=seed).with_values(found)


def refit(
    case: Case, rows: Design, *, seed: Sequence[int] | int = 0, proposals: int = PROPOSALS
) -> Refit:
    """Fit some rows of the record.

    Parameters
    ----------
    case
        Whose priors count.
    rows
        The choices that are fitted.
    seed
        Keys the proposals.
    proposals
        Number of draws; 0 for a weightless normal approximation of 500 draws, which is cheaper.
    """
    found = fit(case, rows)
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    root = np.linalg.cholesky(found.covariance)
    number, dimensions = proposals or 500, len(found.names)
    z = rng.standard_normal((number, dimensions))
    if not proposals:
        even = np.full(number, 1.0 / number)
        return Refit(found.names, found.mode + z @ root.T, even, np.nan, np.nan, np.nan)
    from arviz_stats.base import array_stats
    from scipy.special import gammaln, logsumexp

    z /= np.sqrt(rng.chisquare(DEGREES, (number, 1)) / DEGREES)
    values = found.mode + z @ root.T
    half = (DEGREES + dimensions) / 2
    log_proposal = (
        gammaln(half)
        - gammaln(DEGREES / 2)
        - dimensions / 2 * np.log(DEGREES * np.pi)
        - half * np.log1p(np.square(z).sum(axis=1) / DEGREES)
        - np.log(np.diag(root)).sum()
    )
    density = target(case, rows)
    constant = -dimensions / 2 * np.log(2 * np.pi) - np.log(density.prior_sd).sum()
    parts = np.array_split(values, -(-number // _PART))
    log_posterior = constant + np.concatenate([density.log_posterior(part) for part in parts])
    raw = log_posterior - log_proposal
    evidence = float(logsumexp(raw) - np.log(number))
    relative = np.exp(raw - evidence)
    smooth, k = array_stats.psislw(-raw)  # it takes negative log weights
    weights = np.exp(smooth - smooth.max())
    return Refit(
        found.names,
        values,
        weights / weights.sum(),
        float(k),
        evidence,
        float(relative.std() / np.sqrt(number)),
    )


def log_mean_exp(values: Floats, weights: Floats | None = None) -> float:
    """``log(sum of weights * exp(values))``, or ``log(mean(exp(values)))``, without overflow; shapes are (n,).

    The plain mean is taken by hand: scipy's logsumexp gives other last digits than the shipped tables have.
    """
    if weights is None:
        top = values.max()
        return float(top + np.log(np.exp(values - top).mean()))
    from scipy.special import logsumexp

    return float(logsumexp(values, b=weights))
