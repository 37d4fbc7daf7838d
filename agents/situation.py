"""What a state is shown in one month: the only thing that formulas take.

Arrays carry any leading axes (runs, or months), then states, then what they are about. Sizes: S states, C clubs,
A all clubs of the case, of which some formulas see a part, K threats, P sponsors.
"""

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]


#: an axis of all clubs stays whole where the formulas of some clubs are asked
Axis = Literal["run", "month", "state", "club", "all clubs", "threat", "sponsor", "belief"]


def lies(*axes: Axis) -> dict[str, tuple[Axis, ...]]:
    """The metadata of a field that holds an array: its axes in their order.

    A first axis of months is there before one month is chosen; one of runs may be a month's, or none, where only one
    run or the record is asked.
    """
    return {"axes": axes}


def axes_of(kind: type) -> dict[str, tuple[Axis, ...]]:
    """Name of each field of a dataclass that holds an array -> its axes."""
    return {f.name: f.metadata["axes"] for f in fields(kind) if "axes" in f.metadata}


def of_clubs[T: ClubTraits | Situation](table: T, clubs: slice) -> T:
    """The arrays of a dataclass as far as they concern some clubs: of those with an axis of clubs, a part."""
    parts: dict[str, Any] = {}
    for name, axes in axes_of(type(table)).items():
        values = getattr(table, name)
        if "club" in axes and values is not None:
            behind = len(axes) - 1 - axes.index("club")
            parts[name] = values[(..., clubs, *[slice(None)] * behind)]
    return replace(table, **parts)


@dataclass(frozen=True)
class ClubTraits:
    """What clubs and threats are by their documents; the same in every month and run."""

    #: the club bears on the threat, shape (C, K)
    relieves: Bools = field(metadata=lies("club", "threat"))
    #: the club's sponsor is the source of the threat, shape (C, K)
    menaces: Bools = field(metadata=lies("club", "threat"))
    #: the club's text promises help, shape (C,)
    guarantees: Bools = field(metadata=lies("club"))
    #: who leads the club, shape (C, P); a row of zeros for a club that nobody leads
    sponsors: Floats = field(metadata=lies("club", "sponsor"))
    #: the patron leads the club, shape (C,)
    patron_led: Bools = field(metadata=lies("club"))
    #: members share a budget at some time, shape (C,)
    budgeted: Bools = field(metadata=lies("club"))
    #: members decide together who comes in, so that they are company; elsewhere each has a paper of its own, shape (C,)
    company: Bools = field(metadata=lies("club"))
    #: the threat endangers the regime rather than the state, shape (K,)
    of_regime: Bools = field(metadata=lies("threat"))
    #: the threat is other states of the case: who sits in the same club is no outsider, shape (K,)
    of_rivals: Bools = field(metadata=lies("threat"))
    #: the place of each club among all clubs of the case, shape (C,)
    place: NDArray[np.intp] = field(metadata=lies("club"))
    #: of all clubs of the case: whether each promises help, shape (A,)
    promises: Bools = field(metadata=lies("all clubs"))
    #: what is at stake in each, shape (A,): the share of a threat that a forum relieves
    stake: Floats = field(metadata=lies("all clubs"))
    #: whether each bears on the patron's own pressure and is not led by it, shape (A,)
    shelters: Bools = field(metadata=lies("all clubs"))
    #: which of all clubs bear on which threat, shape (A, K)
    relievers: Bools = field(metadata=lies("all clubs", "threat"))
    #: which of all clubs stand against which of these, in either direction, shape (C, A)
    opposed: Bools = field(metadata=lies("club", "all clubs"))

    @cached_property
    def bearing(self) -> tuple[Ints, Ints]:
        """The pairs of a club and a threat on which it bears, club by club: two arrays of shape (N,)."""
        club, threat = self.relieves.nonzero()
        return club, threat

    @cached_property
    def relieving(self) -> tuple[Ints, Ints]:
        """The same pairs of all clubs: two arrays of shape (M,)."""
        club, threat = self.relievers.nonzero()
        return club, threat

    @cached_property
    def others(self) -> tuple[tuple[Ints, Ints], ...]:
        """For pairs of `bearing` the pairs of `relieving` of the same threat and another club, each pair once a step.

        Step by step the numbers of pairs in the one and in the other.
        """
        club, threat = self.bearing
        other, relieved = self.relieving
        found: list[list[tuple[int, int]]] = []
        for n, (c, k) in enumerate(zip(self.place[club], threat, strict=True)):
            for step, m in enumerate(np.flatnonzero((relieved == k) & (other != c))):
                found += [[]] if step == len(found) else []
                found[step].append((n, int(m)))
        return tuple((np.array(s)[:, 0], np.array(s)[:, 1]) for s in found)


@dataclass(frozen=True)
class Situation:
    """Months or runs (any leading axes) as states see them."""

    clubs: ClubTraits
    #: threat felt by source, in [0, 3], shape (..., S, K)
    threat: Floats = field(metadata=lies("month", "state", "threat"))
    #: what own means leave of the threat, shape (..., S, K)
    exposure: Floats = field(metadata=lies("month", "state", "threat"))
    #: belief that a promise of help would be kept, in (0, 1), shape (..., S, K)
    credibility: Floats = field(metadata=lies("run", "state", "threat"))
    #: others than the patron offer help against the threat, 0 or 1, shape (..., S, K)
    offer: Floats = field(metadata=lies("month", "state", "threat"))
    #: tie to each sponsor, in standard deviations, shape (..., S, P)
    tie: Floats = field(metadata=lies("month", "state", "sponsor"))
    #: tie to the patron alone, in standard deviations, shape (..., S)
    patron_tie: Floats = field(metadata=lies("month", "state"))
    #: rivalry between two states, in [0, 3], shape (..., S, S)
    rivalry: Floats = field(metadata=lies("month", "state", "state"))
    #: share of each other state in a state's trade, shape (..., S, S)
    bond: Floats = field(metadata=lies("month", "state", "state"))
    #: leverage that the patron has won by force, at least 0, shape (..., S)
    leverage: Floats = field(metadata=lies("month", "state"))
    #: threats on which each of all clubs bears by the law of the month, 0 or 1, shape (..., A, K)
    covers: Floats = field(metadata=lies("month", "all clubs", "threat"))
    #: taste for standing alone, in (0, 1), shape (..., S)
    autonomy: Floats = field(metadata=lies("month", "state"))
    #: instruments of the club that reach into its members' defence, shape (..., C)
    reach: Floats = field(metadata=lies("month", "club"))
    #: club goods for members, in standard deviations of the tie, shape (..., C)
    goods: Floats = field(metadata=lies("month", "club"))
    #: share of the budget that members other than the patron divide, shape (..., C)
    shared_budget: Floats = field(metadata=lies("month", "club"))
    #: states that divide it (all but the patron), shape (S,)
    pays: Bools = field(metadata=lies("state"))
    # What differs between runs; None where only what is the same in all is asked.
    #: who is in which club, shape (..., S, C)
    seat: Bools | None = field(default=None, metadata=lies("run", "state", "club"))
    #: the same of all clubs of the case, as 0 or 1, shape (..., S, A)
    held: Floats | None = field(default=None, metadata=lies("run", "state", "all clubs"))
    #: instruments of the club that the state has yet to join, shape (..., S, C)
    gap: NDArray[np.integer] | None = field(default=None, metadata=lies("run", "state", "club"))
    #: who has left which club of late, shape (..., S, C)
    left: Bools | None = field(default=None, metadata=lies("run", "state", "club"))
    #: whom the patron courts, shape (..., S, C)
    courted: Bools | None = field(default=None, metadata=lies("run", "state", "club"))

    @cached_property
    def unrelieved(self) -> Floats:
        """What a state's other seats leave of each threat to each club that bears on it, shape (N, S, ...).

        For the pairs (c, k) of ``clubs.bearing`` ``amount[k] * covers[c, k] * outside[c, k] * others[c, k]``, where
        `others` is the product over other clubs o of ``1 - share[o, k] * covers[o, k] * held[o]``: a threat is relieved
        once. `amount` is the exposure to a threat to the state, and a threat to the regime itself; of rivals only those
        outside the club count (`outside`); `share` is the credibility of a promise, and for a forum what is at stake in
        it. Axes lie as in memory: runs, or months, are the last.

        Raises
        ------
        ValueError
            If it is not known who is in which club.
        """
        if self.held is None or self.seat is None:
            missing = "seat" if self.seat is None else "held"
            raise ValueError(f"this term depends on the run: {missing} is needed")
        traits, held = self.clubs, behind(self.held, self.held.ndim)
        (club, threat), (other, relieved) = traits.bearing, traits.relieving
        covers = behind(self.covers, self.held.ndim)
        amount = np.where(traits.of_regime, self.threat, self.exposure)
        left = behind(amount, self.held.ndim)[threat] * covers[threat, None, traits.place[club]]
        share = behind(self.credibility, self.held.ndim)[relieved]
        forum = ~traits.promises[other]
        share[forum] = traits.stake[other[forum], None, None]
        factor = 1.0 - share * covers[relieved, None, other] * held[other]
        left = np.array(np.broadcast_to(left, (len(club), *factor.shape[1:])))
        for pairs, by in traits.others:
            left[pairs] *= factor[by]
        of_rivals = traits.of_rivals[threat].nonzero()[0]
        if len(of_rivals):
            left[of_rivals] *= outside(self.rivalry, self.seat, club[of_rivals])
        return left

    def joined_by(self, **of_runs: NDArray[Any]) -> "Situation":
        """The same with all that differs between runs (`PER_RUN`), by name, each of the shape of its field.

        Raises
        ------
        TypeError
            If one is missing, or is none of these.
        """
        if odd := set(of_runs) ^ set(PER_RUN):
            raise TypeError(f"what differs between runs is {PER_RUN}, not {sorted(odd)}")
        joined: dict[str, Any] = dict(of_runs)
        return replace(self, **joined)

    def of_clubs(self, clubs: slice) -> "Situation":
        """The same as far as it concerns some clubs, in their order."""
        return replace(of_clubs(self, clubs), clubs=of_clubs(self.clubs, clubs))


def behind(values: NDArray[Any], number: int) -> NDArray[Any]:
    """The axes the other way round, as values lie in memory: leading ones last, and of length 1 where there are none.

    `values` has shape (..., S, X), the result (X, S, ...) with `number` axes.
    """
    turned = values.T
    return turned.reshape(turned.shape + (1,) * (number - turned.ndim))


def outside(rivalry: Floats, seat: Bools, clubs: Ints) -> Floats:
    """Share of a state's worst rivalry that comes from states outside some clubs: shape (clubs, S, ...), in [0, 1].

    `rivalry` has shape (..., S, S), `seat` shape (..., S, C). Axes of the result lie as in memory.
    """
    number = max(rivalry.ndim, seat.ndim)
    felt, present = behind(rivalry, number), behind(seat, number)
    rival, state = felt.reshape(*felt.shape[:2], -1).any(axis=-1).nonzero()  # few are rivals at all
    order = np.argsort(state, kind="stable")
    rival, state = rival[order], state[order]
    leading = np.broadcast_shapes(felt.shape[2:], present.shape[2:])
    share = np.ones((len(clubs), present.shape[1], *leading))
    if len(state):
        concerned, first = np.unique(state, return_index=True)
        worst = np.maximum.reduceat(felt[rival, state], first)
        out = felt[rival, state] * ~present[clubs[:, None], rival]
        left = np.maximum.reduceat(out, first, axis=1)
        share[:, concerned] = np.divide(left, worst, out=np.ones_like(left), where=worst > 0)
    return share


#: what of a situation has months first
MONTHLY = tuple(name for name, axes in axes_of(Situation).items() if axes[0] == "month")
#: what of it differs between runs
PER_RUN = tuple(name for name, axes in axes_of(Situation).items() if axes[0] == "run")
