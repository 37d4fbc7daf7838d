"""The draws of a block of runs, act by act, and where a counterfactual holds a seat to an act or keeps it from it."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Bools, Floats
from tashkent.model.case import Case
from tashkent.model.draws import PADDING, Drawer, check_length, occasional
from tashkent.model.statuses import Act
from tashkent.model.streams import held_draws, proposal

Singles = NDArray[np.float32]
#: in place of a club's index: all clubs
_EVERY = -1
#: below and above every log-odds, and every chance
_LOGISTIC = (-np.inf, np.inf)
_UNIFORM = (-1.0, 2.0)


@dataclass
class _Block:
    """Runs, and what has been drawn for them, by act and club (or `_EVERY`)."""

    first_run: int
    runs: int
    #: runs that are drawn for, at least as many; after `share` of them the same draws begin again
    drawn: int
    share: int
    #: month first, from the first month that was asked for on
    made: dict[tuple[str, int], Singles]
    #: the arrays behind it, with room for the most runs, and their first months
    memory: dict[tuple[str, int], Singles]
    first_month: dict[tuple[str, int], int]


class Noise:
    """The draws of a block of runs, made on first use and laid out month first.

    They are kept until `move_to` turns to another block, and their memory is used again: fresh pages cost as much as
    the numbers in them.
    """

    def __init__(self, case: Case, seed: int, first_run: int, runs: int) -> None:
        self._case, self._seed = case, seed
        self._clubs = tuple(case.clubs)
        self._room = runs
        self._months = check_length(len(case.months))
        self._drawer = Drawer()
        #: acts and months in which seats are held to an act, or kept from it
        self.held = held_draws(case)
        self._block = _Block(first_run, runs, runs, runs, {}, {}, {})

    def move_to(self, first_run: int, runs: int, share: int | None = None) -> None:
        """Turn to the runs from `first_run` on, at most as many as the first block had; the same keep their draws.

        With `share`, run r of the block draws as number ``first_run + r % share``.

        Raises
        ------
        ValueError
            If there is no room for so many runs.
        """
        if runs > self._room:
            raise ValueError(f"there is room for {self._room} runs, not {runs}")
        block = self._block
        if share is None:
            keeps, drawn, share = block.share == block.drawn, runs, runs
        else:
            keeps, drawn = block.share == share, self._room
        if first_run != block.first_run or runs > block.drawn or not keeps:
            block.first_run, block.drawn, block.share = first_run, drawn, share
            block.made.clear()
        block.runs = runs

    def fits(self, case: Case) -> bool:
        """Whether a case has the same states, clubs and months."""
        own, other = self._case, case
        return (own.state_ids, self._clubs, own.months) == (
            other.state_ids,
            tuple(other.clubs),
            other.months,
        )

    def under(self, case: Case) -> "Noise":
        """The same draws for a case that `fits`; they move to another block together.

        Raises
        ------
        ValueError
            If the case does not fit.
        """
        if not self.fits(case):
            raise ValueError("draws belong to states, clubs and months, and these differ")
        other = copy(self)
        other.held = held_draws(case)
        return other

    def _hold(
        self, drawn: NDArray[Any], act: str, c: int, t: int, ends: tuple[float, float]
    ) -> Any:
        """The draws of a month, but where a counterfactual holds a seat to an act or keeps it from it."""
        held = self.held.get((act, t), ())
        if held:
            drawn = drawn.copy(order="K")
        for s, club, low in held:
            if c in (_EVERY, club):
                seat = (slice(None), s, club) if c == _EVERY else (slice(None), s)
                drawn[seat] = ends[not low]
        return drawn

    def proposed(self, act: Act, c: int, t: int) -> Bools:
        """The states against which a case is put forward for certain, shape (S,)."""
        held = self.held.get((proposal(act), t), ())
        found = np.zeros(len(self._case.states), bool)
        found[[s for s, club, _ in held if club == c]] = True
        return found

    def _get(self, act: str, c: int, t: int, draw: Callable[..., None]) -> Singles:
        """The draws of an act in month `t`, in one club as (R, S) or, if `c` is `_EVERY`, in all as (R, S, C).

        Made from the first month that is asked for to the end of the case: many acts are possible late only.
        """
        key, block = (act, c), self._block
        if key not in block.made or t < block.first_month[key]:
            clubs = self._clubs if c == _EVERY else self._clubs[c : c + 1]
            if key not in block.memory or t < block.first_month[key]:
                room = self._room + PADDING
                shape = (len(clubs), len(self._case.states), self._months - t, room)
                block.memory[key], block.first_month[key] = np.zeros(shape, np.float32), t
            made = block.memory[key][..., : block.drawn]
            months = slice(block.first_month[key], self._months)
            for i, club in enumerate(clubs):
                for s, state in enumerate(self._case.state_ids):
                    if state != self._case.patron:
                        names = (state, club, act)
                        drawn = made[i, s, :, : block.share]
                        draw(self._seed, names, block.first_run, months, drawn)
            for low in range(block.share, block.drawn, block.share):
                again = made[..., low : low + block.share]
                again[...] = made[..., : again.shape[-1]]
            block.made[key] = made
        now = block.made[key][:, :, t - block.first_month[key], : block.runs]
        return np.asarray(now.T if c == _EVERY else now[0].T)

    def logistic(self, act: str, t: int) -> Singles:
        """Logistic noise of an act in all clubs in month `t`, shape (R, S, C)."""
        return cast(
            Singles,
            self._hold(self._get(act, _EVERY, t, self._drawer.logistic), act, _EVERY, t, _LOGISTIC),
        )

    def logistic_in(self, act: str, c: int, t: int) -> Singles:
        """Logistic noise of an act in one club in month `t`, shape (R, S)."""
        return cast(
            Singles, self._hold(self._get(act, c, t, self._drawer.logistic), act, c, t, _LOGISTIC)
        )

    def logistic_once(self, act: str, c: int, t: int, states: NDArray[np.intp]) -> Floats:
        """Logistic noise of an act of few months for some states, shape (R, S); 0 for the others."""
        drawn = self._occasional(act, c, t, states)
        noise = np.log(drawn / (1.0 - drawn), where=drawn > 0, out=np.zeros_like(drawn))
        return cast(Floats, self._hold(noise, act, c, t, _LOGISTIC))

    def occasional(self, act: str, c: int, t: int, states: NDArray[np.intp]) -> Floats:
        """Uniform draws of an act of few months for some states, shape (R, S); 0 for the others."""
        return cast(Floats, self._hold(self._occasional(act, c, t, states), act, c, t, _UNIFORM))

    def _occasional(self, act: str, c: int, t: int, states: NDArray[np.intp]) -> Floats:
        block = self._block
        drawn = np.zeros((block.runs, len(self._case.states)))
        for s in states:
            names = (self._case.state_ids[s], self._clubs[c], act)
            own = occasional(self._seed, names, t, block.first_run, block.share)
            drawn[:, s] = np.resize(own, block.runs)
        return drawn

    def uniform_in(self, act: str, c: int, t: int) -> Singles:
        """Uniform draws for the answer to a petition in one club in month `t`, shape (R, S)."""
        return cast(
            Singles, self._hold(self._get(act, c, t, self._drawer.uniform), act, c, t, _UNIFORM)
        )
