"""Dated statutes, and the rules in force on a date.

A case holds its law as statutes: one rule of one club, with the day from which it holds and the first
day on which it holds no longer. `Law.at` answers which rules are in force on a date, club by club.
The engine asks it once a month, on the month's last day.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from operator import is_
from typing import Any

from tashkent.model.clock import last_day, month_of
from tashkent.model.statutes import (
    REACHING,
    SEVERAL,
    Accession,
    AnyStatute,
    Arrears,
    Bases,
    Benefit,
    Bloc,
    Budget,
    Chair,
    Defence,
    Dissolution,
    EntryIntoForce,
    Expulsion,
    Extinction,
    FixedTerm,
    Forces,
    Incompatible,
    LimitedFormat,
    Lock,
    Observer,
    Operation,
    Participation,
    PermanentBody,
    Regions,
    Restoration,
    Sanction,
    Session,
    Succession,
    VoluntarySuspension,
    Voting,
    Withdrawal,
)


@dataclass(frozen=True)
class RulesInForce:
    """The rules of one club in one month; None where no rule of the kind is in force."""

    accession: Accession | None = None
    arrears: Arrears | None = None
    bases: Bases | None = None
    bloc: Bloc | None = None
    budget: Budget | None = None
    chair: Chair | None = None
    defence: Defence | None = None
    dissolution: Dissolution | None = None
    entry_into_force: EntryIntoForce | None = None
    expulsion: Expulsion | None = None
    incompatible: Incompatible | None = None
    limited_format: LimitedFormat | None = None
    observer: Observer | None = None
    participation: Participation | None = None
    permanent_body: PermanentBody | None = None
    regions: Regions | None = None
    restoration: Restoration | None = None
    sanction: Sanction | None = None
    session: Session | None = None
    succession: Succession | None = None
    term: FixedTerm | None = None
    voluntary_suspension: VoluntarySuspension | None = None
    voting: Voting | None = None
    withdrawal: Withdrawal | None = None
    benefit: tuple[Benefit, ...] = ()
    extinction: tuple[Extinction, ...] = ()
    forces: tuple[Forces, ...] = ()
    lock: tuple[Lock, ...] = ()
    operation: tuple[Operation, ...] = ()
    #: the fixed term ends in this month
    term_ends: bool = False
    #: a term holds at the end of the month, so there is a text to sign if one ends in it
    prolonged: bool = False
    #: a session falls in this month
    sits: bool = False
    #: months since the last session, in which petitions were made that are heard in this one
    waited: int = 0
    #: instruments of the club that have taken effect by the end of the month
    acquis: int = 0
    #: instruments signed by then that reach into the defence of members
    reach: int = 0
    #: statutes signed in this month that bind only who joins them
    opened: tuple[AnyStatute, ...] = ()

    @property
    def renewal_due(self) -> bool:
        """Members must sign in this month or leave."""
        return self.term_ends and self.term is not None and self.term.renewal == "opt_in"

    @property
    def hears_petitions(self) -> bool:
        """Petitions can be decided in this month: a permanent body is there, or the session, or neither is fixed."""
        return self.session is None or self.permanent_body is not None or self.sits

    def takes(self, right: str) -> bool:
        """Whether a debtor that is deprived is without a right."""
        return self.arrears is not None and right in self.arrears.takes

    def answering(self, kind: str, *, asked: bool) -> Defence | Forces | None:
        """The rule by which members answer a need: one that covers it and does not wait for a request in vain."""
        rule = self.covering(kind)
        waits = not isinstance(rule, Defence) or rule.on_request
        return None if waits and not asked else rule

    def covering(self, kind: str) -> Defence | Forces | None:
        """The rule that covers a request for help of a kind: the duty of defence, or else the latest on forces."""
        if self.defence is not None and kind in self.defence.covers:
            return self.defence
        return next((forces for forces in reversed(self.forces) if kind in forces.covers), None)


class Law:
    """The statutes of a case, by date."""

    def __init__(self, statutes: Sequence[AnyStatute]) -> None:
        self.statutes = tuple(statutes)
        self._of_club: dict[str, tuple[AnyStatute, ...]] = {}
        for statute in self.statutes:
            self._of_club[statute.club] = (*self._of_club.get(statute.club, ()), statute)
        #: the months in which a date falls, by club
        self._dated: dict[str, list[int]] = {}
        #: what was looked up, by club and month
        self._rules: dict[str, dict[int, RulesInForce]] = {}
        #: and by club, spell of months without a date of a statute, and what differs from month to month in it
        self._spells: dict[tuple[Any, ...], RulesInForce] = {}

    def __repr__(self) -> str:
        """A line: how many statutes of how many clubs."""
        return f"<Law: {len(self.statutes)} statutes of {len(self._of_club)} clubs>"

    def __getstate__(self) -> dict[str, Any]:
        """Without what was looked up before."""
        return {**self.__dict__, "_rules": {}, "_spells": {}}

    def share(self, other: "Law") -> None:
        """Look up the rules of a club together with another law, if it has the very same statutes for that club."""
        for club, statutes in self._of_club.items():
            theirs = other._of_club.get(club, ())
            if len(theirs) == len(statutes) and all(map(is_, statutes, theirs)):
                self._rules[club] = other._rules.setdefault(club, {})

    def at(self, day: date) -> dict[str, tuple[AnyStatute, ...]]:
        """The statutes in force on a day, club by club.

        Examples
        --------
        >>> from datetime import date, timedelta
        >>> from tashkent.model.case import load_case
        >>> law = load_case("cst").law
        >>> [rule.id for rule in law.at(date(1999, 4, 20))["CST"] if rule.kind == "term"]
        ['CST-11-term']
        >>> [rule.id for rule in law.at(date(1999, 4, 21))["CST"] if rule.kind == "term"]
        ['CST-P1999']
        """
        held: dict[str, tuple[AnyStatute, ...]] = {}
        for statute in self.statutes:
            if statute.in_force(day):
                held[statute.club] = (*held.get(statute.club, ()), statute)
        return held

    def rules(self, club: str, month: int) -> RulesInForce:
        """The rules that one club applies in a month: those of its last day.

        Three kinds differ. An entry into force and a succession apply in the month in which their day falls. A
        term binds in the
        month in which it ends, whatever replaces it on the morrow, so the one in force when the month begins counts.
        """
        looked_up = self._rules.setdefault(club, {})
        if month not in looked_up:
            looked_up[month] = self._rules_of(club, month)
        return looked_up[month]

    def _rules_of(self, club: str, month: int) -> RulesInForce:
        """Those of the spell, but for what comes round in it; the same object for months that are alike."""
        spell = club, bisect_right(self._turns(club), month)
        standing = self._spells.get(spell)
        if standing is None:
            standing = self._spells[spell] = self._standing(club, month)
        term, session = standing.term, standing.session
        sits = session is not None and session.sits_in(month)
        waited = 0
        if sits and session is not None and standing.permanent_body is None:
            waited = session.months_since(month)
        ends = term is not None and term.ends_in(month)
        if not (ends or sits):
            return standing
        alike = *spell, ends, waited
        if alike not in self._spells:
            self._spells[alike] = replace(standing, term_ends=ends, sits=sits, waited=waited)
        return self._spells[alike]

    def _turns(self, club: str) -> list[int]:
        """The months from which a date of a statute can make a difference: its own, or the one that begins after it."""
        if club not in self._dated:
            days = {
                day
                for s in self._of_club.get(club, ())
                for day in (s.from_, s.until, s.opens)
                if day is not None
            }
            months = {month_of(day) for day in days}
            self._dated[club] = sorted(months | {month + 1 for month in months})
        return self._dated[club]

    def _standing(self, club: str, month: int) -> RulesInForce:
        """The rules of a month as far as dates of statutes alone decide."""
        found: dict[str, AnyStatute] = {}
        several: dict[str, list[AnyStatute]] = {kind: [] for kind in SEVERAL}
        own = self._of_club.get(club, ())
        prolonged = False
        for statute in sorted(own, key=lambda s: s.from_):
            if isinstance(statute, EntryIntoForce | Succession):
                holds = month_of(statute.from_) == month
            elif isinstance(statute, FixedTerm):
                prolonged |= statute.in_force(last_day(month))
                holds = statute.in_force(last_day(month - 1) + timedelta(days=1))
            else:
                holds = statute.in_force(last_day(month))
            if holds and statute.kind in SEVERAL:
                several[statute.kind].append(statute)
            elif holds:
                found[statute.kind] = statute
        return RulesInForce(
            **found,  # type: ignore[arg-type]
            **{kind: tuple(rules) for kind, rules in several.items()},  # type: ignore[arg-type]
            prolonged=prolonged,
            acquis=self.acquis(club, month),
            reach=self.reach(club, month),
            opened=tuple(s for s in own if s.separate and month_of(s.opens) == month),
        )

    def reach(self, club: str, month: int) -> int:
        """Instruments of a club, signed by the end of a month, that reach into the defence of its members."""
        day = last_day(month)
        own = self._of_club.get(club, ())
        return len({s.instrument for s in own if s.kind in REACHING and s.opens <= day})

    def acquis(self, club: str, month: int, since: date = date.min) -> int:
        """Instruments of a club of which a statute took effect after `since`, by the end of a month.

        Those that carry a rule of accession do not count: who comes in joins them by that.
        """
        day = last_day(month)
        own = [s for s in self._of_club.get(club, ()) if not isinstance(s, Lock | Extinction)]
        joined = {s.instrument for s in own if isinstance(s, Accession)}
        return len({s.instrument for s in own if since < s.from_ <= day} - joined)
