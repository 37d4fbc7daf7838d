"""What the map and the lanes show, as plain data: sent once, so that playing costs no traffic."""

import json
from collections import defaultdict
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.dashboard import geometry, palette
from tashkent.model.case import Case
from tashkent.model.clock import month_label, month_of
from tashkent.model.compilation import compile_case
from tashkent.model.lawbook import provision
from tashkent.model.record import Ensemble
from tashkent.model.seats import Status8
from tashkent.model.statuses import Act

#: acts of a session or of time that would only fill the page
QUIET = ("abstain", "carry_over")


@lru_cache(maxsize=8)
def scene(case: Case) -> dict[str, Any]:
    """The map, the states in the order of the lanes, and the palette: the same for everybody."""
    drawn = geometry.shapes()
    known = {shape.state: shape for shape in drawn}
    deciders = [s for s in case.states if s.role == "decider"]
    boxes: dict[str, geometry.Box] = geometry.boxes()
    tiled = not any(s.state in known for s in deciders)
    if tiled:
        drawn = geometry.tiles([(s.state, s.name) for s in case.states])
        known = {shape.state: shape for shape in drawn}
        boxes = dict.fromkeys(boxes, geometry.box_of(drawn))
    ordered = [*deciders, *(s for s in case.states if s.role != "decider")]
    states = [
        {
            "state": s.state,
            "name": s.name,
            "index": case.state_ids.index(s.state),
            "decides": s.role == "decider",
            **({"shape": asdict(known[s.state])} if s.state in known else {}),
        }
        for s in ordered
    ]
    return {
        "boxes": boxes,
        "tiled": tiled,
        "background": [
            {"name": shape.name, "path": shape.path}
            for shape in known.values()
            if shape.state not in case.state_ids
        ],
        "states": states,
        "first": case.start,
        "last": case.end,
        "fitted": case.fit_until,
        "palette": palette.as_data(),
    }


@lru_cache(maxsize=32)
def record_of(case: Case, club: str) -> list[str]:
    """The record of a club, one word a state: a letter for the status of each month."""
    return _letters(compile_case(case).record.status[:, :, tuple(case.clubs).index(club)])


def frames(ensemble: Ensemble, club: str) -> dict[str, Any]:
    """The runs of a club by month: P(in) and P(takes part) in per cent, and the statuses if it is one run alone."""
    c = tuple(ensemble.case.clubs).index(club)

    def percent(share: Floats) -> str:
        # as text: a list would be walked through, number by number, each time the page is rendered
        return json.dumps(
            np.rint(100 * share[:, :, c]).astype(int).T.tolist(), separators=(",", ":")
        )

    return {
        "start": ensemble.start,
        "p": percent(ensemble.p_in),
        "part": percent(ensemble.p_part),
        "status": _letters(ensemble.status[0, :, :, c]) if ensemble.runs == 1 else [],
        "runs": ensemble.runs,
        "run": ensemble.first_run,
        "acts": _acts(ensemble, club) if ensemble.runs == 1 else {},
    }


@lru_cache(maxsize=32)
def facts(case: Case, club: str) -> dict[str, list[list[Any]]]:
    """What the sources say of each month: [kind, words, where it stands] by month; law and record of one club."""
    found: dict[int, dict[tuple[str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
    leads: dict[tuple[str, str], dict[str, str]] = {}
    acts: dict[tuple[int, str], str] = {}
    for event in case.events:
        for kind in ("event", "event ends"):
            to_row = {"page": "evidence", "part": "events", "item": event.event}
            leads.setdefault((kind, event.label), to_row)
        found[month_of(event.date)]["event", event.label].append(event.state)
        if event.date_end is not None and month_of(event.date_end) > month_of(event.date):
            found[month_of(event.date_end)]["event ends", event.label].append(event.state)
    for statute in case.statutes:
        if statute.club != club:
            continue
        words = f"{provision(statute)}: {statute.text}"
        for kind in ("law begins", "law ends"):
            leads[kind, words] = {"page": "rulebook", "rule": statute.id}
        found[month_of(statute.from_)]["law begins", words] = []
        if statute.until is not None:
            found[month_of(statute.until)]["law ends", words] = []
    for row in case.record:
        if row.club == club and row.act not in QUIET:
            verb = row.act.replace("_", " ")
            found[month_of(row.date)]["record", verb].append(row.state)
            item = f"{row.club} {row.state} {row.date}"
            acts.setdefault((month_of(row.date), verb), item)
    names = {s.state: s.name for s in case.states}
    return {
        month_label(month): [
            [
                kind,
                _with_states(words, [names[s] for s in dict.fromkeys(states)]),
                {"page": "evidence", "part": "record", "item": acts[month, words]}
                if kind == "record"
                else leads[kind, words],
            ]
            for (kind, words), states in sorted(by_words.items(), key=lambda item: _rank(item[0]))
        ]
        for month, by_words in found.items()
        if case.start <= month <= case.end
    }


def _rank(item: tuple[str, str]) -> int:
    return ("record", "event", "event ends", "law begins", "law ends").index(item[0])


def _with_states(words: str, states: list[str]) -> str:
    return f"{words} ({', '.join(states)})" if states else words


def _letters(status: Status8) -> list[str]:
    """Statuses of shape (T, S) as one word a state: a for 0, b for 1 and so on."""
    return ["".join(chr(97 + v) for v in column) for column in status.T.tolist()]


def _acts(ensemble: Ensemble, club: str) -> dict[str, list[str]]:
    table = ensemble.acts()
    names = {s.state: s.name for s in ensemble.case.states}
    quiet = {act.name.lower() for act in (Act.ABSTAIN, Act.CARRY_OVER)}
    found: dict[str, list[str]] = defaultdict(list)
    for row in table[table["club"] == club].itertuples():
        if row.act not in quiet:
            found[row.month].append(f"{names[row.state]}: {row.act.replace('_', ' ')}")
    return dict(found)
