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
    return made_of(data, time, 10.0).isel(time=chance.permutation(DATES))


def grass(dates: int, side: int, gsd: float) -> tuple[xr.Dataset, np.ndarray]:
    """Grassland over some years with noise, dates in order, and its greenness on each date."""
    chance = np.random.default_rng(3)
    days = np.arange(dates) * 61
    time = np.datetime64("2117-01-10", "s") + days * np.timedelta64(86400, "s")
    green = np.clip(np.sin(2 * np.pi * days / 365.25), 0, 1)
    levels = {"blue": 0.06 - 0.02 * green, "red": 0.10 - 0.05 * green, "nir": 0.2 + 0.2 * green}
    shape = (dates, side, side)
    data = {
        band: (("time", "y", "x"), level[:, None, None] + chance.normal(0, 0.004, shape))
        for band, level in levels.items()
    }
    return made_of(data, time, gsd), green


def made_of(data: dict, time: np.ndarray, gsd: float) -> xr.Dataset:
    """A cube of bands, every pixel clear."""
    dates, side, _ = data["nir"][1].shape
    return xr.Dataset(
        data | {"valid": (("time", "y", "x"), np.ones((dates, side, side), dtype=bool))},
        coords={"time": time, "y": gsd * np.arange(side, 0, -1), "x": gsd * np.arange(side)},
        attrs={"crs": "EPSG:32650", "pixel_area_m2": gsd**2},
    )


def on(cube: xr.Dataset, *numbers: int) -> np.ndarray:
    """Booleans of the n-th dates in order of time."""
    return np.isin(np.argsort(np.argsort(cube["time"].values)), numbers)
