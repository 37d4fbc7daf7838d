"""Random numbers keyed by (seed, state, club, act), run and month, each made where it is needed and nowhere else.

Every decision has a stream of its own, keyed by a hash of the seed and the names; in a stream every run has a sequence,
and in it every month (counted from year 0) has a number. A number is a hash of its place: two rounds of the finalizer
of SplitMix64 (Steele, Lea and Flood 2014, with the constants of Stafford's variant 13), one over runs and one over
months. So a run sees the same numbers however runs are batched, ordered or spread over machines, whichever
counterfactual is run, whenever the case begins and whatever other states it holds.

An act happens if its log-odds exceed standard logistic noise. That noise comes in two layers: in one month of
``2 ** RARE`` on average it is below `REST`, as bits of the sequence say, and in all others it is not. Where log-odds
are below `REST`, nothing has to be drawn in a month that its bit does not name.
"""

import hashlib
import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

#: runs that have draws of their own
MOST_RUNS = 2**40
#: months of which the bits of the first layer are made at once
PERIOD = 64
#: so many words are put together for the bits of a period, so that one bit in ``2 ** RARE`` is left
RARE = 4
#: the chance of the first layer, and the noise that divides the layers
LOW = 2.0**-RARE
REST = math.log(LOW / (1.0 - LOW))
#: where in a sequence the words of the bits lie, far from those of months
_BITS_AT = np.uint64(1 << 40)
_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@lru_cache(maxsize=1 << 14)
def stream(seed: int, *names: str) -> np.uint64:
    """The key of a stream."""
    text = "\x1f".join((str(seed), *names))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def _mixed(words: Words) -> Words:
    """The finalizer of SplitMix64, in place; any shape."""
    words ^= words >> np.uint64(30)
    words *= _FIRST
    words ^= words >> np.uint64(27)
    words *= _SECOND
    words ^= words >> np.uint64(31)
    return words


def _at(start: Words, place: Words) -> Words:
    """The hash of a place behind a start; both broadcast."""
    return _mixed(np.atleast_1d(start + place * _STEP))


def sequences(stream: np.uint64 | Words, run: NDArray[np.integer]) -> Words:
    """The sequence of each run in a stream, of the shape that both broadcast to."""
    with np.errstate(over="ignore"):
        return _at(np.asarray(stream, np.uint64), np.asarray(run).astype(np.uint64))


def uniform(sequence: Words, month: NDArray[np.integer] | int) -> NDArray[np.float64]:
    """The numbers of months in sequences, in (0, 1) with 53 bits, of the shape that both broadcast to."""
    words = _at(sequence, np.asarray(month).astype(np.uint64))
    words >>= np.uint64(11)
    found: NDArray[np.float64] = words.astype(np.float64)
    found += 0.5
    found *= 2.0**-53
    return found


def rare_months(sequence: Words, period: int) -> Words:
    """The bits of the months of a period: those of the first layer are 1; of the shape of `sequence`.

    Bit i is month ``period * PERIOD + i``.
    """
    place = _BITS_AT + np.uint64(period * RARE)
    found = _at(sequence, np.asarray(place))
    for i in range(1, RARE):
        found &= _at(sequence, np.asarray(place + np.uint64(i)))
    return found


def in_layers(number: NDArray[np.float64], rare: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Logistic noise from numbers in (0, 1): of the first layer, below `REST`, where `rare` is true, else above.

    Both have one shape; so has the result.
    """
    chance = np.where(rare, number * LOW, LOW + number * (1.0 - LOW))
    return np.asarray(np.log(chance / (1.0 - chance)))


def logistic(sequence: Words, month: NDArray[np.integer] | int) -> NDArray[np.float64]:
    """The logistic noise of months in sequences, of the shape that both broadcast to."""
    month = np.asarray(month)
    rare = np.zeros(np.broadcast_shapes(sequence.shape, month.shape), bool)
    for period in np.unique(month // PERIOD).tolist():
        here = month // PERIOD == period
        bits = rare_months(sequence, period) >> (month % PERIOD).astype(np.uint64)
        rare |= here & (bits & np.uint64(1)).astype(bool)
    return in_layers(uniform(sequence, month), rare)


def normal(seed: int, names: tuple[str, ...], first_run: int, runs: int) -> NDArray[np.float64]:
    """One standard normal number a run, shape (runs,)."""
    from scipy.special import ndtri

    return np.asarray(ndtri(once(seed, names, first_run, runs)), dtype=np.float64)


def once(seed: int, names: tuple[str, ...], first_run: int, runs: int) -> NDArray[np.float64]:
    """One number in (0, 1) a run that belongs to no month, shape (runs,)."""
    return uniform(sequences(stream(seed, *names), np.arange(first_run, first_run + runs)), 0)
