"""DELIBERATE: the value of a seat, and the chance of an act by its log-odds (`agents.acts`)."""

from collections.abc import Sequence

import numpy as np

from tashkent.agents.situation import Floats

#: by how much a term differs from its base in runs: the clubs, the weight, the difference
TermDelta = tuple[slice, Floats, Floats]


def value_of_seat(base_terms: Floats, weights: Floats, deltas: Sequence[TermDelta]) -> Floats:
    """``W = sum of weight * term``, shape (R, S, C), runs side by side in memory.

    Parameters
    ----------
    base_terms
        The terms as far as they are the same in all runs, shape (C, S, terms).
    weights
        Their weights, shape (terms, R).
    deltas
        By how much terms differ from their bases: the clubs, the weight of the term, shape (R, 1, 1), and the
        difference in these clubs, shape (R, S, clubs).
    """
    # numpy's own loop adds up term by term in every run, so that one run gets the sums of many; for one column
    # alone it would take another order
    single = weights.shape[1] == 1
    columns = np.repeat(weights, 2, axis=1) if single else weights
    value: Floats = np.einsum("csp,pr->csr", base_terms, columns).T[: weights.shape[1]]
    for clubs, weight, delta in deltas:
        part = value[..., clubs]
        part += weight * delta
    return value


def probability(log_odds: Floats) -> Floats:
    """Chance of an act, ``1 / (1 + exp(-log_odds))``, in (0, 1); of the shape of `log_odds`."""
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))
