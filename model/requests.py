"""Requests of members for help, or for consent to forces of others on their soil, and how the others answer."""

from dataclasses import dataclass

import numpy as np

from tashkent.agents import council, deliberation
from tashkent.agents.situation import Bools, Floats
from tashkent.agents.terms import TEN
from tashkent.model.inputs import Call
from tashkent.model.law import RulesInForce
from tashkent.model.petitions import (
    Petition,
    answer_drawn,
    decide,
    objection_chance,
    refusal_chance,
    votes_on,
)
from tashkent.model.seats import Status8
from tashkent.model.statuses import BOUND, Act, among, is_in
from tashkent.model.statutes import ATTACKS
from tashkent.model.world import World


def answer_requests(world: World, t: int, before: Status8) -> None:
    """Who is in asks for help, or for consent to forces of others on its soil; the others answer.

    `before` has shape (R, S, C).
    """
    inputs = world.inputs
    for call in inputs.requests.get(t, ()):
        for c, rules in enumerate(inputs.rules[t]):
            bound = among(before[:, call.state, c], *BOUND)
            run = np.flatnonzero(bound & ~world.seats.sanctioned[:, call.state, c])
            if not len(run):
                continue
            petition = Petition(t, c, run, np.full(len(run), call.state), before)
            if call.kind == "base":
                _answer_base(world, rules, petition)
                continue
            helped = _answer_help_request(world, rules, petition, call)
            if inputs.situation.clubs.guarantees[c]:
                sign = np.where(helped, 1.0, -1.0)
                world.new_belief_updates[run] += sign[:, None] * inputs.belief_update(
                    t, call.state, call.kind, c
                )


def hosting_refused(world: World, petition: Petition) -> Bools:
    """Who may not host forces of others, as the rule on bases of a club of theirs asks for consent in vain; (n,).

    `petition` is for a seat in a club that stations forces.
    """
    refused = np.zeros(len(petition), bool)
    for c, rules in enumerate(world.inputs.rules[petition.t]):
        bound = np.flatnonzero(among(petition.before[petition.run, petition.state, c], *BOUND))
        if rules.bases is not None and len(bound):
            run, state = petition.run[bound], petition.state[bound]
            asked = Petition(petition.t, c, run, state, petition.before)
            refused[bound] |= _answer_base(world, rules, asked)
    return refused


def _answer_base(world: World, rules: RulesInForce, petition: Petition) -> Bools:
    """Whether consent to a base is refused, shape (n,); where no rule is in force nobody is asked."""
    if rules.bases is None:
        return np.zeros(len(petition), bool)
    refused = np.zeros(len(petition), bool)
    if rules.bases.consent:
        chance = objection_chance(world, petition, "base_objection")
        refused = answer_drawn(world, petition, "base") < refusal_chance(
            world, rules, petition, chance
        )
    decide(world, petition, refused, Act.HOST_BASE, Act.REFUSE_BASE, rules.bases.id)
    return refused


def _answer_help_request(
    world: World, rules: RulesInForce, petition: Petition, call: Call
) -> Bools:
    """Whether help comes, shape (n,); what no rule answers (`answers`) is not answered at all."""
    rule = rules.answering(call.kind, asked=call.asked)
    if rule is None:
        return np.zeros(len(petition), bool)
    refused = (
        answer_drawn(world, petition, "help") < help_refused(world, rules, petition, call).chance
    )
    decide(world, petition, refused, Act.HELP, Act.REFUSE_HELP, rule.id)
    return ~refused


@dataclass(frozen=True)
class HelpRefused:
    """How a council answers a request for help: who has a say, who objects, and what comes of it."""

    #: who has a say, shape (n, S)
    votes: Bools
    #: the chance that each state would object, had it a say, shape (n, S)
    objection: Floats
    #: the chance that help is refused, shape (n,)
    chance: Floats


def help_refused(world: World, rules: RulesInForce, petition: Petition, call: Call) -> HelpRefused:
    """How the members answer a request for help that a rule answers."""
    votes, patron = votes_on(world, petition), world.inputs.patron
    if getattr(rules.covering(call.kind), "interim", False):
        votes = votes & (world.seats.gap[petition.run, :, petition.c] == 0)
    if call.against is not None and rules.voting is not None and rules.voting.concerned_out:
        votes[:, call.against] = False
    objection = help_objection(world, petition, call)
    if rules.limited_format is not None:  # the willing act, but not without the patron's forces
        nobody = np.prod(np.where(votes, objection, 1.0), axis=-1)
        chance = np.where(votes[:, patron], objection[:, patron], nobody)
    else:
        chance = refusal_chance(world, rules, petition, objection, votes=votes)
    session = rules.session
    if session is not None and not (call.kind in ATTACKS and session.victim_alone):
        uncalled = votes.sum(axis=-1) < session.proposers  # nobody calls the session
        chance = np.where(uncalled, 1.0, chance)
    return HelpRefused(votes, objection, chance)


def help_objection(world: World, petition: Petition, call: Call) -> Floats:
    """The chance that each state would object to sending help, shape (n, S): by `council.HELP`.

    A state that attacks does not help against itself.
    """
    patron = world.inputs.patron
    parameters = {name: values[petition.run] for name, values in world.of_one_club.items()}
    features = help_features(world, petition, call)
    log_odds = np.array(council.unwillingness("member", parameters, features))
    log_odds[:, patron] = council.unwillingness("patron", parameters, features)[:, patron]
    chance = deliberation.probability(log_odds)
    if call.against is not None:
        chance[:, call.against] = 1.0
    return chance


def help_features(world: World, petition: Petition, call: Call) -> council.HelpFeatures:
    """What speaks against sending help in a month, each of shape (n, S) or (n, 1)."""
    now, t, s, n = world.inputs.situation, petition.t, call.state, len(petition)
    interest, states = now.patron_tie[t, s], now.rivalry.shape[-1]
    fellow, trade = np.zeros((n, 1)), np.zeros(states)
    if call.against is not None:
        interest = interest - now.patron_tie[t, call.against]
        fellow = is_in(petition.statuses[:, [call.against]]).astype(float)
        trade = TEN * now.bond[t, :, call.against]
    return {
        "rivalry": np.broadcast_to(now.rivalry[t, s], (n, states)),
        "fellow": fellow,
        "trade": np.broadcast_to(trade, (n, states)),
        "interest": np.full((n, 1), interest),
        "strain": np.full((n, 1), world.inputs.strain[t, s]),
    }
