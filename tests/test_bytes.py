"""What users write: bytes as editors and spreadsheets save them, names, and the length of what is said of it."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from tashkent.calibration.patterns import load_patterns
from tashkent.calibration.variants import MAGNITUDES, magnitudes
from tashkent.cli import main
from tashkent.cli.new_case import SKELETON
from tashkent.experiments.design import read_design
from tashkent.experiments.predictions import load_predictions
from tashkent.experiments.reproduction import reproduce
from tashkent.model.case import Case, load_case
from tashkent.model.counterfactual import read_counterfactual
from tashkent.model.errors import LONGEST_LINE, InputError, shortened, unknown
from tashkent.model.reading import LONGEST_NAME
from tashkent.model.storage import manifest_in

BOM = b"\xef\xbb\xbf"
DESIGN = (
    'method = "grid"\nruns = 2\noutcomes = ["exits(CST, 1999-01, 2000-12)"]\n'
    '[[factor]]\nvary = "counterfactual"\nvalues = ["baseline", "CF1"]\n'
)
QUESTION = 'id = "q"\n[[patch]]\ndo = "remove_event"\nevent = "E031"\n'
PREDICTION = "state,direction,confidence\nUZB,up,0.7\n"


def saved(path: Path, text: str) -> Path:
    """A file as Notepad and Excel save it: with a byte-order mark and their line ends."""
    path.write_bytes(BOM + text.replace("\n", "\r\n").encode())
    return path


def line_of(error: BaseException) -> str:
    said = str(error)
    assert said.splitlines() == [said]
    assert len(said) <= LONGEST_LINE + 100
    return said


# bytes ---------------------------------------------------------------------------------------------


def test_what_editors_save_is_read(case: Case, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    for name, text in (("d.toml", DESIGN), ("q.toml", QUESTION), ("p.csv", PREDICTION)):
        saved(tmp_path / name, text)
        (plain / name).write_text(text)
    assert read_design(tmp_path / "d.toml").table == read_design(plain / "d.toml").table
    assert read_counterfactual(tmp_path / "q.toml") == read_counterfactual(plain / "q.toml")
    (one,) = load_predictions(tmp_path / "p.csv", case)
    assert (one.state, one.direction, one.confidence) == ("UZB", "up", 0.7)
    text = '[[prediction]]\nstate = "UZB"\ndirection = "up"\nconfidence = 0.7\n'
    assert load_predictions(saved(tmp_path / "p.toml", text), case) == (one,)


@pytest.mark.slow
def test_tables_beside_a_case_are_read(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(load_case("cst").path, tmp_path / "cst"))
    wanted = load_patterns(load_case("cst"))
    saved(folder / "patterns.toml", (folder / "patterns.toml").read_text(encoding="utf-8"))
    assert load_patterns(load_case(folder)) == wanted
    saved(folder / MAGNITUDES, "event,magnitude,source\nE031,2.0,SZ\n")
    assert magnitudes(load_case(folder)) == {"E031": 2.0}


def test_a_manifest_is_read(tmp_path: Path) -> None:
    told = {"command": "none", "case": "cst", "case_hash": "0", "files": {}}
    path = saved(tmp_path / "manifest.json", json.dumps(told))
    assert manifest_in(tmp_path) == told
    with pytest.raises(InputError, match="command: 'none' is not valid") as caught:
        reproduce(path, {})
    line_of(caught.value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "cp1251"])
@pytest.mark.parametrize("read", ["design", "counterfactual", "prediction", "case", "manifest"])
def test_other_encodings_are_a_line(case: Case, tmp_path: Path, encoding: str, read: str) -> None:
    content = "# Ташкент\n".encode(encoding)
    folder = Path(shutil.copytree(SKELETON, tmp_path / "case"))
    for path in (tmp_path / "f.toml", folder / "clubs.toml", tmp_path / "manifest.json"):
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        {
            "design": lambda: read_design(tmp_path / "f.toml"),
            "counterfactual": lambda: read_counterfactual(tmp_path / "f.toml"),
            "prediction": lambda: load_predictions(tmp_path / "f.toml", case),
            "case": lambda: load_case(folder),
            "manifest": lambda: reproduce(tmp_path, {}),
        }[read]()
    name = {"case": "clubs.toml", "manifest": "manifest.json"}.get(read, "f.toml")
    said = line_of(caught.value)
    where = "byte 2: 'not UTF-8'" if encoding == "cp1251" else f"encoding: '{encoding.upper()}'"
    assert said.startswith(f"{name}: {where} is not valid; allowed: text in UTF-8")


@pytest.mark.parametrize(
    ("text", "word"), [(PREDICTION.replace(",", ";"), "semicolons"), ("state\tx\n", "tabs")]
)
def test_another_separator_is_named(case: Case, tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(InputError) as caught:
        load_predictions(saved(tmp_path / "p.csv", text), case)
    said = f"p.csv: separator: '{word}' is not valid; allowed: CSV with commas between cells"
    assert line_of(caught.value) == said


# names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM", " a", "a/b", "x" * 65, "a\\nb", ""])
@pytest.mark.parametrize("file", ["clubs.toml", "threats.toml", "parameters.toml", "theories.toml"])
def test_a_name_is_no_formula_and_fits_into_a_file_name(
    tmp_path: Path, name: str, file: str
) -> None:
    folder = Path(shutil.copytree(SKELETON, tmp_path / "case"))
    text = (folder / file).read_text(encoding="utf-8")
    (folder / file).write_text(f'{text}\n["{name}"]\n', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_case(folder)
    said = line_of(caught.value)
    assert said.startswith(f"{file}: name: ")
    assert f"a name of {LONGEST_NAME} characters at most, a letter or a digit first" in said


def test_ids_are_no_formulas_and_short(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SKELETON, tmp_path / "case"))
    text = (folder / "statutes.toml").read_text(encoding="utf-8")
    first = text.split('id = "')[1].split('"')[0]
    (folder / "statutes.toml").write_text(text.replace(f'"{first}"', '"=1+1"'), encoding="utf-8")
    with pytest.raises(InputError, match=r"^statutes.toml: statute 1.id: '=1\+1' is not valid"):
        load_case(folder)
    long = tmp_path / f"{'q' * 240}.toml"
    long.write_text(QUESTION.replace('"q"', f'"{"q" * 240}"'))
    with pytest.raises(InputError, match="64 characters") as caught:
        read_counterfactual(long)
    line_of(caught.value)


# length --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("x" * 100_000, id="text"),
        pytest.param(["x"] * 100_000, id="list"),
        pytest.param({"k" * 100_000: 1}, id="table"),
        pytest.param(10**4000, id="number"),
        pytest.param(10**5000, id="number that Python does not write"),
        pytest.param("a\n" * 9999, id="lines"),
    ],
)
def test_a_line_is_short_whatever_it_is_about(value: object) -> None:
    for error in (
        InputError("f.toml", "key", value, "a number"),
        InputError("f" * 999, "k" * 999, value, "a" * 999, "n" * 999),
        unknown("f.toml", "key", value, [f"name{i}" for i in range(1000)]),
    ):
        line_of(error)
        assert error.complaint.splitlines() == [error.complaint]
    assert InputError("f.toml", "key", value, "a number").value is value


def test_what_is_cut_keeps_beginning_and_end() -> None:
    assert shortened("x" * 160) == "x" * 160
    cut = shortened("a" * 1000 + "z" * 1000)
    assert len(cut) <= 160
    assert cut.startswith("aaa")
    assert " ... " in cut
    assert cut.endswith("zzz")


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--case", "x" * 10_000),
        ("run", "--theory", "x" * 10_000),
        ("run", "--runs", "x" * 10_000),
        ("run", "--from", "x" * 10_000),
        ("explain", "x" * 10_000, "2012-06"),
        ("compare", "x" * 10_000),
        ("compare", f"{'x' * 10_000}.toml"),
        ("compare", "CF1", "--prediction", "x" * 10_000),
        ("sweep", "x" * 10_000),
        ("reproduce", "x" * 10_000),
        ("case", "new", "x" * 10_000),
        ("case", "check", "x" * 10_000),
        ("law", "x" * 10_000),
        ("x" * 10_000,),
        ("law", f"--{'x' * 10_000}"),
    ],
    ids=lambda arguments: " ".join(word[:12] for word in arguments),
)
def test_a_line_of_the_command_is_short(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
) -> None:
    monkeypatch.setattr(sys, "argv", ["tashkent", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert len(said.err.splitlines()) == 1
    assert len(said.err) < LONGEST_LINE + 120
