"""What must hold of the engine whatever the mechanisms are."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tashkent.experiments.coalition import CoalitionModel
from tashkent.model.case import Case, load_case
from tashkent.model.choices import record_standing
from tashkent.model.clock import parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.parameters import ParameterDraws
from tashkent.model.record import Ensemble
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.statuses import Act


@pytest.fixture(scope="module")
def ensemble(case: Case, some_parameters: ParameterDraws) -> Ensemble:
    return simulate(case, some_parameters, seed=3)


def rows(parameters: ParameterDraws, low: int, high: int) -> ParameterDraws:
    return parameters.of_runs(slice(low, high))


@pytest.mark.slow
def test_one_run_of_an_ensemble_is_the_mesa_model_act_for_act(
    case: Case, some_parameters: ParameterDraws, ensemble: Ensemble
) -> None:
    acts = ensemble.acts()
    for run in (0, 5):
        one = {name: float(values[run]) for name, values in some_parameters.items()}
        model = CoalitionModel(case, run=run, parameters=one, rng=3)
        seen = []
        for status in ensemble.status[run, 1:]:
            model.step()
            assert np.array_equal(model.world.status[0], status)
            seen += [(model.date, *act) for act in model.acts_now()]
        assert not model.running
        of_run = acts[acts["run"] == run][["month", "state", "club", "act"]]
        assert sorted(seen) == sorted(of_run.itertuples(index=False, name=None))
    assert len(acts) > 100


@pytest.mark.slow
@pytest.mark.parametrize("block", [1, 5, 100])
def test_batching_changes_nothing(
    case: Case, some_parameters: ParameterDraws, ensemble: Ensemble, block: int
) -> None:
    again = simulate(case, rows(some_parameters, 3, 9), seed=3, first_run=3, block=block)
    assert np.array_equal(again.status, ensemble.status[3:9])
    expected = ensemble.acts().query("3 <= run < 9").reset_index(drop=True)
    assert again.acts().equals(expected)


@pytest.mark.slow
def test_an_earlier_end_only_cuts(
    case: Case, some_parameters: ParameterDraws, ensemble: Ensemble
) -> None:
    end = case.month("1999-04", "end")
    short = simulate(case, some_parameters, seed=3, end=end)
    assert np.array_equal(short.status, ensemble.status[:, : short.status.shape[1]])
    assert short.months[-1] == end
    with pytest.raises(ValueError, match="not before the start"):
        simulate(case, some_parameters, start=end, end=end - 1)


@pytest.mark.slow
def test_another_seed_is_another_history(
    case: Case, some_parameters: ParameterDraws, ensemble: Ensemble
) -> None:
    other = simulate(case, some_parameters, seed=4)
    assert not np.array_equal(other.status, ensemble.status)


@pytest.mark.slow
def test_a_start_from_the_record_stands_where_the_record_stood(
    case: Case, some_parameters: ParameterDraws
) -> None:
    inputs = compile_case(case)
    for text in ("1998-12", "2012-07", "2006-07"):
        start = case.month(text, "start")
        runs = simulate(case, some_parameters, seed=3, start=start)
        assert (runs.status[:, 0] == inputs.record.status[start - case.start]).all()
        assert runs.months[0] == start
        assert runs.months[-1] == case.end
    uzbekistan = case.state_ids.index("UZB")
    assert inputs.record.due[parse_month("2006-07") - case.start, uzbekistan, 0] == (
        parse_month("2006-08") - case.start
    )


def copy_case(case: Case, to: Path) -> Path:
    return Path(shutil.copytree(case.path, to, ignore=shutil.ignore_patterns("__pycache__", "raw")))


def append(path: Path, *new: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in new)


@pytest.mark.slow
def test_an_irrelevant_state_changes_nobody_else(
    case: Case, some_parameters: ParameterDraws, ensemble: Ensemble, tmp_path: Path
) -> None:
    path = copy_case(case, tmp_path / "wider")
    states = (path / "states.csv").read_text().splitlines()
    states.insert(
        3, "AAA,Nowhere,decider,nowhere"
    )  # no club is open to it, and nobody is its rival
    (path / "states.csv").write_text("\n".join(states) + "\n")
    variables = sorted({c.variable for c in case.composites})
    years = range(1992, 2026)
    new = [f"{variable},AAA,{year},0.5,0.0" for variable in variables for year in years]
    append(path / "evidence/composites.csv", *new)
    wider = load_case(path)
    runs = simulate(wider, some_parameters, seed=3)
    others = [wider.state_ids.index(s) for s in case.state_ids]
    assert np.array_equal(runs.status[:, :, others], ensemble.status)


@pytest.mark.slow
def test_nothing_later_in_the_inputs_changes_the_past(
    case: Case, some_parameters: ParameterDraws, ensemble: Ensemble, tmp_path: Path
) -> None:
    """Whatever is measured or happens after 2003 leaves every run the same up to the end of 2003."""
    path = copy_case(case, tmp_path / "later")
    for file, value in (("composites", "value"), ("rivalry", "value"), ("bonds", "value")):
        table = path / f"evidence/{file}.csv"
        with table.open(newline="") as source:
            found = list(csv.DictReader(source))
        for row in found:
            if int(row["year"]) > 2003:
                row[value] = str(min(1.0, abs(float(row[value]) * 0.3)))
        with table.open("w", newline="") as target:
            writer = csv.DictWriter(target, found[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(found)
    append(
        path / "events.csv",
        "X1,2003-12-31,,day,Late news,UZB,credibility,any,,-1,GK,high",
        "X2,2004-02-01,,day,Later news,KAZ,threat,domination,,1,GK,high",
        "X4,2003-12-20,,day,Late offer,KGZ,offer,insurgency,,1,GK,high",
        "X3,2003-12-05,,day,Late pressure,TJK,coercion,patron,,1,GK,high",
    )
    changed = simulate(load_case(path), some_parameters, seed=3)
    same = parse_month("2003-12") - case.start + 1
    assert np.array_equal(changed.status[:, :same], ensemble.status[:, :same])
    assert not np.array_equal(changed.status, ensemble.status)


def test_an_event_acts_from_the_month_after_its_date(case: Case) -> None:
    inputs = compile_case(case)
    insurgency = tuple(case.threats).index("insurgency")
    kabul = parse_month("1996-09") - case.start
    felt = inputs.situation.threat[:, case.state_ids.index("UZB"), insurgency]
    event = next(e for e in case.events if e.event == "E020" and e.state == "UZB")
    assert event.date.isoformat() == "1996-09-27"
    assert felt[kabul + 1] > felt[kabul]


@pytest.mark.slow
def test_the_renewal_rests_on_what_was_known_two_months_before(case: Case) -> None:
    """Events after 1999-01-31 do not reach the decision of April 1999, whatever they are."""
    parameters = prior_parameters(case, runs=60, seed=11)
    start, april = case.month("1998-12", "start"), parse_month("1999-04")
    early = [e for e in case.events if e.date.isoformat() <= "1999-01-31"]
    blind = replace(case, events=tuple(early))
    seen = simulate(case, parameters, seed=1, start=start)
    unseen = simulate(blind, parameters, seed=1, start=start)
    term = {int(Act.RENEW), int(Act.ABSTAIN)}

    def decisions(runs: Ensemble) -> set[tuple[int, int, int]]:
        t = april - case.start
        return {
            (int(run), int(state), int(entry.act))
            for entry in runs.log
            if entry.t == t and int(entry.act) in term
            for run, state in zip(entry.run, entry.state, strict=True)
        }

    march = parse_month("1999-03") - start
    same = (seen.status[:, march] == unseen.status[:, march]).all(axis=(1, 2))
    assert same.sum() > 50  # in the rest somebody gave notice on the news of February
    assert {d for d in decisions(seen) if same[d[0]]} == {
        d for d in decisions(unseen) if same[d[0]]
    }


def test_parameters_must_be_those_of_the_case(case: Case, some_parameters: ParameterDraws) -> None:
    odd = {**some_parameters, "patronnage": some_parameters["patronage"]}
    with pytest.raises(ValueError, match="patronnage"):
        simulate(case, odd)


def test_an_exit_just_before_the_start_is_still_felt(case: Case) -> None:
    """Contagion does not depend on whether the month of an exit lies inside the case."""
    later = replace(case, start=parse_month("1999-05"), score_from=parse_month("1999-06"))
    inside, outside = compile_case(case), compile_case(later)
    at = parse_month("1999-08")
    features = [
        inputs.terms(at - inputs.case.start, record_standing(inputs, at - inputs.case.start))[
            "contagion"
        ]
        for inputs in (inside, outside)
    ]
    assert features[0].any()
    np.testing.assert_array_equal(*features)


@pytest.mark.slow
def test_runs_that_share_draws_are_those_that_stand_alone(case: Case) -> None:
    """The same runs a second and a third time, within blocks and across."""
    draws, late = prior_parameters(case, runs=7, seed=2), parse_month("2012-12")
    alone = simulate(case, draws, seed=2, start=late)
    again = {name: np.concatenate([values] * 2 + [values[:3]]) for name, values in draws.items()}
    for block in (3, 8, 100):
        shared = simulate(case, again, seed=2, start=late, block=block, share=7)
        np.testing.assert_array_equal(shared.status[:7], alone.status)
        np.testing.assert_array_equal(shared.status[7:14], alone.status)
        np.testing.assert_array_equal(shared.status[14:], alone.status[:3])
