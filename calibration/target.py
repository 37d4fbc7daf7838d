"""What is sampled: the log posterior of many parameter vectors at once, on the distinct rows of the record.

Most choices are months in which nothing happened and nothing had changed: rows of the design that are equal in
features and outcome are kept once, with their number::

    log L(theta) = sum over distinct rows of  count * log p(outcome | theta)

which is the likelihood of `calibration.likelihood` up to rounding, at a fraction of its cost.
"""

from dataclasses import dataclass, fields

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.calibration.likelihood import Design, fit_rows
from tashkent.model.case import Case


def distinct(rows: Design) -> tuple[Design, Floats]:
    """The rows of a design that differ in anything that a score depends on, and how often each stands there.

    Which state, club and month a row is of is lost: the row kept is the first of its kind. Counts have shape (rows,).
    """
    arrays = [getattr(rows, field.name) for field in fields(rows)]
    seen = [a for a in arrays if isinstance(a, np.ndarray) and len(a) == len(rows.rows)]
    columns = [a if a.ndim > 1 else a[:, None] for a in (*seen, rows.rows.done)]
    table = np.concatenate(columns, axis=1, dtype=float)
    _, first, count = np.unique(table, axis=0, return_index=True, return_counts=True)
    order = np.argsort(first)
    kept = np.zeros(len(rows.rows), bool)
    kept[first] = True
    return rows.where(kept), count[order].astype(float)


@dataclass(frozen=True, eq=False)
class Target:
    """The density that is sampled: normal priors of the case's table times the likelihood of the fitted rows."""

    names: tuple[str, ...]
    #: prior means and standard deviations, shape (P,)
    prior_mean: Floats
    prior_sd: Floats
    rows: Design
    #: how often each row stands in the record, shape (rows,)
    counts: Floats

    def log_prior(self, x: Floats) -> Floats:
        """``sum of -((x - mean) / sd)^2 / 2``, without the constant: shape (W,) for x of shape (W, P)."""
        z = (x - self.prior_mean) / self.prior_sd
        return np.asarray(-0.5 * np.square(z).sum(axis=1))

    def log_likelihood(self, x: Floats) -> Floats:
        """Log likelihood of the record, shape (W,) for x of shape (W, P)."""
        return np.asarray(self.counts @ self.rows.log_scores(np.ascontiguousarray(x.T)))

    def log_posterior(self, x: Floats) -> Floats:
        """Log posterior up to a constant, shape (W,) for x of shape (W, P)."""
        return self.log_prior(x) + self.log_likelihood(x)


def target(case: Case, rows: Design | None = None) -> Target:
    """The target of a case on some rows of its record: by default all up to `Case.fit_until`."""
    rows, counts = distinct(fit_rows(case) if rows is None else rows)
    prior = [case.parameters[name] for name in rows.names]
    return Target(
        names=rows.names,
        prior_mean=np.array([p.mean for p in prior]),
        prior_sd=np.array([p.sd for p in prior], dtype=float),
        rows=rows,
        counts=counts,
    )
