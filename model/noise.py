"""What chance decides in a block of runs, and where a counterfactual holds a seat to an act or keeps it from it."""

from copy import copy

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.acts import LogOdds
from tashkent.agents.situation import Bools, Floats
from tashkent.model.case import Case
from tashkent.model.draws import (
    PERIOD,
    REST,
    Words,
    in_layers,
    logistic,
    rare_months,
    sequences,
    stream,
    uniform,
)
from tashkent.model.statuses import Act
from tashkent.model.streams import held_draws, proposal

Ints = NDArray[np.intp]
#: the stream of an act, and the club
Streams = tuple[tuple[str, int], ...]


class _Stream:
    """The sequences of some acts in clubs for a block of runs, and the bits of the period that was asked for last.

    Seats lie in one row: act by act, state by state, runs side by side.
    """

    def __init__(self, keys: Words, runs: Words) -> None:
        #: shape (acts * states * runs,)
        self.sequences = sequences(keys[:, None], runs).ravel()
        self._period = -1
        self._bits = np.zeros((PERIOD // 8, 0), np.uint8)

    def rare(self, month: int) -> Bools:
        """Seats whose noise of a month is of the first layer, shape (seats,)."""
        period, i = divmod(month, PERIOD)
        if period != self._period:
            words = rare_months(self.sequences, period).astype("<u8", copy=False)
            self._bits = np.ascontiguousarray(words.view(np.uint8).reshape(-1, PERIOD // 8).T)
            self._period = period
        byte, bit = divmod(i, 8)
        return np.asarray((self._bits[byte] & np.uint8(1 << bit)) != 0)


class Noise:
    """The draws of a block of runs, made where something may come of them.

    Run r of the block draws as number ``first_run + r``; with `share`, as number ``first_run + r % share``.
    """

    def __init__(
        self, case: Case, seed: int, first_run: int, runs: int, share: int | None = None
    ) -> None:
        self._states, self._clubs, self._seed = case.state_ids, tuple(case.clubs), seed
        numbers = np.arange(runs) if share is None else np.arange(runs) % share
        self._runs = (numbers + first_run).astype(np.uint64)
        #: the month of t = 0, counted from year 0
        self.first_month = case.start
        self._streams: dict[Streams, _Stream] = {}
        #: by act and club, shape (S,)
        self._keys: dict[tuple[str, int], Words] = {}
        #: acts and months in which seats are held to an act, or kept from it
        self.held = held_draws(case)

    def under(self, case: Case) -> "Noise":
        """The same draws for a case with the same states and clubs; what is made of them is made once.

        Raises
        ------
        ValueError
            If states or clubs differ.
        """
        if (case.state_ids, tuple(case.clubs)) != (self._states, self._clubs):
            raise ValueError("draws belong to states and clubs, and these differ")
        other = copy(self)
        other.held, other.first_month = held_draws(case), case.start
        return other

    def _stream(self, streams: Streams) -> _Stream:
        """The sequences of some acts in clubs."""
        if streams not in self._streams:
            keys = np.concatenate([self._keys_of(act, c) for act, c in streams])
            self._streams[streams] = _Stream(keys, self._runs)
        return self._streams[streams]

    def _keys_of(self, act: str, c: int) -> Words:
        """The keys of the streams of an act in a club, shape (S,)."""
        if (act, c) not in self._keys:
            keys = [stream(self._seed, s, self._clubs[c], act) for s in self._states]
            self._keys[act, c] = np.array(keys, np.uint64)
        return self._keys[act, c]

    def exceeded(self, streams: Streams, t: int, log_odds: LogOdds, may: Bools) -> Bools:
        """Where acts happen in month `t`: they may, and their log-odds exceed logistic noise.

        `may` has a row for each act in a club, shape (rows, S, R); so has the result.
        """
        drawn = self._stream(streams)
        rare = drawn.rare(self.first_month + t)
        near = log_odds.may_exceed(REST).ravel()
        near |= rare
        near &= may.ravel()
        at = near.nonzero()[0]
        number = uniform(drawn.sequences[at], self.first_month + t)
        found = np.zeros(near.shape, bool)
        found[at] = log_odds.at(at) > in_layers(number, rare[at])
        happens: Bools = found.reshape(may.shape)
        if self.held:
            for i, (act, c) in enumerate(streams):
                for s, club, low in self.held.get((act, t), ()):
                    if c == club:
                        happens[i, s] = may[i, s] & low
        return happens

    def logistic(self, act: str, t: int, c: int, run: Ints, state: Ints) -> Floats:
        """The logistic noise of an act in month `t` for some seats of a club, shape (n,)."""
        found = logistic(self._sequences(act, c, run, state), self.first_month + t)
        return self._hold(found, act, t, c, state, (-np.inf, np.inf))

    def uniform(self, act: str, t: int, c: int, run: Ints, state: Ints) -> Floats:
        """The numbers that answer for some seats of a club in month `t`, shape (n,), in (0, 1)."""
        found = uniform(self._sequences(act, c, run, state), self.first_month + t)
        return self._hold(found, act, t, c, state, (-1.0, 2.0))

    def _sequences(self, act: str, c: int, run: Ints, state: Ints) -> Words:
        return sequences(self._keys_of(act, c)[state], self._runs[run])

    def _hold(
        self, found: Floats, act: str, t: int, c: int, state: Ints, ends: tuple[float, float]
    ) -> Floats:
        """The draws of some seats, but where a counterfactual holds one to an act or keeps it from it."""
        for s, club, low in self.held.get((act, t), ()):
            if club == c:
                found[state == s] = ends[not low]
        return found

    def proposed(self, act: Act, c: int, t: int) -> Bools:
        """The states against which a case is put forward for certain, shape (S,)."""
        held = self.held.get((proposal(act), t), ())
        found = np.zeros(len(self._states), bool)
        found[[s for s, club, _ in held if club == c]] = True
        return found
