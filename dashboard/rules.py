"""The law of a club as plain data for the page: every rule with its facts and sources, and what changed when.

What is said of a rule is that of `model.lawbook`, from which docs/rulebook.md is made too.
"""

from functools import lru_cache
from typing import Any

from tashkent.model import lawbook
from tashkent.model.case import Case
from tashkent.model.citations import sections
from tashkent.model.clock import month_of
from tashkent.model.statutes import Statute


@lru_cache(maxsize=32)
def rules_of(case: Case, club: str) -> list[dict[str, Any]]:
    """The rules of a club in the order in which they began, with the months in which they are in force."""
    own = lawbook.in_order(s for s in case.statutes if s.club == club)
    return [_told(case, statute) for statute in own]


def _told(case: Case, statute: Statute) -> dict[str, Any]:
    first, last = lawbook.months_in_force(statute)
    kind = lawbook.spoken(lawbook.kind_of(statute))
    aside = ("kind", "provision", "source")
    return {
        "id": statute.id,
        "title": f"{kind[:1].upper()}{kind[1:]}: {lawbook.provision(statute)}",
        "text": statute.text,
        "open": lawbook.open_question(statute),
        "facts": [[name, words] for name, words in lawbook.facts(statute) if name not in aside],
        "sources": [
            [code, words, sections(case, "statutes.toml").get((statute.id, code), "")]
            for code, words in lawbook.sources(case, [statute]).items()
        ],
        "first": first,
        "last": last,
    }


@lru_cache(maxsize=32)
def changes_of(case: Case, club: str) -> list[dict[str, Any]]:
    """What began, ended and was replaced in the law of a club, day by day."""
    titles = {rule["id"]: rule["title"] for rule in rules_of(case, club)}
    return [
        {
            "day": str(change.day),
            "month": month_of(change.day),
            "began": [[s.id, titles[s.id]] for s in change.began],
            "ended": [[s.id, titles[s.id]] for s in change.ended],
            "replaced": [
                [swap.old.id, swap.new.id, lawbook.differences(swap).replace("->", "→")]
                for swap in change.replaced
            ],
        }
        for change in lawbook.changes(case, club)
    ]
