"""Who could have done what, and who did: the choices of the record that model and baselines are scored on.

One row is one choice of one deciding state in one club and month, given the record up to the month before and what
takes effect in the month (`model.choices`):

* accede - the state is out, the club is open to it, and petitions can be decided;
* renew  - a term ends that must be renewed by signing, there is a text to sign, and the state may sign it;
* exit   - the state is in, and notice or a request for suspension is open to it. Both routes count as one choice; to
  a member that is sanctioned, or waits for the answer to a request, notice alone is open.

What a treaty or a club does (entry into force, lapse, answers of the council, suspensions that a club imposes) and
all that the patron does is conditioned on and never scored. The initial condition is not scored.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Bools
from tashkent.model.case import Case
from tashkent.model.choices import open_acts
from tashkent.model.clock import month_of
from tashkent.model.compilation import compile_case
from tashkent.model.statuses import Act

CHOICES = ("accede", "renew", "exit")
#: the choice to which an act that is open belongs
CHOICE_OPEN = {
    Act.ACCEDE: "accede",
    Act.RENEW: "renew",
    Act.WITHDRAW: "exit",
    Act.REQUEST_SUSPENSION: "exit",
}
_CHOICE_MADE = {
    "accede": "accede",
    "renew": "renew",
    "withdraw": "exit",
    "request_suspension": "exit",
    "cease_observing": "cease",  # comes before a petition, and is not scored
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

    @property
    def moved(self) -> Bools:
        """Whether the state of each row joined or left: at a renewal, by not signing; shape (rows,)."""
        return np.asarray(self.done ^ (self.choice == CHOICES.index("renew")))

    def where(self, keep: Bools) -> "RiskSet":
        """The rows that are kept.

        `keep` has shape (rows,).
        """
        return RiskSet(**{name: getattr(self, name)[keep] for name in self.__dataclass_fields__})


@lru_cache(maxsize=8)
def risk_set(case: Case) -> RiskSet:
    """Every choice of the record from the month after the start to the end of the case."""
    inputs = compile_case(case)
    clubs = tuple(case.clubs)
    rows: list[tuple[int, int, int, int, bool, bool, bool]] = []
    did = {
        (month_of(row.date) - case.start, case.state_ids.index(row.state), clubs.index(row.club)): (
            _CHOICE_MADE.get(row.act)
        )
        for row in case.record
        if row.actor == "state" and row.act in _CHOICE_MADE
    }
    for t in range(1, len(case.months)):
        for c in range(len(clubs)):
            for s in np.flatnonzero(inputs.decides):
                found = [CHOICE_OPEN.get(act) for act, _ in open_acts(inputs, t, int(s), c)]
                choice = next(filter(None, found), None)
                if choice is None or did.get((t, int(s), c)) == "cease":
                    continue
                done = did.get((t, int(s), c)) == choice
                rows.append(
                    (
                        t,
                        int(s),
                        c,
                        CHOICES.index(choice),
                        done,
                        inputs.founding[t, c],
                        inputs.window[t, c],
                    )
                )
    kinds = (np.intp, np.intp, np.intp, np.intp, bool, bool, bool)
    table = np.array(rows, dtype=np.intp).reshape(len(rows), len(kinds))
    return RiskSet(*(column.astype(kind) for column, kind in zip(table.T, kinds, strict=True)))
