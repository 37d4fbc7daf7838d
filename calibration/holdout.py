"""Held out: each state in turn is predicted from the others.

The model's score of a state is ``log mean over draws of exp(sum of log p)``: the posterior of the other states is
averaged, not its mode plugged in.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from calibration.baselines import BASELINES, log_scores, predict
from calibration.likelihood import Design
from calibration.posterior import fit, fit_rows
from model.case import Case

DRAWS = 2000
MODEL = "model"


def log_mean_exp(values: np.ndarray) -> float:
    """``log(mean(exp(values)))``, without overflow."""
    top = values.max()
    return float(top + np.log(np.exp(values - top).mean()))


def leave_one_state_out(
    case: Case,
    *,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Held-out log scores by state and club: one column for the model and one for each baseline.

    Rows up to `Case.fit_until` only. Columns: state, club, choices, acts, model, and the baselines by
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
        scores = test.log_scores(np.stack([draws[name] for name in rows.names]))
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
                    **{name: float(p[here].sum()) for name, p in rates.items()},
                }
            )
        if progress is not None:
            progress(state)
    return pd.DataFrame(table)


def _acts(test: Design, here: np.ndarray) -> int:
    return int((test.rows.done & here).sum())
