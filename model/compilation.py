"""A case compiled into arrays: what is given month by month (`model.inputs.CaseInputs`)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from tashkent.agents import perception, ties
from tashkent.agents.situation import Bools, ClubTraits, Floats, Situation
from tashkent.agents.terms import TEN, staked
from tashkent.model.case import Case
from tashkent.model.case.tables import TIE
from tashkent.model.clock import MONTHS_PER_YEAR, last_day, month_of
from tashkent.model.ends import ended_seats
from tashkent.model.formulas import of_months
from tashkent.model.inputs import Call, CaseInputs
from tashkent.model.law import RulesInForce
from tashkent.model.regimes import kin_of, regimes_of
from tashkent.model.rule_tables import asked, different_rules, rules_of
from tashkent.model.seats import NEVER, Months, Seats, owed_after
from tashkent.model.shared_tables import of_tables
from tashkent.model.signs import EventSigns, event_signs
from tashkent.model.statuses import BOUND, FORMER, UNPAID, Status, among

#: sources of threats against which own means help
OWN_MEANS = ("nonstate", "domestic")


@lru_cache(maxsize=8)
def compile_case(case: Case) -> CaseInputs:
    """Turn a case into arrays; the same case object gives the same `CaseInputs`."""
    rules = rules_of(case)
    exists, founding, window, staleness = _life_of_clubs(case)
    may_observe = _openness(case) & exists[:, None, :] & ~ended_seats(case)
    open_to = may_observe.copy()
    dear = _locked(case, open_to)
    stake = np.array(
        [1.0 if c.guarantee else case.fixed("forum_stake") for c in case.clubs.values()]
    )
    traits = _traits(case)
    signs = event_signs(case)
    seen, strain = _promises_seen(case)
    regimes = regimes_of(case)
    situation = _situation(case, traits, signs, seen, regimes)
    instruments_owed, instruments = _instruments_of_return(case)
    theory = tuple(name for name in case.terms if name in case.role("weight"))
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
        unasked=asked(case, _asks_nobody),
        runs_out=asked(case, _runs_out),
        waited=np.log1p(asked(case, lambda r: float(r.waited))),
        unclaused=asked(case, lambda r: r.withdrawal is not None and not r.withdrawal.clause),
        regimes=regimes,
        restores=asked(case, lambda r: r.restoration is not None),
        invites_back=asked(case, lambda r: r.restoration is not None and r.restoration.invites),
        decides=np.array([s.role == "decider" for s in case.states]),
        patron=case.state_ids.index(case.patron),
        dear=dear,
        owed=stake * instruments * situation.reach / TEN,
        instruments_owed=instruments_owed,
        posts=_posts(case),
        ratified=_ratified(case),
        requests=_requests(case),
        strain=strain,
        chair_order=np.argsort([s.name for s in case.states], kind="stable"),
        record=_record(case),
    )
    return replace(inputs, recorded_belief_updates=_recorded_belief_updates(inputs))


@of_tables("start", "end", "clubs", fixed=("opening_months",))
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


def _locked(case: Case, open_to: Bools) -> Bools:
    """Close clubs in `open_to`, shape (T, S, C), by laws at home; where such a law makes joining dear, of its shape."""
    dear = np.zeros_like(open_to)
    differ, places = different_rules(case)
    for number, here in enumerate(differ):
        for lock in here.lock:
            s = case.state_ids.index(lock.state)
            if lock.effect == "closed":
                open_to[:, s][places == number] = False
            else:
                dear[:, s][places == number] = True
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
    return {name: staked(case.terms[name], of_months(case, name, now), stake) for name in theory}


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
    learnt = np.zeros((len(case.months), len(inputs.belief_index[0])))
    for request in case.requests:
        t = month_of(request.date) - case.start
        if request.met is None or not 0 <= t < len(learnt) - 1:
            continue
        s, sign = case.state_ids.index(request.state), 1 if request.met else -1
        before, sanctioned = (
            held[max(0, t - 1), s] for held in (inputs.record.status, inputs.record.sanctioned)
        )
        for c, club in enumerate(case.clubs.values()):
            if club.guarantee and before[c] in BOUND and not sanctioned[c]:
                learnt[t + 1] += sign * inputs.belief_update(t, s, request.kind, c)
    return perception.remembered(learnt, half_life)


@of_tables("start", "end", "clubs", "statutes")
def _instruments_of_return(case: Case) -> tuple[Months, Months]:
    """What a former party owes after its return, and what it must join before it, by month and club."""
    differ, places = different_rules(case)
    after, before = (np.zeros(places.shape, np.int16) for _ in range(2))
    for number, here in enumerate(differ):
        restoration = here.restoration
        if restoration is None:
            continue
        months = places == number
        if restoration.price == "gap":
            after[months] = here.acquis
        else:
            month = case.months[int(months.any(axis=1).argmax())]
            before[months] = case.law.acquis(restoration.club, month, restoration.since)
    return after, before


def _posts(case: Case) -> Floats:
    """What the posts of a seat are worth where a rule of arrears takes them; nothing in a theory without goods."""
    counts = asked(case, lambda r: sum(b.posts for b in r.benefit) * r.takes("posts"))
    return case.fixed("goods_step") * counts * ("patronage" in case.role("weight"))


def _traits(case: Case) -> ClubTraits:
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
        budgeted=asked(case, lambda r: r.budget is not None).any(axis=0),
        company=asked(case, _asks_members).any(axis=0),
        of_regime=np.array([k.target == "regime" for k in threats.values()]),
        of_rivals=np.array([k.measured_by == "rivalry" for k in threats.values()]),
        place=np.arange(len(clubs)),
        promises=promises,
        stake=np.full(len(clubs), case.fixed("forum_stake")),
        shelters=bears & np.array([c.sponsor != "patron" for c in clubs]),
        opposed=_opposed(case),
    )


def _asks_members(rules: RulesInForce) -> bool:
    """Whether who comes in is for the members to decide together."""
    return rules.accession is not None and rules.accession.consensus


def _opposed(case: Case) -> Bools:
    """Clubs that a statute of either holds to be aimed at the other, shape (C, C).

    A rule on forces of others stands against every club that stations them.
    """
    names = tuple(case.clubs)
    hosts = np.array([club.hosts for club in case.clubs.values()])
    found = np.zeros((len(names), len(names)), bool)
    for here in different_rules(case)[0]:
        if here.incompatible is not None:
            c = names.index(here.incompatible.club)
            for other in (*here.incompatible.bars, *here.incompatible.suspects):
                found[c, names.index(other)] = found[names.index(other), c] = True
        if here.bases is not None:
            c = names.index(here.bases.club)
            found[c] |= hosts
            found[:, c] |= hosts
    return found


def _works_against(threat: str, rules: RulesInForce) -> bool:
    """Whether an operation against a threat runs."""
    return any(threat in operation.against for operation in rules.operation)


def _covers(case: Case) -> Floats:
    """Threats on which each club bears by the law of each month, 0 or 1, shape (T, C, K).

    A promise of help does not reach violence at home before its text does, and what operations help against is relieved
    by a club only while it has one.
    """
    found = np.zeros((len(case.months), len(case.clubs), len(case.threats)))
    for k, (name, threat) in enumerate(case.threats.items()):
        for c, club in enumerate(case.clubs.values()):
            found[:, c, k] = name in club.relieves
            if threat.need == "stability" and club.guarantee:
                found[:, c, k] *= asked(case, lambda r: r.covering("stability") is not None)[:, c]
        if threat.need == "operations":
            found[:, :, k] *= asked(case, partial(_works_against, name))
    return found


@dataclass(frozen=True)
class _Measured:
    """What is measured year by year, as it stands in every month."""

    #: by variable, shape (T, S)
    composites: dict[str, Floats]
    #: between two states, shape (T, S, S)
    rivalry: Floats
    bond: Floats


@of_tables("start", "end", "states", "composites", "rivalry", "bonds", fixed=("rivalry_unit",))
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


@of_tables("start", "end", "states", "threats", "composites", "events", fixed=("belief_half_life",))
def _promises_seen(case: Case) -> tuple[Floats, Floats]:
    """What dated events showed of promises, shape (T, S, K), and of the patron's means, shape (T, S); both fade."""
    signs, half_life = event_signs(case), case.fixed("belief_half_life")
    return (
        perception.remembered(signs.credibility, half_life),
        perception.remembered(-signs.any_promise, half_life),
    )


@of_tables(
    *("start", "end", "states", "threats", "composites", "rivalry", "bonds", "events"),
    fixed=("rivalry_unit", "fear_half_life"),
)
def _threats(case: Case) -> tuple[Floats, Floats]:
    """Threat felt by source, shape (T, S, K), and rivalry felt between two states, shape (T, S, S)."""
    fear, measured, signs = case.fixed("fear_half_life"), _measured(case), event_signs(case)
    rivalry = perception.felt(perception.threat_level(measured.rivalry, signs.rivalry), fear)
    level = np.zeros(signs.threat.shape)
    for k, kind in enumerate(case.threats.values()):
        if kind.measured_by and kind.measured_by != "rivalry":
            level[:, :, k] = measured.composites[kind.measured_by]
    threat = perception.felt(perception.threat_level(level, signs.threat), fear)
    for k, kind in enumerate(case.threats.values()):
        if kind.measured_by == "rivalry":
            threat[:, :, k] = rivalry.max(axis=-1)
    return threat, rivalry


@of_tables(
    *("start", "end", "states", "threats", "composites", "events"), fixed=("leverage_half_life",)
)
def _leverage(case: Case) -> Floats:
    """Leverage that the patron has won by force, shape (T, S)."""
    return ties.leverage(event_signs(case).coercion, case.fixed("leverage_half_life"))


def _situation(
    case: Case,
    traits: ClubTraits,
    signs: EventSigns,
    seen: Floats,
    regimes: Mapping[str, Bools],
) -> Situation:
    """The situation of every month with nothing learnt from requests; `seen` has shape (T, S, K)."""
    measured = _measured(case)
    composites = measured.composites
    threat, rivalry = _threats(case)
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
        leverage=_leverage(case),
        covers=_covers(case),
        autonomy=perception.autonomy(composites["autonomy"]),
        reach=asked(case, lambda r: float(r.reach)),
        kin=kin_of(case, regimes),
        goods=case.fixed("goods_step") * asked(case, lambda r: len(r.benefit)),
        shared_budget=asked(case, lambda r: 1.0 - r.budget.patron_share if r.budget else 0.0),
        pays=np.array([s.role == "decider" for s in case.states]),
    )


@of_tables("start", "end", "states", "clubs", "statutes", "record")
def _record(case: Case) -> "Seats":
    ratified = _ratified(case)
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
    unpaid = among(seats.status, *UNPAID).any(axis=(1, 2))
    for t in range(max(1, int(unpaid.argmax())), shape[0] if unpaid.any() else 0):
        seats.arrears[t] = owed_after(seats.arrears[t - 1], seats.status[t])
    return seats


def _ratified(case: Case) -> Months:
    """When who signs in a month is a member, by what the law asks of it, shape (T, C); before the first day, never."""
    waits = asked(case, lambda r: r.accession.ratification_months if r.accession else 0)
    enters = asked(case, lambda r: r.entry_into_force is not None)
    months = np.arange(len(waits))[:, None]
    began = ~enters.any(axis=0) | (months >= enters.argmax(axis=0))
    return np.where(began, months + waits, NEVER).astype(np.int16)
