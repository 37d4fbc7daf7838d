"""What commands show: on consoles of any encoding, at any width, with any text in it."""

import io
import re
import shutil
import sys
from pathlib import Path

import pytest
from rich.console import Console

from tashkent.cli import main, screen
from tashkent.cli.new_case import SKELETON
from tashkent.cli.screen import Figures, Heading, strong
from tests.commands import call, streams

#: what a user's title may hold: markup, an emoji's name, a formula of matplotlib's
TITLE = "The [b]old[/] pact [/foo] :smile: $x_$ {0}"


def lines(table: object, width: int) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width, markup=False, emoji=False).print(table)
    return stream.getvalue()


def question(folder: Path) -> str:
    """A counterfactual of the skeleton that asks for outcomes."""
    file = folder / "no_ring.toml"
    file.write_text(
        f'id = "no_ring"\ntitle = "{TITLE}"\n[[patch]]\ndo = "remove_club"\nclub = "RING"\n'
        '[[outcome]]\nstate = "BOR"\nclub = "PACT"\nmonth = "2005-12"\ndirection = "up"\nwhose = "GK"\nwhy = "x"\n'
    )
    return str(file)


def command(monkeypatch: pytest.MonkeyPatch, encoding: str, *arguments: str) -> tuple[int, str]:
    """Its exit code, and all that it wrote."""
    with streams(encoding) as written:
        code = call(*arguments)
        return code, "".join(written())


# encodings -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("law", "1999-04-20"),
        ("law", "--changes"),
        ("law", "--markdown"),
        ("counterfactuals",),
        ("case", "check"),
        ("explain", "UZB", "2012-06", "--draws", "20"),
        ("--help",),
    ],
    ids=" ".join,
)
def test_any_encoding(
    monkeypatch: pytest.MonkeyPatch, encoding: str, arguments: tuple[str, ...]
) -> None:
    code, written = command(monkeypatch, encoding, *arguments)
    assert code == 0
    assert "Traceback" not in written
    if arguments[0] == "counterfactuals":
        assert "UZB 1999-12 ^ sources" in written
        assert "^ likelier, v less likely, > no change" in written
    if arguments[0] == "explain":
        assert "suspension *" in written


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_any_encoding_of_runs(
    monkeypatch: pytest.MonkeyPatch, encoding: str, tmp_path: Path
) -> None:
    brief = ("--case", str(SKELETON), "--runs", "4", "--out", str(tmp_path / "o"))
    code, written = command(monkeypatch, encoding, "run", *brief)
    assert code == 0
    assert re.search(r"ARV +\S? +[\d.]+ \*", written)
    code, written = command(monkeypatch, encoding, "compare", question(tmp_path), *brief)
    assert code == 0
    luck = "~" if encoding == "ascii" else "±"
    assert f"change {luck} luck" in written


def test_names_that_are_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    code, written = command(monkeypatch, "utf-8", "law", "--case", "a\udcffb")
    assert code == 2
    assert written.startswith("error: case: name or folder:")


def test_stand_ins_are_as_wide() -> None:
    assert all(len(mark) == len(plain) == 1 for mark, plain in screen.STAND_INS.items())
    assert all(plain.isascii() for plain in screen.STAND_INS.values())


# markup --------------------------------------------------------------------------------------------


def test_no_text_is_markup(capsys: pytest.CaptureFixture[str]) -> None:
    table = Figures([Heading(TITLE), Heading("o[/x]")], TITLE, TITLE)
    table.add_row(TITLE, "0.5")
    console = screen.console()
    console.print(strong(TITLE, TITLE), table)
    console.print(TITLE)
    assert " ".join(capsys.readouterr().out.split()).count(TITLE) == 7


@pytest.mark.slow
def test_titles_and_paths_with_brackets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = tmp_path / "case"
    shutil.copytree(SKELETON, made)
    head = made / "case.toml"
    head.write_text(re.sub(r'(?m)^title = ".*"', lambda _: f'title = "{TITLE}"', head.read_text()))
    out = tmp_path / "o[/x]"
    brief = ("--case", str(made), "--runs", "4")
    code, written = command(monkeypatch, "utf-8", "run", *brief, "--out", str(out))
    assert code == 0, written
    assert f"{TITLE}: 4 runs" in " ".join(written.split())
    assert "o[/x]" in written
    code, written = command(monkeypatch, "utf-8", "law", "--case", str(made))
    assert TITLE in " ".join(written.split())


@pytest.mark.slow
def test_warnings_of_libraries_do_not_reach_the_screen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Letters that a figure has no font for: matplotlib warns of each."""
    made = Path(shutil.copytree(SKELETON, tmp_path / "case"))
    head = made / "case.toml"
    head.write_text(re.sub(r'(?m)^title = ".*"', 'title = "中文"', head.read_text()), "utf-8")
    given = ["run", "--case", str(made), "--runs", "4", "--out", str(tmp_path / "o")]
    monkeypatch.setattr(sys, "argv", ["tashkent", *given])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert not stopped.value.code
    said = capsys.readouterr()
    assert "中文: 4 runs" in said.out
    assert "arning" not in said.err


# widths --------------------------------------------------------------------------------------------

WIDE = {
    "run: seats": lambda: _run_seats(),
    "compare": lambda: _filled(
        [Heading(n) for n in ("seat", "month", "implied", "before", "after", "change ± luck")],
        2,
        ("UZB CST suspension requested", "1999-12", "↑ seed", "0.15", "0.17", "+0.517 ± 0.012"),
    ),
    "sweep": lambda: _filled(
        [Heading(n, right=True) for n in ("point", "counterfactual", "theory", "A", "B", "C", "D")],
        1,
        ("0", "baseline", "fear_of_abandonment", *["0.123457 ± 0.0012"] * 4),
    ),
    "sensitivity": lambda: _filled(
        [
            Heading("factor"),
            *(Heading(n, right=True) for n in ("ST", "90%", "luck", "S1", "90% ", "size")),
        ],
        1,
        ("participation months", "0.51", "0.40 0.61", "± 0.05", "0.41", "0.30 0.52", "0.012"),
    ),
    "a path": lambda: _filled(
        [Heading("point"), Heading("counterfactual")], 1, ("1", "/home/" + "x" * 200)
    ),
    "no rows": lambda: Figures([Heading("a"), Heading("b")]),
}


def _filled(heads: list[Heading], keys: int, row: tuple[str, ...]) -> Figures:
    table = Figures(heads, "A title that is longer than a narrow console is wide", keys=keys)
    table.add_row(*row)
    return table


def _run_seats() -> Figures:
    dates = [f"{year}-12" for year in range(1992, 2026, 3)]
    table = Figures([Heading("state"), *(Heading(d, right=True) for d in dates)], "P(in)")
    table.add_row("ARM", *(strong(f"{i / 100:.2f} ●") for i in range(len(dates))))
    return table


@pytest.mark.parametrize("width", [200, 80, 40, 20])
@pytest.mark.parametrize("kind", WIDE)
def test_no_figure_is_cut(kind: str, width: int) -> None:
    table = WIDE[kind]()
    shown = lines(table, width)
    assert "…" not in shown
    assert all(len(line) <= width for line in shown.splitlines())
    figures = [str(cell) for row in table.rows for cell in row if len(str(cell)) < min(width, 15)]
    assert all(figure in shown for figure in figures if width >= 40), shown
    whole = "".join(shown.split())
    assert all(
        "".join(str(cell).split()) in whole for row in table.rows for cell in row if width < 40
    )


@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize("name", ["law", "explain"])
def test_what_is_shown_of_the_shipped_case_at_a_width(
    monkeypatch: pytest.MonkeyPatch, width: int, name: str
) -> None:
    """What all commands show of a small case is in `tests.test_every_command`; here are long names and many states."""
    arguments = {
        "law": ("law", "1999-04-20"),
        "explain": ("explain", "UZB", "2012-06", "--draws", "20"),
    }[name]
    monkeypatch.setenv("COLUMNS", "300")
    code, wide = command(monkeypatch, "utf-8", *arguments)
    assert code == 0, wide
    monkeypatch.setenv("COLUMNS", str(width))
    code, narrow = command(monkeypatch, "utf-8", *arguments)
    assert "…" not in narrow
    number = r"[+-]?\d[\d,.-]*%?"
    assert set(re.findall(number, wide)) <= set(re.findall(number, narrow))
    too_long = [line for line in narrow.splitlines() if len(line) > width]
    assert not [line for line in too_long if "Posterior" not in line]
