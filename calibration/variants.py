"""The case otherwise: situations permuted among states, inputs off by their error, an event less, another fixed number.

Each is a new frozen case with a hash of its own; the shared one is never touched. What they move is measured by the
held-out gain of the focal club and by patterns of short ensembles, with normal approximations in place of
weighted draws: cheap, and the same for the case as it is.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from tashkent.calibration.baselines import backed_off, log_scores, predict, structural_steps
from tashkent.calibration.contests import SCOPES, scope
from tashkent.calibration.holdout import predict_model
from tashkent.calibration.imputation import imputed
from tashkent.calibration.likelihood import Design, fit_rows
from tashkent.calibration.measures.record import AllRight, Renewal
from tashkent.calibration.measures.sequences import Cycle
from tashkent.calibration.patterns import Patterns, evaluate
from tashkent.calibration.refit import refit
from tashkent.calibration.runs import Runs
from tashkent.model.case import Case
from tashkent.model.case.tables import SHARES
from tashkent.model.clock import MONTHS_PER_YEAR, month_of
from tashkent.model.errors import InputError
from tashkent.model.patches.events import RemoveEvent
from tashkent.model.patches.inputs import ChangeParameter
from tashkent.model.patches.law import RemoveStatute
from tashkent.model.reading import csv_rows, file_text
from tashkent.model.simulate import simulate
from tashkent.model.statutes import Lock

#: judged magnitudes of events, where a case has them, for one sensitivity run
MAGNITUDES = "evidence/magnitudes.csv"
#: a variant without a law at home that makes joining dear
UNLOCKED = "unlocked: "
#: runs of a variant's ensemble
RUNS = 300


@lru_cache(maxsize=8)
def until_fit(case: Case) -> Case:
    """The case cut at the end of the fit: what comes later informs no score there and costs time."""
    last = case.fit_until
    return case.varied(
        end=last,
        events=tuple(row for row in case.events if month_of(row.date) < last),
        record=tuple(row for row in case.record if month_of(row.date) <= last),
        requests=tuple(row for row in case.requests if month_of(row.date) <= last),
    )


def permuted(case: Case, order: Sequence[int]) -> Case:
    """Permute the situations among states: decider i gets the measurements, rivalries, bonds and events of order[i].

    Law, openness, requests and the record stay where they are.
    """
    states = case.deciders
    to = {states[source]: states[i] for i, source in enumerate(order)}
    return case.varied(
        composites=tuple(r.model_copy(update={"state": to[r.state]}) for r in case.composites),
        rivalry=tuple(
            r.model_copy(update={"state": to[r.state], "rival": to[r.rival]}) for r in case.rivalry
        ),
        bonds=tuple(
            r.model_copy(update={"state": to[r.state], "partner": to[r.partner]})
            for r in case.bonds
        ),
        events=tuple(
            e.model_copy(update={"state": to[e.state], "rival": to.get(e.rival, "")})
            for e in case.events
        ),
    )


def permutation(case: Case, number: int, seed: int) -> tuple[int, ...]:
    """A permutation of the deciders that is not the identity; number and seed fix it."""
    rng = np.random.default_rng(np.random.SeedSequence((seed, number)))
    size = len(case.deciders)
    while True:
        order = tuple(int(i) for i in rng.permutation(size))
        if order != tuple(range(size)):
            return order


class Magnitude(BaseModel):
    """How large an event was, as judged."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    event: str = Field(min_length=1)
    magnitude: float = Field(gt=0)
    source: str


def magnitudes(case: Case) -> dict[str, float]:
    """The judged magnitudes of events, by event; none if the case has no such table.

    Raises
    ------
    InputError
        If a row of the table is not as it should be, or names an event twice.
    """
    path = case.path / MAGNITUDES
    if not path.exists():
        return {}
    found: dict[str, float] = {}
    for row in csv_rows(file_text(path, MAGNITUDES), MAGNITUDES, Magnitude):
        if row.event in found:
            raise InputError(MAGNITUDES, "event", row.event, "each event once")
        found[row.event] = row.magnitude
    return found


def with_magnitudes(case: Case) -> Case | None:
    """Signs times judged magnitudes, scaled so that their mean is one; None if the case has none."""
    found = magnitudes(case)
    if not found:
        return None
    size = np.array([found.get(row.event, np.nan) for row in case.events])
    mean = float(np.nanmean(size))
    rows = tuple(
        row.model_copy(update={"sign": row.sign * found.get(row.event, mean) / mean})
        for row in case.events
    )
    return case.varied(events=rows)


def with_founding(case: Case) -> Case:
    """The case a month earlier, so that the acts of its first month are scored and not given."""
    return case.varied(start=case.start - 1)


def variants(case: Case, *, imputations: int, each: bool = True) -> dict[str, tuple[str, str]]:
    """The names of the variants of a robustness check: group and what is varied.

    Events and fixed numbers one by one only if `each` is asked.
    """
    found = {
        f"imputation {i}": ("inputs off by their sd, doubtful events out", f"set {i}")
        for i in range(imputations)
    }
    for event in dict.fromkeys(row.event for row in case.events if each):
        label = next(row.label for row in case.events if row.event == event)
        found[f"without {event}"] = ("an event dropped", f"{event}: {label}")
    for name, parameter in (case.role("fixed") if each else {}).items():
        for factor in (0.5, 2.0):
            found[f"{name} x {factor:g}"] = (
                "a fixed number halved or doubled",
                f"{name} {parameter.mean * factor:g}",
            )
    for statute in case.statutes:
        if isinstance(statute, Lock):
            what = f"{statute.id}: {statute.instrument}"
            found[f"{UNLOCKED}{statute.id}"] = ("a law at home left out", what)
    if (case.path / MAGNITUDES).exists():
        found["magnitudes"] = ("judged magnitudes for signs", "all events")
    found["founding"] = ("the first month scored", "the founding meeting")
    return found


def variant(case: Case, name: str, seed: int) -> Case:
    """The case of a name that `variants` gives."""
    if name.startswith("imputation "):
        return imputed(case, int(name.split()[1]), seed)
    if name.startswith("without "):
        return case.varied(**RemoveEvent(event=name.removeprefix("without ")).change(case))
    if name.startswith(UNLOCKED):
        return case.varied(**RemoveStatute(statute=name.removeprefix(UNLOCKED)).change(case))
    if name == "magnitudes":
        return with_magnitudes(case) or case
    if name == "founding":
        return with_founding(case)
    if name == "as it is":
        return case
    fixed, factor = name.split(" x ")
    value = case.fixed(fixed) * float(factor)
    value = min(1.0, value) if fixed in SHARES else value
    return case.varied(**ChangeParameter(parameter=fixed, value=value).change(case))


def quick_scores(
    case: Case,
    *,
    seed: int,
    proposals: int = 0,
    groups: Sequence[Sequence[str]] = (),
    learn: bool = True,
) -> pd.DataFrame:
    """Held-out log scores by scope and state, from normal approximations unless `proposals` are given.

    `groups` of states are held out together, by default each deciding state alone; the model sees no states of none of
    them, and is to `learn` from the others or to have its priors alone. The steps are counted on all states but the
    one that is scored, whatever the model sees. Columns: scope, state, log_score and monthly (of the model), steps and
    filled (of the structural steps as they are, and with empty cells filled).
    """
    groups = groups or [(state,) for state in case.deciders]
    return _scored(case, seed, proposals, tuple(map(tuple, groups)), learn).copy()


@lru_cache(maxsize=8)
def _scored(
    case: Case, seed: int, proposals: int, groups: tuple[tuple[str, ...], ...], learn: bool
) -> pd.DataFrame:
    """What `quick_scores` finds: several stages ask it of the case as it is."""
    cut = until_fit(case)
    rows = fit_rows(cut)
    seen = rows.where(np.isin(rows.rows.state, _places(cut, [s for g in groups for s in g])))
    table = []
    for group in groups:
        held = np.isin(seen.rows.state, _places(cut, group))
        train, test = seen.where(~held & learn), seen.where(held)
        first = cut.state_ids.index(group[0])
        found = predict_model(cut, train, test, seed=(seed, first), proposals=proposals)
        for state in group:
            s = cut.state_ids.index(state)
            others, own = rows.rows.where(rows.rows.state != s), test.rows.state == s
            plain, filled = (
                log_scores(p, test.rows.where(own))
                for p in (
                    predict(structural_steps, others, test.rows.where(own)),
                    backed_off(others, test.rows.where(own)),
                )
            )
            for name in SCOPES:
                within = scope(cut, test.rows, name)
                keep, steps = within & own, within[own]
                scores = found.log_score(test.rows, keep), found.monthly(test.rows, keep)
                beside = float(plain[steps].sum()), float(filled[steps].sum())
                table.append((name, state, *scores, *beside))
    columns = ["scope", "state", "log_score", "monthly", "steps", "filled"]
    return pd.DataFrame(table, columns=columns)


def _places(case: Case, states: Sequence[str]) -> list[int]:
    return [case.state_ids.index(state) for state in states]


def quick_gains(scores: pd.DataFrame) -> pd.DataFrame:
    """Sums over states by scope: log_score, steps (the stronger version of them), gain, monthly, monthly_gain."""
    total = scores.groupby("scope")[["log_score", "monthly", "steps", "filled"]].sum()
    steps = total[["steps", "filled"]].max(axis=1)
    found = {"log_score": total["log_score"], "steps": steps, "gain": total["log_score"] - steps}
    found |= {"monthly": total["monthly"], "monthly_gain": total["monthly"] - steps}
    return pd.DataFrame(found).reset_index()


def main_patterns(
    case: Case, patterns: Patterns, start: int, *, seed: int, runs: int = RUNS
) -> Mapping[str, float]:
    """The judged measures of renewal, cycle and all-right patterns, from short ensembles of a quick fit."""
    rows: Design = fit_rows(case)
    draws = refit(case, rows, seed=(seed, 2), proposals=0).resampled(case, runs, seed)
    end = min(case.end, case.fit_until + 2 * MONTHS_PER_YEAR)
    ensemble = simulate(case, draws, seed=seed, start=start, end=end)
    kept = tuple(p for p in patterns.pattern if isinstance(p.measure, Renewal | Cycle | AllRight))
    found = evaluate(patterns.model_copy(update={"pattern": kept}), Runs(ensemble))
    judged = found[found["judged"].astype(bool)]
    return dict(zip(judged["id"], judged["value"].astype(float), strict=True))
