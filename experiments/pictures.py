"""Pictures in files, the same on every machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(drawn: Callable[[], "Figure"], path: Path) -> None:
    """Draw a picture and write it, whatever its user has set for pictures of their own."""
    with _usual_style():
        drawn().savefig(path, dpi=150, metadata={"Software": None})


@contextmanager
def _usual_style() -> Iterator[None]:
    """The style that matplotlib ships; a dollar in a name is a dollar and begins no formula."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams["text.parse_math"] = False
        yield
