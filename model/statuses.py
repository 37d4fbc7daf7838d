"""What a state can be in a club, which statuses the law treats alike, and the acts that change them."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Bools


class Status(IntEnum):
    """What a state is in a club. From SIGNATORY to SANCTIONED it is in; otherwise it is out."""

    NONE = 0
    SIGNATORY = 1
    MEMBER = 2
    NOTICE_GIVEN = 3
    SUSPENSION_REQUESTED = 4
    FROZEN = 5
    SANCTIONED = 6
    SUSPENDED = 7
    LEFT = 8
    EXPELLED = 9
    OBSERVER = 10


IN_FIRST, IN_LAST = Status.SIGNATORY, Status.SANCTIONED
#: plain numbers: a comparison with an enumeration would widen the array first
_FIRST, _LAST = int(IN_FIRST), int(IN_LAST)
#: who takes part in law, who may sign a prolongation, and who may give notice
PARTY = (Status.MEMBER, Status.FROZEN)
MAY_SIGN = (Status.SIGNATORY, *PARTY)
MAY_LEAVE = (*PARTY, Status.SANCTIONED, Status.SUSPENSION_REQUESTED)
#: needs of these statuses are answered by the club
BOUND = (Status.MEMBER, Status.NOTICE_GIVEN, Status.SUSPENSION_REQUESTED, Status.FROZEN)
#: statuses in which a state does not pay, those in which it pays off a month of debt each month, and those
#: that make it a former party
UNPAID = (Status.FROZEN, Status.SANCTIONED)
SETTLING = (Status.NOTICE_GIVEN, Status.SUSPENSION_REQUESTED)
#: whom the club can count on: bound by it, and with neither its own seat frozen nor its rights taken
TAKES_PART = tuple(status for status in BOUND if status not in UNPAID)
FORMER = (Status.SUSPENDED, Status.LEFT, Status.EXPELLED)


class Act(IntEnum):
    """What happens to a seat, or is decided on it. The log of a run and the record of history use the same words."""

    ACCEDE = 0
    ENTER_INTO_FORCE = 1
    RENEW = 2
    ABSTAIN = 3
    LAPSE = 4
    WITHDRAW = 5
    LEAVE = 6
    REQUEST_SUSPENSION = 7
    SUSPEND = 8
    FREEZE = 9
    REFUSE_ACCESSION = 10
    REFUSE_SUSPENSION = 11
    RESUME = 12
    OBSERVE = 13
    REFUSE_OBSERVER = 14
    SANCTION = 15
    REFUSE_SANCTION = 16
    EXPEL = 17
    REFUSE_EXPULSION = 18
    LOSE_RIGHTS = 19
    REFUSE_LOSS_OF_RIGHTS = 20
    RECOVER_RIGHTS = 21
    CARRY_OVER = 22
    HELP = 23
    REFUSE_HELP = 24
    HOST_BASE = 25
    REFUSE_BASE = 26
    END_OBSERVER = 27
    REFUSE_END_OBSERVER = 28
    CEASE_OBSERVING = 29
    DECLINE = 30
    COURT = 31
    RESCIND = 32
    LIFT = 33
    REFUSE_LIFT = 34
    END = 35


def is_in(status: NDArray[np.integer]) -> Bools:
    """Whether a status counts as in the club; of the shape of `status`."""
    return np.asarray((status >= _FIRST) & (status <= _LAST))


def takes_part(status: NDArray[np.integer]) -> Bools:
    """Whether a state with this status takes part in the club in law; of the shape of `status`."""
    return among(status, *TAKES_PART)


def among(status: NDArray[np.integer], *some: Status) -> Bools:
    """Whether a status is one of some; of the shape of `status`."""
    found = np.asarray(status == int(some[0]))
    for one in some[1:]:
        found |= status == int(one)
    return found
