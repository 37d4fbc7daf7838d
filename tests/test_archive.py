"""A result in one file: whole or not at all, and of whoever sends one nothing is trusted."""

import json
import re
import shutil
import stat
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from tashkent.cli.new_case import SKELETON, new_case
from tashkent.experiments.archive import archive, lock
from tashkent.experiments.archived import KIND
from tashkent.model import archives
from tashkent.model.archives import INDEX, unpacked
from tashkent.model.case import load_case, loading
from tashkent.model.errors import InputError
from tashkent.model.storage import sha256
from tests.commands import call, streams

#: the runs that they look at take seconds
pytestmark = pytest.mark.slow

FEW = ("--runs", "4", "--no-scores")


def said_by(code: int, name: str, *arguments: str) -> tuple[str, str]:
    """What a command says that ends with a code."""
    with streams() as said:
        assert call(name, *arguments) == code, said()
        return said()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a result of a case of one's own, and its archive."""
    desk = tmp_path_factory.mktemp("desk")
    new_case(desk / "pact")
    said_by(0, "run", "--case", str(desk / "pact"), *FEW, "--out", str(desk / "result"))
    archive(desk / "result", desk / "result.zip")
    return desk


@pytest.fixture
def sent(made: Path, tmp_path: Path) -> Path:
    """The archive, where nothing else of it is."""
    return Path(shutil.copy(made / "result.zip", tmp_path / "sent.zip"))


def test_it_is_run_again_where_nothing_else_is_left(
    monkeypatch: pytest.MonkeyPatch, made: Path, sent: Path
) -> None:
    monkeypatch.chdir(sent.parent)
    desk = made.rename(made.with_name("moved"))
    try:
        out, error = said_by(0, "reproduce", "sent.zip")
    finally:
        desk.rename(made)
    assert (out.splitlines()[0], error) == ("sent.zip: identical", "")
    assert "is not there; its copy inputs/pact was used" in out
    assert [path.name for path in sent.parent.iterdir()] == ["sent.zip"]


def test_the_same_result_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "result.zip", tmp_path / "new" / "result.zip"):
        found = archive(made / "result" / "manifest.json", path)
        assert path.read_bytes() == (made / "result.zip").read_bytes()
    told = found.as_json()
    assert (told["command"], told["sha256"]) == ("run", sha256(made / "result.zip"))


def test_it_holds_all_files_of_the_result_with_their_digests(made: Path, tmp_path: Path) -> None:
    index = unpacked(made / "result.zip", KIND, tmp_path, "test")
    told = json.loads((made / "result" / "manifest.json").read_text(encoding="utf-8"))
    named = {"manifest.json", *told["files"], *told["others"]}
    assert {name for name in index["files"] if name.startswith("result/")} == {
        f"result/{name}" for name in named
    }
    for name, digest in index["files"].items():
        assert sha256(tmp_path / name) == digest
    assert index["case_hash"] == load_case(made / "pact").hash
    words = (tmp_path / "README.md").read_text("utf-8")
    assert "tashkent reproduce result.zip" in words
    assert (f", commit {told['commit']}." in words) == (told["commit"] is not None)
    lines = (tmp_path / "requirements.lock").read_text("utf-8").splitlines()
    assert f"numpy=={version('numpy')}" in lines
    assert f"# tashkent=={version('tashkent')}" in lines


def test_the_lock_has_the_versions_of_when_the_result_was_made() -> None:
    text, notes = lock({"numpy": "2.1.0", "pyarrow": version("pyarrow")})
    assert "\nnumpy==2.1.0\n" in text
    assert notes == (f"numpy was 2.1.0 when the result was made, is {version('numpy')} now",)
    assert not [line for line in text.splitlines() if line.startswith(("pytest", "ruff"))]


def test_the_shipped_case_of_then_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A later version comes with another case: the archive has its own, and a result of before cannot be archived."""
    shutil.copytree(SKELETON, tmp_path / "cases" / "pact")
    monkeypatch.setattr(loading, "CASES", tmp_path / "cases")
    monkeypatch.chdir(tmp_path)
    said_by(0, "run", "--case", "pact", *FEW, "--out", "result")
    out, _ = said_by(0, "archive", "result")
    assert out.startswith(f"{tmp_path / 'result.zip'}: run of minimal, ")
    out, _ = said_by(0, "reproduce", "result.zip")
    assert "its copy" not in out
    table = tmp_path / "cases" / "pact" / "parameters.toml"
    text = table.read_text(encoding="utf-8")
    table.write_text(re.sub(r"mean = [0-9.-]+", "mean = 2.5", text, count=1), encoding="utf-8")
    out, _ = said_by(0, "reproduce", "result.zip")
    assert out.splitlines()[0] == "result.zip: identical"
    assert "pact is another now; its copy case/pact was used" in out
    out, _ = said_by(1, "reproduce", "result")
    assert out.splitlines()[0] == f"{Path('result/manifest.json')}: differs"
    before = sha256(tmp_path / "result.zip")
    _, error = said_by(2, "archive", "result")
    assert error.startswith("error: manifest.json: shipped: 'pact of another version' is not valid")
    assert sha256(tmp_path / "result.zip") == before


# what is refused -----------------------------------------------------------------------------------


def test_what_is_no_longer_the_result_is_refused(made: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(made / "result", tmp_path / "result"))
    for spoil, words in (
        (lambda: (folder / "seats.csv").write_text("x"), "seats.csv: 'changed' is not valid"),
        (lambda: (folder / "seats.csv").unlink(), "seats.csv: 'missing' is not valid"),
        (lambda: (folder / "manifest.json").write_text("{}"), "manifest.json: command: 'missing'"),
    ):
        spoil()
        _, error = said_by(2, "archive", str(folder), "--out", str(tmp_path / "x.zip"))
        assert words in error
        assert error.count("\n") == 1
    assert not (tmp_path / "x.zip").exists()


@pytest.mark.parametrize("name", ["mine.zip", "other.zip", "text.zip", "folder.zip", "mine.tar"])
def test_only_an_earlier_archive_is_replaced(made: Path, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as mine:
        mine.writestr("thesis.txt", "mine")
    archives.write_archive(tmp_path / "other.zip", {"a": b"b"}, "another kind", {}, "--out")
    (tmp_path / "text.zip").write_text("mine")
    (tmp_path / "folder.zip").mkdir()
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    _, error = said_by(2, "archive", str(made / "result"), "--out", str(tmp_path / name))
    assert error.startswith("error: --out: file: ")
    assert error.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
    assert (tmp_path / "folder.zip").is_dir()


def test_an_archive_is_written_whole_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, made: Path, sent: Path
) -> None:
    """A full disk leaves the earlier one, and what a killed command left is cleared up by the next."""
    before = sent.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(archives, "_entry", full)
        _, error = said_by(2, "archive", str(made / "result"), "--out", str(sent))
    assert "No space left on device" in error
    assert [path.read_bytes() for path in sent.parent.iterdir()] == [before]
    (sent.parent / ".tashkent-0123abcd.zip").write_text("left")
    (sent.parent / "notes.zip").write_text("mine")
    archive(made / "result", sent)
    assert sorted(path.name for path in sent.parent.iterdir()) == ["notes.zip", "sent.zip"]


# what somebody sends -------------------------------------------------------------------------------


def again(path: Path, change: Callable[[dict[str, bytes], dict[str, object]], None]) -> None:
    """Pack an archive again after a change of its files and its index."""
    with zipfile.ZipFile(path) as old:
        files = {name: old.read(name) for name in old.namelist()}
    index = json.loads(files.pop(INDEX))
    change(files, index)
    with zipfile.ZipFile(path, "w") as new:
        for name, content in files.items():
            new.writestr(name, content)
        new.writestr(INDEX, json.dumps(index))


def outside(files: dict[str, bytes], index: dict[str, object]) -> None:
    files["../outside"] = b"x"
    index["files"] = {**index["files"], "../outside": "0" * 64}  # type: ignore[dict-item]


def changed(files: dict[str, bytes], _: dict[str, object]) -> None:
    files["result/seats.csv"] += b"x"


def more(files: dict[str, bytes], _: dict[str, object]) -> None:
    files["result/more.py"] = b"x"


def another_kind(_: dict[str, bytes], index: dict[str, object]) -> None:
    index["kind"] = "another"


def no_files(_: dict[str, bytes], index: dict[str, object]) -> None:
    index["files"] = ["result/seats.csv"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (outside, "files: '../outside' is not valid; allowed: names within the archive"),
        (changed, "files: 'result/seats.csv' is not valid; allowed: a file as it was"),
        (more, "files: 'result/more.py' is not valid; allowed: the files that its index names"),
        (another_kind, "kind: 'another' is not valid; allowed: tashkent result"),
        (no_files, "an archive that is whole (its index names no files)"),
    ],
)
def test_what_is_not_as_its_index_says_is_refused(
    sent: Path, change: Callable[[dict[str, bytes], dict[str, object]], None], words: str
) -> None:
    again(sent, change)
    _, error = said_by(2, "reproduce", str(sent))
    assert words in error
    assert error.count("\n") == 1
    assert [path.name for path in sent.parent.iterdir()] == ["sent.zip"]


def test_a_link_is_a_plain_file_when_it_is_unpacked(sent: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    with zipfile.ZipFile(sent, "w") as made:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(entry, "/etc/passwd")
        digest = "b9ee8c0d1a1c9c9e9a6d2a6e0b1c5d3f"  # of something else
        made.writestr(INDEX, json.dumps({"kind": KIND, "files": {"link": digest}}))
    with pytest.raises(InputError, match="a file as it was"):
        unpacked(sent, KIND, place, "test")
    assert not (place / "link").is_symlink()


def test_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch, sent: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    for name, most in (("MOST_BYTES", 1000), ("MOST_FILES", 3), ("_LONGEST", 10)):
        with monkeypatch.context() as patch:
            patch.setattr(archives, name, most)
            with pytest.raises(InputError):
                unpacked(sent, KIND, place, "test")
        assert not list(place.iterdir())


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.98, 0.999])
def test_a_damaged_archive_is_one_line_or_what_it_was(sent: Path, share: float) -> None:
    whole = sent.read_bytes()
    at = int(share * len(whole))
    for damaged in (whole[:at], whole[:at] + b"\xff\x00\xff" + whole[at + 3 :]):
        sent.write_bytes(damaged)
        with streams() as said:
            code = call("reproduce", str(sent))
            out, error = said()
        if code == 0:  # a day or a mode in it is another
            assert len(damaged) == len(whole)
            assert out.startswith(f"{sent}: identical")
            continue
        assert (code, out, error.count("\n")) == (2, "", 1)
        assert error.startswith("error: ")
