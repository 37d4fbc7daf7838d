"""Which acts a seat leaves open to its state in a month of the record: the choices of the engine, one seat at a time.

The likelihood scores these choices and `model.explain` takes them apart, so that both speak of what the engine lets
a state do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tashkent.agents.acts import ACTS, Features, Friction
from tashkent.agents.situation import Bools, Floats
from tashkent.model.case import Case
from tashkent.model.clock import month_of
from tashkent.model.compilation import compile_case
from tashkent.model.ends import alive
from tashkent.model.inputs import CaseInputs, Standing
from tashkent.model.law import RulesInForce
from tashkent.model.seats import Seats, Status8
from tashkent.model.statuses import MAY_LEAVE, MAY_SIGN, PARTY, Act, Status, is_in

#: what takes effect before anybody decides, and what a session does to a seat before its state decides
_PENDING = (Act.ENTER_INTO_FORCE, Act.LEAVE, Act.END)
#: statuses with which a seat is in the club
_INSIDE = frozenset(status for status in Status if is_in(np.array(status)))
_SESSION = (Act.SANCTION, Act.EXPEL, Act.END_OBSERVER, Act.LIFT)


@lru_cache(maxsize=8)
def statuses_before(case: Case) -> Status8:
    """On what everybody decides in each month of the record, shape (T, S, C).

    The statuses at the end of the month before, with the patron's of the month and what takes effect in it.
    """
    inputs = compile_case(case)
    status = inputs.record.status
    before = np.concatenate([status[:1], status[:-1]])
    before[:, ~inputs.decides] = status[:, ~inputs.decides]
    for t, s, c, row_status in _rows(case, _PENDING):
        before[t, s, c] = row_status
    return before


def record_standing(inputs: CaseInputs, t: int) -> Standing:
    """All that sets the record apart from runs when seats are weighed in month `t`."""
    seats = Seats(*(values[t - 1] for values in inputs.record))
    return inputs.standing(
        t, seats, statuses_before(inputs.case)[t], inputs.recorded_belief_updates[t]
    )


@lru_cache(maxsize=8)
def _settled(case: Case) -> frozenset[tuple[int, int, int]]:
    """Month, state and club of every seat on which a session decided in the record."""
    return frozenset((t, s, c) for t, s, c, _ in _rows(case, _SESSION))


def _rows(case: Case, acts: tuple[Act, ...]) -> list[tuple[int, int, int, Status]]:
    names, clubs = [act.name.lower() for act in acts], tuple(case.clubs)
    return [
        (
            month_of(row.date) - case.start,
            case.state_ids.index(row.state),
            clubs.index(row.club),
            Status[row.status.upper()],
        )
        for row in case.record
        if row.act in names and case.start < month_of(row.date) <= case.end
    ]


def open_acts(inputs: CaseInputs, t: int, s: int, c: int) -> list[tuple[Act, str]]:
    """What the law lets a state do with a seat in a month of the record, each act with the statute that allows it."""
    rules, before = inputs.rules[t][c], Status(statuses_before(inputs.case)[t, s, c])
    if (t, s, c) in _settled(inputs.case):
        return []
    if before not in _INSIDE:
        return _open_outside(inputs, rules, t, s, c, before)
    if rules.renewal_due and rules.term is not None:
        return [(Act.RENEW, rules.term.id)] if before in MAY_SIGN and rules.prolonged else []
    suspension = rules.voluntary_suspension
    if before == Status.SUSPENSION_REQUESTED and suspension is not None and rules.sits:
        return []
    found: list[tuple[Act, str]] = []
    if before == Status.NOTICE_GIVEN and rules.withdrawal and rules.withdrawal.retractable:
        found.append((Act.RESCIND, rules.withdrawal.id))
    if before in PARTY and suspension is not None:
        found.append((Act.REQUEST_SUSPENSION, suspension.id))
    if before in MAY_LEAVE and rules.withdrawal is not None:
        found.append((Act.WITHDRAW, rules.withdrawal.id))
    if rules.participation is not None:
        if before == Status.MEMBER:
            found.append((Act.FREEZE, rules.participation.id))
        elif (
            before in (Status.FROZEN, Status.SANCTIONED)
            and not inputs.record.sanctioned[t - 1, s, c]
        ):
            found.append((Act.RESUME, rules.participation.id))
    return found


def _open_outside(
    inputs: CaseInputs, rules: RulesInForce, t: int, s: int, c: int, before: Status
) -> list[tuple[Act, str]]:
    found: list[tuple[Act, str]] = []
    rule, observer = rules.accession, rules.observer
    if not _alive(inputs.case, t)[c]:
        return found
    hears, observes = rules.hears_petitions, before == Status.OBSERVER
    may_enter = hears and inputs.open_to[t, s, c] and not _is_barred(inputs, t, s, c)
    if rule is not None and may_enter and (observes or not rule.observers_only):
        back = rules.restoration if inputs.record.former[t - 1, s, c] else None
        found.append((Act.ACCEDE, back.id if back is not None else rule.id))
    if observer is not None and observes and not rules.renewal_due:
        found.append((Act.CEASE_OBSERVING, observer.id))
    if observer is not None and not observes and hears and inputs.may_observe[t, s, c]:
        found.append((Act.OBSERVE, observer.id))
    return found


@lru_cache(maxsize=64)
def _alive(case: Case, t: int) -> Bools:
    """Which clubs there still are to ask in a month of the record, shape (C,)."""
    inputs = compile_case(case)
    found = alive(inputs, t, statuses_before(case)[t], inputs.record.former[t - 1])
    return np.asarray(found[0])


def _is_barred(inputs: CaseInputs, t: int, s: int, c: int) -> bool:
    """Whether the state is in a club that does not go with this one, or enters one that is asked first."""
    before, after = statuses_before(inputs.case)[t, s], inputs.record.status[t, s]
    return any(
        bool(is_in(before[other]) or (other < c and is_in(after[other])))
        for own, other in inputs.barred[t]
        if own == c
    )


@dataclass(frozen=True)
class LogOddsRow:
    """The log-odds of an act on one seat in a month of the record, as coefficients of parameters."""

    #: the terms of the seat by name, with the sign of the act
    terms: Mapping[str, float]
    #: the act's frictions in the order of the table, with what each is multiplied by
    frictions: tuple[tuple[Friction, float], ...]

    @property
    def coefficients(self) -> tuple[tuple[str, float], ...]:
        """Every parameter that adds something, with what it is multiplied by; a parameter may stand there twice."""
        frictions = ((friction.parameter, value) for friction, value in self.frictions)
        return (*self.terms.items(), *frictions)

    def log_odds(self, parameters: Mapping[str, Floats]) -> Floats:
        """The log-odds, shape (draws,) for parameters of shape (draws,) by name."""
        total = np.zeros(len(next(iter(parameters.values()))))
        for name, coefficient in self.coefficients:
            total = total + parameters[name] * coefficient
        return total


def log_odds_row(inputs: CaseInputs, act: Act, t: int, s: int, c: int) -> LogOddsRow:
    """The coefficients of an act's log-odds for a state `s` and a club `c` in month `t` of the record."""
    known, name = ACTS[act.name.lower()], act.name.lower()
    term, seen = inputs.rules[t][c].term, t
    if name == "renew" and term is not None:
        seen = max(0, t - term.informed_months_before)
    of_club, of_seats = _record_features(inputs.case, t, c)
    features: Features = {**of_club, **{key: values[s] for key, values in of_seats.items()}}
    return LogOddsRow(
        terms={
            weight: known.sign * float(values[s, c])
            for weight, values in _record_terms(inputs.case, seen, t).items()
        },
        frictions=tuple(
            (f, f.sign * (1.0 if f.feature is None else float(features[f.feature])))
            for f in known.frictions
            if f.applies(inputs.case.drawn)
        ),
    )


@lru_cache(maxsize=4096)
def _record_features(case: Case, t: int, c: int) -> tuple[Features, Features]:
    """What frictions of a club are multiplied by in a month of the record: the same for all, and of shape (S,)."""
    inputs = compile_case(case)
    return (
        inputs.features_of_club(t, c),
        inputs.seat_features(t, c, inputs.record.former[t - 1, :, c]),
    )


@lru_cache(maxsize=4096)
def _record_terms(case: Case, seen: int, t: int) -> dict[str, Floats]:
    """The terms of a month as seen, with all that the record says of seats before another; each of shape (S, C)."""
    inputs = compile_case(case)
    return inputs.terms(seen, record_standing(inputs, t))
