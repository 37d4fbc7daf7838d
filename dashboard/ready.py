"""Answers that come with a case: to its listed questions, from their usual start at the default seed.

`python -m publish.answers` makes the file beside the case. It holds for the case, the posterior and the questions that
it was made of, and for code that finds the same: a few runs of one question are computed again, once in the life of a
server, and if they come out otherwise no answer of the file is used and all are computed.
"""

import hashlib
import json
import logging
import threading
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from tashkent.calibration.posterior import posterior, posterior_hash
from tashkent.dashboard import question
from tashkent.dashboard.found import Found, found_of
from tashkent.dashboard.view import RUNS
from tashkent.experiments.compare import compare, history_of
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.counterfactual import Counterfactual
from tashkent.model.storage import write_with

FILE = "answers.zip"
INDEX = "index.json"
#: seed of the answers, and runs of the question that is asked again
SEED, PROBED = 0, 20
#: a fixed time in the archive: the same answers are the same bytes
EPOCH = (1980, 1, 1, 0, 0, 0)
UNUSED = "%s is not used, and questions take longer: %s"
_LOG = logging.getLogger("uvicorn.error")
_lock = threading.Lock()


def has(case: Case, name: str, origin: int, runs: int, seed: int) -> bool:
    """Whether the answer to a question of a case is there, from a start, of so many runs, at a seed.

    The first time that one is found this takes as long as the few runs that check the file.
    """
    told, asked = _told(case), question.library(case).get(name)
    return (
        bool(told)
        and asked is not None
        and (runs, seed) == (told["runs"], told["seed"])
        and origin == question.usual_origin(case, asked)
        and told["questions"].get(name) == _text_hash(asked)
        and holds(case)
    )


def read(case: Case, name: str) -> Found:
    """The answer to a question, which is there."""
    with zipfile.ZipFile(case.path / FILE) as archive:
        held = json.loads(archive.read(f"{name}.json"))
    return Found(held["clubs"], {club: tuple(rows) for club, rows in held["letters"].items()})


def holds(case: Case) -> bool:
    """Whether this code finds what is in the file, by a few runs of one question; computed once."""
    with _lock:
        return _holds(case)


def _told(case: Case) -> Mapping[str, Any]:
    with _lock:
        return _index(case)


@cache
def _index(case: Case) -> Mapping[str, Any]:
    """What the file beside a case says of itself; nothing if there is none, or none of this case and posterior."""
    path = case.path / FILE
    if not path.exists():
        return {}
    try:
        with zipfile.ZipFile(path) as archive:
            told: dict[str, Any] = json.loads(archive.read(INDEX))
        if told["case"] == case.hash and told["posterior"] == posterior_hash(posterior(case)):
            return told
        why = "it is of another case or posterior"
    except (OSError, zipfile.BadZipFile, ValueError, LookupError, TypeError) as error:
        why = f"it cannot be read: {error}"
    _LOG.warning(UNUSED, path, why)
    return {}


@cache
def _holds(case: Case) -> bool:
    told = _index(case)
    if not told:
        return False
    if told["probe"] == probe(case):
        return True
    _LOG.warning(UNUSED, case.path / FILE, "this code finds others")
    return False


def probe(case: Case) -> str:
    """A digest of what is found for the first question in a few runs: other code that finds the same has the same."""
    first = next(iter(question.library(case).values()))
    start = month_label(question.usual_origin(case, first))
    found = compare(case, first, runs=PROBED, seed=SEED, start=start)
    return hashlib.sha256(_written(found_of(case, found.pairs[0]))).hexdigest()


def make(case: Case, runs: int = RUNS) -> Iterator[str]:
    """Answer all questions of a case and write them beside it; the name of each, once it is answered."""
    library = question.library(case)
    if not library:
        return
    files: dict[str, bytes] = {}
    starts = {name: question.usual_origin(case, one) for name, one in library.items()}
    for start in sorted(set(starts.values())):
        history = history_of(case, runs=runs, seed=SEED, start=start)
        for name in (name for name, its in starts.items() if its == start):
            found = compare(
                case, library[name], runs=runs, seed=SEED, start=month_label(start), history=history
            )
            files[f"{name}.json"] = _written(found_of(case, found.pairs[0]))
            yield name
    told = {
        "case": case.hash,
        "posterior": posterior_hash(posterior(case)),
        "probe": probe(case),
        "runs": runs,
        "seed": SEED,
        "questions": {name: _text_hash(one) for name, one in library.items()},
    }
    _write(case.path / FILE, {INDEX: json.dumps(told, indent=1).encode(), **files})


def _write(path: Path, files: Mapping[str, bytes]) -> None:
    def pack(made: Path) -> None:
        with zipfile.ZipFile(made, "w") as archive:
            for name, content in files.items():
                entry = zipfile.ZipInfo(name, EPOCH)
                entry.create_system = 3  # as on Unix, whatever the system is: bytes would differ
                archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)

    write_with(path, pack)


def _written(found: Found) -> bytes:
    return json.dumps(asdict(found), ensure_ascii=False, separators=(",", ":")).encode()


def _text_hash(asked: Counterfactual) -> str:
    return hashlib.sha256(question.written(asked).encode()).hexdigest()[:16]
