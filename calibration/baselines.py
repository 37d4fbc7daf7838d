"""What knows no mechanism: constant hazards, a renewal step, all structural steps, and nobody moves.

A baseline gives every row of the risk set a probability from counts in cells, ``(done + 0.5) / (rows + 0.5 / pooled)``,
where ``pooled`` is the rate of the same kind of choice over all clubs. So a cell without a row says what all clubs say
together, and one with many rows what it counted (docs/decisions/0100-an-empty-cell-is-no-coin.md). What differs
between baselines is the cells. All see the same rows as the model, so a club that is closed is a risk for nobody.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Bools, Floats
from tashkent.calibration.forecasters import CONSTANT, RENEWAL_STEP, STEPS
from tashkent.calibration.riskset import CHOICES, RiskSet, risk_set
from tashkent.model.case import Case
from tashkent.model.compilation import compile_case
from tashkent.model.draws import sequences, stream, uniform
from tashkent.model.parameters import ParameterDraws
from tashkent.model.record import Ensemble
from tashkent.model.statuses import Status, is_in

Cells = Callable[[RiskSet], NDArray[np.intp]]
#: what a cell is thought to have seen before it is counted: half an act
HALF = 0.5
_ACCEDE, _RENEW = CHOICES.index("accede"), CHOICES.index("renew")


def constant_hazards(rows: RiskSet) -> NDArray[np.intp]:
    """One rate of accession and one of exit for each club; a renewal counts as a month like others."""
    out = (rows.choice != _ACCEDE).astype(np.intp)
    return np.asarray(rows.club * 2 + out)


def renewal_step(rows: RiskSet) -> NDArray[np.intp]:
    """Constant hazards, and a rate of its own for renewals.

    Shape (rows,).
    """
    return rows.club * 3 + rows.choice


def structural_steps(rows: RiskSet) -> NDArray[np.intp]:
    """A renewal step, and steps for founding days and opening windows.

    Shape (rows,).
    """
    return rows.club * len(CHOICES) * 3 + _phase(rows)


def _phase(rows: RiskSet) -> NDArray[np.intp]:
    """Kind of choice, and for accession whether it is a founding or falls into an opening window; shape (rows,)."""
    step = np.where(rows.founding, 2, np.where(rows.window, 1, 0))
    return np.asarray(rows.choice * 3 + np.where(rows.choice == _ACCEDE, step, 0))


BASELINES: Mapping[str, Cells] = {
    CONSTANT: constant_hazards,
    RENEWAL_STEP: renewal_step,
    STEPS: structural_steps,
}


def predict(cells: Cells, train: RiskSet, test: RiskSet) -> Floats:
    """Probability that the state of each test row does what its row offers, from rates in the training rows; (rows,).

    With n rows in a cell, d of them done, and r the pooled rate of the test row (`pooled_rates`):
    ``(d + 0.5) / (n + 0.5 / r)``. For cells that mix renewals with exits, the rate is that of leaving.
    """
    where, asked = cells(train), cells(test)
    size = int(max(where.max(initial=0), asked.max(initial=0))) + 1
    mixes = cells is constant_hazards
    event = _leaves(train) if mixes else train.done
    done, rows = (
        np.bincount(at, minlength=size)[asked].astype(float) for at in (where[event], where)
    )
    p = (done + HALF) / (rows + HALF / pooled_rates(cells, train, test))
    return np.where(test.choice == _RENEW, 1.0 - p, p) if mixes else p


def pooled_rates(cells: Cells, train: RiskSet, test: RiskSet) -> Floats:
    """The rate over all clubs towards which the cell of each test row is shrunk, from the training rows; (rows,).

    It is ``(done + 0.5) / (rows + 1)`` over the rows of the same kind of choice, and for cells that tell them apart of
    the same phase (an opening window, a founding). Founding months are pooled with each other alone: where cells do
    not tell them apart they are left out. What no training row is like takes the rate of all months that are no
    founding; a renewal, to sign or not on one day, takes one half.
    """
    mixes = cells is constant_hazards
    event = _leaves(train) if mixes else train.done
    kind, asked = ((rows.choice != _ACCEDE) if mixes else rows.choice for rows in (train, test))
    plain = ~(train.founding & (train.choice == _ACCEDE))
    monthly = plain & (mixes | (train.choice != _RENEW))
    rates = np.full(len(test), _rate(event, monthly))
    if not mixes:
        rates[test.choice == _RENEW] = 0.5
    for one in np.unique(kind):
        rates[asked == one] = _rate(event, (kind == one) & plain)
    if cells is structural_steps:
        mine, theirs = (_phase(rows) for rows in (train, test))
        for phase in np.unique(mine):
            rates[theirs == phase] = _rate(event, mine == phase)
    return rates


def _rate(event: Bools, among: Bools) -> float:
    """Rate of an event among some rows, half an act added to each side."""
    return float(((event & among).sum() + HALF) / (among.sum() + 1.0))


def _leaves(rows: RiskSet) -> Bools:
    """Doing it means leaving, but for a renewal: there not doing it does."""
    return np.where(rows.choice == _RENEW, ~rows.done, rows.done)


def log_scores(p: Floats, rows: RiskSet) -> Floats:
    """Log probability, in nats, of what each row's state did; `p` is that it does it, both of shape (rows,)."""
    return np.log(np.where(rows.done, p, 1.0 - p))


def p_in(case: Case, cells: Cells | None, start: int) -> Floats:
    """Probability of being in under a baseline's rates, from the record at `start`; shape (T, S, C).

    Rates come from the rows up to the fit's last month, and no state's chance depends on another's, so the
    probability follows month by month without simulation: ``p[t] = p[t-1] * stay[t] + (1 - p[t-1]) * accede[t]``.
    None for `cells` is "nobody moves". Delays of the law between a note and its effect are left out, as no rate
    depends on them.
    """
    inputs = compile_case(case)
    origin = start - case.start
    seats = is_in(inputs.record.status[origin:])
    p = np.repeat(seats[:1].astype(float), len(seats), axis=0)
    p[:, ~inputs.decides] = seats[:, ~inputs.decides]
    if cells is None:
        return p
    rows = risk_set(case)
    train = rows.where(rows.month <= case.fit_until - case.start)
    accede, leave = (_chances(case, cells, train, choice) for choice in ("accede", "leave"))
    for t in range(1, len(p)):
        moved = p[t - 1] * (1 - leave[origin + t]) + (1 - p[t - 1]) * accede[origin + t]
        p[t] = np.where(inputs.decides[:, None], moved, p[t])
    return p


def runs_of(case: Case, cells: Cells, *, runs: int, seed: int, start: int) -> Ensemble:
    """Runs under a baseline's rates, from the record at `start`: status is member or left, and the log is empty.

    Rates as in `p_in`. The draws of a state and club are a stream of their own, as the model's are.
    """
    inputs = compile_case(case)
    origin, months = start - case.start, len(case.months)
    record = inputs.record.status[origin:]
    seats = np.repeat(is_in(record)[None], runs, axis=0)
    rows = risk_set(case)
    train = rows.where(rows.month <= case.fit_until - case.start)
    accede, leave = (_chances(case, cells, train, choice) for choice in ("accede", "leave"))
    for s in np.flatnonzero(inputs.decides):
        for c, club in enumerate(case.clubs):
            key = stream(seed, case.state_ids[s], club, "baseline")
            u = uniform(sequences(key, np.arange(runs))[:, None], np.array(case.months))
            for t in range(1, months - origin):
                now, m = seats[:, t - 1, s, c], origin + t
                chance = np.where(now, leave[m, s, c], accede[m, s, c])
                seats[:, t, s, c] = now ^ (u[:, m] < chance)
    status = np.where(seats, Status.MEMBER, Status.LEFT).astype(np.int8)
    return Ensemble(case, seed, 0, start, status, (), ParameterDraws.from_mapping({}))


def _chances(case: Case, cells: Cells, train: RiskSet, choice: str) -> Floats:
    """What a baseline thinks of a move in every month, state and club, whoever is in: shape (T, S, C)."""
    inputs = compile_case(case)
    month, state, club = (axis.ravel() for axis in np.indices(inputs.record.status.shape))
    renewal = np.array([[r.renewal_due for r in rules] for rules in inputs.rules])[month, club]
    if choice == "accede":
        hears = np.array([[r.hears_petitions for r in rules] for rules in inputs.rules])
        kind = np.full(len(month), _ACCEDE)
        possible = inputs.open_to[month, state, club] & hears[month, club]
    else:
        kind = np.where(renewal, _RENEW, CHOICES.index("exit"))
        party = np.array([[r.withdrawal is not None for r in rules] for rules in inputs.rules])
        possible = party[month, club] | renewal
    founding, window = inputs.founding[month, club], inputs.window[month, club]
    rows = RiskSet(month, state, club, kind, np.zeros(len(month), bool), founding, window)
    chance = predict(cells, train, rows)
    moves = np.where(kind == _RENEW, 1.0 - chance, chance)
    return np.where(possible, moves, 0.0).reshape(inputs.record.status.shape)


# what a single column or a single rule makes of it ---------------------------------------------------


def rival_members(case: Case, rows: RiskSet) -> Bools:
    """Whether the state of each row was, the month before, in a club that its members founded against the patron's.

    That is one whose sponsor is another state's role than the patron and that has founding days; a partnership
    to which states are invited one by one is none.

    Shape (rows,).
    """
    inputs = compile_case(case)
    rival = [
        bool(club.foundings) and club.sponsor not in ("patron", "none")
        for club in case.clubs.values()
    ]
    seats = is_in(inputs.record.status)[rows.month - 1, rows.state]
    return np.asarray(seats[:, rival].any(axis=1))


def flagged(case: Case, rows: RiskSet, flag: Bools) -> NDArray[np.intp]:
    """The structural steps, with cells of their own for choices in the patron's clubs where a flag is up.

    `flag` has shape (rows,), and so has the result.
    """
    led = compile_case(case).situation.clubs.patron_led[rows.club]
    return np.asarray(structural_steps(rows) * 2 + (flag & led))


def kinds(rows: RiskSet) -> NDArray[np.intp]:
    """One rate for each kind of choice, whatever the club.

    Shape (rows,).
    """
    return np.asarray(rows.choice, np.intp)


#: from coarse to fine: what a cell that the training rows do not know falls back on
CHAIN: tuple[Cells, ...] = (kinds, renewal_step, structural_steps)


def backed_off(
    train: RiskSet, test: RiskSet, finest: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None
) -> Floats:
    """The structural steps, but a cell that no training row is in takes the rate of the coarser cell around it.

    From the pooled rates down; otherwise ``(done + 0.5) / (rows + 1)``: a cell with few rows is taken at its word.
    `finest` adds cells of its own below the steps, of training and of test rows. Probabilities of the test rows,
    shape (rows,).
    """
    chain = [(cells(train), cells(test)) for cells in CHAIN]
    if finest is not None:
        chain.append(finest)
    mine, theirs = (pooled_rates(kinds, train, rows) for rows in (train, test))
    for where, cells in chain:
        size = int(max(where.max(), cells.max())) + 1
        rows, done = (
            np.bincount(where, minlength=size),
            np.bincount(where[train.done], minlength=size),
        )
        above = np.full(size, HALF)
        above[where], above[cells] = mine, theirs
        rate = np.where(rows > 0, (done + HALF) / (rows + 1.0), above)
        mine, theirs = rate[where], rate[cells]
    return theirs


def predict_members(case: Case, train: RiskSet, test: RiskSet) -> Floats:
    """Rates of the structural steps apart for members of a rival club: "who is in the other club leaves".

    Probabilities, shape (rows of `test`,).
    """
    finest = [flagged(case, rows, rival_members(case, rows)) for rows in (train, test)]
    return backed_off(train, test, (finest[0], finest[1]))


def predict_threshold(case: Case, train: RiskSet, test: RiskSet) -> Floats:
    """Rates of the structural steps apart for states whose tie to the patron exceeds a threshold fitted in training.

    Probabilities, shape (rows of `test`,).
    """
    tie = compile_case(case).situation.patron_tie
    mine, theirs = (tie[rows.month, rows.state] for rows in (train, test))
    best, found = -np.inf, np.zeros(len(test))
    for cut in np.quantile(mine, np.linspace(0.05, 0.95, 19)):
        where = flagged(case, train, mine > cut)
        score = log_scores(backed_off(train, train, (where, where)), train).sum()
        if score > best:
            best = score
            found = backed_off(train, test, (where, flagged(case, test, theirs > cut)))
    return found
