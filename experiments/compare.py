"""What if: baseline and counterfactual in paired runs, with two kinds of doubt told apart.

Run r of both worlds has the same parameters and the same draws. Of ``n`` runs, ``k`` in a row share one draw of the
posterior, so there are ``G = n / k`` draws. With ``d[g, i]`` in {-1, 0, 1} the difference (in or out, counterfactual
less baseline) in run i of draw g, the analysis of variance of a one-way design with random effects gives

* ``change``: the mean of d, the change in P(in);
* **simulation error**: ``MSW / n``, MSW the mean square within draws: what more runs of the same draws would do away
  with. A pair differs only if it is discordant, as in McNemar's test (1947, doi:10.1007/BF02295996), so luck that both
  worlds share cancels;
* **posterior**: the effect that a draw has, ``E[d | draw]``, varies between draws by ``max(0, (MSB - MSW) / k)``, MSB
the
  mean square between draws; its interval runs from quantile to quantile of the means of draws after they have been
  drawn towards the overall mean, so that their variance is this one. More runs do not narrow it.

Intervals hold nine tenths.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tashkent.agents.situation import Floats
from tashkent.agents.terms import TERMS
from tashkent.calibration.likelihood import fitted_names
from tashkent.calibration.posterior import fit_rows, posterior
from tashkent.calibration.riskset import CHOICES
from tashkent.experiments.pairs import NEVER, Counts, History, Setting, run_pairs, status_name
from tashkent.model.case import Case, load_case
from tashkent.model.choices import record_standing
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case
from tashkent.model.counterfactual import Counterfactual, ExpectedOutcome, load_counterfactual
from tashkent.model.errors import InputError
from tashkent.model.noise import Noise
from tashkent.model.statuses import Status, is_in
from tashkent.model.theory import with_theory

#: most runs that share a draw of the posterior, and half the width of 90 per cent in standard errors
PER_DRAW = 10
Z = 1.6448536269514722
LOW, HIGH = 5, 95
#: the theory that a case holds when nothing else is asked for, and the case as it is
WHOLE = "whole"
BASELINE = "baseline"
Numbers = NDArray[Any]
#: what carried a change where no term did
LAW = "law, council or order"
#: terms that differ by less are the same
ALIKE = 1e-9
STATUSES = {"in": None, **{status.name.lower(): status for status in Status}}


@dataclass(frozen=True)
class Effect:
    """The change of a share over paired runs; arrays of one shape, or numbers."""

    change: Floats
    #: standard error of simulation, and of the mean over draws and luck together
    se_simulation: Floats
    se: Floats
    #: 90 per cent of the effect over draws of the posterior
    posterior_low: Floats
    posterior_high: Floats


def effect(by_draw: Numbers, squares: Numbers, per_draw: int) -> Effect:
    """The effect from sums of differences over the runs of each draw (G first) and the sum of their squares.

    With one run a draw, or one draw, what cannot be told apart is NaN.

    Examples
    --------
    >>> found = effect(np.array([2.0, 0.0]), np.array(2.0), per_draw=4)
    >>> float(found.change), round(float(found.se_simulation), 3)
    (0.25, 0.144)
    """
    draws, runs = len(by_draw), len(by_draw) * per_draw
    total = by_draw.sum(axis=0)
    mean, of_draws = total / runs, by_draw / per_draw
    between = (by_draw.astype(float) ** 2).sum(axis=0) / per_draw
    nothing = np.full(np.shape(mean), np.nan)
    within = (squares - between) / (draws * (per_draw - 1)) if per_draw > 1 else nothing
    among = (between - total.astype(float) ** 2 / runs) / (draws - 1) if draws > 1 else nothing
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.sqrt(np.maximum(0.0, 1.0 - within / among))
    kept = np.where(among > 0, kept, 0.0 * within)
    low, high = np.percentile(of_draws, [LOW, HIGH], axis=0)
    return Effect(
        change=np.asarray(mean),
        se_simulation=np.sqrt(np.maximum(0.0, within) / runs),
        se=np.sqrt(np.maximum(0.0, among) / runs),
        posterior_low=np.asarray(mean + kept * (low - mean)),
        posterior_high=np.asarray(mean + kept * (high - mean)),
    )


@dataclass(frozen=True, eq=False)
class Pair:
    """A counterfactual beside its baseline under one theory, from one start."""

    counterfactual: Counterfactual
    #: the name of what it is compared with, and of the theory
    against: str
    theory: str
    #: both worlds
    baseline: Case
    changed: Case
    #: the month of the initial condition, and the first month in which an input differs (None: in no month)
    start: int
    parts_from: int | None
    runs: int
    per_draw: int
    seed: int
    counts: Counts

    @property
    def key(self) -> dict[str, str]:
        """What tells this pair from others of a comparison."""
        return {
            "counterfactual": self.counterfactual.id,
            "theory": self.theory,
            "start": month_label(self.start),
        }

    @property
    def months(self) -> range:
        """The months of the tables."""
        return range(self.start, self.baseline.end + 1)

    @cached_property
    def outside(self) -> pd.DataFrame:
        """Terms that leave the range of the fit; see `outside_the_fit`."""
        since = self.baseline.end + 1 if self.parts_from is None else self.parts_from
        return outside_the_fit(self.baseline, self.changed, self.start, since)

    @cached_property
    def effect(self) -> Effect:
        """The effect on every seat and month, on axes (month, state, club)."""
        return effect(self.counts.by_draw, self.counts.discordant, self.per_draw)

    def seats(self, months: Sequence[int] | None = None) -> pd.DataFrame:
        """P(in) of every seat in both worlds, in all months or some, with the change and its intervals."""
        case, months = self.baseline, list(self.months if months is None else months)
        at = [month - self.start for month in months]
        size = (len(at), len(case.state_ids), len(case.clubs))
        t, s, c = (axis.ravel() for axis in np.indices(size))
        found, counts = self.effect, self.counts

        def cells(values: Any) -> Any:
            return np.asarray(values)[at].ravel()

        gained = (counts.discordant + counts.changed - counts.baseline) // 2
        table = pd.DataFrame(
            {
                "club": np.array(tuple(case.clubs))[c],
                "state": np.array(case.state_ids)[s],
                "month": np.array([month_label(m) for m in months])[t],
                "baseline": cells(counts.baseline) / self.runs,
                "changed": cells(counts.changed) / self.runs,
                "change": cells(found.change),
                "simulation_low": cells(found.change - Z * found.se_simulation),
                "simulation_high": cells(found.change + Z * found.se_simulation),
                "posterior_low": cells(found.posterior_low),
                "posterior_high": cells(found.posterior_high),
                "se": cells(found.se),
                "gained": cells(gained),
                "lost": cells(counts.discordant - gained),
            }
        )
        return table.sort_values(["club", "state", "month"], ignore_index=True)

    @cached_property
    def share_changed(self) -> float:
        """The share of runs that take another course at all."""
        return float((self.counts.partings.month != NEVER).mean())

    @cached_property
    def partings(self) -> pd.DataFrame:
        """Month, seat and statuses of the parting, with the share of all runs; the most frequent first."""
        parted = self.counts.partings
        at = np.flatnonzero(parted.month != NEVER)
        case = self.baseline
        table = pd.DataFrame(
            {
                "month": [month_label(case.start + t) for t in parted.month[at]],
                "state": np.array(case.state_ids)[parted.state[at]],
                "club": np.array(tuple(case.clubs))[parted.club[at]],
                "baseline": [status_name(v) for v in parted.before[at]],
                "changed": [status_name(v) for v in parted.after[at]],
            }
        )
        columns = list(table.columns)
        shares = table.groupby(columns, as_index=False).size()
        shares["share"] = shares.pop("size") / self.runs
        by = ["share", *columns]
        return shares.sort_values(by, ascending=[False, *[True] * 5], ignore_index=True)

    @cached_property
    def parting_months(self) -> pd.DataFrame:
        """Share of all runs whose histories part in each month."""
        months = self.counts.partings.month
        found, number = np.unique(months[months != NEVER], return_counts=True)
        return pd.DataFrame(
            {
                "month": [month_label(self.baseline.start + t) for t in found],
                "share": number / self.runs,
            }
        )

    @cached_property
    def carried(self) -> pd.DataFrame:
        """What carried the change: the mean difference of each term of the value of the seat where histories part.

        In log-odds, over the runs that part. The row ``law, council or order`` is the share of these in which no term
        differs: a rule, an answer or an order made the difference. `share` is that of the runs in which the
        term differed most.
        """
        parted = self.counts.partings
        terms = parted.terms[parted.month != NEVER]
        names = compile_case(self.baseline).theory
        runs = max(1, len(terms))
        most = np.abs(terms).argmax(axis=1) if len(names) and len(terms) else np.zeros(0, int)
        moved = np.abs(terms).max(axis=1, initial=0.0) > ALIKE
        rows = [
            {
                "term": name,
                "difference": float(terms[:, i].sum() / runs),
                "share": float(((most == i) & moved).sum() / runs),
            }
            for i, name in enumerate(names)
        ]
        rows.append(
            {
                "term": LAW,
                "difference": 0.0,
                "share": float((~moved).sum() / runs),
            }
        )
        table = pd.DataFrame(rows)
        table = table[(table["difference"] != 0) | (table["share"] > 0)]
        return table.sort_values("share", ascending=False, kind="stable", ignore_index=True)

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """What the counterfactual asks to look at, with the direction that is implied and the one that is found."""
        rows = []
        for i, outcome in enumerate(_looked_at(self.counterfactual, self.baseline, self.start)):
            old, new = (_has(seen[:, i], outcome.status) for seen in self.counts.seen)
            difference = new.astype(int) - old
            by_draw = difference.reshape(-1, self.per_draw).sum(axis=1)
            found = effect(by_draw, np.array(np.abs(difference).sum()), self.per_draw)
            low, high = (float(found.change + z * found.se) for z in (-Z, Z))
            rows.append(
                {
                    "state": outcome.state,
                    "club": outcome.club,
                    "month": outcome.month,
                    "status": outcome.status,
                    "implied": outcome.direction,
                    "whose": outcome.whose,
                    "baseline": float(old.mean()),
                    "changed": float(new.mean()),
                    "change": float(found.change),
                    "simulation_low": float(found.change - Z * found.se_simulation),
                    "simulation_high": float(found.change + Z * found.se_simulation),
                    "posterior_low": float(found.posterior_low),
                    "posterior_high": float(found.posterior_high),
                    "low": low,
                    "high": high,
                    "found": direction(low, high),
                }
            )
        return pd.DataFrame(rows, columns=OUTCOME_COLUMNS)

    def to_dict(self) -> dict[str, object]:
        """Everything but the full table of seats, as JSON has it; NaN is None."""
        shown = [m for m in self.baseline.shown if m > self.start]
        seats = self.seats(shown)
        seats = seats[seats["club"] == self.baseline.focus]
        months = self.parting_months
        return {
            **self.key,
            "title": self.counterfactual.title,
            "question": self.counterfactual.question,
            "against": self.against,
            "case_hash": self.changed.hash,
            "parts_from": None if self.parts_from is None else month_label(self.parts_from),
            "share_changed": self.share_changed,
            "median_parting": _median_month(months),
            "outcomes": _records(self.outcomes),
            "seats": _records(seats),
            "partings": _records(self.partings.head(10)),
            "carried": _records(self.carried),
            "outside_the_fit": _records(self.outside),
        }


OUTCOME_COLUMNS = [
    "state",
    "club",
    "month",
    "status",
    "implied",
    "whose",
    "baseline",
    "changed",
    "change",
    "simulation_low",
    "simulation_high",
    "posterior_low",
    "posterior_high",
    "low",
    "high",
    "found",
]
#: a change of a share that is smaller counts as none
LITTLE = 0.01


def direction(low: float, high: float) -> str:
    """Up, down or none, by the interval of a change: none if it holds zero, or all of it lies within a hundredth."""
    if low > -LITTLE and high < LITTLE:
        return "none"
    return "up" if low > 0 else "down" if high < 0 else "none"


def _has(statuses: Any, wanted: str) -> Any:
    status = STATUSES[wanted]
    return is_in(statuses) if status is None else statuses == status


def _median_month(months: pd.DataFrame) -> str | None:
    if not len(months):
        return None
    half = months["share"].cumsum() >= months["share"].sum() / 2
    return str(months["month"][int(np.argmax(half))])


def _records(table: pd.DataFrame) -> list[dict[str, object]]:
    plain = table.astype(object).where(table.notna(), None)
    return [{str(k): v for k, v in row.items()} for row in plain.to_dict("records")]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Pairs of worlds, each with its tables; the tables of all pairs stand one above the other here."""

    case: Case
    pairs: tuple[Pair, ...]
    #: theory -> where its posterior draws come from
    posteriors: Mapping[str, str]

    def _all(self, name: str) -> pd.DataFrame:
        tables = []
        for pair in self.pairs:
            table = pair.seats() if name == "seats" else getattr(pair, name)
            table = table.copy()
            for place, (key, value) in enumerate(pair.key.items()):
                table.insert(place, key, value)
            tables.append(table)
        full = [table for table in tables if len(table)]
        return pd.concat(full or tables[:1], ignore_index=True)

    @cached_property
    def seats(self) -> pd.DataFrame:
        """P(in) of every seat and month in both worlds."""
        return self._all("seats")

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """What the counterfactuals ask to look at."""
        return self._all("outcomes")

    @cached_property
    def partings(self) -> pd.DataFrame:
        """Where histories part."""
        return self._all("partings")

    @cached_property
    def carried(self) -> pd.DataFrame:
        """Which terms carried the change."""
        return self._all("carried")

    @cached_property
    def outside(self) -> pd.DataFrame:
        """Terms that leave the range on which the model was fitted."""
        return self._all("outside")

    def to_dict(self) -> dict[str, object]:
        """The comparison as JSON has it."""
        first = self.pairs[0]
        return {
            "case": self.case.id,
            "case_hash": self.case.hash,
            "runs": first.runs,
            "runs_per_draw": first.per_draw,
            "seed": first.seed,
            "posterior": dict(self.posteriors),
            "pairs": [pair.to_dict() for pair in self.pairs],
        }


def compare(
    case: Case | str,
    *counterfactuals: Counterfactual | str,
    baseline: Counterfactual | str | None = None,
    theories: Sequence[str] = (),
    runs: int = 1000,
    per_draw: int | None = None,
    seed: int = 0,
    start: str | None = None,
    parameters: Mapping[str, Floats] | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
    history: History | None = None,
    noise: Noise | None = None,
) -> Comparison:
    """Run counterfactuals beside a baseline, over the same draws.

    Parameters
    ----------
    case
        The case as it is, or the name or folder of one.
    counterfactuals
        Counterfactuals, or names of those of the case, or files; names joined by ``+`` are applied together.
    baseline
        Another baseline than the case as it is: its world is compared with those of the counterfactuals.
    theories
        What to run them under, as `model.theory.with_theory` reads it, each with a posterior of its own; "whole" is the
        case's own theory, and the default.
    runs, per_draw
        Runs of each world, and how many of them share one draw of the posterior; by default the largest number up to
        ten that divides `runs` and leaves two draws.
    seed
        Keys every draw.
    start
        Month ``YYYY-MM`` of the initial condition; by default the starts that each counterfactual asks for.
    parameters
        Parameters by name, one value a draw, instead of posterior draws.
    workers
        Processes; no influence on the result. A script that asks for more than one must guard its own start by
        ``if __name__ == "__main__"``.
    progress
        Called with runs done and runs to do, block by block; what it raises ends the comparison.
    history, noise
        The case as it is with the same runs, seed and start, if it has been run before (`history_of`), and draws for
        as many runs with the same seed; no influence on the result.

    Raises
    ------
    InputError
        If a counterfactual does not fit the case, or a month or theory is unknown.

    Examples
    --------
    >>> found = compare("cst", "CF1", runs=20, start="1998-12")
    >>> found.pairs[0].parts_from is not None
    True
    """
    case = case if isinstance(case, Case) else load_case(case)
    chosen = [_counterfactual(case, c) for c in counterfactuals]
    if not chosen:
        raise InputError("compare", "counterfactuals", "none", "one counterfactual at least")
    if runs < 1:
        raise InputError("compare", "runs", runs, "1 or more")
    against = None if baseline is None else _counterfactual(case, baseline)
    per_draw = _per_draw(runs) if per_draw is None else per_draw
    if per_draw < 1 or runs % per_draw:
        raise InputError("compare", "per_draw", per_draw, f"a number that divides {runs} runs")
    tasks = _tasks(case, chosen, start)
    names = tuple(dict.fromkeys(theories)) or (WHOLE,)
    todo, done, pairs = runs * len(tasks) * len(names), 0, []
    origins = {}

    def added(number: int) -> None:
        nonlocal done
        done += number
        if progress is not None:
            progress(done, todo)

    for name in names:
        of_theory = case if name == WHOLE else with_theory(case, name)
        draws, origins[name] = _draws(of_theory, runs // per_draw, seed, parameters)
        base = of_theory if against is None else against.apply(of_theory)
        for month, asked in tasks.items():
            changed = [one.apply(of_theory) for one in asked]
            made = _pairs_from(
                base,
                asked,
                changed,
                month,
                name,
                draws,
                per_draw,
                seed,
                workers,
                added,
                history,
                noise,
            )
            pairs += [(p, against.id if against else BASELINE) for p in made]
    found = tuple(_named(p, label) for p, label in pairs)
    place = {c.id: i for i, c in enumerate(chosen)}
    order = sorted(
        found, key=lambda p: (place[p.counterfactual.id], p.start, names.index(p.theory))
    )
    return Comparison(case, tuple(order), origins)


def history_of(
    case: Case,
    *,
    runs: int,
    seed: int,
    start: int,
    noise: Noise | None = None,
    progress: Callable[[int], None] | None = None,
) -> History:
    """The case as it is, run once for all that `compare` is asked of it with the same runs, seed and start."""
    per_draw = _per_draw(runs)
    draws, _ = _draws(case, runs // per_draw, seed, None)
    return History(
        case, draws, start=start, seed=seed, per_draw=per_draw, noise=noise, progress=progress
    )


def _named(pair: Pair, against: str) -> Pair:
    return replace(pair, against=against)


def _counterfactual(case: Case, inputs: Counterfactual | str) -> Counterfactual:
    return inputs if isinstance(inputs, Counterfactual) else load_counterfactual(inputs, case)


def _per_draw(runs: int) -> int:
    fit = [k for k in range(1, PER_DRAW + 1) if runs % k == 0 and runs // k > 1]
    return max(fit, default=1)


def _tasks(
    case: Case, chosen: Sequence[Counterfactual], start: str | None
) -> dict[int, list[Counterfactual]]:
    """The counterfactuals that are asked from each start."""
    tasks: dict[int, list[Counterfactual]] = {}
    for counterfactual in chosen:
        starts = [start] if start is not None else counterfactual.starts
        for text in starts or [month_label(case.start)]:
            month = case.month(text, "--from")
            if month == case.end:
                allowed = f"a month before {month_label(case.end)}, the last of the case"
                raise InputError(case.id, "--from", text, allowed)
            tasks.setdefault(month, []).append(counterfactual)
    return dict(sorted(tasks.items()))


def _looked_at(one: Counterfactual, base: Case, start: int) -> list[ExpectedOutcome]:
    """What a counterfactual asks to look at after a start, in clubs that the baseline has."""
    return [
        outcome
        for outcome in one.outcomes
        if outcome.club in base.clubs and base.month(outcome.month, "month") > start
    ]


def _draws(
    case: Case, number: int, seed: int, parameters: Mapping[str, Floats] | None
) -> tuple[dict[str, Floats], str]:
    if parameters is None:
        fitted = posterior(case)
        return fitted.draws(runs=number, seed=seed), fitted.origin
    missing = [name for name in case.drawn if name not in parameters]
    if missing or any(len(values) != number for values in parameters.values()):
        allowed = f"{number} values for each of {', '.join(case.drawn)}"
        raise InputError("compare", "parameters", ", ".join(missing) or "another length", allowed)
    return {name: np.asarray(parameters[name], float) for name in case.drawn}, "given"


def _pairs_from(
    base: Case,
    asked: Sequence[Counterfactual],
    changed: Sequence[Case],
    start: int,
    theory: str,
    draws: Mapping[str, Floats],
    per_draw: int,
    seed: int,
    workers: int,
    progress: Callable[[int], None],
    history: History | None,
    noise: Noise | None,
) -> list[Pair]:
    cells = [
        [
            (
                base.month(o.month, "month") - base.start,
                base.state_ids.index(o.state),
                tuple(base.clubs).index(o.club),
            )
            for o in _looked_at(one, base, start)
        ]
        for one in asked
    ]
    setting = Setting.of(base, changed, start=start, seed=seed, per_draw=per_draw, looked_at=cells)
    counts = run_pairs(
        setting, draws, workers=workers, progress=progress, history=history, noise=noise
    )
    runs = len(next(iter(draws.values()))) * per_draw
    return [
        Pair(
            counterfactual=one,
            against=BASELINE,
            theory=theory,
            baseline=base,
            changed=case,
            start=start,
            parts_from=base.start + first if first < len(base.months) else None,
            runs=runs,
            per_draw=per_draw,
            seed=seed,
            counts=found,
        )
        for one, case, first, found in zip(asked, changed, setting.part_from, counts, strict=True)
    ]


# the range of the fit ------------------------------------------------------------------------------

OUTSIDE_COLUMNS = ["term", "state", "club", "from", "until", "value", "low", "high"]


def outside_the_fit(base: Case, changed: Case, start: int, since: int) -> pd.DataFrame:
    """Terms that a counterfactual takes out of the range on which the model was fitted.

    The range of a term is that over the rows of the fit (`calibration.likelihood.design`). Seats are those of the
    record. Only where the counterfactual changes a term it counts, and only where the club exists for a state that
    decides. One row for each term and seat: the months from first to last, the value that lies farthest outside, the
    range.
    """
    of = base.changed.of if base.changed else base
    ranges = _ranges(of)
    names, clubs = tuple(ranges), tuple(base.clubs)
    here = [(clubs.index(name), i) for i, name in enumerate(changed.clubs)]
    of_base, of_changed = ([pair[i] for pair in here] for i in (0, 1))
    first = max(start, since, base.start + 1) - base.start
    # on axes (month, term, club, state)
    before = _on_record(base, names)[first:, :, of_base]
    after = _on_record(changed, names)[first:, :, of_changed]
    low, high = (np.array([ranges[name][i] for name in names])[:, None, None] for i in (0, 1))
    odd = (np.abs(after - before) > ALIKE) & ((after < low - ALIKE) | (after > high + ALIKE))
    odd &= compile_case(changed).exists[first:, None, of_changed, None]
    odd &= compile_case(base).decides
    found: dict[tuple[str, int, int], list[tuple[int, float]]] = {}
    for t, n, c, s in np.argwhere(odd).tolist():
        seat = (names[n], s, of_base[c])
        found.setdefault(seat, []).append((first + t, float(after[t, n, c, s])))
    rows = []
    for (name, s, c), cells in found.items():
        least, most = ranges[name]
        far = max((v for _, v in cells), key=lambda v: max(least - v, v - most))
        months = [month_label(base.start + t) for t, _ in (cells[0], cells[-1])]
        rows.append([name, base.state_ids[s], clubs[c], *months, far, least, most])
    return pd.DataFrame(rows, columns=OUTSIDE_COLUMNS)


@lru_cache(maxsize=8)
def _on_record(case: Case, names: tuple[str, ...]) -> Floats:
    """Terms as the record has them, shape (months, terms, clubs, states); 0 in the first month, which is given."""
    inputs = compile_case(case)
    standing = [record_standing(inputs, max(1, t)) for t in range(len(case.months))]
    situation = inputs.situation.joined_by(
        np.array([inputs.credibility(t, now.belief_updates) for t, now in enumerate(standing)]),
        seat=np.array([now.seat for now in standing]),
        gap=np.array([now.gap for now in standing]),
        left=np.array([now.left for now in standing]),
        courted=np.array([now.courted for now in standing]),
    )
    found = np.zeros((len(case.months), len(names), len(case.clubs), len(case.states)))
    for n, name in enumerate(names):
        if name in inputs.theory:
            found[1:, n] = (inputs.stake * TERMS[name].formula(situation)).swapaxes(1, 2)[1:]
    return found


def _ranges(case: Case) -> dict[str, tuple[float, float]]:
    """Term -> least and greatest value over the rows of the fit."""
    rows, names = fit_rows(case), fitted_names(case)
    sign = np.where(rows.rows.choice == CHOICES.index("exit"), -1.0, 1.0)
    weights = [name for name in case.role("weight") if name in names]
    values = {name: sign * rows.first[:, names.index(name)] for name in weights}
    return {name: (float(v.min()), float(v.max())) for name, v in values.items()}
