"""Plain runs are what they were; if they should not be: ``python -m tests.regression``."""

from tests.regression import baseline, counts


def test_acts_are_as_frequent_as_they_were() -> None:
    now, before = counts(), baseline()
    moved = {
        act: (before.get(act, 0), now.get(act, 0))
        for act in sorted(before.keys() | now.keys())
        if before.get(act, 0) != now.get(act, 0)
    }
    assert not moved, "act: (before, now)"
