"""docs/licences.md: what is shipped and what is installed with it, each with its terms.

``python -m publish.licences`` writes it from ``publish/licences.toml``, the codebook of the world's tables,
``requirements.lock`` and what the installed packages say of themselves.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from importlib import metadata
from pathlib import Path
from typing import Any

from publish.page import ROOT, rendered, write
from publish.world import codebook

PAGE, TERMS, LOCK = (
    Path("docs/licences.md"),
    Path("publish/licences.toml"),
    Path("requirements.lock"),
)
#: what packages and sources call licences that have an SPDX name, as far as they do not use it
SPDX = {
    "BSD License": "BSD",
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "ISC License (ISCL)": "ISC",
    "Python Software Foundation License": "PSF-2.0",
    "Apache 2.0": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "2-clause BSD": "BSD-2-Clause",
    "ISC License": "ISC",
    "ISC license": "ISC",
    "CC BY 4.0": "CC-BY-4.0",
    "CC BY-SA 4.0": "CC-BY-SA-4.0",
}
#: characters of a licence that is a name and no text
LONGEST = 60


def terms() -> dict[str, Any]:
    """What is shipped on what terms, and licences of packages that do not tell theirs here."""
    return tomllib.loads((ROOT / TERMS).read_text(encoding="utf-8"))


def project() -> dict[str, Any]:
    """What pyproject.toml says of the project."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: dict[str, Any] = told["project"]
    return found


def row_of(path: str, rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The first row of what is shipped whose patterns fit a file, by its path from the root."""
    return next(
        (r for r in rows if any(fnmatchcase(path, pattern) for pattern in r["files"])), None
    )


def locked() -> Iterator[tuple[str, str, str]]:
    """Every package of the lock: name, version, and where alone it is installed."""
    text = (ROOT / LOCK).read_text(encoding="utf-8")
    yield from re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)(?: ; ([^\\\n]*?))? *\\?$",
        text,
        flags=re.MULTILINE,
    )


def licence(name: str) -> str:
    """The licence of an installed package as it says itself; empty if it is not installed or does not say."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    short = told.get("License-Expression") or told.get("License") or ""
    if short and len(short) <= LONGEST and "\n" not in short and short != "UNKNOWN":
        return SPDX.get(short, short)
    classified = (
        one.rpartition(" :: ")[2]
        for one in told.get_all("Classifier") or ()
        if one.startswith("License ::")
    )
    return " OR ".join(SPDX.get(one, one) for one in classified if one != "OSI Approved")


def packages(named: Mapping[str, str]) -> list[tuple[str, str, str, str]]:
    """A row for each package of the lock: name, version, licence, where alone.

    Raises
    ------
    LookupError
        If a licence is not known.
    """
    rows = []
    for name, version, where in locked():
        found = licence(name) or named.get(name, "")
        if not found:
            raise LookupError(f"the licence of {name}: write it into {TERMS}")
        rows.append((name, version, found, f"`{where}`" if where else ""))
    return rows


def world() -> list[tuple[str, str, str]]:
    """A row for each source of the world's tables: source, tables, terms."""
    told = codebook()
    told = told[told["source"] != ""]
    return [
        (
            str(source),
            ", ".join(f"`{name}`" for name in dict.fromkeys(part["table"])),
            SPDX.get(str(of), str(of)),
        )
        for (source, of), part in told.groupby(["source", "terms"], sort=False)
    ]


def page() -> str:
    """The whole page."""
    told = terms()
    shipped = "\n".join(
        f"| {', '.join(f'`{one}`' for one in row['files'])} | {row['what']} | {row['terms']} | `{row['from']}` |"
        for row in told["shipped"]
    )
    return rendered(
        "licences.md",
        expression=project()["license"],
        shipped=shipped,
        world=world(),
        packages=packages(told["licences"]),
    )


def main() -> None:
    """Write the page."""
    write(PAGE, page())


if __name__ == "__main__":
    main()
