"""Cases side by side: weights that all of them share, with a spread between them, and each case asked from the others.

    log-odds of a choice of case g = x . theta_g,   theta_gw ~ N(mu_w, tau^2),   mu_w ~ N(m_w, s_w^2)   for weights w,

and frictions are each case's own, at its priors. A weight is shared in units that mean the same everywhere: one unit of
a tie or of autonomy is a standard deviation among the world's states, and `transfer.slopes` says what it is worth in
the units of a case; threats, seats and shares are counted alike in all cases. Fitted as the panel of pacts is
(`calibration.hierarchy`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tashkent.agents.situation import Floats
from tashkent.calibration.contests import scope
from tashkent.calibration.frictions import frictions_alone
from tashkent.calibration.hierarchy import Prior, Shared, shared
from tashkent.calibration.holdout import predict_model
from tashkent.calibration.ladder import around_zero
from tashkent.calibration.likelihood import Design, fit_rows, fitted_names
from tashkent.calibration.posterior import fit
from tashkent.calibration.riskset import CHOICES
from tashkent.calibration.transfer import (
    BARE,
    JUDGED,
    NONE,
    WEIGHT_SD,
    assembled,
    case_scores,
    check_case,
    slopes,
)
from tashkent.calibration.variants import until_fit
from tashkent.model.case import Case
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.errors import InputError
from tashkent.model.plain import plain_rows
from tashkent.model.workers import Progress

#: the priors that are compared with those of `transfer`
OTHERS = "priors from the other cases"
#: how far a case's friction may be from its own: not at all, as nobody shares it
OWN = (1e-3,)
DECADE = 10
#: chances that are nearer than this are one
SAME = 1e-12


@dataclass(frozen=True, eq=False)
class CaseChoices:
    """The choices of a case, written in the parameters that are shared by name."""

    rows: Design

    def log_likelihood(self, theta: Floats) -> Floats:
        """Log likelihood of parameters of shape (P,) or (P, draws): a scalar, or shape (draws,)."""
        return np.asarray(self.rows.log_scores(theta).sum(axis=0))

    def derivatives(self, theta: Floats) -> tuple[Floats, Floats]:
        """Gradient of the log likelihood, shape (P,), and its negative Hessian, shape (P, P), at `theta`, (P,)."""
        return self.rows.log_likelihood(theta)[1], self.rows.curvature(theta)


@dataclass(frozen=True, eq=False)
class Together:
    """Some cases, what they share, and what one unit of each shared weight is worth in each of them."""

    cases: tuple[Case, ...]
    fit: Shared
    #: weights in units of a case for one in shared units, by case id and weight
    scale: dict[str, dict[str, float]]

    def of(self, case: Case, weight: str) -> tuple[float, float]:
        """Mean and standard deviation of a weight of a case that was not seen, in the units of the case."""
        i, scale = self.fit.prior.names.index(weight), self.scale[case.id].get(weight, 1.0)
        return float(self.fit.mean[i] * scale), float(self.fit.new[i] * scale)


def scales(cases: Sequence[Case]) -> dict[str, dict[str, float]]:
    """What one shared unit of each weight is worth in the units of each case; one where nothing is said.

    Raises
    ------
    InputError
        If two cases have one id, or the ties of one cannot be put beside the world's.
    """
    ids = [case.id for case in cases]
    if len(set(ids)) < len(ids):
        raise InputError("cases", "id", ", ".join(ids), "cases whose ids differ")
    for case in cases:
        check_case(case)
    units = assembled().units
    return {case.id: slopes(case, units) for case in cases}


def together(cases: Sequence[Case], scale: dict[str, dict[str, float]]) -> Together:
    """Fit cases together; the prior of what they share is the mean of theirs, in shared units."""
    cut = [until_fit(case) for case in cases]
    weights = dict.fromkeys(
        n for case in cut for n in fitted_names(case) if case.parameters[n].role == "weight"
    )
    own = [
        (case, name)
        for case in cut
        for name in fitted_names(case)
        if case.parameters[name].role != "weight"
    ]
    names = (*weights, *(_own(case, name) for case, name in own))
    priors = [_shared_prior(cut, scale, name) for name in weights]
    priors += [(c.parameters[n].mean, c.parameters[n].sd or 0.0) for c, n in own]
    mean, sd = np.array(priors).T
    prior = Prior(names, mean, sd, np.arange(len(names)) < len(weights))
    groups = [CaseChoices(_in_shared(case, names, scale[case.id])) for case in cut]
    return Together(tuple(cases), shared(groups, prior, OWN), scale)


def _own(case: Case, name: str) -> str:
    return f"{case.id}: {name}"


def _shared_prior(
    cases: Sequence[Case], scale: dict[str, dict[str, float]], name: str
) -> tuple[float, float]:
    known = [
        np.array([p.mean, p.sd or 0.0]) / scale[case.id].get(name, 1.0)
        for case in cases
        if (p := case.parameters.get(name)) is not None and p.fitted
    ]
    mean, sd = np.mean(known, axis=0)
    return float(mean), float(sd)


def _in_shared(case: Case, names: Sequence[str], scale: dict[str, float]) -> Design:
    """The rows of a case up to its fit's end, written in shared parameters."""
    rows = fit_rows(case)
    into = np.zeros((len(rows.names), len(names)))
    for i, name in enumerate(rows.names):
        if case.parameters[name].role == "weight":
            into[i, names.index(name)] = scale.get(name, 1.0)
        else:
            into[i, names.index(_own(case, name))] = 1.0
    return Design(
        tuple(names), rows.rows, rows.first @ into, rows.second @ into, rows.two_routes, rows.offset
    )


def under_others(case: Case, others: Together) -> Case:
    """The case with priors of weights from other cases; weights that these do not have keep theirs."""
    new = {}
    for name, parameter in case.parameters.items():
        if parameter.role == "weight" and parameter.fitted and name in others.fit.prior.names:
            mean, sd = others.of(case, name)
            parameter = parameter.model_copy(update={"mean": mean, "sd": sd})
        new[name] = parameter
    return case.varied(parameters=new)


def weights_table(found: Together) -> pd.DataFrame:
    """What the cases share, and what each says of it; everything in shared units.

    Columns: weight, prior, prior_sd, mean and sd (of what is shared), spread (between cases), case, alone (mode of a
    fit of the case alone), joint (of the fit together); the last two are empty where the case has no such weight.
    """
    fit_, rows = found.fit, []
    alone = {case.id: fit(until_fit(case)) for case in found.cases}
    joint = fit_.groups
    for i in np.flatnonzero(fit_.prior.weights):
        name = fit_.prior.names[i]
        for g, case in enumerate(found.cases):
            own, scale = alone[case.id], found.scale[case.id].get(name, 1.0)
            has = name in own.names
            rows.append(
                {
                    "weight": name,
                    "prior": fit_.prior.mean[i],
                    "prior_sd": fit_.prior.sd[i],
                    "mean": fit_.mean[i],
                    "sd": fit_.sd[i],
                    "spread": fit_.tau[i],
                    "case": case.id,
                    "alone": own.mean[own.names.index(name)] / scale if has else np.nan,
                    "joint": joint[g, i] if has else np.nan,
                }
            )
    return pd.DataFrame(rows)


def exits_table(case: Case, priors: dict[str, Case], *, seed: int = 0) -> pd.DataFrame:
    """Who of the focal club's members was to leave first, and in which decade, from priors alone.

    An exit is notice, a request for suspension, or a renewal that is not signed. Columns: prior, decade (its first
    year), expected (sum of the chances of every month), done (exits by own choice), rank (of those who left: mean
    share of members at risk in that month that were thought less likely, ties half; one half by chance; empty where
    nobody left).
    """
    table = []
    for name, under in priors.items():
        cut = until_fit(under)
        rows = fit_rows(cut)
        kept = scope(cut, rows.rows, "focus") & (rows.rows.choice != CHOICES.index("accede"))
        test = rows.where(kept)
        if not len(test.rows):
            continue
        train = rows.where(np.zeros(len(rows.rows), bool))
        p = predict_model(cut, train, test, seed=(seed, 0), proposals=0).p
        at, done = test.rows, test.rows.moved
        p = np.where(at.choice == CHOICES.index("renew"), 1.0 - p, p)
        decade = (cut.start + at.month) // MONTHS_PER_YEAR // DECADE * DECADE
        for first in np.unique(decade):
            here = decade == first
            ranks = [
                (p[same] < p[row] - SAME).mean() + (np.abs(p[same] - p[row]) <= SAME).mean() / 2
                for row in np.flatnonzero(here & done)
                if (same := (at.month == at.month[row]) & ~done).any()
            ]
            table.append(
                (
                    name,
                    int(first),
                    float(p[here].sum()),
                    int(done[here].sum()),
                    float(np.mean(ranks)) if ranks else np.nan,
                )
            )
    return pd.DataFrame(table, columns=["prior", "decade", "expected", "done", "rank"])


@dataclass(frozen=True, eq=False)
class Across:
    """What cases share, and what each is worth to the others."""

    cases: tuple[Case, ...]
    seed: int
    #: `weights_table`; `transfer.case_scores` and `exits_table` of each case, with its id in a column ``case``
    weights: pd.DataFrame
    scores: pd.DataFrame
    exits: pd.DataFrame

    def as_json(self) -> dict[str, object]:
        """The tables as plain values."""
        rows = {name: plain_rows(getattr(self, name)) for name in ("weights", "scores", "exits")}
        return {"cases": {case.id: case.hash for case in self.cases}, "seed": self.seed, **rows}


def across(cases: Sequence[Case], *, seed: int = 0, progress: Progress | None = None) -> Across:
    """Fit all cases together, and ask each under priors from a fit to the others.

    Raises
    ------
    InputError
        If fewer than two cases are given, two have one id, or one cannot be put beside the world's states.
    """
    if len(cases) < 2:
        raise InputError("cases", "number", len(cases), "two cases or more")
    scale = scales(cases)
    scores, exits = [], []
    for i, case in enumerate(cases):
        if progress is not None:
            progress(i, len(cases))
        others = together([one for one in cases if one is not case], scale)
        asked = {
            JUDGED: case,
            OTHERS: under_others(case, others),
            NONE: around_zero(case, WEIGHT_SD),
            BARE: frictions_alone(case),
        }
        scores.append(case_scores(asked, seed=seed).assign(case=case.id))
        exits.append(exits_table(case, asked, seed=seed).assign(case=case.id))
    return Across(
        tuple(cases),
        seed,
        weights_table(together(cases, scale)),
        pd.concat(scores, ignore_index=True),
        pd.concat(exits, ignore_index=True),
    )
