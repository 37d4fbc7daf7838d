"""The council played by a class: petitions of the record, the rules in force, and what model and record made of it."""

import threading
from functools import lru_cache

from tashkent.calibration.posterior import posterior
from tashkent.dashboard.room import Hearing, Member
from tashkent.model.case import Case
from tashkent.model.clock import month_label, month_of
from tashkent.model.hearings import Heard, hearings
from tashkent.model.lawbook import provision
from tashkent.model.words import NEEDS, listed

#: posterior draws over which chances are taken
DRAWS, SEED = 200, 0
_turn = threading.Lock()


@lru_cache(maxsize=4)
def _heard(case: Case) -> dict[str, Heard]:
    found = hearings(case, posterior(case).draws(runs=DRAWS, seed=SEED))
    return {f"{month_label(h.month)} {h.club} {h.state} {h.asks}": h for h in found}


def _all(case: Case) -> dict[str, Heard]:
    """Petitions by their codes; who comes while they are made waits for them."""
    with _turn:
        return _heard(case)


def petitions(case: Case) -> list[dict[str, str]]:
    """The petitions of the case, as a teacher chooses among them."""
    return [
        {"code": code, "title": _title(case, heard), "month": month_label(heard.month)}
        for code, heard in _all(case).items()
    ]


def hearing_of(case: Case, code: str) -> Hearing:
    """A petition by its code.

    Raises
    ------
    ValueError
        If there is none.
    """
    heard = _all(case).get(code)
    if heard is None:
        raise ValueError("There is no such petition in this case.")
    names = {s.state: s.name for s in case.states}
    statutes = {s.id: s for s in case.statutes}
    return Hearing(
        code=code,
        title=_title(case, heard),
        text=_text(case, heard, names),
        club=heard.club,
        club_name=case.club_name(heard.club, heard.month),
        month=month_label(heard.month),
        rules=[(provision(statutes[rule]), statutes[rule].text) for rule in heard.rules],
        effect=effect(heard, names),
        enough=heard.enough,
        members=[Member(id=s, name=names[s], objects=p) for s, p in heard.objects.items()],
        needed=heard.needed,
        granted=heard.granted,
        record=_record(case, heard),
        met=heard.met,
    )


def _title(case: Case, heard: Heard) -> str:
    name = next(s.name for s in case.states if s.state == heard.state)
    club = case.club_name(heard.club, heard.month)
    asks = {
        "admission": f"asks to be admitted to {club}",
        "suspension": f"asks to have its membership in {club} suspended",
        "help": f"asks {club} for help",
    }[heard.asks]
    return f"{month_label(heard.month)}: {name} {asks}"


def _text(case: Case, heard: Heard, names: dict[str, str]) -> str:
    """What is asked for, and why if it is help."""
    if heard.asks != "help":
        return "The member for which you speak has one say."
    against = f", by {names[heard.against]}" if heard.against else ""
    return f"It asks for help against {NEEDS[heard.need]}{against}. The member for which you speak has one say."


def effect(heard: Heard, names: dict[str, str]) -> str:
    """What an objection does under the rules in force."""
    away = _away([names[s] for s in heard.absent])
    if heard.needed:
        words = (
            f"Those who are willing may act, but not without {names[heard.needed]}: its objection alone "
            "refuses help, and who else objects stays away and stops nobody."
        )
    elif heard.enough == 0:
        return f"{away}, and under this rule absence blocks: nothing can be decided."
    elif heard.enough == 1:
        words = "One objection refuses it. Nobody has to vote for it: who says nothing agrees."
    else:
        words = f"It is refused if {heard.enough} of {len(heard.objects)} object."
    return f"{words} {away}, which blocks nothing." if away else words


def _away(names: list[str]) -> str:
    """Who takes no part; empty if all do."""
    return f"{listed(names)} {'takes' if len(names) == 1 else 'take'} no part" if names else ""


def _record(case: Case, heard: Heard) -> str:
    """What happened, in the words of the case where it has some."""
    said = "It was granted." if heard.met else "It was not granted."
    for row in case.requests:
        if (row.state, month_of(row.date), row.kind) == (heard.state, heard.month, heard.need):
            return f"{said} {row.why.rstrip('.')}."
    return said
