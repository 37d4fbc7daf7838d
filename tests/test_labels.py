"""Labels of counterfactuals: the same question under prior weights and in a fit without the state, and zeros."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tashkent.calibration.likelihood import fit_rows
from tashkent.calibration.refit import refit
from tashkent.cli import comparison
from tashkent.cli.new_case import SKELETON
from tashkent.cli.screen import console
from tashkent.experiments import labels
from tashkent.experiments.codebook import codebook
from tashkent.experiments.compare import Comparison, compare
from tashkent.experiments.labels import BY_INPUTS, BY_RUNS, KEPT, PRIOR, WITHOUT, agrees
from tashkent.model.case import Case, load_case
from tashkent.model.counterfactual import Counterfactual, ExpectedOutcome
from tashkent.model.patches.inputs import ChangeParameter, ChangeSeries
from tashkent.model.simulate import prior_parameters
from tests.test_cli import call

#: the runs that they look at take seconds
pytestmark = pytest.mark.slow

RUNS, PER_DRAW, SEED = 40, 2, 3


def asked(*months: str, state: str = "ARV", direction: str = "none") -> tuple[ExpectedOutcome, ...]:
    return tuple(
        ExpectedOutcome(state=state, club="PACT", month=m, direction=direction, whose="GK")
        for m in months
    )


#: it bites in 2004; what is asked of ARV before lies before it
TIE = Counterfactual(
    id="tie",
    outcomes=(*asked("2003-06", "2009-12"), *asked("2009-12", state="BOR", direction="up")),
    patches=(
        ChangeSeries(
            series="tie_patron", states=("BOR",), first_year=2004, last_year=2010, add=5.0
        ),
    ),
)
#: an input differs from the start, and nobody ever reads it: the state observes no club
UNREAD = Counterfactual(
    id="unread",
    outcomes=asked("2009-12"),
    patches=(ChangeParameter(parameter="observe", mean=-9.0),),
)


@pytest.fixture(scope="module")
def invented() -> Case:
    return load_case(SKELETON)


@pytest.fixture(scope="module")
def found(invented: Case) -> Comparison:
    return compare(invented, TIE, UNREAD, runs=RUNS, per_draw=PER_DRAW, seed=SEED, labels=True)


def rows(found: Comparison, name: str) -> pd.DataFrame:
    return found.outcomes[found.outcomes["counterfactual"] == name].reset_index(drop=True)


def test_under_prior_weights_it_is_the_comparison_with_prior_draws(
    invented: Case, found: Comparison
) -> None:
    draws = prior_parameters(invented, runs=RUNS // PER_DRAW, seed=SEED)
    other = compare(
        invented, TIE, runs=RUNS, per_draw=PER_DRAW, seed=SEED, parameters=draws
    ).outcomes
    for column in KEPT:
        assert rows(found, "tie")[f"{PRIOR}_{column}"].tolist() == other[column].tolist()
    assert (other["change"] != rows(found, "tie")["change"]).any()


@pytest.fixture
def nothing_kept() -> Iterator[None]:
    """Fits are made anew, and those of a test are not kept for others."""
    labels._without.cache_clear()
    yield
    labels._without.cache_clear()


@pytest.mark.usefixtures("nothing_kept")
def test_the_fit_leaves_out_the_state_that_is_asked_about(
    monkeypatch: pytest.MonkeyPatch, invented: Case
) -> None:
    """What the state did by the record is in no fit that its answer rests on, and everything else is."""
    seen: list[tuple[set[int], int]] = []

    def watched(case: Case, design: object, **options: object) -> object:
        taken = design.rows  # type: ignore[attr-defined]
        seen.append((set(taken.state.tolist()), len(taken)))
        return refit(case, design, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(labels, "refit", watched)
    compare(invented, TIE, runs=4, per_draw=2, seed=SEED, labels=True)
    all_rows = fit_rows(invented).rows
    states = [invented.state_ids.index(state) for state in ("ARV", "BOR")]
    assert len(seen) == len(states)
    for (fitted, size), left_out in zip(seen, states, strict=True):
        assert left_out not in fitted
        assert size == (all_rows.state != left_out).sum()


@pytest.mark.usefixtures("nothing_kept")
def test_the_change_in_that_fit_is_of_its_draws(
    monkeypatch: pytest.MonkeyPatch, invented: Case, found: Comparison
) -> None:
    """With the draws of the prior in place of a fit's, a section differs by the luck of its runs alone."""

    class Prior:
        pareto_k = 0.0

        def resampled(self, case: Case, runs: int, seed: int) -> object:
            return prior_parameters(case, runs=runs, seed=seed)

    monkeypatch.setattr(labels, "refit", lambda *_, **__: Prior())
    other = compare(invented, TIE, runs=RUNS, per_draw=PER_DRAW, seed=SEED, labels=True).outcomes
    difference = (other["without_change"] - other["prior_change"]).abs()
    assert difference.max() < 0.3
    assert other["without_change"].tolist() != rows(found, "tie")["without_change"].tolist()
    assert np.isfinite(rows(found, "tie")["without_pareto_k"]).all()
    assert rows(found, "tie")["zero"].tolist()[2] == ""  # the tie moves who is tied


def test_zero_by_construction(found: Comparison) -> None:
    tie = rows(found, "tie")
    assert tie["zero"].tolist()[0] == BY_INPUTS  # asked before the tie differs
    assert rows(found, "unread")["zero"].tolist() == [BY_RUNS]
    assert rows(found, "unread")["change"].tolist() == [0.0]


def test_a_zero_by_construction_is_no_direction_found(found: Comparison) -> None:
    unread = rows(found, "unread")
    assert unread["implied"].tolist() == unread["found"].tolist() == ["none"]
    assert not agrees(unread).any()
    assert not agrees(unread, WITHOUT).any()
    assert agrees(unread.drop(columns="zero")).all()
    assert agrees(unread.assign(zero=np.nan)).all()  # as a table on disk has what is empty


def test_one_run_that_moves_is_no_zero(found: Comparison) -> None:
    """A seat that only differs on the way there, or in a fit without the state, is not zero by construction."""
    pair = next(p for p in found.pairs if p.counterfactual.id == "unread")
    moved = pair.counts.discordant.copy()
    month, s, c = pair.cells[0]
    moved[month - 3, s, c] = 1
    counts = labels.replace(pair.counts, discordant=moved)
    other = labels.replace(pair, counts=counts)
    assert labels._zero(pair, (pair,), 0) == BY_RUNS
    assert labels._zero(pair, (pair, other), 0) == ""
    moved[month - 3, s, c], moved[month + 1, s, c] = 0, 1  # after the month that is asked about
    assert labels._zero(pair, (pair, other), 0) == BY_RUNS


def test_without_labels_there_are_no_columns(invented: Case) -> None:
    plain = compare(invented, TIE, runs=4, per_draw=2, seed=SEED)
    assert not {"zero", "prior_change"} & set(plain.outcomes)


def test_labels_are_the_same_again_and_their_runs_are_counted(
    invented: Case, found: Comparison
) -> None:
    told: list[tuple[int, int]] = []
    again = compare(
        invented,
        TIE,
        UNREAD,
        runs=RUNS,
        per_draw=PER_DRAW,
        seed=SEED,
        labels=True,
        progress=lambda done, of: told.append((done, of)),
    )
    pd.testing.assert_frame_equal(again.outcomes, found.outcomes)
    assert told[-1][0] == told[-1][1] == RUNS * (1 + 3)
    assert told == sorted(told)


def test_the_screen_and_the_codebook_say_them(
    capsys: pytest.CaptureFixture[str], found: Comparison
) -> None:
    comparison.show(found, (), console())
    shown = " ".join(capsys.readouterr().out.split())
    assert "prior weights" in shown
    assert "fit without it" in shown
    assert "zero by construction, which is no finding" in shown
    comparison.show_labels(found, console())
    shown = " ".join(capsys.readouterr().out.split())
    zeros = int((found.outcomes["zero"] != "").sum())
    assert f"{int(agrees(found.outcomes).sum())} of 4 directions are as implied" in shown
    assert f"{zeros} are zero by construction and count as not found" in shown
    book = codebook("compare", {"outcomes.csv": list(found.outcomes)})
    assert len(book) == found.outcomes.shape[1]


def test_the_list_has_answers_if_they_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(SKELETON, tmp_path / "case"))
    (folder / "counterfactuals").mkdir()
    (folder / "counterfactuals" / "A1.toml").write_text(
        'id = "A1"\ntitle = "No ring"\nquestion = "What if?"\n[[patch]]\ndo = "remove_club"\nclub = "RING"\n'
        '[[outcome]]\nstate = "BOR"\nclub = "PACT"\nmonth = "2005-12"\ndirection = "up"\nwhose = "GK"\nwhy = "x"\n'
    )
    asked_for = ("counterfactuals", "--case", str(folder), "--labels", "--runs", "8")
    assert call(monkeypatch, *asked_for, "--workers", "1", "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)
    answers: list[Mapping[str, object]] = one["answers"]
    assert [answer["state"] for answer in answers] == ["BOR"]
    assert {"prior_change", "without_change", "zero", "start"} <= set(answers[0])
    assert call(monkeypatch, *asked_for, "--workers", "1") == 0
    assert "zero by construction" in " ".join(capsys.readouterr().out.split())
    assert call(monkeypatch, "counterfactuals", "--case", str(folder), "--json") == 0
    assert "answers" not in json.loads(capsys.readouterr().out)[0]
