"""The dashboard: participation and beliefs of a state in lanes, and what titles of its charts say."""

import json

import numpy as np
import pytest

from tashkent.dashboard import charts, explained
from tashkent.model.case import Case
from tashkent.model.compilation import compile_case
from tashkent.model.explain import explain, participation_over_time
from tashkent.model.simulate import prior_parameters
from tashkent.model.statuses import is_in


@pytest.mark.slow
def test_participation_over_time_is_that_of_each_month(case: Case) -> None:
    drawn = prior_parameters(case, runs=6, seed=2)
    found = participation_over_time(case, "UZB", "CST", drawn)
    assert found.shape == (len(case.months), 6)
    inputs = compile_case(case)
    s, c = case.state_ids.index("UZB"), tuple(case.clubs).index("CST")
    before = is_in(inputs.record.status[:-1, s, c])
    ruled = np.array([rules[c].participation is not None for rules in inputs.rules])[1:]
    assert np.array_equal(~np.isnan(found[1:, 0]), before & ruled)
    assert np.isnan(found[0]).all()
    for month in ("2007-03", "2010-10", "2012-06"):
        at = case.month(month, "m")
        said = explain(case, "UZB", at, drawn, "CST").participation["CST"]
        assert found[at - case.start] == pytest.approx(said)


@pytest.mark.slow
def test_lanes_have_the_middle_draw_within_its_bounds(case: Case) -> None:
    part = explained.taking_part(case, "ARM", "CST", 0)
    middle, low, high = part.values()
    known = ~np.isnan(middle)
    assert known.any()
    assert (low[known] <= middle[known]).all()
    assert (middle[known] <= high[known]).all()
    assert middle[known].min() >= 0
    assert high[known].max() <= 1
    month = case.month("2024-06", "m")
    option = charts.lanes(
        case, {"part": part, "one": {"x": middle}}, month, dark=False, large=False
    )
    json.dumps(option, allow_nan=False)
    assert [line["xAxisIndex"] for line in option["series"]] == [0, 0, 0, 1]
    assert len(option["grid"]) == len(option["title"]) == 2
    drawn = option["series"][0]["data"]
    assert [v is None for v in drawn] == np.isnan(middle).tolist()
    words = charts.least_part(case, "CST", part)
    at = int(np.nanargmin(middle))
    assert words.startswith("It would least take part in CSTO in ")
    assert words.endswith(f"to {middle[at]:.0%}")
    assert explained.taking_part(case, "MDA", "CST", 0) == {}
    assert "never had a seat" in charts.least_part(case, "CST", {})


def test_beliefs_that_move_alike_are_one_lane(case: Case, minimal: Case) -> None:
    for one in (case, minimal):
        for state in one.deciders:
            found = charts.help_believed(one, state)
            lines = list(found.values())
            for i, line in enumerate(lines):
                for other in lines[i + 1 :]:
                    assert np.abs(line - other).max() >= charts.ALIKE
            whole = explained.beliefs(one)[:, one.state_ids.index(state)]
            for k in range(len(one.threats)):
                assert min(np.abs(whole[:, k] - line).max() for line in lines) < charts.ALIKE


def test_titles_say_what_is_shown(case: Case) -> None:
    feared = charts.threats(case, "UZB")
    words = charts.most_feared(case, "UZB", feared)
    highest = max(line.max() for line in feared.values())
    assert words.startswith("Uzbekistan feared most: ")
    assert f"({highest:.1f} of 3 in " in words
    assert (
        charts.most_feared(case, "UZB", {}) == "Uzbekistan feared nothing that is measured or dated"
    )
    fell, rose = np.array([0.5, 0.2, -0.31]), np.array([-0.2, 0.4])
    assert charts.ties_turned({"to A": fell}) == "Its tie to A fell from 0.5 to −0.3"
    assert charts.ties_turned({"to A": rose}) == "Its tie to A rose from −0.2 to 0.4"
    assert charts.ties_turned({"to A": np.array([0.1, 0.9, 0.1])}) == "Its tie to A stayed at 0.1"
