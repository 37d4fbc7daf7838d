"""Held out: each state in turn is predicted from the others, and what followed a month from what came before.

The model's score is ``log mean over draws of exp(sum of log p)``: the posterior of what is not held out is
averaged, not its mode plugged in. `leave_one_state_out` uses the normal approximation and sums over clubs, for
`tashkent run`; the contests below it refit with importance weights (`calibration.refit`), take all clubs of a
state as one joint prediction, and put every baseline on the same rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration.baselines import (
    BASELINES,
    backed_off,
    log_scores,
    predict,
    predict_members,
    predict_threshold,
)
from tashkent.calibration.diagnostics import INTERVAL
from tashkent.calibration.forecasters import (
    BACKED_OFF,
    LOGIT,
    MEMBERS,
    MODEL,
    NOBODY,
    STEPS,
    THRESHOLD,
)
from tashkent.calibration.likelihood import Design, design, fit_rows
from tashkent.calibration.posterior import fit
from tashkent.calibration.refit import PROPOSALS, log_mean_exp, refit
from tashkent.calibration.regression import predict_logit
from tashkent.calibration.riskset import CHOICES, RiskSet
from tashkent.calibration.scores import area_under_curve, eve_of, renewal_month
from tashkent.model.case import Case
from tashkent.model.choices import log_odds_row, open_acts
from tashkent.model.clock import MONTHS_PER_YEAR, month_label, month_of
from tashkent.model.compilation import compile_case
from tashkent.model.simulate import prior_parameters
from tashkent.model.statuses import Act

DRAWS = 2000


def leave_one_state_out(
    case: Case,
    *,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Held-out log scores by state and club: one column for the model and one for each baseline.

    Rows up to `Case.fit_until` only. The structural steps fill cells that no training row is in, which makes them
    the stronger over all clubs (docs/decisions/0017). Columns: state, club, choices, acts, model, and the baselines by
    name; scores in nats, higher is better.
    """
    rows = fit_rows(case)
    clubs = tuple(case.clubs)
    table = []
    for s, state in enumerate(case.state_ids):
        if state not in case.deciders:
            continue
        train, test = rows.where(rows.rows.state != s), rows.where(rows.rows.state == s)
        draws = fit(case, train).draws(runs=DRAWS, seed=seed)
        scores = test.log_scores(draws.of_names(rows.names))
        rates = {
            name: log_scores(predict(cells, train.rows, test.rows), test.rows)
            for name, cells in BASELINES.items()
        }
        rates[STEPS] = log_scores(backed_off(train.rows, test.rows), test.rows)
        for c, club in enumerate(clubs):
            here = test.rows.club == c
            table.append(
                {
                    "state": state,
                    "club": club,
                    "choices": int(here.sum()),
                    "acts": _acts(test, here),
                    MODEL: log_mean_exp(scores[here].sum(axis=0)),
                    **{name: float(p[here].sum()) for name, p in rates.items()},
                }
            )
        if progress is not None:
            progress(state)
    return pd.DataFrame(table)


def _acts(test: Design, here: np.ndarray) -> int:
    return int((test.rows.done & here).sum())


# contests ------------------------------------------------------------------------------------------

ALL = "all"
#: scopes on which scores are summed up: the focal club, the same once its treaty is in force, and every club
SCOPES = ("focus", "in force", "all clubs")


@dataclass(frozen=True, eq=False)
class Forecast:
    """What one contender makes of some test rows."""

    who: str
    #: probability that the state does what its row offers, shape (rows,)
    p: Floats
    #: log probability of what it did for each draw, shape (rows, draws), and the draws' weights; or None for both
    draws: Floats | None = None
    weights: Floats | None = None
    pareto_k: float = np.nan

    def log_score(self, rows: RiskSet, keep: Bools) -> float:
        """Log probability of all that the states of the kept rows did, draws averaged over all of it at once.

        In nats; `keep` has shape (rows,).
        """
        if self.draws is not None and self.weights is not None:
            return log_mean_exp(self.draws[keep].sum(axis=0), self.weights)
        with np.errstate(divide="ignore"):
            return float(log_scores(self.p, rows)[keep].sum())


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


def predict_baselines(case: Case, train: RiskSet, test: RiskSet) -> list[Forecast]:
    """Every contender that knows no mechanism, on the same rows."""
    renewal = test.choice == CHOICES.index("renew")
    found = [Forecast(NOBODY, renewal.astype(float))]
    found += [Forecast(name, predict(cells, train, test)) for name, cells in BASELINES.items()]
    found.append(Forecast(BACKED_OFF, backed_off(train, test)))
    found.append(Forecast(LOGIT, predict_logit(case, train, test)))
    found.append(Forecast(THRESHOLD, predict_threshold(case, train, test)))
    found.append(Forecast(MEMBERS, predict_members(case, train, test)))
    return found


def in_force(case: Case) -> int | None:
    """The month in which the focal club's treaty first took effect."""
    c = tuple(case.clubs).index(case.focus)
    inputs = compile_case(case)
    months = [
        m for m, here in zip(case.months, inputs.rules, strict=True) if here[c].entry_into_force
    ]
    return months[0] if months else None


def scope(case: Case, rows: RiskSet, name: str) -> Bools:
    """The rows of a scope.

    Shape (rows,).
    """
    focus = rows.club == tuple(case.clubs).index(case.focus)
    if name == "all clubs":
        return np.ones(len(rows), bool)
    if name == "focus":
        return np.asarray(focus)
    since = in_force(case)
    return np.asarray(focus & (rows.month >= (case.start if since is None else since) - case.start))


def contest(case: Case, test: RiskSet, predictions: Sequence[Forecast], held: str) -> pd.DataFrame:
    """Scores of contenders on the same rows: a row a contender, scope and state, and one for all states together.

    Columns: held, who, scope, state, choices, acts, log_score, brier (mean over choices), brier_acts (mean over the
    choices in which the state moved: joined, or left), pareto_k. A log score of minus infinity stays one.
    """
    table = []
    moved = test.done ^ (test.choice == CHOICES.index("renew"))
    for name in SCOPES:
        within = scope(case, test, name)
        states = [ALL, *(case.state_ids[s] for s in np.unique(test.state[within]))]
        for state in states:
            keep = within if state == ALL else within & (test.state == case.state_ids.index(state))
            if not keep.any():
                continue
            for found in predictions:
                error = np.square(found.p - test.done)
                table.append(
                    {
                        "held": held,
                        "who": found.who,
                        "scope": name,
                        "state": state,
                        "choices": int(keep.sum()),
                        "acts": int((moved & keep).sum()),
                        "log_score": found.log_score(test, keep),
                        "brier": float(error[keep].mean()),
                        "brier_acts": float(error[keep & moved].mean())
                        if (keep & moved).any()
                        else np.nan,
                        "pareto_k": found.pareto_k,
                    }
                )
    return pd.DataFrame(table)


def predictions_table(
    case: Case, test: RiskSet, predictions: Sequence[Forecast], held: str
) -> pd.DataFrame:
    """Held-out probabilities of single choices: held, who, state, club, choice, month, done, p."""
    clubs = np.array(tuple(case.clubs))
    parts = []
    for found in predictions:
        part = pd.DataFrame(
            {
                "held": held,
                "who": found.who,
                "state": np.array(case.state_ids)[test.state],
                "club": clubs[test.club],
                "choice": np.array(CHOICES)[test.choice],
                "month": test.month + case.start,
                "done": test.done,
                "p": found.p,
            }
        )
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def hold_out_state(
    case: Case, state: str, *, seed: int = 0, proposals: int = PROPOSALS, baselines: bool = True
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predict the choices of one state, up to the fit's end, from those of the others: scores and predictions."""
    rows, s = fit_rows(case), case.state_ids.index(state)
    train, test = rows.where(rows.rows.state != s), rows.where(rows.rows.state == s)
    found = [predict_model(case, train, test, seed=(seed, s), proposals=proposals)]
    if baselines:
        found += predict_baselines(case, train.rows, test.rows)
    held = f"state {state}"
    scores = contest(case, test.rows, found, held)
    return scores[scores["state"] != ALL], predictions_table(case, test.rows, found, held)


def hold_out_after(
    case: Case, month: int, *, seed: int = 0, proposals: int = PROPOSALS, baselines: bool = True
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predict what followed a month from what came before: to the fit's end, or to the case's if the fit ends there.

    Scores by state average the draws over that state's acts alone; the row for all states averages over all at once.
    """
    rows = design(case)
    last = case.fit_until if month < case.fit_until else case.end
    train = rows.where(rows.rows.month <= month - case.start)
    test = rows.where(
        (rows.rows.month > month - case.start) & (rows.rows.month <= last - case.start)
    )
    found = [predict_model(case, train, test, seed=(seed, month), proposals=proposals)]
    if baselines:
        found += predict_baselines(case, train.rows, test.rows)
    held = f"after {month_label(month)}"
    return contest(case, test.rows, found, held), predictions_table(case, test.rows, found, held)


def stronger_steps(scores: pd.DataFrame) -> dict[str, str]:
    """Which of the two versions of the structural steps does better, by scope: the one to be beaten."""
    single = scores[(scores["state"] != ALL) & scores["who"].isin([STEPS, BACKED_OFF])]
    total = single.groupby(["scope", "who"])["log_score"].sum().unstack()
    return {str(name): str(row.idxmax()) for name, row in total.iterrows()}


def gains(scores: pd.DataFrame) -> pd.DataFrame:
    """Log scores summed over states, and how much more than those of the stronger structural steps they are.

    For rows of single states only. Columns: who, scope, log_score, over (that baseline), gain, se, worst_state,
    worst_gain, brier, brier_acts, choices, acts. With d_s the difference of state s and n states,
    ``se = sqrt(n * var(d))``: the error of a sum of n differences that are drawn from many.
    """
    rows = []
    single, best = scores[scores["state"] != ALL], stronger_steps(scores)
    for (who, name), part in single.groupby(["who", "scope"], sort=False):
        base = single[(single["who"] == best[str(name)]) & (single["scope"] == name)].set_index(
            "state"
        )
        mine = part.set_index("state")
        d = mine["log_score"] - base["log_score"]
        known = bool(np.isfinite(d).all()) and len(d) > 1
        choices = mine["choices"].to_numpy()
        acts = mine["acts"].to_numpy()
        per_act = mine["brier_acts"].fillna(0.0).to_numpy()
        rows.append(
            {
                "who": who,
                "scope": name,
                "log_score": float(mine["log_score"].sum()),
                "over": best[str(name)],
                "gain": float(d.sum()),
                "se": float(np.sqrt(len(d) * d.var(ddof=1))) if known else np.nan,
                "worst_state": str(d.idxmin()) if known else "",
                "worst_gain": float(d.min()),
                "brier": float((mine["brier"] * choices).sum() / choices.sum()),
                "brier_acts": float((per_act * acts).sum() / max(1, acts.sum())),
                "choices": int(choices.sum()),
                "acts": int(acts.sum()),
            }
        )
    return pd.DataFrame(rows)


def renewal_scores(case: Case, *, seed: int = 0, proposals: int = PROPOSALS) -> pd.DataFrame:
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
    found = [
        predict_model(case, train, test, seed=(seed, month), proposals=proposals),
        *predict_baselines(case, train.rows, test.rows),
    ]
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
    moved = test.rows.done ^ (test.rows.choice == CHOICES.index("renew"))
    found = {
        "model, fitted before": model.log_score(test.rows, everyone),
        "renewal step, with hindsight": float(log_scores(counted, test.rows).sum()),
    }
    return pd.DataFrame(
        [
            {"who": who, "choices": len(test.rows), "acts": int(moved.sum()), "log_score": score}
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


def calibration_curve(predictions: pd.DataFrame, edges: Sequence[float]) -> pd.DataFrame:
    """Held-out probabilities in bins beside how often the act was done, with a 90 % band.

    The band is Jeffreys's interval for the share. Columns: who, low, high, choices, acts, mean_p, share, share_low,
    share_high.
    """
    from scipy.stats import beta

    rows = []
    for who, part in predictions.groupby("who", sort=False):
        where = np.clip(np.searchsorted(edges, part["p"], side="right") - 1, 0, len(edges) - 2)
        for i in range(len(edges) - 1):
            here = part[where == i]
            if not len(here):
                continue
            n, k = len(here), int(here["done"].sum())
            low, high = (float(beta.ppf(q, k + 0.5, n - k + 0.5)) for q in INTERVAL)
            rows.append(
                (who, edges[i], edges[i + 1], n, k, float(here["p"].mean()), k / n, low, high)
            )
    names = ["who", "low", "high", "choices", "acts", "mean_p", "share", "share_low", "share_high"]
    return pd.DataFrame(rows, columns=names)
