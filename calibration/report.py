"""What `tashkent run` finds out, as data: the ensemble beside the record and beside the baselines."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from tashkent.calibration.baselines import BASELINES, p_in
from tashkent.calibration.forecasters import FRICTIONS, MODEL, NOBODY
from tashkent.calibration.frictions import p_in_by_frictions
from tashkent.calibration.holdout import leave_one_state_out
from tashkent.calibration.posterior import Posterior, posterior
from tashkent.calibration.riskset import RiskSet, risk_set
from tashkent.calibration.scores import Split, brier, eve_of, renewal_month, split_at_renewal
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.plain import plain_rows
from tashkent.model.record import Ensemble
from tashkent.model.simulate import bytes_of, check_memory, simulate
from tashkent.model.statuses import Act
from tashkent.model.workers import StageProgress

#: acts of states and councils that the record does not score
UNSCORED_ACTS = tuple(
    act.name.lower()
    for act in (
        Act.FREEZE,
        Act.RESUME,
        Act.OBSERVE,
        Act.CEASE_OBSERVING,
        Act.RESCIND,
        Act.LIFT,
        Act.END_OBSERVER,
        Act.SANCTION,
        Act.EXPEL,
        Act.LOSE_RIGHTS,
        Act.HELP,
        Act.REFUSE_HELP,
        Act.HOST_BASE,
        Act.REFUSE_BASE,
        Act.REFUSE_ACCESSION,
        Act.REFUSE_SUSPENSION,
    )
)
#: scores by their names; of the first more is better, of the second less
LOG_SCORE, BRIER = "log score", "Brier"
#: what stands in place of a club where all are taken together
ALL_CLUBS = "all clubs"
_SCORE_COLUMNS = ["club", "who", "score", "span", "months", "value"]


@dataclass(frozen=True)
class Report:
    """The results of one `tashkent run`."""

    ensemble: Ensemble
    posterior: Posterior
    #: P(in) of the focal club by state at some dates, beside the record
    seats: pd.DataFrame
    #: the renewal, restarted from the record of the year before; None if it lies before the start
    split: Split | None
    #: scores of every club for model and baselines: club, who, score, span, months, value, best (see `_scores`);
    #: None if they were not asked for
    scores: pd.DataFrame | None
    #: acts of the focal club that follow priors alone
    unscored: pd.DataFrame

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        case = self.ensemble.case
        split = None
        if self.split is not None:
            split = {**asdict(self.split), "month": month_label(self.split.month)}
        return {
            "case": case.id,
            "case_hash": case.hash,
            "club": case.focus,
            "runs": self.ensemble.runs,
            "seed": self.ensemble.seed,
            "from": month_label(self.ensemble.start),
            "p_in": self.seats.to_dict(orient="records"),
            "renewal": split,
            "scores": None if self.scores is None else self.scores.to_dict(orient="records"),
            "posterior": self.posterior.origin,
            "parameters": plain_rows(self.parameters),
            "unscored": self.unscored.to_dict(orient="records"),
        }

    @cached_property
    def _focal_rows(self) -> RiskSet:
        case = self.ensemble.case
        rows = risk_set(case)
        seen = rows.month <= case.fit_until - case.start
        return rows.where(seen & (rows.club == tuple(case.clubs).index(case.focus)))

    @property
    def acts(self) -> int:
        """Moves of states in the focal club that the fit has seen: joining and leaving."""
        return int(self._focal_rows.moved.sum())

    @property
    def actors(self) -> int:
        """States that made them."""
        rows = self._focal_rows
        return len(set(rows.state[rows.moved]))

    @property
    def parameters(self) -> pd.DataFrame:
        """Prior beside posterior (`calibration.posterior.Posterior.table`)."""
        return self.posterior.table()


def make_report(
    case: Case,
    *,
    runs: int,
    seed: int,
    start: int | None = None,
    scored: bool = True,
    progress: StageProgress | None = None,
) -> Report:
    """Fit, simulate, hold out and score; `progress` gets a stage, how much of it is done, and of how much.

    What is held out and scored takes longer than a hundred runs; with `scored` false it is left away.

    Raises
    ------
    InputError
        If there is not the memory for so many runs.
    """
    check_memory(bytes_of(case, runs, start), runs)

    def say(stage: str, done: int, of: int) -> None:
        if progress is not None:
            progress(stage, done, of)

    say("fit", 0, 1)
    fitted = posterior(case)
    say("fit", 1, 1)
    draws = fitted.draws(runs=runs, seed=seed)
    ensemble = simulate(
        case, draws, seed=seed, start=start, progress=lambda n: say("simulate", n, runs)
    )
    split, month = None, renewal_month(case)
    if month is not None and eve_of(month) >= ensemble.start:
        from_record = simulate(
            case,
            draws,
            seed=seed,
            start=eve_of(month),
            end=month,
            progress=lambda n: say("renewal", n, runs),
        )
        split = split_at_renewal(from_record, month)
    states = len(case.deciders)
    held = 0

    def one_more(_: str) -> None:
        nonlocal held
        held += 1
        say("hold out", held, states)

    return Report(
        ensemble=ensemble,
        posterior=fitted,
        seats=_seats(ensemble),
        split=split,
        scores=_scores(ensemble, leave_one_state_out(case, seed=seed, progress=one_more))
        if scored
        else None,
        unscored=_unscored(ensemble),
    )


def _unscored(ensemble: Ensemble) -> pd.DataFrame:
    """Acts in the focal club that no fit has seen, by their number in a hundred runs; they follow priors alone."""
    acts = ensemble.acts()
    counts = acts.loc[acts["club"] == ensemble.case.focus, "act"].value_counts()
    return pd.DataFrame(
        {
            "act": list(UNSCORED_ACTS),
            "per_100_runs": [100 * int(counts.get(a, 0)) / ensemble.runs for a in UNSCORED_ACTS],
        }
    )


def _seats(ensemble: Ensemble) -> pd.DataFrame:
    case = ensemble.case
    shown = [month_label(m) for m in case.shown if m in ensemble.months]
    table = ensemble.seat_table()
    table = table[(table["club"] == case.focus) & table["month"].isin(shown)]
    return table[table["state"].isin(case.deciders)].reset_index(drop=True)


def _scores(ensemble: Ensemble, held_out: pd.DataFrame) -> pd.DataFrame:
    """Scores of each club for model and baselines, and the held-out log score of all clubs together.

    One row a club, contender, score and span of months. `months` says what the fit has seen of them, and `best` is 1
    for the best of a club, score and span: the model where no baseline does better.
    """
    names = [*ensemble.case.clubs, ALL_CLUBS, MODEL, FRICTIONS, NOBODY, *BASELINES]
    table = pd.concat([_log_scores(held_out, ensemble.case), _brier(ensemble)])
    table = table.sort_values(
        ["club", "who"], key=lambda c: c.map(names.index), kind="stable", ignore_index=True
    )
    loss = table["value"].where(table["score"] == BRIER, -table["value"])
    best = loss.groupby([table[key] for key in ("club", "score", "span")]).idxmin()
    return table.assign(best=table.index.isin(best).astype(int))


def _log_scores(held_out: pd.DataFrame, case: Case) -> pd.DataFrame:
    span = f"{month_label(case.start + 1)} to {month_label(case.fit_until)}"
    rows = [
        (club, who, LOG_SCORE, span, "held out", float(table[who].sum()))
        for club, table in (
            *((club, held_out[held_out["club"] == club]) for club in case.clubs),
            (ALL_CLUBS, held_out),
        )
        for who in (MODEL, FRICTIONS, *BASELINES)
    ]
    return pd.DataFrame(rows, columns=_SCORE_COLUMNS)


def _brier(ensemble: Ensemble) -> pd.DataFrame:
    case, start = ensemble.case, ensemble.start
    fitted, last = case.fit_until, case.end
    spans = [
        (max(start + 1, case.score_from), fitted, "fitted"),
        (max(start, fitted) + 1, last, "not fitted"),
    ]
    contenders = {
        MODEL: ensemble.p_in,
        FRICTIONS: p_in_by_frictions(case, seed=ensemble.seed, start=start),
        NOBODY: p_in(case, None, start),
    }
    contenders |= {name: p_in(case, cells, start) for name, cells in BASELINES.items()}
    rows = [
        (club, who, BRIER, f"{month_label(low)} to {month_label(high)}", kind, score)
        for club in case.clubs
        for who, p in contenders.items()
        for low, high, kind in spans
        if low <= high
        for score in [brier(case, p, start, club, low, high)]
    ]
    return pd.DataFrame(rows, columns=_SCORE_COLUMNS)
