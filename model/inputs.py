"""The inputs of a case, month by month, as far as no run changes them, and what a run changes when seats are weighed.

Axes are always in the order run or month, state, club. Month 0 is the month of the initial condition.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tashkent.agents import perception
from tashkent.agents.acts import Features
from tashkent.agents.situation import MONTHLY, Bools, Floats, Situation, axes_of, lies
from tashkent.agents.terms import Read, staked
from tashkent.model.case import Case
from tashkent.model.formulas import of_month
from tashkent.model.law import RulesInForce
from tashkent.model.seats import Months, Seats, Status8
from tashkent.model.statuses import MAY_LEAVE, PARTY, Status, among, is_in

#: what members and observers may choose to do with their seats, in the order in which it is done: the kind of rule
#: that lets them, and the statuses from which they may
OF_MEMBERS: Mapping[str, tuple[str, tuple[Status, ...]]] = {
    "request_suspension": ("voluntary_suspension", PARTY),
    "withdraw": ("withdrawal", MAY_LEAVE),
    "freeze": ("participation", (Status.MEMBER,)),
    "resume": ("participation", (Status.FROZEN, Status.SANCTIONED)),
    "cease_observing": ("observer", (Status.OBSERVER,)),
}
Rules = tuple[tuple[RulesInForce, ...], ...]


class Call(NamedTuple):
    """A request for help or for consent to a base, or a need without one: places of states, not their names."""

    state: int
    kind: str
    #: the state asked; a duty that waits for a request does not arise otherwise
    asked: bool
    #: the state of the case that attacks, if one does
    against: int | None = None


class Reader(NamedTuple):
    """A term that runs may change."""

    name: str
    #: what it reads that differs between runs
    reads: frozenset[Read]
    #: the clubs in which it does; None for where something has changed
    clubs: frozenset[int] | None

    @property
    def span(self) -> slice:
        """The clubs from the first to the last of these."""
        assert self.clubs is not None
        return slice(min(self.clubs), max(self.clubs) + 1)


@dataclass(frozen=True)
class Standing:
    """What differs between runs when seats are weighed: arrays with an axis of runs, or without it."""

    seat: Bools = field(metadata=lies("run", "state", "club"))
    gap: Months = field(metadata=lies("run", "state", "club"))
    #: out of late, and courted of late
    left: Bools = field(metadata=lies("run", "state", "club"))
    courted: Bools = field(metadata=lies("run", "state", "club"))
    #: under a sanction, and on notice
    sanctioned: Bools = field(metadata=lies("run", "state", "club"))
    noticed: Bools = field(metadata=lies("run", "state", "club"))
    #: what answers to requests for help have taught beyond dated events, shape (run, beliefs) or (beliefs,)
    belief_updates: Floats = field(metadata=lies("run", "belief"))

    def __repr__(self) -> str:
        """A line: the shape of the seats, the last axes of which are states and clubs."""
        return f"<Standing: seats of shape {self.seat.shape}>"

    def of_clubs(self, clubs: slice) -> dict[str, NDArray[Any]]:
        """What lies by club, as far as it concerns some clubs: by name, shape (..., S, clubs); `held` is of all."""
        some = {name: getattr(self, name)[..., clubs] for name in _BY_CLUB}
        return {**some, "held": self.held}

    @cached_property
    def shown(self) -> dict[tuple[int, slice], Situation]:
        """What months show with it, by month and clubs; made on first use."""
        return {}

    @cached_property
    def believed(self) -> dict[int, Floats]:
        """Belief in promises with it by month, each of shape (..., S, K); made on first use."""
        return {}

    @cached_property
    def held(self) -> Floats:
        """Who is in which club as numbers to reckon with, 0 or 1, of the shape of `seat`."""
        return self.seat.astype(np.float64, order="K")

    @cached_property
    def _active(self) -> dict[Read, frozenset[int]]:
        """Made on first use."""
        return {}

    def active_clubs(self, read: Read) -> frozenset[int]:
        """The clubs in which something is other than with nobody in and nothing learnt."""
        if read not in self._active:
            clubs = range(self.seat.shape[-1])
            values: NDArray[Any] = getattr(self, _KEPT_AS.get(read, read))
            if read in _KEPT_AS:
                self._active[read] = frozenset(clubs if values.any() else ())
            else:
                some = values.any(axis=tuple(range(values.ndim - 1)))
                self._active[read] = frozenset(compress(clubs, some.tolist()))
        return self._active[read]

    def clubs_of(self, reader: Reader) -> slice | None:
        """The clubs in which a term may be other than with nobody in and nothing learnt; None for none."""
        active = frozenset[int]().union(*map(self.active_clubs, reader.reads))
        if not active:
            return None
        return reader.span if reader.clubs else slice(min(active), max(active) + 1)


#: what bears on seats in all clubs, wherever it is: who sits in one club may weigh a seat in any other
_KEPT_AS = {"held": "seat", "credibility": "belief_updates"}
#: what of a standing lies by club
_BY_CLUB = tuple(name for name, axes in axes_of(Standing).items() if "club" in axes)


@dataclass(frozen=True)
class CaseInputs:
    """What no run changes: the situation, the rules and the record of every month of a case.

    Arrays, and those of a mapping, lie on the axes that their fields say (`agents.situation.lies`).
    """

    case: Case
    #: everything a state is shown but who is in; month first
    situation: Situation
    #: the terms with nobody in and nothing learnt from requests, by name, each of shape (T, S, C), times the stake
    base_terms: Mapping[str, Floats] = field(metadata=lies("month", "state", "club"))
    #: whether such a term is other than zero anywhere, by name and month
    at_work: Mapping[str, Bools] = field(metadata=lies("month"))
    #: what is at stake in each club, shape (C,)
    stake: Floats = field(metadata=lies("club"))
    #: what dated events showed of promises, fading, shape (T, S, K)
    seen: Floats = field(metadata=lies("month", "state", "threat"))
    #: states and threats about which requests for help can teach something, two arrays of one length
    belief_index: tuple[NDArray[np.intp], NDArray[np.intp]]
    #: what the requests of the record have taught by each month, shape (T, beliefs)
    recorded_belief_updates: Floats = field(metadata=lies("month", "belief"))
    #: the rules of every month and club
    rules: Rules
    #: the club is open to the state as a member, and as an observer whatever its own law, shape (T, S, C)
    open_to: Bools = field(metadata=lies("month", "state", "club"))
    may_observe: Bools = field(metadata=lies("month", "state", "club"))
    #: the club exists; its founding falls in this month; its opening window runs: shape (T, C)
    exists: Bools = field(metadata=lies("month", "club"))
    founding: Bools = field(metadata=lies("month", "club"))
    window: Bools = field(metadata=lies("month", "club"))
    #: log of one plus the whole years since the opening window closed, shape (T, C)
    staleness: Floats = field(metadata=lies("month", "club"))
    #: a signature is enough to come in: no member is asked, shape (T, C)
    unasked: Bools = field(metadata=lies("month", "club"))
    #: a term runs that ends for who does not sign its prolongation, shape (T, C)
    runs_out: Bools = field(metadata=lies("month", "club"))
    #: log of one plus the months in which petitions waited for a session of this month, 0 where none waits, (T, C)
    waited: Floats = field(metadata=lies("month", "club"))
    #: no clause lets members leave, shape (T, C)
    unclaused: Bools = field(metadata=lies("month", "club"))
    #: which incumbents are of which kind of regime, by kind, each of shape (T, S)
    regimes: Mapping[str, Bools] = field(metadata=lies("month", "state"))
    #: a rule takes former parties back, shape (T, C)
    restores: Bools = field(metadata=lies("month", "club"))
    #: it invites them, shape (T, C)
    invites_back: Bools = field(metadata=lies("month", "club"))
    #: the state decides in the model, shape (S,)
    decides: Bools = field(metadata=lies("state"))
    patron: int
    #: a law at home makes acceding dear, shape (T, S, C)
    dear: Bools = field(metadata=lies("month", "state", "club"))
    #: what a former party must join first, in units of compliance, and the instruments it will owe, shape (T, C)
    owed: Floats = field(metadata=lies("month", "club"))
    instruments_owed: Months = field(metadata=lies("month", "club"))
    #: goods of a seat that a deprived debtor is without, in units of tie, shape (T, C)
    posts: Floats = field(metadata=lies("month", "club"))
    #: month in which an accession of this month is ratified, or NEVER while the treaty is not in force, shape (T, C)
    ratified: Months = field(metadata=lies("month", "club"))
    #: requests of each month
    requests: Mapping[int, tuple[Call, ...]]
    #: what dated events showed of the patron's means, fading, so many failings of them, shape (T, S)
    strain: Floats = field(metadata=lies("month", "state"))
    #: states in the order in which they take the chair
    chair_order: NDArray[np.intp] = field(metadata=lies("state"))
    #: the record at the end of every month
    record: "Seats"

    def __repr__(self) -> str:
        """A line: the case and the size of its axes."""
        case = self.case
        size = f"{len(case.months)} months, {len(case.states)} states, {len(case.clubs)} clubs"
        return f"<CaseInputs {case.id}: {size}>"

    #: made on first use: what months show by month and clubs
    _situations: dict[tuple[int, slice], Situation] = field(
        default_factory=dict, init=False, compare=False
    )

    def __getstate__(self) -> dict[str, Any]:
        """Everything but what is made on first use."""
        kept = {f.name: getattr(self, f.name) for f in fields(self) if f.init}
        return {**kept, "_situations": {}}

    @cached_property
    def theory(self) -> tuple[str, ...]:
        """The terms that the case gives a weight, in the order in which they are added up."""
        weights = self.case.role("weight")
        return tuple(name for name in self.case.terms if name in weights)

    @cached_property
    def barred(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """In each month the pairs of clubs of which a state may be in one alone, either way round."""
        clubs = tuple(self.case.clubs)
        found = []
        for month in self.rules:
            pairs = [
                (c, clubs.index(name))
                for c, rules in enumerate(month)
                if rules.incompatible is not None
                for name in rules.incompatible.bars
            ]
            found.append((*pairs, *((other, c) for c, other in pairs)))
        return tuple(found)

    @cached_property
    def may_petition(self) -> Bools:
        """The law of the month lets the state ask for a seat if it is outside, shape (T, S, C)."""
        hears = [
            [r.accession is not None and r.hears_petitions for r in month] for month in self.rules
        ]
        return np.asarray(self.open_to & np.array(hears)[:, None] & self.decides[:, None])

    @cached_property
    def may_ask_to_observe(self) -> Bools:
        """The law of the month lets the state ask to observe if it is outside, shape (T, S, C)."""
        hears = [[r.observer is not None and r.hears_petitions for r in row] for row in self.rules]
        return np.asarray(self.may_observe & np.array(hears)[:, None] & self.decides[:, None])

    @cached_property
    def _choosable(self) -> dict[tuple[str, int], Bools]:
        """The months in which the law lets states choose an act in a club, shape (T,), by act and club."""
        found: dict[tuple[str, int], Bools] = {}
        for act, (kind, _) in OF_MEMBERS.items():
            for c in range(len(self.stake)):
                rules = [row[c] for row in self.rules]
                found[act, c] = np.array(
                    [getattr(r, kind) is not None and not r.renewal_due for r in rules]
                )
        for act, may in (("accede", self.may_petition), ("observe", self.may_ask_to_observe)):
            for c, months in enumerate(may.any(axis=1).T):
                found[act, c] = months
        return {choice: months for choice, months in found.items() if months.any()}

    @cached_property
    def choices(self) -> tuple[tuple[str, int], ...]:
        """The acts that the law lets states choose in some month, each in a club; acts in their order."""
        return tuple(self._choosable)

    @cached_property
    def chosen_in(self) -> tuple[tuple[int, ...], ...]:
        """Which of `choices` the law of each month lets them choose."""
        months = np.array(list(self._choosable.values()))
        by_month = months.reshape(len(self.choices), len(self.rules)).T
        return tuple(tuple(np.flatnonzero(row).tolist()) for row in by_month)

    def in_breach(self, t: int, c: int) -> Bools:
        """Whose incumbents are of a kind that the club's rule of sanction holds to be a breach, shape (S,)."""
        rule, found = self.rules[t][c].sanction, np.zeros(len(self.decides), bool)
        for regime in rule.breach if rule is not None else ():
            if regime in self.regimes:
                found |= self.regimes[regime][t]
        return found & self.decides

    def club_features(self, t: int) -> Features:
        """What frictions of clubs are multiplied by in a month, each of shape (C,)."""
        return {
            "guarantees": self.situation.clubs.guarantees,
            "forum": ~self.situation.clubs.guarantees,
            "unasked": self.unasked[t],
            "founding": self.founding[t],
            "runs_out": self.runs_out[t],
            "waited": self.waited[t],
            "unclaused": self.unclaused[t],
            "joint": np.zeros(len(self.stake), bool),
        }

    @cached_property
    def club_features_changed(self) -> NDArray[np.intp]:
        """How often the `club_features` have changed up to each month, shape (T, C)."""
        return _times_changed(
            self.unasked, self.founding, self.runs_out, self.waited, self.unclaused
        )

    @cached_property
    def seat_features_changed(self) -> NDArray[np.intp]:
        """How often the `seat_features` have changed up to each month, shape (T, C)."""
        tables = (self.window, self.staleness, self.restores, self.invites_back, self.owed)
        return _times_changed(*tables, *self.dear.swapaxes(0, 1))

    def features_of_club(self, t: int, c: int) -> Features:
        """The same of one club, without an axis."""
        return {name: values[c] for name, values in self.club_features(t).items()}

    def seat_features(self, t: int, c: int | slice, former: Bools | np.bool_) -> Features:
        """What frictions of seats of a club are multiplied by, each of shape (S,) or that of `former`, (..., S).

        Of some clubs, where `former` is one for all: of shape (clubs,) or (S, clubs).
        """
        return {
            "invited": (self.window[t, c] | (former & self.invites_back[t, c]))
            - self.staleness[t, c] * ~former,
            "back": former & self.restores[t, c],
            "owed": self.owed[t, c] * former,
            "dear": self.dear[t, :, c],
        }

    def terms(self, t: int, standing: Standing) -> dict[str, Floats]:
        """The terms that are not zero everywhere in month `t`, times what is at stake, each of shape (..., S, C)."""
        found, readers = {}, {reader.name: reader for reader in self.readers}
        for name in self.theory:
            base = self.base_terms[name][t]
            clubs = standing.clubs_of(readers[name]) if name in readers else None
            if clubs is not None:
                delta = self.term_delta(name, t, standing, clubs)
                found[name] = np.broadcast_to(base, (*delta.shape[:-2], *base.shape)).copy()
                found[name][..., clubs] += delta
            elif self.at_work[name][t]:
                found[name] = base
        return found

    def term(self, name: str, t: int, standing: Standing, clubs: slice) -> Floats:
        """A term in some clubs in its own unit, as runs or the record stand, shape (..., S, clubs)."""
        return of_month(self.case, name, self._joined(t, standing, clubs), t, clubs)

    def term_delta(self, name: str, t: int, standing: Standing, clubs: slice) -> Floats:
        """By how much a term, times what is at stake, differs from its base in some clubs, shape (..., S, clubs)."""
        values = self.term(name, t, standing, clubs)
        delta = staked(self.case.terms[name], values, self.stake[clubs])
        return delta - self.base_terms[name][t][:, clubs] if self.at_work[name][t] else delta

    @cached_property
    def readers(self) -> tuple[Reader, ...]:
        """The terms that runs may change, in the order in which they are added up."""
        found = []
        for name in self.theory:
            term, traits = self.case.terms[name], self.situation.clubs
            trait = getattr(traits, term.where, np.ones(len(self.stake), bool))
            clubs = None if term.where == "active" else frozenset(np.flatnonzero(trait).tolist())
            if term.reads and clubs != frozenset():
                found.append(Reader(name, term.reads, clubs))
        return tuple(found)

    def _joined(self, t: int, standing: Standing, clubs: slice) -> Situation:
        """What a month shows in some clubs, as it stands in runs or in the record."""
        if (t, clubs) not in standing.shown:
            standing.shown[t, clubs] = self._shown(t, clubs).joined_by(
                credibility=self.credibility(t, standing), **standing.of_clubs(clubs)
            )
        return standing.shown[t, clubs]

    def _shown(self, t: int, clubs: slice) -> Situation:
        """What a month shows in some clubs, as far as runs do not differ."""
        key = (t, clubs)
        if key not in self._situations:
            monthly = {name: getattr(self.situation, name)[t] for name in MONTHLY}
            shown = replace(self.situation, **monthly)
            whole = clubs == slice(0, len(self.stake))
            self._situations[key] = shown if whole else shown.of_clubs(clubs)
        return self._situations[key]

    @cached_property
    def at_rest(self) -> tuple[tuple[str, ...], Floats]:
        """What no run changes of the value of seats: terms by name, and their table, shape (T, C, S, terms).

        Without the clubs in which a term is asked for in all runs.
        """
        found = {name: self.base_terms[name].copy() for name in self.theory}
        for reader in self.readers:
            if reader.clubs is not None:
                found[reader.name][..., reader.span] = 0.0
        names = tuple(name for name, table in found.items() if table.any())
        table = np.array([found[name] for name in names])
        table = table.reshape(len(names), *self.open_to.shape).transpose(1, 3, 2, 0)
        return names, np.ascontiguousarray(table)

    def credibility(self, t: int, standing: Standing) -> Floats:
        """Belief in promises, shape (..., S, K), with what requests have taught; runs side by side in memory."""
        if t not in standing.believed:
            standing.believed[t] = self._believed(t, standing.belief_updates)
        return standing.believed[t]

    def _believed(self, t: int, belief_updates: Floats) -> Floats:
        states, threats = self.belief_index
        at_first: Floats = self.situation.credibility[t]
        if not belief_updates.any():
            return at_first
        believed: Floats = np.empty((*belief_updates.shape[:-1], *at_first.shape), order="F")
        believed[...] = at_first
        seen = self.seen[t, states, threats] + belief_updates
        believed.T[threats, states] = perception.credibility(seen).T
        return believed

    def month(self, t: int, standing: Standing) -> Situation:
        """The situation of one month as it stands in runs, or in the record."""
        return self._joined(t, standing, slice(0, len(self.stake)))

    def standing(self, t: int, seats: "Seats", before: Status8, belief_updates: Floats) -> Standing:
        """What decides in month `t`, from statuses before, shape (..., S, C), and what seats carry."""
        seat = is_in(before)
        return Standing(
            seat=seat,
            gap=seats.gap * seat if seats.gap.any() else seats.gap,
            left=_of_late(seats.left_in, t, self.case.fixed("contagion_months")),
            courted=_of_late(seats.courted_in, t, self.case.fixed("courtship_months")),
            sanctioned=among(before, Status.SANCTIONED) | seats.sanctioned,
            noticed=among(before, Status.NOTICE_GIVEN),
            belief_updates=belief_updates,
        )

    def belief_update(self, t: int, state: int, kind: str, club: int) -> Floats:
        """What a kept promise to a state in need teaches, shape (beliefs,): itself in full, witnesses a share."""
        states, threats = self.belief_index
        about = np.array([threat.need == kind for threat in self.case.threats.values()])[threats]
        region = np.array([s.region for s in self.case.states])
        rule = self.rules[t][club].regions
        near = (
            np.ones(len(states))
            if rule is None
            else np.where(region[states] == region[state], 1.0, rule.elsewhere)
        )
        return about * np.where(states == state, 1.0, self.case.fixed("witness") * near)


def _times_changed(*tables: NDArray[Any]) -> NDArray[np.intp]:
    """How often any of some tables has changed up to each month, by club; all of shape (T, C)."""
    found = np.zeros(tables[0].shape, np.intp)
    for table in tables:
        found[1:] |= table[1:] != table[:-1]
    return found.cumsum(axis=0)


def _of_late(month: Months, t: int, months: float) -> Bools:
    """Whether something happened in the months before `t`, at most so many back."""
    return np.asarray((month < t) & (month >= t - int(months)))
