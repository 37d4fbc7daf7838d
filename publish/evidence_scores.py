"""The harder half of docs/evidence.md: what the score is by month, by state, by club, and rung by rung."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from publish.evidence_sections import SAID, Manifest, Section, Tables
from publish.page import FIRST, ROOT, number
from tashkent.calibration.forecasters import IMPUTED, MODEL, NOBODY
from tashkent.calibration.ladder import FROZEN, PRIORS, REGIONS, WHOLE, WITHOUT
from tashkent.calibration.recovery import verdict
from tashkent.calibration.variants import UNLOCKED

SPECIFICATIONS = Path("docs/specifications.md")
#: from which cumulative risk on an act was overdue
OVERDUE = 0.95
#: scopes of the ladder that are shown
LADDER_SCOPES = ("focus", "all clubs")


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


def intervals(manifest: Manifest, tables: Tables) -> list[tuple[str, ...]]:
    """Gains with intervals by a bootstrap over states; none if there was no bootstrap."""
    names = {"focus": manifest["focus"], "in force": f"{manifest['focus']}, since in force"}
    return [
        (
            names.get(r.scope, r.scope),
            r.score,
            r.over,
            f"{r.gain:+.1f}",
            f"{r.low:+.1f} to {r.high:+.1f}",
            number(r.share),
        )
        for r in tables.get("intervals", pd.DataFrame()).itertuples()
        if r.scope != manifest["focus"]  # the club is a scope, and the first
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
        told = (*seat, *cells, number(row["monthly"]), *others)
        if row["done"]:
            acts.append(told)
        elif row["monthly"] >= SAID:
            rest.append(told)
    said = ("state", "club", "act", "when", "since")
    happened = model[model["done"]]
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
        "overdue": _named(happened[happened["before"] >= OVERDUE], "before"),
        "surprises": _named(happened[happened["monthly"] <= 1 - OVERDUE], "monthly"),
        "never": _named(model[~model["done"] & (model["monthly"] >= OVERDUE)], "monthly"),
        "until": max(model["month"]),
        "limit": f"{OVERDUE:g}",
        "said": f"{SAID:g}",
    }


def ladder(tables: Tables) -> Section:
    """Rungs from the whole model down, in nats over the steps; nothing if they were not scored."""
    found = tables.get("ladder", pd.DataFrame())
    if found.empty:
        return {}
    gains = found.pivot(index="rung", columns="scope", values=["gain", "monthly_gain"])
    auc = found.drop_duplicates("rung").set_index("rung")["auc"]
    measured = bool(auc.notna().any())
    rows, without = [], []
    same = _on_the_same_states(tables)
    for rung in dict.fromkeys(found["rung"]):
        cells = [
            f"{gains.loc[rung, (kind, scope)]:+.1f}"
            for scope in LADDER_SCOPES
            for kind in ("gain", "monthly_gain")
        ]
        if rung.startswith(WITHOUT):
            beside = same[rung.removeprefix(WITHOUT)]
            kept = [(*pair, other) for *pair, other in zip(cells, beside, strict=True)]
            without.append((rung, *(cell for pair in kept for cell in pair)))
        else:
            rows.append((rung, *cells, *([number(auc[rung])] if measured else [])))
    heads = ["", "pact", "by month", "all clubs", "by month", *(["renewal, area"] * measured)]
    return {"heads": heads, "rows": rows, "without": without, "auc": number(auc.min())}


def _on_the_same_states(tables: Tables) -> dict[str, list[str]]:
    """State -> gains of the whole model without it: by scope, joint and by month; the state is in the fits."""
    found = tables["held_out_states"]
    over = tables["held_out"].drop_duplicates("scope").set_index("scope")["over"]
    gains: dict[str, list[str]] = {}
    for state in dict.fromkeys(found["state"]):
        for scope in LADDER_SCOPES:
            here = found[(found["scope"] == scope) & (found["state"] != state)]
            for score in ("log_score", "monthly"):
                total = here.groupby("who")[score].sum()
                gains.setdefault(state, []).append(f"{total[MODEL] - total[over[scope]]:+.1f}")
    return gains


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
    rows.sort(key=lambda row: float(row[4]) - float(row[3]))
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
    tests = (
        *(_beaten, _by_month, _forward, _one_state, _unlearnt, _one_input, _overdue),
        *(_no_better, _at_home, _luck, _imputed, _unrecovered, _tried),
    )
    return [said for test in tests for said in test(manifest, tables)]


def _beaten(manifest: Manifest, tables: Tables) -> list[str]:
    """Contenders whose held-out gain is above the model's, for the pact and for all clubs together."""
    said = []
    for scope, name in (("focus", manifest["focus"]), ("all clubs", "all clubs together")):
        found = tables["held_out"]
        scored = found[(found["scope"] == scope) & (found["who"] != IMPUTED)].set_index("who")
        if MODEL not in scored.index:
            continue
        model = scored.loc[MODEL, "log_score"]
        better = scored[scored["log_score"] > model].sort_values("log_score", ascending=False)
        if len(better):
            named = ", ".join(f"{who} {row['log_score']:.1f}" for who, row in better.iterrows())
            said.append(f"For {name} these predict better than the model ({model:.1f}): {named}.")
    return said


def _forward(manifest: Manifest, tables: Tables) -> list[str]:
    """Months after which, forecast month by month, a contender does better than the model; and gains below zero."""
    if "forward" not in tables:
        return []
    found, said = tables["forward"], []
    # who says that nobody moves is right wherever nobody did, and has no chance elsewhere
    focus = found[(found["scope"] == "focus") & (found["who"] != NOBODY)]
    for held, part in focus.groupby("held", sort=False):
        scored = part.set_index("who")
        model, best = scored.loc[MODEL], str(scored["monthly"].idxmax())
        if best != MODEL:
            beside = scored.loc[best, "monthly"]
            brier = scored["brier"].drop(MODEL)
            text = f"{held} {model['monthly']:.1f} against {beside:.1f} of {best}"
            if brier.min() < model["brier"]:
                text += f" (Brier {model['brier']:.4f}, the best of the others {brier.min():.4f})"
            said.append(text)
    lost = found[(found["scope"] == "all clubs") & (found["who"] == MODEL) & (found["gain"] < 0)]
    words = []
    if said:
        words.append(
            f"From what came before, forecast month by month, the model is not the best for {manifest['focus']}: "
            f"{'; '.join(said)}."
        )
    if len(lost):
        named = ", ".join(
            f"{_gain(r['gain'], r['se'])} {r['held']}" for r in lost.to_dict("records")
        )
        words.append(f"Over all clubs it loses to the structural steps: {named}.")
    return [" ".join(words)] if words else []


def _one_state(manifest: Manifest, tables: Tables) -> list[str]:
    """The state without which the least of the gain is left, if that is less than half."""
    found = tables.get("ladder", pd.DataFrame())
    if found.empty:
        return []
    focus = found[found["scope"] == "focus"].set_index("rung")["gain"]
    apart = focus[focus.index.str.startswith(WITHOUT)]
    if apart.empty or not apart.min() < focus[WHOLE] / 2:
        return []
    state = str(apart.idxmin()).removeprefix(WITHOUT)
    return [
        f"One state makes most of the gain for {manifest['focus']}: without {state} it is {apart.min():+.1f}, not "
        f"{focus[WHOLE]:+.1f}."
    ]


def _one_input(manifest: Manifest, tables: Tables) -> list[str]:
    """Whether one measured input ranks those who left at the renewal as well as the model does."""
    patterns, renewal = (
        tables.get("patterns", pd.DataFrame()),
        tables.get("renewal", pd.DataFrame()),
    )
    if patterns.empty or renewal.empty:
        return []
    alone = patterns[(patterns["kind"] == "area") & (patterns["who"] == MODEL)]
    model = renewal[(renewal["who"] == MODEL) & (renewal["state"] == "all")]["auc"]
    if alone.empty or model.empty or not alone["value"].iloc[0] >= model.iloc[0]:
        return []
    return [
        f"{alone['says'].iloc[0]} Its area of {alone['value'].iloc[0]:.2f} is no less than the model's "
        f"({model.iloc[0]:.2f}): that the model ranks those who left is no merit of its mechanism."
    ]


def _at_home(manifest: Manifest, tables: Tables) -> list[str]:
    """What the gain is without the law at home that does most for it."""
    found = tables.get("robustness", pd.DataFrame())
    if found.empty:
        return []
    locks = found[
        found["variant"].str.startswith(UNLOCKED) & (found["measure"] == "gain all clubs")
    ]
    if locks.empty:
        return []
    row = locks.loc[locks["value"].idxmin()]
    said = (
        f"Of the laws at home that make joining dear one does most: without {row['what']} the gain over all clubs is "
        f"{row['value']:+.1f}, not {row['as_it_is']:+.1f} (quick fits)."
    )
    if manifest["case"] == FIRST:
        said += " [When it came in, and why](specifications.md), is on record."
    return [said]


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
        named = ", ".join(f"{who} {row['brier']:.5f}" for who, row in better.iterrows())
        said += f" By Brier score ({model['brier']:.5f}) these do better: {named}."
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
    everything = found[found["scope"] == "all clubs"].set_index("rung")
    if len(everything):
        a, b = everything.loc[FROZEN], everything.loc[WHOLE]
        said += (
            f" Over all clubs it is {a['gain']:+.1f} ({a['monthly_gain']:+.1f}) against "
            f"{b['gain']:+.1f} ({b['monthly_gain']:+.1f})."
        )
    if REGIONS in focus.index:
        apart = focus.loc[REGIONS, "gain"]
        said += f" With a whole region held out at once the gain for {manifest['focus']} is {apart:+.1f}."
    if PRIORS in focus.index:
        said += f" With nothing fitted at all it is {focus.loc[PRIORS, 'gain']:+.1f}."
    return [said]


def _overdue(manifest: Manifest, tables: Tables) -> list[str]:
    found = risks(manifest, tables)
    if not found:
        return []
    number_of, limit = len(found["acts"]), found["limit"]
    said = {
        "overdue": f"Of {number_of} acts these were overdue, expected before with a probability of {limit} or more",
        "surprises": f"These came though their probability had not reached {1 - OVERDUE:.2g}",
        "never": f"These were expected with {limit} or more and never came",
    }
    words = [f"{text}: {'; '.join(found[key])}." for key, text in said.items() if found[key]]
    return [" ".join(["By its monthly forecasts added up:", *words])] if words else []


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
        f"the best of the baselines ({named})."
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


def _tried(manifest: Manifest, tables: Tables) -> list[str]:
    if manifest["case"] != FIRST:
        return []
    found = specifications()
    return [
        f"{found['tried']} specifications are on record as tried ([list](specifications.md)). Who tries many and sees "
        "each beside its held-out score makes that score too good."
    ]


def _named(found: pd.DataFrame, column: str) -> list[str]:
    """Acts with their club, month and the cumulative risk of a column."""
    return [
        f"{row['state']} {row['act']} ({row['club']}, {row['month']}, {number(row[column])})"
        for row in found.to_dict("records")
    ]


# cells ----------------------------------------------------------------------------------------------


def _gain(value: float, error: float) -> str:
    if not np.isfinite(value):
        return ""
    return f"{value:+.1f} ± {error:.1f}" if np.isfinite(error) and value else number(value, 1)


def _score(value: float) -> str:
    return f"{value:.1f}" if np.isfinite(value) else ""


def _nats(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else ""
