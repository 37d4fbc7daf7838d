"""Extrapolation: terms that a counterfactual takes out of the range on which the model was fitted."""

from functools import lru_cache

import numpy as np
import pandas as pd

from tashkent.agents.situation import Floats
from tashkent.agents.terms import staked
from tashkent.calibration.likelihood import fit_rows, fitted_names
from tashkent.calibration.riskset import CHOICES
from tashkent.model.case import Case
from tashkent.model.choices import record_standing
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case
from tashkent.model.formulas import of_months

#: values that differ by less are the same
ALIKE = 1e-9
COLUMNS = ["term", "state", "club", "from", "until", "value", "low", "high"]


def extrapolation(base: Case, changed: Case, start: int, since: int) -> pd.DataFrame:
    """Terms that a counterfactual takes out of the range on which the model was fitted.

    The range of a term is that over the rows of the fit (`calibration.likelihood.design`). Seats are those of the
    record. Only where the counterfactual changes a term it counts, and only where the club exists for a state that
    decides. One row for each term and seat: the months from first to last, the value that lies farthest outside, the
    range.
    """
    of = base.changed.of if base.changed else base
    ranges = _ranges(of)
    names, clubs = tuple(ranges), tuple(base.clubs)
    here = [(clubs.index(name), i) for i, name in enumerate(changed.clubs)]
    of_base, of_changed = ([pair[i] for pair in here] for i in (0, 1))
    first = max(start, since, base.start + 1) - base.start
    # on axes (month, term, club, state)
    before = _on_record(base, names)[first:, :, of_base]
    after = _on_record(changed, names)[first:, :, of_changed]
    low, high = (np.array([ranges[name][i] for name in names])[:, None, None] for i in (0, 1))
    odd = (np.abs(after - before) > ALIKE) & ((after < low - ALIKE) | (after > high + ALIKE))
    odd &= compile_case(changed).exists[first:, None, of_changed, None]
    odd &= compile_case(base).decides
    found: dict[tuple[str, int, int], list[tuple[int, float]]] = {}
    for t, n, c, s in np.argwhere(odd).tolist():
        seat = (names[n], s, of_base[c])
        found.setdefault(seat, []).append((first + t, float(after[t, n, c, s])))
    rows = []
    for (name, s, c), cells in found.items():
        least, most = ranges[name]
        far = max((v for _, v in cells), key=lambda v: max(least - v, v - most))
        months = [month_label(base.start + t) for t, _ in (cells[0], cells[-1])]
        rows.append([name, base.state_ids[s], clubs[c], *months, far, least, most])
    return pd.DataFrame(rows, columns=COLUMNS)


@lru_cache(maxsize=8)
def _on_record(case: Case, names: tuple[str, ...]) -> Floats:
    """Terms as the record has them, shape (months, terms, clubs, states); 0 in the first month, which is given."""
    inputs = compile_case(case)
    standing = [record_standing(inputs, max(1, t)) for t in range(len(case.months))]
    by_month = [now.of_clubs(slice(None)) for now in standing]
    believed = [inputs.credibility(t, now) for t, now in enumerate(standing)]
    situation = inputs.situation.joined_by(
        credibility=np.array(believed),
        **{name: np.array([month[name] for month in by_month]) for name in by_month[0]},
    )
    found = np.zeros((len(case.months), len(names), len(case.clubs), len(case.states)))
    for n, name in enumerate(names):
        if name in inputs.theory:
            values = staked(case.terms[name], of_months(case, name, situation), inputs.stake)
            found[1:, n] = values.swapaxes(1, 2)[1:]
    return found


def _ranges(case: Case) -> dict[str, tuple[float, float]]:
    """Term -> least and greatest value over the rows of the fit."""
    rows, names = fit_rows(case), fitted_names(case)
    sign = np.where(rows.rows.choice == CHOICES.index("exit"), -1.0, 1.0)
    weights = [name for name in case.role("weight") if name in names]
    values = {name: sign * rows.first[:, names.index(name)] for name in weights}
    return {name: (float(v.min()), float(v.max())) for name, v in values.items()}
