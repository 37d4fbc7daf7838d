"""Held out: each state in turn is predicted from the others, and what followed a month from what came before.

The posterior of what is not held out is averaged, not its mode plugged in (`calibration.contests`).
`leave_one_state_out` uses the normal approximation and sums over clubs, for `tashkent run`; what stands below it
refits with importance weights (`calibration.refit`), takes all clubs of a state as one joint prediction, and puts
every baseline on the same rows.
"""

from collections.abc import Callable, Sequence
from typing import TypedDict

import numpy as np
import pandas as pd
from scipy.special import expit

from tashkent.agents.situation import Floats
from tashkent.calibration.baselines import (
    BASELINES,
    backed_off,
    log_scores,
    predict,
    predict_members,
    predict_threshold,
)
from tashkent.calibration.contests import ALL, Forecast, contest, predictions_table
from tashkent.calibration.forecasters import (
    BACKED_OFF,
    FRICTIONS,
    LOGIT,
    MEMBERS,
    MODEL,
    NOBODY,
    THRESHOLD,
)
from tashkent.calibration.frictions import design_of_frictions, frictions_alone
from tashkent.calibration.likelihood import Design, design, fit_rows
from tashkent.calibration.posterior import fit
from tashkent.calibration.refit import PROPOSALS, log_mean_exp, refit
from tashkent.calibration.regression import predict_logit
from tashkent.calibration.risks import risk_table
from tashkent.calibration.riskset import CHOICES, RiskSet
from tashkent.calibration.scores import area_under_curve, eve_of, renewal_month
from tashkent.model.case import Case, as_case
from tashkent.model.choices import log_odds_row, open_acts
from tashkent.model.clock import MONTHS_PER_YEAR, month_label, month_of
from tashkent.model.compilation import compile_case
from tashkent.model.simulate import prior_parameters
from tashkent.model.statuses import Act

DRAWS = 2000


def leave_one_state_out(
    case: Case | str,
    *,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Held-out log scores by state and club: one column for the model and one for each baseline.

    Rows up to `Case.fit_until` only. Columns: state, club, choices, acts, model, frictions alone, and the baselines
    by name; scores in nats, higher is better.

    Parameters
    ----------
    case
        A case, or the name or folder of one.
    seed
        Keys the draws of the fits.
    progress
        Called with the code of each state when it is done.

    Raises
    ------
    InputError
        If the case cannot be read, or the seed is no whole number.
    """
    case = as_case(case)
    rows = fit_rows(case)
    bare = design_of_frictions(case, rows.rows)
    clubs = tuple(case.clubs)
    table = []
    for s, state in enumerate(case.state_ids):
        if state not in case.deciders:
            continue
        train, test = rows.where(rows.rows.state != s), rows.where(rows.rows.state == s)
        scores = _scores_of_draws(case, train, test, seed)
        of_frictions = _scores_of_draws(
            frictions_alone(case),
            bare.where(rows.rows.state != s),
            bare.where(rows.rows.state == s),
            seed,
        )
        rates = {
            name: log_scores(predict(cells, train.rows, test.rows), test.rows)
            for name, cells in BASELINES.items()
        }
        for c, club in enumerate(clubs):
            here = test.rows.club == c
            table.append(
                {
                    "state": state,
                    "club": club,
                    "choices": int(here.sum()),
                    "acts": _acts(test, here),
                    MODEL: log_mean_exp(scores[here].sum(axis=0)),
                    FRICTIONS: log_mean_exp(of_frictions[here].sum(axis=0)),
                    **{name: float(p[here].sum()) for name, p in rates.items()},
                }
            )
        if progress is not None:
            progress(state)
    return pd.DataFrame(table)


def _scores_of_draws(case: Case, train: Design, test: Design, seed: int) -> Floats:
    """Log probability of what each test row's state did, for draws of a fit to the others; shape (rows, draws)."""
    draws = fit(case, train).draws(runs=DRAWS, seed=seed)
    return test.log_scores(draws.of_names(train.names))


def _acts(test: Design, here: np.ndarray) -> int:
    return int((test.rows.done & here).sum())


# contests ------------------------------------------------------------------------------------------


class _How(TypedDict):
    """How a part of the record is fitted: what keys the draws, and how many there are."""

    seed: Sequence[int]
    proposals: int


def predict_model(
    case: Case,
    train: Design,
    test: Design,
    *,
    seed: Sequence[int],
    proposals: int,
    who: str = MODEL,
) -> Forecast:
    """The model, fitted to the training rows; the posterior is averaged."""
    found = refit(case, train, seed=seed, proposals=proposals)
    draws = test.log_scores(np.ascontiguousarray(found.values.T))
    right = np.exp(draws) @ found.weights
    p = np.where(test.rows.done, right, 1.0 - right)
    return Forecast(who, np.clip(p, 0.0, 1.0), draws, found.weights, found.pareto_k)


def predict_baselines(
    case: Case, train: RiskSet, test: RiskSet, *, seed: Sequence[int], proposals: int
) -> list[Forecast]:
    """Every contender that knows no mechanism, on the same rows; frictions alone are fitted as the model is."""
    renewal = test.choice == CHOICES.index("renew")
    bare = (design_of_frictions(case, rows) for rows in (train, test))
    of = frictions_alone(case)
    found = [Forecast(NOBODY, renewal.astype(float))]
    found.append(predict_model(of, *bare, seed=seed, proposals=proposals, who=FRICTIONS))
    found += [Forecast(name, predict(cells, train, test)) for name, cells in BASELINES.items()]
    found.append(Forecast(BACKED_OFF, backed_off(train, test)))
    found.append(Forecast(LOGIT, predict_logit(case, train, test)))
    found.append(Forecast(THRESHOLD, predict_threshold(case, train, test)))
    found.append(Forecast(MEMBERS, predict_members(case, train, test)))
    return found


def hold_out_state(
    case: Case | str,
    state: str,
    *,
    seed: int = 0,
    proposals: int = PROPOSALS,
    baselines: bool = True,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Predict the choices of one state from those of the others up to the fit's end.

    Scores and predictions up to the fit's end, and the risks of its seats to the end of the case
    (`calibration.risks`). The state is one that decides, by code or name.

    Raises
    ------
    InputError
        If the case cannot be read, or has no such state.
    """
    case = as_case(case)
    state = case.decider(state, "state")
    rows, s = design(case), case.state_ids.index(state)
    train, test = fit_rows(case), rows.where(rows.rows.state == s)
    train = train.where(train.rows.state != s)
    how: _How = {"seed": (seed, s), "proposals": proposals}
    found = [predict_model(case, train, test, **how)]
    if baselines:
        found += predict_baselines(case, train.rows, test.rows, **how)
    held, scored = f"state {state}", test.rows.month <= case.fit_until - case.start
    risks = risk_table(case, test.rows, found)
    kept, found = test.rows.where(scored), [one.where(scored) for one in found]
    scores = contest(case, kept, found, held)
    return scores[scores["state"] != ALL], predictions_table(case, kept, found, held), risks


def hold_out_after(
    case: Case | str,
    month: str | int,
    *,
    seed: int = 0,
    proposals: int = PROPOSALS,
    baselines: bool = True,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predict what followed a month from what came before: to the fit's end, or to the case's if the fit ends there.

    Scores by state average the draws over that state's acts alone; the row for all states averages over all at once.
    The month is ``YYYY-MM`` or a number of `model.clock`.

    Raises
    ------
    InputError
        If the case cannot be read, or the month is outside it.
    """
    case = as_case(case)
    month = case.month_number(month)
    rows = design(case)
    last = case.fit_until if month < case.fit_until else case.end
    train = rows.where(rows.rows.month <= month - case.start)
    test = rows.where(
        (rows.rows.month > month - case.start) & (rows.rows.month <= last - case.start)
    )
    how: _How = {"seed": (seed, month), "proposals": proposals}
    found = [predict_model(case, train, test, **how)]
    if baselines:
        found += predict_baselines(case, train.rows, test.rows, **how)
    held = f"after {month_label(month)}"
    return contest(case, test.rows, found, held), predictions_table(case, test.rows, found, held)


def renewal_scores(
    case: Case, *, seed: int = 0, proposals: int = PROPOSALS, baselines: bool = True
) -> pd.DataFrame:
    """The choices of the first renewal, from a fit to what came before that year.

    One row a contender and state, and one for all: who, state, p_sign, signed, log_score (for all: of the joint
    choice), auc (for all). Empty if the case has no renewal.
    """
    month = renewal_month(case)
    if month is None or eve_of(month) <= case.start:
        return pd.DataFrame()
    rows = design(case)
    train = rows.where(rows.rows.month <= eve_of(month) - case.start)
    at = rows.rows.month == month - case.start
    test = rows.where(
        at
        & (rows.rows.choice == CHOICES.index("renew"))
        & (rows.rows.club == tuple(case.clubs).index(case.focus))
    )
    how: _How = {"seed": (seed, month), "proposals": proposals}
    found = [predict_model(case, train, test, **how)]
    if baselines:
        found += predict_baselines(case, train.rows, test.rows, **how)
    table = []
    done = test.rows.done
    for one in found:
        for i, s in enumerate(test.rows.state):
            only = np.arange(len(done)) == i
            row = (
                one.who,
                case.state_ids[s],
                one.p[i],
                bool(done[i]),
                one.log_score(test.rows, only),
            )
            table.append((*row, np.nan))
        everyone = np.ones(len(done), bool)
        score = one.log_score(test.rows, everyone)
        row = (one.who, ALL, float(one.p.mean()), bool(done.all()), score)
        table.append((*row, area_under_curve(one.p, done)))
    return pd.DataFrame(table, columns=["who", "state", "p_sign", "signed", "log_score", "auc"])


def with_hindsight(case: Case, *, seed: int = 0, proposals: int = PROPOSALS) -> pd.DataFrame:
    """The focal club's choices from the renewal's year to the fit's end: the model, which has seen nothing of them.

    Against renewal-step hazards that were counted on those very choices. One row a contender: who, choices, acts,
    log_score.
    """
    month = renewal_month(case)
    if month is None or eve_of(month) <= case.start:
        return pd.DataFrame()
    rows = design(case)
    t = eve_of(month) - case.start
    focus = rows.rows.club == tuple(case.clubs).index(case.focus)
    train = rows.where(rows.rows.month <= t)
    test = rows.where(
        focus & (rows.rows.month > t) & (rows.rows.month <= case.fit_until - case.start)
    )
    model = predict_model(case, train, test, seed=(seed, month), proposals=proposals)
    counted = predict(BASELINES["renewal step"], test.rows, test.rows)
    everyone = np.ones(len(test.rows), bool)
    found = {
        "model, fitted before": model.log_score(test.rows, everyone),
        "renewal step, with hindsight": float(log_scores(counted, test.rows).sum()),
    }
    return pd.DataFrame(
        [
            {
                "who": who,
                "choices": len(test.rows),
                "acts": int(test.rows.moved.sum()),
                "log_score": score,
            }
            for who, score in found.items()
        ]
    )


def unscored_act(
    case: Case, act: Act, *, seed: int = 0, proposals: int = PROPOSALS
) -> pd.DataFrame:
    """An act of states in the focal club that no fit has seen, month by month: the model's chance beside a plain rate.

    The model is fitted up to the fit's end and the act's own friction stays at its prior; the rate is
    ``0.5 / (rows so far + 1)`` until it is first seen, counted over the months before. One row for all states and
    one for each.
    Columns: state, months, done, log_score, log_score_rate, p_year (chance in the twelve months up to the act, or in
    the last twelve).
    """
    rows = [
        (t, s)
        for t in range(case.fit_until - case.start + 1, len(case.months))
        for s in range(len(case.state_ids))
        if compile_case(case).decides[s]
        and act in [found for found, _ in open_acts(compile_case(case), t, s, _focus(case))]
    ]
    name = act.name.lower()
    did = {
        (month_of(row.date) - case.start, case.state_ids.index(row.state))
        for row in case.record
        if row.act == name and row.club == case.focus and row.actor == "state"
    }
    if not rows or not did & set(rows):
        return pd.DataFrame()
    found = refit(case, fit_rows(case), seed=(seed, 1), proposals=proposals)
    runs = len(found.values)
    fitted = {n: found.values[:, i] for i, n in enumerate(found.names)}
    drawn = prior_parameters(case, runs=runs, seed=seed).with_values(fitted)
    scores, plain, chance = [], [], []
    before = sum(
        act in [a for a, _ in open_acts(compile_case(case), t, s, _focus(case))]
        for t in range(1, case.fit_until - case.start + 1)
        for s in map(int, np.flatnonzero(compile_case(case).decides))
    )
    seen = 0
    for t, s in rows:
        p = expit(log_odds_row(compile_case(case), act, t, s, _focus(case)).log_odds(drawn))
        done = (t, s) in did
        scores.append(np.log(p if done else 1.0 - p))
        chance.append(float(p @ found.weights))
        rate = (seen + 0.5) / (before + 1.0)
        plain.append(np.log(rate if done else 1.0 - rate))
        before, seen = before + 1, seen + done
    logs, at = np.array(scores), np.array(rows)
    table = []
    for state in (ALL, *(case.state_ids[s] for s in np.unique(at[:, 1]))):
        keep = np.ones(len(at), bool) if state == ALL else at[:, 1] == case.state_ids.index(state)
        done_at = [i for i in np.flatnonzero(keep) if tuple(at[i]) in did]
        last = at[done_at[0], 0] if done_at else at[keep, 0].max()
        year = keep & (at[:, 0] > last - MONTHS_PER_YEAR) & (at[:, 0] <= last)
        table.append(
            {
                "act": name,
                "state": state,
                "months": int(keep.sum()),
                "done": len(done_at),
                "log_score": log_mean_exp(logs[keep].sum(axis=0), found.weights),
                "log_score_rate": float(np.array(plain)[keep].sum()),
                "p_year": np.nan
                if state == ALL
                else float(1 - np.prod(1 - np.array(chance)[year])),
            }
        )
    return pd.DataFrame(table)


def _focus(case: Case) -> int:
    return tuple(case.clubs).index(case.focus)
