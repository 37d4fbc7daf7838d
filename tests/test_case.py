"""Loading a case: what is valid, what is not, and the one line that says so."""

import copy
import pickle
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from tashkent import cli
from tashkent.agents.acts import FRICTIONS
from tashkent.calibration.holdout import leave_one_state_out
from tashkent.calibration.posterior import fit
from tashkent.cli.new_case import SKELETON
from tashkent.model.case import Case, load_case
from tashkent.model.case.tables import COUNCIL, FIXED
from tashkent.model.clock import parse_month
from tashkent.model.coalition import CoalitionModel
from tashkent.model.errors import InputError, shortened
from tashkent.model.simulate import prior_parameters, simulate

MINIMAL = SKELETON

Change = Callable[[Path], None]


@pytest.fixture(scope="session")
def minimal() -> Case:
    return load_case(MINIMAL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the minimal case that a test may change."""
    return Path(shutil.copytree(MINIMAL, tmp_path / "minimal"))


# changes to a case folder --------------------------------------------------------------------------


def write(file: str, content: str | bytes) -> Change:
    def change(folder: Path) -> None:
        data = content.encode() if isinstance(content, str) else content
        (folder / file).write_bytes(data)

    return change


def swap(file: str, old: str, new: str) -> Change:
    """Write `new` where `old` stands first."""

    def change(folder: Path) -> None:
        text = (folder / file).read_bytes().decode()
        assert old in text, f"{file} does not hold {old!r}"
        (folder / file).write_bytes(text.replace(old, new, 1).encode())

    return change


def drop(file: str, words: str) -> Change:
    """Leave out every line that holds `words`."""

    def change(folder: Path) -> None:
        lines = (folder / file).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if words not in line]
        assert len(kept) < len(lines), f"{file} does not hold {words!r}"
        (folder / file).write_text("".join(kept), encoding="utf-8")

    return change


def add(file: str, line: str) -> Change:
    def change(folder: Path) -> None:
        with (folder / file).open("a", encoding="utf-8") as stream:
            stream.write(f"{line}\n")

    return change


def remove(file: str) -> Change:
    def change(folder: Path) -> None:
        (folder / file).unlink()

    return change


def make_folder(file: str) -> Change:
    def change(folder: Path) -> None:
        (folder / file).unlink()
        (folder / file).mkdir()

    return change


def both(first: Change, second: Change) -> Change:
    def change(folder: Path) -> None:
        first(folder)
        second(folder)

    return change


def number(name: str, mean: str) -> Change:
    """Give a parameter another mean."""

    def change(folder: Path) -> None:
        path = folder / "parameters.toml"
        text = path.read_text(encoding="utf-8")
        found = re.subn(rf"(?m)^({name} = .*?mean = )[-0-9.]+", rf"\g<1>{mean}", text)
        assert found[1] == 1, name
        path.write_text(found[0], encoding="utf-8")

    return change


def bad(sentence: str, change: Change, line: str) -> object:
    """A malformed case and the line that it must bring; … in it stands for any words."""
    return pytest.param(change, line, id=sentence)


def says(pattern: str, line: str) -> bool:
    return bool(re.fullmatch(".*".join(map(re.escape, pattern.split("…"))), line))


def statute(kind: str, keys: str) -> str:
    """One more statute of the pact."""
    return (
        f'[[statute]]\nid = "PACT-{kind}"\nclub = "PACT"\nkind = "{kind}"\ninstrument = "Rules"\n'
        f'article = ""\nfrom = 2007-01-01\ntext = "A rule."\nsource = "TALE"\n{keys}\n'
    )


def asks(file: str, patch: str, name: str = "") -> Change:
    """A counterfactual beside the case."""

    def change(folder: Path) -> None:
        (folder / "counterfactuals").mkdir(exist_ok=True)
        text = f'id = "{name or file}"\n[[patch]]\n{patch}\n'
        (folder / "counterfactuals" / f"{file}.toml").write_text(text, encoding="utf-8")

    return change


PATTERN = """
[[pattern]]
id = "X"
measure = "inside"
says = "In."
club = "PACT"
states = ["ARV"]
month = "2005-01"
of = "all"
source = "TALE"
"""
ARREARS = statute("arrears", "months = 24\nautomatic = false\ntakes = {}")


# what is valid -------------------------------------------------------------------------------------


def test_the_shipped_case_loads(case: Case) -> None:
    assert (case.id, case.patron, case.focus) == ("cst", "RUS", "CST")
    assert repr(case) == f"<Case cst {case.hash[:12]}>"
    assert load_case("cst").hash == load_case(case.path).hash == load_case(str(case.path)).hash


def test_the_minimal_case_loads(minimal: Case) -> None:
    assert minimal.state_ids == ("ARV", "BOR", "COR")
    assert minimal.deciders == ("ARV", "BOR")
    assert minimal.sponsors == ("patron", "rim")
    assert tuple(minimal.clubs) == ("PACT", "RING")
    assert (minimal.start, minimal.end) == (parse_month("2001-01"), parse_month("2010-12"))
    kinds = {"threat", "tie", "coercion", "credibility", "offer"}
    assert {event.kind for event in minimal.events} == kinds
    assert set(minimal.parameters) >= {*FRICTIONS, *COUNCIL, *FIXED}
    assert minimal.fixed("event_step") == 0.5
    assert minimal.club_name("PACT", minimal.start) == "Pact"
    assert minimal.club_name("RING", minimal.start) == "RING"
    assert minimal.month("2004-07", "--from") == parse_month("2004-07")


def test_who_is_fitted_is_said_in_the_table(minimal: Case) -> None:
    assert set(minimal.role("weight", "friction")) - set(minimal.fitted) == {"courtship"}
    assert set(minimal.fitted) < set(minimal.drawn)
    assert set(minimal.drawn) == {n for n, p in minimal.parameters.items() if p.role != "fixed"}


def test_the_minimal_case_runs(minimal: Case) -> None:
    """As ensemble, as a single run, fitted and held out: who copies it has a case that works."""
    ensemble = simulate(minimal, prior_parameters(minimal, runs=20, seed=1), seed=1)
    assert ensemble.status.shape == (20, 120, 3, 2)
    assert {"accede", "renew", "lapse"} <= set(ensemble.acts()["act"])
    model = CoalitionModel(minimal, rng=1)
    while model.running:
        model.step()
    assert model.date == "2010-12"
    assert "COR" in model.organisations["PACT"].members
    fitted = fit(minimal)
    assert np.isfinite([*fitted.mode, *fitted.sd, fitted.log_posterior]).all()
    scores = leave_one_state_out(minimal)
    assert list(scores["state"]) == ["ARV", "ARV", "BOR", "BOR"]
    assert scores["acts"].sum() == 4
    assert np.isfinite(scores.select_dtypes("number").to_numpy()).all()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(write("README.md", "About this case."), id="another file beside the tables"),
        pytest.param(
            write("events.csv", (MINIMAL / "events.csv").read_bytes().replace(b"\n", b"\r\n")),
            id="line ends as on Windows",
        ),
        pytest.param(add("states.csv", "\n"), id="empty lines at the end of a table"),
        pytest.param(
            add("evidence/composites.csv", "wealth,ARV,1999,0.1,0.0"),
            id="a composite that nothing uses, in a year before the start",
        ),
        pytest.param(
            swap("record.csv", "TALE,joins", 'TALE,"joins, ""late""\nand alone"'),
            id="a cell with a comma, quotation marks and a line end",
        ),
        pytest.param(swap("events.csv", "BOR,tie,rim,,1", "BOR,tie,rim,,-1"), id="another sign"),
        pytest.param(swap("events.csv", "day,Aid", "day,Été: aid"), id="letters beyond English"),
        pytest.param(drop("events.csv", "E"), id="no events"),
        pytest.param(drop("record.csv", "2"), id="no record"),
        pytest.param(drop("evidence/rivalry.csv", "2"), id="no rivalry that was measured"),
        pytest.param(
            add("record.csv", "PACT,BOR,withdraw,2030-01-01,notice_given,state,TALE,"),
            id="an act after the end of the case",
        ),
        pytest.param(
            add("openness.csv", "RING,ARV,2009-01-01,,Invited again,TALE"),
            id="a state that is invited again on the day on which the club closed",
        ),
        pytest.param(
            drop("parameters.toml", "outside_option"), id="a theory without one of its terms"
        ),
        pytest.param(
            swap("requests.csv", "ARV,external", "ARV,incursion"), id="armed bands from abroad"
        ),
        pytest.param(
            both(
                add("statutes.toml", statute("observer", "consensus = true")),
                add(
                    "record.csv",
                    "PACT,ARV,withdraw,2007-07-20,notice_given,state,TALE,\n"
                    "PACT,ARV,leave,2008-01-20,left,treaty,TALE,\n"
                    "PACT,ARV,observe,2008-02-05,observer,state,TALE,\n"
                    "PACT,ARV,cease_observing,2008-06-05,none,state,TALE,",
                ),
            ),
            id="a state that leaves, observes and gives up",
        ),
        pytest.param(swap("states.csv", "decider,north", "decider,"), id="a state of no region"),
        pytest.param(drop("requests.csv", "2"), id="no needs"),
        pytest.param(write("theories.toml", ""), id="no theories"),
        pytest.param(drop("evidence/bonds.csv", "2"), id="no bonds that were measured"),
        pytest.param(
            swap("events.csv", "BOR,offer,raids,,1", "BOR,offer,raids,,-1"),
            id="an offer that is taken back",
        ),
        pytest.param(
            swap(
                "parameters.toml",
                'exit = { role = "friction"',
                'exit = { role = "friction", fitted = false',
            ),
            id="a friction that the record does not inform",
        ),
        pytest.param(
            both(
                swap(
                    "statutes.toml", "from = 2008-01-01\nsigned = 2007-06-15", "from = 2007-06-15"
                ),
                swap("statutes.toml", "elsewhere = 0.5", "elsewhere = 0"),
            ),
            id="an instrument signed on the day on which it takes effect, and regions that learn nothing of each other",
        ),
        pytest.param(
            add(
                "record.csv",
                "PACT,BOR,freeze,2008-03-01,frozen,state,TALE,\nPACT,BOR,resume,2008-09-01,member,state,TALE,",
            ),
            id="a member that stops taking part and resumes",
        ),
    ],
)
def test_a_case_may_hold(folder: Path, change: Change) -> None:
    change(folder)
    assert load_case(folder).id == "minimal"


def test_a_loaded_case_cannot_be_changed(minimal: Case) -> None:
    for field in fields(minimal):
        with pytest.raises(FrozenInstanceError):
            setattr(minimal, field.name, None)
        value = getattr(minimal, field.name)
        assert not isinstance(value, list | set | dict | bytearray), field.name
        rows = [*value.values()] if isinstance(value, Mapping) else value
        for row in rows if isinstance(rows, tuple | list) else ():
            if isinstance(row, str | int):
                continue
            for name, cell in row:
                assert not isinstance(cell, list | set | dict | bytearray), (field.name, name)
                with pytest.raises(ValidationError):
                    setattr(row, name, cell)
    mappings = (minimal.sources, minimal.threats, minimal.clubs, minimal.parameters)
    for mapping in (*mappings, minimal.theories):
        with pytest.raises(TypeError):
            mapping["NEW"] = mapping  # type: ignore[index]


def test_a_loaded_case_can_be_sent_to_another_process(minimal: Case) -> None:
    twins: tuple[Any, ...] = (pickle.loads(pickle.dumps(minimal)), copy.deepcopy(minimal))
    for twin in twins:
        for field in fields(minimal):
            assert getattr(twin, field.name) == getattr(minimal, field.name)
        with pytest.raises(TypeError):
            twin.parameters["NEW"] = twin.parameters["accede"]


# what is not valid ---------------------------------------------------------------------------------

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
        "the calendar is longer than the draws",
        swap("case.toml", "2010-12", "2043-09"),
        "case.toml: end: '2043-09' is not valid; allowed: less than 512 months after start",
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
    # states.csv
    bad(
        "a state's code is too long",
        swap("states.csv", "ARV,", "ARVE,"),
        "states.csv: line 2.state: 'ARVE' is not valid; allowed: String should match pattern '^[A-Z]{3}$'",
    ),
    bad(
        "a state's code is in small letters",
        swap("states.csv", "ARV,", "arv,"),
        "states.csv: line 2.state: 'arv' is not valid; allowed: String should match pattern '^[A-Z]{3}$'",
    ),
    bad(
        "a state's role is misspelt",
        swap("states.csv", "patron", "patrn"),
        "states.csv: line 4.role: 'patrn' is not valid; allowed: 'decider' or 'patron' (nearest valid name: patron)",
    ),
    bad(
        "a state stands twice",
        add("states.csv", "ARV,Arvel,decider,north"),
        "states.csv: state: 'ARV' is not valid; allowed: each state once",
    ),
    bad(
        "two states are the patron",
        swap("states.csv", "decider", "patron"),
        "states.csv: patron: 'ARV, COR' is not valid; allowed: the role of one state",
    ),
    bad(
        "no state is the patron",
        swap("states.csv", "patron", "decider"),
        "states.csv: patron: 'nobody' is not valid; allowed: the role of one state",
    ),
    bad(
        "there are no states",
        write("states.csv", "state,name,role,region\n"),
        "states.csv: patron: 'nobody' is not valid; allowed: the role of one state",
    ),
    # threats.toml
    bad(
        "a threat is a number",
        write("threats.toml", "raids = 1"),
        "threats.toml: raids: 1 is not valid; allowed: a table",
    ),
    bad(
        "a threat is a list of tables",
        swap("threats.toml", "[raids]", "[[raids]]"),
        "threats.toml: raids: [{'label': 'Armed bands that cross the border', 'source': 'nonstate', "
        "'target': 'state', 'need': 'incursion', 'measured_by': 'raids'}] is not valid; allowed: a table",
    ),
    bad(
        "a key of a threat is misspelt",
        swap("threats.toml", "label", "lable"),
        "threats.toml: raids.lable: 'lable' is not valid; allowed: the keys … (nearest valid name: label)",
    ),
    bad(
        "a key of a threat is missing",
        swap("threats.toml", 'source = "state"\n', ""),
        "threats.toml: feud.source: 'missing' is not valid; allowed: a value for source",
    ),
    bad(
        "a label is empty",
        swap("threats.toml", '"A neighbour seen as an enemy"', '""'),
        "threats.toml: feud.label: '' is not valid; allowed: String should have at least 1 character",
    ),
    bad(
        "the role behind a threat is misspelt",
        swap("threats.toml", 'source = "patron"', 'source = "patrn"'),
        "threats.toml: pressure.source: 'patrn' is not valid; allowed: patron, rim, state, nonstate, domestic "
        "(nearest valid name: patron)",
    ),
    bad(
        "the role behind a threat is a club",
        swap("threats.toml", '"nonstate"', '"RING"'),
        "threats.toml: raids.source: 'RING' is not valid; allowed: patron, rim, state, nonstate, domestic",
    ),
    bad(
        "the measurement of a threat is misspelt",
        swap("threats.toml", '= "raids"', '= "raid"'),
        "threats.toml: raids.measured_by: 'raid' is not valid; allowed: autonomy, means, raids, rivalry, tie_patron, "
        'tie_rim, "" (nearest valid name: raids)',
    ),
    bad(
        "there are no threats",
        write("threats.toml", ""),
        "threats.toml: threats: 'missing' is not valid; allowed: at least one table",
    ),
    bad(
        "a threat takes the word for all threats",
        swap("threats.toml", "[pressure]", "[any]"),
        "threats.toml: threat: 'any' is not valid; allowed: another name: credibility events use it for all",
    ),
    # clubs.toml
    bad(
        "a promise is a number",
        swap("clubs.toml", "guarantee = true", "guarantee = 1"),
        "clubs.toml: PACT.guarantee: 1 is not valid; allowed: a valid boolean",
    ),
    bad(
        "a promise is a text",
        swap("clubs.toml", "guarantee = true", 'guarantee = "yes"'),
        "clubs.toml: PACT.guarantee: 'yes' is not valid; allowed: a valid boolean",
    ),
    bad(
        "a key of a club is misspelt",
        swap("clubs.toml", "guarantee", "garantee"),
        "clubs.toml: PACT.garantee: 'garantee' is not valid; allowed: the keys … (nearest valid name: guarantee)",
    ),
    bad(
        "a key of a club is missing",
        drop("clubs.toml", "guarantee = true"),
        "clubs.toml: PACT.guarantee: 'missing' is not valid; allowed: a value for guarantee",
    ),
    bad(
        "a sponsor is misspelt",
        swap("clubs.toml", 'sponsor = "rim"', 'sponsor = "rin"'),
        "clubs.toml: RING.sponsor: 'rin' is not valid; allowed: patron, rim, none (nearest valid name: rim)",
    ),
    bad(
        "a sponsor is a state",
        swap("clubs.toml", 'sponsor = "rim"', 'sponsor = "COR"'),
        "clubs.toml: RING.sponsor: 'COR' is not valid; allowed: patron, rim, none",
    ),
    bad(
        "a threat that a club relieves is misspelt",
        swap("clubs.toml", '"feud"', '"fued"'),
        "clubs.toml: PACT.relieves: 'fued' is not valid; allowed: raids, feud, pressure, plots (nearest valid "
        "name: feud)",
    ),
    bad(
        "the threats that a club relieves are no list",
        swap("clubs.toml", '["pressure"]', '"pressure"'),
        "clubs.toml: RING.relieves: 'pressure' is not valid; allowed: a list",
    ),
    bad(
        "a club has no name",
        swap("clubs.toml", '[{ from = 2001-01-15, name = "Pact" }]', "[]"),
        "clubs.toml: PACT.names: [] is not valid; allowed: a list with an item",
    ),
    bad(
        "a club's name is a number",
        swap("clubs.toml", '"Pact"', "5"),
        "clubs.toml: PACT.names.0.name: 5 is not valid; allowed: a valid string",
    ),
    bad(
        "a club's name has a misspelt key",
        swap("clubs.toml", 'name = "Pact"', 'nmae = "Pact"'),
        "clubs.toml: PACT.names.0.nmae: 'nmae' is not valid; allowed: the keys … (nearest valid name: name)",
    ),
    bad(
        "a club's name is older than the club",
        swap("clubs.toml", "{ from = 2001-01-15", "{ from = 2001-01-14"),
        "clubs.toml: PACT.names: '2001-01-14' is not valid; allowed: dates from since (2001-01-15) on",
    ),
    bad(
        "a club's names are not in order",
        swap("clubs.toml", '"Pact" }', '"Pact" }, { from = 2001-01-15, name = "Bund" }'),
        "clubs.toml: PACT.names: '2001-01-15, 2001-01-15' is not valid; allowed: dates in order, each once",
    ),
    bad(
        "a club is founded before it exists",
        swap("clubs.toml", "[2001-01-15]", "[2000-01-15]"),
        "clubs.toml: PACT.foundings: '2000-01-15' is not valid; allowed: dates from since (2001-01-15) on",
    ),
    bad(
        "a club's foundings are not in order",
        swap("clubs.toml", "[2001-01-15]", "[2002-01-15, 2001-01-15]"),
        "clubs.toml: PACT.foundings: '2002-01-15, 2001-01-15' is not valid; allowed: dates in order, each once",
    ),
    bad(
        "a founding is a month",
        swap("clubs.toml", "[2001-01-15]", '["2001-01"]'),
        "clubs.toml: PACT.foundings.0: '2001-01' is not valid; allowed: a valid date",
    ),
    bad(
        "a club's first day is a text",
        swap("clubs.toml", "since = 2001-01-15", 'since = "2001-01-15"'),
        "clubs.toml: PACT.since: '2001-01-15' is not valid; allowed: a valid date",
    ),
    bad(
        "a club's first day has an hour",
        swap("clubs.toml", "since = 2001-01-15", "since = 2001-01-15T12:00:00"),
        "clubs.toml: PACT.since: datetime.datetime(2001, 1, 15, 12, 0) is not valid; allowed: a valid date",
    ),
    bad(
        "a club's reason is empty",
        swap("clubs.toml", '"It promises help against any attack but one by the patron."', '""'),
        "clubs.toml: PACT.why: '' is not valid; allowed: String should have at least 1 character",
    ),
    bad(
        "a club's source is misspelt",
        swap("clubs.toml", "TALE", "TAIL"),
        "clubs.toml: PACT.source: 'TAIL' is not valid; allowed: TALE, JUDGED (nearest valid name: TALE)",
    ),
    bad(
        "a club is a text",
        swap("clubs.toml", "[PACT]", 'CLUB = "PACT"\n[PACT]'),
        "clubs.toml: CLUB: 'PACT' is not valid; allowed: a table",
    ),
    bad(
        "a club has no statute of accession",
        both(
            swap("statutes.toml", "from = 2001-01-15", "from = 2001-01-15\nuntil = 2003-03-10"),
            swap("statutes.toml", '"RING-entry"\nclub = "RING"', '"RING-entry"\nclub = "PACT"'),
        ),
        "statutes.toml: RING: 'no way in' is not valid; allowed: a statute of kind accession",
    ),
    # statutes.toml
    bad(
        "a statute's kind is misspelt",
        swap("statutes.toml", '"accession"', '"acession"'),
        "statutes.toml: PACT-entry.kind: 'acession' is not valid; allowed: accession, … (nearest valid name: "
        "accession)",
    ),
    bad(
        "a statute's kind is missing",
        drop("statutes.toml", '"accession"'),
        "statutes.toml: PACT-entry.kind: 'missing' is not valid; allowed: accession, …",
    ),
    bad(
        "a statute's kind is a list",
        swap("statutes.toml", '"accession"', '["accession"]'),
        "statutes.toml: PACT-entry.kind: ['accession'] is not valid; allowed: accession, … (nearest valid name: "
        "accession)",
    ),
    bad(
        "the statutes are one table",
        write("statutes.toml", '[statute]\nid = "PACT-entry"'),
        "statutes.toml: statute: {'id': 'PACT-entry'} is not valid; allowed: tables, each under [[statute]]",
    ),
    bad(
        "the statutes are texts",
        write("statutes.toml", 'statute = ["PACT-entry"]'),
        "statutes.toml: statute 1: 'PACT-entry' is not valid; allowed: a table under [[statute]]",
    ),
    bad(
        "the statutes stand under another key",
        swap("statutes.toml", "[[statute]]", "[[statutes]]"),
        "statutes.toml: key: 'statutes' is not valid; allowed: statute (nearest valid name: statute)",
    ),
    bad(
        "there are no statutes",
        write("statutes.toml", ""),
        "statutes.toml: PACT: 'no way in' is not valid; allowed: a statute of kind accession",
    ),
    bad(
        "a statute's identifier is a number",
        swap("statutes.toml", '"PACT-entry"', "10"),
        "statutes.toml: 10.id: 10 is not valid; allowed: a valid string",
    ),
    bad(
        "a statute's identifier stands twice",
        swap("statutes.toml", '"PACT-term"', '"PACT-force"'),
        "statutes.toml: id: 'PACT-force' is not valid; allowed: each statute once",
    ),
    bad(
        "a statute's club is misspelt",
        swap("statutes.toml", 'club = "RING"', 'club = "RINK"'),
        "statutes.toml: RING-entry.club: 'RINK' is not valid; allowed: PACT, RING (nearest valid name: RING)",
    ),
    bad(
        "a statute's key is misspelt",
        swap("statutes.toml", "notice_months", "notice_month"),
        "statutes.toml: PACT-exit.notice_month: 'notice_month' is not valid; allowed: the keys … (nearest valid "
        "name: notice_months)",
    ),
    bad(
        "a statute's key is missing",
        drop("statutes.toml", "notice_months = 6"),
        "statutes.toml: PACT-exit.notice_months: 'missing' is not valid; allowed: a value for notice_months",
    ),
    bad(
        "a statute has a key of another kind",
        swap("statutes.toml", "notice_months = 6", "notice_months = 6\nyears = 3"),
        "statutes.toml: PACT-exit.years: 'years' is not valid; allowed: the keys …",
    ),
    bad(
        "a statute's first day is missing",
        drop("statutes.toml", "from = 2001-01-15"),
        "statutes.toml: PACT-entry.from: 'missing' is not valid; allowed: a value for from",
    ),
    bad(
        "a statute's first day is a year",
        swap("statutes.toml", "from = 2001-01-15", "from = 2001"),
        "statutes.toml: PACT-entry.from: 2001 is not valid; allowed: a valid date",
    ),
    bad(
        "a statute ends before it begins",
        swap("statutes.toml", "until = 2004-07-02", "until = 2001-06-30"),
        "statutes.toml: PACT-term.until: '2001-06-30' is not valid; allowed: after from",
    ),
    bad(
        "a statute ends on the day on which it begins",
        swap("statutes.toml", "until = 2004-07-02", "until = 2001-07-01"),
        "statutes.toml: PACT-term.until: '2001-07-01' is not valid; allowed: after from",
    ),
    bad(
        "two statutes of a kind overlap",
        swap("statutes.toml", "until = 2004-07-02", "until = 2004-07-03"),
        "statutes.toml: PACT-protocol.from: '2004-07-02' is not valid; allowed: no second rule of kind term while"
        " PACT-term is in force",
    ),
    bad(
        "two statutes of a kind have no end",
        drop("statutes.toml", "until = 2004-07-02"),
        "statutes.toml: PACT-protocol.from: '2004-07-02' is not valid; allowed: no second rule of kind term while"
        " PACT-term is in force",
    ),
    bad(
        "a term lasts no year",
        swap("statutes.toml", "years = 3", "years = 0"),
        "statutes.toml: PACT-term.years: 0 is not valid; allowed: greater than 0",
    ),
    bad(
        "a term is written in words",
        swap("statutes.toml", "years = 3", 'years = "three"'),
        "statutes.toml: PACT-term.years: 'three' is not valid; allowed: a valid integer",
    ),
    bad(
        "a term lasts a part of a year",
        swap("statutes.toml", "years = 3", "years = 2.5"),
        "statutes.toml: PACT-term.years: 2.5 is not valid; allowed: a valid integer",
    ),
    bad(
        "a way of renewal is misspelt",
        swap("statutes.toml", "opt_in", "optin"),
        "statutes.toml: PACT-term.renewal: 'optin' is not valid; allowed: 'opt_in' or 'automatic' (nearest valid "
        "name: opt_in)",
    ),
    bad(
        "a ratification takes less than no time",
        swap("statutes.toml", "ratification_months = 2", "ratification_months = -1"),
        "statutes.toml: PACT-entry.ratification_months: -1 is not valid; allowed: greater than or equal to 0",
    ),
    bad(
        "a ratification takes longer than the draws",
        swap("statutes.toml", "ratification_months = 2", "ratification_months = 513"),
        "statutes.toml: PACT-entry.ratification_months: 513 is not valid; allowed: at most 512 months",
    ),
    bad(
        "a notice runs longer than the draws",
        swap("statutes.toml", "notice_months = 6", "notice_months = 40000"),
        "statutes.toml: PACT-exit.notice_months: 40000 is not valid; allowed: at most 512 months",
    ),
    bad(
        "a session is in the thirteenth month",
        swap("statutes.toml", "month = 12", "month = 13"),
        "statutes.toml: PACT-session.month: 13 is not valid; allowed: less than or equal to 12",
    ),
    bad(
        "a consensus is a number",
        swap("statutes.toml", "consensus = true", "consensus = 1"),
        "statutes.toml: PACT-entry.consensus: 1 is not valid; allowed: a valid boolean",
    ),
    bad(
        "a statute's source is misspelt",
        swap("statutes.toml", "TALE", "TALES"),
        "statutes.toml: PACT-entry.source: 'TALES' is not valid; allowed: TALE, JUDGED (nearest valid name: TALE)",
    ),
    bad(
        "a statute's source is empty",
        swap("statutes.toml", "TALE", ""),
        "statutes.toml: PACT-entry.source: '' is not valid; allowed: String should have at least 1 character",
    ),
    bad(
        "a debtor loses nothing",
        add("statutes.toml", ARREARS.format("[]")),
        "statutes.toml: PACT-arrears.takes: [] is not valid; allowed: a list with an item",
    ),
    bad(
        "what a debtor loses is misspelt",
        add("statutes.toml", ARREARS.format('["posts", "votes"]')),
        "statutes.toml: PACT-arrears.takes.1: 'votes' is not valid; allowed: 'posts', 'vote' or 'participation' "
        "(nearest valid name: vote)",
    ),
    bad(
        "what a debtor loses is no list",
        add("statutes.toml", ARREARS.format('"vote"')),
        "statutes.toml: PACT-arrears.takes: 'vote' is not valid; allowed: a list",
    ),
    bad(
        "what a debtor loses is missing",
        add("statutes.toml", ARREARS.format("[]").replace("takes = []\n", "")),
        "statutes.toml: PACT-arrears.takes: 'missing' is not valid; allowed: a value for takes",
    ),
    bad(
        "the other reading of what a debtor loses is misspelt",
        add(
            "statutes.toml",
            ARREARS.format('["vote"]') + 'ambiguity = "?"\nother_reading = { takes = ["post"] }\n',
        ),
        "statutes.toml: PACT-arrears.other_reading.takes.0: 'post' is not valid; allowed: … (nearest valid name: "
        "posts)",
    ),
    bad(
        "posts are counted",
        add("statutes.toml", statute("benefit", "posts = 3")),
        "statutes.toml: PACT-benefit.posts: 3 is not valid; allowed: a valid boolean",
    ),
    bad(
        "a permanent body has a key of its own",
        swap("statutes.toml", 'text = "A standing', 'month = 12\ntext = "A standing'),
        "statutes.toml: PACT-council.month: 'month' is not valid; allowed: the keys …",
    ),
    bad(
        "the status of observers can be withdrawn and no session meets",
        add(
            "statutes.toml",
            statute("observer", "consensus = true\nwithdrawable = true").replace("PACT", "RING"),
        ),
        "statutes.toml: RING-observer.kind: 'observer' is not valid; allowed: a statute of kind session in force "
        "from then on",
    ),
    bad(
        "a flag of observers is misspelt",
        add("statutes.toml", statute("observer", "consensus = true\nwithdrawble = true")),
        "statutes.toml: PACT-observer.withdrawble: 'withdrawble' is not valid; allowed: the keys … (nearest valid "
        "name: withdrawable)",
    ),
    bad(
        "a need that forces cover is misspelt",
        add("statutes.toml", statute("forces", 'covers = ["incurson"]\ninterim = false')),
        "statutes.toml: PACT-forces.covers.0: 'incurson' is not valid; allowed: 'external', 'incursion' or "
        "'stability' (nearest valid name: incursion)",
    ),
    # requests.csv
    bad(
        "a need is misspelt",
        swap("requests.csv", "ARV,external", "ARV,incurson"),
        "requests.csv: line 2.kind: 'incurson' is not valid; allowed: … (nearest valid name: incursion)",
    ),
    # openness.csv
    bad(
        "a club that opens is misspelt",
        swap("openness.csv", "RING,ARV", "RIGN,ARV"),
        "openness.csv: RIGN ARV: club: 'RIGN' is not valid; allowed: PACT, RING (nearest valid name: RING)",
    ),
    bad(
        "a state to which a club opens is misspelt",
        swap("openness.csv", "PACT,BOR", "PACT,BRO"),
        "openness.csv: PACT BRO: state: 'BRO' is not valid; allowed: ARV, BOR, COR (nearest valid name: BOR)",
    ),
    bad(
        "a club opens to the patron",
        swap("openness.csv", "PACT,BOR", "PACT,COR"),
        "openness.csv: PACT COR: state: 'COR' is not valid; allowed: a state that decides",
    ),
    bad(
        "a club closes before it opens",
        swap("openness.csv", "2009-01-01", "2003-03-10"),
        "openness.csv: RING ARV: open_until: '2003-03-10' is not valid; allowed: after open_from",
    ),
    bad(
        "a state stands twice at the same time",
        add("openness.csv", "RING,ARV,2008-12-31,,Invited again,TALE"),
        "openness.csv: RING ARV: open_from: '2008-12-31' is not valid; allowed: no second row while the one from "
        "2003-03-10 holds",
    ),
    bad(
        "a state stands twice without end",
        add("openness.csv", "PACT,BOR,2001-01-15,,Open,TALE"),
        "openness.csv: PACT BOR: open_from: '2001-01-15' is not valid; allowed: no second row while the one from "
        "2001-01-15 holds",
    ),
    bad(
        "a day of opening is missing",
        swap("openness.csv", "PACT,ARV,2001-01-15", "PACT,ARV,"),
        "openness.csv: line 2.open_from: '' is not valid; allowed: a day written YYYY-MM-DD",
    ),
    bad(
        "a reason for opening is missing",
        swap("openness.csv", "Open to every neighbour", ""),
        "openness.csv: line 2.why: '' is not valid; allowed: String should have at least 1 character",
    ),
    bad(
        "a source of openness is misspelt",
        swap("openness.csv", "neighbour,TALE", "neighbour,TALL"),
        "openness.csv: PACT ARV: source: 'TALL' is not valid; allowed: TALE, JUDGED (nearest valid name: TALE)",
    ),
    # events.csv
    bad(
        "a day does not exist",
        swap("events.csv", "2004-09-12", "1999-02-30"),
        "events.csv: line 9.date: '1999-02-30' is not valid; allowed: a valid date in the format YYYY-MM-DD, …",
    ),
    bad(
        "a day is a number of seconds",
        swap("events.csv", "2004-09-12", "915148800"),
        "events.csv: line 9.date: '915148800' is not valid; allowed: a day written YYYY-MM-DD",
    ),
    bad(
        "a day has another order",
        swap("events.csv", "2004-09-12", "12/09/2004"),
        "events.csv: line 9.date: '12/09/2004' is not valid; allowed: a day written YYYY-MM-DD",
    ),
    bad(
        "an end is before its beginning",
        swap("events.csv", "2003-05-31", "2002-06-09"),
        "events.csv: E1.date_end: '2002-06-09' is not valid; allowed: not before date",
    ),
    bad(
        "a precision is misspelt",
        swap("events.csv", "month,Bands", "moth,Bands"),
        "events.csv: line 2.precision: 'moth' is not valid; allowed: 'day', 'month' or 'year' (nearest valid "
        "name: month)",
    ),
    bad(
        "a label of an event is missing",
        swap("events.csv", "Aid from the rim", ""),
        "events.csv: line 9.label: '' is not valid; allowed: String should have at least 1 character",
    ),
    bad(
        "a state of an event is misspelt",
        swap("events.csv", "ARV,threat", "AVR,threat"),
        "events.csv: E1.state: 'AVR' is not valid; allowed: ARV, BOR (nearest valid name: ARV)",
    ),
    bad(
        "an event is about the patron's own mind",
        swap("events.csv", "BOR,tie,patron", "COR,tie,patron"),
        "events.csv: E7.state: 'COR' is not valid; allowed: ARV, BOR (nearest valid name: BOR)",
    ),
    bad(
        "a kind of event is misspelt",
        swap("events.csv", "coercion", "cohersion"),
        "events.csv: line 8.kind: 'cohersion' is not valid; allowed: 'threat', … (nearest valid name: coercion)",
    ),
    bad(
        "a threat of an event is misspelt",
        swap("events.csv", "threat,raids", "threat,raid"),
        "events.csv: E1.about: 'raid' is not valid; allowed: raids, feud, pressure, plots (nearest valid name: raids)",
    ),
    bad(
        "a threat of a promise is misspelt",
        swap("events.csv", "credibility,feud", "credibility,fued"),
        "events.csv: E3.about: 'fued' is not valid; allowed: raids, feud, pressure, plots, any (nearest valid "
        "name: feud)",
    ),
    bad(
        "a sponsor of a tie is misspelt",
        swap("events.csv", "tie,rim", "tie,rin"),
        "events.csv: E5.about: 'rin' is not valid; allowed: patron, rim (nearest valid name: rim)",
    ),
    bad(
        "a tie is to a state",
        swap("events.csv", "tie,rim", "tie,COR"),
        "events.csv: E5.about: 'COR' is not valid; allowed: patron, rim",
    ),
    bad(
        "a coercion is by another than the patron",
        swap("events.csv", "coercion,patron", "coercion,rim"),
        "events.csv: E4.about: 'rim' is not valid; allowed: patron",
    ),
    bad(
        "a rival is missing",
        swap("events.csv", "feud,BOR", "feud,"),
        "events.csv: E2.rival: '' is not valid; allowed: BOR",
    ),
    bad(
        "a rival is misspelt",
        swap("events.csv", "feud,BOR", "feud,BRO"),
        "events.csv: E2.rival: 'BRO' is not valid; allowed: BOR (nearest valid name: BOR)",
    ),
    bad(
        "a rival is the state itself",
        swap("events.csv", "feud,BOR", "feud,ARV"),
        "events.csv: E2.rival: 'ARV' is not valid; allowed: BOR",
    ),
    bad(
        "a rival is the patron",
        swap("events.csv", "feud,BOR", "feud,COR"),
        "events.csv: E2.rival: 'COR' is not valid; allowed: BOR (nearest valid name: BOR)",
    ),
    bad(
        "a rival stands where there is no rivalry",
        swap("events.csv", "BOR,threat,raids,", "BOR,threat,raids,ARV"),
        "events.csv: E1.rival: 'ARV' is not valid; allowed: empty but for a rivalry",
    ),
    bad(
        "a sign is zero",
        swap("events.csv", "rim,,1", "rim,,0"),
        "events.csv: line 9.sign: '0' is not valid; allowed: a sign is -1 or 1",
    ),
    bad(
        "a sign is a magnitude",
        swap("events.csv", "rim,,1", "rim,,2"),
        "events.csv: line 9.sign: '2' is not valid; allowed: less than or equal to 1",
    ),
    bad(
        "a sign is a magnitude below zero",
        swap("events.csv", "rim,,1", "rim,,-2"),
        "events.csv: line 9.sign: '-2' is not valid; allowed: greater than or equal to -1",
    ),
    bad(
        "a sign has a decimal point",
        swap("events.csv", "rim,,1", "rim,,1.0"),
        "events.csv: line 9.sign: '1.0' is not valid; allowed: a whole number",
    ),
    bad(
        "a sign has no number",
        swap("events.csv", "rim,,1", "rim,,+"),
        "events.csv: line 9.sign: '+' is not valid; allowed: a whole number",
    ),
    bad(
        "a sign is missing",
        swap("events.csv", "rim,,1", "rim,,"),
        "events.csv: line 9.sign: '' is not valid; allowed: a whole number",
    ),
    bad(
        "a certainty is misspelt",
        swap("events.csv", "TALE,low", "TALE,lo"),
        "events.csv: line 9.certainty: 'lo' is not valid; allowed: 'high', 'medium' or 'low' (nearest valid name:"
        " low)",
    ),
    bad(
        "one of two sources is misspelt",
        swap("events.csv", "TALE,low", "TALE; JUGDED,low"),
        "events.csv: E5.source: 'JUGDED' is not valid; allowed: TALE, JUDGED (nearest valid name: JUDGED)",
    ),
    bad(
        "a source of an event is missing",
        swap("events.csv", "TALE,low", ",low"),
        "events.csv: E5.source: '' is not valid; allowed: TALE, JUDGED",
    ),
    bad(
        "an effect stands twice",
        add("events.csv", "E5,2004-09-12,,day,Aid from the rim,BOR,tie,rim,,-1,TALE,low"),
        "events.csv: E5: 'BOR tie rim' is not valid; allowed: each effect once",
    ),
    # record.csv
    bad(
        "a club of the record is misspelt",
        swap("record.csv", "RING,BOR", "RNIG,BOR"),
        "record.csv: RNIG BOR 2004-11-05: club: 'RNIG' is not valid; allowed: PACT, RING (nearest valid name: RING)",
    ),
    bad(
        "a state of the record is misspelt",
        swap("record.csv", "RING,BOR", "RING,BRO"),
        "record.csv: RING BRO 2004-11-05: state: 'BRO' is not valid; allowed: ARV, BOR, COR (nearest valid name: "
        "BOR)",
    ),
    bad(
        "an act is misspelt",
        swap("record.csv", "abstain", "abstian"),
        "record.csv: PACT BOR 2004-07-01: act: 'abstian' is not valid; allowed: accede, … (nearest valid name: "
        "abstain)",
    ),
    bad(
        "an act is no act",
        swap("record.csv", "PACT,BOR,lapse", "PACT,BOR,zzz"),
        "record.csv: PACT BOR 2004-07-02: act: 'zzz' is not valid; allowed: accede, …",
    ),
    bad(
        "a status is misspelt",
        swap("record.csv", "left", "lift"),
        "record.csv: PACT BOR 2004-07-02: status: 'lift' is not valid; allowed: none, … (nearest valid name: left)",
    ),
    bad(
        "an actor is misspelt",
        swap("record.csv", "treaty", "traety"),
        "record.csv: line 5.actor: 'traety' is not valid; allowed: 'state', 'club' or 'treaty' (nearest valid "
        "name: treaty)",
    ),
    bad(
        "a source of the record is misspelt",
        swap("record.csv", "TALE,joins", "TLAE,joins"),
        "record.csv: PACT BOR 2001-04-20: source: 'TLAE' is not valid; allowed: TALE, JUDGED (nearest valid name:"
        " TALE)",
    ),
    bad(
        "rows are out of order",
        swap("record.csv", "2004-11-05", "2004-07-01"),
        "record.csv: RING BOR 2004-07-01: '2004-07-01' is not valid; allowed: rows in order of date (after "
        "2004-07-02)",
    ),
    bad(
        "an act is older than the club",
        swap("record.csv", "PACT,ARV,accede,2001-01-15", "PACT,ARV,accede,2001-01-14"),
        "record.csv: PACT ARV 2001-01-14: '2001-01-14' is not valid; allowed: a date on which the club exists "
        "(2001-01-15 on)",
    ),
    bad(
        "a state accedes twice",
        add("record.csv", "RING,BOR,accede,2008-01-01,member,state,TALE,"),
        "record.csv: RING BOR 2008-01-01: act: 'accede' is not valid; allowed: a state that is out (it is member)",
    ),
    bad(
        "a state leaves that is not in",
        add("record.csv", "RING,ARV,withdraw,2008-01-01,left,state,TALE,"),
        "record.csv: RING ARV 2008-01-01: act: 'withdraw' is not valid; allowed: a state that is in (it is none)",
    ),
    bad(
        "a state comes into force that never signed",
        drop("record.csv", "returns"),
        "record.csv: PACT BOR 2007-05-12: act: 'enter_into_force' is not valid; allowed: a state that is in (it "
        "is left)",
    ),
    bad(
        "a status cannot follow from an act",
        swap("record.csv", "lapse,2004-07-02,left", "lapse,2004-07-02,member"),
        "record.csv: PACT BOR 2004-07-02: status: 'member' is not valid; allowed: left",
    ),
    bad(
        "an act changes nothing",
        add("record.csv", "PACT,ARV,enter_into_force,2008-01-01,member,treaty,TALE,"),
        "record.csv: PACT ARV 2008-01-01: act: 'enter_into_force' is not valid; allowed: an act that changes the "
        "status (it is member)",
    ),
    bad(
        "a state signs where no term ends",
        swap("record.csv", "PACT,ARV,renew,2004-07-01", "PACT,ARV,renew,2004-06-30"),
        "record.csv: PACT ARV 2004-06-30: act: 'renew' is not valid; allowed: the month in which a term ends that"
        " must be renewed, with a term in force after it (statutes.toml)",
    ),
    bad(
        "a state signs where there is no text to sign",
        swap("statutes.toml", "from = 2004-07-02\nyears = 3", "from = 2004-08-01\nyears = 3"),
        "record.csv: PACT ARV 2004-07-01: act: 'renew' is not valid; allowed: the month in which a term ends that"
        " must be renewed, with a term in force after it (statutes.toml)",
    ),
    bad(
        "a state accedes between sessions where no body sits",
        swap(
            "statutes.toml",
            'from = 2004-07-02\ntext = "A standing',
            'from = 2008-01-01\ntext = "A standing',
        ),
        "record.csv: PACT BOR 2007-03-12: act: 'accede' is not valid; allowed: the month of the session, or one "
        "with a permanent_body in force (statutes.toml)",
    ),
    bad(
        "a state gives up a status that it does not have",
        add("record.csv", "RING,ARV,cease_observing,2008-01-01,none,state,TALE,"),
        "record.csv: RING ARV 2008-01-01: act: 'cease_observing' is not valid; allowed: a state that is observer "
        "(it is none)",
    ),
    bad(
        "a state that has left gives up observing",
        both(
            add("record.csv", "RING,BOR,withdraw,2008-01-01,left,state,TALE,"),
            add("record.csv", "RING,BOR,cease_observing,2008-02-01,none,state,TALE,"),
        ),
        "record.csv: RING BOR 2008-02-01: act: 'cease_observing' is not valid; allowed: a state that is observer "
        "(it is left)",
    ),
    bad(
        "a state abstains where no term ends",
        add("record.csv", "PACT,ARV,abstain,2007-07-01,member,state,TALE,"),
        "record.csv: PACT ARV 2007-07-01: act: 'abstain' is not valid; allowed: the month in which a term ends "
        "that must be renewed (statutes.toml)",
    ),
    bad(
        "a state does not answer when a term ends",
        drop("record.csv", "PACT,ARV,renew"),
        "record.csv: PACT ARV 2004-07: 'missing' is not valid; allowed: renew or abstain: a term ends",
    ),
    bad(
        "a state answers twice when a term ends",
        swap(
            "record.csv",
            "PACT,BOR,abstain",
            "PACT,BOR,renew,2004-07-01,member,state,TALE,\nPACT,BOR,abstain",
        ),
        "record.csv: PACT BOR 2004-07-01: act: 'abstain' is not valid; allowed: one act of a state in a month "
        "(after renew)",
    ),
    bad(
        "a state gives notice that no statute knows",
        swap("record.csv", "joins\n", "joins\nPACT,BOR,withdraw,2001-05-15,left,state,TALE,\n"),
        "record.csv: PACT BOR 2001-05-15: act: 'withdraw' is not valid; allowed: a month with a withdrawal in "
        "force (statutes.toml)",
    ),
    bad(
        "a state accedes under no statute",
        swap("statutes.toml", "from = 2001-01-15", "from = 2001-01-15\nuntil = 2005-01-01"),
        "record.csv: PACT BOR 2007-03-12: act: 'accede' is not valid; allowed: a month with an accession in force"
        " (statutes.toml)",
    ),
    bad(
        "a state accedes to a club that is closed",
        add("record.csv", "RING,ARV,accede,2009-01-01,member,state,TALE,"),
        "record.csv: RING ARV 2009-01-01: act: 'accede' is not valid; allowed: a month at whose end the club is "
        "open to the state (openness.csv)",
    ),
    bad(
        "a state asks for a suspension that no statute knows",
        add(
            "record.csv", "RING,BOR,request_suspension,2008-01-01,suspension_requested,state,TALE,"
        ),
        "record.csv: RING BOR 2008-01-01: act: 'request_suspension' is not valid; allowed: a month with a "
        "voluntary_suspension in force (statutes.toml)",
    ),
    bad(
        "a state does two things in a month",
        add(
            "record.csv",
            "RING,ARV,accede,2008-01-01,member,state,TALE,\nRING,ARV,withdraw,2008-01-31,left,state,TALE,",
        ),
        "record.csv: RING ARV 2008-01-31: act: 'withdraw' is not valid; allowed: one act of a state in a month "
        "(after accede)",
    ),
    bad(
        "a state leaves before its notice has run",
        add(
            "record.csv",
            "PACT,ARV,withdraw,2008-01-10,notice_given,state,TALE,\nPACT,ARV,leave,2008-05-20,left,treaty,TALE,",
        ),
        "record.csv: PACT ARV 2008-05-20: date: '2008-05-20' is not valid; allowed: 6 months after the notice of "
        "2008-01-10 at least (statutes.toml)",
    ),
    bad(
        "a state is out at once where notice must run",
        add("record.csv", "PACT,ARV,withdraw,2008-01-10,left,state,TALE,"),
        "record.csv: PACT ARV 2008-01-10: status: 'left' is not valid; allowed: notice_given: notice runs 6 months"
        " (statutes.toml)",
    ),
    bad(
        "a state leaves without notice",
        add("record.csv", "PACT,ARV,leave,2008-05-20,left,treaty,TALE,"),
        "record.csv: PACT ARV 2008-05-20: act: 'leave' is not valid; allowed: a state that gave notice (withdraw)"
        " (statutes.toml)",
    ),
    bad(
        "a state is a member before ratification",
        swap("record.csv", "2007-05-12,member", "2007-04-12,member"),
        "record.csv: PACT BOR 2007-04-12: date: '2007-04-12' is not valid; allowed: 2 months of ratification after"
        " 2007-03-12 at least (statutes.toml)",
    ),
    bad(
        "a treaty binds before it is in force",
        swap(
            "record.csv",
            "PACT,ARV,enter_into_force,2001-07-01",
            "PACT,ARV,enter_into_force,2001-06-30",
        ),
        "record.csv: PACT ARV 2001-06-30: date: '2001-06-30' is not valid; allowed: not before the entry into force"
        " (2001-07-01) (statutes.toml)",
    ),
    bad(
        "a seat lapses where no term ends",
        both(
            swap("record.csv", "2004-07-02,left", "2004-09-02,left"),
            drop("record.csv", "returns"),
        ),
        "record.csv: PACT BOR 2004-09-02: act: 'lapse' is not valid; allowed: the month in which a term ends that "
        "must be renewed (statutes.toml)",
    ),
    bad(
        "a suspension takes effect between sessions",
        add(
            "record.csv",
            "PACT,ARV,request_suspension,2008-01-10,suspension_requested,state,TALE,\n"
            "PACT,ARV,suspend,2008-02-10,suspended,club,TALE,",
        ),
        "record.csv: PACT ARV 2008-02-10: date: '2008-02-10' is not valid; allowed: the month of the session (12)"
        " (statutes.toml)",
    ),
    bad(
        "nobody has asked for a suspension",
        add("record.csv", "PACT,ARV,suspend,2008-12-10,suspended,club,TALE,"),
        "record.csv: PACT ARV 2008-12-10: act: 'suspend' is not valid; allowed: a state that is "
        "suspension_requested (it is member) (statutes.toml)",
    ),
    bad(
        "a sanction comes before its law",
        add("record.csv", "PACT,ARV,sanction,2008-12-10,sanctioned,club,TALE,"),
        "record.csv: PACT ARV 2008-12-10: act: 'sanction' is not valid; allowed: a month with a sanction in force"
        " (statutes.toml)",
    ),
    bad(
        "a club withdraws for a state",
        add("record.csv", "PACT,ARV,withdraw,2008-01-10,notice_given,club,TALE,"),
        "record.csv: PACT ARV 2008-01-10: actor: 'club' is not valid; allowed: state for withdraw",
    ),
    bad(
        "a state suspends itself",
        add(
            "record.csv",
            "PACT,ARV,request_suspension,2008-01-10,suspension_requested,state,TALE,\n"
            "PACT,ARV,suspend,2008-12-10,suspended,state,TALE,",
        ),
        "record.csv: PACT ARV 2008-12-10: actor: 'state' is not valid; allowed: club for suspend",
    ),
    # parameters.toml
    bad(
        "a weight is no term",
        swap("parameters.toml", "protection =", "protecton ="),
        "parameters.toml: a weight: 'protecton' is not valid; allowed: protection, … (nearest valid name: "
        "protection)",
    ),
    bad(
        "a friction is misspelt",
        swap("parameters.toml", "obligation =", "obligatoin ="),
        "parameters.toml: a friction: 'obligatoin' is not valid; allowed: accede, … (nearest valid name: "
        "obligation)",
    ),
    bad(
        "a weight stands under another role",
        swap("parameters.toml", 'coercion = { role = "weight"', 'coercion = { role = "friction"'),
        "parameters.toml: a friction: 'coercion' is not valid; allowed: accede, …",
    ),
    bad(
        "a role of a parameter is misspelt",
        swap("parameters.toml", '"council", mean = -5', '"counsel", mean = -5'),
        "parameters.toml: objection.role: 'counsel' is not valid; allowed: 'weight', … (nearest valid name: "
        "council)",
    ),
    bad(
        "a friction is missing",
        drop("parameters.toml", "renew ="),
        "parameters.toml: renew: 'missing' is not valid; allowed: a table for it",
    ),
    bad(
        "a parameter of councils is missing",
        drop("parameters.toml", "objection_rivalry ="),
        "parameters.toml: objection_rivalry: 'missing' is not valid; allowed: a table for it",
    ),
    bad(
        "a fixed parameter is missing",
        drop("parameters.toml", "event_step ="),
        "parameters.toml: event_step: 'missing' is not valid; allowed: a table for it",
    ),
    bad(
        "there are no weights",
        drop("parameters.toml", 'weight"'),
        "parameters.toml: weight: 'missing' is not valid; allowed: at least one of protection, …",
    ),
    bad(
        "a prior has no sd",
        swap("parameters.toml", "mean = -4, sd = 1.5", "mean = -4"),
        "parameters.toml: accede.sd: None is not valid; allowed: an sd for a friction",
    ),
    bad(
        "a fixed parameter has an sd",
        swap("parameters.toml", "mean = 24", "mean = 24, sd = 6"),
        "parameters.toml: opening_months.sd: 6.0 is not valid; allowed: no sd for a fixed",
    ),
    bad(
        "an sd is zero",
        swap("parameters.toml", "mean = -4, sd = 1.5", "mean = -4, sd = 0"),
        "parameters.toml: accede.sd: 0.0 is not valid; allowed: greater than 0",
    ),
    bad(
        "an sd is infinite",
        swap("parameters.toml", "mean = -4, sd = 1.5", "mean = -4, sd = inf"),
        "parameters.toml: accede.sd: inf is not valid; allowed: a finite number",
    ),
    bad(
        "a mean is no number",
        swap("parameters.toml", "mean = -4", "mean = nan"),
        "parameters.toml: accede.mean: nan is not valid; allowed: a finite number",
    ),
    bad(
        "a mean is infinite",
        swap("parameters.toml", "mean = -4", "mean = -inf"),
        "parameters.toml: accede.mean: -inf is not valid; allowed: a finite number",
    ),
    bad(
        "a mean is a text",
        swap("parameters.toml", "mean = -4", 'mean = "-4"'),
        "parameters.toml: accede.mean: '-4' is not valid; allowed: a valid number",
    ),
    bad(
        "a mean is a truth value",
        swap("parameters.toml", "mean = -4", "mean = true"),
        "parameters.toml: accede.mean: True is not valid; allowed: a valid number",
    ),
    bad(
        "a mean has hundreds of digits",
        swap("parameters.toml", "mean = -4", "mean = 1" + "0" * 400),
        "parameters.toml: accede.mean: 1000… is not valid; allowed: a valid number",
    ),
    bad(
        "a mean is missing",
        swap("parameters.toml", "mean = -4, ", ""),
        "parameters.toml: accede.mean: 'missing' is not valid; allowed: a value for mean",
    ),
    bad(
        "a key of a parameter is misspelt",
        swap("parameters.toml", 'reason = "Accession is rare."', 'raeson = "Accession is rare."'),
        "parameters.toml: accede.raeson: 'raeson' is not valid; allowed: the keys … (nearest valid name: reason)",
    ),
    bad(
        "a window has no months",
        swap("parameters.toml", "mean = 24", "mean = 0"),
        "parameters.toml: opening_months.mean: 0.0 is not valid; allowed: a number above 0",
    ),
    bad(
        "a half-life is zero",
        swap("parameters.toml", "mean = 12", "mean = 0.0"),
        "parameters.toml: fear_half_life.mean: 0.0 is not valid; allowed: a number above 0",
    ),
    bad(
        "a half-life is below zero",
        swap("parameters.toml", "mean = 36", "mean = -36"),
        "parameters.toml: leverage_half_life.mean: -36.0 is not valid; allowed: a number above 0",
    ),
    bad(
        "a step turns ties round",
        swap(
            "parameters.toml",
            'mean = 0.5, unit = "units of tie per event"',
            'mean = -0.5, unit = "units of tie per event"',
        ),
        "parameters.toml: event_step.mean: -0.5 is not valid; allowed: 0 or more",
    ),
    bad(
        "a source of a parameter is misspelt",
        swap("parameters.toml", '"JUDGED"', '"JUGDED"'),
        "parameters.toml: protection.source: 'JUGDED' is not valid; allowed: TALE, JUDGED (nearest valid name: "
        "JUDGED)",
    ),
    # evidence
    bad(
        "a year of a composite is missing",
        drop("evidence/composites.csv", "raids,BOR,2005"),
        "evidence/composites.csv: raids BOR: 2005 is not valid; allowed: a row for each year 2001-2010",
    ),
    bad(
        "a composite stands twice",
        add("evidence/composites.csv", "raids,BOR,2005,0.5,0.0"),
        "evidence/composites.csv: raids BOR: 2005 is not valid; allowed: each year once",
    ),
    bad(
        "a state of a composite is misspelt",
        swap("evidence/composites.csv", "raids,ARV,2001", "raids,ARW,2001"),
        "evidence/composites.csv: row ….state: 'ARW' is not valid; allowed: ARV, BOR (nearest valid name: ARV)",
    ),
    bad(
        "a composite is the patron's",
        add("evidence/composites.csv", "raids,COR,2001,0.0,0.0"),
        "evidence/composites.csv: row ….state: 'COR' is not valid; allowed: ARV, BOR (nearest valid name: BOR)",
    ),
    bad(
        "a tie in one row is misspelt",
        swap("evidence/composites.csv", "tie_rim,BOR,2003", "tie_rmi,BOR,2003"),
        "evidence/composites.csv: tie_rim BOR: 2003 is not valid; allowed: a row for each year 2001-2010",
    ),
    bad(
        "ties to the patron are missing",
        drop("evidence/composites.csv", "tie_patron"),
        "evidence/composites.csv: variable: 'missing' is not valid; allowed: rows of tie_patron",
    ),
    bad(
        "a composite is no number",
        swap("evidence/composites.csv", "2003,1.5,0.0", "2003,nan,0.0"),
        "evidence/composites.csv: line 4.value: 'nan' is not valid; allowed: a finite number",
    ),
    bad(
        "a composite is infinite",
        swap("evidence/composites.csv", "2003,1.5,0.0", "2003,1e999,0.0"),
        "evidence/composites.csv: line 4.value: '1e999' is not valid; allowed: a finite number",
    ),
    bad(
        "a composite is empty",
        swap("evidence/composites.csv", "2003,1.5,0.0", "2003,,0.0"),
        "evidence/composites.csv: line 4.value: '' is not valid; allowed: a finite number",
    ),
    bad(
        "a composite has a decimal comma",
        swap("evidence/composites.csv", "2003,1.5,0.0", '2003,"1,5",0.0'),
        "evidence/composites.csv: line 4.value: '1,5' is not valid; allowed: a finite number",
    ),
    bad(
        "a composite's error is below zero",
        swap("evidence/composites.csv", "2003,1.5,0.0", "2003,1.5,-0.1"),
        "evidence/composites.csv: line 4.sd: '-0.1' is not valid; allowed: greater than or equal to 0",
    ),
    bad(
        "a composite's year has a decimal point",
        swap("evidence/composites.csv", "2003,1.5,0.0", "2003.0,1.5,0.0"),
        "evidence/composites.csv: line 4.year: '2003.0' is not valid; allowed: a whole number",
    ),
    bad(
        "a rivalry is above one",
        swap("evidence/rivalry.csv", "ARV,BOR,2004,1.0", "ARV,BOR,2004,1.1"),
        "evidence/rivalry.csv: line 3.value: '1.1' is not valid; allowed: less than or equal to 1",
    ),
    bad(
        "a rivalry is below zero",
        swap("evidence/rivalry.csv", "ARV,BOR,2004,1.0", "ARV,BOR,2004,-0.1"),
        "evidence/rivalry.csv: line 3.value: '-0.1' is not valid; allowed: greater than or equal to 0",
    ),
    bad(
        "a rivalry is no number",
        swap("evidence/rivalry.csv", "ARV,BOR,2004,1.0", "ARV,BOR,2004,inf"),
        "evidence/rivalry.csv: line 3.value: 'inf' is not valid; allowed: a finite number",
    ),
    bad(
        "a state of a rivalry is misspelt",
        swap("evidence/rivalry.csv", "ARV,BOR,2004,1.0", "AVR,BOR,2004,1.0"),
        "evidence/rivalry.csv: row ….state: 'AVR' is not valid; allowed: ARV, BOR (nearest valid name: ARV)",
    ),
    bad(
        "a rival of a rivalry is misspelt",
        swap("evidence/rivalry.csv", "ARV,BOR,2004,1.0", "ARV,BRO,2004,1.0"),
        "evidence/rivalry.csv: row … (ARV).rival: 'BRO' is not valid; allowed: BOR (nearest valid name: BOR)",
    ),
    bad(
        "a state is its own rival",
        swap("evidence/rivalry.csv", "ARV,BOR,2004,1.0", "ARV,ARV,2004,1.0"),
        "evidence/rivalry.csv: row … (ARV).rival: 'ARV' is not valid; allowed: BOR",
    ),
    bad(
        "the patron is a rival",
        swap("evidence/rivalry.csv", "ARV,BOR,2004,1.0", "ARV,COR,2004,1.0"),
        "evidence/rivalry.csv: row … (ARV).rival: 'COR' is not valid; allowed: BOR (nearest valid name: BOR)",
    ),
    bad(
        "a rivalry stands twice",
        add("evidence/rivalry.csv", "ARV,BOR,2004,0.5"),
        "evidence/rivalry.csv: ARV BOR: 2004 is not valid; allowed: each year once",
    ),
    # what came with regions, needs that teach, offers, separate instruments and theories
    bad(
        "the column of regions is missing",
        write("states.csv", "state,name,role\nARV,Arvel,decider"),
        "states.csv: column: 'missing' is not valid; allowed: a column named region",
    ),
    bad(
        "the column of regions is misspelt",
        swap("states.csv", "region", "regoin"),
        "states.csv: column: 'regoin' is not valid; allowed: state, … (nearest valid name: region)",
    ),
    bad(
        "a state has two regions",
        swap("states.csv", "north", "north,south"),
        "states.csv: line 2: 'wrong number of cells' is not valid; allowed: 4 cells",
    ),
    bad(
        "whom a threat endangers is missing",
        swap("threats.toml", 'target = "regime"\n', ""),
        "threats.toml: plots.target: 'missing' is not valid; allowed: a value for target",
    ),
    bad(
        "whom a threat endangers is misspelt",
        swap("threats.toml", 'target = "regime"', 'target = "regimes"'),
        "threats.toml: plots.target: 'regimes' is not valid; allowed: 'state' or 'regime' (nearest valid name: "
        "regime)",
    ),
    bad(
        "whom a threat endangers is a state of the case",
        swap("threats.toml", 'target = "state"', 'target = "ARV"'),
        "threats.toml: raids.target: 'ARV' is not valid; allowed: 'state' or 'regime'",
    ),
    bad(
        "the help that is asked against a threat is missing",
        swap("threats.toml", 'need = "external"\n', ""),
        "threats.toml: feud.need: 'missing' is not valid; allowed: a value for need",
    ),
    bad(
        "the help that is asked against a threat is misspelt",
        swap("threats.toml", 'need = "incursion"', 'need = "incursions"'),
        "threats.toml: raids.need: 'incursions' is not valid; allowed: 'external', 'incursion', 'stability' or '' "
        "(nearest valid name: incursion)",
    ),
    bad(
        "a base is asked for as help against a threat",
        swap("threats.toml", 'need = "external"', 'need = "base"'),
        "threats.toml: feud.need: 'base' is not valid; allowed: 'external', 'incursion', 'stability' or ''",
    ),
    bad(
        "the help against a threat is a list",
        swap("threats.toml", 'need = "external"', 'need = ["external"]'),
        "threats.toml: feud.need: ['external'] is not valid; allowed: 'external', …",
    ),
    bad(
        "an offer is misspelt",
        swap("events.csv", "BOR,offer", "BOR,ofer"),
        "events.csv: line 12.kind: 'ofer' is not valid; allowed: 'threat', … (nearest valid name: offer)",
    ),
    bad(
        "a threat of an offer is misspelt",
        swap("events.csv", "offer,raids", "offer,raid"),
        "events.csv: E8.about: 'raid' is not valid; allowed: raids, feud, pressure, plots (nearest valid name: raids)",
    ),
    bad(
        "an offer is against all threats",
        swap("events.csv", "offer,raids", "offer,any"),
        "events.csv: E8.about: 'any' is not valid; allowed: raids, feud, pressure, plots",
    ),
    bad(
        "an offer names who makes it",
        swap("events.csv", "offer,raids,", "offer,raids,ARV"),
        "events.csv: E8.rival: 'ARV' is not valid; allowed: empty but for a rivalry",
    ),
    bad(
        "whether help came is missing",
        swap("requests.csv", "true,false,Shots", "true,,Shots"),
        "requests.csv: 2003-08-20 ARV: met: None is not valid; allowed: true or false",
    ),
    bad(
        "help came to a base",
        swap("requests.csv", "base,true,,", "base,true,true,"),
        "requests.csv: 2008-05-04 BOR: met: True is not valid; allowed: empty for a base",
    ),
    bad(
        "whether help came is no truth value",
        swap("requests.csv", "true,false,Shots", "true,partly,Shots"),
        "requests.csv: line 2.met: 'partly' is not valid; allowed: a valid boolean…",
    ),
    bad(
        "the column of met needs is missing",
        swap("requests.csv", "asked,met,", "asked,"),
        "requests.csv: column: 'missing' is not valid; allowed: a column named met",
    ),
    bad(
        "an incursion is spelt as the plural",
        swap("requests.csv", "ARV,incursion", "ARV,incursions"),
        "requests.csv: line 4.kind: 'incursions' is not valid; allowed: 'external', 'incursion', 'stability' or "
        "'base' (nearest valid name: incursion)",
    ),
    bad(
        "an incursion stands twice in a month",
        add("requests.csv", "2005-06-30,ARV,incursion,false,false,Again,TALE"),
        "requests.csv: 2005-06-30 ARV: 'incursion' is not valid; allowed: each kind once in a month and state",
    ),
    bad(
        "an incursion is the patron's",
        swap("requests.csv", "ARV,incursion", "COR,incursion"),
        "requests.csv: 2005-06-11.state: 'COR' is not valid; allowed: ARV, BOR (nearest valid name: BOR)",
    ),
    bad(
        "a parameter of councils is said to be fitted or not",
        swap(
            "parameters.toml",
            'release = { role = "council"',
            'release = { role = "council", fitted = false',
        ),
        "parameters.toml: release.fitted: False is not valid; allowed: given for weights and frictions only",
    ),
    bad(
        "a fixed parameter is said not to be fitted",
        swap(
            "parameters.toml",
            'witness = { role = "fixed"',
            'witness = { role = "fixed", fitted = false',
        ),
        "parameters.toml: witness.fitted: False is not valid; allowed: given for weights and frictions only",
    ),
    bad(
        "whether a weight is fitted is a text",
        swap("parameters.toml", "fitted = false,", 'fitted = "no",'),
        "parameters.toml: courtship.fitted: 'no' is not valid; allowed: a valid boolean",
    ),
    bad(
        "whether a weight is fitted is misspelt",
        swap("parameters.toml", "fitted = false,", "fited = false,"),
        "parameters.toml: courtship.fited: 'fited' is not valid; allowed: the keys … (nearest valid name: fitted)",
    ),
    *(
        bad(
            f"a weight is misspelt as {wrong}",
            swap("parameters.toml", f"{right} =", f"{wrong} ="),
            f"parameters.toml: a weight: '{wrong}' is not valid; allowed: protection, … (nearest valid name: {right})",
        )
        for right, wrong in (
            ("regime_security", "regime_securty"),
            ("coercion", "cohersion"),
            ("outside_option", "outside_options"),
            ("entrapment", "entrapmnt"),
            ("compliance", "complience"),
            ("contagion", "contagoin"),
            ("courtship", "courtshp"),
        )
    ),
    bad(
        "a weight has the name of a term that is no more",
        swap("parameters.toml", "coercion =", "menace ="),
        "parameters.toml: a weight: 'menace' is not valid; allowed: protection, …",
    ),
    bad(
        "the friction of exits is missing",
        drop("parameters.toml", "exit ="),
        "parameters.toml: exit: 'missing' is not valid; allowed: a table for it",
    ),
    bad(
        "the friction of exits has the name of one route",
        swap("parameters.toml", "exit =", "withdraw ="),
        "parameters.toml: a friction: 'withdraw' is not valid; allowed: accede, restore, obligation, …",
    ),
    bad(
        "the friction of exits is not scored",
        swap("parameters.toml", 'exit = { role = "friction"', 'exit = { role = "unscored"'),
        "parameters.toml: a unscored: 'exit' is not valid; allowed: lock, freeze, resume, observe",
    ),
    bad(
        "the price of restoration is a friction",
        swap("parameters.toml", "lock =", "restoration ="),
        "parameters.toml: a unscored: 'restoration' is not valid; allowed: lock, freeze, resume, observe…",
    ),
    *(
        bad(
            f"there is no {name}",
            drop("parameters.toml", f"{name} ="),
            f"parameters.toml: {name}: 'missing' is not valid; allowed: a table for it",
        )
        for name in (
            "release",
            "patron_reluctance",
            "court",
            "belief_half_life",
            "witness",
            "forum_stake",
            "contagion_months",
            "participation_months",
            "courtship_months",
        )
    ),
    *(
        bad(
            f"the parameter of councils {right} is misspelt",
            swap("parameters.toml", f"\n{right} =", f"\n{wrong} ="),
            f"parameters.toml: a council: '{wrong}' is not valid; allowed: objection, … (nearest valid name: {right})",
        )
        for right, wrong in (
            ("release", "relaese"),
            ("patron_reluctance", "patron_reluctace"),
            ("court", "courts"),
        )
    ),
    *(
        bad(
            f"the parameter of councils {name} has no sd",
            swap(
                "parameters.toml",
                f'\n{name} = {{ role = "council"',
                f'\n{name} = {{ role = "fixed"',
            ),
            f"parameters.toml: a fixed: '{name}' is not valid; allowed: opening_months, …",
        )
        for name in ("release", "patron_reluctance", "court")
    ),
    *(
        bad(
            f"{name} takes no time",
            number(name, value),
            f"parameters.toml: {name}.mean: {value} is not valid; allowed: a number above 0",
        )
        for name, value in (
            ("belief_half_life", "0.0"),
            ("contagion_months", "-12.0"),
            ("participation_months", "0.0"),
            ("courtship_months", "-1.0"),
        )
    ),
    *(
        bad(
            f"{name} is no share: {value}",
            number(name, value),
            f"parameters.toml: {name}.mean: {value} is not valid; allowed: a number from 0 to 1",
        )
        for name in ("witness", "forum_stake")
        for value in ("-0.1", "1.5")
    ),
    *(
        bad(
            f"{name} has a prior",
            swap(
                "parameters.toml",
                f'\n{name} = {{ role = "fixed",',
                f'\n{name} = {{ role = "fixed", sd = 1,',
            ),
            f"parameters.toml: {name}.sd: 1.0 is not valid; allowed: no sd for a fixed",
        )
        for name in (
            "belief_half_life",
            "contagion_months",
            "participation_months",
            "courtship_months",
        )
    ),
    bad(
        "there is no table of theories",
        remove("theories.toml"),
        "theories.toml: file: 'missing' is not valid; allowed: a case has …",
    ),
    bad(
        "a theory is a list of terms",
        write("theories.toml", 'fear = ["protection"]'),
        "theories.toml: fear: ['protection'] is not valid; allowed: a table",
    ),
    bad(
        "a term of a theory is misspelt",
        swap("theories.toml", '"abandonment"', '"abandonmnt"'),
        "theories.toml: fear.terms: 'abandonmnt' is not valid; allowed: protection, … (nearest valid name: "
        "abandonment)",
    ),
    bad(
        "a term of a theory has no weight",
        swap("theories.toml", '"abandonment"', '"dues"'),
        "theories.toml: fear.terms: 'dues' is not valid; allowed: protection, …",
    ),
    bad(
        "a theory has the name of a term",
        swap("theories.toml", "[fear]", "[protection]"),
        "theories.toml: protection: 'protection, abandonment' is not valid; allowed: a name that no term has",
    ),
    bad(
        "a theory has no terms",
        swap("theories.toml", 'terms = ["patronage", "courtship"]\n', ""),
        "theories.toml: hierarchy.terms: 'missing' is not valid; allowed: a value for terms",
    ),
    bad(
        "a theory says nothing",
        swap("theories.toml", '"States follow whom they depend on."', '""'),
        "theories.toml: hierarchy.says: '' is not valid; allowed: String should have at least 1 character",
    ),
    bad(
        "a key of a theory is misspelt",
        swap("theories.toml", "says", "say"),
        "theories.toml: fear.say: 'say' is not valid; allowed: the keys … (nearest valid name: says)",
    ),
    bad(
        "there is no table of bonds",
        remove("evidence/bonds.csv"),
        "evidence/bonds.csv: file: 'missing' is not valid; allowed: a case has …",
    ),
    bad(
        "a bond is above one",
        swap("evidence/bonds.csv", "ARV,BOR,2004,0.1", "ARV,BOR,2004,1.1"),
        "evidence/bonds.csv: line 8.value: '1.1' is not valid; allowed: less than or equal to 1",
    ),
    bad(
        "a bond is below zero",
        swap("evidence/bonds.csv", "ARV,BOR,2004,0.1", "ARV,BOR,2004,-0.1"),
        "evidence/bonds.csv: line 8.value: '-0.1' is not valid; allowed: greater than or equal to 0",
    ),
    bad(
        "a state of a bond is misspelt",
        swap("evidence/bonds.csv", "ARV,BOR,2004", "AVR,BOR,2004"),
        "evidence/bonds.csv: row ….state: 'AVR' is not valid; allowed: ARV, BOR (nearest valid name: ARV)",
    ),
    bad(
        "a partner is misspelt",
        swap("evidence/bonds.csv", "ARV,BOR,2004", "ARV,BRO,2004"),
        "evidence/bonds.csv: row … (ARV).partner: 'BRO' is not valid; allowed: BOR (nearest valid name: BOR)",
    ),
    bad(
        "the partner is the patron",
        swap("evidence/bonds.csv", "ARV,BOR,2004", "ARV,COR,2004"),
        "evidence/bonds.csv: row … (ARV).partner: 'COR' is not valid; allowed: BOR (nearest valid name: BOR)",
    ),
    bad(
        "a state is bound to itself",
        swap("evidence/bonds.csv", "ARV,BOR,2004", "ARV,ARV,2004"),
        "evidence/bonds.csv: row … (ARV).partner: 'ARV' is not valid; allowed: BOR",
    ),
    bad(
        "a bond stands twice",
        add("evidence/bonds.csv", "ARV,BOR,2004,0.2"),
        "evidence/bonds.csv: ARV BOR: 2004 is not valid; allowed: each year once",
    ),
    bad(
        "partners stand in the column of rivals",
        swap("evidence/bonds.csv", "partner", "rival"),
        "evidence/bonds.csv: column: 'rival' is not valid; allowed: state, partner, year, value…",
    ),
    *(
        bad(
            f"{sentence} {variable}",
            change(variable),
            f"evidence/composites.csv: {variable} {line}",
        )
        for variable in ("means", "autonomy")
        for sentence, change, line in (
            (
                "nobody has",
                lambda name: drop("evidence/composites.csv", f"{name},"),
                "ARV: 2001 is not valid; allowed: a row for each year 2001-2010",
            ),
            (
                "a year is missing of",
                lambda name: drop("evidence/composites.csv", f"{name},BOR,2005"),
                "BOR: 2005 is not valid; allowed: a row for each year 2001-2010",
            ),
            (
                "a state is misspelt without",
                lambda name: swap(
                    "evidence/composites.csv", f"{name},BOR,2010", f"{name},BOR,2011"
                ),
                "BOR: 2010 is not valid; allowed: a row for each year 2001-2010",
            ),
            (
                "a year stands twice of",
                lambda name: add("evidence/composites.csv", f"{name},ARV,2003,0.0,0.0"),
                "ARV: 2003 is not valid; allowed: each year once",
            ),
        )
    ),
    bad(
        "a day of signing is a text",
        swap("statutes.toml", "signed = 2007-06-15", 'signed = "2007-06-15"'),
        "statutes.toml: PACT-brigade.signed: '2007-06-15' is not valid; allowed: a valid date",
    ),
    bad(
        "a day of signing is a year",
        swap("statutes.toml", "signed = 2007-06-15", "signed = 2007"),
        "statutes.toml: PACT-brigade.signed: 2007 is not valid; allowed: a valid date",
    ),
    bad(
        "a day of signing is misspelt",
        swap("statutes.toml", "signed =", "singed ="),
        "statutes.toml: PACT-brigade.singed: 'singed' is not valid; allowed: the keys … (nearest valid name: signed)",
    ),
    bad(
        "a separate instrument is counted",
        swap("statutes.toml", "separate = true", "separate = 1"),
        "statutes.toml: PACT-brigade.separate: 1 is not valid; allowed: a valid boolean",
    ),
    bad(
        "a separate instrument is a text",
        swap("statutes.toml", "separate = true", 'separate = "yes"'),
        "statutes.toml: PACT-brigade.separate: 'yes' is not valid; allowed: a valid boolean",
    ),
    bad(
        "a separate instrument is misspelt",
        swap("statutes.toml", "separate =", "seperate ="),
        "statutes.toml: PACT-brigade.seperate: 'seperate' is not valid; allowed: the keys … (nearest valid name: "
        "separate)",
    ),
    bad(
        "regions learn more of each other than of themselves",
        swap("statutes.toml", "elsewhere = 0.5", "elsewhere = 1.5"),
        "statutes.toml: PACT-regions.elsewhere: 1.5 is not valid; allowed: less than or equal to 1",
    ),
    bad(
        "regions learn the opposite of each other",
        swap("statutes.toml", "elsewhere = 0.5", "elsewhere = -0.5"),
        "statutes.toml: PACT-regions.elsewhere: -0.5 is not valid; allowed: greater than or equal to 0",
    ),
    bad(
        "what regions learn of each other is missing",
        drop("statutes.toml", "elsewhere = 0.5"),
        "statutes.toml: PACT-regions.elsewhere: 'missing' is not valid; allowed: a value for elsewhere",
    ),
    bad(
        "the kind of regions is misspelt",
        swap("statutes.toml", '"regions"', '"region"'),
        "statutes.toml: PACT-regions.kind: 'region' is not valid; allowed: accession, … (nearest valid name: regions)",
    ),
    bad(
        "a club is divided twice",
        add(
            "statutes.toml",
            statute("regions", "elsewhere = 0.2").replace("PACT-regions", "PACT-regions-2"),
        ),
        "statutes.toml: PACT-regions-2.from: '2007-01-01' is not valid; allowed: no second rule of kind regions while"
        " PACT-regions is in force",
    ),
    bad(
        "a state declines that is not in",
        swap(
            "record.csv", "PACT,BOR,decline,2007-06-15,member", "RING,ARV,decline,2007-06-15,member"
        ),
        "record.csv: RING ARV 2007-06-15: act: 'decline' is not valid; allowed: a state that is in (it is none)",
    ),
    bad(
        "a state declines what is not on the table",
        swap("record.csv", "decline,2007-06-15", "decline,2007-07-15"),
        "record.csv: PACT BOR 2007-07-15: act: 'decline' is not valid; allowed: a month in which members sign what "
        "binds only who joins it (statutes.toml)",
    ),
    bad(
        "a state declines what binds every member",
        drop("statutes.toml", "separate = true"),
        "record.csv: PACT BOR 2007-06-15: act: 'decline' is not valid; allowed: a month in which members sign what "
        "binds only who joins it (statutes.toml)",
    ),
    bad(
        "a state freezes by declining",
        swap("record.csv", "decline,2007-06-15,member", "decline,2007-06-15,frozen"),
        "record.csv: PACT BOR 2007-06-15: status: 'frozen' is not valid; allowed: member",
    ),
    bad(
        "a state leaves by declining",
        swap("record.csv", "decline,2007-06-15,member", "decline,2007-06-15,left"),
        "record.csv: PACT BOR 2007-06-15: status: 'left' is not valid; allowed: member or frozen or sanctioned",
    ),
    bad(
        "the patron's courtship stands in the record",
        swap("record.csv", "PACT,BOR,decline", "PACT,BOR,court"),
        "record.csv: PACT BOR 2007-06-15: act: 'court' is not valid; allowed: accede, …",
    ),
]


@pytest.mark.parametrize(("change", "line"), BAD)
def test_a_malformed_case_is_one_line(folder: Path, change: Change, line: str) -> None:
    change(folder)
    with pytest.raises(InputError) as caught:
        load_case(folder)
    said = str(caught.value)
    assert says(line, said), said
    assert said.splitlines() == [said]
    error = caught.value
    assert said.startswith(
        f"{error.file}: {error.key}: {shortened(repr(error.value))} is not valid; "
    )


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (
            "cts",
            "case: name or folder: 'cts' is not valid; allowed: …cst… (nearest valid name: cst)",
        ),
        ("nowhere/at/all", "case: name or folder: 'nowhere/at/all' is not valid; allowed: …"),
        ("x" * 5000, "case: name or folder: 'xxx… is not valid; allowed: …"),
        (MINIMAL / "case.toml", "case: name or folder: '…case.toml' is not valid; allowed: …"),
    ],
    ids=["a misspelt name", "a folder that is not there", "a name too long", "a file"],
)
def test_a_case_that_is_not_there(name: str | Path, line: str) -> None:
    with pytest.raises(InputError) as caught:
        load_case(name)
    assert says(line, str(caught.value))


@pytest.mark.parametrize("text", ["2000-12", "2011-01", "2004-7", "2004-13", "July", ""])
def test_a_month_outside_the_case(minimal: Case, text: str) -> None:
    with pytest.raises(InputError) as caught:
        minimal.month(text, "--from")
    assert str(caught.value) == (
        f"minimal: --from: {text!r} is not valid; "
        "allowed: a month from 2001-01 to 2010-12, as YYYY-MM"
    )


# the command line ----------------------------------------------------------------------------------


def check(monkeypatch: pytest.MonkeyPatch, path: Path) -> int:
    monkeypatch.setattr(sys, "argv", ["tashkent", "case", "check", str(path)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return int(stop.value.code or 0)


def test_check_accepts_a_good_case(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(monkeypatch, MINIMAL) == 0
    said = capsys.readouterr()
    assert said.out.startswith("minimal: valid. hash ")
    assert "states 3, clubs 2, " in said.out
    assert said.err == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (remove("record.csv"), "record.csv: file: 'missing'"),
        (swap("case.toml", "schema = 1", "schema ="), "case.toml: syntax: "),
        (swap("threats.toml", "label", "lable"), "(nearest valid name: label)"),
        (
            swap("threats.toml", "[raids]", '["ra\\nids"]\nlabel = 3\n[raids]'),
            "threats.toml: name: ",
        ),
        (swap("events.csv", "rim,,1", "rim,,2"), "events.csv: line 9.sign: '2'"),
        (swap("statutes.toml", '"accession"', '"acession"'), "(nearest valid name: accession)"),
        (write("patterns.toml", "[[pattern"), "patterns.toml: syntax: "),
        (
            write("patterns.toml", PATTERN.replace("states", "sates")),
            "(nearest valid name: states)",
        ),
        (
            write("patterns.toml", PATTERN.replace('"inside"', '"insid"')),
            "patterns.toml: X.measure: 'insid' is not valid; allowed: ",
        ),
        (write("patterns.toml", PATTERN.replace("ARV", "ARW")), "(nearest valid name: ARV)"),
        (
            asks("CF1", 'do = "remove_event"\nevnt = "T1"'),
            "CF1.toml: patch 1 (remove_event).evnt: 'evnt' is not valid; ",
        ),
        (
            asks("CF1", 'do = "remove_event"\nevent = "nothing"'),
            "CF1.toml: patch 1 (remove_event): event: 'nothing' is not valid; ",
        ),
        (
            asks("CF2", 'do = "remove_event"\nevent = "T1"', "CF1"),
            "CF2.toml: id: 'CF1' is not valid; allowed: the name of the file (CF2)",
        ),
        (
            write("evidence/magnitudes.csv", "event,magnitude,source\nT1,two,TALE\n"),
            "evidence/magnitudes.csv: line 2.magnitude: 'two' is not valid; allowed: a finite number",
        ),
    ],
    ids=[
        "missing file",
        "syntax",
        "misspelt key",
        "line end in a key",
        "range",
        "misspelt kind",
        "syntax of patterns",
        "misspelt key of a pattern",
        "misspelt kind of a pattern",
        "pattern of no state",
        "misspelt patch",
        "patch of no event",
        "counterfactual under another name",
        "magnitude that is no number",
    ],
)
def test_check_complains_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    change: Change,
    words: str,
) -> None:
    change(folder)
    assert check(monkeypatch, folder) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert said.err.endswith("\n")
    assert words in said.err


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('shown = ["2002-12",', 'shown = ["2002",', "case.toml: shown: '2002' is not valid"),
        ('"2006-12", "2010-12"]', '"2006-12", "2011-12"]', "a month from 2001-01 to 2010-12"),
        ('"2006-12", "2010-12"]', '"2006-12", "2006-12"]', "months in order, each once"),
        ('score_from = "2001-06"', 'score_from = "2009-01"', "after start, not after fit_until"),
    ],
)
def test_months_of_tables_and_scores_lie_in_the_case(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    path = Path(shutil.copytree(MINIMAL, tmp_path / "case"))
    text = (path / "case.toml").read_text()
    assert old in text
    (path / "case.toml").write_text(text.replace(old, new))
    with pytest.raises(InputError, match=re.escape(words)):
        load_case(path)


# the law as it might have been ---------------------------------------------------------------------


def test_a_case_without_statutes_is_another_case(case: Case) -> None:
    fewer = case.without("CST-11-term", "CST-P1999")
    assert [s for s in case.statutes if s not in fewer.statutes] == [
        s for s in case.statutes if s.kind == "term"
    ]
    assert len(fewer.law.statutes) == len(case.statutes) - 2
    assert fewer.hash != case.hash
    assert re.fullmatch(r"[0-9a-f]{64}", fewer.hash)
    assert fewer.hash == case.without("CST-P1999", "CST-11-term", "CST-P1999").hash
    assert fewer.hash != case.without("CST-11-term").hash
    assert fewer.parameters == case.parameters
    assert case.without() is case
    with pytest.raises(FrozenInstanceError):
        fewer.statutes = ()  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(fewer)).hash == fewer.hash


def test_a_case_read_otherwise_holds_the_other_numbers(case: Case) -> None:
    other = case.read_otherwise("CST-11-term", "CST-1")
    for old, new in zip(case.statutes, other.statutes, strict=True):
        if old.id in ("CST-11-term", "CST-1"):
            numbers = dict(old.other_reading)
            assert new == old.read_otherwise() != old
            assert type(new) is type(old)
            for name, value in numbers.items():
                found = getattr(new, name)
                assert (list(found) if isinstance(value, list) else found) == value
        else:
            assert new is old
    hashes = {case.hash, other.hash, case.without("CST-11-term", "CST-1").hash}
    hashes.add(case.read_otherwise("CST-1").hash)
    assert len(hashes) == 4
    assert case.read_otherwise() is case


@pytest.mark.parametrize(
    ("how", "name", "words"),
    [
        ("without", "CST-11-trem", "without: statute: 'CST-11-trem'…: CST-11-term)"),
        ("without", "", "without: statute: ''…"),
        ("read_otherwise", "CSTO-12-votng", "read_otherwise: statute: …: CSTO-12-voting)"),
        ("read_otherwise", "CST-3", "read_otherwise: other_reading of: 'CST-3'…: CST-4)"),
        ("read_otherwise", "CSTO-19-admission", "…(nearest valid name: CSTO-19-exit)"),
    ],
)
def test_a_statute_that_cannot_be_switched(case: Case, how: str, name: str, words: str) -> None:
    with pytest.raises(InputError) as error:
        getattr(case, how)("CST-10", name)
    assert says(f"statutes.toml: {words}", str(error.value))


def test_a_case_without_a_statute_runs(case: Case) -> None:
    parameters = prior_parameters(case, runs=3, seed=5)
    acts = {
        name: simulate(other, parameters, seed=5).acts()
        for name, other in (("as it is", case), ("off", case.without("CST-11-term")))
    }
    assert "CST-11-term" in set(acts["as it is"]["rule"])
    assert "CST-11-term" not in set(acts["off"]["rule"])
