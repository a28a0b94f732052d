"""Quiet ground with noise, on which tests paint what may happen."""

from __future__ import annotations

import numpy as np
import xarray as xr

SIDE, DATES = 60, 14


def quiet() -> xr.Dataset:
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


def on(cube: xr.Dataset, *numbers: int) -> np.ndarray:
    """Booleans of the n-th dates in order of time."""
    return np.isin(np.argsort(np.argsort(cube["time"].values)), numbers)
