"""What `tashkent calibrate` and `tashkent recover` write and show."""

from pathlib import Path
from typing import TYPE_CHECKING

from tashkent.calibration import recovery, shipped
from tashkent.calibration.calibrate import Calibration, holds_chains
from tashkent.calibration.recovery import Recovery
from tashkent.cli.screen import Cell, Figures, Heading, strong
from tashkent.experiments.codebook import write_tables
from tashkent.experiments.given import Given
from tashkent.model.errors import InputError
from tashkent.model.storage import (
    MANIFEST,
    is_free,
    piece,
    result,
    sha256,
    write_json,
    write_with,
    writing,
)

if TYPE_CHECKING:
    from rich.console import Console

#: where the blocks of a run are stored, within the folder of its result
CHAINS = "chains"
TABLE = "parameters.csv"
CHECK = "predictive.csv"


def write(found: Calibration, out: Path, given: Given) -> None:
    """Write tables, and the posterior and its manifest if it has converged, beside the stored chains.

    `given` is what the command was given.
    """
    with piece(out) as folder:
        tables = {TABLE: found.table}
        if not found.reasons:
            tables[CHECK] = found.predictive
            _write_posterior(found, folder)
        write_tables(folder, "calibrate", tables, names=found.case.state_names)
        digests = {path.name: sha256(path) for path in sorted(folder.glob("*.csv"))}
        told = {**found.manifest(), "converged": not found.reasons, **given.told()}
        given.keep(folder)
        write_json(folder / MANIFEST, {**told, "files": digests})


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
    with writing(out, "--out"):
        if not is_free(out) and not holds_chains(out / CHAINS):
            allowed = "a new or empty folder, or an earlier calibration"
            raise InputError("--out", "folder", str(out), allowed)


def show(found: Calibration, console: "Console") -> None:
    """Print posterior beside prior, what the record cannot tell, and the predictive check."""
    chains = found.chains
    ensembles, draws, walkers = chains.log_posterior.shape
    console.print(
        strong(
            found.case.title,
            f": {chains.imputations} sets of inputs, {ensembles} ensembles of {walkers} walkers, {chains.steps:,} "
            f"steps, {ensembles * draws * walkers:,} draws after warm-up, seed {found.settings.seed}\n",
        )
    )
    heads = (
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
    table = Figures(
        [Heading("parameter"), *(Heading(name, right=True) for name in heads)],
        "Posterior beside prior, log-odds",
    )
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
    rows = found.predictive
    counts = rows[rows["what"] != "P(in)"]
    table = Figures(
        [
            Heading("", words=True),
            *(Heading(name, right=True) for name in ("record", "prior", "posterior")),
        ],
        f"{found.case.focus} to {counts['month'].iloc[0]}, from the case's start: mean (90% of runs)",
    )
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
    table = Figures(
        [Heading("state"), *(Heading(month, right=True) for month in months)],
        f"P(in {found.case.focus}), prior → posterior; ● where the record says in",
    )
    for state in dict.fromkeys(seats["state"]):
        shown: list[Cell] = []
        for row in seats[seats["state"] == state].itertuples():
            text = f"{row.prior_mean:.2f} → {row.posterior_mean:.2f}"
            shown.append(strong(f"{text} ●") if row.record else f"{text}  ")
        table.add_row(state, *shown)
    console.print(table)


# parameter recovery --------------------------------------------------------------------------------


def write_recovery(found: Recovery, out: Path, given: Given) -> None:
    """Write replicates and rank histograms (Parquet), the summary (JSON) and the manifest.

    `given` is what the command was given.
    """
    with result(out) as folder:
        tables = {"replicates.parquet": found.replicates, "ranks.parquet": found.histogram}
        write_tables(folder, "recover", tables)
        write_json(folder / "recovery.json", found.as_json())
        digests = {path.name: sha256(path) for path in sorted(folder.iterdir())}
        given.keep(folder)
        write_json(folder / MANIFEST, {**found.manifest(), **given.told(), "files": digests})


def show_recovery(found: Recovery, console: "Console") -> None:
    """Print the summary by parameter and what it means."""
    console.print(
        strong(
            found.case.title,
            f": {found.asked} synthetic histories from prior draws, {found.used} fits used, seed {found.seed}\n",
        )
    )
    title = f"Rank of the truth among {recovery.RANKS} draws, and how well it is found"
    heads = ("chi² p", "KS p", "recovery", "bias", "coverage", "contraction")
    table = Figures([Heading("parameter"), *(Heading(name, right=True) for name in heads)], title)
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
