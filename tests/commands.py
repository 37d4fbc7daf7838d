"""Every command of the command line, with arguments that take it moments."""

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tashkent import cli
from tashkent.calibration import stages
from tashkent.cli.new_case import SKELETON, new_case
from tashkent.cli.options import NOT_CONVERGED
from tashkent.cli.screen import STAND_IN

#: where the case, the files that a user writes and results are: name of a command -> its arguments
type Arguments = Callable[[Path], tuple[str, ...]]

QUESTION = (
    'id = "no_ring"\ntitle = "No ring"\n[[patch]]\ndo = "remove_club"\nclub = "RING"\n'
    '[[outcome]]\nstate = "BOR"\nclub = "PACT"\nmonth = "2005-12"\ndirection = "up"\nwhose = "GK"\nwhy = "x"\n'
)
DESIGN = (
    'case = {case}\nmethod = "grid"\nruns = 2\n'
    'outcomes = ["exits(PACT, 2003-01, 2008-12)", "in(ARV, PACT, 2005-12)"]\n'
    '[[factor]]\nvary = "counterfactual"\nvalues = ["baseline", {question}]\n'
    '[[factor]]\nvary = "parameter"\nparameter = "contagion"\nvalues = [0.25, 1.125]\n'
)
PREDICTION = "state,direction,confidence\nBOR,up,0.7\n"
#: the least of `tashkent validate`
EFFORT = replace(
    stages.QUICK,
    runs=20,
    permutations=2,
    imputations=1,
    bands=(2, 2),
    ablation_runs=5,
    variant_runs=5,
)


def _of(folder: Path) -> tuple[str, str]:
    return ("--case", str(folder / "case"))


EVERY: Mapping[str, Arguments] = {
    "run": lambda f: (*_of(f), "--runs", "4", "--out", str(f / "run")),
    "law": lambda f: ("2004-07-01", *_of(f)),
    "explain": lambda f: ("ARV", "2004-07", *_of(f), "--draws", "20"),
    "forecast": lambda f: (*_of(f), "--runs", "4", "--inputs", "2", "--years", "1"),
    "network": lambda f: (*("2005-12", *_of(f), "--runs", "4", "--out", str(f / "network")),),
    "compare": lambda f: (
        str(f / "no_ring.toml"),
        *(*_of(f), "--runs", "4", "--prediction", str(f / "guess.csv")),
        *("--out", str(f / "compare"), "--workers", "1"),
    ),
    "sweep": lambda f: (
        str(f / "design.toml"),
        *("--workers", "1", "--resume", "--out", str(f / "sweep")),
    ),
    "reproduce": lambda f: (str(f / "earlier"), "--workers", "1"),
    "archive": lambda f: (str(f / "earlier"), "--out", str(f / "archive.zip")),
    "tables": lambda f: (str(f / "earlier"), "--out", str(f / "tables")),
    "counterfactuals": lambda _: (),
    "sensitivity": lambda f: (
        *(*_of(f), "--quick", "--runs", "4", "--base", "2", "--most", "2", "--of", "parameters"),
        *("--workers", "1"),
        *("--outcome", "members(PACT, 2005-12)", "--out", str(f / "sensitivity")),
    ),
    "calibrate": lambda f: (
        *(*_of(f), "--imputations", "0", "--steps", "80", "--workers", "1", "--runs", "4"),
        *("--out", str(f / "calibrate")),
    ),
    "recover": lambda f: (
        *_of(f),
        *("--replicates", "20", "--workers", "1", "--out", str(f / "recover")),
    ),
    "validate": lambda f: (
        *_of(f),
        *("--quick", "--workers", "1", "--out", str(f / "validate")),
    ),
    "export": lambda f: (
        *(str(f / "export"), *_of(f), "--questions", str(f / "no_ring.toml"), "--runs", "4"),
    ),
    "app": lambda _: ("--no-open",),
    "transfer": lambda f: ("--case", str(f / "measured"), "--quick"),
    "case check": lambda f: (str(f / "case"),),
    "case new": lambda f: (str(f / "new"),),
    "case list": lambda _: (),
    "evidence build": lambda f: (str(f / "measured"), "--replace"),
}
#: what else than 0 a command ends with if all is well
CODES = {"calibrate": NOT_CONVERGED}


def design(folder: Path) -> str:
    """A sweep of the case and the counterfactual in a folder."""
    names = {"{case}": folder / "case", "{question}": folder / "no_ring.toml"}
    text = DESIGN
    for place, path in names.items():
        text = text.replace(place, json.dumps(str(path)))  # which is how TOML writes it too
    return text


#: commands that ask for a case with evidence from the world's tables
MEASURED = ("transfer", "evidence build")


def lay_out(folder: Path, name: str = "run", *, earlier: bool = False) -> Path:
    """Put what a command asks for into a folder: a case, what a user writes, and perhaps an earlier result."""
    shutil.copytree(SKELETON, folder / "case")
    if name in MEASURED:
        new_case(folder / "measured", "RUS", ("POL", "ROU"))
    for name, text in (
        ("no_ring.toml", QUESTION),
        ("design.toml", design(folder)),
        ("guess.csv", PREDICTION),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    if earlier:
        given = ("--case", str(folder / "case"), "--runs", "4", "--out", str(folder / "earlier"))
        with streams():
            assert call("run", *given) == 0
    return folder


def names() -> list[str]:
    """The commands that there are."""
    groups = {str(group.name): group.typer_instance for group in cli.commands.registered_groups}
    found = {"": cli.commands, **groups}
    return [
        f"{group} {command.name or command.callback.__name__}".strip()  # type: ignore[union-attr]
        for group, app in found.items()
        for command in app.registered_commands  # type: ignore[union-attr]
    ]


def call(name: str, *arguments: str) -> int:
    """The exit code of a command."""
    kept = sys.argv
    sys.argv = ["tashkent", *name.split(), *arguments]
    try:
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        return int(str(stopped.value.code or 0))
    finally:
        sys.argv = kept


@contextmanager
def streams(encoding: str = "utf-8") -> Iterator[Callable[[], tuple[str, str]]]:
    """Stdout and stderr with an encoding, as a console or a file has it; what was written is asked for by a call."""
    kept = (sys.stdout, sys.stderr)
    made = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in kept]
    sys.stdout, sys.stderr = made

    def written() -> tuple[str, str]:
        for stream in made:
            stream.flush()
        out, error = (s.buffer.getvalue().decode(encoding) for s in made)  # type: ignore[attr-defined]
        return out, error

    try:
        yield written
    finally:
        for stream in made:
            stream.reconfigure(errors=STAND_IN)
            stream.flush()
        sys.stdout, sys.stderr = kept
