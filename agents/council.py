"""COUNCIL: how members answer a petition when the rule is consensus, that is, when nobody objects."""

import numpy as np

from agents.situation import Floats


def objection(base: Floats, per_rivalry: Floats, rivalry: Floats) -> Floats:
    """Probability that a member objects: ``1 / (1 + exp(-(base + per_rivalry * rivalry)))``; shapes broadcast."""
    return np.asarray(1.0 / (1.0 + np.exp(-(base + per_rivalry * rivalry))))


def any_objection(chance: Floats) -> Floats:
    """Probability that at least one of the voters objects, each on its own.

    ``1 - product over voters of (1 - chance)``; `chance` is 0 for who has no vote. Voters are the last axis.
    """
    return np.asarray(1.0 - np.prod(1.0 - chance, axis=-1))
