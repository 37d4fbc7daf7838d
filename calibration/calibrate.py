"""The posterior of a case: sampled for several sets of inputs, pooled and judged.

`tashkent calibrate` is this with words around it.
"""

import platform
import re
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from tashkent.calibration import diagnostics, shipped
from tashkent.calibration.imputation import imputed
from tashkent.calibration.posterior import Sample
from tashkent.calibration.predictive import check
from tashkent.calibration.sample import (
    SETTINGS,
    WARM_UP,
    Chains,
    Settings,
    check_numbers,
    pooled,
    remove,
    sample,
)
from tashkent.calibration.target import Target, target
from tashkent.model.arguments import workers_of
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.plain import plain_rows
from tashkent.model.storage import is_free
from tashkent.model.workers import Progress

#: whose versions a posterior says
LIBRARIES = ("tashkent", "arviz-stats", "emcee", "h5netcdf", "h5py", "numpy", "scipy", "xarray")


@dataclass(frozen=True)
class Calibration:
    """The posterior of a case, as far as it has been sampled, with what is known of its quality."""

    case: Case
    target: Target
    chains: Chains
    settings: Settings
    #: one row a parameter; see `calibration.diagnostics.table`
    table: pd.DataFrame
    #: why the chains cannot be called converged; empty if they can
    reasons: tuple[str, ...]
    #: what the record hardly informs or cannot tell apart, in words
    identifiability: tuple[str, ...]
    #: prior and posterior beside the record; empty if not converged
    predictive: pd.DataFrame = field(default_factory=pd.DataFrame)

    def attributes(self) -> dict[str, str | int | float]:
        """What the file of the posterior says of itself."""
        named = ("case", "case_hash", "imputation")
        stored = {k: v for k, v in asdict(self.settings).items() if k not in named}
        return {
            **stored,
            "imputations": self.chains.imputations,
            "steps": self.chains.steps,
            "warm_up": WARM_UP,
            "moves": "emcee DEMove, one in ten with gamma 1",
            "fit_until": month_label(self.case.fit_until),
            "r_hat_most": float(self.table["r_hat"].max()),
            "ess_least": float(self.table[["ess_bulk", "ess_tail"]].min().min()),
            "inference_library": "emcee",
            "inference_library_version": version("emcee"),
            "python": platform.python_version(),
            **{f"version_{name}": version(name) for name in LIBRARIES},
        }

    def as_json(self) -> dict[str, Any]:
        """The calibration as plain values."""
        return {
            "case": self.case.id,
            "case_hash": self.case.hash,
            "converged": not self.reasons,
            "reasons": list(self.reasons),
            "parameters": plain_rows(self.table),
            "identifiability": list(self.identifiability),
            "predictive": plain_rows(self.predictive),
            "manifest": self.manifest(),
        }

    def manifest(self) -> dict[str, object]:
        """What another person needs to get the same numbers."""
        return {
            "command": "calibrate",
            "case": self.case.id,
            "case_hash": self.case.hash,
            **self.attributes(),
            "draws": shipped.DRAWS,
        }


def calibrate(
    case: Case,
    *,
    folder: Path,
    seed: int = 0,
    imputations: int = 8,
    ensembles: int = 2,
    walkers: int = 64,
    steps: int = 6000,
    runs: int = 500,
    start_again: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> Calibration:
    """Sample the posterior, going on from what a folder holds, and judge it.

    Parameters
    ----------
    case
        What is fitted, and the priors.
    folder
        Where the chains are stored block by block; made if it is not there.
    seed
        Keys every random draw.
    imputations
        Sets of uncertain inputs, each with as many ensembles; without any the inputs count as certain.
    ensembles
        Independent ensembles for each set of inputs.
    walkers
        Walkers of each ensemble.
    steps
        Steps of each ensemble in all, a quarter of them warm-up.
    runs
        Runs for the predictive check.
    start_again
        Remove the chains that the folder holds first.
    workers
        Processes, 0 for one a core; no influence on the result.
    progress
        Called with steps done and steps to do.

    Raises
    ------
    InputError
        If the numbers do not fit the parameters, or the folder holds another run.
    """
    workers = workers_of(workers, "calibrate")
    density = target(case)
    check_numbers(density, walkers, steps)
    if start_again:  # only what has been checked removes anything
        _remove_chains(folder)
    settings = Settings(case.id, case.hash, seed, ensembles, walkers)
    parts = []
    for number in range(max(1, imputations)):

        def say(done: int, of: int, number: int = number) -> None:
            if progress is not None:
                progress(number * of + done, max(1, imputations) * of)

        other = imputed(case, number, seed) if imputations else case
        own = replace(settings, case_hash=other.hash, imputation=number)
        place = folder / inputs_name(number)
        parts.append(sample(target(other), own, place, steps=steps, workers=workers, progress=say))
    chains = pooled(parts)
    table = diagnostics.table(density, chains)
    values, _ = shipped.thinned(chains)
    flat = values.reshape(-1, len(chains.names))
    pairs = diagnostics.correlations(chains.names, flat)
    reasons = tuple(diagnostics.not_converged(table))
    words = tuple(diagnostics.identifiability(table, pairs))
    predictive = pd.DataFrame()
    if not reasons:
        draws = Sample(case, chains.names, "", flat).draws(runs=runs, seed=seed)
        predictive = check(case, draws, seed=seed)
    return Calibration(case, density, chains, settings, table, reasons, words, predictive)


def inputs_name(number: int) -> str:
    """The name of the folder with the chains of a set of inputs."""
    return f"inputs-{number:02d}"


def holds_chains(folder: Path) -> bool:
    """Whether a folder holds chains alone: folders of sets of inputs, each with its settings, if it has anything."""
    return folder.is_dir() and all(
        re.fullmatch(r"inputs-\d\d", each.name) and ((each / SETTINGS).is_file() or is_free(each))
        for each in folder.iterdir()
    )


def _remove_chains(folder: Path) -> None:
    """Remove the chains that a folder holds, so that the next run begins anew."""
    for each in folder.glob("inputs-*"):
        remove(each)
