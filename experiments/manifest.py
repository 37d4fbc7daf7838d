"""What the manifest of a result says: what it depends on, how to get it again, and digests of its tables.

Each command has a function here; all of them end with the same keys (`code`, `commit`, `python`, `libraries`,
`machine`, `arguments`, `inputs`, `kept`, `inexact`, `tolerance`, `files`), by which a result is run again and the two
are held against each other (`experiments.reproduction`).
"""

import platform
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from tashkent.calibration.posterior import LAPLACE, posterior, posterior_hash
from tashkent.experiments.equality import TOLERANCE
from tashkent.experiments.given import Given
from tashkent.experiments.labels import KEPT, WITHOUT
from tashkent.model.clock import month_label
from tashkent.model.source import code_digest, commit
from tashkent.model.storage import MANIFEST, sha256

if TYPE_CHECKING:
    from tashkent.calibration.posterior import Posterior
    from tashkent.calibration.report import Report
    from tashkent.experiments.compare import Comparison
    from tashkent.experiments.networks import Network
    from tashkent.experiments.sensitivity import Sensitivity
    from tashkent.experiments.tasks import Tasks
    from tashkent.model.case import Case

#: packages whose code results depend on: how tables are written is in the last
PACKAGES = ("agents", "model", "calibration", "experiments", "cli")
#: endings of files in a result that say the same wherever they are made; figures depend on fonts and libraries
TABLES = (".csv", ".json", ".parquet")
LIBRARIES = ("tashkent", "SALib", "mesa", "numpy", "pandas", "pyarrow", "pydantic", "scipy")
#: columns of what is found in a fit without the state that is asked about
_WITHOUT = tuple(f"{WITHOUT}_{name}" for name in (*KEPT, "pareto_k"))
#: command -> tables with numbers that have a fit of their own or are log-odds, and the columns or keys of these
INEXACT: Mapping[str, Mapping[str, Sequence[str]]] = {
    "run": {"report.json": ("scores",), "scores.csv": ("value",)},
    "compare": {
        "attribution.csv": ("difference",),
        "extrapolation.csv": ("value", "low", "high"),
        "outcomes.csv": _WITHOUT,
        "comparison.json": ("attribution", "extrapolation", *_WITHOUT),
    },
}
#: what is not the same each time that a sweep is run: a traceback names files and lines
FAILURES = "failures.csv"


def of_run(report: "Report", folder: Path, given: Given) -> dict[str, object]:
    """The manifest of `tashkent run`, whose tables stand in `folder`."""
    ensemble = report.ensemble
    says = {
        "case": ensemble.case.id,
        "case_hash": ensemble.case.hash,
        "from": month_label(ensemble.start),
        "runs": ensemble.runs,
        "seed": ensemble.seed,
        "fit_until": month_label(ensemble.case.fit_until),
        "posterior": report.posterior.origin,
        "posterior_hash": posterior_hash(report.posterior),
    }
    return _manifest("run", says, given, tables_of(folder))


def of_comparison(found: "Comparison", folder: Path, given: Given) -> dict[str, object]:
    """The manifest of `tashkent compare`, whose tables stand in `folder`."""
    first = found.pairs[0]
    says = {
        "case": found.case.id,
        "case_hash": found.case.hash,
        "pairs": [
            {**pair.key, "against": pair.against, "hash": pair.counterfactual_case.hash}
            for pair in found.pairs
        ],
        "runs": first.runs,
        "runs_per_draw": first.per_draw,
        "seed": first.seed,
        "posterior": dict(found.posteriors),
        "posterior_hash": {
            pair.theory: posterior_hash(posterior(pair.fitted)) for pair in found.pairs
        },
    }
    return _manifest("compare", says, given, tables_of(folder))


def of_network(
    found: "Network", fitted: "Posterior | None", folder: Path, given: Given
) -> dict[str, object]:
    """The manifest of `tashkent network`, whose tables stand in `folder`; by the record nothing is fitted."""
    says = {
        "case": found.case.id,
        "case_hash": found.case.hash,
        "month": month_label(found.month),
        "runs": found.runs,
        "posterior": None if fitted is None else fitted.origin,
        "posterior_hash": None if fitted is None else posterior_hash(fitted),
    }
    return _manifest("network", says, given, tables_of(folder))


def of_handout(case: "Case", folder: Path, given: Given) -> dict[str, object]:
    """The manifest of `tashkent export`, whose tables stand in `folder`."""
    fitted = posterior(case)
    says = {
        "case": case.id,
        "case_hash": case.hash,
        "posterior": fitted.origin,
        "posterior_hash": posterior_hash(fitted),
    }
    return _manifest("export", says, given, tables_of(folder))


def of_sensitivity(found: "Sensitivity", folder: Path, given: Given) -> dict[str, object]:
    """The manifest of `tashkent sensitivity`, whose tables stand in `folder`."""
    says = {**found.asked(), "posterior_hash": posterior_hash(posterior(found.case))}
    return _manifest("sensitivity", says, given, tables_of(folder))


def of_sweep(tasks: "Tasks", folder: Path, given: Given, failures: int) -> dict[str, object]:
    """The manifest of a sweep, whose tables stand in `folder`: the whole design is in it."""
    plan = tasks.plan
    fitted = {name: plan.cases.posterior(name) for name in plan.cases.theories}
    says = {
        "identity": tasks.identity,
        "case": plan.case.id,
        "case_hash": plan.case.hash,
        "fit_until": month_label(plan.case.fit_until),
        "points": plan.size,
        "runs_per_point": plan.design.all_runs,
        "runs": tasks.runs,
        "runs_per_task": plan.chunk,
        "failures": failures,
        "seed": plan.design.seed,
        "posterior": {name: known.origin for name, known in fitted.items()},
        "posterior_hash": {name: posterior_hash(known) for name, known in fitted.items()},
    }
    tables = [path for path in tables_of(folder) if path.name != FAILURES]
    return _manifest("sweep", says, given, tables)


def _manifest(
    command: str, says: Mapping[str, object], given: Given, tables: list[Path]
) -> dict[str, object]:
    """What another person needs to get the same numbers, and to see that they are.

    `inexact` are the tables with numbers whose last digits differ from machine to machine, each with its columns or
    keys, or none for all (`experiments.equality`).
    """
    posteriors = says["posterior"]
    origins = posteriors.values() if isinstance(posteriors, Mapping) else [posteriors]
    inexact: Mapping[str, Sequence[str]] = INEXACT.get(command, {})
    if any(str(origin).startswith(LAPLACE) for origin in origins):
        inexact = {path.name: () for path in sorted(tables)}
    return {
        "command": command,
        **says,
        **provenance(),
        "arguments": dict(given.arguments),
        **given.told(),
        "inexact": inexact,
        "tolerance": TOLERANCE,
        "files": {path.name: sha256(path) for path in sorted(tables)},
    }


def provenance() -> dict[str, object]:
    """Code and its commit, where there is one, Python and libraries, as a manifest has them."""
    return {
        "code": code_digest(*PACKAGES).hex(),
        "commit": commit(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "machine": machine(),
    }


def machine() -> dict[str, str]:
    """What last digits may depend on besides: system, processor, vector instructions, C library, linear algebra."""
    import numpy as np
    from threadpoolctl import threadpool_info

    import_module("scipy.linalg")  # which brings its own: told of whatever has been loaded so far
    blas = {
        f"{found['internal_api']} {found['version']} {found.get('architecture', '')}, "
        f"{found['num_threads']} threads"
        for found in threadpool_info()
        if found["user_api"] == "blas"
    }
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "vectors": " ".join(np.show_config(mode="dicts")["SIMD Extensions"].get("found", ())),
        "libc": " ".join(platform.libc_ver()).strip(),
        "blas": "; ".join(sorted(blas)),
    }


def tables_of(folder: Path) -> list[Path]:
    """The tables of a result folder: what another person should get to the last bit."""
    return [p for p in folder.iterdir() if p.suffix in TABLES and p.name != MANIFEST]
