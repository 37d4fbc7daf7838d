"""The rooms that are open, each in a file as long as it is: a server that begins anew finds them as they were."""

import asyncio
import hashlib
import hmac
import logging
import os
import stat
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from tashkent.dashboard.room import Classroom, open_room, secret
from tashkent.model.storage import write_text

#: rooms that may be open at once, and seconds after which one that nobody closed is forgotten
MOST_ROOMS, FORGOTTEN = 20, 24 * 3600
#: seconds between two looks at what nobody tells of
GLANCE = 0.4
#: the file with what proves that somebody may open rooms, and the ending of those with a room
KEY, ENDING = "key.txt", ".room.json"
logger = logging.getLogger("uvicorn.error")


def usual_folder(port: int) -> Path:
    """Where rooms are kept: a folder of the system for what is temporary, which only this user can read."""
    user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    return Path(tempfile.gettempdir(), f"tashkent-class-{user}-{port}")


def private(folder: Path) -> Path:
    """The folder, made if it is not there.

    Raises
    ------
    OSError
        If it is a link, or somebody else's, or if others may read it.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise OSError(f"{folder} is no folder")
    if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & 0o077):
        raise OSError(f"{folder} can be read by others")
    return folder


def _is_old(moment: float) -> bool:
    return time.time() - moment > FORGOTTEN


class Keeper:
    """The rooms of a server, and the files that they outlive it in. Only the server's own loop changes them."""

    def __init__(self, folder: Path, case_hash: str) -> None:
        self.folder, self.case_hash = private(folder), case_hash
        #: tells a server from the one that was there before it
        self.born = secret()
        self.rooms: dict[str, Open] = {}
        for path in self._files():
            self._read(path)
        #: what proves that somebody may open rooms: on the disk as long as a room is
        self.key = self._key()

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{ENDING}"))

    def _key(self) -> str:
        """That of the server before, if there are rooms of it; else a new one."""
        path = self.folder / KEY
        if self._files() and path.exists():
            return path.read_text(encoding="utf-8")
        path.unlink(missing_ok=True)
        return secret()

    def _read(self, path: Path) -> None:
        try:
            room = Classroom.model_validate_json(path.read_bytes())
        except ValidationError as error:
            logger.warning("%s holds no room: %s", path, error.errors()[0]["msg"])
            if _is_old(path.stat().st_mtime):
                path.unlink()
            return
        if _is_old(room.opened):
            path.unlink()
        elif room.case_hash == self.case_hash:
            self.rooms[room.code] = Open(room, path, self.born)
        else:
            logger.warning("Room %s is of another case, and stays closed.", room.code)

    def may_open(self, key: str) -> bool:
        """Whether somebody may open rooms here."""
        return hmac.compare_digest(self.key.encode(), key.encode())

    async def open(self) -> "Open":
        """A new room.

        Raises
        ------
        ValueError
            If there are too many.
        """
        for old in [r for r in self.rooms.values() if _is_old(r.room.opened)]:
            await self.close(old)
        if len(self.rooms) >= MOST_ROOMS:
            raise ValueError(f"{MOST_ROOMS} rooms are open. Close one of them.")
        room = open_room(self.case_hash, tuple(self.rooms))
        # the code opens the room to students: in the name of its file it would be told to who lists the folder
        name = hashlib.sha256(room.teacher.encode()).hexdigest()[:16]
        found = Open(room, self.folder / f"{name}{ENDING}", self.born)
        self.rooms[room.code] = found
        write_text(self.folder / KEY, self.key)
        await found.keep()
        return found

    async def close(self, room: "Open") -> None:
        """Forget a room: nothing of it is kept."""
        del self.rooms[room.room.code]
        await room.end()
        if not self.rooms and not self._files():
            (self.folder / KEY).unlink(missing_ok=True)


class Open:
    """A room that is open: wakes who waits for it, and keeps its file as it is."""

    def __init__(self, room: Classroom, path: Path, born: str) -> None:
        self.room, self.path, self.born = room, path, born
        self.ended = False
        #: grows with what students see, and with anything
        self.turns = self.stirs = 0
        self._stirred = asyncio.Event()
        self._writing = asyncio.Lock()
        self._kept = -1

    def version(self, *, of_turn: bool) -> str:
        """Changes with what students see, or with anything; never the same on two servers."""
        return f"{self.born}.{self.turns if of_turn else self.stirs}"

    def is_teacher(self, token: str) -> bool:
        """Whether a token is that of the room's teacher."""
        return hmac.compare_digest(self.room.teacher.encode(), token.encode())

    async def keep(self, *, turn: bool = False) -> None:
        """Once this returns what has changed is on the disk, and who waits has been woken."""
        self.stirs += 1
        self.turns += turn
        wanted = self.stirs
        self._stirred.set()
        self._stirred = asyncio.Event()
        async with self._writing:
            # one writing serves all who came while the one before went on
            if self._kept >= wanted or self.ended:
                return
            kept, text = self.stirs, self.room.model_dump_json()
            await asyncio.to_thread(write_text, self.path, text)
            self._kept = kept

    async def wait(self, enough: Callable[[], bool], seconds: float) -> None:
        """Until it is enough, or so long; what nobody tells of, as that the server ends, is looked at now and then."""
        end = time.monotonic() + seconds
        while not (enough() or self.ended) and (left := end - time.monotonic()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), min(left, GLANCE))

    async def end(self) -> None:
        """Remove its file and wake who waits."""
        self.ended = True
        self._stirred.set()
        async with self._writing:
            self.path.unlink(missing_ok=True)
