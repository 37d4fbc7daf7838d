"""Predictions of a class, scored by hand."""

from pathlib import Path

import pytest

from tashkent.experiments.compare import Comparison, compare
from tashkent.experiments.predictions import (
    StatedPrediction,
    asked_month,
    brier,
    load_predictions,
    score,
)
from tashkent.model.case import Case
from tashkent.model.errors import InputError

#: the runs that they look at take seconds
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(case: Case) -> Comparison:
    return compare(case, "CF2", runs=100, start="1998-12")


def test_scores_by_hand(found: Comparison) -> None:
    predictions = (
        StatedPrediction(state="UZB", direction="up", confidence=0.9),
        StatedPrediction(state="AZE", direction="down", confidence=0.7),
        StatedPrediction(state="MDA", direction="none", confidence=0.5, month="1999-12"),
    )
    table = score(predictions, found.pairs[0])
    assert table["found"].tolist() == ["up", "up", "none"]
    assert table["brier"].tolist() == pytest.approx([0.01, 0.49, 0.25])
    assert table["right"].tolist() == [True, False, True]
    assert set(table["month"]) == {"1999-12"}
    assert asked_month(found.pairs[0]) == "1999-12"
    assert brier(1.0, right=True) == 0.0
    row = found.pairs[0].outcomes.iloc[0]
    assert table["change"].iloc[0] == pytest.approx(row["change"])


def test_toml_and_csv_say_the_same(case: Case, tmp_path: Path) -> None:
    toml, table = tmp_path / "p.toml", tmp_path / "p.csv"
    toml.write_text('[[prediction]]\nstate = "UZB"\ndirection = "up"\nconfidence = 1\n')
    table.write_text("state,direction,confidence,month\nUZB,up,1.0,\n")
    assert load_predictions(toml, case) == load_predictions(table, case)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("p.toml", "", "one prediction at least"),
        ("p.toml", "[[predictions]]", "nearest valid name: prediction"),
        ("p.toml", "prediction = 3", "each under [[prediction]]"),
        ("p.toml", "[[prediction", "TOML 1.0"),
        ("p.csv", "state,direction,confidence\n", "one prediction at least"),
        ("p.csv", "state,direction,trust\nUZB,up,0.7\n", "column: 'trust'"),
        ("p.csv", "state,direction,confidence\nUZX,up,0.7\n", "nearest valid name: UZB"),
        ("p.csv", "state,direction,confidence\nUZB,upp,0.7\n", "nearest valid name: up"),
        ("p.csv", "state,direction,confidence\nUZB,up,0.4\n", "greater than or equal to 0.5"),
        ("p.csv", "state,direction,confidence\nUZB,up,1.1\n", "less than or equal to 1"),
        ("p.csv", "state,direction,confidence\nUZB,up,sure\n", "a finite number"),
        ("p.csv", "state,direction,confidence\nUZB,up\n", "3 cells"),
        ("p.csv", "state,direction,confidence\nUZB,,0.7\n", "direction: ''"),
        (
            "p.csv",
            "state,direction,confidence\nUZB,up,0.7\nUZB,up,0.8\n",
            "each seat and month once",
        ),
        ("p.csv", "state,direction,confidence,club\nUZB,up,0.7,NATO\n", "club: 'NATO'"),
        ("p.csv", "state,direction,confidence,month\nUZB,up,0.7,1999\n", "as YYYY-MM"),
    ],
)
def test_a_bad_file_is_one_line(
    case: Case, tmp_path: Path, name: str, text: str, says: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as caught:
        load_predictions(tmp_path / name, case)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_month_before_the_start(
    case: Case, tmp_path: Path, found: Comparison
) -> None:
    with pytest.raises(InputError, match="a file that can be read"):
        load_predictions(tmp_path / "none.toml", case)
    early = StatedPrediction(state="UZB", direction="up", confidence=0.9, month="1995-12")
    with pytest.raises(InputError, match="a month after 1998-12, where CF2 starts"):
        score((early,), found.pairs[0])
