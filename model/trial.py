"""A call tried in a process of its own first: there it may hang, crash, end the process or want all memory.

What a signal cannot stop, such as ``10**10**10`` or ``os._exit(0)``, is stopped with its process.
"""

import faulthandler
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tashkent.model.errors import InputError
from tashkent.model.memory import limit_memory

#: bytes that the call may take, beyond what the package itself does
MOST_BYTES = 400_000_000
#: seconds until the process is ready, at most: nothing of the user's runs in it before
_START = 120.0
_PROGRAM = "import sys; sys.path[:] = sys.argv[2:]; from tashkent.model import trial; trial.answer(sys.argv[1])"
_CALL, _BEGUN, _ANSWER = "call", "begun", "answer"


def tried(
    function: Callable[..., object],
    *arguments: object,
    seconds: float,
    refusal: Callable[[str], InputError],
) -> None:
    """Call a function of a module in a process of its own; what it gives is lost, and so is what it prints.

    Parameters
    ----------
    function, arguments
        The call, which can be pickled.
    seconds
        How long it may take.
    refusal
        Makes the line that says what went wrong, where the process says nothing itself.

    Raises
    ------
    InputError
        As the call does; and if the process ends without an answer, or gives none in time.
    """
    with tempfile.TemporaryDirectory(prefix="tashkent-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        (folder / _CALL).write_bytes(pickle.dumps((seconds, function, arguments)))
        process = _started(place)
        try:
            _wait(process, folder / _BEGUN, _START, refusal)
            ended = _wait(process, None, seconds, refusal)
        finally:
            process.kill()
            process.wait()
        answer = folder / _ANSWER
        if not answer.exists():
            raise refusal(f"it ended the process, {_how(ended)}")
        error: InputError | None = pickle.loads(answer.read_bytes())
    if error is not None:
        raise error


def _started(place: str) -> subprocess.Popen[bytes]:
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, place, *sys.path],
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
        env=_one_thread(os.environ),
    )


def answer(place: str) -> None:
    """In the process: do the call, and leave the refusal, if there is one, where the other process looks for it."""
    folder = Path(place)
    seconds, function, arguments = pickle.loads((folder / _CALL).read_bytes())
    # should nobody be left to end it
    faulthandler.dump_traceback_later(2 * seconds, exit=True)
    limit_memory(MOST_BYTES)
    (folder / _BEGUN).touch()
    error: InputError | None = None
    try:
        function(*arguments)
    except InputError as refused:
        error = refused
    made = folder / f"{_ANSWER}.part"
    made.write_bytes(pickle.dumps(error))
    made.replace(folder / _ANSWER)
    os._exit(0)  # threads that a file has started do not keep it


def _one_thread(environment: Mapping[str, str]) -> dict[str, Any]:
    """Libraries start a thread a core, each with memory of its own, and the call is small."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**environment, **dict.fromkeys(names, "1")}


def _wait(
    process: subprocess.Popen[bytes],
    mark: Path | None,
    seconds: float,
    refusal: Callable[[str], InputError],
) -> int | None:
    """Until a mark is there or the process has ended: with what code, if it has."""
    until = time.monotonic() + seconds
    while process.poll() is None and not (mark is not None and mark.exists()):
        if time.monotonic() > until:
            raise refusal(f"no answer in {seconds:g} seconds")
        time.sleep(0.01)
    return process.returncode


def _how(ended: int | None) -> str:
    return f"signal {-ended}" if ended is not None and ended < 0 else f"exit code {ended}"
