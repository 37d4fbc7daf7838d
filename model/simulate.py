"""Many runs at once."""

from collections.abc import Callable, Mapping

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.model.arguments import parameters_given, run_of, runs_of, seed_of, whole
from tashkent.model.case import Case
from tashkent.model.compilation import compile_case
from tashkent.model.draws import normal
from tashkent.model.errors import InputError
from tashkent.model.memory import free_memory
from tashkent.model.noise import Noise
from tashkent.model.parameters import ParameterDraws
from tashkent.model.record import Ensemble
from tashkent.model.step import advance
from tashkent.model.world import Logged, world_from_record

#: runs that advance together; changes speed and memory, never a result
BLOCK = 2048
#: what is asked, in messages
ASKED = "simulate"


def prior_parameters(case: Case, *, runs: int, seed: int, first_run: int = 0) -> ParameterDraws:
    """One draw from the priors for each run; by name of shape (runs,).

    Raises
    ------
    InputError
        If runs, seed or first run are not whole numbers that can be.
    """
    runs, seed = runs_of(runs, "prior", 0), seed_of(seed, "prior")
    first_run = run_of(first_run, "prior")
    drawn = {
        name: parameter.mean
        + (parameter.sd or 0.0) * normal(seed, ("prior", name), first_run, runs)
        for name, parameter in case.drawn.items()
    }
    return ParameterDraws.from_mapping(drawn)


#: below so many bytes nobody asks whether they are there
_LITTLE = 1 << 28


def check_memory(needed: int, runs: int) -> None:
    """Refuse more runs than there is memory for, before anything is run; `needed` is in bytes.

    Raises
    ------
    InputError
        If less is free.
    """
    if needed < _LITTLE:
        return
    free = free_memory()
    if free is not None and needed > free:
        allowed = (
            f"about {int(runs * (free / needed)):,} at most: {free / 1e9:.1f} GB of memory are free"
        )
        raise InputError("memory", "runs", runs, allowed)


def bytes_of(case: Case, runs: int, start: int | None = None, end: int | None = None) -> int:
    """What an ensemble takes at least: a byte for each seat in each month, and eight for each parameter."""
    months = (case.end if end is None else end) - (case.start if start is None else start) + 1
    return runs * (months * len(case.clubs) * len(case.states) + 8 * len(case.drawn))


def simulate(
    case: Case,
    parameters: Mapping[str, Floats],
    *,
    seed: int = 0,
    start: int | None = None,
    end: int | None = None,
    first_run: int = 0,
    block: int = BLOCK,
    share: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Ensemble:
    """Run the model once for each value of the parameters, from the record at `start` to the end.

    Parameters
    ----------
    case
        The case; see `model.case.load_case`.
    parameters
        Weights, frictions and council parameters by name, each of shape (runs,).
    seed
        Keys every draw, together with the names of state, club and act.
    start
        Month whose last day is the initial condition; the case's own start by default.
    end
        Last month; the case's own end by default.
    first_run
        Number of the first run: run r draws the same numbers in whichever ensemble it stands.
    block
        Runs that advance together; no influence on the result.
    share
        After so many runs the same draws begin again, to set parameters side by side: run r draws as number
        ``first_run + r % share``.
    progress
        Called with the number of runs done after each block.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> case = load_case("cst")
    >>> ensemble = simulate(case, prior_parameters(case, runs=4, seed=1), seed=1)
    >>> ensemble.status.shape
    (4, 404, 12, 5)

    Raises
    ------
    InputError
        If seed or runs are no whole numbers that can be, or parameters are not those of the case.
    ValueError
        If months are not those of the case, or the memory for so many runs is not there.
    """
    seed, first_run = seed_of(seed, ASKED), run_of(first_run, ASKED)
    block = whole(block, ASKED, "block", 1)
    share = None if share is None else whole(share, ASKED, "share", 1)
    parameters_given(case, parameters, ASKED)
    inputs = compile_case(case)
    drawn = ParameterDraws.from_mapping(parameters)
    runs = drawn.runs
    origin = (case.start if start is None else start) - case.start
    months = (case.end if end is None else end) - case.start + 1
    if not origin < months <= len(case.months):
        raise ValueError("the end lies in the case and not before the start")
    check_memory(bytes_of(case, runs, start, end), runs)
    shape = (months - origin, len(case.clubs), len(case.states), runs)
    status = np.empty(shape, np.int8).transpose(3, 0, 2, 1)  # runs side by side, as in a block
    log: list[Logged] = []
    if share is not None:
        block = max(block - block % share, share)
    for low in range(0, runs, block):
        high = min(low + block, runs)
        noise = Noise(case, seed, first_run + (low if share is None else 0), high - low, share)
        world = world_from_record(inputs, origin, drawn.of_runs(slice(low, high)), noise)
        status[low:high, 0] = world.status
        for t in range(origin + 1, months):
            advance(world, t)
            status[low:high, t - origin] = world.status
        log.extend(entry._replace(run=entry.run + low) for entry in world.log)
        if progress is not None:
            progress(high)
    return Ensemble(case, seed, first_run, case.start + origin, status, tuple(log), drawn)
