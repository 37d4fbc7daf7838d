"""What is seen of a room: by a student, on the board, by the teacher. The answer is in none before it is shown."""

from typing import Any

from tashkent.dashboard.room import PHASES, Hearing, Round, Student
from tashkent.dashboard.room_keeping import Open
from tashkent.dashboard.room_scores import (
    calibration,
    delegations,
    expected,
    histogram,
    outcome,
    reasons,
    score_of,
)

#: of a question and of a petition: what the answer consists of
ANSWER = {"answer", "course", "lesson", "zero", "off", "error"}
OUTCOME = {"granted", "record", "met"}


def for_student(room: Open, student: Student) -> dict[str, Any]:
    """What a phone shows: what is asked, what was sent from it, and its own score once the answer is shown."""
    asked = room.room.now
    told: dict[str, Any] = {
        "version": room.version(of_turn=True),
        "code": room.room.code,
        "name": student.name,
        "number": student.number,
        "turn": len(room.room.rounds) - 1,
        "round": None,
    }
    if asked is None:
        return told
    sent = asked.sent.get(student.number)
    mine = sent.model_dump(exclude={"hidden"}) if sent else None
    told["round"] = {**told_of(asked), "sent": mine}
    if isinstance(asked.about, Hearing):
        told["round"]["member"] = room.room.member_of(student, asked)
    elif asked.shown and sent is not None:
        told["round"]["score"] = score_of(asked, sent)
    return told


def for_board(room: Open, address: str) -> dict[str, Any]:
    """What the projector shows: nobody's name, and nothing of one student alone but reasons."""
    asked = room.room.now
    return {
        "version": room.version(of_turn=False),
        "code": room.room.code,
        "address": address,
        "door": room.room.door,
        "students": len(room.room.students),
        "turn": len(room.room.rounds) - 1,
        "round": None if asked is None else _on_board(room, asked),
    }


def for_teacher(room: Open, address: str) -> dict[str, Any]:
    """What the teacher sees: the board, who is in, who has sent something, and all reasons, to take one off."""
    asked = room.room.now
    told = for_board(room, address)
    sent = asked.sent if asked else {}
    told["who"] = [
        {"number": s.number, "name": s.name, "sent": s.number in sent}
        for s in room.room.students.values()
    ]
    if asked is not None:
        told["all_reasons"] = reasons(asked, hidden=True)
        if isinstance(asked.about, Hearing):
            told["ready"], told["error"] = True, ""
        else:
            told["ready"], told["error"] = bool(asked.about.answer), asked.about.error
    return told


def told_of(asked: Round) -> dict[str, Any]:
    """What is asked, with its answer if that is shown."""
    told = asked.about.model_dump(exclude=set() if asked.shown else ANSWER | OUTCOME)
    if isinstance(asked.about, Hearing) and not asked.shown:
        for member in told["members"]:
            del member["objects"]
    return {**told, "phase": asked.phase}


def _on_board(room: Open, asked: Round) -> dict[str, Any]:
    told = {
        **told_of(asked),
        "sent": len(asked.counted),
        "late": len(asked.sent) - len(asked.counted),
    }
    seen = PHASES.index(asked.phase)
    if seen >= PHASES.index("class"):
        if isinstance(asked.about, Hearing):
            votes = delegations(room.room, asked)
            told |= {"votes": votes, "outcome": outcome(asked.about, votes)}
        else:
            told["expected"] = expected(asked)
    if asked.phase == "scores":
        told["reasons"] = reasons(asked)
        if not isinstance(asked.about, Hearing):
            told |= {
                "histogram": histogram(asked),
                "calibration": calibration([asked]),
                "so_far": calibration(room.room.rounds),
            }
    return told
