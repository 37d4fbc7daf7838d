"""What `tashkent network` finds, shows and writes."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx

from tashkent.calibration.posterior import posterior
from tashkent.cli.options import load_case_under
from tashkent.cli.screen import Figures, Heading, strong
from tashkent.experiments import figures
from tashkent.experiments.codebook import write_tables
from tashkent.experiments.given import Given
from tashkent.experiments.manifest import of_network
from tashkent.experiments.networks import Network, finding, of_record, of_runs
from tashkent.model.clock import month_label
from tashkent.model.errors import InputError
from tashkent.model.simulate import simulate
from tashkent.model.storage import MANIFEST, result, write_json, write_with

if TYPE_CHECKING:
    from rich.console import Console

    from tashkent.calibration.posterior import Posterior
    from tashkent.model.case import Case
    from tashkent.model.workers import Progress

#: what is written beside the manifest
FILES = (
    "codebook.csv",
    "members.csv",
    "network.graphml",
    "network.png",
    "pairs.csv",
    "states.csv",
)
#: runs that advance between two words on progress
BLOCK = 200


def check(arguments: Mapping[str, Any]) -> None:
    """Refuse what cannot be asked for, before the work.

    Raises
    ------
    InputError
        If a month is not of the case, or an option concerns runs where there are none.
    """
    case = load_case_under(arguments["case"], arguments["theory"])
    _months(case, arguments)
    if arguments["runs"] is None:
        for key in ("seed", "from", "theory"):
            if arguments[key] is not None:
                allowed = "only beside --runs: the record is what it is"
                raise InputError(case.id, f"--{key}", arguments[key], allowed)


def _months(case: "Case", arguments: Mapping[str, Any]) -> tuple[int, int]:
    """The month, and that at whose end runs begin."""
    month = case.month(arguments["month"], "MONTH")
    start = arguments["from"]
    first = case.start if start is None else case.start_month(start, "--from")
    if arguments["runs"] is not None and month <= first:
        allowed = f"a month after {month_label(first)}, from whose record the runs start"
        raise InputError(case.id, "MONTH", arguments["month"], allowed)
    return month, first


def asked(
    arguments: Mapping[str, Any], *, progress: "Progress | None" = None
) -> "tuple[Network, Posterior | None]":
    """The network that the arguments of `tashkent network` ask for, and what its runs were drawn from."""
    case = load_case_under(arguments["case"], arguments["theory"])
    month, start = _months(case, arguments)
    runs = arguments["runs"]
    if runs is None:
        return of_record(case, month), None
    fitted = posterior(case)
    ensemble = simulate(
        case,
        fitted.draws(runs=runs, seed=arguments["seed"]),
        seed=arguments["seed"],
        start=start,
        end=month,
        block=BLOCK,
        progress=None if progress is None else lambda done: progress(done, runs),
    )
    return of_runs(ensemble, month), fitted


def write(found: Network, fitted: "Posterior | None", out: Path, given: Given) -> None:
    """Write GraphML, tables (CSV with codebook), picture and manifest into `out`.

    `given` is what the command was given, by which `tashkent reproduce` runs it again.
    """
    with result(out) as folder:
        tables = {f"{name}.csv": getattr(found, name) for name in ("states", "pairs", "members")}
        write_tables(folder, "network", tables, names=found.case.state_names)
        write_with(folder / "network.graphml", partial(nx.write_graphml, found.graph()))
        figures.network(found).save(folder / "network.png")
        given.keep(folder)
        write_json(folder / MANIFEST, of_network(found, fitted, folder, given))


def show(found: Network, fitted: "Posterior | None", screen: "Console") -> None:
    """Print who stands between, a row a state, and the rivals that share a club."""
    screen.print(strong(f"{finding(found)}\n"), highlight=False)
    screen.print(_table(found))
    many = found.runs is not None
    rivals = found.pairs[(found.pairs["rivalry"] > 0) & (found.pairs["p_shared"] > 0)]
    told = ", ".join(
        f"{row.state} and {row.other}" + (f" {row.p_shared:.0%}" if many else "")
        for row in rivals.itertuples()
    )
    screen.print(f"Rivals that share a club: {told or 'none'}.", highlight=False)
    names = [found.case.club_name(c, found.month) for c in found.telling]
    left_out = [c for c in found.case.clubs if c not in found.telling]
    others = [found.case.club_name(c, found.month) for c in left_out]
    more = f"; not {', '.join(others)}, which nearly all join" if others else ""
    screen.print(f"Clubs that count: {', '.join(names)}{more}.", highlight=False)
    if fitted is not None:
        screen.print(f"Posterior: {fitted.origin}.", highlight=False, soft_wrap=True)


def _table(found: Network) -> Figures:
    many = found.runs is not None
    heads = [
        Heading("state"),
        Heading("clubs", right=True),
        Heading("partners", right=True),
        Heading("between", right=True),
        *([Heading("first", right=True)] if many else []),
        Heading("betweenness", right=True),
        Heading("rivals\nat table", right=True),
    ]
    title = "between: pairs of states that share no club, while each shares one with it"
    table = Figures(heads, title, "Means and shares over runs" if many else "")
    for row in found.states.itertuples():
        first = [f"{row.first:.0%}"] if many else []
        counts = (row.clubs, row.partners, row.between)
        cells = [f"{n:.2f}" if many else f"{n:.0f}" for n in counts]
        rivals = f"{row.rivals_at_table:.2f}" if many else f"{row.rivals_at_table:.0f}"
        table.add_row(row.state, *cells, *first, f"{row.betweenness:.3f}", rivals)
    return table
