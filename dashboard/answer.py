"""What the model finds for a counterfactual: shipped, or else paired runs, made once for all who ask the same."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from tashkent.dashboard import question, ready
from tashkent.dashboard.found import Found, found_of
from tashkent.dashboard.shared import Desk, RunsDone, Turns
from tashkent.dashboard.view import View
from tashkent.experiments.compare import compare, history_of
from tashkent.experiments.history import History
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.memory import give_back

#: bytes of answers and of worlds as they were that are kept for whoever asks next
ANSWERS_KEPT, WORLDS_KEPT = 30 * 2**20, 200 * 2**20
#: most runs of a world that is kept, and runs of the answer that is there first
MOST_KEPT, FIRST = 500, 60
#: what is computed at once: a thread leaves a second core idle half of the time, and a third would have none
TURNS = Turns(min(2, os.cpu_count() or 1))
FEWEST = 2


@dataclass(frozen=True)
class ComparisonKey:
    """What fixes a comparison."""

    counterfactual: str
    own: str
    origin: int
    runs: int
    seed: int


def comparison_of(case: Case, view: View) -> ComparisonKey | None:
    """The comparison that a view needs: none before something is predicted."""
    return comparison_ahead(case, view) if view.guess else None


def comparison_ahead(case: Case, view: View) -> ComparisonKey | None:
    """The comparison that a view needs once something is predicted."""
    if view.page != "whatif":
        return None
    if question.counterfactual_of(case, view.counterfactual, view.own) is None:
        return None
    own = view.own if view.counterfactual == question.OWN else ""
    return ComparisonKey(view.counterfactual, own, view.origin, max(FEWEST, view.runs), view.seed)


@dataclass(frozen=True)
class BaselineKey:
    """What fixes the world as it was, whatever is asked of it."""

    origin: int
    runs: int
    seed: int


def baseline_of(view: View) -> BaselineKey | None:
    """The world as it was that a page of What if needs: none if it has too many runs to be kept."""
    runs = max(FEWEST, view.runs)
    if view.page != "whatif" or runs > MOST_KEPT:
        return None
    return BaselineKey(view.origin, runs, view.seed)


@cache
def _desk(case: Case) -> Desk[ComparisonKey, Found]:
    return Desk(lambda key, progress: _compare(case, key, progress), ANSWERS_KEPT, lambda f: f.size)


@cache
def _worlds(case: Case) -> Desk[BaselineKey, History]:
    return Desk(lambda key, progress: _run(case, key, progress), WORLDS_KEPT, lambda w: w.nbytes)


def is_ready(case: Case, key: ComparisonKey) -> bool:
    """Whether the answer is shipped with the case and has to be read only."""
    return ready.has(case, key.counterfactual, key.origin, key.runs, key.seed)


def first_of(key: ComparisonKey) -> ComparisonKey | None:
    """The same with fewer runs, which are there sooner; none if they are few."""
    return replace(key, runs=FIRST) if key.runs >= 2 * FIRST else None


def obtain(case: Case, key: ComparisonKey, progress: RunsDone) -> Found:
    """What is found, made once for all who ask for the same; `progress` may raise `Stopped`."""
    return _desk(case).obtain(key, progress)


def prepare(case: Case, key: BaselineKey, progress: RunsDone) -> History:
    """The world as it was, made once for all questions that are asked of it; `progress` may raise `Stopped`."""
    return _worlds(case).obtain(key, progress)


def warm(case: Case, view: View) -> None:
    """What the first question of a view needs, before anybody asks it."""
    key = ComparisonKey(view.counterfactual, "", view.origin, view.runs, view.seed)
    if not is_ready(case, key):
        prepare(case, BaselineKey(view.origin, view.runs, view.seed), lambda _: None)


def told_of(done: int, runs: int, early: Found | None) -> str:
    """How far a comparison is, in words; `done` as `RunsDone` tells it, `early` what is there of fewer runs."""
    if done < 0:
        words = "next in the queue" if done == -1 else f"{-done} questions come first"
        words = f"waiting: {words}"
    else:
        words = f"{done:,} of {runs:,} paired runs" if done else "begins"
    return (
        f"A first answer, of {early.runs:,} runs; {words}"
        if early
        else words[:1].upper() + words[1:]
    )


def _rank(runs: int, *, world: bool) -> int:
    """What is there first comes before what refines it, and a comparison before the next world as it was.

    Else all who wait would have theirs before the first of them is compared with anything, and be held at once.
    """
    return 2 * int(runs > FIRST) + int(world)


@contextmanager
def _turn(rank: int, progress: RunsDone) -> Iterator[None]:
    """A place for heavy work; what it has freed is given back at its end."""
    with TURNS.turn(rank, progress):
        try:
            yield
        finally:
            give_back()


def _run(case: Case, key: BaselineKey, progress: RunsDone) -> History:
    with _turn(_rank(key.runs, world=True), progress):
        return history_of(
            case,
            runs=key.runs,
            seed=key.seed,
            start=key.origin,
            progress=progress,
        )


def _compare(case: Case, key: ComparisonKey, progress: RunsDone) -> Found:
    """What `tashkent compare` does, with all that the page will show of it."""
    if is_ready(case, key):
        return ready.read(case, key.counterfactual)
    counterfactual = question.counterfactual_of(case, key.counterfactual, key.own)
    assert counterfactual is not None
    history = None
    if key.runs <= MOST_KEPT:
        baseline = BaselineKey(key.origin, key.runs, key.seed)
        history = prepare(case, baseline, lambda done: progress(min(0, done)))
    with _turn(_rank(key.runs, world=False), progress):
        found = compare(
            case,
            counterfactual,
            runs=key.runs,
            seed=key.seed,
            start=month_label(key.origin),
            progress=lambda done, _: progress(done),
            history=history,
        )
        return found_of(case, found.pairs[0])


def answer(case: Case, found: Found, view: View) -> dict[str, Any]:
    """What is found in the club that is looked at, and the predictions scored."""
    return {**found.clubs[view.club], **found.scored(view.club, view.by, view.guess)}


def for_the_sheet(given: dict[str, Any], by: int) -> dict[str, Any]:
    """Of an answer what the sheet says: that of one month, as if it were the only one."""
    series = json.loads(given["series"])
    of_month = {
        name: [[row[by - given["start"]]] for row in series[name]] for name in ("change", "luck")
    }
    words = ("scored", "brier", "course", "divergence", "extrapolation")
    return {**{name: given[name] for name in words}, "start": by, "series": json.dumps(of_month)}
