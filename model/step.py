"""One month: the phases in their order, written once, for many runs at a time."""

import numpy as np
from numpy.typing import NDArray

from agents import council, deliberation
from agents.situation import Bools, Floats
from model.clock import MONTHS_PER_YEAR
from model.law import Act, Status
from model.world import NEVER, Logged, Status8, World, is_in

Ints = NDArray[np.intp]
#: who may give notice or ask for suspension, and who may sign a prolongation, by status
_PARTY = np.isin(list(Status), (Status.MEMBER, Status.FROZEN))
_MAY_SIGN = np.isin(list(Status), (Status.SIGNATORY, Status.MEMBER, Status.FROZEN))


def advance(world: World, t: int) -> None:
    """Bring a block of runs from the end of month ``t - 1`` to the end of month `t`.

    1. the patron takes the seats that the record gives it;
    2. what was pending takes effect: entries into force, ratifications, notices that have run;
    3. the council's regular session answers requests for suspension;
    4. states weigh their seats on what they see, with the seats as they were after phase 2;
    5. where a term ends and must be renewed, members sign or leave;
    6. members ask for suspension, or else give notice;
    7. states outside petition, and members answer.

    A seat takes part in one of the phases 3, 5, 6 and 7 at most, by its status after phase 2.
    """
    follow_patron(world, t)
    take_effect(world, t)
    before = world.status.copy(order="K")
    value = weigh(world, t, before)
    hold_session(world, t, before)
    sign_prolongations(world, t, before)
    depart(world, t, before, value)
    accede(world, t, before, value)


def follow_patron(world: World, t: int) -> None:
    """The patron's seats are conditioned on, never decided."""
    patron = world.given.patron
    world.status[:, patron] = world.given.record[t, patron]


def take_effect(world: World, t: int) -> None:
    """Signatories become members and notices run out, on the day that the law set before."""
    due = (world.due == t) & world.given.decides[:, None]
    something_due = due.any()
    for c, rules in enumerate(world.given.rules[t]):
        if rules.entry_into_force is not None:
            signed = (world.status[:, :, c] == Status.SIGNATORY) & world.given.decides
            rule = rules.entry_into_force.id
            _apply(world, t, c, signed, Act.ENTER_INTO_FORCE, Status.MEMBER, rule)
        elif something_due and rules.accession is not None:
            ratified = due[:, :, c] & (world.status[:, :, c] == Status.SIGNATORY)
            rule = rules.accession.id
            _apply(world, t, c, ratified, Act.ENTER_INTO_FORCE, Status.MEMBER, rule)
        if something_due and rules.withdrawal is not None:
            gone = due[:, :, c] & (world.status[:, :, c] == Status.NOTICE_GIVEN)
            _apply(world, t, c, gone, Act.LEAVE, Status.LEFT, rules.withdrawal.id)


def weigh(world: World, t: int, before: Status8) -> Floats:
    """The value of every seat to every state, shape (R, S, C)."""
    terms = world.given.terms(t, is_in(before))
    return deliberation.value_of_seat(terms, world.parameters)


def hold_session(world: World, t: int, before: Status8) -> None:
    """The regular session grants suspension unless a member other than the one concerned objects."""
    month = world.given.case.months[t] % MONTHS_PER_YEAR + 1
    for c, rules in enumerate(world.given.rules[t]):
        rule = rules.voluntary_suspension
        if rule is None or rule.session_month != month:
            continue
        asked = (before[:, :, c] == Status.SUSPENSION_REQUESTED) & world.given.decides
        run, state = _where(asked)
        refused = _refused(world, t, c, run, state, before, "answer suspension", rule.consensus)
        _log(
            world, t, c, run[refused], state[refused], Act.REFUSE_SUSPENSION, Status.MEMBER, rule.id
        )
        _log(world, t, c, run[~refused], state[~refused], Act.SUSPEND, Status.SUSPENDED, rule.id)


def sign_prolongations(world: World, t: int, before: Status8) -> None:
    """At the end of a term that must be renewed, who does not sign leaves."""
    for c, rules in enumerate(world.given.rules[t]):
        if not rules.renewal_due or rules.term is None:
            continue
        informed = max(0, t - rules.term.informed_months_before)
        value = weigh(world, informed, before)[:, :, c]
        log_odds = deliberation.renewal(value, _of_one_club(world))
        noise = world.noise.logistic_in("renew", c, t)
        seated = is_in(before[:, :, c]) & world.given.decides
        signs = seated & _MAY_SIGN[before[:, :, c]] & (log_odds > noise)
        _apply(world, t, c, signs, Act.RENEW, None, rules.term.id)
        _apply(world, t, c, seated & ~signs, Act.ABSTAIN, None, rules.term.id)
        _apply(world, t, c, seated & ~signs, Act.LAPSE, Status.LEFT, rules.term.id)


def depart(world: World, t: int, before: Status8, value: Floats) -> None:
    """Members ask for suspension where the law knows it, or else give notice."""
    given = world.given
    party = _PARTY[before] & given.decides[:, None]
    leaves = deliberation.withdrawal(value, world.parameters) > world.noise.logistic("withdraw", t)
    leaves &= party
    for c, rules in enumerate(given.rules[t]):
        if rules.renewal_due:
            continue
        gives = leaves[:, :, c]
        if rules.voluntary_suspension is not None:
            log_odds = deliberation.suspension(value[:, :, c], _of_one_club(world))
            asks = party[:, :, c] & (log_odds > world.noise.logistic_in("suspend", c, t))
            rule = rules.voluntary_suspension.id
            _apply(world, t, c, asks, Act.REQUEST_SUSPENSION, Status.SUSPENSION_REQUESTED, rule)
            gives = gives & ~asks
        if rules.withdrawal is not None:
            notice = rules.withdrawal.notice_months
            status = Status.NOTICE_GIVEN if notice else Status.LEFT
            due = t + notice if notice else NEVER
            _apply(world, t, c, gives, Act.WITHDRAW, status, rules.withdrawal.id, due)


def accede(world: World, t: int, before: Status8, value: Floats) -> None:
    """States outside petition; where the rule is consensus, one objection keeps them out."""
    given = world.given
    outside = given.open_to[t] & ~is_in(before) & given.decides[:, None]
    log_odds = deliberation.accession(
        value,
        world.parameters,
        given.situation.clubs.guarantees,
        given.window[t],
        given.founding[t],
    )
    petitions = outside & (log_odds > world.noise.logistic("accede", t))
    for c, rules in enumerate(given.rules[t]):
        rule = rules.accession
        run, state = _where(petitions[:, :, c])
        if rule is None or not len(run):
            continue
        refused = _refused(world, t, c, run, state, before, "answer accession", rule.consensus)
        _log(world, t, c, run[refused], state[refused], Act.REFUSE_ACCESSION, None, rule.id)
        due = int(given.ratified[t, c])
        status, due = (Status.MEMBER, NEVER) if due == t else (Status.SIGNATORY, due)
        _log(world, t, c, run[~refused], state[~refused], Act.ACCEDE, status, rule.id, due)


def _of_one_club(world: World) -> dict[str, Floats]:
    """The parameters in the shape (R, 1) of one club."""
    return {name: value[:, :, 0] for name, value in world.parameters.items()}


def _refused(
    world: World,
    t: int,
    c: int,
    run: Ints,
    state: Ints,
    before: Status8,
    act: str,
    consensus: bool,
) -> Bools:
    """Whether a petition (of a state in a run) meets an objection of another member; if members are asked."""
    if not consensus or not len(run):
        return np.zeros(len(run), bool)
    votes = is_in(before[:, :, c])[run]
    votes[np.arange(len(run)), state] = False
    chance = council.objection(
        world.parameters["objection"][run, :1, 0],
        world.parameters["objection_rivalry"][run, :1, 0],
        world.given.situation.rivalry[t, state],
    )
    draw = world.noise.uniform_in(act, c, t)[run, state]
    return np.asarray(draw < council.any_objection(chance * votes))


def _where(mask: Bools) -> tuple[Ints, Ints]:
    """The runs and states of a mask (R, S) of one club."""
    state, run = np.nonzero(mask.T)  # runs lie side by side in memory
    return run, state


def _apply(
    world: World,
    t: int,
    c: int,
    mask: Bools,
    act: Act,
    status: Status | None,
    rule: str,
    due: int = NEVER,
) -> None:
    """Do to the seats of a mask (R, S) what `_log` does to those of a list."""
    if mask.any():
        _log(world, t, c, *_where(mask), act, status, rule, due)


def _log(
    world: World,
    t: int,
    c: int,
    run: Ints,
    state: Ints,
    act: Act,
    status: Status | None,
    rule: str,
    due: int = NEVER,
) -> None:
    """The one place where a status changes: log the act with its rule and set the new status, if any."""
    if not len(run):
        return
    world.log.append(Logged(t, run, state, c, act, rule))
    if status is not None:
        world.status[run, state, c] = status
        world.due[run, state, c] = due
