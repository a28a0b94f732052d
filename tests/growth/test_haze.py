"""Haze that a mask let through is set aside; what is small, or stays, is not."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from analysis.growth import detect, haze
from tests.growth.quiet import DATES, on, quiet


@pytest.fixture
def cube() -> xr.Dataset:
    return quiet()


def brighter(cube: xr.Dataset, dates: np.ndarray, rows: slice, columns: slice) -> xr.Dataset:
    """The cube with a veil over a place on some dates, given as booleans."""
    made = cube.copy(deep=True)
    for band, by in (("blue", 0.06), ("green", 0.05), ("red", 0.05), ("nir", 0.03)):
        made[band].values[dates, rows, columns] += by
    return made


PATCH = slice(10, 45), slice(5, 50)


@pytest.mark.parametrize("numbers", [(0,), (6,), (0, 1), (6, 7)])
def test_a_broad_veil_on_one_or_two_dates_is_set_aside_there_alone(cube, numbers) -> None:
    days = on(cube, *numbers)
    found = haze.hazy(brighter(cube, days, *PATCH))
    inner = slice(PATCH[0].start + 6, PATCH[0].stop - 6), slice(PATCH[1].start + 6, 44)
    assert found[days][:, *inner].all()
    assert not found[~days].any()
    assert not found[days][:, 54:, :].any()


def test_works_as_large_as_a_hall_are_no_haze(cube) -> None:
    assert not haze.hazy(brighter(cube, on(cube, 6), slice(20, 25), slice(20, 32))).any()


def test_a_broad_change_that_stays_is_no_haze(cube) -> None:
    assert not haze.hazy(brighter(cube, on(cube, *range(6, DATES)), *PATCH)).any()


def test_the_last_date_is_kept_since_nothing_tells(cube) -> None:
    assert not haze.hazy(brighter(cube, on(cube, DATES - 1), *PATCH)).any()


def test_only_valid_pixels_are_set_aside_and_no_value_is_touched(cube) -> None:
    veiled = brighter(cube, on(cube, 6), *PATCH)
    made = detect.clear(veiled)
    assert (veiled["valid"] | ~made["valid"]).all()
    assert made["valid"].sum() < veiled["valid"].sum()
    for band in ("blue", "nir"):
        np.testing.assert_array_equal(made[band], veiled[band])
