"""A class in one room, without a browser: who may do what, what is counted, and that nothing sent is lost."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tashkent.cli import main
from tashkent.dashboard import room_council, room_keeping, room_questions, room_server, server
from tashkent.dashboard.guard import Guard, Room
from tashkent.dashboard.room import (
    LONGEST_NAME,
    MOST_STUDENTS,
    Classroom,
    Expectation,
    Finding,
    Hearing,
    Member,
    Place,
    Question,
    Recorded,
    Round,
    Submission,
    open_room,
)
from tashkent.dashboard.room_council import hearing_of, petitions
from tashkent.dashboard.room_keeping import FORGOTTEN, Keeper, private
from tashkent.dashboard.room_questions import answered, question_of
from tashkent.dashboard.room_scores import calibration, histogram, outcome, reasons, table
from tashkent.dashboard.room_server import ClassPages, Quota
from tashkent.dashboard.room_views import told_of
from tashkent.experiments.compare import compare
from tashkent.experiments.predictions import direction_found
from tashkent.model.case import Case
from tashkent.model.parameters import ParameterDraws
from tashkent.model.plain import csv_text
from tashkent.model.simulate import simulate
from tests.test_guard import asked as answered_by


def question(**other: Any) -> Question:
    places = [Place(id="UZB", name="Uzbekistan"), Place(id="GEO", name="Georgia")]
    words = dict.fromkeys(("query", "code", "title", "text", "club_name"), "x")
    return Question(
        **{**words, "changes": [], "club": "CST", "start": "1998-12", "month": "1999-12"},
        states=places,
        first=["UZB"],
        **other,
    )


def finding(found: Any = "up") -> Finding:
    return Finding(found=found, baseline=0.3, changed=0.9, change=0.6, luck=0.01)


def council(enough: int | None = 1, needed: str = "") -> Hearing:
    words = dict.fromkeys(("code", "title", "text", "club", "club_name", "effect", "record"), "x")
    members = [Member(id=s, name=s, objects=0.1) for s in ("ARM", "RUS")]
    return Hearing(
        **words,
        month="2010-06",
        rules=[],
        enough=enough,
        members=members,
        needed=needed,
        granted=0.2,
        met=False,
    )


def expects(direction: Any, sure: int, state: str = "UZB", why: str = "") -> Submission:
    return Submission(expected={state: Expectation(direction=direction, sure=sure)}, why=why)


def classroom(*sent: Submission, about: Question | Hearing | None = None) -> Classroom:
    room = open_room("hash")
    room.rounds.append(Round(about=about or question(answer={"UZB": finding()})))
    for each in sent:
        room.send(room.join(""), 0, each)
    return room


class Client:
    """What pages ask, without a network."""

    def __init__(self, pages: ClassPages) -> None:
        self.app, self.whence = pages.app(), "10.0.0.1"

    async def __call__(self, path: str, token: str = "", body: Any = None) -> tuple[int, Any]:
        sent: list[Any] = []
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "path": f"/room/{path}",
            "method": "GET" if body is None else "POST",
            "headers": [(b"x-token", token.encode()), (b"host", b"localhost:1")],
            "query_string": query.encode(),
            "client": (self.whence, 1),
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"" if body is None else content}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        text = b"".join(message.get("body", b"") for message in sent[1:])
        return sent[0]["status"], text.decode() if b"csv" in path.encode() else json.loads(text)


@pytest.fixture
def keeper(case: Case, tmp_path: Path) -> Keeper:
    return Keeper(tmp_path / "rooms", case.hash)


@pytest.fixture
def play(
    case: Case, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Client], Awaitable[None]]], None]:
    """Runs a scene with a client; the model's answer is given."""
    monkeypatch.setattr(
        room_server,
        "answered",
        lambda case, about, progress: {"answer": {p.id: finding() for p in about.states}},
    )

    def run(scene: Callable[[Client], Awaitable[None]]) -> None:
        pages = ClassPages(case, keeper, lambda _: "http://here/room/")
        asyncio.run(scene(Client(pages)))  # type: ignore[arg-type]

    return run


SENT = {"expected": {"UZB": {"direction": "up", "sure": 90}}, "why": "afraid"}


async def opened(client: Client, keeper: Keeper) -> tuple[str, str]:
    _, room = await client("api/rooms", keeper.key, {})
    return room["token"], room["code"]


async def joined(client: Client, code: str, name: str = "") -> str:
    status, found = await client("api/join", body={"code": code, "name": name})
    assert status == 200, found
    return str(found["token"])


async def until_ready(client: Client, teacher: str) -> None:
    while not (await client("api/teacher", teacher))[1]["ready"]:
        await asyncio.sleep(0.01)


def test_a_lesson_is_played_and_the_answer_is_in_nothing_before_it_is_shown(
    play: Any, keeper: Keeper
) -> None:
    async def scene(client: Client) -> None:
        teacher, code = await opened(client, keeper)
        ann, bob = await joined(client, code.lower(), "Ann"), await joined(client, f" {code} ")
        assert (await client("api/ask", teacher, {"what": "page=whatif&cf=CF2"}))[0] == 200
        status, answer = await client("api/send", ann, {"turn": 0, "sent": SENT})
        assert (status, answer["late"]) == (200, False)
        assert answer["mine"]["round"]["sent"]["why"] == "afraid"
        await until_ready(client, teacher)
        for phase in ("open", "class"):
            assert (await client("api/phase", teacher, {"turn": 0, "phase": phase}))[0] == 200
            for path, token in (("mine", ann), (f"board?code={code}", ""), ("teacher", teacher)):
                told = (await client(f"api/{path}", token))[1]
                assert "answer" not in told["round"], path
                assert "lesson" not in told["round"], path
        board = (await client(f"api/board?code={code}"))[1]
        assert "Ann" not in json.dumps(board)
        assert board["round"]["expected"][0]["bars"]["up"] == {"many": 1, "sure": 90}
        await client("api/phase", teacher, {"turn": 0, "phase": "scores"})
        board = (await client(f"api/board?code={code}"))[1]
        assert board["round"]["histogram"]["many"] == 1
        assert (await client("api/mine", ann))[1]["round"]["score"] == pytest.approx(0.01)
        # what comes now is kept, and does not count; what counted stays
        assert (await client("api/send", bob, {"turn": 0, "sent": SENT}))[1]["late"]
        again = {**SENT, "expected": {"UZB": {"direction": "down", "sure": 50}}}
        assert not (await client("api/send", ann, {"turn": 0, "sent": again}))[1]["late"]
        board = (await client(f"api/board?code={code}"))[1]
        assert (board["round"]["sent"], board["round"]["late"]) == (1, 1)
        assert (await client("api/phase", teacher, {"turn": 0, "phase": "open"}))[0] == 409
        await client("api/hide", teacher, {"turn": 0, "student": 1, "hidden": True})
        assert (await client(f"api/board?code={code}"))[1]["round"]["reasons"] == []
        text = (await client("api/table.csv", teacher))[1]
        assert [line.split(",")[7:14] for line in text.splitlines()[1:]] == [
            ["1", "Ann", "UZB", "up", "90", "up", "1"],
            ["2", "", "UZB", "up", "90", "up", "1"],
        ]

    play(scene)


def test_rooms_do_not_see_each_other_and_tokens_open_one_thing(play: Any, keeper: Keeper) -> None:
    async def scene(client: Client) -> None:
        one, code = await opened(client, keeper)
        two, other = await opened(client, keeper)
        ann = await joined(client, code)
        await client("api/ask", one, {"what": "page=whatif&cf=CF2"})
        assert (await client(f"api/board?code={other}"))[1]["round"] is None
        assert (await client("api/teacher", two))[1]["students"] == 0
        for token in (ann, "", "x", keeper.key):
            assert (await client("api/teacher", token))[0] == 401
            assert (await client("api/table.csv", token))[0] == 401
        for token in (one, "", keeper.key):
            assert (await client("api/mine", token))[0] == 401
        assert (await client("api/rooms", one, {}))[0] == 401
        assert (await client("api/board?code=WRONG"))[0] == 404
        assert (await client("api/close", one, {}))[0] == 200
        assert (await client("api/mine", ann))[0] == 401
        assert (await client("api/board?code=" + other))[0] == 200

    play(scene)


def test_a_closed_room_leaves_nothing_on_the_disk(play: Any, keeper: Keeper) -> None:
    async def scene(client: Client) -> None:
        teacher, code = await opened(client, keeper)
        await joined(client, code, "Ann")
        assert len([*keeper.folder.iterdir()]) == 2
        await client("api/close", teacher, {})
        assert [*keeper.folder.iterdir()] == []
        assert (await client("api/rooms", keeper.key, {}))[0] == 200

    play(scene)


def test_who_guesses_codes_waits_with_the_right_one_too(
    play: Any, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_server, "WRONG_CODES", 3)

    async def scene(client: Client) -> None:
        _, code = await opened(client, keeper)
        found = [(await client("api/board?code=WRONG"))[0] for _ in range(4)]
        assert found == [404, 404, 404, 429]
        assert (await client(f"api/board?code={code}"))[0] == 429
        client.whence = "10.0.0.2"
        assert (await client(f"api/board?code={code}"))[0] == 200

    play(scene)


def test_a_stop_of_the_story_is_asked_and_the_record_answers(
    play: Any, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        room_server,
        "answered",
        lambda case, about, progress: {"answer": {"UZB": Recorded(found="out", share=0.4)}},
    )

    async def scene(client: Client) -> None:
        teacher, code = await opened(client, keeper)
        ann = await joined(client, code)
        offered = (await client("api/teacher", teacher))[1]["questions"]
        (query,) = (row["query"] for row in offered if row["code"] == "story 4")
        assert (await client("api/ask", teacher, {"what": query}))[0] == 200
        told = (await client("api/mine", ann))[1]["round"]
        assert (told["month"], told["club_name"]) == ("1999-04", "CST")
        assert told["directions"] == ["out", "in"]
        assert "answer" not in told
        sent = {"expected": {"UZB": {"direction": "up", "sure": 80}}}
        assert (await client("api/send", ann, {"turn": 0, "sent": sent}))[0] == 409
        sent["expected"]["UZB"]["direction"] = "in"
        assert (await client("api/send", ann, {"turn": 0, "sent": sent}))[0] == 200
        await until_ready(client, teacher)
        await client("api/phase", teacher, {"turn": 0, "phase": "scores"})
        board = (await client(f"api/board?code={code}"))[1]["round"]
        assert board["expected"][0]["bars"]["in"] == {"many": 1, "sure": 80}
        assert board["histogram"]["mean"] == pytest.approx(0.64)
        assert (await client("api/ask", teacher, {"what": "page=story&step=1"}))[0] == 409

    play(scene)


PREDICTED = "state,direction,confidence,club,month\nUZB,up,0.85,CST,1999-12\nGEO,none,0.6,,\n"


def test_a_file_counts_as_one_student(play: Any, keeper: Keeper) -> None:
    async def scene(client: Client) -> None:
        teacher, code = await opened(client, keeper)

        async def carry(file: str, text: str) -> tuple[int, Any]:
            return await client("api/carry", teacher, {"turn": 0, "file": file, "text": text})

        assert (await carry("ann.csv", PREDICTED))[0] == 409  # nothing is asked yet
        ann = await joined(client, code, "ann.csv")
        await client("api/ask", teacher, {"what": "page=whatif&cf=CF2"})
        assert (await client("api/carry", ann, {"turn": 0, "file": "x", "text": ""}))[0] == 401
        assert (await carry("ann.csv", PREDICTED))[0] == 200
        for file, text, words in (
            ("ann.csv", PREDICTED, "A file ann.csv is in already"),
            (
                "bob.csv",
                PREDICTED.replace("1999-12", "2000-06"),
                "UZB is predicted in CST by 2000-06",
            ),
            ("bob.csv", PREDICTED.replace("UZB", "UZX"), "nearest valid name: UZB"),
            ("bob.csv", "state\n", "bob.csv: "),
        ):
            status, found = await carry(file, text)
            assert status == 409
            assert words in found["error"]
        await until_ready(client, teacher)
        await client("api/phase", teacher, {"turn": 0, "phase": "scores"})
        board = (await client(f"api/board?code={code}"))[1]
        assert (board["students"], board["round"]["histogram"]["many"]) == (2, 1)
        assert (await carry("bob.csv", PREDICTED))[0] == 200
        rows = (await client("api/table.csv", teacher))[1].splitlines()[1:]
        assert [line.split(",")[7:12] for line in rows] == [
            ["2", "ann.csv", "UZB", "up", "85"],
            ["2", "ann.csv", "GEO", "none", "60"],
            ["3", "bob.csv", "UZB", "up", "85"],
            ["3", "bob.csv", "GEO", "none", "60"],
        ]
        assert (await client(f"api/board?code={code}"))[1]["round"]["late"] == 1

    play(scene)


def test_who_waits_is_told_at_once_and_of_what_concerns_it(play: Any, keeper: Keeper) -> None:
    async def scene(client: Client) -> None:
        teacher, code = await opened(client, keeper)
        ann = await joined(client, code)
        version = (await client("api/mine", ann))[1]["version"]
        waiting = asyncio.create_task(client(f"api/mine?since={version}", ann))
        await joined(client, code)
        await asyncio.sleep(0.02)
        assert not waiting.done()
        await client("api/ask", teacher, {"what": "page=whatif&cf=CF2"})
        assert (await asyncio.wait_for(waiting, 60))[1]["round"]["code"] == "CF2"

    play(scene)


def test_a_new_server_finds_rooms_as_they_were_and_answers_what_was_begun(
    case: Case, keeper: Keeper, play: Any
) -> None:
    async def before(client: Client) -> None:
        teacher, code = await opened(client, keeper)
        tokens.append(await joined(client, code, "Ann"))
        await client("api/ask", teacher, {"what": "page=whatif&cf=CF2"})
        await client("api/send", tokens[0], {"turn": 0, "sent": SENT})
        keeper.rooms[code].room.rounds[0].about.answer.clear()  # type: ignore[union-attr]
        await keeper.rooms[code].keep()

    tokens: list[str] = []
    play(before)
    later = Keeper(keeper.folder, case.hash)
    assert later.key == keeper.key
    assert later.born != keeper.born

    async def after() -> None:
        client = Client(ClassPages(case, later, lambda _: ""))
        status, told = await client("api/mine", tokens[0])
        assert status == 200
        assert (told["name"], told["round"]["sent"]["why"]) == ("Ann", "afraid")
        (room,) = later.rooms.values()
        while not room.room.rounds[0].about.answer:  # type: ignore[union-attr]
            await asyncio.sleep(0.01)

    asyncio.run(after())


def test_what_is_no_room_or_of_another_case_or_old_stays_closed(
    case: Case, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = private(tmp_path / "rooms")
    (folder / "a.room.json").write_text("{}")
    (folder / "b.room.json").write_text(open_room("another").model_dump_json())
    old = open_room(case.hash)
    old.opened -= FORGOTTEN + 1
    (folder / "c.room.json").write_text(old.model_dump_json())
    assert Keeper(folder, case.hash).rooms == {}
    assert sorted(p.name for p in folder.iterdir()) == ["a.room.json", "b.room.json"]
    os.utime(folder / "a.room.json", (old.opened, old.opened))
    Keeper(folder, case.hash)
    assert [p.name for p in folder.iterdir()] == ["b.room.json"]
    assert "holds no room" in caplog.text
    assert "is of another case" in caplog.text


def test_a_folder_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(tmp_path / "open")
    for name, words in (("open", "can be read by others"), ("link", "is no folder")):
        with pytest.raises(OSError, match=words):
            private(tmp_path / name)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"expected": {}}, 409),
        ({"expected": {"XYZ": {"direction": "up", "sure": 90}}}, 409),
        ({"expected": {"UZB": {"direction": "up", "sure": 49}}}, 400),
        ({"expected": {"UZB": {"direction": "up", "sure": 101}}}, 400),
        ({"expected": {"UZB": {"direction": "away", "sure": 70}}}, 400),
        ({"expected": {"UZB": {"direction": "up", "sure": 70}}, "objects": True}, 409),
        ({**SENT, "why": "x" * 601}, 400),
        ({**SENT, "score": 0}, 400),
        (b"{", 400),
        (b"x" * 20_000, 413),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    play: Any, keeper: Keeper, sent: Any, status: int
) -> None:
    async def scene(client: Client) -> None:
        teacher, code = await opened(client, keeper)
        ann = await joined(client, code)
        await client("api/ask", teacher, {"what": "page=whatif&cf=CF2"})
        body = sent if isinstance(sent, bytes) else {"turn": 0, "sent": sent}
        found = await client("api/send", ann, body)
        assert found[0] == status
        assert found[1]["error"]
        assert (await client("api/send", ann, {"turn": 1, "sent": SENT}))[0] == 409
        assert (await client("api/mine", ann))[1]["round"]["sent"] is None

    play(scene)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("page=whatif&cf=CF999", 'There is no question "CF999" here'),
        ("http://localhost/?page=simulate", "This link leads to no question"),
        ("page=whatif&cf=own&own=broken", "the question in this link is damaged"),
    ],
)
def test_what_is_no_question_is_not_asked(case: Case, what: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        question_of(case, what)


def test_a_question_of_a_link_keeps_its_start_month_club_and_runs(case: Case) -> None:
    link = "http://here/?page=whatif&cf=CF2&from=1998-12&by=2000-06&club=CST&runs=40&seed=3"
    found = question_of(case, link + "&guess=UZB:up:90")
    assert (found.start, found.month, found.club) == ("1998-12", "2000-06", "CST")
    assert "runs=40&seed=3" in found.query
    assert "guess" not in found.query
    assert found.first == ["UZB", "AZE", "GEO"]


def test_names_and_floods() -> None:
    room = open_room("hash")
    assert room.join("  <b>Ann</b>\n\u202eB ").name == "<b>Ann</b> B"
    assert len(room.join("x" * 500).name) == LONGEST_NAME
    for _ in range(MOST_STUDENTS - 2):
        room.join("")
    with pytest.raises(ValueError, match="The room is full"):
        room.join("")
    room.door = False
    with pytest.raises(ValueError, match="door of this room is closed"):
        room.join("")


def test_a_quota_is_spent_and_comes_back() -> None:
    quota = Quota(3, names=2)
    assert [quota.spend("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert quota.spend("b", 0.0)
    assert (quota.left("a", 0.0), quota.left("b", 0.0)) == (False, True)
    assert not quota.spend("a", 19.0)
    assert quota.spend("a", 41.0)
    quota.spend("b", 41.0)
    quota.spend("c", 41.0)
    assert len(quota._spent) == 2


def test_scores_by_hand() -> None:
    room = classroom(
        expects("up", 90), expects("down", 90), expects("up", 50), expects("none", 60, "GEO")
    )
    asked = room.rounds[0]
    asked.phase = "answer"
    room.send(room.join(""), 0, expects("up", 100))
    found = histogram(asked)
    # 0.01, 0.81 and 0.25; of Georgia nothing is found; one was late
    assert found["bars"] == [1, 0, 1, 0, 0, 0, 0, 0, 1, 0]
    assert (found["many"], found["better"], found["late"]) == (3, 1, 1)
    assert found["mean"] == pytest.approx((0.01 + 0.81 + 0.25) / 3)
    assert calibration(room.rounds) == [
        {"sure": 50, "right": 100, "many": 1},
        {"sure": 90, "right": 50, "many": 2},
    ]


def test_a_score_of_one_is_in_the_last_bar_and_nobody_has_no_mean() -> None:
    asked = classroom(expects("down", 100)).rounds[0]
    assert histogram(asked)["bars"] == [0] * 9 + [1]
    assert histogram(classroom().rounds[0])["mean"] is None


def test_reasons_stand_by_direction_without_who_and_when() -> None:
    asked = classroom(
        expects("up", 90, why="b"), expects("up", 90, why="a"), expects("none", 50, "GEO", "c")
    ).rounds[0]
    asked.sent[1].hidden = True
    assert reasons(asked) == [
        {"group": "up", "reasons": [{"why": "a"}]},
        {"group": "none", "reasons": [{"why": "c"}]},
    ]
    assert reasons(asked, hidden=True)[0]["reasons"][1] == {
        "why": "b",
        "student": 1,
        "hidden": True,
    }


def test_no_cell_of_the_table_is_computed_and_nothing_is_found_before_it_is_shown() -> None:
    room = classroom(expects("up", 90, why='=HYPERLINK("x")'))
    rows = table(room)
    assert rows["found"].isna().all()
    assert list(rows["sure"]) == [90]
    assert rows["why"].item().startswith("=")
    assert ",'=HYPERLINK" in csv_text(rows).replace('"', "")


@pytest.mark.parametrize(
    ("about", "said", "granted"),
    [
        (council(), {"ARM": (1, 0)}, False),
        (council(), {"ARM": (1, 1)}, True),
        (council(enough=2), {"ARM": (1, 0)}, True),
        (council(enough=2), {"ARM": (2, 1), "RUS": (1, 0)}, False),
        (council(enough=None, needed="RUS"), {"ARM": (1, 0)}, True),
        (council(enough=None, needed="RUS"), {"RUS": (1, 0)}, False),
        (council(enough=0), {}, False),
    ],
)
def test_an_objection_does_what_the_rule_says(about: Hearing, said: Any, granted: bool) -> None:
    votes = {
        m.id: dict(zip(("objects", "agrees"), said.get(m.id, (0, 0)), strict=True))
        for m in about.members
    }
    assert outcome(about, votes)["granted"] == granted


def test_students_of_a_council_speak_for_members_in_turn() -> None:
    room = classroom(about=council())
    who = [room.member_of(room.join(""), room.rounds[0]) for _ in range(3)]
    assert who == ["ARM", "RUS", "ARM"]
    student = next(iter(room.students.values()))
    with pytest.raises(ValueError, match="asks whether a member objects"):
        room.send(student, 0, expects("up", 90))
    assert room.send(student, 0, Submission(objects=True)).objects


def test_phones_take_no_place_of_the_dashboard_and_leave_it_alone(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dashboard(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"dashboard"})

    monkeypatch.setattr(room_server, "the_case", lambda: case)
    monkeypatch.setattr(room_server, "usual_folder", lambda port: tmp_path / f"rooms-{port}")
    app, path = room_server.with_class(dashboard, 8765, "", "", lambda: False)
    assert path.startswith("/room/teacher#")
    room = Room(places=1, each=1)
    with room.place("somebody"):
        guard = Guard(app, room)
        assert answered_by(guard)["status"] == 503
        for name in ("room/", "room/teacher", "room/board", "room/assets/room.css"):
            assert answered_by(guard, path=f"/{name}")["status"] == 200, name
        found = answered_by(guard, path="/room")
        assert dict(found["headers"])[b"location"] == b"room/"
    assert answered_by(guard, path="/roomy")["body"] == "dashboard"
    # what a page of a class may load is less than what the dashboard may
    policies = [v for k, v in answered_by(guard, path="/room/")["headers"] if b"policy" in k]
    assert any(b"script-src 'self';" in policy for policy in policies)


@pytest.mark.parametrize(
    ("host", "board", "address"),
    [
        ("localhost:8765", "http://10.1.2.3:8765/", "http://10.1.2.3:8765/room/"),
        ("127.0.0.1:8765", "", "http://127.0.0.1:8765/class/room/"),
        ("school.example", "http://10.1.2.3:8765/", "http://school.example/class/room/"),
    ],
)
def test_phones_are_sent_where_they_can_come(host: str, board: str, address: str) -> None:
    scope = {"type": "http", "path": "/", "headers": [(b"host", host.encode())], "scheme": "http"}
    request = room_server.Request({**scope, "query_string": b"", "server": ("x", 1)})
    assert room_server.address_of(request, board, "/class") == address


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--root-path", "/room"], "allowed: another path"),
        ([], "rooms cannot be kept"),
    ],
)
def test_a_class_that_cannot_be_served_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    words: str,
) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    monkeypatch.setattr(room_keeping, "usual_folder", lambda port: tmp_path / "open")
    monkeypatch.setattr(server, "check", lambda host, port: None)
    monkeypatch.setattr(server, "serve", lambda *_, **__: pytest.fail("it was served"))
    monkeypatch.setattr("sys.argv", ["tashkent", "app", "--class", "--no-open", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert words in " ".join(capsys.readouterr().err.split())


def test_a_class_is_for_the_network_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served: list[tuple[str, bool]] = []
    monkeypatch.setattr(room_keeping, "usual_folder", lambda port: tmp_path / "rooms")
    monkeypatch.setattr(server, "check", lambda host, port: None)
    monkeypatch.setattr(server, "serve", lambda h, p, **o: served.append((h, o["classes"])))
    for more in ([], ["--class"], ["--class", "--host", "127.0.0.1"]):
        monkeypatch.setattr("sys.argv", ["tashkent", "app", "--no-open", *more])
        with pytest.raises(SystemExit):
            main()
    assert served == [("127.0.0.1", False), ("0.0.0.0", True), ("127.0.0.1", True)]


@pytest.mark.slow
def test_the_answer_is_that_of_the_command(case: Case) -> None:
    about = question_of(case, "page=whatif&cf=CF2&from=1998-12&by=1999-12&runs=20&seed=3")
    told = answered(case, about, lambda _: None)
    (pair,) = compare(case, "CF2", runs=20, seed=3, start="1998-12").pairs
    at = 12, case.state_ids.index("UZB"), 0
    found = told["answer"]["UZB"]
    assert found.found == direction_found(pair, at)
    shares = [float(pair.p_in[world][at]) for world in (0, 1)]
    assert [found.baseline, found.changed] == pytest.approx(shares, abs=1e-4)
    assert set(told["answer"]) == set(case.deciders)
    assert told["course"][0].startswith("Both worlds begin from the record of 1998-12")
    assert (told["zero"], told["off"]) == (False, 58)  # two draws


def test_a_zero_by_construction_is_told_with_the_answer(case: Case) -> None:
    about = question_of(case, "page=whatif&cf=CF1&from=1998-12&by=1999-12&runs=20&seed=3")
    told = answered(case, about, lambda _: None)
    assert told["zero"]
    assert {cell.found for cell in told["answer"].values()} == {"none"}
    found = about.model_copy(update=told)
    shown = {phase: told_of(Round(about=found, phase=phase)) for phase in ("class", "answer")}
    assert shown["answer"]["zero"]
    assert "zero" not in shown["class"]


@pytest.mark.slow
def test_of_a_stop_the_record_answers(
    case: Case, monkeypatch: pytest.MonkeyPatch, some_parameters: ParameterDraws
) -> None:
    runs = simulate(case, some_parameters, seed=1, start=case.start)
    monkeypatch.setattr(
        room_questions, "baseline", lambda case: SimpleNamespace(get=lambda progress: runs)
    )
    stop = question_of(case, "http://here/?page=story&step=4")
    told = answered(case, stop, lambda _: None)
    at = case.month("1999-04", "month") - runs.start, case.state_ids.index("UZB"), 0
    assert told["answer"] == {"UZB": Recorded(found="out", share=float(runs.p_in[at]))}
    assert told["runs"] == runs.runs
    assert stop.states[0].seat == "in"


def test_who_takes_no_part_is_said_of_one_and_of_several() -> None:
    heard = room_council.Heard(
        state="UZB",
        club="CST",
        month=0,
        asks="admission",
        need="",
        against="",
        rules=(),
        objects={"RUS": 0.1},
        absent=("ARM", "BLR"),
        enough=0,
        needed="",
        granted=0.5,
        met=True,
    )
    names = {"ARM": "Armenia", "BLR": "Belarus"}
    words = room_council.effect(heard, names)
    assert words.startswith("Armenia and Belarus take no part, and under this rule absence blocks")
    one = room_council.effect(replace(heard, absent=("ARM",), enough=1), names)
    assert one.endswith("Armenia takes no part, which blocks nothing.")


@pytest.mark.slow
def test_petitions_are_those_of_the_record_under_the_law_of_their_day(case: Case) -> None:
    codes = [each["code"] for each in petitions(case)]
    assert "2006-06 CST UZB admission" in codes
    help_asked = hearing_of(case, "2022-01 CST KAZ help")
    assert help_asked.needed == "RUS"
    assert help_asked.met
    assert "not without Russia" in help_asked.effect
    asked = hearing_of(case, "2010-06 CST KGZ help")
    assert [m.id for m in asked.members] == ["ARM", "BLR", "KAZ", "RUS", "TJK", "UZB"]
    assert asked.enough == 1
    assert asked.record.startswith("It was not granted. Ethnic violence in the south")
    released = hearing_of(case, "2012-12 CST UZB suspension")
    assert "the next regular session of the council decides" in released.rules[0][1]
    with pytest.raises(ValueError, match="no such petition"):
        hearing_of(case, "2012-12 CST UZB")
