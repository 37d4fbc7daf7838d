"""`tashkent transfer`: does the theory travel from other pacts?"""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from tashkent.cli import completion
from tashkent.cli.options import JsonOption, load_case
from tashkent.cli.progress import progress_bar
from tashkent.cli.screen import Figures, Heading, console

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from tashkent.calibration.across import Across
    from tashkent.calibration.transfer import Transfer

CasesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--case",
        help="A shipped case by name, or a case folder; several: what these share, each asked from the others.",
        show_default="cst",
        autocompletion=completion.cases,
    ),
]


def transfer(
    case: CasesOption = None,
    quick: Annotated[bool, typer.Option("--quick", help="Leave no pact of the panel out.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Keys every random draw.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Fit the terms on 25 other pacts, ask them of each pact from the others, and of a case as priors.

    With several cases: fit them together, weights shared and frictions of each its own, and ask each from the others.

    Example: tashkent transfer --quick
    """
    loaded = [load_case(one) for one in case or ["cst"]]
    from tashkent.calibration import across
    from tashkent.calibration import transfer as panel

    found: Across | Transfer
    with progress_bar("transfer") as progress:
        if len(loaded) > 1:
            found = across.across(loaded, seed=seed, progress=progress)
        else:
            found = panel.transfer(loaded[0], seed=seed, each=not quick, progress=progress)
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
    elif isinstance(found, across.Across):
        _show_across(found, console())
    else:
        _show(found, console())


def _show_across(found: "Across", to: "Console") -> None:
    ids = [case.id for case in found.cases]
    table = Figures(
        [Heading("weight"), *(Heading(n, right=True) for n in ("prior", "shared", "spread", *ids))],
        "What the cases share of each weight; each case by itself",
    )
    for weight, rows in found.weights.groupby("weight", sort=False):
        row, own = rows.iloc[0], rows.set_index("case")["alone"]
        table.add_row(
            str(weight),
            _with_sd(row["prior"], row["prior_sd"]),
            _with_sd(row["mean"], row["sd"]),
            f"{row['spread']:.2f}",
            *("" if own[c] != own[c] else f"{own[c]:.2f}" for c in ids),
        )
    to.print(table)
    for case in ids:
        own = found.scores[found.scores["case"] == case]
        _show_scores(case, own, to)
        table = Figures(
            [Heading("priors", words=True), *(Heading(h, right=True) for h in _EXITS)],
            f"{case}, exits from the focal club by the priors alone",
        )
        for row in found.exits[found.exits["case"] == case].itertuples():
            rank = "" if row.rank != row.rank else f"{row.rank:.2f}"
            table.add_row(row.prior, str(row.decade), f"{row.expected:.1f}", str(row.done), rank)
        to.print(table)


#: what a decade's exits are told by
_EXITS = ("from", "expected", "were", "rank")


def _show(found: "Transfer", to: "Console") -> None:
    names = ("panel", "sd", "between pacts", "judged prior", "prior from the panel")
    table = Figures(
        [Heading("term"), *(Heading(name, right=True) for name in names)],
        "What other pacts say of each weight",
    )
    for row in found.weights.itertuples():
        priors = (_with_sd(row.judged, row.judged_sd), _with_sd(row.panel, row.panel_sd))
        table.add_row(row.term, f"{row.mean:+.2f}", f"{row.sd:.2f}", f"{row.spread:.2f}", *priors)
    to.print(table)
    if len(found.left_out):
        heads = ("with terms", "frictions", "gain")
        table = Figures(
            [Heading("pact", words=True), *(Heading(head, right=True) for head in heads)],
            "Each pact from the others: log score, nats",
        )
        for row in found.left_out.itertuples():
            table.add_row(row.pact, f"{row.terms:.1f}", f"{row.frictions:.1f}", f"{row.gain:+.1f}")
        to.print(table)
    _show_scores(found.case.id, found.scores, to)


def _show_scores(case: str, scores: "pd.DataFrame", to: "Console") -> None:
    for learnt, title in ((1, "learning from its other states"), (0, "from the priors alone")):
        table = Figures(
            [
                Heading("priors", words=True),
                Heading("log score", right=True),
                Heading("over judged", right=True),
            ],
            f"{case}, acts of the focal club, each state held out, {title}",
        )
        focal = scores.query("scope == 'focus' and score == 'joint'")
        rows = focal[focal["learnt"] == learnt]
        for row in rows.itertuples():
            table.add_row(row.prior, f"{row.value:.1f}", f"{row.over:+.1f} ± {row.se:.1f}")
        to.print(table)


def _with_sd(mean: float, sd: float) -> str:
    return "" if mean != mean else f"{mean:.2f} ± {sd:.2f}"
