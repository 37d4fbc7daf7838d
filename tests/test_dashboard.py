"""The dashboard without a browser: addresses, the map, shared runs, and components driven by their events."""

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
import solara

from tashkent.calibration.posterior import posterior
from tashkent.cli import main
from tashkent.dashboard import (
    answer,
    changes,
    charts,
    explained,
    geometry,
    question,
    results,
    scene,
    server,
    view,
    weights,
)
from tashkent.dashboard.page import Page
from tashkent.dashboard.results import Wish
from tashkent.dashboard.shared import Desk, RunsDone, Stopped
from tashkent.experiments.compare import compare
from tashkent.experiments.effect import Z
from tashkent.model.case import Case
from tashkent.model.clock import month_label, parse_month
from tashkent.model.counterfactual import (
    Counterfactual,
    parse_counterfactual,
    shipped_counterfactuals,
)
from tashkent.model.errors import InputError
from tashkent.model.patches.acts import Answer, Forbid, Force, Propose
from tashkent.model.patches.events import AddEvent, FlipEvent, MoveEvent, RemoveEvent, RescaleEvent
from tashkent.model.patches.inputs import ChangeParameter, ChangeSeries
from tashkent.model.patches.kinds import PATCHES
from tashkent.model.patches.law import (
    AddStatute,
    ChangeStatute,
    CloseClub,
    OpenClub,
    ReadOtherwise,
    RemoveClub,
    RemoveStatute,
)
from tashkent.model.patches.patch import Patch
from tashkent.model.simulate import simulate
from tashkent.model.words import TERMS

#: seconds after which what never came is missed, on a machine however slow
PATIENCE = 60


@pytest.fixture(autouse=True)
def few_runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A baseline that is quickly there, made anew for each test."""
    monkeypatch.setattr(view, "RUNS", 6)
    results._baseline.cache_clear()
    answer._desk.cache_clear()
    answer._worlds.cache_clear()
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
        ("weights=exit:99", "exit is a number from "),
        ("weights=patronage:99", 'patronage is a number from -2 to 4, not "99"'),
        ("weights=patronage:nan", 'not "nan"'),
        ("cf=CF99", 'There is no question "CF99" here: CF1,'),
        ("own=1.abc", "the question in this link is damaged"),
        ("from=2025-12", "from lies between"),
        ("by=1992-05", "by lies between"),
        ("guess=RUS:up:80", 'There is no state "RUS" here'),
        ("guess=UZB:sideways:80", "A direction is up, none, down"),
        ("guess=UZB:up:101", "A confidence is a whole number from 50 to 100"),
    ],
)
def test_what_cannot_be_had_is_said(case: Case, asked: str, words: str) -> None:
    found, (complaint,) = view.from_query(case, asked)
    assert words in complaint
    assert found == view.default(case)


def test_reset_keeps_case_question_seed_and_club(case: Case) -> None:
    seen = replace(view.default(case), seed=5, club="SCO", month=case.end, runs=9, show="run")
    assert seen.reset(case) == replace(view.default(case), seed=5, club="SCO")
    asked, _ = view.changed(case, seen, {"cf": "CF7", "from": "1992-05", "guess": "UZB:up:80"})
    again = asked.reset(case)
    assert (again.counterfactual, again.seed, again.guess) == ("CF7", 5, ())
    assert month_label(again.origin) == "2001-08"


def test_another_question_asks_for_another_prediction(case: Case) -> None:
    seen, _ = view.changed(case, view.default(case), {"guess": "UZB:up:80"})
    assert seen.guess == (("UZB", "up", 80),)
    for change in ({"cf": "CF2"}, {"from": "1992-05"}, {"by": "2005-12"}, {"club": "SCO"}):
        assert view.changed(case, seen, change)[0].guess == ()
    for change in ({"seed": "4"}, {"page": "state"}, {"month": "2001-01"}):
        assert view.changed(case, seen, change)[0].guess == seen.guess


# questions -----------------------------------------------------------------------------------------

DAY = date(1999, 1, 1)
SERIES: dict[str, Any] = {"states": ("UZB",), "first_year": 1999, "last_year": 2005}
STRUCK = 'id = "mine"\n\n[[patch]]\ndo = "remove_event"\nevent = "E022"\n'


def test_a_link_holds_a_question_of_ones_own(case: Case) -> None:
    packed = question.pack(STRUCK)
    assert len(packed) < 80
    asked = {"page": "whatif", "own": packed, "from": "1996-12", "guess": "UZB:up:80,TJK:none:55"}
    seen, complaints = view.changed(case, view.default(case), asked)
    assert not complaints
    assert (seen.counterfactual, month_label(seen.origin)) == (question.OWN, "1996-12")
    assert view.from_query(case, seen.query()) == (seen, ())
    assert view.from_query(case, replace(seen, page="simulate").query())[0].own == seen.own
    assert view.from_query(case, seen.question_query()) == (seen, ())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda link: link[:-3],
        lambda link: link + "AAAA",
        lambda link: "2" + link[1:],
        lambda link: link[:8] + ("A" if link[8] != "A" else "B") + link[9:],
        lambda link: link.replace("1.", "1.!"),
        lambda link: link + "A" * 10_000,
    ],
)
def test_a_damaged_link_is_refused(spoil: Callable[[str], str]) -> None:
    with pytest.raises(ValueError, match="damaged"):
        question.unpack(spoil(question.pack(STRUCK)))


def test_a_link_that_swells_is_refused() -> None:
    with pytest.raises(ValueError, match="damaged"):
        question.unpack(question.pack("#" * 1_000_000))


def test_a_question_is_written_as_it_was_read(case: Case) -> None:
    odd = 'a "quote", a \\, ü and \x7f'
    patches = (
        AddEvent(event="x", date=DAY, label=odd, states=("UZB",), kind="offer", about="insurgency", sign=-1),
        ChangeStatute(statute="CST-11-exit", set={"notice_months": 12, "settlement": False}, drop=("until",)),
        ChangeSeries(series="tie_patron", states=("UZB",), first_year=1999, last_year=2001, scale=0.5),
    )  # fmt: skip
    one = Counterfactual(id="mine", title=odd, patches=patches)
    for given in (one, *shipped_counterfactuals(case)):
        assert parse_counterfactual(question.written(given), "x") == given


def test_every_shipped_question_is_told_in_words(case: Case) -> None:
    for one in shipped_counterfactuals(case):
        words = changes.changes(case, one)
        assert len(words) == len(one.patches)
        assert all(line[0].isupper() or line[0] == "“" for line in words)
        assert not any("_" in line for line in words)


@pytest.mark.parametrize("name", PATCHES)
def test_every_kind_of_patch_has_words_of_its_own(case: Case, name: str) -> None:
    patches: dict[str, Patch] = {
        "remove_event": RemoveEvent(event="E031"),
        "flip_event": FlipEvent(event="E031"),
        "rescale_event": RescaleEvent(event="E031", factor=2),
        "move_event": MoveEvent(event="E031", date=DAY),
        "add_event": AddEvent(event="x", date=DAY, label="x", states=("UZB",), kind="tie", about="west", sign=1),
        "remove_statute": RemoveStatute(statute="CST-11-term"),
        "change_statute": ChangeStatute(statute="CST-11-exit", set={"notice_months": 12}),
        "read_otherwise": ReadOtherwise(statute="CST-11-term"),
        "add_statute": AddStatute(statute={"id": "x", "club": "CST", "kind": "withdrawal", "notice_months": 3}),
        "open_club": OpenClub(club="PFP", states=("TJK",), **{"from": DAY}),
        "close_club": CloseClub(club="PFP", states=("TJK",)),
        "remove_club": RemoveClub(club="GUAM"),
        "change_series": ChangeSeries(**SERIES, partners=("KAZ",), series="bond", set=1),
        "forbid": Forbid(states=("UZB",), club="CST", act="withdraw", **{"from": "1999-01"}, until="1999-12"),
        "force": Force(states=("UZB",), club="CST", act="renew", **{"from": "1999-01"}, until="1999-12"),
        "propose": Propose(states=("UZB",), club="CST", act="expel", **{"from": "1999-01"}, until="1999-12"),
        "answer": Answer(date=DAY, state="KGZ", need="external", grant=True),
        "change_parameter": ChangeParameter(parameter="patronage", value=0),
    }  # fmt: skip
    words = changes.said(case, patches[name])
    assert words != f"{name.replace('_', ' ').capitalize()}."
    assert words.endswith(".")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"do": "strike", "event": "E022", "state": ""}, "does not happen."),
        ({"do": "strike", "event": "E022", "state": "UZB"}, "for Uzbekistan."),
        ({"do": "move", "event": "E020", "date": "1999-09-27"}, "happens on 1999-09-27."),
        (
            {"do": "rule", "rule": "CST-11-term.renewal", "value": "automatic"},
            "who does nothing stays in.",
        ),
        ({"do": "rule", "rule": "CSTO-20-sanction.majority", "value": True}, "by a majority"),
        ({"do": "rule", "rule": "CST-11-exit.notice_months", "value": 24}, "notice: 24."),
        ({"do": "rule", "rule": "CSTO-2012-restoration.price", "value": "gap"}, "back at once"),
        (
            {"do": "offer", "state": "UZB", "threat": "insurgency", "date": "1999-01-01"},
            "“Others offer help” on 1999-01-01",
        ),
        ({"do": "open", "club": "PFP", "state": "TJK", "date": "1996-01-01"}, "PFP opens to"),
        (
            {
                "do": "tie",
                "sponsor": "patron",
                "state": "UZB",
                "add": 1,
                "first": 1999,
                "last": 2005,
            },
            "the tie to Russia is 1 standard deviations higher, 1999 to 2005.",
        ),
        ({"do": "weight", "weight": "patronage", "value": 0.5}, "counts 0.5 in every run."),
    ],
)
def test_what_is_put_together_becomes_a_question(case: Case, change: Any, words: str) -> None:
    text = 'id = "mine"\n' + question.table(changes.patch_of(case, change))
    one = question.read(case, text, "mine.toml")
    assert words in changes.changes(case, one)[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"do": "conquer"}, "allowed: strike, move"),
        ({"do": "move", "event": "E020", "date": "soon"}, "a day, as YYYY-MM-DD"),
        ({"do": "rule", "rule": "CST-11-exit.notice_months", "value": "x"}, "a number"),
        ({"do": "rule", "rule": "CST-11-term.text", "value": "x"}, "a rule of the list"),
        ({"do": "weight", "weight": "patronage", "value": 99}, "a number from -2 to 4"),
        ({"do": "strike", "event": "x" * 200}, "a short text"),
    ],
)
def test_what_cannot_be_put_together_is_said(case: Case, change: Any, words: str) -> None:
    with pytest.raises(InputError, match="What if") as refused:
        changes.patch_of(case, change)
    assert words in str(refused.value)


def test_every_choice_is_one_that_the_case_takes(case: Case) -> None:
    offered = changes.choices(case)
    for rule in offered["rules"]:
        for option in rule.get("options", ()):
            change = {"do": "rule", "rule": rule["id"], "value": option["value"]}
            text = 'id = "mine"\n' + question.table(changes.patch_of(case, change))
            if option["value"] != rule["now"]:
                question.read(case, text, "mine.toml")
    for event in offered["events"]:
        RemoveEvent(event=event["id"], states=event["states"][:1]).change(case)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id = ", "line 1: syntax"),
        ('id = "m"\npatch = 3', "line 2: patch: 3 is not valid"),
        ('id = "m"\n\n[[patch]]\ndo = "remove_evnt"\n', "line 4: patch 1.do: 'remove_evnt'"),
        ('id = "m"\n\n[[patch]]\ndo = "remove_event"\nevent = "E999"', "line 5: patch 1"),
        (STRUCK + '\n[[patch]]\ndo = "remove_event"\nevnt = "E031"', "line 9: patch 2"),
        (STRUCK + '[[outcome]]\nstate = "UZB"\nclub = "CST"\n', "line 6: counterfactual.outcome.0"),
        (STRUCK.replace('"mine"', '"mine"\ntitel = "x"'), "line 2: counterfactual.titel"),
        (STRUCK + "#" * 20_000, "at most 16,000"),
        ('id = "m"\n' + '[[patch]]\ndo = "remove_event"\nevent = "E022"\n' * 50, "at most 40"),
        ("[" * 3000, "at most 32 tables"),
        (
            'id = "m"\n[[patch]]\ndo = "move_event"\nevent = "E037"\ndate = 9999-12-31\n',
            "line 5: patch 1 (move_event): date: '9999-12-31' is not valid",
        ),
    ],
)
def test_a_bad_file_is_refused_with_line_and_key(case: Case, text: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        question.read(case, text, "m.toml")
    assert words in question.complaint(refused.value, text)
    assert question.complaint(refused.value, text).startswith("m.toml, line ")


# what the model finds ------------------------------------------------------------------------------


def asked_view(case: Case, **asked: str) -> view.View:
    wanted = {"page": "whatif", "runs": "20", "guess": "UZB:up:80,GEO:none:60", **asked}
    seen, complaints = view.changed(case, view.default(case), wanted)
    assert not complaints
    return seen


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
        assert series["low"][i][at] == pytest.approx(table["posterior_low"][state], abs=1e-4)
    se = float(pair.effect.se[at, case.state_ids.index("UZB"), 0])
    up = table["change"]["UZB"] - Z * se > 0
    assert found["scored"]["UZB"]["right"] == up
    assert found["scored"]["UZB"]["brier"] == pytest.approx(0.04 if up else 0.64)
    assert "inputs differ from 1999-01 on" in found["course"][0]


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
    asked = [answer.ComparisonKey(cf, "", parse_month("1998-12"), 20, 2) for cf in ("CF1", "CF2")]
    pairs = [answer.obtain(case, one, lambda _: None) for one in asked]
    assert made == [answer.BaselineKey(parse_month("1998-12"), 20, 2)]
    for one, pair in zip(asked, pairs, strict=True):
        (alone,) = compare(case, one.counterfactual, runs=20, seed=2, start="1998-12").pairs
        np.testing.assert_array_equal(pair.counts.by_draw, alone.counts.by_draw)


def test_only_what_tells_nothing_is_run_before_a_prediction(case: Case) -> None:
    seen, _ = view.changed(case, view.default(case), {"page": "whatif", "cf": "CF2"})
    assert answer.comparison_of(case, seen) is None
    assert answer.baseline_of(seen) == answer.BaselineKey(seen.origin, seen.runs, seen.seed)
    assert answer.baseline_of(replace(seen, page="simulate")) is None
    assert answer.baseline_of(replace(seen, runs=answer.MOST_KEPT + 1)) is None


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


def test_every_parameter_that_runs_draw_has_a_slider_with_its_reason(case: Case) -> None:
    rows = weights.table(case)
    assert sorted(row["name"] for row in rows) == sorted(case.drawn)
    assert list(dict.fromkeys(row["group"] for row in rows)) == list(weights.GROUPS.values())
    assert all(row["low"] <= row["prior"][0] <= row["high"] and row["reason"] for row in rows)
    assert {row["name"] for row in rows if row["informed"]} == set(case.fitted)
    assert {row["words"] for row in rows} <= set(TERMS.values()), "no name of the code is shown"


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


def test_frames_say_what_the_runs_say(case: Case) -> None:
    ensemble = results.compute(case, Wish(parse_month("1998-12"), 5, 0), ignore)
    found = scene.frames(ensemble, "CST")
    s, c = ensemble.index("UZB", "CST")
    at = ensemble.at(parse_month("1999-05"))
    assert json.loads(found["p"])[s][at] == round(100 * ensemble.p_in[at, s, c])
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
        for _ in range(20 * PATIENCE):
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
        """What the page sends when something is clicked; then until it is shown."""
        self.find(prop)._handle_event(None, {"event": event, "data": value}, [])
        self.wait(self.shown)

    def shown(self) -> bool:
        """Nothing is left to be shown: while a thread that runs something is at the page, that thread does it."""
        page = self.context
        return not (page.thread_lock.locked() or page._rerender_needed or page._is_rendering)

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until it is so."""
        for _ in range(20 * PATIENCE):
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
    visitor.send("busy", "apply", {"weights": "patronage:-1"})
    visitor.wait(lambda: visitor.find("made").made is not None)
    assert visitor.find("made").held == "Held in every run: ties to the club's sponsor at -1."
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


def test_visitors_do_not_see_each_other() -> None:
    one, other = Visitor(), Visitor()
    one.send("busy", "apply", {"cf": "CF7"})
    assert "cf=CF1" in other.find("query").query
    one.send("busy", "apply", {"club": "SCO", "show": "record"})
    assert one.find("busy").view["club"] == "SCO"
    assert other.find("busy").view["club"] == "CST"
    one.context.close()
    other.context.close()


@pytest.mark.slow
def test_predict_first(visitor: Visitor) -> None:
    visitor.send("busy", "apply", {"page": "whatif"})
    assert visitor.find("words").words == ["“Bombs in Tashkent” (1999-02) does not happen."]
    visitor.send("draft", "commit", "UZB:up:80,MDA:none:90")
    visitor.wait(lambda: visitor.find("fitted").given is not None)
    found = visitor.find("fitted").given
    assert found["runs"] == 6
    assert set(found["scored"]) == {"UZB", "MDA"}
    assert "guess" not in visitor.find("most").query, "a link to the question does not give it away"
    visitor.send("most", "ask", {"guess": ""})
    assert visitor.find("draft").draft == {"UZB": ["up", 80], "MDA": ["none", 90]}


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


def test_what_is_held_on_simulate_can_become_a_change_of_ones_question(
    case: Case, visitor: Visitor
) -> None:
    visitor.send("busy", "apply", {"weights": "patronage:-1,exit:-5", "show": "record"})
    visitor.send("busy", "apply", {"page": "whatif"})
    widget = visitor.find("most")
    assert widget.held == weights.spoken((("exit", -5.0), ("patronage", -1.0)))
    assert "value" not in widget.toml
    visitor.send("most", "take_over")
    widget = visitor.find("most")
    assert (widget.mine, widget.held, len(widget.words)) == (True, "", 2)
    one = parse_counterfactual(widget.toml, widget.file)
    found = {p.parameter: p.value for p in one.patches if isinstance(p, ChangeParameter)}
    assert found == {"exit": -5.0, "patronage": -1.0}
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
        assert visitor.find("most").counterfactual == "CF1"
    visitor.send("most", "upload", _file("q.toml", b"\xef\xbb\xbf" + STRUCK.encode()))
    widget = visitor.find("most")
    assert (widget.error, widget.mine, len(widget.words)) == ("", True, 1)


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
    visitor.send("busy", "apply", {"page": "whatif", "guess": "UZB:up:80"})
    visitor.wait(lambda: bool(visitor.find("fitted").busy))
    visitor.send("most", "ask", {"seed": "4"})
    visitor.wait(lambda: visitor.find("fitted").given is not None)
    assert visitor.find("fitted").given["seed"] == 4
    assert ended.wait(PATIENCE), "what nobody waits for any more ends"


@pytest.mark.slow
def test_ten_visitors_at_once_each_get_their_own() -> None:
    visitors = [Visitor() for _ in range(10)]
    names = ("CF2", "CF6", "CF7")
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
    monkeypatch.setattr(server, "serve", lambda host, port, *, show: served.append(host))
    monkeypatch.setattr("sys.argv", ["tashkent", "app", "--no-open", *options])
    with pytest.raises(SystemExit):
        main()
    assert served == [host]
