"""What holds for every command: a new one that is not in `tests.commands` fails here."""

import io
import json
import os
import pkgutil
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
import pytest

from tashkent import cli
from tashkent.calibration import stages
from tashkent.cli import screen
from tashkent.cli.options import STOPPED
from tashkent.dashboard import server
from tashkent.model.case import loading
from tashkent.model.evidence import building
from tashkent.model.storage import is_stray
from tests.commands import (
    CODES,
    EFFORT,
    EVERY,
    call,
    lay_out,
    names,
    streams,
)

ROOT = Path(__file__).parent.parent
#: commands that write a result into a folder of theirs
WRITING = (
    *("run", "network", "compare", "export", "sweep", "sensitivity", "calibrate", "recover"),
    "validate",
)
#: commands that begin with a result
OF_A_RESULT = ("reproduce", "archive", "tables")
#: what a folder of a user may be called: blanks, quotation marks, a line end, markup, formulas, other letters
ODD = 'it\'s 50%\n"new" Ташкент\\old [b] :smile: $x_$ {0} ;=1+1'

slow = pytest.mark.slow


@pytest.fixture(autouse=True)
def little_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "QUICK", EFFORT)
    monkeypatch.setattr(server, "serve", lambda *_, **__: None)
    monkeypatch.setattr(server, "check", lambda *_: None)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


def test_every_command_is_tried() -> None:
    assert sorted(EVERY) == sorted(names())


# consoles ------------------------------------------------------------------------------------------

#: width and encoding; tests/test_screen.py tries more encodings
CONSOLE = (40, "ascii")
#: commands that say on stderr what there is to be known of a run: how far it is, what an index rests on, no convergence
NOTED = ("sweep", "sensitivity", "calibrate")
NUMBER = r"\d[\d,.-]*%?"
#: what takes longest, and knows no folder
LONGEST = ("tashkent.calibration.recovery.recover", "tashkent.calibration.transfer.transfer")
#: what commands spend their time on
WORK = (
    *LONGEST,
    "tashkent.calibration.report.make_report",
    "tashkent.calibration.validation.validate",
    "tashkent.cli.comparison.asked",
    "tashkent.cli.month_network.asked",
    "tashkent.cli.sensitivity_report.asked",
)


@cache
def once(place: str, _name: str) -> Callable[..., Any]:
    """Work that is done when a command first asks for it, and told of and given back each time."""
    work = pkgutil.resolve_name(place)
    lines: list[str] = []
    found: list[Any] = []

    def done(*given: Any, told: Callable[[str], None] | None = None, **named: Any) -> Any:
        if not found:
            found.append(work(*given, **named, **({"told": lines.append} if told else {})))
        for line in lines if told else ():
            told(line)
        return found[0]

    return done


@slow
@pytest.mark.parametrize("name", EVERY)
def test_on_any_console_no_figure_is_lost_and_no_warning_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """Figures of every table are there at any width and in any encoding, and libraries have nothing to warn of."""
    folder = lay_out(tmp_path, name, earlier=name in OF_A_RESULT)
    for place in WORK:
        monkeypatch.setattr(place, once(place, name))
    monkeypatch.setattr(
        sys, "warnoptions", ["error"]
    )  # so that nothing is silenced, and pytest raises what is warned of
    monkeypatch.setenv("COLUMNS", "300")
    with streams() as said:
        assert call(name, *EVERY[name](folder)) == CODES.get(name, 0), said()
        wide, _ = said()
    width, encoding = CONSOLE
    monkeypatch.setenv("COLUMNS", str(width))
    if name == "case new":
        shutil.rmtree(folder / "new")
    with streams(encoding) as said:
        assert call(name, *EVERY[name](folder)) == CODES.get(name, 0), said()
        narrow, error = said()
    assert "…" not in narrow
    assert "Traceback" not in error
    assert error == "" or name in NOTED, error
    assert set(re.findall(NUMBER, wide)) <= set(re.findall(NUMBER, narrow))
    long = [line for line in narrow.splitlines() if len(line) > width and name != "case check"]
    assert not [line for line in long if str(tmp_path) not in line and "osterior" not in line]


@pytest.mark.slow
@pytest.mark.parametrize("columns", ["", "0", "1", "-5", "wide", "10000000"])
@pytest.mark.parametrize("name", ["law", "explain", "counterfactuals"])
def test_whatever_is_said_of_the_width(
    monkeypatch: pytest.MonkeyPatch, written: Path, name: str, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.delenv("TERM", raising=False)
    with streams() as said:
        assert call(name, *EVERY[name](written)) == 0
        out, error = said()
    assert out
    assert error == ""


# folders -------------------------------------------------------------------------------------------


@slow
@pytest.mark.parametrize("name", EVERY)
def test_in_a_folder_of_any_name_for_a_reader_that_goes_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """Named from where one stands; what is said to nobody is lost, and the work is not."""
    (tmp_path / ODD).mkdir()
    monkeypatch.chdir(tmp_path)
    for place in LONGEST:
        monkeypatch.setattr(place, once(place, name))
    folder = lay_out(Path(ODD), name, earlier=name in OF_A_RESULT)
    with streams() as said, broken("stdout"):
        assert call(name, *EVERY[name](folder)) == CODES.get(name, 0), said()
        _, error = said()
    assert "Broken" not in error
    assert "Traceback" not in error
    assert [path.name for path in tmp_path.iterdir()] == [ODD]
    if name in WRITING:
        assert (folder / name / "manifest.json").exists()


@slow
def test_a_theory_may_stand_in_a_folder_of_any_name(tmp_path: Path) -> None:
    """A comma in its path too, which joins theories elsewhere; its inputs are in the manifest."""
    folder = tmp_path / ODD / "mine, and + yours"
    folder.mkdir(parents=True)
    lay_out(folder)
    shutil.copy(ROOT / "docs" / "examples" / "own_theory.py", folder / "own.py")
    theory = str(folder / "own.py")
    with streams() as said:
        assert call("run", *EVERY["run"](folder), "--theory", f"contagion, {theory}") == 0, said()
    told = json.loads((folder / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert list(told["inputs"]) == [str(folder / "case"), theory]


@pytest.mark.slow
@pytest.mark.parametrize("home", ["~", "out=~"])
def test_home_is_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: str) -> None:
    monkeypatch.setenv("HOME", str(lay_out(tmp_path / "home")))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    (tmp_path / "else").mkdir()
    monkeypatch.chdir(tmp_path / "else")
    where = ("--out=~/mine",) if "=" in home else ("--out", "~/mine")
    with streams():
        assert call("run", "--case", "~/case", "--runs", "4", *where) == 0
    assert (tmp_path / "home" / "mine" / "manifest.json").exists()
    assert not list((tmp_path / "else").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITING)
def test_an_out_that_cannot_be_is_refused_before_the_work(
    monkeypatch: pytest.MonkeyPatch, written: Path, name: str
) -> None:
    (written / "file").write_text("mine")
    (written / "full").mkdir()
    (written / "full" / "thesis.txt").write_text("mine")
    long = str(written / ("x" * 300))

    def work(*_: object, **__: object) -> None:
        raise AssertionError("it began")

    for found in pkgutil.iter_modules(cli.__path__):  # what is imported below would keep it
        import_module(f"{cli.__name__}.{found.name}")
    for module, function in (
        ("tashkent.calibration.report", "make_report"),
        ("tashkent.cli.month_network", "asked"),
        ("tashkent.cli.handing_out", "asked"),
        ("tashkent.experiments.compare", "run_pairs"),
        ("tashkent.experiments.chunks", "run"),
        ("tashkent.experiments.sensitivity", "evaluator"),
        ("tashkent.calibration.calibrate", "sample"),
        ("tashkent.calibration.recovery", "replicates"),
        ("tashkent.calibration.stages", "run"),
    ):
        monkeypatch.setattr(f"{module}.{function}", work)
    for out in (str(written / "file"), str(written / "file" / "in"), str(written / "full"), long):
        given = [out if part == str(written / name) else part for part in EVERY[name](written)]
        with streams() as said:
            assert call(name, *given) == 2
            _, error = said()
        key = "DIR" if name == "export" else "--out"
        assert error.startswith(f"error: {key}: folder: "), error
        assert error.count("\n") == 1
    assert sorted(path.name for path in (written / "full").iterdir()) == ["thesis.txt"]


# streams -------------------------------------------------------------------------------------------


@contextmanager
def broken(name: str, *, at_once: bool = False) -> Iterator[None]:
    """Stdout or stderr whose reader is gone, perhaps without a buffer before it."""
    reads, writes = os.pipe()
    os.close(reads)
    kept = getattr(sys, name)
    with (
        open(writes, "wb", buffering=0 if at_once else -1) as binary,
        io.TextIOWrapper(binary, "utf-8", write_through=at_once) as stream,  # type: ignore[arg-type]
    ):
        setattr(sys, name, stream)
        try:
            yield
        finally:
            setattr(sys, name, kept)
            screen.let_go(stream)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["law", "counterfactuals", "run"])
def test_a_reader_that_goes_away_where_nothing_is_buffered(written: Path, name: str) -> None:
    with streams() as said, broken("stdout", at_once=True):
        assert call(name, *EVERY[name](written)) == 0
        assert said()[1] == ""


@pytest.mark.slow
def test_nobody_reads_what_is_said_beside(written: Path) -> None:
    """The work goes on to its end."""
    with streams(), broken("stderr"):
        assert call("sweep", *EVERY["sweep"](written)) == 0
    assert (written / "sweep" / "manifest.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["law", "counterfactuals", "case check", "run"])
@pytest.mark.parametrize("closed", ["stdin", "stdout", "stderr"])
def test_a_stream_that_is_closed(
    monkeypatch: pytest.MonkeyPatch, written: Path, name: str, closed: str
) -> None:
    with streams() as said:
        monkeypatch.setattr(sys, closed, None)
        assert call(name, *EVERY[name](written)) == 0
    assert "Traceback" not in "".join(said())


# Ctrl-C --------------------------------------------------------------------------------------------


def interrupt(*_: object, **__: object) -> Any:
    raise KeyboardInterrupt


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_ctrl_c_before_the_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    written = lay_out(tmp_path, name)
    monkeypatch.setattr(loading._Loader, "load", interrupt)
    monkeypatch.setattr(building, "build", interrupt)
    monkeypatch.setattr(server, "serve", interrupt)
    (written / "earlier").mkdir()
    (written / "earlier" / "manifest.json").write_text("{}")
    before = sorted(path.name for path in written.iterdir())
    with streams() as said:
        code = call(name, *EVERY[name](written))
        out, error = said()
    if name in OF_A_RESULT:  # whose manifest is refused first
        assert code == 2
        return
    assert (code, out, error) == (STOPPED, "", "error: stopped\n")
    assert sorted(path.name for path in written.iterdir()) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITING)
def test_ctrl_c_during_the_work(monkeypatch: pytest.MonkeyPatch, written: Path, name: str) -> None:
    """What is done is kept where a command goes on from it, and nothing else."""

    @contextmanager
    def stopping(*_: object) -> Iterator[Callable[..., None]]:
        yield interrupt

    for module in (name, "progress", "sweeps"):
        for bar in ("progress_bar", "stages_bar"):
            if hasattr(sys.modules[f"tashkent.cli.{module}"], bar):
                monkeypatch.setattr(f"tashkent.cli.{module}.{bar}", stopping)
    with streams() as said:
        code = call(name, *EVERY[name](written))
        out, error = said()
    assert (code, out) == (STOPPED, "")
    assert error.splitlines()[-1] == "error: stopped"
    assert len(error.splitlines()) <= 1 + (name == "sensitivity")
    left = [path.name for path in written.rglob("*") if is_stray(path.name)]
    assert not left
    if name not in ("sweep", "calibrate", "validate"):
        assert not (written / name).exists()


#: Ctrl-C when a module is about to be imported
STOPPING = """
import os, signal, sys
where = sys.argv.pop(1)
class Stopping:
    def find_spec(self, name, *_):
        if name == where:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Stopping())
from tashkent.__main__ import main
main()
"""
#: Ctrl-C in text that a module runs, as those of the standard library do when they make classes
IN_TEXT = """
import os, signal
from tashkent.cli import main
from tashkent.model.case import loading
def load(*_):
    exec("os.kill(os.getpid(), signal.SIGINT)")
loading._Loader.load = load
main()
"""


def stopped(script: str, *arguments: str) -> tuple[int, str]:
    """Exit code and complaint of a script that runs a command."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments, "law"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stderr


@slow
@pytest.mark.skipif(sys.platform == "win32", reason="no signal is sent to oneself")
@pytest.mark.parametrize(
    "module",
    [
        "tashkent.cli",
        "typer",
        "tashkent.cli.validate",
        "tashkent.model.memory",
        "tashkent.model.law",
    ],
)
def test_ctrl_c_while_modules_are_imported(module: str) -> None:
    assert stopped(STOPPING, module) == (STOPPED, "error: stopped\n")


@slow
@pytest.mark.skipif(sys.platform == "win32", reason="no signal is sent to oneself")
def test_ctrl_c_in_text_that_is_run() -> None:
    assert stopped(IN_TEXT) == (STOPPED, "error: stopped\n")


# processes -----------------------------------------------------------------------------------------


@slow
def test_where_there_is_no_home_and_no_terminal(written: Path) -> None:
    """As in a container: nothing can be kept at home, and no variable says where else."""
    kept = ("PATH", "PYTHONPATH", "SYSTEMROOT")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment["HOME"] = "/proc/none"
    done = subprocess.run(
        [sys.executable, "-m", "tashkent", "run", *EVERY["run"](written)],
        env=environment,
        cwd=written,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (written / "run" / "p_in.png").exists()


@slow
@pytest.mark.skipif(sys.platform == "win32", reason="no groups of processes")
@pytest.mark.parametrize("name", ["sweep", "validate"])
def test_ctrl_c_while_processes_work(written: Path, name: str) -> None:
    """It is sent to all of them, as a terminal does; one line is said, and nobody goes on."""
    given = [*EVERY[name](written), "--workers", "2"]
    if name == "sweep":
        design = (written / "design.toml").read_text()
        (written / "design.toml").write_text(design.replace("runs = 2\n", "runs = 200000\n"))
    command = subprocess.Popen(
        [sys.executable, "-m", "tashkent", *name.split(), *given],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    group = command.pid
    try:
        until = time.monotonic() + 120
        while not _workers(group) and command.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(2)
        os.killpg(group, signal.SIGINT)
        out, error = command.communicate(timeout=120)
        assert command.returncode == STOPPED, error
        assert out == ""
        assert [line for line in error.splitlines() if not line.startswith("sweep: ")] == [
            "error: stopped"
        ]
        until = time.monotonic() + 30
        while _workers(group) and time.monotonic() < until:
            time.sleep(0.1)
        assert not _workers(group)
    finally:
        for process in (*_workers(group), command):
            process.kill()


def _workers(group: int) -> list[psutil.Process]:
    """The processes that a command has started."""
    return [
        process
        for process in psutil.process_iter()
        if process.pid != group and _group(process.pid) == group
    ]


def _group(number: int) -> int:
    try:
        return os.getpgid(number)
    except OSError:
        return 0
