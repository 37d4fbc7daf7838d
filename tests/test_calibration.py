"""Sampling, its diagnostics, the shipped posterior, and recovery on synthetic histories."""

import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tashkent.calibration import diagnostics, recovery, shipped
from tashkent.calibration import sample as sampling
from tashkent.calibration.imputation import imputed
from tashkent.calibration.likelihood import Design, design, fit_rows
from tashkent.calibration.posterior import Laplace, Sample, fit, posterior
from tashkent.calibration.predictive import check
from tashkent.calibration.refit import refit
from tashkent.calibration.riskset import RiskSet, risk_set
from tashkent.calibration.sample import Chains, Settings, sample
from tashkent.calibration.target import Target, distinct, target
from tashkent.cli.new_case import new_case
from tashkent.cli.whole_case import load_whole_case
from tashkent.model.case import Case, load_case
from tashkent.model.compilation import compile_case
from tashkent.model.errors import InputError
from tashkent.model.pieces import write_piece
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.statuses import Act
from tashkent.model.theory import with_theory
from tests.test_cli import call, check_whole

#: a theory of one's own
OWN_TERM = """
from tashkent.agents.terms import term


@term(theory="Pull (nobody 2000)", prior=(0.5, 0.25))
def own_pull(now):
    return now.threat.sum(axis=-1)[..., None] * now.clubs.guarantees
"""
SETTINGS = Settings(case="toy", case_hash="0", seed=3, ensembles=2, walkers=12)


def toy(features: np.ndarray, done: np.ndarray, prior_sd: float = 2.0) -> Target:
    """A target of choices by one route, for as many parameters as there are features."""
    n, p = features.shape
    none, no = np.zeros(n, np.intp), np.zeros(n, bool)
    rows = RiskSet(none, none, none, none, done, no, no)
    whole = Design(
        tuple(f"p{i}" for i in range(p)), rows, features, 0.0 * features, no, np.zeros((n, 2))
    )
    few, counts = distinct(whole)
    return Target(whole.names, np.zeros(p), np.full(p, prior_sd), few, counts)


def easy(truth: tuple[float, ...] = (1.0, -0.5), n: int = 400) -> Target:
    """Choices that two parameters made."""
    rng = np.random.default_rng(5)
    features = rng.integers(-2, 3, (n, len(truth))).astype(float)
    return toy(features, rng.random(n) < 1 / (1 + np.exp(-features @ np.array(truth))))


def without_record(parameters: int) -> Target:
    return toy(np.zeros((1, parameters)), np.zeros(1, bool), prior_sd=1.0)


# the target ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_distinct_rows_have_the_likelihood_of_all(case: Case) -> None:
    rows, found = fit_rows(case), target(case)
    x = found.prior_mean + np.random.default_rng(1).normal(size=(5, len(found.names)))
    np.testing.assert_allclose(found.log_likelihood(x), rows.log_scores(x.T).sum(axis=0), rtol=1e-9)
    assert found.counts.sum() == len(rows.rows) > 1.5 * len(found.counts)
    assert (found.counts[found.rows.rows.done] >= 1).all()


@pytest.mark.slow
def test_one_at_a_time_equals_many_at_once(case: Case) -> None:
    found = target(case)
    x = found.prior_mean + np.random.default_rng(2).normal(size=(4, len(found.names)))
    one_by_one = [found.log_posterior(row[None])[0] for row in x]
    np.testing.assert_allclose(found.log_posterior(x), one_by_one)


# the sampler ---------------------------------------------------------------------------------------


def variance_of_a_normal(moves: list[tuple[object, float]]) -> float:
    """The variance that a sampler gives a standard normal distribution in ten dimensions."""
    import emcee

    rng = np.random.default_rng(4)
    sampler = emcee.EnsembleSampler(
        40, 10, lambda x: -0.5 * np.square(x).sum(axis=1), moves=moves, vectorize=True
    )
    random = np.random.RandomState(np.random.MT19937(6)).get_state()
    sampler.run_mcmc(emcee.State(rng.normal(size=(40, 10)), random_state=random), 2000)
    return float(sampler.get_chain(discard=500, flat=True).var())


@pytest.mark.slow
def test_the_moves_leave_a_known_density_unchanged() -> None:
    assert variance_of_a_normal(sampling.moves()) == pytest.approx(1.0, abs=0.05)


@pytest.mark.slow
def test_the_same_check_finds_a_sampler_that_is_wrong() -> None:
    """emcee's snooker move as released: docs/decisions/0014-moves.md. If this fails, it may be used again."""
    from emcee.moves import DESnookerMove

    assert variance_of_a_normal([(DESnookerMove(), 1.0)]) < 0.8


@pytest.mark.slow
def test_without_a_record_the_posterior_is_the_prior(tmp_path: Path) -> None:
    found = sample(without_record(3), SETTINGS, tmp_path, steps=2000)
    values = found.by_ensemble().reshape(-1, 3)
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=0.12)
    np.testing.assert_allclose(values.std(axis=0), 1, atol=0.08)


@pytest.mark.slow
def test_an_easy_case_is_recovered_and_agrees_with_laplace(tmp_path: Path) -> None:
    truth = np.array([1.0, -0.5])
    density = easy(tuple(truth))
    found = sample(density, SETTINGS, tmp_path, steps=2000)
    values = found.by_ensemble().reshape(-1, 2)
    mean, sd = values.mean(axis=0), values.std(axis=0)
    assert (np.abs(mean - truth) < 3 * sd).all()
    assert (sd < 0.2).all()
    table = diagnostics.table(density, found)
    assert diagnostics.not_converged(table) == []
    assert (table["contraction"] > 0.98).all()


@pytest.mark.slow
def test_the_seed_fixes_every_draw_on_any_number_of_processes(tmp_path: Path) -> None:
    density = easy()
    one = sample(density, SETTINGS, tmp_path / "one", steps=200)
    two = sample(density, SETTINGS, tmp_path / "two", steps=200, workers=2)
    other = sample(density, replace(SETTINGS, seed=4), tmp_path / "other", steps=200)
    assert np.array_equal(one.values, two.values)
    assert np.array_equal(one.log_posterior, two.log_posterior)
    assert not np.array_equal(one.values, other.values)
    assert not np.array_equal(one.values[0], one.values[1])


@pytest.mark.slow
def test_a_run_that_was_interrupted_ends_as_one_that_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sample(easy(), SETTINGS, tmp_path / "whole", steps=300)
    monkeypatch.setattr(sampling, "BLOCK", 50)

    def stop(done: int, of: int) -> None:
        if done >= 350:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample(easy(), SETTINGS, tmp_path / "parts", steps=300, progress=stop)
    again = sample(easy(), SETTINGS, tmp_path / "parts", steps=300)
    assert np.array_equal(whole.values, again.values)
    longer = sample(easy(), SETTINGS, tmp_path / "parts", steps=400)
    assert longer.steps == 400
    shorter = sample(easy(), SETTINGS, tmp_path / "parts", steps=300)
    assert np.array_equal(whole.values, shorter.values)


def test_what_stops_a_sampler_is_printed_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = count()

    def log_posterior(self: Target, vectors: np.ndarray) -> np.ndarray:
        if next(calls) > 3:
            raise KeyboardInterrupt
        return np.asarray(-np.square(vectors).sum(axis=1))

    monkeypatch.setattr(Target, "log_posterior", log_posterior)
    with pytest.raises(KeyboardInterrupt):
        sample(easy(), SETTINGS, tmp_path, steps=80)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["case_hash", "seed", "walkers", "ensembles"])
def test_other_settings_are_refused(tmp_path: Path, name: str) -> None:
    sample(easy(), SETTINGS, tmp_path, steps=80)
    value = "1" if name == "case_hash" else 24
    with pytest.raises(InputError, match=rf"{name}: .*with which the run there began"):
        sample(easy(), replace(SETTINGS, **{name: value}), tmp_path, steps=80)


def test_another_likelihood_is_refused(tmp_path: Path) -> None:
    sample(easy(), SETTINGS, tmp_path, steps=80)
    with pytest.raises(InputError, match="likelihood: 'another' is not valid"):
        sample(easy((2.0, 2.0)), SETTINGS, tmp_path, steps=160)


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage", ["cut", "flipped", "gone", "another ensemble's", "another run's"]
)
def test_a_block_that_is_not_as_it_was_written_is_said_and_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    monkeypatch.setattr(sampling, "BLOCK", 50)
    whole = sample(easy(), SETTINGS, tmp_path / "run", steps=150)
    block = tmp_path / "run" / "ensemble-00-00000100.npz"
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    right = block.read_bytes()
    if damage == "cut":
        block.write_bytes(right[:500])
    elif damage == "flipped":
        block.write_bytes(right[:900] + bytes([right[900] ^ 1]) + right[901:])
    elif damage == "gone":
        block.unlink()
    elif damage == "another ensemble's":
        block.write_bytes(block.with_name("ensemble-01-00000100.npz").read_bytes())
    else:
        sample(easy(), replace(SETTINGS, seed=4), tmp_path / "other", steps=150)
        block.write_bytes((tmp_path / "other" / block.name).read_bytes())
    again = sample(easy(), SETTINGS, tmp_path / "run", steps=150)
    assert np.array_equal(whole.values, again.values)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before
    said = [record.getMessage() for record in caplog.records]
    assert (
        f"{block.with_name('ensemble-00-00000150.npz')} is not as it was written: it is done again"
        in said
    )
    assert len(said) == (1 if damage == "gone" else 2)


def test_other_moves_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from emcee.moves import DEMove

    sample(easy(), SETTINGS, tmp_path, steps=80)
    monkeypatch.setattr(sampling, "moves", lambda: [(DEMove(gamma0=0.5), 1.0)])
    with pytest.raises(
        InputError, match=r"moves: 'DEMove .*gamma0=0.5.*with which the run there began"
    ):
        sample(
            easy(), replace(SETTINGS, moves=Settings("", "", 0, 2, 4).moves), tmp_path, steps=160
        )


# diagnostics ---------------------------------------------------------------------------------------


def chains_of(values: np.ndarray) -> Chains:
    names = tuple(f"p{i}" for i in range(values.shape[-1]))
    return Chains(names, values, np.zeros(values.shape[:-1]), 100)


@pytest.mark.slow
def test_chains_that_agree_pass_and_others_are_named() -> None:
    rng = np.random.default_rng(8)
    values = rng.normal(size=(4, 100, 10, 2))
    density = without_record(2)
    good = diagnostics.table(density, chains_of(values))
    assert diagnostics.not_converged(good) == []
    assert good["ess_bulk"].min() > 1000
    values[0, ..., 1] += 1.0
    reasons = diagnostics.not_converged(diagnostics.table(density, chains_of(values)))
    assert len(reasons) >= 1
    assert all(reason.startswith("p1 ") for reason in reasons)
    short = diagnostics.table(density, chains_of(rng.normal(size=(4, 20, 100, 2))))
    assert any("autocorrelation times" in r for r in diagnostics.not_converged(short))
    few = diagnostics.table(density, chains_of(rng.normal(size=(2, 8, 10, 2))))
    assert any("ESS" in reason for reason in diagnostics.not_converged(few))
    nothing = diagnostics.table(density, chains_of(np.zeros((2, 8, 10, 2))))
    assert diagnostics.not_converged(nothing)


def test_walkers_that_remember_count_for_less() -> None:
    rng = np.random.default_rng(9)
    noise = rng.normal(size=(4, 200, 10, 1))
    slow = noise.copy()
    for t in range(1, 200):
        slow[:, t] = 0.95 * slow[:, t - 1] + np.sqrt(1 - 0.95**2) * noise[:, t]
    quick, lazy = (
        diagnostics.table(without_record(1), chains_of(v))["ess_bulk"][0] for v in (noise, slow)
    )
    assert lazy < quick / 10


def test_what_the_record_does_not_tell_is_said() -> None:
    rng = np.random.default_rng(10)
    x = rng.normal(size=(4000, 3))
    x[:, 1] = x[:, 0] + 0.1 * x[:, 1]
    pairs = diagnostics.correlations(("a", "b", "c"), x)
    assert (pairs["first"][0], pairs["second"][0]) == ("a", "b")
    table = pd.DataFrame({"parameter": ["a", "b", "c"], "contraction": [0.9, 0.8, 0.1]})
    lines = diagnostics.identifiability(table, pairs)
    assert lines[0].startswith("c: the record adds little to the prior")
    assert lines[1].startswith("a and b: the record tells their difference")
    assert len(lines) == 2


# the shipped posterior -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cst", "ecowas"])
def test_the_shipped_posterior_is_of_this_case_and_this_likelihood(name: str) -> None:
    case = load_case(name)
    found = shipped.read(case)
    assert not isinstance(found, str), f"{found}; run: make posterior"
    assert (case.path / shipped.FILE).stat().st_size < 1_000_000
    assert found.attributes["r_hat_most"] <= diagnostics.R_HAT_MOST
    assert found.attributes["ess_least"] >= diagnostics.ESS_LEAST
    import h5py

    with h5py.File(case.path / shipped.FILE) as file:
        stored = file["sample_stats"]["log_likelihood"][()].ravel()
    numbers = {name: int(str(found.attributes[name])) for name in ("imputations", "seed")}
    parts = np.array_split(np.arange(len(stored)), numbers["imputations"])
    last = numbers["imputations"] - 1
    again = target(imputed(case, last, numbers["seed"])).log_likelihood(found.values[parts[last]])
    np.testing.assert_allclose(again, stored[parts[last]], atol=1e-3, err_msg="run: make posterior")
    manifest = json.loads((case.path / shipped.MANIFEST).read_text("utf-8"))
    assert manifest["case_hash"] == case.hash


@pytest.mark.slow
def test_the_shipped_posterior_is_near_its_normal_approximation(case: Case) -> None:
    found, near = posterior(case), fit(case)
    assert isinstance(found, Sample)
    assert (np.abs(found.mean - near.mean) < 0.6 * near.sd).all()
    assert (np.abs(np.log(found.sd / near.sd)) < 0.25).all()


@pytest.mark.slow
def test_the_file_is_one_that_xarray_opens(case: Case) -> None:
    import xarray as xr

    with xr.open_datatree(case.path / shipped.FILE, engine="h5netcdf") as tree:
        assert dict(tree["posterior"].sizes) == {"chain": 16, "draw": 250}
        assert set(tree["posterior"].data_vars) == set(target(case).names)
        for name, variable in tree["posterior"].data_vars.items():
            assert variable.attrs["prior_mean"] == case.parameters[str(name)].mean
        assert set(tree["sample_stats"].data_vars) == {"lp", "log_likelihood"}


def test_a_run_takes_the_same_draw_in_whichever_ensemble_it_stands(case: Case) -> None:
    found = posterior(case)
    assert isinstance(found, Sample)
    all_runs = found.draws(runs=40, seed=2)
    some = found.draws(runs=7, seed=2, first_run=21)
    assert set(all_runs) == set(case.role("weight", "friction", "unscored", "council"))
    for name, values in some.items():
        assert np.array_equal(values, all_runs[name][21:28])
    first = np.stack([all_runs[name] for name in found.names], axis=1)
    assert all((found.values == row).all(axis=1).any() for row in first)  # whole draws
    assert len(np.unique(first, axis=0)) > 30


@pytest.fixture
def own_case(case: Case, tmp_path: Path) -> Path:
    return Path(shutil.copytree(case.path, tmp_path / "own"))


@pytest.mark.slow
def test_a_file_that_is_no_sample_is_one_line(
    own_case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (own_case / shipped.FILE).write_text("not a sample")
    assert call(monkeypatch, "explain", "UZB", "2012-06", "--case", str(own_case)) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {shipped.FILE}: ")
    assert said.count("\n") == 1


def foreign() -> bytes:
    """A file of HDF5 with a seal, and nothing in it that a sample has."""
    import h5py

    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file.attrs["parameters"] = "posterior"
        file["posterior"] = [1.0, 2.0]
    return held.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        *(lambda whole, part=part: whole[: len(whole) * part // 4] for part in range(4)),
        *(
            lambda whole, at=at: (
                whole[: int(at)] + bytes([whole[int(at)] ^ 4]) + whole[int(at) + 1 :]
            )
            for at in np.linspace(0, 300_000, 7)
        ),
        lambda whole: whole[:-1],
        lambda whole: whole[:-400] + bytes(400),
        lambda whole: whole[: whole.rindex(b"\x00tashkent:piece")],
        lambda whole: foreign(),
        lambda whole: whole + whole,
    ],
)
def test_a_damaged_sample_is_named_and_never_used(
    case: Case, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    whole = (case.path / shipped.FILE).read_bytes()
    (tmp_path / shipped.FILE).write_bytes(damage(whole))
    with pytest.raises(InputError) as caught:
        posterior(replace(case, path=tmp_path))
    assert str(caught.value).startswith("posterior.nc: file: ")
    assert "`tashkent calibrate --install` writes it" in str(caught.value)


@pytest.mark.slow
def test_what_is_no_file_or_no_sample_under_a_seal_is_one_line(own_case: Path) -> None:
    path = own_case / shipped.FILE
    write_piece(path, foreign(), of=shipped.FILE)
    with pytest.raises(InputError, match=r"^posterior\.nc: file: ") as caught:
        shipped.read(load_case(own_case))
    assert "\n" not in str(caught.value)
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match=r"^posterior\.nc: file: "):
        load_whole_case(str(own_case))


# the commands --------------------------------------------------------------------------------------


#: of an ensemble that converges soon, as few parameters are fitted
FEW = [
    "--walkers",
    "12",
    "--imputations",
    "2",
    "--ensembles",
    "2",
    "--steps",
    "1500",
    "--runs",
    "20",
    "--workers",
    "1",
]


def few_fitted(folder: Path) -> Path:
    """A new case that fits four parameters; the others stay at their priors."""
    path = new_case(folder).path / "parameters.toml"
    others = re.compile(
        r'(?m)^(?!protection|accede|exit|suspend)(\w+ = \{ role = "(?:weight|friction)", )(?=mean)'
    )
    table = others.sub(r"\1fitted = false, ", path.read_text(encoding="utf-8"))
    path.write_text(table, encoding="utf-8")
    return folder


@pytest.mark.slow
def test_calibrate_ships_what_has_converged_and_run_uses_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder, out = few_fitted(tmp_path / "pact"), tmp_path / "out"
    arguments = ("calibrate", "--case", str(folder), "--out", str(out), *FEW)
    assert call(monkeypatch, *arguments, "--install", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["converged"]
    case = load_case(folder)
    assert [row["parameter"] for row in found["parameters"]] == list(target(case).names)
    assert len(found["parameters"]) == 4
    assert {"record", "prior_mean", "posterior_mean"} <= set(found["predictive"][0])
    names = {path.name for path in out.iterdir()}
    assert names == {
        "chains",
        "codebook.csv",
        "inputs",
        "manifest.json",
        "parameters.csv",
        "predictive.csv",
        "posterior.nc",
        "posterior.json",
    }
    check_whole(out, "chains")
    kept = load_case(out / "inputs" / "pact")  # as it was: before the sample stood beside it
    assert kept.hash == case.hash
    assert shipped.read(kept) == "no sample stands beside the case"
    assert posterior(case).origin.startswith("sample of")
    assert (out / "posterior.nc").read_bytes() == (case.path / "posterior.nc").read_bytes()
    assert call(monkeypatch, *arguments) == 0  # nothing left to do
    said = capsys.readouterr().out
    assert "Posterior beside prior" in said
    assert "prior" in said
    assert call(monkeypatch, *arguments, "--seed", "1") == 2
    line = capsys.readouterr().err
    assert "seed: 1 is not valid; allowed: 0, with which the run there began" in line
    assert line.count("\n") == 1
    check_stale(monkeypatch, capsys, folder)


def check_stale(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    """A sample of another version of the case, or none, is said and not used."""
    assert isinstance(posterior(load_case(folder)), Sample)
    path = folder / "parameters.toml"
    table = path.read_text(encoding="utf-8")
    path.write_text(f"# no other version\n{table}", encoding="utf-8")
    assert isinstance(posterior(load_case(folder)), Sample)
    path.write_text(table.replace("mean = 0.5", "mean = 0.7", 1), encoding="utf-8")
    stale = posterior(load_case(folder))
    assert isinstance(stale, Laplace)
    assert "of another version of it" in stale.origin
    (folder / shipped.FILE).unlink()
    assert "no sample stands beside the case" in posterior(load_case(folder)).origin
    arguments = ("explain", "ARV", "2005-06", "--case", str(folder), "--draws", "20")
    assert call(monkeypatch, *arguments) == 0
    said = capsys.readouterr().out
    assert "Posterior: normal approximation at the mode (Laplace): no sample" in said
    assert call(monkeypatch, *arguments, "--json") == 0
    assert json.loads(capsys.readouterr().out)["posterior"].startswith("normal approximation")


@pytest.mark.slow
def test_chains_that_did_not_converge_are_not_shipped(
    own_case: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    (own_case / shipped.FILE).unlink()
    out = tmp_path / "out"
    sizes = ("--steps", "80", "--ensembles", "2", "--imputations", "1", "--workers", "1")
    where = ("--case", str(own_case), "--out", str(out), "--install")
    code = call(monkeypatch, "calibrate", *where, *sizes)
    assert code == 3
    said = capsys.readouterr()
    assert said.err.startswith("error: not converged after 80 steps: ")
    assert "R-hat" in said.err
    assert "go on with --steps 160" in said.err
    assert said.err.count("\n") == 1
    assert not (own_case / shipped.FILE).exists()
    assert not (out / shipped.FILE).exists()


@pytest.mark.slow
def test_a_theory_alone_is_calibrated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A part of the case's theory and a term of one's own: their weights are sampled, and no chains of others go on."""
    own = tmp_path / "own.py"
    own.write_text(OWN_TERM, encoding="utf-8")
    case, out = new_case(tmp_path / "pact"), tmp_path / "out"
    theory = f"protection,{own}"
    sizes = ("--walkers", "44", "--steps", "80", "--imputations", "1", "--workers", "2")
    asked = ("calibrate", "--case", str(case.path), "--out", str(out), *sizes)
    assert call(monkeypatch, *asked, "--theory", theory) == 3
    sampled = pd.read_csv(out / "parameters.csv")["parameter"].tolist()
    assert sampled == list(target(with_theory(case, theory)).names)
    weights = [name for name in sampled if name in (*case.role("weight"), "own_pull")]
    assert weights == ["protection", "own_pull"]
    assert (out / "inputs" / "own.py").read_text("utf-8") == OWN_TERM
    capsys.readouterr()
    assert call(monkeypatch, *asked) == 2
    assert "with which the run there began" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("calibrate", "--quick", "--install"), "allowed: --quick without --install"),
        (
            ("calibrate", "--theory", "fear_of_entrapment", "--install"),
            "allowed: --theory without --install",
        ),
        (("calibrate", "--walkers", "9"), "--walkers: 9 is not valid; allowed: an even number"),
        (("calibrate", "--steps", "105"), "--steps: 105 is not valid; allowed: a multiple of 10"),
        (("calibrate", "--steps", "-10"), "--steps: -10 is not valid"),
        (("calibrate", "--ensembles", "1"), "--ensembles"),
        (("calibrate", "--case", "cts"), "nearest valid name: cst"),
        (("recover", "--replicates", "2"), "--replicates"),
        (("recover", "--case", "cts"), "nearest valid name: cst"),
    ],
)
def test_bad_input_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, *arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err
    assert said.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_folder_of_something_else_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").write_text("do not lose")
    for command in ("calibrate", "recover"):
        assert call(monkeypatch, command, "--out", str(tmp_path)) == 2
        assert "a new or empty folder, or an earlier" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


# predictive checks and recovery --------------------------------------------------------------------


@pytest.mark.slow
def test_the_predictive_check_stands_beside_the_record(case: Case) -> None:
    found = check(case, posterior(case).draws(runs=20, seed=1), seed=1)
    counts = found[found["what"] != "P(in)"].set_index("what")
    assert (counts["prior_low"] <= counts["prior_high"]).all()
    assert counts.loc["exits", "record"] == 4
    seats = found[found["what"] == "P(in)"]
    assert set(seats["record"]) == {0, 1}
    assert len(seats) == len(case.deciders) * len(case.shown)


@pytest.fixture(scope="module")
def history(case: Case) -> tuple[Case, "object"]:
    ensemble = simulate(case, prior_parameters(case, runs=6, seed=3), seed=3, end=case.fit_until)
    return recovery.synthetic_case(ensemble, 4), ensemble


@pytest.mark.slow
def test_a_synthetic_record_is_the_history_of_the_run(
    case: Case, history: tuple[Case, object]
) -> None:
    made, ensemble = history
    status = compile_case(made).record.status[: ensemble.status.shape[1]]  # type: ignore[attr-defined]
    assert np.array_equal(status, ensemble.status[4])  # type: ignore[attr-defined]
    assert made.hash != case.hash


@pytest.mark.slow
def test_the_risk_set_of_a_synthetic_record_has_the_acts_of_the_run(
    case: Case, history: tuple[Case, object]
) -> None:
    made, ensemble = history
    rows = risk_set(made)
    done = {
        (int(t), int(s), int(c))
        for t, s, c, d in zip(rows.month, rows.state, rows.club, rows.done, strict=True)
        if d
    }
    scored = {Act.ACCEDE, Act.RENEW, Act.WITHDRAW, Act.REQUEST_SUSPENSION}
    acts = {
        (entry.t, int(s), entry.club)
        for entry in ensemble.log  # type: ignore[attr-defined]
        if entry.act in scored
        for s in entry.state[entry.run == 4]
    }
    assert len(acts) > 5
    assert done == acts


@pytest.mark.slow
def test_a_replicate_depends_on_seed_and_number_alone(case: Case) -> None:
    first = recovery.replicates(case, number=2, seed=1)
    again = recovery.replicate(case, 1, 1)
    pd.testing.assert_frame_equal(
        first[first["replicate"] == 1].reset_index(drop=True), again, check_like=True
    )
    assert set(first["parameter"]) == set(design(case).names)
    assert (first["failed"] == "").all()
    assert first["rank"].between(0, recovery.RANKS).all()
    assert (first["pareto_k"] < recovery.K_MOST).all()


@pytest.mark.slow
def test_importance_weights_are_those_of_the_posterior(case: Case) -> None:
    found = refit(case, fit_rows(case), seed=1, proposals=recovery.PROPOSALS)
    sampled = posterior(case)
    # what is shipped pools uncertain inputs, the fit takes them as measured
    assert (np.abs(found.mean - sampled.mean) < 0.35 * sampled.sd).all()
    np.testing.assert_allclose(found.sd, sampled.sd, rtol=0.15)


def invented(case: Case, lean: float) -> pd.DataFrame:
    """Replicates of a fit that is right, but for its means being off by `lean` standard deviations."""
    rng = np.random.default_rng(11)
    name = next(iter(case.role("weight")))
    n = 200
    truth = rng.normal(size=n)
    mean = truth + rng.normal(size=n) * 0.3 + lean * 0.3
    draws = mean[:, None] + 0.3 * rng.normal(size=(n, recovery.RANKS))
    return pd.DataFrame(
        {
            "replicate": range(n),
            "parameter": name,
            "truth": truth,
            "acts": 10,
            "mean": mean,
            "sd": 0.3,
            "rank": (draws < truth[:, None]).sum(axis=1),
            "low": mean - 0.3 * 1.645,
            "high": mean + 0.3 * 1.645,
            "pareto_k": 0.1,
            "failed": "",
        }
    )


def test_the_summary_tells_a_right_fit_from_a_wrong_one(case: Case) -> None:
    right = recovery.summary(case, invented(case, 0.0))
    assert recovery.verdict(right) == []
    assert right["recovery"][0] > 0.9
    assert right["coverage"][0] == pytest.approx(0.9, abs=0.06)
    wrong = recovery.summary(case, invented(case, 1.0))
    assert "ranks are not uniform" in recovery.verdict(wrong)[0]
    assert wrong["outside_band"][0] > 0


def test_recover_writes_tables_and_a_manifest(
    case: Case,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(
        "tashkent.calibration.recovery.replicates", lambda *_, **__: invented(case, 0.0)
    )
    assert call(monkeypatch, "recover", "--out", str(tmp_path / "out"), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["used"], found["case_hash"]) == (200, case.hash)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    tables = {"replicates.parquet", "ranks.parquet", "codebook.csv"}
    assert names == {*tables, "recovery.json", "manifest.json"}
    check_whole(tmp_path / "out")
    bars = pd.read_parquet(tmp_path / "out" / "ranks.parquet")
    assert bars["count"].sum() == 200
    assert call(monkeypatch, "recover", "--out", str(tmp_path / "out")) == 0
    assert "All ranks are as uniform as chance allows" in capsys.readouterr().out
