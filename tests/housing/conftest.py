"""Scenarios of the bundled evidence, and one small enough to compute by hand."""

import pytest

from analysis import evidence
from analysis.housing import scenarios as module
from analysis.housing.parameters import Parameter


@pytest.fixture(scope="session")
def tables():
    return evidence.load()


@pytest.fixture(scope="session")
def scenarios(tables):
    return module.build(tables.housing_parameters, tables.choices)


def fixed(name, value):
    return Parameter(name, value, value)


@pytest.fixture
def one_parameter_open(scenarios):
    """Households per block evenly from 10 to 20, two workers in each, all else known."""
    return scenarios["low-rise"].replaced(
        Parameter("households_per_block", 10, 20),
        fixed("household_size", 4.0),
        fixed("active_share", 0.5),
        fixed("plant_workers_per_household", 2.0),
    )
