"""Lab: Mesa's own page on one run, for those who know Mesa."""

from typing import Any

import numpy as np
import solara
import solara.lab

from calibration.posterior import posterior
from model.case import Case
from model.clock import month_label

#: milliseconds between steps: below a tenth of a second the page would freeze
PAUSE = 250


@solara.component
def Lab(case: Case, seed: int) -> None:
    """SolaraViz on `CoalitionModel`, a model of the visitor's own."""
    # Mesa's page brings matplotlib and altair, which nobody else on the server should wait for.
    from mesa.visualization import Slider, SolaraViz

    from model.coalition import CoalitionModel

    def build() -> solara.Reactive[CoalitionModel]:
        return solara.reactive(CoalitionModel(case, parameters=middle(case), rng=seed))

    model = solara.use_memo(build, [case, seed])
    starts = [month_label(m) for m in (case.start, *case.shown) if m < case.end]
    with solara.Div(classes=["tk-lab"]):
        solara.Text(
            "One run of the same model, month by month, on Mesa's own page, with parameters at their posterior means. "
            "Reset builds the run anew from what the fields say.",
            classes=["tk-quiet"],
        )
        with solara.Div(classes=["tk-frame"]), solara.AppLayout(navigation=False):
            SolaraViz(
                model,
                components=[(Members, 0), (Seats, 0)],
                model_params={
                    "case": case,
                    "parameters": middle(case),
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
                name="CoalitionModel",
            )


def middle(case: Case) -> dict[str, float]:
    """Every parameter at its mean: of the posterior if the record informs it, of its prior otherwise."""
    fitted = posterior(case)
    means = dict(zip(fitted.names, fitted.mean.tolist(), strict=True))
    return {name: means.get(name, parameter.mean) for name, parameter in case.drawn.items()}


@solara.component
def Members(model: Any) -> None:
    """How many states are in each club, month by month."""
    from matplotlib import style
    from mesa.visualization.utils import update_counter

    update_counter.get()
    ground = "dark_background" if solara.lab.use_dark_effective() else "default"
    with style.context(ground):
        figure = _members(model)
    solara.FigureMatplotlib(figure)


def _members(model: Any) -> Any:
    from matplotlib.figure import Figure

    table = model.datacollector.get_model_vars_dataframe()
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    strokes = ("-", "--", ":", "-.")
    for i, club in enumerate(model.case.clubs):
        number = [len(members.split()) for members in table[club]]
        axes.plot(number, strokes[i % len(strokes)], label=club, drawstyle="steps-post")
    ticks = np.linspace(0, len(table) - 1, min(5, len(table))).astype(int)
    axes.set_xticks(ticks, table["date"].iloc[ticks])
    axes.set(ylabel="states that are in", ylim=(0, len(model.case.states) + 0.5))
    axes.legend(ncols=len(model.case.clubs), loc="upper center", frameon=False)
    return figure


@solara.component
def Seats(model: Any) -> None:
    """Every state's status in every club now, and the acts of the month."""
    from mesa.visualization.utils import update_counter

    update_counter.get()
    clubs = tuple(model.case.clubs)
    head = "".join(f'<th scope="col">{club}</th>' for club in clubs)
    rows = "".join(
        f'<tr><th scope="row">{state.state}</th>'
        + "".join(f"<td>{_word(model, s, c)}</td>" for c in range(len(clubs)))
        + "</tr>"
        for s, state in enumerate(model.case.states)
    )
    acts = "; ".join(f"{s} {c} {a.replace('_', ' ')}" for s, c, a in model.acts_now()) or "none"
    solara.HTML(
        tag="div",
        classes=["tk-seats"],
        unsafe_innerHTML=f"<h2>{model.date}</h2><table><thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody>"
        f"</table><p>Acts of the month: {acts}</p>",
    )


def _word(model: Any, state: int, club: int) -> str:
    name: str = model.status_name(state, club)
    return "" if name == "none" else name.replace("_", " ")
