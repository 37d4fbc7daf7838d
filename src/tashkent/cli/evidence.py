"""docs/evidence.md and its figures, written from the compact set of an examination and from nothing else.

python -m tashkent.cli.evidence results/evidence docs/evidence.md
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tashkent.calibration.holdout import ALL, BACKED_OFF, LOGIT, MODEL, STEPS
from tashkent.calibration.rivals import EVERYTHING
from tashkent.cli.validate import MANIFEST

#: colour-blind safe (Okabe and Ito)
BLUE, ORANGE, GREEN, BLACK = "#0072B2", "#D55E00", "#009E73", "#000000"
#: rows of long tables that are shown
SHOWN = 20
#: a share of runs from which on a single state or act is shown
SAID = 0.1
#: a contraction below which a posterior is little more than its prior
LITTLE = 0.2
#: the group of variants that are one bar of the tornado
NOISE = "inputs off by their sd, doubtful events out"
#: the folder of figures beside the page
FIGURES = "img"


def read(folder: Path) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """The manifest and the tables of a compact set."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    tables = {p.stem: pd.read_csv(p, dtype=TEXT) for p in sorted(folder.glob("*.csv"))}
    return manifest, tables


#: columns that are text even where they look like numbers or are empty
TEXT = {"start": str, "month": str, "bar": str, "ours": str, "note": str, "why": str, "what": str}


def page(manifest: dict[str, Any], tables: dict[str, pd.DataFrame]) -> str:
    """The page in Markdown."""
    parts = [
        _top(manifest, tables),
        _held_out(manifest, tables),
        _forward(tables),
        _renewal(manifest, tables),
        _chance(tables),
        _curve(),
        _seats(manifest, tables),
        _patterns(tables),
        _theories(tables),
        _readings(manifest, tables),
        _ablation(tables),
        _literature(tables),
        _parameters(tables),
        _robustness(tables),
        _how(manifest),
    ]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


# sections -------------------------------------------------------------------------------------------


def _top(manifest: dict[str, Any], tables: dict[str, pd.DataFrame]) -> str:
    missed = tables["bars"][~tables["bars"]["passes"].astype(bool)]
    said = (
        "All bars are met."
        if missed.empty and len(tables["bars"])
        else "No bars are set."
        if missed.empty
        else "**Missed:** " + "; ".join(str(what) for what in missed["what"]) + "."
    )
    rows = [
        (r.what, _n(r.value), _n(r.se), r.bar, "met" if r.passes else "**missed**")
        for r in tables["bars"].itertuples()
    ]
    return f"""# Evidence: {manifest["title"]}

**{manifest["moves_in_force"]} moves since {manifest["focus"]} took effect ({manifest["moves"]} in all) among
{manifest["states"]} states support explanation, not forecast.** A good fit is a check of coherence, not a proof.

This page is generated from `results/` by `make evidence`; no number on it was typed. Nothing dated after {manifest["fit_until"]}
informed a fit. Scores are natural logarithms of the probability of what happened (nats, higher is better); a worse score than a
baseline is printed as it is, and so is a bar that was missed.

{_table(("bar", "value", "error", "set at", ""), rows)}

{said} Errors are over states: `sqrt(n * variance of the differences)`.{_judged(tables)}

What is held out is held out of the fit, not out of the modeller's mind: which terms, events and priors there are was chosen by people who know
this history. By rule nothing after {manifest["fit_until"]} is tuned on, and hardly anything happened in it."""


def _judged(tables: dict[str, pd.DataFrame]) -> str:
    """How many patterns are missed, from any start, and which."""
    found = tables.get("patterns", pd.DataFrame())
    if found.empty:
        return ""
    found = found[(found["who"] == MODEL) & found["judged"].astype(bool)]
    missed = list(dict.fromkeys(found.loc[found["passes"].astype(str) == "False", "id"]))
    return (
        f" Of {found['id'].nunique()} patterns that runs are judged by (below), {len(missed)} are missed from at least "
        f"one start: **{', '.join(missed) or 'none'}**."
    )


def _held_out(manifest: dict[str, Any], tables: dict[str, pd.DataFrame]) -> str:
    found = tables["held_out"]
    scopes = list(dict.fromkeys(found["scope"]))
    rows = []
    for who, part in found.groupby("who", sort=False):
        scored = part.set_index("scope")
        one = [who]
        for scope in scopes:
            row = scored.loc[scope]
            one += [_score(row["log_score"]), _gain(row)]
        one += [f"{scored.loc['focus', 'brier']:.4f}", f"{scored.loc['focus', 'brier_acts']:.3f}"]
        rows.append(one)
    heads = [
        "",
        *(h for s in scopes for h in (_scope(s, manifest), "gain")),
        "Brier",
        "Brier, moves",
    ]
    steps = found.loc[(found["who"] == MODEL) & (found["scope"] == "focus"), "over"].iloc[0]
    states = tables["held_out_states"]
    focus = states[states["scope"] == "focus"].pivot(
        index="state", columns="who", values="log_score"
    )
    by_state = [
        (
            s,
            *(_score(focus.loc[s, w]) for w in (MODEL, steps, LOGIT)),
            _n(focus.loc[s, MODEL] - focus.loc[s, steps]),
        )
        for s in focus.index
    ]
    worst = states.loc[states["who"] == MODEL, "pareto_k"].max()
    acts = tables["acts"]
    acts = acts[acts["club"] == manifest["focus"]]
    keys = ["state", "month", "choice", "done"]
    wide = acts.pivot_table(index=keys, columns="who", values="p", sort=False).reset_index()
    by_act = [
        (
            r["state"],
            r["month"],
            _did(r["choice"], r["done"]),
            *(_n(_right(r, w), 3) for w in (MODEL, steps, LOGIT)),
        )
        for r in wide.to_dict("records")
    ]
    return f"""## Held out: each state from the others

Each state's choices up to {manifest["fit_until"]} are predicted from a fit to the other states' alone, the posterior averaged. Gains are over
the structural steps (foundings, openings, closed clubs, the renewal), in the stronger of two versions: with and without
empty cells filled from coarser ones. The choices of one state in all clubs are one joint prediction.

{_table(heads, rows)}

"Nobody moves" gives what happened no chance, so it has a Brier score only. Brier is over the choices of {manifest["focus"]}; most are months
in which nothing happened, so the last column counts moves alone.

By state, {manifest["focus"]} (weights of the refits: largest Pareto shape {_n(worst)}, to be trusted below 0.7):

{_table(("state", "model", "structural steps", "logit", "model less steps"), by_state)}

Held-out probability of what each state did, act by act:

{_table(("state", "month", "act", "model", "structural steps", "logit"), by_act)}"""


def _forward(tables: dict[str, pd.DataFrame]) -> str:
    if "forward" not in tables:
        return ""
    found = tables["forward"]
    rows = []
    for held, part in found[found["scope"] == "focus"].groupby("held", sort=False):
        everything = found[(found["held"] == held) & (found["scope"] == "all clubs")].set_index(
            "who"
        )
        for row in part.to_dict("records"):
            other = everything.loc[row["who"]]
            rows.append(
                (
                    held,
                    row["who"],
                    f"{row['acts']:.0f} of {row['choices']:.0f}",
                    _score(row["joint"]),
                    _gain(row),
                    f"{row['brier']:.4f}",
                    _score(other["joint"]),
                    _gain(other),
                )
            )
    hindsight = [
        (r.who, f"{r.acts} of {r.choices}", _score(r.log_score))
        for r in tables["hindsight"].itertuples()
    ]
    unfitted = [
        (r.act, r.state, r.months, r.done, _n(r.log_score), _n(r.log_score_rate), _n(r.p_year, 4))
        for r in tables.get("unfitted_acts", pd.DataFrame()).itertuples()
    ]
    text = f"""## Held out: what followed

Everything after a month is predicted from what came before. The joint score averages the posterior over all acts at once; gains and
their errors are sums over states. After the fit's last month there are hardly any moves, so a baseline that expects none is hard to
beat there. The renewal has no precedent before 1999 for any baseline: its step is one half until it has been seen. Gains over
all clubs are large where a baseline carries a founding's rate on to every later month.

{_table(("held out", "", "moves of choices", "pact", "gain", "Brier", "all clubs", "gain"), rows)}"""
    if hindsight:
        text += f"""

The pact's choices from the year of the first renewal to the fit's end, for the model as it was fitted before, and for rates that
were counted on these very choices:

{_table(("", "moves of choices", "log score"), hindsight)}"""
    if unfitted:
        text += f"""

An act of states that no fit has seen, whose friction stays at its prior, beside a plain rate. The last column is the model's
chance in the twelve months up to the act, or in the last twelve:

{_table(("act", "state", "months", "done", "model", "rate", "chance in a year"), unfitted)}"""
    return text


def _renewal(manifest: dict[str, Any], tables: dict[str, pd.DataFrame]) -> str:
    found = tables.get("renewal", pd.DataFrame())
    if found.empty:
        return ""
    one = found[(found["state"] != ALL)].pivot(index="state", columns="who", values="p_sign")
    signed = found.drop_duplicates("state").set_index("state")["signed"]
    rows = [
        (s, _n(one.loc[s, MODEL]), _n(one.loc[s, STEPS]), "signs" if signed[s] else "does not sign")
        for s in one.index
    ]
    together = [
        (r.who, _score(r.log_score), _n(r.auc)) for r in found[found["state"] == ALL].itertuples()
    ]
    return f"""## The first renewal

The model is fitted to what came before that year, and asked who signs.

{_table(("state", "model", "structural steps", "record"), rows)}

{_table(("", "joint log score", "area under the curve"), together)}"""


def _chance(tables: dict[str, pd.DataFrame]) -> str:
    rows = [
        (r.scope, _n(r.gain), _n(r.mean), _n(r.sd), _n(r.best), f"{r.as_good} of {r.permutations}")
        for r in tables["permutations"].itertuples()
    ]
    return f"""## Against chance

The situations of states (measurements, rivalries, bonds and events together) are dealt to other states; law, openness and the record stay. If
mechanisms only had freedom to fit, any deal would do as well. Normal approximations throughout, for the true deal too.

{_table(("scope", "gain, true deal", "mean of deals", "sd", "best deal", "as good"), rows)}"""


def _curve() -> str:
    return f"""## Are held-out probabilities honest?

![Calibration curve]({FIGURES}/evidence-calibration.png)

Choices of all clubs, each state held out: how often the act was done among choices with about that probability. Bars: 90 % intervals."""


def _seats(manifest: dict[str, Any], tables: dict[str, pd.DataFrame]) -> str:
    rows = [
        (r.start, f"{r.first} to {r.last}", r.who, f"{r.brier:.3f}")
        for r in tables["brier"].itertuples()
    ]
    return f"""## P(in) by state against the record

![P(in) by state]({FIGURES}/evidence-p-in.png)

Free runs of the posterior from {" and from the record of ".join(manifest["starts"])}. Bands: 90 % of posterior draws, each run many times
(the noise of so many runs is in them). Black: in by the record.
Brier score of P(in), lower is better:

{_table(("from", "months", "", "Brier"), rows)}"""


def _patterns(tables: dict[str, pd.DataFrame]) -> str:
    found = tables.get("patterns", pd.DataFrame())
    if found.empty:
        return ""
    steps = found[found["who"] == STEPS].set_index(["id", "start", "measure"])["value"]
    rows = []
    ours = found[found["who"] == MODEL]
    told = ours["judged"].astype(bool) | ours["id"].str.startswith("T") | (ours["value"] >= SAID)
    for row in ours[told].to_dict("records"):
        known = (row["id"], row["start"], row["measure"])
        other = _n(steps[known]) if known in steps.index else ""
        said = {"True": "met", "False": "**missed**"}.get(str(row["passes"]), "")
        error = "" if row["kind"] in ("clock", "area", "saves") else _n(row["se"])
        judged = f"**{row['measure']}**" if row["judged"] else row["measure"]
        cells = (judged, row["start"] if isinstance(row["start"], str) else "", _n(row["value"]))
        rows.append((row["id"], row["says"], *cells, error, other, row["bar"], said))
    kept = []
    last = None
    for row in rows:
        kept.append((row[0], row[1] if row[0] != last else "", *row[2:]))
        last = row[0]
    absent = [(r.id, r.says, r.why) for r in tables["not_modelled"].itertuples()]
    return f"""## Patterns

Shares of runs, with the error of a finite number of them; bold is what the bar is for, and of single states and acts only those above
{SAID:g} are shown (`results/evidence/patterns.csv` has all). Beside them the same of runs under the structural steps.
N is what must not happen.

{_table(("", "pattern", "measure", "from", "model", "error", "steps", "bar", ""), kept)}

What the model cannot show:

{_table(("", "fact", "why not"), absent)}"""


def _theories(tables: dict[str, pd.DataFrame]) -> str:
    rows = []
    for r in tables["theories"].to_dict("records"):
        rows.append(
            (
                r["theory"].replace("_", " "),
                _n(r["focus log_score"], 1),
                _difference(r, "focus"),
                _n(r["all clubs log_score"], 1),
                _difference(r, "all clubs"),
                f"{r['log_evidence']:.2f} ± {r['se']:.2f}",
                "" if pd.isna(r["nested"]) else f"{r['nested']:.2f} ± {r['nested_se']:.2f}",
            )
        )
    heads = (
        "",
        "pact",
        "less all",
        "all clubs",
        "less all",
        "log evidence",
        "the same, nested sampling",
    )
    return f"""## Rival theories

Sets of terms, alone and left out; the law's frictions belong to all. Held-out log score of the pact and of all clubs, and the difference to all
terms together (error over states): a theory is needed where leaving it out costs, and suffices where it alone comes near.
Evidence is the probability of the fitted record under the priors, by importance sampling and by nested sampling.

{_table(heads, rows)}"""


def _readings(manifest: dict[str, Any], tables: dict[str, pd.DataFrame]) -> str:
    found = tables.get("readings", pd.DataFrame())
    if found.empty or not manifest["readings"]:
        return ""
    theories = [
        EVERYTHING,
        *(t for n in manifest["readings"] for t in (f"{n} alone", f"without {n}")),
    ]
    wide = found.pivot(index="state", columns="theory", values="p_sign")
    states = [s for s in wide.index if s != ALL]
    signed = found.drop_duplicates("state").set_index("state")["signed"]
    rows = [
        (s, *(_n(wide.loc[s, t]) for t in theories), "signs" if signed[s] else "does not")
        for s in states
    ]
    joint = found[found["state"] == ALL].set_index("theory")
    rows.append(("joint log score", *(_n(joint.loc[t, "log_score"]) for t in theories), ""))
    rows.append(("area under the curve", *(_n(joint.loc[t, "auc"]) for t in theories), ""))
    table = tables["theories"].set_index("theory")
    evidence = [_n(table.loc[t, "log_evidence"], 1) for t in theories]
    rows.append(("log evidence, whole record", *evidence, ""))
    names = [t.replace("_", " ") for t in theories]
    return f"""## Two readings of the first renewal

Probability of signing, each fitted to what came before that year, under the rival readings.

{_table(("state", *names, "record"), rows)}"""


def _ablation(tables: dict[str, pd.DataFrame]) -> str:
    found = tables["ablation"]
    found = found[found["how"] == "knocked out"]
    best = found.loc[
        found.groupby(["terms", "state", "start"], sort=False)["change"].apply(
            lambda c: c.abs().idxmax()
        )
    ]
    best = best.sort_values("change", key=lambda c: -c.abs(), kind="stable").head(SHOWN)
    rows = [
        (
            r.terms,
            r.state,
            r.start,
            r.month,
            _n(r.with_all),
            _n(r.p_in),
            f"{r.change:+.2f}",
            "in" if r.record else "out",
        )
        for r in best.itertuples()
    ]
    heads = (
        "without",
        "state",
        "from",
        "month",
        "P(in) with all",
        "P(in) without",
        "change",
        "record",
    )
    return f"""## What each term does

The same draws with weights at zero: which term moves which state, and when. The month with the largest change for each, the {SHOWN} largest
of these; `results/evidence/ablation.csv` has all above {0.05:g}, and those of refits in which the other terms take over.

{_table(heads, rows)}"""


def _literature(tables: dict[str, pd.DataFrame]) -> str:
    text = ""
    found = tables.get("literature", pd.DataFrame())
    if len(found):
        rows = [
            (
                r.study,
                r.variable,
                _coefficient(r.estimate, r.se) or ("+" if r.toward_exit > 0 else "n.s."),
                r.ours if isinstance(r.ours, str) else "none",
                _coefficient(r.our_estimate, r.our_se),
                _agreement(r, tables["parameters"]),
                r.why,
            )
            for r in found.itertuples()
        ]
        heads = ("study", "variable", "published", "ours", "estimate", "sign", "note")
        text += f"""## Signs beside the literature

Towards exit; standard errors, or posterior standard deviations, in brackets. Scales differ, so only signs can be compared.

{_table(heads, rows)}

"""
    exits = tables["exit_logit"]
    columns = [
        (
            r.column,
            _coefficient(r.alone, r.alone_se),
            _n(r.joint),
            r.note if isinstance(r.note, str) else "",
        )
        for r in exits.itertuples()
    ]
    return (
        text
        + f"""Discrete-time logit of exit from the pact on measured columns: {exits["exits"].iloc[0]} exits in {exits["rows"].iloc[0]}
state-months, coefficients per standard deviation. One column at a time with a step for the renewal; and all columns together, shrunk (ridge).

{_table(("column", "alone", "together", ""), columns)}"""
    )


def _agreement(row: Any, parameters: pd.DataFrame) -> str:
    """Whether a sign agrees, and whether it is the record that says so."""
    said = {"True": "agrees", "False": "**disagrees**"}.get(str(row.agrees), "")
    contraction = parameters.set_index("parameter")["contraction"]
    weight = str(row.ours).removeprefix("weight of ")
    if said and contraction.get(weight, 1.0) < LITTLE:
        return f"{said}, but that is the prior"
    return f"{said}, within its error" if said and abs(row.our_estimate) < row.our_se else said


def _parameters(tables: dict[str, pd.DataFrame]) -> str:
    rows = [
        (
            r.parameter,
            r.role,
            _coefficient(r.prior_mean, r.prior_sd),
            _coefficient(r.mean, r.sd),
            _n(r.contraction),
        )
        for r in tables["parameters"].itertuples()
    ]
    return f"""## Prior and posterior

Means and standard deviations, log-odds. Contraction is `1 - var(posterior) / var(prior)`: below 0.2 the record adds little.
From: {tables["parameters"]["origin"].iloc[0]}.

{_table(("parameter", "role", "prior", "posterior", "contraction"), rows)}"""


def _robustness(tables: dict[str, pd.DataFrame]) -> str:
    found = tables["robustness"]
    rows = []
    for (group, measure), part in found.groupby(["group", "measure"], sort=False):
        low, high = part.loc[part["value"].idxmin()], part.loc[part["value"].idxmax()]
        rows.append(
            (
                group,
                measure,
                _n(low["as_it_is"]),
                f"{_n(low['value'])} ({low['what']})",
                f"{_n(high['value'])} ({high['what']})",
            )
        )
    return f"""## How far it moves

![Tornado]({FIGURES}/evidence-tornado.png)

Inputs off by their recorded errors with doubtful events out, each event dropped, fixed numbers halved and doubled, judged magnitudes in place of signs, the founding meeting
scored. Normal approximations and short ensembles, for the case as it is too; lowest and highest of each group. Opening months are steps of the
baseline as well, so what they do to a gain is not the model's doing alone.

{_table(("varied", "measure", "as it is", "lowest", "highest"), rows)}"""


def _how(manifest: dict[str, Any]) -> str:
    plan = manifest["plan"]
    return f"""## How to get these numbers

`make validation` does all of it again ({plan["runs"]} runs from each start, {plan["proposals"]} draws a refit, {plan["permutations"]} permutations, seed
{plan["seed"]}) and writes `results/evidence/`; `make evidence` writes this page. `tashkent validate --quick` is a look within two minutes.
Case {manifest["case"]} {manifest["case_hash"][:12]}; posterior of the runs: {manifest["posterior"]}."""


# words and numbers ------------------------------------------------------------------------------------


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in rows:
        cells = ("" if c is None or (isinstance(c, float) and np.isnan(c)) else str(c) for c in row)
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join(lines)


def _n(value: float, digits: int = 2) -> str:
    if pd.isna(value):
        return ""
    text: str = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _score(value: float) -> str:
    return f"{value:.1f}" if np.isfinite(value) else ""


def _gain(row: Any) -> str:
    if not np.isfinite(row["gain"]):
        return ""
    if row["gain"] == 0 or pd.isna(row["se"]):
        return _n(row["gain"], 1)
    return f"{row['gain']:+.1f} ± {row['se']:.1f}"


def _difference(row: Any, scope: str) -> str:
    if row["theory"] == EVERYTHING:
        return ""
    return f"{row[f'{scope} difference']:+.1f} ± {row[f'{scope} se']:.1f}"


def _coefficient(value: float, error: float) -> str:
    return "" if pd.isna(value) else f"{value:.2f} ({error:.2f})"


def _scope(name: str, manifest: dict[str, Any]) -> str:
    names: dict[str, str] = {"focus": manifest["focus"], "in force": "since in force"}
    return names.get(name, name)


def _did(choice: str, done: bool) -> str:
    if choice == "renew":
        return "signs" if done else "does not sign"
    return "accedes" if choice == "accede" else "gives notice or asks to go"


def _right(row: Any, who: str) -> float:
    return float(row[who] if row["done"] else 1.0 - row[who])


# figures ----------------------------------------------------------------------------------------------


def figures(
    manifest: dict[str, Any], tables: dict[str, pd.DataFrame]
) -> dict[str, Callable[[Path], None]]:
    """What draws each figure, by its file name."""
    return {
        "evidence-calibration.png": lambda path: _draw_curve(tables["calibration_curve"], path),
        "evidence-p-in.png": lambda path: _draw_seats(manifest, tables["p_in"], path),
        "evidence-tornado.png": lambda path: _draw_tornado(tables["robustness"], path),
    }


def _plot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    _plot().close(figure)


def _draw_curve(curve: pd.DataFrame, path: Path) -> None:
    figure, axis = _plot().subplots(figsize=(5.2, 4.4))
    axis.plot([1e-4, 1], [1e-4, 1], color="0.7", linewidth=0.8)
    looks = {MODEL: (BLUE, "o", 1.0), BACKED_OFF: (ORANGE, "s", 1.07), LOGIT: (GREEN, "^", 0.93)}
    for who, (color, marker, shift) in looks.items():
        part = curve[curve["who"] == who]
        x = part["mean_p"].clip(lower=1e-4) * shift
        axis.vlines(
            x, part["share_low"].clip(lower=5e-5), part["share_high"], color=color, linewidth=0.9
        )
        y = part["share"].clip(lower=5e-5)
        axis.plot(x, y, marker, color=color, markersize=4, label=who)
    axis.set(xscale="log", yscale="log", xlabel="held-out probability", ylabel="share done")
    axis.set_ylim(4e-5, 1.3)
    axis.legend(fontsize=8, frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    _save(figure, path)


def _draw_seats(manifest: dict[str, Any], seats: pd.DataFrame, path: Path) -> None:
    states = list(dict.fromkeys(seats["state"]))
    rows = -(-(len(states) + 1) // 3)
    figure, axes = _plot().subplots(
        rows, 3, figsize=(9, 1.5 * rows), sharex=True, sharey=True, squeeze=False
    )
    for axis, state in zip(axes.flat, states, strict=False):
        for start, color in zip(manifest["starts"], (BLUE, ORANGE), strict=False):
            part = seats[(seats["state"] == state) & (seats["start"] == start)]
            x = _years(part["month"])
            axis.fill_between(x, part["low"], part["high"], color=color, alpha=0.2, linewidth=0)
            axis.plot(x, part["p_in"], color=color, linewidth=1.1)
            if start == manifest["starts"][0]:
                record = part["record"].astype(bool).to_numpy()
                axis.fill_between(x, 1.06, 1.18, where=record, color=BLACK, linewidth=0, step="mid")
        axis.axvline(
            _years(pd.Series([manifest["fit_until"]]))[0], color="0.6", linewidth=0.8, linestyle=":"
        )
        axis.set_title(state, fontsize=9, loc="left", pad=2)
        axis.set_ylim(0, 1.22)
        axis.set_yticks([0, 0.5, 1], ["0", "½", "1"])
        axis.tick_params(labelsize=7)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes.flat[len(states) :]:
        axis.axis("off")
    last = axes.flat[len(states)]
    for start, color in zip(manifest["starts"], (BLUE, ORANGE), strict=False):
        last.plot([], [], color=color, label=f"from {start}")
    last.plot([], [], color="0.6", linestyle=":", label="end of the fitted record")
    last.legend(fontsize=8, frameon=False, loc="center left")
    _save(figure, path)


def _years(months: pd.Series) -> Any:
    year = months.str.slice(0, 4).astype(int)
    return (year + (months.str.slice(5, 7).astype(int) - 1) / 12).to_numpy()


def _draw_tornado(found: pd.DataFrame, path: Path) -> None:
    gain = found[found["measure"] == "gain focus"]
    base = float(gain["as_it_is"].iloc[0])
    noise = gain[gain["group"] == NOISE]["value"]
    bars = [(NOISE, noise.min(), noise.max())] if len(noise) else []
    single = gain[gain["group"] != NOISE].copy()
    fixed = single["group"].str.contains("halved")
    single["name"] = np.where(
        fixed, single["what"].str.replace(r" [^ ]+$", "", regex=True), single["what"]
    )
    for name, part in single.groupby("name", sort=False):
        values = [*part["value"], base]
        bars.append((str(name), min(values), max(values)))
    bars.sort(key=lambda bar: bar[2] - bar[1])
    bars = bars[-SHOWN:]
    figure, axis = _plot().subplots(figsize=(8, 0.26 * len(bars) + 1))
    for i, (_, low, high) in enumerate(bars):
        axis.barh(i, high - low, left=low, color=BLUE, height=0.7)
    axis.axvline(base, color=BLACK, linewidth=0.8)
    axis.set_yticks(range(len(bars)), [name[:48] for name, *_ in bars], fontsize=7)
    axis.set_xlabel("held-out gain over the structural steps, pact, nats", fontsize=8)
    axis.tick_params(axis="x", labelsize=7)
    axis.spines[["top", "right"]].set_visible(False)
    _save(figure, path)


def main(folder: Path, page_path: Path) -> None:
    """Write the page and the figures beside it."""
    manifest, tables = read(folder)
    images = page_path.parent / FIGURES
    images.mkdir(parents=True, exist_ok=True)
    for name, draw in figures(manifest, tables).items():
        draw(images / name)
    page_path.write_text(page(manifest, tables), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
