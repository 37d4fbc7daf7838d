"""Checks of a case's record: acts follow one another, and law and openness allow them."""

from collections.abc import Mapping
from datetime import date

from tashkent.model.case.case import Case
from tashkent.model.case.tables import Entry
from tashkent.model.clock import last_day, month_label, month_of
from tashkent.model.errors import InputError, unknown
from tashkent.model.statuses import IN_FIRST, IN_LAST, MAY_SIGN, Act, Status

#: act -> (whether the state was in before, statuses that may follow)
_FOLLOWS: dict[Act, tuple[bool, tuple[Status, ...]]] = {
    Act.ACCEDE: (False, (Status.SIGNATORY, Status.MEMBER)),
    Act.ENTER_INTO_FORCE: (True, (Status.MEMBER,)),
    Act.RENEW: (True, (Status.MEMBER,)),
    Act.ABSTAIN: (True, (Status.MEMBER,)),
    Act.LAPSE: (True, (Status.LEFT,)),
    Act.WITHDRAW: (True, (Status.NOTICE_GIVEN, Status.LEFT)),
    Act.LEAVE: (True, (Status.LEFT,)),
    Act.REQUEST_SUSPENSION: (True, (Status.SUSPENSION_REQUESTED,)),
    Act.SUSPEND: (True, (Status.SUSPENDED,)),
    Act.FREEZE: (True, (Status.FROZEN,)),
    Act.RESUME: (True, (Status.MEMBER,)),
    Act.OBSERVE: (False, (Status.OBSERVER,)),
    Act.SANCTION: (True, (Status.SANCTIONED,)),
    Act.EXPEL: (True, (Status.EXPELLED,)),
    Act.CEASE_OBSERVING: (False, (Status.NONE,)),
    Act.END_OBSERVER: (False, (Status.NONE,)),
    Act.DECLINE: (True, (Status.MEMBER, Status.FROZEN, Status.SANCTIONED)),
}


#: the two answers of who has to sign or leave when a term ends
_ANSWERS = ("renew", "abstain")
#: acts that leave the status as it is
_CHANGE_NOTHING = (*_ANSWERS, "decline")


def check_record(case: Case) -> None:
    """Acts are in order of date, follow from the status before, and are allowed by law and openness.

    Raises
    ------
    InputError
        For the first row that is wrong.
    """
    file = "record.csv"
    status: dict[tuple[str, str], Status] = {}
    last: date | None = None
    acts = {act.name.lower(): act for act in _FOLLOWS}
    statuses = {s.name.lower(): s for s in Status}
    for row in case.record:
        key = f"{row.club} {row.state} {row.date}"
        check_seat(case, file, key, row.club, row.state)
        if row.act not in acts:
            raise unknown(file, f"{key}: act", row.act, acts)
        if row.status not in statuses:
            raise unknown(file, f"{key}: status", row.status, statuses)
        if last is not None and row.date < last:
            raise InputError(file, key, str(row.date), f"rows in order of date (after {last})")
        if row.date < case.clubs[row.club].since:
            since = case.clubs[row.club].since
            allowed = f"a date on which the club exists ({since} on)"
            raise InputError(file, key, str(row.date), allowed)
        before = status.get((row.club, row.state), Status.NONE)
        was_in, after = _FOLLOWS[acts[row.act]]
        if (IN_FIRST <= before <= IN_LAST) != was_in:
            need = "in" if was_in else "out"
            allowed = f"a state that is {need} (it is {before.name.lower()})"
            raise InputError(file, f"{key}: act", row.act, allowed)
        if after == (Status.NONE,) and before != Status.OBSERVER:
            allowed = f"a state that is observer (it is {before.name.lower()})"
            raise InputError(file, f"{key}: act", row.act, allowed)
        if statuses[row.status] not in after:
            names = " or ".join(s.name.lower() for s in after)
            raise InputError(file, f"{key}: status", row.status, names)
        if row.act == "decline" and statuses[row.status] != before:
            raise InputError(file, f"{key}: status", row.status, before.name.lower())
        if statuses[row.status] == before and row.act not in _CHANGE_NOTHING:
            allowed = f"an act that changes the status (it is {before.name.lower()})"
            raise InputError(file, f"{key}: act", row.act, allowed)
        _check_law(case, row, f"{key}: act")
        status[row.club, row.state] = statuses[row.status]
        last = row.date
    _check_choices(case)


def _check_law(case: Case, row: Entry, key: str) -> None:
    """What law and openness rule out is no choice of the risk set, so a record of it would not be scored."""
    month = month_of(row.date)
    if row.actor != "state" or month <= case.start:
        return
    rules = case.law.rules(row.club, month)
    allowed = {
        "accede": (rules.accession, "a month with an accession in force"),
        "renew": (
            rules.renewal_due and rules.prolonged,
            "the month in which a term ends that must be renewed, with a term in force after it",
        ),
        "abstain": (rules.renewal_due, "the month in which a term ends that must be renewed"),
        "withdraw": (rules.withdrawal, "a month with a withdrawal in force"),
        "decline": (rules.opened, "a month in which members sign what binds only who joins it"),
        "freeze": (rules.participation, "a month with a participation in force"),
        "resume": (rules.participation, "a month with a participation in force"),
        "observe": (rules.observer, "a month with an observer in force"),
        "cease_observing": (rules.observer, "a month with an observer in force"),
        "request_suspension": (
            rules.voluntary_suspension,
            "a month with a voluntary_suspension in force",
        ),
    }
    possible, when = allowed.get(row.act, (True, ""))
    if not possible:
        raise InputError("record.csv", key, row.act, f"{when} (statutes.toml)")
    if row.act in ("accede", "observe") and not rules.hears_petitions:
        when = "the month of the session, or one with a permanent_body in force"
        raise InputError("record.csv", key, row.act, f"{when} (statutes.toml)")
    is_open = any(
        (o.club, o.state) == (row.club, row.state)
        and o.open_from <= last_day(month)
        and (o.open_until is None or last_day(month) < o.open_until)
        for o in case.openness
    )
    if row.act == "accede" and row.state != case.patron and not is_open:
        allowed_when = "a month at whose end the club is open to the state (openness.csv)"
        raise InputError("record.csv", key, row.act, allowed_when)


def _check_choices(case: Case) -> None:
    """A state makes one choice a month in a club, and has to make one when a term must be renewed."""
    chosen: dict[tuple[str, str, int], Entry] = {}
    for row in case.record:
        seat = (row.club, row.state, month_of(row.date))
        if row.actor != "state" or seat[-1] <= case.start:
            continue
        if chosen.setdefault(seat, row) is not row:
            allowed = f"one act of a state in a month (after {chosen[seat].act})"
            key = f"{row.club} {row.state} {row.date}: act"
            raise InputError("record.csv", key, row.act, allowed)
    signed = [s.club for s in case.statutes if s.kind == "term" and s.renewal == "opt_in"]
    for club in (c for c in case.clubs if c in signed):
        for month in case.months[1:]:
            if case.law.rules(club, month).renewal_due:
                _check_renewal(case, chosen, club, month)


def _check_renewal(
    case: Case, chosen: Mapping[tuple[str, str, int], Entry], club: str, month: int
) -> None:
    for state in case.deciders:
        before = [
            Status[row.status.upper()]
            for row in case.record
            if (row.club, row.state) == (club, state) and month_of(row.date) < month
        ]
        act = chosen.get((club, state, month))
        if before and before[-1] in MAY_SIGN and (act is None or act.act not in _ANSWERS):
            key = f"{club} {state} {month_label(month)}"
            raise InputError("record.csv", key, "missing", f"{' or '.join(_ANSWERS)}: a term ends")


def check_seat(case: Case, file: str, key: str, club: str, state: str) -> None:
    """Club and state are those of the case.

    Raises
    ------
    InputError
        If one of them is not.
    """
    if club not in case.clubs:
        raise unknown(file, f"{key}: club", club, case.clubs)
    if state not in case.state_ids:
        raise unknown(file, f"{key}: state", state, case.state_ids)
