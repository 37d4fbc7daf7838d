"""Malformed cases: the folder, its files and `case.toml`."""

from pathlib import Path

import pytest

from tests.case_changes import (
    Change,
    bad,
    check_refused,
    drop,
    make_folder,
    remove,
    swap,
    write,
)

BAD = [
    # the folder and its files
    bad(
        "a table is missing",
        remove("events.csv"),
        "events.csv: file: 'missing' is not valid; allowed: a case has …",
    ),
    bad(
        "a table of evidence is missing",
        remove("evidence/rivalry.csv"),
        "evidence/rivalry.csv: file: 'missing' is not valid; allowed: a case has …",
    ),
    bad(
        "a file has a misspelt name",
        write("event.csv", ""),
        "folder: file: 'event.csv' is not valid; allowed: case.toml, … (nearest valid name: events.csv)",
    ),
    bad(
        "a file has a name like no other",
        write("zzz.toml", ""),
        "folder: file: 'zzz.toml' is not valid; allowed: case.toml, …",
    ),
    bad(
        "a file is a folder",
        make_folder("record.csv"),
        "record.csv: file: … is not valid; allowed: a file that can be read",
    ),
    bad(
        "a TOML file is not TOML",
        swap("case.toml", "schema = 1", "schema ="),
        "case.toml: syntax: 'Invalid value (at line 3, column 9)' is not valid; allowed: TOML 1.0",
    ),
    bad(
        "a TOML key stands twice",
        swap("case.toml", "schema = 1", "schema = 1\nschema = 1"),
        "case.toml: syntax: 'Cannot overwrite a value (at line 4, column 11)' is not valid; allowed: TOML 1.0",
    ),
    bad(
        "a TOML file nests too deeply",
        write("threats.toml", "raids = " + "[" * 9999),
        "threats.toml: depth: 'more at line 1' is not valid; allowed: at most 32 tables or lists within each other",
    ),
    bad(
        "a TOML key has very many parts",
        write("threats.toml", "\n" + ".".join("a" * 50_000) + " = 1"),
        "threats.toml: depth: 'more at line 2' is not valid; allowed: at most 32 tables or lists within each other",
    ),
    bad(
        "a TOML number has too many digits",
        swap("case.toml", "schema = 1", "schema = " + "1" * 5000),
        "case.toml: syntax: … is not valid; allowed: TOML 1.0",
    ),
    bad(
        "a TOML day does not exist",
        swap("clubs.toml", "since = 2001-01-15", "since = 2001-02-30"),
        "clubs.toml: syntax: 'Invalid date or datetime (at line 8, column 9)' is not valid; allowed: TOML 1.0",
    ),
    bad(
        "a TOML file is not UTF-8",
        write("threats.toml", b"# caf\xe9"),
        "threats.toml: byte 5: 'not UTF-8' is not valid; allowed: text in UTF-8",
    ),
    bad(
        "a CSV file is not UTF-8",
        write("events.csv", b"caf\xe9"),
        "events.csv: byte 3: 'not UTF-8' is not valid; allowed: text in UTF-8",
    ),
    bad(
        "a TOML file is in UTF-16",
        write("case.toml", "schema = 1".encode("utf-16")),
        "case.toml: encoding: 'UTF-16' is not valid; allowed: text in UTF-8…",
    ),
    bad(
        "a CSV file is in UTF-32",
        write("states.csv", "state,name,role".encode("utf-32")),
        "states.csv: encoding: 'UTF-32' is not valid; allowed: text in UTF-8…",
    ),
    bad(
        "a CSV file has semicolons",
        write("states.csv", b"state;name;role;region\nARV;Arvia;decider;\n"),
        "states.csv: separator: 'semicolons' is not valid; allowed: CSV with commas between cells",
    ),
    bad(
        "a CSV file has tabs",
        write("states.csv", b"\xef\xbb\xbfstate\tname\trole\tregion\n"),
        "states.csv: separator: 'tabs' is not valid; allowed: CSV with commas between cells",
    ),
    bad(
        "a CSV file is empty",
        write("states.csv", ""),
        "states.csv: column: 'missing' is not valid; allowed: a column named state",
    ),
    bad(
        "a column is misspelt",
        swap("events.csv", "precision", "precison"),
        "events.csv: column: 'precison' is not valid; allowed: event, … (nearest valid name: precision)",
    ),
    bad(
        "a column is missing",
        write("states.csv", "state,name,region\nARV,Arvel,north"),
        "states.csv: column: 'missing' is not valid; allowed: a column named role",
    ),
    bad(
        "a column stands twice",
        write("states.csv", "state,name,name,role,region\nARV,Arvel,Borun,decider,"),
        "states.csv: column: 'name' is not valid; allowed: each column once",
    ),
    bad(
        "a column has no name",
        swap("states.csv", "state,name,role,region", "state,name,role,region,"),
        "states.csv: column: '' is not valid; allowed: state, name, role, region",
    ),
    bad(
        "a row has a cell too few",
        swap("states.csv", "ARV,Arvel,decider,north", "ARV,Arvel,decider"),
        "states.csv: line 2: 'wrong number of cells' is not valid; allowed: 4 cells",
    ),
    bad(
        "a row has a cell too many",
        swap("states.csv", "ARV,Arvel,decider", "ARV,Arvel,decider,"),
        "states.csv: line 2: 'wrong number of cells' is not valid; allowed: 4 cells",
    ),
    bad(
        "a quotation mark is never closed",
        swap("record.csv", "TALE,joins", 'TALE,"joins'),
        "record.csv: line 15: 'unexpected end of data' is not valid; allowed: CSV, quotation marks in pairs",
    ),
    bad(
        "a quotation mark closes within a cell",
        swap("record.csv", "TALE,joins", 'TALE,"jo"ins'),
        "record.csv: line 4: '\\',\\' expected after \\'\"\\'' is not valid; allowed: CSV, quotation marks in pairs",
    ),
    bad(
        "a cell is too long to be one",
        swap("record.csv", "TALE,joins", "TALE," + "x" * 200_000),
        "record.csv: line 4: 'field larger than field limit (131072)' is not valid; allowed: CSV, quotation marks"
        " in pairs",
    ),
    bad(
        "a row ends in the middle",
        swap("states.csv", "ARV,Arvel", "ARV,Ar\rvel"),
        "states.csv: line 2: 'wrong number of cells' is not valid; allowed: 4 cells",
    ),
    bad(
        "a required cell is empty",
        swap("states.csv", "Arvel", ""),
        "states.csv: line 2.name: '' is not valid; allowed: String should have at least 1 character",
    ),
    # case.toml
    bad(
        "the schema is of another version",
        swap("case.toml", "schema = 1", "schema = 2"),
        "case.toml: schema: 2 is not valid; allowed: 1",
    ),
    bad(
        "the schema is a text",
        swap("case.toml", "schema = 1", 'schema = "1"'),
        "case.toml: schema: '1' is not valid; allowed: 1",
    ),
    bad(
        "the schema is a truth value",
        swap("case.toml", "schema = 1", "schema = true"),
        "case.toml: schema: True is not valid; allowed: 1",
    ),
    bad(
        "the schema is missing",
        drop("case.toml", "schema = 1"),
        "case.toml: case.schema: 'missing' is not valid; allowed: a value for schema",
    ),
    bad(
        "a key is misspelt",
        swap("case.toml", "title =", "titel ="),
        "case.toml: case.titel: 'titel' is not valid; allowed: the keys … (nearest valid name: title)",
    ),
    bad(
        "a key is missing",
        drop("case.toml", "title ="),
        "case.toml: case.title: 'missing' is not valid; allowed: a value for title",
    ),
    bad(
        "a key belongs nowhere",
        swap("case.toml", "schema = 1", "schema = 1\nzzz = 1"),
        "case.toml: case.zzz: 'zzz' is not valid; allowed: the keys …",
    ),
    bad(
        "the identifier has a capital",
        swap("case.toml", "minimal", "Minimal"),
        "case.toml: case.id: 'Minimal' is not valid; allowed: String should match pattern '^[a-z][a-z0-9_]*$'",
    ),
    bad(
        "the title is empty",
        swap("case.toml", '"An invented pact and its rival, 2001-2010"', '""'),
        "case.toml: case.title: '' is not valid; allowed: String should have at least 1 character",
    ),
    bad(
        "the title is a number",
        swap("case.toml", '"An invented pact and its rival, 2001-2010"', "3"),
        "case.toml: case.title: 3 is not valid; allowed: a valid string",
    ),
    bad(
        "the patron is misspelt",
        swap("case.toml", "COR", "KOR"),
        "case.toml: patron: 'KOR' is not valid; allowed: COR (nearest valid name: COR)",
    ),
    bad(
        "the patron is a state that decides",
        swap("case.toml", "COR", "ARV"),
        "case.toml: patron: 'ARV' is not valid; allowed: COR",
    ),
    bad(
        "the focus is misspelt",
        swap("case.toml", '"PACT"', '"PAKT"'),
        "case.toml: focus: 'PAKT' is not valid; allowed: PACT, RING (nearest valid name: PACT)",
    ),
    bad(
        "a month is not written as one",
        swap("case.toml", "2001-01", "2001-1"),
        "case.toml: start: '2001-1' is not valid; allowed: a month is written YYYY-MM, for example 1998-12",
    ),
    bad(
        "a month is the thirteenth",
        swap("case.toml", "2010-12", "2010-13"),
        "case.toml: end: '2010-13' is not valid; allowed: a month is written YYYY-MM, for example 1998-12",
    ),
    bad(
        "a month is a day",
        swap("case.toml", '"2001-01"', "2001-01-31"),
        "case.toml: case.start: datetime.date(2001, 1, 31) is not valid; allowed: a valid string",
    ),
    bad(
        "the fit ends before the start",
        swap("case.toml", "2008-12", "2000-12"),
        "case.toml: fit_until: '2000-12' is not valid; allowed: after start, not after end",
    ),
    bad(
        "the fit ends after the end",
        swap("case.toml", "2008-12", "2011-01"),
        "case.toml: fit_until: '2011-01' is not valid; allowed: after start, not after end",
    ),
    bad(
        "the end is the start",
        swap("case.toml", "2010-12", "2001-01"),
        "case.toml: fit_until: '2008-12' is not valid; allowed: after start, not after end",
    ),
    bad(
        "the calendar is longer than seats can count",
        swap("case.toml", "2010-12", "2834-05"),
        "case.toml: end: '2834-05' is not valid; allowed: less than 10,000 months after start",
    ),
    bad(
        "the start is the first month of the calendar",
        swap("case.toml", "2001-01", "0001-01"),
        "case.toml: start: '0001-01' is not valid; allowed: a month after 0001-01",
    ),
    bad(
        "a source of the list is a number",
        swap("case.toml", '"Invented for this example."', "7"),
        "case.toml: case.sources.TALE: 7 is not valid; allowed: a valid string",
    ),
]


@pytest.mark.parametrize(("change", "line"), BAD)
def test_a_malformed_case_is_one_line(folder: Path, change: Change, line: str) -> None:
    check_refused(folder, change, line)
