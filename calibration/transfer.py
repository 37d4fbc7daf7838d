"""Does the theory travel? The terms fitted on a panel of pacts, asked of a pact that was left out, and of a case.

What the panel says of a weight is told as mean and standard deviation for a pact that was not seen, so the spread
between pacts is in it. As a prior of a case it is put into the units of the case: a tie by how many units of the world
a unit of the case's composite is worth among its states in the years of fit, entrapment also by how far the focal club
reaches. Weights that the panel cannot see keep the prior that they have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration import panel_terms
from tashkent.calibration.contests import ALL, error_of_sum
from tashkent.calibration.frictions import frictions_alone
from tashkent.calibration.hierarchy import Group, Prior, Shared, shared
from tashkent.calibration.ladder import around_zero
from tashkent.calibration.panel import Pact, pacts
from tashkent.calibration.panel_terms import TERMS, Patron, Units
from tashkent.calibration.refit import log_mean_exp
from tashkent.calibration.variants import quick_scores
from tashkent.model.case import Case
from tashkent.model.case.tables import TIE
from tashkent.model.clock import MONTHS_PER_YEAR
from tashkent.model.compilation import compile_case
from tashkent.model.errors import InputError
from tashkent.model.evidence import world
from tashkent.model.evidence.measuring import LAG
from tashkent.model.plain import plain_rows
from tashkent.model.workers import Progress

#: frictions of the panel: acceding in a month; taken off once per log of one plus the years since it was open; leaving
FRICTIONS = ("accede", "opening", "exit")
#: priors of what the pacts share: nothing is said of the sign of a weight
WEIGHT_SD = 1.0
FRICTION_MEANS, FRICTION_SDS = (-6.0, 1.0, -7.0), (2.0, 1.0, 2.0)
#: draws of the parameters of a pact that was left out, and how many are scored together
DRAWS, PART = 1000, 100
#: who is asked of a case
JUDGED = "judged priors"
PANEL = "priors from the panel"
FOUNDER = "priors from the panel, patron: the most capable founder"
PANEL_ALONE = "priors from the panel, N(0, 1) for weights that it cannot see"
NONE = "N(0, 1) for every weight"
BARE = "frictions alone"
ASKED = (JUDGED, PANEL, FOUNDER, PANEL_ALONE, NONE, BARE)
#: who is taken for the patron of a pact: first as a rule, then as an alternative
PATRONS: tuple[Patron, Patron] = ("most capable member", "most capable founder")
#: composites of a case that have a like in the panel, and the term that each enters
OF_CASE = {f"{TIE}patron": "patronage", "autonomy": "entrapment"}


@dataclass(frozen=True, eq=False)
class Choices:
    """The choices of a pact one by one."""

    name: str
    #: features, shape (rows, P)
    x: Floats
    #: it was made; it is one of acceding; both of shape (rows,)
    done: Bools
    joins: Bools
    #: month and state, shape (rows,)
    month: "np.ndarray"
    state: "np.ndarray"

    def group(self, *, terms: bool = True) -> Group:
        """The distinct choices, or as they are without terms."""
        kept = self.x * np.array([terms or name not in TERMS for name in (*TERMS, *FRICTIONS)])
        return Group.of(self.name, kept, self.done)


@dataclass(frozen=True, eq=False)
class Panel:
    """The panel's choices by pact, distinct ones with their numbers and one by one, and its units."""

    groups: tuple[Group, ...]
    choices: tuple["Choices", ...]
    units: Units
    prior: Prior


@cache
def assembled(which: Patron = "most capable member") -> Panel:
    """The panel as groups of choices, a pact a group."""
    panel = pacts()
    raw = [panel_terms.raw_parts(pact, which) for pact in panel]
    units = panel_terms.units(panel, raw)
    elsewhere = panel_terms.seats_elsewhere(panel, raw)
    choices = [
        _choices(pact, own.patron, panel_terms.terms(pact, own, units, seats))
        for pact, own, seats in zip(panel, raw, elsewhere, strict=True)
    ]
    weights = np.array([name in TERMS for name in (*TERMS, *FRICTIONS)])
    prior = Prior(
        (*TERMS, *FRICTIONS),
        np.array([0.0] * len(TERMS) + list(FRICTION_MEANS)),
        np.array([WEIGHT_SD] * len(TERMS) + list(FRICTION_SDS)),
        weights,
    )
    return Panel(tuple(one.group() for one in choices), tuple(choices), units, prior)


def _choices(pact: Pact, patron: "np.ndarray", x: Floats) -> Choices:
    """The choices of a pact; the first month is given. `patron` has shape (years,), `x` (T, S, terms)."""
    led = np.zeros(pact.inside.shape, bool)
    led[np.arange(len(led)), patron[pact.year_of]] = True
    before = np.vstack([pact.inside[:1], pact.inside[:-1]])
    later = np.arange(len(led))[:, None] > 0
    joins, leaves = pact.open_to & ~led & later, before & ~led & later
    n, m = int(joins.sum()), int(leaves.sum())
    opening = -np.log1p(pact.waited[joins] // MONTHS_PER_YEAR)
    features = [
        np.column_stack([x[joins], np.ones(n), opening, np.zeros(n)]),
        np.column_stack([-x[leaves], np.zeros((m, 2)), np.ones(m)]),
    ]
    month, state = np.concatenate([np.nonzero(joins), np.nonzero(leaves)], axis=1)
    return Choices(
        pact.name,
        np.vstack(features),
        np.concatenate([pact.acceded[joins], pact.left[leaves]]),
        np.arange(n + m) < n,
        month,
        state,
    )


# pacts that were left out ----------------------------------------------------------------------------


def left_out(panel: Panel, *, seed: int = 0, progress: Progress | None = None) -> pd.DataFrame:
    """Every pact with an act, asked of a fit to the others: log scores and how high those who acted stood.

    Columns: pact, choices, acceded, left, terms (log score in nats with the terms), frictions (without), counted (two
    rates counted in the others), gain (terms over frictions), rank_acceded and rank_left (mean share of those at risk
    in the month that were thought less likely, ties half; one half by chance; empty where there are none).
    """
    rows = []
    bare = [one.group(terms=False) for one in panel.choices]
    for i, own in enumerate(panel.choices):
        if progress is not None:
            progress(i, len(panel.choices))
        if not own.done.any():
            continue
        others = [one for one in panel.choices if one is not own]
        found = shared([g for j, g in enumerate(panel.groups) if j != i], panel.prior)
        plain = shared([g for j, g in enumerate(bare) if j != i], panel.prior)
        terms = _score(panel.groups[i], found, (seed, i))
        frictions = _score(bare[i], plain, (seed, i))
        ranks = _ranks(own, found.mean)
        rows.append(
            {
                "pact": own.name,
                "choices": len(own.done),
                "acceded": int(own.done[own.joins].sum()),
                "left": int(own.done[~own.joins].sum()),
                "terms": terms,
                "frictions": frictions,
                "counted": _counted(own, others),
                "gain": terms - frictions,
                "rank_acceded": ranks[True],
                "rank_left": ranks[False],
            }
        )
    return pd.DataFrame(rows)


def _counted(own: Choices, others: Sequence[Choices]) -> float:
    """Log score of a pact by two rates, of acceding and of leaving, counted in the others."""
    total = 0.0
    for kind in (True, False):
        done = np.concatenate([one.done[one.joins == kind] for one in others])
        rate, here = (done.sum() + 0.5) / (len(done) + 1.0), own.done[own.joins == kind]
        total += float(here.sum() * np.log(rate) + (~here).sum() * np.log1p(-rate))
    return total


def _score(group: Group, found: Shared, seed: Sequence[int]) -> float:
    """Log of the mean over draws of a new pact's parameters of the chance of all that was done."""
    draws = found.draws(DRAWS, seed)
    parts = np.array_split(draws, DRAWS // PART, axis=1)
    return log_mean_exp(np.concatenate([group.log_likelihood(part) for part in parts]))


def _ranks(own: Choices, mean: Floats) -> dict[bool, float]:
    """Mean share of those at risk in the month that were thought less likely than who acted, by kind of act."""
    found: dict[bool, list[float]] = {True: [], False: []}
    chance = own.x[:, : len(TERMS)] @ mean[: len(TERMS)]
    for row in np.flatnonzero(own.done):
        same = (own.month == own.month[row]) & (own.joins == own.joins[row]) & ~own.done
        if same.any():
            beside = chance[same]
            share = (beside < chance[row]).mean() + (beside == chance[row]).mean() / 2
            found[bool(own.joins[row])].append(float(share))
    return {kind: float(np.mean(values)) if values else np.nan for kind, values in found.items()}


# a case under priors from the panel ------------------------------------------------------------------


def slopes(case: Case, units: Units) -> dict[str, float]:
    """How many of the world's units one unit of a case's composite is worth, by the term that it enters.

    The slope of the world's composite on the case's own, over its deciders and years of fit.
    """
    own = pd.DataFrame([row.model_dump() for row in case.composites])
    own = own[own["year"] <= case.fit_until // MONTHS_PER_YEAR]
    found = panel_terms.measured()
    lead = found.states.index(case.patron)
    values: dict[str, list[tuple[float, float]]] = {term: [] for term in OF_CASE.values()}
    for variable, term in OF_CASE.items():
        for row in own[own["variable"] == variable].itertuples():
            at = found.states.index(row.state) if row.state in found.states else None
            if at is not None:
                values[term].append(
                    (row.value, _in_the_world(term, row.year - LAG, at, lead, units))
                )
    slope = {}
    for term, pairs in values.items():
        case_units, world_units = np.array(pairs).T
        slope[term] = float(np.cov(case_units, world_units)[0, 1] / np.var(case_units, ddof=1))
    return slope


def factors(case: Case, units: Units) -> dict[str, float]:
    """How many units of the panel one unit of a case's term is worth, by term of the panel.

    Ties and autonomy by `slopes`. Rivalry by its unit; other threats are counted in their own spread in both.
    Entrapment: per instrument of the focal club's mean reach.
    """
    slope = slopes(case, units)
    inputs = compile_case(case)
    c = tuple(case.clubs).index(case.focus)
    reach = inputs.situation.reach[: case.fit_until - case.start + 1, c]
    rivalry = case.fixed("rivalry_unit") / units.sd["rivals"]
    return {
        "patronage": slope["patronage"],
        "threat": 1.0,
        "partisan_patron": rivalry,
        "coercion": 1.0,
        "entrapment": slope["entrapment"] / max(float(reach.mean()), 1.0),
        "contagion": 1.0,
    }


def _in_the_world(term: str, year: int, state: int, patron: int, units: Units) -> float:
    """A composite of the panel for one state and year."""
    found = panel_terms.measured()
    y = min(max(year - world.FIRST_YEAR, 0), len(panel_terms.YEARS) - 1)
    if term == "entrapment":
        return float(units.of("autonomy", found.autonomy[y, state]))
    votes = panel_terms.votes_towards(y, state, patron)
    parts = {
        "trade": found.trade[y, state, patron],
        "arms": found.arms[y, state, patron],
        "votes": votes,
    }
    return float(np.mean([units.of(name, np.asarray(value)) for name, value in parts.items()]))


def panel_prior(case: Case, found: Shared, units: Units, *, blank: bool = False) -> Case:
    """The case with priors from the panel for weights that it can see; the others keep theirs, or N(0, 1) if `blank`.

    Of a promise of which nothing was seen the panel sees half of what protection adds less half of what abandonment
    takes, so protection has twice that and what abandonment's own prior says.
    """
    scale, taken = factors(case, units), {}
    mean = dict(zip(found.prior.names, found.mean, strict=True))
    sd = dict(zip(found.prior.names, found.new, strict=True))
    weights = case.role("weight")
    for term in TERMS:
        taken[term] = (mean[term] * scale[term], sd[term] * scale[term])
    if "protection" in weights:
        other = weights.get("abandonment")
        add, more = (other.mean, other.sd or 0.0) if other is not None else (0.0, 0.0)
        if other is not None and blank:
            add, more = 0.0, WEIGHT_SD
        low, wide = taken.pop("threat")
        taken["protection"] = (2 * low + add, float(np.hypot(2 * wide, more)))
    new = {}
    for name, parameter in case.parameters.items():
        if parameter.role == "weight" and parameter.fitted:
            if name in taken:
                parameter = parameter.model_copy(
                    update={"mean": taken[name][0], "sd": taken[name][1]}
                )
            elif blank:
                parameter = parameter.model_copy(update={"mean": 0.0, "sd": WEIGHT_SD})
        new[name] = parameter
    return case.varied(parameters=new)


def cases_under(
    case: Case, fits: Mapping[Patron, Shared], units: Mapping[Patron, Units]
) -> dict[str, Case]:
    """The case under each of the priors that are compared, by `ASKED`."""
    member, founder = PATRONS
    return {
        JUDGED: case,
        PANEL: panel_prior(case, fits[member], units[member]),
        FOUNDER: panel_prior(case, fits[founder], units[founder]),
        PANEL_ALONE: panel_prior(case, fits[member], units[member], blank=True),
        NONE: around_zero(case, WEIGHT_SD),
        BARE: frictions_alone(case),
    }


def case_scores(cases: Mapping[str, Case], *, seed: int = 0, proposals: int = 0) -> pd.DataFrame:
    """Held-out log scores of a case under several priors, each state from the others, and beside the first of them.

    Once with what the other states did, once from the priors alone. Columns: prior, learnt (1 if from the others),
    scope, score (joint or monthly), value (in nats), over (value less that of the first prior), se (of this difference:
    over states).
    """
    rows = []
    for learn in (True, False):
        first: pd.DataFrame | None = None
        for name, case in cases.items():
            found = quick_scores(case, seed=seed, proposals=proposals, learn=learn)
            found = found[found["state"] != ALL].set_index(["scope", "state"])
            first = found if first is None else first
            for scope in found.index.get_level_values("scope").unique():
                for column, score in (("log_score", "joint"), ("monthly", "monthly")):
                    mine, theirs = (t.loc[scope, column] for t in (found, first))
                    d = mine - theirs
                    rows.append(
                        (
                            name,
                            int(learn),
                            scope,
                            score,
                            float(mine.sum()),
                            float(d.sum()),
                            error_of_sum(d),
                        )
                    )
    return pd.DataFrame(rows, columns=["prior", "learnt", "scope", "score", "value", "over", "se"])


def weights_table(cases: Mapping[str, Case], fits: Mapping[Patron, Shared]) -> pd.DataFrame:
    """What the panel says of each weight and friction, in its own units, and the priors of the case that come of it.

    Columns: term, mean, sd (of what the pacts share), spread (between pacts), founder (mean with the other patron),
    judged, judged_sd, panel, panel_sd (priors of the case; empty where it has none).
    """
    found, other = (fits[which] for which in PATRONS)
    rows = []
    for i, name in enumerate(found.prior.names):
        own = "protection" if name == "threat" else name
        judged, new = (
            cases[who].parameters.get(own) if name in TERMS else None for who in (JUDGED, PANEL)
        )
        rows.append(
            {
                "term": name,
                "mean": found.mean[i],
                "sd": found.sd[i],
                "spread": found.tau[i],
                "founder": other.mean[i],
                "judged": judged.mean if judged else np.nan,
                "judged_sd": judged.sd if judged else np.nan,
                "panel": new.mean if new else np.nan,
                "panel_sd": new.sd if new else np.nan,
            }
        )
    return pd.DataFrame(rows)


# all of it -------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Transfer:
    """What the panel says, of itself and of a case."""

    case: Case
    seed: int
    #: `weights_table`, `left_out` (empty if it was not asked), `case_scores`, and one row a pact (`pacts_table`)
    weights: pd.DataFrame
    pacts: pd.DataFrame
    left_out: pd.DataFrame
    scores: pd.DataFrame

    def as_json(self) -> dict[str, object]:
        """The tables as plain values."""
        tables = {name: getattr(self, name) for name in ("weights", "pacts", "left_out", "scores")}
        rows = {name: plain_rows(table) for name, table in tables.items()}
        return {"case": self.case.id, "case_hash": self.case.hash, "seed": self.seed, **rows}


def pacts_table(panel: Panel) -> pd.DataFrame:
    """Each pact and how much there is to see in it: pact, choices, acceded, left."""
    return pd.DataFrame(
        [
            (
                one.name,
                len(one.done),
                int(one.done[one.joins].sum()),
                int(one.done[~one.joins].sum()),
            )
            for one in panel.choices
        ],
        columns=["pact", "choices", "acceded", "left"],
    )


def transfer(
    case: Case, *, seed: int = 0, each: bool = True, progress: Progress | None = None
) -> Transfer:
    """Fit the panel, leave pacts out one by one if `each`, and score the case under priors from it.

    Raises
    ------
    InputError
        If the states of the case are not those of the world's tables, or it lacks a tie that tells them apart.
    """
    check_case(case)
    told = progress or (lambda done, of: None)
    panels = {which: assembled(which) for which in PATRONS}
    fits = {which: shared(panel.groups, panel.prior) for which, panel in panels.items()}
    cases = cases_under(case, fits, {which: panel.units for which, panel in panels.items()})
    first = panels[PATRONS[0]]
    return Transfer(
        case,
        seed,
        weights=weights_table(cases, fits),
        pacts=pacts_table(first),
        left_out=left_out(first, seed=seed, progress=told) if each else pd.DataFrame(),
        scores=case_scores(cases, seed=seed),
    )


def check_case(case: Case) -> None:
    """Refuse a case whose ties cannot be put beside those of the panel.

    Raises
    ------
    InputError
        If its patron, or fewer than two of its deciders, are states of the world's tables, or all ties are alike.
    """
    known = world.known_states()
    if case.patron not in known:
        allowed = "a case whose patron is a state of the world's tables (docs/world.md)"
        raise InputError(case.id, "patron", case.patron, allowed)
    real = [state for state in case.deciders if state in known]
    if len(real) < 2:
        raise InputError(
            case.id, "states", ", ".join(case.deciders), "two states of the world's tables"
        )
    for variable in OF_CASE:
        values = {
            row.value for row in case.composites if row.variable == variable and row.state in real
        }
        if len(values) < 2:
            raise InputError(
                case.id, variable, "the same for all", "a composite that differs between states"
            )
