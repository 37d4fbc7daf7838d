"""What every command may be asked for: the version, completion in a shell, silence, a log; names in any letters."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from tashkent import cli
from tashkent.cli import completion, verbosity
from tashkent.cli.verbosity import LOG, note
from tashkent.experiments.outcomes import read_outcome
from tashkent.experiments.predictions import load_predictions
from tashkent.model.case import Case
from tashkent.model.errors import InputError, unknown
from tests.commands import call, lay_out, names, streams


def context(case: str | None = None) -> Any:
    return SimpleNamespace(params={"case": case})


def test_the_version() -> None:
    for option in ("--version", "-V"):
        with streams() as said:
            assert call(option) == 0
            assert said() == (f"tashkent {version('tashkent')}\n", "")


def test_every_command_can_be_quiet_or_tell_what_it_does() -> None:
    group: Any = typer.main.get_command(cli.commands)
    for name in names():
        found = group
        for word in name.split():
            found = found.commands[word]
        options = {option for parameter in found.params for option in parameter.opts}
        assert {"--quiet", "-q", "--verbose", "-v", "--help"} - options == {"--help"}, name


@pytest.mark.slow
def test_a_log_tells_what_is_done_and_a_quiet_command_nothing(tmp_path: Path) -> None:
    lay_out(tmp_path)
    asked = ("run", "--case", str(tmp_path / "case"), "--runs", "4", "--out", str(tmp_path / "out"))
    with streams() as said:
        assert call(*asked, "-v") == 0
        out, log = said()
    lines = log.splitlines()
    assert all(line.split()[1] == "s" and float(line.split()[0]) > 0 for line in lines)
    told = "\n".join(lines)
    for words in (
        f"from {tmp_path / 'case'}",
        "posterior: normal approximation",
        "simulate: 4 of 4",
        "hold out: 2 of 2",
        f"wrote {tmp_path / 'out' / 'manifest.json'}",
    ):
        assert words in told
    with streams() as said:
        assert call(*asked, "--quiet") == 0
        assert said() == (out, "")
    with streams() as said:
        assert call(*asked) == 0
        assert said() == (out, "")


def test_notes_are_kept_from_who_asks_for_silence() -> None:
    for level, told in (("WARNING", "to be known\n"), ("ERROR", "")):
        with streams() as said:
            verbosity.listen()
            LOG.setLevel(level)
            note("to be known")
            assert said() == ("", told)
    verbosity.listen()


def test_silence_and_a_log_at_once_are_refused() -> None:
    with streams() as said:
        assert call("law", "-q", "-v") == 2
        _, error = said()
    assert error == (
        "error: tashkent: --quiet: 'with --verbose' is not valid; allowed: --quiet without --verbose\n"
    )


def test_a_shell_completes_names_of_the_case(written: Path) -> None:
    assert completion.cases("c") == [("cst", "a shipped case")]
    assert completion.states(context(), "uz") == [("uzb", "Uzbekistan")]
    assert [name for name, _ in completion.states(context(), "K")] == ["KAZ", "KGZ"]
    assert ("GUAM", "") not in completion.clubs(context(), "")
    assert [name for name, _ in completion.clubs(context(), "G")] == ["GUAM"]
    assert [name for name, _ in completion.counterfactuals(context(), "CF12")] == [
        "CF12a",
        "CF12b",
    ]
    assert [name for name, _ in completion.theories(context(), "fear_of_e")] == [
        "fear_of_entrapment"
    ]
    own = context(str(written / "case"))
    assert [name for name, _ in completion.states(own, "")] == ["ARV", "BOR"]
    assert completion.states(context("nowhere"), "") == []


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("written"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("tashkent re", {"reproduce", "recover"}),
        ("tashkent explain uz", {"uzb"}),
        ("tashkent law --club ", {"BASES", "CST", "GUAM", "PFP", "SCO"}),
        ("tashkent compare --verb", {"--verbose"}),
    ],
)
def test_completion_in_bash(typed: str, found: set[str]) -> None:
    told = {
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split(" ")) - 1),
        "_TASHKENT_COMPLETE": "complete_bash",
    }
    code = "import sys; sys.argv[0] = 'tashkent'; from tashkent.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (set(done.stdout.split()), done.stderr) == (found, "")


# names in any letters ------------------------------------------------------------------------------


def test_outcomes_by_names(case: Case) -> None:
    for text in ("in(uzbekistan, cst, 2012-12)", "in(Uzb, CST, 2012-12)"):
        assert read_outcome(text, case).name == "in(UZB, CST, 2012-12)"
    with pytest.raises(InputError, match=r"'Uzbekisten' is not valid.*UZB"):
        read_outcome("in(Uzbekisten, CST, 2012-12)", case)


def test_predictions_by_names(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "guess.csv"
    path.write_text("state,direction,confidence,club\nuzbekistan,up,0.7,guam\n", encoding="utf-8")
    (one,) = load_predictions(path, case)
    assert (one.state, one.club) == ("UZB", "GUAM")
    path.write_text("state,direction,confidence\nUZB,up,0.7\nuzb,down,0.7\n", encoding="utf-8")
    with pytest.raises(
        InputError, match=r"guess.csv: line 3\.state: 'uzb'.*each seat and month once"
    ):
        load_predictions(path, case)
    path.write_text("state,direction,confidence\nRussia,up,0.7\n", encoding="utf-8")
    with pytest.raises(
        InputError, match=r"guess\.csv: line 2\.state: 'Russia'.*the patron does not"
    ):
        load_predictions(path, case)


def test_the_nearest_name_whatever_the_capitals() -> None:
    assert unknown("f", "k", "uzb", ["KAZ", "UZB"]).near == "UZB"
    assert unknown("f", "k", "Protectoin", ["protection", "pressure"]).near == "protection"
