"""Totals by plain csv code, sharing nothing with the package but the files."""

import csv

import pytest

from analysis import paths
from analysis.strikes import results
from analysis.strikes.tables import tables


def read(name):
    with (paths.evidence_dir() / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="session")
def bulletins():
    """Rows of the launch series as dictionaries of text."""
    return [row for row in read("launches.csv") if row["source_key"] == "UADT_CSV"]


@pytest.fixture(scope="session")
def incidents():
    return read("incidents.csv")


@pytest.fixture(scope="session")
def chapter():
    return tables("2024-01-01", "2024-11-22")


@pytest.fixture(scope="session")
def found():
    """All results of the default period, by key."""
    return {r.key: r for r in results()}
