"""What the tests of scenes share: a small catalogue on disk, and a cache of their own."""

import os
from pathlib import Path

import pytest

from analysis import paths
from tests.scenes import town


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """No test reads what another wrote."""
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(paths, "cache_dir", lambda: place)
    return place


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory) -> Path:
    """Eight dates: one half under cloud, one hidden by it, one under patchy snow, two raised."""
    folder = tmp_path_factory.mktemp("catalogue")
    listed = town.dates(8)
    listed[2].cloud, listed[4].cloud, listed[5].snow = 0.3, 0.95, True
    for one in listed[6:]:
        one.baseline = "04.00"
    return town.write(folder, listed, size=120)


def benchmark(name: str) -> Path:
    """A folder of the real benchmark data; the test is skipped, by name, where it is not.

    These are other people's pixels, under licences and of sizes that forbid committing them, and
    nothing drawn can stand in for them. The check on a clean checkout looks for the folder beside
    it, so that nothing is skipped where it lies there.
    """
    root = os.environ.get("FEB11_BENCHMARK", "")
    place = Path(root) / name
    if not root or not place.exists():
        pytest.skip(f"real data {name}: set FEB11_BENCHMARK to the folder that holds it")
    return place
