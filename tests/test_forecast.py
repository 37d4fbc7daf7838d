"""Forecasts go on from the record, each group of runs with measured inputs of its own."""

import numpy as np
import pytest

from tashkent.experiments.forecast import forecast, yearly_step
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
            assert row[f"{name}_low"] - 1e-9 <= row[name] <= row[f"{name}_high"] + 0.5
        # who is in at the end of a year and was out has come in
        assert row["in_now"] or row["p_accession"] >= row["p_in_2012-12"]


def test_more_inputs_than_runs_are_refused(minimal: Case) -> None:
    with pytest.raises(InputError, match="5 is not valid; allowed: from 1 to 4"):
        forecast(minimal, runs=4, inputs=5)
