"""Values over runs are added up part by part as all at once."""

import numpy as np
import pandas as pd

from tashkent.calibration.tally import Tally


def test_tallies_add_up_to_the_tally_of_all() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(5.0, 2.0, (37, 3))
    values[rng.random((37, 3)) < 0.3] = np.nan
    values[:, 2] = np.nan
    parts = [Tally.of(values[low:high]) for low, high in ((0, 1), (1, 20), (20, 37))]
    total = parts[0] + parts[1] + parts[2]
    table = pd.DataFrame(values)
    np.testing.assert_array_equal(total.number, table.count())
    np.testing.assert_allclose(total.mean, table.mean())
    np.testing.assert_allclose(total.sd, table.std())
    np.testing.assert_allclose(total.se, table.sem())
    assert np.isnan(total.mean[2])
