"""Checks of a case's tables against each other; the record's are in `model.case.record_checks`."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import combinations
from typing import Any

from tashkent.agents.acts import FRICTIONS, OPTIONAL, UNSCORED
from tashkent.model.case.case import Case
from tashkent.model.case.record_checks import check_record, check_seat
from tashkent.model.case.tables import (
    COMPOSITES,
    COUNCIL,
    FIXED,
    LEADERLESS,
    LENGTHS,
    PRIOR_RANGE,
    READ,
    SHARES,
    TIE,
    Event,
)
from tashkent.model.clock import MONTHS_PER_YEAR, month_label, month_of
from tashkent.model.errors import InputError, unknown
from tashkent.model.reading import one_of
from tashkent.model.statuses import IN_FIRST, IN_LAST, Status
from tashkent.model.statutes import (
    SEVERAL,
    Bloc,
    Extinction,
    Incompatible,
    Lock,
    Observer,
    Operation,
    Sanction,
    Session,
    Statute,
    Withdrawal,
)

#: statuses of the record that are a seat
_SITS = tuple(status.name.lower() for status in Status if IN_FIRST <= status <= IN_LAST)


def check_case(case: Case) -> None:
    """All tables against each other, and every source against the list of sources.

    Raises
    ------
    InputError
        For the first row that is wrong.
    """
    _check_states(case)
    check_clubs(case)
    check_statutes(case)
    _check_some_law(case)
    check_requests(case)
    check_events(case)
    check_parameters(case)
    _check_theories(case)
    check_evidence(case)
    check_record(case)
    for file, rows in sourced(case).items():
        for row, sources in rows:
            for source in sources:
                key = f"{row}: source" if " " in row else f"{row}.source"
                one_of(file, key, source, case.sources)


def sourced(case: Case) -> Mapping[str, list[tuple[str, tuple[str, ...]]]]:
    """The sources of each row that has any: by file, what the row is called, and its sources."""
    tables: dict[str, Iterable[tuple[str, Any]]] = {
        "openness.csv": ((f"{row.club} {row.state}", row) for row in case.openness),
        "events.csv": ((row.event, row) for row in case.events),
        "record.csv": ((f"{row.club} {row.state} {row.date}", row) for row in case.record),
        "requests.csv": ((f"{row.date} {row.state}", row) for row in case.requests),
        "statutes.toml": ((row.id, row) for row in case.statutes),
        "clubs.toml": case.clubs.items(),
        "parameters.toml": case.parameters.items(),
        "theories.toml": case.theories.items(),
    }
    return {
        file: [(name, tuple(s.strip() for s in row.source.split(";"))) for name, row in rows]
        for file, rows in tables.items()
    }


def _check_states(case: Case) -> None:
    if len(set(case.state_ids)) < len(case.states):
        twice = next(s for s in case.state_ids if case.state_ids.count(s) > 1)
        raise InputError("states.csv", "state", twice, "each state once")
    patrons = [s.state for s in case.states if s.role == "patron"]
    if not patrons:
        raise InputError("states.csv", "patron", "nobody", "the role of one state at least")
    if case.patron not in patrons:
        raise unknown("case.toml", "patron", case.patron, patrons)
    one_of("case.toml", "focus", case.focus, case.clubs)


def check_clubs(case: Case) -> None:
    """Clubs, the threats that they relieve, and their openness.

    Raises
    ------
    InputError
        For the first row that is wrong.
    """
    if "patron" not in case.sponsors:
        raise InputError("evidence/composites.csv", "variable", "missing", "rows of tie_patron")
    _check_threats(case)
    for name, club in case.clubs.items():
        one_of("clubs.toml", f"{name}.sponsor", club.sponsor, (*case.sponsors, "none"))
        for threat_name in club.relieves:
            one_of("clubs.toml", f"{name}.relieves", threat_name, case.threats)
        named = tuple(n.from_ for n in club.names)
        for dates, key in ((club.foundings, "foundings"), (named, "names")):
            if sorted(set(dates)) != list(dates):
                listed = ", ".join(map(str, dates))
                raise InputError("clubs.toml", f"{name}.{key}", listed, "dates in order, each once")
            if dates and dates[0] < club.since:
                allowed = f"dates from since ({club.since}) on"
                raise InputError("clubs.toml", f"{name}.{key}", str(dates[0]), allowed)
    check_openness(case)


def _check_threats(case: Case) -> None:
    file = "threats.toml"
    if not case.threats:
        raise InputError(file, "threats", "missing", "at least one table")
    if "any" in case.threats:
        raise InputError(file, "threat", "any", "another name: credibility events use it for all")
    measured = {c.variable for c in case.composites} | {"rivalry", ""}
    for name, threat in case.threats.items():
        if threat.measured_by not in measured:
            names = (*sorted(measured - {""}), '""')
            raise unknown(file, f"{name}.measured_by", threat.measured_by, names)
        roles = (*case.sponsors, *LEADERLESS)
        one_of(file, f"{name}.source", threat.source, roles)


def check_openness(case: Case) -> None:
    """No two openings of a club and state overlap, and all are of states that decide.

    Raises
    ------
    InputError
        For the first row that is wrong.
    """
    file = "openness.csv"
    for row in case.openness:
        key = f"{row.club} {row.state}"
        check_seat(case, file, key, row.club, row.state)
        if row.open_until is not None and row.open_until <= row.open_from:
            raise InputError(file, f"{key}: open_until", str(row.open_until), "after open_from")
        if row.state not in case.deciders:
            raise InputError(file, f"{key}: state", row.state, "a state that decides")
    for row, later in combinations(sorted(case.openness, key=lambda r: r.open_from), 2):
        same = (row.club, row.state) == (later.club, later.state)
        if same and (row.open_until is None or later.open_from < row.open_until):
            allowed = f"no second row while the one from {row.open_from} holds"
            key = f"{row.club} {row.state}: open_from"
            raise InputError(file, key, str(later.open_from), allowed)


def check_statutes(case: Case) -> None:
    """Statutes are of clubs of the case, one of a kind at a time, and say when the council meets that decides.

    Raises
    ------
    InputError
        For the first row that is wrong.
    """
    ids = [s.id for s in case.statutes]
    for statute in case.statutes:
        if ids.count(statute.id) > 1:
            raise InputError("statutes.toml", "id", statute.id, "each statute once")
        one_of("statutes.toml", f"{statute.id}.club", statute.club, case.clubs)
        if statute.until is not None and statute.until <= statute.from_:
            until = str(statute.until)
            raise InputError("statutes.toml", f"{statute.id}.until", until, "after from")
        _check_statute_names(case, statute)
        if statute.other_reading:
            _check_statute_names(case, statute.read_otherwise())
        for other in case.statutes:
            if (
                other.id != statute.id
                and (other.club, other.kind) == (statute.club, statute.kind)
                and statute.kind not in SEVERAL
                and other.in_force(statute.from_)
            ):
                allowed = f"no second rule of kind {statute.kind} while {other.id} is in force"
                raise InputError("statutes.toml", f"{statute.id}.from", str(statute.from_), allowed)
    for club in case.clubs:
        if not any(s.club == club and s.kind == "accession" for s in case.statutes):
            raise InputError("statutes.toml", club, "no way in", "a statute of kind accession")

    _check_sessions(case)


def _check_some_law(case: Case) -> None:
    """Some club can be joined in some month, else the case has nothing to say."""
    ways_in = [s for s in case.statutes if s.kind == "accession"]
    begun = [s for s in ways_in if month_of(s.from_) <= case.end]
    if begun and any(s.until is None or month_of(s.until) > case.start for s in begun):
        return
    key, said = ("end", case.end) if not begun else ("start", case.start)
    if begun:
        allowed = f"a month before {max(str(s.until) for s in begun)}, when the last way in ends"
    else:
        allowed = f"a month from {min(s.from_ for s in ways_in)} on, when the first club opens"
    raise InputError("case.toml", key, month_label(said), f"{allowed} (statutes.toml)")


def _check_statute_names(case: Case, statute: Statute) -> None:
    file = "statutes.toml"
    if isinstance(statute, Lock | Extinction):
        one_of(file, f"{statute.id}.state", statute.state, case.deciders)
    if isinstance(statute, Operation):
        relieved = case.clubs[statute.club].relieves if statute.club in case.clubs else ()
        kinds = [name for name in relieved if case.threats[name].need == "operations"]
        for name in statute.against:
            if not kinds:
                allowed = 'a threat with need = "operations" that the club relieves'
                raise InputError(file, f"{statute.id}.against", name, allowed)
            one_of(file, f"{statute.id}.against", name, kinds)
    if isinstance(statute, Bloc):
        for name in statute.leaves:
            others = [club for club in case.clubs if club != statute.club]
            one_of(file, f"{statute.id}.leaves", name, others)
    if isinstance(statute, Incompatible):
        for key, names in (("bars", statute.bars), ("suspects", statute.suspects)):
            for name in names:
                others = [club for club in case.clubs if club != statute.club]
                one_of(file, f"{statute.id}.{key}", name, others)


def _check_sessions(case: Case) -> None:
    """What a regular session decides needs a rule that says when it meets."""
    for statute in case.statutes:
        by_session = statute.kind in ("voluntary_suspension", "sanction", "expulsion", "arrears")
        by_session &= not (isinstance(statute, Sanction) and statute.out_of_session)
        if by_session or (isinstance(statute, Observer) and statute.withdrawable):
            sessions = [s for s in case.statutes if (s.club, s.kind) == (statute.club, "session")]
            if not any(s.in_force(statute.from_) for s in sessions):
                allowed = "a statute of kind session in force from then on"
                raise InputError("statutes.toml", f"{statute.id}.kind", statute.kind, allowed)


def check_requests(case: Case) -> None:
    """Requests are of states that decide, each kind once in a month, and a state attacks another.

    Raises
    ------
    InputError
        For the first row that is wrong.
    """
    seen = set()
    for row in case.requests:
        one_of("requests.csv", f"{row.date}.state", row.state, case.deciders)
        if (row.met is None) != (row.kind == "base"):
            allowed = "empty for a base" if row.kind == "base" else "true or false"
            raise InputError("requests.csv", f"{row.date} {row.state}: met", row.met, allowed)
        if row.against and row.kind != "external":
            allowed = "empty but for an attack by a state (external)"
            raise InputError(
                "requests.csv", f"{row.date} {row.state}: against", row.against, allowed
            )
        if row.against:
            others = [state for state in case.deciders if state != row.state]
            one_of("requests.csv", f"{row.date} {row.state}: against", row.against, others)
        key = (month_of(row.date), row.state, row.kind)
        if key in seen:
            allowed = "each kind once in a month and state"
            raise InputError("requests.csv", f"{row.date} {row.state}", row.kind, allowed)
        seen.add(key)


def check_events(case: Case) -> None:
    """Events concern states, threats and ties of the case, each effect once.

    Raises
    ------
    InputError
        For the first row that is wrong.
    """
    file = "events.csv"
    seen = set()
    for row in case.events:
        one_of(file, f"{row.event}.state", row.state, case.deciders)
        names: Iterable[str]
        match row.kind:
            case "threat":
                names = case.threats
            case "credibility":
                names = (*case.threats, "any")
            case "offer":
                names = case.threats
            case "tie":
                names = case.sponsors
            case "regime":
                names = case.regimes
                _check_regime(row, case)
            case _:
                names = ("patron",)
        one_of(file, f"{row.event}.about", row.about, names)
        is_rivalry = row.kind == "threat" and case.threats[row.about].measured_by == "rivalry"
        rivals = [state for state in case.deciders if state != row.state]
        if is_rivalry:
            one_of(file, f"{row.event}.rival", row.rival, rivals)
        if not is_rivalry and row.rival:
            raise InputError(file, f"{row.event}.rival", row.rival, "empty but for a rivalry")
        if row.date_end is not None and row.date_end < row.date:
            raise InputError(file, f"{row.event}.date_end", str(row.date_end), "not before date")
        effect = (row.event, row.state, row.kind, row.about, row.rival)
        if effect in seen:
            raise InputError(file, row.event, " ".join(effect[1:]).strip(), "each effect once")
        seen.add(effect)


def _check_regime(row: Event, case: Case) -> None:
    """A kind of regime is one that something hangs on, and it rules or does not."""
    if not case.regimes:
        allowed = "a kind of regime that a statute (breach) or a club (kindred) names"
        raise InputError("events.csv", f"{row.event}.about", row.about, allowed)
    if row.sign != 1:
        raise InputError("events.csv", f"{row.event}.sign", row.sign, "1 for a regime")


def check_parameters(case: Case) -> None:
    """Every parameter that the model needs is there, with an sd unless it is fixed, within its range.

    Raises
    ------
    InputError
        For the first row that is wrong.
    """
    file = "parameters.toml"
    expected = {
        "weight": tuple(case.terms),
        "friction": (*FRICTIONS, *OPTIONAL["friction"]),
        "unscored": (*UNSCORED, *OPTIONAL["unscored"]),
        "council": COUNCIL,
        "fixed": FIXED,
    }
    held = dict(case.changed.held) if case.changed else {}  # at a value, which is no prior
    for name, parameter in case.parameters.items():
        one_of(file, f"a {parameter.role}", name, expected[parameter.role])
        if (parameter.sd is None) != (parameter.role == "fixed"):
            need = "no sd" if parameter.role == "fixed" else "an sd"
            raise InputError(file, f"{name}.sd", parameter.sd, f"{need} for a {parameter.role}")
        if parameter.sd is not None and name not in held:
            _check_prior(file, name, parameter.mean, parameter.sd)
        if not parameter.fitted and parameter.role not in ("weight", "friction"):
            raise InputError(file, f"{name}.fitted", False, "given for weights and frictions only")
    for name in (*FRICTIONS, *UNSCORED, *COUNCIL, *FIXED):
        if name not in case.parameters:
            raise InputError(file, name, "missing", "a table for it")
    for name, statute in _asked_for(case).items():
        if name not in case.parameters:
            raise InputError(file, name, "missing", f"a table for it: {statute} asks for it")
    if not case.role("weight"):
        raise InputError(file, "weight", "missing", f"at least one of {', '.join(case.terms)}")
    for name in (*LENGTHS, "rivalry_unit"):
        if case.fixed(name) <= 0:
            raise InputError(file, f"{name}.mean", case.fixed(name), "a number above 0")
    for name in SHARES:
        if not 0 <= case.fixed(name) <= 1:
            raise InputError(file, f"{name}.mean", case.fixed(name), "a number from 0 to 1")
    if case.fixed("event_step") < 0:
        raise InputError(file, "event_step.mean", case.fixed("event_step"), "0 or more")


def _asked_for(case: Case) -> dict[str, str]:
    """The parameters for which only some laws ask, each with a statute that does."""
    found = {}
    for statute in case.statutes:
        if isinstance(statute, Withdrawal) and statute.retractable:
            found["rescind"] = statute.id
        elif isinstance(statute, Session) and statute.held:
            found["backlog"] = statute.id
        if isinstance(statute, Withdrawal) and not statute.clause:
            found["walkout"] = statute.id
        if isinstance(statute, Bloc):
            found["jointly"] = statute.id
    return found


def _check_prior(file: str, name: str, mean: float, sd: float) -> None:
    """Refuse a prior with which no record could be weighed."""
    low, high = PRIOR_RANGE
    if not low <= mean <= high:
        raise InputError(file, f"{name}.mean", mean, f"a number from {low:g} to {high:g}")
    if not sd <= high:
        raise InputError(file, f"{name}.sd", sd, f"a number above 0, at most {high:g}")


def _check_theories(case: Case) -> None:
    weights = case.role("weight")
    for name, theory in case.theories.items():
        if name in weights:
            allowed = "a name that no term has"
            raise InputError("theories.toml", name, ", ".join(theory.terms), allowed)
        for one in theory.terms:
            one_of("theories.toml", f"{name}.terms", one, weights)


def check_evidence(case: Case) -> None:
    """Measured series have a row for each state and year, and no pair twice.

    Raises
    ------
    InputError
        For the first row that is wrong.
    """
    file = COMPOSITES
    years = evidence_needed(case)
    seen: dict[tuple[str, str, int], float] = {}
    for number, row in enumerate(case.composites, start=1):
        one_of(file, f"row {number}.state", row.state, case.deciders)
        if (row.variable, row.state, row.year) in seen:
            key = f"{row.variable} {row.state}"
            raise InputError(file, key, row.year, "each year once")
        seen[row.variable, row.state, row.year] = row.value
    needed = {TIE + sponsor for sponsor in case.sponsors}
    needed |= {t.measured_by for t in case.threats.values()} - {"rivalry", ""}
    needed |= set(READ)
    for variable in sorted(needed):
        for state in case.deciders:
            for year in years[state]:
                if (variable, state, year) not in seen:
                    span = f"{years[state][0]}-{years[state][-1]}"
                    key, allowed = f"{variable} {state} {year}", f"a row for each year {span}"
                    raise InputError(file, key, "missing", allowed)
    pairs = [(row.state, row.rival, row.year) for row in case.rivalry]
    _check_pairs(case, "evidence/rivalry.csv", "rival", pairs)
    pairs = [(row.state, row.partner, row.year) for row in case.bonds]
    _check_pairs(case, "evidence/bonds.csv", "partner", pairs)


def evidence_needed(case: Case) -> dict[str, range]:
    """The years for which each deciding state needs evidence: from the first to the last in which a seat is its matter.

    That is, in which a club is open to it or it is in one. A state that does not exist yet, or no longer, needs none;
    one that no club ever concerns needs it throughout.
    """
    first, last = case.start // MONTHS_PER_YEAR, case.end // MONTHS_PER_YEAR
    concerned: dict[str, set[int]] = {state: set() for state in case.deciders}

    def concern(state: str, *days: date | None) -> None:
        if state in concerned:
            years = (last if day is None else day.year for day in days)
            concerned[state] |= {min(max(year, first), last) for year in years}

    for row in case.openness:
        concern(row.state, row.open_from, row.open_until)
    at_the_end: dict[tuple[str, str], date | None] = {}
    for entry in case.record:
        concern(entry.state, entry.date)
        at_the_end[entry.club, entry.state] = None if entry.status in _SITS else entry.date
    for (_, state), day in at_the_end.items():
        concern(state, day)
    return {
        state: range(min(years), max(years) + 1) if years else range(first, last + 1)
        for state, years in concerned.items()
    }


def _check_pairs(case: Case, file: str, other: str, rows: list[tuple[str, str, int]]) -> None:
    seen = set()
    for number, (state, partner, year) in enumerate(rows, start=1):
        one_of(file, f"row {number}.state", state, case.deciders)
        others = [s for s in case.deciders if s != state]
        one_of(file, f"row {number} ({state}).{other}", partner, others)
        if (state, partner, year) in seen:
            raise InputError(file, f"{state} {partner}", year, "each year once")
        seen.add((state, partner, year))
