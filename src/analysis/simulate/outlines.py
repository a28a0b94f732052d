"""Outlines of buildings, drawn in metres about their centre.

Angles are the direction of the long axis in degrees anticlockwise from east.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

Ring = tuple[tuple[float, float], ...]
"""Corners in metres east and north of the world's origin, not closed."""


def _rectangle(aspect: float) -> Polygon:
    return shapely.box(-aspect / 2, -0.5, aspect / 2, 0.5)


def _l_shape(aspect: float) -> Polygon:
    wing = shapely.box(aspect / 2 - 0.35 * aspect, -1.1, aspect / 2, 0.5)
    return _rectangle(aspect).union(wing)


def _annex(aspect: float) -> Polygon:
    return _rectangle(aspect).union(shapely.box(-0.25 * aspect, 0.45, 0.05 * aspect, 0.8))


def _round_ends(aspect: float) -> Polygon:
    core = shapely.LineString([(-aspect / 2 + 0.5, 0), (aspect / 2 - 0.5, 0)])
    return core.buffer(0.5, quad_segs=8)


def _skewed(aspect: float) -> Polygon:
    return affinity.skew(_rectangle(aspect), xs=12.0)


SHAPES: dict[str, Callable[[float], Polygon]] = {
    "rectangle": _rectangle,
    "l-shape": _l_shape,
    "annex": _annex,
    "round-ends": _round_ends,
    "skewed": _skewed,
}
"""Outlines of width one and length ``aspect``, before they are scaled to an area."""


def outline(
    shape: str, area: float, aspect: float, angle: float, centre: tuple[float, float]
) -> Polygon:
    """The ``shape`` with exactly this area in square metres, turned and placed."""
    unit = SHAPES[shape](aspect)
    size = math.sqrt(area / unit.area)
    middle = unit.envelope.centroid
    placed = affinity.translate(unit, -middle.x, -middle.y)
    placed = affinity.rotate(affinity.scale(placed, size, size, origin=(0, 0)), angle, (0, 0))
    return affinity.translate(placed, *centre)


def grown(polygon: Polygon, metres: float) -> Polygon:
    """``polygon`` with its sides moved out (or in, if negative), corners kept sharp."""
    return polygon.buffer(metres, join_style="mitre") if metres else polygon


def ring(polygon: BaseGeometry) -> Ring:
    """The corners of a polygon, without the closing one."""
    assert isinstance(polygon, Polygon)
    return tuple((float(x), float(y)) for x, y in np.asarray(polygon.exterior.coords)[:-1, :2])


def sweep(polygon: Polygon, east: float, north: float) -> BaseGeometry:
    """All places that ``polygon`` passes when it is moved by a vector."""
    moved = affinity.translate(polygon, east, north)
    points = np.asarray(polygon.exterior.coords)[:, :2]
    sides = [
        Polygon([a, b, b + (east, north), a + (east, north)])
        for a, b in zip(points[:-1], points[1:], strict=True)
    ]
    return shapely.union_all([polygon, moved, *[s.buffer(0) for s in sides]])


def strips(polygon: Polygon, angle: float, cuts: tuple[float, ...]) -> list[BaseGeometry]:
    """``polygon`` cut across its long axis at the given shares of its length, 0 to 1."""
    return _sliced(polygon, angle, cuts, along=True)


def slopes(polygon: Polygon, angle: float) -> list[BaseGeometry]:
    """The two halves of ``polygon`` to the right and to the left of its ridge."""
    return _sliced(polygon, angle, (0.5,), along=False)


def _sliced(
    polygon: Polygon, angle: float, cuts: tuple[float, ...], along: bool
) -> list[BaseGeometry]:
    flat = affinity.rotate(polygon, -angle, origin=(0, 0))
    west, south, east, north = flat.bounds
    edges = [0.0, *cuts, 1.0]
    parts = []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        if along:
            cell = shapely.box(
                west + low * (east - west), south, west + high * (east - west), north
            )
        else:
            cell = shapely.box(
                west, south + low * (north - south), east, south + high * (north - south)
            )
        part = flat.intersection(cell)
        parts.append(affinity.rotate(part, angle, origin=(0, 0)))
    return parts
