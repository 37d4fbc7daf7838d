"""Nothing of the user's is ever lost, a result is there whole or not at all, and one command at a time writes to it."""

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from tashkent.cli import main
from tashkent.cli.new_case import SKELETON
from tashkent.model import storage
from tashkent.model.errors import InputError

RUN = ("run", "--case", str(SKELETON), "--runs", "5", "--from", "2009-01", "--out")


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["tashkent", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    assert isinstance(left.value.code, int)
    return left.value.code


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def write(out: Path, word: str, *more: str) -> None:
    """A result of ours: a table, a figure and others, each with a word in it."""
    told = {"command": "run", "case": "cst", "case_hash": "0", "files": {}}
    with storage.result(out) as folder:
        for name in ("seats.csv", *more):
            (folder / name).parent.mkdir(exist_ok=True)
            storage.write_text(folder / name, word)
        (folder / "p_in.png").write_bytes(word.encode())
        told["files"] = {"seats.csv": storage.sha256(folder / "seats.csv")}
        storage.write_json(folder / storage.MANIFEST, told)


def is_whole(folder: Path, word: str) -> bool:
    """Whether a folder holds a whole result, each file of which has the word and the digest of its manifest."""
    told = storage.manifest_in(folder)
    if told is None:
        return False
    named = {**told["files"], **told.get("others", {})}
    return all(
        (folder / name).is_file()
        and (folder / name).read_text() == word
        and storage.sha256(folder / name) == digest
        for name, digest in named.items()
    )


# what is not ours ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "manifest",
    [
        "{}",
        "[]",
        "not JSON",
        '{"command": "build", "files": {"index.html": "0"}}',
        '{"name": "an extension", "manifest_version": 3}',
        '{"command": "run", "case": "cst", "case_hash": "0"}',
        json.dumps(
            {"command": "run", "case": "a", "case_hash": "0", "files": {"../a.csv": "0" * 64}}
        ),
        *(
            json.dumps({"command": "run", "case": "a", "case_hash": "0", "files": {name: "0" * 64}})
            for name in ("inputs/../index.html", "src/a.csv", "inputs/", "inputs", "/inputs/a.csv")
        ),
        json.dumps(
            {"command": "run", "case": "a", "case_hash": "0", "files": {"index.html": "0" * 64}}
        ),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_a_folder_with_a_manifest_of_others_is_left_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    manifest: str,
    inside: bool,
) -> None:
    site = tmp_path / "site"
    (site / "src").mkdir(parents=True)
    (site / "manifest.json").write_text(manifest)
    (site / "index.html").write_text("hi")
    before = contents(site)
    monkeypatch.chdir(site if inside else tmp_path)
    assert call(monkeypatch, *RUN, "." if inside else "site") == 2
    said = capsys.readouterr()
    assert "allowed: a new or empty folder, or an earlier result" in said.err
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert contents(site) == before
    assert sorted(path.name for path in site.iterdir()) == ["index.html", "manifest.json", "src"]


@pytest.mark.slow
def test_what_a_user_puts_into_a_result_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert call(monkeypatch, *RUN, str(out)) == 0
    first = contents(out)
    (out / "notes.md").write_text("mine")
    (out / "thesis").mkdir()
    (out / "thesis" / "seats.csv").write_text("mine too")
    assert call(monkeypatch, *RUN, str(out), "--seed", "1", "--from", "2004-07") == 0
    assert (out / "notes.md").read_text() == "mine"
    assert (out / "thesis" / "seats.csv").read_text() == "mine too"
    now = contents(out)
    assert set(now) == {*first, "notes.md", "thesis/seats.csv"}
    assert now["seats.parquet"] != first["seats.parquet"]


def test_a_file_with_a_name_of_ours_is_refused_before_the_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write(tmp_path / "out", "first")
    (tmp_path / "out" / "report.json").write_text("mine")
    before = contents(tmp_path / "out")
    monkeypatch.setattr("tashkent.calibration.report.make_report", None)  # the work
    assert call(monkeypatch, *RUN, str(tmp_path / "out")) == 2
    assert "no other file has the name of ours (report.json)" in capsys.readouterr().err
    assert contents(tmp_path / "out") == before


@pytest.mark.slow
def test_a_result_of_an_earlier_version_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert call(monkeypatch, *RUN, str(out)) == 0
    capsys.readouterr()
    manifest = json.loads((out / "manifest.json").read_text())
    del manifest["others"]
    (out / "manifest.json").write_text(json.dumps(manifest))
    before = contents(out)
    monkeypatch.setattr("tashkent.calibration.report.make_report", None)  # the work
    assert call(monkeypatch, *RUN, str(out)) == 2
    said = capsys.readouterr().err
    assert "(p_in.png); manifest.json there is of an earlier version and does not name it" in said
    assert "move it away, or name a new folder" in said
    (out / "manifest.json").write_text(json.dumps({"case": "cst"}))
    assert call(monkeypatch, *RUN, str(out)) == 2
    said = capsys.readouterr().err
    assert "manifest.json there is of another tool or version: move it away" in said
    (out / "manifest.json").write_text(json.dumps(manifest))
    assert contents(out) == before


def test_a_result_whose_name_is_taken_meanwhile_goes_beside(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, "first")
    (out / "more.csv").write_text("mine")
    with pytest.raises(InputError, match=r"more.csv.*the result is in .*out-1"):
        write(out, "second", "more.csv")
    assert (out / "more.csv").read_text() == "mine"
    assert (out / "seats.csv").read_text() == "first"
    assert is_whole(tmp_path / "out-1", "second")


def test_files_that_a_result_no_longer_has_are_removed(tmp_path: Path) -> None:
    write(tmp_path / "out", "first", "predictions.csv")
    write(tmp_path / "out", "second")
    assert sorted(contents(tmp_path / "out")) == ["manifest.json", "p_in.png", "seats.csv"]
    assert is_whole(tmp_path / "out", "second")


def test_inputs_that_a_result_keeps_are_replaced_and_the_users_own_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, "first", "inputs/q.toml", "inputs/pact/case.toml", "inputs/own.py")
    (out / "inputs" / "notes.md").write_text("mine")
    write(out, "second", "inputs/q.toml")
    assert is_whole(out, "second")
    assert sorted(path.name for path in (out / "inputs").iterdir()) == ["notes.md", "q.toml"]
    (out / "inputs" / "notes.md").unlink()
    write(out, "third")
    assert not (out / "inputs").exists()


@pytest.mark.parametrize("mine", ["inputs", "inputs/q.toml"])
def test_inputs_of_the_users_own_are_not_replaced(tmp_path: Path, mine: str) -> None:
    out = tmp_path / "out"
    write(out, "first")
    (out / mine).parent.mkdir(exist_ok=True)
    (out / mine).write_text("mine")
    with pytest.raises(InputError, match=r"q\.toml.*the result is in .*out-1"):
        write(out, "second", "inputs/q.toml")
    assert (out / mine).read_text() == "mine"
    assert is_whole(out, "first")
    assert is_whole(tmp_path / "out-1", "second")


@pytest.mark.parametrize("command", ["calibrate", "validate"])
@pytest.mark.parametrize("inner", ["chains", "stages"])
def test_a_folder_that_only_looks_like_a_run_that_has_begun_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    command: str,
    inner: str,
) -> None:
    (tmp_path / inner / "my own").mkdir(parents=True)
    (tmp_path / inner / "my own" / "bars.csv").write_text("mine")
    before = contents(tmp_path)
    more = ("--start-again",) if command == "calibrate" else ()
    assert call(monkeypatch, command, "--out", str(tmp_path), *more) == 2
    assert "allowed: a new or empty folder, or an earlier" in capsys.readouterr().err
    assert contents(tmp_path) == before


def test_a_compact_set_is_refused_before_the_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "manifest.json").write_text("{}")
    out = tmp_path / "out"
    words = ("validate", "--out", str(out), "--compact", str(tmp_path / "site"))
    assert call(monkeypatch, *words) == 2
    assert "--compact: folder: " in capsys.readouterr().err
    assert (tmp_path / "site" / "manifest.json").read_text() == "{}"
    assert not out.exists()


# where a result goes -------------------------------------------------------------------------------


def test_a_link_is_followed(tmp_path: Path) -> None:
    scratch, link = tmp_path / "scratch", tmp_path / "link"
    link.symlink_to(scratch)  # which is not there yet
    for word in ("first", "second"):
        write(link, word)
        assert link.is_symlink()
        assert is_whole(scratch, word)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "scratch"]


def test_links_that_lead_to_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tmp_path / "other")
    (tmp_path / "other").symlink_to(tmp_path / "one")
    with pytest.raises(InputError):
        write(tmp_path / "one", "first")


def test_the_folder_itself_is_never_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (out / "lost+found").mkdir(parents=True)  # of an empty disk
    monkeypatch.chdir(out)
    before = out.stat().st_ino
    for word in ("first", "second"):
        write(Path("."), word)
        assert is_whole(Path("."), word)
    assert out.stat().st_ino == before == Path(".").stat().st_ino
    assert (out / "lost+found").is_dir()


def test_modes_are_those_that_the_user_asks_for(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "out", "first")
        storage.write_parquet(tmp_path / "one.parquet", pd.DataFrame({"a": [1]}))
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750
    for path in (*(tmp_path / "out").iterdir(), tmp_path / "one.parquet"):
        assert path.stat().st_mode & 0o777 == 0o640, path


def test_a_folder_with_a_long_name_can_be_used(tmp_path: Path) -> None:
    write(tmp_path / ("a" * 250), "first")
    assert is_whole(tmp_path / ("a" * 250), "first")


# kills ---------------------------------------------------------------------------------------------

#: for each line with a folder and a number: a process that ends when it has changed files so often, and how it ended
KILLED = """
import os, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_storage import write

def ends_after(left):
    def counted(name):
        right = getattr(os, name)
        def call(*arguments, **options):
            nonlocal left
            if left == 0:
                os._exit(9)
            left -= 1
            return right(*arguments, **options)
        setattr(os, name, call)

    for name in ("replace", "link", "unlink", "fsync", "rmdir", "mkdir"):
        counted(name)

for line in sys.stdin:
    out, left = line.rsplit(maxsplit=1)
    child = os.fork()
    if not child:
        ends_after(int(left))
        code = 1
        try:
            write(Path(out), "second", "inputs/q.toml")
            code = 0
        finally:
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def killed() -> Iterator[Callable[[Path, int], int]]:
    """Have a process write a result, and end it when it has changed files so often; its exit code."""
    script = KILLED.format(tests=str(Path(__file__).parent))
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def write_until(out: Path, step: int) -> int:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{out} {step}\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        yield write_until


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="each kill would start Python anew")
@pytest.mark.parametrize("earlier", [True, False])
def test_a_kill_leaves_the_earlier_result_or_the_new_one(
    killed: Callable[[Path, int], int], tmp_path: Path, earlier: bool
) -> None:
    step, code, new = 0, 9, 0
    while code == 9:
        out = tmp_path / f"out-{step}"
        if earlier:
            write(out, "first", "predictions.csv", "inputs/q.toml", "inputs/pact/case.toml")
            (out / "notes.md").write_text("mine")
        code = killed(out, step)
        assert code in (0, 9)
        places = [out, *out.glob(".tashkent-whole-*")] if out.exists() else []
        whole = [word for word in ("first", "second") for p in places if is_whole(p, word)]
        assert whole or not earlier
        if out.exists():
            with storage.claimed(out):  # as the next command does
                pass
        if "second" in whole:
            assert is_whole(out, "second")
            new += code == 9
        elif earlier:
            assert is_whole(out, "first")
        if out.exists():
            files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
            known = {"manifest.json", "seats.csv", "p_in.png", "notes.md", "predictions.csv"}
            assert files <= known | {"inputs/q.toml", "inputs/pact/case.toml"}
        assert not earlier or (out / "notes.md").read_text() == "mine"
        write(out, "third")
        assert is_whole(out, "third")
        step += 1
    assert new > 2
    assert step > 20


@pytest.mark.slow
def test_a_command_that_was_killed_can_be_given_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Its result is whole but not all in place, and no manifest says yet that it is ours."""
    new, killed = tmp_path / "new", tmp_path / "killed"
    assert call(monkeypatch, *RUN, str(new)) == 0
    assert call(monkeypatch, "case", "new", str(tmp_path / "pact")) == 0
    for right, out in ((new, killed / "run"), (tmp_path / "pact", killed / "pact")):
        shutil.copytree(right, out / ".tashkent-whole-01234567")
        for name in sorted(path.name for path in right.iterdir())[:2]:
            if (right / name).is_file():
                shutil.copy(right / name, out / name)
    assert call(monkeypatch, *RUN, str(killed / "run")) == 0
    assert contents(killed / "run") == contents(new)
    capsys.readouterr()
    assert call(monkeypatch, "case", "new", str(killed / "pact")) == 2  # for there it is
    assert "allowed: a new or empty folder" in capsys.readouterr().err
    assert contents(killed / "pact") == contents(tmp_path / "pact")


# one at a time -------------------------------------------------------------------------------------

HOLD = """
import sys
from pathlib import Path
from tashkent.model.storage import claimed
with claimed(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(out: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(out)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


@pytest.mark.slow
def test_two_commands_on_one_folder_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out, design = tmp_path / "out", tmp_path / "design.toml"
    design.write_text('method = "grid"\nruns = 4\noutcomes = ["exits(CST, 1999-01, 1999-06)"]\n')
    with held(out) as process:
        for command in (
            RUN,
            ("compare", "CF1", "--out"),
            ("calibrate", "--out"),
            ("recover", "--out"),
            ("validate", "--out"),
            ("case", "new"),
        ):
            assert call(monkeypatch, *command, str(out)) == 2
            said = capsys.readouterr().err
            assert "allowed: a folder on which no other command is at work" in said
            assert said.count("\n") == 1
        process.kill()
        process.wait()
    write(out, "first")  # a lock does not outlive its owner
    assert is_whole(out, "first")


def test_a_lock_leaves_nothing(tmp_path: Path) -> None:
    with storage.claimed(tmp_path / "new" / "out"), storage.claimed(tmp_path / "new" / "out"):
        assert (tmp_path / "new" / "out").is_dir()
    assert not list(tmp_path.iterdir())


def test_many_who_want_a_folder_get_it_one_by_one(tmp_path: Path) -> None:
    script = """
import sys, time
from pathlib import Path
from tashkent.model.errors import InputError
from tashkent.model.storage import claimed
done = 0
while done < 50:
    try:
        with claimed(Path(sys.argv[1])) as out:
            mark = out / "mark"
            assert not mark.exists()
            mark.touch()
            mark.unlink()
            done += 1
    except InputError as error:
        assert "no other command" in str(error) or "can be made" in str(error), error
"""
    every = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "out")]) for _ in range(3)
    ]
    deadline = time.monotonic() + 120
    for each in every:
        assert each.wait(deadline - time.monotonic()) == 0


# what cannot be written ----------------------------------------------------------------------------


def test_a_full_disk_is_one_line_and_leaves_the_earlier_result(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(tmp_path / "out", "first")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(storage, "_to_disk", full)
    with pytest.raises(InputError, match=r"can be written to \(No space left on device\)"):
        write(tmp_path / "out", "second")
    monkeypatch.undo()
    assert is_whole(tmp_path / "out", "first")
    assert sorted(contents(tmp_path / "out")) == ["manifest.json", "p_in.png", "seats.csv"]


def test_any_failure_leaves_the_earlier_result(tmp_path: Path) -> None:
    write(tmp_path / "out", "first")

    def fail(out: Path) -> None:
        with storage.result(out) as folder:
            storage.write_text(folder / "seats.csv", "second")
            raise RuntimeError("in the middle")

    for out in (tmp_path / "out", tmp_path / "new"):
        with pytest.raises(RuntimeError):
            fail(out)
    assert is_whole(tmp_path / "out", "first")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only where there is a full device")
@pytest.mark.parametrize(
    "arguments", [("case", "check", "--json"), ("counterfactuals",), ("law", "--markdown")]
)
def test_a_full_screen_is_one_line(arguments: tuple[str, ...]) -> None:
    script = "import sys; from tashkent.cli import main; sys.argv[0] = 'tashkent'; main()"
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert found.returncode == 2
    assert found.stderr == "error: output: No space left on device\n"


def test_what_cannot_be_had_in_memory_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert call(monkeypatch, "run", "--runs", "1000000000000", "--out", str(out)) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("error: memory: runs: 1000000000000 is not valid; allowed: about ")
    assert said.count("\n") == 0
    assert not out.exists()


# tables --------------------------------------------------------------------------------------------


def test_a_spreadsheet_computes_nothing_of_ours(tmp_path: Path) -> None:
    """Text that begins as a formula does has an apostrophe before it; numbers and all other text are as they are."""
    table = pd.DataFrame(
        {
            "theory": ["=-abandonment", "@SUM(A1)", "whole"],
            "error": ["+1+1", "\t=1", "two\n=1+1"],
            "place": ["a;=1+1", "-x.toml", "a=b, +c"],
            "text of a number": ["-0.5", "+3", "-1e-05"],
            "number": [-0.5, float("nan"), float("-inf")],
            "=head": [True, False, True],
        }
    )
    storage.write_csv(tmp_path / "t.csv", table)
    found = pd.read_csv(tmp_path / "t.csv", dtype=str, keep_default_na=False)
    assert found.to_dict("list") == {
        "theory": ["'=-abandonment", "'@SUM(A1)", "whole"],
        "error": ["'+1+1", "'\t=1", "two\n'=1+1"],
        "place": ["a;'=1+1", "'-x.toml", "a=b, +c"],
        "text of a number": ["-0.5", "+3", "-1e-05"],
        "number": ["-0.5", "", "-inf"],
        "'=head": ["True", "False", "True"],
    }


def test_a_table_without_formulas_is_written_as_it_is(tmp_path: Path) -> None:
    for table in (
        pd.DataFrame({"a": ["x", None], "b": pd.Series([1, None], dtype=object)}),
        pd.DataFrame(columns=["a", "b"]),
    ):
        storage.write_csv(tmp_path / "t.csv", table)
        wanted = table.to_csv(index=False, lineterminator="\n")
        assert (tmp_path / "t.csv").read_bytes() == wanted.encode()
