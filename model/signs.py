"""What the dated events of a case add up to, month by month."""

from dataclasses import dataclass

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.model.case import Case
from tashkent.model.case.tables import Event
from tashkent.model.clock import month_of
from tashkent.model.shared_tables import of_tables


@dataclass(frozen=True)
class EventSigns:
    """Sums of the signs of events at work, month by month: shape (T, S, what they are about)."""

    threat: Floats
    #: in the first month of an event alone
    credibility: Floats
    #: the same of events about any promise, which tell of the patron's means, shape (T, S)
    any_promise: Floats
    offer: Floats
    tie: Floats
    rivalry: Floats
    #: shape (T, S)
    coercion: Floats


@of_tables("start", "end", "states", "threats", "composites", "events")
def event_signs(case: Case) -> EventSigns:
    """What the dated events of a case add up to."""
    months, states = len(case.months), case.state_ids
    threats, sponsors = tuple(case.threats), case.sponsors
    signs = EventSigns(
        threat=np.zeros((months, len(states), len(threats))),
        credibility=np.zeros((months, len(states), len(threats))),
        any_promise=np.zeros((months, len(states))),
        offer=np.zeros((months, len(states), len(threats))),
        tie=np.zeros((months, len(states), len(sponsors))),
        rivalry=np.zeros((months, len(states), len(states))),
        coercion=np.zeros((months, len(states))),
    )
    for event in case.events:
        work, s = _at_work(case, event), states.index(event.state)
        if event.kind == "regime":
            continue
        if event.kind == "tie":
            signs.tie[work, s, sponsors.index(event.about)] += event.sign
        elif event.kind == "coercion":
            signs.coercion[work, s] += event.sign
        elif event.kind == "offer":
            signs.offer[work, s, threats.index(event.about)] += event.sign
        elif event.kind == "credibility":
            about = slice(None) if event.about == "any" else threats.index(event.about)
            if work.start < min(work.stop, months):
                signs.credibility[work.start, s, about] += event.sign
                signs.any_promise[work.start, s] += event.sign * (event.about == "any")
        elif event.rival:
            signs.rivalry[work, s, states.index(event.rival)] += event.sign
        else:
            signs.threat[work, s, threats.index(event.about)] += event.sign
    return signs


def _at_work(case: Case, event: Event) -> slice:
    """The months in which an event acts: from the month after its date to that of its end, one at least."""
    first = month_of(event.date) + 1
    last = case.end if event.date_end is None else max(first, month_of(event.date_end))
    return slice(max(0, first - case.start), max(0, last + 1 - case.start))
