"""Runs for the pages: computed in blocks that can be stopped, and the usual ones once for all visitors."""

import os
import threading
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import pandas as pd

from tashkent.agents.situation import Floats
from tashkent.calibration.baselines import BASELINES, p_in
from tashkent.calibration.forecasters import FRICTIONS, NOBODY
from tashkent.calibration.frictions import p_in_by_frictions
from tashkent.calibration.posterior import posterior
from tashkent.calibration.scores import brier
from tashkent.dashboard import answer
from tashkent.dashboard.shared import Desk, RunsDone, Work
from tashkent.dashboard.view import View, default
from tashkent.model.case import Case, load_case
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case
from tashkent.model.record import Ensemble
from tashkent.model.simulate import simulate
from tashkent.model.theory import only_terms

#: runs that advance together: small, so that a stop is heard soon and progress is seen
BLOCK = 75
#: ensembles under a theory that are kept
KEPT = 2
#: names the case to show, by name or folder
CASE_VARIABLE = "TASHKENT_CASE"


@dataclass(frozen=True)
class Wish:
    """What fixes an ensemble."""

    start: int
    runs: int
    seed: int
    first_run: int = 0
    #: weights that are held at a value in every run
    held: tuple[tuple[str, float], ...] = ()
    #: the theory whose terms alone count; all of them if empty
    theory: str = ""


def wish_of(view: View) -> Wish | None:
    """The runs that a view needs; none for the record."""
    if view.show == "record":
        return None
    if view.show == "run":
        return Wish(view.start, 1, view.seed, view.run, view.weights, view.theory)
    return Wish(view.start, view.runs, view.seed, held=view.weights, theory=view.theory)


@lru_cache(maxsize=16)
def under(case: Case, theory: str) -> Case:
    """The case under one of its theories, or as it is."""
    return only_terms(case, [theory]) if theory else case


@cache
def the_case() -> Case:
    """The case that this server shows; visitors share it, and it is frozen."""
    return load_case(os.environ.get(CASE_VARIABLE, "cst"))


def compute(case: Case, wish: Wish, progress: RunsDone) -> Ensemble:
    """The runs of a wish, read-only; `progress` gets the number done after each block and may raise `Stopped`."""
    progress(0)
    case = under(case, wish.theory)
    draws = posterior(case).draws(runs=wish.runs, seed=wish.seed, first_run=wish.first_run)
    draws = draws.with_values(dict(wish.held))
    found = simulate(
        case,
        draws,
        seed=wish.seed,
        start=wish.start,
        first_run=wish.first_run,
        block=BLOCK,
        progress=progress,
    )
    found.status.flags.writeable = False
    return found


class Baseline(Work[Ensemble]):
    """The runs that everybody sees first, computed once in the background and shared read-only."""

    def __init__(self, case: Case) -> None:
        first = wish_of(default(case))
        assert first is not None
        self.case, self.wish = case, first
        super().__init__("baseline", self._compute)

    def _compute(self, progress: RunsDone) -> Ensemble:
        compile_case(self.case)
        return compute(self.case, self.wish, progress)


_lock = threading.Lock()


@cache
def _baseline(case: Case) -> Baseline:
    return Baseline(case)


def baseline(case: Case) -> Baseline:
    """The one baseline of a case."""
    with _lock:
        return _baseline(case)


def warm() -> None:
    """Begin before anybody asks: the usual runs, and then what a first question needs."""
    case = the_case()
    usual = baseline(case)

    def next_of_all() -> None:
        usual.get(lambda _: None)
        answer.warm(case, default(case))

    threading.Thread(target=next_of_all, name="first question", daemon=True).start()


def obtain(case: Case, wish: Wish, progress: RunsDone) -> Ensemble:
    """The runs of a wish: shared if they are the usual ones or those under a theory, the visitor's own otherwise."""
    shared = baseline(case)
    if wish == shared.wish:
        return shared.get(progress)
    if wish.theory:
        return _under_theories(case).obtain(wish, progress)
    return compute(case, wish, progress)


@cache
def _under_theories(case: Case) -> Desk[Wish, Ensemble]:
    """Runs under a theory, once for all who choose the same: each needs a fit of its own first."""
    return Desk(lambda wish, progress: compute(case, wish, progress), KEPT)


def scores(ensemble: Ensemble, club: str) -> pd.DataFrame:
    """Brier scores of P(in) in a club, of the model and of what knows no mechanism; 0 is perfect.

    Columns: who, then one a stretch of months: those that both have been fitted to, and those after.
    """
    case = ensemble.case
    spans = {
        "fitted": (max(ensemble.start + 1, case.score_from), case.fit_until),
        "later": (max(ensemble.start, case.fit_until) + 1, case.end),
    }
    rivals = {"the model": ensemble.p_in, **_rivals(case, ensemble.start)}
    rows = []
    for who, p in rivals.items():
        row: dict[str, object] = {"who": who}
        for name, (low, high) in spans.items():
            if low <= high:
                years = f"{month_label(low)[:4]}–{month_label(high)[:4]}"
                row[f"{years}, {name}"] = brier(case, p, ensemble.start, club, low, high)
        rows.append(row)
    return pd.DataFrame(rows)


def score_rows(ensemble: Ensemble, club: str) -> dict[str, Any]:
    """The table of `scores` as the page takes it."""
    table = scores(ensemble, club)
    columns = [name for name in table.columns if name != "who"]
    rows = [{"who": row["who"], "values": [row[c] for c in columns]} for _, row in table.iterrows()]
    return {"columns": columns, "rows": rows}


@lru_cache(maxsize=32)
def _rivals(case: Case, start: int) -> dict[str, Floats]:
    return {
        FRICTIONS: p_in_by_frictions(case, seed=0, start=start),
        NOBODY: p_in(case, None, start),
        **{name: p_in(case, cells, start) for name, cells in BASELINES.items()},
    }
