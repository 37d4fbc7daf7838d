"""Designs: which points each method makes, and every way to write one wrongly."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tashkent.calibration.posterior import posterior
from tashkent.experiments.design import read_design
from tashkent.experiments.factors import FACTORS
from tashkent.experiments.scenarios import Scenario
from tashkent.experiments.tasks import Tasks
from tashkent.model.case import Case
from tashkent.model.errors import InputError
from tashkent.model.simulate import BLOCK
from tashkent.model.theory import with_theory

EXAMPLES = sorted((Path(__file__).parents[1] / "docs/examples").glob("*.toml"))
CONTAGION = {"vary": "parameter", "parameter": "contagion", "range": [0.0, 2.0]}
BOMBS = {"vary": "counterfactual", "values": ["baseline", "CF1"]}
FIXED = {"vary": "parameter", "parameter": "event_step", "values": [0.4, 0.5]}


def made(*factors: Mapping[str, Any], **keys: Any) -> dict[str, Any]:
    """A design that is right, but for what is given."""
    table = {
        "method": "latin hypercube",
        "points": 8,
        "runs": 4,
        "start": "1998-12",
        "outcomes": ["in(UZB, CST, 1999-06)"],
        "factor": list(factors or (CONTAGION,)),
    }
    return {key: value for key, value in {**table, **keys}.items() if value is not None}


def test_a_grid_has_every_combination_and_both_ends() -> None:
    contagion = {**CONTAGION, "levels": 3}
    plan = read_design(made(contagion, BOMBS, method="grid", points=None))
    found = set(plan.points[["contagion", "counterfactual"]].itertuples(index=False, name=None))
    assert found == {(c, w) for c in (0.0, 1.0, 2.0) for w in ("baseline", "CF1")}
    assert plan.points["point"].tolist() == list(range(6))
    # points of one world stand together
    assert plan.points["counterfactual"].tolist() == ["baseline"] * 3 + ["CF1"] * 3


@pytest.mark.slow
@pytest.mark.parametrize("method", ["latin hypercube", "sobol"])
def test_a_sample_has_one_point_in_each_stratum(method: str) -> None:
    plan = read_design(made(CONTAGION, BOMBS, method=method))
    strata = np.sort((plan.points["contagion"].to_numpy() / 2.0 * 8).astype(int))
    assert strata.tolist() == list(range(8))
    assert plan.points["counterfactual"].value_counts().to_dict() == {"baseline": 4, "CF1": 4}
    again = read_design(made(CONTAGION, BOMBS, method=method))
    assert again.points.equals(plan.points)
    assert not read_design(made(CONTAGION, BOMBS, method=method, seed=1)).points.equals(plan.points)


@pytest.mark.slow
def test_a_posterior_design_crosses_draws_with_the_other_factors(case: Case) -> None:
    plan = read_design(made(BOMBS, method="posterior", points=3))
    assert len(plan.points) == 6
    assert set(case.drawn) < set(plan.points.columns)
    one, other = (plan.points[plan.points["counterfactual"] == w] for w in BOMBS["values"])
    assert one["contagion"].tolist() == other["contagion"].tolist()
    assert one["contagion"].nunique() == 3
    assert [point.draw for point in plan.at(range(6))] == [0, 1, 2, 0, 1, 2]


THEORIES = {"vary": "theory", "values": ["whole", "fear_of_entrapment"], "name": "of"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "design",
    [
        made({**CONTAGION, "levels": 3}, BOMBS, FIXED, method="grid", points=None),
        made(CONTAGION, BOMBS, FIXED),
        made(BOMBS, CONTAGION, method="sobol", points=16),
        made(THEORIES, FIXED, method="posterior", points=BLOCK + 3),
        made(method="posterior", points=5, factor=[]),
    ],
    ids=["grid", "latin hypercube", "sobol", "posterior", "posterior alone"],
)
def test_points_are_the_same_wherever_one_begins(
    design: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = read_design(design)
    whole = plan.points
    assert len(whole) == plan.size > 4
    assert whole["point"].tolist() == list(range(plan.size))
    for numbers in (range(1), range(2, 4), range(plan.size // 2 - 1, plan.size)):
        part = plan.rows(numbers)
        assert part.equals(whole[numbers.start : numbers.stop].reset_index(drop=True))
        assert [point.number for point in plan.at(numbers)] == list(numbers)
    identity = Tasks(plan).identity
    some = plan.size // 3
    monkeypatch.setattr("tashkent.experiments.plan.ROWS", some)
    pieces = list(read_design(design).pieces())
    assert [len(piece) for piece in pieces[:3]] == [some] * 3
    assert pd.concat(pieces, ignore_index=True).equals(whole)
    assert Tasks(read_design(design)).identity == identity


def test_points_of_a_large_grid_are_not_made_to_reach_the_last(case: Case) -> None:
    """All of them, a thousand million, would not fit into memory."""
    names = list(case.drawn)[:9]
    factors = [
        {"vary": "parameter", "parameter": name, "range": [0.0, 9.0], "levels": 10}
        for name in names
    ]
    plan = read_design(made(*factors, method="grid", points=None))
    assert plan.size == 10**9
    (last,) = plan.at(range(987_654_321, 987_654_322))
    assert last.number == 987_654_321
    assert dict(last.parameters) == pytest.approx(dict(zip(names, range(9, 0, -1), strict=True)))


@pytest.mark.slow
def test_a_draw_in_the_table_is_the_one_that_runs_have(case: Case) -> None:
    """Of the posterior of its own theory, whatever the column of theories is called."""
    plan = read_design(made(THEORIES, method="posterior", points=3))
    rows = plan.rows(range(3, 6))
    assert set(rows["of"]) == {"fear_of_entrapment"}
    drawn = posterior(with_theory(case, "fear_of_entrapment")).draws(runs=3, seed=0)
    assert rows["exit"].tolist() == drawn["exit"].tolist()


def test_quantiles_are_those_of_prior_and_posterior(case: Case) -> None:
    factor = {"vary": "parameter", "parameter": "exit", "quantiles": [0.1, 0.9], "levels": 3}
    prior, after = (
        read_design(made({**factor, "from": whose}, method="grid", points=None)).points["exit"]
        for whose in ("prior", "posterior")
    )
    parameter = case.parameters["exit"]
    assert parameter.sd is not None
    assert prior[1] == pytest.approx(parameter.mean)
    assert prior[2] == pytest.approx(parameter.mean + 1.2815515655 * parameter.sd)
    assert after[2] - after[0] < prior[2] - prior[0]


@pytest.mark.slow
def test_inputs_make_worlds_of_their_own(case: Case) -> None:
    factors = [
        {"vary": "scale", "series": "tie_patron", "values": [0.5, 1.0]},
        {"vary": "shift", "series": "autonomy", "values": [0.0, 0.25], "states": ["UZB"]},
        {"vary": "noise", "series": "unrest", "values": [0.0, 0.5]},
        {"vary": "event", "event": "E031", "values": [0.0, 1.0]},
        {"vary": "imputation", "values": [-1, 0]},
        {"vary": "parameter", "parameter": "event_step", "values": [0.5]},
    ]
    plan = read_design(made(*factors, method="grid", points=None))
    points = plan.at(range(32))
    apart = [0, *(2**k for k in range(5))]  # the first, and those that differ from it in one factor
    worlds = {plan.cases.case_in(points[number].scenario).hash for number in apart}
    assert len(worlds) == len(apart)
    rows = {
        tuple(r[f.column] for f in plan.design.factors): r for r in plan.points.to_dict("records")
    }
    point = points[rows[0.5, 0.25, 0.0, 0.0, -1, 0.5]["point"]]
    changed = plan.cases.case_in(point.scenario)
    old = {(c.variable, c.state, c.year): c.value for c in case.composites}
    new = {(c.variable, c.state, c.year): c.value for c in changed.composites}
    assert new["tie_patron", "KAZ", 1999] == 0.5 * old["tie_patron", "KAZ", 1999]
    assert new["autonomy", "UZB", 1999] == old["autonomy", "UZB", 1999] + 0.25
    assert new["autonomy", "KAZ", 1999] == old["autonomy", "KAZ", 1999]
    assert all(e.sign == 0 for e in changed.events if e.event == "E031")
    assert changed.fixed("event_step") == 0.5


@pytest.mark.slow
def test_noise_moves_each_state_by_a_number_of_its_own(case: Case) -> None:
    factor = {"vary": "noise", "series": "unrest", "values": [0.5]}
    plan = read_design(made(factor, method="grid", points=None))
    changed = plan.cases.case_in(plan.at(range(1))[0].scenario)
    old = {(c.state, c.year): c.value for c in case.composites if c.variable == "unrest"}
    moved: dict[str, set[float]] = {}
    for row in changed.composites:
        if row.variable == "unrest":
            moved.setdefault(row.state, set()).add(round(row.value - old[row.state, row.year], 9))
    assert all(len(numbers) == 1 for numbers in moved.values())
    assert len({next(iter(numbers)) for numbers in moved.values()}) == len(case.deciders)


def test_the_plain_world_is_the_case_itself() -> None:
    plan = read_design(made())
    assert plan.cases.case_in(Scenario()) is plan.case
    assert plan.cases.case_in(Scenario(start="1998-12")) is plan.case


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_a_design_reads_back_from_its_table(example: Path) -> None:
    plan = read_design(example)
    assert read_design(plan.table).points.equals(plan.points)
    assert read_design(plan.table).design == plan.design


def test_every_kind_of_factor_is_documented() -> None:
    page = (Path(__file__).parents[1] / "docs/sweeps.md").read_text(encoding="utf-8")
    for word, kind in FACTORS.items():
        assert f"`{word}`" in page
        for name, field in kind.model_fields.items():
            assert f"`{field.alias or name}`" in page, (word, name)


def factor(**keys: Any) -> dict[str, Any]:
    return made({k: v for k, v in {**CONTAGION, **keys}.items() if v is not None})


BAD: list[tuple[dict[str, Any], str]] = [
    (made(runz=3), "design.runz: 'runz' is not valid"),
    (made(runs=0), "design.runs: 0 is not valid"),
    (made(method="gird"), "(nearest valid name: grid)"),
    (made(points=None), "points: 'missing' is not valid"),
    (made({**CONTAGION, "levels": 2}, method="grid"), "points: 8 is not valid; allowed: none"),
    (made(CONTAGION, method="grid", points=None), "factor 1 (parameter).levels: 'missing'"),
    (made(method="sobol", points=6), "points: 6 is not valid; allowed: a power of two"),
    (made(chunk=3), "design.chunk: 3 is not valid"),
    (made(schema=2), "schema: 2 is not valid; allowed: 1"),
    (made(outcomes=[]), "design.outcomes"),
    (made(outcomes=["in(UZB, CTS, 1999-06)"]), "outcome 1 (in).club: 'CTS'"),
    (made(outcomes=["in(UZB, CST, 1998-06)"]), "allowed: a month after 1998-12"),
    (made(outcomes=["brier(CST, 1999-01, 1999-06)"], runs=1), "an even number of runs"),
    (
        made(outcomes=["brier(CST, 1999-01, 1999-06)"], runs=5, random_numbers="independent"),
        "an even number",
    ),
    (made(start="1998"), "start: '1998' is not valid"),
    (made(start="2025-12"), "a month before 2025-12"),
    (made(theory="x"), "design: theory: 'x' is not valid; allowed: whole, fear_of_abandonment"),
    (made(theory="wholee"), "(nearest valid name: whole)"),
    (made(case="ctt"), "design: case: 'ctt' is not valid; allowed: cst"),
    (factor(vary="parametre"), "factor 1.vary: 'parametre'"),
    (factor(vary=None), "vary: 'missing' is not valid; allowed: parameter, counterfactual"),
    (made(outcomes=[{"club": "CST"}]), "outcome 1.measure: 'missing' is not valid; allowed: in"),
    (factor(parameter="contagoin"), "(nearest valid name: contagion)"),
    (factor(range=[2.0, 0.0]), "allowed: the lower end first"),
    (factor(range=[0.0, float("inf")]), "is not valid"),
    (factor(values=[1.0]), "allowed: one of values, range, quantiles"),
    (factor(levels=3), "allowed: none: latin hypercube takes values from the whole range"),
    (factor(quantiles=[0.1, 0.9], range=None), "allowed: from = 'prior' or 'posterior'"),
    (factor(**{"from": "prior"}), "allowed: from = 'prior' or 'posterior' with quantiles"),
    (factor(quantiles=[0.0, 0.9], range=None, **{"from": "prior"}), "two numbers between 0 and 1"),
    (factor(parameter="event_step", range=[-1.0, 1.0]), "allowed: 0 or more"),
    (factor(parameter="witness", range=[0.0, 1.5]), "allowed: a number from 0 to 1"),
    (factor(parameter="fear_half_life", values=[0.0], range=None), "allowed: a number above 0"),
    (factor(name="point"), "allowed: a name of its own"),
    (made(CONTAGION, {**CONTAGION, "name": "again"}), "allowed: what no other factor varies"),
    (made(BOMBS, {**BOMBS, "name": "again"}), "allowed: one factor of kind counterfactual"),
    (made({**BOMBS, "values": ["CF99"]}), "values: 'CF99' is not valid; allowed: baseline, CF1"),
    (made({**BOMBS, "values": ["basline"]}), "(nearest valid name: baseline)"),
    (made({**BOMBS, "values": ["CF1", "CF1"]}), "allowed: each value once"),
    (made({"vary": "theory", "values": ["x"]}), "design: factor 1 (theory).values: 'x'"),
    (made({"vary": "theory", "values": ["whole"]}, theory="whole"), "none beside a factor"),
    (made({"vary": "imputation", "values": [-2]}), "allowed: -1 (as measured), 0, 1"),
    (made({"vary": "event", "event": "E0310", "values": [0.5]}), "(nearest valid name: E031)"),
    (
        made({"vary": "scale", "series": "autonomi", "values": [0.5]}),
        "(nearest valid name: autonomy",
    ),
    (made({"vary": "shift", "series": "bond", "values": [0.5]}), "'bond' is not valid"),
    (made({"vary": "scale", "series": "rivalry", "values": [9.0]}), "factor 1 (scale): 9.0"),
    (made(CONTAGION, method="posterior", points=4), "factor 1 (parameter)"),
    (made("contagion"), "factor 1: 'contagion' is not valid"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("table", "says"), BAD, ids=[says for _, says in BAD])
def test_a_bad_design_is_one_line(table: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as error:
        read_design(table)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_parameter_that_a_counterfactual_holds_is_not_varied(tmp_path: Path) -> None:
    path = tmp_path / "still.toml"
    patch = (
        'id = "still"\n[[patch]]\ndo = "change_parameter"\nparameter = "contagion"\nvalue = 0.0\n'
    )
    path.write_text(patch)
    with pytest.raises(InputError, match="holds it at 0"):
        read_design(made(CONTAGION, {**BOMBS, "values": [str(path)]}))


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"sweep: file: .* a file that can be read"):
        read_design(tmp_path / "no.toml")
    (tmp_path / "bad.toml").write_text("method = \n")
    with pytest.raises(InputError, match=r"bad\.toml: syntax: "):
        read_design(tmp_path / "bad.toml")


def test_a_table_has_the_points_that_it_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "p.csv").write_text("contagion,counterfactual\n0.5,CF1\n2,baseline\n0.5,CF1\n")
    monkeypatch.chdir(tmp_path)
    factors = (
        {"vary": "parameter", "parameter": "contagion"},
        {"vary": "counterfactual"},
    )
    plan = read_design(made(*factors, points=None, method="table", table="p.csv"))
    assert plan.points.to_dict("list") == {
        "point": [0, 1, 2],
        "contagion": [0.5, 2.0, 0.5],
        "counterfactual": ["CF1", "baseline", "CF1"],
    }
    assert plan.at(range(1, 2)) == plan.at(range(3))[1:2]
    monkeypatch.chdir(
        "/"
    )  # the points stand in the table of the design; the file is not read again
    assert read_design(plan.table).points.equals(plan.points)


@pytest.mark.parametrize(
    ("cells", "factors", "says"),
    [
        ("contagion\n0.5\nx\n", [{}], "p.csv: line 3.contagion: 'x' is not valid"),
        ("contagion\n", [{}], "p.csv: rows: 0 is not valid; allowed: 1 to 100,000"),
        ("contagio\n1\n", [{}], "nearest valid name: contagion"),
        ("contagion,b\n1,2\n", [{}], "p.csv: column: 'b' is not valid"),
        ("contagion\n1\n", [{"values": [1.0]}], "factor 1.values: [1.0] is not valid"),
        ("contagion\n1\n", [{"levels": 3}], "factor 1.levels: 3 is not valid"),
        ("contagion\n1\n", [{}, {}], "factor 2.name: 'contagion' is not valid"),
    ],
)
def test_a_bad_table_is_one_line(
    tmp_path: Path, cells: str, factors: list[dict[str, Any]], says: str
) -> None:
    path = tmp_path / "p.csv"
    path.write_text(cells)
    rows = [{"vary": "parameter", "parameter": "contagion", **keys} for keys in factors]
    with pytest.raises(InputError) as error:
        read_design(made(*rows, points=None, method="table", table=str(path)))
    assert says in str(error.value)


def test_columns_of_a_table_are_of_one_length() -> None:
    factors = (
        {"vary": "parameter", "parameter": "contagion", "values": [0.0, 1.0]},
        {"vary": "counterfactual", "values": ["CF1"]},
    )
    with pytest.raises(InputError, match="2 values, as many as the first factor has"):
        read_design(made(*factors, points=None, method="table"))


def test_a_repeated_month_is_an_outcome_each() -> None:
    outcome = {"measure": "in", "state": "UZB", "club": "CST", "month": "1999-01/1999-07/P3M"}
    contagion = {"vary": "parameter", "parameter": "contagion", "values": [0.0, 1.0]}
    names = [
        [o.name for o in read_design(made(contagion, outcomes=[given])).outcomes]
        for given in (outcome, "in(UZB, CST, 1999-01/1999-07/P3M)")
    ]
    assert names[0] == names[1] == [f"in(UZB, CST, 1999-{m})" for m in ("01", "04", "07")]
    for wrong in ("1999-07/1999-01/P1M", "1999-01/1999-13/P1M", "1999-01/1999-07/P0M"):
        with pytest.raises(InputError, match="outcome 1"):
            read_design(made(contagion, outcomes=[f"in(UZB, CST, {wrong})"]))
