"""What one version of a case scores, in one go: a row of docs/specifications.md.

Run it with ``python -m benchmarks.specification [CASE] [--name NAME] [--fit]``. Parameters come from the normal
approximation at the mode, which follows a changed case at once; nothing after the fit's last month informs them.
"""

import argparse
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration.baselines import BASELINES, p_in
from tashkent.calibration.forecasters import CONSTANT, MODEL, NOBODY, STEPS
from tashkent.calibration.holdout import leave_one_state_out
from tashkent.calibration.posterior import Laplace, fit
from tashkent.calibration.scores import brier, renewal_month, split_at_renewal
from tashkent.model.case import Case, load_case
from tashkent.model.clock import MONTHS_PER_YEAR, month_label, parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.counterfactual import Counterfactual
from tashkent.model.parameters import ParameterDraws
from tashkent.model.patches.law import RemoveClub
from tashkent.model.record import Ensemble
from tashkent.model.simulate import simulate
from tashkent.model.statuses import is_in

SEED = 5
RUNS = 300
STARTS = ("1992-05", "1998-12")
#: two scores that print alike are alike
ALIKE = 0.0005
#: half the width of a 95 per cent interval, in standard errors
INTERVAL = 1.96
#: a threat so near the top of its scale is at the cap
CAP = 3.0 - 1e-9
#: shown of a table by state: what moves at all
SHOWN_SCORE, SHOWN_EFFECT, SHOWN_CAP = 0.3, 0.01, 0.1


class Effect(NamedTuple):
    """The change of P(in the pact) that is largest over states and months, in paired runs."""

    change: float
    #: half of its 95 per cent interval
    error: float
    state: str
    month: str
    #: the largest change of each state, where it shows
    by_state: dict[str, float]


def held_out(case: Case) -> pd.DataFrame:
    """Held-out log scores by state and club, with the gain over the structural steps, in nats."""
    table = leave_one_state_out(case)
    return table.assign(gain=table[MODEL] - table[STEPS])


def at_cap(case: Case) -> dict[str, float]:
    """Share of months in which a state's threat is at the top of the scale, by state and threat, where it shows."""
    threat = compile_case(case).situation.threat
    share = (threat >= CAP).mean(axis=0)
    return {
        f"{state} {kind}": round(float(share[s, k]), 2)
        for s, state in enumerate(case.state_ids)
        for k, kind in enumerate(case.threats)
        if share[s, k] > SHOWN_CAP
    }


def briers(ensemble: Ensemble) -> Iterator[tuple[str, list[dict[str, float]]]]:
    """Of each club the Brier scores up to the fit's end and after it, of the model and of what knows no mechanism."""
    case, start = ensemble.case, ensemble.start
    forecasts = {
        MODEL: ensemble.p_in,
        NOBODY: p_in(case, None, start),
        **{name: p_in(case, BASELINES[name], start) for name in (CONSTANT, STEPS)},
    }
    spans = [
        (max(start + 1, case.score_from), case.fit_until),
        (case.fit_until + 1, case.end),
    ]
    for club in case.clubs:
        yield (
            club,
            [
                {who: brier(case, p, start, club, low, high) for who, p in forecasts.items()}
                for low, high in spans
            ],
        )


def beaten(scores: dict[str, float]) -> str:
    """A model's score beside the best of the others."""
    best = min((s, who) for who, s in scores.items() if who != MODEL)
    verdict = "ok" if scores[MODEL] <= best[0] + ALIKE else "WORSE"
    return f"{scores[MODEL]:.3f} against {best[0]:.3f} ({best[1]}) {verdict}"


def worst_rivals(case: Case) -> tuple[str, str]:
    """The two deciding states that feel the largest rivalry in any month."""
    rivalry = compile_case(case).situation.rivalry.max(axis=0)
    places = [case.state_ids.index(state) for state in case.deciders]
    one, other = np.unravel_index(rivalry[np.ix_(places, places)].argmax(), (len(places),) * 2)
    return case.deciders[int(min(one, other))], case.deciders[int(max(one, other))]


def together(ensemble: Ensemble, club: str, states: tuple[str, str]) -> tuple[float, float]:
    """Share of runs in which two states ever sit in a club together, and the largest share in a month."""
    (s, c), (j, _) = (ensemble.index(state, club) for state in states)
    both: Bools = ensemble.seats[:, :, s, c] & ensemble.seats[:, :, j, c]
    return float(both.any(axis=1).mean()), float(both.mean(axis=0).max())


def returned(case: Case) -> dict[str, list[int]]:
    """States that by the record went out of the pact, came back and went out again: the months of these exits."""
    status, c = compile_case(case).record.status, tuple(case.clubs).index(case.focus)
    found = {}
    for state in case.deciders:
        seat = is_in(status[:, case.state_ids.index(state), c])
        exits = np.flatnonzero(seat[:-1] & ~seat[1:]) + 1 + case.start
        if len(exits) > 1:
            found[state] = [int(month) for month in exits]
    return found


def cycles(ensemble: Ensemble, state: str, first: int, second: int) -> tuple[float, float]:
    """Share of runs in which a state goes out, in and out, and in which it is back before its second exit.

    It is out at the end of the year of the first exit, and again at the end of the year after the second.
    """
    out = ensemble.at(first // MONTHS_PER_YEAR * MONTHS_PER_YEAR + MONTHS_PER_YEAR - 1)
    end = ensemble.at(second // MONTHS_PER_YEAR * MONTHS_PER_YEAR + 2 * MONTHS_PER_YEAR - 1)
    s, c = ensemble.index(state, ensemble.case.focus)
    seat = ensemble.seats[:, :, s, c]
    whole = ~seat[:, out] & seat[:, out : end + 1].any(axis=1) & ~seat[:, end]
    returns = ~seat[:, out] & seat[:, out : ensemble.at(second)].any(axis=1)
    return float(whole.mean()), float(returns.mean())


def without(ensemble: Ensemble, club: str) -> Effect:
    """What P(in the pact) changes by where a club was never founded, in runs with the same draws."""
    case = ensemble.case
    removed = Counterfactual(id=f"no_{club}", patches=(RemoveClub(club=club),)).apply(case)
    other = simulate(removed, ensemble.parameters, seed=ensemble.seed, start=ensemble.start)
    _, c = ensemble.index(case.deciders[0], case.focus)
    _, d = other.index(case.deciders[0], case.focus)
    change = other.seats[..., d].astype(float) - ensemble.seats[..., c]
    mean: Floats = change.mean(axis=0)
    t, s = np.unravel_index(np.abs(mean).argmax(), mean.shape)
    error = INTERVAL * float(change[:, t, s].std()) / np.sqrt(ensemble.runs)
    peaks = np.abs(mean).argmax(axis=0)
    largest = {state: float(mean[peaks[k], k]) for k, state in enumerate(case.state_ids)}
    return Effect(
        change=float(mean[t, s]),
        error=error,
        state=case.state_ids[s],
        month=month_label(ensemble.start + int(t)),
        by_state={state: v for state, v in largest.items() if abs(v) > SHOWN_EFFECT},
    )


def print_fit(case: Case, fitted: Laplace, table: pd.DataFrame) -> None:
    """The mode, what is held out, and which threats are at the top of the scale."""
    modes = zip(fitted.names, fitted.mean, fitted.sd, strict=True)
    print("mode:", ", ".join(f"{n} {m:+.2f} ± {s:.2f}" for n, m, s in modes))
    focal = table[table["club"] == case.focus]
    print(f"held out over {STEPS}: pact {focal['gain'].sum():+.2f}, all {table['gain'].sum():+.2f}")
    for club in case.clubs:
        rows = table[table["club"] == club]
        shown = rows[rows["gain"].abs() > SHOWN_SCORE]
        states = ", ".join(
            f"{state} {gain:+.1f}"
            for state, gain in zip(shown["state"], shown["gain"], strict=True)
        )
        print(f"  {club} {rows['gain'].sum():+.2f}: {states}")
    print("at the cap:", at_cap(case) or "none")


def print_runs(ensemble: Ensemble, clubs: tuple[str, ...]) -> list[str]:
    """What runs show; the cells of a row of docs/specifications.md."""
    case, cells = ensemble.case, []
    print(f"from {month_label(ensemble.start)}, {ensemble.runs} runs")
    for club, spans in briers(ensemble):
        print(f"  Brier {club}:", "; ".join(beaten(scores) for scores in spans))
        if club != case.focus:
            cells.append("/".join(f"{scores[MODEL]:.3f}".lstrip("0") for scores in spans))
    rivals = worst_rivals(case)
    for club in clubs:
        ever, most = together(ensemble, club, rivals)
        print(
            f"  {' and '.join(rivals)} both in {club}: ever {ever:.2f}, most in a month {most:.2f}"
        )
    renewal = renewal_month(case)
    if renewal is not None and renewal - ensemble.start < 12:
        split = split_at_renewal(ensemble, renewal)
        stays = ", ".join(f"{s} {p:.2f}" for s, p in zip(split.states, split.p_stay, strict=True))
        print(f"  renewal: all right {split.all_right:.2f}; stays: {stays}")
        cells.append(f"{split.all_right:.2f}")
    for state, (first, second, *_) in returned(case).items():
        whole, back = cycles(ensemble, state, first, second)
        before = month_label(second)
        print(f"  {state} out, in, out {whole:.2f}; back before {before} {back:.2f}")
    for club in clubs:
        found = without(ensemble, club)
        beyond = "" if abs(found.change) > found.error else " (within its interval)"
        states = ", ".join(f"{state} {value:+.3f}" for state, value in found.by_state.items())
        print(
            f"  without {club}: {found.change:+.3f} ± {found.error:.3f} "
            f"{found.state} {found.month}{beyond}; {states}"
        )
        cells.append(f"{found.change:+.3f}")
    return cells


def main() -> None:
    """Print all that one version of a case scores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("case", nargs="?", default="cst", help="a shipped case or a folder")
    parser.add_argument("--name", default="?", help="what the version is called in the last line")
    parser.add_argument("--fit", action="store_true", help="the fit alone, without runs")
    parser.add_argument("--runs", type=int, default=RUNS)
    given = parser.parse_args()
    began, case = time.perf_counter(), load_case(given.case)
    fitted, table = fit(case), held_out(case)
    print_fit(case, fitted, table)
    focal = table[table["club"] == case.focus]
    cells = [given.name, f"{focal['gain'].sum():.2f}", f"{table['gain'].sum():.2f}"]
    if not given.fit:
        draws: ParameterDraws = fitted.draws(runs=given.runs, seed=SEED)
        others = tuple(club for club in case.clubs if club != case.focus)
        for start in STARTS:
            ensemble = simulate(case, draws, seed=SEED, start=parse_month(start))
            cells += print_runs(ensemble, others)
    print("| " + " | ".join(cells) + " |")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
