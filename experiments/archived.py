"""A result that may stand in an archive, opened to be run again."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tashkent.experiments.given import case_files, digest_at, digest_of
from tashkent.model.archives import is_archive, unpacked
from tashkent.model.case.loading import is_shipped
from tashkent.model.errors import InputError
from tashkent.model.storage import MANIFEST

KIND = "tashkent result"
#: where result and shipped case stand in an archive
RESULT, CASE = "result", "case"


@dataclass(frozen=True)
class Opened:
    """Where a result is read, and the case that it was made from."""

    manifest: Path
    #: shipped case -> the copy that is read in its place
    places: Mapping[Path, Path] = field(default_factory=dict)
    #: shipped case -> what there is to say of it
    words: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """A result by its archive, its folder or its manifest.

    The archived case is read only if it is another than the one that comes with the model now.

    Raises
    ------
    InputError
        If it is an archive that cannot be used.
    """
    if not is_archive(path):
        yield Opened(path / MANIFEST if path.is_dir() else path)
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        unpacked(path, KIND, place, "reproduce")
        manifest, places, words = place / RESULT / MANIFEST, {}, {}
        for name, digest in _shipped_in(manifest).items():
            kept = place / CASE / name
            if digest_at(kept) != digest:
                allowed = "the case that its manifest has the digest of"
                raise InputError(path.name, f"{CASE}/{name}", "another", allowed)
            if digest != digest_of(case_files(name)):
                places[Path(name)] = kept
                words[name] = f"is another now; its copy {CASE}/{name} was used"
        yield Opened(manifest, places, words)


def _shipped_in(manifest: Path) -> Mapping[str, str]:
    """The shipped case that a manifest names; whatever is wrong with it is said when it is read."""
    try:
        found = json.loads(manifest.read_text(encoding="utf-8"))["shipped"]
        return {name: digest for name, digest in found.items() if is_shipped(name)}
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return {}
