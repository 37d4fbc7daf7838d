"""A class at once: visitors of the dashboard who ask different questions, in one process with the server's own parts.

``python -m benchmarks.thirty`` lets thirty ask for five minutes: listed questions, and one in five of another start. It
prints how many answers came, how long until the first sight of each, errors, what was lost, memory, and the load.
"""

import argparse
import os
import random
import statistics
import threading
import time
from dataclasses import dataclass, field

from benchmarks.apart import peak
from tashkent.dashboard import question, results
from tashkent.model.memory import keep_memory, share_heap
from tests.visitors import Visitor

#: seconds after which an answer counts as lost, and which somebody takes to read one
LOST, READING = 400.0, (5.0, 20.0)
#: one question in so many is not as it is listed: it begins in another month
OWN = 5


@dataclass
class Seen:
    """What visitors have seen."""

    listed: list[float] = field(default_factory=list)
    other: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lost: int = 0


def visit(number: int, until: float, seen: Seen) -> None:
    """Ask one question after the other."""
    rng, case = random.Random(number), results.the_case()
    one, names = Visitor(), list(question.library(case))
    while time.monotonic() < until:
        asked = {"page": "whatif", "cf": rng.choice(names), "guess": ""}
        listed = bool(rng.randrange(OWN))
        if not listed:
            asked["from"] = f"{rng.randrange(1993, 1999)}-{rng.randrange(1, 13):02}"
        one.send("query", "goto", asked)
        time.sleep(rng.uniform(*READING))
        began = time.monotonic()
        one.send("query", "goto", {"guess": f"UZB:up:{rng.randrange(50, 100, 5)}"})
        while (answer := one.find("fitted")).given is None and not answer.error:
            if time.monotonic() - began > LOST:
                seen.lost += 1
                break
            time.sleep(0.05)
        else:
            took = time.monotonic() - began
            (seen.listed if listed else seen.other).append(took)
        if answer.error:
            seen.errors.append(answer.error)
    one.context.close()


def main() -> None:
    """Let them ask, and say what they saw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=5.0)
    given = parser.parse_args()
    keep_memory()  # as the command and the server do
    share_heap()
    results.warm()
    time.sleep(5)
    rest = _memory()
    seen, until = Seen(), time.monotonic() + 60 * given.minutes
    visitors = [
        threading.Thread(target=visit, args=(number, until, seen))
        for number in range(given.visitors)
    ]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    for words, times in (("listed", seen.listed), ("others", seen.other)):
        if times:
            middle, worst = statistics.median(times), max(times)
            print(f"{words}: {len(times)} answers, median {middle:.1f} s, worst {worst:.1f} s")
    print(f"errors {len(seen.errors)} {sorted(set(seen.errors))}, lost {seen.lost}")
    print(f"memory: {rest:.0f} MB before, {peak() / 2**20:.0f} MB at most; load {os.getloadavg()}")


def _memory() -> float:
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    main()
