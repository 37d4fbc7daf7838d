"""Graphs against what the record and the dyads say."""

import networkx as nx
import numpy as np
import pytest

from tashkent.model import network
from tashkent.model.case import Case
from tashkent.model.clock import parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.statuses import is_in


def test_ties_lead_to_the_patron_and_to_roles(case: Case) -> None:
    graph = network.ties(case, parse_month("1999-01"))
    assert set(graph.successors("KAZ")) == {"RUS", "west"}
    assert graph.edges["BLR", "RUS"]["weight"] > graph.edges["GEO", "RUS"]["weight"]
    assert "RUS" not in {state for state, _ in graph.edges}


def test_rivalries_are_those_of_the_dyads(case: Case) -> None:
    graph = network.rivalries(case, parse_month("1999-01"))
    assert graph.has_edge("ARM", "AZE")
    assert graph.has_edge("UZB", "TJK")
    assert not graph.has_edge("KAZ", "BLR")
    assert graph.edges["ARM", "AZE"]["weight"] >= 1.0


def test_co_membership_counts_clubs(case: Case) -> None:
    month = parse_month("2000-01")
    graph = network.co_membership(case, month)
    told = [club in network.telling(case) for club in case.clubs]
    seats = is_in(compile_case(case).record.status[month - case.start]) & told
    for a, b, weight in graph.edges(data="weight"):
        s, j = case.state_ids.index(a), case.state_ids.index(b)
        assert weight == (seats[s] & seats[j]).sum() > 0
    assert (
        graph.edges["GEO", "AZE"]["weight"] == 1
    )  # GUAM; PfP, which nearly all join, does not count
    assert nx.bipartite.is_bipartite(network.memberships(case, month))


def test_measures_are_those_of_the_graphs(case: Case) -> None:
    month = parse_month("1999-03")
    table = network.measures(case, month)
    assert list(table.index) == list(case.state_ids)
    assert table.loc["AZE", "rivals_inside"] == 2  # Armenia, and Georgia after a dispute of 1996
    assert table.loc["TKM", "clubs"] == 0  # in none but one that nearly all join
    assert table.loc["AZE", "between"] == table.loc["GEO", "between"] == 14
    assert table["between"].sum() == 28
    assert np.isnan(table.loc["RUS", "tie_patron"])
    assert table["betweenness"].between(0, 1).all()
    assert np.linalg.norm(table["eigenvector"]) == pytest.approx(1.0)
    before, after = (network.summary(case, parse_month(m)) for m in ("1999-03", "1999-05"))
    assert before["rivals_allied"] > after["rivals_allied"]


def test_seats_of_a_run_can_be_given(case: Case) -> None:
    nobody = np.zeros((len(case.states), len(case.clubs)), bool)
    month = parse_month("1999-03")
    assert network.co_membership(case, month, nobody).number_of_edges() == 0
    assert network.summary(case, month, nobody)["density"] == 0.0
    assert network.measures(case, month, nobody)["eigenvector"].sum() == 0.0


def test_bonds_are_shares_of_trade(case: Case) -> None:
    month = case.month("1999-03", "month")
    graph = network.bonds(case, month)
    shares = {
        row.partner: row.value for row in case.bonds if (row.state, row.year) == ("TJK", 1999)
    }
    assert {partner: edge["weight"] for partner, edge in graph["TJK"].items()} == shares
    inside = network.measures(case, month).loc["TJK", "trade_inside"]
    assert inside == pytest.approx(
        sum(shares.get(s, 0.0) for s in ("ARM", "AZE", "BLR", "GEO", "KAZ", "KGZ", "UZB"))
    )
