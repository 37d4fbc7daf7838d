"""Work in the background: done once for all who wait for the same, in turn, and dropped when nobody waits any more."""

import threading
from bisect import insort
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from itertools import count

#: told of work that is under way: how many runs are done; less than nothing while so many others come before it
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
        self.found: T | None = None
        self._run = run
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def ready(self) -> bool:
        """It has ended, well or not."""
        return self._ready.is_set()

    def _work(self) -> None:
        try:
            self.found = self._run(self._progress)
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
        if self.error is not None or self.found is None:
            raise RuntimeError(str(self.error)) from self.error
        return self.found


class Desk[K: Hashable, T]:
    """Works by what is asked for. Results are kept up to a weight in all: their number unless `weigh` says more."""

    def __init__(
        self, run: Callable[[K, RunsDone], T], keep: int, weigh: Callable[[T], int] = lambda _: 1
    ) -> None:
        self._run, self._keep, self._weigh = run, keep, weigh
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
            return work

    def _leave(self, key: K, work: Work[T]) -> None:
        with self._lock:
            work.waiting -= 1
            if not work.waiting and not work.ready:
                work.dropped = True
                if self._works.get(key) is work:
                    del self._works[key]
            self._forget()

    def _forget(self) -> None:
        """Let go of what was asked for longest ago, as far as it is too much together and nobody waits for it."""
        weights = {
            key: self._weigh(work.found)
            for key, work in self._works.items()
            if work.found is not None
        }
        too_much = sum(weights.values()) - self._keep
        for key, weight in weights.items():
            if too_much <= 0:
                return
            if not self._works[key].waiting:
                del self._works[key]
                too_much -= weight


class Turns:
    """Places of heavy work: so many at once, the lower rank first, and within a rank who came first."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self._changed = threading.Condition()
        self._number = count()
        self._queue: list[tuple[int, int]] = []
        self._under_way = 0

    @contextmanager
    def turn(self, rank: int, progress: RunsDone) -> Iterator[None]:
        """A place, once it is there; until then `progress` is told how many come before, and may raise to give up."""
        ticket = (rank, next(self._number))
        with self._changed:
            insort(self._queue, ticket)
        try:
            self._wait(ticket, progress)
        except BaseException:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()
            raise
        try:
            progress(0)
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def _wait(self, ticket: tuple[int, int], progress: RunsDone) -> None:
        while True:
            with self._changed:
                place = self._queue.index(ticket)
                if not place and self._under_way < self.at_once:
                    del self._queue[0]
                    self._under_way += 1
                    self._changed.notify_all()
                    return
                before = place + self._under_way
            progress(-before)
            with self._changed:
                self._changed.wait(TOLD_EVERY)
