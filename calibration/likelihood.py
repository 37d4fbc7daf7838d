"""The likelihood of the record: exact, without simulation, for many parameter vectors at once.

Given the record up to the month before, every choice of the risk set has a known probability under the model, and
choices are independent given that record and the parameters::

    log L = sum over rows of  log p   if the state did it,  log(1 - p)  otherwise

Choices of one day (a founding, a renewal) share the friction of that day, which is a parameter. Petition and admission
count as one act: the answers of councils stay at their priors and do not enter. Exit by either route is one choice with
``1 - p = (1 - p_suspend) (1 - p_withdraw)``.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.calibration.riskset import CHOICES, RiskSet, risk_set
from tashkent.model.case import Case
from tashkent.model.choices import open_acts, record_standing
from tashkent.model.law import Act
from tashkent.model.world import CaseInputs, compile_case


def log_sigmoid(x: Floats) -> Floats:
    """``log(1 / (1 + exp(-x)))``, without overflow."""
    return np.asarray(np.minimum(x, 0.0) - np.log1p(np.exp(-np.abs(x))))


@dataclass(frozen=True)
class Design:
    """The risk set with every log-odds written as ``row @ parameters``.

    `first` is the design of the only route of a choice, or of notice where exits have two; `second` that of the
    request for suspension, used where `two_routes`. Both have shape (rows, parameters).
    """

    names: tuple[str, ...]
    rows: RiskSet
    first: Floats
    second: Floats
    two_routes: np.ndarray
    #: what parameters that stay at their priors add to the log-odds at the means of these, shape (rows,)
    offset: Floats

    def log_odds(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Log-odds of the two routes, shape (rows, ...) for parameters of shape (P, ...)."""
        wide = (slice(None),) + (None,) * (parameters.ndim - 1)
        offset = self.offset[wide]
        return self.first @ parameters + offset, self.second @ parameters + offset

    def log_scores(self, parameters: Floats) -> Floats:
        """Log probability of what each row's state did, shape (rows, ...)."""
        first, second = self.log_odds(parameters)
        scores, two = log_sigmoid(-first), self.two_routes
        scores[two] += log_sigmoid(-second[two])
        done = self.rows.done & ~two
        scores[done] = log_sigmoid(first[done])
        left = self.rows.done & two
        scores[left] = np.log(-np.expm1(np.minimum(scores[left], -1e-300)))
        return scores

    def where(self, keep: np.ndarray) -> "Design":
        """The rows that are kept."""
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
    two_routes, offset = np.zeros(len(rows), bool), np.zeros(len(rows))
    held = {name: p.mean for name, p in case.drawn.items() if name not in names}
    column = {name: i for i, name in enumerate(names)}
    for i in range(len(rows)):
        t, s, c = int(rows.month[i]), int(rows.state[i]), int(rows.club[i])
        choice, rules = CHOICES[rows.choice[i]], inputs.rules[t][c]
        seen = t
        if choice == "renew" and rules.term is not None:
            seen = max(0, t - rules.term.informed_months_before)
        features = _features(case, seen, t)
        sign = -1.0 if choice == "exit" else 1.0
        for name, feature in features.items():
            if name in held:
                offset[i] += sign * held[name] * feature[s, c]
            else:
                first[i, column[name]] = second[i, column[name]] = sign * feature[s, c]
        if choice == "accede":
            first[i, column["accede"]] = 1.0
            first[i, column["obligation"]] = inputs.situation.clubs.guarantees[c]
            first[i, column["signature"]] = inputs.unasked[t, c]
            first[i, column["opening"]] = rows.window[i]
            first[i, column["founding"]] = rows.founding[i]
            first[i] += _price(inputs, t, s, c, names)
            offset[i] += held["lock"] * inputs.dear[t, s, c]
            back = inputs.record.former[t - 1, s, c] and rules.restoration is not None
            first[i, column["restore"]] = back
        elif choice == "renew":
            first[i, column["renew"]] = 1.0
        else:
            routes = [act for act, _ in open_acts(inputs, t, s, c)]
            two_routes[i] = {Act.WITHDRAW, Act.REQUEST_SUSPENSION} <= set(routes)
            first[i, column["exit"]] = 1.0
            first[i, column["idle"]] = not inputs.situation.clubs.guarantees[c]
            second[i, column["suspend"]] = 1.0
            first[i, column["wait"]] = second[i, column["wait"]] = inputs.runs_out[t, c]
    return Design(names, rows, first, second, two_routes, offset)


@lru_cache(maxsize=4096)
def _features(case: Case, seen: int, t: int) -> dict[str, Floats]:
    """The terms of a month as seen, with all that the record says of seats on the eve of another."""
    inputs = compile_case(case)
    return inputs.terms(seen, record_standing(inputs, t))


def _price(inputs: CaseInputs, t: int, s: int, c: int, names: tuple[str, ...]) -> Floats:
    """What each fitted parameter adds for instruments that a former party must join first."""
    owed = inputs.price[t, c] * inputs.record.former[t - 1, s, c]
    return np.array([-owed if name == "compliance" else 0.0 for name in names])
