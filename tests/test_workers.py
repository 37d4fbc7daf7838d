"""A process that is lost costs its task alone, and nothing waits for ever."""

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tashkent.model.errors import InputError
from tashkent.model.workers import ROUNDS, Pool

_told: list[int] = []


def begin(told: bytes) -> None:
    _told[:] = [len(told)]


def size(factor: int) -> int:
    return factor * _told[0]


def die_once(folder: str, number: int) -> int:
    """Ends its process the first time that it is done."""
    mark = Path(folder) / str(number)
    if number % 3 == 1 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail() -> None:
    raise ValueError("of the task")


def children() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def kill_children() -> int:
    every = children()
    for child in every:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    return len(every)


@pytest.mark.slow
def test_results_come_in_the_order_of_tasks() -> None:
    before = children()  # other tests keep processes warm
    with Pool[int, int](2, begin, b"abc") as pool:
        assert list(pool.in_order((i, size, (i,)) for i in range(20))) == [3 * i for i in range(20)]
        assert list(pool.in_order([])) == []
        pool.add(7, size, 7)
        assert list(pool.finished()) == [(7, 21)]
    assert children() == before


@pytest.mark.slow
def test_a_lost_process_costs_its_task_alone(tmp_path: Path) -> None:
    with Pool[int, int](2) as pool:
        tasks = ((i, die_once, (str(tmp_path), i)) for i in range(9))
        assert list(pool.in_order(tasks)) == list(range(9))
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.slow
def test_a_task_that_loses_its_process_twice_is_given_up_and_the_others_are_done() -> None:
    with Pool[int, int | None](2, lost=lambda key: -key) as pool:
        for key in range(6):
            pool.add(key, die if key in (1, 4) else pow, *(() if key in (1, 4) else (key, 2)))
        found = dict(pool.finished())
    assert found == {0: 0, 1: -1, 2: 4, 3: 9, 4: -4, 5: 25}


@pytest.mark.slow
def test_without_a_word_for_it_that_is_one_line() -> None:
    allowed = "processes: task: '7' is not valid; allowed: one whose process is not ended"
    with Pool[int, None](2) as pool, pytest.raises(InputError, match=allowed):
        list(pool.in_order([(7, die, ())]))


@pytest.mark.slow
def test_processes_that_are_lost_again_and_again_are_one_line() -> None:
    with (
        Pool[int, None](1, lost=lambda key: None) as pool,
        pytest.raises(InputError, match="as many as there is memory"),
    ):
        list(pool.in_order([(i, die, ()) for i in range(ROUNDS)]))


def test_what_a_task_raises_is_raised_here() -> None:
    with Pool[int, None](2) as pool, pytest.raises(ValueError, match="of the task"):
        list(pool.in_order([(0, fail, ())]))


@pytest.mark.slow
def test_processes_that_die_while_they_start_hang_nothing() -> None:
    """What they share is larger than a pipe holds."""
    stop = threading.Event()

    def kill() -> None:
        killed = 0
        while not stop.is_set() and killed < 4:
            killed += kill_children()
            time.sleep(0.02)

    killer = threading.Thread(target=kill)
    killer.start()
    found = [3_000_000 * i for i in range(4)]  # which they need not find
    try:
        with Pool[int, int](2, begin, bytes(3_000_000)) as pool, suppress(InputError):
            assert list(pool.in_order((i, size, (i,)) for i in range(4))) == found
    finally:
        stop.set()
        killer.join()


@pytest.mark.slow
def test_kept_processes_stay_and_lost_ones_are_replaced() -> None:
    seen = []
    for _ in range(2):
        with Pool[int, int](2, kept=True) as pool:
            seen.append(set(pool.in_order((i, _pid, ()) for i in range(8))))
    assert seen[0] & seen[1]
    kill_children()
    with Pool[int, int](2, kept=True) as pool:
        assert not set(pool.in_order((i, _pid, ()) for i in range(8))) & (seen[0] | seen[1])


def _pid() -> int:
    time.sleep(0.05)
    return os.getpid()


# Ctrl-C --------------------------------------------------------------------------------------------


def sleep(seconds: float) -> None:
    time.sleep(seconds)


@pytest.mark.slow
def test_ctrl_c_ends_the_processes_at_once() -> None:
    """A task that nobody waits for any more may take hours."""
    others = {child.pid for child in children()}

    def own() -> set[int]:
        return {child.pid for child in children()} - others

    def interrupted() -> None:
        with Pool[int, None](2) as pool:
            pool.add(1, sleep, 600.0)
            pool.add(2, sleep, 600.0)
            while len(own()) < 2:
                time.sleep(0.05)
            raise KeyboardInterrupt

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    while own() and time.monotonic() < begun + 120:
        time.sleep(0.05)
    assert not own()
    assert time.monotonic() - begun < 60


def hears() -> bool:
    """Whether Ctrl-C would reach this process."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    return signal.SIGINT not in blocked and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="no masks of signals")
def test_processes_do_not_hear_ctrl_c() -> None:
    """From their first moment on, so that none of them has anything to say of it."""
    assert hears()
    with Pool[int, bool](1) as pool:
        pool.add(1, hears)
        assert dict(pool.finished()) == {1: False}
    assert hears()
