"""The register of forecasts grows at its end alone: what was written is never changed."""

import json
from pathlib import Path

import pandas as pd
import pytest

from publish import register
from publish.page import ROOT
from tashkent.experiments.forecast import Outlook, forecast
from tashkent.model.case import Case

#: digests of entries as they were when they were written; a new one is added here, and none is ever replaced
WRITTEN = {
    1: "d9c29ca575de8315158e019ec15d6723539ed5f1ad1a9775c0588b92266a892c",
    2: "3389d28dc064e7ab768383a565506813bdbcc982cadb6230c1c0f8ae8293feaa",
    3: "e7b10967de305677bf793c3a4596688b4398e481e083d34ac580b1eb75b7e786",
}


def test_what_was_written_is_as_it_was() -> None:
    entries, rows = register.read(ROOT)
    assert register.broken(entries, rows) == []
    assert {entry["entry"]: entry["digest"] for entry in entries} == WRITTEN
    assert set(rows["entry"]) == set(WRITTEN)
    assert (ROOT / register.PAGE).read_text(encoding="utf-8") == register.page(ROOT)


@pytest.fixture(scope="module")
def outlooks(minimal: Case) -> tuple[Outlook, Outlook]:
    first, second = (forecast(minimal, years=1, runs=4, inputs=2, seed=seed) for seed in (1, 2))
    return first, second


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where a register may stand."""
    (tmp_path / register.RESULTS).mkdir(parents=True)
    return tmp_path


@pytest.mark.slow
def test_an_entry_is_added_at_the_end_once(root: Path, outlooks: tuple[Outlook, Outlook]) -> None:
    first, second = outlooks
    assert register.freeze(root, first, "2026-01-01")
    (one,), rows = register.read(root)
    assert one["from"] == "2010-12"
    assert len(rows) == 3 * len(first.table)
    was = (root / register.FORECASTS).read_text()
    assert not register.freeze(root, first, "2026-02-01")  # of the same specification
    assert register.freeze(root, second, "2026-02-01")
    entries, rows = register.read(root)
    assert entries[0] == one
    assert (root / register.FORECASTS).read_text().startswith(was)
    assert register.broken(entries, rows) == []
    said = register.page(root)
    assert said.index("## Entry 2") < said.index("## Entry 1")
    assert "in at the end of 2011-12" in said


@pytest.mark.slow
def test_a_changed_entry_is_seen_and_nothing_is_added_to_it(
    root: Path, outlooks: tuple[Outlook, Outlook]
) -> None:
    first, second = outlooks
    register.freeze(root, first, "2026-01-01")
    entries, rows = register.read(root)
    better = rows.assign(p=1.0)
    assert register.broken(entries, better) == [1]
    assert register.broken([{**entries[0], "date": "2025-01-01"}], rows) == [1]
    better.to_csv(root / register.FORECASTS, index=False)
    with pytest.raises(ValueError, match=r"entries \[1\] were changed"):
        register.freeze(root, second, "2026-02-01")
    assert json.loads((root / register.ENTRIES).read_text()) == entries
    assert pd.read_csv(root / register.FORECASTS).equals(better)
