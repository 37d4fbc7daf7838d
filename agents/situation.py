"""What a state is shown in one month: the only thing that formulas take.

Arrays carry any leading axes (runs, or months), then states, then what they are about. Sizes: S states, C clubs,
A all clubs of the case, of which some formulas see a part, K threats, P sponsors.
"""

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


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
    #: help against the threat is promised rather than worked for, shape (C, K)
    promised: Bools = field(metadata=lies("club", "threat"))
    #: the same of all clubs of the case, shape (A, K)
    promises: Bools = field(metadata=lies("all clubs", "threat"))
    #: the share of a threat that a seat in each relieves where no help is promised, shape (A,)
    stake: Floats = field(metadata=lies("all clubs"))
    #: whether each bears on the patron's own pressure and is not led by it, shape (A,)
    shelters: Bools = field(metadata=lies("all clubs"))
    #: which of all clubs stand against which of these, in either direction, shape (C, A)
    opposed: Bools = field(metadata=lies("club", "all clubs"))


class Unrelieved(NamedTuple):
    """What a state's other seats leave of a threat to one club."""

    club: int
    threat: int
    #: shape (..., S)
    amount: Floats


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
    #: the incumbent is of a kind that is at home in the club, 0 or 1, shape (..., S, C)
    kin: Floats = field(metadata=lies("month", "state", "club"))
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
    #: who is under a sanction of which club, and who is on notice there, shape (..., S, C)
    sanctioned: Bools | None = field(default=None, metadata=lies("run", "state", "club"))
    noticed: Bools | None = field(default=None, metadata=lies("run", "state", "club"))
    #: whom the patron courts, shape (..., S, C)
    courted: Bools | None = field(default=None, metadata=lies("run", "state", "club"))

    def __repr__(self) -> str:
        """A line: the shape of the threats, the last axes of which are states and threats."""
        return f"<Situation: threats of shape {self.threat.shape}>"

    @cached_property
    def unrelieved(self) -> tuple[Unrelieved, ...]:
        """What other seats leave of each threat to each club that bears on it, for all terms that weigh it.

        ``amount[k] * covers[c, k] * outside[c, k] * others[c, k]``, where `others` is the product over other clubs o of
        ``1 - share[o, k] * covers[o, k] * held[o]``: a threat is relieved once. `amount` is the exposure to a threat to
        the state, and a threat to the regime itself; of rivals only those outside the club count; `share` is the
        credibility of a promise, and for a forum what is at stake in it.

        Raises
        ------
        ValueError
            If it is not known who is in which club.
        """
        held, seat, clubs = needed(self.held, "held"), needed(self.seat, "seat"), self.clubs
        found = []
        at_work = self.covers.reshape(-1, *self.covers.shape[-2:]).any(axis=0)
        for c, k in zip(*(clubs.relieves & at_work[clubs.place]).nonzero(), strict=True):
            covers = self.covers[..., k, None]
            amount = (self.threat if clubs.of_regime[k] else self.exposure)[..., k]
            left = amount * covers[..., clubs.place[c], :]
            if clubs.of_rivals[k]:
                left = left * outside(self.rivalry, seat[..., c])
            for other in at_work[:, k].nonzero()[0]:
                if other != clubs.place[c]:
                    share = (
                        self.credibility[..., k] if clubs.promises[other, k] else clubs.stake[other]
                    )
                    left = left - left * (share * covers[..., other, :]) * held[..., other]
            found.append(Unrelieved(int(c), int(k), left))
        return tuple(found)

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


def needed[T: np.generic](values: NDArray[T] | None, name: str) -> NDArray[T]:
    """What differs between runs, of any shape, where a formula asks for it.

    Raises
    ------
    ValueError
        If only what is the same in all runs is known.
    """
    if values is None:
        raise ValueError(f"this term depends on the run: {name} is needed")
    return values


def outside(rivalry: Floats, seat: Bools) -> Floats:
    """Share of a state's worst rivalry that comes from states outside a club: shape (..., S), in [0, 1].

    `rivalry` has shape (..., S, S), `seat`, who is in the club, shape (..., S).
    """
    worst = rivalry.max(axis=-1)
    share = np.zeros(np.broadcast_shapes(worst.shape, seat.shape), order="F")
    pairs = rivalry.reshape(-1, *rivalry.shape[-2:]).any(axis=0)  # few are rivals at all
    for s, j in zip(*pairs.nonzero(), strict=True):
        of_state = share[..., s]
        np.maximum(of_state, rivalry[..., s, j] * ~seat[..., j], out=of_state)
    return np.divide(share, worst, out=np.ones_like(share), where=worst > 0)


#: what of a situation has months first
MONTHLY = tuple(name for name, axes in axes_of(Situation).items() if axes[0] == "month")
#: what of it differs between runs
PER_RUN = tuple(name for name, axes in axes_of(Situation).items() if axes[0] == "run")
