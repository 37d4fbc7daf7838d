"""What a class finds out about itself: what it expects of each state, its scores, whether it was as right as sure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tashkent.dashboard.room import Classroom, Expectation, Hearing, Round, Submission
from tashkent.experiments.predictions import brier

#: bars of the histogram of scores, from 0 to 1
BARS = 10
#: what a confidence of one half scores, whatever is found
EVEN = 0.25
#: column of the table of a room -> what it means
COLUMNS = {
    "turn": "Number of the question in the room",
    "kind": "question, story or council",
    "code": "The question, step of the story or petition, by its code",
    "title": "The same in words",
    "club": "Club, by its code in the case",
    "start": "Up to the end of this month all is as in the record, YYYY-MM",
    "month": "The month that is asked about, YYYY-MM",
    "student": "Number of the student in the room",
    "name": "The name, if one was given; of a file that was carried in the file's",
    "state": "State; in a council the member for which the student speaks",
    "expected": "What was expected: up, none, down; of a story in, out; in a council object, agree",
    "sure": "How sure of it, in per cent",
    "found": "What the model finds, or of a story the record says; empty before it is shown",
    "right": "1 if that is what was expected",
    "brier": "Score: squared distance of the confidence from what was found",
    "late": "1 if it came after the answer was shown; such rows do not count",
    "hidden": "1 if the teacher took the reason off the board",
    "why": "The reason, as it was typed",
}


@dataclass(frozen=True)
class _Scored:
    """One expectation with what was found."""

    sure: int
    found: str
    right: bool

    @property
    def brier(self) -> float:
        return brier(self.sure / 100, self.right)


def expected(asked: Round) -> list[dict[str, Any]]:
    """What the class expects, state by state: how many each direction, and how sure these are on average."""
    assert not isinstance(asked.about, Hearing)
    rows = []
    for place in asked.about.states:
        said = [s.expected[place.id] for s in asked.counted.values() if place.id in s.expected]
        if said or place.id in asked.about.first:
            bars = {d: _bar(e for e in said if e.direction == d) for d in asked.about.directions}
            rows.append({**place.model_dump(), "said": len(said), "bars": bars})
    first = asked.about.first
    return sorted(
        rows, key=lambda row: first.index(row["id"]) if row["id"] in first else len(first)
    )


def _bar(said: Iterable[Expectation]) -> dict[str, int]:
    sure = [e.sure for e in said]
    return {"many": len(sure), "sure": round(sum(sure) / len(sure)) if sure else 0}


def _scored(asked: Round, sent: Submission) -> dict[str, _Scored]:
    """What one student expects of each state with what was found; none before there is an answer."""
    if isinstance(asked.about, Hearing):
        return {}
    answer = asked.about.answer
    return {
        state: _Scored(e.sure, answer[state].found, e.direction == answer[state].found)
        for state, e in sent.expected.items()
        if state in answer
    }


def score_of(asked: Round, sent: Submission) -> float | None:
    """The mean score of what one student sent; none before there is an answer."""
    rows = [each.brier for each in _scored(asked, sent).values()]
    return sum(rows) / len(rows) if rows else None


def histogram(asked: Round) -> dict[str, Any]:
    """Scores of students in bars of a tenth, with their number, mean, and how many did better than one half."""
    scores = [score_of(asked, sent) for sent in asked.counted.values()]
    found = [s for s in scores if s is not None]
    bars = [0] * BARS
    for score in found:
        bars[min(int(score * BARS + 1e-9), BARS - 1)] += 1
    return {
        "bars": bars,
        "many": len(found),
        "mean": sum(found) / len(found) if found else None,
        "better": sum(s < EVEN for s in found),
        "late": len(asked.sent) - len(asked.counted),
    }


def calibration(rounds: Iterable[Round]) -> list[dict[str, Any]]:
    """How often those were right who were so sure: a row for each confidence, by tens, that somebody had."""
    groups: dict[int, list[_Scored]] = {}
    for asked in rounds:
        if asked.shown:
            for sent in asked.counted.values():
                for each in _scored(asked, sent).values():
                    groups.setdefault(each.sure // 10 * 10, []).append(each)
    return [
        {
            "sure": round(sum(e.sure for e in groups[low]) / len(groups[low])),
            "right": round(100 * sum(e.right for e in groups[low]) / len(groups[low])),
            "many": len(groups[low]),
        }
        for low in sorted(groups)
    ]


def reasons(asked: Round, *, hidden: bool = False) -> list[dict[str, Any]]:
    """Reasons without names, by the direction that their writers expect of the first state that they predicted.

    In a council the groups are those who object and those who do not. `hidden` gives those off the board too, each
    with the student's number, which the teacher needs to take one off.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for number, sent in asked.counted.items():
        if sent.why.strip() and (hidden or not sent.hidden):
            told: dict[str, Any] = {"why": sent.why.strip()}
            if hidden:
                told |= {"student": number, "hidden": sent.hidden}
            groups.setdefault(_group(asked, sent), []).append(told)
    # in the order of letters, which tells nothing of who came first
    return [
        {"group": name, "reasons": sorted(groups[name], key=lambda row: row["why"].lower())}
        for name in ("up", "none", "down", "in", "out", "objects", "agrees")
        if name in groups
    ]


def _group(asked: Round, sent: Submission) -> str:
    if isinstance(asked.about, Hearing):
        return "objects" if sent.objects else "agrees"
    order = [*asked.about.first, *sent.expected]
    return next(sent.expected[state].direction for state in order if state in sent.expected)


# councils ------------------------------------------------------------------------------------------


def delegations(room: Classroom, asked: Round) -> dict[str, dict[str, int]]:
    """Of each member of a council: how many students speak for it, how many object, and how many do not."""
    assert isinstance(asked.about, Hearing)
    found = {m.id: {"students": 0, "objects": 0, "agrees": 0} for m in asked.about.members}
    for student in room.students.values():
        own = found[room.member_of(student, asked)]
        own["students"] += 1
        if sent := asked.counted.get(student.number):
            own["objects" if sent.objects else "agrees"] += 1
    return found


def outcome(about: Hearing, votes: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """What the class's council decides: a member objects if more of those who speak for it object than not."""
    objecting = [m.id for m in about.members if votes[m.id]["objects"] > votes[m.id]["agrees"]]
    refused = about.enough is not None and len(objecting) >= about.enough
    refused = refused or about.needed in objecting
    return {"objecting": objecting, "granted": not refused}


# all of it -----------------------------------------------------------------------------------------


def table(room: Classroom) -> pd.DataFrame:
    """All that was sent in a room, a row for each student, question and state (`COLUMNS`)."""
    names = {student.number: student.name for student in room.students.values()}
    by_number = {student.number: student for student in room.students.values()}
    rows: list[dict[str, Any]] = []
    for turn, asked in enumerate(room.rounds, start=1):
        about = asked.about
        for number, sent in sorted(asked.sent.items()):
            common: dict[str, Any] = {
                "turn": turn,
                "kind": about.kind,
                "code": about.code,
                "title": about.title,
                "club": about.club,
                "month": about.month,
                "student": number,
                "name": names[number],
                "late": int(sent.late),
                "hidden": int(sent.hidden),
                "why": sent.why,
            }
            if isinstance(about, Hearing):
                member = room.member_of(by_number[number], asked)
                rows.append(
                    common | {"state": member, "expected": "object" if sent.objects else "agree"}
                )
                continue
            scored = _scored(asked, sent) if asked.shown else {}
            for state, e in sent.expected.items():
                row: dict[str, Any] = common | {"start": about.start, "state": state}
                row |= {"expected": e.direction, "sure": e.sure}
                if each := scored.get(state):
                    row |= {"found": each.found, "right": int(each.right)}
                    row["brier"] = round(each.brier, 4)
                rows.append(row)
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    whole = ("sure", "right")
    return found.astype(dict.fromkeys(whole, "Int64"))
