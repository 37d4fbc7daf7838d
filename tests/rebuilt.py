"""Tables that are shipped in results/ can be built again, at the sizes that they say they were built at.

``make rebuilt`` asks for it: after a change that is meant to change results it fails until what is shipped is renewed.
"""

import json

import pandas as pd

from publish.counterfactuals import MANIFEST, OUTCOMES
from publish.evidence import RESULTS
from publish.page import DIGITS, ROOT
from tashkent.calibration.joining import with_rules
from tashkent.calibration.patterns import load_patterns
from tashkent.calibration.stages import STAGES, Effort
from tashkent.calibration.validation import SPARSE
from tashkent.dashboard import question, ready
from tashkent.dashboard.found import found_of
from tashkent.dashboard.view import RUNS
from tashkent.experiments.compare import compare
from tashkent.experiments.labels import WITHOUT
from tashkent.experiments.scenarios import WHOLE
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.counterfactual import shipped_counterfactuals
from tashkent.model.plain import csv_text

#: a question whose answer is no zero by construction
QUESTION = "CF10"


def test_one_question_has_the_answers_that_are_shipped(case: Case) -> None:
    """To the last digit, but for the fit without the state, whose search ends otherwise on other machines."""
    told = json.loads((ROOT / MANIFEST).read_text(encoding="utf-8"))
    asked = next(one for one in shipped_counterfactuals(case) if one.id == QUESTION)
    sizes = {name: told[name] for name in ("runs", "seed")}
    made = compare(case, asked, theories=(WHOLE,), labels=True, **sizes).outcomes.round(DIGITS)
    shipped = pd.read_csv(ROOT / OUTCOMES, dtype={"zero": str}).fillna({"zero": ""})
    rows = (shipped["counterfactual"] == QUESTION) & (shipped["theory"] == WHOLE)
    shipped = shipped[rows].reset_index(drop=True)
    assert (shipped["change"] != 0).any()
    fitted = [name for name in shipped if name.startswith(f"{WITHOUT}_")]
    pd.testing.assert_frame_equal(
        made.drop(columns=fitted), shipped.drop(columns=fitted), check_exact=True
    )
    pd.testing.assert_frame_equal(made[fitted], shipped[fitted], rtol=0, atol=2 * 10.0**-DIGITS)


def test_free_runs_are_those_that_are_shipped(case: Case) -> None:
    """Whole tables, byte for byte: P(in) with its bands, and the scores of clubs in runs from each start."""
    told = json.loads((ROOT / RESULTS / "manifest.json").read_text(encoding="utf-8"))
    effort = Effort(**{**told["plan"], "bands": tuple(told["plan"]["bands"])})
    patterns = with_rules(load_patterns(case), case)
    found = [STAGES["patterns"](case, patterns, effort, start) for start in told["starts"]]
    seats, clubs = (pd.concat([one[name] for one in found]) for name in ("p_in", "clubs"))
    month = pd.to_datetime(seats["month"], format="%Y-%m").dt.month
    for name, table in {"p_in": seats[month % SPARSE == 1], "clubs": clubs}.items():
        shipped = (ROOT / RESULTS / f"{name}.csv").read_text(encoding="utf-8")
        assert csv_text(table, "%.5g") == shipped, f"{name}.csv: run make validation"


def test_answers_that_are_ready_are_those_of_this_code(case: Case) -> None:
    """The same digests, a few runs of one question, and one whole answer; if it fails: make answers."""
    assert ready.holds(case)
    library = question.library(case)
    usual = {name: question.usual_origin(case, one) for name, one in library.items()}
    assert all(ready.has(case, name, usual[name], RUNS, ready.SEED) for name in library)
    start = usual[QUESTION]
    for other in ((start - 1, RUNS, 0), (start, RUNS - 1, 0), (start, RUNS, 1)):
        assert not ready.has(case, QUESTION, *other)
    (pair,) = compare(case, QUESTION, runs=RUNS, seed=ready.SEED, start=month_label(start)).pairs
    assert ready.read(case, QUESTION) == found_of(case, pair)
