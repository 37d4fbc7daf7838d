"""The columns of the world's tables that a composite can be made of, each as a table of years by states.

What a source does not say is missing, and so is what lies before a state exists or after it ends.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tashkent.model.evidence import world

#: a position from fewer than this share of the roll calls is not used
FEW_VOTES = 0.5
#: two leaders that stand closer than this at the United Nations span no scale in that year
CLOSE_LEADERS = 0.5


@dataclass(frozen=True)
class Sponsor:
    """A sponsor: the states that it is made of, and the one that leads them."""

    states: tuple[str, ...]
    leader: str


@dataclass(frozen=True)
class Asked:
    """What a column is asked for: which states and years, towards whom, away from whom."""

    states: list[str]
    years: range
    #: those whose votes tell how many there were
    voters: list[str]
    #: first year in which all of them could vote; None: each from its first vote on
    voting_from: int | None = None
    of: Sponsor | None = None
    against: Sponsor | None = None

    @property
    def towards(self) -> Sponsor:
        """The sponsor that a column of ties needs, which the recipe has been checked for."""
        assert self.of is not None
        return self.of


def log_share(table: pd.DataFrame) -> pd.DataFrame:
    """log(1 + x) of a percentage; net flows below zero (repayments) count as none."""
    return np.log1p(table.clip(lower=0.0))


def by_most_votes(votes: pd.DataFrame) -> pd.DataFrame:
    """Roll calls in which a state took part, as a share of those of the state that missed fewest."""
    return votes.div(votes.max(axis=1), axis=0)


def missed_votes(votes: pd.DataFrame, voting_from: int | None = None) -> pd.DataFrame:
    """Share of roll calls missed; once a state is a member of the United Nations no row means no vote.

    It is one from the year `voting_from`, or from its first vote if that is not said. A year without any roll call
    says nothing.
    """
    cast = by_most_votes(votes)
    member = pd.DataFrame(cast.notna().cummax(axis=0))
    if voting_from is not None:
        member.loc[:] = np.repeat((cast.index >= voting_from)[:, None], cast.shape[1], axis=1)
    held = cast.notna().any(axis=1).to_numpy()[:, None]
    return 1.0 - cast.where(cast.notna() | ~(member & held), 0.0)


def trade_share(asked: Asked) -> pd.DataFrame:
    """Share of a sponsor's states in a state's trade, 0 to 1; unknown where no flow with any of them is known."""
    return _share_of("trade_share", "partner", asked)


def arms_share(asked: Asked) -> pd.DataFrame:
    """Share of a sponsor's states in the arms delivered in five years, 0 to 1; unknown where nothing was delivered."""
    rows = world.table("arms_share").dropna(subset="supplier")
    rows = rows[rows["state"].isin(asked.states)]
    some = rows.groupby(["year", "state"]).size().unstack().notna()
    some = some.reindex(index=asked.years, columns=asked.states, fill_value=False).astype(bool)
    return _share_of("arms_share", "supplier", asked).fillna(0.0).where(some)


def _share_of(name: str, other: str, asked: Asked) -> pd.DataFrame:
    rows = world.table(name)
    rows = rows[rows["state"].isin(asked.states) & rows[other].isin(asked.towards.states)]
    total = rows.groupby(["year", "state"])["share"].sum().unstack()
    return total.reindex(index=asked.years, columns=asked.states)


def un_agreement(asked: Asked) -> pd.DataFrame:
    """Voting at the United Nations: how near to a sponsor's leader, in units of the way to another sponsor's leader.

    ``-(x - leader) / (rival - leader)``: 0 at the leader, -1 at the rival, above 0 beyond the leader. Without a rival
    it is ``-abs(x - leader)`` in units of the scale. Positions from few votes are left out.
    """
    voters = list(dict.fromkeys([*asked.states, *asked.voters]))
    votes = world.by_state("unga_nvotes", voters, asked.years)
    seen = by_most_votes(votes)[asked.states] >= FEW_VOTES
    at = world.by_state("unga_idealpoint", asked.states, asked.years).where(seen)
    leader = _position(asked.towards, asked.years)
    if asked.against is None:
        return -at.sub(leader, axis=0).abs()
    way = _position(asked.against, asked.years) - leader
    return -at.sub(leader, axis=0).div(way.where(way.abs() >= CLOSE_LEADERS), axis=0)


def _position(sponsor: Sponsor, years: range) -> "pd.Series[float]":
    return world.by_state("unga_idealpoint", [sponsor.leader], years)[sponsor.leader]


def capabilities(asked: Asked) -> pd.DataFrame:
    """Logarithm of a state's share of the world's capabilities (CINC)."""
    found = world.by_state("cinc", asked.states, asked.years)
    return np.log(found.where(found > 0))


def soldiers(asked: Asked) -> pd.DataFrame:
    """Logarithm of one and thousands of soldiers."""
    return np.log1p(world.by_state("milper_thousand", asked.states, asked.years))


def aid(asked: Asked) -> pd.DataFrame:
    """Logarithm of one and the per cent of national income that is aid; repayments count as none."""
    return log_share(world.by_state("oda_pct_gni_wdi", asked.states, asked.years))


def democracy(asked: Asked) -> pd.DataFrame:
    """V-Dem's index of electoral democracy, 0 to 1."""
    return world.by_state("v2x_polyarchy", asked.states, asked.years)


def absence(asked: Asked) -> pd.DataFrame:
    """Share of the roll calls of the United Nations that a state missed, 0 to 1."""
    voters = list(dict.fromkeys([*asked.states, *asked.voters]))
    votes = world.by_state("unga_nvotes", voters, asked.years)
    return missed_votes(votes, asked.voting_from)[asked.states]


Column = Callable[[Asked], pd.DataFrame]
#: columns about a sponsor, by the names that a recipe has for them
TOWARDS: Mapping[str, Column] = {
    "trade_share": trade_share,
    "arms_share": arms_share,
    "un_agreement": un_agreement,
}
#: all columns
CATALOGUE: Mapping[str, Column] = {
    **TOWARDS,
    "capabilities": capabilities,
    "soldiers": soldiers,
    "aid": aid,
    "democracy": democracy,
    "absence": absence,
}
#: what may be done to a column of a file of one's own
TRANSFORMS: Mapping[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "none": lambda table: table,
    "log": lambda table: np.log(table.where(table > 0)),
    "log_share": log_share,
}


def column(name: str, asked: Asked) -> pd.DataFrame:
    """A column of the catalogue, without what lies before a state exists or after it ends."""
    return CATALOGUE[name](asked).where(world.exists(asked.states, asked.years))
