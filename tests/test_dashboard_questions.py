"""The dashboard: addresses, and questions that a visitor asks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tashkent.dashboard import (
    changes,
    question,
    view,
)
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
from tashkent.model.patches.words import in_words
from tests.visitors import SERIES, STRUCK

pytestmark = pytest.mark.usefixtures("few_runs")


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
        later=False,
    )
    assert view.from_query(case, seen.query()) == (seen, ())


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("club=NATO", 'There is no club "NATO" here: CST, GUAM, SCO, PFP, BASES.'),
        ("state=RUS", 'There is no state "RUS" here'),
        ("runs=0", "runs is a whole number from 1 to 2,000"),
        ("runs=1000000", "runs is a whole number from 1 to 2,000"),
        ("seed=x", 'not "x"'),
        ("month=1999", "a month is written YYYY-MM"),
        ("month=2040-01", "month lies between 1992-05 and 2025-12"),
        ("start=2025-12", "start lies between"),
        ("weights=patronag:1", 'There is no weight "patronag" here'),
        ("weights=exit:99", "exit is a number from "),
        ("weights=patronage:99", 'patronage is a number from -0.5 to 2.5, not "99"'),
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
    for change in ({"cf": "CF1"}, {"from": "1992-05"}, {"by": "2005-12"}, {"club": "SCO"}):
        assert view.changed(case, seen, change)[0].guess == ()
    for change in ({"seed": "4"}, {"page": "state"}, {"month": "2001-01"}):
        assert view.changed(case, seen, change)[0].guess == seen.guess


# questions -----------------------------------------------------------------------------------------

DAY = date(1999, 1, 1)


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
        words = [in_words(case, patch) for patch in one.patches]
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
    words = in_words(case, patches[name])
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
    assert words in in_words(case, one.patches[0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"do": "conquer"}, "allowed: strike, move"),
        ({"do": "move", "event": "E020", "date": "soon"}, "a day, as YYYY-MM-DD"),
        ({"do": "rule", "rule": "CST-11-exit.notice_months", "value": "x"}, "a number"),
        ({"do": "rule", "rule": "CST-11-term.text", "value": "x"}, "a rule of the list"),
        ({"do": "weight", "weight": "patronage", "value": 99}, "a number from -0.5 to 2.5"),
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
