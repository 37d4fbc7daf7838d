"""One month: the phases in their order, written once, for many runs at a time."""

from collections.abc import Iterator

import numpy as np

from tashkent.agents import acts, deliberation, perception
from tashkent.agents.situation import Bools, Floats
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.decisions import Decided
from tashkent.model.ends import was_left
from tashkent.model.inputs import OF_MEMBERS, Standing
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
    5. states weigh their seats on what they see, with the seats as they were after phase 2, and make up their minds
       on what the law leaves to them in 7 and 8;
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
    decided = decide_seats(world, t, before, value)
    sign_prolongations(world, t, before)
    depart(world, t, before, decided)
    announce_jointly(world, t, before, value)
    rescind(world, t, before, value)
    accede(world, t, before, value, decided)
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
    _end_seats(world, t)


def _end_seats(world: World, t: int) -> None:
    """Who is in a club that ends, or is a state that does, is out."""
    inputs = world.inputs
    for c, rules in enumerate(inputs.rules[t]):
        for rule in rules.extinction:
            its = np.array([state == rule.state for state in inputs.case.state_ids])
            seat = is_in(world.status[:, :, c]) & its
            enact_where(world, t, c, seat, Act.END, Status.LEFT, rule.id)
        if rules.dissolution is not None:
            seated = is_in(world.status[:, :, c])
            few = seated.sum(axis=1) < rules.dissolution.below
            few &= was_left(inputs, world.seats.former, c)
            over = few | (rules.dissolution.below == 0)
            seats = seated & inputs.decides & over[:, None]
            enact_where(world, t, c, seats, Act.END, Status.LEFT, rules.dissolution.id)


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
    value = deliberation.value_of_seat(
        inputs.at_rest[1][t], world.weights_at_rest, _changed_terms(world, t, standing)
    )
    for c in np.flatnonzero(inputs.posts[t]):
        goods = inputs.posts[t, c] * seats.deprived[:, :, c]
        of_club = value[:, :, c]
        of_club -= world.of_one_club["patronage"] * goods
    return value


def _changed_terms(world: World, t: int, standing: Standing) -> Iterator[deliberation.Weighted]:
    """The terms that runs change; one that hangs on what has changed in a club as far as it differs there."""
    inputs = world.inputs
    for reader in inputs.readers:
        weight = world.weights[reader.name]
        if reader.clubs is not None:
            yield reader.span, weight, inputs.term(reader.name, t, standing, reader.span)
        elif clubs := standing.clubs_of(reader):
            yield clubs, weight, inputs.term_delta(reader.name, t, standing, clubs)


def decide_seats(world: World, t: int, before: Status8, value: Floats) -> Decided:
    """What states decide on their own seats; `before` and `value` have shape (R, S, C)."""
    return world.decisions.of_month(t, value, world.seats, before, world.noise)


def sign_prolongations(world: World, t: int, before: Status8) -> None:
    """At the end of a term that must be renewed, who does not sign leaves; without a text nobody can sign.

    `before` has shape (R, S, C).
    """
    for c, rules in enumerate(world.inputs.rules[t]):
        if not rules.renewal_due or rules.term is None:
            continue
        informed = max(0, t - rules.term.informed_months_before)
        value = weigh(world, informed, before, t)[:, :, c]
        seated = is_in(before[:, :, c]) & world.inputs.decides
        may_sign = seated & among(before[:, :, c], *MAY_SIGN) & rules.prolonged
        signs = _happens(world, "renew", t, c, value, may_sign)
        enact_where(world, t, c, signs, Act.RENEW, None, rules.term.id)
        enact_where(world, t, c, seated & ~signs, Act.ABSTAIN, None, rules.term.id)
        enact_where(world, t, c, seated & ~signs, Act.LAPSE, Status.LEFT, rules.term.id)


def depart(world: World, t: int, before: Status8, decided: Decided) -> None:
    """Members ask for suspension, or give notice, or freeze or resume participation; observers give up.

    Notice is open to who is sanctioned and to who waits for an answer, too. Who asks for suspension does nothing else
    in the club in the month, nor does who gives notice.

    `before` has shape (R, S, C).
    """
    for c, rules in enumerate(world.inputs.rules[t]):
        asks, gives, freezes, resumes, ceases = (decided.get((act, c)) for act in OF_MEMBERS)
        if asks is not None and rules.voluntary_suspension is not None:
            rule, status = rules.voluntary_suspension.id, Status.SUSPENSION_REQUESTED
            enact_where(world, t, c, asks, Act.REQUEST_SUSPENSION, status, rule)
        if gives is not None:
            gives = _but(gives, asks)
            _give_notice(world, t, c, rules, *entries_of(gives))
        if freezes is not None and rules.participation is not None:
            freezes, rule = _but(freezes, asks, gives), rules.participation.id
            enact_where(world, t, c, freezes, Act.FREEZE, Status.FROZEN, rule)
        if resumes is not None and rules.participation is not None:
            resumes, rule = _but(resumes, asks, gives), rules.participation.id
            world.seats.gap[:, :, c][resumes] = 0
            enact_where(world, t, c, resumes, Act.RESUME, Status.MEMBER, rule)
        if ceases is not None and rules.observer is not None:
            rule = rules.observer.id
            enact_where(world, t, c, ceases, Act.CEASE_OBSERVING, Status.NONE, rule)


def _but(some: Bools, *others: Bools | None) -> Bools:
    """Some seats of a club but for others, each of shape (R, S) or None for none."""
    for other in others:
        some = some if other is None else some & ~other
    return some


def _happens(
    world: World,
    act: str,
    t: int,
    c: int,
    value: Floats,
    may: Bools,
    features: acts.Features | None = None,
) -> Bools:
    """Where states choose an act in one club, by the value of its seats; all of shape (R, S)."""
    if not may.any():
        return may
    odds = acts.of_one_club(act, value, world.of_one_club, features)
    streams = ((STREAMS[Act[act.upper()]][0], c),)
    return np.asarray(world.noise.exceeded(streams, t, odds, may.T[None])[0].T)


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
            joins = _happens(world, "withdraw", t, c, value[:, :, c], called, features)
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
        stays = _happens(world, "rescind", t, c, value[:, :, c], runs)
        held, rule = world.seats.sanctioned[:, :, c], rules.withdrawal.id
        enact_where(world, t, c, stays & ~held, Act.RESCIND, Status.MEMBER, rule)
        enact_where(world, t, c, stays & held, Act.RESCIND, Status.SANCTIONED, rule)


def accede(world: World, t: int, before: Status8, value: Floats, decided: Decided) -> None:
    """States outside petition to be members or observers; where the rule is consensus, one objection is enough.

    `before` and `value` have shape (R, S, C).
    """
    inputs, seats, clubs = world.inputs, world.seats, tuple(world.inputs.case.clubs.values())
    petitions: dict[int, Bools] = {}
    for c, rules in enumerate(inputs.rules[t]):
        if ("accede", c) not in decided or rules.accession is None:
            continue
        asks = decided["accede", c] & (world.status[:, :, c] == before[:, :, c])
        for own, other in inputs.barred[t]:
            if own == c:  # who was admitted there just now
                asks &= ~is_in(world.status[:, :, other])
        petitions[c] = asks
        asked = Petition(t, c, *entries_of(asks), before)
        if clubs[c].hosts:
            asked = asked.where(~hosting_refused(world, asked))
        if rules.restoration is not None:
            back = seats.former[asked.run, asked.state, c]
            _admit(world, rules, rules.restoration, asked.where(back))
            asked = asked.where(~back)
        if inputs.founding[t, c]:
            odds = world.decisions.log_odds("accede", t, c, value, seats)
            eagerness = odds[asked.run, asked.state] - world.noise.logistic(
                "accede", t, c, asked.run, asked.state
            )
            _found(world, rules, rules.accession, asked, eagerness)
        else:
            _admit(world, rules, rules.accession, asked)
    for c, rules in enumerate(inputs.rules[t]):
        if ("observe", c) in decided and rules.observer is not None:
            asks = decided["observe", c]
            if c in petitions:
                asks = asks & ~petitions[c]
            _observe(world, rules.observer, rules, Petition(t, c, *entries_of(asks), before))


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
