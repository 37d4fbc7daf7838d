"""Who takes part: in runs, in a decision taken apart, in a Mesa model, on the page; the same by law in all of them."""

import json

import numpy as np
import pytest

import tashkent as tk
from tashkent.dashboard import scene
from tashkent.model.case import Case
from tashkent.model.compilation import compile_case
from tashkent.model.errors import InputError
from tashkent.model.explain import explain
from tashkent.model.noise import Noise
from tashkent.model.parameters import ParameterDraws
from tashkent.model.record import Ensemble
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.statuses import Status
from tashkent.model.step import advance
from tashkent.model.words import story
from tashkent.model.world import world_from_record

#: bound, and neither frozen nor sanctioned
TAKE_PART = {Status.MEMBER, Status.NOTICE_GIVEN, Status.SUSPENSION_REQUESTED}


@pytest.fixture(scope="module")
def ensemble(case: Case) -> Ensemble:
    parameters = prior_parameters(case, runs=60, seed=5)
    return simulate(case, parameters, seed=5, start=case.month("2021-12", "start"))


def test_the_share_of_runs_is_by_law(case: Case) -> None:
    """One run of each status: three of eleven take part, six are in."""
    shape = (len(Status), 2, len(case.states), len(case.clubs))
    status = np.zeros(shape, np.int8)
    status[:, 1, 0, 0] = [int(one) for one in Status]
    none = ParameterDraws.from_mapping({})
    runs = Ensemble(case, 0, 0, case.start, status, (), none)
    assert runs.p_part[1, 0, 0] == pytest.approx(len(TAKE_PART) / len(Status))
    assert runs.p_in[1, 0, 0] == pytest.approx(6 / len(Status))
    assert runs.p_part.sum() == runs.p_part[1, 0, 0]
    table = runs.seat_table()
    row = table[(table["state"] == case.state_ids[0]) & (table["club"] == case.focus)].iloc[1]
    assert row["p_part"] == runs.p_part[1, 0, 0]


def test_who_freezes_is_in_and_takes_no_part(ensemble: Ensemble) -> None:
    s, c = ensemble.index("ARM", "CST")
    frozen = (ensemble.status[:, :, s, c] == Status.FROZEN).mean(axis=0)
    assert frozen.max() > 0
    assert (ensemble.p_in[:, s, c] - ensemble.p_part[:, s, c] >= frozen - 1e-12).all()
    assert (ensemble.p_part <= ensemble.p_in).all()


def test_a_decision_says_how_far_the_state_would_take_part(case: Case) -> None:
    """What the engine makes of it in the month, where nothing was known of participation before."""
    draws = prior_parameters(case, runs=8, seed=3)
    inputs = compile_case(case)
    month = case.month("2011-03", "month")
    t = month - case.start
    world = world_from_record(inputs, t - 1, draws, Noise(case, 1, 0, 8))
    advance(world, t)
    for state in ("UZB", "ARM"):
        s, c = case.state_ids.index(state), tuple(case.clubs).index("CST")
        stays = world.status[:, s, c] == Status.MEMBER
        assert stays.any()
        found = explain(case, state, month, draws)
        np.testing.assert_allclose(
            found.participation["CST"][stays], world.participation[stays, s, c], rtol=1e-12
        )
        assert found.takes_part["CST"]
        assert any("it would take part in" in line for line in story(found))


def test_who_is_frozen_takes_no_part(case: Case) -> None:
    found = explain(case, "ARM", case.month("2024-06", "m"), prior_parameters(case, runs=4, seed=1))
    assert not found.takes_part["CST"]
    assert found.participation["CST"].tolist() == [0.0] * 4
    assert any(line.startswith("It took no part in") for line in story(found))


def test_an_agent_says_what_the_world_holds(case: Case) -> None:
    model = tk.CoalitionModel(case, run=1, start="2024-06", rng=1)
    armenia = model.states["ARM"]
    assert armenia.status_in("CST") == "frozen"
    assert armenia.is_in("CST")
    assert not armenia.takes_part_in("CST")
    assert armenia.participation_in("CST") is None  # not yet known
    model.step()
    s, c = case.state_ids.index("KAZ"), tuple(case.clubs).index("CST")
    level = model.states["KAZ"].participation_in("CST")
    assert level == model.world.participation[0, s, c]
    assert level is not None
    assert 0 <= level <= 1
    with pytest.raises(InputError, match=r"club: .* is not valid"):
        armenia.takes_part_in("NATO")


def test_pages_have_the_series(ensemble: Ensemble) -> None:
    found = scene.frames(ensemble, "CST")
    s, c = ensemble.index("ARM", "CST")
    percent = np.rint(100 * ensemble.p_part[:, s, c]).astype(int)
    assert json.loads(found["part"])[s] == percent.tolist()
