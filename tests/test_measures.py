"""Measures on hand-made runs and on the model's: each says what another way of counting says."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration.measures.measure import KINDS, ClubName, Month, OneNumber
from tashkent.calibration.patterns import FILE, evaluate, load_patterns
from tashkent.calibration.posterior import posterior
from tashkent.calibration.runs import Runs
from tashkent.calibration.scores import brier
from tashkent.calibration.tally import Tally
from tashkent.cli.new_case import new_case
from tashkent.experiments.outcomes import (
    measured,
    outcome_words,
    read_outcome,
    read_outcomes,
)
from tashkent.experiments.points import Setting, values
from tashkent.experiments.spaces import Parameters
from tashkent.experiments.sweep import sweep
from tashkent.model.case import Case, load_case
from tashkent.model.clock import parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.counterfactual import load_counterfactual, shipped_counterfactuals
from tashkent.model.errors import InputError
from tashkent.model.parameters import ParameterDraws
from tashkent.model.record import Ensemble
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.statuses import is_in

#: the runs that they look at take seconds
pytestmark = pytest.mark.slow

#: one of each kind
EXAMPLES = (
    "in(UZB, CST, 2012-12)",
    "status(UZB, CST, 2012-12, suspended)",
    "members(CST, 1999-06)",
    "exits(CST, 1999-01, 1999-06)",
    "exits(CST, 1999-01, 2025-12, UZB)",
    "entries(CST, 1993-01, 1994-12)",
    "first_exit(CST)",
    "first_exit(CST, UZB)",
    "first_exit(CST, , 2000-01, 2010-12)",
    "first_entry(CST, BLR)",
    "acts(withdraw, CST)",
    "acts(renew, CST, 1999-04, 1999-04, KAZ)",
    "date(suspend, CST, UZB)",
    "all_right(CST, 1999-06)",
    "share_right(CST, 1999-06)",
    "balanced_accuracy(CST, 1999-01, 1999-06)",
    "wrong(CST, 1994-01, 2012-12)",
    "brier(CST, 1994-01, 2012-12)",
    "inside(CST, AZE GEO, 1998-12)",
    "set(CST, ARM BLR KAZ KGZ TJK, 2002-10 2003-09, 0)",
    "set(SCO, KAZ KGZ TJK UZB, 2001-06, 24, jaccard)",
    "accessions(CST, AZE GEO BLR, 1993-06, 1994-06, all)",
    "leaves(CST, BLR KAZ, 1999-01, 2025-12, KAZ)",
    "joins(SCO, TKM, 1996-04, 2025-12)",
    "last_to_join(PFP, TJK, 60)",
    "any_act(CST, leave sanction, 2003-09, 2025-12, leave)",
    "delay(CST, UZB, request_suspension, suspend, 6)",
    "together(withdraw, CST, 2, 1999-01, 1999-06, most)",
    "cycle(CST, UZB, 1999-04 2006-06 2012-12, 12)",
    "memberships(GUAM, AZE=1997-10 UZB=1999-04, UZB=2005-05, 18, CST)",
    "order(UZB out GUAM then UZB back CST)",
    "order(UZB decline CST then UZB request_suspension/withdraw CST, both)",
    "renewal(CST, 1999-01, 1999-06, all)",
    "paths(CST, 2000-01)",
    "clock(CST, 1994-04, 1999-04)",
    "area(tie_patron, CST, 1999-04)",
    "pattern(T4)",
    "pattern(T4, all)",
)


@pytest.fixture(scope="module")
def ensemble(case: Case, some_parameters: ParameterDraws) -> Ensemble:
    return simulate(case, some_parameters, seed=5)


def of_record(case: Case) -> Ensemble:
    """One run, and it is the record."""
    status = compile_case(case).record.status[None].astype(np.int8)
    return Ensemble(case, 0, 0, case.start, status, (), {})


def value(text: str, ensemble: Ensemble) -> Floats:
    return read_outcome(text, ensemble.case)(ensemble)


def test_every_kind_has_an_example_and_reads_back_from_its_name(case: Case) -> None:
    found = read_outcomes(EXAMPLES, case)
    assert {outcome.kind for outcome in found} == set(outcome_words())
    for text, outcome in zip(EXAMPLES, found, strict=True):
        assert outcome.name == text
        assert read_outcome(outcome.name, case) == outcome


def test_a_table_says_what_a_text_says(case: Case) -> None:
    table = {"measure": "exits", "club": "CST", "first": "1999-01", "last": "1999-06"}
    assert read_outcome(table, case) == read_outcome("exits(CST,1999-01, 1999-06)", case)


def test_every_outcome_is_a_number_a_run(case: Case, ensemble: Ensemble) -> None:
    found = measured(read_outcomes(EXAMPLES, case), ensemble)
    assert found.shape == (ensemble.runs, len(EXAMPLES))
    assert found.dtype == float


def test_the_record_scores_full_marks(case: Case) -> None:
    runs = of_record(case)
    assert value("in(UZB, CST, 2010-12)", runs) == 1
    assert value("status(UZB, CST, 2013-06, in)", runs) == 0
    assert value("exits(CST, 1999-01, 1999-06)", runs) == 3
    assert value("entries(CST, 1993-01, 1994-12)", runs) == 3
    assert value("members(CST, 2000-01)", runs) == 5
    assert value("first_exit(CST, UZB)", runs) == pytest.approx(1999 + 3 / 12)
    assert math.isnan(value("first_exit(CST, KAZ)", runs)[0])
    assert value("wrong(CST, 1992-06, 2025-12)", runs) == 0
    for text in ("all_right(CST, 1999-06)", "share_right(CST, 1999-06)", "pattern(T4)"):
        assert value(text, runs) == 1
    assert value("balanced_accuracy(CST, 1999-01, 1999-06)", runs) == 1


def test_nobody_ever_in_is_wrong_where_the_record_has_them(case: Case) -> None:
    shape = of_record(case).status.shape
    nobody = Ensemble(case, 0, 0, case.start, np.zeros(shape, np.int8), (), {})
    record = of_record(case)
    low, high = (record.at(parse_month(m)) for m in ("1994-01", "2012-12"))
    decides = compile_case(case).decides
    share = is_in(record.status[0, low : high + 1, :, 0])[:, decides].mean()
    assert value("wrong(CST, 1994-01, 2012-12)", nobody) == pytest.approx(share)
    assert value("members(CST, 1999-06)", nobody) == 0


def test_acts_and_dates_are_those_of_the_log(case: Case, ensemble: Ensemble) -> None:
    acts = ensemble.acts()
    withdrawn = acts.query("club == 'CST' and act == 'withdraw'")
    counted = withdrawn.groupby("run").size().reindex(range(ensemble.runs), fill_value=0)
    assert value("acts(withdraw, CST)", ensemble).tolist() == counted.tolist()
    first = withdrawn.query("state == 'UZB'").groupby("run")["month"].min()
    dates = first.map(lambda m: parse_month(m) / 12).reindex(range(ensemble.runs))
    assert counted.sum() > 0
    assert first.size > 0
    pd.testing.assert_series_equal(
        pd.Series(value("date(withdraw, CST, UZB)", ensemble)), dates, check_names=False
    )


def test_exits_are_counted_on_the_seats(case: Case, ensemble: Ensemble) -> None:
    s, c = ensemble.index("UZB", "CST")
    seats: Bools = ensemble.seats[:, :, s, c]
    out = seats[:, :-1] & ~seats[:, 1:]
    assert value("exits(CST, 1992-06, 2025-12, UZB)", ensemble).tolist() == out.sum(axis=1).tolist()
    when = value("first_exit(CST, UZB)", ensemble)
    for run in range(ensemble.runs):
        month = case.start + 1 + int(out[run].argmax())
        assert (when[run] == month / 12) if out[run].any() else np.isnan(when[run])


def test_patterns_have_the_mean_that_the_table_of_patterns_has(
    case: Case, ensemble: Ensemble
) -> None:
    table = evaluate(load_patterns(case), Runs(ensemble))
    for row in table[table["judged"]].itertuples():
        found = Tally.of(value(f"pattern({row.id})", ensemble)[:, None])
        assert found.mean[0] == pytest.approx(row.value, nan_ok=True), row.id


def test_brier_is_that_of_p_in_without_the_bias_of_few_runs(
    case: Case, some_parameters: ParameterDraws
) -> None:
    """Over all ways to pair runs the mean is exactly the score less its bias; so it is for the pairs, on average."""
    many = {name: np.repeat(values[:1], 400) for name, values in some_parameters.items()}
    ensemble = simulate(
        case, many, seed=2, start=parse_month("1998-12"), end=parse_month("2004-12")
    )
    first, last = parse_month("1999-04"), parse_month("2004-12")
    plain = brier(case, ensemble.p_in, ensemble.start, "CST", first, last)
    p = ensemble.p_in[first - ensemble.start :, compile_case(case).decides, 0]
    tally = Tally.of(value("brier(CST, 1999-04, 2004-12)", ensemble)[:, None])
    assert tally.number[0] == 200
    unbiased = plain - float((p * (1 - p)).mean()) / 399
    assert abs(tally.mean[0] - unbiased) < 4 * tally.se[0]
    assert tally.se[0] < 0.02


def test_brier_pairs_by_the_number_of_the_run(
    case: Case, some_parameters: ParameterDraws, ensemble: Ensemble
) -> None:
    whole = value("brier(CST, 1994-01, 2012-12)", ensemble)
    half = {name: values[6:] for name, values in some_parameters.items()}
    part = simulate(case, half, seed=5, first_run=6)
    np.testing.assert_array_equal(value("brier(CST, 1994-01, 2012-12)", part), whole[6:])
    assert np.isnan(whole[1::2]).all()
    assert not np.isnan(whole[::2]).any()


def test_a_world_without_the_club_has_nothing_to_say(case: Case) -> None:
    without = load_counterfactual("CF8", case)
    for one in shipped_counterfactuals(case):
        changed = one.apply(case)
        if len(changed.clubs) < len(case.clubs):
            without = one
    changed = without.apply(case)
    (gone,) = set(case.clubs) - set(changed.clubs)
    shape = (2, len(case.months), len(case.states), len(changed.clubs))
    nobody = Ensemble(changed, 0, 0, case.start, np.zeros(shape, np.int8), (), {})
    assert np.isnan(read_outcome(f"in(UZB, {gone}, 2012-12)", case)(nobody)).all()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("inn(UZB, CST, 2012-12)", "(nearest valid name: in)"),
        ("in(UZB, CTS, 2012-12)", "allowed: CST, GUAM, SCO, PFP, BASES (nearest valid name: CST)"),
        ("in(UZK, CST, 2012-12)", "(nearest valid name: UZB)"),
        ("in(RUS, CST, 2012-12)", "'RUS' is not valid"),
        ("in(UZB, CST)", "month: 'missing' is not valid; allowed: a value for month"),
        ("in(UZB, CST, 2012)", "a month is written YYYY-MM"),
        ("in(UZB, CST, 2031-01)", "allowed: a month from 1992-06 to 2025-12"),
        ("in(UZB, CST, 2012-12, 3)", "allowed: in(state, club, month)"),
        ("in UZB", "such as in(state, club, month)"),
        ("status(UZB, CST, 2012-12, suspendet)", "(nearest valid name: suspended)"),
        ("acts(withdrew, CST)", "(nearest valid name: withdraw)"),
        ("exits(CST, 1999-06, 1999-01)", "allowed: not before first (1999-06)"),
        ("pattern(T44)", "(nearest valid name: T4"),
        ("pattern(T4, every)", "allowed: balanced accuracy, all"),
        ({"measure": "in", "stat": "UZB"}, "(nearest valid name: state)"),
        ({"state": "UZB"}, "'missing' is not valid; allowed: in, status"),
    ],
)
def test_bad_outcomes_are_one_line(case: Case, text: str | dict[str, object], says: str) -> None:
    with pytest.raises(InputError) as error:
        read_outcome(text, case, "design.toml", "outcome 1")
    line = str(error.value)
    assert line.startswith("design.toml: outcome 1")
    assert says in line
    assert "\n" not in line


# a new one -----------------------------------------------------------------------------------------

NEW = "nobody_in(PACT, 2005-12)"
PATTERN = f"""
[[pattern]]
id = "X"
says = "Somebody is in at the end of 2005."
source = "none"
measure = "{NEW}"
most = 0.5
"""


@pytest.fixture
def _nobody_in() -> Iterator[None]:
    class NobodyIn(OneNumber):
        """No deciding state is in a club at the end of a month: 1 or 0."""

        kind = "nobody_in"
        club: ClubName
        month: Month

        def value(self, runs: Runs) -> Bools:
            seats = runs.seats(self.club)[:, runs.at(self.month)]
            return np.asarray(~seats[:, runs.columns(runs.case.deciders)].any(axis=1))

    yield
    assert KINDS.pop(NobodyIn.kind) is NobodyIn


@pytest.mark.usefixtures("_nobody_in")
def test_one_class_serves_patterns_sweeps_and_sensitivity(tmp_path: Path) -> None:
    """A measure that nobody listed anywhere: its class is all there is."""
    folder = tmp_path / "pact"
    new_case(folder, "COR", ["ARV", "BOR", "CAL"])
    (folder / FILE).write_text(PATTERN, encoding="utf-8")
    case = load_case(folder)
    runs = simulate(case, prior_parameters(case, runs=8, seed=1), seed=1)
    here = runs.seats[:, runs.at(parse_month("2005-12")), :, tuple(case.clubs).index("PACT")]
    nobody = 1.0 - here[:, compile_case(case).decides].any(axis=1)

    assert measured(read_outcomes([NEW], case), runs)[:, 0].tolist() == nobody.tolist()
    assert measured(read_outcomes(["pattern(X)"], case), runs)[:, 0].tolist() == nobody.tolist()
    (row,) = evaluate(load_patterns(case), Runs(runs)).itertuples()
    assert (row.kind, row.value, row.passes) == ("nobody_in", nobody.mean(), nobody.mean() <= 0.5)

    design = {
        "case": str(folder),
        "method": "posterior",
        "points": 2,
        "runs": 4,
        "outcomes": [NEW, "pattern(X)"],
        "factor": [],
    }
    summary = sweep(design).summary
    assert set(summary["outcome"]) == {NEW, "pattern(X)"}
    assert summary["mean"].between(0, 1).all()
    space, (outcome,) = Parameters(case), read_outcomes([NEW], case)
    drawn = posterior(case).draws(runs=8, seed=5)
    setting = Setting(space, (outcome,), drawn, 8, 5, case.start, outcome.until or case.end)
    points = np.full((2, len(space.problem.factors)), 0.5)
    shares = values(setting, points)
    assert shares.shape == (2, 2, 1)
    assert ((shares >= 0) & (shares <= 1)).all()


@pytest.mark.usefixtures("_nobody_in")
def test_a_word_belongs_to_one_class() -> None:
    with pytest.raises(TypeError, match="nobody_in is the word of NobodyIn"):

        class AlsoNobody(OneNumber):
            kind = "nobody_in"


def test_numbers_have_the_names_that_the_class_says(case: Case, ensemble: Ensemble) -> None:
    for text in EXAMPLES:
        measure = read_outcome(text, case)
        if measure.kind != "pattern":
            assert tuple(measure.values(Runs(ensemble))) == measure.parts, text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("inside(CST, AZE GOE, 1998-12)", "nearest valid name: GEO"),
        ("inside(CST, , 1998-12)", "states: 'missing' is not valid"),
        ("set(CST, ARM, 2002-10 2031-01)", "allowed: a month from 1992-06 to 2025-12"),
        ("set(CST, ARM, 2002-13)", "a month is written YYYY-MM"),
        ("last_to_join(PFP, TJK, soon)", "months: 'soon' is not valid"),
        ("any_act(CST, leave sanctoin, 2003-09, 2025-12)", "nearest valid name: sanction"),
        ("memberships(GUAM, AZE, UZB=2005-05, 18)", "a month is written YYYY-MM"),
        (
            "memberships(GUAM, AZA=1997-10, UZB=2005-05, 18)",
            "from: 'AZA' is not valid; allowed: ARM, AZE",
        ),
        ("together(withdraw, CST, 0, 1999-01, 1999-06)", "number: "),
        ("order(UZB out GUAM)", "steps"),
        ("order(UZB out GUAM then UZB CST)", "a step is written STATE what CLUB"),
        ("order(UZB out GUAM then UZB bakc CST)", "'bakc' is not valid"),
        ("area(tie_patro, CST, 1999-04)", "nearest valid name: tie_patron"),
        ("renewal(CST, 1999-01, 1999-06, al)", "allowed: balanced accuracy, all"),
        ("saves(coercion, CST, GEO, 1999-04)", "'saves' is not valid; allowed: in, status"),
        ({"measure": "inside", "club": "CST", "states": 3, "month": "1998-12"}, "states: 3"),
    ],
)
def test_bad_particulars_are_one_line(case: Case, text: str | dict[str, object], says: str) -> None:
    with pytest.raises(InputError) as error:
        read_outcome(text, case, "design.toml", "outcome 1")
    assert str(error.value).startswith("design.toml: outcome 1")
    assert says in str(error.value)


def test_lists_of_a_table_are_places_of_a_text(case: Case) -> None:
    table = {
        "measure": "memberships",
        "club": "GUAM",
        "from": {"AZE": "1997-10", "UZB": "1999-04"},
        "until": {"UZB": "2005-05"},
        "tolerance": 18,
    }
    text = "memberships(GUAM, AZE=1997-10 UZB=1999-04, UZB=2005-05, 18)"
    assert read_outcome(table, case) == read_outcome(text, case)
    steps = {"measure": "order", "steps": ["UZB out GUAM", "UZB back CST"]}
    assert read_outcome(steps, case) == read_outcome("order(UZB out GUAM then UZB back CST)", case)
