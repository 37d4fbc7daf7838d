"""Theories by name, without names, and from a file of one's own."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tashkent.calibration.likelihood import design
from tashkent.experiments.coalition import CoalitionModel
from tashkent.model.case import Case
from tashkent.model.errors import InputError
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.theory import only_terms, with_theory

OWN = """
from tashkent.agents.terms import term


@term(theory="Size (nobody 2000)", prior=(0.5, 0.25))
def own_size(now):
    return now.threat.sum(axis=-1)[..., None] * now.clubs.guarantees
"""
OF_RUNS = """
import numpy as np
from tashkent.agents.terms import term


@term(theory="Company", prior=(1, 2), reads=("seat",))
def own_company(now):
    return np.broadcast_to(now.seat.sum(axis=-2)[..., None, :] / 10.0, now.seat.shape)
"""

#: each file is tried in a process of its own
slow = partial(pytest.param, marks=pytest.mark.slow)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(OWN)
    return path


def weights(case: Case) -> set[str]:
    return set(case.role("weight"))


def test_a_theory_of_the_case_by_name(case: Case) -> None:
    fewer = with_theory(case, "fear_of_abandonment")
    assert weights(fewer) == {"protection", "abandonment"}
    assert fewer.hash != case.hash
    assert fewer.hash == with_theory(case, "fear_of_abandonment").hash
    kept = {n: p for n, p in case.parameters.items() if p.role != "weight"}
    assert {n: p for n, p in fewer.parameters.items() if p.role != "weight"} == kept
    assert fewer.statutes == case.statutes


def test_theories_and_terms_together(case: Case) -> None:
    both = with_theory(case, " hierarchy , rival_bloc, dues ")
    assert weights(both) == {"patronage", "courtship", "outside_option", "dues"}
    assert both.hash == with_theory(case, "dues,rival_bloc,hierarchy").hash


def test_minus_leaves_out(case: Case) -> None:
    without = with_theory(case, "-hierarchy, -contagion")
    assert weights(case) - weights(without) == {"patronage", "courtship", "contagion"}
    assert only_terms(case, ["-contagion"]).hash == with_theory(case, "-contagion").hash


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("protecton", "theory: name: 'protecton' is not valid; allowed: fear_of_abandonment, "),
        ("-contagoin", "theory: name: 'contagoin' is not valid"),
        ("hierarchy, -contagion", "allowed: a minus before all names or none"),
        ("", "allowed: a theory, a term or a file"),
        (" , ", "allowed: a theory, a term or a file"),
        (
            "-default_rule",
            "theory: names: '-default_rule' is not valid; allowed: names that change the case",
        ),
    ],
)
def test_names_that_cannot_be(case: Case, asked: str, line: str) -> None:
    with pytest.raises(InputError) as error:
        with_theory(case, asked)
    assert line in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_the_nearest_name_is_told(case: Case) -> None:
    for wrong, right in (("protecton", "protection"), ("-hierarchie", "hierarchy")):
        with pytest.raises(InputError, match=rf"nearest valid name: {right}\)"):
            with_theory(case, wrong)


def test_all_terms_by_name_change_nothing(case: Case) -> None:
    with pytest.raises(InputError, match="names that change the case"):
        only_terms(case, weights(case))


@pytest.mark.slow
def test_a_theory_without_any_term_runs(case: Case) -> None:
    """Only the frictions of the law are left: staying where silence means staying."""
    bare = with_theory(case, "default_rule")
    assert weights(bare) == set()
    parameters = prior_parameters(bare, runs=4, seed=1)
    assert set(parameters) == set(bare.drawn)
    runs = simulate(bare, parameters, seed=1)
    assert "accede" in set(runs.acts()["act"])
    rows = design(bare)
    assert rows.names == tuple(bare.fitted)
    assert np.isfinite(rows.log_scores(np.zeros(len(rows.names)))).all()
    model = CoalitionModel(bare, run=1, start="2010-12", rng=1)
    assert model.states["UZB"].explain("CST") == {}
    model.step()


@pytest.mark.slow
@pytest.mark.parametrize(("code", "name"), [(OWN, "own_size"), (OF_RUNS, "own_company")])
def test_a_term_of_ones_own_is_used_everywhere(
    case: Case, tmp_path: Path, code: str, name: str
) -> None:
    path = tmp_path / "own.py"
    path.write_text(code)
    wider = with_theory(case, str(path))
    assert weights(wider) - weights(case) == {name}
    parameter = wider.parameters[name]
    assert (parameter.mean, parameter.sd) == wider.terms[name].prior
    assert parameter.source.startswith(
        "own.py, SHA-256 "
    )  # the case says which code its terms are of
    parameters, until = prior_parameters(wider, runs=6, seed=3), case.month("2004-12", "end")
    for number in (0.0, 5.0):
        parameters = parameters.with_values({name: number})
        runs = simulate(wider, parameters, seed=3, end=until)
        plain = {n: v for n, v in parameters.items() if n != name}
        same = np.array_equal(runs.status, simulate(case, plain, seed=3, end=until).status)
        assert same == (number == 0.0)
    rows, before = design(wider), design(case)
    column = rows.names.index(name)
    assert rows.first[:, column].any()
    np.testing.assert_array_equal(np.delete(rows.first, column, axis=1), before.first)
    one = {n: float(v[2]) for n, v in parameters.items()}
    model = CoalitionModel(wider, run=2, parameters=one, rng=3)
    for status in runs.status[2, 1:90]:
        model.step()
        assert np.array_equal(model.world.status[0], status)
    assert name in model.states["KAZ"].explain("CST")


@pytest.mark.slow
def test_a_file_may_stand_beside_names(case: Case, own: Path) -> None:
    assert weights(with_theory(case, f"hierarchy,{own}")) == {"patronage", "courtship", "own_size"}
    assert weights(with_theory(case, f"-hierarchy,{own}")) == (
        weights(case) - {"patronage", "courtship"} | {"own_size"}
    )


@pytest.mark.slow
def test_a_file_that_changed_is_another_case(case: Case, own: Path) -> None:
    first = with_theory(case, str(own))
    assert first.hash == with_theory(case, str(own)).hash != case.hash
    own.write_text(OWN.replace("(0.5, 0.25)", "(0.6, 0.25)"))
    second = with_theory(case, str(own))
    assert second.hash != first.hash
    assert second.parameters["own_size"].mean == 0.6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            OWN.replace(", prior=(0.5, 0.25)", ""),
            "own.py: own_size: None is not valid; allowed: a prior=(mean, sd)",
        ),
        slow("x = 1", "a file with a function under @term"),
        slow("import nothing_of_that_name", "a file that runs (ModuleNotFoundError: "),
        ("def broken(:", "a file that runs (SyntaxError: "),
        slow(
            OWN.replace("own_size", "protection"),
            "a file that runs (ValueError: a term named protection exists already (line 5))",
        ),
        slow(
            OWN.replace("prior=", "where='patron', prior="),
            "own_size: where is one of ('', 'guarantees'",
        ),
        slow(
            OWN.replace("prior=", "reads=('seats',), prior="), "own_size: reads is one of ('seat', "
        ),
    ],
    ids=["no prior", "no term", "no module", "no Python", "a name that is taken", "where", "reads"],
)
def test_a_file_that_cannot_be_used(case: Case, tmp_path: Path, code: str, words: str) -> None:
    path = tmp_path / "own.py"
    path.write_text(code)
    with pytest.raises(InputError) as error:
        with_theory(case, str(path))
    assert words in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_file_that_is_not_there(case: Case, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a file of Python"):
        with_theory(case, str(tmp_path / "none.py"))
