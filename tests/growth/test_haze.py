"""Haze that a mask let through is set aside; what is small, or stays, is not."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from analysis.growth import detect, haze, series, stood

SIDE, DATES = 60, 14


@pytest.fixture
def cube() -> xr.Dataset:
    """Quiet ground of 10 m pixels with noise, every date clear; dates are not in order."""
    chance = np.random.default_rng(5)
    time = np.datetime64("2117-01-10", "s") + np.arange(DATES) * np.timedelta64(97 * 86400, "s")
    levels = {"blue": 0.06, "green": 0.09, "red": 0.11, "nir": 0.22}
    shape = (DATES, SIDE, SIDE)
    data = {
        band: (("time", "y", "x"), level + chance.normal(0, 0.006, shape).astype(np.float32))
        for band, level in levels.items()
    }
    made = xr.Dataset(
        data | {"valid": (("time", "y", "x"), np.ones(shape, dtype=bool))},
        coords={"time": time, "y": 10.0 * np.arange(SIDE, 0, -1), "x": 10.0 * np.arange(SIDE)},
        attrs={"crs": "EPSG:32650", "pixel_area_m2": 100.0},
    )
    return made.isel(time=chance.permutation(DATES))


def brighter(cube: xr.Dataset, dates: np.ndarray, rows: slice, columns: slice) -> xr.Dataset:
    """The cube with a veil over a place on some dates, given as booleans."""
    made = cube.copy(deep=True)
    for band, by in (("blue", 0.06), ("green", 0.05), ("red", 0.05), ("nir", 0.03)):
        made[band].values[dates, rows, columns] += by
    return made


def on(cube: xr.Dataset, *numbers: int) -> np.ndarray:
    """Booleans of the n-th dates in order of time."""
    return np.isin(np.argsort(np.argsort(cube["time"].values)), numbers)


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


PIXELS = np.argwhere(np.ones((6, 10), dtype=bool)) + 20


def painted(cube: xr.Dataset, by_date: dict[int, float], red: float = 0.0) -> xr.Dataset:
    """The cube with another near infrared over the object on dates counted in order of time."""
    made = cube.copy(deep=True)
    for number, nir in by_date.items():
        made["nir"].values[on(cube, number), 20:26, 20:30] = nir
        made["red"].values[on(cube, number), 20:26, 20:30] += red
    return made


def again(cube: xr.Dataset) -> str:
    days = np.sort(cube["time"].values).astype("datetime64[s]").astype(float) / 86400.0
    return stood.ground_again(cube, PIXELS, series.from_cube(cube), (days[8] - 1, days[9] - 1))


def test_a_field_that_is_bare_in_another_season_is_ground_again(cube) -> None:
    assert "open ground" in again(painted(cube, {1: 0.45, 4: 0.45, 7: 0.45}))


def test_a_field_that_is_green_once_afterwards_is_no_roof(cube) -> None:
    assert "grown over" in again(painted(cube, {12: 0.50}))


def test_a_roof_is_not_ground_again(cube) -> None:
    assert again(painted(cube, dict.fromkeys(range(9, DATES), 0.30), red=0.12)) == ""
