"""One month: the phases in their order, written once, for many runs at a time."""

import numpy as np

from tashkent.agents import acts, deliberation, perception
from tashkent.agents.situation import Bools, Floats
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.ends import alive, end_seats
from tashkent.model.law import RulesInForce
from tashkent.model.petitions import (
    Petition,
    answer_drawn,
    decide,
    objection_chance,
    refusal_chance,
    votes_on,
)
from tashkent.model.requests import answer_requests, hosting_refused
from tashkent.model.seats import NEVER, Status8, owed_after
from tashkent.model.session import deprive, hold_session
from tashkent.model.statuses import (
    MAY_LEAVE,
    MAY_SIGN,
    PARTY,
    UNPAID,
    Act,
    Status,
    among,
    is_in,
)
from tashkent.model.statutes import Accession, Observer, Restoration
from tashkent.model.streams import STREAMS
from tashkent.model.world import Ints, World, enact, enact_where, entries_of

#: below this a member takes little part
HALF = 0.5
#: the month of the year in which the patron looks who drifts
COURTING_MONTH = 1


def advance(world: World, t: int) -> None:
    """Bring a block of runs from the end of month ``t - 1`` to the end of month `t`.

    1. the patron takes the seats that the record gives it;
    2. what was pending takes effect: entries into force, ratifications, notices that have run, successions; clubs and
       states end;
    3. members answer requests for help and for consent to bases;
    4. the council's regular session decides on suspension, expulsion, sanctions, debtors and observers, and out of
       session on who is in breach by its regime;
    5. states weigh their seats on what they see, with the seats as they were after phase 2;
    6. where a term ends and must be renewed, members sign or leave;
    7. members ask for suspension, or give notice, or freeze or resume participation; observers give up; fellows
       of a bloc join a notice; who gave notice may take it back;
    8. states outside petition, and members answer;
    9. who does not pay falls in arrears, who pays recovers its rights;
    10. members take part as their seats are worth, decline instruments that they need not join, and the patron
        courts whom it sees drift;
    11. all learn from what came of the month's requests for help.

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
    announce_jointly(world, t, before, value)
    rescind(world, t, before, value)
    accede(world, t, before, value)
    keep_accounts(world, t)
    take_part(world, t, value)
    update_beliefs(world)


def follow_patron(world: World, t: int) -> None:
    """The seats of the patron, and of whoever else does not decide, are conditioned on."""
    follow = ~world.inputs.decides
    world.status[:, follow] = world.inputs.record.status[t, follow]


def take_effect(world: World, t: int) -> None:
    """Signatories become members and notices run out, on the day that the law set before."""
    decides = world.inputs.decides
    due = (world.seats.due == t) & decides[:, None]
    something_due = due.any(axis=(0, 1))
    for c, rules in enumerate(world.inputs.rules[t]):
        status = world.status[:, :, c]
        if rules.succession is not None:
            carried = is_in(status) & decides
            enact_where(world, t, c, carried, Act.CARRY_OVER, None, rules.succession.id)
        if rules.entry_into_force is not None:
            rule = rules.entry_into_force.id
            signed = among(status, Status.SIGNATORY) & decides
            enact_where(world, t, c, signed, Act.ENTER_INTO_FORCE, Status.MEMBER, rule)
        if not something_due[c]:
            continue
        if rules.accession is not None:
            ratified = due[:, :, c] & among(status, Status.SIGNATORY)
            enact_where(
                world, t, c, ratified, Act.ENTER_INTO_FORCE, Status.MEMBER, rules.accession.id
            )
        if rules.withdrawal is not None:
            gone = due[:, :, c] & among(status, Status.NOTICE_GIVEN)
            if rules.withdrawal.settlement and gone.any():
                gone &= ~_put_off(world, t, c, gone)
            enact_where(world, t, c, gone, Act.LEAVE, Status.LEFT, rules.withdrawal.id)
    end_seats(world, t)


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
    deltas = inputs.term_deltas(t, standing)
    value = deliberation.value_of_seat(
        inputs.stacked[t],
        world.weights,
        [(clubs, world.of_all_clubs[name], delta) for name, (clubs, delta) in deltas.items()],
    )
    for c in np.flatnonzero(inputs.posts[t]):
        goods = inputs.posts[t, c] * seats.deprived[:, :, c]
        of_club = value[:, :, c]
        of_club -= world.of_one_club["patronage"] * goods
    return value


def sign_prolongations(world: World, t: int, before: Status8) -> None:
    """At the end of a term that must be renewed, who does not sign leaves; without a text nobody can sign.

    `before` has shape (R, S, C).
    """
    for c, rules in enumerate(world.inputs.rules[t]):
        if not rules.renewal_due or rules.term is None:
            continue
        informed = max(0, t - rules.term.informed_months_before)
        value = weigh(world, informed, before, t)[:, :, c]
        log_odds = acts.log_odds("renew", value, world.of_one_club)
        seated = is_in(before[:, :, c]) & world.inputs.decides
        may_sign = seated & among(before[:, :, c], *MAY_SIGN) & rules.prolonged
        signs = world.noise.exceeded("renew", t, log_odds, may_sign, c)
        enact_where(world, t, c, signs, Act.RENEW, None, rules.term.id)
        enact_where(world, t, c, seated & ~signs, Act.ABSTAIN, None, rules.term.id)
        enact_where(world, t, c, seated & ~signs, Act.LAPSE, Status.LEFT, rules.term.id)


def depart(world: World, t: int, before: Status8, value: Floats) -> None:
    """Members ask for suspension, or give notice, or freeze or resume participation; observers give up.

    Notice is open to who is sanctioned and to who waits for an answer, too.

    `before` and `value` have shape (R, S, C).
    """
    inputs = world.inputs
    unmoved = (world.status == before) & inputs.decides[:, None]
    party = among(before, *PARTY) & unmoved
    asks = _chosen(world, t, "request_suspension", value, party & inputs.suspends[t])
    leaves = _chosen(world, t, "withdraw", value, among(before, *MAY_LEAVE) & unmoved)
    members = among(before, Status.MEMBER) & unmoved & inputs.asks_to_take_part[t]
    freezes = _chosen(world, t, "freeze", value, members)
    idle = among(before, Status.FROZEN, Status.SANCTIONED) & unmoved & inputs.asks_to_take_part[t]
    idle &= ~world.seats.sanctioned
    resumes = _chosen(world, t, "resume", value, idle)
    observes = among(before, Status.OBSERVER) & unmoved
    ceases = _chosen(world, t, "cease_observing", value, observes)
    some = (asks | leaves | freezes | resumes | ceases).any(axis=(0, 1))
    for c in np.flatnonzero(some).tolist():
        rules = inputs.rules[t][c]
        if rules.renewal_due:
            continue
        stays = ~asks[:, :, c]
        if rules.voluntary_suspension is not None:
            rule = rules.voluntary_suspension.id
            enact_where(
                world,
                t,
                c,
                asks[:, :, c],
                Act.REQUEST_SUSPENSION,
                Status.SUSPENSION_REQUESTED,
                rule,
            )
        if rules.withdrawal is not None:
            gives = leaves[:, :, c] & stays
            _give_notice(world, t, c, rules, *entries_of(gives))
            stays &= ~gives
        if rules.participation is not None:
            rule = rules.participation.id
            enact_where(world, t, c, freezes[:, :, c] & stays, Act.FREEZE, Status.FROZEN, rule)
            back = resumes[:, :, c] & stays
            world.seats.gap[:, :, c][back] = 0
            enact_where(world, t, c, back, Act.RESUME, Status.MEMBER, rule)
        if rules.observer is not None:
            rule = rules.observer.id
            enact_where(world, t, c, ceases[:, :, c], Act.CEASE_OBSERVING, Status.NONE, rule)


def _chosen(world: World, t: int, act: str, value: Floats, may: Bools) -> Bools:
    """Where states that may choose an act on a seat, alike for all seats of a club, do so; all of shape (R, S, C)."""
    if not may.any():
        return may
    log_odds = acts.with_friction(act, value, world.frictions(act, t))
    return world.noise.exceeded(STREAMS[Act[act.upper()]][0], t, log_odds, may)


def _give_notice(world: World, t: int, c: int, rules: RulesInForce, run: Ints, state: Ints) -> None:
    """A notice takes effect when it has run and, where the law says so, what is owed is paid."""
    rule = rules.withdrawal
    if rule is None or not len(run):
        return
    wait = np.full(len(run), rule.notice_months)
    if rule.settlement:
        wait = np.maximum(wait, world.seats.arrears[run, state, c])
    now = wait == 0
    enact(world, t, c, run[now], state[now], Act.WITHDRAW, Status.LEFT, rule.id)
    later = ~now
    inputs = (run[later], state[later])
    enact(world, t, c, *inputs, Act.WITHDRAW, Status.NOTICE_GIVEN, rule.id, t + wait[later])


def announce_jointly(world: World, t: int, before: Status8, value: Floats) -> None:
    """Fellows of a bloc that see one of them give notice to a club that they leave together may join it at once.

    The noise is that of their own decision in the month. `before` and `value` have shape (R, S, C).
    """
    inputs, clubs = world.inputs, tuple(world.inputs.case.clubs)
    for b, bloc in ((b, rules.bloc) for b, rules in enumerate(inputs.rules[t])):
        fellows = is_in(before[:, :, b]) & inputs.decides
        for c in [clubs.index(name) for name in bloc.leaves] if bloc is not None else ():
            rules, may_leave = inputs.rules[t][c], among(before[:, :, c], *MAY_LEAVE) & fellows
            if rules.withdrawal is None or rules.renewal_due:
                continue
            announced = may_leave & among(world.status[:, :, c], Status.NOTICE_GIVEN, Status.LEFT)
            called = may_leave & (world.status[:, :, c] == before[:, :, c])
            called &= announced.any(axis=1)[:, None]
            features = {**inputs.features_of_club(t, c), "joint": np.ones((), bool)}
            log_odds = acts.log_odds("withdraw", value[:, :, c], world.of_one_club, features)
            joins = world.noise.exceeded("withdraw", t, log_odds, called, c)
            _give_notice(world, t, c, rules, *entries_of(joins))


def rescind(world: World, t: int, before: Status8, value: Floats) -> None:
    """Where the law lets it, who gave notice takes it back while it runs.

    `before` and `value` have shape (R, S, C).
    """
    for c, rules in enumerate(world.inputs.rules[t]):
        if rules.withdrawal is None or not rules.withdrawal.retractable or rules.renewal_due:
            continue
        runs = among(before[:, :, c], Status.NOTICE_GIVEN) & world.inputs.decides
        runs &= world.status[:, :, c] == before[:, :, c]
        if not runs.any():
            continue
        log_odds = acts.log_odds("rescind", value[:, :, c], world.of_one_club)
        stays = world.noise.exceeded("rescind", t, log_odds, runs, c)
        held, rule = world.seats.sanctioned[:, :, c], rules.withdrawal.id
        enact_where(world, t, c, stays & ~held, Act.RESCIND, Status.MEMBER, rule)
        enact_where(world, t, c, stays & held, Act.RESCIND, Status.SANCTIONED, rule)


def accede(world: World, t: int, before: Status8, value: Floats) -> None:
    """States outside petition to be members or observers; where the rule is consensus, one objection is enough.

    `before` and `value` have shape (R, S, C).
    """
    inputs, seats = world.inputs, world.seats
    seated, barred = is_in(before), inputs.barred[t]
    outside = ~seated & (world.status == before)
    outside &= inputs.may_petition[t]  # in place: the table lies otherwise in memory
    there = alive(inputs, t, before, seats.former)
    outside &= there
    for c, rules in enumerate(inputs.rules[t]):
        if rules.accession is not None and rules.accession.observers_only:
            outside[:, :, c] &= among(before[:, :, c], Status.OBSERVER)
    for c, other in barred:
        of_club = outside[:, :, c]
        of_club &= ~seated[:, :, other]
    log_odds = acts.with_friction("accede", value, world.frictions("accede", t))
    if inputs.priced[t]:
        log_odds += world.seat_frictions("accede", t)
    petitions = world.noise.exceeded("accede", t, log_odds, outside)
    some_ask = petitions.any(axis=(0, 1))
    clubs = tuple(inputs.case.clubs.values())
    for c, rules in enumerate(inputs.rules[t]):
        if rules.accession is None or not some_ask[c]:
            continue
        for other in (o for own, o in barred if own == c):  # who was admitted there just now
            petitions[:, :, c] &= ~is_in(world.status[:, :, other])
        asked = Petition(t, c, *entries_of(petitions[:, :, c]), before)
        if clubs[c].hosts:
            asked = asked.where(~hosting_refused(world, asked))
        if rules.restoration is not None:
            back = seats.former[asked.run, asked.state, c]
            _admit(world, rules, rules.restoration, asked.where(back))
            asked = asked.where(~back)
        if inputs.founding[t, c]:
            eagerness = log_odds[asked.run, asked.state, c]
            eagerness = eagerness - world.noise.logistic("accede", t, c, asked.run, asked.state)
            _found(world, rules, rules.accession, asked, eagerness)
        else:
            _admit(world, rules, rules.accession, asked)
    may = inputs.may_ask_to_observe[t] & ~seated & ~petitions
    may &= there
    may &= before != int(Status.OBSERVER)
    asks = _chosen(world, t, "observe", value, may)
    for c in np.flatnonzero(asks.any(axis=(0, 1))).tolist():
        rules = inputs.rules[t][c]
        if rules.observer is not None:
            petition = Petition(t, c, *entries_of(asks[:, :, c]), before)
            _observe(world, rules.observer, rules, petition)


def _found(
    world: World, rules: RulesInForce, rule: Accession, petition: "Petition", eagerness: Floats
) -> None:
    """Founders choose each other: the most eager sign first, and those before it are asked about each further one.

    `eagerness` is by how much the log-odds of signing exceed what was drawn, shape (n,).
    """
    order = np.lexsort((petition.state, -eagerness, petition.run))
    run = petition.run[order]
    rank = np.arange(len(run)) - np.searchsorted(run, run)
    for r in range(int(rank.max(initial=-1)) + 1):
        asked = petition.where(order[rank == r])
        seen = petition.before.copy(order="K")
        seen[:, :, petition.c] = world.status[:, :, petition.c]
        _admit(world, rules, rule, Petition(asked.t, asked.c, asked.run, asked.state, seen))


def _admit(
    world: World, rules: RulesInForce, rule: Accession | Restoration, petition: "Petition"
) -> None:
    """Members answer petitions for a seat; who is admitted is a member when it has ratified."""
    if not len(petition):
        return
    t, c = petition.t, petition.c
    refused = np.zeros(len(petition), bool)
    if rule.consensus or rule.ministers:
        votes, admission = votes_on(world, petition), np.ones(len(petition))
        for asks, base in ((rule.consensus, "objection"), (rule.ministers, "ministers")):
            if asks:
                chance = objection_chance(world, petition, base)
                admission *= 1.0 - refusal_chance(world, rules, petition, chance, votes=votes)
        drawn = answer_drawn(world, petition, "answer accession")
        refused = drawn < 1.0 - admission
    due = t + rule.ratification_months
    if world.inputs.ratified[t, c] == NEVER:
        due = NEVER
    status, due = (Status.MEMBER, NEVER) if due == t else (Status.SIGNATORY, due)
    decide(world, petition, refused, Act.ACCEDE, Act.REFUSE_ACCESSION, rule.id, status, due=due)
    if isinstance(rule, Restoration):
        inside = petition.where(~refused)
        world.seats.gap[inside.run, inside.state, c] = world.inputs.instruments_owed[t, c]


def _observe(world: World, rule: Observer, rules: RulesInForce, petition: Petition) -> None:
    """Members answer petitions to observe."""
    refused = np.zeros(len(petition), bool)
    if rule.consensus:
        chance = objection_chance(world, petition, "objection")
        draw = answer_drawn(world, petition, "answer observer")
        refused = draw < refusal_chance(world, rules, petition, chance)
    answers = (Act.OBSERVE, Act.REFUSE_OBSERVER)
    decide(world, petition, refused, *answers, rule.id, Status.OBSERVER)


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
        enact_where(world, t, c, paid, Act.RECOVER_RIGHTS, None, rules.arrears.id)
        if rules.arrears.automatic:
            owes = (seats.arrears[:, :, c] >= rules.arrears.months) & ~seats.deprived[:, :, c]
            deprive(world, t, c, *entries_of(owes & world.inputs.decides), rules.arrears)


def take_part(world: World, t: int, value: Floats) -> None:
    """Participation follows the worth of the seat; who takes little part declines what it may and is courted.

    `value` has shape (R, S, C).
    """
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
            enact_where(world, t, c, drifts, Act.DECLINE, None, statute.id)
        if courts and inputs.situation.clubs.patron_led[c] and drifts.any():
            _court(world, t, c, drifts, rule.id)


def _court(world: World, t: int, c: int, drifts: Bools, rule: str) -> None:
    """Once a year the patron may court whom it sees drift."""
    run, state = entries_of(drifts)
    chance = deliberation.probability(world.parameters["court"][run])
    courted = world.noise.uniform("court", t, c, run, state) < chance
    world.seats.courted_in[run[courted], state[courted], c] = t
    enact(world, t, c, run[courted], state[courted], Act.COURT, None, rule)


def update_beliefs(world: World) -> None:
    """What was learnt fades, and what the month's requests for help teach is added."""
    if world.new_belief_updates.any() or world.belief_updates.any():
        half_life = world.inputs.case.fixed("belief_half_life")
        world.belief_updates = (
            perception.faded(world.belief_updates, half_life) + world.new_belief_updates
        )
        world.new_belief_updates[...] = 0.0
