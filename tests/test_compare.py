"""Paired worlds: the numbers are those of two runs beside each other, and pairing is worth its name."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tashkent.agents.situation import Floats
from tashkent.experiments import figures, paired_runs
from tashkent.experiments.coalition import CoalitionModel
from tashkent.experiments.compare import compare
from tashkent.experiments.divergence import NEVER_DIVERGES
from tashkent.experiments.effect import LITTLE, Z, direction, effect
from tashkent.experiments.pair import Pair, reasons_of
from tashkent.model.case import Case
from tashkent.model.clock import month_label, parse_month
from tashkent.model.counterfactual import (
    Counterfactual,
    ExpectedOutcome,
    load_counterfactual,
    parameters_of,
)
from tashkent.model.errors import InputError
from tashkent.model.parameters import ParameterDraws
from tashkent.model.patches.inputs import ChangeParameter, ChangeSeries
from tashkent.model.patches.law import RemoveClub
from tashkent.model.record import Ensemble
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.step import follow_patron, take_effect
from tashkent.model.theory import with_theory

DRAWS, PER_DRAW, SEED = 8, 3, 4
#: a change that bites early and often, and one that leaves the clubs as they are
TIE = Counterfactual(
    id="tie",
    outcomes=(
        ExpectedOutcome(state="UZB", club="CST", month="2005-12", direction="up", whose="seed"),
        ExpectedOutcome(
            state="UZB", club="CST", month="2005-12", status="left", direction="down", whose="GK"
        ),
    ),
    patches=(
        ChangeSeries(
            series="tie_patron", states=("UZB",), first_year=1999, last_year=2025, add=3.0
        ),
    ),
)
NO_GUAM = Counterfactual(id="no-guam", patches=(RemoveClub(club="GUAM"),))
OTHER_COUNCIL = Counterfactual(
    id="council", patches=(ChangeParameter(parameter="objection", mean=0.0),)
)


@pytest.fixture(scope="module")
def draws(case: Case) -> ParameterDraws:
    return prior_parameters(case, runs=DRAWS, seed=11)


@pytest.fixture(scope="module")
def found(case: Case, draws: ParameterDraws) -> dict[str, Pair]:
    result = compare(
        case,
        TIE,
        NO_GUAM,
        OTHER_COUNCIL,
        runs=DRAWS * PER_DRAW,
        per_draw=PER_DRAW,
        seed=SEED,
        parameters=draws,
    )
    return {pair.counterfactual.id: pair for pair in result.pairs}


@pytest.fixture(scope="module")
def alone(case: Case, draws: ParameterDraws) -> Callable[..., Ensemble]:
    """Runs of the case, or of a counterfactual of it, by themselves."""
    kept = dict[str, Ensemble]()

    def simulated(which: Counterfactual | None = None) -> Ensemble:
        name = "" if which is None else which.id
        if name not in kept:
            world = case if which is None else which.apply(case)
            kept[name] = simulate(world, parameters_of(world, draws).repeated(PER_DRAW), seed=SEED)
        return kept[name]

    return simulated


@pytest.mark.slow
@pytest.mark.parametrize("which", [TIE, NO_GUAM, OTHER_COUNCIL], ids=lambda one: one.id)
def test_the_numbers_are_those_of_two_separate_simulations(
    case: Case, alone: Callable[..., Ensemble], found: dict[str, Pair], which: Counterfactual
) -> None:
    pair = found[which.id]
    base, other = alone(), alone(which)
    clubs, kept = tuple(case.clubs), [c for c in case.clubs if c in other.case.clubs]
    wide = np.zeros_like(base.status)
    wide[..., [clubs.index(c) for c in kept]] = other.status
    seats, others = base.seats, (wide >= 1) & (wide <= 6)
    np.testing.assert_array_equal(pair.counts.baseline, seats.sum(axis=0))
    np.testing.assert_array_equal(pair.counts.counterfactual, others.sum(axis=0))
    difference = others.astype(int) - seats
    np.testing.assert_array_equal(pair.counts.discordant, np.abs(difference).sum(axis=0))
    by_draw = difference.reshape(DRAWS, PER_DRAW, *difference.shape[1:]).sum(axis=1)
    np.testing.assert_array_equal(pair.counts.by_draw, by_draw)
    np.testing.assert_allclose(pair.effect.change, others.mean(axis=0) - seats.mean(axis=0))
    differs = (base.status != wide)[..., [clubs.index(c) for c in kept]].any(axis=(2, 3))
    parted = np.where(differs.any(axis=1), differs.argmax(axis=1), NEVER_DIVERGES)
    np.testing.assert_array_equal(pair.first_divergence, parted)
    assert pair.share_changed == pytest.approx((parted != NEVER_DIVERGES).mean())
    assert pair.share_changed > 0
    rows = pair.seats()
    row = rows[(rows.state == "UZB") & (rows.club == "CST") & (rows.month == "2005-12")].iloc[0]
    t, s, c = parse_month("2005-12") - case.start, *base.index("UZB", "CST")
    assert row.gained == (difference[:, t, s, c] == 1).sum()
    assert row.lost == (difference[:, t, s, c] == -1).sum()


@pytest.mark.slow
def test_the_outcomes_are_counted_by_status(
    case: Case, alone: Callable[..., Ensemble], found: dict[str, Pair]
) -> None:
    table = found["tie"].outcomes
    base, other = alone(), alone(TIE)
    t, s, c = parse_month("2005-12") - case.start, *base.index("UZB", "CST")
    expected = [
        (e.seats[:, t, s, c].mean(), (e.status[:, t, s, c] == 8).mean()) for e in (base, other)
    ]
    assert table.baseline.tolist() == pytest.approx(list(expected[0]))
    assert table.changed.tolist() == pytest.approx(list(expected[1]))
    assert table.status.tolist() == ["in", "left"]


@pytest.mark.slow
def test_divergence_names_every_seat_and_what_it_became(
    case: Case, alone: Callable[..., Ensemble], found: dict[str, Pair]
) -> None:
    pair = found["tie"]
    parted, base = pair.counts.divergence, alone()
    other = alone(TIE)
    differs = base.status != other.status
    # every seat of every run whose histories differ is there once, in the month in which they begin to
    seats = np.argwhere(differs.any(axis=1))
    assert len(seats) > (pair.first_divergence != NEVER_DIVERGES).sum()
    order = np.lexsort((parted.club, parted.state, parted.run))
    np.testing.assert_array_equal(
        np.column_stack([parted.run, parted.state, parted.club])[order], seats
    )
    for r, t, s, c, before, after in zip(
        *(parted.run, parted.month, parted.state, parted.club, parted.before, parted.after),
        strict=True,
    ):
        assert t == differs[r, :, s, c].argmax()
        assert (before, after) == (base.status[r, t, s, c], other.status[r, t, s, c])
    assert pair.divergence_months["share"].sum() == pytest.approx(pair.share_changed)
    table = pair.divergence
    assert list(table["share"]) == sorted(table["share"], reverse=True)
    assert table["share"].sum() == pytest.approx(len(seats) / pair.runs)
    # by direction: a seat that is won is not counted with one that is lost
    s, c = base.index("UZB", "CST")
    mine = [i for i in range(len(parted.run)) if (parted.state[i], parted.club[i]) == (s, c)]
    inside = [(1 <= parted.before[i] <= 6, 1 <= parted.after[i] <= 6) for i in mine]
    rows = table.query("state == 'UZB' and club == 'CST'").set_index("direction")["share"]
    for way, which in (("up", (False, True)), ("down", (True, False))):
        assert rows.get(way, 0.0) == pytest.approx(inside.count(which) / pair.runs)


@pytest.mark.slow
def test_attribution_is_the_difference_of_terms_of_two_single_runs(
    case: Case, draws: ParameterDraws, alone: Callable[..., Ensemble], found: dict[str, Pair]
) -> None:
    pair = found["tie"]
    parted, changed = pair.counts.divergence, TIE.apply(case)
    theory = list(case.role("weight"))
    at = next(
        i for i in range(len(parted.run)) if case.start + parted.month[i] != parse_month("1999-04")
    )
    run, t, s, c = (int(a[at]) for a in (parted.run, parted.month, parted.state, parted.club))
    weights = {name: float(draws[name][run // PER_DRAW]) for name in case.drawn}
    totals = []
    for world in (case, changed):
        model = CoalitionModel(world, run=run, parameters=weights, rng=SEED)
        while model.t < t - 1:
            model.step()
        follow_patron(model.world, t)
        take_effect(model.world, t)
        terms = model.inputs.terms(t, model.standing)
        values = {n: np.broadcast_to(terms[n], model.seats.shape)[s, c] for n in terms}
        totals.append(sum(weights[n] * values.get(n, 0.0) for n in theory))
    assert parted.terms[at].sum() == pytest.approx(totals[1] - totals[0])
    # reasons are those of a seat, in each direction by itself
    row = pair.divergence.iloc[0]
    told = reasons_of(pair.attribution, row["state"], row["club"], row["direction"])
    assert told["term"].iloc[0] == "patronage"
    assert told["share"].sum() == pytest.approx(1)
    inside = np.array([(v >= 1) & (v <= 6) for v in (parted.before, parted.after)]).astype(int)
    sign = {"up": 1, "none": 0, "down": -1}[row["direction"]]
    s, c = alone().index(row["state"], row["club"])
    these = (parted.state == s) & (parted.club == c) & (inside[1] - inside[0] == sign)
    assert these.sum() / pair.runs == pytest.approx(row["share"])
    mean = parted.terms[these].mean(axis=0)[theory.index("patronage")]
    assert told["difference"].iloc[0] == pytest.approx(mean)


@pytest.mark.slow
def test_without_an_input_that_differs_the_law_carries_it(found: dict[str, Pair]) -> None:
    assert found["council"].attribution["term"].iloc[0] == "law, council or order"


@pytest.mark.slow
def test_neither_blocks_nor_workers_change_a_number(
    case: Case,
    draws: ParameterDraws,
    found: dict[str, Pair],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paired_runs, "BLOCK", 9)
    again = compare(
        case,
        TIE,
        NO_GUAM,
        runs=DRAWS * PER_DRAW,
        per_draw=PER_DRAW,
        seed=SEED,
        parameters=draws,
        workers=2,
    )
    for pair in again.pairs:
        one, other = pair.counts, found[pair.counterfactual.id].counts
        np.testing.assert_array_equal(one.by_draw, other.by_draw)
        np.testing.assert_array_equal(one.baseline, other.baseline)
        np.testing.assert_array_equal(one.counterfactual, other.counterfactual)
        np.testing.assert_array_equal(one.seen[1], other.seen[1])
        for name in ("run", "month", "state", "club", "before", "after", "terms"):
            values = getattr(one.divergence, name), getattr(other.divergence, name)
            np.testing.assert_array_equal(*values)


@pytest.mark.slow
def test_progress_is_told_month_by_month_and_may_end_the_work(
    case: Case, draws: ParameterDraws
) -> None:
    told: list[int] = []

    def progress(done: int, to_do: int) -> None:
        assert to_do == DRAWS * PER_DRAW
        told.append(done)
        if stop and done >= to_do // 2:
            raise InterruptedError

    for stop in (False, True):
        told.clear()
        with pytest.raises(InterruptedError) if stop else nullcontext():
            compare(
                case,
                TIE,
                runs=DRAWS * PER_DRAW,
                per_draw=PER_DRAW,
                seed=SEED,
                parameters=draws,
                progress=progress,
            )
        assert told == sorted(told)
        assert len(told) > 100
        assert (told[-1] == DRAWS * PER_DRAW) is not stop


@pytest.mark.slow
def test_workers_know_the_terms_of_a_theory_of_ones_own(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paired_runs, "BLOCK", 10)
    theory = str(Path(__file__).parents[1] / "docs/examples/own_theory.py")
    own = with_theory(case, theory)
    draws = prior_parameters(own, runs=2, seed=1)
    one, two = (
        compare(own, TIE, runs=20, per_draw=10, start="2010-12", parameters=draws, workers=workers)
        for workers in (1, 2)
    )
    by_draw = [found.pairs[0].counts.by_draw for found in (one, two)]
    np.testing.assert_array_equal(*by_draw)


@pytest.mark.slow
def test_a_counterfactual_does_not_depend_on_its_company(
    case: Case, draws: ParameterDraws, found: dict[str, Pair]
) -> None:
    only = compare(
        case, TIE, runs=DRAWS * PER_DRAW, per_draw=PER_DRAW, seed=SEED, parameters=draws
    ).pairs[0]
    np.testing.assert_array_equal(only.counts.by_draw, found["tie"].counts.by_draw)


# the two kinds of doubt ----------------------------------------------------------------------------


def test_the_effect_is_the_analysis_of_variance() -> None:
    rng = np.random.default_rng(2)
    values = rng.integers(-1, 2, size=(30, 6)).astype(float)
    found = effect(values.sum(axis=1), np.array((values**2).sum()), 6)
    within = ((values - values.mean(axis=1, keepdims=True)) ** 2).sum() / (30 * 5)
    among = 6 * values.mean(axis=1).var(ddof=1)
    assert found.change == pytest.approx(values.mean())
    assert found.se_simulation == pytest.approx(np.sqrt(within / 180))
    assert found.se == pytest.approx(np.sqrt(max(among, within) / 180))
    assert found.high - found.change == pytest.approx(stats.t.ppf(0.95, 29) * found.se)
    assert found.low + found.high == pytest.approx(2 * found.change)
    assert within < among  # else nothing is told of draws
    kept = np.sqrt(1 - within / among)
    means = values.mean() + kept * (values.mean(axis=1) - values.mean())
    assert found.posterior_low == pytest.approx(np.percentile(means, 5))
    assert found.posterior_high == pytest.approx(np.percentile(means, 95))


def test_luck_and_posterior_are_told_apart() -> None:
    rng = np.random.default_rng(5)

    def simulated(effects: Floats, per_draw: int) -> object:
        happened = rng.random((len(effects), per_draw)) < effects[:, None]
        return effect(happened.sum(axis=1), np.array(happened.sum()), per_draw)

    alike = simulated(np.full(400, 0.3), 25)
    width = alike.posterior_high - alike.posterior_low  # type: ignore[attr-defined]
    assert np.isnan(width) or width < 0.1
    assert alike.se_simulation == pytest.approx(np.sqrt(0.21 / 10_000), rel=0.05)  # type: ignore[attr-defined]
    apart = simulated(rng.uniform(0.0, 0.6, 400), 25)
    assert apart.posterior_low == pytest.approx(0.03, abs=0.03)  # type: ignore[attr-defined]
    assert apart.posterior_high == pytest.approx(0.57, abs=0.05)  # type: ignore[attr-defined]
    assert apart.se > 1.5 * apart.se_simulation  # type: ignore[attr-defined]


def test_draws_that_differ_by_no_more_than_luck_are_not_told_apart() -> None:
    found = effect(np.array([2, 2]), np.array(4), 10)
    assert np.isnan([found.posterior_low, found.posterior_high]).all()
    assert found.se == found.se_simulation > 0
    assert found.low < 0 < found.high  # two draws say little
    still = effect(np.zeros(5, int), np.array(0), 10)
    assert still.posterior_low == still.posterior_high == still.low == still.high == 0


def test_one_run_a_draw_tells_nothing_of_luck_alone() -> None:
    found = effect(np.array([1, 0, 0, 1]), np.array(2), 1)
    assert np.isnan(found.se_simulation)
    assert found.se == pytest.approx(np.sqrt((1 / 3) / 4))


@pytest.mark.slow
def test_pairing_cuts_the_variance(case: Case, draws: ParameterDraws) -> None:
    """Of the variance that independent draws have, the change in P(UZB in) keeps what discordant pairs make."""
    many = {name: np.repeat(v, 50) for name, v in draws.items()}
    changed = load("CF1", case).apply(case)
    start, month = parse_month("1998-12"), parse_month("2006-12")
    base = simulate(case, many, seed=1, start=start, end=month)
    paired, apart = (simulate(changed, many, seed=seed, start=start, end=month) for seed in (1, 2))
    t, s, c = base.at(month), *base.index("UZB", "CST")
    old = base.seats[:, t, s, c].astype(int)
    variances = [(e.seats[:, t, s, c] - old).var() for e in (paired, apart)]
    print(f"variance of one difference: {variances[0]:.4f} paired, {variances[1]:.4f} apart")
    assert variances[1] > 0.02
    assert variances[0] < variances[1] / 3


def load(name: str, case: Case) -> Counterfactual:
    return load_counterfactual(name, case)


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (0.02, 0.1, "up"),
        (-0.1, -0.02, "down"),
        (-0.1, 0.1, "none"),
        (LITTLE / 4, LITTLE / 2, "none"),
        (0.005, 0.02, "up"),
        (0.0, 0.0, "none"),
    ],
)
def test_a_direction_needs_an_interval_without_zero(low: float, high: float, says: str) -> None:
    assert direction(low, high) == says


# asking --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_starts_theories_and_baselines_make_pairs_of_their_own(case: Case) -> None:
    result = compare(case, "CF1", theories=("whole", "fear_of_abandonment"), runs=20, seed=1)
    keys = [tuple(pair.key.values()) for pair in result.pairs]
    assert keys == [
        ("CF1", "whole", "1992-05"),
        ("CF1", "fear_of_abandonment", "1992-05"),
        ("CF1", "whole", "1998-12"),
        ("CF1", "fear_of_abandonment", "1998-12"),
    ]
    assert set(result.posteriors) == {"whole", "fear_of_abandonment"}
    alone = with_theory(case, "fear_of_abandonment")
    assert set(result.pairs[1].baseline.role("weight")) == set(alone.role("weight"))
    assert json.loads(json.dumps(result.to_dict()))["pairs"][2]["differs_from"] == "1999-03"
    against = compare(case, "CF1+CF6", baseline="CF6", runs=20, start="1998-12")
    assert against.pairs[0].against == "CF6"
    assert "GUAM" not in against.pairs[0].baseline.clubs
    assert month_label(against.pairs[0].differs_from or 0) == "1999-03"


@pytest.mark.slow
def test_the_tables_of_a_comparison_stand_one_above_the_other(case: Case) -> None:
    result = compare(case, "CF2", "CF6", runs=20, start="1998-12")
    assert set(result.seats["counterfactual"]) == {"CF2", "CF6"}
    months = case.end - parse_month("1998-12") + 1
    assert len(result.seats) == 2 * months * len(case.states) * len(case.clubs)
    for table in (result.outcomes, result.divergence, result.attribution):
        assert list(table.columns)[:3] == ["counterfactual", "theory", "start"]
    assert len(figures.change(result.pairs[0]).figure.axes) == 12


@pytest.mark.slow
def test_what_leaves_the_range_of_the_fit_is_flagged(case: Case) -> None:
    far = replace_series(TIE, 10.0)
    outside = compare(case, far, runs=10, start="1998-12").pairs[0].extrapolation
    row = outside[(outside.term == "patronage") & (outside.club == "CST")].iloc[0]
    assert row.state == "UZB"
    assert row["from"] >= "1999-01"
    assert row.value > row.high
    assert compare(case, "CF1", runs=10, start="1998-12").pairs[0].extrapolation.empty


def replace_series(one: Counterfactual, add: float) -> Counterfactual:
    (patch,) = one.patches
    return one.model_copy(update={"patches": (patch.model_copy(update={"add": add}),)})


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"runs": 0}, "runs: 0 is not valid; allowed: a whole number, 2 or more"),
        ({"runs": 10, "per_draw": 3}, "a number that divides 10 runs"),
        ({"start": "2025-12"}, "a month before 2025-12"),
        ({"start": "1991-12"}, "a month from 1992-05"),
        ({"theories": ("hierarchyy",)}, "nearest valid name: hierarchy"),
        ({"parameters": {}}, "parameters protection: 'missing' is not valid"),
    ],
)
def test_a_bad_question_is_one_line(case: Case, options: dict[str, object], says: str) -> None:
    with pytest.raises(InputError) as caught:
        compare(case, TIE, **options)  # type: ignore[arg-type]
    assert says in str(caught.value)
    with pytest.raises(InputError, match="one counterfactual at least"):
        compare(case)


@pytest.mark.slow
def test_an_outcome_before_the_start_is_left_out(case: Case) -> None:
    assert compare(case, TIE, runs=10, start="2010-12").pairs[0].outcomes.empty


@pytest.mark.slow
def test_pairs_are_frozen(found: dict[str, Pair]) -> None:
    with pytest.raises(AttributeError):
        found["tie"].runs = 3  # type: ignore[misc]
    assert replace(found["tie"], against="x").against == "x"
    assert pytest.approx(1.645, abs=1e-3) == Z
