"""The examination: likelihood against brute force and free runs, refits, contests, stages, and the page."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from publish import evidence
from tashkent.agents import deliberation
from tashkent.calibration import stages
from tashkent.calibration.baselines import backed_off, structural_steps
from tashkent.calibration.contests import ALL, Forecast, calibration_curve, contest, gains, scope
from tashkent.calibration.forecasters import BACKED_OFF, MODEL, STEPS
from tashkent.calibration.imputation import imputed
from tashkent.calibration.likelihood import design, fit_rows
from tashkent.calibration.posterior import fit
from tashkent.calibration.refit import refit
from tashkent.calibration.regression import ridge_logit
from tashkent.calibration.riskset import CHOICES
from tashkent.calibration.target import target
from tashkent.calibration.variants import (
    permutation,
    permuted,
    until_fit,
    variant,
    with_founding,
)
from tashkent.cli.new_case import new_case
from tashkent.cli.validation import MANIFEST, STAGES, left_out
from tashkent.model.case import Case, load_case
from tashkent.model.choices import open_acts, record_standing
from tashkent.model.compilation import compile_case
from tashkent.model.errors import InputError
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.statuses import Act
from tests.commands import EFFORT
from tests.test_cli import call, check_whole

ROOT = Path(__file__).parent.parent
SMALL = replace(EFFORT, imputations=2, replicates=2, eve_runs=5)


@pytest.fixture(scope="module")
def minimal(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return new_case(tmp_path_factory.mktemp("case") / "minimal")


def means(case: Case) -> dict[str, np.ndarray]:
    """One value of each parameter, off its prior mean so that every term counts."""
    return {n: np.array([p.mean + 0.3 * (p.sd or 0.0)]) for n, p in case.drawn.items()}


# the likelihood ------------------------------------------------------------------------------------


def by_hand(
    case: Case, parameters: dict[str, np.ndarray], t: int, s: int, c: int
) -> dict[Act, float]:
    """Probability of each act that the law leaves open, from the formulas of deliberation alone."""
    inputs = compile_case(case)
    numbers = {name: float(v[0]) for name, v in parameters.items()}
    acts = [act for act, _ in open_acts(inputs, t, s, c)]
    seen = t
    term = inputs.rules[t][c].term
    if Act.RENEW in acts and term is not None:
        seen = max(0, t - term.informed_months_before)
    features = inputs.terms(seen, record_standing(inputs, t))
    worth = sum(numbers[name] * feature[s, c] for name, feature in features.items())
    owed = inputs.owed[t, c] * inputs.record.former[t - 1, s, c]
    former, promises = inputs.record.former[t - 1, s, c], inputs.situation.clubs.guarantees[c]
    invited = inputs.window[t, c] - inputs.staleness[t, c] * (not former)
    waits = numbers["wait"] * inputs.runs_out[t, c]
    chances = {}
    for act in acts:
        if act == Act.ACCEDE:
            odds = worth + numbers["accede"] + numbers["lock"] * inputs.dear[t, s, c]
            odds += numbers["obligation"] * promises + numbers["signature"] * inputs.unasked[t, c]
            odds += numbers["opening"] * invited + numbers["founding"] * inputs.founding[t, c]
            odds += numbers["restore"] * (former & inputs.restores[t, c])
            odds -= numbers["compliance"] * owed
            odds += numbers.get("backlog", 0.0) * inputs.waited[t, c]
        elif act == Act.RENEW:
            odds = worth + numbers["renew"]
        elif act == Act.WITHDRAW:
            odds = numbers["exit"] + numbers["idle"] * (not promises) + waits - worth
        elif act == Act.REQUEST_SUSPENSION:
            odds = numbers["suspend"] + waits - worth
        else:
            continue
        chances[act] = float(deliberation.probability(np.asarray(odds)))
    return chances


@pytest.mark.slow
def test_likelihood_is_the_product_of_every_choice(minimal: Case) -> None:
    rows = design(minimal)
    parameters = {n: np.array([p.mean]) for n, p in minimal.drawn.items()}
    for name in rows.names:  # those that stay at their priors enter at their means
        parameters[name] += 0.3 * (minimal.parameters[name].sd or 0.0)
    expected = 0.0
    for i in range(len(rows.rows)):
        where = (int(rows.rows.month[i]), int(rows.rows.state[i]), int(rows.rows.club[i]))
        chances = by_hand(minimal, parameters, *where)
        stays = np.prod([1.0 - p for p in chances.values()])  # both routes of an exit
        expected += np.log(1.0 - stays if rows.rows.done[i] else stays)
    x = np.array([parameters[name] for name in rows.names])
    assert rows.log_scores(x).sum() == pytest.approx(expected, rel=1e-9)


@pytest.mark.slow
def test_probabilities_are_those_of_free_runs(minimal: Case) -> None:
    rows, runs = design(minimal), 4000
    values = {n: np.array([p.mean]) for n, p in minimal.drawn.items()}
    many = {name: np.repeat(v, runs) for name, v in values.items()}
    x = np.array([values[name] for name in rows.names])
    right = np.exp(rows.log_scores(x))[:, 0]
    p = np.where(rows.rows.done, right, 1.0 - right)
    acts = {
        "accede": ("accede", "refuse_accession"),
        "renew": ("renew",),
        "exit": ("withdraw", "request_suspension"),
    }
    lively = [t for t in np.unique(rows.rows.month) if p[rows.rows.month == t].max() > 0.02]
    assert len(lively) > 5
    compared = 0
    for t in lively[:: max(1, len(lively) // 12)]:
        month = minimal.start + int(t)
        found = simulate(minimal, many, seed=5, start=month - 1, end=month).acts()
        for i in np.flatnonzero(rows.rows.month == t):
            state, club = (
                minimal.state_ids[rows.rows.state[i]],
                tuple(minimal.clubs)[rows.rows.club[i]],
            )
            named = acts[CHOICES[rows.rows.choice[i]]]
            here = found[
                (found["state"] == state) & (found["club"] == club) & found["act"].isin(named)
            ]
            share = here["run"].nunique() / runs
            assert abs(share - p[i]) < 4.5 * np.sqrt(p[i] * (1 - p[i]) / runs) + 1e-3
            compared += 1
    assert compared > 10


# refits --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_refit_without_record_is_the_prior(case: Case) -> None:
    rows = fit_rows(case)
    found = refit(case, rows.where(np.arange(len(rows.rows)) < 1), proposals=4000)
    prior = np.array([case.parameters[n].mean for n in found.names])
    sd = np.array([case.parameters[n].sd for n in found.names])
    assert np.abs((found.mean - prior) / sd).max() < 0.15
    assert found.log_evidence < 0


@pytest.mark.slow
def test_weights_correct_the_normal_approximation(case: Case) -> None:
    """The evidence does not depend on how many proposals estimate it."""
    rows = fit_rows(case)
    few, many = (refit(case, rows, seed=1, proposals=n) for n in (1000, 4000))
    assert abs(few.log_evidence - many.log_evidence) < 5 * few.log_evidence_se
    assert many.pareto_k < 0.7
    density = target(case, rows)
    assert density.log_posterior(many.values[:5]) == pytest.approx(
        [density.log_prior(v[None])[0] + rows.log_scores(v[:, None]).sum() for v in many.values[:5]]
    )
    mode = fit(case, rows)
    assert np.abs((many.mean - mode.mode) / mode.sd).max() < 1


@pytest.mark.slow
def test_draws_are_resampled_for_each_run(case: Case) -> None:
    found = refit(case, fit_rows(case), proposals=1000)
    draws = found.resampled(case, 500, 0)
    assert set(draws) == set(case.drawn)
    first = found.names.index("patronage")
    assert draws["patronage"].mean() == pytest.approx(found.mean[first], abs=0.2)


# baselines and contests ----------------------------------------------------------------------------


@pytest.mark.slow
def test_empty_cells_take_the_rate_around_them(case: Case) -> None:
    rows = fit_rows(case).rows
    full = backed_off(rows, rows)
    cells = structural_steps(rows)
    train = rows.where(cells != cells[rows.founding][0])
    p = backed_off(train, rows)[cells == cells[rows.founding][0]]
    assert 0 < p[0] < 0.1 < full[cells == cells[rows.founding][0]][0]


@pytest.mark.slow
def test_ridge_is_what_statsmodels_finds() -> None:
    from statsmodels.api import GLM, families

    rng = np.random.default_rng(2)
    x, steps = rng.normal(size=(400, 3)), rng.integers(0, 2, 400)
    done = rng.random(400) < 1 / (1 + np.exp(-(x[:, 0] - 1.5 + steps)))
    slopes, levels = ridge_logit(x, done, steps, 0.3)
    both = np.concatenate([x, np.eye(2)[steps]], axis=1)
    alpha = np.array([0.3**-2] * 3 + [5.0**-2] * 2) / 400
    other = GLM(done.astype(float), both, family=families.Binomial()).fit_regularized(
        alpha=alpha, L1_wt=0.0
    )
    np.testing.assert_allclose(np.r_[slopes, levels], other.params, atol=2e-3)


@pytest.mark.slow
def test_a_baseline_that_is_wrong_on_purpose_is_told_from_a_right_one(case: Case) -> None:
    rows = fit_rows(case).rows
    right = backed_off(rows, rows)
    found = [
        Forecast(STEPS, right),
        Forecast(BACKED_OFF, right),
        Forecast("wrong", np.clip(1.0 - right, 1e-6, 1 - 1e-6)),
        Forecast("sure of what happened", np.where(rows.done, 0.99, 0.001)),
    ]
    scores = gains(contest(case, rows, found, "all")).set_index(["who", "scope"])
    assert scores.loc[("wrong", "focus"), "gain"] < -100
    assert scores.loc[("sure of what happened", "focus"), "gain"] > 10
    assert scores.loc[(STEPS, "all clubs"), "gain"] == 0
    assert scores.loc[("sure of what happened", "focus"), "worst_gain"] > -3


def test_errors_are_those_of_a_sum_over_states() -> None:
    table = pd.DataFrame(
        {
            "who": [STEPS] * 3 + [MODEL] * 3,
            "scope": "focus",
            "state": ["A", "B", "C"] * 2,
            "choices": 10,
            "acts": 1,
            "log_score": [-3.0, -2.0, -1.0, -1.0, -1.0, -1.0],
            "monthly": [-3.0, -2.0, -1.0, -2.0, -2.0, -2.0],
            "brier": 0.1,
            "brier_acts": 0.2,
        }
    )
    row = gains(table).set_index("who").loc[MODEL]
    assert row["gain"] == 3
    assert row["se"] == pytest.approx(np.sqrt(3 * np.var([2, 1, 0], ddof=1)))
    assert (row["worst_state"], row["worst_gain"]) == ("C", 0)
    assert (row["monthly"], row["monthly_gain"]) == (-6, 0)
    assert row["monthly_se"] == row["se"]


def test_the_posterior_is_averaged_over_all_acts_at_once(case: Case) -> None:
    rows = fit_rows(case).rows
    rows = rows.where(np.arange(len(rows)) < 2)
    draws = np.log(np.array([[0.9, 0.1], [0.9, 0.1]]))
    found = Forecast(MODEL, np.full(2, 0.5), draws, np.array([0.5, 0.5]))
    assert found.log_score(rows, np.ones(2, bool)) == pytest.approx(np.log((0.81 + 0.01) / 2))


def test_scopes_are_nested(case: Case) -> None:
    rows = fit_rows(case).rows
    inner, middle, outer = (scope(case, rows, n) for n in ("in force", "focus", "all clubs"))
    assert 0 < inner.sum() < middle.sum() < outer.sum() == len(rows)
    assert not (inner & ~middle).any()


def test_calibration_curve_counts(case: Case) -> None:
    table = pd.DataFrame({"who": "m", "p": [0.05, 0.06, 0.5], "done": [False, True, True]})
    found = calibration_curve(table, (0.0, 0.1, 1.0))
    assert found["choices"].tolist() == [2, 1]
    assert found["share"].tolist() == [0.5, 1.0]
    assert (found["share_low"] < found["share"]).all()


# variants ------------------------------------------------------------------------------------------


def test_a_deal_moves_all_of_a_situation(case: Case) -> None:
    order = permutation(case, 3, 0)
    changed = permuted(case, order)
    states = case.deciders
    a = compile_case(case).situation
    b = compile_case(changed).situation
    for i, source in enumerate(order):
        to, came = case.state_ids.index(states[i]), case.state_ids.index(states[source])
        np.testing.assert_array_equal(b.tie[:, to], a.tie[:, came])
        np.testing.assert_array_equal(b.threat[:, to], a.threat[:, came])
    assert changed.record is case.record
    assert changed.hash != case.hash
    assert permutation(case, 3, 0) == order != permutation(case, 4, 0)


@pytest.mark.slow
def test_variants_leave_the_shared_case_alone(case: Case) -> None:
    before = compile_case(case).situation.tie.copy()
    event = case.events[0].event
    changed = [
        imputed(case, 0, 1),
        variant(case, f"without {event}", 1),
        variant(case, "witness x 0.5", 1),
        with_founding(case),
    ]
    assert len({c.hash for c in (case, *changed)}) == 5
    assert event not in {row.event for row in changed[1].events}
    np.testing.assert_array_equal(compile_case(case).situation.tie, before)


@pytest.mark.slow
def test_the_founding_meeting_can_be_scored(case: Case) -> None:
    more, fewer = (fit_rows(c).rows for c in (with_founding(case), case))
    first = more.where(more.month == 1)
    assert len(first) >= len(case.deciders)
    assert first.done.sum() == 5
    assert more.done.sum() == fewer.done.sum() + 5


@pytest.mark.slow
def test_cutting_the_case_at_the_fit_changes_no_score(case: Case) -> None:
    whole, cut = fit_rows(case), fit_rows(until_fit(case))
    np.testing.assert_array_equal(whole.first, cut.first)
    np.testing.assert_array_equal(whole.rows.done, cut.rows.done)


# stages --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_resumed_equals_undisturbed(minimal: Case, tmp_path: Path) -> None:
    whole = stages.run(minimal, SMALL, tmp_path / "whole")

    class StopError(Exception):
        pass

    def stop(stage: str, done: int, of: int) -> None:
        if done == of // 2:
            raise StopError

    with pytest.raises(StopError):
        stages.run(minimal, SMALL, tmp_path / "part", progress=stop)
    stored = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "part").iterdir()}
    assert stored
    resumed = stages.run(minimal, SMALL, tmp_path / "part")
    assert set(resumed) == set(whole)
    for name, table in whole.items():
        pd.testing.assert_frame_equal(resumed[name], table)
    now = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "part").iterdir()}
    assert {name: now[name] for name in stored} == stored  # what was done is not done again


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["emptied", "one less", "flipped", "another's", "older"])
def test_a_stage_that_is_not_as_it_was_written_is_said_and_done_again(
    minimal: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    damage: str,
) -> None:
    parts = [stages.Job("hold out", part) for part in ("one", "other")]
    monkeypatch.setattr(stages, "jobs", lambda *_: parts)
    told = {"scores": pd.DataFrame({"x": [1.5, 2.5]}), "more": pd.DataFrame({"y": [1]})}
    monkeypatch.setattr(stages, "_do", lambda job: told)
    right = stages.run(minimal, SMALL, tmp_path)
    place, other = sorted(path for path in tmp_path.iterdir() if path.is_dir())
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    if damage == "emptied":
        for path in place.iterdir():
            path.unlink()
    elif damage == "one less":
        (place / "more.parquet").unlink()
    elif damage == "flipped":
        content = (place / "scores.parquet").read_bytes()
        (place / "scores.parquet").write_bytes(content[:30] + b"?" + content[31:])
    elif damage == "another's":
        for path in other.iterdir():
            (place / path.name).write_bytes(path.read_bytes())
    else:
        (place / "digests.json").unlink()
    again = stages.run(minimal, SMALL, tmp_path)
    assert {path: path.read_bytes() for path in before} == before
    for name, table in right.items():
        pd.testing.assert_frame_equal(again[name], table)
    assert [record.getMessage() for record in caplog.records] == [
        f"{place} is not as it was written: it is done again"
    ]


def test_a_file_of_the_users_in_a_damaged_stage_stays(
    minimal: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "jobs", lambda *_: [stages.Job("hold out", "one")])
    monkeypatch.setattr(stages, "_do", lambda job: {"scores": pd.DataFrame({"x": [1.5]})})
    stages.run(minimal, SMALL, tmp_path)
    (place,) = (path for path in tmp_path.iterdir() if path.is_dir())
    (place / "scores.parquet").unlink()
    (place / "notes.md").write_text("mine")
    with pytest.raises(InputError, match="a piece of a result, without other files in its folder"):
        stages.run(minimal, SMALL, tmp_path)
    assert (place / "notes.md").read_text() == "mine"


def test_another_case_or_seed_is_another_key(minimal: Case) -> None:
    key = stages.key_of(minimal, SMALL)
    assert key != stages.key_of(minimal, replace(SMALL, seed=1))
    assert key != stages.key_of(minimal.varied(title="Another"), SMALL)


def test_a_quick_look_says_what_it_leaves_out() -> None:
    assert left_out(stages.Effort()) == ""
    said = left_out(stages.QUICK)
    assert said.startswith(
        "A quick look: normal approximations in place of weighted draws, 300 runs"
    )
    assert "Left out: recovery; runs from the eve of each pattern; nested sampling; events" in said


@pytest.mark.slow
def test_the_command_writes_tables_and_a_manifest(
    minimal: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(stages, "QUICK", SMALL)
    out, compact = tmp_path / "out", tmp_path / "compact"
    words = ["validate", "--case", str(minimal.path), "--quick", "--out", str(out)]
    more = ["--compact", str(compact), "--workers", "1", "--json"]
    assert call(monkeypatch, *words, *more) == 0
    manifest = json.loads((out / MANIFEST).read_text())
    said = json.loads(capsys.readouterr().out)
    assert manifest["case_hash"] == minimal.hash == said["case_hash"]
    assert (out / STAGES).is_dir()
    held = pd.read_csv(out / "held_out.csv")
    assert {MODEL, STEPS, BACKED_OFF} <= set(held["who"])
    assert {p.name for p in compact.iterdir()} <= {p.name for p in out.iterdir()}
    assert {"model, inputs imputed"} < set(held["who"])
    tables = ("clubs", "held_out_clubs", "intervals", "ladder", "ranks", "recovery", "risks")
    assert {f"{name}.csv" for name in tables} <= {p.name for p in compact.iterdir()}
    page = evidence.page(*evidence.read(compact), minimal.path)
    for head in ("What speaks against it", "Was it due?", "What was learnt", "Every club beside"):
        assert f"## {head}" in page
    assert "Forecast month by month" in page
    check_whole(out, STAGES)
    check_whole(compact)
    assert load_case(out / "inputs" / minimal.path.name).hash == minimal.hash


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--case", "cts"], "nearest valid name: cst"),
        (["--seed", "-1"], "--seed"),
        (["--out", "{full}"], "a new or empty folder, or an earlier validation"),
    ],
)
def test_bad_input_is_one_line(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "thesis.doc").write_text("mine")
    words = [word.format(full=tmp_path) for word in words]
    assert call(monkeypatch, "validate", *words) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert errors.count("\n") == 1
    assert (tmp_path / "thesis.doc").read_text() == "mine"


def test_prior_draws_fit_the_case(minimal: Case) -> None:
    assert set(prior_parameters(minimal, runs=2, seed=0)) == set(minimal.drawn)
    assert ALL == "all"
