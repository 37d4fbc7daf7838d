"""DELIBERATE: the value of a seat, and the chance of an act by its log-odds (`agents.acts`)."""

from collections.abc import Iterable

import numpy as np

from tashkent.agents.situation import Floats

#: a term that runs change: the clubs, its weight, and the term, or by how much it differs, in these clubs
Weighted = tuple[slice, Floats, Floats]


def value_of_seat(at_rest: Floats, weights: Floats, changed: Iterable[Weighted]) -> Floats:
    """``W = sum of weight * term``, shape (R, S, C), runs side by side in memory.

    Parameters
    ----------
    at_rest
        The terms as far as they are the same in all runs, shape (C, S, terms).
    weights
        Their weights, shape (terms, R).
    changed
        Those that runs change: the clubs, the weight, which broadcasts against (R, S, clubs), and what the term adds
        in these clubs, shape (R, S, clubs) or (S, clubs).
    """
    # numpy's own loop adds up term by term in every run, so that one run gets the sums of many; for one column
    # alone it would take another order
    single = weights.shape[1] == 1
    columns = np.repeat(weights, 2, axis=1) if single else weights
    value: Floats = np.einsum("csp,pr->csr", at_rest, columns).T[: weights.shape[1]]
    for clubs, weight, term in changed:
        part = value[..., clubs]
        part += weight * term
    return value


def probability(log_odds: Floats) -> Floats:
    """Chance of an act, ``1 / (1 + exp(-log_odds))``, in (0, 1); of the shape of `log_odds`."""
    found = np.asarray(np.negative(log_odds))  # in one array, which takes less than four
    np.exp(found, out=found)
    found += 1.0
    return np.asarray(np.divide(1.0, found, out=found))
