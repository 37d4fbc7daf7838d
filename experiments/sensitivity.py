"""Which parameters and which inputs the answers hang on: elementary effects, then shares of variance.

A point is a set of parameters or of inputs (`experiments.factors`). At each point the same runs are made, with the
same draws, and an outcome (`experiments.outcomes`) is its mean over them, so that points differ through what was moved.
First all factors are screened; then the variance is shared out among those that moved any outcome most, and all
others together count as one (`experiments.indices`). Nothing is fitted again: the question is what the model's answers
hang on, and not what the record would have taught with other inputs.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd

from tashkent.agents.situation import Floats
from tashkent.calibration.measures.measure import Measure
from tashkent.calibration.posterior import Posterior, posterior
from tashkent.experiments.indices import (
    MORRIS,
    SOBOL,
    MethodIndices,
    Problem,
    analyse,
    morris_points,
    sobol_points,
    spread,
    weightiest,
)
from tashkent.experiments.outcomes import horizon, read_outcomes
from tashkent.experiments.points import Setting, evaluator, values
from tashkent.experiments.spaces import Inputs, Parameters, Space
from tashkent.model.arguments import seed_of, whole, workers_of
from tashkent.model.case import Case, as_case
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case
from tashkent.model.counterfactual import parameters_of
from tashkent.model.errors import InputError, unknown
from tashkent.model.plain import notebook_html, plain_rows
from tashkent.model.statuses import is_in
from tashkent.model.workers import Progress

PARAMETERS, INPUTS = "parameters", "inputs"
KINDS = (PARAMETERS, INPUTS)
PRIOR, POSTERIOR = "prior", "posterior"
OVER = (PRIOR, POSTERIOR)
#: what tells the parts of a table of results from each other
KEYS = ("kind", "over", "method")
#: runs come in two halves, and in each of these in pairs (`calibration.measures.record.Brier`)
RUNS_STEP = 4
#: points that are tried to see how long it takes
TRIED = 6
#: names of the arguments, in messages
ASKED = "sensitivity"


@dataclass(frozen=True)
class SensitivityPlan:
    """How much is run."""

    #: runs at each point
    runs: int = 48
    #: trajectories of the screening
    trajectories: int = 10
    #: points of each of the two samples of the variance; a power of two
    base: int = 256
    #: factors whose share of variance is found one by one
    most: int = 10

    def check(self) -> None:
        """Refuse sizes that give no index.

        Raises
        ------
        InputError
            In one line.
        """
        for key in ("runs", "trajectories", "base", "most"):
            whole(getattr(self, key), ASKED, key, 1)
        if self.runs < RUNS_STEP or self.runs % RUNS_STEP:
            raise InputError(ASKED, "runs", self.runs, f"a multiple of {RUNS_STEP}")
        if self.trajectories < 2:
            raise InputError(ASKED, "trajectories", self.trajectories, "2 or more")
        if self.base < 2 or self.base & (self.base - 1):
            raise InputError(ASKED, "base", self.base, "a power of two")

    def points(self, groups: int) -> tuple[int, int]:
        """Points of the screening and of the variance, for so many groups of factors.

        Examples
        --------
        >>> SensitivityPlan(trajectories=10, base=8, most=2).points(5)
        (60, 40)
        """
        looked_at = min(groups, self.most + 1)
        return self.trajectories * (groups + 1), self.base * (looked_at + 2)


QUICK = SensitivityPlan(runs=8, trajectories=2, base=4, most=3)


@dataclass(frozen=True, eq=False)
class Study:
    """One kind of factors: what was found by both methods."""

    kind: str
    problem: Problem
    screening: MethodIndices
    #: of the factors that weigh most, and all others as one
    variance: MethodIndices

    def __repr__(self) -> str:
        """A line: how many factors of which kind."""
        return f"<Study of {len(self.problem.groups)} {self.kind}>"

    @property
    def found(self) -> tuple[MethodIndices, MethodIndices]:
        """The two methods in the order in which they were used."""
        return self.screening, self.variance


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """All that was asked, and what was found."""

    case: Case
    outcomes: tuple[Measure, ...]
    studies: tuple[Study, ...]
    plan: SensitivityPlan
    over: str
    seed: int
    start: int
    end: int
    #: where the draws of parameters come from
    posterior: str

    def __repr__(self) -> str:
        """A line: what was varied, and what was looked at."""
        varied = ", ".join(study.kind for study in self.studies)
        return f"<Sensitivity {self.case.id}: {len(self.outcomes)} outcomes over {varied}, seed {self.seed}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the indices."""
        return notebook_html(self, self.indices)

    @property
    def names(self) -> tuple[str, ...]:
        """The outcomes by name."""
        return tuple(outcome.name for outcome in self.outcomes)

    @cached_property
    def indices(self) -> pd.DataFrame:
        """One row an index: `KEYS`, outcome, factor, index, value, low, high, luck."""
        return self._table(lambda found: found.indices)

    @cached_property
    def spread(self) -> pd.DataFrame:
        """Each outcome over the points of each method; see `experiments.indices.spread`."""
        return self._table(lambda found: spread(self.names, found))

    def _table(self, of: Callable[[MethodIndices], pd.DataFrame]) -> pd.DataFrame:
        """One table of all methods of all studies, with `KEYS` first."""
        parts = []
        for study in self.studies:
            over = self.over if study.kind == PARAMETERS else POSTERIOR
            for found in study.found:
                keys = dict(zip(KEYS, (study.kind, over, found.method), strict=True))
                parts.append(of(found).assign(**keys))
        table = pd.concat([p for p in parts if len(p)] or parts, ignore_index=True)
        return table[[*KEYS, *(c for c in table if c not in KEYS)]]

    def points(self, study: Study, found: MethodIndices) -> pd.DataFrame:
        """Where the points of a method lie in the unit cube, and the outcomes there, by half of the runs."""
        columns = {
            f"u {name}": u for name, u in zip(study.problem.factors, found.points.T, strict=True)
        }
        for half, label in enumerate(("first", "second")):
            for name, by_point in zip(self.names, found.halves[half].T, strict=True):
                columns[f"{name}, {label} half"] = by_point
        return pd.DataFrame(columns)

    def to_dict(self) -> dict[str, object]:
        """The question and the two tables, as plain values; None where there is no number."""
        return {
            **self.asked(),
            "indices": plain_rows(self.indices),
            "outcomes": plain_rows(self.spread),
        }

    def asked(self) -> dict[str, object]:
        """What another person needs to ask the same."""
        return {
            "case": self.case.id,
            "case_hash": self.case.hash,
            "kinds": [study.kind for study in self.studies],
            "over": self.over,
            "outcomes": list(self.names),
            "from": month_label(self.start),
            "to": month_label(self.end),
            "runs": self.plan.runs,
            "trajectories": self.plan.trajectories,
            "base": self.plan.base,
            "most": self.plan.most,
            "seed": self.seed,
            "posterior": self.posterior,
        }


def label(kind: str, over: str) -> str:
    """What is varied, in words.

    Examples
    --------
    >>> label("parameters", "prior"), label("inputs", "posterior")
    ('parameters over their prior', 'inputs, parameters over their posterior')
    """
    return (
        f"{kind} over their {over}"
        if kind == PARAMETERS
        else f"{kind}, parameters over their {over}"
    )


def sensitivity(
    case: Case | str = "cst",
    outcomes: Sequence[str | Mapping[str, object]] = (),
    *,
    of: Sequence[str] = KINDS,
    over: str = PRIOR,
    plan: SensitivityPlan | None = None,
    start: str | None = None,
    seed: int = 0,
    workers: int = 1,
    told: Callable[[str], None] | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """Screen all factors, then share out the variance of each outcome among those that weigh most.

    Parameters
    ----------
    case
        A case, or the name or folder of one.
    outcomes
        What is looked at, as `experiments.outcomes` has it; by default `usual_outcomes`.
    of
        What is varied: ``parameters``, ``inputs`` or both, each on its own.
    over
        Parameters run over quantiles of their ``prior`` or ``posterior``.
    plan
        How much is run.
    start
        Month ``YYYY-MM`` of the record from which runs start; the case's start by default.
    seed
        Keys every draw, the points and the intervals; the same seed gives the same result whatever the workers.
    workers
        Processes, 0 for one a core.
    told
        Called with a line that says what it will cost, before the work.
    progress
        Called with the number of points done, and of how many.

    Raises
    ------
    InputError
        If a size, kind, start or outcome cannot be used.
    """
    case = as_case(case)
    plan = plan or SensitivityPlan()
    plan.check()
    seed, workers = seed_of(seed, ASKED), workers_of(workers, ASKED)
    kinds = _kinds(of)
    if over not in OVER:
        raise unknown(ASKED, "over", over, OVER)
    began = case.start if start is None else case.start_month(start, "start", ASKED)
    given = outcomes or usual_outcomes(case, began)
    looked_at = read_outcomes(given, case, ASKED)
    for number, outcome in enumerate(looked_at, start=1):
        outcome.check_start(case, began, ASKED, f"outcome {number}")
    known = posterior(case.changed.of if case.changed else case)
    spaces = {kind: _space(kind, case, known if over == POSTERIOR else None) for kind in kinds}
    settings = tuple(
        Setting(
            space=space,
            outcomes=looked_at,
            draws=parameters_of(case, known.draws(runs=plan.runs, seed=seed)),
            runs=plan.runs,
            seed=seed,
            start=began,
            end=horizon(looked_at, case),
        )
        for space in spaces.values()
    )
    sizes = [plan.points(len(s.problem.groups)) for s in spaces.values()]
    total = sum(map(sum, sizes))
    if told is not None:
        told(cost(settings, kinds, sizes, workers))
    with evaluator(settings, workers, total, progress) as evaluate:
        studies = tuple(
            _study(kind, space, looked_at, partial(evaluate, i), plan, seed)
            for i, (kind, space) in enumerate(spaces.items())
        )
    return Sensitivity(
        case=case,
        outcomes=looked_at,
        studies=studies,
        plan=plan,
        over=over,
        seed=seed,
        start=began,
        end=settings[0].end,
        posterior=known.origin,
    )


def _kinds(of: Sequence[str]) -> tuple[str, ...]:
    for kind in of:
        if kind not in KINDS:
            raise unknown(ASKED, "of", kind, KINDS)
    if not of:
        raise InputError(ASKED, "of", "nothing", " or ".join(KINDS))
    return tuple(kind for kind in KINDS if kind in of)


def _space(kind: str, case: Case, known: Posterior | None) -> Space:
    return Parameters(case, known) if kind == PARAMETERS else Inputs(case)


def usual_outcomes(case: Case, start: int) -> tuple[str, ...]:
    """What is looked at if nothing is asked for: how the focal club fares up to the end of the fit, and who is in then.

    The states are those that come or go by the record. Runs that start later are looked at up to the end of the case.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> usual_outcomes(load_case("cst"), load_case("cst").start)[-1]
    'in(UZB, CST, 2012-12)'
    """
    end = case.fit_until if start < case.fit_until else case.end
    focus, first, last = case.focus, month_label(start + 1), month_label(end)
    scored = month_label(max(start + 1, min(case.score_from, end)))
    given = compile_case(case)
    span = slice(start - case.start, end - case.start + 1)
    seated = is_in(given.record.status[span, :, tuple(case.clubs).index(focus)])
    moved = (seated != seated[0]).any(axis=0) & given.decides
    return (
        f"brier({focus}, {scored}, {last})",
        f"members({focus}, {last})",
        f"entries({focus}, {first}, {last})",
        f"exits({focus}, {first}, {last})",
        *(f"in({state}, {focus}, {last})" for state in np.array(case.state_ids)[moved]),
    )


def cost(
    settings: Sequence[Setting],
    kinds: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    workers: int,
) -> str:
    """What it will cost, in a line: points, runs, and a time that rests on a few points."""
    seconds = sum(
        _seconds(setting) * sum(size) for setting, size in zip(settings, sizes, strict=True)
    )
    seconds /= workers
    parts = [
        f"{kind}: {screening:,} points to screen and {variance:,} to share out variance"
        for kind, (screening, variance) in zip(kinds, sizes, strict=True)
    ]
    each = settings[0].runs
    runs = sum(map(sum, sizes)) * each
    took = f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"
    by = "1 worker" if workers == 1 else f"{workers} workers"
    return f"{'; '.join(parts)}; {each} runs at each, {runs:,} in all; about {took} with {by}"


def _study(
    kind: str,
    space: Space,
    outcomes: Sequence[Measure],
    evaluate: Callable[[int, Floats], Floats],
    plan: SensitivityPlan,
    seed: int,
) -> Study:
    names = [outcome.name for outcome in outcomes]
    points = morris_points(space.problem, plan.trajectories, seed)
    step = len(space.problem.groups) + 1
    screening = analyse(MORRIS, space.problem, names, points, evaluate(step, points), seed)
    kept = weightiest(screening, space.problem, plan.most)
    narrowed = space.problem.narrowed(kept)
    points = sobol_points(narrowed, plan.base, seed)
    step = len(narrowed.groups) + 2
    variance = analyse(SOBOL, narrowed, names, points, evaluate(step, points), seed)
    return Study(kind, space.problem, screening, variance)


def _seconds(setting: Setting) -> float:
    """How long a point takes, from some of a trajectory; what is made once is made before."""
    points = morris_points(setting.space.problem, 1, setting.seed)[: TRIED + 1]
    values(setting, points[:1])
    began = time.perf_counter()
    values(setting, points[1:])
    return (time.perf_counter() - began) / (len(points) - 1)
