"""Python of a user, called so that whatever goes wrong in it is one line: an exception, an exit, no end."""

import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np

from tashkent.model.errors import InputError

#: seconds that a file or a formula of one's own may take each time it is asked
MOST_SECONDS = 2.0


def guarded(call: Callable[[], Any], file: str, refusal: Callable[[str], InputError]) -> Any:
    """What a call of code in somebody's file gives; `refusal` makes the line that says what is wrong with it.

    Raises
    ------
    InputError
        If it raises anything, ends the process, or takes too long: what, and in which line of the file.
    """
    began = time.perf_counter()
    try:
        with np.errstate(all="ignore"), _alarm():
            found = call()
    except (InputError, KeyboardInterrupt):
        raise
    except _TooLongError:
        raise refusal(_TOO_LONG) from None
    except BaseException as error:  # whatever goes wrong there is theirs to mend, `sys.exit` too
        raise refusal(_told(error, file)) from None
    if time.perf_counter() - began > MOST_SECONDS:
        raise refusal(_TOO_LONG)
    return found


_TOO_LONG = f"no answer in {MOST_SECONDS:g} seconds"


class _TooLongError(BaseException):
    """Somebody's code took too long; no `Exception`, so that it is not caught there."""


@contextmanager
def _alarm() -> Iterator[None]:
    """End what takes too long, where the system has alarms: in the main thread, not on Windows."""
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        """Time is up.

        Raises
        ------
        _TooLongError
            Always, in whatever is at work then.
        """
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, interval)
        signal.signal(signal.SIGALRM, before)


def _told(error: BaseException, file: str) -> str:
    """What went wrong, and in which line of the file, as far as that is known."""
    words = f"{type(error).__name__}: {error}"
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    if isinstance(error, SyntaxError) and error.filename == file:
        lines = [error.lineno]
    return f"{words} (line {lines[-1]})" if lines else words
