"""The rules of every month and club of a case, and tables of what is asked of them.

Rules change on the dates of statutes and come round with sessions and terms, so few of them differ: whatever is asked
is asked once of each.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tashkent.model.case import Case
from tashkent.model.inputs import Rules
from tashkent.model.law import RulesInForce
from tashkent.model.shared_tables import of_tables


@of_tables("start", "end", "clubs", "statutes")
def rules_of(case: Case) -> Rules:
    """The rules of every month and club."""
    club_names = tuple(case.clubs)
    return tuple(tuple(case.law.rules(c, m) for c in club_names) for m in case.months)


@of_tables("start", "end", "clubs", "statutes")
def different_rules(case: Case) -> tuple[tuple[RulesInForce, ...], NDArray[np.intp]]:
    """The rules that differ, and which of them hold in each month and club, shape (T, C)."""
    rules = rules_of(case)
    differ = {id(here): here for row in rules for here in row}
    numbers = {key: number for number, key in enumerate(differ)}
    return tuple(differ.values()), np.array([[numbers[id(here)] for here in row] for row in rules])


def asked(case: Case, look: Callable[[RulesInForce], Any]) -> NDArray[Any]:
    """What `look` finds in the rules of each month and club, shape (T, C)."""
    differ, places = different_rules(case)
    return np.array([look(here) for here in differ])[places]
