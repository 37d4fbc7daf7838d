"""The figures of docs/evidence.md, from the tables of an examination."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from tashkent.calibration.forecasters import BACKED_OFF, LOGIT, MODEL

#: colour-blind safe (Okabe and Ito)
BLUE, ORANGE, GREEN, BLACK = "#0072B2", "#D55E00", "#009E73", "#000000"
#: the group of variants that are one bar of the tornado
NOISE = "inputs off by their sd, doubtful events out"
#: bars of the tornado that are shown
MOST_BARS = 20


def figures(manifest: dict[str, Any], tables: dict[str, pd.DataFrame]) -> dict[str, Figure]:
    """The figures of the page, by the end of their file names."""
    more = {"ranks.png": _ranks(tables["ranks"])} if "ranks" in tables else {}
    return {
        **more,
        "calibration.png": _curve(tables["calibration_curve"]),
        "p-in.png": _seats(manifest, tables["p_in"]),
        "tornado.png": _tornado(tables["robustness"]),
    }


def _curve(curve: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(5.2, 4.4))
    axis = figure.subplots()
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
    figure.tight_layout()
    return figure


def _ranks(found: pd.DataFrame) -> Figure:
    """A histogram of ranks for each parameter, in the band of a uniform one."""
    names = list(dict.fromkeys(found["parameter"]))
    rows = -(-len(names) // 4)
    figure = Figure(figsize=(9, 1.2 * rows))
    axes = figure.subplots(rows, 4, sharex=True, sharey=True, squeeze=False)
    for axis, name in zip(axes.flat, names, strict=False):
        part = found[found["parameter"] == name]
        inside = (part["count"] >= part["low"]) & (part["count"] <= part["high"])
        axis.axhspan(part["low"].iloc[0], part["high"].iloc[0], color="0.9", linewidth=0)
        axis.bar(part["bin"], part["count"], width=0.9, color=np.where(inside, BLUE, ORANGE))
        axis.set_title(name, fontsize=8, loc="left", pad=2)
        axis.set_xticks([])
        axis.tick_params(labelsize=7)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes.flat[len(names) :]:
        axis.axis("off")
    figure.tight_layout()
    return figure


def _seats(manifest: dict[str, Any], seats: pd.DataFrame) -> Figure:
    states = list(dict.fromkeys(seats["state"]))
    rows = -(-(len(states) + 1) // 3)
    figure = Figure(figsize=(9, 1.5 * rows))
    axes = figure.subplots(rows, 3, sharex=True, sharey=True, squeeze=False)
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
    figure.tight_layout()
    return figure


def _years(months: pd.Series) -> Any:
    year = months.str.slice(0, 4).astype(int)
    return (year + (months.str.slice(5, 7).astype(int) - 1) / 12).to_numpy()


def _tornado(found: pd.DataFrame) -> Figure:
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
    bars = bars[-MOST_BARS:]
    figure = Figure(figsize=(8, 0.26 * len(bars) + 1))
    axis = figure.subplots()
    for i, (_, low, high) in enumerate(bars):
        axis.barh(i, high - low, left=low, color=BLUE, height=0.7)
    axis.axvline(base, color=BLACK, linewidth=0.8)
    axis.set_yticks(range(len(bars)), [name[:48] for name, *_ in bars], fontsize=7)
    axis.set_xlabel("held-out gain over the structural steps, pact, nats", fontsize=8)
    axis.tick_params(axis="x", labelsize=7)
    axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure
