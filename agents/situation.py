"""What a state is shown in one month: the only thing that formulas take.

Arrays carry any leading axes (runs, or months), then states, then what they are about. Sizes: S states, C clubs,
A all clubs of the case, of which some formulas see a part, K threats, P sponsors.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.intp]


#: axes of what is shown of states in one month, runs aside
MONTH_AXES = 2
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


class Cells(NamedTuple):
    """Seats with a threat to their state on which the club bears, one cell each: those that most others bear on first.

    Arrays of numbers have shape (N,), or (n,) for some of the N cells.
    """

    club: Places
    state: Places
    threat: Places
    #: the place of the club among all clubs
    place: Places
    #: the cells of clubs that promise help against the threat
    promised: Places
    #: what seats in clubs relieve, once each: the place of the club among all clubs, state and threat, shape (3, M), -1
    #: for a threat where the club bears on all alike; first in clubs that work on it, so many, then in those that
    #: promise help
    relief: Places
    forums: int
    #: for the first other club that bears on the threat, the second and so on, for as many of the first cells as have
    #: one: the number of what the seat there relieves
    others: tuple[Places, ...]
    #: the cells with a threat from rivals; for their first rival, the second and so on the numbers of those among
    #: these cells that have one, and the rival
    from_rivals: Places
    rivals: tuple[tuple[Places, Places], ...]
    #: for threats to the state, and for those to the regime: the cells of the first of each seat, the second and so on;
    #: and of the first alone those with a promise, as places in `promised`
    of_state: tuple[Places, ...]
    of_regime: tuple[Places, ...]
    of_promise: tuple[Places, ...]


@lru_cache(maxsize=1024)
def _cells(size: tuple[int, int, int, int], alike: bool, *tables: bytes) -> Cells:
    """The cells by tables of yes and no, row by row, of C, A, S and K: where a threat is felt (S, K) and a club bears
    on it (C, K), all clubs that bear on it (A, K), who is a rival (S, S), and the traits of clubs and threats; and by
    whether clubs bear in full on what they bear on."""
    c, a, s, k = size
    shapes = ((s, k), (c, k), (a, k), (s, s), (c, k), (a, k), (k,), (k,), (c, a))
    read = [np.frombuffer(t, bool).reshape(shape) for t, shape in zip(tables, shapes, strict=True)]
    felt, bears, covers, rival, promised, promises, of_regime, of_rivals, here = read
    club, threat, state = np.nonzero(bears[:, :, None] & felt.T)
    place = here.argmax(axis=1)[club]
    others = [
        [o for o in np.flatnonzero(covers[:, at]).tolist() if o != own]
        for at, own in zip(threat.tolist(), place.tolist(), strict=True)
    ]
    order = np.argsort([-len(some) for some in others], kind="stable")
    club, state, threat, place = (values[order] for values in (club, state, threat, place))
    seats = [  # a forum relieves each threat by the same share, if it bears on all alike
        [(promises[o, k], o, s, k if promises[o, k] or not alike else -1) for o in others[i]]
        for i, s, k in zip(order.tolist(), state.tolist(), threat.tolist(), strict=True)
    ]
    relief = {seat: n for n, seat in enumerate(sorted({seat for some in seats for seat in some}))}
    from_rivals = np.flatnonzero(of_rivals[threat])
    of_cells = [np.flatnonzero(rival[i]).tolist() for i in state[from_rivals]]
    kept = np.flatnonzero(promised[club, threat])
    to_state = ~of_regime[threat]
    return Cells(
        club,
        state,
        threat,
        place,
        kept,
        np.array([seat[1:] for seat in relief], np.intp).reshape(-1, 3).T,
        sum(not seat[0] for seat in relief),
        tuple(np.array([relief[seat] for seat in some], np.intp) for some in _in_turn(seats)),
        from_rivals,
        tuple(
            (
                np.array([i for i, some in enumerate(of_cells) if len(some) > n], np.intp),
                np.array([some[n] for some in of_cells if len(some) > n], np.intp),
            )
            for n in range(max(map(len, of_cells), default=0))
        ),
        _by_seat(club, state, threat, to_state),
        _by_seat(club, state, threat, ~to_state),
        _by_seat(club[kept], state[kept], threat[kept], to_state[kept]),
    )


def _in_turn[T](lists: Sequence[Sequence[T]]) -> list[list[T]]:
    """The first entries of all lists that have one, the second, and so on."""
    most = max(map(len, lists), default=0)
    return [[some[n] for some in lists if len(some) > n] for n in range(most)]


def _by_seat(club: Places, state: Places, threat: Places, some: Bools) -> tuple[Places, ...]:
    """The cells of the first threat to each seat, the second and so on; the seats with most of them first."""
    seats: dict[tuple[int, int], list[int]] = {}
    for i in np.lexsort((threat, state, club)).tolist():
        if some[i]:
            seats.setdefault((int(club[i]), int(state[i])), []).append(i)
    longest = sorted(seats.values(), key=len, reverse=True)
    return tuple(np.array(cells, np.intp) for cells in _in_turn(longest))


class Pressure(NamedTuple):
    """What the cells of a month, or of months, hold whoever is in a club: rows by cell, shape (N, 1) or (N, T)."""

    cells: Cells
    #: what is felt of the threat, where the club bears on it
    amount: Floats
    #: for `Cells.relief`: what is at stake in the forums among its clubs, shape (forums, 1), and how far all bear on
    #: the threat, shape (M, 1) or (M, T); None where they do so in full
    stake: Floats
    covers: Floats | None
    #: for each of `Cells.rivals` the rivalry as a share of the worst, and the cells of states that have no rival
    of_rivals: tuple[Floats, ...]
    without_rivals: Bools


def _rows(values: NDArray[Any], *at: Places) -> NDArray[Any]:
    """Rows of a table (..., x, y) at some places in y and x: runs or months behind, shape (n, ...) or (n, 1)."""
    rows = values.T[at]
    return rows if rows.ndim > 1 else rows[:, None]


@dataclass(frozen=True)
class Unrelieved:
    """What a state's other seats leave of the threats to it on which a club bears, cell by cell."""

    cells: Cells
    #: shape (..., N), runs side by side in memory
    amount: Floats
    #: belief that the promise would be kept, for those of `Cells.promised`, shape (..., P)
    credibility: Floats
    #: number of states and clubs
    seats: tuple[int, int]

    @property
    def promised(self) -> Floats:
        """The amounts of those of `Cells.promised`, shape (..., P)."""
        return self.amount.T[self.cells.promised].T

    @property
    def believed(self) -> Floats:
        """The amounts, of threats against which help is promised as far as that is believed, shape (..., N)."""
        found = self.amount.T.copy()
        found[self.cells.promised] *= self.credibility.T
        return found.T

    def summed(
        self, values: Floats, cells: tuple[Places, ...], some: Places | None = None
    ) -> Floats:
        """The sum of `values` (..., N) over the threats of a kind to each seat, in their order: shape (..., S, C).

        Or of values of some cells, shape (..., n), in which `cells` are places.
        """
        total = np.zeros((*self.amount.shape[:-1], *self.seats), order="F")
        if cells:
            rows, first = values.T, cells[0]
            found = rows[first]
            for further in cells[1:]:
                of_seats = found[: len(further)]
                of_seats += rows[further]
            at = first if some is None else some[first]
            total.T[self.cells.club[at], self.cells.state[at]] = found
        return total


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
    def felt(self) -> Floats:
        """What there is of each threat to be relieved, shape (..., S, K): the exposure to a threat to the state, and a
        threat to the regime itself."""
        return np.where(self.clubs.of_regime, self.threat, self.exposure)

    @cached_property
    def cells(self) -> Cells:
        """The seats and threats of which something may be left: felt, and the club bears on it, in some month."""
        clubs = self.clubs
        some = [
            values.reshape(-1, *values.shape[-2:]).any(axis=0)
            for values in (self.felt, self.covers, self.rivalry)
        ]
        felt, covers, rival = some
        here = clubs.place[:, None] == np.arange(len(covers))
        tables = (felt, clubs.relieves & covers[clubs.place], covers, rival, clubs.promised)
        traits = (clubs.promises, clubs.of_regime, clubs.of_rivals, here)
        size, alike = (*here.shape, *felt.shape), bool((self.covers == covers).all())
        return _cells(size, alike, *(np.ascontiguousarray(t).tobytes() for t in (*tables, *traits)))

    @cached_property
    def unrelieved(self) -> Unrelieved:
        """What other seats leave of each threat to each club that bears on it, for all terms that weigh it.

        ``felt[k] * covers[c, k] * outside[c, k] * others[c, k]``, where `others` is the product over other clubs o of
        ``1 - share[o, k] * covers[o, k] * held[o]``: a threat is relieved once. Of rivals only those outside the club
        count; `share` is the credibility of a promise, and for a forum what is at stake in it.

        Raises
        ------
        ValueError
            If it is not known who is in which club.
        """
        held, seat, given = needed(self.held, "held"), needed(self.seat, "seat"), self.pressure
        cells, forums = given.cells, given.cells.forums
        club, state, threat = cells.relief
        sits, trusted = (
            _rows(held, club, state),
            _rows(self.credibility, threat[forums:], state[forums:]),
        )
        width = max(rows.shape[1] for rows in (sits, trusted, given.amount))
        share = np.empty((len(sits), width))
        np.multiply(sits[:forums], given.stake, out=share[:forums])
        np.multiply(sits[forums:], trusted, out=share[forums:])
        if given.covers is not None:
            share *= given.covers
        left = np.repeat(given.amount, width // given.amount.shape[1], axis=1)
        if len(cells.from_rivals):
            left[cells.from_rivals] *= self._outside(seat)
        for other in cells.others:
            of_some = left[: len(other)]
            of_some -= of_some * share[other]
        kept = _rows(self.credibility, cells.threat[cells.promised], cells.state[cells.promised])
        seats = (held.shape[-2], len(self.clubs.place))
        if held.ndim == self.felt.ndim == MONTH_AXES:
            return Unrelieved(cells, left[:, 0], kept[:, 0], seats)
        return Unrelieved(cells, left.T, kept.T, seats)

    @cached_property
    def pressure(self) -> Pressure:
        """What of `unrelieved` no run changes; found once for all that are joined by what differs between runs."""
        alike: Situation | None = self.__dict__.get("_alike")
        if alike is not None:
            return alike.pressure
        cells, stake = self.cells, self.clubs.stake
        amount = _rows(self.felt, cells.threat, cells.state)
        amount = amount * _rows(self.covers, cells.threat, cells.place)
        club, _, threat = cells.relief
        covers = _rows(self.covers, threat, club)
        rivalry = [
            _rows(self.rivalry, rival, cells.state[cells.from_rivals[some]])
            for some, rival in cells.rivals
        ]
        worst = _rows(self.rivalry.max(axis=-1), cells.state[cells.from_rivals])
        shares = [
            np.divide(r, worst[some], out=np.zeros_like(r), where=worst[some] > 0)
            for r, (some, _) in zip(rivalry, cells.rivals, strict=True)
        ]
        return Pressure(
            cells,
            amount,
            stake[club[: cells.forums]][:, None],
            None if (threat < 0).any() or (covers == 1).all() else covers,
            tuple(shares),
            worst <= 0,
        )

    def _outside(self, seat: Bools) -> Floats:
        """Share of a state's worst rivalry that comes from states outside a club, in [0, 1], for cells of rivals.

        `seat` says who is in, shape (..., S, C). One row a cell, shape (n, ...); 1 for a state without rivals.
        """
        given, cells = self.pressure, self.pressure.cells
        club = cells.club[cells.from_rivals]
        runs = len(seat) if seat.ndim > MONTH_AXES else 1
        share = np.zeros((len(club), max(runs, given.without_rivals.shape[1])))
        for (some, rival), of_rival in zip(cells.rivals, given.of_rivals, strict=True):
            of_some = of_rival * ~_rows(seat, club[some], rival)
            share[some] = np.maximum(share[some], of_some)
        return np.where(given.without_rivals, 1.0, share) if given.without_rivals.any() else share

    def joined_by(self, **of_runs: NDArray[Any]) -> "Situation":
        """The same with all that differs between runs (`PER_RUN`), by name, each of the shape of its field.

        Raises
        ------
        TypeError
            If one is missing, or is none of these.
        """
        if odd := of_runs.keys() ^ set(PER_RUN):
            raise TypeError(f"what differs between runs is {PER_RUN}, not {sorted(odd)}")
        found = object.__new__(type(self))  # with what was made of it: it is the same in all runs
        found.__dict__.update(self.__dict__)
        found.__dict__.update(of_runs, _alike=self)
        found.__dict__.pop("unrelieved", None)
        return found

    def of_clubs(self, clubs: slice) -> "Situation":
        """The same as far as it concerns some clubs, in their order."""
        return replace(of_clubs(self, clubs), clubs=of_clubs(self.clubs, clubs))


def read_only[T](value: T) -> T:
    """An array that cannot be written to, or a table of such arrays; anything else as it is."""
    if isinstance(value, np.ndarray):
        view = value.view()
        view.flags.writeable = False
        return view
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: read_only(getattr(value, f.name)) for f in fields(value)})
    return value


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


#: what of a situation has months first
MONTHLY = tuple(name for name, axes in axes_of(Situation).items() if axes[0] == "month")
#: what of it differs between runs
PER_RUN = tuple(name for name, axes in axes_of(Situation).items() if axes[0] == "run")
