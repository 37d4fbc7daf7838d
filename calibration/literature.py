"""Signs beside those of published regressions, and a plain discrete-time logit of exit on measured columns.

`evidence/literature.csv` of a case gives published coefficients, the direction in which each pushes, and the nearest
thing of ours: a term of the model (its posterior, with the sign turned towards exit), a measured column, or none;
`turned` says that ours is the opposite of the variable.
"""

import warnings
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from tashkent.agents.situation import Floats
from tashkent.agents.terms import TERMS
from tashkent.calibration.likelihood import fit_rows
from tashkent.calibration.posterior import posterior
from tashkent.calibration.regression import ridge_logit
from tashkent.calibration.riskset import CHOICES
from tashkent.model.case import Case
from tashkent.model.case.tables import TableRow
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.errors import unknown
from tashkent.model.reading import csv_lines, file_text

FILE = "evidence/literature.csv"
#: terms that count what pushes out with a minus of their own, so that a positive weight is towards exit
PUSHES_OUT = (
    "contagion",
    "outside_option",
    "partisan_patron",
    "entrapment",
    "compliance",
    "abandonment",
    "dues",
)
#: prior standard deviation of a joint coefficient, per standard deviation of its column
WIDTH = 1.0


class Coefficient(TableRow):
    """A published coefficient, the direction in which it pushes, and the nearest thing of ours."""

    study: str = Field(min_length=1)
    model: str = Field(min_length=1)
    outcome: str = Field(min_length=1)
    variable: str = Field(min_length=1)
    estimate: float | None = None
    se: float | None = Field(default=None, ge=0)
    #: 1 towards exit, -1 away from it, 0 for neither
    toward_exit: int = Field(ge=-1, le=1)
    #: a term of the model, or a column that is measured, or neither
    ours: str = ""
    column: str = ""
    turned: Literal["yes", "no"]
    why: str = Field(min_length=1)


def coefficients(case: Case) -> tuple[Coefficient, ...]:
    """The published coefficients that the folder of a case holds; none if it has no such table.

    Raises
    ------
    InputError
        If the table cannot be used, or names a term or a column that there is not.
    """
    path = case.path / FILE
    if not path.exists():
        return ()
    columns = {row.variable for row in case.composites}
    found = []
    for line, row in csv_lines(file_text(path, FILE), FILE, Coefficient):
        if row.ours and row.ours not in TERMS:
            raise unknown(FILE, f"{line}.ours", row.ours, TERMS)
        if row.column and row.column not in columns:
            raise unknown(FILE, f"{line}.column", row.column, sorted(columns))
        found.append(row)
    return tuple(found)


def comparison(case: Case) -> pd.DataFrame:
    """Published coefficients beside ours, both towards exit; empty if the case has no such table.

    Columns: study, model, outcome, variable, estimate, se, toward_exit, ours, our_estimate, our_se, agrees (in sign,
    or None where one of them has none), why.
    """
    published = coefficients(case)
    if not published:
        return pd.DataFrame()
    fitted = posterior(case)
    mean = dict(zip(fitted.names, fitted.mean, strict=True))
    sd = dict(zip(fitted.names, fitted.sd, strict=True))
    alone = exit_logit(case).set_index("column") if len(fit_rows(case).rows) else pd.DataFrame()
    rows = []
    for row in published:
        ours, estimate, se = "", np.nan, np.nan
        if row.ours in mean:
            ours = f"weight of {row.ours}"
            sign = 1.0 if row.ours in PUSHES_OUT else -1.0
            estimate, se = sign * float(mean[row.ours]), float(sd[row.ours])
        elif row.column in alone.index:
            ours = f"logit of exit on {row.column}"
            estimate = float(alone.loc[row.column, "alone"])
            se = float(alone.loc[row.column, "alone_se"])
        if row.turned == "yes":
            estimate = -estimate
        direction = row.toward_exit
        known = direction != 0 and not np.isnan(estimate)
        rows.append(
            {
                "study": row.study,
                "model": row.model,
                "outcome": row.outcome,
                "variable": row.variable,
                "estimate": np.nan if row.estimate is None else row.estimate,
                "se": np.nan if row.se is None else row.se,
                "toward_exit": direction,
                "ours": ours,
                "our_estimate": estimate,
                "our_se": se,
                "agrees": bool(np.sign(estimate) == direction) if known else None,
                "why": row.why,
            }
        )
    return pd.DataFrame(rows)


def exit_logit(case: Case) -> pd.DataFrame:
    """Discrete-time logit of exit from the focal club: state-months in which exit, or not signing, was open.

    `alone`: one column at a time with a step for the renewal, by statsmodels; `joint`: all columns together, shrunk
    (ridge), which a handful of exits needs. Coefficients are per standard deviation of the column over these rows.
    Columns: column, alone, alone_se, joint, exits, rows, note.
    """
    from statsmodels.api import Logit
    from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationWarning

    rows = fit_rows(case).rows
    focus = rows.club == tuple(case.clubs).index(case.focus)
    rows = rows.where(focus & (rows.choice != CHOICES.index("accede")))
    renewal = rows.choice == CHOICES.index("renew")
    left = rows.done ^ renewal
    variables = sorted({row.variable for row in case.composites})
    years = (rows.month + case.start) // MONTHS_PER_YEAR
    value = {(c.variable, c.state, c.year): c.value for c in case.composites}
    names = np.array(case.state_ids)[rows.state]
    table = np.array(
        [[value[v, s, int(y)] for v in variables] for s, y in zip(names, years, strict=True)]
    ).reshape(len(rows), len(variables))
    sd = table.std(axis=0)
    used = sd > 0
    z: Floats = (table - table.mean(axis=0)) / np.where(used, sd, 1.0)
    joint = np.full(len(variables), np.nan)
    if left.any():
        joint[used] = ridge_logit(z[:, used], left, renewal.astype(np.intp), WIDTH)[0]
    found = []
    for i, variable in enumerate(variables):
        estimate, se, note = np.nan, np.nan, ""
        if used[i] and left.any():
            x = np.column_stack([np.ones(len(rows)), renewal, z[:, i]]).astype(float)
            with warnings.catch_warnings():
                warnings.simplefilter("error", ConvergenceWarning)
                warnings.simplefilter("error", PerfectSeparationWarning)
                try:
                    fit = Logit(left.astype(float), x).fit(disp=0)
                    estimate, se = float(fit.params[2]), float(fit.bse[2])
                except (ConvergenceWarning, PerfectSeparationWarning, np.linalg.LinAlgError):
                    note = "no estimate: the column separates exits from the rest"
        else:
            note = "the column does not vary here"
        found.append((variable, estimate, se, float(joint[i]), int(left.sum()), len(rows), note))
    names_of = ["column", "alone", "alone_se", "joint", "exits", "rows", "note"]
    return pd.DataFrame(found, columns=names_of)


def prior_and_posterior(case: Case) -> pd.DataFrame:
    """Prior beside posterior of every fitted parameter: parameter, prior_mean, prior_sd, mean, sd, contraction."""
    fitted = posterior(case)
    prior = [case.parameters[name] for name in fitted.names]
    sd = np.array([p.sd for p in prior], dtype=float)
    return pd.DataFrame(
        {
            "parameter": fitted.names,
            "role": [p.role for p in prior],
            "prior_mean": [p.mean for p in prior],
            "prior_sd": sd,
            "mean": fitted.mean,
            "sd": fitted.sd,
            "contraction": 1.0 - np.square(fitted.sd / sd),
            "origin": fitted.origin,
        }
    )
