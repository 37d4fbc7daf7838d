"""Fixtures that every file may use: the shipped case and a few draws of its parameters."""

import pytest

from agents.situation import Floats
from model.case import Case, load_case
from model.simulate import prior_parameters


@pytest.fixture(scope="session")
def case() -> Case:
    return load_case("cst")


@pytest.fixture(scope="session")
def some_parameters(case: Case) -> dict[str, Floats]:
    """Prior draws: wider than the posterior, so that rare acts happen too."""
    return prior_parameters(case, runs=12, seed=7)
