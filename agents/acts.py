"""ACTS: the log-odds of every act that is open to a state, in one table.

With ``W`` the value of a seat (`agents.terms`)::

    log-odds = sign * W + sum over the act's frictions of  sign * parameter * feature

An act happens in a month with probability ``1 / (1 + exp(-log-odds))``. A member asks for suspension before it
thinks of notice, so the chance of leaving by either route is ``1 - (1 - p_suspend) * (1 - p_withdraw)``.

The engine, the likelihood of the record, explanations and scores of acts that no fit has seen read this table alone:
a new friction is one line in it, and a prior in the case's ``parameters.toml``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Floats
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


def log_odds(
    act: str, value: Floats, parameters: Mapping[str, Floats], features: Features | None = None
) -> Floats:
    """Log-odds of an act by the value of the seat and the frictions that are the same for all seats of a club.

    Parameters
    ----------
    act
        A name of `ACTS`.
    value
        The value of the seat, any shape, for example (R, S, C).
    parameters
        Frictions by name; each broadcasts against `value`, for example (R, 1, 1).
    features
        What frictions of clubs are multiplied by; each broadcasts against `value`, for example (C,).

    Returns
    -------
    Floats
        Log-odds, of the shape of `value`.
    """
    return with_friction(act, value, club_frictions(act, parameters, features or {}))


def with_friction(act: str, value: Floats, friction: Floats) -> Floats:
    """Log-odds of an act by the value of the seat and the sum of its frictions, which broadcast; of the same shape."""
    return np.asarray(value + friction if ACTS[act].sign > 0 else friction - value)


def club_frictions(act: str, parameters: Mapping[str, Floats], features: Features) -> Floats:
    """What frictions that are the same for all seats of a club add up to; shapes as in `log_odds`, or () for none."""
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
