"""How far a command is, on stderr; nothing where nobody looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tashkent.cli.screen import console


@contextmanager
def progress_bar(stage: str) -> "Iterator[Callable[[int, int], None]]":
    """A progress bar on stderr for one stage: done, and of how much."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:>10}"), BarColumn(), TimeRemainingColumn())
    screen = console(stderr=True)
    if not screen.is_terminal:
        yield lambda *_: None
        return
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(stage, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


@contextmanager
def stages_bar() -> "Iterator[Callable[[str, int, int], None]]":
    """A progress bar on stderr for jobs of several stages."""
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
    screen = console(stderr=True)
    if not screen.is_terminal:
        yield lambda *_: None
        return
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda stage, done, of: bar.update(task, description=stage, completed=done, total=of)
