"""docs/register.md: forecasts of months that no record has yet, written down once and never changed.

``python -m publish.register --freeze`` makes the forecast of each shipped case, adds it to results/register/ as a new
entry and writes the page; ``--page`` writes the page alone. An entry has a digest over its rows and what they rest on,
and over the digest of the entry before it: whoever changes one has to change all that follow.
"""

import argparse
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from publish.page import DIGITS, ROOT, made_from, rendered, table, write, write_table
from tashkent.experiments.forecast import Outlook, forecast
from tashkent.model.case import load_case
from tashkent.model.case.loading import shipped_cases
from tashkent.model.clock import MONTHS_PER_YEAR, month_label
from tashkent.model.source import code_digest
from tashkent.model.storage import write_json

RESULTS = Path("results/register")
ENTRIES, FORECASTS = RESULTS / "entries.json", RESULTS / "forecasts.csv"
PAGE = Path("docs/register.md")
#: what a forecast rests on
CODE = ("agents", "model", "calibration", "experiments")
YEARS, RUNS, INPUTS = 3, 2000, 20
#: what is asked besides who is in at the end of each year
EVENTS = {"p_exit": "goes out by {last}", "p_accession": "comes in by {last}"}

type Entry = dict[str, Any]


def read(root: Path) -> tuple[list[Entry], pd.DataFrame]:
    """The entries, in the order in which they were written, and the rows of all; none where there is no register."""
    if not (root / ENTRIES).is_file():
        return [], pd.DataFrame()
    entries = json.loads((root / ENTRIES).read_text(encoding="utf-8"))
    rows = pd.read_csv(root / FORECASTS)
    # rows are written before their entry: those of one that was broken off are of none
    return entries, rows[rows["entry"] <= len(entries)]


def rows_of(found: Outlook, number: int) -> pd.DataFrame:
    """A forecast as rows: each a question about a seat, with its probability and band."""
    end = found.case.end
    months = [month_label(end + year * MONTHS_PER_YEAR) for year in range(1, found.years + 1)]
    asked = {f"p_in_{month}": f"in at the end of {month}" for month in months}
    asked |= {name: text.format(last=months[-1]) for name, text in EVENTS.items()}
    rows = [
        {
            "entry": number,
            "case": found.case.id,
            "club": row["club"],
            "state": row["state"],
            "now": int(row["in_now"]),
            "question": text,
            "p": row[name],
            "low": row[f"{name}_low"],
            "high": row[f"{name}_high"],
        }
        for row in found.table.to_dict(orient="records")
        for name, text in asked.items()
    ]
    return pd.DataFrame(rows).round(DIGITS)


def told(found: Outlook, number: int, day: str) -> Entry:
    """What an entry says of its forecast: when it was made, and of what."""
    rests = {**made_from(found.case), "code": code_digest(*CODE).hex()}
    size = {name: getattr(found, name) for name in ("years", "runs", "inputs", "seed")}
    asked = {"case": found.case.id, "from": month_label(found.case.end), **size, **rests}
    return {
        "entry": number,
        "date": day,
        **asked,
        "posterior": found.fitted.origin,
        "specification": _sha256(json.dumps(asked, sort_keys=True)),
    }


def digest(entry: Entry, rows: pd.DataFrame, before: str) -> str:
    """The SHA-256 of an entry, of its rows and of the digest of the entry before it."""
    said = {name: value for name, value in entry.items() if name != "digest"}
    own = rows[rows["entry"] == entry["entry"]]
    return _sha256(
        json.dumps(said, sort_keys=True) + own.to_csv(index=False, lineterminator="\n") + before
    )


def broken(entries: list[Entry], rows: pd.DataFrame) -> list[int]:
    """Numbers of entries that are no longer what they were when they were written."""
    found, before = [], ""
    for entry in entries:
        if entry["digest"] != digest(entry, rows, before):
            found.append(entry["entry"])
        before = entry["digest"]
    return found


def freeze(root: Path, found: Outlook, day: str) -> bool:
    """Add a forecast as a new entry at the end; False if one of the same specification is there already.

    Raises
    ------
    ValueError
        If an entry that is there was changed.
    """
    entries, rows = read(root)
    if wrong := broken(entries, rows):
        raise ValueError(f"{RESULTS}: entries {wrong} were changed since they were written")
    entry = told(found, len(entries) + 1, day)
    if entry["specification"] in {one["specification"] for one in entries}:
        return False
    write_table(pd.concat([rows, rows_of(found, entry["entry"])]), root / FORECASTS)
    # as it will be read: what is kept is what is signed
    entry["digest"] = digest(entry, pd.read_csv(root / FORECASTS), _last(entries))
    write_json(root / ENTRIES, [*entries, entry])
    return True


def page(root: Path) -> str:
    """The page in Markdown, the last entry first."""
    entries, rows = read(root)
    shown = [(entry, _shown(rows[rows["entry"] == entry["entry"]])) for entry in entries[::-1]]
    return rendered("register.md", entries=shown)


def _shown(rows: pd.DataFrame) -> str:
    """One line a seat: now, and the probability of each question with its band."""
    asked = list(dict.fromkeys(rows["question"]))
    lines = []
    for (club, state), seat in rows.groupby(["club", "state"], sort=False):
        by = seat.set_index("question")
        cells = (
            f"{by.loc[q, 'p']:.2f} ({by.loc[q, 'low']:.2f}-{by.loc[q, 'high']:.2f})" for q in asked
        )
        lines.append((club, state, "in" if seat["now"].iloc[0] else "out", *cells))
    return table(("club", "state", "now", *asked), lines)


def _last(entries: list[Entry]) -> str:
    return str(entries[-1]["digest"]) if entries else ""


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def main(arguments: list[str] | None = None) -> None:
    """Freeze the forecast of each case, or write the page alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--freeze", action="store_true", help="add the forecast of each case")
    what.add_argument("--page", action="store_true", help="write the page from the register")
    asked = parser.parse_args(arguments)
    if asked.freeze:
        for name in shipped_cases():
            found = forecast(load_case(name), years=YEARS, runs=RUNS, inputs=INPUTS)
            new = freeze(ROOT, found, datetime.now(UTC).date().isoformat())
            print(name, "frozen" if new else "is there already")
    write(PAGE, page(ROOT))


if __name__ == "__main__":
    main()
