"""A panel of pacts: who could have come into a multilateral defence pact in a month, or gone, and who did.

The pacts are those of the world's tables (`model.evidence.world`, ATOP 5.1), 1945-2018; no event and no act is coded by
hand but the `VOTES` below. What is an act of a state is told by these rules:

* A row that begins within `JOINED_DAYS` of the end of another of the same state and pact goes on: a new phase of the
  treaty, or two states that become one.
* A day on which more than half of the members go out is the **end of the pact**, and nobody's choice.
* An exit in the year in which the state itself ends is nobody's choice.
* An exit on the day of a vote of the other members is **their** choice (`VOTES`), and no way back is open.
* Every other exit is the state's **own choice**.
* Who comes in on the first day of the pact or of a phase of it, or within `JOINED_DAYS` of it, **founds** it. Who comes
  in later **accedes**.

A state is at risk of acceding while it exists, is out, and is in reach: it has a land border with a member, or its
capital is within `REACH_KM` of a member's. The most capable member is the patron, whose own acts are not scored.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from tashkent.agents.situation import Bools, Floats
from tashkent.model.clock import MONTHS_PER_YEAR, month_of
from tashkent.model.evidence import world

#: days within which a state goes on from one phase to the next, or founds a pact after its first day
JOINED_DAYS = 31
#: the last month of the source
END = pd.Timestamp("2018-12-31")
#: between two capitals, in kilometres: less is in reach
REACH_KM = 1000.0
EARTH_KM = 6371.0
#: exits on days on which the other members voted: Punta del Este, Baghdad, Cairo (general knowledge)
VOTES = {("CUB", "1962-01-22"), ("EGY", "1979-03-31"), ("SYR", "2011-11-12")}


def spells(rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """Memberships with how they began and ended: one row a spell of a state in a pact.

    Columns: atopid, pact, state, entry, exit (days; no day if it went on to the end of 2018), began (``founded`` or
    ``acceded``), ended (``own choice``, ``vote``, ``end of the pact``, ``end of the state`` or ``goes on``).
    """
    table = world.table("pacts") if rows is None else rows
    table = table.assign(entry=pd.to_datetime(table["entry"]), exit=pd.to_datetime(table["exit"]))
    table = table.sort_values(["atopid", "state", "entry"], kind="stable")
    found = []
    for (pact, state), own in table.groupby(["atopid", "state"], sort=False):
        entry = leave = None
        for row in own.itertuples():
            if entry is not None and not _goes_on(leave, row.entry):
                found.append((pact, row.pact, state, entry, leave))
                entry = None
            entry = row.entry if entry is None else entry
            leave = row.exit
        found.append((pact, own["pact"].iloc[0], state, entry, leave))
    merged = pd.DataFrame(found, columns=["atopid", "pact", "state", "entry", "exit"])
    phases = table.groupby("atopid")["entry"].agg(lambda days: _phases(table, days))
    began = [
        "founded" if _near(row.entry, phases[row.atopid]) else "acceded"
        for row in merged.itertuples()
    ]
    return merged.assign(began=began, ended=[_ended(row, merged) for row in merged.itertuples()])


def _goes_on(leave: pd.Timestamp, entry: pd.Timestamp) -> bool:
    return bool(pd.notna(leave)) and (entry - leave).days <= JOINED_DAYS


def _phases(table: pd.DataFrame, days: pd.Series) -> list[pd.Timestamp]:
    """The first day of a pact and of each of its phases, which at least two states began together."""
    own = table.loc[days.index]
    first = own.groupby("phase")["entry"].min()
    return sorted({own["entry"].min(), *(day for day in first if (own["entry"] == day).sum() > 1)})


def _near(day: pd.Timestamp, phases: list[pd.Timestamp]) -> bool:
    return any(0 <= (day - first).days <= JOINED_DAYS for first in phases)


def _ended(row: object, merged: pd.DataFrame) -> str:
    leave, state = row.exit, row.state  # type: ignore[attr-defined]
    if pd.isna(leave):
        return "goes on"
    own = merged[merged["atopid"] == row.atopid]  # type: ignore[attr-defined]
    before = own[(own["entry"] < leave) & ~(own["exit"] < leave)]
    if (before["exit"] == leave).mean() > 0.5:
        return "end of the pact"
    if world.existence(state)[1] == leave.year:
        return "end of the state"
    return "vote" if (state, leave.date().isoformat()) in VOTES else "own choice"


def distances() -> pd.DataFrame:
    """Kilometres between capitals, a table of states by states: great circles on a sphere."""
    found = world.table("states").dropna(subset=["lat", "lng"]).drop_duplicates("state")
    at = np.radians(found[["lat", "lng"]].to_numpy(float))
    lat, lng = at[:, :1], at[:, 1:]
    part = (
        np.sin((lat - lat.T) / 2) ** 2
        + np.cos(lat) * np.cos(lat.T) * np.sin((lng - lng.T) / 2) ** 2
    )
    return pd.DataFrame(2 * EARTH_KM * np.arcsin(np.sqrt(part)), found["state"], found["state"])


@cache
def neighbours(states: tuple[str, ...], year: int) -> Bools:
    """Which states have a land border in a year, shape (S, S)."""
    rows = world.table("borders")
    last = rows["to_year"].where(rows["to_year"] < world.LAST_OF_SYSTEM, 9999)
    rows = rows[(rows["from_year"] <= year) & (last >= year)]
    places = pd.Index(states)
    a, b = (places.get_indexer(rows[name]) for name in ("state_a", "state_b"))
    known = (a >= 0) & (b >= 0)
    near = np.zeros((len(states), len(states)), bool)
    near[a[known], b[known]] = near[b[known], a[known]] = True
    return near


@dataclass(frozen=True, eq=False)
class Pact:
    """One pact month by month: who is in, who may come in, who came and went by own choice."""

    name: str
    states: tuple[str, ...]
    #: the month of its first day, and how many months follow that are looked at
    first: int
    #: in at the end of the month, shape (T, S)
    inside: Bools
    #: acceded, or left by own choice, in the month, shape (T, S)
    acceded: Bools
    left: Bools
    #: may accede in the month: exists, out at the end of the month before, in reach, not put out by a vote; (T, S)
    open_to: Bools
    #: months since the pact was first open to the state, shape (T, S)
    waited: Floats

    @property
    def years(self) -> range:
        """The calendar years of its months."""
        return range(
            self.first // MONTHS_PER_YEAR,
            (self.first + len(self.inside) - 1) // MONTHS_PER_YEAR + 1,
        )

    @property
    def year_of(self) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
        """The place of each month's year among `years`, shape (T,)."""
        months = np.arange(self.first, self.first + len(self.inside))
        return np.asarray(months // MONTHS_PER_YEAR - self.years[0])


@cache
def pacts() -> tuple[Pact, ...]:
    """All pacts of the panel, in the order of their first days."""
    found, apart = spells(), distances()
    order = found.groupby("atopid")["entry"].min().sort_values(kind="stable").index
    return tuple(_pact(found[found["atopid"] == number], apart) for number in order)


def _pact(own: pd.DataFrame, apart: pd.DataFrame) -> Pact:
    states = tuple(sorted({*world.known_states()} & {*apart.index}))
    first = month_of(own["entry"].min().date())
    over = own["ended"].isin(["end of the pact"])
    end = own.loc[over, "exit"].max() if over.any() else END
    months = month_of(end.date()) - first + (0 if over.any() else 1)
    shape = (max(months, 1), len(states))
    inside, acceded, left, barred = (np.zeros(shape, bool) for _ in range(4))
    for row in own.itertuples():
        if row.state not in states:
            continue
        s, a = states.index(row.state), month_of(row.entry.date()) - first
        b = shape[0] if pd.isna(row.exit) else month_of(row.exit.date()) - first
        inside[a:b, s] = True
        if row.began == "acceded" and a < shape[0]:
            acceded[a, s] = True
        if row.ended == "own choice" and b < shape[0]:
            left[b, s] = True
        if row.ended == "vote":
            barred[b:, s] = True
    reach = _in_reach(states, first, inside, apart) & ~barred
    before = np.vstack([inside[:1], inside[:-1]])
    return Pact(
        name=str(own["pact"].iloc[0]),
        states=states,
        first=first,
        inside=inside,
        acceded=acceded,
        left=left,
        open_to=(reach | acceded) & ~before,
        waited=np.cumsum(reach | before, axis=0).astype(float),
    )


def _in_reach(states: tuple[str, ...], first: int, inside: Bools, apart: pd.DataFrame) -> Bools:
    """Which states exist and are near a member, by the members at the beginning of each year; shape (T, S)."""
    near = apart.loc[[*states], [*states]].to_numpy() <= REACH_KM
    spans = [world.existence(state) for state in states]
    found = np.zeros_like(inside)
    years = (first + np.arange(len(inside))) // MONTHS_PER_YEAR
    for year in np.unique(years):
        at = years == year
        members = inside[np.flatnonzero(at)[0]]
        reached = ((near | neighbours(states, int(year))) & members[:, None]).any(axis=0)
        alive = np.array([low <= year <= high for low, high in spans])
        found[at] = reached & alive
    return found
