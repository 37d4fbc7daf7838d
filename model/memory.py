"""Memory: how the C library keeps what numpy has freed, told before anything is loaded, and how much is left."""

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

#: of glibc's `mallopt`: arrays above this size are taken from the system one by one; free memory above this goes back;
#: how many heaps threads may have
_MMAP_THRESHOLD, _TRIM_THRESHOLD, _ARENA_MAX = -3, -1, -8
_LARGEST, _KEPT = 1 << 25, 1 << 28


def keep_memory() -> None:
    """Let the process keep up to 256 MB that numpy has freed, where the C library is glibc.

    Else arrays of some hundred kilobytes are given back and fetched anew in every expression, page by page: two thirds
    of the time of a likelihood.
    """
    _tell_allocator((_MMAP_THRESHOLD, _LARGEST), (_TRIM_THRESHOLD, _KEPT))


def share_heap() -> None:
    """Let all threads of the process allocate from one heap, where the C library is glibc.

    Else each keeps what it has freed, and a server of comparisons takes twice the memory that it needs.
    """
    _tell_allocator((_ARENA_MAX, 1))


def give_back() -> None:
    """Give the system what has been freed, whatever is kept else, where the C library is glibc; takes milliseconds."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _tell_allocator(*settings: tuple[int, int]) -> None:
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return  # another C library
    for parameter, value in settings:
        mallopt(parameter, value)


def free_memory() -> int | None:
    """Bytes of memory that this process can still have; None where the system does not say.

    What is free on the machine, or left to the group of processes that it is held in, if that is less.
    """
    found = []
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found.append(int(next(x for x in lines if x.startswith("MemAvailable")).split()[1]) * 1024)
    with suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup")
        most = int((group / "memory.max").read_text(encoding="ascii"))
        found.append(most - int((group / "memory.current").read_text(encoding="ascii")))
    return min(found, default=None)


def limit_memory(more: int) -> None:
    """Let this process have so many bytes more than it has now, where the system is Linux; `MemoryError` beyond."""
    if sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = pages * resource.getpagesize() + more
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
