"""The named terms of the value of a seat. A theory is a set of them.

The value of a seat to a state is ``W = sum of weight * term``. It pushes the state in (accede, renew) and, with the
other sign, out (withdraw, ask for suspension). Each term is one pure function of the `Situation`, linear in its
weight, and returns an array of shape (..., S, C). To add one, write the function here, decorate it, and give its
weight a prior in the case's ``parameters.toml`` under the function's name.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agents.situation import Bools, Floats, Situation
from agents.ties import leaning


@dataclass(frozen=True)
class Term:
    """A named term: its formula, the theory it comes from, and whether it depends on who is in."""

    name: str
    theory: str
    formula: Callable[[Situation], Floats]
    #: the formula reads `Situation.seat`
    needs_seats: bool


#: every term known, by name, in the order in which they are added up
TERMS: dict[str, Term] = {}


def term(*, theory: str, needs_seats: bool = False) -> Callable[..., Callable[[Situation], Floats]]:
    """Register a formula as a term under its own name."""

    def register(formula: Callable[[Situation], Floats]) -> Callable[[Situation], Floats]:
        name = formula.__name__
        if name in TERMS:
            raise ValueError(f"a term named {name} exists already")
        TERMS[name] = Term(name, theory, formula, needs_seats)
        return formula

    return register


def _sum_over_threats(amount: Floats, applies: Bools) -> Floats:
    """Sum of `amount` (..., S, K) over the threats that apply to a club (C, K): shape (..., S, C)."""
    total = np.zeros((*amount.shape[:-1], len(applies)))
    for k in range(amount.shape[-1]):
        total += amount[..., k, None] * applies[:, k]
    return total


@term(theory="Balance of threat (Walt 1987)")
def protection(now: Situation) -> Floats:
    """Threats that the club would relieve, as far as it is believed.

    ``sum over k of threat[k] * relieves[c, k] * belief[k, c]``, where belief is the credibility of a club that
    promises help and 1 for a club that promises nothing, for it has no word to break.
    """
    believed = _sum_over_threats(now.threat * now.credibility, now.clubs.relieves)
    unpromised = _sum_over_threats(now.threat, now.clubs.relieves)
    return np.where(now.clubs.guarantees, believed, unpromised)


@term(theory="Fear of abandonment (Snyder 1984)")
def abandonment(now: Situation) -> Floats:
    """Threats on which a promise of help is not believed.

    ``- sum over k of threat[k] * relieves[c, k] * (1 - credibility[k])`` for clubs that promise help, else 0.
    With weights a (protection) and b (this), the two add up to ``(a + b) * threat * (credibility - need)``,
    ``need = b / (a + b)``.
    """
    doubted = _sum_over_threats(now.threat * (1.0 - now.credibility), now.clubs.relieves)
    return np.where(now.clubs.guarantees, -doubted, 0.0)


@term(theory="Balance of threat (Walt 1987): the source of a threat is no shelter from it")
def menace(now: Situation) -> Floats:
    """Threats whose source sponsors the club: ``- sum over k of threat[k] * menaces[c, k]``."""
    return -_sum_over_threats(now.threat, now.clubs.menaces)


@term(theory="Hierarchy (Lake 2009)")
def patronage(now: Situation) -> Floats:
    """The tie to the club's sponsor and the goods it gives to members, in standard deviations.

    ``goods[c] + sum over p of tie[p] * sponsors[c, p]``
    """
    total = np.zeros((*now.tie.shape[:-1], len(now.clubs.sponsors)))
    for p in range(now.tie.shape[-1]):
        total += now.tie[..., p, None] * now.clubs.sponsors[:, p]
    return total + now.goods[..., None, :]


@term(theory="Bandwagoning (Walt 1987)")
def coercive_leverage(now: Situation) -> Floats:
    """Leverage won by force recruits for the patron's club while there is no alternative, and repels after.

    ``leverage * (1 if no alternative else -1)`` for clubs that the patron leads, else 0.
    """
    push = now.leverage * np.where(now.alternative, -1.0, 1.0)
    return push[..., None] * now.clubs.patron_led


@term(theory="Partisan patron (Karabakh; Tajikistan)", needs_seats=True)
def partisan_patron(now: Situation) -> Floats:
    """Rivals in the patron's club, with the patron on their side.

    ``- sum over j of rivalry[s, j] * leaning[s, j] * seat[j, c]`` for clubs that the patron leads, else 0.
    """
    if now.seat is None:
        raise ValueError("partisan_patron depends on who is in: seats are needed")
    weight = now.rivalry * leaning(now.patron_tie)
    shape = np.broadcast_shapes(weight.shape[:-2], now.seat.shape[:-2]) + now.seat.shape[-2:]
    total = np.zeros_like(np.broadcast_to(now.seat, shape), dtype=np.float64)
    led = np.flatnonzero(now.clubs.patron_led)
    pairs = np.argwhere(now.rivalry.any(axis=tuple(range(now.rivalry.ndim - 2))))
    for (
        s,
        j,
    ) in pairs:  # in the order of states, so that the sum is the same for one run as for many
        for c in led:
            total[..., s, c] -= weight[..., s, j] * now.seat[..., j, c]
    return total


@term(theory="Burden sharing (Olson and Zeckhauser 1966)", needs_seats=True)
def dues(now: Situation) -> Floats:
    """The share of the budget that falls to the state, in tenths, if it is in.

    ``- 10 * shared_budget[c] / (1 + number of other paying states that are in)``
    """
    if now.seat is None:
        raise ValueError("dues depends on who is in: seats are needed")
    seats = now.seat & now.pays[:, None]
    others = seats.sum(axis=-2)[..., None, :] - seats
    return -10.0 * now.shared_budget[..., None, :] / (1.0 + others)
