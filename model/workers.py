"""Local processes that share work: they end with the one that started them, and what is lost is done again.

Everything that is given to a process is a task: a function and what it takes. Tasks depend on nothing but that, so
that their number of processes has no influence on what they find, and a task whose process was ended from outside, as
for want of memory, is simply done again. When one process is lost all are, and nobody says which task was at work in
it: so those that were at work are done one at a time before the rest goes on, and a task that loses its process then
is given up (`lost`). What all tasks of a pool need is written to a file, which a new process reads:
through the pipe by which processes are started it would block for ever where one dies before it has read it.
"""

import os
import pickle
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
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
ROUNDS = 9
#: after how many losses of the process in which it was alone a task is given up
TRIES = 2


def counting(progress: Progress | None, of: int) -> Callable[[int], None]:
    """What adds up how much has been done, and tells it: nothing to nobody."""
    done = 0

    def added(number: int) -> None:
        nonlocal done
        done += number
        if progress is not None:
            progress(done, of)

    return added


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
    lost
        What is found of a task, by its key, that has lost its process twice; without it that is refused.

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
        lost: Callable[[K], R] | None = None,
    ) -> None:
        self._workers, self._kept, self._rounds, self._lost = workers, kept, 0, lost
        #: tasks that may have lost a process, which are done alone, and how often they certainly did
        self._suspects: dict[K, int] = {}
        self._tasks: dict[K, tuple[Callable[..., R], tuple[Any, ...]]] = {}
        self._running: dict[Future[R], K] = {}
        self._folder = None if begin is None else tempfile.TemporaryDirectory(prefix="tashkent-")
        told = ""
        if self._folder is not None:
            told = str(Path(self._folder.name) / "shared")
            Path(told).write_bytes(pickle.dumps((begin, shared)))
        self._told = told
        self._executor = self._started()

    def _started(self) -> "_Executor":
        return _shared.get(self._workers) if self._kept else _executor(self._workers, self._told)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is KeyboardInterrupt or (kind is GeneratorExit and not self._kept):
            self._executor.kill()  # a task that nobody waits for may take long
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
        if self._suspects:
            return  # it will have its turn
        try:
            self._submit(key)
        except (BrokenProcessPool, RuntimeError):  # it will be found to be lost, and done again
            self._again()

    def _submit(self, key: K) -> None:
        function, arguments = self._tasks[key]
        with _uninterrupted():
            self._running[self._executor.submit(function, *arguments)] = key

    def finished(self) -> Iterator[tuple[K, R]]:
        """Key and result of each task as it is done; more may be added meanwhile.

        Raises
        ------
        InputError
            If processes are lost again and again and nothing is found, or one task loses its process twice.
        """
        while self._tasks:
            if not self._running:  # none could be given to a process
                self._again()
                continue
            done, _ = wait(self._running, return_when=FIRST_COMPLETED)
            for future in done:
                key = self._running.get(future)
                if key is None:
                    continue  # of processes that were lost meanwhile
                try:
                    found = future.result()
                except BrokenProcessPool:
                    given_up = self._again()
                    if given_up is not None:
                        yield given_up
                    break
                del self._tasks[key], self._running[future]
                self._rounds = 0
                if self._suspects.pop(key, None) is not None:
                    self._go_on()
                yield key, found

    def _again(self) -> tuple[K, R] | None:
        """Start new processes, and give them first what was at work in the lost ones; what is given up, if anything."""
        self._rounds += 1
        if self._rounds > ROUNDS:
            allowed = "as many as there is memory for (processes were ended from outside)"
            raise InputError("processes", "workers", self._workers, allowed)
        given_up = self._suspect()
        if self._kept:
            _shared.drop(self._executor)
        else:
            self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._started()
        self._running.clear()
        self._go_on()
        return given_up

    def _suspect(self) -> tuple[K, R] | None:
        """Note which tasks were at work: those given out longest ago, one a process."""
        at_work = list(self._running.values())[: self._workers]
        alone = len(at_work) == 1
        for key in at_work:
            self._suspects[key] = self._suspects.get(key, 0) + alone
        if not alone or self._suspects[at_work[0]] < TRIES:
            return None
        (key,) = at_work
        if self._lost is None:
            allowed = "one whose process is not ended from outside, as for want of memory"
            raise InputError("processes", "task", str(key), allowed)
        del self._tasks[key], self._suspects[key]
        return key, self._lost(key)

    def _go_on(self) -> None:
        """Give out the next suspect, or all that waits if there is none."""
        waiting = [key for key in self._tasks if key not in set(self._running.values())]
        with suppress(BrokenProcessPool, RuntimeError):  # then the next round finds it
            for key in list(self._suspects)[:1] or waiting:
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


class _Executor(ProcessPoolExecutor):
    def kill(self) -> None:
        """End its processes, whatever they do."""
        for process in list((self._processes or {}).values()):
            process.kill()


def _executor(workers: int, told: str) -> _Executor:
    return _Executor(workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(told,))


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Processes that are started in here never hear of Ctrl-C: it is for the one that started them, and ends them."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Shared:
    """The processes that stay for the next pool, for as long as this process lives."""

    def __init__(self) -> None:
        self._executor: _Executor | None = None
        self._workers = 0
        self._lock = Lock()

    def get(self, workers: int) -> _Executor:
        """Processes, at least so many."""
        with self._lock:
            if self._executor is None or self._workers < workers:
                if self._executor is not None:
                    self._executor.shutdown(wait=False)
                self._executor, self._workers = _executor(workers, ""), workers
            return self._executor

    def drop(self, executor: _Executor) -> None:
        """Take these no more: some of them were lost."""
        with self._lock:
            if self._executor is executor:
                self._executor = None
        executor.shutdown(wait=False)


_shared = _Shared()


def _begin(told: str) -> None:
    """In a new process: one thread for each library, no ear for Ctrl-C, and what all tasks need."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # which nobody sees in its place
    end_with_parent()
    if told:
        begin, shared = pickle.loads(Path(told).read_bytes())
        begin(*shared)
