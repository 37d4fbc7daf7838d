"""DELIBERATE: from the value of a seat to the log-odds of each act that is open to a state.

With ``W`` the value of a seat (`agents.terms`) and frictions that the rules in force set:

* accede:   ``W + accede + obligation * [the club promises help] + signature * [nobody is asked] + opening * [window]
  + founding * [founding month]``
* renew:    ``W + renew``
* give notice, cease observing: ``-W + exit + idle * [the club promises no help] + wait * [a term runs that ends unless
  signed]``
* ask for suspension: ``-W + suspend``, with the same `wait`
* freeze participation: ``-W + freeze``; resume it: ``W + resume``
* ask to be an observer: ``W + observe``

To a former party that a rule of restoration takes back, ``restore`` is added to accession. Where it must
first join what was concluded since, ``- compliance * owed`` is added to accession;
where a law at home makes joining dear, ``lock``.

An act happens in a month with probability ``1 / (1 + exp(-log-odds))``. A member asks for suspension before it
thinks of notice, so the chance of leaving by either route is ``1 - (1 - p_suspend) * (1 - p_withdraw)``.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from tashkent.agents.situation import Bools, Floats

#: the frictions, in the order of the acts above
FRICTIONS = (
    "accede",
    "obligation",
    "signature",
    "restore",
    "opening",
    "founding",
    "renew",
    "exit",
    "idle",
    "wait",
    "suspend",
)

#: frictions of acts that the record does not score; they stay at their priors
UNSCORED = ("freeze", "resume", "observe", "lock")

Weights = Mapping[str, Floats]
#: what runs have changed of a term: the clubs, the weight, the change
Moved = tuple[slice, Floats, Floats]


def value_of_seat(at_rest: Floats, weights: Floats, moved: Sequence[Moved]) -> Floats:
    """``W = sum of weight * term``, shape (R, S, C), runs side by side in memory.

    Parameters
    ----------
    at_rest
        The terms as far as they are the same in all runs, shape (C, S, terms).
    weights
        Their weights, shape (terms, R).
    moved
        What runs have changed of a term: the clubs, the weight of the term, shape (R, 1, 1), and the change of the term
        in these clubs, shape (R, S, clubs).
    """
    # numpy's own loop adds up term by term in every run, so that one run gets the sums of many; for one column
    # alone it would take another order
    single = weights.shape[1] == 1
    columns = np.repeat(weights, 2, axis=1) if single else weights
    value: Floats = np.einsum("csp,pr->csr", at_rest, columns).T[: weights.shape[1]]
    for clubs, weight, change in moved:
        part = value[..., clubs]
        part += weight * change
    return value


def accession(
    value: Floats,
    friction: Weights,
    guarantees: Bools,
    unasked: Bools,
    window: Bools,
    founding: Bools,
) -> Floats:
    """Log-odds of acceding; all but the value have shape (C,) or broadcast to the value's.

    `unasked` says where a signature is enough and no member is asked.
    """
    # few numbers, laid out as the value is
    price = np.multiply(friction["obligation"], guarantees, order="F")
    price += friction["accede"]
    price += np.multiply(friction["signature"], unasked, order="F")
    price += np.multiply(friction["opening"], window, order="F")
    price += np.multiply(friction["founding"], founding, order="F")
    return np.asarray(value + price)


def renewal(value: Floats, friction: Weights) -> Floats:
    """Log-odds of signing a prolongation."""
    return value + friction["renew"]


def leaving(value: Floats, friction: Weights, guarantees: Bools, runs_out: Bools) -> Floats:
    """Log-odds of giving notice, and of ceasing to observe.

    `guarantees` and `runs_out` have shape (C,): the club promises help; a term runs that ends for who does not sign.
    """
    price = np.multiply(friction["idle"], ~guarantees, order="F")
    price += friction["exit"]
    price += np.multiply(friction["wait"], runs_out, order="F")
    return np.asarray(price - value)


def asking_suspension(value: Floats, friction: Weights, runs_out: bool) -> Floats:
    """Log-odds of asking for the suspension of one's own membership; `runs_out` as in `leaving`, for one club."""
    return friction["suspend"] + friction["wait"] * float(runs_out) - value


def probability(log_odds: Floats) -> Floats:
    """``1 / (1 + exp(-log_odds))``."""
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


def freezing(value: Floats, friction: Weights) -> Floats:
    """Log-odds of freezing participation."""
    return friction["freeze"] - value


def resumption(value: Floats, friction: Weights) -> Floats:
    """Log-odds of resuming participation."""
    return value + friction["resume"]


def observation(value: Floats, friction: Weights) -> Floats:
    """Log-odds of asking to be an observer."""
    return value + friction["observe"]


def return_price(owed: Floats, back: Bools, dear: Bools, weights: Weights) -> Floats:
    """What is added to the log-odds of acceding for the way back, what must be joined, and a lock.

    `back` says who was in before and may be taken back by a rule of its own.

    `owed` is in the units of compliance (`agents.terms`). A theory without compliance asks no price for it.
    """
    price = np.multiply(weights["lock"], dear, order="F")
    price += np.multiply(weights["restore"], back, order="F")
    return price - weights["compliance"] * owed if "compliance" in weights else price
