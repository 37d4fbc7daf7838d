"""What a counterfactual holds states and councils to, beyond the tables of a case, in terms of the engine's draws.

An act happens if its log-odds exceed logistic noise, or if a chance exceeds a uniform draw. Who is held to an act, or
kept from it, has a number in place of its draw that no log-odds and no chance can beat. So the law still binds (an act
that it does not allow does not happen), the log names the statute that allows the act, and nobody else's draws move.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tashkent.model.law import Act

if TYPE_CHECKING:
    from tashkent.model.case import Case

#: act -> (stream of its draw, whether a low draw makes it happen)
STREAMS: dict[Act, tuple[str, bool]] = {
    Act.ACCEDE: ("accede", True),
    Act.RENEW: ("renew", True),
    Act.ABSTAIN: ("renew", False),
    Act.WITHDRAW: ("withdraw", True),
    Act.REQUEST_SUSPENSION: ("suspend", True),
    Act.FREEZE: ("freeze", True),
    Act.RESUME: ("resume", True),
    Act.OBSERVE: ("observe", True),
    Act.CEASE_OBSERVING: ("cease observing", True),
    Act.SUSPEND: ("answer suspension", False),
    Act.REFUSE_SUSPENSION: ("answer suspension", True),
    Act.REFUSE_ACCESSION: ("answer accession", True),
    Act.REFUSE_OBSERVER: ("answer observer", True),
    Act.SANCTION: ("sanction", True),
    Act.EXPEL: ("expel", True),
    Act.LOSE_RIGHTS: ("lose_rights", True),
    Act.END_OBSERVER: ("end_observer", True),
    Act.COURT: ("court", True),
}
#: cases against a seat that a member may put to the council
CASES = (Act.SANCTION, Act.EXPEL, Act.LOSE_RIGHTS, Act.END_OBSERVER)


@dataclass(frozen=True, order=True)
class Order:
    """A seat whose draw is replaced in the months from `first` to `last` (`model.clock`)."""

    stream: str
    state: str
    club: str
    first: int
    last: int
    #: the lowest number stands in place of the draw, not the highest
    low: bool


@dataclass(frozen=True)
class Changed:
    """What was changed from a case as it is, beyond its tables."""

    #: the case as it is, on whose record parameters are fitted
    of: "Case"
    orders: tuple[Order, ...] = ()
    #: parameters that are held at one value in every run
    held: tuple[tuple[str, float], ...] = ()


#: (stream, month since the start) -> state, club, low
Held = Mapping[tuple[str, int], tuple[tuple[int, int, bool], ...]]


def held_draws(case: "Case") -> Held:
    """The orders of a case by stream and month, states and clubs as numbers."""
    found: dict[tuple[str, int], tuple[tuple[int, int, bool], ...]] = {}
    clubs = tuple(case.clubs)
    for order in case.changed.orders if case.changed else ():
        if order.club not in clubs:
            continue  # another patch has removed it
        seat = (case.state_ids.index(order.state), clubs.index(order.club), order.low)
        for month in range(max(order.first, case.start), min(order.last, case.end) + 1):
            key = (order.stream, month - case.start)
            found[key] = (*found.get(key, ()), seat)
    return found


def proposal(act: Act) -> str:
    """The stream name under which a case against a seat is put forward for certain."""
    return f"propose {act.name.lower()}"
