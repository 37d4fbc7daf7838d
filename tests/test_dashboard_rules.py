"""The dashboard: the law as plain data, and its page without a browser."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tashkent.dashboard import results, rules, scene, view
from tashkent.model import lawbook
from tashkent.model.case import Case
from tashkent.model.clock import last_day, month_of
from tests.visitors import Visitor


def test_every_rule_of_every_club_is_there_as_in_the_rulebook(case: Case, minimal: Case) -> None:
    for one in (case, minimal):
        page = lawbook.rulebook(one).replace("\\", "")
        told = [rule for club in one.clubs for rule in rules.rules_of(one, club)]
        assert sorted(rule["id"] for rule in told) == sorted(s.id for s in one.statutes)
        for rule in told:
            assert " ".join(rule["text"].split()) in page
            for name, words in rule["facts"]:
                stated = words[:1].lower() + words[1:] if name == "signing" else words
                assert f"* {name}: {' '.join(stated.split())}" in page
            assert rule["sources"]


def test_a_rule_is_shown_in_each_month_in_which_it_holds_on_some_day(case: Case) -> None:
    for club in case.clubs:
        for month in range(case.start, case.end + 1, 7):
            days = [last_day(month - 1) + timedelta(days=n) for n in range(1, 32)]
            held = {
                s.id for d in days if month_of(d) == month for s in case.law.at(d).get(club, ())
            }
            shown = {
                rule["id"]
                for rule in rules.rules_of(case, club)
                if rule["first"] <= month and (rule["last"] is None or month <= rule["last"])
            }
            assert shown == held, (club, month)


def test_what_changed_names_rules_that_are_there(case: Case) -> None:
    known = {rule["id"] for rule in rules.rules_of(case, "CST")}
    changes = rules.changes_of(case, "CST")
    assert {pair[0] for c in changes for pair in (*c["began"], *c["ended"])} <= known
    (renewal,) = (c for c in changes if c["day"] == "1999-04-21")
    old, new, words = renewal["replaced"][0]
    assert (old, new) == ("CST-11-term", "CST-P1999")
    assert "renewal: by signature → by itself" in words


def test_an_address_leads_to_a_rule_in_a_month_of_its_own(case: Case) -> None:
    first = view.default(case)
    seen, wrong = view.changed(case, first, {"page": "rulebook", "rule": "CST-P1999"})
    assert (seen.rule, seen.club, wrong) == ("CST-P1999", "CST", ())
    assert seen.month == case.month("1999-04", "m")
    assert "rule=CST-P1999" in seen.query()
    assert "rule" not in view.changed(case, seen, {"page": "state"})[0].query()
    assert view.changed(case, seen, {"rule": ""})[0].rule == ""
    same, wrong = view.changed(case, seen, {"rule": "X" * 500})
    assert same == seen
    assert len(wrong[0]) < 100


def test_facts_of_a_month_name_the_rule(case: Case) -> None:
    rows = scene.facts(case, "CST")["1999-04"]
    assert [lead for kind, _, lead in rows if kind == "law begins"] == [
        {"page": "rulebook", "rule": "CST-P1999"}
    ]


@pytest.fixture
def visitor(few_runs: None) -> Iterator[Visitor]:
    found = Visitor()
    yield found
    found.context.close()


def test_the_page_shows_one_club_and_keeps_its_address(visitor: Visitor) -> None:
    visitor.send("busy", "apply", {"page": "rulebook", "rule": "CST-11-term"})
    widget = visitor.find("rules")
    assert (widget.rule, widget.club) == ("CST-11-term", "CST")
    visitor.send("rules", "ask", {"club": "SCO", "rule": ""})
    shown = {rule["id"] for rule in visitor.find("rules").rules}
    assert shown == {s.id for s in results.the_case().statutes if s.club == "SCO"}
    assert "rule=" not in visitor.find("query").query
