"""ACTS: the log-odds of every act that is open to a state, in one table.

With ``W`` the value of a seat (`agents.terms`)::

    log-odds = sign * W + sum over the act's frictions of  sign * parameter * feature

An act happens in a month with probability ``1 / (1 + exp(-log-odds))``. A member asks for suspension before it
thinks of notice, so the chance of leaving by either route is ``1 - (1 - p_suspend) * (1 - p_withdraw)``.

The engine, the likelihood of the record, explanations and scores of acts that no fit has seen read this table alone:
a new friction is one line in it, and a prior in the case's ``parameters.toml``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Bools, Floats, Places
from tashkent.agents.terms import TERMS

#: what a friction is multiplied by: whether the club promises help, or none; a signature is enough and no member is
#: asked; how fresh its invitation is; this is a founding month; a term runs that ends for who does not sign; a rule
#: takes the former party back; what it must join first, in units of compliance; a law at home makes joining dear;
#: the log of the months since the council last met, where petitions wait for it; no clause lets members leave;
#: a fellow of a bloc has just given notice
Feature = Literal[
    "guarantees",
    "forum",
    "unasked",
    "invited",
    "founding",
    "runs_out",
    "back",
    "owed",
    "dear",
    "waited",
    "unclaused",
    "joint",
]
#: those that differ between the seats of a club
OF_SEATS: tuple[Feature, ...] = ("invited", "back", "owed", "dear")
Features = Mapping[Feature, NDArray[np.generic]]


@dataclass(frozen=True)
class Friction:
    """What a parameter adds to the log-odds of an act: ``sign * parameter * feature``."""

    parameter: str
    #: one where there is none
    feature: Feature | None = None
    sign: float = 1.0
    #: how an explanation calls it, if not by its parameter
    label: str = ""
    #: choices of the record tell of it; otherwise it stays at its prior
    scored: bool = True
    #: only some laws ask for it: a case without such a law need not have the parameter
    optional: bool = False

    @property
    def name(self) -> str:
        """How an explanation calls it."""
        return self.label or self.parameter

    def applies(self, parameters: Iterable[str]) -> bool:
        """Whether it adds something: a weight that is not of the theory does not, nor does what no law asks for."""
        needed = self.parameter not in TERMS and not self.optional
        return needed or self.parameter in parameters


@dataclass(frozen=True)
class SeatAct:
    """An act on a seat: the sign with which the value of the seat enters its log-odds, and its frictions."""

    sign: float
    frictions: tuple[Friction, ...]


_LEAVING = (Friction("exit"), Friction("idle", "forum"), Friction("wait", "runs_out"))
#: act -> its log-odds, by the names of the record; frictions are added up in their order
ACTS: dict[str, SeatAct] = {
    "accede": SeatAct(
        1.0,
        (
            Friction("accede"),
            Friction("restore", "back"),
            Friction("compliance", "owed", sign=-1.0, label="return"),
            Friction("obligation", "guarantees"),
            Friction("signature", "unasked"),
            Friction("opening", "invited"),
            Friction("founding", "founding"),
            Friction("backlog", "waited", scored=False, optional=True),
            Friction("lock", "dear", scored=False),
        ),
    ),
    "renew": SeatAct(1.0, (Friction("renew"),)),
    "withdraw": SeatAct(
        -1.0,
        (
            *_LEAVING,
            Friction("walkout", "unclaused", optional=True),
            Friction("jointly", "joint", scored=False, optional=True),
        ),
    ),
    "request_suspension": SeatAct(-1.0, (Friction("suspend"), Friction("wait", "runs_out"))),
    "cease_observing": SeatAct(-1.0, _LEAVING),
    "freeze": SeatAct(-1.0, (Friction("freeze", scored=False),)),
    "resume": SeatAct(1.0, (Friction("resume", scored=False),)),
    "observe": SeatAct(
        1.0,
        (
            Friction("observe", scored=False),
            Friction("backlog", "waited", scored=False, optional=True),
        ),
    ),
    "rescind": SeatAct(1.0, (Friction("rescind", scored=False, optional=True),)),
}


def _parameters(*, scored: bool, optional: bool = False) -> tuple[str, ...]:
    """The parameters of the table that are no weights of terms, each once."""
    asked = (scored, optional)
    named = (f for act in ACTS.values() for f in act.frictions if (f.scored, f.optional) == asked)
    return tuple(dict.fromkeys(f.parameter for f in named if f.parameter not in TERMS))


#: parameters of frictions that the record informs, and of those that stay at their priors
FRICTIONS = _parameters(scored=True)
UNSCORED = _parameters(scored=False)
#: the same of those that only some laws ask for, by the role that they have in a table of parameters
OPTIONAL = {
    "friction": _parameters(scored=True, optional=True),
    "unscored": _parameters(scored=False, optional=True),
}


#: by so much log-odds that are compared without being added up may be off
_CLOSE = 1e-9


class OfSeats(NamedTuple):
    """What frictions that differ between the seats of a club add up to, each of shape (S, R), or (1, R) if alike."""

    #: for states that were never in, and for those that were
    outside: Floats
    back: Floats


@dataclass(frozen=True)
class Frictions:
    """What frictions add to the log-odds of some acts, each in one club: a row for each of them."""

    #: the sign with which the value of a seat enters, shape (rows,)
    sign: Floats
    #: the same for all seats of a club, shape (rows, R)
    of_clubs: Floats
    #: for rows that follow each other, from the first of them: what is added where seats of a club differ
    first: int = 0
    of_seats: tuple[OfSeats, ...] = ()

    #: made on first use: bounds of the value of seats, by log-odds, and whether some were in
    _bounds: dict[tuple[float, bool], list[Floats]] = field(default_factory=dict, init=False)

    def __repr__(self) -> str:
        """A line: of how many acts and clubs."""
        return f"<Frictions: {len(self.sign)} acts in clubs>"

    @cached_property
    def seat_table(self) -> tuple[Places, Places, Floats, Floats]:
        """`of_seats` one behind the other: where each begins, by how much its states lie apart (0 if all are alike),
        each in rows of runs, and all sums for states that were never in and for those that were, shape (rows, R)."""
        sizes = np.array([len(seats.outside) for seats in self.of_seats])
        outside, back = (np.concatenate(of) for of in zip(*self.of_seats, strict=True))
        return sizes.cumsum() - sizes, np.minimum(sizes - 1, 1), outside, back

    def bounds(self, level: float, *, some_back: bool) -> list[Floats]:
        """For each row the value of a seat that it takes for log-odds above a level, each of shape (R,) or (S, R).

        Log-odds of a value that has not reached it are below the level; they may be so just above it, too.
        """
        kept = self._bounds.get((level, some_back))
        if kept is None:
            most = list(self.of_clubs)
            for i, seats in enumerate(self.of_seats, self.first):
                most[i] = most[i] + (np.maximum(*seats) if some_back else seats.outside)
            kept = [sign * (level - _CLOSE - of) for sign, of in zip(self.sign, most, strict=True)]
            self._bounds[level, some_back] = kept
        return kept


@dataclass(frozen=True)
class LogOdds:
    """Log-odds of acts on seats, added up where they are asked for: a row for each act in a club.

    Seats lie row by row, state by state, runs side by side.
    """

    #: the value of seats by club, shape (C, S, R)
    value: Floats
    #: the club of each row, shape (rows,)
    clubs: Places
    frictions: Frictions
    #: the rows that are asked for
    rows: Sequence[int]
    #: whose state was in before, shape (C, S, R); None where that is nobody, or makes no difference
    former: Bools | None = None

    def __repr__(self) -> str:
        """A line: the shape of the seats."""
        return f"<LogOdds: {(len(self.clubs), *self.value.shape[1:])}>"

    def may_exceed(self, level: float) -> Bools:
        """Where they are above a level, and perhaps where they are just below it, shape (rows, S, R)."""
        found = np.zeros((len(self.clubs), *self.value.shape[1:]), bool)
        bounds = self.frictions.bounds(level, some_back=self.former is not None)
        for i in self.rows:
            compared = np.greater if self.frictions.sign[i] > 0 else np.less
            compared(self.value[self.clubs[i]], bounds[i], out=found[i])
        return found

    def at(self, places: Places) -> Floats:
        """The log-odds at some places, which rise, counted through the seats, shape (n,)."""
        given, (_, states, runs) = self.frictions, self.value.shape
        row, seat = np.divmod(places, states * runs)
        run = seat % runs
        seat += self.clubs[row] * (states * runs)
        odds = given.sign[row] * self.value.ravel()[seat]
        odds += given.of_clubs.ravel()[row * runs + run]
        if given.of_seats:
            last = given.first + len(given.of_seats)
            some = slice(*np.searchsorted(row, (given.first, last)))
            odds[some] += self._of_seats(row[some] - given.first, seat[some], run[some])
        return np.asarray(odds)

    def _of_seats(self, row: Places, seat: Places, run: Places) -> Floats:
        """What frictions that differ between seats add at some places, shape (n,)."""
        _, states, runs = self.value.shape
        begins, apart, outside, back = self.frictions.seat_table
        place = begins[row] + apart[row] * ((seat // runs) % states)
        place *= runs
        place += run
        amount = outside.ravel()[place]
        if self.former is None:
            return np.asarray(amount)
        return np.asarray(np.where(self.former.ravel()[seat], back.ravel()[place], amount))

    def whole(self) -> Floats:
        """All of them, shape (rows, S, R)."""
        shape = (len(self.clubs), *self.value.shape[1:])
        return self.at(np.arange(np.prod(shape))).reshape(shape)


def of_one_club(
    act: str, value: Floats, parameters: Mapping[str, Floats], features: Features | None = None
) -> LogOdds:
    """Log-odds of an act in one club by the value of its seats and the frictions that are the same for all of them.

    Parameters
    ----------
    act
        A name of `ACTS`.
    value
        The value of the seats, shape (R, S).
    parameters
        Frictions by name, each of shape (R, 1).
    features
        What frictions of the club are multiplied by, without an axis.
    """
    friction = club_frictions(act, parameters, features or {})
    of_club = np.broadcast_to(friction, (len(value), 1)).T
    frictions = Frictions(np.array([ACTS[act].sign]), of_club)
    return LogOdds(value.T[None], np.zeros(1, np.intp), frictions, (0,))


def club_frictions(act: str, parameters: Mapping[str, Floats], features: Features) -> Floats:
    """What frictions that are the same for all seats of a club add up to, or () for none.

    Parameters broadcast against features, for example (R, 1, 1) against (C,).
    """
    frictions = [f for f in ACTS[act].frictions if f.feature not in OF_SEATS]
    return _added_up(frictions, parameters, features)


def seat_frictions(act: str, parameters: Mapping[str, Floats], features: Features) -> Floats:
    """What frictions that differ between the seats of a club add to log-odds.

    Parameters broadcast against features, which have shape (R, S) or (S,); so has the result, or (R, S).
    """
    frictions = [f for f in ACTS[act].frictions if f.feature in OF_SEATS]
    return _added_up(frictions, parameters, features)


def _added_up(
    frictions: list[Friction], parameters: Mapping[str, Floats], features: Features
) -> Floats:
    """The sum in the order of the table, laid out as the value of seats is: runs side by side in memory."""
    total: Floats | None = None
    for friction in frictions:
        if not friction.applies(parameters):
            continue
        amount = parameters[friction.parameter]
        if friction.feature is not None:
            feature = features[friction.feature]
            if not feature.any():  # most frictions ask nobody for anything in a month
                continue
            amount = np.multiply(friction.sign * amount, feature, order="F")
        total = amount if total is None else total + amount
    return np.zeros(()) if total is None else total
