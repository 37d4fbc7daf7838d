"""docs/transfer.md: what other pacts and other cases say of the terms, and what that is worth for each shipped case.

``python -m publish.transfer`` fits the panel, leaves each pact out, scores the case, and asks each shipped case from
the others, into results/transfer/, which takes minutes, and writes the page; ``--page`` writes it anew from the tables.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from publish.page import DIGITS, ROOT, number, rendered, signed, table, write, write_table
from tashkent.calibration import across
from tashkent.calibration import transfer as panel
from tashkent.calibration.contests import error_of_sum
from tashkent.model.case import load_case
from tashkent.model.case.loading import shipped_cases

RESULTS = Path("results/transfer")
PAGE = Path("docs/transfer.md")
TABLES = ("weights", "pacts", "left_out", "scores")
#: of the cases side by side, by the name of the table in `across.Across`
ACROSS = {name: f"across_{name}" for name in ("weights", "scores", "exits")}
#: standard errors beyond which a difference is told as one
CLEAR = 2.0


def read(root: Path) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """The manifest and the tables."""
    folder = root / RESULTS
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    names = (*TABLES, *ACROSS.values())
    return manifest, {name: pd.read_csv(folder / f"{name}.csv") for name in names}


def page(root: Path) -> str:
    """The page in Markdown."""
    manifest, tables = read(root)
    return rendered(
        "transfer.md",
        manifest=manifest,
        findings=findings(tables),
        weights=_weights(tables["weights"]),
        left_out=_left_out(tables["left_out"]),
        pacts=len(tables["pacts"]),
        acts={name: int(tables["pacts"][name].sum()) for name in ("choices", "acceded", "left")},
        learnt=_scores(tables["scores"], 1),
        alone=_scores(tables["scores"], 0),
        cases=_cases(tables),
        cases_findings=cases_findings(tables),
        shared=_shared(tables["across_weights"]),
        exits=_exits(tables["across_exits"]),
    )


def cases_findings(tables: dict[str, pd.DataFrame]) -> list[str]:
    """What came out of the cases side by side, in sentences made from the tables."""
    said = []
    focal = tables["across_scores"].query("scope == 'focus' and score == 'joint'")
    for case, rows in focal.groupby("case", sort=False):
        own = rows.set_index(["prior", "learnt"])
        parts = []
        for learnt, how in (
            (0, "from the priors alone"),
            (1, "with what its own other states did"),
        ):
            here = own.loc[(across.OTHERS, learnt)]
            bare = own.loc[(panel.BARE, learnt), "value"]
            parts.append(
                f"{how} {signed(here['over'], here['se'])} over judged priors and "
                f"{here['value'] - bare:+.1f} over frictions alone"
            )
        said.append(f"`{case}` under priors from the other cases: {'; '.join(parts)} (nats).")
    exits = tables["across_exits"].query("prior == @across.OTHERS")
    far = exits.loc[(exits["expected"] - exits["done"]).abs().idxmax()]
    said.append(
        f"Furthest off in numbers: under these priors `{far['case']}` expects {far['expected']:.1f} exits in the "
        f"{far['decade']}s, where there were {far['done']}."
    )
    weights = tables["across_weights"].drop_duplicates("weight")
    clear = weights[weights["mean"].abs() > CLEAR * weights["sd"]]
    told = ", ".join(
        f"*{r.weight.replace('_', ' ')}* ({signed(r.mean, r.sd, 2)})" for r in clear.itertuples()
    )
    said.append(
        f"Of what the cases share {told or 'nothing'} is more than two standard deviations from zero, where the prior "
        "alone puts most weights already."
    )
    learnt = weights[(weights["mean"] - weights["prior"]).abs() > weights["prior_sd"]]
    names = ", ".join(f"*{name.replace('_', ' ')}*" for name in learnt["weight"])
    said.append(
        f"The cases move more than one prior standard deviation away from it: {names or 'no weight'}."
    )
    return said


def _cases(tables: dict[str, pd.DataFrame]) -> str:
    heads = ("case", "priors", "alone", "over judged", "with its other states", "over judged")
    found = tables["across_scores"].query("scope == 'focus' and score == 'joint'")
    part = found.set_index(["case", "prior", "learnt"])
    rows = []
    for case, prior in dict.fromkeys(zip(found["case"], found["prior"], strict=True)):
        cells: list[object] = [f"`{case}`", prior]
        for learnt in (0, 1):
            own = part.loc[(case, prior, learnt)]
            over = "" if prior == panel.JUDGED else signed(own["over"], own["se"])
            cells += [number(own["value"], 1), over]
        rows.append(cells)
    return table(heads, rows)


def _shared(found: pd.DataFrame) -> str:
    ids = list(dict.fromkeys(found["case"]))
    alone = found.pivot(index="weight", columns="case", values="alone")
    rows = [
        (
            r.weight.replace("_", " "),
            f"{r.prior:.2f} ± {r.prior_sd:.2f}",
            f"{r.mean:.2f} ± {r.sd:.2f}",
            number(r.spread),
            *(
                "" if pd.isna(alone.loc[r.weight, c]) else number(alone.loc[r.weight, c])
                for c in ids
            ),
        )
        for r in found.drop_duplicates("weight").itertuples()
    ]
    return table(("weight", "prior", "shared", "spread between", *ids), rows)


def _exits(found: pd.DataFrame) -> str:
    kept = found[found["prior"].isin((panel.JUDGED, across.OTHERS))]
    rows = [
        (
            f"`{r.case}`",
            r.prior,
            f"{r.decade}s",
            number(r.expected, 1),
            r.done,
            "" if pd.isna(r.rank) else number(r.rank),
        )
        for r in kept.itertuples()
    ]
    return table(("case", "priors", "decade", "expected", "were", "rank"), rows)


def findings(tables: dict[str, pd.DataFrame]) -> list[str]:
    """What came out, in sentences made from the tables."""
    held, weights = tables["left_out"], tables["weights"]
    gain, error = float(held["gain"].sum()), error_of_sum(held["gain"])
    counted = float((held["frictions"] - held["counted"]).sum())
    said = [
        f"Between pacts the terms {_verdict(gain, error)}: over all {len(held)} pacts with an act, each asked of a fit "
        f"to the others, they gain {signed(gain, error)} nats over frictions alone, which themselves gain "
        f"{counted:+.1f} over two counted rates.",
    ]
    for kind, name in (("acceded", "came in"), ("left", "went")):
        known = held.dropna(subset=f"rank_{kind}")
        share = float((known[f"rank_{kind}"] * known[kind]).sum() / known[kind].sum())
        said.append(
            f"Who {name}: on average {share:.0%} of the others at risk in that month were thought less likely "
            f"({int(known[kind].sum())} acts; 50% by chance)."
        )
    clear = weights[weights["judged"].notna() & (weights["mean"].abs() > CLEAR * weights["sd"])]
    unclear = weights[weights["judged"].notna() & ~weights.index.isin(clear.index)]
    told = ", ".join(
        f"*{r.term.replace('_', ' ')}* ({signed(r.mean, r.sd, 2)})" for r in clear.itertuples()
    )
    rest = ", ".join(f"*{name.replace('_', ' ')}*" for name in unclear["term"])
    said.append(
        f"Weights whose sign the panel is sure of: {told or 'none'}. It says nothing sure of {rest or 'no other'}."
    )
    apart = weights[(weights["judged"] - weights["panel"]).abs() > weights["judged_sd"]]
    if len(apart):
        names = ", ".join(f"*{name.replace('_', ' ')}*" for name in apart["term"])
        said.append(
            f"Judged priors lie more than their own standard deviation away from what the panel says of {names}."
        )
    focal = (
        tables["scores"]
        .query("scope == 'focus' and score == 'joint'")
        .set_index(["prior", "learnt"])
    )
    for learnt, how in ((1, "with what the other states did"), (0, "from the priors alone")):
        mine, none = (focal.loc[(who, learnt)] for who in (panel.PANEL, panel.NONE))
        over, none_over = (signed(row["over"], row["se"]) for row in (mine, none))
        said.append(
            f"For the case, {how}, priors from the panel score {mine['value']:.1f}, {over} over judged priors; "
            f"N(0, 1) scores {none['value']:.1f} ({none_over})."
        )
    return said


def _verdict(gain: float, error: float) -> str:
    if gain > CLEAR * error:
        return "travel"
    return "mislead" if gain < -CLEAR * error else "do not travel as far as can be seen"


def _weights(found: pd.DataFrame) -> str:
    heads = (
        "term",
        "shared by pacts",
        "spread between",
        "with the founder as patron",
        "judged prior",
        "prior from the panel",
    )
    rows = [
        (
            r.term.replace("_", " "),
            signed(r.mean, r.sd, 2),
            number(r.spread),
            f"{r.founder:+.2f}",
            "" if pd.isna(r.judged) else f"{r.judged:.2f} ± {r.judged_sd:.2f}",
            "" if pd.isna(r.panel) else f"{r.panel:.2f} ± {r.panel_sd:.2f}",
        )
        for r in found.itertuples()
    ]
    return table(heads, rows)


def _left_out(found: pd.DataFrame) -> str:
    heads = (
        "pact",
        "choices",
        "came in",
        "went",
        "terms",
        "frictions alone",
        "counted rates",
        "gain",
        "rank: in",
        "rank: out",
    )
    rows = [
        (
            r.pact,
            f"{r.choices:,}",
            r.acceded,
            r.left,
            number(r.terms, 1),
            number(r.frictions, 1),
            number(r.counted, 1),
            f"{r.gain:+.1f}",
            number(r.rank_acceded),
            number(r.rank_left),
        )
        for r in found.itertuples()
    ]
    total = found[["terms", "frictions", "counted", "gain"]].sum()
    rows.append(
        (
            "**all**",
            f"{found['choices'].sum():,}",
            found["acceded"].sum(),
            found["left"].sum(),
            number(total["terms"], 1),
            number(total["frictions"], 1),
            number(total["counted"], 1),
            signed(total["gain"], error_of_sum(found["gain"])),
            "",
            "",
        )
    )
    return table(heads, rows)


def _scores(found: pd.DataFrame, learnt: int) -> str:
    heads = [
        "priors",
        "pact",
        "over judged",
        "pact, by month",
        "over judged",
        "all clubs",
        "over judged",
    ]
    rows = []
    part = found[found["learnt"] == learnt].set_index(["prior", "scope", "score"])
    for prior in found["prior"].unique():
        cells: list[object] = [prior]
        for scope, score in (("focus", "joint"), ("focus", "monthly"), ("all clubs", "joint")):
            own = part.loc[(prior, scope, score)]
            cells += [
                number(own["value"], 1),
                "" if prior == panel.JUDGED else signed(own["over"], own["se"]),
            ]
        rows.append(cells)
    return table(heads, rows)


def main(arguments: list[str] | None = None) -> None:
    """Find the tables, unless only the page is asked for, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="write the page from the tables")
    parser.add_argument("--seed", type=int, default=0, help="keys every draw")
    asked = parser.parse_args(arguments)
    if not asked.page:
        case = load_case("cst")
        found = panel.transfer(case, seed=asked.seed)
        for name in TABLES:
            write_table(getattr(found, name).round(DIGITS), ROOT / RESULTS / f"{name}.csv")
        side = across.across([load_case(name) for name in shipped_cases()], seed=asked.seed)
        for name, file in ACROSS.items():
            write_table(getattr(side, name).round(DIGITS), ROOT / RESULTS / f"{file}.csv")
        told = {
            "case": case.id,
            "case_hash": case.hash,
            "seed": asked.seed,
            "cases": {one.id: one.hash for one in side.cases},
        }
        (ROOT / RESULTS / "manifest.json").write_text(
            json.dumps(told, indent=2) + "\n", encoding="utf-8"
        )
    write(PAGE, page(ROOT))


if __name__ == "__main__":
    main()
