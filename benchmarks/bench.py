"""Time and memory of the engine, beside its docked twin and Mesa; refused when their histories differ.

Run it with ``make bench`` (``BENCH_ARGS=--quick`` for a short one). What is compared is measured in one process with
one thread, interleaved and in shuffled order; medians with quartiles. Two workers, memory and the start of the
command line take processes of their own. The result goes to `results/bench.json`, with the change from the last time.
"""

import argparse
import contextlib
import json
import math
import os
import platform
import random
import statistics
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import mesa
import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import apart
from benchmarks.larger import larger
from benchmarks.phases import seconds_by_phase
from tashkent.calibration.likelihood import design
from tashkent.calibration.posterior import posterior
from tashkent.experiments.chunks import store
from tashkent.experiments.coalition import CoalitionModel
from tashkent.experiments.compare import compare, history_of
from tashkent.experiments.design import read_design
from tashkent.experiments.docking import differences
from tashkent.experiments.glass_box import AllianceModel
from tashkent.experiments.tasks import Tasks, evaluate
from tashkent.model.case import Case, load_case
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case
from tashkent.model.counterfactual import shipped_counterfactuals
from tashkent.model.simulate import BLOCK, simulate
from tashkent.model.theory import with_theory

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "results" / "bench.json"
#: a sweep of which one task is measured
SWEEP = ROOT / "docs" / "examples" / "many_runs.toml"
SEED = 1
CALL = "simulate"
TWIN, MESA = "twin", "CoalitionModel in batch_run"
LIKELIHOOD = "likelihood, a vector"
TASK, ITS_RUNS = "a task of a sweep", "its runs alone"
COMPILED, PATCHED = "compiled again", "patched and compiled, a counterfactual"
HELP = "tashkent --help"
#: terms that hold for pairs of states, whose cost may grow with the square of their number
OF_PAIRS = ("contagion", "partisan_patron")
MILLION = 1_000_000
#: a load average above this says that others use the machine
BUSY = 0.5
#: seconds times this are in the unit
PER_SECOND = {"s": 1.0, "ms": 1e3, "µs": 1e6}


@dataclass(frozen=True)
class Plan:
    """How much is run."""

    #: runs whose histories are compared with the twin's
    compared: int
    #: runs of one call of `simulate`, those of a call of the slow ones, and how often each thing is measured
    ensemble: int
    slow: int
    repeats: int
    #: repetitions of what takes long
    few: int
    #: runs of calls whose cost is to be linear in runs, and of those that a page waits for
    runs: tuple[int, ...]
    small: tuple[int, ...]
    #: states and clubs of larger cases, None for as many as there are, and runs of each
    sizes: tuple[tuple[int | None, int | None], ...]
    size_runs: int
    #: months of these two and of counterfactuals, or None for all of the case
    months: int | None
    #: pairs of runs of a counterfactual, by one worker and two; and those that a page waits for
    pairs: tuple[int, ...]
    few_pairs: int
    #: runs whose whole result is kept, and runs in blocks that are dropped
    whole: tuple[int, int]
    blocks: int


FULL = Plan(
    compared=200,
    ensemble=2048,
    slow=2,
    repeats=7,
    few=3,
    runs=(512, 1024, 2048),
    small=(50, 300),
    sizes=((50, None), (200, None), (None, 20)),
    size_runs=128,
    months=None,
    pairs=(1000,),
    few_pairs=300,
    whole=(2048, 8192),
    blocks=12_288,
)
QUICK = Plan(
    compared=4,
    ensemble=64,
    slow=1,
    repeats=2,
    few=2,
    runs=(16, 32),
    small=(5,),
    sizes=((14, None), (None, 6)),
    size_runs=16,
    months=36,
    pairs=(20,),
    few_pairs=10,
    whole=(16, 32),
    blocks=64,
)


class Job(NamedTuple):
    """Something to be timed: a call, and how many runs (or whatever else is counted) it does."""

    call: Callable[[], object]
    number: int = 1


class Row(NamedTuple):
    """Median and quartiles of a measurement, in its unit."""

    unit: str
    median: float
    lower: float
    upper: float

    @classmethod
    def of(cls, seconds: Sequence[float], unit: str) -> "Row":
        """The quartiles of some seconds in another unit."""
        low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
        return cls(unit, *(PER_SECOND[unit] * value for value in (median, low, high)))


class Figure(NamedTuple):
    """A number that follows from measurements, and what it says."""

    value: float
    unit: str
    says: str


#: group -> name -> measurement
Table = dict[str, dict[str, Row]]


def main() -> None:
    """Compare histories, then time, print and keep the figures."""
    parser = argparse.ArgumentParser(description="Time the engine against its twin and Mesa.")
    parser.add_argument(
        "--quick", action="store_true", help="little of everything; the result is not kept"
    )
    quick = parser.parse_args().quick
    case, plan = load_case(), QUICK if quick else FULL
    load = os.getloadavg()[0]
    if load > BUSY:
        print(
            f"the machine is busy (load {load:.1f}): times are too long, above all of two workers"
        )
    found = docked(case, plan.compared)
    if found:
        sys.exit(
            "refused: the histories differ, so a ratio would mean nothing\n" + "\n".join(found[:5])
        )
    print(f"histories equal, act for act: {plan.compared} runs of the full case", flush=True)
    with threadpool_limits(1):
        table, memory = measure(case, plan)
    figures = derived(table, memory, case, plan)
    before = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    show(table, figures, before)
    if quick:
        print("\nquick: too few runs for figures that mean much; not kept")
    else:
        keep(table, figures, case, plan, load)


def docked(case: Case, runs: int) -> list[str]:
    """The first acts in which engine and twin differ; empty if there are none."""
    draws = posterior(case).draws(runs=runs, seed=SEED)
    return [str(d) for d in differences(case, draws, seed=SEED, runs=runs, start=None)]


# what is measured ----------------------------------------------------------------------------------


def measure(case: Case, plan: Plan) -> tuple[Table, list[apart.Memory]]:
    """All measurements, group by group, and memory: of two calls kept whole, and of blocks."""
    groups: dict[str, Callable[[], dict[str, Row]]] = {
        "a run": lambda: _rows(interleaved(of_a_run(case, plan), plan.repeats), "ms"),
        "a likelihood": lambda: _rows(interleaved(of_a_likelihood(case), plan.repeats), "µs"),
        "a call, by runs": lambda: _rows(interleaved(by_runs(case, plan), plan.few), "ms"),
        **{
            f"the phases of {runs} runs": partial(_phases, case, plan, runs)
            for runs in (*plan.small, plan.ensemble)
        },
        "a case": lambda: _rows(interleaved(of_a_case(case), plan.repeats), "ms"),
        "a question": lambda: _rows(interleaved(of_a_question(case, plan), plan.repeats), "ms"),
        "a run, by size": lambda: _rows(interleaved(by_size(case, plan), plan.few), "ms"),
        "a counterfactual": lambda: _rows(interleaved(of_pairs(case, plan), plan.few), "s"),
        "a task": lambda: _rows(interleaved(of_a_task(case, plan), plan.repeats), "ms"),
        "a start": lambda: _rows(interleaved(of_a_start(), plan.repeats), "s"),
    }
    table: Table = {}
    for name, measured in groups.items():
        began = time.perf_counter()
        table[name] = measured()
        print(f"measured: {name} ({time.perf_counter() - began:.0f} s)", flush=True)
    return table, [*apart.measured("whole", *plan.whole), *apart.measured("blocks", plan.blocks)]


def _phases(case: Case, plan: Plan, runs: int) -> dict[str, Row]:
    return _rows(by_phase(case, plan, runs), "ms")


def interleaved(jobs: Mapping[str, Job], repeats: int) -> dict[str, list[float]]:
    """Seconds of each job per thing counted, several times each, in shuffled order; the first time is thrown away."""
    for job in jobs.values():
        job.call()
    timings: dict[str, list[float]] = {name: [] for name in jobs}
    order = random.Random(SEED)
    for _ in range(repeats):
        for name in order.sample(list(jobs), len(jobs)):
            began = time.perf_counter()
            jobs[name].call()
            timings[name].append((time.perf_counter() - began) / jobs[name].number)
    return timings


def _rows(timings: Mapping[str, Sequence[float]], unit: str) -> dict[str, Row]:
    return {name: Row.of(seconds, unit) for name, seconds in timings.items()}


def of_a_run(case: Case, plan: Plan) -> dict[str, Job]:
    """A run of the engine, of the twin, and of the Mesa model as Mesa runs many."""
    draws = posterior(case).draws(runs=plan.ensemble, seed=SEED)
    one = {name: float(values[0]) for name, values in draws.items()}

    def twin() -> None:
        for run in range(plan.slow):
            AllianceModel(case, one, seed=SEED, run=run).run_to_end()

    def batch() -> None:
        parameters = {"case": case, "run": range(plan.slow), "parameters": [one]}
        with contextlib.redirect_stderr(None):
            mesa.batch_run(CoalitionModel, parameters, rng=[SEED], display_progress=False)

    return {
        CALL: Job(lambda: simulate(case, draws, seed=SEED), plan.ensemble),
        TWIN: Job(twin, plan.slow),
        MESA: Job(batch, plan.slow),
    }


def of_a_likelihood(case: Case) -> dict[str, Job]:
    """The likelihood of the record, for many parameter vectors at once."""
    rows, many = design(case), 256
    draws = posterior(case).draws(runs=many, seed=SEED)
    vectors = np.stack([draws[name] for name in rows.names])
    return {LIKELIHOOD: Job(lambda: rows.log_scores(vectors), many)}


def of_a_case(case: Case) -> dict[str, Job]:
    """The case compiled again, and with each listed counterfactual: patches made, what they change compiled anew."""
    anew = compile_case.__wrapped__  # without what was kept of whole cases
    asked = shipped_counterfactuals(case)

    def patched() -> None:
        for counterfactual in asked:
            anew(counterfactual.apply(case))

    return {COMPILED: Job(lambda: anew(case)), PATCHED: Job(patched, len(asked))}


def by_runs(case: Case, plan: Plan) -> dict[str, Job]:
    """`simulate` with more and more runs; whole calls."""
    draws = posterior(case).draws(runs=max(plan.runs), seed=SEED)

    def job(runs: int) -> Job:
        drawn = {name: values[:runs] for name, values in draws.items()}
        return Job(lambda: simulate(case, drawn, seed=SEED, end=_end(case, plan)))

    return {f"{runs} runs": job(runs) for runs in (*plan.small, *plan.runs)}


def by_phase(case: Case, plan: Plan, runs: int) -> dict[str, list[float]]:
    """Seconds of each phase of the months in a call of `simulate`, several times."""
    drawn = posterior(case).draws(runs=runs, seed=SEED)
    found = [
        seconds_by_phase(lambda: simulate(case, drawn, seed=SEED, end=_end(case, plan)))
        for _ in range(1 + plan.few)
    ]
    return {name: [one[name] for one in found[1:]] for name in found[0]}


def of_a_question(case: Case, plan: Plan) -> dict[str, Job]:
    """Pairs of runs of the first listed counterfactual, where the factual runs are there already."""
    asked, runs = shipped_counterfactuals(case)[0], plan.few_pairs
    first = _start(case, plan)
    start = month_label(first)
    history = history_of(case, runs=runs, seed=SEED, start=first)

    def ask() -> object:
        return compare(case, asked, runs=runs, seed=SEED, start=start, history=history)

    return {f"{plan.few_pairs} pairs": Job(ask)}


def _start(case: Case, plan: Plan) -> int:
    return case.start if plan.months is None else case.end - plan.months


def _end(case: Case, plan: Plan) -> int | None:
    return None if plan.months is None else case.start + plan.months


def by_size(case: Case, plan: Plan) -> dict[str, Job]:
    """`simulate` on larger and larger cases, with all terms and without those on pairs of states."""
    draws, jobs = posterior(case).draws(runs=plan.size_runs, seed=SEED), {}

    def job(of: Case) -> Job:
        drawn = {name: draws[name] for name in of.drawn}
        return Job(lambda: simulate(of, drawn, seed=SEED, end=_end(of, plan)), plan.size_runs)

    without = ",".join(f"-{term}" for term in OF_PAIRS)
    for states, clubs in sizes_of(case, plan):
        made = larger(case, states=states, clubs=clubs)
        jobs[_size(states, clubs, pairs=True)] = job(made)
        jobs[_size(states, clubs, pairs=False)] = job(with_theory(made, without))
    return jobs


def sizes_of(case: Case, plan: Plan) -> list[tuple[int, int]]:
    """States and clubs of the case as it is, and then of those that are larger."""
    states, clubs = len(case.states), len(case.clubs)
    return [(states, clubs), *((s or states, c or clubs) for s, c in plan.sizes)]


def _size(states: int, clubs: int, *, pairs: bool) -> str:
    return f"{states} states, {clubs} clubs{'' if pairs else ', pairs aside'}"


def of_pairs(case: Case, plan: Plan) -> dict[str, Job]:
    """The first counterfactual of the case from the case's start, by one worker process and by two."""
    asked, start = shipped_counterfactuals(case)[0], month_label(_start(case, plan))

    def job(pairs: int, workers: int) -> Job:
        return Job(
            lambda: compare(case, asked, runs=pairs, seed=SEED, start=start, workers=workers)
        )

    return {
        f"{pairs} pairs, {_workers(workers)}": job(pairs, workers)
        for pairs in plan.pairs
        for workers in (1, 2)
    }


def of_a_task(case: Case, plan: Plan) -> dict[str, Job]:
    """A task of a sweep with its outcomes and its file, by the run, and the same number of runs without them."""
    design = tomllib.loads(SWEEP.read_text(encoding="utf-8"))
    swept = read_design({**design, "points": 1, "runs": plan.ensemble, "chunk": plan.ensemble})
    (task,) = Tasks(swept)
    draws = posterior(case).draws(runs=plan.ensemble, seed=SEED)

    def done() -> None:
        with tempfile.TemporaryDirectory() as folder:
            store(evaluate(swept, task), Path(folder))

    return {
        TASK: Job(done, plan.ensemble),
        ITS_RUNS: Job(lambda: simulate(case, draws, seed=SEED), plan.ensemble),
    }


def _workers(number: int) -> str:
    return "1 worker" if number == 1 else f"{number} workers"


def of_a_start() -> dict[str, Job]:
    """The command line up to its help, and an interpreter that does nothing."""
    command = str(Path(sys.executable).with_name("tashkent"))
    return {
        HELP: Job(lambda: apart.seconds_to_run(command, "--help")),
        "python -c pass": Job(lambda: apart.seconds_to_run(sys.executable, "-c", "pass")),
    }


# what follows from it ------------------------------------------------------------------------------


def derived(
    table: Table, memory: Sequence[apart.Memory], case: Case, plan: Plan
) -> dict[str, Figure]:
    """Ratios, slopes and what a million runs take."""
    runs, calls = table["a run"], table["a call, by runs"]
    slope, fixed = line(plan.runs, [calls[f"{n} runs"].median for n in plan.runs])
    found = {
        **{
            f"{other} / {engine}": Figure(runs[other].median / runs[engine].median, "x", bar)
            for other, bar in ((TWIN, "at least 100, better 250"), (MESA, "at least 20, better 60"))
            for engine in (CALL,)
        },
        "cost of one more run": Figure(slope, "ms", "slope of a call over its runs; at most 2"),
        "cost of a call besides": Figure(fixed, "ms", "what a call takes whatever its runs"),
    }
    found |= growth(table["a run, by size"], sizes_of(case, plan))
    for pairs in plan.pairs:
        one, two = (table["a counterfactual"][f"{pairs} pairs, {_workers(n)}"] for n in (1, 2))
        says = "1 worker / 2 workers, pool and all"
        found[f"2 workers, {pairs} pairs"] = Figure(one.median / two.median, "x", says)
    task = table["a task"]
    share = 100.0 * (task[TASK].median / task[ITS_RUNS].median - 1.0)
    found["overhead of a task"] = Figure(share, "%", "beyond its runs; below 5")
    return found | of_a_million(memory)


def line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Slope and intercept of the line through some points by least squares.

    Examples
    --------
    >>> [round(number, 6) for number in line([1, 2, 4], [5, 7, 11])]
    [2.0, 3.0]
    """
    slope, intercept = np.polyfit(x, y, 1)
    return float(slope), float(intercept)


def growth(rows: Mapping[str, Row], sizes: Sequence[tuple[int, int]]) -> dict[str, Figure]:
    """The power of the number of seats with which the cost of a run grows, from the first size to each other."""
    found = {}
    for states, clubs in sizes[1:]:
        for pairs in (True, False):
            name = _size(states, clubs, pairs=pairs)
            small = rows[_size(*sizes[0], pairs=pairs)].median
            seats = states * clubs / math.prod(sizes[0])
            power = math.log(rows[name].median / small) / math.log(seats)
            says = f"power of the number of seats, {seats:.1f} times as many; 1 is linear"
            found[f"growth to {name}"] = Figure(power, "", says)
    return found


def of_a_million(memory: Sequence[apart.Memory]) -> dict[str, Figure]:
    """Bytes of a run whose whole result is kept, and of a million runs, kept or in blocks that are dropped."""
    small, large, blocks = memory
    a_run = (large.peak - small.peak) / (large.runs - small.runs)
    later = blocks.runs - apart.WARM * BLOCK
    more = max(0.0, (blocks.peak - blocks.warm) / later) if later > 0 else 0.0
    whole = large.peak + a_run * (MILLION - large.runs)
    dropped = blocks.peak + more * (MILLION - blocks.runs)
    return {
        "memory of a run that is kept": Figure(a_run / 1e3, "kB", "statuses and log"),
        "10^6 runs, all kept": Figure(whole / 1e9, "GB", f"extrapolated from {large.runs:,} runs"),
        "10^6 runs in blocks": Figure(
            dropped / 1e9, "GB", f"statuses dropped; extrapolated from {blocks.runs:,} runs"
        ),
    }


# how it is shown and kept --------------------------------------------------------------------------


def show(table: Table, figures: Mapping[str, Figure], before: Mapping[str, object]) -> None:
    """Print what was measured and what follows, each with the change from what was kept."""
    last = before.get("measured")
    print(f"\n{'':52}{'median':>10}    {'quartiles':>20}{'change':>9}")
    for group, rows in table.items():
        print(group)
        for name, row in rows.items():
            span = f"{row.lower:.3f} - {row.upper:.3f}"
            was = _kept(last, group, name, "median")
            change = f"{row.median / was - 1:+.0%}" if was else "-"
            print(f"  {name:50}{row.median:10.3f} {row.unit:2} {span:>20}{change:>9}")
    print("what follows")
    for name, figure in figures.items():
        was = _kept(before.get("derived"), name, "value")
        change = f"{figure.value / was - 1:+.0%}" if was else "-"
        value = f"{figure.value:.2f} {figure.unit}".rstrip()
        print(f"  {name:50}{value:>12} {change:>6}  {figure.says}")


def _kept(found: object, *keys: str) -> float | None:
    """A number of an earlier result, or None if it had none."""
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, float) else None


def keep(table: Table, figures: Mapping[str, Figure], case: Case, plan: Plan, load: float) -> None:
    """Write the figures to `results/bench.json`."""
    result = {
        "case_hash": case.hash,
        "runs_compared": plan.compared,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "mesa": mesa.__version__,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load_before": round(load, 2),
        "measured": {
            group: {name: _rounded(row._asdict()) for name, row in rows.items()}
            for group, rows in table.items()
        },
        "derived": {name: _rounded(figure._asdict()) for name, figure in figures.items()},
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _rounded(values: Mapping[str, object]) -> dict[str, object]:
    return {k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in values.items()}


if __name__ == "__main__":
    main()
