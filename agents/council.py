"""COUNCIL: how members answer a petition when the rule is consensus, that is, when nobody objects."""

import numpy as np

from tashkent.agents.situation import Bools, Floats


def objection(base: Floats, per_rivalry: Floats, rivalry: Floats) -> Floats:
    """Probability that a member objects: ``1 / (1 + exp(-(base + per_rivalry * rivalry)))``; shapes broadcast."""
    return np.asarray(1.0 / (1.0 + np.exp(-(base + per_rivalry * rivalry))))


def refusal(chance: Floats, votes: Bools, *, majority: bool = False) -> Floats:
    """Probability that a petition is refused: by one objection, or by half of the votes where the majority decides.

    `chance` and `votes` have shape (..., voters); who has no vote does not count. Each objects on its own, so
    the number
    of objections has a Poisson-binomial distribution. Nobody left to ask refuses nothing.
    """
    if not majority:
        return any_objection(chance * votes)
    voters = votes.sum(axis=-1)
    count = np.zeros((*chance.shape[:-1], chance.shape[-1] + 1))
    count[..., 0] = 1.0
    for j in range(chance.shape[-1]):
        p = (chance * votes)[..., j, None]
        shifted = np.zeros_like(count)
        shifted[..., 1:] = count[..., :-1]
        count = count * (1.0 - p) + shifted * p
    enough = 2 * np.arange(count.shape[-1]) >= voters[..., None]
    return np.where(voters > 0, (count * enough).sum(axis=-1), 0.0)


def any_objection(chance: Floats) -> Floats:
    """Probability that at least one of the voters objects, each on its own.

    ``1 - product over voters of (1 - chance)``; `chance` is 0 for who has no vote. Voters are the last axis.
    """
    return np.asarray(1.0 - np.multiply.reduce(1.0 - chance, axis=-1))
