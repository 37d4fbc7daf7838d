"""What is made of some tables of a case alone is kept for the next case that shares them: most of them do."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from tashkent.model.case import Case

#: so many results of each function are kept, those used last: a case, and some of its counterfactuals
MOST = 4


def of_tables[T](
    *names: str, fixed: tuple[str, ...] = ()
) -> Callable[[Callable[[Case], T]], Callable[[Case], T]]:
    """Keep what a function makes of a case, for cases with equal fields of some names and equal fixed parameters.

    The function must look at nothing else, and nobody may write to what it gives.
    """

    def decorated(make: Callable[[Case], T]) -> Callable[[Case], T]:
        kept: list[tuple[tuple[Any, ...], T]] = []

        @wraps(make)
        def made(case: Case) -> T:
            key = (*(getattr(case, name) for name in names), *map(case.fixed, fixed))
            for place, (known, result) in enumerate(kept):
                if all(a is b or a == b for a, b in zip(known, key, strict=True)):
                    kept.insert(0, kept.pop(place))
                    return result
            result = make(case)
            kept.insert(0, (key, result))
            del kept[MOST:]
            return result

        return made

    return decorated
