"""Networkx graphs of ties, rivalries, trade and co-membership at a date, and the measures of alliance networks.

Months are ``YYYY-MM`` or numbers of `model.clock`; one outside the case is refused (`tashkent.InputError`). Seats are
those of the record unless others are given, for example ``model.seats`` of a run. A club that nearly
everybody joins says nothing of who is close to whom, so it ties nobody to anybody here (`telling`).
"""

from functools import lru_cache

import networkx as nx
import numpy as np
import pandas as pd

from tashkent.agents.situation import Bools, Floats
from tashkent.model.case import Case
from tashkent.model.compilation import compile_case
from tashkent.model.statuses import is_in

#: rivalries below this are not drawn
FAINT = 0.05
#: a club in which, at its fullest, more than this share of all states sat does not tell them apart
COMMON = 0.75


@lru_cache(maxsize=32)
def telling(case: Case) -> tuple[str, ...]:
    """The clubs that tell states apart: all but those in which more than `COMMON` of them sat at once, by the record.

    The focal club is always among them.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> telling(load_case("cst"))
    ('CST', 'GUAM', 'SCO', 'BASES')
    """
    fullest = is_in(compile_case(case).record.status).sum(axis=1).max(axis=0)
    few = COMMON * len(case.states)
    return tuple(c for c, n in zip(case.clubs, fullest, strict=True) if n <= few or c == case.focus)


def ties(case: Case, month: str | int) -> "nx.DiGraph[str]":
    """Ties of the deciding states to the sponsors, as edges with `weight` in standard deviations.

    The patron stands under its own code, other sponsors under their role.
    """
    inputs, t = compile_case(case), case.month_number(month) - case.start
    graph: nx.DiGraph[str] = nx.DiGraph()
    for s, state in enumerate(case.state_ids):
        for p, sponsor in enumerate(case.sponsors):
            if state in case.deciders:
                end = case.patron if sponsor == "patron" else sponsor
                graph.add_edge(state, end, weight=float(inputs.situation.tie[t, s, p]))
    return graph


def rivalries(case: Case, month: str | int) -> "nx.Graph[str]":
    """Rivalries between states, felt by either side, as edges with `weight` in [0, 3]."""
    inputs, t = compile_case(case), case.month_number(month) - case.start
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(case.state_ids)
    felt = inputs.situation.rivalry[t]
    for s, state in enumerate(case.state_ids):
        for j in range(s):
            weight = float(max(felt[s, j], felt[j, s]))
            if weight > FAINT:
                graph.add_edge(state, case.state_ids[j], weight=weight)
    return graph


def bonds(case: Case, month: str | int) -> "nx.DiGraph[str]":
    """Trade between deciding states: an edge from a state to a partner, `weight` its share in the state's trade."""
    inputs, t = compile_case(case), case.month_number(month) - case.start
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(case.deciders)
    for s, j in zip(*inputs.situation.bond[t].nonzero(), strict=True):
        weight = float(inputs.situation.bond[t, s, j])
        graph.add_edge(case.state_ids[s], case.state_ids[j], weight=weight)
    return graph


def memberships(case: Case, month: str | int, seats: Bools | None = None) -> "nx.Graph[str]":
    """Who is in which club: a bipartite graph, `bipartite` 0 for states and 1 for clubs.

    `seats` has shape (S, C); the record's by default.
    """
    inputs, t = compile_case(case), case.month_number(month) - case.start
    inside = is_in(inputs.record.status[t]) if seats is None else seats
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(case.state_ids, bipartite=0)
    graph.add_nodes_from(case.clubs, bipartite=1)
    for s, state in enumerate(case.state_ids):
        graph.add_edges_from((state, c) for k, c in enumerate(case.clubs) if inside[s, k])
    return graph


def co_membership(case: Case, month: str | int, seats: Bools | None = None) -> "nx.Graph[str]":
    """States tied by the telling clubs that both are in; `weight` is their number.

    `seats` has shape (S, C).
    """
    both = memberships(case, month, seats)
    both.remove_nodes_from(set(case.clubs) - set(telling(case)))
    return nx.bipartite.weighted_projected_graph(both, case.state_ids)


def share_a_club(case: Case, seats: Bools) -> Bools:
    """Which states sit in a telling club together, shape (..., S, S), from seats of shape (..., S, C)."""
    told = np.array([club in telling(case) for club in case.clubs])
    inside = (seats & told).astype(np.float32)
    shared = (inside @ inside.swapaxes(-1, -2)) > 0
    shared[..., np.eye(shared.shape[-1], dtype=bool)] = False
    return np.asarray(shared)


def stands_between(shared: Bools, of: Floats | None = None) -> Floats:
    """For each state, how many pairs of others share no club while both share one with it, shape (..., S).

    It is the broker of such a pair (Gould and Fernandez 1989, all roles together). With the ties ``a_ij`` in {0, 1},

        b_i = sum over j < k of a_ij a_ik (1 - a_jk).

    Parameters
    ----------
    shared
        Who shares a club with whom, symmetric, nobody with itself; shape (..., S, S).
    of
        Which pairs count, and how much, symmetric with an empty diagonal, shape (S, S); all by default.

    Examples
    --------
    >>> line = np.array(
    ...     [[0, 1, 0], [1, 0, 1], [0, 1, 0]], bool
    ... )  # the middle one knows two who do not meet
    >>> stands_between(line).tolist()
    [0.0, 1.0, 0.0]
    """
    tied = shared.astype(np.float32)
    apart = 1 - tied - np.eye(tied.shape[-1], dtype=np.float32)
    if of is not None:
        apart = apart * of.astype(np.float32)
    return np.asarray(((tied @ apart) * tied).sum(axis=-1) / 2, np.float64)


def rivals(case: Case, month: str | int) -> Bools:
    """Which states are rivals, felt by either side, shape (S, S)."""
    t = case.month_number(month) - case.start
    felt = compile_case(case).situation.rivalry[t]
    return np.asarray(np.maximum(felt, felt.T) > FAINT)


def measures(case: Case, month: str | int, seats: Bools | None = None) -> pd.DataFrame:
    """One row a state, by code.

    Columns: `clubs`, number of telling clubs; `strength`, sum of shared memberships; `betweenness`, share of shortest
    paths of co-membership through the state (Freeman 1977); `between`, pairs of others that share no club while both
    share one with it (`stands_between`); `rivals_between`, those of them that are rivals; `eigenvector`,
    centrality by that of its partners (Bonacich 1972); `clustering`, share of its partners that are partners (Watts and
    Strogatz 1998); `tie_patron`, in standard deviations; `rivalry`, sum of its rivalries; `rivals_inside`, rivals that
    sit in the focal club; `trade_inside`, share of its trade with states in the focal club, the patron aside.

    `seats` has shape (S, C).
    """
    bipartite = memberships(case, month, seats)
    shared, against = co_membership(case, month, seats), rivalries(case, month)
    at_one_table = nx.to_numpy_array(shared, case.state_ids) > 0
    bond = nx.get_edge_attributes(ties(case, month), "weight")
    inside, trade = set(bipartite[case.focus]), bonds(case, month)
    told = telling(case)
    pairs = stands_between(at_one_table)
    opposed = stands_between(at_one_table, rivals(case, month).astype(float))
    central = dict.fromkeys(case.state_ids, 0.0)
    partners = max(nx.connected_components(shared), key=len)
    if len(partners) > 1:
        central |= nx.eigenvector_centrality_numpy(shared.subgraph(partners), weight="weight")
    rows = [
        {
            "state": state,
            "clubs": sum(club in told for club in bipartite[state]),
            "strength": shared.degree(weight="weight")[state],
            "betweenness": betweenness,
            "between": pairs[case.state_ids.index(state)],
            "rivals_between": opposed[case.state_ids.index(state)],
            "eigenvector": abs(central[state]),
            "clustering": nx.clustering(shared, state),
            "tie_patron": bond.get((state, case.patron)),
            "rivalry": against.degree(weight="weight")[state],
            "rivals_inside": len(inside & set(against[state])),
            "trade_inside": sum(
                edge["weight"]
                for partner, edge in trade.adj.get(state, {}).items()
                if partner in inside
            ),
        }
        for state, betweenness in nx.betweenness_centrality(shared).items()
    ]
    return pd.DataFrame(rows).set_index("state").loc[list(case.state_ids)]


def summary(case: Case, month: str | int, seats: Bools | None = None) -> dict[str, float]:
    """The network of co-membership in a few numbers.

    `density`, share of pairs that share a club; `clustering`, mean of the states'; `components`; and
    `rivals_allied`, share of rivalries whose two states sit in the focal club together.

    `seats` has shape (S, C).
    """
    shared, against = co_membership(case, month, seats), rivalries(case, month)
    inside = set(memberships(case, month, seats)[case.focus])
    allied = [a in inside and b in inside for a, b in against.edges]
    return {
        "density": nx.density(shared),
        "clustering": nx.average_clustering(shared),
        "components": float(nx.number_connected_components(shared)),
        "rivals_allied": sum(allied) / len(allied) if allied else 0.0,
    }
