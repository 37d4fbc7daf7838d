"""What if: counterfactuals and their baseline in paired runs, under one theory or several.

The walk of a counterfactual: it is read (`model.counterfactual.load_counterfactual`), applied to the case
(`Counterfactual.apply`), run beside its baseline (`experiments.paired_runs.run_pairs`), and its effect is found
(`Pair.effect`) and shown.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from tashkent.agents.situation import Floats
from tashkent.calibration.posterior import posterior
from tashkent.experiments.history import History
from tashkent.experiments.labels import labelled
from tashkent.experiments.pair import Pair, cells_of
from tashkent.experiments.paired_runs import run_pairs
from tashkent.experiments.scenarios import BASELINE, WHOLE
from tashkent.model.arguments import parameters_given, runs_of, seed_of, whole, workers_of
from tashkent.model.case import Case, as_case
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case
from tashkent.model.counterfactual import Counterfactual, load_counterfactual
from tashkent.model.errors import InputError, unknown
from tashkent.model.parameters import ParameterDraws
from tashkent.model.plain import notebook_html
from tashkent.model.simulate import bytes_of, check_memory
from tashkent.model.theory import with_theory
from tashkent.model.workers import Progress, counting

#: most runs that share a draw of the posterior
PER_DRAW = 10
#: fewest runs of a world: one has no error
LEAST_RUNS = 2
#: what is asked, in messages
ASKED = "compare"


@dataclass(frozen=True, eq=False)
class Comparison:
    """Pairs of worlds, each with its tables; the tables of all pairs stand one above the other here."""

    case: Case
    pairs: tuple[Pair, ...]
    #: theory -> where its posterior draws come from
    posteriors: Mapping[str, str]

    def __repr__(self) -> str:
        """A line: which questions, in how many runs."""
        first = self.pairs[0]
        asked = ", ".join(dict.fromkeys(pair.counterfactual.id for pair in self.pairs))
        size = f"{len(self.pairs)} pairs of {first.runs:,} runs, seed {first.seed}"
        return f"<Comparison {self.case.id}: {asked}; {size}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: what the counterfactuals ask to look at."""
        return notebook_html(self, self.outcomes)

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
    def divergence(self) -> pd.DataFrame:
        """Where histories diverge."""
        return self._all("divergence")

    @cached_property
    def attribution(self) -> pd.DataFrame:
        """Which terms the change is attributed to."""
        return self._all("attribution")

    @cached_property
    def extrapolation(self) -> pd.DataFrame:
        """Terms that leave the range on which the model was fitted."""
        return self._all("extrapolation")

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
    labels: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
    history: History | None = None,
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
        Runs of each world, two or more, and how many of them share one draw of the posterior; by default the largest
        number up to ten that divides `runs` and leaves two draws.
    seed
        Keys every draw.
    start
        Month ``YYYY-MM`` of the initial condition; by default the starts that each counterfactual asks for.
    parameters
        Parameters by name, shape (draws,), one value a draw, instead of posterior draws.
    labels
        Ask again under prior weights and in a fit without the state asked about, and say which changes are zero by
        construction: columns of the outcomes (`experiments.labels`). It takes three times as long or more.
    workers
        Processes, 0 for one a core; no influence on the result. A script that asks for more than one must guard its
        own start by ``if __name__ == "__main__"``.
    progress
        Called with runs done and runs to do, block by block; what it raises ends the comparison.
    history
        The case as it is with the same runs, seed and start, if it has been run before (`history_of`); no influence on
        the result.

    Raises
    ------
    InputError
        If a counterfactual does not fit the case, or a month or theory is unknown.

    Examples
    --------
    >>> found = compare("cst", "CF1", runs=20, start="1998-12")
    >>> found.pairs[0].differs_from is not None
    True
    """
    case = as_case(case)
    chosen = [_counterfactual(case, c) for c in counterfactuals]
    if not chosen:
        raise InputError("compare", "counterfactuals", "none", "one counterfactual at least")
    runs, seed = runs_of(runs, ASKED, LEAST_RUNS), seed_of(seed, ASKED)
    workers = workers_of(workers, ASKED)
    against = None if baseline is None else _counterfactual(case, baseline)
    per_draw = _checked_per_draw(runs, per_draw)
    _check_memory(case, runs, per_draw, len(chosen))
    starts = by_start(case, chosen, start)
    names = tuple(dict.fromkeys(theories)) or (WHOLE,)
    todo = runs * len(starts) * len(names)
    added = counting(progress, todo)
    pairs: list[Pair] = []
    origins = {}
    worlds = _worlds(case, names, against, starts)
    _check_names(parameters, [of_theory for _, of_theory, *_ in worlds])
    for name, of_theory, base, month, cases in worlds:
        if name not in origins:
            draws, origins[name] = _draws(of_theory, runs // per_draw, seed, parameters)
        together = starts[month]
        counts = run_pairs(
            base,
            cases,
            draws,
            start=month,
            seed=seed,
            per_draw=per_draw,
            looked_at=[cells_of(counterfactual, base, month) for counterfactual in together],
            workers=workers,
            progress=added,
            history=history,
        )
        pairs += [
            Pair(
                counterfactual=counterfactual,
                against=against.id if against else BASELINE,
                theory=name,
                baseline=base,
                counterfactual_case=counterfactual_case,
                start=month,
                runs=runs,
                per_draw=per_draw,
                seed=seed,
                counts=counted,
            )
            for counterfactual, counterfactual_case, counted in zip(
                together, cases, counts, strict=True
            )
        ]
    if labels:
        pairs = list(labelled(pairs, workers=workers, progress=_after(todo, progress)))
    place = {c.id: i for i, c in enumerate(chosen)}
    pairs.sort(key=lambda p: (place[p.counterfactual.id], p.start, names.index(p.theory)))
    return Comparison(case, tuple(pairs), origins)


def _after(already: int, progress: Progress | None) -> Progress | None:
    """Progress of what comes after so many runs."""
    if progress is None:
        return None
    return lambda done, of: progress(already + done, already + of)


def _check_memory(case: Case, runs: int, per_draw: int, worlds: int) -> None:
    """Two bytes a seat and month of each draw of each counterfactual, eight a term of a seat that diverges in a run."""
    needed = bytes_of(case, runs // per_draw) * 2 * worlds
    seats = len(case.deciders) * len(case.clubs)
    needed += runs * seats * 8 * len(case.role("weight"))
    check_memory(needed, runs)


def named_counterfactuals(case: Case, names: Sequence[str]) -> list[Counterfactual]:
    """The counterfactuals that are named; the word baseline before them stands for the case as it is.

    Raises
    ------
    InputError
        If a name is unknown, or the choice is not allowed.
    """
    wanted = list(names[1:]) if names[0] == BASELINE else list(names)
    if not wanted:
        raise InputError("compare", "NAME", BASELINE, "a counterfactual after it")
    found = [load_counterfactual(name, case) for name in wanted]
    ids = [counterfactual.id for counterfactual in found]
    for name in ids:
        if ids.count(name) > 1:
            raise InputError("compare", "NAME", name, "each counterfactual once")
    return found


def history_of(
    case: Case,
    *,
    runs: int,
    seed: int,
    start: int,
    progress: Callable[[int], None] | None = None,
) -> History:
    """The case as it is, run once for all that `compare` is asked of it with the same runs, seed and start."""
    per_draw = _per_draw(runs)
    draws, _ = _draws(case, runs // per_draw, seed, None)
    return History(case, draws, start=start, seed=seed, per_draw=per_draw, progress=progress)


def _counterfactual(case: Case, named: Counterfactual | str) -> Counterfactual:
    return named if isinstance(named, Counterfactual) else load_counterfactual(named, case)


def _checked_per_draw(runs: int, per_draw: int | None) -> int:
    if per_draw is None:
        return _per_draw(runs)
    per_draw = whole(per_draw, ASKED, "per_draw", 1)
    if runs % per_draw:
        raise InputError("compare", "per_draw", per_draw, f"a number that divides {runs} runs")
    return per_draw


def _per_draw(runs: int) -> int:
    fit = [k for k in range(1, PER_DRAW + 1) if runs % k == 0 and runs // k > 1]
    return max(fit, default=1)


def _worlds(
    case: Case,
    theories: Iterable[str],
    against: Counterfactual | None,
    starts: Mapping[int, Sequence[Counterfactual]],
) -> list[tuple[str, Case, Case, int, list[Case]]]:
    """Theory, the case and the baseline under it, start, and the counterfactuals as cases: all, before any is run."""
    found = []
    for name in theories:
        of_theory = case if name == WHOLE else with_theory(case, name)
        base = of_theory if against is None else against.apply(of_theory)
        compile_case(base)  # which says what formulas cannot give
        for month, together in starts.items():
            cases = [counterfactual.apply(of_theory) for counterfactual in together]
            found.append((name, of_theory, base, month, cases))
    return found


def by_start(
    case: Case, chosen: Sequence[Counterfactual], start: str | None
) -> dict[int, list[Counterfactual]]:
    """The counterfactuals that are asked from each start: that which is given, or those that each of them asks for.

    Raises
    ------
    InputError
        If a start is no month of the case, or its last.
    """
    found: dict[int, list[Counterfactual]] = {}
    for counterfactual in chosen:
        starts = [start] if start is not None else counterfactual.starts
        for text in starts or [month_label(case.start)]:
            month = case.start_month(text, "--from")
            found.setdefault(month, []).append(counterfactual)
    return dict(sorted(found.items()))


def _check_names(parameters: Mapping[str, Floats] | None, cases: Iterable[Case]) -> None:
    """Refuse parameters that are those of none of the theories."""
    known = dict.fromkeys(name for case in cases for name in case.drawn)
    for name in parameters or ():
        if name not in known:
            raise unknown(ASKED, "parameters", name, known)


def _draws(
    case: Case, number: int, seed: int, parameters: Mapping[str, Floats] | None
) -> tuple[ParameterDraws, str]:
    if parameters is None:
        fitted = posterior(case)
        return fitted.draws(runs=number, seed=seed), fitted.origin
    known = {name: values for name, values in parameters.items() if name in case.drawn}
    given = parameters_given(case, known, ASKED, number)
    return ParameterDraws.from_mapping(given), "given"
