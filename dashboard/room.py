"""A class in one room: who is in it, what is asked, and what each expects; plain data, which a file can hold."""

import secrets
import time
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

#: how far a question is: predictions are taken; the class sees its own; the answer is drawn over it; then the scores
PHASES = ("open", "class", "answer", "scores")
Phase = Literal["open", "class", "answer", "scores"]
#: letters of a room's code that nobody takes for another, and how many
LETTERS, CODE = "ABCDEFGHJKMNPQRSTUVWXYZ", 5
#: characters of a name and of a reason, students of a room, and questions of a room
LONGEST_NAME, LONGEST_WHY, MOST_STUDENTS, MOST_ROUNDS = 40, 600, 200, 60


class Sent(BaseModel):
    """What comes over the network or out of a file: nothing but what is named, and of its type."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


#: what may be expected of a state: of a question that its share of runs falls, stays or rises; of a story out or in
Direction = Literal["down", "none", "up", "out", "in"]


class Expectation(Sent):
    """The direction that somebody expects of a state, and how sure of it, in per cent."""

    direction: Direction
    sure: int = Field(ge=50, le=100)


class Submission(Sent):
    """What a student sent for a question: expectations by state, or an objection in the council, and why."""

    expected: dict[str, Expectation] = Field(default={}, max_length=100)
    objects: bool | None = None
    why: str = Field(default="", max_length=LONGEST_WHY)
    #: it came after the answer was shown
    late: bool = False
    #: the teacher has taken the reason off the board
    hidden: bool = False


class Finding(Sent):
    """What the model finds of a state in the month that is asked about: shares of runs, and 90% of their luck."""

    found: Direction
    baseline: float
    changed: float
    change: float
    luck: float


class Recorded(Sent):
    """Where the record has a state in the month that is asked about, and in which share of runs it is in."""

    found: Direction
    share: float


class Place(Sent):
    """A state of which something is asked."""

    id: str
    name: str
    #: where it is when both worlds begin
    seat: str = ""


class Predicted(Sent):
    """What is to be predicted of states in a club."""

    #: the view of the dashboard that asks the same, as the part of an address after its question mark
    query: str
    code: str
    title: str
    text: str
    club: str
    club_name: str
    #: the month up to which all is as in the record, and the one that is asked about
    start: str
    month: str
    states: list[Place]
    #: the states that are asked about first
    first: list[str]
    directions: list[Direction]
    #: why there is no answer, if it failed
    error: str = ""


class Question(Predicted):
    """A counterfactual as it is put to a class; with its answer, once that is found."""

    kind: Literal["question"] = "question"
    directions: list[Direction] = ["down", "none", "up"]
    #: what it changes, in words
    changes: list[str]
    answer: dict[str, Finding] = {}
    #: what becomes of both worlds, in sentences
    course: list[str] = []
    lesson: str = ""
    #: no seat is another in any run and month: a zero by construction
    zero: bool = False
    #: points that a share of one world may be off, at most
    off: int = 0


class Stop(Predicted):
    """A step of the story at which it is predicted where its state is later; with what the record says, once asked."""

    kind: Literal["story"] = "story"
    directions: list[Direction] = ["out", "in"]
    answer: dict[str, Recorded] = {}
    #: on how many runs the shares of the answer rest
    runs: int = 0


class Member(Place):
    """A member whose say is asked for, and the mean chance that it objects in the model."""

    objects: float


class Hearing(Sent):
    """A petition as it came before a council by the record, and what the model's council would have made of it."""

    kind: Literal["council"] = "council"
    #: the month, the petitioner and the kind of petition, as one name
    code: str
    title: str
    text: str
    club: str
    club_name: str
    month: str
    #: the rules in force: what each says, and where it stands
    rules: list[tuple[str, str]]
    #: what an objection does under them, in a sentence
    effect: str
    #: how many objections refuse it; none if no number does
    enough: int | None
    members: list[Member]
    #: the member without which nothing comes, whatever the others say; none if empty
    needed: str = ""
    #: the mean chance that the model's council grants it
    granted: float
    #: what happened by the record, and whether it was granted
    record: str
    met: bool


class Round(Sent):
    """Something asked of the class, and what each student sent, by the student's number."""

    about: Annotated[Question | Stop | Hearing, Field(discriminator="kind")]
    phase: Phase = "open"
    sent: dict[int, Submission] = {}

    @property
    def counted(self) -> dict[int, Submission]:
        """What was sent before the answer was shown."""
        return {number: each for number, each in self.sent.items() if not each.late}

    @property
    def shown(self) -> bool:
        """Whether the answer has been shown."""
        return PHASES.index(self.phase) >= PHASES.index("answer")


class Student(Sent):
    """Somebody in the room: a number for the tables, a name if one was given, and what proves who it is."""

    number: int
    token: str
    name: str = Field(max_length=LONGEST_NAME)
    #: it is a file that the teacher has carried in, and nobody's phone
    carried: bool = False


class Classroom(Sent):
    """A room that is open."""

    code: str
    #: what proves that somebody is the teacher
    teacher: str
    #: the case that it is about, by its hash
    case_hash: str
    #: seconds since 1970
    opened: float
    #: whether the code still lets anybody in
    door: bool = True
    students: dict[str, Student] = {}
    rounds: list[Round] = []

    @property
    def now(self) -> Round | None:
        """What is asked at the moment."""
        return self.rounds[-1] if self.rounds else None

    def join(self, name: str) -> Student:
        """A new student of the room.

        Raises
        ------
        ValueError
            If the room is full, or its door is closed.
        """
        if not self.door:
            raise ValueError("The door of this room is closed. Ask your teacher.")
        return self._enter(name, carried=False)

    def carry(self, name: str, turn: int, submission: Submission) -> Submission:
        """Take what a file that the teacher has expects; of one name are the files of one student.

        Raises
        ------
        ValueError
            If the room is full, if a file of that name is in already, or as `send` does; then nobody has come in.
        """
        asked, words = self._check_sent(turn, submission), _as_name(name)
        found = next((s for s in self.students.values() if s.carried and s.name == words), None)
        if found and found.number in asked.sent:
            raise ValueError(
                f"A file {words} is in already. If this is another, give it another name."
            )
        return self.send(found or self._enter(name, carried=True), turn, submission)

    def _enter(self, name: str, *, carried: bool) -> Student:
        if len(self.students) >= MOST_STUDENTS:
            raise ValueError(f"The room is full: {MOST_STUDENTS} are in it.")
        student = Student(
            number=len(self.students) + 1, token=secret(), name=_as_name(name), carried=carried
        )
        self.students[student.token] = student
        return student

    def send(self, student: Student, turn: int, submission: Submission) -> Submission:
        """Take what a student sends for the question of a turn; the last that came before the answer counts.

        Raises
        ------
        ValueError
            If there is no such question, or if it asks something else.
        """
        asked = self._check_sent(turn, submission)
        before = asked.sent.get(student.number)
        if asked.shown and before is not None and not before.late:
            return before
        kept = submission.model_copy(
            update={"late": asked.shown, "hidden": False, "why": plain(submission.why)}
        )
        asked.sent[student.number] = kept
        return kept

    def round_of(self, turn: int) -> Round:
        """What was asked in a turn.

        Raises
        ------
        ValueError
            If nothing was.
        """
        if not 0 <= turn < len(self.rounds):
            raise ValueError("There is no such question in this room.")
        return self.rounds[turn]

    def _check_sent(self, turn: int, submission: Submission) -> Round:
        """What is asked in a turn, if this answers it."""
        asked = self.round_of(turn)
        _check(asked.about, submission)
        return asked

    def member_of(self, student: Student, asked: Round) -> str:
        """The member that a student speaks for in a council, in turn; empty where nobody speaks for anybody."""
        if not isinstance(asked.about, Hearing):
            return ""
        members = asked.about.members
        return members[(student.number - 1) % len(members)].id


def open_room(case_hash: str, taken: Sequence[str] = ()) -> Classroom:
    """A new room with a code of its own."""
    while True:
        code = "".join(secrets.choice(LETTERS) for _ in range(CODE))
        if code not in taken:
            return Classroom(code=code, teacher=secret(), case_hash=case_hash, opened=time.time())


def secret() -> str:
    """A word that nobody guesses."""
    return secrets.token_urlsafe(18)


def plain(text: str) -> str:
    """A text without signs that steer how it is shown.

    Examples
    --------
    >>> plain("Ann\\u202e\\x00 <b>")
    'Ann <b>'
    """
    return "".join(c for c in text if c.isprintable() or c == "\n")


def _as_name(text: str) -> str:
    return " ".join(plain(text).split())[:LONGEST_NAME].rstrip()


def _check(about: Question | Stop | Hearing, sent: Submission) -> None:
    if isinstance(about, Hearing):
        if sent.expected or sent.objects is None:
            raise ValueError("The council asks whether a member objects.")
        return
    if sent.objects is not None or not sent.expected:
        raise ValueError("One state at least is to be predicted.")
    known = {place.id for place in about.states}
    for state, each in sent.expected.items():
        if state not in known:
            raise ValueError("That state is not asked about.")
        if each.direction not in about.directions:
            raise ValueError("That cannot be expected here.")
