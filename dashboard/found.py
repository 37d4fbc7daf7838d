"""What is found for a question, as plain data for the page: in every club, and small enough to be kept and shipped."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from tashkent.agents.situation import Floats
from tashkent.dashboard.scene import record_of
from tashkent.dashboard.view import Guess
from tashkent.experiments.effect import Z, points_off
from tashkent.experiments.pair import LAW, WHOSE, Pair, reasons_of
from tashkent.experiments.predictions import brier, direction_found
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.words import TERMS, shifted

#: rows of a table, seats that are in or out otherwise, seats of another status, and reasons of a seat
MOST, MOST_SEATS, MOST_OTHER, MOST_REASONS = 5, 8, 3, 2
LAW_WORDS = "a rule, the council or an order, and no reason of its own"
ARROWS = {"up": "↑", "down": "↓", "none": "→"}
LETTERS = {"u": "up", "n": "none", "d": "down"}


@dataclass(frozen=True)
class Cell:
    """One state in one month: the direction that is found, the chance to be in in both worlds, the change, its luck."""

    found: str
    baseline: float
    changed: float
    change: float
    luck: float


@dataclass(frozen=True)
class Found:
    """What is found for a question, in every club of the case."""

    #: what the page is given, by club (`found_in`)
    clubs: Mapping[str, Mapping[str, Any]]
    #: what is found of each state that decides, a letter a month from the start on, by club (`directions`)
    letters: Mapping[str, tuple[str, ...]]

    @cached_property
    def _any(self) -> Mapping[str, Any]:
        return next(iter(self.clubs.values()))

    @property
    def start(self) -> int:
        """The month from whose record both worlds begin."""
        return int(self._any["start"])

    @property
    def runs(self) -> int:
        """Runs of each world."""
        return int(self._any["runs"])

    @property
    def course(self) -> list[str]:
        """From when on the worlds differ, and how many runs take another course."""
        return list(self._any["course"])

    @property
    def lesson(self) -> str:
        """What there is to learn from it; empty if its author says nothing."""
        return str(self._any["lesson"])

    @property
    def states(self) -> list[str]:
        """The states that decide."""
        return [row["state"] for row in self._any["states"]]

    @cached_property
    def size(self) -> int:
        """Bytes that it takes in memory, but for what is small."""
        return sum(len(club["series"]) for club in self.clubs.values())

    @property
    def off(self) -> int:
        """Points that any share of one world may be off, at most (`points_off`)."""
        return points_off(0.5, self.runs, int(self._any["per_draw"]))

    @property
    def untouched(self) -> bool:
        """No seat is found likelier or less likely in, in any club and month, and no run takes another course."""
        moved = any(set(row) - {"n"} for rows in self.letters.values() for row in rows)
        return not moved and not any(club["divergence"] for club in self.clubs.values())

    def direction(self, club: str, state: str, month: int) -> str:
        """Up, down or none: what is found of a state in a club and month."""
        row = self.letters[club][self.states.index(state)]
        return LETTERS[row[month - self.start]]

    def at(self, club: str, state: str, month: int) -> Cell:
        """What is found of a state in a club and month."""
        series, row = json.loads(self.clubs[club]["series"]), self.states.index(state)
        names = ("baseline", "changed", "change", "luck")
        values = (series[name][row][month - self.start] or 0.0 for name in names)
        return Cell(self.direction(club, state, month), *values)

    def scored(self, club: str, by: int, guess: tuple[Guess, ...]) -> dict[str, Any]:
        """Each prediction with what is found, and the mean score."""
        rows = {}
        for state, predicted, sure in guess:
            found = self.direction(club, state, by)
            right = found == predicted
            rows[state] = {
                "predicted": predicted,
                "confidence": sure,
                "found": found,
                "right": right,
                "brier": brier(sure / 100, right),
            }
        return {"scored": rows, "brier": float(np.mean([r["brier"] for r in rows.values()]))}


def found_of(case: Case, pair: Pair) -> Found:
    """What a pair of worlds shows."""
    return Found(
        {club: found_in(case, pair, club) for club in case.clubs},
        {club: tuple(directions(case, pair, club)) for club in case.clubs},
    )


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


def course(pair: Pair) -> list[str]:
    """From when on the worlds differ, and how many runs take another course."""
    if pair.differs_from is None:
        return ["The model is told the same in both worlds: nothing can differ in these months."]
    since = "the start" if pair.differs_from <= pair.start else month_label(pair.differs_from)
    begin = (
        f"Both worlds begin from the record of {month_label(pair.start)}; "
        f"what the model is told differs from {since} on."
    )
    if not len(pair.divergence):
        return [begin, f"In each of {pair.runs:,} pairs of runs both histories are the same."]
    return [
        begin,
        f"In {pair.share_changed:.0%} of {pair.runs:,} pairs of runs the two histories part; "
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


def _cannot(pair: Pair, outcome: int) -> str:
    """Why there is no change up to a month that is asked about, in words; empty if there is one in some run."""
    month, s, c = pair.cells[outcome]
    since = pair.differs_from
    if since is None or since > pair.baseline.start + month:
        when = "at all" if since is None else f"before {month_label(since)}"
        return f"It cannot be otherwise: the model is told the same {when}."
    until = pair.baseline.start + month - pair.start + 1
    before, after = (seen[:, outcome] for seen in pair.counts.seen)
    if pair.counts.discordant[:until, s, c].any() or (before != after).any():
        return ""
    return f"In none of {pair.runs:,} runs the seat is another by then."


def _implied(pair: Pair, names: dict[str, str]) -> list[dict[str, Any]]:
    """What the sources of the question imply, beside what is found."""
    why = {
        (o.state, o.club, o.month, o.status, o.whose): o.why for o in pair.counterfactual.outcomes
    }
    return [
        {
            "state": row.state,
            "month": row.month,
            "club": row.club,
            "words": f"{names[row.state]}, {row.month}: {row.club}"
            + ("" if row.status == "in" else f", {row.status.replace('_', ' ')}"),
            "implied": ARROWS[row.implied],
            "whose": WHOSE[row.whose],
            "found": ARROWS[row.found],
            "change": float(row.change),
            "cannot": _cannot(pair, row.Index),
            "why": why.get((row.state, row.club, row.month, row.status, row.whose), ""),
        }
        for row in pair.outcomes.itertuples()
    ]
