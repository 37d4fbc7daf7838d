"""BOND: ties to sponsors, leverage won by force, and whom the patron sides with."""

import numpy as np

from tashkent.agents.memory import envelope
from tashkent.agents.situation import Floats


def tie(measured: Floats, events: Floats, step: float) -> Floats:
    """Tie to a sponsor: the measured composite plus dated events.

    ``tie = measured + step * events``, in standard deviations of the years of fit; `events` is the sum of signs.
    All have one shape, month first; so has the result.
    """
    return measured + step * events


def leverage(coercion: Floats, half_life: float) -> Floats:
    """Leverage that the patron has won by force; it stays after the event and decays.

    The `memory.envelope` of `coercion`, the number of coercive events at work, shape (T, ...), time first; so has the
    result, at least 0. `half_life` is in months. Theory: bandwagoning (Walt 1987).
    """
    return envelope(np.maximum(0.0, coercion), half_life)


def leaning(patron_tie: Floats) -> Floats:
    """How far the patron leans to the rival rather than to the state, for every pair.

    ``leaning[s, j] = 1 / (1 + exp(patron_tie[s] - patron_tie[j]))``: one half when both are equally tied.
    `patron_tie` has shape (..., S); the result (..., S, S), in (0, 1).
    """
    return np.asarray(1.0 / (1.0 + np.exp(patron_tie[..., :, None] - patron_tie[..., None, :])))
