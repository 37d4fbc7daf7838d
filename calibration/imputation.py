"""What inputs are not known for certain: the case again with other values where its own are uncertain.

Multiple imputation (Rubin 1987): the posterior is sampled given each of several sets of inputs, and the draws are
pooled. So what is known of a parameter carries the doubt about the inputs.

* A composite is moved by one standard normal number for each variable and state, times its recorded error in each year:
  ``value[y] + sd[y] * z``. A gap that is filled wrongly stays wrong in the same direction. What is measured in a year
  counts as known, as its error is not recorded.
* A row of a dated event is left out with the chance that its coding is wrong (`DOUBT` by its certainty). One number is
  drawn for the event, so its rows of one certainty stay or go together, and the surer ones stay the longer.
"""

import numpy as np

from tashkent.model.case import Case
from tashkent.model.draws import normal, once

#: certainty of a row of an event -> chance that its coding is wrong; a choice of ours
DOUBT = {"high": 0.0, "medium": 0.2, "low": 0.5}


def imputed(case: Case, number: int, seed: int) -> Case:
    """The case with set `number` (from 0) of inputs that may be the true ones.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> case = load_case("cst")
    >>> imputed(case, 0, seed=1).hash == imputed(case, 0, seed=1).hash != case.hash
    True
    """

    def z(variable: str, state: str) -> float:
        return float(normal(seed, ("imputation", variable, state), number, 1)[0])

    moved = {(c.variable, c.state): z(c.variable, c.state) for c in case.composites}
    composites = tuple(
        c.model_copy(update={"value": c.value + c.sd * moved[c.variable, c.state]})
        for c in case.composites
    )
    names = {event.event for event in case.events if DOUBT[event.certainty]}
    drawn = {name: float(once(seed, ("imputation", name), number, 1)[0]) for name in names}
    events = tuple(e for e in case.events if drawn.get(e.event, 1.0) >= DOUBT[e.certainty])
    return case.varied(composites=composites, events=events)


def between(groups: np.ndarray) -> np.ndarray:
    """Share of the variance of each parameter that lies between imputations, shape (P,).

    `groups` has shape (imputations, draws, P). 0 where the doubt about inputs does not matter.
    """
    total = groups.reshape(-1, groups.shape[-1]).var(axis=0)
    means = groups.mean(axis=1).var(axis=0)
    return np.divide(means, total, out=np.zeros_like(total), where=total > 0)
