"""The shipped questions asked under the whole theory and both readings of 1999: a table in results/, a page in docs/.

``python -m publish.counterfactuals`` runs them and writes both; ``--page`` writes the page anew from the table.
"""

import argparse
import json
import sys
import textwrap
from pathlib import Path

import pandas as pd

from publish.page import ROOT, made_from, rendered, write, write_table
from tashkent.experiments.compare import Comparison, compare
from tashkent.experiments.effect import spread_in_words
from tashkent.experiments.labels import KEPT, PRIOR, RUNS, WITHOUT, agrees
from tashkent.experiments.pair import WHOSE, Pair, attributed, reasons_of
from tashkent.experiments.scenarios import WHOLE
from tashkent.model.case import Case, load_case
from tashkent.model.counterfactual import Counterfactual, shipped_counterfactuals
from tashkent.model.patches.words import in_words

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
#: terms that are named, by how often they differed most
TERMS_NAMED = 3
WIDTH = 140
_INTRODUCTION = """
Made by `make counterfactuals` from the files in `model/cases/cst/counterfactuals/` and the tables in
`results/`; do not edit. [counterfactual-format.md](counterfactual-format.md) says how a question is written
down. Each answer rests on {runs:,} pairs of runs, {runs_per_draw} for each draw of the posterior, with the same
draws in both worlds. *Change* is that of the chance that the state is in the club, or has another status where
one is named, with 90% of the luck of runs (their Monte Carlo error); *over draws* is where 90% of the effects lie
over draws of the posterior (a credible interval), luck taken out, and *within luck* where draws differ by no more
than runs do. ↑ likelier, ↓ less likely, → no change: the interval of the mean change over draws and luck
holds zero, or lies within one run in a hundred. ≠ marks where the model does not find what is implied.
*Implied* says by whom: the sources of the case, general knowledge, or both. A few moves among a dozen states support
explanation, not forecast."""
_LABELS = """
What an answer rests on: *prior weights* is the same question with all weights drawn from their priors, so what is
found there owes nothing to the record; *fit without it* is the same question in a fit to the choices of all states but
the one that is asked about, so what is found there does not come from having seen what it did. Each rests on {runs}
pairs of runs. **0** marks a zero by construction: no input differs up to the month, or the seat moves in no run of any
fit and under no draw of the priors. Such a zero says nothing about the world, and counts as no direction found, also
where no change is implied. *If dealt at random* is how many directions would be as implied if those that are found were
dealt among the outcomes."""


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
        labels=True,
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
                "inputs_differ_from": told["differs_from"] or "",
                "share_changed": pair.share_changed,
                "half_parted_by": told["median_divergence"] or "",
                "carried_by": _carried(pair),
                "outside_the_fit": "; ".join(
                    f"{r.term} of {r.state} in {r.club}" for r in pair.extrapolation.itertuples()
                ),
            }
        )
    return pd.DataFrame(rows)


def _carried(pair: Pair) -> str:
    """The seat that diverges most often, and the terms that differed most there."""
    if not len(pair.divergence):
        return ""
    row = pair.divergence.iloc[0]
    found = reasons_of(pair.attribution, row["state"], row["club"], row["direction"])
    top = found.head(TERMS_NAMED)
    terms = "; ".join(attributed(r.term, r.difference, r.share) for r in top.itertuples())
    return f"{row['state']} in {row['club']}: {terms}"


def write_tables(found: Comparison, root: Path) -> None:
    """The two tables and what is needed to get them again."""
    for table, path in ((found.outcomes, OUTCOMES), (courses(found), COURSES)):
        write_table(table, root / path)
    told = found.to_dict()
    kept = {key: value for key, value in told.items() if key != "pairs"}
    kept |= made_from(found.case)
    (root / MANIFEST).write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def read(path: Path) -> pd.DataFrame:
    """The table of outcomes; columns of labels that it does not have are empty."""
    table = pd.read_csv(path, dtype={"zero": str})
    wanted = [f"{word}_{column}" for word in (PRIOR, WITHOUT) for column in KEPT]
    missing = [name for name in (*wanted, "zero") if name not in table]
    return table.assign(**dict.fromkeys(missing, None)).fillna({"zero": ""})


def page(case: Case, root: Path) -> str:
    """The page, from the committed tables and the files of the case."""
    outcomes = read(root / OUTCOMES)
    told = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    course = pd.read_csv(root / COURSES, keep_default_na=False)
    questions = [
        _question(
            case,
            counterfactual,
            *(t[t["counterfactual"] == counterfactual.id] for t in (outcomes, course)),
        )
        for counterfactual in shipped_counterfactuals(case)
    ]
    introduction = " ".join(_INTRODUCTION.split()).format(**told)
    return rendered(
        "counterfactuals.md",
        introduction=textwrap.fill(introduction, WIDTH),
        labels=textwrap.fill(" ".join(_LABELS.format(runs=min(told["runs"], RUNS)).split()), WIDTH),
        agreement=_agreement(outcomes),
        questions=questions,
    )


def _agreement(outcomes: pd.DataFrame) -> list[tuple[str, ...]]:
    """How many of the implied directions are found, by who implies them and under which theory."""
    rows = []
    for whose, name in WHOSE.items():
        implied = outcomes[outcomes["whose"] == whose]
        by_theory = [implied[implied["theory"] == theory] for theory in THEORIES]
        first = by_theory[0]
        again = (_agreeing(first, word) for word in (PRIOR, WITHOUT))
        right = (_agreeing(part) for part in by_theory)
        zeros = str(int((first["zero"] != "").sum()))
        dealt = f"{_dealt(first):.1f}"
        rows.append((name, str(len(first)), zeros, dealt, next(right), *again, *right))
    return rows


def _dealt(outcomes: pd.DataFrame) -> float:
    """How many directions would be as implied if those that are found were dealt among the outcomes at random."""
    found = outcomes["found"].where(outcomes["zero"] == "", "zero")
    shares = (column.value_counts(normalize=True) for column in (outcomes["implied"], found))
    implied, seen = shares
    return float(len(outcomes) * implied.mul(seen, fill_value=0.0).sum())


def _agreeing(outcomes: pd.DataFrame, word: str = "") -> str:
    """How many directions are as implied; nothing where none has been asked for."""
    asked = outcomes[f"{word}_found" if word else "found"]
    return "" if asked.isna().all() else str(int(agrees(outcomes, word).sum()))


def _question(
    case: Case, counterfactual: Counterfactual, outcomes: pd.DataFrame, course: pd.DataFrame
) -> dict[str, object]:
    """What the page says of one question."""
    keys = ["start", "state", "club", "month", "status", "whose"]
    rows = []
    for _, same in outcomes.groupby(keys, sort=False):
        ranked = same.set_index("theory").reindex(list(THEORIES)).reset_index()
        rows += [
            _row(row, right)
            for (_, row), right in zip(ranked.iterrows(), agrees(ranked), strict=True)
        ]
    whole = outcomes[outcomes["theory"] == WHOLE]
    differs = not bool(agrees(whole).all())
    return {
        "id": counterfactual.id,
        "title": counterfactual.title,
        "question": counterfactual.question,
        "changed": [in_words(case, patch) for patch in counterfactual.patches],
        "reasons": [
            f"{o.state} {o.month} {ARROWS[o.direction]}: {o.why}"
            for o in counterfactual.outcomes
            if o.why
        ],
        "rows": rows,
        "courses": [_course(row) for _, row in course[course["theory"] == WHOLE].iterrows()],
        "lesson": " ".join(counterfactual.lesson.split()) if differs else "",
    }


def _row(row: pd.Series, right: bool) -> tuple[str, ...]:
    luck = (row["simulation_high"] - row["simulation_low"]) / 2
    status = "" if row["status"] == "in" else f" ({row['status'].replace('_', ' ')})"
    found = "**0**" if row["zero"] else ARROWS[row["found"]]
    again = (
        f"{row[f'{word}_change']:+.2f} {ARROWS[row[f'{word}_found']]}"
        if pd.notna(row[f"{word}_found"])
        else ""
        for word in (PRIOR, WITHOUT)
    )
    return (
        row["start"],
        f"{row['state']} in {row['club']}{status}",
        row["month"],
        f"{ARROWS[row['implied']]} {WHOSE[row['whose']]}",
        row["theory"].replace("_", " "),
        f"{row['baseline']:.2f}",
        f"{row['changed']:.2f}",
        f"{row['change']:+.3f} ± {luck:.3f}",
        spread_in_words(row["posterior_low"], row["posterior_high"], " to "),
        *(text.replace("-0.00", "+0.00") for text in again),
        f"{found}{'' if right else ' ≠'}",
    )


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
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--page", action="store_true", help="write the page from the tables")
    asked = parser.parse_args(arguments)
    case = load_case("cst")
    if not asked.page:
        write_tables(ask(case, asked.runs, asked.seed, asked.workers), ROOT)
    write(PAGE, page(case, ROOT))


if __name__ == "__main__":
    main()
