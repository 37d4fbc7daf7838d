"""The effect of a counterfactual on a share of runs, with two kinds of doubt told apart.

Run r of both worlds has the same parameters and the same draws. Of ``n`` runs, ``k`` in a row share one draw of the
posterior, so there are ``G = n / k`` draws. With ``d[g, i]`` in {-1, 0, 1} the difference (in or out, counterfactual
less baseline) in run i of draw g, the analysis of variance of a one-way design with random effects gives

* ``change``: the mean of d, the change in P(in);
* **simulation error**: ``MSW / n``, MSW the mean square within draws: what more runs of the same draws would do away
  with. A pair differs only if it is discordant, as in McNemar's test (1947, doi:10.1007/BF02295996), so chance that
  both worlds share (common random numbers) cancels;
* **posterior**: the effect that a draw has, ``E[d | draw]``, varies between draws by ``(MSB - MSW) / k``, MSB
  the mean square between draws; its interval runs from quantile to quantile of the means of draws after they have been
  drawn towards the overall mean, so that their variance is this one. More runs do not narrow it. Where runs differ but
  MSB is not above MSW, draws cannot be told apart from luck, and there is no such interval;
* **both**: the standard error of the mean is ``sqrt(max(MSB, MSW) / n)``, and its interval is that of Student's t with
  ``G - 1`` degrees of freedom: wide where there are few draws, never narrower than luck alone.

Intervals hold nine tenths.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Floats

#: half the width of 90 per cent in standard errors, and the ends of 90 per cent
Z = 1.6448536269514722
LOW, HIGH = 5, 95
#: a change of a share that is smaller counts as none
LITTLE = 0.01
Numbers = NDArray[Any]


@dataclass(frozen=True)
class Effect:
    """The change of a share over paired runs; arrays of one shape, or numbers."""

    change: Floats
    #: standard error of simulation, and of the mean over draws and luck together
    se_simulation: Floats
    se: Floats
    #: 90 per cent of the mean over draws and luck together
    low: Floats
    high: Floats
    #: 90 per cent of the effect over draws of the posterior
    posterior_low: Floats
    posterior_high: Floats

    def __repr__(self) -> str:
        """A line: the change, or how many there are and the span of them."""
        change = np.asarray(self.change)
        if change.ndim == 0:
            return f"<Effect {float(change):+.3f}, se {float(self.se):.3f}>"
        return f"<Effect of shape {change.shape}: {change.min():+.3f} to {change.max():+.3f}>"


def effect(by_draw: Numbers, squares: Numbers, per_draw: int) -> Effect:
    """The effect from sums of differences over the runs of each draw, shape (G, ...), and the sum of their squares.

    With one run a draw, or one draw, what cannot be told apart is NaN; so are the ends of the effect over draws where
    draws differ by no more than luck.

    Examples
    --------
    >>> found = effect(np.array([2.0, 0.0]), np.array(2.0), per_draw=4)
    >>> float(found.change), round(float(found.se_simulation), 3)
    (0.25, 0.144)
    """
    from scipy.special import stdtrit

    draws, runs = len(by_draw), len(by_draw) * per_draw
    total = by_draw.sum(axis=0)
    mean, of_draws = total / runs, by_draw / per_draw
    between = (by_draw.astype(float) ** 2).sum(axis=0) / per_draw
    nothing = np.full(np.shape(mean), np.nan)
    within = (squares - between) / (draws * (per_draw - 1)) if per_draw > 1 else nothing
    among = (between - total.astype(float) ** 2 / runs) / (draws - 1) if draws > 1 else nothing
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.sqrt(1.0 - within / among)  # NaN where draws differ by no more than luck
    # no run differs, or all alike
    kept = np.where((among <= 0) & (within <= 0), 0.0, np.where(within < among, kept, np.nan))
    low, high = np.percentile(of_draws, [LOW, HIGH], axis=0)
    se = np.sqrt(np.fmax(np.fmax(among, within), 0.0) / runs) + 0.0 * among
    half = float(stdtrit(draws - 1, HIGH / 100)) * se if draws > 1 else se
    return Effect(
        change=np.asarray(mean),
        se_simulation=np.sqrt(np.maximum(0.0, within) / runs),
        se=np.asarray(se),
        low=np.asarray(mean - half),
        high=np.asarray(mean + half),
        posterior_low=np.asarray(mean + kept * (low - mean)),
        posterior_high=np.asarray(mean + kept * (high - mean)),
    )


def share_interval(share: Floats, runs: int) -> tuple[Floats, Floats]:
    """Nine tenths for a share of so many runs, Wilson's interval: lower and upper ends, shape as `share`.

    ``(share + z²/2n ± z sqrt(share (1 - share)/n + z²/4n²)) / (1 + z²/n)``, n the number of runs
    (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    Examples
    --------
    >>> low, high = share_interval(np.array([0.0, 0.5]), 100)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.419], [0.026, 0.581])
    """
    square = Z**2 / runs
    middle = share + square / 2
    half = Z * np.sqrt(share * (1 - share) / runs + square / (4 * runs))
    low, high = (middle - half) / (1 + square), (middle + half) / (1 + square)
    return np.clip(low, 0.0, share), np.clip(high, share, 1.0)


def points_off(share: float, runs: int, per_draw: int) -> int:
    """Points that a share of one world may be off in nine cases of ten, as if a draw decided all of its runs: at most.

    ``100 * z * sqrt(share * (1 - share) / draws)``, with ``draws = runs / per_draw``.

    Examples
    --------
    >>> points_off(0.5, 300, 1), points_off(0.5, 300, 10)
    (5, 15)
    """
    return round(100 * Z * float(np.sqrt(share * (1 - share) / (runs / per_draw))))


def direction(low: float, high: float) -> str:
    """Up, down or none, by the interval of a change: none if it holds zero, or all of it lies within a hundredth."""
    if low > -LITTLE and high < LITTLE:
        return "none"
    return "up" if low > 0 else "down" if high < 0 else "none"


def spread_in_words(low: float, high: float, between: str) -> str:
    """The ends of an effect over draws with two places, or a word where draws differ by no more than luck.

    Examples
    --------
    >>> spread_in_words(-0.001, 0.25, " to "), spread_in_words(float("nan"), float("nan"), " to ")
    ('+0.00 to +0.25', 'within luck')
    """
    if np.isnan(low) or np.isnan(high):
        return "within luck"
    return f"{low:+.2f}{between}{high:+.2f}".replace("-0.00", "+0.00")
