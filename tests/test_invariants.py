"""What may never happen, whoever acts, whoever objects, and whatever law is missing or read otherwise.

Hypothesis drives the engine month by month. `Watch` reads the statutes for itself: it knows nothing of
`model.law.RulesInForce`, and replays the log of each month against the seats before and after it.

HISTORIES=10 pytest tests/test_invariants.py tries ten times as many histories.
"""

import os
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from tashkent.cli.new_case import SKELETON
from tashkent.model.case import Case, load_case
from tashkent.model.clock import MONTHS_PER_YEAR, last_day, month_label, month_of
from tashkent.model.compilation import compile_case
from tashkent.model.inputs import Call, CaseInputs
from tashkent.model.noise import Noise
from tashkent.model.parameters import ParameterDraws
from tashkent.model.seats import NEVER, Seats
from tashkent.model.statuses import Act, Status
from tashkent.model.statutes import KINDS, Session
from tashkent.model.step import advance
from tashkent.model.world import Logged, World
from tests.scripted import (
    FOE,
    FRIEND,
    SILENT,
    Script,
    acts_of,
    bare,
    parameters_of,
    world_of,
)

S = Status
IN = {
    S.SIGNATORY,
    S.MEMBER,
    S.NOTICE_GIVEN,
    S.SUSPENSION_REQUESTED,
    S.FROZEN,
    S.SANCTIONED,
}
OUT = set(Status) - IN
GONE = {S.SUSPENDED, S.LEFT, S.EXPELLED}
PARTY = {S.MEMBER, S.FROZEN}
UNPAID = {S.FROZEN, S.SANCTIONED}
SETTLING = {S.NOTICE_GIVEN, S.SUSPENSION_REQUESTED}

#: act -> the kinds of statute on which it may rest
RESTS_ON: dict[Act, tuple[str, ...]] = {
    Act.ACCEDE: ("accession", "restoration"),
    Act.REFUSE_ACCESSION: ("accession", "restoration"),
    Act.ENTER_INTO_FORCE: ("entry_into_force", "accession"),
    Act.CARRY_OVER: ("succession",),
    Act.RENEW: ("term",),
    Act.ABSTAIN: ("term",),
    Act.LAPSE: ("term",),
    Act.WITHDRAW: ("withdrawal",),
    Act.LEAVE: ("withdrawal",),
    Act.REQUEST_SUSPENSION: ("voluntary_suspension",),
    Act.SUSPEND: ("voluntary_suspension",),
    Act.REFUSE_SUSPENSION: ("voluntary_suspension",),
    Act.FREEZE: ("participation",),
    Act.RESUME: ("participation",),
    Act.OBSERVE: ("observer",),
    Act.REFUSE_OBSERVER: ("observer",),
    Act.SANCTION: ("sanction",),
    Act.REFUSE_SANCTION: ("sanction",),
    Act.EXPEL: ("expulsion",),
    Act.REFUSE_EXPULSION: ("expulsion",),
    Act.LOSE_RIGHTS: ("arrears",),
    Act.REFUSE_LOSS_OF_RIGHTS: ("arrears",),
    Act.RECOVER_RIGHTS: ("arrears",),
    Act.HELP: ("defence", "forces"),
    Act.REFUSE_HELP: ("defence", "forces"),
    Act.HOST_BASE: ("bases",),
    Act.REFUSE_BASE: ("bases",),
    Act.END_OBSERVER: ("observer",),
    Act.REFUSE_END_OBSERVER: ("observer",),
    Act.CEASE_OBSERVING: ("observer",),
    Act.DECLINE: tuple(KINDS),
    Act.COURT: ("participation",),
    Act.RESCIND: ("withdrawal",),
    Act.END: ("dissolution", "extinction"),
    Act.LIFT: ("sanction",),
    Act.REFUSE_LIFT: ("sanction",),
}
#: act -> statuses in which it is possible, and those that may follow (None: the status stays)
MOVES: dict[Act, tuple[set[Status], set[Status] | None]] = {
    Act.ACCEDE: (OUT, {S.SIGNATORY, S.MEMBER}),
    Act.REFUSE_ACCESSION: (OUT, None),
    Act.ENTER_INTO_FORCE: ({S.SIGNATORY}, {S.MEMBER}),
    Act.CARRY_OVER: (IN, None),
    Act.RENEW: ({S.SIGNATORY, S.MEMBER, S.FROZEN}, None),
    Act.ABSTAIN: (IN, None),
    Act.LAPSE: (IN, {S.LEFT}),
    Act.WITHDRAW: (PARTY | {S.SANCTIONED, S.SUSPENSION_REQUESTED}, {S.NOTICE_GIVEN, S.LEFT}),
    Act.LEAVE: ({S.NOTICE_GIVEN}, {S.LEFT}),
    Act.REQUEST_SUSPENSION: (PARTY, {S.SUSPENSION_REQUESTED}),
    Act.SUSPEND: ({S.SUSPENSION_REQUESTED}, {S.SUSPENDED}),
    Act.REFUSE_SUSPENSION: ({S.SUSPENSION_REQUESTED}, {S.MEMBER}),
    Act.FREEZE: ({S.MEMBER}, {S.FROZEN}),
    Act.RESUME: (UNPAID, {S.MEMBER}),
    Act.OBSERVE: (OUT - {S.OBSERVER}, {S.OBSERVER}),
    Act.REFUSE_OBSERVER: (OUT - {S.OBSERVER}, None),
    Act.SANCTION: (PARTY, {S.SANCTIONED}),
    Act.REFUSE_SANCTION: (PARTY, None),
    Act.EXPEL: ({S.SANCTIONED}, {S.EXPELLED}),
    Act.REFUSE_EXPULSION: ({S.SANCTIONED}, None),
    Act.LOSE_RIGHTS: (IN, None),
    Act.REFUSE_LOSS_OF_RIGHTS: (IN, None),
    Act.RECOVER_RIGHTS: (IN, None),
    Act.HELP: (IN, None),
    Act.REFUSE_HELP: (IN, None),
    Act.HOST_BASE: (IN, None),
    Act.REFUSE_BASE: (IN, None),
    Act.END_OBSERVER: ({S.OBSERVER}, {S.NONE}),
    Act.REFUSE_END_OBSERVER: ({S.OBSERVER}, None),
    Act.CEASE_OBSERVING: ({S.OBSERVER}, {S.NONE}),
    Act.DECLINE: (IN, None),
    Act.COURT: (IN, None),
    Act.RESCIND: ({S.NOTICE_GIVEN}, {S.MEMBER, S.SANCTIONED}),
    Act.END: (IN, {S.LEFT}),
    Act.LIFT: ({S.SANCTIONED, S.NOTICE_GIVEN}, {S.MEMBER, S.NOTICE_GIVEN}),
    Act.REFUSE_LIFT: ({S.SANCTIONED, S.NOTICE_GIVEN}, None),
}
#: what takes effect before anybody decides
PENDING = (Act.CARRY_OVER, Act.ENTER_INTO_FORCE, Act.LEAVE, Act.END)
SESSION = (
    Act.SUSPEND,
    Act.REFUSE_SUSPENSION,
    Act.SANCTION,
    Act.REFUSE_SANCTION,
    Act.EXPEL,
    Act.REFUSE_EXPULSION,
    Act.REFUSE_LOSS_OF_RIGHTS,
    Act.END_OBSERVER,
    Act.REFUSE_END_OBSERVER,
)
#: who takes part again has paid all that it owed
PAYS = (Act.RESUME, Act.REFUSE_SUSPENSION)
#: answers to what a state asks, and to a case against it: granted or passed -> refused
PETITIONS = {
    Act.ACCEDE: Act.REFUSE_ACCESSION,
    Act.OBSERVE: Act.REFUSE_OBSERVER,
    Act.SUSPEND: Act.REFUSE_SUSPENSION,
    Act.HELP: Act.REFUSE_HELP,
    Act.HOST_BASE: Act.REFUSE_BASE,
}
CASES = {
    Act.SANCTION: Act.REFUSE_SANCTION,
    Act.EXPEL: Act.REFUSE_EXPULSION,
    Act.LOSE_RIGHTS: Act.REFUSE_LOSS_OF_RIGHTS,
    Act.END_OBSERVER: Act.REFUSE_END_OBSERVER,
}
STREAMS = (
    "accede",
    "suspend",
    "withdraw",
    "freeze",
    "resume",
    "observe",
    "cease observing",
    "renew",
    "rescind",
)
HALF = 0.5
BOUND = {S.MEMBER, S.NOTICE_GIVEN, S.SUSPENSION_REQUESTED, S.FROZEN}
JANUARY = 0


def among(status: np.ndarray, which: Iterable[Status]) -> np.ndarray:
    return np.isin(status, [int(s) for s in which])


@dataclass
class Watch:
    """Checks one run month by month."""

    inputs: CaseInputs
    seats: Seats
    #: answers of voters, if they are certain: (petitioner, voter)
    answers: np.ndarray | None = None
    #: how far members take part, and what requests for help have taught
    participation: np.ndarray = field(kw_only=True)
    belief_updates: np.ndarray = field(kw_only=True)
    #: (state, club) -> months that a notice must run, and since when; month of a request
    notices: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    requests: dict[tuple[int, int], int] = field(default_factory=dict)
    seen: Counter[Act] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.case = self.inputs.case
        self.clubs = tuple(self.case.clubs)
        self.statutes = {s.id: s for s in self.case.statutes}

    # the law, read from the statutes ------------------------------------------------------------

    def holds(self, statute: Any, t: int) -> bool:
        """Whether a statute is at work in a month."""
        month = self.case.months[t]
        day = last_day(month)
        if statute.kind in ("entry_into_force", "succession"):
            return month_of(statute.from_) == month
        if statute.kind == "term":
            day = date(day.year, day.month, 1)
        return statute.from_ <= day and (statute.until is None or day < statute.until)

    def rule_of(self, kind: str, t: int, c: int) -> Any:
        found = [
            s
            for s in self.case.statutes
            if (s.club, s.kind) == (self.clubs[c], kind) and self.holds(s, t)
        ]
        assert len(found) <= 1, found
        return found[0] if found else None

    def may_enter(self, s: int, c: int, t: int, *, as_member: bool = True) -> bool:
        state, club, day = self.case.state_ids[s], self.clubs[c], last_day(self.case.months[t])
        open_now = any(
            (o.state, o.club) == (state, club)
            and o.open_from <= day
            and (o.open_until is None or day < o.open_until)
            for o in self.case.openness
        )
        closed = as_member and any(
            lock.effect == "closed" and (lock.state, lock.club) == (state, club)
            for lock in self.case.statutes
            if lock.kind == "lock" and self.holds(lock, t)
        )
        exists = month_of(self.case.clubs[club].since) <= self.case.months[t]
        return open_now and exists and not closed

    def meets(self, session: Session, t: int) -> bool:
        year, month = divmod(self.case.months[t], MONTHS_PER_YEAR)
        known = {day.month for day in session.held if day.year == year}
        return month + 1 in (known or {session.month})

    def hears_petitions(self, c: int, t: int) -> bool:
        session = self.rule_of("session", t, c)
        return (
            session is None
            or self.meets(session, t)
            or self.rule_of("permanent_body", t, c) is not None
        )

    def takes(self, right: str, c: int, t: int) -> bool:
        arrears = self.rule_of("arrears", t, c)
        return arrears is not None and right in arrears.takes

    # a month ------------------------------------------------------------------------------------

    def month(self, world: World, t: int, log: list[Logged]) -> None:
        before, after = self.seats, Seats(*(a.copy() for a in world.seats))
        self.status = before.status[0].copy()
        self.lost = before.deprived[0].copy()
        #: who lost its rights this month, on which the council decides at one sitting
        self.lost_now = np.zeros_like(self.lost)
        self.gap = before.gap[0].copy()
        patron = self.inputs.patron
        self.status[patron] = self.inputs.record.status[t, patron]
        entries = [(e.act, int(s), e.club, e.rule) for e in log for s in e.state]
        assert all(e.t == t for e in log)
        self.helped = {(s, c) for act, s, c, _ in entries if act == Act.HELP}
        self.part = world.participation[0]
        first = [e for e in entries if e[0] in PENDING]
        assert entries[: len(first)] == first, "what is pending takes effect before all else"
        self.moved: Counter[tuple[int, int]] = Counter()
        self.signed: set[tuple[int, int]] = set()
        self.went: set[tuple[int, int]] = set()
        self.paid: set[tuple[int, int]] = set()
        for i, (act, s, c, name) in enumerate(entries):
            if i == len(first):
                self.decided_on = self.status.copy()
            said = f"{month_label(self.case.months[t])}: {self.case.state_ids[s]} {act.name} {name}"
            self.one_act(act, s, c, name, before, after, t, said, pending=i < len(first))
            self.seen[act] += 1
        if len(entries) == len(first):
            self.decided_on = self.status.copy()
        assert np.array_equal(self.status, after.status[0]), "a status changed without an act"
        assert np.array_equal(self.lost, after.deprived[0]), "rights came or went without an act"
        assert np.array_equal(self.gap, after.gap[0]), "a gap changed without an act"
        assert max(self.moved.values(), default=0) <= 1, "a seat moved twice"
        self.accounts(before, after)
        self.incompatible(t)
        self.takes_part(t, after)
        self.learns(world, t)
        self.seats = after

    def one_act(
        self,
        act: Act,
        s: int,
        c: int,
        name: str,
        before: Seats,
        after: Seats,
        t: int,
        said: str,
        *,
        pending: bool,
    ) -> None:
        statute: Any = self.statutes.get(name)
        assert statute is not None, f"{said}: no such statute"
        assert statute.club == self.clubs[c], f"{said}: the statute of another club"
        assert statute.kind in RESTS_ON[act], f"{said}: a statute of kind {statute.kind}"
        if act != Act.DECLINE:  # what is signed need not be in force yet
            assert self.holds(statute, t), f"{said}: the statute is not in force"
        assert s != self.inputs.patron, f"{said}: the patron does not decide"
        was = Status(self.status[s, c])
        possible, follow = MOVES[act]
        assert was in possible, f"{said}: it was {was.name}"
        self.votes(act, s, c, statute, t, said)
        check = getattr(self, f"check_{act.name.lower()}", None)
        if check is not None:
            check(s, c, statute, before, t, said)
        if act in SESSION:
            session = self.rule_of("session", t, c)
            assert session is not None, said
            year, month = divmod(self.case.months[t], MONTHS_PER_YEAR)
            listed = {day.month for day in session.held if day.year == year}
            assert month + 1 in (listed or {session.month}), said
        if follow is not None:
            to = follow.copy() if len(follow) == 1 else {Status(after.status[0, s, c])}
            assert to <= follow, f"{said}: it became {to}"
            self.status[s, c] = to.pop()
            if act in PAYS:
                self.paid.add((s, c))
            self.moved[s, c] += not pending
            if self.status[s, c] in GONE:
                assert after.former[0, s, c], f"{said}: no former party"
                self.lost[s, c], self.gap[s, c] = False, 0
                self.went.add((s, c))

    def votes(self, act: Act, s: int, c: int, statute: Any, t: int, said: str) -> None:
        """Whether the answer is that of those who have a say."""
        answer = [(yes, no) for yes, no in (PETITIONS | CASES).items() if act in (yes, no)]
        if not answer or getattr(statute, "automatic", False):
            return
        yes, no = answer[0]
        status = self.decided_on[:, c]
        say = among(status, IN - {S.SANCTIONED})
        if self.takes("vote", c, t):
            say &= ~(self.lost & ~self.lost_now if yes == Act.LOSE_RIGHTS else self.lost)[:, c]
        say[s] = False
        if getattr(statute, "interim", False):
            say &= self.gap[:, c] == 0
        absent = say & (status == S.FROZEN)
        voting = self.rule_of("voting", t, c)
        blocked = (voting is None or voting.absence_blocks) and bool(absent.any())
        asks = any(getattr(statute, k, False) for k in ("consensus", "ministers", "consent"))
        if yes in CASES:
            assert say.any(), f"{said}: nobody could propose it"
        elif yes != Act.HELP and not asks:
            assert act == yes, f"{said}: nobody was asked"
            return
        if self.answers is None:
            return
        foe, friend = self.answers[s] == FOE, self.answers[s] == FRIEND
        present = say & ~absent
        if yes in CASES:
            assert (say & foe).any(), f"{said}: nobody who had a say proposed it"
            against = (present & friend).sum()
            majority = getattr(statute, "majority", False)
            enough = 2 * against >= present.sum() > 0 if majority else against > 0
            refused = bool(enough) or blocked
        elif yes == Act.HELP:
            calls = [n for n in self.inputs.requests[t] if n.state == s and n.kind != "base"]
            attackers = [n.against for n in calls if n.against is not None]
            if attackers and len(calls) > 1:
                return  # the log does not tell which of two needs was answered
            foe[attackers] = True  # nobody helps against itself
            refused = bool((present & foe).any()) or blocked
            patron = self.inputs.patron
            if self.rule_of("limited_format", t, c) is not None:
                refused = bool(foe[patron]) if say[patron] else not (say & ~foe).any()
            session = self.rule_of("session", t, c)
            if session is not None and say.sum() < session.proposers:
                external = any(
                    n in ("external", "incursion")
                    for i, n, *_ in self.inputs.requests.get(t, ())
                    if i == s
                )
                refused = refused or not (external and session.victim_alone)
                if external and len(self.inputs.requests[t]) > 1:
                    return  # the log does not tell which of two needs was answered
        elif yes == Act.SUSPEND:  # a friend would keep it, and a rival is glad to see it go
            refused = bool((present & friend).any()) or blocked
        else:
            refused = bool((present & foe).any()) or blocked
        assert act == (no if refused else yes), f"{said}: those who have a say said otherwise"

    # single acts --------------------------------------------------------------------------------

    def check_accede(self, s: int, c: int, statute: Any, before: Seats, t: int, said: str) -> None:
        assert self.may_enter(s, c, t), f"{said}: the club is closed to it"
        assert self.hears_petitions(c, t), f"{said}: nobody decides on petitions"
        accession = self.rule_of("accession", t, c)
        assert accession is not None, said
        restoration = self.rule_of("restoration", t, c)
        assert (statute.kind == "restoration") == (
            restoration is not None and bool(before.former[0, s, c] or (s, c) in self.went)
        ), f"{said}: a former party is restored, and nobody else"
        if accession.observers_only:
            assert self.decided_on[s, c] == S.OBSERVER, f"{said}: no observer"
        for mine, barred in self.barred(t):
            for own, other in ((mine, barred), (barred, mine)):
                if c == own:
                    assert self.decided_on[s, other] not in IN, f"{said}: barred"
                    assert self.status[s, other] not in IN, f"{said}: barred since just now"
        if statute.kind == "restoration":
            self.gap[s, c] = self.inputs.instruments_owed[t, c]

    def barred(self, t: int) -> list[tuple[int, int]]:
        found = []
        for c in range(len(self.clubs)):
            incompatible = self.rule_of("incompatible", t, c)
            names = incompatible.bars if incompatible is not None else ()
            found += [(c, self.clubs.index(name)) for name in names]
        return found

    def incompatible(self, t: int) -> None:
        """Whoever is in two clubs that do not go together was so before."""
        for mine, barred in self.barred(t):
            both = [among(a[:, mine], IN) & among(a[:, barred], IN) for a in self.both_ends(t)]
            both[1][self.inputs.patron] = False
            assert not (both[1] & ~both[0]).any(), "in two clubs that do not go together"

    def both_ends(self, t: int) -> tuple[np.ndarray, np.ndarray]:
        """Statuses before and after the month."""
        return self.seats.status[0], self.status

    def check_observe(self, s: int, c: int, statute: Any, before: Seats, t: int, said: str) -> None:
        assert self.may_enter(s, c, t, as_member=False), f"{said}: the club is closed to it"
        assert self.hears_petitions(c, t), f"{said}: nobody decides on petitions"

    def check_end_observer(
        self, s: int, c: int, statute: Any, before: Seats, t: int, said: str
    ) -> None:
        incompatible = self.rule_of("incompatible", t, c)
        suspects = [self.clubs.index(name) for name in incompatible.suspects]
        assert statute.withdrawable, said
        assert any(self.decided_on[s, other] in IN for other in suspects), f"{said}: not hostile"

    def check_enter_into_force(
        self, s: int, c: int, statute: Any, before: Seats, t: int, said: str
    ) -> None:
        if statute.kind == "accession":
            assert before.due[0, s, c] == t, f"{said}: not ratified yet"

    def check_withdraw(
        self, s: int, c: int, statute: Any, before: Seats, t: int, said: str
    ) -> None:
        wait = statute.notice_months
        if statute.settlement:
            wait = max(wait, int(before.arrears[0, s, c]))
        self.notices[s, c] = (t, wait)

    def check_leave(self, s: int, c: int, statute: Any, before: Seats, t: int, said: str) -> None:
        since, wait = self.notices.pop((s, c), (t, 0))
        assert t >= since + wait, f"{said}: the notice has not run"
        assert before.due[0, s, c] == t, f"{said}: not due"
        owed = before.arrears[0, s, c] if statute.settlement else 0
        assert owed == 0, f"{said}: debts are not settled"

    def check_request_suspension(
        self, s: int, c: int, statute: Any, before: Seats, t: int, said: str
    ) -> None:
        self.requests[s, c] = t

    def check_suspend(self, s: int, c: int, statute: Any, before: Seats, t: int, said: str) -> None:
        assert before.status[0, s, c] == S.SUSPENSION_REQUESTED, f"{said}: not asked before"
        assert self.requests.pop((s, c), t - 1) < t, f"{said}: asked in the same month"

    def check_renew(self, s: int, c: int, statute: Any, before: Seats, t: int, said: str) -> None:
        self.signed.add((s, c))
        assert any(
            rule.kind == "term"
            and rule.club == self.clubs[c]
            and rule.in_force(last_day(self.case.months[t]))
            for rule in self.case.statutes
        ), f"{said}: there is no text to sign"

    def check_lapse(self, s: int, c: int, statute: Any, before: Seats, t: int, said: str) -> None:
        elapsed = self.case.months[t] - month_of(statute.from_)
        assert statute.renewal == "opt_in", said
        assert elapsed > 0, said
        assert elapsed % (MONTHS_PER_YEAR * statute.years) == 0, f"{said}: no term ends"
        assert (s, c) not in self.signed, f"{said}: it has signed"

    def check_sanction(
        self, s: int, c: int, statute: Any, before: Seats, t: int, said: str
    ) -> None:
        in_breach = before.gap[0, s, c] > 0 or self.decided_on[s, c] == S.FROZEN
        assert in_breach, f"{said}: not in breach"

    def check_expel(self, s: int, c: int, statute: Any, before: Seats, t: int, said: str) -> None:
        assert before.status[0, s, c] == S.SANCTIONED, f"{said}: not sanctioned before"

    def check_lose_rights(
        self, s: int, c: int, statute: Any, before: Seats, t: int, said: str
    ) -> None:
        owed = before.arrears[0, s, c] + bool(statute.automatic)
        assert owed >= statute.months, f"{said}: not that long in arrears"
        assert not self.lost[s, c], f"{said}: lost already"
        self.lost[s, c] = self.lost_now[s, c] = True
        if "participation" in statute.takes and self.status[s, c] in PARTY:
            self.status[s, c] = S.SANCTIONED

    def check_recover_rights(
        self, s: int, c: int, statute: Any, before: Seats, t: int, said: str
    ) -> None:
        assert self.lost[s, c], f"{said}: not lost"
        assert self.status[s, c] not in UNPAID, f"{said}: not paid"
        self.lost[s, c] = False

    def check_resume(self, s: int, c: int, statute: Any, before: Seats, t: int, said: str) -> None:
        self.gap[s, c] = 0

    def check_decline(self, s: int, c: int, statute: Any, before: Seats, t: int, said: str) -> None:
        assert statute.separate, f"{said}: it binds every member"
        signed = statute.signed or statute.from_
        assert month_of(signed) == self.case.months[t], f"{said}: not signed this month"
        assert self.rule_of("participation", t, c) is not None, f"{said}: it has to take part"
        assert self.part[s, c] < HALF, f"{said}: it takes part"
        self.gap[s, c] += 1

    def check_court(self, s: int, c: int, statute: Any, before: Seats, t: int, said: str) -> None:
        assert self.case.clubs[self.clubs[c]].sponsor == "patron", said
        assert self.case.months[t] % MONTHS_PER_YEAR == JANUARY, (
            f"{said}: the patron looks once a year"
        )
        assert self.part[s, c] < HALF, f"{said}: it takes part"

    # what holds at the end of a month -----------------------------------------------------------

    def accounts(self, before: Seats, after: Seats) -> None:
        status = after.status
        inside, unpaid = among(status, IN), among(status, UNPAID)
        step = after.arrears - before.arrears
        assert (step[unpaid] == 1).all(), "a month without payment is a month of debt"
        settling = among(status, SETTLING)
        assert (step == np.where(before.arrears > 0, -1, 0))[settling].all(), "a month is settled"
        for _, s, c in np.argwhere((step < 0) & ~settling):
            assert after.arrears[0, s, c] == 0
            gone = not inside[0, s, c] or (s, c) in self.went or s == self.inputs.patron
            assert gone or (s, c) in self.paid, "a debt vanished without payment or exit"
        assert (after.gap[~inside] == 0).all(), "who is out owes something"
        assert not after.deprived[~inside].any(), "who is out has lost rights"
        assert (after.arrears[after.deprived] > 0).all(), "rights are lost and nothing is owed"
        pending = among(status, (S.SIGNATORY, S.NOTICE_GIVEN))
        decides = self.inputs.decides[None, :, None]
        assert (after.due[~pending & decides] == NEVER).all(), "something is due for nothing"
        assert (after.due[(status == S.NOTICE_GIVEN) & decides] != NEVER).all()
        assert (after.former | ~before.former).all(), "a former party is one no longer"
        assert (after.former | ~among(status, GONE) | ~decides).all()
        moved = after.left_in != before.left_in
        assert set(zip(*np.nonzero(moved[0]), strict=True)) <= self.went, "went out without an act"
        assert not (moved & (after.left_in < before.left_in)).any(), "went out before it last did"
        became = set(zip(*np.nonzero((after.former & ~before.former)[0]), strict=True))
        assert became <= self.went, "a former party that never went out"

    def takes_part(self, t: int, after: Seats) -> None:
        """Participation is a share or unknown, and never says otherwise than the status."""
        part, was, status = self.part, self.participation, after.status[0]
        inside = among(status, IN) & self.inputs.decides[:, None]
        known = ~np.isnan(part)
        assert ((part[known] >= 0) & (part[known] <= 1)).all(), "participation is no share"
        assert not (known & ~inside).any(), "who is out takes part"
        months = self.case.fixed("participation_months")
        for c in range(len(self.clubs)):
            if self.rule_of("participation", t, c) is None:
                assert np.array_equal(part[:, c], was[:, c], equal_nan=True)
                continue
            assert known[inside[:, c], c].all(), (
                "a member of which nobody knows how far it takes part"
            )
            idle = among(status[:, c], UNPAID) & inside[:, c]
            left = np.where(np.isnan(was), 0.0, was * (1 - 1 / months))[:, c]
            np.testing.assert_allclose(part[idle, c], left[idle], atol=1e-12)
            step = np.abs(part[:, c] - was[:, c])
            assert (step[~np.isnan(step)] <= 1 / months + 1e-12).all(), "participation leaps"
        self.participation = part.copy()

    def learns(self, world: World, t: int) -> None:
        """What is learnt fades, and grows by the needs of members in clubs that promise help, and by nothing else."""
        fade = 2.0 ** (-1.0 / self.case.fixed("belief_half_life"))
        new_belief_updates = world.belief_updates[0] - fade * self.belief_updates
        assert not world.new_belief_updates.any(), "a lesson is left over"
        needs = [n for n in self.inputs.requests.get(t, ()) if n[1] != "base"]
        recorded_belief_updates = np.zeros_like(new_belief_updates)
        certain = len({s for s, *_ in needs}) == len(needs)
        for s, kind, *_ in needs:
            for c, club in enumerate(self.case.clubs.values()):
                if club.guarantee and Status(self.decided_on[s, c]) in BOUND:
                    kept = (s, c) in self.helped
                    recorded_belief_updates += (1 if kept else -1) * self.lesson_of(s, kind, c, t)
        if certain:  # else the log does not tell which of two needs was met
            np.testing.assert_allclose(new_belief_updates, recorded_belief_updates, atol=1e-9)
        if not needs:
            assert np.array_equal(world.belief_updates[0], fade * self.belief_updates), (
                "learnt without a need"
            )
        assert (np.abs(new_belief_updates) <= len(needs) * len(self.clubs) + 1e-9).all()
        self.belief_updates = world.belief_updates[0].copy()

    def lesson_of(self, s: int, kind: str, c: int, t: int) -> np.ndarray:
        """What a promise kept to a state teaches each decider on each threat that needs bear on."""
        regions, found = self.rule_of("regions", t, c), []
        threats = tuple(self.case.threats.values())
        for j, k in zip(*self.inputs.belief_index, strict=True):
            share = 1.0 if j == s else self.case.fixed("witness")
            if regions and j != s and self.case.states[j].region != self.case.states[s].region:
                share *= regions.elsewhere
            found.append(share * (threats[k].need == kind))
        return np.array(found)


# the machine ---------------------------------------------------------------------------------------


@cache
def shipped(name: str) -> Case:
    return load_case(SKELETON if name == "minimal" else name)


@cache
def variant(name: str, number: int) -> Case:
    """The case of a name: as it is, or without some statutes and with others read otherwise or altered."""
    case, chance = shipped(name), random.Random(number)
    if number == 0:
        return case
    readable = [s.id for s in case.statutes if s.other_reading]
    other = [i for i in readable if chance.random() < 0.4]
    off = [s.id for s in case.statutes if chance.random() < 0.12]
    case = case.read_otherwise(*other).without(*off)
    takes = chance.choice((("posts", "vote"), ("vote", "participation"), ("participation",)))
    altered = {"arrears": {"takes": takes}, "observer": {"withdrawable": True}}
    statutes = [s.model_copy(update=altered.get(s.kind, {})) for s in case.statutes]
    return replace(case, statutes=tuple(statutes))


class Months(RuleBasedStateMachine):
    """One run of a case, with random behaviour of everybody."""

    name: ClassVar[str] = "cst"
    variants: ClassVar[int] = 6
    seen: ClassVar[Counter[Act]] = Counter()

    @initialize(
        data=st.data(),
        scripted=st.sampled_from((True, True, True, False)),
        seed=st.integers(0, 2**16),
        moved=st.sampled_from((0.6, 0.0)),
    )
    def begin(self, data: st.DataObject, scripted: bool, seed: int, moved: float) -> None:
        case = variant(self.name, data.draw(st.integers(0, self.variants - 1), label="variant"))
        full = compile_case(case)
        self.t = data.draw(self.starts(full), label="start")
        self.scripted, self.shape = scripted, (len(case.states), len(case.clubs))
        chance = random.Random(seed)
        seats = full.record.of_month(self.t, 1)
        for s, c in np.ndindex(self.shape):
            if full.decides[s] and full.exists[self.t, c] and chance.random() < moved / (1 + c):
                self.put(seats, s, c, full, chance)
        taken = np.full((1, *self.shape), np.nan)
        rules = full.rules[self.t]
        for s, c in np.ndindex(self.shape):
            inside = full.decides[s] and Status(seats.status[0, s, c]) in IN
            if inside and rules[c].participation is not None and chance.random() < 0.7:
                taken[0, s, c] = chance.random()
        noise: Script | Noise
        if scripted:
            now = bare(case)
            situation = replace(now.situation, rivalry=now.situation.rivalry.copy())
            # what is made on first use stays, although each month has needs of its own
            self.requests: dict[int, tuple[Call, ...]] = {}
            self.inputs = replace(
                now, record=full.record, situation=situation, requests=self.requests
            )
            courts = chance.choice((50.0, -50.0))
            noise, parameters = Script(self.shape), parameters_of(case, court=courts)
        else:
            self.inputs, noise = full, Noise(case, seed, 0, 1)
            parameters = ParameterDraws.from_mapping(
                {name: np.full(1, chance.gauss(0.0, 2.0)) for name in parameters_of(case)}
            )
        note(f"statutes: {' '.join(s.id for s in case.statutes)}")
        self.world = world_of(self.inputs, seats, noise, parameters, taken)
        self.watch = Watch(
            self.inputs,
            Seats(*(a.copy() for a in seats)),
            seen=self.seen,
            participation=taken[0].copy(),
            belief_updates=self.world.belief_updates[0].copy(),
        )

    def starts(self, inputs: CaseInputs) -> st.SearchStrategy[int]:
        """Any month, or one before the law changes, a council meets, or a term ends."""
        case = inputs.case
        statutes = shipped(self.name).statutes
        days = {s.from_ for s in statutes} | {s.opens for s in statutes}
        changes = {month_of(day) - case.start - 3 for day in days}
        sessions = {t for t, m in enumerate(case.months) if m % MONTHS_PER_YEAR == 10}
        terms = {t - 2 for t, rules in enumerate(inputs.rules) if any(r.renewal_due for r in rules)}
        latest = len(case.months) - 2
        return st.one_of(
            [
                st.sampled_from(sorted(t for t in months if 0 <= t <= latest))
                for months in (terms, terms, sessions, changes, set(range(latest)))
                if months
            ]
        )

    def put(self, seats: Seats, s: int, c: int, inputs: CaseInputs, chance: random.Random) -> None:
        """A seat as it may have come to be."""
        at = (0, s, c)
        status, number = (
            chance.choice([*Status, *UNPAID, *UNPAID, *UNPAID, *UNPAID, S.OBSERVER]),
            chance.randrange(48),
        )
        debtor, arrears = status in UNPAID | SETTLING, inputs.rules[self.t][c].arrears
        seats.status[at] = status
        seats.arrears[at] = number if debtor else 0
        seats.gap[at] = number % 7 if status in IN else 0
        seats.deprived[at] = (
            debtor and arrears is not None and number >= arrears.months and number % 3 == 0
        )
        seats.former[at] |= status in GONE
        if status in GONE:
            seats.left_in[at] = self.t - number
        seats.due[at] = NEVER
        if status == Status.NOTICE_GIVEN or (status == Status.SIGNATORY and number % 2):
            seats.due[at] = self.t + 1 + number % 9

    @rule(
        seed=st.integers(0, 2**16),
        months=st.integers(1, 14),
        active=st.sampled_from((0.2, 0.02)),
        foes=st.sampled_from((0.3, 0.1, 0.0)),
        friends=st.sampled_from((0.0, 0.05, 0.2)),
    )
    def months(self, seed: int, months: int, active: float, foes: float, friends: float) -> None:
        """Months in which everybody acts, objects or proposes, and stands by others, with some chance."""
        chance = np.random.default_rng(seed)
        for _ in range(min(months, len(self.inputs.case.months) - 1 - self.t)):
            self.t += 1
            if self.scripted:
                self.script(chance, active, (foes, friends, 1.0 - foes - friends))
            self.world.log.clear()
            advance(self.world, self.t)
            for entry in acts_of(self.inputs.case, self.world.log):
                note(" ".join(entry))
            self.watch.month(self.world, self.t, self.world.log)

    def script(
        self, chance: np.random.Generator, active: float, moods: tuple[float, float, float]
    ) -> None:
        """What is done, needed and answered in this month."""
        states = self.shape[0]
        often = np.where(
            np.arange(self.shape[1]) == 0, active, active / 4
        )  # most law is the pact's
        noise = {
            (self.t, act): np.where(chance.random(self.shape) < often, -np.inf, np.inf)
            for act in STREAMS
        }
        if self.inputs.rules[self.t][0].sits and chance.random() < 0.5:
            moods = (0.5, 0.0, 0.5)  # a session in which nobody stands by another
        answers = chance.choice((FOE, FRIEND, SILENT), (states, states), p=moods)
        self.inputs.situation.rivalry[self.t] = answers
        deciders = np.flatnonzero(self.inputs.decides).tolist()

        def attacker(kind: str, state: int) -> int | None:
            """Another decider, for half of the attacks by a state."""
            others = [other for other in deciders if other != state]
            by_state = kind == "external" and others and chance.random() < 0.5
            return int(chance.choice(others)) if by_state else None

        needs = tuple(
            Call(int(s), kind, bool(chance.random() < 0.7), attacker(kind, int(s)))
            for s in np.flatnonzero(self.inputs.decides)
            for kind in ("external", "incursion", "stability", "base")
            if chance.random() < active / 2
        )
        self.world.noise = Script(self.shape, noise)  # type: ignore[assignment]
        self.requests.clear()
        self.requests[self.t] = needs
        self.watch.answers = answers


class MinimalMonths(Months):
    name = "minimal"
    seen: ClassVar[Counter[Act]] = Counter()


PROFILE = settings(stateful_step_count=8)
#: as many histories for each that is tried as a rule
TIMES = int(os.environ.get("HISTORIES", "1"))
#: acts that the law of the minimal case knows
FEW = {
    Act.ACCEDE,
    Act.REFUSE_ACCESSION,
    Act.ENTER_INTO_FORCE,
    Act.RENEW,
    Act.ABSTAIN,
    Act.LAPSE,
    Act.WITHDRAW,
    Act.LEAVE,
    Act.REQUEST_SUSPENSION,
    Act.SUSPEND,
    Act.REFUSE_SUSPENSION,
    Act.FREEZE,
    Act.RESUME,
    Act.HELP,
    Act.REFUSE_HELP,
    Act.DECLINE,
    Act.COURT,
}


#: needs one whose seat is judged, and a friend; the rule cases have it
#: acts that the law of the shipped case does not know
ELSEWHERE = {Act.RESCIND, Act.LIFT, Act.REFUSE_LIFT, Act.END}
RARE = {
    Act.REFUSE_SANCTION,
    Act.REFUSE_EXPULSION,
    Act.REFUSE_LOSS_OF_RIGHTS,
    Act.REFUSE_END_OBSERVER,
}


@pytest.mark.slow(10)
@pytest.mark.parametrize(
    ("machine", "acts", "histories"),
    [(Months, set(Act) - ELSEWHERE, 120), (MinimalMonths, FEW, 60)],
)
def test_whatever_is_done_the_law_is_kept(
    machine: type[Months], acts: set[Act], histories: int
) -> None:
    machine.seen.clear()
    run_state_machine_as_test(machine, settings=settings(PROFILE, max_examples=TIMES * histories))
    assert set(machine.seen) <= acts
    assert set(machine.seen) >= acts - RARE, "acts that never came up"
