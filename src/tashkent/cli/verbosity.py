"""How much is said on stderr: errors alone, what one has to know, or what is done at which second."""

import inspect
import logging
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from tashkent.cli.screen import say

#: what is done while a command works is logged below this name, with levels of `logging`
LOG = logging.getLogger("tashkent")
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Nothing on stderr but errors: no bar, no notes.")
]
VerboseOption = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Log on stderr what is done at which second, for a bar."),
]


class _Said(logging.Handler):
    """A line on stderr for what is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print it: a warning as it is, anything less with the seconds since the command began."""
        seconds = record.relativeCreated / 1000
        mark = "" if record.levelno >= logging.WARNING else f"{seconds:8.2f} s  "
        say(f"{mark}{record.getMessage()}")


_SAID = _Said()


def listen() -> None:
    """Have warnings of this package said on stderr, until a command is asked for more or less."""
    LOG.addHandler(_SAID)
    LOG.setLevel(logging.WARNING)


def note(line: str) -> None:
    """Say on stderr what is to be known of a command that goes on, unless it was asked to be quiet."""
    LOG.warning("%s", line)


def shows_bars() -> bool:
    """Whether a bar may be shown: neither silence was asked for nor a log, which tells the same."""
    return LOG.level == logging.WARNING


def speaking[T](command: Callable[..., T]) -> Callable[..., T]:
    """A command with the options ``--quiet`` and ``--verbose``, which it does not see itself.

    Raises
    ------
    InputError
        If both are given.
    """

    @wraps(command)
    def spoken(*args: Any, quiet: bool = False, verbose: bool = False, **kwargs: Any) -> T:
        """The command, as loudly as was asked.

        Raises
        ------
        InputError
            If both options are given.
        """
        if quiet and verbose:
            from tashkent.model.errors import InputError

            raise InputError("tashkent", "--quiet", "with --verbose", "--quiet without --verbose")
        LOG.setLevel(logging.ERROR if quiet else logging.INFO if verbose else logging.WARNING)
        return command(*args, **kwargs)

    asked = inspect.signature(command)
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
        for name, kind in (("quiet", QuietOption), ("verbose", VerboseOption))
    ]
    spoken.__signature__ = asked.replace(parameters=[*asked.parameters.values(), *more])  # type: ignore[attr-defined]
    spoken.__annotations__ = {
        **command.__annotations__,
        "quiet": QuietOption,
        "verbose": VerboseOption,
    }
    return spoken
