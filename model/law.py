"""Dated statutes, and the rules in force on a date.

A case holds its law as statutes: one rule of one club, with the day from which it holds and the first
day on which it holds no longer. `Law.at` answers which rules are in force on a date, club by club.
The engine asks it once a month, on the month's last day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from operator import is_
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tashkent.model.clock import MONTHS_PER_YEAR, last_day, month_of


class Status(IntEnum):
    """What a state is in a club. From SIGNATORY to SANCTIONED it is in; otherwise it is out."""

    NONE = 0
    SIGNATORY = 1
    MEMBER = 2
    NOTICE_GIVEN = 3
    SUSPENSION_REQUESTED = 4
    FROZEN = 5
    SANCTIONED = 6
    SUSPENDED = 7
    LEFT = 8
    EXPELLED = 9
    OBSERVER = 10


#: lists of a statute, read-only once loaded
Names = Annotated[tuple[str, ...], Field(strict=False)]
Numbers = Annotated[
    tuple[tuple[str, Any], ...],
    BeforeValidator(lambda table: tuple(table.items()) if isinstance(table, dict) else table),
]
#: needs of a member: attack by a state, armed bands from abroad, violence at home
Needs = Annotated[tuple[Literal["external", "incursion", "stability"], ...], Field(strict=False)]
#: those that touch a member's territory
ATTACKS = ("external", "incursion")
#: what a debtor may lose
Rights = Annotated[
    tuple[Literal["posts", "vote", "participation"], ...], Field(strict=False, min_length=1)
]
IN_FIRST, IN_LAST = Status.SIGNATORY, Status.SANCTIONED


class Act(IntEnum):
    """What happens to a seat, or is decided on it. The log of a run and the record of history use the same words."""

    ACCEDE = 0
    ENTER_INTO_FORCE = 1
    RENEW = 2
    ABSTAIN = 3
    LAPSE = 4
    WITHDRAW = 5
    LEAVE = 6
    REQUEST_SUSPENSION = 7
    SUSPEND = 8
    FREEZE = 9
    REFUSE_ACCESSION = 10
    REFUSE_SUSPENSION = 11
    RESUME = 12
    OBSERVE = 13
    REFUSE_OBSERVER = 14
    SANCTION = 15
    REFUSE_SANCTION = 16
    EXPEL = 17
    REFUSE_EXPULSION = 18
    LOSE_RIGHTS = 19
    REFUSE_LOSS_OF_RIGHTS = 20
    RECOVER_RIGHTS = 21
    CARRY_OVER = 22
    HELP = 23
    REFUSE_HELP = 24
    HOST_BASE = 25
    REFUSE_BASE = 26
    END_OBSERVER = 27
    REFUSE_END_OBSERVER = 28
    CEASE_OBSERVING = 29
    DECLINE = 30
    COURT = 31


class Statute(BaseModel):
    """One dated rule of one club; the kinds below add their numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    id: str = Field(min_length=1)
    club: str
    instrument: str = Field(min_length=1)
    article: str
    from_: date = Field(alias="from")
    until: date | None = None
    #: the day on which it was signed, if it took effect later: what it reaches into is felt from then on
    signed: date | None = None
    #: it binds only who joins it, and a member that hardly takes part does not
    separate: bool = False
    text: str = Field(min_length=1)
    source: str = Field(min_length=1)
    #: an open question of the sources on this rule, and the numbers of the reading that was not taken
    ambiguity: str = ""
    other_reading: Numbers = ()

    def read_otherwise(self) -> "Statute":
        """The same statute in the reading that was not taken."""
        return type(self).model_validate(
            {**self.model_dump(by_alias=True), **dict(self.other_reading)}
        )

    @property
    def opens(self) -> date:
        """The day on which members sign it."""
        return self.signed or self.from_

    def in_force(self, day: date) -> bool:
        """Whether the statute holds on a day (`until` is the first day on which it does not)."""
        return self.from_ <= day and (self.until is None or day < self.until)


class Accession(Statute):
    """How a state comes in: proposed by the ministers or not, if no member objects or by signature alone."""

    kind: Literal["accession"]
    consensus: bool
    ratification_months: int = Field(ge=0)
    #: the ministers must propose: members are asked once more, before the council
    ministers: bool = False
    #: only observers may accede
    observers_only: bool = False


class Restoration(Statute):
    """How a former party comes back, in place of the rule of accession.

    With ``price = "gap"`` it is reinstated at once and owes the acts concluded so far: the compliance gap. With
    ``"acquis"`` it must first join every act that took effect after `since`, so the price of return grows. What
    it joins by coming in (`Law.acquis`) counts in neither.
    """

    kind: Literal["restoration"]
    consensus: bool
    ratification_months: int = Field(ge=0)
    ministers: bool = False
    price: Literal["gap", "acquis"]
    since: date


class Succession(Statute):
    """The day on which a club becomes the successor of another in law: who is in is carried over, nobody else."""

    kind: Literal["succession"]


class EntryIntoForce(Statute):
    """The day on which every signatory becomes a party; `from` is that day."""

    kind: Literal["entry_into_force"]


class Term(Statute):
    """A fixed term counted from the entry into force, and what happens at its end.

    With ``renewal = "opt_in"`` a party that does not sign leaves when the term ends; with ``"automatic"``
    a party that does nothing stays. There is something to sign only if a term, this one or the next, holds at
    the end of that month. Decisions rest on what was known `informed_months_before` the end.
    """

    kind: Literal["term"]
    years: int = Field(gt=0)
    renewal: Literal["opt_in", "automatic"]
    informed_months_before: int = Field(ge=0)

    def ends_in(self, month: int) -> bool:
        """Whether a term ends in a month: every `years` from the statute's first day."""
        elapsed = month - month_of(self.from_)
        return elapsed > 0 and elapsed % (self.years * MONTHS_PER_YEAR) == 0


class Withdrawal(Statute):
    """Exit by notice: out when the notice has run."""

    kind: Literal["withdrawal"]
    notice_months: int = Field(ge=0)
    #: obligations are settled first: each month of arrears takes a month, and exit waits for it
    settlement: bool = False


class VoluntarySuspension(Statute):
    """Suspension at one's own request: a note, then the next regular session of the council."""

    kind: Literal["voluntary_suspension"]
    consensus: bool


class Session(Statute):
    """When the council meets: each year in `month`, and out of turn on the proposal of members or of a victim."""

    kind: Literal["session"]
    month: int = Field(ge=1, le=12)
    #: members besides the one concerned whose proposal calls an extraordinary session
    proposers: int = Field(ge=0)
    #: an attacked member can call it alone
    victim_alone: bool


class PermanentBody(Statute):
    """Bodies that sit between sessions: petitions are taken up in any month, and not at the session alone."""

    kind: Literal["permanent_body"]


class Voting(Statute):
    """What counts as an objection. Silence does not; absence does if `absence_blocks`, or where no such rule holds."""

    kind: Literal["voting"]
    absence_blocks: bool


class LimitedFormat(Statute):
    """Those who are willing may decide to act, if not all others object; the rest carry no responsibility."""

    kind: Literal["limited_format"]


class Chair(Statute):
    """One member holds the chair until the next regular session, in the order of names, and sets the agenda."""

    kind: Literal["chair"]


class Sanction(Statute):
    """Suspension of a member in breach from the bodies; decided at a regular session without the one concerned."""

    kind: Literal["sanction"]
    majority: bool


class Expulsion(Statute):
    """Expulsion of a sanctioned member that is still in breach; decided at a regular session without it."""

    kind: Literal["expulsion"]
    majority: bool


class Arrears(Statute):
    """A member that has not paid for `months` may lose rights until it has paid."""

    kind: Literal["arrears"]
    months: int = Field(ge=1, le=512)
    #: benefits that are posts; the say on others; its place in the bodies, so that it is sanctioned
    takes: Rights
    #: the loss follows by itself; otherwise a regular session decides without the debtor
    automatic: bool


class Budget(Statute):
    """The patron pays its share of the budget, the other members the rest in equal parts."""

    kind: Literal["budget"]
    patron_share: float = Field(ge=0, le=1)


class Participation(Statute):
    """A member may stop taking part and paying without giving notice, and resume."""

    kind: Literal["participation"]


class Observer(Statute):
    """A state outside may become an observer, if no member objects or as the club's officers see fit."""

    kind: Literal["observer"]
    consensus: bool
    #: a regular session may end the status of an observer that sits in a suspect club
    withdrawable: bool = False


class Bases(Statute):
    """Forces of others on a member's soil: after consultation, or only if no member objects."""

    kind: Literal["bases"]
    consent: bool


class Incompatible(Statute):
    """Clubs that a member may not be in (`bars`), and clubs whose members meet suspicion (`suspects`)."""

    kind: Literal["incompatible"]
    bars: Names
    suspects: Names


class Defence(Statute):
    """What obliges members to help, and whether the victim must ask."""

    kind: Literal["defence"]
    covers: Needs
    on_request: bool


class Forces(Statute):
    """Forces that the council may send to a member on its request."""

    kind: Literal["forces"]
    covers: Needs
    #: only parties that have joined the acts of the club have a say
    interim: bool


class Benefit(Statute):
    """Goods for members alone, such as arms at home prices or training."""

    kind: Literal["benefit"]
    #: posts in the bodies, which a debtor may lose
    posts: bool = False


class Regions(Statute):
    """The club is divided into regions (of `states.csv`): elsewhere a kept or broken promise teaches only a share."""

    kind: Literal["regions"]
    elsewhere: float = Field(ge=0, le=1)


class Lock(Statute):
    """A law of a state that closes a club to it, or makes joining dear."""

    kind: Literal["lock"]
    state: str
    effect: Literal["closed", "dear"]


AnyStatute = Annotated[
    Accession
    | Arrears
    | Bases
    | Benefit
    | Budget
    | Chair
    | Defence
    | EntryIntoForce
    | Expulsion
    | Forces
    | Incompatible
    | LimitedFormat
    | Lock
    | Observer
    | Participation
    | PermanentBody
    | Regions
    | Restoration
    | Sanction
    | Session
    | Succession
    | Term
    | VoluntarySuspension
    | Voting
    | Withdrawal,
    Field(discriminator="kind"),
]
#: kind -> class
KINDS: dict[str, type[Statute]] = {
    get_args(statute.model_fields["kind"].annotation)[0]: statute
    for statute in get_args(get_args(AnyStatute)[0])
}
#: kinds of which a club may have several in force at a time
SEVERAL = ("benefit", "forces", "lock")
#: kinds that reach into the defence of members
REACHING = ("bases", "defence", "forces")


@dataclass(frozen=True)
class RulesInForce:
    """The rules of one club in one month; None where no rule of the kind is in force."""

    accession: Accession | None = None
    arrears: Arrears | None = None
    bases: Bases | None = None
    budget: Budget | None = None
    chair: Chair | None = None
    defence: Defence | None = None
    entry_into_force: EntryIntoForce | None = None
    expulsion: Expulsion | None = None
    incompatible: Incompatible | None = None
    limited_format: LimitedFormat | None = None
    observer: Observer | None = None
    participation: Participation | None = None
    permanent_body: PermanentBody | None = None
    regions: Regions | None = None
    restoration: Restoration | None = None
    sanction: Sanction | None = None
    session: Session | None = None
    succession: Succession | None = None
    term: Term | None = None
    voluntary_suspension: VoluntarySuspension | None = None
    voting: Voting | None = None
    withdrawal: Withdrawal | None = None
    benefit: tuple[Benefit, ...] = ()
    forces: tuple[Forces, ...] = ()
    lock: tuple[Lock, ...] = ()
    #: the fixed term ends in this month
    term_ends: bool = False
    #: a term holds at the end of the month, so there is a text to sign if one ends in it
    prolonged: bool = False
    #: the regular session falls in this month
    sits: bool = False
    #: instruments of the club that have taken effect by the end of the month
    acquis: int = 0
    #: instruments signed by then that reach into the defence of members
    reach: int = 0
    #: statutes signed in this month that bind only who joins them
    opened: tuple[AnyStatute, ...] = ()

    @property
    def renewal_due(self) -> bool:
        """Members must sign in this month or leave."""
        return self.term_ends and self.term is not None and self.term.renewal == "opt_in"

    @property
    def hears_petitions(self) -> bool:
        """Petitions can be decided in this month: a permanent body is there, or the session, or neither is fixed."""
        return self.session is None or self.permanent_body is not None or self.sits

    def takes(self, right: str) -> bool:
        """Whether a debtor that is deprived is without a right."""
        return self.arrears is not None and right in self.arrears.takes

    def covering(self, kind: str) -> Defence | Forces | None:
        """The rule that covers a request for help of a kind: the duty of defence, or else the latest on forces."""
        if self.defence is not None and kind in self.defence.covers:
            return self.defence
        return next((forces for forces in reversed(self.forces) if kind in forces.covers), None)


class Law:
    """The statutes of a case, by date."""

    def __init__(self, statutes: Sequence[AnyStatute]) -> None:
        self.statutes = tuple(statutes)
        self._of_club: dict[str, tuple[AnyStatute, ...]] = {}
        for statute in self.statutes:
            self._of_club[statute.club] = (*self._of_club.get(statute.club, ()), statute)
        #: what was looked up, by club and month
        self._rules: dict[str, dict[int, RulesInForce]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Without what was looked up before."""
        return {**self.__dict__, "_rules": {}}

    def share(self, other: "Law") -> None:
        """Look up the rules of a club together with another law, if it has the very same statutes for that club."""
        for club, statutes in self._of_club.items():
            theirs = other._of_club.get(club, ())
            if len(theirs) == len(statutes) and all(map(is_, statutes, theirs)):
                self._rules[club] = other._rules.setdefault(club, {})

    def at(self, day: date) -> dict[str, tuple[AnyStatute, ...]]:
        """The statutes in force on a day, club by club.

        Examples
        --------
        >>> from datetime import date, timedelta
        >>> from tashkent.model.case import load_case
        >>> law = load_case("cst").law
        >>> [rule.id for rule in law.at(date(1999, 4, 20))["CST"] if rule.kind == "term"]
        ['CST-11-term']
        >>> [rule.id for rule in law.at(date(1999, 4, 21))["CST"] if rule.kind == "term"]
        ['CST-P1999']
        """
        held: dict[str, tuple[AnyStatute, ...]] = {}
        for statute in self.statutes:
            if statute.in_force(day):
                held[statute.club] = (*held.get(statute.club, ()), statute)
        return held

    def rules(self, club: str, month: int) -> RulesInForce:
        """The rules that one club applies in a month: those of its last day.

        Three kinds differ. An entry into force and a succession apply in the month in which their day falls. A
        term binds in the
        month in which it ends, whatever replaces it on the morrow, so the one in force when the month begins counts.
        """
        looked_up = self._rules.setdefault(club, {})
        if month not in looked_up:
            looked_up[month] = self._rules_of(club, month)
        return looked_up[month]

    def _rules_of(self, club: str, month: int) -> RulesInForce:
        found: dict[str, AnyStatute] = {}
        several: dict[str, list[AnyStatute]] = {kind: [] for kind in SEVERAL}
        own = self._of_club.get(club, ())
        prolonged = False
        for statute in sorted(own, key=lambda s: s.from_):
            if isinstance(statute, EntryIntoForce | Succession):
                holds = month_of(statute.from_) == month
            elif isinstance(statute, Term):
                prolonged |= statute.in_force(last_day(month))
                holds = statute.in_force(last_day(month - 1) + timedelta(days=1))
            else:
                holds = statute.in_force(last_day(month))
            if holds and statute.kind in SEVERAL:
                several[statute.kind].append(statute)
            elif holds:
                found[statute.kind] = statute
        term, session = found.get("term"), found.get("session")
        return RulesInForce(
            **found,  # type: ignore[arg-type]
            **{kind: tuple(rules) for kind, rules in several.items()},  # type: ignore[arg-type]
            term_ends=isinstance(term, Term) and term.ends_in(month),
            prolonged=prolonged,
            sits=isinstance(session, Session) and session.month == month % MONTHS_PER_YEAR + 1,
            acquis=self.acquis(club, month),
            reach=self.reach(club, month),
            opened=tuple(s for s in own if s.separate and month_of(s.opens) == month),
        )

    def reach(self, club: str, month: int) -> int:
        """Instruments of a club, signed by the end of a month, that reach into the defence of its members."""
        day = last_day(month)
        own = self._of_club.get(club, ())
        return len({s.instrument for s in own if s.kind in REACHING and s.opens <= day})

    def acquis(self, club: str, month: int, since: date = date.min) -> int:
        """Instruments of a club of which a statute took effect after `since`, by the end of a month.

        Those that carry a rule of accession do not count: who comes in joins them by that.
        """
        day = last_day(month)
        own = [s for s in self._of_club.get(club, ()) if not isinstance(s, Lock)]
        joined = {s.instrument for s in own if isinstance(s, Accession)}
        return len({s.instrument for s in own if since < s.from_ <= day} - joined)
