"""What an answer rests on: the same question under prior weights, in a fit without the state asked about, and zeros.

An effect that is as large under the priors owes nothing to the record. One that stays in a fit from which the state's
own choices are left out does not owe it to having seen the answer. A zero by construction is no finding: no input
differs before the month that is asked about, or no run moves the seat whatever the weights are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from tashkent.calibration.likelihood import fit_rows
from tashkent.calibration.refit import Refit, refit
from tashkent.experiments.pair import Pair
from tashkent.experiments.paired_runs import run_pairs
from tashkent.model.case import Case
from tashkent.model.parameters import ParameterDraws
from tashkent.model.simulate import prior_parameters
from tashkent.model.workers import Progress, counting

#: what is asked again: columns of outcomes begin with these words
PRIOR, WITHOUT = "prior", "without"
#: of the outcome's columns, what is kept of the same question asked again
KEPT = ("change", "low", "high", "found")
#: why a change is zero by construction: up to the month no input differs, or in no run the seat
BY_INPUTS, BY_RUNS = "inputs", "runs"
#: runs and draws of the same question asked again; as many as the pair has, if it has fewer
RUNS, PER_DRAW = 200, 2


def agrees(outcomes: pd.DataFrame, word: str = "") -> "pd.Series[bool]":
    """Whether each outcome has the direction that is implied; what is zero by construction has found none.

    With the word `prior` or `without` for the same question asked again.
    """
    found = outcomes[f"{word}_found" if word else "found"]
    agree = outcomes["implied"] == found
    return agree & ~outcomes["zero"].isin((BY_INPUTS, BY_RUNS)) if "zero" in outcomes else agree


def labelled(
    pairs: Sequence[Pair], *, workers: int = 1, progress: Progress | None = None
) -> tuple[Pair, ...]:
    """The pairs with labels for each of their outcomes.

    Columns: `prior_change`, `prior_low`, `prior_high`, `prior_found` and the same with `without_`, as those of an
    outcome; `without_pareto_k`, above 0.7 where the weights of that fit cannot be trusted; `zero`, the reason why
    the change is zero by construction, or nothing.
    """
    groups: dict[tuple[str, int], list[int]] = {}
    for number, pair in enumerate(pairs):
        if len(pair.outcomes):
            groups.setdefault((pair.theory, pair.start), []).append(number)
    asked = {
        key: list(dict.fromkeys(s for n in numbers for s in pairs[n].outcomes["state"]))
        for key, numbers in groups.items()
    }
    todo = sum(_size(pairs[groups[key][0]])[0] * (1 + len(s)) for key, s in asked.items())
    added = counting(progress, todo)
    fits: dict[tuple[str, str], Refit] = {}
    found = list(pairs)
    for key, numbers in groups.items():
        fitted, seed = pairs[numbers[0]].fitted, pairs[numbers[0]].seed
        for state in asked[key]:
            if (key[0], state) not in fits:
                fits[key[0], state] = _without(fitted, state, seed)
        of_states = {state: fits[key[0], state] for state in asked[key]}
        again = _again([pairs[n] for n in numbers], of_states, workers, added)
        for number, parts in zip(numbers, again, strict=True):
            found[number] = replace(pairs[number], labels=_labels(pairs[number], parts, of_states))
    return tuple(found)


def _size(pair: Pair) -> tuple[int, int]:
    """Runs of the same question asked again, and runs of one draw."""
    return (pair.runs, pair.per_draw) if pair.runs <= RUNS else (RUNS, PER_DRAW)


@lru_cache(maxsize=32)
def _without(case: Case, state: str, seed: int) -> Refit:
    """The fit to the choices of all other states."""
    rows = fit_rows(case)
    s = case.state_ids.index(state)
    return refit(case, rows.where(rows.rows.state != s), seed=(seed, s))


def _again(
    group: Sequence[Pair],
    fits: Mapping[str, Refit],
    workers: int,
    added: Callable[[int], None],
) -> list[dict[str, Pair]]:
    """Pairs of one baseline and start under prior weights and in each fit: for each pair, by the word prior or a state.

    All are run at once, one after the other among the runs.
    """
    first = group[0]
    runs, per_draw = _size(first)
    number = runs // per_draw
    parts = {PRIOR: prior_parameters(first.fitted, runs=number, seed=first.seed)} | {
        state: fit.resampled(first.fitted, number, first.seed) for state, fit in fits.items()
    }
    draws = {name: np.concatenate([p[name] for p in parts.values()]) for name in parts[PRIOR]}
    counts = run_pairs(
        first.baseline,
        [pair.counterfactual_case for pair in group],
        ParameterDraws.from_mapping(draws),
        start=first.start,
        seed=first.seed,
        per_draw=per_draw,
        looked_at=[pair.cells for pair in group],
        workers=workers,
        progress=added,
    )
    return [
        {
            name: replace(
                pair,
                runs=runs,
                per_draw=per_draw,
                counts=replace(
                    counted,
                    seen=(counted.seen[0][i * runs :][:runs], counted.seen[1][i * runs :][:runs]),
                    by_draw=counted.by_draw[i * number :][:number],
                ),
            )
            for i, name in enumerate(parts)
        }
        for pair, counted in zip(group, counts, strict=True)
    ]


def _labels(pair: Pair, parts: Mapping[str, Pair], fits: Mapping[str, Refit]) -> pd.DataFrame:
    rows = []
    for i, state in enumerate(pair.outcomes["state"]):
        row: dict[str, object] = {}
        for word, name in ((PRIOR, PRIOR), (WITHOUT, state)):
            outcomes = parts[name].outcomes
            row |= {f"{word}_{column}": outcomes[column].iloc[i] for column in KEPT}
        row["without_pareto_k"] = fits[state].pareto_k
        row["zero"] = _zero(pair, parts.values(), i)
        rows.append(row)
    return pd.DataFrame(rows)


def _zero(pair: Pair, parts: Iterable[Pair], outcome: int) -> str:
    """Why the change is zero by construction: in the runs of the pair, under prior weights and in every fit."""
    month, s, c = pair.cells[outcome]
    if pair.counts.differs_from > month:
        return BY_INPUTS
    until = pair.baseline.start + month - pair.start + 1
    for one in (pair, *parts):
        before, after = (seen[:, outcome] for seen in one.counts.seen)
        if one.counts.discordant[:until, s, c].any() or (before != after).any():
            return ""
    return BY_RUNS
