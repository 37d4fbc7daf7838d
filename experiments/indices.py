"""Sensitivity indices of any function on the unit cube: elementary effects, and shares of variance.

*Elementary effects* (Morris 1991, doi:10.1080/00401706.1991.10484804). A trajectory starts at a random point of a grid
of `LEVELS` levels in each factor and moves one factor (or one group of factors) after another by ``d``; with ``y``
before and ``y'`` after it, the effect is ``(y' - y) / d``: the change over the whole range, had it gone on so. Over
trajectories

* ``mu``: its mean; ``sigma``: its standard deviation, large where the effect depends on the other factors or bends;
* ``mu_star``: the mean of its absolute value (Campolongo, Cariboni and Saltelli 2007,
  doi:10.1016/j.envsoft.2006.10.004), which also serves groups, whose members move in different directions at once, so
  that ``mu`` and ``sigma`` say nothing.

*Shares of variance.* With ``A`` and ``B`` two samples of ``N`` points from a scrambled Sobol' sequence, and ``AB_i``
the sample ``A`` with factor (or group) i taken from ``B``::

    S1_i = mean(f(B) (f(AB_i) - f(A))) / Var(f)      Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018
    ST_i = mean((f(A) - f(AB_i))^2) / (2 Var(f))     Jansen 1999, doi:10.1016/S0010-4655(98)00154-4

``S1`` is the share of the variance that goes when factor i is known; ``ST`` the share that stays when all others are,
so ``ST - S1`` is what it does together with others. Both are estimates: a small ``S1`` may come out below 0.

Intervals hold nine tenths and come from resampling trajectories or points. What the function itself owes to the luck of
runs is seen from two halves of the runs, each of which gives every index: half the distance between the two is the
standard error of their mean. An outcome without variance has no index; it is said which, and why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from tashkent.agents.situation import Floats

MORRIS, SOBOL = "morris", "sobol"
LEVELS = 4
CONFIDENCE = 0.9
RESAMPLES = 500
#: a spread below this share of the size of a value is none
ALIKE = 1e-12
#: the group of all factors that are not looked at one by one
OTHERS = "all others"
NEVER_BELOW_0 = ("mu_star", "ST")
COLUMNS = ("outcome", "factor", "index", "value", "low", "high", "luck")


@dataclass(frozen=True)
class Problem:
    """Factors on the unit interval, and the group that each belongs to; a factor of its own is a group of one."""

    factors: tuple[str, ...]
    of_group: tuple[str, ...]

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The groups, in order of their first factor."""
        return tuple(dict.fromkeys(self.of_group))

    def alone(self, group: str) -> bool:
        """Whether a group has one factor."""
        return self.of_group.count(group) == 1

    def narrowed(self, kept: Sequence[str]) -> "Problem":
        """The same factors with the groups that are not kept made one.

        Examples
        --------
        >>> Problem(("a", "b", "c"), ("a", "b", "c")).narrowed(["b"]).of_group
        ('all others', 'b', 'all others')
        """
        return Problem(self.factors, tuple(g if g in kept else OTHERS for g in self.of_group))

    def as_salib(self) -> dict[str, Any]:
        """The problem as SALib takes it."""
        return {
            "num_vars": len(self.factors),
            "names": list(self.factors),
            "bounds": [[0.0, 1.0]] * len(self.factors),
            "groups": list(self.of_group),
        }


@dataclass(frozen=True, eq=False)
class MethodIndices:
    """The points of one method and the indices that they give."""

    method: str
    points: Floats
    #: in each half of the runs, shape (2, P, outcomes)
    halves: Floats
    #: columns `COLUMNS`, one row an index
    indices: pd.DataFrame
    #: outcome -> why it has no index
    silent: dict[str, str]

    def of(self, outcome: str, index: str) -> pd.DataFrame:
        """The rows of one index of an outcome, by factor."""
        rows = self.indices
        return rows[(rows["outcome"] == outcome) & (rows["index"] == index)].set_index("factor")


def morris_points(problem: Problem, trajectories: int, seed: int) -> Floats:
    """Trajectories that move one group after another, shape (trajectories * (groups + 1), factors)."""
    from SALib.sample import morris

    drawn = morris.sample(problem.as_salib(), trajectories, num_levels=LEVELS, seed=_key(seed, 0))
    return np.asarray(drawn, float)


def sobol_points(problem: Problem, base: int, seed: int) -> Floats:
    """A, each AB_i, and B, point by point: shape (base * (groups + 2), factors); `base` is a power of two."""
    from SALib.sample import sobol

    drawn = sobol.sample(problem.as_salib(), base, calc_second_order=False, seed=_key(seed, 1))
    return np.asarray(drawn, float)


def analyse(
    method: str,
    problem: Problem,
    outcomes: Sequence[str],
    points: Floats,
    halves: Floats,
    seed: int,
) -> MethodIndices:
    """The indices of every outcome from its values at the points.

    Parameters
    ----------
    method
        `MORRIS` or `SOBOL`, whichever the points are of.
    problem
        Factors and groups.
    outcomes
        Names, O of them.
    points
        As `morris_points` or `sobol_points` gave them, shape (P, factors).
    halves
        Values in each half of the runs, shape (2, P, O).
    seed
        Keys the resampling.
    """
    rows: list[tuple[object, ...]] = []
    silent = {}
    for o, outcome in enumerate(outcomes):
        a, b = halves[0, :, o], halves[1, :, o]
        whole = (a + b) / 2
        why = why_silent(whole) or why_silent(_of_the_variance(method, problem, whole))
        if why:
            silent[outcome] = why
            continue
        value, spread = _indices(method, problem, points, whole, seed)
        luck = _luck(method, problem, points, (a, b), seed)
        for index, values in value.items():
            for group, number in values.items():
                half = spread.get(index, {}).get(group, np.nan)
                error = luck.get(index, {}).get(group, np.nan)
                low = max(0.0, number - half) if index in NEVER_BELOW_0 else number - half
                rows.append((outcome, group, index, number, low, number + half, error))
    return MethodIndices(method, points, halves, pd.DataFrame(rows, columns=list(COLUMNS)), silent)


def _of_the_variance(method: str, problem: Problem, values: Floats) -> Floats:
    """The values that the variance is taken of: those at the points of A and of B, or all."""
    if method == MORRIS:
        return values
    step = len(problem.groups) + 2
    return np.concatenate([values[::step], values[step - 1 :: step]])


def why_silent(values: Floats) -> str:
    """Why an outcome has no index, in words; empty if it has. `values` has shape (n,).

    Examples
    --------
    >>> (
    ...     why_silent(np.array([0.5, 0.5])),
    ...     why_silent(np.array([0.5, np.nan])),
    ...     why_silent(np.arange(2.0)),
    ... )
    ('the same at all 2 points', 'no run has anything to say at 1 of 2 points', '')
    """
    said = np.isfinite(values)
    if not said.all():
        return f"no run has anything to say at {(~said).sum():,} of {len(values):,} points"
    if np.ptp(values) <= ALIKE * max(1.0, float(np.abs(values).max())):
        return f"the same at all {len(values):,} points"
    return ""


#: index -> group -> number
_Table = dict[str, dict[str, float]]


def _indices(
    method: str, problem: Problem, points: Floats, values: Floats, seed: int
) -> tuple[_Table, _Table]:
    """The indices, and half the width of their intervals."""
    if method == MORRIS:
        return _morris(problem, points, values, seed)
    from SALib.analyze import sobol

    found = sobol.analyze(
        problem.as_salib(),
        values,
        calc_second_order=False,
        num_resamples=RESAMPLES,
        conf_level=CONFIDENCE,
        seed=_key(seed, 3),
    )

    def by_group(values: Any) -> dict[str, float]:
        return {g: float(v) for g, v in zip(problem.groups, values, strict=True)}

    value = {index: by_group(found[index]) for index in ("S1", "ST")}
    return value, {index: by_group(found[f"{index}_conf"]) for index in ("S1", "ST")}


def _morris(problem: Problem, points: Floats, values: Floats, seed: int) -> tuple[_Table, _Table]:
    from SALib.analyze import morris

    found = morris.analyze(
        problem.as_salib(),
        points,
        values,
        num_resamples=RESAMPLES,
        conf_level=CONFIDENCE,
        num_levels=LEVELS,
        seed=_key(seed, 2),
    )
    at = {name: i for i, name in enumerate(found["names"])}

    def by_group(index: str, groups: Sequence[str]) -> dict[str, float]:
        return {g: float(found[index][at[g]]) for g in groups}

    single = [g for g in problem.groups if problem.alone(g)]
    value = {
        "mu_star": by_group("mu_star", problem.groups),
        "mu": by_group("mu", single),
        "sigma": by_group("sigma", single),
    }
    return value, {"mu_star": by_group("mu_star_conf", problem.groups)}


def _luck(
    method: str, problem: Problem, points: Floats, halves: tuple[Floats, Floats], seed: int
) -> _Table:
    """Half the distance between the indices of two halves of the runs; nothing if a half has none."""
    if any(why_silent(_of_the_variance(method, problem, half)) for half in halves):
        return {}
    one, other = (_indices(method, problem, points, half, seed)[0] for half in halves)
    return {
        index: {group: abs(value - other[index][group]) / 2 for group, value in groups.items()}
        for index, groups in one.items()
    }


def spread(outcomes: Sequence[str], found: MethodIndices) -> pd.DataFrame:
    """Each outcome over the points: mean, sd, and the luck of runs that is left in it.

    The same runs are made at every point, so what luck adds everywhere alike cancels. With ``a`` and ``b`` the values
    in two halves of the runs, ``(a - b) / 2`` has at each point the variance of the luck in their mean, and its
    variance over points is what does not cancel: `luck` is its square root, `luck_share` its share of the variance of
    the outcome.
    """
    a, b = found.halves
    whole = (a + b) / 2
    rows = []
    for o, outcome in enumerate(outcomes):
        said = np.isfinite(whole[:, o])
        values, distance = whole[said, o], (a - b)[said, o] / 2
        some = len(values) > 1
        sd = float(values.std(ddof=1)) if some else np.nan
        luck = float(distance.std(ddof=1)) if some else np.nan
        rows.append(
            {
                "outcome": outcome,
                "points": len(whole),
                "mean": float(values.mean()) if len(values) else np.nan,
                "sd": sd,
                "luck": luck,
                "luck_share": min(1.0, (luck / sd) ** 2) if some and sd > 0 else np.nan,
                "no_index_because": found.silent.get(outcome, ""),
            }
        )
    return pd.DataFrame(rows)


def weightiest(found: MethodIndices, problem: Problem, most: int) -> tuple[str, ...]:
    """The groups with the largest ``mu_star`` relative to the largest of their outcome, in the order of the problem."""
    table = found.indices[found.indices["index"] == "mu_star"]
    score = dict.fromkeys(problem.groups, 0.0)
    for _, rows in table.groupby("outcome", sort=False):
        largest = rows["value"].max()
        for group, value in zip(rows["factor"], rows["value"], strict=True):
            score[group] = max(score[group], value / largest if largest > 0 else 0.0)
    first = sorted(problem.groups, key=lambda group: -score[group])[:most]
    return tuple(group for group in problem.groups if group in first)


def _key(seed: int, use: int) -> int:
    """A seed of its own for each use; never 0, which SALib takes for none."""
    return int(np.random.SeedSequence((seed, use)).generate_state(1)[0]) or 1
