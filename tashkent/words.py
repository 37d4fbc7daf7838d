"""Explanations in words that a first-year student reads."""

from model.explain import ActExplained, Explanation, Part

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
}
TERMS = {
    "protection": "threats that the club would relieve",
    "abandonment": "doubt that help would come",
    "menace": "fear of the club's sponsor",
    "patronage": "ties to the club's sponsor",
    "coercive_leverage": "leverage that the patron won by force",
    "partisan_patron": "rivals in the club with the patron on their side",
    "dues": "its share of the budget",
    "accede": "how rare it is to join at all",
    "obligation": "the promise to help others",
    "opening": "a fresh invitation",
    "founding": "the founding day",
    "lock": "a law at home",
    "restoration": "what must be joined before a return",
    "renew": "the pull of the signing day",
    "withdraw": "how rare it is to leave at all",
    "suspend": "how rare it is to ask for suspension",
    "freeze": "how rare it is to stop taking part",
    "resume": "how slowly members come back",
    "observe": "how rare it is to ask",
}


def named(part: Part) -> str:
    """A part in plain words; a term from outside keeps its own name."""
    return TERMS.get(part.name, part.name.replace("_", " "))


def sentence(act: ActExplained) -> str:
    """One act in one or two sentences: how likely, what spoke for it, what against."""
    terms = [part for part in act.parts if part.kind == "term"]
    speaks_for = sorted((p for p in terms if p.median > NOTABLE), key=lambda p: -p.median)
    against = sorted((p for p in terms if p.median < -NOTABLE), key=lambda p: p.median)
    chance = sorted(act.probability)[len(act.probability) // 2]
    said = f"To {ACTS.get(act.act, act.act)} {act.club_name}: {percent(chance)} in this month."
    clauses = []
    if speaks_for:
        clauses.append("for it spoke " + listed([named(p) for p in speaks_for]))
    if against:
        clauses.append("against it " + listed([named(p) for p in against]))
    if clauses:
        joined = "; ".join(clauses)
        said += f" {joined[:1].upper()}{joined[1:]}."
    if act.done:
        said += " The record shows that it did so."
    return said


def story(explanation: Explanation) -> list[str]:
    """The explanation as a list of sentences."""
    lines = [sentence(act) for act in explanation.acts]
    for turn in explanation.turns:
        worth = "worth having" if turn.worth > 0 else "worth less than nothing"
        moved = TERMS.get(turn.term, turn.term.replace("_", " "))
        lines.append(
            f"A seat in {turn.club} has been {worth} since {turn.month}, when {moved} moved most."
        )
    return lines


def percent(chance: float) -> str:
    """A chance as a reader says it."""
    if chance < 0.001:
        return "under 0.1%"
    return f"{chance:.1%}" if chance < 0.1 else f"{chance:.0%}"


def listed(words: list[str]) -> str:
    """A, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
