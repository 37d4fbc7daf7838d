"""Patterns of history that runs should show, and what they must not show: `patterns.toml` of a case.

Each row of the table is one pattern of some kind. A kind says how a pattern is measured in one run; the value of
a measure is its mean over runs with the standard error ``sd / sqrt(runs)``, which for a yes or no is the
posterior-predictive probability ``p`` with ``sqrt(p (1 - p) / runs)``. A pattern is asked of runs that begin before
all of its months, and of any runs that have seats by month: those of the model and those of a baseline.
"""

import tomllib
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from tashkent.agents.situation import Bools, Floats
from tashkent.model.case import Case
from tashkent.model.clock import month_label, parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.errors import InputError, unknown
from tashkent.model.noise import Noise
from tashkent.model.record import Ensemble
from tashkent.model.statuses import Act, is_in
from tashkent.model.step import advance
from tashkent.model.world import world_from_record

FILE = "patterns.toml"
Month = Annotated[int, BeforeValidator(lambda text: parse_month(str(text)))]
Months = Annotated[tuple[Month, ...], Field(strict=False)]
Names = Annotated[tuple[str, ...], Field(strict=False)]
#: measures of one run each, shape (R,); NaN where a run has nothing to say
Measures = Mapping[str, Floats | Bools]


@dataclass(frozen=True, eq=False)
class Runs:
    """Seats of many runs, with their log of acts if there is one; a baseline has none."""

    ensemble: Ensemble
    has_acts: bool = True

    @property
    def case(self) -> Case:
        """The case."""
        return self.ensemble.case

    @property
    def start(self) -> int:
        """The month of the initial condition."""
        return self.ensemble.start

    def at(self, month: int) -> int:
        """Where a month stands on the axis of months."""
        return self.ensemble.at(month)

    def columns(self, states: Names) -> list[int]:
        """Where states stand."""
        return [self.case.state_ids.index(state) for state in states]

    def seats(self, club: str) -> Bools:
        """Who is in a club, shape (R, T, S)."""
        return is_in(self.ensemble.status[..., tuple(self.case.clubs).index(club)])

    @cached_property
    def _record(self) -> Bools:
        offset = self.start - self.case.start
        status = compile_case(self.case).record.status
        return is_in(status[offset : offset + len(self.ensemble.months)])

    def record(self, club: str) -> Bools:
        """Who is in a club by the record, shape (T, S)."""
        return self._record[..., tuple(self.case.clubs).index(club)]

    def moves(self, club: str, states: Names, first: int, last: int) -> tuple[Bools, Bools]:
        """Who comes in and who goes out in each of some months, each of shape (R, months, states)."""
        low, high = self.at(max(first, self.start + 1)), self.at(last) + 1
        seats = self.seats(club)[:, low - 1 : high, self.columns(states)]
        return seats[:, 1:] & ~seats[:, :-1], ~seats[:, 1:] & seats[:, :-1]

    def first_act(self, acts: Names, club: str, states: Names, first: int, last: int) -> Floats:
        """Month of the first of some acts in each run, shape (R,); infinite where there is none."""
        kinds = {Act[name.upper()] for name in acts}
        c, wanted = tuple(self.case.clubs).index(club), self.columns(states)
        when = np.full(self.ensemble.runs, np.inf)
        for entry in self.ensemble.log:
            month = self.case.start + entry.t
            if entry.act in kinds and entry.club == c and first <= month <= last:
                run = entry.run[np.isin(entry.state, wanted)]
                when[run] = np.minimum(when[run], month)
        return when


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Pattern(_Row):
    """One pattern: what it says, how it is measured, and what it is held against."""

    id: str = Field(min_length=1)
    says: str = Field(min_length=1)
    source: str
    #: the measure that is held against the bar
    judged: str
    least: float | None = None
    most: float | None = None

    @property
    def months_needed(self) -> tuple[int, ...]:
        """The months that runs must hold after their initial condition: none, unless a pattern says so."""
        return ()

    @abstractmethod
    def measure(self, runs: Runs) -> Measures:
        """What each run shows."""

    @property
    def needs_acts(self) -> bool:
        """Whether the log of acts is read, which a baseline does not have."""
        return False

    def passes(self, value: float) -> bool | None:
        """Whether a value of the judged measure reaches the bar; None if there is no bar or no value."""
        if np.isnan(value) or (self.least is None and self.most is None):
            return None
        return (self.least is None or value >= self.least) and (
            self.most is None or value <= self.most
        )


class Accessions(Pattern):
    """States come in within some months: the share that does, and whether all do."""

    kind: Literal["accessions"]
    club: str
    states: Names
    first: Month
    last: Month

    @property
    def months_needed(self) -> tuple[int, ...]:
        """First and last."""
        return (self.first, self.last)

    def measure(self, runs: Runs) -> Measures:
        """`share` and `all`."""
        hit = runs.moves(self.club, self.states, self.first, self.last)[0].any(axis=1)
        return {"share": hit.mean(axis=1), "all": hit.all(axis=1)}


class Inside(Pattern):
    """States are in at the end of a month."""

    kind: Literal["inside"]
    club: str
    states: Names
    month: Month

    @property
    def months_needed(self) -> tuple[int, ...]:
        """The month."""
        return (self.month,)

    def measure(self, runs: Runs) -> Measures:
        """`all` and the `share` that is in."""
        seats = runs.seats(self.club)[:, runs.at(self.month)][:, runs.columns(self.states)]
        return {"all": seats.all(axis=1), "share": seats.mean(axis=1)}


class SetOf(Pattern):
    """Exactly these deciding states are in, at each month or within a tolerance of it."""

    kind: Literal["set"]
    club: str
    states: Names
    months: Months
    tolerance: int = Field(default=0, ge=0)

    @property
    def months_needed(self) -> tuple[int, ...]:
        """All months."""
        return self.months

    def measure(self, runs: Runs) -> Measures:
        """`all`: the set is exact at every month; `jaccard`: the mean index at the months themselves."""
        seats = runs.seats(self.club)[..., compile_case(runs.case).decides]
        wanted = np.isin(runs.case.deciders, self.states)
        exact = (seats == wanted).all(axis=2)
        first, last = runs.ensemble.months[1], runs.ensemble.months[-1]
        near = [
            exact[
                :,
                runs.at(max(first, m - self.tolerance)) : runs.at(min(last, m + self.tolerance))
                + 1,
            ].any(axis=1)
            for m in self.months
        ]
        now = seats[:, [runs.at(m) for m in self.months]]
        union = np.maximum((now | wanted).sum(axis=2), 1)
        return {
            "all": np.all(near, axis=0),
            "jaccard": ((now & wanted).sum(axis=2) / union).mean(axis=1),
        }


class Renewal(Pattern):
    """Who is in after a renewal, among those whom the record made decide; decided between two months."""

    kind: Literal["renewal"]
    club: str
    first: Month
    last: Month

    @property
    def months_needed(self) -> tuple[int, ...]:
        """First and last."""
        return (self.first, self.last)

    def measure(self, runs: Runs) -> Measures:
        """`balanced accuracy`: mean of the hit rates among stayers and among leavers; `all`: all are right."""
        record, decides = runs.record(self.club), compile_case(runs.case).decides
        before, after = runs.at(self.first) - 1, runs.at(self.last)
        asked = np.flatnonzero(record[before] & decides)
        truth = record[after, asked]
        right = runs.seats(self.club)[:, after][:, asked] == truth
        return {"balanced accuracy": _balanced(right, truth), "all": right.all(axis=1)}


class AllRight(Pattern):
    """All deciding states stand where the record has them at the end of a month."""

    kind: Literal["all_right"]
    club: str
    month: Month

    @property
    def months_needed(self) -> tuple[int, ...]:
        """The month."""
        return (self.month,)

    def measure(self, runs: Runs) -> Measures:
        """`all`, and the `share` that is right."""
        decides = compile_case(runs.case).decides
        at = runs.at(self.month)
        right = (runs.seats(self.club)[:, at] == runs.record(self.club)[at])[:, decides]
        return {"all": right.all(axis=1), "share": right.mean(axis=1)}


class Paths(Pattern):
    """Joined and left, or joined and stayed: the states that were ever in by a month, told apart."""

    kind: Literal["paths"]
    club: str
    until: Month

    @property
    def months_needed(self) -> tuple[int, ...]:
        """The month."""
        return (self.until,)

    def measure(self, runs: Runs) -> Measures:
        """`balanced accuracy` over the states that the record had in by the month."""
        decides, end = compile_case(runs.case).decides, runs.at(self.until) + 1
        record = runs.record(self.club)[:end, decides]
        seats = runs.seats(self.club)[:, :end, decides]
        joined = record.any(axis=0)
        truth = record[-1, joined]
        ever, stays = seats.any(axis=1)[:, joined], seats[:, -1][:, joined]
        return {"balanced accuracy": _balanced(ever & (stays == truth), truth)}


class Cycle(Pattern):
    """A state that is in goes out, comes back and goes out again, near some months."""

    kind: Literal["cycle"]
    club: str
    state: str
    months: Months
    tolerance: int = Field(ge=0)

    @property
    def months_needed(self) -> tuple[int, ...]:
        """The months of the moves."""
        return self.months

    def measure(self, runs: Runs) -> Measures:
        """`order`: the moves happen at all; `dates`: each first such move within the tolerance; `score`: their mean."""
        first, last = runs.start + 1, runs.ensemble.months[-1]
        into, out = (m[..., 0] for m in runs.moves(self.club, (self.state,), first, last))
        moved = into | out
        number = np.cumsum(moved, axis=1)
        order = number[:, -1] >= len(self.months)
        dates = order.copy()
        for i, month in enumerate(self.months, start=1):
            when = first + np.argmax(number >= i, axis=1)
            dates &= np.abs(when - month) <= self.tolerance
        return {"order": order, "dates": dates, "score": (order + 1.0 * dates) / 2}


class Leaves(Pattern):
    """Any of some states goes out within some months."""

    kind: Literal["leaves"]
    club: str
    states: Names
    first: Month
    last: Month

    @property
    def months_needed(self) -> tuple[int, ...]:
        """First and last."""
        return (self.first, self.last)

    def measure(self, runs: Runs) -> Measures:
        """`any`, and each state by its name where there are several."""
        out = runs.moves(self.club, self.states, self.first, self.last)[1]
        return _any_of(out, self.states)


class Joins(Leaves):
    """Any of some states comes in within some months."""

    kind: Literal["joins"]  # type: ignore[assignment]

    def measure(self, runs: Runs) -> Measures:
        """`any`, and each state by its name where there are several."""
        into = runs.moves(self.club, self.states, self.first, self.last)[0]
        return _any_of(into, self.states)


class Acts(Pattern):
    """Any of some acts happens in a club within some months."""

    kind: Literal["acts"]
    club: str
    acts: Names
    first: Month
    last: Month

    @property
    def months_needed(self) -> tuple[int, ...]:
        """First and last."""
        return (self.first, self.last)

    @property
    def needs_acts(self) -> bool:
        """Yes."""
        return True

    def measure(self, runs: Runs) -> Measures:
        """`any`, and each act by its name."""
        found = {
            name: np.isfinite(
                runs.first_act((name,), self.club, runs.case.state_ids, self.first, self.last)
            )
            for name in self.acts
        }
        return {"any": np.any(list(found.values()), axis=0), **found}


class Memberships(Pattern):
    """States come in, and some go out again, near some months, while they are out of another club."""

    kind: Literal["memberships"]
    club: str
    #: while in this club a state is not in that one, if one is named and the state is to go out again
    apart_from: str = ""
    from_: dict[str, Month] = Field(alias="from")
    until: dict[str, Month]
    tolerance: int = Field(ge=0)

    @property
    def months_needed(self) -> tuple[int, ...]:
        """The months of all moves."""
        return (*self.from_.values(), *self.until.values())

    def measure(self, runs: Runs) -> Measures:
        """`share` of the states that do as the table says, and whether `all` do."""
        hits = []
        for state, month in self.from_.items():
            hit = self._near(runs, state, month, 0)
            if state in self.until:
                hit &= self._near(runs, state, self.until[state], 1)
                if self.apart_from:
                    (s,) = runs.columns((state,))
                    both = runs.seats(self.club)[..., s] & runs.seats(self.apart_from)[..., s]
                    hit &= ~both.any(axis=1)
            hits.append(hit)
        found = np.stack(hits, axis=1)
        return {"share": found.mean(axis=1), "all": found.all(axis=1)}

    def _near(self, runs: Runs, state: str, month: int, which: int) -> Bools:
        last = min(month + self.tolerance, runs.ensemble.months[-1])
        moves = runs.moves(self.club, (state,), month - self.tolerance, last)
        return np.asarray(moves[which].any(axis=(1, 2)))


class LastToJoin(Pattern):
    """A state comes in last, by so many months or more; or never, while all others do."""

    kind: Literal["last_to_join"]
    club: str
    state: str
    months: int

    def measure(self, runs: Runs) -> Measures:
        """`last`: against the states that the record has in at some time."""
        record = runs.record(self.club)
        other = [
            s
            for s in runs.case.deciders
            if s != self.state and record[:, runs.case.state_ids.index(s)].any()
        ]
        when = {}
        for state in (self.state, *other):
            seats = runs.seats(self.club)[..., runs.case.state_ids.index(state)]
            when[state] = np.where(seats.any(axis=1), np.argmax(seats, axis=1), np.inf)
        rest = np.stack([when[s] for s in other], axis=1)
        late = np.isfinite(rest).all(axis=1) & (when[self.state] >= rest.max(axis=1) + self.months)
        return {"last": late}


class Step(_Row):
    """One step of an order: a move of a seat, or the first of some acts."""

    club: str
    state: str
    #: out, in, or back: the first time in after a time out
    move: Literal["out", "in", "back"] | None = None
    acts: Names = ()


class Order(Pattern):
    """Steps happen one after the other, each for the first time after the one before."""

    kind: Literal["order"]
    steps: tuple[Step, ...] = Field(strict=False, min_length=2)

    @property
    def needs_acts(self) -> bool:
        """If a step is an act."""
        return any(step.acts for step in self.steps)

    def measure(self, runs: Runs) -> Measures:
        """`in order`: share of runs in which all happen that have them in order; `all happen`; `both`."""
        times = np.stack([self._when(runs, step) for step in self.steps])
        happen = np.isfinite(times).all(axis=0)
        later = np.diff(np.where(happen, times, 0.0), axis=0) > 0
        right = happen & later.all(axis=0)
        return {
            "in order": np.where(happen, right, np.nan),
            "all happen": happen,
            "both": right,
        }

    def _when(self, runs: Runs, step: Step) -> Floats:
        first, last = runs.start + 1, runs.ensemble.months[-1]
        if step.acts:
            return runs.first_act(step.acts, step.club, (step.state,), first, last)
        into, out = (m[..., 0] for m in runs.moves(step.club, (step.state,), first, last))
        if step.move == "back":
            (s,) = runs.columns((step.state,))
            seats = runs.seats(step.club)[..., s]
            was = np.logical_or.accumulate(seats[:, :-1], axis=1)
            into = into & was
        moves = out if step.move == "out" else into
        return np.where(moves.any(axis=1), first + np.argmax(moves, axis=1), np.inf)


class Delay(Pattern):
    """So many months lie between two acts on a seat."""

    kind: Literal["delay"]
    club: str
    state: str
    begins: Names
    ends: Names
    months: int

    @property
    def needs_acts(self) -> bool:
        """Yes."""
        return True

    def measure(self, runs: Runs) -> Measures:
        """`as long`: among runs with both; `both`: share that has them."""
        first, last = runs.start + 1, runs.ensemble.months[-1]
        began, ended = (
            runs.first_act(acts, self.club, (self.state,), first, last)
            for acts in (self.begins, self.ends)
        )
        both = np.isfinite(began) & np.isfinite(ended)
        gap = np.where(both, ended, 0.0) - np.where(both, began, 0.0)
        return {"as long": np.where(both, gap == self.months, np.nan), "both": both}


class Clock(Pattern):
    """The law of the case: when a club's text takes effect and when its term ends."""

    kind: Literal["clock"]
    club: str
    in_force: Month
    term_ends: Month

    def measure(self, runs: Runs) -> Measures:
        """`right`, the same in every run."""
        case = runs.case
        takes_effect = case.law.rules(self.club, self.in_force).entry_into_force
        ends = case.law.rules(self.club, self.term_ends).renewal_due
        return {"right": np.full(1, bool(takes_effect) and ends)}


class Area(Pattern):
    """A measured composite separates who renews from who does not: area under the curve."""

    kind: Literal["area"]
    variable: str
    club: str
    month: Month

    def measure(self, runs: Runs) -> Measures:
        """`area`, the same in every run."""
        case = runs.case
        inputs, c = compile_case(case), tuple(case.clubs).index(self.club)
        t = self.month - case.start
        status = is_in(inputs.record.status[:, :, c])
        asked = np.flatnonzero(status[t - 1] & inputs.decides)
        year = self.month // 12
        value = {
            row.state: row.value
            for row in case.composites
            if (row.variable, row.year) == (self.variable, year)
        }
        scores = np.array([value[case.state_ids[s]] for s in asked])
        return {"area": np.full(1, area_under_curve(scores, status[t, asked]))}


class Saves(Pattern):
    """Without some terms it is mainly one state that stays; measured by the ablation, not in these runs."""

    kind: Literal["saves"]
    terms: Names
    club: str
    state: str
    month: Month

    def measure(self, runs: Runs) -> Measures:
        """Nothing: see `calibration.rivals.saves_measures`."""
        return {}


class Participation(Pattern):
    """A member's participation falls from one month to another while it stays in; from a record of its own."""

    kind: Literal["participation"]
    club: str
    state: str
    start: Month
    first: Month
    last: Month

    def measure(self, runs: Runs) -> Measures:
        """Nothing: see `participation_measures`."""
        return {}


AnyPattern = Annotated[
    Accessions
    | Inside
    | SetOf
    | Renewal
    | AllRight
    | Paths
    | Cycle
    | Leaves
    | Joins
    | Acts
    | Memberships
    | LastToJoin
    | Order
    | Delay
    | Clock
    | Area
    | Saves
    | Participation,
    Field(discriminator="kind"),
]
#: kinds that are measured in runs of their own
ELSEWHERE = (Saves, Participation)


class NotModelled(_Row):
    """A fact that the model cannot show, and why."""

    id: str
    says: str
    why: str
    source: str


class Evaluation(_Row):
    """From which months runs begin besides the case's start, and after which months is held out."""

    starts: Months = ()
    forward: Months = ()
    #: theories that read the renewal differently
    readings: Names = ()


class Bars(_Row):
    """What held-out scores should reach; nats, but for `permutations` and `renewal_auc`."""

    gain_focus: float | None = None
    gain_in_force: float | None = None
    gain_all: float | None = None
    permutations: float | None = None
    worst_state: float | None = None
    renewal: float | None = None
    renewal_auc: float | None = None


class Patterns(_Row):
    """The whole table of a case."""

    evaluation: Evaluation = Evaluation()
    bars: Bars = Bars()
    pattern: tuple[AnyPattern, ...] = Field(default=(), strict=False)
    not_modelled: tuple[NotModelled, ...] = Field(default=(), strict=False)


def load_patterns(case: Case) -> Patterns:
    """The table beside a case; an empty one if there is none.

    Raises
    ------
    InputError
        If the table is no TOML, or a key, name or month in it is not valid.
    """
    path = case.path / FILE
    if not path.exists():
        return Patterns()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise InputError(FILE, "syntax", str(error), "TOML 1.0 in UTF-8") from None
    try:
        found = TypeAdapter(Patterns).validate_python(table)
    except ValidationError as error:
        # a misspelt key is unknown and missing at once: the first of the two names what stands there
        first = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")[0]
        raise _as_case_error(table, first) from None
    _check(case, found)
    return found


def _as_case_error(table: Mapping[str, Any], error: Any) -> InputError:
    where = [str(part) for part in error["loc"]]
    if len(where) > 1 and where[1].isdigit():
        rows = table.get(where[0], [])
        row = rows[int(where[1])] if isinstance(rows, list) else {}
        where[:2] = [str(row.get("id", " ".join(where[:2]))) if isinstance(row, dict) else where[0]]
    said = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    value = "missing" if error["type"] == "missing" else error["input"]
    if error["type"] == "extra_forbidden":
        said = "no such key"
    if isinstance(value, dict):
        value = value.get("kind", "a table")
    return InputError(FILE, ".".join(where), value, said)


def _check(case: Case, found: Patterns) -> None:
    seen: set[str] = set()
    variables = {row.variable for row in case.composites}
    acts = [act.name.lower() for act in Act]
    for row in found.pattern:
        if row.id in seen:
            raise InputError(FILE, "id", row.id, "each id once")
        seen.add(row.id)
        for part in (row, *getattr(row, "steps", ())):
            for club in filter(
                None, (getattr(part, "club", None), getattr(part, "apart_from", None))
            ):
                if club not in case.clubs:
                    raise unknown(FILE, f"{row.id}.club", club, case.clubs)
            names = (*getattr(part, "states", ()), *filter(None, (getattr(part, "state", None),)))
            if isinstance(part, Memberships):
                names = (*part.from_, *part.until)
            for state in names:
                if state not in case.deciders:
                    raise unknown(FILE, f"{row.id}.state", state, case.deciders)
            for key in ("acts", "begins", "ends"):
                for act in getattr(part, key, ()):
                    if act not in acts:
                        raise unknown(FILE, f"{row.id}.{key}", act, acts)
        for month in (*row.months_needed, *filter(None, (getattr(row, "start", None),))):
            if month not in case.months:
                span = f"a month from {month_label(case.start)} to {month_label(case.end)}"
                raise InputError(FILE, row.id, month_label(month), span)
        if isinstance(row, Area) and row.variable not in variables:
            raise unknown(FILE, f"{row.id}.variable", row.variable, sorted(variables))
        for name in getattr(row, "terms", ()):
            if name not in case.role("weight"):
                raise unknown(FILE, f"{row.id}.terms", name, case.role("weight"))
    for month in (*found.evaluation.starts, *found.evaluation.forward):
        if not case.start < month < case.end:
            allowed = "a month between the first and the last of the case"
            raise InputError(FILE, "evaluation", month_label(month), allowed)
    for name in found.evaluation.readings:
        if name not in case.theories:
            raise unknown(FILE, "evaluation.readings", name, case.theories)


def evaluate(patterns: Patterns, runs: Runs) -> pd.DataFrame:
    """Every pattern that can be asked of some runs: a row a measure.

    Columns: id, kind, measure, value (mean over runs that have something to say), se, runs (how many those are),
    judged (this measure is held against the bar), bar, passes.
    """
    rows = []
    for pattern in patterns.pattern:
        if isinstance(pattern, ELSEWHERE) or (pattern.needs_acts and not runs.has_acts):
            continue
        needed = pattern.months_needed
        if needed and (min(needed) <= runs.start or max(needed) > runs.ensemble.months[-1]):
            continue
        if isinstance(pattern, LastToJoin) and runs.start > runs.case.start:
            continue
        rows += measured(pattern, pattern.measure(runs))
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = ["id", "kind", "measure", "value", "se", "runs", "judged", "bar", "passes"]


def measured(pattern: Pattern, measures: Measures) -> list[dict[str, object]]:
    """Rows of a pattern from what each run shows."""
    rows: list[dict[str, object]] = []
    for name, values in measures.items():
        said = np.asarray(values, float)
        said = said[~np.isnan(said)]
        value = float(said.mean()) if len(said) else np.nan
        se = float(said.std() / np.sqrt(len(said))) if len(said) else np.nan
        judged = name == pattern.judged
        rows.append(
            {
                "id": pattern.id,
                "kind": getattr(pattern, "kind", ""),
                "measure": name,
                "value": value,
                "se": se,
                "runs": len(said),
                "judged": judged,
                "bar": _bar(pattern) if judged else "",
                "passes": pattern.passes(value) if judged else None,
            }
        )
    return rows


def _bar(pattern: Pattern) -> str:
    parts = []
    if pattern.least is not None:
        parts.append(f"at least {pattern.least:g}")
    if pattern.most is not None:
        parts.append(f"at most {pattern.most:g}")
    return " and ".join(parts)


def participation_measures(
    pattern: Participation, case: Case, parameters: Mapping[str, Floats], *, seed: int
) -> Measures:
    """`falls`: among runs in which the state stays in from first to last; `from` and `to`: the means there.

    Runs begin with the record at the pattern's start; participation follows from then on.
    """
    s = case.state_ids.index(pattern.state)
    c = tuple(case.clubs).index(pattern.club)
    level, seat = participation(case, parameters, seed=seed, start=pattern.start, end=pattern.last)
    low, high = pattern.first - pattern.start, pattern.last - pattern.start
    stays = seat[:, low : high + 1, s, c].all(axis=1)
    first, last = level[:, low, s, c], level[:, high, s, c]
    known = stays & ~np.isnan(first) & ~np.isnan(last)
    return {
        "falls": np.where(known, last < first, np.nan),
        "from": np.where(known, first, np.nan),
        "to": np.where(known, last, np.nan),
    }


def participation(
    case: Case, parameters: Mapping[str, Floats], *, seed: int, start: int, end: int
) -> tuple[Floats, Bools]:
    """How far members take part, NaN where that is not asked, and who is in; both of shape (R, T, S, C)."""
    inputs = compile_case(case)
    runs = len(next(iter(parameters.values())))
    world = world_from_record(inputs, start - case.start, parameters, Noise(case, seed, 0, runs))
    level, seat = [world.participation.copy()], [is_in(world.status)]
    for t in range(start - case.start + 1, end - case.start + 1):
        advance(world, t)
        level.append(world.participation.copy())
        seat.append(is_in(world.status))
    return np.stack(level, axis=1), np.stack(seat, axis=1)


def area_under_curve(score: Floats, truth: Bools) -> float:
    """Chance that one for whom it is true has the higher score than one for whom it is not; ties count half."""
    true, false = score[truth], score[~truth]
    if not len(true) or not len(false):
        return float("nan")
    pairs = np.sign(true[:, None] - false[None, :])
    return float((pairs + 1).mean() / 2)


def _balanced(right: Bools, truth: Bools) -> Floats:
    """Mean of the hit rates in both classes, or the hit rate where there is one class; shape (R,)."""
    rates = [right[:, group].mean(axis=1) for group in (truth, ~truth) if group.any()]
    return np.asarray(np.mean(rates, axis=0))


def _any_of(moves: Bools, states: Names) -> Measures:
    """`any`, and each state by its name where there are several."""
    found = moves.any(axis=1)
    each = {s: found[:, i] for i, s in enumerate(states)} if len(states) > 1 else {}
    return {"any": found.any(axis=1), **each}
