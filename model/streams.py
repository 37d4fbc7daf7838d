"""The streams of the acts' draws, and what a counterfactual holds states and councils to in terms of them.

An act happens if its log-odds exceed logistic noise, or if a chance exceeds a uniform draw. Who is held to an act, or
kept from it, has a number in place of its draw that no log-odds and no chance can beat. So the law still binds (an act
that it does not allow does not happen), the log names the statute that allows the act, and nobody else's draws move.
"""

from collections.abc import Mapping

from tashkent.model.case import Case
from tashkent.model.statuses import Act

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
    Act.RESCIND: ("rescind", True),
    Act.REFUSE_LIFT: ("lift", True),
}
#: cases against a seat that a member may put to the council
COUNCIL_CASES = (Act.SANCTION, Act.EXPEL, Act.LOSE_RIGHTS, Act.END_OBSERVER)


#: (stream, month since the start) -> state, club, low
Held = Mapping[tuple[str, int], tuple[tuple[int, int, bool], ...]]


def held_draws(case: Case) -> Held:
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
