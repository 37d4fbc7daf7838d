"""What `tashkent compare` and `tashkent counterfactuals` show and write."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from tashkent.cli.screen import Figures, Heading, strong
from tashkent.experiments.codebook import write_tables
from tashkent.experiments.compare import Comparison, by_start, compare, named_counterfactuals
from tashkent.experiments.effect import spread_in_words
from tashkent.experiments.given import Given
from tashkent.experiments.labels import PRIOR, WITHOUT, agrees
from tashkent.experiments.manifest import of_comparison
from tashkent.experiments.pair import Pair, attributed, reasons_of
from tashkent.experiments.predictions import (
    StatedPrediction,
    check_predictions,
    load_predictions,
    scores,
)
from tashkent.experiments.scenarios import BASELINE, WHOLE
from tashkent.model.case import Case, load_case
from tashkent.model.clock import month_label
from tashkent.model.counterfactual import (
    load_counterfactual,
    shipped_counterfactuals,
)
from tashkent.model.patches.words import in_words
from tashkent.model.plain import plain_rows
from tashkent.model.storage import MANIFEST, result, write_json
from tashkent.model.workers import Progress

if TYPE_CHECKING:
    from rich.console import Console

#: what an implied direction looks like in a table
ARROWS = {"up": "↑", "down": "↓", "none": "→"}
#: whose reasoning implies it, in little room
BY = {"seed": "sources", "GK": "GK", "both": "both"}
#: what stands in its place where a change is zero by construction
ZERO = "0"
#: rows of a table on the screen
MOST = 6
#: seats that diverge, named on the screen
SEATS = 4
#: bytes of the name of a figure
LONGEST_STEM = 200


def check(arguments: Mapping[str, Any]) -> None:
    """Refuse names and predictions that cannot be used, before anything is run."""
    case = load_case(arguments["case"])
    starts = by_start(case, named_counterfactuals(case, arguments["names"]), arguments["from"])
    if arguments["prediction"] is not None:
        predictions = load_predictions(Path(arguments["prediction"]), case)
        against = arguments["baseline"]
        baseline = case if against is None else load_counterfactual(against, case).apply(case)
        check_predictions(predictions, starts, baseline)


def asked(
    arguments: Mapping[str, Any], *, workers: int, progress: Progress | None
) -> tuple[Comparison, tuple[StatedPrediction, ...]]:
    """The comparison that the arguments of `tashkent compare` ask for, and the predictions to score."""
    case = load_case(arguments["case"])
    prediction = arguments["prediction"]
    found = compare(
        case,
        *named_counterfactuals(case, arguments["names"]),
        baseline=arguments["baseline"],
        theories=arguments["theory"],
        runs=arguments["runs"],
        seed=arguments["seed"],
        start=arguments["from"],
        labels=arguments.get("labels", False),
        workers=workers,
        progress=progress,
    )
    return found, () if prediction is None else load_predictions(Path(prediction), case)


def as_json(found: Comparison, predictions: Sequence[StatedPrediction]) -> dict[str, object]:
    """The comparison with the scores of predictions."""
    result = found.to_dict()
    if predictions:
        result["predictions"] = [
            {
                **pair.key,
                "brier": float(table["brier"].mean()),
                "states": json.loads(table.to_json(orient="records")),
            }
            for pair, table in zip(found.pairs, scores(predictions, found.pairs), strict=True)
        ]
    return result


def write(
    found: Comparison,
    predictions: Sequence[StatedPrediction],
    out: Path,
    given: Given,
) -> None:
    """Write tables (Parquet and CSV with codebook), a figure for each pair, JSON and manifest into `out`.

    `given` is what the command was given, by which `tashkent reproduce` runs it again.
    """
    from tashkent.experiments import figures

    with result(out) as folder:
        shown = [pair.seats(_shown(pair)).assign(**pair.key) for pair in found.pairs]
        keys = list(found.pairs[0].key)
        seats = pd.concat(shown, ignore_index=True)
        tables = {
            "seats.parquet": found.seats,
            **{
                f"{name}.csv": getattr(found, name)
                for name in ("outcomes", "divergence", "attribution", "extrapolation")
            },
            "seats.csv": seats[[*keys, *(c for c in seats if c not in keys)]],
        }
        scored = scores(predictions, found.pairs)
        if scored:
            parts = [t.assign(**p.key) for p, t in zip(found.pairs, scored, strict=True)]
            tables["predictions.csv"] = pd.concat(parts, ignore_index=True)
        write_tables(folder, "compare", tables, names=found.case.state_names)
        for pair in found.pairs:
            name = _stem("-".join(pair.key.values()))
            figures.change(pair).save(folder / f"{name}.png")
        write_json(folder / "comparison.json", as_json(found, predictions))
        given.keep(folder)
        write_json(folder / MANIFEST, of_comparison(found, folder, given))


def _stem(name: str) -> str:
    """A name as one that a file can have: theories are named by as many words and paths as one likes."""
    plain = re.sub(r'[/\\:*?"<>|]', "_", name)
    if len(plain.encode()) <= LONGEST_STEM:
        return plain
    return f"{plain[: LONGEST_STEM // 4]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _shown(pair: Pair) -> list[int]:
    return [month for month in pair.baseline.shown if month > pair.start]


# on the screen -------------------------------------------------------------------------------------


def show(found: Comparison, predictions: Sequence[StatedPrediction], console: "Console") -> None:
    """Print each pair: what changed, how far, when, by which terms, and what lies outside the fit."""
    tables = scores(predictions, found.pairs)
    for i, pair in enumerate(found.pairs):
        one = pair.counterfactual
        theory = "" if pair.theory == WHOLE else f", theory {pair.theory}"
        against = "" if pair.against == BASELINE else f", against {pair.against}"
        title = f" {one.title}".rstrip()
        where = f"{title}, from the record of {month_label(pair.start)}{theory}{against}"
        console.print(strong(one.id, where))
        if one.question:
            console.print(one.question, highlight=False)
        told = [in_words(pair.fitted, patch) for patch in one.patches]
        console.print("Changed:", " ".join(told), highlight=False)
        console.print(_course(pair), highlight=False)
        console.print(_outcome_table(pair) if len(pair.outcomes) else _seat_table(pair))
        for line in _partings(pair):
            console.print(line, highlight=False)
        if len(pair.extrapolation):
            console.print(_extrapolation(pair), highlight=False, style="yellow")
        if tables:
            console.print(_prediction_table(tables[i]))
        console.print()
    first = found.pairs[0]
    console.print(
        f"{first.runs:,} pairs of runs, {first.per_draw} for each draw of the posterior, seed {first.seed}. "
        "Luck: 90% of the change at the draws that were taken, which more runs narrow. Over draws: 90% of the "
        "effect over draws of the posterior, luck taken out, which they do not; within luck: draws differ by no more.",
        highlight=False,
    )
    if any(pair.labels is not None for pair in found.pairs):
        console.print(_LABELS, highlight=False)
    for theory, origin in found.posteriors.items():
        console.print(f"Posterior ({theory}): {origin}.", highlight=False, soft_wrap=True)


def _course(pair: Pair) -> str:
    if pair.differs_from is None:
        return "No input differs in these months."
    months = pair.divergence_months
    since = f"Inputs differ from {month_label(pair.differs_from)} on"
    if not len(months):
        return f"{since}; no run takes another course."
    return (
        f"{since}; {pair.share_changed:.0%} of runs take another course at all, half of these by "
        f"{pair.to_dict()['median_divergence']}."
    )


def _partings(pair: Pair) -> list[str]:
    """The seats that diverge most often, and what each is attributed to."""
    if not len(pair.divergence):
        return []
    lines = [
        "Seats that diverge most often, and the terms that differed most there, in log-odds (share of these seats):"
    ]
    for row in pair.divergence.head(SEATS).itertuples():
        found = reasons_of(pair.attribution, row.state, row.club, row.direction)
        terms = [attributed(r.term, r.difference, r.share) for r in found.head(MOST).itertuples()]
        lines.append(
            f"  {row.state} {_words(row.changed)} and not {_words(row.baseline)} in {row.club}, "
            f"{row.share:.1%} of runs, half of them by {row.month}: {', '.join(terms)}"
        )
    return lines


def _words(status: str) -> str:
    return "out" if status == "none" else status.replace("_", " ")


#: what `_change_cells` fills
_CHANGE = ("before", "after", "change ± luck", "over draws")


def _change_cells(row: pd.Series) -> list[str]:
    luck = (row["simulation_high"] - row["simulation_low"]) / 2
    return [
        f"{row['baseline']:.2f}",
        f"{row['changed']:.2f}",
        f"{row['change']:+.3f} ± {luck:.3f}",
        spread_in_words(row["posterior_low"], row["posterior_high"], " "),
    ]


#: what the columns of labels are called, and what they say
_AGAIN = {PRIOR: "prior weights", WITHOUT: "fit without it"}
_LABELS = (
    "Prior weights: the change with all weights drawn from their priors. Fit without it: in a fit to the choices of "
    f"all states but the one asked about. {ZERO}: zero by construction, which is no finding: no input differs by then, "
    "or the seat moves in no run."
)


def _outcome_table(pair: Pair) -> Figures:
    again = {} if pair.labels is None else _AGAIN
    names = ("seat", "month", "implied", *_CHANGE, "found", *again.values())
    table = Figures([Heading(name) for name in names], "What is asked", keys=2)
    for _, row in pair.outcomes.iterrows():
        table.add_row(
            *_seat_cells(row),
            *_change_cells(row),
            *_found_cells(row, again),
        )
    return table


def _seat_cells(row: pd.Series) -> tuple[str, ...]:
    status = "" if row["status"] == "in" else f" {_words(row['status'])}"
    seat = f"{row['state']} {row['club']}{status}"
    return seat, row["month"], f"{ARROWS[row['implied']]} {BY[row['whose']]}"


def _found_cells(row: pd.Series, again: Iterable[str]) -> list[str]:
    """The direction that is found, and the change and direction of the same question asked again."""
    zero = bool(row.get("zero"))
    asked = [f"{row[f'{word}_change']:+.3f} {ARROWS[row[f'{word}_found']]}" for word in again]
    return [ZERO if zero else ARROWS[row["found"]], *asked]


def _seat_table(pair: Pair) -> Figures:
    case = pair.baseline
    rows = pair.seats(_shown(pair) or [case.end])
    rows = rows[(rows["club"] == case.focus) & rows["state"].isin(case.deciders)]
    rows = rows.reindex(rows["change"].abs().sort_values(ascending=False, kind="stable").index)
    heads = [Heading(name) for name in ("state", "month", *_CHANGE)]
    table = Figures(heads, f"Largest changes of P(in {case.focus})", keys=2)
    for _, row in rows.head(MOST).iterrows():
        table.add_row(row["state"], row["month"], *_change_cells(row))
    return table


def _extrapolation(pair: Pair) -> str:
    parts = [
        f"{row['term']} of {row['state']} in {row['club']} {row['value']:+.2f} "
        f"({row['from']} to {row['until']}; fitted on {row['low']:+.2f} to {row['high']:+.2f})"
        for _, row in pair.extrapolation.head(MOST).iterrows()
    ]
    more = len(pair.extrapolation) - len(parts)
    rest = f", and {more} more" if more > 0 else ""
    return f"Outside the range on which the model was fitted: {'; '.join(parts)}{rest}."


def _prediction_table(scored: pd.DataFrame) -> Figures:
    title = f"Predictions: Brier score {scored['brier'].mean():.3f} (0 is best, a confidence of one half 0.25)"
    heads = ("state", "month", "predicted", "confidence", "found", "change", "score")
    table = Figures([Heading(name) for name in heads], title, keys=2)
    for _, row in scored.iterrows():
        table.add_row(
            row["state"],
            row["month"],
            ARROWS[row["predicted"]],
            f"{row['confidence']:.2f}",
            ARROWS[row["found"]],
            f"{row['change']:+.3f}",
            f"{row['brier']:.3f}",
        )
    return table


def show_labels(found: Comparison, console: "Console") -> None:
    """Print every outcome of a comparison in one table, with what it rests on, and how many are as implied."""
    heads = [
        Heading(name) for name in ("id", "from", "seat", "month", "implied", "change", "found")
    ]
    heads += [Heading(name) for name in _AGAIN.values()]
    table = Figures(heads, "What is asked, and what the answer rests on", keys=4)
    outcomes = found.outcomes
    for _, row in outcomes.iterrows():
        change = f"{row['change']:+.3f}"
        keys = (row["counterfactual"], row["start"])
        table.add_row(*keys, *_seat_cells(row), change, *_found_cells(row, _AGAIN))
    console.print(table)
    console.print(_LABELS, highlight=False)
    zeros = int((outcomes["zero"] != "").sum())
    said = [f"{int(agrees(outcomes).sum())} of {len(outcomes)} directions are as implied"]
    said += [f"{int(agrees(outcomes, word).sum())} with {name}" for word, name in _AGAIN.items()]
    said.append(f"{zeros} are zero by construction and count as not found")
    console.print(f"{', '.join(said)}.", highlight=False)


def answered(
    case: Case, runs: int, seed: int, *, workers: int, progress: Progress | None
) -> Comparison:
    """All counterfactuals of a case with the labels of their answers."""
    asked = shipped_counterfactuals(case)
    return compare(
        case, *asked, runs=runs, seed=seed, labels=True, workers=workers, progress=progress
    )


def listed(case: Case, found: Comparison | None = None) -> list[dict[str, object]]:
    """The counterfactuals of a case with question, starts and implied directions, and answers, if they are given."""
    answers: dict[str, list[dict[str, Any]]] = {}
    for pair in found.pairs if found is not None else ():
        rows = plain_rows(pair.outcomes.assign(start=pair.key["start"]))
        answers.setdefault(pair.counterfactual.id, []).extend(rows)
    return [
        {
            "id": one.id,
            "title": one.title,
            "question": one.question,
            "starts": list(one.starts),
            "implied": [
                {
                    "state": o.state,
                    "club": o.club,
                    "month": o.month,
                    "status": o.status,
                    "direction": o.direction,
                    "whose": o.whose,
                    "why": o.why,
                }
                for o in one.outcomes
            ],
            "source": one.source,
            **({"answers": answers[one.id]} if one.id in answers else {}),
        }
        for one in shipped_counterfactuals(case)
    ]


def show_list(case: Case, console: "Console") -> None:
    """Print the counterfactuals of a case."""
    found = shipped_counterfactuals(case)
    if not found:
        console.print(f"{case.id} has no counterfactuals.")
        return
    heads = [
        Heading("id"),
        Heading("question", words=True),
        Heading("from"),
        Heading("implied, by whom"),
    ]
    table = Figures(heads, rules=True)
    for one in found:
        implied = [
            f"{o.state} {o.month}{'' if o.status == 'in' else ' ' + _words(o.status)} "
            f"{ARROWS[o.direction]} {BY[o.whose]}"
            for o in one.outcomes
        ]
        table.add_row(
            one.id,
            strong(one.title, f"\n{one.question}"),
            "\n".join(one.starts),
            "\n".join(implied),
        )
    console.print(table)
    console.print(
        "↑ likelier, ↓ less likely, → no change; sources: those of the case, GK: general knowledge."
    )
