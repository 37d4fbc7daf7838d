"""Commands that are killed while they write; more of them, at any moment, and lost workers are in `make torture`."""

import pytest

from tests.torture import JOBS, MOMENT, WORKER, WRITING, Tally, Torture, added, plan


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Torture:
    return Torture(tmp_path_factory.mktemp("torture"), seed=14)


@pytest.mark.slow(3)
@pytest.mark.parametrize("name", ["archive", "case new"])
def test_what_is_killed_goes_on_to_the_same_bytes(engine: Torture, name: str) -> None:
    hits = (engine.hit(name, WRITING) for _ in range(5))
    assert any(hits), "it was done each time before it was hit"


@pytest.mark.slow
def test_what_is_not_the_same_is_seen(engine: Torture, monkeypatch: pytest.MonkeyPatch) -> None:
    right = engine.undisturbed("case new")
    other = {**right.files, "case.toml": "0" * 64}
    monkeypatch.setitem(
        engine._known, "case new", right.__class__(other, right.seconds, right.changes)
    )
    with pytest.raises(AssertionError, match=r"other bytes: case\.toml"):
        engine.hit("case new", WRITING)
    engine.clear()


def test_kills_are_shared_out_over_commands_and_ways() -> None:
    planned = plan(60, 0)
    of_job = {name: sum(n for each, _, n in planned if each == name) for name in JOBS}
    assert of_job == {name: job.share for name, job in JOBS.items()}
    assert sum(of_job.values()) == 60
    assert {how for _, how, _ in planned} == {MOMENT, WRITING, WORKER}
    assert planned == plan(60, 0) != plan(60, 1)


def test_what_is_said_of_kills_adds_up() -> None:
    tally = Tally(3, compared=2, failed=["run: other bytes"])
    tally.kills.update({("run", MOMENT): 2, ("sweep", WORKER): 1})
    assert tally.told() == {
        "seed": 3,
        "kills": 3,
        "commands": {"run": {MOMENT: 2}, "sweep": {WORKER: 1}},
        "compared": 2,
        "same_bytes": 1,
        "failed": ["run: other bytes"],
    }


def test_more_kills_are_added() -> None:
    first, more = Tally(3, compared=2, failed=["run: other bytes"]), Tally(4, compared=5)
    first.kills.update({("run", MOMENT): 2, ("sweep", WORKER): 1})
    more.kills.update({("run", MOMENT): 1, ("archive", WRITING): 4})
    assert added(first.told(), more.told()) == {
        "seed": 3,
        "kills": 8,
        "commands": {"archive": {WRITING: 4}, "run": {MOMENT: 3}, "sweep": {WORKER: 1}},
        "compared": 7,
        "same_bytes": 6,
        "failed": ["run: other bytes"],
    }
