"""Forecasts: what follows the record, with what is measured carried forward and its spread."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tashkent.agents.perception import MOST
from tashkent.agents.situation import Bools
from tashkent.calibration.posterior import Posterior, posterior, run_parameters
from tashkent.calibration.runs import Runs
from tashkent.model.case import Case
from tashkent.model.clock import MONTHS_PER_YEAR, month_label
from tashkent.model.compilation import compile_case
from tashkent.model.draws import normal
from tashkent.model.errors import InputError
from tashkent.model.simulate import simulate

#: years on which the size of a yearly step is measured, before the end of the record
STEP_YEARS = 20
#: the share of groups of runs that a band holds
BAND = (0.05, 0.95)


@dataclass(frozen=True, eq=False)
class Outlook:
    """Shares of runs after the end of the record: one row for each state and club that it is in or may join."""

    case: Case
    fitted: Posterior
    runs: int
    inputs: int
    seed: int
    years: int
    table: pd.DataFrame

    def as_json(self) -> dict[str, object]:
        """What it rests on, and its rows."""
        return {
            "case": self.case.id,
            "hash": self.case.hash,
            "posterior": self.fitted.origin,
            "from": month_label(self.case.end),
            "years": self.years,
            "runs": self.runs,
            "inputs": self.inputs,
            "seed": self.seed,
            "states": self.table.to_dict(orient="records"),
        }


def forecast(
    case: Case,
    *,
    years: int = 3,
    runs: int = 400,
    inputs: int = 20,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Outlook:
    """Run on from the record at the end of the case, `runs` times in `inputs` groups that have inputs of their own.

    Law, openings, bonds and rivalries stay as they are in the last month; an event that has no end goes on. A
    measured series walks on from its last value: ``x(h) = x(0) + sd z(0) + s (z(1) + ... + z(h))`` in year h, where
    sd is the error of the last value, s the root mean square of its yearly steps (`yearly_step`), and z are standard
    normal. A threat stays between 0 and 3. The bands are of groups: what parameters, inputs and the luck of
    ``runs / inputs`` runs do together.

    Raises
    ------
    InputError
        If there are fewer runs than inputs.
    """
    if not 1 <= inputs <= runs:
        raise InputError("forecast", "inputs", inputs, f"from 1 to {runs}, the number of runs")
    longer = carried(case, years)
    steps = {name: yearly_step(case, name) for name in {row.variable for row in case.composites}}
    each = runs // inputs
    groups: list[Runs] = []
    for group in range(inputs):
        drawn = walked(longer, case.end // MONTHS_PER_YEAR, steps, seed=seed, group=group)
        parameters = run_parameters(case, runs=each, seed=seed, first_run=group * each)
        ensemble = simulate(
            drawn, parameters, seed=seed, start=case.end, first_run=group * each, end=longer.end
        )
        groups.append(Runs(ensemble))
        if progress is not None:
            progress((group + 1) * each)
    return Outlook(case, posterior(case), each * inputs, inputs, seed, years, _table(groups, years))


def yearly_step(case: Case, variable: str) -> float:
    """The root mean square of the steps of a measured series from one year to the next, over all states.

    Of the last `STEP_YEARS` years in which both values were measured; where there are none, of all years.
    """
    rows = pd.DataFrame(
        [(r.state, r.year, r.value, r.sd) for r in case.composites if r.variable == variable],
        columns=["state", "year", "value", "sd"],
    ).sort_values(["state", "year"])
    before = rows.groupby("state").shift()
    step = (rows["value"] - before["value"])[rows["year"] - before["year"] == 1]
    whole = (rows["sd"] == 0) & (before["sd"] == 0)
    known = step[whole.reindex(step.index)]
    found = known if len(known) else step
    last = rows.loc[found.index, "year"].max()
    recent = found[rows.loc[found.index, "year"] > last - STEP_YEARS]
    return float(np.sqrt((recent**2).mean())) if len(recent) else 0.0


def carried(case: Case, years: int) -> Case:
    """The case, so many years longer, with what is measured as it is in the last year."""
    last = case.end // MONTHS_PER_YEAR
    added = range(last + 1, last + years + 1)

    def on(rows: tuple[Any, ...]) -> tuple[Any, ...]:
        ends = [row for row in rows if row.year == last]
        return (*rows, *(r.model_copy(update={"year": y}) for y in added for r in ends))

    return case.varied(
        end=case.end + years * MONTHS_PER_YEAR,
        composites=on(case.composites),
        rivalry=on(case.rivalry),
        bonds=on(case.bonds),
    )


def walked(case: Case, last: int, steps: dict[str, float], *, seed: int, group: int) -> Case:
    """One draw of what may be measured after a year; each series and year has a number of its own."""

    def z(*of: str) -> float:
        return float(normal(seed, ("forecast", *of), group, 1)[0])

    threats = {threat.measured_by for threat in case.threats.values()}
    at: dict[tuple[str, str], float] = {}
    rows = [row for row in case.composites if row.year <= last]
    for row in sorted(case.composites, key=lambda r: (r.year, r.variable, r.state)):
        if row.year <= last:
            continue
        key = (row.variable, row.state)
        if key not in at:
            at[key] = row.value + row.sd * z(*key)
        at[key] += steps[row.variable] * z(*key, str(row.year))
        value = float(np.clip(at[key], 0.0, MOST)) if row.variable in threats else at[key]
        rows.append(row.model_copy(update={"value": value}))
    return case.varied(composites=tuple(rows))


def _table(groups: list[Runs], years: int) -> pd.DataFrame:
    case, start = groups[0].case, groups[0].start
    open_to, found = compile_case(case).open_to[start - case.start :], []
    for c, club in enumerate(case.clubs):
        seats = np.stack([runs.seats(club) for runs in groups])  # (G, R, T, S)
        for s, state in enumerate(case.state_ids):
            seat = seats[..., s]
            if state in case.deciders and (open_to[:, s, c].any() or seat[..., 0].any()):
                row = {"state": state, "club": club, "in_now": bool(seat[0, 0, 0])}
                found.append(row | _shares(seat, start, years))
    return pd.DataFrame(found)


def _shares(seat: Bools, start: int, years: int) -> dict[str, float]:
    """P(in) at the end of each year, and the chance of any exit and any accession, each with its band; (G, R, T)."""
    asked = {
        f"p_in_{month_label(start + year * MONTHS_PER_YEAR)}": seat[..., year * MONTHS_PER_YEAR]
        for year in range(1, years + 1)
    }
    asked["p_exit"] = (seat[..., :-1] & ~seat[..., 1:]).any(axis=-1)
    asked["p_accession"] = (~seat[..., :-1] & seat[..., 1:]).any(axis=-1)
    found: dict[str, float] = {}
    for name, is_so in asked.items():
        low, high = np.quantile(is_so.mean(axis=1), BAND)
        found |= {name: float(is_so.mean()), f"{name}_low": float(low), f"{name}_high": float(high)}
    return found
