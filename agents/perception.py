"""PERCEIVE: how threats are felt, what own means leave of them, and how far a promise is believed.

Time is the first axis of what turns events into feelings, month after month.
"""

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.deliberation import probability
from tashkent.agents.memory import envelope
from tashkent.agents.situation import Bools, Floats

#: the top of the scale on which a threat is felt
MOST = 3.0


def threat_level(measured: Floats, events: Floats) -> Floats:
    """The threat of a month, before memory: measured conflict plus dated events.

    ``level = MOST * (1 - exp(-(measured + max(0, events)) / MOST))``

    The first signs of danger count in full and each one more adds less, so the scale has no cap at which further
    danger is not felt.

    `measured` is in standard deviations of the years of fit (at least 0), `events` the sum of the signs of the
    events at work. Relief can cancel what events have added and no more: it does not undo measured conflict.
    Both have shape (T, ...); so has the result, in [0, 3).
    """
    return np.asarray(MOST * -np.expm1(-(measured + np.maximum(0.0, events)) / MOST))


def felt(level: Floats, half_life: float) -> Floats:
    """Threat as felt: at once when it rises, slowly when it falls (`memory.envelope`).

    `level` has shape (T, ...), time first, in [0, 3]; so has the result. `half_life` is in months.
    """
    return envelope(level, half_life)


def autonomy(measured: Floats) -> Floats:
    """Taste for standing alone: ``1 / (1 + exp(-measured))`` of a composite in standard deviations, in (0, 1).

    Shape as `measured`, any.
    """
    return probability(measured)


def exposure(threat: Floats, means: Floats, own_means_help: Bools) -> Floats:
    """What own means leave of a threat: arms and allies are substitutes (Altfeld 1984; Morrow 1993).

    ``exposure = threat * 2 / (1 + exp(means))`` for threats against which own means help, the threat itself for
    others. `threat` has shape (..., S, K), `means` (..., S) in standard deviations, `own_means_help` (K,); a state of
    average means is exposed to the whole threat.
    """
    left = 2.0 / (1.0 + np.exp(means))
    return np.where(own_means_help, threat * left[..., None], threat)


def remembered(signs: Floats, half_life: float) -> Floats:
    """What was seen of kept and broken promises, fading: ``seen[t] = signs[t] + seen[t-1] * 2 ** (-1 / half_life)``.

    `signs` has time first; so has the result, in signs that are left.

    The result has the shape of `signs`.
    """
    kept = signs.astype(np.float64)
    for t in range(1, len(kept)):
        kept[t] += faded(kept[t - 1], half_life)
    return kept


def faded(seen: Floats, half_life: float) -> Floats:
    """What a month leaves of it: ``seen * 2 ** (-1 / half_life)``, `half_life` in months, of the shape of `seen`."""
    return np.asarray(seen * 2.0 ** (-1.0 / half_life))


def credibility(seen: Floats) -> Floats:
    """Belief that a promise would be kept, from what was seen so far.

    ``credibility = 1 / (1 + exp(-seen))``: one half where nothing was seen or all is forgotten, each event one unit of
    log-odds. Shape as `seen`; values in (0, 1).
    """
    return probability(seen)


def willingness(value: Floats) -> Floats:
    """How far a member would take part in what it has joined: ``1 / (1 + exp(-value))`` of its seat, in (0, 1).

    Shape as `value`, any.
    """
    return probability(value)


def joined(gap: NDArray[np.integer], acquis: int) -> Floats:
    """Share of the club's instruments that it has joined, in [0, 1]: ``1 - gap / (acquis + 1)``; shape as `gap`."""
    return np.asarray(np.maximum(0.0, 1.0 - gap / (acquis + 1.0)))


def followed(before: Floats, target: Floats, months: float) -> Floats:
    """What follows a target with some delay: ``before + (target - before) / months``.

    Any shape that broadcasts; units as `target`.
    """
    return np.asarray(before + (target - before) / months)
