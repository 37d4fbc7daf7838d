"""Slips of somebody who writes a theory of their own: each is one line with file and term."""

import importlib
import json
import pickle
import re
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import mesa
import numpy as np
import pytest

import tashkent as tk
from tashkent.agents.terms import TERMS
from tashkent.calibration.posterior import fit
from tashkent.model import guarded, theory
from tashkent.model.case import Case
from tashkent.model.choices import record_standing
from tashkent.model.compilation import compile_case
from tashkent.model.errors import InputError
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.theory import with_theory
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
    with pytest.raises(InputError, match=re.escape(says)):
        with_theory(case, own(tmp_path, "return now.seat", decorator))


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("raise SystemExit(0)", "a file that runs (SystemExit: 0 (line 1))"),
        ("import sys\nsys.exit()", "a file that runs (SystemExit"),
        ("1 / 0", "a file that runs (ZeroDivisionError: division by zero (line 1))"),
        ("raise BaseException('odd')", "a file that runs (BaseException: odd (line 1))"),
        (
            "from tashkent.agents.terms import TERMS\nTERMS['odd'] = None",
            "a file that runs (TypeError: 'mappingproxy' object does not support item assignment (line 2))",
        ),
        (
            "from tashkent.agents.terms import TERMS\nTERMS.clear()",
            "a file that runs (AttributeError: 'mappingproxy' object has no attribute 'clear' (line 2))",
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
    file = own(tmp_path, formula)
    with ThreadPoolExecutor(1) as thread, pytest.raises(InputError) as error:
        thread.submit(with_theory, case, file).result(timeout=100)
    assert says in str(error.value)
    assert file in str(error.value)


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
    with pytest.raises(InputError, match=r"own\.py: one_term: 'name taken' is not valid"):
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


# versions of a term, and other processes ------------------------------------------------------------

#: a crowd draws or repels, by the version
CROWD = "return np.broadcast_to(now.seat.sum(axis=-2)[..., None, :], now.seat.shape) * {}"


def crowd(folder: Path, factor: float, file: str = "own.py", name: str = "crowd") -> str:
    """A file whose term counts members by a factor."""
    own(folder, CROWD.format(factor), READS_SEAT, name)
    return str((folder / "own.py").rename(folder / file))


def test_a_case_keeps_its_terms_whatever_becomes_of_the_file(case: Case, tmp_path: Path) -> None:
    first = with_theory(case, crowd(tmp_path, 1.0))
    known = compile_case(first).terms(240, record_standing(compile_case(first), 240))["crowd"]
    second = with_theory(case, crowd(tmp_path, -1.0))
    renamed = with_theory(case, crowd(tmp_path, 2.0, name="throng"))
    assert first.hash != second.hash
    for made, factor in ((first, 1.0), (second, -1.0)):
        compile_case.cache_clear()
        inputs = compile_case(made)
        found = inputs.terms(240, record_standing(inputs, 240))["crowd"]
        np.testing.assert_array_equal(found, factor * known)
    assert "throng" in compile_case(renamed).theory
    assert "crowd" not in compile_case(renamed).theory


def test_a_file_that_changed_takes_the_place_of_what_it_was(case: Case, tmp_path: Path) -> None:
    first = with_theory(case, crowd(tmp_path, 1.0))
    again = with_theory(first, crowd(tmp_path, -1.0))
    assert again.hash == with_theory(case, str(tmp_path / "own.py")).hash
    assert len(again.theory_files) == 1
    renamed = with_theory(again, crowd(tmp_path, -1.0, name="throng"))
    assert set(renamed.role("weight")) - set(case.role("weight")) == {"throng"}
    compile_case(renamed)


def test_two_versions_of_a_term_stand_side_by_side(case: Case, tmp_path: Path) -> None:
    one = with_theory(case, crowd(tmp_path, 1.0, "one.py"))
    two = with_theory(case, crowd(tmp_path, -1.0, "two.py"))
    parameters = prior_parameters(one, runs=2, seed=1).with_values({"crowd": 5.0})
    start = case.month("2020-12", "start")
    crowded, empty = (simulate(made, parameters, seed=1, start=start) for made in (one, two))
    assert crowded.p_in[-1].sum() > empty.p_in[-1].sum()
    with pytest.raises(InputError, match=r"two\.py: crowd: 'name taken' is not valid"):
        with_theory(one, str(tmp_path / "two.py"))


def test_the_order_of_files_is_no_matter(case: Case, tmp_path: Path) -> None:
    files = [crowd(tmp_path, 0.1, f"{name}.py", name) for name in ("alpha", "omega")]
    one, other = (with_theory(case, ",".join(asked)) for asked in (files, files[::-1]))
    assert one.hash == other.hash
    assert compile_case(one).theory == compile_case(other).theory


def test_a_file_of_terms_can_be_imported_as_a_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(tmp_path, 1.0, "crowd_alone.py")
    monkeypatch.syspath_prepend(tmp_path)
    formula = importlib.import_module("crowd_alone").crowd
    assert "crowd" not in TERMS
    assert formula.__name__ == "crowd"


def _of_another_process(told: bytes) -> bytes:
    """What a process that has never seen the file finds with a case and a running model."""
    case, model, parameters = pickle.loads(told)
    model.step()
    ensemble = simulate(case, parameters, seed=1)
    return pickle.dumps((case.hash, model.world.status, ensemble.status))


@pytest.mark.slow
def test_a_case_and_a_running_model_take_their_terms_along(case: Case, tmp_path: Path) -> None:
    made = with_theory(case, crowd(tmp_path, -1.0))
    parameters = prior_parameters(made, runs=2, seed=1).with_values({"crowd": 5.0})
    model = tk.CoalitionModel(made, run=0, start="1998-12", rng=1, held={"crowd": 5.0})
    told = pickle.dumps((made, model, parameters))
    with_theory(
        case, crowd(tmp_path, 1.0)
    )  # another formula under the same name is known meanwhile
    (tmp_path / "own.py").unlink()
    here = _of_another_process(told)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = pool.submit(_of_another_process, told).result(timeout=100)
    for one, other in zip(pickle.loads(here), pickle.loads(there), strict=True):
        np.testing.assert_array_equal(one, other)
    model.step()
    np.testing.assert_array_equal(model.world.status, pickle.loads(there)[1])


@pytest.mark.slow
def test_a_batch_in_processes_finds_what_one_process_finds(case: Case, tmp_path: Path) -> None:
    made = with_theory(case, crowd(tmp_path, -1.0))
    asked = {"case": made, "run": 0, "start": "1998-12", "held": [{"crowd": 0.0}, {"crowd": 8.0}]}
    one, two = (
        mesa.batch_run(
            tk.CoalitionModel,
            asked,
            rng=[0],
            max_steps=30,
            number_processes=processes,
            display_progress=False,
        )
        for processes in (1, 2)
    )
    said = [
        [(row["held"]["crowd"], row["RunId"], row["CST"]) for row in rows] for rows in (one, two)
    ]
    assert sorted(said[0]) == sorted(said[1])
    assert len({row[2] for row in said[0]}) > 1


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
