"""Slips of somebody who writes a theory of their own: each is one line with file and term."""

import json
import pickle
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import tashkent as tk
from tashkent.agents import terms as terms_of
from tashkent.calibration.posterior import fit
from tashkent.model import guarded, theory
from tashkent.model.case import Case
from tashkent.model.compilation import compile_case
from tashkent.model.errors import InputError
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.theory import know_terms, own_files, with_theory
from tests.test_cli import call

HEAD = """
import sys
import time
import numpy as np
from tashkent.agents.terms import term


"""


@pytest.fixture(autouse=True)
def untried(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most slips are looked for in this process, which is quick; the process that a file is tried in does the same."""
    if "tried" not in request.fixturenames:
        monkeypatch.setattr(theory, "tried", lambda *_, **__: None)


@pytest.fixture
def tried() -> None:
    """For tests of the process in which a file is tried."""


def own(
    folder: Path,
    formula: str,
    decorator: str = 'theory="Own", prior=(0.5, 0.25)',
    name: str = "own_term",
) -> str:
    """A file with one term; `formula` is the body of its function."""
    body = "\n".join(f"    {line}" for line in formula.splitlines())
    path = folder / "own.py"
    path.write_text(f"{HEAD}@term({decorator})\ndef {name}(now):\n{body}\n")
    return str(path)


READS_SEAT = 'theory="Own", prior=(0.5, 0.25), reads=("seat",)'
REST = "return np.zeros((*now.autonomy.shape, len(now.reach[0])))"


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        (
            "return now.autonomy",
            "own_term: 'shape (404,12)' is not valid; allowed: an array of numbers of shape",
        ),
        ("return now.threat.sum()", "own_term: 'shape ()' is not valid"),
        ("return None", "own_term: 'NoneType of no numbers' is not valid"),
        ("return [[1.0], [1.0, 2.0]]", "own_term: 'list of no numbers' is not valid"),
        ("return now.tie[..., 0, None] * 1j", "of no numbers"),
        (
            "return now.threat @ now.clubs.relieves.T / (now.leverage[..., None] * 0)",
            "a finite number",
        ),
        (
            "return np.full((*now.autonomy.shape, 5), np.inf)",
            "own_term (ARM in CST, 1992-05): inf is not valid",
        ),
        (
            "return 1 / 0",
            "'ZeroDivisionError: division by zero (line 10)' is not valid; allowed: a formula that runs",
        ),
        ("return nothing", "NameError: name 'nothing' is not defined (line 10)"),
        ("return now.threat.sum(axis=7)", "AxisError: axis 7 is out of bounds"),
        ("return now.threat if now.threat > 1 else now.threat", "The truth value of an array"),
        ("return now.no_such_field", "has no attribute 'no_such_field'"),
        ("sys.exit(0)", "SystemExit: 0 (line 10)"),
        ("now.threat[...] = 0.0\nreturn now.seat", "assignment destination is read-only"),
        ("now.clubs.relieves[...] = True", "assignment destination is read-only"),
        (
            "return now.seat.astype(float)",
            "own_term: 'reads seat undeclared' is not valid; allowed: reads=('seat',) in its decorator",
        ),
        (
            "return now.credibility @ now.clubs.relieves.T",
            "reads=('credibility',) in its decorator",
        ),
        ("return np.random.random((*now.autonomy.shape, 5))", "gives the same each time"),
    ],
)
def test_a_formula_that_cannot_be_used(case: Case, tmp_path: Path, formula: str, says: str) -> None:
    file = own(tmp_path, formula)
    with pytest.raises(InputError) as error:
        compile_case(with_theory(case, file))
    assert says in str(error.value)
    assert str(error.value).startswith(f"{file}: own_term")
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("decorator", "says"),
    [
        (
            'theory="Own", prior=(0.5, -1.0)',
            "own.py: own_term.prior: (0.5, -1.0) is not valid; allowed: (mean, sd)",
        ),
        ('theory="Own", prior=(0.5, 0.0)', "own_term.prior"),
        ('theory="Own", prior=("a", "b")', "own_term.prior: ('a', 'b')"),
        ('theory="Own", prior=0.5', "own_term.prior: 0.5"),
        ('theory="Own", prior=(0.5,)', "own_term.prior: (0.5,)"),
        ('theory="Own", prior=(1e6, 1)', "the mean from -10 to 10"),
        ('theory="Own", prior=(float("nan"), 1)', "own_term.prior: (nan, 1)"),
        (
            'theory=("x",), prior=(0.5, 1)',
            "own_term.theory: ('x',) is not valid; allowed: where the idea comes from",
        ),
        ('theory="Own", prior=(0.5, 1), reads=None', "a file that runs (TypeError"),
        ('theory="Own", prior=(0.5, 1), reads=5', "a file that runs (TypeError"),
        ("prior=(0.5, 1)", "a file that runs (TypeError"),
    ],
)
def test_a_decorator_that_cannot_be_used(
    case: Case, tmp_path: Path, decorator: str, says: str
) -> None:
    before = dict(terms_of.TERMS)
    with pytest.raises(InputError, match=re.escape(says)):
        with_theory(case, own(tmp_path, "return now.seat", decorator))
    assert before == terms_of.TERMS  # nothing of it is left


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("raise SystemExit(0)", "a file that runs (SystemExit: 0 (line 1))"),
        ("import sys\nsys.exit()", "a file that runs (SystemExit"),
        ("1 / 0", "a file that runs (ZeroDivisionError: division by zero (line 1))"),
        ("raise BaseException('odd')", "a file that runs (BaseException: odd (line 1))"),
        (
            "from tashkent.agents.terms import TERMS\nTERMS['odd'] = None",
            "a file that runs (it changes the table of terms without @term)",
        ),
        (
            "from tashkent.agents.terms import TERMS\nTERMS.clear()",
            "a file that runs (it changes the table of terms without @term)",
        ),
        ("x = '\0'", "a file that runs ("),
    ],
)
def test_a_file_that_ends_or_breaks(case: Case, tmp_path: Path, code: str, says: str) -> None:
    path = tmp_path / "own.py"
    path.write_text(code)
    with pytest.raises(InputError, match=re.escape(says)):
        with_theory(case, str(path))


@pytest.mark.parametrize("name", ["exit", "fear_of_entrapment", "witness"])
def test_a_name_that_is_taken(case: Case, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=rf"own.py: {name}: 'name taken' is not valid"):
        with_theory(case, own(tmp_path, REST, name=name))
    assert name not in terms_of.TERMS


@pytest.mark.slow
def test_what_takes_too_long_is_ended(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "MOST_SECONDS", 0.2)
    wider = with_theory(case, own(tmp_path, "while True:\n    pass"))
    with pytest.raises(InputError, match="own_term: 'no answer in"):
        compile_case(wider)
    path = tmp_path / "slow.py"
    path.write_text("while True:\n    pass")
    with pytest.raises(InputError, match="a file that runs \\(no answer in"):
        with_theory(case, str(path))


@pytest.mark.slow
@pytest.mark.usefixtures("tried")
@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("return sum(range(10**12))", "a file that runs (no answer in 1 seconds)"),
        ("__import__('os')._exit(0)", "a file that runs (it ended the process, exit code 0)"),
        ("__import__('ctypes').string_at(0)", "a file that runs (it ended the process"),
        ("return np.ones(10**9)", "own_term: 'MemoryError: Unable to allocate 7.45 GiB"),
        ("return now.autonomy", "own_term: 'shape (404,12)' is not valid"),
        (
            "while True:\n    try:\n        time.sleep(9)\n    except BaseException:\n        pass",
            "no answer",
        ),
    ],
)
def test_what_no_alarm_ends_is_ended_with_a_process_of_its_own(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, formula: str, says: str
) -> None:
    """In a thread too, where no alarm rings."""
    monkeypatch.setattr(guarded, "MOST_SECONDS", 0.5 if "answer" in says else 20.0)
    known, file = dict(terms_of.TERMS), own(tmp_path, formula)
    with ThreadPoolExecutor(1) as thread, pytest.raises(InputError) as error:
        thread.submit(with_theory, case, file).result(timeout=100)
    assert says in str(error.value)
    assert file in str(error.value)
    assert known == terms_of.TERMS


@pytest.mark.slow
@pytest.mark.usefixtures("tried")
def test_a_file_is_tried_beside_those_that_are_known(
    case: Case, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a").mkdir()
    one = own(tmp_path / "a", "print('said')\nreturn now.seat * 1.0", READS_SEAT, "one_term")
    other = own(tmp_path, "return now.seat * 2.0", READS_SEAT)
    wider = with_theory(case, f"{one},{other}")
    assert {"one_term", "own_term"} <= set(compile_case(wider).theory)
    assert "said" in capfd.readouterr().out  # here, where it counts
    taken = own(tmp_path, "return now.seat * 2.0", READS_SEAT, "one_term")
    with pytest.raises(InputError, match="a term named one_term exists already"):
        with_theory(wider, taken)


def test_nan_in_a_run_alone_is_found_where_it_comes_about(case: Case, tmp_path: Path) -> None:
    """With nobody in all is well; where many sit together the formula has no value."""
    formula = "full = now.seat.sum(axis=-2, keepdims=True) >= 6\nreturn np.where(full, np.nan, 1.0) * now.seat"
    wider = with_theory(case, own(tmp_path, formula, READS_SEAT))
    compile_case(wider)
    with pytest.raises(InputError, match=r"own_term \(\w+ in \w+, \d{4}-\d\d\): nan is not valid"):
        simulate(wider, prior_parameters(wider, runs=2, seed=1), seed=1)
    with pytest.raises(InputError, match=r"own_term \(\w+ in \w+, \d{4}-\d\d\): nan is not valid"):
        fit(wider)


@pytest.mark.parametrize(
    ("where", "formula"),
    [
        ("guarantees", "return now.seat * 1.0"),
        ("active", "return now.seat.any(axis=-1, keepdims=True) * np.ones(now.seat.shape)"),
        ("patron_led", "return now.seat * now.seat[..., :1] * now.clubs.patron_led"),
    ],
)
def test_clubs_are_read_where_it_says(case: Case, tmp_path: Path, where: str, formula: str) -> None:
    file = own(tmp_path, formula, f'{READS_SEAT}, where="{where}"')
    says = f"where='{where}'"
    wider = with_theory(case, file)
    if where == "patron_led":  # the first club is led by the patron, so nothing is amiss
        compile_case(wider)
        return
    with pytest.raises(InputError, match=re.escape(says)):
        compile_case(wider)


def test_a_theory_of_another_checkout_gives_the_same_case(case: Case, tmp_path: Path) -> None:
    path = Path(own(tmp_path, REST))
    here = with_theory(case, str(path)).hash
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert with_theory(case, str(path)).hash == here
    path.write_bytes(path.read_bytes() + b"# changed\n")
    assert with_theory(case, str(path)).hash != here


def test_workers_know_the_terms_as_they_were_read(case: Case, tmp_path: Path) -> None:
    file = own(tmp_path, "return now.seat * 1.0", READS_SEAT)
    wider = with_theory(case, file)
    known = pickle.loads(pickle.dumps(own_files()))
    Path(file).unlink()  # it may have changed or gone meanwhile
    del terms_of.TERMS["own_term"]
    know_terms(known)
    assert "own_term" in compile_case(wider).theory
    know_terms(known)
    assert own_files() == known


def test_a_refusal_comes_back_from_another_process(case: Case) -> None:
    for error in (
        InputError("a.toml", "key", 3, "less", "kay"),
        InputError("a.toml", "key", np.float64(3), "less"),
        InputError("a.toml", "key", lambda: 1, "less"),
        InputError("a.toml", "key", np.random.default_rng(1), "less"),
    ):
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is InputError
        assert (str(again), again.complaint) == (str(error), error.complaint)
        assert (again.file, again.key, again.near) == (error.file, error.key, error.near)


@pytest.mark.slow
def test_a_sample_of_another_theory_is_not_called_another_version(case: Case) -> None:
    origin = tk.posterior(with_theory(case, "fear_of_abandonment")).origin
    assert origin.endswith("the sample beside the case is of another theory")


OF_CASE = {"case": "cst", "seed": 0, "from": "2025-10"}

# the command line -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("run", "--runs", "2", "--from", "2025-10", "--theory"),
        ("explain", "UZB", "2012-06", "--theory"),
        ("compare", "CF1", "--runs", "2", "--from", "2025-10", "--theory"),
        ("sensitivity", "--quick", "--theory"),
    ],
)
def test_a_slip_is_one_line_of_every_command(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    command: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    for formula in ("return now.autonomy", "sys.exit(0)"):
        assert call(monkeypatch, *command, own(tmp_path, formula)) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "own_term" in said
    assert {path.name for path in tmp_path.iterdir()} == {"own.py"}


def test_python_that_a_design_names_is_not_run_unasked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    trap = tmp_path / "trap.py"
    trap.write_text("__import__('pathlib').Path('ran').touch()\nraise SystemExit(0)")
    monkeypatch.chdir(tmp_path)
    head = 'method = "grid"\nruns = 2\noutcomes = ["in(UZB, CST, 1999-06)"]\n'
    theory = '[[factor]]\nvary = "theory"\nvalues = ["whole", "trap.py"]\n'
    bombs = '[[factor]]\nvary = "counterfactual"\nvalues = ["baseline", "CF1"]\n'
    for text in (head + theory, head + 'theory = "hierarchy, trap.py"\n' + bombs):
        Path("design.toml").write_text(text)
        assert call(monkeypatch, "sweep", "design.toml", "--out", "swept") == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "'trap.py' is not valid; allowed: names of theories and terms" in said
        assert "--trust" in said
        assert not Path("ran").exists()
        assert not Path("swept").exists()
        assert call(monkeypatch, "sweep", "design.toml", "--out", "swept", "--trust") == 2
        assert "SystemExit: 0 (line 2)" in capsys.readouterr().err
        assert Path("ran").exists()
        Path("ran").unlink()


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("run", {**OF_CASE, "runs": 2, "theory": "trap.py"}),
        (
            "sensitivity",
            {
                **OF_CASE,
                "theory": "-hierarchy, trap.py",
                "outcomes": [],
                "of": [],
                "over": "prior",
                "plan": {"runs": 4, "trajectories": 2, "base": 2, "most": 1},
            },
        ),
        (
            "compare",
            {
                **OF_CASE,
                "names": ["CF1"],
                "baseline": None,
                "theory": ["whole", "trap.py"],
                "runs": 2,
                "prediction": None,
            },
        ),
        ("sweep", {"design": {"theory": "trap.py"}}),
        ("sweep", {"design": {"factor": [{"vary": "theory", "values": ["trap.py"]}]}}),
    ],
)
def test_python_that_a_manifest_names_is_not_run_unasked(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    command: str,
    arguments: dict[str, object],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("trap.py").write_text("__import__('pathlib').Path('ran').touch()")
    told = {"command": command, "arguments": arguments, "files": {}}
    Path("manifest.json").write_text(json.dumps(told))
    assert call(monkeypatch, "reproduce", "manifest.json") == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "'trap.py' is not valid; allowed: names of theories and terms" in said
    assert not Path("ran").exists()


def test_help_says_that_a_file_is_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("run", "explain", "compare", "sensitivity"):
        assert call(monkeypatch, command, "--help") == 0
        said = re.sub(r"[^A-Za-z.]+", " ", capsys.readouterr().out)
        assert "run as Python with your rights" in said, command
