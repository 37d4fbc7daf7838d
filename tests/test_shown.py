"""What a notebook and a prompt show of an object: a line, and for some a table."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest

import tashkent as tk
from tashkent.model.case import Case
from tashkent.model.counterfactual import load_counterfactual

#: the runs that they look at take seconds
pytestmark = pytest.mark.slow

GRID = {
    "method": "grid",
    "runs": 20,
    "start": "2025-06",
    "outcomes": ["exits(CST, 2025-07, 2025-12)"],
    "factor": [{"vary": "counterfactual", "values": ["baseline"]}],
}


@pytest.fixture(scope="module")
def things(case: Case) -> dict[str, Any]:
    ensemble = tk.simulate(case, runs=20, start="1998-12")
    model = tk.CoalitionModel(case, run=1, start="2025-10", rng=4)
    explanation = tk.explain(case, "UZB", "2012-06", draws=20)
    comparison = tk.compare(case, "CF1", runs=20, start="1998-12")
    act = explanation.of("CST", "request_suspension")
    swept = tk.sweep(GRID)
    return {
        "ensemble": ensemble,
        "draws": ensemble.parameters,
        "case": case,
        "law": case.law,
        "posterior": tk.posterior(case),
        "model": model,
        "state": model.states["UZB"],
        "club": model.organisations["CST"],
        "world": model.world,
        "inputs": model.inputs,
        "situation": model.situation,
        "standing": model.standing,
        "explanation": explanation,
        "act": act,
        "part": act.parts[0],
        "comparison": comparison,
        "pair": comparison.pairs[0],
        "effect": comparison.pairs[0].effect,
        "counts": comparison.pairs[0].counts,
        "counterfactual": load_counterfactual("CF1", case),
        "swept": swept,
        "plan": swept.plan,
        "picture": tk.figures.parameters(tk.posterior(case), ["exit"]),
    }


LINES = {
    "ensemble": "<Ensemble cst: 20 runs, 1998-12 to 2025-12, seed 0>",
    "draws": r"<ParameterDraws: \d+ parameters of 20 runs>",
    "case": "<Case cst [0-9a-f]{12}>",
    "law": r"<Law: \d+ statutes of 5 clubs>",
    "posterior": r"<(Sample|Laplace) cst: \d+ parameters, (sample of|normal approximation) .*>",
    "model": "<CoalitionModel cst: run 1, seed 4, at 2025-10>",
    "state": "<StateAgent UZB, 2025-10: in SCO, PFP>",
    "club": "<OrganisationAgent CST, 2025-10: ARM, BLR, KAZ, KGZ, RUS, TJK>",
    "world": "<World cst: 1 runs side by side>",
    "inputs": "<CaseInputs cst: 404 months, 12 states, 5 clubs>",
    "situation": r"<Situation: threats of shape \(12, \d+\)>",
    "standing": r"<Standing: seats of shape \(12, 5\)>",
    "explanation": r"<Explanation UZB, 2012-06: \d acts open>",
    "act": r"<ActExplained request_suspension CST: [\d.]+% \([\d.]+% to [\d.]+%\)>",
    "part": r"<Part \w+: [+-][\d.]+ \([+-][\d.]+ to [+-][\d.]+\)>",
    "comparison": "<Comparison cst: CF1; 1 pairs of 20 runs, seed 0>",
    "pair": "<Pair CF1 against baseline, theory whole, from 1998-12: 20 runs>",
    "effect": r"<Effect of shape \(325, 12, 5\): [+-]\d\.\d{3} to [+-]\d\.\d{3}>",
    "counts": r"<Counts of shape \(325, 12, 5\)>",
    "counterfactual": "<Counterfactual CF1: No bombs in Tashkent; 1 patches>",
    "swept": "<Swept: 1 points of 20 runs, 0 failed>",
    "plan": "<SweepPlan: 1 points of 20 runs>",
    "picture": "<Picture 89 × [0-9]+ mm>",
}
#: what stands in the table of those that have one
TABLES = {
    "ensemble": ("P(in) of CST", "2000-12", "Uzbekistan"),
    "case": ("Collective Security Treaty", "statutes", "1992-05 to 2025-12"),
    "posterior": ("patronage", "posterior_mean"),
    "model": ("Uzbekistan", "member"),
    "explanation": ("request_suspension", "chance"),
    "act": ("compliance", "term", "friction"),
    "comparison": ("UZB", "posterior_low"),
    "pair": ("UZB", "posterior_low"),
    "counterfactual": ("RemoveEvent", "Would Uzbekistan have renewed"),
    "swept": ("exits", "mean"),
}


@pytest.mark.parametrize("name", LINES)
def test_it_shows_itself_in_a_line(things: dict[str, Any], name: str) -> None:
    assert re.fullmatch(LINES[name], repr(things[name])), repr(things[name])


def test_every_line_is_tried(things: dict[str, Any]) -> None:
    assert set(LINES) == set(things)
    assert {n for n, thing in things.items() if hasattr(thing, "_repr_html_")} == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_a_notebook_shows_a_table(things: dict[str, Any], name: str) -> None:
    shown = things[name]._repr_html_()
    assert html.escape(repr(things[name])) in shown
    for word in TABLES[name]:
        assert word in shown
    assert shown.count("<") < 3000


def test_what_a_file_says_is_no_markup(case: Case) -> None:
    sly = case.varied(title="<script>alert(1)</script>", focus="<b>")
    assert "<script>" not in sly._repr_html_()
    assert "<b>" not in sly._repr_html_()
    asked = load_counterfactual("CF1", case).model_copy(update={"question": "<script>"})
    assert "<script>" not in asked._repr_html_()


def test_names_are_completed_and_nothing_else_is() -> None:
    names = [name for name in dir(tk) if not name.startswith("__")]
    assert names == sorted(tk.__all__)


def test_a_part_of_a_longer_ensemble_says_where_it_begins(case: Case) -> None:
    from tashkent.model.simulate import prior_parameters, simulate

    draws = prior_parameters(case, runs=2, seed=0, first_run=5)
    end = case.month("1992-07", "end")
    assert "2 runs from 5," in repr(simulate(case, draws, first_run=5, end=end))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (lambda: tk.explain("cst", "UZB", "1992-05"), "month: '1992-05' is not valid; allowed: a month after 1992-05"),
        (lambda: tk.explain("cst", "RUS", "1999-04"), "state: 'RUS' is not valid; allowed: a state that decides"),
        (lambda: tk.explain("cst", "UZB", "1999-04", "CTS"), "club: 'CTS' is not valid"),
        (lambda: tk.explain("cst", "UZB", "1999-04", draws=0), "draws: runs: 0 is not valid"),
    ],
)  # fmt: skip
def test_what_cannot_be_explained_is_refused(asked: Callable[[], object], says: str) -> None:
    with pytest.raises(tk.InputError, match=re.escape(says)):
        asked()


def test_an_explanation_takes_names_and_given_parameters(case: Case) -> None:
    given = tk.posterior(case).draws(runs=30, seed=0)
    one = tk.explain(case, "uzbekistan", "2012-06", "cst", parameters=given)
    other = tk.explain(case, "UZB", "2012-06", draws=30)
    assert {act.club for act in one.acts} == {"CST"}
    for act in one.acts:
        assert (other.of("CST", act.act).log_odds == act.log_odds).all()
