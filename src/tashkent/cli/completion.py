"""What a shell may complete an argument with: names of cases, and what the case that is asked for has by name."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from tashkent.model.case import Case

#: a name, and what is said of it where a shell shows that
type Names = Iterable[tuple[str, str]]


def cases(incomplete: str) -> list[tuple[str, str]]:
    """The shipped cases; folders are the shell's to complete."""
    from tashkent.model.case.loading import shipped_cases

    return [(name, "a shipped case") for name in shipped_cases() if name.startswith(incomplete)]


def _of_case(
    names: "Callable[[Case], Names]",
) -> Callable[[typer.Context, str], list[tuple[str, str]]]:
    """Completion with what the case of the command line has by name, in small letters too; none if it has faults."""

    def complete(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
        from tashkent.model.case import load_case
        from tashkent.model.errors import InputError

        try:
            found = list(names(load_case(ctx.params.get("case") or "cst")))
        except InputError:
            return []
        if incomplete.islower():  # Typer drops what does not begin as it is typed
            found = [(name.lower(), told) for name, told in found]
        return [(name, told) for name, told in found if name.startswith(incomplete)]

    return complete


def _states(case: "Case") -> Iterator[tuple[str, str]]:
    return ((one.state, one.name) for one in case.states if one.state in case.deciders)


def _clubs(case: "Case") -> Iterator[tuple[str, str]]:
    return ((code, club.title) for code, club in case.clubs.items())


def _theories(case: "Case") -> Iterator[tuple[str, str]]:
    return ((name, "a theory") for name in case.theories)


def _counterfactuals(case: "Case") -> Iterator[tuple[str, str]]:
    from tashkent.model.counterfactual import shipped_counterfactuals

    return ((one.id, one.title) for one in shipped_counterfactuals(case))


states, clubs = _of_case(_states), _of_case(_clubs)
theories, counterfactuals = _of_case(_theories), _of_case(_counterfactuals)
