"""Rival theories: each alone, each left out, all together; held-out scores and evidence. And what each term does.

The evidence of a theory is the probability of the record under its priors,
``Z = integral of prior * likelihood``. It is found twice: by importance sampling (`calibration.refit`) and by nested
sampling (dynesty: Speagle 2020, doi:10.1093/mnras/staa278; Skilling 2006).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tashkent.agents.situation import Floats
from tashkent.calibration.holdout import renewal_scores
from tashkent.calibration.likelihood import fit_rows
from tashkent.calibration.measures.studies import Saves
from tashkent.calibration.patterns import Patterns
from tashkent.calibration.refit import PROPOSALS, refit
from tashkent.calibration.scores import eve_of, renewal_month
from tashkent.calibration.target import target
from tashkent.calibration.variants import quick_scores
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case
from tashkent.model.simulate import simulate
from tashkent.model.statuses import is_in
from tashkent.model.theory import only_terms

EVERYTHING = "all together"
#: live points of the nested sampling, and what may be left in them
LIVE = 250
REMAINS = 0.1


def theories(case: Case) -> dict[str, tuple[str, str]]:
    """Every theory to be compared: how it is asked for, and whether it stands alone or is left out."""
    found = {EVERYTHING: ("", "all")}
    for name, theory in case.theories.items():
        found[f"{name} alone"] = (name, "alone")
        if theory.terms:
            found[f"without {name}"] = (f"-{name}", "left out")
    return found


def under(case: Case, asked: str) -> Case:
    """The case under a theory; itself for an empty name."""
    return only_terms(case, [asked]) if asked else case


def theory_scores(case: Case, asked: str, *, seed: int, proposals: int = PROPOSALS) -> pd.DataFrame:
    """Held-out log scores by scope and state, as for the model itself."""
    return quick_scores(under(case, asked), seed=seed, proposals=proposals)


def theory_evidence(case: Case, asked: str, *, seed: int, nested: bool) -> dict[str, float]:
    """Log evidence with its error, by importance sampling and, if asked for, by nested sampling."""
    changed = under(case, asked)
    found = refit(changed, fit_rows(changed), seed=(seed, 4), proposals=PROPOSALS)
    result = {
        "log_evidence": found.log_evidence,
        "se": found.log_evidence_se,
        "pareto_k": found.pareto_k,
        "nested": np.nan,
        "nested_se": np.nan,
    }
    if nested:
        result["nested"], result["nested_se"] = nested_sampling(changed, seed)
    return result


def nested_sampling(case: Case, seed: int) -> tuple[float, float]:
    """Log evidence of the fitted record and its error, by static nested sampling."""
    from dynesty import NestedSampler
    from scipy.special import ndtri

    density = target(case)

    def log_likelihood(x: Floats) -> float:
        return float(density.log_likelihood(x[None])[0])

    def prior(u: Floats) -> Floats:
        return np.asarray(density.prior_mean + density.prior_sd * ndtri(u))

    sampler = NestedSampler(
        log_likelihood,
        prior,
        len(density.names),
        nlive=LIVE,
        bound="single",
        sample="rwalk",
        rstate=np.random.default_rng(np.random.SeedSequence((seed, 5))),
    )
    sampler.run_nested(dlogz=REMAINS, print_progress=False)
    return float(sampler.results.logz[-1]), float(sampler.results.logzerr[-1])


def renewal_under(case: Case, asked: str, *, seed: int) -> pd.DataFrame:
    """The renewal's choices under a theory, fitted to what came before; see `calibration.holdout.renewal_scores`."""
    found = renewal_scores(under(case, asked), seed=seed, baselines=False)
    return found.drop(columns="who") if len(found) else found


def ablations(case: Case, patterns: Patterns, *, each: bool = True) -> list[tuple[str, ...]]:
    """Sets of terms to be left out: each alone if `each` is asked, and those that a pattern names."""
    found: list[tuple[str, ...]] = [(name,) for name in case.role("weight")] if each else []
    measures = (pattern.measure for pattern in patterns.pattern)
    found += [m.terms for m in measures if isinstance(m, Saves)]
    return list(dict.fromkeys(found))


def ablated(
    case: Case,
    terms: Sequence[str],
    starts: Sequence[int],
    *,
    runs: int,
    seed: int,
    proposals: int = PROPOSALS,
) -> pd.DataFrame:
    """P(in the focal club) by state and month without some terms, or with all if none is named.

    Two ways: `knocked out`, the posterior of the whole model with these weights at zero and the same draws, so that
    differences are due to the terms alone; and `refitted`, where the others take over what they can. Columns: terms,
    how, start, state, month, p_in, record.
    """
    whole = refit(case, fit_rows(case), seed=(seed, 3), proposals=proposals)
    changed = only_terms(case, [f"-{name}" for name in terms]) if terms else case
    ways = {"knocked out": whole.resampled(case, runs, seed).of(changed.drawn)}
    if terms:
        fitted = refit(changed, fit_rows(changed), seed=(seed, 3), proposals=proposals)
        ways["refitted"] = fitted.resampled(changed, runs, seed)
    renewal = renewal_month(case)
    shown = sorted({*case.shown, *([renewal] if renewal is not None else [])})
    c = tuple(case.clubs).index(case.focus)
    record = is_in(compile_case(case).record.status)
    rows = []
    for start in (case.start, *starts):
        months = [m for m in shown if m > start]
        for how, draws in ways.items():
            ensemble = simulate(changed, draws, seed=seed, start=start, end=max(months))
            for month in months:
                for state in case.deciders:
                    s = case.state_ids.index(state)
                    rows.append(
                        {
                            "terms": " and ".join(terms) or EVERYTHING,
                            "how": how,
                            "start": month_label(start),
                            "state": state,
                            "month": month_label(month),
                            "p_in": float(ensemble.p_in[ensemble.at(month), s, c]),
                            "record": bool(record[month - case.start, s, c]),
                        }
                    )
    return pd.DataFrame(rows)


def saves_measures(case: Case, measure: Saves, table: pd.DataFrame) -> dict[str, float]:
    """`mainly`: 1 if no state's P(in) rises more than the named one's without the terms; `rise` of it, `next` one's.

    Paired runs from the record of the year before, posterior as it is with the weights at zero.
    """
    start, month = month_label(eve_of(measure.month)), month_label(measure.month)
    here = table[(table["how"] == "knocked out") & (table["start"] == start)]
    here = here[here["month"] == month].set_index("state")
    base = here.loc[here["terms"] == EVERYTHING, "p_in"]
    without = here.loc[here["terms"] == " and ".join(measure.terms), "p_in"]
    if base.empty or without.empty:
        return {}
    rise = without - base
    other = float(rise.drop(measure.state).max())
    own = float(rise[measure.state])
    return {"mainly": float(own > max(0.0, other)), "rise": own, "next": other}
