from dataclasses import replace

import pytest

from analysis import simulate

PLAIN = replace(
    simulate.MATCHED,
    name="plain",
    texture=0.0,
    clouds=False,
    halls=4,
    radiometry=replace(simulate.MATCHED.radiometry, gain=0.0, band_gain=0.0, bias=0.0),
)
"""Halls on even ground under a clear sky."""


@pytest.fixture(scope="session")
def plain_world():
    return simulate.draw(11, PLAIN)


@pytest.fixture(scope="session")
def plant_world():
    return simulate.draw(simulate.BUNDLED_SEED)
