"""What chance decides in a block of runs, and where a counterfactual holds a seat to an act or keeps it from it."""

from copy import copy

import numpy as np
from numpy.typing import NDArray

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


class _Stream:
    """The sequences of an act in some clubs for a block of runs, and the bits of the period that was asked for last.

    Seats lie in one row as they do in the arrays of a world: club by club, state by state, runs side by side.
    """

    def __init__(self, keys: Words, runs: Words) -> None:
        #: shape (clubs * states * runs,)
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
        self._streams: dict[tuple[str, int | None], _Stream] = {}
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

    def _stream(self, act: str, c: int | None) -> _Stream:
        """The stream of an act in one club, or in all."""
        if (act, c) not in self._streams:
            clubs = self._clubs if c is None else self._clubs[c : c + 1]
            keys = [stream(self._seed, s, club, act) for club in clubs for s in self._states]
            self._streams[act, c] = _Stream(np.array(keys, np.uint64), self._runs)
        return self._streams[act, c]

    def exceeded(
        self, act: str, t: int, log_odds: Floats, may: Bools, c: int | None = None
    ) -> Bools:
        """Where an act happens in month `t`: it may, and its log-odds exceed logistic noise.

        `log_odds` and `may` have shape (R, S, C), runs side by side in memory, or in one club (R, S); so has the
        result.
        """
        if not may.any():
            return np.zeros_like(may)
        drawn = self._stream(act, c)
        odds, free = log_odds.ravel(order="F"), may.ravel(order="F")
        rare = drawn.rare(self.first_month + t)
        at = ((rare | (odds > REST)) & free).nonzero()[0]
        number = uniform(drawn.sequences[at], self.first_month + t)
        found = np.zeros(len(odds), bool)
        found[at] = odds[at] > in_layers(number, rare[at])
        happens: Bools = found.reshape(may.shape, order="F")
        for s, club, low in self.held.get((act, t), ()):
            if c in (None, club):
                seat = (slice(None), s, club) if c is None else (slice(None), s)
                happens[seat] = may[seat] & low
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
        keys = np.zeros(len(self._states), np.uint64)
        for s in np.unique(state):
            keys[s] = stream(self._seed, self._states[s], self._clubs[c], act)
        return sequences(keys[state], self._runs[run])

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
