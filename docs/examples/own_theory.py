"""A theory of one's own: states are drawn into the clubs of those with whom they trade."""

from tashkent.agents.situation import Floats, Situation
from tashkent.agents.terms import term


@term(theory="Trade draws states together", reads=("seat",), prior=(0.5, 0.5))
def trade_with_members(now: Situation) -> Floats:
    """Share of the club's members in the state's trade, in tenths.

    ``10 * sum over j of bond[s, j] * seat[j, c]``
    """
    return 10.0 * (now.bond[..., None] * now.seat[..., None, :, :]).sum(axis=-2)
