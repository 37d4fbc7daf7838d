"""The evidence of a case by its recipe: composites, rivalry and bonds, from the world's tables and files of its own."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from tashkent.model.case.tables import BONDS, COMPOSITES, RIVALRY
from tashkent.model.errors import InputError
from tashkent.model.evidence import columns, conflicts, measuring, world
from tashkent.model.evidence.recipe import FILE, EvidencePlan, FilePart, Part, read_plan
from tashkent.model.plain import csv_text
from tashkent.model.reading import file_bytes, file_text, plain_bytes
from tashkent.model.storage import new_folder, write_bytes, write_csv, writing

#: shares of trade, and rivalries, up to these are left out
FAINT_BOND, FAINT_RIVALRY = 0.001, 0.01


def build(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables of a case's evidence by the names of their files, made by its `evidence.toml`.

    A state has rows for the years in which it exists.

    Raises
    ------
    InputError
        If the recipe, or a file that it names, cannot be used.
    """
    plan = read_plan(folder)
    tables = [
        measuring.tidy(*_composite(plan, name, parts), name)
        for name, parts in plan.composites.items()
    ]
    for name, level in _threats(plan).items():
        kept = measuring.remember(level, plan.recipe.memory_half_life)
        spread = kept.loc[plan.fit].stack().std()
        kept = kept / (spread if spread > 0 else 1.0)
        tables.append(measuring.tidy(kept, kept * 0.0, name))
    found = pd.concat(tables).sort_values(["variable", "state", "year"])
    found = found[["variable", "state", "year", "value", "sd"]].round(6)
    rivals = measuring.remember(
        conflicts.rivalries(plan.deciders, plan.years), plan.recipe.memory_half_life
    )
    bonds = conflicts.bonds(_shares(plan), plan.deciders, plan.years)
    return {
        COMPOSITES: _alive(found[found["year"].isin(plan.used)], ["state"]),
        RIVALRY: _pairs(plan, rivals, "rival", FAINT_RIVALRY),
        BONDS: _pairs(plan, bonds, "partner", FAINT_BOND),
    }


def _pairs(plan: EvidencePlan, table: pd.DataFrame, other: str, least: float) -> pd.DataFrame:
    if table.shape[1] == 0:
        return pd.DataFrame(columns=["state", other, "year", "value"])
    rows = measuring.by_pair(table, other, least)
    return _alive(rows[rows["year"].isin(plan.used)], ["state", other])


def _alive(rows: pd.DataFrame, of: list[str]) -> pd.DataFrame:
    """The rows of years in which the states that they are about exist."""
    kept = np.ones(len(rows), bool)
    for column in of:
        spans = [world.existence(state) for state in rows[column]]
        kept &= [low <= y <= high for (low, high), y in zip(spans, rows["year"], strict=True)]
    return rows[kept].reset_index(drop=True)


def _composite(
    plan: EvidencePlan, name: str, parts: tuple[Part, ...]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    tables = [
        (_column(plan, f"composites.{name}.parts.{i}", part), part.sign)
        for i, part in enumerate(parts, start=1)
    ]
    return measuring.mean_of_parts(tables, plan.fit)


def _column(plan: EvidencePlan, key: str, part: Part) -> pd.DataFrame:
    asked = columns.Asked(
        plan.deciders, plan.years, plan.states, voting_from=plan.recipe.voting_from
    )
    if isinstance(part, FilePart):
        table = columns.TRANSFORMS[part.transform](_own_column(plan, key, part))
        if part.least_votes:
            votes = world.by_state("unga_nvotes", plan.states, plan.years)
            cast = columns.by_most_votes(votes)[plan.deciders]
            table = table.where(cast >= part.least_votes)
        return table
    of, against = (plan.sponsors.get(name) for name in (part.of, part.against))
    towards = columns.Asked(asked.states, asked.years, asked.voters, asked.voting_from, of, against)
    return columns.column(part.column, towards)


def _own_column(plan: EvidencePlan, key: str, part: FilePart) -> pd.DataFrame:
    rows = _own_rows(plan, f"{key}.file", part.file, {"state": str, "year": int})
    if part.column not in rows or part.column in ("state", "year"):
        names = [name for name in rows if name not in ("state", "year")]
        raise InputError(FILE, f"{key}.column", part.column, ", ".join(names) or "a column")
    values = _numbers(part.file, rows, part.column)
    rows = rows.assign(**{part.column: values})
    if rows.duplicated(["state", "year"]).any():
        twice = rows[rows.duplicated(["state", "year"])].iloc[0]
        raise InputError(part.file, f"{twice['state']} year", int(twice["year"]), "each year once")
    wide = rows.pivot(index="year", columns="state", values=part.column)
    return wide.reindex(index=plan.years, columns=plan.deciders).astype(float)


def _own_rows(
    plan: EvidencePlan, key: str, file: str, needed: Mapping[str, type[str] | type[int]]
) -> pd.DataFrame:
    """A CSV file of the case's own, text but for whole numbers; only files within the folder of the case are read."""
    path = (plan.folder / file).resolve()
    if not path.is_relative_to(plan.folder.resolve()) or not path.is_file():
        raise InputError(FILE, key, file, "a CSV file in the folder of the case")
    try:
        rows = pd.read_csv(io.StringIO(file_text(path, file)), dtype=str, keep_default_na=False)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(file, "file", str(error), "CSV with a header") from None
    for column, kind in needed.items():
        if column not in rows:
            raise InputError(file, "column", "missing", f"a column named {column}")
        if kind is int:
            rows[column] = _numbers(file, rows, column).to_numpy()
            if rows[column].isna().any() or (rows[column] % 1 != 0).any():
                raise InputError(file, column, "not a whole number", "a year in every row")
            rows[column] = rows[column].astype(int)
    return rows


def _numbers(file: str, rows: pd.DataFrame, column: str) -> "pd.Series[float]":
    """A column of numbers; an empty cell is a gap."""
    text = rows[column].replace("", np.nan)
    values = pd.to_numeric(text, errors="coerce")
    wrong = text.notna() & ~np.isfinite(values)
    if wrong.any():
        line = int(np.flatnonzero(wrong)[0]) + 2
        raise InputError(file, f"line {line}.{column}", text[wrong].iloc[0], "a finite number")
    return values


def _threats(plan: EvidencePlan) -> dict[str, pd.DataFrame]:
    """Armed conflict, disputes and nearness, in [0, 1] a year, by the names that the recipe has for them."""
    states, years = plan.deciders, plan.years
    unrest, secession = conflicts.unrest_and_secession(states, years)
    found = {}
    for name, threat in plan.recipe.threats.items():
        match threat.of:
            case "unrest":
                found[name] = unrest
            case "secession":
                found[name] = secession
            case "armed_bands":
                outside = list(plan.recipe.neighbours)
                found[name] = conflicts.armed_bands(unrest, outside, states, years)
            case "disputes":
                sponsor = list(plan.sponsors[threat.by].states)
                found[name] = conflicts.disputes_with(sponsor, states, years)
            case "nearness":
                found[name] = conflicts.nearness(threat.to, states, years)
    return found


def _shares(plan: EvidencePlan) -> pd.DataFrame:
    """Shares of trade: of the file that the recipe names, or the world's."""
    file = plan.recipe.bonds
    if not file:
        return conflicts.known_shares(plan.deciders)
    needed: dict[str, type[str] | type[int]] = {
        "state": str,
        "partner": str,
        "year": int,
        "share": str,
    }
    rows = _own_rows(plan, "bonds", file, needed)
    rows["share"] = _numbers(file, rows, "share").to_numpy()
    if rows.duplicated(["state", "partner", "year"]).any():
        twice = rows[rows.duplicated(["state", "partner", "year"])].iloc[0]
        key = f"{twice['state']} {twice['partner']} year"
        raise InputError(file, key, int(twice["year"]), "each year once")
    return rows


def put(
    tables: Mapping[str, pd.DataFrame], folder: Path, out: Path | None, *, replace: bool
) -> dict[str, tuple[int, str]]:
    """Write the tables into the folder of a case, or into another; rows of each, and whether they are new.

    Tables of the case that say something else are left as they are unless they are to be replaced.

    Raises
    ------
    InputError
        If a table stands there that says something else, or nothing can be written there.
    """
    if out is not None:
        with new_folder(out, "--out") as made:
            for name, table in tables.items():
                write_csv(made / Path(name).name, table)
        return {Path(name).name: (len(table), "written") for name, table in tables.items()}
    texts = {name: csv_text(table).encode() for name, table in tables.items()}
    found = {name: (folder / name).is_file() for name in tables}
    other = [n for n in tables if found[n] and plain_bytes(file_bytes(folder / n)) != texts[n]]
    if other and not replace:
        allowed = "tables that the recipe made, or --replace to replace what stands there"
        raise InputError(str(folder), "evidence", ", ".join(other), allowed)
    with writing(folder, "evidence"):
        (folder / "evidence").mkdir(exist_ok=True)
        for name, text in texts.items():
            if name in other or not found[name]:
                write_bytes(folder / name, text)
    said = {True: "replaced", False: "as it was"}
    return {
        name: (len(table), said[name in other] if found[name] else "written")
        for name, table in tables.items()
    }
