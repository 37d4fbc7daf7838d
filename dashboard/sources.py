"""Where everything comes from, as plain data for the page: rows of the case with their sources, part by part."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.calibration.posterior import posterior
from tashkent.model.case import Case
from tashkent.model.case.checks import sourced
from tashkent.model.case.tables import TIE
from tashkent.model.citations import sections
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.errors import InputError
from tashkent.model.evidence.recipe import read_plan
from tashkent.model.words import TERMS

#: scores that pages show: what it is, what is best, where it stands, and what gives the same
SCORES = (
    (
        "Brier score of P(in)",
        "The squared distance between the share of runs in which a state is in and what the record says, the mean over "
        "states and months (Brier 1950).",
        "0 is perfect; a coin has 0.25",
        "Simulate, beside the month",
        "tashkent run",
    ),
    (
        "Score of a prediction",
        "The squared distance between how sure somebody was and whether it is what the model finds, the mean over "
        "states.",
        "0 is perfect; 50% has 0.25 whatever is found",
        "What if, after the answer",
        "tashkent compare NAME --prediction FILE",
    ),
    (
        "Chance of an act",
        "The chance in that month at each draw of the parameters from the posterior: the middle one, and the range of "
        "nine in ten.",
        "no best: it is what the model says",
        "A state, on each card",
        "tashkent explain STATE MONTH",
    ),
    (
        "Change of P(in)",
        "The share of runs in which a state is in, in a world with the change less that in the same world without, "
        "with the same luck in both.",
        "no best: an effect with two intervals",
        "What if, in the answer",
        "tashkent compare NAME",
    ),
    (
        "Pairs that a state stands between",
        "Pairs of others that share no club while each shares one with it (Gould and Fernandez 1989); the mean over "
        "runs.",
        "no best: a count",
        "Network",
        "tashkent network MONTH",
    ),
)
Cells = list[str]
#: what a row is called, states that it concerns, its cells, and the codes of its sources
Row = tuple[str, list[str], Cells, str]


def part(case: Case, name: str) -> dict[str, Any]:
    """Columns and rows of one part, `PARTS` names them; each row with its sources spelled out."""
    return _part(case, name)


@lru_cache(maxsize=32)
def _part(case: Case, name: str) -> dict[str, Any]:
    columns, rows, file = PARTS[name]
    located = sections(case, file)
    return {
        "columns": list(columns),
        "rows": [
            {
                "id": row,
                "states": states,
                "cells": cells,
                "sources": [
                    [code, case.sources.get(code, ""), located.get((row, code), "")]
                    for code in filter(None, (c.strip() for c in cited.split(";")))
                ],
            }
            for row, states, cells, cited in rows(case)
        ],
    }


def names(case: Case, part: str) -> frozenset[str]:
    """What the rows of a part are called."""
    return frozenset(row["id"] for row in _part(case, part)["rows"])


def _events(case: Case) -> Iterator[Row]:
    effects: dict[str, list[Any]] = {}
    for row in case.events:
        effects.setdefault(row.event, []).append(row)
    for event, found in effects.items():
        first = found[0]
        days = f"{first.date}" + (f" to {first.date_end}" if first.date_end else "")
        told: dict[str, list[str]] = {}
        for row in found:
            about = case.threats[row.about].label if row.about in case.threats else row.about
            way = {1: "more", -1: "less"}[row.sign]
            rival = f" ({row.rival})" if row.rival else ""
            told.setdefault(f"{way} {row.kind}: {about or 'all'}{rival}", []).append(row.state)
        did = "; ".join(f"{words} for {', '.join(states)}" for words, states in told.items())
        states = list(dict.fromkeys(row.state for row in found))
        yield event, states, [days, first.label, did, first.certainty], first.source


def _record(case: Case) -> Iterator[Row]:
    for row in case.record:
        cells = [
            str(row.date),
            case.club_name(row.club, row.date.year * MONTHS_PER_YEAR + row.date.month - 1),
            _name(case, row.state),
            f"{row.act.replace('_', ' ')} (act of the {row.actor})",
            row.note,
        ]
        yield f"{row.club} {row.state} {row.date}", [row.state], cells, row.source


def _requests(case: Case) -> Iterator[Row]:
    for row in case.requests:
        what = f"{row.kind}{'' if row.asked else ', not asked for'}"
        met = {True: "met", False: "not met", None: ""}[row.met]
        cells = [str(row.date), _name(case, row.state), what, met, row.why]
        yield f"{row.date} {row.state}", [row.state], cells, row.source


def _openings(case: Case) -> Iterator[Row]:
    for row in case.openness:
        until = f" to {row.open_until}" if row.open_until else " on"
        cells = [row.club, _name(case, row.state), f"{row.open_from}{until}", row.why]
        yield f"{row.club} {row.state}", [row.state], cells, row.source


def _numbers(case: Case) -> Iterator[Row]:
    fitted = posterior(case).table().set_index("parameter")
    for name, row in case.parameters.items():
        before = f"{row.mean:g}" + (f" ± {row.sd:g}" if row.sd else "")
        after = "as before" if row.sd else ""
        if name in fitted.index and not np.isnan(fitted.loc[name, "posterior_mean"]):
            mean, sd = fitted.loc[name, ["posterior_mean", "posterior_sd"]]
            after = f"{mean:.2f} ± {sd:.2f}"
        words = TERMS.get(name, name.replace("_", " "))
        yield name, [], [words, before, after, row.unit, row.reason], row.source


def _inputs(case: Case) -> Iterator[Row]:
    made = _made_of(case)
    for name in dict.fromkeys(row.variable for row in case.composites):
        values = [row for row in case.composites if row.variable == name]
        years = f"{min(r.year for r in values)} to {max(r.year for r in values)}"
        filled = sum(row.sd > 0 for row in values)
        cells = [
            _input_name(case, name),
            made.get(name, ""),
            years,
            f"{filled} of {len(values)} values rest on something filled",
        ]
        yield name, [], cells, ""


def _input_name(case: Case, name: str) -> str:
    words = name.replace("_", " ")
    if name.startswith(TIE):
        words = f"tie to the {name.removeprefix(TIE)}"
    elif name in case.threats:
        words = case.threats[name].label
    return words[:1].upper() + words[1:]


def _made_of(case: Case) -> dict[str, str]:
    """What each composite is made of, by the recipe beside the case, if there is one."""
    try:
        recipe = read_plan(case.path).recipe
    except InputError:
        return {}
    found = {}
    for name, composite in recipe.composites.items():
        found[name] = "; ".join(
            part["column"].replace("_", " ")
            + (f" ({part['file']})" if "file" in part else "")
            + (", turned round" if part.get("sign", 1) < 0 else "")
            for part in composite.parts
        )
    for name, threat in recipe.threats.items():
        by = f" with the {threat.by}" if threat.by else ""
        found[name] = f"{threat.of.replace('_', ' ')}{by}"
    return found


def _theories(case: Case) -> Iterator[Row]:
    for name, row in case.theories.items():
        terms = ", ".join(TERMS.get(t, t.replace("_", " ")) for t in row.terms)
        words = name.replace("_", " ")
        cells = [
            words[:1].upper() + words[1:],
            " ".join(f"{row.says} {row.measured}".split()),
            terms or "no term: the law's frictions alone",
        ]
        yield name, [], cells, row.source


def _scores(_: Case) -> Iterator[Row]:
    for row in SCORES:
        yield row[0], [], list(row), ""


def _sources(case: Case) -> Iterator[Row]:
    used = Counter(
        (code, file) for file, rows in sourced(case).items() for _, cited in rows for code in cited
    )
    for code, words in case.sources.items():
        where = [f"{n} of {file}" for (one, file), n in used.items() if one == code]
        yield code, [], [code, words, ", ".join(where) or "no row"], ""


def _name(case: Case, state: str) -> str:
    return next((s.name for s in case.states if s.state == state), state)


#: part -> its columns, its rows, and the file of the case in which they stand
PARTS: Mapping[str, tuple[tuple[str, ...], Callable[[Case], Iterator[Row]], str]] = {
    "events": (("When", "What", "What it did", "How sure"), _events, "events.csv"),
    "record": (("When", "Club", "State", "Act", "Note"), _record, "record.csv"),
    "requests": (("When", "State", "For what", "Answer", "Why"), _requests, "requests.csv"),
    "openings": (("Club", "State", "Open", "Why"), _openings, "openness.csv"),
    "inputs": (("Input", "Made of", "Years of use", "Gaps"), _inputs, "evidence/composites.csv"),
    "numbers": (
        ("Number", "Before the record", "After it", "Unit", "Why"),
        _numbers,
        "parameters.toml",
    ),
    "theories": (
        ("Theory", "What it says, and what of its name is measured", "What counts"),
        _theories,
        "theories.toml",
    ),
    "scores": (("Number", "What it is", "What is best", "Where", "Command"), _scores, ""),
    "sources": (("Code", "Source", "Rows that rest on it"), _sources, "case.toml"),
}


def input_over_time(case: Case, name: str, state: str) -> dict[str, Floats]:
    """A measured input of a state beside those of all states, shape (T,) over the months of the case."""
    values = {(r.state, r.year): r.value for r in case.composites if r.variable == name}
    years = [m // MONTHS_PER_YEAR for m in case.months]
    table = np.array([[values.get((s, y), np.nan) for y in years] for s in case.deciders])
    own = table[case.deciders.index(state)]
    middle, low, high = (f(table, axis=0) for f in (np.nanmedian, np.nanmin, np.nanmax))
    return {
        _name(case, state): own,
        "the middle of all states": middle,
        "the highest": high,
        "the lowest": low,
    }


def input_finding(case: Case, name: str, state: str, month: int) -> str:
    """What the chart of an input shows, in a sentence."""
    lines = input_over_time(case, name, state)
    own, middle = (line[month - case.start] for line in list(lines.values())[:2])
    apart = own - middle
    way = "as in the middle" if abs(apart) < 0.05 else "above" if apart > 0 else "below"
    far = way if abs(apart) < 0.05 else f"{abs(apart):.1f} {way} the middle"
    who = _name(case, state)
    value = f"{own:.1f}".replace("-", "\N{MINUS SIGN}")
    what = _input_name(case, name)
    return f"{who}. {what}: {value} in {month // MONTHS_PER_YEAR}, {far} of all states"
