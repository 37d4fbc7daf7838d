"""Whether the chains agree, what the record adds to the priors, and which parameters it cannot tell apart.

All measures are ArviZ's (Vehtari et al. 2021, doi:10.1214/20-BA1221). Rank-normalised split R-hat compares the
ensembles, which are independent, each as one chain in the order of its steps: so halves are early and late. Effective
sample sizes and Monte Carlo errors take each walker as a chain, so that what a walker remembers is counted against it.
Walkers are many and may be short, which would let a run pass that has hardly begun; so each must also be as long as
fifty of its autocorrelation times, as emcee asks (doi:10.1086/670067).
"""

from itertools import combinations

import numpy as np
import pandas as pd

from tashkent.agents.situation import Floats
from tashkent.calibration.imputation import between
from tashkent.calibration.sample import Chains
from tashkent.calibration.target import Target

R_HAT_MOST = 1.01
ESS_LEAST = 400
TIMES_LEAST = 50
#: the central interval that is shown and whose ends the tail sample size is of
INTERVAL = (0.05, 0.95)
#: a contraction below this says that the record adds little to the prior
LITTLE = 0.2
#: a correlation beyond this says that only a combination of two parameters is known
ENTANGLED = 0.8


def contraction(posterior_sd: Floats, prior_sd: Floats) -> Floats:
    """``1 - var(posterior) / var(prior)``: 0 where the record adds nothing, 1 where it tells all.

    All have shape (P,).
    """
    return np.asarray(1.0 - np.square(posterior_sd) / np.square(prior_sd))


def autocorrelation_time(chains: Chains) -> Floats:
    """Integrated autocorrelation time of each parameter over the walkers of all ensembles, in draws, shape (P,)."""
    from emcee.autocorr import integrated_time

    by_step = np.swapaxes(chains.by_walker(), 0, 1)
    return np.asarray(integrated_time(by_step, tol=0))


def table(target: Target, chains: Chains) -> pd.DataFrame:
    """One row a parameter: posterior beside prior, contraction, and the measures of the module.

    `times` is the length of a walker's chain in autocorrelation times; `mcse_mean` the Monte Carlo error of the mean.
    Imputations are judged one by one: the worst R-hat and the shortest chain count, sample sizes add up. `between` is
    the share of the variance that lies between them.
    """
    flat = chains.by_ensemble().reshape(-1, len(chains.names))
    sd = flat.std(axis=0, ddof=1)
    low, high = np.quantile(flat, INTERVAL, axis=0)
    parts = [_measured(part) for part in chains.each()]
    measured = {name: np.stack([part[name] for part in parts]) for name in parts[0]}
    groups = chains.by_ensemble().reshape(chains.imputations, -1, len(chains.names))
    return pd.DataFrame(
        {
            "parameter": chains.names,
            "mean": flat.mean(axis=0),
            "sd": sd,
            "low": low,
            "high": high,
            "prior_mean": target.prior_mean,
            "prior_sd": target.prior_sd,
            "contraction": contraction(sd, target.prior_sd),
            "between": between(groups),
            "r_hat": measured["r_hat"].max(axis=0),
            "ess_bulk": measured["ess_bulk"].sum(axis=0),
            "ess_tail": measured["ess_tail"].sum(axis=0),
            "times": measured["times"].min(axis=0),
            "mcse_mean": np.sqrt(np.square(measured["mcse_mean"]).sum(axis=0)) / len(parts),
        }
    )


def _measured(chains: Chains) -> dict[str, Floats]:
    """The measures of one imputation, each of shape (P,)."""
    from arviz_stats.base import array_stats

    ensembles, walkers = chains.by_ensemble(), chains.by_walker()
    axes = {"chain_axis": 0, "draw_axis": 1}
    with np.errstate(divide="ignore", invalid="ignore"):  # chains that stand still: not a number
        return {
            "r_hat": array_stats.rhat(ensembles, method="rank", **axes),
            "ess_bulk": array_stats.ess(walkers, method="bulk", **axes),
            "ess_tail": array_stats.ess(walkers, method="tail", prob=INTERVAL, **axes),
            "times": walkers.shape[1] / autocorrelation_time(chains),
            "mcse_mean": array_stats.mcse(walkers, method="mean", **axes),
        }


def not_converged(found: pd.DataFrame) -> list[str]:
    """What forbids to call the chains converged, one phrase a parameter and measure; empty if nothing does."""
    reasons = []
    for row in found.itertuples():
        if not row.r_hat <= R_HAT_MOST:  # not a number is no agreement either
            reasons.append(f"{row.parameter} R-hat {row.r_hat:.3f} above {R_HAT_MOST}")
        for name, size in (("bulk", row.ess_bulk), ("tail", row.ess_tail)):
            if not size >= ESS_LEAST:
                reasons.append(f"{row.parameter} {name} ESS {size:.0f} below {ESS_LEAST}")
        if not row.times >= TIMES_LEAST:
            reasons.append(
                f"{row.parameter} {row.times:.0f} autocorrelation times, fewer than {TIMES_LEAST}"
            )
    return reasons


def correlations(names: tuple[str, ...], values: Floats) -> pd.DataFrame:
    """Posterior correlations of all pairs, strongest first: first, second, r; for draws of shape (n, P)."""
    r = np.corrcoef(values, rowvar=False).reshape(len(names), len(names))
    rows = [
        {"first": names[i], "second": names[j], "r": float(r[i, j])}
        for i, j in combinations(range(len(names)), 2)
    ]
    pairs = pd.DataFrame(rows, columns=["first", "second", "r"])
    return pairs.sort_values("r", key=lambda c: -c.abs(), kind="stable", ignore_index=True)


def identifiability(found: pd.DataFrame, pairs: pd.DataFrame) -> list[str]:
    """In words: what the record hardly informs, and what it cannot tell apart.

    `found` needs the columns parameter and contraction, `pairs` those of `correlations`.
    """
    lines = []
    for row in found[found["contraction"] < LITTLE].itertuples():
        lines.append(
            f"{row.parameter}: the record adds little to the prior (contraction {row.contraction:.2f})."
        )
    for pair in pairs[pairs["r"].abs() > ENTANGLED].itertuples():
        known = "difference" if pair.r > 0 else "sum"
        lines.append(
            f"{pair.first} and {pair.second}: the record tells their {known}, not each (correlation {pair.r:+.2f})."
        )
    return lines
