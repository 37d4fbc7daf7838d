"""A page without a server: it has what the dashboard has, its numbers are those of the commands."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tashkent.calibration.posterior import posterior
from tashkent.dashboard import handout
from tashkent.dashboard.found import LETTERS
from tashkent.dashboard.handout import Handout, make_handout, packed, questions_of
from tashkent.experiments.compare import compare
from tashkent.experiments.pair import Pair
from tashkent.experiments.predictions import StatedPrediction, score
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.counterfactual import load_counterfactual
from tashkent.model.simulate import simulate
from tests.commands import QUESTION, call, streams

# they wait for a page that has all the runs of a question
pytestmark = pytest.mark.slow

RUNS, SEED = 20, 3


def unpacked(row: list[Any]) -> list[Any]:
    return [v for one in row for v in ([one[0]] * one[1] if isinstance(one, list) else [one])]


@pytest.fixture(scope="module")
def made(case: Case) -> Handout:
    return make_handout(case, questions_of(case, ["CF2"]), runs=RUNS, seed=SEED)


@pytest.fixture(scope="module")
def content(made: Handout) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/json" id="told">(.*?)</script>', made.page)
    return json.loads(text)


@pytest.fixture(scope="module")
def pair(case: Case) -> Pair:
    return compare(case, "CF2", runs=RUNS, seed=SEED, start="1998-12").pairs[0]


@pytest.mark.parametrize(
    ("part", "module"),
    [
        ("header", "page"),
        ("stage", "simulate_page"),
        ("predict", "whatif_page"),
        ("answer", "whatif_page"),
        ("sheet", "whatif_page"),
    ],
)
def test_each_part_is_given_what_the_dashboard_gives_it(part: str, module: str) -> None:
    tree = ast.parse(handout._text(f"{module}.py"))
    (made,) = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == f"_{part}")
    # parts within a part are known to the page by their names
    names = [argument.arg for argument in made.args.args if argument.arg != "components"]
    events = {name.removeprefix("event_") for name in names if name.startswith("event_")}
    props = {name for name in names if not name.startswith("event_")}
    assert (set(handout.PARTS[part].props), set(handout.PARTS[part].events)) == (props, events)
    (use,) = re.findall(rf"<tk-{part} (.*?)></tk-{part}>", handout._text("handout.vue"), re.DOTALL)
    used = {name.removeprefix(":") for name in re.findall(r"(?<!\S)(:?\w+)=", use)}
    assert used - {"key"} == props


def test_the_shares_are_those_of_runs(case: Case, made: Handout, content: dict[str, Any]) -> None:
    draws = posterior(case).draws(runs=RUNS, seed=SEED)
    runs = simulate(case, draws, seed=SEED, start=case.start)
    for c, club in enumerate(content["clubs"]):
        found = np.array([unpacked(row) for row in club["made"]["p"]])
        assert (found == np.rint(100 * runs.p_in[:, :, c]).T).all()
    one = made.shares.query("club == 'CST' and state == 'UZB' and month == '2010-12'")
    at = case.month("2010-12", "month") - runs.start, case.state_ids.index("UZB"), 0
    assert one["p_in"].item() == pytest.approx(runs.p_in[at])


def test_the_answers_are_those_of_compare(
    case: Case, made: Handout, content: dict[str, Any], pair: Pair
) -> None:
    (asked,) = content["questions"]
    rows = [case.state_ids.index(s) for s in case.deciders]
    for c, club in enumerate(case.clubs):
        series = asked["clubs"][club]["series"]
        for name, values in (
            ("baseline", pair.p_in[0]),
            ("changed", pair.p_in[1]),
            ("change", pair.effect.change),
            ("low", pair.effect.posterior_low),
        ):
            # what cannot be told is nothing there, and no number here
            found = np.array([unpacked(row) for row in series[name]], float) / handout.SCALE
            np.testing.assert_allclose(found, values[:, rows, c].T, atol=0.5001 / handout.SCALE)
    table = made.answers.query("club == 'CST'").set_index("state")
    assert set(table["month"]) == {"1999-12"}
    at = case.month("1999-12", "month") - pair.start
    seat = case.state_ids.index("UZB")
    assert table.loc["UZB", "change"] == pytest.approx(pair.effect.change[at, seat, 0], abs=1e-4)
    assert {"up", "none"} == set(table["found"])  # else nothing has been compared


def test_directions_are_those_by_which_predictions_are_scored(
    case: Case, content: dict[str, Any], pair: Pair
) -> None:
    (asked,) = content["questions"]
    seen = set()
    for by in range(pair.start + 1, case.end + 1, 12):
        guesses = [
            StatedPrediction(
                state=state, direction="up", confidence=0.8, club="CST", month=month_label(by)
            )
            for state in case.deciders
        ]
        told = score(guesses, pair).set_index("state")
        for row, state in zip(asked["clubs"]["CST"]["found"], case.deciders, strict=True):
            letter = unpacked(row)[by - pair.start]
            assert told.loc[state, "found"] == LETTERS[letter]
            seen.add(letter)
    assert {"u", "n"} <= seen


def test_the_usual_month_is_that_of_compare(content: dict[str, Any]) -> None:
    (asked,) = content["questions"]
    assert month_label(asked["by"]) == "1999-12"
    assert month_label(asked["common"]["start"]) == "1998-12"


def test_nothing_is_fetched_and_all_questions_fit(made: Handout, content: dict[str, Any]) -> None:
    assert "default-src 'none'" in made.page
    assert not re.findall(
        r"""<(?:script|link|img)[^>]* (?:src|href)=["'](?!data:)|@import|url\((?!#)""", made.page
    )
    one = len(json.dumps(content["questions"][0]).encode())
    assert len(made.page.encode()) + 20 * one < 3e6


def test_text_of_a_case_cannot_end_the_page() -> None:
    words = "</script><b>&@@vue@@"
    page = handout._page(words, {"title": words})
    told = page.split('id="told">')[1].split("</script>")[0]
    assert json.loads(told) == {"title": words}
    assert "<title>&lt;/script>&lt;b>&amp;@@vue@@</title>" in page


@pytest.mark.parametrize("values", [[], [1], [None, None, 2, 2, 1], list("aab")])
def test_packed_values_are_all_there(values: list[Any]) -> None:
    assert unpacked(packed(values)) == values


def test_the_command_writes_a_page_that_can_be_made_again(minimal: Case, tmp_path: Path) -> None:
    (tmp_path / "no_ring.toml").write_text(QUESTION)
    given = ("--case", str(minimal.path), "--questions", str(tmp_path / "no_ring.toml"))
    with streams() as said:
        assert call("export", str(tmp_path / "page"), *given, "--runs", "4") == 0
        assert f"The page: {tmp_path / 'page' / 'index.html'}" in said()[0]
        assert call("reproduce", str(tmp_path / "page")) == 0
        assert "identical" in said()[0]
    answers = pd.read_csv(tmp_path / "page" / "answers.csv")
    shares = pd.read_csv(tmp_path / "page" / "p_in.csv")
    told = pd.read_csv(tmp_path / "page" / "codebook.csv")["column"]
    assert set(told) == {*answers.columns, *shares.columns}
    assert set(answers["question"]) == {"no_ring"}


def test_an_own_page_is_not_written_over(minimal: Case, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine")
    with streams() as said:
        assert call("export", str(tmp_path), "--case", str(minimal.path), "--runs", "4") == 2
        assert said()[1].startswith(f"error: DIR: folder: '{tmp_path}' is not valid")
    assert (tmp_path / "index.html").read_text() == "mine"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (("--questions", "CF99"), "CF99"),
        (("--questions", "CF1,CF1x"), "CF1x"),
        (("--runs", "1"), "Invalid value for '--runs'"),
        (("--seed", "-1"), "Invalid value for '--seed'"),
    ],
)
def test_what_cannot_be_had_is_one_line(tmp_path: Path, given: tuple[str, ...], line: str) -> None:
    with streams() as said:
        assert call("export", str(tmp_path / "page"), *given) == 2
        error = said()[1]
    assert line in error
    assert error.count("\n") == 1
    assert not (tmp_path / "page").exists()


def test_two_questions_of_one_name_are_refused(case: Case, tmp_path: Path) -> None:
    from tashkent.dashboard.question import written

    (tmp_path / "CF1.toml").write_text(written(load_counterfactual("CF1", case)))
    with streams() as said:
        names = f"CF1,{tmp_path / 'CF1.toml'}"
        assert call("export", str(tmp_path / "page"), "--questions", names) == 2
        assert said()[1].startswith("error: --questions: id: 'CF1' is not valid; allowed: another")
