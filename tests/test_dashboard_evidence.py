"""The dashboard: the evidence as plain data, and its page without a browser."""

from collections.abc import Iterator

import numpy as np
import pytest

from tashkent.calibration.posterior import posterior
from tashkent.dashboard import explained, results, scene, sources, view
from tashkent.model.case import Case
from tashkent.model.case.checks import sourced
from tashkent.model.simulate import simulate
from tashkent.model.theory import with_theory
from tests.visitors import Visitor


def test_every_part_of_a_view_has_columns_and_rows_of_that_width(case: Case, minimal: Case) -> None:
    assert set(view.EVIDENCE) == set(sources.PARTS)
    for one in (case, minimal):
        for name in view.EVIDENCE:
            found = sources.part(one, name)
            assert found["rows"], name
            assert {len(row["cells"]) for row in found["rows"]} == {len(found["columns"])}, name


def test_every_row_that_has_a_source_is_there_with_it(case: Case) -> None:
    files = {file: name for name, (_, _, file) in sources.PARTS.items()}
    for file, rows in sourced(case).items():
        if file not in files:  # law and clubs have a page of their own
            assert file in ("statutes.toml", "clubs.toml")
            continue
        told = {
            row["id"]: {code for code, _, _ in row["sources"]}
            for row in sources.part(case, files[file])["rows"]
        }
        for name, cited in rows:
            assert set(cited) & told[name], (file, name)
    for row in sources.part(case, "events")["rows"]:
        assert all(words == case.sources[code] for code, words, _ in row["sources"])
    located = [
        section for row in sources.part(case, "events")["rows"] for *_, section in row["sources"]
    ]
    assert any(located)


def test_numbers_are_those_of_prior_and_posterior(case: Case) -> None:
    rows = {row["id"]: row["cells"] for row in sources.part(case, "numbers")["rows"]}
    assert set(rows) == set(case.parameters)
    prior = case.parameters["patronage"]
    after = posterior(case).table().set_index("parameter").loc["patronage"]
    assert rows["patronage"][1] == f"{prior.mean:g} ± {prior.sd:g}"
    assert rows["patronage"][2] == f"{after['posterior_mean']:.2f} ± {after['posterior_sd']:.2f}"
    fixed = next(name for name, row in case.parameters.items() if row.sd is None)
    assert rows[fixed][2] == ""


def test_inputs_are_those_of_the_table(case: Case) -> None:
    lines = sources.input_over_time(case, "tie_patron", "UZB")
    values = {
        (row.state, row.year): row.value for row in case.composites if row.variable == "tie_patron"
    }
    at = case.month("2002-06", "m") - case.start
    of_all = [values[s, 2002] for s in case.deciders]
    found = [line[at] for line in lines.values()]
    assert found == pytest.approx(
        [values["UZB", 2002], np.median(of_all), max(of_all), min(of_all)]
    )
    words = sources.input_finding(case, "tie_patron", "BLR", case.month("2002-06", "m"))
    assert words.startswith("Belarus. Tie to the patron: 1.4 in 2002, ")
    assert words.endswith("above the middle of all states")
    made = {row["id"]: row["cells"][1] for row in sources.part(case, "inputs")["rows"]}
    assert "democracy" in made["tie_west"]


def test_an_address_leads_to_a_row_and_a_wrong_one_is_told(case: Case) -> None:
    asked = {"page": "evidence", "part": "numbers", "item": "patronage"}
    seen, wrong = view.changed(case, view.default(case), asked)
    assert (seen.part, seen.item, wrong) == ("numbers", "patronage", ())
    assert "part=numbers&item=patronage" in seen.query()
    assert view.changed(case, seen, {"part": "events"})[0].item == ""
    same, wrong = view.changed(case, seen, {"item": "nothing"})
    assert same.item == "patronage"
    assert wrong == ('There is no "nothing" among numbers of the model here.',)


def test_what_a_month_names_leads_to_rows_that_are_there(case: Case, minimal: Case) -> None:
    for one in (case, minimal):
        for club in one.clubs:
            for rows in scene.facts(one, club).values():
                for _, words, lead in rows:
                    seen, wrong = view.changed(one, view.default(one), lead)
                    assert wrong == (), words
                    assert seen.page == lead["page"]


@pytest.mark.slow
def test_reasons_lead_to_numbers_that_are_there(case: Case) -> None:
    found = explained.decision(case, "UZB", case.month("2012-06", "m"), "CST", 0)
    reasons = {bar["parameter"] for act in found["acts"] for bar in act["bars"]} - {""}
    assert len(reasons) > 5
    assert reasons <= sources.names(case, "numbers")


def test_a_theory_and_held_weights_exclude_each_other(case: Case) -> None:
    first = view.default(case)
    under, wrong = view.changed(case, first, {"theory": "hierarchy"})
    assert (under.theory, wrong) == ("hierarchy", ())
    assert "theory=hierarchy" in under.query()
    held, _ = view.changed(case, under, {"weights": "patronage:1"})
    assert (held.theory, held.weights) == ("", (("patronage", 1.0),))
    again, wrong = view.changed(case, held, {"theory": "hierarchy"})
    assert (again.theory, again.weights, wrong) == ("hierarchy", (), ())
    _, wrong = view.changed(case, first, {"theory": "hierarchy", "weights": "patronage:1"})
    assert wrong == ("Weights are held with all theories together, not under one of them.",)
    same, wrong = view.changed(case, under, {"theory": "astrology"})
    assert same.theory == "hierarchy"
    assert wrong[0].startswith('There is no theory "astrology" here: fear_of_abandonment, ')
    assert under.reset(case).theory == ""


@pytest.mark.slow
def test_runs_under_a_theory_are_those_of_the_command(minimal: Case, few_runs: None) -> None:
    name = next(name for name, row in minimal.theories.items() if row.terms)
    wish = results.Wish(minimal.start, 40, 3, theory=name)
    found = results.obtain(minimal, wish, lambda _: None)
    other = with_theory(minimal, name)
    draws = posterior(other).draws(runs=40, seed=3)
    assert np.array_equal(found.status, simulate(other, draws, seed=3).status)
    usual = results.compute(minimal, results.Wish(minimal.start, 40, 3), lambda _: None)
    assert not np.array_equal(found.status, usual.status)
    assert results.obtain(minimal, wish, lambda _: None) is found, "once for all who choose it"


@pytest.fixture
def visitor(few_runs: None) -> Iterator[Visitor]:
    found = Visitor()
    yield found
    found.context.close()


def test_the_page_shows_one_part(visitor: Visitor) -> None:
    visitor.send("busy", "apply", {"page": "evidence"})
    assert visitor.find("looked").part == "events"
    visitor.send("parts", "ask", {"part": "theories"})
    assert visitor.find("looked").title == "Theories"
    visitor.send("looked", "ask", {"page": "rulebook"})
    assert "page=rulebook" in visitor.find("query").query


@pytest.mark.slow
def test_a_theory_is_chosen_where_it_stands_and_counts_elsewhere(visitor: Visitor) -> None:
    visitor.send("busy", "apply", {"page": "evidence", "part": "theories"})
    visitor.send("looked", "ask", {"theory": "hierarchy"})
    assert visitor.find("looked").theory == "hierarchy"
    visitor.send("looked", "ask", {"page": "state", "state": "UZB", "month": "2012-06"})
    visitor.wait(lambda: visitor.find("marks").found is not None)
    widget = visitor.find("marks")
    assert widget.held == "Under hierarchy alone."
    terms = {b["parameter"] for a in widget.found["acts"] for b in a["bars"] if b["kind"] == "term"}
    assert "patronage" in terms
    assert terms <= {"patronage", "courtship"}
    visitor.send("marks", "ask", {"page": "whatif"})
    assert "asked of all theories together" in visitor.find("most").notice
