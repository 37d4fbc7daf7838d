"""Random numbers keyed by (seed, state, club, act) and laid out run by run, month by month.

Every decision has a stream of its own: numpy's counter-based Philox, keyed by a hash of the seed and the
three names. Within a stream run ``r`` owns the positions ``r * STRIDE`` to ``(r + 1) * STRIDE - 1``, one
for each month since the case began. So a run sees the same numbers however runs are batched, ordered or
spread over machines, whichever counterfactual is run, and whatever other states the case holds.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

#: months that a run owns in a stream (42 years); a multiple of Philox's four numbers per count
STRIDE = 512
_NUMBERS_PER_COUNT = 4


def stream(seed: int, *names: str) -> np.random.Philox:
    """The stream of a decision, at its beginning."""
    text = "\x1f".join((str(seed), *names))
    key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")
    return np.random.Philox(key=key)


def uniform(
    seed: int, names: tuple[str, ...], first_run: int, runs: int, months: int
) -> NDArray[np.float64]:
    """Numbers in (0, 1), shape (runs, months), for the runs from `first_run` on."""
    if months > STRIDE:
        raise ValueError(f"a case may last {STRIDE} months, not {months}")
    bits = stream(seed, *names).advance(first_run * (STRIDE // _NUMBERS_PER_COUNT))
    numbers = np.random.Generator(bits).random((runs, STRIDE))[:, :months]
    return numbers + 2.0**-54  # never 0


def logistic(
    seed: int, names: tuple[str, ...], first_run: int, runs: int, months: int
) -> NDArray[np.float64]:
    """Standard logistic noise, shape (runs, months): an act happens if its log-odds exceed it."""
    u = uniform(seed, names, first_run, runs, months)
    np.divide(u, 1.0 - u, out=u)
    return np.log(u, out=u)


def normal(seed: int, names: tuple[str, ...], first_run: int, runs: int) -> NDArray[np.float64]:
    """One standard normal number a run, shape (runs,)."""
    from scipy.special import ndtri

    bits = stream(seed, *names).advance(first_run)
    u = np.random.Generator(bits).random((runs, _NUMBERS_PER_COUNT))[:, 0]
    return np.asarray(ndtri(u + 2.0**-54), dtype=np.float64)
