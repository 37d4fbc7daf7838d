"""How the C library keeps memory that numpy has freed. told before anything is loaded, so it needs nothing."""

import ctypes

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


def _tell_allocator(*settings: tuple[int, int]) -> None:
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return  # another C library
    for parameter, value in settings:
        mallopt(parameter, value)
