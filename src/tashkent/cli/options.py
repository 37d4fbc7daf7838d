"""What several commands have in common: options, exit codes, how a case is found."""

import os
import re
from typing import TYPE_CHECKING, Annotated

import typer

from tashkent.cli import completion

if TYPE_CHECKING:
    from tashkent.model.case import Case

#: of `sweep`: some runs failed; of `reproduce`: something differs
NOT_ALL = DIFFERS = 1
BAD_INPUT = 2
NOT_CONVERGED = 3
#: of any command that Ctrl-C ends, as of any other program
STOPPED = 130

CaseOption = Annotated[
    str,
    typer.Option(
        "--case",
        help="A shipped case by name, or a case folder.",
        autocompletion=completion.cases,
    ),
]
ClubOption = Annotated[
    str | None,
    typer.Option(
        "--club", help="One club alone, by code or name.", autocompletion=completion.clubs
    ),
]
TheoryOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="Only these theories or terms of the case, with commas; =-NAME leaves one out; FILE.py adds its terms, "
        "and is run as Python with your rights.",
        autocompletion=completion.theories,
    ),
]
WorkersOption = Annotated[
    int, typer.Option(min=0, help="Processes; 0 for one a core. No influence on results.")
]
TrustOption = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Run the Python of theories (FILE.py) that it names, with your rights; refused otherwise.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write the result to stdout as JSON.")]


def at_home(argument: str) -> str:
    """An argument in which ``~`` begins a path: shells leave it as it is after a sign, and some leave it everywhere.

    Examples
    --------
    >>> at_home("--out=~/x") == f"--out={os.path.expanduser('~')}/x", at_home("a~/x")
    (True, 'a~/x')
    """
    option, sign, value = argument.partition("=") if argument[:2] == "--" else ("", "", argument)
    return option + sign + os.path.expanduser(value) if re.match(r"~([/\\]|$)", value) else argument


def load_case(case: str) -> "Case":
    """A case by the name of a shipped one or by its folder."""
    from tashkent.model.case import load_case as load

    return load(case)


def load_case_under(case: str, theory: str | None) -> "Case":
    """A case, under another theory if one is asked for."""
    loaded = load_case(case)
    if theory is None:
        return loaded
    from tashkent.model.compilation import compile_case
    from tashkent.model.theory import with_theory

    found = with_theory(loaded, theory)
    compile_case(found)  # what a formula of one's own cannot give is said before the work
    return found
