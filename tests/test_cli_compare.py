"""`tashkent compare` and `tashkent counterfactuals` as a user meets them."""

import json
from pathlib import Path

import pytest

from tests.test_cli import call


@pytest.mark.slow
def test_compare_writes_everything_and_reports_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    prediction = tmp_path / "class.csv"
    prediction.write_text("state,direction,confidence\nUZB,up,0.8\nGEO,none,0.6\n")
    out = tmp_path / "out"
    asked = ("compare", "baseline", "CF2", "--runs", "40", "--from", "1998-12", "--seed", "2")
    more = ("--prediction", str(prediction), "--out", str(out), "--json")
    assert call(monkeypatch, *asked, *more) == 0
    result = json.loads(capsys.readouterr().out)
    assert {path.name for path in out.iterdir()} == {
        "CF2-whole-1998-12.png",
        "attribution.csv",
        "codebook.csv",
        "comparison.json",
        "manifest.json",
        "outcomes.csv",
        "extrapolation.csv",
        "divergence.csv",
        "inputs",
        "predictions.csv",
        "seats.csv",
        "seats.parquet",
    }
    assert result == json.loads((out / "comparison.json").read_text())
    assert result["predictions"][0]["states"][0]["brier"] == pytest.approx(0.04)
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["seed"], manifest["runs"], manifest["runs_per_draw"]) == (2, 40, 10)
    assert manifest["kept"] == {str(prediction): "inputs/class.csv"}
    assert (out / "inputs" / "class.csv").read_bytes() == prediction.read_bytes()


@pytest.mark.slow
def test_the_screen_says_what_changed_and_how_sure_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    theories = ("--theory", "fear_of_abandonment", "--theory", "fear_of_entrapment")
    assert call(monkeypatch, "compare", "CF1", "--runs", "20", "--from", "1998-12", *theories) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "theory fear_of_abandonment" in shown
    assert "theory fear_of_entrapment" in shown
    assert "Inputs differ from 1999-03 on" in shown
    assert "change ± luck" in shown
    assert "20 pairs of runs, 10 for each draw of the posterior" in shown


def test_the_list_says_question_and_direction(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "counterfactuals", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in listed][:2] == ["CF1", "CF2"]
    assert all(one["question"] and one["implied"] for one in listed)
    assert call(monkeypatch, "counterfactuals") == 0
    assert "No bombs in Tashkent" in capsys.readouterr().out


@pytest.mark.slow
def test_the_same_command_gives_the_same_files(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name, workers in (("one", "1"), ("two", "2")):
        asked = ("compare", "CF6", "--runs", "20", "--from", "2020-12", "--workers", workers)
        assert call(monkeypatch, *asked, "--out", str(tmp_path / name)) == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("compare", "CF99"), "'CF99' is not valid; allowed: CF1, CF2"),
        (("compare", "baseline"), "a counterfactual after it"),
        (("compare", "CF1", "CF1"), "each counterfactual once"),
        (("compare", "nowhere.toml"), "a file that can be read"),
        (("compare", "CF1", "--theory", "x"), "theory: name: 'x'"),
        (("compare", "CF1", "--from", "1998"), "as YYYY-MM"),
        (("compare", "CF1", "--baseline", "CFx"), "'CFx' is not valid"),
        (("compare", "CF1", "--prediction", "no.csv"), "--prediction: file: 'no.csv'"),
        (("compare",), "Missing argument"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    says: str,
) -> None:
    assert call(monkeypatch, *arguments) == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 1
