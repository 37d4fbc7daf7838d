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

#: beliefs that are nowhere further apart are shown as one
ALIKE = 0.01
#: that of the page
FONT = 'system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'


@solara.component_vue("chart.vue")
def Chart(title: str, told: str, state: str, stem: str, height: int = 270) -> None:
    """A chart, drawn by ECharts as SVG, which can be saved; `told` are its options as JSON, `stem` names its files."""


def threats(case: Case, state: str) -> dict[str, Floats]:
    """Threat felt by source, in [0, 3], shape (T,) over the months of the case; only those that the state ever felt."""
    felt = compile_case(case).situation.threat[:, case.state_ids.index(state)]
    names = [threat.label for threat in case.threats.values()]
    return {name: felt[:, k] for k, name in enumerate(names) if felt[:, k].max() > 0.05}


def help_believed(case: Case, state: str) -> dict[str, Floats]:
    """Belief that a promise of help would be kept, a probability, shape (T,), by threat.

    Threats against which it moved alike are one line: the most of them are called all others.
    """
    found = beliefs(case)[:, case.state_ids.index(state)]
    groups: list[tuple[list[str], Floats]] = []
    for k, threat in enumerate(case.threats.values()):
        alike = (names for names, line in groups if np.abs(line - found[:, k]).max() < ALIKE)
        names = next(alike, None)
        if names is None:
            groups.append(([threat.label], found[:, k]))
        else:
            names.append(threat.label)
    most = max(groups, key=lambda group: len(group[0]))
    others = "all other threats" if len(groups) > 1 else "any threat"
    named = [
        (group, others if group is most and len(group[0]) > 1 else ", ".join(group[0]))
        for group in groups
    ]
    return {words: line for (_, line), words in sorted(named, key=lambda pair: pair[1] == others)}


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
    colours = SERIES_DARK if dark else SERIES
    size = 16 if large else 12
    text = {"color": ink, "fontSize": size, "fontFamily": FONT}
    return {
        "animation": False,
        "backgroundColor": "transparent",
        "textStyle": text,
        "aria": {"enabled": True},
        "grid": {"left": 42, "right": 22, "top": size + 20, "bottom": 26},
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
                "color": colours[i % len(colours)],
                "data": [None if np.isnan(v) else v for v in np.round(values, 3).tolist()],
                "lineStyle": {"width": 2.4, "type": DASHES[i // 2 % 3]},
                **({"markLine": _mark(month, ink)} if i == 0 else {}),
            }
            for i, (name, values) in enumerate(series.items())
        ],
    }


#: pixels of a lane, of the line above it that names it, and of the months below the last
LANE, HEAD, FOOT = 58, 24, 30


def lanes_height(lanes: int) -> int:
    """Pixels that so many lanes take."""
    return lanes * (LANE + HEAD) + FOOT


def lanes(
    case: Case, found: Mapping[str, Mapping[str, Floats]], month: int, *, dark: bool, large: bool
) -> dict[str, Any]:
    """A lane for each name, one below the other: shares in [0, 1], shape (T,) over the months of the case.

    The first line of a lane is drawn strong, the others faint and dotted: they bound it.
    """
    ink, faint = ("#f2f0ec", "#4a4f57") if dark else ("#1c2126", "#e4e1da")
    colours = SERIES_DARK if dark else SERIES
    text = {"color": ink, "fontSize": 16 if large else 12, "fontFamily": FONT}
    tops = [HEAD + i * (LANE + HEAD) for i in range(len(found))]
    return {
        "animation": False,
        "backgroundColor": "transparent",
        "textStyle": text,
        "aria": {"enabled": True},
        "title": [
            {
                "text": name,
                "left": 36,
                "top": top - HEAD + 2,
                "textStyle": {**text, "fontWeight": 600},
            }
            for name, top in zip(found, tops, strict=True)
        ],
        "grid": [{"left": 42, "right": 22, "top": top, "height": LANE} for top in tops],
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "tooltip": {"trigger": "axis", "confine": True},
        **_lane_axes(case, len(found), text, ink, faint),
        "series": [
            {
                "name": f"{lane}: {name}" if len(lines) > 1 else lane,
                "type": "line",
                "xAxisIndex": i,
                "yAxisIndex": i,
                "showSymbol": False,
                "color": colours[i % len(colours)],
                "data": [None if np.isnan(v) else v for v in np.round(values, 3).tolist()],
                "lineStyle": {"width": 1.2 if k else 2.4, "type": "dotted" if k else "solid"},
                **({} if k else {"markLine": _mark(month, ink)}),
            }
            for i, (lane, lines) in enumerate(found.items())
            for k, (name, values) in enumerate(lines.items())
        ],
    }


def _lane_axes(
    case: Case, lanes: int, text: Mapping[str, Any], ink: str, faint: str
) -> dict[str, Any]:
    """Months for each lane, told below the last one, and shares from none to all."""
    months = [month_label(m) for m in case.months]
    return {
        "xAxis": [
            {
                "type": "category",
                "gridIndex": i,
                "data": months,
                "axisLabel": {**text, "hideOverlap": True, "show": i == lanes - 1},
                "axisLine": {"lineStyle": {"color": ink}},
                "axisTick": {"show": i == lanes - 1},
            }
            for i in range(lanes)
        ],
        "yAxis": [
            {
                "type": "value",
                "gridIndex": i,
                "min": 0,
                "max": 1,
                "interval": 0.5,
                "axisLabel": text,
                "splitLine": {"lineStyle": {"color": faint}},
            }
            for i in range(lanes)
        ],
    }


def most_feared(case: Case, state: str, series: Mapping[str, Floats]) -> str:
    """What a state feared most, when and how much, in a sentence, from threats of shape (T,)."""
    name = _name(case, state)
    if not series:
        return f"{name} feared nothing that is measured or dated"
    what = max(series, key=lambda threat: float(series[threat].max()))
    at = int(series[what].argmax())
    when = month_label(case.start + at)
    return f"{name} feared most: {what} ({series[what][at]:.1f} of 3 in {when})"


def ties_turned(series: Mapping[str, Floats]) -> str:
    """How the first tie went from its beginning to its end, in a sentence, from ties of shape (T,)."""
    whom, values = next(iter(series.items()))
    first, last = (f"{v:.1f}".replace("-", "\N{MINUS SIGN}") for v in (values[0], values[-1]))
    way = "stayed at" if first == last else "rose" if values[-1] > values[0] else "fell"
    return (
        f"Its tie {whom} {way} {first}"
        if first == last
        else f"Its tie {whom} {way} from {first} to {last}"
    )


def least_part(case: Case, club: str, part: Mapping[str, Floats]) -> str:
    """When a state would least take part in a club, in a sentence, from lines of shape (T,)."""
    name = case.club_name(club, case.end)
    if not part:
        return f"Its beliefs; in {name} it never had a seat of which it could stay away"
    middle = next(iter(part.values()))
    at = int(np.nanargmin(middle))
    return (
        f"It would least take part in {name} in {month_label(case.start + at)}: to {middle[at]:.0%}"
    )


def _name(case: Case, state: str) -> str:
    return next(s.name for s in case.states if s.state == state)


def _mark(month: int, ink: str) -> dict[str, Any]:
    return {
        "silent": True,
        "symbol": "none",
        "label": {"show": False},
        "lineStyle": {"color": ink, "type": "solid", "width": 1.5},
        "data": [{"xAxis": month_label(month)}],
    }
