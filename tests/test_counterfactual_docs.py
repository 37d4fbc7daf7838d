"""docs/counterfactual-format.md is enough to write a counterfactual; docs/counterfactuals.md is what the tables say."""

import json
import re
from itertools import product
from pathlib import Path

import pandas as pd
import pytest

from publish.counterfactuals import (
    COURSES,
    MANIFEST,
    OUTCOMES,
    PAGE,
    THEORIES,
    page,
)
from publish.page import ROOT, made_from
from tashkent.experiments.predictions import load_predictions
from tashkent.model.case import Case
from tashkent.model.counterfactual import (
    Counterfactual,
    ExpectedOutcome,
    load_counterfactual,
    shipped_counterfactuals,
)
from tashkent.model.patches.kinds import PATCHES
from tashkent.model.streams import STREAMS

FORMAT = (ROOT / "docs/counterfactual-format.md").read_text(encoding="utf-8")
TOLD = {word.strip('"') for word in re.findall(r"`([^`\n]+)`", FORMAT)}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", FORMAT, flags=re.MULTILINE | re.DOTALL)


def test_the_example_is_a_counterfactual(case: Case, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(blocks("toml")[0], encoding="utf-8")
    found = load_counterfactual(str(tmp_path / "mine.toml"), case)
    assert found.apply(case).hash != case.hash


def test_the_example_of_a_prediction_is_one(case: Case, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(blocks("toml")[1], encoding="utf-8")
    assert len(load_predictions(tmp_path / "mine.toml", case)) == 1


@pytest.mark.slow
def test_the_example_in_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(blocks("python")[0], "example", "exec"), {})
    assert "CF6" in capsys.readouterr().out


def test_every_patch_and_key_is_told() -> None:
    assert set(PATCHES) <= TOLD
    for name, patch in PATCHES.items():
        keys = {field.alias or key for key, field in patch.model_fields.items()} - {"do"}
        assert keys <= TOLD, name
    for table in (Counterfactual, ExpectedOutcome):
        keys = {field.alias or key for key, field in table.model_fields.items()}
        assert keys - {"patch", "outcome"} <= TOLD
    assert {act.name.lower() for act in STREAMS} <= TOLD


@pytest.mark.slow
def test_the_page_is_made_from_the_tables(case: Case) -> None:
    written = (ROOT / PAGE).read_text(encoding="utf-8")
    assert written == page(case, ROOT), "run: make counterfactuals"


@pytest.mark.slow
def test_labels_stand_on_the_page(case: Case, tmp_path: Path) -> None:
    """A zero by construction is shown as one and is no direction found, also where none is implied."""
    (tmp_path / "results").mkdir()
    for path in (COURSES, MANIFEST):
        (tmp_path / path).write_bytes((ROOT / path).read_bytes())
    table = pd.read_csv(ROOT / OUTCOMES)
    labels = {f"{w}_{c}": 0.125 for w in ("prior", "without") for c in ("change", "low", "high")}
    table = table.assign(**labels, prior_found="up", without_found="down", zero="")
    none = (table["theory"] == "whole") & (table["implied"] == "none") & (table["found"] == "none")
    table.loc[none, "zero"] = "runs"
    table.to_csv(tmp_path / OUTCOMES, index=False)
    text = page(case, tmp_path)
    assert text.count("| +0.12 ↑ | +0.12 ↓ | **0** ≠ |") == none.sum() > 0
    both = table[(table["theory"] == "whole") & (table["whose"] == "both")]
    zeros = int((both["zero"] != "").sum())
    found = int(((both["implied"] == both["found"]) & (both["zero"] == "")).sum())
    ups = int(((both["implied"] == "up") & (both["zero"] == "")).sum())
    pairs = product(both["implied"], both["found"].where(both["zero"] == "", "zero"))
    dealt = sum(a == b for a, b in pairs) / len(both)
    assert f"| both | {len(both)} | {zeros} | {dealt:.1f} | {found} | {ups} |" in text


def test_the_tables_are_of_the_case_and_its_posterior(case: Case) -> None:
    told = json.loads((ROOT / MANIFEST).read_text(encoding="utf-8"))
    assert told.items() >= made_from(case).items(), "run: make counterfactuals"


def test_the_tables_answer_every_question(case: Case) -> None:
    outcomes, courses = pd.read_csv(ROOT / OUTCOMES), pd.read_csv(ROOT / COURSES)
    for one in shipped_counterfactuals(case):
        for theory in THEORIES:
            own = outcomes[(outcomes.counterfactual == one.id) & (outcomes.theory == theory)]
            assert set(own["start"]) <= set(one.starts)
            asked = {(o.state, o.month, o.status, o.direction, o.whose) for o in one.outcomes}
            columns = ["state", "month", "status", "implied", "whose"]
            assert set(own[columns].itertuples(index=False, name=None)) == asked
            of = courses[(courses.counterfactual == one.id) & (courses.theory == theory)]
            assert set(of["start"]) == set(one.starts)
