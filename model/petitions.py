"""Petitions to a club and how its members vote on them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tashkent.agents import council
from tashkent.agents.situation import Bools, Floats
from tashkent.model.law import RulesInForce
from tashkent.model.seats import NEVER, Status8
from tashkent.model.statuses import Act, Status, among, is_in
from tashkent.model.world import Ints, World, enact


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

    def where(self, keep: Bools | Ints) -> "Petition":
        """Some of the entries: those of a mask of shape (n,), or of numbers in their order."""
        return Petition(self.t, self.c, self.run[keep], self.state[keep], self.before)


def votes_on(world: World, petition: Petition) -> Bools:
    """Who has a say: members not sanctioned, with a vote, other than the one concerned; shape (n, S)."""
    votes = is_in(petition.statuses) & ~among(petition.statuses, Status.SANCTIONED)
    votes &= ~world.seats.sanctioned[petition.run, :, petition.c]
    if world.inputs.rules[petition.t][petition.c].takes("vote"):
        votes &= ~world.seats.deprived[petition.run, :, petition.c]
    votes[np.arange(len(petition)), petition.state] = False
    return votes


def objection_chance(world: World, petition: Petition, base: str) -> Floats:
    """The chance that each member objects, shape (n, S)."""
    log_odds = world.of_one_club[base][petition.run]
    incompatible = world.inputs.rules[petition.t][petition.c].incompatible
    for other in club_indices(
        world, incompatible.suspects if incompatible and base == "objection" else ()
    ):
        suspect = is_in(petition.before[petition.run, petition.state, other])[:, None]
        log_odds = log_odds + world.of_one_club["suspicion"][petition.run] * suspect
    per_rivalry = world.of_one_club["objection_rivalry"][petition.run]
    if base == "objection":
        # the patron brokers between rivals where it sits; elsewhere a rival has its way
        brokers = is_in(world.status[petition.run, world.inputs.patron, petition.c])[:, None]
        veto = world.of_one_club["veto"][petition.run]
        per_rivalry = np.where(brokers, per_rivalry, veto)
    return council.objection(
        log_odds, per_rivalry, world.inputs.situation.rivalry[petition.t, petition.state]
    )


def refusal_chance(
    world: World,
    rules: RulesInForce,
    petition: Petition,
    chance: Floats,
    *,
    votes: Bools | None = None,
    majority: council.Majority = False,
) -> Floats:
    """The chance that a petition is refused, shape (n,), by chances of objections and votes of shape (n, S).

    The absent say nothing, or block, as the rule of voting has it.
    """
    votes = votes_on(world, petition) if votes is None else votes
    if not majority and rules.voting is not None:
        majority = rules.voting.majority
    absent = among(petition.statuses, Status.FROZEN) & votes
    if not absent.any():
        return council.refusal(chance, votes, majority=majority)
    refusal = council.refusal(chance, votes & ~absent, majority=majority)
    if rules.voting is None or rules.voting.absence_blocks:
        refusal = np.where(absent.any(axis=-1), 1.0, refusal)
    return refusal


def answer_drawn(world: World, petition: Petition, act: str) -> Floats:
    """The uniform draws that answer a petition, shape (n,), in (0, 1)."""
    return world.noise.uniform(act, petition.t, petition.c, petition.run, petition.state)


def decide(
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
    """Enact the answer to every entry; `refused` has shape (n,), `due` is a month or NEVER."""
    kept, won = petition.where(refused), petition.where(~refused)
    enact(world, petition.t, petition.c, kept.run, kept.state, no, status_if_refused, rule)
    enact(world, petition.t, petition.c, won.run, won.state, yes, status, rule, due)


def club_indices(world: World, names: tuple[str, ...] | list[str]) -> list[int]:
    """Where clubs stand on the last axis."""
    clubs = tuple(world.inputs.case.clubs)
    return [clubs.index(name) for name in names]
