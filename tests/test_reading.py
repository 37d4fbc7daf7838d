"""What a user writes is read strictly, whatever stands there, and before it costs time or memory."""

from pathlib import Path

import pytest

from tashkent.dashboard.question import pack, read, unpack
from tashkent.experiments.compare import compare
from tashkent.experiments.design import read_design
from tashkent.model.case import load_case
from tashkent.model.counterfactual import parse_counterfactual
from tashkent.model.errors import InputError
from tashkent.model.reading import (
    LARGEST,
    LONGEST,
    file_text,
    json_table,
    names_in,
    one_of,
    toml_table,
)
from tests.test_cli import call


@pytest.mark.parametrize("value", ["[]", "{}", "{ a = 1 }", "[[1]]", "3", "true"])
def test_a_kind_of_patch_is_a_word(value: str) -> None:
    text = f'id = "q"\n[[patch]]\ndo = {value}\n'
    with pytest.raises(
        InputError, match=r"q.toml: patch 1.do: .* is not valid; allowed: remove_event"
    ):
        parse_counterfactual(text, "q.toml")


def test_a_link_of_the_page_with_a_list_for_a_word_is_refused() -> None:
    text = unpack("1.ePnzfNj4y0yxVSpUQlFvGx3LBQBWygcm")
    with pytest.raises(InputError, match=r"mine.toml: "):
        read(load_case("cst"), text, "mine.toml")
    assert unpack(pack(text)) == text


@pytest.mark.parametrize("value", [[], {}, {"a": 1}, 3, None])
def test_what_a_factor_varies_is_a_word(value: object) -> None:
    design = {
        "method": "grid",
        "runs": 2,
        "outcomes": ["in(UZB, CST, 1999-06)"],
        "factor": [{"vary": value}],
    }
    with pytest.raises(
        InputError, match=r"design: factor 1.vary: .* is not valid; allowed: parameter"
    ):
        read_design(design)


@pytest.mark.parametrize("value", [[], {}, {"a": 1}, 3])
def test_what_an_outcome_measures_is_a_word(value: object) -> None:
    design = {"method": "grid", "runs": 2, "outcomes": [{"measure": value}], "factor": []}
    with pytest.raises(InputError, match=r"design: "):
        read_design({**design, "method": "posterior", "points": 2})


def test_one_of_names_the_nearest() -> None:
    assert one_of("f", "k", "run", ["run", "sweep"]) == "run"
    with pytest.raises(InputError, match="nearest valid name: run"):
        one_of("f", "k", "runn", ["run", "sweep"])


def test_a_path_may_hold_the_sign_that_joins_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file that is there is taken for one name; what is not there is parted as it is written."""
    (tmp_path / "c++, d").mkdir()
    (tmp_path / "c++, d" / "a+b.toml").touch()
    monkeypatch.chdir(tmp_path)
    whole = "c++, d/a+b.toml"
    assert names_in(whole, "+", ".toml") == [whole]
    assert names_in(f"CF1+{whole} + CF2", "+", ".toml") == ["CF1", whole, "CF2"]
    assert names_in("x+y.toml", "+", ".toml") == ["x", "y.toml"]
    assert names_in(whole, ",", ".py") == ["c++", "d/a+b.toml"]
    assert names_in("a,,b", ",", ".py") == ["a", "", "b"]
    assert names_in(f"CF1+{'x' * 5000}\0.toml", "+", ".toml") == ["CF1", f"{'x' * 5000}\0.toml"]
    assert len(names_in("a+" * 99_999, "+", ".toml")) == 100_000


def test_depth_is_counted_outside_of_texts_and_comments() -> None:
    deep = ".".join("a" * 50)
    plain = f'# {deep}\na = "{deep}"\nb = \'{deep}\'\nc = """{deep}\n{deep}"""\n'
    assert toml_table(plain, "f.toml")["a"] == deep
    for text in (f"{deep} = 1", f"[{deep}]", "a = " + "[" * 40 + "]" * 40, "a = " + "{ a = " * 40):
        with pytest.raises(InputError, match=r"f.toml: depth: 'more at line 1'"):
            toml_table(text, "f.toml")


def test_size_is_limited(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="length"):
        toml_table("#" * (LONGEST + 1), "f.toml")
    large = tmp_path / "large.csv"
    with large.open("wb") as stream:
        stream.truncate(LARGEST + 1)
    with pytest.raises(InputError, match="size"):
        file_text(large, "--prediction")
    with pytest.raises(InputError, match="a file that can be read"):
        file_text(Path("a\0b"), "--prediction")


@pytest.mark.parametrize("text", ["{", "[]", '{"a": NaN}', '{"a": -Infinity}', "[" * 99_999, "3"])
def test_json_is_a_table_of_finite_numbers(text: str) -> None:
    with pytest.raises(InputError, match=r"manifest.json: syntax"):
        json_table(text, "manifest.json")


@pytest.mark.parametrize(("key", "value"), [("points", 2**31), ("points", 2**63), ("runs", 2**63)])
def test_a_size_that_nobody_can_run_is_refused(key: str, value: int) -> None:
    design = {"method": "posterior", "points": 2, "runs": 2, "outcomes": ["in(UZB, CST, 1999-06)"]}
    with pytest.raises(
        InputError, match=rf"design.{key}: {value} is not valid; allowed: less than"
    ):
        read_design({**design, key: value})


def test_memory_that_is_not_there_is_refused_before_the_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert call(monkeypatch, "run", "--runs", "1000000000000", "--out", str(out)) == 2
    assert "memory: runs: 1000000000000 is not valid; allowed: about " in capsys.readouterr().err
    assert not out.exists()
    with pytest.raises(InputError, match="runs: 10000000000 is not valid"):
        compare("cst", "CF1", runs=10**10)
