import numpy as np
import pytest
from scipy import stats

from tashkent.model.draws import STRIDE, logistic, normal, uniform

NAMES = ("AAA", "club", "accede")


def test_a_run_sees_the_same_numbers_in_any_batch() -> None:
    together = uniform(5, NAMES, 0, 20, 300)
    assert np.array_equal(uniform(5, NAMES, 13, 4, 300), together[13:17])
    assert np.array_equal(uniform(5, NAMES, 0, 20, 100), together[:, :100])


def test_seed_state_club_and_act_each_make_another_stream() -> None:
    first = uniform(5, NAMES, 0, 1, 50)
    for seed, names in (
        (6, NAMES),
        (5, ("AAB", "club", "accede")),
        (5, ("AAA", "other", "accede")),
        (5, ("AAA", "club", "renew")),
        (5, ("AAAc", "lub", "accede")),
    ):
        assert not np.array_equal(uniform(seed, names, 0, 1, 50), first)


def test_streams_have_the_distributions_they_claim() -> None:
    numbers = uniform(1, NAMES, 0, 200, STRIDE)
    assert numbers.min() > 0
    assert numbers.max() < 1
    assert stats.kstest(numbers.ravel(), "uniform").pvalue > 1e-3
    assert stats.kstest(logistic(1, NAMES, 0, 200, STRIDE).ravel(), "logistic").pvalue > 1e-3
    assert stats.kstest(normal(1, NAMES, 0, 20000), "norm").pvalue > 1e-3


def test_normal_numbers_belong_to_runs() -> None:
    assert np.array_equal(normal(1, NAMES, 5, 3), normal(1, NAMES, 0, 20)[5:8])


def test_a_case_longer_than_the_stride_is_refused() -> None:
    with pytest.raises(ValueError, match="512 months"):
        uniform(1, NAMES, 0, 1, STRIDE + 1)
