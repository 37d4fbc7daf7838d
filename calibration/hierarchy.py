"""A likelihood with a spread between groups: weights of each pact around weights that all pacts share.

    log-odds of a row of group g = x . theta_g,   theta_g ~ N(mu, diag(tau^2)),   mu ~ N(m, diag(s^2))

The likelihood is that of `calibration.likelihood`: independent choices given what was before. One ``tau`` holds for
weights and one for frictions; both have half-normal priors and are looked at on a grid. For each pair the joint mode of
all ``theta_g`` and ``mu`` is found by Newton's method, the log posterior is concave, and Laplace's approximation gives
the evidence of the pair (nested Laplace: Rue, Martino and Chopin 2009, doi:10.1111/j.1467-9868.2008.00700.x). What is
told of ``mu`` is the mixture over the grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

import numpy as np
from scipy.special import expit, log_expit, logsumexp

from tashkent.agents.situation import Bools, Floats

#: spreads that are looked at, of weights and of frictions
TAU_WEIGHTS = (0.05, 0.15, 0.3, 0.6, 1.0)
TAU_FRICTIONS = (0.25, 0.5, 1.0, 2.0)
#: scales of the half-normal priors of the two spreads
SCALES = (0.5, 1.0)
#: steps of Newton's method at most, and when it has arrived
NEWTON, ARRIVED = 100, 1e-8


class Likelihood(Protocol):
    """How likely the choices of a group are, and how that changes with its parameters."""

    def log_likelihood(self, theta: Floats) -> Floats:
        """Log likelihood of parameters of shape (P,) or (P, draws): a scalar, or shape (draws,)."""

    def derivatives(self, theta: Floats) -> tuple[Floats, Floats]:
        """Gradient of the log likelihood, shape (P,), and its negative Hessian, shape (P, P), at `theta`, (P,)."""


@dataclass(frozen=True, eq=False)
class Group:
    """The distinct choices of a group: features, (rows, P), whether each was made, and how often it stands, (rows,)."""

    name: str
    x: Floats
    done: Bools
    count: Floats

    @classmethod
    def of(cls, name: str, x: Floats, done: Bools) -> "Group":
        """The distinct rows of some choices with their numbers; `x` has shape (rows, P), `done` (rows,)."""
        table, count = np.unique(np.column_stack([x, done]), axis=0, return_counts=True)
        return cls(name, table[:, :-1], table[:, -1] > 0, count.astype(float))

    def log_likelihood(self, theta: Floats) -> Floats:
        """Log likelihood of parameters of shape (P,) or (P, draws): a scalar, or shape (draws,)."""
        z = self.x @ theta
        sign = np.where(self.done, 1.0, -1.0).reshape((-1,) + (1,) * (z.ndim - 1))
        return np.asarray(self.count @ log_expit(sign * z))

    def derivatives(self, theta: Floats) -> tuple[Floats, Floats]:
        """Gradient of the log likelihood, shape (P,), and its negative Hessian, shape (P, P), at `theta`, (P,)."""
        p = expit(self.x @ theta)
        curved = self.count * p * (1 - p)
        return self.x.T @ (self.count * (self.done - p)), (self.x * curved[:, None]).T @ self.x


@dataclass(frozen=True, eq=False)
class Prior:
    """Mean and spread of what all groups share, and which of the parameters are weights; all of shape (P,)."""

    names: tuple[str, ...]
    mean: Floats
    sd: Floats
    weights: Bools

    def tau(self, weights: float, frictions: float) -> Floats:
        """The spread between groups of each parameter, shape (P,).

        That of weights is given in standard deviations of their priors, that of frictions as it is.
        """
        return np.where(self.weights, weights * self.sd, frictions)


@dataclass(frozen=True, eq=False)
class Node:
    """One pair of spreads: the mode and covariance of what is shared, and how probable the pair is."""

    tau: Floats
    mean: Floats
    covariance: Floats
    log_evidence: float
    #: mode of each group's own, shape (groups, P)
    groups: Floats


@dataclass(frozen=True, eq=False)
class Shared:
    """What all groups share, as a mixture of normal distributions over the grid of spreads."""

    prior: Prior
    nodes: tuple[Node, ...]
    #: probability of each node, shape (nodes,)
    probability: Floats

    @property
    def mean(self) -> Floats:
        """Means, shape (P,)."""
        return np.asarray(
            sum(p * node.mean for p, node in zip(self.probability, self.nodes, strict=True))
        )

    def _sd(self, between: bool) -> Floats:
        second = sum(
            p * (np.diag(n.covariance) + between * n.tau**2 + n.mean**2)
            for p, n in zip(self.probability, self.nodes, strict=True)
        )
        return np.asarray(np.sqrt(second - self.mean**2))

    @property
    def sd(self) -> Floats:
        """Standard deviations of what is shared, shape (P,)."""
        return self._sd(False)

    @property
    def new(self) -> Floats:
        """Standard deviations for a group that was not seen, with the spread between groups, shape (P,)."""
        return self._sd(True)

    @property
    def groups(self) -> Floats:
        """Means of each group's own, shape (groups, P)."""
        return np.asarray(
            sum(p * n.groups for p, n in zip(self.probability, self.nodes, strict=True))
        )

    @property
    def tau(self) -> Floats:
        """Mean spread between groups, shape (P,)."""
        return np.asarray(sum(p * n.tau for p, n in zip(self.probability, self.nodes, strict=True)))

    def draws(self, number: int, seed: Sequence[int]) -> Floats:
        """Parameters of a group that was not seen, shape (P, number)."""
        rng = np.random.default_rng(np.random.SeedSequence(seed))
        which = rng.choice(len(self.nodes), number, p=self.probability)
        z = rng.standard_normal((2, number, len(self.prior.mean)))
        found = np.empty((number, len(self.prior.mean)))
        for i, node in enumerate(self.nodes):
            at = which == i
            root = np.linalg.cholesky(node.covariance)
            found[at] = node.mean + z[0, at] @ root.T + z[1, at] * node.tau
        return found.T


def shared(
    groups: Sequence[Likelihood], prior: Prior, frictions: Sequence[float] = TAU_FRICTIONS
) -> Shared:
    """Fit all groups together; groups without a row add nothing.

    `frictions` are the spreads of frictions that are looked at.
    """
    nodes, scores = [], []
    start = np.tile(prior.mean, (len(groups) + 1, 1))
    for weights, friction in product(TAU_WEIGHTS, frictions):
        node, start = _at(groups, prior, prior.tau(weights, friction), start)
        nodes.append(node)
        # nodes stand for the stretch of the grid around them
        width = _width(TAU_WEIGHTS, weights) * _width(frictions, friction)
        scores.append(
            node.log_evidence
            + np.log(width)
            - (weights / SCALES[0]) ** 2 / 2
            - (friction / SCALES[1]) ** 2 / 2
        )
    return Shared(prior, tuple(nodes), np.exp(np.array(scores) - logsumexp(scores)))


def _width(grid: Sequence[float], value: float) -> float:
    at = grid.index(value)
    low = grid[at - 1] if at else 0.0
    high = grid[at + 1] if at + 1 < len(grid) else grid[at] + (grid[at] - low)
    return (high - low) / 2


def _at(
    groups: Sequence[Likelihood], prior: Prior, tau: Floats, start: Floats
) -> tuple[Node, Floats]:
    """The joint mode at given spreads, from where the last one was; own parameters first, then what is shared."""
    inside, outside = 1.0 / tau**2, 1.0 / prior.sd**2
    x = start.copy()
    now = _log_joint(groups, prior, tau, x)
    for _ in range(NEWTON):
        gradient, blocks = _derivatives(groups, x, inside)
        shared_gradient = (inside * (x[:-1] - x[-1])).sum(axis=0) - outside * (x[-1] - prior.mean)
        solved = np.linalg.inv(blocks)
        # the shared part of the Hessian once the groups are solved for (Schur)
        schur = (
            np.diag(len(groups) * inside + outside) - inside[:, None] * solved.sum(axis=0) * inside
        )
        right = shared_gradient + inside * np.einsum("gij,gj->i", solved, gradient)
        step_shared = np.linalg.solve(schur, right)
        step = np.einsum("gij,gj->gi", solved, gradient + inside * step_shared)
        step = np.vstack([step, step_shared])
        size = 1.0
        while (new := _log_joint(groups, prior, tau, x + size * step)) < now and size > 1e-6:
            size /= 2
        x, before, now = x + size * step, now, max(new, now)
        if now - before < ARRIVED:
            break
    _, blocks = _derivatives(groups, x, inside)
    schur = (
        np.diag(len(groups) * inside + outside)
        - inside[:, None] * np.linalg.inv(blocks).sum(axis=0) * inside
    )
    log_det = np.linalg.slogdet(blocks)[1].sum() + np.linalg.slogdet(schur)[1]
    constant = -len(groups) * np.log(tau).sum()
    return Node(tau, x[-1], np.linalg.inv(schur), float(now + constant - log_det / 2), x[:-1]), x


def _log_joint(groups: Sequence[Likelihood], prior: Prior, tau: Floats, x: Floats) -> float:
    likelihood = sum(
        float(group.log_likelihood(own)) for group, own in zip(groups, x[:-1], strict=True)
    )
    apart = (
        np.square((x[:-1] - x[-1]) / tau).sum() + np.square((x[-1] - prior.mean) / prior.sd).sum()
    )
    return likelihood - float(apart) / 2


def _derivatives(groups: Sequence[Likelihood], x: Floats, inside: Floats) -> tuple[Floats, Floats]:
    """Gradient by each group's own parameters, (groups, P), and the negative Hessian, (groups, P, P)."""
    gradient, blocks = [], []
    for group, own in zip(groups, x[:-1], strict=True):
        slope, curvature = group.derivatives(own)
        gradient.append(slope - inside * (own - x[-1]))
        blocks.append(curvature + np.diag(inside))
    return np.array(gradient), np.array(blocks)
