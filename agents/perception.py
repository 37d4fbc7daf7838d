"""PERCEIVE: how threats are felt, and how far a promise is believed.

Time is the first axis here: these formulas turn what happened into what is felt, month after month.
"""

import numpy as np

from agents.situation import Floats

#: the top of the scale on which a threat is felt
MOST = 3.0


def threat_level(measured: Floats, events: Floats) -> Floats:
    """The threat of a month, before memory: measured conflict plus dated events.

    ``level = min(MOST, measured + max(0, events))``

    `measured` is in standard deviations of the years of fit (at least 0), `events` the sum of the signs of the
    events at work. Relief can cancel what events have added and no more: it does not undo measured conflict.
    Both have shape (T, ...); so has the result, in [0, 3].
    """
    return np.minimum(MOST, measured + np.maximum(0.0, events))


def felt(level: Floats, half_life: float) -> Floats:
    """Threat as felt: at once when it rises, slowly when it falls.

    ``felt[t] = max(level[t], felt[t-1] * 2 ** (-1 / half_life))``; `level` has time first, `half_life` is in months.
    """
    fade = 2.0 ** (-1.0 / half_life)
    kept = level.copy()
    for t in range(1, len(kept)):
        kept[t] = np.maximum(kept[t], fade * kept[t - 1])
    return kept


def credibility(signs: Floats) -> Floats:
    """Belief that a promise would be kept, from the signs of what was seen so far.

    ``credibility = 1 / (1 + exp(-signs))``: one half before anything was seen, each event one unit of log-odds.
    Shape as `signs`; values in (0, 1).
    """
    return 1.0 / (1.0 + np.exp(-signs))
