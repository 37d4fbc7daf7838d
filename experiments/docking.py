"""Docking: whether the engine and `tashkent.experiments.glass_box` write equal histories, act for act.

Two models dock when each reproduces the other's results from the same description (Axtell et al.
1996). Both draw from the streams of `model.draws`, so their histories must be equal, not alike.
"""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tashkent.experiments.glass_box import AllianceModel
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.simulate import simulate
from tashkent.model.statuses import Status


class Undocked(NamedTuple):
    """An act or a status that only one of the two models has, in the first month that differs."""

    run: int
    month: str
    state: str
    club: str
    #: an act with its statute, or a status
    what: str
    only_in: str

    def __str__(self) -> str:
        return (
            f"run {self.run}, {self.month}, {self.state} in {self.club}: "
            f"{self.what} in the {self.only_in} alone"
        )


def differences(
    case: Case,
    parameters: Mapping[str, NDArray[np.float64]],
    *,
    seed: int,
    runs: int,
    start: int | None = None,
) -> list[Undocked]:
    """What differs in the first month in which a run of the two models differs, run by run.

    Parameters
    ----------
    case
        The case, as `model.case.load_case` gives it.
    parameters
        Weights, frictions and council parameters by name, each of shape (runs,) or longer.
    seed
        Keys every draw.
    runs
        How many runs to compare, from the first on.
    start
        The month at whose end the record is left; by default that of the case.
    """
    drawn = {name: values[:runs] for name, values in parameters.items()}
    ensemble = simulate(case, drawn, seed=seed, start=start)
    acts = ensemble.acts()
    acts_of_run = dict(iter(acts.groupby("run")))
    found = []
    for run in range(runs):
        twin = run_twin(case, drawn, seed=seed, run=run, start=start)
        engine_acts: Counter[tuple[str, ...]] = Counter()
        if run in acts_of_run:
            rows = acts_of_run[run][["month", "state", "club", "act", "rule"]]
            engine_acts.update(tuple(map(str, row)) for row in rows.itertuples(index=False))
        found += first_month(
            [
                *acts_that_differ(run, engine_acts, acts_of_twin(twin)),
                *statuses_that_differ(run, twin, ensemble.start, ensemble.status[run]),
            ]
        )
    return found


def run_twin(
    case: Case,
    parameters: Mapping[str, NDArray[np.float64]],
    *,
    seed: int,
    run: int,
    start: int | None = None,
) -> AllianceModel:
    """One run with one object for each state and club, to its end; parameters by name, each of shape (runs,)."""
    numbers = {name: float(values[run]) for name, values in parameters.items()}
    twin = AllianceModel(case, numbers, seed=seed, run=run, start=start)
    twin.run_to_end()
    return twin


def acts_of_twin(twin: AllianceModel) -> Counter[tuple[str, ...]]:
    """The acts of a run, each with its month and statute."""
    return Counter(
        (month_label(twin.case.start + t), state, club, act.name.lower(), rule)
        for t, state, club, act, rule in twin.log
    )


def acts_that_differ(
    run: int, engine: Counter[tuple[str, ...]], twin: Counter[tuple[str, ...]]
) -> list[Undocked]:
    """Acts that one of the two has and the other has not, or not as often."""
    sides = {"engine": engine - twin, "twin": twin - engine}
    return [
        Undocked(run, month, state, club, f"{act} [{rule}]", side)
        for side, only in sides.items()
        for month, state, club, act, rule in only.elements()
    ]


def statuses_that_differ(
    run: int, twin: AllianceModel, start: int, engine: NDArray[np.int8]
) -> list[Undocked]:
    """Statuses that are not the same at the end of a month; `engine` of shape (months, states, clubs).

    Raises
    ------
    ValueError
        If the histories are of other months, states or clubs.
    """
    case = twin.case
    months = np.frombuffer(b"".join(twin.history), np.int8).reshape(len(twin.history), -1)
    other = months.reshape(-1, len(case.state_ids), len(case.clubs))
    if other.shape != engine.shape:
        raise ValueError(f"histories of shape {engine.shape} and {other.shape} cannot be compared")
    clubs = tuple(case.clubs)
    return [
        Undocked(
            run,
            month_label(start + int(m)),
            case.state_ids[s],
            clubs[c],
            Status(int(statuses[m, s, c])).name.lower(),
            side,
        )
        for m, s, c in np.argwhere(engine != other)
        for side, statuses in (("engine", engine), ("twin", other))
    ]


def first_month(found: list[Undocked]) -> list[Undocked]:
    """The differences of the earliest month."""
    first = min((difference.month for difference in found), default="")
    return [difference for difference in found if difference.month == first]
