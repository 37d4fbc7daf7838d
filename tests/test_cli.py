"""The command line as a user meets it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import tashkent as tk
from tashkent import cli
from tashkent.cli.new_case import SKELETON, new_case
from tashkent.model.lawbook import rulebook
from tashkent.model.storage import MANIFEST, manifest_in, sha256


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["tashkent", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return int(stop.value.code or 0)


def check_whole(folder: Path, *pieces: str) -> None:
    """Each file of a result is named in its manifest with its digest, but for those that work goes on from."""
    told = manifest_in(folder)
    assert told is not None
    named = {**told["files"], **told["others"]}
    there = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    found = {path.as_posix() for path in there if path.parts[0] not in (MANIFEST, *pieces)}
    assert set(named) == found
    assert named == {name: sha256(folder / name) for name in named}


@pytest.mark.slow
def test_run_writes_everything_and_reports_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "result"
    assert call(monkeypatch, "run", "--runs", "30", "--seed", "2", "--out", str(out), "--json") == 0
    report = json.loads(capsys.readouterr().out)
    names = {path.name for path in out.iterdir()}
    assert names == {
        "acts.parquet",
        "codebook.csv",
        "manifest.json",
        "p_in.png",
        "parameters.csv",
        "report.json",
        "scores.csv",
        "seats.csv",
        "seats.parquet",
    }
    assert report == json.loads((out / "report.json").read_text())
    assert {row["month"] for row in report["p_in"]} == {
        f"{year}-12" for year in (1994, 1998, 2000, 2005, 2008, 2013, 2025)
    }
    assert {row["who"] for row in report["scores"]} == {
        "model",
        "frictions alone",
        "nobody moves",
        "constant hazards",
        "renewal step",
        "structural steps",
    }
    assert report["renewal"]["month"] == "1999-04"
    seats = pd.read_parquet(out / "seats.parquet")
    scores = pd.read_csv(out / "scores.csv")
    assert len(scores) == len(report["scores"])
    pd.testing.assert_frame_equal(seats, pd.read_csv(out / "seats.csv"), check_dtype=False)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["case_hash"] == tk.load_case().hash
    assert (manifest["seed"], manifest["runs"], manifest["from"]) == (2, 30, "1992-05")


@pytest.mark.slow
def test_the_same_command_gives_the_same_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        arguments = ("run", "--runs", "12", "--from", "2018-12", "--out", str(tmp_path / name))
        assert call(monkeypatch, *arguments) == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("run", "--from", "1989-12"),
            "--from: '1989-12' is not valid; allowed: a month from 1992-05",
        ),
        (("run", "--from", "1998-99"), "as YYYY-MM"),
        (("run", "--from", "2025-12"), "a month before 2025-12"),
        (("run", "--runs", "0"), "--runs"),
        (("run", "--runs", "many"), "--runs"),
        (("run", "--seed", "-1"), "--seed"),
        (("run", "--rnus", "3"), "--runs"),
        (("run", "--case", "cts"), "nearest valid name: cst"),
        (("rnu",), "run"),
        (("case", "check", "nowhere"), "name or folder: 'nowhere'"),
        (("law", "1999-4-20"), "cst: DATE: '1999-4-20' is not valid; allowed: a day"),
        (("law", "1999-02-30"), "written YYYY-MM-DD"),
        (
            ("law", "--club", "CTS"),
            "cst: --club: 'CTS' is not valid; allowed: CST, GUAM, SCO, PFP, BASES",
        ),
        (("law", "--changes", "--club", "CTS"), "nearest valid name: CST"),
        (("law", "1999-04-20", "--changes"), "--changes: 'with DATE' is not valid"),
        (("law", "--markdown", "--json"), "--markdown: 'with --json' is not valid"),
        (("law", "--case", "cts"), "nearest valid name: cst"),
        (("case", "new"), "folder"),
        (("case", "new", "pact", "--patron", "Rus"), "--patron: 'Rus' is not valid"),
        (("case", "new", "pact", "--states", "ARM"), "--states: 'ARM' is not valid"),
        (("case", "new", "pact", "--states", "ARM,"), "--states: '' is not valid"),
        (("case", "new", "pact", "--states", "ARM,ARM"), "each state once"),
        (("case", "new", "pact", "--states", "ARM,COR"), "the patron not among them"),
        (("case", "new", "."), "folder: '.' is not valid; allowed: a folder other than"),
    ],
)
def test_bad_input_is_one_line_and_code_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, *arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert words in said.err
    assert not list(tmp_path.iterdir())


def test_a_folder_with_other_things_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").write_text("do not lose")
    assert call(monkeypatch, "run", "--runs", "2", "--out", str(tmp_path)) == 2
    assert "a new or empty folder, or an earlier result" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_that_cannot_be_made_is_said_before_the_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "result"
    for command in (("run", "--runs", "2"), ("compare", "CF1"), ("sensitivity",)):
        assert call(monkeypatch, *command, "--out", str(out)) == 2
        said = capsys.readouterr()
        assert (
            f"'{out}' is not valid; allowed: a folder that can be made (Not a directory)"
            in said.err
        )
        assert (said.out, said.err.count("\n")) == ("", 1)


@pytest.mark.slow
def test_case_check_says_what_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "case", "check", "cst", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["states"], found["clubs"]) == (12, 5)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (("mean", "1e6"), "accede.mean: 1000000.0 is not valid; allowed: a number from -10 to 10"),
        (("mean", "-10.5"), "accede.mean: -10.5 is not valid"),
        (
            ("sd", "1e9"),
            "accede.sd: 1000000000.0 is not valid; allowed: a number above 0, at most 10",
        ),
    ],
)
def test_case_check_refuses_priors_that_no_fit_can_use(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    name: tuple[str, str],
    says: str,
) -> None:
    folder = tmp_path / "my"
    new_case(folder)
    path, (key, value) = folder / "parameters.toml", name
    text = path.read_text()
    written = re.sub(rf"(?m)^(accede = .*?\b{key} = )[^,]+", rf"\g<1>{value}", text)
    assert written != text
    path.write_text(written)
    assert call(monkeypatch, "case", "check", str(folder)) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"parameters.toml: {says}" in said


@pytest.mark.parametrize("day", ["1999-04-20", None])
def test_the_law_of_a_day(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], day: str | None
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    arguments = ("law", *([day] if day else []))
    assert call(monkeypatch, *arguments) == 0
    text = capsys.readouterr().out
    assert f"Rules in force on {day or '2025-12-31'}\n" in text
    assert ("CST-11-term: term\n" in text) == (day is not None)
    assert max(map(len, text.splitlines())) <= 80
    assert call(monkeypatch, *arguments, "--club", "CST", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["case"], found["date"], list(found["clubs"])) == (
        "cst",
        day or "2025-12-31",
        ["CST"],
    )
    rules = {rule["id"]: rule for rule in found["clubs"]["CST"]["rules"]}
    assert all(f"  {name}: " in text for name in rules)
    exit_rule = next(rule for rule in rules.values() if rule["kind"] == "withdrawal")
    assert exit_rule["numbers"]["notice_months"] == 6
    assert exit_rule["source"]["SZ"].startswith("Szenes")


def test_the_changes_of_the_law(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "law", "--changes", "--club", "CST") == 0
    assert "\n1999-04-21\n  - CST  CST-11-term" in capsys.readouterr().out
    assert call(monkeypatch, "law", "--changes", "--json") == 0
    found = json.loads(capsys.readouterr().out)["changes"]
    (renewal,) = [c for c in found if (c["date"], c["club"]) == ("1999-04-21", "CST")]
    assert (renewal["ended"], renewal["began"]) == (["CST-11-term"], ["CST-P1999"])
    (swap,) = renewal["replaced"]
    assert swap["numbers"]["renewal"] == {"old": "opt_in", "new": "automatic"}


def test_the_rulebook_goes_to_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "law", "--markdown") == 0
    assert capsys.readouterr().out == rulebook(tk.load_case())


@pytest.mark.parametrize(
    "states", ["ARV,BOR", "KAZ, UZB", "BOR,ARV", "ALB,POL,ROU,HUN"], ids=lambda s: s
)
def test_a_new_case_loads(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    states: str,
) -> None:
    folder = tmp_path / "with parents" / "Rio Pact"
    arguments = ("case", "new", str(folder), "--patron", "SUN", "--states", states)
    assert call(monkeypatch, *arguments) == 0
    assert call(monkeypatch, "case", "check", str(folder)) == 0
    assert capsys.readouterr().out.count("rio_pact: ") == 2
    case = tk.load_case(str(folder))
    assert case.patron == "SUN"
    assert list(case.deciders) == states.replace(" ", "").split(",")
    assert [path.name for path in folder.parent.iterdir()] == ["Rio Pact"]


@pytest.mark.slow
def test_a_new_case_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, "case", "new", "warsaw", "--patron", "SUN") == 0
    assert call(monkeypatch, "run", "--case", "warsaw", "--runs", "5") == 0
    assert (tmp_path / "tashkent-run" / "manifest.json").exists()


def test_a_new_case_without_options_is_the_skeleton(tmp_path: Path) -> None:
    (tmp_path / "minimal").mkdir()
    case = new_case(tmp_path / "minimal")
    assert case.hash == tk.load_case(str(SKELETON)).hash


def test_a_new_case_takes_no_folder_that_holds_something(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").write_text("do not lose")
    for path in (tmp_path, tmp_path / "thesis.txt"):
        assert call(monkeypatch, "case", "new", str(path)) == 2
        said = capsys.readouterr().err
        assert "allowed: a new or empty folder\n" in said
        assert said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_new_case_that_fails_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(path: Path) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr("tashkent.cli.new_case.load_case", fail)
    with pytest.raises(RuntimeError):
        new_case(tmp_path / "pact")
    assert not list(tmp_path.iterdir())


def test_every_command_has_help_with_an_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (
        ("run",),
        ("law",),
        ("calibrate",),
        ("recover",),
        ("case", "check"),
        ("case", "new"),
    ):
        assert call(monkeypatch, *command, "--help") == 0
        assert "Example: tashkent" in capsys.readouterr().out


def test_importing_the_command_line_is_cheap() -> None:
    """Mesa, scipy, pandas, plotting, sampling and Rich come in only where they are used."""
    code = (
        "import sys, tashkent.cli\n"
        "heavy = {'mesa', 'scipy', 'pandas', 'matplotlib', 'pyarrow', 'networkx', 'solara',\n"
        "         'arviz_stats', 'emcee', 'h5py', 'h5netcdf', 'xarray'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_the_facade_simulates_with_the_posterior() -> None:
    first = tk.simulate(runs=3, seed=4, start="2020-12")
    again = tk.simulate(
        runs=3,
        seed=4,
        start="2020-12",
        parameters=tk.posterior(tk.load_case()).draws(runs=3, seed=4),
    )
    assert (first.status == again.status).all()
    with pytest.raises(tk.InputError, match="1992-05 to 2025-12"):
        tk.simulate(runs=1, start="1991-01")
    with pytest.raises(AttributeError, match="simulat"):
        tk.simulat  # noqa: B018
    for name in tk.__all__:
        assert getattr(tk, name) is not None


def test_help_is_shown_without_loading_what_commands_need() -> None:
    heavy = ("matplotlib", "mesa", "tashkent.model.case", "numpy", "pandas", "pydantic", "scipy")
    code = f"import sys, tashkent.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_each_command_has_a_module_and_an_example() -> None:
    groups = {g.name: g.typer_instance for g in cli.commands.registered_groups}
    for command in cli.commands.registered_commands:
        assert command.callback is not None
        name = command.callback.__name__
        assert command.callback.__module__ == f"tashkent.cli.{name}"
        assert f"Example: tashkent {name}" in str(command.callback.__doc__)
    found = {name: {c.name for c in app.registered_commands} for name, app in groups.items()}  # type: ignore[union-attr]
    assert found == {"case": {"check", "list", "new"}, "evidence": {"build"}}


@pytest.mark.slow
def test_help_of_every_command_is_shown_at_once() -> None:
    names = [str(command.callback.__name__) for command in cli.commands.registered_commands]  # type: ignore[union-attr]
    code = (
        "import sys, tashkent.cli\n"
        f"for name in {[*names, 'case', 'evidence']}:\n"
        "    sys.argv = ['tashkent', name, '--help']\n"
        "    try:\n"
        "        tashkent.cli.main()\n"
        "    except SystemExit as stop:\n"
        "        assert not stop.code\n"
        "heavy = {'matplotlib', 'mesa', 'numpy', 'pandas', 'scipy', 'solara'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_states_that_no_table_of_the_world_has_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("--patron", "RUS", "--states", "ALB,XYZ")
    assert call(monkeypatch, "case", "new", "pact", *words) == 0
    said = capsys.readouterr().out
    assert "(XYZ: states in no table of the world, nothing to build from)" in said
    assert call(monkeypatch, "case", "check", "pact") == 0
    assert "states in no table of the world XYZ" in capsys.readouterr().out
    assert call(monkeypatch, "case", "check", "pact", "--json") == 0
    assert json.loads(capsys.readouterr().out)["states in no table of the world"] == ["XYZ"]
    assert call(monkeypatch, "case", "check", "cst") == 0
    assert "no table" not in capsys.readouterr().out
