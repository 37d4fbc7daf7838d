"""The tables of the world's states: Parquet from what was collected, and docs/world.md from their codebook.

``python -m publish.world FILE...`` writes ``model/evidence/tables/`` from the files that are named, CSV or Parquet,
each by the name of what it holds: ``states``, ``state_year``, ``trade_share``, ``arms_share_5y``, ``arms_none_5y``,
``mid``, ``rivalry``, ``land_borders``, ``armed_conflict``, ``pacts``. It keeps the columns that the codebook has, and
nothing is filled. Without files only the page is written.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from publish.page import ROOT, rendered, table, write
from tashkent.model.evidence import world

PAGE = Path("docs/world.md")
CODEBOOK = "codebook.csv"
#: what each table is made from, by the name of the file
SOURCES: Mapping[str, str] = {
    "states": "states",
    "state_year": "state_year",
    "trade_share": "trade_share",
    "arms_share": "arms_share_5y",
    "disputes": "mid",
    "rivals": "rivalry",
    "borders": "land_borders",
    "armed_conflicts": "armed_conflict",
    "pacts": "pacts",
}
#: state-years without deliveries of arms, which the table of shares has as a row without a supplier
NO_ARMS = "arms_none_5y"
#: columns that are called otherwise here
NAMES = {"share_5y": "share", "hostlev_max": "hostility"}
SUFFIXES = (".csv", ".parquet")


def codebook() -> pd.DataFrame:
    """Every column of every table: table, column, meaning, unit, first, last, source, terms."""
    return pd.read_csv(world.HERE / CODEBOOK, dtype=str, keep_default_na=False)


def built(files: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables as they are shipped, from the files by their names without suffix."""
    found = {}
    for name, source in SOURCES.items():
        rows = files[source].rename(columns=NAMES)
        if name == "arms_share":
            rows = pd.concat([rows, files[NO_ARMS]], ignore_index=True)
        columns = codebook().query("table == @name")["column"].tolist()
        rows = rows[columns].sort_values(columns, kind="stable", na_position="first")
        found[name] = rows.reset_index(drop=True)
    return found


def read(paths: list[Path]) -> dict[str, pd.DataFrame]:
    """The files by their names without suffix.

    Raises
    ------
    SystemExit
        If one is missing, unknown, or neither CSV nor Parquet.
    """
    known = (*SOURCES.values(), NO_ARMS)
    files = {path.stem: path for path in paths}
    for stem, path in files.items():
        if stem not in known or path.suffix not in SUFFIXES:
            raise SystemExit(f"{path}: a file named as one of {', '.join(known)}, CSV or Parquet")
    missing = [name for name in known if name not in files]
    if missing:
        raise SystemExit(f"missing: {', '.join(missing)}")
    return {
        stem: pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
        for stem, path in files.items()
    }


def page() -> str:
    """docs/world.md."""
    rows = []
    for name in world.TABLES:
        columns = codebook().query("table == @name")
        shipped = world.table(name)
        for row in columns.itertuples():
            filled = int(shipped[row.column].notna().sum())
            cells = (f"`{row.column}`", row.meaning, row.unit, f"{filled:,}", row.source, row.terms)
            rows.append((f"`{name}`" if row.Index == columns.index[0] else "", *cells))
    heads = ("table", "column", "what", "unit", "rows", "source", "terms")
    return rendered("world.md", columns=table(heads, rows))


def main(arguments: list[str] | None = None) -> None:
    """Write the tables, if there are files, and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="what was collected")
    paths = parser.parse_args(arguments).files
    if paths:
        for name, rows in built(read(paths)).items():
            at = world.HERE / f"{name}.parquet"
            rows.to_parquet(at, index=False, compression="zstd", compression_level=19)
            print(f"{at.relative_to(ROOT)}: {len(rows)} rows")
    write(PAGE, page())


if __name__ == "__main__":
    main()
