"""Prior and posterior predictive checks: what the model expects of the record before and after it has seen it.

Runs are simulated from the case's start with draws of the prior and of the posterior, and summed up beside the record:
how often each state is in the focal club at the months that the case shows, and how many states join and leave it.
A prior that puts the record in its tails is a poor choice, whatever the posterior makes of it.
"""

import numpy as np
import pandas as pd

from tashkent.agents.situation import Bools
from tashkent.calibration.diagnostics import INTERVAL
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case
from tashkent.model.parameters import ParameterDraws
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.statuses import is_in


def check(case: Case, posterior: ParameterDraws, *, seed: int) -> pd.DataFrame:
    """Prior and posterior beside the record, with one prior draw for each posterior draw, each of shape (R,).

    Columns: what, state, month, record, and mean, low and high (90 % of runs) for `prior` and `posterior`. Rows
    "P(in)" have the share of runs as mean and no interval; rows "accessions", "exits" and "members" count deciding
    states in the focal club over the whole run, in months up to the fit's last and at it.
    """
    runs = posterior.runs
    prior = prior_parameters(case, runs=runs, seed=seed)
    record = is_in(compile_case(case).record.status)[None]
    found = _summary(case, record)[["what", "state", "month", "mean"]]
    found = found.rename(columns={"mean": "record"})
    for name, draws in (("prior", prior), ("posterior", posterior)):
        summary = _summary(case, simulate(case, draws, seed=seed).seats)
        for column in ("mean", "low", "high"):
            found[f"{name}_{column}"] = summary[column]
    return found


def _summary(case: Case, seats: Bools) -> pd.DataFrame:
    """Means and intervals over runs; `seats` has shape (R, T, S, C) and begins with the case's start."""
    c = tuple(case.clubs).index(case.focus)
    decides = compile_case(case).decides
    here = seats[:, :, decides, c]
    until = case.fit_until - case.start + 1
    steps = np.diff(here[:, :until].astype(int), axis=1)
    label = month_label(case.fit_until)
    rows: list[dict[str, object]] = []
    for what, counts in (
        ("accessions", (steps == 1).sum(axis=(1, 2))),
        ("exits", (steps == -1).sum(axis=(1, 2))),
        ("members", here[:, until - 1].sum(axis=1)),
    ):
        low, high = np.quantile(counts, INTERVAL)
        rows.append(_row(what, "", label, float(counts.mean()), float(low), float(high)))
    for month in case.shown:
        for i, state in enumerate(case.deciders):
            p = float(here[:, month - case.start, i].mean())
            rows.append(_row("P(in)", state, month_label(month), p, np.nan, np.nan))
    return pd.DataFrame(rows)


def _row(
    what: str, state: str, month: str, mean: float, low: float, high: float
) -> dict[str, object]:
    return {"what": what, "state": state, "month": month, "mean": mean, "low": low, "high": high}
