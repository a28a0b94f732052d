"""The grid of a cube: that of the scenes themselves, cut to the area of interest."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely import transform
from shapely.geometry.base import BaseGeometry

from analysis.errors import UserError
from analysis.scenes import guard
from analysis.scenes.scene import Grid, Refused, Scene

NEAR = 0.01
"""Part of a pixel by which two grids may differ and still be the same."""


def of_file(href: str) -> Grid:
    """The grid that a file declares.

    Raises
    ------
    Refused
        If it can't be opened, or declares what is never read.
    """
    with guard.environment(), guard.opened(href) as raster:
        a, b, c, d, e, f = list(raster.transform)[:6]
        return Grid(raster.crs.to_string(), (a, b, c, d, e, f), (raster.height, raster.width))


def common(grids: Sequence[Grid], area: BaseGeometry) -> GeoBox:
    """The grid that most scenes share, cut to the bounds of ``area`` (degrees).

    Raises
    ------
    UserError
        If the area is too large for it.
    """
    best = Counter(_class(grid) for grid in grids).most_common(1)[0][0]
    model = next(grid for grid in grids if _class(grid) == best)
    return cut(model, area)


def cut(grid: Grid, area: BaseGeometry) -> GeoBox:
    """A grid over the bounds of ``area`` on the pixels of ``grid``, rounded outwards."""
    west, south, east, north = projected(area, grid.crs).bounds
    affine = Affine(*grid.transform)
    corners = [~affine * (x, y) for x in (west, east) for y in (south, north)]
    left = math.floor(min(c[0] for c in corners) + 1e-6)
    right = math.ceil(max(c[0] for c in corners) - 1e-6)
    top = math.floor(min(c[1] for c in corners) + 1e-6)
    bottom = math.ceil(max(c[1] for c in corners) - 1e-6)
    rows, columns = max(1, bottom - top), max(1, right - left)
    if max(rows, columns) > guard.MAX_WINDOW:
        raise UserError(f"the area of interest has {rows} x {columns} pixels of these scenes; "
                        f"at most {guard.MAX_WINDOW} on a side are read")  # fmt: skip
    return GeoBox((rows, columns), affine * Affine.translation(left, top), grid.crs)


def wider(box: GeoBox, pixels: int) -> GeoBox:
    """The same grid with some pixels more on each side."""
    rows, columns = box.shape
    affine = box.affine * Affine.translation(-pixels, -pixels)
    return GeoBox((rows + 2 * pixels, columns + 2 * pixels), affine, box.crs)


def projected(shape: BaseGeometry, crs: str) -> BaseGeometry:
    """A shape in degrees (longitude first), in another reference system.

    Raises
    ------
    Refused
        If the reference system is unknown or the shape lies outside of where it holds.
    """
    try:
        change = Transformer.from_crs("EPSG:4326", CRS.from_user_input(crs), always_xy=True)
        found = transform(shape, change.transform, interleaved=False)
    except CRSError:
        raise Refused(f"reference system {crs[:60]!r} is unknown") from None
    if not all(map(math.isfinite, found.bounds)):
        raise Refused(f"the area of interest lies outside of reference system {crs[:60]}")
    return found


def shares(grid: Grid, box: GeoBox) -> bool:
    """Whether the pixels of ``grid`` are pixels of ``box``: then nothing is resampled."""
    if CRS.from_user_input(grid.crs) != CRS.from_user_input(str(box.crs)):
        return False
    mine, its = Affine(*grid.transform), box.affine
    if abs(mine.a - its.a) > 1e-9 * abs(its.a) or abs(mine.e - its.e) > 1e-9 * abs(its.e):
        return False
    column, row = ~its * (mine.c, mine.f)
    return abs(column - round(column)) < NEAR and abs(row - round(row)) < NEAR


def nests(grid: Grid, box: GeoBox) -> int:
    """How many pixels of ``box`` lie side by side in one of ``grid``; 1 if they don't fit."""
    if CRS.from_user_input(grid.crs) != CRS.from_user_input(str(box.crs)):
        return 1
    mine, its = Affine(*grid.transform), box.affine
    times = round(mine.a / its.a)
    if times < 2 or abs(mine.a - times * its.a) > 1e-6 * abs(its.a):
        return 1
    if abs(mine.e - times * its.e) > 1e-6 * abs(its.e):
        return 1
    column, row = ~its * (mine.c, mine.f)
    near = abs(column - round(column)) < NEAR and abs(row - round(row)) < NEAR
    return times if near else 1


def _class(grid: Grid) -> tuple[str, float, float, float, float]:
    """The same for grids whose pixels coincide."""
    a, _, c, _, e, f = grid.transform
    column, row = c / a, f / e
    return (grid.crs, round(a, 12), round(e, 12), round(column - math.floor(column + NEAR), 2),
            round(row - math.floor(row + NEAR), 2))  # fmt: skip


def pixel_m(box: GeoBox) -> tuple[float, float]:
    """Height and width of a pixel in metres, at the middle of the grid, on the ellipsoid."""
    from pyproj import Geod

    affine = box.affine
    row, column = box.shape[0] / 2, box.shape[1] / 2
    if box.crs is not None and not box.crs.geographic:
        return abs(affine.e), abs(affine.a)
    x, y = affine * (column, row)
    geod = Geod(ellps="WGS84")
    _, _, width = geod.inv(x, y, x + affine.a, y)
    _, _, height = geod.inv(x, y, x, y + affine.e)
    return abs(height), abs(width)


def scene_grid(scene: Scene) -> Grid:
    """The grid of a scene's red band, from the catalogue or from the file."""
    return scene.layers["red"].grid or of_file(scene.layers["red"].href)
