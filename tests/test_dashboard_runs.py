"""The dashboard: what is computed for the pages, and the map, as plain data."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tashkent.calibration.posterior import posterior
from tashkent.dashboard import (
    answer,
    charts,
    explained,
    geometry,
    question,
    ready,
    results,
    scene,
    view,
    weights,
)
from tashkent.dashboard.found import found_of
from tashkent.dashboard.results import Wish
from tashkent.dashboard.shared import Desk, RunsDone, Stopped, Turns
from tashkent.experiments.compare import compare
from tashkent.model.case import Case, load_case
from tashkent.model.clock import month_label, parse_month
from tashkent.model.simulate import simulate
from tashkent.model.words import TERMS
from tests.visitors import PATIENCE, SERIES, asked_view, ignore

pytestmark = pytest.mark.usefixtures("few_runs")


# what the model finds ------------------------------------------------------------------------------


def test_nothing_is_compared_before_something_is_predicted(case: Case) -> None:
    assert answer.comparison_of(case, asked_view(case)) is not None
    assert answer.comparison_of(case, asked_view(case, guess="")) is None
    assert answer.comparison_of(case, asked_view(case, page="state")) is None
    assert answer.comparison_of(case, asked_view(case, own="")) is None


@pytest.mark.slow
def test_the_answer_is_that_of_compare(case: Case) -> None:
    seen = asked_view(case, cf="CF2", seed="3")
    wanted = answer.comparison_of(case, seen)
    assert wanted is not None
    found = answer.answer(case, answer.obtain(case, wanted, ignore), seen)
    (pair,) = compare(case, "CF2", runs=20, seed=3, start=month_label(seen.origin)).pairs
    table = pair.seats([seen.by]).query("club == 'CST'").set_index("state")
    at = seen.by - seen.origin
    series = json.loads(found["series"])
    for i, state in enumerate(case.deciders):
        assert series["change"][i][at] == pytest.approx(table["change"][state], abs=1e-4)
        assert series["baseline"][i][at] == pytest.approx(table["baseline"][state], abs=1e-4)
        luck = table["simulation_high"][state] - table["change"][state]
        assert series["luck"][i][at] == pytest.approx(luck, abs=1e-4)
        low = series["low"][i][at]
        low = np.nan if low is None else low  # draws that differ by no more than luck
        assert low == pytest.approx(table["posterior_low"][state], abs=1e-4, nan_ok=True)
    up = bool(pair.effect.low[at, case.state_ids.index("UZB"), 0] > 0)
    assert found["scored"]["UZB"]["right"] == up
    assert found["scored"]["UZB"]["brier"] == pytest.approx(0.04 if up else 0.64)
    assert "what the model is told differs from 1999-01 on" in found["course"][0]


@pytest.mark.slow
def test_the_world_as_it_was_is_run_once_for_all_questions(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[answer.BaselineKey] = []
    run = answer._run

    def counted(case: Case, before: answer.BaselineKey, progress: RunsDone) -> Any:
        made.append(before)
        return run(case, before, progress)

    monkeypatch.setattr(answer, "_run", counted)
    asked = [
        answer.ComparisonKey(cf, "", parse_month("2012-11"), 20, 2) for cf in ("CF12b", "CF15")
    ]
    found = [answer.obtain(case, one, lambda _: None) for one in asked]
    assert made == [answer.BaselineKey(parse_month("2012-11"), 20, 2)]
    for one, whole in zip(asked, found, strict=True):
        (alone,) = compare(case, one.counterfactual, runs=20, seed=2, start="2012-11").pairs
        assert whole == found_of(case, alone)


def test_only_what_tells_nothing_is_run_before_a_prediction(case: Case) -> None:
    seen, _ = view.changed(case, view.default(case), {"page": "whatif", "cf": "CF2"})
    assert answer.comparison_of(case, seen) is None
    assert answer.baseline_of(seen) == answer.BaselineKey(seen.origin, seen.runs, seen.seed)
    assert answer.baseline_of(replace(seen, page="simulate")) is None
    assert answer.baseline_of(replace(seen, runs=answer.MOST_KEPT + 1)) is None


@pytest.mark.slow
def test_what_leaves_the_fit_is_said(case: Case) -> None:
    text = 'id = "mine"\n' + question.table(
        {"do": "change_series", "series": "tie_patron", **SERIES, "add": 5.0}
    )
    seen = asked_view(case, own=question.pack(text))
    wanted = answer.comparison_of(case, seen)
    assert wanted is not None
    found = answer.answer(case, answer.obtain(case, wanted, ignore), seen)
    assert "ties to the club's sponsor for Uzbekistan in CST" in found["extrapolation"][0]
    assert "1999-" in found["extrapolation"][0]


def test_who_asks_the_same_waits_for_the_same() -> None:
    made: list[int] = []
    go = threading.Event()

    def work(key: int, progress: RunsDone) -> int:
        made.append(key)
        while not go.wait(0.01):
            progress(0)
        return 2 * key

    desk: Desk[int, int] = Desk(work, keep=2)
    found: list[int] = []
    visitors = [
        threading.Thread(target=lambda: found.append(desk.obtain(4, ignore))) for _ in range(3)
    ]
    for one in visitors:
        one.start()
    go.set()
    for one in visitors:
        one.join(PATIENCE)
    assert (made, found) == ([4], [8, 8, 8])


def test_work_is_dropped_when_nobody_waits_and_done_anew_when_asked_for() -> None:
    ended = threading.Event()
    made: list[int] = []

    def work(key: int, progress: RunsDone) -> int:
        made.append(key)
        if len(made) > 1:
            return key
        try:
            while True:
                time.sleep(0.01)
                progress(0)
        finally:
            ended.set()

    def away(_: int) -> None:
        raise Stopped

    desk: Desk[int, int] = Desk(work, keep=2)
    with pytest.raises(Stopped):
        desk.obtain(1, away)
    assert ended.wait(PATIENCE)
    assert desk.obtain(1, ignore) == 1
    for key in (2, 3, 4):
        desk.obtain(key, ignore)
    assert len(desk._works) == 2


def test_a_failure_is_told_and_does_not_stay() -> None:
    made: list[int] = []

    def work(key: int, progress: RunsDone) -> int:
        made.append(key)
        if len(made) == 1:
            raise ValueError("no such luck")
        return key

    desk: Desk[int, int] = Desk(work, keep=2)
    with pytest.raises(RuntimeError, match="no such luck"):
        desk.obtain(1, ignore)
    assert desk.obtain(1, ignore) == 1


def test_results_are_kept_up_to_a_weight() -> None:
    made: list[int] = []

    def work(key: int, _: RunsDone) -> int:
        made.append(key)
        return key

    desk: Desk[int, int] = Desk(work, keep=10, weigh=lambda found: found)
    for key in (4, 5, 4, 6):
        assert desk.obtain(key, ignore) == key
    assert made == [4, 5, 6]
    assert list(desk._works) == [4, 6], "5 was asked for longest ago"
    desk.obtain(11, ignore)
    assert list(desk._works) == []


def test_who_comes_first_is_first_and_is_told_its_place() -> None:
    turns = Turns(at_once=1)
    order: list[str] = []
    places: dict[str, int] = {}
    began, go = threading.Event(), threading.Event()

    def asks(name: str, rank: int) -> threading.Thread:
        def work() -> None:
            with turns.turn(rank, lambda done: places.setdefault(name, done)):
                order.append(name)
                began.set()
                assert go.wait(PATIENCE)

        visitor = threading.Thread(target=work)
        visitor.start()
        return visitor

    visitors = [asks("first", 0)]
    assert began.wait(PATIENCE)
    for name, rank in (("refined", 1), ("second", 0), ("third", 0)):
        visitors.append(asks(name, rank))
        while name not in places:
            time.sleep(0.01)
    with pytest.raises(Stopped), turns.turn(0, gives_up):
        raise AssertionError("it has no place")
    go.set()
    for one in visitors:
        one.join(PATIENCE)
    assert order == ["first", "second", "third", "refined"]
    assert places == {"first": 0, "refined": -1, "second": -1, "third": -2}


def gives_up(done: int) -> None:
    if done < 0:
        raise Stopped


# ready answers -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_answers_are_written_read_and_used_no_longer_than_they_hold(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "counterfactuals").mkdir()
    (folder / "counterfactuals" / "Q1.toml").write_text(
        'schema = 1\nid = "Q1"\ntitle = "No promise"\n\n[[patch]]\ndo = "change_parameter"\n'
        'parameter = "protection"\nvalue = 0.0\n',
        encoding="utf-8",
    )
    mine = load_case(folder)
    names = list(ready.make(mine, runs=4))
    assert names == ["Q1"]
    (name,) = names
    origin = question.usual_origin(mine, question.library(mine)[name])
    assert ready.has(mine, name, origin, 4, 0)
    assert answer.is_ready(mine, answer.ComparisonKey(name, "", origin, 4, 0))
    (pair,) = compare(mine, name, runs=4, seed=0, start=month_label(origin)).pairs
    assert ready.read(mine, name) == found_of(mine, pair)
    assert json.loads(json.dumps(ready.read(mine, name).clubs)) == found_of(mine, pair).clubs
    # the same file beside another case
    ready._index.cache_clear()
    text = (folder / "parameters.toml").read_text(encoding="utf-8")
    (folder / "parameters.toml").write_text(
        text.replace("mean = 0.5", "mean = 0.6", 1), encoding="utf-8"
    )
    other = load_case(folder)
    assert other.hash != mine.hash
    assert not ready.has(other, name, origin, 4, 0)
    assert "it is of another case or posterior" in caplog.text
    # a file that is cut short
    ready._index.cache_clear()
    whole = (folder / ready.FILE).read_bytes()
    (folder / ready.FILE).write_bytes(whole[:-30])
    assert not ready.has(mine, name, origin, 4, 0)
    assert "it cannot be read" in caplog.text


# the map -------------------------------------------------------------------------------------------


def test_no_border_is_torn_at_the_antimeridian() -> None:
    near = geometry.project(
        np.array([[179.9, 68.0], [-179.9, 68.0], [190.0, 66.0], [-170.0, 66.0]])
    )
    assert np.abs(near[0] - near[1]).max() < 2
    assert np.allclose(near[2], near[3])


def test_every_state_of_the_case_has_a_shape_and_a_place_for_its_name(case: Case) -> None:
    known = {shape.state: shape for shape in geometry.shapes()}
    assert set(case.state_ids) <= set(known)
    low = np.array(geometry.boxes()["wide"][:2])
    high = low + geometry.boxes()["wide"][2:]
    for state in case.state_ids:
        assert (low < known[state].label).all()
        assert (known[state].label < high).all()


def test_crimea_is_drawn_with_ukraine() -> None:
    ukraine = next(shape for shape in geometry.shapes() if shape.state == "UKR")
    russia = next(shape for shape in geometry.shapes() if shape.state == "RUS")
    simferopol = geometry.project(np.array([34.1, 45.0]))
    assert sum(_inside(simferopol, ring) for ring in _rings(ukraine.path)) == 1
    assert not any(_inside(simferopol, ring) for ring in _rings(russia.path))


def _rings(path: str) -> list[np.ndarray]:
    rings = []
    for part in path.split("M")[1:]:
        first, moves = part.rstrip("z").split("l")
        steps = np.array(moves.replace("-", " -").split(), int).reshape(-1, 2)
        rings.append(np.vstack([[0, 0], steps.cumsum(axis=0)]) + np.array(first.split(), int))
    return rings


def _inside(point: np.ndarray, ring: np.ndarray) -> bool:
    a, b = ring, np.roll(ring, -1, axis=0)
    crosses = (a[:, 1] > point[1]) != (b[:, 1] > point[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        at = a[:, 0] + (point[1] - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    return bool((crosses & (point[0] < at)).sum() % 2)


# runs ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_usual_runs_are_made_once_and_cannot_be_changed(case: Case) -> None:
    wish = results.wish_of(view.default(case))
    assert wish is not None
    first, second = (results.obtain(case, wish, ignore) for _ in range(2))
    assert first is second
    with pytest.raises(ValueError, match="read-only"):
        first.status[0] = 0


@pytest.mark.slow
def test_one_run_is_the_same_run_among_many(case: Case) -> None:
    many = results.compute(case, Wish(case.start, 4, 3), ignore)
    one = results.compute(case, Wish(case.start, 1, 3, first_run=2), ignore)
    assert (many.status[2] == one.status[0]).all()
    expected = simulate(case, posterior(case).draws(runs=4, seed=3), seed=3)
    assert (many.status == expected.status).all()


@pytest.mark.slow
def test_a_weight_is_held_in_every_run(case: Case) -> None:
    held = (("patronage", -1.0),)
    changed = results.compute(case, Wish(case.start, 6, 0, held=held), ignore)
    usual = results.compute(case, Wish(case.start, 6, 0), ignore)
    assert (changed.parameters["patronage"] == -1.0).all()
    assert (changed.parameters["contagion"] == usual.parameters["contagion"]).all()
    act = explained.decision(case, "BLR", parse_month("1999-04"), "CST", 0, held)["acts"][0]
    ties = next(bar for bar in act["bars"] if bar["name"] == "ties to the club's sponsor")
    assert ties["low"] == ties["high"]


def test_every_parameter_that_runs_draw_has_a_slider_with_its_reason(case: Case) -> None:
    rows = weights.table(case)
    assert sorted(row["name"] for row in rows) == sorted(case.drawn)
    assert list(dict.fromkeys(row["group"] for row in rows)) == list(weights.GROUPS.values())
    assert all(row["low"] <= row["prior"][0] <= row["high"] and row["reason"] for row in rows)
    assert {row["name"] for row in rows if row["informed"]} == set(case.fitted)
    assert {row["words"] for row in rows} <= set(TERMS.values()), "no name of the code is shown"


@pytest.mark.slow
def test_a_stop_is_heard_between_blocks(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "BLOCK", 2)
    heard: list[int] = []

    def after_two(done: int) -> None:
        heard.append(done)
        if done >= 2:
            raise Stopped

    with pytest.raises(Stopped):
        results.compute(case, Wish(case.start, 8, 0), after_two)
    assert heard == [0, 2]


@pytest.mark.slow
def test_a_visitor_who_leaves_does_not_stop_the_shared_runs(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, compute = threading.Event(), results.compute

    def held(the_case: Case, wish: Wish, progress: RunsDone) -> Any:
        assert go.wait(PATIENCE)
        return compute(the_case, wish, progress)

    def at_once(_: int) -> None:
        raise Stopped

    monkeypatch.setattr(results, "compute", held)
    shared = results.baseline(case)
    with pytest.raises(Stopped):
        shared.get(at_once)
    go.set()
    assert shared.get(ignore).runs == 6


def test_a_failure_of_the_shared_runs_is_told(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(results, "compute", fail)
    with pytest.raises(RuntimeError, match="no room"):
        results.baseline(case).get(ignore)


@pytest.mark.slow
def test_frames_say_what_the_runs_say(case: Case) -> None:
    ensemble = results.compute(case, Wish(parse_month("1998-12"), 5, 0), ignore)
    found = scene.frames(ensemble, "CST")
    s, c = ensemble.index("UZB", "CST")
    at = ensemble.at(parse_month("1999-05"))
    assert json.loads(found["p"])[s][at] == round(100 * ensemble.p_in[at, s, c])
    assert found["start"] == parse_month("1998-12")


@pytest.mark.slow
def test_scores_stand_beside_baselines(case: Case) -> None:
    table = results.scores(results.compute(case, Wish(case.start, 20, 0), ignore), "CST")
    assert list(table["who"])[:3] == ["the model", "frictions alone", "nobody moves"]
    assert list(table.columns[1:]) == ["1994–2012, fitted", "2013–2025, later"]


# a state -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_waterfall_adds_up(case: Case) -> None:
    found = explained.decision(case, "UZB", parse_month("2012-06"), "CST", 0)
    assert found["record"] == ["request suspension (act of the state)"]
    assert {act["act"] for act in found["acts"]} >= {"request_suspension", "withdraw"}
    for act in found["acts"]:
        assert sum(bar["mean"] for bar in act["bars"]) == pytest.approx(
            act["total"]["mean"], abs=0.02
        )


@pytest.mark.parametrize("series", [charts.threats, charts.ties, charts.help_believed])
def test_charts_cover_every_month(case: Case, series: Callable[..., Any]) -> None:
    found = series(case, "ARM")
    assert found
    assert all(len(values) == len(case.months) for values in found.values())


def test_states_that_no_map_has_are_tiles_about_where_they_lie(minimal: Case) -> None:
    named = [("MRT", "a"), ("MLI", "b"), ("BEN", "c"), ("XXA", "d"), ("XXB", "e")]
    found = {shape.state: shape for shape in geometry.tiles(named)}
    assert len({shape.anchor for shape in found.values()}) == len(named)
    at = {state: shape.anchor for state, shape in found.items()}
    assert at["MRT"][0] < at["MLI"][0] < at["BEN"][0]
    assert at["MLI"][1] < at["BEN"][1] < at["XXA"][1] == at["XXB"][1]
    left, top, width, height = geometry.box_of(tuple(found.values()))
    assert all(left < x < left + width and top < y < top + height for x, y in at.values())
    shown = scene.scene(minimal)
    assert shown["tiled"]
    assert shown["background"] == []
    assert all("shape" in state for state in shown["states"])
