"""How far a command is, on stderr: a bar where somebody looks, lines where a log is asked for, else nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tashkent.cli.screen import console
from tashkent.cli.verbosity import LOG, shows_bars
from tashkent.model.bars import bar_on


@contextmanager
def progress_bar(stage: str) -> "Iterator[Callable[[int, int], None]]":
    """A progress bar on stderr for one stage: done, and of how much."""
    with stages_bar() as tell:
        yield lambda done, of: tell(stage, done, of)


@contextmanager
def stages_bar() -> "Iterator[Callable[[str, int, int], None]]":
    """A progress bar on stderr for jobs of several stages: the stage, how much of it is done, and of how much."""
    screen = console(stderr=True)
    if not shows_bars() or not screen.is_terminal:
        yield _logged
        return
    with bar_on(screen) as bar:
        task = bar.add_task("", total=None)
        yield lambda stage, done, of: bar.update(task, description=stage, completed=done, total=of)


def _logged(stage: str, done: int, of: int) -> None:
    if stage:
        LOG.info("%s: %s of %s", stage, f"{done:,}", f"{of:,}")
