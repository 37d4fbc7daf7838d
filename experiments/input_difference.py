"""From which month on two cases give a world other inputs; until then a pair of runs is one world."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import axes_of
from tashkent.model.inputs import CaseInputs
from tashkent.model.law import RulesInForce
from tashkent.model.statutes import Statute
from tashkent.model.streams import held_draws


def first_difference(one: CaseInputs, other: CaseInputs, origin: int) -> int:
    """The first month after `origin` in which two cases give a world other inputs; `origin` if it starts otherwise.

    The number of months if they never differ.
    """
    months = len(one.rules)
    fixed = [{n: p.mean for n, p in g.case.role("fixed").items()} for g in (one, other)]
    drawn = [{n: (p.mean, p.sd) for n, p in g.case.drawn.items()} for g in (one, other)]
    held = [g.case.changed.held if g.case.changed else () for g in (one, other)]
    alike = (
        tuple(one.case.clubs) == tuple(other.case.clubs)
        and fixed[0] == fixed[1]
        and drawn[0] == drawn[1]
        and held[0] == held[1]
        and one.theory == other.theory
        and all(
            np.array_equal(a, b) for a, b in zip(one.belief_index, other.belief_index, strict=True)
        )
        and all(
            np.array_equal(a[origin], b[origin])
            for a, b in zip(one.record, other.record, strict=True)
        )
        and np.array_equal(
            one.recorded_belief_updates[origin + 1], other.recorded_belief_updates[origin + 1]
        )
        and one.patron == other.patron
        and tuple(one.regimes) == tuple(other.regimes)
        and all(
            np.array_equal(a, b)
            for a, b in zip(_arrays(one, False), _arrays(other, False), strict=True)
        )
    )
    if not alike:
        return origin
    pairs = list(zip(_arrays(one, True), _arrays(other, True), strict=True))
    given = ~one.decides
    pairs.append((one.record.status[:, given], other.record.status[:, given]))
    differs = np.zeros(months, bool)
    for a, b in pairs:
        if a is not b:
            differs |= (a != b).reshape(months, -1).any(axis=1)
    held_draws_of = held_draws(one.case), held_draws(other.case)
    same_rules = _SameRules()
    for t in (int(i) for i in np.flatnonzero(~differs)):
        differs[t] = one.requests.get(t) != other.requests.get(t) or not all(
            same_rules(a, b) for a, b in zip(one.rules[t], other.rules[t], strict=True)
        )
    for key in {*held_draws_of[0], *held_draws_of[1]}:
        differs[key[1]] |= held_draws_of[0].get(key) != held_draws_of[1].get(key)
    later = np.flatnonzero(differs[origin + 1 :])
    return origin + 1 + int(later[0]) if len(later) else months


#: monthly arrays of which a run takes the month of its start alone
_AT_START = ("recorded_belief_updates",)


def _arrays(inputs: CaseInputs, monthly: bool) -> list[NDArray[Any]]:
    """All arrays that a world reads, those with an axis of months or the others, in the order of their fields."""
    found: list[NDArray[Any]] = []
    for table in (inputs, inputs.situation, inputs.situation.clubs):
        for name, axes in axes_of(type(table)).items():
            value = getattr(table, name)
            # what differs between runs is None, or monthly as far as it is the same in all
            if value is None or name in _AT_START or (axes[0] in ("month", "run")) != monthly:
                continue
            found += value.values() if isinstance(value, Mapping) else [value]
    return found


#: what of a statute says when it holds and where it stands, and not what it does while it holds
_NOT_SUBSTANCE = {
    "id",
    "instrument",
    "article",
    "from_",
    "until",
    "signed",
    "text",
    "source",
    "ambiguity",
    "other_reading",
}


class _SameRules:
    """Whether two sets of rules do the same in a month; dates have done their work when rules are in force."""

    def __init__(self) -> None:
        self._found: dict[int, dict[str, Any]] = {}

    def __call__(self, one: RulesInForce, other: RulesInForce) -> bool:
        pairs = ((getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
        return all(a is b or self._substance(a) == self._substance(b) for a, b in pairs)

    def _substance(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return [self._substance(one) for one in value]
        if not isinstance(value, Statute):
            return value
        if id(value) not in self._found:
            self._found[id(value)] = value.model_dump(exclude=_NOT_SUBSTANCE)
        return self._found[id(value)]
