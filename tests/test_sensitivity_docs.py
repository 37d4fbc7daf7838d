"""docs/sensitivity.md is what the tables say, and the tables are of the case that is shipped."""

import json
import re

import pandas as pd
import pytest

from publish.page import ROOT, made_from
from publish.sensitivity import (
    INDICES,
    MANIFEST,
    MARK,
    OUTCOMES,
    PAGE,
    PICTURE,
    main,
    page,
)
from tashkent.experiments.outcomes import read_outcomes
from tashkent.experiments.sensitivity import POSTERIOR, PRIOR, usual_outcomes
from tashkent.experiments.spaces import Inputs, Parameters
from tashkent.model.case import Case


def test_the_page_is_made_from_the_tables() -> None:
    written = (ROOT / PAGE).read_text(encoding="utf-8")
    assert written.count(MARK) == 1
    assert written == page(ROOT), "run: python -m publish.sensitivity --page"
    assert (ROOT / PICTURE).stat().st_size > 10_000


def of_the_case(case: Case) -> bool:
    """Whether the tables are of the case as it is; of an earlier one the page says so, which is tested."""
    told = json.loads((ROOT / MANIFEST).read_text(encoding="utf-8"))
    return bool(told["case_hash"] == case.hash)


def test_the_tables_are_of_the_case_and_its_posterior_or_the_page_says_that_they_are_not(
    case: Case,
) -> None:
    told = json.loads((ROOT / MANIFEST).read_text(encoding="utf-8"))
    written = (ROOT / PAGE).read_text(encoding="utf-8")
    assert ("of an earlier version of the case" in written) != of_the_case(case)
    assert told.items() >= made_from(case).items() or not of_the_case(case), "run: make sensitivity"
    assert told["outcomes"] == list(usual_outcomes(case, case.start))


def test_the_tables_hold_every_factor_and_outcome(case: Case) -> None:
    indices, spread = pd.read_csv(ROOT / INDICES), pd.read_csv(ROOT / OUTCOMES)
    screened = indices[indices["method"] == "morris"]
    for space, kind in ((Parameters(case), "parameters"), (Inputs(case), "inputs")):
        own = screened[(screened["kind"] == kind) & (screened["over"] != PRIOR)]
        assert set(own["factor"]) == set(space.problem.groups) or not of_the_case(case)
    assert set(spread["outcome"]) == set(usual_outcomes(case, case.start))
    assert set(spread["over"]) == {PRIOR, POSTERIOR}
    values = indices[indices["index"].isin(["mu_star", "S1", "ST"])]
    assert values[["value", "low", "high"]].notna().all(axis=None)


def test_sizes_that_give_no_index_are_refused_before_the_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--base", "100"])
    assert stop.value.code == 2
    assert "base: 100 is not valid; allowed: a power of two" in capsys.readouterr().err


def test_the_reading_names_what_exists(case: Case) -> None:
    by_hand = (ROOT / PAGE).read_text(encoding="utf-8").partition(MARK)[0]
    asked = re.findall(r"--outcome \"([^\"]+)\"", by_hand)
    assert asked
    read_outcomes(asked, case)
