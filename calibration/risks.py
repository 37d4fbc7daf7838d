"""Cumulative risk: how likely it was that a state had moved by the month in which it did, or by the end if it did not.

A spell is a run of choices of one state in one club: out of it, until it comes in, or inside it, until it goes out.
With ``stay_t`` the probability of no move in month t, given the record up to the month before, there are two answers::

    joint    P(moved by t) = 1 - mean over draws of (product of stay_u over the months u of the spell up to t)
    monthly  P(moved by t) = 1 - product over u of (mean over draws of stay_u)

The first keeps the draws that say "not at all" apart from those that say "at once": while nothing happens it learns
from the held-out state itself which of them it should have been. The second never learns; it is what a reader of the
monthly forecasts adds up. Of a forecaster that is right both are anywhere between 0 and 1. Near 1 an act was long
overdue, near 0 it came as a surprise; a spell that never ended and has one near 1 says that what did not happen
should have.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tashkent.agents.situation import Floats
from tashkent.calibration.contests import Forecast
from tashkent.calibration.riskset import CHOICES, RiskSet
from tashkent.model.case import Case
from tashkent.model.clock import month_label

_ACCEDE, _RENEW = CHOICES.index("accede"), CHOICES.index("renew")
#: what ends a spell, by the choice of its last month
_ENDS = {"accede": "comes in", "renew": "does not sign", "exit": "goes out"}
#: what would end it
_WOULD = {"accede": "comes in", "renew": "goes out", "exit": "goes out"}


def spells(rows: RiskSet) -> list[np.ndarray]:
    """The rows of each spell, in order of months: a list of indices, each of shape (months,)."""
    found = []
    seat = rows.state * (rows.club.max(initial=0) + 1) + rows.club
    for one in np.unique(seat):
        at = np.flatnonzero(seat == one)
        at = at[np.argsort(rows.month[at], kind="stable")]
        inside, went = rows.choice[at] != _ACCEDE, rows.moved[at]
        ends = np.flatnonzero((inside[1:] != inside[:-1]) | went[:-1]) + 1
        found += np.split(at, ends)
    return found


def cumulative(rows: RiskSet, found: Forecast, spell: np.ndarray) -> tuple[Floats, Floats]:
    """P(moved by the month) for each month of a spell, joint and monthly; both of shape (months,)."""
    p = found.p[spell]
    stay = np.where(rows.choice[spell] == _RENEW, p, 1.0 - p)
    monthly = 1.0 - np.cumprod(stay)
    if found.draws is None or found.weights is None:
        return monthly, monthly
    told, went = found.draws[spell], rows.moved[spell]
    stays = np.where(went[:, None], np.log1p(-np.exp(np.minimum(told, -1e-12))), told)
    return 1.0 - np.exp(np.cumsum(stays, axis=0)) @ found.weights, monthly


def risk_table(case: Case, rows: RiskSet, predictions: Sequence[Forecast]) -> pd.DataFrame:
    """How every spell ended, a row a contender.

    Columns: who, state, club, act, done (it happened), month (of it, or the last of the spell), since (first month
    of the spell), months (at risk), p (of a move in that month, nothing learnt from the state), p_updated (given that
    it had not moved before), joint and monthly (that it had moved by then), before (monthly, by the month before).
    """
    clubs, table = tuple(case.clubs), []
    for spell in spells(rows):
        first, last = spell[0], spell[-1]
        done, choice = bool(rows.moved[last]), CHOICES[rows.choice[last]]
        for found in predictions:
            joint, monthly = cumulative(rows, found, spell)
            p = float(found.p[last])
            earlier = float(joint[-2]) if len(spell) > 1 else 0.0
            table.append(
                {
                    "who": found.who,
                    "state": case.state_ids[rows.state[last]],
                    "club": clubs[rows.club[last]],
                    "act": (_ENDS if done else _WOULD)[choice],
                    "done": done,
                    "month": month_label(case.start + int(rows.month[last])),
                    "since": month_label(case.start + int(rows.month[first])),
                    "months": len(spell),
                    "p": 1.0 - p if choice == "renew" else p,
                    "p_updated": (float(joint[-1]) - earlier) / max(1.0 - earlier, 1e-300),
                    "joint": float(joint[-1]),
                    "monthly": float(monthly[-1]),
                    "before": float(monthly[-2]) if len(spell) > 1 else 0.0,
                }
            )
    return pd.DataFrame(table)
