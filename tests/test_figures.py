"""Figures for papers: what they show is what was found, and they fit where they are printed."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

import tashkent as tk
from tashkent.calibration.scores import split_at_renewal
from tashkent.experiments.effect import share_interval
from tashkent.experiments.figures import picture, waterfall
from tashkent.experiments.figures.picture import Picture, inches, panels
from tashkent.experiments.networks import of_record
from tashkent.model.case import Case
from tashkent.model.clock import parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.statuses import is_in

#: the runs that they look at take seconds
pytestmark = pytest.mark.slow

RUNS = 40
RESULTS = Path(__file__).parents[1] / "results"


@pytest.fixture(scope="module")
def runs(case: Case) -> tk.Ensemble:
    return tk.simulate(case, runs=RUNS, seed=2, start="1998-12")


@pytest.fixture(scope="module")
def comparison(case: Case) -> tk.Comparison:
    return tk.compare(case, "CF2", runs=RUNS, start="1998-12")


@pytest.fixture(scope="module")
def explanation(case: Case) -> tk.Explanation:
    return tk.explain(case, "UZB", "2012-06", draws=60)


@pytest.fixture(scope="module")
def drawn(
    case: Case, runs: tk.Ensemble, comparison: tk.Comparison, explanation: tk.Explanation
) -> dict[str, Callable[[str], Picture]]:
    """Each figure by its name, as wide as is asked."""
    tables = [
        pd.read_csv(RESULTS / f"{name}.csv") for name in ("sensitivity", "sensitivity-outcomes")
    ]
    few = [t[t["outcome"].isin(tables[1]["outcome"].unique()[:2])] for t in tables]
    return {
        "seats": lambda width: tk.figures.seats(runs, width=width),
        "renewal": lambda width: tk.figures.renewal(runs, width=width),
        "effects": lambda width: tk.figures.effects(comparison, width=width),
        "change": lambda width: tk.figures.change(comparison.pairs[0], width=width),
        "decision": lambda width: tk.figures.decision(
            explanation, "CST", "request_suspension", width=width
        ),
        "network": lambda width: tk.figures.network(
            of_record(case, parse_month("2002-06")), width=width
        ),
        "parameters": lambda width: tk.figures.parameters(tk.posterior(case), width=width),
        "sensitivity": lambda width: tk.figures.sensitivity(few[0], few[1], width=width),
    }


NAMES = [name for name in tk.figures.__all__ if name != "Picture"]


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_has_its_width_and_loses_no_word(
    drawn: dict[str, Callable[[str], Picture]], name: str
) -> None:
    width = "page" if name in ("sensitivity", "change", "network") else "column"
    figure = drawn[name](width).figure
    with picture.house_style():
        figure.draw_without_rendering()
    assert figure.get_figwidth() == inches(width)
    for part in (*figure.axes, *figure.legends, *figure.texts):
        box = part.get_tightbbox()
        assert box.x0 >= -1, part
        assert box.x1 <= figure.bbox.width + 1, part
        assert box.y0 >= -1, part
        assert box.y1 <= figure.bbox.height + 1, part
    assert min(text.get_fontsize() for text in figure.findobj(Text)) >= 6


@pytest.mark.parametrize("suffix", ["svg", "pdf", "PNG"])
def test_a_figure_is_written_as_its_file_is_called_the_same_each_time(
    runs: tk.Ensemble, tmp_path: Path, suffix: str
) -> None:
    files = [tmp_path / f"{n}.{suffix}" for n in (1, 2)]
    for file in files:
        tk.figures.renewal(runs).save(file, dpi=60)
    first, second = (file.read_bytes() for file in files)
    assert first == second
    begins = {"svg": b"<?xml", "pdf": b"%PDF", "PNG": b"\x89PNG"}
    assert first.startswith(begins[suffix])
    if suffix == "svg":
        assert tk.figures.renewal(runs)._repr_svg_() == first.decode()


def test_resolution_is_asked_for(runs: tk.Ensemble, tmp_path: Path) -> None:
    shown = tk.figures.renewal(runs)
    for dpi in (60, 120):
        shown.save(tmp_path / f"{dpi}.png", dpi=dpi)
    wide = [int.from_bytes((tmp_path / f"{d}.png").read_bytes()[16:20]) for d in (60, 120)]
    assert wide == [210, 420]


def test_seats_are_those_of_the_runs_and_of_the_record(case: Case, runs: tk.Ensemble) -> None:
    figure = tk.figures.seats(runs, "GUAM", states=["UZB", "Georgia"]).figure
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["Uzbekistan", "Georgia"]
    c = tuple(case.clubs).index("GUAM")
    for axis, state in zip(figure.axes, ("UZB", "GEO"), strict=True):
        s = case.state_ids.index(state)
        np.testing.assert_array_equal(axis.lines[0].get_ydata(), runs.p_in[:, s, c])
        record = is_in(compile_case(case).record.status[runs.start - case.start :, s, c])
        _, bar = axis.collections
        inside = [bar.get_paths()[0].contains_point((m / 12, 1.1)) for m in runs.months]
        assert inside[1:-1] == record[1:-1].tolist()
    low, high = share_interval(runs.p_in, RUNS)
    assert (low <= runs.p_in).all()
    assert (runs.p_in <= high).all()


def test_a_change_is_that_of_the_club_and_the_states_asked_for(
    case: Case, comparison: tk.Comparison
) -> None:
    pair = comparison.pairs[0]
    figure = tk.figures.change(pair, "GUAM", states=["UZB", "Georgia"]).figure
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["Uzbekistan", "Georgia"]
    assert "(GUAM)" in figure.get_suptitle()
    s, c = case.state_ids.index("GEO"), tuple(case.clubs).index("GUAM")
    change, before, after = (line.get_ydata() for line in figure.axes[1].lines[:3])
    np.testing.assert_array_equal(change, pair.effect.change[:, s, c])
    np.testing.assert_array_equal(before, pair.p_in[0][:, s, c])
    np.testing.assert_array_equal(after, pair.p_in[1][:, s, c])


def test_a_renewal_shows_who_stays_and_who_stayed(case: Case, runs: tk.Ensemble) -> None:
    split = split_at_renewal(runs, parse_month("1999-04"))
    (axis,) = tk.figures.renewal(runs).figure.axes
    stayed, left = axis.lines
    names = {s.name: s.state for s in case.states}
    order = [names[label.get_text()] for label in axis.get_yticklabels()]
    shown = {order[int(y)]: x for line in axis.lines for x, y in line.get_xydata()}
    assert shown == dict(zip(split.states, split.p_stay, strict=True))
    assert {order[int(y)] for _, y in stayed.get_xydata()} == {"ARM", "BLR", "KAZ", "KGZ", "TJK"}
    assert {order[int(y)] for _, y in left.get_xydata()} == {"AZE", "GEO", "UZB"}
    assert f"all right in {split.all_right:.0%}" in axis.figure.get_suptitle()


def test_effects_are_those_of_the_outcomes(comparison: tk.Comparison) -> None:
    (axis,) = tk.figures.effects(comparison).figure.axes
    _, dots, *implied = axis.lines
    np.testing.assert_array_equal(dots.get_xdata(), comparison.outcomes["change"])
    labels = [label.get_text() for label in axis.get_yticklabels()]
    assert labels[0] == "CF2 from 1998-12"
    for y, state in zip(dots.get_ydata(), comparison.outcomes["state"], strict=True):
        name = next(s.name for s in comparison.case.states if s.state == state)
        assert labels[int(y)].startswith(name)
    assert {len(line.get_xdata()) for line in implied} == {len(comparison.outcomes)}  # all go up


def test_a_waterfall_adds_up(explanation: tk.Explanation) -> None:
    act = explanation.of("CST", "request_suspension")
    bars = waterfall.steps(act, most=3)
    assert len(bars) == 4
    assert re.fullmatch(r"\d+ others", bars[-1][0])
    assert sum(value for _, value in bars) == pytest.approx(act.log_odds.mean())
    (axis,) = tk.figures.decision(explanation, "CST", "request_suspension").figure.axes
    widths = [bar.get_width() for bar in axis.patches]
    assert sum(widths[:-1]) == pytest.approx(widths[-1])
    assert widths[-1] == pytest.approx(act.log_odds.mean())


def test_prior_and_posterior_are_those_of_the_fit(case: Case) -> None:
    (axis,) = tk.figures.parameters(tk.posterior(case), ["patronage", "coercion"]).figure.axes
    _, prior, posterior = axis.lines
    assert list(prior.get_xdata()) == [case.parameters[n].mean for n in ("patronage", "coercion")]
    draws = tk.posterior(case).draws(runs=4000, seed=0)
    medians = [np.median(draws[n]) for n in ("patronage", "coercion")]
    np.testing.assert_allclose(posterior.get_xdata(), medians)


#: what a picture is to who lacks the cones for green, and for red: Machado and others 2009, doi:10.1109/TVCG.2009.113
LACKING = {
    "green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "none": np.eye(3).tolist(),
}  # fmt: skip


@pytest.mark.parametrize("cone", LACKING)
def test_colours_are_told_apart(cone: str) -> None:
    colours = (picture.BLACK, picture.BLUE, picture.ORANGE, picture.GREEN, "#FFFFFF")
    seen = [np.clip(np.array(LACKING[cone]) @ (np.array(to_rgb(c)) ** 2.2), 0, 1) for c in colours]
    for i, one in enumerate(seen):
        for other in seen[:i]:
            assert np.abs(one ** (1 / 2.2) - other ** (1 / 2.2)).max() > 0.2


def test_titles_and_legends_are_broken_to_fit() -> None:
    with picture.house_style():
        figure, axes = panels(["one", "two"], 2.0, each=0.5)
        for axis in axes:
            axis.plot([0, 1])
        high = figure.get_figheight()
        picture.framed(
            figure, "A title that is much longer than two inches of paper are", axes[0].lines
        )
    assert isinstance(figure, Figure)
    assert figure.get_suptitle().count("\n") >= 1
    assert figure.get_figheight() > high + 0.3


REFUSED = {
    "colum": "width: 'colum' is not valid; allowed: column, page (nearest valid name: column)",
    "narrow": "width: 0.2 is not valid; allowed: column or page, or inches from 1 to 100",
    "state": "states: 'UZX' is not valid",
    "club": "club: 'CTS' is not valid",
    "month": "renewal: month: '2001-01' is not valid; allowed: 1999-04",
    "act": "UZB, 2012-06: act: 'CST renew' is not valid; allowed: CST request_suspension",
    "weight": "nearest valid name: patronage",
    "suffix": "save: 'one.jpg' is not valid; allowed: a name that ends in .svg, .pdf, .png",
    "folder": "is not valid; allowed: a file that can be written (No such file",
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_drawn_is_refused_in_a_line(
    runs: tk.Ensemble, explanation: tk.Explanation, tmp_path: Path, what: str
) -> None:
    draw = tk.figures
    asked: dict[str, Callable[[], object]] = {
        "colum": lambda: draw.seats(runs, width="colum"),
        "narrow": lambda: draw.seats(runs, width=0.2),
        "state": lambda: draw.seats(runs, states=["UZX"]),
        "club": lambda: draw.seats(runs, "CTS"),
        "month": lambda: draw.renewal(runs, "2001-01"),
        "act": lambda: draw.decision(explanation, "CST", "renew"),
        "weight": lambda: draw.parameters(tk.posterior(runs.case), ["patronnage"]),
        "suffix": lambda: draw.renewal(runs).save(tmp_path / "one.jpg"),
        "folder": lambda: draw.renewal(runs).save(tmp_path / "none" / "one.svg"),
    }
    with pytest.raises(tk.InputError, match=re.escape(REFUSED[what])):
        asked[what]()


def test_runs_that_start_after_every_renewal_have_none(case: Case) -> None:
    late = tk.simulate(case, runs=2, start="2025-10")
    with pytest.raises(tk.InputError, match="runs that start before a term ends"):
        tk.figures.renewal(late)


def test_matplotlib_is_not_loaded_before_something_is_drawn() -> None:
    code = (
        "import sys, tashkent as tk; tk.simulate(runs=2, start='2025-10'), tk.figures.seats, tk.explain;"
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
