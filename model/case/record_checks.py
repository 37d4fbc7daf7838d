"""Checks of a case's record: acts follow one another, and law and openness allow them."""

from collections.abc import Mapping
from datetime import date, timedelta

from tashkent.model.case.case import Case
from tashkent.model.case.tables import Entry
from tashkent.model.clock import last_day, month_label, month_of
from tashkent.model.errors import InputError
from tashkent.model.reading import one_of
from tashkent.model.statuses import FORMER, IN_FIRST, IN_LAST, MAY_SIGN, Act, Status
from tashkent.model.statutes import AnyStatute, Sanction, Withdrawal

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
    Act.SANCTION: (True, (Status.SANCTIONED, Status.NOTICE_GIVEN)),
    Act.EXPEL: (True, (Status.EXPELLED,)),
    Act.CEASE_OBSERVING: (False, (Status.NONE,)),
    Act.END_OBSERVER: (False, (Status.NONE,)),
    Act.DECLINE: (True, (Status.MEMBER, Status.FROZEN, Status.SANCTIONED)),
    Act.END: (True, (Status.LEFT,)),
    Act.RESCIND: (True, (Status.MEMBER, Status.SANCTIONED)),
    Act.LIFT: (True, (Status.MEMBER, Status.NOTICE_GIVEN)),
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
    seats = _Seats(case)
    status: dict[tuple[str, str], Status] = {}
    last: date | None = None
    acts = {act.name.lower(): act for act in _FOLLOWS}
    statuses = {s.name.lower(): s for s in Status}
    for row in case.record:
        key = f"{row.club} {row.state} {row.date}"
        check_seat(case, file, key, row.club, row.state)
        one_of(file, f"{key}: act", row.act, acts)
        one_of(file, f"{key}: status", row.status, statuses)
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
        _check_order(row, before, f"{key}: act")
        if statuses[row.status] not in after:
            names = " or ".join(s.name.lower() for s in after)
            raise InputError(file, f"{key}: status", row.status, names)
        if row.act == "decline" and statuses[row.status] != before:
            raise InputError(file, f"{key}: status", row.status, before.name.lower())
        beside_a_notice = row.act in ("sanction", "lift") and before == Status.NOTICE_GIVEN
        stays = row.act in _CHANGE_NOTHING or beside_a_notice
        if statuses[row.status] == before and not stays:
            allowed = f"an act that changes the status (it is {before.name.lower()})"
            raise InputError(file, f"{key}: act", row.act, allowed)
        _check_law(case, row, f"{key}: act")
        seats.follow(row, before, statuses[row.status], key)
        status[row.club, row.state] = statuses[row.status]
        last = row.date
    _check_choices(case)


def _check_order(row: Entry, before: Status, key: str) -> None:
    """What is taken back or lifted was there before."""
    asked = {
        "rescind": (Status.NOTICE_GIVEN,),
        "lift": (Status.SANCTIONED, Status.NOTICE_GIVEN),
    }.get(row.act)
    if asked is not None and before not in asked:
        names = " or ".join(status.name.lower() for status in asked)
        allowed = f"a state that is {names} (it is {before.name.lower()})"
        raise InputError("record.csv", key, row.act, allowed)


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
        "rescind": (
            rules.withdrawal and rules.withdrawal.retractable,
            "a month with a withdrawal in force that is retractable",
        ),
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
    if row.act == "accede" and row.state in case.deciders and not is_open:
        allowed_when = "a month at whose end the club is open to the state (openness.csv)"
        raise InputError("record.csv", key, row.act, allowed_when)


#: acts of a club, and the rule on which it decides them
_DECIDED = {
    "suspend": "voluntary_suspension",
    "sanction": "sanction",
    "lift": "sanction",
    "expel": "expulsion",
    "end_observer": "observer",
}
#: acts -> who may do them: a state, its club, or the treaty by itself; others are a state's alone
_ACTORS = {
    "enter_into_force": ("treaty",),
    "lapse": ("treaty",),
    "leave": ("treaty",),
    "end": ("treaty", "club"),
    "suspend": ("club",),
    "sanction": ("club",),
    "lift": ("club", "treaty"),
    "expel": ("club",),
    "end_observer": ("club",),
}


class _Seats:
    """The seats of a record, held against the law row by row: notices, sessions, terms, and whose act it was."""

    def __init__(self, case: Case) -> None:
        self.case = case
        #: the day on which notice was given
        self.notice: dict[tuple[str, str], date] = {}
        #: who is under a sanction that the club alone lifts
        self.sanctioned: set[tuple[str, str]] = set()

    def follow(self, row: Entry, before: Status, status: Status, key: str) -> None:
        """Refuse a row that the law does not bear, and keep the days from which it counts.

        What happened before the months of the case is an initial condition, whose law need not be in it.

        Raises
        ------
        InputError
            If the row came too early, out of session, without a rule or by the wrong hand.
        """
        seat = (row.club, row.state)
        if month_of(row.date) > self.case.start:
            self._check_actor(row, key)
            match row.act:
                case "enter_into_force":
                    self._check_force(row, key)
                case "lapse":
                    self._check_lapse(row, key)
                case "withdraw":
                    self._check_notice(row, status, key)
                case "end":
                    self._check_end(row, key)
                case "leave":
                    self._check_leave(row, key)
                case act if act in _DECIDED:
                    self._check_decision(row, before, key)
            self._check_sanctioned(row, before, status, key)
        if row.act == "withdraw":
            self.notice[seat] = row.date
        rule = self.case.law.rules(row.club, month_of(row.date)).sanction
        if row.act == "sanction" and rule is not None and rule.breach:
            self.sanctioned.add(seat)
        elif row.act == "lift" or status in FORMER:
            self.sanctioned.discard(seat)

    def _refuse(self, key: str, value: object, when: str) -> InputError:
        return InputError("record.csv", key, value, f"{when} (statutes.toml)")

    def _check_actor(self, row: Entry, key: str) -> None:
        actors = _ACTORS.get(row.act, ("state",))
        if row.actor not in actors:
            raise InputError(
                "record.csv", f"{key}: actor", row.actor, f"{' or '.join(actors)} for {row.act}"
            )

    def _in_force(self, row: Entry, kind: str) -> list[AnyStatute]:
        """The rules of a kind that a club has on the day of a row."""
        return [s for s in self.case.law.at(row.date).get(row.club, ()) if s.kind == kind]

    def _check_force(self, row: Entry, key: str) -> None:
        """Not before the club's own entry into force; a ratification takes as long as it takes."""
        if self._in_force(row, "entry_into_force"):
            return
        own = [s for s in self.case.statutes if (s.club, s.kind) == (row.club, "entry_into_force")]
        first = min((s.from_ for s in own), default=date.min)
        if row.date < first:
            raise self._refuse(
                f"{key}: date", str(row.date), f"not before the entry into force ({first})"
            )

    def _check_lapse(self, row: Entry, key: str) -> None:
        """A seat lapses at the end of a term: in the month in which it must be renewed, or as the next day comes."""
        day = row.date - timedelta(days=1) if row.date > date.min else row.date
        if not any(
            self.case.law.rules(row.club, month_of(one)).renewal_due for one in (row.date, day)
        ):
            when = "the month in which a term ends that must be renewed"
            raise self._refuse(f"{key}: act", row.act, when)

    def _check_notice(self, row: Entry, status: Status, key: str) -> None:
        """Notice runs first where the rule of withdrawal in force has months of it."""
        rules = [s for s in self._in_force(row, "withdrawal") if isinstance(s, Withdrawal)]
        months = rules[0].notice_months if rules else 0
        if months and status != Status.NOTICE_GIVEN:
            when = f"notice_given: notice runs {months} months"
            raise self._refuse(f"{key}: status", row.status, when)

    def _check_end(self, row: Entry, key: str) -> None:
        """A seat ends with its club or with its state."""
        rules = self.case.law.rules(row.club, month_of(row.date))
        ends = any(rule.state == row.state and rule.from_ <= row.date for rule in rules.extinction)
        if not ends and (rules.dissolution is None or row.date < rules.dissolution.from_):
            when = "a day on which a dissolution is in force, or an extinction of the state"
            raise self._refuse(f"{key}: act", row.act, when)

    def _check_leave(self, row: Entry, key: str) -> None:
        given = self.notice.get((row.club, row.state))
        if given is None:
            raise self._refuse(f"{key}: act", row.act, "a state that gave notice (withdraw)")
        rule = self.case.law.rules(row.club, month_of(given)).withdrawal
        months = rule.notice_months if rule is not None else 0
        if month_of(row.date) - month_of(given) < months:
            when = f"{months} months after the notice of {given} at least"
            raise self._refuse(f"{key}: date", str(row.date), when)

    def _check_decision(self, row: Entry, before: Status, key: str) -> None:
        """What a council decides needs its rule, and the month of its session where one is fixed.

        A suspension is that of a request; a club without such a rule may still stop its dealings with a state.
        """
        kind = _DECIDED[row.act]
        rules = self.case.law.rules(row.club, month_of(row.date))
        if getattr(rules, kind) is None and not (row.act == "suspend" and rules.session is None):
            raise self._refuse(f"{key}: act", row.act, f"a month with {_an(kind)} {kind} in force")
        if row.act in ("sanction", "lift") and rules.sanction is not None:
            self._check_regime(row, before, rules.sanction, key)
            if rules.sanction.out_of_session or (row.act, rules.sanction.lifting) == (
                "lift",
                "condition",
            ):
                return
        if rules.session is not None and not rules.sits:
            when = f"the month of the session ({rules.session.month})"
            raise self._refuse(f"{key}: date", str(row.date), when)
        first = {"suspend": Status.SUSPENSION_REQUESTED, "expel": Status.SANCTIONED}.get(row.act)
        if first not in (None, before) and getattr(rules, kind) is not None:
            when = f"a state that is {first.name.lower()} (it is {before.name.lower()})"
            raise self._refuse(f"{key}: act", row.act, when)

    def _check_regime(self, row: Entry, before: Status, rule: Sanction, key: str) -> None:
        """Out of session and on notice a state is sanctioned for its regime alone, and freed when that has ended."""
        misruled = any(
            event.kind == "regime"
            and event.state == row.state
            and event.about in rule.breach
            and event.date <= row.date
            and (event.date_end is None or row.date < event.date_end)
            for event in self.case.events
        )
        kinds = ", ".join(rule.breach) or "none in this rule"
        sits = self.case.law.rules(row.club, month_of(row.date)).sits
        if row.act == "sanction" and not misruled and (before == Status.NOTICE_GIVEN or not sits):
            when = f"a state with a regime that is a breach ({kinds}) on that day, or the month of the session"
            raise InputError("record.csv", f"{key}: act", row.act, f"{when} (events.csv)")
        if row.act == "lift" and misruled:
            when = f"a day on which no regime that is a breach ({kinds}) rules any more"
            raise InputError("record.csv", f"{key}: date", str(row.date), f"{when} (events.csv)")

    def _check_sanctioned(self, row: Entry, before: Status, status: Status, key: str) -> None:
        """A sanction that the club alone lifts holds until it does, beside a notice too."""
        held = (row.club, row.state) in self.sanctioned
        if row.act == "lift" and not held:
            when = "a state under a sanction for its regime"
            raise self._refuse(f"{key}: act", row.act, when)
        if row.act == "resume" and held:
            raise self._refuse(f"{key}: act", row.act, "lift: the club alone ends this sanction")
        follows = {
            "rescind": Status.SANCTIONED if held else Status.MEMBER,
            "lift": Status.NOTICE_GIVEN if before == Status.NOTICE_GIVEN else Status.MEMBER,
            "sanction": Status.NOTICE_GIVEN if before == Status.NOTICE_GIVEN else Status.SANCTIONED,
        }.get(row.act, status)
        if status != follows:
            raise InputError("record.csv", f"{key}: status", row.status, follows.name.lower())


def _an(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


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
    one_of(file, f"{key}: club", club, case.clubs)
    one_of(file, f"{key}: state", state, case.state_ids)
