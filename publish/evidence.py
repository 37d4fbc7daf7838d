"""docs/evidence.md and its figures, written from the compact set of an examination and from nothing else.

``python -m publish.evidence`` examines the model in full into results/evidence/ and writes both, which takes long;
``--page`` writes them anew from the tables. ``--case rio --quick`` does the same for another case, with fewer runs and
refits, into results/evidence-rio/ and docs/evidence-rio.md.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from publish import evidence_scores as scores
from publish import evidence_sections as sections
from publish.evidence_figures import figures
from publish.page import FIGURES, FIRST, ROOT, of_case, rendered, save, write
from tashkent.calibration.patterns import load_patterns
from tashkent.cli import commands
from tashkent.model.case import load_case
from tashkent.model.case.loading import shipped_cases

RESULTS = Path("results/evidence")
PAGE = Path("docs/evidence.md")
#: columns that are text even where they look like numbers or are empty
TEXT = {"start": str, "month": str, "bar": str, "ours": str, "note": str, "why": str, "what": str}


def read(folder: Path) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """The manifest and the tables of a compact set."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    tables = {p.stem: pd.read_csv(p, dtype=TEXT) for p in sorted(folder.glob("*.csv"))}
    return manifest, tables


def page(
    manifest: dict[str, Any], tables: dict[str, pd.DataFrame], folder: Path | None = None
) -> str:
    """The page in Markdown; `folder` is that of a case which is not shipped."""
    case = manifest["case"]
    told = load_patterns(load_case(folder or case))
    return rendered(
        "evidence.md",
        manifest=manifest,
        figure=f"{FIGURES}/{of_case(PAGE, case).stem}",
        results=of_case(RESULTS, case),
        first=case == FIRST,
        against=scores.against(manifest, tables),
        bars=sections.bars(tables),
        judged=sections.judged(tables),
        held_out=sections.held_out(manifest, tables),
        monthly=scores.monthly(tables),
        intervals=scores.intervals(manifest, tables),
        risks=scores.risks(manifest, tables),
        ladder=scores.ladder(tables),
        clubs=scores.clubs(manifest, tables),
        recovery=scores.recovery(tables),
        forward=sections.forward(tables),
        renewal=sections.renewal(tables),
        chance=sections.chance(tables),
        seats=sections.seats(tables),
        patterns=sections.patterns(tables, told),
        theories=sections.theories(tables),
        readings=sections.readings(manifest, tables),
        ablation=sections.ablation(tables),
        literature=sections.literature(tables),
        parameters=sections.parameters(tables),
        robustness=sections.robustness(tables),
    )


def main(arguments: list[str] | None = None) -> None:
    """Examine the model, or write the page and the figures alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--out", default=".venv/validation", help="folder for stages: it goes on")
    parser.add_argument("--page", action="store_true", help="write the page from the tables")
    parser.add_argument("--case", choices=shipped_cases(), default=FIRST)
    parser.add_argument("--quick", action="store_true", help="fewer runs and refits")
    asked = parser.parse_args(arguments)
    results, made = of_case(RESULTS, asked.case), of_case(PAGE, asked.case)
    if not asked.page:
        options = {
            **vars(asked),
            "compact": ROOT / results,
            "out": of_case(Path(asked.out), asked.case),
        }
        names = ("case", "seed", "workers", "out", "compact")
        words = [str(word) for name in names for word in (f"--{name}", options[name])]
        quick = ["--quick"] if asked.quick else []
        commands(["validate", *words, *quick], standalone_mode=False)
    manifest, tables = read(ROOT / results)
    for name, figure in figures(manifest, tables).items():
        save(figure, ROOT / PAGE.parent / FIGURES / f"{made.stem}-{name}")
    write(made, page(manifest, tables))


if __name__ == "__main__":
    main()
