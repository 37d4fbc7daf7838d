"""Pictures in files."""

from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from tashkent.experiments.figures.picture import picture
from tests.commands import EVERY, call, lay_out, streams


def drawn() -> Figure:
    picture = Figure(figsize=(2, 2))
    axis = picture.subplots()
    axis.plot([0, 1], [0, 1], label="a$x_$")
    axis.legend(title="costs $ and $")
    axis.set_title("50% of $x_$")
    return picture


@pytest.mark.slow
def test_a_picture_does_not_hang_on_what_its_user_has_set(tmp_path: Path) -> None:
    picture(drawn)().save(tmp_path / "one.png")
    with mpl.rc_context({"text.usetex": True, "savefig.dpi": 10, "lines.linewidth": 9}):
        picture(drawn)().save(tmp_path / "two.png")
        assert mpl.rcParams["text.usetex"]
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["nonsense", "TkAgg"])
def test_a_backend_for_windows_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, backend: str
) -> None:
    monkeypatch.setenv("MPLBACKEND", backend)
    with mpl.rc_context(), streams():
        assert call("run", *EVERY["run"](lay_out(tmp_path))) == 0
    assert (tmp_path / "run" / "p_in.png").exists()
