"""How columns become composites: standardised on the years of fit, gaps filled from the past, what happened remembered.

The rules, for every composite:

* A value used in year ``y`` rests on columns of year ``y - 1`` or earlier (`LAG`).
* A gap is filled from the past only, by the last value seen. A column that a state has never had yet
  counts as the mean of the years of fit (0 after standardising) with standard deviation 1.
* A filled value carries an error that grows with its age ``a``: ``sd = sd1 * sqrt(a)``, at most 1, where
  ``sd1`` is the standard deviation of the column's own yearly changes in the years of fit.
  The error of a fresh measurement is not known and counts as 0: the stated errors are lower bounds.
* Ties are z-scores: centred and scaled on the deciding states in the years of fit.
* Threats are divided by their standard deviation in the years of fit and not centred: no conflict is 0.
* What happened stays in mind: ``m[y] = max(x[y], m[y-1] * 2 ** (-1 / half_life))``. This is part of how a threat is
  measured, before the model's own memory of what is felt (`fear_half_life`, in months).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tashkent.agents.memory import envelope

#: years from a column to its use
LAG = 1


def remember(table: pd.DataFrame, half_life: float) -> pd.DataFrame:
    """What happened stays in mind and fades, year by year; never looks ahead. `half_life` in years."""
    kept = envelope(table.fillna(0.0).to_numpy(float), half_life)
    return pd.DataFrame(kept, index=table.index, columns=table.columns)


def standardised_part(table: pd.DataFrame, fit: range) -> tuple[pd.DataFrame, pd.DataFrame]:
    """z-scores on the years of fit, gaps filled from the past, and the error of what was filled.

    A column that does not differ between states and years of fit says nothing, as one that nobody ever had.
    """
    known = table.loc[fit].stack()
    scale = known.std()
    z = (table - known.mean()) / (scale if scale > 0 else np.nan)
    yearly_change = z.loc[fit].diff().stack().std()
    seen = z.notna()
    year = pd.DataFrame(dict.fromkeys(z, z.index), index=z.index)
    age = year - year.where(seen).ffill()
    sd = (yearly_change * np.sqrt(age)).where(age > 0, age * 0.0).clip(upper=1.0).fillna(1.0)
    return z.ffill().fillna(0.0), sd


def mean_of_parts(
    parts: Sequence[tuple[pd.DataFrame, int]], fit: range
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A composite and its error: the mean of the standardised parts, each with its sign."""
    values, errors = [], []
    for table, sign in parts:
        value, sd = standardised_part(table, fit)
        values.append(sign * value)
        errors.append(sd**2)
    return sum(values) / len(parts), np.sqrt(sum(errors)) / len(parts)


def tidy(value: pd.DataFrame, sd: pd.DataFrame, variable: str) -> pd.DataFrame:
    """One row a state and year of use."""
    rows = pd.DataFrame({"value": value.stack(), "sd": sd.stack()}).reset_index()
    rows.columns = ["year", "state", "value", "sd"]
    rows["year"] += LAG
    return rows.assign(variable=variable)


def by_pair(table: pd.DataFrame, other: str, least: float) -> pd.DataFrame:
    """One row a pair and year of use, without values up to `least`; columns are pairs (state, other)."""
    rows = table.stack(["state", other], future_stack=True).rename("value")
    rows = rows[rows > least].reset_index()
    rows.columns = ["year", "state", other, "value"]
    rows["year"] += LAG
    rows = rows.sort_values(["state", other, "year"])[["state", other, "year", "value"]]
    return rows.round(6)
