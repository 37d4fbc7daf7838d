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
#: singles between the rows of a block of draws, one line of a cache: rows a power of two apart would fall on the same
PADDING = 16
#: random bits of a number, and what it is counted in
_BITS = 24
_UNITS = 2**_BITS
#: runs whose draws are made at once: as many as a cache holds
_AT_ONCE = 128
#: counts that a month owns in a stream of occasional draws
_RUNS_BITS = 40
#: runs that have draws of their own
MOST_RUNS = _NUMBERS_PER_COUNT << _RUNS_BITS


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
        self._numbers = np.empty(_AT_ONCE * STRIDE, np.float32)
        self._work = np.empty(_AT_ONCE * STRIDE, np.float32)

    def uniform(
        self,
        seed: int,
        names: tuple[str, ...],
        first_run: int,
        months: slice,
        out: NDArray[np.float32],
    ) -> None:
        """Write numbers in (0, 1) into `out`, shape (months, runs), for the runs from `first_run` on."""
        for numbers, part in self._parts(seed, names, first_run, months, out):
            np.multiply(numbers, np.float32(1.0 / _UNITS), out=numbers)
            part[...] = self._rows(numbers, part)

    def logistic(
        self,
        seed: int,
        names: tuple[str, ...],
        first_run: int,
        months: slice,
        out: NDArray[np.float32],
    ) -> None:
        """Write standard logistic noise into `out`, shape (months, runs): an act happens if its log-odds exceed it."""
        for numbers, part in self._parts(seed, names, first_run, months, out):
            work = self._work[: numbers.size]
            np.subtract(np.float32(_UNITS), numbers, out=work)
            np.divide(numbers, work, out=numbers)
            np.log(numbers, out=numbers)
            part[...] = self._rows(numbers, part)

    def _parts(
        self,
        seed: int,
        names: tuple[str, ...],
        first_run: int,
        months: slice,
        out: NDArray[np.float32],
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """For some runs at a time, their numbers in units of ``2 ** -24`` one behind the other, and where they belong.

        Few enough that they are still in the cache when the caller works on them.
        """
        bits = stream(seed, *names).advance(first_run * (STRIDE // _SINGLES_PER_COUNT))
        for low in range(0, out.shape[1], _AT_ONCE):
            part = out[:, low : low + _AT_ONCE]
            runs = part.shape[1]
            raw = bits.random_raw(runs * STRIDE // 2).astype("<u8", copy=False).view("<u4")
            np.right_shift(raw, 32 - _BITS, out=raw)
            whole = raw.view("<i4").reshape(runs, STRIDE)[:, months]  # signed ones convert faster
            numbers = self._numbers[: whole.size]
            numbers.reshape(whole.shape)[...] = whole
            if numbers.min() == 0.0:
                np.maximum(numbers, np.float32(0.5), out=numbers)
            yield numbers, part

    @staticmethod
    def _rows(numbers: NDArray[np.float32], part: NDArray[np.float32]) -> NDArray[np.float32]:
        """Numbers run by run as rows of months, (months, runs)."""
        return numbers.reshape(part.shape[::-1]).T


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
    """The number of months of a case, if a run has room for them.

    Raises
    ------
    ValueError
        If a run has no room for them.
    """
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
