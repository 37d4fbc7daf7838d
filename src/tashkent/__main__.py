"""The command line, as `tashkent` and as ``python -m tashkent``: Ctrl-C ends it in a line also while it is imported."""

import os
import signal
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line, as `tashkent.cli.main` does."""
    usual = signal.getsignal(signal.SIGINT)
    if usual is signal.default_int_handler:  # not where Ctrl-C is ignored, as in the background
        signal.signal(signal.SIGINT, _stop)
    from tashkent.cli import main as command_line

    try:
        signal.signal(signal.SIGINT, usual)
        command_line()
    except KeyboardInterrupt:
        _stop()


def _stop(*_: object) -> NoReturn:
    """End at once: nothing is done yet that would have to be undone, and no module is there that could say it."""
    os.write(2, b"error: stopped\n")
    os._exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
