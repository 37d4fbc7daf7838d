"""Where the tasks of a sweep are done: here, on local cores, or as `experiments.cluster` says. All find the same.

Each evaluator takes a plan and tasks, which it asks for as it needs them, and gives what was found, in any order.
"""

from collections.abc import Generator, Iterable
from functools import lru_cache
from itertools import islice
from typing import Any

from tashkent.experiments.plan import SweepPlan
from tashkent.experiments.tasks import Task, TaskResult, evaluate, failed
from tashkent.model.workers import Pool

#: what was found, as it comes; closed, the work ends
Results = Generator[TaskResult, None, None]
#: why a task came to nothing, where nothing else is known
LOST = "the process that did the task was lost twice, as where memory does not suffice"


def here(plan: SweepPlan, tasks: Iterable[Task]) -> Results:
    """One after the other in this process."""
    return (on_one_thread(plan, task) for task in tasks)


@lru_cache(maxsize=1)
def _threads() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def on_one_thread(plan: SweepPlan, task: Task) -> TaskResult:
    """Do a task; sums of several threads may differ in their last digits."""
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
    return on_one_thread(_plans[0], task)
