"""Lab: Mesa's own page on one run, for those who know Mesa."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import solara
import solara.lab

from tashkent.model.case import Case
from tashkent.model.clock import month_label

#: milliseconds between steps: below a tenth of a second the page would freeze
PAUSE = 250
#: which of the two models is looked at, and what is said of each
ENGINE, BOX = "Engine", "Glass box"
SAID = {
    ENGINE: "The agents are windows on one engine, which computes all states together.",
    BOX: "Each state and each club is an object that decides by plain loops, one after the other, as the ODD says; "
    "the history is the engine's, act for act.",
}


@solara.component_vue("lab.vue")
def _words(said: str) -> None:
    """What the page is for, and names for what Mesa leaves without."""


@solara.component_vue("lab_plot.vue")
def _plot(title: str, svg: str, told: str) -> None:
    """A picture, if there is one, and its files."""


@solara.component
def Lab(case: Case, seed: int) -> None:
    """SolaraViz on a model of the visitor's own: `CoalitionModel`, or the glass box."""
    # Mesa's page brings matplotlib and altair, which nobody else on the server should wait for.
    from mesa.visualization import Slider, SolaraViz

    from tashkent.experiments.box import GlassBox, own_terms
    from tashkent.experiments.coalition import CoalitionModel

    which = solara.use_reactive(ENGINE)
    engine_only = bool(own_terms(case))
    boxed = which.value == BOX and not engine_only
    kind = GlassBox if boxed else CoalitionModel

    def build() -> solara.Reactive[CoalitionModel | GlassBox]:
        return solara.reactive(kind(case, rng=seed))

    model = solara.use_memo(build, [case, seed, boxed])
    starts = [month_label(m) for m in (case.start, *case.shown) if m < case.end]
    with solara.Div(classes=["tk-lab"]):
        _words(said=SAID[BOX if boxed else ENGINE])
        if not engine_only:
            solara.ToggleButtonsSingle(which, values=[ENGINE, BOX])
        with solara.Div(classes=["tk-frame"]), solara.AppLayout(navigation=False):
            SolaraViz(
                model,
                components=[(Members, 0), (Seats, 0)],
                model_params={
                    "case": case,
                    "start": {
                        "type": "Select",
                        "value": starts[0],
                        "values": starts,
                        "label": "From the record of",
                    },
                    "run": Slider("Run", 0, 0, 99, 1),
                    "rng": Slider("Seed", seed, min(seed, 0), max(seed, 99), 1),
                },
                play_interval=PAUSE,
                name=kind.__name__,
            ).key(kind.__name__)


@solara.component
def Members(model: Any) -> None:
    """How many states are in each club, month by month."""
    from matplotlib import style
    from mesa.visualization.utils import update_counter

    update_counter.get()
    ground = "dark_background" if solara.lab.use_dark_effective() else "default"
    table = model.datacollector.get_model_vars_dataframe()
    numbers = table[list(model.case.clubs)].map(lambda members: len(members.split()))
    drawn = io.StringIO()
    with style.context(ground):
        _members(model, table["date"], numbers).savefig(drawn, format="svg")
    rows = [[date, *row] for date, row in zip(table["date"], numbers.values.tolist(), strict=True)]
    rows.insert(0, ["month", *numbers])
    _plot(title="States that are in", svg=drawn.getvalue(), told=json.dumps(rows))


def _members(model: Any, dates: pd.Series, numbers: pd.DataFrame) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    strokes = ("-", "--", ":", "-.")
    for i, club in enumerate(numbers):
        (line,) = axes.plot(numbers[club].to_numpy(), strokes[i % len(strokes)], label=club)
        # the point is all that there is in the first month
        line.set(drawstyle="steps-post", marker="o", markevery=[-1])
    ticks = np.linspace(0, len(dates) - 1, min(5, len(dates))).astype(int)
    axes.set_xticks(ticks, dates.iloc[ticks])
    axes.set(ylabel="states that are in", ylim=(0, len(model.case.states) + 0.5))
    axes.legend(ncols=len(numbers.columns), loc="upper center", frameon=False)
    return figure


@solara.component
def Seats(model: Any) -> None:
    """Every state's status in every club now, and the acts of the month."""
    from mesa.visualization.utils import update_counter

    update_counter.get()
    clubs = tuple(model.case.clubs)
    head = "".join(f'<th scope="col">{club}</th>' for club in clubs)
    words = [[_word(model, state, club) for club in clubs] for state in model.case.state_ids]
    rows = "".join(
        f'<tr><th scope="row">{state.state}</th>' + "".join(f"<td>{w}</td>" for w in row) + "</tr>"
        for state, row in zip(model.case.states, words, strict=True)
    )
    acts = "; ".join(f"{s} {c} {a.replace('_', ' ')}" for s, c, a in model.acts_now()) or "none"
    solara.HTML(
        tag="div",
        classes=["tk-seats"],
        unsafe_innerHTML=f'<h2>{model.date}</h2><table><thead><tr><th scope="col">State</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody>"
        f"</table><p>Acts of the month: {acts}</p>",
    )
    table = [
        [model.date, state, *row] for state, row in zip(model.case.state_ids, words, strict=True)
    ]
    _plot(title="Seats", svg="", told=json.dumps([["month", "state", *clubs], *table]))


def _word(model: Any, state: str, club: str) -> str:
    name: str = model.status_name(state, club)
    return "" if name == "none" else name.replace("_", " ")
