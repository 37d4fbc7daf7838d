"""Build the composites of this case from the columns in `raw/`, and from nothing else.

Run it with ``python -m tashkent.model.cases.cst.evidence.build``; it rewrites `composites.csv`, `rivalry.csv`
and `bonds.csv`.

Rules, for every composite:

* A value used in year ``y`` rests on columns of year ``y - 1`` or earlier (`LAG`).
* A gap is filled from the past only, by the last value seen. A column that a state has never had yet
  counts as the mean of the years of fit (0 after standardising) with standard deviation 1.
* A filled value carries an error that grows with its age ``a``: ``sd = sd1 * sqrt(a)``, at most 1, where
  ``sd1`` is the standard deviation of the column's own yearly changes in the years of fit.
  The error of a fresh measurement is not known and counts as 0: the stated errors are lower bounds.
* Ties are z-scores: centred and scaled on the deciding states in the years of fit (used in 1992-2012).
* Threats are divided by their standard deviation in the years of fit and not centred: no conflict is 0.
* What happened stays in mind: ``m[y] = max(x[y], m[y-1] * 2 ** (-1 / MEMORY_HALF_LIFE))``. This is part of how a
  threat is measured, before the model's own memory of what is felt (`fear_half_life`, in months). No run varies it:
  to see what hangs on it, change it here, build anew and load the case.

No column here says who was a member of what, and no number is judged but the constants named below.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tashkent.agents.memory import envelope

HERE = Path(__file__).parent
PATRON = "RUS"
FIRST_YEAR, LAST_YEAR = 1991, 2024  # years of the columns; used one year later
FIT_YEARS = range(1991, 2012)  # used in 1992-2012
LAG = 1
MEMORY_HALF_LIFE = 5.0  # years; a choice, the same in all runs
HOSTILITY_SCALE = 5.0  # a militarised dispute's highest hostility level (war)
INTENSITY_SCALE = 2.0  # an armed conflict's highest intensity (war)
ALL_UN_MEMBERS = 1993  # the first year in which every state of the case could vote throughout
FEW_VOTES = 0.5  # a position from fewer than this share of the roll calls is not used
FAINT_BOND = 0.001  # shares of trade below this are left out


def log_share(table: pd.DataFrame) -> pd.DataFrame:
    """log(1 + x) of a percentage; net flows below zero (repayments) count as none."""
    return np.log1p(table.clip(lower=0.0))


def by_most_votes(votes: pd.DataFrame) -> pd.DataFrame:
    """Roll calls in which a state took part, as a share of those of the state that missed fewest."""
    return votes.div(votes.max(axis=1), axis=0)


def missed_votes(votes: pd.DataFrame) -> pd.DataFrame:
    """Share of roll calls missed; since all are members of the United Nations no row means no vote."""
    cast = by_most_votes(votes)
    cast.loc[ALL_UN_MEMBERS:] = cast.loc[ALL_UN_MEMBERS:].fillna(0.0)
    return 1.0 - cast


#: file, column, sign, transform
Part = tuple[str, str, int, Callable[..., Any] | None]
MEANS: list[Part] = [
    ("cow_capabilities", "cinc", 1, np.log),
    ("wdi_dependence", "oda_pct_gni_wdi", -1, log_share),
    ("wdi_dependence", "remittances_pct_gdp_wdi", -1, log_share),
]
#: composite -> its parts; the composite is the mean of their z-scores
TIES: dict[str, list[Part]] = {
    "tie_patron": [
        ("cow_trade", "trade_share_rus", 1, None),
        ("sipri_arms_shares", "arms_share_from_rus_5y", 1, None),
        ("unga_ideal_points", "unga_pos_rus0_usa1", -1, None),
    ],
    "tie_west": [
        ("cow_trade", "trade_share_west", 1, None),
        ("sipri_arms_shares", "arms_share_from_west_5y", 1, None),
        ("vdem_polyarchy", "v2x_polyarchy", 1, None),
    ],
    "means": MEANS,
    "autonomy": [
        *MEANS,
        ("unga_ideal_points", "unga_nvotes", 1, missed_votes),
        ("vdem_polyarchy", "v2x_polyarchy", -1, None),
    ],
}


def raw(name: str) -> pd.DataFrame:
    """A table of raw columns."""
    return pd.read_csv(HERE / "raw" / f"{name}.csv")


def by_state(name: str, column: str) -> pd.DataFrame:
    """A column as a table of years by states, gaps left empty, and positions from few votes taken out."""

    def table_of(column: str) -> pd.DataFrame:
        table = raw(name).pivot(index="year", columns="state", values=column)
        return table.reindex(range(FIRST_YEAR, LAST_YEAR + 1))

    table = table_of(column)
    if column == "unga_pos_rus0_usa1":
        table = table.where(by_most_votes(table_of("unga_nvotes")) >= FEW_VOTES)
    return table


def both_ways(pairs: pd.DataFrame) -> pd.DataFrame:
    """Undirected pairs as rows (state, other), each pair twice."""
    turned = pairs.rename(columns={"state_a": "state_b", "state_b": "state_a"})
    both = pd.concat([pairs, turned], ignore_index=True)
    return both.rename(columns={"state_a": "state", "state_b": "other"})


def remember(table: pd.DataFrame) -> pd.DataFrame:
    """What happened stays in mind and fades, year by year; never looks ahead."""
    kept = envelope(table.fillna(0.0).to_numpy(float), MEMORY_HALF_LIFE)
    return pd.DataFrame(kept, index=table.index, columns=table.columns)


def standardised_part(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """z-scores on the years of fit, gaps filled from the past, and the error of what was filled."""
    fit = table.loc[FIT_YEARS].stack()
    z = (table - fit.mean()) / fit.std()
    yearly_change = z.loc[FIT_YEARS].diff().stack().std()
    seen = z.notna()
    year = pd.DataFrame(dict.fromkeys(z, z.index), index=z.index)
    age = year - year.where(seen).ffill()
    sd = (yearly_change * np.sqrt(age)).clip(upper=1.0).fillna(1.0)
    return z.ffill().fillna(0.0), sd


def tie(parts: list[Part], deciders: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A tie and its error: the mean of the standardised parts, each with its sign."""
    values, errors = [], []
    for file, column, sign, transform in parts:
        table = by_state(file, column)
        table = (transform(table) if transform else table).reindex(columns=deciders)
        value, sd = standardised_part(table)
        values.append(sign * value)
        errors.append(sd**2)
    return sum(values) / len(parts), np.sqrt(sum(errors)) / len(parts)


def conflict_tables(deciders: list[str]) -> dict[str, pd.DataFrame]:
    """Armed conflict on own soil, split by who stands behind it; in [0, 1] per year."""
    rows = raw("ucdp_armed_conflict")
    empty = pd.DataFrame(0.0, index=range(FIRST_YEAR, LAST_YEAR + 1), columns=deciders)
    unrest, secession = empty.copy(), empty.copy()
    backed_by_neighbour: set[str] = set()  # states whose rebels a neighbour has backed so far
    for row in rows.sort_values("year").itertuples():
        if row.state not in deciders or not row.ucdp_internal:
            continue
        supporters = set(str(row.ucdp_rebel_state_supporters or "").split(";")) & set(deciders)
        level = row.ucdp_internal_intensity / INTENSITY_SCALE
        if not row.ucdp_internal_territorial:
            unrest.loc[row.year, row.state] = level
        else:
            if supporters:
                backed_by_neighbour.add(row.state)
            if row.state not in backed_by_neighbour:
                secession.loc[row.year, row.state] = level

    disputes = both_ways(raw("cow_mid"))
    disputes["level"] = disputes["cow_mid_hostlev_max"] / HOSTILITY_SCALE

    def with_other(other: str) -> pd.DataFrame:
        rows = disputes[disputes["other"] == other]
        return rows.pivot(index="year", columns="state", values="level").reindex_like(empty)

    spillover = empty.copy()
    borders = both_ways(raw("cow_contiguity"))
    last_year = borders["year"].max()
    for year in empty.index:
        known = borders[borders["year"] == min(year, last_year)]
        for row in known.itertuples():
            if row.state in deciders and row.other in deciders:
                neighbour = unrest.loc[year, row.other]
                spillover.loc[year, row.state] = max(spillover.loc[year, row.state], neighbour)
    insurgency = np.maximum(unrest, spillover)
    insurgency = np.maximum(insurgency, with_other("AFG").fillna(0.0))
    return {
        "unrest": unrest,
        "secession": secession,
        "insurgency": insurgency,
        "domination": with_other(PATRON),
    }


def rivalries(deciders: list[str]) -> pd.DataFrame:
    """Dyads of deciding states: coded rivals, militarised disputes, backing of the other's rebels."""
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    level: dict[tuple[str, str], pd.Series] = {}

    def raise_to(state: str, other: str, year: int, value: float) -> None:
        if state in deciders and other in deciders:
            series = level.setdefault((state, other), pd.Series(0.0, index=years))
            series[year] = max(series[year], value)

    for row in both_ways(raw("tss_rivalry")).itertuples():
        raise_to(row.state, row.other, row.year, 1.0)
    for row in both_ways(raw("cow_mid")).itertuples():
        raise_to(row.state, row.other, row.year, row.cow_mid_hostlev_max / HOSTILITY_SCALE)
    for row in raw("ucdp_armed_conflict").itertuples():
        for backer in str(row.ucdp_rebel_state_supporters or "").split(";"):
            raise_to(row.state, backer, row.year, 1.0)
            raise_to(backer, row.state, row.year, 1.0)
    pairs = pd.DataFrame(level)
    pairs.columns = pd.MultiIndex.from_tuples(pairs.columns, names=["state", "rival"])
    return remember(pairs)


def bonds(deciders: list[str]) -> pd.DataFrame:
    """Share of each deciding state in the trade of each other, gaps filled from the past."""
    shares = raw("cow_trade_dyads").pivot(
        index="year", columns=["state", "partner"], values="share"
    )
    shares = shares.reindex(range(FIRST_YEAR, LAST_YEAR + 1)).ffill()
    kept = [pair for pair in shares if set(pair) <= set(deciders)]
    return shares[kept]


def tidy(value: pd.DataFrame, sd: pd.DataFrame, variable: str) -> pd.DataFrame:
    """One row a state and year of use."""
    rows = pd.DataFrame({"value": value.stack(), "sd": sd.stack()}).reset_index()
    rows.columns = ["year", "state", "value", "sd"]
    rows["year"] += LAG
    return rows.assign(variable=variable)


def by_pair(table: pd.DataFrame, other: str, least: float) -> pd.DataFrame:
    """One row a pair and year of use, without values up to `least`."""
    rows = table.stack(["state", other], future_stack=True).rename("value")
    rows = rows[rows > least].reset_index()
    rows.columns = ["year", "state", other, "value"]
    rows["year"] += LAG
    rows = rows.sort_values(["state", other, "year"])[["state", other, "year", "value"]]
    return rows.round(6)


def build() -> dict[str, pd.DataFrame]:
    """The tables, as they are written: composites by state and year of use, rivalry and bonds by dyad."""
    states = pd.read_csv(HERE.parent / "states.csv")
    deciders = states.loc[states["role"] == "decider", "state"].tolist()
    tables = [tidy(*tie(parts, deciders), name) for name, parts in TIES.items()]
    for name, table in conflict_tables(deciders).items():
        kept = remember(table)
        kept /= kept.loc[FIT_YEARS].stack().std()
        tables.append(tidy(kept, kept * 0.0, name))
    composites = pd.concat(tables).sort_values(["variable", "state", "year"])
    composites = composites[["variable", "state", "year", "value", "sd"]].round(6)

    return {
        "composites": composites,
        "rivalry": by_pair(rivalries(deciders), "rival", 0.01),
        "bonds": by_pair(bonds(deciders), "partner", FAINT_BOND),
    }


def main() -> None:
    """Rewrite the tables."""
    for name, table in build().items():
        table.to_csv(HERE / f"{name}.csv", index=False, lineterminator="\n")
        print(f"{name}.csv: {len(table)} rows")


if __name__ == "__main__":
    main()
