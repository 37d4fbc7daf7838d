"""A long source is cited by section, or says that none was found."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from tashkent.cli.new_case import SKELETON
from tashkent.cli.whole_case import load_whole_case
from tashkent.model.case import Case, load_case
from tashkent.model.case.checks import sourced
from tashkent.model.citations import NOT_LOCATED, citations
from tests.test_cli import call

CONTENTS = "source,section,pages\nTALE,First part,1-10\nTALE,Second part,10-20\n"


def rows_of_tale(case: Case) -> list[list[str]]:
    wanted = {
        (file, row)
        for file, rows in sourced(case).items()
        for row, cites in rows
        if "TALE" in cites
    }
    return [[file, row, "TALE", "First part"] for file, row in sorted(wanted)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SKELETON, tmp_path / "case"))


def write(folder: Path, rows: list[list[str]], contents: str = CONTENTS) -> None:
    (folder / "contents.csv").write_text(contents)
    with (folder / "citations.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([["file", "row", "source", "section"], *rows])


def test_without_long_sources_nothing_is_asked(folder: Path) -> None:
    assert citations(load_case(folder)).citations == ()


def test_every_row_says_its_section(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    case = load_case(folder)
    rows = rows_of_tale(case)
    assert {file for file, *_ in rows} >= {"events.csv", "record.csv", "statutes.toml"}
    rows[0][3] = NOT_LOCATED
    write(folder, [*rows, [*rows[1][:3], "Second part"]])
    cited = citations(load_case(folder))
    assert (cited.located, cited.not_located) == (len(rows), 1)
    assert load_case(folder).hash == case.hash
    assert call(monkeypatch, "case", "check", str(folder), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["sections cited"], told["sections not located"]) == (len(rows), 1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda rows: rows[1:], "a line with a section of TALE for it, or 'section not located'"),
        (
            lambda rows: [[*rows[0][:3], "Frist part"], *rows[1:]],
            "'Frist part' is not valid; allowed: First part, Second part, section not located "
            "(nearest valid name: First part)",
        ),
        (lambda rows: [*rows, ["events.csv", "E999", "TALE", "First part"]], "TALE: row: "),
        (lambda rows: [*rows, [*rows[0][:2], "JUDGED", "First part"]], "source: 'JUDGED'"),
        (lambda rows: [[*rows[0][:3], ""], *rows[1:]], "citations.csv"),
    ],
)
def test_what_is_wrong_is_one_line(folder: Path, change: object, says: str) -> None:
    rows = rows_of_tale(load_case(folder))
    write(folder, change(rows))  # type: ignore[operator]
    with pytest.raises(ValueError, match="is not valid") as refused:
        load_whole_case(str(folder))
    assert says in str(refused.value)
    assert str(refused.value).startswith("citations.csv: ")


def test_a_section_of_no_source_is_refused(folder: Path) -> None:
    write(folder, [], CONTENTS + "TAIL,Third part,1\n")
    with pytest.raises(ValueError, match=r"contents\.csv: Third part\.source: 'TAIL'"):
        load_whole_case(str(folder))


def test_the_shipped_case_cites_its_long_source_by_section(case: Case) -> None:
    cited = citations(case)
    assert {one.source for one in cited.citations} == {"RD2013"}
    assert cited.located > 20 * cited.not_located
