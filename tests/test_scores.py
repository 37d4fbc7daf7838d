"""Scores on numbers that can be checked by eye."""

import numpy as np

from tashkent.calibration.scores import area_under_curve, balanced_accuracy


def test_area_under_curve() -> None:
    truth = np.array([True, True, False])
    assert area_under_curve(np.array([2.0, 3.0, 1.0]), truth) == 1
    assert area_under_curve(np.array([1.0, 1.0, 1.0]), truth) == 0.5
    assert np.isnan(area_under_curve(np.ones(2), np.ones(2, bool)))
    tied = area_under_curve(np.array([1.0, 2.0, 2.0, 0.0]), np.array([True, True, False, False]))
    assert tied == (1 + 0.5 + 1 + 0) / 4


def test_balanced_accuracy() -> None:
    truth = np.array([True, True, False])
    right = np.array([[True, True, True], [True, False, False], [True, True, False]])
    assert balanced_accuracy(right, truth).tolist() == [1.0, 0.25, 0.5]
    assert balanced_accuracy(right, np.ones(3, bool))[1] == 1 / 3
