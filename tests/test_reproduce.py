"""`tashkent reproduce`: the same result is found to be the same, and another is not."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tashkent.cli.reproduce import COMMANDS
from tashkent.experiments.reproduction import ARGUMENTS, reproduce
from tashkent.model.storage import sha256
from tests.test_cli import call

#: each needs the results of all commands, which take long to make
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("reproduce")]

EXAMPLE = Path(__file__).parents[1] / "docs/examples/renewal.toml"
ASKED = {
    "run": ("--runs", "10", "--from", "1998-12", "--seed", "3"),
    "compare": ("CF1", "--runs", "20", "--from", "1998-12", "--workers", "1"),
    "sweep": (str(EXAMPLE), "--workers", "1"),
    "sensitivity": (
        *("--quick", "--of", "parameters", "--outcome", "in(UZB, CST, 1999-12)"),
        *("--from", "1998-12", "--runs", "4", "--workers", "1"),
    ),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result of each command."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        for command, asked in ASKED.items():
            assert call(patch, command, *asked, "--out", str(folder / command)) == 0
    return folder


@pytest.fixture
def result(results: Path, tmp_path: Path) -> Path:
    """A copy of that of a sweep."""
    return Path(shutil.copytree(results / "sweep", tmp_path / "sweep"))


def changed(result: Path, **keys: object) -> Path:
    path = result / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **keys}))
    return path


def test_all_commands_are_tested() -> None:
    assert set(ASKED) == set(COMMANDS) == set(ARGUMENTS)


@pytest.mark.parametrize("command", ASKED)
def test_a_result_is_found_to_be_identical(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    results: Path,
    command: str,
) -> None:
    assert call(monkeypatch, "reproduce", str(results / command), "--workers", "1", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["identical"], found["command"], found["differences"]) == (True, command, [])
    tables = {p.name for p in (results / command).iterdir() if p.suffix in (".csv", ".parquet")}
    assert set(found["tables"].values()) == {"identical"}
    assert tables - {"failures.csv"} <= set(found["tables"])


def test_another_seed_is_found_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], result: Path
) -> None:
    manifest = json.loads((result / "manifest.json").read_text())
    design = {**manifest["arguments"]["design"], "seed": 2}
    path = changed(result, arguments={"design": design})
    assert call(monkeypatch, "reproduce", str(path), "--workers", "1") == 1
    shown = capsys.readouterr().out
    assert f"{path}: differs" in shown
    assert "summary.parquet: differs: " in shown
    assert "rows in contagion, renew, defined, mean" in shown


def test_what_it_depended_on_is_named(result: Path) -> None:
    manifest = json.loads((result / "manifest.json").read_text())
    libraries = {**manifest["libraries"], "numpy": "1.0"}
    path = changed(result, case_hash="another", libraries=libraries, code="another")
    found = reproduce(path, COMMANDS)
    assert found.identical
    assert [one.what for one in found.differences] == ["case_hash", "code", "libraries numpy"]
    assert found.differences[2].then == "1.0"


def test_the_same_values_in_other_bytes_are_the_same(result: Path) -> None:
    table = pd.read_parquet(result / "summary.parquet")
    table.to_parquet(result / "summary.parquet", index=False, compression="gzip")
    files = json.loads((result / "manifest.json").read_text())["files"]
    path = changed(result, files={**files, "summary.parquet": sha256(result / "summary.parquet")})
    found = reproduce(path, COMMANDS)
    assert found.identical
    assert found.tables["summary.parquet"] == "same values in other bytes"


def test_a_table_that_is_not_there_is_compared_by_its_hash(result: Path) -> None:
    files = json.loads((result / "manifest.json").read_text())["files"]
    path = changed(result, files={**files, "summary.csv": "0" * 64})
    assert (
        reproduce(path, COMMANDS)
        .tables["summary.csv"]
        .startswith("differs; the old table was changed")
    )
    (result / "summary.csv").unlink()
    found = reproduce(path, COMMANDS)
    assert (found.identical, found.tables["summary.csv"]) == (False, "differs")


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"command": "rum"}, "command: 'rum' is not valid; allowed: run, compare, sweep"),
        ({"arguments": None}, "arguments: None is not valid"),
        ({"inputs": 3}, "inputs: 3 is not valid; allowed: a table"),
        (
            {"arguments": {}},
            "arguments.design: 'missing' is not valid; allowed: a value for design",
        ),
        ({"command": []}, "command: [] is not valid; allowed: run, compare, sweep"),
        ({"files": {"x.csv": 1}}, "files.x.csv: 1 is not valid"),
        (
            {"command": "run"},
            "arguments.design: 'design' is not valid; allowed: the keys case, seed, from, runs, theory",
        ),
        (
            {
                "command": "compare",
                "arguments": {
                    "case": "cst",
                    "seed": 0,
                    "from": None,
                    "names": [[]],
                    "baseline": None,
                    "theory": [],
                    "runs": 2,
                    "prediction": None,
                },
            },
            "arguments.names.0: [] is not valid; allowed: a valid string",
        ),
        (
            {
                "command": "run",
                "arguments": {"case": "cst", "seed": 0, "from": None, "runs": 5, "theory": []},
            },
            "arguments.theory: [] is not valid; allowed: a valid string",
        ),
        ({"inputs": {"gone.toml": "0"}}, "inputs: 'gone.toml' is not valid"),
        ({"arguments": {"design": {"method": "x"}}}, "design.method: 'x' is not valid"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    result: Path,
    keys: dict[str, object],
    says: str,
) -> None:
    assert call(monkeypatch, "reproduce", str(changed(result, **keys))) == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1


def test_what_is_no_manifest_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text("[1]")
    (tmp_path / "b.json").write_text("{")
    for name, says in (("a.json", "a table"), ("b.json", "JSON"), ("c.json", "can be read")):
        assert call(monkeypatch, "reproduce", str(tmp_path / name)) == 2
        assert says in capsys.readouterr().err
