"""Visitors of the dashboard without a browser."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import solara

from tashkent.dashboard import (
    view,
)
from tashkent.dashboard.page import Page
from tashkent.model.case import Case

#: seconds after which what never came is missed, on a machine however slow
PATIENCE = 60
#: part of a change to a series, and a question of a visitor's own
SERIES: dict[str, Any] = {"states": ("UZB",), "first_year": 1999, "last_year": 2005}
STRUCK = 'id = "mine"\n\n[[patch]]\ndo = "remove_event"\nevent = "E022"\n'


def ignore(_: int) -> None:
    """Nobody watches."""


def asked_view(case: Case, **asked: str) -> view.View:
    wanted = {"page": "whatif", "runs": "20", "guess": "UZB:up:80,GEO:none:60", **asked}
    seen, complaints = view.changed(case, view.default(case), wanted)
    assert not complaints
    return seen


class Visitor:
    """A page without a browser, of many runs."""

    def __init__(self) -> None:
        self.box, self.context = solara.render(Page(), handle_error=False)
        self.send("busy", "apply", {"show": "ensemble"})

    def find(self, prop: str) -> Any:
        """The widget that has a property, once there is one."""
        for _ in range(20 * PATIENCE):
            for widget in self._below(self.box):
                if widget.has_trait(prop):
                    return widget
            time.sleep(0.05)
        raise AssertionError(f"no widget with {prop}")

    def _below(self, widget: Any) -> Iterator[Any]:
        yield widget
        for child in getattr(widget, "children", ()):
            if not isinstance(child, str):
                yield from self._below(child)

    def send(self, prop: str, event: str, value: Any = None) -> None:
        """What the page sends when something is clicked; then until it is shown."""
        self.find(prop)._handle_event(None, {"event": event, "data": value}, [])
        self.wait(self.shown)

    def shown(self) -> bool:
        """Nothing is left to be shown: while a thread that runs something is at the page, that thread does it."""
        page = self.context
        return not (page.thread_lock.locked() or page._rerender_needed or page._is_rendering)

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until it is so."""
        for _ in range(20 * PATIENCE):
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError("it never came to be")
