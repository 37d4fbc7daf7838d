"""A lock on a file: one process at a time has it, and it is free when that process ends, however it ends."""

import os
import sys
from contextlib import suppress
from pathlib import Path


def lock(path: Path) -> int | None:
    """The handle of a lock file that is now ours; None if another process has it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if not _hold(handle):
            os.close(handle)
            return None
        try:
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        except FileNotFoundError:
            pass
        os.close(handle)  # its owner removed it just now: the name is another file's


def _hold(handle: int) -> bool:
    """Whether the lock of an open file is ours now; also where the file system knows no locks."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def unlock(path: Path, handle: int) -> None:
    """Give a lock back and remove its file."""
    if sys.platform == "win32":  # which removes no file that is open
        os.close(handle)
        with suppress(OSError):
            path.unlink(missing_ok=True)
        return
    with suppress(OSError):
        path.unlink(missing_ok=True)
    os.close(handle)
