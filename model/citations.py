"""Citations: the sections of long sources on which the rows of a case rest.

`contents.csv` of a case lists the sections of its long sources, `citations.csv` says in which of them each row that
cites such a source finds what it says. Both stand beside the tables: nothing in them informs a run or a fit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel, Field

from tashkent.model.case import Case
from tashkent.model.case.checks import sourced
from tashkent.model.case.tables import CITATIONS, CONTENTS, TableRow
from tashkent.model.errors import InputError, unknown
from tashkent.model.reading import csv_rows, file_text

#: stands in place of a section where none was found
NOT_LOCATED = "section not located"


class Section(TableRow):
    """A section of a long source, and its pages."""

    source: str
    section: str = Field(min_length=1)
    pages: str = Field(min_length=1)


class Citation(TableRow):
    """A row of a table, by what `tashkent case check` calls it, and a section of a source on which it rests."""

    file: str
    row: str
    source: str
    section: str


@dataclass(frozen=True)
class Cited:
    """The citations of a case, and how many of them name a section."""

    citations: tuple[Citation, ...] = ()

    @property
    def located(self) -> int:
        """Citations that name a section."""
        return len(self.citations) - self.not_located

    @property
    def not_located(self) -> int:
        """Citations that say that none was found."""
        return sum(one.section == NOT_LOCATED for one in self.citations)


def citations(case: Case) -> Cited:
    """The citations beside a case, checked: whatever cites a long source says by which section, and nothing else does.

    Raises
    ------
    InputError
        If a source or section is not listed, a row that cites a long source names no section, or a citation is of
        no such row.
    """
    contents = _rows(case, CONTENTS, Section)
    found = _rows(case, CITATIONS, Citation)
    sections: dict[str, list[str]] = {}
    for part in contents:
        if part.source not in case.sources:
            raise unknown(CONTENTS, f"{part.section}.source", part.source, case.sources)
        sections.setdefault(part.source, []).append(part.section)
    wanted = dict.fromkeys(_wanted(case, sections))
    for one in found:
        place = f"{one.file} {one.row}"
        if one.source not in sections:
            raise unknown(CITATIONS, f"{place}: source", one.source, sections)
        if (one.file, one.row, one.source) not in wanted:
            rows = [f"{file} {row}" for file, row, source in wanted if source == one.source]
            raise unknown(CITATIONS, f"{one.source}: row", place, rows)
        known = [*sections[one.source], NOT_LOCATED]
        if one.section not in known:
            raise unknown(CITATIONS, f"{place}: section", one.section, known)
    said = {(one.file, one.row, one.source) for one in found}
    for file, row, source in wanted:
        if (file, row, source) not in said:
            allowed = f"a line with a section of {source} for it, or '{NOT_LOCATED}'"
            raise InputError(CITATIONS, "row", f"{file} {row}: missing", allowed)
    return Cited(found)


def _rows[RowT: BaseModel](case: Case, file: str, kind: type[RowT]) -> tuple[RowT, ...]:
    path = case.path / file
    return csv_rows(file_text(path, file), file, kind) if path.is_file() else ()


def _wanted(case: Case, long: dict[str, list[str]]) -> Iterator[tuple[str, str, str]]:
    """File, row and source of each row that cites a long source."""
    for file, rows in sourced(case).items():
        for row, cites in rows:
            for source in cites:
                if source in long:
                    yield file, row, source


@lru_cache(maxsize=32)
def sections(case: Case, file: str) -> Mapping[tuple[str, str], str]:
    """The section of a long source on which a row of a file rests, where one is named, by row and source."""
    try:
        found = citations(case).citations
    except InputError:  # that of a case in the making, which `tashkent case check` names
        return {}
    return {
        (one.row, one.source): one.section
        for one in found
        if one.file == file and one.section != NOT_LOCATED
    }
