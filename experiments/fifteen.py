"""The shipped questions asked under the whole theory and both readings of 1999: a table in results/, a page in docs/.

``python -m tashkent.experiments.fifteen`` runs them and writes both; ``--page`` writes the page anew from the table.
"""

import argparse
import hashlib
import json
import os
import sys
import textwrap
from pathlib import Path

import pandas as pd

from tashkent.calibration import shipped
from tashkent.experiments.compare import LAW, WHOLE, Comparison, Pair, compare
from tashkent.model.case import Case, load_case
from tashkent.model.counterfactual import Counterfactual, shipped_counterfactuals

ROOT = Path(__file__).parents[1]
OUTCOMES = Path("results/counterfactuals.csv")
COURSES = Path("results/counterfactuals-courses.csv")
MANIFEST = Path("results/counterfactuals.json")
PAGE = Path("docs/counterfactuals.md")
#: the whole theory, and the two explanations of 1999
THEORIES = {
    WHOLE: "the whole theory",
    "fear_of_abandonment": "fear of abandonment alone",
    "fear_of_entrapment": "fear of entrapment alone",
}
ARROWS = {"up": "↑", "down": "↓", "none": "→"}
WHOSE = {"seed": "the sources", "GK": "general knowledge", "both": "both"}
#: terms that are named, by how often they differed most
TERMS_NAMED = 3
DIGITS = 4
WIDTH = 140
_INTRODUCTION = """
Made by `make counterfactuals` from the files in `model/cases/cst/counterfactuals/` and the tables in
`results/`; do not edit. [counterfactual-format.md](counterfactual-format.md) says how a question is written
down. Each answer rests on {runs:,} pairs of runs, {runs_per_draw} for each draw of the posterior, with the same
draws in both worlds. *Change* is that of the chance that the state is in the club, or has another status where
one is named, with 90% of the luck of runs; *over draws* is where 90% of the effects lie over draws of the
posterior, luck taken out. ↑ likelier, ↓ less likely, → no change: the interval of the mean change holds zero,
or lies within one run in a hundred. ≠ marks where the model does not find what is implied. *Seed* are the
sources of the case, *GK* is general knowledge. A few moves among a dozen states support explanation, not
forecast."""


def ask(case: Case, runs: int, seed: int, workers: int) -> Comparison:
    """Every shipped question from each of its starts, under each theory."""

    def progress(done: int, of: int) -> None:
        print(f"{done:,} of {of:,} pairs of runs", file=sys.stderr)

    return compare(
        case,
        *shipped_counterfactuals(case),
        theories=tuple(THEORIES),
        runs=runs,
        seed=seed,
        workers=workers,
        progress=progress,
    )


def courses(found: Comparison) -> pd.DataFrame:
    """One row a pair: from when on inputs differ, how many runs part, when half of them have, by which terms."""
    rows = []
    for pair in found.pairs:
        told = pair.to_dict()
        rows.append(
            {
                **pair.key,
                "inputs_differ_from": told["parts_from"] or "",
                "share_changed": pair.share_changed,
                "half_parted_by": told["median_parting"] or "",
                "carried_by": _carried(pair),
                "outside_the_fit": "; ".join(
                    f"{r.term} of {r.state} in {r.club}" for r in pair.outside.itertuples()
                ),
            }
        )
    return pd.DataFrame(rows)


def _carried(pair: Pair) -> str:
    top = pair.carried.head(TERMS_NAMED)
    return "; ".join(named(r.term, r.difference, r.share) for r in top.itertuples())


def named(term: str, difference: float, share: float) -> str:
    """A term that carried a change, with its mean difference and the share of the runs in which it was most."""
    by = "" if term == LAW else f" {difference:+.2f}"
    return f"{term}{by} ({share:.0%})"


def write_tables(found: Comparison, root: Path) -> None:
    """The two tables and what is needed to get them again."""
    for table, path in ((found.outcomes, OUTCOMES), (courses(found), COURSES)):
        (root / path).parent.mkdir(exist_ok=True)
        table.round(DIGITS).to_csv(root / path, index=False, lineterminator="\n")
    told = found.to_dict()
    kept = {key: value for key, value in told.items() if key != "pairs"}
    kept |= made_from(found.case)
    (root / MANIFEST).write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def made_from(case: Case) -> dict[str, str]:
    """The case and the sample of its posterior by their hashes: tables made from others are out of date."""
    sample = hashlib.sha256((case.path / shipped.FILE).read_bytes())
    return {"case_hash": case.hash, "sample_hash": sample.hexdigest()}


def page(case: Case, root: Path) -> str:
    """The page, from the committed tables and the files of the case."""
    outcomes = pd.read_csv(root / OUTCOMES)
    told = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    course = pd.read_csv(root / COURSES, keep_default_na=False)
    parts = [_head(outcomes, told)]
    for one in shipped_counterfactuals(case):
        own = [t[t["counterfactual"] == one.id] for t in (outcomes, course)]
        parts.append(_section(one, *own))
    return "\n".join(parts)


def _head(outcomes: pd.DataFrame, told: dict[str, object]) -> str:
    whole = outcomes[outcomes["theory"] == WHOLE]
    lines = [
        "# What if? The fifteen questions",
        "",
        *textwrap.wrap(" ".join(_INTRODUCTION.split()).format(**told), WIDTH),
        "",
        "| implied by | directions | found: whole theory | abandonment alone | entrapment alone |",
        "|---|---|---|---|---|",
    ]
    for whose in ("seed", "GK", "both"):
        rows = outcomes[outcomes["whose"] == whose]
        cells = []
        for theory in THEORIES:
            of = rows[rows["theory"] == theory]
            cells.append(str(int((of["implied"] == of["found"]).sum())))
        number = int((whole["whose"] == whose).sum())
        lines.append(f"| {WHOSE[whose]} | {number} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _section(one: Counterfactual, outcomes: pd.DataFrame, course: pd.DataFrame) -> str:
    lines = [f"## {one.id}: {one.title}", "", one.question, ""]
    reasons = [f"{o.state} {o.month} {ARROWS[o.direction]}: {o.why}" for o in one.outcomes if o.why]
    if reasons:
        lines += ["Implied: " + " ".join(reasons), ""]
    lines += [
        "| from | seat | month | implied | theory | before | after | change | over draws | found |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    keys = ["start", "state", "club", "month", "status", "whose"]
    for _, rows in outcomes.groupby(keys, sort=False):
        ranked = rows.set_index("theory").reindex(list(THEORIES)).reset_index()
        lines += [_row(row) for _, row in ranked.iterrows()]
    lines.append("")
    for _, row in course[course["theory"] == WHOLE].iterrows():
        lines.append(_course(row))
    whole = outcomes[outcomes["theory"] == WHOLE]
    if one.lesson and (whole["implied"] != whole["found"]).any():
        lines += ["", f"**Where the two part.** {' '.join(one.lesson.split())}"]
    return "\n".join([*lines, ""])


def _row(row: pd.Series) -> str:
    luck = (row["simulation_high"] - row["simulation_low"]) / 2
    status = "" if row["status"] == "in" else f" ({row['status'].replace('_', ' ')})"
    agrees = "" if row["implied"] == row["found"] else " ≠"
    cells = [
        row["start"],
        f"{row['state']} in {row['club']}{status}",
        row["month"],
        f"{ARROWS[row['implied']]} {row['whose']}",
        row["theory"].replace("_", " "),
        f"{row['baseline']:.2f}",
        f"{row['changed']:.2f}",
        f"{row['change']:+.3f} ± {luck:.3f}",
        f"{row['posterior_low']:+.2f} to {row['posterior_high']:+.2f}".replace("-0.00", "+0.00"),
        f"{ARROWS[row['found']]}{agrees}",
    ]
    return f"| {' | '.join(cells)} |"


def _course(row: pd.Series) -> str:
    outside = (
        f" Outside the range of the fit: {row['outside_the_fit']}."
        if row["outside_the_fit"]
        else ""
    )
    half = f", half of these by {row['half_parted_by']}" if row["half_parted_by"] else ""
    carried = f" Carried by {row['carried_by']}." if row["carried_by"] else ""
    return (
        f"* From {row['start']}: {row['share_changed']:.0%} of runs take another course at all{half}."
        f"{carried}{outside}"
    )


def main(arguments: list[str] | None = None) -> None:
    """Run the questions, or write the page alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--page", action="store_true", help="write the page from the tables")
    given = parser.parse_args(arguments)
    case = load_case("cst")
    if not given.page:
        write_tables(ask(case, given.runs, given.seed, given.workers), ROOT)
    (ROOT / PAGE).write_text(page(case, ROOT), encoding="utf-8")


if __name__ == "__main__":
    main()
