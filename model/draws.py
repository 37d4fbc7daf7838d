"""Random numbers keyed by (seed, state, club, act) and laid out run by run, month by month.

Every decision has a stream of its own: numpy's counter-based Philox, keyed by a hash of the seed and the
three names. Within a stream run ``r`` owns the positions ``r * STRIDE`` to ``(r + 1) * STRIDE - 1``, one
for each month since the case began. Acts that are drawn in few months are laid out month first
(`occasional`). Either way a run sees the same numbers however runs are batched, ordered or
spread over machines, whichever counterfactual is run, and whatever other states the case holds.
"""

import hashlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

#: months that a run owns in a stream (42 years); a multiple of Philox's eight single numbers per count
STRIDE = 512
_NUMBERS_PER_COUNT = 4
_SINGLES_PER_COUNT = 8
#: singles between the rows of a block of draws: one line of a cache
_PADDING = 16
#: runs whose draws are made at once: as many as a cache holds
_AT_ONCE = 64
#: counts that a month owns in a stream of occasional draws
_RUNS_BITS = 40


def stream(seed: int, *names: str) -> np.random.Philox:
    """The stream of a decision, at its beginning."""
    text = "\x1f".join((str(seed), *names))
    key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")
    return np.random.Philox(key=key)


class Drawer:
    """Makes draws for blocks of runs, and keeps the memory that it works in.

    Numbers have 24 random bits and single precision: chances below ``2 ** -24`` a month count as none. They are those
    of `numpy.random.Generator.random`, made faster and laid out month by month.
    """

    def __init__(self) -> None:
        # rows a power of two apart fall on the same lines of the cache when a month is read across runs
        self._numbers = np.empty((_AT_ONCE, STRIDE + _PADDING), np.float32)
        self._work = np.empty((STRIDE, _AT_ONCE), np.float32)

    def uniform(
        self,
        seed: int,
        names: tuple[str, ...],
        first_run: int,
        months: slice,
        out: NDArray[np.float32],
    ) -> None:
        """Write numbers in (0, 1) into `out`, shape (months, runs), for the runs from `first_run` on."""
        for _ in self._parts(seed, names, first_run, months, out):
            pass

    def logistic(
        self,
        seed: int,
        names: tuple[str, ...],
        first_run: int,
        months: slice,
        out: NDArray[np.float32],
    ) -> None:
        """Write standard logistic noise into `out`, shape (months, runs): an act happens if its log-odds exceed it."""
        for part in self._parts(seed, names, first_run, months, out):
            work = self._work[: part.shape[0], : part.shape[1]]
            np.subtract(np.float32(1.0), part, out=work)
            np.divide(part, work, out=work)
            np.log(work, out=part)

    def _parts(
        self,
        seed: int,
        names: tuple[str, ...],
        first_run: int,
        months: slice,
        out: NDArray[np.float32],
    ) -> Iterator[NDArray[np.float32]]:
        """Fill `out` run by run with uniform numbers; each part once it is filled, so that it is still in the cache."""
        bits = stream(seed, *names).advance(first_run * (STRIDE // _SINGLES_PER_COUNT))
        for low in range(0, out.shape[1], _AT_ONCE):
            part = out[:, low : low + _AT_ONCE]
            runs = part.shape[1]
            raw = bits.random_raw(runs * STRIDE // 2).astype("<u8", copy=False).view("<u4")
            # 24 bits, and a half where they are all zero, in units of 2 ** -25
            np.right_shift(raw, 7, out=raw)
            np.bitwise_and(raw, ~np.uint32(1), out=raw)
            np.maximum(raw, np.uint32(1), out=raw)
            numbers = self._numbers[:runs, :STRIDE]
            numbers[...] = raw.reshape(runs, STRIDE)
            np.multiply(numbers[:, months].T, np.float32(2.0**-25), out=part)
            yield part


def uniform(
    seed: int, names: tuple[str, ...], first_run: int, runs: int, months: int
) -> NDArray[np.float32]:
    """Numbers in (0, 1), shape (runs, months), for the runs from `first_run` on."""
    drawn = np.empty((check_length(months), runs), np.float32)
    Drawer().uniform(seed, names, first_run, slice(months), drawn)
    return drawn.T


def logistic(
    seed: int, names: tuple[str, ...], first_run: int, runs: int, months: int
) -> NDArray[np.float32]:
    """Standard logistic noise, shape (runs, months): an act happens if its log-odds exceed it."""
    drawn = np.empty((check_length(months), runs), np.float32)
    Drawer().logistic(seed, names, first_run, slice(months), drawn)
    return drawn.T


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
