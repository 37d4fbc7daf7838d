"""Changes to the folder of a case, and the line that each must bring."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tashkent.model.case import load_case
from tashkent.model.errors import InputError, shortened

Change = Callable[[Path], None]


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


def check_refused(folder: Path, change: Change, line: str) -> None:
    """A changed case is refused in one line, which says what stands where."""
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
