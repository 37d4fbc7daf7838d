"""What was learnt: held-out scores of the model with less and less of what it has, from the whole down to its priors.

A rung is the case otherwise, or other states held out and left out. Each is scored as the whole model is: every state
from a fit to the others, against the same structural steps, so that rungs differ by the model alone. A rung that
scores as well as the whole says that what it lacks was not learnt from the record, however well it fits.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from tashkent.agents.situation import Floats
from tashkent.calibration.contests import ALL
from tashkent.calibration.diagnostics import INTERVAL
from tashkent.calibration.holdout import renewal_scores
from tashkent.calibration.variants import quick_gains, quick_scores
from tashkent.model.case import Case
from tashkent.model.case.tables import Parameter

WHOLE = "the whole model"
PRIORS = "nothing fitted: the priors alone"
FROZEN = "weights at their prior means, frictions fitted"
BARE = "no dated events"
REGIONS = "one region held out"
WITHOUT = "without "
#: standard deviations of priors of weights around zero
WIDTHS = (1.0, 0.5)
#: samples of a bootstrap
SAMPLES = 10_000


def _weights(case: Case, changed: Callable[[Parameter], Mapping[str, object]]) -> Case:
    """The case with other weights, and with all else as it is."""
    new = {
        name: p.model_copy(update=dict(changed(p))) if p.role == "weight" else p
        for name, p in case.parameters.items()
    }
    return case.varied(parameters=new)


def frozen(case: Case) -> Case:
    """The case whose weights stay at the means of their priors; frictions are fitted."""
    return _weights(case, lambda p: {"fitted": False})


def around_zero(case: Case, sd: float) -> Case:
    """The case whose weights have normal priors around zero: nothing is said of their signs."""
    return _weights(case, lambda p: {"mean": 0.0, "sd": sd})


def regions(case: Case) -> dict[str, tuple[str, ...]]:
    """The deciding states of each region of ``states.csv``; those without one are in none."""
    found: dict[str, tuple[str, ...]] = {}
    for state in case.states:
        if state.role == "decider" and state.region:
            found[state.region] = (*found.get(state.region, ()), state.state)
    return found


def rungs(case: Case, *, each: bool = True) -> tuple[str, ...]:
    """The names of all rungs, the whole model first; without those that lack one state if `each` is not asked."""
    names = [WHOLE, FROZEN, *map(_width, WIDTHS), BARE, PRIORS]
    if len(regions(case)) > 1:
        names.append(REGIONS)
    if each and len(case.deciders) > 2:
        names += [f"{WITHOUT}{state}" for state in case.deciders]
    return tuple(names)


def _width(sd: float) -> str:
    return f"weights' priors N(0, {sd:g})"


def rung(case: Case, name: str, *, seed: int, proposals: int) -> pd.DataFrame:
    """Held-out scores of a rung that `rungs` names, by scope.

    Columns as of `calibration.variants.quick_gains`, `rung`, and `auc`: the area under the curve at the first renewal,
    fitted to what came before that year; NaN where only other states are held out, or there is no renewal.
    """
    changed, learn = case, name != PRIORS
    groups: list[tuple[str, ...]] = [(state,) for state in case.deciders]
    if name == FROZEN:
        changed = frozen(case)
    elif name == BARE:
        changed = case.varied(events=())
    elif name == REGIONS:
        groups = list(regions(case).values())
    elif name.startswith(WITHOUT):
        groups = [(s,) for s in case.deciders if s != name.removeprefix(WITHOUT)]
    for sd in WIDTHS:
        if name == _width(sd):
            changed = around_zero(case, sd)
    scores = quick_scores(changed, seed=seed, proposals=proposals, groups=groups, learn=learn)
    auc = np.nan
    if changed is not case or name == WHOLE:
        split = renewal_scores(changed, seed=seed, proposals=proposals, baselines=False)
        auc = float(split.loc[split["state"] == ALL, "auc"].iloc[0]) if len(split) else np.nan
    return quick_gains(scores).assign(rung=name, auc=auc)


def bootstrap(differences: Floats, seed: int) -> Floats:
    """Sums of differences over states, shape (n,), that are drawn anew with replacement: shape (SAMPLES,), in nats."""
    rng = np.random.default_rng(np.random.SeedSequence((seed, len(differences))))
    taken = rng.integers(0, len(differences), (SAMPLES, len(differences)))
    return np.asarray(differences[taken].sum(axis=1))


def intervals(scores: pd.DataFrame, who: str, rivals: Sequence[str], seed: int) -> pd.DataFrame:
    """Gains of one contender over others, with 90 % intervals by a bootstrap over states.

    Columns: scope, score (joint, monthly), over, gain, low, high, share (of samples in which there is no gain).
    """
    single = scores[scores["state"] != ALL]
    rows = []
    for scope, part in single.groupby("scope", sort=False):
        for column, label in (("log_score", "joint"), ("monthly", "monthly")):
            wide = part.pivot(index="state", columns="who", values=column)
            for rival in rivals:
                d = (wide[who] - wide[rival]).to_numpy()
                drawn = bootstrap(d, seed)
                low, high = np.quantile(drawn, INTERVAL)
                share = float((drawn <= 0).mean())
                rows.append((scope, label, rival, float(d.sum()), low, high, share))
    names = ["scope", "score", "over", "gain", "low", "high", "share"]
    return pd.DataFrame(rows, columns=names)
