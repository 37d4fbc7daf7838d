"""The tasks of a sweep on a Dask cluster, with the rule of local processes: a lost worker costs its tasks.

They are done again one at a time, with nothing else at work, so that it shows which of them it was: one that loses its
worker then is given up. Dask itself gives a task to four workers, one after the other, and what waits beside it falls
with it.
"""

import logging
import pickle
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from tashkent.experiments.evaluators import LOST, Results, on_one_thread
from tashkent.experiments.plan import SweepPlan
from tashkent.experiments.tasks import PACKAGES, Task, TaskResult, failed
from tashkent.model.errors import InputError
from tashkent.model.source import code_digest

#: seconds to wait for a cluster and its first worker
PATIENCE = 15
#: seconds to wait for another worker when all are lost, and how often to look
WITHOUT_WORKERS, LOOK = 300.0, 5.0
#: tasks that wait at each thread of a cluster, besides the one that it does
AHEAD = 2
_GONE = "a scheduler that stays up: it was lost"
#: what is kept where a cluster fails
_KEPT = "what is done is kept, and --resume goes on"


def on_cluster(plan: SweepPlan, tasks: Iterable[Task], address: str) -> Results:
    """On the workers of a Dask cluster, which must have the same version of the code.

    The plan is held as a task of its own, so that the cluster makes it again where the worker that held it is gone.
    """
    with _quiet():
        client = _client(address)
        try:
            _check_workers(client, address)
            with _first_loss_told(client) as prefix:
                yield from _Sent(client, plan, iter(tasks), address, prefix).results()
        finally:
            client.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the tracebacks that a client logs when its scheduler is gone: one line will say it."""
    logs = [logging.getLogger(f"distributed.{name}") for name in ("batched", "client")]
    before = [log.disabled for log in logs]
    for log in logs:
        log.disabled = True
    try:
        yield
    finally:
        for log, disabled in zip(logs, before, strict=True):
            log.disabled = disabled


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        allowed = "an environment that has it: pip install 'tashkent[cluster]'"
        raise InputError("--cluster", "package", "distributed", allowed) from None
    try:
        return Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        words = str(error).partition("\n")[0] or type(error).__name__
        allowed = (
            f"the address of a Dask scheduler that answers, such as tcp://127.0.0.1:8786 ({words})"
        )
        raise InputError("--cluster", "address", address, allowed) from None


def _check_workers(client: Any, address: str) -> None:
    """Refuse a cluster without workers, and workers with another version of the code."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise InputError("--cluster", "address", address, "a cluster with a worker") from None
    try:
        versions = set(client.run(code_digest, *PACKAGES).values())
    except Exception as error:  # whatever keeps a worker from loading the package
        allowed = f"workers that can import this package ({type(error).__name__}: {error})"
        raise InputError("--cluster", "workers", address, allowed) from None
    if versions != {code_digest(*PACKAGES)}:
        raise InputError(
            "--cluster", "workers", address, "workers with the same version of the code"
        )


@contextmanager
def _first_loss_told(client: Any) -> Iterator[str]:
    """Have the scheduler give up those tasks whose key begins as said when they lose their first worker.

    It counts losses from what it allows: other users' tasks stay as they are.
    """
    from distributed import SchedulerPlugin

    prefix = f"tashkent-{secrets.token_hex(8)}"

    # local, so that it goes to a scheduler that lacks this package
    class FirstLoss(SchedulerPlugin):  # type: ignore[misc]
        name = prefix

        async def start(self, scheduler: Any) -> None:
            self.scheduler = scheduler

        def transition(self, key: str, start: str, finish: str, *_: Any, **__: Any) -> None:
            if finish == "processing" and str(key).startswith(prefix):
                self.scheduler.tasks[key].suspicious = self.scheduler.allowed_failures

    client.register_plugin(FirstLoss(), name=prefix)
    try:
        yield prefix
    finally:
        if client.status == "running":
            client.unregister_scheduler_plugin(prefix)


class _Sent:
    """The tasks that are at the cluster: a few at each thread, and the next as one comes back."""

    def __init__(
        self, client: Any, plan: SweepPlan, tasks: Iterator[Task], address: str, prefix: str
    ) -> None:
        self._client, self._plan, self._tasks, self._address = client, plan, tasks, address
        self._prefix, self._number = prefix, 0
        #: workers may come and go: a few tasks more or fewer wait at each
        self._room = max(1, self._threads()) * (1 + AHEAD)
        self._plan_there = client.submit(_held, pickle.dumps(plan), pure=False)
        self._running: dict[Any, Task] = {}
        #: those that lost a worker, and whether one of them is at work alone
        self._suspects: list[Task] = []
        self._alone = False

    def results(self) -> Iterator[TaskResult]:
        """What is found, as it comes.

        Raises
        ------
        InputError
            If the cluster ends before all is found.
        """
        from distributed import CancelledError
        from distributed.scheduler import KilledWorker

        self._send()
        while self._running:
            for future in self._done():
                task = self._running.pop(future)
                try:
                    yield future.result(LOOK)
                except TimeoutError:  # what it found was lost with its worker, and is found again
                    self._running[future] = task
                except CancelledError:
                    raise self._lost(_GONE) from None
                except KilledWorker:
                    if self._alone:
                        yield failed(self._plan, task, ChildProcessError(LOST))
                    else:
                        self._suspects.append(task)
                except Exception as error:  # of the cluster: a task's own is in what it found
                    yield failed(self._plan, task, error)
            self._send()

    def _send(self) -> None:
        """Send what may be at work now: one suspect alone, or as many as there is room for."""
        if self._suspects:
            self._alone = not self._running
            new = [self._suspects.pop(0)] if self._alone else []
        else:
            self._alone = False
            new = list(islice(self._tasks, max(0, self._room - len(self._running))))
        for task in new:
            self._number += 1
            key = f"{self._prefix}-{self._number}"
            future = self._client.submit(_evaluate_there, self._plan_there, task, key=key)
            self._running[future] = task

    def _done(self) -> list[Any]:
        """Those that are done, at least one; refused if no worker comes back for long."""
        from distributed import CancelledError, wait

        since = time.monotonic()
        while True:
            try:
                with self._client.as_current():
                    return list(wait(list(self._running), LOOK, "FIRST_COMPLETED").done)
            except TimeoutError:
                threads = self._threads()
                if threads:
                    self._room = threads * (1 + AHEAD)
                    since = time.monotonic()
            except CancelledError:
                raise self._lost(_GONE) from None
            if time.monotonic() - since > WITHOUT_WORKERS:
                raise self._lost("a cluster with a worker: all were lost")

    def _threads(self) -> int:
        """Threads of all workers that are there."""
        try:
            workers = self._client.scheduler_info(-1)["workers"].values()
        except OSError:  # a timeout too
            raise self._lost(_GONE) from None
        return sum(worker["nthreads"] for worker in workers)

    def _lost(self, words: str) -> InputError:
        return InputError("--cluster", "address", self._address, f"{words}; {_KEPT}")


def _held(told: bytes) -> SweepPlan:
    plan: SweepPlan = pickle.loads(told)
    return plan


def _evaluate_there(plan: SweepPlan, task: Task) -> TaskResult:
    return on_one_thread(plan, task)
