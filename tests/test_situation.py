"""Every array of a situation says how it lies, and is cut by that."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import get_args

import numpy as np
import pytest

from tashkent.agents.situation import MONTHLY, PER_RUN, ClubTraits, Situation, axes_of
from tashkent.agents.terms import Read
from tashkent.experiments.input_difference import first_difference
from tashkent.model.case import Case
from tashkent.model.choices import record_standing
from tashkent.model.compilation import compile_case
from tashkent.model.inputs import CaseInputs, Standing


@pytest.fixture(scope="module")
def sizes(case: Case) -> dict[str, int]:
    return {
        "month": len(case.months),
        "state": len(case.state_ids),
        "club": len(case.clubs),
        "all clubs": len(case.clubs),
        "threat": len(case.threats),
        "sponsor": len(case.sponsors),
    }


#: fields of inputs that hold no arrays, or tables of their own
NO_ARRAYS = {
    "case",
    "situation",
    "belief_index",
    "rules",
    "patron",
    "requests",
    "record",
    "_situations",
}


@pytest.mark.parametrize(
    ("kind", "others"),
    [(Situation, {"clubs"}), (ClubTraits, set()), (Standing, set()), (CaseInputs, NO_ARRAYS)],
)
def test_every_field_says_its_axes(kind: type, others: set[str]) -> None:
    assert {f.name for f in fields(kind)} - set(axes_of(kind)) == others


def test_what_differs_between_runs_is_what_terms_may_read() -> None:
    by_club = {name for name, axes in axes_of(Standing).items() if "club" in axes}
    assert {*by_club, "held", "credibility"} == set(PER_RUN) == set(get_args(Read))


def test_a_situation_is_joined_by_all_that_differs(case: Case) -> None:
    inputs = compile_case(case)
    standing = record_standing(inputs, 100)
    with pytest.raises(TypeError, match="credibility"):
        inputs.situation.joined_by(**standing.of_clubs(slice(None)))


def test_arrays_lie_as_their_fields_say(case: Case, sizes: dict[str, int]) -> None:
    situation = compile_case(case).situation
    for table in (situation, situation.clubs):
        for name, axes in axes_of(type(table)).items():
            values = getattr(table, name)
            if values is not None:  # what differs between runs is known later, or month by month
                expected = ["month" if axis == "run" else axis for axis in axes]
                assert values.shape == tuple(sizes[axis] for axis in expected), name


def test_inputs_lie_as_their_fields_say(case: Case, sizes: dict[str, int]) -> None:
    inputs = compile_case(case)
    every = {**sizes, "belief": len(inputs.belief_index[0])}
    for name, axes in axes_of(CaseInputs).items():
        value = getattr(inputs, name)
        for array in value.values() if isinstance(value, Mapping) else [value]:
            assert array.shape == tuple(every[axis] for axis in axes), name


@pytest.mark.parametrize(
    "name",
    [n for n, axes in axes_of(CaseInputs).items() if axes[0] == "month"]
    + [f"situation.{n}" for n in (*MONTHLY, "credibility")],
)
def test_a_case_differs_from_the_month_in_which_anything_does(case: Case, name: str) -> None:
    """A monthly field that nobody compares would be taken for the same."""
    inputs, t = compile_case(case), 90
    _, _, own = name.rpartition(".")
    table = inputs.situation if name.startswith("situation.") else inputs
    value = getattr(table, own)
    if name == "regimes":  # the shipped case names none
        value = {"junta": np.zeros_like(inputs.decides[None].repeat(len(case.months), axis=0))}
        inputs = table = replace(inputs, regimes=value)
    key = next(iter(value)) if isinstance(value, Mapping) else None
    array = (value if key is None else value[key]).copy()
    array[t] = ~array[t] if array.dtype == bool else array[t] + 1
    changed = replace(table, **{own: array if key is None else {**value, key: array}})
    other = changed if table is inputs else replace(inputs, situation=changed)
    origin = t - 1 if own == "recorded_belief_updates" else 20  # read at the start alone
    expected = origin if own == "recorded_belief_updates" else t
    assert first_difference(inputs, other, origin) == expected
    assert first_difference(inputs, inputs, origin) == len(case.months)


@pytest.mark.parametrize("name", ["stake", "decides", "chair_order", "situation.pays"])
def test_a_case_differs_from_the_start_in_what_has_no_months(case: Case, name: str) -> None:
    inputs, own = compile_case(case), name.rpartition(".")[2]
    table = inputs.situation if name.startswith("situation.") else inputs
    array = getattr(table, own)
    changed = replace(table, **{own: ~array if array.dtype == bool else array + 1})
    other = changed if table is inputs else replace(inputs, situation=changed)
    assert first_difference(inputs, other, 20) == 20


def test_what_has_months_is_cut_by_month_and_club(case: Case, sizes: dict[str, int]) -> None:
    inputs, t, clubs = compile_case(case), 100, slice(1, 3)
    whole = inputs.month(t, record_standing(inputs, t))
    some = whole.of_clubs(clubs)
    for name, axes in axes_of(Situation).items():
        one_month = axes[1:] if axes[0] in ("month", "run") else axes
        assert getattr(whole, name).shape == tuple(sizes[axis] for axis in one_month), name
        if name in MONTHLY:
            assert np.array_equal(getattr(whole, name), getattr(inputs.situation, name)[t])
        index = tuple(clubs if axis == "club" else slice(None) for axis in one_month)
        assert np.array_equal(getattr(some, name), getattr(whole, name)[index])
    for name, axes in axes_of(ClubTraits).items():
        index = tuple(clubs if axis == "club" else slice(None) for axis in axes)
        assert np.array_equal(getattr(some.clubs, name), getattr(whole.clubs, name)[index])
