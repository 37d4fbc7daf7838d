"""MEMORY: what happened stays in mind at once and fades by halves."""

import numpy as np

from tashkent.agents.situation import Floats


def envelope(level: Floats, half_life: float) -> Floats:
    """What a level leaves in mind: at once when it rises, slowly when it falls; it never looks ahead.

    ``kept[t] = max(level[t], kept[t-1] * 2 ** (-1 / half_life))``. `level` has shape (T, ...), time first, in any unit,
    at least 0; so has the result. `half_life` is in steps of time.

    Examples
    --------
    >>> envelope(np.array([4.0, 0.0, 0.0, 3.0]), 1.0).tolist()
    [4.0, 2.0, 1.0, 3.0]
    """
    fade = 2.0 ** (-1.0 / half_life)
    kept = level.copy()
    for t in range(1, len(kept)):
        kept[t] = np.maximum(kept[t], fade * kept[t - 1])
    return kept
