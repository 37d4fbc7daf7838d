"""Dated statutes, and the rules in force on a date.

A case holds its law as statutes: one rule of one club, with the day from which it holds and the first
day on which it holds no longer. `Law.at` answers which rules are in force on a date, club by club.
The engine asks it once a month, on the month's last day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from model.clock import MONTHS_PER_YEAR, last_day, month_of


class Status(IntEnum):
    """What a state is in a club. Between SIGNATORY and FROZEN it is in; otherwise it is out."""

    NONE = 0
    SIGNATORY = 1
    MEMBER = 2
    NOTICE_GIVEN = 3
    SUSPENSION_REQUESTED = 4
    FROZEN = 5
    SUSPENDED = 6
    LEFT = 7


IN_FIRST, IN_LAST = Status.SIGNATORY, Status.FROZEN


class Act(IntEnum):
    """What happens to a seat. The log of a run and the record of history use the same words."""

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


class Statute(BaseModel):
    """One dated rule of one club; the kinds below add their numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    id: str = Field(min_length=1)
    club: str
    instrument: str = Field(min_length=1)
    article: str
    from_: date = Field(alias="from")
    until: date | None = None
    text: str = Field(min_length=1)
    source: str = Field(min_length=1)

    def in_force(self, day: date) -> bool:
        """Whether the statute holds on a day (`until` is the first day on which it does not)."""
        return self.from_ <= day and (self.until is None or day < self.until)


class Accession(Statute):
    """How a state comes in: by signature alone or if no member objects; then ratification."""

    kind: Literal["accession"]
    consensus: bool
    ratification_months: int = Field(ge=0)


class EntryIntoForce(Statute):
    """The day on which every signatory becomes a party; `from` is that day."""

    kind: Literal["entry_into_force"]


class Term(Statute):
    """A fixed term counted from the entry into force, and what happens at its end.

    With ``renewal = "opt_in"`` a party that does not sign leaves when the term ends; with ``"automatic"``
    a party that does nothing stays. Decisions rest on what was known `informed_months_before` the end.
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


class VoluntarySuspension(Statute):
    """Suspension at one's own request: a note, then the next regular session of the council."""

    kind: Literal["voluntary_suspension"]
    session_month: int = Field(ge=1, le=12)
    consensus: bool


AnyStatute = Annotated[
    Accession | EntryIntoForce | Term | Withdrawal | VoluntarySuspension,
    Field(discriminator="kind"),
]


@dataclass(frozen=True)
class RulesInForce:
    """The rules of one club in one month; None where no rule of the kind is in force."""

    accession: Accession | None = None
    entry_into_force: EntryIntoForce | None = None
    term: Term | None = None
    withdrawal: Withdrawal | None = None
    voluntary_suspension: VoluntarySuspension | None = None
    #: the fixed term ends in this month
    term_ends: bool = False

    @property
    def renewal_due(self) -> bool:
        """Members must sign in this month or leave."""
        return self.term_ends and self.term is not None and self.term.renewal == "opt_in"


class Law:
    """The statutes of a case, by date."""

    def __init__(self, statutes: Sequence[AnyStatute]) -> None:
        self.statutes = tuple(statutes)

    def at(self, day: date) -> dict[str, tuple[AnyStatute, ...]]:
        """The statutes in force on a day, club by club.

        Examples
        --------
        >>> from datetime import date, timedelta
        >>> from model.case import load_case
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

        Two kinds differ. An entry into force applies in the month in which its day falls. A term binds in the
        month in which it ends, whatever replaces it on the morrow, so the one in force when the month begins counts.
        """
        found: dict[str, AnyStatute] = {}
        for statute in sorted(self.statutes, key=lambda s: s.from_):
            if statute.club != club:
                continue
            if isinstance(statute, EntryIntoForce):
                holds = month_of(statute.from_) == month
            elif isinstance(statute, Term):
                holds = statute.in_force(last_day(month - 1) + timedelta(days=1))
            else:
                holds = statute.in_force(last_day(month))
            if holds:
                found[statute.kind] = statute
        term = found.get("term")
        ends = isinstance(term, Term) and term.ends_in(month)
        return RulesInForce(**found, term_ends=ends)  # type: ignore[arg-type]
