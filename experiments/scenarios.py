"""The scenarios of a sweep: the case under a theory and a counterfactual, with inputs that are otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tashkent.calibration.imputation import imputed
from tashkent.calibration.posterior import Posterior, posterior
from tashkent.model.case import Case
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.counterfactual import Counterfactual, load_counterfactual
from tashkent.model.draws import normal
from tashkent.model.patches.events import RescaleEvent
from tashkent.model.patches.inputs import DYADS, ChangeParameter, ChangeSeries
from tashkent.model.patches.patch import Patch
from tashkent.model.theory import with_theory

#: the theory that a case holds when nothing else is asked for, and the case as it is
WHOLE = "whole"
BASELINE = "baseline"
#: in place of the number of a set of imputed inputs: as measured
AS_MEASURED = -1


@dataclass(frozen=True)
class InputChange:
    """An input or fixed parameter that has another value."""

    kind: str
    of: str
    value: float
    states: tuple[str, ...] = ()

    def patches(self, case: Case, seed: int) -> list[Patch]:
        """The change as patches of `model.counterfactual`; none where it changes nothing."""
        states = self.states or case.deciders
        first, last = case.start // MONTHS_PER_YEAR, case.end // MONTHS_PER_YEAR
        if self.kind == "parameter":
            same = self.value == case.parameters[self.of].mean
            return [] if same else [ChangeParameter(parameter=self.of, value=self.value)]
        if self.kind == "event":
            there = any(row.event == self.of for row in case.events)
            return (
                [RescaleEvent(event=self.of, factor=self.value)]
                if there and self.value != 1
                else []
            )
        if self.kind == "scale":
            scaled = ChangeSeries(
                series=self.of,
                states=states,
                partners=case.deciders if self.of in DYADS else (),
                first_year=first,
                last_year=last,
                scale=self.value,
            )
            return [] if self.value == 1 else [scaled]
        return [
            ChangeSeries(
                series=self.of,
                states=(state,),
                first_year=first,
                last_year=last,
                add=self._added(state, seed),
            )
            for state in states
            if self.value != 0
        ]

    def _added(self, state: str, seed: int) -> float:
        if self.kind == "shift":
            return self.value
        return self.value * float(normal(seed, ("noise", self.of, state), 0, 1)[0])


@dataclass(frozen=True)
class Scenario:
    """What of a point is not a drawn parameter: theory, counterfactual, start and inputs."""

    theory: str = WHOLE
    counterfactual: str = BASELINE
    start: str = ""
    imputation: int = AS_MEASURED
    changes: tuple[InputChange, ...] = ()


class ScenarioCases:
    """The case under each theory and in each scenario of a design, made when first asked for.

    Counterfactuals are applied first and inputs changed after them, so an event that a counterfactual removes stays
    removed. Parameters are those fitted to the case as it is under the theory.
    """

    #: cases that are kept: a sweep goes through them one after the other
    KEPT = 4

    def __init__(self, case: Case, theories: Sequence[str], seed: int) -> None:
        self.case, self.theories, self.seed = case, tuple(theories), seed
        self._theories: dict[str, Case] = {}
        self._posteriors: dict[str, Posterior] = {}
        self._made_cases: dict[Scenario, Case] = {}
        #: as they were when they were first asked for, wherever they are applied: a file may change or be elsewhere
        self._counterfactuals: dict[str, Counterfactual] = {}

    def theory(self, name: str) -> Case:
        """The case under a theory."""
        if name not in self._theories:
            self._theories[name] = self.case if name == WHOLE else with_theory(self.case, name)
        return self._theories[name]

    def posterior(self, name: str) -> Posterior:
        """The posterior under a theory."""
        if name not in self._posteriors:
            self._posteriors[name] = posterior(self.theory(name))
        return self._posteriors[name]

    def __getstate__(self) -> dict[str, Any]:
        """Without what is made again at once."""
        return {**self.__dict__, "_made_cases": {}}

    def case_in(self, scenario: Scenario) -> Case:
        """The case of a scenario, whatever its start."""
        scenario = replace(scenario, start="")
        if scenario not in self._made_cases:
            while len(self._made_cases) >= self.KEPT:
                del self._made_cases[next(iter(self._made_cases))]
            self._made_cases[scenario] = self._made(scenario)
        return self._made_cases[scenario]

    def _counterfactual(self, name: str, case: Case) -> Counterfactual:
        if name not in self._counterfactuals:
            self._counterfactuals[name] = load_counterfactual(name, case)
        return self._counterfactuals[name]

    def _made(self, scenario: Scenario) -> Case:
        case = self.theory(scenario.theory)
        if scenario.counterfactual != BASELINE:
            case = self._counterfactual(scenario.counterfactual, case).apply(case)
        if scenario.imputation != AS_MEASURED:
            case = imputed(case, scenario.imputation, self.seed)
        patches = [p for change in scenario.changes for p in change.patches(case, self.seed)]
        if patches:
            case = Counterfactual(id="inputs", patches=tuple(patches)).apply(case)
        return case
