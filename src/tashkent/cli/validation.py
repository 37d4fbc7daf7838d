"""What `tashkent validate` writes and shows."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tashkent.calibration import stages
from tashkent.calibration.forecasters import IMPUTED, LOGIT, MODEL
from tashkent.calibration.validation import Validation
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
    writing,
)

if TYPE_CHECKING:
    from rich.console import Console

#: where the stages are kept, within the folder of the result
STAGES = "stages"
#: tables too large for CSV
LARGE = ("predictions", "forward_predictions")


def check_out(out: Path) -> None:
    """Refuse a folder of something else before the work.

    Raises
    ------
    InputError
        If the folder holds other things and no validation.
    """
    with writing(out, "--out"):
        if not is_free(out) and not _has_begun(out):
            allowed = "a new or empty folder, or an earlier validation"
            raise InputError("--out", "folder", str(out), allowed)


def _has_begun(out: Path) -> bool:
    """Whether a folder holds stages: folders of that name alone."""
    kept = out / STAGES
    return kept.is_dir() and (
        is_free(kept) or all(stages.is_piece(path.name) for path in kept.iterdir())
    )


def write(found: Validation, out: Path, given: Given) -> None:
    """Write every table as CSV, large ones as Parquet, beside the stages; the manifest last.

    `given` is what the command was given.
    """
    large = {f"{name}.parquet": found.tables[name] for name in LARGE if name in found.tables}
    with piece(out) as folder:
        _write(found, large, folder, given, found.case.state_names)


def write_compact(found: Validation, folder: Path) -> None:
    """Write the compact set into a folder of its own, whole or not at all; pages are made of it, by codes of states."""
    with result(folder, "--compact") as made:
        _write(found, {}, made, Given({}), {})


def _write(
    found: Validation, large: stages.Tables, folder: Path, given: Given, names: Mapping[str, str]
) -> None:
    small = {f"{name}.csv": table for name, table in found.compact().items()}
    write_tables(folder, "validate", {**large, **small}, names=names, float_format="%.5g")
    files = {path.name: sha256(path) for path in sorted(folder.iterdir())}
    given.keep(folder)
    write_json(folder / MANIFEST, {**found.manifest(), **given.told(), "files": files})


def show(found: Validation, console: "Console") -> None:
    """Print the bars, the held-out scores and the judged patterns."""
    manifest = found.manifest()
    told = (
        f": moves since {found.case.focus} took effect: {manifest['moves_in_force']}, in all: {manifest['moves']}, "
        f"among {manifest['states']} states: enough for explanation, not for forecast.\n"
    )
    console.print(strong(found.case.title, told))
    if less := left_out(found.effort):
        console.print(less)
    numbers = [Heading(name, right=True) for name in ("value", "error", "bar")]
    table = Figures([Heading("", words=True), *numbers, Heading("")], "Bars")
    for row in found.bars.itertuples():
        error = "" if np.isnan(row.se) else f"{row.se:.1f}"
        table.add_row(row.what, f"{row.value:.2f}", error, row.bar, _verdict(row.passes))
    console.print(table)
    scopes = list(dict.fromkeys(found.held_out["scope"]))
    table = Figures(
        [Heading("", words=True), *(Heading(scope, right=True) for scope in scopes)],
        "Leave one state out: log score, and gain over the structural steps (error over states)",
    )
    for who, part in found.held_out.groupby("who", sort=False):
        scored = part.set_index("scope")
        cells = [_gain(scored.loc[scope]) for scope in scopes]
        table.add_row(str(who), *cells)
    console.print(table)
    console.print(_by_month(found, scopes))
    judged = found.pattern_table
    if judged.empty:
        return
    judged = judged[judged["judged"] & (judged["who"] == MODEL)]
    heads = [Heading(""), Heading("from"), Heading("", words=True), *numbers, Heading("")]
    table = Figures(heads, "Patterns, share of runs")
    for row in judged.itertuples():
        said = (row.id, row.start, row.says)
        table.add_row(*said, f"{row.value:.2f}", f"{row.se:.2f}", row.bar, _verdict(row.passes))
    console.print(table)


def left_out(effort: stages.Effort) -> str:
    """What a quick examination leaves out, in words; empty if it leaves out nothing."""
    out = {
        "recovery": not effort.replicates,
        "runs from the eve of each pattern": not effort.eve_runs,
        "nested sampling": not effort.nested,
        "events, fixed numbers, states, terms and theories one by one": not effort.each,
    }
    left = [name for name, missing in out.items() if missing]
    if not left and effort.proposals:
        return ""
    refits = "" if effort.proposals else "normal approximations in place of weighted draws, "
    sizes = f"{effort.runs} runs from each start, {effort.permutations} permutations"
    sizes += f", {effort.imputations} sets of inputs"
    return f"A quick look: {refits}{sizes}. Left out: {'; '.join(left) or 'nothing'}.\n"


def _by_month(found: Validation, scopes: list[str]) -> Figures:
    heads = [Heading("", words=True), *(Heading(scope, right=True) for scope in scopes)]
    table = Figures(heads, "The same by month, nothing learnt from the state itself")
    for who, part in found.held_out.groupby("who", sort=False):
        if who in (MODEL, IMPUTED, LOGIT):
            scored = part.set_index("scope")
            names = {"log_score": "monthly", "gain": "monthly_gain", "se": "monthly_se"}
            cells = (
                _gain({key: scored.loc[s, name] for key, name in names.items()}) for s in scopes
            )
            table.add_row(str(who), *cells)
    return table


def _verdict(passes: bool) -> Cell:
    return "met" if passes else strong("missed")


def _gain(row: Any) -> str:
    if not np.isfinite(row["log_score"]):
        return "impossible"
    if row["gain"] == 0:
        return f"{row['log_score']:.1f}"
    return f"{row['log_score']:.1f} ({row['gain']:+.1f} ± {row['se']:.1f})"
