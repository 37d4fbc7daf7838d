"""The benchmarks: larger cases are cases, and no ratio is printed unless histories are equal."""

import json
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import apart, bench
from benchmarks.bench import Figure, Job, Row
from benchmarks.larger import larger
from tashkent.experiments.docking import differences
from tashkent.model.case import Case
from tashkent.model.case.checks import check_case
from tashkent.model.compilation import compile_case
from tashkent.model.simulate import prior_parameters


@pytest.fixture(scope="module")
def big(case: Case) -> Case:
    return larger(case, states=26, clubs=7)


@pytest.mark.slow
def test_a_larger_case_is_a_case(case: Case, big: Case) -> None:
    check_case(big)
    assert (len(big.states), len(big.clubs)) == (26, 7)
    assert big.state_ids[: len(case.states)] == case.state_ids
    assert big.hash != case.hash
    assert big.hash == larger(case, states=26, clubs=7).hash
    assert len(case.states) == 12


@pytest.mark.slow
def test_a_copy_sees_what_its_original_sees(case: Case, big: Case) -> None:
    inputs, wider = compile_case(case), compile_case(big)
    copies = [big.state_ids.index(code) for code in ("AAA", "AAL")]  # first and second generation
    originals = [case.state_ids.index(case.deciders[0])] * 2
    assert (wider.situation.threat[:, copies] == inputs.situation.threat[:, originals]).all()
    assert (wider.situation.tie[:, copies] == inputs.situation.tie[:, originals]).all()
    copied = wider.record.status[:, copies]
    assert (copied[:, :, : len(case.clubs)] == inputs.record.status[:, originals]).all()
    assert (copied[:, :, len(case.clubs)] == copied[:, :, 0]).all()
    assert (wider.open_to[:, copies, len(case.clubs)] == inputs.open_to[:, originals, 0]).all()
    reach = [r.reach for r in wider.rules[-1]][len(case.clubs) :]
    assert reach == [r.reach for r in inputs.rules[-1]][: len(reach)]


@pytest.mark.slow
def test_the_twin_tells_the_same_of_a_larger_case(big: Case) -> None:
    """Copies meet in councils and in the counts of members, so the engines must agree here too."""
    drawn = prior_parameters(big, runs=1, seed=2)
    assert differences(big, drawn, seed=2, runs=1, start=big.month("2020-12", "start")) == []


def test_a_case_cannot_be_made_smaller(case: Case) -> None:
    with pytest.raises(ValueError, match="12 states and 5 clubs already"):
        larger(case, states=11, clubs=5)


def test_no_ratio_without_equal_histories(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "--quick"])
    monkeypatch.setattr(bench, "docked", lambda case, runs: ["run 0, 1999-04: differs"])
    monkeypatch.setattr(bench, "measure", lambda *_: pytest.fail("nothing may be timed"))
    with pytest.raises(SystemExit, match="refused: the histories differ"):
        bench.main()
    assert "simulate" not in capsys.readouterr().out


def test_jobs_are_warmed_and_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    jobs = {name: Job(lambda name=name: calls.append(name)) for name in "abc"}  # type: ignore[misc]
    timings = bench.interleaved(jobs, 5)
    assert calls[:3] == ["a", "b", "c"]
    assert [len(values) for values in timings.values()] == [5, 5, 5]
    assert sorted(calls[3:]) == sorted("abc" * 5)
    assert calls[3:] != list("abc" * 5), "the order is shuffled"
    monkeypatch.setattr(bench, "time", SimpleNamespace(perf_counter=count().__next__))
    assert bench.interleaved({"a": Job(lambda: None, number=4)}, 2) == {"a": [0.25, 0.25]}


def test_quartiles_are_in_the_unit_that_is_named() -> None:
    assert Row.of([0.001, 0.002, 0.003], "ms") == pytest.approx(("ms", 2.0, 1.5, 2.5))


def test_growth_is_the_power_of_the_number_of_seats() -> None:
    sizes = ((12, 4), (48, 4))
    cost = {(12, True): 1.0, (12, False): 1.0, (48, True): 16.0, (48, False): 4.0}
    rows = {
        bench._size(states, 4, pairs=pairs): Row("ms", value, value, value)
        for (states, pairs), value in cost.items()
    }
    powers = [figure.value for figure in bench.growth(rows, sizes).values()]
    assert powers == pytest.approx([2.0, 1.0])


def test_a_million_runs_are_extrapolated_by_the_slope() -> None:
    memory = [
        apart.Memory(1000, 10, 10, 100_000_000),
        apart.Memory(2000, 10, 10, 120_000_000),
        apart.Memory(10_000, 10, 300_000_000, 300_000_000),
    ]
    found = bench.of_a_million(memory)
    assert found["memory of a run that is kept"].value == pytest.approx(20.0)
    assert found["10^6 runs, all kept"].value == pytest.approx(0.12 + 20e3 * 998_000 / 1e9)
    assert found["10^6 runs in blocks"].value == pytest.approx(0.3)


@pytest.mark.slow
def test_memory_is_measured_in_a_process_of_its_own() -> None:
    ballast = np.ones(10**8)  # what this process holds is not the other's
    few, more = apart.measured("whole", 400, 2)
    assert (few.runs, more.runs) == (2, 400)
    assert 20e6 < few.peak < more.peak < ballast.nbytes
    (blocks,) = apart.measured("blocks", 40)
    assert blocks.before < blocks.peak < ballast.nbytes


def test_the_change_from_last_time_is_shown(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "RESULT", tmp_path / "bench.json")
    table = {"a run": {bench.CALL: Row("ms", 2.0, 1.9, 2.1)}}
    figures = {"twin / simulate": Figure(50.0, "x", "at least 100")}
    bench.keep(table, figures, case, bench.FULL, load=0.1)
    before = json.loads(bench.RESULT.read_text())
    assert before["case_hash"] == case.hash
    table["a run"][bench.CALL] = Row("ms", 1.0, 0.9, 1.1)
    bench.show(table, {"twin / simulate": Figure(100.0, "x", "at least 100")}, before)
    shown = capsys.readouterr().out
    assert "-50%" in shown
    assert "+100%" in shown
