"""The command line, `tashkent` or ``python -m tashkent``: one module a command, and what is said when one fails.

A module that is named as a command has its options, calls what computes, and says what was found. What it needs is
imported when it runs, so that help is shown at once. A module named by a noun, such as `comparison`, writes and shows.
"""

import logging
import os
import sys
from contextlib import suppress
from typing import NoReturn

import typer

from tashkent.cli import (
    app,
    calibrate,
    case,
    compare,
    counterfactuals,
    explain,
    law,
    recover,
    reproduce,
    run,
    sensitivity,
    sweep,
    validate,
)
from tashkent.cli.options import BAD_INPUT
from tashkent.cli.screen import silence_libraries, write_anything

commands = typer.Typer(
    help="Why states join an alliance, stay, leave, suspend and come back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    run.run,
    law.law,
    explain.explain,
    compare.compare,
    sweep.sweep,
    reproduce.reproduce,
    counterfactuals.counterfactuals,
    sensitivity.sensitivity,
    calibrate.calibrate,
    recover.recover,
    validate.validate,
    app.app,
):
    commands.command()(command)
commands.add_typer(case.commands, name="case")


class _Said(logging.Handler):
    """What is to be known of a command that goes on: a line on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print it."""
        print(record.getMessage(), file=sys.stderr)


_SAID = _Said(logging.WARNING)


def main() -> NoReturn:
    """Run the command line; bad input is one line on stderr and exit code 2."""
    from tashkent.model.memory import keep_memory

    keep_memory()
    logging.getLogger("tashkent").addHandler(_SAID)
    write_anything()
    silence_libraries()
    code = 0
    try:
        code = commands(standalone_mode=False) or 0  # what a command left with `typer.Exit`
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough
        _close_stdout()
    except OSError as error:
        _close_stdout()
        sys.exit(_complain(f"{error.filename or 'output'}: {error.strerror or error}"))
    except MemoryError as error:
        sys.exit(_complain(f"more memory is needed than there is ({error}): fewer runs at a time"))
    except ValueError as error:
        from tashkent.model.errors import InputError

        if not isinstance(error, InputError):
            raise
        sys.exit(_complain(str(error)))
    except typer.Abort:
        sys.exit(_complain("stopped"))
    except Exception as error:
        if not hasattr(error, "format_message"):  # not one of Typer's own complaints
            raise
        sys.exit(_complain(error.format_message()))
    sys.exit(code)


def _close_stdout() -> None:
    """Let what is still to be written to a full disk or a closed pipe go nowhere."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(line: str) -> int:
    if line.strip():  # empty where help was shown instead
        from tashkent.model.errors import LONGEST_KEY, LONGEST_LINE, shortened

        whole = " ".join(line.split())
        print(f"error: {shortened(whole, LONGEST_LINE + LONGEST_KEY)}", file=sys.stderr)
    return BAD_INPUT
