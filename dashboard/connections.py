"""The network over time as plain data for the page: sent once, so that playing costs no traffic."""

import json
from functools import lru_cache
from typing import Any

import numpy as np

from tashkent.agents.situation import Bools, Floats
from tashkent.dashboard.palette import DASHES, SERIES, SERIES_DARK
from tashkent.experiments.networks import CLUB, between_by_month, layout
from tashkent.model import network
from tashkent.model.case import Case
from tashkent.model.clock import month_label, month_of
from tashkent.model.compilation import compile_case
from tashkent.model.record import Ensemble
from tashkent.model.statuses import is_in

#: what a state stands between at least, in pairs, to have a line of its own in the chart, and the most such lines
WORTH_A_LINE, MOST_LINES = 0.5, 5
#: pairs that are one number apart in the mean of runs
NEARLY = 0.05


@lru_cache(maxsize=8)
def plan(case: Case) -> dict[str, Any]:
    """States, clubs and rivalries: what is the same for the record and for all runs."""
    places = layout(case)
    telling = network.telling(case)
    states = [
        {
            "state": s.state,
            "name": s.name,
            "decides": s.role == "decider",
            **places[s.state],
        }
        for s in case.states
    ]
    clubs = [
        {
            "club": club,
            "names": [[month_of(n.from_), n.name] for n in case.clubs[club].names],
            "since": month_of(case.clubs[club].since),
            "light": SERIES[_looks(i)],
            "dark": SERIES_DARK[_looks(i)],
            "dash": DASHES[i % len(DASHES)],
            **places[CLUB + club],
        }
        for i, club in enumerate(telling)
    ]
    left_out = [case.club_name(c, case.end) for c in case.clubs if c not in telling]
    return {
        "states": states,
        "clubs": clubs,
        "left_out": left_out,
        "rivalries": json.dumps(_rivalries(case), separators=(",", ":")),
        "first": case.start,
        "last": case.end,
        "fitted": case.fit_until,
    }


def _looks(i: int) -> int:
    """The colour of a club: that of rivals is nobody else's."""
    return [k for k in range(len(SERIES)) if k != 1][i % (len(SERIES) - 1)]


def _rivalries(case: Case) -> list[tuple[int, int, list[tuple[int, float]]]]:
    """Pairs of states that ever are rivals, and from which month on by how much."""
    felt = compile_case(case).situation.rivalry
    both = np.maximum(felt, felt.swapaxes(1, 2))
    both = np.round(np.where(both > network.FAINT, both, 0.0), 2)
    found = []
    for s, j in zip(*np.triu(both.any(axis=0), 1).nonzero(), strict=True):
        values = both[:, s, j]
        turns = [0, *(np.flatnonzero(np.diff(values)) + 1)]
        changes = [(case.start + int(t), float(values[t])) for t in turns]
        found.append((int(s), int(j), changes))
    return found


@lru_cache(maxsize=8)
def of_record(case: Case) -> dict[str, Any]:
    """The record, as `of_runs` says it."""
    seats = is_in(compile_case(case).record.status)[None]
    between = between_by_month(case, seats)
    return _told(case, seats, between, case.start, runs=None, run=None)


def of_runs(ensemble: Ensemble) -> dict[str, Any]:
    """Who is in which club, in per cent of runs, and how many pairs each state stands between, by month."""
    case, seats = ensemble.case, ensemble.seats
    between = between_by_month(case, seats)
    run = ensemble.first_run if ensemble.runs == 1 else None
    return _told(case, seats, between, ensemble.start, runs=ensemble.runs, run=run)


def _told(
    case: Case, seats: Bools, between: Floats, start: int, *, runs: int | None, run: int | None
) -> dict[str, Any]:
    share = np.rint(100 * seats.mean(axis=0)).astype(int)
    clubs = [tuple(case.clubs).index(club) for club in network.telling(case)]
    return {
        "start": start,
        "runs": runs,
        "run": run,
        # as text: a list would be walked through, number by number, each time the page is rendered
        "p": json.dumps([share[:, :, c].T.tolist() for c in clubs], separators=(",", ":")),
        "together": json.dumps(_together(case, seats), separators=(",", ":")),
        "between": json.dumps(np.round(between, 1).T.tolist(), separators=(",", ":")),
    }


def _together(case: Case, seats: Bools) -> list[list[int]]:
    """The per cent of runs in which two that ever are rivals share a club, by month, for each of `_rivalries`."""
    told = [club in network.telling(case) for club in case.clubs]
    found = []
    for s, j, _ in _rivalries(case):
        both = (seats[:, :, s] & seats[:, :, j] & told).any(axis=2).mean(axis=0)
        found.append(np.rint(100 * both).astype(int).tolist())
    return found


def lines_between(case: Case, told: dict[str, Any]) -> dict[str, Floats]:
    """A line for each state that stands between enough pairs, by name, the highest first, shape (T,).

    It has every month of the case, with NaN where the runs have not begun.
    """
    found = np.full((len(case.states), len(case.months)), np.nan)
    found[:, told["start"] - case.start :] = json.loads(told["between"])
    highest = np.nanmax(found, axis=1)
    order = sorted(range(len(highest)), key=lambda s: -highest[s])[:MOST_LINES]
    return {case.states[s].name: found[s] for s in order if highest[s] >= WORTH_A_LINE}


def finding_over_time(case: Case, told: dict[str, Any]) -> str:
    """Which state stands between most over the months that are shown, and when it began and ended to be first."""
    lines = lines_between(case, told)
    who = "By the record" if told["runs"] is None else _whose(told)
    if not lines:
        return f"{who} nobody ever stands between states that share no club"
    names, values = list(lines), np.nan_to_num(np.array(list(lines.values())))
    first = int(values.sum(axis=1).argmax())
    leads = (values[first] >= values.max(axis=0) - NEARLY) & (values[first] > NEARLY)
    months = np.flatnonzero(leads)
    spells = np.split(months, np.flatnonzero(np.diff(months) > 1) + 1)
    longest = max(spells, key=len)
    low, high = (month_label(case.start + int(t)) for t in (longest[0], longest[-1]))
    most = values[first].max()
    pairs = f"{most:.0f} pairs" if told["runs"] in (None, 1) else f"{most:.1f} pairs on average"
    return f"{who} {names[first]} stands between most, longest from {low} to {high}: up to {pairs}"


def _whose(told: dict[str, Any]) -> str:
    return f"In run {told['run']}" if told["run"] is not None else f"In {told['runs']:,} runs"
