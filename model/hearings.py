"""Petitions of the record before a council: who has a say, how likely each member objects, what becomes of them.

The state stands where the record stood at the end of the month before, as in `model.explain`; chances are means over
parameter draws.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tashkent.agents import council
from tashkent.agents.situation import Bools, Floats
from tashkent.model.case import Case
from tashkent.model.choices import statuses_before
from tashkent.model.clock import month_of
from tashkent.model.compilation import compile_case
from tashkent.model.inputs import Call, CaseInputs
from tashkent.model.law import RulesInForce
from tashkent.model.noise import Noise
from tashkent.model.parameters import ParameterDraws
from tashkent.model.petitions import Petition, objection_chance, refusal_chance, votes_on
from tashkent.model.requests import help_refused
from tashkent.model.statuses import Status, among
from tashkent.model.world import World, world_from_record

#: an act of the record that answers a petition -> what was asked for, and whether it was granted
ANSWERS: Mapping[str, tuple[str, bool]] = {
    "accede": ("admission", True),
    "refuse_accession": ("admission", False),
    "suspend": ("suspension", True),
    "refuse_suspension": ("suspension", False),
}
#: fewer members than these are no council
LEAST = 2


@dataclass(frozen=True)
class Heard:
    """A petition of the record, and how the model's council hears it."""

    state: str
    club: str
    #: a month (`model.clock`)
    month: int
    #: admission, suspension or help
    asks: str
    #: the kind of need, and the state of the case that attacks, if help is asked for; else empty
    need: str
    against: str
    #: the statutes under which it is heard, by their ids: what is asked for, then how votes count
    rules: tuple[str, ...]
    #: member -> the mean chance that it objects, of those that have a say and are there
    objects: Mapping[str, float]
    #: members that have a say and do not take part
    absent: tuple[str, ...]
    #: so many objections refuse it; None if no number does
    enough: int | None
    #: the member whose objection alone refuses it, whatever `enough` says; empty if there is none
    needed: str
    #: the mean chance that it is granted
    granted: float
    #: by the record it was granted
    met: bool


@dataclass(frozen=True)
class _Answer:
    """Who has a say, how likely each objects, and how likely all of them refuse."""

    votes: Bools
    objection: Floats
    refused: Floats
    rule: str
    needed: str = ""
    all_refuse: bool = False


def hearings(case: Case, parameters: ParameterDraws) -> list[Heard]:
    """All petitions of the record that a council with two members at least decided, by month.

    Parameters
    ----------
    case
        The case.
    parameters
        Draws of all parameters.
    """
    inputs = compile_case(case)
    found = []
    for row in case.record:
        month = month_of(row.date)
        if row.act not in ANSWERS or not case.start < month <= case.end:
            continue
        asks, met = ANSWERS[row.act]
        place = (
            month - case.start,
            case.state_ids.index(row.state),
            tuple(case.clubs).index(row.club),
        )
        found.append(_heard(inputs, parameters, place, asks, None, met=met))
    answered = {
        (row.state, month_of(row.date), str(row.kind)): row.met
        for row in case.requests
        if row.asked and row.kind != "base"
    }
    for t, calls in inputs.requests.items():
        for call in calls:
            granted = answered.get((case.state_ids[call.state], case.months[t], call.kind))
            if granted is not None:
                for c in range(len(case.clubs)):
                    place = (t, call.state, c)
                    found.append(_heard(inputs, parameters, place, "help", call, met=granted))
    return sorted(filter(None, found), key=lambda heard: (heard.month, heard.club, heard.state))


def _heard(
    inputs: CaseInputs,
    parameters: ParameterDraws,
    place: tuple[int, int, int],
    asks: str,
    call: Call | None,
    *,
    met: bool,
) -> Heard | None:
    """One petition before one council; None where it asks nobody."""
    case, (t, s, c) = inputs.case, place
    rules, before = inputs.rules[t][c], statuses_before(inputs.case)[t]
    if inputs.founding[t, c] and asks == "admission":
        return None
    runs = np.arange(parameters.runs)
    world = world_from_record(
        inputs, t - 1, parameters, Noise(case, seed=0, first_run=0, runs=len(runs))
    )
    everywhere = np.broadcast_to(before, (len(runs), *before.shape))
    petition = Petition(t, c, runs, np.full(len(runs), s), everywhere)
    if call is not None:
        answer = _of_help(world, rules, petition, call)
    elif asks == "admission":
        answer = _of_admission(world, rules, petition)
    else:
        answer = _of_suspension(world, rules, petition)
    if answer is None or answer.votes.sum() < LEAST:
        return None
    away = among(before[:, c], Status.FROZEN) & answer.votes
    there = np.flatnonzero(answer.votes & ~away)
    voting = rules.voting
    enough: int | None = objections_enough(len(there), voting.majority if voting else False)
    if answer.all_refuse:
        enough = len(there)
    elif away.any() and (voting is None or voting.absence_blocks):
        enough = 0
    means = answer.objection.mean(axis=0)
    return Heard(
        state=case.state_ids[s],
        club=tuple(case.clubs)[c],
        month=case.months[t],
        asks=asks,
        need="" if call is None else call.kind,
        against="" if call is None or call.against is None else case.state_ids[call.against],
        rules=(answer.rule, *(() if voting is None else (voting.id,))),
        objects={case.state_ids[j]: float(means[j]) for j in there},
        absent=tuple(case.state_ids[j] for j in np.flatnonzero(away)),
        enough=None if answer.needed else enough,
        needed=answer.needed,
        granted=float(1.0 - answer.refused.mean()),
        met=met,
    )


def _of_admission(world: World, rules: RulesInForce, petition: Petition) -> _Answer | None:
    back = bool(world.seats.former[0, petition.state[0], petition.c])
    rule = rules.restoration if back and rules.restoration is not None else rules.accession
    if rule is None or not rule.consensus:
        return None
    votes, granted = votes_on(world, petition), np.ones(len(petition))
    chance = objection_chance(world, petition, "objection")
    granted = 1.0 - refusal_chance(world, rules, petition, chance, votes=votes)
    if rule.ministers:
        ministers = objection_chance(world, petition, "ministers")
        granted = granted * (1.0 - refusal_chance(world, rules, petition, ministers, votes=votes))
    return _Answer(votes[0], chance, 1.0 - granted, rule.id)


def _of_suspension(world: World, rules: RulesInForce, petition: Petition) -> _Answer | None:
    rule = rules.voluntary_suspension
    if rule is None or not rule.consensus:
        return None
    votes = votes_on(world, petition)
    chance = council.objection(
        world.of_one_club["release"][petition.run],
        -world.of_one_club["objection_rivalry"][petition.run],
        world.inputs.situation.rivalry[petition.t, petition.state],
    )
    refused = refusal_chance(world, rules, petition, chance, votes=votes)
    return _Answer(votes[0], chance, refused, rule.id)


def _of_help(world: World, rules: RulesInForce, petition: Petition, call: Call) -> _Answer | None:
    rule = rules.answering(call.kind, asked=call.asked)
    if rule is None:
        return None
    heard = help_refused(world, rules, petition, call)
    votes, patron = heard.votes[0], world.inputs.patron
    alone = rules.limited_format is not None and bool(votes[patron])
    return _Answer(
        votes,
        heard.objection,
        heard.chance,
        rule.id,
        needed=world.inputs.case.state_ids[patron] if alone else "",
        # the willing may act: where the patron has no say it takes all to refuse
        all_refuse=rules.limited_format is not None and not alone,
    )


def objections_enough(voters: int, majority: council.Majority) -> int:
    """How many objections refuse a petition, as `council.refusal` counts them.

    Examples
    --------
    >>> [objections_enough(6, rule) for rule in (False, True, "two_thirds")]
    [1, 3, 3]
    """
    if not majority:
        return 1
    return voters // 3 + 1 if majority == "two_thirds" else -(-voters // 2)
