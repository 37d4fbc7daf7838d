"""`tashkent reproduce`: the same result is found to be the same, and another is not."""

import json
import shutil
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pandas as pd
import pytest

from tashkent.cli.new_case import SKELETON, new_case
from tashkent.cli.reproduce import COMMANDS
from tashkent.experiments.manifest import INEXACT
from tashkent.experiments.reproduction import ARGUMENTS, reproduce
from tashkent.model.storage import sha256
from tests.test_cli import call, check_whole

#: each needs the results of all commands, which take long to make
pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parents[1] / "docs/examples/renewal.toml"
#: a case without a sample of its posterior
SMALL = ("--case", str(SKELETON))
QUESTION = """\
id = "no-ring"
[[patch]]
do = "remove_club"
club = "RING"
"""
ASKED = {
    "run": ("--runs", "10", "--from", "2012-12", "--seed", "3"),
    "compare": ("CF12b", "--runs", "20", "--from", "2012-12", "--workers", "1"),
    "sweep": (str(EXAMPLE), "--workers", "1"),
    "network": ("1999-06", "--runs", "10", "--from", "1998-12", "--seed", "3"),
    "export": (*SMALL, "--questions", "{folder}/no-ring.toml", "--runs", "10"),
}


def into(folder: Path, command: str) -> tuple[str, ...]:
    """How a command is told where its result goes."""
    place = str(folder / command)
    return (place,) if command == "export" else ("--out", place)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result of each command; that of `sensitivity` is among those of one's own."""
    folder, files = (tmp_path_factory.mktemp(name) for name in ("results", "files"))
    (files / "no-ring.toml").write_text(QUESTION)
    with pytest.MonkeyPatch.context() as patch:
        for command, asked in ASKED.items():
            words = [word.format(folder=files) for word in asked]
            assert call(patch, command, *words, *into(folder, command)) == 0
    return folder


THEORY = """
from tashkent.agents.terms import term


@term(theory="Company", reads=("seat",), prior=(0.2, 0.2))
def fellowship(now):
    return now.seat * 0.5
"""
DESIGN = """
case = "pact"
method = "grid"
runs = 4
chunk = 4
outcomes = ["in(BOR, PACT, 2006-12)"]
[[factor]]
vary = "counterfactual"
values = ["baseline", "{desk}/no-ring.toml"]
[[factor]]
vary = "theory"
values = ["whole", "../desk/own.py"]
"""
#: each with a case and files of one's own, named from here, by way of the folder above, and from the root
OWN = {
    "run": ("--case", "pact", "--theory", "own.py", "--runs", "5"),
    "compare": (
        *("../desk/no-ring.toml", "--case", "../desk/pact", "--theory", "whole", "--theory"),
        *("{desk}/own.py", "--prediction", "class.csv", "--runs", "20"),
    ),
    "sweep": ("design.toml", "--trust"),
    "sensitivity": (
        *("--case", "{desk}/pact", "--theory", "own.py", "--quick", "--of", "parameters"),
        *("--outcome", "in(BOR, PACT, 2006-12)", "--base", "2", "--most", "2", "--runs", "4"),
    ),
    "network": ("2006-12", "--case", "../desk/pact", "--theory", "own.py", "--runs", "5"),
}


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result of each command in another place than where it was made; what it was made from is gone."""
    desk = tmp_path_factory.mktemp("from") / "desk"
    new_case(desk / "pact")
    (desk / "no-ring.toml").write_text(QUESTION)
    (desk / "own.py").write_text(THEORY)
    (desk / "design.toml").write_text(DESIGN.format(desk=desk))
    (desk / "class.csv").write_text("state,direction,confidence\nBOR,none,0.7\n")
    with pytest.MonkeyPatch.context() as patch, chdir(desk):
        for command, asked in OWN.items():
            words = (*(word.format(desk=desk) for word in asked), "--out", f"results/{command}")
            workers = () if command in ("run", "network") else ("--workers", "1")
            assert call(patch, command, *words, *workers) == 0, command
    there = tmp_path_factory.mktemp("to") / "another name"
    shutil.move(desk / "results", there)
    shutil.rmtree(desk)
    return there


@pytest.mark.parametrize(
    ("command", "workers"), [(command, "2" if command == "sweep" else "1") for command in OWN]
)
def test_a_result_with_files_of_ones_own_travels(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    moved: Path,
    command: str,
    workers: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = moved / command
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["kept"]
    check_whole(folder, "chunks", "sweep.json")
    assert call(monkeypatch, "reproduce", str(folder)) == 2
    assert "own.py' is not valid; allowed: names of theories" in capsys.readouterr().err
    asked = ("reproduce", str(folder), "--trust", "--workers", workers, "--json")
    assert call(monkeypatch, *asked) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["identical"], found["largest_difference"], found["likely_cause"]) == (
        True,
        0.0,
        None,
    )
    assert set(found["tables"].values()) == {"identical"}
    assert found["differences"] == []
    assert set(found["inputs"]) == set(manifest["inputs"])
    for name, words in found["inputs"].items():
        assert words == f"is not there; its copy {manifest['kept'][name]} was used"


def test_a_copy_that_was_changed_is_not_used(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, moved: Path
) -> None:
    folder = Path(shutil.copytree(moved / "compare", tmp_path / "compare"))
    (folder / "inputs" / "own.py").write_text("__import__('pathlib').Path('ran').touch()")
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, "reproduce", str(folder), "--trust", "--workers", "1") == 2
    said = capsys.readouterr().err
    assert "or its copy inputs/own.py beside manifest.json as it was" in said
    assert said.count("\n") == 1
    assert not Path("ran").exists()


def test_what_is_not_exact_is_in_the_manifest(results: Path, moved: Path) -> None:
    """Without a sample, or under a theory of one's own, the posterior is fitted anew; every number hangs on it."""
    told = {
        folder: json.loads((folder / "manifest.json").read_text())
        for folder in (*results.iterdir(), *moved.iterdir())
    }
    assert all(manifest["tolerance"] == 1e-6 for manifest in told.values())
    for folder, manifest in told.items():
        whole: dict[str, list[str]] = {name: [] for name in manifest["files"]}
        some = {name: list(keys) for name, keys in INEXACT.get(folder.name, {}).items()}
        fitted = folder.parent == moved or set(SMALL) <= set(ASKED[folder.name])
        assert manifest["inexact"] == (whole if fitted else some)


def off(folder: Path, part: str, by: float) -> None:
    """Have a result say another number in a part of its report, as of a machine with another kernel."""
    path = folder / "report.json"
    tree, manifest = (json.loads((folder / n).read_text()) for n in (path.name, "manifest.json"))
    row = tree[part][0]
    row[next(key for key, value in row.items() if isinstance(value, float))] += by
    path.write_text(json.dumps(tree))
    files = {**manifest["files"], path.name: sha256(path)}
    changed(folder, files=files, machine={**manifest["machine"], "blas": "openblas 0 Prescott"})


@pytest.mark.parametrize(
    ("part", "by", "verdict", "words"),
    [
        (
            "scores",
            4e-11,
            "same within 1e-06, as machines differ",
            "same within 1e-06, as machines",
        ),
        ("scores", 1e-4, "differs", "differs: in scores.value; at most by 0.0001"),
        ("p_in", 4e-11, "differs", "differs: in p_in.p_in; at most by 4e-11"),
    ],
)
def test_a_fit_of_another_kernel_is_told_from_a_difference(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    results: Path,
    part: str,
    by: float,
    verdict: str,
    words: str,
) -> None:
    folder = Path(shutil.copytree(results / "run", tmp_path / "run"))
    off(folder, part, by)
    code = call(monkeypatch, "reproduce", str(folder))
    assert code == (1 if verdict == "differs" else 0)
    shown = capsys.readouterr().out
    assert f"{folder / 'manifest.json'}: {verdict}\n" in shown
    assert f"  report.json: {words}" in shown
    cause = "likely cause: the linear algebra has another kernel"
    assert f"  largest difference {by:.2g}; {cause}\n" in shown.replace("4.00e-11", "4e-11")
    assert "  machine blas was openblas 0 Prescott, is " in shown


def test_a_difference_without_a_cause_is_said_to_have_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], result: Path
) -> None:
    table = pd.read_csv(result / "summary.csv")
    table.assign(mean=table["mean"] + 1).to_csv(result / "summary.csv", index=False)
    files = json.loads((result / "manifest.json").read_text())["files"]
    changed(result, files={**files, "summary.csv": sha256(result / "summary.csv")})
    assert call(monkeypatch, "reproduce", str(result), "--workers", "1") == 1
    said = capsys.readouterr().out
    assert "largest difference 1; likely cause: none is known: case, code, libraries and" in said


@pytest.fixture
def result(results: Path, tmp_path: Path) -> Path:
    """A copy of that of a sweep."""
    return Path(shutil.copytree(results / "sweep", tmp_path / "sweep"))


def changed(result: Path, **keys: object) -> Path:
    path = result / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **keys}))
    return path


def test_all_commands_are_tested() -> None:
    assert set(ASKED) | set(OWN) == set(COMMANDS) == set(ARGUMENTS)


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
    assert "rows in contagion, renew, " in shown


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


@pytest.mark.parametrize(
    ("name", "alter", "says"),
    [
        ("summary.csv", lambda path: one_cell(path), "changed since it was made; made again as it was"),
        ("summary.csv", lambda path: path.unlink(), "missing; made again as it was"),
        ("inputs/renewal.toml", lambda path: path.write_text("# of another"), "changed since it was made"),
        ("inputs/renewal.toml", lambda path: path.unlink(), "missing"),
    ],
)  # fmt: skip
def test_a_file_that_was_changed_or_is_missing_makes_the_result_another(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    result: Path,
    name: str,
    alter: Callable[[Path], object],
    says: str,
) -> None:
    alter(result / name)
    assert call(monkeypatch, "reproduce", str(result), "--workers", "1") == 1
    shown = capsys.readouterr().out
    assert f"{result / 'manifest.json'}: altered: " in shown
    assert f"  {name}: {says}\n" in shown
    assert "  summary.parquet: identical\n" in shown
    assert "likely cause" not in shown
    assert call(monkeypatch, "reproduce", str(result), "--workers", "1", "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["identical"], list(found["altered"])) == (False, [name])


@pytest.mark.parametrize("name", ["report.json", "p_in.png"])
def test_a_report_or_figure_that_was_edited_is_named(
    results: Path, tmp_path: Path, name: str
) -> None:
    folder = Path(shutil.copytree(results / "run", tmp_path / "run"))
    with (folder / name).open("ab") as file:
        file.write(b" ")
    found = reproduce(folder, COMMANDS)
    assert (found.again, found.identical) == (True, False)
    assert found.altered == {name: "changed since it was made"}


def test_a_manifest_alone_says_that_its_tables_are_missing(results: Path, tmp_path: Path) -> None:
    shutil.copy(results / "network" / "manifest.json", tmp_path)
    found = reproduce(tmp_path / "manifest.json", COMMANDS)
    assert (found.again, found.identical) == (True, False)
    assert set(found.altered.values()) == {"missing"}
    assert set(found.tables.values()) == {"missing; made again as it was"}


def test_a_copy_whose_lines_end_otherwise_is_the_same(result: Path) -> None:
    copy = result / "inputs" / "renewal.toml"
    copy.write_bytes(copy.read_bytes().replace(b"\n", b"\r\n"))
    assert reproduce(result, COMMANDS).identical


def test_a_table_that_was_changed_and_comes_otherwise(result: Path) -> None:
    files = json.loads((result / "manifest.json").read_text())["files"]
    path = changed(result, files={**files, "summary.csv": "0" * 64})
    found = reproduce(path, COMMANDS)
    assert found.verdict == "differs"
    assert found.tables["summary.csv"] == "changed since it was made; made again otherwise"
    (result / "summary.csv").unlink()
    found = reproduce(path, COMMANDS)
    assert found.tables["summary.csv"] == "missing; made again otherwise"


def one_cell(path: Path) -> None:
    """Have a table say another number in one cell."""
    table = pd.read_csv(path)
    table.loc[0, "mean"] += 0.5
    table.to_csv(path, index=False)


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
