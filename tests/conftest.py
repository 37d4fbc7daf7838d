"""What holds for every test, and fixtures that every file may use: the shipped case, a few draws of its parameters."""

import os

import pytest
from hypothesis import HealthCheck, settings

from tashkent.model.case import Case, load_case
from tashkent.model.parameters import ParameterDraws
from tashkent.model.simulate import prior_parameters

# What is shown is shown as where there is no terminal, whatever the one is like that the tests are started from.
os.environ["COLUMNS"] = "80"
for _name in ("FORCE_COLOR", "PY_COLORS", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(_name, None)

# The same examples each time, however slow the machine is, and none from a folder of earlier ones.
settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def case() -> Case:
    return load_case("cst")


@pytest.fixture(scope="session")
def some_parameters(case: Case) -> ParameterDraws:
    """Prior draws: wider than the posterior, so that rare acts happen too."""
    return prior_parameters(case, runs=12, seed=7)
