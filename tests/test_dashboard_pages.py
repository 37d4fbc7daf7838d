"""The dashboard: components driven by their events, and the server."""

import base64
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tashkent.cli import main
from tashkent.dashboard import (
    answer,
    results,
    server,
    view,
    weights,
)
from tashkent.dashboard.results import Wish
from tashkent.dashboard.shared import RunsDone
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.counterfactual import (
    parse_counterfactual,
)
from tashkent.model.patches.inputs import ChangeParameter
from tests.visitors import PATIENCE, STRUCK, Visitor

pytestmark = pytest.mark.usefixtures("few_runs")


# components ----------------------------------------------------------------------------------------


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    found = Visitor()
    yield found
    found.context.close()


@pytest.mark.slow
def test_the_record_is_shown_until_the_runs_are_there(visitor: Visitor) -> None:
    assert visitor.find("record").record
    visitor.wait(lambda: visitor.find("made").made is not None)
    assert visitor.find("made").made["runs"] == 6
    visitor.wait(lambda: visitor.find("busy").busy is None)
    assert visitor.find("made").show == "ensemble"


@pytest.mark.slow
def test_a_click_opens_the_state(visitor: Visitor) -> None:
    visitor.send("made", "open", {"state": "UZB", "month": "2012-06"})
    visitor.wait(lambda: visitor.find("found").found is not None)
    widget = visitor.find("found")
    assert (widget.state, month_label(widget.month)) == ("UZB", "2012-06")
    assert "page=state" in visitor.find("query").query
    visitor.send("found", "ask", {"state": "GEO"})
    visitor.wait(lambda: visitor.find("found").state == "GEO")


@pytest.mark.slow
def test_reset_keeps_the_seed(visitor: Visitor) -> None:
    visitor.send("busy", "apply", {"seed": "9", "show": "run", "run": "2", "month": "1999-04"})
    visitor.wait(lambda: visitor.find("made").made is not None)
    visitor.wait(lambda: visitor.find("busy").view["month"] == "1999-04")
    visitor.send("busy", "reset")
    visitor.wait(lambda: visitor.find("busy").view["show"] == "ensemble")
    chosen = visitor.find("busy").view
    assert (chosen["seed"], chosen["show"], chosen["month"]) == (9, "ensemble", "1992-05")


def test_a_wrong_wish_is_refused_in_words(visitor: Visitor) -> None:
    visitor.send("busy", "apply", {"start": "1890-01"})
    assert "start lies between" in visitor.find("busy").error


@pytest.mark.slow
def test_stopping_shows_the_record(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "BLOCK", 1)
    visitor.send("busy", "apply", {"runs": "300", "seed": "1"})
    visitor.wait(lambda: bool(visitor.find("busy").busy and visitor.find("busy").busy["done"]))
    visitor.send("busy", "cancel")
    assert visitor.find("busy").view["show"] == "record"
    assert visitor.find("busy").busy is None
    assert "Stopped" in visitor.find("busy").notice


@pytest.mark.slow
def test_a_weight_that_is_moved_during_a_run_counts(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, compute = threading.Event(), results.compute

    def slow_unless_held(case: Case, wish: Wish, progress: RunsDone) -> Any:
        if wish.held:
            return compute(case, wish, progress)
        try:
            while True:
                time.sleep(0.01)
                progress(1)
        finally:
            ended.set()

    monkeypatch.setattr(results, "compute", slow_unless_held)
    visitor.send("busy", "apply", {"seed": "5"})
    visitor.wait(lambda: bool(visitor.find("busy").busy and visitor.find("busy").busy["done"]))
    visitor.send("busy", "apply", {"weights": "patronage:-0.5"})
    visitor.wait(lambda: visitor.find("made").made is not None)
    assert visitor.find("made").held == "Held in every run: ties to the club's sponsor at -0.5."
    assert ended.wait(PATIENCE), "the run that nobody wants any more ends"


def test_what_is_asked_while_the_page_is_busy_is_not_lost(visitor: Visitor) -> None:
    widget = visitor.find("busy")
    with visitor.context.thread_lock:  # as if another thread were at the page
        for asked in ({"seed": "9"}, {"club": "SCO"}):
            widget._handle_event(None, {"event": "apply", "data": asked}, [])
        assert widget.view["club"] == "CST"
    visitor.context.force_update()
    visitor.wait(lambda: visitor.find("busy").view["club"] == "SCO")
    assert visitor.find("busy").view["seed"] == 9


@pytest.mark.slow
def test_visitors_do_not_see_each_other() -> None:
    one, other = Visitor(), Visitor()
    one.send("busy", "apply", {"cf": "CF7"})
    assert "cf=CF2" in other.find("query").query
    one.send("busy", "apply", {"club": "SCO", "show": "record"})
    assert one.find("busy").view["club"] == "SCO"
    assert other.find("busy").view["club"] == "CST"
    one.context.close()
    other.context.close()


@pytest.mark.slow
def test_predict_first(visitor: Visitor) -> None:
    visitor.send("busy", "apply", {"page": "whatif", "cf": "CF1"})
    assert visitor.find("mine").words == ["“Bombs in Tashkent” (1999-02) does not happen."]
    visitor.send("draft", "commit", "UZB:up:80,MDA:none:90")
    visitor.wait(lambda: visitor.find("fitted").given is not None)
    found = visitor.find("fitted").given
    assert found["runs"] == 6
    assert set(found["scored"]) == {"UZB", "MDA"}
    assert "guess" not in visitor.find("most").query, "a link to the question does not give it away"
    visitor.send("most", "ask", {"guess": ""})
    assert visitor.find("draft").draft == {"UZB": ["up", 80], "MDA": ["none", 90]}


@pytest.mark.slow
def test_a_question_is_put_together_and_taken_back(visitor: Visitor) -> None:
    visitor.send("busy", "apply", {"page": "whatif"})
    visitor.send("most", "ask", {"cf": "own"})
    assert visitor.find("most").words == []
    for event in ("E022", "E031"):
        visitor.send("most", "extend", {"do": "strike", "event": event, "state": ""})
    visitor.send("most", "name", "Quiet years")
    widget = visitor.find("most")
    assert (len(widget.words), widget.title) == (2, "Quiet years")
    assert "own=" in widget.query
    one = parse_counterfactual(widget.toml, widget.file)
    assert one.starts == ("1998-12",)
    visitor.send("most", "extend", {"do": "strike", "event": "E999", "state": ""})
    assert "'E999' is not valid" in visitor.find("most").error
    visitor.send("most", "drop", 0)
    visitor.send("most", "drop", 0)
    assert visitor.find("most").words == []
    assert visitor.find("draft").asked is False


@pytest.mark.slow
def test_two_changes_while_the_page_is_busy_are_both_kept(visitor: Visitor) -> None:
    visitor.send("busy", "apply", {"page": "whatif"})
    visitor.send("most", "ask", {"cf": "own"})
    widget = visitor.find("most")
    with visitor.context.thread_lock:  # as if another thread were at the page
        for event in ("E022", "E031"):
            change = {"do": "strike", "event": event, "state": ""}
            widget._handle_event(None, {"event": "extend", "data": change}, [])
        assert widget.words == []
    visitor.context.force_update()
    visitor.wait(lambda: len(visitor.find("most").words) == 2)


@pytest.mark.slow
def test_what_is_held_on_simulate_can_become_a_change_of_ones_question(
    case: Case, visitor: Visitor
) -> None:
    visitor.send("busy", "apply", {"weights": "patronage:-0.5,exit:-5", "show": "record"})
    visitor.send("busy", "apply", {"page": "whatif"})
    widget = visitor.find("most")
    assert widget.held == weights.spoken((("exit", -5.0), ("patronage", -0.5)))
    assert "value" not in widget.toml
    visitor.send("most", "take_over")
    widget = visitor.find("most")
    assert (widget.mine, widget.held, len(widget.words)) == (True, "", 2)
    one = parse_counterfactual(widget.toml, widget.file)
    found = {p.parameter: p.value for p in one.patches if isinstance(p, ChangeParameter)}
    assert found == {"exit": -5.0, "patronage": -0.5}
    visitor.send("most", "extend", {"do": "strike", "event": "E031", "state": ""})
    visitor.send("most", "drop", 0)
    left = visitor.find("most").held
    assert left == weights.spoken((("exit", -5.0),)), "what was taken back can be taken over again"
    visitor.send("most", "take_over")
    assert len(visitor.find("most").words) == 3
    visitor.send("most", "ask", {"cf": "CF1"})
    assert visitor.find("most").held, "a question from the list is asked as it is"


def _file(name: str, content: bytes) -> dict[str, object]:
    """A file as the page sends it."""
    return {"name": name, "bytes": base64.b64encode(content).decode(), "size": len(content)}


@pytest.mark.slow
def test_uploads(visitor: Visitor) -> None:
    visitor.send("busy", "apply", {"page": "whatif"})
    for given, words in (
        (_file("q.txt", STRUCK.encode()), "not a TOML file"),
        ({"name": "q.toml", "bytes": "", "size": 10**6}, "too large"),
        (_file("q.toml", b"id = "), "q.toml, line 1: syntax"),
        (_file("q.toml", b'id = "\xe9"'), "q.toml: byte 6: 'not UTF-8'"),
        (_file("q.toml", STRUCK.encode("utf-16")), "q.toml: encoding: 'UTF-16'"),
    ):
        visitor.send("most", "upload", given)
        assert words in visitor.find("most").error
        assert visitor.find("most").counterfactual == "CF2"
    visitor.send("most", "upload", _file("q.toml", b"\xef\xbb\xbf" + STRUCK.encode()))
    widget = visitor.find("most")
    assert (widget.error, widget.mine, len(widget.words)) == ("", True, 1)


@pytest.mark.slow
def test_a_comparison_can_be_stopped(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def slow(_case: object, _asked: object, progress: RunsDone) -> None:
        try:
            while True:
                time.sleep(0.01)
                progress(1)
        finally:
            ended.set()

    monkeypatch.setattr(answer, "_compare", slow)
    visitor.send("busy", "apply", {"page": "whatif", "guess": "UZB:up:80"})
    visitor.wait(lambda: bool(visitor.find("fitted").busy and visitor.find("fitted").busy["done"]))
    visitor.send("busy", "cancel")
    assert visitor.find("draft").draft == {"UZB": ["up", 80]}
    assert ended.wait(PATIENCE), "nobody waits, so the work ends"


@pytest.mark.slow
def test_a_comparison_that_fails_says_so(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no such luck")

    monkeypatch.setattr(answer, "_compare", fail)
    visitor.send("busy", "apply", {"page": "whatif", "guess": "UZB:up:80"})
    visitor.wait(lambda: visitor.find("fitted").error != "")
    assert visitor.find("fitted").error == "The comparison failed: no such luck"


@pytest.mark.slow
def test_a_setting_that_changes_during_a_comparison_counts(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, quick = threading.Event(), answer._compare

    def slow_at_first(the_case: Case, asked: answer.ComparisonKey, progress: RunsDone) -> Any:
        if asked.seed == 4:
            return quick(the_case, asked, progress)
        try:
            while True:
                time.sleep(0.01)
                progress(1)
        finally:
            ended.set()

    monkeypatch.setattr(answer, "_compare", slow_at_first)
    visitor.send("busy", "apply", {"page": "whatif", "cf": "CF12b", "guess": "UZB:up:80"})
    visitor.wait(lambda: bool(visitor.find("fitted").busy))
    visitor.send("most", "ask", {"seed": "4"})
    visitor.wait(lambda: visitor.find("fitted").given is not None)
    assert visitor.find("fitted").given["seed"] == 4
    assert ended.wait(PATIENCE), "what nobody waits for any more ends"


@pytest.mark.slow
def test_a_first_answer_of_few_runs_is_refined(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, quick = threading.Event(), answer._compare

    def waits(the_case: Case, asked: answer.ComparisonKey, progress: RunsDone) -> Any:
        while asked.runs > 2 and not go.wait(0.01):
            progress(-3)
        return quick(the_case, asked, progress)

    monkeypatch.setattr(answer, "FIRST", 2)
    monkeypatch.setattr(answer, "_compare", waits)
    visitor.send("busy", "apply", {"page": "whatif", "cf": "CF12b", "guess": "UZB:up:80"})
    visitor.wait(lambda: "3 questions" in (visitor.find("fitted").busy or {"words": ""})["words"])
    shown = visitor.find("fitted")
    assert shown.busy["words"] == "A first answer, of 2 runs; waiting: 3 questions come first"
    assert shown.given["runs"] == 2
    go.set()
    visitor.wait(lambda: visitor.find("fitted").busy is None)
    assert visitor.find("fitted").given["runs"] == 6


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (-2, "Waiting: 2 questions come first"),
        (-1, "Waiting: next in the queue"),
        (0, "Begins"),
        (75, "75 of 300 paired runs"),
    ],
)
def test_the_place_in_the_queue_is_told(done: int, words: str) -> None:
    assert answer.told_of(done, 300, None) == words


@pytest.mark.slow
def test_visitors_at_once_each_get_their_own() -> None:
    visitors = [Visitor() for _ in range(6)]
    names = ("CF11", "CF12b", "CF15")
    for i, one in enumerate(visitors):
        asked = {"page": "whatif", "cf": names[i % 3], "guess": f"UZB:up:{50 + 5 * i}"}
        one.send("busy", "apply", asked)
    for i, one in enumerate(visitors):
        one.wait(lambda one=one: one.find("fitted").given is not None)  # type: ignore[misc]
        widget = one.find("fitted")
        assert widget.given["scored"]["UZB"]["confidence"] == 50 + 5 * i
        assert (one.find("most").counterfactual, widget.error) == (names[i % 3], "")
        one.context.close()


# the server ----------------------------------------------------------------------------------------


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


@pytest.mark.slow
def test_the_first_question_finds_the_world_as_it_was(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[answer.BaselineKey] = []
    ready = threading.Event()
    run = answer._run

    def counted(case: Case, before: answer.BaselineKey, progress: RunsDone) -> Any:
        made.append(before)
        found = run(case, before, progress)
        ready.set()
        return found

    monkeypatch.setattr(answer, "_run", counted)
    results.warm()
    assert ready.wait(PATIENCE), "it is run before anybody asks"
    seen, _ = view.changed(
        results.the_case(), view.default(case), {"page": "whatif", "guess": "UZB:up:80"}
    )
    asked = answer.comparison_of(results.the_case(), seen)
    assert asked is not None
    answer.obtain(results.the_case(), asked, lambda _: None)
    assert made == [answer.BaselineKey(seen.origin, seen.runs, seen.seed)]


@pytest.mark.parametrize(
    ("options", "host"), [((), "127.0.0.1"), (("--host", "0.0.0.0"), "0.0.0.0")]
)
def test_only_this_machine_is_served_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], host: str
) -> None:
    served: list[str] = []
    monkeypatch.setattr(server, "check", lambda host, port: None)
    monkeypatch.setattr(server, "serve", lambda host, port, **_: served.append(host))
    monkeypatch.setattr("sys.argv", ["tashkent", "app", "--no-open", *options])
    with pytest.raises(SystemExit):
        main()
    assert served == [host]
