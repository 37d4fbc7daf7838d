"""The figures of README.md: scores from a run; what is found, and the limits, from the tables in results/.

``python -m publish.readme`` runs the model a thousand times and writes all; ``--page`` leaves the scores as they are.
"""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from publish import evidence, transfer
from publish.evidence_sections import judged
from publish.page import ROOT, rendered, signed, with_block, write
from tashkent.calibration.contests import error_of_sum
from tashkent.calibration.forecasters import FRICTIONS, MODEL
from tashkent.calibration.ladder import FROZEN, WITHOUT
from tashkent.calibration.likelihood import fit_rows
from tashkent.calibration.report import ALL_CLUBS, BRIER, Report, make_report
from tashkent.calibration.riskset import CHOICES
from tashkent.model.case import Case, load_case

README = Path("README.md")
RUNS, SEED = 1000, 0
#: a weight whose variance the record narrows by less than this share is close to its prior
FAINT = 0.1
#: from this share on a state is named among those that make up a figure
NAMED = 0.05

Tables = dict[str, pd.DataFrame]


def scores(report: Report) -> str:
    """Scores of the focal club and of all together beside baselines, where else one wins, and how the renewal falls."""
    table = report.scores
    assert table is not None
    columns = list(dict.fromkeys(zip(table["score"], table["span"], strict=True)))
    columns.sort(key=lambda column: column[0] == BRIER)
    cells = table.set_index(["club", "who", "score", "span"])
    shown = (table["club"].iloc[0], ALL_CLUBS)
    rows = []
    for club, who in table[["club", "who"]].drop_duplicates().itertuples(index=False):
        if club in shown:
            keys = [(club, who, *column) for column in columns]
            rows.append((club, who, *(_cell(cells, key) for key in keys)))
    elsewhere = table[
        ~table["club"].isin(shown) & table["best"].astype(bool) & (table["who"] != MODEL)
    ]
    better = "; ".join(
        f"{r.club}, {r.who} ({r.score}{f' {_years(r.span)}' if r.score == BRIER else ''})"
        for r in elsewhere.itertuples()
    )
    assert report.split is not None
    renewal = (
        f"From the record of December 1998 all eight are right in {report.split.all_right:.0%} of runs; "
        f"mean balanced accuracy {report.split.balanced_accuracy:.2f}."
    )
    heads = [name if name != BRIER else f"{name} {_years(span)}" for name, span in columns]
    return rendered(
        "readme_scores.md", heads=heads, rows=rows, better=better or "none", renewal=renewal
    )


def _cell(cells: pd.DataFrame, key: tuple[str, ...]) -> str:
    if key not in cells.index:
        return ""
    found = cells.loc[key]
    text = f"{found['value']:.3f}" if BRIER in key else f"{found['value']:.1f}"
    return f"**{text}**" if found["best"] and MODEL not in key else text


def _years(span: str) -> str:
    return "-".join(month[:4] for month in span.split(" to "))


def findings(tables: Tables, left_out: pd.DataFrame) -> str:
    """What is found and what is not: held out, with nothing learnt, and in the pacts of `left_out`, one by one."""
    own = tables["held_out"].query("who == @MODEL").set_index("scope")
    ladder = tables["ladder"].query("scope == 'focus'").set_index("rung")
    frozen = float(ladder.loc[FROZEN, "gain"])
    travel, error = float(left_out["gain"].sum()), error_of_sum(left_out["gain"])
    focus = own.loc["focus"]
    apart = {scope: over_frictions(tables, scope) for scope in ("focus", ALL_CLUBS)}
    one_out = ladder.loc[ladder.index.str.startswith(WITHOUT), "gain"]
    return rendered(
        "readme_findings.md",
        joint=signed(focus["gain"], focus["se"]),
        monthly=signed(focus["monthly_gain"], focus["monthly_se"]),
        all=signed(own.loc[ALL_CLUBS, "gain"], own.loc[ALL_CLUBS, "se"]),
        over_frictions=apart["focus"],
        all_over_frictions=apart[ALL_CLUBS],
        largest=load_case("cst").state_names[one_out.idxmin().removeprefix(WITHOUT)],
        without=f"{one_out.min():+.1f}",
        frozen=f"{frozen:+.1f}",
        as_good=frozen >= focus["gain"],
        pacts=len(left_out),
        travel=signed(travel, error),
        travels=abs(travel) > transfer.CLEAR * error,
    )


def over_frictions(tables: Tables, scope: str) -> str:
    """The gain of the model over the frictions alone, with its error over states."""
    found = tables["held_out_states"].query("scope == @scope")
    scores = found.pivot(index="state", columns="who", values="log_score")
    apart = scores[MODEL] - scores[FRICTIONS]
    return signed(apart.sum(), error_of_sum(apart))


def limits(case: Case, tables: Tables) -> str:
    """What the model cannot do, in figures of the examination."""
    return rendered("readme_limits.md", **limits_of(case, tables))


def limits_of(case: Case, tables: Tables) -> dict[str, Any]:
    """The figures of the examination that say what the model cannot do, by name; some are asked for by a function."""
    rows = fit_rows(case).rows
    pact = rows.where(rows.club == tuple(case.clubs).index(case.focus))
    moved = pact.moved
    found = judged(tables)
    weights = tables["parameters"].query("role == 'weight' and contraction < @FAINT")
    names = [f"*{name.replace('_', ' ')}*" for name in weights["parameter"]]
    patterns, p_in = (
        table[table["start"] == tables["p_in"]["start"].iloc[0]]
        for table in (tables["patterns"].query("who == @MODEL"), tables["p_in"])
    )
    shares = patterns.set_index(["id", "measure"])["value"]
    seats = p_in.set_index(["state", "month"])["p_in"]
    return {
        "moves": _number(int(moved.sum())).capitalize(),
        "actors": _number(len(set(pact.state[moved]))),
        "renewals": _number(int((pact.done & (pact.choice == CHOICES.index("renew"))).sum())),
        "p_in": lambda state, month: _percent(seats[state, month]),
        "share": lambda pattern, measure: _percent(shares[pattern, measure]),
        "states": lambda pattern: _named(case, shares[pattern]),
        "patterns": found["patterns"],
        "missed": len(found["missed"]),
        "faint": " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names),
    }


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _named(case: Case, shares: "pd.Series[float]") -> str:
    """The states that make up a figure, the commonest first."""
    names = {state.state: state.name for state in case.states}
    own = shares[[name for name in shares.index if name in names]].sort_values(
        ascending=False, kind="stable"
    )
    return ", ".join(f"{names[s]} {_percent(p)}" for s, p in own.items() if p >= NAMED)


def _number(number: int) -> str:
    """A small number as a word."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[number] if number < len(words) else str(number)


def main(arguments: list[str] | None = None) -> None:
    """Run the model, or write what comes from tables alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--page", action="store_true", help="write what comes from the tables alone"
    )
    asked = parser.parse_args(arguments)
    case = load_case("cst")
    _, tables = evidence.read(ROOT / evidence.RESULTS)
    _, panel = transfer.read(ROOT)
    blocks = {
        "findings": findings(tables, panel["left_out"]),
        "limits": limits(case, tables),
    }
    if not asked.page:
        blocks["scores"] = scores(make_report(case, runs=RUNS, seed=SEED))
    text = (ROOT / README).read_text(encoding="utf-8")
    for name, block in blocks.items():
        text = with_block(text, name, block)
    write(README, text)


if __name__ == "__main__":
    main()
