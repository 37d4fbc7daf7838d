"""What cannot be is refused before anything is run, fitted or removed."""

import errno
from pathlib import Path
from typing import Any

import pytest

from tashkent.calibration.calibrate import calibrate
from tashkent.experiments.compare import compare
from tashkent.model import storage
from tashkent.model.case import Case
from tashkent.model.counterfactual import Counterfactual, parse_counterfactual
from tashkent.model.errors import InputError
from tests.commands import QUESTION, call, design, lay_out, streams

HEAD = "state,direction,confidence,club,month\n"


@pytest.fixture
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*_: Any, **__: Any) -> None:
        raise AssertionError("it began")

    for place in (
        "experiments.compare.run_pairs",
        "experiments.compare.posterior",
        "experiments.scenarios.posterior",
        "calibration.calibrate.sample",
    ):
        monkeypatch.setattr(f"tashkent.{place}", work)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


@pytest.fixture
def question() -> Counterfactual:
    return parse_counterfactual(QUESTION, "no_ring.toml")


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    ("row", "more", "says"),
    [
        (
            "BOR,up,0.7,,2003-01",
            ("--from", "2003-01"),
            "--prediction: month: '2003-01' is not valid; allowed: a month after 2003-01, where no_ring starts",
        ),
        (
            "BOR,up,0.7,RING,2005-12",
            ("--baseline", "{written}/no_ring.toml"),
            "--prediction: club: 'RING' is not valid; allowed: PACT",
        ),
    ],
    ids=["before the start", "a club that the baseline does not have"],
)
def test_a_prediction_that_runs_cannot_answer(
    written: Path, row: str, more: tuple[str, ...], says: str
) -> None:
    (written / "guess.csv").write_text(f"{HEAD}{row}\n")
    (written / "other.toml").write_text(
        'id = "other"\n[[patch]]\ndo = "remove_event"\nevent = "T1"\n'
    )
    name = "other" if "--baseline" in more else "no_ring"
    given = [part.format(written=written) for part in more]
    with streams() as said:
        code = call(
            *("compare", f"{written}/{name}.toml", "--case", str(written / "case")),
            *("--prediction", f"{written}/guess.csv", *given),
        )
        _, error = said()
    assert (code, error.count("\n")) == (2, 1)
    assert says in error


@pytest.mark.usefixtures("no_work")
def test_a_second_theory_or_baseline_that_cannot_be(
    minimal: Case, question: Counterfactual
) -> None:
    for asked, says in (
        ({"theories": ["whole", "nothing"]}, "theory: name: 'nothing' is not valid"),
        ({"baseline": "nothing"}, "'nothing' is not valid"),
        ({"start": "2010-12"}, "a month before 2010-12, the last of the case"),
    ):
        with pytest.raises(InputError, match=says):
            compare(minimal, question, runs=2, **asked)  # type: ignore[arg-type]


def test_what_calibrate_refuses_removes_no_chains(minimal: Case, tmp_path: Path) -> None:
    """`--start-again` beside a number of steps that cannot be."""
    kept = tmp_path / "inputs-00"
    kept.mkdir()
    (kept / "block").write_text("hours of work")
    for asked, says in (({"steps": 7}, "--steps"), ({"walkers": 3}, "--walkers")):
        with pytest.raises(InputError, match=says):
            calibrate(minimal, folder=tmp_path, start_again=True, **asked)  # type: ignore[arg-type]
        assert (kept / "block").exists()


@pytest.mark.usefixtures("no_work")
def test_a_case_that_cannot_be_written_to_gets_no_posterior(
    monkeypatch: pytest.MonkeyPatch, written: Path
) -> None:
    def lock(path: Path) -> int | None:
        if path.parent == written / "case":
            raise PermissionError(errno.EACCES, "Permission denied")
        return locked(path)

    locked = storage.lock
    monkeypatch.setattr(storage, "lock", lock)
    with streams() as said:
        given = ("--case", str(written / "case"), "--out", str(written / "out"), "--install")
        assert call("calibrate", *given) == 2
        _, error = said()
    assert f"--install: folder: '{written / 'case'}' is not valid" in error
    assert "(Permission denied)" in error
    assert not (written / "out").exists()


@pytest.mark.parametrize("name", ["run", "compare", "sensitivity", "sweep"])
@pytest.mark.usefixtures("no_work")
def test_a_start_that_cannot_be(written: Path, name: str) -> None:
    """The last month has nothing after it, and says so in the same words wherever it is asked for."""
    where = ("--case", str(written / "case"), "--from", "2010-12")
    given = {"compare": (f"{written}/no_ring.toml", *where), "sweep": (f"{written}/d.toml",)}
    (written / "d.toml").write_text(f'start = "2010-12"\n{design(written)}')
    with streams() as said:
        assert call(name, *given.get(name, where)) == 2
        _, error = said()
    assert "'2010-12' is not valid; allowed: a month before 2010-12, the last of the case" in error
