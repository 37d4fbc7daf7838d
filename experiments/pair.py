"""A pair: a counterfactual beside its baseline, with its tables of seats, divergence, attribution and outcomes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from tashkent.agents.situation import Floats
from tashkent.experiments.divergence import NEVER_DIVERGES, Ints
from tashkent.experiments.effect import Effect, Z, direction, effect
from tashkent.experiments.extrapolation import ALIKE, extrapolation
from tashkent.experiments.paired_runs import Counts
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case
from tashkent.model.counterfactual import Counterfactual, ExpectedOutcome
from tashkent.model.plain import notebook_html, plain_rows
from tashkent.model.statuses import Status, is_in

#: to what a change is attributed where no term differs
LAW = "law, council or order"
_SEAT = ["state", "club", "direction"]
STATUSES = {"in": None, **{status.name.lower(): status for status in Status}}
#: whose reasoning implies a direction, in words; a question says `seed` of the sources of its case
WHOSE = {"seed": "the sources", "GK": "general knowledge", "both": "both"}
OUTCOME_COLUMNS = [
    "state",
    "club",
    "month",
    "status",
    "implied",
    "whose",
    "baseline",
    "changed",
    "change",
    "simulation_low",
    "simulation_high",
    "posterior_low",
    "posterior_high",
    "low",
    "high",
    "found",
]


@dataclass(frozen=True, eq=False)
class Pair:
    """A counterfactual beside its baseline under one theory, from one start."""

    counterfactual: Counterfactual
    #: the name of what it is compared with, and of the theory
    against: str
    theory: str
    #: both worlds
    baseline: Case
    counterfactual_case: Case
    #: the month of the initial condition
    start: int
    runs: int
    per_draw: int
    seed: int
    counts: Counts
    #: what each outcome rests on (`experiments.labels`), a row each
    labels: pd.DataFrame | None = None

    def __repr__(self) -> str:
        """A line: what is compared with what, under which theory, from when."""
        worlds = f"{self.counterfactual.id} against {self.against}"
        since = month_label(self.start)
        return f"<Pair {worlds}, theory {self.theory}, from {since}: {self.runs:,} runs>"

    def _repr_html_(self) -> str:
        """What a notebook shows: what the counterfactual asks to look at."""
        return notebook_html(self, self.outcomes)

    @property
    def fitted(self) -> Case:
        """The case whose posterior the pair runs with."""
        return self.baseline.changed.of if self.baseline.changed else self.baseline

    @property
    def draws(self) -> int:
        """Draws of the parameters, each for `per_draw` runs."""
        return self.runs // self.per_draw

    @property
    def cells(self) -> list[tuple[int, int, int]]:
        """The seats of the outcomes; see `cells_of`."""
        return cells_of(self.counterfactual, self.baseline, self.start)

    @property
    def key(self) -> dict[str, str]:
        """What tells this pair from others of a comparison."""
        return {
            "counterfactual": self.counterfactual.id,
            "theory": self.theory,
            "start": month_label(self.start),
        }

    @property
    def differs_from(self) -> int | None:
        """The first month in which an input differs; None if none does."""
        first = self.counts.differs_from
        return self.baseline.start + first if first < len(self.baseline.months) else None

    @cached_property
    def p_in(self) -> tuple[Floats, Floats]:
        """P(in) of every seat and month in baseline and counterfactual, each of shape (T, S, C)."""
        return self.counts.baseline / self.runs, self.counts.counterfactual / self.runs

    @property
    def months(self) -> range:
        """The months of the tables."""
        return range(self.start, self.baseline.end + 1)

    @cached_property
    def extrapolation(self) -> pd.DataFrame:
        """Terms that leave the range of the fit; see `extrapolation`."""
        since = self.baseline.end + 1 if self.differs_from is None else self.differs_from
        return extrapolation(self.baseline, self.counterfactual_case, self.start, since)

    @cached_property
    def effect(self) -> Effect:
        """The effect on every seat and month, on axes (month, state, club)."""
        return effect(self.counts.by_draw, self.counts.discordant, self.per_draw)

    def seats(self, months: Sequence[int] | None = None) -> pd.DataFrame:
        """P(in) of every seat in both worlds, in all months or some, with the change and its intervals."""
        case, months = self.baseline, list(self.months if months is None else months)
        at = [month - self.start for month in months]
        size = (len(at), len(case.state_ids), len(case.clubs))
        t, s, c = (axis.ravel() for axis in np.indices(size))
        found, counts = self.effect, self.counts

        def cells(values: Any) -> Any:
            return np.asarray(values)[at].ravel()

        gained = (counts.discordant + counts.counterfactual - counts.baseline) // 2
        table = pd.DataFrame(
            {
                "club": np.array(tuple(case.clubs))[c],
                "state": np.array(case.state_ids)[s],
                "month": np.array([month_label(m) for m in months])[t],
                "baseline": cells(self.p_in[0]),
                "changed": cells(self.p_in[1]),
                "change": cells(found.change),
                "simulation_low": cells(found.change - Z * found.se_simulation),
                "simulation_high": cells(found.change + Z * found.se_simulation),
                "posterior_low": cells(found.posterior_low),
                "posterior_high": cells(found.posterior_high),
                "se": cells(found.se),
                "gained": cells(gained),
                "lost": cells(counts.discordant - gained),
            }
        )
        return table.sort_values(["club", "state", "month"], ignore_index=True)

    @cached_property
    def first_divergence(self) -> Ints:
        """The month since the case's start in which each run takes another course, or NEVER_DIVERGES; shape (R,)."""
        return self.counts.divergence.first(self.runs)

    @cached_property
    def share_changed(self) -> float:
        """The share of runs that take another course at all."""
        return float((self.first_divergence != NEVER_DIVERGES).mean())

    @cached_property
    def _partings(self) -> pd.DataFrame:
        """A row each seat that diverges in a run, with the direction of its change."""
        diverged, case = self.counts.divergence, self.baseline
        change = is_in(diverged.after).astype(int) - is_in(diverged.before)
        return pd.DataFrame(
            {
                "state": np.array(case.state_ids)[diverged.state],
                "club": np.array(tuple(case.clubs))[diverged.club],
                "direction": np.array(["none", "up", "down"])[change],
                "month": diverged.month,
                "baseline": diverged.before,
                "changed": diverged.after,
            }
        )

    @cached_property
    def divergence(self) -> pd.DataFrame:
        """Every seat that diverges, by direction, with the share of all runs; the most frequent first.

        `direction` says what becomes of the seat: up if the state is in only in the counterfactual, down if only in the
        baseline, none if it is in or out in both under another status. `baseline` and `changed` are the two statuses
        that are most frequent, `month` is when half of these seats have diverged. A run may count in several rows.
        """
        rows = []
        for key, group in self._partings.groupby(_SEAT, sort=True):
            (before, after), _ = Counter(
                zip(group["baseline"], group["changed"], strict=True)
            ).most_common(1)[0]
            half = int(np.sort(group["month"].to_numpy())[(len(group) - 1) // 2])
            statuses = (status_name(before), status_name(after))
            rows.append(
                (*key, month_label(self.baseline.start + half), *statuses, len(group) / self.runs)
            )
        table = pd.DataFrame(rows, columns=[*_SEAT, "month", "baseline", "changed", "share"])
        return table.sort_values(
            ["share", *_SEAT], ascending=[False, True, True, True], ignore_index=True
        )

    @cached_property
    def divergence_months(self) -> pd.DataFrame:
        """Share of all runs whose histories diverge in each month."""
        months = self.first_divergence
        found, number = np.unique(months[months != NEVER_DIVERGES], return_counts=True)
        return pd.DataFrame(
            {
                "month": [month_label(self.baseline.start + t) for t in found],
                "share": number / self.runs,
            }
        )

    @cached_property
    def attribution(self) -> pd.DataFrame:
        """What the change is attributed to: for each row of `divergence`, the mean difference of each term there.

        In log-odds of the seat where it diverges, counterfactual less baseline. `share` is that of these seats at which
        the term differed most. The row ``law, council or order`` is the share in which no term differs: a rule, an
        answer or an order made the difference. Rows are in the order of `divergence`, the largest share of each first.
        """
        names = np.array([*compile_case(self.baseline).theory, LAW])
        terms = self.counts.divergence.terms
        moved = np.abs(terms).max(axis=1, initial=0.0) > ALIKE
        most = np.full(len(terms), len(names) - 1)
        if terms.size:
            most = np.where(moved, np.abs(terms).argmax(axis=1), most)
        at = self._partings.groupby(_SEAT).indices
        found = []
        for key in self.divergence[_SEAT].itertuples(index=False, name=None):
            rows = at[key]
            mean = np.append(terms[rows].mean(axis=0), 0.0)
            share = np.bincount(most[rows], minlength=len(names)) / len(rows)
            told = np.flatnonzero((mean != 0) | (share > 0))
            told = told[np.argsort(-share[told], kind="stable")]
            found += [(*key, names[i], float(mean[i]), float(share[i])) for i in told]
        return pd.DataFrame(found, columns=[*_SEAT, "term", "difference", "share"])

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """What is asked, with the direction that is implied and the one that is found; labels, if there are."""
        rows = []
        for i, outcome in enumerate(looked_at(self.counterfactual, self.baseline, self.start)):
            old, new = (_has(seen[:, i], outcome.status) for seen in self.counts.seen)
            difference = new.astype(int) - old
            by_draw = difference.reshape(-1, self.per_draw).sum(axis=1)
            found = effect(by_draw, np.array(np.abs(difference).sum()), self.per_draw)
            low, high = float(found.low), float(found.high)
            rows.append(
                {
                    "state": outcome.state,
                    "club": outcome.club,
                    "month": outcome.month,
                    "status": outcome.status,
                    "implied": outcome.direction,
                    "whose": outcome.whose,
                    "baseline": float(old.mean()),
                    "changed": float(new.mean()),
                    "change": float(found.change),
                    "simulation_low": float(found.change - Z * found.se_simulation),
                    "simulation_high": float(found.change + Z * found.se_simulation),
                    "posterior_low": float(found.posterior_low),
                    "posterior_high": float(found.posterior_high),
                    "low": low,
                    "high": high,
                    "found": direction(low, high),
                }
            )
        table = pd.DataFrame(rows, columns=OUTCOME_COLUMNS)
        return table if self.labels is None else pd.concat([table, self.labels], axis=1)

    def to_dict(self) -> dict[str, object]:
        """Everything but the full table of seats, as JSON has it; NaN is None."""
        shown = [m for m in self.baseline.shown if m > self.start]
        seats = self.seats(shown)
        seats = seats[seats["club"] == self.baseline.focus]
        months = self.divergence_months
        return {
            **self.key,
            "title": self.counterfactual.title,
            "question": self.counterfactual.question,
            "against": self.against,
            "case_hash": self.counterfactual_case.hash,
            "differs_from": None if self.differs_from is None else month_label(self.differs_from),
            "share_changed": self.share_changed,
            "median_divergence": _median_month(months),
            "outcomes": plain_rows(self.outcomes),
            "seats": plain_rows(seats),
            "divergence": plain_rows(self.divergence.head(10)),
            "attribution": plain_rows(self.attribution),
            "extrapolation": plain_rows(self.extrapolation),
        }


def looked_at(counterfactual: Counterfactual, base: Case, start: int) -> list[ExpectedOutcome]:
    """What a counterfactual asks to look at after a start, in clubs that the baseline has."""
    return [
        outcome
        for outcome in counterfactual.outcomes
        if outcome.club in base.clubs and base.month(outcome.month, "month") > start
    ]


def cells_of(counterfactual: Counterfactual, base: Case, start: int) -> list[tuple[int, int, int]]:
    """The seats that a counterfactual asks to look at: (months since the case's start, state, club)."""
    return [
        (
            base.month(outcome.month, "month") - base.start,
            base.state_ids.index(outcome.state),
            tuple(base.clubs).index(outcome.club),
        )
        for outcome in looked_at(counterfactual, base, start)
    ]


def _has(statuses: Any, wanted: str) -> Any:
    status = STATUSES[wanted]
    return is_in(statuses) if status is None else statuses == status


def status_name(value: int) -> str:
    """A status as the record writes it."""
    return Status(value).name.lower()


def _median_month(months: pd.DataFrame) -> str | None:
    if not len(months):
        return None
    half = months["share"].cumsum() >= months["share"].sum() / 2
    return str(months["month"][int(np.argmax(half))])


def attributed(term: str, difference: float, share: float) -> str:
    """A term to which a change is attributed: its mean difference, and the share of seats at which it was most."""
    by = "" if term == LAW else f" {difference:+.2f}"
    return f"{term}{by} ({share:.0%})"


def reasons_of(attribution: pd.DataFrame, state: str, club: str, direction: str) -> pd.DataFrame:
    """The rows of `Pair.attribution` that belong to one of `Pair.divergence`; those that were most somewhere."""
    there = (attribution[_SEAT] == [state, club, direction]).all(axis=1)
    return attribution[there & (attribution["share"] > 0)]
