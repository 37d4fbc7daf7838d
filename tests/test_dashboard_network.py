"""The dashboard: the network over time as plain data, and its page without a browser."""

import json
from collections.abc import Iterator

import numpy as np
import pytest

from tashkent.dashboard import connections, results, view
from tashkent.experiments import networks
from tashkent.model import network
from tashkent.model.case import Case
from tashkent.model.record import Ensemble
from tashkent.model.simulate import prior_parameters, simulate
from tests.visitors import Visitor

#: the runs that they look at take seconds
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ensemble(case: Case) -> Ensemble:
    draws = prior_parameters(case, runs=20, seed=3)
    return simulate(case, draws, seed=3, start=case.month("1998-12", "m"))


def test_what_is_shown_is_what_the_command_says(case: Case, ensemble: Ensemble) -> None:
    told = connections.of_runs(ensemble)
    month = case.month("2002-06", "m")
    at = month - told["start"]
    found = networks.of_runs(ensemble, month)
    between = [of[at] for of in json.loads(told["between"])]
    whole = found.states.set_index("state")["between"].loc[list(case.state_ids)]
    assert between == pytest.approx(whole.to_numpy(), abs=0.051)
    shares = {(r.club, r.state): r.p_in for r in found.members.itertuples()}
    for club, of in zip(found.telling, json.loads(told["p"]), strict=True):
        for state, p in zip(case.state_ids, of, strict=True):
            assert p[at] == pytest.approx(100 * shares.get((club, state), 0.0), abs=0.51)


def test_rivals_and_how_often_they_share_a_club(case: Case, ensemble: Ensemble) -> None:
    plan, told = connections.plan(case), connections.of_runs(ensemble)
    month = case.month("2002-06", "m")
    graph = network.rivalries(case, month)
    pairs = networks.of_runs(ensemble, month).pairs.set_index(["state", "other"])["p_shared"]
    seen = set()
    rows = zip(json.loads(plan["rivalries"]), json.loads(told["together"]), strict=True)
    for (s, j, changes), together in rows:
        a, b = case.state_ids[s], case.state_ids[j]
        weight = [value for since, value in changes if since <= month][-1]
        if weight > 0:
            seen.add(frozenset((a, b)))
            assert weight == pytest.approx(graph.edges[a, b]["weight"], abs=0.006)
            assert together[month - told["start"]] == pytest.approx(100 * pairs[a, b], abs=0.51)
    assert seen == {frozenset(edge) for edge in graph.edges}


def test_the_chart_says_who_and_when(case: Case, minimal: Case, ensemble: Ensemble) -> None:
    told = connections.of_record(case)
    assert connections.finding_over_time(case, told) == (
        "By the record Uzbekistan stands between most, longest from 2001-06 to 2005-04: up to 16 pairs"
    )
    assert "nobody ever" in connections.finding_over_time(minimal, connections.of_record(minimal))
    some = connections.of_runs(ensemble)
    assert connections.finding_over_time(case, some).startswith("In 20 runs ")
    lines = connections.lines_between(case, some)
    assert 0 < len(lines) <= connections.MOST_LINES
    for values in lines.values():
        assert np.isnan(values[: some["start"] - case.start]).all()
        assert not np.isnan(values[some["start"] - case.start :]).any()


@pytest.fixture
def visitor(few_runs: None) -> Iterator[Visitor]:
    found = Visitor()
    yield found
    found.context.close()


def test_the_page_has_the_record_first_and_then_the_runs(visitor: Visitor) -> None:
    visitor.send("busy", "apply", {"page": "network"})
    widget = visitor.find("plan")
    assert visitor.find("busy").clubs == [], "it is of all clubs"
    assert widget.made["runs"] in (None, view.RUNS)
    visitor.wait(lambda: visitor.find("plan").made["runs"] == view.RUNS)
    visitor.send("plan", "moved", "2002-06")
    assert "month=2002-06" in visitor.find("query").query
    visitor.send("plan", "open", {"state": "GEO", "month": "1999-03"})
    assert "page=state" in visitor.find("query").query


def test_another_case_has_a_network_too(
    monkeypatch: pytest.MonkeyPatch, minimal: Case, few_runs: None
) -> None:
    monkeypatch.setenv(results.CASE_VARIABLE, str(minimal.path))
    results.the_case.cache_clear()
    try:
        visitor = Visitor()
        visitor.send("busy", "apply", {"page": "network", "show": "record"})
        assert {s["state"] for s in visitor.find("plan").plan["states"]} == set(minimal.state_ids)
        visitor.context.close()
    finally:
        results.the_case.cache_clear()
