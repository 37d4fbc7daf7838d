"""Why states join an alliance, stay, leave, suspend and come back: the public face of the model.

Examples
--------
>>> import tashkent as tk
>>> ensemble = tk.simulate(runs=20, start="1998-12")
>>> ensemble.runs, ensemble.p_in.shape
(20, (325, 12, 4))
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agents.situation import Floats
    from calibration.posterior import Posterior, posterior
    from experiments.compare import Comparison, compare
    from experiments.sensitivity import Sensitivity, sensitivity
    from model.case import Case, CaseError, load_case
    from model.coalition import CoalitionModel
    from model.counterfactual import Counterfactual
    from model.record import Ensemble
    from model.theory import with_theory
    from tashkent.sweeps import Swept, sweep

__all__ = [
    "Case",
    "CaseError",
    "CoalitionModel",
    "Comparison",
    "Counterfactual",
    "Ensemble",
    "Posterior",
    "Sensitivity",
    "Swept",
    "compare",
    "load_case",
    "posterior",
    "sensitivity",
    "simulate",
    "sweep",
    "with_theory",
]

#: where each name is imported from when it is first used: the command line starts quickly so
_LATER = {
    "Case": "model.case",
    "CaseError": "model.case",
    "CoalitionModel": "model.coalition",
    "Comparison": "experiments.compare",
    "Counterfactual": "model.counterfactual",
    "compare": "experiments.compare",
    "load_case": "model.case",
    "Ensemble": "model.record",
    "Posterior": "calibration.posterior",
    "posterior": "calibration.posterior",
    "Sensitivity": "experiments.sensitivity",
    "sensitivity": "experiments.sensitivity",
    "Swept": "tashkent.sweeps",
    "sweep": "tashkent.sweeps",
    "with_theory": "model.theory",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def simulate(
    case: "Case | str" = "cst",
    *,
    runs: int = 1000,
    seed: int = 0,
    start: str | None = None,
    parameters: "Mapping[str, Floats] | None" = None,
    progress: Callable[[int], None] | None = None,
) -> "Ensemble":
    """Run the model many times, each run with its own draw from the posterior.

    Parameters
    ----------
    case
        A case, or the name or folder of one. A counterfactual case runs with the parameters of the case as it is.
    runs
        Number of runs.
    seed
        Keys every random draw; the same seed gives the same result on any number of cores.
    start
        Month ``YYYY-MM`` whose last day in the record is the initial condition; the case's start by default.
    parameters
        Weights, frictions and council parameters by name, one value a run, instead of posterior draws.
    progress
        Called with the number of runs done from time to time.
    """
    from calibration.posterior import posterior
    from model.case import Case, load_case
    from model.counterfactual import parameters_of
    from model.simulate import simulate as simulate_runs

    case = case if isinstance(case, Case) else load_case(case)
    if parameters is None:
        of = case.changed.of if case.changed else case  # what a counterfactual was fitted as
        parameters = parameters_of(case, posterior(of).draws(runs=runs, seed=seed))
    month = None if start is None else case.month(start, "start")
    return simulate_runs(case, parameters, seed=seed, start=month, progress=progress)
