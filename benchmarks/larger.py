"""A case of any size, made from another by repeating its states and clubs: what growth is measured on.

Copies come in generations. A generation holds one copy of each deciding state, with its evidence, events, openness,
needs, laws and record; what states are to each other (rivalry, trade, rivals in events) holds inside a generation.
So a copy sees what its original sees, and a council of copies has as many members as it would. The patron stays one.
Clubs are copied after states: statutes, openness and record, with bars and suspects inside a generation.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from string import ascii_uppercase

from tashkent.model.case import Case
from tashkent.model.case.tables import Club, Composite, Entry, Opening, Request, State
from tashkent.model.statutes import AnyStatute, Incompatible, Lock

#: the code of a copy, by that of its original
Names = Mapping[str, str]


def larger(case: Case, *, states: int, clubs: int) -> Case:
    """The case with as many states, the patron among them, and as many clubs; a frozen case with a hash of its own.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> case = larger(load_case("cst"), states=14, clubs=6)
    >>> case.state_ids[-3:], tuple(case.clubs)[-2:]
    (('UZB', 'AAA', 'AAB'), ('BASES', 'CST2'))
    """
    if states < len(case.states) or clubs < len(case.clubs):
        size = f"{len(case.states)} states and {len(case.clubs)} clubs"
        raise ValueError(f"the case has {size} already, not {states} and {clubs}")
    names = tuple(case.clubs)
    more_states = generations(case.deciders, codes(case.state_ids), states - len(case.states))
    more_clubs = generations(names, numbered(names), clubs - len(names))
    return with_clubs(with_states(case, more_states), more_clubs)


def codes(taken: Sequence[str]) -> Iterator[str]:
    """Codes of three letters that no state has."""
    every = ("".join(letters) for letters in product(ascii_uppercase, repeat=3))
    return (code for code in every if code not in taken)


def numbered(names: Sequence[str]) -> Iterator[str]:
    """Each name with a number after it, from 2 on, round by round."""
    number = 1
    while True:
        number += 1
        yield from (f"{name}{number}" for name in names)


def generations(originals: Sequence[str], names: Iterator[str], number: int) -> list[Names]:
    """So many copies, dealt round by round: one mapping from original to copy for each round.

    Examples
    --------
    >>> generations("AB", iter("XYZ"), 3)
    [{'A': 'X', 'B': 'Y'}, {'A': 'Z'}]
    """
    rounds: list[Names] = []
    for low in range(0, number, len(originals)):
        who = originals[: min(len(originals), number - low)]
        rounds.append({name: next(names) for name in who})
    return rounds


def with_states(case: Case, more: Sequence[Names]) -> Case:
    """The case with copies of deciding states."""
    if not more:
        return case
    of = {state.state: state for state in case.states}
    copies: list[State] = []
    openness, requests, events = list(case.openness), list(case.requests), list(case.events)
    statutes, record = list(case.statutes), list(case.record)
    composites, rivalry, bonds = list(case.composites), list(case.rivalry), list(case.bonds)
    for number, to in enumerate(more, start=2):
        for name, code in to.items():
            named = {"state": code, "name": f"{of[name].name} {number}"}
            copies.append(of[name].model_copy(update=named))
        openness += [_of(o, to) for o in case.openness if o.state in to]
        requests += [_of(r, to) for r in case.requests if r.state in to]
        composites += [_of(c, to) for c in case.composites if c.state in to]
        record += [_of(e, to) for e in case.record if e.state in to]
        statutes += [
            s.model_copy(update={"id": f"{s.id}-{number}", "state": to[s.state]})
            for s in case.statutes
            if isinstance(s, Lock) and s.state in to
        ]
        events += [
            e.model_copy(update={"state": to[e.state], "rival": to.get(e.rival, "")})
            for e in case.events
            if e.state in to and (not e.rival or e.rival in to)
        ]
        rivalry += [
            r.model_copy(update={"state": to[r.state], "rival": to[r.rival]})
            for r in case.rivalry
            if r.state in to and r.rival in to
        ]
        bonds += [
            b.model_copy(update={"state": to[b.state], "partner": to[b.partner]})
            for b in case.bonds
            if b.state in to and b.partner in to
        ]
    return case.varied(
        states=(*case.states, *copies),
        openness=tuple(openness),
        requests=tuple(requests),
        events=tuple(events),
        statutes=tuple(statutes),
        record=_by_date(record),
        composites=tuple(composites),
        rivalry=tuple(rivalry),
        bonds=tuple(bonds),
    )


def _of[Row: (Opening, Request, Composite, Entry)](row: Row, to: Names) -> Row:
    """A row of the copy of its state."""
    return row.model_copy(update={"state": to[row.state]})


def with_clubs(case: Case, more: Sequence[Names]) -> Case:
    """The case with copies of clubs."""
    clubs: dict[str, Club] = dict(case.clubs)
    statutes, openness, record = list(case.statutes), list(case.openness), list(case.record)
    for to in more:
        clubs |= {code: case.clubs[name] for name, code in to.items()}
        statutes += [_of_club(s, to) for s in case.statutes if s.club in to]
        openness += [
            o.model_copy(update={"club": to[o.club]}) for o in case.openness if o.club in to
        ]
        record += [e.model_copy(update={"club": to[e.club]}) for e in case.record if e.club in to]
    return case.varied(
        clubs=clubs,
        statutes=tuple(statutes),
        openness=tuple(openness),
        record=_by_date(record),
    )


def _of_club(statute: AnyStatute, to: Names) -> AnyStatute:
    """The statute of the copy of its club."""
    club = to[statute.club]
    changed: dict[str, object] = {"club": club, "id": f"{club}: {statute.id}"}
    if isinstance(statute, Incompatible):
        changed["bars"] = tuple(to[name] for name in statute.bars if name in to)
        changed["suspects"] = tuple(to[name] for name in statute.suspects if name in to)
    return statute.model_copy(update=changed)


def _by_date(record: Sequence[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(record, key=lambda entry: entry.date))
