"""What each section of docs/evidence.md says, as words and rows; their text is in ``templates/evidence.md``."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from publish.page import number
from tashkent.calibration.contests import ALL
from tashkent.calibration.forecasters import LOGIT, MODEL, STEPS
from tashkent.calibration.patterns import Patterns
from tashkent.calibration.rivals import EVERYTHING

#: the manifest of an examination, and its tables by their names
type Manifest = Mapping[str, Any]
type Tables = Mapping[str, pd.DataFrame]
#: what a section says: its tables as rows of cells, and single words and numbers
type Section = dict[str, Any]

#: rows of long tables that are shown
SHOWN = 20
#: a share of runs from which on a single state or act is shown
SAID = 0.1
#: a contraction below which a posterior is little more than its prior
LITTLE = 0.2


def bars(tables: Tables) -> Section:
    """The bars of the held-out scores, and which of them are missed."""
    found = tables["bars"]
    rows = [
        (r.what, number(r.value), number(r.se), r.bar, "met" if r.passes else "**missed**")
        for r in found.itertuples()
    ]
    missed = found.loc[~found["passes"].astype(bool), "what"]
    return {"rows": rows, "missed": [str(what) for what in missed]}


def judged(tables: Tables) -> Section:
    """How many patterns runs are judged by, and which are missed from any start."""
    found = tables.get("patterns", pd.DataFrame())
    if found.empty:
        return {}
    found = found[(found["who"] == MODEL) & found["judged"].astype(bool)]
    missed = list(dict.fromkeys(found.loc[found["passes"].astype(str) == "False", "id"]))
    return {"patterns": found["id"].nunique(), "missed": missed}


def held_out(manifest: Manifest, tables: Tables) -> Section:
    """Scores of each state's choices from a fit to the others': in all, by state, by act."""
    found, states = tables["held_out"], tables["held_out_states"]
    scopes = list(dict.fromkeys(found["scope"]))
    names = {"focus": manifest["focus"], "in force": "since in force"}
    rows = []
    for who, part in found.groupby("who", sort=False):
        scored = part.set_index("scope")
        cells = [str(who)]
        for scope in scopes:
            cells += [_score(scored.loc[scope, "log_score"]), _gain(scored.loc[scope])]
        focus = scored.loc["focus"]
        rows.append((*cells, f"{focus['brier']:.4f}", f"{focus['brier_acts']:.3f}"))
    steps = found.loc[(found["who"] == MODEL) & (found["scope"] == "focus"), "over"].iloc[0]
    gains = (heading for s in scopes for heading in (names.get(s, s), "gain"))
    return {
        "heads": ["", *gains, "Brier", "Brier, moves"],
        "rows": rows,
        "states": _held_out_states(states, steps),
        "pareto": number(states.loc[states["who"] == MODEL, "pareto_k"].max()),
        "acts": _held_out_acts(tables["acts"], manifest["focus"], steps),
    }


def _held_out_states(states: pd.DataFrame, steps: str) -> list[tuple[str, ...]]:
    focus = states[states["scope"] == "focus"].pivot(
        index="state", columns="who", values="log_score"
    )
    return [
        (
            s,
            *(_score(focus.loc[s, w]) for w in (MODEL, steps, LOGIT)),
            number(focus.loc[s, MODEL] - focus.loc[s, steps]),
        )
        for s in focus.index
    ]


def _held_out_acts(acts: pd.DataFrame, focus: str, steps: str) -> list[tuple[str, ...]]:
    keys = ["state", "month", "choice", "done"]
    wide = acts[acts["club"] == focus].pivot_table(
        index=keys, columns="who", values="p", sort=False
    )
    return [
        (
            r["state"],
            r["month"],
            _did(r["choice"], r["done"]),
            *(number(_right(r, w), 3) for w in (MODEL, steps, LOGIT)),
        )
        for r in wide.reset_index().to_dict("records")
    ]


def forward(tables: Tables) -> Section:
    """What came after a month from what came before; nothing if it was not examined."""
    if "forward" not in tables:
        return {}
    found = tables["forward"]
    rows = []
    for held, part in found[found["scope"] == "focus"].groupby("held", sort=False):
        everything = found[(found["held"] == held) & (found["scope"] == "all clubs")]
        everything = everything.set_index("who")
        for row in part.to_dict("records"):
            other = everything.loc[row["who"]]
            rows.append(
                (
                    held,
                    row["who"],
                    f"{row['acts']:.0f} of {row['choices']:.0f}",
                    _score(row["joint"]),
                    _gain(row),
                    _score(row.get("monthly", np.nan)),
                    f"{row['brier']:.4f}",
                    _score(other["joint"]),
                    _gain(other),
                )
            )
    hindsight = [
        (r.who, f"{r.acts} of {r.choices}", _score(r.log_score))
        for r in tables.get("hindsight", pd.DataFrame()).itertuples()
    ]
    unfitted = [
        (
            *(r.act, r.state, r.months, r.done),
            *(number(r.log_score), number(r.log_score_rate), number(r.p_year, 4)),
        )
        for r in tables.get("unfitted_acts", pd.DataFrame()).itertuples()
    ]
    return {"rows": rows, "hindsight": hindsight, "unfitted": unfitted}


def renewal(tables: Tables) -> Section:
    """Who signs the first renewal, and the joint scores; nothing if it was not examined."""
    found = tables.get("renewal", pd.DataFrame())
    if found.empty:
        return {}
    by_state = found[found["state"] != ALL].pivot(index="state", columns="who", values="p_sign")
    signed = found.drop_duplicates("state").set_index("state")["signed"]
    states = [
        (
            s,
            number(by_state.loc[s, MODEL]),
            number(by_state.loc[s, STEPS]),
            "signs" if signed[s] else "does not sign",
        )
        for s in by_state.index
    ]
    together = [
        (r.who, _score(r.log_score), number(r.auc))
        for r in found[found["state"] == ALL].itertuples()
    ]
    return {"states": states, "together": together}


def chance(tables: Tables) -> list[tuple[str, ...]]:
    """Gains of the case as it is beside those of permuted situations."""
    return [
        (
            r.scope,
            *(number(value) for value in (r.gain, r.mean, r.sd, r.best)),
            f"{r.as_good} of {r.permutations}",
        )
        for r in tables["permutations"].itertuples()
    ]


def seats(tables: Tables) -> list[tuple[str, ...]]:
    """Brier scores of P(in), by start and stretch."""
    return [
        (r.start, f"{r.first} to {r.last}", r.who, f"{r.brier:.3f}")
        for r in tables["brier"].itertuples()
    ]


def patterns(tables: Tables, told: Patterns) -> Section:
    """Patterns and their bars, model beside steps, and what cannot be shown; nothing if none was looked for.

    `told` is the table of the case, which says whose bars were set before the model was run.
    """
    found = tables.get("patterns", pd.DataFrame())
    if found.empty:
        return {}
    steps = found[found["who"] == STEPS].set_index(["id", "start", "measure"])["value"]
    ours = found[found["who"] == MODEL]
    shown = ours["judged"].astype(bool) | ours["id"].str.startswith("T") | (ours["value"] >= SAID)
    early = {pattern.id for pattern in told.pattern if pattern.beforehand}
    rows: list[tuple[str, ...]] = []
    last = None
    for row in ours[shown].to_dict("records"):
        known = (row["id"], row["start"], row["measure"])
        rows.append(
            (
                row["id"],
                row["says"] if row["id"] != last else "",
                f"**{row['measure']}**" if row["judged"] else row["measure"],
                row["start"] if isinstance(row["start"], str) else "",
                number(row["value"]),
                "" if row["kind"] in ("clock", "area", "saves") else number(row["se"]),
                number(steps[known]) if known in steps.index else "",
                f"{row['bar']} †" if row["judged"] and row["id"] in early else row["bar"],
                {"True": "met", "False": "**missed**"}.get(str(row["passes"]), ""),
            )
        )
        last = row["id"]
    unshown = tables.get("not_modelled", pd.DataFrame())
    absent = [(r.id, r.says, r.why) for r in unshown.itertuples()]
    return {"said": f"{SAID:g}", "rows": rows, "absent": absent}


def theories(tables: Tables) -> list[tuple[str, ...]]:
    """Held-out scores and evidence of rival theories."""
    return [
        (
            r["theory"].replace("_", " "),
            number(r["focus log_score"], 1),
            _difference(r, "focus"),
            number(r["all clubs log_score"], 1),
            _difference(r, "all clubs"),
            f"{r['log_evidence']:.2f} ± {r['se']:.2f}",
            "" if pd.isna(r["nested"]) else f"{r['nested']:.2f} ± {r['nested_se']:.2f}",
        )
        for r in tables["theories"].to_dict("records")
    ]


def readings(manifest: Manifest, tables: Tables) -> Section:
    """Who signs under the rival readings of the first renewal; nothing if there are none."""
    found = tables.get("readings", pd.DataFrame())
    if found.empty or not manifest["readings"]:
        return {}
    rivals = (t for name in manifest["readings"] for t in (f"{name} alone", f"without {name}"))
    theories = [EVERYTHING, *rivals]
    wide = found.pivot(index="state", columns="theory", values="p_sign")
    signed = found.drop_duplicates("state").set_index("state")["signed"]
    rows = [
        (s, *(number(wide.loc[s, t]) for t in theories), "signs" if signed[s] else "does not")
        for s in wide.index
        if s != ALL
    ]
    joint = found[found["state"] == ALL].set_index("theory")
    rows.append(("joint log score", *(number(joint.loc[t, "log_score"]) for t in theories), ""))
    rows.append(("area under the curve", *(number(joint.loc[t, "auc"]) for t in theories), ""))
    evidence = tables["theories"].set_index("theory")["log_evidence"]
    rows.append(("log evidence, whole record", *(number(evidence.loc[t], 1) for t in theories), ""))
    return {"heads": ("state", *(t.replace("_", " ") for t in theories), "record"), "rows": rows}


def ablation(tables: Tables) -> Section:
    """The largest changes of P(in) where a term is knocked out."""
    found = tables["ablation"]
    found = found[found["how"] == "knocked out"]
    largest = found.groupby(["terms", "state", "start"], sort=False)["change"].apply(
        lambda c: c.abs().idxmax()
    )
    best = found.loc[largest].sort_values("change", key=lambda c: -c.abs(), kind="stable")
    rows = [
        (
            *(r.terms, r.state, r.start, r.month),
            *(number(r.with_all), number(r.p_in), f"{r.change:+.2f}"),
            "in" if r.record else "out",
        )
        for r in best.head(SHOWN).itertuples()
    ]
    return {"most": SHOWN, "rows": rows}


def literature(tables: Tables) -> Section:
    """Signs beside published ones, and a logit of exit on measured columns."""
    studies = [
        (
            r.study,
            r.variable,
            _coefficient(r.estimate, r.se) or ("+" if r.toward_exit > 0 else "n.s."),
            r.ours if isinstance(r.ours, str) else "none",
            _coefficient(r.our_estimate, r.our_se),
            _agreement(r, tables["parameters"]),
            r.why,
        )
        for r in tables.get("literature", pd.DataFrame()).itertuples()
    ]
    exits = tables["exit_logit"]
    columns = [
        (
            r.column,
            _coefficient(r.alone, r.alone_se),
            number(r.joint),
            r.note if isinstance(r.note, str) else "",
        )
        for r in exits.itertuples()
    ]
    return {
        "studies": studies,
        "exits": exits["exits"].iloc[0],
        "months": exits["rows"].iloc[0],
        "columns": columns,
    }


def parameters(tables: Tables) -> Section:
    """Prior beside posterior."""
    found = tables["parameters"]
    rows = [
        (
            *(r.parameter, r.role),
            _coefficient(r.prior_mean, r.prior_sd),
            _coefficient(r.mean, r.sd),
            number(r.contraction),
        )
        for r in found.itertuples()
    ]
    return {"origin": found["origin"].iloc[0], "rows": rows}


def robustness(tables: Tables) -> list[tuple[str, ...]]:
    """The lowest and the highest of each group of variants."""
    rows = []
    for (group, measure), part in tables["robustness"].groupby(["group", "measure"], sort=False):
        low, high = part.loc[part["value"].idxmin()], part.loc[part["value"].idxmax()]
        ends = (f"{number(end['value'])} ({end['what']})" for end in (low, high))
        rows.append((group, measure, number(low["as_it_is"]), *ends))
    return rows


# cells ----------------------------------------------------------------------------------------------


def _agreement(row: Any, parameters: pd.DataFrame) -> str:
    """Whether a sign agrees, and whether it is the record that says so."""
    said = {"True": "agrees", "False": "**disagrees**"}.get(str(row.agrees), "")
    contraction = parameters.set_index("parameter")["contraction"]
    weight = str(row.ours).removeprefix("weight of ")
    if said and contraction.get(weight, 1.0) < LITTLE:
        return f"{said}, but that is the prior"
    return f"{said}, within its error" if said and abs(row.our_estimate) < row.our_se else said


def _score(value: float) -> str:
    return f"{value:.1f}" if np.isfinite(value) else ""


def _gain(row: Any) -> str:
    if not np.isfinite(row["gain"]):
        return ""
    if row["gain"] == 0 or pd.isna(row["se"]):
        return number(row["gain"], 1)
    return f"{row['gain']:+.1f} ± {row['se']:.1f}"


def _difference(row: Any, scope: str) -> str:
    if row["theory"] == EVERYTHING:
        return ""
    return f"{row[f'{scope} difference']:+.1f} ± {row[f'{scope} se']:.1f}"


def _coefficient(value: float, error: float) -> str:
    return "" if pd.isna(value) else f"{value:.2f} ({error:.2f})"


def _did(choice: str, done: bool) -> str:
    if choice == "renew":
        return "signs" if done else "does not sign"
    return "accedes" if choice == "accede" else "gives notice or asks to go"


def _right(row: Any, who: str) -> float:
    return float(row[who] if row["done"] else 1.0 - row[who])
