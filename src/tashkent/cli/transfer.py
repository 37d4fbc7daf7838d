"""`tashkent transfer`: does the theory travel from other pacts?"""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from tashkent.cli.options import CaseOption, JsonOption, load_case
from tashkent.cli.progress import progress_bar
from tashkent.cli.screen import Figures, Heading, console

if TYPE_CHECKING:
    from rich.console import Console

    from tashkent.calibration.transfer import Transfer


def transfer(
    case: CaseOption = "cst",
    quick: Annotated[bool, typer.Option("--quick", help="Leave no pact of the panel out.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Keys every random draw.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Fit the terms on 25 other pacts, ask them of each pact from the others, and of a case as priors.

    Example: tashkent transfer --quick
    """
    loaded = load_case(case)
    from tashkent.calibration import transfer as panel

    with progress_bar("transfer") as progress:
        found = panel.transfer(loaded, seed=seed, each=not quick, progress=progress)
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
    else:
        _show(found, console())


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
    for learnt, title in ((1, "learning from its other states"), (0, "from the priors alone")):
        table = Figures(
            [
                Heading("priors", words=True),
                Heading("log score", right=True),
                Heading("over judged", right=True),
            ],
            f"{found.case.id}, acts of the focal club, each state held out, {title}",
        )
        focal = found.scores.query("scope == 'focus' and score == 'joint'")
        rows = focal[focal["learnt"] == learnt]
        for row in rows.itertuples():
            table.add_row(row.prior, f"{row.value:.1f}", f"{row.over:+.1f} ± {row.se:.1f}")
        to.print(table)


def _with_sd(mean: float, sd: float) -> str:
    return "" if mean != mean else f"{mean:.2f} ± {sd:.2f}"
