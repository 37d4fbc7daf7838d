"""Random numbers keyed by (seed, state, club, act) and laid out run by run, month by month.

Every decision has a stream of its own: numpy's counter-based Philox, keyed by a hash of the seed and the
three names. Within a stream run ``r`` owns the positions ``r * STRIDE`` to ``(r + 1) * STRIDE - 1``, one
for each month since the case began. Acts that are drawn in few months are laid out month first
(`occasional`). Either way a run sees the same numbers however runs are batched, ordered or
spread over machines, whichever counterfactual is run, and whatever other states the case holds.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

#: months that a run owns in a stream (42 years); a multiple of Philox's eight single numbers per count
STRIDE = 512
_NUMBERS_PER_COUNT = 4
_SINGLES_PER_COUNT = 8
#: singles between the rows of a block of draws: one line of a cache
_PADDING = 16
#: counts that a month owns in a stream of occasional draws
_RUNS_BITS = 40


def stream(seed: int, *names: str) -> np.random.Philox:
    """The stream of a decision, at its beginning."""
    text = "\x1f".join((str(seed), *names))
    key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")
    return np.random.Philox(key=key)


class Drawer:
    """Makes draws for blocks of up to `room` runs, and keeps the memory that it works in.

    Numbers have 24 random bits and single precision: chances below ``2 ** -24`` a month count as none. What a method
    returns is overwritten by the next call.
    """

    def __init__(self, room: int) -> None:
        self._numbers = np.empty((room, STRIDE), np.float32)
        # rows a power of two apart fall on the same lines of the cache when a month is read across runs
        self._apart = np.empty((room, STRIDE + _PADDING), np.float32)[:, :STRIDE]

    def uniform(
        self, seed: int, names: tuple[str, ...], first_run: int, runs: int, months: slice
    ) -> NDArray[np.float32]:
        """Numbers in (0, 1), shape (runs, months), for the runs from `first_run` on."""
        bits = stream(seed, *names).advance(first_run * (STRIDE // _SINGLES_PER_COUNT))
        np.random.Generator(bits).random(dtype=np.float32, out=self._numbers[:runs])
        apart = self._apart[:runs, months]
        never_0 = np.float32(2.0**-25)
        return np.maximum(self._numbers[:runs, months], never_0, out=apart)

    def logistic(
        self, seed: int, names: tuple[str, ...], first_run: int, runs: int, months: slice
    ) -> NDArray[np.float32]:
        """Standard logistic noise, shape (runs, months): an act happens if its log-odds exceed it."""
        numbers = self.uniform(seed, names, first_run, runs, months)
        work = self._numbers[:runs, months]
        np.subtract(np.float32(1.0), numbers, out=work)
        np.divide(numbers, work, out=numbers)
        return np.log(numbers, out=numbers)


def uniform(
    seed: int, names: tuple[str, ...], first_run: int, runs: int, months: int
) -> NDArray[np.float32]:
    """Numbers in (0, 1), shape (runs, months), for the runs from `first_run` on."""
    return Drawer(runs).uniform(seed, names, first_run, runs, slice(check_length(months)))


def logistic(
    seed: int, names: tuple[str, ...], first_run: int, runs: int, months: int
) -> NDArray[np.float32]:
    """Standard logistic noise, shape (runs, months): an act happens if its log-odds exceed it."""
    return Drawer(runs).logistic(seed, names, first_run, runs, slice(check_length(months)))


def check_length(months: int) -> int:
    """The number of months of a case, if a run has room for them."""
    if months > STRIDE:
        raise ValueError(f"a case may last {STRIDE} months, not {months}")
    return months


def occasional(
    seed: int, names: tuple[str, ...], month: int, first_run: int, runs: int
) -> NDArray[np.float64]:
    """One number in (0, 1) a run for an act that is drawn in few months, shape (runs,).

    Laid out month by month and run by run, so that one month of many runs is made without the others.
    """
    before = first_run % _NUMBERS_PER_COUNT
    count = (month << _RUNS_BITS) + first_run // _NUMBERS_PER_COUNT
    bits = stream(seed, *names).advance(count)
    return np.random.Generator(bits).random(before + runs)[before:] + 2.0**-54


def normal(seed: int, names: tuple[str, ...], first_run: int, runs: int) -> NDArray[np.float64]:
    """One standard normal number a run, shape (runs,)."""
    from scipy.special import ndtri

    bits = stream(seed, *names).advance(first_run)
    u = np.random.Generator(bits).random((runs, _NUMBERS_PER_COUNT))[:, 0]
    return np.asarray(ndtri(u + 2.0**-54), dtype=np.float64)
