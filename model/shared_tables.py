"""What is made of some tables of a case alone is kept for the next case that shares them: most of them do."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from tashkent.model.case import Case

#: so many results of each function are kept: a case, and some of its counterfactuals with other tables
MOST = 4


def of_tables[T](
    *names: str, fixed: str = ""
) -> Callable[[Callable[[Case], T]], Callable[[Case], T]]:
    """Keep what a function makes of a case, for cases with equal fields of some names and an equal fixed parameter.

    The function must look at nothing else, and nobody may write to what it gives.
    """

    def decorated(make: Callable[[Case], T]) -> Callable[[Case], T]:
        kept: list[tuple[tuple[Any, ...], T]] = []

        @wraps(make)
        def made(case: Case) -> T:
            key = tuple(getattr(case, name) for name in names)
            key = (*key, case.fixed(fixed) if fixed else None)
            for known, result in kept:
                if all(a is b or a == b for a, b in zip(known, key, strict=True)):
                    return result
            result = make(case)
            kept.insert(0, (key, result))
            del kept[MOST:]
            return result

        return made

    return decorated
