"""The likelihood of the record: exact, without simulation, for many parameter vectors at once.

Given the record up to the month before, every choice of the risk set has a known probability under the model, and
choices are independent given that record and the parameters::

    log L = sum over rows of  log p   if the state did it,  log(1 - p)  otherwise

Choices of one day (a founding, a renewal) share the friction of that day, which is a parameter. Petition and admission
count as one act: the answers of councils stay at their priors and do not enter. Exit by either route is one choice with
``1 - p = (1 - p_suspend) (1 - p_withdraw)``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.calibration.riskset import CHOICE_OPEN, CHOICES, RiskSet, risk_set
from tashkent.model.case import Case
from tashkent.model.choices import log_odds_row, open_acts
from tashkent.model.compilation import compile_case
from tashkent.model.inputs import CaseInputs
from tashkent.model.statuses import Act

#: numbers that are worked on at once: few enough to stay in a cache
_AT_ONCE = 16384


def log_sigmoid(x: Floats) -> Floats:
    """``log(1 / (1 + exp(-x)))``, without overflow; shape as `x`.

    Written out, as scipy's log_expit differs in the last digit at one number of twenty, and samples of the posterior
    would with it: ``min(x, 0) - log1p(exp(-|x|))``, some rows at a time.
    """
    found = np.empty_like(x)
    rows = max(1, _AT_ONCE * len(x) // max(1, x.size))
    for i in range(0, len(x), rows):
        some, into = x[i : i + rows], found[i : i + rows]
        np.abs(some, out=into)
        np.negative(into, out=into)
        np.exp(into, out=into)
        np.log1p(into, out=into)
        np.subtract(np.minimum(some, 0.0), into, out=into)
    return found


@dataclass(frozen=True)
class Design:
    """The risk set with every log-odds written as ``row @ parameters``.

    `first` is the design of the only route of a choice, or of notice where exits have two; `second` that of the
    request for suspension, and 0 but where `two_routes`. Both have shape (rows, parameters).
    """

    names: tuple[str, ...]
    rows: RiskSet
    first: Floats
    second: Floats
    two_routes: np.ndarray
    #: what parameters that stay at their priors add to the log-odds of each route at the means of these, (rows, 2)
    offset: Floats

    def log_odds(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Log-odds of the two routes, shape (rows, ...) for parameters of shape (P, ...)."""
        wide = (slice(None),) + (None,) * (parameters.ndim - 1)
        of_first, of_second = self.offset.T
        first = self.first @ parameters + of_first[wide]
        if not self.has_two_routes:
            return first, np.broadcast_to(of_second[wide], first.shape)
        return first, self.second @ parameters + of_second[wide]

    @cached_property
    def has_two_routes(self) -> bool:
        """Whether a second route is open in any row; where none is, nothing of it need be computed."""
        return bool(self.two_routes.any())

    def log_scores(self, parameters: Floats) -> Floats:
        """Log probability of what each row's state did, shape (rows, ...)."""
        return self._scores(*self.log_odds(parameters))

    def _scores(self, first: Floats, second: Floats) -> Floats:
        """The same from the log-odds of the two routes."""
        scores, two = log_sigmoid(-first), self.two_routes
        scores[two] += log_sigmoid(-second[two])
        done = self.rows.done & ~two
        scores[done] = log_sigmoid(first[done])
        left = self.rows.done & two
        scores[left] = np.log(-np.expm1(np.minimum(scores[left], -1e-300)))
        return scores

    def log_likelihood(self, parameters: Floats) -> tuple[float, Floats]:
        """Log likelihood of all rows and its gradient, shape (P,), at parameters of shape (P,).

        Chances are written out, as scipy's expit differs in the last digit.
        """
        odds = self.log_odds(parameters)
        p1, p2, stay = self._chances(*odds)
        # d log p / d log-odds of a route = (chance to stay) / (chance to go) * p_route; of staying: -p_route
        factor = np.where(self.rows.done, stay / np.maximum(1.0 - stay, 1e-300), -1.0)
        gradient = (factor * p1) @ self.first
        if self.has_two_routes:
            gradient += (factor * p2) @ self.second
        return float(self._scores(*odds).sum()), gradient

    def curvature(self, parameters: Floats) -> Floats:
        """The negative Hessian of the log likelihood at parameters of shape (P,), shape (P, P).

        Exact but for exits where two routes were open, where it is that of Gauss and Newton, which is never negative.
        """
        p1, p2, stay = self._chances(*self.log_odds(parameters))
        if not self.has_two_routes:
            return np.asarray((self.first * (p1 * stay)[:, None]).T @ self.first)
        both = self.rows.done & self.two_routes
        route_1, route_2 = (np.where(both, 0.0, p * (1.0 - p)) for p in (p1, p2))
        x = p1[both, None] * self.first[both] + p2[both, None] * self.second[both]
        gone = np.maximum(1.0 - stay[both], 1e-300)
        return np.asarray(
            (self.first * route_1[:, None]).T @ self.first
            + (self.second * route_2[:, None]).T @ self.second
            + (x * (stay[both] / gone**2)[:, None]).T @ x
        )

    def _chances(self, first: Floats, second: Floats) -> tuple[Floats, Floats, Floats]:
        """The chance of each route and of neither from their log-odds, each of shape (rows,)."""
        p1 = 1.0 / (1.0 + np.exp(-first))
        p2 = np.where(self.two_routes, 1.0 / (1.0 + np.exp(-second)), 0.0)
        return p1, p2, (1.0 - p1) * (1.0 - p2)

    def where(self, keep: np.ndarray) -> "Design":
        """The rows that are kept.

        `keep` has shape (rows,), or is an index of rows of any shape (n,).
        """
        return Design(
            self.names,
            self.rows.where(keep),
            self.first[keep],
            self.second[keep],
            self.two_routes[keep],
            self.offset[keep],
        )


def fitted_names(case: Case) -> tuple[str, ...]:
    """The parameters that the record informs, in the order of the case's table."""
    return tuple(case.fitted)


@lru_cache(maxsize=8)
def design(case: Case) -> Design:
    """The design of all rows of a case; rows after the fit's last month are for testing only."""
    inputs, rows = compile_case(case), risk_set(case)
    names = fitted_names(case)
    first, second = np.zeros((len(rows), len(names))), np.zeros((len(rows), len(names)))
    two_routes, offset = np.zeros(len(rows), bool), np.zeros((len(rows), 2))
    place = {name: i for i, name in enumerate(names)}
    for i in range(len(rows)):
        t, s, c = int(rows.month[i]), int(rows.state[i]), int(rows.club[i])
        choice = CHOICES[rows.choice[i]]
        routes = [a for a, _ in open_acts(inputs, t, s, c) if CHOICE_OPEN.get(a) == choice]
        two_routes[i] = len(routes) > 1
        offset[i, 0] = _write_row(inputs, place, first[i], routes[-1], t, s, c)
        if two_routes[i]:
            offset[i, 1] = _write_row(inputs, place, second[i], routes[0], t, s, c)
    return Design(names, rows, first, second, two_routes, offset)


def _write_row(
    inputs: CaseInputs, place: Mapping[str, int], row: Floats, act: Act, t: int, s: int, c: int
) -> float:
    """Add the coefficients of the fitted parameters to `row`, shape (P,), each at its `place`.

    What comes back is what the others add at the means of their priors.
    """
    offset = 0.0
    for name, coefficient in log_odds_row(inputs, act, t, s, c).coefficients:
        if name in place:
            row[place[name]] += coefficient
        else:
            offset += inputs.case.drawn[name].mean * coefficient
    return offset


def fit_rows(case: Case) -> Design:
    """The rows of the record that may inform a fit."""
    rows = design(case)
    return rows.where(rows.rows.month <= case.fit_until - case.start)
