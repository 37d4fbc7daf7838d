"""Bars: how far long work is, in a terminal and in a notebook, and nothing where nobody looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


def bar_on(screen: "Console") -> "Progress":
    """A bar of rich on a console, with what is done, how much of it, and how long the rest takes; gone when it ends."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:>13}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=screen, transient=True)


@contextmanager
def progress_bar(
    title: str = "", of: int | None = None, *, console: "Console | None" = None
) -> Iterator[Callable[..., None]]:
    """A bar while long work goes on, as `progress` of whatever takes one.

    It is shown on stderr if that is a terminal, and below the cell in a notebook.

    Parameters
    ----------
    title
        What stands before the bar.
    of
        How much there is to do, if the work does not say it itself: the runs of `tashkent.simulate`.
    console
        Where it is shown.

    Examples
    --------
    >>> import tashkent as tk
    >>> with tk.progress_bar("two worlds") as told:
    ...     found = tk.compare("cst", "CF1", runs=20, start="1998-12", progress=told)
    >>> with tk.progress_bar(of=20) as told:
    ...     ensemble = tk.simulate(runs=20, start="2020-12", progress=told)
    """
    from rich.console import Console

    screen = console or Console(stderr=True, markup=False, emoji=False)
    if not (screen.is_terminal or screen.is_jupyter):
        yield lambda done, of=None: None
        return
    with bar_on(screen) as bar:
        task = bar.add_task(title, total=of)

        def told(done: int, total: int | None = None) -> None:
            bar.update(task, completed=done, total=of if total is None else total)

        yield told
