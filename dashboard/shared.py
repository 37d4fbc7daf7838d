"""Work in the background: done once for all who wait for the same, and dropped when nobody waits any more."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

RunsDone = Callable[[int], None]
#: seconds between two words on progress: each draws a page anew while the work waits
TOLD_EVERY = 0.2


class Stopped(Exception):  # noqa: N818 - a wish, not an error
    """Nobody wants the result any longer."""


def while_wanted(wanted: Callable[[], bool], tell: RunsDone | None = None) -> RunsDone:
    """What tells how far a visitor's work is, and raises `Stopped` once it is no longer wanted.

    Raises
    ------
    Stopped
        By what is returned, once nobody wants the result.
    """

    def _progress(done: int) -> None:
        if not wanted():
            raise Stopped
        if tell is not None:
            tell(done)

    return _progress


class Work[T]:
    """Something that takes a while, in a thread of its own; `run` is given what to tell of its progress."""

    def __init__(self, name: str, run: Callable[[RunsDone], T]) -> None:
        self.done = 0
        self.waiting = 0
        self.dropped = False
        self.error: Exception | None = None
        self._run = run
        self._found: T | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def ready(self) -> bool:
        """It has ended, well or not."""
        return self._ready.is_set()

    def _work(self) -> None:
        try:
            self._found = self._run(self._progress)
        except Exception as error:  # told to whoever waits
            self.error = error
        finally:
            self._ready.set()

    def _progress(self, done: int) -> None:
        if self.dropped:
            raise Stopped
        self.done = done

    def get(self, progress: RunsDone) -> T:
        """The result, once it is there; `progress` may raise `Stopped`, and the work goes on for the others.

        Raises
        ------
        RuntimeError
            If the work failed; for everybody who waits for it.
        """
        while not self._ready.wait(TOLD_EVERY):
            progress(self.done)
        if self.error is not None or self._found is None:
            raise RuntimeError(str(self.error)) from self.error
        return self._found


class Desk[K: Hashable, T]:
    """Works by what is asked for; a few results are kept."""

    def __init__(self, run: Callable[[K, RunsDone], T], keep: int) -> None:
        self._run, self._keep = run, keep
        self._lock = threading.Lock()
        self._works: OrderedDict[K, Work[T]] = OrderedDict()

    def obtain(self, key: K, progress: RunsDone) -> T:
        """The result, the visitor's own or shared with those who ask for the same."""
        work = self._take(key)
        try:
            return work.get(progress)
        finally:
            self._leave(key, work)

    def _take(self, key: K) -> Work[T]:
        with self._lock:
            work = self._works.get(key)
            if work is None or work.error is not None:
                work = Work(f"work {key}", lambda progress: self._run(key, progress))
            self._works[key] = work
            self._works.move_to_end(key)
            work.waiting += 1
            idle = [k for k, w in self._works.items() if w.ready and not w.waiting]
            for old in idle[: max(0, len(self._works) - self._keep)]:
                del self._works[old]
            return work

    def _leave(self, key: K, work: Work[T]) -> None:
        with self._lock:
            work.waiting -= 1
            if not work.waiting and not work.ready:
                work.dropped = True
                if self._works.get(key) is work:
                    del self._works[key]
