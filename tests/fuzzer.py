"""A fuzzer of every file that a user writes: files that are right are changed in one place or several, and read.

A mutant must be refused in a line (`InputError`) or be accepted and sound: nothing else is raised, no warning given,
five seconds of processor time and half a gigabyte of memory suffice, and what is accepted has no number that is not
finite. `make fuzz` runs many; `tests/test_fuzz.py` runs some with a fixed seed.

    python -m tests.fuzzer --mutants 20000 --seed 1 --only design
"""

import argparse
import csv
import io
import json
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from datetime import time as clock_time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tashkent.cli.whole_case import load_whole_case
from tashkent.dashboard.question import read as read_question
from tashkent.dashboard.question import written
from tashkent.experiments.design import read_design
from tashkent.experiments.predictions import load_predictions
from tashkent.experiments.reproduction import read_manifest
from tashkent.model.case import Case, load_case
from tashkent.model.counterfactual import parse_counterfactual
from tashkent.model.errors import InputError
from tashkent.model.reading import file_text
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.statuses import Status

ROOT = Path(__file__).parents[1]
SKELETON = ROOT / "src/tashkent/cli/skeleton"
#: seconds of processor time, and kilobytes that the process may grow by
SECONDS, KILOBYTES = 5.0, 500_000
#: characters of a line of complaint
LONGEST_LINE = 5_000
#: what nobody should write, and somebody will
ODD: tuple[Any, ...] = (
    *(0, -1, 1, 2, 3, 12, 2**31, 2**31 - 1, 2**63, -(2**63), 2**64, 10**30, 10**400),
    *(
        0.0,
        -0.0,
        0.5,
        1.5,
        1e300,
        -1e300,
        1e-300,
        1e6,
        1e9,
        float("inf"),
        float("-inf"),
        float("nan"),
    ),
    *(
        "",
        " ",
        "x",
        "x" * 10_000,
        "é",
        "\u202e",
        "\ufeff",
        "\x00",
        "\n",
        "[bold]",
        "[/x]",
        "=1+1",
        "../..",
        "%s",
        "{0}",
    ),
    *(
        "1999-13",
        "1999-00",
        "0000-01",
        "0001-01",
        "9999-12",
        "1999-12",
        "1999-1",
        "1999-12-31",
        "2005-06",
    ),
    *(
        "in",
        "none",
        "true",
        "nan",
        "inf",
        "1e300",
        "baseline",
        "whole",
        "-",
        ",",
        "+",
        ";",
        "CST",
        "UZB",
        "PACT",
        "ARV",
    ),
    *(
        "in(UZB, CST, 1999-06)",
        "in()",
        "in(",
        "x(y)",
        "pattern()",
        "runs",
        "state",
        "/dev/null",
        "a\x00b.toml",
        "no.toml",
    ),
    *(
        True,
        False,
        [],
        {},
        [[]],
        [{}],
        [""],
        [1, "a"],
        {"a": 1},
        {"a": {}},
        [None],
        {"": ""},
        [[1.0, 2.0]],
        [0, 0],
        [1, 0],
    ),
    *(
        date(1, 1, 1),
        date(9999, 12, 31),
        date(1999, 12, 31),
        datetime(1999, 1, 1, 1, tzinfo=UTC),
        clock_time(1, 1),
    ),
)
PATTERNS = """
[evaluation]
starts = ["2003-12"]
forward = ["2004-12"]
readings = ["{theory}"]

[bars]
gain_focus = 1.0
permutations = 0.05

[[pattern]]
id = "P1"
says = "Who abstains is out."
source = "TALE"
measure = "in"
state = "BOR"
club = "PACT"
month = "2005-06"
most = 0.5
least = 0.0

[[not_modelled]]
id = "N1"
says = "Rain."
why = "No weather."
source = "TALE"
"""
THEORY = '''
import numpy as np

from tashkent.agents.terms import term


@term(theory="A theory of one's own", prior=(0.5, 0.25))
def fuzz_pride(situation):
    """One in clubs with a guarantee."""
    return situation.clubs.guarantees * np.ones_like(situation.autonomy)[..., None] + 0.5 * 1.0 - 2
'''


# what is mutated -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A kind of file: texts that are right, how they are written, and what is done with one."""

    name: str
    #: name of a file -> its text
    seeds: Mapping[str, str]
    use: Callable[[Path], object]
    #: the folder that has the file, if it does not stand alone
    folder: Path | None = None


@cache
def shipped() -> Case:
    """The shipped case."""
    return load_case("cst")


@cache
def small() -> Case:
    """The case of the skeleton."""
    return load_case(SKELETON)


def use_case(path: Path) -> None:
    """A case folder, whole; what is accepted runs, and its runs are sound."""
    folder = path.parent if path.parent.name == "case" else path.parent.parent
    check_runs(load_whole_case(str(folder)))


def check_runs(case: Case) -> None:
    """Two runs of a case have finite parameters and statuses that there are."""
    drawn = prior_parameters(case, runs=2, seed=0)
    assert all(np.isfinite(values).all() for values in drawn.values()), "a draw that is not finite"
    status = simulate(case, drawn, seed=0).status
    assert status.min() >= 0, "a status that there is not"
    assert status.max() <= max(Status), "a status that there is not"
    assert len(case.hash) == 64, "a hash"


def use_counterfactual(path: Path) -> None:
    """A question, read as the page reads it; what is accepted is written and read as the same."""
    found = read_question(shipped(), file_text(path, "counterfactual"), path.name)
    assert parse_counterfactual(written(found), path.name) == found, "another question when written"


def use_small_counterfactual(path: Path) -> None:
    """A question about the skeleton, whose world then runs."""
    found = read_question(small(), file_text(path, "counterfactual"), path.name)
    check_runs(found.apply(small()))


def use_design(path: Path) -> None:
    """A design, its first points, and the table that is kept of it."""
    plan = read_design(path)
    rows = plan.rows(range(min(plan.size, 3)))
    numbers = rows.select_dtypes("number").to_numpy(float)
    names = [f.column for f in plan.design.factors if f.kind in ("parameter", "series", "event")]
    assert np.isfinite(rows[names].to_numpy(float)).all(), f"a value that is not finite {numbers}"
    json.dumps(plan.table, allow_nan=False)
    read_design(plan.table)


def use_prediction(path: Path) -> None:
    """Predictions."""
    for one in load_predictions(path, shipped()):
        assert 0.5 <= one.confidence <= 1, "a confidence out of range"


def use_theory(path: Path) -> None:
    """A theory of one's own, in two runs of the skeleton."""
    from tashkent.agents.terms import TERMS
    from tashkent.model.theory import with_theory

    before = dict(TERMS)
    try:
        check_runs(with_theory(small(), str(path)))
    finally:
        TERMS.clear()
        TERMS.update(before)


def _case_seeds() -> dict[str, str]:
    files = sorted([*SKELETON.rglob("*.toml"), *SKELETON.rglob("*.csv")])
    found = {str(path.relative_to(SKELETON)): path.read_text("utf-8") for path in files}
    literature = (ROOT / "model/cases/cst/evidence/literature.csv").read_text("utf-8")
    magnitudes = (ROOT / "model/cases/cst/evidence/magnitudes.csv").read_text("utf-8")
    return {
        **found,
        "patterns.toml": PATTERNS.replace("{theory}", next(iter(small().theories))),
        "evidence/literature.csv": "\n".join(literature.splitlines()[:3]) + "\n",
        "evidence/magnitudes.csv": magnitudes.splitlines()[0] + "\n",
    }


def _manifests() -> dict[str, str]:
    of_case = {"case": "cst", "seed": 0, "from": None}
    sizes = {"runs": 4, "trajectories": 2, "base": 2, "most": 1}
    some = {
        "run": {**of_case, "runs": 5, "theory": None},
        "compare": {
            **of_case,
            "names": ["CF1"],
            "baseline": None,
            "theory": [],
            "runs": 2,
            "prediction": None,
        },
        "sweep": {
            "design": {
                "method": "posterior",
                "points": 2,
                "runs": 2,
                "outcomes": ["in(UZB, CST, 1999-06)"],
            }
        },
        "sensitivity": {
            **of_case,
            "theory": None,
            "outcomes": [],
            "of": [],
            "over": "prior",
            "plan": sizes,
        },
    }
    told = {
        "case_hash": "0",
        "libraries": {"numpy": "2"},
        "files": {"a.csv": "0" * 64},
        "inputs": {},
    }
    return {
        f"{name}.json": json.dumps({"command": name, "arguments": asked, **told}, indent=1)
        for name, asked in some.items()
    }


@cache
def kinds() -> dict[str, Kind]:
    """Every kind of file that a user writes."""
    questions = ROOT / "model/cases/cst/counterfactuals"
    designs = sorted((ROOT / "docs/examples").glob("*.toml"))
    small_questions = sorted((SKELETON / "counterfactuals").glob("*.toml"))
    predictions = '[[prediction]]\nstate = "UZB"\ndirection = "up"\nconfidence = 0.7\nmonth = "1999-12"\nclub = "CST"\n'
    table = "state,direction,confidence,club,month\nUZB,up,0.7,CST,1999-12\nGEO,none,0.9,,\n"
    found = [
        Kind("case", _case_seeds(), use_case, SKELETON),
        Kind(
            "counterfactual",
            {path.name: path.read_text("utf-8") for path in sorted(questions.glob("*.toml"))},
            use_counterfactual,
        ),
        Kind("design", {path.name: path.read_text("utf-8") for path in designs}, use_design),
        Kind("prediction", {"p.toml": predictions, "p.csv": table}, use_prediction),
        Kind("manifest", _manifests(), read_manifest),
        Kind("theory", {"fuzz.py": THEORY}, use_theory),
    ]
    if small_questions:
        seeds = {path.name: path.read_text("utf-8") for path in small_questions}
        found.append(Kind("small counterfactual", seeds, use_small_counterfactual))
    return {kind.name: kind for kind in found if kind.seeds}


# mutations -----------------------------------------------------------------------------------------


def mutant(rng: random.Random, name: str, text: str) -> bytes:
    """Another text than this one: its structure is changed three times of four, and its letters else."""
    structured = {"toml": mutant_toml, "json": mutant_json, "csv": mutant_csv, "py": mutant_python}
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if rng.random() < 0.75:
            try:
                text = structured[name.rsplit(".", 1)[1]](rng, text)
                continue
            except (ValueError, IndexError):
                pass  # it is broken already
        text = mutant_text(rng, text)
    content = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.03:
        at = rng.randrange(len(content) + 1)
        content = content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]
    return content


def mutant_text(rng: random.Random, text: str) -> str:
    """Lines or letters that are gone, doubled, swapped or others."""
    lines = text.splitlines(keepends=True) or [""]
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    at = rng.randrange(len(text) + 1)
    match rng.randrange(7):
        case 0:
            del lines[i]
        case 1:
            lines.insert(j, lines[i])
        case 2:
            lines[i], lines[j] = lines[j], lines[i]
        case 3:
            return text[:at]
        case 4:
            return text[:at] + text[at + rng.randrange(1, 9) :]
        case 5:
            return text[:at] + rng.choice("\"'[]{}=,.#\n\t\r\\0-e;") + text[at + 1 :]
        case _:
            return text[:at] + str(rng.choice(ODD)) + text[at:]
    return "".join(lines)


def mutant_toml(rng: random.Random, text: str) -> str:
    """A table in TOML with another value, key or row somewhere."""
    return toml(changed(rng, tomllib.loads(text)))


def mutant_json(rng: random.Random, text: str) -> str:
    """The same of JSON."""
    return json.dumps(changed(rng, json.loads(text)), default=str)


def mutant_csv(rng: random.Random, text: str) -> str:
    """A table in CSV with another cell, column or row somewhere."""
    rows = list(csv.reader(io.StringIO(text)))
    i = rng.randrange(min(len(rows), 40)) if rng.random() < 0.3 else rng.randrange(len(rows))
    j = rng.randrange(len(rows[i]))
    match rng.randrange(8):
        case 0:
            del rows[i][j]
        case 1:
            rows[i].append("")
        case 2:
            rows.insert(i, list(rows[rng.randrange(len(rows))]))
        case 3:
            del rows[i]
        case 4:
            rows[i][j] = rows[rng.randrange(len(rows))][j]
        case 5:
            k = rng.randrange(len(rows[i]))
            rows[i][j], rows[i][k] = rows[i][k], rows[i][j]
        case _:
            rows[i][j] = str(rng.choice(ODD))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def mutant_python(rng: random.Random, text: str) -> str:
    """A file of Python with other words in it, none of which does more than compute."""
    words = (
        "0.5",
        "0.25",
        "situation.clubs.guarantees",
        "situation.autonomy",
        "np.ones_like",
        "[..., None]",
        "1.0",
        "- 2",
        "*",
        "+",
        "term",
    )
    others = (
        *(
            "0",
            "-1.0",
            "1/0",
            "np.nan",
            "np.inf",
            '"a"',
            "None",
            "()",
            "[]",
            "nothing",
            "situation.nothing",
            "/",
            "@",
            "**",
        ),
        *(
            "[:, 0]",
            "[0]",
            ".sum()",
            ".sum(axis=9)",
            "np.ones(3)",
            "np.zeros_like",
            "1e300",
            "1e6",
            "situation.threat",
            "",
        ),
        *(
            "(lambda: 1)",
            "1j",
            "True",
            "np.sqrt",
            "np.log",
            "list",
            "== 0 and",
            "if situation.bond else 0 *",
            "SystemExit",
        ),
    )
    word = rng.choice([w for w in words if w in text] or [""])
    return text.replace(word, rng.choice(others), 1)


def changed(rng: random.Random, table: Any) -> Any:
    """A tree of tables and lists with one change somewhere."""
    table = deepcopy(table)
    places = list(_places(table))
    if not places:
        return {"a": rng.choice(ODD)}
    holder, key = rng.choice(places)
    other, there = rng.choice(places)
    match rng.randrange(9):
        case 0:
            del holder[key]
        case 1:
            holder[key] = deepcopy(other[there])
        case 2:
            holder[key] = [holder[key]]
        case 3:
            holder[key] = {"a": holder[key]}
        case 4 if isinstance(holder, dict):
            holder[_misspelt(rng, str(key))] = holder.pop(key)
        case 5 if isinstance(holder, list):
            holder.insert(key, deepcopy(holder[key]))
        case 6 if isinstance(holder, dict):
            holder[rng.choice(["a", "id", "", "do", "vary", "kind", "é"])] = rng.choice(ODD)
        case _:
            holder[key] = rng.choice(ODD)
    return table


def _misspelt(rng: random.Random, word: str) -> str:
    at = rng.randrange(len(word) + 1)
    return word[:at] + rng.choice("aex_-. ") + word[at + rng.randrange(2) :]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def toml(table: Mapping[str, Any]) -> str:
    """A table as text, one key a line."""
    return "".join(f"{json.dumps(str(key))} = {_toml(value)}\n" for key, value in table.items())


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(k))} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | datetime):
        return value.isoformat()
    if value is None or isinstance(value, str):
        return json.dumps(value or "").replace("\x7f", "\\u007f")
    return str(value)


# running -------------------------------------------------------------------------------------------


class TooLongError(BaseException):
    """A mutant took more than its time; not an exception that anybody would catch."""


@contextmanager
def limited() -> Iterator[None]:
    """At most so much processor time, and no warning."""

    def stop(*_: object) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@dataclass
class Found:
    """What came of some mutants."""

    ran: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    #: what went wrong -> how often, and a file that shows it
    faults: Counter[str] = field(default_factory=Counter)
    shown: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """For the screen."""
        told = [f"{n:6d} {kind}, {self.accepted[kind]} accepted" for kind, n in self.ran.items()]
        told += [f"{n:6d} FAULT {fault}" for fault, n in self.faults.most_common()]
        return [*told, f"{self.ran.total():,} mutants, {self.faults.total():,} at fault"]


def attempt(kind: Kind, name: str, content: bytes, place: Path) -> str | None:
    """Use one mutant. What went wrong; empty if it was accepted and sound; None if it was refused in a line."""
    folder = place / "case"
    if kind.folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(kind.folder, folder)
    path = (folder if kind.folder is not None else place) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fault: str | None = ""
    try:
        with limited():
            kind.use(path)
    except InputError as error:
        fault = None
        if len(str(error).splitlines()) != 1 or len(str(error)) > LONGEST_LINE:
            fault = f"{kind.name}: a complaint of {len(str(error)):,} characters"
    except TooLongError as error:
        fault = f"{kind.name}: over {SECONDS:g} seconds in {_where(error)}"
    except BaseException as error:  # whatever it is, it is what is looked for
        if isinstance(error, KeyboardInterrupt):
            raise
        fault = f"{kind.name}: {type(error).__name__} in {_where(error)}: {str(error)[:100]}"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return f"{kind.name}: {grown // 1000} MB more" if grown > KILOBYTES else fault


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        f
        for f in frames
        if "/site-packages/" not in f.filename and "tests/fuzzer" not in f.filename
    ]
    own = [f for f in own if "/lib/python" not in f.filename] or frames
    return f"{'/'.join(Path(own[-1].filename).parts[-2:])}:{own[-1].lineno}"


def fuzz(mutants: int, seed: int, only: Sequence[str] = (), seconds: float = np.inf) -> Found:
    """Use so many mutants, or those of so many seconds, each made from the seed and its own number."""
    found, began = Found(), time.monotonic()
    some = {name: kinds()[name] for name in only or kinds()}
    shipped(), small()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(mutants):
            if time.monotonic() - began > seconds:
                break
            rng = random.Random(f"{seed}:{number}")
            kind = list(some.values())[number % len(some)]
            name = rng.choice(list(kind.seeds))
            content = mutant(rng, name, kind.seeds[name])
            found.ran[kind.name] += 1
            fault = attempt(kind, name, content, Path(folder))
            if fault == "":
                found.accepted[kind.name] += 1
            elif fault:
                found.faults[fault] += 1
                if len(content) < len(found.shown.get(fault, ("", "", b"x" * 10**9))[2]):
                    found.shown[fault] = (kind.name, name, content)
    return found


def main() -> None:
    """Run from the command line; exit code 1 if anything is at fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=np.inf, help="stop after so long")
    parser.add_argument("--only", choices=list(kinds()), action="append", default=[])
    parser.add_argument("--keep", type=Path, help="folder for a file that shows each fault")
    asked = parser.parse_args()
    found = fuzz(asked.mutants, asked.seed, asked.only, asked.seconds)
    print("\n".join(found.lines()))
    for number, (fault, (kind, name, content)) in enumerate(found.shown.items()):
        if asked.keep is not None:
            asked.keep.mkdir(parents=True, exist_ok=True)
            (asked.keep / f"{number}-{kind}-{Path(name).name}").write_bytes(content)
            (asked.keep / f"{number}.txt").write_text(f"{fault}\n{name}\n", encoding="utf-8")
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()
