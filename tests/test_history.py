"""A baseline that has been run before answers as one that is run now, to the last bit, and is not changed by it."""

from dataclasses import fields

import numpy as np
import pytest

from tashkent.experiments.compare import compare, history_of
from tashkent.experiments.divergence import Divergence
from tashkent.experiments.history import History
from tashkent.experiments.paired_runs import Counts
from tashkent.model.case import Case
from tashkent.model.clock import parse_month

#: the runs that they look at take seconds
pytestmark = pytest.mark.slow

RUNS, SEED, START = 20, 4, "1998-12"
#: events, a later answer of the council, a parameter from the start on, a club that is gone, a rule
ASKED = ("CF9a", "CF10", "CF4", "CF6", "CF2")


@pytest.fixture(scope="module")
def history(case: Case) -> History:
    return history_of(case, runs=RUNS, seed=SEED, start=parse_month(START))


def arrays(counts: Counts) -> list[np.ndarray]:
    plain = [
        getattr(counts, f.name) for f in fields(Counts) if f.name not in ("divergence", "seen")
    ]
    return [*plain, *counts.seen, *(getattr(counts.divergence, f.name) for f in fields(Divergence))]


@pytest.mark.parametrize("name", [*ASKED, ASKED[0]])
def test_a_history_changes_no_number(case: Case, history: History, name: str) -> None:
    options = {"runs": RUNS, "seed": SEED, "start": START}
    (now,) = compare(case, name, **options).pairs
    (before,) = compare(case, name, **options, history=history).pairs
    assert (now.counts.discordant > 0).any()
    for one, other in zip(arrays(now.counts), arrays(before.counts), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_history_cannot_be_written_to(history: History) -> None:
    second = history.after(history.first, history.origin + 1)
    for world in (history.first, second):
        for values in (world.status, world.belief_updates, world.participation):
            with pytest.raises(ValueError, match="read-only"):
                values[:] = 1


def test_of_a_month_only_what_changes_is_kept(history: History) -> None:
    months = len(history.first.inputs.rules) - history.origin
    whole = sum(values.nbytes for values in (*history.first.seats, history.first.participation))
    assert history.nbytes < months * whole / 5


@pytest.mark.parametrize(
    "other", [{"seed": 5}, {"start": "1999-01"}, {"runs": 30}, {"per_draw": 5}, {"baseline": "CF2"}]
)
def test_the_history_of_another_baseline_is_refused(
    case: Case, history: History, other: dict[str, object]
) -> None:
    options = {"runs": RUNS, "seed": SEED, "start": START, **other}
    with pytest.raises(ValueError, match="the history is another's"):
        compare(case, "CF1", **options, history=history)  # type: ignore[arg-type]
