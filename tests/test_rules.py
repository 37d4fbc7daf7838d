"""The law, rule by rule: each row of `rule_cases.csv` in the engine, and each statute in some row.

The law of the other shipped cases has tables of its own, `rule_cases_NAME.csv`.

`tests/scripted.py` says what the words of a row mean.
"""

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from tashkent.model.case import Case, load_case
from tashkent.model.statuses import Status
from tashkent.model.statutes import KINDS
from tests.scripted import (
    RuleCase,
    WordsError,
    bare,
    mismatches,
    parameters_of,
    parts,
    play,
    switched,
)


def read(name: str) -> list[RuleCase]:
    path = Path(__file__).parent / name
    with path.open(encoding="utf-8", newline="") as stream:
        return [RuleCase(**row) for row in csv.DictReader(stream, strict=True)]


ROWS = read("rule_cases.csv")
#: statutes of other cases that change nothing that runs do, and why
IDLE = {
    "ecowas": {
        "ECOWAS-9": "no seat can be absent: there is no freezing, and who is suspended has no say",
        "AES-voting": "says what holds where no rule of voting is in force",
    },
    "rio": {
        "TIAR-22": "before the first month that is run",
        "TIAR-12": "matters beside a session alone, and the only one is in the month of its own",
        "TIAR-17": "no seat can be absent",
    },
}


def off(row: RuleCase, statute: str) -> str:
    return "; ".join([*parts(row.switch), f"off {statute}"])


def read_as_taken(row: RuleCase, statute: str) -> str:
    return "; ".join(part for part in parts(row.switch) if part != f"other {statute}")


def changes(case: Case, row: RuleCase, switch: str) -> bool:
    """Whether a rule case comes out differently under another switch."""
    return play(case, row).differs(play(case, row, switch))


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_rule(case: Case, row: RuleCase) -> None:
    outcome = play(case, row)
    wrong = mismatches(case, row, outcome)
    told = [row.name, f"in {row.date}: {row.follows}", *wrong, f"what came: {outcome}"]
    assert not wrong, "\n  ".join(["", *told])


def test_rows_are_sentences_with_sources(case: Case) -> None:
    assert len(ROWS) >= 300
    check_sentences(case, ROWS)


def check_sentences(case: Case, rows: list[RuleCase]) -> None:
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert re.fullmatch(r"[A-Z][^;]+[a-z0-9]", row.name), row.name
        assert len(row.name.split()) >= 4, row.name
        keys, colon, where = row.source.partition(": ")
        assert where, row.name
        assert colon
        assert set(keys.split("; ")) <= set(case.sources), row.name
        assert row.follows, row.name


def test_rows_name_statutes_that_exist(case: Case) -> None:
    known = {statute.id for statute in case.statutes}
    for row in ROWS:
        assert row.named <= known | set(row.added), (row.name, row.named - known)
        assert row.named, row.name


def test_every_regime_and_kind_has_rows(case: Case) -> None:
    for first, last in (("1992-05", "1999-04"), ("1999-05", "2003-08"), ("2003-09", "2012-11")):
        assert sum(first <= row.date <= last for row in ROWS) >= 10
    assert sum(row.date >= "2012-12" for row in ROWS) >= 20
    named = set().union(*(row.named for row in ROWS))
    kinds = {s.kind for s in case.statutes if s.id in named}
    kinds |= {kind for row in ROWS for kind in row.added.values()}
    assert set(KINDS) - kinds == {"permanent_body"}  # the case has none: tests/test_explain.py


@pytest.mark.slow
def test_every_statute_is_named_and_matters(case: Case) -> None:
    idle = []
    for statute in case.statutes:
        rows = [row for row in ROWS if statute.id in row.named]
        assert rows, f"no rule case names {statute.id}"
        as_shipped = [row for row in rows if not row.switch]
        if not any(changes(case, row, off(row, statute.id)) for row in as_shipped):
            idle.append(statute.id)
    assert not idle


def test_every_other_reading_has_a_pair_of_rows_that_come_out_differently(case: Case) -> None:
    def same(row: RuleCase) -> tuple[str, ...]:
        return (row.date, row.months, row.situation, row.asks, row.objects)

    rows = {(*same(row), row.switch): row for row in ROWS}
    for statute in case.statutes:
        if not statute.other_reading:
            continue
        readings = [row for row in ROWS if f"other {statute.id}" in parts(row.switch)]
        pairs = [
            (row, rows[key])
            for row in readings
            if (key := (*same(row), read_as_taken(row, statute.id))) in rows
        ]
        assert any(play(case, a).differs(play(case, b)) for a, b in pairs), statute.id


@pytest.mark.slow
def test_a_statute_that_a_row_switches_off_or_alters_changes_that_row(case: Case) -> None:
    """Otherwise the row would say nothing about the statute; other readings have pairs above."""
    for row in ROWS:
        if len(parts(row.switch)) == 1 and not row.switch.startswith("other "):
            assert changes(case, row, ""), row.name


@pytest.mark.slow
@pytest.mark.parametrize("name", IDLE)
def test_the_law_of_another_case_acts_as_its_rows_say(name: str) -> None:
    """Every row comes out, every other reading is in one, and each statute that can matter changes a row."""
    case, rows = load_case(name), read(f"rule_cases_{name}.csv")
    check_sentences(case, rows)
    came = {row.name: play(case, row) for row in rows}
    wrong = [(row.name, mismatches(case, row, came[row.name]), str(came[row.name])) for row in rows]
    assert [one for one in wrong if one[1]] == []
    named = set().union(*(row.named for row in rows))
    assert named <= {s.id for s in case.statutes}
    read_otherwise = {s.id for s in case.statutes if s.other_reading}
    assert read_otherwise <= {row.switch.removeprefix("other ") for row in rows if row.switch}
    acting = [
        s.id
        for s in case.statutes
        if any(
            came[row.name].differs(play(case, row, off(row, s.id)))
            for row in rows
            if s.id in row.named and not row.switch
        )
    ]
    assert {s.id for s in case.statutes} - set(acting) == set(IDLE[name])


# the words -----------------------------------------------------------------------------------------


def row_of(**cells: str) -> RuleCase:
    given = dict.fromkeys(RuleCase.__dataclass_fields__, "") | {"name": "A row"}
    return RuleCase(**(given | {"date": "2007-03", "follows": "no act"} | cells))


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("situation", "nobody member"),
        ("situation", "KAZ membr"),
        ("asks", "KAZ gives up"),
        ("asks", "2008-01: KAZ gives notice"),
        ("objects", "KAZ as judge"),
        ("switch", "CST-none until = 2000-01-01"),
        ("follows", "KAZ is happy"),
        ("follows", "KAZ smiles"),
        ("follows", "KAZ learns much"),
        ("follows", "KAZ learns -1 about weather"),
        ("situation", "KAZ member taking part often"),
    ],
)
def test_words_without_meaning_are_errors(case: Case, column: str, words: str) -> None:
    row = row_of(**{column: words})
    with pytest.raises(WordsError):
        mismatches(case, row, play(case, row))


def test_a_row_that_fails_tells_what_came_instead(case: Case) -> None:
    row = row_of(situation="the six member", asks="KAZ gives notice", follows="KAZ is left")
    outcome = play(case, row)
    wrong = mismatches(case, row, outcome)
    assert wrong == [
        "not so: KAZ is left",
        "happened besides: KAZ withdraw by CSTO-19-exit in 2007-03",
    ]
    assert "KAZ is notice given of CST" in str(outcome)


def test_a_situation_is_what_it_says(case: Case) -> None:
    situation = "RUS KAZ member; ARM frozen unpaid 5; UZB left; UZB member of GUAM gap 3"
    outcome = play(case, row_of(situation=situation))
    seats = outcome.world.seats
    codes = {code: case.state_ids.index(code) for code in ("RUS", "KAZ", "ARM", "UZB")}
    status = {code: Status(seats.status[0, s, 0]).name for code, s in codes.items()}
    assert status == {"RUS": "MEMBER", "KAZ": "MEMBER", "ARM": "FROZEN", "UZB": "LEFT"}
    assert seats.arrears[0, codes["ARM"], 0] == 6
    assert seats.former[0, :, 0].sum() == 1
    assert seats.gap[0, codes["UZB"], tuple(case.clubs).index("GUAM")] == 3
    assert np.count_nonzero(seats.status) == 5
    assert not any(outcome.belief_updates.values())


def test_participation_is_what_a_situation_says(case: Case) -> None:
    situation = "RUS KAZ member; UZB member taking part 0.9; ARM member"
    months = {
        date: play(case, row_of(date=date, situation=situation)) for date in ("2003-08", "2007-03")
    }
    uzbekistan, armenia = (case.state_ids.index(code) for code in ("UZB", "ARM"))
    before, after = (outcome.world.participation[0, :, 0] for outcome in months.values())
    assert before[uzbekistan] == 0.9  # no rule of participation yet
    assert np.isnan(before[armenia])
    worth = after[armenia]  # unknown before: at once what the seat is worth
    dues = 10 * 0.5 / (1 + 2)
    assert worth == pytest.approx(1 / (1 + np.exp(dues - 3 * case.fixed("goods_step"))))
    assert after[uzbekistan] == pytest.approx(0.9 + (worth - 0.9) / 12)
    assert "UZB is member of CST taking part 0.85" in str(months["2007-03"])


def test_switching_changes_the_case_and_only_there(case: Case) -> None:
    other = switched(case, "off CST-1; other CST-10; CST-11-exit notice_months = 9")
    changed = {s.id for s in case.statutes} ^ {s.id for s in other.statutes}
    assert changed == {"CST-1"}
    numbers = {s.id: s for s in other.statutes}
    assert numbers["CST-10"].ratification_months == 60
    assert numbers["CST-11-exit"].notice_months == 9
    assert bare(case) is bare(case)
    # and what a law of blocs asks for, which a script may add to any case
    assert set(parameters_of(case)) - {"jointly"} == set(
        case.role("weight", "friction", "unscored", "council")
    )
