"""The part of an object that lost its season: a roof without its shadow and its rim.

On a fine grid shadows and blur draw the ground around a building into its object, and that ground
keeps its season; two buildings whose shadows meet become one object. What lost its season tells
the building from the ground, and one building from the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import xarray as xr
from scipy import ndimage

from analysis.growth.candidates import Candidate
from analysis.growth.classes import GREEN, SEASONAL, SWING, season
from analysis.growth.objects import JOIN_PIXELS, LEAST_M2, LEAST_PIXELS, Thing
from analysis.growth.series import Series

LEAST_SHARE = 0.25
"""Share of an object's pixels that lost their season, below which it is no building's object."""

TOUCHING = np.ones((3, 3), dtype=bool)
"""Pixels that meet at a side or a corner."""

Object = TypeVar("Object", Candidate, Thing)


def divided(found: Sequence[Object], cube: xr.Dataset, series: Series) -> list[Object]:
    """Objects reduced to what lost its season, where they hold more than that.

    An object whose mean kept a season is a new footprint if a part of it lost it. A new footprint
    of several such parts, apart from each other, is several.

    Parameters
    ----------
    cube
        Dims ``time, y, x``: reflectance per band, and ``valid``.
    series
        Of that cube, for its dates.
    """
    return [part for one in found for part in _parts(one, cube, series)]


def _parts(one: Object, cube: xr.Dataset, series: Series) -> Iterator[Object]:
    seasonal = one.kind == "other" and one.why in SEASONAL
    if one.roof_on is None or not (seasonal or one.kind == "new-footprint"):
        yield one
        return
    there = bare(cube, one.pixels, series, one.roof_on.value, untold=not seasonal)
    gsd = abs(float(cube["x"][1] - cube["x"][0]))
    least = max(LEAST_PIXELS, LEAST_M2 / gsd**2)
    pieces = [p for p in _pieces(one.pixels[there]) if len(p) >= least]
    if there.mean() < LEAST_SHARE or len(pieces) < (1 if seasonal else 2):
        yield one
        return
    for piece in pieces:
        why = "a part of it lost its season for good" if seasonal else one.why
        yield replace(one, kind="new-footprint", why=why, pixels=piece)


def bare(
    cube: xr.Dataset, pixels: np.ndarray, series: Series, since: float, *, untold: bool = True
) -> np.ndarray:
    """Which pixels ``(n,)`` of an object show no season since a day, in days since 1970.

    With ``untold`` they do where red and near infrared are missing, or where the dates are too few
    to tell a season, unless they are green.
    """
    if "red" not in cube or "nir" not in cube:
        return np.full(len(pixels), untold)
    order = np.argsort(cube["time"].values, kind="stable")
    at = (slice(None), pixels[:, 0], pixels[:, 1])
    red, nir = (cube[b].values[order][at] for b in ("red", "nir"))
    with np.errstate(invalid="ignore"):
        index = (nir - red) / np.maximum(nir + red, 1e-3)
    clear = cube["valid"].values[order][at] & np.isfinite(index)
    clear &= (series.days >= since)[:, None]
    out = np.full(len(pixels), untold)
    for i in np.flatnonzero(clear.any(axis=0)):
        level, swing = season(index[:, i], clear[:, i], series)
        out[i] = level <= GREEN and (untold if swing is None else swing <= SWING)
    return out


def _pieces(pixels: np.ndarray) -> list[np.ndarray]:
    """Pixels that lie further apart than pieces of one building, group by group.

    Lines of single pixels join nothing; they go to the group that is nearest.
    """
    if not len(pixels):
        return []
    corner = pixels.min(axis=0) - JOIN_PIXELS
    spot = np.zeros(pixels.max(axis=0) - corner + JOIN_PIXELS + 1, dtype=bool)
    row, column = (pixels - corner).T
    spot[row, column] = True
    solid = ndimage.binary_opening(spot)
    wide = ndimage.binary_dilation(solid if solid.any() else spot, TOUCHING, JOIN_PIXELS // 2)
    label = ndimage.label(wide, TOUCHING)[0]
    nearest = ndimage.distance_transform_edt(label == 0, return_distances=False,
                                             return_indices=True)  # fmt: skip
    mine = label[tuple(nearest)][row, column]
    return [pixels[mine == n] for n in np.unique(mine)]
