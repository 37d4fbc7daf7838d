"""The tables of the world's states, 1946-2025, that come with the model: what they are called and how they are read.

``tables/codebook.csv`` says of every column what it is, where it comes from and on what terms. Nothing in them is
filled: what a source does not say is missing. Years are calendar years, states have their codes of ISO 3166 (alpha-3),
with ``DDR``, ``YMD`` and ``VDR`` for states that ended.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent / "tables"
#: who leads a side at the United Nations, in the order in which a patron's opponent is looked for
POLES = ("USA", "RUS")
TABLES = (
    "states",
    "state_year",
    "trade_share",
    "arms_share",
    "disputes",
    "rivals",
    "borders",
    "armed_conflicts",
    "pacts",
)
FIRST_YEAR = 1946
#: the last year of the system of states as the source has it: who is there then is thought to be there still
LAST_OF_SYSTEM = 2016


@cache
def table(name: str) -> pd.DataFrame:
    """One of the tables; it is shared, and no one changes it."""
    return pd.read_parquet(HERE / f"{name}.parquet")


@cache
def known_states() -> dict[str, str]:
    """Every state of the tables, by its code; its name."""
    found = table("states")
    return dict(zip(found["state"], found["name"], strict=True))


def not_known(states: Iterable[str]) -> list[str]:
    """Those states of which no table has anything, by code, in their order: invented, or misspelt."""
    known = known_states()
    return [state for state in states if state not in known]


@cache
def existence(state: str) -> tuple[int, int]:
    """First and last year of a state, times between not counted out; one that is there still ends in 9999."""
    rows = table("states").query("state == @state")
    last = int(rows["to_year"].max())
    return int(rows["from_year"].min()), 9999 if last >= LAST_OF_SYSTEM else last


def exists(states: list[str], years: range) -> pd.DataFrame:
    """Whether states exist in years: a table of years by states."""
    spans = {state: existence(state) for state in states}
    return pd.DataFrame(
        {s: [low <= year <= high for year in years] for s, (low, high) in spans.items()},
        index=years,
    )


def by_state(column: str, states: list[str], years: range) -> pd.DataFrame:
    """A column of ``state_year`` as a table of years by states, gaps left empty."""
    found = table("state_year")
    found = found[found["state"].isin(states)]
    wide = found.pivot(index="year", columns="state", values=column)
    return wide.reindex(index=years, columns=states).astype(float)


def both_ways(pairs: pd.DataFrame) -> pd.DataFrame:
    """Undirected pairs as rows (state, other), each pair twice."""
    turned = pairs.rename(columns={"state_a": "state_b", "state_b": "state_a"})
    both = pd.concat([pairs, turned], ignore_index=True)
    return both.rename(columns={"state_a": "state", "state_b": "other"})
