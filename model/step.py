"""One month: the phases in their order, written once, for many runs at a time."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tashkent.agents import council, deliberation, perception
from tashkent.agents.situation import Bools, Floats
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.law import (
    ATTACKS,
    Accession,
    Act,
    Arrears,
    Observer,
    Restoration,
    RulesInForce,
    Status,
)
from tashkent.model.world import (
    BOUND,
    FORMER,
    MAY_LEAVE,
    MAY_SIGN,
    NEVER,
    PARTY,
    UNPAID,
    Logged,
    Status8,
    World,
    among,
    is_in,
    owed_after,
)

Ints = NDArray[np.intp]
#: below this a member takes little part
HALF = 0.5
#: the month of the year in which the patron looks who drifts
COURTING_MONTH = 1


def advance(world: World, t: int) -> None:
    """Bring a block of runs from the end of month ``t - 1`` to the end of month `t`.

    1. the patron takes the seats that the record gives it;
    2. what was pending takes effect: entries into force, ratifications, notices that have run, successions;
    3. members answer requests for help and for consent to bases;
    4. the council's regular session decides on suspension, expulsion, sanctions, debtors and observers;
    5. states weigh their seats on what they see, with the seats as they were after phase 2;
    6. where a term ends and must be renewed, members sign or leave;
    7. members ask for suspension, or give notice, or freeze or resume participation; observers give up;
    8. states outside petition, and members answer;
    9. who does not pay falls in arrears, who pays recovers its rights;
    10. members take part as their seats are worth, decline instruments that they need not join, and the patron
        courts whom it sees drift;
    11. all learn from what came of the month's needs.

    A seat takes part in one of the phases 4, 6, 7 and 8 at most, by its status after phase 2.
    """
    follow_patron(world, t)
    take_effect(world, t)
    before = world.status.copy(order="K")
    answer_requests(world, t, before)
    hold_session(world, t, before)
    value = weigh(world, t, before, t)
    sign_prolongations(world, t, before)
    depart(world, t, before, value)
    accede(world, t, before, value)
    keep_accounts(world, t)
    take_part(world, t, value)
    update_beliefs(world)


def follow_patron(world: World, t: int) -> None:
    """The patron's seats are conditioned on, never decided."""
    patron = world.inputs.patron
    world.status[:, patron] = world.inputs.record.status[t, patron]


def take_effect(world: World, t: int) -> None:
    """Signatories become members and notices run out, on the day that the law set before."""
    decides = world.inputs.decides
    due = (world.seats.due == t) & decides[:, None]
    something_due = due.any(axis=(0, 1))
    for c, rules in enumerate(world.inputs.rules[t]):
        status = world.status[:, :, c]
        if rules.succession is not None:
            carried = is_in(status) & decides
            _apply(world, t, c, carried, Act.CARRY_OVER, None, rules.succession.id)
        if rules.entry_into_force is not None:
            rule = rules.entry_into_force.id
            signed = among(status, Status.SIGNATORY) & decides
            _apply(world, t, c, signed, Act.ENTER_INTO_FORCE, Status.MEMBER, rule)
        if not something_due[c]:
            continue
        if rules.accession is not None:
            ratified = due[:, :, c] & among(status, Status.SIGNATORY)
            _apply(world, t, c, ratified, Act.ENTER_INTO_FORCE, Status.MEMBER, rules.accession.id)
        if rules.withdrawal is not None:
            gone = due[:, :, c] & among(status, Status.NOTICE_GIVEN)
            if rules.withdrawal.settlement and gone.any():
                gone &= ~_put_off(world, t, c, gone)
            _apply(world, t, c, gone, Act.LEAVE, Status.LEFT, rules.withdrawal.id)


def _put_off(world: World, t: int, c: int, due: Bools) -> Bools:
    """Exit waits until what is owed is paid, a month of debt each month; who has to wait, shape (R, S)."""
    seats = world.seats
    owing = due & (seats.arrears[:, :, c] > 0)
    seats.due[:, :, c][owing] = t + seats.arrears[:, :, c][owing]
    return owing


def weigh(world: World, t: int, before: Status8, now: int) -> Floats:
    """The value of every seat to every state, shape (R, S, C), by what states saw in month `t` and know `now`.

    A debtor may be without its posts.
    """
    inputs, seats = world.inputs, world.seats
    standing = inputs.standing(now, seats, before, world.belief_updates)
    moved = inputs.moved(t, standing)
    value = deliberation.value_of_seat(
        inputs.stacked[t],
        world.weights,
        [(clubs, world.parameters[name], change) for name, (clubs, change) in moved.items()],
    )
    for c in np.flatnonzero(inputs.posts[t]):
        goods = inputs.posts[t, c] * seats.deprived[:, :, c]
        of_club = value[:, :, c]
        of_club -= world.of_one_club["patronage"] * goods
    return value


def answer_requests(world: World, t: int, before: Status8) -> None:
    """Who is in asks for help, or for consent to forces of others on its soil; the others answer."""
    for s, kind, asked in world.inputs.requests.get(t, ()):
        for c, rules in enumerate(world.inputs.rules[t]):
            run = np.flatnonzero(among(before[:, s, c], *BOUND))
            if not len(run):
                continue
            petition = Petition(t, c, run, np.full(len(run), s), before)
            if kind == "base":
                _answer_base(world, rules, petition)
                continue
            helped = _answer_need(world, rules, petition, kind, asked)
            if world.inputs.situation.clubs.guarantees[c]:
                sign = np.where(helped, 1.0, -1.0)
                world.new_belief_updates[run] += sign[:, None] * world.inputs.belief_update(
                    t, s, kind, c
                )


def _answer_base(world: World, rules: RulesInForce, petition: "Petition") -> None:
    if rules.bases is None:
        return
    refused = np.zeros(len(petition), bool)
    if rules.bases.consent:
        chance = _objection(world, petition, "base_objection")
        refused = _drawn(world, petition, "base") < _refusal(world, rules, petition, chance)
    _decide(world, petition, refused, Act.HOST_BASE, Act.REFUSE_BASE, rules.bases.id)


def _answer_need(
    world: World, rules: RulesInForce, petition: "Petition", kind: str, asked: bool
) -> Bools:
    """Whether help comes; what no rule covers, or was not asked where it must be, is not answered at all."""
    rule = rules.covering(kind)
    if rule is None or (not asked and getattr(rule, "on_request", True)):
        return np.zeros(len(petition), bool)
    votes = _votes(world, petition)
    if getattr(rule, "interim", False):
        votes = votes & (world.seats.gap[petition.run, :, petition.c] == 0)
    chance, patron = _objection(world, petition, "help_objection"), world.inputs.patron
    chance[:, patron] = _objection(world, petition, "patron_reluctance")[:, patron]
    if rules.limited_format is not None:  # the willing act, but not without the patron's forces
        nobody = np.prod(np.where(votes, chance, 1.0), axis=-1)
        refusal = np.where(votes[:, patron], chance[:, patron], nobody)
    else:
        refusal = _refusal(world, rules, petition, chance, votes=votes)
    refused = _drawn(world, petition, "help") < refusal
    session = rules.session
    if session is not None and not (kind in ATTACKS and session.victim_alone):
        refused |= votes.sum(axis=-1) < session.proposers  # nobody calls the session
    _decide(world, petition, refused, Act.HELP, Act.REFUSE_HELP, rule.id)
    return ~refused


def hold_session(world: World, t: int, before: Status8) -> None:
    """The regular session decides on requests for suspension, members in breach, debtors and observers."""
    for c, rules in enumerate(world.inputs.rules[t]):
        if not rules.sits:
            continue
        if rules.voluntary_suspension is not None:
            _answer_suspension(world, t, c, rules, before)
        breach = (world.seats.gap[:, :, c] > 0) | among(before[:, :, c], *UNPAID)
        if rules.expulsion is not None:
            held = among(before[:, :, c], Status.SANCTIONED) & breach
            acts = (Act.EXPEL, Act.REFUSE_EXPULSION)
            out = Status.EXPELLED
            by = (rules.expulsion.id, rules.expulsion.majority)
            _judge(world, t, c, rules, held, before, acts, out, *by)
        if rules.sanction is not None:
            held = among(before[:, :, c], *PARTY) & breach
            acts = (Act.SANCTION, Act.REFUSE_SANCTION)
            out = Status.SANCTIONED
            by = (rules.sanction.id, rules.sanction.majority)
            _judge(world, t, c, rules, held, before, acts, out, *by)
        if rules.arrears is not None and not rules.arrears.automatic:
            owes = world.seats.arrears[:, :, c] >= rules.arrears.months
            owes &= is_in(world.status[:, :, c])
            owes &= ~world.seats.deprived[:, :, c]
            acts = (Act.LOSE_RIGHTS, Act.REFUSE_LOSS_OF_RIGHTS)
            _judge(world, t, c, rules, owes, before, acts, None, rules.arrears.id, False)
        if rules.observer is not None and rules.observer.withdrawable and rules.incompatible:
            suspect = np.zeros_like(breach)
            for other in _clubs(world, rules.incompatible.suspects):
                suspect |= is_in(before[:, :, other])
            suspect &= among(before[:, :, c], Status.OBSERVER)
            acts = (Act.END_OBSERVER, Act.REFUSE_END_OBSERVER)
            by = (rules.observer.id, False)
            _judge(world, t, c, rules, suspect, before, acts, Status.NONE, *by)


def _answer_suspension(world: World, t: int, c: int, rules: RulesInForce, before: Status8) -> None:
    rule = rules.voluntary_suspension
    asked = among(before[:, :, c], Status.SUSPENSION_REQUESTED) & world.inputs.decides
    petition = Petition(t, c, *_where(asked), before)
    if rule is None or not len(petition):
        return
    refused = np.zeros(len(petition), bool)
    if rule.consensus:
        chance = council.objection(
            world.of_one_club["release"][petition.run],
            -world.of_one_club["objection_rivalry"][petition.run],
            world.inputs.situation.rivalry[t, petition.state],
        )
        drawn = _drawn(world, petition, "answer suspension")
        refused = drawn < _refusal(world, rules, petition, chance)
    acts = (Act.SUSPEND, Act.REFUSE_SUSPENSION)
    _decide(world, petition, refused, *acts, rule.id, Status.SUSPENDED, Status.MEMBER)


def _judge(
    world: World,
    t: int,
    c: int,
    rules: RulesInForce,
    accused: Bools,
    before: Status8,
    acts: tuple[Act, Act],
    status: Status | None,
    rule: str,
    majority: bool,
) -> None:
    """A case against a seat: a member must propose it, and the others must not refuse; one draw decides both."""
    petition = Petition(t, c, *_where(accused & world.inputs.decides), before)
    if not len(petition):
        return
    votes = _votes(world, petition)
    favour = np.zeros_like(votes)
    if rules.chair is not None:
        favour = _chair(world, t, c, before)[petition.run]
    agenda = world.of_one_club["chair_agenda"][petition.run] * favour
    base = world.of_one_club["sanction"][petition.run] + agenda
    per_rivalry = world.of_one_club["objection_rivalry"][petition.run]
    rivalry = world.inputs.situation.rivalry[t, petition.state]
    proposed = council.any_objection(council.objection(base, per_rivalry, rivalry) * votes)
    proposed = np.where(world.noise.proposed(acts[0], c, t)[petition.state], 1.0, proposed)
    friends = world.of_one_club["sanction_objection"][petition.run]
    chance = council.objection(friends, -per_rivalry, rivalry)
    refusal = _refusal(world, rules, petition, chance, votes=votes, majority=majority)
    drawn = _drawn(world, petition, acts[0].name.lower())
    raised, passed = drawn < proposed, drawn < proposed * (1.0 - refusal)
    lost = petition.where(passed)
    if acts[0] == Act.LOSE_RIGHTS and rules.arrears is not None:
        _deprive(world, t, c, lost.run, lost.state, rules.arrears)
    else:
        _log(world, t, c, lost.run, lost.state, acts[0], status, rule)
    spared = petition.where(raised & ~passed)
    _log(world, t, c, spared.run, spared.state, acts[1], None, rule)


def _deprive(world: World, t: int, c: int, run: Ints, state: Ints, rule: Arrears) -> None:
    """Debtors lose what the rule takes; a party that loses participation is sanctioned by that."""
    world.seats.deprived[run, state, c] = True
    falls = among(world.status[run, state, c], *PARTY) & ("participation" in rule.takes)
    _log(world, t, c, run[falls], state[falls], Act.LOSE_RIGHTS, Status.SANCTIONED, rule.id)
    _log(world, t, c, run[~falls], state[~falls], Act.LOSE_RIGHTS, None, rule.id)


def _chair(world: World, t: int, c: int, before: Status8) -> Bools:
    """Who holds the chair, shape (R, S): members in the order of names, one more each year."""
    order = world.inputs.chair_order
    seats = is_in(before[:, :, c])[:, order]
    place = np.cumsum(seats, axis=1)
    count = np.maximum(1, place[:, -1:])
    year = world.inputs.case.months[t] // MONTHS_PER_YEAR
    holds = seats & (place == year % count + 1)
    found = np.zeros_like(holds)
    found[:, order] = holds
    return np.asarray(found)


def sign_prolongations(world: World, t: int, before: Status8) -> None:
    """At the end of a term that must be renewed, who does not sign leaves; without a text nobody can sign."""
    for c, rules in enumerate(world.inputs.rules[t]):
        if not rules.renewal_due or rules.term is None:
            continue
        informed = max(0, t - rules.term.informed_months_before)
        value = weigh(world, informed, before, t)[:, :, c]
        log_odds = deliberation.renewal(value, world.of_one_club)
        drawn = world.noise.logistic_once("renew", c, t, np.flatnonzero(world.inputs.decides))
        seated = is_in(before[:, :, c]) & world.inputs.decides
        signs = seated & among(before[:, :, c], *MAY_SIGN) & rules.prolonged
        signs &= log_odds > drawn
        _apply(world, t, c, signs, Act.RENEW, None, rules.term.id)
        _apply(world, t, c, seated & ~signs, Act.ABSTAIN, None, rules.term.id)
        _apply(world, t, c, seated & ~signs, Act.LAPSE, Status.LEFT, rules.term.id)


def depart(world: World, t: int, before: Status8, value: Floats) -> None:
    """Members ask for suspension, or give notice, or freeze or resume participation; observers give up.

    Notice is open to who is sanctioned and to who waits for an answer, too.
    """
    inputs, noise = world.inputs, world.noise
    unmoved = (world.status == before) & inputs.decides[:, None]
    party = among(before, *PARTY) & unmoved
    guarantees = inputs.situation.clubs.guarantees
    to_leave = deliberation.leaving(value, world.parameters, guarantees, inputs.runs_out[t])
    leaves = (to_leave > noise.logistic("withdraw", t)) & among(before, *MAY_LEAVE) & unmoved
    some_leave = leaves.any(axis=(0, 1))
    for c, rules in enumerate(inputs.rules[t]):
        if rules.renewal_due:
            continue
        friction, free, gives = world.of_one_club, party[:, :, c], leaves[:, :, c]
        if rules.voluntary_suspension is not None:
            log_odds = deliberation.asking_suspension(
                value[:, :, c], friction, bool(inputs.runs_out[t, c])
            )
            asks = free & (log_odds > noise.logistic_in("suspend", c, t))
            rule = rules.voluntary_suspension.id
            _apply(world, t, c, asks, Act.REQUEST_SUSPENSION, Status.SUSPENSION_REQUESTED, rule)
            free, gives = free & ~asks, gives & ~asks
        if rules.withdrawal is not None and some_leave[c]:
            _give_notice(world, t, c, rules, *_where(gives))
            free = free & ~gives
        if rules.participation is not None:
            rule = rules.participation.id
            log_odds = deliberation.freezing(value[:, :, c], friction)
            freezes = free & among(before[:, :, c], Status.MEMBER)
            freezes &= log_odds > noise.logistic_in("freeze", c, t)
            _apply(world, t, c, freezes, Act.FREEZE, Status.FROZEN, rule)
            idle = among(before[:, :, c], Status.FROZEN, Status.SANCTIONED)
            if idle.any():
                idle &= (world.status[:, :, c] == before[:, :, c]) & inputs.decides
                log_odds = deliberation.resumption(value[:, :, c], friction)
                resumes = idle & (log_odds > noise.logistic_in("resume", c, t))
                world.seats.gap[:, :, c][resumes] = 0
                _apply(world, t, c, resumes, Act.RESUME, Status.MEMBER, rule)
        if rules.observer is not None:
            observes = among(before[:, :, c], Status.OBSERVER) & unmoved[:, :, c]
            if observes.any():
                drawn = noise.logistic_in("cease observing", c, t)
                ceases = observes & (to_leave[:, :, c] > drawn)
                rule = rules.observer.id
                _apply(world, t, c, ceases, Act.CEASE_OBSERVING, Status.NONE, rule)


def _give_notice(world: World, t: int, c: int, rules: RulesInForce, run: Ints, state: Ints) -> None:
    """A notice takes effect when it has run and, where the law says so, what is owed is paid."""
    rule = rules.withdrawal
    if rule is None or not len(run):
        return
    wait = np.full(len(run), rule.notice_months)
    if rule.settlement:
        wait = np.maximum(wait, world.seats.arrears[run, state, c])
    now = wait == 0
    _log(world, t, c, run[now], state[now], Act.WITHDRAW, Status.LEFT, rule.id)
    later = ~now
    inputs = (run[later], state[later])
    _log(world, t, c, *inputs, Act.WITHDRAW, Status.NOTICE_GIVEN, rule.id, t + wait[later])


def accede(world: World, t: int, before: Status8, value: Floats) -> None:
    """States outside petition to be members or observers; where the rule is consensus, one objection is enough."""
    inputs, seats = world.inputs, world.seats
    seated, barred = is_in(before), inputs.barred[t]
    outside = ~seated & (world.status == before)
    outside &= inputs.may_petition[t]  # in place: the table lies otherwise in memory
    for c, rules in enumerate(inputs.rules[t]):
        if rules.accession is not None and rules.accession.observers_only:
            outside[:, :, c] &= among(before[:, :, c], Status.OBSERVER)
    for c, other in barred:
        of_club = outside[:, :, c]
        of_club &= ~seated[:, :, other]
    log_odds = deliberation.accession(
        value,
        world.parameters,
        inputs.situation.clubs.guarantees,
        inputs.unasked[t],
        inputs.window[t],
        inputs.founding[t],
    )
    for c in inputs.priced[t]:
        former, dear = seats.former[:, :, c], inputs.dear[t, :, c]
        back = former & (inputs.rules[t][c].restoration is not None)
        of_club = log_odds[:, :, c]
        of_club += deliberation.return_price(
            inputs.price[t, c] * former, back, dear, world.of_one_club
        )
    petitions = outside & (log_odds > world.noise.logistic("accede", t))
    some_ask = petitions.any(axis=(0, 1))
    for c, rules in enumerate(inputs.rules[t]):
        if rules.accession is None or not some_ask[c]:
            continue
        for other in (o for own, o in barred if own == c):  # who was admitted there just now
            petitions[:, :, c] &= ~is_in(world.status[:, :, other])
        asked = Petition(t, c, *_where(petitions[:, :, c]), before)
        if rules.restoration is not None:
            back = seats.former[asked.run, asked.state, c]
            _admit(world, rules, rules.restoration, asked.where(back))
            asked = asked.where(~back)
        _admit(world, rules, rules.accession, asked)
    for c, rules in enumerate(inputs.rules[t]):
        if rules.observer is not None and rules.hears_petitions:
            _observe(world, t, c, rules.observer, rules, before, value, petitions[:, :, c])


def _admit(
    world: World, rules: RulesInForce, rule: Accession | Restoration, petition: "Petition"
) -> None:
    """Members answer petitions for a seat; who is admitted is a member when it has ratified."""
    if not len(petition):
        return
    t, c = petition.t, petition.c
    refused = np.zeros(len(petition), bool)
    if rule.consensus or rule.ministers:
        votes, admission = _votes(world, petition), np.ones(len(petition))
        for asks, base in ((rule.consensus, "objection"), (rule.ministers, "ministers")):
            if asks:
                chance = _objection(world, petition, base)
                admission *= 1.0 - _refusal(world, rules, petition, chance, votes=votes)
        drawn = world.noise.uniform_in("answer accession", c, t)[petition.run, petition.state]
        refused = drawn < 1.0 - admission
    due = t + rule.ratification_months
    if world.inputs.ratified[t, c] == NEVER:
        due = NEVER
    status, due = (Status.MEMBER, NEVER) if due == t else (Status.SIGNATORY, due)
    _decide(world, petition, refused, Act.ACCEDE, Act.REFUSE_ACCESSION, rule.id, status, due=due)
    if isinstance(rule, Restoration):
        inside = petition.where(~refused)
        world.seats.gap[inside.run, inside.state, c] = world.inputs.owed[t, c]


def _observe(
    world: World,
    t: int,
    c: int,
    rule: Observer,
    rules: RulesInForce,
    before: Status8,
    value: Floats,
    petitioned: Bools,
) -> None:
    inputs = world.inputs
    log_odds = deliberation.observation(value[:, :, c], world.of_one_club)
    asks = log_odds > world.noise.logistic_in("observe", c, t)
    asks &= inputs.may_observe[t, :, c] & inputs.decides
    asks &= ~is_in(before[:, :, c]) & ~among(before[:, :, c], Status.OBSERVER) & ~petitioned
    if not asks.any():
        return
    petition = Petition(t, c, *_where(asks), before)
    refused = np.zeros(len(petition), bool)
    if rule.consensus:
        chance = _objection(world, petition, "objection")
        draw = world.noise.uniform_in("answer observer", c, t)[petition.run, petition.state]
        refused = draw < _refusal(world, rules, petition, chance)
    acts = (Act.OBSERVE, Act.REFUSE_OBSERVER)
    _decide(world, petition, refused, *acts, rule.id, Status.OBSERVER)


def keep_accounts(world: World, t: int) -> None:
    """Debts grow or are paid; who owes nothing has its rights again; some lose them by the rule."""
    seats = world.seats
    concerned = among(seats.status, *UNPAID) | (seats.arrears != 0) | seats.deprived
    some = concerned.ravel(order="K").nonzero()[0]
    if not len(some):
        return
    arrears, status = seats.arrears.ravel(order="K"), seats.status.ravel(order="K")
    arrears[some] = owed_after(arrears[some], status[some])
    for c, rules in enumerate(world.inputs.rules[t]):
        if rules.arrears is None:
            continue
        paid = seats.deprived[:, :, c] & (seats.arrears[:, :, c] == 0)
        seats.deprived[:, :, c] &= ~paid
        paid &= is_in(seats.status[:, :, c])
        _apply(world, t, c, paid, Act.RECOVER_RIGHTS, None, rules.arrears.id)
        if rules.arrears.automatic:
            owes = (seats.arrears[:, :, c] >= rules.arrears.months) & ~seats.deprived[:, :, c]
            _deprive(world, t, c, *_where(owes & world.inputs.decides), rules.arrears)


def take_part(world: World, t: int, value: Floats) -> None:
    """Participation follows the worth of the seat; who takes little part declines what it may and is courted."""
    inputs, seats = world.inputs, world.seats
    months = inputs.case.fixed("participation_months")
    courts = inputs.case.months[t] % MONTHS_PER_YEAR + 1 == COURTING_MONTH
    for c, rules in enumerate(inputs.rules[t]):
        rule = rules.participation
        if rule is None:
            continue
        part, status = world.participation[:, :, c], seats.status[:, :, c]
        target = perception.willingness(value[:, :, c])
        if seats.gap[:, :, c].any():
            target *= perception.joined(seats.gap[:, :, c], rules.acquis)
        target *= ~among(status, *UNPAID)
        followed = perception.followed(part, target, months)
        np.copyto(part, np.where(np.isnan(part), target, followed))
        np.copyto(part, np.nan, where=~(is_in(status) & inputs.decides))
        if not rules.opened and not courts:
            continue
        drifts = part < HALF
        for statute in rules.opened:
            seats.gap[:, :, c][drifts] += 1
            _apply(world, t, c, drifts, Act.DECLINE, None, statute.id)
        if courts and inputs.situation.clubs.patron_led[c] and drifts.any():
            _court(world, t, c, drifts, rule.id)


def _court(world: World, t: int, c: int, drifts: Bools, rule: str) -> None:
    """Once a year the patron may court whom it sees drift."""
    run, state = _where(drifts)
    chance = deliberation.probability(world.parameters["court"][run, 0, 0])
    drawn = world.noise.occasional("court", c, t, np.unique(state))[run, state]
    courted = drawn < chance
    world.seats.courted_in[run[courted], state[courted], c] = t
    _log(world, t, c, run[courted], state[courted], Act.COURT, None, rule)


def update_beliefs(world: World) -> None:
    """What was learnt fades, and what the month's needs teach is added."""
    if world.new_belief_updates.any() or world.belief_updates.any():
        half_life = world.inputs.case.fixed("belief_half_life")
        world.belief_updates = (
            perception.faded(world.belief_updates, half_life) + world.new_belief_updates
        )
        world.new_belief_updates[...] = 0.0


# petitions and votes -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Petition:
    """What states ask of a club in a month: one entry for each run and state that asks."""

    t: int
    c: int
    run: Ints
    state: Ints
    #: statuses on which everybody decides this month, shape (R, S, C)
    before: Status8

    def __len__(self) -> int:
        """Number of entries."""
        return len(self.run)

    @cached_property
    def statuses(self) -> Status8:
        """Statuses of all states in the club, on which everybody decides, shape (n, S)."""
        return self.before[self.run, :, self.c]

    def where(self, keep: Bools) -> "Petition":
        """The entries that are kept."""
        return Petition(self.t, self.c, self.run[keep], self.state[keep], self.before)


def _votes(world: World, petition: Petition) -> Bools:
    """Who has a say: members not sanctioned, with a vote, other than the one concerned; shape (n, S)."""
    votes = is_in(petition.statuses) & ~among(petition.statuses, Status.SANCTIONED)
    if world.inputs.rules[petition.t][petition.c].takes("vote"):
        votes &= ~world.seats.deprived[petition.run, :, petition.c]
    votes[np.arange(len(petition)), petition.state] = False
    return votes


def _objection(world: World, petition: Petition, base: str) -> Floats:
    """The chance that each member objects, shape (n, S)."""
    log_odds = world.of_one_club[base][petition.run]
    incompatible = world.inputs.rules[petition.t][petition.c].incompatible
    for other in _clubs(
        world, incompatible.suspects if incompatible and base == "objection" else ()
    ):
        suspect = is_in(petition.before[petition.run, petition.state, other])[:, None]
        log_odds = log_odds + world.of_one_club["suspicion"][petition.run] * suspect
    return council.objection(
        log_odds,
        world.of_one_club["objection_rivalry"][petition.run],
        world.inputs.situation.rivalry[petition.t, petition.state],
    )


def _refusal(
    world: World,
    rules: RulesInForce,
    petition: Petition,
    chance: Floats,
    *,
    votes: Bools | None = None,
    majority: bool = False,
) -> Floats:
    """The chance that a petition is refused. The absent say nothing, or block, as the rule of voting has it."""
    votes = _votes(world, petition) if votes is None else votes
    absent = among(petition.statuses, Status.FROZEN) & votes
    if not absent.any():
        return council.refusal(chance, votes, majority=majority)
    refusal = council.refusal(chance, votes & ~absent, majority=majority)
    if rules.voting is None or rules.voting.absence_blocks:
        refusal = np.where(absent.any(axis=-1), 1.0, refusal)
    return refusal


def _drawn(world: World, petition: Petition, act: str) -> Floats:
    states = np.unique(petition.state)
    return world.noise.occasional(act, petition.c, petition.t, states)[petition.run, petition.state]


def _decide(
    world: World,
    petition: Petition,
    refused: Bools,
    yes: Act,
    no: Act,
    rule: str,
    status: Status | None = None,
    status_if_refused: Status | None = None,
    due: int = NEVER,
) -> None:
    kept, won = petition.where(refused), petition.where(~refused)
    _log(world, petition.t, petition.c, kept.run, kept.state, no, status_if_refused, rule)
    _log(world, petition.t, petition.c, won.run, won.state, yes, status, rule, due)


def _clubs(world: World, names: tuple[str, ...] | list[str]) -> list[int]:
    clubs = tuple(world.inputs.case.clubs)
    return [clubs.index(name) for name in names]


def _where(mask: Bools) -> tuple[Ints, Ints]:
    """The runs and states of a mask (R, S) of one club, state by state."""
    states = mask.T  # runs lie side by side in memory
    state, run = np.divmod(states.ravel().nonzero()[0], states.shape[1])
    return run, state


def _apply(
    world: World,
    t: int,
    c: int,
    mask: Bools,
    act: Act,
    status: Status | None,
    rule: str,
) -> None:
    """Do to the seats of a mask (R, S) what `_log` does to those of a list."""
    _log(world, t, c, *_where(mask), act, status, rule)


def _log(
    world: World,
    t: int,
    c: int,
    run: Ints,
    state: Ints,
    act: Act,
    status: Status | None,
    rule: str,
    due: int | Ints = NEVER,
) -> None:
    """The one place where a status changes: log the act with its rule and set the new status, if any."""
    if not len(run):
        return
    world.log.append(Logged(t, run, state, c, act, rule))
    if status is None:
        return
    seats = world.seats
    seats.status[run, state, c] = status
    seats.due[run, state, c] = due
    if status in FORMER:
        seats.former[run, state, c] = True
        seats.gap[run, state, c] = 0
        seats.deprived[run, state, c] = False
        seats.left_in[run, state, c] = t
