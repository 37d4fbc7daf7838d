import ast
from datetime import date
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from tashkent.model.case import Case
from tashkent.model.clock import month_of, parse_month
from tashkent.model.counterfactual import shipped_counterfactuals
from tashkent.model.law import Law, RulesInForce
from tashkent.model.patches.words import KINDS as IN_WORDS
from tashkent.model.statutes import (
    KINDS,
    REACHING,
    SEVERAL,
    AnyStatute,
    FixedTerm,
    Statute,
)

ROOT = Path(__file__).parent.parent


def test_four_regimes_of_the_pact(case: Case) -> None:
    def ids(year: int, month: int, day: int) -> set[str]:
        ways = ("accession", "entry_into_force", "term", "withdrawal", "voluntary_suspension")
        held = case.law.at(date(year, month, day))["CST"]
        return {rule.id for rule in held if rule.kind in ways}

    assert ids(1993, 1, 1) == {"CST-10"}
    assert ids(1994, 4, 20) == {"CST-10", "CST-11-force", "CST-11-term", "CST-11-exit"}
    assert ids(1999, 4, 20) == {"CST-10", "CST-11-term", "CST-11-exit"}
    assert ids(1999, 4, 21) == {"CST-10", "CST-P1999", "CST-11-exit"}
    assert "CSTO-20-own-request" not in ids(2003, 9, 17)
    assert "CSTO-20-own-request" in ids(2003, 9, 18)


def test_the_fixed_term_ends_once_and_must_be_renewed_by_signing(case: Case) -> None:
    due = [m for m in case.months if case.law.rules("CST", m).renewal_due]
    assert due == [parse_month("1999-04")]


def test_automatic_renewal_asks_for_nothing(case: Case) -> None:
    ends = [m for m in case.months if case.law.rules("CST", m).term_ends]
    assert [m - parse_month("1999-04") for m in ends] == [0, 60, 120, 180, 240, 300]
    assert not case.law.rules("CST", parse_month("2004-04")).renewal_due


def test_counting_from_signature_would_be_wrong(case: Case) -> None:
    assert not case.law.rules("CST", parse_month("1997-05")).term_ends


def test_without_the_protocol_every_term_must_be_renewed(case: Case) -> None:
    term = next(s for s in case.statutes if isinstance(s, FixedTerm) and s.renewal == "opt_in")
    law = Law([term.model_copy(update={"until": None})])
    due = [m for m in case.months if law.rules("CST", m).renewal_due]
    assert [m - due[0] for m in due] == [0, 60, 120, 180, 240, 300]


def test_where_there_is_no_law_nothing_is_in_force_or_due(case: Case) -> None:
    empty = Law([]).rules("CST", parse_month("1999-04"))
    assert empty == RulesInForce()
    assert not any(getattr(empty, name) for name in RulesInForce.__dataclass_fields__)
    assert not empty.renewal_due
    assert empty.hears_petitions
    assert not empty.takes("vote")
    assert empty.covering("external") is None


def act(kind: str, day: date, instrument: str, **more: object) -> AnyStatute:
    """A statute of an invented club, with as little in it as its kind allows."""
    words = dict.fromkeys(("article", "text", "source"), "as agreed")
    given = {"id": f"{kind} {instrument}", "club": "Pact", "kind": kind, "from": day}
    return KINDS[kind].model_validate(given | words | {"instrument": instrument} | more)


def test_instruments_count_by_their_day_until_the_last_of_the_month() -> None:
    eve, last, next_day = (date(2000, 1, 31), date(2000, 2, 29), date(2000, 3, 1))
    forces: dict[str, object] = {"interim": False, "covers": ("external",)}
    entry: dict[str, object] = {"consensus": True, "ratification_months": 0}
    law = Law(
        [
            act("forces", eve, "first", **forces),
            act("forces", eve, "again", **forces),
            act("benefit", eve, "again"),
            act("forces", next_day, "later", signed=last, **forces),
            act("accession", eve, "charter", **entry),
            act("benefit", eve, "charter"),
            act("benefit", last, "end"),
        ]
    )
    months = [month_of(day) for day in (date(1999, 12, 1), eve, last, next_day)]
    assert [law.reach("Pact", m) for m in months] == [0, 2, 3, 3]  # signed is enough
    assert [law.acquis("Pact", m) for m in months] == [0, 2, 3, 4]  # who comes in joins the charter
    assert [law.acquis("Pact", m, since=eve) for m in months] == [0, 0, 1, 2]
    assert [law.acquis("Pact", m, since=date(2000, 1, 30)) for m in months] == [0, 2, 3, 4]
    assert law.reach("None", months[-1]) == law.acquis("None", months[-1]) == 0


@pytest.mark.parametrize(
    ("days", "binds"),
    [
        (("1994-04-20", "1999-04-01"), False),
        (("1994-04-20", "1999-04-02"), True),
        (("1999-04-01", None), True),
        (("1999-04-02", None), False),
    ],
)
def test_a_term_binds_in_a_month_if_it_holds_on_the_first(
    case: Case, days: tuple[str, str | None], binds: bool
) -> None:
    term = next(s for s in case.statutes if isinstance(s, FixedTerm) and s.renewal == "opt_in")
    first, until = (None if day is None else date.fromisoformat(day) for day in days)
    law = Law([term.model_copy(update={"from_": first, "until": until})])
    rules = law.rules("CST", parse_month("1999-04"))
    assert (rules.term is not None) == binds
    assert rules.prolonged == (until is None)  # is there a text to sign when the month ends?


@pytest.mark.parametrize(
    ("club", "month", "notice"),
    [("CST", "1998-01", 6), ("CST", "2012-06", 6), ("GUAM", "2005-05", 0), ("PFP", "1995-01", 0)],
)
def test_notice_before_exit(case: Case, club: str, month: str, notice: int) -> None:
    withdrawal = case.law.rules(club, parse_month(month)).withdrawal
    assert withdrawal is not None
    assert withdrawal.notice_months == notice


def test_nobody_can_leave_before_the_treaty_is_in_force(case: Case) -> None:
    assert case.law.rules("CST", parse_month("1994-03")).withdrawal is None


def test_nothing_applies_before_a_club_exists(case: Case) -> None:
    assert case.law.rules("GUAM", parse_month("1997-09")).accession is None
    assert case.law.rules("GUAM", parse_month("1997-10")).accession is not None


def test_rules_of_a_month_do_not_depend_on_which_months_were_asked_before(case: Case) -> None:
    for club in case.clubs:
        for month in case.months[::7]:
            assert Law(case.statutes).rules(club, month) == case.law.rules(club, month)
        spring = [parse_month(f"2013-0{month}") for month in (3, 4)]
        assert len({id(case.law.rules(club, month)) for month in spring}) == 1


@pytest.mark.slow
def test_a_counterfactual_shares_the_rules_that_it_leaves_and_no_others(case: Case) -> None:
    changes_law = 0
    for one in shipped_counterfactuals(case):
        changed = one.apply(case)
        fresh, kept = Law(changed.statutes), 0
        for club in changed.clubs:
            for month in case.months:
                before, here = case.law.rules(club, month), changed.law.rules(club, month)
                assert here == fresh.rules(club, month)
                kept += here is before
        assert kept > 0
        changes_law += kept < len(changed.clubs) * len(case.months)
    assert changes_law > 3


def test_every_kind_of_statute_is_known_wherever_kinds_are_listed() -> None:
    declared = {get_args(s.model_fields["kind"].annotation)[0]: s for s in Statute.__subclasses__()}
    assert declared == KINDS
    hints = get_type_hints(RulesInForce)
    for kind, statute in KINDS.items():
        expected = tuple[statute, ...] if kind in SEVERAL else statute | None  # type: ignore[valid-type]
        assert hints[kind] == expected, kind
    others = {"term_ends", "prolonged", "sits", "waited", "acquis", "reach", "opened"}
    assert set(hints) - set(KINDS) == others
    assert {*SEVERAL, *REACHING} <= set(KINDS)


#: kinds that open a choice to a state, or close it
OF_CHOICES = {
    "accession",
    "observer",
    "participation",
    "restoration",
    "term",
    "voluntary_suspension",
    "withdrawal",
}
#: kinds by which an explanation says who would object; others decide nothing about it
OF_OBJECTORS = {"accession", "incompatible", "observer", "voluntary_suspension"}


def names_in(*paths: str) -> set[str]:
    """All names and attributes that modules use."""
    nodes = [n for path in paths for n in ast.walk(ast.parse((ROOT / path).read_text()))]
    return {n.attr for n in nodes if isinstance(n, ast.Attribute)} | {
        n.id for n in nodes if isinstance(n, ast.Name)
    }


def test_every_kind_does_something_in_the_engine_and_in_the_twin() -> None:
    modules = ("law", "compilation", "inputs", "step", "petitions", "session")
    engine = names_in(*(f"model/{name}.py" for name in modules))
    twin = names_in("experiments/glass_box.py")
    for kind, statute in KINDS.items():
        assert kind in engine, f"no phase reads a rule of {kind}"
        assert statute.__name__ in twin, f"the twin does not know {kind}"


def test_kinds_that_a_state_chooses_by_are_explained() -> None:
    assert names_in("model/choices.py") & set(KINDS) == OF_CHOICES
    assert names_in("model/explain.py") >= OF_OBJECTORS


def test_kinds_have_their_names_alone_in_the_lawbook_and_words_in_the_dashboard() -> None:
    """The lawbook writes whatever fields a kind has; the dashboard offers some kinds to be changed."""
    known = names_in("model/lawbook.py")
    assert not {statute.__name__ for statute in KINDS.values()} & known
    assert set(IN_WORDS) <= set(KINDS)
