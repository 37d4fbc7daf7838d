"""Decisions taken apart: what each act open to a state in a month had for it and against it, over parameter draws.

The state stands where the record stood at the end of the month before. Terms and frictions of an act add up to the
log-odds that the engine would use, draw by draw.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tashkent.agents import council, deliberation, perception
from tashkent.agents.acts import ACTS
from tashkent.agents.situation import Floats
from tashkent.model.case import Case
from tashkent.model.choices import log_odds_row, open_acts, record_standing, statuses_before
from tashkent.model.clock import month_label, month_of
from tashkent.model.compilation import compile_case
from tashkent.model.errors import unknown
from tashkent.model.inputs import Call, CaseInputs
from tashkent.model.noise import Noise
from tashkent.model.parameters import ParameterDraws
from tashkent.model.petitions import Petition
from tashkent.model.plain import notebook_html
from tashkent.model.requests import help_features, help_refused
from tashkent.model.statuses import BOUND, TAKES_PART, UNPAID, Act, Status, is_in
from tashkent.model.turns import Turn, turn_of
from tashkent.model.world import World, world_from_record

LOW, HIGH = 5, 95


def median(values: Floats) -> float:
    """Median over draws; `values` has shape (draws,)."""
    return float(np.median(values))


def interval(values: Floats) -> tuple[float, float]:
    """90 per cent interval over draws; `values` has shape (draws,)."""
    low, high = np.percentile(values, [LOW, HIGH])
    return float(low), float(high)


@dataclass(frozen=True)
class Part:
    """One term or friction of an act, or one reason of the patron: its weight times its feature, for every draw."""

    name: str
    #: "term", "friction" or, of the patron's answer to a request, "reason"
    kind: str
    #: log-odds that it adds, shape (draws,)
    values: Floats

    def __repr__(self) -> str:
        """A line: the median over draws, and nine tenths of them."""
        low, high = self.interval
        return f"<Part {self.name}: {self.median:+.2f} ({low:+.2f} to {high:+.2f})>"

    @property
    def median(self) -> float:
        """Median over draws."""
        return median(self.values)

    @property
    def interval(self) -> tuple[float, float]:
        """90 per cent interval over draws."""
        return interval(self.values)


@dataclass(frozen=True)
class ActExplained:
    """An act open to a state in a club and month."""

    club: str
    club_name: str
    act: str
    #: the statute that allows it, what it says in plain words, and where that is taken from
    rule: str
    law: str
    source: str
    parts: tuple[Part, ...]
    #: member -> probability that it would object, where the rule asks members
    objectors: Mapping[str, float]
    #: the record shows this act in this month
    done: bool

    def __repr__(self) -> str:
        """A line: the act and its chance in the month."""
        low, high = interval(self.probability)
        chance = f"{median(self.probability):.1%} ({low:.1%} to {high:.1%})"
        return f"<ActExplained {self.act} {self.club}: {chance}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the parts of the log-odds, the weightiest first."""
        return notebook_html(self, self.table())

    def table(self) -> pd.DataFrame:
        """The parts of the log-odds, the weightiest first: part, kind, median, low, high (90 per cent of draws)."""
        rows = [(p.name, p.kind, p.median, *p.interval) for p in self.parts]
        rows.sort(key=lambda row: -abs(row[2]))
        return pd.DataFrame(rows, columns=["part", "kind", "median", "low", "high"])

    @property
    def worth(self) -> tuple[Part, ...]:
        """The terms of the seat: above zero speaks for being in, whatever the act."""
        sign = ACTS[self.act].sign
        return tuple(
            Part(part.name, part.kind, sign * part.values)
            for part in self.parts
            if part.kind == "term"
        )

    @property
    def total(self) -> Part:
        """The worth of the seat, all terms together."""
        total = sum((part.values for part in self.worth), np.zeros_like(self.parts[0].values))
        return Part("worth", "term", np.asarray(total))

    @property
    def log_odds(self) -> Floats:
        """The sum of the parts, shape (draws,)."""
        total = np.zeros_like(self.parts[0].values)
        for part in self.parts:
            total = total + part.values
        return total

    @property
    def probability(self) -> Floats:
        """The chance of the act in this month, shape (draws,)."""
        return deliberation.probability(self.log_odds)


@dataclass(frozen=True)
class CallExplained:
    """A need of the state in a month, and what the members of one of its clubs would answer."""

    club: str
    club_name: str
    #: external, incursion or stability, and the state of the case that attacks, by its name, if one does
    kind: str
    against: str
    asked: bool
    #: the statute that covers it, by its id, if one does
    rule: str
    #: the chance that help comes, shape (draws,)
    chance: Floats
    #: member -> the mean chance that it would object, where members are asked
    objectors: Mapping[str, float]
    #: what adds up to the patron's log-odds of objecting, if it is asked
    patron: tuple[Part, ...]
    #: help came, by the record
    met: bool


@dataclass(frozen=True)
class Sight:
    """How a threat looked to the state."""

    threat: str
    label: str
    #: as felt, in [0, 3], and what own means leave of it
    felt: float
    exposure: float
    #: belief that help against it would come, in (0, 1)
    credibility: float
    #: others than the patron offer help against it
    offer: bool


@dataclass(frozen=True)
class Explanation:
    """Every act open to a state in a month, and since when its seats have been worth what they are."""

    #: by code and by name
    state: str
    name: str
    month: str
    #: club -> status at the end of the month before
    status: Mapping[str, str]
    #: club -> whether it took part in law, and how far it would by the worth of its seat where a rule of participation
    #: is in force, from 0 to 1, shape (draws,)
    takes_part: Mapping[str, bool]
    participation: Mapping[str, Floats]
    #: clubs under whose sanction it was, by their codes
    sanctioned: tuple[str, ...]
    #: the threats that it felt
    saw: tuple[Sight, ...]
    #: club -> instruments of the club that the state had yet to join, where there were any
    owed: Mapping[str, int]
    acts: tuple[ActExplained, ...]
    #: its needs of the month, in each club that promises help or whose rules cover them
    calls: tuple[CallExplained, ...]
    turns: tuple[Turn, ...]
    #: what the record shows in this month: (club, act, actor)
    record: tuple[tuple[str, str, str], ...]

    def __repr__(self) -> str:
        """A line: who, when, and how many acts were open."""
        return f"<Explanation {self.state}, {self.month}: {len(self.acts)} acts open>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the acts that were open, with their chances."""
        return notebook_html(self, self.table(), digits=4)

    def table(self) -> pd.DataFrame:
        """The acts that were open: club, act, rule, chance in the month (median, low, high of 90 per cent), done."""
        rows = [
            (a.club, a.act, a.rule, median(a.probability), *interval(a.probability), int(a.done))
            for a in self.acts
        ]
        return pd.DataFrame(rows, columns=["club", "act", "rule", "chance", "low", "high", "done"])

    def of(self, club: str, act: str) -> ActExplained:
        """One of the acts that were open.

        Raises
        ------
        InputError
            If the law did not leave it open in this month.
        """
        for found in self.acts:
            if (found.club, found.act) == (club, act):
                return found
        known = [f"{a.club} {a.act}" for a in self.acts]
        raise unknown(f"{self.state}, {self.month}", "act", f"{club} {act}", known)


def explain(
    case: Case,
    state: str,
    month: int,
    parameters: Mapping[str, Floats],
    club: str | None = None,
) -> Explanation:
    """Take the decisions of a state in a month apart.

    Parameters
    ----------
    case
        The case.
    state
        A state that decides, by its code.
    month
        The month (`model.clock`), after the start of the case.
    parameters
        Weights, frictions and council parameters by name, each of shape (draws,).
    club
        Only this club; all clubs by default.
    """
    inputs = compile_case(case)
    t, s = month - case.start, case.state_ids.index(state)
    acts, calls, turns, status, participation = [], [], [], {}, {}
    for c, name in enumerate(case.clubs):
        if club is not None and name != club:
            continue
        before = Status(inputs.record.status[t - 1, s, c])
        status[name] = before.name.lower()
        if is_in(np.array(before)) and inputs.rules[t][c].participation is not None:
            participation[name] = _participation(inputs, before, t, s, c, parameters)
        for act, rule in open_acts(inputs, t, s, c):
            acts.append(_explained(inputs, act, rule, t, s, c, parameters))
        calls += _calls(inputs, t, s, c, ParameterDraws.from_mapping(parameters))
        if inputs.exists[t, c]:
            turn = turn_of(inputs, t, s, c, parameters)
            turns += [turn] if turn is not None else []
    record = tuple(
        (row.club, row.act, row.actor)
        for row in case.record
        if row.state == state and month_of(row.date) == month and club in (None, row.club)
    )
    standing = record_standing(inputs, t)
    under = {name for c, name in enumerate(case.clubs) if standing.sanctioned[s, c]}
    owed = {name: int(standing.gap[s, c]) for c, name in enumerate(case.clubs) if name in status}
    return Explanation(
        state=state,
        name=case.states[s].name,
        month=month_label(month),
        status=status,
        takes_part={
            name: Status[s.upper()] in TAKES_PART and name not in under
            for name, s in status.items()
        },
        participation=participation,
        sanctioned=tuple(name for name in status if name in under),
        saw=_saw(inputs, t, s),
        owed={name: gap for name, gap in owed.items() if gap},
        acts=tuple(acts),
        calls=tuple(calls),
        turns=tuple(turns),
        record=record,
    )


def participation_over_time(
    case: Case, state: str, club: str, parameters: Mapping[str, Floats]
) -> Floats:
    """How far a state would take part in a club by the worth of its seat, month by month, in [0, 1], shape (T, draws).

    NaN in the first month, which is given, where it was not in by the record a month before, and where no rule lets it
    take part or not.

    Parameters
    ----------
    case
        The case.
    state, club
        By their codes.
    parameters
        Weights, frictions and council parameters by name, each of shape (draws,).
    """
    inputs = compile_case(case)
    s, c = case.state_ids.index(state), tuple(case.clubs).index(club)
    drawn = len(next(iter(parameters.values())))
    found = np.full((len(case.months), drawn), np.nan)
    for t in range(1, len(case.months)):
        before = Status(inputs.record.status[t - 1, s, c])
        if is_in(np.array(before)) and inputs.rules[t][c].participation is not None:
            found[t] = _participation(inputs, before, t, s, c, parameters)
    return found


def _participation(
    inputs: CaseInputs, before: Status, t: int, s: int, c: int, parameters: Mapping[str, Floats]
) -> Floats:
    """Where participation moves to (`model.step.take_part`), shape (draws,)."""
    if before in UNPAID:
        return np.zeros(len(next(iter(parameters.values()))))
    standing = record_standing(inputs, t)
    worth = sum(parameters[n] * values[s, c] for n, values in inputs.terms(t, standing).items())
    share = perception.joined(standing.gap[s, c], inputs.rules[t][c].acquis)
    return np.asarray(perception.willingness(np.asarray(worth)) * share)


def _saw(inputs: CaseInputs, t: int, s: int) -> tuple[Sight, ...]:
    now = inputs.month(t, record_standing(inputs, t))
    return tuple(
        Sight(
            threat=name,
            label=threat.label,
            felt=float(now.threat[s, k]),
            exposure=float(now.exposure[s, k]),
            credibility=float(now.credibility[s, k]),
            offer=bool(now.offer[s, k]),
        )
        for k, (name, threat) in enumerate(inputs.case.threats.items())
        if now.threat[s, k] > 0
    )


def _explained(
    inputs: CaseInputs,
    act: Act,
    rule: str,
    t: int,
    s: int,
    c: int,
    parameters: Mapping[str, Floats],
) -> ActExplained:
    case = inputs.case
    row = log_odds_row(inputs, act, t, s, c)
    parts = [
        Part(name, "term", parameters[name] * coefficient)
        for name, coefficient in row.terms.items()
    ]
    parts += [
        Part(friction.name, "friction", parameters[friction.parameter] * coefficient)
        for friction, coefficient in row.frictions
        if coefficient
    ]
    club = tuple(case.clubs)[c]
    verb = act.name.lower()
    done = any(
        (row.club, row.state, row.act, month_of(row.date))
        == (club, case.state_ids[s], verb, case.months[t])
        for row in case.record
    )
    name = case.club_name(club, case.months[t])
    statute = next(law for law in case.statutes if law.id == rule)
    objectors = _objectors(inputs, act, t, s, c, parameters)
    return ActExplained(
        club, name, verb, rule, statute.text, statute.source, tuple(parts), objectors, done
    )


def _objectors(
    inputs: CaseInputs, act: Act, t: int, s: int, c: int, parameters: Mapping[str, Floats]
) -> dict[str, float]:
    """The mean chance that each member would object, where members are asked."""
    rules = inputs.rules[t][c]
    asked = {
        Act.ACCEDE: rules.accession,
        Act.OBSERVE: rules.observer,
        Act.REQUEST_SUSPENSION: rules.voluntary_suspension,
    }.get(act)
    if asked is None or not asked.consensus:
        return {}
    states = inputs.case.state_ids
    members = np.flatnonzero(is_in(inputs.record.status[t - 1, :, c]))
    brokered = bool(is_in(np.array(inputs.record.status[t, inputs.patron, c])))
    base, rivals = parameters["objection"], parameters["objection_rivalry" if brokered else "veto"]
    if act == Act.REQUEST_SUSPENSION:
        base, rivals = parameters["release"], -parameters["objection_rivalry"]
    suspects = (
        rules.incompatible.suspects if rules.incompatible and act != Act.REQUEST_SUSPENSION else ()
    )
    for other in suspects:
        seat = inputs.record.status[t - 1, s, tuple(inputs.case.clubs).index(other)]
        base = base + parameters["suspicion"] * bool(is_in(np.array(seat)))
    return {
        states[j]: float(council.objection(base, rivals, inputs.situation.rivalry[t, s, j]).mean())
        for j in members
        if j != s
    }


def _calls(
    inputs: CaseInputs, t: int, s: int, c: int, parameters: ParameterDraws
) -> list[CallExplained]:
    """The needs of a state in a month, as the members of a club in which it is would answer them."""
    case, before, rules = inputs.case, statuses_before(inputs.case)[t], inputs.rules[t][c]
    if Status(before[s, c]) not in BOUND or inputs.record.sanctioned[t - 1, s, c]:
        return []
    runs = np.arange(parameters.runs)
    world = world_from_record(
        inputs, t - 1, parameters, Noise(case, seed=0, first_run=0, runs=len(runs))
    )
    everywhere = np.broadcast_to(before, (len(runs), *before.shape))
    petition = Petition(t, c, runs, np.full(len(runs), s), everywhere)
    met: dict[str, bool] = {
        row.kind: bool(row.met)
        for row in case.requests
        if row.state == case.state_ids[s] and month_of(row.date) == case.months[t]
    }
    found = []
    for call in inputs.requests.get(t, ()):
        rule = rules.covering(call.kind)
        promised = rule is not None or inputs.situation.clubs.guarantees[c]
        if call.state != s or call.kind == "base" or not promised:
            continue
        chance = np.zeros(len(runs))
        objectors: dict[str, float] = {}
        patron: tuple[Part, ...] = ()
        if rules.answering(call.kind, asked=call.asked) is not None:
            refused = help_refused(world, rules, petition, call)
            chance = 1.0 - refused.chance
            asked = np.flatnonzero(refused.votes[0]).tolist()
            means = refused.objection.mean(axis=0)
            objectors = {case.state_ids[j]: float(means[j]) for j in asked}
            if inputs.patron in asked:
                patron = _patron_reasons(world, petition, call)
        club = tuple(case.clubs)[c]
        found.append(
            CallExplained(
                club=club,
                club_name=case.club_name(club, case.months[t]),
                kind=call.kind,
                against="" if call.against is None else case.states[call.against].name,
                asked=call.asked,
                rule="" if rule is None else rule.id,
                chance=chance,
                objectors=objectors,
                patron=patron,
                met=met[call.kind],
            )
        )
    return found


def _patron_reasons(world: World, petition: Petition, call: Call) -> tuple[Part, ...]:
    """What speaks for and against sending help with the patron, where it speaks at all."""
    features, patron = help_features(world, petition, call), world.inputs.patron
    parts = []
    for reason in council.HELP["patron"]:
        amount = np.ones(1)
        if reason.feature is not None:
            of_all = features[reason.feature]
            amount = of_all[:, patron if of_all.shape[1] > 1 else 0]
        if amount.any():
            values = reason.sign * world.parameters[reason.parameter] * amount
            parts.append(Part(reason.parameter, "reason", values))
    return tuple(parts)
