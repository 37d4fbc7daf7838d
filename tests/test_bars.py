"""A bar for long work: in a terminal, in a notebook, and nowhere else."""

import io

import pytest
from rich.console import Console

import tashkent as tk


def test_a_terminal_has_a_bar_that_counts() -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    with tk.progress_bar("worlds", of=40, console=screen) as told:
        tk.simulate(runs=40, start="2020-12", progress=told)
    shown = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "worlds" in shown
    assert "40/40" in shown


def test_a_notebook_has_one_below_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rich shows it by IPython's display, as what a widget shows."""
    seen = []
    monkeypatch.setattr("IPython.display.display", lambda *what, **_: seen.extend(what))
    monkeypatch.setattr("rich.jupyter.display", lambda segments, text: seen.append(text))
    screen = Console(force_jupyter=True, width=80)
    with tk.progress_bar("worlds", console=screen) as told:
        tk.compare("cst", "CF1", runs=4, start="2020-12", progress=told)
    assert seen


def test_where_nobody_looks_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with tk.progress_bar("worlds", of=4) as told:
        tk.simulate(runs=4, start="2025-06", progress=told)
        told(4, 4)
    assert capsys.readouterr() == ("", "")
