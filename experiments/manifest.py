"""What the manifest of a result says: what it depends on, how to get it again, and digests of its tables.

Each command has a function here; all of them end with the same keys (`code`, `python`, `libraries`, `arguments`,
`inputs`, `files`), by which a result is run again and the two are held against each other (`experiments.reproduction`).
"""

import os
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from tashkent.calibration.posterior import posterior, posterior_hash
from tashkent.model.clock import month_label
from tashkent.model.reading import names_in
from tashkent.model.source import code_digest
from tashkent.model.storage import MANIFEST, sha256

if TYPE_CHECKING:
    from tashkent.calibration.report import Report
    from tashkent.experiments.compare import Comparison
    from tashkent.experiments.sensitivity import Sensitivity
    from tashkent.experiments.tasks import Tasks

#: packages whose code results depend on: how tables are written is in the last
PACKAGES = ("agents", "model", "calibration", "experiments", "cli")
#: endings of files in a result that say the same wherever they are made; figures depend on fonts and libraries
TABLES = (".csv", ".json", ".parquet")
LIBRARIES = ("tashkent", "SALib", "mesa", "numpy", "pandas", "pyarrow", "pydantic", "scipy")
#: what is not the same each time that a sweep is run: a traceback names files and lines
FAILURES = "failures.csv"


def of_run(report: "Report", folder: Path, arguments: Mapping[str, object]) -> dict[str, object]:
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
    return _manifest("run", says, arguments, tables_of(folder))


def of_comparison(
    found: "Comparison", folder: Path, arguments: Mapping[str, object]
) -> dict[str, object]:
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
    return _manifest("compare", says, arguments, tables_of(folder))


def of_sensitivity(
    found: "Sensitivity", folder: Path, arguments: Mapping[str, object]
) -> dict[str, object]:
    """The manifest of `tashkent sensitivity`, whose tables stand in `folder`."""
    return _manifest("sensitivity", found.asked(), arguments, tables_of(folder))


def of_sweep(tasks: "Tasks", folder: Path, failures: int) -> dict[str, object]:
    """The manifest of a sweep, whose tables stand in `folder`: the whole design is in it."""
    plan = tasks.plan
    fitted = {name: plan.cases.posterior(name) for name in plan.cases.theories}
    says = {
        "identity": tasks.identity,
        "case": plan.case.id,
        "case_hash": plan.case.hash,
        "fit_until": month_label(plan.case.fit_until),
        "points": plan.size,
        "runs_per_point": plan.design.runs,
        "runs": tasks.runs,
        "runs_per_task": plan.chunk,
        "failures": failures,
        "seed": plan.design.seed,
        "posterior": {name: known.origin for name, known in fitted.items()},
        "posterior_hash": {name: posterior_hash(known) for name, known in fitted.items()},
    }
    tables = [path for path in tables_of(folder) if path.name != FAILURES]
    return _manifest("sweep", says, {"design": plan.table}, tables)


def _manifest(
    command: str, says: Mapping[str, object], arguments: Mapping[str, object], tables: list[Path]
) -> dict[str, object]:
    """What another person needs to get the same numbers, and to see that they are."""
    return {
        "command": command,
        **says,
        **provenance(),
        "arguments": dict(arguments),
        "inputs": inputs_of(_texts(arguments)),
        "files": {path.name: sha256(path) for path in sorted(tables)},
    }


def provenance() -> dict[str, object]:
    """Code, Python and libraries, as a manifest has them."""
    return {
        "code": code_digest(*PACKAGES).hex(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def tables_of(folder: Path) -> list[Path]:
    """The tables of a result folder: what another person should get to the last bit."""
    return [p for p in folder.iterdir() if p.suffix in TABLES and p.name != MANIFEST]


def inputs_of(names: Iterable[str]) -> dict[str, str]:
    """SHA-256 of those files of one's own that stand among the arguments of a command, by the path that was given."""
    parts = [
        part
        for name in names
        for part in (name, *names_in(name, "+", ".toml"), *names_in(name, ",", ".py"))
    ]
    files = [part for part in parts if Path(part).suffix in (".toml", ".csv", ".py")]
    return {name: sha256(Path(name)) for name in dict.fromkeys(files) if os.path.isfile(name)}


def _texts(value: object) -> list[str]:
    """All texts among arguments, in tables and lists within them too."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []
