"""Patterns on hand-made runs: each kind says what the eye says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tashkent.agents.situation import Bools
from tashkent.calibration.baselines import BASELINES, runs_of
from tashkent.calibration.measures.measure import Measure
from tashkent.calibration.measures.reading import read_particulars
from tashkent.calibration.patterns import FILE, Patterns, evaluate, load_patterns
from tashkent.calibration.runs import Runs
from tashkent.model.case import Case
from tashkent.model.clock import month_label, parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.errors import InputError
from tashkent.model.record import Ensemble
from tashkent.model.statuses import Act, Status, is_in
from tashkent.model.world import Logged


@pytest.fixture(scope="module")
def record(case: Case) -> Bools:
    return is_in(compile_case(case).record.status)


def made(case: Case, seats: Bools, log: tuple[Logged, ...] = ()) -> Runs:
    """Runs with these seats, shape (R, T, S, C)."""
    status = np.where(seats, Status.MEMBER, Status.NONE).astype(np.int8)
    return Runs(Ensemble(case, 0, 0, case.start, status, log, {}))


def value(case: Case, runs: Runs, name: str, measure: str | None = None) -> float:
    found = evaluate(load_patterns(case), runs)
    found = found[found["id"] == name]
    found = found[found["judged"] if measure is None else found["measure"] == measure]
    return float(found["value"].iloc[0])


def test_the_record_itself_shows_every_pattern(case: Case, record: Bools) -> None:
    found = evaluate(load_patterns(case), made(case, record[None]))
    judged = found[
        found["judged"] & ~found["id"].isin(["O3", "O4"])
    ]  # they read the log, empty here
    assert judged.loc[~judged["passes"].astype(bool), "id"].tolist() == []
    assert len(judged) >= 25


def test_runs_in_which_nobody_moves_show_few(case: Case, record: Bools) -> None:
    still = np.repeat(record[:1], len(record), axis=0)[None]
    runs = made(case, still)
    assert value(case, runs, "T2") == 0
    assert value(case, runs, "T4", "balanced accuracy") < 0.75
    assert value(case, runs, "T5") == 0
    assert value(case, runs, "N1") == 0


def test_a_state_too_late_is_half_a_cycle(case: Case, record: Bools) -> None:
    s, c = case.state_ids.index("UZB"), tuple(case.clubs).index("CST")
    seats = record[None].copy()
    back = parse_month("2006-06") - case.start
    seats[0, back : back + 18, s, c] = False
    runs = made(case, seats)
    assert value(case, runs, "T5", "order") == 1
    assert value(case, runs, "T5", "dates") == 0
    assert value(case, runs, "T5", "score") == 0.5


def test_one_leaver_in_four_runs_is_a_quarter(case: Case, record: Bools) -> None:
    s, c = case.state_ids.index("KAZ"), tuple(case.clubs).index("CST")
    seats = np.repeat(record[None], 4, axis=0)
    seats[2, 200:, s, c] = False
    found = evaluate(load_patterns(case), made(case, seats))
    row = found[(found["id"] == "N1") & found["judged"]].iloc[0]
    assert row["value"] == 0.25
    assert row["se"] == pytest.approx(np.sqrt(0.25 * 0.75 / 4))
    assert not row["passes"]


def test_acts_of_the_log_are_found_in_their_months(case: Case, record: Bools) -> None:
    s, c = case.state_ids.index("UZB"), tuple(case.clubs).index("CST")

    def entry(month: str, run: int, act: Act) -> Logged:
        t = parse_month(month) - case.start
        return Logged(t, np.array([run]), np.array([s]), c, act, "")

    log = (
        entry("2009-06", 0, Act.DECLINE),
        entry("2012-06", 0, Act.REQUEST_SUSPENSION),
        entry("2012-12", 0, Act.SUSPEND),
        entry("2010-05", 1, Act.REQUEST_SUSPENSION),
        entry("2010-12", 1, Act.SUSPEND),
        entry("2011-06", 1, Act.DECLINE),
        entry("2010-01", 1, Act.SANCTION),
    )
    runs = made(case, np.repeat(record[None], 2, axis=0), log)
    assert value(case, runs, "O3") == 0.5
    assert value(case, runs, "O4") == 0.5
    assert value(case, runs, "N6") == 0.5
    assert value(case, runs, "N6", "expel") == 0


def test_patterns_before_the_start_are_not_asked(case: Case) -> None:
    steps = runs_of(
        case, BASELINES["structural steps"], runs=5, seed=1, start=parse_month("1998-12")
    )
    found = evaluate(load_patterns(case), Runs(steps, has_acts=False))
    assert "T4" in set(found["id"])
    assert not {"T2", "T2a", "N1", "N6", "O3"} & set(found["id"])


@pytest.mark.slow
def test_runs_of_a_baseline_have_its_probabilities(case: Case) -> None:
    from tashkent.calibration.baselines import p_in

    cells = BASELINES["structural steps"]
    runs = runs_of(case, cells, runs=2000, seed=3, start=case.start)
    expected = p_in(case, cells, case.start)
    assert np.abs(runs.p_in - expected).max() < 5 * 0.5 / np.sqrt(2000)


def _beside(case: Case, folder: Path, text: str) -> Case:
    (folder / FILE).write_text(text, encoding="utf-8")
    return replace(case, path=folder)


PATTERN = """
[[pattern]]
id = "X"
measure = "inside"
says = "In."
club = "CST"
states = ["ARM"]
month = "2000-01"
of = "all"
source = "GK"
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"CST"', '"CTS"', "nearest valid name: CST"),
        ('"ARM"', '"ARN"', "nearest valid name: ARM"),
        ('"2000-01"', '"2000-13"', "YYYY-MM"),
        ('"2000-01"', '"2030-01"', "2025-12"),
        ('"inside"', '"insight"', "X.measure: 'insight' is not valid; allowed: in, status"),
        ('"inside"', '"insight"', "nearest valid name: inside"),
        ('"inside"', '"pattern"', "X.measure: 'pattern' is not valid"),
        ('measure = "inside"', "", "X.measure: 'missing' is not valid"),
        ("says", "sasy", "nearest valid name: says"),
        ("month", "moth", "nearest valid name: month"),
        ('of = "all"', 'of = "al"', "allowed: all, share (nearest valid name: all)"),
        ('"GK"', '"GK"\nleast = "0.5"', "X.least: '0.5' is not valid"),
        ('"GK"', '"GK"\n[bars]\ngain_focu = 1.0', "nearest valid name: gain_focus"),
        ('"inside"', '"inside(CST, ARM, 2000-01)"', "X: 'club' is not valid; allowed: id, says"),
        ("[[pattern]]", "[[pattern", "TOML 1.0"),
    ],
)
def test_a_bad_table_is_one_line(case: Case, tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InputError, match=FILE) as error:
        load_patterns(_beside(case, tmp_path, PATTERN.replace(old, new)))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_case_needs_no_table(case: Case, tmp_path: Path) -> None:
    assert load_patterns(replace(case, path=tmp_path)) == Patterns()


def test_the_table_is_no_part_of_the_hash(case: Case) -> None:
    from tashkent.model.case.tables import TABLES

    assert FILE not in TABLES
    assert month_label(load_patterns(case).evaluation.starts[0]) == "1998-12"


def test_who_acts_in_one_month_acts_together(case: Case, record: Bools) -> None:
    """Of four runs: three in one month, three in three months, one, and a state whose seat is given."""
    c, month = tuple(case.clubs).index("CST"), parse_month("1999-04")

    def said(t: int, run: int, *states: str) -> Logged:
        places = [case.state_ids.index(state) for state in states]
        at = month + t - case.start
        return Logged(at, np.repeat(run, len(places)), np.array(places), c, Act.WITHDRAW, "")

    log = (
        *(said(0, 0, "AZE", "GEO"), said(0, 0, "UZB"), said(0, 1, "AZE"), said(1, 1, "GEO")),
        *(said(2, 1, "UZB"), said(9, 2, "AZE", "GEO", "UZB"), said(0, 3, "RUS", "AZE", "GEO")),
    )
    runs = made(case, np.repeat(record[None], 4, axis=0), log)

    def asked(text: str) -> dict[str, list[float]]:
        measure = read_particulars(text, FILE, "T", ("together",))
        assert isinstance(measure, Measure)
        return {name: values.tolist() for name, values in measure.values(runs).items()}

    found = asked("together(withdraw, CST, 3, 1999-04, 1999-06)")
    assert found == {"many": [True, False, False, False], "most": [3, 1, 0, 2], "record": [0]}
    # April 1996: three, and Russia, whose seat is given
    assert asked("together(accede, SCO, 2, 1992-06, 2025-12)")["record"] == [3]
