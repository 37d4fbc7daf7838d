"""What a sensitivity analysis varies: parameters over what is believed of them, inputs over what they may be off by.

Every factor lives on the unit interval. A number that is believed to lie normally about a mean runs from its quantile
`LOW` to its quantile `HIGH`, uniformly in probability: ``F^-1(LOW + (HIGH - LOW) u)``.

* `Parameters`: each number of the case's table is a factor. What is drawn runs over the quantiles of its prior, or
  of its posterior one by one (their correlation is left out). What is fixed runs from half to double, uniformly in its
  logarithm.
* `Inputs`: parameters are drawn from the posterior, and what is measured or coded is moved in groups, each of whose
  members moves on its own: the magnitude of each event by one step, with all its effects of a kind; each measured
  column of a state by its error; events whose coding is in doubt in or out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.calibration.imputation import DOUBT
from tashkent.calibration.posterior import Posterior, Sample
from tashkent.experiments.indices import Problem
from tashkent.model.case import Case
from tashkent.model.case.tables import SHARES, Bond, Composite, Event, Rivalry

LOW, HIGH = 0.05, 0.95
#: a step on the magnitude of an event. Judged magnitudes run from 1 to 3: a step from the middle is a half
STEP = 0.5
#: error of a measured column: in standard deviations of a composite, or as a share of a level or of what lies in 0 to 1
NOISE = 0.25
#: groups of inputs beside the composites, which bear the names of their variables
EVENTS, DOUBTED, RIVALRY, BONDS = "events: ", "doubtful events", "rivalry", "bonds"
#: what stands at a point: the case, and the parameters that are held, by name
SpacePoint = tuple[Case, Mapping[str, float]]


class Space(Protocol):
    """What is varied, and what stands at a point."""

    @property
    def case(self) -> Case:
        """The case as it is."""

    @property
    def problem(self) -> Problem:
        """The factors and their groups."""

    def at(self, u: Floats) -> SpacePoint:
        """The case at a point of the unit cube, shape (factors,), and the parameters that it holds."""


def z_of(u: Floats) -> Floats:
    """Standard normal quantiles of ``LOW + (HIGH - LOW) u``; shape as `u`.

    Examples
    --------
    >>> [round(float(z), 3) for z in z_of(np.array([0.0, 0.75, 1.0]))]
    [-1.645, 0.598, 1.645]
    """
    from scipy.special import ndtri

    return np.asarray(ndtri(LOW + (HIGH - LOW) * u))


@dataclass(frozen=True, eq=False)
class Parameters:
    """Every number of the case's table."""

    case: Case
    #: None for the priors
    posterior: Posterior | None = None

    @cached_property
    def problem(self) -> Problem:
        """Each parameter is a factor of its own, drawn ones first."""
        names = (*self.case.drawn, *self.case.role("fixed"))
        return Problem(names, names)

    def at(self, u: Floats) -> SpacePoint:
        """The case with other fixed numbers, and a value for every drawn parameter; `u` has shape (factors,)."""
        drawn, z = list(self.case.drawn), z_of(u)
        held = {name: self._value(name, float(u[i]), float(z[i])) for i, name in enumerate(drawn)}
        fixed = tuple(
            (name, halved_or_doubled(name, p.mean, float(u[len(drawn) + i])))
            for i, (name, p) in enumerate(self.case.role("fixed").items())
        )
        return with_fixed(self.case, fixed), held

    def _value(self, name: str, u: float, z: float) -> float:
        known, prior = self.posterior, self.case.drawn[name]
        if known is None or name not in known.names:
            return prior.mean + (prior.sd or 0.0) * z
        at = known.names.index(name)
        if isinstance(known, Sample):
            return float(np.quantile(known.values[:, at], LOW + (HIGH - LOW) * u))
        return float(known.mean[at] + known.sd[at] * z)


def halved_or_doubled(name: str, value: float, u: float) -> float:
    """A fixed number from half to double, uniformly in its logarithm; a share stays below 1.

    Examples
    --------
    >>> [halved_or_doubled("event_step", 0.5, u) for u in (0.0, 0.5, 1.0)]
    [0.25, 0.5, 1.0]
    """
    moved = value * float(2.0 ** (2.0 * u - 1.0))
    return min(1.0, moved) if name in SHARES else moved


@lru_cache(maxsize=4)
def with_fixed(case: Case, values: tuple[tuple[str, float], ...]) -> Case:
    """The case with other fixed numbers; the last few are kept, so that they need not be compiled again."""
    parameters = dict(case.parameters)
    for name, value in values:
        parameters[name] = parameters[name].model_copy(update={"mean": value})
    return case.varied(parameters=parameters)


@dataclass(frozen=True, eq=False)
class Inputs:
    """What is measured or coded, in groups."""

    case: Case

    @cached_property
    def problem(self) -> Problem:
        """A factor for each event and kind of effect, column and state, state's pairs, and doubtful event."""
        groups: dict[tuple[str, ...], str] = {
            **{("events", e.event, e.kind): f"{EVENTS}{e.kind}" for e in self.case.events},
            **{("composite", c.variable, c.state): c.variable for c in self.case.composites},
            **{("rivalry", r.state, ""): RIVALRY for r in self.case.rivalry},
            **{("bonds", b.state, ""): BONDS for b in self.case.bonds},
            **{("doubt", e.event, ""): DOUBTED for e in self.case.events if DOUBT[e.certainty]},
        }
        return Problem(tuple(" ".join(filter(None, key)) for key in groups), tuple(groups.values()))

    @cached_property
    def _at(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.problem.factors)}

    @cached_property
    def _levels(self) -> set[str]:
        """Composites that measure threats: zero is nothing, so an error is a share of what there is."""
        return {threat.measured_by for threat in self.case.threats.values()}

    def at(self, u: Floats) -> SpacePoint:
        """The case with all inputs moved; no parameter is held; `u` has shape (factors,)."""
        z = z_of(u)
        case = self.case.varied(
            events=tuple(self._event(e, u) for e in self.case.events if not self._struck(e, u)),
            composites=tuple(self._composite(c, z) for c in self.case.composites),
            rivalry=tuple(self._rivalry(r, z) for r in self.case.rivalry),
            bonds=tuple(self._bond(b, z) for b in self.case.bonds),
        )
        return case, {}

    def _event(self, event: Event, u: Floats) -> Event:
        moved = 1.0 + STEP * (2.0 * u[self._at[f"events {event.event} {event.kind}"]] - 1.0)
        return event.model_copy(update={"sign": event.sign * float(moved)})

    def _struck(self, event: Event, u: Floats) -> bool:
        doubt = DOUBT[event.certainty]
        return doubt > 0 and bool(u[self._at[f"doubt {event.event}"]] < doubt)

    def _composite(self, row: Composite, z: Floats) -> Composite:
        by = float(z[self._at[f"composite {row.variable} {row.state}"]])
        if row.variable in self._levels:
            return row.model_copy(update={"value": row.value * (1.0 + NOISE * by)})
        error = float(np.hypot(row.sd, NOISE))
        return row.model_copy(update={"value": row.value + error * by})

    def _rivalry(self, row: Rivalry, z: Floats) -> Rivalry:
        return row.model_copy(update={"value": self._share(row.value, z, f"rivalry {row.state}")})

    def _bond(self, row: Bond, z: Floats) -> Bond:
        return row.model_copy(update={"value": self._share(row.value, z, f"bonds {row.state}")})

    def _share(self, value: float, z: Floats, factor: str) -> float:
        return min(1.0, value * (1.0 + NOISE * float(z[self._at[factor]])))
