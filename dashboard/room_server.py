"""The pages of a class and what they ask of the server: join, send, see; for the teacher to ask, reveal, hide, close.

Nothing of it is a page of Solara: a phone holds a small file and one request that waits, so thirty cost next to
nothing. Who somebody is says a token in a header, which no other website can send.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from string import Template
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tashkent.dashboard import room_scores
from tashkent.dashboard.guard import ALONE, CLASS, App, Receive, Scope, Send
from tashkent.dashboard.results import the_case
from tashkent.dashboard.room import (
    LONGEST_NAME,
    MOST_ROUNDS,
    PHASES,
    Hearing,
    Phase,
    Question,
    Round,
    Sent,
    Stop,
    Student,
    Submission,
)
from tashkent.dashboard.room_council import hearing_of, petitions
from tashkent.dashboard.room_keeping import Keeper, Open, usual_folder
from tashkent.dashboard.room_questions import answered, carried, offered, question_of
from tashkent.dashboard.room_views import for_board, for_student, for_teacher
from tashkent.model.case import Case
from tashkent.model.plain import csv_text

ASSETS = Path(__file__).parent / "room_assets"
#: path -> name of a page, and what it loads beside what all do
PAGES = {"/": ("join", ()), "/teacher": ("teacher", ("shown",)), "/board": ("board", ("shown",))}
FILES = ("room.css", "common.js", "shown.js", "join.js", "teacher.js", "board.js")
KINDS = {".css": "text/css", ".js": "text/javascript"}
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
#: bytes of the largest thing that is sent here
LARGEST = 16_384
#: seconds that a request waits for something to change
WAIT = 20.0
#: of one address: wrong codes and new students a minute; of one student: predictions a minute
WRONG_CODES, NEWCOMERS, SENDINGS = 60, 240, 60
logger = logging.getLogger("uvicorn.error")


class _Join(Sent):
    code: str = Field(max_length=20)
    name: str = Field(default="", max_length=4 * LONGEST_NAME)


class _Send(Sent):
    turn: int
    sent: Submission


class _Ask(Sent):
    """A question by the address that asks it, or a petition by its code."""

    kind: Literal["question", "council"] = "question"
    what: str = Field(max_length=8_000)


class _Carry(Sent):
    """A file of predictions, by its name and text."""

    turn: int
    file: str = Field(max_length=200)
    text: str


class _Phase(Sent):
    turn: int
    phase: Phase


class _Hide(Sent):
    turn: int
    student: int
    hidden: bool


class _Door(Sent):
    open: bool


class Quota:
    """So many a minute for each name; the names that were used last are remembered."""

    def __init__(self, each: int, names: int = 4096) -> None:
        self.each, self.names = each, names
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def left(self, name: str, now: float | None = None) -> bool:
        """Whether there is one left."""
        now = time.monotonic() if now is None else now
        return self._of(name, now) + 1 <= self.each

    def spend(self, name: str, now: float | None = None) -> bool:
        """Whether there was one left, which is then spent."""
        now = time.monotonic() if now is None else now
        spent, left = self._of(name, now), self.left(name, now)
        self._spent[name] = (spent + left, now)
        self._spent.move_to_end(name)
        while len(self._spent) > self.names:
            self._spent.popitem(last=False)
        return left

    def _of(self, name: str, now: float) -> float:
        """How many are spent, of which some have come back."""
        spent, at = self._spent.get(name, (0.0, now))
        return max(0.0, spent - (now - at) * self.each / 60)


class ClassPages:
    """Answers what the pages of a class ask."""

    def __init__(
        self,
        case: Case,
        keeper: Keeper,
        board: Callable[[Request], str],
        ending: Callable[[], bool] = lambda: False,
    ) -> None:
        self.case, self.keeper, self.board, self.ending = case, keeper, board, ending
        self.wrong, self.newcomers, self.sendings = (
            Quota(each) for each in (WRONG_CODES, NEWCOMERS, SENDINGS)
        )
        self._works: set[asyncio.Task[None]] = set()
        self._resumed = False

    def app(self) -> Starlette:
        """All of it, to be served under `CLASS`."""
        routes = [
            Route(CLASS, _to_join),
            *(Route(CLASS + path, _page(*page)) for path, page in PAGES.items()),
            *(Route(f"{CLASS}/assets/{name}", _file(name)) for name in FILES),
            *(
                Route(f"{CLASS}/api/{name}", self._checked(called), methods=[method])
                for name, method, called in (
                    ("join", "POST", self._join),
                    ("mine", "GET", self._mine),
                    ("send", "POST", self._send),
                    ("board", "GET", self._board_view),
                    ("qr.svg", "GET", self._qr),
                    ("rooms", "POST", self._open),
                    ("teacher", "GET", self._teacher_view),
                    ("petitions", "GET", self._petitions),
                    ("ask", "POST", self._ask),
                    ("carry", "POST", self._carry),
                    ("phase", "POST", self._phase),
                    ("hide", "POST", self._hide),
                    ("door", "POST", self._door),
                    ("close", "POST", self._close),
                    ("table.csv", "GET", self._table),
                )
            ),
        ]
        return Starlette(routes=routes)

    def _checked(
        self,
        called: Callable[[Request], Awaitable[Response]],
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            self.resume()
            try:
                found = await called(request)
            except HTTPException as error:
                found = JSONResponse({"error": error.detail}, error.status_code)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"])
                found = JSONResponse({"error": f"{where}: {first['msg']}"}, 400)
            except ValueError as error:
                found = JSONResponse({"error": str(error)}, 409)
            found.headers.update(HEADERS)
            return found

        return answer

    # students ---------------------------------------------------------------------------------------

    async def _join(self, request: Request) -> Response:
        """A student comes in with the code of a room."""
        asked = _Join.model_validate_json(await _body(request))
        room = self._by_code(request, asked.code)
        if not self.newcomers.spend(_whence(request)):
            raise HTTPException(429, "Too many came in at once. Wait a moment, and try again.")
        student = room.room.join(asked.name)
        await room.keep()
        return JSONResponse({"token": student.token, "code": room.room.code})

    async def _mine(self, request: Request) -> Response:
        """What a student sees, once it is another than that of `since`."""
        room, student = self._student(request)
        await self._changed(request, room, of_turn=True)
        return JSONResponse(for_student(room, student))

    async def _send(self, request: Request) -> Response:
        """A student's prediction; once it is answered it is on the disk."""
        room, student = self._student(request)
        if not self.sendings.spend(student.token):
            raise HTTPException(429, "That was sent too often. Wait a moment, and try again.")
        asked = _Send.model_validate_json(await _body(request))
        kept = room.room.send(student, asked.turn, asked.sent)
        await room.keep()
        return JSONResponse({"late": kept.late, "mine": for_student(room, student)})

    def _student(self, request: Request) -> tuple[Open, Student]:
        token = request.headers.get("x-token", "")
        for room in self.keeper.rooms.values():
            if student := room.room.students.get(token):
                return room, student
        raise HTTPException(401, "This room is closed, or you are not in it.")

    # the board --------------------------------------------------------------------------------------

    async def _board_view(self, request: Request) -> Response:
        """What the projector shows, to who has the code."""
        room = self._by_code(request, request.query_params.get("code", ""))
        await self._changed(request, room, of_turn=False)
        return JSONResponse(for_board(room, self.board(request)))

    async def _qr(self, request: Request) -> Response:
        """The address of a room, with its code, for phones to scan."""
        from tashkent.dashboard import qr

        room = self._by_code(request, request.query_params.get("code", ""))
        drawn = qr.svg(f"{self.board(request)}#{room.room.code}")
        text = drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        return Response(text, media_type="image/svg+xml")

    def _by_code(self, request: Request, code: str) -> Open:
        # who guesses waits with the right code, too: else nothing would be capped
        if not self.wrong.left(_whence(request)):
            raise HTTPException(429, "Too many wrong codes. Wait a minute.")
        room = self.keeper.rooms.get(code.strip().upper())
        if room is None:
            self.wrong.spend(_whence(request))
            raise HTTPException(404, "There is no room with this code.")
        return room

    async def _changed(self, request: Request, room: Open, *, of_turn: bool) -> None:
        since = request.query_params.get("since", "")
        await room.wait(lambda: self.ending() or room.version(of_turn=of_turn) != since, WAIT)
        if room.ended:
            raise HTTPException(401, "This room is closed.")

    # the teacher ------------------------------------------------------------------------------------

    async def _open(self, request: Request) -> Response:
        """A new room, for who has the key of this server."""
        if not self.keeper.may_open(request.headers.get("x-token", "")):
            raise HTTPException(401, "Open the link for the teacher that the server has printed.")
        room = await self.keeper.open()
        return JSONResponse({"token": room.room.teacher, "code": room.room.code})

    async def _teacher_view(self, request: Request) -> Response:
        """What the teacher sees: all of it."""
        room = self._taught(request)
        await self._changed(request, room, of_turn=False)
        told = for_teacher(room, self.board(request))
        if not request.query_params.get("since"):
            told["questions"] = offered(self.case)
        return JSONResponse(told)

    async def _petitions(self, request: Request) -> Response:
        """What may come before the council; it takes the model a few seconds, once."""
        self._taught(request)
        return JSONResponse(await asyncio.to_thread(petitions, self.case))

    async def _ask(self, request: Request) -> Response:
        """Something else is asked of the class; the model begins to answer it."""
        room = self._taught(request)
        asked = _Ask.model_validate_json(await _body(request))
        if len(room.room.rounds) >= MOST_ROUNDS:
            raise ValueError(f"{MOST_ROUNDS} questions have been asked. Open a new room.")
        about: Question | Stop | Hearing
        if asked.kind == "council":
            about = await asyncio.to_thread(hearing_of, self.case, asked.what)
        else:
            about = await asyncio.to_thread(question_of, self.case, asked.what)
        room.room.rounds.append(Round(about=about))
        await room.keep(turn=True)
        self._find(room, about)
        return JSONResponse({})

    async def _carry(self, request: Request) -> Response:
        """A prediction comes in as a file, of somebody who predicted on a page without a server."""
        room = self._taught(request)
        file = _Carry.model_validate_json(await _body(request))
        about = room.room.round_of(file.turn).about
        room.room.carry(file.file, file.turn, carried(self.case, about, file.file, file.text))
        await room.keep()
        return JSONResponse({})

    def _find(self, room: Open, about: Question | Stop | Hearing) -> None:
        """Have the model answer, beside all that goes on."""
        if not isinstance(about, Hearing) and not about.answer:
            work = asyncio.create_task(self._found(room, about))
            self._works.add(work)
            work.add_done_callback(self._works.discard)

    async def _found(self, room: Open, about: Question | Stop) -> None:
        try:
            found = await asyncio.to_thread(answered, self.case, about, lambda _: None)
        except Exception as error:  # told to the teacher
            logger.exception("A question of a class has no answer.")
            found = {"error": f"The model could not answer: {error}"}
        for key, value in found.items():
            setattr(about, key, value)
        await room.keep(turn=True)

    def resume(self) -> None:
        """What the server before this one had begun to answer is answered, once anybody comes."""
        if self._resumed:
            return
        self._resumed = True
        for room in self.keeper.rooms.values():
            for asked in room.room.rounds:
                self._find(room, asked.about)

    async def _phase(self, request: Request) -> Response:
        """On to the class's prediction, the answer, the scores; what was shown is not taken back."""
        room = self._taught(request)
        wanted = _Phase.model_validate_json(await _body(request))
        asked = room.room.round_of(wanted.turn)
        if asked.shown and PHASES.index(wanted.phase) < PHASES.index("answer"):
            raise ValueError("The answer has been shown.")
        about = asked.about
        shows = wanted.phase in ("answer", "scores")
        if shows and not isinstance(about, Hearing) and not about.answer:
            raise ValueError(about.error or "The model is still running. A moment.")
        asked.phase = wanted.phase
        await room.keep(turn=True)
        return JSONResponse({})

    async def _hide(self, request: Request) -> Response:
        """A reason off the board, or back on it."""
        room = self._taught(request)
        wanted = _Hide.model_validate_json(await _body(request))
        sent = room.room.round_of(wanted.turn).sent.get(wanted.student)
        if sent is None:
            raise ValueError("There is no such reason.")
        sent.hidden = wanted.hidden
        await room.keep()
        return JSONResponse({})

    async def _door(self, request: Request) -> Response:
        """Whether the code still lets anybody in."""
        room = self._taught(request)
        room.room.door = _Door.model_validate_json(await _body(request)).open
        await room.keep()
        return JSONResponse({})

    async def _close(self, request: Request) -> Response:
        """The room is closed, and nothing of it kept."""
        await self.keeper.close(self._taught(request))
        return JSONResponse({})

    async def _table(self, request: Request) -> Response:
        """All that was sent, as CSV."""
        text = csv_text(room_scores.table(self._taught(request).room))
        return Response(text, media_type="text/csv; charset=utf-8")

    def _taught(self, request: Request) -> Open:
        token = request.headers.get("x-token", "")
        for room in self.keeper.rooms.values():
            if room.is_teacher(token):
                return room
        raise HTTPException(401, "This room is closed, or you are not its teacher.")


async def _to_join(request: Request) -> Response:
    return RedirectResponse(f"{request.url.path.rsplit('/', 1)[-1]}/")


def _page(name: str, parts: Sequence[str]) -> Callable[[Request], Awaitable[Response]]:
    """A page by its name, with the scripts that it shares with another."""
    tags = "".join(
        f'<script src="assets/{part}.js" defer></script>\n' for part in ("common", *parts, name)
    )
    text = Template((ASSETS / "page.html").read_text(encoding="utf-8"))
    return _sends(text.substitute(name=name, scripts=tags).encode(), "text/html")


def _file(name: str) -> Callable[[Request], Awaitable[Response]]:
    return _sends((ASSETS / name).read_bytes(), KINDS[Path(name).suffix])


def _sends(content: bytes, kind: str) -> Callable[[Request], Awaitable[Response]]:

    async def sent(_: Request) -> Response:
        return Response(content, media_type=kind, headers=HEADERS)

    return sent


async def _body(request: Request) -> bytes:
    """What was sent, if it is not too large."""
    found = b""
    async for part in request.stream():
        found += part
        if len(found) > LARGEST:
            raise HTTPException(413, "That is too long.")
    return found


def _whence(request: Request) -> str:
    return request.client.host if request.client else ""


# beside the dashboard -------------------------------------------------------------------------------


def with_class(
    app: App, port: int, board: str, root: str, ending: Callable[[], bool]
) -> tuple[App, str]:
    """The dashboard with the pages of a class beside it, and the path at which a teacher opens a room.

    Parameters
    ----------
    app
        The dashboard.
    port
        Of the server: rooms are kept apart by it.
    board
        The address of the dashboard for phones; empty if none reaches it.
    root
        The path under which a proxy shows the pages, without a slash at its end.
    ending
        Whether the server is about to end: requests that wait for something are answered then.

    Raises
    ------
    OSError
        If there is no private folder to keep rooms in.
    """
    case = the_case()
    keeper = Keeper(usual_folder(port), case.hash)
    pages = ClassPages(case, keeper, lambda request: address_of(request, board, root), ending).app()

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        of_class = scope["type"] == "http" and (scope["path"] + "/").startswith(f"{CLASS}/")
        await (pages if of_class else app)(scope, receive, send)

    return served, f"{CLASS}/teacher#{keeper.key}"


def address_of(request: Request, board: str, root: str) -> str:
    """Where students join: by the name by which the page was asked for, or, if no phone knows that, by the board's."""
    host = request.headers.get("host", "")
    if board and urlsplit(f"//{host}").hostname in ALONE:
        return f"{board.rstrip('/')}{CLASS}/"
    return f"{request.url.scheme}://{host}{root}{CLASS}/"
