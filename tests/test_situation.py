"""Every array of a situation says how it lies, and is cut by that."""

from dataclasses import fields

import numpy as np
import pytest

from tashkent.agents.situation import MONTHLY, ClubTraits, Situation, axes_of
from tashkent.model.case import Case
from tashkent.model.choices import record_standing
from tashkent.model.compilation import compile_case


@pytest.fixture(scope="module")
def sizes(case: Case) -> dict[str, int]:
    return {
        "month": len(case.months),
        "state": len(case.state_ids),
        "club": len(case.clubs),
        "threat": len(case.threats),
        "sponsor": len(case.sponsors),
    }


@pytest.mark.parametrize("kind", [Situation, ClubTraits])
def test_every_field_says_its_axes(kind: type) -> None:
    assert {f.name for f in fields(kind)} - set(axes_of(kind)) <= {"clubs"}


def test_arrays_lie_as_their_fields_say(case: Case, sizes: dict[str, int]) -> None:
    situation = compile_case(case).situation
    for table in (situation, situation.clubs):
        for name, axes in axes_of(type(table)).items():
            values = getattr(table, name)
            if values is not None:  # what differs between runs is known later, or month by month
                expected = ["month" if axis == "run" else axis for axis in axes]
                assert values.shape == tuple(sizes[axis] for axis in expected), name


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
