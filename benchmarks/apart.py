"""What has to be measured in a process of its own: peak memory, and how long a command takes to start.

``python -m benchmarks.apart whole 1000 4000`` and ``python -m benchmarks.apart blocks 10000`` print memory as JSON.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

SEED = 1
#: the peak is read for the first time when so many blocks have been simulated: memory is warm by then
WARM = 2


class Memory(NamedTuple):
    """Peak resident memory of a process that simulates, in bytes."""

    runs: int
    #: before the first run, after a few blocks, and at the end
    before: int
    warm: int
    peak: int


def main() -> None:
    """Simulate as asked and print what it took."""
    how, numbers = sys.argv[1], [int(number) for number in sys.argv[2:]]
    print(json.dumps(whole(numbers) if how == "whole" else [blocks(runs) for runs in numbers]))


def peak() -> int:
    """Peak resident memory of this process so far, in bytes.

    Linux hands the number of `getrusage` down from the process that started this one; that in /proc is its own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (row for row in status.read_text().splitlines() if row.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def whole(numbers: Sequence[int]) -> list[Memory]:
    """Calls of `simulate`, the smallest first, all of whose result is kept: statuses of every month, and the log."""
    from tashkent.calibration.posterior import posterior
    from tashkent.model.case import load_case
    from tashkent.model.simulate import simulate

    case, found = load_case(), []
    draws = posterior(case).draws(runs=max(numbers), seed=SEED)
    before = peak()
    for runs in sorted(numbers):
        ensemble = simulate(case, {n: v[:runs] for n, v in draws.items()}, seed=SEED)
        found.append(Memory(ensemble.runs, before, before, peak()))
        del ensemble
    return found


def blocks(runs: int) -> Memory:
    """Block after block, of which only the number of runs in each seat is kept."""
    from tashkent.calibration.posterior import posterior
    from tashkent.model.case import load_case
    from tashkent.model.simulate import BLOCK, simulate

    case = load_case()
    fitted = posterior(case)
    before = warm = peak()
    seated = np.zeros((len(case.months), len(case.states), len(case.clubs)), np.int64)
    for number, low in enumerate(range(0, runs, BLOCK), start=1):
        size = min(BLOCK, runs - low)
        draws = fitted.draws(runs=size, seed=SEED, first_run=low)
        seated += simulate(case, draws, seed=SEED, first_run=low).seats.sum(axis=0)
        if number == WARM:
            warm = peak()
    return Memory(runs, before, warm, peak())


def measured(how: str, *numbers: int) -> list[Memory]:
    """The memory of one of the two, in a process of its own; one entry for each number of runs."""
    command = [sys.executable, "-m", "benchmarks.apart", how, *map(str, numbers)]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return [Memory(*numbers) for numbers in json.loads(done.stdout)]


def seconds_to_run(*command: str) -> float:
    """How long a command takes from start to end."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
