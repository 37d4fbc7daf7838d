"""The terms of the value of a seat in the panel's pacts, from the world's tables alone and in units of the world.

Every column is standardised on all states and years of the panel, so that a unit is the same in every pact. The terms
are those of `agents.terms` as far as no dated event, promise or rule of a club is needed:

* ``patronage``: the tie to the patron: trade, arms, votes at the United Nations.
* ``threat``: rivals outside the pact, and armed bands as far as own means leave them; a promise of which nothing was
  seen is believed by half, so this is half of what protection adds less half of what abandonment takes.
* ``partisan_patron``: rivals within the pact, with the patron on their side.
* ``coercion``: disputes with the patron, for who sits in a pact under another patron.
* ``entrapment``: minus autonomy.
* ``contagion``: members that left of late, by their share of the state's trade.

What is used in a year was measured the year before or earlier.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

from tashkent.agents.memory import envelope
from tashkent.agents.situation import Bools, Floats
from tashkent.agents.ties import leaning
from tashkent.calibration.panel import Pact
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.evidence import columns, conflicts, measuring, world

TERMS = ("patronage", "threat", "partisan_patron", "coercion", "entrapment", "contagion")
#: years of the columns
YEARS = range(world.FIRST_YEAR, 2019)
#: years in which conflicts and disputes fade by half, as in the recipes of cases
HALF_LIFE = 5.0
#: months in which an exit is recent
RECENT = MONTHS_PER_YEAR
#: a tenth of trade counts as one
TEN = 10.0

Patron = Literal["most capable member", "most capable founder"]


@dataclass(frozen=True, eq=False)
class Measured:
    """What is measured of all states: columns of years by states, and of years by pairs; gaps are not numbers."""

    states: tuple[str, ...]
    #: capabilities (share of the world's), UN positions, shape (Y, S)
    cinc: Floats
    position: Floats
    #: standardised composites, gaps at the mean, shape (Y, S)
    means: Floats
    autonomy: Floats
    #: share of the second in trade and arms of the first, rivalry, disputes; shape (Y, S, S)
    trade: Floats
    arms: Floats
    rivalry: Floats
    disputes: Floats
    #: armed conflict over government at home or next door, remembered, shape (Y, S)
    bands: Floats


@cache
def measured() -> Measured:
    """All of it, once; gaps are filled from the past alone."""
    states = sorted(world.known_states())
    asked = columns.Asked(states, YEARS, states)
    z = {}
    for name in ("capabilities", "aid", "absence", "democracy"):
        table = columns.column(name, asked).ffill()
        z[name] = ((table - table.stack().mean()) / table.stack().std()).fillna(0.0).to_numpy()
    means = (z["capabilities"] - z["aid"]) / 2
    autonomy = (z["capabilities"] - z["aid"] + z["absence"] - z["democracy"]) / 4
    votes = world.by_state("unga_nvotes", states, YEARS)
    seen = columns.by_most_votes(votes) >= columns.FEW_VOTES
    position = world.by_state("unga_idealpoint", states, YEARS).where(seen).ffill()
    unrest, _ = conflicts.unrest_and_secession(states, YEARS)
    bands = conflicts.armed_bands(unrest, [], states, YEARS)
    return Measured(
        tuple(states),
        cinc=world.by_state("cinc", states, YEARS).ffill().to_numpy(),
        position=position.to_numpy(),
        means=means,
        autonomy=autonomy,
        trade=_filled(_pairs("trade_share", "partner", "share", states)),
        arms=_filled(_arms(states)),
        rivalry=envelope(_rivalry(states), HALF_LIFE),
        disputes=envelope(_disputes(states), HALF_LIFE),
        bands=measuring.remember(bands, HALF_LIFE).to_numpy(),
    )


def _places(
    rows: pd.DataFrame, states: list[str], first: str, second: str
) -> tuple[np.ndarray, ...]:
    """Where rows of pairs lie among years, states and states; rows outside are left out."""
    index = pd.Index(states)
    a, b = index.get_indexer(rows[first]), index.get_indexer(rows[second])
    y = rows["year"].to_numpy() - YEARS[0]
    keep = (a >= 0) & (b >= 0) & (y >= 0) & (y < len(YEARS))
    return y[keep], a[keep], b[keep], keep


def _pairs(name: str, other: str, value: str, states: list[str]) -> Floats:
    rows = world.table(name).dropna(subset=other)
    y, a, b, keep = _places(rows, states, "state", other)
    found = np.full((len(YEARS), len(states), len(states)), np.nan)
    found[y, a, b] = rows[value].to_numpy()[keep]
    return found


def _arms(states: list[str]) -> Floats:
    """Shares of arms; none from a supplier in years in which others delivered."""
    found = _pairs("arms_share", "supplier", "share", states)
    some = np.isfinite(found).any(axis=2, keepdims=True)
    return np.where(some, np.nan_to_num(found), np.nan)


def _filled(table: Floats) -> Floats:
    """Gaps filled by the last value seen, years first."""
    kept = table.copy()
    for y in range(1, len(kept)):
        kept[y] = np.where(np.isnan(kept[y]), kept[y - 1], kept[y])
    return kept


def _disputes(states: list[str]) -> Floats:
    rows = world.both_ways(world.table("disputes"))
    y, a, b, keep = _places(rows, states, "state", "other")
    found = np.zeros((len(YEARS), len(states), len(states)))
    found[y, a, b] = rows["hostility"].to_numpy()[keep] / conflicts.HOSTILITY_SCALE
    return found


def _rivalry(states: list[str]) -> Floats:
    """Coded rivals, militarised disputes, backing of the other's rebels, as in the recipes of cases."""
    found = _disputes(states)
    y, a, b, _ = _places(world.both_ways(world.table("rivals")), states, "state", "other")
    found[y, a, b] = 1.0
    index = pd.Index(states)
    for row in conflicts.conflicts_inside(states, YEARS).itertuples():
        s = index.get_loc(row.state)
        for backer in row.backers:
            if backer in index:
                b = index.get_loc(backer)
                found[row.year - YEARS[0], [s, b], [b, s]] = 1.0
    return found


@dataclass(frozen=True, eq=False)
class Raw:
    """The parts of the terms of one pact before they are standardised, by name: each of shape (years, S)."""

    parts: Mapping[str, Floats]
    #: the place of the patron among the states in each year, shape (years,)
    patron: np.ndarray
    #: rivalry between the states, shape (years, S, S)
    rivalry: Floats


def patrons(pact: Pact, which: Patron = "most capable member") -> np.ndarray:
    """The place of the patron in each year: the most capable of the members at its beginning, or of the founders.

    Shape (years,).
    """
    found, index = measured(), pd.Index(measured().states)
    at = index.get_indexer(list(pact.states))
    year_of = pact.year_of
    result = []
    for i, year in enumerate(pact.years):
        month = int(np.flatnonzero(year_of == i)[0])
        members = pact.inside[0 if which == "most capable founder" else month]
        power = np.nan_to_num(found.cinc[_lagged(year), at])
        result.append(int(np.argmax(np.where(members, power, -1.0))))
        if which == "most capable founder":
            power = np.nan_to_num(found.cinc[_lagged(pact.years[0]), at])
            result[-1] = int(np.argmax(np.where(members, power, -1.0)))
    return np.array(result)


def _lagged(year: int) -> int:
    """The place of the year before among the years of the columns."""
    return min(max(year - measuring.LAG - YEARS[0], 0), len(YEARS) - 1)


def raw_parts(pact: Pact, which: Patron = "most capable member") -> Raw:
    """What the terms of a pact are made of, year by year."""
    found = measured()
    at = pd.Index(found.states).get_indexer(list(pact.states))
    rows = np.array([_lagged(year) for year in pact.years])
    patron = patrons(pact, which)
    lead = at[patron]
    members = np.array(
        [pact.inside[np.flatnonzero(pact.year_of == i)[0]] for i in range(len(rows))]
    )
    rivalry = found.rivalry[rows][:, at][:, :, at]
    outside = rivalry * ~members[:, None, :]
    rival = np.array([_pole(found, row, p) for row, p in zip(rows, lead, strict=True)])
    here = np.arange(len(rows))
    near, far = found.position[rows, lead], found.position[rows, rival]
    way = np.where(np.abs(far - near) >= columns.CLOSE_LEADERS, far - near, np.nan)
    parts = {
        "trade": found.trade[rows][here, :, lead][:, at],
        "arms": found.arms[rows][here, :, lead][:, at],
        "votes": -(found.position[rows][:, at] - near[:, None]) / way[:, None],
        "rivals": outside.max(axis=2),
        "bands": found.bands[rows][:, at],
        "menace": found.disputes[rows][here, :, lead][:, at],
        "means": found.means[rows][:, at],
        "autonomy": found.autonomy[rows][:, at],
    }
    return Raw(parts, patron, rivalry)


def _pole(found: Measured, row: int, patron: int) -> int:
    """The place of the great power that stands farther from the patron at the United Nations."""
    places = [found.states.index(pole) for pole in world.POLES]
    apart = np.nan_to_num(np.abs(found.position[row, places] - found.position[row, patron]))
    return places[int(np.argmax(apart))]


def votes_towards(year: int, state: int, patron: int) -> float:
    """How near a state stands to a patron at the United Nations, away from the farther great power; by their places."""
    found = measured()
    near = found.position[year, patron]
    way = found.position[year, _pole(found, year, patron)] - near
    far_enough = abs(way) >= columns.CLOSE_LEADERS
    return float(-(found.position[year, state] - near) / way) if far_enough else float("nan")


#: what is centred besides being divided by its spread: ties are, threats are not
CENTRED = ("trade", "arms", "votes", "means", "autonomy")


@dataclass(frozen=True)
class Units:
    """Mean and spread of each part over the states and years of the panel."""

    mean: Mapping[str, float]
    sd: Mapping[str, float]

    def of(self, name: str, values: Floats) -> Floats:
        """A part in these units, gaps at the mean; shape as `values`."""
        centre = self.mean[name] if name in CENTRED else 0.0
        return np.nan_to_num((values - centre) / self.sd[name])


def units(panel: Sequence[Pact], raw: list[Raw]) -> Units:
    """The units of the panel: each part over the state-years in which a seat is a state's matter."""
    at = []
    for pact, one in zip(panel, raw, strict=True):
        concerned = pact.open_to | pact.inside
        years = np.array([concerned[pact.year_of == i].any(axis=0) for i in range(len(pact.years))])
        years[np.arange(len(years)), one.patron] = False
        at.append(years)
    pooled = {
        name: np.concatenate([one.parts[name][keep] for one, keep in zip(raw, at, strict=True)])
        for name in raw[0].parts
    }
    mean = {name: float(np.nanmean(values)) for name, values in pooled.items()}
    return Units(mean, {name: float(np.nanstd(values)) for name, values in pooled.items()})


def patron_tie(raw: Raw, unit: Units) -> Floats:
    """The tie to the patron, a mean of trade, arms and votes; shape (years, S)."""
    return np.asarray(
        sum(unit.of(name, raw.parts[name]) for name in ("trade", "arms", "votes")) / 3
    )


def left_of_late(left: Bools) -> Bools:
    """Who left by own choice in the year before each month, from months of exits: both of shape (T, S)."""
    before = np.vstack([np.zeros((1, left.shape[1]), int), np.cumsum(left, axis=0)])
    earlier = before[np.maximum(np.arange(len(left)) - RECENT, 0)]
    return np.asarray(before[:-1] > earlier)


def terms(pact: Pact, raw: Raw, unit: Units, seats_elsewhere: Floats) -> Floats:
    """The terms of a seat in a pact in each month, in the order of `TERMS`: shape (T, S, 6).

    `seats_elsewhere` counts a state's seats in pacts of the panel that another leads, shape (T, S).
    """
    parts, year_of = raw.parts, pact.year_of
    tie = patron_tie(raw, unit)
    exposed = unit.of("rivals", parts["rivals"])
    exposed = exposed + unit.of("bands", parts["bands"]) * 2.0 / (
        1.0 + np.exp(unit.of("means", parts["means"]))
    )
    bond = np.nan_to_num(measured().trade)
    at = pd.Index(measured().states).get_indexer(list(pact.states))
    rows = np.array([_lagged(year) for year in pact.years])
    before = np.vstack([pact.inside[:1], pact.inside[:-1]])
    recent = left_of_late(pact.left)
    partisan, contagion = (np.zeros(before.shape) for _ in range(2))
    for i in range(len(pact.years)):
        months = year_of == i
        side = raw.rivalry[i] / unit.sd["rivals"] * leaning(tie[i])
        partisan[months] = -before[months].astype(float) @ side.T
        if recent[months].any():
            contagion[months] = (
                -TEN * recent[months].astype(float) @ bond[rows[i]][np.ix_(at, at)].T
            )
    door = 1.0 - 0.5**seats_elsewhere
    menace = unit.of("menace", parts["menace"])[year_of]
    found = (
        tie[year_of],
        exposed[year_of],
        partisan,
        -door * menace,
        -unit.of("autonomy", parts["autonomy"])[year_of],
        contagion,
    )
    return np.stack(found, axis=-1)


def seats_elsewhere(panel: Sequence[Pact], raw: list[Raw]) -> list[Floats]:
    """For each pact a state's seats, the month before, in pacts of the panel whose patron is another: shape (T, S)."""
    found = []
    for pact, one in zip(panel, raw, strict=True):
        total = np.zeros(pact.inside.shape)
        months = pact.first + np.arange(len(total))
        mine = np.array(pact.states)[one.patron][pact.year_of]
        for other, its in zip(panel, raw, strict=True):
            if other is pact:
                continue
            t = months - 1 - other.first
            known = (t >= 0) & (t < len(other.inside))
            theirs = np.array(other.states)[its.patron][other.year_of[t[known]]]
            apart = theirs != mine[known]
            total[np.flatnonzero(known)[apart]] += other.inside[t[known][apart]]
        found.append(total)
    return found
