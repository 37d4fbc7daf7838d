"""Charts over time: options for ECharts, and what draws them; lines differ by colour and by stroke."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import solara

from tashkent.agents.situation import Floats
from tashkent.dashboard.explained import beliefs
from tashkent.dashboard.palette import DASHES, SERIES, SERIES_DARK
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case

#: that of the page
FONT = 'system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'


@solara.component_vue("chart.vue")
def Chart(title: str, told: str, state: str) -> None:
    """A chart, drawn by ECharts as SVG, which can be saved; `told` are its options as JSON."""


def threats(case: Case, state: str) -> dict[str, Floats]:
    """Threat felt by source, in [0, 3], shape (T,) over the months of the case; only those that the state ever felt."""
    felt = compile_case(case).situation.threat[:, case.state_ids.index(state)]
    names = [threat.label for threat in case.threats.values()]
    return {name: felt[:, k] for k, name in enumerate(names) if felt[:, k].max() > 0.05}


def help_believed(case: Case, state: str) -> dict[str, Floats]:
    """Belief that a promise of help would be kept, a probability, shape (T,), by threat, where it ever moves."""
    found = beliefs(case)[:, case.state_ids.index(state)]
    names = [threat.label for threat in case.threats.values()]
    moved = {n: found[:, k] for k, n in enumerate(names) if np.ptp(found[:, k]) > 0.01}
    return moved or {"any threat": found[:, 0]}


def ties(case: Case, state: str) -> dict[str, Floats]:
    """Tie to each sponsor of a club, in standard deviations over states, shape (T,)."""
    tie = compile_case(case).situation.tie[:, case.state_ids.index(state)]
    names = {"patron": next(s.name for s in case.states if s.state == case.patron)}
    return {
        f"to {names.get(p, 'the ' + p.title())}": tie[:, i] for i, p in enumerate(case.sponsors)
    }


def lines(
    case: Case, series: Mapping[str, Floats], month: int, *, dark: bool, large: bool, unit: str
) -> dict[str, Any]:
    """A line for each series, shape (T,) over the months of the case, NaN where there is none, and a marked month."""
    ink, faint = ("#f2f0ec", "#4a4f57") if dark else ("#1c2126", "#e4e1da")
    size = 16 if large else 12
    text = {"color": ink, "fontSize": size, "fontFamily": FONT}
    return {
        "animation": False,
        "backgroundColor": "transparent",
        "textStyle": text,
        "color": list(SERIES_DARK if dark else SERIES),
        "aria": {"enabled": True},
        "grid": {"left": 42, "right": 14, "top": 32 + (size + 6) * len(series), "bottom": 26},
        "legend": {
            "orient": "vertical",
            "left": 34,
            "top": 0,
            "itemHeight": 8,
            "itemWidth": 28,
            "itemGap": 5,
            "textStyle": {**text, "width": 280, "overflow": "truncate"},
        },
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {
            "type": "category",
            "data": [month_label(m) for m in case.months],
            "axisLabel": {**text, "hideOverlap": True},
            "axisLine": {"lineStyle": {"color": ink}},
        },
        "yAxis": {
            "type": "value",
            "name": unit,
            "nameTextStyle": {**text, "align": "left"},
            "axisLabel": text,
            "splitNumber": 3,
            "splitLine": {"lineStyle": {"color": faint}},
        },
        "series": [
            {
                "name": name,
                "type": "line",
                "showSymbol": False,
                "data": [None if np.isnan(v) else v for v in np.round(values, 3).tolist()],
                "lineStyle": {"width": 2.4, "type": DASHES[i // 2 % 3]},
                **({"markLine": _mark(month, ink)} if i == 0 else {}),
            }
            for i, (name, values) in enumerate(series.items())
        ],
    }


def _mark(month: int, ink: str) -> dict[str, Any]:
    return {
        "silent": True,
        "symbol": "none",
        "label": {"show": False},
        "lineStyle": {"color": ink, "type": "solid", "width": 1.5},
        "data": [{"xAxis": month_label(month)}],
    }
