"""What `tashkent compare` and `tashkent counterfactuals` show and write."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from tashkent.calibration.posterior import posterior, posterior_hash
from tashkent.cli.output import hashes, inputs_of, provenance, tables_of
from tashkent.experiments.compare import Comparison, compare
from tashkent.experiments.pair import LAW, Pair
from tashkent.experiments.predictions import StatedPrediction, load_predictions, score
from tashkent.experiments.scenarios import BASELINE, WHOLE
from tashkent.model.case import Case, load_case
from tashkent.model.clock import month_label
from tashkent.model.counterfactual import (
    Counterfactual,
    load_counterfactual,
    shipped_counterfactuals,
)
from tashkent.model.errors import InputError
from tashkent.model.storage import MANIFEST, result, write_csv, write_json, write_parquet
from tashkent.model.workers import Progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

CODEBOOK = {
    "counterfactual": "Counterfactual, by its id",
    "theory": "Theory, by its name in the case, or whole",
    "start": "Month of the record from which runs start, YYYY-MM",
    "club": "Club, by its code in the case",
    "state": "State, by its code in the case",
    "month": "Month, YYYY-MM; its last day counts",
    "status": "Status that is looked at; in: any in which the state is in the club",
    "implied": "Direction that is implied: up, down or none",
    "whose": "Whose reasoning implies it: seed (the sources of the case), GK (general knowledge), or both",
    "baseline": "Share of runs in the baseline; in divergence: status in the baseline",
    "changed": "Share of runs in the counterfactual; in divergence: status in the counterfactual",
    "change": "changed - baseline, over paired runs",
    "simulation_low": "Lower end of 90 per cent of the change over the luck of runs, draws as taken",
    "simulation_high": "Upper end of the same",
    "posterior_low": "Lower end of 90 per cent of the effect over draws of the posterior, luck taken out",
    "posterior_high": "Upper end of the same",
    "low": "Lower end of 90 per cent of the mean change, over draws and luck; in extrapolation: least value in the fit",
    "high": "Upper end of the same; in extrapolation: greatest value in the fit",
    "se": "Standard error of the mean change, over draws and luck",
    "gained": "Runs in which the state is in only in the counterfactual",
    "lost": "Runs in which the state is in only in the baseline",
    "found": "Direction by low and high: none if they hold zero or lie within 0.01 of it",
    "share": "Share of runs; in attribution: share of the runs that diverge in which the term differed most",
    "term": "Term of the value of a seat",
    "difference": "Mean difference of the term where histories diverge, counterfactual less baseline, in log-odds",
    "from": "First month in which a term lies outside the range of the fit",
    "until": "Last month in which it does",
    "value": "Its value farthest outside",
    "predicted": "Direction that was predicted",
    "confidence": "Confidence in it, from 0.5 to 1",
    "right": "Whether it is the direction that is found",
    "brier": "Score of the prediction: 0 is best, 0.25 for not knowing, 1 worst",
}
#: what an implied direction looks like in a table
ARROWS = {"up": "↑", "down": "↓", "none": "→"}
#: rows of a table on the screen
MOST = 6


def chosen(case: Case, names: Sequence[str]) -> list[Counterfactual]:
    """The counterfactuals that are named; the word baseline before them stands for the case as it is.

    Raises
    ------
    InputError
        If a name is unknown, or the choice is not allowed.
    """
    wanted = list(names[1:]) if names[0] == BASELINE else list(names)
    if not wanted:
        raise InputError("compare", "NAME", BASELINE, "a counterfactual after it")
    found = [load_counterfactual(name, case) for name in wanted]
    for one in found:
        if sum(one.id == other.id for other in found) > 1:
            raise InputError("compare", "NAME", one.id, "each counterfactual once")
    return found


def check(arguments: Mapping[str, Any]) -> None:
    """Refuse names and predictions that cannot be used, before anything is run."""
    case = load_case(arguments["case"])
    chosen(case, arguments["names"])
    if arguments["prediction"] is not None:
        load_predictions(Path(arguments["prediction"]), case)


def asked(
    arguments: Mapping[str, Any], *, workers: int, progress: Progress | None
) -> tuple[Comparison, tuple[StatedPrediction, ...]]:
    """The comparison that the arguments of `tashkent compare` ask for, and the predictions to score."""
    case = load_case(arguments["case"])
    prediction = arguments["prediction"]
    found = compare(
        case,
        *chosen(case, arguments["names"]),
        baseline=arguments["baseline"],
        theories=arguments["theory"],
        runs=arguments["runs"],
        seed=arguments["seed"],
        start=arguments["from"],
        workers=workers,
        progress=progress,
    )
    return found, () if prediction is None else load_predictions(Path(prediction), case)


def scores(found: Comparison, predictions: Sequence[StatedPrediction]) -> list[pd.DataFrame]:
    """One table of scored predictions for each pair."""
    return [score(predictions, pair) for pair in found.pairs] if predictions else []


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
            for pair, table in zip(found.pairs, scores(found, predictions), strict=True)
        ]
    return result


def manifest(found: Comparison, folder: Path, arguments: Mapping[str, object]) -> dict[str, object]:
    """What another person needs to get the same numbers, and to see that they are."""
    first = found.pairs[0]
    return {
        "command": "compare",
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
            pair.theory: posterior_hash(posterior(_fitted(pair.baseline))) for pair in found.pairs
        },
        **provenance(),
        "arguments": dict(arguments),
        "inputs": inputs_of(_texts(arguments)),
        "files": hashes(tables_of(folder)),
    }


def _fitted(baseline: Case) -> Case:
    """The case whose posterior a baseline runs with."""
    return baseline.changed.of if baseline.changed else baseline


def _texts(arguments: Mapping[str, object]) -> list[str]:
    """All words among the arguments."""
    found: list[str] = []
    for value in arguments.values():
        found += [str(one) for one in value] if isinstance(value, list) else [str(value or "")]
    return found


def write(
    found: Comparison,
    predictions: Sequence[StatedPrediction],
    out: Path,
    arguments: Mapping[str, object],
) -> None:
    """Write tables (Parquet and CSV with codebook), a figure for each pair, JSON and manifest into `out`.

    `arguments` are those of the command, by which `tashkent reproduce` runs it again.
    """
    from tashkent.experiments.figure import figure

    with result(out) as folder:
        write_parquet(folder / "seats.parquet", found.seats)
        for name in ("outcomes", "divergence", "attribution", "extrapolation"):
            write_csv(folder / f"{name}.csv", getattr(found, name))
        shown = [pair.seats(_shown(pair)).assign(**pair.key) for pair in found.pairs]
        keys = list(found.pairs[0].key)
        seats = pd.concat(shown, ignore_index=True)
        write_csv(folder / "seats.csv", seats[[*keys, *(c for c in seats if c not in keys)]])
        tables = scores(found, predictions)
        if tables:
            scored = [t.assign(**p.key) for p, t in zip(found.pairs, tables, strict=True)]
            write_csv(folder / "predictions.csv", pd.concat(scored, ignore_index=True))
        codebook = pd.DataFrame({"column": CODEBOOK.keys(), "meaning": CODEBOOK.values()})
        write_csv(folder / "codebook.csv", codebook)
        for pair in found.pairs:
            name = "-".join(pair.key.values()).replace("/", "_")
            figure(pair).savefig(folder / f"{name}.png", dpi=150, metadata={"Software": None})
        write_json(folder / "comparison.json", as_json(found, predictions))
        write_json(folder / MANIFEST, manifest(found, folder, arguments))


def _shown(pair: Pair) -> list[int]:
    return [month for month in pair.baseline.shown if month > pair.start]


# on the screen -------------------------------------------------------------------------------------


def show(found: Comparison, predictions: Sequence[StatedPrediction], console: "Console") -> None:
    """Print each pair: what changed, how far, when, by which terms, and what lies outside the fit."""
    tables = scores(found, predictions)
    for i, pair in enumerate(found.pairs):
        one = pair.counterfactual
        title = f"[bold]{one.id}[/bold] {one.title}".rstrip()
        theory = "" if pair.theory == WHOLE else f", theory {pair.theory}"
        against = "" if pair.against == BASELINE else f", against {pair.against}"
        console.print(f"{title}, from the record of {month_label(pair.start)}{theory}{against}")
        if one.question:
            console.print(one.question, highlight=False)
        console.print(_course(pair), highlight=False)
        console.print(_outcome_table(pair) if len(pair.outcomes) else _seat_table(pair))
        terms = [
            attributed(row.term, row.difference, row.share)
            for row in pair.attribution.head(MOST).itertuples()
        ]
        if terms:
            console.print(
                f"What made the difference where histories diverge, in log-odds (share of runs in which it was most): "
                f"{', '.join(terms)}",
                highlight=False,
            )
        if len(pair.extrapolation):
            console.print(_extrapolation(pair), highlight=False, style="yellow")
        if tables:
            console.print(_prediction_table(tables[i]))
        console.print()
    first = found.pairs[0]
    console.print(
        f"{first.runs:,} pairs of runs, {first.per_draw} for each draw of the posterior, seed {first.seed}. "
        "Luck: 90% of the change at the draws that were taken, which more runs narrow. Over draws: 90% of the "
        "effect over draws of the posterior, luck taken out, which they do not.",
        highlight=False,
    )
    for theory, origin in found.posteriors.items():
        console.print(f"Posterior ({theory}): {origin}.", highlight=False, soft_wrap=True)


def attributed(term: str, difference: float, share: float) -> str:
    """A term to which a change is attributed: its mean difference, and the share of runs in which it was most."""
    by = "" if term == LAW else f" {difference:+.2f}"
    return f"{term}{by} ({share:.0%})"


def _course(pair: Pair) -> str:
    if pair.differs_from is None:
        return "No input differs in these months."
    months = pair.divergence_months
    since = f"Inputs differ from {month_label(pair.differs_from)} on"
    if not len(months):
        return f"{since}; no run takes another course."
    first = pair.divergence.iloc[0]
    return (
        f"{since}; {pair.share_changed:.0%} of runs take another course at all, half of these by "
        f"{pair.to_dict()['median_divergence']}; most often {first['state']} is {_words(first['changed'])} and not "
        f"{_words(first['baseline'])} in {first['club']} ({first['month']}, {first['share']:.1%} of runs)."
    )


def _words(status: str) -> str:
    return "out" if status == "none" else status.replace("_", " ")


#: what `_change_cells` fills
_CHANGE = ("change ± luck", "over draws", "")


def _change_cells(row: pd.Series) -> list[str]:
    luck = (row["simulation_high"] - row["simulation_low"]) / 2
    return [
        f"{row['baseline']:.2f}",
        f"{row['changed']:.2f}",
        f"{row['change']:+.3f} ± {luck:.3f}",
        f"{row['posterior_low']:+.2f} {row['posterior_high']:+.2f}",
    ]


def _outcome_table(pair: Pair) -> "Table":
    from rich.table import Table

    table = Table(title="What is asked", title_justify="left")
    for column in ("seat", "month", "implied", "before", "after", *_CHANGE):
        table.add_column(column, no_wrap=True)
    for _, row in pair.outcomes.iterrows():
        status = "" if row["status"] == "in" else f" {_words(row['status'])}"
        table.add_row(
            f"{row['state']} {row['club']}{status}",
            row["month"],
            f"{ARROWS[row['implied']]} {row['whose']}",
            *_change_cells(row),
            ARROWS[row["found"]],
        )
    return table


def _seat_table(pair: Pair) -> "Table":
    from rich.table import Table

    case = pair.baseline
    rows = pair.seats(_shown(pair) or [case.end])
    rows = rows[(rows["club"] == case.focus) & (rows["state"] != case.patron)]
    rows = rows.reindex(rows["change"].abs().sort_values(ascending=False, kind="stable").index)
    table = Table(title=f"Largest changes of P(in {case.focus})", title_justify="left")
    for column in ("state", "month", "before", "after", *_CHANGE[:2]):
        table.add_column(column, no_wrap=True)
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


def _prediction_table(scored: pd.DataFrame) -> "Table":
    from rich.table import Table

    title = f"Predictions: Brier score {scored['brier'].mean():.3f} (0 is best, not knowing 0.25)"
    table = Table(title=title, title_justify="left")
    for column in ("state", "month", "predicted", "confidence", "found", "change", "score"):
        table.add_column(column)
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


def listed(case: Case) -> list[dict[str, object]]:
    """The counterfactuals of a case with question, starts and implied directions."""
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
        }
        for one in shipped_counterfactuals(case)
    ]


def show_list(case: Case, console: "Console") -> None:
    """Print the counterfactuals of a case."""
    from rich.table import Table

    found = shipped_counterfactuals(case)
    if not found:
        console.print(f"{case.id} has no counterfactuals.")
        return
    table = Table(show_lines=True)
    for column in ("id", "question", "from", "implied, by whom"):
        table.add_column(column)
    for one in found:
        implied = [
            f"{o.state} {o.month}{'' if o.status == 'in' else ' ' + _words(o.status)} {ARROWS[o.direction]} {o.whose}"
            for o in one.outcomes
        ]
        table.add_row(
            one.id,
            f"[bold]{one.title}[/bold]\n{one.question}",
            "\n".join(one.starts),
            "\n".join(implied),
        )
    console.print(table)
    console.print(
        "↑ likelier, ↓ less likely, → no change; seed: the sources, GK: general knowledge."
    )
