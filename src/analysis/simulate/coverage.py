"""Exact area coverage of polygons on a grid.

Every edge adds its signed area to the cells that it crosses, and a running sum
along each row fills the inside: the method of exact-coverage font rasterisers.
The sum over the cells equals the polygon's area to rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class Grid:
    """Square cells; row 0 is the northernmost, column 0 the westernmost."""

    west: float
    """Metres east of the world's origin."""
    north: float
    """Metres north of the world's origin."""
    step: float
    """Side of a cell in metres."""
    rows: int
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        return (
            self.west,
            self.north - self.rows * self.step,
            self.west + self.columns * self.step,
            self.north,
        )

    def centres(self) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Eastings of the columns and northings of the rows, at cell centres."""
        east = self.west + (np.arange(self.columns) + 0.5) * self.step
        north = self.north - (np.arange(self.rows) + 0.5) * self.step
        return east, north


@dataclass(frozen=True)
class Window:
    """A part of a grid."""

    rows: slice
    columns: slice

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the part."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start


def window(grid: Grid, *shapes: BaseGeometry) -> Window | None:
    """The cells that the bounding box of ``shapes`` touches; None if there are none."""
    boxes = np.array([s.bounds for s in shapes if not s.is_empty])
    if not boxes.size:
        return None
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    left = max(0, math.floor((west - grid.west) / grid.step))
    right = min(grid.columns, math.ceil((east - grid.west) / grid.step))
    top = max(0, math.floor((grid.north - north) / grid.step))
    bottom = min(grid.rows, math.ceil((grid.north - south) / grid.step))
    if left >= right or top >= bottom:
        return None
    return Window(slice(top, bottom), slice(left, right))


def coverage(shape: BaseGeometry, grid: Grid, part: Window) -> NDArray[np.float64]:
    """Share of each cell of ``part`` that ``shape`` covers, 0 to 1."""
    west = grid.west + part.columns.start * grid.step
    north = grid.north - part.rows.start * grid.step
    rows, columns = part.shape
    box = (west, north - rows * grid.step, west + columns * grid.step, north)
    bounds = shape.bounds
    if bounds[0] < box[0] or bounds[1] < box[1] or bounds[2] > box[2] or bounds[3] > box[3]:
        shape = shape.intersection(shapely.box(*box))
    sums = np.zeros((rows, columns + 2))
    for polygon in _polygons(shape):
        for ring, sign in _rings(polygon):
            points = np.asarray(ring)
            x = np.clip((points[:, 0] - west) / grid.step, 0.0, columns)
            y = np.clip((north - points[:, 1]) / grid.step, 0.0, rows)
            _edges(x, y, sign, sums)
    return np.clip(np.cumsum(sums, axis=1)[:, :columns], 0.0, 1.0)


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    parts = shape.geoms if hasattr(shape, "geoms") else [shape]
    return [p for p in parts if isinstance(p, Polygon) and not p.is_empty]


def _rings(polygon: Polygon) -> list[tuple[NDArray[np.float64], float]]:
    """Rings with the sign that makes the outer one add and the holes take away."""
    found = []
    for number, ring in enumerate([polygon.exterior, *polygon.interiors]):
        points = np.asarray(ring.coords)[:, :2]
        turn = 1.0 if ring.is_ccw else -1.0
        found.append((points, turn if number == 0 else -turn))
    return found


@njit(cache=True)
def _edges(x, y, sign, sums):  # pragma: no cover - compiled
    """Add the signed cover of each edge; rows point down, ``sign`` is +1 for a ring that adds."""
    last = sums.shape[1] - 1
    for e in range(x.shape[0] - 1):
        xa, ya, xb, yb = x[e], y[e], x[e + 1], y[e + 1]
        if ya == yb:
            continue
        direction = sign
        if ya > yb:
            xa, ya, xb, yb = xb, yb, xa, ya
            direction = -sign
        slope = (xb - xa) / (yb - ya)
        for row in range(int(math.floor(ya)), min(int(math.ceil(yb)), sums.shape[0])):
            top = max(ya, float(row))
            bottom = min(yb, float(row + 1))
            height = (bottom - top) * direction
            if height == 0.0:
                continue
            start = xa + (top - ya) * slope
            end = xa + (bottom - ya) * slope
            low, high = (start, end) if start < end else (end, start)
            first = int(math.floor(low))
            if high <= first + 1:
                inside = 0.5 * (low + high) - first
                sums[row, min(first, last)] += height * (1.0 - inside)
                sums[row, min(first + 1, last)] += height * inside
                continue
            # the edge crosses several cells of this row: the area to its right, cell by cell
            width = high - low
            before = 0.0
            for cell in range(first, int(math.ceil(high))):
                a = max(low, float(cell)) - cell
                b = min(high, float(cell + 1)) - cell
                share = (b - a) / width
                filled = height * share * (1.0 - 0.5 * (a + b)) + height * before
                before += share
                # running sum after this cell must equal `filled`
                sums[row, min(cell, last)] += filled
                sums[row, min(cell + 1, last)] -= filled
            sums[row, min(int(math.ceil(high)), last)] += height
