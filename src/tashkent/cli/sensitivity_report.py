"""What `tashkent sensitivity` shows and writes."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from tashkent.cli.screen import Figures, Heading, strong
from tashkent.experiments.codebook import write_tables
from tashkent.experiments.given import Given
from tashkent.experiments.indices import SOBOL, MethodIndices
from tashkent.experiments.manifest import of_sensitivity
from tashkent.experiments.sensitivity import (
    KINDS,
    PARAMETERS,
    POSTERIOR,
    Sensitivity,
    SensitivityPlan,
    Study,
    label,
    sensitivity,
)
from tashkent.model.case import load_case
from tashkent.model.clock import month_label
from tashkent.model.storage import (
    MANIFEST,
    result,
    write_json,
    write_text,
)
from tashkent.model.theory import with_theory
from tashkent.model.workers import Progress

if TYPE_CHECKING:
    from rich.console import Console

#: factors of a table on the screen
MOST = 6
#: above this share of luck a table says so
MUCH_LUCK = 0.2


def asked(
    arguments: Mapping[str, Any],
    *,
    workers: int,
    told: Callable[[str], None] | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """The analysis that the arguments of `tashkent sensitivity` ask for."""
    case = load_case(arguments["case"])
    if arguments["theory"] is not None:
        case = with_theory(case, arguments["theory"])
    return sensitivity(
        case,
        arguments["outcomes"],
        of=arguments["of"] or KINDS,
        over=arguments["over"],
        plan=SensitivityPlan(**arguments["plan"]),
        start=arguments["from"],
        seed=arguments["seed"],
        workers=workers,
        told=told,
        progress=progress,
    )


def write(found: Sensitivity, out: Path, given: Given) -> None:
    """Write tables (CSV with codebook, points as Parquet), figure, JSON and manifest into `out`.

    `given` is what the command was given, by which `tashkent reproduce` runs it again.
    """
    from tashkent.experiments import figures

    with result(out) as folder:
        tables = {"indices.csv": found.indices, "outcomes.csv": found.spread}
        for study in found.studies:
            for one in study.found:
                tables[f"points-{study.kind}-{one.method}.parquet"] = found.points(study, one)
        write_tables(folder, "sensitivity", tables)
        figures.sensitivity(found.indices, found.spread).save(folder / "sensitivity.png")
        text = json.dumps(found.to_dict(), indent=2, allow_nan=False)
        write_text(folder / "sensitivity.json", text + "\n")
        given.keep(folder)
        write_json(folder / MANIFEST, of_sensitivity(found, folder, given))


# on the screen -------------------------------------------------------------------------------------


def show(found: Sensitivity, console: "Console") -> None:
    """Print what each outcome hangs on, by parameters and by inputs."""
    for study in found.studies:
        over = found.over if study.kind == PARAMETERS else POSTERIOR
        console.print(strong(found.case.title, f": {label(study.kind, over)}\n"))
        for outcome in found.names:
            _show_outcome(found, study, outcome, console)
    console.print(
        f"{found.plan.runs} runs at each point from {month_label(found.start)} to {month_label(found.end)}, "
        f"seed {found.seed}. ST: share of the variance of the outcome that stays when all other factors are known; S1: "
        "share that the factor alone takes away; ST above S1: it works together with others. Size: mean change of the "
        "outcome over the whole range of the factor. Intervals hold nine tenths, over points; luck is that of runs. "
        "Nothing is fitted again.",
        highlight=False,
    )
    console.print(f"Posterior: {found.posterior}.", highlight=False, soft_wrap=True)


def _show_outcome(found: Sensitivity, study: Study, outcome: str, console: "Console") -> None:
    spread = found.spread
    here = (spread["kind"] == study.kind) & (spread["method"] == SOBOL)
    row = spread[here & (spread["outcome"] == outcome)]
    why = study.variance.silent.get(outcome)
    if why:
        console.print(f"{outcome}: no shares of variance: {why}.", highlight=False)
    else:
        mean, sd, luck = (float(row[name].iloc[0]) for name in ("mean", "sd", "luck_share"))
        much = " (much: more runs would help)" if luck > MUCH_LUCK else ""
        console.print(
            f"{outcome}: mean {mean:.3g}, sd {sd:.2g} over points; {luck:.0%} of its variance is luck{much}",
            highlight=False,
        )
        console.print(_shares(study.variance, study.screening, outcome))
    early = study.screening.silent.get(outcome)
    if early:
        console.print(f"{outcome}: no elementary effects: {early}.", highlight=False)
    console.print()


def _shares(variance: MethodIndices, screening: MethodIndices, outcome: str) -> Figures:
    """The factors with the largest total share, beside the size of their elementary effects."""
    heads = ("ST", "90%", "luck", "S1", "90%", "size")
    table = Figures([Heading("factor"), *(Heading(name, right=True) for name in heads)])
    sizes = screening.of(outcome, "mu_star")["value"]
    total, alone = variance.of(outcome, "ST"), variance.of(outcome, "S1")
    for factor, row in total.sort_values("value", ascending=False).head(MOST).iterrows():
        one = alone.loc[factor]
        table.add_row(
            str(factor).replace("_", " "),
            f"{row['value']:.2f}",
            _span(row),
            "" if pd.isna(row["luck"]) else f"± {row['luck']:.2f}",
            f"{one['value']:.2f}",
            _span(one),
            f"{sizes[factor]:.2g}" if factor in sizes else "",
        )
    return table


def _span(row: pd.Series) -> str:
    """An interval in short."""
    return f"{row['low']:.2f} {row['high']:.2f}"
