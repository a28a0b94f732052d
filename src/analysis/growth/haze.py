"""Haze that a mask let through: told by its breadth in space and its brevity in time.

A thin cloud brightens the blue band of everything below it on one date. No building does: it is
small, and it stays. So a place is set aside for a date on which the median of the blue over its
surroundings, many times a hall's area, lies above that of the dates before and after. The idea is
that of multi-temporal cloud tests (Hagolle et al. 2010, Remote Sensing of Environment 114,
doi:10.1016/j.rse.2010.03.002), with the breadth added so that no work on the ground is lost.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

BRIGHTER = 0.03
"""Reflectance in the blue by which a hazy date lies above what was seen before and after."""

BREADTH_M = 150.0
"""Side of the square over which the median is taken: a hall fills less than half of it."""

STEPS = 5
"""Points along that side."""

NEIGHBOURS = 2
"""Dates on each side of which the darker one counts: haze may lie on two dates in a row."""


def cleared(cube: xr.Dataset) -> xr.Dataset:
    """The same cube, without the places and dates that lie under haze.

    Parameters
    ----------
    cube
        Dims ``time, y, x``: reflectance per band, and ``valid``.

    Returns
    -------
    xr.Dataset
        With fewer ``valid`` pixels; the cube itself where no blue band tells, or too few dates.
    """
    if "blue" not in cube or cube.sizes["time"] <= NEIGHBOURS + 1:
        return cube
    under = hazy(cube)
    if not under.any():
        return cube
    return cube.assign(valid=cube["valid"] & ~xr.DataArray(under, dims=("time", "y", "x")))


def hazy(cube: xr.Dataset) -> np.ndarray:
    """Where and when haze lies: ``(time, y, x)`` boolean, in the order of the cube's dates."""
    order = np.argsort(cube["time"].values, kind="stable")
    broad = _broad(cube)[order]
    flagged = np.zeros(broad.shape, dtype=bool)
    for _ in range(NEIGHBOURS):  # haze beside haze shows when that one is gone
        clear = np.where(flagged, np.nan, broad)
        before, after = _darkest(clear), _darkest(clear[::-1])[::-1]
        # a change that stays is no haze: without a later date nothing tells, without an earlier
        # one only the later ones do
        flagged |= np.isfinite(after) & (clear - np.fmax(before, after) > BRIGHTER)
    made = np.zeros_like(flagged)
    made[order] = flagged
    _, height, width = broad.shape
    rows = np.minimum(np.arange(cube.sizes["y"]) // _step(cube), height - 1)
    columns = np.minimum(np.arange(cube.sizes["x"]) // _step(cube), width - 1)
    return made[:, rows[:, None], columns[None, :]] & cube["valid"].values


def _step(cube: xr.Dataset) -> int:
    gsd = abs(float(cube["x"][1] - cube["x"][0]))
    return max(round(BREADTH_M / STEPS / gsd), 1)


def _broad(cube: xr.Dataset) -> np.ndarray:
    """Median of the blue around each point of a coarse lattice, NaN where too little was seen."""
    step = _step(cube)
    blue = np.where(cube["valid"].values, cube["blue"].values, np.nan)
    points = blue[:, step // 2 :: step, step // 2 :: step]
    padded = np.pad(points, ((0, 0), *[(STEPS // 2, STEPS // 2)] * 2), constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, (STEPS, STEPS), axis=(1, 2))
    around = around.reshape(*points.shape, -1)
    enough = np.isfinite(around).sum(axis=-1) >= STEPS
    made = np.full(points.shape, np.nan)
    made[enough] = np.nanmedian(around[enough], axis=-1)
    return made


def _darkest(values: np.ndarray) -> np.ndarray:
    """Of each date the least value of the last dates before it that were seen; NaN without any."""
    made, latest = np.full_like(values, np.nan), np.full((NEIGHBOURS, *values.shape[1:]), np.nan)
    for date, now in enumerate(values):
        made[date] = np.fmin.reduce(latest, axis=0)
        moved = np.concatenate([latest[1:], now[None]])
        latest = np.where(np.isfinite(now), moved, latest)
    return made
