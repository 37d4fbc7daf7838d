"""The regular session of a club's council: suspension, members in breach, debtors and observers."""

import numpy as np

from tashkent.agents import council
from tashkent.agents.situation import Bools
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.law import RulesInForce
from tashkent.model.petitions import (
    Petition,
    answer_drawn,
    club_indices,
    decide,
    objection_chance,
    refusal_chance,
    votes_on,
)
from tashkent.model.seats import Status8
from tashkent.model.statuses import PARTY, UNPAID, Act, Status, among, is_in
from tashkent.model.statutes import Arrears, Sanction
from tashkent.model.world import Ints, World, enact, entries_of


def hold_session(world: World, t: int, before: Status8) -> None:
    """The regular session decides on requests for suspension, members in breach, debtors and observers.

    `before` has shape (R, S, C).
    """
    for c, rules in enumerate(world.inputs.rules[t]):
        if rules.sanction is not None and rules.sanction.breach:
            _judge_regimes(world, t, c, rules, before)
        if not rules.sits:
            continue
        if rules.voluntary_suspension is not None:
            _answer_suspension(world, t, c, rules, before)
        breach = (world.seats.gap[:, :, c] > 0) | among(before[:, :, c], *UNPAID)
        if rules.expulsion is not None:
            held = among(before[:, :, c], Status.SANCTIONED) & breach
            held &= world.status[:, :, c] == Status.SANCTIONED
            acts = (Act.EXPEL, Act.REFUSE_EXPULSION)
            out = Status.EXPELLED
            by = (rules.expulsion.id, rules.expulsion.majority)
            _judge(world, t, c, rules, held, before, acts, out, *by)
        if rules.sanction is not None:
            held = among(before[:, :, c], *PARTY) & breach & ~world.inputs.in_breach(t, c)
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
            for other in club_indices(world, rules.incompatible.suspects):
                suspect |= is_in(before[:, :, other])
            suspect &= among(before[:, :, c], Status.OBSERVER)
            acts = (Act.END_OBSERVER, Act.REFUSE_END_OBSERVER)
            by = (rules.observer.id, False)
            _judge(world, t, c, rules, suspect, before, acts, Status.NONE, *by)


def _answer_suspension(world: World, t: int, c: int, rules: RulesInForce, before: Status8) -> None:
    rule = rules.voluntary_suspension
    asked = among(before[:, :, c], Status.SUSPENSION_REQUESTED) & world.inputs.decides
    petition = Petition(t, c, *entries_of(asked), before)
    if rule is None or not len(petition):
        return
    refused = np.zeros(len(petition), bool)
    if rule.consensus:
        chance = council.objection(
            world.of_one_club["release"][petition.run],
            -world.of_one_club["objection_rivalry"][petition.run],
            world.inputs.situation.rivalry[t, petition.state],
        )
        drawn = answer_drawn(world, petition, "answer suspension")
        refused = drawn < refusal_chance(world, rules, petition, chance)
    acts = (Act.SUSPEND, Act.REFUSE_SUSPENSION)
    decide(world, petition, refused, *acts, rule.id, Status.SUSPENDED, Status.MEMBER)


def _judge_regimes(world: World, t: int, c: int, rules: RulesInForce, before: Status8) -> None:
    """Who is ruled by a regime that is a breach may be sanctioned; where it no longer is so, the sanction is lifted."""
    rule, sanctioned = rules.sanction, world.seats.sanctioned[:, :, c]
    if rule is None:
        return
    breach, convenes = world.inputs.in_breach(t, c), rules.sits or rule.out_of_session
    held = among(before[:, :, c], *PARTY, Status.NOTICE_GIVEN) & breach & ~sanctioned
    bettered = is_in(before[:, :, c]) & sanctioned & ~breach
    if convenes:
        acts = (Act.SANCTION, Act.REFUSE_SANCTION)
        _judge(world, t, c, rules, held, before, acts, None, rule.id, rule.majority, lasting=True)
    if rule.lifting == "condition" or convenes:
        _lift(world, rules, rule, Petition(t, c, *entries_of(bettered), before))


def _suspend(world: World, lost: Petition, rule: str) -> None:
    """A sanction that the club alone lifts."""
    _beside_notice(world, lost, Act.SANCTION, Status.SANCTIONED, rule)
    world.seats.sanctioned[lost.run, lost.state, lost.c] = True


def _lift(world: World, rules: RulesInForce, rule: Sanction, petition: Petition) -> None:
    """A sanction ends with its ground: by itself, or if the others do not refuse."""
    if not len(petition):
        return
    t, c, kept = petition.t, petition.c, np.zeros(len(petition), bool)
    if rule.lifting == "vote":
        chance = objection_chance(world, petition, "objection")
        drawn = answer_drawn(world, petition, "lift")
        kept = drawn < refusal_chance(world, rules, petition, chance, majority=rule.majority)
    stays, freed = petition.where(kept), petition.where(~kept)
    enact(world, t, c, stays.run, stays.state, Act.REFUSE_LIFT, None, rule.id)
    _beside_notice(world, freed, Act.LIFT, Status.MEMBER, rule.id)
    world.seats.sanctioned[freed.run, freed.state, c] = False


def _beside_notice(world: World, petition: Petition, act: Act, status: Status, rule: str) -> None:
    """An act that gives a seat a status, but for who is on notice: that runs on beside it."""
    t, c = petition.t, petition.c
    notice = among(world.status[petition.run, petition.state, c], Status.NOTICE_GIVEN)
    for some, new in ((petition.where(~notice), status), (petition.where(notice), None)):
        enact(world, t, c, some.run, some.state, act, new, rule)


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
    majority: council.Majority,
    *,
    lasting: bool = False,
) -> None:
    """A case against a seat: a member must propose it, and the others must not refuse; one draw decides both."""
    petition = Petition(t, c, *entries_of(accused & world.inputs.decides), before)
    if not len(petition):
        return
    votes = votes_on(world, petition)
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
    refusal = refusal_chance(world, rules, petition, chance, votes=votes, majority=majority)
    drawn = answer_drawn(world, petition, acts[0].name.lower())
    raised, passed = drawn < proposed, drawn < proposed * (1.0 - refusal)
    lost = petition.where(passed)
    if acts[0] == Act.LOSE_RIGHTS and rules.arrears is not None:
        deprive(world, t, c, lost.run, lost.state, rules.arrears)
    elif lasting:
        _suspend(world, lost, rule)
    else:
        enact(world, t, c, lost.run, lost.state, acts[0], status, rule)
    spared = petition.where(raised & ~passed)
    enact(world, t, c, spared.run, spared.state, acts[1], None, rule)


def deprive(world: World, t: int, c: int, run: Ints, state: Ints, rule: Arrears) -> None:
    """Debtors lose what the rule takes; a party that loses participation is sanctioned by that.

    `run` and `state` have shape (n,): one debtor each.
    """
    world.seats.deprived[run, state, c] = True
    falls = among(world.status[run, state, c], *PARTY) & ("participation" in rule.takes)
    enact(world, t, c, run[falls], state[falls], Act.LOSE_RIGHTS, Status.SANCTIONED, rule.id)
    enact(world, t, c, run[~falls], state[~falls], Act.LOSE_RIGHTS, None, rule.id)


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
