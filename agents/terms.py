"""The named terms of the value of a seat. A theory is a set of them.

The value of a seat to a state is ``W = stake * sum of weight * term``. It pushes the state in (accede, renew) and, with
the other sign, out (withdraw, ask for suspension). Each term is one pure function of the `Situation`, linear in its
weight, and returns an array of shape (..., S, C). To add one, write the function here or in a file of one's own,
decorate it, and give its weight a prior in the case's ``parameters.toml`` under the function's name.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from tashkent.agents.situation import Bools, Floats, Situation, needed
from tashkent.agents.ties import leaning

#: what of a situation differs between runs
Read = Literal["seat", "held", "gap", "left", "courted", "credibility", "sanctioned", "noticed"]
#: the clubs in which a term reads what differs between runs: all, those with a trait
#: (`agents.situation.ClubTraits`), or the active ones, in which something differs, for a term that reads of each club
#: for itself
Where = Literal["", "guarantees", "patron_led", "budgeted", "company", "active"]
#: a tenth of trade or budget, and ten instruments owed times instruments of reach, count as one
TEN = 10.0
#: a side that leans to nobody
HALF = 0.5
#: shares of trade are counted in these, and what has no unit of its own in these
SHARE_OF_TRADE = 1e-4
FINEST = 2.0**-40
#: chance that a state has a reason of its own where nothing that a club works on troubles it
NO_REASON = 0.1


@dataclass(frozen=True)
class Term:
    """A named term: its formula, the theory it comes from, and what it reads that differs between runs."""

    name: str
    theory: str
    formula: Callable[[Situation], Floats]
    reads: frozenset[Read]
    #: the clubs in which it reads that; in others it is the same in all runs
    where: Where = ""
    #: mean and standard deviation of the weight, for a term that is not of a case's table
    prior: tuple[float, float] | None = None
    #: the file of one's own that it comes from
    file: str = ""
    #: it counts by what is at stake in the club; otherwise in full, as what others make of a seat does
    at_stake: bool = True


_SHIPPED: dict[str, Term] = {}
#: the terms of this module by name, in the order in which they are added up; a case may have others (`Case.terms`)
TERMS: Mapping[str, Term] = MappingProxyType(_SHIPPED)
_COLLECTED: ContextVar[dict[str, Term] | None] = ContextVar("_COLLECTED", default=None)


@contextmanager
def collected() -> Iterator[dict[str, Term]]:
    """Where the terms go that a file of one's own defines while it is run, by name in its order."""
    found: dict[str, Term] = {}
    token = _COLLECTED.set(found)
    try:
        yield found
    finally:
        _COLLECTED.reset(token)


def term(
    *,
    theory: str,
    reads: tuple[Read, ...] = (),
    where: Where = "",
    prior: tuple[float, float] | None = None,
    at_stake: bool = True,
) -> Callable[..., Callable[[Situation], Floats]]:
    """Make a formula a term under its own name: of this module, or of the file of one's own that is being read.

    Whoever imports such a file as a module has its formulas and changes nothing else.

    `theory` is a few words and a reference, `reads` what of the situation differs between runs, `where` the clubs in
    which it does (`Where`) if not in all, and `prior` the mean and standard deviation of its weight, for a term in a
    file of one's own.

    A formula gives shape (..., S, C).

    Raises
    ------
    ValueError
        If a term of the name exists already, or a key is unknown.
    """

    def register(formula: Callable[[Situation], Floats]) -> Callable[[Situation], Floats]:
        """Take up a formula that gives shape (..., S, C).

        Raises
        ------
        ValueError
            If a term of the name exists already, or a key is unknown.
        """
        name = formula.__name__
        others = _COLLECTED.get()
        if name in TERMS or name in (others or ()):
            raise ValueError(f"a term named {name} exists already")
        for key, given, known in (("reads", reads, Read), ("where", (where,), Where)):
            for odd in (value for value in given if value not in get_args(known)):
                raise ValueError(f"{name}: {key} is one of {get_args(known)}, not {odd!r}")
        made = Term(name, theory, formula, frozenset(reads), where, prior, at_stake=at_stake)
        if formula.__module__ == __name__:
            _SHIPPED[name] = made
        elif others is not None:
            others[name] = made
        return formula

    return register


def staked(term: Term, values: Floats, stake: Floats) -> Floats:
    """What a term adds to the value of a seat, shape (..., S, C): by what is at stake in the club (C,), or in full."""
    return stake * values if term.at_stake else values


def _summed(amount: Floats, applies: Bools, covers: Floats | None = None) -> Floats:
    """Sum of `amount` (..., S, K) over the threats that apply to a club (C, K): (..., S, C).

    If `covers` (..., C, K) is given, as far as the club covers them.
    """
    total = np.zeros((*amount.shape[:-1], len(applies)), order="F")
    # a fixed order, so that the sum is the same for one run as for many
    for c, k in zip(*applies.nonzero(), strict=True):
        of_club = total[..., c]
        of_club += amount[..., k] if covers is None else amount[..., k] * covers[..., c, k, None]
    return total


def _over_others(amount: Floats, present: Bools, unit: float, clubs: Bools | None = None) -> Floats:
    """Sum over states j of ``amount[..., s, j] * present[..., j, c]``, shape (..., S, C); 0 in other than some clubs.

    Amounts are counted in whole units. Their sums are exact, so that one run gets those of many, in whatever order they
    are added up.
    """
    whole = np.rint(amount / unit)
    if whole.ndim > 2:  # each month or run has amounts of its own
        there = present if clubs is None else present & clubs
        return np.asarray(np.matmul(whole, there.astype(np.float64)) * unit)
    total = np.zeros(present.shape, order="F")
    for c in range(present.shape[-1]) if clubs is None else clubs.nonzero()[0]:
        of_club = present[..., c]
        if of_club.any():
            np.multiply((whole @ of_club.T.astype(np.float64)).T, unit, out=total[..., c])
    return total


@term(theory="Balance of threat (Walt 1987)", reads=("credibility", "seat", "held"))
def protection(now: Situation) -> Floats:
    """Threats to the state that the club would relieve and no other seat of the state relieves already.

    ``sum over k of exposure[k] * relieves[c, k] * others[c, k] * belief[k, c]`` over threats to the state, where belief
    is the credibility of a club that promises help and 1 for a club that promises nothing, for it has no word to
    break. `others` is what the state's seats in other clubs leave of the threat: the product of ``1 - credibility``
    for a promise and ``1 - forum_stake`` for a forum. A rival that sits in the club is no outsider, and the club does
    not relieve it; nor does a promise relieve what its text does not cover in the month. Shape (..., S, C).
    """
    left = now.unrelieved
    return left.summed(left.believed, left.cells.of_state)


@term(
    theory="Fear of abandonment (Snyder 1984)",
    reads=("credibility", "seat", "held"),
)
def abandonment(now: Situation) -> Floats:
    """Threats on which a promise of help is not believed, as far as no other seat relieves them.

    ``- sum over k of exposure[k] * relieves[c, k] * others[c, k] * (1 - credibility[k])`` for clubs that promise help,
    else 0. With weights a (protection) and b (this), the two add up to ``(a + b) * exposure * others *
    (credibility - need)``, ``need = b / (a + b)``. Shape (..., S, C).
    """
    left = now.unrelieved
    unbelieved = left.promised * (1.0 - left.credibility)
    return 0.0 - left.summed(unbelieved, left.cells.of_promise, left.cells.promised)


@term(
    theory="Omnibalancing and protective integration (David 1991; Allison 2008)",
    reads=("credibility", "seat", "held"),
)
def regime_security(now: Situation) -> Floats:
    """Threats to the incumbent's hold on power that the club's company relieves, promise or none, and no other seat.

    ``sum over k of threat[k] * relieves[c, k] * others[c, k]`` over threats to the regime. Shape (..., S, C).
    """
    left = now.unrelieved
    return left.summed(left.amount, left.cells.of_regime)


@term(
    theory="Balancing needs an alternative, else the weak bandwagon (Walt 1987)",
    reads=("held",),
    where="patron_led",
)
def coercion(now: Situation) -> Floats:
    """Pressure by the club's own sponsor: it recruits who has no alternative and repels who has one.

    ``(1 - door) * leverage - door * sum over k of threat[k] * menaces[c, k]`` for the patron's clubs: `leverage` is its
    grip after a war that was lost on own soil with its hand in it, and ``door = 1 - 2 ** -n`` with n the state's seats
    in clubs that bear on the patron's pressure, each of which leaves it half as alone. From clubs of other sponsors the
    threat repels in full. Shape (..., S, C).
    """
    held = needed(now.held, "held")
    repelled = -_summed(now.threat, now.clubs.menaces)
    alone = np.ones((*held.shape[:-1], 1), order="F")
    for other in now.clubs.shelters.nonzero()[0]:
        alone -= alone * HALF * held[..., other, None]
    gripped = alone * now.leverage[..., None] + (1.0 - alone) * repelled
    return np.where(now.clubs.patron_led, gripped, repelled)


@term(theory="Hierarchy (Lake 2009)")
def patronage(now: Situation) -> Floats:
    """The tie to the club's sponsor and the goods it gives to members, in standard deviations.

    ``goods[c] + sum over p of tie[p] * sponsors[c, p]``. Shape (..., S, C).
    """
    total = np.zeros((*now.tie.shape[:-1], len(now.clubs.sponsors)))
    for p in range(now.tie.shape[-1]):
        total += now.tie[..., p, None] * now.clubs.sponsors[:, p]
    return total + now.goods[..., None, :]


@term(
    theory="Partisan patron: it sides with a rival (Crawford 2003)",
    reads=("seat",),
    where="company",
)
def partisan_patron(now: Situation) -> Floats:
    """Rivals in a club whose members decide together, and in the patron's club the patron on their side.

    ``- sum over j of rivalry[s, j] * side[s, j] * seat[j, c]``; `side` is the patron's leaning to the rival in clubs
    that it leads, and one half, which is no leaning, in others. Shape (..., S, C).
    """
    seat = needed(now.seat, "seat")
    led = now.clubs.patron_led
    in_its_clubs = -now.rivalry * leaning(now.patron_tie)
    total = _over_others(in_its_clubs, seat, FINEST, led & now.clubs.company)
    if (elsewhere := ~led & now.clubs.company).any():
        total += _over_others(-now.rivalry * HALF, seat, FINEST, elsewhere)
    return total


@term(
    theory="Two blocs: a choice of one side (Snyder 1984; Crawford 2003)",
    reads=("held",),
    at_stake=False,
)
def two_blocs(now: Situation) -> Floats:
    """Seats in clubs that stand against this one: ``- number of clubs opposed to c in which the state sits``.

    Shape (..., S, C).
    """
    held = needed(now.held, "held")
    total = np.zeros((*held.shape[:-1], len(now.clubs.opposed)), order="F")
    for c, other in zip(*now.clubs.opposed.nonzero(), strict=True):
        of_club = total[..., c]
        of_club -= held[..., other]
    return total


@term(
    theory="Clubs are joined for a purpose (Haas 1980; Koremenos, Lipson and Snidal 2001)",
    at_stake=False,
)
def purpose(now: Situation) -> Floats:
    """A reason to sit in a forum whose members decide together: the log of the chance that a state has one.

    ``log(NO_REASON + (1 - NO_REASON) * (1 - exp(- sum over k of threat[k] * covers[c, k])))``: a state acts at the
    rate at which it has a reason, and few that nothing troubles on which the club works have one. It is 0 in clubs
    that promise help, which insure against what is not felt yet, and in those where each member has a paper of its
    own, with subjects of its own choice. Shape (..., S, C).
    """
    covers = now.covers[..., now.clubs.place, :]
    reason = -np.expm1(-_summed(now.threat, now.clubs.relieves, covers))
    joint = now.clubs.company & ~now.clubs.guarantees
    return np.asarray(np.log(NO_REASON + (1.0 - NO_REASON) * reason) * joint)


@term(theory="Substitutes for the patron's help (Crawford; von Borzyskowski and Vabulas 2019)")
def outside_option(now: Situation) -> Floats:
    """Threats against which others than the patron offer help, so that its club is needed less.

    ``- sum over k of exposure[k] * offer[k] * relieves[c, k] * covers[c, k]`` for clubs that the patron leads, else 0.
    Shape (..., S, C).
    """
    relieves = now.clubs.relieves & now.clubs.patron_led[:, None]
    return -_summed(now.exposure * now.offer, relieves, now.covers[..., now.clubs.place, :])


@term(theory="Security is paid for with autonomy (Morrow 1991)")
def entrapment(now: Situation) -> Floats:
    """Autonomy lost to a club that reaches into its members' defence: ``- autonomy * reach[c]`` if it promises help.

    It is not what Snyder (1984) calls entrapment, to be dragged into an ally's war, of which no input knows. Shape
    (..., S, C).
    """
    return -now.autonomy[..., None] * (now.reach * now.clubs.guarantees)[..., None, :]


@term(
    theory="Compliance as a cost of membership (Downs, Rocke and Barsoom 1996)",
    reads=("gap",),
    where="active",
)
def compliance(now: Situation) -> Floats:
    """Instruments that the state has yet to join, the dearer the further the club reaches.

    ``- gap * reach[c] / 10``. Shape (..., S, C).
    """
    return -needed(now.gap, "gap") * (now.reach / TEN)[..., None, :]


@term(
    theory="Contagion of exits (Crawford; von Borzyskowski and Vabulas 2019)",
    reads=("left",),
    where="active",
)
def contagion(now: Situation) -> Floats:
    """States that left of late, by their share of the state's trade, in tenths.

    ``- 10 * sum over j of bond[s, j] * left[j, c]``. Shape (..., S, C).
    """
    return _over_others(-TEN * now.bond, needed(now.left, "left"), TEN * SHARE_OF_TRADE)


@term(theory="Burden sharing (Olson and Zeckhauser 1966)", reads=("seat",), where="budgeted")
def dues(now: Situation) -> Floats:
    """The share of the budget that falls to the state, in tenths, if it is in.

    ``- 10 * shared_budget[c] / (1 + number of other paying states that are in)``. Shape (..., S, C).
    """
    seats = needed(now.seat, "seat") & now.pays[:, None]
    others = seats.sum(axis=-2)[..., None, :] - seats
    return -TEN * now.shared_budget[..., None, :] / (1.0 + others)


@term(
    theory="Hierarchy (Lake 2009): a patron pays for loyalty that drifts",
    reads=("courted",),
    where="active",
)
def courtship(now: Situation) -> Floats:
    """The patron courts a member that drifts: 1 while it does, else 0. Shape (..., S, C)."""
    return needed(now.courted, "courted").astype(np.float64)


@term(
    theory="Sanctions drive out whom they do not bend (Martin 1992; von Borzyskowski and Vabulas 2019)",
    reads=("sanctioned",),
    where="active",
)
def censure(now: Situation) -> Floats:
    """A seat under a sanction of its own club is worth less: -1 while it is, else 0. Shape (..., S, C)."""
    return -needed(now.sanctioned, "sanctioned").astype(np.float64)


@term(theory="Regimes of a kind keep company (Siverson and Emmons 1991; Lai and Reiter 2000)")
def kinship(now: Situation) -> Floats:
    """The incumbent is of a kind that is at home in the club: 1 while it is, else 0. Shape (..., S, C)."""
    return now.kin


@term(
    theory="Contagion of exits, from the notice on (von Borzyskowski and Vabulas 2019)",
    reads=("noticed",),
    where="active",
)
def announcement(now: Situation) -> Floats:
    """States on notice, by their share of the state's trade, in tenths.

    ``- 10 * sum over j of bond[s, j] * noticed[j, c]``. Shape (..., S, C).
    """
    return _over_others(-TEN * now.bond, needed(now.noticed, "noticed"), TEN * SHARE_OF_TRADE)


@term(
    theory="Balance of threat (Walt 1987): a protector that is feared, wherever else one could go",
    reads=("held",),
    where="patron_led",
)
def defiance(now: Situation) -> Floats:
    """Pressure by the patron on who has no seat elsewhere that shelters from it, which `coercion` leaves out.

    ``- alone * sum over k of threat[k] * menaces[c, k]`` for the patron's clubs, with `alone` as in `coercion`; else 0.
    Shape (..., S, C).
    """
    held = needed(now.held, "held")
    alone = np.ones((*held.shape[:-1], 1), order="F")
    for other in now.clubs.shelters.nonzero()[0]:
        alone -= alone * HALF * held[..., other, None]
    return -alone * _summed(now.threat, now.clubs.menaces & now.clubs.patron_led[:, None])
