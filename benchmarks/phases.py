"""What each phase of the months takes of a call of the engine."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tashkent.model import step

#: what a call takes besides the phases: its draws' keys, the record that it starts from, statuses kept
BESIDES = "besides"


def phases() -> tuple[str, ...]:
    """The phases of a month in their order, by the names of their functions.

    Examples
    --------
    >>> phases()[:2], phases()[-1]
    (('follow_patron', 'take_effect'), 'update_beliefs')
    """
    return tuple(name for name in step.advance.__code__.co_names if hasattr(step, name))


def seconds_by_phase(call: Callable[[], object]) -> dict[str, float]:
    """Seconds of a call in each phase of all its months, and besides; a few microseconds a phase are the clock's."""
    spent = dict.fromkeys(phases(), 0.0)
    with _timed(spent):
        began = time.perf_counter()
        call()
        whole = time.perf_counter() - began
    return {**spent, BESIDES: whole - sum(spent.values())}


@contextmanager
def _timed(spent: dict[str, float]) -> Iterator[None]:
    """Have the phases add their seconds to `spent`; as they were at the end."""
    plain = {name: getattr(step, name) for name in spent}

    def timed(name: str) -> Callable[..., object]:
        function = plain[name]

        def phase(*given: object) -> object:
            began = time.perf_counter()
            found = function(*given)
            spent[name] += time.perf_counter() - began
            return found

        return phase

    for name in spent:
        setattr(step, name, timed(name))
    try:
        yield
    finally:
        for name, function in plain.items():
            setattr(step, name, function)
