"""The kinds of dated statutes: each is one rule of one club, with the numbers of its kind."""

from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tashkent.agents.council import Majority
from tashkent.model.clock import MONTHS_PER_YEAR, month_of
from tashkent.model.reading import learnt

#: of a span that a rule may set
MOST_YEARS = 100
Months = Annotated[int, Field(ge=0, le=12 * MOST_YEARS)]
#: lists of a statute, read-only once loaded
Names = Annotated[tuple[str, ...], Field(strict=False)]
Numbers = Annotated[
    tuple[tuple[str, Any], ...],
    BeforeValidator(lambda table: tuple(table.items()) if isinstance(table, dict) else table),
]
# a kind of regime: elected, junta, left
Regime = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
#: needs of a member: attack by a state, armed bands from abroad, violence at home
Needs = Annotated[tuple[Literal["external", "incursion", "stability"], ...], Field(strict=False)]
#: those that touch a member's territory
ATTACKS = ("external", "incursion")
# kinds of regime that an incumbent may be of
Regimes = Annotated[tuple[Regime, ...], Field(strict=False)]


def _how_many(value: object) -> object:
    """One line for what is no number of votes, in place of one for each type that it might have been."""
    if isinstance(value, bool) or value == "two_thirds":
        return value
    raise ValueError('true, false or "two_thirds"')


#: how many of the others decide
Votes = Annotated[Majority, BeforeValidator(_how_many)]
#: what a debtor may lose
Rights = Annotated[
    tuple[Literal["posts", "vote", "participation"], ...], Field(strict=False, min_length=1)
]


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
    ratification_months: Months
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
    ratification_months: Months
    ministers: bool = False
    price: Literal["gap", "acquis"]
    since: date
    #: former parties are invited back while it holds, as founders are in the opening window
    invites: bool = learnt(False)


class Succession(Statute):
    """The day on which a club becomes the successor of another in law: who is in is carried over, nobody else."""

    kind: Literal["succession"]


class EntryIntoForce(Statute):
    """The day on which every signatory becomes a party; `from` is that day."""

    kind: Literal["entry_into_force"]


class FixedTerm(Statute):
    """A fixed term counted from the entry into force, and what happens at its end.

    With ``renewal = "opt_in"`` a party that does not sign leaves when the term ends; with ``"automatic"``
    a party that does nothing stays. There is something to sign only if a term, this one or the next, holds at
    the end of that month. Decisions rest on what was known `informed_months_before` the end.
    """

    kind: Literal["term"]
    years: int = Field(gt=0, le=MOST_YEARS)
    renewal: Literal["opt_in", "automatic"]
    informed_months_before: Months

    def ends_in(self, month: int) -> bool:
        """Whether a term ends in a month: every `years` from the statute's first day."""
        elapsed = month - month_of(self.from_)
        return elapsed > 0 and elapsed % (self.years * MONTHS_PER_YEAR) == 0


class Withdrawal(Statute):
    """Exit by notice: out when the notice has run."""

    kind: Literal["withdrawal"]
    notice_months: Months
    #: obligations are settled first: each month of arrears takes a month, and exit waits for it
    settlement: bool = False
    #: while it runs a notice may be taken back, and the state stays
    retractable: bool = learnt(False)
    #: the text has such a clause; without one a state may still just go, at a price
    clause: bool = learnt(True)


class VoluntarySuspension(Statute):
    """Suspension at one's own request: a note, then the next regular session of the council."""

    kind: Literal["voluntary_suspension"]
    consensus: bool


class Session(Statute):
    """When the council meets: on the days in `held`, in other years in `month`, and out of turn on a proposal.

    Members or a victim propose it.
    """

    kind: Literal["session"]
    #: of the regular session in a year of which `held` says nothing
    month: int = Field(ge=1, le=12)
    #: days of sessions; in a year with one the council meets on these alone
    held: Annotated[tuple[date, ...], Field(strict=False)] = learnt(())
    #: members besides the one concerned whose proposal calls an extraordinary session
    proposers: int = Field(ge=0, le=1000)
    #: an attacked member can call it alone
    victim_alone: bool

    def sits_in(self, month: int) -> bool:
        """Whether the council holds a session in a month."""
        year = month // MONTHS_PER_YEAR
        of_year = {month_of(day) for day in self.held if day.year == year}
        return month in of_year if of_year else month % MONTHS_PER_YEAR + 1 == self.month

    def months_since(self, month: int) -> int:
        """The months between a month and the session before it, or the day from which the statute holds."""
        first = max(month_of(self.from_), month - MONTHS_PER_YEAR * MOST_YEARS)
        earlier = (m for m in range(month - 1, first - 1, -1) if self.sits_in(m))
        return month - 1 - next(earlier, first - 1)


class PermanentBody(Statute):
    """Bodies that sit between sessions: petitions are taken up in any month, and not at the session alone."""

    kind: Literal["permanent_body"]


class Voting(Statute):
    """What counts as an objection. Silence does not; absence does if `absence_blocks`, or where no such rule holds."""

    kind: Literal["voting"]
    absence_blocks: bool
    #: how many carry what would else need that nobody objects
    majority: Votes = learnt(False)
    #: a state against which help is asked has no say
    concerned_out: bool = learnt(False)


class LimitedFormat(Statute):
    """Those who are willing may decide to act, if not all others object; the rest carry no responsibility."""

    kind: Literal["limited_format"]


class Chair(Statute):
    """One member holds the chair until the next regular session, in the order of names, and sets the agenda."""

    kind: Literal["chair"]


class Sanction(Statute):
    """Suspension of a member in breach from the bodies; decided at a regular session without the one concerned.

    With `breach` it is a breach, too, to be ruled by an incumbent of such a kind. A sanction for that holds beside a
    notice, and until the club lifts it: when no such incumbent rules any more, by itself or by vote.
    """

    kind: Literal["sanction"]
    majority: Votes
    breach: Regimes = learnt(())
    #: whoever is ruled so is judged in any month, not at the regular session alone
    out_of_session: bool = learnt(False)
    lifting: Literal["condition", "vote"] = learnt("condition")


class Expulsion(Statute):
    """Expulsion of a sanctioned member that is still in breach; decided at a regular session without it."""

    kind: Literal["expulsion"]
    majority: Votes


class Arrears(Statute):
    """A member that has not paid for `months` may lose rights until it has paid."""

    kind: Literal["arrears"]
    months: int = Field(ge=1, le=12 * MOST_YEARS)
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


class Operation(Statute):
    """Joint work of the members' services against threats that no promise of help is about, from its first round on."""

    kind: Literal["operation"]
    #: threats that the club relieves only while it works on them
    against: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]


class Regions(Statute):
    """The club is divided into regions (of `states.csv`): elsewhere a kept or broken promise teaches only a share."""

    kind: Literal["regions"]
    elsewhere: float = Field(ge=0, le=1)


class Lock(Statute):
    """A law of a state that closes a club to it, or makes joining dear."""

    kind: Literal["lock"]
    state: str
    effect: Literal["closed", "dear"]


class Dissolution(Statute):
    """The end of the club: from its first day on, or, with `below`, when fewer than so many states are left in it."""

    kind: Literal["dissolution"]
    below: int = Field(default=0, ge=0, le=1000)


class Extinction(Statute):
    """The end of a state: from its first day on it is in the club no longer, and cannot join it."""

    kind: Literal["extinction"]
    state: str


class Bloc(Statute):
    """Members leave some other clubs together: who sees a fellow give notice there may join it in the same month."""

    kind: Literal["bloc"]
    leaves: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]


#: a statute of any kind
type AnyStatute = Annotated[
    Accession
    | Arrears
    | Bases
    | Benefit
    | Bloc
    | Budget
    | Chair
    | Defence
    | Dissolution
    | EntryIntoForce
    | Expulsion
    | Extinction
    | Forces
    | Incompatible
    | LimitedFormat
    | Lock
    | Observer
    | Operation
    | Participation
    | PermanentBody
    | Regions
    | Restoration
    | Sanction
    | Session
    | Succession
    | FixedTerm
    | VoluntarySuspension
    | Voting
    | Withdrawal,
    Field(discriminator="kind"),
]
#: kind -> class
KINDS: dict[str, type[Statute]] = {
    get_args(statute.model_fields["kind"].annotation)[0]: statute
    for statute in get_args(get_args(AnyStatute.__value__)[0])
}
#: kinds of which a club may have several in force at a time
SEVERAL = ("benefit", "extinction", "forces", "lock", "operation")
#: kinds that reach into the defence of members
REACHING = ("bases", "defence", "forces")
