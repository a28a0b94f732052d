"""Where a fit begins: from the pixels of a candidate, or from a published point.

A site file may give an older building as no more than a point. The outline that starts its fit
is then the rectangle near the point whose four sides lie on the strongest edges of the mean
picture: a search over place, direction, length and width.
"""

from __future__ import annotations

import math
import warnings

import numba
import numpy as np
import shapely
import xarray as xr
from scipy import ndimage
from shapely import affinity
from shapely.geometry import Point, Polygon

from analysis.growth.window import BANDS

LENGTHS_M = (20.0, 160.0)
"""Sides of a hall that are tried; the shorter is at least two pixels."""

WIDTHS_M = (12.0, 70.0)
STEP_M = 6.0
"""Metres from one length to the next, and between the points at which a side is read."""

SLENDER = 6.0
"""Most length for a width: beyond, it is a wall or a road."""

ANGLES = 36
"""Directions that are tried over half a turn."""

NEAR_M = (15.0, 60.0)
"""Least and greatest distance of the building's middle from the point."""

LARGER = 0.15
"""Power of the area in the score: strips of one roof have four edges too."""

STEEPEST = 6.0
"""Slope, in units of the usual one, at which it is cut: a white roof nearby is steeper."""


def of_pixels(pixels: np.ndarray, cube: xr.Dataset) -> Polygon:
    """Outline of some pixels ``(n, 2)`` (rows and columns), gaps of one pixel closed."""
    x, y = cube["x"].values, cube["y"].values
    half = abs(float(x[1] - x[0])) / 2
    east, north = x[pixels[:, 1]], y[pixels[:, 0]]
    squares = shapely.box(east - half, north - half, east + half, north + half)
    joined = shapely.union_all(squares).buffer(half).buffer(-half)
    if joined.geom_type == "MultiPolygon":
        joined = max(joined.geoms, key=lambda g: g.area)
    return Polygon(joined.exterior)


def around(cube: xr.Dataset, point: Point, precision_m: float | None) -> Polygon | None:
    """The rectangle near a point that the mean picture draws best, or nothing if none is there.

    Parameters
    ----------
    cube
        Dims ``time, y, x`` on square pixels in metres.
    point
        In the cube's projection.
    precision_m
        Metres to which the point is known.
    """
    gsd = abs(float(cube["x"][1] - cube["x"][0]))
    near = min(max(precision_m or 0.0, NEAR_M[0]), NEAR_M[1])
    reach = near + LENGTHS_M[1]
    columns = np.flatnonzero(np.abs(cube["x"].values - point.x) < reach)
    rows = np.flatnonzero(np.abs(cube["y"].values - point.y) < reach)
    if columns.size < 6 or rows.size < 6:
        return None
    local = cube.isel(x=columns, y=rows)
    slopes = _slopes(local)
    east0, north0 = float(local["x"][0]), float(local["y"][0])
    at = (np.array([(point.x - east0) / gsd]), np.array([(north0 - point.y) / gsd]))
    best = _search(
        slopes, at[0][0], at[1][0], near / gsd, max(gsd / 2, 2.5, near / 8) / gsd,
        np.arange(max(LENGTHS_M[0] / gsd, 2.0), LENGTHS_M[1] / gsd, max(gsd, STEP_M) / gsd),
        np.arange(max(WIDTHS_M[0] / gsd, 1.5), WIDTHS_M[1] / gsd, max(gsd / 2, 5.0) / gsd),
        np.linspace(0, math.pi, ANGLES, endpoint=False), max(gsd, STEP_M) / gsd,
    )  # fmt: skip
    if best[0] <= 0:
        return None
    _, column, row, angle, length, width = best
    box = shapely.box(-length / 2 * gsd, -width / 2 * gsd, length / 2 * gsd, width / 2 * gsd)
    turned = affinity.rotate(box, -math.degrees(angle), origin=(0, 0))
    return affinity.translate(turned, east0 + column * gsd, north0 - row * gsd)


def _slopes(local: xr.Dataset) -> np.ndarray:
    """Slopes ``(band, 2, y, x)`` of the mean picture down and right, in units of their usual."""
    valid = local["valid"].values
    found = []
    for band in (b for b in BANDS if b in local):
        stack = np.where(valid, local[band].values, np.nan)
        with warnings.catch_warnings():  # of pixels that were never seen
            warnings.simplefilter("ignore", RuntimeWarning)
            picture = np.nanmedian(stack, axis=0)
        there = np.isfinite(picture)
        if not there.any():
            continue
        filled = np.where(there, picture, np.median(picture[there]))
        slope = np.stack([ndimage.sobel(filled, 0), ndimage.sobel(filled, 1)]) / 8
        usual = 1.4826 * np.median(np.abs(slope)) + 1e-4
        found.append(np.clip(slope / usual, -STEEPEST, STEEPEST))
    return np.stack(found).astype(np.float64)


@numba.njit(cache=True)
def _search(slopes, column, row, near, step, lengths, widths, angles, spacing):  # pragma: no cover
    """Score, middle, direction, length and width of the best rectangle, in pixels."""
    best = (0.0, column, row, 0.0, 0.0, 0.0)
    bands, _, height, width_px = slopes.shape
    count = int(near / step)
    strength = np.zeros(4)
    for i in range(-count, count + 1):
        for j in range(-count, count + 1):
            if (i * i + j * j) * step * step > near * near + 1e-9:
                continue
            cy, cx = row + i * step, column + j * step
            for a in angles:
                cosine, sine = math.cos(a), math.sin(a)
                for length in lengths:
                    for wide in widths:
                        if wide > length or length > SLENDER * wide:
                            continue
                        inside = True
                        for side in range(4):
                            along = length if side % 2 == 0 else wide
                            away = (wide if side % 2 == 0 else length) / 2
                            sign = 1.0 if side < 2 else -1.0
                            # normal of the side, columns and rows
                            nx = -sine * sign if side % 2 == 0 else cosine * sign
                            ny = cosine * sign if side % 2 == 0 else sine * sign
                            tx = cosine if side % 2 == 0 else -sine
                            ty = sine if side % 2 == 0 else cosine
                            points = max(int(along / spacing), 2)
                            total = 0.0
                            for b in range(bands):
                                mean = 0.0
                                for k in range(points):
                                    s = ((k + 0.5) / points - 0.5) * along
                                    x = cx + nx * away + tx * s
                                    y = cy + ny * away + ty * s
                                    xi, yi = int(math.floor(x)), int(math.floor(y))
                                    if xi < 0 or yi < 0 or xi + 1 >= width_px or yi + 1 >= height:
                                        inside = False
                                        break
                                    u, v = x - xi, y - yi
                                    for c in range(2):
                                        g = (
                                            slopes[b, c, yi, xi] * (1 - u) * (1 - v)
                                            + slopes[b, c, yi, xi + 1] * u * (1 - v)
                                            + slopes[b, c, yi + 1, xi] * (1 - u) * v
                                            + slopes[b, c, yi + 1, xi + 1] * u * v
                                        )
                                        mean += g * (ny if c == 0 else nx)
                                if not inside:
                                    break
                                mean /= points
                                total += mean * mean
                            if not inside:
                                break
                            strength[side] = math.sqrt(total)
                        if not inside:
                            continue
                        # geometric: one bright neighbour does not make up for three lost sides
                        score = (strength[0] * strength[1] * strength[2] * strength[3]) ** 0.25
                        score *= (length * wide) ** LARGER
                        score *= math.exp(-(i * i + j * j) * step * step / (near * near))
                        if score > best[0]:
                            best = (score, cx, cy, a, length, wide)
    return best
