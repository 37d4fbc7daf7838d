"""The network of a month, by the record or in many runs: who shares a club, who are rivals, who stands between.

In runs every number is a frequency or a mean over them. Ties, rivalries and the places of the drawing are those of the
case, the same in every run. Places come from the whole record, so that nothing jumps when time goes on.
"""

from dataclasses import dataclass
from functools import cached_property

import networkx as nx
import numpy as np
import pandas as pd

from tashkent.agents.situation import Bools, Floats
from tashkent.model import network
from tashkent.model.case import Case, as_case
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case
from tashkent.model.record import Ensemble
from tashkent.model.statuses import is_in

#: states stand at least so far apart, where 1 is the way from a club to one that was in it from beginning to end
APART = 1.9
#: the part of the height that the row of states has that were in no club
ROW = 0.2
#: how the node of a club is named, for it may have the code of a state
CLUB = "club:"


@dataclass(frozen=True, eq=False)
class Network:
    """States, clubs and rivalries of one month."""

    case: Case
    month: int
    #: who is in, shape (R, S, C); one "run" for the record
    seats: Bools
    #: how many runs; none for the record
    runs: int | None

    @cached_property
    def telling(self) -> tuple[str, ...]:
        """The clubs that tie states to each other (`model.network.telling`)."""
        return network.telling(self.case)

    @cached_property
    def _shared(self) -> Bools:
        return network.share_a_club(self.case, self.seats)

    @cached_property
    def states(self) -> pd.DataFrame:
        """One row a state, those that stand between most first; columns as `columns.csv` says of ``network/states``."""
        rivals = network.rivals(self.case, self.month)
        between = network.stands_between(self._shared)
        first = (between == between.max(axis=1, keepdims=True)) & (between > 0)
        tie = compile_case(self.case).situation.tie[self.month - self.case.start]
        told = np.array([club in self.telling for club in self.case.clubs])
        se = between.std(axis=0) / np.sqrt(len(between))
        deciders = np.isin(self.case.state_ids, self.case.deciders)
        table = pd.DataFrame(
            {
                "month": month_label(self.month),
                "state": self.case.state_ids,
                "name": [row.name for row in self.case.states],
                "clubs": (self.seats & told).sum(axis=2).mean(axis=0),
                "partners": self._shared.sum(axis=2).mean(axis=0),
                "between": between.mean(axis=0),
                "between_se": np.nan if self.runs is None else se,
                "first": first.mean(axis=0),
                "betweenness": _betweenness(self._shared),
                "rivals_between": network.stands_between(self._shared, rivals.astype(float)).mean(
                    axis=0
                ),
                "rivals_at_table": (self._shared & rivals).sum(axis=2).mean(axis=0),
                **{
                    f"tie_{sponsor}": np.where(deciders, tie[:, p], np.nan)
                    for p, sponsor in enumerate(self.case.sponsors)
                },
            }
        )
        by = ["between", "betweenness"]
        return table.sort_values(by, ascending=False, kind="stable", ignore_index=True)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """One row a pair of states that share a telling club in some run, or are rivals."""
        p, rivalry = self._shared.mean(axis=0), network.rivalries(self.case, self.month)
        ids = self.case.state_ids
        rows = [
            {
                "month": month_label(self.month),
                "state": ids[s],
                "other": ids[j],
                "p_shared": p[s, j],
                "rivalry": rivalry.get_edge_data(ids[s], ids[j], {"weight": 0.0})["weight"],
            }
            for s in range(len(ids))
            for j in range(s + 1, len(ids))
        ]
        table = pd.DataFrame(rows, columns=["month", "state", "other", "p_shared", "rivalry"])
        kept = (table["p_shared"] > 0) | (table["rivalry"] > 0)
        return table[kept].reset_index(drop=True)

    @cached_property
    def members(self) -> pd.DataFrame:
        """One row a club and a state that is in it in some run."""
        p = self.seats.mean(axis=0)
        rows = [
            {
                "month": month_label(self.month),
                "club": club,
                "name": self.case.club_name(club, self.month),
                "telling": int(club in self.telling),
                "state": state,
                "p_in": p[s, c],
            }
            for c, club in enumerate(self.case.clubs)
            for s, state in enumerate(self.case.state_ids)
            if p[s, c] > 0
        ]
        columns = ["month", "club", "name", "telling", "state", "p_in"]
        return pd.DataFrame(rows, columns=columns)

    def graph(self) -> "nx.MultiGraph[str]":
        """States, clubs and sponsors as nodes, with places; memberships, rivalries and ties as edges of a `kind`.

        A node is named after its `kind`, as in ``state:UZB``.
        """
        graph: nx.MultiGraph[str] = nx.MultiGraph(month=month_label(self.month), case=self.case.id)
        graph.graph["runs"] = self.runs or 0
        places = layout(self.case)
        for row in self.states.drop(columns="month").to_dict("records"):
            facts = {k: _plain(v) for k, v in row.items() if not pd.isna(v)}
            graph.add_node(f"state:{row['state']}", kind="state", **facts, **places[row["state"]])
        for club in self.case.clubs:
            place = places.get(CLUB + club, {})
            name = self.case.club_name(club, self.month)
            told = int(club in self.telling)
            graph.add_node(CLUB + club, kind="club", name=name, telling=told, **place)
        for row in self.members.to_dict("records"):
            ends = (f"state:{row['state']}", CLUB + row["club"])
            graph.add_edge(*ends, kind="membership", weight=float(row["p_in"]))
        for row in self.pairs[self.pairs["rivalry"] > 0].to_dict("records"):
            ends = (f"state:{row['state']}", f"state:{row['other']}")
            graph.add_edge(*ends, kind="rivalry", weight=float(row["rivalry"]))
        ties = nx.get_edge_attributes(network.ties(self.case, self.month), "weight")
        for (state, end), weight in ties.items():
            whose = f"{'state' if end == self.case.patron else 'sponsor'}:{end}"
            graph.add_node(whose, kind=whose.split(":")[0])
            graph.add_edge(f"state:{state}", whose, kind="tie", weight=weight)
        return graph

    def as_json(self) -> dict[str, object]:
        """For machines: the tables, a list of rows each."""
        tables = {"states": self.states, "pairs": self.pairs, "members": self.members}
        return {
            "case": self.case.id,
            "month": month_label(self.month),
            "runs": self.runs,
            "telling": list(self.telling),
            **{name: rows_of(table.drop(columns="month")) for name, table in tables.items()},
        }


def rows_of(table: pd.DataFrame) -> list[dict[str, object]]:
    """The rows of a table as JSON has them: nothing where there is no number."""
    return [
        {str(k): None if pd.isna(v) else _plain(v) for k, v in row.items()}
        for row in table.to_dict("records")
    ]


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def of_record(case: Case | str, month: str | int) -> Network:
    """The network of a month, ``YYYY-MM`` or a number of `model.clock`, by the record of a case or of one by its name.

    Raises
    ------
    InputError
        If the case cannot be read, or the month is outside it.
    """
    case = as_case(case)
    number = case.month_number(month)
    inside = is_in(compile_case(case).record.status[number - case.start])
    return Network(case, number, inside[None], None)


def of_runs(ensemble: Ensemble, month: str | int) -> Network:
    """The network of a month, ``YYYY-MM`` or a number of `model.clock`, in the runs of an ensemble.

    Raises
    ------
    InputError
        If the runs do not reach it.
    """
    at = ensemble.at(month)
    return Network(ensemble.case, ensemble.months[at], ensemble.seats[:, at], ensemble.runs)


def finding(found: Network) -> str:
    """Who stands between most, in a sentence.

    Examples
    --------
    >>> finding(of_record("cst", "2002-06"))
    '2002-06: Uzbekistan stands between 16 pairs of states that share no club'
    """
    first = found.states.iloc[0]
    when = month_label(found.month)
    if first["between"] <= 0:
        never = "" if found.runs is None else f", in none of {found.runs:,} runs"
        return f"{when}: nobody stands between states that share no club{never}"
    equal = found.states[found.states["between"] == first["between"]]["name"].tolist()
    who = (
        f"{', '.join(equal[:-1])} and {equal[-1]} stand" if len(equal) > 1 else f"{equal[0]} stands"
    )
    mean = f"{first['between']:.1f} pairs"
    pairs = "1 pair" if first["between"] == 1 else f"{first['between']:.0f} pairs"
    if found.runs is None:
        return f"{when}: {who} between {pairs} of states that share no club"
    return (
        f"{when}: {who} between most, {mean} of states on average; first in {first['first']:.0%} of "
        f"{found.runs:,} runs"
    )


def _betweenness(shared: Bools) -> Floats:
    """Betweenness of states in each run, the mean over runs, shape (S,); equal graphs are looked at once."""
    found, number = np.unique(shared, axis=0, return_counts=True)
    rows = []
    for one in found:
        by_state = nx.betweenness_centrality(nx.from_numpy_array(one))
        rows.append([by_state[s] for s in range(len(one))])
    return np.asarray(np.average(rows, axis=0, weights=number))


def between_by_month(case: Case, seats: Bools) -> Floats:
    """How many pairs each state stands between, the mean over runs, shape (T, S).

    Parameters
    ----------
    case
        The case.
    seats
        Who is in, shape (R, T, S, C).
    """
    found = []
    for t in range(seats.shape[1]):
        packed = np.packbits(seats[:, t].reshape(len(seats), -1), axis=1)
        _, first, number = np.unique(packed, axis=0, return_index=True, return_counts=True)
        between = network.stands_between(network.share_a_club(case, seats[first, t]))
        found.append(np.average(between, axis=0, weights=number))
    return np.array(found)


def layout(case: Case) -> dict[str, dict[str, float]]:
    """A place for each state and each telling club, `x` and `y` in [0, 1], the same for every month.

    States lie near the clubs in which they spent most of the record (Kamada and Kawai 1989): the way from a state to a
    club that it was ever in is 2 less its share of the months, others lead over these, and states keep `APART`. States
    that were in no such club stand in a row below.
    """
    ways = _ways(case)
    alone = [node for node in ways if not ways.degree(node)]
    ways.remove_nodes_from(alone)
    known = dict(nx.all_pairs_dijkstra_path_length(ways))
    far = max([APART, *(max(of.values()) for of in known.values())])
    dist = {
        a: {b: max(known[a].get(b, far), APART if _both_states(a, b) else 0.0) for b in ways}
        for a in ways
    }
    found = nx.kamada_kawai_layout(ways, dist=dist)
    xy = np.array([found[node] for node in ways]).reshape(-1, 2)
    row = ROW if alone else 0.0
    if len(xy):
        low, wide = xy.min(axis=0), np.ptp(xy, axis=0)
        xy = (xy - low) / np.where(wide > 0, wide, 1) * [1, 1 - row] + [0, row]
    places = dict(zip(ways, xy.tolist(), strict=True))
    places |= {node: [(i + 0.5) / len(alone), 0.0] for i, node in enumerate(alone)}
    return {node: {"x": round(x, 4), "y": round(y, 4)} for node, (x, y) in places.items()}


def _both_states(a: str, b: str) -> bool:
    return a != b and not (a.startswith(CLUB) or b.startswith(CLUB))


def _ways(case: Case) -> "nx.Graph[str]":
    """States and telling clubs, and how far a state is from each club that it was ever in."""
    inside = is_in(compile_case(case).record.status).mean(axis=0)
    clubs = network.telling(case)
    ways: nx.Graph[str] = nx.Graph()
    ways.add_nodes_from([*case.state_ids, *(CLUB + club for club in clubs)])
    for c, club in enumerate(case.clubs):
        for s, state in enumerate(case.state_ids):
            if club in clubs and inside[s, c] > 0:
                ways.add_edge(state, CLUB + club, weight=2 - float(inside[s, c]))
    return ways
