"""The tables of a case: what each file is called, and what a row of it holds."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tashkent.model.reading import LONGEST_NAME, aside, learnt
from tashkent.model.statutes import Regimes

#: a date, under a name that no column has
Day = date
SCHEMA = 1
COUNCIL = (
    "objection",
    "objection_rivalry",
    "veto",
    "release",
    "ministers",
    "suspicion",
    "sanction",
    "chair_agenda",
    "sanction_objection",
    "help_objection",
    "patron_reluctance",
    "fellow_member",
    "attacker_trade",
    "patron_interest",
    "patron_strain",
    "base_objection",
    "court",
)
FIXED = (
    "opening_months",
    "rivalry_unit",
    "fear_half_life",
    "leverage_half_life",
    "belief_half_life",
    "event_step",
    "goods_step",
    "witness",
    "forum_stake",
    "contagion_months",
    "participation_months",
    "courtship_months",
)
#: fixed parameters that are lengths of time, and those that are shares
LENGTHS = tuple(name for name in FIXED if name.endswith(("_months", "_half_life")))
SHARES = ("witness", "forum_stake")
#: where the mean of a prior may lie, on log-odds; its standard deviation is no larger than the upper end
PRIOR_RANGE = (-10.0, 10.0)
#: the largest value of a measured series, in standard deviations, and of a number that changes one
LARGEST = 1000.0
#: composites that formulas read besides ties and measured threats
READ = ("means", "autonomy")
#: composites named ``tie_<role>`` make that role a possible sponsor of clubs
TIE = "tie_"
#: roles that may be behind a threat besides the sponsors; they lead no club
LEADERLESS = ("state", "nonstate", "domestic")
COMPOSITES = "evidence/composites.csv"
RIVALRY, BONDS = "evidence/rivalry.csv", "evidence/bonds.csv"
TABLES = (
    "case.toml",
    "states.csv",
    "threats.toml",
    "clubs.toml",
    "statutes.toml",
    "openness.csv",
    "requests.csv",
    "events.csv",
    "record.csv",
    "parameters.toml",
    "theories.toml",
    COMPOSITES,
    RIVALRY,
    BONDS,
)
#: tables that a case may have besides; they inform no run and no fit, so the hash does not cover them
CONTENTS, CITATIONS, RECIPE = "contents.csv", "citations.csv", "evidence.toml"
STORY = "story.toml"
BESIDE = ("patterns.toml", CONTENTS, CITATIONS, RECIPE, STORY)


class TableRow(BaseModel):
    """A row of a table, read strictly and frozen."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class State(TableRow):
    """A state, its role in the case, and its region, where what happens to others teaches most."""

    state: str = Field(pattern=r"^[A-Z]{3}$")
    name: str = Field(min_length=1)
    role: Literal["decider", "patron"]
    region: str = ""


class Threat(TableRow):
    """A threat, who is behind it (a role), whom it endangers, and the composite that measures it, if any."""

    label: str = Field(min_length=1)
    source: str = Field(min_length=1)
    target: Literal["state", "regime"]
    #: the kind of help that is asked against it
    need: Literal["external", "incursion", "stability", "operations", ""]
    measured_by: str


class ClubName(TableRow):
    """A name that a club bears from a day on."""

    from_: date = Field(alias="from")
    name: str = Field(min_length=1)


class Club(TableRow):
    """An organisation: since when, led by whom, with what promise, against which threats."""

    names: tuple[ClubName, ...] = Field(min_length=1, strict=False)
    title: str = Field(min_length=1)
    sponsor: str
    guarantee: bool
    #: a seat is forces of the sponsor on own soil: other clubs of the host are asked by their rule on bases
    hosts: bool = learnt(False)
    since: date
    foundings: tuple[date, ...] = Field(strict=False)
    relieves: tuple[str, ...] = Field(strict=False)
    #: kinds of regime whose incumbents are at home in it
    kindred: Regimes = learnt(())
    why: str = Field(min_length=1)
    source: str


class Opening(TableRow):
    """A stretch of time in which a club is open to a state, and on what ground."""

    club: str
    state: str
    open_from: date
    open_until: date | None = None
    why: str = Field(min_length=1)
    source: str


class Request(TableRow):
    """A request of a state for help or for consent to a base, or a need without one; its clubs have to answer."""

    date: Day
    state: str
    kind: Literal["external", "incursion", "stability", "base"]
    #: the state asked; a duty that waits for a request does not arise otherwise
    asked: bool
    #: help came, in the record; empty for a base
    met: bool | None = None
    #: the state of the case that attacks, if one does
    against: str = ""
    why: str = Field(min_length=1)
    source: str


class Event(TableRow):
    """One effect of a dated event on one state; `sign` only, no magnitude."""

    event: str = Field(min_length=1)
    date: Day
    date_end: Day | None = None
    precision: Literal["day", "month", "year"]
    label: str = Field(min_length=1)
    state: str
    kind: Literal["threat", "tie", "coercion", "credibility", "offer", "regime"]
    about: str
    rival: str = ""
    sign: int = Field(ge=-1, le=1)
    source: str
    certainty: Literal["high", "medium", "low"]

    @field_validator("sign")
    @classmethod
    def _not_zero(cls, sign: int) -> int:
        if sign == 0:
            raise ValueError("a sign is -1 or 1")
        return sign


class Entry(TableRow):
    """One act of the record: what happened to a seat, when, and whose act it was."""

    club: str
    state: str
    act: str
    date: Day
    status: str
    actor: Literal["state", "club", "treaty"]
    source: str
    note: str = ""


class Parameter(TableRow):
    """A number that is not measured: a prior, or a fixed choice."""

    role: Literal["weight", "friction", "unscored", "council", "fixed"]
    #: the record informs it; only weights and frictions can be fitted
    fitted: bool = True
    mean: float
    sd: float | None = Field(default=None, gt=0)
    unit: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    source: str

    @field_validator("mean", "sd", mode="before")
    @classmethod
    def _whole_numbers_count(cls, value: object) -> object:
        return float(value) if type(value) is int and abs(value) < 2**53 else value


class Theory(TableRow):
    """A named set of terms, what it says, and what of the idea that it is named after is measured."""

    terms: tuple[str, ...] = Field(strict=False)
    says: str = Field(min_length=1)
    measured: str = aside()
    source: str


class Composite(TableRow):
    """A measured composite of a state in its year of use, with the error of what was filled."""

    variable: str
    state: str
    year: int
    value: float = Field(ge=-LARGEST, le=LARGEST)
    sd: float = Field(ge=0, le=LARGEST)


class Rivalry(TableRow):
    """A rivalry between two states in its year of use, in [0, 1]."""

    state: str
    rival: str
    year: int
    value: float = Field(ge=0, le=1)


class Bond(TableRow):
    """The share of a partner in a state's trade in its year of use, in [0, 1]."""

    state: str
    partner: str
    year: int
    value: float = Field(ge=0, le=1)


class Head(TableRow):
    """What ``case.toml`` says of the whole."""

    schema_: Literal[1] = Field(alias="schema")
    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=LONGEST_NAME)
    title: str = Field(min_length=1)
    patron: str
    focus: str
    start: str
    end: str
    fit_until: str
    score_from: str
    shown: list[str] = Field(min_length=1)
    sources: dict[str, str]
