"""What the model finds for a counterfactual: paired runs, made once for all who ask the same, as data for the page."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from tashkent.agents.situation import Floats
from tashkent.dashboard import question
from tashkent.dashboard.scene import record_of
from tashkent.dashboard.shared import Desk, RunsDone
from tashkent.dashboard.view import Guess, View
from tashkent.experiments.compare import compare, history_of
from tashkent.experiments.effect import Z
from tashkent.experiments.extrapolation import extrapolation
from tashkent.experiments.history import History
from tashkent.experiments.pair import LAW, Pair, reasons_of
from tashkent.experiments.predictions import StatedPrediction, direction_found, score
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.words import TERMS, shifted

#: comparisons that are kept for whoever asks the same, and worlds as they were of as many starts, up to so many runs
KEPT, KEPT_WORLDS, MOST_KEPT = 12, 3, 500
#: one at a time: the first is there sooner and the last no later, and all may use the same draws
TURN = threading.Lock()
FEWEST = 2
#: rows of a table, seats that are in or out otherwise, seats of another status, and reasons of a seat
MOST, MOST_SEATS, MOST_OTHER, MOST_REASONS = 5, 8, 3, 2
LAW_WORDS = "a rule, the council or an order, and no reason of its own"
ARROWS = {"up": "↑", "down": "↓", "none": "→"}


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
    if view.page != "whatif" or not view.guess:
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
    """The world as it was that a page of What if needs; none if it has too many runs to be kept."""
    runs = max(FEWEST, view.runs)
    if view.page != "whatif" or runs > MOST_KEPT:
        return None
    return BaselineKey(view.origin, runs, view.seed)


@cache
def _desk(case: Case) -> Desk[ComparisonKey, Pair]:
    return Desk(lambda key, progress: _compare(case, key, progress), KEPT)


@cache
def _worlds(case: Case) -> Desk[BaselineKey, History]:
    return Desk(lambda key, progress: _run(case, key, progress), KEPT_WORLDS)


def obtain(case: Case, key: ComparisonKey, progress: RunsDone) -> Pair:
    """The pair, made once for all who ask for the same; `progress` may raise `Stopped`."""
    return _desk(case).obtain(key, progress)


def prepare(case: Case, key: BaselineKey, progress: RunsDone) -> History:
    """The world as it was, made once for all questions that are asked of it; `progress` may raise `Stopped`."""
    return _worlds(case).obtain(key, progress)


def warm(case: Case, view: View) -> None:
    """What the first question of a view needs, before anybody asks it."""
    question.library(case)
    extrapolation(case, case, view.origin, view.origin)
    prepare(case, BaselineKey(view.origin, view.runs, view.seed), lambda _: None)


def _run(case: Case, key: BaselineKey, progress: RunsDone) -> History:
    with _turn(progress):
        return history_of(
            case,
            runs=key.runs,
            seed=key.seed,
            start=key.origin,
            progress=progress,
        )


def _compare(case: Case, key: ComparisonKey, progress: RunsDone) -> Pair:
    """What `tashkent compare` does, with all that the page will show of it."""
    counterfactual = question.counterfactual_of(case, key.counterfactual, key.own)
    assert counterfactual is not None
    history = None
    if key.runs <= MOST_KEPT:
        baseline = BaselineKey(key.origin, key.runs, key.seed)
        history = prepare(case, baseline, lambda _: progress(0))
    with _turn(progress):
        found = compare(
            case,
            counterfactual,
            runs=key.runs,
            seed=key.seed,
            start=month_label(key.origin),
            progress=lambda done, _: progress(done),
            history=history,
        )
        (pair,) = found.pairs
        for made in ("effect", "divergence", "attribution", "outcomes", "extrapolation"):
            getattr(pair, made)
    return pair


@contextmanager
def _turn(progress: RunsDone) -> Iterator[None]:
    """One at a time; who waits can be stopped."""
    while not TURN.acquire(timeout=0.1):
        progress(0)
    try:
        progress(0)
        yield
    finally:
        TURN.release()


# as the page takes it ------------------------------------------------------------------------------


def answer(case: Case, pair: Pair, view: View) -> dict[str, Any]:
    """What is found in the club that is looked at, and the predictions scored."""
    return {
        **found_in(case, pair, view.club),
        **scored(pair, view.club, view.by, view.guess),
    }


def found_in(case: Case, pair: Pair, club: str) -> dict[str, Any]:
    """Shares and changes month by month in one club, and where histories part and why."""
    c = tuple(case.clubs).index(club)
    rows = [case.state_ids.index(state) for state in case.deciders]
    found = pair.effect
    names = {s.state: s.name for s in case.states}

    def cells(values: Any) -> list[list[float | None]]:
        return _plain(np.asarray(values, float)[:, rows, c].T)

    record = record_of(case, club)
    return {
        "states": [{"state": s, "name": names[s]} for s in case.deciders],
        "start": pair.start,
        "differs_from": pair.differs_from,
        "runs": pair.runs,
        "per_draw": pair.per_draw,
        "seed": pair.seed,
        # as text: a list would be walked through, number by number, each time the page is rendered
        "series": json.dumps(
            {
                "baseline": cells(pair.p_in[0]),
                "changed": cells(pair.p_in[1]),
                "change": cells(found.change),
                "luck": cells(Z * found.se_simulation),
                "low": cells(found.posterior_low),
                "high": cells(found.posterior_high),
            }
        ),
        "record": [record[i][pair.start - case.start :] for i in rows],
        "course": course(pair),
        "divergence": _divergence(pair, names),
        "extrapolation": _extrapolation(pair, names),
        "implied": _implied(pair, names),
        "lesson": " ".join(pair.counterfactual.lesson.split()),
    }


def _plain(values: Floats) -> list[list[float | None]]:
    """Rows of numbers as JSON has them: what cannot be told is nothing."""
    return [[None if v != v else v for v in row] for row in np.round(values, 4).tolist()]


def directions(case: Case, pair: Pair, club: str) -> list[str]:
    """What is found of each state that decides, a letter a month from the start on: u(p), n(one) or d(own)."""
    c = tuple(case.clubs).index(club)
    rows = [case.state_ids.index(state) for state in case.deciders]
    months = range(len(pair.effect.change))
    return ["".join(direction_found(pair, (t, s, c))[0] for t in months) for s in rows]


def scored(pair: Pair, club: str, by: int, guess: tuple[Guess, ...]) -> dict[str, Any]:
    """Each prediction with what the model finds, and the mean score."""
    month = month_label(by)
    said = [
        StatedPrediction(state=s, direction=d, confidence=sure / 100, club=club, month=month)  # type: ignore[arg-type]
        for s, d, sure in guess
    ]
    table = score(said, pair)
    rows = {
        row.state: {
            "predicted": row.predicted,
            "confidence": round(100 * row.confidence),
            "found": row.found,
            "right": bool(row.right),
            "brier": float(row.brier),
        }
        for row in table.itertuples()
    }
    return {"scored": rows, "brier": float(table["brier"].mean())}


def course(pair: Pair) -> list[str]:
    """From when on the worlds differ, and how many runs take another course."""
    if pair.differs_from is None:
        return ["No input differs in these months: both worlds are one."]
    since = "the start" if pair.differs_from <= pair.start else month_label(pair.differs_from)
    begin = f"Both worlds begin from the record of {month_label(pair.start)}; inputs differ from {since} on."
    if not len(pair.divergence):
        return [begin, f"In none of {pair.runs:,} paired runs history takes another course."]
    return [
        begin,
        f"In {pair.share_changed:.0%} of {pair.runs:,} paired runs history takes another course; "
        f"half of these have parted by {pair.to_dict()['median_divergence']}.",
    ]


def _divergence(pair: Pair, names: dict[str, str]) -> list[dict[str, Any]]:
    """The seats that diverge most often, with the reasons of each; those that are in or out as before come last."""
    table = pair.divergence.sort_values("direction", key=lambda d: d == "none", kind="stable")
    moved, other = table[table["direction"] != "none"], table[table["direction"] == "none"]
    return [
        {
            "state": row.state,
            "club": row.club,
            "direction": row.direction,
            "month": row.month,
            "words": f"{names[row.state]} {_became(row)} ({row.club})",
            "share": float(row.share),
            "reasons": _reasons(pair, row.state, row.club, row.direction),
        }
        for row in pd.concat([moved.head(MOST_SEATS), other.head(MOST_OTHER)]).itertuples()
    ]


def _became(row: Any) -> str:
    """What became of a seat that diverges: in or out, or else the status that is most frequent."""
    words = {"up": ("in", "out"), "down": ("out", "in")}
    changed, baseline = words.get(row.direction, (_status(row.changed), _status(row.baseline)))
    return f"{changed} instead of {baseline}"


def _status(status: str) -> str:
    words = {
        "none": "out",
        "left": "out",
        "member": "in",
        "signatory": "a signatory",
        "observer": "an observer",
    }
    return words.get(status, status.replace("_", " "))


def _reasons(pair: Pair, state: str, club: str, direction: str) -> list[dict[str, Any]]:
    """What made the difference at one seat."""
    return [
        {
            "words": LAW_WORDS if row.term == LAW else shifted(row.term, row.difference),
            "law": row.term == LAW,
            "difference": float(row.difference),
            "share": float(row.share),
        }
        for row in reasons_of(pair.attribution, state, club, direction)
        .head(MOST_REASONS)
        .itertuples()
    ]


def _extrapolation(pair: Pair, names: dict[str, str]) -> list[str]:
    """Which terms leave the range on which the model was fitted."""
    told = [
        f"{TERMS.get(row.term, row.term)} for {names[row.state]} in {row.club}: {row.value:.2g} "
        f"({_months(row)}; fitted on {row.low:.2g} to {row.high:.2g})"
        for row in pair.extrapolation.head(MOST).itertuples()
    ]
    more = len(pair.extrapolation) - len(told)
    return [*told, f"and {more} more"] if more > 0 else told


def _months(row: Any) -> str:
    """The months of a row of `Pair.extrapolation`, whose column has a name that Python keeps for itself."""
    first, last = row[4], row.until
    return str(first) if first == last else f"{first} to {last}"


def _implied(pair: Pair, names: dict[str, str]) -> list[dict[str, Any]]:
    """What the sources of the question imply, beside what is found."""
    whose = {"seed": "the sources", "GK": "general knowledge", "both": "both"}
    why = {
        (o.state, o.club, o.month, o.status, o.whose): o.why for o in pair.counterfactual.outcomes
    }
    return [
        {
            "words": f"{names[row.state]}, {row.month}: {row.club}"
            + ("" if row.status == "in" else f", {row.status.replace('_', ' ')}"),
            "implied": ARROWS[row.implied],
            "whose": whose[row.whose],
            "found": ARROWS[row.found],
            "change": float(row.change),
            "why": why.get((row.state, row.club, row.month, row.status, row.whose), ""),
        }
        for row in pair.outcomes.itertuples()
    ]
