"""Every shipped case through each step of its use, in a process of its own: ``make cases``.

    python -m tests.cases                     # all
    python -m tests.cases --case rio --keep build/cases

A step passes if it ends well, without a traceback, and if what it says and the page that it makes have no word of
another case. Each is told with its time, with the processor time of all its processes, which no load changes much, and
with what came out.
"""

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tashkent.calibration.patterns import FILE as PATTERNS
from tashkent.model.case import Case, load_case
from tashkent.model.case.loading import CASES, shipped_cases
from tashkent.model.counterfactual import shipped_counterfactuals

#: seconds that a step may take at most: what hangs is a fault
MOST = 1800
#: a word of another case is looked for from so many letters on: shorter ones are words of other languages too
LETTERS = 4
PAGE = "index.html"
#: what the page has for a map that other cases do not show
OF_THE_MAP = "Crimea is shown with Ukraine."


@dataclass(frozen=True)
class Step:
    """What a step was, how long it took, and what came of it; `fault` is empty where nothing went wrong."""

    case: str
    name: str
    seconds: float
    #: of the processors, over all of its processes
    worked: float
    found: str
    fault: str


def arguments(case: Case, folder: Path) -> Mapping[str, tuple[str, ...]]:
    """The commands, in the order in which a user would give them."""
    own, question = ("--case", case.id), shipped_counterfactuals(case)[0].id
    return {
        "check": ("case", "check", case.id, "--json"),
        "run": ("run", *own, "--runs", "100", "--out", str(folder / "run")),
        "validate": (
            *("validate", "--quick", *own, "--out", str(folder / "validation")),
            *("--compact", str(folder / "evidence")),
        ),
        "compare": (
            *("compare", question, *own, "--runs", "100", "--out", str(folder / "compare")),
            "--json",
        ),
        "export": (
            *("export", str(folder / "page"), *own, "--questions", question),
            *("--runs", "50"),
        ),
    }


def found(name: str, said: str, folder: Path) -> str:
    """What came out of a step, in a few words."""
    match name:
        case "check":
            return f"valid, {json.loads(said)['hash'][:12]}"
        case "run":
            with (folder / "run" / "scores.csv").open(encoding="utf-8", newline="") as stream:
                scores = [row for row in csv.DictReader(stream) if row["score"] == "log score"]
            own = {row["who"]: float(row["value"]) for row in scores if row["club"] == "all clubs"}
            return f"log score {own['model']:.1f}, frictions alone {own['frictions alone']:.1f}"
        case "validate":
            with (folder / "evidence" / "patterns.csv").open(
                encoding="utf-8", newline=""
            ) as stream:
                rows = [r for r in csv.DictReader(stream) if r["who"] == "model" and r["bar"]]
            met = sum(row["passes"] == "True" for row in rows)
            return f"{met} of {len(rows)} bars of {PATTERNS} met, over all starts"
        case "compare":
            first = json.loads(said)["pairs"][0]["outcomes"][0]
            return f"P(in) of {first['state']} changes by {first['change']:+.2f}"
        case _:
            return f"a page of {(folder / 'page' / PAGE).stat().st_size / 1e6:.1f} MB"


def words(name: str) -> set[str]:
    """Names of a shipped case, of its states and of its clubs, as its tables have them."""
    folder = CASES / name
    title = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))["title"]
    clubs = tomllib.loads((folder / "clubs.toml").read_text(encoding="utf-8"))
    with (folder / "states.csv").open(encoding="utf-8", newline="") as stream:
        named = {title, *clubs, *(row["name"] for row in csv.DictReader(stream))}
    named |= {one["name"] for club in clubs.values() for one in club["names"]}
    return {word for word in named if len(word) >= LETTERS}


def foreign(name: str, text: str) -> list[str]:
    """Words of other shipped cases in a text, but for those that the case itself uses."""
    own = " ".join(
        path.read_text(encoding="utf-8")
        for kind in ("*.toml", "*.csv", "*.md")
        for path in (CASES / name).rglob(kind)
    )
    others = {word for other in shipped_cases() if other != name for word in words(other)}
    known = sorted(word for word in others if word not in own)
    return [word for word in known if re.search(rf"\b{re.escape(word)}\b", text)]


def step(case: Case, name: str, given: tuple[str, ...], folder: Path) -> Step:
    """Give one command, and judge what comes."""
    begun, before = time.perf_counter(), worked()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tashkent", *given],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=MOST,
            env={**os.environ, "COLUMNS": "200", "PYTHONUTF8": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Step(case.id, name, MOST, worked() - before, "", "did not end")
    took = time.perf_counter() - begun, worked() - before
    if done.returncode or "Traceback" in done.stderr:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return Step(case.id, name, *took, "", lines[-1])
    page = folder / "page" / PAGE
    text = page.read_text(encoding="utf-8") if name == "export" else done.stdout + done.stderr
    wrong = foreign(case.id, text.replace(OF_THE_MAP, ""))
    fault = f"says {', '.join(wrong)}" if wrong else ""
    return Step(case.id, name, *took, found(name, done.stdout, folder), fault)


def worked() -> float:
    """Processor seconds of all processes that were started here and have ended, and of those that they started."""
    times = os.times()
    return times.children_user + times.children_system


def steps(case: Case, folder: Path) -> Iterator[Step]:
    """All steps of one case; the folder is there."""
    for name, given in arguments(case, folder).items():
        yield step(case, name, given, folder)


def main() -> None:
    """All of the cases, or one; exit code 1 if a step went wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--case", choices=shipped_cases(), action="append", help="one; else all")
    parser.add_argument("--keep", type=Path, help="an empty folder for what they write")
    asked = parser.parse_args()
    begun, wrong = time.perf_counter(), 0
    with tempfile.TemporaryDirectory() as passing:
        for name in asked.case or shipped_cases():
            folder = (asked.keep or Path(passing)) / name
            folder.mkdir(parents=True)
            for one in steps(load_case(name), folder):
                verdict = f"WRONG: {one.fault}" if one.fault else one.found
                told = f"{one.seconds:7.1f} s {one.worked:7.1f} s"
                print(f"{one.case:8}{one.name:10}{told}  {verdict}", flush=True)
                wrong += bool(one.fault)
    told = f"{time.perf_counter() - begun:7.1f} s {worked():7.1f} s"
    print(f"{'all':18}{told}  {wrong} of the steps went wrong")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
