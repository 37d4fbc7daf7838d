"""Who could have done what, and who did: the choices of the record that model and baselines are scored on.

One row is one choice of one deciding state in one club and month, given the record up to the month before:

* accede - the state is out and the club is open to it;
* renew  - a term ends that must be renewed by signing, and the state is a party;
* exit   - the state is a party, and notice or a request for suspension is open to it. Both routes count as one choice.

What a treaty or a club does (entry into force, lapse, answers of the council, suspensions that a club imposes) and
all that the patron does is conditioned on and never scored. The initial condition is not scored.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agents.situation import Bools
from model.case import Case
from model.clock import month_of
from model.law import Status
from model.world import compile_case, is_in

CHOICES = ("accede", "renew", "exit")
_ACT_OF_CHOICE = {
    "accede": "accede",
    "renew": "renew",
    "withdraw": "exit",
    "request_suspension": "exit",
}
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class RiskSet:
    """Choices as parallel arrays, one entry a row; see the module for what a row is."""

    month: Ints
    state: Ints
    club: Ints
    choice: Ints
    #: the state did it
    done: Bools
    founding: Bools
    window: Bools

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.month)

    def where(self, keep: Bools) -> "RiskSet":
        """The rows that are kept."""
        return RiskSet(**{name: getattr(self, name)[keep] for name in self.__dataclass_fields__})


@lru_cache(maxsize=8)
def risk_set(case: Case) -> RiskSet:
    """Every choice of the record from the month after the start to the end of the case."""
    given = compile_case(case)
    seated = is_in(given.record.status)
    clubs = tuple(case.clubs)
    rows: list[tuple[int, int, int, int, bool, bool, bool]] = []
    did = {
        (month_of(row.date) - case.start, case.state_ids.index(row.state), clubs.index(row.club)): (
            _ACT_OF_CHOICE.get(row.act)
        )
        for row in case.record
        if row.actor == "state" and row.act in _ACT_OF_CHOICE
    }
    for t in range(1, len(case.months)):
        for c, rules in enumerate(given.rules[t]):
            for s in np.flatnonzero(given.decides):
                before = given.record.status[t - 1, s, c]
                if not seated[t - 1, s, c]:
                    rule = rules.accession
                    may = rule is not None and given.open_to[t, s, c]
                    if rule is not None and rule.observers_only:
                        may &= before == Status.OBSERVER
                    choice = "accede" if may else None
                elif before in (Status.NOTICE_GIVEN, Status.SUSPENSION_REQUESTED):
                    choice = None
                elif rules.renewal_due:
                    choice = "renew"
                elif before in (Status.MEMBER, Status.FROZEN) and rules.withdrawal:
                    choice = "exit"
                else:
                    choice = None
                if choice is None:
                    continue
                done = did.get((t, int(s), c)) == choice
                rows.append(
                    (
                        t,
                        int(s),
                        c,
                        CHOICES.index(choice),
                        done,
                        given.founding[t, c],
                        given.window[t, c],
                    )
                )
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return RiskSet(*columns)
