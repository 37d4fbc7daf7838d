"""Cases side by side: what is shared, in which units, and how each is asked from the others."""

import numpy as np
import pytest

from tashkent.calibration import across
from tashkent.calibration.frictions import frictions_alone
from tashkent.calibration.likelihood import fit_rows
from tashkent.calibration.posterior import fit
from tashkent.calibration.variants import until_fit
from tashkent.model.case import Case
from tashkent.model.errors import InputError


@pytest.fixture(scope="module")
def twins(minimal: Case) -> tuple[Case, Case]:
    """The smallest case twice, under two names."""
    return minimal, minimal.varied(id="other")


def test_the_curvature_is_the_derivative_of_the_gradient(case: Case) -> None:
    whole = fit_rows(case)
    rows = whole.where(~(whole.rows.done & whole.two_routes))
    x = np.array([case.parameters[name].mean for name in rows.names])
    found = rows.curvature(x)
    for i in (0, 4, len(x) - 1):
        step = np.zeros(len(x))
        step[i] = 1e-5
        up, down = (rows.log_likelihood(x + sign * step)[1] for sign in (1, -1))
        assert found[:, i] == pytest.approx((down - up) / 2e-5, rel=1e-4, abs=1e-4)
    assert np.linalg.eigvalsh(whole.curvature(x)).min() > -1e-9


@pytest.mark.slow
def test_one_case_together_with_itself_alone_is_its_own_fit(case: Case) -> None:
    found = across.together([case], {case.id: {}})
    alone = fit(until_fit(case))
    for name, mean, sd in zip(alone.names, alone.mean, alone.sd, strict=True):
        shared = name if case.parameters[name].role == "weight" else f"{case.id}: {name}"
        i = found.fit.prior.names.index(shared)
        # a spread between cases of which there is one adds to what is not known
        assert abs(found.fit.mean[i] - mean) < 0.25 * sd, name
        assert 0.8 * sd < found.fit.sd[i] < 1.5 * sd, name


@pytest.mark.slow
def test_two_cases_that_say_the_same_say_more_and_each_keeps_its_frictions(
    twins: tuple[Case, Case],
) -> None:
    one, both = (across.together(cases, {c.id: {} for c in twins}) for cases in (twins[:1], twins))
    weights = np.flatnonzero(one.fit.prior.weights)
    assert (both.fit.sd[weights] <= one.fit.sd[weights] + 1e-6).all()
    table = across.weights_table(both)
    by_case = table.pivot(index="weight", columns="case", values="joint")
    assert by_case[twins[0].id].to_numpy() == pytest.approx(by_case["other"].to_numpy(), abs=1e-4)
    own = [name for name in both.fit.prior.names if name.startswith("other: ")]
    assert own
    for name in own:
        i, j = (both.fit.prior.names.index(n) for n in (name, name.replace("other", twins[0].id)))
        assert both.fit.mean[i] == pytest.approx(both.fit.mean[j], abs=1e-3)


def test_units_do_not_change_what_is_said_of_a_case(minimal: Case) -> None:
    weight = next(n for n in minimal.fitted if minimal.parameters[n].role == "weight")
    plain, scaled = (
        across.under_others(minimal, across.together([minimal], {minimal.id: scale}))
        for scale in ({}, {weight: 2.0})
    )
    # the spread between cases is in shared units, so a unit twice as large has twice the spread
    assert scaled.parameters[weight].mean == pytest.approx(plain.parameters[weight].mean, abs=0.05)
    other = [n for n in minimal.fitted if minimal.parameters[n].role == "weight" and n != weight]
    for name in other:
        assert scaled.parameters[name].mean == pytest.approx(plain.parameters[name].mean, abs=0.05)
    assert all(
        scaled.parameters[n] == p for n, p in minimal.parameters.items() if p.role != "weight"
    )


@pytest.mark.slow
def test_exits_are_expected_where_they_can_happen(case: Case) -> None:
    table = across.exits_table(case, {"judged": case})
    plain = across.exits_table(case, {"bare": frictions_alone(case)})
    assert plain["rank"].iloc[0] == 0.5  # who did not sign in 1999 is told from nobody
    assert table["decade"].tolist() == [1990, 2000, 2010]
    assert table["done"].tolist() == [
        3,
        0,
        1,
    ]  # three did not sign in 1999, one gave notice in 2012
    assert (table["expected"] > 0).all()
    assert table["rank"].dropna().between(0.0, 1.0).all()


def test_cases_that_cannot_be_put_beside_each_other_are_refused(case: Case, minimal: Case) -> None:
    for cases, words in (
        ([case], "two cases or more"),
        ([case, case], "whose ids differ"),
        ([case, minimal], "world's tables"),
    ):
        with pytest.raises(InputError, match=words):
            across.across(cases)
