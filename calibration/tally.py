"""Adding up over runs without keeping them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Floats


@dataclass(frozen=True, eq=False)
class Tally:
    """Mean and spread of values over runs, to which more runs can be added; arrays of any one shape.

    Two tallies are added as Chan, Golub and LeVeque (1983, doi:10.1080/00031305.1983.10483115) do, so nothing of the
    runs need be kept. The sum depends on the order of adding in its last digits alone: who wants the same bits adds in
    the same order.

    Examples
    --------
    >>> one, other = Tally.of(np.array([[1.0], [0.0]])), Tally.of(np.array([[1.0], [np.nan]]))
    >>> both = one + other
    >>> int(both.number[0]), round(float(both.mean[0]), 3), round(float(both.se[0]), 3)
    (3, 0.667, 0.333)
    """

    #: how many runs have something to say
    number: NDArray[np.int64]
    #: their sum of squares about the mean, and the mean; 0 where no run has
    squares: Floats
    centre: Floats

    @classmethod
    def of(cls, values: Floats) -> "Tally":
        """The tally of values of shape (R, ...), whose first axis is the run and is added up; NaN does not count."""
        said = ~np.isnan(values)
        number = said.sum(axis=0)
        centre = np.where(said, values, 0.0).sum(axis=0) / np.maximum(number, 1)
        squares = (np.where(said, values - centre, 0.0) ** 2).sum(axis=0)
        return cls(number.astype(np.int64), squares, centre)

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        number = self.number + other.number
        share = other.number / np.maximum(number, 1)
        apart = other.centre - self.centre
        return Tally(
            number,
            self.squares + other.squares + apart**2 * self.number * share,
            np.where(self.number == 0, other.centre, self.centre + apart * share),
        )

    @property
    def mean(self) -> Floats:
        """The mean over the runs that have something to say, shape and unit as a run's values; NaN if none has."""
        return np.where(self.number > 0, self.centre, np.nan)

    @property
    def sd(self) -> Floats:
        """The standard deviation over runs (divisor n - 1), shape as a run's values; NaN for fewer than two."""
        enough = self.number > 1
        return np.where(enough, np.sqrt(self.squares / np.maximum(self.number - 1, 1)), np.nan)

    @property
    def se(self) -> Floats:
        """The standard error of the mean, ``sd / sqrt(n)``, in the shape of one run's values."""
        return self.sd / np.sqrt(np.maximum(self.number, 1))
