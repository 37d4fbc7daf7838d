"""What is known of every seat in a month: its status, what is pending on it, and what it owes."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Bools
from tashkent.model.statuses import SETTLING, UNPAID, among

Status8 = NDArray[np.int8]
Months = NDArray[np.int16]
#: in place of a month: nothing is pending, or nothing of the kind has happened; before every month of a record
NEVER = -(2**14)


@dataclass
class Seats:
    """What is known of every seat, on axes (run or month, state, club)."""

    status: Status8
    #: month in which what is pending falls due, or NEVER
    due: Months
    #: months that are owed
    arrears: Months
    #: instruments that the state has yet to join
    gap: Months
    #: it is without the rights that the rule of arrears takes
    deprived: Bools
    #: it is under a sanction that the club alone lifts
    sanctioned: Bools
    #: the state was in before and went out
    former: Bools
    #: month in which it last went out, and month in which the patron last began to court it, or NEVER
    left_in: Months
    courted_in: Months

    @classmethod
    def empty(cls, shape: tuple[int, ...]) -> "Seats":
        """Nobody was ever in."""
        none = np.zeros(shape, np.int16)
        never = np.full(shape, NEVER, np.int16)
        no = np.zeros(shape, bool)
        return cls(
            status=np.zeros(shape, np.int8),
            due=never,
            arrears=none,
            gap=none.copy(),
            deprived=no,
            sanctioned=no.copy(),
            former=no.copy(),
            left_in=never.copy(),
            courted_in=never.copy(),
        )

    def of_month(self, t: int, runs: int) -> "Seats":
        """The seats of one month of a record, once for each run, with runs side by side in memory."""
        return Seats(*(np.asfortranarray(np.repeat(a[t][None], runs, axis=0)) for a in self))

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """The arrays, in the order of the fields."""
        return (getattr(self, field.name) for field in fields(self))


def owed_after(arrears: Months, status: Status8) -> Months:
    """Months owed at the end of a month: one more for who does not pay, one less for who settles, else none.

    Both have shape (R, S, C); so has the result, in months.
    """
    owed: Months = (arrears + np.int16(1)) * among(status, *UNPAID)
    settling = among(status, *SETTLING) & (arrears > 1)
    if settling.any():
        owed[settling] = arrears[settling] - 1
    return owed
