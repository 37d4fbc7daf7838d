"""A decision as a waterfall: what each term and each friction adds to the log-odds of an act."""

from typing import TYPE_CHECKING

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.experiments.figures.picture import BLACK, BLUE, GREY, ORANGE, framed, inches, picture
from tashkent.model.explain import ActExplained, Explanation, interval, median

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: terms and frictions that have bars of their own; the others are one
MOST = 8


@picture
def decision(
    explanation: Explanation, club: str, act: str, *, width: str | float = "column"
) -> "Figure":
    """A waterfall: from even odds to the log-odds of an act, a bar for each part, the weightiest first.

    Parameters
    ----------
    explanation
        What `tashkent.explain` found.
    club, act
        One of the acts that were open, by the code of the club and the word of the act.
    width
        ``"column"`` (89 mm), ``"page"`` (183 mm), or inches.

    Returns
    -------
    Picture
        Bars are means over draws of the parameters, as these add up; the last one is their sum with nine tenths of the
        draws. Terms of the seat come first, then what the act itself takes.

    Raises
    ------
    InputError
        If the law did not leave the act open.

    Examples
    --------
    >>> import tashkent as tk
    >>> tk.figures.decision(tk.explain("cst", "UZB", "2012-06"), "CST", "request_suspension")
    <Picture 89 × 68 mm>
    """
    from matplotlib.figure import Figure

    asked = explanation.of(club, act)
    parts = steps(asked)
    ends = np.cumsum([value for _, value in parts])
    starts = np.r_[0.0, ends[:-1]]
    low, high = interval(asked.log_odds)
    figure = Figure(figsize=(inches(width), 0.19 * (len(parts) + 1) + 0.45))
    axis = figure.subplots()
    rows = np.arange(len(parts) + 1)[::-1]
    axis.axvline(0, color=GREY, linewidth=0.6)
    for row, (_, value), start in zip(rows, parts, starts, strict=False):
        axis.barh(row, value, left=start, height=0.7, color=BLUE if value > 0 else ORANGE)
        axis.annotate(
            f"{value:+.2f}",
            (max(start, start + value), row),
            (2, 0),
            textcoords="offset points",
            va="center",
            fontsize=6,
        )
    axis.barh(rows[-1], ends[-1], height=0.7, color=BLACK)
    axis.hlines(rows[-1], low, high, color=GREY, linewidth=1.6)
    axis.set_yticks(rows, [*(name for name, _ in parts), f"all together {ends[-1]:+.2f}"])
    axis.set_ylim(-0.6, len(parts) + 0.6)
    axis.margins(x=0.16)
    axis.set_xlabel("log-odds of the act in this month")
    first, last = interval(asked.probability)
    said = f"chance in the month {median(asked.probability):.1%} (90%: {first:.1%} to {last:.1%})"
    what = f"{explanation.name}, {explanation.month}: {act.replace('_', ' ')} ({asked.club_name})"
    return framed(figure, f"{what}\n{said}")


def steps(act: ActExplained, most: int = MOST) -> list[tuple[str, float]]:
    """The bars: means of the parts over draws, terms before frictions, the weightiest first, the light ones as one.

    They add up to the mean of the log-odds.
    """
    means = [(p.name.replace("_", " "), p.kind, _mean(p.values)) for p in act.parts]
    means = [row for row in means if row[2]]
    weighty = sorted(means, key=lambda row: -abs(row[2]))[:most]
    light = [row for row in means if row not in weighty]
    weighty.sort(key=lambda row: row[1] != "term")
    bars = [(name, value) for name, _, value in weighty]
    if light:
        word = "other" if len(light) == 1 else "others"
        bars.append((f"{len(light)} {word}", sum(value for *_, value in light)))
    return bars


def _mean(values: Floats) -> float:
    return float(values.mean())
