"""Local processes that share work: they end with the one that started them, and what is lost is done again.

Everything that is given to a process is a task: a function and what it takes. Tasks depend on nothing but that, so
that their number of processes has no influence on what they find, and a task whose process was ended from outside, as
for want of memory, is simply done again. What all tasks of a pool need is written to a file, which a new process reads:
through the pipe by which processes are started it would block for ever where one dies before it has read it.
"""

import os
import pickle
import tempfile
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self

from tashkent.model.errors import InputError
from tashkent.model.memory import keep_memory

#: called with what is done and what there is to do
Progress = Callable[[int, int], None]
#: called with the name of a stage, what is done and what there is to do
StageProgress = Callable[[str, int, int], None]

#: how often in a row, without a result in between, the processes of a pool are started anew after some were lost
ROUNDS = 3


def end_with_parent() -> None:
    """Let this worker end when the process that started it is gone, however it went."""
    keep_memory()
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=watch, daemon=True).start()


# a pool --------------------------------------------------------------------------------------------


class Pool[K: Hashable, R]:
    """Processes that do tasks, each under a key, and give what was found as it comes.

    Parameters
    ----------
    workers
        Number of processes.
    begin
        Called once in each process, with what follows: what all tasks need.
    shared
        Of `begin`: sent once to each process.
    kept
        Take the processes that stay from one pool to the next; they begin with nothing.

    Examples
    --------
    >>> with Pool(2) as pool:
    ...     for base in (2, 3):
    ...         pool.add(base, pow, base, 10)
    ...     found = dict(pool.finished())
    >>> sorted(found.items())
    [(2, 1024), (3, 59049)]
    """

    def __init__(
        self,
        workers: int,
        begin: Callable[..., object] | None = None,
        *shared: object,
        kept: bool = False,
    ) -> None:
        self._workers, self._kept, self._lost = workers, kept, 0
        self._tasks: dict[K, tuple[Callable[..., R], tuple[Any, ...]]] = {}
        self._running: dict[Future[R], K] = {}
        self._folder = None if begin is None else tempfile.TemporaryDirectory(prefix="tashkent-")
        told = ""
        if self._folder is not None:
            told = str(Path(self._folder.name) / "shared")
            Path(told).write_bytes(pickle.dumps((begin, shared)))
        self._told = told
        self._executor = self._started()

    def _started(self) -> ProcessPoolExecutor:
        return _shared.get(self._workers) if self._kept else _executor(self._workers, self._told)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the work, whether or not it is done."""
        for future in self._running:
            future.cancel()
        if not self._kept:
            self._executor.shutdown(cancel_futures=True)
        if self._folder is not None:
            self._folder.cleanup()

    def add(self, key: K, function: Callable[..., R], *arguments: object) -> None:
        """Have a function of a module called with arguments in one of the processes."""
        self._tasks[key] = (function, arguments)
        try:
            self._submit(key)
        except (BrokenProcessPool, RuntimeError):  # it will be found to be lost, and done again
            self._again()

    def _submit(self, key: K) -> None:
        function, arguments = self._tasks[key]
        self._running[self._executor.submit(function, *arguments)] = key

    def finished(self) -> Iterator[tuple[K, R]]:
        """Key and result of each task as it is done; more may be added meanwhile.

        Raises
        ------
        InputError
            If processes are lost again and again and nothing is found.
        """
        while self._tasks:
            if not self._running:  # none could be given to a process
                self._again()
                continue
            done, _ = wait(self._running, return_when=FIRST_COMPLETED)
            for future in done:
                key = self._running.pop(future, None)
                if key is None:
                    continue  # of processes that were lost meanwhile
                try:
                    found = future.result()
                except BrokenProcessPool:
                    self._again()
                    break
                del self._tasks[key]
                self._lost = 0
                yield key, found

    def _again(self) -> None:
        """Start new processes and give them all that is not done."""
        self._lost += 1
        if self._lost > ROUNDS:
            allowed = "as many as there is memory for (processes were ended from outside)"
            raise InputError("processes", "workers", self._workers, allowed)
        if self._kept:
            _shared.drop(self._executor)
        else:
            self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._started()
        self._running.clear()
        with suppress(BrokenProcessPool, RuntimeError):  # then the next round finds it
            for key in self._tasks:
                self._submit(key)

    def in_order(self, tasks: Iterable[tuple[K, Callable[..., R], tuple[Any, ...]]]) -> Iterator[R]:
        """The results of tasks (key, function, arguments) in their order, each as soon as those before it are there.

        Raises
        ------
        InputError
            As `finished` does.
        """
        found: dict[K, R] = {}
        order = []
        for key, function, arguments in tasks:
            order.append(key)
            self.add(key, function, *arguments)
        waiting = iter(order)
        turn = next(waiting, None)
        for key, result in self.finished():
            found[key] = result
            while turn in found:
                yield found.pop(turn)
                turn = next(waiting, None)


def _executor(workers: int, told: str) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(told,)
    )


class _Shared:
    """The processes that stay for the next pool, for as long as this process lives."""

    def __init__(self) -> None:
        self._executor: ProcessPoolExecutor | None = None
        self._workers = 0
        self._lock = Lock()

    def get(self, workers: int) -> ProcessPoolExecutor:
        """Processes, at least so many."""
        with self._lock:
            if self._executor is None or self._workers < workers:
                if self._executor is not None:
                    self._executor.shutdown(wait=False)
                self._executor, self._workers = _executor(workers, ""), workers
            return self._executor

    def drop(self, executor: ProcessPoolExecutor) -> None:
        """Take these no more: some of them were lost."""
        with self._lock:
            if self._executor is executor:
                self._executor = None
        executor.shutdown(wait=False)


_shared = _Shared()


def _begin(told: str) -> None:
    """In a new process: one thread for each library, and what all tasks need."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    end_with_parent()
    if told:
        begin, shared = pickle.loads(Path(told).read_bytes())
        begin(*shared)
