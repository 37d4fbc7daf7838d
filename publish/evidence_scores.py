"""The harder half of docs/evidence.md: what the score is by month, by state, by club, and rung by rung."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from publish.evidence_sections import Manifest, Section, Tables
from publish.page import ROOT, number
from tashkent.calibration.forecasters import IMPUTED, MODEL, NOBODY
from tashkent.calibration.ladder import FROZEN, PRIORS, REGIONS, WHOLE, WITHOUT
from tashkent.calibration.recovery import verdict

SPECIFICATIONS = Path("docs/specifications.md")
#: from which cumulative risk on an act was overdue
OVERDUE = 0.95


def monthly(tables: Tables) -> Section:
    """The sum of monthly forecasts beside the joint score, by contender; nothing if it was not examined."""
    found = tables["held_out"]
    if "monthly" not in found:
        return {}
    rows = []
    for who, part in found.groupby("who", sort=False):
        scored = part.set_index("scope")
        cells = [str(who)]
        for scope in ("focus", "all clubs"):
            row = scored.loc[scope]
            cells += [_gain(row["gain"], row["se"]), _score(row["monthly"])]
            cells.append(_gain(row["monthly_gain"], row["monthly_se"]))
        focus = scored.loc["focus"]
        rows.append((*cells, f"{focus['brier']:.4f}", f"{focus['brier_acts']:.3f}"))
    return {"rows": rows, "imputed": IMPUTED if (found["who"] == IMPUTED).any() else ""}


def intervals(tables: Tables) -> list[tuple[str, ...]]:
    """Gains with intervals by a bootstrap over states; none if there was no bootstrap."""
    return [
        (
            r.scope,
            r.score,
            r.over,
            f"{r.gain:+.1f}",
            f"{r.low:+.1f} to {r.high:+.1f}",
            number(r.share),
        )
        for r in tables.get("intervals", pd.DataFrame()).itertuples()
    ]


def risks(manifest: Manifest, tables: Tables) -> Section:
    """Acts, and spells that ended with the case, beside their cumulative risk; the least likely first."""
    found = tables.get("risks", pd.DataFrame())
    if found.empty:
        return {}
    keys = ["state", "club", "since"]
    wide = found.pivot(index=keys, columns="who", values=["monthly"])
    model = found[found["who"] == MODEL]
    beside = wide["monthly"].drop(columns=MODEL)
    acts: list[tuple[str, ...]] = []
    rest: list[tuple[str, ...]] = []
    for row in model.to_dict("records"):
        known = beside.loc[tuple(row[key] for key in keys)]
        seat = (row["state"], row["club"], row["act"], row["month"], row["since"])
        cells = (*(number(row[n], 3) for n in ("p", "p_updated")), number(row["joint"]))
        others = (number(value) for value in known)
        (acts if row["done"] else rest).append((*seat, *cells, number(row["monthly"]), *others))
    said = ("state", "club", "act", "when", "since")
    overdue = [a for a in model[model["done"]].to_dict("records") if a["before"] >= OVERDUE]
    return {
        "heads": [
            *said,
            "month",
            "updated",
            "joint",
            "monthly",
            *(f"monthly, {w}" for w in beside),
        ],
        "acts": acts,
        "rest": rest,
        "overdue": overdue,
        "until": max(model["month"]),
        "limit": f"{OVERDUE:g}",
    }


def ladder(tables: Tables) -> Section:
    """Rungs from the whole model down, in nats over the steps; nothing if they were not scored."""
    found = tables.get("ladder", pd.DataFrame())
    if found.empty:
        return {}
    scopes = ("focus", "in force", "all clubs")
    gains = found.pivot(index="rung", columns="scope", values=["gain", "monthly_gain"])
    auc = found.drop_duplicates("rung").set_index("rung")["auc"]
    rows, without = [], []
    for rung in dict.fromkeys(found["rung"]):
        cells = [
            f"{gains.loc[rung, (kind, scope)]:+.1f}"
            for scope in scopes
            for kind in ("gain", "monthly_gain")
        ]
        if rung.startswith(WITHOUT):
            without.append((rung, *cells))
        else:
            rows.append((rung, *cells, number(auc[rung])))
    return {"rows": rows, "without": without, "auc": number(auc.min())}


def clubs(manifest: Manifest, tables: Tables) -> Section:
    """Each club's scores in free runs and held out, beside what knows no mechanism; nothing without them."""
    found = tables.get("clubs", pd.DataFrame())
    if found.empty:
        return {}
    rows = []
    for (start, first, club), part in found.groupby(["start", "first", "club"], sort=False):
        scored = part.set_index("who")
        best = str(scored["brier"].drop(MODEL).idxmin())
        mine, theirs = (float(scored.loc[who, "brier"]) for who in (MODEL, best))
        told = [scored.loc[MODEL, "log_score"], scored["log_score"].drop(MODEL).max()]
        cells = (f"{first} to {part['last'].iloc[0]}", number(mine, 3), number(theirs, 3), best)
        said = "**worse**" if mine > theirs else "better"
        rows.append((club, start, *cells, said, *(_nats(value) for value in told)))
    held = tables["held_out_clubs"]
    names = list(dict.fromkeys(held["scope"]))
    choices = []
    for who, part in held[held["who"] != NOBODY].groupby("who", sort=False):
        scored = part.set_index("scope")
        gains = (_gain(scored.loc[c, "gain"], scored.loc[c, "se"]) for c in names)
        briers = (f"{scored.loc[c, 'brier']:.4f}" for c in names)
        choices.append((str(who), *gains, *briers))
    worse = sum(row[6] != "better" for row in rows)
    heads = ("", *names, *(f"Brier, {c}" for c in names))
    return {"rows": rows, "worse": worse, "heads": heads, "choices": choices}


def recovery(tables: Tables) -> Section:
    """What simulated histories of known parameters say of the fit; nothing if none were fitted."""
    found = tables.get("recovery", pd.DataFrame())
    if found.empty:
        return {}
    rows = [
        (
            r.parameter,
            *(number(value, 3) for value in (r.chi2_p, r.ks_p)),
            r.outside_band,
            *(number(value) for value in (r.recovery, r.bias, r.coverage, r.contraction)),
        )
        for r in found.itertuples()
    ]
    return {"rows": rows, "words": verdict(found), "histories": int(found["replicates"].max())}


def specifications() -> Section:
    """How many specifications were tried, by the rows of their page."""
    return counted((ROOT / SPECIFICATIONS).read_text(encoding="utf-8"))


def counted(page: str) -> Section:
    """The rows of a table of specifications, numbered or lettered: how many there are."""
    rows = [line for line in page.splitlines() if re.match(r"\| \d+[a-z]? \|", line)]
    return {"tried": len(rows)}


# what speaks against the model ------------------------------------------------------------------------


def against(manifest: Manifest, tables: Tables) -> list[str]:
    """What a reader should know first, in sentences made from the tables that there are."""
    tests = (_by_month, _unlearnt, _overdue, _no_better, _luck, _imputed, _unrecovered)
    return [said for test in tests for said in test(manifest, tables)] + [_tried()]


def _by_month(manifest: Manifest, tables: Tables) -> list[str]:
    found = tables["held_out"]
    if "monthly" not in found:
        return []
    focus = found[found["scope"] == "focus"].set_index("who")
    model = focus.loc[MODEL]
    said = (
        f"Forecast month by month, with nothing learnt from the state itself, the gain for {manifest['focus']} is "
        f"{model['monthly_gain']:+.1f}, not {model['gain']:+.1f}."
    )
    better = focus[focus["brier"] < model["brier"]]
    if len(better):
        named = ", ".join(f"{who} {row['brier']:.4f}" for who, row in better.iterrows())
        said += f" By Brier score ({model['brier']:.4f}) these do better: {named}."
    return [said]


def _unlearnt(manifest: Manifest, tables: Tables) -> list[str]:
    found = tables.get("ladder", pd.DataFrame())
    if found.empty:
        return []
    focus = found[found["scope"] == "focus"].set_index("rung")
    whole, frozen = focus.loc[WHOLE], focus.loc[FROZEN]
    said = (
        f"With all weights frozen at their prior means and only frictions fitted the gain is {frozen['gain']:+.1f} "
        f"(monthly {frozen['monthly_gain']:+.1f}), against {whole['gain']:+.1f} ({whole['monthly_gain']:+.1f}) for the "
        "whole model: "
    )
    if frozen["gain"] >= whole["gain"] - 0.5:
        said += f"for {manifest['focus']} the record teaches the weights nothing that holds in another state."
    else:
        said += "the difference is what the record teaches the weights."
    if REGIONS in focus.index:
        said += f" With a whole region held out at once it is {focus.loc[REGIONS, 'gain']:+.1f}."
    if PRIORS in focus.index:
        said += f" With nothing fitted at all it is {focus.loc[PRIORS, 'gain']:+.1f}."
    return [said]


def _overdue(manifest: Manifest, tables: Tables) -> list[str]:
    found = risks(manifest, tables)
    if not found or not found["overdue"]:
        return []
    named = "; ".join(
        f"{a['state']} {a['act']} ({a['club']}, {a['month']}: {number(a['before'])})"
        for a in found["overdue"]
    )
    return [
        f"{len(found['overdue'])} of {len(found['acts'])} acts were overdue: by its monthly forecasts the model had "
        f"expected them before with a probability of {found['limit']} or more. {named}."
    ]


def _no_better(manifest: Manifest, tables: Tables) -> list[str]:
    found = clubs(manifest, tables)
    if not found or not found["worse"]:
        return []
    named = "; ".join(
        f"{r[0]} {r[2]} from {r[1]}: {r[3]} against {r[4]}"
        for r in found["rows"]
        if r[6] != "better"
    )
    return [
        f"In {found['worse']} of {len(found['rows'])} comparisons free runs of the model have a worse Brier score than "
        f"the best of nobody moves, constant hazards and steps ({named})."
    ]


def _luck(manifest: Manifest, tables: Tables) -> list[str]:
    found = tables.get("intervals", pd.DataFrame())
    if found.empty:
        return []
    here = found[found["scope"] == "focus"]
    named = "; ".join(
        f"{r.score}, over {r.over}: {r.gain:+.1f} ({r.low:+.1f} to {r.high:+.1f})"
        for r in here.itertuples()
    )
    return [f"A bootstrap over states gives these 90 % intervals of the gain: {named}."]


def _imputed(manifest: Manifest, tables: Tables) -> list[str]:
    found = tables["held_out"]
    focus = found[found["scope"] == "focus"].set_index("who")
    if IMPUTED not in focus.index:
        return []
    row = focus.loc[IMPUTED]
    return [
        f"Where fits carry the doubt about inputs (several sets of them, as the posterior does) the gain is "
        f"{row['gain']:+.1f}, by month {row['monthly_gain']:+.1f}."
    ]


def _unrecovered(manifest: Manifest, tables: Tables) -> list[str]:
    found = recovery(tables)
    if not found or not found["words"]:
        return []
    return [f"From {found['histories']} simulated histories: {' '.join(found['words'])}"]


def _tried() -> str:
    found = specifications()
    return (
        f"{found['tried']} specifications are on record as tried ([list](specifications.md)). Who tries many and sees "
        "each beside its held-out score makes that score too good."
    )


# cells ----------------------------------------------------------------------------------------------


def _gain(value: float, error: float) -> str:
    if not np.isfinite(value):
        return ""
    return f"{value:+.1f} ± {error:.1f}" if np.isfinite(error) and value else number(value, 1)


def _score(value: float) -> str:
    return f"{value:.1f}" if np.isfinite(value) else ""


def _nats(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else ""
