"""The chance that an act came to be within some months: what a small chance in each month adds up to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.model.case import Case
from tashkent.model.choices import log_odds_row, open_acts
from tashkent.model.clock import month_of
from tashkent.model.compilation import compile_case
from tashkent.model.statuses import Act

#: months that are looked back over
SPANS = (12, 24)


@dataclass(frozen=True)
class Chances:
    """The chances of one state's act up to a month of the record, each of shape (draws,)."""

    state: str
    #: in the month itself
    month: Floats
    #: in any of the last so many months, this one among them
    within: Mapping[int, Floats]
    #: whether the record has it in the month, or in the longest of the spans
    done: bool
    done_of_late: bool


def chances(
    case: Case, club: str, acts: Sequence[str], month: int, parameters: Mapping[str, Floats]
) -> dict[str, list[Chances]]:
    """Chances of acts in a club, by act, of every state to which it was open in some month of the longest span.

    ``1 - prod(1 - p[m])`` over the months m of a span, p[m] the chance in month m by what the state felt and where it
    stood in the record; zero where the act was not open to it. It is the chance of the state to do it once or oftener,
    had all else gone by the record.

    Parameters
    ----------
    case
        The case.
    club, acts
        Whose seat, and what is done with it (keys of `agents.acts.ACTS`).
    month
        The last month (`model.clock`).
    parameters
        By name, shape (draws,) each.
    """
    inputs, c = compile_case(case), tuple(case.clubs).index(club)
    last = month - case.start
    span = range(max(1, last - max(SPANS) + 1), last + 1)
    found: dict[str, list[Chances]] = {act: [] for act in acts}
    for state in case.deciders:
        s = case.state_ids.index(state)
        opened = {t: {verb for verb, _ in open_acts(inputs, t, s, c)} for t in span}
        for act in found:
            verb = Act[act.upper()]
            by_month: dict[int, Floats] = {
                t: 1 / (1 + np.exp(-log_odds_row(inputs, verb, t, s, c).log_odds(parameters)))
                for t in span
                if verb in opened[t]
            }
            if by_month:
                done = {
                    month_of(row.date) - case.start
                    for row in case.record
                    if (row.club, row.state, row.act) == (club, state, act)
                }
                found[act].append(_added_up(state, by_month, span, done))
    return found


def _added_up(state: str, by_month: Mapping[int, Floats], span: range, done: set[int]) -> Chances:
    """Chances of a state by those of the months in which an act was open to it, and the months in which it did it."""
    last = span[-1]
    never = np.zeros(len(next(iter(by_month.values()))))
    return Chances(
        state=state,
        month=by_month.get(last, never),
        within={
            length: 1
            - np.prod([1 - p for t, p in by_month.items() if t > last - length], axis=0)
            + never
            for length in SPANS
        },
        done=last in done,
        done_of_late=any(t in span for t in done),
    )
