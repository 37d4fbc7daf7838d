"""COUNCIL: how members answer a petition when the rule is consensus, that is, when nobody objects.

Requests for help are told apart by `HELP`: why a member, and why the patron, is unwilling to send it. With s the state
that asks, j the member that is asked and a the state that attacks::

    log-odds of objecting = sum over the reasons of  sign * parameter * feature

A reason is one line in the table, and a prior in the case's ``parameters.toml``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tashkent.agents.deliberation import probability
from tashkent.agents.situation import Bools, Floats

#: what a reason is multiplied by: the rivalry of s with j; whether a sits in the club; the trade of j with a, in
#: tenths; the tie of s to the patron less that of a, in standard deviations (that of s alone where no state of the
#: case attacks); what was shown of the patron's means, fading, so many failings of them
HelpFeature = Literal["rivalry", "fellow", "trade", "interest", "strain"]
HelpFeatures = Mapping[HelpFeature, Floats]


@dataclass(frozen=True)
class Reason:
    """What a parameter adds to the log-odds that a member objects to sending help: ``sign * parameter * feature``."""

    parameter: str
    #: one where there is none
    feature: HelpFeature | None = None
    sign: float = 1.0


#: how many carry a decision: all, if not; more than half; two thirds
Majority = bool | Literal["two_thirds"]

#: who is asked -> its reasons against sending help, added up in their order
HELP: dict[Literal["member", "patron"], tuple[Reason, ...]] = {
    "member": (
        Reason("help_objection"),
        Reason("objection_rivalry", "rivalry"),
        Reason("fellow_member", "fellow"),
        Reason("attacker_trade", "trade"),
    ),
    "patron": (
        Reason("patron_reluctance"),
        Reason("objection_rivalry", "rivalry"),
        Reason("fellow_member", "fellow"),
        Reason("patron_interest", "interest", -1.0),
        Reason("patron_strain", "strain"),
    ),
}


def unwillingness(
    who: Literal["member", "patron"], parameters: Mapping[str, Floats], features: HelpFeatures
) -> Floats:
    """Log-odds that a member, or the patron, objects to sending help.

    Parameters and features broadcast against each other, for example (n, 1) and (n, S); so has the result.

    Source: hierarchy (Lake 2009) for the patron's interest, and for the rest the pact's own limits: it protects against
    outsiders, and it was poor at the quarrels of its members (RD2013).
    """
    total: Floats = np.zeros(())
    for reason in HELP[who]:
        feature = 1.0 if reason.feature is None else features[reason.feature]
        total = total + reason.sign * parameters[reason.parameter] * feature
    return total


def objection(base: Floats, per_rivalry: Floats, rivalry: Floats) -> Floats:
    """Probability that a member objects: ``1 / (1 + exp(-(base + per_rivalry * rivalry)))``; shapes broadcast."""
    return probability(base + per_rivalry * rivalry)


def refusal(chance: Floats, votes: Bools, *, majority: Majority = False) -> Floats:
    """Probability that a petition is refused: by one objection, by half of the votes, or by more than a third of them.

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
    objections = np.arange(count.shape[-1])
    enough = 2 * objections >= voters[..., None]
    if majority == "two_thirds":
        enough = 3 * objections > voters[..., None]
    return np.where(voters > 0, (count * enough).sum(axis=-1), 0.0)


def any_objection(chance: Floats) -> Floats:
    """Probability that at least one of the voters objects, each on its own.

    ``1 - product over voters of (1 - chance)``; `chance` is 0 for who has no vote. Voters are the last axis.
    """
    return np.asarray(1.0 - np.multiply.reduce(1.0 - chance, axis=-1))
