"""Forecasts go on from the record, each group of runs with measured inputs of its own."""

import numpy as np
import pytest

from tashkent.experiments.forecast import MOST, carried, forecast, walked, yearly_step
from tashkent.model.case import Case
from tashkent.model.case.tables import Composite
from tashkent.model.errors import InputError


def series(*values: tuple[str, int, float, float]) -> tuple[Composite, ...]:
    return tuple(
        Composite(variable="means", state=state, year=year, value=value, sd=sd)
        for state, year, value, sd in values
    )


def test_a_step_is_that_of_what_was_measured(minimal: Case) -> None:
    rows = series(
        ("ARV", 2001, 0.0, 0.0),
        ("ARV", 2002, 3.0, 0.0),
        ("ARV", 2003, 9.0, 0.5),  # filled: no step
        ("BOR", 2001, 1.0, 0.0),
        ("BOR", 2002, -3.0, 0.0),
        ("BOR", 2005, 50.0, 0.0),  # not the next year
    )
    assert yearly_step(minimal.varied(composites=rows), "means") == pytest.approx(
        np.sqrt((9 + 16) / 2)
    )


def test_a_series_walks_on_from_its_last_value_and_a_threat_stays_in_its_range(
    minimal: Case,
) -> None:
    last = minimal.end // 12
    sure = tuple(row.model_copy(update={"sd": 0.0}) for row in minimal.composites)
    longer = carried(minimal.varied(composites=sure), 2)
    names = {row.variable for row in longer.composites}
    still = walked(longer, last, dict.fromkeys(names, 0.0), seed=1, group=0)
    assert sorted(still.composites, key=str) == sorted(longer.composites, key=str)
    far, other = (
        {(r.variable, r.state, r.year): r.value for r in case.composites if r.year > last}
        for case in (
            walked(longer, last, dict.fromkeys(names, 100.0), seed=1, group=g) for g in (0, 1)
        )
    )
    assert far != other
    threats = {threat.measured_by for threat in minimal.threats.values()}
    of_threats = [value for (name, *_), value in far.items() if name in threats]
    assert of_threats
    assert all(value in (0.0, MOST) for value in of_threats)


@pytest.mark.slow
def test_a_forecast_begins_with_the_record_and_is_the_same_again(minimal: Case) -> None:
    found = forecast(minimal, years=2, runs=12, inputs=3, seed=1)
    again = forecast(minimal, years=2, runs=12, inputs=3, seed=1)
    assert found.table.equals(again.table)
    assert not found.table.equals(forecast(minimal, years=2, runs=12, inputs=3, seed=2).table)
    assert set(found.table["state"]) <= set(minimal.deciders)
    for row in found.table.to_dict(orient="records"):
        for name in ("p_in_2011-12", "p_in_2012-12", "p_exit", "p_accession"):
            assert 0 <= row[f"{name}_low"] <= row[f"{name}_high"] <= 1
            assert 0 <= row[name] <= 1
        # who is in at the end of a year and was out has come in
        assert row["in_now"] or row["p_accession"] >= row["p_in_2012-12"]


def test_more_inputs_than_runs_are_refused(minimal: Case) -> None:
    with pytest.raises(InputError, match="5 is not valid; allowed: from 1 to 4"):
        forecast(minimal, runs=4, inputs=5)
