"""Writing a folder: all of it, or nothing."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tashkent.model.errors import InputError


def is_free(path: Path) -> bool:
    """Whether nothing stands at a path but, perhaps, an empty folder."""
    return not os.path.lexists(path) or (path.is_dir() and not any(path.iterdir()))


def check_can_be_made(path: Path, key: str) -> None:
    """Refuse a place where no folder can be made; asked before the work, not after it."""
    there = next(parent for parent in path.absolute().parents if parent.exists())
    try:
        tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=there).cleanup()
    except OSError as error:
        raise _cannot_be_made(path, key, error) from None


def _cannot_be_made(path: Path, key: str, error: OSError) -> InputError:
    return InputError(key, "folder", str(path), f"a folder that can be made ({error.strerror})")


@contextmanager
def whole_folder(path: Path, key: str) -> Iterator[Path]:
    """A folder to write into that takes the place of `path` when all is written, and is removed if anything fails.

    A folder that stands there is replaced: whoever asks for it checks before that nothing is lost.
    """
    path = path.absolute()
    parent = path.parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=parent))
    except OSError as error:
        raise _cannot_be_made(path, key, error) from None
    try:
        yield made
        made.chmod(0o755)
        if path.exists():
            old = made.with_name(made.name + "-old")
            os.replace(path, old)
            os.replace(made, path)
            shutil.rmtree(old)
        else:
            os.replace(made, path)
    finally:
        shutil.rmtree(made, ignore_errors=True)
