"""The command line, `tashkent` or ``python -m tashkent``: one module a command, and what is said when one fails.

A module that is named as a command has its options, calls what computes, and says what was found. What it needs is
imported when it runs, so that help is shown at once. A module named by a noun, such as `comparison`, writes and shows.
"""

import os
import sys
from typing import Annotated, NoReturn

import typer

from tashkent.cli import (
    app,
    archive,
    calibrate,
    case,
    compare,
    counterfactuals,
    evidence,
    explain,
    export,
    forecast,
    law,
    network,
    recover,
    reproduce,
    run,
    sensitivity,
    sweep,
    tables,
    transfer,
    validate,
)
from tashkent.cli.options import BAD_INPUT, STOPPED, at_home
from tashkent.cli.screen import let_go, open_streams, say, silence_libraries, write_anything
from tashkent.cli.verbosity import listen, speaking

commands = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (
    run.run,
    law.law,
    explain.explain,
    network.network,
    forecast.forecast,
    compare.compare,
    sweep.sweep,
    reproduce.reproduce,
    archive.archive,
    tables.tables,
    counterfactuals.counterfactuals,
    sensitivity.sensitivity,
    calibrate.calibrate,
    recover.recover,
    validate.validate,
    transfer.transfer,
    app.app,
    export.export,
):
    commands.command()(command)
commands.add_typer(case.commands, name="case")
commands.add_typer(evidence.commands, name="evidence")
for group in (commands, case.commands, evidence.commands):
    for registered in group.registered_commands:
        assert registered.callback is not None
        registered.callback = speaking(registered.callback)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"tashkent {version('tashkent')}")
        raise typer.Exit


@commands.callback()
def begin(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            "-V",
            help="Show the version and exit.",
            is_eager=True,
            callback=_show_version,
        ),
    ] = False,
) -> None:
    """Why states join an alliance, stay, leave, suspend and come back."""


def main() -> NoReturn:
    """Run the command line; bad input is one line on stderr and exit code 2, Ctrl-C one line and 130."""
    try:
        code = _code()
    except KeyboardInterrupt:
        code = STOPPED
    if code == STOPPED:
        # Ctrl-C in text that was run, as some modules do, would end Python by the signal; more text makes it forget
        exec("")
        say("error: stopped")
    sys.exit(code)


def _code() -> int:
    """Run a command; its exit code."""
    from tashkent.model.memory import keep_memory

    open_streams()
    keep_memory()
    sys.argv[1:] = map(at_home, sys.argv[1:])
    os.environ["MPLBACKEND"] = "agg"  # pictures go into files, whatever is set for windows
    listen()
    write_anything()
    silence_libraries()
    code = 0
    try:
        code = commands(standalone_mode=False) or 0  # what a command left with `typer.Exit`
        sys.stdout.flush()
    except OSError as error:
        let_go(sys.stdout)
        return _complain(f"{error.filename or 'output'}: {error.strerror or error}")
    except MemoryError as error:
        return _complain(f"more memory is needed than there is ({error}): fewer runs at a time")
    except ValueError as error:
        from tashkent.model.errors import InputError

        if not isinstance(error, InputError):
            raise
        return _complain(str(error))
    except typer.Abort:
        return STOPPED
    except Exception as error:
        if not hasattr(error, "format_message"):  # not one of Typer's own complaints
            raise
        return _complain(error.format_message())
    return code


def _complain(line: str) -> int:
    if line.strip():  # empty where help was shown instead
        from tashkent.model.errors import LONGEST_KEY, LONGEST_LINE, shortened

        whole = " ".join(line.split())
        say(f"error: {shortened(whole, LONGEST_LINE + LONGEST_KEY)}")
    return BAD_INPUT
