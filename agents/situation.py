"""What a state is shown in one month: the only thing that formulas take.

Arrays carry any leading axes (runs, or months), then states, then what they are about. Sizes: S states, C clubs,
A all clubs of the case, K threats, P sponsors.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class ClubTraits:
    """What clubs and threats are by their documents; the same in every month and run."""

    #: the club bears on the threat, shape (C, K)
    relieves: Bools
    #: the club's sponsor is the source of the threat, shape (C, K)
    menaces: Bools
    #: the club's text promises help, shape (C,)
    guarantees: Bools
    #: who leads the club, shape (C, P); a row of zeros for a club that nobody leads
    sponsors: Floats
    #: the patron leads the club, shape (C,)
    patron_led: Bools
    #: members share a budget at some time, shape (C,)
    budgeted: Bools
    #: members decide together who comes in, so that they are company; elsewhere each has a paper of its own, shape (C,)
    company: Bools
    #: the threat endangers the regime rather than the state, shape (K,)
    of_regime: Bools
    #: the threat is other states of the case: who sits in the same club is no outsider, shape (K,)
    of_rivals: Bools
    #: the place of each club among all clubs of the case, shape (C,)
    place: NDArray[np.intp]
    #: of all A clubs of the case: what each leaves of a threat if it promises nothing, shape (A,)
    leaves: Floats
    #: whether each promises help, shape (A,)
    promises: Bools
    #: whether each bears on the patron's own pressure and is not led by it, shape (A,)
    shelters: Bools
    #: which of all clubs stand against which of these, in either direction, shape (C, A)
    opposed: Bools


@dataclass(frozen=True)
class Situation:
    """Months or runs (any leading axes) as states see them."""

    clubs: ClubTraits
    #: threat felt by source, in [0, 3], shape (..., S, K)
    threat: Floats
    #: what own means leave of the threat, shape (..., S, K)
    exposure: Floats
    #: belief that a promise of help would be kept, in (0, 1), shape (..., S, K)
    credibility: Floats
    #: others than the patron offer help against the threat, 0 or 1, shape (..., S, K)
    offer: Floats
    #: tie to each sponsor, in standard deviations, shape (..., S, P)
    tie: Floats
    #: tie to the patron alone, in standard deviations, shape (..., S)
    patron_tie: Floats
    #: rivalry between two states, in [0, 3], shape (..., S, S)
    rivalry: Floats
    #: share of each other state in a state's trade, shape (..., S, S)
    bond: Floats
    #: leverage that the patron has won by force, at least 0, shape (..., S)
    leverage: Floats
    #: threats on which each of all A clubs bears by the law of the month, 0 or 1, shape (..., A, K)
    covers: Floats
    #: taste for standing alone, in (0, 1), shape (..., S)
    autonomy: Floats
    #: instruments of the club that reach into its members' defence, shape (..., C)
    reach: Floats
    #: club goods for members, in standard deviations of the tie, shape (..., C)
    goods: Floats
    #: share of the budget that members other than the patron divide, shape (..., C)
    shared_budget: Floats
    #: states that divide it (all but the patron), shape (S,)
    pays: Bools
    # What differs between runs; None where only what is the same in all is asked.
    #: who is in which club, shape (..., S, C)
    seat: Bools | None = None
    #: the same of all A clubs of the case, shape (..., S, A)
    held: Bools | None = None
    #: instruments of the club that the state has yet to join, shape (..., S, C)
    gap: NDArray[np.integer] | None = None
    #: who has left which club of late, shape (..., S, C)
    left: Bools | None = None
    #: whom the patron courts, shape (..., S, C)
    courted: Bools | None = None

    def joined_by(
        self,
        credibility: Floats,
        *,
        seat: Bools,
        held: Bools,
        gap: NDArray[np.integer],
        left: Bools,
        courted: Bools,
    ) -> "Situation":
        """The same with all that differs between runs."""
        return replace(
            self,
            credibility=credibility,
            seat=seat,
            held=held,
            gap=gap,
            left=left,
            courted=courted,
        )

    def of_clubs(self, clubs: slice) -> "Situation":
        """The same as far as it concerns some clubs, in their order."""
        traits = self.clubs

        def some(values: NDArray[Any] | None) -> Any:
            return None if values is None else values[..., clubs]

        return replace(
            self,
            clubs=ClubTraits(
                relieves=traits.relieves[clubs],
                menaces=traits.menaces[clubs],
                guarantees=traits.guarantees[clubs],
                sponsors=traits.sponsors[clubs],
                patron_led=traits.patron_led[clubs],
                budgeted=traits.budgeted[clubs],
                company=traits.company[clubs],
                of_regime=traits.of_regime,
                of_rivals=traits.of_rivals,
                place=traits.place[clubs],
                leaves=traits.leaves,
                promises=traits.promises,
                shelters=traits.shelters,
                opposed=traits.opposed[clubs],
            ),
            reach=some(self.reach),
            goods=some(self.goods),
            shared_budget=some(self.shared_budget),
            seat=some(self.seat),
            gap=some(self.gap),
            left=some(self.left),
            courted=some(self.courted),
        )
