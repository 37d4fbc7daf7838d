"""The model of `docs/odd.md` with one Mesa object for each state and club: a glass box for a class.

Plain loops and floats; one object is one run. What no seat can change (threats, ties, leverage, the
law, and the terms that follow from these alone) is worked out once for each case, month by month;
what follows from the seats is worked out as the months pass. The phases of a month bear the names of
section 3 of that page, and the terms of the value of a seat those of section 7.3.

>>> from tashkent.model.case import load_case
>>> case = load_case("cst")
>>> prior_means = {name: parameter.mean for name, parameter in case.drawn.items()}
>>> run = AllianceModel(case, prior_means, seed=1, run=7)
>>> run.run_to_end()
>>> len(run.history) == len(case.months)
True
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import mesa
import numpy as np

from tashkent.model import draws
from tashkent.model.case import Case
from tashkent.model.case.tables import Club, Entry, Event, Request
from tashkent.model.clock import MONTHS_PER_YEAR, last_day, month_label, month_of
from tashkent.model.statuses import Act, Status
from tashkent.model.statutes import (
    Accession,
    AnyStatute,
    Arrears,
    Bases,
    Benefit,
    Bloc,
    Budget,
    Chair,
    Defence,
    Dissolution,
    EntryIntoForce,
    Expulsion,
    Extinction,
    FixedTerm,
    Forces,
    Incompatible,
    LimitedFormat,
    Lock,
    Observer,
    Operation,
    Participation,
    PermanentBody,
    Regions,
    Restoration,
    Sanction,
    Session,
    Succession,
    VoluntarySuspension,
    Voting,
    Withdrawal,
)

IN = frozenset(status for status in Status if Status.SIGNATORY <= status <= Status.SANCTIONED)
PARTY = frozenset({Status.MEMBER, Status.FROZEN})
#: who is owed help: members until they are out
BOUND = PARTY | {Status.NOTICE_GIVEN, Status.SUSPENSION_REQUESTED}
MAY_SIGN = frozenset({Status.SIGNATORY, Status.MEMBER, Status.FROZEN})
#: who may give notice: whoever has not yet done so
MAY_LEAVE = PARTY | {Status.SANCTIONED, Status.SUSPENSION_REQUESTED}
SETTLING = frozenset({Status.NOTICE_GIVEN, Status.SUSPENSION_REQUESTED})
NOT_PAYING = frozenset({Status.FROZEN, Status.SANCTIONED})
FORMER = frozenset({Status.SUSPENDED, Status.LEFT, Status.EXPELLED})

#: the terms of the value of a seat, in the order in which they are added
TERMS = (
    "protection",
    "abandonment",
    "regime_security",
    "coercion",
    "patronage",
    "partisan_patron",
    "two_blocs",
    "purpose",
    "outside_option",
    "entrapment",
    "compliance",
    "contagion",
    "dues",
    "courtship",
    "censure",
    "kinship",
    "announcement",
    "defiance",
)
#: chance that a state has a reason to sit in a forum where nothing that it works on troubles the state
NO_REASON = 0.1
#: those that count in full in a forum, too
IN_FULL = frozenset({"two_blocs", "purpose"})
HIGHEST_THREAT = 3.0
#: who is behind the threats against which own means help
WITHOUT_CLUB = frozenset({"nonstate", "domestic"})
#: what a state does in a club when it drifts: less than half of what it could
HALF = 0.5
#: the month of the year in which the patron looks who drifts
JANUARY = 0

Seats = dict[tuple[str, str], Status]
#: months since the case began, state, club, act, id of the statute that the act rests on
LogEntry = tuple[int, str, str, Act, str]
StatuteT = TypeVar("StatuteT", bound=AnyStatute)


# 7.1 Law: what the statutes and the openness of each club say, month by month -------------------


@dataclass(frozen=True)
class Rules:
    """The rules that one club applies in one month; None where it has none of the kind."""

    accession: Accession | None
    arrears: Arrears | None
    bases: Bases | None
    bloc: Bloc | None
    budget: Budget | None
    chair: Chair | None
    defence: Defence | None
    dissolution: Dissolution | None
    expulsion: Expulsion | None
    incompatible: Incompatible | None
    limited_format: LimitedFormat | None
    observer: Observer | None
    participation: Participation | None
    permanent_body: PermanentBody | None
    regions: Regions | None
    restoration: Restoration | None
    sanction: Sanction | None
    session: Session | None
    suspension: VoluntarySuspension | None
    voting: Voting | None
    withdrawal: Withdrawal | None
    extinctions: list[Extinction]
    forces: list[Forces]
    benefits: list[Benefit]
    operations: list[Operation]
    #: its day falls in this month
    entry_into_force: EntryIntoForce | None
    succession: Succession | None
    #: a term that ends in this month and must be renewed by signing
    renewal: FixedTerm | None
    #: a term holds at the end of the month, so that there is a text to sign
    text_to_sign: bool
    #: a term runs that ends later for whoever does not sign
    runs_out: bool
    #: the session falls in this month
    sits: bool
    #: months in which petitions were made that wait for this one
    waited: int

    @property
    def hears_petitions(self) -> bool:
        """Whether somebody is there to decide on petitions."""
        return self.session is None or self.permanent_body is not None or self.sits

    def takes(self, right: str) -> bool:
        """Whether a debtor that lost its rights is without one of them."""
        return self.arrears is not None and right in self.arrears.takes

    def covering(self, kind: str) -> Defence | Forces | None:
        """The rule on help of a kind."""
        if self.defence and kind in self.defence.covers:
            return self.defence
        return next((rule for rule in reversed(self.forces) if kind in rule.covers), None)


@dataclass(frozen=True)
class ClubCalendar:
    """What holds for a club in each month since the case began, whoever sits in it."""

    rules: list[Rules]
    #: those within the case
    entries_into_force: list[int]
    founding: list[bool]
    window: list[bool]
    #: log of one plus the years since that window closed
    staleness: list[float]
    #: whether it may take a state in, and the state's own law lets it join
    open_to: dict[str, list[bool]]
    #: the same, whatever the state's own law says
    admits: dict[str, list[bool]]
    #: states whose law makes joining dear
    dear_to: list[set[str]]
    #: clubs whose members may not petition here, in the order of the case
    incompatible: list[list[str]]
    #: instruments that have taken effect
    acquis: list[int]
    #: instruments signed that reach into the defence of members
    reach: list[int]
    #: statutes signed in this month that bind only who joins them
    opened: list[list[AnyStatute]]
    #: instruments that a former party has to join before it comes back
    price_of_return: list[int]

    @cached_property
    def decides_together(self) -> bool:
        """Whether its members ever decide by consensus whom they take in."""
        return any(rules.accession and rules.accession.consensus for rules in self.rules)


def club_calendar(case: Case, club: str) -> ClubCalendar:
    """The law, the foundings and the openness of a club."""
    rules = [rules_of(case, club, month) for month in case.months]
    admitted = {
        state: [admits(case, club, state, month) for month in case.months]
        for state in case.deciders
    }
    locks = [locked(case, club, "closed", month) for month in case.months]
    return ClubCalendar(
        rules=rules,
        entries_into_force=[
            month_of(s.from_)
            for s in case.statutes
            if isinstance(s, EntryIntoForce) and s.club == club and month_of(s.from_) in case.months
        ],
        founding=[is_founding_month(case, club, month) for month in case.months],
        window=[is_in_opening_window(case, club, month) for month in case.months],
        staleness=[staleness(case, club, month) for month in case.months],
        open_to={
            state: [may and state not in shut for may, shut in zip(months, locks, strict=True)]
            for state, months in admitted.items()
        },
        admits=admitted,
        dear_to=[locked(case, club, "dear", month) for month in case.months],
        incompatible=[incompatible_clubs(case, club, month) for month in case.months],
        acquis=[acquis(case, club, month) for month in case.months],
        reach=[reach(case, club, month) for month in case.months],
        opened=[opened(case, club, month) for month in case.months],
        price_of_return=[
            price_of_return(case, club, month, rules[month - case.start].restoration)
            for month in case.months
        ],
    )


def holds(from_: date, until: date | None, day: date) -> bool:
    """Whether something that holds from a day until another (not included) holds on `day`."""
    return from_ <= day and (until is None or day < until)


def rules_of(case: Case, club: str, month: int) -> Rules:
    """The rules that a club applies in a month."""
    statutes = [s for s in case.statutes if s.club == club]
    end = last_day(month)
    on_last_day = sorted((s for s in statutes if holds(s.from_, s.until, end)), key=from_day)
    of_this_month = [s for s in statutes if month_of(s.from_) == month]

    def several(kind: type[StatuteT], among: list[AnyStatute] = on_last_day) -> list[StatuteT]:
        return [s for s in among if isinstance(s, kind)]

    def one(kind: type[StatuteT], among: list[AnyStatute] = on_last_day) -> StatuteT | None:
        return next((s for s in among if isinstance(s, kind)), None)

    session = one(Session)
    return Rules(
        accession=one(Accession),
        arrears=one(Arrears),
        bases=one(Bases),
        bloc=one(Bloc),
        budget=one(Budget),
        chair=one(Chair),
        defence=one(Defence),
        dissolution=one(Dissolution),
        expulsion=one(Expulsion),
        incompatible=one(Incompatible),
        limited_format=one(LimitedFormat),
        observer=one(Observer),
        participation=one(Participation),
        permanent_body=one(PermanentBody),
        regions=one(Regions),
        restoration=one(Restoration),
        sanction=one(Sanction),
        session=session,
        suspension=one(VoluntarySuspension),
        voting=one(Voting),
        withdrawal=one(Withdrawal),
        extinctions=several(Extinction),
        forces=several(Forces),
        benefits=several(Benefit),
        operations=several(Operation),
        entry_into_force=one(EntryIntoForce, of_this_month),
        succession=one(Succession, of_this_month),
        renewal=next((s for s in several(FixedTerm, statutes) if must_be_renewed(s, month)), None),
        text_to_sign=one(FixedTerm) is not None,
        runs_out=runs_out(several(FixedTerm, statutes), month),
        sits=session is not None and meets(session, month),
        waited=1
        if session is None or one(PermanentBody) or not meets(session, month)
        else months_of_petitions(session, month),
    )


def meets(session: Session, month: int) -> bool:
    """Whether the council meets in a month: as recorded for its year, else in the usual month."""
    days = [day for day in session.held if day.year == month // MONTHS_PER_YEAR]
    if days:
        return any(month_of(day) == month for day in days)
    return session.month == month % MONTHS_PER_YEAR + 1


def months_of_petitions(session: Session, month: int) -> int:
    """This month and those before it, back to the last meeting or to the beginning of the rule."""
    count = 1
    while month - count >= month_of(session.from_) and not meets(session, month - count):
        count += 1
    return count


def from_day(statute: AnyStatute) -> date:
    """The first day on which a statute holds."""
    return statute.from_


def must_be_renewed(term: FixedTerm, month: int) -> bool:
    """Whether a term in force on the first day of a month ends in it and is renewed by signing."""
    first_day = date(month // MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1, 1)
    elapsed = month - month_of(term.from_)
    ends = elapsed > 0 and elapsed % (term.years * MONTHS_PER_YEAR) == 0
    return ends and holds(term.from_, term.until, first_day) and term.renewal == "opt_in"


def runs_out(terms: list[FixedTerm], month: int) -> bool:
    """Whether a term runs in a month that ends later for whoever does not sign."""
    first_day = date(month // MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1, 1)
    running = sorted((s for s in terms if holds(s.from_, s.until, first_day)), key=from_day)
    if not running or running[-1].renewal != "opt_in":
        return False
    elapsed = month - month_of(running[-1].from_)
    return elapsed <= 0 or elapsed % (running[-1].years * MONTHS_PER_YEAR) != 0


def acquis(case: Case, club: str, month: int, after: date = date.min) -> int:
    """How many instruments took effect after a day, by the end of a month, but for those on accession."""
    statutes = [s for s in case.statutes if s.club == club and not isinstance(s, Lock | Extinction)]
    joined_by_entry = {s.instrument for s in statutes if isinstance(s, Accession)}
    concluded = {s.instrument for s in statutes if after < s.from_ <= last_day(month)}
    return len(concluded - joined_by_entry)


def signing(statute: AnyStatute) -> date:
    """The day on which members sign a statute."""
    return statute.signed or statute.from_


def reach(case: Case, club: str, month: int) -> int:
    """How many instruments signed by the end of a month reach into the defence of members."""
    return len(
        {
            s.instrument
            for s in case.statutes
            if s.club == club
            and isinstance(s, Bases | Defence | Forces)
            and signing(s) <= last_day(month)
        }
    )


def opened(case: Case, club: str, month: int) -> list[AnyStatute]:
    """What is signed in a month and binds only who joins it."""
    return [
        s for s in case.statutes if s.club == club and s.separate and month_of(signing(s)) == month
    ]


def price_of_return(case: Case, club: str, month: int, rule: Restoration | None) -> int:
    """How many instruments a former party has to join before it comes back."""
    if rule is None or rule.price != "acquis":
        return 0
    return acquis(case, club, month, after=rule.since)


def incompatible_clubs(case: Case, club: str, month: int) -> list[str]:
    """The clubs that this one bars, and those that bar it."""
    bars = {
        (s.club, barred)
        for s in case.statutes
        if isinstance(s, Incompatible) and holds(s.from_, s.until, last_day(month))
        for barred in s.bars
    }
    return [other for other in case.clubs if {(club, other), (other, club)} & bars]


def locked(case: Case, club: str, effect: str, month: int) -> set[str]:
    """The states whose law closes a club to them, or makes joining dear."""
    return {
        s.state
        for s in case.statutes
        if s.kind == "lock"
        and (s.club, s.effect) == (club, effect)
        and holds(s.from_, s.until, last_day(month))
    }


def admits(case: Case, club: str, state: str, month: int) -> bool:
    """Whether a club exists, as the state does, and may take it in."""
    ends = any(
        (isinstance(s, Dissolution) and not s.below)
        or (isinstance(s, Extinction) and s.state == state)
        for s in case.statutes
        if s.club == club and holds(s.from_, s.until, last_day(month))
    )
    return (
        not ends
        and month >= month_of(case.clubs[club].since)
        and any(
            holds(row.open_from, row.open_until, last_day(month))
            for row in case.openness
            if (row.club, row.state) == (club, state)
        )
    )


def is_founding_month(case: Case, club: str, month: int) -> bool:
    """Whether founders meet to sign in this month."""
    return any(month_of(day) == month for day in case.clubs[club].foundings)


def since_invitation(case: Case, club: str, month: int) -> int | None:
    """Months since the last founding or invitation; none before the first."""
    days = [case.clubs[club].since, *case.clubs[club].foundings]
    past = [month_of(day) for day in days if month_of(day) <= month]
    return month - max(past) if past else None


def is_in_opening_window(case: Case, club: str, month: int) -> bool:
    """Whether the club was founded lately, but not in this month."""
    since = since_invitation(case, club, month)
    if since is None or is_founding_month(case, club, month):
        return False
    return since < case.fixed("opening_months")


def staleness(case: Case, club: str, month: int) -> float:
    """How long an invitation has lain about: log of one plus the whole years since the opening window closed."""
    since = since_invitation(case, club, month) or 0
    return math.log1p(max(0, since - case.fixed("opening_months")) // 12)


# 7.2 Perception and ties: what a state senses, month by month -----------------------------------


@dataclass(frozen=True)
class Perception:
    """What one state senses in each month since the case began, whoever sits where."""

    threat: dict[str, list[float]]
    #: the threats, less what its own means hold off
    exposure: dict[str, list[float]]
    #: what it has seen of promises kept and broken, by threat
    seen: dict[str, list[float]]
    #: what it has seen of the patron's failing means
    strain: list[float]
    #: help that others offer, by threat
    offer: dict[str, list[float]]
    tie: dict[str, list[float]]
    leverage: list[float]
    rivalry: dict[str, list[float]]
    #: shares of other states in its trade
    bond: dict[str, list[float]]
    #: how much it wants to stand alone
    autonomy: list[float]
    #: of which kinds its incumbent is
    regimes: list[set[str]]


def perception(case: Case, state: str) -> Perception:
    """The threats, ties and rivalries of a state, and what it sees of help promised and offered."""
    kinds = ("threat", "tie", "coercion", "credibility", "offer", "regime")
    events: dict[str, list[Event]] = {kind: [] for kind in kinds}
    for event in case.events:
        if event.state == state:
            events[event.kind].append(event)
    measured = {(c.variable, c.year): c.value for c in case.composites if c.state == state}
    fear_half_life = case.fixed("fear_half_life")

    def composite(variable: str) -> list[float]:
        return [measured[variable, month // MONTHS_PER_YEAR] for month in case.months]

    rivalry, bond = rivalries(case, state, events["threat"]), bonds(case, state)
    of_any = (e for e in events["credibility"] if e.about == "any")
    failings = [-sign for sign in signs_of_news(case, of_any)]
    threat = {}
    exposure = {}
    seen = {}
    offer = {}
    means = composite("means")
    for kind, row in case.threats.items():
        if row.measured_by == "rivalry":
            threat[kind] = [max((r[t] for r in rivalry.values()), default=0.0) for t in times(case)]
        else:
            signs = sum_of_signs(case, (e for e in events["threat"] if e.about == kind))
            yearly = composite(row.measured_by) if row.measured_by else [0.0] * len(case.months)
            threat[kind] = with_fading(threat_levels(yearly, signs), fear_half_life)
        exposure[kind] = threat[kind]
        if row.source in WITHOUT_CLUB:
            exposure[kind] = [
                level * 2 * probability(-m) for level, m in zip(threat[kind], means, strict=True)
            ]
        promises = [e for e in events["credibility"] if e.about in (kind, "any")]
        seen[kind] = with_oblivion(signs_of_news(case, promises), case.fixed("belief_half_life"))
        signs = sum_of_signs(case, (e for e in events["offer"] if e.about == kind))
        offer[kind] = [float(min(1, max(0, n))) for n in signs]

    tie = {}
    for sponsor in case.sponsors:
        signs = sum_of_signs(case, (e for e in events["tie"] if e.about == sponsor))
        tie[sponsor] = [
            tie_of_year + case.fixed("event_step") * n
            for tie_of_year, n in zip(composite(f"tie_{sponsor}"), signs, strict=True)
        ]

    won_by_force = [float(max(0, n)) for n in sum_of_signs(case, events["coercion"])]
    return Perception(
        threat=threat,
        exposure=exposure,
        seen=seen,
        strain=with_oblivion(failings, case.fixed("belief_half_life")),
        offer=offer,
        tie=tie,
        leverage=with_fading(won_by_force, case.fixed("leverage_half_life")),
        rivalry=rivalry,
        bond=bond,
        autonomy=[probability(value) for value in composite("autonomy")],
        regimes=[regimes_of(events["regime"], month) for month in case.months],
    )


def regimes_of(events: list[Event], month: int) -> set[str]:
    """Of which kinds an incumbent is on the last day of a month."""
    ruling: dict[str, float] = {}
    for event in events:
        if holds(event.date, event.date_end, last_day(month)):
            ruling[event.about] = ruling.get(event.about, 0) + event.sign
    return {kind for kind, signs in ruling.items() if signs > 0}


def rivalries(case: Case, state: str, threats: list[Event]) -> dict[str, list[float]]:
    """How strongly a state feels each rival in each month; those that it never feels are left out."""
    found = {}
    unit = case.fixed("rivalry_unit")
    for rival in case.deciders:
        scores = {r.year: r.value for r in case.rivalry if (r.state, r.rival) == (state, rival)}
        signs = sum_of_signs(case, (e for e in threats if e.rival == rival))
        yearly = [scores.get(month // MONTHS_PER_YEAR, 0.0) / unit for month in case.months]
        felt = with_fading(threat_levels(yearly, signs), case.fixed("fear_half_life"))
        if any(felt):
            found[rival] = felt
    return found


def bonds(case: Case, state: str) -> dict[str, list[float]]:
    """The shares of other states in the trade of one, month by month."""
    found = {}
    for partner in case.deciders:
        shares = {b.year: b.value for b in case.bonds if (b.state, b.partner) == (state, partner)}
        found[partner] = [shares.get(month // MONTHS_PER_YEAR, 0.0) for month in case.months]
    return found


def times(case: Case) -> range:
    """The months of a case, counted from its beginning."""
    return range(len(case.months))


def sum_of_signs(case: Case, events: Iterable[Event]) -> list[int]:
    """The sum of the signs of the events at work in each month."""
    total = [0] * len(case.months)
    for event in events:
        for month in months_at_work(case, event.date, event.date_end):
            total[month - case.start] += event.sign
    return total


def signs_of_news(case: Case, events: Iterable[Event]) -> list[int]:
    """The sum of the signs of the events that begin to be at work in each month."""
    total = [0] * len(case.months)
    for event in events:
        for month in months_at_work(case, event.date, event.date_end)[:1]:
            total[month - case.start] += event.sign
    return total


def months_at_work(case: Case, day: date, last_day_of_event: date | None) -> range:
    """The months of the case in which an event is at work."""
    first = max(month_of(day) + 1, case.start)
    last = case.end
    if last_day_of_event is not None:
        last = max(month_of(day) + 1, month_of(last_day_of_event))  # one month at least
    return range(first, min(last, case.end) + 1)


def threat_levels(measured: list[float], signs: list[int]) -> list[float]:
    """How strong a threat is in each month, before memory."""
    return [
        -HIGHEST_THREAT * math.expm1(-(value + max(0, n)) / HIGHEST_THREAT)
        for value, n in zip(measured, signs, strict=True)
    ]


def with_fading(levels: list[float], half_life: float) -> list[float]:
    """What is felt: a rise at once, a fall slowly."""
    fade = 2 ** (-1 / half_life)
    felt = [levels[0]]
    for level in levels[1:]:
        felt.append(max(level, fade * felt[-1]))
    return felt


def with_oblivion(news: list[int], half_life: float) -> list[float]:
    """What is remembered: all that was news, each item the less the older it is."""
    fade = 2 ** (-1 / half_life)
    remembered = [float(news[0])]
    for sign in news[1:]:
        remembered.append(sign + fade * remembered[-1])
    return remembered


def covers(case: Case, club: str, calendar: ClubCalendar, kind: str, t: int) -> bool:
    """Whether a club bears on a threat by the law of a month: no promise reaches violence at home before its text."""
    if kind not in case.clubs[club].relieves:
        return False
    if case.threats[kind].need == "operations":
        return any(kind in operation.against for operation in calendar.rules[t].operations)
    unread = case.clubs[club].guarantee and case.threats[kind].need == "stability"
    return not unread or calendar.rules[t].covering("stability") is not None


def opposed(case: Case) -> set[frozenset[str]]:
    """Pairs of clubs of which a statute holds one to be aimed at the other."""
    return {
        frozenset((s.club, other))
        for s in case.statutes
        if isinstance(s, Incompatible | Bases)
        and any(holds(s.from_, s.until, last_day(month)) for month in case.months)
        for other in aims_of(case, s)
        if other != s.club
    }


def aims_of(case: Case, rule: Incompatible | Bases) -> Iterable[str]:
    """The clubs against which a rule stands: those that it names, or all that station forces."""
    if isinstance(rule, Incompatible):
        return (*rule.bars, *rule.suspects)
    return (name for name, club in case.clubs.items() if club.hosts)


def shelters(case: Case) -> set[str]:
    """Clubs of others than the patron that bear on its pressure."""
    from_patron = {kind for kind, threat in case.threats.items() if threat.source == "patron"}
    return {
        name
        for name, club in case.clubs.items()
        if club.sponsor != "patron" and not from_patron.isdisjoint(club.relieves)
    }


def probability(log_odds: float) -> float:
    """The probability that belongs to log-odds."""
    return 1 / (1 + math.exp(-log_odds))


# 7.3 Value of a seat: the terms that no seat can change -------------------------------------------


@dataclass(frozen=True)
class Prospect:
    """One state, one club and one month: what the terms below read."""

    case: Case
    club: Club
    calendar: ClubCalendar
    sensed: Perception
    t: int
    name: str

    def purpose(self) -> float:
        """Whether the state has a reason to sit in a forum whose members decide together."""
        if self.club.guarantee or not self.calendar.decides_together:
            return 0.0
        kinds = [k for k in self.club.relieves if self.covers(k)]
        reason = 1 - math.exp(-sum(self.sensed.threat[kind][self.t] for kind in kinds))
        return math.log(NO_REASON + (1 - NO_REASON) * reason)

    def covers(self, kind: str) -> bool:
        """Whether the club bears on a threat by the law of the month."""
        return covers(self.case, self.name, self.calendar, kind, self.t)

    def patronage(self) -> float:
        """The tie to the club's sponsor, and the goods that members get."""
        sponsor = self.club.sponsor
        tie = self.sensed.tie[sponsor][self.t] if sponsor != "none" else 0.0
        benefits = self.calendar.rules[self.t].benefits
        return tie + self.case.fixed("goods_step") * len(benefits)

    def outside_option(self) -> float:
        """Help that others offer against what the patron's club relieves."""
        if self.club.sponsor != "patron":
            return 0.0
        exposure, offer = self.sensed.exposure, self.sensed.offer
        kinds = [k for k in self.club.relieves if self.covers(k)]
        return -sum(exposure[kind][self.t] * offer[kind][self.t] for kind in kinds)

    def entrapment(self) -> float:
        """How far the club reaches into the defence of a state that wants to stand alone."""
        if not self.club.guarantee:
            return 0.0
        return -self.sensed.autonomy[self.t] * self.calendar.reach[self.t]

    def kinship(self) -> float:
        """Whether the club is at home with incumbents of this kind."""
        return float(bool(self.sensed.regimes[self.t] & set(self.club.kindred)))


#: those of the terms above that no seat can change, by name
SETTLED: dict[str, Callable[[Prospect], float]] = {
    "patronage": Prospect.patronage,
    "purpose": Prospect.purpose,
    "outside_option": Prospect.outside_option,
    "entrapment": Prospect.entrapment,
    "kinship": Prospect.kinship,
}


def relieved(case: Case, club: Club, target: str) -> list[str]:
    """The threats to the state or to the regime on which a club bears."""
    return [kind for kind in club.relieves if case.threats[kind].target == target]


def settled_terms(
    case: Case, club: str, calendar: ClubCalendar, sensed: Perception
) -> dict[str, list[float]]:
    """The terms of the value of a seat that no seat can change, in each month."""
    prospects = [Prospect(case, case.clubs[club], calendar, sensed, t, club) for t in times(case)]
    return {name: [term(prospect) for prospect in prospects] for name, term in SETTLED.items()}


# The record -------------------------------------------------------------------------------------


def record_of(case: Case, state: str, club: str, until: int) -> list[Entry]:
    """What history says of a seat up to the end of a month."""
    return [
        row
        for row in case.record
        if (row.state, row.club) == (state, club) and month_of(row.date) <= until
    ]


def status_of(row: Entry) -> Status:
    """The status that a row of the record sets."""
    return Status[row.status.upper()]


@dataclass(frozen=True)
class Surroundings:
    """What no seat can change, so that all runs of a case share it."""

    perceptions: dict[str, Perception]
    calendars: dict[str, ClubCalendar]
    #: by state and club: the terms of the value of a seat that no seat can change
    settled: dict[tuple[str, str], dict[str, list[float]]]
    #: by months since the case began, in the order of the table
    requests: list[list[Request]]


@lru_cache(maxsize=8)
def surroundings(case: Case) -> Surroundings:
    """What the runs of a case share."""
    calendars = {club: club_calendar(case, club) for club in case.clubs}
    perceptions = {state: perception(case, state) for state in case.deciders}
    return Surroundings(
        perceptions=perceptions,
        calendars=calendars,
        settled={
            (state, club): settled_terms(case, club, calendars[club], perceptions[state])
            for state in case.deciders
            for club in case.clubs
        },
        requests=[
            [row for row in case.requests if month_of(row.date) == month] for month in case.months
        ],
    )


# 7.5 Votes: what follows from the chance that each voter objects --------------------------------


def at_least_one(chances: Iterable[float]) -> float:
    """The probability that at least one of some independent things happens."""
    return 1 - math.prod(1 - chance for chance in chances)


def at_least_half(chances: list[float]) -> float:
    """The probability that at least half of some independent things happen; 0 if there are none."""
    return sum(p for count, p in enumerate(exactly_many(chances)) if 2 * count >= len(chances) > 0)


def more_than_a_third(chances: list[float]) -> float:
    """The probability that more than a third of some independent things happen."""
    return sum(p for count, p in enumerate(exactly_many(chances)) if 3 * count > len(chances))


def exactly_many(chances: list[float]) -> list[float]:
    """The probability that none, one, two ... of some independent things happen."""
    exactly = [1.0]  # the probability that 0, 1, 2 ... of those counted so far happen
    for chance in chances:
        stays = [p * (1 - chance) for p in exactly]
        rises = [p * chance for p in exactly]
        exactly = [a + b for a, b in zip([*stays, 0.0], [0.0, *rises], strict=True)]
    return exactly


# Agents -----------------------------------------------------------------------------------------


@dataclass
class Seat:
    """One state's place in one club."""

    status: Status = Status.NONE
    #: month in which something pending falls due
    due: int | None = None
    #: the status on which this month's decisions rest
    before: Status = Status.NONE
    #: months that are owed
    arrears: int = 0
    #: instruments that the state has yet to join
    gap: int = 0
    #: it lost the rights that a debtor may lose
    deprived: bool = False
    #: only its club ends the sanction that it is under
    sanctioned: bool = False
    #: it was suspended, left or was expelled before
    former: bool = False
    #: the month in which it was last suspended, left or was expelled
    went_out: int | None = None
    #: the month in which the patron last began to court it
    courted: int | None = None
    #: from 0 to 1, where it is known
    participation: float | None = None
    #: what it is worth to the state in this month
    value: float = 0.0
    #: the logistic noise of each act, by months since the case began
    noise: dict[str, list[float]] = field(default_factory=dict)

    def __repr__(self) -> str:
        """A line: the status, and what the seat is worth."""
        return f"<Seat: {self.status.name.lower()}, worth {self.value:.2f}>"

    def becomes(self, status: Status, month: int, due: int | None = None) -> None:
        """Take a status in a month and, where something is pending, when it falls due."""
        self.status = status
        self.due = due
        if status in FORMER:
            self.former = True
            self.went_out = month
            self.gap = 0
            self.deprived = False
            self.sanctioned = False

    def pay(self) -> None:
        """A month of not paying, of settling before going, or of having paid all."""
        if self.status in NOT_PAYING:
            self.arrears += 1
        elif self.status in SETTLING:
            self.arrears = max(0, self.arrears - 1)
        else:
            self.arrears = 0

    def take_part(self, target: float, months: float) -> None:
        """Participation follows what the seat is worth, in some months."""
        if self.participation is None:
            self.participation = target
        else:
            self.participation += (target - self.participation) / months

    @property
    def drifts(self) -> bool:
        """Whether it hardly takes part."""
        return self.participation is not None and self.participation < HALF

    @property
    def is_in_breach(self) -> bool:
        """Whether it has not joined every act, or does not take part."""
        return self.gap > 0 or self.before in NOT_PAYING


class Participant(mesa.Agent):
    """A state: a seat in each club, taken or not."""

    model: "AllianceModel"

    def __init__(self, model: "AllianceModel", name: str) -> None:
        super().__init__(model)
        self.name = name
        self.seats = {club: Seat() for club in model.case.clubs}

    def __repr__(self) -> str:
        """A line: the state, the month, and where it is in."""
        month = month_label(self.model.month)
        kind, clubs = type(self).__name__, ", ".join(self.clubs) or "no club"
        return f"<{kind} {self.name}, {month}: in {clubs}>"

    @property
    def clubs(self) -> tuple[str, ...]:
        """The clubs that it is in."""
        return tuple(club for club, seat in self.seats.items() if seat.status in IN)


class PatronAgent(Participant):
    """The patron: its seats follow the record, and it never decides."""

    def __init__(self, model: "AllianceModel", name: str) -> None:
        super().__init__(model, name)
        self.record = [row for row in model.case.record if row.state == name]

    def follow_record(self) -> None:
        """What the record of this month says of its seats becomes so."""
        for row in self.record:
            if month_of(row.date) == self.model.month:
                self.seats[row.club].becomes(status_of(row), self.model.month)


class Decider(Participant):
    """A state that decides: what it senses, where it sits, and what it does about it."""

    def __init__(self, model: "AllianceModel", name: str) -> None:
        super().__init__(model, name)
        given = model.surroundings
        self.region = next(row.region for row in model.case.states if row.state == name)
        self.perception = given.perceptions[name]
        self.settled = {club: given.settled[name, club] for club in model.case.clubs}
        #: the other terms that have a weight
        self.terms = {term: getattr(self, term) for term in model.weights if term not in SETTLED}
        #: what needs have taught, by threat, and what those of this month teach
        self.taught = {kind: 0.0 for kinds in model.taught_by.values() for kind in kinds}
        self.lessons = dict(self.taught)

    def was_in(self, club: str) -> bool:
        """Whether it is in a club, in what this month's decisions rest on."""
        return self.seats[club].before in IN

    # 7.3 value of a seat -------------------------------------------------------------------------

    def value_of_seat(self, club: "ClubAgent", t: int) -> float:
        """What a seat is worth with the perceptions and law of month t, the seats of this month."""
        settled = self.settled[club.name]
        value = 0.0
        for term, weight in self.model.weights.items():
            size = settled[term][t] if term in settled else self.terms[term](club, t)
            value += weight * (size if term in IN_FULL else club.stake * size)
        rules = club.calendar.rules[t]
        if self.seats[club.name].deprived and rules.takes("posts"):
            posts = sum(benefit.posts for benefit in rules.benefits)
            goods = self.model.case.fixed("goods_step") * posts
            value -= self.model.weights.get("patronage", 0.0) * goods
        return value

    def credibility(self, kind: str, t: int) -> float:
        """How far it believes that help against a threat would come."""
        return probability(self.perception.seen[kind][t] + self.taught.get(kind, 0.0))

    def left_to(self, club: "ClubAgent", kind: str, felt: float, t: int) -> float:
        """What is left for a club to relieve: of outsiders alone, and less what other seats relieve."""
        if not club.covers(kind, t):
            return 0.0
        if self.model.case.threats[kind].measured_by == "rivalry":
            rivals = {rival: level[t] for rival, level in self.perception.rivalry.items()}
            worst = max(rivals.values(), default=0.0)
            outside = [level for rival, level in rivals.items() if rival not in club.members]
            felt *= max(outside, default=0.0) / worst if worst > 0 else 1.0
        for other in self.model.clubs.values():
            if other is not club and self.was_in(other.name) and other.covers(kind, t):
                promised = other.promises(kind)
                forum = self.model.case.fixed("forum_stake")
                share = self.credibility(kind, t) if promised else forum
                felt *= 1 - share
        return felt

    def protection(self, club: "ClubAgent", t: int) -> float:
        """Threats that the club relieves and no other seat does, so far as its promise is believed."""
        exposure = self.perception.exposure
        return sum(
            [
                self.left_to(club, kind, exposure[kind][t], t)
                * (self.credibility(kind, t) if club.promises(kind) else 1.0)
                for kind in club.protects_from
            ]
        )

    def abandonment(self, club: "ClubAgent", t: int) -> float:
        """Threats against which help is promised and not believed."""
        if not club.guarantee:
            return 0.0
        exposure = self.perception.exposure
        return -sum(
            [
                self.left_to(club, kind, exposure[kind][t], t) * (1 - self.credibility(kind, t))
                for kind in club.protects_from
                if club.promises(kind)
            ]
        )

    def regime_security(self, club: "ClubAgent", t: int) -> float:
        """Threats to the regime that the club relieves and no other seat does."""
        threat = self.perception.threat
        return sum(self.left_to(club, kind, threat[kind][t], t) for kind in club.secures_from)

    def coercion(self, club: "ClubAgent", t: int) -> float:
        """Threats of the club's sponsor; the patron's force obtains what it wants from whoever is alone."""
        repelled = -sum(self.perception.threat[kind][t] for kind in club.menaces)
        if not club.is_of_patron:
            return repelled
        alone = HALF ** sum(self.was_in(name) for name in self.model.shelters)
        return alone * self.perception.leverage[t] + (1 - alone) * repelled

    def two_blocs(self, club: "ClubAgent", t: int) -> float:
        """Seats in clubs that stand against this one, whenever they are asked about (in month t)."""
        return -float(sum(self.was_in(name) for name in club.against))

    def partisan_patron(self, club: "ClubAgent", t: int) -> float:
        """Rivals in a club whose members decide together, and in the patron's club the patron on their side."""
        if not club.is_company:
            return 0.0
        states = self.model.deciders
        own_tie = self.perception.tie["patron"][t]
        partisan = 0.0
        for rival, rivalry in self.perception.rivalry.items():
            if rival in club.members:
                leaning = probability(states[rival].perception.tie["patron"][t] - own_tie)
                partisan += rivalry[t] * (leaning if club.is_of_patron else HALF)
        return -partisan

    def dues(self, club: "ClubAgent", t: int) -> float:
        """Tenths of the budget that fall to the state: the less, the more others share them."""
        budget = club.calendar.rules[t].budget
        if budget is None:
            return 0.0
        payers = len((club.members & self.model.deciders.keys()) - {self.name}) + 1
        return -10 * (1 - budget.patron_share) / payers

    def compliance(self, club: "ClubAgent", t: int) -> float:
        """What a member owes, the more so the further the club reaches."""
        if not self.was_in(club.name):
            return 0.0
        return -self.seats[club.name].gap * club.calendar.reach[t] / 10

    def contagion(self, club: "ClubAgent", t: int) -> float:
        """Tenths of its trade with states that went out of late."""
        return -10 * sum([self.perception.bond[state][t] for state in club.lately_gone])

    def courtship(self, club: "ClubAgent", t: int) -> float:
        """Whether the patron courts it there now, whatever was known earlier (in month t)."""
        courted = self.seats[club.name].courted
        if courted is None:
            return 0.0
        months = self.model.case.fixed("courtship_months")
        return float(self.model.is_recent(courted, months))

    def censure(self, club: "ClubAgent", t: int) -> float:
        """Whether it is under a sanction of the club now, whatever was known earlier (in month t)."""
        seat = self.seats[club.name]
        return -float(seat.before is Status.SANCTIONED or seat.sanctioned)

    def announcement(self, club: "ClubAgent", t: int) -> float:
        """Tenths of its trade with states that are on notice."""
        return -10 * sum(self.perception.bond[state][t] for state in club.on_notice)

    def defiance(self, club: "ClubAgent", t: int) -> float:
        """Threats of the patron, felt in its club by whoever no other club shelters."""
        if not club.is_of_patron:
            return 0.0
        alone = HALF ** sum(self.was_in(name) for name in self.model.shelters)
        return -alone * sum(self.perception.threat[kind][t] for kind in club.menaces)

    # 7.3 decisions -------------------------------------------------------------------------------

    def eagerness(self, club: "ClubAgent") -> float:
        """By how much the log-odds of petitioning exceed this month's noise: it wants in if it is above zero."""
        parameters, calendar, t = self.model.parameters, club.calendar, self.model.t
        seat = self.seats[club.name]
        log_odds = seat.value + parameters["accede"]
        if club.guarantee:
            log_odds += parameters["obligation"]
        rules = calendar.rules[t]
        if rules.accession and not rules.accession.consensus and not rules.accession.ministers:
            log_odds += parameters["signature"]
        if seat.former and rules.restoration:
            log_odds += parameters["restore"]
        invited_back = seat.former and rules.restoration and rules.restoration.invites
        if calendar.window[t] or invited_back:
            log_odds += parameters["opening"]
        elif not seat.former:
            log_odds -= parameters["opening"] * calendar.staleness[t]
        if calendar.founding[t]:
            log_odds += parameters["founding"]
        log_odds += parameters.get("backlog", 0.0) * math.log(rules.waited)
        if self.name in calendar.dear_to[t]:
            log_odds += parameters["lock"]
        if seat.former:
            owed = calendar.price_of_return[t] * calendar.reach[t] / 10
            log_odds -= self.model.weights.get("compliance", 0.0) * club.stake * owed
        return log_odds - self.noise_of("accede", club)

    def signs(self, club: "ClubAgent", informed_months_before: int) -> bool:
        """Whether it prolongs the treaty, knowing what it knew some months before."""
        known = max(0, self.model.t - informed_months_before)
        log_odds = self.value_of_seat(club, known) + self.model.parameters["renew"]
        return log_odds > self.noise_of("renew", club)

    def wants(self, act: str, club: "ClubAgent") -> bool:
        """Whether it resumes, observes or takes a notice back, the likelier the more a seat is worth to it."""
        log_odds = self.model.parameters[act] + self.seats[club.name].value
        if act == "observe":
            waits = self.model.parameters.get("backlog", 0.0)
            log_odds += waits * math.log(club.rules.waited)
        return self.acts(act, club, log_odds)

    def has_enough(self, act: str, club: "ClubAgent") -> bool:
        """Whether it suspends, withdraws, ceases to observe or freezes: the less its seat is worth."""
        parameters = self.model.parameters
        friction = parameters[act if act in ("freeze", "suspend") else "exit"]
        if act in ("withdraw", "cease observing") and not club.guarantee:
            friction += parameters["idle"]
        if club.called_by_fellow is self:
            friction += parameters["jointly"]
        if act == "withdraw" and club.rules.withdrawal and not club.rules.withdrawal.clause:
            friction += parameters["walkout"]
        if act != "freeze" and club.rules.runs_out:
            friction += parameters["wait"]
        return self.acts(act, club, friction - self.seats[club.name].value)

    def acts(self, act: str, club: "ClubAgent", log_odds: float) -> bool:
        """Logistic choice between acting and not acting."""
        return log_odds > self.noise_of(act, club)

    def noise_of(self, act: str, club: "ClubAgent") -> float:
        """This month's logistic noise of an act."""
        noise = self.seats[club.name].noise
        if act not in noise:
            noise[act] = self.model.logistic_noise(self.name, club.name, act)
        return noise[act][self.model.t]

    # 7.8 what needs teach ------------------------------------------------------------------------

    def witness(self, kind: str, lesson: float) -> None:
        """Note that help of a kind came or did not come."""
        for threat in self.model.taught_by[kind]:
            self.lessons[threat] += lesson

    def learn(self) -> None:
        """Old lessons fade, and those of this month are added."""
        fade = 2 ** (-1 / self.model.case.fixed("belief_half_life"))
        for threat, lesson in self.lessons.items():
            self.taught[threat] = self.taught[threat] * fade + lesson
            self.lessons[threat] = 0.0

    # what others answer --------------------------------------------------------------------------

    def rivalry_with(self, member: str) -> float:
        """The rivalry felt with a member of a club."""
        felt = self.perception.rivalry.get(member)
        return felt[self.model.t] if felt else 0.0


class ClubAgent(mesa.Agent):
    """An organisation: its rules, its seats, and what its council and its treaty do with them."""

    model: "AllianceModel"

    def __init__(self, model: "AllianceModel", name: str, calendar: ClubCalendar) -> None:
        super().__init__(model)
        club = model.case.clubs[name]
        self.name = name
        self.calendar = calendar
        self.is_of_patron = club.sponsor == "patron"
        self.guarantee = club.guarantee
        self.stake = 1.0 if club.guarantee else model.case.fixed("forum_stake")
        #: threats to the state that it relieves
        self.protects_from = relieved(model.case, club, "state")
        #: those to the regime, and those that its sponsor is behind
        self.secures_from = relieved(model.case, club, "regime")
        self.menaces = [
            k for k, threat in model.case.threats.items() if threat.source == club.sponsor
        ]
        #: members decide together who comes in
        self.is_company = any(r.accession and r.accession.consensus for r in calendar.rules)
        #: clubs that stand against it
        self.against = [
            other for other in model.case.clubs if frozenset((name, other)) in opposed(model.case)
        ]
        self.seats = {state: agent.seats[name] for state, agent in model.states.items()}
        #: the deciders and their seats here
        self.deciders = [(state, state.seats[name]) for state in model.deciders.values()]
        #: who is in, in what this month's decisions rest on
        self.members: set[str] = set()
        #: who is asked to join the notice of a fellow of its bloc
        self.called_by_fellow: Decider | None = None
        #: those that are on notice
        self.on_notice: list[str] = []
        #: the deciders that went out of late
        self.lately_gone: list[str] = []
        #: the rules of this month
        self.rules = calendar.rules[model.t]
        #: those who found it are agreeing among themselves
        self.founders_meet = False

    def __repr__(self) -> str:
        """A line: the club, the month, and who is in."""
        month, members = month_label(self.model.month), ", ".join(self.in_now) or "nobody"
        return f"<ClubAgent {self.name}, {month}: {members}>"

    @property
    def in_now(self) -> tuple[str, ...]:
        """Who is in at this moment of the month; `members` are those whom its decisions rest on."""
        return tuple(state for state, seat in self.seats.items() if seat.status in IN)

    def promises(self, kind: str) -> bool:
        """Whether it promises help against a threat, rather than work on it."""
        return self.guarantee and self.model.case.threats[kind].need != "operations"

    def covers(self, kind: str, t: int) -> bool:
        """Whether it bears on a threat by the law of a month."""
        return covers(self.model.case, self.name, self.calendar, kind, t)

    # 5. initialisation ---------------------------------------------------------------------------

    def take_up_record(self) -> None:
        """Seats, what is pending and what is owed, as history has them at the end of this month."""
        for state, seat in self.seats.items():
            rows = record_of(self.model.case, state, self.name, self.model.month)
            for row in rows:
                self.take_up(seat, row)
            seat.arrears = self.arrears_in_record(rows)

    def take_up(self, seat: Seat, row: Entry) -> None:
        """A row of the record becomes so."""
        case = self.model.case
        month = month_of(row.date)
        status = status_of(row)
        due = None
        if status is Status.SIGNATORY:
            begins = max(month, case.start)
            accession = rules_of(case, self.name, begins).accession
            due = self.ratification_due(begins, accession) if accession else None
        elif status is Status.NOTICE_GIVEN:
            withdrawal = rules_of(case, self.name, month).withdrawal
            due = month + withdrawal.notice_months if withdrawal else None
        sanction = rules_of(case, self.name, month).sanction
        if row.act == "decline":
            seat.gap += 1
        elif row.act == "resume":
            seat.gap = 0
        elif row.act == "accede" and seat.former:
            seat.gap = self.gap_after(rules_of(case, self.name, month).restoration, month)
        if row.act == "sanction" and sanction and sanction.breach:
            seat.sanctioned = True
        elif row.act == "lift":
            seat.sanctioned = False
        seat.becomes(status, month, due)

    def arrears_in_record(self, rows: list[Entry]) -> int:
        """How many months a state owes by this one."""
        if not rows or status_of(rows[-1]) not in NOT_PAYING | SETTLING:
            return 0
        seat = Seat()
        for month in range(self.model.case.start + 1, self.model.month + 1):
            past = [row for row in rows if month_of(row.date) <= month]
            seat.status = status_of(past[-1]) if past else Status.NONE
            seat.pay()
        return seat.arrears

    def recall_needs(self, t: int) -> None:
        """What needs of a month of the record teach."""
        case = self.model.case
        month_before = case.start + max(0, t - 1)
        for request in self.model.surroundings.requests[t]:
            past = Seat()
            for row in record_of(case, request.state, self.name, month_before):
                self.take_up(past, row)
            if request.kind != "base" and past.status in BOUND and not past.sanctioned:
                self.teach(request, bool(request.met), t)

    # 2. what was pending -------------------------------------------------------------------------

    def take_effect(self) -> None:
        """Succession, entry into force, ratifications and notices."""
        month = self.model.month
        self.rules = rules = self.calendar.rules[self.model.t]
        for state, seat in self.deciders:
            if rules.succession and seat.status in IN:
                self.log(state, Act.CARRY_OVER, rules.succession)
            is_due = seat.due == month
            if seat.status is Status.SIGNATORY:
                rule = rules.entry_into_force or (rules.accession if is_due else None)
                if rule:
                    seat.becomes(Status.MEMBER, self.model.month)
                    self.log(state, Act.ENTER_INTO_FORCE, rule)
            elif seat.status is Status.NOTICE_GIVEN and is_due and rules.withdrawal:
                if rules.withdrawal.settlement and seat.arrears:
                    seat.due = month + seat.arrears
                else:
                    seat.becomes(Status.LEFT, self.model.month)
                    self.log(state, Act.LEAVE, rules.withdrawal)

    def end_seats(self) -> None:
        """Who is in a club that ends, or is a state that does, is out."""
        month, rule = self.model.month, self.rules.dissolution
        for extinction in self.rules.extinctions:
            seat = self.seats[extinction.state]
            if seat.status in IN:
                seat.becomes(Status.LEFT, month)
                self.log(self.model.deciders[extinction.state], Act.END, extinction)
        if rule is None:
            return
        left = sum(seat.status in IN for seat in self.seats.values())
        if rule.below == 0 or (left < rule.below and self.was_left):
            for state, seat in self.deciders:
                if seat.status in IN:
                    seat.becomes(Status.LEFT, month)
                    self.log(state, Act.END, rule)

    @property
    def was_left(self) -> bool:
        """Whether a state that decides has gone out before."""
        return any(seat.former for _, seat in self.deciders)

    @property
    def is_over(self) -> bool:
        """Whether nobody is left and the law ends the club then."""
        rule = self.rules.dissolution
        return bool(rule and rule.below and not self.members and self.was_left)

    def ratification_due(self, month: int, rule: Accession | Restoration) -> int | None:
        """When an accession of this month is complete; None if the entry into force decides."""
        first = min(self.calendar.entries_into_force, default=month)
        if month < first:
            return None
        return month + rule.ratification_months

    def fix_before(self) -> None:
        """Note the seats on which all decide in this month."""
        for seat in self.seats.values():
            seat.before = seat.status
        self.members = {state for state, seat in self.seats.items() if seat.before in IN}
        self.on_notice = [s for s, seat in self.seats.items() if seat.before is Status.NOTICE_GIVEN]

    # 3. and 7.6 requests -------------------------------------------------------------------------

    def answer_requests(self) -> None:
        """Parties ask for help, or to host a base."""
        for request in self.model.requests:
            concerned = self.seats[request.state]
            if concerned.before in BOUND and not concerned.sanctioned:
                state = self.model.deciders[request.state]
                if request.kind == "base":
                    self.answer_base(state)
                else:
                    helped = self.answers_call_for_help(state, request)
                    self.teach(request, helped, self.model.t)

    def answer_base(self, state: Decider) -> bool:
        """Whether forces of others may stay on a member's soil."""
        rule = self.rules.bases
        if rule is None:
            return True
        voters = self.voters_on(state)
        objecting = self.objections(state, voters, self.model.parameters["base_objection"])
        if rule.consent and self.draws_below(self.refusal(objecting, voters), state, "base"):
            self.log(state, Act.REFUSE_BASE, rule)
            return False
        self.log(state, Act.HOST_BASE, rule)
        return True

    def answers_call_for_help(self, state: Decider, request: Request) -> bool:
        """A duty of defence or forces of the club, if one of the two covers the need."""
        rule = self.rules.covering(request.kind)
        if rule is None:
            return False
        waits_for_request = isinstance(rule, Forces) or rule.on_request
        if waits_for_request and not request.asked:
            return False
        refused = self.draws_below(self.refusal_of_help(state, request, rule), state, "help")
        self.log(state, Act.REFUSE_HELP if refused else Act.HELP, rule)
        return not refused

    def refusal_of_help(self, state: Decider, request: Request, rule: Defence | Forces) -> float:
        """The probability that help is refused: by the council, or by the patron or all if others may act."""
        patron = self.model.case.patron
        voters = self.voters_on(state)
        if self.rules.voting and self.rules.voting.concerned_out:
            voters = [voter for voter in voters if voter != request.against]
        if isinstance(rule, Forces) and rule.interim:
            voters = [voter for voter in voters if self.seats[voter].gap == 0]
        if not self.can_meet(request, voters):
            return 1.0
        objecting = {voter: self.objection_to_help(state, voter, request) for voter in voters}
        if self.rules.limited_format is None:
            return self.refusal(objecting, voters)
        return objecting[patron] if patron in objecting else math.prod(objecting.values())

    def objection_to_help(self, state: Decider, voter: str, request: Request) -> float:
        """The probability that a member objects to sending help to a state, against another of the case or not."""
        parameters, t, attacker = self.model.parameters, self.model.t, request.against
        if voter == attacker:
            return 1.0
        log_odds = 0.0
        if attacker and self.seats[attacker].before in IN:
            log_odds += parameters["fellow_member"]
        if voter == self.model.case.patron:
            interest = state.perception.tie["patron"][t]
            if attacker:
                interest -= self.model.deciders[attacker].perception.tie["patron"][t]
            log_odds += parameters["patron_reluctance"] - parameters["patron_interest"] * interest
            log_odds += parameters["patron_strain"] * state.perception.strain[t]
        else:
            log_odds += parameters["help_objection"]
            log_odds += parameters["objection_rivalry"] * state.rivalry_with(voter)
            if attacker and voter in self.model.deciders:
                trade = 10 * self.model.deciders[voter].perception.bond[attacker][t]
                log_odds += parameters["attacker_trade"] * trade
        return probability(log_odds)

    def can_meet(self, request: Request, voters: list[str]) -> bool:
        """Whether a council can be called out of turn."""
        session = self.rules.session
        if session is None or (request.kind != "stability" and session.victim_alone):
            return True
        return len(voters) >= session.proposers

    def teach(self, request: Request, helped: bool, t: int) -> None:
        """All see whether a promise is kept; what happens to others teaches less, far away the least."""
        if not self.guarantee:
            return
        regions = self.calendar.rules[t].regions
        concerned = self.model.deciders[request.state]
        for witness in self.model.deciders.values():
            lesson = 1.0 if helped else -1.0
            if witness is not concerned:
                lesson *= self.model.case.fixed("witness")
                if regions and witness.region != concerned.region:
                    lesson *= regions.elsewhere
            witness.witness(request.kind, lesson)

    # 7.5 votes -----------------------------------------------------------------------------------

    def voters_on(self, concerned: Decider) -> list[str]:
        """The states that have a say on another."""
        return [
            state
            for state, seat in self.seats.items()
            if self.known(seat) in IN
            and self.known(seat) is not Status.SANCTIONED
            and not seat.sanctioned
            and not (seat.deprived and self.rules.takes("vote"))
            and state != concerned.name
        ]

    def known(self, seat: Seat) -> Status:
        """The status by which a seat has a say: founders see who has just signed."""
        return seat.status if self.founders_meet else seat.before

    def objections(
        self,
        petitioner: Decider,
        voters: list[str],
        base: float,
        rivals: int = 1,
        per_rivalry: str = "objection_rivalry",
    ) -> dict[str, float]:
        """The probability that each voter objects; rivals are the likelier (or with -1 the less)."""
        step = rivals * self.model.parameters[per_rivalry]
        return {
            voter: probability(base + step * petitioner.rivalry_with(voter)) for voter in voters
        }

    def refusal(
        self, objecting: dict[str, float], voters: list[str], majority: bool | str = False
    ) -> float:
        """The probability that a petition is refused: by consensus, by majority or by two thirds."""
        present = [voter for voter in voters if self.known(self.seats[voter]) is not Status.FROZEN]
        voting = self.rules.voting
        if (voting is None or voting.absence_blocks) and len(present) < len(voters):
            return 1.0
        chances = [objecting[voter] for voter in present]
        if voting and not majority:
            majority = voting.majority
        if majority == "two_thirds":
            return more_than_a_third(chances)
        return at_least_half(chances) if majority else at_least_one(chances)

    def council_refusal(self, petitioner: Decider, majority: bool | str = False) -> float:
        """The probability that the council refuses a petition, under consensus unless some carry it."""
        base = self.model.parameters["objection"]
        if self.rules.incompatible:
            suspects = self.rules.incompatible.suspects
            base += self.model.parameters["suspicion"] * sum(map(petitioner.was_in, suspects))
        voters = self.voters_on(petitioner)
        brokered = self.seats[self.model.case.patron].status in IN
        per_rivalry = "objection_rivalry" if brokered else "veto"
        objecting = self.objections(petitioner, voters, base, per_rivalry=per_rivalry)
        return self.refusal(objecting, voters, majority)

    def ministers_refusal(self, petitioner: Decider) -> float:
        """The probability that the ministers do not propose a petitioner."""
        voters = self.voters_on(petitioner)
        base = self.model.parameters["ministers"]
        return self.refusal(self.objections(petitioner, voters, base), voters)

    def draws_below(self, chance: float, state: Decider, act: str) -> bool:
        """Whether something of a given probability happens."""
        return self.model.uniform_draw(state.name, self.name, act) < chance

    # 4. session ----------------------------------------------------------------------------------

    def session(self) -> None:
        """The session of the council: requests for suspension, members in breach, observers."""
        self.judge_regimes()
        if not self.rules.sits:
            return
        self.answer_requests_for_suspension()
        self.judge_expulsions()
        self.judge_sanctions()
        self.judge_debtors()
        self.judge_observers()

    def answer_requests_for_suspension(self) -> None:
        """Who asked for suspension is suspended, or stays a member; all are answered at once."""
        rule = self.rules.suspension
        if rule is None:
            return
        asked = [
            (state, seat)
            for state, seat in self.deciders
            if seat.before is Status.SUSPENSION_REQUESTED
        ]
        refused = [
            rule.consensus
            and self.draws_below(self.refusal_of_release(state), state, "answer suspension")
            for state, _ in asked
        ]
        for (state, seat), is_refused in zip(asked, refused, strict=True):
            if is_refused:
                seat.becomes(Status.MEMBER, self.model.month)
                self.log(state, Act.REFUSE_SUSPENSION, rule)
            else:
                seat.becomes(Status.SUSPENDED, self.model.month)
                self.log(state, Act.SUSPEND, rule)

    def refusal_of_release(self, state: Decider) -> float:
        """The probability that a state has to go on as a member; its rivals are glad to see it go."""
        voters = self.voters_on(state)
        release = self.model.parameters["release"]
        return self.refusal(self.objections(state, voters, release, rivals=-1), voters)

    def judge_expulsions(self) -> None:
        """Who is under sanction and still in breach may be expelled."""
        rule = self.rules.expulsion
        if rule is None:
            return
        accused = [
            (state, seat)
            for state, seat in self.deciders
            if seat.before is seat.status is Status.SANCTIONED and seat.is_in_breach
        ]
        acts = (Act.EXPEL, Act.REFUSE_EXPULSION)
        for seat in self.condemned(accused, acts, rule, rule.majority):
            seat.becomes(Status.EXPELLED, self.model.month)

    def judge_sanctions(self) -> None:
        """A party in breach may be sanctioned."""
        rule = self.rules.sanction
        if rule is None:
            return
        accused = [
            (state, seat)
            for state, seat in self.deciders
            if seat.before in PARTY and seat.is_in_breach and not self.is_misruled(state)
        ]
        acts = (Act.SANCTION, Act.REFUSE_SANCTION)
        for seat in self.condemned(accused, acts, rule, rule.majority):
            seat.becomes(Status.SANCTIONED, self.model.month)

    def is_misruled(self, state: Decider) -> bool:
        """Whether its incumbent is of a kind that the rule of sanction holds to be a breach."""
        rule = self.rules.sanction
        return bool(rule and state.perception.regimes[self.model.t] & set(rule.breach))

    def judge_regimes(self) -> None:
        """Who is misruled may be sanctioned, on notice or not; who no longer is has its sanction lifted."""
        rule = self.rules.sanction
        if rule is None or not rule.breach:
            return
        in_bodies = PARTY | {Status.NOTICE_GIVEN}
        convenes = self.rules.sits or rule.out_of_session
        accused, bettered = [], []
        for state, seat in self.deciders:
            if seat.sanctioned and seat.before in IN and not self.is_misruled(state):
                bettered.append((state, seat))
            elif not seat.sanctioned and seat.before in in_bodies and self.is_misruled(state):
                accused.append((state, seat))
        acts = (Act.SANCTION, Act.REFUSE_SANCTION)
        for seat in self.condemned(accused, acts, rule, rule.majority) if convenes else []:
            seat.sanctioned = True
            if seat.status in PARTY:
                seat.becomes(Status.SANCTIONED, self.model.month)
        if rule.lifting == "condition" or convenes:
            self.lift(bettered, rule)

    def lift(self, bettered: list[tuple[Decider, Seat]], rule: Sanction) -> None:
        """A sanction ends with its ground, by itself or by vote; all are answered at once."""
        refused = [
            rule.lifting == "vote"
            and self.draws_below(self.council_refusal(state, rule.majority), state, "lift")
            for state, _ in bettered
        ]
        for (state, seat), is_refused in zip(bettered, refused, strict=True):
            self.log(state, Act.REFUSE_LIFT if is_refused else Act.LIFT, rule)
            if not is_refused:
                seat.sanctioned = False
                if seat.status is Status.SANCTIONED:
                    seat.becomes(Status.MEMBER, self.model.month)

    def judge_debtors(self) -> None:
        """Who has not paid for long may lose its rights."""
        rule = self.rules.arrears
        if rule is None or rule.automatic:
            return
        accused = [
            (state, seat)
            for state, seat in self.deciders
            if seat.status in IN and seat.arrears >= rule.months and not seat.deprived
        ]
        acts = (Act.LOSE_RIGHTS, Act.REFUSE_LOSS_OF_RIGHTS)
        for seat in self.condemned(accused, acts, rule, majority=False):
            self.deprive(seat, rule)

    def deprive(self, seat: Seat, rule: Arrears) -> None:
        """A debtor loses its rights, and with participation its place in the bodies."""
        seat.deprived = True
        if "participation" in rule.takes and seat.status in PARTY:
            seat.becomes(Status.SANCTIONED, self.model.month)

    def judge_observers(self) -> None:
        """An observer that sits in a suspect club may cease to be one."""
        rule, incompatible = self.rules.observer, self.rules.incompatible
        if rule is None or not rule.withdrawable or incompatible is None:
            return
        accused = [
            (state, seat)
            for state, seat in self.deciders
            if seat.before is Status.OBSERVER and any(map(state.was_in, incompatible.suspects))
        ]
        acts = (Act.END_OBSERVER, Act.REFUSE_END_OBSERVER)
        for seat in self.condemned(accused, acts, rule, majority=False):
            seat.becomes(Status.NONE, self.model.month)

    # 7.7 judgement -------------------------------------------------------------------------------

    def condemned(
        self,
        accused: list[tuple[Decider, Seat]],
        acts: tuple[Act, Act],
        rule: AnyStatute,
        majority: bool | str,
    ) -> list[Seat]:
        """The seats against which a case passes; all are judged before any verdict takes effect."""
        passes, fails = acts
        condemned = []
        for state, seat in accused:
            voters = self.voters_on(state)
            proposed = at_least_one(self.proposals(state, voters))
            friendship = self.model.parameters["sanction_objection"]
            objecting = self.objections(state, voters, friendship, rivals=-1)
            passed = proposed * (1 - self.refusal(objecting, voters, majority))
            number = self.model.uniform_draw(state.name, self.name, passes.name.lower())
            if number < passed:
                condemned.append(seat)
                self.log(state, passes, rule)
            elif number < proposed:
                self.log(state, fails, rule)
        return condemned

    def proposals(self, accused: Decider, voters: list[str]) -> Iterator[float]:
        """The probability that each voter proposes a case; rivals and the chair are the likelier."""
        parameters = self.model.parameters
        chair = self.chair()
        for voter in voters:
            log_odds = parameters["sanction"]
            if voter == chair:
                log_odds += parameters["chair_agenda"]
            log_odds += parameters["objection_rivalry"] * accused.rivalry_with(voter)
            yield probability(log_odds)

    def chair(self) -> str | None:
        """Who sets the agenda this year."""
        if self.rules.chair is None or not self.members:
            return None
        names = {state.state: state.name for state in self.model.case.states}
        in_order = sorted(self.members, key=names.__getitem__)
        return in_order[self.model.month // MONTHS_PER_YEAR % len(in_order)]

    # 5. value of seats ---------------------------------------------------------------------------

    def weigh_seats(self) -> None:
        """Every state weighs its seat here, or the one that it could ask for."""
        t = self.model.t
        months = self.model.case.fixed("contagion_months")
        self.lately_gone = [
            state.name
            for state, seat in self.deciders
            if seat.went_out is not None and self.model.is_recent(seat.went_out, months)
        ]
        for state, seat in self.deciders:
            could_ask = self.rules.hears_petitions and self.calendar.admits[state.name][t]
            if could_ask or seat.before in IN or seat.before is Status.OBSERVER:
                seat.value = state.value_of_seat(self, t)

    # 6. renewal ----------------------------------------------------------------------------------

    def renewal(self) -> None:
        """A term ends: who does not sign its prolongation leaves."""
        term = self.rules.renewal
        if term is None:
            return
        for state, seat in self.deciders:
            if seat.before in IN:
                may_sign = seat.before in MAY_SIGN and self.rules.text_to_sign
                if may_sign and state.signs(self, term.informed_months_before):
                    self.log(state, Act.RENEW, term)
                else:
                    seat.becomes(Status.LEFT, self.model.month)
                    self.log(state, Act.ABSTAIN, term)
                    self.log(state, Act.LAPSE, term)

    # 7. departure --------------------------------------------------------------------------------

    def departure(self) -> None:
        """Who is in may ask for suspension, or give notice, or freeze, or resume; observers give up."""
        rules = self.rules
        if rules.renewal:
            return
        for state, seat in self.deciders:
            may_act = seat.before in MAY_LEAVE or seat.before is Status.OBSERVER
            if not may_act or seat.status is not seat.before:
                continue
            is_party = seat.before in PARTY
            if seat.before is Status.OBSERVER:
                if rules.observer and state.has_enough("cease observing", self):
                    seat.becomes(Status.NONE, self.model.month)
                    self.log(state, Act.CEASE_OBSERVING, rules.observer)
            elif is_party and rules.suspension and state.has_enough("suspend", self):
                seat.becomes(Status.SUSPENSION_REQUESTED, self.model.month)
                self.log(state, Act.REQUEST_SUSPENSION, rules.suspension)
            elif rules.withdrawal and state.has_enough("withdraw", self):
                self.take_notice(state, seat, rules.withdrawal)
            elif rules.participation and seat.before is not Status.SUSPENSION_REQUESTED:
                if seat.before is not Status.MEMBER:
                    self.let_resume(state, seat, rules.participation)
                elif state.has_enough("freeze", self):
                    seat.becomes(Status.FROZEN, self.model.month)
                    self.log(state, Act.FREEZE, rules.participation)

    def announce_jointly(self) -> None:
        """Members of this club that leave others together may join the notice of a fellow."""
        bloc = self.rules.bloc
        for name in bloc.leaves if bloc else ():
            club = self.model.clubs[name]
            fellows = [
                (state, club.seats[state.name])
                for state, seat in self.deciders
                if seat.before in IN and club.seats[state.name].before in MAY_LEAVE
            ]
            left = {Status.NOTICE_GIVEN, Status.LEFT}
            if club.rules.renewal or not any(seat.status in left for _, seat in fellows):
                continue
            rule = club.rules.withdrawal
            for state, seat in fellows if rule else ():
                club.called_by_fellow = state
                if rule and seat.status is seat.before and state.has_enough("withdraw", club):
                    club.take_notice(state, seat, rule)
                club.called_by_fellow = None

    def let_rescind_all(self) -> None:
        """Who gave notice before this month may take it back."""
        for state, seat in self.deciders if not self.rules.renewal else ():
            if seat.before is seat.status is Status.NOTICE_GIVEN:
                self.let_rescind(state, seat)

    def take_notice(self, state: Decider, seat: Seat, rule: Withdrawal) -> None:
        """A state gives notice: it is out when the notice has run, and its debts are settled."""
        wait = rule.notice_months
        if rule.settlement:
            wait = max(wait, seat.arrears)
        if wait == 0:
            seat.becomes(Status.LEFT, self.model.month)
        else:
            seat.becomes(Status.NOTICE_GIVEN, self.model.month, self.model.month + wait)
        self.log(state, Act.WITHDRAW, rule)

    def let_rescind(self, state: Decider, seat: Seat) -> None:
        """A notice that has not run yet may be taken back, where the rule lets it."""
        rule = self.rules.withdrawal
        if rule and rule.retractable and state.wants("rescind", self):
            status = Status.SANCTIONED if seat.sanctioned else Status.MEMBER
            seat.becomes(status, self.model.month)
            self.log(state, Act.RESCIND, rule)

    def let_resume(self, state: Decider, seat: Seat, rule: Participation) -> None:
        """Who does not take part may do so again."""
        if not seat.sanctioned and state.wants("resume", self):
            seat.becomes(Status.MEMBER, self.model.month)
            seat.gap = 0
            self.log(state, Act.RESUME, rule)

    # 8. accession --------------------------------------------------------------------------------

    def accession(self) -> None:
        """States that are out may petition, or else ask to observe, where the club is open."""
        rules = self.rules
        t = self.model.t
        if not rules.hears_petitions or self.is_over:
            return
        founders: list[tuple[float, Decider, Seat]] = []
        for state, seat in self.deciders:
            if seat.before in IN or not self.calendar.admits[state.name][t]:
                continue
            may_petition = rules.accession and self.may_petition(state, seat, rules.accession)
            may_observe = rules.observer and seat.before is not Status.OBSERVER
            if not may_petition and not may_observe:
                continue
            eagerness = state.eagerness(self) if may_petition else 0.0
            if rules.accession and eagerness > 0:
                if not self.may_station(state):
                    continue
                if self.calendar.founding[t] and not (seat.former and rules.restoration):
                    founders.append((eagerness, state, seat))
                else:
                    self.answer_petition(state, seat, rules.accession)
            elif rules.observer and may_observe and state.wants("observe", self):
                self.answer_observer(state, seat, rules.observer)
        self.found(founders)

    def may_station(self, state: Decider) -> bool:
        """Whether the state's other clubs let it host forces; all of them answer."""
        if not self.model.case.clubs[self.name].hosts:
            return True
        bound = [c for c in self.model.clubs.values() if c.seats[state.name].before in BOUND]
        answers = [club.answer_base(state) for club in bound]
        return all(answers)

    def found(self, founders: list[tuple[float, Decider, Seat]]) -> None:
        """The most eager sign first, and each further one needs the consent of those before it."""
        self.founders_meet = True
        for _, state, seat in sorted(founders, key=lambda founder: -founder[0]):
            if self.rules.accession:
                self.answer_petition(state, seat, self.rules.accession)
        self.founders_meet = False

    def may_petition(self, state: Decider, seat: Seat, rule: Accession) -> bool:
        """Whether the law lets a state that is out petition."""
        if seat.status is not seat.before or not self.calendar.open_to[state.name][self.model.t]:
            return False
        if rule.observers_only and seat.before is not Status.OBSERVER:
            return False
        others = self.calendar.incompatible[self.model.t]
        return not any(state.was_in(c) or state.seats[c].status in IN for c in others)

    def answer_petition(self, state: Decider, seat: Seat, accession: Accession) -> None:
        """The ministers propose a petitioner and the council admits it, as far as the rule asks."""
        rule: Accession | Restoration = accession
        if seat.former and self.rules.restoration:
            rule = self.rules.restoration
        refused = 0.0
        if rule.consensus:
            refused = self.council_refusal(state)
        if rule.ministers:
            refused = 1 - (1 - refused) * (1 - self.ministers_refusal(state))
        if refused and self.model.uniform_draw(state.name, self.name, "answer accession") < refused:
            self.log(state, Act.REFUSE_ACCESSION, rule)
        else:
            self.take_in(state, seat, rule)

    def take_in(self, state: Decider, seat: Seat, rule: Accession | Restoration) -> None:
        """A state comes in: a signatory, or a member at once where nothing is left to ratify."""
        month = self.model.month
        due = self.ratification_due(month, rule)
        if due == month:
            seat.becomes(Status.MEMBER, month)
        else:
            seat.becomes(Status.SIGNATORY, month, due)
        if isinstance(rule, Restoration):
            seat.gap = self.gap_after(rule, month)
        self.log(state, Act.ACCEDE, rule)

    def gap_after(self, rule: Restoration | None, month: int) -> int:
        """How many instruments a state has yet to join once it is back."""
        if rule is None or rule.price != "gap":
            return 0
        return acquis(self.model.case, self.name, month)

    def answer_observer(self, state: Decider, seat: Seat, rule: Observer) -> None:
        """A state becomes an observer, unless a member objects."""
        draw = self.model.uniform_draw(state.name, self.name, "answer observer")
        if rule.consensus and draw < self.council_refusal(state):
            self.log(state, Act.REFUSE_OBSERVER, rule)
        else:
            seat.becomes(Status.OBSERVER, self.model.month)
            self.log(state, Act.OBSERVE, rule)

    # 9. accounts ---------------------------------------------------------------------------------

    def accounts(self) -> None:
        """Arrears grow or are paid, and cost or give back rights."""
        rule = self.rules.arrears
        for seat in self.seats.values():
            seat.pay()
        if rule is None:
            return
        for state, seat in self.deciders:
            if seat.deprived and seat.arrears == 0:
                seat.deprived = False
                if seat.status in IN:
                    self.log(state, Act.RECOVER_RIGHTS, rule)
            elif rule.automatic and seat.arrears >= rule.months and not seat.deprived:
                self.deprive(seat, rule)
                self.log(state, Act.LOSE_RIGHTS, rule)

    # 10. participation ---------------------------------------------------------------------------

    def participation(self) -> None:
        """How much members do where they may do less; who hardly does anything declines what is new."""
        rule = self.rules.participation
        if rule is None:
            return
        months = self.model.case.fixed("participation_months")
        for _, seat in self.deciders:
            if seat.status in IN:
                seat.take_part(self.target_of_participation(seat), months)
            else:
                seat.participation = None
        drifting = [(state, seat) for state, seat in self.deciders if seat.drifts]
        for statute in self.calendar.opened[self.model.t]:
            for state, seat in drifting:
                seat.gap += 1
                self.log(state, Act.DECLINE, statute)
        if self.is_of_patron and self.model.month % MONTHS_PER_YEAR == JANUARY:
            self.court(drifting, rule)

    def target_of_participation(self, seat: Seat) -> float:
        """How much a member would do for good: what it joined, so far as the seat is worth it."""
        if seat.status in NOT_PAYING:
            return 0.0
        joined = max(0.0, 1 - seat.gap / (self.calendar.acquis[self.model.t] + 1))
        return joined * probability(seat.value)

    def court(self, drifting: list[tuple[Decider, Seat]], rule: Participation) -> None:
        """The patron may court those that drift away from it."""
        chance = probability(self.model.parameters["court"])
        for state, seat in drifting:
            if self.draws_below(chance, state, "court"):
                seat.courted = self.model.month
                self.log(state, Act.COURT, rule)

    # log -----------------------------------------------------------------------------------------

    def log(self, state: Decider, act: Act, rule: AnyStatute | None) -> None:
        """Write down an act and the statute that it rests on."""
        entry = (self.model.t, state.name, self.name, act, rule.id if rule else "")
        self.model.log.append(entry)


# The model --------------------------------------------------------------------------------------


class AllianceModel(mesa.Model):
    """One history of an alliance and of the clubs that compete with it; a step is a month.

    Parameters
    ----------
    case
        The case, as `model.case.load_case` gives it.
    parameters
        A number for each parameter of the case that is not fixed.
    seed, run
        Which stream of random numbers, and which run of it.
    start
        The month at whose end the record is left; by default that of the case.
    rng
        A seed for Mesa's own generator, which the model never asks.
    """

    def __init__(
        self,
        case: Case,
        parameters: dict[str, float],
        *,
        seed: int | None = 0,
        run: int = 0,
        start: int | None = None,
        rng: Any = None,
    ) -> None:
        super().__init__(rng=seed if rng is None else rng)
        self.case = case
        self.parameters = parameters
        self.weights = {name: parameters[name] for name in TERMS if name in case.role("weight")}
        #: `mesa.batch_run` says None for a seed that it was not given
        self.draws_seed = 0 if seed is None else seed
        self.draws_run = run
        self.month = case.start if start is None else start
        #: months since the case began
        self.t = self.month - case.start
        self.log: list[LogEntry] = []

        self.surroundings = surroundings(case)
        calendars = self.surroundings.calendars
        #: the threats on which each kind of need that the case has bears
        self.taught_by: dict[str, list[str]] = {
            row.kind: [kind for kind, threat in case.threats.items() if threat.need == row.kind]
            for row in case.requests
        }
        #: the patron among them, in the order of the case
        self.states: dict[str, Participant] = {
            name: Decider(self, name) if name in case.deciders else PatronAgent(self, name)
            for name in case.state_ids
        }
        agents = self.states.values()
        self.deciders = {a.name: a for a in agents if isinstance(a, Decider)}
        self.patrons = {a.name: a for a in agents if isinstance(a, PatronAgent)}
        self.patron = self.patrons[case.patron]
        self.shelters = shelters(case)
        self.clubs = {name: ClubAgent(self, name, calendars[name]) for name in case.clubs}

        for club in self.clubs.values():
            club.take_up_record()
        self.recall_needs()
        self.running = self.month < case.end
        #: `status_codes` at the end of each month, the initial condition first
        self.history = [self.status_codes]
        self.datacollector = mesa.DataCollector(model_reporters={"statuses": "status_codes"})
        self.datacollector.collect(self)

    def recall_needs(self) -> None:
        """What needs have taught by the start, month by month."""
        for t in range(self.t + 1):
            for club in self.clubs.values():
                club.recall_needs(t)
            for state in self.deciders.values():
                state.learn()

    # scheduling ----------------------------------------------------------------------------------

    def step(self) -> None:
        """One month, in the order of section 3."""
        self.month += 1
        self.t += 1
        clubs = self.agents_by_type[ClubAgent]
        for patron in self.patrons.values():
            patron.follow_record()
        clubs.do("take_effect")
        clubs.do("end_seats")
        clubs.do("fix_before")
        clubs.do("answer_requests")
        clubs.do("session")
        clubs.do("weigh_seats")
        clubs.do("renewal")
        clubs.do("departure")
        clubs.do("announce_jointly")
        clubs.do("let_rescind_all")
        clubs.do("accession")
        clubs.do("accounts")
        clubs.do("participation")
        self.agents_by_type[Decider].do("learn")
        self.history.append(self.status_codes)
        self.datacollector.collect(self)
        self.running = self.month < self.case.end

    def run_to_end(self) -> None:
        """All months that are left."""
        self.run_model()

    @property
    def requests(self) -> list[Request]:
        """What states ask of their clubs in this month."""
        return self.surroundings.requests[self.t]

    def is_recent(self, month: int, months: float) -> bool:
        """Whether a month is one of the last before this one."""
        return 0 < self.month - month <= months

    # observation ---------------------------------------------------------------------------------

    @property
    def statuses(self) -> Seats:
        """The status of every state in every club now."""
        return {
            (state, club): seat.status
            for state, agent in self.states.items()
            for club, seat in agent.seats.items()
        }

    @property
    def status_codes(self) -> bytes:
        """The same, one byte a seat: state by state, within a state club by club."""
        return bytes(seat.status for agent in self.states.values() for seat in agent.seats.values())

    # chance --------------------------------------------------------------------------------------

    def logistic_noise(self, state: str, club: str, act: str) -> list[float]:
        """The noise of a decision in each month since the case began."""
        sequence = self.sequence(state, club, act)
        numbers: list[float] = draws.logistic(sequence, np.array(self.case.months)).tolist()
        return numbers

    def uniform_draw(self, state: str, club: str, act: str) -> float:
        """This month's number for the answer to a petition, or for something that is drawn in few months."""
        month = self.case.months[self.t]
        return float(draws.uniform(self.sequence(state, club, act), month)[0])

    def sequence(self, state: str, club: str, act: str) -> draws.Words:
        """The numbers of this run for a decision of a state on a club, shape (1,)."""
        key = draws.stream(self.draws_seed, state, club, act)
        return draws.sequences(key, np.array([self.draws_run]))
