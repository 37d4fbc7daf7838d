"""A fuzzer of every file that a user writes: files that are right are changed in one place or several, and read.

A mutant must be refused in a line (`InputError`) or be accepted and sound: nothing else is raised, no warning given,
five seconds of processor time and half a gigabyte of memory suffice, and what is accepted has no number that is not
finite and breaks no rule of the law. `tests.fuzz` tries many at once.
"""

import csv
import io
import json
import random
import shutil
import signal
import time
import tomllib
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
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
from tashkent.model.case.checks import check_events, sourced
from tashkent.model.case.tables import CITATIONS, CONTENTS, Event
from tashkent.model.cases.cst.evidence.coding import BOOK
from tashkent.model.compilation import compile_case
from tashkent.model.counterfactual import parse_counterfactual
from tashkent.model.errors import InputError
from tashkent.model.evidence.coding import COLUMNS
from tashkent.model.noise import Noise
from tashkent.model.parameters import ParameterDraws
from tashkent.model.reading import csv_rows, file_text
from tashkent.model.seats import Seats
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.statuses import Status
from tashkent.model.step import advance
from tests.scripted import world_of
from tests.test_invariants import Watch

ROOT = Path(__file__).parents[1]
SKELETON = ROOT / "src/tashkent/cli/skeleton"
#: seconds of processor time, and megabytes that the process may grow by
SECONDS, MEGABYTES = 5.0, 500
#: exit code of a process that tries a theory, if something is raised there that is no refusal
BROKE = 70
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
#: questions about the skeleton that make every kind of patch
QUESTIONS = {
    "events.toml": """
id = "events"
title = "Other events"
starts = ["2002-01", "2003-06"]
[[outcome]]
state = "BOR"
club = "PACT"
month = "2005-06"
direction = "up"
whose = "GK"
why = "Fear keeps who is afraid."
[[patch]]
do = "remove_event"
event = "E4"
[[patch]]
do = "flip_event"
event = "E3"
[[patch]]
do = "rescale_event"
event = "E5"
factor = 2.5
[[patch]]
do = "move_event"
event = "E8"
date = 2006-02-01
[[patch]]
do = "add_event"
event = "E10"
date = 2005-03-04
date_end = 2006-03-04
label = "Shots again"
states = ["BOR"]
kind = "threat"
about = "feud"
rival = "ARV"
sign = 1
""",
    "law.toml": """
id = "law"
title = "Another law"
[[patch]]
do = "remove_statute"
statute = "PACT-regions"
[[patch]]
do = "change_statute"
statute = "PACT-exit"
set = { notice_months = 1 }
[[patch]]
do = "add_statute"
[patch.statute]
id = "RING-more"
club = "RING"
kind = "participation"
from = 2005-01-01
[[patch]]
do = "open_club"
club = "RING"
states = ["ARV"]
from = 2009-02-01
[[patch]]
do = "close_club"
club = "PACT"
states = ["BOR"]
from = 2004-01-01
until = 2005-01-01
""",
    "acts.toml": """
id = "acts"
title = "Other acts"
starts = ["2003-12"]
[[patch]]
do = "forbid"
states = ["BOR"]
club = "RING"
act = "accede"
from = "2004-01"
until = "2006-12"
[[patch]]
do = "force"
states = ["ARV", "BOR"]
club = "PACT"
act = "withdraw"
from = "2005-01"
until = "2005-03"
[[patch]]
do = "answer"
date = 2005-06-11
state = "ARV"
need = "incursion"
grant = false
[[patch]]
do = "change_series"
series = "bond"
states = ["BOR"]
partners = ["ARV"]
first_year = 2002
last_year = 2005
scale = 0.5
[[patch]]
do = "change_series"
series = "tie_patron"
states = ["BOR", "ARV"]
first_year = 2002
last_year = 2005
add = 1.0
[[patch]]
do = "change_parameter"
parameter = "contagion"
value = 1.0
[[patch]]
do = "change_parameter"
parameter = "court"
mean = 1.0
sd = 0.25
""",
    "without.toml": """
id = "without"
title = "Without the Ring"
[[patch]]
do = "remove_club"
club = "RING"
""",
}
READING = '''
import numpy as np

from tashkent.agents.terms import term


@term(theory="Company", prior=(0.5, 0.25), reads=("seat",))
def fuzz_company(situation):
    """Share of a state's trade with members."""
    return (situation.bond[..., None] * situation.seat[..., None, :, :]).sum(axis=-2)
'''
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
    #: whether its files stand beside each other there
    together: bool = False


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
    """Runs of a case have finite numbers and statuses that there are, and keep the law month by month."""
    drawn = prior_parameters(case, runs=2, seed=0)
    assert all(np.isfinite(values).all() for values in drawn.values()), "a draw that is not finite"
    status = simulate(case, drawn, seed=0).status
    assert status.min() >= 0, "a status that there is not"
    assert status.max() <= max(Status), "a status that there is not"
    assert len(case.hash) == 64, "a hash"
    check_law(case, drawn)


def check_law(case: Case, drawn: ParameterDraws) -> None:
    """The first run, held against the statutes in each month (`tests.test_invariants`)."""
    inputs, shape = compile_case(case), (len(case.states), len(case.clubs))
    seats, taken = inputs.record.of_month(0, 1), np.full((1, *shape), np.nan)
    first = ParameterDraws.from_mapping({name: values[:1] for name, values in drawn.items()})
    world = world_of(inputs, seats, Noise(case, 0, 0, 1), first, taken)
    watch = Watch(
        inputs,
        Seats(*(a.copy() for a in seats)),
        participation=taken[0].copy(),
        belief_updates=world.belief_updates[0].copy(),
    )
    for t in range(1, len(case.months)):
        world.log.clear()
        advance(world, t)
        watch.month(world, t, world.log)
        assert np.isfinite(world.belief_updates).all(), "a belief that is not finite"


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


def use_happenings(path: Path) -> None:
    """What happened, coded by the rules; the events that come of it fit the shipped case."""
    rows = BOOK.code(path)
    days = [row["date"] for row in rows]
    assert days == sorted(days), "events out of order"
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    case = shipped().varied(events=csv_rows(text.getvalue(), "events.csv", Event))
    check_events(case)
    compile_case(case)


def use_theory(path: Path) -> None:
    """A theory of one's own, in two runs of the skeleton."""
    from tashkent.model.theory import with_theory

    check_runs(with_theory(small(), str(path)))


def _case_seeds() -> dict[str, str]:
    files = sorted([*SKELETON.rglob("*.toml"), *SKELETON.rglob("*.csv")])
    found = {str(path.relative_to(SKELETON)): path.read_text("utf-8") for path in files}
    literature = (ROOT / "model/cases/cst/evidence/literature.csv").read_text("utf-8")
    magnitudes = (ROOT / "model/cases/cst/evidence/magnitudes.csv").read_text("utf-8")
    return {
        **found,
        "patterns.toml": PATTERNS.replace("{theory}", next(iter(small().theories))),
        "evidence/literature.csv": "\n".join(literature.splitlines()[:3]) + "\n",
        "evidence/magnitudes.csv": magnitudes.splitlines()[0] + "\nE1,2.0,JUDGED\nE3,1.5,JUDGED\n",
    }


def _citation_seeds() -> dict[str, str]:
    """The sections of a source of the skeleton, and a citation for each row that rests on it."""
    cited = [
        (file, row, "TALE", ("The Pact", "The Ring")[len(row) % 2])
        for file, rows in sourced(small()).items()
        for row, sources in rows
        if "TALE" in sources
    ]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("file", "row", "source", "section"), *cited])
    contents = "source,section,pages\nTALE,The Pact,1-9\nTALE,The Ring,10\n"
    return {CONTENTS: contents, CITATIONS: text.getvalue()}


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
        "network": {**of_case, "month": "1999-04", "runs": None, "theory": None},
        "export": {"case": "cst", "names": ["CF1"], "runs": 2, "seed": 0},
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
    happenings = ROOT / "model/cases/cst/evidence/happenings.csv"
    designs = sorted((ROOT / "docs/examples").glob("*.toml"))
    predictions = '[[prediction]]\nstate = "UZB"\ndirection = "up"\nconfidence = 0.7\nmonth = "1999-12"\nclub = "CST"\n'
    table = "state,direction,confidence,club,month\nUZB,up,0.7,CST,1999-12\nGEO,none,0.9,,\n"
    found = [
        Kind("case", _case_seeds(), use_case, SKELETON),
        Kind("citations", _citation_seeds(), use_case, SKELETON, together=True),
        Kind("happenings", {happenings.name: happenings.read_text("utf-8")}, use_happenings),
        Kind(
            "counterfactual",
            {path.name: path.read_text("utf-8") for path in sorted(questions.glob("*.toml"))},
            use_counterfactual,
        ),
        Kind("small counterfactual", QUESTIONS, use_small_counterfactual),
        Kind("design", {path.name: path.read_text("utf-8") for path in designs}, use_design),
        Kind("prediction", {"p.toml": predictions, "p.csv": table}, use_prediction),
        Kind("manifest", _manifests(), read_manifest),
        Kind("theory", {"fuzz.py": THEORY, "reading.py": READING}, use_theory),
    ]
    return {kind.name: kind for kind in found}


# mutations -----------------------------------------------------------------------------------------


def mutant(rng: random.Random, name: str, text: str) -> bytes:
    """Another text than this one: its structure is changed three times of four, and its letters else."""
    structured = {"toml": mutant_toml, "json": mutant_json, "csv": mutant_csv, "py": mutant_python}
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if rng.random() < 0.75:
            try:
                text = structured[name.rsplit(".", 1)[1]](rng, text)
                continue
            except (ValueError, IndexError, csv.Error):
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
    """A theory with another formula, decorator or name, with more at the end, or with other words in it."""
    head, _, rest = text.partition("@term(")
    decorator, _, rest = rest.partition(")\ndef ")
    name, _, rest = rest.partition("(situation):")
    body, end = rest[: rest.rfind("return")], rest[rest.rfind("return") :]
    match rng.randrange(8):
        case 0 | 1 | 2:
            end = f"{rng.choice(FORMULAS)}\n"
        case 3:
            decorator = rng.choice(DECORATORS)
        case 4:
            name = rng.choice(("exit", "fear_of_entrapment", "witness", "term", "np", "é", name))
        case 5:
            end += f"\n\n{rng.choice(LAST)}\n"
        case 6 if rng.random() < 0.2:
            end = f"{rng.choice(ENDLESS)}\n"
        case _:
            return other_word(rng, text)
    return f"{head}@term({decorator})\ndef {name}(situation):{body}{end}"


#: what a formula may come to that its author did not mean
FORMULAS = (
    "return situation.autonomy",
    "return situation.threat",
    "return situation.threat.sum(axis=-1)",
    "return situation.threat.sum(axis=7)",
    "return situation.seat",
    "return 1.0 * situation.seat.T",
    "return situation.seat[0] * 1.0",
    "return situation.seat.sum(axis=-2, keepdims=True) * np.ones(situation.seat.shape)",
    "return np.where(situation.seat.sum(axis=-2, keepdims=True) >= 2, np.nan, 1.0) * situation.seat",
    "return np.full(situation.seat.shape, np.nan)",
    "return np.full(situation.seat.shape, np.inf)",
    "return np.full(situation.seat.shape, 1e300)",
    "return np.log(situation.seat * 1.0)",
    "return 1.0 / situation.seat",
    "return 1 / 0",
    "return nothing",
    "return situation.nothing",
    "return None",
    "return 3",
    "return [[1.0], [1.0, 2.0]]",
    "return situation.seat * 1j",
    "return situation.seat.astype(str)",
    "return situation.seat.astype(object)",
    "return np.random.random(situation.seat.shape)",
    "return np.empty((0, 0))",
    "return situation.seat if situation.threat > 1 else situation.threat",
    "situation.threat[...] = 0.0\n    return situation.seat * 1.0",
    "situation.seat = None\n    return situation.seat",
    "return fuzz_pride(situation)",
    "raise SystemExit(0)",
    "raise KeyboardInterrupt",
    "raise BaseException('odd')",
    "raise ValueError('[bold]' + 'x' * 10**6)",
    "yield situation.seat",
    "import sys; sys.exit(0)",
    "import os; os._exit(0)",
    "import ctypes; ctypes.string_at(0)",
    "return np.ones(10**9)",
    "return np.ones((10**5, 10**5))",
    "return 'x' * 10**10",
    "import warnings; warnings.warn('odd'); return situation.seat * 0.5",
    "print('said', end=''); return situation.seat * 0.5",
)
#: formulas without an end, or with one that nobody waits for
ENDLESS = (
    "while True:\n        pass",
    "while True:\n        try:\n            situation.seat.sum()\n        except BaseException:\n            pass",
    "import time; time.sleep(1000)",
    "return sum(range(10**12))",
    "return len(str(7**10**7))",
)
DECORATORS = (
    "",
    "theory='x'",
    "theory='', prior=(0.5, 0.25)",
    "theory=('x',), prior=(0.5, 0.25)",
    "theory=3, prior=(0.5, 0.25)",
    "theory='x', prior=None",
    "theory='x', prior=0.5",
    "theory='x', prior=(0.5,)",
    "theory='x', prior=(0.5, -1.0)",
    "theory='x', prior=(0.5, 0.0)",
    "theory='x', prior=(float('nan'), 1.0)",
    "theory='x', prior=(1e300, 1.0)",
    "theory='x', prior=(0.5, 1e300)",
    "theory='x', prior=('a', 'b')",
    "theory='x', prior=(10**400, 1)",
    "theory='x', prior={0.5: 1, 0.25: 2}",
    "theory='x', prior=(0.5, 0.25), reads=None",
    "theory='x', prior=(0.5, 0.25), reads='seat'",
    "theory='x', prior=(0.5, 0.25), reads=('nothing',)",
    "theory='x', prior=(0.5, 0.25), reads=(['seat'],)",
    "theory='x', prior=(0.5, 0.25), reads=('seat', 'gap', 'left', 'courted', 'credibility')",
    "theory='x', prior=(0.5, 0.25), where='active'",
    "theory='x', prior=(0.5, 0.25), reads=('seat',), where='guarantees'",
    "theory='x', prior=(0.5, 0.25), reads=('seat',), where='nowhere'",
    "theory='x', prior=(0.5, 0.25), reads=('seat',), where=3",
    "theory='x', prior=(0.5, 0.25), odd=1",
)
#: what a file may do besides
LAST = (
    "raise SystemExit(0)",
    "raise KeyboardInterrupt",
    "1 / 0",
    "nothing",
    "import nothing",
    "import os; os._exit(0)",
    "import sys; sys.exit('odd')",
    "import sys; sys.setrecursionlimit(50)",
    "import atexit; atexit.register(print, 'odd')",
    "from tashkent.agents.terms import TERMS; TERMS.clear()",
    "from tashkent.agents.terms import TERMS; TERMS['odd'] = None",
    "del fuzz_pride",
    "fuzz_pride = None",
    "term(theory='x', prior=(0.5, 0.25))(fuzz_pride)",
    "@term(theory='x', prior=(0.5, 0.25))\ndef other(situation):\n    return situation.seat * 0.0",
    "@term(theory='x', prior=(0.5, 0.25))\nclass Other:\n    pass",
    "x = [0] * 10**10",
    "x = (lambda f: f(f))(lambda f: f(f))",
)


def other_word(rng: random.Random, text: str) -> str:
    """A file of Python with another word in it."""
    words = ("0.5", "0.25", "situation.clubs.guarantees", "situation.autonomy", "np.ones_like")
    words += ("[..., None]", "1.0", "- 2", "*", "+", "term", '"seat"')
    word = rng.choice([w for w in words if w in text] or [""])
    return text.replace(word, rng.choice(WORDS), 1)


WORDS = (
    *("0", "-1.0", "1/0", "np.nan", "np.inf", '"a"', "None", "()", "[]", "nothing", "/", "@", "**"),
    *("situation.nothing", "situation.threat", "[:, 0]", "[0]", ".sum()", ".sum(axis=9)", ""),
    *("np.ones(3)", "np.zeros_like", "1e300", "1e6", "(lambda: 1)", "1j", "True", "np.sqrt"),
    *("np.log", "list", "== 0 and", "if situation.bond else 0 *", "SystemExit", "10**10**10"),
)


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


#: in what ways a mutant can be at fault
FAULTS = ("traceback", "unsound", "hang", "memory", "long line", "process lost")


@dataclass(frozen=True)
class Outcome:
    """What came of a mutant: accepted and sound, or refused in a line, if it is not at fault."""

    accepted: bool
    #: one of `FAULTS`, and what went wrong
    fault: str | None
    told: str
    seconds: float
    megabytes: int


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


def attempt(kind: Kind, name: str, content: bytes, place: Path) -> Outcome:
    """Use one mutant."""
    folder = place / "case"
    if kind.folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(kind.folder, folder)
        for other in kind.seeds if kind.together else ():
            (folder / other).write_text(kind.seeds[other], encoding="utf-8")
    path = (folder if kind.folder is not None else place) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    before, began, queued = memory(), time.monotonic(), waited()
    accepted, fault, told = False, None, ""
    try:
        with limited():
            kind.use(path)
        accepted = True
    except InputError as error:
        told = str(error)
        if len(told.splitlines()) != 1 or len(told) > LONGEST_LINE:
            fault = "long line"
        elif f"exit code {BROKE}" in told:
            fault = "traceback"
    except TooLongError as error:
        fault, told = "hang", f"over {SECONDS:g} seconds in {_where(error)}"
    except AssertionError as error:
        fault, told = "unsound", f"{_where(error)}: {str(error)[:100]}"
    except BaseException as error:  # whatever it is, it is what is looked for
        if isinstance(error, KeyboardInterrupt):
            raise
        fault, told = "traceback", f"{type(error).__name__} in {_where(error)}: {str(error)[:100]}"
    seconds = max(0.0, time.monotonic() - began - (waited() - queued))
    megabytes = max(0, memory(most=True) - before)
    if megabytes > MEGABYTES:
        fault, told = "memory", f"{megabytes // 100 * 100} MB more"
    elif fault is None and seconds > 2 * SECONDS:  # of the clock
        fault, told = "hang", f"over {2 * SECONDS:g} seconds of the clock"
    return Outcome(accepted and fault is None, fault, told if fault else "", seconds, megabytes)


def waited(process: int | str = "self") -> float:
    """Seconds that a process was ready to work and had no processor, as other work had it: no time of its own."""
    try:
        told = Path(f"/proc/{process}/schedstat").read_text(encoding="ascii")
    except OSError:  # it has ended
        return 0.0
    return int(told.split()[1]) / 1e9


def memory(*, most: bool = False) -> int:
    """Megabytes that the process has; or the most since this was last asked."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    if not most:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # begin to look anew
    line = next(x for x in told.splitlines() if x.startswith("VmHWM" if most else "VmRSS"))
    return int(line.split()[1]) // 1024


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        f
        for f in frames
        if "/site-packages/" not in f.filename and "tests/fuzzer" not in f.filename
    ]
    own = [f for f in own if "/lib/python" not in f.filename] or frames
    return f"{'/'.join(Path(own[-1].filename).parts[-2:])}:{own[-1].lineno}"
