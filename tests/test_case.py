"""Loading a case: what it may hold, and the command that checks it; what is malformed is in `test_case_*.py`."""

import copy
import pickle
import re
import shutil
import sys
from collections.abc import Mapping
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
from tashkent.experiments.coalition import CoalitionModel
from tashkent.model.case import Case, load_case
from tashkent.model.case.tables import COUNCIL, FIXED
from tashkent.model.clock import parse_month
from tashkent.model.errors import InputError
from tashkent.model.simulate import prior_parameters, simulate
from tests.case_changes import (
    PATTERN,
    Change,
    add,
    asks,
    both,
    drop,
    remove,
    says,
    statute,
    swap,
    write,
)

# what is valid -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_shipped_case_loads(case: Case, tmp_path: Path) -> None:
    assert (case.id, case.patron, case.focus) == ("cst", "RUS", "CST")
    assert repr(case) == f"<Case cst {case.hash[:12]}>"
    copy_of_it = shutil.copytree(case.path, tmp_path / "cst")
    assert load_case("cst").hash == load_case(str(copy_of_it)).hash == load_case(copy_of_it).hash


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


@pytest.mark.slow
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
            write("events.csv", (SKELETON / "events.csv").read_bytes().replace(b"\n", b"\r\n")),
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
        pytest.param(
            swap("record.csv", "2007-05-12,member", "2007-04-12,member"),
            id="a ratification that took less than the months of the rule, which may be a mean",
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
            swap("requests.csv", "ARV,external,true,false,BOR", "ARV,incursion,true,false,"),
            id="armed bands from abroad",
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


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (
            "cts",
            "case: name or folder: 'cts' is not valid; allowed: …cst… (nearest valid name: cst)",
        ),
        ("nowhere/at/all", "case: name or folder: 'nowhere/at/all' is not valid; allowed: …"),
        ("x" * 5000, "case: name or folder: 'xxx… is not valid; allowed: …"),
        (SKELETON / "case.toml", "case: name or folder: '…case.toml' is not valid; allowed: …"),
    ],
    ids=["a misspelt name", "a folder that is not there", "a name too long", "a file"],
)
def test_a_case_that_is_not_there(name: str | Path, line: str) -> None:
    with pytest.raises(InputError) as caught:
        load_case(name)
    assert says(line, str(caught.value))


def test_the_folder_that_one_stands_in_is_a_case(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.chdir(folder)
    assert load_case(".").hash == load_case(Path(".")).hash == load_case(SKELETON).hash
    monkeypatch.chdir(folder / "evidence")
    assert load_case("..").hash == load_case(SKELETON).hash
    with pytest.raises(InputError, match="name or folder: ''"):
        load_case("")


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
    assert check(monkeypatch, SKELETON) == 0
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
    path = Path(shutil.copytree(SKELETON, tmp_path / "case"))
    text = (path / "case.toml").read_text()
    assert old in text
    (path / "case.toml").write_text(text.replace(old, new))
    with pytest.raises(InputError, match=re.escape(words)):
        load_case(path)


# the law as it might have been ---------------------------------------------------------------------


def test_a_case_without_statutes_is_another_case(case: Case) -> None:
    fewer = case.without("CST-11-term", "CST-P1999")
    assert [s for s in case.statutes if s not in fewer.statutes] == [
        s for s in case.statutes if s.kind == "term" and s.club == "CST"
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


@pytest.mark.slow
def test_a_case_without_a_statute_runs(case: Case) -> None:
    parameters = prior_parameters(case, runs=3, seed=5)
    acts = {
        name: simulate(other, parameters, seed=5).acts()
        for name, other in (("as it is", case), ("off", case.without("CST-11-term")))
    }
    assert "CST-11-term" in set(acts["as it is"]["rule"])
    assert "CST-11-term" not in set(acts["off"]["rule"])
