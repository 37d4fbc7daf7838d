"""What `tashkent calibrate` and `tashkent recover` find out, and how it is written and shown."""

import platform
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from tashkent.calibration import diagnostics, recovery, shipped
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
from tashkent.model.case import Case
from tashkent.model.errors import InputError
from tashkent.model.storage import (
    MANIFEST,
    is_free,
    piece,
    result,
    sha256,
    write_csv,
    write_json,
    write_parquet,
    write_with,
    writing,
)

if TYPE_CHECKING:
    from rich.console import Console

LIBRARIES = ("tashkent", "arviz-stats", "emcee", "h5netcdf", "h5py", "numpy", "scipy", "xarray")
#: where the blocks of a run are stored, within the folder of its result
CHAINS = "chains"
TABLE = "parameters.csv"
CHECK = "predictive.csv"
Progress = Callable[[int, int], None]


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
        from tashkent.model.clock import month_label

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
            "parameters": _rows(self.table),
            "identifiability": list(self.identifiability),
            "predictive": _rows(self.predictive),
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
    out: Path,
    seed: int,
    imputations: int,
    ensembles: int,
    walkers: int,
    steps: int,
    runs: int,
    workers: int,
    progress: Progress | None = None,
) -> Calibration:
    """Sample the posterior, going on from what `out` holds, and judge it; `runs` is for the predictive check.

    Each of the `imputations` of the inputs has as many `ensembles`; without any the inputs count as certain.
    """
    density = target(case)
    check_numbers(density, walkers, steps)
    settings = Settings(case.id, case.hash, seed, ensembles, walkers)
    parts = []
    for number in range(max(1, imputations)):

        def say(done: int, of: int, number: int = number) -> None:
            if progress is not None:
                progress(number * of + done, max(1, imputations) * of)

        other = imputed(case, number, seed) if imputations else case
        own = replace(settings, case_hash=other.hash, imputation=number)
        folder = out / CHAINS / f"inputs-{number:02d}"
        parts.append(sample(target(other), own, folder, steps=steps, workers=workers, progress=say))
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


def write(found: Calibration, out: Path) -> None:
    """Write tables, and the posterior and its manifest if it has converged, beside the stored chains."""
    with piece(out) as folder:
        write_csv(folder / TABLE, found.table)
        if not found.reasons:
            write_csv(folder / CHECK, found.predictive)
            _write_posterior(found, folder)
        tables = {path.name: sha256(path) for path in sorted(folder.glob("*.csv"))}
        told = {**found.manifest(), "converged": not found.reasons, "files": tables}
        write_json(folder / MANIFEST, told)


def install(found: Calibration) -> Path:
    """Put a converged posterior beside its case, where `run` and `explain` look for it.

    Raises
    ------
    InputError
        If the folder of the case cannot be written to.
    """
    with writing(found.case.path, "--install"):
        _write_posterior(found, found.case.path)
    return found.case.path / shipped.FILE


def _write_posterior(found: Calibration, folder: Path) -> None:
    write_with(
        folder / shipped.FILE,
        lambda path: shipped.write(
            path, found.case, found.target, found.chains, found.attributes()
        ),
    )
    write_json(folder / shipped.MANIFEST, found.manifest())


def check_out(out: Path) -> None:
    """Refuse a folder of something else before the work.

    Raises
    ------
    InputError
        If the folder holds other things and no calibration.
    """
    if not is_free(out) and not _has_begun(out):
        allowed = "a new or empty folder, or an earlier calibration"
        raise InputError("--out", "folder", str(out), allowed)


def start_again(out: Path) -> None:
    """Remove the chains of an earlier calibration."""
    for folder in (out / CHAINS).glob("*"):
        remove(folder)


def _has_begun(out: Path) -> bool:
    """Whether a folder holds chains: folders of sets of inputs, each with its settings, if it has anything."""
    chains = out / CHAINS
    return chains.is_dir() and all(
        re.fullmatch(r"inputs-\d\d", folder.name)
        and ((folder / SETTINGS).is_file() or is_free(folder))
        for folder in chains.iterdir()
    )


def show(found: Calibration, console: "Console") -> None:
    """Print posterior beside prior, what the record cannot tell, and the predictive check."""
    from rich import box
    from rich.table import Table

    chains = found.chains
    ensembles, draws, walkers = chains.log_posterior.shape
    console.print(
        f"[bold]{found.case.title}[/bold]: {chains.imputations} sets of inputs, {ensembles} ensembles of "
        f"{walkers} walkers, {chains.steps:,} steps, "
        f"{ensembles * draws * walkers:,} draws after warm-up, seed {found.settings.seed}\n",
        highlight=False,
    )
    table = Table(
        title="Posterior beside prior, log-odds",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=0,
        collapse_padding=True,
    )
    heads = (
        "parameter",
        "mean",
        "sd",
        "90% interval",
        "prior\nmean",
        "prior\nsd",
        "inputs",
        "R-hat",
        "ESS\nbulk",
        "ESS\ntail",
    )
    for head in heads:
        table.add_column(head, justify="left" if head == "parameter" else "right")
    for row in found.table.itertuples():
        table.add_row(
            row.parameter,
            f"{row.mean:.2f}",
            f"{row.sd:.2f}",
            f"{row.low:.2f} to {row.high:.2f}",
            f"{row.prior_mean:.2f}",
            f"{row.prior_sd:.2f}",
            f"{row.between:.0%}",
            f"{row.r_hat:.3f}",
            f"{row.ess_bulk:,.0f}",
            f"{row.ess_tail:,.0f}",
        )
    console.print(table)
    lines = (
        ()
        if found.reasons
        else found.identifiability or ("The record tells every parameter from the others.",)
    )
    for line in lines:
        console.print(line, highlight=False)
    if not found.predictive.empty:
        console.print()
        _show_predictive(found, console)


def _show_predictive(found: Calibration, console: "Console") -> None:
    from rich.table import Table

    rows = found.predictive
    counts = rows[rows["what"] != "P(in)"]
    table = Table(
        title=f"{found.case.focus} to {counts['month'].iloc[0]}, from the case's start: mean (90% of runs)",
        title_justify="left",
    )
    for head in ("", "record", "prior", "posterior"):
        table.add_column(head, justify="right" if head else "left")
    for row in counts.itertuples():
        cells = [
            f"{mean:.1f} ({low:.0f} to {high:.0f})"
            for mean, low, high in (
                (row.prior_mean, row.prior_low, row.prior_high),
                (row.posterior_mean, row.posterior_low, row.posterior_high),
            )
        ]
        table.add_row(row.what, f"{row.record:.0f}", *cells)
    console.print(table)
    seats = rows[rows["what"] == "P(in)"]
    months = list(dict.fromkeys(seats["month"]))
    table = Table(
        title=f"P(in {found.case.focus}), prior → posterior; ● where the record says in",
        title_justify="left",
    )
    table.add_column("state")
    for month in months:
        table.add_column(month, justify="right")
    for state in dict.fromkeys(seats["state"]):
        cells = []
        for row in seats[seats["state"] == state].itertuples():
            text = f"{row.prior_mean:.2f} → {row.posterior_mean:.2f}"
            cells.append(f"[bold]{text} ●[/bold]" if row.record else f"{text}  ")
        table.add_row(state, *cells)
    console.print(table)


# parameter recovery --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recovery:
    """What synthetic histories say of the fit; see `calibration.recovery`."""

    case: Case
    seed: int
    replicates: pd.DataFrame
    summary: pd.DataFrame
    histogram: pd.DataFrame
    words: tuple[str, ...]
    asked: int

    @property
    def used(self) -> int:
        """Replicates whose fit could be used."""
        return int(recovery.usable(self.replicates)["replicate"].nunique())

    def as_json(self) -> dict[str, Any]:
        """The result as plain values."""
        return {
            **self.manifest(),
            "summary": _rows(self.summary),
            "histogram": _rows(self.histogram),
            "words": list(self.words),
        }

    def manifest(self) -> dict[str, object]:
        """What another person needs to get the same numbers."""
        return {
            "command": "recover",
            "case": self.case.id,
            "case_hash": self.case.hash,
            "seed": self.seed,
            "replicates": self.asked,
            "used": self.used,
            "python": platform.python_version(),
            "libraries": {name: version(name) for name in LIBRARIES},
        }


def recover(
    case: Case, *, number: int, seed: int, workers: int, progress: Progress | None = None
) -> Recovery:
    """Run the replicates and sum them up."""
    table = recovery.replicates(case, number=number, seed=seed, workers=workers, progress=progress)
    found = recovery.summary(case, table)
    words = tuple(recovery.verdict(found))
    return Recovery(case, seed, table, found, recovery.histogram(table), words, number)


def write_recovery(found: Recovery, out: Path) -> None:
    """Write replicates and rank histograms (Parquet), the summary (JSON) and the manifest."""
    with result(out) as folder:
        write_parquet(folder / "replicates.parquet", found.replicates)
        write_parquet(folder / "ranks.parquet", found.histogram)
        write_json(folder / "recovery.json", found.as_json())
        tables = {path.name: sha256(path) for path in sorted(folder.iterdir())}
        write_json(folder / MANIFEST, {**found.manifest(), "files": tables})


def show_recovery(found: Recovery, console: "Console") -> None:
    """Print the summary by parameter and what it means."""
    from rich.table import Table

    console.print(
        f"[bold]{found.case.title}[/bold]: {found.asked} synthetic histories from prior draws, "
        f"{found.used} fits used, seed {found.seed}\n",
        highlight=False,
    )
    title = f"Rank of the truth among {recovery.RANKS} draws, and how well it is found"
    table = Table(title=title, title_justify="left")
    heads = ("parameter", "chi² p", "KS p", "recovery", "bias", "coverage", "contraction")
    for head in heads:
        table.add_column(head, justify="left" if head == "parameter" else "right")
    for row in found.summary.itertuples():
        table.add_row(
            row.parameter,
            f"{row.chi2_p:.3f}",
            f"{row.ks_p:.3f}",
            f"{row.recovery:.2f}",
            f"{row.bias:+.2f}",
            f"{row.coverage:.0%}",
            f"{row.contraction:.2f}",
        )
    console.print(table)
    lines = found.words or ("All ranks are as uniform as chance allows; every truth is recovered.",)
    for line in lines:
        console.print(line, highlight=False)


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values; None where there is none."""
    rows: list[dict[str, Any]] = table.astype(object).where(table.notna(), None).to_dict("records")
    return rows
