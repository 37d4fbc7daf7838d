"""The dated events are what the rules make of what happened."""

import statistics
from datetime import date

import pytest

from tashkent.model.case import load_case
from tashkent.model.cases.cst.evidence import coding


def test_events_are_coded_by_the_rules() -> None:
    """No row of events.csv is written by hand."""
    rows = [
        {**row.model_dump(mode="json"), "date_end": str(row.date_end or ""), "sign": str(row.sign)}
        for row in load_case("cst").events
    ]
    assert rows == coding.code()


def test_every_row_ends_but_what_stands() -> None:
    """A threat without an end is of a kind of which something stands."""
    standing = {h.event for h in coding.read_happenings() if h.kind in coding.STANDING}
    for row in load_case("cst").events:
        assert row.date_end or row.kind == "credibility" or row.event in standing, row


def test_relief_is_an_end_and_never_a_row() -> None:
    """No row takes from a threat."""
    assert not [r for r in load_case("cst").events if r.kind == "threat" and r.sign < 0]


def test_rivals_are_rivals_both_ways() -> None:
    """What makes a rival makes two, but for arms that tip the balance against one."""
    arms = {h.event for h in coding.read_happenings() if h.kind == "patron_arms_rival"}
    pairs = {(r.event, r.date, r.state, r.rival) for r in load_case("cst").events if r.rival}
    assert all((e, d, b, a) in pairs for e, d, a, b in pairs if e not in arms)
    assert date(1992, 5, 8) in {d for _, d, *_ in pairs}


def test_rivalry_is_counted_in_its_spread_in_the_years_of_fit() -> None:
    """As measured threats are: the unit that the case states is what its table says."""
    case = load_case("cst")
    rows = {(r.state, r.year, r.rival): r.value for r in case.rivalry}
    worst = [
        max((rows.get((state, year, rival), 0.0) for rival in case.deciders), default=0.0)
        for state in case.deciders
        for year in range(1992, 2013)
    ]
    assert case.fixed("rivalry_unit") == pytest.approx(statistics.pstdev(worst), abs=1e-6)
