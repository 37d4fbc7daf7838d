"""A case as arrays: what is given month by month (`CaseInputs`), and what changes run by run (`World`).

Axes are always in the order run or month, state, club. Month 0 is the month of the initial condition.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, lru_cache
from itertools import compress
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from tashkent.agents import perception, ties
from tashkent.agents.situation import Bools, ClubTraits, Floats, Situation
from tashkent.agents.terms import TEN, TERMS, Read
from tashkent.model.case import TIE, Case, Event
from tashkent.model.clock import MONTHS_PER_YEAR, last_day, month_of
from tashkent.model.draws import PADDING, Drawer, check_length, occasional
from tashkent.model.law import IN_FIRST, IN_LAST, Act, RulesInForce, Status
from tashkent.model.orders import held_draws, proposal

Singles = NDArray[np.float32]
Status8 = NDArray[np.int8]
Months = NDArray[np.int16]
Rules = tuple[tuple[RulesInForce, ...], ...]
# plain numbers: a comparison with an enumeration would widen the array first
_FIRST, _LAST = int(IN_FIRST), int(IN_LAST)
#: in place of a month: nothing is pending, or nothing of the kind has happened; before every month of a record
NEVER = -(2**14)
#: in place of a club's index: all clubs
_EVERY = -1
#: below and above every log-odds, and every chance
_LOGISTIC = (-np.inf, np.inf)
_UNIFORM = (-1.0, 2.0)


#: sources of threats against which own means help
OWN_MEANS = ("nonstate", "domestic")
#: who takes part in law, who may sign a prolongation, and who may give notice
PARTY = (Status.MEMBER, Status.FROZEN)
MAY_SIGN = (Status.SIGNATORY, *PARTY)
MAY_LEAVE = (*PARTY, Status.SANCTIONED, Status.SUSPENSION_REQUESTED)
#: needs of these statuses are answered by the club
BOUND = (Status.MEMBER, Status.NOTICE_GIVEN, Status.SUSPENSION_REQUESTED, Status.FROZEN)
#: statuses in which a state does not pay, those in which it pays off a month of debt each month, and those
#: that make it a former party
UNPAID = (Status.FROZEN, Status.SANCTIONED)
SETTLING = (Status.NOTICE_GIVEN, Status.SUSPENSION_REQUESTED)
FORMER = (Status.SUSPENDED, Status.LEFT, Status.EXPELLED)


def is_in(status: NDArray[np.integer]) -> Bools:
    """Whether a status counts as in the club."""
    return np.asarray((status >= _FIRST) & (status <= _LAST))


def among(status: NDArray[np.integer], *some: Status) -> Bools:
    """Whether a status is one of some."""
    found = np.asarray(status == int(some[0]))
    for one in some[1:]:
        found |= status == int(one)
    return found


@dataclass
class Seats:
    """What is known of every seat, on axes (run or month, state, club)."""

    status: Status8
    #: month in which what is pending falls due, or NEVER
    due: Months
    #: months that are owed
    arrears: Months
    #: instruments that the state has yet to join
    gap: Months
    #: it is without the rights that the rule of arrears takes
    deprived: Bools
    #: the state was in before and went out
    former: Bools
    #: month in which it last went out, and month in which the patron last began to court it, or NEVER
    left_in: Months
    courted_in: Months

    @classmethod
    def empty(cls, shape: tuple[int, ...]) -> "Seats":
        """Nobody was ever in."""
        none = np.zeros(shape, np.int16)
        never = np.full(shape, NEVER, np.int16)
        no = np.zeros(shape, bool)
        return cls(
            status=np.zeros(shape, np.int8),
            due=never,
            arrears=none,
            gap=none.copy(),
            deprived=no,
            former=no.copy(),
            left_in=never.copy(),
            courted_in=never.copy(),
        )

    def of_month(self, t: int, runs: int) -> "Seats":
        """The seats of one month of a record, once for each run, with runs side by side in memory."""
        return Seats(*(np.asfortranarray(np.repeat(a[t][None], runs, axis=0)) for a in self))

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """The arrays, in the order of the fields."""
        return (getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True)
class Standing:
    """What differs between runs when seats are weighed: arrays on axes (run, state, club), or without run."""

    seat: Bools
    gap: Months
    #: out of late, and courted of late
    left: Bools
    courted: Bools
    #: what needs have taught beyond dated events, shape (run, lessons) or (lessons,)
    belief_updates: Floats

    @property
    def stirred(self) -> dict[Read, frozenset[int]]:
        """The clubs in which something is other than with nobody in and nothing learnt, by what it is."""
        others = tuple(range(self.seat.ndim - 1))
        clubs = range(self.seat.shape[-1])

        def where(values: NDArray[Any]) -> frozenset[int]:
            return frozenset(compress(clubs, values.any(axis=others).tolist()))

        return {
            "seat": where(self.seat),
            "held": frozenset(clubs if self.seat.any() else ()),
            "gap": where(self.gap),
            "left": where(self.left),
            "courted": where(self.courted),
            "credibility": frozenset(clubs if self.belief_updates.any() else ()),
        }


@dataclass(frozen=True)
class CaseInputs:
    """What no run changes: the situation, the rules and the record of every month of a case."""

    case: Case
    #: everything a state is shown but who is in; month first
    situation: Situation
    #: the terms with nobody in and nothing learnt from needs, by name, each of shape (T, S, C), times the stake
    features: Mapping[str, Floats]
    #: whether such a term is other than zero anywhere, by name and month
    at_work: Mapping[str, Bools]
    #: what is at stake in each club, shape (C,)
    stake: Floats
    #: a signature is enough to come in: no member is asked, shape (T, C)
    unasked: Bools
    #: a term runs that ends for who does not sign its prolongation, shape (T, C)
    runs_out: Bools
    #: what dated events showed of promises, fading, shape (T, S, K)
    seen: Floats
    #: states and threats on which needs can teach something, two arrays of one length
    belief_index: tuple[NDArray[np.intp], NDArray[np.intp]]
    #: what the needs of the record have taught by each month, shape (T, lessons)
    recorded_belief_updates: Floats
    #: the rules of every month and club
    rules: Rules
    #: the club is open to the state as a member, and as an observer whatever its own law, shape (T, S, C)
    open_to: Bools
    may_observe: Bools
    #: the club exists; its founding falls in this month; its opening window runs: shape (T, C)
    exists: Bools
    founding: Bools
    window: Bools
    #: the state decides in the model, shape (S,)
    decides: Bools
    patron: int
    #: a law at home makes acceding dear, shape (T, S, C)
    dear: Bools
    #: what a former party must join first, in units of compliance, and the instruments it will owe, shape (T, C)
    price: Floats
    owed: Months
    #: goods of a seat that a deprived debtor is without, in units of tie, shape (T, C)
    posts: Floats
    #: month in which an accession of this month is ratified, or NEVER while the treaty is not in force, shape (T, C)
    ratified: Months
    #: needs and requests of each month: state, kind, whether it asked
    requests: Mapping[int, tuple[tuple[int, str, bool], ...]]
    #: states in the order in which they take the chair
    chair_order: NDArray[np.intp]
    #: the record at the end of every month
    record: "Seats"
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
        return tuple(name for name in TERMS if name in weights)

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
    def priced(self) -> tuple[tuple[int, ...], ...]:
        """In each month the clubs whose seats cost some states more than others."""
        restores = np.array([[r.restoration is not None for r in month] for month in self.rules])
        dear = self.dear.any(axis=1) | (self.price > 0) | restores
        return tuple(tuple(int(c) for c in np.flatnonzero(row)) for row in dear)

    def terms(self, t: int, standing: Standing) -> dict[str, Floats]:
        """The terms of the theory that are not zero everywhere in month `t`, times what is at stake."""
        moved = self.moved(t, standing)
        found = {}
        for name in self.theory:
            at_rest = self.features[name][t]
            if name in moved:
                clubs, change = moved[name]
                found[name] = np.broadcast_to(at_rest, (*change.shape[:-2], *at_rest.shape)).copy()
                found[name][..., clubs] += change
            elif self.at_work[name][t]:
                found[name] = at_rest
        return found

    def moved(self, t: int, standing: Standing) -> dict[str, tuple[slice, Floats]]:
        """By how much runs have moved terms from `features`, and in which clubs they may have."""
        found: dict[str, tuple[slice, Floats]] = {}
        shown: dict[slice, Situation] = {}
        stirred = standing.stirred
        credibility = self.credibility(t, standing.belief_updates)
        for name, reads, where in self._readers:
            touched = frozenset[int]().union(*(stirred[read] for read in reads))
            if not touched:
                continue
            concerned = touched if where is None else where
            clubs = slice(min(concerned), max(concerned) + 1)
            if clubs not in shown:
                shown[clubs] = self._shown(t, clubs).joined_by(
                    credibility,
                    seat=standing.seat[..., clubs],
                    held=standing.seat,
                    gap=standing.gap[..., clubs],
                    left=standing.left[..., clubs],
                    courted=standing.courted[..., clubs],
                )
            change = TERMS[name].formula(shown[clubs])
            if TERMS[name].at_stake:
                change = self.stake[clubs] * change
            if self.at_work[name][t]:
                change -= self.features[name][t][:, clubs]
            found[name] = clubs, change
        return found

    @cached_property
    def _readers(self) -> list[tuple[str, frozenset[Read], frozenset[int] | None]]:
        """The terms that runs may move: what they read, and in which clubs; None for where it has changed."""
        found = []
        for name in self.theory:
            term, traits = TERMS[name], self.situation.clubs
            trait = getattr(traits, term.where, np.ones(len(self.stake), bool))
            clubs = None if term.where == "touched" else frozenset(np.flatnonzero(trait).tolist())
            if term.reads and clubs != frozenset():
                found.append((name, term.reads, clubs))
        return found

    def _shown(self, t: int, clubs: slice) -> Situation:
        """What a month shows in some clubs, as far as runs do not differ."""
        key = (t, clubs)
        if key not in self._situations:
            monthly = {name: getattr(self.situation, name)[t] for name in _MONTHLY}
            self._situations[key] = replace(self.situation, **monthly).of_clubs(clubs)
        return self._situations[key]

    @cached_property
    def stacked(self) -> Floats:
        """`features` as one table, shape (T, C, S, terms of the theory)."""
        by_term = np.array([self.features[name] for name in self.theory])
        table = by_term.reshape(len(self.theory), *self.open_to.shape)
        return np.asarray(table.transpose(1, 3, 2, 0), order="C")

    def credibility(self, t: int, belief_updates: Floats) -> Floats:
        """Belief in promises, shape (..., S, K), with what needs have taught; runs side by side in memory."""
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
        return self._shown(t, slice(0, len(self.stake))).joined_by(
            self.credibility(t, standing.belief_updates),
            seat=standing.seat,
            held=standing.seat,
            gap=standing.gap,
            left=standing.left,
            courted=standing.courted,
        )

    def standing(self, t: int, seats: "Seats", before: Status8, belief_updates: Floats) -> Standing:
        """What decides in month `t`, from statuses before and what seats carry."""
        seat = is_in(before)
        return Standing(
            seat=seat,
            gap=seats.gap * seat if seats.gap.any() else seats.gap,
            left=_of_late(seats.left_in, t, self.case.fixed("contagion_months")),
            courted=_of_late(seats.courted_in, t, self.case.fixed("courtship_months")),
            belief_updates=belief_updates,
        )

    def belief_update(self, t: int, state: int, kind: str, club: int) -> Floats:
        """What a kept promise to a state in need teaches, shape (lessons,): itself in full, witnesses a share."""
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


#: what of a situation has months first
_MONTHLY = (
    "threat",
    "exposure",
    "offer",
    "tie",
    "patron_tie",
    "rivalry",
    "bond",
    "leverage",
    "covers",
    "autonomy",
    "reach",
    "goods",
    "shared_budget",
)


def _of_late(month: Months, t: int, months: float) -> Bools:
    """Whether something happened in the months before `t`, at most so many back."""
    return np.asarray((month < t) & (month >= t - int(months)))


# compiling a case ----------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def compile_case(case: Case) -> CaseInputs:
    """Turn a case into arrays; the same case object gives the same `CaseInputs`."""
    months, states, clubs = len(case.months), len(case.states), len(case.clubs)
    club_names = tuple(case.clubs)
    rules = tuple(tuple(case.law.rules(c, m) for c in club_names) for m in case.months)
    founding, window, exists = (np.zeros((months, clubs), bool) for _ in range(3))
    for c, club in enumerate(case.clubs.values()):
        founded = {month_of(day) for day in club.foundings}
        invited = {month_of(club.since), *founded}
        for t, month in enumerate(case.months):
            exists[t, c] = month >= min(invited)
            founding[t, c] = month in founded
            since = min((month - m for m in invited if m <= month), default=-1)
            window[t, c] = 0 <= since < case.fixed("opening_months") and not founding[t, c]
    open_to = np.zeros((months, states, clubs), bool)
    for row in case.openness:
        s, c = case.state_ids.index(row.state), club_names.index(row.club)
        for t, month in enumerate(case.months):
            day = last_day(month)
            if row.open_from <= day and (row.open_until is None or day < row.open_until):
                open_to[t, s, c] = True
    open_to &= exists[:, None, :]
    may_observe = open_to.copy()
    dear = np.zeros_like(open_to)
    for t, by_club in enumerate(rules):
        for c, here in enumerate(by_club):
            for lock in here.lock:
                s = case.state_ids.index(lock.state)
                if lock.effect == "closed":
                    open_to[t, s, c] = False
                else:
                    dear[t, s, c] = True
    stake = np.array(
        [1.0 if c.guarantee else case.fixed("forum_stake") for c in case.clubs.values()]
    )
    traits = _traits(case, rules, stake)
    seen, situation = _situation(case, traits, rules)
    ratified = _ratified(rules)
    owed, instruments = _return_prices(case, rules)
    requests: dict[int, tuple[tuple[int, str, bool], ...]] = {}
    for need in case.requests:
        t, s = month_of(need.date) - case.start, case.state_ids.index(need.state)
        requests[t] = (*requests.get(t, ()), (s, need.kind, need.asked))
    theory = tuple(name for name in TERMS if name in case.role("weight"))
    features = terms_at_rest(theory, situation, stake)
    inputs = CaseInputs(
        case=case,
        situation=situation,
        features=features,
        at_work={name: feature.any(axis=(1, 2)) for name, feature in features.items()},
        stake=stake,
        unasked=np.array(
            [
                [
                    r.accession is not None
                    and not r.accession.consensus
                    and not r.accession.ministers
                    for r in row
                ]
                for row in rules
            ]
        ),
        runs_out=np.array(
            [
                [r.term is not None and r.term.renewal == "opt_in" and not r.term_ends for r in row]
                for row in rules
            ]
        ),
        seen=seen,
        belief_index=_lessons(case),
        recorded_belief_updates=np.zeros(0),
        rules=rules,
        open_to=open_to,
        may_observe=may_observe,
        exists=exists,
        founding=founding,
        window=window,
        decides=np.array([s.role == "decider" for s in case.states]),
        patron=case.state_ids.index(case.patron),
        dear=dear,
        price=stake * instruments * situation.reach / TEN,
        owed=owed,
        posts=_posts(case, rules),
        ratified=ratified,
        requests=requests,
        chair_order=np.argsort([s.name for s in case.states], kind="stable"),
        record=_record(case, ratified),
    )
    return replace(inputs, recorded_belief_updates=_taught(inputs))


def terms_at_rest(
    theory: tuple[str, ...], situation: Situation, stake: Floats
) -> dict[str, Floats]:
    """The terms of every month with nobody in and nothing learnt from needs, shape (T, S, C), times the stake."""
    nobody = np.zeros((*situation.autonomy.shape, len(stake)), bool)
    now = replace(
        situation,
        seat=nobody,
        held=nobody,
        gap=nobody.astype(int),
        left=nobody,
        courted=nobody,
    )
    found = {name: TERMS[name].formula(now) for name in theory}
    return {name: stake * value if TERMS[name].at_stake else value for name, value in found.items()}


def _lessons(case: Case) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Deciders and the threats on which some need of the case bears."""
    kinds = {need.kind for need in case.requests}
    threats = [k for k, threat in enumerate(case.threats.values()) if threat.need in kinds - {""}]
    deciders = [case.state_ids.index(s) for s in case.deciders]
    pairs = np.array([(s, k) for s in deciders for k in threats], np.intp).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _taught(inputs: CaseInputs) -> Floats:
    """What the record's needs have taught by each month, as a free run would learn it from its own council."""
    case, half_life = inputs.case, inputs.case.fixed("belief_half_life")
    recorded_belief_updates = np.zeros((len(case.months), len(inputs.belief_index[0])))
    for t in range(1, len(case.months)):
        recorded_belief_updates[t] = perception.faded(recorded_belief_updates[t - 1], half_life)
        before = inputs.record.status[max(0, t - 2)]
        for need in case.requests:
            if need.met is None or month_of(need.date) - case.start != t - 1:
                continue
            s = case.state_ids.index(need.state)
            for c, club in enumerate(case.clubs.values()):
                if club.guarantee and before[s, c] in BOUND:
                    recorded_belief_updates[t] += (1 if need.met else -1) * inputs.belief_update(
                        t - 1, s, need.kind, c
                    )
    return recorded_belief_updates


def _return_prices(case: Case, rules: Rules) -> tuple[Months, Months]:
    """What a former party owes after its return, and what it must join before it, by month and club."""
    owed, before = (np.zeros((len(rules), len(rules[0])), np.int16) for _ in range(2))
    for c, club in enumerate(case.clubs):
        for t, month in enumerate(case.months):
            restoration = rules[t][c].restoration
            if restoration is None:
                continue
            if restoration.price == "gap":
                owed[t, c] = rules[t][c].acquis
            else:
                before[t, c] = case.law.acquis(club, month, restoration.since)
    return owed, before


def _posts(case: Case, rules: Rules) -> Floats:
    """What the posts of a seat are worth where a rule of arrears takes them; nothing in a theory without goods."""
    counts = [
        [sum(b.posts for b in here.benefit) * here.takes("posts") for here in row] for row in rules
    ]
    return case.fixed("goods_step") * np.array(counts) * ("patronage" in case.role("weight"))


def _traits(case: Case, rules: Rules, stake: Floats) -> ClubTraits:
    clubs, threats = case.clubs.values(), case.threats
    promises = np.array([c.guarantee for c in clubs])
    of_patron = np.array([k.source == "patron" for k in threats.values()])
    bears = np.array([[k in c.relieves for k in threats] for c in clubs])[:, of_patron].any(axis=1)
    return ClubTraits(
        relieves=np.array([[k in c.relieves for k in threats] for c in clubs]),
        menaces=np.array([[k.source == c.sponsor for k in threats.values()] for c in clubs]),
        guarantees=np.array([c.guarantee for c in clubs]),
        sponsors=np.array([[float(c.sponsor == p) for p in case.sponsors] for c in clubs]),
        patron_led=np.array([c.sponsor == "patron" for c in clubs]),
        budgeted=np.array([any(here[c].budget for here in rules) for c in range(len(clubs))]),
        company=np.array(
            [
                any((rule := here[c].accession) is not None and rule.consensus for here in rules)
                for c in range(len(clubs))
            ]
        ),
        of_regime=np.array([k.target == "regime" for k in threats.values()]),
        of_rivals=np.array([k.measured_by == "rivalry" for k in threats.values()]),
        place=np.arange(len(clubs)),
        leaves=np.where(promises, 0.0, 1.0 - stake),
        promises=promises,
        shelters=bears & np.array([c.sponsor != "patron" for c in clubs]),
        opposed=_opposed(case, rules),
    )


def _opposed(case: Case, rules: Rules) -> Bools:
    """Clubs that a statute of either holds to be aimed at the other, shape (C, C)."""
    names = tuple(case.clubs)
    found = np.zeros((len(names), len(names)), bool)
    for row in rules:
        for c, here in enumerate(row):
            if here.incompatible is not None:
                for other in (*here.incompatible.bars, *here.incompatible.suspects):
                    found[c, names.index(other)] = found[names.index(other), c] = True
    return found


def _covers(case: Case, rules: Rules) -> Floats:
    """Threats on which each club bears by the law of each month, 0 or 1, shape (T, C, K).

    A promise of help does not reach violence at home before its text does.
    """
    found = np.zeros((len(rules), len(case.clubs), len(case.threats)))
    for c, club in enumerate(case.clubs.values()):
        for k, (name, threat) in enumerate(case.threats.items()):
            if name not in club.relieves:
                continue
            for t, row in enumerate(rules):
                unread = club.guarantee and threat.need == "stability"
                found[t, c, k] = not unread or row[c].covering(threat.need) is not None
    return found


def _situation(case: Case, traits: ClubTraits, rules: Rules) -> tuple[Floats, Situation]:
    """What dated events showed of promises, and the situation of every month with nothing learnt from needs."""
    months = len(case.months)
    states, threats, sponsors = case.state_ids, tuple(case.threats), case.sponsors
    year_of = {year: i for i, year in enumerate(_years(case))}
    annual = np.array([year_of[m // MONTHS_PER_YEAR] for m in case.months])

    measured: dict[str, Floats] = {}
    for row in case.composites:
        if row.year in year_of:
            table = measured.setdefault(row.variable, np.zeros((len(year_of), len(states))))
            table[year_of[row.year], states.index(row.state)] = row.value
    shape = (len(year_of), len(states), len(states))
    dyads, trade = np.zeros(shape), np.zeros(shape)
    for pair in case.rivalry:
        if pair.year in year_of:
            at = (year_of[pair.year], states.index(pair.state), states.index(pair.rival))
            dyads[at] = pair.value
    for bond in case.bonds:
        if bond.year in year_of:
            at = (year_of[bond.year], states.index(bond.state), states.index(bond.partner))
            trade[at] = bond.value

    threat_signs = np.zeros((months, len(states), len(threats)))
    belief_signs = np.zeros((months, len(states), len(threats)))
    offer_signs = np.zeros((months, len(states), len(threats)))
    tie_signs = np.zeros((months, len(states), len(sponsors)))
    rival_signs = np.zeros((months, len(states), len(states)))
    coercion = np.zeros((months, len(states)))
    for event in case.events:
        work, s = _at_work(case, event), states.index(event.state)
        if event.kind == "tie":
            tie_signs[work, s, sponsors.index(event.about)] += event.sign
        elif event.kind == "coercion":
            coercion[work, s] += event.sign
        elif event.kind == "offer":
            offer_signs[work, s, threats.index(event.about)] += event.sign
        elif event.kind == "credibility":
            about = slice(None) if event.about == "any" else threats.index(event.about)
            if work.start < min(work.stop, months):
                belief_signs[work.start, s, about] += event.sign
        elif event.rival:
            rival_signs[work, s, states.index(event.rival)] += event.sign
        else:
            threat_signs[work, s, threats.index(event.about)] += event.sign

    fear = case.fixed("fear_half_life")
    dyads /= _unit(case, dyads)
    rivalry = perception.felt(perception.threat_level(dyads[annual], rival_signs), fear)
    threat = np.zeros((months, len(states), len(threats)))
    for k, kind in enumerate(case.threats.values()):
        if kind.measured_by == "rivalry":
            threat[:, :, k] = rivalry.max(axis=-1)
            continue
        level = measured[kind.measured_by][annual] if kind.measured_by else 0.0 * coercion
        threat[:, :, k] = perception.felt(
            perception.threat_level(level, threat_signs[:, :, k]), fear
        )
    tie = np.stack([measured[TIE + p][annual] for p in sponsors], axis=-1)
    tie = ties.tie(tie, tie_signs, case.fixed("event_step"))
    own_means_help = np.array([k.source in OWN_MEANS for k in case.threats.values()])
    seen = perception.remembered(belief_signs, case.fixed("belief_half_life"))
    return seen, Situation(
        clubs=traits,
        threat=threat,
        exposure=perception.exposure(threat, measured["means"][annual], own_means_help),
        credibility=perception.credibility(seen),
        offer=np.clip(offer_signs, 0.0, 1.0),
        tie=tie,
        patron_tie=tie[:, :, sponsors.index("patron")],
        rivalry=rivalry,
        bond=trade[annual],
        leverage=ties.leverage(coercion, case.fixed("leverage_half_life")),
        covers=_covers(case, rules),
        autonomy=perception.autonomy(measured["autonomy"][annual]),
        reach=np.array([[float(r.reach) for r in row] for row in rules]),
        goods=case.fixed("goods_step") * np.array([[len(r.benefit) for r in row] for row in rules]),
        shared_budget=np.array(
            [[1.0 - r.budget.patron_share if r.budget else 0.0 for r in row] for row in rules]
        ),
        pays=np.array([s.role == "decider" for s in case.states]),
    )


def _unit(case: Case, dyads: Floats) -> float:
    """The standard deviation of the worst rivalry of deciding states in the years of fit: the unit of other threats."""
    deciders = [case.state_ids.index(s) for s in case.deciders]
    years = case.fit_until // MONTHS_PER_YEAR + 1 - case.start // MONTHS_PER_YEAR
    fitted = range(min(len(dyads), max(1, years)))
    spread = float(dyads.max(axis=-1)[np.ix_(fitted, deciders)].std())
    return spread if spread > 0 else 1.0


def _years(case: Case) -> range:
    return range(case.start // MONTHS_PER_YEAR, case.end // MONTHS_PER_YEAR + 1)


def _at_work(case: Case, event: Event) -> slice:
    """The months in which an event acts: from the month after its date to that of its end, one at least."""
    first = month_of(event.date) + 1
    last = case.end if event.date_end is None else max(first, month_of(event.date_end))
    return slice(max(0, first - case.start), max(0, last + 1 - case.start))


def _record(case: Case, ratified: Months) -> "Seats":
    clubs = tuple(case.clubs)
    shape = (len(case.months), len(case.states), len(clubs))
    seats = Seats.empty(shape)
    for row in case.record:
        began = month_of(row.date) - case.start
        t = max(0, began)
        if t >= shape[0]:
            continue
        here = case.law.rules(row.club, month_of(row.date))
        s, c = case.state_ids.index(row.state), clubs.index(row.club)
        status = Status[row.status.upper()]
        seats.status[t:, s, c] = status
        seats.due[t:, s, c] = NEVER
        if status == Status.SIGNATORY:
            seats.due[t:, s, c] = ratified[t, c]
        elif status == Status.NOTICE_GIVEN:
            seats.due[t:, s, c] = began + (here.withdrawal.notice_months if here.withdrawal else 0)
        if row.act == "accede" and seats.former[t, s, c] and here.restoration is not None:
            seats.gap[t:, s, c] = here.acquis if here.restoration.price == "gap" else 0
        elif row.act == "decline":
            seats.gap[t:, s, c] += 1
        elif row.act == "resume":
            seats.gap[t:, s, c] = 0
        if status in FORMER:
            seats.former[t:, s, c] = True
            seats.gap[t:, s, c] = 0
            seats.left_in[t:, s, c] = began
    for t in range(1, shape[0]):
        seats.arrears[t] = owed_after(seats.arrears[t - 1], seats.status[t])
    return seats


def owed_after(arrears: Months, status: Status8) -> Months:
    """Months owed at the end of a month: one more for who does not pay, one less for who settles, else none."""
    owed: Months = (arrears + np.int16(1)) * among(status, *UNPAID)
    settling = among(status, *SETTLING) & (arrears > 1)
    if settling.any():
        owed[settling] = arrears[settling] - 1
    return owed


def _ratified(rules: Rules) -> Months:
    due = np.full((len(rules), len(rules[0])), NEVER, np.int16)
    for c in range(len(rules[0])):
        pending = [t for t, month in enumerate(rules) if month[c].entry_into_force]
        for t in range(min(pending, default=0), len(rules)):
            accession = rules[t][c].accession
            due[t, c] = t + (accession.ratification_months if accession else 0)
    return due


# what changes --------------------------------------------------------------------------------------


class Logged(NamedTuple):
    """One act in one club and month: the runs and states that did it, and the rule it rests on."""

    t: int
    run: NDArray[np.intp]
    state: NDArray[np.intp]
    club: int
    act: Act
    #: the statute by its id
    rule: str


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
        self._held = held_draws(case)
        self._block = _Block(first_run, runs, runs, runs, {}, {}, {})

    def move_to(self, first_run: int, runs: int, share: int | None = None) -> None:
        """Turn to the runs from `first_run` on, at most as many as the first block had; the same keep their draws.

        With `share`, run r of the block draws as number ``first_run + r % share``.
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
        """The same draws for a case that `fits`; they move to another block together."""
        if not self.fits(case):
            raise ValueError("draws belong to states, clubs and months, and these differ")
        other = copy(self)
        other._held = held_draws(case)
        return other

    def _hold(
        self, drawn: NDArray[Any], act: str, c: int, t: int, ends: tuple[float, float]
    ) -> Any:
        """The draws of a month, but where a counterfactual holds a seat to an act or keeps it from it."""
        held = self._held.get((act, t), ())
        if held:
            drawn = drawn.copy(order="K")
        for s, club, low in held:
            if c in (_EVERY, club):
                seat = (slice(None), s, club) if c == _EVERY else (slice(None), s)
                drawn[seat] = ends[not low]
        return drawn

    def proposed(self, act: Act, c: int, t: int) -> Bools:
        """The states against which a case is put forward for certain, shape (S,)."""
        held = self._held.get((proposal(act), t), ())
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


@dataclass
class World:
    """A block of runs in one month. Only `model.step` changes it."""

    inputs: CaseInputs
    #: weights, frictions and council parameters by name, each of shape (R, 1, 1)
    parameters: Mapping[str, Floats]
    noise: Noise
    #: of shape (R, S, C)
    seats: Seats
    #: what needs have taught, and what those of this month teach, shape (R, lessons)
    belief_updates: Floats
    new_belief_updates: Floats
    #: how far members take part, NaN where that is not asked or not yet known, shape (R, S, C)
    participation: Floats
    log: list[Logged] = field(default_factory=list)

    @cached_property
    def weights(self) -> Floats:
        """The weights of the theory, shape (terms, R)."""
        rows = np.array([self.parameters[name][:, 0, 0] for name in self.inputs.theory])
        return rows.reshape(len(self.inputs.theory), len(next(iter(self.parameters.values()))))

    @cached_property
    def of_one_club(self) -> dict[str, Floats]:
        """The parameters in the shape (R, 1) of one club."""
        return {name: value[:, :, 0] for name, value in self.parameters.items()}

    @property
    def status(self) -> Status8:
        """Status of every seat, shape (R, S, C)."""
        return self.seats.status


def world_from_record(
    inputs: CaseInputs, t: int, parameters: Mapping[str, Floats], noise: Noise
) -> World:
    """A block of runs that stand where the record stood at the end of month `t`."""
    runs = len(next(iter(parameters.values())))
    shape = inputs.record.status.shape[1:]
    belief_updates = np.asfortranarray(
        np.repeat(inputs.recorded_belief_updates[t + 1 : t + 2], runs, axis=0)
    )
    return World(
        inputs=inputs,
        parameters={
            name: np.ascontiguousarray(v, np.float64).reshape(runs, 1, 1)
            for name, v in parameters.items()
        },
        noise=noise,
        seats=inputs.record.of_month(t, runs),
        belief_updates=belief_updates,
        new_belief_updates=np.zeros_like(belief_updates),
        participation=np.full((runs, *shape), np.nan, order="F"),
    )
