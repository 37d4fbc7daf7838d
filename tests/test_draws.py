import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from tashkent.agents.acts import Frictions, LogOdds, OfSeats
from tashkent.agents.situation import Bools, Floats
from tashkent.model.case import Case
from tashkent.model.draws import (
    LOW,
    PERIOD,
    REST,
    Words,
    in_layers,
    logistic,
    normal,
    once,
    rare_months,
    sequences,
    stream,
    uniform,
)
from tashkent.model.noise import Ints, Noise, Streams
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.statuses import is_in

NAMES = ("AAA", "club", "accede")
MONTHS = np.arange(23_900, 24_300)


def of_runs(first: int, runs: int, seed: int = 5, names: tuple[str, ...] = NAMES) -> Words:
    return sequences(stream(seed, *names), np.arange(first, first + runs))[:, None]


def test_a_number_depends_on_its_place_alone() -> None:
    together = uniform(of_runs(0, 20), MONTHS)
    assert np.array_equal(uniform(of_runs(13, 4), MONTHS), together[13:17])
    assert np.array_equal(uniform(of_runs(0, 20), MONTHS[30:40]), together[:, 30:40])
    noise = logistic(of_runs(0, 20), MONTHS)
    assert np.array_equal(logistic(of_runs(7, 2), MONTHS[:50]), noise[7:9, :50])


def test_seed_state_club_and_act_each_make_another_stream() -> None:
    first = uniform(of_runs(0, 1), MONTHS)
    for seed, names in (
        (6, NAMES),
        (5, ("AAB", "club", "accede")),
        (5, ("AAA", "other", "accede")),
        (5, ("AAA", "club", "renew")),
        (5, ("AAAc", "lub", "accede")),
    ):
        assert not np.intersect1d(uniform(of_runs(0, 1, seed, names), MONTHS), first).size


def test_numbers_have_the_distributions_they_claim() -> None:
    numbers = uniform(of_runs(0, 500), MONTHS)
    assert numbers.min() > 0
    assert numbers.max() < 1
    assert stats.kstest(numbers.ravel(), "uniform").pvalue > 1e-3
    noise = logistic(of_runs(0, 500), MONTHS)
    assert stats.kstest(noise.ravel(), "logistic").pvalue > 1e-3
    assert stats.kstest(normal(1, NAMES, 0, 20_000), "norm").pvalue > 1e-3


@pytest.mark.parametrize("axis", [0, 1])
def test_runs_and_months_know_nothing_of_each_other(axis: int) -> None:
    for numbers in (uniform(of_runs(0, 500), MONTHS), logistic(of_runs(0, 500), MONTHS)):
        one, other = (np.take(numbers, range(i, numbers.shape[axis] - 1 + i), axis) for i in (0, 1))
        found = stats.pearsonr(one.ravel(), other.ravel()).statistic
        assert abs(found) < 4 / np.sqrt(one.size)


def test_noise_of_the_first_layer_is_where_the_bits_say() -> None:
    runs = of_runs(0, 2_000)
    period = 375
    months = np.arange(period * PERIOD, (period + 1) * PERIOD)
    bits = rare_months(runs, period) >> np.arange(PERIOD, dtype=np.uint64) & np.uint64(1)
    noise = logistic(runs, months)
    assert np.array_equal(noise < REST, bits == 1)
    share = bits.mean()
    assert abs(share - LOW) < 4 * np.sqrt(LOW * (1 - LOW) / bits.size)


def test_chances_far_below_those_of_single_precision_come_up() -> None:
    """The smallest number of the first layer stands for a chance far below one in 10**9 a month."""
    smallest = in_layers(np.array([2.0**-54]), np.array([True]))
    assert smallest[0] < np.log(1e-17)


def test_normal_numbers_belong_to_runs() -> None:
    assert np.array_equal(normal(1, NAMES, 5, 3), normal(1, NAMES, 0, 20)[5:8])
    assert np.array_equal(once(1, NAMES, 5, 3), once(1, NAMES, 0, 20)[5:8])


def test_what_happens_is_where_log_odds_exceed_the_noise(case: Case) -> None:
    """With and without the first look at the layers, in all clubs and in one."""
    rng = np.random.default_rng(0)
    runs, t = 300, 100
    noise = Noise(case, 3, 40, runs)
    clubs, states = len(case.clubs), len(case.states)
    streams = tuple((act, c) for act in ("withdraw", "accede") for c in range(clubs))
    sign, shape = np.repeat([-1.0, 1.0], clubs), (2 * clubs, states, runs)
    friction = rng.normal(size=(2 * clubs, runs))
    value = rng.normal(REST, 2.0, (clubs, states, runs))
    seats = tuple(  # in one club states are alike
        OfSeats(*(rng.normal(size=(1 if c == 1 else states, runs)) for _ in range(2)))
        for c in range(clubs)
    )
    former, may = rng.random(value.shape) < 0.4, rng.random(shape) < 0.7
    for was_in in (former, None):
        given = Frictions(sign, friction, clubs, seats)
        place = np.arange(2 * clubs) % clubs
        odds = LogOdds(value, place, given, range(2 * clubs), was_in)
        happens = noise.exceeded(streams, t, odds, may)
        state, run = (axis.ravel() for axis in np.indices(shape[1:]))
        for i, (act, c) in enumerate(streams):
            expected = sign[i] * value[c] + friction[i]
            if act == "accede":
                back = False if was_in is None else was_in[c]
                expected = expected + np.where(back, seats[c].back, seats[c].outside)
            np.testing.assert_allclose(odds.whole()[i], expected, rtol=1e-12)
            drawn = noise.logistic(act, t, c, run, state).reshape(shape[1:])
            assert np.array_equal(happens[i], may[i] & (odds.whole()[i] > drawn))
            one = Frictions(
                sign[i : i + 1], friction[i : i + 1], 0, seats[c : c + 1] * (i >= clubs)
            )
            alone = LogOdds(
                value[c : c + 1],
                np.zeros(1, int),
                one,
                (0,),
                was_in if was_in is None else was_in[c : c + 1],
            )
            assert np.array_equal(
                noise.exceeded(((act, c),), t, alone, may[i : i + 1])[0], happens[i]
            )
        assert 0 < happens.mean() < 1


def test_rows_that_are_not_asked_for_are_left_out(case: Case) -> None:
    """No act comes of a row of another month, whatever its log-odds."""
    odds = LogOdds(
        np.full((1, len(case.states), 50), 9.0),
        np.zeros(2, int),
        Frictions(np.ones(2), np.zeros((2, 50))),
        (1,),
    )
    near = odds.may_exceed(REST)
    assert near[1].all()
    assert not near[0].any()


def test_runs_that_share_draws(case: Case) -> None:
    shared, plain = Noise(case, 3, 10, 7, share=3), Noise(case, 3, 10, 3)
    run, state = np.arange(7), np.full(7, 2)
    found = shared.uniform("help", 50, 0, run, state)
    assert np.array_equal(found, plain.uniform("help", 50, 0, run % 3, state))


def test_draws_of_other_states_or_clubs_are_refused(case: Case) -> None:
    with pytest.raises(ValueError, match="draws belong to"):
        Noise(case, 2, 0, 4).under(case.varied(clubs=dict(list(case.clubs.items())[:2])))


class PlainNoise(Noise):
    """The same decisions by numpy's own generator: one logistic number a seat, act and month, and no layers."""

    def _plain(self, act: str, t: int) -> Floats:
        shape = (len(self._runs), len(self._states), len(self._clubs))
        key = int.from_bytes(act.encode(), "little")
        return np.random.default_rng([key, t, int(self._runs[0])]).logistic(size=shape)

    def exceeded(self, streams: Streams, t: int, log_odds: LogOdds, may: Bools) -> Bools:
        drawn = np.array([self._plain(act, t)[:, :, c].T for act, c in streams])
        return may & (log_odds.whole() > drawn)

    def logistic(self, act: str, t: int, c: int, run: Ints, state: Ints) -> Floats:
        return self._plain(act, t)[run, state, c]

    def uniform(self, act: str, t: int, c: int, run: Ints, state: Ints) -> Floats:
        return expit(self._plain(act, t)[run, state, c])


@pytest.mark.slow
def test_shares_inside_agree_with_those_of_plain_numbers(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P(in) of every seat in every month, over runs that share nothing but what decides in them."""
    runs = 512
    drawn = prior_parameters(case, runs=runs, seed=5)
    ours = is_in(simulate(case, drawn, seed=5).status).mean(axis=0)
    monkeypatch.setattr("tashkent.model.simulate.Noise", PlainNoise)
    plain = is_in(simulate(case, drawn, seed=5).status).mean(axis=0)
    error = np.sqrt((ours * (1 - ours) + plain * (1 - plain)) / runs)
    assert (np.abs(ours - plain) <= 4.5 * error).all()
    open_seats = error > 0
    assert np.mean((np.abs(ours - plain) > 1.96 * error)[open_seats]) < 0.15
