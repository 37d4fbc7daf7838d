"""One state over time, and its decisions taken apart, as plain data for the page."""

from functools import lru_cache
from typing import Any

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.calibration.posterior import posterior
from tashkent.dashboard.palette import LOOKS, OF_STATUS
from tashkent.model.case import Case
from tashkent.model.chances import SPANS, Chances, chances
from tashkent.model.choices import record_standing
from tashkent.model.clock import month_label, month_of
from tashkent.model.compilation import compile_case
from tashkent.model.explain import ActExplained, Part, explain, participation_over_time
from tashkent.model.parameters import ParameterDraws
from tashkent.model.statuses import Status
from tashkent.model.words import ACTS, middle, named, percent, story

DRAWS = 400
#: a part that moves the log-odds by less is summed up with the others
SMALL = 0.1


@lru_cache(maxsize=4)
def beliefs(case: Case) -> Floats:
    """Belief in help as the record taught it, shape (T, S, K)."""
    inputs = compile_case(case)
    months = range(1, len(case.months))
    rows = [inputs.month(t, record_standing(inputs, t)).credibility for t in months]
    found = np.array([rows[0], *rows])
    found.flags.writeable = False
    return found


@lru_cache(maxsize=8)
def _draws(case: Case, seed: int, held: tuple[tuple[str, float], ...]) -> ParameterDraws:
    drawn = posterior(case).draws(runs=DRAWS, seed=seed)
    return drawn.with_values(dict(held))


@lru_cache(maxsize=32)
def taking_part(
    case: Case, state: str, club: str, seed: int, held: tuple[tuple[str, float], ...] = ()
) -> dict[str, Floats]:
    """How far a state would take part in a club, in [0, 1]: the middle draw and nine in ten, shape (T,) each.

    Empty where it never could: it was not in by the record, or no rule asked.
    """
    found = participation_over_time(case, state, club, _draws(case, seed, held))
    held_seat = ~np.isnan(found[:, 0])
    if not held_seat.any():
        return {}
    lines = np.full((3, len(found)), np.nan)
    lines[:, held_seat] = np.percentile(found[held_seat], [50, 5, 95], axis=1)
    return dict(zip(("the middle draw", "5% of draws below", "5% above"), lines, strict=True))


def acts_of(case: Case, state: str, club: str) -> list[dict[str, str]]:
    """The months in which the record shows an act on a state's seat."""
    return [
        {"month": month_label(month_of(row.date)), "words": row.act.replace("_", " ")}
        for row in case.record
        if (row.state, row.club) == (state, club) and case.start < month_of(row.date) <= case.end
    ]


def decision(
    case: Case,
    state: str,
    month: int,
    club: str,
    seed: int,
    held: tuple[tuple[str, float], ...] = (),
) -> dict[str, Any]:
    """Every act open to a state in a club and month, for the waterfalls, and the whole in words."""
    draws = _draws(case, seed, held)
    found = explain(case, state, month, draws, club)
    of_all = chances(case, club, [act.act for act in found.acts], month, draws)
    return {
        "status": found.status[club].replace("_", " "),
        "turn": [_seat(case, state, club, at) for at in (month - 1, month)],
        "club": case.club_name(club, month),
        "story": story(found),
        "acts": [_act(case, act, of_all[act.act]) for act in found.acts],
        "record": [
            f"{act.replace('_', ' ')} (act of the {actor})" for _, act, actor in found.record
        ],
    }


def _seat(case: Case, state: str, club: str, month: int) -> dict[str, Any]:
    """A seat by the record at the end of a month, in the words and colours of the map."""
    status = compile_case(case).record.status[
        month - case.start, case.state_ids.index(state), tuple(case.clubs).index(club)
    ]
    look = LOOKS[OF_STATUS[Status(int(status))]]
    return {"month": month, "word": look.word, "light": look.light, "dark": look.dark}


def _act(case: Case, act: ActExplained, of_all: list[Chances]) -> dict[str, Any]:
    names = {s.state: s.name for s in case.states}
    ends = np.percentile(act.probability, [5, 95])
    terms = sorted((p for p in act.parts if p.kind == "term"), key=lambda p: -abs(_mean(p)))
    large = [p for p in terms if abs(_mean(p)) >= SMALL]
    rest = [p for p in terms if abs(_mean(p)) < SMALL and np.any(p.values)]
    bars = [_bar(named(p), p.kind, p.values, p.name) for p in large]
    if rest:
        together = np.sum([p.values for p in rest], axis=0)
        bars.append(_bar(f"{len(rest)} smaller ones", "term", together))
    frictions = (p for p in act.parts if p.kind == "friction")
    bars += [_bar(named(p), p.kind, p.values, p.name) for p in frictions]
    return {
        "act": act.act,
        "verb": ACTS.get(act.act, act.act),
        "words": f"{ACTS.get(act.act, act.act)} {act.club_name}",
        "chance": percent(middle(act)),
        "between": f"{percent(float(ends[0]))} to {percent(float(ends[1]))}",
        "law": act.law,
        "rule": act.rule,
        "source": act.source,
        "done": act.done,
        "everybody": _everybody(names, of_all),
        "bars": bars,
        "total": _bar("all together", "total", act.log_odds),
        "objectors": [
            {"name": names[state], "chance": percent(p)} for state, p in act.objectors.items()
        ],
    }


def _everybody(names: dict[str, str], of_all: list[Chances]) -> dict[str, Any]:
    """Chances of the same act of every state to which it was open, the largest first."""
    found = sorted(of_all, key=lambda one: -float(np.median(one.within[max(SPANS)])))
    return {
        "spans": ["this month", *(f"within {length} months" for length in SPANS)],
        "rows": [
            {
                "state": one.state,
                "name": names[one.state],
                "chances": [
                    percent(float(np.median(p))) for p in (one.month, *one.within.values())
                ],
                "did": "this month" if one.done else "before" if one.done_of_late else "",
            }
            for one in found
        ],
    }


def _mean(part: Part) -> float:
    return float(part.values.mean())


def _bar(name: str, kind: str, values: Floats, parameter: str = "") -> dict[str, Any]:
    low, high = np.percentile(values, [5, 95])
    return {
        "name": name,
        "kind": kind,
        "parameter": parameter,
        "mean": round(float(values.mean()), 3),
        "low": round(float(low), 3),
        "high": round(float(high), 3),
    }
