"""The posterior of a case as a file beside it: a thinned sample in NetCDF, and whether it is of this case.

The file is one that ArviZ reads: group `posterior` with one variable a parameter on dimensions (chain, draw), prior
mean and sd as its attributes, and group `sample_stats` with the log posterior (`lp`, up to a constant) and the log
likelihood of each draw. Chains are the ensembles. Numbers are single precision: seven digits of draws whose Monte Carlo
error is in the second or third. At its end the file has a seal (`model.pieces`): one that was cut short, or in which a
bit is another, is refused and not used.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.model.case import Case
from tashkent.model.errors import InputError
from tashkent.model.pieces import read_piece, write_piece

if TYPE_CHECKING:
    from tashkent.calibration.sample import Chains
    from tashkent.calibration.target import Target

FILE = "posterior.nc"
MANIFEST = "posterior.json"
#: draws that are shipped, over all ensembles
DRAWS = 4000
#: why a sample cannot be used whose parameters are not those that would be fitted
OTHER_THEORY = "the sample beside the case is of another theory"


@dataclass(frozen=True, eq=False)
class Shipped:
    """What the file beside a case holds."""

    names: tuple[str, ...]
    #: shape (draws, P)
    values: Floats
    attributes: Mapping[str, object]


def thinned(chains: "Chains", draws: int = DRAWS) -> tuple[Floats, Floats]:
    """Evenly spaced draws, equally many of each ensemble.

    Values have shape (ensembles, n, P), the log posterior (ensembles, n).
    """
    values = chains.by_ensemble()
    score = chains.log_posterior.reshape(len(values), -1)
    each = min(draws // len(values), values.shape[1])
    at = np.linspace(0, values.shape[1] - 1, each).round().astype(int)
    return values[:, at], score[:, at]


def write(
    path: Path,
    case: Case,
    target: "Target",
    chains: "Chains",
    attributes: Mapping[str, str | int | float],
) -> None:
    """Write the thinned sample of a case; `attributes` go to the root of the file."""
    import xarray as xr

    values, score = thinned(chains)
    sizes = values.shape[:2]
    likelihood = score - target.log_prior(values.reshape(-1, values.shape[2])).reshape(sizes)
    dims = ("chain", "draw")
    variables = {
        name: xr.Variable(
            dims,
            values[:, :, i].astype(np.float32),
            {
                "prior_mean": target.prior_mean[i],
                "prior_sd": target.prior_sd[i],
                "units": case.parameters[name].unit,
            },
        )
        for i, name in enumerate(target.names)
    }
    axes = {"chain": np.arange(sizes[0]), "draw": np.arange(sizes[1])}
    stats = {
        "lp": (dims, score.astype(np.float32)),
        "log_likelihood": (dims, likelihood.astype(np.float32)),
    }
    root = {"case": case.id, "case_hash": case.hash, "parameters": " ".join(target.names)}
    tree = xr.DataTree.from_dict(
        {
            "/": xr.Dataset(attrs={**root, **attributes}),
            "/posterior": xr.Dataset(variables, axes),
            "/sample_stats": xr.Dataset(stats, axes),
        }
    )
    compressed = {"zlib": True, "complevel": 9, "shuffle": True}
    tree.to_netcdf(
        path,
        engine="h5netcdf",
        encoding={
            "/posterior": dict.fromkeys(variables, compressed),
            "/sample_stats": dict.fromkeys(stats, compressed),
        },
    )
    write_piece(path, path.read_bytes(), of=FILE)


def read(case: Case) -> Shipped | str:
    """The sample beside a case, or why it cannot be used: there is none, or it is of another theory or version.

    Raises
    ------
    InputError
        If a file stands there that is no sample, or is not as it was written.
    """
    path = case.path / FILE
    if not os.path.lexists(path):
        return "no sample stands beside the case"
    try:
        content = read_piece(path, of=FILE)
        if content is None:
            raise _refused("not as it was written, or of another version")
        names, values, attributes = _held(content)
    except (OSError, LookupError, ValueError, TypeError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise _refused(getattr(error, "strerror", None) or str(error)) from None
    of = str(attributes["case_hash"])
    if set(names) != set(case.fitted):
        return OTHER_THEORY
    if of != case.hash:
        return f"the sample beside the case is of another version of it ({of[:12]}, not {case.hash[:12]})"
    return Shipped(names, values, attributes)


def _refused(words: str) -> InputError:
    allowed = "a sample as `tashkent calibrate --install` writes it, or no such file"
    return InputError(FILE, "file", words.partition("\n")[0], allowed)


def _held(content: bytes) -> tuple[tuple[str, ...], Floats, dict[str, object]]:
    """Names, values of shape (draws, P), and attributes in what a file holds."""
    import h5py

    with h5py.File(BytesIO(content)) as file:
        attributes = {name: _plain(value) for name, value in file.attrs.items()}
        names = tuple(str(attributes["parameters"]).split())
        values = [file["posterior"][name][()].astype(float).ravel() for name in names]
        return names, np.stack(values, axis=1), {"case_hash": "", **attributes}


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if isinstance(value, np.generic | np.ndarray) and value.size == 1 else value
