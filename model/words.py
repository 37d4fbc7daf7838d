"""Explanations in words that a first-year student reads."""

from collections.abc import Sequence

from tashkent.model.explain import (
    ActExplained,
    CallExplained,
    Explanation,
    Part,
    interval,
    median,
)

#: how much a part must move the odds to be worth a clause: a fifth, up or down
NOTABLE = 0.2
ACTS = {
    "accede": "join",
    "observe": "ask to be an observer of",
    "renew": "sign on for another term in",
    "request_suspension": "ask for suspension from",
    "withdraw": "give notice to",
    "freeze": "stop taking part in",
    "resume": "take part again in",
    "cease_observing": "give up being an observer of",
    "rescind": "take back its notice to",
}
TERMS = {
    "protection": "threats that the club would relieve",
    "abandonment": "doubt that help would come",
    "regime_security": "threats to its own rule that the club's company relieves",
    "coercion": "pressure by the club's sponsor",
    "patronage": "ties to the club's sponsor",
    "partisan_patron": "rivals in the club with the patron on their side",
    "two_blocs": "its seat on the other side",
    "purpose": "nothing to use it for",
    "outside_option": "help that others offer",
    "entrapment": "autonomy lost to integration",
    "compliance": "what it has yet to join",
    "contagion": "partners that left of late",
    "dues": "its share of the budget",
    "courtship": "the patron's courtship",
    "censure": "that the club has sanctioned it",
    "kinship": "company of its own kind",
    "announcement": "partners that gave notice",
    "defiance": "pressure by the club's sponsor, from which nobody shelters it",
    "accede": "how rare it is to join at all",
    "obligation": "the promise to help others",
    "signature": "that a signature is enough",
    "restore": "the way back that the law leaves open",
    "opening": "a fresh invitation",
    "founding": "the founding day",
    "lock": "a law at home",
    "backlog": "how many petitions wait for the council to meet",
    "return": "what must be joined before a return",
    "renew": "the pull of the signing day",
    "exit": "how rare it is to leave at all",
    "idle": "that an idle seat asks for nothing",
    "wait": "a term that ends by itself",
    "suspend": "how rare it is to ask for suspension",
    "freeze": "how rare it is to stop taking part",
    "resume": "how slowly members come back",
    "observe": "how rare it is to ask",
    "rescind": "how rare it is to take a notice back",
    "walkout": "that no clause lets it leave",
    "jointly": "fellows that leave as well",
    "objection": "how readily members object to a newcomer",
    "objection_rivalry": "how much more a rival objects",
    "veto": "how much more a rival objects where the patron does not sit",
    "release": "how readily members object to a suspension that is asked for",
    "ministers": "how readily ministers object to a newcomer",
    "suspicion": "how much more members object to who sits in a suspect club",
    "sanction": "how readily members propose a sanction",
    "chair_agenda": "how much more readily the chair proposes one",
    "sanction_objection": "how readily members object to a sanction",
    "help_objection": "how readily members object to sending help",
    "patron_reluctance": "how unwilling the patron is to help",
    "fellow_member": "how much more members object to help against a fellow member",
    "attacker_trade": "how much more a member objects the more it trades with the attacker",
    "patron_interest": "how much likelier the patron helps whom it is tied to",
    "patron_strain": "how much failings of its means keep the patron from helping",
    "base_objection": "how readily members object to forces of others",
    "court": "how readily the patron courts who drifts",
}


#: needs, and what makes the patron willing to meet them or not
NEEDS = {
    "external": "an attack",
    "incursion": "armed bands from abroad",
    "stability": "violence at home",
}
REASONS = {
    "patron_reluctance": "reasons of its own",
    "objection_rivalry": "their rivalry",
    "fellow_member": "that a fellow member attacked",
    "patron_interest": "whom it was tied to",
    "patron_strain": "failings of its means",
}


def named(part: Part) -> str:
    """A part in plain words; a term from outside keeps its own name."""
    return TERMS.get(part.name, part.name.replace("_", " "))


def chances(acts: Sequence[ActExplained]) -> str:
    """How likely the acts open in one club were, in one sentence, and which of them the record shows."""
    said = [
        f"to {ACTS.get(act.act, act.act)} {act.club_name if i == 0 else 'it'}: {percent(middle(act))}"
        for i, act in enumerate(acts)
    ]
    line = f"Its chance in this month {listed(said)}."
    done = [ACTS.get(act.act, act.act) for act in acts if act.done]
    return f"{line} The record shows that it chose to {listed(done)} it." if done else line


def middle(act: ActExplained) -> float:
    """The median chance of an act."""
    return float(sorted(act.probability)[len(act.probability) // 2])


def reasons(act: ActExplained) -> str:
    """What spoke for a seat and what against, the weightiest first."""
    speaks_for = sorted((p for p in act.worth if p.median > NOTABLE), key=lambda p: -p.median)
    against = sorted((p for p in act.worth if p.median < -NOTABLE), key=lambda p: p.median)
    seat = f"a seat in {act.club_name}"
    if not speaks_for and not against:
        return f"Little spoke for or against {seat}."
    clauses = []
    if speaks_for:
        clauses.append(f"for {seat} spoke {listed([named(p) for p in speaks_for])}")
    if against:
        what = "it" if speaks_for else f"{seat} spoke"
        clauses.append(f"against {what} {listed([named(p) for p in against])}")
    told = "; ".join(clauses)
    return f"{told[0].upper()}{told[1:]}."


def answered(call: CallExplained) -> str:
    """What came of a need: how likely help was, and why the patron would have sent it or not."""
    by = f" by {call.against}" if call.against else ""
    asked = "asked for help" if call.asked else "needed help and did not ask for it"
    line = f"It {asked} from {call.club_name} against {NEEDS[call.kind]}{by}"
    if not call.rule:
        return f"{line}; no rule covered that, so nobody had to answer."
    if not call.objectors:
        return f"{line}; by {call.rule} nobody had to answer or nobody was there to."
    low, high = interval(call.chance)
    line += (
        f"; the chance of help was {percent(median(call.chance))} "
        f"({percent(low)} to {percent(high)}), and by the record it {'came' if call.met else 'did not come'}."
    )
    if not call.patron:
        return line
    against = sorted((p for p in call.patron if p.median > NOTABLE), key=lambda p: -p.median)
    speaks_for = sorted((p for p in call.patron if p.median < -NOTABLE), key=lambda p: p.median)
    said = [
        f"{side} {listed([REASONS[p.name] for p in parts])}"
        for side, parts in (("against helping spoke", against), ("for it", speaks_for))
        if parts
    ]
    return f"{line} With the patron {'; '.join(said)}." if said else line


def story(explanation: Explanation) -> list[str]:
    """The explanation as a list of sentences."""
    lines = [_saw(explanation)] if explanation.saw else []
    names = {act.club: act.club_name for act in explanation.acts}
    for club, gap in explanation.owed.items():
        lines.append(f"It had yet to join {gap} instruments of {names.get(club, club)}.")
    for club in explanation.sanctioned:
        lines.append(f"It was under a sanction of {names.get(club, club)}.")
    for club, values in explanation.participation.items():
        name = names.get(club, club)
        if not explanation.takes_part[club]:
            lines.append(f"It took no part in {name}: {explanation.status[club]}.")
            continue
        low, high = interval(values)
        lines.append(
            f"By the worth of its seat it would take part in {name} to {percent(median(values))} "
            f"({percent(low)} to {percent(high)})."
        )
    for club in dict.fromkeys(act.club for act in explanation.acts):
        acts = [act for act in explanation.acts if act.club == club]
        lines += [reasons(acts[0]), chances(acts)]
    lines += [answered(call) for call in explanation.calls]
    for turn in explanation.turns:
        worth = "worth having" if turn.worth > 0 else "worth less than nothing"
        lines.append(
            f"A seat in {names.get(turn.club, turn.club)} has been {worth} since {turn.month}, when "
            f"{TERMS.get(turn.term, turn.term.replace('_', ' '))} {moved(turn.before, turn.after)} "
            f"({_signed(turn.before)} before, {_signed(turn.after)} then)."
        )
    return lines


def moved(before: float, after: float) -> str:
    """What became of a reason that added `before` and then `after` to the worth of a seat, in log-odds.

    Examples
    --------
    >>> moved(2.0, 1.8), moved(-1.0, -0.2), moved(-0.5, 0.5)
    ('spoke less for it', 'spoke less against it', 'came to speak for it')
    """
    side = "for" if max(before, after) > 0 and min(before, after) >= 0 else "against"
    if min(before, after) < 0 < max(before, after):
        return f"came to speak {'for' if after > 0 else 'against'} it"
    return f"spoke {'more' if abs(after) > abs(before) else 'less'} {side} it"


def shifted(term: str, difference: float) -> str:
    """A reason that adds more or less to the worth of a seat in one world than in the other, in words."""
    more = "more" if difference > 0 else "less"
    return f"{TERMS.get(term, term.replace('_', ' '))} spoke {more} for the seat"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _saw(explanation: Explanation) -> str:
    """What it feared most, and whether it believed in help."""
    felt = sorted(explanation.saw, key=lambda sight: -sight.felt)[:3]
    said = [
        f"“{sight.label}” ({sight.felt:.1f} of 3, belief in help {sight.credibility:.0%}"
        + (", others offer help)" if sight.offer else ")")
        for sight in felt
    ]
    return f"It feared above all {listed(said)}."


def percent(chance: float) -> str:
    """A chance as a reader says it."""
    if chance < 0.001:
        return "under 0.1%"
    return f"{chance:.1%}" if chance < 0.1 else f"{chance:.0%}"


def listed(words: list[str]) -> str:
    """A, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
