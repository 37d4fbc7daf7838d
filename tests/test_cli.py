"""The command line as a user meets it."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import tashkent as tk
from tashkent import cli


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["tashkent", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return int(stop.value.code or 0)


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
        "seats.csv",
        "seats.parquet",
    }
    assert report == json.loads((out / "report.json").read_text())
    assert {row["month"] for row in report["p_in"]} == {
        f"{year}-12" for year in (1994, 1998, 2000, 2005, 2008, 2013, 2025)
    }
    assert {row["who"] for row in report["log_score"]} == {
        "model",
        "constant hazards",
        "renewal step",
        "structural steps",
    }
    assert report["renewal"]["month"] == "1999-04"
    seats = pd.read_parquet(out / "seats.parquet")
    codebook = set(pd.read_csv(out / "codebook.csv")["column"])
    assert set(seats.columns) | set(pd.read_parquet(out / "acts.parquet").columns) == codebook
    pd.testing.assert_frame_equal(seats, pd.read_csv(out / "seats.csv"), check_dtype=False)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["case_hash"] == tk.load_case().hash
    assert (manifest["seed"], manifest["runs"], manifest["from"]) == (2, 30, "1992-05")


def test_the_same_command_gives_the_same_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        arguments = ("run", "--runs", "12", "--from", "1998-12", "--out", str(tmp_path / name))
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


def test_a_failure_while_writing_leaves_the_earlier_result(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from tashkent import output

    out = tmp_path / "result"
    with output.result_folder(out) as folder:
        (folder / output.MANIFEST).write_text("first")

    def fail() -> None:
        with output.result_folder(out) as folder:
            (folder / output.MANIFEST).write_text("second")
            raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        fail()
    assert (out / output.MANIFEST).read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["result"]
    with output.result_folder(out) as folder:
        (folder / output.MANIFEST).write_text("third")
    assert (out / output.MANIFEST).read_text() == "third"


def test_case_check_says_what_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "case", "check", "cst", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["states"], found["clubs"]) == (12, 4)


def test_every_command_has_help_with_an_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (("run",), ("case", "check")):
        assert call(monkeypatch, *command, "--help") == 0
        assert "Example: tashkent" in capsys.readouterr().out


def test_importing_the_command_line_is_cheap() -> None:
    """Mesa, scipy, pandas, plotting and Rich come in only where they are used."""
    code = (
        "import sys, tashkent.cli\n"
        "heavy = {'mesa', 'scipy', 'pandas', 'matplotlib', 'pyarrow', 'networkx', 'solara'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_facade_simulates_with_the_posterior() -> None:
    first = tk.simulate(runs=3, seed=4, start="2020-12")
    again = tk.simulate(
        runs=3,
        seed=4,
        start="2020-12",
        parameters=tk.posterior(tk.load_case()).draws(runs=3, seed=4),
    )
    assert (first.status == again.status).all()
    with pytest.raises(tk.CaseError, match="1992-05 to 2025-12"):
        tk.simulate(runs=1, start="1991-01")
    with pytest.raises(AttributeError, match="simulat"):
        tk.simulat  # noqa: B018
    for name in tk.__all__:
        assert getattr(tk, name) is not None
