"""A result in one file, with all that it takes to run it again years later: result, manifest, case and lock.

An archive holds the files that the manifest of a result names, the shipped case that it was made from (a case of one's
own is among the files of the result), and the versions of all packages. `experiments.archived` opens it.
"""

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from tashkent.experiments.archived import CASE, KIND, RESULT
from tashkent.experiments.given import case_files, case_of, digest_of
from tashkent.experiments.reproduction import read_manifest
from tashkent.model.archives import check_archive, write_archive
from tashkent.model.case.loading import is_shipped
from tashkent.model.errors import InputError
from tashkent.model.storage import FILES, MANIFEST, OTHERS, manifest_in, sha256

#: what an archive has beside the result and the case
LOCK, WORDS = "requirements.lock", "README.md"
_README = """# {title}

A result of `tashkent {command}`, archived with what it takes to run it again:

    tashkent reproduce {name}

* `result/`: the result, its manifest, and the files of one's own that it was made from.
{case}* `requirements.lock`: versions of the packages; Python {python}, tashkent {tashkent}, code {code}{commit}.
* `archive.json`: the SHA-256 of each file.
"""
_OF_CASE = """* `case/`: the shipped case that it was made from, with its posterior; the terms of its data are in
  `evidence/README.md` there.
"""


@dataclass(frozen=True)
class Archived:
    """A result that was archived."""

    path: Path
    command: str
    case: str
    files: int
    #: what is to be known of it
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """For machines."""
        return {
            "archive": str(self.path),
            "command": self.command,
            "case": self.case,
            "files": self.files,
            "bytes": self.path.stat().st_size,
            "sha256": sha256(self.path),
            "notes": list(self.notes),
        }


def archive(result: Path, out: Path, key: str = "--out") -> Archived:
    """Put a result into one file, with the shipped case and the versions of packages.

    The file is written whole or not at all, and only an earlier archive is replaced.

    Parameters
    ----------
    result
        The folder of a result, or its manifest.
    out
        The archive, whose name ends in ``.zip``.
    key
        The option by which `out` was given.

    Raises
    ------
    InputError
        If the result cannot be run again or is no longer what it was, the case is no longer the one that it was made
        from, or `out` is taken.
    """
    check_archive(out, KIND, key)
    manifest = result / MANIFEST if result.is_dir() else result
    told = read_manifest(manifest)
    found = {f"{RESULT}/{name}": path for name, path in _files(manifest).items()}
    libraries, code = told.get("libraries"), str(told.get("code", "unknown"))
    libraries = libraries if isinstance(libraries, dict) else {}
    case = case_of(told["arguments"])
    content: dict[str, Path | bytes] = {**found, **_case(case, told, manifest.name)}
    versions, notes = lock(libraries)
    content[LOCK] = versions.encode()
    content[WORDS] = _README.format(
        title=f"{told['case']}: {told['command']}",
        name=out.name,
        case=_OF_CASE if is_shipped(case) else "",
        command=told["command"],
        python=told.get("python", "unknown"),
        tashkent=libraries.get("tashkent", "unknown"),
        code=code[:12],
        commit=f", commit {str(told['commit'])[:46]}" if told.get("commit") else "",
    ).encode()
    says = {"command": told["command"], "case": told["case"], "case_hash": told["case_hash"]}
    write_archive(out, content, KIND, says, key)
    return Archived(out, told["command"], told["case"], len(content), notes)


def _files(manifest: Path) -> dict[str, Path]:
    """The files of a result by their names, each as it was when the result was made."""
    folder = manifest.parent
    told = manifest_in(folder)
    if manifest.name != MANIFEST or told is None:
        raise InputError(
            "archive", "manifest", str(manifest), f"{MANIFEST} in the folder of a result"
        )
    for name, digest in {**told[FILES], **told.get(OTHERS, {})}.items():
        place = folder / name
        if not place.is_file() or sha256(place) != digest:
            state = "changed" if place.is_file() else "missing"
            allowed = "each file as it was when the result was made: make it again"
            raise InputError(MANIFEST, name, state, allowed)
    names = (MANIFEST, *told[FILES], *told.get(OTHERS, {}))
    return {name: folder / name for name in names}


def _case(case: str, told: Mapping[str, Any], manifest: str) -> dict[str, bytes]:
    """The files of the shipped case, by their places in the archive; none of a case of one's own."""
    if not is_shipped(case):
        return {}
    files = case_files(case)
    if told["shipped"].get(case) != digest_of(files):
        allowed = "the case as it is now: make the result again, or archive it with the version that made it"
        raise InputError(manifest, "shipped", f"{case} of another version", allowed)
    return {f"{CASE}/{case}{path}": content for path, content in files.items()}


def lock(libraries: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The versions of all that tashkent needs, as pip takes them: those that a manifest names, else those installed.

    Parameters
    ----------
    libraries
        Versions by package, as a manifest has them.

    Returns
    -------
    tuple
        The text, and a line for each package that is of another version now.
    """
    known = {_plain(name): version for name, version in libraries.items()}
    lines, notes = [], []
    for name, version in sorted(_needed("tashkent").items()):
        then = known.get(name, version)
        if then != version:
            notes.append(f"{name} was {then} when the result was made, is {version} now")
        lines.append(f"{'# ' if name == 'tashkent' else ''}{name}=={then}")
    head = f"# Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return "\n".join([head, *lines, ""]), tuple(notes)


def _needed(package: str) -> dict[str, str]:
    """Installed versions of a package and of all that it needs, by plain name."""
    found: dict[str, str] = {}
    todo = [_plain(package)]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        try:
            installed = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # of another system or Python
            continue
        found[name] = installed.version
        todo += [
            _plain(match[0])
            for text in installed.requires or ()
            if not re.search(r";.*\bextra\b", text) and (match := re.match(r"[\w.-]+", text))
        ]
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
