"""What `tashkent run` tells: every club's scores, beside those of what knows no mechanism."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tashkent.calibration import report
from tashkent.calibration.forecasters import CONSTANT, FRICTIONS, MODEL, NOBODY
from tashkent.calibration.report import ALL_CLUBS, BRIER, LOG_SCORE, Report, make_report
from tashkent.calibration.scores import brier
from tashkent.cli.new_case import SKELETON
from tashkent.cli.run import BEST, _score_table
from tashkent.model.case import Case, load_case
from tashkent.model.storage import MANIFEST
from tests.commands import call, streams


@pytest.fixture(scope="module")
def invented() -> Case:
    return load_case(SKELETON)


@pytest.fixture(scope="module")
def found(invented: Case) -> Report:
    return make_report(invented, runs=20, seed=3)


@pytest.fixture(scope="module")
def scores(found: Report) -> pd.DataFrame:
    assert found.scores is not None
    return found.scores


@pytest.mark.slow
def test_every_club_is_scored(scores: pd.DataFrame, invented: Case) -> None:
    table = scores
    assert list(dict.fromkeys(table["club"])) == [*invented.clubs, ALL_CLUBS]
    whole = table[table["score"] == BRIER].groupby(["club", "who"]).size()
    assert set(whole) == {2}
    assert set(whole.index.get_level_values("who")) > {MODEL, NOBODY, CONSTANT}
    assert np.isfinite(table["value"]).all()


def test_scores_of_a_club_are_those_of_its_seats(
    found: Report, scores: pd.DataFrame, invented: Case
) -> None:
    ensemble = found.ensemble
    for club in invented.clubs:
        own = scores[(scores["club"] == club) & (scores["score"] == BRIER)]
        first = invented.fit_until + 1
        expected = brier(invented, ensemble.p_in, ensemble.start, club, first, invented.end)
        late = own[(own["who"] == MODEL) & (own["months"] == "not fitted")]["value"]
        assert late.tolist() == [expected]


def test_all_clubs_are_the_sum(scores: pd.DataFrame) -> None:
    logs = scores[scores["score"] == LOG_SCORE]
    for _, own in logs.groupby("who"):
        values = own.set_index("club")["value"]
        assert values.pop(ALL_CLUBS) == pytest.approx(values.sum())


def test_the_best_is_the_highest_log_score_and_the_least_error(
    monkeypatch: pytest.MonkeyPatch, found: Report, invented: Case
) -> None:
    """The model loses in one club by each score, and where all are alike the model counts as the best."""
    pact, ring = invented.clubs
    held = pd.DataFrame({"club": [pact, ring], "state": "ARV", MODEL: [-2.0, -9.0]})
    held = held.assign(
        **{name: [-3.0, -8.0] for name in report.BASELINES}, **{FRICTIONS: [-2.5, -8.5]}
    )
    errors = {pact: 0.25, ring: 0.25}
    values = iter(
        [0.1, 0.2] + [0.06, 0.3] + [0.05, 0.3] + [0.2, 0.3] * 3
    )  # of the pact, contender by contender

    def given(*asked: object) -> float:
        club = str(asked[3])
        return next(values) if club == pact else errors[club]

    monkeypatch.setattr(report, "brier", given)
    table = report._scores(found.ensemble, held)
    best = table[table["best"] == 1].set_index(["club", "score", "months"])["who"]
    assert best[(pact, LOG_SCORE, "held out")] == MODEL
    assert best[(ring, LOG_SCORE, "held out")] == CONSTANT
    assert best[(ALL_CLUBS, LOG_SCORE, "held out")] == MODEL
    assert best[(pact, BRIER, "fitted")] == NOBODY
    assert best[(pact, BRIER, "not fitted")] == MODEL
    assert best[(ring, BRIER, "fitted")] == MODEL
    shown = _score_table(table)
    marked = {(row[0], row[1]) for row in shown.rows if any(BEST in str(cell) for cell in row[2:])}
    assert marked == {(ring, CONSTANT), (pact, NOBODY)}


def test_without_scores_nothing_is_held_out_and_all_else_is_the_same(
    monkeypatch: pytest.MonkeyPatch, found: Report, invented: Case
) -> None:
    for name in ("leave_one_state_out", "brier"):
        monkeypatch.setattr(report, name, None)
    bare = make_report(invented, runs=20, seed=3, scored=False)
    assert bare.scores is None
    told, whole = bare.as_json(), found.as_json()
    assert (told.pop("scores"), bool(whole.pop("scores"))) == (None, True)
    assert told == whole


@pytest.mark.slow
def test_a_result_without_scores_holds_none_and_is_made_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = ("--case", str(SKELETON), "--runs", "4", "--out", str(out))
    with streams() as said:
        assert call("run", *asked) == 0
        assert (out / "scores.csv").exists()
        assert call("run", *asked, "--no-scores") == 0
        shown, _ = said()
        assert not (out / "scores.csv").exists()
        assert call("reproduce", str(out)) == 0
        told = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        del told["arguments"]["scores"]  # as a manifest of before is
        (out / MANIFEST).write_text(json.dumps(told), encoding="utf-8")
        assert call("reproduce", str(out)) == 1
        assert "scores.csv: was not there" in said()[0]
    assert shown.count("Log score") == 1
