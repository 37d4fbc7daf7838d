"""Where the tasks of a sweep are done: here, on local cores, or on a cluster. What they find is the same.

Each evaluator takes a plan and tasks, which it asks for as it needs them, and gives what was found, in any order.
"""

import logging
import pickle
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import Any

from tashkent.experiments.plan import SweepPlan
from tashkent.experiments.tasks import PACKAGES, Task, TaskResult, evaluate, failed
from tashkent.model.errors import InputError
from tashkent.model.source import code_digest
from tashkent.model.workers import Pool

#: what was found, as it comes; closed, the work ends
Results = Generator[TaskResult, None, None]
#: seconds to wait for a cluster and its first worker
PATIENCE = 15
#: why a task came to nothing, where nothing else is known
LOST = "the process that did the task was lost twice, as where memory does not suffice"
#: tasks that wait at each thread of a cluster, besides the one that it does
AHEAD = 2


def here(plan: SweepPlan, tasks: Iterable[Task]) -> Results:
    """One after the other in this process."""
    return (_on_one_thread(plan, task) for task in tasks)


@lru_cache(maxsize=1)
def _threads() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _on_one_thread(plan: SweepPlan, task: Task) -> TaskResult:
    """Sums of several threads may differ in their last digits."""
    with _threads().limit(limits=1):
        return evaluate(plan, task)


# local cores ---------------------------------------------------------------------------------------


def on_cores(plan: SweepPlan, tasks: Iterable[Task], workers: int) -> Results:
    """In local processes, each of which gets the plan once; they end with this one.

    Raises
    ------
    InputError
        If processes are ended from outside again and again, as for want of memory.
    """
    source = iter(tasks)
    given: dict[str, Task] = {}

    def lost(key: str) -> TaskResult:
        return failed(plan, given[key], ChildProcessError(LOST))

    with Pool[str, TaskResult](workers, _begin, plan, lost=lost) as pool:

        def give(number: int) -> None:
            for task in islice(source, number):
                given[task.key] = task
                pool.add(task.key, _evaluate_here, task)

        give(2 * workers)
        for key, found in pool.finished():
            del given[key]
            give(1)
            yield found


#: in a worker process: the plan of its tasks
_plans: list[SweepPlan] = []


def _begin(plan: SweepPlan) -> None:
    _plans[:] = [plan]


def _evaluate_here(task: Task) -> TaskResult:
    return _on_one_thread(_plans[0], task)


# a cluster -----------------------------------------------------------------------------------------


def on_cluster(plan: SweepPlan, tasks: Iterable[Task], address: str) -> Results:
    """On the workers of a Dask cluster, which must have the same version of the code.

    The scheduler gives the task of a worker that is gone to another. The plan is held as a task of its own, so that the
    cluster makes it again where the worker that held it is gone.
    """
    with _quiet():
        client = _client(address)
        try:
            _check_workers(client, address)
            yield from _results(client, plan, iter(tasks), address)
        finally:
            client.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the tracebacks that a client logs when its scheduler is gone: one line will say it."""
    log = logging.getLogger("distributed.client")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


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


def _results(
    client: Any, plan: SweepPlan, tasks: Iterator[Task], address: str
) -> Iterator[TaskResult]:
    """Keep a few tasks at each thread, and send the next as one comes back."""
    from distributed import CancelledError, as_completed

    plan_there = client.submit(_held, pickle.dumps(plan), pure=False)
    threads = sum(worker["nthreads"] for worker in client.scheduler_info(-1)["workers"].values())
    sent: dict[str, Task] = {}
    running = as_completed(loop=client.loop)

    def send(number: int) -> None:
        for task in islice(tasks, number):
            future = client.submit(_evaluate_there, plan_there, task, pure=False)
            sent[future.key] = task
            running.add(future)

    send(max(1, threads) * (1 + AHEAD))
    for future in running:
        task = sent.pop(future.key)
        try:
            found = future.result()
        except CancelledError:
            allowed = (
                "a scheduler that stays up: it was lost; what is done is kept, and --resume goes on"
            )
            raise InputError("--cluster", "address", address, allowed) from None
        except Exception as error:  # of the cluster: what a task itself raises is in what it found
            found = failed(plan, task, error)
        yield found
        send(1)


def _held(told: bytes) -> SweepPlan:
    plan: SweepPlan = pickle.loads(told)
    return plan


def _evaluate_there(plan: SweepPlan, task: Task) -> TaskResult:
    return _on_one_thread(plan, task)
