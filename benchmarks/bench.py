"""Time per run of `simulate`, of the docked twin, and of `CoalitionModel`; refused when their histories differ.

Run it with ``make bench`` (``BENCH_ARGS=--quick`` for a short one). Everything is measured in one
process, interleaved and in shuffled order; medians with quartiles. The result goes to `results/bench.json`,
with the change from the last time.
"""

import argparse
import contextlib
import json
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import mesa
import numpy as np

from benchmarks.docking import differences
from benchmarks.idiomatic_mesa import AllianceModel
from calibration.likelihood import design
from calibration.posterior import posterior
from model.case import Case, load_case
from model.coalition import CoalitionModel
from model.simulate import simulate

RESULT = Path(__file__).parent.parent / "results" / "bench.json"
SEED = 1


def main() -> None:
    """Compare histories, then time, print and keep the figures."""
    parser = argparse.ArgumentParser(description="Time the engine against its twin.")
    parser.add_argument(
        "--quick", action="store_true", help="fewer repetitions and runs; result not kept"
    )
    quick = parser.parse_args().quick
    case = load_case()
    runs_compared = 10 if quick else 200
    found = docked(case, runs_compared)
    if found:
        sys.exit(
            "refused: the histories differ, so a ratio would mean nothing\n" + "\n".join(found[:5])
        )
    print(f"histories equal, act for act: {runs_compared} runs of the full case")
    timings = measure(case, ensemble=256 if quick else 1024, repeats=3 if quick else 11)
    table = {name: quartiles(values) for name, values in timings.items()}
    engine = table["simulate"]["median_ms"]
    for row in table.values():
        row["times_simulate"] = row["median_ms"] / engine
    before = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    show(table, before.get("per_run", {}))
    if not quick:
        keep(table, case, runs_compared)


def docked(case: Case, runs: int) -> list[str]:
    """The first acts in which engine and twin differ; empty if there are none."""
    draws = posterior(case).draws(runs=runs, seed=SEED)
    return [str(d) for d in differences(case, draws, seed=SEED, runs=runs, start=None)]


def measure(case: Case, ensemble: int, repeats: int) -> dict[str, list[float]]:
    """Milliseconds per run, several times each, interleaved in shuffled order."""
    draws = posterior(case).draws(runs=ensemble, seed=SEED)
    one = {name: float(values[0]) for name, values in draws.items()}
    few = 2  # runs of the slow ones per measurement
    rows = design(case)
    many = np.stack([draws[name][:256] for name in rows.names])

    def mesa_batch(model: type[mesa.Model], **more: object) -> None:
        with contextlib.redirect_stderr(None):
            mesa.batch_run(
                model,
                {"case": case, "run": list(range(few)), "parameters": [one], **more},
                rng=[SEED],
                display_progress=False,
            )

    def twin() -> None:
        for run in range(few):
            AllianceModel(case, one, seed=SEED, run=run).run_to_end()

    jobs: dict[str, tuple[Callable[[], object], int]] = {
        "simulate": (lambda: simulate(case, draws, seed=SEED), ensemble),
        "twin": (twin, few),
        "CoalitionModel in mesa.batch_run": (lambda: mesa_batch(CoalitionModel), few),
        "likelihood (a parameter vector)": (lambda: rows.log_scores(many), many.shape[1]),
    }
    timings: dict[str, list[float]] = {name: [] for name in jobs}
    for job, _ in jobs.values():
        job()  # warm
    order = random.Random(SEED)
    for _ in range(repeats):
        for name in order.sample(list(jobs), len(jobs)):
            job, count = jobs[name]
            began = time.perf_counter()
            job()
            timings[name].append((time.perf_counter() - began) / count * 1000)
    return timings


def quartiles(values: list[float]) -> dict[str, float]:
    """Median and quartiles of some milliseconds."""
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median_ms": median, "lower_ms": low, "upper_ms": high}


def show(table: dict[str, dict[str, float]], before: dict[str, dict[str, float]]) -> None:
    """Print the table, with the change from the figures that were kept."""
    print(
        f"{'milliseconds per run':36}{'median':>10}{'quartiles':>20}{'x simulate':>12}{'change':>9}"
    )
    for name, row in table.items():
        span = f"{row['lower_ms']:.3f} - {row['upper_ms']:.3f}"
        last = before.get(name, {}).get("median_ms")
        change = f"{row['median_ms'] / last - 1:+.0%}" if last else "-"
        print(
            f"{name:36}{row['median_ms']:10.3f}{span:>20}{row['times_simulate']:12.1f}{change:>9}"
        )


def keep(table: dict[str, dict[str, float]], case: Case, compared: int) -> None:
    """Write the figures to `results/bench.json`."""
    result = {
        "case_hash": case.hash,
        "runs_compared": compared,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "per_run": {name: {k: round(v, 4) for k, v in row.items()} for name, row in table.items()},
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
