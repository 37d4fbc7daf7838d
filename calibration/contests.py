"""Contests: what each forecaster makes of the same held-out choices, scored side by side.

The model's score is ``log mean over draws of exp(sum of log p)``: the posterior of what is not held out is averaged
over all that a state did at once, so its own acts inform what is said of its later ones. The sum of monthly
forecasts, ``sum of log mean over draws of p``, takes each choice alone: nothing that the held-out state did informs
it (docs/decisions/0075-what-a-held-out-score-says.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration.baselines import log_scores
from tashkent.calibration.diagnostics import INTERVAL
from tashkent.calibration.forecasters import BACKED_OFF, IMPUTED, STEPS
from tashkent.calibration.likelihood import fit_rows
from tashkent.calibration.refit import log_mean_exp
from tashkent.calibration.riskset import CHOICES, RiskSet
from tashkent.model.case import Case
from tashkent.model.compilation import compile_case

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
        return self.monthly(rows, keep)

    def monthly(self, rows: RiskSet, keep: Bools) -> float:
        """Sum of the log probabilities of single choices, draws averaged over each alone.

        In nats; `keep` has shape (rows,).
        """
        with np.errstate(divide="ignore"):
            return float(log_scores(self.p, rows)[keep].sum())

    def where(self, keep: Bools) -> "Forecast":
        """What it makes of the rows that are kept; `keep` has shape (rows,)."""
        draws = None if self.draws is None else self.draws[keep]
        return replace(self, p=self.p[keep], draws=draws)


def in_force(case: Case) -> int | None:
    """The month in which the focal club's treaty first took effect."""
    c = tuple(case.clubs).index(case.focus)
    inputs = compile_case(case)
    months = [
        m for m, here in zip(case.months, inputs.rules, strict=True) if here[c].entry_into_force
    ]
    return months[0] if months else None


def scope(case: Case, rows: RiskSet, name: str) -> Bools:
    """The rows of a scope, one of `SCOPES` or a club.

    Shape (rows,).
    """
    if name in case.clubs:
        return np.asarray(rows.club == tuple(case.clubs).index(name))
    focus = rows.club == tuple(case.clubs).index(case.focus)
    if name == "all clubs":
        return np.ones(len(rows), bool)
    if name == "focus":
        return np.asarray(focus)
    since = in_force(case)
    return np.asarray(focus & (rows.month >= (case.start if since is None else since) - case.start))


def contest(case: Case, test: RiskSet, predictions: Sequence[Forecast], held: str) -> pd.DataFrame:
    """Scores of contenders on the same rows: a row a contender, scope and state, and one for all states together.

    Scopes are `SCOPES` and each club. Columns: held, who, scope, state, choices, acts, log_score (all at once), monthly
    (each choice alone), brier (mean over choices), brier_acts (mean over the choices in which the state moved: joined,
    or left), pareto_k. A log score of minus infinity stays one.
    """
    table = []
    moved = test.moved
    for name in (*SCOPES, *case.clubs):
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
                        "monthly": found.monthly(test, keep),
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


def pooled_scores(case: Case, scores: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Rows as those of `contest` for the model averaged over imputed inputs, state by state.

    Each set of inputs counts alike: the joint score is ``log mean over sets of exp(score)``, and a single choice has
    the mean of its probabilities. `scores` has a row for each imputation, scope and state, `predictions` one for each
    imputation and choice.
    """
    rows, keys = fit_rows(case).rows, ["state", "club", "choice", "month"]
    choices = predictions_table(case, rows, [Forecast(IMPUTED, np.zeros(len(rows)))], "")[keys]
    p = predictions.groupby(keys)["p"].mean().reindex(pd.MultiIndex.from_frame(choices))
    found = contest(case, rows, [Forecast(IMPUTED, p.to_numpy())], "imputed")
    joint = scores.groupby(["scope", "state"])["log_score"].apply(
        lambda each: log_mean_exp(each.to_numpy())
    )
    worst = scores.groupby(["scope", "state"])["pareto_k"].max()
    found = found[found["state"] != ALL]
    at = pd.MultiIndex.from_frame(found[["scope", "state"]])
    return found.assign(
        held="state " + found["state"],
        log_score=joint.reindex(at).to_numpy(),
        pareto_k=worst.reindex(at).to_numpy(),
    )


def stronger_steps(scores: pd.DataFrame) -> dict[str, str]:
    """Which of the two versions of the structural steps does better, by scope: the one to be beaten."""
    single = scores[(scores["state"] != ALL) & scores["who"].isin([STEPS, BACKED_OFF])]
    total = single.groupby(["scope", "who"])["log_score"].sum().unstack()
    return {str(name): str(row.idxmax()) for name, row in total.iterrows()}


def error_of_sum(d: "pd.Series[float]") -> float:
    """``sqrt(n * var(d))`` of differences of shape (n,), in their unit; NaN for fewer than two or an infinite one."""
    known = bool(np.isfinite(d).all()) and len(d) > 1
    return float(np.sqrt(len(d) * d.var(ddof=1))) if known else np.nan


def gains(scores: pd.DataFrame) -> pd.DataFrame:
    """Log scores summed over states, and how much more than those of the stronger structural steps they are.

    For rows of single states only. Columns: who, scope, log_score, over (that baseline), gain, se, worst_state,
    worst_gain, monthly, monthly_gain, monthly_se, brier, brier_acts, choices, acts. With d_s the difference of state s
    and n states, ``se = sqrt(n * var(d))``: the error of a sum of n differences that are drawn from many.
    """
    rows = []
    single, best = scores[scores["state"] != ALL], stronger_steps(scores)
    for (who, name), part in single.groupby(["who", "scope"], sort=False):
        base = single[(single["who"] == best[str(name)]) & (single["scope"] == name)].set_index(
            "state"
        )
        mine = part.set_index("state")
        d, monthly = (mine[score] - base[score] for score in ("log_score", "monthly"))
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
                "se": error_of_sum(d),
                "worst_state": str(d.idxmin()) if known else "",
                "worst_gain": float(d.min()),
                "monthly": float(mine["monthly"].sum()),
                "monthly_gain": float(monthly.sum()),
                "monthly_se": error_of_sum(monthly),
                "brier": float((mine["brier"] * choices).sum() / choices.sum()),
                "brier_acts": float((per_act * acts).sum() / max(1, acts.sum())),
                "choices": int(choices.sum()),
                "acts": int(acts.sum()),
            }
        )
    return pd.DataFrame(rows)


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
