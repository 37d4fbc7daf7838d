"""Who rules where and when, by dated events, and in which clubs such incumbents are at home."""

from collections.abc import Mapping

import numpy as np

from tashkent.agents.situation import Bools, Floats
from tashkent.model.case import Case
from tashkent.model.clock import last_day


def regimes_of(case: Case) -> dict[str, Bools]:
    """Which incumbents are of which kind on the last day of each month, by kind, shape (T, S)."""
    shape = (len(case.months), len(case.states))
    found = {regime: np.zeros(shape) for regime in case.regimes}
    for event in case.events:
        if event.kind == "regime" and event.about in found:
            s = case.state_ids.index(event.state)
            for t, month in enumerate(case.months):
                day = last_day(month)
                rules = event.date <= day and (event.date_end is None or day < event.date_end)
                found[event.about][t, s] += event.sign * rules
    return {regime: signs > 0 for regime, signs in found.items()}


def kin_of(case: Case, regimes: Mapping[str, Bools]) -> Floats:
    """Whose incumbents are at home in which club, 0 or 1, shape (T, S, C); `regimes` are of shape (T, S)."""
    found = np.zeros((len(case.months), len(case.states), len(case.clubs)))
    for c, club in enumerate(case.clubs.values()):
        for regime in club.kindred:
            np.maximum(found[:, :, c], regimes[regime], out=found[:, :, c])
    return found
