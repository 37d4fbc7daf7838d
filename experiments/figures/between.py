"""The network of a month as a picture: states between the clubs that they are in, rivals, and who stands between."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tashkent.experiments.figures.picture import BLUE, GREEN, ORANGE, inches, picture
from tashkent.model.clock import month_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tashkent.experiments.networks import Network

#: of clubs, colour-blind safe (Okabe and Ito), told apart by stroke as well
CLUBS = (BLUE, GREEN, "#E69F00", "#CC79A7", "#56B4E9")
STROKES: tuple[Literal["-", "--", "-."], ...] = ("-", "--", "-.")
#: those on which white can be read
DEEP = CLUBS[:1]
RIVALS, INK = ORANGE, "#1C2126"
#: height by width, and the width in inches for which sizes are given here
SHAPE, WIDE = 0.7, 10.0


@picture
def network(found: "Network", *, width: str | float = "page") -> "Figure":
    """Lines from states to their clubs, as strong as the share of runs; the larger a state, the more it is between.

    Parameters
    ----------
    found
        The network of a month (`experiments.networks`).
    width
        ``"page"`` (183 mm), ``"column"`` (89 mm, for few states), or inches.

    Examples
    --------
    >>> import tashkent as tk
    >>> from tashkent.experiments.networks import of_record
    >>> case = tk.load_case("cst")
    >>> tk.figures.network(of_record(case, case.month("2002-06", "month")))
    <Picture 183 × 128 mm>
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from tashkent.experiments.networks import CLUB, finding, layout

    wide = inches(width)
    k = wide / WIDE
    drawn = Figure(figsize=(wide, SHAPE * wide))
    drawn.set_layout_engine("none")
    axis = drawn.add_axes((0.03, 0.06, 0.94, 0.82))
    places = {node: (at["x"], at["y"]) for node, at in layout(found.case).items()}
    looks = {
        club: (CLUBS[i % len(CLUBS)], STROKES[i % len(STROKES)])
        for i, club in enumerate(found.telling)
        if found.month >= month_of(found.case.clubs[club].since)
    }
    for row in found.pairs[found.pairs["rivalry"] > 0].itertuples():
        (x0, y0), (x1, y1) = places[row.state], places[row.other]
        bow = {"arrowstyle": "-", "connectionstyle": "arc3,rad=0.18", "shrinkA": 0, "shrinkB": 0}
        line = {"color": RIVALS, "linewidth": k * (0.8 + row.rivalry), "linestyle": (0, (1, 2))}
        axis.annotate("", (x0, y0), (x1, y1), arrowprops={**bow, **line}, zorder=1)
    for row in found.members.itertuples():
        if row.club in looks:
            colour, stroke = looks[row.club]
            x, y = zip(places[row.state], places[CLUB + row.club], strict=True)
            axis.plot(
                x, y, color=colour, linestyle=stroke, linewidth=2.2 * k, alpha=row.p_in, zorder=2
            )
    _draw_nodes(axis, found, places, looks, k)
    handles = [
        Line2D(
            [], [], color=c, linestyle=s, linewidth=2.2 * k, label=f"in {_club_name(found, club)}"
        )
        for club, (c, s) in looks.items()
    ]
    handles.append(Line2D([], [], color=RIVALS, linestyle=(0, (1, 2)), label="rivals"))
    if found.runs is not None:
        words = "the paler, the fewer runs"
        handles.append(Line2D([], [], color=INK, linewidth=2.2 * k, alpha=0.25, label=words))
    drawn.legend(handles=handles, loc="lower left", ncols=len(handles), fontsize=9 * k)
    drawn.text(0.03, 0.955, finding(found), fontsize=11.5 * k, fontweight="bold", va="center")
    drawn.text(0.03, 0.915, _beneath(found), fontsize=9 * k, color="#565D66", va="center")
    return drawn


def _draw_nodes(
    axis: "Axes",
    found: "Network",
    places: dict[str, tuple[float, float]],
    looks: Mapping[str, tuple[str, str]],
    k: float,
) -> None:
    from tashkent.experiments.networks import CLUB

    pairs = max(1, (len(found.states) - 1) * (len(found.states) - 2) / 2)
    light: Any = {"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none"}
    for club, (colour, _) in looks.items():
        box = {"boxstyle": "round,pad=0.35", "facecolor": colour, "edgecolor": "white"}
        axis.text(
            *places[CLUB + club],
            _club_name(found, club),
            color="white" if colour in DEEP else INK,
            fontweight="bold",
            fontsize=10 * k,
            ha="center",
            va="center",
            bbox=box,
            zorder=4,
        )
    for row in found.states.itertuples():
        x, y = places[row.state]
        size = 40 + 800 * row.between / pairs
        axis.scatter(
            [x], [y], s=size * k**2, color=INK, edgecolor="white", linewidth=1.5 * k, zorder=3
        )
        count = f"{row.between:.0f}" if found.runs is None else f"{row.between:.1f}"
        told = f"{row.name}, {count}" if float(count) else row.name
        axis.annotate(
            told,
            (x, y),
            (0, -k * (np.sqrt(size) / 2 + 3)),
            textcoords="offset points",
            fontsize=9 * k,
            ha="center",
            va="top",
            bbox={**light, "alpha": 0.75, "pad": 0.1},
            zorder=5,
        )
    axis.set_xlim(-0.08, 1.08)
    axis.set_ylim(-0.1, 1.08)
    axis.axis("off")


def _club_name(found: "Network", club: str) -> str:
    return found.case.club_name(club, found.month)


def _beneath(found: "Network") -> str:
    left_out = [_club_name(found, c) for c in found.case.clubs if c not in found.telling]
    words = "Beside a name: pairs of states that share no club, while each shares one with it."
    without = f" Without {', '.join(left_out)}, which nearly all join." if left_out else ""
    return words + without
