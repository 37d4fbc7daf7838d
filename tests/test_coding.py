"""The dated events are what the rules make of what happened."""

import statistics
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

from tashkent.model.case import Case, load_case, shipped_cases
from tashkent.model.cases.cst.evidence.coding import BOOK
from tashkent.model.errors import InputError
from tashkent.model.evidence import coding

BOOKS = {
    name: import_module(f"tashkent.model.cases.{name}.evidence.coding").BOOK
    for name in shipped_cases()
}


@pytest.mark.slow
def test_events_are_coded_by_the_rules(shipped: Case) -> None:
    """No row of events.csv is written by hand."""
    assert BOOKS[shipped.id].events() == BOOKS[shipped.id].code()


@pytest.mark.slow
def test_every_row_ends_but_what_stands(shipped: Case) -> None:
    """A threat without an end is of a kind of which something stands."""
    book = BOOKS[shipped.id]
    standing = {h.event for h in book.read_happenings() if book.kinds[h.kind].standing}
    for row in shipped.events:
        assert row.date_end or row.kind == "credibility" or row.event in standing, row


def test_relief_is_an_end_and_never_a_row(shipped: Case) -> None:
    """No row takes from a threat."""
    assert not [r for r in shipped.events if r.kind == "threat" and r.sign < 0]


def test_rivals_are_rivals_both_ways() -> None:
    """What makes a rival makes two, but for arms that tip the balance against one."""
    arms = {h.event for h in BOOK.read_happenings() if h.kind == "patron_arms_rival"}
    pairs = {(r.event, r.date, r.state, r.rival) for r in load_case("cst").events if r.rival}
    assert all((e, d, b, a) in pairs for e, d, a, b in pairs if e not in arms)
    assert date(1992, 5, 8) in {d for _, d, *_ in pairs}


def test_rivalry_is_counted_in_its_spread_in_the_years_of_fit(shipped: Case) -> None:
    """As measured threats are: the unit that the case states is what its table says, of states while they exist."""
    case = shipped
    rows = {(r.state, r.year, r.rival): r.value for r in case.rivalry}
    measured = {(r.state, r.year) for r in case.composites}
    first, last = case.start // 12, case.fit_until // 12
    worst = [
        max((rows.get((state, year, rival), 0.0) for rival in case.deciders), default=0.0)
        for state in case.deciders
        for year in range(first + (case.start % 12 == 11), last + 1)
        if (state, year) in measured
    ]
    assert case.fixed("rivalry_unit") == pytest.approx(statistics.pstdev(worst), abs=1e-6)


HEADER = "event,date,date_end,precision,label,kind,place,other,source,certainty"
#: columns that change of a war between two states in 2000, and what is said of it
REFUSED = [
    ({"kind": "war_betwen"}, "X.kind: 'war_betwen' is not valid; allowed: war_at_home, "),
    ({"kind": "war_betwen"}, "(nearest valid name: war_between)"),
    ({"date": "2000-13-01"}, "line 2.date: '2000-13-01' is not valid"),
    (
        {"date_end": "1999-12-31"},
        "X.date_end: '1999-12-31' is not valid; allowed: a day from 2000-02",
    ),
    ({"date": "9999-01-01"}, "X.date: '9999-01-01' is not valid; allowed: a year before 9999"),
    ({"precision": "week"}, "line 2.precision: 'week' is not valid; allowed: 'day', 'month' or"),
    ({"place": ""}, "X.place: '' is not valid; allowed: one state"),
    ({"place": "ARM|BLR"}, "X.place: 'ARM|BLR' is not valid; allowed: one state"),
    ({"place": "AR"}, "X.place: 'AR' is not valid; allowed: ARM, AZE, "),
    ({"other": "ARM"}, "X.other: 'ARM' is not valid; allowed: AZE, "),
    ({"other": ""}, "X.other: '' is not valid; allowed: AZE, "),
    ({"kind": "sanction"}, "X.other: 'AZE' is not valid; allowed: nothing, for the rule of sanc"),
    ({"kind": "war_at_home"}, "X.other: 'AZE' is not valid; allowed: insurgency, "),
    ({"kind": "patron_fails", "other": ""}, "X.place: 'ARM' is not valid; allowed: nothing, for"),
    ({"kind": "sanction", "other": "", "place": "ARM|ARM"}, "allowed: states, each once, '|' betw"),
    ({"kind": "overthrow", "other": "", "date": "2030-01-01"}, "X.date: '2030-01-01' is not vali"),
    ({"kind": "enlargement", "other": "", "place": "DEU"}, "X.place: 'DEU' is not valid; allowed"),
]


def happened(tmp_path: Path, **columns: str) -> Path:
    """A file of one line: a war between two states, otherwise in some columns."""
    line = {
        **dict.fromkeys(HEADER.split(","), ""),
        "event": "X",
        "date": "2000-02-29",
        "precision": "day",
        "label": "War",
        "kind": "war_between",
        "place": "ARM",
        "other": "AZE",
        "source": "GK",
        "certainty": "high",
        **columns,
    }
    path = tmp_path / coding.HAPPENINGS
    path.write_text(f"{HEADER}\n{','.join(line.values())}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("columns", "said"), REFUSED)
def test_what_no_rule_can_code_is_refused(
    columns: dict[str, str], said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as refused:
        BOOK.code(happened(tmp_path, **columns))
    assert str(refused.value).startswith("happenings.csv: ")
    assert said in str(refused.value)


def test_a_leap_day_lasts_to_the_first_of_march(tmp_path: Path) -> None:
    rows = BOOK.code(happened(tmp_path))
    assert [(r["state"], r["rival"], r["date_end"]) for r in rows] == [
        ("ARM", "AZE", "2001-03-01"),
        ("AZE", "ARM", "2001-03-01"),
    ]


def test_coding_says_what_it_refuses_and_leaves_the_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, code = happened(tmp_path, place="AR"), BOOK.code
    monkeypatch.setattr(BOOK, "code", lambda: code(path))
    monkeypatch.setattr(BOOK, "folder", tmp_path / "evidence")
    with pytest.raises(SystemExit) as ended:
        BOOK.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("error: happenings.csv: X.place: 'AR' is not valid")
    assert not (tmp_path / "events.csv").exists()
