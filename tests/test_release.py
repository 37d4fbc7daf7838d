"""What goes with a release: terms of all that is shipped, how to cite it, and what its page says is there."""

import json
import re
import subprocess
from datetime import date
from importlib.metadata import metadata
from pathlib import Path

import pytest
import yaml
from packaging.licenses import canonicalize_license_expression
from packaging.version import Version

from publish import bom, licences
from publish.licences import LOCK, PAGE, locked, packages, row_of, terms, world
from publish.page import ROOT
from publish.world import codebook
from tashkent.experiments.manifest import provenance
from tashkent.model.source import commit_at

FOLDERS = ("agents", "model", "calibration", "experiments", "dashboard", "src/tashkent")
RELEASING = (ROOT / "docs/releasing.md").read_text(encoding="utf-8")


def tracked() -> list[str]:
    """Every file of the package that git has."""
    command = ["git", "ls-files", *FOLDERS]
    found = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return found.stdout.splitlines()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="git knows what is shipped")
def test_every_file_of_the_package_has_terms_and_every_row_files() -> None:
    rows = terms()["shipped"]
    found = {name: row_of(name, rows) for name in tracked()}
    assert not [name for name, row in found.items() if row is None]
    used = [row["files"] for row in found.values() if row is not None]
    assert [row["files"] for row in rows[:-1] if row["files"] not in used] == []


def test_a_file_of_no_row_is_found_out() -> None:
    rows = terms()["shipped"]
    assert row_of("dashboard/new.csv", rows) is None
    assert row_of("dashboard/labels.csv", rows) is not None
    composites = row_of("model/cases/cst/evidence/composites.csv", rows)
    assert composites is not None
    assert composites["terms"] == "CC-BY-SA-4.0"


def test_what_the_rows_refer_to_is_there() -> None:
    for row in terms()["shipped"]:
        assert (ROOT / row["from"]).is_file()


def test_each_source_of_the_world_has_its_terms() -> None:
    told = codebook()
    told = told[told["source"] != ""]
    assert {source for source, _, _ in world()} == set(told["source"])
    assert all(of for _, _, of in world())


def test_all_locked_packages_are_on_the_page_with_a_licence() -> None:
    text = (ROOT / LOCK).read_text(encoding="utf-8")
    names = re.findall(r"^([A-Za-z0-9._-]+)", text, flags=re.MULTILINE)
    assert [name for name, _, _ in locked()] == names
    page = (ROOT / PAGE).read_text(encoding="utf-8").split("## Packages that are needed")[1]
    rows = re.findall(r"^\| (\S+) \| (\S+) \| ([^|]+) \|", page, flags=re.MULTILINE)[1:]
    assert [(name, version) for name, version, _ in rows] == [(n, v) for n, v, _ in locked()]
    assert all(of.strip() for _, _, of in rows)


def test_the_page_is_made_from_its_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the licences of packages, which those that are installed say of themselves."""
    monkeypatch.setattr(licences, "packages", lambda _: [])
    cut = "## Packages that are needed"
    written = (ROOT / PAGE).read_text(encoding="utf-8").split(cut)[0]
    assert licences.page().split(cut)[0] == written, "run: make docs"


def test_a_licence_that_nobody_tells_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences, "locked", lambda: iter([("no-such-package", "1", "")]))
    with pytest.raises(LookupError, match="the licence of no-such-package: write it into"):
        packages({})
    assert packages({"no-such-package": "MIT"}) == [("no-such-package", "1", "MIT", "")]


def test_the_bill_is_made_from_its_tables_and_hangs_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All but the licences of packages, as above."""
    rows = [(name, version, "MIT", where and f"`{where}`") for name, version, where in locked()]
    monkeypatch.setattr(bom, "packages", lambda _: rows)
    made, written = bom.bill(), json.loads((ROOT / bom.BILL).read_text(encoding="utf-8"))
    for one in (made, written):
        assert one.pop("serialNumber") == bom.serial(one)
    assert bom.serial(made) != bom.serial({**made, "version": 2})
    own = {part["name"]: part["licenses"] for part in written["components"]}
    assert own["typer"] == [{"expression": "MIT"}]
    assert own["Correlates of War capitals"] == [{"license": {"name": "free with citation"}}]
    for part in (*made["components"], *written["components"]):
        assert part.pop("licenses") if "purl" in part else part["licenses"]
    assert made == written, "run: make docs"
    known = [part["bom-ref"] for part in written["components"]]
    assert len(set(known)) == len(known)
    asked = {ref for one in written["dependencies"] for ref in one["dependsOn"]}
    # what nobody asks for would not be in the lock
    assert asked == {part["bom-ref"] for part in written["components"] if "purl" in part}


def test_the_licence_of_the_wheel_names_the_terms_of_all_that_is_in_it() -> None:
    told = licences.project()["license"]
    named = set(told.split(" AND "))
    assert canonicalize_license_expression(told) == told
    shipped = [row["terms"] for row in terms()["shipped"]] + [of for _, _, of in world()]
    known = {one for text in shipped for one in re.findall(r"\b(?:MIT|CC-[A-Z0-9.-]*[0-9])", text)}
    assert named == known | {"LicenseRef-Cited-Data"}
    assert not [text for text in shipped if "CC BY" in text]


def test_the_terms_go_into_the_wheel() -> None:
    told = licences.project()
    assert str(PAGE) in told["license-files"]
    assert metadata("tashkent")["Name"] == told["name"]


# citation and version ------------------------------------------------------------------------------


def test_version_and_day_are_the_same_everywhere() -> None:
    """A version that the changelog has no day of is not released, and the citation has none either."""
    told = licences.project()
    version = told["version"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["keywords"] == told["keywords"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    days = dict(
        re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", changes, re.MULTILINE)
    )
    assert str(cited["version"]) == version
    day = days.get(version)
    assert cited.get("date-released") == (None if day is None else date.fromisoformat(day))
    # what has changed since the last release is a version of its own, and says so
    pending = changes.split("## [Unreleased]")[1].split("\n## [")[0].strip()
    last = max(map(Version, days))
    if pending:
        assert Version(version).is_devrelease
        assert Version(version) > last
    else:
        assert Version(version) == last


def test_the_commit_of_a_checkout_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert commit_at(tmp_path) is None
    git = ("git", "-c", "user.name=x", "-c", "user.email=x@example.org")
    (tmp_path / "a.txt").write_text("one")
    for words in (("init", "-q"), ("add", "a.txt"), ("commit", "-q", "-m", "First"), ("tag", "v1")):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    said = commit_at(tmp_path)
    assert said is not None
    assert re.fullmatch("[0-9a-f]{40}", said)
    (tmp_path / "b.txt").write_text("of nobody")
    assert commit_at(tmp_path) == said
    (tmp_path / "a.txt").write_text("two")
    assert commit_at(tmp_path) == f"{said}-dirty"
    monkeypatch.setenv("PATH", "")
    assert commit_at(tmp_path) is None


def test_a_manifest_has_the_commit() -> None:
    assert provenance()["commit"] == commit_at(ROOT)


def test_the_citation_has_what_its_format_asks_for_and_invents_nobody() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert (cited["cff-version"], cited["type"], cited["license"]) == ("1.2.0", "software", "MIT")
    assert cited["authors"] == [{"name": "the tashkent authors"}]
    assert not {"doi", "identifiers"} & set(cited)


# the page ------------------------------------------------------------------------------------------


def test_what_the_page_tells_to_make_can_be_made() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, flags=re.MULTILINE))
    told = set(re.findall(r"`make ([a-z0-9-]+)`", RELEASING))
    assert {"check", "rebuilt", "torture", "wheel", "lock"} <= told <= targets


def test_deprecation_says_what_where_and_how_long() -> None:
    policy = RELEASING.split("## Deprecation")[1].split("## How to release")[0]
    for word in ("FutureWarning", "--quiet", "half a year", "*Deprecated*", "*Removed*"):
        assert word in policy
    assert Path("docs/releasing.md").name in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
