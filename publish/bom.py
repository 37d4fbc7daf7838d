"""docs/sbom.cdx.json: a bill of materials (CycloneDX 1.6): packages that are needed, and what of others is shipped.

``python -m publish.bom`` writes it from what docs/licences.md is made from. Its number is made of what it says, and its
day is the last that the changelog names, which for a release is its own: the same tables give the same bytes.
Digests of packages stand in ``requirements.lock``, one for each file of each.
"""

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from publish.licences import LOCK, packages, project, terms, world
from publish.page import ROOT, write

BILL = Path("docs/sbom.cdx.json")
#: where the terms of what is ours stand
OURS = "LICENSE"
#: a property of a component, and what it says
ONLY_WHERE, FILES = "tashkent:only-where", "tashkent:files"


def needed_by() -> dict[str, list[str]]:
    """Package -> the packages of the lock that ask for it, the project among them; as the lock says behind ``via``."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in (ROOT / LOCK).read_text(encoding="utf-8").splitlines():
        if pinned := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", line):
            name = pinned[1]
            found[name] = []
        elif name and (asker := re.match(r"    # (?:via |  )([A-Za-z0-9._-]+)", line)):
            found[name].append(asker[1])
    return found


def bill() -> dict[str, Any]:
    """The whole bill.

    Raises
    ------
    LookupError
        If a licence is not known.
    """
    ours = project()
    told = terms()
    rows = packages(told["licences"])
    urls = {name: _url(name, version) for name, version, _, _ in rows}
    urls[ours["name"]] = _url(ours["name"], ours["version"])
    needs: dict[str, list[str]] = {name: [] for name in urls}
    for name, askers in needed_by().items():
        for asker in askers:
            needs[asker].append(urls[name])
    libraries = [
        {
            "type": "library",
            "bom-ref": urls[name],
            "name": name,
            "version": version,
            "purl": urls[name],
            "licenses": _licences(of),
            **_property(ONLY_WHERE, where.strip("`")),
        }
        for name, version, of, where in rows
    ]
    found = {
        "version": 1,
        "metadata": {
            "timestamp": f"{last_day()}T00:00:00Z",
            "component": {
                "type": "application",
                "bom-ref": urls[ours["name"]],
                "name": ours["name"],
                "version": ours["version"],
                "purl": urls[ours["name"]],
                "licenses": _licences(ours["license"]),
            },
        },
        "components": [*libraries, *_shipped(told["shipped"])],
        "dependencies": [
            {"ref": urls[name], "dependsOn": sorted(on)} for name, on in sorted(needs.items())
        ],
    }
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": serial(found), **found}


def serial(said: dict[str, Any]) -> str:
    """The number of a bill, made of all that it says but its number and format: another bill has another one."""
    names = ("version", "metadata", "components", "dependencies")
    text = json.dumps({name: said[name] for name in names}, sort_keys=True, ensure_ascii=False)
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, text)}"


def last_day() -> str:
    """The last day that the changelog names, as YYYY-MM-DD: that of the release, or of the one before."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return str(max(re.findall(r"^## \[[^]]+\] - (\d{4}-\d{2}-\d{2})$", text, re.MULTILINE)))


def _shipped(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What of others is in the package: files by their row, and the sources of the world's tables."""
    others = [row for row in rows if row["from"] != OURS]
    found = [(row["what"], row["terms"], ", ".join(row["files"])) for row in others]
    found += [(source, of, f"model/evidence/tables: {tables}") for source, tables, of in world()]
    for what, of, where in found:
        kind = "library" if where.endswith(".js") else "data"
        named = {"type": kind, "bom-ref": f"{where}: {what}", "name": what}
        yield {**named, "licenses": _licences(of), **_property(FILES, where.replace("`", ""))}


def _url(name: str, version: str) -> str:
    return f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"


def _property(name: str, value: str) -> dict[str, Any]:
    return {"properties": [{"name": name, "value": value}]} if value else {}


def _licences(told: str) -> list[dict[str, Any]]:
    """Terms as an expression of SPDX if they are one, otherwise by the name that they go by."""
    try:
        return [{"expression": str(canonicalize_license_expression(told))}]
    except InvalidLicenseExpression:
        return [{"license": {"name": told}}]


def main() -> None:
    """Write the bill."""
    write(BILL, json.dumps(bill(), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
