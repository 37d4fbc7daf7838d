"""One month: the phases in their order, written once, for many runs at a time."""

import numpy as np

from agents import council, deliberation
from agents.situation import Bools, Floats
from model.law import Act, Status
from model.world import NEVER, Logged, World, is_in, ratified_in


def advance(world: World, t: int) -> None:
    """Bring a block of runs from the end of month ``t - 1`` to the end of month `t`.

    1. the patron takes the seats that the record gives it;
    2. what was pending takes effect: entries into force, ratifications, notices that have run;
    3. the council's regular session answers requests for suspension;
    4. states weigh their seats on what they see, with the seats as they now are;
    5. where a term ends and must be renewed, members sign or leave;
    6. members ask for suspension or give notice;
    7. states outside petition, and members answer.

    A seat takes part in at most one of the phases 5 to 7, by its status after phase 2.
    """
    follow_patron(world, t)
    take_effect(world, t)
    before = world.status.copy()
    hold_session(world, t, before)
    value = weigh(world, t, before)
    sign_prolongations(world, t, before)
    depart(world, t, before, value)
    accede(world, t, before, value)


def follow_patron(world: World, t: int) -> None:
    """The patron's seats are conditioned on, never decided."""
    patron = world.given.patron
    world.status[:, patron] = world.given.record[t, patron]


def take_effect(world: World, t: int) -> None:
    """Signatories become members and notices run out, on the day that the law set before."""
    for c, rules in enumerate(world.given.rules[t]):
        if rules.entry_into_force is not None:
            signed = np.zeros_like(world.status, bool)
            signed[:, :, c] = (world.status[:, :, c] == Status.SIGNATORY) & world.given.decides
            _apply(world, t, signed, Act.ENTER_INTO_FORCE, Status.MEMBER, rules.entry_into_force.id)
    falls_due = world.due == t
    if falls_due.any():
        ratified = falls_due & (world.status == Status.SIGNATORY)
        _apply(world, t, ratified, Act.ENTER_INTO_FORCE, Status.MEMBER, kind="accession")
        gone = falls_due & (world.status == Status.NOTICE_GIVEN)
        _apply(world, t, gone, Act.LEAVE, Status.LEFT, kind="withdrawal")


def hold_session(world: World, t: int, before: np.ndarray) -> None:
    """The regular session grants suspension unless a member other than the one concerned objects."""
    month = world.given.case.months[t] % 12 + 1
    for c, rules in enumerate(world.given.rules[t]):
        rule = rules.voluntary_suspension
        if rule is None or rule.session_month != month:
            continue
        asked = _only(before, c, before[:, :, c] == Status.SUSPENSION_REQUESTED)
        if not asked.any():
            continue
        refused = asked & _objected(world, t, asked, "answer suspension", rule.consensus)
        _apply(world, t, refused, Act.REFUSE_SUSPENSION, Status.MEMBER, rule.id)
        _apply(world, t, asked & ~refused, Act.SUSPEND, Status.SUSPENDED, rule.id)


def weigh(world: World, t: int, before: np.ndarray) -> Floats:
    """The value of every seat to every state, shape (R, S, C)."""
    terms = world.given.terms(t, is_in(before))
    return deliberation.value_of_seat(terms, world.parameters)


def sign_prolongations(world: World, t: int, before: np.ndarray) -> None:
    """At the end of a term that must be renewed, who does not sign leaves."""
    club_names = tuple(world.given.case.clubs)
    for c, rules in enumerate(world.given.rules[t]):
        if not rules.renewal_due or rules.term is None:
            continue
        informed = max(0, t - rules.term.informed_months_before)
        value = weigh(world, informed, before)[:, :, c]
        friction = {name: v[:, :, 0] for name, v in world.parameters.items()}
        log_odds = deliberation.renewal(value, friction)
        may_sign = np.isin(before[:, :, c], (Status.SIGNATORY, Status.MEMBER, Status.FROZEN))
        signs = may_sign & (log_odds > world.noise.logistic_in("renew", club_names[c], t))
        seated = is_in(before[:, :, c]) & world.given.decides
        signed = _only(before, c, signs & world.given.decides)
        _apply(world, t, signed, Act.RENEW, None, rules.term.id)
        unsigned = _only(before, c, seated & ~signs)
        _apply(world, t, unsigned, Act.ABSTAIN, None, rules.term.id)
        _apply(world, t, unsigned, Act.LAPSE, Status.LEFT, rules.term.id)


def depart(world: World, t: int, before: np.ndarray, value: Floats) -> None:
    """Members ask for suspension where the law knows it, or else give notice."""
    given, clubs = world.given, tuple(world.given.case.clubs)
    seated = np.isin(before, (Status.MEMBER, Status.FROZEN)) & given.decides[:, None]
    renewing = [rules.renewal_due for rules in given.rules[t]]
    free = seated & ~np.array(renewing)
    for c, rules in enumerate(given.rules[t]):
        if rules.voluntary_suspension is not None:
            log_odds = deliberation.suspension(value, world.parameters)[:, :, c]
            asks = free[:, :, c] & (log_odds > world.noise.logistic_in("suspend", clubs[c], t))
            asks = _only(before, c, asks)
            rule = rules.voluntary_suspension.id
            _apply(world, t, asks, Act.REQUEST_SUSPENSION, Status.SUSPENSION_REQUESTED, rule)
            free &= ~asks
    leaves = free & [rules.withdrawal is not None for rules in given.rules[t]]
    leaves &= deliberation.withdrawal(value, world.parameters) > world.noise.logistic("withdraw", t)
    if leaves.any():
        notice = np.array([r.withdrawal.notice_months if r.withdrawal else 0 for r in given.rules[t]])
        at_once = leaves & (notice == 0)
        _apply(world, t, at_once, Act.WITHDRAW, Status.LEFT, kind="withdrawal")
        _apply(world, t, leaves & (notice > 0), Act.WITHDRAW, Status.NOTICE_GIVEN, kind="withdrawal")
        _fall_due(world, leaves & (notice > 0), t + notice)


def accede(world: World, t: int, before: np.ndarray, value: Floats) -> None:
    """States outside petition; where the rule is consensus, one objection keeps them out."""
    given = world.given
    outside = given.open_to[t] & ~is_in(before) & given.decides[:, None]
    log_odds = deliberation.accession(
        value, world.parameters, given.situation.clubs.guarantees, given.window[t], given.founding[t]
    )
    petitions = outside & (log_odds > world.noise.logistic("accede", t))
    if not petitions.any():
        return
    for c, rules in enumerate(given.rules[t]):
        asked = _only(before, c, petitions[:, :, c])
        if rules.accession is None or not asked.any():
            continue
        rule = rules.accession
        refused = asked & _objected(world, t, asked, "answer accession", rule.consensus)
        _apply(world, t, refused, Act.REFUSE_ACCESSION, None, rule.id)
        admitted = asked & ~refused
        due = ratified_in(given.rules, t, c)
        status = Status.MEMBER if due == t else Status.SIGNATORY
        _apply(world, t, admitted, Act.ACCEDE, status, rule.id)
        if due != t:
            _fall_due(world, admitted, np.array(due))


def _objected(world: World, t: int, asked: Bools, act: str, consensus: bool) -> Bools:
    """Whether any member other than the petitioner objects; False everywhere if the rule asks nobody."""
    objected = np.zeros_like(asked)
    if not consensus:
        return objected
    run, state, club = np.nonzero(asked)
    seats = is_in(world.status[run, :, club])
    seats[np.arange(len(run)), state] = False
    chance = council.objection(
        world.parameters["objection"][run, 0],
        world.parameters["objection_rivalry"][run, 0],
        world.given.situation.rivalry[t][state],
    )
    club_name = tuple(world.given.case.clubs)[club[0]]
    draw = world.noise.uniform_in(act, club_name, t)[run, state]
    objected[run, state, club] = draw < council.any_objection(chance * seats)
    return objected


def _only(like: np.ndarray, c: int, mask: Bools) -> Bools:
    """A mask of one club (R, S) as a mask of all (R, S, C)."""
    wide = np.zeros(like.shape, bool)
    wide[:, :, c] = mask
    return wide


def _fall_due(world: World, mask: Bools, when: np.ndarray) -> None:
    world.due[mask] = np.broadcast_to(when, mask.shape)[mask]


def _apply(
    world: World, t: int, mask: Bools, act: Act, status: Status | None, rule: str = "", *, kind: str = ""
) -> None:
    """The one place where a status changes: log the act with its rule and set the new status, if any."""
    run, state, club = np.nonzero(mask)
    if not len(run):
        return
    for c in np.unique(club):
        statute = getattr(world.given.rules[t][c], kind) if kind else None
        chosen = club == c
        name = rule or (statute.id if statute is not None else "")
        world.log.append(Logged(t, run[chosen], state[chosen], club[chosen], act, name))
    if status is not None:
        world.status[mask] = status
        world.due[mask] = NEVER
