"""What the page of What if says of a question: its words, its months, and who is in when both worlds begin."""

from typing import Any

from tashkent.dashboard import question
from tashkent.dashboard.view import Guess, View
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case
from tashkent.model.counterfactual import SUFFIX, Counterfactual
from tashkent.model.patches.words import in_words
from tashkent.model.statuses import is_in


def about(view: View) -> str:
    """What a prediction and its reasons are about: the question, whatever else is chosen."""
    return f"{view.counterfactual} {view.own if view.counterfactual == question.OWN else ''}"


def states(case: Case) -> list[dict[str, str]]:
    """The states of which something can be predicted."""
    return [{"id": s.state, "name": s.name} for s in case.states if s.state in case.deciders]


def first_states(case: Case, counterfactual: Counterfactual | None, club: str) -> list[str]:
    """The states that a question asks about in a club, or else in any; none if it does not say."""
    asked = counterfactual.outcomes if counterfactual else ()
    here = [o.state for o in asked if o.club == club] or [o.state for o in asked]
    return [state for state in dict.fromkeys(here) if state in case.deciders]


def labels(case: Case, view: View) -> dict[str, str]:
    """The month from whose record both worlds begin, and the club by its name in the month that is asked about."""
    return {"origin": month_label(view.origin), "club_name": case.club_name(view.club, view.by)}


def by_state(guess: tuple[Guess, ...]) -> dict[str, Any]:
    """Direction and confidence by state."""
    return {state: [direction, sure] for state, direction, sure in guess}


def told(case: Case, counterfactual: Counterfactual | None) -> dict[str, Any]:
    """A question in words, and what it changes."""
    return {
        "title": counterfactual.title if counterfactual else "",
        "question": counterfactual.question if counterfactual else "",
        "words": [in_words(case, patch) for patch in counterfactual.patches]
        if counterfactual
        else [],
    }


def as_file(view: View, counterfactual: Counterfactual | None) -> dict[str, str]:
    """The question as a file, and the command that asks the same of it."""
    if counterfactual is None:
        return {"toml": "", "file": "", "command": ""}
    file = f"{counterfactual.id}{SUFFIX}"
    name = file if view.counterfactual == question.OWN else counterfactual.id
    start = month_label(view.origin)
    return {
        "toml": question.written(counterfactual, (start,)),
        "file": file,
        "command": f"tashkent compare {name} --from {start} --runs {view.runs} --seed {view.seed}",
    }


def starts(case: Case, counterfactual: Counterfactual | None) -> list[int]:
    """The months from which both worlds may begin."""
    asked = [case.month(text, "starts") for text in counterfactual.starts] if counterfactual else []
    return sorted({case.start, *asked, *(m for m in case.shown if m < case.end)})


def months(case: Case, origin: int, counterfactual: Counterfactual | None) -> list[int]:
    """The months after a start that may be asked about."""
    asked = (
        [case.month(o.month, "month") for o in counterfactual.outcomes] if counterfactual else []
    )
    return sorted(m for m in {*asked, *case.shown, case.end} if m > origin)


def seat(case: Case, club: str, origin: int, state: str) -> str:
    """Whether a state is in a club when both worlds begin."""
    place = (case.state_ids.index(state), tuple(case.clubs).index(club))
    return "in" if is_in(compile_case(case).record.status[origin - case.start][place]) else "out"
