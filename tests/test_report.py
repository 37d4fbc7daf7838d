"""What `tashkent run` tells: every club's scores, beside those of what knows no mechanism."""

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


@pytest.fixture(scope="module")
def invented() -> Case:
    return load_case(SKELETON)


@pytest.fixture(scope="module")
def found(invented: Case) -> Report:
    return make_report(invented, runs=20, seed=3)


def test_every_club_is_scored(found: Report, invented: Case) -> None:
    table = found.scores
    assert list(dict.fromkeys(table["club"])) == [*invented.clubs, ALL_CLUBS]
    whole = table[table["score"] == BRIER].groupby(["club", "who"]).size()
    assert set(whole) == {2}
    assert set(whole.index.get_level_values("who")) > {MODEL, NOBODY, CONSTANT}
    assert np.isfinite(table["value"]).all()


def test_scores_of_a_club_are_those_of_its_seats(found: Report, invented: Case) -> None:
    ensemble = found.ensemble
    for club in invented.clubs:
        own = found.scores[(found.scores["club"] == club) & (found.scores["score"] == BRIER)]
        first = invented.fit_until + 1
        expected = brier(invented, ensemble.p_in, ensemble.start, club, first, invented.end)
        late = own[(own["who"] == MODEL) & (own["months"] == "not fitted")]["value"]
        assert late.tolist() == [expected]


def test_all_clubs_are_the_sum(found: Report) -> None:
    logs = found.scores[found.scores["score"] == LOG_SCORE]
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
    shown = _score_table(Report(**{**vars(found), "scores": table}))
    marked = {(row[0], row[1]) for row in shown.rows if any(BEST in str(cell) for cell in row[2:])}
    assert marked == {(ring, CONSTANT), (pact, NOBODY)}
