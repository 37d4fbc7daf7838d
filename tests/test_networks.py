"""The network of a month by the record and in runs: tables, graph, picture, and the command."""

import itertools
import json
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from tashkent.experiments import figures, networks
from tashkent.model import network
from tashkent.model.case import Case
from tashkent.model.compilation import compile_case
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.statuses import is_in
from tests.commands import call, streams


def at(case: Case, month: str) -> networks.Network:
    return networks.of_record(case, case.month(month, "month"))


def by_hand(shared: np.ndarray) -> list[int]:
    """Open pairs, one by one."""
    states = range(len(shared))
    return [
        sum(
            bool(shared[s, a] and shared[s, b] and not shared[a, b])
            for a, b in itertools.combinations(set(states) - {s}, 2)
        )
        for s in states
    ]


def test_who_stands_between_is_counted_pair_by_pair() -> None:
    rng = np.random.default_rng(4)
    some = rng.random((20, 7, 7)) < 0.4
    shared = (some | some.swapaxes(1, 2)) & ~np.eye(7, dtype=bool)
    assert network.stands_between(shared).tolist() == [by_hand(one) for one in shared]
    only = np.zeros((7, 7))
    only[0, 1] = only[1, 0] = 1
    counted = network.stands_between(shared, only)
    assert counted.tolist() == [
        [float(one[s, 0] and one[s, 1] and not one[0, 1] and s > 1) for s in range(7)]
        for one in shared
    ]


def test_a_club_that_nearly_all_join_ties_nobody(case: Case) -> None:
    assert "PFP" not in network.telling(case)
    found = at(case, "2002-06").states.set_index("state")
    assert found.loc["TKM", "clubs"] == 0, "it is in PfP alone"
    inside = is_in(compile_case(case).record.status[case.month("2002-06", "m") - case.start])
    everybody = inside.copy()
    everybody[:, tuple(case.clubs).index("PFP")] = True
    kept, more = (network.share_a_club(case, seats) for seats in (inside, everybody))
    assert np.array_equal(kept, more)
    assert np.array_equal(
        kept, nx.to_numpy_array(network.co_membership(case, case.month("2002-06", "m"))) > 0
    )


def test_the_focal_club_always_counts(monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    monkeypatch.setattr(network, "COMMON", 0.0)
    alike = case.varied(title="Another, which nobody has asked about yet")
    assert network.telling(alike) == (case.focus,)


def test_the_record_says_who_stood_between_and_when(case: Case) -> None:
    before, after = at(case, "1999-03"), at(case, "1999-04")
    assert set(before.states.query("first == 1")["state"]) == {"AZE", "GEO"}
    assert after.states["between"].max() == 0
    assert networks.finding(before).startswith("1999-03: Azerbaijan and Georgia stand between 14 ")
    assert networks.finding(after) == "1999-04: nobody stands between states that share no club"
    uzbekistan = at(case, "2002-06").states.iloc[0]
    assert (uzbekistan["state"], uzbekistan["between"], uzbekistan["rivals_at_table"]) == (
        "UZB",
        16,
        3,
    )


def test_in_runs_numbers_are_means_of_those_of_each_run(case: Case) -> None:
    month = case.month("2000-06", "month")
    draws = prior_parameters(case, runs=30, seed=3)
    ensemble = simulate(case, draws, seed=3, start=case.month("1998-12", "m"), end=month)
    found = networks.of_runs(ensemble, month)
    one_by_one = [
        networks.Network(case, month, ensemble.seats[r : r + 1, -1], 1) for r in range(30)
    ]
    tables = [one.states.set_index("state").loc[list(case.state_ids)] for one in one_by_one]
    whole = found.states.set_index("state").loc[list(case.state_ids)]
    for column in ("clubs", "partners", "between", "betweenness", "rivals_between", "first"):
        mean = np.mean([table[column] for table in tables], axis=0)
        assert whole[column].to_numpy() == pytest.approx(mean), column
    assert whole["between"].max() > 0
    spread = np.std([table["between"] for table in tables], axis=0) / np.sqrt(30)
    assert whole["between_se"].to_numpy() == pytest.approx(spread)
    shared = found.pairs.set_index(["state", "other"])["p_shared"]
    assert 0 < shared.loc[("KAZ", "UZB")] < 1
    assert "on average; first in" in networks.finding(found)


def test_months_together_are_months_one_by_one(case: Case) -> None:
    draws = prior_parameters(case, runs=5, seed=1)
    ensemble = simulate(case, draws, seed=1, start=case.month("2024-06", "m"))
    pairs = networks.between_by_month(case, ensemble.seats)
    assert pairs.shape == (len(ensemble.months), len(case.states))
    for t, month in enumerate(ensemble.months):
        table = (
            networks.of_runs(ensemble, month).states.set_index("state").loc[list(case.state_ids)]
        )
        assert pairs[t] == pytest.approx(table["between"].to_numpy())


def test_places_are_apart_and_the_same_for_every_month(case: Case, minimal: Case) -> None:
    for one in (case, minimal):
        places = networks.layout(one)
        assert set(places) == {*one.state_ids, *(f"club:{c}" for c in network.telling(one))}
        xy = np.array([[at["x"], at["y"]] for at in places.values()])
        assert ((xy >= 0) & (xy <= 1)).all()
        far = np.linalg.norm(xy[:, None] - xy, axis=2)[~np.eye(len(xy), dtype=bool)]
        assert far.min() > 0.1
        assert places == networks.layout(one)
    places = networks.layout(case)
    assert places["TKM"]["y"] == 0, "in no telling club: in the row below"


def test_the_graph_has_states_clubs_and_three_kinds_of_edges(case: Case) -> None:
    graph = at(case, "2002-06").graph()
    kinds = pd.Series([kind for _, _, kind in graph.edges(data="kind")]).value_counts()
    inside = is_in(compile_case(case).record.status[case.month("2002-06", "m") - case.start])
    assert kinds["membership"] == inside.sum()
    assert kinds["rivalry"] == network.rivalries(case, case.month("2002-06", "m")).number_of_edges()
    assert kinds["tie"] == len(case.deciders) * len(case.sponsors)
    assert graph.nodes["club:GUAM"]["name"] == "GUUAM"
    assert graph.nodes["state:UZB"]["between"] == 16


def test_the_picture_names_every_state_and_what_is_found(case: Case) -> None:
    words = [text.get_text() for text in _texts(figures.network(at(case, "2002-06")))]
    assert "2002-06: Uzbekistan stands between 16 pairs of states that share no club" in words
    assert "Uzbekistan, 16" in words
    assert "Turkmenistan" in words
    early = [text.get_text() for text in _texts(figures.network(at(case, "1994-06")))]
    drawn = [w for w in early if w in ("CST", "GUAM", "SCO", "Shanghai Five")]
    assert drawn == ["CST"], "there are no other such clubs yet"


def _texts(picture):  # type: ignore[no-untyped-def]
    from matplotlib.text import Text

    return picture.figure.findobj(Text)


@pytest.mark.slow
def test_the_command_writes_what_it_says(tmp_path: Path) -> None:
    with streams() as said:
        assert call("network", "2002-06", "--out", str(tmp_path / "net")) == 0
        out, _ = said()
    assert "Uzbekistan stands between 16 pairs" in out
    assert "not PfP, which nearly all join" in " ".join(out.split())
    graph = nx.read_graphml(tmp_path / "net" / "network.graphml")
    assert graph.nodes["state:UZB"]["between"] == 16
    assert (tmp_path / "net" / "network.png").read_bytes().startswith(b"\x89PNG")
    states = pd.read_csv(tmp_path / "net" / "states.csv")
    told = set(pd.read_csv(tmp_path / "net" / "codebook.csv")["column"])
    columns = {
        *states.columns,
        *pd.read_csv(tmp_path / "net" / "pairs.csv").columns,
        *pd.read_csv(tmp_path / "net" / "members.csv").columns,
    }
    assert columns == told
    manifest = json.loads((tmp_path / "net" / "manifest.json").read_text())
    assert (manifest["posterior"], manifest["runs"]) == (None, None)


def test_json_has_the_same_numbers(minimal: Case) -> None:
    with streams() as said:
        assert call("network", "2005-12", "--case", str(minimal.path), "--runs", "4", "--json") == 0
        found = json.loads(said()[0])
    assert found["runs"] == 4
    assert {row["state"] for row in found["states"]} == set(minimal.state_ids)
    assert all(0 < row["p_in"] <= 1 for row in found["members"])


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (("2002-6",), "cst: MONTH: '2002-6' is not valid; allowed: a month from 1992-05 to"),
        (("2002-06", "--seed", "0"), "cst: --seed: 0 is not valid; allowed: only beside --runs"),
        (("2002-06", "--from", "1999-01"), "cst: --from: '1999-01' is not valid; allowed: only"),
        (("1999-01", "--from", "1999-01", "--runs", "2"), "cst: MONTH: '1999-01' is not valid"),
        (("2002-06", "--runs", "0"), "Invalid value for '--runs'"),
    ],
)
def test_what_cannot_be_asked_is_one_line(given: tuple[str, ...], line: str) -> None:
    with streams() as said:
        assert call("network", *given) == 2
        error = said()[1]
    assert line in error
    assert error.count("\n") == 1
