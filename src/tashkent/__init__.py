"""Why states join an alliance, stay, leave, suspend and come back: the public face of the model.

Examples
--------
>>> import tashkent as tk
>>> ensemble = tk.simulate(runs=20, start="1998-12")
>>> ensemble.runs, ensemble.p_in.shape
(20, (325, 12, 5))
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tashkent.agents.organisation import OrganisationAgent
    from tashkent.agents.situation import Floats
    from tashkent.agents.state import StateAgent
    from tashkent.calibration.posterior import Posterior, posterior
    from tashkent.experiments import figures
    from tashkent.experiments.box import GlassBox
    from tashkent.experiments.coalition import CoalitionModel
    from tashkent.experiments.compare import Comparison, compare
    from tashkent.experiments.sensitivity import Sensitivity, sensitivity
    from tashkent.experiments.sweep import Swept, sweep
    from tashkent.model.bars import progress_bar
    from tashkent.model.case import Case, load_case
    from tashkent.model.counterfactual import Counterfactual
    from tashkent.model.errors import InputError
    from tashkent.model.explain import Explanation
    from tashkent.model.record import Ensemble
    from tashkent.model.theory import with_theory

    #: the version that is installed
    __version__: str

__all__ = [
    "Case",
    "CoalitionModel",
    "Comparison",
    "Counterfactual",
    "Ensemble",
    "Explanation",
    "GlassBox",
    "InputError",
    "OrganisationAgent",
    "Posterior",
    "Sensitivity",
    "StateAgent",
    "Swept",
    "compare",
    "explain",
    "figures",
    "load_case",
    "posterior",
    "progress_bar",
    "sensitivity",
    "simulate",
    "sweep",
    "with_theory",
]

#: where each name is imported from when it is first used: the command line starts quickly so
_LATER = {
    "Case": "tashkent.model.case",
    "InputError": "tashkent.model.errors",
    "CoalitionModel": "tashkent.experiments.coalition",
    "GlassBox": "tashkent.experiments.box",
    "StateAgent": "tashkent.agents.state",
    "OrganisationAgent": "tashkent.agents.organisation",
    "Comparison": "tashkent.experiments.compare",
    "Explanation": "tashkent.model.explain",
    "Counterfactual": "tashkent.model.counterfactual",
    "compare": "tashkent.experiments.compare",
    "load_case": "tashkent.model.case",
    "progress_bar": "tashkent.model.bars",
    "Ensemble": "tashkent.model.record",
    "Posterior": "tashkent.calibration.posterior",
    "posterior": "tashkent.calibration.posterior",
    "Sensitivity": "tashkent.experiments.sensitivity",
    "sensitivity": "tashkent.experiments.sensitivity",
    "Swept": "tashkent.experiments.sweep",
    "sweep": "tashkent.experiments.sweep",
    "with_theory": "tashkent.model.theory",
}


# Type checkers see the imports above alone, and so find a name that is not there.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name == "__version__":
            return import_module("importlib.metadata").version("tashkent")
        if name == "figures":
            return import_module("tashkent.experiments.figures")
        if name in _LATER:
            return getattr(import_module(_LATER[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted(
            {*(name for name in globals() if name.startswith("__")), "__version__", *__all__}
        )


def simulate(
    case: "Case | str" = "cst",
    *,
    runs: int | None = None,
    seed: int = 0,
    start: str | None = None,
    parameters: "Mapping[str, Floats] | None" = None,
    held: Mapping[str, float] | None = None,
    progress: Callable[[int], None] | None = None,
) -> "Ensemble":
    """Run the model many times, each run with its own draw from the posterior.

    Parameters
    ----------
    case
        A case, or the name or folder of one. A counterfactual case runs with the parameters of the case as it is.
    runs
        Number of runs: 1000 by default, or as many as there are values in `parameters`.
    seed
        Keys every random draw; the same seed gives the same result on any number of cores.
    start
        Month ``YYYY-MM`` whose last day in the record is the initial condition; the case's start by default.
    parameters
        Weights, frictions and council parameters by name, each of shape (runs,), instead of posterior draws.
    held
        Some of them by name, held at one value in all runs whatever `parameters` or the posterior says.
    progress
        Called with the number of runs done from time to time.

    Raises
    ------
    InputError
        If an argument cannot be, in one line.

    Examples
    --------
    >>> import tashkent as tk
    >>> without = tk.simulate(runs=20, start="1998-12", held={"patronage": 0.0})
    >>> set(without.parameters["patronage"].tolist())
    {0.0}
    """
    from tashkent.calibration.posterior import run_parameters
    from tashkent.model.arguments import held_given, parameters_given
    from tashkent.model.case import as_case
    from tashkent.model.parameters import ParameterDraws
    from tashkent.model.simulate import ASKED
    from tashkent.model.simulate import simulate as simulate_runs

    case = as_case(case)
    if parameters is None:
        drawn = run_parameters(case, runs=1000 if runs is None else runs, seed=seed)
    else:
        drawn = ParameterDraws.from_mapping(parameters_given(case, parameters, ASKED, runs))
    drawn = drawn.with_values(held_given(case, held, ASKED))
    month = None if start is None else case.month(start, "start")
    return simulate_runs(case, drawn, seed=seed, start=month, progress=progress)


def explain(
    case: "Case | str",
    state: str,
    month: str,
    club: str | None = None,
    *,
    draws: int | None = None,
    seed: int = 0,
    parameters: "Mapping[str, Floats] | None" = None,
) -> "Explanation":
    """Take the decisions open to a state in a month apart, where the record stood at the end of the month before.

    Parameters
    ----------
    case
        A case, or the name or folder of one.
    state
        A state that decides, by code or name.
    month
        The month ``YYYY-MM``, after the first of the case.
    club
        Only this club, by code or name; all clubs by default.
    draws, seed
        How many draws of the posterior intervals rest on, 400 by default, and what keys them.
    parameters
        Weights, frictions and council parameters by name, each of shape (draws,), instead of posterior draws.

    Raises
    ------
    InputError
        If state, month or club is unknown, or a number cannot be.

    Examples
    --------
    >>> import tashkent as tk
    >>> tk.explain("cst", "Uzbekistan", "2012-06", "CST").of("CST", "request_suspension").done
    True
    """
    from tashkent.calibration.posterior import run_parameters
    from tashkent.model.arguments import parameters_given
    from tashkent.model.case import as_case
    from tashkent.model.explain import explain as take_apart

    case = as_case(case)
    code = case.decider(state, "state")
    at = case.later_month(month, "month")
    within = None if club is None else case.club(club, "club")
    if parameters is None:
        parameters = run_parameters(case, runs=400 if draws is None else draws, seed=seed)
    else:
        parameters = parameters_given(case, parameters, "explain", draws)
    return take_apart(case, code, at, parameters, within)
