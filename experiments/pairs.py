"""Two worlds with the same luck: a baseline and its counterfactuals, advanced side by side over the same draws.

Every draw is keyed by seed, state, club and act, so a run of a counterfactual differs from the same run of the
baseline through what was changed and nothing else. Until the first month in which an input differs, the two are one
world and are advanced once. A baseline of which many questions are asked one after the other can be kept month by
month (`History`).
"""

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields, replace
from functools import lru_cache, partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Bools, Floats
from tashkent.model.case import Case
from tashkent.model.compilation import compile_case
from tashkent.model.counterfactual import parameters_of
from tashkent.model.inputs import MONTHLY, CaseInputs
from tashkent.model.law import RulesInForce
from tashkent.model.noise import Noise
from tashkent.model.seats import Seats, Status8
from tashkent.model.statuses import Status, is_in
from tashkent.model.statutes import Statute
from tashkent.model.step import advance, follow_patron, take_effect
from tashkent.model.streams import held_draws
from tashkent.model.theory import know_terms, own_files
from tashkent.model.workers import Pool
from tashkent.model.world import World, world_from_record

#: runs that advance together; changes speed and memory, never a result
BLOCK = 500
#: a run whose histories never part
NEVER = -1
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Partings:
    """Where the two histories of each run part: arrays over runs."""

    #: months since the case's start, or NEVER
    month: Ints
    #: the seat that parts, the focal club's first if several do in one month
    state: Ints
    club: Ints
    #: its status in the baseline and in the counterfactual at the end of that month
    before: Status8
    after: Status8
    #: what each term adds to the value of that seat in the counterfactual, less in the baseline, shape (R, terms)
    terms: Floats


@dataclass(frozen=True)
class Counts:
    """Paired runs of one counterfactual, counted; seats on axes (month, state, club) of the baseline."""

    #: runs in which the state is in
    baseline: Ints
    changed: Ints
    #: runs in which it is in only in the baseline, or only in the counterfactual
    discordant: Ints
    #: sums of the difference over the runs of one parameter draw, shape (draws, T, S, C)
    by_draw: NDArray[np.int16]
    partings: Partings
    #: statuses at the months and seats that are looked at, shape (R, outcomes), baseline and counterfactual
    seen: tuple[Status8, Status8]


@dataclass(frozen=True)
class Setting:
    """One baseline and its counterfactuals from one start, compiled."""

    baseline: CaseInputs
    others: tuple[CaseInputs, ...]
    #: months since the case's start from which each other world may differ
    part_from: tuple[int, ...]
    origin: int
    seed: int
    #: runs that share a parameter draw
    per_draw: int
    #: what is looked at: (month since the start, state, club) for each other world
    looked_at: tuple[tuple[tuple[int, int, int], ...], ...]

    @classmethod
    def of(
        cls,
        baseline: Case,
        others: Sequence[Case],
        *,
        start: int,
        seed: int,
        per_draw: int,
        looked_at: Sequence[Sequence[tuple[int, int, int]]],
    ) -> "Setting":
        """Compile the cases and find from when on they differ."""
        inputs, origin = compile_case(baseline), start - baseline.start
        compiled = tuple(compile_case(other) for other in others)
        return cls(
            baseline=inputs,
            others=compiled,
            part_from=tuple(first_difference(inputs, other, origin) for other in compiled),
            origin=origin,
            seed=seed,
            per_draw=per_draw,
            looked_at=tuple(tuple(cells) for cells in looked_at),
        )


class History:
    """A baseline from one start in all months, in one block of runs: what no counterfactual of it has to run again.

    Read-only once made; 0.3 MB a run over three decades of the shipped case.
    """

    def __init__(
        self,
        case: Case,
        draws: Mapping[str, Floats],
        *,
        start: int,
        seed: int,
        per_draw: int,
        noise: Noise | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Run it; parameters as in `run_pairs`."""
        inputs, self.origin = compile_case(case), start - case.start
        self.seed, self.per_draw = seed, per_draw
        self.draws = {name: draws[name] for name in case.drawn}
        rows = {name: np.repeat(values, per_draw) for name, values in self.draws.items()}
        runs, months = len(next(iter(rows.values()))), len(inputs.rules)
        own = Noise(case, seed, 0, runs) if noise is None else noise.under(case)
        world = world_from_record(inputs, self.origin, rows, own)
        #: as they stand at the end of each month from the start on; draws are not kept
        self.worlds = [replace(_as_it_stands(world, world), noise=Noise(case, seed, 0, runs))]
        for t in range(self.origin + 1, months):
            advance(world, t)
            world.log.clear()
            self.worlds.append(_as_it_stands(world, self.worlds[-1]))
            if progress is not None:
                progress(runs * (t - self.origin) // (months - 1 - self.origin))

    def is_of(self, setting: Setting, draws: Mapping[str, Floats]) -> bool:
        """Whether it is the baseline of a comparison."""
        return (
            self.worlds[0].inputs.case is setting.baseline.case
            and (self.origin, self.seed, self.per_draw)
            == (setting.origin, setting.seed, setting.per_draw)
            and all(np.array_equal(values, draws[name]) for name, values in self.draws.items())
        )


def _as_it_stands(world: World, before: World) -> World:
    """A copy of a world for reading; what has not changed since the month before is not kept twice."""

    def kept(now: NDArray[Any], old: NDArray[Any]) -> NDArray[Any]:
        if now is not old and np.array_equal(now, old, equal_nan=now.dtype.kind == "f"):
            return old
        copied = now.copy(order="K")
        copied.flags.writeable = False
        return copied

    found = copy(before)
    found.seats = Seats(*map(kept, world.seats, before.seats))
    found.belief_updates, found.new_belief_updates = (
        kept(world.belief_updates, before.belief_updates),
        kept(world.new_belief_updates, before.new_belief_updates),
    )
    found.participation = kept(world.participation, before.participation)
    return found


def run_pairs(
    setting: Setting,
    draws: Mapping[str, Floats],
    *,
    workers: int = 1,
    progress: Callable[[int], None] | None = None,
    history: History | None = None,
    noise: Noise | None = None,
) -> tuple[Counts, ...]:
    """Run baseline and counterfactuals over the same draws; one `Counts` for each counterfactual.

    Parameters
    ----------
    setting
        The worlds.
    draws
        Parameters of the baseline by name, one value a draw; each is used by `setting.per_draw` runs in a row.
    workers
        Processes; no influence on the result.
    progress
        Called with the number of runs that have been added, here month by month as shares of whole runs, of other
        processes block by block. What it raises ends the work.
    history
        The baseline, if it has been run before; then all is run here and at once.
    noise
        Draws of the same states and clubs with the same seed, and room for the first of the runs that advance
        together; what is drawn is kept in it. Taken with a history only.
    """
    number = len(next(iter(draws.values())))
    if history is not None:
        if not history.is_of(setting, draws):
            raise ValueError("the history is another's: case, start, seed or parameters differ")
        return _run_block(setting, draws, 0, progress, history, noise)
    blocks = -(-number * setting.per_draw // BLOCK)
    of_block = max(1, -(-number // blocks))
    lows = range(0, number, of_block)
    rows = [{n: values[low : low + of_block] for n, values in draws.items()} for low in lows]
    first_runs = [low * setting.per_draw for low in lows]
    blocks_of = _counted(setting, rows, first_runs, min(workers, len(lows)), progress)
    return tuple(_joined(parts) for parts in zip(*blocks_of, strict=True))


def _counted(
    setting: Setting,
    rows: Sequence[Mapping[str, Floats]],
    first_runs: Sequence[int],
    workers: int,
    progress: Callable[[int], None] | None,
) -> Iterator[tuple[Counts, ...]]:
    """The blocks in their order, from here or from local processes, which stay for the next comparison."""
    if workers <= 1:
        yield from map(partial(_run_block, setting, progress=progress), rows, first_runs)
        return
    told = pickle.dumps((own_files(), setting))
    tasks = (
        (i, _run_block_there, (told, *task))
        for i, task in enumerate(zip(rows, first_runs, strict=True))
    )
    # threads would wait for each other: much of a month is Python
    with Pool[int, tuple[Counts, ...]](workers, kept=True) as pool:
        for counts, draws in zip(pool.in_order(tasks), rows, strict=True):
            if progress is not None:
                progress(len(next(iter(draws.values()))) * setting.per_draw)
            yield counts


@lru_cache(maxsize=1)
def _setting(told: bytes) -> Setting:
    files, setting = pickle.loads(told)
    know_terms(files)
    return cast(Setting, setting)


def _run_block_there(
    told: bytes, draws: Mapping[str, Floats], first_run: int
) -> tuple[Counts, ...]:
    return _run_block(_setting(told), draws, first_run)


def first_difference(one: CaseInputs, other: CaseInputs, origin: int) -> int:
    """The first month after `origin` in which two cases give a world other inputs; `origin` if it starts otherwise.

    The number of months if they never differ.
    """
    months = len(one.rules)
    fixed = [{n: p.mean for n, p in g.case.role("fixed").items()} for g in (one, other)]
    drawn = [{n: (p.mean, p.sd) for n, p in g.case.drawn.items()} for g in (one, other)]
    held = [g.case.changed.held if g.case.changed else () for g in (one, other)]
    alike = (
        tuple(one.case.clubs) == tuple(other.case.clubs)
        and fixed[0] == fixed[1]
        and drawn[0] == drawn[1]
        and held[0] == held[1]
        and one.theory == other.theory
        and np.array_equal(one.stake, other.stake)
        and all(
            np.array_equal(a, b) for a, b in zip(one.belief_index, other.belief_index, strict=True)
        )
        and all(
            np.array_equal(a[origin], b[origin])
            for a, b in zip(one.record, other.record, strict=True)
        )
        and np.array_equal(
            one.recorded_belief_updates[origin + 1], other.recorded_belief_updates[origin + 1]
        )
        and all(
            np.array_equal(
                getattr(one.situation.clubs, f.name), getattr(other.situation.clubs, f.name)
            )
            for f in fields(one.situation.clubs)
        )
    )
    if not alike:
        return origin
    pairs = [(getattr(one.situation, n), getattr(other.situation, n)) for n in MONTHLY]
    pairs += [(one.situation.credibility, other.situation.credibility), (one.seen, other.seen)]
    pairs += [(one.features[n], other.features[n]) for n in one.features]
    names = ("open_to", "may_observe", "exists", "founding", "window", "dear", "price", "owed")
    pairs += [(getattr(one, n), getattr(other, n)) for n in (*names, "posts", "ratified")]
    pairs.append((one.record.status[:, one.patron], other.record.status[:, other.patron]))
    differs = np.zeros(months, bool)
    for a, b in pairs:
        if a is not b:
            differs |= (a != b).reshape(months, -1).any(axis=1)
    held_draws_of = held_draws(one.case), held_draws(other.case)
    same_rules = _SameRules()
    for t in (int(i) for i in np.flatnonzero(~differs)):
        differs[t] = one.requests.get(t) != other.requests.get(t) or not all(
            same_rules(a, b) for a, b in zip(one.rules[t], other.rules[t], strict=True)
        )
    for key in {*held_draws_of[0], *held_draws_of[1]}:
        differs[key[1]] |= held_draws_of[0].get(key) != held_draws_of[1].get(key)
    later = np.flatnonzero(differs[origin + 1 :])
    return origin + 1 + int(later[0]) if len(later) else months


#: what of a statute says when it holds and where it stands, and not what it does while it holds
_NOT_SUBSTANCE = {
    "id",
    "instrument",
    "article",
    "from_",
    "until",
    "signed",
    "text",
    "source",
    "ambiguity",
    "other_reading",
}


class _SameRules:
    """Whether two sets of rules do the same in a month; dates have done their work when rules are in force."""

    def __init__(self) -> None:
        self._found: dict[int, dict[str, Any]] = {}

    def __call__(self, one: RulesInForce, other: RulesInForce) -> bool:
        pairs = ((getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
        return all(a is b or self._substance(a) == self._substance(b) for a, b in pairs)

    def _substance(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return [self._substance(one) for one in value]
        if not isinstance(value, Statute):
            return value
        if id(value) not in self._found:
            self._found[id(value)] = value.model_dump(exclude=_NOT_SUBSTANCE)
        return self._found[id(value)]


# one block of runs ---------------------------------------------------------------------------------


class _Pair:
    """A counterfactual beside its baseline in one block of runs, and what is counted of them."""

    def __init__(self, setting: Setting, number: int, draws: int) -> None:
        self.inputs, self.first = setting.others[number], setting.part_from[number]
        base = setting.baseline
        months, states, clubs = base.open_to.shape
        self.origin = setting.origin
        shape = (months - setting.origin, states, clubs)
        self.per_draw, runs = setting.per_draw, draws * setting.per_draw
        self.changed = np.zeros(shape, np.int32)
        self.discordant = np.zeros(shape, np.int32)
        self.by_draw = np.zeros((draws, *shape), np.int16)
        self.month = np.full(runs, NEVER, np.int32)
        self.state, self.club = np.zeros(runs, np.int32), np.zeros(runs, np.int32)
        self.before, self.after = np.zeros(runs, np.int8), np.zeros(runs, np.int8)
        self.terms = np.zeros((runs, len(base.theory)))
        self.cells = setting.looked_at[number]
        self.seen = tuple(np.zeros((runs, len(self.cells)), np.int8) for _ in range(2))
        names = tuple(self.inputs.case.clubs)
        #: the clubs of the baseline that this world has, in the order in which seats are compared
        self.kept = [c for c, name in enumerate(base.case.clubs) if name in names]
        focus = tuple(base.case.clubs).index(base.case.focus)
        self.kept.sort(key=lambda c: (c != focus, c))
        self.here = [names.index(tuple(base.case.clubs)[c]) for c in self.kept]
        self.all_clubs = names == tuple(base.case.clubs)
        self.world: World | None = None
        self.eve: _Eve | None = None

    def begin(self, world: World) -> None:
        """From now on a world of its own."""
        self.world, self.eve = world, _Eve(world)

    @property
    def may_part(self) -> bool:
        """A run may part this month for the first time."""
        return self.world is not None and bool((self.month == NEVER).any())

    def keep_eve(self) -> None:
        """Keep what the world carries into the month."""
        if self.world is not None and self.eve is not None:
            self.eve.keep(self.world)

    def _on_axes(self, status: Status8) -> Status8:
        """Statuses on the clubs of the baseline; who has no such club is not in it."""
        if self.all_clubs:
            return status
        shape = (*status.shape[:2], self.by_draw.shape[-1])
        wide = np.zeros(shape, np.int8)
        wide[:, :, self.kept] = status[:, :, self.here]
        return wide

    def count(self, t: int, base: World, seated: Bools, eve: "_Eve | World") -> None:
        """Count a month at whose end both worlds stand."""
        at = t - self.origin
        world = self.world or base
        status = base.status if self.world is None else self._on_axes(self.world.status)
        for i, (month, s, c) in enumerate(self.cells):
            if month == t:
                self.seen[0][:, i], self.seen[1][:, i] = base.status[:, s, c], status[:, s, c]
        if self.world is None:
            self.changed[at] = seated.sum(axis=0)
            return
        differs = status != base.status
        if not differs.any():
            self.changed[at] = seated.sum(axis=0)
            return
        inside = is_in(status)
        self.changed[at] = inside.sum(axis=0)
        difference = inside.astype(np.int8) - seated
        self.discordant[at] = np.abs(difference).sum(axis=0)
        of_draws = difference.reshape(-1, self.per_draw, *difference.shape[1:])
        self.by_draw[:, at] = of_draws.sum(axis=1, dtype=np.int16)
        run = np.flatnonzero((self.month == NEVER) & differs[:, :, self.kept].any(axis=(1, 2)))
        if len(run) and self.eve is not None and t > self.origin:
            self._part(t, run, differs, base.status, status, world, base, (eve, self.eve))

    def _part(
        self,
        t: int,
        run: NDArray[np.intp],
        differs: Bools,
        before: Status8,
        after: Status8,
        world: World,
        base: World,
        eve: tuple["_Eve | World", "_Eve"],
    ) -> None:
        # clubs first, so that the focal club's seat comes before others
        by_club = np.moveaxis(differs[np.ix_(run, range(differs.shape[1]), self.kept)], 2, 1)
        place = by_club.reshape(len(run), -1).argmax(axis=1)
        club, state = np.divmod(place, differs.shape[1])
        here = np.array(self.here)[club]
        club = np.array(self.kept)[club]
        self.month[run], self.state[run], self.club[run] = t, state, club
        self.before[run], self.after[run] = before[run, state, club], after[run, state, club]
        seats = (run, state, club)
        old = _weighed(base, eve[0], t, base.inputs, *seats, club)
        new = _weighed(world, eve[1], t, base.inputs, *seats, here)
        self.terms[run] = new - old

    def counts(self, baseline: Ints) -> Counts:
        """All that was counted."""
        return Counts(
            baseline=baseline,
            changed=self.changed,
            discordant=self.discordant,
            by_draw=self.by_draw,
            partings=Partings(
                self.month, self.state, self.club, self.before, self.after, self.terms
            ),
            seen=(self.seen[0], self.seen[1]),
        )


class _Eve:
    """What a world carried into the month; the memory is used again each month, for fresh pages are dear."""

    def __init__(self, world: World) -> None:
        self.seats, self.belief_updates = _copied(world.seats), world.belief_updates.copy(order="K")

    def keep(self, world: World) -> None:
        """Keep what the world carries into the next month."""
        for kept, values in zip(self.seats, world.seats, strict=True):
            np.copyto(kept, values)
        np.copyto(self.belief_updates, world.belief_updates)


def _copied(seats: Seats) -> Seats:
    return Seats(*(values.copy(order="K") for values in seats))


class _Live:
    """A baseline that is run now."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.eve = _Eve(world)

    def advance(self, t: int, *, keep_eve: bool) -> None:
        """Bring it to the end of month `t`."""
        if keep_eve:
            self.eve.keep(self.world)
        advance(self.world, t)
        self.world.log.clear()


class _Replayed:
    """A baseline that has been run before."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.world = self.eve = history.worlds[0]

    def advance(self, t: int, *, keep_eve: bool) -> None:
        """Turn to the end of month `t`."""
        self.eve = self.world
        self.world = self._history.worlds[t - self._history.origin]


def _weighed(
    world: World,
    eve: _Eve | World,
    t: int,
    base: CaseInputs,
    run: NDArray[np.intp],
    state: NDArray[np.intp],
    club: NDArray[np.intp],
    here: NDArray[np.intp],
) -> Floats:
    """The terms of one seat in each of some runs, as they entered its decision of month `t`: shape (n, terms).

    Both worlds are asked what they saw in the month that counts by the baseline's law; what a counterfactual changes in
    that counts as law. `club` numbers the clubs of the baseline, `here` those of this world.
    """
    inputs = world.inputs
    part = replace(
        world,
        seats=Seats(*(values[run] for values in eve.seats)),
        belief_updates=eve.belief_updates[run],
        log=[],
    )
    follow_patron(part, t)
    take_effect(part, t)
    standing = inputs.standing(t, part.seats, part.status, part.belief_updates)
    found = np.zeros((len(run), len(inputs.theory)))
    for c in np.unique(club):
        rules, seen, at = base.rules[t][c], t, np.flatnonzero(club == c)
        if rules.renewal_due and rules.term is not None:
            seen = max(0, t - rules.term.informed_months_before)
        terms = inputs.terms(seen, standing)
        for i, name in enumerate(inputs.theory):
            if name in terms:
                values = np.broadcast_to(terms[name], part.status.shape)[at, state[at], here[at]]
                found[at, i] = world.parameters[name][run[at], 0, 0] * values
    return found


def _run_block(
    setting: Setting,
    draws: Mapping[str, Floats],
    first_run: int,
    progress: Callable[[int], None] | None = None,
    history: History | None = None,
    noise: Noise | None = None,
) -> tuple[Counts, ...]:
    number = len(next(iter(draws.values())))
    runs = number * setting.per_draw
    inputs, origin = setting.baseline, setting.origin

    def rows(case: Case) -> dict[str, Floats]:
        own = parameters_of(case, draws) if case.changed else draws
        return {name: np.repeat(own[name], setting.per_draw) for name in case.drawn}

    if noise is None:
        noise = Noise(inputs.case, setting.seed, first_run, runs)
    base: _Live | _Replayed = (
        _Live(world_from_record(inputs, origin, rows(inputs.case), noise))
        if history is None
        else _Replayed(history)
    )
    pairs = [_Pair(setting, i, number) for i in range(len(setting.others))]
    baseline = np.zeros(pairs[0].changed.shape if pairs else (0,), np.int32)
    months = len(inputs.rules)
    for t in range(origin, months):
        for pair in pairs:
            if pair.world is None and t >= pair.first:
                pair.begin(
                    _started(setting, pair.inputs, rows(pair.inputs.case), noise, first_run, runs)
                    if pair.first == origin
                    else _branched(base.world, pair.inputs, noise)
                )
        if t > origin:
            awaited = [pair for pair in pairs if pair.may_part]
            for pair in awaited:
                pair.keep_eve()
            base.advance(t, keep_eve=bool(awaited))
            for pair in pairs:
                if pair.world is not None:
                    advance(pair.world, t)
                    pair.world.log.clear()
        seated = is_in(base.world.status)
        if pairs:
            baseline[t - origin] = seated.sum(axis=0)
        for pair in pairs:
            pair.count(t, base.world, seated, base.eve)
        if progress is not None:
            done, of = t + 1 - origin, months - origin
            progress(runs * done // of - runs * (done - 1) // of)
    return tuple(pair.counts(baseline) for pair in pairs)


def _started(
    setting: Setting,
    inputs: CaseInputs,
    rows: Mapping[str, Floats],
    noise: Noise,
    first_run: int,
    runs: int,
) -> World:
    """A world of its own from the start."""
    same = tuple(inputs.case.clubs) == tuple(setting.baseline.case.clubs)
    own = noise.under(inputs.case) if same else Noise(inputs.case, setting.seed, first_run, runs)
    return world_from_record(inputs, setting.origin, rows, own)


def _branched(base: World, inputs: CaseInputs, noise: Noise) -> World:
    """A world that has been the baseline so far and now goes its own way."""
    world = copy(base)
    world.inputs, world.noise = inputs, noise.under(inputs.case)
    world.seats = _copied(base.seats)
    world.belief_updates, world.new_belief_updates = (
        base.belief_updates.copy(order="K"),
        base.new_belief_updates.copy(order="K"),
    )
    world.participation, world.log = base.participation.copy(order="K"), []
    return world


def _joined(parts: Sequence[Counts]) -> Counts:
    """The counts of all blocks, in the order of runs."""
    partings = [part.partings for part in parts]
    return Counts(
        baseline=np.sum([p.baseline for p in parts], axis=0, dtype=np.int32),
        changed=np.sum([p.changed for p in parts], axis=0, dtype=np.int32),
        discordant=np.sum([p.discordant for p in parts], axis=0, dtype=np.int32),
        by_draw=np.concatenate([p.by_draw for p in parts]),
        partings=Partings(
            *(np.concatenate([getattr(p, f.name) for p in partings]) for f in fields(Partings))
        ),
        seen=(
            np.concatenate([p.seen[0] for p in parts]),
            np.concatenate([p.seen[1] for p in parts]),
        ),
    )


def status_name(value: int) -> str:
    """A status as the record writes it."""
    return Status(value).name.lower()
