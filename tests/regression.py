"""How often each act happens in a few plain runs: a baseline that any change of behaviour moves.

Counts, not bits, so that another machine finds the same. ``python -m tests.regression`` writes it anew; say in
CHANGELOG.md what has changed and by how much.
"""

import json
from pathlib import Path

from tashkent.model.case import load_case
from tashkent.model.simulate import prior_parameters, simulate

BASELINE = Path(__file__).parent / "regression.json"
RUNS, SEED = 40, 11


def counts() -> dict[str, int]:
    """``club act`` -> how often it happens in all runs, and what the runs are of."""
    case = load_case("cst")
    acts = simulate(case, prior_parameters(case, runs=RUNS, seed=SEED), seed=SEED).acts()
    found = acts.groupby(["club", "act"]).size()
    return {f"{club} {act}": int(n) for (club, act), n in sorted(found.items())}


def baseline() -> dict[str, int]:
    """What was found when it was last written."""
    return dict(json.loads(BASELINE.read_text(encoding="utf-8")))


if __name__ == "__main__":
    BASELINE.write_text(json.dumps(counts(), indent=1) + "\n", encoding="utf-8")
