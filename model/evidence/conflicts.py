"""Armed conflict, disputes, nearness, rivalries and bonds among the states of a case, year by year."""

import networkx as nx
import numpy as np
import pandas as pd

from tashkent.model.evidence import world

HOSTILITY_SCALE = 5.0  # a militarised dispute's highest hostility level (war)
INTENSITY_SCALE = 2.0  # an armed conflict's highest intensity (war)
#: kinds of armed conflict that are fought inside a state
INSIDE = ("intrastate", "II")


def conflicts_inside(states: list[str], years: range) -> pd.DataFrame:
    """State-years with armed conflict at home: state, year, intensity, territorial, backers.

    Of several conflicts in a year the highest intensity counts, and the year is territorial if one of them is about
    territory. `backers` are the states with troops on a rebel side, a set.
    """
    rows = world.table("armed_conflicts")
    rows = rows[
        rows["side_a"].isin(states) & rows["year"].isin(years) & rows["type"].isin(INSIDE)
    ].assign(territorial=lambda r: r["incompatibility"] != "government")
    rows["with_b"] = rows["with_b"].fillna("")
    found = rows.groupby(["side_a", "year"]).agg(
        intensity=("intensity", "max"),
        territorial=("territorial", "any"),
        backers=("with_b", ";".join),
    )
    found["backers"] = [set(names.split(";")) - {""} for names in found["backers"]]
    return found.reset_index().rename(columns={"side_a": "state"})


def unrest_and_secession(states: list[str], years: range) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Armed conflict on own soil over government, and over territory where no state of the case has ever backed it.

    Both in [0, 1] a year: intensity by its highest. Tables of years by states.
    """
    unrest = pd.DataFrame(0.0, index=years, columns=states)
    secession = unrest.copy()
    backed: set[str] = set()  # states whose rebels another of the case has backed so far
    for row in conflicts_inside(states, years).sort_values("year").itertuples():
        level = row.intensity / INTENSITY_SCALE
        if not row.territorial:
            unrest.loc[row.year, row.state] = level
            continue
        if row.backers & set(states):
            backed.add(row.state)
        if row.state not in backed:
            secession.loc[row.year, row.state] = level
    return unrest, secession


def disputes_with(others: list[str], states: list[str], years: range) -> pd.DataFrame:
    """Highest hostility in [0, 1] of a state's militarised disputes with some others; years by states."""
    rows = world.both_ways(world.table("disputes"))
    rows = rows[rows["other"].isin(others) & rows["state"].isin(states)]
    level = rows.groupby(["year", "state"])["hostility"].max().unstack() / HOSTILITY_SCALE
    return level.reindex(index=years, columns=states).fillna(0.0)


def armed_bands(
    unrest: pd.DataFrame, neighbours: list[str], states: list[str], years: range
) -> pd.DataFrame:
    """Armed conflict over government at home or in a land neighbour of the case, or disputes with other neighbours."""
    spillover = pd.DataFrame(0.0, index=years, columns=states)
    for row in world.both_ways(world.table("borders")).itertuples():
        if row.state in states and row.other in states:
            last = row.to_year if row.to_year < world.LAST_OF_SYSTEM else years[-1]
            span = slice(max(row.from_year, years[0]), min(last, years[-1]))
            near = unrest.loc[span, row.other]
            spillover.loc[span, row.state] = np.maximum(spillover.loc[span, row.state], near)
    return np.maximum(np.maximum(unrest, spillover), disputes_with(neighbours, states, years))


def nearness(place: str, states: list[str], years: range) -> pd.DataFrame:
    """How near by land states lie to a place: one half to the power of the states between; years by states.

    In [0, 1]: 1 for a land border with it, 0 where no way by land leads to it. Any state of the world may lie between.
    """
    table = pd.DataFrame(0.0, index=years, columns=states)
    borders = world.table("borders")
    for year in years:
        at = min(year, world.LAST_OF_SYSTEM)
        known = borders[(borders["from_year"] <= at) & (at <= borders["to_year"])]
        graph = nx.from_pandas_edgelist(known, "state_a", "state_b")
        graph.add_node(place)
        steps = nx.single_source_shortest_path_length(graph, place)
        for state in set(states) & set(steps):
            table.loc[year, state] = 2.0 ** -max(0, steps[state] - 1)
    return table


def rivalries(states: list[str], years: range) -> pd.DataFrame:
    """Pairs of states of the case: coded rivals, militarised disputes, backing of the other's rebels; 0 to 1.

    A table of years by pairs (state, rival), those alone that ever had a trace of it.
    """
    level: dict[tuple[str, str], pd.Series[float]] = {}

    def raise_to(state: str, other: str, year: int, value: float) -> None:
        if state in states and other in states and year in years:
            series = level.setdefault((state, other), pd.Series(0.0, index=years))
            series[year] = max(series[year], value)

    for row in world.both_ways(world.table("rivals")).itertuples():
        raise_to(row.state, row.other, row.year, 1.0)
    for row in world.both_ways(world.table("disputes")).itertuples():
        raise_to(row.state, row.other, row.year, row.hostility / HOSTILITY_SCALE)
    for row in conflicts_inside(states, years).itertuples():
        for backer in row.backers:
            raise_to(row.state, backer, row.year, 1.0)
            raise_to(backer, row.state, row.year, 1.0)
    return _by_pairs(level, years, "rival")


def bonds(shares: pd.DataFrame, states: list[str], years: range) -> pd.DataFrame:
    """Share of each state of the case in the trade of each other, gaps filled from the past; years by pairs.

    `shares` has the columns state, partner, year, share.
    """
    rows = shares[shares["state"].isin(states) & shares["partner"].isin(states)]
    found = rows.pivot(index="year", columns=["state", "partner"], values="share")
    return found.reindex(years).ffill()


def known_shares(states: list[str]) -> pd.DataFrame:
    """Shares of trade among some states by the world's tables: state, partner, year, share.

    The tables leave faint shares out. So where a state's trade of a year is known, a partner that it traded with before
    and that has no row has a share of none.
    """
    rows = world.table("trade_share")
    rows = rows[rows["state"].isin(states)]
    years = rows.groupby("state")["year"].unique()
    pairs = rows[rows["partner"].isin(states)].set_index(["state", "partner", "year"])["share"]
    every = [(s, p, y) for s, p in pairs.index.droplevel(2).unique() for y in years[s]]
    if not every:
        return rows[:0]
    at = pd.MultiIndex.from_tuples(every, names=pairs.index.names)
    return pairs.reindex(at, fill_value=0.0).reset_index()


def _by_pairs(
    level: dict[tuple[str, str], "pd.Series[float]"], years: range, other: str
) -> pd.DataFrame:
    pairs = pd.DataFrame(level, index=years)
    pairs.columns = pd.MultiIndex.from_tuples(list(level), names=["state", other])
    return pairs
