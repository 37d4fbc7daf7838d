"""Paired runs with common random numbers: a baseline and its counterfactuals, advanced side by side.

Every draw is keyed by seed, state, club and act, so a run of a counterfactual differs from the same run of the
baseline through what was changed and nothing else. Until the first month in which an input differs, the two are one
world and are advanced once. A baseline of which many questions are asked one after the other can be kept month by
month (`experiments.history`).
"""

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import cast

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Bools
from tashkent.experiments.divergence import (
    Divergence,
    Ints,
    StateBefore,
    collected,
    copied,
    seat_terms,
)
from tashkent.experiments.history import History, LiveBaseline, ReplayedBaseline
from tashkent.experiments.input_difference import first_difference
from tashkent.model.case import Case
from tashkent.model.compilation import compile_case
from tashkent.model.counterfactual import parameters_of
from tashkent.model.inputs import CaseInputs
from tashkent.model.noise import Noise
from tashkent.model.parameters import ParameterDraws
from tashkent.model.seats import Status8
from tashkent.model.statuses import is_in
from tashkent.model.step import advance
from tashkent.model.workers import Pool
from tashkent.model.world import World, world_from_record

#: runs that advance together; changes speed and memory, never a result
BLOCK = 500


@dataclass(frozen=True)
class Counts:
    """Paired runs of one counterfactual, counted; seats on axes (month, state, club) of the baseline."""

    #: runs in which the state is in
    baseline: Ints
    counterfactual: Ints
    #: runs in which it is in only in the baseline, or only in the counterfactual
    discordant: Ints
    #: sums of the difference over the runs of one parameter draw, shape (draws, T, S, C)
    by_draw: NDArray[np.int16]
    divergence: Divergence
    #: statuses at the months and seats that are looked at, shape (R, outcomes), baseline and counterfactual
    seen: tuple[Status8, Status8]
    #: months since the case's start from which an input differs; as many as there are if none does
    differs_from: int

    def __repr__(self) -> str:
        """A line: the shape of the seats that are counted."""
        return f"<Counts of shape {self.baseline.shape}>"


@dataclass(frozen=True)
class PairedWorlds:
    """One baseline and its counterfactuals from one start, compiled."""

    baseline: CaseInputs
    counterfactuals: tuple[CaseInputs, ...]
    #: months since the case's start from which each counterfactual may differ
    differs_from: tuple[int, ...]
    origin: int
    seed: int
    #: runs that share a parameter draw
    per_draw: int
    #: what is looked at: (month since the start, state, club) for each counterfactual
    looked_at: tuple[tuple[tuple[int, int, int], ...], ...]


def run_pairs(
    baseline: Case,
    counterfactuals: Sequence[Case],
    draws: ParameterDraws,
    *,
    start: int,
    seed: int,
    per_draw: int,
    looked_at: Sequence[Sequence[tuple[int, int, int]]],
    workers: int = 1,
    progress: Callable[[int], None] | None = None,
    history: History | None = None,
) -> tuple[Counts, ...]:
    """Run baseline and counterfactuals over the same draws; one `Counts` for each counterfactual.

    Parameters
    ----------
    baseline, counterfactuals
        The cases.
    draws
        Parameters of the baseline; each is used by `per_draw` runs in a row.
    start
        Month of the initial condition.
    seed
        Keys every draw.
    per_draw
        Runs that share a parameter draw.
    looked_at
        For each counterfactual, the seats whose status is kept: (months since the case's start, state, club).
    workers
        Processes; no influence on the result.
    progress
        Called with the number of runs that have been added, here month by month as shares of whole runs, of other
        processes block by block. What it raises ends the work.
    history
        The baseline, if it has been run before; then all is run here and at once.

    Raises
    ------
    ValueError
        If the history is that of another baseline.
    """
    inputs, origin = compile_case(baseline), start - baseline.start
    compiled = tuple(compile_case(case) for case in counterfactuals)
    worlds = PairedWorlds(
        baseline=inputs,
        counterfactuals=compiled,
        differs_from=tuple(first_difference(inputs, other, origin) for other in compiled),
        origin=origin,
        seed=seed,
        per_draw=per_draw,
        looked_at=tuple(tuple(cells) for cells in looked_at),
    )
    number = draws.runs
    if history is not None:
        if not history.is_of(baseline, draws, start=start, seed=seed, per_draw=per_draw):
            raise ValueError("the history is another's: case, start, seed or parameters differ")
        return _run_block(worlds, draws, 0, progress, history)
    blocks = -(-number * per_draw // BLOCK)
    of_block = max(1, -(-number // blocks))
    lows = range(0, number, of_block)
    rows = [draws.of_runs(slice(low, low + of_block)) for low in lows]
    first_runs = [low * per_draw for low in lows]
    blocks_of = _counted(worlds, rows, first_runs, min(workers, len(lows)), progress)
    return tuple(_joined(parts) for parts in zip(*blocks_of, strict=True))


def _counted(
    worlds: PairedWorlds,
    rows: Sequence[ParameterDraws],
    first_runs: Sequence[int],
    workers: int,
    progress: Callable[[int], None] | None,
) -> Iterator[tuple[Counts, ...]]:
    """The blocks in their order, from here or from local processes, which stay for the next comparison."""
    if workers <= 1:
        yield from map(partial(_run_block, worlds, progress=progress), rows, first_runs)
        return
    told = pickle.dumps(worlds)
    tasks = (
        (i, _run_block_there, (told, *task))
        for i, task in enumerate(zip(rows, first_runs, strict=True))
    )
    # threads would wait for each other: much of a month is Python
    with Pool[int, tuple[Counts, ...]](workers, kept=True) as pool:
        for counts, draws in zip(pool.in_order(tasks), rows, strict=True):
            if progress is not None:
                progress(draws.runs * worlds.per_draw)
            yield counts


@lru_cache(maxsize=1)
def _worlds(told: bytes) -> PairedWorlds:
    return cast(PairedWorlds, pickle.loads(told))


def _run_block_there(told: bytes, draws: ParameterDraws, first_run: int) -> tuple[Counts, ...]:
    return _run_block(_worlds(told), draws, first_run)


# one block of runs ---------------------------------------------------------------------------------


class _CountedPair:
    """A counterfactual beside its baseline in one block of runs, and what is counted of them."""

    def __init__(self, worlds: PairedWorlds, number: int, draws: int) -> None:
        self.inputs, self.first = worlds.counterfactuals[number], worlds.differs_from[number]
        base = worlds.baseline
        months, states, clubs = base.open_to.shape
        self.origin = worlds.origin
        shape = (months - worlds.origin, states, clubs)
        self.per_draw, runs = worlds.per_draw, draws * worlds.per_draw
        self.in_counterfactual = np.zeros(shape, np.int32)
        self.discordant = np.zeros(shape, np.int32)
        self.by_draw = np.zeros((draws, *shape), np.int16)
        self.parts: list[Divergence] = []
        self.number_of_terms = len(base.theory)
        self.cells = worlds.looked_at[number]
        self.seen = tuple(np.zeros((runs, len(self.cells)), np.int8) for _ in range(2))
        names = tuple(self.inputs.case.clubs)
        #: the clubs of the baseline that this world has, and their numbers here
        self.kept = [c for c, name in enumerate(base.case.clubs) if name in names]
        self.here = [names.index(tuple(base.case.clubs)[c]) for c in self.kept]
        #: which seats have not diverged yet; of a club that only one world has, none does
        self.together = np.zeros((runs, states, clubs), np.bool_)
        self.together[:, :, self.kept] = True
        self.all_clubs = names == tuple(base.case.clubs)
        self.world: World | None = None
        self.state_before: StateBefore | None = None

    def begin(self, world: World) -> None:
        """From now on a world of its own."""
        self.world, self.state_before = world, StateBefore(world)

    @property
    def may_diverge(self) -> bool:
        """A seat may diverge this month for the first time."""
        return self.world is not None and bool(self.together.any())

    def keep_before(self) -> None:
        """Keep what the world carries into the month."""
        if self.world is not None and self.state_before is not None:
            self.state_before.keep(self.world)

    def _on_axes(self, status: Status8) -> Status8:
        """Statuses on the clubs of the baseline; who has no such club is not in it."""
        if self.all_clubs:
            return status
        shape = (*status.shape[:2], self.by_draw.shape[-1])
        wide = np.zeros(shape, np.int8)
        wide[:, :, self.kept] = status[:, :, self.here]
        return wide

    def count(
        self, t: int, base: World, seated: Bools, baseline_before: StateBefore | World
    ) -> None:
        """Count month `t`, at whose end both worlds stand; `seated` says who is in in the baseline, shape (R, S, C)."""
        at = t - self.origin
        world = self.world or base
        status = base.status if self.world is None else self._on_axes(self.world.status)
        for i, (month, s, c) in enumerate(self.cells):
            if month == t:
                self.seen[0][:, i], self.seen[1][:, i] = base.status[:, s, c], status[:, s, c]
        if self.world is None:
            self.in_counterfactual[at] = seated.sum(axis=0)
            return
        differs = status != base.status
        if not differs.any():
            self.in_counterfactual[at] = seated.sum(axis=0)
            return
        inside = is_in(status)
        self.in_counterfactual[at] = inside.sum(axis=0)
        difference = inside.astype(np.int8) - seated
        self.discordant[at] = np.abs(difference).sum(axis=0)
        of_draws = difference.reshape(-1, self.per_draw, *difference.shape[1:])
        self.by_draw[:, at] = of_draws.sum(axis=1, dtype=np.int16)
        new = differs & self.together
        if t > self.origin and self.state_before is not None and new.any():
            self._diverge(t, new, base, world, (baseline_before, self.state_before))

    def _diverge(
        self,
        t: int,
        new: Bools,
        base: World,
        world: World,
        states: tuple[StateBefore | World, StateBefore],
    ) -> None:
        self.together &= ~new
        run, state, club = np.nonzero(new)
        here = np.zeros(new.shape[2], np.intp)
        here[self.kept] = self.here
        old = seat_terms(base, states[0], t, base.inputs, run, state, club, club)
        now = seat_terms(world, states[1], t, base.inputs, run, state, club, here[club])
        self.parts.append(
            Divergence(
                run=run.astype(np.int32),
                month=np.full(len(run), t, np.int32),
                state=state.astype(np.int32),
                club=club.astype(np.int32),
                before=base.status[new],
                after=world.status[run, state, here[club]],
                terms=now - old,
            )
        )

    def counts(self, baseline: Ints) -> Counts:
        """All that was counted."""
        return Counts(
            baseline=baseline,
            counterfactual=self.in_counterfactual,
            discordant=self.discordant,
            by_draw=self.by_draw,
            divergence=collected(self.parts, self.number_of_terms),
            seen=(self.seen[0], self.seen[1]),
            differs_from=self.first,
        )


def _run_block(
    worlds: PairedWorlds,
    draws: ParameterDraws,
    first_run: int,
    progress: Callable[[int], None] | None = None,
    history: History | None = None,
) -> tuple[Counts, ...]:
    number = draws.runs
    runs = number * worlds.per_draw
    inputs, origin = worlds.baseline, worlds.origin

    def rows(case: Case) -> ParameterDraws:
        return parameters_of(case, draws).repeated(worlds.per_draw)

    noise = Noise(inputs.case, worlds.seed, first_run, runs)
    base: LiveBaseline | ReplayedBaseline = (
        LiveBaseline(world_from_record(inputs, origin, rows(inputs.case), noise))
        if history is None
        else ReplayedBaseline(history)
    )
    pairs = [_CountedPair(worlds, i, number) for i in range(len(worlds.counterfactuals))]
    baseline = np.zeros(pairs[0].in_counterfactual.shape if pairs else (0,), np.int32)
    months = len(inputs.rules)
    for t in range(origin, months):
        for pair in pairs:
            if pair.world is None and t >= pair.first:
                pair.begin(
                    _started(worlds, pair.inputs, rows(pair.inputs.case), noise, first_run, runs)
                    if pair.first == origin
                    else _branched(base.world, pair.inputs, noise)
                )
        if t > origin:
            awaited = [pair for pair in pairs if pair.may_diverge]
            for pair in awaited:
                pair.keep_before()
            base.advance(t, keep_before=bool(awaited))
            for pair in pairs:
                if pair.world is not None:
                    advance(pair.world, t)
                    pair.world.log.clear()
        seated = is_in(base.world.status)
        if pairs:
            baseline[t - origin] = seated.sum(axis=0)
        for pair in pairs:
            pair.count(t, base.world, seated, base.before)
        if progress is not None:
            done, of = t + 1 - origin, months - origin
            progress(runs * done // of - runs * (done - 1) // of)
    return tuple(pair.counts(baseline) for pair in pairs)


def _started(
    worlds: PairedWorlds,
    inputs: CaseInputs,
    rows: ParameterDraws,
    noise: Noise,
    first_run: int,
    runs: int,
) -> World:
    """A world of its own from the start."""
    same = tuple(inputs.case.clubs) == tuple(worlds.baseline.case.clubs)
    own = noise.under(inputs.case) if same else Noise(inputs.case, worlds.seed, first_run, runs)
    return world_from_record(inputs, worlds.origin, rows, own)


def _branched(base: World, inputs: CaseInputs, noise: Noise) -> World:
    """A world that has been the baseline so far and now goes its own way."""
    return replace(
        base,
        inputs=inputs,
        noise=noise.under(inputs.case),
        seats=copied(base.seats),
        belief_updates=base.belief_updates.copy(order="K"),
        new_belief_updates=base.new_belief_updates.copy(order="K"),
        participation=base.participation.copy(order="K"),
        log=[],
    )


def _joined(parts: Sequence[Counts]) -> Counts:
    """The counts of all blocks, in the order of runs."""
    first = np.cumsum([0, *(len(part.seen[0]) for part in parts)])
    divergence = [
        replace(part.divergence, run=part.divergence.run + np.int32(low))
        for part, low in zip(parts, first, strict=False)
    ]
    return Counts(
        baseline=np.sum([p.baseline for p in parts], axis=0, dtype=np.int32),
        counterfactual=np.sum([p.counterfactual for p in parts], axis=0, dtype=np.int32),
        discordant=np.sum([p.discordant for p in parts], axis=0, dtype=np.int32),
        by_draw=np.concatenate([p.by_draw for p in parts]),
        divergence=collected(divergence, parts[0].divergence.terms.shape[1]),
        seen=(
            np.concatenate([p.seen[0] for p in parts]),
            np.concatenate([p.seen[1] for p in parts]),
        ),
        differs_from=parts[0].differs_from,
    )
