"""The dashboard without a browser: addresses, the map, shared runs, and components driven by their events."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import solara

from calibration.posterior import posterior
from dashboard import charts, explained, geometry, results, scene, server, view, weights
from dashboard.page import Page
from dashboard.results import Stopped, Wish
from model.case import Case
from model.clock import month_label, parse_month
from model.simulate import simulate
from tashkent.cli import main


@pytest.fixture(autouse=True)
def few_runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A baseline that is quickly there, made anew for each test."""
    monkeypatch.setattr(view, "RUNS", 6)
    results._baseline.cache_clear()
    yield
    results._baseline.cache_clear()


# addresses -----------------------------------------------------------------------------------------


def test_a_link_leads_back_to_the_view(case: Case) -> None:
    seen = replace(
        view.default(case),
        page="state",
        club="GUAM",
        show="run",
        start=parse_month("1998-12"),
        run=4,
        seed=11,
        month=parse_month("1999-04"),
        state="GEO",
        weights=(("contagion", 0.0), ("patronage", 1.5)),
        present=True,
    )
    assert view.from_query(case, seen.query()) == (seen, ())


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("club=NATO", 'There is no club "NATO" here: CST, GUAM, SCO, PFP.'),
        ("state=RUS", 'There is no state "RUS" here'),
        ("runs=0", "runs is a whole number from 1 to 2,000"),
        ("runs=1000000", "runs is a whole number from 1 to 2,000"),
        ("seed=x", 'not "x"'),
        ("month=1999", "a month is written YYYY-MM"),
        ("month=2040-01", "month lies between 1992-05 and 2025-12"),
        ("start=2025-12", "start lies between"),
        ("weights=patronag:1", 'There is no weight "patronag" here'),
        ("weights=patronage:99", 'patronage is a number from -2 to 4, not "99"'),
        ("weights=patronage:nan", 'not "nan"'),
    ],
)
def test_what_cannot_be_had_is_said(case: Case, asked: str, words: str) -> None:
    found, (complaint,) = view.from_query(case, asked)
    assert words.replace(" and ", " to ") in complaint or words in complaint
    assert found == view.default(case)


def test_reset_keeps_case_seed_and_club(case: Case) -> None:
    seen = replace(view.default(case), seed=5, club="SCO", month=case.end, runs=9, show="run")
    assert seen.reset(case) == replace(view.default(case), seed=5, club="SCO")


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


def ignore(_: int) -> None:
    """Nobody watches."""


def test_the_usual_runs_are_made_once_and_cannot_be_changed(case: Case) -> None:
    wish = results.wish_of(view.default(case))
    assert wish is not None
    first, second = (results.obtain(case, wish, ignore) for _ in range(2))
    assert first is second
    with pytest.raises(ValueError, match="read-only"):
        first.status[0] = 0


def test_one_run_is_the_same_run_among_many(case: Case) -> None:
    many = results.compute(case, Wish(case.start, 4, 3), ignore)
    one = results.compute(case, Wish(case.start, 1, 3, first_run=2), ignore)
    assert (many.status[2] == one.status[0]).all()
    expected = simulate(case, posterior(case).draws(runs=4, seed=3), seed=3)
    assert (many.status == expected.status).all()


def test_a_weight_is_held_in_every_run(case: Case) -> None:
    held = (("patronage", -1.0),)
    changed = results.compute(case, Wish(case.start, 6, 0, held=held), ignore)
    usual = results.compute(case, Wish(case.start, 6, 0), ignore)
    assert (changed.parameters["patronage"] == -1.0).all()
    assert (changed.parameters["contagion"] == usual.parameters["contagion"]).all()
    act = explained.decision(case, "BLR", parse_month("1999-04"), "CST", 0, held)["acts"][0]
    ties = next(bar for bar in act["bars"] if bar["name"] == "ties to the club's sponsor")
    assert ties["low"] == ties["high"]


def test_every_weight_has_a_slider_with_its_reason(case: Case) -> None:
    rows = weights.table(case)
    assert [row["name"] for row in rows] == list(case.role("weight"))
    assert all(row["low"] <= row["prior"][0] <= row["high"] and row["reason"] for row in rows)


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


def test_a_visitor_who_leaves_does_not_stop_the_shared_runs(case: Case) -> None:
    shared = results.baseline(case)

    def at_once(_: int) -> None:
        raise Stopped

    if not shared._ready.is_set():
        with pytest.raises(Stopped):
            shared.get(at_once)
    assert shared.get(ignore).runs == 6


def test_a_failure_of_the_shared_runs_is_told(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(results, "compute", fail)
    with pytest.raises(RuntimeError, match="no room"):
        results.baseline(case).get(ignore)


def test_frames_say_what_the_runs_say(case: Case) -> None:
    ensemble = results.compute(case, Wish(parse_month("1998-12"), 5, 0), ignore)
    found = scene.frames(ensemble, "CST")
    s, c = ensemble.index("UZB", "CST")
    at = ensemble.at(parse_month("1999-05"))
    assert found["p"][s][at] == round(100 * ensemble.p_in[at, s, c])
    assert found["start"] == parse_month("1998-12")


def test_scores_stand_beside_baselines(case: Case) -> None:
    table = results.scores(results.compute(case, Wish(case.start, 20, 0), ignore), "CST")
    assert list(table["who"])[:2] == ["the model", "nobody moves"]
    assert list(table.columns[1:]) == ["1994–2012, fitted", "2013–2025, later"]


# a state -------------------------------------------------------------------------------------------


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


# components ----------------------------------------------------------------------------------------


class Visitor:
    """A page without a browser."""

    def __init__(self) -> None:
        self.box, self.context = solara.render(Page(), handle_error=False)

    def find(self, prop: str) -> Any:
        """The widget that has a property, once there is one."""
        for _ in range(200):
            for widget in self._below(self.box):
                if widget.has_trait(prop):
                    return widget
            time.sleep(0.05)
        raise AssertionError(f"no widget with {prop}")

    def _below(self, widget: Any) -> Iterator[Any]:
        yield widget
        for child in getattr(widget, "children", ()):
            if not isinstance(child, str):
                yield from self._below(child)

    def send(self, prop: str, event: str, value: Any = None) -> None:
        """What the page sends when something is clicked."""
        self.find(prop)._handle_event(None, {"event": event, "data": value}, [])

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until it is so."""
        for _ in range(200):
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError("it never came to be")


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    found = Visitor()
    yield found
    found.context.close()


def test_the_record_is_shown_until_the_runs_are_there(visitor: Visitor) -> None:
    assert visitor.find("record").record
    visitor.wait(lambda: visitor.find("frames").frames is not None)
    assert visitor.find("frames").frames["runs"] == 6
    visitor.wait(lambda: visitor.find("busy").busy is None)
    assert visitor.find("frames").show == "ensemble"


def test_a_click_opens_the_state(visitor: Visitor) -> None:
    visitor.send("frames", "open", {"state": "UZB", "month": "2012-06"})
    visitor.wait(lambda: visitor.find("found").found is not None)
    widget = visitor.find("found")
    assert (widget.state, month_label(widget.month)) == ("UZB", "2012-06")
    assert "page=state" in visitor.find("query").query
    visitor.send("found", "ask", {"state": "GEO"})
    visitor.wait(lambda: visitor.find("found").state == "GEO")


def test_reset_keeps_the_seed(visitor: Visitor) -> None:
    visitor.send("busy", "apply", {"seed": "9", "show": "run", "run": "2", "month": "1999-04"})
    visitor.wait(lambda: visitor.find("frames").frames is not None)
    visitor.wait(lambda: visitor.find("busy").view["month"] == "1999-04")
    visitor.send("busy", "reset")
    visitor.wait(lambda: visitor.find("busy").view["show"] == "ensemble")
    chosen = visitor.find("busy").view
    assert (chosen["seed"], chosen["show"], chosen["month"]) == (9, "ensemble", "1992-05")


def test_a_wrong_wish_is_refused_in_words(visitor: Visitor) -> None:
    visitor.send("busy", "apply", {"start": "1890-01"})
    assert "start lies between" in visitor.find("busy").error


def test_stopping_shows_the_record(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "BLOCK", 1)
    visitor.send("busy", "apply", {"runs": "300", "seed": "1"})
    visitor.wait(lambda: bool(visitor.find("busy").busy and visitor.find("busy").busy["done"]))
    before = time.monotonic()
    visitor.send("busy", "cancel")
    assert visitor.find("busy").view["show"] == "record"
    assert visitor.find("busy").busy is None
    assert time.monotonic() - before < 2
    assert "Stopped" in visitor.find("busy").notice


def test_visitors_do_not_see_each_other() -> None:
    one, other = Visitor(), Visitor()
    one.send("busy", "apply", {"club": "SCO", "show": "record"})
    assert one.find("busy").view["club"] == "SCO"
    assert other.find("busy").view["club"] == "CST"
    one.context.close()
    other.context.close()


# the server ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "let_in"),
    [(None, True), ("http://room:8765", True), ("http://elsewhere.example", False)],
)
def test_a_foreign_page_opens_no_socket(origin: str | None, let_in: bool) -> None:
    headers = [(b"host", b"room:8765")]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    assert server._same_origin({"headers": headers}) == let_in


def test_an_address_that_is_taken_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        monkeypatch.setattr("sys.argv", ["tashkent", "app", "--no-open", "--port", port])
        with pytest.raises(SystemExit) as stopped:
            main()
    assert stopped.value.code == 2
    assert f"127.0.0.1:{port} cannot be served" in capsys.readouterr().err


def test_the_baseline_is_made_in_the_background(case: Case) -> None:
    shared = results.baseline(case)
    assert shared._thread is not threading.current_thread()
    assert shared._thread.daemon
