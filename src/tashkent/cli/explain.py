"""`tashkent explain`: the decisions of a state in a month, taken apart."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from tashkent.cli import completion
from tashkent.cli.options import (
    CaseOption,
    ClubOption,
    JsonOption,
    TheoryOption,
    load_case_under,
)
from tashkent.cli.screen import Figures, Heading, console, strong

if TYPE_CHECKING:
    from tashkent.model.case import Case
    from tashkent.model.explain import ActExplained, Explanation


def explain(
    state: Annotated[
        str,
        typer.Argument(help="A state by code or name.", autocompletion=completion.states),
    ],
    month: Annotated[str, typer.Argument(help="The month, YYYY-MM.")],
    case: CaseOption = "cst",
    club: ClubOption = None,
    draws: Annotated[int, typer.Option(min=20, help="Posterior draws for the intervals.")] = 400,
    seed: Annotated[int, typer.Option(min=0, help="Keys the draws.")] = 0,
    theory: TheoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take the decisions open to a state in a month apart: terms for and against, law, objections, the record.

    Example: tashkent explain UZB 2012-06 --club CST
    """
    loaded = load_case_under(case, theory)
    state = loaded.decider(state, "STATE")
    club = None if club is None else loaded.club(club, "--club")
    at = loaded.later_month(month, "MONTH")
    from tashkent.calibration.posterior import posterior
    from tashkent.model.explain import explain as take_apart

    fitted = posterior(loaded)
    explanation = take_apart(loaded, state, at, fitted.draws(runs=draws, seed=seed), club)
    if as_json:
        print(json.dumps({**_explanation_json(explanation), "posterior": fitted.origin}, indent=2))
    else:
        _show_explanation(loaded, explanation)
        print(f"Posterior: {fitted.origin}.")


def _explanation_json(explanation: "Explanation") -> dict[str, object]:
    from tashkent.model.explain import interval, median
    from tashkent.model.words import story

    return {
        "state": explanation.state,
        "month": explanation.month,
        "status": dict(explanation.status),
        "takes_part": dict(explanation.takes_part),
        "sanctioned": list(explanation.sanctioned),
        "participation": {
            club: {"median": median(values), "interval": interval(values)}
            for club, values in explanation.participation.items()
        },
        "acts": [
            {
                "club": act.club,
                "act": act.act,
                "rule": act.rule,
                "law": act.law,
                "source": act.source,
                "parts": [
                    {"name": p.name, "kind": p.kind, "median": p.median, "interval": p.interval}
                    for p in act.parts
                ],
                "log_odds": float(sorted(act.log_odds)[len(act.log_odds) // 2]),
                "probability": float(sorted(act.probability)[len(act.probability) // 2]),
                "objectors": dict(act.objectors),
                "done": act.done,
            }
            for act in explanation.acts
        ],
        "calls": [
            {
                "club": call.club,
                "need": call.kind,
                "against": call.against,
                "asked": call.asked,
                "rule": call.rule,
                "chance": {"median": median(call.chance), "interval": interval(call.chance)},
                "objectors": dict(call.objectors),
                "patron": [
                    {"name": p.name, "median": p.median, "interval": p.interval}
                    for p in call.patron
                ],
                "met": call.met,
            }
            for call in explanation.calls
        ],
        "saw": [vars(sight) for sight in explanation.saw],
        "owed": dict(explanation.owed),
        "turns": [vars(turn) for turn in explanation.turns],
        "record": [list(row) for row in explanation.record],
        "story": story(explanation),
    }


def _show_explanation(case: "Case", explanation: "Explanation") -> None:
    from tashkent.model.words import story

    screen = console()
    name = next(s.name for s in case.states if s.state == explanation.state)
    screen.print(strong(f"{name}, {explanation.month}", "\n"))
    for club in dict.fromkeys(act.club for act in explanation.acts):
        acts = [act for act in explanation.acts if act.club == club]
        screen.print(_worth_table(acts[0]))
        screen.print(_acts_table(acts))
        for act in acts:
            screen.print(f"{act.rule}: {act.law} ({act.source})", highlight=False)
        screen.print()
    for line in story(explanation):
        screen.print(line, highlight=False)
    for club, act_name, actor in explanation.record:
        screen.print(
            f"Record: {club} {act_name.replace('_', ' ')} (act of the {actor})", highlight=False
        )


def _worth_table(act: "ActExplained") -> Figures:
    """The terms of a seat, the weightiest first; above zero speaks for being in."""
    from tashkent.model.words import named

    worth = act.worth
    heads = [
        Heading("", words=True),
        Heading("log-odds", right=True),
        Heading("90% interval", right=True),
    ]
    table = Figures(heads, f"What a seat in {act.club_name} was worth")
    for part in sorted(worth, key=lambda part: -abs(part.median)):
        low, high = part.interval
        if max(abs(low), abs(high)) >= 0.005:
            table.add_row(named(part), f"{part.median:+.2f}", f"{low:+.2f} to {high:+.2f}")
    low, high = act.total.interval
    table.add_row("all together", f"{act.total.median:+.2f}", f"{low:+.2f} to {high:+.2f}")
    return table


def _acts_table(acts: list["ActExplained"]) -> Figures:
    """The acts that the law leaves open: what each costs, how likely it was, who would have objected."""
    from tashkent.model.words import named, percent

    heads = [
        Heading("act", words=True),
        Heading("what the rules add", words=True),
        Heading("chance in the month (90%)"),
        Heading("would have objected", words=True),
    ]
    table = Figures(heads, "What it could do")
    for act in acts:
        chances = sorted(act.probability)
        low, middle, high = (chances[len(chances) * q // 100] for q in (5, 50, 95))
        costs = ", ".join(f"{named(p)} {p.median:+.1f}" for p in act.parts if p.kind == "friction")
        table.add_row(
            act.act.replace("_", " ") + (" ●" if act.done else ""),
            costs,
            f"{percent(middle)} ({percent(low)} to {percent(high)})",
            ", ".join(f"{s} {percent(p)}" for s, p in act.objectors.items()),
        )
    if any(act.done for act in acts):
        table.caption = "● by the record it did so"
    return table
