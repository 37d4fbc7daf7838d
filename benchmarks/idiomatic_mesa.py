"""The model of `docs/odd.md` with one Mesa object for each state and club: a glass box for a class.

Plain loops and floats; one object is one run. What no seat can change (threats, ties, leverage, the
law) is worked out once for each case, month by month; what follows from the seats is worked out as
the months pass. The phases of a month bear the names of section 3 of that page, and the terms of
the value of a seat those of section 7.3.

>>> from model.case import load_case
>>> case = load_case("cst")
>>> prior_means = {name: p.mean for name, p in case.role("weight", "friction", "council").items()}
>>> run = AllianceModel(case, prior_means, seed=1, run=7)
>>> run.run_to_end()
>>> len(run.history) == len(case.months)
True
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

import mesa

from model import draws
from model.case import Case, Entry, Event
from model.clock import MONTHS_PER_YEAR, last_day, month_of
from model.law import (
    Accession,
    Act,
    AnyStatute,
    EntryIntoForce,
    Status,
    Term,
    VoluntarySuspension,
    Withdrawal,
)

IN = frozenset(status for status in Status if Status.SIGNATORY <= status <= Status.FROZEN)
MAY_SIGN = frozenset({Status.SIGNATORY, Status.MEMBER, Status.FROZEN})
MAY_DEPART = frozenset({Status.MEMBER, Status.FROZEN})

#: the terms of the value of a seat, in the order in which they are added
TERMS = (
    "protection",
    "abandonment",
    "menace",
    "patronage",
    "coercive_leverage",
    "partisan_patron",
)
HIGHEST_THREAT = 3.0

Seats = dict[tuple[str, str], Status]
#: months since the case began, state, club, act, id of the statute that the act rests on
LogEntry = tuple[int, str, str, Act, str]
StatuteT = TypeVar("StatuteT", bound=AnyStatute)


# 7.1 Law: what the statutes and the openness of each club say, month by month -------------------


@dataclass(frozen=True)
class Rules:
    """The rules that one club applies in one month; None where it has none of the kind."""

    accession: Accession | None
    withdrawal: Withdrawal | None
    suspension: VoluntarySuspension | None
    #: its day falls in this month
    entry_into_force: EntryIntoForce | None
    #: a term that ends in this month and must be renewed by signing
    renewal: Term | None


@dataclass(frozen=True)
class ClubCalendar:
    """What holds for a club in each month since the case began, whoever sits in it."""

    rules: list[Rules]
    entries_into_force: list[int]
    founding: list[bool]
    window: list[bool]
    open_to: dict[str, list[bool]]


def club_calendar(case: Case, club: str) -> ClubCalendar:
    """The law, the foundings and the openness of a club."""
    return ClubCalendar(
        rules=[rules_of(case, club, month) for month in case.months],
        entries_into_force=[
            month_of(s.from_)
            for s in case.statutes
            if isinstance(s, EntryIntoForce) and s.club == club
        ],
        founding=[is_founding_month(case, club, month) for month in case.months],
        window=[is_in_opening_window(case, club, month) for month in case.months],
        open_to={
            state: [is_open(case, club, state, month) for month in case.months]
            for state in case.deciders
        },
    )


def holds(from_: date, until: date | None, day: date) -> bool:
    """Whether something that holds from a day until another (not included) holds on `day`."""
    return from_ <= day and (until is None or day < until)


def rules_of(case: Case, club: str, month: int) -> Rules:
    """The rules that a club applies in a month."""
    statutes = [s for s in case.statutes if s.club == club]
    end = last_day(month)

    def on_last_day(kind: type[StatuteT]) -> StatuteT | None:
        for s in statutes:
            if isinstance(s, kind) and holds(s.from_, s.until, end):
                return s
        return None

    forces = [s for s in statutes if isinstance(s, EntryIntoForce) and month_of(s.from_) == month]
    renewals = [s for s in statutes if isinstance(s, Term) and must_be_renewed(s, month)]
    return Rules(
        accession=on_last_day(Accession),
        withdrawal=on_last_day(Withdrawal),
        suspension=on_last_day(VoluntarySuspension),
        entry_into_force=forces[0] if forces else None,
        renewal=renewals[0] if renewals else None,
    )


def must_be_renewed(term: Term, month: int) -> bool:
    """Whether a term in force on the first day of a month ends in it and is renewed by signing."""
    first_day = date(month // MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1, 1)
    elapsed = month - month_of(term.from_)
    ends = elapsed > 0 and elapsed % (term.years * MONTHS_PER_YEAR) == 0
    return ends and holds(term.from_, term.until, first_day) and term.renewal == "opt_in"


def is_open(case: Case, club: str, state: str, month: int) -> bool:
    """Whether a club exists and may take a state in."""
    return month >= month_of(case.clubs[club].since) and any(
        holds(row.open_from, row.open_until, last_day(month))
        for row in case.openness
        if (row.club, row.state) == (club, state)
    )


def is_founding_month(case: Case, club: str, month: int) -> bool:
    """Whether founders meet to sign in this month."""
    return any(month_of(day) == month for day in case.clubs[club].foundings)


def is_in_opening_window(case: Case, club: str, month: int) -> bool:
    """Whether the club was founded lately, but not in this month."""
    days = [case.clubs[club].since, *case.clubs[club].foundings]
    past = [month_of(day) for day in days if month_of(day) <= month]
    if not past or is_founding_month(case, club, month):
        return False
    return month - max(past) < case.fixed("opening_months")


# 7.2 Perception and ties: what a state senses, month by month -----------------------------------


@dataclass(frozen=True)
class Perception:
    """What one state senses in each month since the case began, whoever sits where."""

    threat: dict[str, list[float]]
    credibility: dict[str, list[float]]
    tie: dict[str, list[float]]
    leverage: list[float]
    rivalry: dict[str, list[float]]
    alternative: list[bool]


def perception(case: Case, state: str) -> Perception:
    """The threats, ties and rivalries of a state, and how far it believes promises."""
    events: dict[str, list[Event]] = {"threat": [], "tie": [], "coercion": [], "credibility": []}
    for event in case.events:
        if event.state == state:
            events[event.kind].append(event)
    measured = {(c.variable, c.year): c.value for c in case.composites if c.state == state}
    fear_half_life = case.fixed("fear_half_life")

    rivalry = {}
    for rival in case.deciders:
        scores = {r.year: r.value for r in case.rivalry if (r.state, r.rival) == (state, rival)}
        signs = sum_of_signs(case, (e for e in events["threat"] if e.rival == rival))
        yearly = [scores.get(month // MONTHS_PER_YEAR, 0.0) for month in case.months]
        felt = with_fading(threat_levels(yearly, signs), fear_half_life)
        if any(felt):
            rivalry[rival] = felt

    threat = {}
    credibility = {}
    for kind, row in case.threats.items():
        if row.measured_by == "rivalry":
            threat[kind] = [max((r[t] for r in rivalry.values()), default=0.0) for t in times(case)]
        else:
            signs = sum_of_signs(case, (e for e in events["threat"] if e.about == kind))
            yearly = [
                measured[row.measured_by, month // MONTHS_PER_YEAR] if row.measured_by else 0.0
                for month in case.months
            ]
            threat[kind] = with_fading(threat_levels(yearly, signs), fear_half_life)
        signs = sum_of_signs(case, (e for e in events["credibility"] if e.about in (kind, "any")))
        credibility[kind] = [probability(n) for n in signs]

    tie = {}
    for sponsor in case.sponsors:
        signs = sum_of_signs(case, (e for e in events["tie"] if e.about == sponsor))
        tie[sponsor] = [
            measured[f"tie_{sponsor}", month // MONTHS_PER_YEAR] + case.fixed("event_step") * n
            for month, n in zip(case.months, signs, strict=True)
        ]

    won_by_force = [float(max(0, n)) for n in sum_of_signs(case, events["coercion"])]
    return Perception(
        threat=threat,
        credibility=credibility,
        tie=tie,
        leverage=with_fading(won_by_force, case.fixed("leverage_half_life")),
        rivalry=rivalry,
        alternative=[has_alternative(case, state, month) for month in case.months],
    )


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
        min(HIGHEST_THREAT, value + max(0, n)) for value, n in zip(measured, signs, strict=True)
    ]


def with_fading(levels: list[float], half_life: float) -> list[float]:
    """What is felt: a rise at once, a fall slowly."""
    fade = 2 ** (-1 / half_life)
    felt = [levels[0]]
    for level in levels[1:]:
        felt.append(max(level, fade * felt[-1]))
    return felt


def has_alternative(case: Case, state: str, month: int) -> bool:
    """Whether a club of others than the patron, and against the patron, is open to the state."""
    from_patron = {kind for kind, threat in case.threats.items() if threat.source == "patron"}
    return any(
        club.sponsor != "patron"
        and not from_patron.isdisjoint(club.relieves)
        and is_open(case, name, state, month)
        for name, club in case.clubs.items()
    )


def probability(log_odds: float) -> float:
    """The probability that belongs to log-odds."""
    return 1 / (1 + math.exp(-log_odds))


# The record -------------------------------------------------------------------------------------


def record_of(case: Case, state: str, club: str, until: int) -> list[Entry]:
    """What history says of a seat up to the end of a month."""
    return [
        row
        for row in case.record
        if (row.state, row.club) == (state, club) and month_of(row.date) <= until
    ]


@lru_cache(maxsize=8)
def surroundings(case: Case) -> tuple[dict[str, Perception], dict[str, ClubCalendar]]:
    """What no seat can change, so that all runs of a case share it."""
    perceptions = {state: perception(case, state) for state in case.deciders}
    return perceptions, {club: club_calendar(case, club) for club in case.clubs}


# Agents -----------------------------------------------------------------------------------------


@dataclass
class Seat:
    """One state's place in one club."""

    status: Status = Status.NONE
    #: month in which something pending falls due
    due: int | None = None
    #: the status on which this month's decisions rest
    before: Status = Status.NONE
    #: the logistic noise of each act, by months since the case began
    noise: dict[str, list[float]] = field(default_factory=dict)

    def becomes(self, status: Status, due: int | None = None) -> None:
        """Take a status and, where something is pending, the month in which it falls due."""
        self.status = status
        self.due = due


class PatronAgent(mesa.Agent):
    """The patron: its seats follow the record, and it never decides."""

    model: "AllianceModel"

    def __init__(self, model: "AllianceModel", name: str) -> None:
        super().__init__(model)
        self.name = name
        self.seats = {club: Seat() for club in model.case.clubs}
        self.record = [row for row in model.case.record if row.state == name]

    def follow_record(self) -> None:
        """What the record of this month says of its seats becomes so."""
        for row in self.record:
            if month_of(row.date) == self.model.month:
                self.seats[row.club].status = Status[row.status.upper()]


class StateAgent(mesa.Agent):
    """A state that decides: what it senses, where it sits, and what it does about it."""

    model: "AllianceModel"

    def __init__(self, model: "AllianceModel", name: str, sensed: Perception) -> None:
        super().__init__(model)
        self.name = name
        self.perception = sensed
        self.seats = {club: Seat() for club in model.case.clubs}
        self.terms = [(weight, getattr(self, term)) for term, weight in model.weights.items()]

    # value of a seat -----------------------------------------------------------------------------

    def value_of_seat(self, club: "ClubAgent", t: int) -> float:
        """What a seat is worth with the perceptions of month t and the seats of this month."""
        value = 0.0
        for weight, term in self.terms:
            value += weight * term(club, t)
        return value

    def protection(self, club: "ClubAgent", t: int) -> float:
        """Threats that the club relieves, so far as its promise is believed."""
        threat, credibility = self.perception.threat, self.perception.credibility
        if club.guarantee:
            return sum(threat[kind][t] * credibility[kind][t] for kind in club.relieves)
        return sum(threat[kind][t] for kind in club.relieves)

    def abandonment(self, club: "ClubAgent", t: int) -> float:
        """Threats against which help is promised and not believed."""
        if not club.guarantee:
            return 0.0
        threat, credibility = self.perception.threat, self.perception.credibility
        return -sum(threat[kind][t] * (1 - credibility[kind][t]) for kind in club.relieves)

    def menace(self, club: "ClubAgent", t: int) -> float:
        """Threats that come from the club's own sponsor."""
        return -sum(self.perception.threat[kind][t] for kind in club.threats_of_sponsor)

    def patronage(self, club: "ClubAgent", t: int) -> float:
        """The tie to the club's sponsor."""
        return self.perception.tie[club.sponsor][t] if club.sponsor != "none" else 0.0

    def coercive_leverage(self, club: "ClubAgent", t: int) -> float:
        """What the patron's force obtains: it binds who has no alternative, repels who has."""
        if not club.is_of_patron:
            return 0.0
        leverage = self.perception.leverage[t]
        return -leverage if self.perception.alternative[t] else leverage

    def partisan_patron(self, club: "ClubAgent", t: int) -> float:
        """Rivals that sit in the patron's club with the patron on their side."""
        if not club.is_of_patron:
            return 0.0
        states = self.model.states
        own_tie = self.perception.tie["patron"][t]
        partisan = 0.0
        for rival, rivalry in self.perception.rivalry.items():
            if rival in club.members:
                leaning = probability(states[rival].perception.tie["patron"][t] - own_tie)
                partisan += rivalry[t] * leaning
        return -partisan

    # decisions -----------------------------------------------------------------------------------

    def petitions(self, club: "ClubAgent") -> bool:
        """Whether it wants in."""
        model = self.model
        log_odds = self.value_of_seat(club, model.t) + model.parameters["accede"]
        if club.guarantee:
            log_odds += model.parameters["obligation"]
        if club.calendar.window[model.t]:
            log_odds += model.parameters["opening"]
        if club.calendar.founding[model.t]:
            log_odds += model.parameters["founding"]
        return self.acts("accede", club, log_odds)

    def signs(self, club: "ClubAgent", informed_months_before: int) -> bool:
        """Whether it prolongs the treaty, knowing what it knew some months before."""
        known = max(0, self.model.t - informed_months_before)
        log_odds = self.value_of_seat(club, known) + self.model.parameters["renew"]
        return self.acts("renew", club, log_odds)

    def asks_for_suspension(self, club: "ClubAgent", value: float) -> bool:
        """Whether it sends a note that asks for the suspension of its membership."""
        return self.acts("suspend", club, self.model.parameters["suspend"] - value)

    def gives_notice(self, club: "ClubAgent", value: float) -> bool:
        """Whether it gives notice of withdrawal."""
        return self.acts("withdraw", club, self.model.parameters["withdraw"] - value)

    def acts(self, act: str, club: "ClubAgent", log_odds: float) -> bool:
        """Logistic choice between acting and not acting."""
        noise = self.seats[club.name].noise
        if act not in noise:
            noise[act] = self.model.logistic_noise(self.name, club.name, act)
        return log_odds > noise[act][self.model.t]

    # answers to others ---------------------------------------------------------------------------

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
        self.sponsor = club.sponsor
        self.is_of_patron = club.sponsor == "patron"
        self.guarantee = club.guarantee
        self.relieves = club.relieves
        self.threats_of_sponsor = [
            kind for kind, threat in model.case.threats.items() if threat.source == club.sponsor
        ]
        self.seats = {state: agent.seats[name] for state, agent in model.participants.items()}
        #: the deciders and their seats here
        self.deciders = [(state, state.seats[name]) for state in model.states.values()]
        #: who is in, in what this month's decisions rest on
        self.members: list[str] = []

    @property
    def rules(self) -> Rules:
        """The rules of this month."""
        return self.calendar.rules[self.model.t]

    # pending -------------------------------------------------------------------------------------

    def take_up_record(self) -> None:
        """Seats and what is pending as history has them at the end of this month."""
        for state, seat in self.seats.items():
            rows = record_of(self.model.case, state, self.name, self.model.month)
            if not rows:
                continue
            status = Status[rows[-1].status.upper()]
            began = month_of(rows[-1].date)
            rules = rules_of(self.model.case, self.name, began)
            due = None
            if status is Status.SIGNATORY and rules.accession:
                due = self.ratification_due(began, rules.accession)
            elif status is Status.NOTICE_GIVEN and rules.withdrawal:
                due = began + rules.withdrawal.notice_months
            seat.becomes(status, due)

    def ratification_due(self, month: int, rule: Accession) -> int | None:
        """When an accession of this month is complete; None if the entry into force decides."""
        if any(force > month for force in self.calendar.entries_into_force):
            return None
        return month + rule.ratification_months

    def take_effect(self) -> None:
        """What was pending takes effect: entry into force, ratification, then notices."""
        month = self.model.month
        rules = self.rules
        force = rules.entry_into_force
        for state, seat in self.deciders:
            if seat.status is Status.SIGNATORY and (force or seat.due == month):
                seat.becomes(Status.MEMBER)
                self.log(state, Act.ENTER_INTO_FORCE, force or rules.accession)
            elif seat.status is Status.NOTICE_GIVEN and seat.due == month:
                seat.becomes(Status.LEFT)
                self.log(state, Act.LEAVE, rules.withdrawal)

    def fix_before(self) -> None:
        """Note the seats on which all decide in this month."""
        for seat in self.seats.values():
            seat.before = seat.status
        self.members = [state for state, seat in self.seats.items() if seat.before in IN]

    # session -------------------------------------------------------------------------------------

    def session(self) -> None:
        """The regular session of the council decides on requests for suspension."""
        rule = self.rules.suspension
        if rule is None or self.model.month % MONTHS_PER_YEAR + 1 != rule.session_month:
            return
        for state, seat in self.deciders:
            if seat.before is Status.SUSPENSION_REQUESTED:
                if rule.consensus and self.objects(state, "answer suspension"):
                    seat.becomes(Status.MEMBER)
                    self.log(state, Act.REFUSE_SUSPENSION, rule)
                else:
                    seat.becomes(Status.SUSPENDED)
                    self.log(state, Act.SUSPEND, rule)

    def objects(self, petitioner: StateAgent, answer: str) -> bool:
        """Whether at least one member objects to a petition."""
        parameters = self.model.parameters
        none_objects = 1.0
        for member in self.members:
            if member != petitioner.name:
                rivalry = petitioner.rivalry_with(member)
                objection = parameters["objection"] + parameters["objection_rivalry"] * rivalry
                none_objects *= 1 - probability(objection)
        return self.model.uniform_draw(petitioner.name, self.name, answer) < 1 - none_objects

    # renewal -------------------------------------------------------------------------------------

    def renewal(self) -> None:
        """A term ends: who does not sign its prolongation leaves."""
        term = self.rules.renewal
        if term is None:
            return
        for state, seat in self.deciders:
            if seat.before in IN:
                may_sign = seat.before in MAY_SIGN
                if may_sign and state.signs(self, term.informed_months_before):
                    self.log(state, Act.RENEW, term)
                else:
                    seat.becomes(Status.LEFT)
                    self.log(state, Act.ABSTAIN, term)
                    self.log(state, Act.LAPSE, term)

    # departure -----------------------------------------------------------------------------------

    def departure(self) -> None:
        """Members may ask for suspension or else give notice."""
        rules = self.rules
        if rules.renewal:
            return
        for state, seat in self.deciders:
            if seat.before in MAY_DEPART:
                value = state.value_of_seat(self, self.model.t)
                if rules.suspension and state.asks_for_suspension(self, value):
                    seat.becomes(Status.SUSPENSION_REQUESTED)
                    self.log(state, Act.REQUEST_SUSPENSION, rules.suspension)
                elif rules.withdrawal and state.gives_notice(self, value):
                    self.take_notice(state, seat, rules.withdrawal)

    def take_notice(self, state: StateAgent, seat: Seat, rule: Withdrawal) -> None:
        """A state gives notice: it is out when the notice has run."""
        if rule.notice_months == 0:
            seat.becomes(Status.LEFT)
        else:
            due = self.model.month + rule.notice_months
            seat.becomes(Status.NOTICE_GIVEN, due)
        self.log(state, Act.WITHDRAW, rule)

    # accession -----------------------------------------------------------------------------------

    def accession(self) -> None:
        """States that are out may petition, where the club is open to them."""
        rule = self.rules.accession
        if rule is None:
            return
        for state, seat in self.deciders:
            is_open = self.calendar.open_to[state.name][self.model.t]
            if is_open and seat.before not in IN and state.petitions(self):
                if rule.consensus and self.objects(state, "answer accession"):
                    self.log(state, Act.REFUSE_ACCESSION, rule)
                else:
                    self.take_in(state, seat, rule)

    def take_in(self, state: StateAgent, seat: Seat, rule: Accession) -> None:
        """A state comes in: a signatory, or a member at once where nothing is left to ratify."""
        due = self.ratification_due(self.model.month, rule)
        if due == self.model.month:
            seat.becomes(Status.MEMBER)
        else:
            seat.becomes(Status.SIGNATORY, due)
        self.log(state, Act.ACCEDE, rule)

    # log -----------------------------------------------------------------------------------------

    def log(self, state: StateAgent, act: Act, rule: AnyStatute | None) -> None:
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
        A number for each weight, friction and council parameter of the case.
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

        perceptions, calendars = surroundings(case)
        self.states = {name: StateAgent(self, name, perceptions[name]) for name in case.deciders}
        self.patron = PatronAgent(self, case.patron)
        agents: dict[str, StateAgent | PatronAgent] = {**self.states, case.patron: self.patron}
        #: the patron among them, in the order of the case
        self.participants = {name: agents[name] for name in case.state_ids}
        self.clubs = {name: ClubAgent(self, name, calendars[name]) for name in case.clubs}

        for club in self.clubs.values():
            club.take_up_record()
        self.running = self.month < case.end
        self.datacollector = mesa.DataCollector(model_reporters={"statuses": "status_codes"})
        self.datacollector.collect(self)

    # scheduling ----------------------------------------------------------------------------------

    def step(self) -> None:
        """One month, in the order of section 3."""
        self.month += 1
        self.t += 1
        clubs = self.agents_by_type[ClubAgent]
        self.patron.follow_record()
        clubs.do("take_effect")
        clubs.do("fix_before")
        clubs.do("session")
        clubs.do("renewal")
        clubs.do("departure")
        clubs.do("accession")
        self.datacollector.collect(self)
        self.running = self.month < self.case.end

    def run_to_end(self) -> None:
        """All months that are left."""
        self.run_model()

    # observation ---------------------------------------------------------------------------------

    @property
    def statuses(self) -> Seats:
        """The status of every state in every club now."""
        return {
            (state, club): seat.status
            for state, agent in self.participants.items()
            for club, seat in agent.seats.items()
        }

    @property
    def status_codes(self) -> bytes:
        """The same, one byte a seat: state by state, within a state club by club."""
        return bytes(
            seat.status for agent in self.participants.values() for seat in agent.seats.values()
        )

    @property
    def history(self) -> list[bytes]:
        """`status_codes` at the end of each month, the initial condition first."""
        months: list[bytes] = self.datacollector.model_vars["statuses"]
        return months

    # chance --------------------------------------------------------------------------------------

    def logistic_noise(self, state: str, club: str, act: str) -> list[float]:
        """The noise of a decision in each month since the case began."""
        names = (state, club, act)
        months = len(self.case.months)
        noise = draws.logistic(self.draws_seed, names, self.draws_run, 1, months)
        numbers: list[float] = noise[0].tolist()
        return numbers

    def uniform_draw(self, state: str, club: str, answer: str) -> float:
        """This month's number for the answer to a petition."""
        names = (state, club, answer)
        months = len(self.case.months)
        return float(draws.uniform(self.draws_seed, names, self.draws_run, 1, months)[0, self.t])
