"""Months of the engine in which every choice is scripted, and the words of `rule_cases.csv`.

Nothing is left to chance or to values. States act if the script says so. Whether a member objects is settled by
a table of (who asks, who answers) in place of rivalries: with the parameters below the odds are so long that
chances are 0 or 1. Threats and ties are 0 but for threats that a row names, and weights too but for protection, the
goods of a seat, its dues, what is owed and courtship, so that a seat is worth the named threats that it relieves and
its goods less its dues, less a tenth of the instruments owed times those that reach into members' defence, and one
more while it is courted.

Words of a rule case
--------------------
States are codes; `the six` and `the nine` stand for the parties of the first case after and before April 1999. What is
not said concerns the pact, the focus of the case; `of`, `to` or `in` another club says otherwise.

situation
    At the end of the month before: ``KAZ member``, ``UZB frozen unpaid 24``, ``UZB member gap 12``, ``UZB notice
    given due 2012-12``, ``ARM frozen unpaid 30 deprived``, ``UZB member taking part 0.9``, ``GEO member of GUAM``. All
    others were never in; how far a seat takes part is unknown unless it is said. The patron's status stays as said in
    every month. ``UZB feels traffic 1``: a threat that it feels in all months, of which its own means hold off nothing.
    ``UZB ruled by junta from 2008-03 until 2008-05``: of which kind its incumbent is, in all months that are
    not excluded. ``UZB sanctioned lasting``, ``UZB notice given lasting``: under a sanction that the club alone lifts.
asks
    Who does what, in the first month if no month stands before it: see `VERBS` and `NEEDS`. ``if worth more than X``
    makes a petition or a signature depend on the value of the seat, for a petition less the price of joining: a tenth
    of the instruments that must be joined first times those that reach into defence, and 1 for a law at home; ``if
    worth less than X`` makes a notice depend on the value. ``KGZ requests stability``; ``KGZ needs stability`` but does
    not ask; ``ARM requests external against AZE``. ``the patron courts``: whoever drifts when it looks.
    ``KAZ proposes against UZB`` raises a case against a member; ``the chair proposes against UZB`` leaves it to
    whoever holds the chair.
objects
    ``KAZ``: objects to whatever another asks, and to a case against another. ``KAZ as minister``: among the
    ministers only. ``KAZ as rival``: as a rival does, who objects to what another asks, but is glad to see it go and
    speaks for a case against it. ``who suspects``: every member objects to a petitioner in a suspect club.
switch
    ``off ID``: without the statute; ``other ID``: in its other reading; ``ID key = value``: with another number;
    ``with { kind = "bloc", … }``: with one more statute.
follows
    ``UZB suspend by CSTO-20-own-request in 2012-12`` (an act, with its rule; in the first month if no month is
    named), ``UZB is suspended``, ``UZB owes 9``, ``UZB unpaid 3``, ``UZB has all rights``, ``UZB is deprived``,
    ``UZB is under sanction``, ``UZB
    drifts``, ``UZB takes part``, ``UZB has no part``, ``KGZ learns -1``, ``ARM learns -0.25 about unrest``. The acts
    that are named are all that happen; ``no act`` says that there are none.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.acts import Features, LogOdds, of_one_club
from tashkent.agents.situation import Bools, Situation
from tashkent.model.case import Case
from tashkent.model.clock import MONTHS_PER_YEAR, month_label, month_of, parse_month
from tashkent.model.compilation import base_terms_of, compile_case
from tashkent.model.inputs import Call, CaseInputs
from tashkent.model.noise import Noise, Streams
from tashkent.model.parameters import ParameterDraws
from tashkent.model.seats import NEVER, Seats
from tashkent.model.statuses import FORMER, Act, Status, is_in
from tashkent.model.statutes import KINDS
from tashkent.model.step import HALF, advance
from tashkent.model.world import Logged, World

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

GROUPS = {
    "the six": "ARM BLR KAZ KGZ RUS TJK",
    "the nine": "ARM AZE BLR GEO KAZ KGZ RUS TJK UZB",
}
#: what a state does -> the stream of its noise
VERBS = {
    "petitions": "accede",
    "asks suspension": "suspend",
    "gives notice": "withdraw",
    "freezes": "freeze",
    "resumes": "resume",
    "takes its notice back": "rescind",
    "asks to observe": "observe",
    "gives up observing": "cease observing",
    "signs": "renew",
}
NEEDS = ("external", "incursion", "stability", "base")

#: answers of a voter to a petitioner, in place of a rivalry: to a case against it, and to its own wish to be
#: suspended, the other way round
FRIEND, SILENT, FOE = 0.0, 1.0, 2.0
#: log-odds that are as good as certain; exp() of them does not overflow
_SURE = 50.0
_COUNCIL = {
    "objection": -3 * _SURE,
    "objection_rivalry": 2 * _SURE,
    "veto": 2 * _SURE,
    "ministers": -3 * _SURE,
    "release": _SURE,
    "help_objection": -3 * _SURE,
    "patron_reluctance": -3 * _SURE,
    "fellow_member": 0.0,
    "attacker_trade": 0.0,
    "patron_interest": 0.0,
    "patron_strain": 0.0,
    "base_objection": -3 * _SURE,
    "sanction": -3 * _SURE,
    "sanction_objection": _SURE,
    "court": -3 * _SURE,
}
_PRICES = {
    "protection": 1.0,
    "patronage": 1.0,
    "dues": 1.0,
    "compliance": 1.0,
    "courtship": 1.0,
    "lock": -1.0,
    "jointly": 2.0,
}


@dataclass
class Script:
    """Who acts in which month: the noise of `model.noise.Noise`, with 0.5 for every answer."""

    shape: tuple[int, int]
    #: (month, act) -> log-odds above which a state acts in a club, shape (S, C)
    noise: dict[tuple[int, str], Floats] = field(default_factory=dict)

    def act(self, t: int, act: str, state: int, club: int, above: float = -np.inf) -> None:
        """Have a state act if its log-odds exceed a number."""
        self.noise.setdefault((t, act), np.full(self.shape, np.inf))[state, club] = above

    def exceeded(self, streams: Streams, t: int, log_odds: LogOdds, may: Bools) -> Bools:
        never = np.full(self.shape, np.inf)
        drawn = [self.noise.get((t, act), never)[:, c] for act, c in streams]
        return may & (log_odds.whole() > np.array(drawn)[:, :, None])

    def logistic(self, act: str, t: int, c: int, run: Ints, state: Ints) -> Floats:
        return self.noise.get((t, act), np.full(self.shape, np.inf))[state, c]

    def uniform(self, act: str, t: int, c: int, run: Ints, state: Ints) -> Floats:
        return np.full(len(run), 0.5)

    def proposed(self, act: Act, c: int, t: int) -> Bools:
        return np.zeros(self.shape[0], bool)


def log_odds(
    act: str, value: Floats, parameters: Mapping[str, Floats], features: Features | None = None
) -> Floats:
    """Log-odds of an act on the seat of one state, by values and parameters of shape (R,) or of one run: shape (R,)."""
    columns = {name: np.reshape(values, (-1, 1)) for name, values in parameters.items()}
    return of_one_club(act, np.reshape(value, (-1, 1)), columns, features).whole()[0, 0]


@cache
def bare(case: Case) -> CaseInputs:
    """A case in which seats are worth what `_PRICES` say, and nobody has threats, ties or needs."""
    inputs = compile_case(case)
    now = inputs.situation
    situation = replace(
        now,
        tie=np.zeros_like(now.tie),
        patron_tie=np.zeros_like(now.patron_tie),
        threat=np.zeros_like(now.threat),
        exposure=np.zeros_like(now.exposure),
        bond=np.zeros_like(now.bond),
        leverage=np.zeros_like(now.leverage),
        rivalry=np.full_like(now.rivalry, SILENT),
    )
    record = Seats.empty(inputs.record.status.shape)
    inputs = replace(inputs, situation=situation, record=record, requests={})
    return with_base_terms(inputs, situation)


def with_base_terms(inputs: CaseInputs, situation: Situation) -> CaseInputs:
    """The same with the terms of a situation."""
    base_terms = base_terms_of(inputs.case, inputs.theory, situation, inputs.stake)
    at_work = {name: term.any(axis=(1, 2)) for name, term in base_terms.items()}
    return replace(inputs, base_terms=base_terms, at_work=at_work)


def parameters_of(case: Case, **changed: float) -> ParameterDraws:
    """Parameters for one run of `bare`: every choice costs nothing, every answer is certain."""
    numbers = {**_COUNCIL, **_PRICES, **changed}
    names = (*case.role("weight", "friction", "unscored", "council"), "jointly")
    return ParameterDraws.from_mapping({name: np.full(1, numbers.get(name, 0.0)) for name in names})


def world_of(
    inputs: CaseInputs,
    seats: Seats,
    script: Script | Noise,
    parameters: ParameterDraws,
    participation: Floats | None = None,
) -> World:
    """One run that stands as `seats` say, shape (1, S, C), in which nothing is learnt yet."""
    shape = seats.status.shape
    belief_index = (1, len(inputs.belief_index[0]))
    return World(
        inputs=inputs,
        parameters=parameters,
        noise=script,  # type: ignore[arg-type]
        seats=seats,
        belief_updates=np.zeros(belief_index),
        new_belief_updates=np.zeros(belief_index),
        participation=np.full(shape, np.nan) if participation is None else participation,
    )


# the words of a rule case --------------------------------------------------------------------------


@dataclass(frozen=True)
class RuleCase:
    """One row of `rule_cases.csv`."""

    name: str
    date: str
    situation: str
    asks: str
    objects: str
    switch: str
    months: str
    rules: str
    follows: str
    source: str

    @property
    def first(self) -> int:
        return parse_month(self.date)

    @property
    def length(self) -> int:
        return int(self.months or "1")

    @property
    def added(self) -> dict[str, str]:
        """Statutes that the row adds to the law: their ids, with their kinds."""
        given = [added_by(part) for part in parts(self.switch) if part.startswith("with ")]
        return {str(statute["id"]): str(statute["kind"]) for statute in given}

    @property
    def named(self) -> set[str]:
        """Every statute that the row names."""
        found = set(self.rules.split())
        found |= {part.split()[1 if part.split()[0] in HOW else 0] for part in parts(self.switch)}
        found = (found - {"with"}) | set(self.added)
        return found | set(re.findall(r" by ([^\s;]+)", self.follows))


#: numbers of a seat -> how they are written
NUMBERS = {"gap": r"\d+", "unpaid": r"\d+", "due": r"\d{4}-\d\d", "taking part": r"[\d.]+"}
#: a threat that is felt, and how much
FEELS = r" feels? (\w+) ([\d.]+)$"
#: a kind of regime by which a state is ruled, from and until the end of which month
RULED = r" ruled by (\w+)(?: from (\d{4}-\d\d))?(?: until (\d{4}-\d\d))?$"
#: what may be done to a statute besides giving it another number
HOW = ("off", "other")


class WordsError(ValueError):
    """Words of a rule case that mean nothing."""


def parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def added_by(part: str) -> dict[str, Any]:
    """The keys of the statute that a part of a switch adds."""
    words = {
        "instrument": "Another agreement",
        "article": "",
        "text": "As it says.",
        "source": "GK",
    }
    return words | tomllib.loads(f"statute = {part.removeprefix('with ')}")["statute"]


def switched(case: Case, switch: str) -> Case:
    """The case with the statutes of a cell switched off, read otherwise or altered."""
    for part in parts(switch):
        how, _, rest = part.partition(" ")
        if how == "with":
            given = added_by(part)
            new = KINDS[given["kind"]].model_validate(given)
            case = replace(case, statutes=(*case.statutes, new))
        elif how == "off":
            case = case.without(rest)
        elif how == "other":
            case = case.read_otherwise(rest)
        else:
            change = tomllib.loads(rest)
            if how not in {s.id for s in case.statutes}:
                raise WordsError(part)
            case = replace(
                case,
                statutes=tuple(
                    type(s).model_validate({**s.model_dump(by_alias=True), **change})
                    if s.id == how
                    else s
                    for s in case.statutes
                ),
            )
    return case


@cache
def given_of(case: Case, switch: str, first: int, last: int) -> CaseInputs:
    """The case of a switch; what is compiled for it alone is no longer than some months need."""
    if not switch:
        return bare(case)
    other = switched(case, switch)
    pending = [month_of(s.from_) for s in other.statutes if s.kind == "entry_into_force"]
    start, end = max(case.start, first - MONTHS_PER_YEAR), min(case.end, max([last, *pending]))
    return bare(replace(other, start=start, end=end))


@dataclass
class Reader:
    """Reads the cells of one row."""

    inputs: CaseInputs
    first: int
    length: int

    @property
    def case(self) -> Case:
        return self.inputs.case

    @property
    def months(self) -> range:
        """Indices of the months that are run."""
        t = self.first - self.case.start
        return range(t, t + self.length)

    def states(self, words: str) -> tuple[list[int], str]:
        """The states with which words begin, and the rest."""
        for name, codes in GROUPS.items():
            words = re.sub(rf"^{name}\b", codes, words)
        found = re.match(r"((?:[A-Z]{3} )+)(.+)$", words)
        if not found:
            raise WordsError(words)
        return [self.case.state_ids.index(code) for code in found[1].split()], found[2]

    def club(self, words: str) -> tuple[int, str]:
        """The club that words name, and the words without it."""
        clubs = tuple(self.case.clubs)
        found = re.search(rf" (?:of|to|in) ({'|'.join(clubs)})\b", words)
        if not found:
            return clubs.index(self.case.focus), words
        return clubs.index(found[1]), words.replace(found[0], "", 1)

    def felt(self, cell: str) -> dict[str, Floats]:
        """Threats that are felt in all months, and what own means leave of them, as far as a cell says so."""
        now = self.inputs.situation
        threat, exposure = now.threat.copy(), now.exposure.copy()
        for part in parts(cell):
            if found := re.search(FEELS, part):
                states, _ = self.states(part)
                k = tuple(self.case.threats).index(found[1])
                threat[:, states, k] = exposure[:, states, k] = float(found[2])
        return {"threat": threat, "exposure": exposure}

    def ruled(self, cell: str) -> dict[str, Bools]:
        """Which states are ruled by which kind of regime in which months, as a cell says it."""
        found: dict[str, Bools] = {}
        for part in parts(cell):
            if told := re.search(RULED, part):
                states, _ = self.states(part)
                rules = found.setdefault(
                    told[1], np.zeros((len(self.case.months), len(self.case.states)), bool)
                )
                first, last = (
                    parse_month(m) - self.case.start if m else None for m in told.groups()[1:]
                )
                rules[first:last, states] = True
        return found

    def situation(self, cell: str) -> tuple[Seats, Seats, Floats]:
        """The seats at the end of the month before, a record that keeps the patron's, and how far each takes part."""
        shape = (1, len(self.case.states), len(self.case.clubs))
        seats, taken = Seats.empty(shape), np.full(shape, np.nan)
        for part in parts(cell):
            states, words = self.states(part)
            if re.search(FEELS, part) or re.search(RULED, part):
                continue
            club, words = self.club(words)
            at = (0, states, club)
            number = {}
            for key, pattern in NUMBERS.items():
                if found := re.search(rf" {key} ({pattern})\b", words):
                    number[key] = found[1]
                    words = words.replace(found[0], "")
            seats.deprived[at] = " deprived" in words
            seats.sanctioned[at] = " lasting" in words
            status = status_of(words.replace(" deprived", "").replace(" lasting", ""))
            seats.status[at] = status
            seats.former[at] = status in FORMER
            seats.gap[at] = int(number.get("gap", 0))
            seats.arrears[at] = int(number.get("unpaid", 0))
            taken[at] = float(number.get("taking part", np.nan))
            if "due" in number:
                seats.due[at] = parse_month(number["due"]) - self.case.start
        record = Seats.empty(self.inputs.record.status.shape)
        record.status[:, self.inputs.patron] = seats.status[0, self.inputs.patron]
        return seats, record, taken

    def asks(self, cell: str) -> tuple[Script, dict[str, Any]]:
        """Who acts, and what that changes in the case: requests, cases against members, the chair."""
        script = Script((len(self.case.states), len(self.case.clubs)))
        requests: dict[int, list[Call]] = {}
        against: list[tuple[int, int, int]] = []
        changed: dict[str, float] = {}
        wishing: set[int] = set()
        for part in parts(cell):
            t, words = self.months[0], part
            if found := re.match(r"(\d{4}-\d\d): ", part):
                t, words = parse_month(found[1]) - self.case.start, part[len(found[0]) :]
                if t not in self.months:
                    raise WordsError(part)
            if words == "the patron courts":
                changed["court"] = _SURE
                continue
            if found := re.match(r"the chair proposes against ([A-Z]{3})$", words):
                against.append((t, self.case.state_ids.index(found[1]), -1))
                changed["chair_agenda"] = 2 * _SURE
                continue
            states, words = self.states(words)
            if found := re.match(r"proposes? against ([A-Z]{3})$", words):
                accused = self.case.state_ids.index(found[1])
                against += [(t, accused, state) for state in states]
                continue
            if found := re.match(
                rf"(requests|needs) ({'|'.join(NEEDS)})(?: against ([A-Z]{{3}}))?$", words
            ):
                asked = found[1] == "requests"
                attacker = self.case.state_ids.index(found[3]) if found[3] else None
                calls = [Call(s, found[2], asked, attacker) for s in states]
                requests.setdefault(t, []).extend(calls)
                continue
            club, words = self.club(words)
            above = -np.inf
            if found := re.search(r" if worth (more|less) than (-?[\d.]+)$", words):
                above = float(found[2]) if found[1] == "more" else -float(found[2])
                words = words.replace(found[0], "")
            if words not in VERBS:
                raise WordsError(part)
            if VERBS[words] == "suspend":
                wishing |= set(states)
            for state in states:
                script.act(t, VERBS[words], state, club, above)
        inputs = {"requests": {t: tuple(r) for t, r in requests.items()}}
        return script, {"given": inputs, "against": against, "wishing": wishing, "changed": changed}

    def objects(
        self, cell: str, against: list[tuple[int, int, int]], wishing: set[int]
    ) -> tuple[Floats, dict[str, float]]:
        """Answers of every voter to every petitioner, and parameters that must change for them.

        Who objects to a case against a state, or to its wish to be suspended, answers as a friend.
        """
        answers = self.inputs.situation.rivalry.copy()
        changed: dict[str, float] = {}
        kept = {state for _, state, _ in against} | wishing
        for part in parts(cell):
            if part == "who suspects":
                changed["suspicion"] = 2 * _SURE
                continue
            states, words = self.states(f"{part} .")
            friendly = kept
            if words == "as minister .":
                changed["objection"] = -5 * _SURE
            elif words == "as rival .":
                friendly = set()
            elif words != ".":
                raise WordsError(part)
            for state in states:
                for other in range(len(self.case.states)):
                    answers[:, other, state] = FRIEND if other in friendly else FOE
        for t, state, proposer in against:
            if proposer >= 0:
                answers[t, state, proposer] = FOE
        return answers, changed


def status_of(words: str) -> Status:
    try:
        return Status[words.strip().upper().replace(" ", "_")]
    except KeyError:
        raise WordsError(words) from None


@dataclass(frozen=True)
class Outcome:
    """What came of a rule case."""

    world: World
    #: month, state, act and rule, in that order
    acts: tuple[tuple[str, str, str, str], ...]

    @property
    def seats(self) -> Seats:
        """The seats, with months in place of their indices."""
        seats, start = self.world.seats, self.world.inputs.case.start
        months = {
            name: np.where(index == NEVER, NEVER, index + start)
            for name in ("due", "left_in", "courted_in")
            if (index := getattr(seats, name)) is not None
        }
        return replace(seats, **months)

    @property
    def belief_updates(self) -> dict[tuple[str, str], float]:
        """What requests for help have taught, by state and threat."""
        case, (states, threats) = self.world.inputs.case, self.world.inputs.belief_index
        names = [
            (case.state_ids[s], tuple(case.threats)[k])
            for s, k in zip(states, threats, strict=True)
        ]
        return dict(zip(names, self.world.belief_updates[0].tolist(), strict=True))

    def differs(self, other: "Outcome") -> bool:
        """Whether acts, seats, participation or beliefs differ."""
        pairs = zip(self.seats, other.seats, strict=True)
        parts = (self.world.participation, other.world.participation)
        return (
            (self.acts, self.belief_updates) != (other.acts, other.belief_updates)
            or not all(np.array_equal(a, b) for a, b in pairs)
            or not np.array_equal(*parts, equal_nan=True)
        )

    def __str__(self) -> str:
        said = [f"{s} {a} by {r} in {m}" for m, s, a, r in self.acts] or ["no act"]
        case, seats = self.world.inputs.case, self.world.seats
        for s, c in np.argwhere(seats.status[0] != Status.NONE):
            status = Status(seats.status[0, s, c]).name.lower().replace("_", " ")
            club = tuple(case.clubs)[c]
            seat = f"{case.state_ids[s]} is {status} of {club}"
            for word, array in (("gap", seats.gap), ("unpaid", seats.arrears)):
                seat += f" {word} {array[0, s, c]}" if array[0, s, c] else ""
            taken = self.world.participation[0, s, c]
            seat += "" if np.isnan(taken) else f" taking part {taken:.2f}"
            said.append(seat + (" deprived" if seats.deprived[0, s, c] else ""))
        said += [f"{s} learns {x:g} about {k}" for (s, k), x in self.belief_updates.items() if x]
        return "; ".join(said)


def play(case: Case, row: RuleCase, switch: str | None = None) -> Outcome:
    """Run a rule case in the engine, with its own switch or another."""
    last = row.first + row.length - 1
    inputs = given_of(case, row.switch if switch is None else switch, row.first, last)
    reader = Reader(inputs, row.first, row.length)
    seats, record, taken = reader.situation(row.situation)
    script, more = reader.asks(row.asks)
    asked = (seats.status[0] == Status.SUSPENSION_REQUESTED).any(axis=-1)
    wishing = more["wishing"] | set(np.flatnonzero(asked).tolist())
    answers, changed = reader.objects(row.objects, more["against"], wishing)
    situation = replace(inputs.situation, rivalry=answers)
    if re.search(FEELS.replace("$", r"\b"), row.situation):
        situation = replace(situation, **reader.felt(row.situation))
        inputs = with_base_terms(inputs, situation)
    ruled = reader.ruled(row.situation)
    inputs = replace(inputs, situation=situation, record=record, regimes=ruled, **more["given"])
    parameters = parameters_of(inputs.case, **more["changed"], **changed)
    world = world_of(inputs, seats, script, parameters, taken)
    for t in reader.months:
        advance(world, t)
    acts = sorted(acts_of(inputs.case, world.log))
    return Outcome(world, tuple((m, s, a, r) for m, s, _, a, r in acts))


def acts_of(case: Case, log: list[Logged]) -> Iterator[tuple[str, str, str, str, str]]:
    """Month, state, club, act and rule of every entry of a log of one run."""
    for entry in log:
        for state in entry.state:
            month = month_label(case.months[entry.t])
            act = entry.act.name.lower().replace("_", " ")
            club = tuple(case.clubs)[entry.club]
            yield month, case.state_ids[state], club, act, entry.rule


TAKES_PART: dict[str, Callable[[Floats], NDArray[np.bool_]]] = {
    "drifts": lambda part: part < HALF,
    "takes part": lambda part: part >= HALF,
    "has no part": np.isnan,
}


def learns(outcome: Outcome, state: int, new_belief_updates: float, threat: str | None) -> bool:
    """Whether requests have taught a state this about a threat, or about all together if none is named."""
    code = outcome.world.inputs.case.state_ids[state]
    recorded_belief_updates = [
        x for (s, k), x in outcome.belief_updates.items() if s == code and threat in (k, None)
    ]
    if not recorded_belief_updates:
        raise WordsError(f"{code} learns about {threat}")
    return bool(np.isclose(sum(recorded_belief_updates), new_belief_updates, atol=1e-9))


def mismatches(case: Case, row: RuleCase, outcome: Outcome) -> list[str]:
    """What of `follows` did not follow, and what did besides."""
    reader = Reader(outcome.world.inputs, row.first, row.length)
    seats = outcome.world.seats
    acts = []
    wrong = []
    for part in parts(row.follows):
        if part == "no act":
            continue
        states, words = reader.states(part)
        if found := re.match(r"(.+) by (\S+)(?: in (\d{4}-\d\d))?$", words):
            act = Act[found[1].upper().replace(" ", "_")].name.lower().replace("_", " ")
            month = found[3] or row.date
            acts += [(month, case.state_ids[s], act, found[2]) for s in states]
            continue
        club, words = reader.club(words)
        at = (0, states, club)
        if words in ("is in", "is out"):
            holds = is_in(seats.status[at]) == (words == "is in")
        elif words in ("has all rights", "is deprived"):
            holds = seats.deprived[at] == (words == "is deprived")
        elif words == "is under sanction":
            holds = seats.sanctioned[at]
        elif words in TAKES_PART:
            holds = TAKES_PART[words](outcome.world.participation[at])
        elif found := re.match(r"learns (-?[\d.]+)(?: about (\w+))?$", words):
            holds = np.array([learns(outcome, s, float(found[1]), found[2]) for s in states])
        elif found := re.match(r"(is|owes|unpaid) (.+)$", words):
            which = {"is": seats.status, "owes": seats.gap, "unpaid": seats.arrears}[found[1]]
            wanted = status_of(found[2]) if found[1] == "is" else int(found[2])
            holds = which[at] == wanted
        else:
            raise WordsError(part)
        if not holds.all():
            wrong.append(f"not so: {part}")
    came = list(outcome.acts)
    for act in acts:
        if act in came:
            came.remove(act)
        else:
            wrong.append("did not happen: {1} {2} by {3} in {0}".format(*act))
    wrong += ["happened besides: {1} {2} by {3} in {0}".format(*act) for act in came]
    return wrong
