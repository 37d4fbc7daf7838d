"""The sensitivity of the shipped case: tables in results/, a page and a picture in docs/.

``python -m publish.sensitivity`` runs it and writes all; ``--page`` writes page and picture
from the tables. What stands above `MARK` in the page is written by hand and kept.
"""

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

from publish.page import ROOT, made_from, rendered, write, write_table
from tashkent.experiments import figures
from tashkent.experiments.indices import MORRIS, OTHERS, SOBOL
from tashkent.experiments.sensitivity import (
    INPUTS,
    PARAMETERS,
    POSTERIOR,
    PRIOR,
    Sensitivity,
    SensitivityPlan,
    label,
    sensitivity,
)
from tashkent.model.case import Case, load_case
from tashkent.model.errors import InputError

INDICES = Path("results/sensitivity.csv")
OUTCOMES = Path("results/sensitivity-outcomes.csv")
MANIFEST = Path("results/sensitivity.json")
PAGE = Path("docs/sensitivity.md")
PICTURE = Path("docs/img/sensitivity.png")
MARK = "<!-- Made by `make sensitivity`; what stands below is overwritten. -->"
#: what is asked: kinds of factors, and what parameters run over
ASKED = ((PARAMETERS, PRIOR), (PARAMETERS, POSTERIOR), (INPUTS, POSTERIOR))
#: factors that moved no outcome by more than this share of what the weightiest did are not tabled
NOTABLE = 0.2
#: a size that is not printed as 0.00
SHOWN = 0.005
#: a total share whose interval lies above this is printed bold
CLEAR = 0.05


def ask(case: Case, plan: SensitivityPlan, seed: int, workers: int) -> list[Sensitivity]:
    """All that is asked of the case."""

    def progress(done: int, of: int) -> None:
        print(f"{done:,} of {of:,} points", file=sys.stderr)

    return [
        sensitivity(
            case,
            of=[kind],
            over=over,
            plan=plan,
            seed=seed,
            workers=workers,
            told=lambda line: print(line, file=sys.stderr),
            progress=progress,
        )
        for kind, over in ASKED
    ]


def write_tables(found: list[Sensitivity], root: Path) -> None:
    """The two tables and what is needed to get them again."""
    for name, path in (("indices", INDICES), ("spread", OUTCOMES)):
        table = pd.concat([getattr(one, name) for one in found], ignore_index=True)
        write_table(table, root / path)
    told = {
        **found[0].asked(),
        **made_from(found[0].case),
        "asked": [{"kind": kind, "over": over} for kind, over in ASKED],
    }
    del told["kinds"], told["over"]
    (root / MANIFEST).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def tables(root: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The two tables as they are committed."""
    return pd.read_csv(root / INDICES), pd.read_csv(root / OUTCOMES, keep_default_na=False)


def generated(root: Path) -> str:
    """The part of the page that is made from the tables."""
    indices, spread = tables(root)
    told = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    studies = []
    for key, own in indices.groupby(["kind", "over"], sort=False):
        kind, over = (str(part) for part in key)
        here = spread[(spread["kind"] == kind) & (spread["over"] == over)]
        studies.append(
            {
                "title": label(kind, over).capitalize(),
                "shares": _shares(own, here),
                "sizes": _sizes(own, here),
            }
        )
    return rendered(
        "sensitivity.md",
        mark=MARK,
        told=told,
        earlier=told["case_hash"] != load_case(told["case"]).hash,
        picture=PICTURE.relative_to(PAGE.parent),
        clear=CLEAR,
        studies=studies,
    )


def _shares(indices: pd.DataFrame, spread: pd.DataFrame) -> dict[str, object]:
    """One row an outcome: its mean and spread, and the share of each factor."""
    own = indices[indices["method"] == SOBOL]
    factors = [f for f in dict.fromkeys(own["factor"]) if f != OTHERS]
    factors += [OTHERS] if OTHERS in set(own["factor"]) else []
    values = own.set_index(["outcome", "factor", "index"])
    rows: list[tuple[str, ...]] = []
    for row in spread[spread["method"] == SOBOL].to_dict(orient="records"):
        outcome = row["outcome"]
        if row["no_index_because"]:
            rows.append((f"`{outcome}`", f"no shares: {row['no_index_because']}"))
            continue
        shares = (
            _share(values.loc[(outcome, factor, "ST")], values.loc[(outcome, factor, "S1")])
            for factor in factors
        )
        mean, sd, luck = (float(row[name]) for name in ("mean", "sd", "luck_share"))
        rows.append((f"`{outcome}`", f"{mean:.3g}", f"{sd:.2g}", f"{luck:.0%}", *shares))
    heads = ("outcome", "mean", "sd", "luck", *(f.replace("_", " ") for f in factors))
    return {"heads": heads, "rows": rows}


def _share(total: pd.Series, alone: pd.Series) -> str:
    text = f"{total['value']:.2f}"
    bold = f"**{text}**" if total["low"] > CLEAR else text
    return f"{bold} ({alone['value']:.2f})".replace("(-0.00)", "(0.00)")


def _sizes(indices: pd.DataFrame, spread: pd.DataFrame) -> dict[str, object]:
    """One row a factor that moves an outcome: by how much, and which way if it is one way."""
    own = indices[(indices["method"] == MORRIS) & (indices["index"] == "mu_star")]
    sizes = own.pivot_table(index="factor", columns="outcome", values="value", sort=False)
    signs = indices[(indices["method"] == MORRIS) & (indices["index"] == "mu")]
    mu = signs.pivot_table(index="factor", columns="outcome", values="value", sort=False)
    score = (sizes / sizes.max()).max(axis=1)
    shown = score[score >= NOTABLE].sort_values(ascending=False, kind="stable").index
    rows = []
    for factor in shown:
        cells = []
        for outcome in sizes:
            size = float(sizes.loc[factor, outcome])
            one_way = factor in mu.index and abs(abs(mu.loc[factor, outcome]) - size) < 1e-3
            shown_size = one_way and size >= SHOWN
            sign = ("+" if mu.loc[factor, outcome] > 0 else "−") if shown_size else ""
            cells.append(f"{sign}{size:.2f}")
        rows.append((str(factor).replace("_", " "), *cells))
    silent = spread[(spread["method"] == MORRIS) & (spread["no_index_because"] != "")]
    return {
        "heads": ("factor", *(f"`{outcome}`" for outcome in sizes)),
        "rows": rows,
        "left": len(sizes) - len(shown),
        "silent": list(zip(silent["outcome"], silent["no_index_because"], strict=True)),
    }


def page(root: Path) -> str:
    """What is written by hand, and what is made from the tables."""
    path = root / PAGE
    by_hand = path.read_text(encoding="utf-8").partition(MARK)[0] if path.exists() else ""
    return by_hand + generated(root)


def draw(root: Path) -> None:
    """The picture, from the tables."""
    figures.sensitivity(*tables(root)).save(root / PICTURE, dpi=150)


def main(arguments: list[str] | None = None) -> None:
    """Run the analysis, or write page and picture alone."""
    usual = SensitivityPlan()
    parser = argparse.ArgumentParser(description=__doc__)
    sizes = (
        ("runs", usual.runs, "at each point"),
        ("trajectories", usual.trajectories, "of the screening"),
        ("base", usual.base, "points in each sample of the variance; a power of two"),
        ("most", usual.most, "factors whose share of variance is found one by one"),
        ("seed", 0, "keys every draw"),
    )
    for name, value, words in sizes:
        parser.add_argument(f"--{name}", type=int, default=value, help=f"{words} ({value})")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--page", action="store_true", help="write the page from the tables")
    asked = parser.parse_args(arguments)
    plan = SensitivityPlan(asked.runs, asked.trajectories, asked.base, asked.most)
    try:
        plan.check()
    except InputError as error:
        parser.error(str(error))
    case = load_case("cst")
    if not asked.page:
        write_tables(ask(case, plan, asked.seed, asked.workers), ROOT)
    write(PAGE, page(ROOT))
    draw(ROOT)


if __name__ == "__main__":
    main()
