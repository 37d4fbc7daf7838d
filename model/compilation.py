"""A case compiled into arrays: what is given month by month (`model.inputs.CaseInputs`)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tashkent.agents import perception, ties
from tashkent.agents.situation import Bools, ClubTraits, Floats, Situation
from tashkent.agents.terms import TEN, TERMS, staked
from tashkent.model.case import Case
from tashkent.model.case.tables import TIE
from tashkent.model.clock import MONTHS_PER_YEAR, last_day, month_of
from tashkent.model.ends import ended_seats
from tashkent.model.formulas import of_months
from tashkent.model.inputs import Call, CaseInputs, Rules
from tashkent.model.law import RulesInForce
from tashkent.model.regimes import kin_of, regimes_of
from tashkent.model.seats import NEVER, Months, Seats, owed_after
from tashkent.model.shared_tables import of_tables
from tashkent.model.signs import EventSigns, event_signs
from tashkent.model.statuses import BOUND, FORMER, Status

#: sources of threats against which own means help
OWN_MEANS = ("nonstate", "domestic")


@lru_cache(maxsize=8)
def compile_case(case: Case) -> CaseInputs:
    """Turn a case into arrays; the same case object gives the same `CaseInputs`."""
    rules = _rules(case)
    exists, founding, window, staleness = _life_of_clubs(case)
    may_observe = _openness(case) & exists[:, None, :] & ~ended_seats(case, rules)
    open_to = may_observe.copy()
    dear = _locked(case, rules, open_to)
    stake = np.array(
        [1.0 if c.guarantee else case.fixed("forum_stake") for c in case.clubs.values()]
    )
    traits = _traits(case, rules)
    signs = event_signs(case)
    seen = perception.remembered(signs.credibility, case.fixed("belief_half_life"))
    regimes = regimes_of(case)
    situation = _situation(case, traits, rules, signs, seen, regimes)
    ratified = _ratified(rules)
    instruments_owed, instruments = _instruments_of_return(case)
    theory = tuple(name for name in TERMS if name in case.role("weight"))
    base_terms = base_terms_of(case, theory, situation, stake)
    inputs = CaseInputs(
        case=case,
        situation=situation,
        base_terms=base_terms,
        at_work={name: term.any(axis=(1, 2)) for name, term in base_terms.items()},
        stake=stake,
        seen=seen,
        belief_index=_belief_index(case),
        recorded_belief_updates=np.zeros(0),
        rules=rules,
        open_to=open_to,
        may_observe=may_observe,
        exists=exists,
        founding=founding,
        window=window,
        staleness=staleness,
        unasked=np.array([[_asks_nobody(here) for here in row] for row in rules]),
        runs_out=np.array([[_runs_out(here) for here in row] for row in rules]),
        waited=np.log1p([[float(here.waited) for here in row] for row in rules]),
        unclaused=np.array(
            [[r.withdrawal is not None and not r.withdrawal.clause for r in row] for row in rules]
        ),
        regimes=regimes,
        restores=np.array([[here.restoration is not None for here in row] for row in rules]),
        invites_back=np.array(
            [[r.restoration is not None and r.restoration.invites for r in row] for row in rules]
        ),
        decides=np.array([s.role == "decider" for s in case.states]),
        patron=case.state_ids.index(case.patron),
        dear=dear,
        owed=stake * instruments * situation.reach / TEN,
        instruments_owed=instruments_owed,
        posts=_posts(case, rules),
        ratified=ratified,
        requests=_requests(case),
        strain=perception.remembered(-signs.any_promise, case.fixed("belief_half_life")),
        chair_order=np.argsort([s.name for s in case.states], kind="stable"),
        record=_record(case),
    )
    return replace(inputs, recorded_belief_updates=_recorded_belief_updates(inputs))


@of_tables("start", "end", "clubs", "statutes")
def _rules(case: Case) -> Rules:
    """The rules of every month and club."""
    club_names = tuple(case.clubs)
    return tuple(tuple(case.law.rules(c, m) for c in club_names) for m in case.months)


@of_tables("start", "end", "clubs", fixed="opening_months")
def _life_of_clubs(case: Case) -> tuple[Bools, Bools, Bools, Floats]:
    """Where a club exists, is founded, and is in its opening window; how stale its invitation is; each shape (T, C)."""
    shape, opening = (len(case.months), len(case.clubs)), case.fixed("opening_months")
    exists, founding, window = (np.zeros(shape, bool) for _ in range(3))
    staleness = np.zeros(shape)
    for c, club in enumerate(case.clubs.values()):
        founded = {month_of(day) for day in club.foundings}
        invited = {month_of(club.since), *founded}
        for t, month in enumerate(case.months):
            exists[t, c] = month >= min(invited)
            founding[t, c] = month in founded
            since = min((month - m for m in invited if m <= month), default=-1)
            window[t, c] = 0 <= since < opening and not founding[t, c]
            staleness[t, c] = np.log1p(max(0.0, since - opening) // MONTHS_PER_YEAR)
    return exists, founding, window, staleness


@of_tables("start", "end", "states", "clubs", "openness")
def _openness(case: Case) -> Bools:
    """Where the table of openness has a club open to a state, shape (T, S, C)."""
    club_names = tuple(case.clubs)
    open_to = np.zeros((len(case.months), len(case.states), len(club_names)), bool)
    for row in case.openness:
        s, c = case.state_ids.index(row.state), club_names.index(row.club)
        for t, month in enumerate(case.months):
            day = last_day(month)
            if row.open_from <= day and (row.open_until is None or day < row.open_until):
                open_to[t, s, c] = True
    return open_to


def _locked(case: Case, rules: Rules, open_to: Bools) -> Bools:
    """Close clubs in `open_to`, shape (T, S, C), by laws at home; where such a law makes joining dear, of its shape."""
    dear = np.zeros_like(open_to)
    for t, by_club in enumerate(rules):
        for c, here in enumerate(by_club):
            for lock in here.lock:
                s = case.state_ids.index(lock.state)
                if lock.effect == "closed":
                    open_to[t, s, c] = False
                else:
                    dear[t, s, c] = True
    return dear


def _asks_nobody(rules: RulesInForce) -> bool:
    """Whether a signature is enough to come in."""
    rule = rules.accession
    return rule is not None and not rule.consensus and not rule.ministers


def _runs_out(rules: RulesInForce) -> bool:
    """Whether a term runs that ends later for who does not sign its prolongation."""
    term = rules.term
    return term is not None and term.renewal == "opt_in" and not rules.term_ends


def _requests(case: Case) -> dict[int, tuple[Call, ...]]:
    """The requests of each month."""
    requests: dict[int, tuple[Call, ...]] = {}
    for request in case.requests:
        t, s = month_of(request.date) - case.start, case.state_ids.index(request.state)
        attacker = case.state_ids.index(request.against) if request.against else None
        call = Call(s, request.kind, request.asked, attacker)
        requests[t] = (*requests.get(t, ()), call)
    return requests


def base_terms_of(
    case: Case, theory: tuple[str, ...], situation: Situation, stake: Floats
) -> dict[str, Floats]:
    """The terms of every month with nobody in and nothing learnt from requests, shape (T, S, C).

    Times the stake, but for those that count in full.
    """
    nobody = np.zeros((*situation.autonomy.shape, len(stake)), bool)
    now = replace(
        situation,
        seat=nobody,
        held=nobody,
        gap=nobody.astype(int),
        left=nobody,
        courted=nobody,
        sanctioned=nobody,
        noticed=nobody,
    )
    return {name: staked(name, of_months(case, name, now), stake) for name in theory}


def _belief_index(case: Case) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Deciders and the threats about which some request of the case can teach."""
    kinds = {request.kind for request in case.requests}
    threats = [k for k, threat in enumerate(case.threats.values()) if threat.need in kinds - {""}]
    deciders = [case.state_ids.index(s) for s in case.deciders]
    pairs = np.array([(s, k) for s in deciders for k in threats], np.intp).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _recorded_belief_updates(inputs: CaseInputs) -> Floats:
    """What the record's requests have taught by each month, as a free run would learn it from its own council."""
    case, half_life = inputs.case, inputs.case.fixed("belief_half_life")
    recorded_belief_updates = np.zeros((len(case.months), len(inputs.belief_index[0])))
    for t in range(1, len(case.months)):
        recorded_belief_updates[t] = perception.faded(recorded_belief_updates[t - 1], half_life)
        before = inputs.record.status[max(0, t - 2)]
        sanctioned = inputs.record.sanctioned[max(0, t - 2)]
        for request in case.requests:
            if request.met is None or month_of(request.date) - case.start != t - 1:
                continue
            s = case.state_ids.index(request.state)
            for c, club in enumerate(case.clubs.values()):
                if club.guarantee and before[s, c] in BOUND and not sanctioned[s, c]:
                    recorded_belief_updates[t] += (1 if request.met else -1) * inputs.belief_update(
                        t - 1, s, request.kind, c
                    )
    return recorded_belief_updates


@of_tables("start", "end", "clubs", "statutes")
def _instruments_of_return(case: Case) -> tuple[Months, Months]:
    """What a former party owes after its return, and what it must join before it, by month and club."""
    rules = _rules(case)
    after, before = (np.zeros((len(rules), len(rules[0])), np.int16) for _ in range(2))
    for c, club in enumerate(case.clubs):
        for t, month in enumerate(case.months):
            restoration = rules[t][c].restoration
            if restoration is None:
                continue
            if restoration.price == "gap":
                after[t, c] = rules[t][c].acquis
            else:
                before[t, c] = case.law.acquis(club, month, restoration.since)
    return after, before


def _posts(case: Case, rules: Rules) -> Floats:
    """What the posts of a seat are worth where a rule of arrears takes them; nothing in a theory without goods."""
    counts = [
        [sum(b.posts for b in here.benefit) * here.takes("posts") for here in row] for row in rules
    ]
    return case.fixed("goods_step") * np.array(counts) * ("patronage" in case.role("weight"))


def _traits(case: Case, rules: Rules) -> ClubTraits:
    clubs, threats = case.clubs.values(), case.threats
    guarantees = np.array([c.guarantee for c in clubs])
    promises = guarantees[:, None] & np.array([k.need != "operations" for k in threats.values()])
    of_patron = np.array([k.source == "patron" for k in threats.values()])
    bears = np.array([[k in c.relieves for k in threats] for c in clubs])[:, of_patron].any(axis=1)
    return ClubTraits(
        relieves=np.array([[k in c.relieves for k in threats] for c in clubs]),
        menaces=np.array([[k.source == c.sponsor for k in threats.values()] for c in clubs]),
        guarantees=guarantees,
        promised=promises,
        sponsors=np.array([[float(c.sponsor == p) for p in case.sponsors] for c in clubs]),
        patron_led=np.array([c.sponsor == "patron" for c in clubs]),
        budgeted=np.array([any(here[c].budget for here in rules) for c in range(len(clubs))]),
        company=np.array(
            [any(_asks_members(here[c]) for here in rules) for c in range(len(clubs))]
        ),
        of_regime=np.array([k.target == "regime" for k in threats.values()]),
        of_rivals=np.array([k.measured_by == "rivalry" for k in threats.values()]),
        place=np.arange(len(clubs)),
        promises=promises,
        stake=np.full(len(clubs), case.fixed("forum_stake")),
        shelters=bears & np.array([c.sponsor != "patron" for c in clubs]),
        opposed=_opposed(case, rules),
    )


def _asks_members(rules: RulesInForce) -> bool:
    """Whether who comes in is for the members to decide together."""
    return rules.accession is not None and rules.accession.consensus


def _opposed(case: Case, rules: Rules) -> Bools:
    """Clubs that a statute of either holds to be aimed at the other, shape (C, C).

    A rule on forces of others stands against every club that stations them.
    """
    names = tuple(case.clubs)
    hosts = np.array([club.hosts for club in case.clubs.values()])
    found = np.zeros((len(names), len(names)), bool)
    for row in rules:
        for c, here in enumerate(row):
            if here.incompatible is not None:
                for other in (*here.incompatible.bars, *here.incompatible.suspects):
                    found[c, names.index(other)] = found[names.index(other), c] = True
            if here.bases is not None:
                found[c] |= hosts
                found[:, c] |= hosts
    return found


def _covers(case: Case, rules: Rules) -> Floats:
    """Threats on which each club bears by the law of each month, 0 or 1, shape (T, C, K).

    A promise of help does not reach violence at home before its text does, and what operations help against is relieved
    by a club only while it has one.
    """
    found = np.zeros((len(rules), len(case.clubs), len(case.threats)))
    for c, club in enumerate(case.clubs.values()):
        for k, (name, threat) in enumerate(case.threats.items()):
            if name not in club.relieves:
                continue
            for t, row in enumerate(rules):
                unread = club.guarantee and threat.need == "stability"
                if threat.need == "operations":
                    found[t, c, k] = any(name in o.against for o in row[c].operation)
                else:
                    found[t, c, k] = not unread or row[c].covering(threat.need) is not None
    return found


@dataclass(frozen=True)
class _Measured:
    """What is measured year by year, as it stands in every month."""

    #: by variable, shape (T, S)
    composites: dict[str, Floats]
    #: between two states, shape (T, S, S)
    rivalry: Floats
    bond: Floats


@of_tables("start", "end", "states", "composites", "rivalry", "bonds", fixed="rivalry_unit")
def _measured(case: Case) -> _Measured:
    """The yearly tables of a case, spread over its months."""
    states = case.state_ids
    years = range(case.start // MONTHS_PER_YEAR, case.end // MONTHS_PER_YEAR + 1)
    composites: dict[str, Floats] = {}
    for row in case.composites:
        if row.year in years:
            table = composites.setdefault(row.variable, np.zeros((len(years), len(states))))
            table[years.index(row.year), states.index(row.state)] = row.value
    rivalry, bond = (np.zeros((len(years), len(states), len(states))) for _ in range(2))
    for pair in case.rivalry:
        if pair.year in years:
            at = (years.index(pair.year), states.index(pair.state), states.index(pair.rival))
            rivalry[at] = pair.value
    for tie in case.bonds:
        if tie.year in years:
            at = (years.index(tie.year), states.index(tie.state), states.index(tie.partner))
            bond[at] = tie.value
    rivalry /= case.fixed("rivalry_unit")
    annual = np.array([years.index(month // MONTHS_PER_YEAR) for month in case.months])
    return _Measured(
        {name: table[annual] for name, table in composites.items()}, rivalry[annual], bond[annual]
    )


def _threats(case: Case, measured: _Measured, signs: EventSigns) -> tuple[Floats, Floats]:
    """Threat felt by source, shape (T, S, K), and rivalry felt between two states, shape (T, S, S)."""
    fear = case.fixed("fear_half_life")
    rivalry = perception.felt(perception.threat_level(measured.rivalry, signs.rivalry), fear)
    threat = np.zeros(signs.threat.shape)
    for k, kind in enumerate(case.threats.values()):
        if kind.measured_by == "rivalry":
            threat[:, :, k] = rivalry.max(axis=-1)
            continue
        level = measured.composites[kind.measured_by] if kind.measured_by else 0.0 * signs.coercion
        threat[:, :, k] = perception.felt(
            perception.threat_level(level, signs.threat[:, :, k]), fear
        )
    return threat, rivalry


def _situation(
    case: Case,
    traits: ClubTraits,
    rules: Rules,
    signs: EventSigns,
    seen: Floats,
    regimes: Mapping[str, Bools],
) -> Situation:
    """The situation of every month with nothing learnt from requests; `seen` has shape (T, S, K)."""
    measured = _measured(case)
    composites = measured.composites
    threat, rivalry = _threats(case, measured, signs)
    tie = np.stack([composites[TIE + p] for p in case.sponsors], axis=-1)
    tie = ties.tie(tie, signs.tie, case.fixed("event_step"))
    own_means_help = np.array([k.source in OWN_MEANS for k in case.threats.values()])
    return Situation(
        clubs=traits,
        threat=threat,
        exposure=perception.exposure(threat, composites["means"], own_means_help),
        credibility=perception.credibility(seen),
        offer=np.clip(signs.offer, 0.0, 1.0),
        tie=tie,
        patron_tie=tie[:, :, case.sponsors.index("patron")],
        rivalry=rivalry,
        bond=measured.bond,
        leverage=ties.leverage(signs.coercion, case.fixed("leverage_half_life")),
        covers=_covers(case, rules),
        autonomy=perception.autonomy(composites["autonomy"]),
        reach=np.array([[float(r.reach) for r in row] for row in rules]),
        kin=kin_of(case, regimes),
        goods=case.fixed("goods_step") * np.array([[len(r.benefit) for r in row] for row in rules]),
        shared_budget=np.array(
            [[1.0 - r.budget.patron_share if r.budget else 0.0 for r in row] for row in rules]
        ),
        pays=np.array([s.role == "decider" for s in case.states]),
    )


@of_tables("start", "end", "states", "clubs", "statutes", "record")
def _record(case: Case) -> "Seats":
    ratified = _ratified(_rules(case))
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
        elif row.act == "sanction" and here.sanction is not None and here.sanction.breach:
            seats.sanctioned[t:, s, c] = True
        elif row.act == "lift":
            seats.sanctioned[t:, s, c] = False
        elif row.act == "decline":
            seats.gap[t:, s, c] += 1
        elif row.act == "resume":
            seats.gap[t:, s, c] = 0
        if status in FORMER:
            seats.former[t:, s, c] = True
            seats.gap[t:, s, c] = 0
            seats.sanctioned[t:, s, c] = False
            seats.left_in[t:, s, c] = began
    for t in range(1, shape[0]):
        seats.arrears[t] = owed_after(seats.arrears[t - 1], seats.status[t])
    return seats


def _ratified(rules: Rules) -> Months:
    due = np.full((len(rules), len(rules[0])), NEVER, np.int16)
    for c in range(len(rules[0])):
        pending = [t for t, month in enumerate(rules) if month[c].entry_into_force]
        for t in range(min(pending, default=0), len(rules)):
            accession = rules[t][c].accession
            due[t, c] = t + (accession.ratification_months if accession else 0)
    return due
